package review

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/probe"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
	"github.com/qualify-go/qualify/internal/testcase"
)

var first = flag.Uint64("first", 0, "the seed of the first generated policy to refute findings with")

// maker makes random policies, full of what Vet looks for, and leads that stand on
// the edges of what their conditions ask.
type maker struct{ *rand.Rand }

func pick[T any](g maker, all ...T) T { return all[g.IntN(len(all))] }

func (g maker) chance(percent int) bool { return g.IntN(100) < percent }

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var (
	signals = []string{"visit", "visit", "form", "any", "either", "rich", "third", "burst", "pair", "sitting", "each", "answer", "alone", "heard", "untold", "unheard"}
	windows = []string{"", "", `, "2d"`, `, "5d"`, `, "10d"`, `, "since form"`, `, "5d since form"`, `, "since visit"`}
)

func world() qualify.Policy {
	fields := func() []qualify.Field {
		return []qualify.Field{
			{Name: "n", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(10.0)}, {Name: "m", Kind: qualify.Number},
			{Name: "t", Kind: qualify.Text, Values: []string{"red", "Green", "blue"}}, {Name: "u", Kind: qualify.Text, Placeholders: []string{" One"}},
			{Name: "c", Kind: qualify.Code, Values: []string{"a", "ax", "bx"}, Placeholders: []string{"ax"}}, {Name: "b", Kind: qualify.Bool},
			{Name: "w", Kind: qualify.Time}, {Name: "l", Kind: qualify.Texts, Values: []string{"red", "green"}},
			{Name: "d", Kind: qualify.Number, From: "inner.d", Default: "2"},
		}
	}
	return qualify.Policy{
		Profile: fields(), Properties: fields(),
		Signals: []qualify.Signal{{ID: "visit"}, {ID: "form"}, {ID: "reset"}, {ID: "any", Types: []string{"*"}},
			{ID: "either", Types: []string{"visit", "form"}}, {ID: "rich", Types: []string{"visit"}, Where: "activity.n >= 5"},
			{ID: "third", Repeats: "either", Every: 3}, {ID: "pair", Repeats: "third", Every: 2}, {ID: "burst", Repeats: "visit", Every: 2, Per: 2 * qualify.Day},
			{ID: "sitting", Repeats: "either", Every: 2, Gap: qualify.Day}, {ID: "each", Repeats: "visit", Every: 2, ForEach: "b"},
			{ID: "answer", Types: []string{"visit"}, Following: "form", Within: 3 * qualify.Day}, {ID: "alone", Types: []string{"visit"}, NotFollowing: "form", Within: 3 * qualify.Day, ForEach: "t"},
			{ID: "never", Types: []string{"visit"}, Where: "activity.n > 10"},
			{ID: "untold", Types: []string{"visit"}, NotFollowing: "never", Within: qualify.Day}, {ID: "unheard", Types: []string{"form"}, FollowedBy: "never", Within: qualify.Day},
			{ID: "heard", Repeats: "form", Every: 1, FollowedBy: "rich", Within: 3 * qualify.Day}},
	}
}

func (g maker) number(depth int, event bool) string {
	window := pick(g, windows...)
	if event {
		window = pick(g, "", `, "since form"`)
	}
	atoms := []string{"lead.n", "lead.n", "lead.m", "(lead.n ?? 2)", "(lead.m ?? lead.n)", fmt.Sprint(g.IntN(13) - 1), "term.size",
		fmt.Sprintf("count(%q%s)", pick(g, signals...), window), fmt.Sprintf("count(%q%s)", pick(g, signals...), window),
		fmt.Sprintf(`%s(%q, "n"%s)`, pick(g, "total", "mean", "highest", "lowest", "latest", "first", "distinct"), pick(g, signals...), window),
		fmt.Sprintf("active_days(%q%s)", pick(g, signals...), window),
	}
	if !event {
		atoms = append(atoms, fmt.Sprintf(`idle_steps(%q, "2d")`, pick(g, signals...)))
	} else {
		atoms = append(atoms, "activity.n", "activity.n", "(activity.m ?? 1)")
	}
	if depth == 0 || g.chance(60) {
		return pick(g, atoms...)
	}
	a, b := g.number(depth-1, event), g.number(depth-1, event)
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s ?? %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", pick(g, "lead.b", "lead.n > 1", `happened("visit")`), a, b)
	case 2:
		return "-" + a
	}
	return fmt.Sprintf("(%s %s %s)", a, pick(g, "+", "-", "*", "/", "%"), b)
}

// leaf is an atom of a condition.
func (g maker) leaf(criteria bool) string {
	op := pick(g, "==", "!=", "<", "<=", ">", ">=")
	leaves := []string{
		fmt.Sprintf("%s %s %s", g.number(1, false), op, g.number(1, false)),
		fmt.Sprintf("%s %s %d", g.number(0, false), op, g.IntN(13)-1),
		fmt.Sprintf("lead.n %s %d", op, g.IntN(13)-1), fmt.Sprintf("%d %s lead.n", g.IntN(13)-1, op),
		fmt.Sprintf("count(%q%s) %s %d", pick(g, signals...), pick(g, windows...), op, g.IntN(5)-1),
		fmt.Sprintf("count(%q%s) %s %d", pick(g, signals...), pick(g, windows...), op, g.IntN(5)-1),
		fmt.Sprintf("days_since(%q) %s %d", pick(g, signals...), op, pick(g, 0, 2, 5, 10)),
		fmt.Sprintf("days_since_first(%q) %s %d", pick(g, signals...), op, pick(g, 0, 2, 5, 10)),
		fmt.Sprintf("happened(%q%s)", pick(g, signals...), pick(g, windows...)),
		fmt.Sprintf(`followed(%q, %q, "2d")`, pick(g, signals...), pick(g, signals...)),
		fmt.Sprintf(`%s(%q, "n"%s) %s %d`, pick(g, "distinct", "total"), pick(g, signals...), pick(g, windows...), op, g.IntN(4)),
		fmt.Sprintf("lead.n %s [1, 2, 11]", pick(g, "in", "not in")), "lead.n in [12, 13]",
		fmt.Sprintf("lead.t %s %q", pick(g, "==", "!="), pick(g, "RED", "green")), fmt.Sprintf("lead.t %s [\"red\", \"blue\"]", pick(g, "in", "not in")),
		`lead.t startsWith "R"`, `lead.t contains "e"`, `lead.t endsWith "x"`, `lead.t matches "^(?-i:r)"`,
		fmt.Sprintf("lead.u %s %q", pick(g, "==", "!="), pick(g, "one", "two ")), `lead.u contains "o"`, `lead.u startsWith "t"`, `lead.u in ["one", "three"]`,
		`lead.c == "ax"`, `lead.c contains "x"`, `lead.c startsWith "b"`, `lead.c matches "^a"`, `lead.c not in ["a", "ax", "bx"]`,
		fmt.Sprintf(`latest(%q, "c") %s %q`, pick(g, "visit", "rich"), pick(g, "==", "!="), pick(g, "a", "ax")),
		"lead.b", "lead.b == true", "lead.b != lead.b", "lead.b in [true]", "term.yes", "term.small",
		fmt.Sprintf(`lead.w %s time("2026-11-%d")`, op, 20+g.IntN(4)), fmt.Sprintf("days_until(lead.w) %s %d", op, g.IntN(3)-1), fmt.Sprintf("calendar_days_since(lead.w) %s %d", op, g.IntN(3)-1), fmt.Sprintf(`calendar_days_since("visit") %s %d`, op, g.IntN(3)-1), fmt.Sprintf(`days_between(lead.w, time("2026-11-22")) %s %d`, op, g.IntN(3)-1), fmt.Sprintf("days_since(lead.w) %s %d", op, g.IntN(3)-1), "lead.w <= now", fmt.Sprintf("%s(lead.w) %s lead.n", pick(g, "days_since", "days_until"), op),
		fmt.Sprintf("days_until(lead.w) %s %d", pick(g, "<", "<="), 1+g.IntN(3)), fmt.Sprintf("days_since(lead.w) >= -%d", 1+g.IntN(2)), fmt.Sprintf("-%d < calendar_days_since(lead.w)", 1+g.IntN(2)), `days_until(latest("visit", "w")) <= 2`,
		`"red" in lead.l`, `"green" in lead.l`, fmt.Sprintf("lead.l %s %s", pick(g, "in", "not in"), pick(g, `["red"]`, `["red", "green"]`)), `known("red" in lead.l)`, `known(lead.l in ["red", "green"])`,
		fmt.Sprintf("lead.d %s %d", op, g.IntN(4)), "known(lead.d)", `latest("visit", "l") in ["green"]`,
		fmt.Sprintf("known(%s)", pick(g, "lead.n", "lead.b", "lead.l", "lead.u", `latest("visit", "n")`, `latest("visit", "n", "5d")`, "lead.n + 1", "lead.n ?? 1", `mean("rich", "n")`, `lead.t == "red"`, "lead.n in [1, 2]", "lead.n > 3", "lead.b == (lead.n > 3)")),
		fmt.Sprintf("(%s ?? false)", pick(g, "lead.b", "(lead.n > 3)", `latest("form", "b")`)),
	}
	if criteria {
		leaves = append(leaves, `met("a")`, `unmet("a")`, `met("b")`, `unmet("b")`, `met_count("s") >= 2`, `met_count() == 4`, `all_met("s")`, "all_met()")
	}
	return pick(g, leaves...)
}

func (g maker) condition(depth int, criteria bool) string {
	if depth == 0 || g.chance(30) {
		return g.leaf(criteria)
	}
	a, b := g.condition(depth-1, criteria), g.condition(depth-1, criteria)
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf("not (%s)", a)
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", g.condition(depth-1, criteria), a, b)
	case 2:
		return fmt.Sprintf("((%s) ?? (%s))", a, b)
	case 3:
		return fmt.Sprintf("((%s) %s (%s))", a, pick(g, "==", "!="), b)
	case 4:
		return fmt.Sprintf("(%s) and not (%s)", a, a)
	}
	return fmt.Sprintf("(%s) %s (%s)", a, pick(g, "and", "or"), b)
}

func (g maker) stageCondition() string {
	return pick(g, fmt.Sprintf("score() >= %d", g.IntN(60)-10), fmt.Sprintf(`score("g0") %s %d`, pick(g, ">=", "<", "=="), g.IntN(40)-10),
		fmt.Sprintf(`band("g0") %s %q`, pick(g, "==", "!="), pick(g, "A", "B", "C")), fmt.Sprintf(`band("g0") == %q and score("g0") < %d`, pick(g, "A", "B", "C"), g.IntN(30)),
		fmt.Sprintf("days_in_stage() %s %d", pick(g, "<", ">=", "<=", "=="), g.IntN(3)), `reached("s0")`, `not reached("s1")`, `reached("s2")`, g.condition(2, true), g.condition(1, true),
		fmt.Sprintf("(%s) and score() < %d", g.leaf(true), g.IntN(30)-5), fmt.Sprintf(`reached("s0") and days_in_stage() >= %d`, g.IntN(3)), fmt.Sprintf("score() %s %d and lead.n > %d", pick(g, ">=", ">"), g.IntN(30), g.IntN(8)))
}

// stricter gives a condition that often implies another.
func (g maker) stricter(c string) string {
	if g.chance(50) {
		return fmt.Sprintf("(%s) and (%s)", c, g.stageCondition())
	}
	return g.stageCondition()
}

func (g maker) amount() float64 { return float64(g.IntN(41)-15) / pick(g, 1.0, 1, 2) }

func (g maker) bound() *float64 {
	if g.chance(65) {
		return nil
	}
	return new(float64(g.IntN(60) - 20))
}

func (g maker) bounds() (lo, hi *float64) {
	if lo, hi = g.bound(), g.bound(); lo != nil && hi != nil && *lo > *hi {
		lo, hi = hi, lo
	}
	return lo, hi
}

func (g maker) decay() (d qualify.Decay) {
	span := qualify.Day * qualify.Duration(1+g.IntN(8))
	switch g.IntN(8) {
	case 0:
		d.HalfLife = span
	case 1:
		d.Linear = span
	case 2, 3:
		d.Every, d.Lose, d.Compound = span, pick(g, 0.25, 0.5, 1, 0.3, 0.3, 0.4), g.chance(30)
	case 4:
		d.Every, d.Lose, d.Idle = span, 0.5, pick(g, signals...)
	}
	return d
}

func (g maker) rule(i int) qualify.Rule {
	r := qualify.Rule{ID: fmt.Sprintf("r%d", i), Group: pick(g, "", "g0", "g0", "g1", "g2")}
	r.Min, r.Max = g.bounds()
	switch g.IntN(6) {
	case 0, 1:
		r.When, r.Points, r.Else = g.condition(2, true), g.amount(), pick(g, 0, g.amount())
	case 2:
		for range 1 + g.IntN(4) {
			r.Tiers = append(r.Tiers, qualify.Tier{When: g.condition(1, true), Points: g.amount()})
		}
		if g.chance(30) {
			n := g.IntN(10)
			r.Tiers = append(r.Tiers, qualify.Tier{When: fmt.Sprintf("lead.n >= %d", n), Points: g.amount()}, qualify.Tier{When: fmt.Sprintf("lead.n > %d", n+g.IntN(3)-1), Points: g.amount()}, qualify.Tier{When: pick(g, "lead.n < 20", "true", "lead.n <= 5"), Points: g.amount()})
		}
		r.Else = pick(g, 0, g.amount())
	default:
		r.On, r.Points, r.Decay = pick(g, signals...), g.amount(), g.decay()
		l := &r.Limit
		if g.chance(60) {
			l.Times = 1 + g.IntN(4)
		}
		if g.chance(40) {
			l.Points = float64(1 + g.IntN(40))
		}
		if g.chance(30) {
			l.OncePer = pick(g, "t", "c", "n", "b")
		}
		if *l != (qualify.Limit{}) {
			if each := pick(g, "t", "c", "u", "b"); each != l.OncePer && g.chance(30) {
				l.ForEach = each
			}
			switch g.IntN(5) {
			case 0:
				l.Per = qualify.Day * qualify.Duration(1+g.IntN(6))
			case 1:
				l.Calendar = pick(g, "day", "week", "month", "ever")
			case 2:
				l.Gap = qualify.Day * qualify.Duration(1+g.IntN(3))
			}
		}
		if g.chance(50) {
			r.Within = qualify.Day * qualify.Duration(1+g.IntN(10))
		}
		if g.chance(30) {
			r.When = g.condition(1, true)
		}
	}
	if g.chance(25) {
		r.Multiply = g.number(1, r.On != "")
	}
	return r
}

func (g maker) policy() qualify.Policy {
	p := world()
	p.Terms = []qualify.Term{{ID: "size", Is: pick(g, "lead.n", "lead.n ?? 3", `count("visit") + 1`, `latest("visit", "n")`)}, {ID: "yes", Is: pick(g, "lead.b", "term.size > 1", `happened("form")`)},
		{ID: "small", Is: fmt.Sprintf("lead.n < %d", g.IntN(11))}}
	for i := range 3 {
		q := qualify.Group{ID: fmt.Sprintf("g%d", i), Decay: g.decay(), Round: pick(g, 0, 0, 1.0, 5), Bands: []qualify.Band{{From: new(float64(g.IntN(20) - 15)), Label: "C"}, {From: new(float64(5 + g.IntN(10))), Label: "B"}, {From: new(float64(15 + g.IntN(30))), Label: "A"}}}
		if i == 2 {
			q.Parent = "g1"
		}
		if g.chance(30) {
			q.Bands[0].From = nil
		}
		q.Min, q.Max = g.bounds()
		if g.chance(50) {
			q.Weight = new(pick(g, 0.0, -1, 0.5, 2))
		}
		if g.chance(25) {
			q.ResetOn = pick(g, "reset", "form", "third", "pair", "each", "heard")
		}
		p.Groups = append(p.Groups, q)
	}
	if g.chance(50) {
		q := qualify.Group{ID: "total", Bands: []qualify.Band{{From: new(0.0), Label: "ok"}}}
		q.Min, q.Max = g.bounds()
		p.Groups = append(p.Groups, q)
	}
	for i := range 2 + g.IntN(7) {
		p.Rules = append(p.Rules, g.rule(i))
	}
	if g.chance(30) {
		r := p.Rules[0]
		r.ID = "again"
		p.Rules = append(p.Rules, r)
	}
	if g.chance(30) {
		p.Groups = append(p.Groups, qualify.Group{ID: "percent", Percent: true, Round: pick(g, 0, 7.0), Bands: []qualify.Band{{From: new(5.0), Label: "low"}, {From: new(float64(50 + g.IntN(60))), Label: "high"}}, Weight: new(pick(g, 0, 1, 0.1))})
		p.Groups[len(p.Groups)-1].Min, p.Groups[len(p.Groups)-1].Max = g.bounds()
		for i := range 2 {
			p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprintf("p%d", i), Group: "percent", When: g.condition(1, true), Points: 5, Else: pick(g, 0, -3.0)})
		}
	}
	p.Criteria = []qualify.Criterion{{ID: "a", Set: "s", Met: g.condition(1, false)}, {ID: "b", Met: g.condition(1, false), Unmet: g.condition(1, false)}, {ID: "c", Set: "s", Met: "lead.b"}}
	for i := range 3 + g.IntN(2) {
		s := qualify.Stage{ID: fmt.Sprintf("s%d", i), Exit: g.chance(25), Enter: g.stageCondition()}
		if i > 0 && g.chance(40) {
			s.Enter = g.stricter(p.Stages[i-1].Enter)
		}
		if g.chance(50) {
			s.Keep = g.stricter(s.Enter)
		}
		if g.chance(25) {
			s.Enter = pick(g, "lead.n > 3", `count("visit") >= 2`, "lead.b or lead.n >= 1", s.Enter)
			switch g.IntN(3) {
			case 0:
				s.Keep = fmt.Sprintf("days_in_stage() < %d", 1+g.IntN(2))
			case 1:
				s.Enter = fmt.Sprintf("(%s) and not (reached(%q) and days_in_stage() >= 2)", s.Enter, s.ID)
			default:
				s.Keep = fmt.Sprintf("%s %s %s", g.leaf(true), pick(g, "or", "or", "and"), pick(g, "lead.b", `latest("form", "b")`, `mean("visit", "n") > 2`, `met("b")`, "lead.n < 2"))
			}
		}
		if g.chance(25) {
			s.MinStay = qualify.Day
		}
		p.Stages = append(p.Stages, s)
	}
	if len(p.Stages) < 2 || p.Stages[0].Exit && g.chance(50) {
		p.Stages[0].Exit = false
	}
	return p
}

func (g maker) value(name string) any {
	switch name {
	case "n":
		return pick[any](g, 0, 10, g.IntN(11), g.IntN(11), float64(g.IntN(21))/2)
	case "m":
		return pick[any](g, g.IntN(12)-1, g.IntN(12)-6, 1e15, -1e15, 0.5)
	case "t":
		return pick[any](g, "red", " GREEN", "Blue")
	case "u":
		return pick[any](g, "One", "two", "three", "x")
	case "c":
		return pick[any](g, "a", "ax", "bx")
	case "b":
		return g.chance(50)
	case "w":
		return pick[any](g, noon, noon.Add(-day), noon.Add(day), "2026-11-21", "2026-11-23")
	}
	return pick[any](g, []string{"red"}, "green;red", "Green", []string{}, "red;blue", []any{"Green", true}, "red, green")
}

var attributes = []string{"n", "m", "t", "u", "c", "b", "w", "l"}

func (g maker) props(percent int) map[string]any {
	m := map[string]any{}
	for _, name := range attributes {
		if g.chance(percent) {
			m[name] = g.value(name)
		}
	}
	if g.chance(50) {
		m["inner"] = pick[any](g, "garbage", map[string]any{"d": g.IntN(5)}, map[string]any{"d": "many"}, nil)
	}
	return m
}

func (g maker) lead() qualify.Lead {
	lead := qualify.Lead{ID: "lead", Profile: g.props(pick(g, 60, 80, 100)), Stage: pick(g, "", "s0", "s1", "s2", "s3")}
	if g.chance(70) {
		lead.StageSince = noon.Add(-time.Duration(g.IntN(80)) * time.Hour)
	}
	for i := range pick(g, 0, 1, 2, 4, 12, 30) {
		at := noon.Add(-time.Duration(g.IntN(12)) * day)
		if g.chance(30) {
			at = noon.Add(-time.Duration(g.IntN(12*24)) * time.Hour)
		}
		lead.Activities = append(lead.Activities, qualify.Activity{ID: fmt.Sprint(i), Type: pick(g, "visit", "visit", "form", "reset", "other"), At: at, Props: g.props(60)})
	}
	return lead
}

// The answers that are seen are those that the solver takes for possible, each alone
// and any two at once; points lie where they are said to lie; and each finding
// survives an attempt to refute it.
func TestFindingsAreNotRefuted(t *testing.T) {
	t.Parallel()
	checked, returned, ahead := map[Check]int{}, 0, 0
	for seed := *first; seed < *first+uint64(testcase.Count(30)); seed++ {
		g := maker{rand.New(rand.NewPCG(seed, 5))}
		p := g.policy()
		m, err := qualify.Compile(p)
		if err != nil {
			t.Fatalf("policy %d: %v", seed, err)
		}
		leads := make([]qualify.Lead, 40)
		for i := range leads {
			leads[i] = g.lead()
		}
		r := &refuter{T: t, g: g, m: m, p: p, v: newVetter(m), leads: leads}
		r.edge()
		r.v.measure()
		for i := range leads {
			r.facts(&leads[i])
		}
		r.parts()
		r.probe()
		for _, f := range Vet(m) {
			checked[f.Check]++
			r.finding(f)
		}
		returned, ahead = returned+r.returned, ahead+r.ahead
		if t.Failed() {
			p.Profile, p.Properties, p.Signals = nil, nil, nil
			t.Fatalf("policy %d: %s", seed, p)
		}
	}
	for _, check := range slices.Sorted(maps.Keys(checked)) {
		t.Logf("%6d %s", checked[check], check)
	}
	for what, tried := range map[string]int{
		"a lead that is held unknown": checked[HeldUnknown], "a stay without end": checked[NeverLeaves], "a lead that comes again": returned, "a time that lies ahead": ahead,
	} {
		if tried == 0 && testcase.Count(30) >= 30 {
			t.Errorf("%s was never tried", what)
		}
	}
}

type refuter struct {
	*testing.T
	g     maker
	m     *qualify.Model
	p     qualify.Policy
	v     *vetter
	leads []qualify.Lead

	returned, ahead int // how often a lead came again, and a time that lies ahead was moved
}

// edge gives some facts of the leads values beside those that conditions compare them with.
func (r *refuter) edge() {
	p := r.v.program
	ofLead, ofProps := probe.Gather(p.Profile, p.Properties, p.Queries, int64(time.Nanosecond), r.v.nodes())
	change := func(facts map[string]any, fields []expression.Field, values [][]probe.Value) {
		for i, f := range fields {
			if _, ok := facts[f.Name]; !ok || r.g.chance(50) {
				continue
			}
			v, _ := pick(r.g, values[i]...).At(noon.UnixNano())
			facts[f.Name] = map[fact.Kind]any{fact.Number: v.Number, fact.Text: v.Text, fact.Code: v.Text, fact.Bool: v.Bool, fact.Time: time.Unix(0, v.Time), fact.Texts: v.Texts}[f.Kind]
		}
	}
	for i := range r.leads {
		lead := &r.leads[i]
		change(lead.Profile, p.Profile, ofLead)
		for j := range lead.Activities {
			change(lead.Activities[j].Props, p.Properties, ofProps)
		}
	}
}

func (r *refuter) assessAt(lead *qualify.Lead, at time.Time) qualify.Verdict {
	a, err := r.m.Assess(lead, at)
	if err != nil {
		r.Fatal(err)
	}
	return a.Verdict
}

func (r *refuter) assess(m *qualify.Model, lead *qualify.Lead) qualify.Assessment {
	a, err := m.Assess(lead, noon)
	if err != nil {
		r.Fatal(err)
	}
	return a
}

func set3(a qualify.Answer) expression.Set {
	return map[qualify.Answer]expression.Set{qualify.Yes: yes, qualify.No: no, qualify.Unknown: unknown}[a]
}

// faithful reports whether a part of a condition is what its text says: texts leave out
// some brackets. It has the policy compiled with the text as the last of the rules, or of the
// stages: what comes before has the same numbers then.
func (r *refuter) faithful(n *expression.Node, add func(p *qualify.Policy, text string), node func(p *program.Program) *expression.Node) bool {
	if n.Kind != fact.Bool || n.Op == expression.OpTerm {
		return false
	}
	p := r.m.Policy()
	add(&p, text(n))
	m, err := qualify.Compile(p)
	return err == nil && r.v.solver.Same(node(program.Of(m))) == r.v.solver.Same(n)
}

func (r *refuter) faithfulInStage(n *expression.Node) bool {
	return r.faithful(n, func(p *qualify.Policy, text string) {
		p.Stages = append(p.Stages, qualify.Stage{ID: "probe", Exit: true, Enter: text})
	}, func(p *program.Program) *expression.Node { return p.Stages[len(p.Stages)-1].Enter })
}

func (r *refuter) faithfulInRule(n *expression.Node, group string) bool {
	return r.faithful(n, func(p *qualify.Policy, text string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", Group: group, When: text, Points: 1})
	}, func(p *program.Program) *expression.Node { return p.Rules[len(p.Rules)-1].When })
}

// probe asks for the parts of the conditions of stages, by an exit that goes before all
// others: a lead is there if its condition is yes.
func (r *refuter) probe() {
	var visit func(n *expression.Node)
	visit = func(n *expression.Node) {
		if r.g.chance(25) && r.faithfulInStage(n) {
			answers := r.v.solver.Answers(n)
			for _, want := range []expression.Set{yes, no} {
				p := r.m.Policy()
				enter := text(n)
				if want == no {
					enter = "not (" + enter + ")"
				}
				p.Stages = append([]qualify.Stage{{ID: "probe", Exit: true, Enter: enter}}, p.Stages...)
				m, err := qualify.Compile(p)
				for i := 0; err == nil && i < len(r.leads); i++ {
					if r.assess(m, &r.leads[i]).Verdict.Stage == "probe" && answers&want == 0 {
						r.Errorf("%s is yes\n%+v", enter, r.leads[i])
					}
				}
			}
		}
		for _, k := range n.Kids {
			visit(k)
		}
	}
	for _, s := range r.v.program.Stages {
		visit(s.Enter)
		visit(s.Keep)
	}
}

func (r *refuter) within(what string, have float64, lead *qualify.Lead, s points.Span) {
	if lo, hi := ends(s); have < lo || have > hi {
		r.Errorf("%s has %v points, said to be %s\n%+v", what, have, lie(s), lead)
	}
}

func (r *refuter) stage(id string) int {
	return slices.IndexFunc(r.p.Stages, func(s qualify.Stage) bool { return s.ID == id })
}

// unchanged refutes a finding if a change to the policy changes any points.
func (r *refuter) unchanged(f Finding, change func(p *qualify.Policy)) {
	p := r.m.Policy()
	change(&p)
	m, err := qualify.Compile(p)
	if err != nil {
		r.Errorf("%s\n%v", f, err)
		return
	}
	for i := range r.leads {
		a, b := r.assess(r.m, &r.leads[i]).Score, r.assess(m, &r.leads[i]).Score
		for j := range min(len(a.Contributions), len(b.Contributions)) {
			if x, y := a.Contributions[j], b.Contributions[j]; x.Points != y.Points {
				r.Errorf("%s\n%s: %v, without it %v\n%+v", f, x.Rule, x.Points, y.Points, r.leads[i])
			}
		}
		// What is never paid still is a part of the scale of a percentage.
		if a.Points != b.Points && !slices.ContainsFunc(p.Groups, func(g qualify.Group) bool { return g.Percent }) {
			r.Errorf("%s\n%v, without it %v", f, a.Points, b.Points)
		}
	}
}

// finding tries to refute a finding.
func (r *refuter) finding(f Finding) {
	list, rest, _ := strings.Cut(f.Path, "[")
	var i, tier int
	fmt.Sscanf(rest, "%d", &i)
	fmt.Sscanf(f.Field, "tiers[%d]", &tier)
	fmt.Sscanf(f.Field, "bands[%d]", &tier)
	switch f.Check {
	case TierTaken:
		r.unchanged(f, func(p *qualify.Policy) { p.Rules[i].Tiers[tier].Points += 1000 })
	case ElseNever:
		r.unchanged(f, func(p *qualify.Policy) { p.Rules[i].Else += 1000 })
	case CapUnreached:
		r.unchanged(f, func(p *qualify.Policy) {
			switch {
			case list == "groups" && f.Field == "min":
				p.Groups[i].Min = nil
			case list == "groups":
				p.Groups[i].Max = nil
			case f.Field == "min":
				p.Rules[i].Min = nil
			case f.Field == "max":
				p.Rules[i].Max = nil
			case f.Field == "limit.times":
				p.Rules[i].Limit.Times = 0
			default:
				p.Rules[i].Limit.Points = 0
				if l := &p.Rules[i].Limit; l.Times == 0 && l.OncePer == "" {
					*l = qualify.Limit{}
				}
			}
		})
	case BandUnreached:
		for j := range r.leads {
			for _, g := range r.assess(r.m, &r.leads[j]).Score.Groups {
				if g.Group == f.ID && g.Band == r.p.Groups[i].Bands[tier].Label && !r.twice(i, g.Band) {
					r.Errorf("%s\n%+v", f, r.leads[j])
				}
			}
		}
	case DecayUnseen:
		r.unchanged(f, func(p *qualify.Policy) {
			if list == "groups" {
				p.Groups[i].Decay = qualify.Decay{None: true}
			} else {
				p.Rules[i].Decay = qualify.Decay{None: true}
			}
		})
	case WithinMoot:
		r.unchanged(f, func(p *qualify.Policy) { p.Rules[i].Within = 0 })
	case PaysConstant, "pays_nothing":
		paid := map[float64]bool{}
		for j := range r.leads {
			s := r.assess(r.m, &r.leads[j]).Score
			switch {
			case list == "rules":
				if c := s.Contributions[i]; c.Answer != qualify.Unknown || !strings.Contains(f.Message, "only unknown pays") {
					paid[c.Points] = true
				}
			case f.ID == "total":
				paid[s.Points] = true
			default:
				paid[s.Groups[slices.IndexFunc(s.Groups, func(g qualify.GroupScore) bool { return g.Group == f.ID })].Points] = true
			}
			if len(paid) > 1 {
				r.Errorf("%s\n%v\n%+v", f, paid, r.leads[j])
				return
			}
		}
	case UnreachableStage, PassedOver:
		for j := range r.leads {
			v := r.assess(r.m, &r.leads[j]).Verdict
			if v.Stage == f.ID && v.Move != "none" && !(v.Move == "demote" && r.p.Stages[i].Keep != "") {
				r.Errorf("%s\n%s %s\n%+v", f, v.Move, v.Stage, r.leads[j])
			}
		}
	case StrictKeep:
		p := r.m.Policy()
		p.Stages[i].Keep = ""
		m := qualify.MustCompile(p)
		for j, lead := range r.leads {
			if j%2 == 0 {
				lead.Stage = f.ID
			}
			if a, b := r.assess(r.m, &lead).Verdict, r.assess(m, &lead).Verdict; a.Stage == f.ID && b.Stage != f.ID {
				r.Errorf("%s\n%s without it\n%+v", f, b.Stage, lead)
			}
		}
	case NotHeld:
		for _, lead := range r.leads {
			if v := r.assess(r.m, &lead).Verdict; v.Stage == f.ID && v.Move != "none" {
				lead.Stage, lead.StageSince = v.Stage, v.Since
				if v := r.assess(r.m, &lead).Verdict; v.Stage == f.ID {
					r.Errorf("%s\n%+v", f, lead)
				}
			}
		}
	case RelationMoot:
		r.unchanged(f, func(p *qualify.Policy) {
			s := &p.Signals[i]
			if s.NotFollowing != "" && s.ForEach == "" {
				s.NotFollowing, s.Within = "", 0
			} else {
				s.Types = []string{"nothing"}
			}
		})
	case HeldUnknown:
		for _, lead := range r.leads {
			lead.Stage = f.ID
			if r.without(&lead, f.Message); r.below(i, r.assess(r.m, &lead).Verdict.Stage) {
				r.Errorf("%s\n%+v", f, lead)
			}
		}
	case NeverLeaves, ComesAgain:
		for _, lead := range r.leads {
			r.stay(f, i, lead)
		}
	case OneSided:
		r.past(f, list, i, tier)
	case Unused:
		if r.g.chance(90) {
			return // there are many
		}
		r.unchanged(f, func(p *qualify.Policy) {
			switch list {
			case "profile":
				p.Profile = slices.Delete(p.Profile, i, i+1)
			case "properties":
				p.Properties = slices.Delete(p.Properties, i, i+1)
			case "signals":
				p.Signals = slices.Delete(p.Signals, i, i+1)
			case "terms":
				p.Terms = slices.Delete(p.Terms, i, i+1)
			}
		})
	}
}

// below reports whether a lead that was in a stage has lost it: no later stage and no exit
// has taken it.
func (r *refuter) below(i int, now string) bool {
	j := r.stage(now)
	return j != i && (j < 0 || !r.p.Stages[j].Exit && (r.p.Stages[i].Exit || j < i))
}

// without takes from a lead what a finding says is unknown.
func (r *refuter) without(lead *qualify.Lead, message string) {
	if _, name, ok := strings.Cut(message, "of which lead."); ok {
		name, _, _ = strings.Cut(name, " ")
		lead.Profile = maps.Clone(lead.Profile)
		delete(lead.Profile, name)
		return
	}
	_, id, _ := strings.Cut(message, `without any "`)
	id, _, _ = strings.Cut(id, `"`)
	signal := func() *qualify.Signal {
		return &r.p.Signals[slices.IndexFunc(r.p.Signals, func(s qualify.Signal) bool { return s.ID == id })]
	}
	for signal().Repeats != "" {
		id = signal().Repeats
	}
	types := signal().Types
	if types == nil {
		types = []string{id}
	}
	lead.Activities = slices.DeleteFunc(slices.Clone(lead.Activities), func(a qualify.Activity) bool {
		return slices.Contains(types, a.Type) || slices.Contains(types, "*")
	})
}

// stay has a lead enter a stage and lets time pass.
func (r *refuter) stay(f Finding, i int, lead qualify.Lead) {
	v := r.assess(r.m, &lead).Verdict
	if v.Stage != f.ID || v.Move == qualify.MoveNone || v.Move == qualify.MoveDemote {
		return
	}
	for hours := range 40 {
		lead.Stage, lead.StageSince = v.Stage, v.Since
		at := noon.Add(time.Duration(hours*hours) * time.Hour)
		next := r.assessAt(&lead, at)
		if next.Stage != f.ID && !r.below(i, next.Stage) {
			return // on, or out
		}
		if next.Stage != f.ID && f.Check == ComesAgain {
			r.returned++
			lead.Stage, lead.StageSince = next.Stage, next.Since
			if next = r.assessAt(&lead, at); !r.below(i, next.Stage) {
				return
			}
		}
		if v = next; v.Stage != f.ID {
			r.Errorf("%s\nin %q at %s\n%+v", f, v.Stage, at, lead)
			return
		}
	}
}

var latestTime = regexp.MustCompile(`(latest|first)\("[a-z]+", "w"[^)]*\)`)

// past moves a time from the future into the past.
func (r *refuter) past(f Finding, list string, i, tier int) {
	p := r.m.Policy()
	ofLead := strings.Contains(f.Message, "days_until(lead.w)")
	if calls := latestTime.FindAllString(strings.ReplaceAll(p.String(), `\"`, `"`), -1); !ofLead && len(slices.Compact(slices.Sorted(slices.Values(calls)))) > 1 {
		return // the others change with it
	}
	probe := qualify.Rule{ID: "probe", Points: 1}
	switch list {
	case "rules":
		probe.Group, probe.When = p.Rules[i].Group, p.Rules[i].When
		if p.Rules[i].Tiers != nil {
			probe.When = fmt.Sprintf("(%s)", p.Rules[i].Tiers[tier].When)
			for _, before := range p.Rules[i].Tiers[:tier] {
				probe.When += fmt.Sprintf(" and not (%s)", before.When)
			}
		}
	case "stages":
		enter := p.Stages[i].Enter
		if f.Field == "keep" {
			enter = p.Stages[i].Keep
		}
		p.Stages = append([]qualify.Stage{{ID: "probe", Exit: true, Enter: enter}}, p.Stages...)
	}
	if probe.When != "" {
		p.Rules = append(p.Rules, probe)
	}
	m, err := qualify.Compile(p)
	if err != nil {
		r.Errorf("%s\n%v", f, err)
		return
	}
	holds := func(lead qualify.Lead, w time.Time) bool {
		if ofLead {
			lead.Profile = maps.Clone(lead.Profile)
			lead.Profile["w"] = w
		} else {
			lead.Activities = slices.Clone(lead.Activities)
			for j, a := range lead.Activities {
				a.Props = maps.Clone(a.Props)
				a.Props["w"] = w
				lead.Activities[j] = a
			}
		}
		a := r.assess(m, &lead)
		switch list {
		case "rules":
			return a.Score.Contributions[len(p.Rules)-1].Answer == qualify.Yes
		case "criteria":
			return a.Checklist[i].Answer == qualify.Yes
		}
		return a.Verdict.Stage == "probe"
	}
	for _, lead := range r.leads {
		if holds(lead, noon.Add(6*time.Hour)) {
			r.ahead++
			if !holds(lead, noon.AddDate(-101, 0, 0)) {
				r.Errorf("%s\n%+v", f, lead)
			}
		}
	}
}

// twice reports whether two bands of a group share a label.
func (r *refuter) twice(i int, label string) bool {
	n := 0
	for _, b := range r.p.Groups[i].Bands {
		if b.Label == label {
			n++
		}
	}
	return n > 1
}

// parts holds what the solver says of each part of the conditions of rules, as a rule
// of its own, against what that rule then answers.
func (r *refuter) parts() {
	p := r.m.Policy()
	var answers []expression.Set
	var visit func(group string, n *expression.Node)
	visit = func(group string, n *expression.Node) {
		if n == nil || len(answers) > 200 {
			return
		}
		if r.faithfulInRule(n, group) {
			rule := qualify.Rule{ID: fmt.Sprintf("part %d", len(answers)), Group: group, When: text(n), Points: 1}
			p.Rules, answers = append(p.Rules, rule), append(answers, r.v.solver.Answers(n))
		}
		for _, k := range n.Kids {
			visit(group, k)
		}
	}
	for i, rule := range r.v.program.Rules {
		visit(r.p.Rules[i].Group, rule.When)
		for _, t := range rule.Tiers {
			visit(r.p.Rules[i].Group, t.When)
		}
	}
	m := qualify.MustCompile(p)
	for i := range r.leads {
		for j, c := range r.assess(m, &r.leads[i]).Score.Contributions[len(r.p.Rules):] {
			if set3(c.Answer)&^answers[j] != 0 {
				r.Errorf("%s is %s\n%+v", p.Rules[len(r.p.Rules)+j].When, c.Answer, r.leads[i])
			}
		}
	}
}

// facts holds what an assessment says against what is said to be possible.
func (r *refuter) facts(lead *qualify.Lead) {
	a := r.assess(r.m, lead)
	var seen []solver.Goal
	for i, c := range a.Score.Contributions {
		k := &r.v.rules[i]
		if when := r.v.program.Rules[i].When; when != nil {
			seen = append(seen, is(when, set3(c.Answer)))
		}
		r.within("rule "+c.Rule+" before its bounds", c.Raw, lead, k.sum)
		r.within("rule "+c.Rule, c.Points, lead, k.kept)
	}
	for i, g := range r.v.groups {
		points, band := a.Score.Points, a.Score.Band
		if i > 0 {
			s := a.Score.Groups[slices.IndexFunc(a.Score.Groups, func(s qualify.GroupScore) bool { return s.Group == g.ID })]
			points, band = s.Points, s.Band
		}
		r.within("group "+g.ID, points, lead, r.v.totals[i].kept)
		if !slices.Contains(r.v.solver.Labels(i), band) {
			r.Errorf("group %s has the band %q\n%+v", g.ID, band, lead)
		}
	}
	for i, c := range a.Checklist {
		met, unmet := r.v.program.Criteria[i].Met, r.v.program.Criteria[i].Unmet
		switch {
		case unmet == nil:
			seen = append(seen, is(met, set3(c.Answer)))
		case c.Answer == qualify.Yes || c.Answer == qualify.Disputed:
			seen = append(seen, is(met, yes))
		case c.Answer == qualify.No:
			seen = append(seen, is(unmet, yes))
		}
	}
	if v := a.Verdict; v.Stage != "" && v.Move != "none" {
		i := r.stage(v.Stage)
		held := "enter"
		for _, reason := range v.Reasons {
			if reason.Stage == v.Stage {
				held = string(reason.Field)
			}
		}
		if held == "enter" {
			seen = append(seen, is(r.v.program.Stages[i].Enter, yes))
		} else {
			seen = append(seen, is(r.v.program.Stages[i].Keep, yes))
		}
	}
	for i, x := range seen {
		if !r.v.can(x) {
			r.Errorf("%s is %b\n%+v", x.Node.Text, x.Want, lead)
		}
		for _, y := range seen[:i] {
			if !r.v.can(x, y) {
				r.Errorf("%s is %b and %s is %b\n%+v", x.Node.Text, x.Want, y.Node.Text, y.Want, lead)
			}
		}
	}
	if !r.v.can(seen...) {
		r.Errorf("all answers at once\n%+v", lead)
	}
}
