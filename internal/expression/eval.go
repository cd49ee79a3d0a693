package expression

import (
	"cmp"
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// link gives the node its closure, made of those of its kids. What can be
// decided now (slots, constants, operators) is decided here, so that an
// evaluation reads slots and compares.
func link(n *Node) {
	switch n.Kind {
	case fact.Bool:
		n.test = linkTest(n)
	case fact.Number:
		n.num = linkNumber(n)
	case fact.Text, fact.Code:
		n.text = linkText(n)
	case fact.Time:
		n.time = linkTime(n)
	case fact.Texts:
		n.texts = linkTexts(n)
	}
}

// slot gives access to the value of a fact; nil when the node is none.
func slot(n *Node) func(*Env) *fact.Value {
	i := n.Slot
	switch n.Op {
	case OpLead:
		return func(f *Env) *fact.Value { return &f.Lead[i] }
	case OpCall:
		return func(f *Env) *fact.Value { return &f.Queries[i] }
	case OpProp:
		return func(f *Env) *fact.Value { return &f.Props[i] }
	}
	return nil
}

// memo evaluates a term once an assessment.
func memo(n *Node) func(*Env) *Memo {
	i, body := n.Slot, n.Kids[0]
	return func(f *Env) *Memo {
		m := &f.Terms[i]
		if !m.Done {
			m.Answer, m.Value = value(body, f)
			m.Done = true
		}
		return m
	}
}

// value evaluates a node of any kind.
func value(n *Node, f *Env) (a Answer, v fact.Value) {
	switch n.Kind {
	case fact.Bool:
		a = n.test(f)
		v.Known, v.Bool = a != Unknown, a == Yes
	case fact.Number:
		v.Number, v.Known = n.num(f)
	case fact.Text, fact.Code:
		v.Text, v.Known = n.text(f)
	case fact.Time:
		v.Time, v.Known = n.time(f)
	case fact.Texts:
		var l list
		l, v.Known = n.texts(f)
		v.Texts, v.Partial = l.elements, l.partial
	}
	return a, v
}

// chosen gives c ? l : r for all kinds but bool.
func chosen[T any](c func(*Env) Answer, l, r func(*Env) (T, bool), same func(f *Env, a, b T) bool) func(*Env) (T, bool) {
	return func(f *Env) (T, bool) {
		switch c(f) {
		case Yes:
			return l(f)
		case No:
			return r(f)
		}
		x, ok := l(f)
		y, also := r(f)
		return x, ok && also && same(f, x, y)
	}
}

// defaulted gives l ?? r for all kinds but bool.
func defaulted[T any](l, r func(*Env) (T, bool)) func(*Env) (T, bool) {
	return func(f *Env) (T, bool) {
		if x, ok := l(f); ok {
			return x, true
		}
		return r(f)
	}
}

func linkTest(n *Node) func(*Env) Answer {
	if get := slot(n); get != nil {
		return func(f *Env) Answer {
			v := get(f)
			if !v.Known {
				return Unknown
			}
			return answer(v.Bool)
		}
	}
	i := n.Slot
	switch n.Op {
	case OpAnd:
		l, r := n.Kids[0].test, n.Kids[1].test
		return func(f *Env) Answer {
			a := l(f)
			if a == No {
				return No
			}
			return min(a, r(f))
		}
	case OpOr:
		l, r := n.Kids[0].test, n.Kids[1].test
		return func(f *Env) Answer {
			a := l(f)
			if a == Yes {
				return Yes
			}
			return max(a, r(f))
		}
	case OpNot:
		k := n.Kids[0].test
		return func(f *Env) Answer { return k(f).Not() }
	case OpCondition:
		c, l, r := n.Kids[0].test, n.Kids[1].test, n.Kids[2].test
		return func(f *Env) Answer {
			switch c(f) {
			case Yes:
				return l(f)
			case No:
				return r(f)
			}
			return chooseUnknown(l(f), r(f))
		}
	case OpTerm:
		get := memo(n)
		return func(f *Env) Answer { return get(f).Answer }
	case OpConstant:
		a := answer(n.Const.Bool)
		return func(*Env) Answer { return a }
	case OpKnown:
		k := n.Kids[0]
		return func(f *Env) Answer {
			_, v := value(k, f)
			return answer(v.Known)
		}
	case OpDefault:
		l, r := n.Kids[0].test, n.Kids[1].test
		return func(f *Env) Answer {
			if a := l(f); a != Unknown {
				return a
			}
			return r(f)
		}
	case OpIn:
		return linkIn(n)
	case OpContains, OpStartsWith, OpEndsWith:
		return linkPart(n)
	case OpMatches:
		return linkMatches(n)
	case OpMet:
		return func(f *Env) Answer { return f.Check[i].Met() }
	case OpUnmet:
		return func(f *Env) Answer { return f.Check[i].Met().Not() }
	case OpAllMet:
		many := n.Many
		return func(f *Env) Answer {
			all := Yes
			for _, i := range many {
				all = min(all, f.Check[i].Met())
			}
			return all
		}
	case OpReached:
		return func(f *Env) Answer {
			if f.Stage == None {
				return No
			}
			at, want := f.Ranks[f.Stage], f.Ranks[i]
			return answer(f.Stage == i || at != None && want != None && at > want)
		}
	}
	return linkCompare(n)
}

func same[T comparable](_ *Env, a, b T) bool { return a == b }

// Holds tells which outcomes (-1, 0, +1) of a comparison answer an operator yes.
func (op Op) Holds() (less, equal, greater bool) {
	switch op {
	case OpEqual:
		return false, true, false
	case OpNotEqual:
		return true, false, true
	case OpLess:
		return true, false, false
	case OpLessEqual:
		return true, true, false
	case OpGreater:
		return false, false, true
	}
	return false, true, true
}

// Swapped is the operator with its sides exchanged.
func (op Op) Swapped() Op {
	switch op {
	case OpLess:
		return OpGreater
	case OpLessEqual:
		return OpGreaterEqual
	case OpGreater:
		return OpLess
	case OpGreaterEqual:
		return OpLessEqual
	}
	return op
}

func linkCompare(n *Node) func(*Env) Answer {
	l, r := n.Kids[0], n.Kids[1]
	if isAge(l) || isAge(r) {
		if isAge(r) {
			return linkAge(n.Op.Swapped(), r, l)
		}
		return linkAge(n.Op, l, r)
	}
	equal := n.Op == OpEqual // or it is OpNotEqual, of what has no order
	switch l.Kind {
	case fact.Number:
		return linkNumbers(n.Op, l, r)
	case fact.Time:
		return compared(n.Op, l.time, r.time, cmp.Compare[int64])
	case fact.Bool:
		a, b := l.test, r.test
		return func(f *Env) Answer {
			x, y := a(f), b(f)
			if x == Unknown || y == Unknown {
				return Unknown
			}
			return answer((x == y) == equal)
		}
	}
	return linkSameText(n, equal)
}

// whole gives the text of a kid that meets a text as a whole. A literal that
// meets one without regard to case is made clean, as the text was when it was read.
func (n *Node) whole(k *Node) func(*Env) (string, bool) { return n.literally(k, fact.Clean) }

// part gives the text of a kid that meets a part of a text: of a literal, the white space
// around it counts.
func (n *Node) part(k *Node) func(*Env) (string, bool) { return n.literally(k, fact.Squeeze) }

func (n *Node) literally(k *Node, clean func(string) string) func(*Env) (string, bool) {
	get := k.text
	switch {
	case !n.fold || !k.literal:
		return get
	case k.Op == OpConstant:
		s := clean(k.Const.Text)
		return func(*Env) (string, bool) { return s, true }
	}
	return func(f *Env) (string, bool) {
		s, ok := get(f)
		return clean(s), ok
	}
}

// compared answers a comparison by the order of its sides.
func compared[T any](op Op, l, r func(*Env) (T, bool), compare func(x, y T) int) func(*Env) Answer {
	less, equal, greater := op.Holds()
	return func(f *Env) Answer {
		x, ok := l(f)
		y, also := r(f)
		if !ok || !also {
			return Unknown
		}
		switch c := compare(x, y); {
		case c < 0:
			return answer(less)
		case c > 0:
			return answer(greater)
		}
		return answer(equal)
	}
}

// linkNumbers compares numbers; a fact or a score against a constant, the usual cases,
// needs no call.
func linkNumbers(op Op, l, r *Node) func(*Env) Answer {
	if r.Op == OpConstant {
		y, i, o := r.Const.Number, l.Slot, op.outcomes()
		switch l.Op {
		case OpLead:
			return func(f *Env) Answer {
				v := &f.Lead[i]
				if !v.Known {
					return Unknown
				}
				return o.of(v.Number, y)
			}
		case OpCall:
			return func(f *Env) Answer {
				v := &f.Queries[i]
				if !v.Known {
					return Unknown
				}
				return o.of(v.Number, y)
			}
		case OpScore:
			return func(f *Env) Answer { return o.of(f.Points[i], y) }
		}
	}
	return compared(op, l.num, r.num, cmp.Compare[float64])
}

// outcomes are the answers of a comparison, by how its sides compare.
type outcomes struct{ less, equal, greater Answer }

func (op Op) outcomes() outcomes {
	less, equal, greater := op.Holds()
	return outcomes{answer(less), answer(equal), answer(greater)}
}

func (o outcomes) of(x, y float64) Answer {
	switch {
	case x < y:
		return o.less
	case x > y:
		return o.greater
	}
	return o.equal
}

func isAge(n *Node) bool { return n.Op == OpDaysSince || n.Op == OpDaysUntil || n.Op == OpDaysInStage }

// age gives an age in nanoseconds.
func age(n *Node) func(*Env) (wide, bool) {
	if n.Op == OpDaysInStage {
		return func(f *Env) (wide, bool) {
			return difference(f.Now, f.StageSince.Time), f.StageSince.Known && f.Stage != None
		}
	}
	from, until := n.Kids[0].time, n.Op == OpDaysUntil
	return func(f *Env) (wide, bool) {
		t, ok := from(f)
		if until {
			return difference(t, f.Now), ok
		}
		return difference(f.Now, t), ok
	}
}

// wide is an integer of 128 bits in two's complement: two instants can lie
// further apart than an int64 of nanoseconds tells.
type wide struct {
	hi int64
	lo uint64
}

func difference(a, b int64) wide {
	hi := a>>63 - b>>63
	if uint64(a) < uint64(b) {
		hi--
	}
	return wide{hi, uint64(a) - uint64(b)}
}

func (d wide) compare(e wide) int { return cmp.Or(cmp.Compare(d.hi, e.hi), cmp.Compare(d.lo, e.lo)) }

func (d wide) float() float64 {
	if d.hi == int64(d.lo)>>63 {
		return float64(int64(d.lo))
	}
	return math.Ldexp(float64(d.hi), 64) + float64(d.lo)
}

// Nanoseconds gives the nanoseconds that an age is compared with where a condition
// says days.
func Nanoseconds(days float64) float64 { return nanoseconds(days).float() }

// nanoseconds turns days into whole nanoseconds, kept within what is longer
// than any age.
func nanoseconds(days float64) wide {
	ns := math.Round(float64(days * float64(history.Day)))
	switch {
	case ns >= 1<<64:
		return wide{1, 0}
	case ns <= -1<<64:
		return wide{-1, 0}
	case ns < 0:
		lo := -uint64(-ns)
		return wide{-1, lo}
	}
	return wide{0, uint64(ns)}
}

// linkAge compares an age with days, in whole nanoseconds.
func linkAge(op Op, l, r *Node) func(*Env) Answer {
	b := func(f *Env) (wide, bool) {
		days, ok := r.num(f)
		return nanoseconds(days), ok
	}
	if r.Op == OpConstant {
		ns := nanoseconds(r.Const.Number)
		b = func(*Env) (wide, bool) { return ns, true }
	}
	return compared(op, age(l), b, wide.compare)
}

func linkIn(n *Node) func(*Env) Answer {
	l := n.Kids[0]
	if n.Kids[1].Kind == fact.Texts && !n.hasList() {
		return linkInList(n)
	}
	if l.Kind == fact.Texts {
		return linkListIn(n)
	}
	switch l.Kind {
	case fact.Number:
		var all []float64
		for _, k := range n.Kids[1:] {
			all = append(all, k.Const.Number)
		}
		return among(l.num, all)
	case fact.Time:
		var all []int64
		for _, k := range n.Kids[1:] {
			all = append(all, k.Const.Time)
		}
		return among(l.time, all)
	case fact.Bool:
		one := l.test
		var all Set
		for _, k := range n.Kids[1:] {
			all |= Only(answer(k.Const.Bool))
		}
		return func(f *Env) Answer {
			x := one(f)
			if x == Unknown {
				return Unknown
			}
			return answer(all.Can(x))
		}
	}
	return linkInTexts(n)
}

// among answers whether a value is one of some constants.
func among[T comparable](one func(*Env) (T, bool), all []T) func(*Env) Answer {
	return func(f *Env) Answer {
		x, ok := one(f)
		if !ok {
			return Unknown
		}
		return answer(slices.Contains(all, x))
	}
}

func linkNumber(n *Node) func(*Env) (float64, bool) {
	if i := n.Slot; n.Op == OpLead { // as most are
		return func(f *Env) (float64, bool) {
			v := &f.Lead[i]
			return v.Number, v.Known
		}
	}
	if get := slot(n); get != nil {
		return func(f *Env) (float64, bool) {
			v := get(f)
			return v.Number, v.Known
		}
	}
	i := n.Slot
	switch n.Op {
	case OpConstant:
		x := n.Const.Number
		return func(*Env) (float64, bool) { return x, true }
	case OpTerm:
		get := memo(n)
		return func(f *Env) (float64, bool) {
			m := get(f)
			return m.Value.Number, m.Value.Known
		}
	case OpCondition:
		return chosen(n.Kids[0].test, n.Kids[1].num, n.Kids[2].num, same[float64])
	case OpDefault:
		return defaulted(n.Kids[0].num, n.Kids[1].num)
	case OpNegate:
		k := n.Kids[0].num
		return func(f *Env) (float64, bool) {
			x, ok := k(f)
			return 0 - x, ok
		}
	case OpAdd, OpSubtract, OpMultiply, OpDivide, OpModulo:
		l, r, op := n.Kids[0].num, n.Kids[1].num, n.Op
		return func(f *Env) (float64, bool) {
			x, ok := l(f)
			y, also := r(f)
			if !ok || !also {
				return 0, false
			}
			return finite(arithmetic(op, x, y))
		}
	case OpMetCount:
		many := n.Many
		return func(f *Env) (float64, bool) {
			met := 0
			for _, i := range many {
				if f.Check[i] == CheckYes {
					met++
				}
			}
			return float64(met), true
		}
	case OpScore:
		return func(f *Env) (float64, bool) { return f.Points[i], true }
	case OpCalendarDays:
		from, day := n.Kids[0].time, n.day
		return func(f *Env) (float64, bool) {
			t, ok := from(f)
			return float64(day(f.Now) - day(t)), ok
		}
	case OpDaysBetween:
		from, to := n.Kids[0].time, n.Kids[1].time
		return func(f *Env) (float64, bool) {
			a, ok := from(f)
			b, also := to(f)
			return difference(b, a).float() / float64(history.Day), ok && also
		}
	case OpDaysSince, OpDaysUntil, OpDaysInStage:
		// Ages are compared in nanoseconds (linkAge); nothing else may hold one.
		return nil
	}
	panic("expression: a number that is none")
}

func finite(x float64) (float64, bool) {
	return x, !math.IsInf(x, 0) && !math.IsNaN(x)
}

func linkText(n *Node) func(*Env) (string, bool) {
	if i := n.Slot; n.Op == OpLead { // as most are
		return func(f *Env) (string, bool) {
			v := &f.Lead[i]
			return v.Text, v.Known
		}
	}
	if get := slot(n); get != nil {
		return func(f *Env) (string, bool) {
			v := get(f)
			return v.Text, v.Known
		}
	}
	i := n.Slot
	switch n.Op {
	case OpConstant:
		s := n.Const.Text
		return func(*Env) (string, bool) { return s, true }
	case OpTerm:
		get := memo(n)
		return func(f *Env) (string, bool) {
			m := get(f)
			return m.Value.Text, m.Value.Known
		}
	case OpCondition:
		return chosen(n.Kids[0].test, n.whole(n.Kids[1]), n.whole(n.Kids[2]), n.sameChoice)
	case OpDefault:
		return defaulted(n.whole(n.Kids[0]), n.whole(n.Kids[1]))
	case OpBand:
		// No band is an answer too: the comparison with a label is a definite no.
		return func(f *Env) (string, bool) { return f.Bands[i], true }
	}
	panic("expression: a text that is none")
}

func linkTime(n *Node) func(*Env) (int64, bool) {
	if get := slot(n); get != nil {
		return func(f *Env) (int64, bool) {
			v := get(f)
			return v.Time, v.Known
		}
	}
	switch n.Op {
	case OpConstant:
		t := n.Const.Time
		return func(*Env) (int64, bool) { return t, true }
	case OpNow:
		return func(f *Env) (int64, bool) { return f.Now, true }
	case OpActivityAt:
		return func(f *Env) (int64, bool) { return f.ActivityAt, true }
	case OpTerm:
		get := memo(n)
		return func(f *Env) (int64, bool) {
			m := get(f)
			return m.Value.Time, m.Value.Known
		}
	case OpCondition:
		return chosen(n.Kids[0].test, n.Kids[1].time, n.Kids[2].time, same[int64])
	case OpDefault:
		return defaulted(n.Kids[0].time, n.Kids[1].time)
	}
	panic("expression: a time that is none")
}

func linkTexts(n *Node) func(*Env) (list, bool) {
	if get := slot(n); get != nil {
		return func(f *Env) (list, bool) {
			v := get(f)
			return list{v.Texts, v.Partial}, v.Known
		}
	}
	switch n.Op {
	case OpConstant:
		all := list{elements: n.Const.Texts}
		return func(*Env) (list, bool) { return all, true }
	case OpTerm:
		get := memo(n)
		return func(f *Env) (list, bool) {
			m := get(f)
			return list{m.Value.Texts, m.Value.Partial}, m.Value.Known
		}
	case OpCondition:
		return chosen(n.Kids[0].test, n.Kids[1].texts, n.Kids[2].texts, n.sameLists)
	case OpDefault:
		return defaulted(n.Kids[0].texts, n.Kids[1].texts)
	}
	panic("expression: a list that is none")
}
