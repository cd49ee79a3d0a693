package expression

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/fact"
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
	compiler *Compiler
	signals  []Stream
	scores   []Interval
	bands    [][]Step

	ids   map[*Node]int
	keys  map[string]int
	vars  []variable // by id
	spans map[*Node]Interval

	trail []change
	live  []int // the variables of this search that are tied to others
	steps int
	left  int
}

// Stream is what a Solver knows of a signal: from which others it is taken.
type Stream struct {
	Types []string // none of a repeated signal
	Where string
	Of    int // or None
}

// Step is a band of a group: its label holds from Lo on, below the next one's.
type Step struct {
	Lo    float64
	Label string
}

// Goal asks a condition to give one of some answers.
type Goal struct {
	Node *Node
	Want Set

	value *domain // of the value of a node of any kind, instead
}

type change struct {
	id  int
	was *domain
}

// NewSolver makes a solver for the expressions of a compiler, whose criteria are
// all compiled.
func NewSolver(c *Compiler, signals []Stream) *Solver {
	return &Solver{
		compiler: c, signals: signals, left: stepsInAll,
		ids: map[*Node]int{}, keys: map[string]int{}, spans: map[*Node]Interval{},
		scores: slices.Repeat([]Interval{{Lo: math.Inf(-1), Hi: math.Inf(1)}}, len(c.Names.Groups)),
		bands:  make([][]Step, len(c.Names.Groups)),
	}
}

// Score says what a group's points can be, before it is asked about them, and
// which bands they have.
func (s *Solver) Score(group int, lo, hi float64, bands []Step) {
	s.scores[group], s.bands[group] = Interval{Lo: lo, Hi: hi}, bands
}

// Same gives a number that two nodes share only if they always give the same.
func (s *Solver) Same(n *Node) int { return s.id(n) }

// Whole reports whether a number is always a whole one, as a number of occurrences is.
func (s *Solver) Whole(n *Node) bool {
	return n.Kind == fact.Number && s.variableAt(s.id(n)).first.whole
}

// Stored gives what holds of a lead right after a stage was stored: it has been in
// that stage for no time. Order is as for Frame.
func (s *Solver) Stored(stage int, order []int) []Goal {
	none := unbounded()
	none.state, none.lo, none.hi = isKnown, 0, 0
	goals := []Goal{gives(&Node{Op: OpDaysInStage, Kind: fact.Number}, none)}
	for i := range order {
		reached := i == stage || order[stage] != None && order[i] != None && order[stage] > order[i]
		goals = append(goals, answers(&Node{Op: OpReached, Kind: fact.Bool, Slot: i}, Only(answer(reached))))
	}
	return goals
}

// Answers gives the answers that a condition can have.
func (s *Solver) Answers(n *Node) Set {
	var out Set
	for a := No; a <= Yes; a++ {
		if s.Possible(Goal{Node: n, Want: Only(a)}) {
			out |= Only(a)
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

func answers(n *Node, want Set) Goal { return Goal{Node: n, Want: want} }

// gives asks for a value of any kind.
func gives(n *Node, d domain) Goal {
	if n.Kind == fact.Bool {
		return answers(n, d.state)
	}
	return Goal{Node: n, value: &d}
}

// known asks for a known value, or for an unknown one.
func known(n *Node, want bool) Goal {
	d := unbounded()
	if d.state = isKnown; !want {
		d.state = Only(Unknown)
	}
	return gives(n, d)
}

// meet gives the ways to meet a goal; what can be met in one way only is, as far
// as it concerns a variable.
func (s *Solver) meet(g Goal) [][]Goal {
	n, want := g.Node, g.Want
	switch {
	case g.value != nil:
		return s.meetValue(n, *g.value)
	case want == 0:
		return missed
	case want == anyAnswer:
		return done
	}
	switch n.Op {
	case OpAnd:
		return pairs(n.Kids, want, func(a, b Answer) Answer { return min(a, b) })
	case OpOr:
		return pairs(n.Kids, want, func(a, b Answer) Answer { return max(a, b) })
	case OpNot:
		return [][]Goal{{answers(n.Kids[0], want.not())}}
	case OpCondition:
		c, l, r := n.Kids[0], n.Kids[1], n.Kids[2]
		ways := [][]Goal{{answers(c, Only(Yes)), answers(l, want)}, {answers(c, Only(No)), answers(r, want)}}
		if want.Can(Unknown) {
			return append(ways, []Goal{answers(c, Only(Unknown))})
		}
		for _, a := range [...]Answer{No, Yes} {
			if want.Can(a) {
				ways = append(ways, []Goal{answers(c, Only(Unknown)), answers(l, Only(a)), answers(r, Only(a))})
			}
		}
		return ways
	case OpDefault:
		return [][]Goal{{answers(n.Kids[0], want&isKnown)}, {answers(n.Kids[0], Only(Unknown)), answers(n.Kids[1], want)}}
	case OpTerm:
		return [][]Goal{{answers(n.Kids[0], want)}}
	case OpConstant:
		return when(want.Can(answer(n.Const.Bool)))
	case OpKnown:
		switch {
		case want&isKnown == isKnown:
			return done
		case want&isKnown == 0:
			return missed
		}
		return [][]Goal{{known(n.Kids[0], want.Can(Yes))}}
	case OpMet:
		return s.meetCriterion(n.Slot, want)
	case OpUnmet:
		return s.meetCriterion(n.Slot, want.not())
	case OpLead, OpProp, OpCall, OpReached:
		return when(s.narrow(s.id(n), domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}))
	case OpAllMet:
		return s.meetAll(n, want)
	}
	return s.meetAtom(n, want)
}

// pairs gives the ways in which two conditions, joined, give one of some answers.
func pairs(kids []*Node, want Set, join func(a, b Answer) Answer) [][]Goal {
	var ways [][]Goal
	var rest []Set // by way: the answers of the second
	for a := No; a <= Yes; a++ {
		var b Set
		for x := No; x <= Yes; x++ {
			if want.Can(join(a, x)) {
				b |= Only(x)
			}
		}
		if i := slices.Index(rest, b); i >= 0 {
			ways[i][0].Want |= Only(a)
		} else if b != 0 {
			ways, rest = append(ways, []Goal{answers(kids[0], Only(a)), answers(kids[1], b)}), append(rest, b)
		}
	}
	return ways
}

func (s *Solver) meetCriterion(i int, want Set) [][]Goal {
	c := s.compiler.Criteria[i]
	if c.Unmet == nil {
		return [][]Goal{{answers(c.Met, want)}}
	}
	var ways [][]Goal
	for a := No; a <= Yes; a++ {
		var b Set
		for x := No; x <= Yes; x++ {
			if want.Can(Judge(a, x, true).met()) {
				b |= Only(x)
			}
		}
		if b != 0 {
			ways = append(ways, []Goal{answers(c.Met, Only(a)), answers(c.Unmet, b)})
		}
	}
	return ways
}

// meetAll is for whether all of some criteria are met.
func (s *Solver) meetAll(n *Node, want Set) [][]Goal {
	id := s.id(n)
	if !s.narrow(id, domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}) {
		return missed
	}
	each := func(want Set) (goals []Goal) {
		for _, i := range n.Many {
			goals = append(goals, Goal{Node: &Node{Op: OpMet, Kind: fact.Bool, Slot: i}, Want: want})
		}
		return goals
	}
	switch want {
	case Only(Yes), Only(Yes) | Only(Unknown):
		return [][]Goal{each(want)}
	case Only(Yes) | Only(No):
		return done
	}
	var ways [][]Goal
	for _, g := range each(want) {
		ways = append(ways, []Goal{g})
	}
	return ways
}

// meetAtom is for comparisons and tests.
func (s *Solver) meetAtom(n *Node, want Set) [][]Goal {
	l := n.Kids[0]
	r := n.Kids[len(n.Kids)-1]
	switch {
	case l.Op == OpConstant && r.Op == OpConstant:
		return when(want.Can(n.test(&Frame{})))
	case n.Op == OpIn && r.Kind != fact.Texts:
		return s.meetIn(n, want)
	case n.Op == OpContains, n.Op == OpStartsWith, n.Op == OpEndsWith, n.Op == OpMatches:
		return s.meetText(n, want)
	case l.Kind == fact.Bool && n.Op != OpIn:
		return meetBools(n, want)
	case (l.Kind == fact.Text || l.Kind == fact.Code) && n.Op != OpIn:
		subject, constant := l, r
		if l.Op == OpConstant {
			subject, constant = r, l
		}
		if constant.Op == OpConstant {
			return [][]Goal{{gives(subject, n.oneOf([]*Node{constant}, want, n.Op == OpEqual))}}
		}
	case l.Kind == fact.Number || l.Kind == fact.Time && r.Kind == fact.Time:
		op, subject, constant := n.Op, l, r
		if l.Op == OpConstant {
			op, subject, constant = swap(op), r, l
		}
		if x, ok := bound(subject, constant); ok {
			return [][]Goal{{gives(subject, region(op, x, want))}}
		}
		if l.Kind == fact.Number && !isAge(l) && !isAge(r) && meet(n.Op, s.Number(l), s.Number(r))&want == 0 {
			return missed
		}
	}
	return s.opaque(n, want)
}

// bound gives the constant that a subject is compared with, in the unit of its domain.
func bound(subject, constant *Node) (float64, bool) {
	switch {
	case constant.Op != OpConstant:
		return 0, false
	case subject.Kind == fact.Time:
		const second = 1e9 // only whole ones: they are exact
		return float64(constant.Const.Time / second), constant.Const.Time%second == 0
	case isAge(subject):
		return nanoseconds(constant.Const.Number).float(), true
	}
	return constant.Const.Number, true
}

func (s *Solver) meetIn(n *Node, want Set) [][]Goal {
	l, constants := n.Kids[0], n.Kids[1:]
	switch l.Kind {
	case fact.Text, fact.Code:
		if l.Op != OpConstant {
			return [][]Goal{{gives(l, n.oneOf(constants, want, true))}}
		}
	case fact.Bool:
		var in Set
		for _, k := range constants {
			in |= Only(answer(k.Const.Bool))
		}
		to := want & Only(Unknown)
		if want.Can(Yes) {
			to |= in
		}
		if want.Can(No) {
			to |= isKnown &^ in
		}
		return [][]Goal{{answers(l, to)}}
	case fact.Number:
		const few = 16
		switch in, out := want.Can(Yes), want.Can(No); {
		case in && !out && len(constants) <= few:
			var ways [][]Goal
			for _, k := range constants {
				ways = append(ways, []Goal{gives(l, region(OpEqual, k.Const.Number, Only(Yes)))})
			}
			if want.Can(Unknown) {
				ways = append(ways, []Goal{known(l, false)})
			}
			return ways
		case out && !in:
			d := unbounded()
			d.state = isKnown | want&Only(Unknown)
			for _, k := range constants {
				d.not = append(d.not, k.Const.Number)
			}
			return [][]Goal{{gives(l, d)}}
		}
	}
	return s.opaque(n, want)
}

// meetText is for whether a text contains another or matches a pattern.
func (s *Solver) meetText(n *Node, want Set) [][]Goal {
	var holds func(string) bool
	switch {
	case n.Op == OpMatches && !n.fold: // with folding, parts of a pattern can be exact all the same
		holds = n.pattern.matches
	case n.Op != OpMatches && n.Kids[1].Op == OpConstant:
		is, part := textTest(n.Op, n.fold), n.Kids[1].Const.Text
		holds = func(s string) bool { return is(s, part) }
	default:
		return s.opaque(n, want)
	}
	d := unbounded()
	if d.state = want & Only(Unknown); want&isKnown != 0 {
		d.state |= isKnown
	}
	d.fold = n.fold
	if want.Can(Yes) != want.Can(No) {
		d.tests = []textAtom{{s.id(n), want.Can(Yes), holds}}
	}
	return [][]Goal{{gives(n.Kids[0], d)}}
}

func meetBools(n *Node, want Set) [][]Goal {
	l, r, equal := n.Kids[0], n.Kids[1], n.Op == OpEqual
	var ways [][]Goal
	for _, a := range [...]Answer{No, Yes} {
		var b Set
		for _, x := range [...]Answer{No, Yes} {
			if want.Can(answer((a == x) == equal)) {
				b |= Only(x)
			}
		}
		if b != 0 {
			ways = append(ways, []Goal{answers(l, Only(a)), answers(r, b)})
		}
	}
	if want.Can(Unknown) {
		ways = append(ways, []Goal{answers(l, Only(Unknown))}, []Goal{answers(r, Only(Unknown))})
	}
	return ways
}

// opaque is for an atom that is not looked into: it is only itself, and unknown
// only while one of its sides is.
func (s *Solver) opaque(n *Node, want Set) [][]Goal {
	if !s.narrow(s.id(n), domain{state: want, lo: math.Inf(-1), hi: math.Inf(1)}) {
		return missed
	}
	switch {
	case !want.Can(Unknown):
		var goals []Goal
		for _, k := range n.Kids {
			goals = append(goals, known(k, true))
		}
		return [][]Goal{goals}
	case want == Only(Unknown):
		var ways [][]Goal
		for _, k := range n.Kids {
			if k.Op != OpConstant {
				ways = append(ways, []Goal{known(k, false)})
			}
		}
		return ways
	}
	return done
}

// meetValue is for a value that is no bool.
func (s *Solver) meetValue(n *Node, d domain) [][]Goal {
	if d.state == 0 {
		return missed
	}
	switch n.Op {
	case OpTerm:
		return [][]Goal{{gives(n.Kids[0], d)}}
	case OpConstant:
		v := unbounded()
		switch v.state = isKnown; n.Kind {
		case fact.Number:
			v.lo, v.hi = n.Const.Number, n.Const.Number
		case fact.Text, fact.Code:
			v.fold, v.among, v.texts = d.fold, true, []string{folded(n.Const.Text, d.fold)}
		}
		return when(v.meet(d).state != 0)
	case OpDefault:
		l := d
		l.state &= isKnown
		return [][]Goal{{gives(n.Kids[0], l)}, {known(n.Kids[0], false), gives(n.Kids[1], d)}}
	case OpCondition:
		c, l, r := n.Kids[0], n.Kids[1], n.Kids[2]
		ways := [][]Goal{{answers(c, Only(Yes)), gives(l, d)}, {answers(c, Only(No)), gives(r, d)}}
		if d.state.Can(Unknown) {
			return append(ways, []Goal{answers(c, Only(Unknown))})
		}
		return append(ways, []Goal{answers(c, Only(Unknown)), gives(l, d), gives(r, d)})
	case OpNegate:
		return [][]Goal{{gives(n.Kids[0], d.negated())}}
	case OpDaysUntil:
		d = d.negated()
	}
	if !s.narrow(s.id(n), d) {
		return missed
	}
	if isAge(n) && n.Op != OpDaysInStage && (d.state == Only(Unknown) || !d.state.Can(Unknown)) {
		return [][]Goal{{known(n.Kids[0], d.state != Only(Unknown))}}
	}
	if n.Op >= OpAdd && n.Op <= OpModulo && !d.state.Can(Unknown) {
		return [][]Goal{{known(n.Kids[0], true), known(n.Kids[1], true)}}
	}
	return done
}
