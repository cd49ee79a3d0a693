package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// inFlight is how many messages are sent before the server must have stored them.
const inFlight = 1000

// send publishes messages, and gives how many of them the server has stored.
func (b *broker) send(ctx context.Context, messages iter.Seq2[*nats.Msg, error]) (n int, err error) {
	var open []jetstream.PubAckFuture
	stored := func() error {
		for _, f := range open {
			select {
			case <-f.Ok():
				n++
			case err := <-f.Err():
				return err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		open = open[:0]
		return nil
	}
	for m, err := range messages {
		if err != nil {
			return n, err
		}
		f, err := b.js.PublishMsgAsync(m)
		if err != nil {
			return n, err
		}
		if open = append(open, f); len(open) == inFlight {
			if err := stored(); err != nil {
				return n, err
			}
		}
	}
	return n, stored()
}

// publish publishes the facts of a file of leads, whose profiles were read at an instant.
func (b *broker) publish(ctx context.Context, r io.Reader, at time.Time) (int, error) {
	return b.send(ctx, func(yield func(*nats.Msg, error) bool) {
		n := 0
		for l, err := range readLeads(r) {
			n++
			key := ""
			if err == nil {
				key, err = token(l.ID)
			}
			if err != nil {
				yield(nil, fmt.Errorf("lead %d: %w", n, err))
				return
			}
			for _, f := range l.split(at) {
				body, err := json.Marshal(f)
				if err == nil && len(body) > maxFact {
					err = fmt.Errorf("lead %d: its profile, or one of its activities, has %d bytes, and may have %d", n, len(body), maxFact)
				}
				if !yield(&nats.Msg{Subject: facts + key, Data: body}, err) {
					return
				}
			}
		}
	})
}

// finish waits until the workers have done all that was published.
func (b *broker) finish(ctx context.Context) error {
	for {
		n, err := b.behind(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// pause waits for a moment.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}
