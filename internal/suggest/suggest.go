// Package suggest finds what a misspelt name was meant to be.
package suggest

import (
	"unicode"
	"unicode/utf8"
)

// maxRunes bounds the names that are compared: the work for one pair grows with the product of their lengths, and nobody
// misspells a name that long by a letter.
const maxRunes = 64

// Closest returns the candidate that name most likely misspells, and whether there is one. Letters left out, added, replaced
// or swapped with their neighbour each count as one slip; case does not count. A candidate is close when it is at most one slip
// away, or one slip for every three letters of name, and shares something with name. Of equally close candidates the earlier
// one is returned. Names of more than 64 runes are never close.
func Closest(name string, candidates []string) (string, bool) {
	if utf8.RuneCountInString(name) > maxRunes {
		return "", false
	}
	wrong := fold(name)
	closest, fewest := -1, max(1, len(wrong)/3)+1
	for i, candidate := range candidates {
		if utf8.RuneCountInString(candidate) > maxRunes {
			continue
		}
		right := fold(candidate)
		slips := distance(wrong, right)
		// As many slips as letters means that the two have nothing in common: "a" does not misspell "b".
		if slips < fewest && (slips == 0 || slips < max(len(wrong), len(right))) {
			closest, fewest = i, slips
		}
	}
	if closest < 0 {
		return "", false
	}
	return candidates[closest], true
}

// fold maps each rune of s to the least of the runes that differ from it in case only.
func fold(s string) []rune {
	folded := []rune(s)
	for i, r := range folded {
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			folded[i] = min(folded[i], next)
		}
	}
	return folded
}

// distance is the optimal string alignment distance: the Levenshtein distance in which swapping two neighbours costs one.
func distance(a, b []rune) int {
	// Three rows of the table are enough, since a swap looks back two.
	var rows [3][maxRunes + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
