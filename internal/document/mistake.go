package document

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/layout"
)

// Mistake is one thing that is wrong with a text that somebody wrote: a document, a policy, a file of scenarios.
type Mistake struct {
	// Path is the entry of a list of the document that the mistake belongs to: "rules[2]". It is "" outside of lists.
	Path string
	// ID is the "id", or else the "name", of the innermost enclosing object in a list that has one, cut short after 64 runes; it
	// is "" if none has.
	ID string
	// Field leads on from there, in the document's words: "decay.half_life". Keys that are not plain words stand in quotes, and
	// are cut short after 64 runes.
	Field string
	// Line and Column are 1-based; the column counts runes. They are 0 for what is missing and has no place.
	Line, Column int
	// Source is the text of that line, without its line break, and with U+FFFD for each byte that is not UTF-8. It is "" if the
	// document is too large to be read.
	Source string
	// SourceColumn is the column in Source, in runes, where that is a line of a text in the document: of one line of an
	// expression. 0 is Column.
	SourceColumn int
	// Message says what is wrong and how to mend it, in the document's words.
	Message string
}

// WithValue shows a value as its JSON, written as authors write it.
func (m Mistake) WithValue(value any) Mistake {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err == nil {
		m.Line, m.Column, m.Source = 1, 1, strings.TrimSuffix(text.String(), "\n")
	}
	return m
}

// WithSource shows the line of a text that holds an offset in runes.
func (m Mistake) WithSource(source string, offset int) Mistake {
	runes := []rune(source) // one for each broken byte
	offset = min(offset, len(runes))
	line, start := 1, 0
	for i, r := range runes[:offset] {
		if r == '\n' {
			line, start = line+1, i+1
		}
	}
	end := start
	for end < len(runes) && runes[end] != '\n' {
		end++
	}
	m.Line, m.Column, m.Source = line, offset-start+1, string(runes[start:end])
	return m
}

// String gives the place, the message, the line and a caret below the column.
func (m Mistake) String() string {
	var place []string
	list, _, inList := strings.Cut(m.Path, "[")
	switch {
	case m.ID != "" && Noun(list) != "":
		place = append(place, fmt.Sprintf("%s %q", Noun(list), m.ID))
	case inList:
		place = append(place, m.Path)
	}
	if m.Field != "" {
		place = append(place, m.Field)
	}
	if m.Line > 0 {
		place = append(place, fmt.Sprintf("%d:%d", m.Line, m.Column))
	}
	if len(place) == 0 {
		return m.text()
	}
	return strings.Join(place, ", ") + ": " + m.text()
}

// InFile is String for a place in a file, as editors find it.
func (m Mistake) InFile(name string) string {
	return fmt.Sprintf("%s:%d:%d: %s", name, m.Line, m.Column, m.text())
}

// text gives the message, the line and a caret below the column. What the line holds makes no lines of its own, and no tab
// shifts the caret.
func (m Mistake) text() string {
	message := layout.Clean(m.Message)
	if m.Line <= 0 || m.Source == "" {
		return message
	}
	line, before := excerpt(layout.Clean(m.Source), cmp.Or(m.SourceColumn, m.Column)-1)
	return message + "\n    " + line + "\n    " + strings.Repeat(" ", before) + "^"
}

// excerpt cuts a wide line down to what stands around an offset in runes, and says how many columns of a terminal come before
// the offset.
func excerpt(line string, offset int) (text string, before int) {
	const mostBefore, mostAfter = 60, 40 // columns
	runes := []rune(line)
	offset = max(0, min(offset, len(runes)))
	from, to := 0, len(runes)
	if layout.Width(line) > mostBefore+mostAfter {
		from, to = offset, offset
		for from > 0 && layout.Width(string(runes[from-1:offset])) <= mostBefore {
			from--
		}
		for from > 0 && from < offset && layout.Width(string(runes[from])) == 0 {
			from++ // a mark on a character that is cut off
		}
		for to < len(runes) && layout.Width(string(runes[offset:to+1])) <= mostAfter {
			to++
		}
	}
	text, before = string(runes[from:to]), layout.Width(string(runes[from:offset]))
	if from > 0 {
		text, before = "…"+text, before+1
	}
	if to < len(runes) {
		text += "…"
	}
	return text, before
}

// Noun names an entry of a list of a document; it is "" for other lists.
func Noun(list string) string {
	switch list {
	case "profile":
		return "attribute"
	case "properties":
		return "property"
	case "criteria":
		return "criterion"
	case "terms", "lists", "signals", "rules", "groups", "stages":
		return strings.TrimSuffix(list, "s")
	}
	return ""
}

// fail reports a mistake and returns false.
func (c *checker) fail(offset int, format string, args ...any) bool {
	c.report(offset, format, args...)
	return false
}

// report notes a mistake, which stands at offset, not before the latest one, and belongs to the value that path leads to.
func (c *checker) report(offset int, format string, args ...any) {
	c.found++
	if len(c.mistakes) == maxMistakes {
		return
	}
	passed := c.data[c.offset:offset]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 || c.found == 1 {
		c.line += bytes.Count(passed, []byte("\n"))
		c.column = 1
		c.source = c.lineFrom(c.offset + i + 1)
		passed = passed[i+1:]
	}
	c.column += utf8.RuneCount(passed)
	c.offset = offset
	path, field := SplitPath(c.where())
	c.mistakes = append(c.mistakes, Mistake{
		Path: path, Field: field, Line: c.line, Column: c.column, Source: c.source, Message: fmt.Sprintf(format, args...),
	})
}

// lineFrom returns the text from offset to the end of its line.
func (c *checker) lineFrom(offset int) string {
	line, _, _ := bytes.Cut(c.data[offset:], []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if !utf8.Valid(line) {
		return string([]rune(string(line))) // a rune for each broken byte, as columns count them
	}
	return string(line)
}

// where writes path out.
func (c *checker) where() string {
	var b strings.Builder
	for i, step := range c.path {
		switch {
		case step.inList:
			fmt.Fprintf(&b, "[%d]", step.index)
			continue
		case i > 0:
			b.WriteByte('.')
		}
		if step.key != "" && strings.Trim(step.key, pathLetters) == "" {
			b.WriteString(clip(step.key))
		} else {
			b.WriteString(quote(step.key))
		}
	}
	return b.String()
}

// pathLetters are those of keys that need no quotes in a path.
const pathLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// quote puts s in double quotes, so that a message shows where it ends.
func quote(s string) string { return strconv.Quote(clip(s)) }

// clip shortens s so that a message stays readable whatever the document holds.
func clip(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxQuoted {
			return s[:i] + "…"
		}
	}
	return s
}
