package expression

import (
	"cmp"
	"math"
	bits64 "math/bits"
	"slices"

	"github.com/qualify-go/qualify/internal/fact"
)

// How many steps a walk may take to find the least blockers of the clusters of a
// condition, and then to find any. A step is about a part that is evaluated.
const (
	stepsForLeast = 300_000
	stepsForAny   = 1_000_000
)

// Blockers lists the atoms that still keep the condition from yes (want true)
// or from a definite no (want false): the fewest that open it, and the first of
// equals. Atoms open it if, once each of them answers as wanted and no other atom that
// answers as the condition needs it has changed, the condition is as wanted, whatever
// else is true; and if the facts that these atoms read can bring that about alone.
// An atom that answers as wanted already is listed where a fact that it reads must
// change for others.
//
// Each fact is taken to change without the others: an attribute, what a call gives,
// the number of occurrences that count and happened look at, the answer to a
// criterion, the points of a group with their band, the stage, since when, and now.
//
// Where no facts open the condition, the list is the one atom false (or true). The
// search of a cluster is bounded, and tries some values only of texts that are searched
// and of numbers that are calculated with. Past the bound, or where a cluster has more than
// 64 atoms or facts, the atoms listed open the condition, and may be more than the fewest.
// Where it finds nothing that is sure to open the cluster, and cannot tell that there is
// nothing, the least conditions are listed that open it by what and, or and not mean. No
// facts may be able to bring these about.
//
// The list is empty when the condition is as wanted, and valid until the next walk.
// the values of the environment are changed for the time of the call.
func (w *ReasonFinder) Blockers(o *Opening, f *Env, want bool) []Atom {
	w.begin()
	if o.root.test(f) == answer(want) {
		return w.atoms
	}
	s := &w.search
	s.env, s.least, s.any = f, stepsForLeast, stepsForAny
	s.known = resized(s.known, 2*o.parts)
	clear(s.known)
	if o.clusters == 0 && !o.rigid { // each atom can be turned alone
		w.block(o.root, want)
		return w.atoms
	}
	s.found, s.solved = s.found[:0], resized(s.solved, 2*o.clusters)
	clear(s.solved)
	if s.cost(o.root, want) >= impossible {
		w.atoms = append(w.atoms, Atom{Node: constants[answer(want)], Answer: answer(!want), Want: want})
		return w.atoms
	}
	w.block(o.root, want)
	slices.SortFunc(w.atoms, func(a, b Atom) int { return cmp.Compare(a.at, b.at) })
	return w.atoms
}

// constants are the conditions true and false, by what the atom must become.
var constants = [...]*Node{No: literal(true), Yes: literal(false)}

func literal(b bool) *Node {
	n := constant(fact.Bool, fact.Value{Known: true, Bool: b})
	n.Text, n.subject, n.wanted = "false", "false", [2]string{"false", "true"}
	if b {
		n.Text, n.subject = "true", "true"
	}
	link(n)
	return n
}

// impossible is the cost of what no facts bring about. The sum of two fits 32 bits.
const impossible = 1 << 29

// unsure is the cost of a cluster where nothing is sure to bring it about: more than that
// of all atoms. That of all clusters is less than impossible.
const unsure = 1 << 15

func of(want bool) int {
	if want {
		return 1
	}
	return 0
}

func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

func (w *ReasonFinder) block(p *part, want bool) {
	s := &w.search
	f := s.env
	if p.test(f) == answer(want) {
		return
	}
	switch {
	case p.cluster != nil:
		got := s.solve(p.cluster, want)
		if got.cost == unsure {
			for _, c := range p.cluster.instead[of(want)] {
				w.atoms = append(w.atoms, Atom{Node: c.node, Answer: c.node.test(f), Want: c.want, at: c.at})
			}
		}
		for _, a := range s.found[got.from:got.to] {
			n := p.cluster.atoms[a.atom]
			w.atoms = append(w.atoms, Atom{Node: n, Answer: n.test(f), Want: a.want, at: p.cluster.ids[a.atom]})
		}
	case p.op == OpNot:
		w.block(p.kids[0], !want)
	case p.op == OpCondition:
		c, l, r := p.kids[0], p.kids[1], p.kids[2]
		switch costs := s.sides(p, want); min(costs[Yes], costs[No], costs[Unknown]) {
		case costs[Yes]:
			w.block(c, true)
			w.block(l, want)
		case costs[No]:
			w.block(c, false)
			w.block(r, want)
		default:
			w.block(l, want)
			w.block(r, want)
		}
	case p.op == OpTerm:
		w.atoms = append(w.atoms, Atom{Node: p.nodes[0], Answer: p.test(f), Want: want, at: p.atom})
	case (p.op == OpAnd) == want:
		for _, k := range p.kids {
			w.block(k, want)
		}
	default:
		best, least := p.kids[0], s.cost(p.kids[0], want)
		for _, k := range p.kids[1:] {
			if c := s.cost(k, want); c < least {
				best, least = k, c
			}
		}
		w.block(best, want)
	}
}

// search finds the least blockers of a condition. It keeps its memory between walks.
type search struct {
	env        *Env
	least, any int   // the steps left
	known      []int // by part and what is wanted: 1 and the cost, once it is known
	solved     []solution
	found      []literalOf

	// Of the cluster that is solved:
	c         *cluster
	now       []Answer // by atom
	tried     []Answer // by atom, with the values tried
	sure      []Answer // by gate: what it answers, whatever the open atoms do
	left      []int    // by atom: how many of its facts are free
	free      []bool   // by fact: it is still open what it will be
	can       []Set    // by gate
	open      []bool   // by atom: it can answer anything
	trail     []narrowed
	saved     []fact.Value   // of the slots of the facts
	memos     []Memo         // of the slots of terms
	values    [][]fact.Value // by fact: those that depend on the lead
	at        []int          // by fact: which of its values it has; 0 is the lead's
	work      []int          // by atom: the steps of an evaluation
	texts     []string
	numbers   []float64
	current   outcome // how the atoms answer now; whether that opens the cluster is not said
	outcomes  []outcome
	tries     []tries
	second    outcome
	secondSet uint64
	costs     [2][]int // by gate: how many ways there are
	separate  bool     // each atom of the cluster reads one fact, of which all answers are known
	each      []outcome

	memory []*recollection // each is made when it is first needed
}

// remembered is how many recollections there are at most.
const (
	remembered     = 1 << rememberedBits
	rememberedBits = 5
)

// recollection is what was found of a cluster the last time that its atoms answered so.
type recollection struct {
	c      *cluster
	target Answer
	now    outcome
	steps  int
	found  []literalOf
}

type solution struct {
	done     bool
	cost     int
	from, to int // of what is found
}

type literalOf struct {
	atom int
	want bool
}

// narrowed is what a gate could answer before.
type narrowed struct {
	gate int
	can  Set
	sure Answer
}

// outcome is how the atoms of a cluster answer.
type outcome struct {
	yes, no uint64
	opens   bool
}

// set notes how an atom answers that is unknown in o.
func (o *outcome) set(atom int, a Answer) {
	switch a {
	case Yes:
		o.yes |= 1 << atom
	case No:
		o.no |= 1 << atom
	}
}

// answer is how an atom answers.
func (o outcome) answer(atom int) Answer {
	switch {
	case o.yes&(1<<atom) != 0:
		return Yes
	case o.no&(1<<atom) != 0:
		return No
	}
	return Unknown
}

// tries are the outcomes that some facts can bring about.
type tries struct {
	facts    uint64
	from, to int
}

// cost is the number of atoms that block a part. Without a memory, ternaries in the
// conditions of ternaries would take exponentially long.
func (s *search) cost(p *part, want bool) int {
	known := &s.known[2*p.at+of(want)]
	if *known == 0 {
		*known = 1 + s.count(p, want)
	}
	return *known - 1
}

func (s *search) count(p *part, want bool) int {
	if p.test(s.env) == answer(want) {
		return 0
	}
	switch {
	case p.cluster != nil:
		return s.solve(p.cluster, want).cost
	case p.op == OpTerm && p.can.Can(answer(want)):
		return 1
	case p.op == OpTerm:
		return impossible
	case p.op == OpNot:
		return s.cost(p.kids[0], !want)
	case p.op == OpCondition:
		costs := s.sides(p, want)
		return min(costs[No], costs[Unknown], costs[Yes])
	}
	sum, least := 0, impossible
	for _, k := range p.kids {
		c := s.cost(k, want)
		sum, least = min(sum+c, impossible), min(least, c)
	}
	if (p.op == OpAnd) == want {
		return sum
	}
	return least
}

// sides gives, by what its condition answers, what it costs to make a ternary as wanted;
// if that is unknown, both sides are to be as wanted.
func (s *search) sides(p *part, want bool) (costs [3]int) {
	c, l, r := p.kids[0], s.cost(p.kids[1], want), s.cost(p.kids[2], want)
	costs[Yes] = min(s.cost(c, true)+l, impossible)
	costs[No] = min(s.cost(c, false)+r, impossible)
	costs[Unknown] = min(l+r, impossible)
	return costs
}

// solve finds the blockers of a cluster, once in a walk.
func (s *search) solve(c *cluster, want bool) solution {
	got := &s.solved[2*c.at+of(want)]
	if got.done {
		return *got
	}
	*got = solution{done: true, from: len(s.found), to: len(s.found), cost: unsure}
	if c.blind {
		return *got
	}
	s.observe(c)
	target := answer(want)
	can := s.reaches(target)
	exhausted := !can
	switch {
	case !can:
	case s.separate && s.recall(target):
		exhausted = true
	default:
		s.prepare()
		if c.fits {
			exhausted = s.fewest(target)
		}
		if len(s.found) == got.from && !exhausted {
			exhausted = s.witness(target)
		}
		s.restore()
		s.release()
	}
	switch got.to = len(s.found); {
	case got.to > got.from:
		got.cost = got.to - got.from
	case exhausted && (c.exact || !can) || len(c.instead[of(want)]) == 0:
		got.cost = impossible
	}
	return *got
}

// observe begins with a cluster: what its atoms answer now.
func (s *search) observe(c *cluster) {
	s.c, s.separate = c, c.isSeparate(s.env.Now)
	n := len(c.atoms)
	s.now, s.open = resized(s.now, n), resized(s.open, n)
	s.sure, s.can = resized(s.sure, len(c.gates)), resized(s.can, len(c.gates))
	s.current = outcome{}
	for i, a := range c.atoms {
		s.now[i], s.open[i] = a.test(s.env), len(c.atomFacts[i]) > 0
		s.current.set(i, s.now[i])
	}
	s.tried = append(s.tried[:0], s.now...)
}

// recall finds the fewest atoms that open a cluster whose atoms read one fact each. What
// these are rests on nothing but what the atoms answer now, so that it is remembered with
// the steps that it took: many leads have the same answers. It reports whether the steps sufficed.
func (s *search) recall(target Answer) bool {
	if s.memory == nil {
		s.memory = make([]*recollection, remembered)
	}
	place := &s.memory[s.current.place(s.c.at, target)]
	m := *place
	if m != nil && m.c == s.c && m.target == target && m.now == s.current {
		if s.least -= m.steps; s.least >= 0 {
			s.found = append(s.found, m.found...)
		}
		return s.least >= 0
	}
	before, from := s.least, len(s.found)
	if !s.fewest(target) {
		return false
	}
	if m == nil {
		m = new(recollection)
		*place = m
	}
	*m = recollection{s.c, target, s.current, before - s.least, append(m.found[:0], s.found[from:]...)}
	return true
}

// place is where in the memory of a search it is remembered what opens a cluster. Each atom counts.
func (o outcome) place(cluster int, target Answer) int {
	const odd = 0x9e3779b97f4a7c15 // the highest bits of a product with it depend on all bits
	return int((o.yes*3 + o.no*5 + uint64(cluster)*7 + uint64(target)) * odd >> (64 - rememberedBits))
}

// prepare finds the values to try for the facts of a cluster.
func (s *search) prepare() {
	f, c := s.env, s.c
	s.work = resized(s.work, len(c.atoms))
	s.memos, s.texts = s.memos[:0], s.texts[:0]
	for _, m := range c.memos {
		s.memos = append(s.memos, f.Terms[m])
	}
	s.saved = s.saved[:0]
	s.at = resized(s.at, len(c.facts))
	clear(s.at)
	bytes := 0
	for i := range c.facts {
		t := &c.facts[i]
		for j := range t.slots {
			v := t.get(f, j)
			bytes += len(v.Text)
			for _, text := range v.Texts {
				bytes += len(text)
			}
			s.saved = append(s.saved, v)
		}
	}
	for i := range c.costs {
		s.work[i] = c.costs[i] + c.perByte[i]*bytes/64
	}
	for len(s.values) < len(c.facts) {
		s.values = append(s.values, nil)
	}
	for i := range c.facts {
		s.values[i] = s.valuesOf(&c.facts[i], s.values[i][:0])
	}
}

// get gives the value of one slot of a fact.
func (t *trial) get(f *Env, j int) fact.Value {
	i := t.slots[j]
	switch t.class {
	case attribute:
		return f.Lead[i]
	case result, occurrences:
		return f.Queries[i]
	case criterion:
		return fact.Value{Number: float64(f.Check[i])}
	case group:
		return fact.Value{Known: true, Number: f.Points[i], Text: f.Bands[i]}
	case stage:
		return fact.Value{Known: true, Number: float64(f.Stage)}
	case stageSince:
		return f.StageSince
	}
	return fact.Value{Known: true, Time: f.Now}
}

// set puts a value into one slot of a fact.
func (t *trial) set(f *Env, j int, v fact.Value) {
	i := t.slots[j]
	switch t.class {
	case attribute:
		f.Lead[i] = v
	case result, occurrences:
		f.Queries[i] = v
	case criterion:
		f.Check[i] = Check(v.Number)
	case group:
		f.Points[i], f.Bands[i] = v.Number, v.Text
	case stage:
		f.Stage = int(v.Number)
	case stageSince:
		f.StageSince = v
	default:
		f.Now = v.Time
	}
}

// put gives fact i one of its values; 0 is the lead's.
func (s *search) put(i, value int) {
	f, t := s.env, &s.c.facts[i]
	s.at[i] = value
	if value == 0 {
		for j := range t.slots {
			t.set(f, j, s.saved[t.first+j])
		}
		return
	}
	v := s.value(i, value)
	for j := range t.slots {
		u := v
		switch t.class {
		case occurrences:
			if t.happened[j] {
				u = fact.Value{Known: true, Bool: v.Number >= 1}
			}
		case criterion:
			switch {
			case float64(j) < v.Number:
				u.Number = float64(CheckYes)
			case v.Bool:
				u.Number = float64(CheckNo)
			default:
				u.Number = float64(CheckUnknown)
			}
		case group:
			for b, from := range t.from {
				if v.Number >= from {
					u.Text = t.labels[b]
				}
			}
		}
		t.set(f, j, u)
	}
}

// value gives a value of fact i but that of the lead.
func (s *search) value(i, value int) fact.Value {
	if own := s.c.facts[i].values; value <= len(own) {
		return own[value-1]
	}
	return s.values[i][value-1-len(s.c.facts[i].values)]
}

// options is how many values fact i has.
func (s *search) options(i int) int { return 1 + len(s.c.facts[i].values) + len(s.values[i]) }

// valuesOf adds the values to try for a fact that depend on the lead.
func (s *search) valuesOf(t *trial, out []fact.Value) []fact.Value {
	f := s.env
	for _, days := range t.ages {
		mark := difference(f.Now, 0).plus(nanoseconds(days).negative())
		for d := -1; d <= 1; d++ {
			ns := mark.plus(difference(int64(d), 0))
			if ns.hi == int64(ns.lo)>>63 && !(t.past && int64(ns.lo) > f.Now) {
				out = append(out, fact.Value{Known: true, Time: int64(ns.lo)})
			}
		}
	}
	if t.tied != nil {
		out = s.tiedTo(t, out)
	}
	for _, n := range t.sums {
		out = s.evens(t, n, out)
	}
	if t.kind == fact.Number {
		out = slices.DeleteFunc(out, func(v fact.Value) bool {
			return slices.ContainsFunc(t.values, func(u fact.Value) bool { return u.Known && u.Number == v.Number })
		})
	}
	return out
}

// tiedTo adds the values of the facts with which a fact is compared.
func (s *search) tiedTo(t *trial, out []fact.Value) []fact.Value {
	s.numbers = s.numbers[:0]
	for _, i := range t.tied {
		u := &s.c.facts[i]
		now := u.get(s.env, 0)
		for j := -1; j < len(u.values); j++ {
			v := now
			if j >= 0 {
				v = u.values[j]
			}
			switch {
			case !v.Known:
			case t.kind == fact.Number && u.kind == fact.Number:
				if j < 0 && u.class == occurrences && u.happened[0] {
					v.Number = 0
					if v.Bool {
						v.Number = 1
					}
				}
				s.numbers = append(s.numbers, v.Number)
			case t.kind == fact.Time && u.kind == fact.Time:
				for d := int64(-1); d <= 1; d++ {
					if at := v.Time + d; !(t.past && at > s.env.Now) {
						out = append(out, fact.Value{Known: true, Time: at})
					}
				}
			case t.kind == fact.Texts && u.kind == fact.Text:
				s.texts = append(s.texts, v.Text)
				out = append(out, fact.Value{Known: true, Texts: s.texts[len(s.texts)-1:]})
			case t.kind == fact.Text && u.kind == fact.Texts:
				for _, text := range v.Texts {
					out = append(out, fact.Value{Known: true, Text: text})
				}
			case t.kind == u.kind && (t.kind == fact.Text || t.kind == fact.Code || t.kind == fact.Texts):
				out = append(out, v)
			}
		}
	}
	if t.kind == fact.Number {
		between := len(t.tied)
		if between > mostTied {
			between = 1
		}
		s.numbers = slices.Grow(s.numbers, 2)
		out = spread(t, s.numbers, between, out)
	}
	return out
}

// evens adds the values of a number that make the sides of a comparison equal, if these
// are linear in it, and others around them; unknown numbers count as 1.
func (s *search) evens(t *trial, n *Node, out []fact.Value) []fact.Value {
	f := s.env
	at := func(x float64) (float64, bool) {
		for _, m := range s.c.memos {
			f.Terms[m] = Memo{}
		}
		for j := range t.slots {
			t.set(f, j, fact.Value{Known: true, Number: x})
		}
		l, ok := n.Kids[0].num(f)
		r, also := n.Kids[1].num(f)
		return arithmetic(OpSubtract, l, r), ok && also
	}
	for i := range s.c.facts {
		u := &s.c.facts[i]
		if !s.saved[u.first].Known && u.kind == fact.Number && (u.class == attribute || u.class == result) {
			u.set(f, 0, fact.Value{Known: true, Number: 1})
		}
	}
	low, ok := at(1)
	high, also := at(2)
	s.numbers = append(s.numbers[:0], 0, 1)
	slope := arithmetic(OpSubtract, high, low)
	if root := arithmetic(OpSubtract, 1, arithmetic(OpDivide, low, slope)); ok && also && !math.IsInf(root, 0) && !math.IsNaN(root) {
		s.numbers = append(s.numbers, math.Floor(root)-1, root, math.Ceil(root)+1)
	}
	s.restore()
	s.numbers = slices.Grow(s.numbers, 2)
	return spread(t, s.numbers, 1, out)
}

// restore gives the environment back what it held.
func (s *search) restore() {
	for i := range s.c.facts {
		s.put(i, 0)
	}
	for i, m := range s.c.memos {
		s.env.Terms[m] = s.memos[i]
	}
}

// release keeps nothing of the lead.
func (s *search) release() {
	clear(s.saved)
	clear(s.memos)
	clear(s.texts)
	for _, values := range s.values[:len(s.c.facts)] {
		clear(values)
	}
}

// evaluate finds what an atom answers with the values tried.
func (s *search) evaluate(a int) (steps int) {
	for _, m := range s.c.memos {
		s.env.Terms[m] = Memo{}
	}
	s.tried[a] = s.c.atoms[a].test(s.env)
	return s.work[a] + len(s.c.memos)
}

// whole gives the answer of the cluster when its atoms answer as given.
func (s *search) whole(atoms []Answer) Answer {
	for i := range s.c.gates {
		if g := &s.c.gates[i]; g.op == OpTerm {
			s.sure[i] = atoms[g.atom]
		} else {
			s.sure[i] = g.answer(s.sure)
		}
	}
	return s.sure[len(s.sure)-1]
}

// answer gives what a gate answers that is no atom, when it is known what its kids do.
func (g *gate) answer(gates []Answer) Answer {
	a, b := gates[g.kids[0]], gates[g.kids[1]]
	switch {
	case g.op == OpAnd:
		return min(a, b)
	case g.op == OpOr:
		return max(a, b)
	case g.op == OpNot:
		return a.Not()
	case a == Yes:
		return b
	case a == No:
		return gates[g.kids[2]]
	}
	return chooseUnknown(b, gates[g.kids[2]])
}

// reaches reports whether the cluster may answer as wanted while the open atoms can answer
// all that they ever can, and the others what they answer. False is certain.
func (s *search) reaches(target Answer) bool {
	for i := range s.c.gates {
		s.can[i] = s.possible(i)
	}
	return s.can[len(s.can)-1].Can(target)
}

// possible gives the definite answers that a gate can have, when those of its kids are
// known.
func (s *search) possible(i int) (out Set) {
	g := &s.c.gates[i]
	if g.op == OpTerm {
		if s.open[g.atom] {
			return s.c.can[g.atom] &^ Only(Unknown)
		}
		return Only(s.tried[g.atom]) &^ Only(Unknown)
	}
	a, b := s.can[g.kids[0]], s.can[g.kids[1]]
	switch g.op {
	case OpAnd:
		return a&b&Only(Yes) | (a|b)&Only(No)
	case OpOr:
		return (a|b)&Only(Yes) | a&b&Only(No)
	case OpNot:
		return a.Not()
	}
	c := s.can[g.kids[2]]
	if out = b & c; a.Can(Yes) {
		out |= b
	}
	if a.Can(No) {
		out |= c
	}
	return out
}

// fewest adds the fewest atoms that open a cluster to what is found. It reports whether
// it has tried all there are.
func (s *search) fewest(target Answer) (exhausted bool) {
	from := len(s.found)
	s.outcomes, s.tries = s.outcomes[:0], s.tries[:0]
	for size := 1; size <= len(s.c.atoms) && len(s.found) == from && s.least >= 0; size++ {
		s.second = outcome{}
		s.secondSet = 0
		if !s.extend(0, 0, size, target) && s.secondSet != 0 {
			s.find(s.secondSet, s.second)
		}
	}
	if s.least < 0 {
		s.found = s.found[:from]
	}
	return s.least >= 0
}

// extend looks for sets of so many more atoms, from the first one on, that open the
// cluster together with those that are chosen.
func (s *search) extend(first int, chosen uint64, more int, target Answer) bool {
	if more == 0 {
		return s.opens(chosen, target)
	}
	for a := first; a+more <= len(s.c.atoms) && s.least >= 0; a++ {
		rest := ^uint64(0) << a & (1<<len(s.c.atoms) - 1)
		if s.loosen(chosen | rest); !s.reaches(target) {
			return false
		}
		if s.extend(a+1, chosen|1<<a, more-1, target) {
			return true
		}
	}
	return false
}

// loosen lets the atoms answer anything that read a fact of some of them.
func (s *search) loosen(atoms uint64) (facts, open uint64) {
	for set := atoms; set != 0; set &= set - 1 {
		facts |= s.c.reads[bits64.TrailingZeros64(set)]
	}
	for set := facts; set != 0; set &= set - 1 {
		open |= s.c.readBy[bits64.TrailingZeros64(set)]
	}
	for a := range s.open {
		s.open[a] = open&(1<<a) != 0
	}
	s.least -= len(s.c.gates)
	return facts, open
}

// opens adds a set of atoms to what is found if it opens the cluster. A set that can do
// so only with an atom in it that answers as wanted already is kept as the second best.
func (s *search) opens(chosen uint64, target Answer) bool {
	facts, open := s.loosen(chosen)
	if !s.reaches(target) {
		return false
	}
	outcomes := s.try(facts, open, target)
	if s.least < 0 {
		return false
	}
	best, held := outcome{}, true
	s.least -= len(outcomes) / 4
	for _, o := range outcomes {
		if !o.opens || chosen&^(o.yes|o.no) != 0 {
			continue
		}
		holds := chosen&(o.yes&s.current.yes|o.no&s.current.no) != 0
		if best.opens && (holds && !held || holds == held && !before(o, best, chosen)) || !s.forced(o, chosen, outcomes, target) {
			continue
		}
		best, held = o, holds
	}
	switch {
	case !best.opens:
		return false
	case held:
		if s.secondSet == 0 {
			s.second, s.secondSet = best, chosen
		}
		return false
	}
	s.find(chosen, best)
	return true
}

// before reports whether the first of some atoms that differs is yes in o.
func before(o, p outcome, atoms uint64) bool {
	differ := (o.yes ^ p.yes) & atoms
	return differ&-differ&o.yes != 0
}

// forced reports whether the cluster is as wanted whenever some atoms are as in o, and
// those of the others that are now as in o, and known. Where the outcomes are not all that
// there can be, this must follow from the gates.
func (s *search) forced(o outcome, chosen uint64, outcomes []outcome, target Answer) bool {
	yes, no := o.yes&(chosen|s.current.yes), o.no&(chosen|s.current.no)
	if !s.c.exact {
		s.least -= len(s.c.gates) + len(s.tried)
		for a := range s.tried {
			s.tried[a] = outcome{yes: yes, no: no}.answer(a)
		}
		forced := s.whole(s.tried) == target
		copy(s.tried, s.now)
		return forced
	}
	s.least -= len(outcomes) / 4
	for _, p := range outcomes {
		if !p.opens && yes&^p.yes == 0 && no&^p.no == 0 {
			return false
		}
	}
	return true
}

func (s *search) find(atoms uint64, o outcome) {
	for ; atoms != 0; atoms &= atoms - 1 {
		a := bits64.TrailingZeros64(atoms)
		s.found = append(s.found, literalOf{a, o.yes&(1<<a) != 0})
	}
}

// try finds all outcomes that some facts can bring about, once for each set of facts.
func (s *search) try(facts, open uint64, target Answer) []outcome {
	for _, t := range s.tries {
		if t.facts == facts {
			return s.outcomes[t.from:t.to]
		}
	}
	from := len(s.outcomes)
	if s.separate {
		s.combine(facts, open, target)
		s.tries = append(s.tries, tries{facts, from, len(s.outcomes)})
		return s.outcomes[from:]
	}
	yes, no := s.current.yes&^open, s.current.no&^open
	for changed := open; ; {
		for set := changed; set != 0; set &= set - 1 {
			s.least -= s.evaluate(bits64.TrailingZeros64(set))
		}
		o := outcome{yes: yes, no: no}
		for set := open; set != 0; set &= set - 1 {
			a := bits64.TrailingZeros64(set)
			o.set(a, s.tried[a])
		}
		s.least -= 1 + (len(s.outcomes)-from)/4
		if !slices.ContainsFunc(s.outcomes[from:], func(p outcome) bool { return p.yes == o.yes && p.no == o.no }) {
			o.opens = s.whole(s.tried) == target
			s.least -= len(s.c.gates)
			s.outcomes = append(s.outcomes, o)
		}
		changed = 0
		set := facts
		for ; set != 0; set &= set - 1 { // the next values, as an odometer goes on
			i := bits64.TrailingZeros64(set)
			changed |= s.c.readBy[i]
			if next := s.at[i] + 1; next < s.options(i) {
				s.put(i, next)
				break
			}
			s.put(i, 0)
		}
		if set == 0 || s.least < 0 {
			break
		}
	}
	for set := facts; set != 0; set &= set - 1 {
		s.put(bits64.TrailingZeros64(set), 0)
	}
	copy(s.tried, s.now)
	s.tries = append(s.tries, tries{facts, from, len(s.outcomes)})
	return s.outcomes[from:]
}

// combine adds all outcomes that some facts can bring about, each of which has atoms of its own.
func (s *search) combine(facts, open uint64, target Answer) {
	from := len(s.outcomes)
	s.outcomes = append(s.outcomes, outcome{yes: s.current.yes &^ open, no: s.current.no &^ open})
	for set := facts; set != 0; set &= set - 1 {
		i := bits64.TrailingZeros64(set)
		s.each = append(s.each[:0], s.c.answers[i]...)
		if now := (outcome{yes: s.current.yes & s.c.readBy[i], no: s.current.no & s.c.readBy[i]}); !slices.Contains(s.each, now) {
			s.each = append(s.each, now)
		}
		have := len(s.outcomes)
		if s.least -= (have - from) * len(s.each); s.least < 0 {
			return
		}
		for k := from; k < have; k++ {
			o := s.outcomes[k]
			for _, way := range s.each[1:] {
				s.outcomes = append(s.outcomes, outcome{yes: o.yes | way.yes, no: o.no | way.no})
			}
			s.outcomes[k].yes |= s.each[0].yes
			s.outcomes[k].no |= s.each[0].no
		}
	}
	if s.least -= (len(s.outcomes) - from) * len(s.c.gates); s.least < 0 {
		return
	}
	for k := range s.outcomes[from:] {
		o := &s.outcomes[from+k]
		for a := range s.tried {
			s.tried[a] = o.answer(a)
		}
		o.opens = s.whole(s.tried) == target
	}
	copy(s.tried, s.now)
}

// witness looks for facts that open the cluster, goes back to those of the lead where
// that does not close it again, and adds atoms that force what is left. It reports
// whether it has tried all values.
func (s *search) witness(target Answer) (exhausted bool) {
	c := s.c
	s.left, s.free = resized(s.left, len(c.atoms)), resized(s.free, len(c.facts))
	for i := range s.free {
		s.free[i] = true
	}
	for a := range s.open {
		s.left[a] = len(c.atomFacts[a])
		s.open[a] = s.left[a] > 0
	}
	s.trail = s.trail[:0]
	for a := range s.open {
		if s.open[a] {
			s.tried[a] = Unknown
		}
	}
	s.whole(s.tried)
	if !s.reaches(target) || !s.assign(target) {
		return s.any >= 0
	}
	for a := range s.open {
		if s.open[a] {
			s.any -= s.evaluate(a)
		}
	}
	for i := range c.facts {
		was := s.at[i]
		if was == 0 || s.any < 0 {
			continue
		}
		s.any -= len(c.gates)
		s.move(i, 0)
		if s.whole(s.tried) != target {
			s.move(i, was)
		}
	}
	// What has changed, and is known, forces the cluster. Each fact that has changed is read
	// by an atom that is known, or it could go back.
	from := len(s.found)
	for a, answer := range s.tried {
		if answer != Unknown && answer != s.now[a] {
			s.found = append(s.found, literalOf{a, answer == Yes})
		}
	}
	for i, atoms := range c.factAtoms {
		if s.at[i] == 0 || s.covers(from, -1, i) {
			continue
		}
		for _, a := range atoms {
			if s.tried[a] != Unknown {
				s.found = append(s.found, literalOf{a, s.tried[a] == Yes})
				break
			}
		}
	}
	// The rest may follow from some of them.
	for k := len(s.found) - 1; k >= from; k-- {
		a := s.found[k].atom
		needed := slices.ContainsFunc(c.atomFacts[a], func(i int) bool { return s.at[i] != 0 && !s.covers(from, a, i) })
		if s.any -= len(c.gates) + len(s.found); needed || s.any < 0 {
			continue
		}
		was := s.tried[a]
		if s.tried[a] = Unknown; s.whole(s.tried) == target {
			s.found = slices.Delete(s.found, k, k+1)
			continue
		}
		s.tried[a] = was
	}
	slices.SortFunc(s.found[from:], func(a, b literalOf) int { return cmp.Compare(a.atom, b.atom) })
	return true
}

// covers reports whether one of the atoms found reads a fact, but for one of them.
func (s *search) covers(from, but, fact int) bool {
	return slices.ContainsFunc(s.found[from:], func(l literalOf) bool {
		return l.atom != but && slices.Contains(s.c.atomFacts[l.atom], fact)
	})
}

// move gives a fact one of its values, and finds what its atoms answer.
func (s *search) move(i, value int) {
	s.put(i, value)
	for _, a := range s.c.factAtoms[i] {
		s.any -= s.evaluate(a)
	}
}

// assign looks for values of the facts that are still free, with which the cluster is as
// wanted.
func (s *search) assign(target Answer) bool {
	c := s.c
	whole := len(c.gates) - 1
	if s.sure[whole] == target {
		return true
	}
	by, want := s.pick(target)
	i := c.atomFacts[by][slices.IndexFunc(c.atomFacts[by], func(i int) bool { return s.free[i] })]
	s.free[i] = false
	mark := len(s.trail)
	for k := range 2 * s.options(i) { // first those that make the atom as wanted
		first := k < s.options(i)
		s.put(i, k%s.options(i))
		if s.left[by] > 1 && !first {
			break
		}
		if s.left[by] == 1 {
			if s.any -= s.evaluate(by); (s.tried[by] == want) != first {
				continue
			}
		}
		for _, a := range c.factAtoms[i] {
			if s.left[a]--; s.left[a] == 0 {
				s.any -= s.evaluate(a)
				s.open[a] = false
				s.narrow(c.leaf[a])
			}
		}
		if s.any--; s.can[whole].Can(target) && s.assign(target) {
			return true
		}
		for _, was := range slices.Backward(s.trail[mark:]) {
			s.can[was.gate], s.sure[was.gate] = was.can, was.sure
		}
		s.trail = s.trail[:mark]
		for _, a := range c.factAtoms[i] {
			s.left[a]++
			s.open[a] = true
		}
		if s.any < 0 {
			break
		}
	}
	s.put(i, 0)
	s.free[i] = true
	return false
}

// narrow lets what a gate can still answer, and what it does for certain, follow from its
// kids. As facts are settled there is only less that it can, so that it changes few times.
func (s *search) narrow(i int) {
	s.any--
	g := &s.c.gates[i]
	can, sure := s.possible(i), Unknown
	if g.op == OpTerm {
		sure = s.tried[g.atom]
	} else {
		sure = g.answer(s.sure)
	}
	if can == s.can[i] && sure == s.sure[i] {
		return
	}
	s.trail = append(s.trail, narrowed{i, s.can[i], s.sure[i]})
	s.can[i], s.sure[i] = can, sure
	for _, p := range s.c.parents[i] {
		s.narrow(p)
	}
}

// pick gives an open atom that matters to whether the cluster answers as wanted, which it
// can do and need not, and what the atom is to answer: one that leaves the fewest ways.
func (s *search) pick(want Answer) (atom int, to Answer) {
	for w := range s.costs {
		s.costs[w] = resized(s.costs[w], len(s.c.gates))
	}
	for i := range s.c.gates {
		s.costs[0][i], s.costs[1][i] = s.ways(i, No), s.ways(i, Yes)
	}
	s.any -= 4 * len(s.c.gates)
	i := len(s.c.gates) - 1
	for {
		g := &s.c.gates[i]
		c, l, r := g.kids[0], g.kids[1], g.kids[2]
		switch {
		case g.op == OpTerm:
			return g.atom, want
		case g.op == OpNot:
			i, want = c, want.Not()
		case g.op == OpCondition:
			switch {
			case s.sure[c] == Yes:
				i = l
			case s.sure[c] == No:
				i = r
			case s.can[c].Can(Yes) && s.can[l].Can(want):
				i, want = c, Yes
			case s.can[c].Can(No) && s.can[r].Can(want):
				i, want = c, No
			case s.sure[l] != want:
				i = l
			default:
				i = r
			}
		case s.sure[c] == want || !s.can[c].Can(want):
			i = l
		case s.sure[l] == want || !s.can[l].Can(want) || s.costs[want/Yes][c] <= s.costs[want/Yes][l]:
			i = c
		default:
			i = l
		}
	}
}

// ways is about how many ways there are for a gate to answer as wanted, if it can and need
// not: of its atoms, how many can bring it about.
func (s *search) ways(i int, want Answer) int {
	g := &s.c.gates[i]
	switch {
	case s.sure[i] == want || !s.can[i].Can(want):
		return 0
	case g.op == OpTerm:
		return 1
	case g.op == OpNot:
		return s.costs[1-want/Yes][g.kids[0]]
	}
	a, b := s.costs[want/Yes][g.kids[0]], s.costs[want/Yes][g.kids[1]]
	switch {
	case g.op == OpCondition:
		return min(a+b+s.costs[want/Yes][g.kids[2]], impossible)
	case a == 0 || b == 0:
		return a + b
	case (g.op == OpAnd) == (want == Yes):
		return min(a, b)
	}
	return min(a+b, impossible)
}
