package qualify_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// A rule's sum is rounded once, half away from zero, to a millionth.
func TestRounding(t *testing.T) {
	t.Parallel()
	each := func(points float64, n int) (acts []qualify.Activity) { return visits(n, time.Second) }
	for _, test := range []struct {
		name     string
		points   float64
		multiply float64
		n        int
		want     float64
	}{
		{"half a millionth", 0.000001, 0.5, 1, 0.000001},
		{"half a millionth below zero", -0.000001, 0.5, 1, -0.000001},
		{"just below half", 0.000001, 0.499999, 1, 0},
		{"twice a quarter: the sum is rounded, not its parts", 0.000001, 0.25, 2, 0.000001},
		{"thrice 0.4", 0.000001, 0.4, 3, 0.000001},
		{"once 0.4", 0.000001, 0.4, 1, 0},
		{"one and a half", 0.000003, 0.5, 1, 0.000002},
		{"one and a half below zero", -0.000003, 0.5, 1, -0.000002},
		{"thirds", 1, 1.0 / 3, 3, 1},
		{"tenths", 0.1, 3, 1, 0.3},
	} {
		lead := history(each(test.points, test.n)...)
		lead.Profile = profile{"n": test.multiply}
		if got := pointsOf(t, qualify.Rule{On: "visit", Points: test.points, Multiply: `lead.n`}, lead); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	// Points themselves count in millionths.
	for points, want := range map[float64]float64{0.1234564: 0.123456, 0.1234565: 0.123457, -0.1234565: -0.123457, 999999.999999: 999999.999999} {
		if got := pointsOf(t, qualify.Rule{When: `true`, Points: points}, qualify.Lead{}); got != want {
			t.Errorf("%v pays %v, want %v", points, got, want)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	// The rule r pays lead.n into the group g, and s pays lead.m into the root.
	base := func(groups ...qualify.Group) qualify.Policy {
		p := withRules(qualify.Rule{ID: "r", Group: "g", Points: 1, Multiply: `lead.n`}, qualify.Rule{ID: "s", Points: 1, Multiply: `lead.m`})
		p.Groups = groups
		return p
	}
	third := 1.0 / 3
	tests := []struct {
		name                        string
		groups                      []qualify.Group
		n, m                        float64
		raw, lost, points, share    float64 // of g
		totalRaw, totalLost, totals float64
	}{
		{"plain", []qualify.Group{{ID: "g"}}, 5, 2, 5, 0, 5, 5, 7, 0, 7},
		{"max", []qualify.Group{{ID: "g", Max: new(3.0)}}, 5, 2, 5, 2, 3, 3, 5, 0, 5},
		{"min", []qualify.Group{{ID: "g", Min: new(0.0)}}, -5, 2, -5, -5, 0, 0, 2, 0, 2},
		{"weight", []qualify.Group{{ID: "g", Weight: new(0.5)}}, 5, 2, 5, 0, 5, 2.5, 4.5, 0, 4.5},
		{"weight 0 keeps apart", []qualify.Group{{ID: "g", Weight: new(0.0)}}, 5, 2, 5, 0, 5, 0, 2, 0, 2},
		{"negative weight", []qualify.Group{{ID: "g", Weight: new(-2.0)}}, 5, 2, 5, 0, 5, -10, -8, 0, -8},
		{"weight after bounds", []qualify.Group{{ID: "g", Weight: new(2.0), Max: new(3.0)}}, 5, 0, 5, 2, 3, 6, 6, 0, 6},
		{"a share is rounded half away from zero", []qualify.Group{{ID: "g", Weight: new(0.5)}}, 0.000001, 0, 0.000001, 0, 0.000001, 0.000001, 0.000001, 0, 0.000001},
		{"a share is rounded half away from zero, below it", []qualify.Group{{ID: "g", Weight: new(0.5)}}, -0.000001, 0, -0.000001, 0, -0.000001, -0.000001, -0.000001, 0, -0.000001},
		{"a third of thirty", []qualify.Group{{ID: "g", Weight: &third}}, 30, 0, 30, 0, 30, 10, 10, 0, 10},
		{"round", []qualify.Group{{ID: "g", Round: 1}}, 2.5, 0, 2.5, -0.5, 3, 3, 3, 0, 3},
		{"round below zero", []qualify.Group{{ID: "g", Round: 1}}, -2.5, 0, -2.5, 0.5, -3, -3, -3, 0, -3},
		{"round to a quarter", []qualify.Group{{ID: "g", Round: 0.25}}, 2.374999, 0, 2.374999, 0.124999, 2.25, 2.25, 2.25, 0, 2.25},
		{"round to five", []qualify.Group{{ID: "g", Round: 5}}, 7.5, 0, 7.5, -2.5, 10, 10, 10, 0, 10},
		{"round before bounds", []qualify.Group{{ID: "g", Round: 1, Max: new(2.5)}}, 2.5, 0, 2.5, 0, 2.5, 2.5, 2.5, 0, 2.5},
		{"the root's bounds", []qualify.Group{{ID: "g"}, {ID: "total", Max: new(6.0)}}, 5, 2, 5, 0, 5, 5, 7, 1, 6},
		{"the root's round", []qualify.Group{{ID: "g"}, {ID: "total", Round: 1}}, 5, 0.5, 5, 0, 5, 5, 5.5, -0.5, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := assess(t, compile(t, base(test.groups...)), qualify.Lead{Profile: profile{"n": test.n, "m": test.m}}, noon).Score
			g := s.Groups[0]
			got := [...]float64{g.Raw, g.Lost, g.Points, g.Share, s.Raw, s.Lost, s.Points}
			want := [...]float64{test.raw, test.lost, test.points, test.share, test.totalRaw, test.totalLost, test.totals}
			if got != want {
				t.Errorf("raw, lost, points, share, and the total's raw, lost, points: %v, want %v", got, want)
			}
			if g.Group != "g" || g.Parent != "total" || len(s.Groups) != 1 {
				t.Errorf("groups %+v", s.Groups)
			}
		})
	}
	// A chain, listed child first, and the rule's own bounds.
	p := withRules(qualify.Rule{ID: "r", Group: "in", Points: 1, Multiply: `lead.n`, Max: new(50.0)}, qualify.Rule{ID: "s", Group: "out", When: `true`, Points: 7})
	p.Groups = []qualify.Group{{ID: "in", Parent: "out", Weight: new(0.1), Max: new(40.0)}, {ID: "out", Weight: new(2.0)}}
	s := assess(t, compile(t, p), qualify.Lead{Profile: profile{"n": 60}}, noon).Score
	want := qualify.Score{
		Raw: 22, Points: 22, Range: qualify.Range{Low: 22, High: 22},
		Groups: []qualify.GroupScore{
			{Group: "in", Parent: "out", Raw: 50, Lost: 10, Points: 40, Share: 4, Range: qualify.Range{Low: 40, High: 40}},
			{Group: "out", Parent: "total", Raw: 11, Points: 11, Share: 22, Range: qualify.Range{Low: 11, High: 11}},
		},
		Contributions: []qualify.Contribution{
			{Rule: "r", Group: "in", Answer: qualify.Yes, Raw: 60, Lost: 10, Points: 50, Range: qualify.Range{Low: 50, High: 50}},
			{Rule: "s", Group: "out", Answer: qualify.Yes, Raw: 7, Points: 7, Range: qualify.Range{Low: 7, High: 7}},
		},
		Unknown: []qualify.UnknownFact{},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("a chain (-want +got):\n%s", diff)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	rules := func(list ...qualify.Rule) []qualify.Rule { return withRules(list...).Rules }
	tests := []struct {
		name   string
		rules  []qualify.Rule
		groups []qualify.Group
		lead   profile
		want   float64
	}{
		{"half", rules(qualify.Rule{When: `lead.b`, Points: 10}, qualify.Rule{When: `lead.n > 1`, Points: 10}), nil, profile{"b": true, "n": 0}, 50},
		{"least is below zero", rules(qualify.Rule{When: `lead.b`, Points: 10, Else: -10}), nil, profile{}, 50},
		{"all", rules(qualify.Rule{When: `lead.b`, Points: 10, Else: -10}), nil, profile{"b": true}, 100},
		{"nothing", rules(qualify.Rule{When: `lead.b`, Points: 10, Else: -10}), nil, profile{"b": false}, 0},
		{"tiers", rules(qualify.Rule{Tiers: []qualify.Tier{{When: `lead.n > 5`, Points: 8}, {When: `lead.n > 1`, Points: 2}}}), nil, profile{"n": 2}, 25},
		{"a multiplier between bounds", rules(qualify.Rule{Points: 1, Multiply: `lead.n`, Min: new(-10.0), Max: new(30.0)}), nil, profile{"n": 10}, 50},
		{"times without a period", rules(qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{Times: 4}}), nil, nil, 0},
		{"points without a period", rules(qualify.Rule{When: `lead.b`, Points: 20}, qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{Points: 20}}), nil, profile{"b": true}, 50},
		{"rounded", rules(qualify.Rule{When: `lead.b`, Points: 1}, qualify.Rule{When: `lead.n > 1`, Points: 2}), []qualify.Group{{ID: "total", Percent: true, Round: 1}}, profile{"b": true}, 33},
		{"a millionth of a percent", rules(qualify.Rule{When: `lead.b`, Points: 1}, qualify.Rule{When: `lead.n > 1`, Points: 2}), nil, profile{"b": true}, 33.333333},
		{"bounds after percent", rules(qualify.Rule{When: `lead.b`, Points: 1}), []qualify.Group{{ID: "total", Percent: true, Max: new(60.0)}}, profile{"b": true}, 60},
	}
	for _, test := range tests {
		p := vocabulary()
		p.Rules, p.Groups = test.rules, test.groups
		if p.Groups == nil {
			p.Groups = []qualify.Group{{ID: "total", Percent: true}}
		}
		if got := assess(t, compile(t, p), qualify.Lead{Profile: test.lead}, noon).Score.Points; got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestBands(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{ID: "n", Group: "fit", Points: 1, Multiply: `lead.n`}, qualify.Rule{ID: "m", Group: "act", Points: 1, Multiply: `lead.m`})
	p.Groups = []qualify.Group{
		{ID: "fit", Max: new(50.0), Bands: []qualify.Band{{Label: "C"}, {From: new(15.0), Label: "B"}, {From: new(30.0), Label: "A"}}},
		{ID: "act", Weight: new(0.0), Bands: []qualify.Band{{From: new(0.0), Label: "1"}, {From: new(10.0), Label: "2"}}},
		{ID: "total", Bands: []qualify.Band{{From: new(20.0), Label: "warm"}, {From: new(50.000001), Label: "never"}}},
	}
	p.Rating = []string{"fit", "act"}
	m := compile(t, p)
	for _, test := range []struct {
		n, m                   float64
		fit, act, rating, root string
	}{
		{14.999999, 0, "C", "1", "C1", ""}, {15, 10, "B", "2", "B2", ""}, {29.999999, 9.999999, "B", "1", "B1", "warm"}, {30, 0, "A", "1", "A1", "warm"},
		{-999, 0, "C", "1", "C1", ""}, {30, -0.000001, "A", "", "", "warm"}, {99, 99, "A", "2", "A2", "warm"},
	} {
		s := assess(t, m, qualify.Lead{Profile: profile{"n": test.n, "m": test.m}}, noon).Score
		if s.Groups[0].Band != test.fit || s.Groups[1].Band != test.act || s.Rating != test.rating || s.Band != test.root {
			t.Errorf("%v, %v: bands %q, %q, rating %q, band %q; want %+v", test.n, test.m, s.Groups[0].Band, s.Groups[1].Band, s.Rating, s.Band, test)
		}
	}
	p.Rating = []string{"total", "fit", "total"}
	if got := assess(t, compile(t, p), qualify.Lead{Profile: profile{"n": 40}}, noon).Score.Rating; got != "warmAwarm" {
		t.Errorf("the rating is %q", got)
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	tests := []struct {
		name  string
		rules []qualify.Rule
		lead  qualify.Lead
		want  qualify.Range
	}{
		{"all is known", []qualify.Rule{{When: `lead.b`, Points: 5, Else: -3}}, qualify.Lead{Profile: profile{"b": true}}, qualify.Range{Low: 5, High: 5}},
		{"yes, no or still unknown", []qualify.Rule{{When: `lead.b`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 5}},
		{"else above, points below", []qualify.Rule{{When: `lead.b`, Points: -5, Else: 3}}, qualify.Lead{}, qualify.Range{Low: -5, High: 3}},
		{"independently", []qualify.Rule{{When: `lead.b`, Points: 5}, {When: `lead.n > 1`, Points: 7, Else: -1}}, qualify.Lead{}, qualify.Range{Low: -1, High: 12}},
		{"settled by what is known", []qualify.Rule{{When: `lead.b and lead.n > 1`, Points: 5, Else: -3}}, qualify.Lead{Profile: profile{"b": false}}, qualify.Range{Low: -3, High: -3}},
		{"a declared maximum settles it", []qualify.Rule{{When: `lead.k > 10`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 0}},
		{"a declared minimum settles it", []qualify.Rule{{When: `lead.k >= 0`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: 0, High: 5}},
		{"a multiplier within its bounds", []qualify.Rule{{Points: 2, Multiply: `lead.k`}}, qualify.Lead{}, qualify.Range{Low: 0, High: 20}},
		{"a multiplier without", []qualify.Rule{{Points: 2, Multiply: `lead.n`}}, qualify.Lead{}, qualify.Range{Low: -inf, High: inf}},
		{"a multiplier without, and a cap", []qualify.Rule{{Points: 2, Multiply: `lead.n`, Max: new(7.0)}}, qualify.Lead{}, qualify.Range{Low: -inf, High: 7}},
		{"a multiplier without, and a floor", []qualify.Rule{{Points: 2, Multiply: `lead.n`, Min: new(-7.0)}}, qualify.Lead{}, qualify.Range{Low: -7, High: inf}},
		{"points at the bound of all points", []qualify.Rule{{When: `lead.b`, Points: 1e6, Else: -1e6}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 1e6}},
		{"points beside the bound of all points", []qualify.Rule{{When: `lead.b`, Points: 999999.999999, Else: -1e6}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 999999.999999}},
		{"a sum at the bound of all points", []qualify.Rule{{When: `lead.b`, Points: 6e5, Else: -5e5}, {When: `lead.n > 1`, Points: 4e5, Else: -5e5}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 1e6}},
		{"a sum beyond the bound of all points", []qualify.Rule{{When: `lead.b`, Points: 1e6, Else: -1e6}, {When: `lead.n > 1`, Points: 1e6, Else: -1}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 1e6}},
		{"tiers at the bound of all points", []qualify.Rule{{Tiers: []qualify.Tier{{When: `lead.n > 9`, Points: 1e6}, {When: `lead.b`, Points: -1e6}}}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 1e6}},
		{"a multiplier up to the bound of all points", []qualify.Rule{{Points: 1e5, Multiply: `lead.k`}}, qualify.Lead{}, qualify.Range{Low: 0, High: 1e6}},
		{"a multiplier beyond the bound of all points", []qualify.Rule{{Points: -1e6, Multiply: `lead.k`}}, qualify.Lead{}, qualify.Range{Low: -1e6, High: 0}},
		{"a multiplier far beyond the bound of all points", []qualify.Rule{{Points: 1e6, Multiply: `lead.k * 99`}}, qualify.Lead{}, qualify.Range{Low: 0, High: 1e6}},
		{"a multiplier without bounds, made small", []qualify.Rule{{Points: 1, Multiply: `lead.n * 0.000000000001`}}, qualify.Lead{}, qualify.Range{Low: -1000, High: 1000}},
		{"a multiplier without bounds on one side", []qualify.Rule{{Points: 1, Multiply: `lead.n * (lead.n > 0 ? 1 : 0)`}}, qualify.Lead{}, qualify.Range{Low: -inf, High: inf}},
		{"occurrences at the bound of all points", []qualify.Rule{{On: "visit", When: `lead.b`, Points: 5e5}}, history(visits(2, day)...), qualify.Range{Low: 0, High: 1e6}},
		{"occurrences beyond the bound of all points", []qualify.Rule{{On: "visit", When: `lead.b`, Points: -5e5}}, history(visits(3, day)...), qualify.Range{Low: -1e6, High: 0}},
		{"occurrences with a multiplier beyond the bound of all points", []qualify.Rule{{On: "visit", Multiply: `lead.k`, Points: 5e5}}, history(visits(3, day)...), qualify.Range{Low: 0, High: 1e6}},
		{"occurrences with a multiplier without bounds", []qualify.Rule{{On: "visit", Multiply: `lead.n`, Points: 5}}, history(visits(3, day)...), qualify.Range{Low: -inf, High: inf}},
		{"occurrences with a multiplier without bounds, and a limit", []qualify.Rule{{On: "visit", Multiply: `lead.n`, Points: 5, Limit: qualify.Limit{Points: 1e6}}}, history(visits(3, day)...), qualify.Range{Low: -1e6, High: 1e6}},
		{"a default turns round", []qualify.Rule{{When: `(lead.b ?? true)`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 5}},
		{"a default with a limit", []qualify.Rule{{Points: 1, Multiply: `lead.k ?? 50`}}, qualify.Lead{}, qualify.Range{Low: 0, High: 50}},
		{"known turns round", []qualify.Rule{{When: `not known(lead.b)`, Points: 5}}, qualify.Lead{}, qualify.Range{Low: 0, High: 5}},
		{"the history is known", []qualify.Rule{{When: `count("visit") > 1`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: -3}},
		{"a function that gives unknown", []qualify.Rule{{When: `latest("visit", "n") > 1`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 5}},
		{"days since nothing", []qualify.Rule{{When: `days_since("visit") > 60`, Points: -5}}, qualify.Lead{}, qualify.Range{Low: -5, High: 0}},
		{"tiers", []qualify.Rule{{Tiers: []qualify.Tier{{When: `lead.n > 9`, Points: 9}, {When: `lead.b`, Points: 4}}, Else: -2}}, qualify.Lead{Profile: profile{"b": true}}, qualify.Range{Low: 0, High: 9}},
		{"tiers after a known yes play no part", []qualify.Rule{{Tiers: []qualify.Tier{{When: `lead.b`, Points: 4}, {When: `lead.n > 9`, Points: 9}}}}, qualify.Lead{Profile: profile{"b": true}}, qualify.Range{Low: 4, High: 4}},
		{"an event rule whose condition is unknown", []qualify.Rule{{On: "visit", When: `lead.b`, Points: 4}}, history(visits(3, day)...), qualify.Range{Low: 0, High: 12}},
		{"an event rule whose multiplier is unknown", []qualify.Rule{{On: "visit", Multiply: `lead.k`, Points: 4}}, history(visits(3, day)...), qualify.Range{Low: 0, High: 120}},
		{"an activity's property is what it is", []qualify.Rule{{On: "visit", Multiply: `activity.n`, Points: 4}}, history(visits(3, day)...), qualify.Range{}},
		{"a sum of two", []qualify.Rule{{When: `lead.k + lead.k2 >= 20`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 5}},
		{"a sum of two out of reach", []qualify.Rule{{When: `lead.k + lead.k2 > 20`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 0}},
		{"a quotient", []qualify.Rule{{Points: 1, Multiply: `10 / lead.k2`}}, qualify.Lead{Profile: profile{"k": 0}}, qualify.Range{Low: -inf, High: inf}},
		{"met", []qualify.Rule{{When: `met("c")`, Points: 5, Else: -3}}, qualify.Lead{}, qualify.Range{Low: -3, High: 5}},
		{"met_count", []qualify.Rule{{Points: 3, Multiply: `met_count()`}}, qualify.Lead{}, qualify.Range{Low: 0, High: 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := withRules(test.rules...)
			for _, k := range []string{"k", "k2"} {
				p.Profile = append(p.Profile, qualify.Field{Name: k, Kind: qualify.Number, Minimum: new(0.0), Maximum: new(10.0)})
			}
			p.Criteria = []qualify.Criterion{{ID: "c", Met: `lead.b`}, {ID: "d", Met: `lead.n > 1`, Unmet: `lead.m > 1`}}
			s := assess(t, compile(t, p), test.lead, noon).Score
			if s.Range != test.want {
				t.Errorf("%v, want %v", s.Range, test.want)
			}
			var back qualify.Range
			if err := json.Unmarshal(must(json.Marshal(s.Range)), &back); err != nil || back != s.Range {
				t.Errorf("%v reads back as %v, %v", s.Range, back, err)
			}
		})
	}
}

func TestRangeOfGroups(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	p := withRules(qualify.Rule{ID: "r", Group: "g", Points: 1, Multiply: `lead.n`}, qualify.Rule{ID: "b", When: `lead.b`, Points: 10})
	for _, test := range []struct {
		name         string
		group, total qualify.Group
		g, t         qualify.Range
	}{
		{"no bounds", qualify.Group{}, qualify.Group{}, qualify.Range{Low: -inf, High: inf}, qualify.Range{Low: -inf, High: inf}},
		{"max", qualify.Group{Max: new(5.0)}, qualify.Group{}, qualify.Range{Low: -inf, High: 5}, qualify.Range{Low: -inf, High: 15}},
		{"both", qualify.Group{Min: new(-1.0), Max: new(5.0)}, qualify.Group{}, qualify.Range{Low: -1, High: 5}, qualify.Range{Low: -1, High: 15}},
		{"weight 0", qualify.Group{Weight: new(0.0)}, qualify.Group{}, qualify.Range{Low: -inf, High: inf}, qualify.Range{Low: 0, High: 10}},
		{"negative weight", qualify.Group{Max: new(5.0), Weight: new(-2.0)}, qualify.Group{}, qualify.Range{Low: -inf, High: 5}, qualify.Range{Low: -10, High: inf}},
		{"the root's bounds", qualify.Group{}, qualify.Group{Min: new(0.0), Max: new(100.0)}, qualify.Range{Low: -inf, High: inf}, qualify.Range{Low: 0, High: 100}},
		{"a floor above all that is likely", qualify.Group{Min: new(50.0)}, qualify.Group{}, qualify.Range{Low: 50, High: inf}, qualify.Range{Low: 50, High: inf}},
	} {
		p := p
		test.group.ID, test.total.ID = "g", "total"
		p.Groups = []qualify.Group{test.group, test.total}
		s := assess(t, compile(t, p), qualify.Lead{}, noon).Score
		if s.Groups[0].Range != test.g || s.Range != test.t {
			t.Errorf("%s: %v and %v, want %v and %v", test.name, s.Groups[0].Range, s.Range, test.g, test.t)
		}
	}
}

func TestRangeOfGroupsAtTheBounds(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{ID: "r", Group: "g", When: `lead.b`, Points: 1e6, Else: -1e6}, qualify.Rule{ID: "s", Group: "g", When: `lead.n > 1`, Points: 1e6, Else: -1e6})
	for _, test := range []struct {
		name  string
		group qualify.Group
		g, t  qualify.Range
	}{
		{"no bounds", qualify.Group{}, qualify.Range{Low: -1e6, High: 1e6}, qualify.Range{Low: -1e6, High: 1e6}},
		{"weight ten", qualify.Group{Weight: new(10.0)}, qualify.Range{Low: -1e6, High: 1e6}, qualify.Range{Low: -1e6, High: 1e6}},
		{"weight minus ten", qualify.Group{Max: new(5.0), Weight: new(-10.0)}, qualify.Range{Low: -1e6, High: 5}, qualify.Range{Low: -50, High: 1e6}},
		{"ten times a tenth of the bound", qualify.Group{Min: new(-1e5), Max: new(1e5), Weight: new(10.0)}, qualify.Range{Low: -1e5, High: 1e5}, qualify.Range{Low: -1e6, High: 1e6}},
		{"half", qualify.Group{Weight: new(0.5)}, qualify.Range{Low: -1e6, High: 1e6}, qualify.Range{Low: -5e5, High: 5e5}},
		{"rounded", qualify.Group{Round: 3e5}, qualify.Range{Low: -1e6, High: 1e6}, qualify.Range{Low: -1e6, High: 1e6}},
		{"percent", qualify.Group{Percent: true}, qualify.Range{Low: 0, High: 100}, qualify.Range{Low: 0, High: 100}},
	} {
		p := p
		test.group.ID = "g"
		p.Groups = []qualify.Group{test.group}
		m := compile(t, p)
		s := assess(t, m, qualify.Lead{}, noon).Score
		if s.Groups[0].Range != test.g || s.Range != test.t {
			t.Errorf("%s: %v and %v, want %v and %v", test.name, s.Groups[0].Range, s.Range, test.g, test.t)
		}
		for _, n := range []float64{0, 2} { // and both ends are reached
			s := assess(t, m, qualify.Lead{Profile: profile{"b": n > 1, "n": n}}, noon).Score
			if p := s.Groups[0].Points; p != test.g.Low && p != test.g.High {
				t.Errorf("%s: %v points, which is no end of %v", test.name, p, test.g)
			}
		}
	}
}

func TestRangeText(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, test := range []struct {
		r    qualify.Range
		json string
		text string
	}{
		{qualify.Range{Low: 40, High: 40}, `{"low":40,"high":40}`, "40"},
		{qualify.Range{Low: -10, High: 60.5}, `{"low":-10,"high":60.5}`, "-10 to 60.5"},
		{qualify.Range{Low: -inf, High: inf}, `{"low":null,"high":null}`, "any to any"},
		{qualify.Range{Low: 0, High: inf}, `{"low":0,"high":null}`, "0 to any"},
	} {
		if got := string(must(json.Marshal(test.r))); got != test.json {
			t.Errorf("%v marshals as %s, want %s", test.r, got, test.json)
		}
		if got := test.r.String(); got != test.text {
			t.Errorf("%#v prints as %q, want %q", test.r, got, test.text)
		}
	}
	var r qualify.Range
	if err := json.Unmarshal([]byte(`{"low":"x"}`), &r); err == nil {
		t.Error("a range of text is read")
	}
}

// The unknown facts by how much each opens, then in the policy's order.
func TestMissing(t *testing.T) {
	t.Parallel()
	p := withRules(
		qualify.Rule{When: `lead.b`, Points: 5},
		qualify.Rule{When: `lead.t == "x"`, Points: 5, Else: -5},
		qualify.Rule{When: `lead.c == "x"`, Points: 5},
		qualify.Rule{Points: 1, Multiply: `lead.n`},
		qualify.Rule{When: `latest("visit", "n") > 3`, Points: 7, Max: new(6.0)},
	)
	p.Profile[0].Question, p.Profile[0].Label = "How many?", "Number"
	p.Criteria = []qualify.Criterion{{ID: "x", Met: `lead.w < now`, Question: "When?"}, {ID: "y", Met: `lead.b`, Question: "Whether?"}, {ID: "z", Met: `lead.n > 1`, Question: "not asked"}}
	inf := math.Inf(1)
	want := []qualify.UnknownFact{
		{Fact: "lead.n", Label: "Number", Question: "How many?", Range: qualify.Range{Low: -inf, High: inf}},
		{Fact: "lead.t", Range: qualify.Range{Low: -5, High: 5}},
		{Fact: `latest("visit", "n")`, Range: qualify.Range{Low: 0, High: 6}},
		{Fact: "lead.c", Range: qualify.Range{Low: 0, High: 5}},
		{Fact: "lead.b", Question: "Whether?", Range: qualify.Range{Low: 0, High: 5}},
		{Fact: "lead.w", Question: "When?", Range: qualify.Range{}},
	}
	got := assess(t, compile(t, p), qualify.Lead{}, noon).Score.Unknown
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	// With a fact filled in, the ranges of the others move along.
	got = assess(t, compile(t, p), qualify.Lead{Profile: profile{"n": 100, "t": "x", "c": "x", "w": noon}}, noon).Score.Unknown
	want = []qualify.UnknownFact{
		{Fact: `latest("visit", "n")`, Range: qualify.Range{Low: 110, High: 116}},
		{Fact: "lead.b", Question: "Whether?", Range: qualify.Range{Low: 110, High: 115}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// The sums of the largest that a policy may hold do not overflow.
func TestLargeSums(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	for i := range 5000 {
		p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i), Group: fmt.Sprintf("g%d", i%99), On: "visit", Points: 1e6})
	}
	for i := range 99 {
		p.Groups = append(p.Groups, qualify.Group{ID: fmt.Sprintf("g%d", i), Weight: new(10.0)})
	}
	s := assess(t, compile(t, p), history(visits(1000, 1)...), noon).Score
	if s.Raw != 99e7 || s.Points != 1e6 || s.Lost != 99e7-1e6 || s.Groups[0].Raw != 51e6 || s.Groups[0].Points != 1e6 || s.Contributions[0].Raw != 1e6 {
		t.Errorf("raw %v, lost %v, points %v; a group's raw %v, points %v; a rule's %v", s.Raw, s.Lost, s.Points, s.Groups[0].Raw, s.Groups[0].Points, s.Contributions[0].Raw)
	}
}

// noNil fails on a nil slice anywhere in a value.
func noNil(t *testing.T, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			return
		}
		for i := range v.NumField() {
			noNil(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if v.IsNil() {
			t.Errorf("%s is nil", path)
		}
		for i := range v.Len() {
			noNil(t, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func TestSlicesAreNeverNil(t *testing.T) {
	t.Parallel()
	for _, p := range []qualify.Policy{{}, everything(), bant(), funnel()} {
		m := compile(t, p)
		g := newMaker(1)
		for _, lead := range []qualify.Lead{{}, {Stage: "mql", Profile: profile{}}, g.lead(), g.lead(), {Profile: flags("ea", "kb")}} {
			a := assess(t, m, lead, noon)
			noNil(t, reflect.ValueOf(a), "assessment")
			var back qualify.Assessment
			if err := json.Unmarshal([]byte(bytesOf(t, a)), &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, back); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
			noNil(t, reflect.ValueOf(back), "read back")
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	p := everything()
	m := compile(t, p)
	a := assess(t, m, qualify.Lead{ID: "L"}, noon.In(time.FixedZone("X", 3600)))
	if a.Lead != "L" || !a.At.Equal(noon) || a.At.Location() != time.UTC || a.Policy != "everything" || a.Version != "7" || a.Fingerprint != m.Fingerprint() || len(a.Fingerprint) != 32 {
		t.Errorf("head: %q %v %q %q %q", a.Lead, a.At, a.Policy, a.Version, a.Fingerprint)
	}
	// The fingerprint is of the policy and the location.
	prints := map[string]bool{m.Fingerprint(): true}
	p.Rules[0].Points = 21
	prints[compile(t, p).Fingerprint()] = true
	prints[compile(t, p, qualify.WithLocation(must(time.LoadLocation("Europe/Berlin")))).Fingerprint()] = true
	p.Note = "another"
	prints[compile(t, p).Fingerprint()] = true
	if len(prints) != 4 || !prints[compile(t, everything()).Fingerprint()] {
		t.Errorf("fingerprints: %v", prints)
	}
}

// An assessment that is used again for other leads is what a fresh one would be.
func TestAssessInto(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testcase.Count(100)) {
		g := newMaker(seed)
		var reused qualify.Assessment
		models := []*qualify.Model{compile(t, g.policy()), compile(t, everything()), compile(t, g.policy())}
		for range 12 {
			m, lead := pick(g, models...), g.lead()
			at := ago(time.Duration(g.IntN(100)) * time.Hour)
			fresh, err := m.Assess(&lead, at)
			if err != nil {
				t.Fatal(err)
			}
			kept := bytesOf(t, fresh)
			if err := m.AssessInto(&reused, &lead, at); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fresh, reused); diff != "" {
				t.Fatalf("seed %d: reused (-want +got):\n%s", seed, diff)
			}
			if got := bytesOf(t, reused); got != kept {
				t.Fatalf("seed %d: bytes:\n%s\n%s", seed, kept, got)
			}
			noNil(t, reflect.ValueOf(reused), "reused")
		}
	}
}

// AssessInto allocates nothing when reused; Assess allocates the assessment.
func TestAllocations(t *testing.T) {
	if raced() {
		t.Skip("the race detector makes pools forget")
	}
	g := newMaker(42)
	for _, test := range []struct {
		name   string
		policy qualify.Policy
		lead   qualify.Lead
		most   float64 // of Assess
	}{
		{"everything", everything(), g.lead(), 10},
		{"generated", g.policy(), g.lead(), 14},
		{"bant", bant(), qualify.Lead{}, 4},
		{"stages", funnel(), qualify.Lead{Profile: flags("ea", "-kb"), Stage: "b", StageSince: ago(day)}, 6},
		{"empty", qualify.Policy{}, qualify.Lead{}, 0},
	} {
		m := compile(t, test.policy)
		var reused qualify.Assessment
		into := testing.AllocsPerRun(200, func() {
			if err := m.AssessInto(&reused, &test.lead, noon); err != nil {
				t.Fatal(err)
			}
		})
		fresh := testing.AllocsPerRun(200, func() {
			if _, err := m.Assess(&test.lead, noon); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: AssessInto %v, Assess %v allocations", test.name, into, fresh)
		if into != 0 {
			t.Errorf("%s: AssessInto allocates %v times", test.name, into)
		}
		if fresh > test.most {
			t.Errorf("%s: Assess allocates %v times, at most %v were stated", test.name, fresh, test.most)
		}
	}
}

func TestValueText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value qualify.Value
		text  string
		json  string
	}{
		{qualify.Value{Fact: "f", Kind: qualify.Number, Texts: []string{}}, "unknown", `{"fact":"f","kind":"number","value":null}`},
		{qualify.Value{Fact: "f", Kind: qualify.Number, Known: true, Number: 12000.5, Texts: []string{}}, "12000.5", `{"fact":"f","kind":"number","value":12000.5}`},
		{qualify.Value{Fact: "f", Kind: qualify.Number, Known: true, Number: 1e15, Texts: []string{}}, "1000000000000000", `{"fact":"f","kind":"number","value":1000000000000000}`},
		{qualify.Value{Fact: "f", Kind: qualify.Bool, Known: true, Bool: true, Texts: []string{}}, "yes", `{"fact":"f","kind":"bool","value":true}`},
		{qualify.Value{Fact: "f", Kind: qualify.Bool, Known: true, Texts: []string{}}, "no", `{"fact":"f","kind":"bool","value":false}`},
		{qualify.Value{Fact: "f", Kind: qualify.Time, Known: true, Time: date("2026-01-31T00:00:00Z"), Texts: []string{}}, "2026-01-31", `{"fact":"f","kind":"time","value":"2026-01-31T00:00:00Z"}`},
		{qualify.Value{Fact: "f", Kind: qualify.Time, Known: true, Time: date("2026-01-31T09:30:00Z"), Texts: []string{}}, "2026-01-31 09:30", `{"fact":"f","kind":"time","value":"2026-01-31T09:30:00Z"}`},
		{qualify.Value{Fact: "f", Kind: qualify.Texts, Known: true, Texts: []string{"a", "b"}}, `"a", "b"`, `{"fact":"f","kind":"texts","value":["a","b"]}`},
		{qualify.Value{Fact: "f", Kind: qualify.Texts, Known: true, Texts: []string{"a, b"}}, `"a, b"`, `{"fact":"f","kind":"texts","value":["a, b"]}`},
		{qualify.Value{Fact: "f", Kind: qualify.Texts, Known: true, Texts: []string{}}, "an empty list", `{"fact":"f","kind":"texts","value":[]}`},
		{qualify.Value{Fact: "f", Kind: qualify.Texts, Known: true, Texts: []string{"a"}, Partial: true}, `"a", and what was set aside`, `{"fact":"f","kind":"texts","value":["a"],"partial":true}`},
		{qualify.Value{Fact: "f", Kind: qualify.Text, Known: true, Text: "Berlin", Texts: []string{}, Activity: "x", At: noon}, "Berlin", `{"fact":"f","kind":"text","value":"Berlin","activity":"x","at":"2026-11-22T12:00:00Z"}`},
		{qualify.Value{Fact: "f", Kind: qualify.Code, Known: true, Text: "B", Texts: []string{}}, "B", `{"fact":"f","kind":"code","value":"B"}`},
	} {
		if got := test.value.String(); got != test.text {
			t.Errorf("%+v prints as %q, want %q", test.value, got, test.text)
		}
		raw := must(json.Marshal(test.value))
		if string(raw) != test.json {
			t.Errorf("%+v marshals as %s, want %s", test.value, raw, test.json)
		}
		var back qualify.Value
		if err := json.Unmarshal(raw, &back); err != nil || !cmp.Equal(test.value, back) {
			t.Errorf("%s reads as %+v, %v", raw, back, err)
		}
	}
	var v qualify.Value
	for _, bad := range []string{`5`, `{"kind":"number","value":"x"}`} {
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s is read as a value", bad)
		}
	}
}

// raced reports whether the tests run with the race detector, under which a
// sync.Pool drops at random what it is given.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// A print-out shows no number that contradicts what the number decided: right below and
// right above the threshold of a band and of a stage.
func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("a", 200)
	many := slices.Repeat([]string{strings.Repeat("b", 60)}, 1000)
	for _, test := range []struct {
		name string
		v    qualify.Value
		want string
	}{
		{"as long as may be", qualify.Value{Kind: qualify.Text, Text: a}, a},
		{"one more", qualify.Value{Kind: qualify.Text, Text: a + "b"}, a + "…"},
		{"within a character", qualify.Value{Kind: qualify.Code, Text: a[:199] + "éé"}, a[:199] + "…"},
		{"a long element", qualify.Value{Kind: qualify.Texts, Texts: []string{a + "b"}}, `"` + a + `…"`},
		{"a long list", qualify.Value{Kind: qualify.Texts, Texts: many, Partial: true}, repeated(3, ", ", `"`+many[0]+`"`) + `, and 997 more, and what was set aside`},
	} {
		test.v.Known = true
		if got := test.v.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestPrintedTotalsTellSides(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}},
		Rules:   []qualify.Rule{{ID: "r", When: "true", Points: 1, Multiply: "lead.n", Group: "g"}},
		Groups: []qualify.Group{
			{ID: "total", Bands: []qualify.Band{{Label: "Cold"}, {From: new(40.0), Label: "Warm"}}},
			{ID: "g", Bands: []qualify.Band{{Label: "Cold"}, {From: new(40.0), Label: "Warm"}}},
		},
		Stages: []qualify.Stage{{ID: "s", Enter: "score() >= 40"}},
	})
	for n, want := range map[float64][]string{
		39.996791: {"Points 39.996791, band Cold", "in g 39.996791, band Cold", "is 39.996791"},
		39.999999: {"Points 39.999999, band Cold"},
		40.000001: {"Points 40.000001, band Warm"},
		40:        {"Points 40, band Warm"},
	} {
		got := assess(t, m, qualify.Lead{Profile: profile{"n": n}}, noon).String()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%v: %s\ndoes not hold %q", n, got, w)
			}
		}
	}
}
