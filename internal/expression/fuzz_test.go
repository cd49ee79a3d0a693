package expression_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

// FuzzCompile holds what is true of any text: it compiles or has mistakes with
// a place in it, in words of a policy, and what compiles evaluates whatever is
// known.
func FuzzCompile(f *testing.F) {
	for _, s := range typical {
		f.Add(s)
	}
	for _, s := range []string{
		"", " ", "\xff", "a\x00", "((((", "!!!!", "not not true", "-(-(-1))", "1 ?? 2 ?? 3", "true ? 1 : false ? 2 : 3", "true ?: false", "1 < 2 < 3 < 4",
		"days_in_stage() > 3", "activity.budget > 3", "activity.path matches '(a|b)c?'", "lead.name == nil", "let a = 1; a", "if true { 1 } else { 2 }", "::count('visit')",
		"'visit' | count()", "any(lead.tags, {# == 'x'})", "count(lead.tags, {.a})", "lead?.name", "lead.name[1:2]", "[1, [2]]", "{a: 1}", "b'x'", "`a``b`", `"\u{1F600}\x41\101"`, "1..2", "2 ** 3 ^ 4",
		"0x1F + 0b1 + 0o7 + 1_0 + .5 + 1.e3 + 1e-3", "reduce(1..9, #acc + #)", "a.b.c(d)[e]?.f", "true;;", "term.big", "term.ring", "term.bad", "known(term.big)", "now >= time('2026-01-01')",
		"followed('visit', 'call', '7d', '30d since demo')", "idle_steps('visit', '7d', '1d') + idle_steps('call', '14d') >= 3", "lead.since in [time('2026-01-01')]", "'x' in lead.tags", "lead.tags in ['vip']", "lead.topics not in ['x', '\u200by']", "lead.name == '\ufeff'", "lead.title == '\\u000b\\u0008\\u000cx'", "lead.title startsWith \"\f0\"", "lead.title matches '\\\\x08'", "lead.name contains ['a', \"b\"]", "lead.name in list.free", "lead.plan endsWith list.free or lead.topics not in list.free", "lead.x is not null", "a between 1 and 2", "1,000.5", "lead.name like '%x%'", "AND(a, b)", "“x”", "x not in y", "not in", "a not b", "lead.employees %% 2", "\u00a0-\u2003-1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c := compiler(
			expression.Term{ID: "big", Source: "lead.employees >= 200"}, expression.Term{ID: "ring", Source: "term.ring"}, expression.Term{ID: "bad", Source: "lead.zzz"},
		)
		met := compile(t, c, expression.InCriterion, "lead.employees > 3 or lead.consent")
		for range c.Names.Criteria {
			c.Criteria = append(c.Criteria, expression.CompiledCriterion{Met: met, Unmet: compile(t, c, expression.InCriterion, "lead.verified")})
		}
		for place := expression.InWhere; place <= expression.InTerm; place++ {
			n, mistakes := c.Compile(source, place, fact.None, 0)
			if n != nil && len(mistakes) > 0 || n == nil && len(mistakes) == 0 && !strings.Contains(source, "term") {
				t.Fatalf("%q: node %v, mistakes %v", source, n, mistakes)
			}
			for i, m := range mistakes {
				if m.Offset < 0 || m.Offset > utf8.RuneCountInString(source) || m.Message == "" || strings.HasSuffix(m.Message, ": ") || i > 0 && m.Offset < mistakes[i-1].Offset {
					t.Fatalf("%q: mistakes %v", source, mistakes)
				}
				if !strings.ContainsAny(source, `"'`+"`") && len(source) < 200 && internals.MatchString(m.Message) && !internals.MatchString(source) {
					t.Fatalf("%q: message %q", source, m.Message)
				}
			}
			if n == nil {
				continue
			}
			// Its text is an expression with the same meaning, unless quoting has made it too long.
			if again, mistakes := c.Compile(n.Text, place, fact.None, 0); len(n.Text) < 1000 && (again == nil || again.Text != n.Text) {
				t.Fatalf("%q: its text %q does not compile to itself: %v", source, n.Text, mistakes)
			}
			g := &generator{rng: rand.New(rand.NewPCG(uint64(len(source)), 1))}
			for _, percent := range []int{0, 50, 100} {
				check(t, c, n, g, percent)
			}
		}
	})
}

// check evaluates a node in all its readings.
func check(t *testing.T, c *expression.Compiler, n *expression.Node, g *generator, percent int) {
	f := env(t, c, nil)
	setKnown(f, c, g.facts(percent))
	if percent > 0 {
		setKnown(f, c, facts{
			"lead.country": "DK", "lead.size": "small", "stage": "mql", "stage_since": day, "activity.path": "/", "activity.budget": 1.5, "activity.role": "x",
			"activity.start": day, "activity.paid": true, "activity.labels": []string{"x"}, "met.budget": expression.CheckYes, "band.fit": "A",
		})
		for i := range c.Queries { // whatever its kind
			f.Queries[i] = fact.Value{Known: true, Number: 2, Bool: true, Text: "x", Time: int64(day), Texts: []string{"x"}}
		}
	}
	s := spreadOf(&policy{c: c}, f)
	release := func() {
		for i := range len(f.Lead) + len(f.Queries) {
			if i < len(f.Lead) && !f.Lead[i].Known || i >= len(f.Lead) && !f.Queries[i-len(f.Lead)].Known {
				s.Free(i)
			}
		}
	}
	n.Props()
	switch n.Kind {
	case fact.Bool:
		answer := n.Test(f)
		release()
		if set := s.Test(n); !set.Can(answer) && percent > 0 && !strings.Contains(n.Text, "met") {
			t.Fatalf("%s: %v is not in %b", n.Text, answer, set)
		}
		var w expression.ReasonFinder
		for _, a := range w.Decisive(n, f) {
			if a.Node.Subject() == "" || a.Node.Wanted(true) == "" || a.Node.Wanted(false) == "" {
				t.Fatalf("%s: atom %s has no words", n.Text, a.Node.Text)
			}
			for _, source := range a.Node.Sources {
				source.Value(f)
			}
		}
		for _, want := range []bool{true, false} {
			if blockers := w.Blockers(c.Opening(n), f, want); (len(blockers) == 0) != (answer == yes && want || answer == no && !want) {
				t.Fatalf("%s: %v, and %d blockers for %v", n.Text, answer, len(blockers), want)
			}
		}
	case fact.Number:
		n.Number(f)
		release()
		s.Number(n)
	}
}
