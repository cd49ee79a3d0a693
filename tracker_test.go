package qualify_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

// tidy takes away what would have to be set aside: bad values, and activities that
// came twice with other contents.
func tidy(lead qualify.Lead) qualify.Lead {
	for i := range lead.Activities {
		a := &lead.Activities[i]
		if a.ID != "" {
			a.ID = fmt.Sprintf("b%d", i)
		}
		for k, v := range a.Props {
			if v == any("bad;;") || k == "n" && (v == any(1e15) || v == any(-1e15)) {
				delete(a.Props, k)
			}
		}
	}
	return lead
}

// Invariant 3: a tracker equals Assess after any sequence of calls.
func TestTrackerIsAssess(t *testing.T) {
	t.Parallel()
	each(t, size(t, 1500), 3, func(t *testing.T, g maker, m *qualify.Model, source qualify.Lead) {
		if g.chance(75) {
			source = tidy(source)
		}
		slices.SortFunc(source.Activities, func(a, b qualify.Activity) int { return a.At.Compare(b.At) })
		n := g.IntN(len(source.Activities) + 1)
		lead := source
		lead.Activities = slices.Clone(source.Activities[:n])
		rest := source.Activities[n:]
		if g.chance(30) {
			g.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		}
		tracker := m.Track(&lead)
		lead.Profile = profile{}
		for k, v := range source.Profile {
			lead.Profile[k] = v
		}
		at := ago(time.Duration(g.IntN(30*24)) * time.Hour)
		var reused qualify.Assessment
		log := []string{}
		for step := range 25 {
			switch g.IntN(12) {
			case 0, 1, 2, 3, 4, 5:
				if len(rest) == 0 {
					break
				}
				a := rest[0]
				rest = rest[1:]
				lead.Activities = append(lead.Activities, a)
				tracker.Add(a)
				log = append(log, fmt.Sprintf("add %+v", a))
				if g.chance(10) { // delivered twice
					lead.Activities = append(lead.Activities, a)
					tracker.Add(a)
					log = append(log, "twice")
				}
				if a.At.After(at) {
					at = a.At
				}
			case 6:
				name := pick(g, attributes...)
				lead.Profile[name] = pick(g, g.profileValue(name), any("?;"))
				tracker.Set(name, lead.Profile[name])
				log = append(log, fmt.Sprintf("set %s to %v", name, lead.Profile[name]))
			case 7:
				name := pick(g, attributes...)
				delete(lead.Profile, name)
				tracker.Unset(name)
				log = append(log, "unset "+name)
			case 8:
				lead.Stage, lead.StageSince = pick(g, "", "s0", "s1", "zombie"), at.Add(-time.Duration(g.IntN(50)-2)*time.Hour)
				tracker.SetStage(lead.Stage, lead.StageSince)
			case 9:
				if len(lead.Activities) == 0 || g.chance(50) {
					break
				}
				a := pick(g, lead.Activities...)
				log = append(log, fmt.Sprintf("remove %+v", a))
				if !tracker.Remove(a) {
					t.Errorf("%+v is not there to be removed", a)
				}
				one := false
				lead.Activities = slices.DeleteFunc(slices.Clone(lead.Activities), func(b qualify.Activity) bool {
					same := a.Type == b.Type && a.ID == b.ID && (a.ID != "" || !one && a.At.Equal(b.At) && cmp.Equal(a.Props, b.Props))
					one = one || same
					return same
				})
			case 10:
				at = at.Add(time.Duration(g.Int64N(int64(3 * day))))
			case 11:
				at = at.Add(-time.Duration(g.IntN(40)) * time.Hour)
			}
			if g.chance(30) {
				continue
			}
			log = append(log, fmt.Sprintf("assess at %v", at))
			want, err := m.Assess(&lead, at)
			if e := tracker.AssessInto(&reused, at); fmt.Sprint(e) != fmt.Sprint(err) {
				t.Errorf("error %v, want %v", e, err)
			}
			if got := bytesOf(t, reused); got != bytesOf(t, want) {
				t.Errorf("step %d, %v:\n%s", step, log, cmp.Diff(want, reused))
				return
			}
		}
	})
}

func TestTrackerOfNobody(t *testing.T) {
	t.Parallel()
	m := compile(t, newMaker(1).policy())
	tracker := m.Track(nil)
	if got, want := must(tracker.Assess(noon)), assess(t, m, qualify.Lead{}, noon); bytesOf(t, got) != bytesOf(t, want) {
		t.Errorf("%s", cmp.Diff(want, got))
	}
	if tracker.Remove(act("visit", noon)) {
		t.Error("an activity was removed that was not there")
	}
	if _, err := tracker.Assess(time.Time{}); err == nil {
		t.Error("no error for the zero time")
	}
	if _, err := tracker.Next(time.Time{}); err == nil {
		t.Error("no error of Next for the zero time")
	}
	for _, err := range tracker.Timeline(time.Time{}, noon) {
		if err == nil {
			t.Error("no error of Timeline for the zero time")
		}
	}
}

// A tracker knows when its rules turn, also while the stage moves on at every assessment.
func TestTrackerOfARestlessLead(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "start", Kind: qualify.Time}},
		Rules:   []qualify.Rule{{ID: "soon", When: "days_until(lead.start) <= 4", Points: 1}},
		Stages:  []qualify.Stage{{ID: "s", Enter: `lead.n > 0 and not reached("s")`}},
	})
	tracker := m.Track(nil)
	must(tracker.Assess(noon))
	lead := qualify.Lead{Profile: profile{"n": 1, "start": noon.Add(5 * day)}}
	for name, value := range lead.Profile {
		tracker.Set(name, value)
	}
	for _, at := range []time.Time{noon, noon.Add(2 * day)} {
		if got, want := must(tracker.Assess(at)), assess(t, m, lead, at); bytesOf(t, got) != bytesOf(t, want) {
			t.Errorf("%s", cmp.Diff(want, got))
		}
	}
}
