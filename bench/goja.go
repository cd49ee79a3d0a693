package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/qualify-go/qualify"
)

// gojaScorer runs two functions of one JavaScript program: one gives the points and the answers, the other what opens.
type gojaScorer struct {
	machine    *goja.Runtime
	pay, stage goja.Callable
	index      index
	lead       goja.Value
}

func newGoja() Scorer {
	s := &gojaScorer{machine: goja.New()}
	s.machine.SetFieldNameMapper(goja.UncapFieldNameMapper())
	for name, f := range gojaFunctions(s.machine, &s.index) {
		must(s.machine.Set(name, f))
	}
	f := newFormulas(script{}, decimal)
	_, err := s.machine.RunString(fmt.Sprintf(`"use strict";
function pay(lead) { return [%s]; }
function stage(lead, total, fit, engagement, intent, against, met) { return [%s]; }`,
		strings.Join(append(f.points, f.answers...), ",\n"), strings.Join(f.opens, ",\n")))
	must(err)
	s.pay, _ = goja.AssertFunction(s.machine.Get("pay"))
	s.stage, _ = goja.AssertFunction(s.machine.Get("stage"))
	return s
}

func gojaFunctions(m *goja.Runtime, x *index) map[string]any {
	text := func(c goja.FunctionCall, i int) string { return c.Arguments[i].String() }
	number := func(c goja.FunctionCall, i int) int { return int(c.Arguments[i].ToInteger()) }
	function := func(f func(c goja.FunctionCall) any) func(c goja.FunctionCall) goja.Value {
		return func(c goja.FunctionCall) goja.Value { return m.ToValue(f(c)) }
	}
	property := func(f func(signal, prop string, window int) float64) func(c goja.FunctionCall) goja.Value {
		return function(func(c goja.FunctionCall) any { return f(text(c, 0), text(c, 1), number(c, 2)) })
	}
	return map[string]any{
		"total_of": property(x.totalOf), "mean_of": property(x.mean), "highest_of": property(x.highest),
		"distinct_of": property(x.distinct), "latest_number": property(x.latestNumber), "days_until": property(x.daysUntil),
		"count_of":    function(func(c goja.FunctionCall) any { return x.count(text(c, 0), number(c, 1)) }),
		"active_days": function(func(c goja.FunctionCall) any { return x.activeDays(text(c, 0), number(c, 1)) }),
		"happened":    function(func(c goja.FunctionCall) any { return x.happened(text(c, 0), number(c, 1)) }),
		"days_since":  function(func(c goja.FunctionCall) any { return x.daysSince(text(c, 0)) }),
		"followed":    function(func(c goja.FunctionCall) any { return x.followed(text(c, 0), text(c, 1), number(c, 2)) }),
		"known":       function(func(c goja.FunctionCall) any { return x.known(text(c, 0), text(c, 1), number(c, 2)) }),
		"latest_text": function(func(c goja.FunctionCall) any { return x.latestText(text(c, 0), text(c, 1), number(c, 2)) }),
		"paid": function(func(c goja.FunctionCall) any {
			return x.paid(text(c, 0), c.Arguments[1].ToFloat(), number(c, 2), number(c, 3), number(c, 4), number(c, 5))
		}),
		"settled": function(func(c goja.FunctionCall) any { return !c.Arguments[0].Export().(time.Time).After(settledBy) }),
	}
}

func (s *gojaScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.lead = s.machine.ToValue(lead.Profile)
	s.index.build(lead, at)
}

func (s *gojaScorer) keep() func() {
	x, lead := s.index, s.lead
	s.index = index{}
	return func() { s.index, s.lead = x, lead }
}

func (s *gojaScorer) call(f goja.Callable, arguments ...goja.Value) []any {
	v, err := f(goja.Undefined(), arguments...)
	must(err)
	return v.Export().([]any)
}

func (s *gojaScorer) Score() Outcome {
	var t tally
	found := s.call(s.pay, s.lead)
	for i := range t.points {
		t.points[i] = float(found[i])
	}
	for i := range t.answers {
		t.answers[i] = qualify.Answer(float(found[len(t.points)+i]))
	}
	points, by := t.scores()
	v := s.machine.ToValue
	for i, open := range s.call(s.stage, s.lead, v(points), v(by[0]), v(by[1]), v(by[2]), v(by[3]), v(t.met())) {
		t.opens[i] = open.(bool)
	}
	return t.outcome(s.index.lead, points)
}

// float takes a number as JavaScript hands it over: whole ones are int64.
func float(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}
