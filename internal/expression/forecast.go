package expression

import (
	"math"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// Never is the instant that does not come.
const Never = history.Never

// Future is what an Outlook must be told of the facts: when they change although
// nothing new comes in. All instants lie after now; Never is one that does not
// come. None of them may be later than the change.
type Future interface {
	// NextChange gives the first instant at which a call can give another result.
	NextChange(call int) int64
	// WhenReaches gives the first instant at which the result of a call that counts can be
	// n, or have passed it, which lies ahead of what it is now.
	WhenReaches(call int, n int64) int64
	// CountAt gives the result of a call that counts at an instant after now, or what lies
	// further ahead.
	CountAt(call int, at int64) float64
	// Points gives what the points of the groups can be from now up to an instant,
	// that one included. Ever costs less, and what Closely gives lies within what it gives.
	// The result is valid until the next call.
	Points(until int64, effort Effort) []PointRange
}

// Effort is how closely Points looks at what pays.
type Effort uint8

// The efforts.
const (
	Ever    Effort = iota // what can come of each rule at any time
	Closely               // what can come of it by then
)

// PointRange is what a group can have.
type PointRange struct {
	Lo, Hi float64
	Band   bool // its band is the same for all of it
}

// Forecast tells when conditions can change their answers as time passes: a fourth
// reading of the tree. An and that is no because of two of its sides stays no
// until both of them can have changed; and so on.
type Forecast struct {
	Env    *Env
	Future Future
	// Checks are, by criterion, the first instants at which their answers can
	// change, and NextAnyOf those at which any part of their conditions can. The caller
	// sets them before it asks for what reads them; NextAnyOf are for Any.
	Checks, NextAnyOf []int64
	// Horizon bounds what is of interest: a change from there on may be given as
	// any instant that is not before it. It is after now. It plays a part only for what
	// asks for points or bands.
	Horizon int64
	// Fine asks for the exact instants at which points cross what they are compared
	// with. Otherwise they may be earlier, by about a sixteenth of the time until
	// then, if that is more than a second.
	Fine bool
	// Crossed is the first instant that Crosses gave.
	Crossed int64

	terms  [2][]int64 // by term, of Next and of Any; 0 is not known yet
	any    bool
	moving uses // what interval and settled look into
	steps  int
}

// Reset begins a new assessment.
func (o *Forecast) Reset() {
	for i := range o.terms {
		if len(o.terms[i]) != len(o.Env.Terms) {
			o.terms[i] = make([]int64, len(o.Env.Terms))
		}
		clear(o.terms[i])
	}
	o.Horizon, o.Crossed, o.moving = Never, Never, usesScores
}

// passing is what makes an expression change as time passes.
const passing = usesTime | usesSpan | usesCriteria | usesStage

// TimeDependent reports whether the value of the expression can change as time passes.
func (n *Node) TimeDependent() bool { return n.needs&passing != 0 }

// Lasts reports whether an answer of a condition lasts as time passes, of any lead: then
// Next is Never, and need not be asked. So says the condition alone: a count that only
// falls and is less than three stays so. It is false where it would take more to tell.
func (n *Node) Lasts(a Answer, queries []history.Query) bool {
	if !n.TimeDependent() {
		return true
	}
	k := n.Kids
	switch n.Op {
	case OpAnd, OpOr:
		sides := []Answer{a} // that each side has, or may have
		switch {
		case a == Unknown && n.Op == OpAnd:
			sides = []Answer{Unknown, Yes}
		case a == Unknown:
			sides = []Answer{Unknown, No}
		}
		for _, a := range sides {
			if !k[0].Lasts(a, queries) || !k[1].Lasts(a, queries) {
				return false
			}
		}
		return true
	case OpNot:
		return k[0].Lasts(a.Not(), queries)
	case OpCall: // of yes or no, only what happened within a window is out of it some time
		f := queries[n.Slot].Func
		return a == No && (f == history.Happened || f == history.Followed)
	case OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		l, r, op := k[0], k[1], n.Op
		if l.Op == OpConstant {
			l, r, op = r, l, op.Swapped()
		}
		way := l.counts // in which the left side moves; 0 is not known
		switch {
		case r.Op != OpConstant:
			return false
		case l.Op == OpNow:
			way = 1
		case (l.Op == OpDaysSince || l.Op == OpDaysUntil) && !l.Kids[0].TimeDependent():
			if a == Unknown {
				return true // as is the time that it is counted from
			}
			if way = 1; l.Op == OpDaysUntil {
				way = -1
			}
		case way == 0:
			return a == Unknown && l.leaves(queries)
		}
		less, _, greater := op.Holds()
		if way < 0 {
			return a == answer(less) && less != greater
		}
		return a == answer(greater) && less != greater
	case OpIn:
		return a == Unknown && k[0].Kind != fact.Texts && k[0].leaves(queries)
	}
	return false
}

// leaves reports whether a node asks for a value that, once its window holds none, is
// unknown from then on.
func (n *Node) leaves(queries []history.Query) bool {
	if n.Op != OpCall {
		return false
	}
	switch queries[n.Slot].Func {
	case history.Latest, history.First, history.Highest, history.Lowest, history.Newest, history.Oldest:
		return true
	}
	return false
}

// NextAny gives the first instant after now at which the answer of any part of an
// expression can be another, whether it matters or not.
func (o *Forecast) NextAny(n *Node) int64 {
	o.any = true
	next := o.Next(n)
	o.any = false
	return next
}

// Next gives the first instant after now at which the answer of a condition, or
// the value of another expression, can be another.
func (o *Forecast) Next(n *Node) int64 {
	if !n.TimeDependent() {
		return Never
	}
	k := n.Kids
	if o.any && n.Op <= OpCondition {
		next := int64(Never)
		for _, k := range n.Kids {
			next = min(next, o.Next(k))
		}
		return next
	}
	switch n.Op {
	case OpAnd, OpOr:
		a, settles := n.test(o.Env), No
		if n.Op == OpOr {
			settles = Yes
		}
		if a != settles {
			return min(o.Next(k[0]), o.Next(k[1]))
		}
		first, second := k[0], k[1]
		if first.needs&usesScores != 0 {
			first, second = second, first // what asks for points costs the most
		}
		next := int64(math.MinInt64)
		if first.test(o.Env) == a {
			next = o.Next(first)
		}
		if needless := next >= o.Horizon && second.needs&usesScores != 0; !needless && second.test(o.Env) == a {
			next = max(next, o.Next(second))
		}
		return next
	case OpCondition:
		next := o.Next(k[0])
		c := k[0].test(o.Env)
		if c != No {
			next = min(next, o.Next(k[1]))
		}
		if c != Yes {
			next = min(next, o.Next(k[2]))
		}
		return next
	case OpTerm:
		t := &o.terms[0][n.Slot]
		if o.any {
			t = &o.terms[1][n.Slot]
		}
		if *t == 0 {
			*t = o.Next(k[0])
		}
		return *t
	case OpCall:
		return o.Future.NextChange(n.Slot)
	case OpMet, OpUnmet, OpMetCount, OpAllMet:
		next, of := int64(Never), o.Checks
		if o.any {
			of = o.NextAnyOf
		}
		for _, i := range n.Many {
			next = min(next, of[i])
		}
		return next
	case OpReached, OpScore, OpBand:
		return Never // the stage is a fact; for the others, see below
	case OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		switch {
		case k[0].Op == OpCalendarDays:
			return min(o.calendar(n.Op, k[0], k[1]), o.compared(n))
		case k[1].Op == OpCalendarDays:
			return min(o.calendar(n.Op.Swapped(), k[1], k[0]), o.compared(n))
		case isClock(k[0]):
			return min(o.clock(n.Op, k[0], k[1]), o.compared(n))
		case isClock(k[1]):
			return min(o.clock(n.Op.Swapped(), k[1], k[0]), o.compared(n))
		case k[0].counts != 0 && k[1].Op == OpConstant:
			return o.count(n.Op, k[0], k[1].Const.Number)
		case k[1].counts != 0 && k[0].Op == OpConstant:
			return o.count(n.Op.Swapped(), k[1], k[0].Const.Number)
		}
	}
	next := int64(Never)
	for _, k := range k {
		next = min(next, o.Next(k))
	}
	if n.Kind == fact.Bool {
		next = min(next, o.compared(n))
	}
	return next
}

// compared gives the first instant at which scores or bands in an atom can change its
// answer: they give nothing by themselves, what matters is what they are compared with.
func (o *Forecast) compared(n *Node) int64 {
	if n.needs&usesScores == 0 {
		return Never
	}
	return o.Crosses(func(until int64, effort Effort) bool {
		points := o.Future.Points(until, effort)
		o.steps = 0
		return o.settled(n, until, points)
	})
}

// isClock reports whether a node is now, or an age, which may stand only as one
// side of a comparison.
func isClock(n *Node) bool { return n.Op == OpNow || isAge(n) }

// clock gives the instant at which the clock, or an age, passes what it is compared
// with, or at which that changes.
func (o *Forecast) clock(op Op, l, r *Node) int64 {
	next := o.Next(r)
	for _, k := range l.Kids {
		next = min(next, o.Next(k))
	}
	var mark wide // the instant of equality
	switch l.Op {
	case OpNow:
		t, ok := r.time(o.Env)
		if !ok {
			return next
		}
		mark = difference(t, 0)
	default:
		days, ok := r.num(o.Env)
		if !ok {
			return next
		}
		span := nanoseconds(days)
		from := o.Env.StageSince
		if l.Op != OpDaysInStage {
			from.Time, from.Known = l.Kids[0].time(o.Env)
		} else if o.Env.Stage == None {
			return next
		}
		if !from.Known {
			return next
		}
		mark = difference(from.Time, 0)
		if l.Op == OpDaysUntil { // it falls as time passes
			mark, op = mark.plus(span.negative()), op.Swapped()
		} else {
			mark = mark.plus(span)
		}
	}
	less, equal, greater := op.Holds() // of the clock before, at and after the mark
	now := difference(o.Env.Now, 0)
	if now.compare(mark) < 0 && less != equal {
		return min(next, mark.instant())
	}
	if after := mark.plus(wide{0, 1}); now.compare(after) < 0 && equal != greater {
		return min(next, after.instant())
	}
	return next
}

func (d wide) plus(e wide) wide {
	lo := d.lo + e.lo
	if lo < d.lo {
		d.hi++
	}
	return wide{d.hi + e.hi, lo}
}

func (d wide) negative() wide {
	if d.lo == 0 {
		return wide{-d.hi, 0}
	}
	return wide{^d.hi, -d.lo}
}

// instant gives an instant that lies after another one.
func (d wide) instant() int64 {
	if d.hi != int64(d.lo)>>63 {
		return Never
	}
	return int64(d.lo)
}

// count gives when a call that counts, and so can only fall, or only rise, changes the
// answer of a comparison with a number.
func (o *Forecast) count(op Op, k *Node, y float64) int64 {
	if n := passes(op, o.Env.Queries[k.Slot].Number, k.counts, y); n >= 0 && !math.IsInf(n, 0) {
		return o.Future.WhenReaches(k.Slot, int64(n))
	}
	return Never
}

// calendar gives the instant at which a number of calendar days passes what it is
// compared with, or at which that changes.
func (o *Forecast) calendar(op Op, l, r *Node) int64 {
	next := min(o.Next(l.Kids[0]), o.Next(r))
	days, ok := l.num(o.Env)
	limit, also := r.num(o.Env)
	if !ok || !also {
		return next
	}
	n := passes(op, days, 1, limit)
	return min(next, begins(l.day, o.Env.Now, n-days))
}

// begins gives the instant at which the day begins that comes so many days after that of
// now.
func begins(day history.Calendar, now int64, days float64) int64 {
	const most = 250_000 // all instants lie within fewer days
	if days > most {
		return Never
	}
	target, lo, hi := day(now)+int64(days), now, int64(math.MaxInt64)
	if more := (int64(days) + 3) * history.Day; more > 0 && now < math.MaxInt64-more {
		hi = now + more // clocks do not change by as much in all
	}
	if day(hi) < target {
		return Never
	}
	for uint64(hi)-uint64(lo) > 1 {
		if mid := lo + int64((uint64(hi)-uint64(lo))/2); day(mid) < target {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// passes gives the next whole number ahead of c, upward if way is 1 and downward if it is
// -1, for which a comparison with y answers otherwise; infinite if there is none.
func passes(op Op, c, way, y float64) float64 {
	less, equal, greater := op.Holds()
	holds := func(x float64) bool {
		switch {
		case x < y:
			return less
		case x > y:
			return greater
		}
		return equal
	}
	// Of the numbers ahead of it, the answer changes at the next, at y, or right beyond y.
	for _, n := range [...]float64{c + way, way * math.Ceil(way*y), way * (math.Floor(way*y) + 1)} {
		if way*n > way*c && holds(n) != holds(c) {
			return n
		}
	}
	return math.Inf(int(way))
}

// Crosses gives the first instant before the Horizon at which what holds up to now
// does not hold any more: holds(until) tells whether it does from now up to until,
// that one included, and if so it must for each earlier until. With the effort Ever, it
// may miss that it does; most of what is asked can never change, and is answered with it.
func (o *Forecast) Crosses(holds func(until int64, effort Effort) bool) int64 {
	now, hi := o.Env.Now, o.Horizon
	if hi != Never {
		hi-- // what changes at the horizon is of no interest
	}
	if hi == now || holds(hi, Ever) || holds(hi, Closely) {
		return Never
	}
	const second = 1_000_000_000
	const month = 30 * 24 * 60 * 60 * second
	lo := now // it holds at lo, and not at hi
	for uint64(hi)-uint64(lo) > 1 {
		width, known := uint64(hi)-uint64(lo), uint64(lo)-uint64(now)
		if !o.Fine && width <= known/16 && uint64(hi)-uint64(now) > second {
			break // within a second it is found exactly, or it would come nearer and nearer
		}
		if known == 0 {
			width = min(width/8, 2*month) // what changes is more often near than far
		}
		if mid := lo + int64(max(width/2, 1)); holds(mid, Closely) {
			lo = mid
		} else {
			hi = mid
		}
	}
	o.Crossed = min(o.Crossed, lo+1)
	return lo + 1
}

// Ahead gives the numbers that a multiplier can give from now up to an instant before
// the horizon, until which the checklist is what it is.
func (o *Forecast) Ahead(n *Node, until int64) Interval {
	o.moving, o.steps = usesSpan, 0
	a := o.interval(n, until, nil)
	o.moving = usesScores
	return a
}

// settled reports whether a node is one and the same from now up to an instant,
// whatever the groups have.
func (o *Forecast) settled(n *Node, until int64, points []PointRange) bool {
	if n.needs&o.moving == 0 {
		return true
	}
	if o.steps++; o.steps > budget {
		return false
	}
	switch n.Op {
	case OpScore:
		return points[n.Slot].Lo == points[n.Slot].Hi
	case OpBand:
		return points[n.Slot].Band
	case OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		if n.Kids[0].Kind != fact.Number {
			break
		}
		if k := n.Kids[0]; k.Op == OpScore && points[k.Slot].Lo == points[k.Slot].Hi && n.Kids[1].Op == OpConstant {
			return true // as the points of most groups, it is what it is
		}
		a, b := o.interval(n.Kids[0], until, points), o.interval(n.Kids[1], until, points)
		set := Compare(n.Op, a, b)
		return set == Only(n.test(o.Env))
	case OpIn:
		if n.Kids[0].Kind == fact.Number {
			return inside(o.interval(n.Kids[0], until, points), n.Kids[1:]) == Only(n.test(o.Env))
		}
	}
	for _, k := range n.Kids {
		if !o.settled(k, until, points) {
			return false
		}
	}
	return len(n.Kids) > 0
}

// interval gives the numbers that an expression can give from now up to an instant
// with what the groups can have.
func (o *Forecast) interval(n *Node, until int64, points []PointRange) Interval {
	if isAge(n) {
		return o.ages(n, until)
	}
	if n.Op == OpCalendarDays && o.settled(n.Kids[0], until, points) {
		days, ok := n.num(o.Env)
		return point(days, ok).Union(point(days+float64(n.day(until)-n.day(o.Env.Now)), ok))
	}
	if n.needs&o.moving == 0 {
		return point(n.num(o.Env))
	}
	if o.steps++; o.steps > budget {
		return anything
	}
	switch n.Op {
	case OpCalendarDays:
		return anything
	case OpDaysBetween:
		if o.settled(n, until, points) {
			return point(n.num(o.Env))
		}
		return anything
	case OpScore:
		return Interval{points[n.Slot].Lo, points[n.Slot].Hi, false}
	case OpCall:
		if n.counts == 0 {
			return anything
		}
		return point(n.num(o.Env)).Union(point(o.Future.CountAt(n.Slot, until), true))
	case OpTerm:
		return o.interval(n.Kids[0], until, points)
	case OpNegate:
		a := o.interval(n.Kids[0], until, points)
		return Interval{0 - a.Hi, 0 - a.Lo, a.Unknown}
	case OpDefault:
		l := o.interval(n.Kids[0], until, points)
		if !l.Unknown {
			return l
		}
		r := o.interval(n.Kids[1], until, points)
		l.Unknown = false
		return l.Union(r)
	case OpCondition:
		c := Only(Yes) | Only(No) | Only(Unknown)
		if o.settled(n.Kids[0], until, points) {
			c = Only(n.Kids[0].test(o.Env))
		}
		return Choose(c, o.interval(n.Kids[1], until, points), o.interval(n.Kids[2], until, points))
	}
	return Combine(n.Op, o.interval(n.Kids[0], until, points), o.interval(n.Kids[1], until, points))
}

// ages gives the days that an age has from now up to an instant, and a little more on
// both sides, since ages are compared in nanoseconds.
func (o *Forecast) ages(n *Node, until int64) Interval {
	d, ok := age(n)(o.Env)
	if !ok {
		return never
	}
	passed := difference(until, o.Env.Now)
	if n.Op == OpDaysUntil {
		passed = passed.negative()
	}
	a, b := d.float(), d.plus(passed).float()
	lo, hi := min(a, b), max(a, b)
	// The conversions keep the products from being fused with the sums, which would
	// round otherwise on some machines.
	lo, hi = lo-2-float64(math.Abs(lo)*1e-15), hi+2+float64(math.Abs(hi)*1e-15)
	return Interval{lo / float64(history.Day), hi / float64(history.Day), false}
}
