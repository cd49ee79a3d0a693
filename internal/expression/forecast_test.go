package expression_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// course is how facts change as time passes, although nothing new comes in: the Future of an
// Outlook, and what its twin looks at.
type course struct {
	c      *expression.Compiler
	known  facts
	calls  map[string][]step // by name
	points [][]step          // by group
	now    instant
}

// step is a value from an instant on.
type step struct {
	at instant
	v  any // nil: unknown
}

// noon is the now of these tests; all that happens before the end does so at halves of a day.
const (
	noon = 20 * day
	end  = 75 * day
)

func valueAt(steps []step, at instant) (v any) {
	for _, s := range steps {
		if s.at > at {
			break
		}
		v = s.v
	}
	return v
}

func (w *course) steps(call int) []step { return w.calls[w.c.QueryName(call)] }

func (w *course) NextChange(call int) int64 {
	have := valueAt(w.steps(call), w.now)
	for _, s := range w.steps(call) {
		if s.at > w.now && s.v != have {
			return int64(s.at)
		}
	}
	return expression.Never
}

func (w *course) WhenReaches(call int, n int64) int64 {
	have := valueAt(w.steps(call), w.now).(int)
	for _, s := range w.steps(call) {
		if v := s.v.(int); s.at > w.now && (int(n) <= have && v <= int(n) || int(n) >= have && v >= int(n)) {
			return int64(s.at)
		}
	}
	return expression.Never
}

func (w *course) CountAt(call int, at int64) float64 {
	return float64(valueAt(w.steps(call), instant(at)).(int))
}

// band is the band of the group fit.
func band(points float64) string {
	switch {
	case points >= 20:
		return "A"
	case points >= 10:
		return "B"
	}
	return "C"
}

func (w *course) Points(until int64, effort expression.Effort) []expression.PointRange {
	var all []expression.PointRange
	for _, steps := range w.points {
		p := float64(valueAt(steps, w.now).(int))
		r := expression.PointRange{Lo: p, Hi: p, Band: true}
		for _, s := range steps {
			if s.at > w.now && (effort < expression.Closely || int64(s.at) <= until) {
				v := float64(s.v.(int))
				r.Lo, r.Hi = min(r.Lo, v), max(r.Hi, v)
			}
		}
		r.Band = band(r.Lo) == band(r.Hi)
		all = append(all, r)
	}
	return all
}

// env is what holds at an instant.
func (w *course) env(t testing.TB, at instant) *expression.Env {
	f := env(t, w.c, w.known)
	f.Now = int64(at)
	for i := range w.c.Queries {
		if v := valueAt(w.steps(i), at); v != nil {
			f.Queries[i] = valueOf(v)
		}
	}
	for i, steps := range w.points {
		f.Points[i] = float64(valueAt(steps, at).(int))
		if i > 0 {
			f.Bands[i] = band(f.Points[i])
		}
	}
	for i, c := range w.c.Criteria {
		unmet := no
		if c.Unmet != nil {
			unmet = c.Unmet.Test(f)
		}
		f.Check[i] = expression.Judge(c.Met.Test(f), unmet, c.Unmet != nil)
	}
	clear(f.Terms)
	return f
}

// outlook is ready to be asked.
func (w *course) outlook(t testing.TB, fine bool) *expression.Forecast {
	o := &expression.Forecast{Env: w.env(t, w.now), Future: w, Fine: fine, Checks: make([]int64, len(w.c.Criteria)), NextAnyOf: make([]int64, len(w.c.Criteria))}
	o.Reset()
	for i, c := range w.c.Criteria {
		o.Checks[i], o.NextAnyOf[i] = o.Next(c.Met), o.NextAny(c.Met)
		if c.Unmet != nil {
			o.Checks[i], o.NextAnyOf[i] = min(o.Checks[i], o.Next(c.Unmet)), min(o.NextAnyOf[i], o.NextAny(c.Unmet))
		}
		o.Horizon = min(o.Horizon, o.Checks[i])
	}
	return o
}

// instants are all at which anything can change until the end, and one nanosecond after each.
func instants(from instant) (all []instant) {
	for at := from; at < end; at += day / 2 {
		all = append(all, at, at+1)
	}
	return all[1:]
}

// outcome is what a node gives.
func outcome(n *expression.Node, f *expression.Env) any {
	clear(f.Terms)
	switch n.Kind {
	case fact.Bool:
		return n.Test(f)
	case fact.Number:
		x, ok := n.Number(f)
		return fmt.Sprint(x, ok)
	}
	panic("no outcome")
}

// next is the first of the instants at which a node gives something else than now.
func next(n *expression.Node, envs []*expression.Env, now *expression.Env) int64 {
	was := outcome(n, now)
	for _, f := range envs {
		if outcome(n, f) != was {
			return f.Now
		}
	}
	return expression.Never
}

// atoms of forecasts. Those that are exact change when an Outlook says so, to the nanosecond; of the
// others it may be told too early.
var (
	exactAtoms = []string{
		`count("visit", "7d") OP INT`, `INT OP count("visit", "7d")`, `count("visit", "7d") OP 1.5`, `active_days("visit", "7d") OP INT`, `idle_steps("visit", "7d", "1d") OP INT`, `INT OP idle_steps("visit", "7d", "1d")`, `idle_steps("visit", "7d", "1d") OP 2.5`,
		`days_since(lead.since) OP NUM`, `calendar_days_since(lead.since) OP NUM`, `INT OP calendar_days_since(lead.due)`, `calendar_days_since("visit") OP INT`, `calendar_days_since(lead.since) OP lead.employees`, `days_between(lead.since, lead.due) OP NUM`, `calendar_days_since(lead.due) OP 1e9`, `NUM OP days_since(lead.since)`, `days_until(lead.due) OP NUM`, `NUM OP days_until(lead.due)`, `days_since("visit") OP NUM`, `days_in_stage() OP NUM`, `days_since(lead.since) OP 1e9`, `days_until(lead.due) OP -1e9`, `days_until(lead.due) OP 300000`,
		`now OP lead.due`, `lead.due OP now`, `now OP time("1970-01-25")`, `happened("visit", "7d")`, `lead.verified`, `lead.employees OP INT`, `reached("mql")`, `known(latest("call", "role", "7d"))`,
		`score("fit") ORDER SCORE`, `SCORE ORDER score("fit")`, `-score("fit") ORDER -SCORE`,
		`days_since(lead.since) OP lead.employees`, `days_until(lead.due) OP lead.employees`, `now OP (lead.due ?? lead.since)`,
	}
	earlyAtoms = []string{
		`latest("call", "budget", "7d") OP INT`, `latest("call", "role", "7d") == "a"`, `now OP latest("call", "start", "7d")`, `days_since(latest("call", "start", "7d")) OP NUM`, `days_since(lead.since) OP count("visit", "7d")`,
		`count("visit", "7d") + idle_steps("visit", "7d", "1d") OP INT`, `count("visit", "7d") in [INT, INT]`, `count("visit", "7d") % 2 == 0`, `met("budget")`, `unmet("authority")`, `met_count() OP INT`, `all_met("bant")`, `met_count() + score("fit") OP SCORE`,
		`score("fit") OP SCORE`, `score("fit") + score() OP SCORE`, `(lead.employees ?? score("fit")) OP SCORE`, `(score("fit") ?? lead.employees) OP SCORE`, `(lead.verified ? score("fit") : 15) OP SCORE`, `(score() > 15 ? score("fit") : 15) OP SCORE`, `score("fit") in [SCORE, SCORE]`,
		`band("fit") == "B"`, `band("fit") in ["A", "C"]`, `score("fit") * count("visit", "7d") OP SCORE`, `days_since(lead.since) OP score("fit")`, `calendar_days_since(lead.since) OP score("fit")`, `score("fit") / 5 OP calendar_days_since(lead.due)`, `calendar_days_since(score() > 15 ? lead.due : lead.since) OP INT`, `days_between(lead.since, score() > 15 ? lead.due : lead.since) OP NUM`, `calendar_days_since(latest("call", "start", "7d")) OP INT`, `days_until(lead.due) OP score("fit")`, `days_in_stage() OP score("fit")`, `now OP (score() > 15 ? lead.due : lead.since)`, `known(lead.verified ? score("fit") : lead.employees)`,
		`score("fit") * latest("call", "budget", "7d") OP SCORE`, `term.big`, `term.fit OP SCORE`, `term.aging`,
	}
)

func fill(rng *rand.Rand, atom string) string {
	for _, slot := range []struct {
		name string
		of   func() string
	}{
		{"ORDER", func() string { return []string{"<", "<=", ">", ">="}[rng.IntN(4)] }}, {"OP", func() string { return []string{"==", "!=", "<", "<=", ">", ">="}[rng.IntN(6)] }},
		{"SCORE", func() string { return fmt.Sprint(5 * rng.IntN(6)) }}, {"INT", func() string { return fmt.Sprint(rng.IntN(6)) }}, {"NUM", func() string { return fmt.Sprint(float64(rng.IntN(50)-15) / 2) }},
	} {
		for strings.Contains(atom, slot.name) {
			atom = strings.Replace(atom, slot.name, slot.of(), 1)
		}
	}
	return "(" + atom + ")"
}

func forecast(rng *rand.Rand, depth int) string {
	if depth == 0 {
		return fill(rng, slices.Concat(exactAtoms, earlyAtoms)[rng.IntN(len(exactAtoms)+len(earlyAtoms))])
	}
	k := func() string { return forecast(rng, depth-1) }
	switch rng.IntN(7) {
	case 0, 1:
		return "(" + k() + " and " + k() + ")"
	case 2, 3:
		return "(" + k() + " or " + k() + ")"
	case 4:
		return "(not " + k() + ")"
	case 5:
		return "(" + k() + " ? " + k() + " : " + k() + ")"
	}
	return []string{"(" + k() + " ?? " + k() + ")", "(" + k() + " == " + k() + ")", "known(" + k() + ")"}[rng.IntN(3)]
}

// newCourse makes a world whose facts change at some halves of days.
func newCourse(t testing.TB, rng *rand.Rand, criteria ...string) *course {
	w := &course{c: compiler(
		expression.Term{ID: "big", Source: `lead.employees > 2 and count("visit", "7d") > 1`}, expression.Term{ID: "fit", Source: `score("fit") ?? 3`},
		expression.Term{ID: "aging", Source: `days_since(lead.since) > 5 or days_in_stage() > 7`},
	), known: facts{}, calls: map[string][]step{}, now: noon}
	half := func(n int) instant { return instant(rng.IntN(n)) * day / 2 }
	maybe := func(name string, v any) {
		if rng.IntN(5) > 0 {
			w.known[name] = v
		}
	}
	maybe("lead.since", half(60))
	maybe("lead.due", 10*day+half(60))
	maybe("lead.employees", rng.IntN(6))
	maybe("lead.verified", rng.IntN(2) == 0)
	if rng.IntN(3) > 0 {
		w.known["stage"], w.known["stage_since"] = "mql", half(41)
	}
	course := func(first any, steps int, then func(was any) any) []step {
		all := []step{{math.MinInt64, first}}
		for at := noon + day/2 + half(8); steps > 0; at, steps = at+day/2+half(12), steps-1 {
			first = then(first)
			all = append(all, step{at, first})
		}
		return all
	}
	falls := func(was any) any { return max(0, was.(int)-1-rng.IntN(2)) }
	w.calls[`count("visit", "7d")`] = course(rng.IntN(6), rng.IntN(4), falls)
	w.calls[`active_days("visit", "7d")`] = course(rng.IntN(6), rng.IntN(4), falls)
	w.calls[`idle_steps("visit", "7d", "1d")`] = course(rng.IntN(4), rng.IntN(4), func(was any) any { return was.(int) + 1 + rng.IntN(2) })
	w.calls[`happened("visit", "7d")`] = course(true, rng.IntN(2), func(any) any { return false })
	w.calls[`days_since("visit")`] = []step{{math.MinInt64, half(40)}}
	if rng.IntN(4) == 0 {
		w.calls[`days_since("visit")`] = nil
	}
	until := func(of ...any) func(any) any { // what leaves a window does not come back
		return func(was any) any {
			if was == nil {
				return nil
			}
			return of[rng.IntN(len(of))]
		}
	}
	any := func(of ...any) func(any) any { return func(any) any { return of[rng.IntN(len(of))] } }
	w.calls[`latest("call", "budget", "7d")`] = course(any(1, 2, nil)(nil), rng.IntN(3), until(1, 2, 3, nil))
	w.calls[`latest("call", "role", "7d")`] = course("a", rng.IntN(2), any(nil))
	w.calls[`latest("call", "start", "7d")`] = course(any(half(40), nil)(nil), rng.IntN(3), until(half(40), half(60), nil))
	for range w.c.Names.Groups {
		w.points = append(w.points, course(5*rng.IntN(6), rng.IntN(5), any(0, 5, 9, 10, 11, 15, 20, 25)))
	}
	for i := range w.c.Names.Criteria {
		judged := expression.CompiledCriterion{Met: compile(t, w.c, expression.InCriterion, criteria[2*i%len(criteria)])}
		if i%2 == 0 {
			judged.Unmet = compile(t, w.c, expression.InCriterion, criteria[(2*i+1)%len(criteria)])
		}
		w.c.Criteria = append(w.c.Criteria, judged)
	}
	return w
}

// Nothing changes before Next, for a twin that looks at every instant; and where an atom stands
// alone, it changes then. No part changes before Any.
func TestOutlook(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 1))
	changes, exact, same, lasts := 0, 0, 0, 0
	for i := range testcase.Count(60) {
		w := newCourse(t, rng, `lead.employees > 2`, fill(rng, `days_since(lead.since) OP NUM`), fill(rng, `count("visit", "7d") OP INT`), `lead.verified and happened("visit", "7d")`, fill(rng, `days_until(lead.due) OP NUM`))
		if i%2 == 0 {
			w.c.Criteria = nil // it would bound the horizon of all else
			for range w.c.Names.Criteria {
				w.c.Criteria = append(w.c.Criteria, expression.CompiledCriterion{Met: compile(t, w.c, expression.InCriterion, "lead.verified")})
			}
		}
		sources := map[*expression.Node]string{}
		var nodes, alone []*expression.Node
		add := func(list *[]*expression.Node, source string) {
			n := compile(t, w.c, expression.InStage, source)
			*list, sources[n] = append(*list, n), source
		}
		for _, atom := range exactAtoms {
			add(&alone, fill(rng, atom))
		}
		for range 40 {
			add(&nodes, forecast(rng, rng.IntN(3)))
		}
		var envs []*expression.Env
		for _, at := range instants(w.now) {
			envs = append(envs, w.env(t, at))
		}
		for _, fine := range []bool{true, false} {
			o := w.outlook(t, fine)
			for _, n := range append(alone, nodes...) {
				clear(o.Env.Terms)
				got, want := o.Next(n), next(n, envs, o.Env)
				if n.Kind == fact.Bool && n.Lasts(n.Test(o.Env), w.c.Queries) {
					if lasts++; got != expression.Never {
						t.Fatalf("%s lasts, and changes at %s; %+v", sources[n], days(got), w)
					}
				}
				clear(o.Env.Terms)
				if got <= int64(w.now) || want < o.Horizon && got > want {
					t.Fatalf("%s changes at %s, not at %s; fine %t, %+v", sources[n], days(want), days(got), fine, w)
				}
				if want != expression.Never {
					changes++
					if got == want {
						same++
					}
				}
				if fine && slices.Contains(alone, n) && want < o.Horizon {
					if exact++; got != want {
						t.Fatalf("%s changes at %s, and %s is given; %+v", sources[n], days(want), days(got), w)
					}
				}
				clear(o.Env.Terms)
				any := o.NextAny(n)
				for _, part := range parts(n) {
					if c := next(part, envs, o.Env); c < o.Horizon && any > c {
						t.Fatalf("%s changes at %s, within %s, for which %s is given; %+v", part.Text, days(c), sources[n], days(any), w)
					}
				}
				if !n.TimeDependent() && (want != expression.Never || any != expression.Never) {
					// Scores alone are told by what they are compared with.
					t.Fatalf("%s does not pass, and changes at %s", sources[n], days(min(want, any)))
				}
			}
		}
	}
	t.Logf("%d changes, %d of them to the nanosecond; %d atoms alone; %d answers last", changes, same, exact, lasts)
	if lasts < testcase.Least(1000) {
		t.Errorf("only %d answers last", lasts)
	}
	if same*2 < changes || exact < testcase.Least(300) {
		t.Errorf("of %d changes only %d are exact", changes, same)
	}
}

// days writes an instant in days, from the start.
func days(at int64) string {
	if at == expression.Never {
		return "never"
	}
	return fmt.Sprintf("day %v and %d ns", float64(at/int64(day/2))/2, at%int64(day/2))
}

// parts lists the conditions in a node, itself included.
func parts(n *expression.Node) (all []*expression.Node) {
	if n.Kind == fact.Bool {
		all = append(all, n)
	}
	for _, k := range n.Kids {
		all = append(all, parts(k)...)
	}
	return all
}

// What a multiplier gives before the horizon lies in Ahead.
func TestAhead(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 2))
	narrow := 0
	for range 60 {
		w := newCourse(t, rng, "lead.verified")
		var nodes []*expression.Node
		for _, s := range []string{
			`count("visit", "7d")`, `-count("visit", "7d")`, `idle_steps("visit", "7d", "1d") * 2`, `count("visit", "7d") - idle_steps("visit", "7d", "1d")`, `(latest("call", "budget", "7d") ?? 3)`, `(lead.employees ?? count("visit", "7d"))`, `(count("visit", "7d") ?? lead.employees)`,
			`count("visit", "7d") > 2 ? 5 : count("visit", "7d")`, `lead.verified ? count("visit", "7d") : 3`, `lead.employees`, `met("budget") ? idle_steps("visit", "7d", "1d") : 1`, `latest("call", "budget", "7d")`, `count("visit", "7d") in [1, 2] ? 5 : 7`, `happened("visit", "7d") ? 1 : 2`, `10 / (1 + count("visit", "7d"))`,
		} {
			nodes = append(nodes, compile(t, w.c, expression.InMultiply, s))
		}
		o := w.outlook(t, true)
		envs := []*expression.Env{w.env(t, w.now)}
		for _, at := range instants(w.now) {
			envs = append(envs, w.env(t, at))
		}
		for _, n := range nodes {
			lo, hi, unknown := math.Inf(1), math.Inf(-1), false
			for _, f := range envs {
				if f.Now >= o.Horizon {
					break
				}
				x, ok := n.Number(f)
				if unknown = unknown || !ok; ok {
					lo, hi = min(lo, x), max(hi, x)
				}
				if f.Now == int64(w.now) {
					continue
				}
				in := o.Ahead(n, f.Now)
				if lo < in.Lo || hi > in.Hi || unknown && !in.Unknown {
					t.Fatalf("%s lies between %v and %v by %s, unknown %t, and said to lie in %v", n.Text, lo, hi, days(f.Now), unknown, in)
				}
				if in.Lo > -1000 && in.Hi < 1000 {
					narrow++
				}
			}
		}
	}
	if narrow < 1000 {
		t.Errorf("only %d ranges are narrow", narrow)
	}
}

// Crosses finds the first instant at which something does not hold any more: exactly when Fine, or
// else too early by a sixteenth.
func TestCrosses(t *testing.T) {
	t.Parallel()
	const second, most = instant(1e9), int64(expression.Never)
	for _, tt := range []struct{ now, ends, horizon int64 }{
		{0, 1, most}, {0, 2, most}, {0, int64(second), most}, {0, int64(second) + 1, most}, {0, int64(day), most}, {0, int64(40 * day), most}, {0, int64(400 * day), most}, {0, most - 1, most}, {0, most, most},
		{0, 10, 10}, {0, 9, 10}, {0, 11, 10}, {0, 1, 1}, {0, int64(day), int64(day) + 1}, {0, 5, int64(second)}, {math.MinInt64, math.MinInt64 + 1, most}, {math.MinInt64, 0, most}, {math.MinInt64, most - 1, most}, {most - 2, most - 1, most}, {-7, 12345678, 1e15},
	} {
		for _, fine := range []bool{true, false} {
			asked := 0
			o := &expression.Forecast{Env: &expression.Env{Now: tt.now}, Horizon: tt.horizon, Fine: fine, Crossed: expression.Never}
			got := o.Crosses(func(until int64, effort expression.Effort) bool {
				if asked++; until <= tt.now || until >= tt.horizon && tt.horizon != most {
					t.Errorf("%+v: asked about %d", tt, until)
				}
				return (until < tt.ends || tt.ends == most) && effort == expression.Closely
			})
			want := tt.ends
			if want >= tt.horizon {
				want = most
			}
			passed, early := uint64(got)-uint64(tt.now), uint64(want)-uint64(got)
			switch {
			case want == most && got != most, got > want, fine && got != want, got <= tt.now:
				t.Errorf("%+v: %d, fine %t", tt, got, fine)
			case early > passed/16 && early > 1:
				t.Errorf("%+v: %d is too early", tt, got)
			case uint64(tt.horizon)-uint64(tt.now) <= uint64(second) && got != want:
				t.Errorf("%+v: %d is not exact within a second", tt, got)
			case o.Crossed != got:
				t.Errorf("%+v: %d, and noted as %d", tt, got, o.Crossed)
			case asked > 80:
				t.Errorf("%+v: asked %d times", tt, asked)
			}
		}
	}
}

// Terms within terms have exponentially many ways through them: an outlook gives up, and says at once.
func TestOutlookGivesUp(t *testing.T) {
	t.Parallel()
	terms := []expression.Term{{ID: "t0", Source: `score("fit")`}, {ID: "b0", Source: `score("fit") > 10`}}
	for i := 1; i <= 25; i++ {
		terms = append(terms, expression.Term{ID: fmt.Sprint("t", i), Source: fmt.Sprintf("term.t%d + term.t%[1]d", i-1)}, expression.Term{ID: fmt.Sprint("b", i), Source: fmt.Sprintf("term.b%d == term.b%[1]d", i-1)})
	}
	for _, tt := range []struct {
		source string
		want   int64
	}{
		{`term.t3 > 1`, expression.Never}, {`term.t25 > 1`, int64(noon) + 1}, {`term.t3 > 100`, int64(30 * day)}, {`(term.b25 ? 1 : 2) > score("fit")`, int64(noon) + 1},
	} {
		w := &course{c: compiler(terms...), now: noon, points: [][]step{{{math.MinInt64, 0}}, {{math.MinInt64, 10}, {30 * day, 15}}}}
		n := compile(t, w.c, expression.InStage, tt.source)
		o := &expression.Forecast{Env: w.env(t, noon), Future: w, Fine: true}
		o.Reset()
		if got := o.Next(n); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.source, days(got), days(tt.want))
		}
	}
}
