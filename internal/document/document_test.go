package document_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/testcase"
)

// plan is a shape with one field of each kind that Check knows.
type plan struct {
	Format int     `json:"format,omitzero"`
	Name   string  `json:"name,omitempty"`
	Top    *rule   `json:"top,omitempty"`
	Rules  []rule  `json:"rules,omitempty"`
	Named  []named `json:"named,omitempty"`
	Secret string  `json:"-"`
	//lint:ignore SA5008 the tag names the field "-"
	Dash string `json:"-,omitempty"`
	Bare bool   `json:",omitempty"`
	//lint:ignore U1000 an unexported field is passed over
	hidden chan int
}

type rule struct {
	ID     string    `json:"id,omitempty"`
	When   text      `json:"when,omitempty"`
	Points float64   `json:"points,omitzero"`
	Else   *float64  `json:"else,omitempty"`
	Level  int8      `json:"level,omitzero"`
	On     bool      `json:"on,omitzero"`
	Types  []string  `json:"types,omitempty"`
	Grid   [][]int64 `json:"grid,omitempty"`
	Decay  decay     `json:"decay,omitzero"`
	Rules  []rule    `json:"rules,omitempty"` // a shape within itself
	Any    *anything `json:"any,omitempty"`
}

type text string

type decay struct {
	HalfLife span `json:"half_life,omitzero"`
}

type named struct {
	Name string `json:"name,omitempty"`
	A    int    `json:"a,omitzero"`
	B    int    `json:"b,omitzero"`
	C    int    `json:"c,omitzero"`
	D    int    `json:"d,omitzero"`
	E    int    `json:"e,omitzero"`
	F    int    `json:"f,omitzero"`
	G    int    `json:"g,omitzero"`
	H    int    `json:"h,omitzero"`
	I    int    `json:"i,omitzero"`
	J    int    `json:"j,omitzero"`
	K    int    `json:"k,omitzero"`
	L    int    `json:"l,omitzero"`
	M    int    `json:"m,omitzero"`
	N    int    `json:"n,omitzero"`
	O    int    `json:"o,omitzero"`
	P    int    `json:"p,omitzero"`
}

// span reads itself from a text.
type span int

func (s *span) UnmarshalText(b []byte) error {
	var n int8
	if _, err := fmt.Sscanf(string(b)+"\n", "%dd\n", &n); err != nil || n <= 0 {
		return fmt.Errorf("%q is not a number of days such as 30d", b)
	}
	*s = span(n)
	return nil
}

func (s span) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%dd", int(s)), nil }

// anything reads itself from every value but false.
type anything struct{ raw json.RawMessage }

func (a *anything) UnmarshalJSON(b []byte) error {
	if string(b) == "false" {
		return errors.New("false is refused")
	}
	if bytes.Contains(b, []byte("refuse")) {
		return errors.New("it asks to be refused")
	}
	var raw bytes.Buffer
	err := json.Compact(&raw, b)
	a.raw = raw.Bytes()
	return err
}

func (a anything) MarshalJSON() ([]byte, error) { return a.raw, nil }

func check(doc string) []document.Mistake {
	return document.Check([]byte(doc), reflect.TypeFor[plan]())
}

// where joins what a mistake has of its place.
func where(m document.Mistake) string {
	if m.Path == "" || m.Field == "" || strings.HasPrefix(m.Field, "[") {
		return m.Path + m.Field
	}
	return m.Path + "." + m.Field
}

func TestCheckOneMistake(t *testing.T) {
	t.Parallel()
	const tokens = "; a text stands in double quotes, a number is written like 12, -3 or 0.5, other words are true, false and null"
	const escapes = `a backslash stands before one of " \ / b f n r t, or u and four hex digits; write \\ for a backslash itself`
	const comments = `a JSON document holds no comments; a "note" field can say it`
	tests := []struct {
		name    string
		doc     string
		path    string
		id      string
		line    int
		column  int
		source  string // doc if ""
		message string
	}{
		// What is not JSON.
		{name: "empty", doc: "", line: 1, column: 1, message: "the document is empty"},
		{name: "blank", doc: " \r\n\t", line: 1, column: 1, message: "the document is empty"},
		{name: "utf-8 mark", doc: "\ufeff{}", line: 1, column: 1, message: "the document starts with a byte order mark; save it as plain UTF-8, without one"},
		{name: "utf-16 mark", doc: "\xff\xfe{\x00}\x00", line: 1, column: 1, message: "the document starts with a byte order mark; save it as plain UTF-8, without one"},
		{name: "utf-16 mark, big end first", doc: "\xfe\xff\x00{\x00}", line: 1, column: 1, message: "the document starts with a byte order mark; save it as plain UTF-8, without one"},
		{name: "ends in object", doc: "{", line: 1, column: 2, message: "the document ends inside an object; close it with }"},
		{name: "ends after key", doc: "{\n \"name\" \n\n", path: "name", line: 2, column: 8, source: ` "name"`, message: "the document ends inside an object; close it with }"},
		{name: "ends after colon", doc: `{"name":`, path: "name", line: 1, column: 9, message: "the document ends inside an object; close it with }"},
		{name: "ends after value", doc: `{"format": 1`, line: 1, column: 13, message: "the document ends inside an object; close it with }"},
		{name: "ends after comma", doc: `{"format": 1,`, line: 1, column: 14, message: "the document ends inside an object; close it with }"},
		{name: "ends in list", doc: `{"rules": [`, path: "rules[0]", line: 1, column: 12, message: "the document ends inside a list; close it with ]"},
		{name: "ends in list after entry", doc: `{"rules": [{"id": "a"}`, path: "rules", line: 1, column: 23, message: "the document ends inside a list; close it with ]"},
		{name: "ends in text", doc: `{"name": "b2`, path: "name", line: 1, column: 13, message: "the document ends inside a text; close it with a double quote"},
		{name: "ends in key", doc: `{"na`, line: 1, column: 5, message: "the document ends inside a text; close it with a double quote"},
		{name: "ends in escape", doc: `{"name": "b2\`, path: "name", line: 1, column: 13, message: escapes},
		{name: "line ends in text", doc: "{\"name\": \"b2,\n \"format\": 1}", path: "name", line: 1, column: 14, source: `{"name": "b2,`, message: `the line ends inside a text; close it with a double quote, or write \n for a line break`},
		{name: "dos line ends in text", doc: "{\"name\": \"b2,\r\n \"format\": 1}", path: "name", line: 1, column: 14, source: `{"name": "b2,`, message: `the line ends inside a text; close it with a double quote, or write \n for a line break`},
		{name: "control character", doc: "{\"name\": \"a\tb\"}", path: "name", line: 1, column: 12, message: `a control character inside a text is written as \u0009`},
		{name: "unknown escape", doc: `{"name": "\d+"}`, path: "name", line: 1, column: 11, message: escapes},
		{name: "bad hex", doc: `{"name": "\u12g4"}`, path: "name", line: 1, column: 11, message: escapes},
		{name: "short hex", doc: `{"name": "\u12"}`, path: "name", line: 1, column: 11, message: escapes},
		{name: "no comma in object", doc: "{\"format\": 1\n \"name\": \"x\"}", line: 2, column: 2, source: ` "name": "x"}`, message: "expected a comma or } after the value"},
		{name: "no comma in list", doc: `{"rules": [{} {}]}`, path: "rules", line: 1, column: 15, message: "expected a comma or ] after the value"},
		{name: "wrong bracket", doc: `{"rules": [{}}`, path: "rules", line: 1, column: 14, message: "expected a comma or ] after the value"},
		{name: "comma at the end of an object", doc: "{\"format\": 1,\n}", line: 1, column: 13, source: `{"format": 1,`, message: "a comma stands before the closing }; leave it out"},
		{name: "comma at the end of a list", doc: `{"rules": [{},]}`, path: "rules", line: 1, column: 14, message: "a comma stands before the closing ]; leave it out"},
		{name: "comma first in object", doc: `{,}`, line: 1, column: 2, message: "expected a field name in double quotes"},
		{name: "comma first in list", doc: `{"rules": [,]}`, path: "rules[0]", line: 1, column: 12, message: "expected a value"},
		{name: "bare key", doc: `{name: "x"}`, line: 1, column: 2, message: "expected a field name in double quotes"},
		{name: "no colon", doc: `{"name" "x"}`, path: "name", line: 1, column: 9, message: "expected a colon after the field name"},
		{name: "no value", doc: `{"name": }`, path: "name", line: 1, column: 10, message: "expected a value"},
		{name: "nul", doc: "{\"name\": \x00}", path: "name", line: 1, column: 10, message: "expected a value"},
		{name: "nul after the document", doc: "{}\x00", line: 1, column: 3, message: "expected nothing after the end of the document"},
		{name: "single quotes", doc: `{"name": 'x'}`, path: "name", line: 1, column: 10, message: "expected a value; a text stands in straight double quotes"},
		{name: "bare word", doc: `{"name": None}`, path: "name", line: 1, column: 10, message: "None is no value: leave the field out"},
		{name: "bare span", doc: `{"name": 30d}`, path: "name", line: 1, column: 10, message: "30d is no value" + tokens},
		{name: "decimal comma", doc: `{"top": {"points": 10,5}}`, path: "top", line: 1, column: 20, message: "a number has a point, and neither commas nor separators of thousands: write 10.5"},
		{name: "decimal comma behind another number", doc: `{"format": 1, "top": {"points": 0,25, "types": []}}`, path: "top", line: 1, column: 33, message: "a number has a point, and neither commas nor separators of thousands: write 0.25"},
		{name: "thousands", doc: `{"top": {"points": 1,000}}`, path: "top", line: 1, column: 20, message: "a number has a point, and neither commas nor separators of thousands: write 1000"},
		{name: "thousands with points", doc: `{"top": {"points": 1.000,5}}`, path: "top", line: 1, column: 20, message: "a number has a point, and neither commas nor separators of thousands: write 1000.5"},
		{name: "thousands with an apostrophe", doc: `{"top": {"points": 1'000}}`, path: "top", line: 1, column: 21, message: "a number stands without ': write 1000"},
		{name: "percent", doc: `{"top": {"points": 20%}}`, path: "top", line: 1, column: 22, message: "a number stands without %: write 20"},
		{name: "percent behind a blank", doc: `{"top": {"points": 2.5 %}}`, path: "top", line: 1, column: 24, message: "a number stands without %: write 2.5"},
		{name: "a list of two numbers", doc: `{"top": {"points": [10,5]}}`, path: "top.points", line: 1, column: 20, message: "wants a number, has a list"},
		{name: "a true of another language", doc: `{"Bare": True}`, path: "Bare", line: 1, column: 10, message: "True is no value: write true"},
		{name: "curly quotes", doc: `{"name": “x”}`, path: "name", line: 1, column: 10, message: "expected a value; a text stands in straight double quotes"},
		{name: "number as text with a comma", doc: `{"top": {"points": "10,5"}}`, path: "top.points", line: 1, column: 20, message: "wants a number, has a text: write 10.5"},
		{name: "number as text that is none", doc: `{"top": {"points": "ten"}}`, path: "top.points", line: 1, column: 20, message: "wants a number, has a text"},
		{name: "bool as text", doc: `{"Bare": "no"}`, path: "Bare", line: 1, column: 10, message: "wants true or false, has a text: write false"},
		{name: "bool for text", doc: `{"name": true}`, path: "name", line: 1, column: 10, message: `wants a text, has true: write "true"`},
		{name: "leading zero", doc: `{"format": 01}`, path: "format", line: 1, column: 12, message: "01 is no value: write 1"},
		{name: "leading plus", doc: `{"format": +1}`, path: "format", line: 1, column: 12, message: "+1 is no value: write 1"},
		{name: "leading point", doc: `{"format": .5}`, path: "format", line: 1, column: 12, message: ".5 is no value: write 0.5"},
		{name: "trailing point", doc: `{"format": 1.}`, path: "format", line: 1, column: 12, message: "1. is no value: write 1"},
		{name: "open exponent", doc: `{"format": 1e}`, path: "format", line: 1, column: 12, message: "1e is no value" + tokens},
		{name: "infinity", doc: `{"format": -Infinity}`, path: "format", line: 1, column: 12, message: "-Infinity is no value" + tokens},
		{name: "trailing text", doc: "{}\n{}", line: 2, column: 1, source: "{}", message: "expected nothing after the end of the document"},
		{name: "line comment", doc: "{\n\t// why\n}", line: 2, column: 2, source: "\t// why", message: comments},
		{name: "block comment", doc: `{"name": /* why */ "x"}`, path: "name", line: 1, column: 10, message: comments},
		{name: "hash comment", doc: `{"format": 1 # why`, line: 1, column: 14, message: comments},
		{name: "comment after the document", doc: `{} // why`, line: 1, column: 4, message: comments},
		{name: "single slash", doc: `{/}`, line: 1, column: 2, message: "expected a field name in double quotes"},
		{name: "too deep", doc: `{"top":{"any":` + strings.Repeat("[", 32), path: "top.any" + strings.Repeat("[0]", 30), line: 1, column: 45,
			message: "objects and lists stand more than 32 deep in each other"},

		// Characters.
		{name: "invalid utf-8", doc: "{\"name\": \"é\xff\xfe\"}", path: "name", line: 1, column: 12, message: "the text is not valid UTF-8 from here on; save the document as UTF-8"},
		{name: "invalid utf-8 where none is read", doc: "{\xff}", line: 1, column: 2, message: "expected a field name in double quotes"},
		{name: "invalid utf-8 in key", doc: "{\"n\xff\": 1}", line: 1, column: 4, message: "the text is not valid UTF-8 from here on; save the document as UTF-8"},
		{name: "invalid utf-8 in a text that is read by itself", doc: "{\"top\": {\"decay\": {\"half_life\": \"\xff\"}}}", path: "top.decay.half_life", line: 1, column: 34,
			message: "the text is not valid UTF-8 from here on; save the document as UTF-8"},
		{name: "lone high half", doc: `{"name": "\ud83d."}`, path: "name", line: 1, column: 11, message: `\ud83d is half a character; write the character itself, or both halves`},
		{name: "lone low half", doc: `{"name": "\uDE00"}`, path: "name", line: 1, column: 11, message: `\uDE00 is half a character; write the character itself, or both halves`},
		{name: "column counts runes", doc: `{"name": "日本語", "x": 1}`, path: "x", line: 1, column: 17, message: `unknown field "x"; known here: "format", "name", "top", "rules", "named", "-", "Bare"`},

		// Keys.
		{name: "duplicate", doc: "{\"name\": \"x\",\n\"format\": 1,\n\"name\": \"y\"}", path: "name", line: 3, column: 1, source: `"name": "y"}`,
			message: `"name" stands twice in this object; the first is at line 1`},
		{name: "duplicate by an escape", doc: `{"name": "x", "\u006eame": "y"}`, path: "name", line: 1, column: 15, message: `"name" stands twice in this object; the first is at line 1`},
		{name: "misspelt", doc: `{"rules": [{"wehn": "x"}]}`, path: "rules[0].wehn", line: 1, column: 13, message: `unknown field "wehn"; did you mean "when"?`},
		{name: "case", doc: `{"Name": "x"}`, path: "Name", line: 1, column: 2, message: `unknown field "Name"; it is written "name"`},
		{name: "not a field", doc: `{"Secret": "x"}`, path: "Secret", line: 1, column: 2, message: `unknown field "Secret"; known here: "format", "name", "top", "rules", "named", "-", "Bare"`},
		{name: "too many fields to list", doc: `{"named": [{"unheard of": 1}]}`, path: `named[0]."unheard of"`, line: 1, column: 13, message: `unknown field "unheard of"`},
		{name: "empty key", doc: `{"": {"": 1}}`, path: `""`, line: 1, column: 2, message: `unknown field ""; known here: "format", "name", "top", "rules", "named", "-", "Bare"`},
		{name: "long key", doc: `{"named": [{"` + strings.Repeat("é", 99) + `": 1}]}`, path: `named[0]."` + strings.Repeat("é", 64) + `…"`, line: 1, column: 13,
			message: `unknown field "` + strings.Repeat("é", 64) + `…"`},

		// Types.
		{name: "list for document", doc: `[]`, line: 1, column: 1, message: "wants an object, has a list"},
		{name: "null for document", doc: `null`, line: 1, column: 1, message: "wants an object, has null"},
		{name: "object for text", doc: `{"name": {}}`, path: "name", line: 1, column: 10, message: "wants a text, has an object"},
		{name: "text for number", doc: `{"top": {"points": "10"}}`, path: "top.points", line: 1, column: 20, message: "wants a number, has a text: write 10"},
		{name: "word for number", doc: `{"top": {"else": true}}`, path: "top.else", line: 1, column: 18, message: "wants a number, has true"},
		{name: "number for word", doc: `{"Bare": 0}`, path: "Bare", line: 1, column: 10, message: "wants true or false, has a number: write false"},
		{name: "text for list", doc: `{"top": {"types": "x"}}`, path: "top.types", line: 1, column: 19, message: `wants a list, has a text: write ["x"]`},
		{name: "list for text", doc: `{"name": ["x"]}`, path: "name", line: 1, column: 10, message: `wants a text, has a list: write "x"`},
		{name: "list of two for text", doc: `{"name": ["x", "y"]}`, path: "name", line: 1, column: 10, message: `wants a text, has a list`},
		{name: "list of a number for text", doc: `{"name": [1]}`, path: "name", line: 1, column: 10, message: `wants a text, has a list`},
		{name: "text for object", doc: `{"rules": [{}, "x"]}`, path: "rules[1]", line: 1, column: 16, message: `wants an object, has a text: write {"id": "x"}`},
		{name: "number for text that is read by itself", doc: `{"top": {"decay": {"half_life": 30}}}`, path: "top.decay.half_life", line: 1, column: 33, message: `wants a text, has a number: "30" is not a number of days such as 30d`},
		{name: "null", doc: `{"name": null}`, path: "name", line: 1, column: 10, message: "null stands for nothing here; leave the field out"},
		{name: "null for a pointer", doc: `{"top": {"else": null}}`, path: "top.else", line: 1, column: 18, message: "null stands for nothing here; leave the field out"},
		{name: "null in list", doc: `{"rules": [null]}`, path: "rules[0]", line: 1, column: 12, message: "null stands for nothing here; leave the entry out"},
		{name: "null for a value that is read by itself", doc: `{"top": {"any": null}}`, path: "top.any", line: 1, column: 17, message: "null stands for nothing here; leave the field out"},
		{name: "bad span", doc: `{"top": {"decay": {"half_life": "\u0033m"}}}`, path: "top.decay.half_life", line: 1, column: 33, message: `"3m" is not a number of days such as 30d`},
		{name: "refused word", doc: `{"top": {"any": false}}`, path: "top.any", line: 1, column: 17, message: "false is refused"},
		{name: "refused object", doc: "{\"top\": {\"any\": {\n\"refuse\": [null]}}}", path: "top.any", line: 1, column: 17, source: `{"top": {"any": {`, message: "it asks to be refused"},
		{name: "a mistake is not given to be read", doc: `{"top": {"any": {"refuse": 1, "refuse": 2}}}`, path: "top.any.refuse", line: 1, column: 31,
			message: `"refuse" stands twice in this object; the first is at line 1`},

		// Numbers.
		{name: "point", doc: `{"format": 1.0}`, path: "format", line: 1, column: 12, message: "wants a whole number, written without a point or exponent, has 1.0"},
		{name: "exponent", doc: `{"format": 1e3}`, path: "format", line: 1, column: 12, message: "wants a whole number, written without a point or exponent, has 1e3"},
		{name: "above range", doc: `{"top": {"level": 128}}`, path: "top.level", line: 1, column: 19, message: "wants a whole number from -128 to 127, has 128"},
		{name: "below range", doc: `{"top": {"grid": [[-9223372036854775809]]}}`, path: "top.grid[0][0]", line: 1, column: 20,
			message: "wants a whole number from -9223372036854775808 to 9223372036854775807, has -9223372036854775809"},
		{name: "too large", doc: `{"top": {"points": -1e309}}`, path: "top.points", line: 1, column: 20, message: "-1e309 is too large for a number; they end at 1.8e308"},
		{name: "too large for a value that is read by itself", doc: `{"top": {"any": [1e309]}}`, path: "top.any[0]", line: 1, column: 18, message: "1e309 is too large for a number; they end at 1.8e308"},

		// Who it is.
		{name: "id behind", doc: `{"rules": [{"on": 1, "id": "whitepaper"}]}`, path: "rules[0].on", id: "whitepaper", line: 1, column: 19, message: "wants true or false, has a number: write true"},
		{name: "id further out", doc: `{"rules": [{"rules": [{"id": ""}, {"decay": {"half_life": "x"}}], "id": "outer"}]}`, path: "rules[0].rules[1].decay.half_life", id: "outer", line: 1, column: 59,
			message: `"x" is not a number of days such as 30d`},
		{name: "id further in", doc: `{"rules": [{"id": "outer", "rules": [{"id": "inner", "on": 1}]}]}`, path: "rules[0].rules[0].on", id: "inner", line: 1, column: 60, message: "wants true or false, has a number: write true"},
		{name: "name", doc: `{"name": "b2b", "named": [{"a": 1.5, "name": "employees"}]}`, path: "named[0].a", id: "employees", line: 1, column: 33,
			message: "wants a whole number, written without a point or exponent, has 1.5"},
		{name: "the document's name", doc: `{"name": "b2b", "Bare": 1}`, path: "Bare", line: 1, column: 25, message: "wants true or false, has a number: write true"},
		{name: "id before the end", doc: `{"rules": [{"id": "a\u0062", "on": tru`, path: "rules[0].on", id: "ab", line: 1, column: 36, message: "tru is no value" + tokens},
		{name: "long id", doc: `{"rules": [{"id": "` + strings.Repeat("x", 65) + `", "on": 1}]}`, path: "rules[0].on", id: strings.Repeat("x", 64) + "…", line: 1, column: 94,
			message: "wants true or false, has a number: write true"},
		{name: "id of an entry that is read by itself", doc: `{"named": [{"name": "n"}], "rules": [{"any": [{"id": "in", "x": 1e999}]}]}`, path: "rules[0].any[0].x", id: "in", line: 1, column: 65,
			message: "1e999 is too large for a number; they end at 1.8e308"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := test.source
			if source == "" {
				source = string([]rune(strings.TrimRight(test.doc, " \t\r\n")))
			}
			path, field := document.SplitPath(test.path)
			want := []document.Mistake{{Path: path, Field: field, ID: test.id, Line: test.line, Column: test.column, Source: source, Message: test.message}}
			if diff := cmp.Diff(want, check(test.doc)); diff != "" {
				t.Errorf("Check(%q) (-want +got):\n%s", test.doc, diff)
			}
		})
	}
}

func TestCheckAllMistakes(t *testing.T) {
	t.Parallel()
	doc := `{
  "format": "1",
  "rules": [
    {"wehn": null, "points": 1, "points": "2", "id": "a\ud800"},
    {"id": 5, "types": ["x", null, 7], "any": {"A": 1, "A": null}},
    7
  ],
  "unknown": {"deep": [1e999, {"name": "n", "bad": "` + "\xff" + `"}]},
} // the end`
	var got []string
	for _, m := range check(doc) {
		got = append(got, fmt.Sprintf("%d:%d %s [%s] %s", m.Line, m.Column, where(m), m.ID, m.Message))
	}
	want := []string{
		`2:13 format [] wants a number, has a text: write 1`,
		"4:6 rules[0].wehn [a\ufffd] unknown field \"wehn\"; did you mean \"when\"?",
		"4:33 rules[0].points [a\ufffd] \"points\" stands twice in this object; the first is at line 4",
		"4:43 rules[0].points [a\ufffd] wants a number, has a text: write 2",
		"4:56 rules[0].id [a\ufffd] \\ud800 is half a character; write the character itself, or both halves",
		`5:12 rules[1].id [] wants a text, has a number: write "5"`,
		`5:30 rules[1].types[1] [] null stands for nothing here; leave the entry out`,
		`5:36 rules[1].types[2] [] wants a text, has a number: write "7"`,
		`5:56 rules[1].any.A [] "A" stands twice in this object; the first is at line 5`,
		`6:5 rules[2] [] wants an object, has a number`,
		`8:3 unknown [] unknown field "unknown"; known here: "format", "name", "top", "rules", "named", "-", "Bare"`,
		`8:24 unknown.deep[0] [] 1e999 is too large for a number; they end at 1.8e308`,
		`8:53 unknown.deep[1].bad [n] the text is not valid UTF-8 from here on; save the document as UTF-8`,
		`8:58  [] a comma stands before the closing }; leave it out`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestCheckKeepsAtMostAHundredMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mistakes, kept int
		last           string
	}{
		{mistakes: 99, kept: 99, last: "wants an object, has a number"},
		{mistakes: 100, kept: 100, last: "wants an object, has a number"},
		{mistakes: 101, kept: 100, last: "2 more mistakes from here on"},
		{mistakes: 250, kept: 100, last: "151 more mistakes from here on"},
	} {
		got := check(`{"rules": [` + strings.Repeat("1,\n", test.mistakes-1) + `1]}`)
		if len(got) != test.kept || got[len(got)-1].Message != test.last {
			t.Errorf("%d mistakes: kept %d, the last %+v", test.mistakes, len(got), got[len(got)-1])
		}
	}
}

func TestCheckIsBounded(t *testing.T) {
	t.Parallel()
	const size, some = 8 << 20, 2 << 20
	tests := []struct {
		name string
		doc  string
		last string
	}{
		{name: "too large", doc: "{}" + strings.Repeat(" ", size-1), last: "the document has 8388609 bytes; at most 8388608 (8 MiB) are read"},
		{name: "lists", doc: strings.Repeat("[", size), last: "objects and lists stand more than 32 deep in each other"},
		{name: "objects", doc: strings.Repeat(`{"a":`, size/5), last: "objects and lists stand more than 32 deep in each other"},
		{name: "duplicates", doc: "{" + strings.Repeat("\"a\":0,\n", some/8) + `"a":0}`, last: "262046 more mistakes from here on"},
		{name: "unknown", doc: `{"rules":[` + strings.Repeat(`{"wehn":0},`, some/12) + `{}]}`, last: "174663 more mistakes from here on"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := check(test.doc)
			if len(got) > 100 || got[len(got)-1].Message != test.last {
				t.Errorf("%d mistakes, the last: %s", len(got), got[len(got)-1].Message)
			}
		})
	}
	if got := check("{}" + strings.Repeat(" ", size-2)); got != nil {
		t.Errorf("a document of exactly 8 MiB: %v", got[0].Message)
	}
	deepest := `{"top":` + strings.Repeat(`{"rules":[`, 15) + `{}` + strings.Repeat(`]}`, 15) + `}`
	if got := check(deepest); got != nil {
		t.Errorf("a document 32 deep: %v", got[0].Message)
	}
}

func TestCheckPanicsOnUnsupportedShapes(t *testing.T) {
	t.Parallel()
	type embedded struct{ decay }
	for name, shape := range map[string]reflect.Type{
		"map":      reflect.TypeFor[struct{ M map[string]int }](),
		"any":      reflect.TypeFor[struct{ A []any }](),
		"bytes":    reflect.TypeFor[struct{ B []byte }](),
		"embedded": reflect.TypeFor[embedded](),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			document.Check([]byte("{}"), shape)
		})
	}
}

// rooted decodes itself through Check, as a policy may.
type rooted struct {
	Name string `json:"name"`
}

func (r *rooted) UnmarshalJSON(b []byte) error {
	if mistakes := document.Check(b, reflect.TypeFor[rooted]()); mistakes != nil {
		return errors.New(mistakes[0].Message)
	}
	type plain rooted
	return json.Unmarshal(b, (*plain)(r))
}

func TestCheckReadsTheOutermostTypeAsAStruct(t *testing.T) {
	t.Parallel()
	var r rooted
	if err := json.Unmarshal([]byte(`{"name": "b2b"}`), &r); err != nil || r.Name != "b2b" {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := json.Unmarshal([]byte(`{"nmae": "b2b"}`), &r); err == nil || err.Error() != `unknown field "nmae"; did you mean "name"?` {
		t.Errorf("got %v", err)
	}
}

func TestCheckLeavesDataAlone(t *testing.T) {
	t.Parallel()
	const doc = `{"name": "a\u0062", "top": {"any": {"x": [1]}}, "Rules": 1}`
	data := []byte(doc)
	document.Check(data, reflect.TypeFor[plan]())
	if string(data) != doc {
		t.Errorf("changed to %s", data)
	}
}

func TestCheckAcceptsWhatItShould(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range testcase.Count(500) {
		want := plan{Format: rng.IntN(3), Name: randomText(rng), Dash: randomText(rng), Bare: rng.IntN(2) == 0, Rules: randomRules(rng, 0)}
		for range rng.IntN(3) {
			want.Named = append(want.Named, named{Name: randomText(rng), A: int(rng.Uint64()), L: rng.IntN(2)})
		}
		doc, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if rng.IntN(2) == 0 { // other blanks, and the keys in another order
			var loose map[string]any
			decoder := json.NewDecoder(bytes.NewReader(doc))
			decoder.UseNumber()
			if err := decoder.Decode(&loose); err != nil {
				t.Fatal(err)
			}
			if doc, err = json.MarshalIndent(loose, "\r\n\t", " \t"); err != nil {
				t.Fatal(err)
			}
		}
		if got := document.Check(doc, reflect.TypeFor[plan]()); got != nil {
			t.Fatalf("Check of %s: %+v", doc, got)
		}
		var got plan
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(plan{}, anything{})); diff != "" {
			t.Fatalf("decoded (-want +got):\n%s", diff)
		}
		holds(t, doc[:rng.IntN(len(doc))])
		i := rng.IntN(len(doc))
		holds(t, slices.Replace(doc, i, min(len(doc), i+rng.IntN(3)), byte(rng.IntN(256))))
	}
}

func randomRules(rng *rand.Rand, depth int) []rule {
	var rules []rule
	for range rng.IntN(4 - depth) {
		r := rule{
			ID: randomText(rng), When: text(randomText(rng)), Level: int8(rng.Uint32()), On: rng.IntN(2) == 0,
			Points: math.Ldexp(rng.NormFloat64(), rng.IntN(2000)-1000), Decay: decay{span(rng.IntN(128))}, Rules: randomRules(rng, depth+1),
		}
		if rng.IntN(2) == 0 {
			r.Else = new(rng.Float64())
			r.Types = []string{randomText(rng), ""}
			r.Grid = [][]int64{{}, {int64(rng.Uint64()), math.MinInt64, math.MaxInt64}}
			r.Any = &anything{json.RawMessage(`{"x":[null,true,"y"]}`)}
		}
		rules = append(rules, r)
	}
	return rules
}

func randomText(rng *rand.Rand) string {
	letters := []rune("ab \"\\/<&\n\t\x00\u2028\ufffdé日😀")
	s := ""
	for range rng.IntN(6) {
		s += string(letters[rng.IntN(len(letters))])
	}
	return s
}

// holds tests what is true of every document.
func holds(t *testing.T, doc []byte) {
	t.Helper()
	mistakes := document.Check(doc, reflect.TypeFor[plan]())
	if mistakes == nil {
		if !json.Valid(doc) {
			t.Fatalf("%q is not JSON", doc)
		}
		var p plan
		decoder := json.NewDecoder(bytes.NewReader(doc))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		if got := document.Check(again, reflect.TypeFor[plan]()); got != nil {
			t.Fatalf("%q, encoded again as %q: %+v", doc, again, got)
		}
		return
	}
	if len(mistakes) > 100 {
		t.Fatalf("%q: %d mistakes", doc, len(mistakes))
	}
	lines := strings.Split(string([]rune(string(doc))), "\n")
	line, column := 1, 1
	for _, m := range mistakes {
		if m.Line < line || m.Line == line && m.Column < column {
			t.Fatalf("%q: out of order: %+v", doc, m)
		}
		line, column = m.Line, m.Column
		if m.Line > len(lines) || m.Column < 1 || m.Column > utf8.RuneCountInString(m.Source)+1 || !strings.HasPrefix(lines[m.Line-1], m.Source) {
			t.Fatalf("%q: no such place: %+v", doc, m)
		}
		if m.Message == "" || !utf8.ValidString(m.Message) || !utf8.ValidString(m.Path) || !utf8.ValidString(m.ID) || !utf8.ValidString(m.Source) {
			t.Fatalf("%q: not a message: %+v", doc, m)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, doc := range []string{
		`{}`, `[]`, `null`, ``, `{"name": "x"} x`, `{"format": 1, "format": 2}`, "{\"name\": \"\xff\"}", `{"name": "\ud83d\ude00"}`, `{"name": "\ud83d"}`, `{"Name": ""}`,
		`{"-": "", "Bare": true, "named": [{"name": "x", "a": -0, "l": 9}]}`, `{"rules": [{"id": "a", "when": "x >= 1", "points": 1e2, "else": -1.5, "level": -128, "on": false}]}`,
		`{"top": {"types": ["x", ""], "grid": [[], [1]], "decay": {"half_life": "30d"}, "any": {"x": [null, 1e999]}}}`, `{"top": {"any": false}}`, "{\r\n// x\r\n}", `{"rules": [1, {}], }`,
		`{"top": {"rules": [{"rules": [{}]}], "points": 1e309}}`, `{"name": 'x'}`, "\ufeff{}", `{"top": null, "rules": [null]}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(holds)
}

func BenchmarkCheck(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	doc, err := json.Marshal(plan{Rules: slices.Concat(randomRules(rng, 0), randomRules(rng, 0), randomRules(rng, 0))})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		document.Check(doc, reflect.TypeFor[plan]())
	}
}
