package expression

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// Opening is what ReasonFinder.Blockers needs of a condition: how its parts depend on
// one another. Parts that share no fact are looked at one by one. Those that do
// form a cluster, in which to change one comparison can change another.
type Opening struct {
	root     *part
	atoms    []*Node // in the order of the source
	parts    int
	clusters int
	rigid    bool // an atom of it cannot become yes, or cannot become no
}

// part is a condition, or some of the conditions that an and, or an or, joins.
type part struct {
	at      int     // among those of the condition
	op      Op      // OpAnd, OpOr, OpNot and OpCondition; OpTerm is an atom
	nodes   []*Node // several of a chain, which op joins, or the condition itself
	kids    []*part
	atom    int
	can     Set      // of an atom: what it can become; nothing if it reads no fact
	cluster *cluster // instead of kids
}

func (p *part) test(f *Env) Answer {
	a := p.nodes[0].test(f)
	for _, n := range p.nodes[1:] {
		if p.op == OpAnd {
			a = min(a, n.test(f))
		} else {
			a = max(a, n.test(f))
		}
	}
	return a
}

// gate is a condition as a part of a circuit: a list in which the kids stand before
// what they are part of. What several conditions share stands in it once.
type gate struct {
	op   Op // OpAnd, OpOr, OpNot, OpCondition; OpTerm is an atom
	kids [3]int
	atom int // of OpTerm
}

// arity is how many kids a gate has.
func (op Op) arity() int {
	switch op {
	case OpNot:
		return 1
	case OpAnd, OpOr:
		return 2
	case OpCondition:
		return 3
	}
	return 0
}

// factClass says what a factID counts.
type factClass uint8

const (
	attribute   factClass = iota
	result                // of a call
	occurrences           // how many count and happened look at
	criterion
	group
	stage
	stageSince
	clock
)

// factID names a fact. Each is taken to change without the others.
type factID struct {
	class factClass
	slot  int // of occurrences: the first call that looks at it
}

// opener makes an Opening.
type opener struct {
	c      *Compiler
	out    *Opening
	gates  []gate
	nodes  []*Node        // by gate
	facts  []bits         // by gate: the facts that it reads
	bodies map[*Node]int  // the gate of what a term holds
	byText map[string]int // the gate of an atom
	ids    map[factID]int
	list   []factID
	// reached are the numbers that terms can give.
	reached map[*Node]Interval
	// wholes are parts of the condition with what is said of them.
	wholes map[*Node]*Node
	timed  bool // the condition asks for now, so that ages change with it
}

// mostGates bounds the circuit of a condition. Past it a term counts as one atom.
const mostGates = 10_000

// mostOpened bounds the nodes that are looked at, and mostTrials the values that are found,
// for all Openings of a policy. Past the first, nothing is known of the facts that atoms
// read; past the second, few values are tried.
const (
	mostOpened = 2_000_000
	mostTrials = 300_000
)

// Opening prepares a compiled condition for ReasonFinder.Blockers.
func (c *Compiler) Opening(n *Node) *Opening {
	o := &opener{c: c, out: &Opening{}, bodies: map[*Node]int{}, byText: map[string]int{}, ids: map[factID]int{}, reached: map[*Node]Interval{}, wholes: map[*Node]*Node{}}
	o.visit(n, func(m *Node) { o.timed = o.timed || m.Op == OpNow })
	whole := o.gate(n)
	o.out.root = o.part(whole)
	if c.opened > mostOpened {
		o.out.parts, o.out.clusters = 1, 1
		o.out.root = &part{nodes: []*Node{n}, cluster: &cluster{blind: true}}
		o.instead(o.out.root, n)
	}
	return o.out
}

// visit visits a node and all below it, also what terms hold, each of these once.
func (o *opener) visit(n *Node, see func(*Node)) {
	seen := map[*Node]bool{}
	var down func(n *Node)
	down = func(n *Node) {
		if o.c.opened++; o.c.opened > mostOpened {
			return
		}
		see(n)
		if n.Op == OpTerm {
			if seen[n.Kids[0]] {
				return
			}
			seen[n.Kids[0]] = true
		}
		for _, k := range n.Kids {
			down(k)
		}
	}
	down(n)
}

// gate adds a condition, and gives its place.
func (o *opener) gate(n *Node) int {
	g := gate{op: n.Op}
	switch {
	case n.Op == OpTerm && len(o.gates) < mostGates:
		i, ok := o.bodies[n.Kids[0]]
		if !ok {
			i = o.gate(n.Kids[0])
			o.bodies[n.Kids[0]] = i
		}
		return i
	case n.Op <= OpCondition:
		var facts bits
		for i, k := range n.Kids {
			g.kids[i] = o.gate(k)
			facts = facts.union(o.facts[g.kids[i]])
		}
		return o.add(g, n, facts)
	}
	if i, ok := o.byText[n.Text]; ok {
		return i
	}
	g.op, g.atom = OpTerm, len(o.out.atoms)
	o.out.atoms = append(o.out.atoms, n)
	i := o.add(g, n, o.reads(n))
	o.byText[n.Text] = i
	return i
}

func (o *opener) add(g gate, n *Node, facts bits) int {
	o.gates, o.nodes, o.facts = append(o.gates, g), append(o.nodes, n), append(o.facts, facts)
	return len(o.gates) - 1
}

// reads gives the facts that an atom reads.
func (o *opener) reads(n *Node) (facts bits) {
	o.visit(n, func(m *Node) {
		o.factsOf(m, func(id factID) {
			i, ok := o.ids[id]
			if !ok {
				i = len(o.list)
				o.ids[id], o.list = i, append(o.list, id)
			}
			facts = facts.with(i)
		})
	})
	return facts
}

// factsOf visits the facts that a node reads itself.
func (o *opener) factsOf(n *Node, see func(factID)) {
	switch n.Op {
	case OpLead:
		see(factID{attribute, n.Slot})
	case OpCall:
		see(o.called(n.Slot))
	case OpMet, OpUnmet, OpMetCount, OpAllMet:
		for _, i := range n.Many {
			see(factID{criterion, i})
		}
	case OpScore, OpBand:
		see(factID{group, n.Slot})
	case OpReached:
		see(factID{class: stage})
	case OpDaysInStage:
		see(factID{class: stage})
		see(factID{class: stageSince})
	}
	if n.Op == OpNow || o.timed && (isAge(n) || n.Op == OpCalendarDays) {
		see(factID{class: clock})
	}
}

// called gives the fact behind a call: how many occurrences there are is one for count
// and happened.
func (o *opener) called(slot int) factID {
	if all := o.counting(slot); all != nil {
		return factID{occurrences, all[0]}
	}
	return factID{result, slot}
}

// counting gives the calls of count and happened that look at the same occurrences as
// one of them does.
func (o *opener) counting(slot int) (slots []int) {
	c := o.c.Queries[slot]
	if c.Func != history.Count && c.Func != history.Happened {
		return nil
	}
	for _, c.Func = range [...]history.Func{history.Count, history.Happened} {
		if i, ok := o.c.callSlots[c]; ok {
			slots = append(slots, i)
		}
	}
	return slots
}

// part looks at a gate.
func (o *opener) part(i int) *part {
	g, n := o.gates[i], o.nodes[i]
	p := &part{at: o.out.parts, op: g.op, nodes: []*Node{n}, atom: g.atom}
	o.out.parts++
	switch {
	case o.facts[i].none():
		p.op, o.out.rigid = OpTerm, true
		return p
	case g.op == OpNot:
		p.kids = []*part{o.part(g.kids[0])}
		return p
	case g.op == OpTerm:
		if o.twice(n) {
			p.cluster = o.cluster(OpAnd, []int{i})
			o.instead(p, n)
			return p
		}
		p.can = o.reach(n)
		o.out.rigid = o.out.rigid || !p.can.Can(Yes) || !p.can.Can(No)
		return p
	case g.op == OpCondition:
		if len(o.apart(g.kids[:])) < len(g.kids) {
			p.cluster = o.cluster(OpAnd, []int{i})
			o.instead(p, n)
			return p
		}
		for _, k := range g.kids {
			p.kids = append(p.kids, o.part(k))
		}
		return p
	}
	for _, tied := range o.apart(o.chain(i, g.op)) {
		p.kids = append(p.kids, o.joined(g.op, tied, n))
	}
	if len(p.kids) == 1 {
		return p.kids[0]
	}
	return p
}

// joined looks at gates of a chain that share facts, or at a single one.
func (o *opener) joined(op Op, tied []int, chain *Node) *part {
	if len(tied) == 1 {
		return o.part(tied[0])
	}
	p := &part{at: o.out.parts, op: op, cluster: o.cluster(op, tied)}
	o.out.parts++
	for _, i := range tied {
		p.nodes = append(p.nodes, o.nodes[i])
	}
	o.instead(p, chain)
	return p
}

// condition is a part of a condition, and what it must be.
type condition struct {
	node *Node
	want bool
	at   int
}

// instead finds the conditions that make a cluster as wanted by what and, or and not mean.
// It is a part of a chain, or all of it. Those that contradict one another are none.
func (o *opener) instead(p *part, chain *Node) {
	for i, want := range [...]bool{false, true} {
		var all []condition
		possible := true
		var add func(n *Node, want bool)
		add = func(n *Node, want bool) {
			switch {
			case n.Op == OpNot:
				add(n.Kids[0], !want)
				return
			case n.Op == OpAnd && want || n.Op == OpOr && !want:
				add(n.Kids[0], want)
				add(n.Kids[1], want)
				return
			}
			place := o.place(n)
			n = o.described(n)
			at := slices.IndexFunc(all, func(c condition) bool { return c.node.Text == n.Text })
			if at < 0 {
				all = append(all, condition{n, want, place})
			} else if all[at].want != want {
				possible = false
			}
		}
		if len(p.nodes) == 1 || (p.op == OpAnd) != want {
			add(chain, want)
		} else {
			for _, n := range p.nodes {
				add(n, want)
			}
		}
		if possible {
			p.cluster.instead[i] = all
		}
	}
}

// place gives the place of the first atom of a condition.
func (o *opener) place(n *Node) int {
	for n.Op <= OpCondition || n.Op == OpTerm && o.bodies[n.Kids[0]] > 0 {
		n = n.Kids[0]
	}
	return o.gates[o.byText[n.Text]].atom
}

// described gives a condition with what is said of it. A part that is no atom has none: as
// it stands, it is explained by its own parts.
func (o *opener) described(n *Node) *Node {
	if n.subject != "" {
		return n
	}
	whole := o.wholes[n]
	if whole == nil {
		part := *n
		whole = &part
		whole.Text = n.written()
		whole.explain(whole)
		whole.subject, whole.wanted = whole.Text, [2]string{"false", "true"}
		o.wholes[n] = whole
	}
	return whole
}

// written gives the source of a condition.
func (n *Node) written() string {
	if n.Text != "" {
		return n.Text
	}
	within := func(k *Node) string {
		if k.Op <= OpCondition && k.Op != n.Op {
			return "(" + k.written() + ")"
		}
		return k.written()
	}
	switch n.Op {
	case OpNot:
		return "not " + within(n.Kids[0])
	case OpAnd:
		return within(n.Kids[0]) + " and " + within(n.Kids[1])
	case OpOr:
		return within(n.Kids[0]) + " or " + within(n.Kids[1])
	}
	return within(n.Kids[0]) + " ? " + within(n.Kids[1]) + " : " + within(n.Kids[2])
}

// chain lists what a chain of and, or of or, joins, each once.
func (o *opener) chain(i int, op Op) (all []int) {
	seen := map[int]bool{}
	var down func(i int)
	down = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		if g := o.gates[i]; g.op == op && !o.facts[i].none() {
			down(g.kids[0])
			down(g.kids[1])
			return
		}
		all = append(all, i)
	}
	down(i)
	return all
}

// apart parts gates so that no two lists share a fact.
func (o *opener) apart(gates []int) (lists [][]int) {
	owner := map[int]int{} // of a fact: the gate, as an index
	head := make([]int, len(gates))
	find := func(i int) int {
		for head[i] != i {
			i = head[i]
		}
		return i
	}
	for i, g := range gates {
		head[i] = i
		for _, fact := range o.facts[g].all() {
			if j, ok := owner[fact]; ok {
				a, b := find(i), find(j)
				head[max(a, b)] = min(a, b)
			}
			owner[fact] = i
		}
	}
	at := map[int]int{}
	for i, g := range gates {
		h := find(i)
		if _, ok := at[h]; !ok {
			at[h] = len(lists)
			lists = append(lists, nil)
		}
		lists[at[h]] = append(lists[at[h]], g)
	}
	return lists
}

// twice reports whether a fact stands twice in an atom.
func (o *opener) twice(n *Node) bool {
	seen, twice := map[factID]bool{}, false
	o.visit(n, func(m *Node) {
		o.factsOf(m, func(id factID) {
			twice = twice || seen[id] && id.class != stage && id.class != clock
			seen[id] = true
		})
	})
	return twice
}

// reach gives the answers that an atom can have, or more: a comparison of numbers that lie
// within bounds, or a test of a text that is one of some values, may never be yes, or never no.
func (o *opener) reach(n *Node) Set {
	out := Only(Yes) | Only(No) | Only(Unknown)
	switch {
	case n.Op >= OpEqual && n.Op <= OpGreaterEqual && n.Kids[0].Kind == fact.Number:
		out = Compare(n.Op, o.numbers(n.Kids[0]), o.numbers(n.Kids[1]))
		if a, b := n.Kids[0], n.Kids[1]; n.Op <= OpNotEqual && (o.whole(a) && b.isFraction() || o.whole(b) && a.isFraction()) {
			out &^= Only(answer(n.Op == OpEqual))
		}
	case n.Op == OpIn && n.Kids[0].Kind == fact.Number:
		out = inside(o.numbers(n.Kids[0]), n.Kids[1:])
		if o.whole(n.Kids[0]) && !slices.ContainsFunc(n.Kids[1:], func(k *Node) bool { return !k.isFraction() }) {
			out &^= Only(Yes)
		}
	case n.Op >= OpContains && n.Op <= OpMatches:
		text := n.Kids[0]
		if holds := n.TextTest(); holds != nil && (text.Op == OpLead || text.Op == OpCall) {
			t := o.fact(text)
			for i, s := range t.field.Values {
				if i == 0 {
					out = Only(Unknown)
				}
				if t.kind == fact.Text {
					s = fact.Clean(s)
				}
				out |= Only(answer(holds(s)))
			}
		}
	}
	return out
}

// fact gives what is known of the fact that a node is.
func (o *opener) fact(n *Node) (t trial) {
	o.factsOf(n, func(id factID) { t = o.trial(n, id) })
	return t
}

// whole reports whether a node gives whole numbers only.
func (o *opener) whole(n *Node) bool {
	return n.Op == OpMetCount || n.Op == OpCall && o.fact(n).whole
}

func (n *Node) isFraction() bool {
	return n.Op == OpConstant && n.Const.Number != math.Trunc(n.Const.Number)
}

// numbers holds the numbers that an expression can give, of any lead.
func (o *opener) numbers(n *Node) Interval {
	switch n.Op {
	case OpConstant:
		return point(n.Const.Number, true)
	case OpLead, OpCall:
		t := o.fact(n)
		return Interval{t.lo, t.hi, true}
	case OpTerm:
		got, ok := o.reached[n.Kids[0]]
		if !ok {
			got = o.numbers(n.Kids[0])
			o.reached[n.Kids[0]] = got
		}
		return got
	case OpDefault:
		return o.numbers(n.Kids[0]).Union(o.numbers(n.Kids[1]))
	case OpCondition:
		return o.numbers(n.Kids[1]).Union(o.numbers(n.Kids[2]))
	case OpNegate:
		a := o.numbers(n.Kids[0])
		return Interval{0 - a.Hi, 0 - a.Lo, true}
	case OpAdd, OpSubtract, OpMultiply, OpDivide, OpModulo:
		return Combine(n.Op, o.numbers(n.Kids[0]), o.numbers(n.Kids[1]))
	case OpMetCount:
		return Interval{0, float64(len(n.Many)), false}
	}
	return anything
}

func (b bits) none() bool { return !slices.ContainsFunc(b, func(w uint64) bool { return w != 0 }) }

// all lists the facts of a set.
func (b bits) all() (list []int) {
	for i := range 64 * len(b) {
		if b.has(i) {
			list = append(list, i)
		}
	}
	return list
}
