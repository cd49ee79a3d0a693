package expression

import (
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
	fixed    bool // a part of it is
}

// part is a condition, or some of the conditions that an and, or an or, joins.
type part struct {
	at      int     // among those of the condition
	op      Op      // OpAnd, OpOr, OpNot and OpCondition; OpTerm is an atom
	nodes   []*Node // several of a chain, which op joins, or the condition itself
	kids    []*part
	atom    int
	fixed   bool     // it reads no fact: nothing changes it
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
	o := &opener{c: c, out: &Opening{}, bodies: map[*Node]int{}, byText: map[string]int{}, ids: map[factID]int{}}
	o.visit(n, func(m *Node) { o.timed = o.timed || m.Op == OpNow })
	whole := o.gate(n)
	o.out.root = o.part(whole)
	if c.opened > mostOpened {
		*o.out = Opening{atoms: o.out.atoms, parts: 1, clusters: 1}
		o.out.root = &part{nodes: []*Node{n}, cluster: o.circuit(OpAnd, []int{whole})}
		o.out.root.cluster.blind = true
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
		p.op, p.fixed, o.out.fixed = OpTerm, true, true
		return p
	case g.op == OpNot:
		p.kids = []*part{o.part(g.kids[0])}
		return p
	case g.op == OpTerm:
		if o.twice(n) || o.oneWay(n) {
			p.cluster = o.cluster(OpAnd, []int{i})
		}
		return p
	case g.op == OpCondition:
		if len(o.apart(g.kids[:])) < len(g.kids) {
			p.cluster = o.cluster(OpAnd, []int{i})
			return p
		}
		for _, k := range g.kids {
			p.kids = append(p.kids, o.part(k))
		}
		return p
	}
	for _, tied := range o.apart(o.chain(i, g.op)) {
		p.kids = append(p.kids, o.joined(g.op, tied))
	}
	if len(p.kids) == 1 {
		return p.kids[0]
	}
	return p
}

// joined looks at gates of a chain that share facts, or at a single one.
func (o *opener) joined(op Op, tied []int) *part {
	if len(tied) == 1 {
		return o.part(tied[0])
	}
	p := &part{at: o.out.parts, op: op, cluster: o.cluster(op, tied)}
	o.out.parts++
	for _, i := range tied {
		p.nodes = append(p.nodes, o.nodes[i])
	}
	return p
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

// oneWay reports whether a comparison of a number with a constant can never be yes, or
// never be no, since all numbers that the fact can be lie on one side. Then it is a
// cluster, in which no other values are tried.
func (o *opener) oneWay(n *Node) bool {
	if n.Op < OpEqual || n.Op > OpGreaterEqual || n.Kids[0].Kind != fact.Number {
		return false
	}
	var sides [2]Interval
	for i, k := range n.Kids {
		switch k.Op {
		case OpConstant:
			sides[i] = point(k.Const.Number, true)
		case OpLead, OpCall:
			o.factsOf(k, func(id factID) {
				t := o.trial(k, id)
				sides[i] = Interval{Lo: t.lo, Hi: t.hi}
			})
		default:
			return false
		}
	}
	answers := Compare(n.Op, sides[0], sides[1])
	return !answers.Can(Yes) || !answers.Can(No)
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
