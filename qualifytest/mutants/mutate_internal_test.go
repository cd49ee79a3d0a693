package mutants

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
)

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source string
		want   []string // column, was, is
	}{
		{"lead.n >= 30", []string{"1:8 >= 30 became > 30", "1:11 >= 30 became >= 29", "1:11 >= 30 became >= 31"}},
		{"lead.n > 0.25", []string{"1:8 > 0.25 became >= 0.25", "1:10 > 0.25 became > 0.24", "1:10 > 0.25 became > 0.26"}},
		{"lead.n < 1e3", []string{"1:8 < 1e3 became <= 1e3", "1:10 < 1e3 became < 999", "1:10 < 1e3 became < 1001"}},
		{"lead.n <= lead.m", []string{"1:8 <= lead.m became < lead.m"}},
		{"lead.c == 'a >= 3 && \"30d\"'", []string{`1:8 == 'a >= 3 && "30d"' became != 'a >= 3 && "30d"'`}},
		{"lead.c != `in`", []string{"1:8 != `in` became == `in`"}},
		{"lead.a && lead.b", []string{"1:8 lead.a && lead.b became lead.a || lead.b"}},
		{"lead.a\n  or lead.b", []string{"2:3 lead.a or lead.b became lead.a and lead.b"}},
		{"not lead.a", []string{"1:1 not lead.a became lead.a"}},
		{"!(lead.a)", []string{"1:1 !(lead.a) became (lead.a)"}},
		{"lead.c in ['x', 'y']", []string{"1:8 lead.c in ['x', 'y'] became lead.c not in ['x', 'y']"}},
		{"lead.c not in ['x']", []string{"1:8 not in ['x'] became in ['x']"}},
		{"lead.c startsWith '/p'", []string{"1:8 lead.c startsWith '/p' became lead.c not startsWith '/p'"}},
		{"count('v', '30d')", []string{"1:13 count('v', '30d') became count('v', '29d')", "1:13 count('v', '30d') became count('v', '31d')",
			"1:10 count('v', '30d') became count('v')"}},
		{"latest('v', 'p', \"1w since x\")", []string{"1:19 latest('v', 'p', \"1w since x\") became latest('v', 'p', \"2w since x\")",
			"1:19 latest('v', 'p', \"1w since x\") became latest('v', 'p', \"since x\")",
			"1:19 latest('v', 'p', \"1w since x\") became latest('v', 'p', \"1w\")",
			"1:16 latest('v', 'p', \"1w since x\") became latest('v', 'p')"}},
		{"happened('v', 'since x')", []string{"1:13 happened('v', 'since x') became happened('v')"}},
		{"followed('a', 'b', '2h')", []string{"1:21 followed('a', 'b', '2h') became followed('a', 'b', '1h')", "1:21 followed('a', 'b', '2h') became followed('a', 'b', '3h')"}},
		{"lead.t >= time('2026-03-01')", []string{"1:8 >= time('2026-03-01') became > time('2026-03-01')",
			"1:17 time('2026-03-01') became time('2026-02-28')", "1:17 time('2026-03-01') became time('2026-03-02')"}},
		{"known(lead.c) and lead['30d'] == '30d'", []string{"1:15 known(lead.c) and lead['30d'] became known(lead.c) or lead['30d']", "1:31 == '30d' became != '30d'"}},
		{"lead.größe + 1", []string{"1:12 lead.größe + 1 became lead.größe - 1", "1:14 + 1 became + 0", "1:14 + 1 became + 2"}},
		{"lead.a", nil},
		{"lead.a ==", []string{"1:8 == became !="}},
		{"'", nil},
	} {
		var got []string
		for _, e := range edits(c.source) {
			got = append(got, fmt.Sprintf("%d:%d %s became %s", e.line, e.column, e.was, e.is))
			if e.source == c.source {
				t.Errorf("%s: %s changes nothing", c.source, e.is)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.source, diff)
		}
	}
}

// TestMutate has each kind of change once.
func TestMutate(t *testing.T) {
	t.Parallel()
	day := qualify.Day
	policy := qualify.Policy{
		Profile:    []qualify.Field{{Name: "n", Kind: qualify.Number, Label: "5 >= 4"}, {Name: "ok", Kind: qualify.Bool}},
		Properties: []qualify.Field{{Name: "p", Kind: qualify.Code}, {Name: "x", Kind: qualify.Number}},
		Terms:      []qualify.Term{{ID: "t", Is: "lead.n + 1", Note: "x >= 1"}},
		Signals: []qualify.Signal{{ID: "v", Where: "activity.p == 'a'"}, {ID: "w"},
			{ID: "many", Repeats: "w", Every: 2, Per: 2 * day}, {ID: "lot", Repeats: "w", Every: 2.5, Sum: "x", Calendar: "week"},
			{ID: "sit", Repeats: "w", Every: 2, Gap: 1800e9, ForEach: "p"},
			{ID: "real", Types: []string{"w"}, NotFollowing: "v", Within: 60e9, ForEach: "p"},
			{ID: "told", Types: []string{"w"}, Following: "v", Within: 7200e9}, {ID: "heard", Types: []string{"w"}, FollowedBy: "v", Within: 7200e9}},
		Rules: []qualify.Rule{
			{ID: "state", When: "lead.ok", Points: 5, Else: -0.5, Multiply: "term.t", Min: new(-1.0), Max: new(9.0)},
			{ID: "tiers", Tiers: []qualify.Tier{{When: "lead.n > 1", Points: 0}, {When: "true", Points: 1}}},
			{ID: "event", On: "v", When: "lead.ok", Points: 1, Within: day, Decay: qualify.Decay{Every: 7 * day, Lose: 0.1, Compound: true, Idle: "w"},
				Limit: qualify.Limit{Times: 2, Points: 3, Per: 3600e9, OncePer: "p"}, Group: "g"},
			{ID: "day", On: "w", Points: 1, Limit: qualify.Limit{Times: 1, Calendar: "day"}, Decay: qualify.Decay{None: true}},
			{ID: "sitting", On: "w", Points: 0, Limit: qualify.Limit{Points: 3, Gap: 1800e9, ForEach: "p"}, Min: new(1.0), Max: new(1.0)},
		},
		Groups: []qualify.Group{{ID: "g", Weight: new(0.5), Round: 1, Min: new(0.0), Max: new(10.0), ResetOn: "w",
			Decay: qualify.Decay{HalfLife: 30 * day}, Bands: []qualify.Band{{Label: "A"}, {From: new(5.0), Label: "B"}}},
			{ID: "h", Percent: true, Decay: qualify.Decay{Linear: 7 * day}}},
		Criteria: []qualify.Criterion{{ID: "c", Met: "lead.ok", Unmet: "lead.n < 0"}},
		Stages:   []qualify.Stage{{ID: "s", Enter: "score() >= 5", Keep: "true", MinStay: day, MaxStay: 2 * day}, {ID: "out", Exit: true, Enter: "met('c')"}},
	}
	before := policy.String()
	want := `
term t, is: lead.n + 1 became lead.n - 1
term t, is: + 1 became + 0
term t, is: + 1 became + 2
signal v, where: == 'a' became != 'a'
signal v, where: activity.p == 'a' became none
signal many, every: 2 became 1
signal many, every: 2 became 3
signal many, per: 2d became 1d
signal many, per: 2d became 3d
signal many, per: 2d became none
signal lot, every: 2.5 became 2.4
signal lot, every: 2.5 became 2.6
signal lot, calendar: week became day
signal lot, calendar: week became month
signal lot, calendar: week became none
signal sit, every: 2 became 1
signal sit, every: 2 became 3
signal sit, gap: 30min became 29min
signal sit, gap: 30min became 31min
signal sit, gap: 30min became none
signal sit, for_each: p became none
signal real, within: 1min became 2min
signal real, not_following: v became none
signal real, for_each: p became none
signal told, within: 2h became 1h
signal told, within: 2h became 3h
signal told, following: v became none
signal heard, within: 2h became 1h
signal heard, within: 2h became 3h
signal heard, followed_by: v became none
rule state, when: lead.ok became not (lead.ok)
rule state, points: 5 became 4
rule state, points: 5 became 6
rule state, else: -0.5 became -0.6
rule state, else: -0.5 became -0.4
rule state, min: -1 became -2
rule state, min: -1 became 0
rule state, min: -1 became none
rule state, max: 9 became 8
rule state, max: 9 became 10
rule state, max: 9 became none
rule tiers, tiers[0].when: > 1 became >= 1
rule tiers, tiers[0].when: > 1 became > 0
rule tiers, tiers[0].when: > 1 became > 2
rule tiers, tiers[0].points: 0 became -1
rule tiers, tiers[0].points: 0 became 1
rule tiers, tiers[1].when: true became not (true)
rule tiers, tiers[1].points: 1 became 0
rule tiers, tiers[1].points: 1 became 2
rule tiers, tiers[1]: after tiers[0] became before it
rule event, when: lead.ok became not (lead.ok)
rule event, when: lead.ok became none
rule event, points: 1 became 0
rule event, points: 1 became 2
rule event, limit.times: 2 became 1
rule event, limit.times: 2 became 3
rule event, limit.times: 2 became none
rule event, limit.points: 3 became 2
rule event, limit.points: 3 became 4
rule event, limit.points: 3 became none
rule event, limit.per: 1h became 2h
rule event, limit.per: 1h became none
rule event, limit.once_per: p became none
rule event, within: 1d became 2d
rule event, within: 1d became none
rule event, decay.every: 7d became 6d
rule event, decay.every: 7d became 8d
rule event, decay.lose: 0.1 became 0
rule event, decay.lose: 0.1 became 0.2
rule event, decay.compound: true became none
rule event, decay.idle: w became none
rule event, decay: every 7d became none
rule day, points: 1 became 0
rule day, points: 1 became 2
rule day, limit.times: 1 became 2
rule day, limit.times: 1 became none
rule day, limit.calendar: day became week
rule day, limit.calendar: day became month
rule day, limit.calendar: day became none
rule day, decay: none: true became none
rule sitting, limit.points: 3 became 2
rule sitting, limit.points: 3 became 4
rule sitting, limit.points: 3 became none
rule sitting, limit.gap: 30min became 29min
rule sitting, limit.gap: 30min became 31min
rule sitting, limit.gap: 30min became none
rule sitting, limit.for_each: p became none
rule sitting, min: 1 became 0
rule sitting, min: 1 became 2
rule sitting, min: 1 became none
rule sitting, max: 1 became 0
rule sitting, max: 1 became 2
rule sitting, max: 1 became none
group g, weight: 0.5 became 0.4
group g, weight: 0.5 became 0.6
group g, weight: 0.5 became none
group g, round: 1 became 0
group g, round: 1 became 2
group g, min: 0 became -1
group g, min: 0 became 1
group g, min: 0 became none
group g, max: 10 became 9
group g, max: 10 became 11
group g, max: 10 became none
group g, bands[1].from: 5 became 4
group g, bands[1].from: 5 became 6
group g, decay.half_life: 30d became 29d
group g, decay.half_life: 30d became 31d
group g, decay: half_life 30d became none
group g, reset_on: w became none
group h, percent: true became none
group h, decay.linear: 7d became 6d
group h, decay.linear: 7d became 8d
group h, decay: linear 7d became none
criterion c, met: lead.ok became not (lead.ok)
criterion c, unmet: < 0 became <= 0
criterion c, unmet: < 0 became < -1
criterion c, unmet: < 0 became < 1
criterion c, unmet: lead.n < 0 became none
stage s, enter: >= 5 became > 5
stage s, enter: >= 5 became >= 4
stage s, enter: >= 5 became >= 6
stage s, keep: true became not (true)
stage s, keep: true became none
stage s, min_stay: 1d became 2d
stage s, min_stay: 1d became none
stage s, max_stay: 2d became 1d
stage s, max_stay: 2d became 3d
stage s, max_stay: 2d became none
stage out, enter: met('c') became not (met('c'))`
	var got []string
	seen := map[string]bool{before: true}
	model := qualify.MustCompile(withoutPercent(policy))
	for _, m := range mutate(policy) {
		got = append(got, m.String())
		p := model.Policy()
		p.Groups[1].Percent = true
		m.apply(&p)
		if seen[p.String()] {
			t.Errorf("%s: the document is as it was, or as another mutant's", m)
		}
		seen[p.String()] = true
		if p.Profile[0].Label != "5 >= 4" || p.Terms[0].Note != "x >= 1" {
			t.Errorf("%s: a text for people has changed", m)
		}
	}
	if diff := cmp.Diff(strings.Split(want, "\n")[1:], got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if policy.String() != before {
		t.Error("the policy itself has changed")
	}
}

// withoutPercent is what compiles of a policy whose group h has no rules.
func withoutPercent(p qualify.Policy) qualify.Policy {
	p.Groups = slices.Clone(p.Groups)
	p.Groups[1].Percent = false
	return p
}

func TestMutantPlace(t *testing.T) {
	t.Parallel()
	all := mutate(qualify.Policy{Rules: []qualify.Rule{{ID: "a b", When: "lead.x\n >= 3", Points: 2}}})
	var got []string
	for _, m := range all {
		got = append(got, m.place()+" "+m.String())
	}
	want := []string{
		`rules[0].when, 2:2 rule "a b", when: >= 3 became > 3`, `rules[0].when, 2:5 rule "a b", when: >= 3 became >= 2`, `rules[0].when, 2:5 rule "a b", when: >= 3 became >= 4`,
		`rules[0].points rule "a b", points: 2 became 1`, `rules[0].points rule "a b", points: 2 became 3`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// FuzzEdits holds what is true of any text: each change changes it, at the place that it
// tells, and no text that is no argument of a function.
func FuzzEdits(f *testing.F) {
	for _, s := range []string{
		"lead.n >= 30 && !happened('v', '30d since x')", "not (lead.c not in ['a', \"b\"]) or 1.5 < -2", "a ? b : c ?? 3", "`x` matches '>= 3'", "((((", "count(count('a', '3d'), '3d')", "\"\\u00e9\" == 'ü' and\n3",
	} {
		f.Add(s)
	}
	texts := func(source string) (all []string) {
		depth := 0
		for _, t := range expression.Tokens(source) {
			switch {
			case t.Value == "(" && t.Kind == expression.BracketToken:
				depth++
			case t.Value == ")" && t.Kind == expression.BracketToken:
				depth = max(depth-1, 0)
			case t.Kind == expression.TextToken && depth <= 0:
				all = append(all, t.Value)
			}
		}
		return all
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1024 {
			return // each of its changes is taken apart: that takes seconds
		}
		lines, want := strings.Split(source, "\n"), texts(source)
		for _, e := range edits(source) {
			if e.source == source {
				t.Fatalf("%q: %q changes nothing", source, e.is)
			}
			if e.line < 1 || e.line > len(lines) || e.column < 1 || e.column > len([]rune(lines[e.line-1])) {
				t.Fatalf("%q: %d:%d", source, e.line, e.column)
			}
			if strings.Contains(e.source, "//") && !strings.Contains(source, "//") {
				continue // from "*/", which no expression holds: a comment
			}
			if expression.Tokens(e.source) != nil && !slices.Equal(want, texts(e.source)) {
				t.Fatalf("%q became %q, with another text", source, e.source)
			}
		}
	})
}

func TestUnit(t *testing.T) {
	t.Parallel()
	if d := unit("3w"); d != 7*24*time.Hour || unit("3") != 0 || unit("w") != 0 {
		t.Errorf("units: %v", d)
	}
}
