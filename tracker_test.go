package qualify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
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
			if v == any("bad;;") || k == "n" && (v == any(1e15) || v == any(-1e15)) ||
				k == "l" && fmt.Sprint(v) == "[true blue]" || k == "inner" && (v == any("garbage") || strings.Contains(fmt.Sprint(v), "many")) {
				delete(a.Props, k)
			}
		}
	}
	return lead
}

// Invariant 3: a tracker equals Assess after any sequence of calls.
func TestTrackerIsAssess(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(600), 3, trackerIsAssess)
}

func trackerIsAssess(t *testing.T, g maker, m *qualify.Model, source qualify.Lead) {
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
		if got, want := tracker.Wake(&reused), want.Wake(&lead); err == nil && got != want {
			t.Errorf("step %d, %v: the tracker wakes at %v, want %v", step, log, got, want)
			return
		}
	}
}

func TestTrackerOfNobody(t *testing.T) {
	t.Parallel()
	m := compile(t, newMaker(1).policy())
	for name, err := range map[string]error{
		"Assess": last(m.Track(nil).Assess(noon)), "Next": last(m.Track(nil).Next(noon)),
		"AssessInto": m.Track(nil).AssessInto(new(qualify.Assessment), noon), "Model.Assess": last(m.Assess(nil, noon)),
	} {
		if !errors.Is(err, qualify.ErrNilLead) {
			t.Errorf("%s of a nil lead: %v", name, err)
		}
	}
	for _, err := range m.Track(nil).Timeline(noon, noon) {
		if !errors.Is(err, qualify.ErrNilLead) {
			t.Errorf("Timeline of a nil lead: %v", err)
		}
	}
	tracker := m.Track(&qualify.Lead{})
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

// One more activity and a reused assessment allocate nothing, but for the room that a
// longer history takes, now and then.
func TestTrackerAllocations(t *testing.T) {
	if raced() {
		t.Skip("the race detector makes pools forget")
	}
	for seed := range uint64(testcase.Count(20)) {
		g := newMaker(seed)
		m := compile(t, g.policy())
		var more []qualify.Activity
		for len(more) < 3000 {
			more = append(more, tidy(g.lead()).Activities...)
		}
		for i := range more {
			if more[i].At = noon.Add(time.Duration(i) * time.Hour); more[i].ID != "" {
				more[i].ID = fmt.Sprintf("c%d", i)
			}
		}
		tracker := m.Track(&qualify.Lead{Profile: profile{"n": 3, "t": "red"}})
		var reused qualify.Assessment
		next := 0
		add := func() {
			a := more[next]
			next++
			tracker.Add(a)
			if err := tracker.AssessInto(&reused, a.At); err != nil {
				t.Fatal(err)
			}
		}
		for range 1000 {
			add()
		}
		if n := testing.AllocsPerRun(1500, add); n != 0 {
			t.Errorf("policy %d: %v allocations", seed, n)
		}
		if len(reused.Issues) > 0 {
			t.Errorf("policy %d: %v", seed, reused.Issues)
		}
	}
}

// A condition that stays yes can come to rest on another part, and then it changes at
// another instant.
func TestTrackerWhoseRuleRestsOnAnotherPart(t *testing.T) {
	t.Parallel()
	either := `days_since_first("open") != 55 || days_since_first("complaint") >= 39`
	m := compile(t, qualify.Policy{
		Signals:  []qualify.Signal{{ID: "open"}, {ID: "complaint"}},
		Rules:    []qualify.Rule{{ID: "r", When: either, Points: 15, Group: "r"}, {ID: "s", When: `met("c")`, Points: 15, Group: "s"}},
		Groups:   []qualify.Group{{ID: "r", Bands: []qualify.Band{{Label: "cold"}, {From: new(10.0), Label: "warm"}}}, {ID: "s", Bands: []qualify.Band{{Label: "cold"}, {From: new(10.0), Label: "warm"}}}},
		Criteria: []qualify.Criterion{{ID: "c", Met: either}},
	})
	lead := qualify.Lead{Activities: []qualify.Activity{act("complaint", noon), act("open", ago(-7*day))}}
	tracker := m.Track(&lead)
	for _, days := range []time.Duration{8, 30, 38, 39, 40, 50, 60} {
		at := ago(-days * day)
		if got, want := must(tracker.Assess(at)), assess(t, m, lead, at); !got.Until.Equal(want.Until) {
			t.Errorf("day %d: until %v, and the model's %v", days, got.Until, want.Until)
		}
	}
}

// The same where only time passes, and what was found before is used again.
func TestTrackerAsTimePasses(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(700), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		lead = tidy(lead)
		tracker := m.Track(&lead)
		at := ago(time.Duration(20+g.IntN(10)) * day)
		var got qualify.Assessment
		for range 12 {
			if err := tracker.AssessInto(&got, at); err != nil {
				t.Fatal(err)
			}
			if want := assess(t, m, lead, at); bytesOf(t, got) != bytesOf(t, want) {
				t.Errorf("at %v:\n%s", at, cmp.Diff(want, got))
				return
			}
			switch next := got.Until; {
			case g.chance(40) && next.After(at):
				at = next
			case g.chance(50):
				at = at.Add(day)
			default:
				at = at.Add(time.Duration(g.Int64N(int64(10 * day))))
			}
		}
	})
}

// A stage that moves on at every assessment does not keep a tracker from looking at
// what time changes.
func TestTrackerOfARestlessStage(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile: []qualify.Field{{Name: "called", Kind: qualify.Bool}},
		Signals: []qualify.Signal{{ID: "visit"}},
		Rules:   []qualify.Rule{{ID: "quiet", When: `days_since("visit") >= 3`, Points: -10}},
		Stages:  []qualify.Stage{{ID: "s", Enter: `lead.called and not reached("s")`}},
	})
	for _, start := range []time.Time{noon, time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)} {
		lead := qualify.Lead{Profile: profile{"called": true}, Activities: []qualify.Activity{act("visit", start)}}
		tracker := m.Track(&lead)
		var failed error
		for _, err := range tracker.Timeline(start, start.AddDate(0, 0, 30)) {
			failed = err
		}
		_, replayed := m.Replay(&lead, start.AddDate(0, 0, 30))
		for _, err := range []error{failed, replayed} {
			if err == nil || !strings.Contains(err.Error(), "moves on at every assessment") {
				t.Errorf("a timeline or a replay ends with %v", err)
			}
		}
		for _, days := range []int{0, 5, 365} {
			at := start.AddDate(0, 0, days)
			if got, want := must(tracker.Assess(at)), assess(t, m, lead, at); bytesOf(t, got) != bytesOf(t, want) {
				t.Errorf("at %v:\n%s", at, cmp.Diff(want, got))
			}
		}
	}
}

// Activities that come newest first, as in many an export.
func TestTrackerNewestFirst(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{Signals: []qualify.Signal{{ID: "visit"}},
		Rules: []qualify.Rule{{ID: "r", On: "visit", Points: 1, Limit: qualify.Limit{Times: 2, Calendar: "day"}, Decay: qualify.Decay{HalfLife: qualify.Day}}}})
	var lead qualify.Lead
	tracker := m.Track(&lead)
	for i := range 400 {
		a := act("visit", ago(time.Duration(i)*time.Hour))
		tracker.Add(a)
		lead.Activities = append(lead.Activities, a)
		if i%3 == 0 && i < 60 || i%100 == 99 {
			if got, want := must(tracker.Assess(noon)), assess(t, m, lead, noon); bytesOf(t, got) != bytesOf(t, want) {
				t.Fatalf("after %d:\n%s", i, cmp.Diff(want, got))
			}
		}
	}
}

// last gives the error of two results.
func last[T any](_ T, err error) error { return err }
