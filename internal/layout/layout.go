// Package layout writes values for people: what the print-outs share.
package layout

import (
	"cmp"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
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

// Exact gives points to the millionth that they are exact to: what is compared with
// thresholds must not be printed as if it had reached one. Infinite ones are "any".
func Exact(f float64) string {
	if math.IsInf(f, 0) {
		return "any"
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

// Beside is Fact, or the number in full where Fact could not be told apart from, or would
// lie on the other side of, a number that it must be compared with: one that want names, as
// expressions write it, or one of others.
func Beside(f float64, want string, others iter.Seq[float64]) string {
	s := Fact(f)
	printed, _ := strconv.ParseFloat(s, 64)
	differs := func(limit float64) bool { return cmp.Compare(printed, limit) != cmp.Compare(f, limit) }
	full := false
	for _, word := range strings.FieldsFunc(want, func(r rune) bool { return strings.ContainsRune(" ,[]()", r) }) {
		limit, err := strconv.ParseFloat(word, 64)
		full = full || err == nil && differs(limit)
	}
	for limit := range others {
		shown, _ := strconv.ParseFloat(Fact(limit), 64)
		full = full || differs(shown)
	}
	if full {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
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

// Disrupts reports whether a character can make the line in which it stands read as
// another one, or as several: it ends a line, commands a terminal, or changes the order
// or the shape of what follows, or holds text that nobody sees. These are
//
//   - control characters, the line separator and the paragraph separator
//   - the marks that set, begin or end a direction (Unicode's Bidi_Control)
//   - U+206A to U+206F, which mirror brackets and choose other digits
//   - the marks of interlinear annotations, U+FFF9 to U+FFFB
//   - tags, U+E0000 to U+E007F, a second ASCII that does not show
//
// What is left of the characters that do not show is part of how words and emoji are
// spelt, and neither ends a line nor moves what stands beside it: joiners (U+200C and
// U+200D), places where a line may break (U+00AD, U+200B, U+2060, U+FEFF), variation
// selectors, the signs of mathematics and of music.
func Disrupts(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7F && r <= 0x9F: // control characters
		return true
	case r < 0x61C:
		return false
	}
	return r == 0x61C || r == 0x200E || r == 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x206F ||
		r >= 0xFFF9 && r <= 0xFFFB || r >= 0xE0000 && r <= 0xE007F
}

// Clean keeps text of a lead from making lines, or commands of a terminal, of its
// own, and from turning the direction of what follows: each character that disrupts
// becomes a space.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if Disrupts(r) {
			return ' '
		}
		return r
	}, s)
}

// CleanLines is Clean for a text of several lines.
func CleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Width is the number of columns that a text takes on a terminal: two for a character
// of East Asia and for an emoji, none for a mark on the character before it.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, wide):
		return 2
	}
	return 1
}

// wide are the blocks of characters that take two columns, by Unicode's East Asian
// Width.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115F, 1}, {0x2E80, 0x303E, 1}, {0x3041, 0xA4CF, 1}, {0xA960, 0xA97F, 1}, {0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1}, {0xFE30, 0xFE6F, 1}, {0xFF01, 0xFF60, 1}, {0xFFE0, 0xFFE6, 1}},
	R32: []unicode.Range32{{0x1F300, 0x1F64F, 1}, {0x1F680, 0x1F6FF, 1}, {0x1F900, 0x1F9FF, 1}, {0x20000, 0x3FFFD, 1}},
}

// Path writes an attribute or a property as expressions do: lead.employees,
// lead["Lead Source"].
func Path(of, name string) string {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return of + "[" + strconv.Quote(name) + "]"
		}
	}
	return of + "." + name
}

// Pad fills a text up to a width.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-Width(s))) }

// Indent moves each line in.
func Indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
}

// Wrap breaks lines that are wider than so many columns, where there is a space if
// it can, and moves what follows in by four more than the line. What is moved in by
// more than half of them is moved in by half.
func Wrap(s string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		text := strings.TrimLeft(line, " ")
		margin := min(len(line)-len(text), width/2)
		rest := []rune(strings.TrimSuffix(text, "\n"))
		for {
			cut, skip := fits(rest, width-margin), 0
			if cut == len(rest) {
				break
			}
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

// fits is how many of some characters have room in so many columns, at least one.
func fits(text []rune, width int) int {
	for i, r := range text {
		if width -= columns(r); width < 0 {
			return max(i, 1)
		}
	}
	return len(text)
}

// Count gives how many there are of something, with its name for one or for several.
func Count[N int | int64](n N, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + several
}

// Span gives nanoseconds in the largest unit that leaves a whole number, in words: 30 days.
func Span(ns int64) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := ns / int64(u.size); n*int64(u.size) == ns {
			return Count(n, u.name, u.name+"s")
		}
	}
	return time.Duration(ns).String()
}
