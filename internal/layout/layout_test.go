package layout_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
	"unicode"

	"github.com/qualify-go/qualify/internal/layout"
)

func TestLayout(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct{ name, got, want string }{
		{"whole", layout.Number(40), "40"},
		{"two decimals", layout.Number(12.071068), "12.07"},
		{"a little", layout.Number(0.001), "0.001"},
		{"nothing", layout.Number(math.Copysign(0, -1)), "0"},
		{"below zero", layout.Number(-7.5), "-7.5"},
		{"exact, right below a threshold", layout.Exact(39.996791), "39.996791"},
		{"exact and infinite", layout.Exact(math.Inf(-1)), "any"},
		{"infinite", layout.Number(math.Inf(-1)), "any"},
		{"signed", layout.Signed(2.5), "+2.5"},
		{"signed below zero", layout.Signed(-2.5), "-2.5"},
		{"signed nothing", layout.Signed(0), "0"},
		{"large fact", layout.Fact(1e15), "1000000000000000"},
		{"fact", layout.Fact(43.625), "43.625"},
		{"fact of many decimals", layout.Fact(1.0 / 3), "0.333333"},
		{"just not whole", layout.Fact(59.99999999999999), "59.99999999999999"},
		{"midnight", layout.Date(day), "2026-11-01"},
		{"minute", layout.Date(day.Add(9 * time.Hour)), "2026-11-01 09:00"},
		{"second", layout.Date(day.Add(time.Second)), "2026-11-01 00:00:01"},
		{"clean", layout.Clean("Åse\n\x1b[31mred\u2028x\u202Ey"), "Åse  [31mred x y"},
		{"clean of marks", layout.Clean("a\u200Eb\u200Fc\u061Cd\u2066e\u206Af\uFFF9g\U000E0041h\x9bi\u0085j"), "a b c d e f g h\uFFFDi j"},
		{"clean of several lines", layout.CleanLines("a\x1b\nb\r\n"), "a \nb \n"},
		{"pad", layout.Pad("Åse", 5) + "|", "Åse  |"},
		{"no pad", layout.Pad("Åse", 2), "Åse"},
		{"indent", layout.Indent("a\nb\n"), "  a\n  b\n"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
}

// TestDisrupts compares the predicate with Unicode's tables: what it adds to control
// characters, separators and Bidi_Control is listed.
func TestDisrupts(t *testing.T) {
	var added []string
	for r := range rune(unicode.MaxRune) + 1 {
		must := unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
		switch got := layout.Disrupts(r); {
		case must && !got:
			t.Errorf("%U passes", r)
		case got && !must:
			added = append(added, fmt.Sprintf("%X", r))
		}
	}
	for r := rune(0xE0000); r <= 0xE007F; r++ {
		added = slices.DeleteFunc(added, func(s string) bool { return s == fmt.Sprintf("%X", r) })
	}
	if want := []string{"206A", "206B", "206C", "206D", "206E", "206F", "FFF9", "FFFA", "FFFB"}; !slices.Equal(added, want) {
		t.Errorf("besides tags, %v disrupt; want %v", added, want)
	}
	for _, kept := range []string{
		"\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", // a Persian word with a zero-width non-joiner
		"\U0001F469\u200D\U0001F4BB", "\u2764\uFE0F",       // emoji
		"Donau\u00ADdampf", "\u0E01\u200B\u0E02", "a\u2060b\uFEFFc", "\u05E9\u05DC\u05D5\u05DD",
	} {
		if got := layout.Clean(kept); got != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		in    string
		width int
		want  string
	}{
		{"short\n", 10, "short\n"},
		{"ten wide 10\n", 11, "ten wide 10\n"},
		{"ten wide 10\n", 10, "ten wide\n    10\n"},
		{"  moved in by two\n", 12, "  moved in\n      by two\n"},
		{"nothingtobreakat\n", 8, "nothingt\n    obre\n    akat\n"},
		{"åäöåäö åäö\n", 8, "åäöåäö\n    åäö\n"},
		{"\n\nlast", 4, "\n\nlast\n"}, {"        deeper and deeper\n", 12, "      deeper\n      and\n      deeper\n"},
		{"            deep\n", 8, "    deep\n"},
		{"", 8, ""},
		{"東京都千代田区\n", 8, "東京都千\n    代田\n    区\n"},
		{"e\u0301e\u0301e\u0301\n", 3, "e\u0301e\u0301e\u0301\n"},
	} {
		if got := layout.Wrap(test.in, test.width); got != test.want {
			t.Errorf("%q in %d: %q; want %q", test.in, test.width, got, test.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 activities", 1: "1 activity", 2: "2 activities", -1: "-1 activities"} {
		if got := layout.Count(n, "activity", "activities"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
