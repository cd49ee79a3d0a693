package expression_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/expr-lang/expr"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// wide are limits that no generated expression reaches.
var wide = expression.Limits{Length: 1 << 20, Nesting: 100, Nodes: 100_000, Pattern: 500}

func generatedNames() expression.Names {
	n := names()
	for i := range n.Lead {
		n.Lead[i].Values = nil
	}
	n.Lists = constantLists
	return n
}

// try compiles a generated expression; it gives nil for the few that ask
// whether a constant is known.
func try(t *testing.T, c *expression.Compiler, place expression.Place, source string) *expression.Node {
	t.Helper()
	n, mistakes := c.Compile(source, place, fact.None, 0)
	if n == nil && (len(mistakes) == 0 || !strings.Contains(mistakes[0].Message, "is always known")) {
		t.Fatalf("%s: %v", source, mistakes)
	}
	return n
}

// setKnown puts those facts into the env that the compiler knows.
func setKnown(f *expression.Env, c *expression.Compiler, known facts) {
	for name, v := range known {
		set(f, c, name, v)
	}
}

// Where every fact is known and finite, the answer is that of expr's machine.
func TestAgainstMachine(t *testing.T) {
	t.Parallel()
	g := &generator{rng: rand.New(rand.NewPCG(7, 1)), machine: true}
	for range testcase.Count(6000) {
		c := expression.NewCompiler(generatedNames(), wide)
		source := g.tree(pick(g, fact.Bool, fact.Bool, fact.Number), 4)
		text := source.source()
		n := try(t, c, expression.InRule, text)
		known := g.facts(100)
		f := env(t, c, nil)
		setKnown(f, c, known)
		want := machine(t, text, known)
		switch source.kind {
		case fact.Bool:
			if got := n.Test(f); want != (got == yes) || got == unknown {
				t.Fatalf("%s\nwith %v\n= %v, the machine gives %v", text, known, got, want)
			}
		default:
			if got, ok := n.Number(f); !ok || want != got {
				t.Fatalf("%s\nwith %v\n= %v, %v, the machine gives %v", text, known, got, ok, want)
			}
		}
	}
}

func machine(t *testing.T, source string, known facts) any {
	lead := map[string]any{}
	for name, v := range known {
		if part, ok := strings.CutPrefix(name, "lead."); ok {
			lead[part] = v
		}
	}
	options := []expr.Option{expr.Env(map[string]any{"lead": lead})}
	for _, name := range []string{"count", "happened", "latest", "idle_steps"} {
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			quoted := make([]string, len(args))
			for i, a := range args {
				quoted[i] = fmt.Sprintf("%q", a)
			}
			v, ok := known[name+"("+strings.Join(quoted, ", ")+")"]
			if !ok {
				return nil, fmt.Errorf("%s%v is not known", name, args)
			}
			return v, nil
		}))
	}
	program, err := expr.Compile(source, options...)
	if err != nil {
		t.Fatalf("%s: the machine: %v", source, err)
	}
	got, err := expr.Run(program, map[string]any{"lead": lead})
	if err != nil {
		t.Fatalf("%s: the machine: %v", source, err)
	}
	return got
}

// policy is a generated set of terms and criteria.
type policy struct {
	c          *expression.Compiler
	terms      []*tree
	met, unmet []*tree
}

// newPolicy makes terms and criteria. The last term asks for the checklist.
func newPolicy(t *testing.T, g *generator) *policy {
	g.rule, g.terms = false, nil
	p := &policy{}
	n := generatedNames()
	for _, kind := range []fact.Kind{fact.Bool, fact.Number, fact.Text, fact.Time, fact.Texts, fact.Bool, fact.Number} {
		var is *tree
		for is == nil || is.onlyLiterals() || expressionFails(is, n) {
			g.rule = len(g.terms) >= 5
			is = g.tree(kind, 2)
		}
		n.Terms = append(n.Terms, expression.Term{ID: fmt.Sprintf("t%d", len(g.terms)), Source: is.source()})
		g.terms = append(g.terms, is)
	}
	p.terms = g.terms
	g.rule, g.terms = false, g.terms[:5]
	p.c = expression.NewCompiler(n, wide)
	for i := range n.Criteria {
		var met, unmet *tree
		var judged expression.CompiledCriterion
		for judged.Met == nil {
			met = g.tree(fact.Bool, 2)
			judged.Met = try(t, p.c, expression.InCriterion, met.source())
		}
		for i%2 == 0 && judged.Unmet == nil {
			unmet = g.tree(fact.Bool, 2)
			judged.Unmet = try(t, p.c, expression.InCriterion, unmet.source())
		}
		p.met, p.unmet = append(p.met, met), append(p.unmet, unmet)
		p.c.Criteria = append(p.c.Criteria, judged)
	}
	g.rule, g.terms = true, p.terms
	return p
}

func expressionFails(is *tree, n expression.Names) bool {
	node, _ := expression.NewCompiler(n, wide).Compile(is.source(), expression.InTerm, fact.None, 0)
	return node == nil
}

// env knows the facts and answers the criteria.
func (p *policy) env(t *testing.T, known facts) *expression.Env {
	f := env(t, p.c, nil)
	setKnown(f, p.c, known)
	for i, c := range p.c.Criteria {
		unmet := no
		if c.Unmet != nil {
			unmet = c.Unmet.Test(f)
		}
		f.Check[i] = expression.Judge(c.Met.Test(f), unmet, c.Unmet != nil)
	}
	return f
}

func (p *policy) naive(known facts) *naive {
	return &naive{known: known, terms: p.terms, met: p.met, unmet: p.unmet}
}

// With facts unknown the answer is that of a naive evaluator in three-valued logic.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	g := &generator{rng: rand.New(rand.NewPCG(7, 2))}
	seen := map[expression.Answer]int{}
	for range testcase.Count(600) {
		p := newPolicy(t, g)
		for range 10 {
			is := g.tree(pick(g, fact.Bool, fact.Bool, fact.Number), 4)
			n := try(t, p.c, expression.InRule, is.source())
			if n == nil {
				continue
			}
			for _, percent := range []int{0, 50, 80, 100} {
				known := g.facts(percent)
				f := p.env(t, known)
				e := p.naive(known)
				want := e.result(is)
				if is.kind == fact.Number {
					if got, ok := n.Number(f); ok != want.Known || ok && got != want.Number {
						t.Fatalf("%s\nterms %v\nwith %v\n= %v, %v, want %+v", is.source(), p.c.Names.Terms, known, got, ok, want)
					}
					continue
				}
				got := n.Test(f)
				if seen[got]++; got != answerOf(want) {
					t.Fatalf("%s\nterms %v\nwith %v\n= %v, want %v", is.source(), p.c.Names.Terms, known, got, answerOf(want))
				}
			}
		}
	}
	for _, a := range []expression.Answer{no, unknown, yes} {
		if seen[a] < testcase.Least(1000) {
			t.Errorf("only %d answers are %v", seen[a], a)
		}
	}
}

func spreadOf(p *policy, f *expression.Env) *expression.IntervalEval {
	s := &expression.IntervalEval{Env: f, Lead: p.c.Names.Lead, Criteria: p.c.Criteria}
	for i := range p.c.Queries {
		lo, hi := bounds(p.c.QueryName(i))
		s.QueryLo, s.QueryHi = append(s.QueryLo, lo), append(s.QueryHi, hi)
	}
	s.Reset(p.c.Terms())
	return s
}

// Whatever the free facts turn out to be, the result is among those that the
// spread has foreseen; with none free it is the spread.
func TestSpread(t *testing.T) {
	t.Parallel()
	g := &generator{rng: rand.New(rand.NewPCG(7, 3))}
	narrow := 0
	for range testcase.Count(400) {
		p := newPolicy(t, g)
		for range 8 {
			is := g.tree(pick(g, fact.Bool, fact.Number), 4)
			n := try(t, p.c, expression.InRule, is.source())
			if n == nil {
				continue
			}
			known := g.facts(pick(g, 30, 60, 90))
			f := p.env(t, known)
			s := spreadOf(p, f)
			fail := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("%s\nterms %v\nwith %v\n%s", is.source(), p.c.Names.Terms, known, fmt.Sprintf(format, args...))
			}
			if is.kind == fact.Bool {
				if got := s.Test(n); got != expression.Only(n.Test(f)) {
					fail("nothing is free, and the set is %b", got)
				}
			} else if x, ok := n.Number(f); s.Number(n).Unknown == ok || ok && (s.Number(n).Lo != x || s.Number(n).Hi != x) {
				fail("nothing is free, and the interval is %v, not %v", s.Number(n), x)
			}
			var free []string
			for i, field := range p.c.Names.Lead {
				if name := "lead." + field.Name; kinds[name] != fact.None && (!f.Lead[i].Known || f.Lead[i].Partial) && g.rng.IntN(4) > 0 {
					free = append(free, name)
					s.Free(i)
				}
			}
			for i := range p.c.Queries {
				if name := p.c.QueryName(i); !f.Queries[i].Known && g.rng.IntN(4) > 0 {
					free = append(free, name)
					s.Free(len(p.c.Names.Lead) + i)
				}
			}
			var set expression.Set
			var interval expression.Interval
			if is.kind == fact.Bool {
				if set = s.Test(n); set != expression.Only(yes)|expression.Only(no)|expression.Only(unknown) {
					narrow++
				}
			} else {
				interval = s.Number(n)
			}
			for range 12 {
				filled := facts{}
				for name, v := range known {
					filled[name] = v
				}
				chance := 1 + g.rng.IntN(4)
				for _, name := range free {
					if g.rng.IntN(4) < chance {
						filled[name] = g.learn(name, known[name])
					}
				}
				after := p.env(t, filled)
				if is.kind == fact.Bool {
					if got := n.Test(after); !set.Can(got) {
						fail("free %v, filled %v: %v is not in %b", free, filled, got, set)
					}
				} else if x, ok := n.Number(after); !ok && !interval.Unknown || ok && (x < interval.Lo || x > interval.Hi) {
					fail("free %v, filled %v: %v, %v is not in %v", free, filled, x, ok, interval)
				}
			}
			s.FreeNone()
			if is.kind == fact.Bool && s.Test(n) != expression.Only(n.Test(f)) {
				fail("the facts stay free")
			}
		}
	}
	if narrow < testcase.Least(200) {
		t.Errorf("only %d sets leave an answer out", narrow)
	}
}

// The age of the stay is the one age without a time below it.
func TestSpreadOfStay(t *testing.T) {
	t.Parallel()
	c := compiler()
	n := compile(t, c, expression.InStage, "days_in_stage() > lead.employees")
	for _, tt := range []struct {
		known facts
		want  expression.Set
	}{
		{facts{"stage": "mql", "stage_since": instant(0), "now": day}, expression.Only(yes) | expression.Only(no) | expression.Only(unknown)},
		{facts{"now": day}, expression.Only(unknown)},
	} {
		s := spreadOf(&policy{c: c}, env(t, c, tt.known))
		s.Free(0)
		if got := s.Test(n); got != tt.want {
			t.Errorf("%v: %b, want %b", tt.known, got, tt.want)
		}
	}
}
