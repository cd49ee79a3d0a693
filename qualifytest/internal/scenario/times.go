package scenario

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
)

var units = []struct {
	name string
	size time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}, {"ns", 1}}

// clock reports whether a word is a time of day, which stands behind a date.
func clock(w word) bool {
	if w.quoted || w.pair {
		return false
	}
	_, ok := moment("2026-01-01 "+w.text, time.UTC)
	return ok
}

// moment reads a date or a time; without an offset from UTC it is one of a location.
func moment(s string, in *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// instant reads an offset from now, or a date or a time in UTC, that the library can
// represent.
func instant(s string, now time.Time) (time.Time, bool) {
	t, ok := moment(s, time.UTC)
	if !ok {
		t, ok = since(s, now)
	}
	return t, ok && representable(t)
}

// representable reports whether an instant is one for the library.
func representable(t time.Time) bool {
	return !t.Before(time.Unix(0, math.MinInt64)) && !t.After(time.Unix(0, math.MaxInt64))
}

// timeValue reads the value of an attribute or a property that is a time, and reports
// whether the library takes it. What it reads, such as a date or a placeholder, stays as it
// is; what else instant reads becomes a time, in the model's location as dates are.
func timeValue(s string, f qualify.Field, in *time.Location, now time.Time) (any, bool) {
	var known fact.Value
	if fact.NewReader(fact.Spec{Kind: fact.Time, Placeholders: f.Placeholders, Epoch: f.Epoch, Location: in}).Read(s, &known, nil) == fact.NoProblem {
		return s, true
	}
	t, ok := moment(s, in)
	if !ok {
		t, ok = since(s, now)
	}
	if !ok || !representable(t) {
		return s, false
	}
	return t, true
}

// since reads an offset from now.
func since(s string, now time.Time) (time.Time, bool) {
	rest, sign := s, time.Duration(1)
	for terms := 0; ; terms++ {
		switch {
		case rest == "":
			return now, terms > 0
		case rest[0] == '+':
			sign, rest = 1, rest[1:]
		case rest[0] == '-':
			sign, rest = -1, rest[1:]
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || n > 1e11 {
			return now, false
		}
		rest = rest[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))
		i := slices.IndexFunc(units, func(u struct {
			name string
			size time.Duration
		}) bool {
			return u.name == rest[:letters]
		})
		if i < 0 || n > int64(1<<62)/int64(units[i].size) {
			return now, false
		}
		now, rest = now.Add(sign*time.Duration(n)*units[i].size), rest[letters:]
	}
}

// offset writes an instant as instant reads it.
func offset(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d == 0:
		return "0d"
	case !now.Add(d).Equal(t): // further than a Duration holds
		return t.Format(time.RFC3339Nano)
	}
	s := "+"
	if d < 0 {
		s, d = "-", -d
	}
	for _, u := range units[1:] {
		if n := d / u.size; n > 0 {
			s += strconv.FormatInt(int64(n), 10) + u.name
			d -= n * u.size
		}
	}
	return s
}
