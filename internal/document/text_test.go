package document_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/document"
)

type part struct {
	ID     string   `json:"id"`
	Note   string   `json:"note,omitempty"`
	When   string   `json:"when"`
	Values []string `json:"values"`
	Points float64  `json:"points"`
	Most   *float64 `json:"most"`
	silent string
}

func TestCheckLeaves(t *testing.T) {
	t.Parallel()
	infinite := math.Inf(1)
	for _, test := range []struct {
		name string
		part part
		want string
	}{
		{"nothing wrong", part{ID: "é", Note: "two\n\tlines\r", When: "lead.a >\n 1", Values: []string{"a\u202eb"}, silent: "\x00"}, ""},
		{"not UTF-8", part{ID: "\xff"}, "parts[1] id 0:0 the text is not valid UTF-8"},
		{"not UTF-8 in a list", part{Values: []string{"a", "\xff"}}, "parts[1] values[1] 0:0 the text is not valid UTF-8"},
		{"a line", part{ID: "a\nb"}, "parts[1] id 1:2 the text holds U+000A, and print-outs cannot show line breaks, control characters, marks of direction and tags: take it out; a note may have lines"},
		{"a mark of direction in a note", part{Note: "é\u202e"}, "parts[1] note 1:2 the text holds U+202E, and print-outs cannot show line breaks, control characters, marks of direction and tags: take it out; tabs and line breaks may stay"},
		{"a control character in an expression", part{When: "\x01"}, `parts[1] when 1:1 the text holds U+0001, and print-outs cannot show line breaks, control characters, marks of direction and tags: write it as \u0001 within quotation marks`},
		{"the word boundary of a pattern", part{When: `lead.a matches "` + "\b"}, "parts[1] when 1:17 the text holds U+0008, and print-outs cannot show line breaks, control characters, marks of direction and tags: for the \\b of a pattern, put the pattern in backquotes, and in a document two backslashes: `\\\\bintern\\\\b`"},
		{"a mark of direction in an expression", part{When: "\u202e"}, `parts[1] when 1:1 the text holds U+202E, and print-outs cannot show line breaks, control characters, marks of direction and tags: write it as \u202e within quotation marks`},
		{"no number", part{Points: math.NaN()}, "parts[1] points 0:0 the number is not finite"},
		{"no number behind a pointer", part{Most: &infinite}, "parts[1] most 0:0 the number is not finite"},
	} {
		var got []string
		document.CheckLeaves(struct {
			Parts []part `json:"parts"`
		}{[]part{{ID: "a"}, test.part}}, func(m document.Mistake) {
			got = append(got, fmt.Sprintf("%s %s %d:%d %s", m.Path, m.Field, m.Line, m.Column, m.Message))
		})
		if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]bool{'a': false, ' ': false, '\u00AD': true, '\u200B': true, '\u200C': false, '\u200D': false, '\u200E': true, '\uFEFF': true} {
		if got := document.Hidden(r); got != want {
			t.Errorf("%U is hidden: %t", r, got)
		}
	}
}

func TestEscaped(t *testing.T) {
	t.Parallel()
	for json, want := range map[string]string{
		"":                            "",
		"{\n \"a\": \"é\"\n}":         "{\n \"a\": \"é\"\n}",
		"\"a\u202eb\u2028\"":          `"a\u202eb\u2028"`,
		"\"\U000E0041\", \"\u200D\"}": "\"\\udb40\\udc41\", \"\u200D\"}",
	} {
		if got := document.Escaped(json); got != want {
			t.Errorf("%q: %s, want %s", json, got, want)
		}
	}
}

func TestKindFor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"INTEGER": `: write "number"`, "date_time": `: write "time"`, "[]string": `: write "texts"`, "string": `: write "text"`, "check box": `: write "bool"`,
		"picklist": `: write "text", with what can be chosen as values`, "MultiSelect": `: write "texts", with what can be chosen as values`, "enum": `: write "text", with what can be chosen as values`,
		"uuid": `: write "code"`, "numbr": `: did you mean "number"?`, "xyzzy": "", "": "",
	} {
		if got := document.KindFor(name); got != want {
			t.Errorf("%q%s, want %s", name, got, want)
		}
	}
}
