package program_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/testcase"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const unit = points.Unit

func compile(t testing.TB, p qualify.Policy) *program.Program {
	t.Helper()
	m, err := qualify.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return program.Of(m)
}

// full has a part of each sort.
var full = qualify.Policy{
	Profile: []qualify.Field{
		{Name: "size", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(100.0)},
		{Name: "plan", Kind: qualify.Code, Values: []string{"free", "paid"}},
		{Name: "unused", Kind: qualify.Text},
	},
	Properties: []qualify.Field{{Name: "n", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(9.0)}, {Name: "page", Kind: qualify.Code}},
	Terms:      []qualify.Term{{ID: "big", Is: "lead.size > 50"}},
	Signals: []qualify.Signal{
		{ID: "visit", Types: []string{"visit", "view"}, Where: "activity.n > 1"},
		{ID: "demo"},
		{ID: "spree", Repeats: "visit", Every: 3, Per: 7 * qualify.Day},
		{ID: "sums", Repeats: "visit", Every: 9, Sum: "n", Calendar: "month"},
		{ID: "sitting", Repeats: "visit", Every: 2, Gap: 1800e9, ForEach: "page", Following: "demo", Within: qualify.Day},
		{ID: "heard", Types: []string{"demo"}, FollowedBy: "visit", Within: 3600e9},
	},
	Criteria: []qualify.Criterion{
		{ID: "need", Set: "bant", Met: `happened("demo")`, Unmet: `lead.plan == "free"`},
		{ID: "budget", Met: "term.big"},
	},
	Rules: []qualify.Rule{
		{ID: "size", Group: "fit", When: "term.big", Points: 10, Else: -2.5},
		{ID: "tiers", Group: "fit", Tiers: []qualify.Tier{{When: "lead.size > 80", Points: 5}, {When: "true", Points: 1}}, Multiply: "lead.size", Max: new(20.0), Min: new(0.0)},
		{ID: "visits", Group: "engagement", On: "visit", Points: 2, Multiply: "activity.n", Limit: qualify.Limit{Times: 4, Points: 30, Per: 2 * qualify.Day}},
		{ID: "pages", Group: "engagement", On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "page", Times: 3, Calendar: "week"}, Within: 60 * qualify.Day, Decay: qualify.Decay{Linear: 30 * qualify.Day}},
		{ID: "demos", On: "demo", Points: 7, Decay: qualify.Decay{Every: qualify.Day, Lose: 0.5, Compound: true, Idle: "visit"}},
		{ID: "sittings", On: "sitting", Points: 1, Limit: qualify.Limit{Points: 4, ForEach: "page", Gap: qualify.Day}},
		{ID: "heard", On: "heard", Points: 1, Limit: qualify.Limit{Times: 2, Calendar: "ever"}},
		{ID: "sprees", On: "spree", When: `count("demo", "30d") < 3`, Points: 3, Decay: qualify.Decay{Every: qualify.Day, Lose: 0.1}},
	},
	Groups: []qualify.Group{
		{ID: "total", Round: 1, Max: new(100.0), Min: new(0.0), Bands: []qualify.Band{{Label: "Cold"}, {From: new(40.0), Label: "Warm"}}},
		{ID: "fit", Percent: true, Weight: new(0.5)},
		{ID: "engagement", Parent: "fit", Weight: new(0.0), Decay: qualify.Decay{HalfLife: 14 * qualify.Day}, ResetOn: "demo"},
	},
	Stages: []qualify.Stage{
		{ID: "won", Exit: true, Enter: `count("demo") > 5`},
		{ID: "mql", Enter: "score() >= 10", Keep: "score() >= 5", MinStay: qualify.Day, MaxStay: 30 * qualify.Day},
		{ID: "sql", Enter: `band("total") == "Warm" and total("visit", "n", "90d") > 3`},
	},
}

func TestString(t *testing.T) {
	t.Parallel()
	got := compile(t, full).String()
	const file = "testdata/program.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestPointSpan(t *testing.T) {
	t.Parallel()
	open := points.Span{Lo: -points.Max, Hi: points.Max} // no bound of its own
	multiply := compile(t, full).Rules[2].Multiply
	for _, test := range []struct {
		name      string
		rule      program.Rule
		sum, kept points.Span
	}{
		{"nothing", program.Rule{Signal: program.None}, points.Span{}, points.Span{}},
		{"a state", program.Rule{Signal: program.None, Points: 5, Else: -3}, points.Span{Lo: -3, Hi: 5}, points.Span{Lo: -3, Hi: 5}},
		{"tiers", program.Rule{Signal: program.None, Tiers: []program.Tier{{Points: 5}, {Points: -7}}}, points.Span{Lo: -7, Hi: 5}, points.Span{Lo: -7, Hi: 5}},
		{"bounds", program.Rule{Signal: program.None, Points: 5, Else: -3, Min: 1, Max: 4}, points.Span{Lo: -3, Hi: 5}, points.Span{Lo: 1, Hi: 4}},
		{"a multiplied state", program.Rule{Signal: program.None, Points: 5, Multiply: multiply}, points.Span{Lo: points.Below, Hi: points.Above}, points.Span{Lo: points.Below, Hi: points.Above}},
		{"events", program.Rule{Points: 5}, points.Span{Hi: points.Above}, points.Span{Hi: points.Above}},
		{"events below 0", program.Rule{Points: -5}, points.Span{Lo: points.Below}, points.Span{Lo: points.Below}},
		{"events of 0", program.Rule{}, points.Span{}, points.Span{}},
		{"so many events", program.Rule{Points: 5, Limit: accrual.Limit{Times: 3}}, points.Span{Hi: 15}, points.Span{Hi: 15}},
		{"so many points", program.Rule{Points: 5, Limit: accrual.Limit{Points: 12}}, points.Span{Hi: 12}, points.Span{Hi: 12}},
		{"the less of both", program.Rule{Points: -5, Limit: accrual.Limit{Times: 2, Points: 12}}, points.Span{Lo: -10}, points.Span{Lo: -10}},
		{"in a period", program.Rule{Points: 5, Limit: accrual.Limit{Times: 3, Per: 1}}, points.Span{Hi: points.Above}, points.Span{Hi: points.Above}},
		{"multiplied events", program.Rule{Points: 5, Multiply: multiply, Limit: accrual.Limit{Times: 3, Points: 12}}, points.Span{Lo: -12, Hi: 12}, points.Span{Lo: -12, Hi: 12}},
		{"more than there is", program.Rule{Points: points.Max, Limit: accrual.Limit{Times: 1 << 30}}, points.Span{Hi: 2 * points.Max}, points.Span{Hi: points.Max}},
	} {
		r := test.rule
		if r.Min == 0 && r.Max == 0 {
			r.Min, r.Max = open.Lo, open.Hi
		}
		if sum, kept := r.PointSpan(); sum != test.sum || kept != test.kept {
			t.Errorf("%s: %v, %v, want %v, %v", test.name, sum, kept, test.sum, test.kept)
		}
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		group     program.Group
		sum, want points.Points
	}{
		{"the sum", program.Group{Min: -points.Max, Max: points.Max}, 7 * unit, 7 * unit},
		{"at most", program.Group{Max: 5 * unit}, 7 * unit, 5 * unit},
		{"at least", program.Group{Min: -2 * unit, Max: unit}, -7 * unit, -2 * unit},
		{"rounded", program.Group{Max: points.Max, Round: unit}, unit / 2, unit},
		{"rounded before the bounds", program.Group{Max: unit / 4, Round: unit}, unit / 2, unit / 4},
		{"percent", program.Group{Percent: true, SumSpan: points.Span{Lo: -unit, Hi: 3 * unit}, Max: points.Max}, 0, 25 * unit},
		{"percent, rounded", program.Group{Percent: true, SumSpan: points.Span{Hi: 3 * unit}, Max: points.Max, Round: 10 * unit}, unit, 30 * unit},
	} {
		if got := test.group.Keep(test.sum); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// KeepSpan holds Keep of each, and its ends are those of the ends.
func TestKeepSpanIsKeepOfEach(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int64) points.Points { return points.Points(r.Int64N(2*n+1)-n) * unit / 4 }
	for i := range testcase.Count(20_000) {
		g := program.Group{Percent: r.IntN(3) == 0, Min: -points.Max, Max: points.Max}
		g.SumSpan.Lo = draw(40)
		g.SumSpan.Hi = g.SumSpan.Lo + unit + points.Points(r.Int64N(100))*unit
		if r.IntN(2) == 0 {
			g.Round = points.Points(r.Int64N(9)) * unit / 2
		}
		if r.IntN(2) == 0 {
			g.Min = draw(40)
			g.Max = g.Min + points.Points(r.Int64N(100))*unit/4
		}
		s := points.Span{Lo: draw(80)}
		s.Hi = s.Lo + points.Points(r.Int64N(80))*unit/4
		kept := g.KeepSpan(s)
		least, most := points.Above, points.Below
		for p := s.Lo; p <= s.Hi; p += unit / 4 {
			least, most = min(least, g.Keep(p)), max(most, g.Keep(p))
		}
		if want := (points.Span{Lo: least, Hi: most}); kept != want {
			t.Fatalf("case %d: %+v keeps %v of %v, want %v", i, g, kept, s, want)
		}
	}
}

func TestBand(t *testing.T) {
	t.Parallel()
	from := []program.Band{{From: 0, Label: "C"}, {From: 10, Label: "B"}, {From: 20, Label: "A"}}
	below := append([]program.Band{{From: program.Unbounded, Label: "D"}}, from...)
	for _, test := range []struct {
		bands []program.Band
		p     points.Points
		i     int
		label string
	}{
		{nil, 5, program.None, ""},
		{from, -1, program.None, ""},
		{from, 0, 0, "C"},
		{from, 9, 0, "C"},
		{from, 10, 1, "B"},
		{from, 20, 2, "A"},
		{from, points.Max, 2, "A"},
		{below, -1, 0, "D"},
		{below, -points.Max, 0, "D"},
		{below, 0, 1, "C"},
	} {
		g := program.Group{Bands: test.bands}
		if i, label := g.Band(test.p); i != test.i || label != test.label {
			t.Errorf("%d in %v: %d, %q, want %d, %q", test.p, test.bands, i, label, test.i, test.label)
		}
	}
}

func TestOrderGroups(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ parents, want []int }{
		{[]int{-1}, []int{0}},
		{[]int{-1, 0, 0}, []int{1, 2, 0}},
		{[]int{-1, 2, 0}, []int{1, 2, 0}},
		{[]int{-1, 0, 1, 0, 3}, []int{2, 1, 4, 3, 0}},
	} {
		var p program.Program
		for _, parent := range test.parents {
			p.Groups = append(p.Groups, program.Group{Parent: parent})
		}
		if p.OrderGroups(); !slices.Equal(p.GroupOrder, test.want) {
			t.Errorf("parents %v: %v, want %v", test.parents, p.GroupOrder, test.want)
		}
	}
}

// What Link finds of a rule, for one rule on its own.
func TestLinkedRule(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                 string
		rule                 qualify.Rule
		timeDependent, worth bool
		reads                []int // facts: size, plan, then the queries
	}{
		{"a state", qualify.Rule{When: "lead.size > 1", Points: 1}, false, false, []int{0}},
		{"both attributes", qualify.Rule{When: `lead.size > 1 or lead.plan == "paid"`, Points: 1}, false, false, []int{0, 1}},
		{"tiers", qualify.Rule{Tiers: []qualify.Tier{{When: "lead.size > 1"}, {When: "true", Points: 1}}}, false, false, []int{0}},
		{"a multiplier", qualify.Rule{Multiply: "lead.size", Points: 1}, false, false, []int{0}},
		{"a window", qualify.Rule{When: `happened("visit", "2d")`, Points: 1}, true, false, []int{2}},
		{"no window", qualify.Rule{When: `happened("visit")`, Points: 1}, false, false, []int{2}},
		{"an age", qualify.Rule{When: `days_since("visit") > 3`, Points: 1}, true, false, []int{2}},
		{"events", qualify.Rule{On: "visit", Points: 1}, false, false, nil},
		{"within", qualify.Rule{On: "visit", Points: 1, Within: qualify.Day}, true, false, nil},
		{"a decay", qualify.Rule{On: "visit", Points: 1, Decay: qualify.Decay{Linear: qualify.Day}}, true, false, nil},
		{"worth of the activity alone", qualify.Rule{On: "visit", Points: 1, Multiply: "activity.n"}, false, false, nil},
		{"worth of the lead, too", qualify.Rule{On: "visit", Points: 1, Multiply: "activity.n * lead.size"}, false, true, []int{0}},
		{"once per page", qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "n"}}, false, false, nil},
	} {
		rule := test.rule
		rule.ID = "rule"
		p := compile(t, qualify.Policy{
			Profile: full.Profile[:2], Properties: full.Properties, Signals: []qualify.Signal{{ID: "visit"}}, Rules: []qualify.Rule{rule},
		})
		r := &p.Rules[0]
		var reads []int
		for f := range len(p.Profile) + len(p.Queries) {
			if r.Reads(f) {
				reads = append(reads, f)
			}
			if listed := slices.Equal(p.ReadBy[f], []int32{0}); listed != r.Reads(f) {
				t.Errorf("%s: fact %d is read by %v", test.name, f, p.ReadBy[f])
			}
		}
		if r.TimeDependent != test.timeDependent || r.WorthReadsFacts != test.worth || !slices.Equal(reads, test.reads) || !slices.Equal(p.Facts, test.reads) {
			t.Errorf("%s: time-dependent %t, worth reads facts %t, reads %v, facts %v", test.name, r.TimeDependent, r.WorthReadsFacts, reads, p.Facts)
		}
		if (len(p.TimeDependent) == 1) != test.timeDependent {
			t.Errorf("%s: time-dependent rules %v", test.name, p.TimeDependent)
		}
		if test.reads != nil && p.UnknownFactWork() < len(test.reads) {
			t.Errorf("%s: work %d", test.name, p.UnknownFactWork())
		}
	}
}

// What each part of a policy adds to the passes of one without it.
func TestHistoryPasses(t *testing.T) {
	t.Parallel()
	visit := qualify.Signal{ID: "visit"}
	spree := qualify.Signal{ID: "spree", Repeats: "visit", Every: 3}
	on := func(r qualify.Rule) []qualify.Rule { r.ID, r.Points = "r", 1; return []qualify.Rule{r} }
	stepped := qualify.Decay{Every: qualify.Day, Lose: 0.5}
	for _, test := range []struct {
		name   string
		policy qualify.Policy
		want   int
	}{
		{"none", qualify.Policy{}, 2},
		{"a signal", qualify.Policy{Signals: []qualify.Signal{visit}}, 2},
		{"a repeated signal", qualify.Policy{Signals: []qualify.Signal{visit, spree}}, 2 + 1},
		{"a query", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{When: `happened("visit")`})}, 2 + 1},
		{"an event rule", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{On: "visit"})}, 2 + 3},
		{"a repeated one, found once", qualify.Policy{Signals: []qualify.Signal{visit, spree}, Rules: on(qualify.Rule{On: "spree"})}, 2 + 1 + 3},
		{"a repeated one, found anew for a scope", qualify.Policy{Signals: []qualify.Signal{visit, spree}, Rules: on(qualify.Rule{On: "spree"}),
			Groups: []qualify.Group{{ID: "total", ResetOn: "visit"}}}, 2 + 2 + 3},
		{"a limit", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{On: "visit", Limit: qualify.Limit{Times: 1}})}, 2 + 3 + 3},
		{"steps", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{On: "visit", Decay: stepped})}, 2 + 3 + 5},
		{"steps and bands", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{On: "visit", Decay: stepped}),
			Groups: []qualify.Group{{ID: "total", Bands: []qualify.Band{{Label: "A"}}}}}, 2 + 3 + 5 + 4},
		{"steps and thresholds", qualify.Policy{Signals: []qualify.Signal{visit}, Rules: on(qualify.Rule{On: "visit", Decay: stepped}),
			Stages: []qualify.Stage{{ID: "s", Enter: "score() > 1", Keep: "score() > 0"}}}, 2 + 3 + 5 + 8},
	} {
		if got := compile(t, test.policy).HistoryPasses(); got != test.want {
			t.Errorf("%s: %d passes, want %d", test.name, got, test.want)
		}
	}
	if with, without := compile(t, full).HistoryPasses(), compile(t, qualify.Policy{Signals: full.Signals[1:2]}).HistoryPasses(); with <= without {
		t.Errorf("%d passes with conditions of signals and multipliers, %d without", with, without)
	}
}

func TestIsExit(t *testing.T) {
	t.Parallel()
	p := compile(t, full)
	for stage, want := range map[int]bool{program.None: false, 0: true, 1: false, 2: false} {
		if got := p.IsExit(stage); got != want {
			t.Errorf("stage %d: %t", stage, got)
		}
	}
}
