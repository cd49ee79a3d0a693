package expression

import (
	"testing"

	"github.com/qualify-go/qualify/internal/testcase"
)

// What ends plainly is not answered.
func TestEndsPlainly(t *testing.T) {
	t.Parallel()
	plain := 0
	var try func(text string, left int)
	try = func(text string, left int) {
		if endsPlainly(text) {
			plain++
			for _, inList := range []bool{false, true} {
				if message := numberByPattern(text, inList); message != "" {
					t.Errorf("%q ends plainly, and is answered: %s", text, message)
				}
			}
		}
		if left > 0 {
			for _, next := range []string{"1", "000", ",", ".", " ", "%", "k", "'", "-", ")", "=", "\n", " or ", " and "} {
				try(text+next, left-1)
			}
		}
	}
	length, least := 3, 100
	if testcase.Count(100) == 100 {
		length, least = 4, 1000
	}
	try("7", length)
	try("100", length)
	if plain < least {
		t.Errorf("only %d texts end plainly", plain)
	}
}
