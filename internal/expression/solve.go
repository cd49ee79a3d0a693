package expression

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
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

// variable is a value that the search narrows: that of a fact, or of a part of
// an expression that it does not look into.
type variable struct {
	node  *Node // nil for a number of occurrences that no node counts
	pop   *population
	first domain // what it can be to begin with
	now   domain
}

// population is the occurrences that a call looks at.
type population struct {
	signal, scope int
	window        history.Window
}

type change struct {
	id  int
	was domain
}

// domain is what a value can be. Of a bool, state holds its answers; of all
// else, Yes and No together stand for known.
type domain struct {
	state          Set
	lo, hi         float64 // of numbers; of times in seconds, of ages in nanoseconds
	loOpen, hiOpen bool
	not            []float64
	whole          bool // whole numbers only

	fold     bool
	among    bool // of texts: only those in texts
	texts    []string
	notTexts []string
	tests    []textAtom
}

type textAtom struct {
	id   int
	want bool
	test func(string) bool
}

const (
	isKnown  = Set(1<<Yes | 1<<No)
	anything = isKnown | 1<<Unknown
)

func unbounded() domain { return domain{state: anything, lo: math.Inf(-1), hi: math.Inf(1)} }

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
	case want == anything:
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

// region holds the values that answer a comparison with x as wanted.
func region(op Op, x float64, want Set) domain {
	d := unbounded()
	d.state = want & Only(Unknown)
	if want&isKnown == 0 {
		return d
	}
	d.state |= isKnown
	less, equal, greater := holds(op)
	below, at, above := want.Can(answer(less)), want.Can(answer(equal)), want.Can(answer(greater))
	if !below {
		d.lo, d.loOpen = x, !at
	}
	if !above {
		d.hi, d.hiOpen = x, !at
	}
	if !at && below && above {
		d.not = []float64{x}
	}
	return d
}

// oneOf holds the texts that answer as wanted whether they are one of some constants.
func (n *Node) oneOf(constants []*Node, want Set, yes bool) domain {
	d := unbounded()
	d.state, d.fold = want&Only(Unknown), n.fold
	if want&isKnown == 0 {
		return d
	}
	d.state |= isKnown
	var texts []string
	for _, k := range constants {
		texts = append(texts, folded(k.Const.Text, n.fold))
	}
	switch in, out := want.Can(answer(yes)), want.Can(answer(!yes)); {
	case in && !out:
		d.among, d.texts = true, texts
	case out && !in:
		d.notTexts = texts
	}
	return d
}

func folded(s string, fold bool) string {
	if fold {
		return fact.FoldString(strings.TrimSpace(s))
	}
	return s
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

func (d domain) negated() domain {
	d.lo, d.hi, d.loOpen, d.hiOpen = 0-d.hi, 0-d.lo, d.hiOpen, d.loOpen
	not := slices.Clone(d.not)
	for i := range not {
		not[i] = 0 - not[i]
	}
	d.not = not
	return d
}

// meet gives what is in both; the state tells whether there is anything.
func (d domain) meet(e domain) domain {
	d.state &= e.state
	if e.lo > d.lo || e.lo == d.lo && e.loOpen {
		d.lo, d.loOpen = e.lo, e.loOpen
	}
	if e.hi < d.hi || e.hi == d.hi && e.hiOpen {
		d.hi, d.hiOpen = e.hi, e.hiOpen
	}
	if len(e.not) > 0 {
		d.not = append(slices.Clip(d.not), e.not...)
	}
	for again := true; again; {
		if d.whole {
			d.lo, d.loOpen = next(d.lo, d.loOpen), false
			d.hi, d.hiOpen = 0-next(0-d.hi, d.hiOpen), false
		}
		again = false
		for _, x := range d.not {
			if x == d.lo && !d.loOpen {
				d.loOpen, again = true, d.whole
			}
			if x == d.hi && !d.hiOpen {
				d.hiOpen, again = true, d.whole
			}
		}
	}
	if d.lo > d.hi || d.lo == d.hi && (d.loOpen || d.hiOpen) {
		d.state &= Only(Unknown)
	}
	d.meetTexts(&e)
	return d
}

// next gives the least whole number from x on, or after x.
func next(x float64, after bool) float64 {
	if c := math.Ceil(x); c > x || !after || math.IsInf(x, 0) {
		return c
	}
	return x + 1
}

func (d *domain) meetTexts(e *domain) {
	if len(e.notTexts) > 0 {
		d.notTexts = append(slices.Clip(d.notTexts), e.notTexts...)
	}
	for _, t := range e.tests {
		if slices.ContainsFunc(d.tests, func(u textAtom) bool { return u.id == t.id && u.want != t.want }) {
			d.state &= Only(Unknown)
		}
		d.tests = append(slices.Clip(d.tests), t)
	}
	switch {
	case e.among && d.among:
		d.texts = slices.DeleteFunc(slices.Clone(d.texts), func(t string) bool { return !slices.Contains(e.texts, t) })
	case e.among:
		d.among, d.texts = true, e.texts
	}
	if !d.among {
		return
	}
	d.texts = slices.DeleteFunc(slices.Clone(d.texts), func(t string) bool {
		return slices.Contains(d.notTexts, t) || slices.ContainsFunc(d.tests, func(a textAtom) bool { return a.test(t) != a.want })
	})
	if len(d.texts) == 0 {
		d.state &= Only(Unknown)
	}
}

// same reports whether meeting has changed nothing that others can see.
func (d *domain) same(e *domain) bool {
	return d.state == e.state && d.lo == e.lo && d.hi == e.hi && d.loOpen == e.loOpen && d.hiOpen == e.hiOpen &&
		len(d.not) == len(e.not) && d.among == e.among && len(d.texts) == len(e.texts) &&
		len(d.notTexts) == len(e.notTexts) && len(d.tests) == len(e.tests)
}

// narrow keeps of a variable what is in d, and lets others follow. It gives false
// if nothing is left.
func (s *Solver) narrow(id int, d domain) bool {
	if s.steps--; s.steps < 0 {
		return true
	}
	v := &s.vars[id]
	now := v.now.meet(d)
	if now.state == 0 {
		return false
	}
	tied := v.pop != nil || v.node != nil && (v.node.Op == OpScore || v.node.Op == OpBand)
	joins := tied && !slices.Contains(s.live, id)
	if now.same(&v.now) && !joins {
		return true
	}
	s.trail = append(s.trail, change{id, v.now})
	v.now = now
	if !tied {
		return true
	}
	if joins {
		s.live = append(s.live, id)
		if v.node != nil && v.pop != nil && !s.narrow(s.population(*v.pop), unbounded()) {
			return false
		}
	}
	for _, other := range slices.Clone(s.live) {
		if other != id && (!s.imply(id, other) || joins && !s.imply(other, id)) {
			return false
		}
	}
	return true
}

// imply narrows b by what a says of it. It gives false if nothing is left of b.
func (s *Solver) imply(a, b int) bool {
	x, y := &s.vars[a], &s.vars[b]
	d := unbounded()
	switch {
	case x.pop == nil && y.pop == nil:
		if x.node.Slot != y.node.Slot || x.node.Op == y.node.Op {
			return true
		}
		if x.node.Op == OpScore {
			d.among, d.texts = true, s.labels(x.node.Slot, &x.now)
			return s.narrow(b, d)
		}
		d.lo, d.hi, d.hiOpen = s.scored(x.node.Slot, x.now.texts)
		return s.narrow(b, d)
	case x.pop == nil || y.pop == nil || x.pop.scope != y.pop.scope:
		return true
	case x.node == nil && y.node == nil:
		if s.within(x.pop, y.pop) {
			d.lo = x.now.lo
		}
		if s.within(y.pop, x.pop) {
			d.hi = x.now.hi
		}
		return s.narrow(b, d)
	case x.node == nil && y.age():
		return x.pop.signal != y.pop.signal || s.narrow(b, s.ageOf(x, y))
	case x.age() && y.node == nil:
		return x.pop.signal != y.pop.signal || s.narrow(b, s.countOf(x, y))
	case *x.pop != *y.pop:
		return true
	case x.node == nil && y.node.Op == OpCall:
		return s.narrow(b, s.answerOf(x, y))
	case y.node == nil && x.node.Op == OpCall:
		c := s.compiler.Calls[x.node.Slot]
		d = s.countFor(x, c.Func)
		if c.Func == history.Followed && d.lo >= 1 {
			some := unbounded()
			some.lo = 1
			return s.narrow(b, d) && s.narrow(s.population(population{c.Signal, c.Scope, history.All}), some)
		}
		return s.narrow(b, d)
	}
	return true
}

func (v *variable) age() bool { return v.node != nil && isAge(v.node) }

// within reports whether every occurrence of p is one of q.
func (s *Solver) within(p, q *population) bool {
	return (q.window.Span == 0 || p.window.Span != 0 && p.window.Span <= q.window.Span) &&
		(q.window.Since == history.None || q.window.Since == p.window.Since) && s.isA(p.signal, q.signal, p.scope)
}

// isA reports whether every occurrence of signal a is one of signal b.
func (s *Solver) isA(a, b, scope int) bool {
	for a != b {
		from, to := &s.signals[a], &s.signals[b]
		if from.Of == None {
			return to.Of == None && (to.Where == "" || to.Where == from.Where) && (slices.Contains(to.Types, "*") ||
				!slices.ContainsFunc(from.Types, func(t string) bool { return !slices.Contains(to.Types, t) }))
		}
		if scope != 0 && s.signals[from.Of].Of != None {
			return false // it counts afresh from the reset on, and its own source otherwise
		}
		a = from.Of
	}
	return true
}

// ageOf gives what a number of occurrences says of the age of the newest or the
// oldest of them.
func (s *Solver) ageOf(count, age *variable) domain {
	d, w := unbounded(), count.pop.window
	if count.now.lo >= 1 {
		if d.state = isKnown; w.Span > 0 && s.newest(age) {
			d.hi, d.hiOpen = float64(w.Span), true
		}
	}
	if count.now.hi < 1 && w.Since == history.None {
		switch {
		case w.Span == 0:
			d.state &= Only(Unknown)
		case s.newest(age):
			d.lo = float64(w.Span)
		}
	}
	return d
}

// countOf gives what the age of the newest or the oldest of some occurrences says
// of their number.
func (s *Solver) countOf(age, count *variable) domain {
	d, w, a := unbounded(), count.pop.window, &age.now
	span := float64(w.Span)
	switch {
	case a.state == Only(Unknown), w.Span > 0 && a.lo >= span && s.newest(age):
		d.hi = 0
	case !a.state.Can(Unknown) && w.Since == history.None && (w.Span == 0 || a.hi < span || a.hi == span && a.hiOpen):
		d.lo = 1
	}
	return d
}

// newest reports whether an age is that of the newest occurrence.
func (s *Solver) newest(age *variable) bool {
	slot, _ := age.node.Kids[0].Call()
	return s.compiler.Calls[slot].Func == history.Newest
}

// answerOf gives what a number of occurrences says of a call that looks at them.
func (s *Solver) answerOf(count, call *variable) domain {
	d, some, none := unbounded(), count.now.lo >= 1, count.now.hi < 1
	switch f := s.compiler.Calls[call.node.Slot].Func; {
	case f == history.Happened && some:
		d.state = Only(Yes)
	case (f == history.Happened || f == history.Followed) && none:
		d.state = Only(No)
	case f == history.ActiveDays, f == history.Distinct:
		if d.hi = count.now.hi; some && f == history.ActiveDays {
			d.lo = 1
		}
	case f == history.Total && none:
		d.lo, d.hi = 0, 0
	case (f == history.Newest || f == history.Oldest) && some:
		d.state = isKnown
	case f >= history.Mean && f != history.Followed && none:
		d.state = Only(Unknown)
	}
	return d
}

// countFor gives what a call says of the number of the occurrences that it looks at.
func (s *Solver) countFor(call *variable, f history.Func) domain {
	d, a := unbounded(), &call.now
	some, none := !a.state.Can(Unknown), a.state == Only(Unknown) && (f == history.Newest || f == history.Oldest)
	switch f {
	case history.Happened, history.Followed:
		some, none = a.state == Only(Yes), a.state == Only(No) && f == history.Happened
	case history.ActiveDays, history.Distinct:
		some, none = false, a.hi < 1 && f == history.ActiveDays
		d.lo = a.lo
	case history.Total:
		some = a.lo > 0 || a.hi < 0 || a.lo == 0 && a.loOpen || a.hi == 0 && a.hiOpen || slices.Contains(a.not, 0)
	}
	if some {
		d.lo = max(d.lo, 1)
	}
	if none {
		d.hi = 0
	}
	return d
}

// Labels gives the labels of the bands that a group can have; a blank one is none.
func (s *Solver) Labels(group int) []string {
	score := unbounded()
	score.lo, score.hi = s.scores[group].Lo, s.scores[group].Hi
	return s.labels(group, &score)
}

// labels gives the labels that a group's band can have while its score is in d.
func (s *Solver) labels(group int, d *domain) []string {
	var out []string
	lo := math.Inf(-1)
	for i := -1; i < len(s.bands[group]); i++ {
		label, hi := "", math.Inf(1)
		if i >= 0 {
			label, lo = s.bands[group][i].Label, s.bands[group][i].Lo
		}
		if i+1 < len(s.bands[group]) {
			hi = s.bands[group][i+1].Lo
		}
		part := unbounded()
		if part.lo, part.hi, part.hiOpen = lo, hi, true; d.meet(part).state.Can(Yes) {
			out = append(out, label)
		}
	}
	return out
}

// scored holds the scores at which a group's band has one of some labels.
func (s *Solver) scored(group int, labels []string) (lo, hi float64, hiOpen bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	from := math.Inf(-1)
	for i := -1; i < len(s.bands[group]); i++ {
		label, to := "", math.Inf(1)
		if i >= 0 {
			label, from = s.bands[group][i].Label, s.bands[group][i].Lo
		}
		if i+1 < len(s.bands[group]) {
			to = s.bands[group][i+1].Lo
		}
		if slices.Contains(labels, label) && from < to {
			lo, hi = min(lo, from), max(hi, to)
		}
	}
	return lo, hi, !math.IsInf(hi, 1)
}

// id gives the number of a node's value; what a term stands for has the term's.
func (s *Solver) id(n *Node) int {
	for n.Op == OpTerm {
		n = n.Kids[0]
	}
	if id, ok := s.ids[n]; ok {
		return id
	}
	id := s.variable(n)
	s.ids[n] = id
	return id
}

func (s *Solver) variable(n *Node) int {
	v := variable{node: n}
	if n.Op == OpCall {
		c := s.compiler.Calls[n.Slot]
		p := population{c.Signal, c.Scope, c.Window}
		if c.Func == history.Count {
			return s.population(p)
		}
		if c.Func == history.Followed {
			p.signal = c.Other
		}
		v.pop = &p
	}
	op := n.Op
	if op == OpDaysUntil {
		op = OpDaysSince
	}
	if op == OpDaysSince {
		if slot, ok := n.Kids[0].Call(); ok {
			if c := s.compiler.Calls[slot]; c.Func == history.Newest || c.Func == history.Oldest {
				v.pop = &population{c.Signal, c.Scope, history.All}
			}
		}
	}
	kids := make([]int, len(n.Kids))
	for i, k := range n.Kids {
		if kids[i] = s.id(k); k.Op == OpDaysUntil {
			kids[i] = ^kids[i] // the same value, turned round
		}
	}
	switch n.Op {
	case OpAnd, OpOr, OpEqual, OpNotEqual:
		slices.Sort(kids) // their sides can be exchanged
	}
	key := fmt.Sprint(op, n.Kind, n.Slot, n.Many, n.fold, kids)
	switch {
	case n.Op == OpMatches:
		key += n.pattern.re.String()
	case n.Op == OpConstant && n.Kind == fact.Number:
		key += strconv.FormatFloat(n.Const.Number, 'g', -1, 64)
	case n.Op == OpConstant:
		key += fmt.Sprintf("%v %v %q", n.Const.Bool, n.Const.Time, n.Const.Text)
	}
	return s.add(key, v, func() domain { return s.first(n) })
}

// population gives the variable for a number of occurrences.
func (s *Solver) population(p population) int {
	return s.add(fmt.Sprint("count", p), variable{pop: &p}, func() domain {
		d := domain{state: isKnown, hi: mostOccurrences, whole: true}
		if p.window.Since == p.signal {
			d.hi = 1 // the last one itself
		}
		return d
	})
}

// mostOccurrences is above what Bounds allow of activities.
const mostOccurrences = 1e9

func (s *Solver) add(key string, v variable, first func() domain) int {
	id, ok := s.keys[key]
	if !ok {
		id = len(s.vars)
		v.first = first()
		v.now = v.first
		s.keys[key] = id
		s.vars = append(s.vars, v)
	}
	return id
}

// first gives what a value can be, whatever the lead.
func (s *Solver) first(n *Node) domain {
	d := unbounded()
	names := &s.compiler.Names
	switch n.Op {
	case OpLead:
		return declared(&names.Lead[n.Slot])
	case OpProp:
		return declared(&names.Props[n.Slot])
	case OpCall:
		return s.called(s.compiler.Calls[n.Slot])
	case OpReached, OpNow, OpActivityAt:
		d.state = isKnown
	case OpBand:
		d.state, d.among, d.texts = isKnown, true, s.Labels(n.Slot)
	case OpMetCount:
		d.whole = true
	case OpDaysInStage:
		d.lo = 0
	case OpDaysSince, OpDaysUntil:
		if slot, ok := n.Kids[0].Call(); ok {
			if f := s.compiler.Calls[slot].Func; f == history.Newest || f == history.Oldest {
				d.lo = 0
			}
		}
		return d
	}
	if n.Kind == fact.Number && !isAge(n) {
		x := s.Number(n)
		if d.lo, d.hi = x.Lo, x.Hi; !x.known() {
			d.state = 0
		} else {
			d.state = isKnown
		}
		if x.Unknown {
			d.state |= Only(Unknown)
		}
	}
	return d
}

func declared(f *Field) domain {
	d := unbounded()
	switch f.Kind {
	case fact.Number:
		d.lo, d.hi = f.Lo, f.Hi
	case fact.Text, fact.Code:
		d.fold, d.among = f.Kind == fact.Text, len(f.Values) > 0
		for _, v := range f.Values {
			d.texts = append(d.texts, folded(v, d.fold))
		}
	}
	return d
}

// called gives what a call can give.
func (s *Solver) called(c history.Call) domain {
	d := unbounded()
	if c.Prop != history.None {
		d = declared(&s.compiler.Names.Props[c.Prop])
	}
	switch c.Func {
	case history.Distinct, history.ActiveDays:
		d = domain{state: isKnown, hi: mostOccurrences, whole: true}
		if span := c.Window.Span; span > 0 && c.Func == history.ActiveDays {
			d.hi = float64(span/(20*history.Hour) + 2) // days are shorter where the clock is changed
		}
	case history.Happened, history.Followed:
		d.state = isKnown
	case history.Total:
		d.state = isKnown
		if d.lo = -fact.MaxNumber; s.compiler.Names.Props[c.Prop].Lo >= 0 {
			d.lo = 0
		}
		if d.hi = fact.MaxNumber; s.compiler.Names.Props[c.Prop].Hi <= 0 {
			d.hi = 0
		}
	case history.Mean:
		d.lo, d.hi = d.lo-1e-6, d.hi+1e-6 // of numbers that are rounded to a millionth
	}
	return d
}

// Number gives the numbers that an expression can give, whatever the lead.
func (s *Solver) Number(n *Node) Interval {
	if x, ok := s.spans[n]; ok {
		return x
	}
	var x Interval
	switch n.Op {
	case OpConstant:
		x = point(n.Const.Number, true)
	case OpLead, OpProp, OpCall:
		d := s.vars[s.id(n)].first
		x = Interval{d.lo, d.hi, d.state.Can(Unknown)}
	case OpScore:
		x = s.scores[n.Slot]
	case OpMetCount:
		x = Interval{0, float64(len(n.Many)), false}
	case OpTerm:
		x = s.Number(n.Kids[0])
	case OpDefault:
		if x = s.Number(n.Kids[0]); x.Unknown {
			x.Unknown = false
			x = x.union(s.Number(n.Kids[1]))
		}
	case OpCondition:
		x = choose(anything, s.Number(n.Kids[1]), s.Number(n.Kids[2]))
	case OpNegate:
		a := s.Number(n.Kids[0])
		x = Interval{0 - a.Hi, 0 - a.Lo, a.Unknown}
	default:
		x = combine(n.Op, s.Number(n.Kids[0]), s.Number(n.Kids[1]))
	}
	s.spans[n] = x
	return x
}
