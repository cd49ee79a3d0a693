package fact

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reader reads values of one declared field. It is immutable and safe for concurrent use.
type Reader struct {
	kind         Kind
	lo, hi       float64
	values       []string // sorted by compare
	placeholders []string // trimmed, sorted by compare
	numbers      []float64
	compare      func(a, b string) int
	loc          *time.Location
}

// NewReader returns a reader of a field of the given kind.
//
// Minimum and maximum bound a number, both included; nil leaves that side at MaxNumber. Values are the
// only ones that a text, a code or an element of texts may have; none allows all. Placeholders are
// texts that stand for a fact that is not there, whatever the kind; those that are decimal text also
// stand for that number. Values and placeholders are compared exactly for a code, folded for every
// other kind. Dates without a clock are midnight in loc; nil is UTC. Nothing of the arguments is kept.
func NewReader(kind Kind, minimum, maximum *float64, values, placeholders []string, loc *time.Location) *Reader {
	r := &Reader{kind: kind, lo: -MaxNumber, hi: MaxNumber, compare: CompareFold, loc: loc}
	if minimum != nil && *minimum > r.lo {
		r.lo = plainZero(*minimum)
	}
	if maximum != nil && *maximum < r.hi {
		r.hi = plainZero(*maximum)
	}
	if kind == Code {
		r.compare = strings.Compare
	}
	for _, s := range values {
		if kind != Code {
			s = strings.TrimSpace(s)
		}
		r.values = append(r.values, s)
	}
	for _, s := range placeholders {
		s = strings.TrimSpace(s)
		r.placeholders = append(r.placeholders, s)
		if f, ok := parseDecimal(s); ok {
			r.numbers = append(r.numbers, f)
		}
	}
	slices.SortFunc(r.values, r.compare)
	slices.SortFunc(r.placeholders, r.compare)
	if r.loc == nil {
		r.loc = time.UTC
	}
	return r
}

// Bounds returns the least and the greatest number that the reader takes: those declared, or
// -MaxNumber and MaxNumber where nothing narrower is.
func (r *Reader) Bounds() (lo, hi float64) {
	return r.lo, r.hi
}

// Read reads v into dst, which it overwrites: with the zero Value when the fact is unknown. It returns
// the reason if v holds something that cannot be taken. It never panics, whatever v is, and allocates
// nothing for the plain forms of a value.
//
// The elements of texts are appended to arena, which must not be nil for that kind, and dst.Texts is
// that part of it, its capacity limited: v's own slice is neither kept nor shared. Whoever truncates
// arena to use it again gives up the values that were read into it.
func (r *Reader) Read(v any, dst *Value, arena *[]string) Problem {
	*dst = Value{}
	// What follows could be left to reflection; these are the types that leads are full of.
	switch v := v.(type) {
	case nil:
		return NoProblem
	case string:
		return r.text(v, dst, arena)
	case float64:
		return r.number(v, dst)
	case int:
		return r.number(float64(v), dst)
	case bool:
		return r.truth(v, dst)
	case time.Time:
		return r.instant(v, dst)
	case json.Number:
		return r.jsonNumber(string(v), dst)
	}
	return r.reflected(reflect.ValueOf(v), dst, arena)
}

// widen gives the decimal that a float32 stands for: float32(0.1) is 0.1, and not
// the nearest float64 to it.
func widen(f float64) float64 {
	if d := math.Round(f*1e6) / 1e6; float32(d) == float32(f) {
		return d // the usual decimals need no text
	}
	if d, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64); err == nil {
		return d
	}
	return f
}

func (r *Reader) reflected(v reflect.Value, dst *Value, arena *[]string) Problem {
	v = follow(v)
	switch v.Kind() {
	case reflect.Invalid:
		return NoProblem
	case reflect.Bool:
		return r.truth(v.Bool(), dst)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.number(float64(v.Int()), dst)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return r.number(float64(v.Uint()), dst)
	case reflect.Float32:
		return r.number(widen(v.Float()), dst)
	case reflect.Float64:
		return r.number(v.Float(), dst)
	case reflect.String:
		if isJSONNumber(v) {
			return r.jsonNumber(v.String(), dst)
		}
		return r.text(v.String(), dst, arena)
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			return r.instant(t, dst)
		}
	case reflect.Slice:
		if !v.IsNil() && r.kind == Texts {
			return r.list(v, dst, arena)
		}
		fallthrough
	case reflect.Map, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			return NoProblem
		}
	}
	return WrongKind
}

// follow goes through pointers and interfaces to what they hold, the invalid Value for nil. It stops
// after a few, since a pointer may hold itself; what it then returns is of no kind that can be read.
func follow(v reflect.Value) reflect.Value {
	for range 8 {
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			break
		}
		v = v.Elem()
	}
	return v
}

func isJSONNumber(v reflect.Value) bool {
	return v.Type() == reflect.TypeFor[json.Number]()
}

func (r *Reader) number(f float64, dst *Value) Problem {
	if math.IsNaN(f) || math.IsInf(f, 0) || slices.Contains(r.numbers, f) {
		return NoProblem
	}
	switch {
	case r.kind == Number && (f < r.lo || f > r.hi):
		return OutOfRange
	case r.kind == Number:
		dst.Known, dst.Number = true, plainZero(f)
		return NoProblem
	case r.kind == Bool && (f == 0 || f == 1):
		return r.truth(f == 1, dst)
	}
	return WrongKind
}

func (r *Reader) jsonNumber(s string, dst *Value) Problem {
	s = strings.TrimSpace(s)
	if r.absent(s) {
		return NoProblem
	}
	return r.decimal(s, dst)
}

// decimal reads a number that was written out.
func (r *Reader) decimal(s string, dst *Value) Problem {
	f, ok := parseDecimal(s)
	switch {
	case ok:
		return r.number(f, dst)
	case f != 0 && r.kind == Number:
		return OutOfRange
	}
	return WrongKind
}

func (r *Reader) truth(b bool, dst *Value) Problem {
	if r.kind != Bool {
		return WrongKind
	}
	dst.Known, dst.Bool = true, b
	return NoProblem
}

var (
	firstInstant = time.Unix(0, math.MinInt64)
	lastInstant  = time.Unix(0, math.MaxInt64)
)

func (r *Reader) instant(t time.Time, dst *Value) Problem {
	switch {
	case t.IsZero():
		return NoProblem
	case r.kind != Time:
		return WrongKind
	case t.Before(firstInstant) || t.After(lastInstant):
		return OutOfRange
	}
	dst.Known, dst.Time = true, t.UnixNano()
	return NoProblem
}

func (r *Reader) text(s string, dst *Value, arena *[]string) Problem {
	if len(s) > MaxText {
		return OutOfRange
	}
	trimmed := strings.TrimSpace(s)
	if r.absent(trimmed) {
		return NoProblem
	}
	switch r.kind {
	case Number:
		return r.decimal(trimmed, dst)
	case Text:
		return r.allowed(trimmed, dst)
	case Code:
		return r.allowed(s, dst)
	case Bool:
		for _, yes := range [...]string{"true", "yes", "1"} {
			if EqualFold(trimmed, yes) {
				return r.truth(true, dst)
			}
		}
		for _, no := range [...]string{"false", "no", "0"} {
			if EqualFold(trimmed, no) {
				return r.truth(false, dst)
			}
		}
	case Time:
		if t, ok := parseTime(trimmed, r.loc); ok {
			return r.instant(t, dst)
		}
	case Texts:
		return r.split(trimmed, dst, arena)
	}
	return WrongKind
}

func (r *Reader) allowed(s string, dst *Value) Problem {
	if !r.inValues(s) {
		return NotInValues
	}
	dst.Known, dst.Text = true, s
	return NoProblem
}

// split reads texts that were written as one, which is how exports write a field of several choices.
func (r *Reader) split(s string, dst *Value, arena *[]string) Problem {
	start, problem := len(*arena), NoProblem
	for more := true; more; {
		var element string
		element, s, more = strings.Cut(s, ";")
		if problem = max(problem, r.add(element, arena)); len(*arena)-start > MaxTexts {
			return finish(start, OutOfRange, dst, arena)
		}
	}
	return finish(start, problem, dst, arena)
}

func (r *Reader) list(v reflect.Value, dst *Value, arena *[]string) Problem {
	start, problem := len(*arena), NoProblem
	for i := range v.Len() {
		element := follow(v.Index(i))
		if !element.IsValid() {
			continue
		}
		if element.Kind() != reflect.String || isJSONNumber(element) {
			// Nothing that follows could change the verdict, and a long list of anything else
			// should not cost its length.
			return finish(start, WrongKind, dst, arena)
		}
		if problem = max(problem, r.add(element.String(), arena)); len(*arena)-start > MaxTexts {
			return finish(start, OutOfRange, dst, arena)
		}
	}
	return finish(start, problem, dst, arena)
}

// add appends one element of texts to arena, if there is anything in it.
func (r *Reader) add(s string, arena *[]string) Problem {
	if len(s) > MaxText {
		return OutOfRange
	}
	s = strings.TrimSpace(s)
	if r.absent(s) {
		return NoProblem
	}
	if !r.inValues(s) {
		return NotInValues
	}
	*arena = append(*arena, s)
	return NoProblem
}

// finish makes what was added to arena since start the value, or takes it back.
func finish(start int, problem Problem, dst *Value, arena *[]string) Problem {
	if problem != NoProblem {
		*arena = (*arena)[:start]
	}
	if end := len(*arena); end > start {
		dst.Known, dst.Texts = true, (*arena)[start:end:end]
	}
	return problem
}

// absent reports whether trimmed text stands for a fact that is not there.
func (r *Reader) absent(s string) bool {
	return s == "" || r.among(r.placeholders, s)
}

func (r *Reader) inValues(s string) bool {
	return len(r.values) == 0 || r.among(r.values, s)
}

func (r *Reader) among(sorted []string, s string) bool {
	_, ok := slices.BinarySearchFunc(sorted, s, r.compare)
	return ok
}

func plainZero(f float64) float64 {
	if f == 0 {
		return 0
	}
	return f
}

// parseDecimal returns the number that decimal text stands for: an optional sign, digits with at most
// one point before, among or after them, and an optional exponent. If that is too large for a float64, it returns an infinity and
// false; if s is no decimal text, 0 and false.
func parseDecimal(s string) (float64, bool) {
	// ParseFloat takes more than that: hexadecimals, "inf" and "nan".
	rest := strings.TrimLeft(s, "+-")
	if len(s)-len(rest) > 1 {
		return 0, false
	}
	rest, ok := cutDigits(rest)
	if after, found := strings.CutPrefix(rest, "."); found {
		var fraction bool
		rest, fraction = cutDigits(after)
		ok = ok || fraction
	}
	if ok && rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		rest, ok = cutDigits(rest)
	}
	if !ok || rest != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// cutDigits returns s without its leading digits, and reports whether there were any.
func cutDigits(s string) (string, bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[i:], i > 0
}

// parseTime returns the instant that an RFC 3339 text stands for, or midnight in loc, or what comes first
// that day, for a date alone.
func parseTime(s string, loc *time.Location) (time.Time, bool) {
	if len(s) == len(time.DateOnly) {
		t, err := time.ParseInLocation(time.DateOnly, s, loc)
		if err == nil && t.Day() != int(s[8]-'0')*10+int(s[9]-'0') {
			// The clocks skipped midnight: the day begins when they were put forward.
			_, t = t.ZoneBounds()
		}
		return t, err == nil
	}
	// The offset is read here because package time allocates a Location for most offsets and asks for
	// the machine's own. The rest is left to it, except that it also takes an hour of one digit and a
	// comma before the fraction.
	const layout = "2006-01-02T15:04:05"
	clock, offset, ok := cutOffset(s)
	if !ok || len(clock) < len(layout) || clock[12] == ':' || strings.Contains(clock, ",") {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout, clock, time.UTC)
	return t.Add(-offset), err == nil
}

// cutOffset returns an RFC 3339 text without its offset from UTC, the offset, and whether there is one.
func cutOffset(s string) (clock string, offset time.Duration, ok bool) {
	if clock, ok := strings.CutSuffix(s, "Z"); ok {
		return clock, 0, true
	}
	const zone = "+00:00"
	if len(s) < len(zone) {
		return "", 0, false
	}
	clock, s = s[:len(s)-len(zone)], s[len(s)-len(zone):]
	t, err := time.ParseInLocation("15:04", s[1:], time.UTC)
	offset = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return clock, offset, err == nil && (s[0] == '+' || s[0] == '-')
}
