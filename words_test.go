package qualify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// A word boundary of a pattern that a document escapes once too little is refused, and what the
// message says to write finds what is meant.
func TestBackspacesInPatterns(t *testing.T) {
	t.Parallel()
	document := func(condition string) []byte {
		return fmt.Appendf(nil, `{"format": 1, "profile": [{"name": "title", "kind": "text"}], "rules": [{"id": "r", "points": 1, "when": "%s"}]}`, condition)
	}
	for _, condition := range []string{`lead.title matches '\\bintern\\b'`, `lead.title matches '\bintern\b'`, "lead.title matches `\\bintern\\b`"} {
		policy, err := qualify.ParsePolicy(document(condition))
		if err != nil {
			t.Fatal(err)
		}
		_, err = qualify.Compile(policy)
		if err == nil || !strings.Contains(err.Error(), "`") || !strings.Contains(err.Error(), "U+0008") {
			t.Errorf("%s: %v", condition, err)
		}
	}
	for _, condition := range []string{"lead.title matches `\\\\bintern\\\\b`", `lead.title matches '\\\\bintern\\\\b'`} {
		model := compile(t, must(qualify.ParsePolicy(document(condition))))
		for title, want := range map[string]qualify.Answer{"Intern, sales": qualify.Yes, "International": qualify.No} {
			if got := assess(t, model, qualify.Lead{Profile: profile{"title": title}}, noon).Score.Contributions[0].Answer; got != want {
				t.Errorf("%s of %s: %v", condition, title, got)
			}
		}
	}
}

// Mistakes of Compile stand where they are in the document that was read, and show expressions
// as they are meant and values as they are written.
func TestMistakesInDocuments(t *testing.T) {
	t.Parallel()
	document := `{
  "format": 1, "name": "b2b",
  "profile": [
    {"name": "employees", "kind": "int"}, {"name": "size", "kind": "number", "minimum": 5, "maximum": 1},
    {"kind": "text"},
    {"name": "city", "kind": "text", "values": ["M\u00fcnchen", ">", " "]},
    {"name": "n", "kind": "number"}
  ],
  "terms": [{"id": "big", "is": "lead.n >\u003d 200 and\n\tlead.nn > 3"}],
  "signals": [{"id": "visit", "types": ["page_view", ""]}],
  "rules": [
    {"id": "a", "when": "lead.city == \"M\\u00fcnchen\" and lead.cty > 3", "points": 2e9},
    {"id": "b", "when": "lead.city == '\ud83d\ude00 😀 \t>' and lead.cty == \"x\" and sum('visit') \u003e 3"},
    {"id": "c", "points": 3}, {"id": "d", "on": "page_view", "limit": {"per": "1d"}, "decay": {"every": "1d", "lose": 2}},
    {"id": "e", "when": "lead.n >", "tiers": [{"when": "true"}, {"points": 3}]}
  ],
  "rating": ["nope"]
}
`
	policy := must(qualify.ParsePolicy([]byte(document)))
	e := mistakes(t, policy)
	golden(t, "document_mistakes", e.Error()+"\n")
	lines := strings.Split(document, "\n")
	for _, m := range e.Mistakes {
		if m.Line < 1 || m.Line > len(lines) || m.Column < 1 || m.Column > utf8.RuneCountInString(lines[m.Line-1])+1 || m.Source == "" {
			t.Errorf("outside of the document: %+v", m)
		}
	}
	// A policy that says something else is as one that was written in Go.
	for name, change := range map[string]func(p *qualify.Policy){
		"a rule less":        func(p *qualify.Policy) { p.Rules = p.Rules[1:] },
		"another expression": func(p *qualify.Policy) { p.Rules[0].When = "lead.cty > 3" },
		"another name":       func(p *qualify.Policy) { p.Name = "b2c" },
	} {
		changed := must(qualify.ParsePolicy([]byte(document)))
		change(&changed)
		fresh := must(qualify.ParsePolicy([]byte(changed.String())))
		if !changed.Equal(fresh) || changed.Equal(policy) {
			t.Errorf("%s: not equal as it should be", name)
		}
		for _, m := range mistakes(t, changed).Mistakes {
			if m.SourceColumn != 0 || m.Line > 2 {
				t.Errorf("%s: %+v", name, m)
			}
		}
	}
	var inner struct{ Policy qualify.Policy }
	if err := json.Unmarshal([]byte("{\n\n\"policy\": "+document+"}"), &inner); err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes(t, inner.Policy).Mistakes {
		if m.SourceColumn != 0 || m.Line > 2 {
			t.Errorf("within another document: %+v", m)
		}
	}
	// What is changed in the bytes afterwards plays no part.
	data := []byte(document)
	policy = must(qualify.ParsePolicy(data))
	clear(data)
	if diff := cmp.Diff(e, mistakes(t, policy)); diff != "" {
		t.Errorf("the document is not copied:\n%s", diff)
	}
}

// However an expression is written in a document, a mistake in it is found where it stands there.
func TestPlacesOfMistakesAgainstSearch(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 1))
	pieces := []string{" ", `\n`, `\t`, `\u0020`, `\u0009`, ` or lead.b`, ` or lead.t == \"x\"`, ` or lead.t == '\u00e9\ud83d\ude00'`, " or lead.t == 'é😀'", ` or lead.t == \"\\\"\"`, ` or lead.n \u003e 3`}
	for range testcase.Count(2000) {
		var b strings.Builder
		b.WriteString("{\"format\": 1, \"profile\": [{\"name\": \"b\", \"kind\": \"bool\"}, {\"name\": \"t\", \"kind\": \"text\"}, {\"name\": \"n\", \"kind\": \"number\"}],")
		b.WriteString(strings.Repeat("\n", rng.IntN(3)) + "\"rules\": [")
		for i := range rng.IntN(3) {
			fmt.Fprintf(&b, "{\"id\": \"é%d\", \"note\": \"\\ud83d\\ude00 lead.b\", \"when\": \"lead.b\"},%s", i, strings.Repeat("\r\n", rng.IntN(2)))
		}
		b.WriteString("{\"id\": \"last\", \"when\": \"lead.b")
		for range rng.IntN(6) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		b.WriteString(" or lead.qqq")
		for range rng.IntN(3) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		b.WriteString("\"}]}")
		document := b.String()
		before := document[:strings.Index(document, "qqq")]
		line := 1 + strings.Count(before, "\n")
		column := 1 + utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])
		policy, err := qualify.ParsePolicy([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var e *qualify.CompileError
		if _, err := qualify.Compile(policy); !errors.As(err, &e) || len(e.Mistakes) != 1 || e.Mistakes[0].Line != line || e.Mistakes[0].Column != column {
			t.Fatalf("%s: %v, want %d:%d", document, err, line, column)
		}
		if m := e.Mistakes[0]; !strings.HasPrefix(string([]rune(m.Source)[m.SourceColumn-1:]), "qqq") {
			t.Fatalf("%s: the caret of %v", document, m)
		}
	}
}

// Words and values that people bring into documents are answered once, at their place, with what compiles there.
func TestWordsInDocuments(t *testing.T) {
	t.Parallel()
	const frame = `{
  "format": 1,
  "profile": [{"name": "n", "kind": "number"}, {"name": "t", "kind": "text"}, {"name": "w", "kind": "time"}],
  "signals": [{"id": "visit", "types": ["page_view"]}, {"id": "any", "types": ["*"]}],
  "groups": [{"id": "fit", "bands": [{"label": "A"}]}],
  %s
}`
	rule := func(fields string) string { return fmt.Sprintf(`"rules": [{"id": "r", %s}]`, fields) }
	event := func(fields string) string { return rule(`"on": "visit", "points": 1, ` + fields) }
	when := func(condition string) string { return rule(`"points": 1, "when": "` + condition + `"`) }
	field := func(fields string) string { return fmt.Sprintf(`"properties": [{"name": "p", %s}]`, fields) }
	tests := []struct{ is, corrected string }{
		{rule(`"when": "lead.n > 1", "points": 10,5`), rule(`"when": "lead.n > 1", "points": 10.5`)},
		{rule(`"points": 1,000, "when": "lead.n > 1"`), rule(`"points": 1000, "when": "lead.n > 1"`)},
		{rule(`"points": 1.000,5, "when": "lead.n > 1"`), rule(`"points": 1000.5, "when": "lead.n > 1"`)},
		{rule(`"points": 1'000, "when": "lead.n > 1"`), rule(`"points": 1000, "when": "lead.n > 1"`)},
		{rule(`"points": 20%, "when": "lead.n > 1"`), rule(`"points": 20, "when": "lead.n > 1"`)},
		{rule(`"points": 20 %, "when": "lead.n > 1"`), rule(`"points": 20, "when": "lead.n > 1"`)},
		{rule(`"points": "10", "when": "lead.n > 1"`), rule(`"points": 10, "when": "lead.n > 1"`)},
		{rule(`"points": +5, "when": "lead.n > 1"`), rule(`"points": 5, "when": "lead.n > 1"`)},
		{rule(`"points": .5, "when": "lead.n > 1"`), rule(`"points": 0.5, "when": "lead.n > 1"`)},
		{rule(`"points": 5, "when": true`), rule(`"points": 5, "when": "true"`)},
		{event(`"decay": {"half_life": 30}`), event(`"decay": {"half_life": "30d"}`)},
		{event(`"decay": {"half_life": "30"}`), event(`"decay": {"half_life": "30d"}`)},
		{event(`"decay": {"half_life": "30 days"}`), event(`"decay": {"half_life": "30d"}`)},
		{event(`"decay": {"half_life": "P30D"}`), event(`"decay": {"half_life": "30d"}`)},
		{event(`"decay": {"half_life": "3 months"}`), event(`"decay": {"half_life": "90d"}`)},
		{event(`"limit": {"times": 1, "per": "1 month"}`), event(`"limit": {"times": 1, "calendar": "month"}`)},
		{event(`"limit": {"times": 1, "per": "day"}`), event(`"limit": {"times": 1, "per": "1d"}`)},
		{event(`"limit": {"times": 1, "per": "1 week"}`), event(`"limit": {"times": 1, "per": "1w"}`)},
		{event(`"limit": {"times": 1, "per": 7}`), event(`"limit": {"times": 1, "per": "7d"}`)},
		{event(`"limit": {"times": "2"}`), event(`"limit": {"times": 2}`)},
		{event(`"limit": {"times": 1, "calendar": "weekly"}`), event(`"limit": {"times": 1, "calendar": "week"}`)},
		{event(`"decay": {"every": "7d", "lose": 0.5, "idle": "*"}`), event(`"decay": {"every": "7d", "lose": 0.5, "idle": "any"}`)},
		{event(`"decay": {"every": "7d", "lose": 0.5, "idle": "page_view"}`), event(`"decay": {"every": "7d", "lose": 0.5, "idle": "visit"}`)},
		{rule(`"on": "page_view", "points": 1`), rule(`"on": "visit", "points": 1`)},
		{rule(`"on": "*", "points": 1`), rule(`"on": "any", "points": 1`)},
		{rule(`"on": "visit", "points": "lead.n * 2"`), rule(`"on": "visit", "points": 1, "multiply": "lead.n * 2"`)},
		{rule(`"if": "lead.n > 1", "points": 5`), rule(`"when": "lead.n > 1", "points": 5`)},
		{rule(`"when": "lead.n > 1", "score": 5`), rule(`"when": "lead.n > 1", "points": 5`)},
		{event(`"decay": "30d"`), event(`"decay": {"half_life": "30d"}`)},
		{event(`"limit": 2`), event(`"limit": {"times": 2}`)},
		{event(`"limit": "2"`), event(`"limit": {"times": 2}`)},
		{event(`"decay": 30`), event(`"decay": {"half_life": "30d"}`)},
		{rule(`"on": ["visit"], "points": 1`), rule(`"on": "visit", "points": 1`)},
		{rule(`"tiers": {"when": "lead.n > 1", "points": 5}`), rule(`"tiers": [{"when": "lead.n > 1", "points": 5}]`)},
		{event(`"limit": {"max": 2}`), event(`"limit": {"times": 2}`)},
		{event(`"unless": "lead.n > 1"`), ``},
		{`"rules": [{"name": "r", "on": "visit", "points": 1}]`, `"rules": [{"id": "r", "on": "visit", "points": 1}]`},
		{rule(`"name": "R", "on": "visit", "points": 1`), rule(`"label": "R", "on": "visit", "points": 1`)},
		{`"stages": [{"id": "mql", "threshold": "score() >= 5"}]`, `"stages": [{"id": "mql", "enter": "score() >= 5"}]`},
		{`"stages": {"id": "mql", "enter": "score() >= 5"}`, `"stages": [{"id": "mql", "enter": "score() >= 5"}]`},
		{`"stages": [{"id": "mql", "enter": "happened('visit') within '30d'"}]`, `"stages": [{"id": "mql", "enter": "happened('visit', '30d')"}]`},
		{`"terms": [{"id": "a", "when": "true"}]`, `"terms": [{"id": "a", "is": "true"}]`},
		{`"properties": [{"name": "p", "type": "text"}]`, `"properties": [{"name": "p", "kind": "text"}]`},
		{`"properties": [{"id": "p", "kind": "text"}]`, `"properties": [{"name": "p", "kind": "text"}]`},
		{`"properties": [{"name": "p", "kind": "text", "allowed": ["a"]}]`, `"properties": [{"name": "p", "kind": "text", "values": ["a"]}]`},
		{`"criteria": ["b"]`, ``},
		{rule(`"on": "webinar", "points": 1`), ``},
		{rule(`"on": "visit", "points": 1, "group": "intent"`), ``},
		{`"stages": [{"id": "mql", "enter": "score('intent') >= 5"}]`, ``},
		{when(`total('visit', 'minutes') > 3`), ``},
		{field(`"kind": "string"`), field(`"kind": "text"`)},
		{field(`"kind": "int"`), field(`"kind": "number"`)},
		{field(`"kind": "Integer"`), field(`"kind": "number"`)},
		{field(`"kind": "currency"`), field(`"kind": "number"`)},
		{field(`"kind": "datetime"`), field(`"kind": "time"`)},
		{field(`"kind": "date"`), field(`"kind": "time"`)},
		{field(`"kind": "picklist"`), field(`"kind": "text", "values": ["a"]`)},
		{field(`"kind": "boolean"`), field(`"kind": "bool"`)},
		{field(`"kind": "checkbox"`), field(`"kind": "bool"`)},
		{field(`"kind": "array"`), field(`"kind": "texts"`)},
		{field(`"kind": "multi-select"`), field(`"kind": "texts"`)},
		{field(`"kind": "id"`), field(`"kind": "code"`)},
		{field(`"kind": "Text"`), field(`"kind": "text"`)},
		{`"signals": "x"`, ``},
		{when(`count('page_view') > 1`), when(`count('visit') > 1`)},
		{when(`lead.t != null`), when(`known(lead.t)`)},
		{when(`lower(lead.t) \u003d\u003d 'x'`), when(`lead.t \u003d\u003d 'x'`)},
		{when(`lead.n \u003e 1,000`), when(`lead.n \u003e 1000`)},
		{when(`lead.t matches '\\bintern\\b'`), when("lead.t matches `\\\\bintern\\\\b`")},
	}
	var b strings.Builder
	for _, test := range tests {
		policy, err := qualify.ParsePolicy(fmt.Appendf(nil, frame, test.is))
		if err == nil {
			_, err = qualify.Compile(policy)
		}
		var e *qualify.CompileError
		if !errors.As(err, &e) || len(e.Mistakes) != 1 && test.corrected != "" {
			t.Errorf("%s: %v", test.is, err)
			continue
		}
		fmt.Fprintf(&b, "== %s\n%v\n\n", test.is, err)
		if test.corrected == "" {
			continue
		}
		if !strings.Contains(err.Error(), "write ") {
			t.Errorf("%s: %v", test.is, err)
		}
		if policy, err = qualify.ParsePolicy(fmt.Appendf(nil, frame, test.corrected)); err == nil {
			_, err = qualify.Compile(policy)
		}
		if err != nil {
			t.Errorf("%s is corrected to %s: %v", test.is, test.corrected, err)
		}
	}
	golden(t, "words", b.String())
}
