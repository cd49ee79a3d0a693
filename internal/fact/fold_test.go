package fact_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/fact"
)

func TestFoldIsTheLeastOfTheOrbit(t *testing.T) {
	for r := rune(-2); r <= unicode.MaxRune+2; r++ {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if got := fact.Fold(r); got != least {
			t.Fatalf("Fold(%U) = %U, want %U", r, got, least)
		}
	}
}

func TestFoldString(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ASCII", "aZ 09_{", "AZ 09_{"},
		{"the Kelvin sign gets shorter", "\u212aiosk", "KIOSK"},
		{"the long s gets shorter", "ſtart", "START"},
		{"sharp s stays", "straße ẞ", "STRAßE ß"},
		{"Greek sigmas are one", "Σσς", "ΣΣΣ"},
		{"dotted and dotless i stay", "İıi", "İıI"},
		{"no normalisation", "e\u0301é", "E\u0301É"},
		{"invalid bytes", "a\xff\xe4\xb8", "A\ufffd\ufffd\ufffd"},
		{"invalid bytes alone", "\xff", "\ufffd"},
	} {
		if got := fact.FoldString(row.in); got != row.want {
			t.Errorf("%s: FoldString(%q) = %q, want %q", row.name, row.in, got, row.want)
		}
		if again := fact.FoldString(row.want); again != row.want {
			t.Errorf("%s: FoldString(%q) = %q", row.name, row.want, again)
		}
	}
}

var foldSeeds = [][2]string{
	{"", ""}, {"a", ""}, {"", "a"}, {"abc", "B"}, {"abc", "BC"}, {"abc", "abcd"}, {"ab", "ac"},
	{"xxKx", "\u212a"}, {"xx\u212a", "kX"}, {"boſs", "SS"}, {"aab", "AB"}, {"\xff", "\ufffd"}, {"\xe4\xb8", "\xb8"},
	{"世界", "\x96"}, {"\xf0\x90\x80\x80\x80", "\x80"}, {"é", "É"}, {"x\xe4\xb8\xad", "\xad"},
}

// FuzzFold holds every function to its namesake in package strings, on folded strings.
func FuzzFold(f *testing.F) {
	for _, seed := range foldSeeds {
		f.Add(seed[0], seed[1])
	}
	f.Add(strings.Repeat("ab", 70), strings.Repeat("aB", 40))
	f.Fuzz(func(t *testing.T, a, b string) {
		checkFold(t, a, b)
		// Long and lying within the other is what chance does not find.
		checkFold(t, strings.Repeat(a, 3)+b, strings.Repeat(a, 2)+b)
		checkFold(t, strings.Repeat(b, 70)+a+b, strings.Repeat(b, 66)+a)
		if i := len(a) / 3; i > 0 {
			checkFold(t, a, a[i:2*i])
			checkFold(t, strings.ToUpper(a), a[i:])
		}
	})
}

func TestFoldPairs(t *testing.T) {
	for _, a := range foldSeeds {
		for _, b := range foldSeeds {
			checkFold(t, a[0], b[1])
			checkFold(t, a[0]+a[1], b[0])
			checkFold(t, strings.Repeat(a[0], 90)+b[0]+a[1], strings.Repeat(a[0], 80)+b[0])
		}
	}
}

func checkFold(t *testing.T, a, b string) {
	t.Helper()
	x, y := fact.FoldString(a), fact.FoldString(b)
	if !utf8.ValidString(x) {
		t.Errorf("FoldString(%q) = %q is invalid", a, x)
	}
	if got, want := fact.EqualFold(a, b), x == y; got != want {
		t.Errorf("EqualFold(%q, %q) = %v", a, b, got)
	}
	if got, want := fact.NewNeedle(b, true).In(a), strings.Contains(x, y); got != want {
		t.Errorf("%q in %q, folded: %v", b, a, got)
	}
	if got, want := fact.NewNeedle(b, false).In(a), strings.Contains(a, b); got != want {
		t.Errorf("%q in %q: %v", b, a, got)
	}
	if got, want := fact.HasPrefixFold(a, b), strings.HasPrefix(x, y); got != want {
		t.Errorf("HasPrefixFold(%q, %q) = %v", a, b, got)
	}
	if got, want := fact.HasSuffixFold(a, b), strings.HasSuffix(x, y); got != want {
		t.Errorf("HasSuffixFold(%q, %q) = %v", a, b, got)
	}
	if got, want := fact.CompareFold(a, b), strings.Compare(x, y); got != want {
		t.Errorf("CompareFold(%q, %q) = %d, want %d", a, b, got, want)
	}
}

func TestFoldAllocatesNothing(t *testing.T) {
	s, sub := strings.Repeat("Straße ſ\u212a ", 20), strings.Repeat("STRAßE sk ", 10)+"x"
	if got := testing.AllocsPerRun(100, func() {
		_ = fact.EqualFold(s, sub)
		_ = fact.HasPrefixFold(s, sub)
		_ = fact.HasSuffixFold(s, sub)
		_ = fact.CompareFold(s, sub)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
