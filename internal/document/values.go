package document

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/fact"
)

// Decode reads one JSON value, with its numbers as they are written. The error begins with
// line and column.
func Decode(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	offset := int64(len(data))
	if err = d.Decode(&v); err == nil {
		rest := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n")
		if len(rest) == 0 {
			return v, nil
		}
		offset -= int64(len(rest))
		err = errors.New("something follows it")
	} else if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(0, min(e.Offset-1, offset))
	}
	at := Mistake{}.WithSource(string(data), utf8.RuneCount(data[:offset])) // without the line: it is of a person
	return nil, fmt.Errorf("%d:%d: this is not JSON: %w", at.Line, at.Column, endless(err))
}

// endless is the error of a document that ends too early.
func endless(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Member gives a field of an object, if it has it. As encoding/json has it, case does not
// matter.
func Member(object map[string]any, name string) (any, bool) {
	if v, ok := object[name]; ok {
		return v, true
	}
	found := ""
	for key := range object {
		if strings.EqualFold(key, name) && (found == "" || key < found) {
			found = key
		}
	}
	return object[found], found != ""
}

// IsNothing reports whether a value is what some write for an empty object or list.
func IsNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return fact.Clean(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Record gives the fields of an object. What is none is a record with a single value,
// which has no name: reading any other from it is an issue.
func Record(v any) map[string]any {
	object, ok := v.(map[string]any)
	switch {
	case ok:
		return plainNumbers(object).(map[string]any)
	case IsNothing(v):
		return nil
	}
	return map[string]any{"": plainNumbers(v)}
}

// plainNumbers makes numbers float64, where these are the same.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if isWhole := !strings.ContainsAny(string(v), ".eE"); err != nil || isWhole && math.Abs(f) >= fact.MaxWhole {
			return v
		}
		return f
	case map[string]any:
		for key, inner := range v {
			v[key] = plainNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plainNumbers(inner)
		}
	}
	return v
}

// Text gives a text, the digits of a number, or the JSON of anything else; blank for
// nothing.
func Text(v any) string {
	if IsNothing(v) {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < fact.MaxWhole {
			return strconv.FormatInt(int64(f), 10)
		}
		return string(v)
	}
	text, _ := json.Marshal(v) // what was JSON is JSON
	return string(text)
}

// Objects reads JSON objects one by one, with their numbers as they are written: from a list
// of them, or one after the other, as in a file with one a line. A value that is no object is
// an error in its place, and the rest goes on. What is no JSON, what follows a list, and what
// the reader fails with, is the last. An error has the number of the object, from 1 on, behind
// what it is called, such as "lead"; and, but for those of the reader, the line and column
// where what is wrong begins.
func Objects(r io.Reader, called string) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		var ahead readAhead
		in := bufio.NewReader(io.TeeReader(r, &ahead))
		if mark, _ := in.Peek(3); string(mark) == "\uFEFF" {
			in.Discard(3)
			ahead.skip(3)
			ahead.column = 0 // no person sees it
		}
		list, blanks := isList(in)
		ahead.skip(blanks)
		d := json.NewDecoder(in)
		d.UseNumber()
		begin := ahead.offset
		if list {
			d.Token() // the bracket, which is there
		}
		for n := 1; ; n++ {
			ahead.skip(int(begin + d.InputOffset() - ahead.offset))
			if list && !d.More() {
				_, err := d.Token()
				if err == nil {
					ahead.skip(int(begin + d.InputOffset() - ahead.offset))
					if _, err = d.Token(); err == io.EOF {
						return
					}
					if _, bad := errors.AsType[*json.SyntaxError](err); err == nil || bad || err == io.ErrUnexpectedEOF {
						err = errFollows
					}
				}
				ahead.skipBlanks()
				yield(nil, ahead.fail(err, "the list of %ss, after %[1]s %d", called, n-1))
				return
			}
			var v any
			if err := d.Decode(&v); err != nil {
				if list || err != io.EOF {
					ahead.toNext(list && n > 1)
					yield(nil, ahead.failIn(err, "%s %d", called, n))
				}
				return
			}
			object, ok := v.(map[string]any)
			var err error
			if !ok {
				ahead.toNext(list && n > 1)
				err = fmt.Errorf("%s: %s %d is no object", ahead.place(), called, n)
			}
			if !yield(object, err) {
				return
			}
		}
	}
}

var errFollows = errors.New("something follows the list")

// isList skips white space, of so many bytes, and reports whether a bracket follows.
func isList(in *bufio.Reader) (is bool, blanks int) {
	for ; ; blanks++ {
		c, err := in.ReadByte()
		if err != nil {
			return false, blanks
		}
		if !isBlank(c) {
			in.UnreadByte()
			return c == '[', blanks
		}
	}
}

// isBlank reports whether a byte is white space in JSON.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// readAhead is what was read of a document beyond a place, and that place.
type readAhead struct {
	text         []byte // from the place on, behind the bytes that were passed
	passed       int
	offset       int64 // of the place, in bytes
	line, column int   // of the place, from 0 on, in lines and characters
}

func (a *readAhead) Write(text []byte) (int, error) {
	if a.passed > len(a.text)/2 {
		a.text, a.passed = a.text[:copy(a.text, a.text[a.passed:])], 0
	}
	a.text = append(a.text, text...)
	return len(text), nil
}

func (a *readAhead) rest() []byte { return a.text[a.passed:] }

// skip moves the place on by some bytes, which are whole characters.
func (a *readAhead) skip(n int) {
	text := a.rest()[:n]
	if at := bytes.LastIndexByte(text, '\n'); at >= 0 {
		a.line, a.column = a.line+bytes.Count(text, []byte("\n")), 0
		text = text[at+1:]
	}
	a.column += utf8.RuneCount(text)
	a.passed, a.offset = a.passed+n, a.offset+int64(n)
}

func (a *readAhead) skipBlanks() {
	n := 0
	for rest := a.rest(); n < len(rest) && isBlank(rest[n]); n++ {
	}
	a.skip(n)
}

// toNext moves on to where the next value begins, perhaps behind a comma.
func (a *readAhead) toNext(comma bool) {
	a.skipBlanks()
	if rest := a.rest(); comma && len(rest) > 0 && rest[0] == ',' {
		a.skip(1)
		a.skipBlanks()
	}
}

// failIn is the error of what is no JSON in the value that begins at the place.
func (a *readAhead) failIn(err error, format string, args ...any) error {
	var v any
	again := json.NewDecoder(bytes.NewReader(a.rest())).Decode(&v)
	if bad, ok := errors.AsType[*json.SyntaxError](again); ok {
		a.skip(max(0, min(int(bad.Offset)-1, len(a.rest()))))
	}
	return a.fail(err, format, args...)
}

// fail is an error at the place, or, of a document that ends too early, at its end.
func (a *readAhead) fail(err error, format string, args ...any) error {
	err = endless(err)
	what := fmt.Sprintf(format, args...)
	_, bad := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == io.ErrUnexpectedEOF:
		a.skip(len(a.rest()))
	case !bad && err != errFollows: // it is the reader's
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %s: %w", a.place(), what, err)
}

// place gives line and column.
func (a *readAhead) place() string { return fmt.Sprintf("%d:%d", a.line+1, a.column+1) }
