package expression_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// atoms writes atoms in short: "a=yes", and with what is wanted "a=no +".
func atoms(list []expression.Atom, wanted bool) string {
	var all []string
	for _, a := range list {
		s := strings.TrimPrefix(a.Node.Text, "lead.") + "=" + [...]string{"no", "unknown", "yes"}[a.Answer]
		if wanted {
			s += " " + map[bool]string{true: "+", false: "-"}[a.Want]
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

// boolean makes a compiler for conditions over bool attributes of one letter each.
func boolean(attributes string, terms ...expression.Term) *expression.Compiler {
	n := expression.Names{Terms: terms}
	for _, a := range attributes {
		n.Lead = append(n.Lead, expression.Field{Name: string(a), Kind: fact.Bool})
	}
	return expression.NewCompiler(n, wide)
}

func TestDecisive(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ source, yes, no, want string }{
		{"lead.a", "a", "", "a=yes +"},
		{"not lead.a", "a", "", "a=yes -"},
		{"lead.a and lead.b and lead.c", "abc", "", "a=yes +, b=yes +, c=yes +"},
		{"lead.a and lead.b and lead.c", "a", "c", "c=no +"},
		{"lead.a and lead.b and lead.c", "", "bc", "b=no +, c=no +"},
		{"lead.a and lead.b and lead.c", "a", "", "b=unknown +, c=unknown +"},
		{"lead.a or lead.b or lead.c", "bc", "a", "b=yes +, c=yes +"},
		{"lead.a or lead.b or lead.c", "", "abc", "a=no +, b=no +, c=no +"},
		{"lead.a or lead.b or lead.c", "", "a", "b=unknown +, c=unknown +"},
		{"not (lead.a or lead.b)", "a", "", "a=yes -"},
		{"not (lead.a and not lead.b)", "", "b", "a=unknown -"},
		{"not not lead.a", "", "a", "a=no +"},
		{"lead.a ? lead.b : lead.c", "ab", "c", "a=yes +, b=yes +"},
		{"lead.a ? lead.b : lead.c", "b", "ac", "a=no +, c=no +"}, // it need only choose b
		{"lead.a ? lead.b : lead.c", "bc", "a", "a=no -, c=yes +"},
		{"lead.a ? lead.b : lead.c", "", "abc", "a=no -, c=no +"},
		{"lead.a ? lead.b : lead.c", "a", "bc", "a=yes +, b=no +"},
		{"lead.a ? lead.b : lead.c", "ac", "b", "a=yes -, b=no +"},
		{"not (lead.a ? lead.b : lead.c)", "ab", "c", "a=yes -, b=yes -"},
		{"lead.a ? lead.b : lead.c", "bc", "", "b=yes +, c=yes +"},
		{"lead.a ? lead.b : lead.c", "", "bc", "b=no +, c=no +"},
		{"lead.a ? lead.b : lead.c", "b", "c", "a=unknown +"},
		{"lead.a and lead.a", "", "", "a=unknown +"},
		{"lead.a == lead.b or lead.c", "", "c", "a == lead.b=unknown +"},
		{"(lead.a ?? lead.b) and lead.c", "bc", "", "a ?? lead.b=yes +, c=yes +"},
		{"term.t and lead.c", "abc", "", "a=yes +, b=yes +, c=yes +"},
		{"true", "", "", "true=yes +"},
	} {
		c := boolean("abc", expression.Term{ID: "t", Source: "lead.a and lead.b"})
		n := compile(t, c, expression.InStage, tt.source)
		var w expression.ReasonFinder
		if got := atoms(w.Decisive(n, setBools(env(t, c, nil), tt.yes, tt.no)), true); got != tt.want {
			t.Errorf("%s with %q yes and %q no: %s, want %s", tt.source, tt.yes, tt.no, got, tt.want)
		}
	}
}

// setBools makes the attributes in yes and no known.
func setBools(f *expression.Env, yes, no string) *expression.Env {
	for i := range f.Lead {
		name := string(rune('a' + i))
		f.Lead[i] = fact.Value{Known: strings.Contains(yes+no, name), Bool: strings.Contains(yes, name)}
	}
	return f
}

func TestBlockers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source, yes, no string
		want            bool
		blockers        string
	}{
		{"lead.a", "a", "", true, ""},
		{"lead.a", "", "", true, "a=unknown +"},
		{"lead.a", "", "", false, "a=unknown -"},
		{"not lead.a", "a", "", true, "a=yes -"},
		{"lead.a and lead.b and lead.c", "b", "c", true, "a=unknown +, c=no +"},
		{"lead.a and lead.b and lead.c", "abc", "", false, "a=yes -"},
		{"lead.a or lead.b or lead.c", "", "abc", true, "a=no +"},
		{"lead.a or lead.b or lead.c", "b", "c", false, "a=unknown -, b=yes -"},
		{"lead.a and lead.b or lead.c", "", "abc", true, "c=no +"},
		{"lead.a and lead.b or lead.c", "a", "bc", true, "b=no +"},
		{"lead.a ? lead.b : lead.c", "b", "a", true, "a=no +"}, // as would c: the first of equals
		{"lead.a ? lead.b : lead.c", "b", "", true, "a=unknown +"},
		{"lead.a ? lead.b : lead.c", "c", "", true, "a=unknown -"},
		{"lead.a ? lead.b : lead.c", "c", "ab", false, "a=no +"},
		{"lead.a ? lead.b : lead.c", "a", "b", true, "b=no +"},
		{"not (lead.a ? lead.b : lead.c)", "b", "", false, "a=unknown +"},
		{"false or lead.a", "", "a", true, "a=no +"},
		{"false and lead.a or lead.b and lead.c", "", "", true, "b=unknown +, c=unknown +"},
		{"false", "", "", true, "false=no +"},
		{"lead.a and lead.a", "", "", true, "a=unknown +"},
		{"term.t or lead.c and lead.b and lead.a", "", "", true, "a=unknown +, b=unknown +"},
	} {
		c := boolean("abc", expression.Term{ID: "t", Source: "lead.a and lead.b"})
		n := compile(t, c, expression.InStage, tt.source)
		var w expression.ReasonFinder
		if got := atoms(w.Blockers(c.Opening(n), setBools(env(t, c, nil), tt.yes, tt.no), tt.want), true); got != tt.blockers {
			t.Errorf("%s with %q yes and %q no, for %v: %s, want %s", tt.source, tt.yes, tt.no, tt.want, got, tt.blockers)
		}
	}
}

// once makes a condition in which no attribute stands twice.
func once(rng *rand.Rand, next *int, depth int, terms *[]expression.Term) string {
	sub := func() string { return once(rng, next, depth-1, terms) }
	if depth <= 0 || rng.IntN(6) == 0 {
		*next++
		return "lead." + string(rune('a'+*next-1))
	}
	switch rng.IntN(8) {
	case 0, 1, 2:
		return "(" + sub() + " and " + sub() + ")"
	case 3, 4:
		return "(" + sub() + " or " + sub() + ")"
	case 5:
		return "not " + sub()
	case 6:
		*terms = append(*terms, expression.Term{ID: fmt.Sprintf("t%d", len(*terms)), Source: "true"})
		id := len(*terms) - 1
		(*terms)[id].Source = sub()
		return fmt.Sprintf("term.t%d", id)
	}
	return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
}

// Turning what Blockers lists makes the condition as wanted, and nothing less
// than that many atoms would. What Decisive lists is enough for the answer.
func TestWalkerProperties(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 4))
	for range testcase.Count(3000) {
		var terms []expression.Term
		count := 0
		source := once(rng, &count, 4, &terms)
		if count > 9 {
			continue
		}
		c := boolean("abcdefghi"[:count], terms...)
		n := compile(t, c, expression.InStage, source)
		f := env(t, c, nil)
		for i := range f.Lead {
			f.Lead[i] = fact.Value{Known: rng.IntN(3) > 0}
			f.Lead[i].Bool = f.Lead[i].Known && rng.IntN(2) == 0
		}
		fresh := func() *expression.Env {
			g := *f
			g.Lead = append([]fact.Value(nil), f.Lead...)
			g.Terms = make([]expression.Memo, len(f.Terms))
			return &g
		}
		index := func(a expression.Atom) int { return int(a.Node.Text[len("lead.")] - 'a') }
		var w expression.ReasonFinder
		answer := n.Test(fresh())
		for _, want := range []bool{true, false} {
			wanted := no
			if want {
				wanted = yes
			}
			blockers := w.Blockers(c.Opening(n), fresh(), want)
			if (len(blockers) == 0) != (answer == wanted) {
				t.Fatalf("%s with %v, for %v: %s", source, f.Lead, want, atoms(blockers, true))
			}
			after := fresh()
			for _, a := range blockers {
				after.Lead[index(a)] = fact.Value{Known: true, Bool: a.Want}
			}
			if got := n.Test(after); got != wanted {
				t.Fatalf("%s with %v %v, after %s: %v, want %v", source, terms, f.Lead, atoms(blockers, true), got, wanted)
			}
			if count <= 6 {
				fewest := fewest(n, fresh, count, wanted)
				if fewest < len(blockers) {
					t.Fatalf("%s with %v %v, for %v: %s, but %d would do", source, terms, f.Lead, want, atoms(blockers, true), fewest)
				}
			}
		}
		// Whatever else were otherwise, what decides would still decide.
		decisive := map[int]bool{}
		for _, a := range w.Decisive(n, fresh()) {
			decisive[index(a)] = true
			if a.Answer != a.Node.Test(fresh()) {
				t.Fatalf("%s: %s has another answer", source, a.Node.Text)
			}
		}
		if answer == unknown {
			continue
		}
		for range 8 {
			other := fresh()
			for i := range other.Lead {
				if !decisive[i] {
					other.Lead[i] = fact.Value{Known: rng.IntN(3) > 0}
					other.Lead[i].Bool = other.Lead[i].Known && rng.IntN(2) == 0
				}
			}
			if got := n.Test(other); got != answer {
				t.Fatalf("%s with %v %v = %v, and with %v = %v", source, terms, f.Lead, answer, other.Lead, got)
			}
		}
	}
}

// fewest is the least number of attributes to set for the wanted answer.
func fewest(n *expression.Node, fresh func() *expression.Env, count int, wanted expression.Answer) int {
	best := count + 1
	for subset := range 1 << count {
		for values := range 1 << count {
			if values&^subset != 0 || bits.OnesCount(uint(subset)) >= best {
				continue
			}
			f := fresh()
			for i := range count {
				if subset&(1<<i) != 0 {
					f.Lead[i] = fact.Value{Known: true, Bool: values&(1<<i) != 0}
				}
			}
			if n.Test(f) == wanted {
				best = bits.OnesCount(uint(subset))
			}
		}
	}
	return best
}

// Terms within terms make exponentially many ways through a small policy; none
// of the readings goes all of them.
func TestExponentialTerms(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{
		"term.t%[1]d and term.t%[1]d", "term.t%[1]d or not term.t%[1]d", "term.t%[1]d ? term.t%[1]d : not term.t%[1]d", "(term.t%[1]d ?? term.t%[1]d) and known(term.t%[1]d)",
	} {
		terms := []expression.Term{{ID: "t0", Source: "lead.a and lead.b"}}
		for i := range 40 {
			terms = append(terms, expression.Term{ID: fmt.Sprintf("t%d", i+1), Source: fmt.Sprintf(shape, i)})
		}
		c := boolean("ab", terms...)
		n := compile(t, c, expression.InStage, "term.t40")
		for _, known := range []string{"", "a", "ab"} {
			f := setBools(env(t, c, nil), known, "")
			n.Test(f)
			s := &expression.IntervalEval{Env: f, Lead: c.Names.Lead}
			s.Reset(c.Terms())
			s.Free(0)
			s.Free(1)
			s.Test(n)
			var w expression.ReasonFinder
			for _, want := range []bool{true, false} {
				if blockers := w.Blockers(c.Opening(n), f, want); len(blockers) > 100 {
					t.Errorf("%s: %d blockers", shape, len(blockers))
				}
			}
			if decisive := w.Decisive(n, f); len(decisive) > 100 || len(decisive) == 0 {
				t.Errorf("%s: %d decide", shape, len(decisive))
			}
		}
	}
	var w expression.ReasonFinder
	c := boolean("ab", expression.Term{ID: "t", Source: "lead.a"})
	n := compile(t, c, expression.InStage, "term.t and lead.b")
	f := setBools(env(t, c, nil), "b", "a")
	w.Blockers(c.Opening(n), f, true)
	if diff := cmp.Diff("a=no", atoms(w.Decisive(n, f), false)); diff != "" {
		t.Errorf("after another walk (-want +got):\n%s", diff)
	}
}
