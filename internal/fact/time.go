package fact

import (
	"math"
	"strings"
	"time"
)

// ParseTime returns the instant that a clean text stands for, and reports whether it stands for one: a date such as
// 2006-01-02, alone or with a clock behind T or a blank, of hours and minutes or of seconds, too, with a
// fraction (after a point or a comma) or without, and with an offset (Z, UTC, +00, +0000 or +00:00) or without. Letters are of any
// case, an hour may have one digit, and a blank may stand before the offset.
//
// Without an offset the text is a time in loc, and a date alone is its midnight. A time that exists
// twice there is the first one, and one that the clocks skipped is the instant at which they were put
// forward. Digits beyond nanoseconds are dropped.
func ParseTime(s string, loc *time.Location) (time.Time, bool) {
	wall, rest, ok := cutDate(s)
	if !ok || rest == "" {
		return inLocation(wall, loc), ok
	}
	if rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' {
		return time.Time{}, false
	}
	clock, rest, ok := cutClock(rest[1:])
	if !ok {
		return time.Time{}, false
	}
	wall = wall.Add(clock)
	if rest == "" {
		return inLocation(wall, loc), true
	}
	offset, ok := parseOffset(strings.TrimPrefix(rest, " "))
	return wall.Add(-offset), ok
}

// cutDate cuts a date off, whose midnight in UTC it returns.
func cutDate(s string) (midnight time.Time, rest string, ok bool) {
	const length = len(time.DateOnly)
	if len(s) < length || s[4] != '-' || s[7] != '-' {
		return time.Time{}, s, false
	}
	year, okYear := number(s[:4])
	month, okMonth := number(s[5:7])
	day, okDay := number(s[8:10])
	midnight = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	// A day that the month does not have has become one of the next.
	ok = okYear && okMonth && okDay && month >= 1 && month <= 12 && day >= 1 && midnight.Day() == day
	return midnight, s[length:], ok
}

// cutClock cuts a time of day off.
func cutClock(s string) (clock time.Duration, rest string, ok bool) {
	var parts [3]int
	n := 0
	for ; n < len(parts) && (n == 0 || strings.HasPrefix(s, ":")); n++ {
		if n > 0 {
			s = s[1:]
		}
		if len(s) < 2 {
			return 0, s, false
		}
		digits := 2
		if n == 0 && s[1] == ':' {
			digits = 1 // an hour, as spreadsheets write it
		}
		if parts[n], ok = number(s[:digits]); !ok {
			return 0, s, false
		}
		s = s[digits:]
	}
	if n < 2 || parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
		return 0, s, false
	}
	clock = time.Duration(parts[0])*time.Hour + time.Duration(parts[1])*time.Minute + time.Duration(parts[2])*time.Second
	if n < len(parts) || !strings.HasPrefix(s, ".") && !strings.HasPrefix(s, ",") {
		return clock, s, true
	}
	rest, ok = cutDigits(s[1:])
	fraction := s[1 : len(s)-len(rest)]
	unit := time.Second
	for i := 0; i < len(fraction) && unit > 1; i++ {
		unit /= 10
		clock += time.Duration(fraction[i]-'0') * unit
	}
	return clock, rest, ok
}

// parseOffset returns the offset from UTC that a text stands for.
func parseOffset(s string) (offset time.Duration, ok bool) {
	if EqualFold(s, "Z") || EqualFold(s, "UTC") {
		return 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours, ok := number(s[1:3])
	minutes := 0
	if digits := strings.TrimPrefix(s[3:], ":"); ok && s[3:] != "" {
		if minutes, ok = number(digits); len(digits) != 2 {
			ok = false
		}
	}
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, ok && hours <= 23 && minutes <= 59
}

// number returns the number that a few digits stand for.
func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, s != ""
}

// inLocation returns the instant at which clocks in loc show what wall shows in UTC.
func inLocation(wall time.Time, loc *time.Location) time.Time {
	if loc == time.UTC {
		return wall
	}
	// No offset is as long as a day, so that this is an instant before.
	for at := wall.Add(-24 * time.Hour).In(loc); ; {
		_, offset := at.Zone()
		start, end := at.ZoneBounds()
		t := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case !start.IsZero() && t.Before(start):
			return start // the clocks passed over it
		case end.IsZero() || t.Before(end):
			return t
		}
		at = end
	}
}

// The units in which a field may count the time since 1970, and how many decimals of a nanosecond's
// count each has: a second is 10^9 nanoseconds.
var epochs = [...]struct {
	name     string
	decimals int
}{{"s", 9}, {"ms", 6}, {"us", 3}, {"\u00b5s", 3}, {"\u03bcs", 3}, {"ns", 0}}

// Epochs lists the names of the units in which a field may count the time since 1970.
func Epochs() (names []string) {
	for _, e := range epochs {
		names = append(names, e.name)
	}
	return names
}

// sinceEpoch returns the nanoseconds that a decimal number of units is, without digits beyond
// nanoseconds, and reports whether they are more than 64 bits hold. It reports not ok for what is no
// decimal number without an exponent.
func sinceEpoch[T string | []byte](s T, decimals int) (nanos int64, over, ok bool) {
	negative := len(s) > 0 && s[0] == '-'
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	digits, point := 0, false
	for i := range len(s) {
		c := s[i]
		if c == '.' && !point && digits > 0 {
			point, digits = true, 0
			continue
		}
		if c < '0' || c > '9' {
			return 0, false, false
		}
		digits++
		if point {
			if decimals == 0 {
				continue
			}
			decimals--
		}
		nanos, over = plusDigit(nanos, c, over)
	}
	for ; decimals > 0; decimals-- {
		nanos, over = plusDigit(nanos, '0', over)
	}
	if !negative {
		nanos, over = -nanos, over || nanos == math.MinInt64
	}
	return nanos, over, digits > 0
}

// plusDigit appends a digit to a number that is counted downwards, since the least int64 has no
// counterpart.
func plusDigit(n int64, digit byte, over bool) (int64, bool) {
	d := int64(digit - '0')
	if over || n < (math.MinInt64+d)/10 {
		return 0, true
	}
	return 10*n - d, false
}
