package backtest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/testcase"
)

// bytesOf are all that is said of cases.
func bytesOf(t *testing.T, m *qualify.Model, p backtest.Plan, cases []backtest.Case) string {
	t.Helper()
	report, err := backtest.Rank(m, p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	lesson, err := backtest.Learn(m, p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	a, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(lesson)
	if err != nil {
		t.Fatal(err)
	}
	return string(a) + string(b) + report.String() + lesson.String()
}

// plans are one of each kind.
func plans() map[string]backtest.Plan {
	every, entering := plan(), plan()
	every.Judge = backtest.Every(5*qualify.Day, 0, 10*qualify.Day)
	entering.Judge = backtest.OnEntering("mql")
	share := plan()
	share.Split = backtest.SplitLeads(0.3, 7)
	return map[string]backtest.Plan{"after": plan(), "every": every, "entering": entering, "share": share}
}

// What is not known at an instant does not change a byte.
func TestLeaksAreImpossible(t *testing.T) {
	t.Parallel()
	m := model(t)
	for name, p := range plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases := leads(1, 400+testcase.Count(800))
			want := bytesOf(t, m, p, cases)
			r := rand.New(rand.NewPCG(2, 3))
			for i := range cases {
				c := &cases[i]
				won := c.Outcome == backtest.Won
				c.Lead.Profile["outcome"], c.Lead.Profile["budget"] = won, map[bool]any{true: 1e6, false: 0}[won]
				c.Lead.Stage, c.Lead.StageSince = map[bool]string{true: "sql", false: "mql"}[won], c.Began
				after := c.Until
				if after.IsZero() {
					after = p.End.Add(1)
				}
				for range r.IntN(4) {
					c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{Type: "form", At: after.Add(time.Duration(r.IntN(1000)) * time.Hour)})
				}
				c.Attributes = append(c.Attributes, backtest.Attribute{Name: "employees", Value: 1000, At: after})
				r.Shuffle(len(c.Lead.Activities), func(a, b int) { x := c.Lead.Activities; x[a], x[b] = x[b], x[a] })
				r.Shuffle(len(c.Attributes), func(a, b int) { x := c.Attributes; x[a], x[b] = x[b], x[a] })
			}
			r.Shuffle(len(cases), func(a, b int) { cases[a], cases[b] = cases[b], cases[a] })
			if diff := cmp.Diff(want, bytesOf(t, m, p, cases)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An activity is seen from when it was recorded, in every plan, also when it happened before.
func TestRecorded(t *testing.T) {
	t.Parallel()
	m := model(t)
	for name, p := range plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.Recorded = "recorded"
			cases := leads(4, 400+testcase.Count(800))
			for i := range cases {
				for k := range cases[i].Lead.Activities {
					a := &cases[i].Lead.Activities[k]
					a.Props["recorded"] = a.At.Format(time.RFC3339)
				}
			}
			want := bytesOf(t, m, p, cases)
			for i := range cases {
				c := &cases[i]
				if c.Outcome == backtest.Won { // entered once the deal was closed, and dated back
					c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{Type: "form", At: c.Began, Props: map[string]any{"recorded": c.Until}},
						qualify.Activity{Type: "form", At: c.Began})
				}
			}
			if diff := cmp.Diff(want, bytesOf(t, m, p, cases)); diff != "" {
				t.Error(diff)
			}
			audit, err := backtest.Audit(m, p, backtest.Cases(cases))
			if err != nil {
				t.Fatal(err)
			}
			for _, reason := range []backtest.LeftOut{backtest.LeftOutRecorded, backtest.LeftOutNoRecorded} {
				if !slices.ContainsFunc(audit.Facts, func(f backtest.FactCount) bool {
					return f.Fact == "activity form" && f.Reason == reason && f.Count > 50
				}) {
					t.Errorf("%s is not counted: %v", reason, audit.Facts)
				}
			}
		})
	}
}

// A judgement counts only once its span has passed, also if the lead was won before.
func TestLabels(t *testing.T) {
	t.Parallel()
	m := model(t)
	at := func(days int) time.Time { return start.Add(time.Duration(days) * day) }
	lead := func(id string) qualify.Lead { return qualify.Lead{ID: id} }
	cases := []backtest.Case{
		{Lead: lead("won"), Began: at(0), Outcome: backtest.Won, Until: at(30)},
		{Lead: lead("won at the last moment"), Began: at(0), Outcome: backtest.Won, Until: at(60)},
		{Lead: lead("won later"), Began: at(0), Outcome: backtest.Won, Until: at(60).Add(1)},
		{Lead: lead("won at once"), Began: at(0), Outcome: backtest.Won, Until: at(0)},
		{Lead: lead("won, not yet passed"), Began: at(350), Outcome: backtest.Won, Until: at(351)},
		{Lead: lead("lost"), Began: at(0), Outcome: backtest.Lost, Until: at(1)},
		{Lead: lead("open"), Began: at(0)},
		{Lead: lead("watched to the end"), Began: at(0), Outcome: backtest.Open, Until: at(60)},
		{Lead: lead("not watched"), Began: at(0), Outcome: backtest.Open, Until: at(60).Add(-1)},
		{Lead: lead(""), Began: at(0)},
		{Lead: lead("no beginning")},
		{Lead: lead("no end"), Began: at(0), Outcome: backtest.Lost},
		{Lead: lead("no outcome"), Began: at(0), Outcome: "maybe"},
	}
	p := backtest.Plan{Judge: backtest.After(0), Within: 60 * qualify.Day, End: at(400)}
	all := func(yield func(*backtest.Case, error) bool) {
		for c := range backtest.Cases(cases) {
			if !yield(c, nil) {
				return
			}
		}
		_ = yield(nil, errors.New("unreadable")) && yield(nil, nil)
	}
	report, err := backtest.Rank(m, p, all)
	if err != nil {
		t.Fatal(err)
	}
	if report.All.Judged != 6 || report.All.Won != 2 {
		t.Errorf("judged %d, won %d", report.All.Judged, report.All.Won)
	}
	want := []backtest.LeftOutCount{
		{backtest.LeftOutFailed, 2}, {backtest.LeftOutNoID, 1}, {backtest.LeftOutNoBegan, 1}, {backtest.LeftOutNoUntil, 1},
		{backtest.LeftOutOutcome, 1}, {backtest.LeftOutEnded, 1}, {backtest.LeftOutUnwatched, 2},
	}
	if diff := cmp.Diff(want, report.LeftOut); diff != "" {
		t.Error(diff)
	}
}

// The stage that a lead enters in a replay is that of assessments made one after the other.
func TestReplay(t *testing.T) {
	t.Parallel()
	m := model(t)
	p := plan()
	p.Judge, p.Split = backtest.OnEntering("mql"), backtest.Split{}
	cases := leads(9, 300)
	report, err := backtest.Rank(m, p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	entered, won := 0, 0
	for i := range cases {
		c := &cases[i]
		to := p.End
		if !c.Until.IsZero() {
			to = c.Until.Add(-1)
		}
		lead := qualify.Lead{ID: c.Lead.ID}
		for at := c.Began; !at.After(to); at = at.Add(time.Minute * 30) { // facts come on whole minutes
			now := at.Add(29 * time.Minute)
			lead.Profile = map[string]any{"employees": c.Lead.Profile["employees"], "country": c.Lead.Profile["country"]}
			for _, a := range c.Attributes {
				if !a.At.After(now) {
					lead.Profile[a.Name] = a.Value
				}
			}
			lead.Activities = c.Lead.Activities
			a, err := m.Assess(&lead, now)
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict.Stage == "mql" || a.Verdict.Stage == "sql" {
				entered++
				if c.Outcome == backtest.Won {
					won++
				}
				break
			}
			if now.Sub(c.Began) > 12*day {
				break
			}
		}
	}
	if math.Abs(float64(report.All.Judged-entered)) > 2 || entered < 100 || math.Abs(float64(report.All.Won-won)) > 2 {
		t.Errorf("%d entered and %d of them won; steps of half an hour give %d and %d", report.All.Judged, report.All.Won, entered, won)
	}
}

// unitPays holds a unit policy to what the policy pays, rule by rule.
func unitPays(t *testing.T, name string, m *qualify.Model, lead *qualify.Lead, at time.Time) {
	t.Helper()
	a, err := m.Assess(lead, at)
	if err != nil {
		t.Fatal(err)
	}
	rules, _, err := backtest.UnitTotal(m, lead, at)
	if errors.Is(err, backtest.ErrPercent) {
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, k := range a.Score.Contributions {
		// A sum is rounded to a millionth before it is multiplied, and a bound or a limit divided by
		// points before that.
		if slack := 1e-6 * (1 + math.Abs(m.Policy().Rules[i].Points)) * 4; math.Abs(k.Points-rules[i]) > slack {
			t.Errorf("%s: rule %s pays %v, its amounts %v", name, k.Rule, k.Points, rules[i])
		}
	}
}

// words uses the words of the language that no policy under examples uses.
const words = `{
  "format": 1, "name": "words",
  "profile": [{"name": "country", "kind": "code"}, {"name": "title", "kind": "text"}],
  "properties": [{"name": "path", "kind": "code"}],
  "lists": [{"id": "dach", "values": ["DE", "AT", "CH"]}, {"id": "chiefs", "values": ["cto", "head"]}],
  "signals": [
    {"id": "view"}, {"id": "mail"}, {"id": "answer"},
    {"id": "visit", "repeats": "view", "every": 1, "gap": "30min"},
    {"id": "loyal", "repeats": "view", "every": 3, "for_each": "path"},
    {"id": "clicked", "types": ["view"], "following": "mail", "within": "1h"},
    {"id": "own", "types": ["view"], "not_following": "mail", "within": "1h", "for_each": "path"},
    {"id": "answered", "types": ["view"], "followed_by": "answer", "within": "2h"}
  ],
  "rules": [
    {"id": "region", "when": "lead.country in list.dach", "points": 7, "else": -3},
    {"id": "chief", "tiers": [{"when": "lead.title contains list.chiefs", "points": 9}, {"when": "known(lead.title)", "points": 2}]},
    {"id": "visit", "on": "visit", "points": 3, "limit": {"times": 2, "calendar": "week"}},
    {"id": "loyal", "on": "loyal", "points": 5},
    {"id": "first", "on": "view", "points": 11, "limit": {"times": 1, "calendar": "ever"}},
    {"id": "clicked", "on": "clicked", "points": 4, "limit": {"points": 10, "for_each": "path"}},
    {"id": "own", "on": "own", "points": 2, "limit": {"times": 1, "gap": "2h"}, "decay": {"linear": "20d"}},
    {"id": "answered", "on": "answered", "points": -6, "limit": {"points": 9, "calendar": "ever"}},
    {"id": "once", "on": "view", "points": 4, "limit": {"times": 3, "once_per": "path", "per": "2d"}},
    {"id": "series", "when": "count(\"own\", \"3d\") >= 2 and happened(\"clicked\")", "points": 6}
  ]
}`

func TestUnitPolicyWords(t *testing.T) {
	t.Parallel()
	policy, err := qualify.ParsePolicy([]byte(words))
	if err != nil {
		t.Fatal(err)
	}
	m := qualify.MustCompile(policy)
	r := rand.New(rand.NewPCG(8, 8))
	paid := map[string]int{}
	n := testcase.Count(1000)
	for range n {
		lead := &qualify.Lead{Profile: map[string]any{"country": []any{"DE", "CH", "FR", nil}[r.IntN(4)], "title": []any{"CTO", "Head of X", "clerk", nil}[r.IntN(4)]}}
		for k := range r.IntN(25) {
			lead.Activities = append(lead.Activities, qualify.Activity{
				ID: fmt.Sprint(k), Type: []string{"view", "view", "view", "mail", "answer"}[r.IntN(5)],
				At: start.Add(time.Duration(r.IntN(5*24*4)) * 15 * time.Minute / time.Duration(1+r.IntN(9))), Props: map[string]any{"path": []any{"/a", "/b", "/c", nil}[r.IntN(4)]},
			})
		}
		at := start.Add(time.Duration(r.IntN(12*24)) * time.Hour)
		unitPays(t, "words", m, lead, at)
		a, err := m.Assess(lead, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range a.Score.Contributions {
			if k.Points != 0 {
				paid[k.Rule]++
			}
		}
	}
	for _, rule := range policy.Rules {
		if n >= 100 && paid[rule.ID] < n/50 {
			t.Errorf("%s pays for %d leads only", rule.ID, paid[rule.ID])
		}
	}
}

// A unit policy pays what the policy pays, rule by rule.
func TestUnitPolicy(t *testing.T) {
	t.Parallel()
	m := model(t)
	cases := leads(5, testcase.Count(2000))
	for i := range cases {
		cases[i].Lead.Profile["budget"] = 5000
		unitPays(t, "world", m, &cases[i].Lead, cases[i].Began.Add(8*day))
		a, _ := m.Assess(&cases[i].Lead, cases[i].Began.Add(8*day))
		if _, total := backtest.WithoutRule(m, &a, 0); total != a.Score.Points {
			t.Fatalf("the total is %v, its rules add up to %v", a.Score.Points, total)
		}
		for rule := range a.Score.Contributions {
			p := world()
			r := &p.Rules[rule]
			r.When, r.Tiers, r.On, r.Points, r.Else, r.Limit, r.Decay, r.Multiply, r.Max = "false", nil, "", 1, 0, qualify.Limit{}, qualify.Decay{}, "", nil
			b, err := qualify.MustCompile(p).Assess(&cases[i].Lead, cases[i].Began.Add(8*day))
			if err != nil {
				t.Fatal(err)
			}
			if without, _ := backtest.WithoutRule(m, &a, rule); without != b.Score.Points {
				t.Fatalf("without %s the total is %v, and not %v", a.Score.Contributions[rule].Rule, b.Score.Points, without)
			}
			if i > 20 {
				break
			}
		}
	}
	files, err := filepath.Glob("../examples/policies/*.json")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := qualify.ParsePolicy(data)
		if err != nil {
			t.Fatal(err)
		}
		m, err := qualify.Compile(policy)
		if err != nil {
			t.Fatal(err)
		}
		lead := &qualify.Lead{Profile: map[string]any{}}
		for _, s := range policy.Signals {
			for k, kind := range append(slices.Clone(s.Types), s.ID) {
				lead.Activities = append(lead.Activities, qualify.Activity{Type: kind, At: start.Add(time.Duration(k) * day)})
			}
		}
		unitPays(t, file, m, lead, start.Add(20*day))
	}
}

// What was planted is found: signs, order, and that the rest is worth nothing.
func TestPlanted(t *testing.T) {
	t.Parallel()
	policy := world()
	policy.Rules[4].Points = -10 // the form: the data turn it
	m, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	p := plan()
	lesson, err := backtest.Learn(m, p, backtest.Cases(leads(6, 6000)))
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]backtest.Amount{}
	for _, a := range lesson.Amounts {
		points[a.Rule+" "+a.Part] = a
	}
	size := points["size points"].New - points["size else"].New
	nowhere, form, budget, noise := points["country tiers[2]"].New, points["form points"], points["budget points"].New, points["noise points"]
	if !(size > budget && budget > 0 && form.New > 0 && nowhere < -budget) {
		t.Errorf("size %v, budget %v, form %v, nowhere %v\n%s", size, budget, form.New, nowhere, lesson)
	}
	if !form.Turned || noise.Low > 0 || noise.High < 0 || lesson.Verdict != backtest.Better {
		t.Errorf("form %+v\nnoise %+v\n%s", form, noise, lesson)
	}
	if apart := points["apart points"]; apart.New != 7 || apart.Basis != backtest.BasisApart {
		t.Errorf("apart: %+v", apart)
	}
	for _, a := range lesson.Amounts {
		if a.Rule != "call" && a.New != math.Trunc(a.New) {
			t.Errorf("%s %s pays %v", a.Rule, a.Part, a.New)
		}
	}
	// As many leads pass the thresholds as before.
	learned, err := qualify.Compile(lesson.Policy)
	if err != nil {
		t.Fatal(err)
	}
	p.Split = backtest.Split{}
	before, err := backtest.Rank(m, p, backtest.Cases(leads(6, 6000)))
	if err != nil {
		t.Fatal(err)
	}
	after, err := backtest.Rank(learned, p, backtest.Cases(leads(6, 6000)))
	if err != nil {
		t.Fatal(err)
	}
	shares := func(r *backtest.Report) map[string]float64 {
		shares := map[string]float64{}
		for _, s := range r.Stages {
			if s.Stage != "" {
				shares["passed"] += float64(s.Judged) / float64(r.All.Judged)
			}
		}
		for _, b := range r.Bands {
			if b.Band == "A" || b.Band == "high" || b.Band == "hot" {
				shares[b.Band] = float64(b.Judged) / float64(r.All.Judged)
			}
		}
		return shares
	}
	old, new := shares(before), shares(after)
	for name, share := range old {
		if math.Abs(new[name]-share) > 0.1 {
			t.Errorf("%s: %.2f passed, and now %.2f\n%s", name, share, new[name], lesson)
		}
	}
}

// Where there is nothing to find, nothing is found: on outcomes that are shuffled, and on facts
// that have nothing to do with them.
func TestNoEvidence(t *testing.T) {
	t.Parallel()
	shuffled := func(seed uint64) (qualify.Policy, backtest.Plan, []backtest.Case) {
		cases := leads(100+seed, 1500)
		r := rand.New(rand.NewPCG(seed, 5))
		type outcome struct {
			is    backtest.Outcome
			after time.Duration
		}
		var outcomes []outcome
		for _, c := range cases {
			outcomes = append(outcomes, outcome{c.Outcome, c.Until.Sub(c.Began)})
		}
		r.Shuffle(len(outcomes), func(a, b int) { outcomes[a], outcomes[b] = outcomes[b], outcomes[a] })
		for i := range cases {
			c := &cases[i]
			c.Outcome, c.Until = outcomes[i].is, time.Time{}
			if c.Outcome != backtest.Open {
				c.Until = c.Began.Add(outcomes[i].after)
			}
		}
		return world(), plan(), cases
	}
	for name, of := range map[string]func(seed uint64) (qualify.Policy, backtest.Plan, []backtest.Case){
		"shuffled": shuffled,
		"facts":    func(seed uint64) (qualify.Policy, backtest.Plan, []backtest.Case) { return noise(seed, 1500, 20) },
		"many facts of few leads": func(seed uint64) (qualify.Policy, backtest.Plan, []backtest.Case) {
			return noise(seed, 300, 60)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, held := testcase.Count(20), 0
			for seed := range n {
				policy, p, cases := of(uint64(seed))
				m := qualify.MustCompile(policy)
				report, err := backtest.Rank(m, p, backtest.Cases(cases))
				if err != nil {
					t.Fatal(err)
				}
				if report.Ranking.Low <= 0.5 && 0.5 <= report.Ranking.High {
					held++
				}
				lesson, err := backtest.Learn(m, p, backtest.Cases(cases))
				if err != nil {
					t.Fatal(err)
				}
				if lesson.Verdict == backtest.Better {
					t.Errorf("seed %d: chance is called better\n%s", seed, lesson)
				}
			}
			t.Logf("0.5 lies in %d of %d intervals", held, n)
			if float64(held) < 0.9*float64(n)-1 {
				t.Errorf("0.5 lies in only %d of %d intervals", held, n)
			}
		})
	}
}

// noise are leads with activities and attributes of which none has to do with winning.
func noise(seed uint64, n, rules int) (qualify.Policy, backtest.Plan, []backtest.Case) {
	r := rand.New(rand.NewPCG(seed, 3))
	policy := qualify.Policy{Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "kind", Kind: qualify.Code}}}
	for k := range rules {
		id := fmt.Sprint("s", k)
		policy.Signals = append(policy.Signals, qualify.Signal{ID: id})
		rule := qualify.Rule{ID: id, On: id, Points: float64(r.IntN(21) - 5), Limit: qualify.Limit{Times: 1 + r.IntN(3)}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}
		switch k % 4 {
		case 1:
			rule = qualify.Rule{ID: id, When: fmt.Sprintf("lead.n >= %d", r.IntN(100)), Points: float64(r.IntN(21) - 5)}
		case 2:
			rule = qualify.Rule{ID: id, When: fmt.Sprintf(`lead.kind == "%d"`, r.IntN(8)), Points: float64(r.IntN(21) - 5), Else: -1}
		}
		policy.Rules = append(policy.Rules, rule)
	}
	p := plan()
	p.Known = []string{"n", "kind"}
	var cases []backtest.Case
	for i := range n {
		began := start.Add(time.Duration(r.IntN(200*24*60)) * time.Minute)
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprint(i), Profile: map[string]any{"n": r.IntN(100), "kind": fmt.Sprint(r.IntN(8))}}, Began: began, Outcome: backtest.Open}
		for k := range r.IntN(12) {
			c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{ID: fmt.Sprint(k), Type: fmt.Sprint("s", r.IntN(rules)), At: began.Add(time.Duration(r.IntN(12*24)) * time.Hour)})
		}
		if r.IntN(5) == 0 {
			c.Outcome, c.Until = backtest.Won, began.Add(time.Duration(11*24+r.IntN(50*24))*time.Hour)
		}
		cases = append(cases, c)
	}
	return policy, p, cases
}

// Three judgements of a lead tell no more than one.
func TestSeveralJudgements(t *testing.T) {
	t.Parallel()
	policy := world()
	policy.Rules = policy.Rules[:2] // nothing that changes
	m, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	p := plan()
	p.Judge, p.Split = backtest.After(9*qualify.Day), backtest.Split{}
	p.Within = 380 * qualify.Day
	p.End = start.Add(1000 * day)
	once, err := backtest.Rank(m, p, backtest.Cases(leads(8, 900)))
	if err != nil {
		t.Fatal(err)
	}
	p.Judge = backtest.Every(qualify.Day, 7*qualify.Day, 9*qualify.Day)
	thrice, err := backtest.Rank(m, p, backtest.Cases(leads(8, 900)))
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, a, b float64) {
		if math.Abs(a-b) > 1e-12 {
			t.Errorf("%s: %v once, %v thrice", what, a, b)
		}
	}
	if thrice.All.Judged != 3*once.All.Judged || thrice.All.Leads != once.All.Leads {
		t.Fatalf("%d judgements of %d leads, %d of %d", thrice.All.Judged, thrice.All.Leads, once.All.Judged, once.All.Leads)
	}
	same("low", once.Ranking.Low, thrice.Ranking.Low)
	same("high", once.Ranking.High, thrice.Ranking.High)
	for i, r := range once.Rules {
		same("lift", r.LiftLow, thrice.Rules[i].LiftLow)
		same("change", r.Change.High, thrice.Rules[i].Change.High)
		same("rate", r.With.High, thrice.Rules[i].With.High)
	}
}

// A copy of the outcome that is named as known is seen, and flagged.
func TestSuspects(t *testing.T) {
	t.Parallel()
	cases := leads(10, 1500)
	r := rand.New(rand.NewPCG(3, 3))
	for i := range cases {
		c := &cases[i]
		won := c.Outcome == backtest.Won
		c.Lead.Profile["copy"] = won
		if won {
			c.Lead.Profile["contract"] = fmt.Sprint(i)
			c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{Type: "signed", At: c.Until.Add(-time.Hour)})
		}
		c.Lead.Profile["rating"] = map[bool]string{true: "high", false: "low"}[won != (r.IntN(12) == 0)]
		c.Lead.Profile["sign"] = []string{"ram", "bull", "twins"}[r.IntN(3)]
		c.Lead.Profile["number"] = r.IntN(1000000)
	}
	p := plan()
	p.Known = append(p.Known, "copy", "contract", "rating", "sign", "number")
	audit, err := backtest.Audit(nil, p, backtest.Cases(cases))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]backtest.Suspicion{}
	for _, s := range audit.Suspects {
		got[s.Fact] = s.Why
	}
	want := map[string][]backtest.Suspicion{
		"lead.copy": {backtest.TellsOutcome, backtest.ValueTellsOutcome}, "lead.contract": {backtest.KnownWithOutcome, backtest.TellsOutcome},
		"lead.rating": {backtest.TellsOutcome}, "activity signed": {backtest.ComesWithOutcome},
	}
	for fact, why := range want {
		for _, w := range why {
			if !slices.Contains(got[fact], w) {
				t.Errorf("%s is not suspected as %s: %v", fact, w, got[fact])
			}
		}
	}
	for fact := range got {
		if want[fact] == nil {
			t.Errorf("%s is suspected: %v", fact, got[fact])
		}
	}
	for _, secret := range []string{"L0", "high", "twins"} {
		if data, _ := json.Marshal(audit); strings.Contains(string(data)+audit.String(), secret) {
			t.Errorf("the findings name %s", secret)
		}
	}
}

// Eight wins are too few for shares. A copy of the outcome is flagged all the same, and facts of chance are not.
func TestSuspectsOfFewWins(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testcase.Count(30)) {
		cases := leads(70+seed, 400)
		r := rand.New(rand.NewPCG(seed, 8))
		p := plan()
		p.Known = append(p.Known, "copy", "contract")
		for k := range 20 {
			p.Known = append(p.Known, fmt.Sprint("chance", k))
		}
		won := 0
		for i := range cases {
			c := &cases[i]
			if c.Outcome == backtest.Won {
				if won++; won > 8 {
					c.Outcome, c.Until = backtest.Open, time.Time{}
				} else {
					c.Lead.Profile["contract"] = fmt.Sprint(i)
				}
			}
			c.Lead.Profile["copy"] = c.Outcome == backtest.Won
			for k := range 20 {
				if r.IntN(2) == 0 {
					c.Lead.Profile[fmt.Sprint("chance", k)] = r.IntN(2 + 5*k)
				}
			}
		}
		audit, err := backtest.Audit(nil, p, backtest.Cases(cases))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range audit.Suspects {
			got = append(got, s.Fact)
		}
		if diff := cmp.Diff([]string{"lead.contract", "lead.copy"}, got); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	m := model(t)
	cases := leads(11, 300)
	for i := range cases {
		cases[i].Lead.ID = fmt.Sprint("SECRET", i)
	}
	of := func(change func(*backtest.Plan)) backtest.Plan { p := plan(); change(&p); return p }
	each := func(change func(*backtest.Case)) []backtest.Case {
		list := slices.Clone(cases)
		for i := range list {
			change(&list[i])
		}
		return list
	}
	percent := world()
	percent.Groups[0].Percent = true
	unknown := world()
	unknown.Stages = append(unknown.Stages, qualify.Stage{ID: "never", Enter: "score() >= 1000"})
	for _, test := range []struct {
		name  string
		model *qualify.Model
		plan  backtest.Plan
		cases []backtest.Case
		want  error
	}{
		{"no model", nil, plan(), cases, backtest.ErrPlan},
		{"no instants", m, of(func(p *backtest.Plan) { p.Judge = backtest.Instants{} }), cases, backtest.ErrPlan},
		{"no steps", m, of(func(p *backtest.Plan) { p.Judge = backtest.Every(0, 0, qualify.Day) }), cases, backtest.ErrPlan},
		{"too many instants", m, of(func(p *backtest.Plan) { p.Judge = backtest.Every(qualify.Duration(time.Second), 0, 365*qualify.Day) }), cases, backtest.ErrPlan},
		{"before it came", m, of(func(p *backtest.Plan) { p.Judge = backtest.After(-qualify.Day) }), cases, backtest.ErrPlan},
		{"no such stage", m, of(func(p *backtest.Plan) { p.Judge = backtest.OnEntering("x") }), cases, backtest.ErrPlan},
		{"no span", m, of(func(p *backtest.Plan) { p.Within = 0 }), cases, backtest.ErrPlan},
		{"no end", m, of(func(p *backtest.Plan) { p.End = time.Time{} }), cases, backtest.ErrPlan},
		{"window without a split in time", m, of(func(p *backtest.Plan) { p.Split, p.Window = backtest.SplitLeads(0.5, 1), qualify.Day }), cases, backtest.ErrPlan},
		{"split after the end", m, of(func(p *backtest.Plan) { p.Split = backtest.SplitAt(p.End) }), cases, backtest.ErrPlan},
		{"all kept", m, of(func(p *backtest.Plan) { p.Split = backtest.SplitLeads(1, 1) }), cases, backtest.ErrPlan},
		{"a cost that is none", m, of(func(p *backtest.Plan) { p.Cost = math.NaN() }), cases, backtest.ErrPlan},
		{"no cases", m, plan(), nil, backtest.ErrNoCases},
		{"not watched", m, of(func(p *backtest.Plan) { p.Within = 5000 * qualify.Day }), cases, backtest.ErrUnwatched},
		{"nobody enters", qualify.MustCompile(unknown), of(func(p *backtest.Plan) { p.Judge = backtest.OnEntering("never") }), cases, backtest.ErrNotEntered},
		{"no wins", m, plan(), each(func(c *backtest.Case) { c.Outcome = backtest.Lost; c.Until = c.Began.Add(50 * day) }), backtest.ErrNoWins},
		{"no losses", m, plan(), each(func(c *backtest.Case) { c.Outcome = backtest.Won; c.Until = c.Began.Add(50 * day) }), backtest.ErrNoLosses},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, rank := backtest.Rank(test.model, test.plan, backtest.Cases(test.cases))
			_, learn := backtest.Learn(test.model, test.plan, backtest.Cases(test.cases))
			for _, err := range []error{rank, learn} {
				if !errors.Is(err, test.want) || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}
		})
	}
	if _, err := backtest.Learn(qualify.MustCompile(percent), plan(), backtest.Cases(cases)); !errors.Is(err, backtest.ErrPercent) || !strings.Contains(err.Error(), `"fit"`) {
		t.Errorf("percent: %v", err)
	}
	if _, err := backtest.Rank(qualify.MustCompile(percent), plan(), backtest.Cases(cases)); err != nil {
		t.Errorf("percent can be ranked: %v", err)
	}
	if _, err := backtest.Learn(m, of(func(p *backtest.Plan) { p.Split = backtest.Split{} }), backtest.Cases(cases)); !errors.Is(err, backtest.ErrPlan) {
		t.Errorf("no split: %v", err)
	}
	once := true
	var only iter.Seq2[*backtest.Case, error] = func(yield func(*backtest.Case, error) bool) {
		for c := range backtest.Cases(cases) {
			if !once || !yield(c, nil) {
				break
			}
		}
		once = false
	}
	if _, err := backtest.Learn(m, plan(), only); !errors.Is(err, backtest.ErrPlan) {
		t.Errorf("cases that come once: %v", err)
	}
}

// Few leads leave the author's points as they are.
func TestFewLeads(t *testing.T) {
	t.Parallel()
	lesson, err := backtest.Learn(model(t), plan(), backtest.Cases(leads(12, 60)))
	if err != nil {
		t.Fatal(err)
	}
	few := 0
	for _, a := range lesson.Amounts {
		if a.Basis == backtest.BasisFew {
			few++
		}
		if a.With.Leads < 5 && a.Basis != backtest.BasisFew && a.Basis != backtest.BasisApart || a.Basis == backtest.BasisFew && a.New != a.Old*lesson.Factor {
			t.Errorf("%+v", a)
		}
	}
	if few < 1 {
		t.Errorf("%d amounts with too few leads", few)
	}
}

func TestRoll(t *testing.T) {
	t.Parallel()
	p := plan()
	p.Window = 100 * qualify.Day
	rounds, err := backtest.Roll(model(t), p, backtest.Cases(leads(13, 2000)), start.Add(75*day), start.Add(120*day), start.Add(160*day))
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, r := range rounds {
		if r.Lesson == nil {
			t.Fatalf("%s", r.Problem)
		}
		tested += r.Lesson.Testing.Leads
	}
	if len(rounds) != 3 || tested < 1000 || tested > 1400 || !strings.Contains(rounds.String(), "2026-05-01") {
		t.Errorf("%d leads tested\n%s", tested, rounds)
	}
	if _, err := backtest.Roll(model(t), p, backtest.Cases(nil), start.Add(day), start); !errors.Is(err, backtest.ErrPlan) {
		t.Error(err)
	}
}

// A number that is moved lets as many through: no other whole number comes nearer.
func TestTranslate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	for range testcase.Count(5000) {
		n := 1 + r.IntN(30)
		old, new := make([]points.Points, n), make([]points.Points, n)
		for i := range old {
			old[i], new[i] = points.Points(r.IntN(20))*points.Unit, points.Points(r.IntN(40)-10)*points.Unit/2
		}
		at, strict := points.Points(r.IntN(22))*points.Unit, r.IntN(2) == 0
		through := func(list []points.Points, at points.Points) int {
			k := 0
			for _, p := range list {
				if p > at || p == at && !strict {
					k++
				}
			}
			return k
		}
		got := backtest.Translate(old, new, at, 1, strict)
		want := through(old, at)
		miss := func(at points.Points) int { return max(through(new, at)-want, want-through(new, at)) }
		for other := points.Points(-20); other <= 40; other++ {
			if miss(other*points.Unit/2) < miss(got) {
				t.Fatalf("%v to %v: %d moves to %d, which %d pass, and %d did; %d is nearer", old, new, at, got, through(new, got), want, other*points.Unit/2)
			}
		}
	}
	same := []points.Points{1e6, 5e6, 9e6}
	if got := backtest.Translate(same, same, 7e6, 1, false); got != 7e6 {
		t.Errorf("7 moves to %d where nothing changes", got)
	}
}

// The same cases give the same bytes on every platform. Whoever changes what is computed, or
// the generator, puts the new hash here; it must be that of amd64, 386 and arm64.
const everywhere = "5a7d78be1dfecb6cba9321b57206721d"

func TestSameBytesEverywhere(t *testing.T) {
	t.Parallel()
	sum := sha256.New()
	m := model(t)
	for _, name := range []string{"after", "every", "entering", "share"} {
		fmt.Fprintln(sum, bytesOf(t, m, plans()[name], leads(20, 1200)))
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:16]); got != everywhere {
		t.Errorf("the hash is %s, and must be %s on every platform", got, everywhere)
	}
}
