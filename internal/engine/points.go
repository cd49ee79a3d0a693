package engine

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// evalPoints pays the rules, adds up the groups and finds the ranges.
func (e *Evaluator) evalPoints() {
	p, out := e.program, &e.out
	e.findMissing()
	e.uncertain = reuse(e.uncertain)
	if copy(out.Groups, e.blank.groups); e.tracked == nil {
		e.evalRules()
	} else {
		e.evalAgain()
	}
	for _, i := range p.GroupOrder {
		g, result := &p.Groups[i], &out.Groups[i]
		result.Points = g.Keep(result.Raw)
		result.Span = points.Exactly(result.Points)
		e.env.Points[i] = result.Points.Float()
		if result.Band, e.env.Bands[i] = None, ""; len(g.Bands) > 0 {
			result.Band, e.env.Bands[i] = g.Band(result.Points)
		}
		if g.Parent != None {
			result.Share = result.Points.Weighted(g.Weight)
			out.Groups[g.Parent].Raw += result.Share
		}
	}
	if !e.stateOnly {
		e.groupSpans()
		e.rankMissing()
	}
}

// evalRules evaluates the rules awake. The others are as they are in blank.
func (e *Evaluator) evalRules() {
	copy(e.out.Rules, e.blank.rules)
	clear(e.balances)
	for w, word := range e.awake {
		for ; word != 0; word &= word - 1 {
			e.evalAwake(64*w + bits.TrailingZeros64(word))
		}
	}
}

// evalAwake evaluates a rule, and puts what it pays in place of what it pays asleep.
func (e *Evaluator) evalAwake(i int) {
	q, result := &e.blank.quick[i], &e.out.Rules[i]
	sum := &e.out.Groups[q.group].Raw
	*sum -= result.Points
	if q.when != nil { // as it is of most
		*result = q.pays[q.when.Test(&e.env)]
	} else {
		e.evalRule(i, result)
	}
	if q.facts.Meets(e.unknown) && !e.stateOnly {
		result.Span = e.ruleRange(i)
		e.uncertain = append(e.uncertain, int32(i))
	}
	*sum += result.Points
}

// findMissing finds the unknown facts that are asked for, and frees them.
func (e *Evaluator) findMissing() {
	p := e.program
	e.missing = reuse(e.missing)
	for w, word := range e.unknown {
		for word &= p.AllFacts[w]; word != 0; {
			var f int
			f, word = program.First(word)
			e.missing = append(e.missing, missing{fact: p.Places[64*w+f]})
		}
	}
	e.intervals.Reset(p.Terms)
	e.intervals.FreeOnly(e.unknown)
}

// readsUnknown reports whether a rule reads an unknown fact.
func (e *Evaluator) readsUnknown(rule int) bool {
	return e.program.RuleFacts[rule].Meets(e.unknown)
}

// evalRule finds what a rule pays.
func (e *Evaluator) evalRule(i int, result *RuleResult) {
	r := &e.program.Rules[i]
	result.Count = 0
	result.Raw = e.rawPoints(i, result)
	result.Points = result.Raw.Clamp(r.Min, r.Max)
	result.Span = points.Exactly(result.Points)
}

// rawPoints gives what a rule pays before its bounds.
func (e *Evaluator) rawPoints(i int, result *RuleResult) points.Points {
	r := &e.program.Rules[i]
	base, answer := e.basePoints(r)
	result.Answer = answer
	if r.Signal == None {
		if answer == expression.Yes {
			return e.multiply(r, base)
		}
		return base
	}
	// What it would pay is needed for the range, and for later.
	if answer != expression.Yes && !e.intervals.Touches(r.When) && !r.When.TimeDependent() {
		return 0
	}
	e.balances[r.Event] = e.eventBalance(r)
	total := e.balances[r.Event].Sum()
	sum := total.Points()
	e.eventSpans[i] = points.Exactly(sum)
	if r.Multiply != nil && !e.stateOnly && e.intervals.Touches(r.Multiply) {
		e.eventSpans[i] = e.eventSpan(r)
	}
	if answer != expression.Yes {
		return 0
	}
	result.Count = e.balances[r.Event].Count
	return sum
}

// basePoints gives the points that the conditions of a rule decide on, and their answer:
// if it is yes, the points are yet to be multiplied.
func (e *Evaluator) basePoints(r *program.Rule) (points.Points, expression.Answer) {
	answer := expression.Yes
	if r.When != nil {
		answer = r.When.Test(&e.env)
	}
	for _, t := range r.Tiers {
		if answer = t.When.Test(&e.env); answer == expression.Yes {
			return t.Points, answer
		}
		if answer == expression.Unknown {
			break
		}
	}
	switch answer {
	case expression.Yes:
		return r.Points, answer
	case expression.No:
		return r.Else, answer
	}
	return 0, answer
}

// multiply multiplies what a state rule pays. An unknown multiplier pays nothing.
func (e *Evaluator) multiply(r *program.Rule, base points.Points) points.Points {
	if r.Multiply == nil {
		return base
	}
	m, ok := r.Multiply.Number(&e.env)
	if !ok {
		return 0
	}
	return rounded(base, m)
}

func rounded(base points.Points, m float64) points.Points {
	var s points.Sum
	s.Add(base.Times(m))
	return s.Points()
}

// eventBalance gives what an event rule pays while its condition is yes. A tracker's
// ledger goes on where it was, unless what it has could have changed since.
func (e *Evaluator) eventBalance(r *program.Rule) accrual.Balance {
	l := &e.ledgers[r.Event]
	pos := e.index.Occurrences(r.Signal, r.ResetScope)
	from := 0
	if e.tracked != nil {
		from = e.resumeLedger(r, len(pos))
	}
	if from == 0 {
		l.Open(&r.Limit, &r.Decay.Decay, r.Within)
	}
	if len(pos) == 0 {
		return accrual.Balance{}
	}
	numbered := from
	e.numberKeys(r, pos[numbered:])
	if r.Multiply == nil {
		from = max(from, len(pos)-r.Limit.Newest())
	}
	if e.tracked == nil {
		l.Grow(len(pos) - from)
	}
	e.pushed += walkSteps * int64(len(pos)-from+e.idleCount(r))
	if from < len(pos) && !r.Limit.Zero() {
		e.pushed += walkSteps * int64(len(pos)) // it is applied to all of them again
	}
	for j := from; j < len(pos); j++ {
		o := accrual.Occurrence{At: e.index.At(int(pos[j])), Amount: r.Points.Amount()}
		if r.Multiply != nil {
			m, ok := e.multiplier(r, int(pos[j]))
			if !ok {
				continue // it pays nothing, and uses up nothing
			}
			o.Amount = r.Points.Times(m)
		}
		if r.Limit.OncePer {
			o.Key = e.keys[j-numbered]
		}
		if r.Limit.ForEach {
			o.Each = e.eaches[j-numbered]
		}
		l.Push(o)
	}
	if r.Decay.Every > 0 {
		e.pushed += walkSteps * int64(l.Walk(e.env.Now, e.env.Now))
	}
	return l.At(e.env.Now, e.idleInstants(r))
}

// idleCount is how many instants a decay waits for.
func (e *Evaluator) idleCount(r *program.Rule) int {
	if !r.Decay.Idle {
		return 0
	}
	return len(e.index.Occurrences(r.Decay.Signal, r.ResetScope))
}

// idleInstants gives the instants that a decay waits for.
func (e *Evaluator) idleInstants(r *program.Rule) []int64 {
	if !r.Decay.Idle {
		return nil
	}
	e.idle = reuse(e.idle)
	for _, pos := range e.index.Occurrences(r.Decay.Signal, r.ResetScope) {
		e.idle = append(e.idle, e.index.At(int(pos)))
	}
	return e.idle
}

// multiplier gives a rule's multiplier for the activity at a position.
func (e *Evaluator) multiplier(r *program.Rule, pos int) (float64, bool) {
	mark := e.index.Mark()
	e.loadActivity(r.Props, pos)
	if !e.spend(r.Tests) {
		return 0, false
	}
	e.tested += int64(r.Work)
	m, ok := r.Multiply.Number(&e.env)
	e.index.Trim(mark)
	return m, ok
}

// numberKeys numbers the values of the properties of OncePer and of ForEach, for some
// occurrences: equal ones have one number, from 0 on, and an occurrence without one has
// history.None. With both, a key is a pair of values.
func (e *Evaluator) numberKeys(r *program.Rule, pos []int32) {
	e.keys, e.eaches = reuse(e.keys), reuse(e.eaches)
	if r.Limit.ForEach {
		for _, p := range pos {
			e.eaches = append(e.eaches, int32(e.index.Number(int(p), r.ForEach)))
		}
	}
	if !r.Limit.OncePer {
		return
	}
	for _, p := range pos {
		e.keys = append(e.keys, int32(e.index.Number(int(p), r.OncePer)))
	}
	if !r.Limit.ForEach {
		return
	}
	if e.pairs == nil {
		e.pairs = map[[2]int32]int32{}
	}
	clear(e.pairs)
	for i, k := range e.keys {
		pair := [2]int32{e.eaches[i], k}
		if pair[0] == history.None || k == history.None {
			e.keys[i] = history.None
			continue
		}
		n, ok := e.pairs[pair]
		if !ok {
			n = int32(len(e.pairs))
			e.pairs[pair] = n
		}
		e.keys[i] = n
	}
}

// eventSpan gives what an event rule can pay whose multiplier is uncertain. A limit only
// takes away, so each occurrence brings between nothing and all of what it can be worth.
func (e *Evaluator) eventSpan(r *program.Rule) points.Span {
	if e.lowest == nil {
		e.lowest, e.highest = new(accrual.Ledger), new(accrual.Ledger)
	}
	e.lowest.Open(&e.noLimit, &r.Decay.Decay, r.Within)
	e.highest.Open(&e.noLimit, &r.Decay.Decay, r.Within)
	unbounded := false
	for _, pos := range e.index.Occurrences(r.Signal, r.ResetScope) {
		mark, at := e.index.Mark(), e.index.At(int(pos))
		e.loadActivity(r.Props, int(pos))
		if !e.spend(r.Tests) {
			break
		}
		e.tested += int64(r.Work)
		m := e.intervals.Number(r.Multiply)
		e.index.Trim(mark)
		lo, hi := worth(r.Points, m)
		unbounded = unbounded || r.Points.Unbounded(m.Lo, m.Hi)
		e.lowest.Push(accrual.Occurrence{At: at, Amount: min(0, lo)})
		e.highest.Push(accrual.Occurrence{At: at, Amount: max(0, hi)})
	}
	below, above := e.lowest.At(e.env.Now, e.idleInstants(r)), e.highest.At(e.env.Now, e.idleInstants(r))
	out := points.Span{Lo: below.Down.Points(), Hi: above.Up.Points()}
	if unbounded {
		out = out.Open()
	}
	if r.Limit.Points > 0 && r.Limit.Whole() {
		out.Lo, out.Hi = max(out.Lo, -r.Limit.Points), min(out.Hi, r.Limit.Points)
	}
	return out
}

// worth gives the least and the greatest of p times the numbers of an interval; 0 when it
// is never known.
func worth(p points.Points, m expression.Interval) (lo, hi points.Amount) {
	if m.Lo > m.Hi {
		return 0, 0
	}
	a, b := p.Times(m.Lo), p.Times(m.Hi)
	return min(a, b), max(a, b)
}

// ruleRange gives what a rule can pay when the facts that are free now, one of those that
// it reads among them, take any value.
func (e *Evaluator) ruleRange(i int) points.Span {
	r := &e.program.Rules[i]
	nothing := points.Exactly(0)
	out, any := points.Span{}, false
	include := func(s points.Span) {
		if any {
			s = s.Union(out)
		}
		out, any = s, true
	}
	last := expression.Only(expression.Yes)
	if r.When != nil {
		last = e.intervals.Test(r.When)
	}
	for _, t := range r.Tiers {
		set := e.intervals.Test(t.When)
		if set.Can(expression.Yes) {
			include(e.stateRange(r, t.Points))
		}
		if set.Can(expression.Unknown) {
			include(nothing)
		}
		if last = set & expression.Only(expression.No); last == 0 {
			break
		}
	}
	if last.Can(expression.Yes) {
		if r.Signal == None {
			include(e.stateRange(r, r.Points))
		} else {
			include(e.eventSpans[i])
		}
	}
	if last.Can(expression.No) {
		include(points.Exactly(r.Else)) // 0 for an event rule
	}
	if last.Can(expression.Unknown) {
		include(nothing)
	}
	return out.Clamp(r.Min, r.Max)
}

func (e *Evaluator) stateRange(r *program.Rule, base points.Points) points.Span {
	if r.Multiply == nil {
		return points.Exactly(base)
	}
	return product(base, e.intervals.Number(r.Multiply))
}

// product gives what a state rule can pay of some points with such multipliers.
func product(base points.Points, m expression.Interval) points.Span {
	var out points.Span
	if m.Lo <= m.Hi {
		a, b := rounded(base, m.Lo), rounded(base, m.Hi)
		out = points.Span{Lo: min(a, b), Hi: max(a, b)}
		if base.Unbounded(m.Lo, m.Hi) {
			out = out.Open()
		}
		if m.Unknown {
			out = out.Union(points.Exactly(0))
		}
	}
	return out
}

// groupSpans finds what the groups can have: where no rule that an unknown fact could
// change lies below one, that is what it has.
func (e *Evaluator) groupSpans() {
	if len(e.uncertain) == 0 && len(e.blank.uncertain) == 0 {
		return
	}
	e.resetSums()
	for _, i := range e.uncertain {
		e.sumSpan(i)
	}
	for _, i := range e.blank.uncertain {
		if !e.awake.Has(int(i)) {
			e.sumSpan(i)
		}
	}
	e.propagate()
	for place := e.firstSum; place < len(e.sums); place++ {
		if s := &e.sums[place]; s.round == e.round {
			e.out.Groups[e.program.GroupOrder[place]].Span = s.kept
		}
	}
}

// sumSpan puts, in the sum of a rule's group, what it can pay in place of what it pays.
func (e *Evaluator) sumSpan(rule int32) {
	result := &e.out.Rules[rule]
	e.replaceInSum(e.program.Rules[rule].Place, result.Points, result.Span)
}

// rankMissing lists the unknown facts, each with what the total could be if it alone were
// known; the widest first, and then in the order of the program's Facts.
func (e *Evaluator) rankMissing() {
	p := e.program
	e.ranges = reuse(e.ranges)
	for i := range e.missing {
		m := &e.missing[i]
		total := e.totalIfKnown(p.Facts[m.fact])
		lo, hi := total.Ends()
		m.width, m.place = hi-lo, int32(i)
		e.ranges = append(e.ranges, total)
	}
	e.sortMissing()
	e.out.Missing = reuse(e.out.Missing)
	for _, m := range e.missing {
		e.out.Missing = append(e.out.Missing, MissingFact{m.fact, e.ranges[m.place]})
	}
}

// sortMissing puts the widest first, and keeps the order of those that are as wide.
func (e *Evaluator) sortMissing() {
	const few = 32
	if len(e.missing) > few {
		slices.SortStableFunc(e.missing, func(a, b missing) int { return cmp.Compare(b.width, a.width) })
		return
	}
	for i, m := range e.missing { // a few are put in place in a sixth of the time
		for ; i > 0 && e.missing[i-1].width < m.width; i-- {
			e.missing[i] = e.missing[i-1]
		}
		e.missing[i] = m
	}
}

// totalIfKnown gives what the total could be if one unknown fact were known.
func (e *Evaluator) totalIfKnown(fact int) points.Span {
	p, rules := e.program, e.program.ReadBy[fact]
	if len(rules) == 1 { // as of most
		i := int(rules[0])
		return e.totalIfPaid(p.Rules[i].Group, e.out.Rules[i].Points, e.spanIfKnown(0, fact))
	}
	e.resetSums()
	for k, i := range rules {
		result, s := &e.out.Rules[i], e.spanIfKnown(k, fact)
		if s != points.Exactly(result.Points) {
			e.replaceInSum(p.Rules[i].Place, result.Points, s)
		}
	}
	e.propagate()
	if total := &e.sums[len(e.sums)-1]; total.round == e.round {
		return total.kept
	}
	return points.Exactly(e.out.Groups[0].Points)
}

// totalIfPaid gives what the total could be if something in a group could pay something else
// than it pays. It goes up from that group, where propagate looks at all that move.
func (e *Evaluator) totalIfPaid(group int, pays points.Points, can points.Span) points.Span {
	groups := e.out.Groups
	for {
		g, result := &e.program.Groups[group], &groups[group]
		sum := can.Add(points.Exactly(result.Raw - pays))
		if sum == points.Exactly(result.Raw) {
			return points.Exactly(groups[0].Points)
		}
		if can = g.KeepSpan(sum); g.Parent == None {
			return can
		}
		group, pays, can = g.Parent, result.Share, can.Weighted(g.Weight)
	}
}

// spanIfKnown gives what one of the rules that read an unknown fact can pay, if that alone were known.
func (e *Evaluator) spanIfKnown(place, fact int) points.Span {
	rule := int(e.program.ReadBy[fact][place])
	if !e.awake.Has(rule) {
		return e.blank.spans[fact][place]
	}
	if e.program.RuleFacts[rule].Shared(e.unknown) == 1 {
		return e.out.Rules[rule].Span
	}
	e.intervals.FreeNone()
	e.intervals.Free(fact)
	return e.ruleRange(rule)
}

// groupSum is what the sum of a group can be, and what the group makes of it, while the group
// moves: while its sum can be something else than it is, as was found in a round of questions.
type groupSum struct {
	round     int
	sum, kept points.Span
}

// resetSums begins to ask what the sums of the groups can be. None of them moves, until
// something in it does.
func (e *Evaluator) resetSums() {
	e.round++
	e.firstSum = len(e.sums)
}

// replaceInSum puts, in the sum of a group, by its place in GroupOrder, what a rule or a group
// can pay in place of what it pays.
func (e *Evaluator) replaceInSum(place int, pays points.Points, can points.Span) {
	s := &e.sums[place]
	if s.round != e.round {
		s.round, e.firstSum = e.round, min(e.firstSum, place)
		s.sum = points.Exactly(e.out.Groups[e.program.GroupOrder[place]].Raw)
	}
	s.sum = s.sum.Add(points.Span{Lo: -pays, Hi: -pays}).Add(can)
}

// propagate takes the sums that move up to the groups above, and finds what each of these
// groups can have. From firstSum on, the sums of this round are those of the groups that move.
func (e *Evaluator) propagate() {
	p := e.program
	for place := e.firstSum; place < len(e.sums); place++ {
		s := &e.sums[place]
		if s.round != e.round {
			continue
		}
		i := p.GroupOrder[place]
		g, result := &p.Groups[i], &e.out.Groups[i]
		if s.sum == points.Exactly(result.Raw) {
			s.round = 0
			continue
		}
		if s.kept = g.KeepSpan(s.sum); g.Parent != None {
			e.replaceInSum(p.Groups[g.Parent].Place, result.Share, s.kept.Weighted(g.Weight))
		}
	}
}
