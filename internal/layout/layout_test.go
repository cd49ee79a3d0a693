package layout_test

import (
	"math"
	"testing"
	"time"

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
		{"pad", layout.Pad("Åse", 5) + "|", "Åse  |"},
		{"no pad", layout.Pad("Åse", 2), "Åse"},
		{"indent", layout.Indent("a\nb\n"), "  a\n  b\n"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
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
	} {
		if got := layout.Wrap(test.in, test.width); got != test.want {
			t.Errorf("%q in %d: %q; want %q", test.in, test.width, got, test.want)
		}
	}
}
