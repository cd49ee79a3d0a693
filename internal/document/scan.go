package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// literal reads a number, true, false or null, and says which.
func (c *checker) literal() (has string, ok bool) {
	start := c.pos
	for c.pos < len(c.data) && isBare(c.data[c.pos]) {
		c.pos++
	}
	raw := c.data[start:c.pos]
	switch word := string(raw); {
	case word == "":
		if r, _ := utf8.DecodeRune(c.data[c.pos:]); c.pos < len(c.data) && strings.ContainsRune("'`\u201c\u201d\u201e\u2018\u2019\u00ab", r) {
			return "", c.expected("a value; a text stands in straight double quotes")
		}
		return "", c.expected("a value")
	case word == "true", word == "false":
		return truth, true
	case word == "null":
		return null, true
	case json.Valid(raw): // of these characters nothing else is made
		return number, true
	}
	instead := ""
	switch n, word := plainNumber(string(raw)), strings.ToLower(string(raw)); {
	case n != "":
		instead = ": write " + n
	case word == "true", word == "false", word == "null":
		instead = ": write " + word
	case word == "yes", word == "on":
		instead = ": write true"
	case word == "no", word == "off":
		instead = ": write false"
	case word == "none", word == "nil", word == "undefined":
		instead = ": leave the field out"
	}
	if instead != "" {
		return "", c.fail(start, "%s is no value%s", clip(string(raw)), instead)
	}
	return "", c.fail(start, "%s is no value; a text stands in double quotes, a number is written like 12, -3 or 0.5, other words are true, false and null", clip(string(raw)))
}

// isBare reports whether b can be part of what a person might write without quotes.
func isBare(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '+' || b == '-' || b == '.' || b == '_'
}

// checkNumber holds the number from start to pos to a kind of number, float64 if shape is nil.
func (c *checker) checkNumber(start int, shape reflect.Type) {
	raw := string(c.data[start:c.pos])
	if shape == nil || shape.Kind() == reflect.Float64 {
		if _, err := strconv.ParseFloat(raw, 64); err != nil {
			c.report(start, "%s is too large for a number; they end at 1.8e308", clip(raw))
		}
		return
	}
	_, err := strconv.ParseInt(raw, 10, shape.Bits())
	switch spare := 64 - shape.Bits(); {
	case errors.Is(err, strconv.ErrRange):
		c.report(start, "wants a whole number from %d to %d, has %s", int64(math.MinInt64)>>spare, int64(math.MaxInt64)>>spare, clip(raw))
	case err != nil:
		c.report(start, "wants a whole number, written without a point or exponent, has %s", clip(raw))
	}
}

// text reads a text. Characters that are broken, but do not hide where it ends, are reported and passed over.
func (c *checker) text() bool {
	broken := false
	c.pos++
	for c.pos < len(c.data) {
		switch b := c.data[c.pos]; {
		case b == '"':
			c.pos++
			return true
		case b == '\\':
			if !c.escape() {
				return false
			}
		case b == '\n' || b == '\r':
			return c.fail(c.pos, `the line ends inside a text; close it with a double quote, or write \n for a line break`)
		case b < ' ':
			return c.fail(c.pos, `a control character inside a text is written as \u%04x`, b)
		default:
			r, size := utf8.DecodeRune(c.data[c.pos:])
			if r == utf8.RuneError && size == 1 && !broken {
				broken = true // once is enough: the whole text is in another encoding
				c.report(c.pos, "the text is not valid UTF-8 from here on; save the document as UTF-8")
			}
			c.pos += size
		}
	}
	return c.fail(c.pos, "the document ends inside a text; close it with a double quote")
}

// escape reads a backslash and what it stands for.
func (c *checker) escape() bool {
	rest := c.data[c.pos:]
	if len(rest) > 1 && strings.IndexByte(`"\/bfnrt`, rest[1]) >= 0 {
		c.pos += 2
		return true
	}
	unit, ok := utf16Unit(rest)
	if !ok {
		return c.fail(c.pos, `a backslash stands before one of " \ / b f n r t, or u and four hex digits; write \\ for a backslash itself`)
	}
	size := 6
	if utf16.IsSurrogate(unit) {
		size = 12
		if low, _ := utf16Unit(rest[6:]); utf16.DecodeRune(unit, low) == utf8.RuneError {
			size = 6
			c.report(c.pos, "%s is half a character; write the character itself, or both halves", rest[:6])
		}
	}
	c.pos += size
	return true
}

// utf16Unit decodes the \uXXXX that b starts with, if it does.
func utf16Unit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(unit), err == nil
}

const blanks = " \t\r\n"

// peek passes over blanks and returns the byte there, 0 at the end.
func (c *checker) peek() byte {
	for c.pos < len(c.data) {
		if b := c.data[c.pos]; strings.IndexByte(blanks, b) < 0 {
			return b
		}
		c.pos++
	}
	return 0
}

// expected reports that what stands at pos is not what belongs there, and returns false.
func (c *checker) expected(what string) bool {
	switch rest := c.data[c.pos:]; {
	case len(c.data) == 0:
		return c.fail(0, "the document is empty")
	case len(rest) == 0 && c.open[len(c.open)-1] == '{':
		return c.fail(c.pos, "the document ends inside an object; close it with }")
	case len(rest) == 0:
		return c.fail(c.pos, "the document ends inside a list; close it with ]")
	case rest[0] == '#', bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")):
		return c.fail(c.pos, `a JSON document holds no comments; a "note" field can say it`)
	}
	return c.fail(c.pos, "expected %s", what)
}

// unquote decodes a text that has been read.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return strings.ToValidUTF8(string(raw[1:len(raw)-1]), "\ufffd")
	}
	s := ""
	_ = json.Unmarshal(raw, &s) // cannot fail: the text has been read
	return s
}
