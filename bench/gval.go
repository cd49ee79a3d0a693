package bench

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/PaesslerAG/gval"

	"github.com/qualify-go/qualify"
)

// gvalScorer runs one evaluable for each expression.
type gvalScorer struct {
	points, answers, opens []gval.Evaluable
	index                  index
	facts                  map[string]any
}

func newGval() Scorer {
	s := &gvalScorer{facts: map[string]any{}}
	language := gval.Full(gvalFunctions(&s.index)...)
	evaluables := func(sources []string) (out []gval.Evaluable) {
		for _, source := range sources {
			e, err := language.NewEvaluable(source)
			must(err)
			out = append(out, e)
		}
		return out
	}
	f := newFormulas(gvalIndexed{}, decimal)
	s.points, s.answers, s.opens = evaluables(f.points), evaluables(f.answers), evaluables(f.opens)
	return s
}

func gvalFunctions(x *index) []gval.Language {
	text, number := func(v any) string { return v.(string) }, func(v any) int { return int(v.(float64)) }
	function := func(name string, f func(a ...any) any) gval.Language {
		return gval.Function(name, func(a ...any) (any, error) { return f(a...), nil })
	}
	property := func(name string, f func(signal, prop string, window int) float64) gval.Language {
		return function(name, func(a ...any) any { return f(text(a[0]), text(a[1]), number(a[2])) })
	}
	return []gval.Language{
		property("total_of", x.totalOf), property("mean_of", x.mean), property("highest_of", x.highest),
		property("distinct_of", x.distinct), property("latest_number", x.latestNumber), property("days_until", x.daysUntil),
		function("count_of", func(a ...any) any { return x.count(text(a[0]), number(a[1])) }),
		function("active_days", func(a ...any) any { return x.activeDays(text(a[0]), number(a[1])) }),
		function("happened", func(a ...any) any { return x.happened(text(a[0]), number(a[1])) }),
		function("days_since", func(a ...any) any { return x.daysSince(text(a[0])) }),
		function("followed", func(a ...any) any { return x.followed(text(a[0]), text(a[1]), number(a[2])) }),
		function("known", func(a ...any) any { return x.known(text(a[0]), text(a[1]), number(a[2])) }),
		function("latest_text", func(a ...any) any { return x.latestText(text(a[0]), text(a[1]), number(a[2])) }),
		function("paid", func(a ...any) any {
			return x.paid(text(a[0]), a[1].(float64), number(a[2]), number(a[3]), number(a[4]), number(a[5]))
		}),
		// It has no such tests of its own.
		function("ends", func(a ...any) any { return strings.HasSuffix(text(a[0]), text(a[1])) }),
		function("has", func(a ...any) any { return slices.Contains(a[0].([]string), text(a[1])) }),
		function("settled", func(a ...any) any { return !a[0].(time.Time).After(settledBy) }),
	}
}

func (s *gvalScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.facts["lead"] = lead.Profile
	s.index.build(lead, at)
}

func (s *gvalScorer) keep() func() {
	x := s.index
	s.index = index{}
	return func() { s.index, s.facts["lead"] = x, x.lead.Profile }
}

func (s *gvalScorer) Score() Outcome {
	run := func(e gval.Evaluable) any {
		v, err := e(context.Background(), s.facts)
		must(err)
		return v
	}
	var t tally
	for i, e := range s.points {
		t.points[i] = run(e).(float64)
	}
	for i, e := range s.answers {
		t.answers[i] = qualify.Answer(run(e).(float64))
	}
	points, by := t.scores()
	s.facts["total"], s.facts["met"] = points, t.met()
	for i, g := range groups {
		s.facts[g.id] = by[i]
	}
	for i, e := range s.opens {
		t.opens[i] = run(e).(bool)
	}
	return t.outcome(s.index.lead, points)
}
