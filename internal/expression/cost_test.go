package expression_test

import (
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

// typical is a condition of each shape.
var typical = []string{
	`lead.employees >= 200`, `count("visit", "30d") >= 3 and lead.verified`, `lead.country in ["DK", "SE"]`, `lead.employees in [1, 2, 3]`,
	`lead.since in [time("1970-01-01")]`, `lead.name == "ann" or lead.title contains "cto"`, `lead.title startsWith "vp " or lead.title endsWith "head"`,
	`lead.title matches "cto|vp|head"`, `lead.title matches "^c.o"`, `"vip" in lead.tags`, `lead.name in lead.tags`, `lead.tags in ["vip", "old"]`, `(lead.name ?? " none ") == "none"`,
	`days_since("visit") >= 60`, `days_until(lead.due) <= lead.employees`, `met_count("bant") >= 3 && all_met("audit") || met("loose")`,
	`lead.employees * 2 + count("visit") % 3 >= 100 / lead.revenue`, `(lead.verified ? lead.employees : 3) > 2`, `not known(lead.since) ? true : lead.consent`,
	`score("fit") >= 30 and band("fit") == "A" and reached("mql") and days_in_stage() > 3`, `term.big and term.big`, `known(lead.tags ?? lead.topics)`,
}

func typicalFrame(t testing.TB, c *expression.Compiler) *expression.Env {
	f := env(t, c, facts{
		"now": 90 * day, "lead.employees": 250, "lead.revenue": 3, "lead.verified": true, "lead.country": "SE", "lead.since": instant(0), "lead.due": 95 * day,
		"lead.name": "Ann", "lead.title": "Chief (CTO)", "lead.tags": []string{"new", "VIP"}, "stage": "sql", "stage_since": 80 * day,
		"score.fit": 31, "band.fit": "A", "met.budget": expression.CheckYes,
	})
	setKnown(f, c, facts{`count("visit", "30d")`: 3, `count("visit")`: 3, `days_since("visit")`: day})
	return f
}

// tangledConditions are conditions in which comparisons share facts.
var tangledConditions = []string{
	`lead.employees >= 200 and lead.employees < 500 and lead.revenue > lead.employees`,
	`(lead.title contains "cto" or lead.title matches "^c.o") and lead.title != "cfo"`,
	`met_count("bant") >= 2 and met("budget") and lead.verified`,
	`days_in_stage() > 3 and (reached("mql") ? lead.verified : lead.consent)`,
	`count("visit") >= 3 and (happened("visit") or lead.employees + lead.revenue > 3) and lead.revenue < 2`,
	`score("fit") >= 30 and band("fit") == "B" and days_since(lead.since) < 3 and lead.since > time("1969-01-01")`,
	`"vip" in lead.tags and "old" not in lead.tags and lead.name in lead.tags`,
}

func TestEvaluationAllocatesNothing(t *testing.T) {
	var nodes []*expression.Node
	c := compiler(expression.Term{ID: "big", Source: "lead.employees >= 200"})
	for _, source := range append(tangledConditions, typical...) {
		nodes = append(nodes, compile(t, c, expression.InStage, source))
	}
	amount := compile(t, c, expression.InStage, `(lead.employees / 10 + total("call", "budget")) ?? -lead.revenue`)
	f := typicalFrame(t, c)
	s := spreadOf(&policy{c: c}, f)
	var w expression.ReasonFinder
	for _, n := range nodes {
		if allocations := testing.AllocsPerRun(100, func() {
			clear(f.Terms)
			n.Test(f)
		}); allocations != 0 {
			t.Errorf("%s: %v allocations", n.Text, allocations)
		}
		opening := c.Opening(n)
		if allocations := testing.AllocsPerRun(100, func() {
			w.Decisive(n, f)
			w.Blockers(opening, f, true)
		}); allocations != 0 {
			t.Errorf("the reasons of %s: %v allocations", n.Text, allocations)
		}
	}
	if allocations := testing.AllocsPerRun(100, func() { amount.Number(f) }); allocations != 0 {
		t.Errorf("%s: %v allocations", amount.Text, allocations)
	}
	free := compile(t, c, expression.InRule, `lead.consent and lead.employees > 3 or lead.consent ? lead.revenue > 2 : false`)
	if allocations := testing.AllocsPerRun(100, func() {
		s.FreeNone()
		s.Free(9)
		s.Test(free)
	}); allocations != 0 {
		t.Errorf("the spread of %s: %v allocations", free.Text, allocations)
	}
}

func BenchmarkTest(b *testing.B) {
	for _, source := range []string{typical[0], typical[1], typical[5], typical[7], typical[8], typical[12], typical[14]} {
		b.Run(source, func(b *testing.B) {
			c := compiler()
			n := compile(b, c, expression.InStage, source)
			f := typicalFrame(b, c)
			for b.Loop() {
				n.Test(f)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		c := compiler(expression.Term{ID: "big", Source: "lead.employees >= 200"})
		for _, source := range typical {
			if n, _ := c.Compile(source, expression.InStage, fact.Bool, 0); n == nil {
				b.Fatal(source)
			}
		}
	}
}
