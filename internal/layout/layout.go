// Package layout writes values for people: what the print-outs share.
package layout

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Number gives a number to two decimals, or, if that leaves 0, to six; an
// infinite one is "any".
func Number(f float64) string {
	if math.IsInf(f, 0) {
		return "any"
	}
	if s := decimal(f, 100); s != "0" {
		return s
	}
	return decimal(f, 1e6)
}

// Signed is Number with a plus before what is above zero.
func Signed(f float64) string {
	if f > 0 {
		return "+" + Number(f)
	}
	return Number(f)
}

// Fact gives a number to six decimals, or, if that hides that it is not whole, in
// full: 59.99999999999999 days are not 60.
func Fact(f float64) string {
	if s := decimal(f, 1e6); strings.Contains(s, ".") || f == math.Trunc(f) {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func decimal(f, scale float64) string {
	return strconv.FormatFloat(math.Round(f*scale)/scale+0, 'f', -1, 64) // + 0: there is no -0
}

// Date leaves out of an instant in UTC what is zero: the clock, or its seconds.
func Date(t time.Time) string {
	switch {
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	case t.Equal(t.Truncate(time.Minute)):
		return t.Format("2006-01-02 15:04")
	}
	return t.Format(time.DateTime)
}

// Clean keeps text of a lead from making lines, or commands of a terminal, of its
// own, and from turning the direction of what follows: control characters, line
// separators and the marks of direction become spaces.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r >= '\u2028' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)
}

// Width is the number of characters of a text.
func Width(s string) int { return utf8.RuneCountInString(s) }

// Pad fills a text up to a width.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-Width(s))) }

// Indent moves each line in.
func Indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
}

// Wrap breaks lines that are wider than so many characters, where there is a space if
// it can, and moves what follows in by four more than the line. What is moved in by
// more than half of them is moved in by half.
func Wrap(s string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		text := strings.TrimLeft(line, " ")
		margin := min(len(line)-len(text), width/2)
		rest := []rune(strings.TrimSuffix(text, "\n"))
		for len(rest) > width-margin {
			cut, skip := width-margin, 0
			for i := cut; i > 0; i-- {
				if rest[i] == ' ' {
					cut, skip = i, 1
					break
				}
			}
			b.WriteString(strings.Repeat(" ", margin) + string(rest[:cut]) + "\n")
			rest = rest[cut+skip:]
			margin = min(len(line)-len(text)+4, width/2)
		}
		b.WriteString(strings.Repeat(" ", margin) + string(rest) + "\n")
	}
	return b.String()
}
