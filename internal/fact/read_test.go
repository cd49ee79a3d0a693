package fact_test

import (
	_ "time/tzdata"

	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
)

type (
	seats   int
	port    uint16
	ratio   float32
	role    string
	flag    bool
	roles   []string
	roleSet []role
	moment  time.Time
	loop    *loop
)

const (
	none       = fact.NoProblem
	wrongKind  = fact.WrongKind
	outOfRange = fact.OutOfRange
	notIn      = fact.NotInValues
)

var (
	unknown  fact.Value
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

// without returns rows except those that the kind at hand does take.
func without(rows []row, names ...string) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return slices.Contains(names, r.name) })
}

func reader(k fact.Kind) *fact.Reader {
	return fact.NewReader(k, nil, nil, nil, []string{" n/a ", "-1", "9223372036854775807", "1e400"}, nil)
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
		{"many digits", "0." + strings.Repeat("3", 1000), number(1.0 / 3), none},
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
	check(t, fact.NewReader(fact.Number, new(0.5), new(100.0), nil, []string{"0", "999"}, nil), []row{
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
		lo, hi := fact.NewReader(fact.Number, row.minimum, row.maximum, nil, nil, nil).Bounds()
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
		{"text on", "on", unknown, wrongKind},
		{"text t", "t", unknown, wrongKind},
		{"text nope", "nope", unknown, wrongKind},
	}
	for _, s := range []string{"true", "True", "TRUE", "yes", "Yes", "YES", "1"} {
		rows = append(rows, row{"text " + s, s, boolean(true), none})
	}
	for _, s := range []string{"false", "False", "FALSE", "no", "No", "NO", "0"} {
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
		{"no offset", "2026-11-22T00:00:00", unknown, wrongKind},
		{"space between", "2026-11-22 00:00:00Z", unknown, wrongKind},
		{"small letters", "2026-11-22t00:00:00z", unknown, wrongKind},
		{"one-digit hour", "2026-11-22T1:00:00Z", unknown, wrongKind},
		{"one-digit hour and a fraction", "2026-11-22T1:00:00.5Z", unknown, wrongKind},
		{"comma", "2026-11-22T00:00:00,5Z", unknown, wrongKind},
		{"point without digits", "2026-11-22T00:00:00.Z", unknown, wrongKind},
		{"no seconds", "2026-11-22T00:00Z", unknown, wrongKind},
		{"offset of a day", "2026-11-22T00:00:00+24:00", unknown, wrongKind},
		{"offset of sixty minutes", "2026-11-22T00:00:00+00:60", unknown, wrongKind},
		{"offset without a colon", "2026-11-22T00:00:00+0100", unknown, wrongKind},
		{"offset without a sign", "2026-11-22T00:00:00 01:00", unknown, wrongKind},
		{"two offsets", "2026-11-22T00:00:00Z+01:00", unknown, wrongKind},
		{"American date", "11/22/2026", unknown, wrongKind},
		{"short", "22:00", unknown, wrongKind},
		{"only Z", "Z", unknown, wrongKind},
		{"unix seconds", 1_800_000_000, unknown, wrongKind},
	})
}

func TestReadDateInLocation(t *testing.T) {
	loc := time.FixedZone("", 2*3600)
	check(t, fact.NewReader(fact.Time, nil, nil, nil, []string{"0000-00-00"}, loc), []row{
		{"date", "2026-11-22", instant(midnight - int64(2*time.Hour)), none},
		{"instant", "2026-11-22T00:00:00Z", instant(midnight), none},
		{"placeholder that looks like a date", "0000-00-00", unknown, none},
	})
}

func TestReadText(t *testing.T) {
	check(t, reader(fact.Text), foreign)
	check(t, reader(fact.Text), []row{
		{"text", "Buyer", text("Buyer"), none},
		{"trimmed", "\u00a0 Head  of IT\n", text("Head  of IT"), none},
		{"named", role("Buyer"), text("Buyer"), none},
		{"pointer", new("Buyer"), text("Buyer"), none},
		{"placeholder in capitals", "N/A", unknown, none},
		{"a placeholder within", "n/a yet", text("n/a yet"), none},
		{"like a number placeholder", "-1.0", text("-1.0"), none},
		{"number text", "7", text("7"), none},
		{"semicolon", "a;b", text("a;b"), none},
		{"invalid UTF-8", "a\xff", text("a\xff"), none},
	})
	check(t, fact.NewReader(fact.Text, nil, nil, []string{"Small ", "\u212aiosk", "Large"}, []string{"large"}, nil), []row{
		{"among the values", "small", text("small"), none},
		{"among the values by folding", " KIOSK", text("KIOSK"), none},
		{"not among them", "medium", unknown, notIn},
		{"a placeholder comes first", "Large", unknown, none},
	})
}

func TestReadCode(t *testing.T) {
	check(t, reader(fact.Code), foreign)
	check(t, reader(fact.Code), []row{
		{"text", "/pricing", text("/pricing"), none},
		{"kept as given", " /pricing\n", text(" /pricing\n"), none},
		{"named", role("x"), text("x"), none},
		{"placeholder in capitals is none", "N/A", text("N/A"), none},
	})
	check(t, fact.NewReader(fact.Code, nil, nil, []string{"de", "at", " x"}, nil, nil), []row{
		{"among the values", "de", text("de"), none},
		{"with a space", " x", text(" x"), none},
		{"another case", "DE", unknown, notIn},
		{"another space", "de ", unknown, notIn},
	})
}

func TestReadTexts(t *testing.T) {
	check(t, reader(fact.Texts), without(foreign, "empty list", "list of text"))
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
		{"empty", []string{}, unknown, none},
		{"empty list of anything", []int{}, unknown, none},
		{"only blanks", []any{"", nil, "n/a"}, unknown, none},
		{"a number among text", []any{"a", 1.0}, unknown, wrongKind},
		{"a json.Number among text", []any{"a", json.Number("1")}, unknown, wrongKind},
		{"a list among text", []any{"a", []string{"b"}}, unknown, wrongKind},
		{"a bool", []any{true, "a"}, unknown, wrongKind},
	})
	check(t, fact.NewReader(fact.Texts, nil, nil, []string{"Red", "Green"}, []string{"a;b"}, nil), []row{
		{"among the values", []string{"green", "RED"}, texts("green", "RED"), none},
		{"one not among them", []string{"red", "blue", "green"}, unknown, notIn},
		{"one text, one not among them", "red;blue", unknown, notIn},
		{"the wrong kind weighs more, after", []any{"blue", 1}, unknown, wrongKind},
		{"the wrong kind weighs more, before", []any{1, "blue"}, unknown, wrongKind},
		{"a placeholder with a semicolon", "A;B", unknown, none},
	})
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
	r := fact.NewReader(fact.Code, nil, nil, values, placeholders, nil)
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
			{"n", fact.Text, unknown, wrongKind},
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
		"2026-11-22", "2026-11-22T00:00:00.123Z", "2026-11-22T00:00:00+05:30", "red;green", []string{"red", "a"}, []any{"red", nil}, roleSet{"red"},
		new(7.5), new("7"), &at, map[string]any{},
	} {
		for _, k := range kinds {
			if _, isText := in.(string); isText && k == fact.Time && !strings.HasPrefix(in.(string), "2026") {
				continue // A refused time costs the error of package time.
			}
			r := fact.NewReader(k, nil, nil, values, []string{"n/a", "-1"}, nil)
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

// FuzzRead holds what is true of any text and any JSON, for every kind of field.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "n/a", "-1", "+1.50e2", "1e400", "0x1p-2", ".5", "yes", "2026-11-22", "2026-11-22T02:40:00.5+05:30",
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
				r := fact.NewReader(k, new(-5.0), nil, values, []string{"n/a", "-1"}, nil)
				for _, in := range inputs {
					arena := []string{"before"}
					var v fact.Value
					problem := r.Read(in, &v, &arena)
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
		ok = ok && strings.TrimSpace(v.Text) != "" && (k == fact.Code || strings.TrimSpace(v.Text) == v.Text)
		ok = ok && (values == nil || slices.ContainsFunc(values, func(s string) bool { return strings.EqualFold(s, v.Text) }))
	case fact.Bool:
		want.Bool = v.Bool
	case fact.Time:
		want.Time = v.Time
	case fact.Texts:
		want.Texts = arena[1:]
		ok = ok && len(v.Texts) > 0 && cap(v.Texts) == len(v.Texts)
		for _, s := range v.Texts {
			ok = ok && s != "" && s == strings.TrimSpace(s) && !strings.EqualFold(s, "n/a")
		}
	default:
		ok = false
	}
	if diff := cmp.Diff(want, v); !ok || diff != "" {
		t.Errorf("%v: Read(%#v) = %q, %+v\n%s", k, in, problem, v, diff)
	}
}

// rfc3339 is needed because package time, UnmarshalText included, takes more than that (go.dev/issue/54580).
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// checkTwins compares the reading of numbers and times with the standard library's.
func checkTwins(t *testing.T, s string) {
	var v fact.Value
	trimmed := strings.TrimSpace(s)

	problem := fact.NewReader(fact.Number, nil, nil, nil, nil, nil).Read(s, &v, nil)
	f, err := strconv.ParseFloat(trimmed, 64)
	if v.Known && (err != nil || v.Number != f) {
		t.Errorf("number %q = %v, ParseFloat gives %v, %v", s, v.Number, f, err)
	}
	if isJSON := trimmed != "" && strings.Trim(trimmed, "+-.0123456789eE") == "" && json.Valid([]byte(trimmed)); isJSON && problem == wrongKind {
		t.Errorf("number %q is JSON and is refused", s)
	}

	problem = fact.NewReader(fact.Time, nil, nil, nil, nil, nil).Read(s, &v, nil)
	layout := time.DateOnly
	if rfc3339.MatchString(trimmed) {
		layout = time.RFC3339
	}
	want, err := time.Parse(layout, trimmed)
	switch {
	case trimmed == "":
	case (err == nil) != (problem != wrongKind):
		t.Errorf("time %q: problem %q, package time gives %v", s, problem, err)
	case v.Known && !time.Unix(0, v.Time).Equal(want):
		t.Errorf("time %q = %v, want %v", s, time.Unix(0, v.Time).UTC(), want)
	}
}

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
			r := fact.NewReader(c.kind, nil, nil, nil, []string{"n/a"}, nil)
			var v fact.Value
			arena := make([]string, 0, 8)
			for b.Loop() {
				arena = arena[:0]
				r.Read(c.in, &v, &arena)
			}
		})
	}
}

// A day whose midnight the clocks skipped begins when they were put forward.
func TestDateWithoutMidnight(t *testing.T) {
	loc, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	r := fact.NewReader(fact.Time, nil, nil, nil, nil, loc)
	for text, want := range map[string]string{
		"2018-11-03": "2018-11-03T03:00:00Z", "2018-11-04": "2018-11-04T03:00:00Z", "2018-11-05": "2018-11-05T02:00:00Z",
	} {
		var v fact.Value
		if p := r.Read(text, &v, nil); p != fact.NoProblem || time.Unix(0, v.Time).UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v, want %s", text, time.Unix(0, v.Time).UTC(), p, want)
		}
	}
}

// What is too long is out of range, whatever the kind of text.
func TestReadTooLong(t *testing.T) {
	long := strings.Repeat("é", fact.MaxText/2)
	for _, tt := range []struct {
		kind  fact.Kind
		v     any
		known bool
	}{
		{fact.Text, long, true}, {fact.Text, long + "x", false}, {fact.Code, long, true}, {fact.Code, long + "x", false},
		{fact.Texts, []string{long}, true}, {fact.Texts, []any{"a", long + "x"}, false}, {fact.Texts, long + ";", false},
		{fact.Texts, slices.Repeat([]string{"a"}, fact.MaxTexts), true}, {fact.Texts, slices.Repeat([]string{"a"}, fact.MaxTexts+1), false},
		{fact.Texts, strings.Repeat("a;;", fact.MaxTexts), true}, {fact.Texts, strings.Repeat("a;", fact.MaxTexts+1), false},
	} {
		var v fact.Value
		arena := []string{"kept"}
		problem := fact.NewReader(tt.kind, nil, nil, nil, nil, nil).Read(tt.v, &v, &arena)
		if want := (problem == fact.NoProblem); v.Known != tt.known || want != tt.known || !want && (problem != fact.OutOfRange || len(arena) != 1) {
			t.Errorf("%v, %.10v…: known %v, problem %v, %d in the arena", tt.kind, tt.v, v.Known, problem, len(arena))
		}
	}
}
