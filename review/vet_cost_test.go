package review_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
	"github.com/qualify-go/qualify/review"
)

func repeat(n int, join string, part func(i int) string) string {
	var all []string
	for i := range n {
		all = append(all, part(i))
	}
	return strings.Join(all, join)
}

// No policy that compiles takes long. In CI they are as large as can be, elsewhere a tenth of that.
func TestVetIsBounded(t *testing.T) {
	bounds := qualify.WithBounds(qualify.Bounds{Expression: 16384, Nodes: 5000, Nesting: 200})
	for name, change := range map[string]func(p *qualify.Policy){
		"5,000 rules of four comparisons": func(p *qualify.Policy) {
			for i := range testcase.Count(5000) {
				rules(state(repeat(2, " and ", func(j int) string {
					return fmt.Sprintf("(lead.employees > %d or count(\"visit\", \"%dd\") > %d)", i%400+j, j+1, i%7)
				}), float64(i%50+1), 0))(p)
			}
		},
		"5,000 rules for visits": func(p *qualify.Policy) {
			for i := range testcase.Count(5000) {
				rules(event(float64(i%50+1), qualify.Limit{Times: i%9 + 1, Per: day}))(p)
			}
		},
		"an exponential number of ways": func(p *qualify.Policy) {
			for i := range testcase.Count(100) {
				when(repeat(40, " and ", func(j int) string {
					return fmt.Sprintf("(lead.employees + %d > %d or lead.employees * %d < 3)", i, j, j+2)
				}) + " and lead.employees == 3 and lead.employees == 4")(p)
			}
		},
		"terms twice within terms": func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "t0", Is: "lead.employees > 5"}, {ID: "n0", Is: "lead.employees"}}
			for i := range 99 {
				p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprint("t", i+1), Is: fmt.Sprintf("(term.t%d or lead.employees < %d) == (term.t%[1]d and lead.verified)", i, i)},
					qualify.Term{ID: fmt.Sprint("n", i+1), Is: fmt.Sprintf("term.n%d + term.n%[1]d", i)})
			}
			for range testcase.Count(100) {
				when("term.t98 and term.n98 > 3")(p)
			}
		},
		"a thousand windows": func(p *qualify.Policy) {
			for i := range testcase.Count(40) {
				when(repeat(120, " and ", func(j int) string { return fmt.Sprintf(`count("visit", "%dd") >= %d`, j+1+i*120, j%60) }))(p)
			}
		},
		"a long or": func(p *qualify.Policy) {
			for i := range testcase.Count(100) {
				when(repeat(150, " or ", func(j int) string { return fmt.Sprintf(`lead.city == "c%d"`, j*i) }))(p)
			}
		},
		"many tiers": func(p *qualify.Policy) {
			for range 3 {
				tiers(3, strings.Split(repeat(testcase.Count(2000), "|", func(j int) string { return fmt.Sprintf(`lead.city == "c%d"`, j) }), "|")...)(p)
			}
		},
		"a thousand stages": func(p *qualify.Policy) {
			for i := range testcase.Count(1000) {
				p.Stages = append(p.Stages, qualify.Stage{ID: fmt.Sprint("s", i), Enter: fmt.Sprintf(`score() > %d and reached("s%d")`, i, i/2), Keep: fmt.Sprintf("score() > %d", i*2)})
			}
		},
	} {
		p := world()
		change(&p)
		for i := range p.Rules {
			p.Rules[i].ID = fmt.Sprint("r", i)
		}
		begin := time.Now()
		m, err := qualify.Compile(p, bounds)
		if err != nil {
			t.Errorf("%s: %.300s", name, err)
			continue
		}
		compiled := time.Now()
		found := review.Vet(m)
		took := time.Since(compiled)
		t.Logf("%-32s compiled in %v, vetted in %v: %d findings", name, compiled.Sub(begin).Round(time.Millisecond), took.Round(time.Millisecond), len(found))
		if took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
}
