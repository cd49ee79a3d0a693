package document

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mistake is one thing that is wrong with a document.
type Mistake struct {
	// Path says where in the document, in its words: `rules[2].decay.half_life`; it is "" for the document itself. Keys that are
	// not plain words stand in quotes, and are cut short after 64 runes.
	Path string
	// ID is the "id", or else the "name", of the innermost enclosing object in a list that has one, cut short after 64 runes; it
	// is "" if none has.
	ID string
	// Line and Column are 1-based; the column counts runes.
	Line, Column int
	// Source is the text of that line, without its line break, and with U+FFFD for each byte that is not UTF-8. It is "" if the
	// document is too large to be read.
	Source string
	// Message says what is wrong and how to mend it, in the document's words.
	Message string
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
	c.mistakes = append(c.mistakes, Mistake{
		Path: c.where(), Line: c.line, Column: c.column, Source: c.source, Message: fmt.Sprintf(format, args...),
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
