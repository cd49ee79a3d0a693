package engine

import (
	"math"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// evalUntil gives the first instant at which the stage, a band, an answer or an overdue
// stay can change although nothing new comes in, for the lead with the verdict stored;
// history.Never is none. It is never later than the change; a fine one is not earlier
// only to cost less.
func (e *Evaluator) evalUntil(fine bool) int64 {
	p, env, f, stage := e.program, &e.env, &e.forecast, &e.out.Stage
	f.exact = exact{until: history.Never, steady: history.Never}
	if env.Now == history.Never {
		return history.Never
	}
	o := &f.conditions
	f.reset()
	o.Fine, o.Horizon = fine, e.horizon
	if f.most = p.UntilSteps; e.stateOnly {
		f.most = p.TrialSteps
	}
	for i, c := range p.Criteria {
		if e.tracked != nil && !e.tracked.criteria.Has(i) { // as when it was found
			o.Horizon = min(o.Horizon, o.Checks[i])
			continue
		}
		next := o.Next(c.Met)
		if c.Unmet != nil {
			next = min(next, o.Next(c.Unmet))
		}
		o.Checks[i], o.Horizon = next, min(o.Horizon, next)
		if e.tracked != nil {
			o.NextAnyOf[i] = o.NextAny(c.Met)
			if c.Unmet != nil {
				o.NextAnyOf[i] = min(o.NextAnyOf[i], o.NextAny(c.Unmet))
			}
		}
	}
	if stage.HasDue && !stage.Overdue {
		o.Horizon = min(o.Horizon, history.After(stage.Since.Time, p.Stages[stage.Now].MaxStay))
	}
	f.exact.steady = o.Horizon
	if e.tracked != nil {
		f.findChanges() // they are needed to tell which rules are up to date
	}
	for i := range p.Groups { // mostly the first to change, so that little is left of interest
		if len(p.Groups[i].Bands) > 0 && !e.movesOnly {
			o.Horizon = min(o.Horizon, o.Crosses(func(until int64, effort expression.Effort) bool { return f.Points(until, effort)[i].Band }))
		}
	}
	if stage.Move != MoveNone {
		// What follows is asked of the lead with the verdict stored. Afterwards the
		// environment is again the one that the verdict was found in.
		was, since := env.Stage, env.StageSince
		env.Stage, env.StageSince = stage.Now, fact.Value{Known: true, Time: env.Now}
		clear(env.Terms) // they may ask for the stage
		defer func() {
			env.Stage, env.StageSince = was, since
			clear(env.Terms)
		}()
		if now, _ := e.resolveStage(); now != stage.Now {
			f.exact.until = env.Now + 1
			return f.exact.until
		}
	}
	o.Horizon = min(o.Horizon, e.nextMove())
	f.exact.until, f.exact.crossed = o.Horizon, o.Horizon == o.Crossed && o.Horizon != history.Never
	return o.Horizon
}

// exact is what a search for the next change wants to know of a fine evalUntil.
type exact struct {
	until   int64
	steady  int64 // answers and an overdue stay cannot change before
	crossed bool  // it is where points can cross what they are compared with
}

// nextMove gives the first instant at which the lead can move from the stage that it is
// in now.
func (e *Evaluator) nextMove() int64 {
	p, o, now := e.program, &e.forecast.conditions, e.out.Stage.Now
	next := int64(history.Never)
	for _, exits := range [...]bool{true, false} { // the order of resolveStage
		for j := range p.Stages {
			i := j
			if !exits {
				i = len(p.Stages) - 1 - j
			}
			if p.IsExit(i) != exits {
				continue
			}
			if i == now {
				return min(next, e.releaseAt(i))
			}
			next = min(next, o.Next(p.Stages[i].Enter))
		}
	}
	return next
}

// releaseAt gives the first instant at which nothing that holds the lead in its present
// stage need hold it any more.
func (e *Evaluator) releaseAt(i int) int64 {
	s, o := &e.program.Stages[i], &e.forecast.conditions
	next := int64(math.MinInt64)
	if e.staying(i) {
		next = history.After(e.env.StageSince.Time, s.MinStay)
	}
	if next < o.Horizon && e.keeps(i) {
		next = max(next, o.Next(s.Keep))
	}
	if next < o.Horizon && s.Enter != s.Keep && e.enters(i) {
		next = max(next, o.Next(s.Enter))
	}
	return next
}

// forecast tells when what an evaluation rests on changes as time passes.
type forecast struct {
	e          *Evaluator
	conditions expression.Forecast
	answers    []int64 // by rule: when the answers of its conditions can change
	changes    []int64 // by rule: when they or its multiplier can
	anyChanges []int64 // by rule: when any part of them can; of a tracker
	timed      []int   // what timeDependent lists, empty if it was not asked
	movers     []int   // the rules that need not pay the same before the horizon
	found      bool    // changes and movers are
	until      int64   // of reach; the instant of the evaluation is none
	reach      []expression.PointRange
	still      []expression.PointRange // that of groups that do not move, empty if it was not needed
	ever       []expression.PointRange // what Points gives with the least effort, empty if it was not asked
	exact      exact                   // of the last evalUntil

	steps, most int64 // taken to find what rules pay by instants, and how many may be
}

// Steps of about a nanosecond.
const (
	ruleSteps = 400 // to find what a rule pays by an instant
	walkSteps = 80  // for each occurrence that is gone through for that
)

func (f *forecast) init(e *Evaluator) {
	p := e.program
	f.e = e
	f.conditions = expression.Forecast{Env: &e.env, Future: f, Checks: make([]int64, len(p.Criteria)), NextAnyOf: make([]int64, len(p.Criteria))}
	f.answers, f.changes, f.anyChanges = make([]int64, len(p.Rules)), make([]int64, len(p.Rules)), make([]int64, len(p.Rules))
	f.reach, f.ever = make([]expression.PointRange, len(p.Groups)), make([]expression.PointRange, 0, len(p.Groups))
	f.still = make([]expression.PointRange, 0, len(p.Groups))
}

func (f *forecast) reset() {
	f.conditions.Reset()
	f.found, f.until, f.steps, f.ever, f.timed = false, f.e.env.Now, 0, f.ever[:0], f.timed[:0]
	f.still = f.still[:0]
}

// NextChange gives the first instant at which a query can give another result.
func (f *forecast) NextChange(query int) int64 {
	return f.e.index.NextChange(&f.e.program.Queries[query], int(f.e.newest[query]))
}

// WhenReaches gives the first instant at which a query that counts can give n or have passed
// it.
func (f *forecast) WhenReaches(query int, n int64) int64 {
	e := f.e
	return e.index.WhenReaches(&e.program.Queries[query], int(e.newest[query]), int64(e.env.Queries[query].Number), n)
}

// CountAt gives the result of a query that counts at an instant, or what lies further ahead.
func (f *forecast) CountAt(query int, at int64) float64 {
	e := f.e
	return float64(e.index.CountAt(&e.program.Queries[query], int(e.newest[query]), int64(e.env.Queries[query].Number), at))
}

// Points gives what the groups can have from now up to an instant.
func (f *forecast) Points(until int64, effort expression.Effort) []expression.PointRange {
	e, p := f.e, f.e.program
	if effort == expression.Ever {
		if len(f.ever) == 0 {
			f.findEver()
		}
		return f.ever
	}
	if f.until == until {
		return f.reach
	}
	if !f.found {
		f.findChanges()
	}
	f.until = until
	e.resetSums()
	for _, i := range f.movers {
		r := &p.Rules[i]
		if r.Signal == None && !happensBy(f.changes[i], until) {
			continue
		}
		e.replaceInSum(r.Place, e.out.Rules[i].Points, f.rulePoints(i, until))
	}
	f.findReach(f.reach)
	return f.reach
}

// findEver finds what the groups can have at any time from now on, without a look at when
// anything changes: that costs more, and most often what is asked of the points cannot
// change at all. It holds all that rulePoints gives of any instant. Of a state rule whose
// answer lasts, that is what it pays. Of another, it lies within what the rule can pay of
// any lead. What an event rule pays only comes nearer to nothing; and while its condition
// is not yes, and does not last, its balance is what it would pay.
func (f *forecast) findEver() {
	e := f.e
	e.resetSums()
	for _, i := range f.timeDependent() {
		r, result := &e.program.Rules[i], &e.out.Rules[i]
		lasts, can := r.Lasts[result.Answer], r.Ever
		switch {
		case r.Signal == None:
			if lasts {
				continue
			}
		case lasts && result.Answer != expression.Yes || e.balances[r.Event].Count == 0:
			continue
		default:
			now := &e.balances[r.Event]
			can = points.Span{Lo: min(0, now.Down.Points()), Hi: max(0, now.Up.Points())}.Clamp(r.Min, r.Max)
		}
		e.replaceInSum(r.Place, result.Points, can)
	}
	f.ever = f.ever[:len(f.reach)]
	f.findReach(f.ever)
}

// timeDependent lists the rules that can pay something else as time passes: none that sleeps,
// since no time passes for what has not occurred.
func (f *forecast) timeDependent() []int {
	if len(f.timed) > 0 {
		return f.timed
	}
	for w, word := range f.e.awake {
		for word &= f.e.program.TimeDependentSet[w]; word != 0; {
			var i int
			i, word = program.First(word)
			f.timed = append(f.timed, 64*w+i)
		}
	}
	return f.timed
}

// findReach goes on from what the sums of the groups can be to what the groups can have.
func (f *forecast) findReach(reach []expression.PointRange) {
	e, p := f.e, f.e.program
	if len(f.still) == 0 {
		for _, now := range e.env.Points {
			f.still = append(f.still, expression.PointRange{Lo: now, Hi: now, Band: true})
		}
	}
	copy(reach, f.still)
	e.propagate()
	for place := e.firstSum; place < len(e.sums); place++ {
		if e.sums[place].round != e.round {
			continue
		}
		i := p.GroupOrder[place]
		g, s, r := &p.Groups[i], e.sums[place].kept, &reach[i]
		r.Lo, r.Hi = s.Ends()
		if len(g.Bands) > 0 {
			_, first := g.Band(s.Lo)
			_, last := g.Band(s.Hi)
			r.Band = first == last
		}
	}
}

// findChanges finds when the conditions and the multipliers of the rules can change, and
// which rules need not pay the same before the horizon.
func (f *forecast) findChanges() {
	e, o := f.e, &f.conditions
	f.movers = f.movers[:0]
	for _, i := range f.timeDependent() {
		r := &e.program.Rules[i]
		switch {
		case e.tracked != nil && !e.tracked.reread.Has(i): // as when they were found
		case r.Lasts[e.out.Rules[i].Answer] && (r.Undivided || e.tracked == nil):
			f.answers[i], f.changes[i], f.anyChanges[i] = history.Never, history.Never, history.Never
		default:
			next, any := int64(history.Never), int64(history.Never)
			add := func(n *expression.Node) {
				if next = min(next, o.Next(n)); e.tracked != nil {
					any = min(any, o.NextAny(n))
				}
			}
			if r.When != nil {
				add(r.When)
			}
			for _, t := range r.Tiers {
				add(t.When)
			}
			f.answers[i] = next
			if r.Multiply != nil {
				add(r.Multiply)
			}
			f.changes[i], f.anyChanges[i] = next, any
		}
		if f.changes[i] < o.Horizon || r.Signal != None && e.out.Rules[i].Count > 0 {
			f.movers = append(f.movers, i)
		}
	}
	f.found = true
}

// happensBy reports whether what can change at an instant can have changed by another.
func happensBy(next, until int64) bool { return next <= until && next != history.Never }

// rulePoints gives what a rule can pay from now up to an instant: a state rule, when it
// can have changed by then.
func (f *forecast) rulePoints(i int, until int64) points.Span {
	e := f.e
	r := &e.program.Rules[i]
	if r.Signal == None {
		return f.statePoints(i, until).Clamp(r.Min, r.Max)
	}
	same := !happensBy(f.changes[i], until)
	if same && e.out.Rules[i].Answer != expression.Yes {
		return points.Exactly(points.Points(0).Clamp(r.Min, r.Max))
	}
	// What is positive only falls, and what is negative only rises.
	now := &e.balances[r.Event]
	if same && f.steps <= f.most {
		f.steps += ruleSteps + walkSteps*int64(e.ledgers[r.Event].Walk(e.env.Now, until)+e.idleCount(r))
	}
	if !same || f.steps > f.most {
		return points.Span{Lo: min(0, now.Down.Points()), Hi: max(0, now.Up.Points())}.Clamp(r.Min, r.Max)
	}
	then := e.ledgers[r.Event].Later(until, e.idleInstants(r))
	least, most := then.Up.Plus(now.Down), now.Up.Plus(then.Down)
	return points.Span{Lo: least.Points(), Hi: most.Points()}.Clamp(r.Min, r.Max)
}

// statePoints gives what a state rule can pay before its bounds.
func (f *forecast) statePoints(i int, until int64) points.Span {
	r := &f.e.program.Rules[i]
	if !happensBy(f.answers[i], until) { // only its multiplier can have changed
		base, answer := f.e.basePoints(r)
		if answer == expression.Yes {
			return f.multiply(r, base, until)
		}
		return points.Exactly(base)
	}
	s := points.Exactly(0).Union(points.Exactly(r.Else))
	for _, t := range r.Tiers {
		s = s.Union(f.multiply(r, t.Points, until))
	}
	return s.Union(f.multiply(r, r.Points, until))
}

// multiply gives what a state rule can pay of some points, from now up to an instant.
func (f *forecast) multiply(r *program.Rule, base points.Points, until int64) points.Span {
	if r.Multiply == nil {
		return points.Exactly(base)
	}
	return product(base, f.conditions.Ahead(r.Multiply, until))
}
