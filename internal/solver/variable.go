package solver

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// variable is a value that the search narrows: that of a fact, or of a part of
// an expression that it does not look into.
type variable struct {
	node  *expression.Node // nil for a number of occurrences
	pop   *population
	first *domain // what it can be to begin with; nil until that is asked
	now   *domain
}

// population is the occurrences that a call looks at.
type population struct {
	signal, scope int
	window        history.Window
}

// id gives the number of a node's value; what a term stands for has the term's.
func (s *Solver) id(n *expression.Node) int {
	for n.Op == expression.OpTerm {
		n = n.Kids[0]
	}
	if id, ok := s.ids[n]; ok {
		return id
	}
	id := s.variable(n)
	s.ids[n] = id
	return id
}

func (s *Solver) variable(n *expression.Node) int {
	v := variable{node: n}
	if n.Op == expression.OpCall {
		c := s.program.Queries[n.Slot]
		p := population{c.Signal, c.ResetScope, c.Window}
		if c.Func == history.Count {
			return s.population(p)
		}
		if c.Func == history.Followed {
			p.signal = c.Other
		}
		v.pop = &p
	}
	op := n.Op
	if op == expression.OpDaysUntil {
		op = expression.OpDaysSince
	}
	if op == expression.OpDaysSince {
		if slot, ok := n.Kids[0].Query(); ok {
			if c := s.program.Queries[slot]; c.Func == history.Newest || c.Func == history.Oldest {
				v.pop = &population{c.Signal, c.ResetScope, history.All}
			}
		}
	}
	kids := make([]int, len(n.Kids))
	for i, k := range n.Kids {
		kids[i] = s.side(k)
	}
	switch n.Op {
	case expression.OpAnd, expression.OpOr, expression.OpEqual, expression.OpNotEqual:
		slices.Sort(kids) // their sides can be exchanged
	}
	slot := n.Slot
	if n.Op == expression.OpMatches {
		slot = 0 // each remembers its answer in a slot of its own
	}
	key := fmt.Sprint(op, n.Kind, slot, n.Many, n.Folds(), kids)
	switch {
	case n.Op == expression.OpMatches:
		key += n.Pattern()
	case n.Op == expression.OpConstant && n.Kind == fact.Texts && n.Slot == 0:
		key += fmt.Sprintf("%q", n.Const.Texts) // of a declared list, the slot says enough
	case n.Op == expression.OpConstant && n.Kind == fact.Number:
		key += strconv.FormatFloat(n.Const.Number, 'g', -1, 64)
	case n.Op == expression.OpConstant:
		key += fmt.Sprintf("%v %v %q", n.Const.Bool, n.Const.Time, n.Const.Text)
	}
	return s.add(key+s.apart[n], v)
}

// side is id, for the values that others are made of.
func (s *Solver) side(n *expression.Node) int {
	if n.Op == expression.OpDaysUntil {
		return ^s.id(n) // the same value as that of a days_since, turned round
	}
	return s.id(n)
}

// order gives the variable for how the two sides of a comparison lie to one another, a
// number below, at or above 0, and what that is if the comparison answers as wanted.
func (s *Solver) order(n *expression.Node, want expression.Set) (int, domain) {
	op, a, b := n.Op, s.side(n.Kids[0]), s.side(n.Kids[1])
	if a > b {
		op, a, b = op.Swapped(), b, a
	}
	d := region(op, 0, want)
	if a == b {
		d.lo, d.hi = max(d.lo, 0), min(d.hi, 0)
		d = d.meet(unbounded())
	}
	return s.add(fmt.Sprint("order", n.Folds(), a, " ", b), variable{node: n}), d
}

// population gives the variable for a number of occurrences.
func (s *Solver) population(p population) int {
	return s.add(fmt.Sprint("count", p), variable{pop: &p})
}

// mostOccurrences is above what Bounds allow of activities.
const mostOccurrences = 1e9

func (s *Solver) add(key string, v variable) int {
	id, ok := s.keys[key]
	if !ok {
		id = len(s.vars)
		s.keys[key] = id
		s.vars = append(s.vars, v)
	}
	return id
}

// variableAt gives a variable, of which it is known what it can be. The pointer
// holds until another variable is added.
func (s *Solver) variableAt(id int) *variable {
	if s.vars[id].now == nil {
		var d domain
		if n, p := s.vars[id].node, s.vars[id].pop; n != nil {
			d = s.first(n)
		} else {
			d = domain{state: isKnown, hi: mostOccurrences, whole: true}
			if p.window.Since == p.signal {
				d.hi = 1 // the last one itself
			}
		}
		s.vars[id].first, s.vars[id].now = &d, &d
	}
	return &s.vars[id]
}

// first gives what a value can be, whatever the lead.
func (s *Solver) first(n *expression.Node) domain {
	d := unbounded()
	switch n.Op {
	case expression.OpLead:
		return declared(&s.program.Profile[n.Slot])
	case expression.OpProp:
		return declared(&s.program.Properties[n.Slot])
	case expression.OpCall:
		return s.called(s.program.Queries[n.Slot])
	case expression.OpReached, expression.OpNow, expression.OpActivityAt:
		d.state = isKnown
	case expression.OpBand:
		d.state, d.among, d.texts = isKnown, true, s.Labels(n.Slot)
	case expression.OpMetCount, expression.OpCalendarDays:
		d.whole = true
	case expression.OpDaysInStage:
		d.lo = 0
	case expression.OpDaysSince, expression.OpDaysUntil:
		if slot, ok := n.Kids[0].Query(); ok {
			if f := s.program.Queries[slot].Func; f == history.Newest || f == history.Oldest {
				d.lo = 0
			}
		}
		return d
	}
	if n.Kind == fact.Number && !n.Age() {
		x := s.Number(n)
		if d.lo, d.hi = x.Lo, x.Hi; !x.Known() {
			d.state = 0
		} else {
			d.state = isKnown
		}
		if x.Unknown {
			d.state |= expression.Only(expression.Unknown)
		}
	}
	return d
}

func declared(f *expression.Field) domain {
	d := unbounded()
	switch f.Kind {
	case fact.Number:
		d.lo, d.hi = f.Lo, f.Hi
	case fact.Text, fact.Code:
		d.fold, d.among = f.Kind == fact.Text, len(f.Values) > 0
		for _, v := range f.Values {
			d.texts = append(d.texts, folded(v, d.fold))
		}
		for _, p := range f.Placeholders {
			d.notTexts = append(d.notTexts, folded(strings.TrimSpace(p), d.fold))
		}
	}
	return d
}

// called gives what a call can give.
func (s *Solver) called(c history.Query) domain {
	d := unbounded()
	if c.Prop != history.None {
		d = declared(&s.program.Properties[c.Prop])
	}
	switch c.Func {
	case history.Distinct, history.ActiveDays:
		d = domain{state: isKnown, hi: mostOccurrences, whole: true}
		if span := c.Window.Span; span > 0 && c.Func == history.ActiveDays {
			d.hi = float64(span/(20*history.Hour) + 2) // days are shorter where the clock is changed
		}
	case history.IdleSteps:
		const most = 1e12 // of the seconds from the first instant to the last
		d = domain{state: isKnown, hi: most, whole: true}
	case history.Happened, history.Followed:
		d.state = isKnown
	case history.Total:
		d.state = isKnown
		if d.lo = -fact.MaxNumber; s.program.Properties[c.Prop].Lo >= 0 {
			d.lo = 0
		}
		if d.hi = fact.MaxNumber; s.program.Properties[c.Prop].Hi <= 0 {
			d.hi = 0
		}
	case history.Mean:
		d.lo, d.hi = d.lo-1e-6, d.hi+1e-6 // of numbers that are rounded to a millionth
	}
	return d
}

// Number gives the numbers that an expression can give, whatever the lead.
func (s *Solver) Number(n *expression.Node) expression.Interval {
	if x, ok := s.spans[n]; ok {
		return x
	}
	var x expression.Interval
	switch n.Op {
	case expression.OpConstant:
		x = expression.Interval{Lo: n.Const.Number, Hi: n.Const.Number}
	case expression.OpLead, expression.OpProp, expression.OpCall:
		d := s.variableAt(s.id(n)).first
		x = expression.Interval{Lo: d.lo, Hi: d.hi, Unknown: d.state.Can(expression.Unknown)}
	case expression.OpCalendarDays, expression.OpDaysBetween:
		x = expression.Interval{Lo: math.Inf(-1), Hi: math.Inf(1), Unknown: true}
	case expression.OpScore:
		x = s.scores[n.Slot]
	case expression.OpMetCount:
		x = expression.Interval{Hi: float64(len(n.Many))}
	case expression.OpTerm:
		x = s.Number(n.Kids[0])
	case expression.OpDefault:
		if x = s.Number(n.Kids[0]); x.Unknown {
			x.Unknown = false
			x = x.Union(s.Number(n.Kids[1]))
		}
	case expression.OpCondition:
		x = expression.Choose(anyAnswer, s.Number(n.Kids[1]), s.Number(n.Kids[2]))
	case expression.OpNegate:
		a := s.Number(n.Kids[0])
		x = expression.Interval{Lo: 0 - a.Hi, Hi: 0 - a.Lo, Unknown: a.Unknown}
	default:
		x = expression.Combine(n.Op, s.Number(n.Kids[0]), s.Number(n.Kids[1]))
	}
	s.spans[n] = x
	return x
}
