package crm

import (
	"context"
	"errors"
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

// assess assesses a lead that is locked, with the activities that count to it, and puts it
// among those to be stored. If replay is set, its history is lived through from the start: for
// facts that are older than the last assessment, or gone.
//
// A lead that the policy does not assess (qualify.ErrTooManyActivities) keeps its verdict, and is
// among those that Refused names, until a fact is taken back or another policy takes it. It is the error
// only if the facts that have just come are too much: if the policy took the lead without them.
func (c *change) assess(l *store.Lead, activities []qualify.Activity, cause string, replay bool) error {
	lead, err := l.Given(activities)
	if err != nil {
		return err
	}
	at := instant(l, c.now)
	a := c.s.scratch.Get().(*qualify.Assessment)
	defer c.s.scratch.Put(a)
	taken := l.Policy == c.policy.ID && l.Refused == "" || l.Policy == 0
	l.Search = searched(&lead)
	settled, err := c.s.settle(c.policy.Model, a, &lead, at, replay)
	if errors.Is(err, qualify.ErrTooManyActivities) && (!taken || cause == "time") {
		l.Version++
		l.Policy, l.Refused, l.Due = c.policy.ID, err.Error(), store.Instant{}
		c.leads = append(c.leads, *l)
		c.verdicts = append(c.verdicts, verdictOf(l, "refused"))
		return nil
	}
	if err != nil {
		return err
	}

	from := l.Stage
	l.Version++
	l.Policy, l.Assessed, l.Refused = c.policy.ID, store.Instant(at), ""
	l.Stage, l.Since = a.Verdict.Stage, store.Instant(a.Verdict.Since)
	l.Points, l.Rating = a.Score.Points, a.Score.Rating
	l.Due = store.Instant(c.s.due(a.Wake(&lead), at))
	c.leads = append(c.leads, *l)
	v := verdictOf(l, cause)
	move := string(a.Verdict.Move)
	if settled != nil {
		v.Replay, move = 1, moveOf(settled, from, l.Stage)
	}
	c.verdicts = append(c.verdicts, v)
	if l.Stage != from {
		c.events = append(c.events, store.Event{Lead: l.ID, At: l.Since, Move: move, From: from, Stage: l.Stage, Points: l.Points, Policy: l.Policy})
		if a.Verdict.Since.IsZero() { // the stage is lost, and there never was one
			c.events[len(c.events)-1].At = l.Assessed
		}
	}
	return nil
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
	defer s.meter.add(time.Now())
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

func (m *meter) add(begin time.Time) {
	m.nanoseconds.Add(int64(time.Since(begin)))
	m.count.Add(1)
}

// Assessing tells how many leads this service assessed to store their verdicts, and how long
// that took.
func (s *Service) Assessing() (leads int64, took time.Duration) {
	return s.meter.count.Load(), time.Duration(s.meter.nanoseconds.Load())
}
