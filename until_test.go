package qualify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// state is what must not change before Until.
func state(a qualify.Assessment) string {
	s := fmt.Sprint(a.Verdict.Stage, a.Verdict.Overdue, a.Score.Band, a.Score.Rating)
	for _, g := range a.Score.Groups {
		s += "," + g.Band
	}
	for _, c := range a.Checklist {
		s += "," + c.Answer.String()
	}
	return s
}

// stored gives the lead with the verdict stored.
func stored(lead qualify.Lead, a qualify.Assessment) qualify.Lead {
	lead.Stage, lead.StageSince = a.Verdict.Stage, a.Verdict.Since
	return lead
}

// Invariant 4: nothing in stage, bands and answers differs between an instant and
// any other before Until before which no activity is dated.
func TestUntil(t *testing.T) {
	t.Parallel()
	kept, dated := 0, 0
	each(t, size(t, 2000), 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		at := ago(time.Duration(g.IntN(20*24)-48) * time.Hour)
		a := assess(t, m, lead, at)
		end := at.AddDate(0, 3, 0)
		for _, x := range lead.Activities {
			if x.At.After(at) && x.At.Before(end) {
				end = x.At
			}
		}
		if !a.Until.IsZero() {
			dated++
			if !a.Until.After(at) {
				t.Errorf("until %v is not after %v", a.Until, at)
			}
			if a.Until.Before(end) {
				end = a.Until
			}
		}
		next := stored(lead, a)
		probe := func(x time.Time) {
			if !x.After(at) || !x.Before(end) {
				return
			}
			kept++
			if got := assess(t, m, next, x); state(got) != state(a) {
				t.Errorf("at %v, until %v: at %v it is %s, not %s", at, a.Until, x, state(got), state(a))
			}
		}
		probe(at.Add(1))
		probe(end.Add(-1))
		for range 6 {
			probe(at.Add(time.Duration(g.Int64N(int64(end.Sub(at))))))
			probe(ago(time.Duration(g.IntN(20*24)-1000) * time.Hour))
			probe(end.Add(-time.Duration(g.Int64N(int64(time.Hour)))))
		}
	})
	if kept < 1000 || dated < 100 {
		t.Errorf("only %d instants before Until, and %d that come", kept, dated)
	}
}

// Next is the instant of a change, and there is none before it.
func TestNext(t *testing.T) {
	t.Parallel()
	found := 0
	each(t, size(t, 1000), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		at := ago(time.Duration(g.IntN(20*24)-48) * time.Hour)
		a := assess(t, m, lead, at)
		next, err := m.Track(&lead).Next(at)
		if err != nil {
			t.Fatal(err)
		}
		lead = stored(lead, a)
		end := next
		if next.IsZero() {
			end = at.AddDate(5, 0, 0)
		} else {
			found++
			if got := assess(t, m, lead, next); !next.After(at) || state(got) == state(a) {
				t.Errorf("at %v nothing is new since %v: %s", next, at, state(got))
			}
		}
		for i := range 10 {
			x := at.Add(time.Duration(g.Int64N(int64(end.Sub(at)))))
			if i == 0 {
				x = end.Add(-1)
			}
			if !x.After(at) {
				continue
			}
			if got := assess(t, m, lead, x); state(got) != state(a) {
				t.Errorf("from %v, next %v: at %v it is %s, not %s", at, next, x, state(got), state(a))
			}
		}
	})
	if found < size(t, 400) {
		t.Errorf("only %d changes", found)
	}
}

// A timeline goes from change to change, and leaves the tracker as it was.
func TestTimeline(t *testing.T) {
	t.Parallel()
	changes, restless := 0, 0
	each(t, size(t, 300), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		from, to := ago(26*day), ago(-30*day)
		tracker := m.Track(&lead)
		before := must(tracker.Assess(noon))
		last, carried := "", lead
		var at time.Time
		for a, err := range tracker.Timeline(from, to) {
			if err != nil && strings.Contains(err.Error(), "moves on at every assessment") {
				restless++
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if at.IsZero() {
				at = from
			} else {
				for range 3 {
					x := at.Add(time.Duration(g.Int64N(int64(a.At.Sub(at)))))
					if !x.After(at) {
						continue
					}
					if got := state(assess(t, m, carried, x)); got != last {
						t.Errorf("at %v, between %v and %v, it is %s, not %s", x, at, a.At, got, last)
					}
				}
				if state(*a) == last {
					t.Errorf("at %v nothing is new", a.At)
				}
				changes++
			}
			if want := assess(t, m, carried, a.At); bytesOf(t, *a) != bytesOf(t, want) {
				t.Errorf("at %v:\n%s\n%s", a.At, bytesOf(t, want), bytesOf(t, *a))
			}
			last, carried, at = state(*a), stored(carried, *a), a.At
		}
		if got := assess(t, m, carried, to); state(got) != last {
			t.Errorf("at the end, %v, it is %s, not %s", to, state(got), last)
		}
		if got := must(tracker.Assess(noon)); bytesOf(t, got) != bytesOf(t, before) {
			t.Errorf("the timeline changed the tracker")
		}
	})
	if changes < size(t, 1000) || !testing.Short() && restless == 0 {
		t.Errorf("only %d changes, and %d restless leads", changes, restless)
	}
}
