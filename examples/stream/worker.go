package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/qualify-go/qualify"
)

// A worker takes messages of all partitions. Any number of them may run.
type worker struct {
	*broker
	policies *policies
	// at is the instant of all assessments, for a rehearsal; wake-ups are not scheduled then. Zero
	// is the stream's clock: the instant at which the server stored the message.
	at time.Time
	// wait is how long a message may take; then another worker gets it, too.
	wait time.Duration
}

func newWorker(b *broker) *worker {
	return &worker{broker: b, policies: &policies{bucket: b.policies}, wait: 30 * time.Second}
}

// run works until the context is done.
func (w *worker) run(ctx context.Context) error {
	err := w.work(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (w *worker) work(ctx context.Context) error {
	model, err := w.policies.current(ctx)
	if err != nil {
		return err
	}
	if !w.at.IsZero() {
		if _, err := model.Assess(&qualify.Lead{}, w.at); err != nil {
			return err
		}
	}
	if err := w.settle(ctx, model.Fingerprint()); err != nil {
		return err
	}
	var taking []jetstream.ConsumeContext
	defer func() {
		for _, c := range taking {
			c.Drain()
		}
		late := time.After(5 * time.Second) // if there is no server, what was taken comes again after w.wait
		for _, c := range taking {
			select {
			case <-c.Closed():
			case <-late:
				return
			}
		}
	}()
	for n := range partitions {
		consumer, err := w.partition(ctx, n, w.wait)
		if err != nil {
			return err
		}
		c, err := consumer.Consume(func(m jetstream.Msg) { w.take(ctx, m) })
		if err != nil {
			return err
		}
		taking = append(taking, c)
	}
	<-ctx.Done()
	return nil
}

// take handles a message, and acknowledges it when all that it leads to is stored.
func (w *worker) take(ctx context.Context, m jetstream.Msg) {
	if ctx.Err() != nil {
		_ = m.Nak() // for another worker
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.wait)
	defer cancel()
	err := w.handle(ctx, m)
	if r := rejection(""); errors.As(err, &r) {
		err = w.reject(ctx, m, r)
	}
	if err == nil {
		err = m.Ack()
	}
	if err != nil {
		slog.Warn("a message must wait", "subject", m.Subject(), "error", err)
		_ = m.NakWithDelay(time.Second) // if that is lost, it comes again after w.wait
	}
}

// handle does what a message asks for.
func (w *worker) handle(ctx context.Context, m jetstream.Msg) error {
	stored, err := m.Metadata()
	if err != nil {
		return err
	}
	at := stored.Timestamp.UTC()
	if !w.at.IsZero() {
		at = w.at
	}
	lead, err := leadOf(m.Subject()[strings.LastIndexByte(m.Subject(), '.')+1:])
	if err != nil {
		return err
	}
	if strings.HasPrefix(m.Subject(), due) {
		return w.apply(ctx, lead, nil, at)
	}
	f, err := parseFact(m.Data())
	if err != nil {
		return err
	}
	return w.apply(ctx, lead, &f, at)
}

// errAgain means that the state, or the policy in force, is another one now.
var errAgain = errors.New("the lead or the policy changed meanwhile")

// apply adds a fact to what is known of a lead, or assesses the lead again if there is
// none.
func (w *worker) apply(ctx context.Context, lead string, f *fact, at time.Time) error {
	for range 10 {
		if err := w.try(ctx, lead, f, at); !errors.Is(err, errAgain) {
			return err
		}
	}
	return errAgain
}

// try does the steps of apply once. A worker can be killed between any two of them:
// the message is not acknowledged then, comes again, and try ends what is not done yet.
func (w *worker) try(ctx context.Context, lead string, f *fact, at time.Time) error {
	s, revision, err := w.load(ctx, lead)
	if err != nil {
		return err
	}
	isNew := revision == 0
	if isNew && f == nil {
		return nil // there was such a lead once
	}
	model := w.policies.last()
	if f == nil || !isNew && s.Fingerprint != model.Fingerprint() {
		if model, err = w.policies.current(ctx); err != nil {
			return err
		}
	}

	if at.Before(s.At) {
		at = s.At // the clock stepped back
	}
	before := *s
	added := f != nil && s.Facts.add(*f)
	changed := false
	if added || isNew || s.Fingerprint != model.Fingerprint() || f == nil && at.After(s.At) {
		changed, err = s.assess(model, lead, at)
		if errors.Is(err, qualify.ErrTooManyActivities) || errors.Is(err, qualify.ErrLongReplay) {
			return rejection(err.Error())
		} else if err != nil {
			return err
		}
		if changed && before.Change.Number > 0 { // the state has room for one change only
			if err := w.announce(ctx, before.Change); err != nil {
				return err
			}
		}
		if err := w.store(ctx, lead, s, revision); err != nil {
			return err
		}
	}
	// What is known already may have been stored by a worker that could do no more.
	if s.Change.Number > 0 && (changed || !added) {
		if err := w.announce(ctx, s.Change); err != nil {
			return err
		}
	}
	if !s.Due.IsZero() && (!s.Due.Equal(before.Due) || !added) {
		if err := w.schedule(ctx, lead, s.Due); err != nil {
			return err
		}
	}
	if isNew { // settle does not see a lead that is stored after it looked
		if now, err := w.policies.current(ctx); err != nil {
			return err
		} else if now.Fingerprint() != s.Fingerprint {
			return errAgain
		}
	}
	return nil
}

// load gives the state of a lead with its revision, which is 0 for a lead that is not known.
func (w *worker) load(ctx context.Context, lead string) (*state, uint64, error) {
	key, err := token(lead)
	if err != nil {
		return nil, 0, err
	}
	entry, err := w.states.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return &state{}, 0, nil
	} else if err != nil {
		return nil, 0, err
	}
	s := new(state)
	return s, entry.Revision(), json.Unmarshal(entry.Value(), s)
}

// store replaces the state of a lead if it still has the revision.
func (w *worker) store(ctx context.Context, lead string, s *state, revision uint64) error {
	key, err := token(lead)
	if err != nil {
		return err
	}
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if len(value) > maxState {
		return rejection(fmt.Sprintf("the lead would have more than %d bytes", maxState))
	}
	if revision == 0 {
		_, err = w.states.Create(ctx, key, value)
	} else {
		_, err = w.states.Update(ctx, key, value, revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return errAgain
	}
	return err
}

// schedule has the server send due.<lead> at an instant, in place of any before.
func (w *worker) schedule(ctx context.Context, lead string, at time.Time) error {
	if !w.at.IsZero() {
		return nil
	}
	key, err := token(lead)
	if err != nil {
		return err
	}
	_, err = w.js.Publish(ctx, wakes+key, nil, jetstream.WithScheduleAt(at), jetstream.WithScheduleTarget(due+key))
	return err
}

// A reject tells of a message that was set aside, and nothing of what it holds. While the
// stream of leads keeps the message, its sequence finds it.
type reject struct {
	Sequence uint64    `json:"sequence"`
	Stored   time.Time `json:"stored"`
	Bytes    int       `json:"bytes"`
	Reason   string    `json:"reason"`
}

// reject sets a message aside.
func (w *worker) reject(ctx context.Context, m jetstream.Msg, reason rejection) error {
	stored, err := m.Metadata()
	if err != nil {
		return err
	}
	body, err := json.Marshal(reject{stored.Sequence.Stream, stored.Timestamp.UTC(), len(m.Data()), string(reason)})
	if err != nil {
		return err
	}
	_, err = w.js.Publish(ctx, rejected, body, jetstream.WithMsgID(fmt.Sprint(stored.Sequence.Stream)))
	return err
}
