package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/testcase"
)

const (
	unit = points.Unit
	day  = int64(24 * time.Hour)
	hour = int64(time.Hour)
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixNano()

func compile(t testing.TB, p qualify.Policy) *program.Program {
	t.Helper()
	m, err := qualify.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return program.Of(m)
}

func activity(kind, id string, at int64, props map[string]any) history.Activity {
	return history.Activity{ID: id, Type: kind, At: time.Unix(0, at), Props: props}
}

// a lead with its activities, and at which instant it is evaluated.
type given struct {
	engine.Lead
	activities []history.Activity
	at         int64
}

// eval evaluates a lead from the start.
func eval(pool *engine.Pool, g given) *engine.Evaluator {
	e := pool.Get()
	e.Start(&g.Lead, g.at)
	e.AddAll(len(g.activities), func(room []history.Entry) {
		for i := range room {
			room[i].Activity = &g.activities[i]
		}
	})
	e.Finish()
	return e
}

// show prints all of a result, and nodes by their text.
func show(r *engine.Result) string {
	s := fmt.Sprintf("at %d until %d\nrules %v\ngroups %v\nmissing %v\nissues %v\n", r.At, r.Until, r.Rules, r.Groups, r.Missing, r.Issues)
	for _, c := range r.Checklist {
		s += fmt.Sprint("check ", c.Answer)
		for _, n := range c.Nodes {
			s += " " + n.Text
		}
		s += "\n"
	}
	g := r.Stage
	s += fmt.Sprintln("stage", g.Was, g.Now, g.Move, g.Since.Known, g.Since.Time, g.HasDue, g.Overdue, g.Next)
	for _, reason := range g.Reasons {
		s += fmt.Sprintln("reason", reason.Stage, reason.Held, text(reason.Node), reason.Answer)
	}
	for _, b := range g.Blockers {
		s += fmt.Sprintln("blocker", b.Node.Text, b.Answer)
	}
	return s
}

func text(n *expression.Node) string {
	if n == nil {
		return "-"
	}
	return n.Text
}

// policy has a part of each sort.
var policy = qualify.Policy{
	Profile: []qualify.Field{
		{Name: "size", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(100.0)},
		{Name: "plan", Kind: qualify.Code, Values: []string{"free", "paid"}},
		{Name: "tags", Kind: qualify.Texts},
	},
	Properties: []qualify.Field{{Name: "n", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(9.0)}, {Name: "page", Kind: qualify.Code}, {Name: "topics", Kind: qualify.Texts}},
	Terms:      []qualify.Term{{ID: "big", Is: "lead.size > 50"}},
	Signals: []qualify.Signal{
		{ID: "visit", Where: `not known(activity.topics) or not ("bot" in activity.topics)`}, {ID: "demo"}, {ID: "quit"}, {ID: "spree", Repeats: "visit", Every: 3, Per: 7 * qualify.Day},
	},
	Criteria: []qualify.Criterion{
		{ID: "need", Set: "bant", Met: `happened("demo", "20d")`, Unmet: `lead.plan == "free"`},
		{ID: "budget", Met: "term.big"},
	},
	Rules: []qualify.Rule{
		{ID: "size", Group: "fit", When: "term.big", Points: 10, Else: -2},
		{ID: "tiers", Group: "fit", Tiers: []qualify.Tier{{When: "lead.size > 80", Points: 5}, {When: `lead.plan == "paid"`, Points: 1}}},
		{ID: "share", Group: "fit", When: `met("need")`, Multiply: "lead.size / 10", Points: 1},
		{ID: "visits", Group: "engagement", On: "visit", Points: 2, Multiply: "activity.n", Limit: qualify.Limit{Times: 4, Points: 30, Per: 2 * qualify.Day}},
		{ID: "pages", Group: "engagement", On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "page", Times: 3}, Within: 20 * qualify.Day, Decay: qualify.Decay{Linear: 30 * qualify.Day}},
		{ID: "scaled", Group: "engagement", On: "visit", Points: 1, Multiply: "lead.size / 50", Limit: qualify.Limit{Points: 6}},
		{ID: "demos", On: "demo", When: `count("quit", "30d") < 2`, Points: 7, Decay: qualify.Decay{Every: 5 * qualify.Day, Lose: 0.5, Compound: true, Idle: "visit"}},
		{ID: "sprees", On: "spree", Points: 3, Decay: qualify.Decay{Every: 2 * qualify.Day, Lose: 0.25}},
		{ID: "recency", Tiers: []qualify.Tier{{When: `days_since("visit") < 3`, Points: 4}, {When: `days_since("visit") < 9`, Points: 2}}},
		{ID: "silence", When: `idle_steps("visit", "10d") > 0`, Multiply: `idle_steps("visit", "10d")`, Points: -1},
	},
	Groups: []qualify.Group{
		{ID: "total", Round: 0.5, Bands: []qualify.Band{{Label: "Cold"}, {From: new(12.0), Label: "Warm"}, {From: new(25.0), Label: "Hot"}}},
		{ID: "fit", Max: new(15.0)},
		{ID: "engagement", Weight: new(0.5), Decay: qualify.Decay{HalfLife: 14 * qualify.Day}, ResetOn: "quit"},
	},
	Stages: []qualify.Stage{
		{ID: "lost", Exit: true, Enter: `happened("quit", "4d")`},
		{ID: "mql", Enter: "score() >= 10", Keep: "score() >= 5", MinStay: 2 * qualify.Day, MaxStay: 9 * qualify.Day},
		{ID: "sal", Enter: "score() >= 20"},
		{ID: "sql", Enter: `band("total") == "Hot" and met("need")`, Keep: `met("need")`},
	},
}

type maker struct{ *rand.Rand }

func (m maker) activity(i int) history.Activity {
	props := map[string]any{}
	if m.IntN(4) > 0 {
		props["n"] = m.IntN(10)
	}
	if m.IntN(4) > 0 {
		props["page"] = []string{"a", "b", "c"}[m.IntN(3)]
	}
	if m.IntN(9) == 0 {
		props["topics"] = []string{"bot", "x"}
	}
	kind := []string{"visit", "visit", "visit", "visit", "demo", "quit", "other"}[m.IntN(7)]
	return activity(kind, fmt.Sprint("a", i), start+m.Int64N(40*24)*hour, props)
}

func (m maker) value(name string) any {
	switch name {
	case "size":
		return []any{0, 40, 51, 90, "60", 1000, nil}[m.IntN(7)]
	case "plan":
		return []any{"free", "paid", "gold", ""}[m.IntN(4)]
	}
	return []any{[]string{"a", "b"}, "a;b", 3}[m.IntN(3)]
}

func (m maker) lead() given {
	g := given{Lead: engine.Lead{Profile: map[string]any{}, Stage: m.IntN(6) - 2}, at: start + m.Int64N(45*24)*hour}
	for _, name := range []string{"size", "plan", "tags"} {
		if m.IntN(3) > 0 {
			g.Profile[name] = m.value(name)
		}
	}
	if m.IntN(2) == 0 {
		g.Since = time.Unix(0, start+m.Int64N(45*24)*hour)
	}
	for i := range m.IntN(25) {
		g.activities = append(g.activities, m.activity(i))
	}
	return g
}

// A reused evaluator finds what a new one finds.
func TestNothingOfALeadIsLeft(t *testing.T) {
	t.Parallel()
	m := maker{seeded(1)}
	p := compile(t, policy)
	pool := engine.NewPool(p)
	for i := range testcase.Count(1000) {
		g := m.lead()
		e := eval(pool, g)
		got, want := show(e.Result()), show(eval(engine.NewPool(p), g).Result())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("lead %d: %s", i, diff)
		}
		pool.Put(e)
		if r := e.Result(); len(r.Issues) > 0 && slices.ContainsFunc(r.Issues, func(i engine.Issue) bool { return i != engine.Issue{} }) {
			t.Fatalf("issues are left: %v", r.Issues)
		}
		if diff := cmp.Diff(engine.NewPool(p).Get().Env().Queries, e.Env().Queries); diff != "" {
			t.Fatalf("answers are left: %s", diff)
		}
		for _, values := range [][]bool{known(e.Env().Lead), known(e.Env().Props)} {
			if slices.Contains(values, true) {
				t.Fatalf("facts are left: %+v", e.Env())
			}
		}
	}
}

// An evaluation that starts from what is found of a lead of whom nothing is known finds what one finds that evaluates all
// rules: of leads with any facts, few or many, and without any.
func TestBlank(t *testing.T) {
	t.Parallel()
	m := maker{seeded(6)}
	with := policy
	with.Criteria = append(slices.Clone(policy.Criteria), qualify.Criterion{ID: "time", Met: `days_until(latest("visit", "due") ?? lead.due) > 3`, Unmet: `lead.size == 40`})
	with.Terms = append(slices.Clone(policy.Terms), qualify.Term{ID: "paid", Is: `lead.plan == "paid" or latest("visit", "page", "9d") == "b"`})
	with.Profile = append(slices.Clone(policy.Profile), qualify.Field{Name: "due", Kind: qualify.Time}, qualify.Field{Name: "seats", Kind: qualify.Number, Default: "5"})
	for i, when := range []string{
		"lead.seats > 3",
		`met("time")`, `unmet("time")`, `met_count() == 0`, `all_met("bant")`, `term.paid or lead.size > 85`, `(lead.size ?? 3) == 3`, `not known(lead.tags)`, `"a" in lead.tags`, `"z" in lead.tags and term.big`,
		`known(lead.plan) ? lead.plan == "paid" : not known(lead.size)`, `days_since(lead.due) > 3`, `(latest("visit", "n") ?? lead.size) > 4`, `lead.due > time("2026-03-20")`, `days_between(lead.due, latest("visit", "due")) > 2`,
		`days_since("demo") < 30`, `days_until(latest("visit", "due")) > 3`, `mean("visit", "n") > 4 or lead.size > 3`, `(latest("visit", "n") ?? 3) == 3`, `count("spree") == 0`, "true", `not known(highest("visit", "n", "20d"))`, `latest("visit", "page") in ["a", "b"]`, `happened("demo") ? count("visit") > 1 : count("quit") == 0`, `"x" in latest("visit", "topics")`,
		`mean("visit", "n", "9d") > 4`, `total("visit", "n", "6d") == 0`, `distinct("visit", "page", "9d") < 1`} {
		with.Rules = append(slices.Clone(with.Rules), qualify.Rule{ID: fmt.Sprint("more", i), Group: []string{"fit", "engagement", ""}[i%3], When: when, Points: 3, Else: -1, Min: new(-0.5)})
	}
	with.Properties = append(slices.Clone(policy.Properties), qualify.Field{Name: "due", Kind: qualify.Time})
	p := compile(t, with)
	asleep := 0
	for i := range p.Rules {
		if !p.Awake.Has(i) {
			asleep++
		}
	}
	if asleep < 25 {
		t.Errorf("only %d of %d rules sleep", asleep, len(p.Rules))
	}
	pool, wakeful := engine.NewPool(p), engine.NewWakefulPool(p)
	for i := range testcase.Count(3000) {
		g := m.lead()
		if i%2 == 0 {
			g.activities = g.activities[:min(len(g.activities), m.IntN(4))]
		}
		if i%3 == 0 {
			g.Profile["due"] = time.Unix(0, start+m.Int64N(60*24)*hour)
		}
		if i%7 == 0 {
			g.Profile["tags"] = []any{"a", 3} // known in part
			g.Profile["seats"] = []any{3, "many"}[i%2]
		}
		got, want := eval(pool, g), eval(wakeful, g)
		if diff := cmp.Diff(show(want.Result()), show(got.Result())); diff != "" {
			t.Fatalf("lead %d: %s", i, diff)
		}
		pool.Put(got)
		wakeful.Put(want)
	}
}

// A tracker finds what a new evaluator finds, whatever was done with it.
func TestTrackerIsEvaluator(t *testing.T) {
	t.Parallel()
	p := compile(t, policy)
	pool := engine.NewPool(p)
	for i := range testcase.Count(400) {
		m := maker{rand.New(rand.NewPCG(2, uint64(i)))}
		g := m.lead()
		const most = 30
		tr := engine.NewTracker(pool, g.Lead, most)
		tr.Grow(len(g.activities) / 2)
		for _, a := range g.activities {
			tr.Add(a)
		}
		for step := range 30 {
			switch m.IntN(8) {
			case 0, 1, 2:
				a := m.activity(100 + step)
				switch m.IntN(40) {
				case 0:
					a.Props["n"] = "many" // a flaw
				case 1:
					a.At = time.Time{}
				case 2:
					a.At = engine.Latest.Add(1)
				case 3:
					a.ID = " "
				}
				g.activities = append(g.activities, a)
				tr.Add(a)
			case 3:
				name := []string{"size", "plan", "tags"}[m.IntN(3)]
				if m.IntN(3) == 0 {
					delete(g.Profile, name)
					tr.Unset(name)
					break
				}
				g.Profile[name] = m.value(name)
				tr.Set(name, g.Profile[name])
			case 4:
				g.Stage, g.Since = m.IntN(6)-2, time.Unix(0, g.at-m.Int64N(9*24)*hour)
				tr.SetStage(g.Stage, g.Since)
			case 5:
				if len(g.activities) > 0 {
					j := m.IntN(len(g.activities))
					if !tr.Remove(g.activities[j]) {
						t.Fatalf("case %d: %v is not there", i, g.activities[j])
					}
					g.activities = slices.Delete(slices.Clone(g.activities), j, j+1)
				}
			case 6:
				g.at += m.Int64N(5*24) * hour
			case 7:
				g.at -= m.Int64N(2*24) * hour
			}
			e, err := tr.Eval(g.at)
			has := len(g.activities)
			if has > most {
				has = 0
				for _, a := range g.activities {
					if !a.At.After(time.Unix(0, g.at)) {
						has++
					}
				}
			}
			if has > most {
				var tooMany *engine.TooManyActivities
				if !errors.As(err, &tooMany) || tooMany.Has != has || tooMany.May != most {
					t.Fatalf("case %d, step %d: error %v with %d activities", i, step, err, has)
				}
				continue
			}
			if err != nil {
				t.Fatalf("case %d, step %d: %v", i, step, err)
			}
			fresh := eval(pool, g)
			if diff := cmp.Diff(show(fresh.Result()), show(e.Result())); diff != "" {
				t.Fatalf("case %d, step %d: %s", i, step, diff)
			}
			pool.Put(fresh)
		}
	}
}

func known(values []fact.Value) []bool {
	out := make([]bool, len(values))
	for i, v := range values {
		out[i] = v.Known
	}
	return out
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// What the groups can ever have holds what they can have by an instant, and what they have at
// any later one.
func TestEver(t *testing.T) {
	t.Parallel()
	m := maker{seeded(5)}
	with := policy
	with.Rules = append(slices.Clone(policy.Rules), qualify.Rule{ID: "trust", Group: "trust", On: "visit", When: `not happened("quit", "6d")`, Points: 3})
	with.Groups = append(slices.Clone(policy.Groups), qualify.Group{ID: "trust"})
	pool := engine.NewPool(compile(t, with))
	later, single := 0, 0
	for i := range testcase.Count(3000) {
		g := m.lead()
		g.activities = slices.DeleteFunc(g.activities, func(a history.Activity) bool { return a.At.UnixNano() > g.at })
		e := eval(pool, g)
		ever := e.Reach(0, expression.Ever)
		for range 4 {
			then := g
			then.at += m.Int64N(60*24) * hour
			for group, r := range e.Reach(then.at, expression.Closely) {
				if h := ever[group]; r.Lo < h.Lo || r.Hi > h.Hi || h.Band && !r.Band {
					t.Fatalf("lead %d, group %d: %+v by %d, and ever %+v\n%+v", i, group, r, then.at, h, g)
				}
			}
			other := eval(pool, then)
			for group, r := range other.Result().Groups {
				h, was := ever[group], e.Result().Groups[group]
				if p := r.Points.Float(); p < h.Lo || p > h.Hi || h.Band && r.Band != was.Band {
					t.Fatalf("lead %d, group %d: %v at %d, and ever %+v\n%+v", i, group, p, then.at, h, g)
				}
				if later++; h.Lo == h.Hi {
					single++
				}
			}
			pool.Put(other)
		}
		pool.Put(e)
	}
	if single*20 < later || single == later {
		t.Errorf("of %d, %d cannot change", later, single)
	}
}
