package fact

import (
	"slices"
	"unicode/utf8"
)

// Needles are texts of which any is looked for in others, as a Needle is. If they are ASCII and not very
// many, all are looked for at once, by the automaton of Aho and Corasick, which goes through the other text
// a single time. They may be used concurrently.
type Needles struct {
	each []*Needle // one by one; nil with an automaton
	fold bool
	// class is the column of next for a byte: 0 is that of all bytes that no needle has. next gives, by the
	// beginning of a row and the column, the beginning of the row after it, or found. Row 0 is the start.
	class [utf8.RuneSelf]uint8
	next  []uint16
}

// found is the row at which a needle ends.
const found = mostCells

// mostCells bounds the memory of an automaton, which is two bytes for each.
const mostCells = 4096

// NewNeedles returns needles that are ready.
func NewNeedles(texts []string, fold bool) *Needles {
	n := &Needles{fold: fold}
	if !n.build(texts) {
		for _, t := range texts {
			n.each = append(n.each, NewNeedle(t, fold))
		}
	}
	return n
}

// AtOnce reports whether all are looked for at once.
func (n *Needles) AtOnce() bool { return n.each == nil }

// In reports whether any of the needles lies within s.
func (n *Needles) In(s string) bool {
	if n.each != nil {
		return slices.ContainsFunc(n.each, func(n *Needle) bool { return n.In(s) })
	}
	row := uint16(0)
	for i := 0; i < len(s); i++ {
		column, c := uint8(0), s[i]
		if c < utf8.RuneSelf {
			column = n.class[c]
		} else if n.fold { // a few runes that are not ASCII fold to one that is
			r, size := utf8.DecodeRuneInString(s[i:])
			if r = foldWide(r); r < utf8.RuneSelf {
				column = n.class[r]
			}
			i += size - 1
		}
		if row = n.next[row+uint16(column)]; row == found {
			return true
		}
	}
	return false
}

// build makes the automaton, and reports whether it is to be had.
func (n *Needles) build(texts []string) bool {
	columns, letters := 1, 0
	for _, t := range texts {
		for i := range len(t) {
			if t[i] >= utf8.RuneSelf {
				return false
			}
			if c := n.folded(t[i]); n.class[c] == 0 {
				n.class[c] = uint8(columns)
				columns++
			}
		}
		if letters += len(t); t == "" {
			return false
		}
	}
	if (letters+1)*columns >= mostCells {
		return false
	}
	for c := byte('a'); n.fold && c <= 'z'; c++ {
		n.class[c] = n.class[n.folded(c)]
	}
	n.next = make([]uint16, columns, (letters+1)*columns)
	for _, t := range texts { // the tree of the needles; of one that begins with another, that is enough
		row := uint16(0)
		for i := 0; i < len(t) && row != found; i++ {
			to := &n.next[row+uint16(n.class[t[i]])]
			switch {
			case i == len(t)-1:
				*to = found
			case *to == 0:
				*to = uint16(len(n.next))
				n.next = append(n.next, make([]uint16, columns)...)
				to = &n.next[row+uint16(n.class[t[i]])]
			}
			row = *to
		}
	}
	// Where a needle goes on no further, the longest end of what was read with which one begins may: its
	// row was complete before, since it is shorter.
	back, queue := make([]uint16, len(n.next)), []uint16{0}
	for len(queue) > 0 {
		row := queue[0]
		queue = queue[1:]
		for c := range uint16(columns) {
			to, other := &n.next[row+c], uint16(0)
			if row != 0 {
				other = n.next[back[row]+c]
			}
			switch {
			case *to == found:
			case *to == 0 || other == found:
				*to = other
			default:
				back[*to] = other
				queue = append(queue, *to)
			}
		}
	}
	return true
}

func (n *Needles) folded(c byte) byte {
	if n.fold {
		return byte(Fold(rune(c)))
	}
	return c
}
