package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	opa "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/qualify-go/qualify"
)

// opaScorer evaluates one prepared query, which gives all.
type opaScorer struct {
	query opa.PreparedEvalQuery
	index index
	input ast.Value
}

func newOPA() Scorer {
	s := &opaScorer{}
	options := append(opaFunctions(&s.index), opa.Query("data.bench.result"), opa.Module("bench.rego", module()))
	var err error
	s.query, err = opa.New(options...).PrepareForEval(context.Background())
	must(err)
	return s
}

// module is the policy in Rego: the sums, the caps and the conditions of the stages too, since a second query would cost more.
func module() string {
	var body, helpers strings.Builder
	l := rego{helpers: &helpers}
	sums := map[string][]string{}
	for i, r := range rules {
		name := fmt.Sprintf("rule%d", i)
		sums[r.group] = append(sums[r.group], name)
		if r.on != nil {
			fmt.Fprintf(&body, "%s := %s\n", name, l.paid(r.on, r.points))
			continue
		}
		steps := r.tiers
		if steps == nil {
			steps = []tier{{r.when, r.points}}
		}
		for k, t := range steps {
			if k == 0 {
				body.WriteString(name)
			} else {
				body.WriteString(" else")
			}
			fmt.Fprintf(&body, " := %s if { %s }", decimal(t.points), t.when.in(l))
		}
		fmt.Fprintf(&body, " else := %s\n", decimal(r.otherwise))
	}
	var names, met []string
	for _, g := range groups {
		fmt.Fprintf(&body, "%s := max([%s, min([%s, sum([%s])])])\n", g.id, decimal(g.min), decimal(g.max), strings.Join(sums[g.id], ", "))
		names = append(names, g.id)
	}
	fmt.Fprintf(&body, "total := sum([%s])\n", strings.Join(names, ", "))
	for i, c := range criteria {
		name := fmt.Sprintf("answer%d", i)
		fmt.Fprintf(&body, "%s := 1 if { %s } else := 2 if { %s } else := 0\n", name, c.met.in(l), l.known(c.met.latest))
		met = append(met, name)
	}
	fmt.Fprintf(&body, "met := count([a | some a in [%s]; a == 1])\n", strings.Join(met, ", "))
	var opens []string
	for _, s := range stages {
		for _, c := range []cond{s.enter, s.keep} {
			if c != nil {
				name := fmt.Sprintf("open%d", len(opens))
				fmt.Fprintf(&body, "%s if { %s } else := false\n", name, c.in(l))
				opens = append(opens, name)
			}
		}
	}
	fmt.Fprintf(&body, "result := [total, [%s], [%s]]\n", strings.Join(met, ", "), strings.Join(opens, ", "))
	return "package bench\n\n" + body.String() + helpers.String()
}

func opaFunctions(x *index) []func(*opa.Rego) {
	text, number := func(t *ast.Term) string { return string(t.Value.(ast.String)) }, func(t *ast.Term) int { n, _ := t.Value.(ast.Number).Int(); return n }
	function := func(name string, arguments []types.Type, result types.Type, f func(a []*ast.Term) *ast.Term) func(*opa.Rego) {
		return opa.FunctionDyn(&opa.Function{Name: name, Decl: types.NewFunction(arguments, result)},
			func(_ opa.BuiltinContext, a []*ast.Term) (*ast.Term, error) { return f(a), nil })
	}
	// A number that does not exist is undefined.
	value := func(v float64) *ast.Term {
		if v != v {
			return nil
		}
		return ast.NewTerm(ast.Number(strconv.FormatFloat(v, 'g', -1, 64)))
	}
	three, two := []types.Type{types.S, types.S, types.N}, []types.Type{types.S, types.N}
	property := func(name string, f func(signal, prop string, window int) float64) func(*opa.Rego) {
		return function(name, three, types.N, func(a []*ast.Term) *ast.Term { return value(f(text(a[0]), text(a[1]), number(a[2]))) })
	}
	return []func(*opa.Rego){
		property("total_of", x.totalOf), property("mean_of", x.mean), property("highest_of", x.highest),
		property("distinct_of", x.distinct), property("latest_number", x.latestNumber), property("days_until", x.daysUntil),
		function("count_of", two, types.N, func(a []*ast.Term) *ast.Term { return value(x.count(text(a[0]), number(a[1]))) }),
		function("active_days", two, types.N, func(a []*ast.Term) *ast.Term { return value(x.activeDays(text(a[0]), number(a[1]))) }),
		function("happened", two, types.B, func(a []*ast.Term) *ast.Term { return ast.BooleanTerm(x.happened(text(a[0]), number(a[1]))) }),
		function("days_since", []types.Type{types.S}, types.N, func(a []*ast.Term) *ast.Term { return value(x.daysSince(text(a[0]))) }),
		function("followed", three, types.B, func(a []*ast.Term) *ast.Term {
			return ast.BooleanTerm(x.followed(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("known", three, types.B, func(a []*ast.Term) *ast.Term {
			return ast.BooleanTerm(x.known(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("latest_text", three, types.S, func(a []*ast.Term) *ast.Term {
			return ast.StringTerm(x.latestText(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("paid", []types.Type{types.S, types.N, types.N, types.N, types.N, types.N}, types.N, func(a []*ast.Term) *ast.Term {
			return value(rounded(x.paid(text(a[0]), float64(number(a[1])), number(a[2]), number(a[3]), number(a[4]), number(a[5]))).float())
		}),
	}
}

// Prepare also makes the input that the query takes: values of its own.
func (s *opaScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.index.build(lead, at)
	input := make(map[string]any, len(lead.Profile))
	for name, v := range lead.Profile {
		if t, ok := v.(time.Time); ok {
			v = t.Unix()
		}
		input[name] = v
	}
	var err error
	s.input, err = ast.InterfaceToValue(input)
	must(err)
}

func (s *opaScorer) keep() func() {
	x, input := s.index, s.input
	s.index = index{}
	return func() { s.index, s.input = x, input }
}

func (s *opaScorer) Score() Outcome {
	results, err := s.query.Eval(context.Background(), opa.EvalParsedInput(s.input))
	must(err)
	found := results[0].Expressions[0].Value.([]any)
	points, err := found[0].(json.Number).Float64()
	must(err)
	var t tally
	for i, a := range found[1].([]any) {
		n, err := a.(json.Number).Int64()
		must(err)
		t.answers[i] = qualify.Answer(n)
	}
	for i, open := range found[2].([]any) {
		t.opens[i] = open.(bool)
	}
	return t.outcome(s.index.lead, points)
}
