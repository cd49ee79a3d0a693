package backtest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
	"github.com/qualify-go/qualify/internal/testcase"
)

// Eight leads, worked out by hand: won leads have 9, 5, 5 and 1 points, the others 5, 3, 1 and 1.
func TestByHand(t *testing.T) {
	t.Parallel()
	policy := qualify.Policy{
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}},
		Rules: []qualify.Rule{
			{ID: "one", When: "lead.n >= 1", Points: 1}, {ID: "three", When: "lead.n >= 3", Points: 2},
			{ID: "five", When: "lead.n >= 5", Points: 2}, {ID: "nine", When: "lead.n >= 9", Points: 4},
		},
		Groups: []qualify.Group{{ID: "total", Bands: []qualify.Band{{Label: "cold"}, {From: new(5.0), Label: "hot"}}}},
		Stages: []qualify.Stage{{ID: "mql", Enter: "score() >= 4"}},
	}
	var cases []backtest.Case
	for i, c := range []struct {
		n    int
		days int // to the win; 0 is none
	}{{9, 10}, {5, 4}, {5, 20}, {1, 2}, {5, 0}, {3, 0}, {1, 0}, {1, 0}} {
		one := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprint(i), Profile: map[string]any{"n": c.n}}, Began: start, Outcome: backtest.Open}
		if c.days > 0 {
			one.Outcome, one.Until = backtest.Won, start.Add(time.Duration(c.days)*day)
		}
		cases = append(cases, one)
	}
	p := backtest.Plan{Judge: backtest.After(0), Within: 30 * qualify.Day, End: start.Add(30 * day), Known: []string{"n"}, Cost: 10, Value: 100}
	r, err := backtest.Rank(qualify.MustCompile(policy), p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	// 9 beats all 4; each 5 beats 3 and ties with 1; the 1 ties with 2 and loses 2.
	if want := (4 + 3.5 + 3.5 + 1) / 16; math.Abs(r.Ranking.AUC-want) > 1e-12 {
		t.Errorf("AUC %v, want %v", r.Ranking.AUC, want)
	}
	type threshold struct {
		Points          float64
		Judged, Won     int
		Recall, Worth   float64
		Low, Mid, Above float64 // days ahead
	}
	var got []threshold
	for _, h := range r.Thresholds {
		got = append(got, threshold{h.Points, h.Judged, h.Won, h.Recall, h.Worth, h.Ahead.Low, h.Ahead.Median, h.Ahead.High})
	}
	want := []threshold{
		{1, 8, 4, 1, 320, 3.5, 7, 12.5}, {3, 5, 3, 0.75, 250, 7, 10, 15}, {5, 4, 3, 0.75, 260, 7, 10, 15}, {9, 1, 1, 0.25, 90, 10, 10, 10},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// By steps 1 of 3, 0 of 1, 2 of 3 and 1 of 1 were won: the second is lower than the first.
	var steps [][4]float64
	for _, s := range r.Steps {
		steps = append(steps, [4]float64{s.From, s.To, float64(s.Judged), float64(s.Won)})
	}
	if diff := cmp.Diff([][4]float64{{1, 3, 4, 1}, {5, 5, 3, 2}, {9, 9, 1, 1}}, steps); diff != "" {
		t.Error(diff)
	}
	if s := r.Stages; len(s) != 2 || s[0].Judged != 4 || s[0].Won != 1 || s[1].Stage != "mql" || s[1].Judged != 4 || s[1].Won != 3 {
		t.Errorf("stages: %+v", s)
	}
	if b := r.Bands; len(b) != 2 || b[0].Band != "cold" || b[0].Judged != 4 || b[1].Band != "hot" || b[1].Rate != 0.75 {
		t.Errorf("bands: %+v", b)
	}
	five := r.Rules[2]
	if five.With.Judged != 4 || five.With.Won != 3 || five.Without.Won != 1 || five.Lift != 3 {
		t.Errorf("five: %+v", five)
	}
	// Without it 5 is 3: the lead with 3 ties with both won ones. Each loses half a pair.
	if math.Abs(five.Change.AUC+1.0/16) > 1e-12 {
		t.Errorf("without five the ranking changes by %v", five.Change.AUC)
	}
}

// A lead that was used for learning is not tested at a later instant, whoever tests.
func TestUsedLeadsAreNotTested(t *testing.T) {
	t.Parallel()
	p := plan()
	p.Judge = backtest.Every(20*qualify.Day, 0, 100*qualify.Day)
	p.Within = 20 * qualify.Day
	cases := leads(31, 1000)
	report, err := backtest.Rank(model(t), p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	lesson, err := backtest.Learn(model(t), p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	used := func(list []backtest.LeftOutCount) int {
		for _, k := range list {
			if k.Reason == backtest.LeftOutUsed {
				return k.Count
			}
		}
		return 0
	}
	if report.All != lesson.Testing || used(report.LeftOut) != used(lesson.LeftOut) || used(report.LeftOut) < 100 {
		t.Errorf("Rank tests %+v, Learn %+v\n%v\n%v", report.All, lesson.Testing, report.LeftOut, lesson.LeftOut)
	}
}

func TestPlanBoundaries(t *testing.T) {
	t.Parallel()
	cases := leads(32, 300)
	longest := qualify.Duration(math.MaxInt64)
	for name, change := range map[string]func(*backtest.Plan){
		"a share of none":               func(p *backtest.Plan) { p.Split = backtest.SplitLeads(0, 0) },
		"a share that is none":          func(p *backtest.Plan) { p.Split = backtest.SplitLeads(math.NaN(), 0) },
		"a negative share":              func(p *backtest.Plan) { p.Split = backtest.SplitLeads(-0.5, 1) },
		"a split at no instant":         func(p *backtest.Plan) { p.Split = backtest.SplitAt(time.Time{}) },
		"a negative span":               func(p *backtest.Plan) { p.Within = -1 },
		"a negative window":             func(p *backtest.Plan) { p.Window = -1 },
		"negative steps":                func(p *backtest.Plan) { p.Judge = backtest.Every(-1, 0, 5) },
		"from after to":                 func(p *backtest.Plan) { p.Judge = backtest.Every(1, 5, 0) },
		"from before it came in":        func(p *backtest.Plan) { p.Judge = backtest.Every(1, -longest, 0) },
		"no spans":                      func(p *backtest.Plan) { p.Judge = backtest.After() },
		"no stage":                      func(p *backtest.Plan) { p.Judge = backtest.OnEntering("") },
		"a negative value":              func(p *backtest.Plan) { p.Value = -1 },
		"an endless value":              func(p *backtest.Plan) { p.Value = math.Inf(1) },
		"an end that no instant can be": func(p *backtest.Plan) { p.End = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		p := plan()
		change(&p)
		if _, err := backtest.Rank(model(t), p, backtest.Cases(cases)); !errors.Is(err, backtest.ErrPlan) {
			t.Errorf("%s: Rank gives %v", name, err)
		}
		if _, err := backtest.Learn(model(t), p, backtest.Cases(cases)); !errors.Is(err, backtest.ErrPlan) {
			t.Errorf("%s: Learn gives %v", name, err)
		}
	}
	// Steps so long that the second would be past the last instant that there is.
	p := plan()
	p.Judge = backtest.Every(longest/2+1, 0, longest)
	if _, err := backtest.Rank(model(t), p, backtest.Cases(cases)); err != nil {
		t.Error(err)
	}
}

// What happens after the end of the plan is not known.
func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	p := plan()
	p.End, p.Within, p.Split = start.Add(150*day), 10*qualify.Day, backtest.SplitAt(start.Add(80*day))
	of := func(after func(*backtest.Case)) string {
		cases := leads(33, 1500)
		for i := range cases {
			if c := &cases[i]; c.Outcome != backtest.Open && c.Until.After(p.End) {
				after(c)
			}
		}
		return bytesOf(t, model(t), p, cases)
	}
	won := of(func(*backtest.Case) {})
	if diff := cmp.Diff(of(func(c *backtest.Case) { c.Outcome, c.Until = backtest.Open, time.Time{} }), won); diff != "" {
		t.Errorf("outcomes after the end change (-open +known): %s", diff)
	}
}

// A time of recording without an offset is one of the model's location.
func TestRecordedInLocation(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("west", -5*3600)
	m := qualify.MustCompile(world(), qualify.WithLocation(zone))
	p := plan()
	p.Recorded, p.Judge, p.Split = "recorded", backtest.After(10*qualify.Day), backtest.Split{}
	of := func(recorded func(at time.Time) any) string {
		cases := leads(34, 600)
		for i := range cases {
			for k := range cases[i].Lead.Activities {
				a := &cases[i].Lead.Activities[k]
				a.Props["recorded"] = recorded(a.At)
			}
			at := cases[i].Began.Add(10*day + time.Hour) // an hour after it was judged
			cases[i].Lead.Activities = append(cases[i].Lead.Activities, qualify.Activity{Type: "form", At: cases[i].Began, Props: map[string]any{"recorded": recorded(at)}})
		}
		r, err := backtest.Rank(m, p, backtest.Cases(cases))
		if err != nil {
			t.Fatal(err)
		}
		return r.String()
	}
	want := of(func(at time.Time) any { return at })
	if diff := cmp.Diff(want, of(func(at time.Time) any { return at.In(zone).Format("2006-01-02 15:04:05.999999999") })); diff != "" {
		t.Error(diff)
	}
}

// More names than are kept: which ones are kept does not depend on the order of anything.
func TestManyNames(t *testing.T) {
	t.Parallel()
	m := model(t)
	cases := leads(35, 120)
	p := plan()
	for i := range cases {
		for k := range 20 {
			name := fmt.Sprint("x", i*20+k)
			cases[i].Lead.Profile[name], cases[i].Lead.Profile["u"+name] = 1, 1
			p.Known = append(p.Known, name)
			cases[i].Lead.Activities = append(cases[i].Lead.Activities, qualify.Activity{Type: name, At: cases[i].Began.Add(900 * day)})
		}
		if cases[i].Outcome == backtest.Won {
			cases[i].Lead.Profile["a leak"] = "yes"
		}
	}
	p.Known = append(p.Known, "a leak")
	var want string
	for range 4 {
		audit, err := backtest.Audit(m, p, backtest.Cases(cases))
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, f := range audit.Facts {
			names[f.Fact] = true
		}
		if len(names) != 1000 {
			t.Fatalf("%d names", len(names))
		}
		data, err := json.Marshal(audit)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(data)
		}
		if want != string(data) {
			t.Fatal("the findings depend on the order")
		}
		rand.Shuffle(len(cases), func(a, b int) { cases[a], cases[b] = cases[b], cases[a] })
	}
	if !strings.Contains(want, "lead.a leak") {
		t.Error("the first of all names is not suspected")
	}
}

// Counts of pairs are more than 32 bits hold.
func TestManyLeads(t *testing.T) {
	t.Parallel()
	var cases iter.Seq2[*backtest.Case, error] = func(yield func(*backtest.Case, error) bool) {
		c := backtest.Case{Lead: qualify.Lead{Profile: map[string]any{}}, Began: start}
		for i := range 120_000 {
			c.Lead.ID = fmt.Sprint(i)
			c.Outcome, c.Until = backtest.Open, time.Time{}
			if i%2 == 0 {
				c.Outcome, c.Until = backtest.Won, start.Add(day)
			}
			c.Lead.Profile["copy"] = i%2 == 0
			if !yield(&c, nil) {
				return
			}
		}
	}
	p := backtest.Plan{Judge: backtest.After(0), Within: qualify.Day, End: start.Add(day), Known: []string{"copy"}}
	audit, err := backtest.Audit(nil, p, cases)
	if err != nil {
		t.Fatal(err)
	}
	if len(audit.Suspects) != 1 || audit.Suspects[0].AUC != 1 {
		t.Errorf("%+v", audit.Suspects)
	}
}

// Where one amount of a rule changes and the other stays, what the other pays stays, too.
func TestBoundsOfSeveralAmounts(t *testing.T) {
	t.Parallel()
	policy := qualify.Policy{
		Profile: []qualify.Field{{Name: "rare", Kind: qualify.Bool}, {Name: "b", Kind: qualify.Bool}},
		Rules:   []qualify.Rule{{ID: "rare", When: "lead.rare", Points: 20, Else: -5, Max: new(10.0)}, {ID: "b", When: "lead.b", Points: 5}},
	}
	cases := flags(600, []string{"b"}, []float64{1.5}, -1)
	for i := range cases {
		cases[i].Lead.Profile["rare"] = i%100 == 0
		if i%3 == 0 {
			delete(cases[i].Lead.Profile, "rare")
		}
	}
	p := flagPlan("b", "rare")
	lesson, err := backtest.Learn(qualify.MustCompile(policy), p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	if a := lesson.Amounts[0]; a.Basis != backtest.BasisFew || a.Old != 10 || a.New != 10*lesson.Factor || lesson.Amounts[1].New == lesson.Amounts[1].Old {
		t.Fatalf("%+v", lesson.Amounts)
	}
	a, err := qualify.MustCompile(lesson.Policy).Assess(&qualify.Lead{Profile: map[string]any{"rare": true}}, start)
	if err != nil {
		t.Fatal(err)
	}
	if a.Score.Points != 10*lesson.Factor {
		t.Errorf("the rule pays %v, and the table says %v", a.Score.Points, 10*lesson.Factor)
	}
}

// flags are leads with yes and no, each of which adds its log-odds.
func flags(n int, names []string, odds []float64, base float64) []backtest.Case {
	r := rand.New(rand.NewPCG(uint64(n), 77))
	var cases []backtest.Case
	for i := range n {
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprintf("L%05d", i), Profile: map[string]any{}}, Began: start, Outcome: backtest.Open}
		sum := base
		for k, name := range names {
			yes := r.IntN(2) == 0
			c.Lead.Profile[name] = yes
			if yes {
				sum += odds[k]
			}
		}
		if r.Float64() < 1/(1+math.Exp(-sum)) {
			c.Outcome, c.Until = backtest.Won, start.Add(day)
		}
		cases = append(cases, c)
	}
	return cases
}

func flagPlan(known ...string) backtest.Plan {
	return backtest.Plan{Judge: backtest.After(0), Within: 30 * qualify.Day, End: start.Add(100 * day), Known: known, Split: backtest.SplitLeads(0.4, 1)}
}

// A rule that pays nothing yet keeps its limit and its bounds as multiples of what it comes to pay.
func TestLimitsOfNothing(t *testing.T) {
	t.Parallel()
	policy := qualify.Policy{
		Signals: []qualify.Signal{{ID: "visit"}},
		Rules:   []qualify.Rule{{ID: "visit", On: "visit", Points: 0, Limit: qualify.Limit{Points: 3}}, {ID: "capped", On: "visit", Points: 0, Max: new(2.0)}},
	}
	cases := flags(1500, []string{"x"}, []float64{0}, 0)
	r := rand.New(rand.NewPCG(3, 1))
	for i := range cases {
		c := &cases[i]
		visits := r.IntN(7)
		for k := range visits {
			c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{ID: fmt.Sprint(k), Type: "visit", At: start.Add(-time.Duration(k) * day)})
		}
		c.Outcome, c.Until = backtest.Open, time.Time{}
		if r.Float64() < 0.1+0.2*float64(min(visits, 3)) {
			c.Outcome, c.Until = backtest.Won, start.Add(day)
		}
	}
	lesson, err := backtest.Learn(qualify.MustCompile(policy), flagPlan(), backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(lesson.New.AUC-lesson.Regression.AUC) > 0.01 || lesson.Verdict != backtest.Better {
		t.Errorf("the regression ranks by %v, its points by %v\n%s", lesson.Regression.AUC, lesson.New.AUC, lesson)
	}
	for i, k := range lesson.Policy.Rules {
		if p := lesson.Amounts[i].New; p != 0 && (i == 0 && k.Limit.Points != 3*math.Abs(p) || i == 1 && (p > 0 && *k.Max != 2*p || p < 0 && *k.Min != 2*p)) {
			t.Errorf("%+v", k)
		}
	}
}

// A model with bounds of its own can be learned from, and what it cannot take is left out once.
func TestOwnBounds(t *testing.T) {
	t.Parallel()
	policy := world()
	policy.Rules[0].When = strings.Repeat("lead.employees >= 50 and ", 150) + "lead.employees >= 50"
	wide := qualify.MustCompile(policy, qualify.WithBounds(qualify.Bounds{Expression: 16384, Nodes: 5000, Nesting: 200}))
	if _, err := backtest.Learn(wide, plan(), backtest.Cases(leads(36, 800))); err != nil {
		t.Error(err)
	}
	narrow := qualify.MustCompile(world(), qualify.WithBounds(qualify.Bounds{Activities: 5}))
	cases := leads(36, 1500)
	lesson, err := backtest.Learn(narrow, plan(), backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	report, err := backtest.Rank(narrow, plan(), backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	if lesson.Testing != report.All || !slices.ContainsFunc(lesson.LeftOut, func(k backtest.LeftOutCount) bool { return k.Reason == backtest.LeftOutBound && k.Count > 20 }) {
		t.Errorf("%+v\n%+v\n%v", lesson.Testing, report.All, lesson.LeftOut)
	}
}

// Iterators that stop, fail or panic; cases that the next overwrites; several at once.
func TestIterators(t *testing.T) {
	t.Parallel()
	m, p := model(t), plan()
	cases := leads(37, 900)
	want := bytesOf(t, m, p, cases)
	var overwritten iter.Seq2[*backtest.Case, error] = func(yield func(*backtest.Case, error) bool) {
		var c backtest.Case
		for i := range cases {
			// Everything that the case before held is used again.
			profile, activities, attributes := c.Lead.Profile, c.Lead.Activities[:0], c.Attributes[:0]
			if profile == nil {
				profile = map[string]any{}
			}
			clear(profile)
			for k, v := range cases[i].Lead.Profile {
				profile[k] = v
			}
			for k, a := range cases[i].Lead.Activities {
				props := map[string]any{}
				if k < cap(activities) && activities[:k+1][k].Props != nil {
					props = activities[:k+1][k].Props
				}
				clear(props)
				for name, v := range a.Props {
					props[name] = v
				}
				a.Props = props
				activities = append(activities, a)
			}
			c = cases[i]
			c.Lead.Profile, c.Lead.Activities, c.Attributes = profile, activities, append(attributes, cases[i].Attributes...)
			if !yield(&c, nil) {
				return
			}
		}
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			report, err := backtest.Rank(m, p, overwritten)
			if err != nil {
				t.Error(err)
				return
			}
			lesson, err := backtest.Learn(m, p, overwritten)
			if err != nil {
				t.Error(err)
				return
			}
			a, _ := json.Marshal(report)
			b, _ := json.Marshal(lesson)
			if got := string(a) + string(b) + report.String() + lesson.String(); got != want {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
	group.Wait()
	for name, run := range map[string]func(iter.Seq2[*backtest.Case, error]){
		"Rank":  func(s iter.Seq2[*backtest.Case, error]) { backtest.Rank(m, p, s) },
		"Learn": func(s iter.Seq2[*backtest.Case, error]) { backtest.Learn(m, p, s) },
		"Audit": func(s iter.Seq2[*backtest.Case, error]) { backtest.Audit(m, p, s) },
	} {
		func() {
			defer func() {
				if got := recover(); got != "broken" {
					t.Errorf("%s: the panic of the iterator became %v", name, got)
				}
			}()
			run(func(yield func(*backtest.Case, error) bool) {
				for c := range backtest.Cases(cases[:500]) {
					if !yield(c, nil) {
						return
					}
				}
				panic("broken")
			})
		}()
	}
}

// A lead is judged on entering a stage at the instant that Model.Replay gives, where the two see
// the same: a lead that came in with its first activity, and a profile without dates.
func TestEntersAsReplayed(t *testing.T) {
	t.Parallel()
	m := model(t)
	p := plan()
	p.Split, p.Judge = backtest.Split{}, backtest.OnEntering("mql")
	p.Within = qualify.Duration(time.Second)
	cases := leads(38, testcase.Count(600))
	entered, judged := 0, 0
	for i := range cases {
		c := &cases[i]
		c.Attributes, c.Outcome, c.Until = nil, backtest.Open, time.Time{}
		if len(c.Lead.Activities) == 0 {
			continue
		}
		c.Began = c.Lead.Activities[0].At
		for _, a := range c.Lead.Activities {
			if a.At.Before(c.Began) {
				c.Began = a.At
			}
		}
		replay, err := m.Replay(&c.Lead, p.End)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range replay.Steps {
			if s.Stage == "mql" || s.Stage == "sql" {
				entered++
				// Won just after it entered: the judgement is a win. Not a second later.
				for _, won := range []bool{true, false} {
					c.Outcome, c.Until = backtest.Won, s.At.Add(time.Second)
					if !won {
						c.Until = s.At.Add(time.Second + 1)
					}
					audit, err := backtest.Audit(m, p, backtest.Cases(cases[i:i+1]))
					if err != nil {
						t.Fatal(err)
					}
					if audit.Judged == 1 && (audit.Won == 1) == won {
						judged++
					}
				}
				break
			}
		}
	}
	if entered == 0 || judged != 2*entered {
		t.Errorf("%d enter, and %d are judged then", entered, judged)
	}
}

// What stays of a wrong author counts for little, and for as much as before where the author is right.
func TestWhatStays(t *testing.T) {
	t.Parallel()
	for who, stretched := range map[author]bool{right: false, wrong: true} {
		policy, p, cases := simulated(who, 5, 1500, 12, 0.3, false)
		policy.Profile = append(policy.Profile, qualify.Field{Name: "rare", Kind: qualify.Bool})
		policy.Rules = append(policy.Rules, qualify.Rule{ID: "rare", When: "lead.rare", Points: 10})
		p.Known = append(p.Known, "rare")
		for i := range cases {
			cases[i].Lead.Profile["rare"] = i < 4 // four of those to learn from
		}
		lesson, err := backtest.Learn(qualify.MustCompile(policy), p, backtest.Cases(cases))
		if err != nil {
			t.Fatal(err)
		}
		rare := lesson.Amounts[12]
		if rare.Basis != backtest.BasisFew || rare.New != rare.Old*lesson.Factor || (lesson.Stretch == 10) != stretched || (lesson.Stretch <= 2) == stretched {
			t.Errorf("%s: %+v, stretched %v times\n%s", who, rare, lesson.Stretch, lesson)
		}
		if !stretched {
			continue
		}
		for line := range strings.Lines(lesson.String()) {
			if len([]rune(line)) > 101 {
				t.Errorf("%d columns: %s", len([]rune(line)), line)
			}
		}
	}
}
