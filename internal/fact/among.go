package fact

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The functions here make tests of a text against many others: whether it is one of them, begins or ends with
// one of them, or holds one of them. A test takes a time that hardly grows with their number. Folded, texts meet
// as in [EqualFold]. A test may be used concurrently. None of the others may be empty.

// EqualAny tests whether a text is one of some texts.
func EqualAny(texts []string, fold bool) func(string) bool {
	compare := strings.Compare
	if fold {
		compare = CompareFold
	}
	sorted := slices.SortedFunc(slices.Values(texts), compare)
	return func(s string) bool {
		_, found := slices.BinarySearchFunc(sorted, s, compare)
		return found
	}
}

// PrefixAny tests whether a text begins with one of some texts.
func PrefixAny(texts []string, fold bool) func(string) bool {
	if fold {
		return affixAny(texts, CompareFold, HasPrefixFold)
	}
	return affixAny(texts, strings.Compare, strings.HasPrefix)
}

// SuffixAny tests whether a text ends with one of some texts.
func SuffixAny(texts []string, fold bool) func(string) bool {
	if fold {
		return affixAny(texts, compareBackFold, HasSuffixFold)
	}
	return affixAny(texts, compareBack, strings.HasSuffix)
}

// affixAny looks in an order in which whatever begins (or ends) with a text follows it, before all else does. Once
// no text begins with another one, only the last one that is not behind s can be the beginning of s.
func affixAny(texts []string, compare func(a, b string) int, has func(s, affix string) bool) func(string) bool {
	sorted := slices.SortedFunc(slices.Values(texts), compare)
	kept := sorted[:0]
	for _, t := range sorted {
		if n := len(kept); n == 0 || !has(t, kept[n-1]) {
			kept = append(kept, t)
		}
	}
	return func(s string) bool {
		i, found := slices.BinarySearchFunc(kept, s, compare)
		return found || i > 0 && has(s, kept[i-1])
	}
}

// compareBack compares texts from their ends on.
func compareBack(a, b string) int {
	for i := 1; i <= len(a) && i <= len(b); i++ {
		if x, y := a[len(a)-i], b[len(b)-i]; x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// compareBackFold is compareBack by folded runes.
func compareBackFold(a, b string) int {
	for a != "" && b != "" {
		x, cut := utf8.DecodeLastRuneInString(a)
		y, size := utf8.DecodeLastRuneInString(b)
		if x, y = Fold(x), Fold(y); x != y {
			return int(x) - int(y)
		}
		a, b = a[:len(a)-cut], b[:len(b)-size]
	}
	return len(a) - len(b)
}

// PartAny tests whether a text holds one of some texts.
func PartAny(texts []string, fold bool) func(string) bool {
	m := newAutomaton(texts, fold)
	if fold {
		return m.inFolded
	}
	return m.in
}

// automaton looks for many texts at once, as Aho and Corasick do: its states are the beginnings of these, in order of
// length. It looks at bytes, or at folded runes.
type automaton struct {
	symbol  []rune               // of a state, the last one of its beginning
	child   []int32              // its first longer beginning; those of the next state follow
	shorter []int32              // the longest end of it that is a beginning, too
	found   []bool               // a text ends here
	first   [utf8.RuneSelf]int32 // the beginnings of one ASCII symbol
}

func newAutomaton(texts []string, fold bool) *automaton {
	all := make([][]rune, len(texts))
	for i, t := range texts {
		if fold {
			all[i] = []rune(FoldString(t))
			continue
		}
		for _, b := range []byte(t) {
			all[i] = append(all[i], rune(b))
		}
	}
	slices.SortFunc(all, slices.Compare)
	type beginning struct{ from, to, length int } // that begin so
	m := &automaton{symbol: []rune{0}, shorter: []int32{0}, found: []bool{false}}
	open := []beginning{{0, len(all), 0}}
	for state := 0; state < len(open); state++ {
		m.child = append(m.child, int32(len(m.symbol)))
		here := open[state]
		for from := here.from; from < here.to && !m.found[state]; {
			r := all[from][here.length]
			to := from
			for to < here.to && all[to][here.length] == r {
				to++
			}
			shorter := int32(0)
			if state > 0 {
				shorter = m.next(m.shorter[state], r)
			}
			m.symbol = append(m.symbol, r)
			m.shorter = append(m.shorter, shorter)
			m.found = append(m.found, m.found[shorter] || len(all[from]) == here.length+1)
			open = append(open, beginning{from, to, here.length + 1})
			from = to
		}
		if state == 0 {
			for i := 1; i < len(m.symbol); i++ {
				if m.symbol[i] < utf8.RuneSelf {
					m.first[m.symbol[i]] = int32(i)
				}
			}
		}
	}
	m.child = append(m.child, int32(len(m.symbol)))
	return m
}

// next gives the state behind one more symbol.
func (m *automaton) next(state int32, r rune) int32 {
	for state != 0 {
		from, to := m.child[state], m.child[state+1]
		if i, ok := slices.BinarySearch(m.symbol[from:to], r); ok {
			return from + int32(i)
		}
		state = m.shorter[state]
	}
	if r < utf8.RuneSelf {
		return m.first[r]
	}
	from, to := m.child[0], m.child[1]
	if i, ok := slices.BinarySearch(m.symbol[from:to], r); ok {
		return from + int32(i)
	}
	return 0
}

func (m *automaton) in(s string) bool {
	state := int32(0)
	for i := range len(s) {
		if state = m.next(state, rune(s[i])); m.found[state] {
			return true
		}
	}
	return false
}

func (m *automaton) inFolded(s string) bool {
	state := int32(0)
	for _, r := range s {
		if state = m.next(state, Fold(r)); m.found[state] {
			return true
		}
	}
	return false
}
