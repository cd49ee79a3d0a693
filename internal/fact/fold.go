package fact

import (
	"strings"
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
	return strings.EqualFold(a, b)
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

// longSub is the length in bytes from which on ContainsFold hashes. Below it, trying every place is
// faster on the text that people type, and costs at most this many steps a byte on any other.
const longSub = 64

// ContainsFold reports whether sub lies within s when both are folded. Every s contains "". The time
// taken grows with the length of s and of sub, not with their product.
func ContainsFold(s, sub string) bool {
	if len(sub) >= longSub {
		return containsLong(s, sub)
	}
	if sub == "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(sub)
	first = Fold(first)
	for i, r := range s {
		if Fold(r) == first && HasPrefixFold(s[i:], sub) {
			return true
		}
	}
	return false
}

// containsLong is the search of Rabin and Karp: it compares only where a rolling hash over as many
// runes as sub has agrees.
func containsLong(s, sub string) bool {
	const prime = 1099511628211
	want, power, length := uint64(0), uint64(1), 0
	for _, r := range sub {
		want = want*prime + uint64(Fold(r))
		power *= prime
		length++
	}
	hash, tail := uint64(0), s
	for _, r := range s {
		hash = hash*prime + uint64(Fold(r))
		if length > 0 {
			length--
		} else {
			old, size := utf8.DecodeRuneInString(tail)
			hash -= power * uint64(Fold(old))
			tail = tail[size:]
		}
		if length == 0 && hash == want && HasPrefixFold(tail, sub) {
			return true
		}
	}
	return false
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
