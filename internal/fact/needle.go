package fact

import (
	"strings"
	"unicode/utf8"
)

// Needle is a text to look for in others, exactly or folded. To look takes time linear in the length
// of the other text, whatever both texts are. Set makes a Needle ready; from then on it may be used
// concurrently, until it is set again.
type Needle struct {
	text   string
	fold   bool
	folded []rune
	// border is, by how many bytes (of text) or runes (of folded) agree, less one, the length of the
	// longest end of these with which the needle begins, but not all of them. This is the search of
	// Knuth, Morris and Pratt: where the next one disagrees, so much agrees still. It is empty for a
	// short text to be found exactly.
	border []int32
}

// shortNeedle is the length in bytes up to which package strings looks: there, no place costs more
// than a comparison of so many bytes.
const shortNeedle = 64

// NewNeedle returns a needle that is ready.
func NewNeedle(text string, fold bool) *Needle {
	n := new(Needle)
	n.Set(text, fold)
	return n
}

// Set makes n a needle of the text, in the memory that it has.
func (n *Needle) Set(text string, fold bool) {
	n.text, n.fold, n.folded, n.border = text, fold, n.folded[:0], n.border[:0]
	switch {
	case fold:
		for _, r := range text {
			n.folded = append(n.folded, Fold(r))
		}
		n.border = borders(n.border, len(n.folded), func(i, j int) bool { return n.folded[i] == n.folded[j] })
	case len(text) > shortNeedle:
		n.border = borders(n.border, len(text), func(i, j int) bool { return text[i] == text[j] })
	}
}

// borders appends the borders of a text of a length, of which it is told which places are equal.
func borders(border []int32, length int, equal func(i, j int) bool) []int32 {
	have := 0
	for i := range length {
		for have > 0 && !equal(i, have) {
			have = int(border[have-1])
		}
		if i > 0 && equal(i, have) {
			have++
		}
		border = append(border, int32(have))
	}
	return border
}

// Is reports whether n was set to the text and the folding.
func (n *Needle) Is(text string, fold bool) bool { return n.text == text && n.fold == fold }

// In reports whether the needle lies within s, when both are folded if that is wanted. The empty needle
// lies within every text.
func (n *Needle) In(s string) bool {
	switch {
	case n.text == "":
		return true
	case n.fold:
		return n.inFolded(s)
	case len(n.border) == 0:
		return strings.Contains(s, n.text)
	}
	have := 0
	for i := 0; len(n.text)-have <= len(s)-i; i++ {
		for have > 0 && n.text[have] != s[i] {
			have = int(n.border[have-1])
		}
		if n.text[have] == s[i] {
			if have++; have == len(n.text) {
				return true
			}
		}
	}
	return false
}

func (n *Needle) inFolded(s string) bool {
	have, want := 0, n.folded
	for i := 0; len(want)-have <= len(s)-i; { // each rune takes a byte or more
		r := rune(s[i])
		if r < utf8.RuneSelf {
			if i++; 'a' <= r && r <= 'z' {
				r -= 'a' - 'A'
			}
		} else {
			wide, size := utf8.DecodeRuneInString(s[i:])
			r = foldWide(wide)
			i += size
		}
		for have > 0 && want[have] != r {
			have = int(n.border[have-1])
		}
		if want[have] == r {
			if have++; have == len(want) {
				return true
			}
		}
	}
	return false
}
