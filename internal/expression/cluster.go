package expression

import (
	"cmp"
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// cluster is a condition whose parts share facts, with the values that are worth
// trying for each of them.
type cluster struct {
	at        int // among those of the condition
	gates     []gate
	parents   [][]int // by gate
	leaf      []int   // by atom: its gate
	atoms     []*Node
	can       []Set // by atom: the answers that it can have
	ids       []int // of the atoms: their places in the source
	facts     []trial
	atomFacts [][]int        // by atom
	factAtoms [][]int        // by fact
	memos     []int          // the slots of the terms in its atoms
	costs     []int          // by atom: the steps of an evaluation
	perByte   []int          // by atom of several facts: what each byte of the lead's texts adds
	blind     bool           // it is not known which facts its atoms read: there is nothing but instead
	inside    [][]*Node      // by atom: all that it is made of; while it is compiled
	fits      bool           // its atoms fit into a word, and its facts too
	reads     []uint64       // by atom, if it fits: its facts
	readBy    []uint64       // by fact, if it fits: its atoms
	exact     bool           // what none of the values meets, nothing meets
	answers   [][]outcome    // by fact: how its atoms can be answered, where each atom reads one fact; nil if that is not known
	aged      bool           // answers rest on how long before now, or after it, a time is
	instead   [2][]condition // what makes it a no, and a yes, by what its gates mean
}

// trial is a fact and the values to try for it.
type trial struct {
	factID
	kind     fact.Kind
	slots    []int        // of occurrences: the calls; of a criterion: all that are only counted together with it
	happened []bool       // of occurrences, by slot: it tells only whether there are some
	first    int          // of its slots, among those of all facts of the cluster
	values   []fact.Value // those that do not depend on the lead
	ages     []float64    // of a time, in days before now: at these, and right before and after them, too
	tied     []int        // the facts with which it is compared, itself included: their values, too
	sums     []*Node      // the comparisons that it is a part of a sum in: what makes their sides equal, too
	field    *Field       // what is declared of it
	lo, hi   float64
	whole    bool     // a whole number
	past     bool     // a time that is not after now
	mixed    bool     // a time that is compared both with now and with constant times
	always   bool     // it is known
	labels   []string // of a group: its bands
	from     []float64
}

// The value of occurrences is their number. Of a criterion, Number says how many of its
// slots are met, and Bool that the others are a no. Of a group, Number is the points and
// Text the band. Of a stage, Number is its index.

// cluster makes one of gates that share facts, joined by op.
func (o *opener) cluster(op Op, gates []int) *cluster {
	c := o.circuit(op, gates)
	c.at = o.out.clusters
	o.out.clusters++
	o.gather(c)
	for i := range c.facts {
		c.tie(i)
	}
	first := 0
	for i := range c.facts {
		o.values(c, i)
		c.facts[i].first = first
		first += len(c.facts[i].slots)
	}
	c.inside = nil
	if c.fits = len(c.atoms) <= 64 && len(c.facts) <= 64; c.fits {
		c.reads, c.readBy = make([]uint64, len(c.atoms)), make([]uint64, len(c.facts))
		for i, atoms := range c.factAtoms {
			for _, a := range atoms {
				c.readBy[i] |= 1 << a
				c.reads[a] |= 1 << i
			}
		}
		o.answers(c)
	}
	return c
}

// mostAnswers bounds the steps of finding the answers for all Openings of a policy.
const mostAnswers = 1_000_000

// longAge is the longest age, in days, for which answers are found beforehand. Between -usualAges
// and usualAges lie the instants at which each such age can be represented.
const (
	longAge   = 36_500
	usualAges = math.MaxInt64 - (longAge+2)*int64(history.Day)
)

// answers finds, of a cluster that fits, how the atoms of each fact can be answered, if each atom reads one fact and
// all of its values are known before there is a lead. They are put in order, and the same
// at each instant, so that a search with them rests on nothing but what the atoms answer.
func (o *opener) answers(c *cluster) {
	if !c.exact {
		return
	}
	for i := range c.facts {
		t := &c.facts[i]
		steps := 0
		for _, a := range c.factAtoms[i] {
			if len(c.atomFacts[a]) > 1 {
				return
			}
			steps += c.costs[a] + len(c.memos)
		}
		o.c.answered += steps * 3 * len(t.ages)
		for _, v := range t.values {
			o.c.answered += steps * (1 + len(v.Text)/16)
		}
		// What reached answers rests on the order of the stages, which is not known yet.
		if t.mixed || t.class == stage || o.c.answered > mostAnswers {
			return
		}
		for _, days := range t.ages {
			if c.aged = true; math.Abs(days) > longAge {
				return
			}
		}
	}
	names := &o.c.Names
	s := search{env: &Env{
		Lead: make([]fact.Value, len(names.Lead)), Queries: make([]fact.Value, len(o.c.Queries)), Terms: make([]Memo, o.c.termSlots),
		Check: make([]Check, len(names.Criteria)), Points: make([]float64, len(names.Groups)), Bands: make([]string, len(names.Groups)), Stage: None,
	}}
	s.observe(c)
	s.prepare()
	for i := range c.facts {
		var all []outcome
		t := &c.facts[i]
		for value := 1; value < s.options(i); value++ {
			if t.past && len(t.ages) > 0 && s.value(i, value).Time > s.env.Now {
				continue // nothing has occurred later than now
			}
			s.put(i, value)
			var is outcome
			for _, a := range c.factAtoms[i] {
				s.evaluate(a)
				is.set(a, s.tried[a])
			}
			if !slices.Contains(all, is) {
				all = append(all, is)
			}
		}
		s.put(i, 0)
		slices.SortFunc(all, func(a, b outcome) int { return cmp.Or(cmp.Compare(a.yes, b.yes), cmp.Compare(a.no, b.no)) })
		c.answers = append(c.answers, all)
	}
}

// isSeparate reports whether the answers of a cluster hold at an instant.
func (c *cluster) isSeparate(now int64) bool {
	return c.answers != nil && (!c.aged || -usualAges < now && now < usualAges)
}

// circuit makes a cluster of which the facts are not known yet.
func (o *opener) circuit(op Op, gates []int) *cluster {
	c := &cluster{exact: true}
	places := map[int]int{} // of gates
	var add func(i int) int
	add = func(i int) int {
		if at, ok := places[i]; ok {
			return at
		}
		g := o.gates[i]
		for j := range g.op.arity() {
			g.kids[j] = add(g.kids[j])
		}
		if g.op == OpTerm {
			c.ids = append(c.ids, g.atom)
		}
		places[i] = len(c.gates)
		c.gates = append(c.gates, g)
		return places[i]
	}
	whole := add(gates[0])
	for _, i := range gates[1:] {
		c.gates = append(c.gates, gate{op: op, kids: [3]int{whole, add(i)}})
		whole = len(c.gates) - 1
	}
	slices.Sort(c.ids)
	for i := range c.gates {
		if g := &c.gates[i]; g.op == OpTerm {
			g.atom, _ = slices.BinarySearch(c.ids, g.atom)
		}
	}
	for _, id := range c.ids {
		c.atoms = append(c.atoms, o.out.atoms[id])
		c.can = append(c.can, o.reach(o.out.atoms[id]))
	}
	c.parents, c.leaf = make([][]int, len(c.gates)), make([]int, len(c.atoms))
	for i, g := range c.gates {
		for _, k := range g.kids[:g.op.arity()] {
			c.parents[k] = append(c.parents[k], i)
		}
		if g.op == OpTerm {
			c.leaf[g.atom] = i
		}
	}
	return c
}

// gather finds the facts of a cluster, and which atoms read them.
func (o *opener) gather(c *cluster) {
	places := map[factID]int{}
	memos := map[int]bool{}
	single := map[factID]bool{} // criteria that an atom asks for by name
	for a, n := range c.atoms {
		seen := map[factID]bool{}
		var facts []int
		cost, perByte := 0, 1
		var inside []*Node
		o.visit(n, func(m *Node) {
			inside = append(inside, m)
			cost += 1 + len(m.Many)
			if m.pattern != nil {
				perByte += m.pattern.steps
			}
			if m.Op == OpTerm && !memos[m.Slot] {
				memos[m.Slot] = true
				c.memos = append(c.memos, m.Slot)
			}
			o.factsOf(m, func(id factID) {
				if m.Op == OpMet || m.Op == OpUnmet {
					single[id] = true
				}
				if seen[id] {
					return
				}
				seen[id] = true
				i, ok := places[id]
				if !ok {
					i = len(c.facts)
					places[id] = i
					c.facts = append(c.facts, o.trial(m, id))
					c.factAtoms = append(c.factAtoms, nil)
				}
				facts = append(facts, i)
				c.factAtoms[i] = append(c.factAtoms[i], a)
			})
		})
		c.inside = append(c.inside, inside)
		if len(facts) == 1 {
			perByte = 0 // it is not evaluated again for the text that the lead has
		}
		c.atomFacts, c.costs, c.perByte = append(c.atomFacts, facts), append(c.costs, cost), append(c.perByte, perByte)
	}
	o.merge(c, single)
}

// merge makes one fact of criteria that are only counted, always together: what
// matters is how many of them are met, and whether one is a no.
func (o *opener) merge(c *cluster, single map[factID]bool) {
	to := make([]int, len(c.facts))
	var facts []trial
	var factAtoms [][]int
	for i, t := range c.facts {
		to[i] = len(facts)
		counted := t.class == criterion && !single[t.factID]
		for j := range facts {
			if u := &facts[j]; counted && u.class == criterion && !single[u.factID] && slices.Equal(factAtoms[j], c.factAtoms[i]) {
				u.slots = append(u.slots, t.slots...)
				to[i] = j
				break
			}
		}
		if to[i] == len(facts) {
			facts, factAtoms = append(facts, t), append(factAtoms, c.factAtoms[i])
		}
	}
	c.facts, c.factAtoms = facts, factAtoms
	for a := range c.atomFacts {
		for j, i := range c.atomFacts[a] {
			c.atomFacts[a][j] = to[i]
		}
		slices.Sort(c.atomFacts[a])
		c.atomFacts[a] = slices.Compact(c.atomFacts[a])
	}
}

// trial begins what must be known of the fact that a node reads.
func (o *opener) trial(n *Node, id factID) trial {
	t := trial{factID: id, kind: n.Kind, slots: []int{id.slot}, field: &Field{}, lo: -fact.MaxNumber, hi: fact.MaxNumber}
	names := &o.c.Names
	declared := func(f *Field) {
		if t.field = f; f.Kind == fact.Number {
			t.lo, t.hi = f.Lo, f.Hi
		}
	}
	switch id.class {
	case attribute:
		declared(&names.Lead[id.slot])
	case occurrences:
		t.kind, t.slots = fact.Number, o.counting(id.slot)
		for _, i := range t.slots {
			t.happened = append(t.happened, o.c.Queries[i].Func == history.Happened)
		}
		t.always, t.lo, t.whole = true, 0, true
	case result:
		c := o.c.Queries[id.slot]
		if c.Prop != history.None && c.Func != history.Distinct {
			declared(&names.Props[c.Prop])
		}
		switch c.Func {
		case history.Total:
			t.always = true
			if t.lo < 0 {
				t.lo = -fact.MaxNumber
			}
			if t.lo = min(t.lo, 0); t.hi > 0 {
				t.hi = fact.MaxNumber
			}
			t.hi = max(t.hi, 0)
		case history.Distinct, history.ActiveDays, history.IdleSteps:
			t.always, t.lo, t.whole = true, 0, true
		case history.Followed:
			t.always = true
		case history.Newest, history.Oldest:
			t.past = true
		}
	case criterion:
		t.kind = fact.None
	case group:
		t.kind, t.always = fact.Number, true
		g := names.Groups[id.slot]
		t.labels, t.from = g.Labels, g.From
	case stage:
		t.kind = fact.None
	case stageSince:
		t.kind, t.past = fact.Time, true
	case clock:
		t.kind, t.always = fact.Time, true
	}
	return t
}

// literals are the constants of the atoms that read a fact.
type literals struct {
	numbers []float64
	times   []int64
	texts   []string
	holds   [3][]string // that a text contains, starts with, ends with
	list    []string    // that a list of texts has
	tests   []*Node
}

// mostTied is how many facts that are compared with one another have values enough to
// tell them apart in each way.
const mostTied = 3

// tie finds the facts whose values matter to a fact, since they are compared with it, or
// with one that is.
func (c *cluster) tie(i int) {
	kind := func(i int) fact.Kind {
		switch t := &c.facts[i]; {
		case t.kind == fact.Bool:
			return fact.None
		case t.kind == fact.Texts:
			return fact.Text
		default:
			return t.kind
		}
	}
	t := &c.facts[i]
	if t.tied != nil || kind(i) == fact.None {
		return
	}
	const most = 8 * mostTied
	tied := []int{i}
	for k := 0; k < len(tied) && len(tied) < most; k++ {
		for _, a := range c.factAtoms[tied[k]] {
			for _, j := range c.atomFacts[a] {
				if kind(j) == kind(i) && !slices.Contains(tied, j) {
					tied = append(tied, j)
				}
			}
		}
	}
	if len(tied) == 1 {
		return
	}
	if len(tied) > mostTied {
		c.exact = false
		tied = tied[:min(len(tied), most)]
	}
	for _, j := range tied {
		c.facts[j].tied = tied
	}
}

// values finds the values of a fact that are worth trying: one for each way in which
// comparisons with constants can come out.
func (o *opener) values(c *cluster, i int) {
	t := &c.facts[i]
	var l literals
	for _, a := range c.factAtoms[i] {
		o.literals(c, t, a, &l)
	}
	most := max(4, min(5000, (mostTrials-o.c.trials)/len(c.facts)))
	t.ages, l.texts, l.tests = few(c, most/16, t.ages), few(c, most, l.texts), few(c, most, l.tests)
	defer func() { o.c.trials += len(t.values) }()
	switch {
	case t.class == criterion:
		for n := len(t.slots); n >= 0; n-- {
			for _, no := range [...]bool{true, false} {
				t.values = append(t.values, fact.Value{Known: true, Number: float64(n), Bool: no})
			}
		}
		return
	case t.class == stage:
		for s := range o.c.Names.Stages {
			t.values = append(t.values, fact.Value{Known: true, Number: float64(s)})
		}
		t.values = append(t.values, fact.Value{Known: true, Number: None})
		return
	case t.kind == fact.Bool:
		t.values = append(t.values, fact.Value{Known: true, Bool: true}, fact.Value{Known: true})
	case t.kind == fact.Number:
		l.numbers = few(c, most, append(l.numbers, t.from...))
		t.values = spread(t, l.numbers, 1, nil)
	case t.kind == fact.Time:
		t.mixed = len(t.ages) > 0 && len(l.times) > 0
		for _, x := range append(few(c, most, l.times), 0) {
			for d := int64(-1); d <= 1; d++ {
				t.values = append(t.values, fact.Value{Known: true, Time: x + d})
			}
		}
	case t.kind == fact.Text || t.kind == fact.Code:
		o.textValues(t, &l)
	case t.kind == fact.Texts:
		const subsets = 5
		slices.Sort(l.list)
		l.list = slices.Compact(l.list)
		if c.exact = c.exact && len(l.list) <= subsets && t.tied == nil; len(l.list) > subsets {
			t.values = append(t.values, fact.Value{Known: true, Texts: l.list})
			for _, s := range l.list {
				t.values = append(t.values, fact.Value{Known: true, Texts: []string{s}})
			}
			l.list = nil
		}
		for set := range 1 << len(l.list) {
			var some []string
			for j, s := range l.list {
				if set&(1<<j) != 0 {
					some = append(some, s)
				}
			}
			if set == 0 {
				some = []string{other}
			}
			t.values = append(t.values, fact.Value{Known: true, Texts: some}, fact.Value{Known: true, Texts: some, Partial: true})
		}
	}
	if !t.always {
		t.values = append(t.values, fact.Value{})
	}
}

// few gives at most so many of a list.
func few[T any](c *cluster, most int, list []T) []T {
	if len(list) > most {
		c.exact = false
		list = list[:most]
	}
	return list
}

// literals adds the constants of an atom that matter to a fact.
func (o *opener) literals(c *cluster, t *trial, a int, l *literals) {
	age, sums := false, false
	if o.c.opened += len(c.inside[a]); o.c.opened > mostOpened {
		return
	}
	for _, m := range c.inside[a] {
		age = age || isAge(m) || m.Op == OpNow || m.Op == OpCalendarDays
		sums = sums || m.Op >= OpAdd && m.Op <= OpNegate
		if m.Op == OpCalendarDays || m.Op == OpDaysBetween {
			c.exact = false // some times of the days
		}
	}
	for _, i := range c.atomFacts[a] {
		u := &c.facts[i]
		if age && u.kind == fact.Number && (t.kind == fact.Time || t.kind == fact.Number) {
			c.exact = false // days that are no constant
			t.ages = append(t.ages, 1, 1000)
			l.numbers = append(l.numbers, 0, 1, 1000)
		}
	}
	if sums {
		c.exact = false
	}
	for _, m := range c.inside[a] {
		switch {
		case m.Op == OpConstant && m.Kind == fact.Number:
			l.numbers = append(l.numbers, m.Const.Number)
			if age {
				t.ages = append(t.ages, m.Const.Number, 0-m.Const.Number, m.Const.Number-1, m.Const.Number+1)
			}
		case m.Op == OpConstant && m.Kind == fact.Time:
			l.times = append(l.times, m.Const.Time)
		case m.Op == OpConstant && (m.Kind == fact.Text || m.Kind == fact.Code):
			l.texts = append(l.texts, fact.Clean(m.Const.Text), m.Const.Text)
		case m.Op == OpNow:
			t.ages = append(t.ages, 0)
		case m.Op == OpContains || m.Op == OpStartsWith || m.Op == OpEndsWith:
			c.exact = false // one text of all those that hold some others
			if m.hasList() {
				l.texts = append(l.texts, few(c, someOfList, m.literals())...)
			} else if k := m.Kids[1]; k.Op == OpConstant {
				l.holds[m.Op-OpContains] = append(l.holds[m.Op-OpContains], k.Const.Text)
			}
			l.tests = append(l.tests, m)
		case m.Op == OpMatches:
			c.exact = false
			l.texts = append(l.texts, m.pattern.example()...)
			l.tests = append(l.tests, m)
		case m.Op == OpIn && m.Kids[1].Kind == fact.Texts && m.Kids[0].Op == OpConstant:
			l.list = append(l.list, fact.Clean(m.Kids[0].Const.Text))
		case m.Op == OpIn && m.Kids[0].Kind == fact.Texts:
			l.list = append(l.list, few(c, someOfList, m.literals())...)
		case m.Op == OpIn && m.hasList():
			l.texts = append(l.texts, few(c, someOfList, m.literals())...)
			l.tests = append(l.tests, m)
		}
		if sums && m.Op >= OpEqual && m.Op <= OpGreaterEqual && m.Kids[0].Kind == fact.Number && !isAge(m.Kids[0]) && !isAge(m.Kids[1]) {
			t.sums = append(t.sums, m)
		}
	}
}

// someOfList is how many texts of a constant list are tried.
const someOfList = 16

// other is a text that is none of those that a condition asks for.
const other = "\u00b7"

// textValues finds texts: the constants, and what contains, starts with, or ends with
// some of them.
func (o *opener) textValues(t *trial, l *literals) {
	same := sameText(t.kind == fact.Text)
	tests := make([]func(string) bool, len(l.tests))
	for i, n := range l.tests {
		tests[i] = n.TextTest()
	}
	const most = 250 // texts, before those that the tests do not tell apart are left out
	texts := slices.Clone(l.texts)
	if len(t.field.Values) > 0 {
		// As many as this hold one that is none of the constants.
		texts = append(texts, t.field.Values[:min(len(t.field.Values), len(texts)+64)]...)
	} else {
		inner := []string{""}
		for _, s := range l.holds[0] {
			for _, have := range slices.Clone(inner) {
				if len(inner) < 16 {
					inner = append(inner, have+other+s)
				}
			}
		}
		for _, s := range l.holds[0] {
			inner = append(inner, other+s)
		}
		for _, start := range append(l.holds[1], "") {
			for _, end := range append(l.holds[2], "") {
				for _, in := range inner {
					if len(texts) < most {
						texts = append(texts, start+in+other+end, start+in+end)
					}
				}
			}
		}
		texts = append(texts, other, other+other, other+other+other)
	}
	seen := map[string]bool{}
	for _, s := range texts {
		if t.kind == fact.Text {
			s = fact.Clean(s)
		}
		is := func(text string) bool {
			if t.kind == fact.Text {
				text = fact.Clean(text)
			}
			return same(text, s)
		}
		if fact.Clean(s) == "" || slices.ContainsFunc(t.field.Placeholders, is) ||
			len(t.field.Values) > 0 && !slices.ContainsFunc(t.field.Values, is) {
			continue
		}
		key := fmt.Append(nil, slices.IndexFunc(l.texts, is)) // how all tests with constants come out
		for _, holds := range tests {
			if key = append(key, 0); holds != nil && holds(s) {
				key[len(key)-1] = 1
			}
		}
		if !seen[string(key)] || t.tied != nil {
			seen[string(key)] = true
			t.values = append(t.values, fact.Value{Known: true, Text: s})
		}
	}
}

// example gives texts that a pattern matches, if it finds some.
func (p *pattern) example() []string {
	if p.literals != nil {
		return p.literals
	}
	parsed, err := syntax.Parse(p.re.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	var write func(r *syntax.Regexp) string
	write = func(r *syntax.Regexp) (s string) {
		switch r.Op {
		case syntax.OpLiteral:
			return string(r.Rune)
		case syntax.OpCharClass:
			if len(r.Rune) > 0 {
				s = string(r.Rune[:1])
			}
		case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
			s = "a"
		case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
			s = write(r.Sub[0])
		case syntax.OpRepeat:
			s = strings.Repeat(write(r.Sub[0]), min(r.Min, maxSteps))
		case syntax.OpConcat:
			for _, k := range r.Sub {
				s += write(k)
			}
		}
		return s
	}
	s := write(parsed)
	if len(s) > fact.MaxText || !p.matches(s) {
		return nil
	}
	return []string{s}
}

// spread gives numbers that can come out otherwise when they are compared with some
// others: these, and some between each two of them.
func spread(t *trial, numbers []float64, between int, out []fact.Value) []fact.Value {
	lo, hi := max(t.lo, -fact.MaxNumber), min(t.hi, fact.MaxNumber)
	numbers = append(numbers, lo, hi)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	put := func(x float64) {
		if x < lo || x > hi || t.whole && x != math.Trunc(x) {
			return
		}
		if n := len(out); n == 0 || out[n-1].Number != x {
			out = append(out, fact.Value{Known: true, Number: x})
		}
	}
	for i, x := range numbers {
		put(x)
		if i+1 == len(numbers) || x < lo {
			continue
		}
		next := numbers[i+1]
		for j := 1; j <= between; j++ {
			switch mid := x + (next-x)*float64(j)/float64(between+1); {
			case !t.whole:
				put(mid)
			case math.Floor(x)+float64(j) < next:
				put(math.Floor(x) + float64(j))
			}
		}
	}
	return out
}
