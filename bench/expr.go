package bench

import (
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/qualify-go/qualify"
)

// exprFacts are what expr's expressions over an index see.
type exprFacts struct {
	Lead       map[string]any `expr:"lead"`
	SettledBy  time.Time      `expr:"settled_by"`
	Total      float64        `expr:"total"`
	Fit        float64        `expr:"fit"`
	Engagement float64        `expr:"engagement"`
	Intent     float64        `expr:"intent"`
	Against    float64        `expr:"against"`
	Met        float64        `expr:"met"`
}

// exprRawFacts are what expr's expressions over the activities see besides.
type exprRawFacts struct {
	exprFacts
	Activities []qualify.Activity `expr:"activities"`
	Now        time.Time          `expr:"now"`
	Never      time.Time          `expr:"never"`
	Day        time.Duration      `expr:"day"`
	In90       time.Time          `expr:"in90"`
	Ago3       time.Time          `expr:"ago3"`
	Ago7       time.Time          `expr:"ago7"`
	Ago14      time.Time          `expr:"ago14"`
	Ago30      time.Time          `expr:"ago30"`
	Ago60      time.Time          `expr:"ago60"`
	Ago90      time.Time          `expr:"ago90"`
	Ago180     time.Time          `expr:"ago180"`
}

// exprScorer runs one program for each expression, in one virtual machine.
type exprScorer struct {
	points, answers, opens []*vm.Program
	machine                vm.VM
	lead                   *qualify.Lead
	env                    any
	facts                  *exprFacts // in env
}

// exprIndexScorer does so with functions over an index.
type exprIndexScorer struct {
	exprScorer
	index index
}

// exprRawScorer does so over the activities.
type exprRawScorer struct {
	exprScorer
	raw exprRawFacts
}

func newExprIndexed() Scorer {
	s := &exprIndexScorer{}
	s.facts = &exprFacts{}
	s.env = s.facts
	s.compile(newFormulas(exprIndexed{}, decimal), exprFunctions(&s.index)...)
	return s
}

func newExprRaw() Scorer {
	s := &exprRawScorer{}
	s.facts, s.env = &s.raw.exprFacts, &s.raw
	s.compile(newFormulas(exprRaw{}, decimal))
	return s
}

func (s *exprScorer) compile(f formulas, options ...expr.Option) {
	s.facts.SettledBy = settledBy
	options = append(options, expr.Env(s.env))
	program := func(sources []string, as expr.Option) (out []*vm.Program) {
		for _, source := range sources {
			p, err := expr.Compile(source, append([]expr.Option{as}, options...)...)
			must(err)
			out = append(out, p)
		}
		return out
	}
	s.points, s.answers, s.opens = program(f.points, expr.AsFloat64()), program(f.answers, expr.AsInt()), program(f.opens, expr.AsBool())
}

// exprFunctions are the functions over an index. Their types are declared, so that expr checks the arguments when it compiles.
func exprFunctions(x *index) []expr.Option {
	text, number := func(v any) string { return v.(string) }, func(v any) int { return v.(int) }
	property := func(name string, f func(signal, prop string, window int) float64) expr.Option {
		return expr.Function(name, func(a ...any) (any, error) {
			return f(text(a[0]), text(a[1]), number(a[2])), nil
		}, new(func(string, string, int) float64))
	}
	return []expr.Option{
		property("total_of", x.totalOf), property("mean_of", x.mean), property("highest_of", x.highest),
		property("distinct_of", x.distinct), property("latest_number", x.latestNumber), property("days_until", x.daysUntil),
		expr.Function("count_of", func(a ...any) (any, error) { return x.count(text(a[0]), number(a[1])), nil }, new(func(string, int) float64)),
		expr.Function("active_days", func(a ...any) (any, error) { return x.activeDays(text(a[0]), number(a[1])), nil }, new(func(string, int) float64)),
		expr.Function("happened", func(a ...any) (any, error) { return x.happened(text(a[0]), number(a[1])), nil }, new(func(string, int) bool)),
		expr.Function("days_since", func(a ...any) (any, error) { return x.daysSince(text(a[0])), nil }, new(func(string) float64)),
		expr.Function("followed", func(a ...any) (any, error) {
			return x.followed(text(a[0]), text(a[1]), number(a[2])), nil
		}, new(func(string, string, int) bool)),
		expr.Function("known", func(a ...any) (any, error) {
			return x.known(text(a[0]), text(a[1]), number(a[2])), nil
		}, new(func(string, string, int) bool)),
		expr.Function("latest_text", func(a ...any) (any, error) {
			return x.latestText(text(a[0]), text(a[1]), number(a[2])), nil
		}, new(func(string, string, int) string)),
		expr.Function("paid", func(a ...any) (any, error) {
			return x.paid(text(a[0]), float64(number(a[1])), number(a[2]), number(a[3]), number(a[4]), number(a[5])), nil
		}, new(func(string, int, int, int, int, int) float64)),
	}
}

func (s *exprIndexScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.lead, s.facts.Lead = lead, lead.Profile
	s.index.build(lead, at)
}

func (s *exprIndexScorer) keep() func() {
	x := s.index
	s.index = index{}
	return func() { s.index, s.lead, s.facts.Lead = x, x.lead, x.lead.Profile }
}

func (s *exprRawScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.lead, s.facts.Lead = lead, lead.Profile
	ago := func(days int) time.Time { return at.Add(-time.Duration(days) * day) }
	r := &s.raw
	r.Activities, r.Now, r.Never, r.Day, r.In90 = lead.Activities, at, at.Add(100*year), day, at.Add(90*day)
	r.Ago3, r.Ago7, r.Ago14, r.Ago30, r.Ago60, r.Ago90, r.Ago180 = ago(3), ago(7), ago(14), ago(30), ago(60), ago(90), ago(180)
}

func (s *exprScorer) run(p *vm.Program) any {
	v, err := s.machine.Run(p, s.env)
	must(err)
	return v
}

func (s *exprScorer) Score() Outcome {
	var t tally
	for i, p := range s.points {
		t.points[i] = s.run(p).(float64)
	}
	for i, p := range s.answers {
		t.answers[i] = qualify.Answer(s.run(p).(int))
	}
	points, by := t.scores()
	f := s.facts
	f.Total, f.Met, f.Fit, f.Engagement, f.Intent, f.Against = points, t.met(), by[0], by[1], by[2], by[3]
	for i, p := range s.opens {
		t.opens[i] = s.run(p).(bool)
	}
	return t.outcome(s.lead, points)
}
