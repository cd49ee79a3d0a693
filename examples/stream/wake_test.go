package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// policy gives a small policy: a webinar and a demo bring 30 points each, which decay; with so
// many, a lead enters mql, and sql.
func policy(mql, sql int) []byte {
	return fmt.Appendf(nil, `{
  "format": 1, "name": "small", "version": "%d and %d",
  "signals": [{"id": "webinar"}, {"id": "demo"}],
  "rules": [{"id": "webinar", "on": "webinar", "points": 30}, {"id": "demo", "on": "demo", "points": 30}],
  "groups": [{"id": "total", "decay": {"half_life": "30d"}}],
  "stages": [{"id": "mql", "enter": "score() >= %d", "keep": "score() >= 10"}, {"id": "sql", "enter": "score() >= %d", "keep": "score() >= 40"}]
}`, mql, sql, mql, sql)
}

// brief is a policy of which a lead is in mql for so long after a webinar.
func brief(span string) []byte {
	return fmt.Appendf(nil, `{
  "format": 1, "name": "brief", "signals": [{"id": "webinar"}],
  "stages": [{"id": "mql", "enter": "happened('webinar', '%s')"}]
}`, span)
}

func activity(id, kind string, at time.Time) fact {
	document, err := json.Marshal(map[string]any{"id": id, "type": kind, "at": at})
	if err != nil {
		panic(err)
	}
	f, err := parseFact(fmt.Appendf(nil, `{"activities": [%s]}`, document))
	if err != nil {
		panic(err)
	}
	return f
}

// scheduled gives when the server will wake a lead up; blank is never.
func scheduled(t *testing.T, b *broker, lead string) string {
	t.Helper()
	key, err := token(lead)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := b.js.Stream(t.Context(), leadStream)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetLastMsgForSubject(t.Context(), wakes+"*."+key)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return ""
	} else if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get(jetstream.ScheduleHeader)
}

// With a clock that is set: a stage ends exactly when it should, not a nanosecond before. A
// clock that steps back changes nothing.
func TestBoundary(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), brief("1h"))
	w := newWorker(b)
	if _, err := w.policies.current(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now().UTC().Add(time.Minute).Truncate(time.Second).Add(123456789)
	ends := began.Add(time.Hour)
	webinar := activity("1", "webinar", began)
	step := func(f *fact, at time.Time, stage string, since time.Time) {
		t.Helper()
		if err := w.apply(t.Context(), "Anna", f, at); err != nil {
			t.Fatal(err)
		}
		if c := stateOf(t, b, "Anna").Change; c.Stage != stage || !c.Since.Equal(since) {
			t.Errorf("at %v: %q since %v, want %q since %v", at, c.Stage, c.Since, stage, since)
		}
	}
	wake := func(at time.Time) {
		t.Helper()
		if got, want := scheduled(t, b, "Anna"), "@at "+at.Format(time.RFC3339); got != want {
			t.Errorf("it is woken up %s, want %s", got, want)
		}
	}
	step(&webinar, began.Add(-time.Nanosecond), "", time.Time{}) // it is to come
	wake(began.Truncate(time.Second).Add(time.Second))
	step(nil, began, "mql", began)
	wake(ends.Truncate(time.Second).Add(time.Second))
	step(nil, ends.Add(-time.Nanosecond), "mql", began)
	step(nil, began.Add(-time.Hour), "mql", began) // the clock steps back
	if s := stateOf(t, b, "Anna"); !s.At.Equal(ends.Add(-time.Nanosecond)) {
		t.Errorf("the lead was assessed at %v again", s.At)
	}
	step(nil, ends, "", ends)
	step(&webinar, ends.Add(-time.Hour), "", ends)
	another := activity("2", "webinar", ends.Add(-time.Minute))
	step(&another, ends.Add(-time.Second), "mql", began) // it came late: the stage never ended
	if all := changesOf(t, b); len(all) != 3 {
		t.Errorf("want 3 changes, got %v", all)
	}
	for _, c := range changesOf(t, b)[1:] {
		if c.At.Before(ends) {
			t.Errorf("this change is dated before one that it follows: %+v", c)
		}
	}
}

func TestDueAt(t *testing.T) {
	whole := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct{ wake, want time.Time }{
		{time.Time{}, time.Time{}},
		{whole, whole},
		{whole.Add(1), whole.Add(time.Second)},
		{whole.Add(-1), whole},
		{whole.Add(time.Second - 1), whole.Add(time.Second)},
	} {
		if got := dueAt(test.wake); !got.Equal(test.want) {
			t.Errorf("%v is scheduled at %v, want %v", test.wake, got, test.want)
		}
	}
}

// By the server's clock: a stage ends although no fact arrives, also if the server is down at that
// instant.
func TestWakeUp(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]bool{"up": false, "down": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s, err := embedded(folder, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				s.Shutdown()
				s.WaitForShutdown()
			}()
			b := client(t, s.ClientURL(), brief("10s"))
			w := newWorker(b)
			w.wait = redelivery
			work(t, w)
			began := time.Now().UTC()
			tell(t, b, []told{{"Anna", activity("1", "webinar", began.Add(-4*time.Second))}})
			finish(t, b)
			ends := began.Add(6 * time.Second) // so that a busy machine has stored the fact before
			if down {
				address := s.Addr().String()
				s.Shutdown()
				s.WaitForShutdown()
				time.Sleep(time.Until(ends.Add(time.Second)))
				s = restart(t, folder, address)
			}
			for len(changesOf(t, b)) < 2 {
				if time.Since(ends) > time.Minute {
					t.Fatal("nothing woke the lead up")
				}
				if err := pause(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			all := changesOf(t, b)
			if c := all[1]; c.Stage != "" || !c.Since.Equal(ends) || c.At.Before(ends) {
				t.Errorf("it left its stage as %+v, want none since %v", c, ends)
			}
			if s := stateOf(t, b, "Anna"); !s.Due.IsZero() {
				t.Errorf("it is due again at %v", s.Due)
			}
		})
	}
}
