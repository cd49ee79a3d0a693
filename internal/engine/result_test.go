package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/testcase"
)

func visits(ats ...int64) (list []history.Activity) {
	for _, at := range ats {
		list = append(list, activity("visit", "", at, nil))
	}
	return list
}

// One rule, by hand.
func TestRuleResult(t *testing.T) {
	t.Parallel()
	size := func(v any) map[string]any { return map[string]any{"size": v} }
	yes, no, unknown := expression.Yes, expression.No, expression.Unknown
	exactly := func(p points.Points) points.Span { return points.Exactly(p * unit) }
	for _, test := range []struct {
		name    string
		rule    qualify.Rule
		profile map[string]any
		visits  []int64 // before now
		want    engine.RuleResult
	}{
		{"yes", qualify.Rule{When: "lead.size > 5", Points: 3, Else: -1}, size(6), nil, engine.RuleResult{Answer: yes, Raw: 3 * unit, Points: 3 * unit, Span: exactly(3)}},
		{"no", qualify.Rule{When: "lead.size > 5", Points: 3, Else: -1}, size(5), nil, engine.RuleResult{Answer: no, Raw: -unit, Points: -unit, Span: exactly(-1)}},
		{"unknown", qualify.Rule{When: "lead.size > 5", Points: 3, Else: -1}, nil, nil, engine.RuleResult{Answer: unknown, Span: points.Span{Lo: -unit, Hi: 3 * unit}}},
		{"the lower bound", qualify.Rule{When: "lead.size > 5", Points: 3, Min: new(1.0)}, size(5), nil, engine.RuleResult{Answer: no, Points: unit, Span: exactly(1)}},
		{"the upper bound", qualify.Rule{When: "lead.size > 5", Points: 3, Max: new(2.0)}, size(6), nil, engine.RuleResult{Answer: yes, Raw: 3 * unit, Points: 2 * unit, Span: exactly(2)}},
		{"the second tier", qualify.Rule{Tiers: []qualify.Tier{{When: "lead.size > 5", Points: 3}, {When: "lead.size > 2", Points: 1}}}, size(3), nil, engine.RuleResult{Answer: yes, Raw: unit, Points: unit, Span: exactly(1)}},
		{"no tier", qualify.Rule{Else: -2, Tiers: []qualify.Tier{{When: "lead.size > 5", Points: 3}}}, size(3), nil, engine.RuleResult{Answer: no, Raw: -2 * unit, Points: -2 * unit, Span: exactly(-2)}},
		{"unknown tiers", qualify.Rule{Else: -2, Tiers: []qualify.Tier{{When: "lead.size > 5", Points: 3}, {When: "true", Points: 1}}}, nil, nil, engine.RuleResult{Answer: unknown, Span: points.Span{Hi: 3 * unit}}},
		{"multiplied", qualify.Rule{Multiply: "lead.size", Points: 2}, size(3), nil, engine.RuleResult{Answer: yes, Raw: 6 * unit, Points: 6 * unit, Span: exactly(6)}},
		{"an unknown multiplier", qualify.Rule{Multiply: "lead.size", Points: 2}, nil, nil, engine.RuleResult{Answer: yes, Span: points.Span{Hi: 20 * unit}}},
		{"no events", qualify.Rule{On: "visit", Points: 2}, nil, nil, engine.RuleResult{Answer: yes, Span: exactly(0)}},
		{"events", qualify.Rule{On: "visit", Points: 2}, nil, []int64{0, day, 9 * day}, engine.RuleResult{Answer: yes, Count: 3, Raw: 6 * unit, Points: 6 * unit, Span: exactly(6)}},
		{"events of no", qualify.Rule{On: "visit", When: "lead.size > 5", Points: 2}, size(1), []int64{0}, engine.RuleResult{Answer: no, Span: exactly(0)}},
		{"events of unknown", qualify.Rule{On: "visit", When: "lead.size > 5", Points: 2}, nil, []int64{0, 1}, engine.RuleResult{Answer: unknown, Span: points.Span{Hi: 4 * unit}}},
		{"events with an unknown multiplier", qualify.Rule{On: "visit", Multiply: "lead.size", Points: 1}, nil, []int64{0, 1}, engine.RuleResult{Answer: yes, Span: points.Span{Hi: 20 * unit}}},
		{"the same with a limit", qualify.Rule{On: "visit", Multiply: "lead.size", Points: 1, Limit: qualify.Limit{Points: 7}}, nil, []int64{0, 1}, engine.RuleResult{Answer: yes, Span: points.Span{Hi: 7 * unit}}},
		{"times", qualify.Rule{On: "visit", Points: 2, Limit: qualify.Limit{Times: 2}}, nil, []int64{0, day, 9 * day}, engine.RuleResult{Answer: yes, Count: 2, Raw: 4 * unit, Points: 4 * unit, Span: exactly(4)}},
		{"within, whose end is out", qualify.Rule{On: "visit", Points: 2, Within: 2 * qualify.Day}, nil, []int64{0, 2*day - 1, 2 * day}, engine.RuleResult{Answer: yes, Count: 2, Raw: 4 * unit, Points: 4 * unit, Span: exactly(4)}},
		{"linear", qualify.Rule{On: "visit", Points: 8, Decay: qualify.Decay{Linear: 4 * qualify.Day}}, nil, []int64{0, day, 4 * day}, engine.RuleResult{Answer: yes, Count: 2, Raw: 14 * unit, Points: 14 * unit, Span: exactly(14)}},
		{"half-life", qualify.Rule{On: "visit", Points: 8, Decay: qualify.Decay{HalfLife: 4 * qualify.Day}}, nil, []int64{0, 4 * day, 8 * day}, engine.RuleResult{Answer: yes, Count: 3, Raw: 14 * unit, Points: 14 * unit, Span: exactly(14)}},
		{"steps, full at their length", qualify.Rule{On: "visit", Points: 8, Decay: qualify.Decay{Every: qualify.Day, Lose: 0.25}}, nil, []int64{day - 1, day, 4 * day}, engine.RuleResult{Answer: yes, Count: 2, Raw: 14 * unit, Points: 14 * unit, Span: exactly(14)}},
	} {
		rule := test.rule
		rule.ID = "rule"
		p := compile(t, qualify.Policy{
			Profile: []qualify.Field{{Name: "size", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(10.0)}}, Signals: []qualify.Signal{{ID: "visit"}}, Rules: []qualify.Rule{rule},
		})
		g := given{Lead: engine.Lead{Profile: test.profile, Stage: engine.None}, at: start}
		for _, ago := range test.visits {
			g.activities = append(g.activities, visits(start-ago)...)
		}
		r := eval(engine.NewPool(p), g).Result()
		if diff := cmp.Diff([]engine.RuleResult{test.want}, r.Rules); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if r.Groups[0].Points != test.want.Points || r.Groups[0].Span != test.want.Span {
			t.Errorf("%s: group %+v", test.name, r.Groups[0])
		}
	}
}

// The groups and the unknown facts of one policy, by hand: fit has 10 of at most 6, and half of it goes on; size could
// bring from -4 to 10, and plan 5.
func TestGroupsAndMissing(t *testing.T) {
	t.Parallel()
	p := compile(t, qualify.Policy{
		Profile: []qualify.Field{{Name: "plan", Kind: qualify.Code}, {Name: "size", Kind: qualify.Number}, {Name: "known", Kind: qualify.Bool}},
		Rules: []qualify.Rule{
			{ID: "known", Group: "fit", When: "lead.known", Points: 10},
			{ID: "plan", When: `lead.plan == "paid"`, Points: 5},
			{ID: "size", When: "lead.size > 5", Points: 10, Else: -4},
		},
		Groups: []qualify.Group{
			{ID: "total", Bands: []qualify.Band{{From: new(0.0), Label: "C"}, {From: new(4.0), Label: "B"}}},
			{ID: "fit", Max: new(6.0), Weight: new(0.5)},
		},
	})
	r := eval(engine.NewPool(p), given{Lead: engine.Lead{Profile: map[string]any{"known": true}, Stage: engine.None}, at: start}).Result()
	want := []engine.GroupResult{
		{Raw: 3 * unit, Points: 3 * unit, Span: points.Span{Lo: -unit, Hi: 18 * unit}, Band: 0},
		{Raw: 10 * unit, Points: 6 * unit, Share: 3 * unit, Span: points.Exactly(6 * unit), Band: engine.None},
	}
	if diff := cmp.Diff(want, r.Groups); diff != "" {
		t.Error(diff)
	}
	missing := []engine.MissingFact{{Fact: 1, Span: points.Span{Lo: -unit, Hi: 13 * unit}}, {Fact: 0, Span: points.Span{Lo: 3 * unit, Hi: 8 * unit}}}
	if diff := cmp.Diff(missing, r.Missing); diff != "" {
		t.Error(diff)
	}
}

// The stage, how the lead came there, and what holds it.
func TestStageResult(t *testing.T) {
	t.Parallel()
	p := compile(t, qualify.Policy{
		Profile: []qualify.Field{{Name: "x", Kind: qualify.Number}, {Name: "out", Kind: qualify.Bool}},
		Stages: []qualify.Stage{
			{ID: "lost", Exit: true, Enter: "lead.out", MinStay: qualify.Day},
			{ID: "a", Enter: "lead.x >= 1"},
			{ID: "b", Enter: "lead.x >= 4", Keep: "lead.x >= 2", MinStay: 2 * qualify.Day, MaxStay: 9 * qualify.Day},
			{ID: "c", Enter: "lead.x >= 6"},
		},
	})
	const none, lost, a, b, c = engine.None, 0, 1, 2, 3
	for _, test := range []struct {
		name     string
		x, out   any
		was      int
		days     float64 // since it is there; 0: unknown
		now      int
		move     engine.Move
		reasons  []int // stages
		held     engine.HeldBy
		next     int
		due      bool
		overdue  bool
		skipped  []int
		blockers int
	}{
		{"into none", 0, false, none, 0, none, engine.MoveNone, nil, 0, a, false, false, nil, 1},
		{"enter", 1, false, none, 0, a, engine.MoveEnter, []int{a}, engine.HeldByEnter, b, false, false, nil, 1},
		{"enter over two", 6, false, none, 0, c, engine.MoveEnter, []int{c}, engine.HeldByEnter, none, false, false, []int{a, b}, 0},
		{"promote", 4, false, a, 3, b, engine.MovePromote, []int{b}, engine.HeldByEnter, c, true, false, nil, 1},
		{"kept", 2, false, b, 3, b, engine.MoveNone, []int{b}, engine.HeldByKeep, c, true, false, nil, 1},
		{"kept by an unknown", nil, false, b, 3, b, engine.MoveNone, []int{b}, engine.HeldByKeep, c, true, false, nil, 1},
		{"kept, and overdue", 2, false, b, 9, b, engine.MoveNone, []int{b}, engine.HeldByKeep, c, true, true, nil, 1},
		{"since nobody knows when", 2, false, b, 0, b, engine.MoveNone, []int{b}, engine.HeldByKeep, c, false, false, nil, 1},
		{"held by the stay", 1, false, b, 1.99, b, engine.MoveNone, []int{b}, engine.HeldByMinStay, c, true, false, nil, 1},
		{"the stay is over at its end", 1, false, b, 2, a, engine.MoveDemote, []int{b, a}, engine.HeldByEnter, b, false, false, nil, 1},
		{"demoted to none", 0, false, c, 1, none, engine.MoveDemote, []int{c}, engine.HeldByEnter, a, false, false, []int{a, b}, 1},
		{"demoted to where it would be kept", 2, false, c, 1, b, engine.MoveDemote, []int{c, b}, engine.HeldByKeep, c, true, false, nil, 1},
		{"exit, though held", 4, true, b, 1, lost, engine.MoveExit, []int{lost}, engine.HeldByEnter, none, false, false, nil, 0},
		{"stays out by the stay", 4, false, lost, 0.5, lost, engine.MoveNone, []int{lost}, engine.HeldByMinStay, none, false, false, nil, 0},
		{"return", 4, false, lost, 1, b, engine.MoveReturn, []int{lost, b}, engine.HeldByEnter, c, true, false, []int{a}, 1},
	} {
		g := given{Lead: engine.Lead{Profile: map[string]any{"x": test.x, "out": test.out}, Stage: test.was}, at: start}
		if test.days > 0 {
			g.Since = time.Unix(0, start-int64(test.days*float64(day)))
		}
		for _, brief := range []bool{false, true} {
			g.Brief = brief
			e := eval(engine.NewPool(p), g)
			s := e.Result().Stage
			var reasons, skipped []int
			for _, r := range s.Reasons {
				reasons = append(reasons, r.Stage)
			}
			var held engine.HeldBy
			if n := len(s.Reasons); n > 0 {
				held = s.Reasons[n-1].Held
			}
			e.Skipped(func(stage int) { skipped = append(skipped, stage) })
			blockers := test.blockers
			if brief {
				blockers = 0
			}
			if s.Was != test.was || s.Now != test.now || s.Move != test.move || !slices.Equal(reasons, test.reasons) || held != test.held ||
				s.Next != test.next || s.HasDue != test.due || s.Overdue != test.overdue || !slices.Equal(skipped, test.skipped) || len(s.Blockers) != blockers {
				t.Errorf("%s, brief %t: %+v, skipped %v", test.name, brief, s, skipped)
			}
			if moved := s.Move != engine.MoveNone; moved && s.Since.Time != start || !moved && s.Since.Known != (test.days > 0) {
				t.Errorf("%s: since %v", test.name, s.Since)
			}
		}
	}
}

func TestIssues(t *testing.T) {
	t.Parallel()
	p := compile(t, policy)
	n := func(v any) map[string]any { return map[string]any{"n": v} }
	at := time.Unix(0, start)
	const size, plan, tags = 0, 1, 2
	for _, test := range []struct {
		name  string
		given given
		want  []engine.Issue
	}{
		{"none", given{Lead: engine.Lead{Profile: map[string]any{"size": 5, "plan": "free", "other": 1}, Stage: 1, Since: at}}, []engine.Issue{}},
		{"attributes", given{Lead: engine.Lead{Profile: map[string]any{"size": 101, "plan": "gold", "tags": map[string]any{}}, Stage: engine.None}}, []engine.Issue{
			{Problem: engine.OutOfRange, Of: engine.OfAttribute, Index: size, Count: 1}, {Problem: engine.NotInValues, Of: engine.OfAttribute, Index: plan, Count: 1},
			{Problem: engine.WrongKind, Of: engine.OfAttribute, Index: tags, Count: 1}}},
		{"a stage", given{Lead: engine.Lead{Stage: engine.UnknownStageIndex, Since: at.Add(1)}}, []engine.Issue{{Problem: engine.UnknownStage, Of: engine.OfStage, Count: 1}}},
		{"since nearly a second later", given{Lead: engine.Lead{Stage: 1, Since: at.Add(time.Second - 1)}}, []engine.Issue{}},
		{"since later", given{Lead: engine.Lead{Stage: 1, Since: at.Add(time.Second)}}, []engine.Issue{{Problem: engine.FutureStageSince, Of: engine.OfStageSince, Count: 1}}},
		{"since after all time", given{Lead: engine.Lead{Stage: 1, Since: engine.Latest.Add(1)}}, []engine.Issue{{Problem: engine.FutureStageSince, Of: engine.OfStageSince, Count: 1}}},
		{"since before all time", given{Lead: engine.Lead{Stage: 1, Since: engine.Earliest.Add(-1)}}, []engine.Issue{{Problem: engine.TimeOutOfRange, Of: engine.OfStageSince, Count: 1}}},
		{"the ends of time", given{Lead: engine.Lead{Stage: 1, Since: engine.Earliest}, activities: []history.Activity{
			{Type: "visit", At: engine.Earliest}, {Type: "visit", At: engine.Latest}, {Type: "visit", At: engine.Latest.Add(1)}}}, []engine.Issue{}},
		{"undated", given{Lead: engine.Lead{Stage: engine.None}, activities: []history.Activity{
			{ID: "b", Type: "visit"}, {ID: "a", Type: "visit"}, {ID: "c", Type: "visit", At: engine.Earliest.Add(-1)}}}, []engine.Issue{
			{Problem: engine.TimeOutOfRange, Of: engine.OfActivityAt, Activity: "a", Count: 3}}},
		{"properties", given{Lead: engine.Lead{Stage: engine.None}, activities: []history.Activity{
			activity("visit", "y", start-1, n("many")), activity("visit", "x", start-2, n("many")), activity("visit", "z", start-3, n(10)), activity("visit", "late", start+1, n(10))}}, []engine.Issue{
			{Problem: engine.WrongKind, Of: engine.OfProperty, Activity: "x", Count: 2}, {Problem: engine.OutOfRange, Of: engine.OfProperty, Activity: "z", Count: 1}}},
		{"repeated", given{Lead: engine.Lead{Stage: engine.None}, activities: []history.Activity{
			activity("visit", "x", start-1, n(1)), activity("visit", "x", start-1, n(1)), activity("visit", "y", start-1, n(1)), activity("visit", "y", start-1, n(2))}}, []engine.Issue{
			{Problem: engine.RepeatedDifferently, Of: engine.OfActivity, Activity: "y", Count: 1}}},
	} {
		test.given.at = start
		pool := engine.NewPool(p)
		got := eval(pool, test.given).Result().Issues
		if diff := cmp.Diff(test.want, append([]engine.Issue{}, got...)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// What the occurrences of a rule bring is what the rule pays, but for one rounding each.
func TestOccurrencesAddUp(t *testing.T) {
	t.Parallel()
	p := compile(t, policy)
	m := maker{seeded(5)}
	seen := map[engine.LeftOut]bool{}
	for i := range testcase.Count(2000) {
		g := m.lead()
		e := eval(engine.NewPool(p), g)
		for r := range p.Rules {
			if p.Rules[r].Signal == engine.None {
				continue
			}
			total, count, listed := points.Points(0), 0, 0
			sum, older := e.EventOccurrences(r, 1000, func(o *engine.Occurrence) {
				total, listed = total+o.Points, listed+1
				if seen[o.LeftOut] = true; o.LeftOut == engine.Counts && o.Points != 0 {
					count++
				}
				if o.LeftOut != engine.Counts && o.Points != 0 || o.Allowed > o.Worth && o.Worth >= 0 {
					t.Errorf("lead %d, rule %d: %+v", i, r, o)
				}
			})
			got := e.Result().Rules[r]
			if off := total - sum; off > points.Points(listed) || -off > points.Points(listed) || sum != got.Raw || older != 0 || count != got.Count {
				t.Fatalf("lead %d, rule %d: %d in all, sum %d, %d count, older %d: %+v", i, r, total, sum, count, older, got)
			}
			few := 0
			if _, older := e.EventOccurrences(r, 2, func(*engine.Occurrence) { few++ }); few != min(2, listed) || older != listed-few {
				t.Fatalf("lead %d, rule %d: %d of %d, older %d", i, r, few, listed, older)
			}
		}
		for q := range p.Queries {
			counts, newest := 0, (*history.Activity)(nil)
			e.QueryOccurrences(q, 1000, func(o *engine.Occurrence) {
				if seen[o.LeftOut] = true; o.LeftOut == engine.Counts {
					if counts++; newest == nil {
						newest = o.Activity
					}
				}
			})
			if p.Queries[q].Func == history.Count && float64(counts) != e.Env().Queries[q].Number {
				t.Fatalf("lead %d, query %d: %d count, want %v", i, q, counts, e.Env().Queries[q].Number)
			}
			if got := e.Newest(q); p.Queries[q].Func == history.Count && got != newest {
				t.Fatalf("lead %d, query %d: newest %v, want %v", i, q, got, newest)
			}
		}
	}
	for l := engine.Counts; l <= engine.LeftOutWhen; l++ {
		if !seen[l] {
			t.Errorf("no occurrence is left out for reason %d", l)
		}
	}
}

// Unknown facts that could change the total as much as one another stand in the program's order,
// also when they are many.
func TestMissingOfEqualWidth(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 7, 31, 32, 33, 64, 100} {
		var p qualify.Policy
		var want []int32
		for width := 3; width >= 0; width-- {
			for i := range n {
				if 7*i%4 == width {
					want = append(want, int32(i))
				}
			}
		}
		for i := range n {
			name := fmt.Sprint("a", i)
			p.Profile = append(p.Profile, qualify.Field{Name: name, Kind: qualify.Bool})
			p.Rules = append(p.Rules, qualify.Rule{ID: name, When: "lead." + name, Points: float64(7 * i % 4)})
		}
		var got []int32
		for _, f := range eval(engine.NewPool(compile(t, p)), given{Lead: engine.Lead{Stage: engine.None}, at: start}).Result().Missing {
			got = append(got, f.Fact)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of %d: %s", n, diff)
		}
	}
}
