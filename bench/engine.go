package bench

import (
	"fmt"
	"time"

	"github.com/qualify-go/qualify"
)

// An Engine is one way to score leads.
type Engine struct {
	Name string
	// Unknowns means that attributes and properties may be missing. Unordered means that activities may come in any order, and
	// Repeated that they may come twice.
	Unknowns, Unordered, Repeated bool
	// Batch means that many leads are measured too.
	Batch bool
	// Most is the longest history that it is measured with, if that is not the longest of all.
	Most int
	// New makes a scorer, for one goroutine.
	New func() Scorer
}

// A Scorer scores leads in two steps, so that the first can be left out of what is measured.
type Scorer interface {
	// Prepare does what an application may have done before: it builds an index, or converts the lead.
	Prepare(lead *qualify.Lead, at time.Time)
	// Score scores the lead that was prepared.
	Score() Outcome
}

// An indexer is a Scorer that can be prepared for several leads at once.
type indexer interface {
	Scorer
	// keep takes away what Prepare has made, and gives a function that puts it back.
	keep() func()
}

// Scores gives a function for each of some leads that scores it, and includes what Prepare does. If ready, that is done
// already; a scorer that cannot be prepared for several leads gives nil.
func Scores(s Scorer, leads []qualify.Lead, ready bool) (score []func()) {
	x, ok := s.(indexer)
	if ready && !ok {
		return nil
	}
	for i := range leads {
		if ready {
			s.Prepare(&leads[i], At)
			use := x.keep()
			score = append(score, func() {
				use()
				s.Score()
			})
			continue
		}
		score = append(score, func() {
			s.Prepare(&leads[i], At)
			s.Score()
		})
	}
	return score
}

// Engines lists them all, each with the promises of the library that it keeps.
func Engines() []Engine {
	model := qualify.MustCompile(Policy())
	return []Engine{
		{Name: "handloop", Unknowns: true, New: func() Scorer { return &hand{score: handLoop} }},
		{Name: "handfused", Batch: true, Unknowns: true, New: func() Scorer {
			return &hand{score: func(lead *qualify.Lead, at time.Time) Outcome { return handFused(lead, at, nil) }}
		}},
		{Name: "handfused-dedupe", Batch: true, Unknowns: true, Repeated: true, New: func() Scorer {
			seen := map[identity]struct{}{}
			return &hand{score: func(lead *qualify.Lead, at time.Time) Outcome {
				clear(seen)
				return handFused(lead, at, seen)
			}}
		}},
		{Name: "assess", Batch: true, Unknowns: true, Unordered: true, Repeated: true, New: func() Scorer { return &library{model: model} }},
		{Name: "assessinto", Batch: true, Unknowns: true, Unordered: true, Repeated: true, New: func() Scorer { return &library{model: model, reuse: true} }},
		{Name: "tracker", Unknowns: true, Unordered: true, Repeated: true, New: func() Scorer { return &tracker{model: model} }},
		{Name: "exprindex", Batch: true, New: newExprIndexed},
		{Name: "exprraw", Most: 1000, New: newExprRaw},
		{Name: "cel", Batch: true, New: newCEL},
		{Name: "gval", New: newGval},
		{Name: "goja", New: newGoja},
		{Name: "opa", New: newOPA},
	}
}

// hand is a hand-written scorer.
type hand struct {
	lead  *qualify.Lead
	at    time.Time
	score func(lead *qualify.Lead, at time.Time) Outcome
}

func (h *hand) Prepare(lead *qualify.Lead, at time.Time) { h.lead, h.at = lead, at }
func (h *hand) Score() Outcome                           { return h.score(h.lead, h.at) }

// library is this library.
type library struct {
	model *qualify.Model
	reuse bool
	lead  *qualify.Lead
	at    time.Time
	into  qualify.Assessment
}

func (l *library) Prepare(lead *qualify.Lead, at time.Time) { l.lead, l.at = lead, at }

func (l *library) Score() Outcome {
	into := &l.into
	if l.reuse {
		must(l.model.AssessInto(into, l.lead, l.at))
	} else {
		a, err := l.model.Assess(l.lead, l.at)
		must(err)
		into = &a
	}
	return outcome(into)
}

// tracker is the library's: it begins to follow a lead, and assesses it once. BenchmarkArrive shows what following is good for.
type tracker struct {
	model *qualify.Model
	lead  *qualify.Tracker
	at    time.Time
	into  qualify.Assessment
}

func (t *tracker) Prepare(lead *qualify.Lead, at time.Time) { t.lead, t.at = t.model.Track(lead), at }

func (t *tracker) Score() Outcome {
	must(t.lead.AssessInto(&t.into, t.at))
	return outcome(&t.into)
}

// outcome is what all engines compute, of an assessment.
func outcome(a *qualify.Assessment) Outcome {
	out := Outcome{Points: a.Score.Points, Stage: a.Verdict.Stage}
	for i := range out.Answers {
		out.Answers[i] = a.Checklist[i].Answer
	}
	return out
}

// must is for what the tests show not to happen.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// formulas are all that a general engine evaluates for one lead, an expression each.
type formulas struct {
	points  []string // by rule
	answers []string // by criterion: 0 is unknown, 1 yes, 2 no
	opens   []string // enter and keep, of each stage
}

func newFormulas(l interface {
	language
	paid(*event, float64) string
	known(latest) string
}, decimal func(float64) string) (f formulas) {
	for i := range rules {
		f.points = append(f.points, payment(&rules[i], l, l.paid, decimal))
	}
	for _, c := range criteria {
		f.answers = append(f.answers, fmt.Sprintf("%s ? (%s ? 1 : 2) : 0", l.known(c.met.latest), c.met.in(l)))
	}
	for _, s := range stages {
		f.opens = append(f.opens, s.enter.in(l))
		if s.keep != nil {
			f.opens = append(f.opens, s.keep.in(l))
		}
	}
	return f
}
