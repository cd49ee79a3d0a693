package crm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// A change is a transaction that changes leads. What it assessed is stored at its end.
type change struct {
	*store.Tx
	s        *Service
	policy   *Policy
	now      time.Time
	leads    []store.Lead
	verdicts []store.Verdict
	events   []store.Event
}

// change runs a transaction, and again if it meets another one. It returns the moves.
func (s *Service) change(ctx context.Context, do func(*change) error) ([]Event, error) {
	moves := []Event{}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		c := &change{Tx: tx, s: s, now: s.Now()}
		id, err := tx.InUse() // in each transaction: a policy that was released counts at once
		if err != nil {
			return err
		}
		if c.policy, err = s.policy(ctx, id); err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
		moves = moves[:0]
		for _, e := range c.events {
			moves = append(moves, eventOf(e))
		}
		if len(c.leads) == 0 {
			return nil
		}
		if err := tx.Save(c.leads); err != nil {
			return err
		}
		if err := tx.Journal(c.verdicts); err != nil {
			return err
		}
		return tx.Emit(c.events)
	})
	return moves, err
}

// instant gives when to assess a lead: now, but not before its last assessment, if the clock
// stepped back.
func instant(l *store.Lead, now time.Time) time.Time {
	if last := time.Time(l.Assessed); last.After(now) {
		return last
	}
	return now
}

// A subject is a lead that is locked, to be assessed with the activities that count to it. If replay is
// set, its history is lived through from the start: for facts that are older than the last assessment,
// or gone.
type subject struct {
	*store.Lead
	activities []qualify.Activity
	replay     bool
}

// A finding is what comes of an assessment.
type finding struct {
	verdict store.Verdict
	event   *store.Event // nil if the stage is what it was
	took    time.Duration
	err     error
}

// assess assesses leads, side by side if they are many, and puts them among those to be stored.
func (c *change) assess(cause string, subjects ...subject) error {
	const few = 8 // leads that one goroutine assesses before a second one has started
	workers := min(runtime.GOMAXPROCS(0), 1+len(subjects)/few)
	findings := make([]finding, len(subjects))
	var all sync.WaitGroup
	for w := range workers {
		work := func() {
			for i := w; i < len(subjects); i += workers {
				findings[i] = c.find(&subjects[i], cause)
			}
		}
		if w+1 < workers {
			all.Go(work)
		} else {
			work()
		}
	}
	all.Wait()
	took := make([]time.Duration, workers)
	for i := range findings {
		f, l := &findings[i], subjects[i].Lead
		if f.err != nil {
			return fmt.Errorf("lead %q: %w", l.ID, f.err)
		}
		took[i%workers] += f.took
		c.leads, c.verdicts = append(c.leads, *l), append(c.verdicts, f.verdict)
		if f.event != nil {
			c.events = append(c.events, *f.event)
		}
	}
	c.s.meter.add(len(subjects), slices.Max(took))
	return nil
}

// find assesses a lead. It may run beside others.
//
// A lead that the policy does not assess (qualify.ErrTooManyActivities) keeps its verdict, and is
// among those that Refused names, until a fact is taken back or another policy takes it. It is the error
// only if the facts that have just come are too much: if the policy took the lead without them.
func (c *change) find(l *subject, cause string) (f finding) {
	lead, err := l.Given(l.activities)
	if err != nil {
		return finding{err: err}
	}
	at := instant(l.Lead, c.now)
	a := c.s.scratch.Get().(*qualify.Assessment)
	defer c.s.scratch.Put(a)
	taken := l.Policy == c.policy.ID && l.Refused == "" || l.Policy == 0
	l.Search = searched(&lead)
	begin := time.Now()
	settled, err := c.s.settle(c.policy.Model, a, &lead, at, l.replay)
	f.took = time.Since(begin)
	if errors.Is(err, qualify.ErrTooManyActivities) && (!taken || cause == "time") {
		l.Version++
		l.Policy, l.Refused, l.Due = c.policy.ID, err.Error(), store.Instant{}
		f.verdict = verdictOf(l.Lead, "refused")
		return f
	}
	if err != nil {
		return finding{err: err}
	}

	from := l.Stage
	l.Version++
	l.Policy, l.Assessed, l.Refused = c.policy.ID, store.Instant(at), ""
	l.Stage, l.Since = a.Verdict.Stage, store.Instant(a.Verdict.Since)
	l.Points, l.Rating = a.Score.Points, a.Score.Rating
	l.Due = store.Instant(c.s.due(a.Wake(&lead), at))
	f.verdict = verdictOf(l.Lead, cause)
	move := string(a.Verdict.Move)
	if settled != nil {
		f.verdict.Replay, move = 1, moveOf(settled, from, l.Stage)
	}
	if l.Stage != from {
		f.event = &store.Event{Lead: l.ID, At: l.Since, Move: move, From: from, Stage: l.Stage, Points: l.Points, Policy: l.Policy}
		if a.Verdict.Since.IsZero() { // the stage is lost, and there never was one
			f.event.At = l.Assessed
		}
	}
	return f
}

// verdictOf gives the verdict that a lead has, for the journal.
func verdictOf(l *store.Lead, cause string) store.Verdict {
	return store.Verdict{Lead: l.ID, Version: l.Version, Cause: cause, Policy: l.Policy, At: l.Assessed,
		Stage: l.Stage, Since: l.Since, Due: l.Due, Points: l.Points, Rating: l.Rating}
}

// moveOf gives the move to a stage that a replay settled: its last one, if it is from the stage
// that was stored, and otherwise "replay".
func moveOf(r *qualify.Replay, from, to string) string {
	if n := len(r.Steps); n > 0 && r.Steps[n-1].From == from && r.Steps[n-1].Stage == to {
		return string(r.Steps[n-1].Move)
	}
	return "replay"
}

// settle assesses a lead, after a replay if there is to be one, which it returns.
func (s *Service) settle(model *qualify.Model, a *qualify.Assessment, lead *qualify.Lead, at time.Time, replay bool) (*qualify.Replay, error) {
	if s.options.Bare {
		*a = qualify.Assessment{At: at, Until: at.AddDate(0, 0, 1), Verdict: qualify.Verdict{Stage: lead.Stage, Since: lead.StageSince}}
		return nil, nil
	}
	var settled *qualify.Replay
	if replay {
		switch r, err := model.Replay(lead, at); {
		case err == nil:
			settled, lead.Stage, lead.StageSince = &r, r.Stage, r.Since
		case !errors.Is(err, qualify.ErrLongReplay) && !errors.Is(err, qualify.ErrTooManyActivities):
			return nil, err // with these two, the stage goes on from the one that is stored, if there is an assessment
		}
	}
	return settled, model.AssessInto(a, lead, at)
}

// due gives when a lead must be assessed again; zero is never. The database has nanoseconds,
// so nothing is to be rounded.
func (s *Service) due(wake, at time.Time) time.Time {
	if earliest := at.Add(s.options.Floor); !wake.IsZero() && wake.Before(earliest) {
		return earliest
	}
	return wake
}

// meter adds up how long assessing takes.
type meter struct{ nanoseconds, count atomic.Int64 }

func (m *meter) add(leads int, took time.Duration) {
	m.nanoseconds.Add(int64(took))
	m.count.Add(int64(leads))
}

// Assessing tells how many leads this service assessed to store their verdicts, and how long
// that took. Of a batch, it is the time of the slowest goroutine.
func (s *Service) Assessing() (leads int64, took time.Duration) {
	return s.meter.count.Load(), time.Duration(s.meter.nanoseconds.Load())
}
