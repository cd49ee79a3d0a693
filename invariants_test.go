package qualify_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// maker makes random policies and leads.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](g maker, all ...T) T { return all[g.IntN(len(all))] }

func (g maker) chance(percent int) bool { return g.IntN(100) < percent }

// points are round numbers, so that ties and equal sums come up.
func (g maker) points() float64 { return float64(g.IntN(81)-40) / pick(g, 1.0, 2, 8, 100) }

func (g maker) limit() *float64 {
	if g.chance(60) {
		return nil
	}
	return new(float64(g.IntN(30) - 10))
}

func (g maker) bounds() (lo, hi *float64) {
	lo, hi = g.limit(), g.limit()
	if lo != nil && hi != nil && *lo > *hi {
		lo, hi = hi, lo
	}
	return lo, hi
}

var (
	signals = []string{"visit", "form", "reset", "any", "either", "rich", "third", "burst", "sitting", "twice", "answer", "alone", "answered", "soon"}
	windows = []string{"", "", `, "30d"`, `, "36h"`, `, "since form"`, `, "10d since reset"`}
)

// world declares what the random policies speak of.
func world() qualify.Policy {
	p := vocabulary()
	p.Profile[0].Minimum, p.Profile[0].Maximum = new(-10.0), new(10.0)
	p.Profile[2].Values = []string{"red", "green", "blue"}
	p.Profile[6].Values = []string{"red", "green", "blue"}
	p.Properties[6].Separator = ","
	more := []qualify.Field{
		{Name: "d", Kind: qualify.Number, From: "inner.d", Default: "2", Minimum: new(-10.0), Maximum: new(10.0)},
		{Name: "u", Kind: qualify.Bool, From: "inner.list.0", Default: "no", Placeholders: []string{"true"}},
	}
	p.Profile, p.Properties = append(p.Profile, more...), append(p.Properties, more...)
	p.Properties[0].Minimum, p.Properties[0].Maximum = new(-10.0), new(10.0)
	p.Signals = append(p.Signals,
		qualify.Signal{ID: "rich", Types: []string{"visit", "form"}, Where: `activity.n >= 5`},
		qualify.Signal{ID: "third", Repeats: "either", Every: 3},
		qualify.Signal{ID: "burst", Repeats: "visit", Every: 2, Per: 2 * qualify.Day},
		qualify.Signal{ID: "sitting", Repeats: "any", Every: 2, Gap: qualify.Day, ForEach: "b"},
		qualify.Signal{ID: "twice", Repeats: "either", Every: 2, ForEach: "t"},
		qualify.Signal{ID: "answer", Types: []string{"visit", "reset"}, Following: "form", Within: 2 * qualify.Day},
		qualify.Signal{ID: "alone", Types: []string{"visit"}, NotFollowing: "rich", Within: 3 * qualify.Day, ForEach: "c"},
		qualify.Signal{ID: "answered", Types: []string{"form"}, FollowedBy: "visit", Within: 3 * qualify.Day, ForEach: "t"},
		qualify.Signal{ID: "soon", Repeats: "visit", Every: 1, Following: "answered", Within: 5 * qualify.Day})
	return p
}

func (g maker) number(depth int, event bool) string {
	window := pick(g, windows...)
	if event { // what an occurrence pays does not change as time passes
		window = pick(g, "", ", \"since form\"")
	}
	atoms := []string{"lead.n", "lead.m", "(lead.n ?? 2)", "(lead.m ?? lead.n)", fmt.Sprint(g.IntN(9) - 4), "0.5",
		fmt.Sprintf("count(%q%s)", pick(g, signals...), window),
		fmt.Sprintf("%s(%q, %q%s)", pick(g, "total", "mean", "highest", "lowest", "latest", "first"), pick(g, signals...), "n", window),
		fmt.Sprintf("distinct(%q, %q)", pick(g, signals...), pick(g, "n", "t", "c", "b", "w")),
		fmt.Sprintf("active_days(%q)", pick(g, signals...)), "term.size",
	}
	if event {
		atoms = append(atoms, "activity.n", "activity.m", "(activity.n ?? 1)")
	} else {
		atoms = append(atoms, g.idleSteps())
	}
	if depth == 0 || g.chance(50) {
		return pick(g, atoms...)
	}
	a, b := g.number(depth-1, event), g.number(depth-1, event)
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("(%s ?? %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", pick(g, "lead.b", "lead.n > 1", `happened("visit", "since form")`, `lead.t == "red"`, "known(lead.m)"), a, b)
	}
	return fmt.Sprintf("(%s %s %s)", a, pick(g, "+", "-", "*", "/", "%"), b)
}

// idleSteps are of days, which lie close to the activities, or so long that they do not
// come too often in the two centuries that Next looks through.
func (g maker) idleSteps() string {
	return fmt.Sprintf("idle_steps(%q, %q%s)", pick(g, signals...), pick(g, "36h", "6d", "3d"), pick(g, "", `, "2d"`, `, "80d"`))
}

func (g maker) condition(depth int, criteria bool) string {
	if depth > 0 && g.chance(65) {
		a, b := g.condition(depth-1, criteria), g.condition(depth-1, criteria)
		switch g.IntN(6) {
		case 0:
			return fmt.Sprintf("not (%s)", a)
		case 1:
			return fmt.Sprintf("(%s ? %s : %s)", g.condition(depth-1, criteria), a, b)
		case 2:
			return fmt.Sprintf("((%s) ?? (%s))", a, b)
		}
		return fmt.Sprintf("(%s) %s (%s)", a, pick(g, "and", "or"), b)
	}
	if criteria && g.chance(30) {
		return pick(g, `met("a")`, `unmet("b")`, `met_count("s") >= 1`, `met_count() == 2`, `all_met("s")`, `not all_met()`)
	}
	op := pick(g, "==", "!=", "<", "<=", ">", ">=")
	return pick(g,
		fmt.Sprintf("%s %s %s", g.number(1, false), op, g.number(1, false)),
		fmt.Sprintf("%s %s %d", g.number(0, false), op, g.IntN(7)-3),
		fmt.Sprintf("lead.n %s [1, 2, -3]", pick(g, "in", "not in")),
		fmt.Sprintf("lead.t %s %q", pick(g, "==", "!="), pick(g, "red", "GREEN")),
		`lead.t in ["red", "blue"]`, `lead.t matches "^(red|gr)"`, `lead.c contains "x"`, `lead.c startsWith "a"`, `lead.c == "ax"`,
		"lead.b", "!lead.b", "lead.b == true", `"red" in lead.l`, `"blue" not in lead.l`,
		`lead.l in ["red", "green"]`, `lead.l not in ["blue"]`, `(lead.b ? lead.l : latest("form", "l")) in ["red"]`, `"red" in latest("visit", "l")`, `latest("any", "l") not in ["red", "blue"]`,
		"lead.u", "not lead.u", fmt.Sprintf("lead.d %s %d", op, g.IntN(5)), `latest("visit", "d") > 1`, "known(lead.u)", `latest("form", "u")`,
		fmt.Sprintf("days_until(lead.w) %s %d", op, g.IntN(9)-4), fmt.Sprintf("days_since(lead.w) %s 0", op), fmt.Sprintf("calendar_days_since(lead.w) %s %d", op, g.IntN(5)-2), fmt.Sprintf(`calendar_days_since("visit") %s %d`, op, g.IntN(3)), fmt.Sprintf(`days_between(lead.w, latest("visit", "w")) %s %d`, op, g.IntN(9)-4), `lead.w >= time("2026-11-01")`, "lead.w < now",
		fmt.Sprintf("known(%s + lead.n)", g.number(1, false)), "known(lead.t)", "known(lead.w)", "known(lead.l)", "known(lead.b)",
		fmt.Sprintf("days_since(%q) %s %d", pick(g, signals...), op, g.IntN(20)),
		fmt.Sprintf("happened(%q%s)", pick(g, signals...), pick(g, windows...)),
		fmt.Sprintf("%s %s %d", g.idleSteps(), op, g.IntN(9)),
		fmt.Sprintf(`followed(%q, %q, "2d")`, pick(g, signals...), pick(g, signals...)),
		fmt.Sprintf("latest(%q, %q) == %q", pick(g, signals...), pick(g, "t", "c"), pick(g, "a", "ax", "red")),
		`(latest("visit", "t") ?? "none") == "none"`, "term.yes", `term.name == "red"`, "true", "false",
	)
}

func (g maker) decay() qualify.Decay {
	day := qualify.Day
	switch g.IntN(8) {
	case 0:
		return qualify.Decay{HalfLife: day * qualify.Duration(1+g.IntN(20))}
	case 1:
		return qualify.Decay{Linear: day * qualify.Duration(1+g.IntN(20))}
	case 2:
		return qualify.Decay{Every: day * qualify.Duration(1+g.IntN(5)), Lose: pick(g, 0.1, 0.25, 0.5, 0.333333, 1)}
	case 3:
		return qualify.Decay{Every: day * qualify.Duration(1+g.IntN(5)), Lose: pick(g, 0.1, 0.25, 0.5, 0.999, 1), Compound: true}
	case 4:
		return qualify.Decay{Every: day * qualify.Duration(1+g.IntN(5)), Lose: pick(g, 0.1, 0.25, 0.5, 1), Idle: pick(g, signals...)}
	case 5:
		return qualify.Decay{None: true}
	}
	return qualify.Decay{}
}

func (g maker) eventRule(r *qualify.Rule) {
	r.On, r.Points, r.Decay = pick(g, signals...), g.points(), g.decay()
	l := &r.Limit
	if g.chance(50) {
		l.Times = 1 + g.IntN(4)
	}
	if g.chance(40) {
		l.Points = math.Abs(g.points())
	}
	if g.chance(30) {
		l.OncePer = pick(g, "t", "c", "n", "b")
	}
	if each := pick(g, "t", "c", "b"); *l != (qualify.Limit{}) && each != l.OncePer && g.chance(30) {
		l.ForEach = each
	}
	if *l != (qualify.Limit{}) {
		switch g.IntN(5) {
		case 0:
			l.Per = qualify.Day * qualify.Duration(1+g.IntN(5))
		case 1:
			l.Calendar = pick(g, "day", "week", "month", "ever")
		case 2:
			l.Gap = qualify.Day * qualify.Duration(1+g.IntN(3))
		}
	}
	if g.chance(30) {
		r.Within = qualify.Day * qualify.Duration(1+g.IntN(20))
	}
}

func (g maker) groups(p *qualify.Policy) (ids []string) {
	ids = []string{"", "total"}
	for i := range g.IntN(6) {
		q := qualify.Group{ID: fmt.Sprintf("g%d", i), Parent: pick(g, ids...), Decay: g.decay(), Round: pick(g, 0, 0, 1.0, 0.25)}
		q.Min, q.Max = g.bounds()
		if g.chance(50) {
			q.Weight = new(pick(g, 0.0, -1, 0.5, 1.25, -0.3, 3))
		}
		if g.chance(25) {
			q.ResetOn = pick(g, signals...)
		}
		if g.chance(40) {
			q.Bands = []qualify.Band{{Label: "C"}, {From: new(0.0), Label: "B"}, {From: new(10.5), Label: "A"}}
		}
		p.Groups, ids = append(p.Groups, q), append(ids, q.ID)
	}
	if g.chance(50) {
		q := qualify.Group{ID: "total", Round: pick(g, 0, 1.0), Bands: []qualify.Band{{From: new(0.0), Label: "ok"}}}
		q.Min, q.Max = g.bounds()
		p.Groups = append(p.Groups, q)
	}
	g.Shuffle(len(p.Groups), func(i, j int) { p.Groups[i], p.Groups[j] = p.Groups[j], p.Groups[i] })
	return ids
}

// policy makes a policy of all that there is.
func (g maker) policy() qualify.Policy {
	p := world()
	p.Terms = []qualify.Term{{ID: "size", Is: g.number0()}, {ID: "yes", Is: pick(g, "lead.b", "term.size > 1", `happened("form")`)}, {ID: "name", Is: `lead.t`}, {ID: "high", Is: pick(g, `score() * 2 >= 9`, `not (score() > 1) or days_in_stage() >= 1`, `score() - total("visit", "n", "30d") < 4`)}}
	ids := g.groups(&p)
	for i := range 1 + g.IntN(10) {
		p.Rules = append(p.Rules, g.rule(i, ids))
	}
	// A group in percent, whose rules all have bounds.
	if g.chance(50) {
		p.Groups = append(p.Groups, qualify.Group{ID: "percent", Percent: true, Parent: pick(g, ids...)})
		for i := range 1 + g.IntN(3) {
			p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprintf("p%d", i), Group: "percent", When: g.condition(1, true), Points: 5 + g.points(), Else: pick(g, 0, -3.0)})
		}
		p.Rules = append(p.Rules, qualify.Rule{ID: "scale", Group: "percent", When: "lead.b", Points: 1, Multiply: g.number(1, false), Min: new(-5.0), Max: new(5.0)})
	}
	p.Criteria = []qualify.Criterion{{ID: "a", Set: "s", Met: g.condition(2, false), Question: "A?"}, {ID: "b", Met: g.condition(1, false), Unmet: g.condition(1, false)}, {ID: "c", Set: "s", Met: "lead.b"}}
	for i := range g.IntN(4) {
		s := qualify.Stage{ID: fmt.Sprintf("s%d", i), Exit: g.chance(25), Enter: g.stageCondition()}
		if g.chance(40) {
			s.Keep = g.stageCondition()
		}
		if g.chance(40) {
			s.MinStay = qualify.Day
		}
		if g.chance(40) {
			s.MaxStay = 3 * qualify.Day
		}
		p.Stages = append(p.Stages, s)
	}
	return p
}

// rule makes a rule of any kind, in one of some groups.
func (g maker) rule(i int, groups []string) qualify.Rule {
	r := qualify.Rule{ID: fmt.Sprintf("r%d", i), Group: pick(g, groups...)}
	r.Min, r.Max = g.bounds()
	switch g.IntN(5) {
	case 0, 1:
		r.When, r.Points, r.Else = g.condition(2, true), g.points(), g.points()
	case 2:
		for range 1 + g.IntN(3) {
			r.Tiers = append(r.Tiers, qualify.Tier{When: g.condition(1, true), Points: g.points()})
		}
		r.Else = g.points()
	default:
		g.eventRule(&r)
		if g.chance(40) {
			r.When = g.condition(2, true)
		}
	}
	if g.chance(40) {
		r.Multiply = g.number(2, r.On != "")
	}
	return r
}

// number0 is for terms, which must not use themselves.
func (g maker) number0() string {
	return pick(g, "lead.n", "lead.m ?? 3", `latest("visit", "n")`, `count("visit") + lead.n`)
}

func (g maker) stageCondition() string {
	return pick(g, fmt.Sprintf("score() >= %d", g.IntN(20)-5), `score("total") > 3 and met_count() >= 1`, `days_in_stage() < 2`, `reached("s0")`, g.condition(2, true),
		fmt.Sprintf(`score() + count("visit"%s) > %d`, pick(g, windows...), g.IntN(20)-5), fmt.Sprintf(`score() %s 0 or %s`, pick(g, "==", "!=", "<="), g.condition(1, true)),
		`(score() >= 2 ? days_in_stage() < 3 : happened("form", "30d"))`, fmt.Sprintf("%s and score() < %d", g.condition(1, true), g.IntN(20)-5), `score() in [0, 5, 6.5]`, `term.high`)
}

func (g maker) profileValue(name string) any {
	switch name {
	case "n":
		return pick[any](g, g.IntN(21)-10, float64(g.IntN(41)-20)/2, "3", 10, -10, 0)
	case "m":
		return pick[any](g, g.IntN(5)-2, g.NormFloat64()*100, 1e15, -1e15, 0, "0.5")
	case "t":
		return pick[any](g, "red", " GREEN", "blue")
	case "c":
		return pick[any](g, "ax", "a", "x", "zzz")
	case "d":
		return g.IntN(9) - 4
	case "b", "u":
		return pick[any](g, true, false, "yes", "0")
	case "w":
		return pick[any](g, noon, ago(day), "2026-11-24", "1900-01-01", ago(-3*day))
	}
	return pick[any](g, []string{"red"}, []any{"Green", "blue"}, "red; blue", []string{}, []any{"red", "yellow"}, []any{true, "blue"}, "red;blue, green")
}

// source is the key under which a lead has an attribute of the world.
func source(name string) string {
	for _, f := range world().Profile {
		if f.Name == name && f.From != "" {
			return f.From
		}
	}
	return name
}

// kept gives the elements of a list that profileValue made and of which some are set aside.
func kept(v any) []any {
	switch fmt.Sprint(v) {
	case "[red yellow]", "red;blue, green":
		return []any{"red"}
	case "[true blue]":
		return []any{"blue"}
	}
	return nil
}

// learn gives what an attribute may become when more is learnt of it.
func (g maker) learn(name string, was any) any {
	v := g.profileValue(name)
	known := kept(was)
	if name != "l" || known == nil {
		return v
	}
	switch v := v.(type) {
	case []any:
		return append(known, v...)
	case []string:
		for _, s := range v {
			known = append(known, s)
		}
	}
	return known
}

// inner makes the record that d and u stand in.
func (g maker) inner() any {
	return pick[any](g, nil, "", "garbage", map[string]any{"d": g.IntN(9) - 4}, map[string]any{"d": "many", "list": []any{g.chance(50)}}, map[string]any{"list": []bool{false}}, map[string]any{"list": []any{}})
}

var attributes = []string{"n", "m", "t", "c", "b", "w", "l"}

// lead makes a lead whose activities stand on whole hours and days, so that
// they meet the boundaries of windows and share instants.
func (g maker) lead() qualify.Lead {
	lead := qualify.Lead{ID: "lead", Profile: profile{}, Stage: pick(g, "", "s0", "s1", "s2", "zombie")}
	if g.chance(70) {
		lead.StageSince = ago(time.Duration(g.IntN(100)-4) * time.Hour)
	}
	for _, name := range attributes {
		switch {
		case g.chance(45):
			lead.Profile[name] = g.profileValue(name)
		case g.chance(20):
			lead.Profile[name] = pick[any](g, nil, "", struct{}{}, 1e99)
		}
	}
	if g.chance(60) {
		lead.Profile["inner"] = g.inner()
	}
	for i := range g.IntN(25) {
		a := act(pick(g, "visit", "visit", "form", "reset", "other"), ago(time.Duration(g.IntN(25*24)-24)*time.Hour))
		if g.chance(40) {
			a.At = ago(time.Duration(g.IntN(25)-1) * day)
		}
		if g.chance(70) {
			a.ID = fmt.Sprintf("a%d", i-g.IntN(2))
		}
		a.Props = map[string]any{}
		for _, name := range attributes {
			if g.chance(40) {
				a.Props[name] = pick(g, g.profileValue(name), g.profileValue(name), g.profileValue(name), any("bad;;"))
			}
		}
		if g.chance(40) {
			a.Props["inner"] = g.inner()
		}
		lead.Activities = append(lead.Activities, a)
	}
	return lead
}

// each runs a test over generated policies and leads.
func each(t *testing.T, policies, leads int, test func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead)) {
	for seed := range uint64(policies) {
		g := newMaker(seed)
		p := g.policy()
		m, err := qualify.Compile(p)
		if err != nil {
			t.Fatalf("policy %d does not compile: %v\n%s", seed, err, brief(p))
		}
		for range leads {
			lead := g.lead()
			if test(t, g, m, lead); t.Failed() {
				t.Fatalf("policy %d:\n%s\nlead: %+v", seed, brief(p), lead)
			}
		}
	}
}

// brief is a policy without what all of them declare.
func brief(p qualify.Policy) string {
	p.Profile, p.Properties, p.Signals = nil, nil, nil
	return string(must(json.Marshal(p)))
}

func bytesOf(t testing.TB, a qualify.Assessment) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Invariant 1: same facts, same bytes.
func TestSameFactsSameBytes(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(300), 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		want := bytesOf(t, assess(t, m, lead, noon))
		for range 3 {
			g.Shuffle(len(lead.Activities), func(i, j int) {
				lead.Activities[i], lead.Activities[j] = lead.Activities[j], lead.Activities[i]
			})
			again := lead
			again.Activities = slices.Clone(lead.Activities)
			for _, a := range lead.Activities {
				if a.ID != "" && g.chance(30) {
					again.Activities = append(again.Activities, a)
				}
			}
			if got := bytesOf(t, assess(t, m, lead, noon)); got != want {
				t.Errorf("in another order:\n%s\n%s", want, got)
			}
			if got := bytesOf(t, assess(t, m, again, noon)); got != want {
				t.Errorf("with activities repeated:\n%s\n%s", want, got)
			}
		}
	})
}

func TestAThousandRuns(t *testing.T) {
	t.Parallel()
	g := newMaker(3)
	m := compile(t, g.policy())
	lead := g.lead()
	want := bytesOf(t, assess(t, m, lead, noon))
	same := compile(t, m.Policy())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			var reused qualify.Assessment
			for i := range 100 {
				if i%2 == 0 {
					reused = must(same.Assess(&lead, noon))
				} else if err := m.AssessInto(&reused, &lead, noon); err != nil {
					t.Error(err)
				}
				if got := string(must(json.Marshal(reused))); got != want {
					t.Errorf("run %d:\n%s\n%s", i, want, got)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Invariant 10: one model, many goroutines with different leads, each of which
// is neither changed nor kept.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		g := newMaker(1000 + seed)
		m := compile(t, g.policy())
		var wg sync.WaitGroup
		for range 8 {
			lead := g.lead()
			before := fmt.Sprintf("%#v", lead)
			want := assess(t, m, lead, noon)
			text := bytesOf(t, want)
			wg.Go(func() {
				for range 20 {
					got, err := m.Assess(&lead, noon)
					if err != nil || string(must(json.Marshal(got))) != text {
						t.Errorf("seed %d: another assessment: %v", seed, err)
						return
					}
				}
				if fmt.Sprintf("%#v", lead) != before {
					t.Errorf("seed %d: the lead changed", seed)
				}
				// What the assessment holds is its own.
				for _, v := range lead.Profile {
					if l, ok := v.([]string); ok && len(l) > 0 {
						l[0] = "spoilt"
					}
				}
				if string(must(json.Marshal(want))) != text {
					t.Errorf("seed %d: the assessment keeps a part of the lead", seed)
				}
			})
		}
		wg.Wait()
	}
}

func millionths(p float64) int64 { return int64(math.Round(p * 1e6)) }

// Invariant 2: at every level Raw is the sum of what lies below, and Points is
// Raw - Lost, in millionths.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(500), 3, func(t *testing.T, _ maker, m *qualify.Model, lead qualify.Lead) {
		s := assess(t, m, lead, noon).Score
		sums := map[string]int64{}
		for _, c := range s.Contributions {
			if millionths(c.Raw)-millionths(c.Lost) != millionths(c.Points) {
				t.Errorf("rule %s: %v - %v is not %v", c.Rule, c.Raw, c.Lost, c.Points)
			}
			sums[c.Group] += millionths(c.Points)
		}
		for _, g := range s.Groups {
			sums[g.Parent] += millionths(g.Share)
			if g.Parent == "" {
				t.Errorf("group %s has no parent", g.Group)
			}
		}
		check := func(name string, raw, lost, points float64) {
			if millionths(raw) != sums[name] || millionths(raw)-millionths(lost) != millionths(points) {
				t.Errorf("group %s: raw %v of %d below, lost %v, points %v", name, raw, sums[name], lost, points)
			}
		}
		check("total", s.Raw, s.Lost, s.Points)
		for _, g := range s.Groups {
			check(g.Group, g.Raw, g.Lost, g.Points)
		}
	})
}

func within(p float64, r qualify.Range) bool { return r.Low <= p && p <= r.High }

// Invariant 5: the total lies in its range, and stays in the old one when
// unknown facts are filled in; so do groups and rules. One fact alone stays in
// the range that Missing gives.
func TestRangesAreSound(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(1500), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		old := assess(t, m, lead, noon)
		check := func(what string, a qualify.Assessment) {
			s := &a.Score
			if !within(s.Points, old.Score.Range) {
				t.Errorf("%s: the total %v is not within %v", what, s.Points, old.Score.Range)
			}
			for i, c := range s.Contributions {
				if !within(c.Points, old.Score.Contributions[i].Range) {
					t.Errorf("%s: rule %s: %v is not within %v", what, c.Rule, c.Points, old.Score.Contributions[i].Range)
				}
			}
			for i, g := range s.Groups {
				if !within(g.Points, old.Score.Groups[i].Range) {
					t.Errorf("%s: group %s: %v is not within %v", what, g.Group, g.Points, old.Score.Groups[i].Range)
				}
			}
		}
		check("as it is", old)
		missing := map[string]qualify.Range{}
		for i, x := range old.Score.Unknown {
			missing[x.Fact] = x.Range
			if !within(old.Score.Points, x.Range) {
				t.Errorf("missing %s: %v is not within %v", x.Fact, old.Score.Points, x.Range)
			}
			if i > 0 && x.Range.High-x.Range.Low > old.Score.Unknown[i-1].Range.High-old.Score.Unknown[i-1].Range.Low {
				t.Errorf("missing %s opens more than the one before it", x.Fact)
			}
		}
		// An attribute is unknown if naming it in known() says so: ask the model.
		unknown := unknowns(t, lead)
		for range 4 {
			filled, names := lead, []string{}
			filled.Profile = profile{}
			for k, v := range lead.Profile {
				filled.Profile[k] = v
			}
			for _, name := range unknown {
				if g.chance(60) {
					filled.Profile[source(name)] = g.learn(name, lead.Profile[name])
					names = append(names, fmt.Sprintf("%s=%v", name, filled.Profile[source(name)]))
				}
			}
			check(strings.Join(names, " "), assess(t, m, filled, noon))
		}
		for _, name := range unknown {
			filled := lead
			filled.Profile = profile{source(name): g.learn(name, lead.Profile[name])}
			for k, v := range lead.Profile {
				if k != source(name) {
					filled.Profile[k] = v
				}
			}
			a := assess(t, m, filled, noon)
			r, ok := missing["lead."+name]
			if !ok && a.Score.Points != old.Score.Points {
				t.Errorf("%s is not missing and changes the total", name)
			}
			if ok && !within(a.Score.Points, r) {
				t.Errorf("%s = %v alone: %v is not within %v", name, filled.Profile[source(name)], a.Score.Points, r)
			}
		}
	})
}

var knowing = sync.OnceValue(func() *qualify.Model {
	p := world()
	for _, f := range p.Profile {
		p.Rules = append(p.Rules, qualify.Rule{ID: f.Name, When: "known(lead." + f.Name + ")", Points: 1})
	}
	return qualify.MustCompile(p)
})

func unknowns(t testing.TB, lead qualify.Lead) (names []string) {
	for _, c := range assess(t, knowing(), lead, noon).Score.Contributions {
		if c.Answer == qualify.No {
			names = append(names, c.Rule)
		}
	}
	if kept(lead.Profile["l"]) != nil {
		names = append(names, "l") // known in part
	}
	return names
}

// Invariant 6: what is dated after the instant changes nothing.
func TestTheFutureChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(200), 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		at := ago(time.Duration(g.IntN(300)) * time.Hour)
		before := bytesOf(t, assess(t, m, lead, at))
		kept := lead
		kept.Activities = nil
		for _, a := range lead.Activities {
			if !a.At.After(at) {
				kept.Activities = append(kept.Activities, a)
			}
		}
		if got := bytesOf(t, assess(t, m, kept, at)); got != before {
			t.Errorf("without the future:\n%s\n%s", before, got)
		}
		for range 5 {
			a := act(pick(g, "visit", "form", "reset"), at.Add(time.Duration(1+g.Int64N(1e15))), "n", 7, "t", 5)
			a.ID = fmt.Sprintf("a%d", g.IntN(25))
			lead.Activities = append(lead.Activities, a)
		}
		if got := bytesOf(t, assess(t, m, lead, at)); got != before {
			t.Errorf("with more of the future:\n%s\n%s", before, got)
		}
	})
}

// Invariant 9: the identity over documents.
func TestPolicyIsItsDocument(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testcase.Count(300)) {
		p := newMaker(seed).policy()
		m := compile(t, p)
		for _, doc := range []string{p.String(), string(must(json.Marshal(p)))} {
			back, err := qualify.ParsePolicy([]byte(doc))
			if err != nil {
				t.Fatalf("policy %d: %v\n%s", seed, err, doc)
			}
			if back.String() != p.String() || compile(t, back).Fingerprint() != m.Fingerprint() {
				t.Fatalf("policy %d changed:\n%s\n%s", seed, p, back)
			}
		}
	}
}

// Invariant 10: an event rule with positive amounts and no condition never pays
// more later without a new fact.
func TestPointsOnlyFall(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testcase.Count(400)) {
		g := newMaker(seed)
		p := world()
		ids := g.groups(&p)
		for i := range 12 {
			r := qualify.Rule{ID: fmt.Sprintf("r%d", i), Group: pick(g, ids...)}
			g.eventRule(&r)
			r.Points = math.Abs(r.Points)
			r.Multiply = pick(g, "", "", "activity.n * activity.n", "activity.n * activity.n ?? 2", `count("visit")`)
			if strings.Contains(r.Multiply, "??") {
				r.Multiply = "(activity.n ?? 2) * (activity.n ?? 2)"
			}
			p.Rules = append(p.Rules, r)
		}
		m := compile(t, p)
		lead := g.lead()
		lead.Activities = slices.DeleteFunc(lead.Activities, func(a qualify.Activity) bool { return a.At.After(noon) })
		last := assess(t, m, lead, noon)
		for at := noon; at.Before(ago(-40 * day)); {
			at = at.Add(time.Duration(1 + g.Int64N(int64(30*time.Hour))))
			now := assess(t, m, lead, at)
			for i, c := range now.Score.Contributions {
				if c.Points > last.Score.Contributions[i].Points {
					t.Fatalf("policy %d, rule %s: %v at %v, after %v\n%s\n%+v", seed, c.Rule, c.Points, at, last.Score.Contributions[i].Points, p, lead)
				}
			}
			last = now
		}
	}
}

// twin is a slow and plain second reading of signals, limits, decays and groups.
type twin struct {
	policy qualify.Policy
	lead   qualify.Lead
	acts   []qualify.Activity // in their order
}

func newTwin(p qualify.Policy, lead qualify.Lead) *twin {
	w := &twin{policy: p, lead: lead}
	for _, a := range lead.Activities {
		if !a.At.After(noon) {
			w.acts = append(w.acts, a)
		}
	}
	slices.SortFunc(w.acts, func(a, b qualify.Activity) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if c := strings.Compare(a.Type, b.Type); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return w
}

// occurrences gives the indexes of the activities that are a signal.
func (w *twin) occurrences(signal string, floor int, resets ...string) (out []int) {
	if slices.Contains([]string{"third", "burst", "sitting", "twice"}, signal) && floor > 0 && slices.Contains(resets, signal) && slices.Contains(w.occurrences(signal, 0), floor) {
		out = append(out, floor) // the reset itself, from which it counts afresh
		floor++
	}
	of := func(types ...string) {
		for i, a := range w.acts {
			if i >= floor && (slices.Contains(types, a.Type) || types[0] == "*") {
				out = append(out, i)
			}
		}
	}
	switch signal {
	case "any":
		of("*")
	case "either":
		of("visit", "form")
	case "rich":
		of("visit", "form")
		out = slices.DeleteFunc(out, func(i int) bool { n, ok := w.acts[i].Props["n"].(float64); return !ok || n < 5 })
	case "third":
		for i, o := range w.occurrences("either", floor) {
			if i%3 == 2 {
				out = append(out, o)
			}
		}
	case "burst":
		used := false // whether the visit before this one completed a burst
		all := w.occurrences("visit", floor)
		for i, o := range all {
			if i > 0 && !used && w.acts[o].At.Sub(w.acts[all[i-1]].At) < 2*day {
				out, used = append(out, o), true
			} else {
				used = false
			}
		}
	case "sitting":
		out = append(out, w.pairs(w.occurrences("any", floor), "b", day)...)
	case "twice":
		out = append(out, w.pairs(w.occurrences("either", floor), "t", 0)...)
	case "answer":
		of("visit", "reset")
		out = slices.DeleteFunc(out, func(i int) bool { return !w.follows("form", i, 2*day, "") })
	case "alone":
		of("visit")
		out = slices.DeleteFunc(out, func(i int) bool { return w.value(i, "c") == "" || w.follows("rich", i, 3*day, "c") })
	case "answered":
		of("form")
		out = slices.DeleteFunc(out, func(i int) bool {
			return !slices.ContainsFunc(w.occurrences("visit", 0), func(j int) bool { return w.after(i, j, 3*day, "t") })
		})
	case "soon":
		of("visit")
		out = slices.DeleteFunc(out, func(i int) bool { return !w.follows("answered", i, 5*day, "") })
	default:
		of(signal)
	}
	slices.Sort(out)
	return out
}

// value gives a property of an activity as text; "" is none.
func (w *twin) value(i int, prop string) string { return valueOf(w.acts[i], prop) }

func valueOf(a qualify.Activity, prop string) string {
	v, ok := a.Props[prop]
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(fmt.Sprint(v)))
}

// after reports whether an activity comes after another, soon enough and with the same
// value of a property.
func (w *twin) after(i, j int, within time.Duration, prop string) bool {
	later := w.acts[j].At.Sub(w.acts[i].At)
	return later > 0 && later < within && (prop == "" || w.value(i, prop) != "" && w.value(i, prop) == w.value(j, prop))
}

// follows reports whether an activity comes after some occurrence of a signal.
func (w *twin) follows(signal string, i int, within time.Duration, prop string) bool {
	return slices.ContainsFunc(w.occurrences(signal, 0), func(j int) bool { return w.after(j, i, within, prop) })
}

// pairs gives every second of some activities with one value of a property, in a visit that
// a gap ends.
func (w *twin) pairs(all []int, prop string, gap time.Duration) (out []int) {
	counts, last := map[string]int{}, map[string]time.Time{}
	for _, i := range all {
		v := w.value(i, prop)
		if v == "" {
			continue
		}
		if gap > 0 && w.acts[i].At.Sub(last[v]) >= gap {
			counts[v] = 0
		}
		last[v] = w.acts[i].At
		if counts[v]++; counts[v] == 2 {
			out, counts[v] = append(out, i), 0
		}
	}
	return out
}

func (w *twin) group(id string) qualify.Group {
	if id == "" {
		id = "total"
	}
	for _, g := range w.policy.Groups {
		if g.ID == id {
			return g
		}
	}
	return qualify.Group{ID: id}
}

func (w *twin) chain(id string) (all []qualify.Group) {
	for g := w.group(id); ; g = w.group(g.Parent) {
		if all = append(all, g); g.ID == "total" {
			return all
		}
	}
}

func rat(f float64) *big.Rat {
	r, _ := new(big.Rat).SetString(fmt.Sprint(f)) // the decimal that was meant
	return r
}

func minRat(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func maxRat(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// round gives the nearest multiple of a step, half away from zero.
func round(x, step *big.Rat) *big.Rat {
	q := new(big.Rat).Quo(x, step)
	half := big.NewRat(int64(x.Sign()), 2)
	q.Add(q, half)
	n := new(big.Int).Quo(q.Num(), q.Denom()) // toward zero
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}

var millionth = big.NewRat(1, 1e6)

func clamp(x *big.Rat, lo, hi *float64) *big.Rat {
	if hi != nil {
		x = minRat(x, rat(*hi))
	}
	if lo != nil {
		x = maxRat(x, rat(*lo))
	}
	return x
}

type occurrence struct {
	act    qualify.Activity
	amount *big.Rat
	pays   *big.Rat // nil: not let through
}

// limit lets occurrences through.
func (w *twin) limit(l qualify.Limit, occ []*occurrence) {
	let := func(o *occurrence, others []*occurrence) {
		count := 0
		for _, p := range others {
			if p.pays != nil {
				count++
			}
		}
		if l.Times > 0 && count >= l.Times {
			return
		}
		pay := o.amount
		for i, from := range append(slices.Clone(others), o) {
			if l.Points == 0 || l.Per == 0 && i > 0 {
				break // only a rolling period can begin with any of them
			}
			sum, bound := new(big.Rat), rat(l.Points)
			for _, p := range others {
				if p.pays != nil && (l.Per == 0 || !p.act.At.Before(from.act.At)) {
					sum.Add(sum, p.pays)
				}
			}
			if pay.Sign() > 0 {
				pay = maxRat(new(big.Rat), minRat(pay, new(big.Rat).Sub(bound, sum)))
			} else if pay.Sign() < 0 {
				pay = minRat(new(big.Rat), maxRat(pay, new(big.Rat).Sub(new(big.Rat).Neg(bound), sum)))
			}
		}
		if pay.Sign() == 0 && o.amount.Sign() != 0 {
			return
		}
		o.pays = pay
	}
	key := func(o *occurrence) string {
		return valueOf(o.act, l.OncePer)
	}
	if l.Per == 0 && l.Calendar == "" && l.Gap == 0 {
		seen := map[string]bool{"": true}
		for i := len(occ) - 1; i >= 0; i-- {
			if l.OncePer != "" {
				if k := key(occ[i]); seen[k] {
					continue
				} else {
					seen[k] = true
				}
			}
			let(occ[i], occ[i+1:])
		}
	} else {
		for i, o := range occ {
			var period []*occurrence
			once := l.OncePer != "" && key(o) == ""
			for j, p := range occ[:i] {
				in := o.act.At.Sub(p.act.At) < time.Duration(l.Per)
				if l.Gap != 0 {
					in = true
					for k := range occ[j:i] {
						in = in && occ[j+k+1].act.At.Sub(occ[j+k].act.At) < time.Duration(l.Gap)
					}
				}
				if l.Calendar != "" {
					in = calendarKey(l.Calendar, o.act.At) == calendarKey(l.Calendar, p.act.At)
				}
				if in {
					period = append(period, p)
					once = once || l.OncePer != "" && p.pays != nil && key(p) == key(o)
				}
			}
			if !once {
				let(o, period)
			}
		}
	}
}

// rule gives what a rule pays before its bounds, and whether that is exact.
func (w *twin) rule(r qualify.Rule) (*big.Rat, int, bool) {
	if r.On == "" {
		switch w.lead.Profile["b"] {
		case true:
			return rat(r.Points), 0, true
		case false:
			return rat(r.Else), 0, true
		}
		return new(big.Rat), 0, true
	}
	chain := w.chain(r.Group)
	floor, resets := 0, []string(nil)
	for _, g := range chain {
		if g.ResetOn != "" {
			resets = append(resets, g.ResetOn)
			if o := w.occurrences(g.ResetOn, 0); len(o) > 0 {
				floor = max(floor, o[len(o)-1])
			}
		}
	}
	var occ []*occurrence
	for _, i := range w.occurrences(r.On, floor, resets...) {
		amount := rat(r.Points)
		if r.Multiply != "" {
			n, ok := w.acts[i].Props["n"].(float64)
			if !ok && r.Multiply == "activity.n" {
				continue
			}
			if !ok {
				n = 1
			}
			amount.Mul(amount, rat(n))
		}
		occ = append(occ, &occurrence{act: w.acts[i], amount: amount})
	}
	values := []string{""}
	parts := map[string][]*occurrence{"": occ}
	if each := r.Limit.ForEach; each != "" {
		values, parts = nil, map[string][]*occurrence{}
		for _, o := range occ {
			if v := valueOf(o.act, each); v != "" {
				values, parts[v] = append(values, v), append(parts[v], o)
			}
		}
		slices.Sort(values)
		values = slices.Compact(values)
	}
	for _, v := range values {
		w.limit(r.Limit, parts[v])
	}
	decay := r.Decay
	for _, g := range chain {
		if decay == (qualify.Decay{}) {
			decay = g.Decay
		}
	}
	sum, count, exact := new(big.Rat), 0, true
	for _, o := range occ {
		age := noon.Sub(o.act.At)
		if o.pays == nil || r.Within != 0 && age >= time.Duration(r.Within) {
			continue
		}
		left, ok := w.left(decay, o.act.At, floor, resets)
		exact = exact && ok
		share := new(big.Rat).Mul(o.pays, left)
		sum.Add(sum, share)
		switch new(big.Rat).Abs(share).Cmp(big.NewRat(1, 1e15)) {
		case 1:
			count++
		default: // a factor as small as that may be nothing
			exact = exact && share.Sign() == 0
		}
	}
	return sum, count, exact
}

func calendarKey(calendar string, at time.Time) string {
	at = at.UTC()
	switch calendar {
	case "day":
		return at.Format(time.DateOnly)
	case "week":
		y, w := at.ISOWeek()
		return fmt.Sprint(y, w)
	case "ever":
		return ""
	}
	return at.Format("2006-01")
}

// left gives what is left of an occurrence, and whether that is exact.
func (w *twin) left(d qualify.Decay, at time.Time, floor int, resets []string) (*big.Rat, bool) {
	age := noon.Sub(at)
	one := big.NewRat(1, 1)
	switch {
	case d.HalfLife != 0:
		return new(big.Rat).SetFloat64(math.Exp2(-float64(age) / float64(d.HalfLife))), false
	case d.Linear != 0:
		return maxRat(new(big.Rat), new(big.Rat).Sub(one, big.NewRat(int64(age), int64(d.Linear)))), true
	case d.Every == 0:
		return one, true
	}
	steps := int64(age) / int64(d.Every)
	if d.Idle != "" {
		steps = 0
		from := at
		for _, i := range w.occurrences(d.Idle, floor, resets...) {
			if w.acts[i].At.After(from) {
				steps += int64(w.acts[i].At.Sub(from)) / int64(d.Every)
				from = w.acts[i].At
			}
		}
		steps += int64(noon.Sub(from)) / int64(d.Every)
	}
	lose := rat(d.Lose)
	if !d.Compound && d.Idle == "" {
		return maxRat(new(big.Rat), new(big.Rat).Sub(one, lose.Mul(lose, big.NewRat(steps, 1)))), true
	}
	left := big.NewRat(1, 1)
	for range steps {
		left.Mul(left, new(big.Rat).Sub(one, lose))
	}
	return left, true
}

func TestTwin(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testcase.Count(3000)) {
		g := newMaker(seed)
		p := world()
		p.Properties = p.Properties[:6]
		ids := g.groups(&p)
		for i := range 1 + g.IntN(8) {
			r := qualify.Rule{ID: fmt.Sprintf("r%d", i), Group: pick(g, ids...)}
			r.Min, r.Max = g.bounds()
			if g.chance(25) {
				r.When, r.Points, r.Else = "lead.b", g.points(), g.points()
			} else {
				g.eventRule(&r)
				r.Multiply = pick(g, "", "activity.n", "activity.n ?? 1")
			}
			p.Rules = append(p.Rules, r)
		}
		lead := qualify.Lead{Profile: profile{"b": pick[any](g, true, false, nil)}}
		for i := range g.IntN(30) {
			a := idAct(fmt.Sprintf("%02d", i), pick(g, "visit", "visit", "form", "reset", "other"), ago(time.Duration(g.IntN(25*12))*2*time.Hour))
			if g.chance(40) {
				a.At = ago(time.Duration(g.IntN(25)) * day)
			}
			a.Props = map[string]any{}
			for name, v := range map[string]any{"n": float64(g.IntN(41)-20) / 4, "t": pick(g, "red", "Red ", "blue"), "c": pick(g, "a", "b"), "b": g.chance(50)} {
				if i%3 != 0 || name == "n" && i%2 == 0 {
					a.Props[name] = v
				}
			}
			lead.Activities = append(lead.Activities, a)
		}
		compareWithTwin(t, seed, p, lead)
		if t.Failed() {
			t.Fatalf("policy %d:\n%s\n%+v", seed, brief(p), lead)
		}
	}
}

func compareWithTwin(t *testing.T, seed uint64, p qualify.Policy, lead qualify.Lead) {
	t.Helper()
	w := newTwin(p, lead)
	s := assess(t, compile(t, p), lead, noon).Score
	sums := map[string]*big.Rat{"total": new(big.Rat)}
	for _, g := range p.Groups {
		sums[g.ID] = new(big.Rat)
	}
	inMillionths := func(x *big.Rat) int64 { return new(big.Rat).Quo(x, millionth).Num().Int64() }
	for i, r := range p.Rules {
		sum, count, exact := w.rule(r)
		raw := round(sum, millionth)
		c := s.Contributions[i]
		off := inMillionths(raw) - millionths(c.Raw)
		if exact && off != 0 || off < -1 || off > 1 {
			f, _ := sum.Float64()
			t.Errorf("rule %s pays %v, and by the twin %.15g", r.ID, c.Raw, f)
		}
		if r.On != "" && c.Count != count && exact {
			t.Errorf("rule %s: %d pay, and by the twin %d", r.ID, c.Count, count)
		}
		kept := clamp(big.NewRat(millionths(c.Raw), 1e6), r.Min, r.Max)
		if inMillionths(kept) != millionths(c.Points) {
			t.Errorf("rule %s: %v points, and by the twin %v", r.ID, c.Points, kept.FloatString(6))
		}
		group := r.Group
		if group == "" {
			group = "total"
		}
		sums[group].Add(sums[group], kept)
	}
	var visit func(id string) *big.Rat
	visit = func(id string) *big.Rat {
		for _, g := range p.Groups {
			parent := g.Parent
			if parent == "" {
				parent = "total"
			}
			if g.ID == "total" || parent != id {
				continue
			}
			share := visit(g.ID)
			if g.Weight != nil {
				share = round(new(big.Rat).Mul(share, rat(*g.Weight)), millionth)
			}
			sums[id].Add(sums[id], share)
		}
		g := w.group(id)
		points := sums[id]
		if g.Round != 0 {
			points = round(points, rat(g.Round))
		}
		points = clamp(points, g.Min, g.Max)
		got := s.Points
		for _, g := range s.Groups {
			if g.Group == id {
				got = g.Points
			}
		}
		if millionths(got) != inMillionths(points) {
			t.Errorf("group %s: %v points, and by the twin %v", id, got, points.FloatString(6))
		}
		return points
	}
	visit("total")
}

// Invariant 8: nothing that compiles can make Assess panic.
func FuzzCompile(f *testing.F) {
	f.Add([]byte(everything().String()))
	for seed := range uint64(20) {
		f.Add([]byte(newMaker(seed).policy().String()))
	}
	f.Add([]byte(`{"format": 1, "rules": [{"id": "r", "when": "(((((true)))))", "points": 1e6}]}`))
	f.Add([]byte(`{"format": 1, "profile": [{"name": "a\nb", "kind": "texts", "values": ["x"]}], "rules": [{"id": "é", "when": "lead[\"a\"] in [1]"}]}`))
	leads := []qualify.Lead{{}, {Stage: "mql", StageSince: ago(day)}}
	for seed := range uint64(3) {
		leads = append(leads, newMaker(seed).lead())
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := qualify.ParsePolicy(doc)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		m, err := qualify.Compile(p)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		back, err := qualify.ParsePolicy([]byte(m.Policy().String()))
		if err != nil || back.String() != p.String() {
			t.Fatalf("the document is not the policy: %v\n%s\n%s", err, p, back)
		}
		for i := range leads {
			sound(t, m, &leads[i])
		}
	})
}

func FuzzAssess(f *testing.F) {
	f.Add([]byte(`{}`), int64(0))
	f.Add([]byte(`{"id":"x","profile":{"n":"5","t":["a"],"l":["a",null,5,true],"d":{"e":[1]},"w":"2026-02-30","b":"YES"},"activities":[{"type":"visit","at":"2026-11-01T00:00:00Z","props":{"n":1e300}}],"stage":"mql","stage_since":"2026-11-01T00:00:00Z"}`), noon.UnixNano())
	for seed := range uint64(20) {
		lead := newMaker(seed).lead()
		if b, err := json.Marshal(lead); err == nil {
			f.Add(b, ago(time.Duration(seed)*day).UnixNano())
		}
	}
	m := qualify.MustCompile(everything())
	f.Fuzz(func(t *testing.T, doc []byte, at int64) {
		var lead qualify.Lead
		if json.Unmarshal(doc, &lead) != nil {
			return
		}
		soundAt(t, m, &lead, time.Unix(0, at))
		followedAt(t, m, lead, time.Unix(0, at))
		explainedAt(t, m, lead, time.Unix(0, at))
	})
}

// choices draws what a maker chooses from the bytes of a fuzz target, so that each of
// them is a choice, and from chance when there are no more.
type choices struct {
	data []byte
	rest rand.Source
}

func (c *choices) Uint64() uint64 {
	if len(c.data) == 0 {
		return c.rest.Uint64()
	}
	b := c.data[0]
	c.data = c.data[1:]
	return uint64(b) * 0x0101010101010101
}

// fuzzMade holds a test against a policy and a lead that are made of the bytes.
func fuzzMade(f *testing.F, test func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead)) {
	f.Fuzz(func(t *testing.T, data []byte) {
		g := maker{rand.New(&choices{data, rand.NewPCG(1, 2)})}
		m, err := qualify.Compile(g.policy())
		if err != nil {
			return // a group in percent of which all rules pay nothing, for one
		}
		test(t, g, m, g.lead())
	})
}

// Invariant 3, again.
func FuzzTracker(f *testing.F) { fuzzMade(f, trackerIsAssess) }

// Invariant 4, again.
func FuzzUntil(f *testing.F) {
	fuzzMade(f, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) { holdsUntil(t, g, m, lead) })
}

// What is explained is what is assessed, and both are sound.
func FuzzExplain(f *testing.F) {
	fuzzMade(f, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		at := noon.Add(time.Duration(g.IntN(1000)-500) * time.Hour)
		soundAt(t, m, &lead, at)
		explainedAt(t, m, lead, at)
	})
}

// followedAt holds a tracker of the lead, to which half of the activities come later,
// to the model, and what is so until right before Until to what is so now.
func followedAt(t *testing.T, m *qualify.Model, lead qualify.Lead, at time.Time) {
	want, err := m.Assess(&lead, at)
	if err != nil {
		return
	}
	half := lead
	half.Activities = lead.Activities[:len(lead.Activities)/2]
	tracker := m.Track(&half)
	var got qualify.Assessment
	for _, a := range lead.Activities[len(half.Activities):] {
		if err := tracker.AssessInto(&got, at.Add(-time.Hour)); err != nil {
			return // it is before the beginning of time
		}
		tracker.Add(a)
	}
	if got = must(tracker.Assess(at)); bytesOf(t, got) != bytesOf(t, want) {
		t.Fatalf("followed:\n%s", cmp.Diff(want, got))
	}
	before := want.Until.Add(-1)
	for _, a := range lead.Activities {
		if a.At.After(at) && !a.At.After(before) {
			return
		}
	}
	if want.Until.IsZero() || !before.After(at) {
		return
	}
	lead = stored(lead, want)
	if got := must(m.Assess(&lead, before)); state(got) != state(want) {
		t.Fatalf("at %v, right before Until, it is %s, and was %s", before, state(got), state(want))
	}
}

func sound(t testing.TB, m *qualify.Model, lead *qualify.Lead) { soundAt(t, m, lead, noon) }

// soundAt holds an assessment against what every one of them promises.
func soundAt(t testing.TB, m *qualify.Model, lead *qualify.Lead, at time.Time) {
	t.Helper()
	a, err := m.Assess(lead, at)
	if err != nil {
		t.Fatal(err)
	}
	_ = a.String()
	text := bytesOf(t, a)
	if !within(a.Score.Points, a.Score.Range) {
		t.Errorf("%v is not within %v", a.Score.Points, a.Score.Range)
	}
	var back qualify.Assessment
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	slices.Reverse(lead.Activities)
	defer slices.Reverse(lead.Activities)
	if err := m.AssessInto(&back, lead, at); err != nil || bytesOf(t, back) != text {
		t.Errorf("in reverse: %v\n%s\n%s", err, text, bytesOf(t, back))
	}
}

// Every assessment of a generated lead reads back from JSON as it was.
func TestAssessmentsAreSound(t *testing.T) {
	t.Parallel()
	each(t, testcase.Count(300), 3, func(t *testing.T, _ maker, m *qualify.Model, lead qualify.Lead) { sound(t, m, &lead) })
}
