package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// announce sends a change unless it was sent before. The server takes it only if the lead's last
// change is the one that announce saw, so the stream has each change once, in order, however
// often and by however many workers it is announced.
func (b *broker) announce(ctx context.Context, c change) error {
	lead, err := token(c.Lead)
	if err != nil {
		return err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var last change
	var sequence uint64
	message, err := b.verdicts.GetLastMsgForSubject(ctx, verdicts+lead)
	if err == nil {
		sequence, err = message.Sequence, json.Unmarshal(message.Data, &last)
	} else if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = nil
	}
	if err != nil || last.Number >= c.Number {
		return err
	}
	_, err = b.js.Publish(ctx, verdicts+lead, body, jetstream.WithExpectLastSequencePerSubject(sequence))
	return err
}

// A follower sees each change once, in the order of the stream.
type follower struct {
	verdicts jetstream.Stream
	done     atomic.Uint64 // the sequence of the last message
}

// follow has the effect of each change from now on. A consumer of the verdicts may get a message
// twice, so it must keep the number of each lead's last change where it keeps the
// effects, in one transaction with them, and pass over what has no greater number.
func (b *broker) follow(ctx context.Context, effect func(change)) (*follower, error) {
	info, err := b.verdicts.Info(ctx)
	if err != nil {
		return nil, err
	}
	consumer, err := b.verdicts.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: info.State.LastSeq + 1,
	})
	if err != nil {
		return nil, err
	}
	f := &follower{verdicts: b.verdicts}
	f.done.Store(info.State.LastSeq)
	numbers := map[string]uint64{}
	_, err = consumer.Consume(func(m jetstream.Msg) {
		var c change
		stored, err := m.Metadata()
		if err == nil {
			err = json.Unmarshal(m.Data(), &c)
		}
		if err != nil {
			slog.Error("no change", "subject", m.Subject(), "error", err)
			return
		}
		if c.Number > numbers[c.Lead] {
			effect(c)
			numbers[c.Lead] = c.Number
		}
		f.done.Store(stored.Sequence.Stream)
	})
	return f, err
}

// finish waits until it has seen all changes.
func (f *follower) finish(ctx context.Context) error {
	info, err := f.verdicts.Info(ctx)
	for err == nil && f.done.Load() < info.State.LastSeq {
		err = pause(ctx)
	}
	return err
}

func (c change) String() string {
	from, to := cmp.Or(c.From, "none"), cmp.Or(c.Stage, "none")
	if from == to {
		return fmt.Sprintf("%s  in %s since %s, not since %s", c.Lead, to, date(c.Since), date(c.FromSince))
	}
	return fmt.Sprintf("%s  from %s to %s, since %s, %v points", c.Lead, from, to, date(c.Since), c.Points)
}

func date(t time.Time) string {
	if t.IsZero() {
		return "the start"
	}
	return t.Format("2006-01-02 15:04")
}
