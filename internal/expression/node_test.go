package expression_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// What others count of an expression: its parts, its facts, the scores that it asks for.
func TestMeasures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source              string
		cost, facts, scores int
		passing, alone      bool
	}{
		{source: `true`, cost: 1, alone: true},
		{source: `lead.employees > 3`, cost: 3, facts: 1},
		{source: `lead.employees > 3 and lead.employees < lead.revenue`, cost: 7, facts: 2},
		{source: `count("visit") > 3`, cost: 3, facts: 1},
		{source: `count("visit", "7d") > 3`, cost: 3, facts: 1, passing: true},
		{source: `days_since("visit") > 3`, cost: 4, facts: 1, passing: true},
		{source: `now > time("2026-01-01")`, cost: 3, passing: true, alone: true},
		{source: `met("budget")`, cost: 2, facts: 1, passing: true},
		{source: `met_count() > 2`, cost: 7, facts: 2, passing: true},
		{source: `score("fit") > 2 or band("fit") == "A"`, cost: 7, scores: 2, passing: true, alone: true},
		{source: `term.high and term.big`, cost: 3, facts: 1, scores: 1, passing: true},
		{source: `lead.plan matches "a"`, cost: 2 + 3, facts: 1}, // the automaton of "a" has three steps
	} {
		c := compiler(expression.Term{ID: "high", Source: `score() > 3 and score("fit") > 3`}, expression.Term{ID: "big", Source: "lead.employees > 3"})
		for _, met := range []string{"lead.verified", "lead.consent", "lead.consent", "lead.verified"} {
			c.Criteria = append(c.Criteria, expression.CompiledCriterion{Met: compile(t, c, expression.InCriterion, met)})
		}
		n := compile(t, c, expression.InStage, tt.source)
		if n.Cost() != tt.cost || n.Facts() != tt.facts || n.Scores() != tt.scores || n.TimeDependent() != tt.passing || n.Alone() != tt.alone {
			t.Errorf("%s: cost %d, facts %d, scores %d, passing %t, alone %t", tt.source, n.Cost(), n.Facts(), n.Scores(), n.TimeDependent(), n.Alone())
		}
	}
	c := compiler(expression.Term{ID: "big", Source: "lead.employees > lead.revenue"}, expression.Term{ID: "wrong", Source: "lead.x"})
	for i := range c.Names.Terms {
		c.Term(i)
	}
	if got := c.Work(); got != 6 { // two facts, three steps
		t.Errorf("the work is %d", got)
	}
	c.Criteria = []expression.CompiledCriterion{{Met: compile(t, c, expression.InCriterion, "lead.verified")}, {Met: compile(t, c, expression.InCriterion, "lead.verified"), Unmet: compile(t, c, expression.InCriterion, "not lead.consent")}}
	if got := c.Work(); got != 6+1+1+2 {
		t.Errorf("the work with criteria is %d", got)
	}
}

// What a solver reads of a node.
func TestReadings(t *testing.T) {
	t.Parallel()
	c := compiler()
	for _, tt := range []struct {
		source string
		folds  bool
		text   string
		want   string // "yes" or "no": whether the text is as the test wants it; "" if there is no such test
	}{
		{`lead.name == "ann"`, true, "", ""}, {`lead.plan == "a"`, false, "", ""},
		{`lead.name contains "ANN"`, true, "joanne", "yes"}, {`lead.name contains "ANN"`, true, "john", "no"}, {`lead.plan contains "A"`, false, "a", "no"}, {`lead.plan contains "A"`, false, "BA", "yes"},
		{`lead.name startsWith "an"`, true, "ANN", "yes"}, {`lead.name endsWith "an"`, true, "Ann", "no"}, {`lead.name contains lead.title`, true, "a", ""},
		{`lead.plan matches "^a+$"`, false, "aa", "yes"}, {`lead.plan matches "^a+$"`, false, "ab", "no"}, {`lead.name matches "^a+$"`, true, "AA", "yes"},
	} {
		n := compile(t, c, expression.InRule, tt.source)
		got := ""
		if n.Op == expression.OpContains || n.Op == expression.OpStartsWith || n.Op == expression.OpEndsWith || n.Op == expression.OpMatches {
			if test := n.TextTest(); test != nil {
				got = "no"
				if test(tt.text) {
					got = "yes"
				}
			}
		}
		if n.Folds() != tt.folds || got != tt.want {
			t.Errorf("%s: folds %t, of %q %q", tt.source, n.Folds(), tt.text, got)
		}
	}
	if got := compile(t, c, expression.InRule, `lead.plan matches "^a+$"`).Pattern(); got != "^a+$" {
		t.Errorf("the pattern is %s", got)
	}
	for source, want := range map[string]int{`true`: 0, ` "é" == lead.name`: 5, `  not lead.verified`: 2} { // in runes, where an operator stands
		if n := compile(t, c, expression.InRule, source); n.Offset() != want {
			t.Errorf("%s stands at %d, want %d", source, n.Offset(), want)
		}
	}
	for _, tt := range []struct {
		source string
		want   bool
	}{{`days_since("visit") > 3`, true}, {`days_until(lead.due) > 3`, true}, {`days_in_stage() > 3`, true}, {`now > lead.due`, false}, {`count("visit") > 3`, false}} {
		if got := compile(t, c, expression.InStage, tt.source).Kids[0].Age(); got != tt.want {
			t.Errorf("the left of %s is an age: %t", tt.source, got)
		}
	}
	for _, tt := range []struct{ days, want float64 }{{1, 86400e9}, {-0.5, -43200e9}, {1e-15, 0}, {1e15, 1 << 64}, {-1e15, -1 << 64}, {0, 0}} {
		if got := expression.Nanoseconds(tt.days); got != tt.want {
			t.Errorf("%v days are %v ns, want %v", tt.days, got, tt.want)
		}
	}
}

// outline writes the parts of a condition.
func outline(n *expression.Node) string {
	parts := n.Parts()
	if len(parts) == 0 {
		return n.Text
	}
	var all []string
	for _, k := range parts {
		all = append(all, outline(k))
	}
	return n.Joins() + "(" + strings.Join(all, "; ") + ")"
}

func TestParts(t *testing.T) {
	t.Parallel()
	c := compiler(expression.Term{ID: "both", Source: "lead.verified or lead.consent"})
	for _, tt := range []struct{ source, want string }{
		{`lead.verified`, "lead.verified"}, {`lead.employees > 3`, "lead.employees > 3"}, {`not lead.verified`, "not(lead.verified)"},
		{`lead.verified and lead.consent and lead.employees > 3`, "and(lead.verified; lead.consent; lead.employees > 3)"},
		{`lead.verified and (lead.consent or not lead.verified or lead.consent)`, "and(lead.verified; or(lead.consent; not(lead.verified); lead.consent))"},
		{`lead.verified ? lead.consent : lead.employees > 3`, "(lead.verified; lead.consent; lead.employees > 3)"}, {`term.both and lead.consent`, "and((or(lead.verified; lead.consent)); lead.consent)"},
	} {
		if got := outline(compile(t, c, expression.InRule, tt.source)); got != tt.want {
			t.Errorf("%s has the parts %s, want %s", tt.source, got, tt.want)
		}
	}
}

// What a policy may have in all its expressions is bounded, and said once.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	wide := limits
	wide.Nodes, wide.Length = 100_000, 1<<20
	for _, tt := range []struct {
		want   string
		source func(i int) string
		times  int // so many go, and one more does not
	}{
		{"the policy has more than 200000 parts", func(int) string { return "lead.employees in [" + strings.Repeat("1, ", 9996) + "1]" }, 20},
		{"the expressions ask more than 5000 different questions", func(i int) string { return fmt.Sprintf(`happened("visit", "%ds")`, i+1) }, 5000},
		{"the patterns of the policy take more than 10000 steps", func(int) string { return `lead.plan matches "^a{996}$"` }, 10},
		{"the policy has more than 200000 parts", func(int) string { return "met_count() > 1" + strings.Repeat(" and met_count() > 2", 19) }, 200_000/(20*4+79) - 1},
	} {
		if tt.times > 1000 && testcase.Count(100) < 10 { // under the race detector, which finds nothing here
			continue
		}
		c := expression.NewCompiler(names(), wide)
		for _, source := range []string{"lead.verified", "lead.verified", "lead.verified", "lead.verified"} {
			c.Criteria = append(c.Criteria, expression.CompiledCriterion{Met: compile(t, c, expression.InCriterion, source)})
		}
		said, first := 0, 0
		for i := 0; first == 0 && i < 2*tt.times || first > 0 && i < first+20; i++ {
			n, mistakes := c.Compile(tt.source(i), expression.InStage, fact.Bool, 0)
			if n == nil && first == 0 {
				first = i
			}
			if (n == nil) != (first > 0) {
				t.Fatalf("%s: expression %d compiles after one did not", tt.want, i)
			}
			for _, m := range mistakes {
				if said++; !strings.HasPrefix(m.Message, tt.want) {
					t.Fatalf("%s: %s", tt.want, m.Message)
				}
			}
		}
		if said != 1 || first < tt.times || first > tt.times+tt.times/10+1 {
			t.Errorf("%s: said %d times, at expression %d, not %d", tt.want, said, first, tt.times)
		}
	}
}

// After many misspelt names nobody looks for the closest any more.
func TestClosest(t *testing.T) {
	t.Parallel()
	c := compiler()
	candidates := slices.Repeat([]string{"employees", "x"}, 500)
	for i := range 60 {
		got, ok := c.Closest("employes", candidates)
		if want := i < 50; ok != want || want && got != "employees" {
			t.Fatalf("at search %d: %q, %t", i, got, ok)
		}
	}
}
