package fact

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Every function here sees a string as its runes, each invalid byte as one U+FFFD, each folded. So
// every one of them equals its namesake in package strings applied to FoldString of its arguments,
// without building that string.

// Fold returns the least rune of r's simple-fold orbit (see [unicode.SimpleFold]), so that two runes
// fold to the same one exactly when they differ in case only. ASCII letters fold to upper case.
func Fold(r rune) rune {
	if r >= utf8.RuneSelf {
		return foldWide(r)
	}
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	return r
}

// foldWide is apart, and kept apart, so that Fold is inlined for ASCII.
//
//go:noinline
func foldWide(r rune) rune {
	if page := uint32(r) >> 8; page < uint32(len(foldPages{})) {
		if p := folds()[page]; p != nil {
			return p[r&0xFF]
		}
	}
	return r
}

// foldPages hold what the runes of each page of 256 fold to, nil if each to itself.
type foldPages [0x1F000 >> 8]*[256]rune

// folds makes the pages when they are first needed: [unicode.SimpleFold] takes up to 100 ns a rune.
var folds = sync.OnceValue(func() *foldPages {
	pages := new(foldPages)
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			p := &pages[r>>8]
			if *p == nil {
				*p = new([256]rune)
				for i := range *p {
					(*p)[i] = r&^0xFF | rune(i)
				}
			}
			(*p)[r&0xFF] = leastFold(r)
		}
	}
	return pages
})

// leastFold returns the least rune of r's orbit.
func leastFold(r rune) rune {
	for {
		// SimpleFold goes up through the orbit, and from its greatest rune back to the least.
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// FoldString returns s with each rune folded and each invalid byte replaced by U+FFFD. Its length in
// bytes may differ from that of s.
func FoldString(s string) string {
	return strings.Map(Fold, s)
}

// EqualFold reports whether a and b are equal when folded.
func EqualFold(a, b string) bool {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x|y >= utf8.RuneSelf {
			return CompareFold(a[i:], b[i:]) == 0
		}
		if x != y && Fold(rune(x)) != Fold(rune(y)) {
			return false
		}
	}
	return len(a) == len(b)
}

// HasPrefixFold reports whether s begins with prefix when both are folded.
func HasPrefixFold(s, prefix string) bool {
	for _, want := range prefix {
		if s == "" {
			return false
		}
		r, size := utf8.DecodeRuneInString(s)
		if r != want && Fold(r) != Fold(want) {
			return false
		}
		s = s[size:]
	}
	return true
}

// HasSuffixFold reports whether s ends with suffix when both are folded.
func HasSuffixFold(s, suffix string) bool {
	// Decoding from the end finds the same runes as decoding from the start, invalid bytes included.
	for suffix != "" {
		if s == "" {
			return false
		}
		want, cut := utf8.DecodeLastRuneInString(suffix)
		r, size := utf8.DecodeLastRuneInString(s)
		if r != want && Fold(r) != Fold(want) {
			return false
		}
		s, suffix = s[:len(s)-size], suffix[:len(suffix)-cut]
	}
	return true
}

// CompareFold returns -1, 0 or +1 as a stands before, with or after b when both are folded, rune by
// rune. It is 0 exactly when [EqualFold] holds.
func CompareFold(a, b string) int {
	for _, r := range a {
		if b == "" {
			return 1
		}
		other, size := utf8.DecodeRuneInString(b)
		if r != other {
			if x, y := Fold(r), Fold(other); x < y {
				return -1
			} else if x > y {
				return 1
			}
		}
		b = b[size:]
	}
	if b != "" {
		return -1
	}
	return 0
}
