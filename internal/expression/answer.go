package expression

// Answer is the truth of a condition in three-valued (Kleene) logic. The
// order No < Unknown < Yes makes `and` the least and `or` the greatest.
type Answer uint8

// The three answers.
const (
	No Answer = iota
	Unknown
	Yes
)

func answer(b bool) Answer {
	if b {
		return Yes
	}
	return No
}

// Not is the answer turned round; unknown stays unknown.
func (a Answer) Not() Answer { return Yes - a }

// Set is the set of the answers that a condition can give: bit 1<<a for the
// answer a.
type Set uint8

// Only is the set of the one answer a.
func Only(a Answer) Set { return 1 << a }

// Can reports whether the answer a is in the set.
func (s Set) Can(a Answer) bool { return s&(1<<a) != 0 }

// Not is the set of the answers turned round.
func (s Set) Not() Set {
	return s&Only(Unknown) | s&Only(No)<<2 | s&Only(Yes)>>2
}

// and combines every answer of s with every answer of t.
func (s Set) and(t Set) Set { return s.pairs(t, func(a, b Answer) Answer { return min(a, b) }) }

func (s Set) or(t Set) Set { return s.pairs(t, func(a, b Answer) Answer { return max(a, b) }) }

func (s Set) pairs(t Set, f func(a, b Answer) Answer) Set {
	var out Set
	for a := No; a <= Yes; a++ {
		for b := No; b <= Yes; b++ {
			if s.Can(a) && t.Can(b) {
				out |= Only(f(a, b))
			}
		}
	}
	return out
}

// choose gives c ? s : t, where t and s may be known and equal although c is
// unknown; equal answers of independent sets count as equal.
func (s Set) choose(c, t Set) Set {
	var out Set
	if c.Can(Yes) {
		out |= s
	}
	if c.Can(No) {
		out |= t
	}
	if c.Can(Unknown) {
		out |= s.pairs(t, chooseUnknown)
	}
	return out
}

func chooseUnknown(a, b Answer) Answer {
	if a == b {
		return a
	}
	return Unknown
}
