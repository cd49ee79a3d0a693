package qualify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
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
	each(t, testcase.Count(1000), 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		k, d := holdsUntil(t, g, m, lead)
		kept, dated = kept+k, dated+d
	})
	if kept < testcase.Least(1000) || dated < testcase.Least(100) {
		t.Errorf("only %d instants before Until, and %d that come", kept, dated)
	}
}

// holdsUntil counts the instants that it probed before Until, and whether that comes.
func holdsUntil(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) (kept, dated int) {
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
	return kept, dated
}

// Next is the instant of a change, and there is none before it.
func TestNext(t *testing.T) {
	t.Parallel()
	found := 0
	each(t, testcase.Count(600), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
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
	if found < testcase.Least(250) {
		t.Errorf("only %d changes", found)
	}
}

// A timeline goes from change to change, and leaves the tracker as it was.
func TestTimeline(t *testing.T) {
	t.Parallel()
	changes, restless := 0, 0
	each(t, testcase.Count(300), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
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
				if state(a) == last {
					t.Errorf("at %v nothing is new", a.At)
				}
				changes++
			}
			if want := assess(t, m, carried, a.At); bytesOf(t, a) != bytesOf(t, want) {
				t.Errorf("at %v:\n%s\n%s", a.At, bytesOf(t, want), bytesOf(t, a))
			}
			last, carried, at = state(a), stored(carried, a), a.At
		}
		if got := assess(t, m, carried, to); state(got) != last {
			t.Errorf("at the end, %v, it is %s, not %s", to, state(got), last)
		}
		if got := must(tracker.Assess(noon)); bytesOf(t, got) != bytesOf(t, before) {
			t.Errorf("the timeline changed the tracker")
		}
	})
	if changes < testcase.Least(1000) {
		t.Errorf("only %d changes", changes)
	}
	t.Log(changes, "changes,", restless, "restless leads")
}

// Until and Next of what changes at one instant that can be worked out by hand.
func TestNextByHand(t *testing.T) {
	t.Parallel()
	d := qualify.Day
	base := func(change func(p *qualify.Policy)) qualify.Policy {
		p := qualify.Policy{
			Profile:    []qualify.Field{{Name: "start", Kind: qualify.Time}, {Name: "n", Kind: qualify.Number}},
			Properties: []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "until", Kind: qualify.Time}, {Name: "c", Kind: qualify.Code}},
			Signals:    []qualify.Signal{{ID: "visit"}, {ID: "form"}},
		}
		change(&p)
		return p
	}
	// met is a policy of one criterion, paid of one rule and a stage from so many points.
	met := func(is string) qualify.Policy {
		return base(func(p *qualify.Policy) { p.Criteria = []qualify.Criterion{{ID: "c", Met: is}} })
	}
	paid := func(r qualify.Rule, enter string) qualify.Policy {
		r.ID, r.Group = "r", "g"
		return base(func(p *qualify.Policy) {
			p.Rules, p.Groups = []qualify.Rule{r}, []qualify.Group{{ID: "g"}}
			p.Stages = []qualify.Stage{{ID: "s", Enter: enter}}
		})
	}
	visits := func(ages ...time.Duration) (all []qualify.Activity) {
		for i, a := range ages {
			all = append(all, act("visit", ago(a), "n", float64(i+1), "until", ago(a).Add(9*day), "c", fmt.Sprint("c", i%2)))
		}
		return all
	}
	lead := qualify.Lead{Profile: profile{"start": ago(-5 * day), "n": 5}, Activities: visits(9*day, 6*day, 4*day, 4*day, day)}
	in := func(d time.Duration) time.Time { return noon.Add(d) }
	var never time.Time
	tests := []struct {
		name   string
		policy qualify.Policy
		lead   qualify.Lead
		want   time.Time
		around time.Duration // Next may be so much off
	}{
		{"nothing passes", met(`lead.n > 3`), lead, never, 0},
		{"all time counts", met(`count("visit") >= 2`), lead, never, 0},
		{"a window that holds enough", met(`count("visit", "10d") >= 3`), lead, in(6 * day), 0},
		{"and one short of it", met(`count("visit", "10d") > 3`), lead, in(4 * day), 0},
		{"a count that never comes back", met(`count("visit", "10d") >= 6`), lead, never, 0},
		{"equal, then less", met(`count("visit", "10d") == 5`), lead, in(day), 0},
		{"equal, later", met(`count("visit", "10d") == 1`), lead, in(6 * day), 0},
		{"a half count", met(`count("visit", "10d") > 2.5`), lead, in(6 * day), 0},
		{"turned round", met(`3 <= count("visit", "10d")`), lead, in(6 * day), 0},
		{"not", met(`not (count("visit", "10d") < 3)`), lead, in(6 * day), 0},
		{"happened", met(`happened("visit", "10d")`), lead, in(9 * day), 0},
		{"days", met(`active_days("visit", "10d") >= 3`), lead, in(4 * day), 0},
		{"the total", met(`total("visit", "n", "10d") >= 15`), lead, in(day), 0},
		{"the total, later", met(`total("visit", "n", "10d") >= 12`), lead, in(6 * day), 0},
		{"the mean", met(`mean("visit", "n", "10d") > 3`), lead, in(day), 0},
		{"the highest", met(`highest("visit", "n", "10d") == 5`), lead, in(9 * day), 0},
		{"the lowest", met(`lowest("visit", "n", "10d") < 3`), lead, in(4 * day), 0},
		{"distinct", met(`distinct("visit", "c", "10d") >= 2`), lead, in(6 * day), 0},
		{"the latest", met(`latest("visit", "n", "10d") == 5`), lead, in(9 * day), 0},
		{"the first", met(`first("visit", "n", "10d") == 1`), lead, in(day), 0},
		{"known", met(`known(latest("visit", "n", "10d"))`), lead, in(9 * day), 0},
		{"a default", met(`(latest("visit", "n", "10d") ?? 0) == 0`), lead, in(9 * day), 0},
		{"followed", met(`followed("visit", "visit", "73h", "10d")`), lead, in(9 * day), 0},
		{"since itself", met(`count("visit", "10d since visit") >= 1`), lead, in(9 * day), 0},
		{"one side of an and", met(`count("visit", "10d") >= 3 and count("visit", "10d") >= 1`), lead, in(6 * day), 0},
		{"both sides of an or", met(`count("visit", "10d") >= 3 or count("visit", "10d") >= 1`), lead, in(9 * day), 0},
		{"both sides of an and that is no", met(`days_since("visit") >= 3 and days_since("visit") >= 8`), lead, in(7 * day), 0},
		{"the side that is chosen", met(`lead.n > 3 ? count("visit", "10d") >= 3 : count("visit", "10d") >= 5`), lead, in(6 * day), 0},
		{"an unknown side", met(`lead.n > 3 and latest("form", "n") == 1`), lead, never, 0},

		{"a step of silence", met(`idle_steps("visit", "2d", "1d") >= 6`), lead, in(day), 0}, // 5 now: 2, 1, 0, 2 and 0
		{"more than one", met(`idle_steps("visit", "2d", "1d") > 6`), lead, in(2 * day), 0},
		{"as many, and no more", met(`idle_steps("visit", "2d", "1d") == 5`), lead, in(day), 0},
		{"as many, later", met(`7 == idle_steps("visit", "2d", "1d")`), lead, in(2 * day), 0},
		{"half a step", met(`8.5 > idle_steps("visit", "2d", "1d")`), lead, in(4 * day), 0},
		{"a step that is long full", met(`idle_steps("visit", "2d", "1d") >= 3`), lead, never, 0},
		{"fewer than none", met(`idle_steps("visit", "2d", "1d") < -1`), lead, never, 0},
		{"half a step exactly", met(`idle_steps("visit", "2d", "1d") == 6.5`), lead, never, 0},
		{"a million steps", met(`idle_steps("visit", "7d", "1s") >= 1e6`), lead, in(6*day + 999_999*time.Second), 0},
		{"after all time", met(`idle_steps("visit", "7d", "1d") >= 1e15`), lead, never, 0},
		{"silence that never began", met(`idle_steps("form", "7d") >= 1`), lead, never, 0},
		{"an even number of steps", met(`idle_steps("visit", "2d", "1d") % 2 == 0`), lead, in(day), 0},
		{"steps and a count", met(`count("visit", "10d") + idle_steps("visit", "2d", "1d") >= 11`), lead, in(2 * day), 0}, // 10, 4 + 6, 4 + 7

		{"so old", met(`days_since("visit") >= 3`), lead, in(2 * day), 0},
		{"older", met(`days_since("visit") > 3`), lead, in(2*day + 1), 0},
		{"younger", met(`days_since("visit") < 3`), lead, in(2 * day), 0},
		{"not older", met(`days_since("visit") <= 3`), lead, in(2*day + 1), 0},
		{"exactly so old", met(`days_since("visit") == 3`), lead, in(2 * day), 0},
		{"not exactly now", met(`days_since("visit") != 1`), lead, in(1), 0},
		{"old enough", met(`days_since("visit") >= 1`), lead, never, 0},
		{"since the first", met(`days_since_first("visit") >= 10`), lead, in(day), 0},
		{"a time that comes", met(`lead.start <= now`), lead, in(5 * day), 0},
		{"a time that has gone", met(`lead.start < now`), lead, in(5*day + 1), 0},
		{"days until", met(`days_until(lead.start) <= 2`), lead, in(3 * day), 0},
		{"days until, less", met(`days_until(lead.start) < 2`), lead, in(3*day + 1), 0},
		{"days until what is past", met(`days_until(lead.start) >= -2`), lead, in(7*day + 1), 0},
		{"days since a time", met(`days_since(lead.start) >= 1.5`), lead, in(6*day + 12*time.Hour), 0},
		{"a time of an activity that leaves", met(`days_until(latest("visit", "until", "2d")) >= 3`), lead, in(day), 0},
		{"so many midnights", met(`calendar_days_since(lead.start) >= 0`), lead, in(4*day + 12*time.Hour), 0},
		{"not on the day", met(`calendar_days_since(lead.start) == 0`), lead, in(4*day + 12*time.Hour), 0},
		{"midnights since a visit", met(`calendar_days_since("visit") > 2.5`), lead, in(day + 12*time.Hour), 0},
		{"between two times", met(`days_between(lead.start, time("2026-12-01")) >= 3`), lead, never, 0},
		{"a constant", met(`now >= time("2026-11-23")`), lead, in(12 * time.Hour), 0},
		{"an unknown age", met(`days_since("form") >= 3`), lead, never, 0},

		{"within", paid(qualify.Rule{On: "visit", Points: 1, Within: 10 * d}, `score() >= 3`), lead, in(6 * day), 0},
		{"within, whatever comes before", paid(qualify.Rule{On: "visit", Points: 1, Within: 10 * d}, `score() == 1`), lead, in(6 * day), 0},
		{"steps", paid(qualify.Rule{On: "visit", Points: 1, Decay: qualify.Decay{Every: 10 * d, Lose: 0.5}}, `score() > 3`), lead, in(6 * day), 0},
		{"steps of what is left", paid(qualify.Rule{On: "visit", Points: 1, Decay: qualify.Decay{Every: 10 * d, Lose: 0.5, Compound: true}}, `score() > 1`), lead, in(24 * day), 0},
		{"idle", paid(qualify.Rule{On: "visit", Points: 1, Decay: qualify.Decay{Every: 7 * d, Lose: 0.5, Idle: "visit"}}, `score() > 2`), lead, in(13 * day), 0},
		{"a line", paid(qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1}, Decay: qualify.Decay{Linear: 10 * d}}, `score() >= 0.5`), lead, in(4*day + 2*432*time.Millisecond), time.Second},
		{"a half-life", paid(qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1}, Decay: qualify.Decay{HalfLife: 10 * d}}, `score() >= 0.5`), lead, in(9*day + 1247*time.Millisecond), time.Second},
		{"a half-life below nothing", paid(qualify.Rule{On: "visit", Points: 1, Decay: qualify.Decay{HalfLife: 10 * d}}, `score() >= 0`), lead, never, 0},
		{"a condition of a rule", paid(qualify.Rule{When: `count("visit", "10d") >= 3`, Points: 5}, `score() >= 5`), lead, in(6 * day), 0},
		{"a condition that does not matter", paid(qualify.Rule{When: `count("visit", "10d") >= 3`, Points: 5}, `score() >= 6 or lead.n > 3`), lead, never, 0},
		{"a multiplier", paid(qualify.Rule{When: `true`, Points: 2, Multiply: `count("visit", "10d")`}, `score() >= 5`), lead, in(6 * day), 0},
		{"a multiplier that rises", paid(qualify.Rule{Points: -2, Multiply: `idle_steps("visit", "2d", "1d")`}, `score() > -15`), lead, in(3 * day), 0},
		{"a multiplier that has risen far enough", paid(qualify.Rule{Points: -2, Multiply: `idle_steps("visit", "2d", "1d")`}, `score() <= -10`), lead, never, 0},
		{"a multiplier with a choice", paid(qualify.Rule{When: `lead.n > 3`, Points: 1, Multiply: `idle_steps("visit", "2d", "1d") > 6 ? 10 : lead.n`}, `score() >= 10`), lead, in(2 * day), 0},
		{"a multiplier by what may be unknown", paid(qualify.Rule{Points: 1, Multiply: `idle_steps("visit", "2d", "1d") / (highest("visit", "n", "10d") ?? 20)`}, `score() < 2.5`), lead, in(8 * day), 0},
		{"tiers", paid(qualify.Rule{Tiers: []qualify.Tier{{When: `days_since("visit") < 5`, Points: 4}, {When: `days_since("visit") < 8`, Points: 2}}}, `score() >= 2`), lead, in(7 * day), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := compile(t, tt.policy)
			next := must(m.Track(&tt.lead).Next(noon))
			if off := next.Sub(tt.want); off < -tt.around || off > tt.around {
				t.Errorf("next is %v, want %v", next, tt.want)
			}
			until := assess(t, m, tt.lead, noon).Until
			if !until.IsZero() && (tt.want.IsZero() || until.After(next)) || until.IsZero() && !tt.want.IsZero() {
				t.Errorf("until is %v, want at most %v", until, tt.want)
			}
		})
	}
}

// Who assesses at each Until comes to the change soon: also within the last second
// before it.
func TestUntilArrives(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "form"}, {ID: "view"}},
		Rules: []qualify.Rule{
			{ID: "viewed", When: `happened("view", "30d")`, Points: 8},
			{ID: "forms", On: "form", Points: 15, Decay: qualify.Decay{HalfLife: 60 * qualify.Day}}},
		Stages: []qualify.Stage{{ID: "mql", Enter: "score() >= 30", Keep: "score() >= 20"}},
	})
	lead := qualify.Lead{Activities: []qualify.Activity{act("form", ago(21*day)), act("form", ago(6*day)), act("view", ago(day))}}
	a := assess(t, m, lead, noon)
	for steps := 0; a.Verdict.Stage == "mql"; steps++ {
		if steps == 20 {
			t.Fatalf("at %v, until %v", a.At, a.Until)
		}
		lead = stored(lead, a)
		a = assess(t, m, lead, a.Until)
	}
}

// What a multiplier can come to is foreseen: Until is not each step of silence.
func TestUntilOfMultipliers(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{Profile: profile{"n": 1}, Activities: []qualify.Activity{act("visit", noon, "n", 1)}}
	for _, tt := range []struct {
		rule  qualify.Rule
		stage string
		want  time.Duration // 0 is never
	}{
		{qualify.Rule{Points: -1, Multiply: `idle_steps("visit", "7d", "1d")`}, "s", 36 * day},
		{qualify.Rule{Points: -1, Multiply: `idle_steps("visit", "7d", "1d") * lead.n + 1`}, "s", 35 * day},
		{qualify.Rule{Points: -1, Multiply: `term.quiet`, When: `lead.n < 3`}, "s", 36 * day},
		{qualify.Rule{Points: -1, Multiply: `-(idle_steps("visit", "7d", "1d") ?? 5)`}, "s", 0},
		{qualify.Rule{Points: -1, Multiply: `idle_steps("visit", "7d", "1d") > 20 ? 20 : idle_steps("visit", "7d", "1d")`, When: `happened("form")`, Else: -1}, "s", 0},
		{qualify.Rule{Tiers: []qualify.Tier{{When: `lead.n > 3`, Points: -5}, {When: `true`, Points: -2}}, Multiply: `idle_steps("visit", "7d", "1d")`}, "s", 21 * day},
		{qualify.Rule{Tiers: []qualify.Tier{{When: `lead.m > 3`, Points: -5}, {When: `true`, Points: -2}}, Multiply: `idle_steps("visit", "7d", "1d")`}, "s", 0},
		{qualify.Rule{Points: -1, Multiply: `idle_steps("visit", "7d", "1d")`, Min: new(-29.0)}, "s", 0},
		{qualify.Rule{Points: -30, Multiply: `idle_steps("visit", "7d", "1d") >= 1 ? 1 : 0`}, "s", 7 * day},
		{qualify.Rule{Points: -1, Multiply: `count("visit", "7d") + 20`}, "s", 0}, // fewer visits are more points
		{qualify.Rule{Points: 10, Multiply: `highest("visit", "n", "7d") ?? -4`}, "s", 7 * day},
		{qualify.Rule{Points: 10, Multiply: `happened("visit", "7d") ? 1 : -4`}, "s", 7 * day},
		{qualify.Rule{Points: 10, Multiply: `happened("visit", "7d") and idle_steps("visit", "1d") < 90 ? 1 : -4`}, "s", 7 * day},
		{qualify.Rule{Points: 10, Multiply: `met("new") ? 1 : -4`}, "s", 9 * day},
		{qualify.Rule{Points: 10, Multiply: `met_count() > 0 ? idle_steps("visit", "10d") : -4`}, "s", 9 * day},
	} {
		tt.rule.ID = "r"
		var checklist []qualify.Criterion
		if strings.Contains(tt.rule.Multiply, "met") {
			checklist = []qualify.Criterion{{ID: "new", Met: `happened("visit", "9d")`}}
		}
		m := compile(t, qualify.Policy{
			Profile:    []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "m", Kind: qualify.Number}},
			Properties: []qualify.Field{{Name: "n", Kind: qualify.Number}},
			Signals:    []qualify.Signal{{ID: "visit"}, {ID: "form"}},
			Terms:      []qualify.Term{{ID: "quiet", Is: `idle_steps("visit", "7d", "1d")`}},
			Rules:      []qualify.Rule{{ID: "base", On: "visit", Points: 50}, tt.rule},
			Stages:     []qualify.Stage{{ID: "s", Enter: `score() > 70`, Keep: `score() > 20`}},
			Criteria:   checklist,
		})
		lead.Stage = tt.stage
		next, until := must(m.Track(&lead).Next(noon)), assess(t, m, lead, noon).Until
		if tt.want == 0 {
			if !next.IsZero() || !until.IsZero() {
				t.Errorf("%s: next %v, until %v, want neither", tt.rule.Multiply, next, until)
			}
		} else if want := noon.Add(tt.want); !next.Equal(want) || until.After(want) || until.Before(want.Add(-tt.want/8)) {
			t.Errorf("%s: next %v, until %v, want %v", tt.rule.Multiply, next, until, want)
		}
	}
}

// Stays end, and are overdue, at the instant.
func TestNextOfStays(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) time.Time { return noon.Add(d) }
	stays := funnel(func(p *qualify.Policy) {
		p.Stages[0].MinStay, p.Stages[1].MaxStay = 12*qualify.Day, 12*qualify.Day
		p.Stages[3].MinStay, p.Stages[4].MaxStay = 12*qualify.Day, 12*qualify.Day
		p.Stages[2].Enter = `days_in_stage() >= 11 and reached("b")`
		p.Stages[2].Keep = `lead.kc or days_in_stage() < 3`
	})
	var never time.Time
	for _, tt := range []struct {
		name    string
		stage   string
		profile profile
		want    time.Time
	}{
		{"no stage", "", flags("-ea"), never},
		{"only held by the shortest stay", "a", flags("-ea", "-ka"), in(2 * day)},
		{"held by more", "a", flags("-ea", "ka"), never},
		{"the shortest stay of an exit", "x", flags("-ex", "-kx"), in(2 * day)},
		{"into the next stage before it is overdue", "b", flags("kb"), in(day)},
		{"overdue in an exit", "y", flags("ky"), in(2 * day)},
		{"entered by the time in the stage before, and kept by the time in this one", "c", flags("kc"), never},
	} {
		m := compile(t, stays)
		lead := qualify.Lead{Profile: tt.profile, Stage: tt.stage, StageSince: ago(10 * day)}
		next := must(m.Track(&lead).Next(noon))
		if !next.Equal(tt.want) {
			t.Errorf("%s: next is %v, want %v", tt.name, next, tt.want)
		}
		if until := assess(t, m, lead, noon).Until; !until.Equal(tt.want) {
			t.Errorf("%s: until is %v, want %v", tt.name, until, tt.want)
		}
	}
	// A lead that moves now begins to count now.
	m := compile(t, stays)
	lead := qualify.Lead{Profile: flags("eb", "-kb"), Stage: "a", StageSince: ago(10 * day)}
	a := assess(t, m, lead, noon)
	if a.Verdict.Stage != "b" || !a.Until.Equal(in(11*day)) {
		t.Errorf("in %s until %v, want b until it can enter c", a.Verdict.Stage, a.Until)
	}
	if next := must(m.Track(&lead).Next(noon)); !next.Equal(in(11 * day)) {
		t.Errorf("next is %v", next)
	}
}

// An age against a score, of which both move.
func TestUntilOfAgesAgainstScores(t *testing.T) {
	t.Parallel()
	for _, enter := range []string{`days_since("visit") >= score()`, `score() <= days_since("visit")`, `days_since("visit") > score() / 2`, `(score() > 6 ? 100 : 3) < days_since("visit")`} {
		m := compile(t, qualify.Policy{
			Signals: []qualify.Signal{{ID: "visit"}},
			Rules:   []qualify.Rule{{ID: "r", On: "visit", Points: 100, Decay: qualify.Decay{HalfLife: qualify.Day}}},
			Stages:  []qualify.Stage{{ID: "cold", Enter: enter}},
		})
		lead := qualify.Lead{Activities: []qualify.Activity{act("visit", noon)}}
		next := must(m.Track(&lead).Next(noon))
		if assess(t, m, lead, next.Add(-1)).Verdict.Stage != "" || assess(t, m, lead, next).Verdict.Stage != "cold" {
			t.Errorf("%s: it does not change at %v", enter, next)
		}
		if until := assess(t, m, lead, noon).Until; until.After(next) || until.Before(noon.Add(day)) {
			t.Errorf("%s: until %v, and it changes at %v", enter, until, next)
		}
	}
}

// A change that lasts for a minute, after hundreds of instants at which there could
// have been one.
func TestNextAmongMany(t *testing.T) {
	t.Parallel()
	policy := qualify.Policy{
		Profile:    []qualify.Field{{Name: "partner", Kind: qualify.Bool}},
		Properties: []qualify.Field{{Name: "n", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "visit"}},
		Criteria:   []qualify.Criterion{{ID: "c", Met: `first("visit", "n", "365d") == 5`}},
		Groups:     []qualify.Group{{ID: "g"}},
		Rules:      []qualify.Rule{{ID: "r", Group: "g", On: "visit", Points: 10, Decay: qualify.Decay{HalfLife: 365 * qualify.Day}}},
	}
	var lead qualify.Lead
	for i := range 400 {
		n := 1
		if i == 300 {
			n = 5
		}
		lead.Activities = append(lead.Activities, act("visit", ago(100*day-time.Duration(i)*time.Minute), "n", n))
	}
	want := lead.Activities[299].At.Add(365 * day)
	for _, enter := range []string{`false`,
		`score() >= (lead.partner ? score("g") - 50 : 50)`, // unknown, whatever the points
		`score("g") >= score()`,                            // cancels, at every instant
	} {
		policy.Stages = []qualify.Stage{{ID: "s", Enter: enter}}
		if next := must(compile(t, policy).Track(&lead).Next(noon)); !next.Equal(want) {
			t.Errorf("%s: next is %v, want %v", enter, next, want)
		}
	}
}

// What is opposite cancels to the last bit, at any instant.
func TestOppositePointsCancel(t *testing.T) {
	t.Parallel()
	g := newMaker(5)
	for range 300 {
		d := pick(g, qualify.Decay{HalfLife: 30 * qualify.Day}, qualify.Decay{Linear: 500 * qualify.Day}, qualify.Decay{Every: 20 * qualify.Day, Lose: 0.1, Compound: true})
		m := compile(t, qualify.Policy{Signals: []qualify.Signal{{ID: "visit"}},
			Rules: []qualify.Rule{{ID: "r", On: "visit", Points: 10, Decay: d}, {ID: "s", On: "visit", Points: -10, Decay: d}}})
		lead := qualify.Lead{Activities: []qualify.Activity{act("visit", noon), act("visit", ago(day))}}
		for range 20 {
			at := noon.Add(time.Duration(g.Int64N(int64(500 * day))))
			if p := assess(t, m, lead, at).Score.Points; p != 0 {
				t.Fatalf("%+v: %v at %v", d, p, at)
			}
		}
	}
	if p := assess(t, compile(t, qualify.Policy{Signals: []qualify.Signal{{ID: "visit"}},
		Rules: []qualify.Rule{{ID: "r", On: "visit", Points: 10, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}, {ID: "s", On: "visit", Points: -10, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}}),
		qualify.Lead{Activities: []qualify.Activity{act("visit", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}}, time.Date(2027, 5, 15, 9, 14, 23, 199574058, time.UTC)).Score.Points; p != 0 {
		t.Errorf("%v points", p)
	}
}

// A lead must be looked at again at the first activity that is dated later, or at Until.
func TestWake(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "visit"}, {ID: "demo"}},
		Stages:  []qualify.Stage{{ID: "fresh", Enter: `happened("visit", "10d")`}},
	})
	last := time.Unix(0, 1<<63-1)
	berlin := time.FixedZone("", 3600)
	for _, test := range []struct {
		name       string
		activities []qualify.Activity
		wake       time.Time
	}{
		{"never", nil, time.Time{}},
		{"until alone", []qualify.Activity{act("visit", ago(0))}, ago(-10 * day)},
		{"a demonstration in five days, where time changes nothing", []qualify.Activity{act("demo", ago(-5*day))}, ago(-5 * day)},
		{"an activity of no signal", []qualify.Activity{act("other", ago(-5*day))}, ago(-5 * day)},
		{"before until", []qualify.Activity{act("demo", ago(-5*day)), act("visit", ago(0))}, ago(-5 * day)},
		{"after until", []qualify.Activity{act("demo", ago(-11*day)), act("visit", ago(0))}, ago(-10 * day)},
		{"the first of several", []qualify.Activity{act("demo", ago(-3*day)), act("demo", ago(-2*day)), act("demo", ago(-4*day))}, ago(-2 * day)},
		{"now is no future", []qualify.Activity{act("demo", ago(0)), act("demo", ago(day))}, time.Time{}},
		{"a nanosecond later", []qualify.Activity{act("demo", ago(-1))}, ago(-1)},
		{"in another zone", []qualify.Activity{act("demo", ago(-day).In(berlin))}, ago(-day)},
		{"the last instant but one", []qualify.Activity{act("demo", last.Add(-1))}, last.Add(-1).UTC()},
		{"after all time", []qualify.Activity{act("demo", last), act("demo", last.Add(1)), act("demo", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC))}, time.Time{}},
	} {
		lead := qualify.Lead{Activities: test.activities}
		a := assess(t, m, lead, noon)
		if got := a.Wake(&lead); got != test.wake {
			t.Errorf("%s: wakes at %v, and must at %v", test.name, got, test.wake)
		}
		if got := a.Wake(nil); got != a.Until {
			t.Errorf("%s: without the lead it wakes at %v, and Until is %v", test.name, got, a.Until)
		}
		tracker := m.Track(&qualify.Lead{})
		b := new(qualify.Assessment)
		for i, activity := range test.activities { // assessed in between, and then not
			if tracker.Add(activity); i%2 == 0 {
				if err := tracker.AssessInto(b, noon); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 {
			if err := tracker.AssessInto(b, noon); err != nil {
				t.Fatal(err)
			}
			if got := tracker.Wake(b); got != test.wake {
				t.Errorf("%s: its tracker wakes at %v, and must at %v", test.name, got, test.wake)
			}
			if _, err := tracker.Assess(noon.Add(-day)); err != nil { // the last assessment is another one
				t.Fatal(err)
			}
			if got := tracker.Wake(b); got != test.wake {
				t.Errorf("%s: its tracker, assessed earlier since, wakes at %v, and must at %v", test.name, got, test.wake)
			}
		}
	}
	if got := m.Track(nil).Wake(new(qualify.Assessment)); !got.IsZero() {
		t.Errorf("the tracker of no lead wakes at %v", got)
	}
}
