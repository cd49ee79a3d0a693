package crm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// chunk is how many leads a worker locks at once.
const chunk = 100

// Wake assesses up to limit leads that are due, and gives how many. Any number of workers
// may call it.
func (s *Service) Wake(ctx context.Context, limit int) (int, error) {
	n := 0
	_, err := s.change(ctx, func(c *change) error {
		leads, err := c.Due(c.now, limit)
		n = len(leads)
		if err != nil || n == 0 {
			return err
		}
		return c.assessAgain(leads, "time", false)
	})
	return n, err
}

// assessAgain assesses leads that are locked, with the activities that are stored.
func (c *change) assessAgain(leads []store.Lead, cause string, replay bool) error {
	activities, err := c.Activities(idsOf(leads))
	if err != nil {
		return err
	}
	subjects := make([]subject, len(leads))
	for i := range leads {
		subjects[i] = subject{&leads[i], activities[leads[i].ID], replay}
	}
	return c.assess(cause, subjects...)
}

// Progress is how far a backfill is.
type Progress struct {
	Policy int64 // the ID of the policy in use
	// Done is how many leads were assessed by it, of Total.
	Done  int64
	Total int64
	// Refused is how many of them the policy does not assess; see Service.Refused.
	Refused int64
	// Rate is leads a second, and Left the time that remains; 0 is not known.
	Rate float64
	Left time.Duration
}

func (p Progress) String() string {
	line := fmt.Sprintf("policy %d: %d of %d leads", p.Policy, p.Done, p.Total)
	if p.Done < p.Total && p.Rate > 0 {
		line += fmt.Sprintf(", %.0f a second, %s left", p.Rate, p.Left.Round(time.Second))
	}
	if p.Refused > 0 {
		line += fmt.Sprintf(", %d refused", p.Refused)
	}
	return line
}

// pace is the progress that a process saw first, from which it tells the rate.
type pace struct {
	sync.Mutex
	policy, done int64
	at           time.Time
}

// Progress tells how far the backfill is, whichever process runs it.
func (s *Service) Progress(ctx context.Context) (Progress, error) {
	id, err := s.db.InUse(ctx)
	if err != nil {
		return Progress{}, err
	}
	total, err := s.db.Count(ctx, store.Filter{})
	if err != nil {
		return Progress{}, err
	}
	behind, err := s.db.CountBehind(ctx, id)
	if err != nil {
		return Progress{}, err
	}
	refused, err := s.db.CountRefused(ctx)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Policy: id, Done: max(0, int64(total)-behind), Total: int64(total), Refused: refused}
	s.pace.Lock()
	defer s.pace.Unlock()
	if s.pace.policy != id || s.pace.done > p.Done {
		s.pace.policy, s.pace.done, s.pace.at = id, p.Done, time.Now()
	}
	if took := time.Since(s.pace.at).Seconds(); took > 0 && p.Done > s.pace.done {
		p.Rate = float64(p.Done-s.pace.done) / took
		p.Left = time.Duration(float64(behind) / p.Rate * float64(time.Second))
	}
	return p, nil
}

// Backfill assesses all leads that were last assessed by another policy than the one in
// use, and reports its progress about once a second; report may be nil. The leads themselves
// tell which they are, so after a kill it goes on where it was. Several processes may run it
// at once.
func (s *Service) Backfill(ctx context.Context, report func(Progress)) error {
	var reported time.Time
	after, found := "", false
	for {
		if report != nil && time.Since(reported) >= time.Second {
			p, err := s.Progress(ctx)
			if err != nil {
				return err
			}
			reported = time.Now()
			report(p)
		}
		n := 0
		_, err := s.change(ctx, func(c *change) error {
			leads, err := c.Behind(c.policy.ID, after, chunk)
			if n = len(leads); err != nil || n == 0 {
				return err
			}
			after, found = leads[n-1].ID, true
			return c.assessAgain(leads, "policy", c.policy.Replay)
		})
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		// That was the end of the list: others may have come behind it, or were locked.
		p, err := s.Progress(ctx)
		if err != nil {
			return err
		}
		if p.Done == p.Total {
			if report != nil {
				report(p)
			}
			return nil
		}
		if !found {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		after, found = "", false
	}
}

// Sink is where events leave to.
type Sink interface {
	// Last gives the number of the last event that it has; 0 is none.
	Last(ctx context.Context) (int64, error)
	// Deliver takes events in the order of their numbers. It must store what it does with
	// them and the number of the last one together, and pass over those that it has.
	Deliver(ctx context.Context, events []Event) error
}

// Deliver gives a sink the events that it does not have yet, and returns how many. Several
// sinks have every event each.
func (s *Service) Deliver(ctx context.Context, sink Sink) (int, error) {
	const most = 500
	for { // numbers are committed before they are shown
		var n int64
		if err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Number(most)
			return err
		}); err != nil {
			return 0, err
		}
		if n < most {
			break
		}
	}
	last, err := sink.Last(ctx)
	if err != nil {
		return 0, err
	}
	for delivered := 0; ; {
		rows, err := s.db.EventsAfter(ctx, last, most)
		if err != nil || len(rows) == 0 {
			return delivered, err
		}
		events := make([]Event, len(rows))
		for i := range rows {
			events[i] = eventOf(rows[i])
		}
		if err := sink.Deliver(ctx, events); err != nil {
			return delivered, err
		}
		delivered += len(events)
		last = events[len(events)-1].Number
	}
}

// Work wakes leads, delivers events and runs backfills, about every interval, until the
// context ends. What fails is logged, and tried again.
func (s *Service) Work(ctx context.Context, sink Sink, interval time.Duration) {
	for {
		if err := s.work(ctx, sink); err != nil && ctx.Err() == nil && !errors.Is(err, ErrNoPolicy) {
			slog.Error("the worker tries again", "error", err)
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return
		}
	}
}

// work does all three, also if one of them fails.
func (s *Service) work(ctx context.Context, sink Sink) error {
	waking := s.wakeAll(ctx)
	backfilling := s.backfill(ctx)
	_, delivering := s.Deliver(ctx, sink)
	return errors.Join(waking, backfilling, delivering)
}

func (s *Service) wakeAll(ctx context.Context) error {
	for {
		if n, err := s.Wake(ctx, chunk); err != nil || n < chunk {
			return err
		}
	}
}

// backfill runs one if leads are behind.
func (s *Service) backfill(ctx context.Context) error {
	policy, err := s.db.InUse(ctx)
	if err != nil {
		return err
	}
	behind, err := s.db.CountBehind(ctx, policy)
	if err != nil || behind == 0 {
		return err
	}
	return s.Backfill(ctx, func(p Progress) { slog.Info("backfill", "progress", p.String()) })
}
