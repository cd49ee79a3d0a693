package review

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

// decayed gives the age from which on a decay leaves nothing; 0 is never.
func decayed(d *program.Decay) qualify.Duration {
	switch {
	case d.Linear != 0:
		return qualify.Duration(d.Linear)
	case d.Every == 0 || d.Idle:
		return 0
	case d.Lose == 1:
		return qualify.Duration(d.Every)
	case d.Compound != nil:
		return 0
	}
	steps := math.Ceil(1 / d.Lose)
	if steps > 1e6 || float64(d.Every)*(steps+1) > math.MaxInt64 {
		return 0
	}
	for points.Steps(int64(steps), d.Lose) != 0 {
		steps++ // the quotient was rounded
	}
	return qualify.Duration(d.Every) * qualify.Duration(steps)
}

// gone gives the age from which on an occurrence pays nothing; 0 is never.
func (v *vetter) gone(i int) qualify.Duration {
	within, left := v.policy.Rules[i].Within, decayed(&v.program.Rules[i].Decay)
	if within == 0 || left != 0 && left < within {
		return left
	}
	return within
}

// vetTime looks for spans of which one makes another of no effect.
func (v *vetter) vetTime() {
	inherited := make([]bool, len(v.groups)) // the group's decay is some rule's
	for i, r := range v.policy.Rules {
		if r.On == "" {
			continue
		}
		if r.Decay == (qualify.Decay{}) {
			g := v.program.Rules[i].Group
			for g > 0 && v.groups[g].Decay == (qualify.Decay{}) {
				g = v.program.Groups[g].Parent
			}
			inherited[g] = true
		}
		p, left := place{"rules", i, r.ID}, decayed(&v.program.Rules[i].Decay)
		switch {
		case r.Within == 0:
		case r.Decay.Every >= r.Within:
			v.report(DecayUnseen, p, "decay.every", r.Decay.Every, "what is %s old or older is left out by within before the first step takes anything", r.Within)
		case left != 0 && left <= r.Within:
			v.report(WithinMoot, p, "within", r.Within, "this leaves out nothing: the decay leaves nothing of what is %s old", left)
		}
		if period, gone := period(&r.Limit), v.gone(i); period != 0 && r.Limit.Gap == 0 && gone != 0 && gone < period {
			v.report(LimitOutlives, p, "limit", r.Limit, "an occurrence uses up this limit for its whole period, and pays nothing any more after %s: newer ones do not pay in its place", gone)
		}
	}
	for i, g := range v.groups {
		if p := v.groupPlace(i); p.Item >= 0 && g.Decay != (qualify.Decay{}) && !g.Decay.None && !inherited[i] {
			v.report(DecayUnseen, p, "decay", g.Decay, "no rule for activities in this group, or below it, is without a decay of its own")
		}
	}
}

// longPast is so many days ago that nobody asks for it.
const longPast = 36_500

// oneSided looks for a condition that holds of a time less than so many days ahead, and
// as well of one long past, all else being the same. With says what else must hold for the
// condition to count: that the tiers before it are no, for one.
func (v *vetter) oneSided(p place, field, source string, condition solver.Goal, with ...solver.Goal) {
	if condition.Node == nil {
		return
	}
	all := append(slices.Clip(with), condition)
	v.aheads(condition.Node, false, condition.Node, func(at, until *expression.Node, days float64) {
		times := v.timesOf(until.Kids[0])
		if len(times) == 0 || slices.ContainsFunc(all, func(g solver.Goal) bool { return v.asksAside(g.Node, times) }) {
			return
		}
		// The time is in the future in world 0, and long past in world 1.
		const past = 1
		differs := func(n *expression.Node) bool {
			return slices.ContainsFunc(times, func(t *expression.Node) bool { return v.solver.Same(t) == v.solver.Same(n) })
		}
		ago := v.solver.Elsewhere(until, past, differs)
		holds := append(slices.Clip(all), lies(until, 0, days), lies(ago, math.Inf(-1), -longPast))
		if !v.can(holds...) {
			return
		}
		for _, g := range all {
			if v.can(append(slices.Clip(holds), is(v.solver.Elsewhere(g.Node, past, differs), (yes|no|unknown)&^g.Want))...) {
				return
			}
		}
		time := text(until.Kids[0])
		v.reportAt(OneSided, p, field, source, at, "this is yes of a time long past as well: if it is to lie ahead, add days_until(%s) >= 0", time)
	})
}

// lies asks that so many days are left until a time, from lo to hi, by the node that
// counts them, or that counts them from there.
func lies(n *expression.Node, lo, hi float64) solver.Goal {
	if n.Op != expression.OpDaysUntil {
		lo, hi = -hi, -lo
	}
	return solver.Between(n, lo, hi)
}

// aheads visits the comparisons in a condition by which it asks for a time at most so
// many days ahead. It gives where in the condition each stands, what counts the days, and
// how many at most.
func (v *vetter) aheads(n *expression.Node, not bool, at *expression.Node, visit func(at, until *expression.Node, days float64)) {
	switch n.Op {
	case expression.OpAnd, expression.OpOr:
		for _, k := range n.Kids {
			v.aheads(k, not, inTerm(at, n, k), visit)
		}
	case expression.OpNot:
		v.aheads(n.Kids[0], !not, inTerm(at, n, n.Kids[0]), visit)
	case expression.OpCondition:
		for _, k := range n.Kids[1:] {
			v.aheads(k, not, inTerm(at, n, k), visit)
		}
	case expression.OpDefault:
		v.aheads(n.Kids[0], not, inTerm(at, n, n.Kids[0]), visit)
	case expression.OpTerm:
		v.aheads(n.Kids[0], not, at, visit)
	case expression.OpLess, expression.OpLessEqual, expression.OpGreater, expression.OpGreaterEqual:
		op, until, days := n.Op, n.Kids[0], n.Kids[1]
		if constant(until) {
			op, until, days = op.Swapped(), days, until
		}
		if !constant(days) {
			return
		}
		most := days.Const.Number
		switch until.Op {
		case expression.OpDaysUntil:
		case expression.OpDaysSince, expression.OpCalendarDays:
			op, most = op.Swapped(), -most
		default:
			return
		}
		if less := op == expression.OpLess || op == expression.OpLessEqual; less != not && most > 0 {
			visit(at, until, most)
		}
	}
}

// inTerm gives where a part of a condition stands: at itself, or at the term that holds it.
func inTerm(at, whole, part *expression.Node) *expression.Node {
	if at == whole {
		return part
	}
	return at
}

// timesOf lists the facts that a time is made of; none if it is that of an occurrence, which
// always lies in the past.
func (v *vetter) timesOf(n *expression.Node) (times []*expression.Node) {
	v.facts(n, func(n *expression.Node) {
		if slot, ok := n.Query(); n.Kind == fact.Time && (n.Op == expression.OpLead || ok && n.Op == expression.OpCall) {
			if ok && n.Op == expression.OpCall {
				if f := v.program.Queries[slot].Func; f == history.Newest || f == history.Oldest {
					return
				}
			}
			times = append(times, n)
		}
	})
	return times
}

// asksAside reports whether a condition asks for one of some facts by the checklist or by
// points as well, which then change with it.
func (v *vetter) asksAside(n *expression.Node, facts []*expression.Node) (aside bool) {
	reads := func(n *expression.Node) {
		v.facts(n, func(n *expression.Node) {
			aside = aside || slices.ContainsFunc(facts, func(f *expression.Node) bool { return v.solver.Same(f) == v.solver.Same(n) })
		})
	}
	v.facts(n, func(n *expression.Node) {
		for _, i := range n.Many {
			reads(v.program.Criteria[i].Met)
			reads(v.program.Criteria[i].Unmet)
		}
		if n.Op == expression.OpScore || n.Op == expression.OpBand {
			for i := range v.program.Rules {
				v.program.Rules[i].Expressions(reads)
			}
		}
	})
	return aside
}
