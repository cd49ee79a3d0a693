package document

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Source is a document that was read, for the places in it.
type Source struct{ Data []byte }

// Place gives mistakes, which know their fields, their lines and columns in the document. Those in a text keep the line of the
// text as their Source, with SourceColumn as their place in it; others show the line of the document. What is missing stands
// where what it is missing from begins. Mistakes that belong to no field keep what they have.
func (s Source) Place(mistakes []Mistake) {
	starts := s.starts(mistakes)
	for i := range mistakes {
		m := &mistakes[i]
		path := m.path()
		if path == "" {
			continue
		}
		at, found := starts[path]
		if found && m.Line > 0 && s.Data[at] == '"' {
			if inside, ok := s.inside(at, *m); ok {
				m.SourceColumn = m.Column
				m.Line, m.Column, _ = s.position(inside)
				continue
			}
		}
		for !found {
			path = above(path)
			at, found = starts[path]
			found = found || path == ""
		}
		m.Line, m.Column, m.Source = s.position(at)
		m.SourceColumn = 0
	}
}

// path is the whole path of a mistake.
func (m *Mistake) path() string { return strings.TrimPrefix(m.Path+"."+m.Field, ".") }

// above is the path of the object or list that holds a value.
func above(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// starts gives where the values that mistakes are about begin, and those around them.
func (s Source) starts(mistakes []Mistake) map[string]int {
	wanted := map[string]bool{"": true}
	for i := range mistakes {
		for path := strings.TrimSuffix(mistakes[i].path(), "."); !wanted[path]; path = above(path) {
			wanted[path] = true
		}
	}
	starts := map[string]int{}
	c := &checker{data: s.Data, line: 1}
	c.visit = func(start int) {
		if path := c.where(); wanted[path] {
			starts[path] = start
		}
	}
	c.value(nil)
	return starts
}

// inside gives where in the document a mistake lies whose Source is a line of the text that begins at start.
func (s Source) inside(start int, m Mistake) (at int, ok bool) {
	read := checker{data: s.Data, pos: start, line: 1}
	if !read.text() {
		return 0, false
	}
	lines := strings.Split(unquote(s.Data[start:read.pos]), "\n")
	if m.Line > len(lines) || lines[m.Line-1] != m.Source {
		return 0, false // it shows the value, and is about all of it
	}
	runes := m.Column - 1
	for _, line := range lines[:m.Line-1] {
		runes += utf8.RuneCountInString(line) + 1
	}
	read.pos = start + 1
	for ; runes > 0 && s.Data[read.pos] != '"'; runes-- {
		if s.Data[read.pos] == '\\' {
			read.escape()
			continue
		}
		_, size := utf8.DecodeRune(s.Data[read.pos:])
		read.pos += size
	}
	return read.pos, true
}

// position gives the line and the column of an offset, and the line.
func (s Source) position(at int) (line, column int, text string) {
	begin := bytes.LastIndexByte(s.Data[:at], '\n') + 1
	c := checker{data: s.Data}
	return 1 + bytes.Count(s.Data[:at], []byte("\n")), 1 + utf8.RuneCount(s.Data[begin:at]), c.lineFrom(begin)
}
