package document_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/testcase"
)

func TestMistakeString(t *testing.T) {
	t.Parallel()
	rule := document.Place{List: "rules", Item: 2, ID: "size"}
	long := strings.Repeat("0123456789", 12)
	for _, tt := range []struct {
		name    string
		mistake document.Mistake
		want    string
	}{
		{"entry with an ID", rule.Mistake("when", "wrong").WithSource("lead.n >> 5", 8), "rule \"size\", when, 1:9: wrong\n    lead.n >> 5\n            ^"},
		{"entry without one", document.Place{List: "criteria", Item: 0}.Mistake("id", "id is missing"), "criteria[0], id: id is missing"},
		{"criterion", document.Place{List: "criteria", Item: 0, ID: "need"}.Mistake("", "wrong"), "criterion \"need\": wrong"},
		{"attribute", document.Place{List: "profile", Item: 0, ID: "n"}.Mistake("kind", "wrong"), "attribute \"n\", kind: wrong"},
		{"list of no entries that have names", document.Place{List: "rating", Item: 1, ID: "n"}.Mistake("", "wrong"), "rating[1]: wrong"},
		{"document", document.Place{Item: -1}.Mistake("rating", "wrong"), "rating: wrong"},
		{"nothing", document.Mistake{Message: "wrong"}, "wrong"},
		{"second line", rule.Mistake("when", "wrong").WithSource("a and\nb or\nc", 8), "rule \"size\", when, 2:3: wrong\n    b or\n      ^"},
		{"end", rule.Mistake("when", "wrong").WithSource("a and", 5), "rule \"size\", when, 1:6: wrong\n    a and\n         ^"},
		{"beyond the end", rule.Mistake("when", "wrong").WithSource("a", 5), "rule \"size\", when, 1:2: wrong\n    a\n     ^"},
		{"bytes that are not UTF-8", rule.Mistake("when", "wrong").WithSource("\xff\xfe == 1", 3), "rule \"size\", when, 1:4: wrong\n    \uFFFD\uFFFD == 1\n       ^"},
		{"East Asian", rule.Mistake("when", "wrong").WithSource(`lead.t == "株式会社" + 1`, 17), "rule \"size\", when, 1:18: wrong\n    lead.t == \"株式会社\" + 1\n                         ^"},
		{"combining", rule.Mistake("when", "wrong").WithSource("lead.t == \"re\u0301sume\u0301\" + 1", 20), "rule \"size\", when, 1:21: wrong\n    lead.t == \"re\u0301sume\u0301\" + 1\n                      ^"},
		{"tab", rule.Mistake("when", "wrong").WithSource("\ta + b", 3), "rule \"size\", when, 1:4: wrong\n     a + b\n       ^"},
		{"message of several lines", rule.Mistake("when", "no \"a\nb\""), "rule \"size\", when: no \"a b\""},
		{"hundred columns", rule.Mistake("when", "wrong").WithSource(long[:100], 99), "rule \"size\", when, 1:100: wrong\n    " + long[:100] + "\n    " + strings.Repeat(" ", 99) + "^"},
		{"begin of a long line", rule.Mistake("when", "wrong").WithSource(long, 3), "rule \"size\", when, 1:4: wrong\n    " + long[:43] + "…\n       ^"},
		{"end of a long line", rule.Mistake("when", "wrong").WithSource(long, 118), "rule \"size\", when, 1:119: wrong\n    …" + long[58:] + "\n    " + strings.Repeat(" ", 61) + "^"},
		{"value", rule.Mistake("when", "wrong").WithValue("a >= b && c"), "rule \"size\", when, 1:1: wrong\n    \"a >= b && c\"\n    ^"},
		{"value of several parts", rule.Mistake("tiers", "wrong").WithValue([]string{"<a>"}), "rule \"size\", tiers, 1:1: wrong\n    [\"<a>\"]\n    ^"},
		{"no value", rule.Mistake("min", "wrong").WithValue(func() {}), "rule \"size\", min: wrong"},
		{"columns that cannot be", document.Mistake{Line: 1, Column: -3, Source: "a", Message: "wrong"}, "1:-3: wrong\n    a\n    ^"},
	} {
		if diff := cmp.Diff(tt.want, tt.mistake.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	m := document.Mistake{Line: 3, Column: 2, Source: "ab", Message: "wrong"}
	if want, got := "a.scenario:3:2: wrong\n    ab\n     ^", m.InFile("a.scenario"); got != want {
		t.Errorf("in a file it is %q, want %q", got, want)
	}
}

// The caret stands below the first column of what it points at, however wide the characters before it are and wherever the line
// is cut, and no line is wider than 102 columns.
func TestCaret(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	letters := []string{"a", " ", "é", "e\u0301", "株", "한", "🙂", "\t", "\u200d", "ا"}
	for range testcase.Count(5000) {
		var before, after strings.Builder
		for range rng.IntN(150) {
			before.WriteString(letters[rng.IntN(len(letters))])
		}
		for range rng.IntN(150) {
			after.WriteString(letters[rng.IntN(len(letters))])
		}
		source := before.String() + "X" + after.String()
		m := document.Mistake{Message: "wrong"}.WithSource(source, len([]rune(before.String())))
		lines := strings.Split(m.String(), "\n")
		head, _, found := strings.Cut(lines[1], "X")
		if want := strings.Repeat(" ", layout.Width(head)) + "^"; !found || lines[2] != want {
			t.Fatalf("%q\n%s", source, m)
		}
		if wide := layout.Width(lines[1]); wide > 4+102 {
			t.Fatalf("%d columns: %q", wide, lines[1])
		}
		if rest := strings.TrimPrefix(lines[1], "    …"); rest != lines[1] && !strings.HasPrefix(rest, "X") {
			if first := []rune(rest)[0]; layout.Width(string(first)) == 0 {
				t.Fatalf("the mark %U has lost its character: %q", first, lines[1])
			}
		}
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	type inner struct {
		ID   string `json:"id"`
		When string `json:"when,omitempty"`
	}
	type outer struct {
		Name  string  `json:"name"`
		Rules []inner `json:"rules"`
		End   string  `json:"end"`
	}
	want := []document.Mistake{
		{Message: "of the whole"}, {Field: "name", Message: "first"}, {Field: "name", Message: "second"},
		{Path: "rules[2]"}, {Path: "rules[2]", Field: "id"}, {Path: "rules[2]", Field: "when", Line: 1, Column: 9}, {Path: "rules[2]", Field: "when", Line: 2, Column: 1},
		{Path: "rules[10]", Field: "id", Line: 1, Column: 1}, {Field: "end"},
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		got := make([]document.Mistake, len(want))
		for i, k := range rng.Perm(len(want)) {
			got[i] = want[k]
		}
		first, second := indexOf(got, "first"), indexOf(got, "second")
		if first > second { // what shares a place keeps its order
			got[first], got[second] = got[second], got[first]
		}
		document.Sort(got, reflect.TypeFor[outer](), func(m document.Mistake) document.Mistake { return m })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func indexOf(list []document.Mistake, message string) int {
	for i, m := range list {
		if m.Message == message {
			return i
		}
	}
	panic(fmt.Sprint("there is no ", message))
}
