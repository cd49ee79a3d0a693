package document

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/layout"
)

var (
	// asInLeads are the fields that hold what a lead may hold, which print-outs clean.
	asInLeads = []string{"values", "placeholders", "types", "from", "separator", "default"}
	// expressions are the fields that hold some, which may be laid out in lines and hold escapes.
	expressions = []string{"where", "when", "multiply", "is", "met", "unmet", "enter", "keep"}
)

// disruption finds a character in the text of a field that print-outs cannot show, and says what to do about it.
func disruption(field, text string) (offset int, message string) {
	expression := slices.Contains(expressions, field)
	offset = strings.IndexFunc(text, func(r rune) bool {
		return layout.Disrupts(r) && !((expression || field == "note") && strings.ContainsRune("\t\n\r", r))
	})
	if offset < 0 || slices.Contains(asInLeads, field) {
		return -1, ""
	}
	r, _ := utf8.DecodeRuneInString(text[offset:])
	message = fmt.Sprintf("the text holds %U, and print-outs cannot show line breaks, control characters, marks of direction and tags: ", r)
	switch {
	case expression && r == '\b':
		return offset, message + "for the \\b of a pattern, put the pattern in backquotes, and in a document two backslashes: `\\\\bintern\\\\b`"
	case expression && r < ' ':
		return offset, message + fmt.Sprintf(`write it as \u%04x within quotation marks`, r)
	case expression:
		return offset, message + "write it as " + strings.Trim(strconv.QuoteRuneToASCII(r), "'") + " within quotation marks"
	case field == "note":
		return offset, message + "take it out; tabs and line breaks may stay"
	}
	return offset, message + "take it out; a note may have lines"
}

// pathNode is where in a document a value stands: a path that is only written out for what is
// wrong there.
type pathNode struct {
	up  *pathNode
	in  reflect.Type // a struct, or nil for an element of a list
	nth int
}

func (s *pathNode) field() string {
	for s.in == nil {
		s = s.up
	}
	name, _, _ := strings.Cut(s.in.Field(s.nth).Tag.Get("json"), ",")
	return name
}

func (s *pathNode) path() string {
	switch {
	case s == nil:
		return ""
	case s.in == nil:
		return fmt.Sprintf("%s[%d]", s.up.path(), s.nth)
	}
	return strings.TrimPrefix(s.up.path()+"."+s.field(), ".")
}

// CheckLeaves finds what a document could not hold, and a value made in Go can, in every text and
// number below v: text that is not UTF-8 or disrupts print-outs, and numbers that are not finite.
func CheckLeaves(v any, note func(Mistake)) { checkLeaves(reflect.ValueOf(v), nil, note) }

func checkLeaves(v reflect.Value, at *pathNode, note func(Mistake)) {
	var mistake Mistake
	message := ""
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			checkLeaves(v.Field(i), &pathNode{at, v.Type(), i}, note)
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkLeaves(v.Index(i), &pathNode{at, nil, i}, note)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			checkLeaves(v.Elem(), at, note)
		}
	case reflect.String:
		switch text := v.String(); {
		case !utf8.ValidString(text):
			message = "the text is not valid UTF-8"
		default:
			var offset int
			if offset, message = disruption(at.field(), text); message != "" {
				mistake = mistake.WithSource(text, utf8.RuneCountInString(text[:offset]))
			}
		}
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			message = "the number is not finite"
		}
	}
	if message != "" {
		mistake.Path, mistake.Field = SplitPath(at.path())
		mistake.Message = message
		note(mistake)
	}
}

// Hidden reports whether a character does not show and is no part of how words are spelt, as joiners are.
func Hidden(r rune) bool { return unicode.Is(unicode.Cf, r) && r != '\u200C' && r != '\u200D' }

// Escaped writes what disrupts lines as escapes of JSON. It stands in texts only.
func Escaped(json string) string {
	var b strings.Builder
	for {
		i := strings.IndexFunc(json, func(r rune) bool { return r != '\n' && layout.Disrupts(r) })
		if i < 0 {
			return b.String() + json
		}
		r, size := utf8.DecodeRuneInString(json[i:])
		b.WriteString(json[:i])
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
		json = json[i+size:]
	}
}
