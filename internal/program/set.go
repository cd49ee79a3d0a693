package program

import "math/bits"

// Set is a set of indexes, a bit for each. Sets that meet have as many words.
type Set []uint64

// NewSet makes an empty set of indexes below n.
func NewSet(n int) Set { return make(Set, (n+63)/64) }

// Put puts an index into the set.
func (s Set) Put(i int) { s[i>>6] |= 1 << (i & 63) }

// Take takes an index out of the set.
func (s Set) Take(i int) { s[i>>6] &^= 1 << (i & 63) }

// Has reports whether an index is in the set.
func (s Set) Has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// Add puts all of t into the set.
func (s Set) Add(t Set) {
	for w := range t {
		s[w] |= t[w]
	}
}

// Meets reports whether two sets share an index.
func (s Set) Meets(t Set) bool {
	for w := range s {
		if s[w]&t[w] != 0 {
			return true
		}
	}
	return false
}

// Shared tells whether two sets share no index, one, or more: 0, 1 or 2.
func (s Set) Shared(t Set) (n int) {
	for w := range t {
		if both := s[w] & t[w]; both != 0 {
			if n++; n > 1 || both&(both-1) != 0 {
				return 2
			}
		}
	}
	return n
}

// First gives the least index of a word of a set, and the word without it.
func First(word uint64) (i int, rest uint64) { return bits.TrailingZeros64(word), word & (word - 1) }
