// Package solver asks whether conditions can hold together: whether any lead, at any
// instant, gives a list of them the answers that are asked for.
package solver

import (
	"fmt"
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/program"
)

// How many steps a Solver takes before it gives up: for one question, and for
// all of them. Past them it takes everything for possible.
const (
	stepsOnce  = 2_000
	stepsInAll = 5_000_000
)

// Solver tells whether conditions can have given answers at once, of whatever
// lead at whatever instant. It searches for values of the facts, and keeps for
// each fact what it can still be: an interval, a set of texts, known or unknown.
// What it takes for impossible is impossible. What it takes for possible need
// not be: sums, say, are not told apart from other sums, and a search that
// takes too long ends as possible.
type Solver struct {
	program *program.Program
	scores  []expression.Interval
	bands   [][]band

	ids   map[*expression.Node]int
	apart map[*expression.Node]string // the nodes that Elsewhere made, with their world
	keys  map[string]int
	vars  []variable // by id
	spans map[*expression.Node]expression.Interval

	trail []change
	live  []int // the variables of this search that are tied to others
	steps int
	left  int
}

// band is a band of a group: its label holds from lo on, below the next one's.
type band struct {
	lo    float64
	label string
}

// Goal asks a condition to give one of some answers.
type Goal struct {
	Node *expression.Node
	Want expression.Set

	value *domain     // of the value of a node of any kind, instead
	pop   *population // whose number lies in value, instead of a node
}

type change struct {
	id  int
	was *domain
}

// New makes a solver for the conditions of a program. It reads the declarations, the
// signals, the queries, the criteria and the bands of the groups.
func New(p *program.Program) *Solver {
	s := &Solver{
		program: p, left: stepsInAll,
		ids: map[*expression.Node]int{}, apart: map[*expression.Node]string{}, keys: map[string]int{}, spans: map[*expression.Node]expression.Interval{},
		scores: slices.Repeat([]expression.Interval{{Lo: math.Inf(-1), Hi: math.Inf(1)}}, len(p.Groups)),
		bands:  make([][]band, len(p.Groups)),
	}
	for i, g := range p.Groups {
		for _, b := range g.Bands {
			lo := math.Inf(-1)
			if b.From != program.Unbounded {
				lo = b.From.Float()
			}
			s.bands[i] = append(s.bands[i], band{lo, b.Label})
		}
	}
	return s
}

// Score says what a group's points can be, before it is asked about them.
func (s *Solver) Score(group int, lo, hi float64) {
	s.scores[group] = expression.Interval{Lo: lo, Hi: hi}
}

// Same gives a number that two nodes share only if they always give the same.
func (s *Solver) Same(n *expression.Node) int { return s.id(n) }

// Whole reports whether a number is always a whole one, as a number of occurrences is.
func (s *Solver) Whole(n *expression.Node) bool {
	return n.Kind == fact.Number && s.variableAt(s.id(n)).first.whole
}

// In gives what holds of a lead that is in a stage, or in none (program.None), in a world
// as Elsewhere has them; world 0 is that of the conditions as they are.
func (s *Solver) In(stage, world int) []Goal {
	ranks := s.program.Ranks
	var goals []Goal
	for i := range ranks {
		reached := i == stage || stage != program.None && ranks[stage] != program.None && ranks[i] != program.None && ranks[stage] > ranks[i]
		goals = append(goals, answers(s.elsewhere(&expression.Node{Op: expression.OpReached, Kind: fact.Bool, Slot: i}, world), expression.Only(answer(reached))))
	}
	if stage == program.None {
		goals = append(goals, known(s.elsewhere(daysInStage(), world), false))
	}
	return goals
}

// Stored gives what holds of a lead right after a stage, or none, was stored: it has been
// there for no time.
func (s *Solver) Stored(stage, world int) []Goal {
	goals := s.In(stage, world)
	if stage == program.None {
		return goals
	}
	return append(goals, Between(s.elsewhere(daysInStage(), world), 0, 0))
}

func daysInStage() *expression.Node {
	return &expression.Node{Op: expression.OpDaysInStage, Kind: fact.Number}
}

// Between asks for a known number, or an age in days, from lo to hi.
func Between(n *expression.Node, lo, hi float64) Goal {
	d := unbounded()
	if d.state, d.lo, d.hi = isKnown, lo, hi; n.Age() {
		d.lo, d.hi = expression.Nanoseconds(lo), expression.Nanoseconds(hi)
	}
	return gives(n, d)
}

// Unknown asks for an unknown value.
func Unknown(n *expression.Node) Goal { return known(n, false) }

// Without asks for a lead without any occurrence of a signal.
func Without(signal int) Goal {
	d := unbounded()
	d.hi = 0
	return Goal{value: &d, pop: &population{signal, 0, history.All}}
}

// Elsewhere gives a condition as it is in another world, such as at another instant: the
// facts there for which differs reports true have values of their own, the same in all
// conditions of that world; all others are those of world 0. A fact that differs is a node
// without parts that others share.
func (s *Solver) Elsewhere(n *expression.Node, world int, differs func(*expression.Node) bool) *expression.Node {
	copies := map[*expression.Node]*expression.Node{}
	var visit func(n *expression.Node) *expression.Node
	visit = func(n *expression.Node) *expression.Node {
		if c, done := copies[n]; done {
			return c
		}
		c := n
		if n.Op != expression.OpTerm && differs(n) {
			c = s.elsewhere(n, world)
		} else {
			kids := slices.Clone(n.Kids)
			for i := range kids {
				kids[i] = visit(kids[i])
			}
			if !slices.Equal(kids, n.Kids) {
				part := *n
				part.Kids = kids
				c = &part
			}
		}
		copies[n] = c
		return c
	}
	return visit(n)
}

// elsewhere gives a fact as it is in a world.
func (s *Solver) elsewhere(n *expression.Node, world int) *expression.Node {
	if world == 0 {
		return n
	}
	c := *n
	s.apart[&c] = fmt.Sprint(" in world ", world)
	return &c
}

// Answers gives the answers that a condition can have.
func (s *Solver) Answers(n *expression.Node) expression.Set {
	var out expression.Set
	for a := expression.No; a <= expression.Yes; a++ {
		if s.Possible(Goal{Node: n, Want: expression.Only(a)}) {
			out |= expression.Only(a)
		}
	}
	return out
}

// Possible reports whether all goals can be met at once. False is certain.
func (s *Solver) Possible(goals ...Goal) bool {
	s.steps = min(stepsOnce, s.left)
	s.left -= s.steps
	possible := s.search(slices.Clone(goals), nil)
	s.undo(0)
	s.live = s.live[:0]
	s.left += max(0, s.steps)
	return possible
}

// search meets the goals, and then one way of each choice.
func (s *Solver) search(goals []Goal, choices [][][]Goal) bool {
	for len(goals) > 0 {
		if s.steps--; s.steps < 0 {
			return true
		}
		g := goals[len(goals)-1]
		goals = goals[:len(goals)-1]
		switch ways := s.meet(g); len(ways) {
		case 0:
			return false
		case 1:
			goals = append(goals, ways[0]...)
		default:
			choices = append(choices, ways)
		}
	}
	if len(choices) == 0 {
		return true
	}
	fewest := 0
	for i := range choices {
		if len(choices[i]) < len(choices[fewest]) {
			fewest = i
		}
	}
	ways := choices[fewest]
	rest := slices.Delete(slices.Clone(choices), fewest, fewest+1)
	mark, live := len(s.trail), len(s.live)
	for _, way := range ways {
		if s.search(slices.Clone(way), slices.Clone(rest)) {
			return true
		}
		s.undo(mark)
		s.live = s.live[:live]
	}
	return false
}

func (s *Solver) undo(mark int) {
	for _, c := range slices.Backward(s.trail[mark:]) {
		s.vars[c.id].now = c.was
	}
	s.trail = s.trail[:mark]
}

// done and missed are a goal's ways when nothing is left to do, and when there is none.
var (
	done   = [][]Goal{nil}
	missed [][]Goal
)

func when(ok bool) [][]Goal {
	if ok {
		return done
	}
	return missed
}

func answers(n *expression.Node, want expression.Set) Goal { return Goal{Node: n, Want: want} }

// gives asks for a value of any kind.
func gives(n *expression.Node, d domain) Goal {
	if n.Kind == fact.Bool {
		return answers(n, d.state)
	}
	return Goal{Node: n, value: &d}
}

// known asks for a known value, or for an unknown one.
func known(n *expression.Node, want bool) Goal {
	d := unbounded()
	if d.state = isKnown; !want {
		d.state = expression.Only(expression.Unknown)
	}
	return gives(n, d)
}

// meet gives the ways to meet a goal; what can be met in one way only is, as far
// as it concerns a variable.
func (s *Solver) meet(g Goal) [][]Goal {
	n, want := g.Node, g.Want
	switch {
	case g.pop != nil:
		return when(s.narrow(s.population(*g.pop), *g.value))
	case g.value != nil:
		return s.meetValue(n, *g.value)
	case want == 0:
		return missed
	case want == anyAnswer:
		return done
	}
	switch n.Op {
	case expression.OpAnd:
		return pairs(n.Kids, want, func(a, b expression.Answer) expression.Answer { return min(a, b) })
	case expression.OpOr:
		return pairs(n.Kids, want, func(a, b expression.Answer) expression.Answer { return max(a, b) })
	case expression.OpNot:
		return [][]Goal{{answers(n.Kids[0], want.Not())}}
	case expression.OpCondition:
		c, l, r := n.Kids[0], n.Kids[1], n.Kids[2]
		ways := [][]Goal{{answers(c, expression.Only(expression.Yes)), answers(l, want)}, {answers(c, expression.Only(expression.No)), answers(r, want)}}
		same := func(a, b expression.Answer) expression.Answer {
			if a == b {
				return a
			}
			return expression.Unknown
		}
		for _, way := range pairs([]*expression.Node{l, r}, want, same) {
			ways = append(ways, append(way, answers(c, expression.Only(expression.Unknown))))
		}
		return ways
	case expression.OpDefault:
		return [][]Goal{{answers(n.Kids[0], want&isKnown)}, {answers(n.Kids[0], expression.Only(expression.Unknown)), answers(n.Kids[1], want)}}
	case expression.OpTerm:
		return [][]Goal{{answers(n.Kids[0], want)}}
	case expression.OpConstant:
		return when(want.Can(answer(n.Const.Bool)))
	case expression.OpKnown:
		switch {
		case want&isKnown == isKnown:
			return done
		case want&isKnown == 0:
			return missed
		}
		return [][]Goal{{known(n.Kids[0], want.Can(expression.Yes))}}
	case expression.OpMet:
		return s.meetCriterion(n.Slot, want)
	case expression.OpUnmet:
		return s.meetCriterion(n.Slot, want.Not())
	case expression.OpLead, expression.OpProp, expression.OpCall, expression.OpReached:
		return when(s.narrow(s.id(n), domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}))
	case expression.OpAllMet:
		return s.meetAll(n, want)
	}
	return s.meetAtom(n, want)
}

// pairs gives the ways in which two conditions, joined, give one of some answers.
func pairs(kids []*expression.Node, want expression.Set, join func(a, b expression.Answer) expression.Answer) [][]Goal {
	var ways [][]Goal
	var rest []expression.Set // by way: the answers of the second
	for a := expression.No; a <= expression.Yes; a++ {
		var b expression.Set
		for x := expression.No; x <= expression.Yes; x++ {
			if want.Can(join(a, x)) {
				b |= expression.Only(x)
			}
		}
		if i := slices.Index(rest, b); i >= 0 {
			ways[i][0].Want |= expression.Only(a)
		} else if b != 0 {
			ways, rest = append(ways, []Goal{answers(kids[0], expression.Only(a)), answers(kids[1], b)}), append(rest, b)
		}
	}
	return ways
}

func (s *Solver) meetCriterion(i int, want expression.Set) [][]Goal {
	c := s.program.Criteria[i]
	if c.Unmet == nil {
		return [][]Goal{{answers(c.Met, want)}}
	}
	var ways [][]Goal
	for a := expression.No; a <= expression.Yes; a++ {
		var b expression.Set
		for x := expression.No; x <= expression.Yes; x++ {
			if want.Can(expression.Judge(a, x, true).Met()) {
				b |= expression.Only(x)
			}
		}
		if b != 0 {
			ways = append(ways, []Goal{answers(c.Met, expression.Only(a)), answers(c.Unmet, b)})
		}
	}
	return ways
}

// meetAll is for whether all of some criteria are met.
func (s *Solver) meetAll(n *expression.Node, want expression.Set) [][]Goal {
	id := s.id(n)
	if !s.narrow(id, domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}) {
		return missed
	}
	each := func(want expression.Set) (goals []Goal) {
		for _, i := range n.Many {
			goals = append(goals, Goal{Node: &expression.Node{Op: expression.OpMet, Kind: fact.Bool, Slot: i}, Want: want})
		}
		return goals
	}
	switch want {
	case expression.Only(expression.Yes), expression.Only(expression.Yes) | expression.Only(expression.Unknown):
		return [][]Goal{each(want)}
	case expression.Only(expression.Yes) | expression.Only(expression.No):
		return done
	}
	var ways [][]Goal
	for _, g := range each(want) {
		ways = append(ways, []Goal{g})
	}
	return ways
}

// meetAtom is for comparisons and tests.
func (s *Solver) meetAtom(n *expression.Node, want expression.Set) [][]Goal {
	l := n.Kids[0]
	r := n.Kids[len(n.Kids)-1]
	switch {
	case l.Op == expression.OpConstant && r.Op == expression.OpConstant:
		return when(want.Can(n.Test(&expression.Env{})))
	case n.Op == expression.OpIn && n.Literals() != nil:
		return s.meetIn(n, want)
	case n.Op == expression.OpContains, n.Op == expression.OpStartsWith, n.Op == expression.OpEndsWith, n.Op == expression.OpMatches:
		return s.meetText(n, want)
	case l.Kind == fact.Bool && n.Op != expression.OpIn:
		return meetBools(n, want)
	case (l.Kind == fact.Text || l.Kind == fact.Code) && n.Op != expression.OpIn:
		subject, constant := l, r
		if l.Op == expression.OpConstant {
			subject, constant = r, l
		}
		if constant.Op == expression.OpConstant {
			return [][]Goal{{gives(subject, oneOf(n, []string{constant.Const.Text}, want, n.Op == expression.OpEqual))}}
		}
	case l.Kind == fact.Number || l.Kind == fact.Time && r.Kind == fact.Time:
		op, subject, constant := n.Op, l, r
		if l.Op == expression.OpConstant {
			op, subject, constant = op.Swapped(), r, l
		}
		if x, ok := bound(subject, constant); ok {
			return [][]Goal{{gives(subject, region(op, x, want))}}
		}
		if l.Kind == fact.Number && !l.Age() && !r.Age() && expression.Compare(n.Op, s.Number(l), s.Number(r))&want == 0 {
			return missed
		}
	}
	return s.opaque(n, want)
}

// bound gives the constant that a subject is compared with, in the unit of its domain.
func bound(subject, constant *expression.Node) (float64, bool) {
	switch {
	case constant.Op != expression.OpConstant:
		return 0, false
	case subject.Kind == fact.Time:
		const second = 1e9 // only whole ones: they are exact
		return float64(constant.Const.Time / second), constant.Const.Time%second == 0
	case subject.Age():
		return expression.Nanoseconds(constant.Const.Number), true
	}
	return constant.Const.Number, true
}

func (s *Solver) meetIn(n *expression.Node, want expression.Set) [][]Goal {
	l, constants := n.Kids[0], n.Kids[1:]
	switch l.Kind {
	case fact.Texts:
		if n.Each() != nil {
			return meetAny(n.Each(), want)
		}
	case fact.Text, fact.Code:
		const few = 200 // of more, it is only asked whether a text is among them
		if texts := n.Literals(); l.Op != expression.OpConstant && len(texts) > few && n.TextTest() != nil {
			return s.meetText(n, want)
		} else if l.Op != expression.OpConstant {
			return [][]Goal{{gives(l, oneOf(n, texts, want, true))}}
		}
	case fact.Bool:
		var in expression.Set
		for _, k := range constants {
			in |= expression.Only(answer(k.Const.Bool))
		}
		to := want & expression.Only(expression.Unknown)
		if want.Can(expression.Yes) {
			to |= in
		}
		if want.Can(expression.No) {
			to |= isKnown &^ in
		}
		return [][]Goal{{answers(l, to)}}
	case fact.Number:
		const few = 16
		switch in, out := want.Can(expression.Yes), want.Can(expression.No); {
		case in && !out && len(constants) <= few:
			var ways [][]Goal
			for _, k := range constants {
				ways = append(ways, []Goal{gives(l, region(expression.OpEqual, k.Const.Number, expression.Only(expression.Yes)))})
			}
			if want.Can(expression.Unknown) {
				ways = append(ways, []Goal{known(l, false)})
			}
			return ways
		case out && !in:
			d := unbounded()
			d.state = isKnown | want&expression.Only(expression.Unknown)
			for _, k := range constants {
				d.not = append(d.not, k.Const.Number)
			}
			return [][]Goal{{gives(l, d)}}
		}
	}
	return s.opaque(n, want)
}

// meetAny is for whether one of several conditions is yes.
func meetAny(each []*expression.Node, want expression.Set) [][]Goal {
	const few = 16
	all := func(want expression.Set) (goals []Goal) {
		for _, n := range each {
			goals = append(goals, answers(n, want))
		}
		return goals
	}
	no, unknown := expression.Only(expression.No), expression.Only(expression.Unknown)
	switch want {
	case no, no | unknown:
		return [][]Goal{all(want)}
	}
	var ways [][]Goal
	for _, n := range each {
		way := []Goal{answers(n, want&^no)}
		if want == unknown && len(each) <= few {
			way = append(way, all(no|unknown)...)
		}
		ways = append(ways, way)
	}
	if want.Can(expression.No) {
		ways = append(ways, all(no))
	}
	return ways
}

// meetText is for whether a text contains another or matches a pattern.
func (s *Solver) meetText(n *expression.Node, want expression.Set) [][]Goal {
	holds := n.TextTest()
	if holds == nil || n.Op == expression.OpMatches && n.Folds() { // with folding, parts of a pattern can be exact all the same
		return s.opaque(n, want)
	}
	d := unbounded()
	if d.state = want & expression.Only(expression.Unknown); want&isKnown != 0 {
		d.state |= isKnown
	}
	d.fold = n.Folds()
	if want.Can(expression.Yes) != want.Can(expression.No) {
		d.tests = []textAtom{{s.id(n), want.Can(expression.Yes), holds}}
	}
	return [][]Goal{{gives(n.Kids[0], d)}}
}

func meetBools(n *expression.Node, want expression.Set) [][]Goal {
	l, r, equal := n.Kids[0], n.Kids[1], n.Op == expression.OpEqual
	var ways [][]Goal
	for _, a := range [...]expression.Answer{expression.No, expression.Yes} {
		var b expression.Set
		for _, x := range [...]expression.Answer{expression.No, expression.Yes} {
			if want.Can(answer((a == x) == equal)) {
				b |= expression.Only(x)
			}
		}
		if b != 0 {
			ways = append(ways, []Goal{answers(l, expression.Only(a)), answers(r, b)})
		}
	}
	if want.Can(expression.Unknown) {
		ways = append(ways, []Goal{answers(l, expression.Only(expression.Unknown))}, []Goal{answers(r, expression.Only(expression.Unknown))})
	}
	return ways
}

// opaque is for an atom that is not looked into: it is only itself, or how its two
// sides lie to one another, and unknown only while one of them is.
func (s *Solver) opaque(n *expression.Node, want expression.Set) [][]Goal {
	id, d := s.id(n), domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}
	if n.Op >= expression.OpEqual && n.Op <= expression.OpGreaterEqual {
		id, d = s.order(n, want)
	}
	if !s.narrow(id, d) {
		return missed
	}
	want = s.variableAt(id).now.state // with what was asked of it before
	switch {
	case !want.Can(expression.Unknown):
		var goals []Goal
		for _, k := range n.Kids {
			goals = append(goals, known(k, true))
		}
		if list := n.ListFact(); list != nil && want == expression.Only(expression.No) {
			goals = append(goals, inState(list, complete))
		}
		return [][]Goal{goals}
	case want == expression.Only(expression.Unknown):
		var ways [][]Goal
		for _, k := range n.Kids {
			if k == n.ListFact() {
				ways = append(ways, []Goal{inState(k, partial|expression.Only(expression.Unknown))})
				continue
			}
			if k.Op != expression.OpConstant {
				ways = append(ways, []Goal{known(k, false)})
			}
		}
		return ways
	}
	return done
}

// inState asks for a list of text that is known in full, or in part, or unknown.
func inState(list *expression.Node, state expression.Set) Goal {
	d := unbounded()
	d.state = state
	return gives(list, d)
}

// meetValue is for a value that is no bool.
func (s *Solver) meetValue(n *expression.Node, d domain) [][]Goal {
	if d.state == 0 {
		return missed
	}
	switch n.Op {
	case expression.OpTerm:
		return [][]Goal{{gives(n.Kids[0], d)}}
	case expression.OpConstant:
		v := unbounded()
		switch v.state = isKnown; n.Kind {
		case fact.Number, fact.Time:
			if x, ok := bound(n, n); ok {
				v.lo, v.hi = x, x
			}
		case fact.Text, fact.Code:
			v.fold, v.among, v.texts = d.fold, true, []string{folded(n.Const.Text, d.fold)}
		}
		return when(v.meet(d).state != 0)
	case expression.OpDefault:
		l := d
		l.state &= isKnown
		return [][]Goal{{gives(n.Kids[0], l)}, {known(n.Kids[0], false), gives(n.Kids[1], d)}}
	case expression.OpCondition:
		c, l, r := n.Kids[0], n.Kids[1], n.Kids[2]
		ways := [][]Goal{{answers(c, expression.Only(expression.Yes)), gives(l, d)}, {answers(c, expression.Only(expression.No)), gives(r, d)}}
		if d.state.Can(expression.Unknown) {
			return append(ways, []Goal{answers(c, expression.Only(expression.Unknown))})
		}
		return append(ways, []Goal{answers(c, expression.Only(expression.Unknown)), gives(l, d), gives(r, d)})
	case expression.OpNegate:
		return [][]Goal{{gives(n.Kids[0], d.negated())}}
	case expression.OpDaysUntil:
		d = d.negated()
	}
	if !s.narrow(s.id(n), d) {
		return missed
	}
	state := s.variableAt(s.id(n)).now.state // with what was asked of it before
	if (n.Age() && n.Op != expression.OpDaysInStage || n.Op == expression.OpCalendarDays) && (state == expression.Only(expression.Unknown) || !state.Can(expression.Unknown)) {
		return [][]Goal{{known(n.Kids[0], state != expression.Only(expression.Unknown))}}
	}
	if (n.Op == expression.OpDaysBetween || n.Op >= expression.OpAdd && n.Op <= expression.OpModulo) && !state.Can(expression.Unknown) {
		return [][]Goal{{known(n.Kids[0], true), known(n.Kids[1], true)}}
	}
	return done
}
