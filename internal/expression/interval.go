package expression

import (
	"math"

	"github.com/qualify-go/qualify/internal/fact"
)

// Interval holds the numbers that an expression can give. Lo > Hi: none.
type Interval struct {
	Lo, Hi  float64
	Unknown bool // it can be unknown too
}

func point(x float64, known bool) Interval {
	if !known {
		return never
	}
	return Interval{x, x, false}
}

// never is the interval of what is always unknown.
var never = Interval{math.Inf(1), math.Inf(-1), true}

// anything is the interval of what nothing is said of.
var anything = Interval{math.Inf(-1), math.Inf(1), true}

// Known reports whether the interval holds any number.
func (a Interval) Known() bool { return a.Lo <= a.Hi }

// Union is the least interval that holds both.
func (a Interval) Union(b Interval) Interval {
	return Interval{min(a.Lo, b.Lo), max(a.Hi, b.Hi), a.Unknown || b.Unknown}
}

// CompiledCriterion is a compiled criterion.
type CompiledCriterion struct{ Met, Unmet *Node } // Unmet may be nil

// IntervalEval evaluates expressions over sets: what can come out if the facts in
// Free, all of them unknown now, took any value that their declarations allow,
// or stayed unknown, independently of one another. The result holds everything
// that can come out, and sometimes more: an expression that asks the same fact
// twice is taken as if it asked two.
//
// It is a reading of its own, because three-valued logic alone is not enough:
// an unknown can become known, and then ??, known and met_count turn round.
type IntervalEval struct {
	Env      *Env
	Lead     []Field
	QueryLo  []float64 // by call: the least number that it can give
	QueryHi  []float64
	Criteria []CompiledCriterion

	free   bits
	round  int
	terms  []spreadMemo
	checks []checkMemo
}

type spreadMemo struct {
	round int
	set   Set
	num   Interval
	loose loose
}

// loose says of a value that is no number only whether it can be known, whether
// it can be unknown, and of a list of text whether it can be known in part.
type loose struct{ known, unknown, partial bool }

type checkMemo struct {
	round int
	can   [4]bool
}

// Reset prepares for a new assessment with the given number of terms. No fact
// is free after it.
func (s *IntervalEval) Reset(terms int) {
	if len(s.terms) != terms || len(s.checks) != len(s.Criteria) {
		s.terms = make([]spreadMemo, terms)
		s.checks = make([]checkMemo, len(s.Criteria))
	}
	s.FreeNone()
}

// FreeNone frees none of the facts.
func (s *IntervalEval) FreeNone() {
	clear(s.free)
	s.round++
}

// Free frees one more fact: attribute i, or call i-len(Lead).
func (s *IntervalEval) Free(i int) {
	s.free = s.free.with(i)
	s.round++
}

// FreeOnly frees the facts of a set, and no others.
func (s *IntervalEval) FreeOnly(facts []uint64) {
	s.free = append(s.free[:0], facts...)
	s.round++
}

// Touches reports whether the expression reads a free fact.
func (s *IntervalEval) Touches(n *Node) bool { return n.reads.meets(s.free) }

// Reads reports whether the expression reads fact i.
func (n *Node) Reads(i int) bool { return n.reads.has(i) }

// Test gives the answers that a condition can give.
func (s *IntervalEval) Test(n *Node) Set {
	if !s.Touches(n) {
		return Only(n.test(s.Env))
	}
	switch n.Op {
	case OpLead, OpCall:
		return Only(Yes) | Only(No) | Only(Unknown)
	case OpAnd:
		return s.Test(n.Kids[0]).and(s.Test(n.Kids[1]))
	case OpOr:
		return s.Test(n.Kids[0]).or(s.Test(n.Kids[1]))
	case OpNot:
		return s.Test(n.Kids[0]).Not()
	case OpCondition:
		return s.Test(n.Kids[1]).choose(s.Test(n.Kids[0]), s.Test(n.Kids[2]))
	case OpDefault:
		l := s.Test(n.Kids[0])
		if !l.Can(Unknown) {
			return l
		}
		return l&^Only(Unknown) | s.Test(n.Kids[1])
	case OpTerm:
		return s.term(n).set
	case OpKnown:
		return s.whether(n.Kids[0])
	case OpMet:
		return s.met(n.Slot)
	case OpUnmet:
		return s.met(n.Slot).Not()
	case OpAllMet:
		all := Only(Yes)
		for _, i := range n.Many {
			all = all.and(s.met(i))
		}
		return all
	}
	if n.Kids[0].Kind == fact.Number && !isAge(n.Kids[0]) && (len(n.Kids) < 2 || !isAge(n.Kids[1])) {
		if n.Op == OpIn {
			return inside(s.Number(n.Kids[0]), n.Kids[1:])
		}
		return Compare(n.Op, s.Number(n.Kids[0]), s.Number(n.Kids[1]))
	}
	if n.Op == OpIn && s.found(n) {
		return Only(Yes)
	}
	// Any outcome that its sides' being known allows.
	both := loose{known: true}
	for _, k := range n.Kids {
		l := s.loose(k)
		both = loose{both.known && l.known, both.unknown || l.unknown || l.partial, false}
	}
	var out Set
	if both.known {
		out = Only(Yes) | Only(No)
	}
	if both.unknown {
		out |= Only(Unknown)
	}
	return out
}

// found reports whether a list of text that is known in part holds what is looked for, as it will
// whatever else is in it.
func (s *IntervalEval) found(n *Node) bool {
	list, text := n.Kids[0], n.Kids[1]
	if list.Kind != fact.Texts {
		list, text = text, list
	}
	get := slot(list)
	return list.Kind == fact.Texts && get != nil && get(s.Env).Known && !s.Touches(text) && n.test(s.Env) == Yes
}

// Compare gives the answers of a comparison of numbers: op is one of OpEqual to
// OpGreaterEqual.
func Compare(op Op, a, b Interval) Set {
	less, equal, greater := op.Holds()
	var out Set
	if a.Unknown || b.Unknown {
		out |= Only(Unknown)
	}
	if !a.Known() || !b.Known() {
		return out
	}
	if a.Lo < b.Hi {
		out |= Only(answer(less))
	}
	if max(a.Lo, b.Lo) <= min(a.Hi, b.Hi) {
		out |= Only(answer(equal))
	}
	if a.Hi > b.Lo {
		out |= Only(answer(greater))
	}
	return out
}

// inside gives the answers to whether a number is one of some constants.
func inside(a Interval, all []*Node) Set {
	var out Set
	if a.Unknown {
		out |= Only(Unknown)
	}
	if !a.Known() {
		return out
	}
	some := false
	for _, k := range all {
		some = some || a.Lo <= k.Const.Number && k.Const.Number <= a.Hi
	}
	if some {
		out |= Only(Yes)
	}
	if !some || a.Lo < a.Hi {
		out |= Only(No)
	}
	return out
}

// whether gives the answers of known(n).
func (s *IntervalEval) whether(n *Node) Set {
	l := s.loose(n)
	var out Set
	if l.known {
		out |= Only(Yes)
	}
	if l.unknown {
		out |= Only(No)
	}
	return out
}

func (s *IntervalEval) loose(n *Node) loose {
	switch n.Kind {
	case fact.Bool:
		set := s.Test(n)
		return loose{set&^Only(Unknown) != 0, set.Can(Unknown), false}
	case fact.Number:
		if isAge(n) {
			if len(n.Kids) == 0 {
				_, ok := age(n)(s.Env)
				return loose{ok, !ok, false}
			}
			return s.loose(n.Kids[0])
		}
		a := s.Number(n)
		return loose{a.Known(), a.Unknown, false}
	}
	if !s.Touches(n) {
		_, v := value(n, s.Env)
		return loose{v.Known, !v.Known, v.Partial}
	}
	switch n.Op {
	case OpTerm:
		return s.term(n).loose
	case OpDefault:
		l, r := s.loose(n.Kids[0]), s.loose(n.Kids[1])
		return loose{l.known || l.unknown && r.known, l.unknown && r.unknown, l.partial || l.unknown && r.partial}
	case OpCondition:
		c, l, r := s.Test(n.Kids[0]), s.loose(n.Kids[1]), s.loose(n.Kids[2])
		return loose{
			c.Can(Yes) && l.known || c.Can(No) && r.known || c.Can(Unknown) && l.known && r.known,
			c.Can(Yes) && l.unknown || c.Can(No) && r.unknown || c.Can(Unknown),
			c.Can(Yes) && l.partial || c.Can(No) && r.partial,
		}
	}
	// A free fact. More may be learnt of a list that is known in part, and it stays known.
	isList := n.Kind == fact.Texts
	known := isList && slot(n)(s.Env).Known
	return loose{true, !known, isList}
}

// Number gives the numbers that an expression can give.
func (s *IntervalEval) Number(n *Node) Interval {
	if !s.Touches(n) {
		return point(n.num(s.Env))
	}
	switch n.Op {
	case OpLead:
		f := &s.Lead[n.Slot]
		return Interval{f.Lo, f.Hi, true}
	case OpCall:
		return Interval{s.QueryLo[n.Slot], s.QueryHi[n.Slot], true}
	case OpCalendarDays, OpDaysBetween:
		out := anything
		out.Unknown = false
		for _, k := range n.Kids {
			l := s.loose(k)
			if !l.known {
				return never
			}
			out.Unknown = out.Unknown || l.unknown
		}
		return out
	case OpTerm:
		return s.term(n).num
	case OpDefault:
		l := s.Number(n.Kids[0])
		if !l.Unknown {
			return l
		}
		r := s.Number(n.Kids[1])
		l.Unknown = false
		return l.Union(r)
	case OpCondition:
		return Choose(s.Test(n.Kids[0]), s.Number(n.Kids[1]), s.Number(n.Kids[2]))
	case OpNegate:
		a := s.Number(n.Kids[0])
		return Interval{0 - a.Hi, 0 - a.Lo, a.Unknown}
	case OpMetCount:
		var lo, hi float64
		for _, i := range n.Many {
			can := s.check(i)
			if can[CheckYes] {
				hi++
				if !can[CheckNo] && !can[CheckUnknown] && !can[CheckDisputed] {
					lo++
				}
			}
		}
		return Interval{lo, hi, false}
	}
	return Combine(n.Op, s.Number(n.Kids[0]), s.Number(n.Kids[1]))
}

// Choose gives the numbers of c ? l : r, for the answers that c can have.
func Choose(c Set, l, r Interval) Interval {
	out := never
	out.Unknown = c.Can(Unknown)
	if c.Can(Yes) {
		out = out.Union(l)
	}
	if c.Can(No) {
		out = out.Union(r)
	}
	if c.Can(Unknown) {
		// Known only where both sides can be equal.
		if lo, hi := max(l.Lo, r.Lo), min(l.Hi, r.Hi); lo <= hi {
			out = out.Union(Interval{lo, hi, false})
		}
	}
	return out
}

// Combine applies an operator, one of OpAdd to OpModulo, to intervals. The operators are
// monotone (decimal.go), so the ends of the result are the results of ends.
func Combine(op Op, a, b Interval) Interval {
	if !a.Known() || !b.Known() {
		return never
	}
	unknown := a.Unknown || b.Unknown
	var ends [4]float64
	switch op {
	case OpAdd:
		lo, hi := arithmetic(op, a.Lo, b.Lo), arithmetic(op, a.Hi, b.Hi)
		ends = [4]float64{lo, hi, lo, hi}
	case OpSubtract:
		lo, hi := arithmetic(op, a.Lo, b.Hi), arithmetic(op, a.Hi, b.Lo)
		ends = [4]float64{lo, hi, lo, hi}
	case OpModulo:
		// The remainder is smaller than either side, and has the sign of the left.
		m := min(max(math.Abs(a.Lo), math.Abs(a.Hi)), max(math.Abs(b.Lo), math.Abs(b.Hi)))
		ends = [4]float64{-m, m, -m, m}
		unknown = unknown || b.Lo <= 0 && b.Hi >= 0
	default:
		if op == OpDivide && b.Lo <= 0 && b.Hi >= 0 {
			return anything
		}
		ends = [4]float64{
			arithmetic(op, a.Lo, b.Lo), arithmetic(op, a.Lo, b.Hi),
			arithmetic(op, a.Hi, b.Lo), arithmetic(op, a.Hi, b.Hi),
		}
	}
	out := Interval{ends[0], ends[0], unknown}
	for _, e := range ends {
		if _, ok := finite(e); !ok {
			return anything
		}
		out.Lo, out.Hi = min(out.Lo, e), max(out.Hi, e)
	}
	return out
}

func (s *IntervalEval) term(n *Node) *spreadMemo {
	m := &s.terms[n.Slot]
	if m.round == s.round {
		return m
	}
	body := n.Kids[0]
	switch n.Kind {
	case fact.Bool:
		m.set = s.Test(body)
	case fact.Number:
		m.num = s.Number(body)
	default:
		m.loose = s.loose(body)
	}
	m.round = s.round
	return m
}

// check gives the answers that a criterion can have.
func (s *IntervalEval) check(i int) *[4]bool {
	m := &s.checks[i]
	if m.round == s.round {
		return &m.can
	}
	c := s.Criteria[i]
	met, unmet := s.Test(c.Met), Only(No)
	if c.Unmet != nil {
		unmet = s.Test(c.Unmet)
	}
	m.can, m.round = judged[of(c.Unmet != nil)][met][unmet], s.round
	return &m.can
}

// judged are the answers that a criterion can have, by whether it has an unmet condition, and what
// its conditions can answer.
var judged = func() (can [2][8][8][4]bool) {
	for met := range Set(8) {
		for unmet := range Set(8) {
			for a := No; a <= Yes; a++ {
				for b := No; b <= Yes; b++ {
					for has := range can {
						if met.Can(a) && unmet.Can(b) {
							can[has][met][unmet][Judge(a, b, has == 1)] = true
						}
					}
				}
			}
		}
	}
	return can
}()

func (s *IntervalEval) met(i int) Set {
	var out Set
	for c, can := range s.check(i) {
		if can {
			out |= Only(Check(c).Met())
		}
	}
	return out
}
