package history

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Nanoseconds of the units of a span.
const (
	Second = int64(1e9)
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
	Week   = 7 * Day
	// MaxSpan is the longest span: a hundred years of 365.25 days.
	MaxSpan = 36525 * Day
)

var units = []struct {
	name string
	size int64
}{{"d", Day}, {"h", Hour}, {"min", Minute}, {"s", Second}}

// ParseSpan reads a span such as "30d" into nanoseconds: a whole number above
// zero and one of the units w, d (24 hours), h, min and s, at most MaxSpan.
func ParseSpan(s string) (int64, error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	number, unit := s[:digits], strings.TrimSpace(s[digits:])
	meant := MeantSpan(s)
	if number == "" && meant == "" {
		meant = MeantSpan("1" + s) // a "week"
	}
	switch unit {
	case "", "m", "w", "d", "h", "min", "s":
		if number != "" || unit == s {
			meant = "" // what is wrong with it is said below
		}
	}
	if meant != "" && monthly.MatchString(unit) {
		return 0, fmt.Errorf(`%q: months and years differ in length and are not spans: write days, such as %q`, s, meant)
	}
	if meant != "" {
		return 0, fmt.Errorf("%q is not how a span is written: write %q", s, meant)
	}
	if number == "" || strings.ContainsAny(unit, "0123456789") {
		return 0, fmt.Errorf(`%q is not a span: write a whole number and a unit, such as "30d", "12h" or "90min"`, s)
	}
	var size int64
	switch unit {
	case "w":
		size = Week
	case "d":
		size = Day
	case "h":
		size = Hour
	case "min":
		size = Minute
	case "s":
		size = Second
	case "m":
		return 0, fmt.Errorf(`%q could mean minutes or months: write "min" for minutes, and days for months, which differ in length`, s)
	case "":
		return 0, fmt.Errorf(`%q has no unit: write "%sd" for days; the units are w, d, h, min and s`, s, number)
	default:
		return 0, fmt.Errorf("%q has the unknown unit %q: the units are w, d, h, min and s", s, unit)
	}
	if number+unit != s {
		return 0, fmt.Errorf("%q is not a span: write the number and the unit without a space, %q", s, number+unit)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n > MaxSpan/size {
		return 0, fmt.Errorf("%q is too long: a span is at most 36525d, a hundred years", s)
	}
	if n == 0 {
		return 0, fmt.Errorf("%q is empty: a span is longer than nothing", s)
	}
	return n * size, nil
}

var (
	monthly = regexp.MustCompile(`^(?i:mo|mos|mon|months?|yr|yrs|y|years?|q|quarters?)$|^M$`)
	freely  = regexp.MustCompile(`^\s*(?:P?T?)\s*(\d{1,6})\s*([A-Za-z]+)\s*(?:ago)?\s*$`)
	clocked = regexp.MustCompile(`^\s*(\d{1,5})\s*h[a-z]*\s*(\d{1,2})\s*m[a-z]*\s*$`)
)

// MeantSpan gives the span that a text such as "30 days", "2 weeks", "P30D", "1h30m" or "1 month" was meant for, as
// ParseSpan reads it; "" if it is none. Months are taken for 30 days, years for 365.
func MeantSpan(s string) string {
	if m := clocked.FindStringSubmatch(s); m != nil {
		hours, _ := strconv.Atoi(m[1])
		minutes, _ := strconv.Atoi(m[2])
		return fmt.Sprintf("%dmin", 60*hours+minutes)
	}
	m := freely.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	n, _ := strconv.Atoi(m[1])
	unit, times := "", 1
	switch strings.ToLower(m[2]) {
	case "w", "wk", "wks", "week", "weeks":
		unit = "w"
	case "d", "day", "days":
		unit = "d"
	case "h", "hr", "hrs", "hour", "hours":
		unit = "h"
	case "min", "mins", "minute", "minutes":
		unit = "min"
	case "s", "sec", "secs", "second", "seconds":
		unit = "s"
	case "mo", "mos", "mon", "month", "months":
		unit, times = "d", 30
	case "q", "quarter", "quarters":
		unit, times = "d", 90
	case "y", "yr", "yrs", "year", "years":
		unit, times = "d", 365
	}
	if m[2] == "M" {
		unit, times = "d", 30
	}
	if unit == "" || n == 0 {
		return ""
	}
	return strconv.Itoa(n*times) + unit
}

// FormatSpan writes nanoseconds as ParseSpan reads them, in the largest of the
// units d, h, min and s that leaves a whole number. What is less than a second
// is written in nanoseconds, which ParseSpan refuses.
func FormatSpan(ns int64) string {
	for _, u := range units {
		if ns%u.size == 0 {
			return strconv.FormatInt(ns/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(ns, 10) + "ns"
}
