package suggest_test

import (
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/suggest"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	tests := []struct {
		name       string
		candidates []string
		want       string // "" for none
	}{
		{name: "when", candidates: nil},
		{name: "wehn", candidates: []string{"where", "when"}, want: "when"}, // swapped
		{name: "whn", candidates: []string{"when"}, want: "when"},           // left out
		{name: "whenn", candidates: []string{"when"}, want: "when"},         // added
		{name: "whem", candidates: []string{"when"}, want: "when"},          // replaced
		{name: "webniar", candidates: []string{"page_view", "webinar"}, want: "webinar"},
		{name: "wbeniar", candidates: []string{"webinar"}, want: "webinar"}, // two slips in seven letters
		{name: "wbneiar", candidates: []string{"wxbniaryy"}},                // more
		{name: "halflfe", candidates: []string{"half_life"}, want: "half_life"},
		{name: "points", candidates: []string{"groups", "limit"}},
		{name: "WHEN", candidates: []string{"whom", "when"}, want: "when"},
		{name: "STRASSE\u212a", candidates: []string{"\u017ftrassek"}, want: "\u017ftrassek"}, // case only, in a wider sense
		{name: "A", candidates: []string{"b", "a"}, want: "a"},
		{name: "a", candidates: []string{"b"}}, // nothing in common
		{name: "a", candidates: []string{"ab"}, want: "ab"},
		{name: "", candidates: []string{"a"}},
		{name: "a", candidates: []string{""}},
		{name: "id", candidates: []string{"is", "ed"}, want: "is"},           // equally close: the earlier
		{name: "ruls", candidates: []string{"role", "rules"}, want: "rules"}, // closer
		{name: "abc", candidates: []string{"ca"}},
		{name: "größe", candidates: []string{"grösse", "grüße"}, want: "grüße"}, // runes, not bytes
		{name: long, candidates: []string{long + "x", long[1:]}, want: long[1:]},
		{name: long + "x", candidates: []string{long + "x"}},
		{name: strings.Repeat("é", 64), candidates: []string{strings.Repeat("É", 64)}, want: strings.Repeat("É", 64)},
	}
	for _, test := range tests {
		got, ok := suggest.Closest(test.name, test.candidates)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("Closest(%q, %q) = %q, %t; want %q", test.name, test.candidates, got, ok, test.want)
		}
	}
}

func FuzzClosest(f *testing.F) {
	f.Add("wehn", "when")
	f.Add("", "a")
	f.Add("\xff", "\xfe")
	f.Fuzz(func(t *testing.T, name, candidate string) {
		got, ok := suggest.Closest(name, []string{candidate})
		if ok && got != candidate || !ok && got != "" {
			t.Fatalf("Closest(%q, %q) = %q, %t", name, candidate, got, ok)
		}
		if len(name) <= 64 && len(candidate) <= 64 && strings.EqualFold(name, candidate) && !ok {
			t.Fatalf("%q and %q differ in case only", name, candidate)
		}
	})
}
