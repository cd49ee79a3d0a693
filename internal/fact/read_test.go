package fact_test

import (
	_ "time/tzdata"

	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
)

type (
	seats    int
	port     uint16
	ratio    float32
	role     string
	flag     bool
	roles    []string
	roleSet  []role
	sqlBytes []byte
	moment   time.Time
	loop     *loop
)

const (
	none       = fact.NoProblem
	wrongKind  = fact.WrongKind
	outOfRange = fact.OutOfRange
	notIn      = fact.NotInValues
	unsplit    = fact.UnsplitList
)

var (
	unknown  fact.Value
	empty    = fact.Value{Known: true, Texts: []string{}}
	selfLoop = func() loop { var l loop; l = &l; return l }()
	anyLoop  = func() any { var v any; v = &v; return v }()
	at       = time.Date(2026, 11, 22, 2, 40, 0, 5, time.FixedZone("", 5*3600+1800))
	atNanos  = at.UnixNano()
	midnight = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).UnixNano()
)

// row is one value read.
type row struct {
	name    string
	in      any
	want    fact.Value
	problem fact.Problem
}

func check(t *testing.T, r *fact.Reader, rows []row) {
	t.Helper()
	for _, row := range rows {
		got := fact.Value{Known: true, Bool: true, Number: 7, Time: 7, Text: "old", Texts: []string{"old"}}
		arena := []string{"before"}
		problem := r.Read(row.in, &got, &arena)
		if problem != row.problem {
			t.Errorf("%s: problem %q, want %q", row.name, problem, row.problem)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
		if diff := cmp.Diff(append([]string{"before"}, row.want.Texts...), arena); diff != "" {
			t.Errorf("%s: arena (-want +got):\n%s", row.name, diff)
		}
		// A list that is read directly is read as by reflection, which goes through a pointer.
		var pointer any
		switch in := row.in.(type) {
		case []string:
			pointer = &in
		case []any:
			pointer = &in
		default:
			continue
		}
		var twin fact.Value
		if p := r.Read(pointer, &twin, &arena); p != problem || !cmp.Equal(twin, got) {
			t.Errorf("%s: %q %+v; by a pointer %q %+v", row.name, problem, got, p, twin)
		}
	}
}

// absent holds what is no value, whatever the kind.
var absent = []row{
	{"nil", nil, unknown, none},
	{"nil pointer", (*int)(nil), unknown, none},
	{"nil pointer to a pointer", new(*string), unknown, none},
	{"nil in an interface behind a pointer", new(any), unknown, none},
	{"nil slice", []string(nil), unknown, none},
	{"nil slice of any", []any(nil), unknown, none},
	{"nil map", map[string]any(nil), unknown, none},
	{"nil function", (func())(nil), unknown, none},
	{"nil channel", (chan int)(nil), unknown, none},
	{"nil unsafe pointer", unsafe.Pointer(nil), unknown, none},
	{"nil recursive pointer", loop(nil), unknown, none},
	{"NaN", math.NaN(), unknown, none},
	{"infinity", math.Inf(1), unknown, none},
	{"minus infinity", math.Inf(-1), unknown, none},
	{"float32 NaN", float32(math.NaN()), unknown, none},
	{"float32 infinity", float32(math.Inf(-1)), unknown, none},
	{"empty text", "", unknown, none},
	{"blank text", " \t\r\n\u00a0\u2003", unknown, none},
	{"named blank text", role(" "), unknown, none},
	{"blank json.Number", json.Number(" "), unknown, none},
	{"zero time", time.Time{}, unknown, none},
	{"zero time elsewhere", time.Time{}.In(time.FixedZone("", 3600)), unknown, none},
	{"pointer to the zero time", &time.Time{}, unknown, none},
	{"placeholder", "n/a", unknown, none},
	{"placeholder as pointer", new("n/a"), unknown, none},
	{"placeholder with spaces around", "  n/a\n", unknown, none},
	{"named placeholder", role("n/a"), unknown, none},
	{"json.Number placeholder", json.Number("-1"), unknown, none},
	{"number placeholder as text", "-1", unknown, none},
	{"number placeholder as int", -1, unknown, none},
	{"number placeholder as int8", int8(-1), unknown, none},
	{"number placeholder as float", -1.0, unknown, none},
	{"number placeholder as json.Number", json.Number("-1.0"), unknown, none},
	{"placeholder beyond the range", int64(math.MaxInt64), unknown, none},
}

// foreign holds what no kind takes.
var foreign = []row{
	{"map", map[string]any{}, unknown, wrongKind},
	{"function", func() {}, unknown, wrongKind},
	{"channel", make(chan int), unknown, wrongKind},
	{"struct", struct{ x int }{1}, unknown, wrongKind},
	{"named time", moment(at), unknown, wrongKind},
	{"complex", 1i, unknown, wrongKind},
	{"array", [1]string{"a"}, unknown, wrongKind},
	{"unsafe pointer", unsafe.Pointer(new(int)), unknown, wrongKind},
	{"bytes", []byte("a"), unknown, wrongKind},
	{"raw JSON", json.RawMessage(`"a"`), unknown, wrongKind},
	{"list of ints", []int{1}, unknown, wrongKind},
	{"list of numbers", []any{1.0}, unknown, wrongKind},
	{"list of json.Number", []json.Number{"1"}, unknown, wrongKind},
	{"list of lists", []any{[]any{"a"}}, unknown, wrongKind},
	{"a pointer to itself", selfLoop, unknown, wrongKind},
	{"an interface that holds itself", anyLoop, unknown, wrongKind},
	{"list of a pointer to itself", []any{selfLoop}, unknown, wrongKind},
	{"json.Number that is none", json.Number("x"), unknown, wrongKind},
	{"json.Number NaN", json.Number("NaN"), unknown, wrongKind},
	{"number", 7.0, unknown, wrongKind},
	{"int", 7, unknown, wrongKind},
	{"large int", int64(math.MaxInt64 - 1024), unknown, wrongKind},
	{"json.Number", json.Number("7"), unknown, wrongKind},
	{"json.Number too large", json.Number("1e401"), unknown, wrongKind},
	{"bool", true, unknown, wrongKind},
	{"time", at, unknown, wrongKind},
	{"empty list", []any{}, unknown, wrongKind},
	{"list of text", []string{"a"}, unknown, wrongKind},
}

// asText are those of foreign that a text takes.
var asText = []string{"bytes", "raw JSON", "number", "int", "large int", "json.Number"}

// without returns rows except those that the kind at hand does take.
func without(rows []row, names ...string) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return slices.Contains(names, r.name) })
}

func newReader(k fact.Kind, minimum, maximum *float64, values, placeholders []string, loc *time.Location) *fact.Reader {
	return fact.NewReader(fact.Spec{Kind: k, Minimum: minimum, Maximum: maximum, Values: values, Placeholders: placeholders, Location: loc})
}

func reader(k fact.Kind) *fact.Reader {
	return newReader(k, nil, nil, nil, []string{" n/a ", "-1", "9223372036854775807", "1e400"}, nil)
}

func TestAbsentWhateverTheKind(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) { check(t, reader(k), absent) })
	}
}

func TestReadNone(t *testing.T) {
	check(t, reader(fact.None), foreign)
	check(t, reader(fact.None), []row{{"text", "a", unknown, wrongKind}})
}

func TestReadNumber(t *testing.T) {
	check(t, reader(fact.Number), without(foreign, "number", "int", "large int", "json.Number", "json.Number too large"))
	check(t, reader(fact.Number), []row{
		{"int", 7, number(7), none},
		{"int8", int8(-7), number(-7), none},
		{"int16", int16(7), number(7), none},
		{"int32", int32(7), number(7), none},
		{"int64", int64(7), number(7), none},
		{"uint", uint(7), number(7), none},
		{"uint8", uint8(7), number(7), none},
		{"uint16", uint16(7), number(7), none},
		{"uint32", uint32(7), number(7), none},
		{"uint64", uint64(7), number(7), none},
		{"uintptr", uintptr(7), number(7), none},
		{"float32", float32(0.5), number(0.5), none},
		{"float32 of a decimal", float32(0.1), number(0.1), none},
		{"float32 of a long decimal", float32(1.2345e-9), number(1.2345e-9), none},
		{"float64", 0.1, number(0.1), none},
		{"duration", time.Duration(7), number(7), none},
		{"named int", seats(7), number(7), none},
		{"named uint", port(7), number(7), none},
		{"named float", ratio(0.5), number(0.5), none},
		{"pointer", new(7), number(7), none},
		{"pointer to a named int", new(seats(7)), number(7), none},
		{"pointer to a pointer", new(new(7.0)), number(7), none},
		{"pointer to an interface", new(any(7)), number(7), none},
		{"pointer to json.Number", new(json.Number("7")), number(7), none},
		{"json.Number", json.Number("7.25"), number(7.25), none},
		{"named text", role("7"), number(7), none},

		{"text", "7", number(7), none},
		{"text with spaces around", "\t7 \n", number(7), none},
		{"plus", "+7", number(7), none},
		{"minus", "-7", number(-7), none},
		{"fraction", "7.25", number(7.25), none},
		{"exponent", "7e2", number(700), none},
		{"capital exponent", "7.5E+2", number(750), none},
		{"negative exponent", "75e-1", number(7.5), none},
		{"leading zeros", "007", number(7), none},
		{"leading zero, and not octal", "010", number(10), none},
		{"leading zero that no octal has", "089", number(89), none},
		{"no digit before the point", ".5", number(0.5), none},
		{"no digit before the point, and a sign", "-.5", number(-0.5), none},
		{"no digit after the point", "5.", number(5), none},
		{"no digit after the point, and an exponent", "5.e2", number(500), none},
		{"no-break spaces around", "\u00a05\u00a0", number(5), none},
		{"many digits", "0." + strings.Repeat("3", 200), number(1.0 / 3), none},
		{"too small for a float64", "1e-400", number(0), none},
		{"negative and too small", "-1e-400", number(0), none},
		{"negative zero text", "-0.0", number(0), none},
		{"negative zero", math.Copysign(0, -1), number(0), none},
		{"negative zero float32", float32(math.Copysign(0, -1)), number(0), none},

		{"word", "seven", unknown, wrongKind},
		{"hexadecimal", "0x7", unknown, wrongKind},
		{"hexadecimal float", "0x1p4", unknown, wrongKind},
		{"underscore", "1_000", unknown, wrongKind},
		{"thousands", "1,000", unknown, wrongKind},
		{"decimal comma", "1,5", unknown, wrongKind},
		{"inner space", "1 000", unknown, wrongKind},
		{"inf", "inf", unknown, wrongKind},
		{"Infinity", "-Infinity", unknown, wrongKind},
		{"nan", "NaN", unknown, wrongKind},
		{"currency", "7 EUR", unknown, wrongKind},
		{"percent", "7%", unknown, wrongKind},
		{"no digits", "-", unknown, wrongKind},
		{"two signs", "--7", unknown, wrongKind},
		{"sign after", "7-", unknown, wrongKind},
		{"only a point", ".", unknown, wrongKind},
		{"a sign and a point", "-.", unknown, wrongKind},
		{"a point and an exponent", ".e5", unknown, wrongKind},
		{"a point before the sign", ".-5", unknown, wrongKind},
		{"two points around", ".5.", unknown, wrongKind},
		{"a point within the exponent", "5e.5", unknown, wrongKind},
		{"octal", "0o17", unknown, wrongKind},
		{"binary", "0b11", unknown, wrongKind},
		{"wide digits", "５", unknown, wrongKind},
		{"space after the sign", "- 5", unknown, wrongKind},
		{"another minus", "\u22125", unknown, wrongKind},
		{"two points", "1.2.3", unknown, wrongKind},
		{"empty exponent", "1e", unknown, wrongKind},
		{"signed empty exponent", "1e+", unknown, wrongKind},
		{"fractional exponent", "1e1.5", unknown, wrongKind},
		{"no digit before the exponent", "e5", unknown, wrongKind},
		{"other digits", "٧", unknown, wrongKind},
		{"bool text", "true", unknown, wrongKind},
		{"time text", "2026-11-22", unknown, wrongKind},

		{"largest", 1e15, number(1e15), none},
		{"largest int", int64(1e15), number(1e15), none},
		{"largest text", "1000000000000000", number(1e15), none},
		{"least", -1e15, number(-1e15), none},
		{"beyond", math.Nextafter(1e15, math.Inf(1)), unknown, outOfRange},
		{"int beyond", int64(1e15 + 1), unknown, outOfRange},
		{"uint beyond", uint64(1e15 + 1), unknown, outOfRange},
		{"text beyond", "1000000000000001", unknown, outOfRange},
		{"negative beyond", -1e15 - 1, unknown, outOfRange},
		{"most negative int64", int64(math.MinInt64), unknown, outOfRange},
		{"greatest uint64", uint64(math.MaxUint64), unknown, outOfRange},
		{"greatest float", math.MaxFloat64, unknown, outOfRange},
		{"text that overflows", "1e309", unknown, outOfRange},
		{"text that overflows below", "-1e309", unknown, outOfRange},
		{"text with an endless exponent", "1e99999999999999999999", unknown, outOfRange},
		{"json.Number that overflows", json.Number("1e309"), unknown, outOfRange},
	})
}

func TestReadNumberWithinBounds(t *testing.T) {
	check(t, newReader(fact.Number, new(0.5), new(100.0), nil, []string{"0", "999"}, nil), []row{
		{"minimum", 0.5, number(0.5), none},
		{"below the minimum", math.Nextafter(0.5, 0), unknown, outOfRange},
		{"maximum", 100, number(100), none},
		{"above the maximum", math.Nextafter(100, 200), unknown, outOfRange},
		{"text above", "100.5", unknown, outOfRange},
		{"a placeholder outside", 999, unknown, none},
		{"zero is a placeholder", 0, unknown, none},
		{"so is negative zero", math.Copysign(0, -1), unknown, none},
		{"and zero as text", "0.00", unknown, none},
	})
}

func TestBounds(t *testing.T) {
	for _, row := range []struct {
		name             string
		minimum, maximum *float64
		lo, hi           float64
	}{
		{"none", nil, nil, -1e15, 1e15},
		{"minimum", new(0.0), nil, 0, 1e15},
		{"maximum", nil, new(5.0), -1e15, 5},
		{"both", new(-5.0), new(5.0), -5, 5},
		{"wider than the largest number", new(-1e18), new(math.Inf(1)), -1e15, 1e15},
		{"not numbers", new(math.NaN()), new(math.NaN()), -1e15, 1e15},
		{"negative zero", new(math.Copysign(0, -1)), new(math.Copysign(0, -1)), 0, 0},
	} {
		lo, hi := newReader(fact.Number, row.minimum, row.maximum, nil, nil, nil).Bounds()
		if lo != row.lo || hi != row.hi || math.Signbit(lo) != math.Signbit(row.lo) || math.Signbit(hi) != math.Signbit(row.hi) {
			t.Errorf("%s: %v, %v, want %v, %v", row.name, lo, hi, row.lo, row.hi)
		}
	}
}

func TestReadBool(t *testing.T) {
	rows := []row{
		{"true", true, boolean(true), none},
		{"false", false, boolean(false), none},
		{"named", flag(true), boolean(true), none},
		{"pointer", new(false), boolean(false), none},
		{"int 1", 1, boolean(true), none},
		{"int 0", 0, boolean(false), none},
		{"uint8 1", uint8(1), boolean(true), none},
		{"float 1", 1.0, boolean(true), none},
		{"negative zero", math.Copysign(0, -1), boolean(false), none},
		{"json.Number 1", json.Number("1"), boolean(true), none},
		{"json.Number 0.0", json.Number("0.0"), boolean(false), none},
		{"spaces around", " yes\n", boolean(true), none},
		{"named text", role("no"), boolean(false), none},
		{"int 2", 2, unknown, wrongKind},
		{"float 0.5", 0.5, unknown, wrongKind},
		{"json.Number 2", json.Number("2"), unknown, wrongKind},
		{"text 1.0", "1.0", unknown, wrongKind},
		{"text t.", "t.", unknown, wrongKind},
		{"bytes", []byte("yes"), boolean(true), none},
		{"raw JSON", json.RawMessage(`"No"`), boolean(false), none},
		{"text nope", "nope", unknown, wrongKind},
	}
	for _, s := range []string{"true", "True", "TRUE", "yes", "Yes", "YES", "1", "y", "Y", "t", "T", "on", "On", "ON", "\ufeffyes"} {
		rows = append(rows, row{"text " + s, s, boolean(true), none})
	}
	for _, s := range []string{"false", "False", "FALSE", "no", "No", "NO", "0", "n", "N", "f", "F", "off", "Off", "OFF", "no\u200b"} {
		rows = append(rows, row{"text " + s, s, boolean(false), none})
	}
	check(t, reader(fact.Bool), rows)
	check(t, reader(fact.Bool), without(foreign, "bool"))
}

func TestReadTime(t *testing.T) {
	first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
	check(t, reader(fact.Time), without(foreign, "time"))
	check(t, reader(fact.Time), []row{
		{"time", at, instant(atNanos), none},
		{"pointer", &at, instant(atNanos), none},
		{"1970", time.Unix(0, 0), instant(0), none},
		{"RFC 3339", "2026-11-21T21:10:00Z", instant(atNanos - 5), none},
		{"fraction", "2026-11-21T21:10:00.000000005Z", instant(atNanos), none},
		{"fraction of one digit", "1970-01-01T00:00:00.5Z", instant(5e8), none},
		{"fraction beyond nanoseconds", "1970-01-01T00:00:00.0000000019Z", instant(1), none},
		{"offset", "2026-11-22T02:40:00+05:30", instant(atNanos - 5), none},
		{"negative offset", "2026-11-21T17:10:00-04:00", instant(atNanos - 5), none},
		{"fraction and offset", "2026-11-22T02:40:00.000000005+05:30", instant(atNanos), none},
		{"largest offset", "1970-01-01T23:59:00+23:59", instant(0), none},
		{"spaces around", " 2026-11-22T00:00:00Z\n", instant(midnight), none},
		{"date", "2026-11-22", instant(midnight), none},
		{"leap day", "2024-02-29", instant(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).UnixNano()), none},
		{"named text", role("2026-11-22"), instant(midnight), none},
		{"no offset", "2026-11-22T00:00:00", instant(midnight), none},
		{"a blank for the T", "2026-11-22 00:00:00", instant(midnight), none},
		{"several blanks", "2026-11-22 \u00a0 00:00:00", instant(midnight), none},
		{"no seconds", "2026-11-22 00:00", instant(midnight), none},
		{"no seconds, T", "2026-11-22T00:00", instant(midnight), none},
		{"no seconds, offset", "2026-11-22T00:00Z", instant(midnight), none},
		{"fraction without an offset", "2026-11-22 00:00:00.000000005", instant(midnight + 5), none},
		{"small letters", "2026-11-22t00:00:00z", instant(midnight), none},
		{"a blank before the offset", "2026-11-22 00:00:00 Z", instant(midnight), none},
		{"UTC", "2026-11-22 00:00:00 UTC", instant(midnight), none},
		{"utc", "2026-11-22 00:00:00.5utc", instant(midnight + 5e8), none},
		{"offset without a colon", "2026-11-22T01:00:00.000+0100", instant(midnight), none},
		{"offset of hours", "2026-11-21 14:00:00-10", instant(midnight), none},
		{"offset of hours behind minutes", "2026-11-22 01:00+01", instant(midnight), none},
		{"offset of half hours", "2026-11-22 05:30:00 +0530", instant(midnight), none},
		{"bytes", []byte("2026-11-22 00:00:00"), instant(midnight), none},
		{"a mark of the byte order", "\ufeff2026-11-22", instant(midnight), none},
		{"the zero time as text", "0001-01-01T00:00:00Z", unknown, none},

		{"first", first, instant(math.MinInt64), none},
		{"first as text", first.UTC().Format(time.RFC3339Nano), instant(math.MinInt64), none},
		{"before the first", first.Add(-1), unknown, outOfRange},
		{"before the first as text", first.UTC().Add(-1).Format(time.RFC3339Nano), unknown, outOfRange},
		{"last", last, instant(math.MaxInt64), none},
		{"last as text", last.UTC().Format(time.RFC3339Nano), instant(math.MaxInt64), none},
		{"after the last", last.Add(1), unknown, outOfRange},
		{"after the last as text", last.UTC().Add(1).Format(time.RFC3339Nano), unknown, outOfRange},
		{"long ago", "0000-01-01", unknown, outOfRange},
		{"far ahead", "9999-12-31T23:59:59.999999999-23:59", unknown, outOfRange},
		{"furthest", time.Unix(math.MaxInt64, 0), unknown, outOfRange},

		{"word", "tomorrow", unknown, wrongKind},
		{"no such day", "2026-02-29", unknown, wrongKind},
		{"no such month", "2026-13-01", unknown, wrongKind},
		{"no such hour", "2026-11-22T24:00:00Z", unknown, wrongKind},
		{"leap second", "2016-12-31T23:59:60Z", unknown, wrongKind},
		{"one-digit hour", "1970-01-01 1:00", instant(3600e9), none},
		{"one-digit hour and a fraction", "1970-01-01T1:00:00.5Z", instant(3600_5e8), none},
		{"comma", "1970-01-01T00:00:00,5Z", instant(5e8), none},
		{"one-digit minute", "2026-11-22T01:0:00Z", unknown, wrongKind},
		{"no digit of a fraction", "2026-11-22T01:00:00,Z", unknown, wrongKind},
		{"point without digits", "2026-11-22T00:00:00.Z", unknown, wrongKind},
		{"offset of a day", "2026-11-22T00:00:00+24:00", unknown, wrongKind},
		{"offset of sixty minutes", "2026-11-22T00:00:00+00:60", unknown, wrongKind},
		{"offset without a sign", "2026-11-22T00:00:00 01:00", unknown, wrongKind},
		{"offset of one digit", "2026-11-22T00:00:00+1", unknown, wrongKind},
		{"offset of three digits", "2026-11-22T00:00:00+100", unknown, wrongKind},
		{"offset of seconds", "2026-11-22T00:00:00+01:00:00", unknown, wrongKind},
		{"offset with a colon alone", "2026-11-22T00:00:00+01:", unknown, wrongKind},
		{"offset of a date", "2026-11-22Z", unknown, wrongKind},
		{"a T alone", "2026-11-22T", unknown, wrongKind},
		{"an hour alone", "2026-11-22T10", unknown, wrongKind},
		{"fraction of minutes", "2026-11-22T10:00.5", unknown, wrongKind},
		{"sixty minutes", "2026-11-22 10:60", unknown, wrongKind},
		{"no dashes", "20261122", unknown, wrongKind},
		{"day 0", "2026-11-00", unknown, wrongKind},
		{"month 0", "2026-00-01", unknown, wrongKind},
		{"a sign in a field", "2026-11-22 +1:00", unknown, wrongKind},
		{"digits", "1800000000", unknown, wrongKind},
		{"two offsets", "2026-11-22T00:00:00Z+01:00", unknown, wrongKind},
		{"American date", "11/22/2026", unknown, wrongKind},
		{"short", "22:00", unknown, wrongKind},
		{"only Z", "Z", unknown, wrongKind},
		{"unix seconds", 1_800_000_000, unknown, wrongKind},
	})
}

func TestReadDateInLocation(t *testing.T) {
	loc := time.FixedZone("", 2*3600)
	check(t, newReader(fact.Time, nil, nil, nil, []string{"0000-00-00"}, loc), []row{
		{"date", "2026-11-22", instant(midnight - int64(2*time.Hour)), none},
		{"instant", "2026-11-22T00:00:00Z", instant(midnight), none},
		{"placeholder that looks like a date", "0000-00-00", unknown, none},
	})
}

func TestReadText(t *testing.T) {
	check(t, reader(fact.Text), without(foreign, asText...))
	check(t, reader(fact.Text), []row{
		{"text", "Buyer", text("Buyer"), none},
		{"trimmed", "\u00a0 Head  of IT\n", text("Head of IT"), none},
		{"named", role("Buyer"), text("Buyer"), none},
		{"pointer", new("Buyer"), text("Buyer"), none},
		{"placeholder in capitals", "N/A", unknown, none},
		{"a placeholder within", "n/a yet", text("n/a yet"), none},
		{"like a number placeholder", "-1.0", text("-1.0"), none},
		{"number text", "7", text("7"), none},
		{"whole number", 4711.0, text("4711"), none},
		{"int", -4711, text("-4711"), none},
		{"zero", math.Copysign(0, -1), text("0"), none},
		{"uint64", uint64(math.MaxUint64), text("18446744073709551615"), none},
		{"int64", int64(math.MaxInt64 - 1), text("9223372036854775806"), none},
		{"largest whole float", float64(1 << 53), text("9007199254740992"), none},
		{"float beyond", float64(1<<53 + 2), unknown, wrongKind},
		{"1e21", 1e21, unknown, wrongKind},
		{"fraction", 4711.5, unknown, wrongKind},
		{"float32", float32(7), text("7"), none},
		{"json.Number", json.Number("4711"), text("4711"), none},
		{"json.Number with a point", json.Number("4711.0"), text("4711"), none},
		{"json.Number with an exponent", json.Number("47e2"), text("4700"), none},
		{"large json.Number", json.Number("123456789012345678901234567890"), text("123456789012345678901234567890"), none},
		{"json.Number 1e21", json.Number("1e21"), unknown, wrongKind},
		{"json.Number with a fraction", json.Number("4711.5"), unknown, wrongKind},
		{"json.Number that begins with 0", json.Number("007"), text("7"), none},
		{"bytes", []byte(" Buyer "), text("Buyer"), none},
		{"nil bytes", []byte(nil), unknown, none},
		{"no bytes", []byte{}, unknown, none},
		{"named bytes", sqlBytes("Buyer"), text("Buyer"), none},
		{"raw JSON", json.RawMessage(`" Buyer\u200b"`), text("Buyer"), none},
		{"raw number", json.RawMessage("4711"), text("4711"), none},
		{"raw null", json.RawMessage("null"), unknown, none},
		{"raw nothing", json.RawMessage{}, unknown, none},
		{"raw list", json.RawMessage(`["a"]`), unknown, wrongKind},
		{"broken JSON", json.RawMessage(`"a`), unknown, wrongKind},
		{"two in raw JSON", json.RawMessage(`"a" "b"`), unknown, wrongKind},
		{"blanks within", "Head\t of\r\n\u00a0IT", text("Head of IT"), none},
		{"characters that do not show", "\ufeffHe\u00adad \u200b of\u2060 IT\u200e", text("Head of IT"), none},
		{"only such", "\u200b \ufeff", unknown, none},
		{"a placeholder with such", "n/\u200ba", unknown, none},
		{"joiners belong to a word", "a\u200cb\u200dc", text("a\u200cb\u200dc"), none},
		{"semicolon", "a;b", text("a;b"), none},
		{"invalid UTF-8", "a\xff", text("a\xff"), none},
	})
	check(t, newReader(fact.Text, nil, nil, []string{"Small ", "\u212aiosk", "Large"}, []string{"large"}, nil), []row{
		{"among the values", "small", text("small"), none},
		{"among the values by folding", " KIOSK", text("KIOSK"), none},
		{"not among them", "medium", unknown, notIn},
		{"a placeholder comes first", "Large", unknown, none},
	})
}

func TestReadCode(t *testing.T) {
	check(t, reader(fact.Code), without(foreign, asText...))
	check(t, reader(fact.Code), []row{
		{"text", "/pricing", text("/pricing"), none},
		{"kept as given", " /pricing\n", text(" /pricing\n"), none},
		{"named", role("x"), text("x"), none},
		{"placeholder in capitals is none", "N/A", text("N/A"), none},
		{"number", 4711, text("4711"), none},
		{"bytes", []byte("a \u200b"), text("a \u200b"), none},
		{"what does not show", "\u200ba  b", text("\u200ba  b"), none},
		{"only what does not show", "\ufeff", unknown, none},
	})
	check(t, newReader(fact.Code, nil, nil, []string{"de", "at", " x"}, nil, nil), []row{
		{"among the values", "de", text("de"), none},
		{"with a space", " x", text(" x"), none},
		{"another case", "DE", unknown, notIn},
		{"another space", "de ", unknown, notIn},
	})
}

func TestReadTexts(t *testing.T) {
	check(t, reader(fact.Texts), without(foreign, append(asText, "empty list", "list of text", "array", "list of ints", "list of numbers", "list of json.Number")...))
	check(t, reader(fact.Texts), []row{
		{"strings", []string{"b", "a"}, texts("b", "a"), none},
		{"any", []any{"b", "a"}, texts("b", "a"), none},
		{"trimmed, kept as typed, in order, with duplicates", []string{" B\n", "a", "b", "a"}, texts("B", "a", "b", "a"), none},
		{"nil, blank and placeholder elements", []any{nil, "a", " ", "N/A", (*string)(nil), "b"}, texts("a", "b"), none},
		{"named slice", roles{"a"}, texts("a"), none},
		{"slice of a named type", roleSet{"a", "b"}, texts("a", "b"), none},
		{"named elements", []any{role("a")}, texts("a"), none},
		{"pointers to elements", []*string{new("a"), nil}, texts("a"), none},
		{"pointer to a slice", &[]string{"a"}, texts("a"), none},
		{"semicolon in an element", []string{"a;b"}, texts("a;b"), none},
		{"one text", "a", texts("a"), none},
		{"several in one text", "a; b ;;N/A;c;", texts("a", "b", "c"), none},
		{"named text", role("a;b"), texts("a", "b"), none},
		{"only semicolons", " ; ;", unknown, none},
		{"empty", []string{}, empty, none},
		{"empty list of anything", []int{}, empty, none},
		{"empty array", [0]string{}, empty, none},
		{"empty JSON list as text", " [ ] ", empty, none},
		{"only blanks", []any{"", nil, "n/a"}, unknown, none},
		{"a placeholder number", []any{-1, "a", -1.0}, texts("a"), none},
		{"numbers", []any{"a", 1.0, 2, json.Number("3")}, texts("a", "1", "2", "3"), none},
		{"one number", 4711, texts("4711"), none},
		{"one json.Number", json.Number("4711"), texts("4711"), none},
		{"one bool", true, unknown, wrongKind},
		{"a fraction", []any{"a", 1.5}, partial("a"), wrongKind},
		{"a list in a list", []any{"a", []string{"b"}}, partial("a"), wrongKind},
		{"a bool in a list", []any{true, "a"}, partial("a"), wrongKind},
		{"a map in a list", []any{"a", map[string]any{}}, partial("a"), wrongKind},
		{"only foreign elements", []any{true, 1.5}, unknown, wrongKind},
		{"foreign elements and blanks", []any{true, ""}, unknown, wrongKind},
		{"bytes", []byte("a;b"), texts("a", "b"), none},
		{"list of bytes", [][]byte{[]byte("a"), nil, {}}, texts("a"), none},
		{"raw list", json.RawMessage(`["a", 7]`), texts("a", "7"), none},
		{"list of raw JSON", []json.RawMessage{json.RawMessage(`"a"`), json.RawMessage(`null`), json.RawMessage(`[1]`), json.RawMessage(`x`)}, partial("a"), wrongKind},
		{"array", [2]string{"a", "b"}, texts("a", "b"), none},
		{"blanks within an element", []string{"a\u00a0 b"}, texts("a b"), none},
		{"comma in an element", []string{"a, b"}, texts("a, b"), none},

		{"comma", "a, b", unknown, unsplit},
		{"a comma at the end", "a,", unknown, unsplit},
		{"bar", "a|b", unknown, unsplit},
		{"bars", "a||b", unknown, unsplit},
		{"line break", "a\nb", unknown, unsplit},
		{"line breaks", "a\r\nb", unknown, unsplit},
		{"tab", "a\tb", unknown, unsplit},
		{"wide comma", "a，b", unknown, unsplit},
		{"comma that enumerates", "a、b", unknown, unsplit},
		{"wide semicolon", "a；b", unknown, unsplit},
		{"Arabic comma", "a،b", unknown, unsplit},
		{"JSON list as text", `["a", "b", null, 7]`, texts("a", "b", "7"), none},
		{"JSON list of one", ` ["a, b"]`, texts("a, b"), none},
		{"JSON list of lists", `["a", ["b"]]`, partial("a"), wrongKind},
		{"JSON list of nothing", `[null, ""]`, unknown, none},
		{"list in single quotes", "['a';'b']", unknown, unsplit},
		{"list in braces", "{a}", unknown, unsplit},
		{"semicolons and a comma", "a; b, c ;d", partial("a", "d"), unsplit},
		{"a comma outside", "a;\nb", texts("a", "b"), none},
	})
	check(t, newReader(fact.Texts, nil, nil, []string{"Red", "Green"}, []string{"a;b"}, nil), []row{
		{"among the values", []string{"green", "RED"}, texts("green", "RED"), none},
		{"one not among them", []string{"red", "blue", "green"}, partial("red", "green"), notIn},
		{"one text, one not among them", "red;blue", partial("red"), notIn},
		{"none among them", "blue;yellow", unknown, notIn},
		{"the last problem of the list of problems", []any{"blue", true, "red"}, partial("red"), notIn},
		{"in any order", []any{true, "blue", "red"}, partial("red"), notIn},
		{"unsplit", "red, green", unknown, unsplit},
		{"a placeholder with a semicolon", "A;B", unknown, none},
	})
	check(t, newReader(fact.Texts, nil, nil, []string{"Sales, Marketing", "a;b", "a", "[x]"}, nil, nil), []row{
		{"a value with a comma", "sales,  marketing", texts("sales, marketing"), none},
		{"among others", "a;Sales, Marketing", texts("a", "Sales, Marketing"), none},
		{"a value with a semicolon", "a;b", texts("a;b"), none},
		{"a value in brackets", "[x]", texts("[x]"), none},
	})
}

func TestSeparator(t *testing.T) {
	for _, test := range []struct {
		separator, in string
		want          fact.Value
		problem       fact.Problem
	}{
		{",", "vip,x", texts("vip", "x"), none},
		{",", " vip , x , ", texts("vip", "x"), none},
		{",", "a;b|c", texts("a;b|c"), none},
		{";", "Sales, Marketing;x", texts("Sales, Marketing", "x"), none},
		{"|", "a|b", texts("a", "b"), none},
		{"||", "a||b|c", texts("a", "b|c"), none},
		{"\n", "a\r\nb\n", texts("a", "b"), none},
		{"\t", "a b\tc", texts("a b", "c"), none},
		{" ", "a  b", texts("a", "b"), none},
		{" / ", "a / b/c", texts("a", "b/c"), none},
		{",", `["a, b", "c"]`, texts("a, b", "c"), none},
		{",", "[]", empty, none},
		{",", "{a,b}", unknown, unsplit},
		{",", ",,", unknown, none},
		{",", "n/a,a", texts("a"), none},
	} {
		r := fact.NewReader(fact.Spec{Kind: fact.Texts, Separator: test.separator, Placeholders: []string{"n/a"}})
		check(t, r, []row{{test.separator + " in " + test.in, test.in, test.want, test.problem}})
	}
}

func TestEpoch(t *testing.T) {
	const second = int64(1767225600)
	nanos := instant(second*1e9 + 123_456_789)
	for _, test := range []struct {
		unit    string
		in      any
		want    fact.Value
		problem fact.Problem
	}{
		{"s", second, instant(second * 1e9), none},
		{"s", int32(7), instant(7e9), none},
		{"s", float64(second), instant(second * 1e9), none},
		{"s", 1767225600.5, instant(second*1e9 + 5e8), none},
		{"s", 1767225600.123, instant(second*1e9 + 123e6), none},
		{"s", -0.5, instant(-5e8), none},
		{"s", 0, instant(0), none},
		{"s", json.Number("1767225600.123456789"), nanos, none},
		{"s", "1767225600.1234567899", nanos, none},
		{"s", " 1767225600 ", instant(second * 1e9), none},
		{"s", "1.7672256e9", instant(second * 1e9), none},
		{"s", "2026-01-01 00:00:00", instant(second * 1e9), none},
		{"s", "9223372036.854775807", instant(math.MaxInt64), none},
		{"s", "9223372036.854775808", unknown, outOfRange},
		{"s", "-9223372036.854775808", instant(math.MinInt64), none},
		{"s", "-9223372036.854775809", unknown, outOfRange},
		{"s", second * 1000, unknown, outOfRange}, // milliseconds
		{"s", 1e300, unknown, outOfRange},
		{"s", "1e400", unknown, outOfRange},
		{"s", "1.2.3", unknown, wrongKind},
		{"s", "5.", instant(5e9), none},
		{"s", "-.5", instant(-5e8), none},
		{"s", ".", unknown, wrongKind},
		{"s", "soon", unknown, wrongKind},
		{"s", true, unknown, wrongKind},
		{"s", -1, unknown, none}, // a placeholder
		{"s", "-1", unknown, none},
		{"s", "-1.0", unknown, none},
		{"ms", second*1000 + 123, instant(second*1e9 + 123e6), none},
		{"ms", float64(second*1000 + 123), instant(second*1e9 + 123e6), none},
		{"ms", 1767225600123.4, instant(second*1e9 + 123_400_000), none},
		{"us", second*1e6 + 123_456, instant(second*1e9 + 123_456_000), none},
		{"\u00b5s", second*1e6 + 123_456, instant(second*1e9 + 123_456_000), none},
		{"\u03bcs", second*1e6 + 123_456, instant(second*1e9 + 123_456_000), none},
		{"ns", second*1e9 + 123_456_789, nanos, none},
		{"ns", uint64(second*1e9 + 123_456_789), nanos, none},
		{"ns", "1767225600123456789.9", nanos, none},
		{"ns", int64(math.MinInt64), instant(math.MinInt64), none},
		{"ns", uint64(math.MaxUint64), unknown, outOfRange},
		{"", second, unknown, wrongKind},
	} {
		r := fact.NewReader(fact.Spec{Kind: fact.Time, Epoch: test.unit, Placeholders: []string{"-1"}})
		check(t, r, []row{{fmt.Sprintf("%v %s", test.in, test.unit), test.in, test.want, test.problem}})
	}
}

// An API that writes false, or a number, for every field that is empty.
func TestPlaceholdersThatAreNoText(t *testing.T) {
	for _, k := range kinds {
		r := fact.NewReader(fact.Spec{Kind: k, Placeholders: []string{" False", "0"}, Epoch: "s"})
		check(t, r, []row{
			{k.String() + " false", false, unknown, none},
			{k.String() + " a pointer to false", new(false), unknown, none},
			{k.String() + " 0", 0, unknown, none},
			{k.String() + " 0.0", 0.0, unknown, none},
			{k.String() + " 0 as text", "0", unknown, none},
		})
		if k == fact.Bool {
			check(t, r, []row{{"no", "no", boolean(false), none}, {"true", true, boolean(true), none}})
		}
	}
	check(t, fact.NewReader(fact.Spec{Kind: fact.Texts, Placeholders: []string{"false", "true"}}), []row{
		{"in a list", []any{false, "a", true}, texts("a"), none},
	})
}

func TestDefault(t *testing.T) {
	for _, row := range []struct {
		kind    fact.Kind
		text    string
		want    fact.Value
		foreign any // of the wrong kind: it stays unknown
	}{
		{fact.Bool, "false", boolean(false), "maybe"},
		{fact.Number, "0", number(0), "x"},
		{fact.Text, " none  of it ", text("none of it"), true},
		{fact.Code, "n", text("n"), true},
		{fact.Time, "2026-11-22", instant(midnight), "x"},
		{fact.Texts, "a;b", texts("a", "b"), true},
		{fact.Texts, "[]", empty, true},
	} {
		r := fact.NewReader(fact.Spec{Kind: row.kind, Key: "f", Placeholders: []string{"n/a"}, Default: row.text})
		if got, problem := r.Default(); problem != none || cmp.Diff(row.want, got) != "" {
			t.Errorf("%v %s: %+v, %v", row.kind, row.text, got, problem)
		}
		for _, record := range []map[string]any{nil, {}, {"g": 1}, {"f": nil}, {"f": " "}, {"f": "N/A"}, {"f": "n/a"}, {"f": (*int)(nil)}, {"f": math.NaN()}, {"f": time.Time{}}} {
			if row.kind == fact.Code && record["f"] == "N/A" {
				continue
			}
			v, arena := fact.Value{Known: true}, []string{"before"}
			if problem := r.Load(record, &v, &arena); problem != none || cmp.Diff(row.want, v) != "" || len(arena) != 1 {
				t.Errorf("%v %v: %+v, %v", row.kind, record, v, problem)
			}
		}
		v, arena := fact.Value{Known: true}, []string(nil)
		if problem := r.Load(map[string]any{"f": row.foreign}, &v, &arena); problem != wrongKind || v.Known {
			t.Errorf("%v %v: %+v, %v", row.kind, row.foreign, v, problem)
		}
	}
	for _, s := range []fact.Spec{
		{Kind: fact.Number, Default: "many"}, {Kind: fact.Number, Default: "5", Maximum: new(4.0)}, {Kind: fact.Bool, Default: "n/a", Placeholders: []string{"n/a"}},
		{Kind: fact.Text, Default: "a", Values: []string{"b"}}, {Kind: fact.Texts, Default: "a,b"},
	} {
		if got, _ := fact.NewReader(s).Default(); got.Known {
			t.Errorf("%+v has the default %+v", s, got)
		}
	}
}

func TestLoadFromAPath(t *testing.T) {
	type name string
	company := map[string]any{"employees": 5, "": 9, "0": 10, "office.city": "Aarhus", "office": map[string]any{"city": "Odense", "zip": 8000}}
	for _, row := range []struct {
		key     string
		record  map[string]any
		want    any // an int; or nil
		problem fact.Problem
	}{
		{"company.employees", map[string]any{"company": company}, 5, none},
		{"company.employees", map[string]any{"company.employees": 6, "company": company}, 6, none},
		{"company.employees", map[string]any{"company.employees": nil, "company": company}, nil, none},
		{"company.employees", map[string]any{"company": map[name]int{"employees": 7}}, 7, none},
		{"company.employees", map[string]any{"company": &map[string]int8{"employees": 7}}, 7, none},
		{"company.employees", map[string]any{"company": map[string]string{"employees": "7"}}, 7, none},
		{"company.employees", map[string]any{}, nil, none},
		{"company.employees", nil, nil, none},
		{"company.employees", map[string]any{"company": nil}, nil, none},
		{"company.employees", map[string]any{"company": (*int)(nil)}, nil, none},
		{"company.employees", map[string]any{"company": map[string]any(nil)}, nil, none},
		{"company.employees", map[string]any{"company": map[string]any{}}, nil, none},
		{"company.employees", map[string]any{"company": " "}, nil, none},
		{"company.employees", map[string]any{"company": "n/a"}, nil, none},
		{"company.employees", map[string]any{"company": "Acme"}, nil, wrongKind},
		{"company.employees", map[string]any{"company": 5}, nil, wrongKind},
		{"company.employees", map[string]any{"company": []any{"Acme"}}, nil, wrongKind},
		{"company.employees", map[string]any{"company": []any{}}, nil, none},
		{"company.employees", map[string]any{"company": map[int]int{1: 5}}, nil, wrongKind},
		{"company.employees", map[string]any{"company": struct{ employees int }{5}}, nil, wrongKind},
		{"company.employees", map[string]any{"company": map[string]any{"employees": "x"}}, nil, wrongKind},
		{"company.0", map[string]any{"company": company}, 10, none},
		{"company.office.zip", map[string]any{"company": company}, 8000, none},
		{"company.office.city", map[string]any{"company": map[string]any{"office.city": 1, "office": map[string]any{"city": 2}}}, 1, none},
		{"company.office.city", map[string]any{"company.office": map[string]any{"city": 3}}, nil, none},
		{"emails.0.n", map[string]any{"emails": []any{map[string]any{"n": 4}, nil}}, 4, none},
		{"emails.1.n", map[string]any{"emails": []any{map[string]any{"n": 4}, nil}}, nil, none},
		{"emails.2.n", map[string]any{"emails": []any{map[string]any{"n": 4}, nil}}, nil, none},
		{"emails.1", map[string]any{"emails": []int{4, 5}}, 5, none},
		{"emails.1", map[string]any{"emails": [2]int{4, 5}}, 5, none},
		{"emails.99999999999999999999", map[string]any{"emails": []int{4, 5}}, nil, none},
		{"emails.-1", map[string]any{"emails": []int{4, 5}}, nil, wrongKind},
		{"emails.0", map[string]any{"emails": []byte("ab")}, nil, wrongKind},
		{"employees", map[string]any{"": "garbage"}, nil, wrongKind},
		{"employees", map[string]any{"": nil}, nil, none},
		{"employees", map[string]any{"": 1, "a": 2}, nil, none},
	} {
		r := fact.NewReader(fact.Spec{Kind: fact.Number, Key: row.key, Path: true, Placeholders: []string{"n/a"}})
		var want fact.Value
		if n, ok := row.want.(int); ok {
			want = number(float64(n))
		}
		v := fact.Value{Known: true, Text: "old"}
		if problem := r.Load(row.record, &v, nil); problem != row.problem || cmp.Diff(want, v) != "" {
			t.Errorf("%s in %v: %+v, %q; want %+v, %q", row.key, row.record, v, problem, want, row.problem)
		}
	}
	// Without a path, a dot is a part of the key.
	var v fact.Value
	if fact.NewReader(fact.Spec{Kind: fact.Number, Key: "a.b"}).Load(map[string]any{"a": map[string]any{"b": 1}}, &v, nil); v.Known {
		t.Error("a key without a path leads into a record")
	}
	// A list that stands where a record should leaves nothing behind.
	arena := []string{"before"}
	problem := fact.NewReader(fact.Spec{Kind: fact.Texts, Key: "a.b", Path: true}).Load(map[string]any{"a": "x;y"}, &v, &arena)
	if problem != wrongKind || v.Known || v.Texts != nil || len(arena) != 1 {
		t.Errorf("%+v, %v, %q", v, problem, arena)
	}
}

// In a list, * is every element.
func TestLoadFromEachElement(t *testing.T) {
	tags := func(all ...any) map[string]any { return map[string]any{"tags": all} }
	tag := func(name any) any { return map[string]any{"id": 3, "tag": name} }
	for _, row := range []struct {
		key     string
		record  map[string]any
		want    fact.Value
		problem fact.Problem
	}{
		{"tags.*.tag", tags(tag("vip"), tag(" New ")), texts("vip", "New"), none},
		{"tags.*.tag", tags(tag("vip"), tag(nil), tag(""), tag("n/a"), map[string]any{}, nil), texts("vip"), none},
		{"tags.*.tag", tags(tag(7), tag(json.Number("8"))), texts("7", "8"), none},
		{"tags.*.tag", tags(tag("a,b")), texts("a,b"), none},
		{"tags.*.tag", tags(), empty, none},
		{"tags.*.tag", tags(tag(nil), tag("")), unknown, none},
		{"tags.*.tag", map[string]any{}, unknown, none},
		{"tags.*.tag", map[string]any{"tags": nil}, unknown, none},
		{"tags.*.tag", map[string]any{"tags": false}, unknown, none},
		{"tags.*.tag", map[string]any{"tags": "vip"}, unknown, wrongKind},
		{"tags.*.tag", map[string]any{"tags": map[string]any{"tag": "vip"}}, unknown, none}, // a key that is not there
		{"tags.*.tag", map[string]any{"tags": map[string]any{"*": tag("vip")}}, texts("vip"), none},
		{"tags.*.tag", map[string]any{"tags.*.tag": []string{"vip"}}, texts("vip"), none},
		{"tags.*.tag", tags(tag("vip"), "new"), partial("vip"), wrongKind},
		{"tags.*.tag", tags(tag("vip"), "", "n/a", nil), texts("vip"), none},
		{"tags.*.tag", tags(tag("vip"), tag([]any{"a"}), tag(map[string]any{})), partial("vip"), wrongKind},
		{"tags.*.tag", tags(tag("vip"), []any{tag("a")}), partial("vip"), wrongKind},
		{"tags.*.tag", map[string]any{"tags": []map[string]string{{"tag": "vip"}, {"tag": "new"}}}, texts("vip", "new"), none},
		{"tags.*", tags("vip", "new"), texts("vip", "new"), none},
		{"tags.*.tag.name", tags(tag(map[string]any{"name": "vip"})), texts("vip"), none},
		{"tags.*.tag.0", tags(tag([]any{"vip", "x"})), texts("vip"), none},
		{"a.tags.*.tag", map[string]any{"a": tags(tag("vip"))}, texts("vip"), none},
	} {
		r := fact.NewReader(fact.Spec{Kind: fact.Texts, Key: row.key, Path: true, Placeholders: []string{"n/a", "false"}})
		var v fact.Value
		arena := []string{"before"}
		if problem := r.Load(row.record, &v, &arena); problem != row.problem || cmp.Diff(row.want, v) != "" || len(arena) != 1+len(v.Texts) {
			t.Errorf("%s in %v: %+v, %q, %q; want %+v, %q", row.key, row.record, v, problem, arena, row.want, row.problem)
		}
		// What a survey looks at is what was read.
		var again fact.Value
		if found := fact.Find(row.record, row.key); row.problem == none {
			if r.Read(found, &again, &arena); cmp.Diff(v, again) != "" {
				t.Errorf("%s in %v: found %v, which is %+v", row.key, row.record, found, again)
			}
		}
		if long := row.want.Known && r.Weight(row.record) < len(row.want.Texts); long {
			t.Errorf("%s in %v weighs %d", row.key, row.record, r.Weight(row.record))
		}
	}
	// At most so many texts are taken.
	many := make([]any, fact.MaxTexts+1)
	for i := range many {
		many[i] = tag("x")
	}
	var v fact.Value
	if problem := fact.NewReader(fact.Spec{Kind: fact.Texts, Key: "tags.*.tag", Path: true}).Load(map[string]any{"tags": many}, &v, &[]string{}); problem != fact.OutOfRange || len(v.Texts) != fact.MaxTexts || !v.Partial {
		t.Errorf("%d texts, %v", len(v.Texts), problem)
	}
}

func TestTextsShareNothing(t *testing.T) {
	r := reader(fact.Texts)
	given, arena := []string{"a", "b"}, make([]string, 0, 8)
	var first, second fact.Value
	r.Read(given, &first, &arena)
	r.Read("c", &second, &arena)
	given[0] = "changed"
	_ = append(first.Texts, "appended")
	if diff := cmp.Diff([]string{"a", "b", "c"}, arena); diff != "" {
		t.Errorf("arena (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]fact.Value{texts("a", "b"), texts("c")}, []fact.Value{first, second}); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestNewReaderKeepsNothing(t *testing.T) {
	values, placeholders := []string{"b", "a"}, []string{"y", "x"}
	r := newReader(fact.Code, nil, nil, values, placeholders, nil)
	if diff := cmp.Diff([]string{"b", "a", "y", "x"}, slices.Concat(values, placeholders)); diff != "" {
		t.Errorf("arguments changed (-want +got):\n%s", diff)
	}
	values[0], placeholders[0] = "changed", "changed"
	check(t, r, []row{{"value", "b", text("b"), none}, {"placeholder", "y", unknown, none}})
}

func TestReadDecodedJSON(t *testing.T) {
	const document = `{"n": 250, "n_text": "250", "b": false, "b_text": "no", "b_num": 1, "t": "2026-11-22",
		"s": " CTO ", "l": ["a", null, "b"], "l_text": "a;b", "null": null, "object": {}, "huge": 1e300}`
	for _, useNumber := range []bool{false, true} {
		d := json.NewDecoder(strings.NewReader(document))
		if useNumber {
			d.UseNumber()
		}
		var lead map[string]any
		if err := d.Decode(&lead); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			key     string
			kind    fact.Kind
			want    fact.Value
			problem fact.Problem
		}{
			{"n", fact.Number, number(250), none},
			{"n_text", fact.Number, number(250), none},
			{"huge", fact.Number, unknown, outOfRange},
			{"b", fact.Bool, boolean(false), none},
			{"b_text", fact.Bool, boolean(false), none},
			{"b_num", fact.Bool, boolean(true), none},
			{"t", fact.Time, instant(midnight), none},
			{"s", fact.Text, text("CTO"), none},
			{"s", fact.Code, text(" CTO "), none},
			{"n", fact.Text, text("250"), none},
			{"huge", fact.Text, unknown, wrongKind},
			{"l", fact.Texts, texts("a", "b"), none},
			{"l_text", fact.Texts, texts("a", "b"), none},
			{"l", fact.Text, unknown, wrongKind},
			{"null", fact.Texts, unknown, none},
			{"object", fact.Texts, unknown, wrongKind},
			{"missing", fact.Number, unknown, none},
		} {
			check(t, reader(c.kind), []row{{c.key + " as " + c.kind.String(), lead[c.key], c.want, c.problem}})
		}
	}
}

func TestPlainReadsAllocateNothing(t *testing.T) {
	values := []string{"Red", "Green", "7", "a", "2026-11-22", "yes"}
	arena := make([]string, 0, 64)
	for _, in := range []any{
		nil, 7, int32(7), uint64(7), 7.5, float32(7.5), seats(7), true, at, json.Number("7"), "7", "7.5e3", "yes", " green ", "n/a",
		"2026-11-22", "2026-11-22T00:00:00.123Z", "2026-11-22T00:00:00+05:30", "2026-11-22 00:00:00", "on", "red;green", []string{"red", "a"}, []any{"red", nil}, roleSet{"red"},
		new(7.5), new("7"), &at, map[string]any{},
	} {
		for _, k := range kinds {
			r := newReader(k, nil, nil, values, []string{"n/a", "-1"}, nil)
			var v fact.Value
			if got := testing.AllocsPerRun(100, func() {
				arena = arena[:0]
				r.Read(in, &v, &arena)
			}); got != 0 {
				t.Errorf("%T %v as %v: %v allocations", in, in, k, got)
			}
		}
	}
}

// checkPlain compares what is read as a plain text, if it is, with what is read of anything.
func checkPlain(t *testing.T, r *fact.Reader, in any) {
	t.Helper()
	record := map[string]any{"": in}
	var got, want fact.Value
	problem, weight, ok := r.LoadPlain(record, &got)
	if !ok {
		return
	}
	if p := r.Load(record, &want, &[]string{}); p != problem || weight != r.Weight(record) || !cmp.Equal(got, want) {
		t.Fatalf("%#v: as a plain text %+v, %v, weight %d; else %+v, %v, weight %d", in, got, problem, weight, want, p, r.Weight(record))
	}
}

// FuzzRead holds what is true of any text and any JSON, for every kind of field.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "n/a", "-1", "+1.50e2", "1767225600.5", "-9223372036854.775808", "9223372036854.775808", "2026-11-22 02:40", "2026-11-22t02:40:00.5 +0530", "a \u00a0\u200bb\t", "\ufeff\u2060",
		"2026-11-22 02:40utc", "[\"a\",1]", "a,b", "Y", "oFF", "1e400", "0x1p-2", ".5", "yes", "2026-11-22", "2026-11-22T02:40:00.5+05:30",
		"0001-01-01T00:00:00Z", "1677-09-21T00:12:43.145224192Z", "a; b;", `["a",null," "]`, `{"a":[1]}`, "1", "true", `"x"`, "\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		inputs := []any{s, json.Number(s), role(s), &s, []string{s, "a"}, []any{s, nil}}
		for _, useNumber := range []bool{false, true} {
			d := json.NewDecoder(bytes.NewReader([]byte(s)))
			if useNumber {
				d.UseNumber()
			}
			var v any
			if d.Decode(&v) == nil {
				inputs = append(inputs, v)
			}
		}
		for _, k := range kinds {
			for _, values := range [][]string{nil, {"a", "N/A", "-1"}} {
				r := newReader(k, new(-5.0), nil, values, []string{"n/a", "-1"}, nil)
				for _, in := range inputs {
					arena := []string{"before"}
					var v fact.Value
					problem := r.Read(in, &v, &arena)
					checkPlain(t, r, in)
					checkPlain(t, fact.NewReader(fact.Spec{Kind: k, Placeholders: []string{"-1"}, Default: "b"}), in)
					checkRead(t, k, in, v, problem, arena, values)
				}
			}
		}
		checkTwins(t, s)
	})
}

func checkRead(t *testing.T, k fact.Kind, in any, v fact.Value, problem fact.Problem, arena, values []string) {
	t.Helper()
	if !v.Known {
		if diff := cmp.Diff(unknown, v); diff != "" || len(arena) != 1 {
			t.Errorf("%v: Read(%#v) = %q, unknown, arena %q\n%s", k, in, problem, arena, diff)
		}
		return
	}
	want := fact.Value{Known: true}
	ok := problem == none
	switch k {
	case fact.Number:
		want.Number = v.Number
		ok = ok && v.Number >= -5 && v.Number <= fact.MaxNumber && v.Number != -1 && (v.Number != 0 || !math.Signbit(v.Number))
	case fact.Text, fact.Code:
		want.Text = v.Text
		ok = ok && fact.Clean(v.Text) != "" && (k == fact.Code || fact.Clean(v.Text) == v.Text)
		ok = ok && (values == nil || slices.ContainsFunc(values, func(s string) bool { return strings.EqualFold(s, v.Text) }))
	case fact.Bool:
		want.Bool = v.Bool
	case fact.Time:
		want.Time = v.Time
	case fact.Texts:
		want.Texts, want.Partial = arena[1:], problem != none
		ok = (len(v.Texts) > 0 || problem == none) && cap(v.Texts) == len(v.Texts)
		for _, s := range v.Texts {
			ok = ok && s != "" && s == fact.Clean(s) && !strings.EqualFold(s, "n/a")
		}
	default:
		ok = false
	}
	if diff := cmp.Diff(want, v); !ok || diff != "" {
		t.Errorf("%v: Read(%#v) = %q, %+v\n%s", k, in, problem, v, diff)
	}
}

// timeText is needed because package time takes more than that (go.dev/issue/54580).
var timeText = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:[Tt ](\d?\d:\d\d)(:\d\d)?([.,]\d+)?(?: ?([Zz]|(?i:utc)|[+-]([01]\d|2[0-3])(?::?([0-5]\d))?))?)?$`)

// twinTime reads a time with package time.
func twinTime(s string) (time.Time, error) {
	m := timeText.FindStringSubmatch(s)
	switch {
	case m == nil || m[4] != "" && m[3] == "":
		return time.Time{}, errors.New("no such time")
	case m[2] == "":
		return time.Parse(time.DateOnly, s)
	}
	if m[3] == "" {
		m[3] = ":00"
	}
	offset := "Z"
	if m[6] != "" {
		if m[7] == "" {
			m[7] = "00"
		}
		offset = m[5][:1] + m[6] + ":" + m[7]
	}
	return time.Parse(time.RFC3339, m[1]+"T"+m[2]+m[3]+m[4]+offset)
}

// checkTwins compares the reading of numbers, times and text with the standard library's.
func checkTwins(t *testing.T, s string) {
	var v fact.Value
	trimmed := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune("\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff", r) || r >= 0x2060 && r < 0x2070 {
			return -1
		}
		return r
	}, s)), " ")
	if utf8.ValidString(s) && fact.Clean(s) != trimmed {
		t.Errorf("Clean(%q) = %q, want %q", s, fact.Clean(s), trimmed)
	}
	trimmed = fact.Clean(s)
	if got := strings.TrimSpace(fact.Squeeze(s)); got != trimmed || len(fact.Squeeze(s)) > len(got)+2 {
		t.Errorf("Squeeze(%q) = %q, Clean gives %q", s, got, trimmed)
	}

	if len(s) > 256 { // no number and no time is written so long
		for _, kind := range []fact.Kind{fact.Number, fact.Time} {
			if problem := newReader(kind, nil, nil, nil, nil, nil).Read(s, &v, nil); v.Known || trimmed != "" && problem != outOfRange {
				t.Errorf("%v of %d bytes: %+v, problem %q", kind, len(s), v, problem)
			}
		}
		return
	}
	problem := newReader(fact.Number, nil, nil, nil, nil, nil).Read(s, &v, nil)
	f, err := strconv.ParseFloat(trimmed, 64)
	if v.Known && (err != nil || v.Number != f) {
		t.Errorf("number %q = %v, ParseFloat gives %v, %v", s, v.Number, f, err)
	}
	if isJSON := trimmed != "" && strings.Trim(trimmed, "+-.0123456789eE") == "" && json.Valid([]byte(trimmed)); isJSON && problem == wrongKind {
		t.Errorf("number %q is JSON and is refused", s)
	}

	problem = newReader(fact.Time, nil, nil, nil, nil, nil).Read(s, &v, nil)
	want, err := twinTime(trimmed)
	switch {
	case trimmed == "":
	case (err == nil) != (problem != wrongKind):
		t.Errorf("time %q: problem %q, package time gives %v", s, problem, err)
	case v.Known && !time.Unix(0, v.Time).Equal(want):
		t.Errorf("time %q = %v, want %v", s, time.Unix(0, v.Time).UTC(), want)
	}

	// The exact number of seconds that a text counts, against rationals.
	problem = fact.NewReader(fact.Spec{Kind: fact.Time, Epoch: "ms"}).Read(s, &v, nil)
	if n, ok := new(big.Rat).SetString(trimmed); ok && decimalText.MatchString(trimmed) {
		n.Mul(n, big.NewRat(1_000_000, 1))
		nanos := new(big.Int).Quo(n.Num(), n.Denom())
		if v.Known != nanos.IsInt64() || v.Known && v.Time != nanos.Int64() || !v.Known && problem != outOfRange {
			t.Errorf("%q ms = %v, %q; want %v ns", s, v, problem, nanos)
		}
	}
}

// decimalText is what counts the time since 1970 to the last digit.
var decimalText = regexp.MustCompile(`^[+-]?\d{1,300}(\.\d{1,300})?$`)

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		kind fact.Kind
		in   any
	}{
		{"number", fact.Number, 250.0},
		{"number_int64", fact.Number, int64(250)},
		{"number_text", fact.Number, "250"},
		{"text", fact.Text, "decision maker"},
		{"time", fact.Time, "2026-11-22T02:40:00+05:30"},
		{"texts", fact.Texts, []any{"a", "b"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newReader(c.kind, nil, nil, nil, []string{"n/a"}, nil)
			var v fact.Value
			arena := make([]string, 0, 8)
			for b.Loop() {
				arena = arena[:0]
				r.Read(c.in, &v, &arena)
			}
		})
	}
}

// A time without an offset is one of the location; one that the clocks skipped is when they were put forward,
// and one that they show twice is the first.
func TestLocalTime(t *testing.T) {
	for _, row := range []struct{ location, text, want string }{
		{"America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, // no midnight
		{"America/Sao_Paulo", "2018-11-05", "2018-11-05T02:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04 01:00", "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-18T01:30:00Z"}, // twice
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"},
		{"America/Havana", "2018-11-04", "2018-11-04T04:00:00Z"}, // a midnight that exists twice
		{"America/New_York", "2026-03-08 01:59:59.5", "2026-03-08T06:59:59.5Z"},
		{"America/New_York", "2026-03-08 02:00:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08T02:59:59.999", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 03:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-11-01 00:59:59", "2026-11-01T04:59:59Z"},
		{"America/New_York", "2026-11-01 01:00:00", "2026-11-01T05:00:00Z"},
		{"America/New_York", "2026-11-01 01:59:59", "2026-11-01T05:59:59Z"},
		{"America/New_York", "2026-11-01 02:00:00", "2026-11-01T07:00:00Z"},
		{"America/New_York", "2026-11-01 01:30:00-05", "2026-11-01T06:30:00Z"},
		{"Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00Z"}, // half an hour
		{"Asia/Kolkata", "2026-01-31 10:00:00", "2026-01-31T04:30:00Z"},
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"}, // a day that does not exist
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"UTC", "2026-01-31 10:00:00", "2026-01-31T10:00:00Z"},
	} {
		loc, err := time.LoadLocation(row.location)
		if err != nil {
			t.Fatal(err)
		}
		r := fact.NewReader(fact.Spec{Kind: fact.Time, Location: loc})
		var v fact.Value
		if p := r.Read(row.text, &v, nil); p != fact.NoProblem || time.Unix(0, v.Time).UTC().Format(time.RFC3339Nano) != row.want {
			t.Errorf("%s in %s: %v, %v, want %s", row.text, row.location, time.Unix(0, v.Time).UTC(), p, row.want)
		}
	}
}

// TestLocalTimeIsTheFirst compares with a search through all instants around.
func TestLocalTimeIsTheFirst(t *testing.T) {
	for _, name := range []string{"America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Australia/Lord_Howe", "Africa/Monrovia"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, around := range []time.Time{
			time.Date(1972, 1, 7, 0, 0, 0, 0, time.UTC), time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC), time.Date(2018, 2, 18, 0, 0, 0, 0, time.UTC), time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		} {
			const step = 15 * time.Minute
			for wall := around.Add(-30 * time.Hour); wall.Before(around.Add(30 * time.Hour)); wall = wall.Add(step) {
				// The first instant at which the clocks show that or more.
				want := wall.Add(-30 * time.Hour)
				shown := func(at time.Time) time.Time {
					_, offset := at.In(loc).Zone()
					return at.Add(time.Duration(offset) * time.Second)
				}
				for shown(want).Before(wall) {
					want = want.Add(step)
				}
				for !shown(want.Add(-time.Second)).Before(wall) {
					want = want.Add(-time.Second)
				}
				text := wall.Format("2006-01-02 15:04:05")
				if got, ok := fact.ParseTime(text, loc); !ok || !got.Equal(want) {
					t.Fatalf("%s in %s is %v, want %v", text, name, got.UTC(), want.UTC())
				}
			}
		}
	}
}

// What is too long is out of range, whatever the kind of text; of a list, only what is too long or too much of it.
func TestReadTooLong(t *testing.T) {
	long := strings.Repeat("é", fact.MaxText/2)
	for _, tt := range []struct {
		kind    fact.Kind
		v       any
		known   bool
		problem fact.Problem
	}{
		{fact.Text, long, true, none}, {fact.Text, long + "x", false, outOfRange}, {fact.Code, long, true, none}, {fact.Code, long + "x", false, outOfRange},
		{fact.Texts, []string{long}, true, none}, {fact.Texts, []any{"a", long + "x"}, true, outOfRange}, {fact.Texts, []any{long + "x"}, false, outOfRange},
		{fact.Texts, long + ";", false, outOfRange},
		{fact.Texts, slices.Repeat([]string{"a"}, fact.MaxTexts), true, none}, {fact.Texts, slices.Repeat([]string{"a"}, fact.MaxTexts+1), true, outOfRange},
		{fact.Texts, strings.Repeat("a;;", fact.MaxTexts), true, none}, {fact.Texts, strings.Repeat("a;", fact.MaxTexts+1), true, outOfRange},
		{fact.Texts, slices.Repeat([]any{true}, fact.MaxTexts+1), false, outOfRange},
	} {
		var v fact.Value
		arena := []string{"kept"}
		problem := newReader(tt.kind, nil, nil, nil, nil, nil).Read(tt.v, &v, &arena)
		if v.Known != tt.known || problem != tt.problem || v.Partial != (tt.known && problem != none) || len(v.Texts) > fact.MaxTexts || len(arena) != 1+len(v.Texts) {
			t.Errorf("%v, %.10v…: known %v, partial %v, problem %v, %d in the arena", tt.kind, tt.v, v.Known, v.Partial, problem, len(arena))
		}
	}
}

// The texts of a list have no more bytes together than one text may, and a reader's limit
// lowers both. What a reader must look at is known beforehand.
func TestReadWithinALimit(t *testing.T) {
	for _, tt := range []struct {
		kind    fact.Kind
		v       any
		problem fact.Problem
		texts   int
		weight  int
	}{
		{fact.Text, "12345678", none, 0, 8}, {fact.Text, "123456789", fact.OutOfRange, 0, 0}, {fact.Code, "12345678", none, 0, 8}, {fact.Code, json.Number("123456789"), fact.OutOfRange, 0, 0},
		{fact.Text, []byte("12345678"), none, 0, 8}, {fact.Text, []byte("123456789"), fact.OutOfRange, 0, 9}, {fact.Text, json.RawMessage(`"12345678"`), none, 0, 160},
		{fact.Texts, []string{"1234", "5678"}, none, 2, 40}, {fact.Texts, []string{"1234", "56789"}, fact.OutOfRange, 1, 41}, {fact.Texts, []any{"1234", "5678", "9"}, fact.OutOfRange, 2, 57},
		{fact.Texts, "1234;678", none, 2, 128}, {fact.Texts, "1234;5678", fact.OutOfRange, 0, 0}, {fact.Texts, []any{1, nil}, none, 1, 32}, {fact.Texts, []any{[]string{"1"}, "1"}, fact.WrongKind, 1, 33},
		{fact.Number, 12.5, none, 0, 0}, {fact.Number, "12345678", none, 0, 8}, {fact.Number, "123456789", fact.OutOfRange, 0, 0}, {fact.Bool, true, none, 0, 0}, {fact.Text, nil, none, 0, 0}, {fact.Text, struct{}{}, fact.WrongKind, 0, 0},
	} {
		r := fact.NewReader(fact.Spec{Kind: tt.kind, Key: "k"})
		r.Limit(8)
		var v fact.Value
		arena := []string{}
		problem := r.Read(tt.v, &v, &arena)
		if weight := r.Weight(map[string]any{"k": tt.v}); problem != tt.problem || len(v.Texts) != tt.texts || weight != tt.weight {
			t.Errorf("%v, %v: problem %v, %d texts, weight %d, want %v, %d and %d", tt.kind, tt.v, problem, len(v.Texts), weight, tt.problem, tt.texts, tt.weight)
		}
	}
	inner := fact.NewReader(fact.Spec{Kind: fact.Text, Key: "a.b", Path: true})
	if weight := inner.Weight(map[string]any{"a": map[string]any{"b": "1234"}}); weight != 4 {
		t.Errorf("an inner record has a weight of %d", weight)
	}
	for _, v := range []any{json.RawMessage(`"` + strings.Repeat("a", 1<<20) + `"`), []any{make([]byte, 1<<20)}} {
		var read fact.Value
		arena := []string{}
		r := fact.NewReader(fact.Spec{Kind: fact.Texts, Key: "k"})
		if problem := r.Read(v, &read, &arena); problem != fact.OutOfRange || r.Weight(map[string]any{"k": v}) > 32 {
			t.Errorf("%T of a million bytes: %v, weight %d", v, problem, r.Weight(map[string]any{"k": v}))
		}
	}
}
