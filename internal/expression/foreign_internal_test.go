package expression

import "testing"

// What ends plainly is answered by no pattern.
func TestEndsPlainly(t *testing.T) {
	t.Parallel()
	plain := 0
	var try func(text string, left int)
	try = func(text string, left int) {
		if endsPlainly(text) {
			plain++
			for _, p := range []interface{ MatchString(string) bool }{dated, dayFirst, thousands, comma, percent, unit} {
				if p.MatchString(text) {
					t.Errorf("%q ends plainly, and %v matches", text, p)
				}
			}
		}
		if left > 0 {
			for _, next := range []string{"1", "000", ",", ".", " ", "%", "k", "'", "-", ")", "=", "\n"} {
				try(text+next, left-1)
			}
		}
	}
	try("7", 4)
	try("100", 4)
	if plain < 1000 {
		t.Errorf("only %d texts end plainly", plain)
	}
}
