package expression

import (
	mathbits "math/bits"
	"slices"
	"strings"

	"github.com/qualify-go/qualify/internal/fact"
)

// This file has the tests of texts and of lists of text. What one costs grows with what
// it sees: so each gives the answer of the last time if it sees the same again, however
// often its condition is read and however much time has passed; and how much it costs
// for each byte is known when it is compiled.

// What a test costs for each byte of the text that it sees, in about a nanosecond.
const (
	searchSteps  = 6   // to look for a needle
	needleSteps  = 10  // to make one ready that is not a literal
	equalSteps   = 4   // to compare
	listSteps    = 150 // to look for all the texts of a list
	patternSteps = 25  // for each instruction of an automaton
)

// shortText is the length up to which a text is looked at again, which costs no more
// than to remember it.
const shortText = 32

// saw is what a test of texts saw: texts, and lists, which are the same if they stand in
// the same memory and nothing was read into it meanwhile.
type saw struct {
	a, b     string
	one, two *string
	n, lists int // texts in each list, and Env.Lists
}

// seen is what a test saw the last time, and its answer.
type seen struct {
	saw
	known, yes bool
}

// Forget drops what tests of texts remember of the lead.
func (f *Env) Forget() {
	if f.remembers {
		clear(f.seen)
		f.seen = f.seen[:0]
		f.needle.Set("", false)
		f.remembers = false
	}
}

// once answers a test that saw something.
func (n *Node) once(f *Env, now saw, test func() bool) bool {
	if n.needs&usesActivity != 0 {
		return test() // the next activity has other texts
	}
	if n.seen >= len(f.seen) {
		f.seen = append(f.seen, make([]seen, n.seen+1-len(f.seen))...)
	}
	s := &f.seen[n.seen]
	if !s.known || s.saw != now {
		f.remembers = true
		*s = seen{now, true, test()}
	}
	return s.yes
}

// see adds a list to what is seen: of a single text, that text.
func (s *saw) see(f *Env, list []string) {
	switch {
	case len(list) == 0:
	case len(list) == 1 && s.one == nil:
		s.a, s.b = list[0], s.a
	case s.one == nil:
		s.one, s.n, s.lists = &list[0], len(list), f.Lists
	default:
		s.two = &list[0] // it is as long
	}
}

// testTexts tests two texts that are both known.
func (n *Node) testTexts(l, r func(*Env) (string, bool), test func(f *Env, a, b string) bool) func(*Env) Answer {
	return func(f *Env) Answer {
		a, ok := l(f)
		b, also := r(f)
		if !ok || !also {
			return Unknown
		}
		if len(a) <= shortText && len(b) <= shortText {
			return answer(test(f, a, b))
		}
		return answer(n.once(f, saw{a: a, b: b}, func() bool { return test(f, a, b) }))
	}
}

// testText tests a text against what stands still.
func (n *Node) testText(get func(*Env) (string, bool), short int, test func(string) bool) func(*Env) Answer {
	return func(f *Env) Answer {
		a, ok := get(f)
		if !ok {
			return Unknown
		}
		if len(a) <= short {
			return answer(test(a))
		}
		return answer(n.once(f, saw{a: a}, func() bool { return test(a) }))
	}
}

// linkPart links contains, startsWith and endsWith.
func linkPart(n *Node) func(*Env) Answer {
	if n.among != nil {
		return n.testText(n.part(n.Kids[0]), 0, n.among)
	}
	l, r := n.part(n.Kids[0]), n.part(n.Kids[1])
	if k := n.Kids[1]; k.Op == OpConstant {
		return n.testText(l, shortText, partTest(n.Op, n.fold, k.Const.Text))
	}
	fold := n.fold
	var test func(f *Env, a, b string) bool
	switch {
	case n.Op == OpContains:
		test = func(f *Env, a, b string) bool {
			if len(b) > 4*len(a) {
				return false // it has more runes than a has bytes
			}
			if !f.needle.Is(b, fold) {
				f.remembers = true
				f.needle.Set(b, fold)
			}
			return f.needle.In(a)
		}
	case n.Op == OpStartsWith && fold:
		test = func(_ *Env, a, b string) bool { return fact.HasPrefixFold(a, b) }
	case n.Op == OpStartsWith:
		test = func(_ *Env, a, b string) bool { return strings.HasPrefix(a, b) }
	case fold:
		test = func(_ *Env, a, b string) bool { return fact.HasSuffixFold(a, b) }
	default:
		test = func(_ *Env, a, b string) bool { return strings.HasSuffix(a, b) }
	}
	return n.testTexts(l, r, test)
}

// partTest gives the test whether a text contains, begins with or ends with a literal.
func partTest(op Op, fold bool, literal string) func(string) bool {
	if fold {
		literal = fact.Squeeze(literal)
	}
	switch {
	case op == OpContains:
		return fact.NewNeedle(literal, fold).In
	case op == OpStartsWith && fold:
		return func(s string) bool { return fact.HasPrefixFold(s, literal) }
	case op == OpStartsWith:
		return func(s string) bool { return strings.HasPrefix(s, literal) }
	case fold:
		return func(s string) bool { return fact.HasSuffixFold(s, literal) }
	}
	return func(s string) bool { return strings.HasSuffix(s, literal) }
}

// linkMatches links matches. To run an automaton costs much for the shortest text, too.
func linkMatches(n *Node) func(*Env) Answer {
	short := 0
	switch p := n.pattern; {
	case p.literals == nil:
	case p.needles.AtOnce():
		short = shortText
	default:
		short = shortText / max(1, len(p.literals))
	}
	return n.testText(n.Kids[0].text, short, n.pattern.matches)
}

// sameText gives the test whether two texts are equal.
func sameText(fold bool) func(a, b string) bool {
	if fold {
		return fact.EqualFold
	}
	return func(a, b string) bool { return a == b }
}

// linkSameText links == and != of texts.
func linkSameText(n *Node, equal bool) func(*Env) Answer {
	same := sameText(n.fold)
	test := n.testTexts(n.whole(n.Kids[0]), n.whole(n.Kids[1]), func(_ *Env, a, b string) bool { return same(a, b) })
	if equal {
		return test
	}
	return func(f *Env) Answer { return test(f).Not() }
}

// sameChoice tells, of a ternary whose condition is unknown, whether both of its texts
// are the same.
func (n *Node) sameChoice(f *Env, a, b string) bool {
	test := sameText(n.fold)
	if len(a) <= shortText && len(b) <= shortText {
		return test(a, b)
	}
	return n.once(f, saw{a: a, b: b}, func() bool { return test(a, b) })
}

// sameLists is sameChoice of lists.
func (n *Node) sameLists(f *Env, a, b list) bool {
	if a.partial || b.partial || len(a.elements) != len(b.elements) {
		return false // those that are known in part need not be the same
	}
	var now saw
	now.see(f, a.elements)
	now.see(f, b.elements)
	return n.once(f, now, func() bool { return slices.EqualFunc(a.elements, b.elements, fact.EqualFold) })
}

// linkInList links in for a list that is a fact.
func linkInList(n *Node) func(*Env) Answer {
	one, of := n.whole(n.Kids[0]), n.Kids[1].texts
	return func(f *Env) Answer {
		s, ok := one(f)
		all, also := of(f)
		if !ok || !also {
			return Unknown
		}
		return n.any(f, s, all, func(t string) bool { return fact.EqualFold(s, t) })
	}
}

// linkListIn links in for a list that is a fact before a list of literals: whether it has
// any of them.
func linkListIn(n *Node) func(*Env) Answer {
	of, is := n.Kids[0].texts, n.isLiteral()
	return func(f *Env) Answer {
		all, ok := of(f)
		if !ok {
			return Unknown
		}
		return n.any(f, "", all, is)
	}
}

// any answers whether any element of a list, or of a text and a list, is as wanted. If
// none is, one of those that were set aside may be.
func (n *Node) any(f *Env, s string, of list, is func(string) bool) Answer {
	found := false
	if len(s) <= shortText && isShort(of.elements) {
		found = slices.ContainsFunc(of.elements, is)
	} else {
		now := saw{a: s}
		now.see(f, of.elements)
		found = n.once(f, now, func() bool { return slices.ContainsFunc(of.elements, is) })
	}
	switch {
	case found:
		return Yes
	case of.partial:
		return Unknown
	}
	return No
}

// isShort reports whether a list is no longer in all than a short text.
func isShort(list []string) bool {
	bytes := 0
	for _, t := range list {
		if bytes += 1 + len(t); bytes > shortText {
			return false
		}
	}
	return true
}

// fewTexts is how many texts are compared one by one; of more, those halfway are.
const fewTexts = 8

// linkInTexts links in for a list of literals.
func linkInTexts(n *Node) func(*Env) Answer {
	return n.testText(n.whole(n.Kids[0]), shortText, n.isLiteral())
}

// isLiteral gives the test whether a text is one of the literals in the list of an in.
func (n *Node) isLiteral() func(string) bool {
	if n.among != nil {
		return n.among
	}
	compare, equal := strings.Compare, func(a, b string) bool { return a == b }
	if n.fold {
		compare, equal = fact.CompareFold, fact.EqualFold
	}
	all := n.literals()
	if len(all) <= fewTexts {
		return func(s string) bool {
			for _, t := range all {
				if equal(s, t) {
					return true
				}
			}
			return false
		}
	}
	slices.SortFunc(all, compare)
	return func(s string) bool {
		_, found := slices.BinarySearchFunc(all, s, compare)
		return found
	}
}

// literals lists what stands in the list of an in, as it meets the text before it.
func (n *Node) literals() []string {
	if n.hasList() {
		all := slices.Clone(n.Kids[1].Const.Texts)
		for i := range all {
			switch {
			case n.fold && n.Op == OpIn:
				all[i] = fact.Clean(all[i])
			case n.fold:
				all[i] = fact.Squeeze(all[i])
			}
		}
		return all
	}
	all := make([]string, len(n.Kids)-1)
	for i, k := range n.Kids[1:] {
		if all[i] = k.Const.Text; n.fold {
			all[i] = fact.Clean(all[i])
		}
	}
	return all
}

// isText reports whether a node gives a text, or a list of them.
func (n *Node) isText() bool {
	return n.Kind == fact.Text || n.Kind == fact.Code || n.Kind == fact.Texts
}

// textSteps gives what a test of texts costs for each byte that it sees, and besides
// for the bytes of its literals; of any other node, and all below one, nothing.
func (n *Node) textSteps() (each, besides int) {
	fixed := len(n.Kids) > 1 && n.Kids[1].Op == OpConstant
	if n.hasList() {
		longest, times := 0, mathbits.Len(uint(len(n.Kids[1].Const.Texts)))
		for _, t := range n.Kids[1].Const.Texts {
			longest = max(longest, len(t))
		}
		switch {
		case n.Op == OpContains:
			return listSteps, 0
		case n.Kids[0].Kind == fact.Texts:
			return equalSteps * times, 0
		}
		return 0, equalSteps * longest * times
	}
	switch n.Op {
	case OpMatches:
		if p := n.pattern; p.literals == nil {
			return patternSteps * p.steps, 0
		}
		return searchSteps * len(n.pattern.literals), 0
	case OpContains:
		if fixed {
			return searchSteps, 0
		}
		return searchSteps + needleSteps, 0
	case OpStartsWith, OpEndsWith, OpEqual, OpNotEqual:
		switch {
		case !n.Kids[0].isText():
		case fixed:
			return 0, equalSteps * len(n.Kids[1].Const.Text)
		case n.Kids[0].Op == OpConstant:
			return 0, equalSteps * len(n.Kids[0].Const.Text)
		default:
			return equalSteps, 0
		}
	case OpIn:
		switch {
		case n.Kids[1].Kind == fact.Texts:
			return equalSteps, 0
		case n.Kids[0].isText():
			longest, times := 0, len(n.Kids)-1
			for _, k := range n.Kids[1:] {
				longest = max(longest, len(k.Const.Text))
			}
			if times > fewTexts {
				times = mathbits.Len(uint(times))
			}
			if n.Kids[0].Kind == fact.Texts {
				return equalSteps * times, 0
			}
			return 0, equalSteps * longest * times
		}
	case OpCondition:
		if n.isText() {
			return equalSteps, 0
		}
	}
	return 0, 0
}

// ActivitySteps gives what the tests of an expression cost for each byte of the current
// activity's properties, besides for an activity, and besides for each byte that a text
// may have: for tests of the lead's texts that the activity plays a part in.
func (n *Node) ActivitySteps(each func(prop, steps int)) (besides, all int) {
	n.walk(func(m *Node) {
		steps, more := m.textSteps()
		switch {
		case steps+more == 0:
			return
		case m.needs&usesActivity == 0:
			besides += searchSteps * shortText // or it is remembered
			return
		}
		besides += more
		meets := false
		m.walk(func(k *Node) {
			switch k.Op {
			case OpProp:
				if k.isText() && steps > 0 {
					each(k.Slot, steps)
				}
			case OpLead, OpCall, OpTerm:
				meets = meets || k.isText()
			}
		})
		// To compare two texts costs no more than the shorter one.
		if meets && (m.Op == OpContains || m.Op == OpMatches || m.Op == OpIn) {
			all += steps
		}
	})
	return besides, all
}
