package expression_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// Every test of texts, with what remembers its answers below it.
var textTests = []string{
	`lead.name contains "bA"`, `lead.name contains "` + strings.Repeat("ab", 40) + `"`, `lead.name startsWith "abab"`, `lead.name endsWith "ba"`, `lead.name matches "(a|b)b"`, `lead.name matches "(?:a?b?){9}c$"`,
	`lead.name contains lead.title`, `lead.name startsWith lead.title`, `lead.name endsWith lead.title`, `lead.name == lead.title`, `lead.name != lead.title`, `lead.plan contains lead.country`,
	`lead.name in ["ab", "ba"]`, `lead.name in ["a", "b", "c", "d", "e", "f", "g", "h", "ab", "abab", " BA "]`, `lead.plan in ["a", "b", "c", "d", "e", "f", "g", "h", "ab", "aB"]`,
	`"ab" in lead.topics`, `lead.name in lead.tags`, `lead.name in (lead.verified ? lead.tags : lead.topics)`, `known(lead.verified ? lead.tags : lead.topics)`,
	`(lead.verified ? lead.name : lead.title) contains "ab"`, `(lead.name ?? lead.title) == "ab"`, `known(lead.verified ? lead.name : lead.title)`, `lead.plan == lead.country`,
}

// An env that remembers what tests of texts saw answers as one that never saw anything.
func TestTextsAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	c := compiler()
	var nodes []*expression.Node
	for _, source := range textTests {
		nodes = append(nodes, compile(t, c, expression.InRule, source))
	}
	rng := rand.New(rand.NewPCG(5, 2))
	choose := func(all ...string) string { return all[rng.IntN(len(all))] }
	text := func() string {
		return choose("", strings.Repeat(choose("ab", "aB", "b"), 1+rng.IntN(50))) + choose("", "a", "B", "ab", "c") + choose("", "k")
	}
	used := env(t, c, nil)
	var memory [2][3]string // of the lists, filled again and again
	for range testcase.Count(3000) {
		facts := facts{}
		for _, name := range []string{"lead.name", "lead.title", "lead.plan", "lead.country"} {
			if rng.IntN(3) == 0 {
				facts[name] = text()
			}
		}
		if rng.IntN(3) == 0 {
			facts["lead.verified"] = rng.IntN(2) == 0
		}
		for i, name := range []string{"lead.tags", "lead.topics"} {
			if rng.IntN(3) == 0 {
				used.Lists++
				for j := range memory[i] {
					memory[i][j] = text()
				}
				facts[name] = memory[i][:1+rng.IntN(3)]
			}
		}
		for name, v := range facts {
			set(used, c, name, v)
		}
		if rng.IntN(9) == 0 {
			used.Forget()
		}
		fresh := env(t, c, nil)
		copy(fresh.Lead, used.Lead)
		for _, n := range nodes {
			if got, want := n.Test(used), n.Test(fresh); got != want {
				t.Fatalf("%s: %v, want %v, of %+v", n.Text, got, want, used.Lead)
			}
		}
	}
}

// The answer for a long text is found once.
func TestLongTextsAreLookedAtOnce(t *testing.T) {
	t.Parallel()
	c := compiler()
	n := compile(t, c, expression.InRule, `lead.name matches "(?:a?b?){200}c$"`)
	f := env(t, c, facts{"lead.name": strings.Repeat("ab", 1<<12)})
	for range 100_000 { // hours, if it were each time
		n.Test(f)
	}
}

// What a text costs is known: for each of its bytes, and for what is compared with it.
func TestTextSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		source string
		want   int
	}{
		{`lead.name contains "a"`, 6}, {`lead.name contains "a" or lead.plan contains "b"`, 12}, {`lead.name contains lead.title`, 16}, {`lead.name matches "ab|cd"`, 12},
		{`lead.name matches "^a"`, 75 + 25}, {`lead.name == "a"`, 0}, {`lead.name == lead.title`, 4}, {`lead.name startsWith lead.title`, 4}, {`lead.name endsWith "a"`, 0}, {`lead.name in ["a", "b"]`, 0},
		{`"a" in lead.topics`, 4}, {`lead.employees == lead.revenue`, 0}, {`lead.employees in [1, 2]`, 0}, {`(lead.verified ? lead.name : lead.title) == "a"`, 4}, {`term.t and term.t`, 6},
	} {
		c := compiler(expression.Term{ID: "t", Source: `lead.name contains "a"`})
		if compile(t, c, expression.InRule, test.source); c.TextSteps() != test.want {
			t.Errorf("%s: %d steps for each byte, want %d", test.source, c.TextSteps(), test.want)
		}
	}
	for _, test := range []struct {
		source       string
		place        expression.Place
		each         int
		besides, all int
	}{
		{`activity.path contains "a"`, expression.InWhere, 6, 0, 0}, {`activity.path startsWith "abc"`, expression.InWhere, 0, 12, 0}, {`activity.path in ["abc", "d"]`, expression.InWhere, 0, 24, 0},
		{`activity.path contains "a" ? 1 : 2`, expression.InEventMultiply, 6, 0, 0}, {`lead.plan contains activity.path ? 1 : 2`, expression.InEventMultiply, 16, 0, 16},
		{`lead.plan == activity.path ? 1 : 2`, expression.InEventMultiply, 4, 0, 0}, {`lead.plan contains "a" ? 1 : 2`, expression.InEventMultiply, 0, 192, 0},
	} {
		c := compiler()
		kind := fact.Bool
		if test.place != expression.InWhere {
			kind = fact.Number
		}
		n, mistakes := c.Compile(test.source, test.place, kind, 0)
		if n == nil {
			t.Fatalf("%s: %v", test.source, mistakes)
		}
		each := 0
		besides, all := n.ActivitySteps(func(_, steps int) { each += steps })
		if each != test.each || besides != test.besides || all != test.all {
			t.Errorf("%s: %d for each byte, %d besides and %d for each byte that a text may have, want %d, %d and %d", test.source, each, besides, all, test.each, test.besides, test.all)
		}
	}
}
