package review

import (
	"cmp"
	"encoding/json"
	"math/bits"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
)

// Shape is something that values look like, and that is easily misread. That a value
// has a shape is no mistake; it tells where to look. Most are only told of values that
// were set aside: they say why.
type Shape string

// The shapes.
const (
	// ShapeThousands is a text that looks like a number with separated thousands, in a
	// number: "1,000" is set aside, and "5.000" is read as 5.
	ShapeThousands Shape = "thousands"
	// ShapeDecimalComma is "10,5".
	ShapeDecimalComma Shape = "decimal_comma"
	// ShapeNumberRange is "11-50".
	ShapeNumberRange Shape = "number_range"
	// ShapeNumberInText is any other text with digits in a number: "20%", "5k", "EUR 500".
	ShapeNumberInText Shape = "number_in_text"
	// ShapeList is text, or an element of a list, that looks like a list in one text, such
	// as "a, b" or "[a]", and is not one of the declared values; for a text or a code,
	// text that holds one of these between separators.
	ShapeList Shape = "list"
	// ShapeSeveral is a list where the field declares a single value.
	ShapeSeveral Shape = "several"
	// ShapeMap is a map, or a struct.
	ShapeMap Shape = "map"
	// ShapePlaceholder is text such as "n/a", "null", "unknown", "Select" and "-" that
	// the field declares neither as a placeholder nor as a value.
	ShapePlaceholder Shape = "placeholder"
	// ShapeFalse is false where the field declares something else than a bool: some APIs
	// give it for whatever is empty.
	ShapeFalse Shape = "false"
	// ShapeSpelling is text that differs from a declared value only in case, white space
	// and punctuation, and was set aside.
	ShapeSpelling Shape = "spelling"
	// ShapeHidden is text with characters that do not show or with blanks that are none,
	// such as U+200B, a byte order mark, two spaces in a row and a no-break space.
	ShapeHidden Shape = "hidden"
	// ShapeNoOffset is a time of day without an offset from UTC, such as
	// "2026-01-31 10:00:00".
	ShapeNoOffset Shape = "no_offset"
	// ShapeEpoch is a number in a time that was set aside, such as 1767225600000.
	ShapeEpoch Shape = "epoch"
	// ShapeDayAndMonth is a date that does not begin with the year, such as "31/01/2026".
	ShapeDayAndMonth Shape = "day_and_month"
	// ShapeTime is any other text that begins with a date and was set aside.
	ShapeTime Shape = "time"
	// ShapeBool is a text in a bool that was set aside: yes or no in other words.
	ShapeBool Shape = "bool"
	// ShapeNumber is a number in a text, a code or texts that was set aside.
	ShapeNumber Shape = "number"
	// ShapeBytes are bytes that were set aside, such as []byte from a database.
	ShapeBytes Shape = "bytes"
)

// shapeWords say the shapes in words, in their order.
var shapeWords = []struct {
	shape Shape
	words string
}{
	{ShapeThousands, `like thousands ("5.000" is read as 5)`},
	{ShapeDecimalComma, `with a decimal comma ("10,5")`},
	{ShapeNumberRange, `ranges of numbers ("11-50")`},
	{ShapeNumberInText, `numbers in text ("20%", "5k")`},
	{ShapeList, `like a list in one text ("a, b")`},
	{ShapeSeveral, `lists, where one value is declared`},
	{ShapeMap, `maps`},
	{ShapePlaceholder, `like placeholders ("n/a", "Select")`},
	{ShapeFalse, `false, perhaps for none`},
	{ShapeSpelling, `declared values, spelt otherwise`},
	{ShapeHidden, `with odd blanks or hidden characters`},
	{ShapeNoOffset, `times without an offset from UTC`},
	{ShapeEpoch, `numbers for a time (1767225600)`},
	{ShapeDayAndMonth, `dates like 31/01/2026`},
	{ShapeTime, `times, spelt otherwise`},
	{ShapeBool, `yes or no in other words`},
	{ShapeNumber, `numbers`},
	{ShapeBytes, `bytes`},
}

// shapePlaces are the places of the shapes in their order.
var shapePlaces = func() map[Shape]int {
	places := map[Shape]int{}
	for i, s := range shapeWords {
		places[s.shape] = i
	}
	return places
}()

// shapeSet is the shapes of one value, a bit for each.
type shapeSet uint64

func (s *shapeSet) add(shape Shape) { *s |= 1 << shapePlaces[shape] }

// each calls a function for each shape, in their order.
func (s shapeSet) each(do func(Shape)) {
	for ; s != 0; s &= s - 1 {
		do(shapeWords[bits.TrailingZeros64(uint64(s))].shape)
	}
}

// field is a declared field, and what its values look like.
type field struct {
	key    string
	path   bool // of keys, if there is no such key
	kind   qualify.Kind
	splits bool            // it declares a separator
	values map[string]bool // folded, but for a code
	plain  map[string]bool // the values as plain names
}

func newField(f qualify.Field) field {
	out := field{key: cmp.Or(f.From, f.Name), path: f.From != "", kind: f.Kind, splits: f.Separator != "", values: map[string]bool{}, plain: map[string]bool{}}
	for _, v := range f.Values {
		out.values[out.fold(v)] = true
		out.plain[string(appendPlain(nil, v))] = true
	}
	delete(out.plain, "")
	return out
}

// value gives what a record has in the place of the field.
func (f *field) value(record map[string]any) any {
	if f.path {
		return fact.Find(record, f.key)
	}
	return record[f.key]
}

func (f *field) fold(s string) string {
	if f.kind == qualify.Code {
		return s
	}
	return fact.FoldString(fact.Clean(s))
}

// isValue reports whether a text is one of the declared values.
func (f *field) isValue(s string) bool { return len(f.values) > 0 && f.values[f.fold(s)] }

// shapes gives what a value looks like that is known, or was set aside, or, of a list, both.
func (f *field) shapes(v any, setAside bool) (set shapeSet) {
	switch v := v.(type) { // what leads are full of
	case string:
		f.text(v, setAside, &set)
	case float64:
		f.number(v, setAside, &set)
	case bool:
		f.truth(v, setAside, &set)
	case nil, time.Time:
	default:
		f.reflected(reflect.ValueOf(v), setAside, &set)
	}
	return set
}

func (f *field) reflected(v reflect.Value, setAside bool, set *shapeSet) {
	switch v = follow(v); v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[json.Number]() {
			f.text(v.String(), setAside, set)
		} else if x, err := json.Number(v.String()).Float64(); err == nil {
			f.number(x, setAside, set)
		}
	case reflect.Bool:
		f.truth(v.Bool(), setAside, set)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.number(float64(v.Int()), setAside, set)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		f.number(float64(v.Uint()), setAside, set)
	case reflect.Float32, reflect.Float64:
		f.number(v.Float(), setAside, set)
	case reflect.Map:
		set.add(ShapeMap)
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			set.add(ShapeMap)
		}
	case reflect.Slice, reflect.Array:
		f.list(v, setAside, set)
	}
}

// follow goes through a few pointers and interfaces: a pointer may hold itself.
func follow(v reflect.Value) reflect.Value {
	for range 8 {
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			break
		}
		v = v.Elem()
	}
	return v
}

func (f *field) list(v reflect.Value, setAside bool, set *shapeSet) {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if setAside {
			set.add(ShapeBytes)
		}
		f.text(string(v.Bytes()[:min(v.Len(), fact.MaxText)]), setAside, set)
	case f.kind != qualify.Texts:
		set.add(ShapeSeveral)
	default:
		for i := range min(v.Len(), fact.MaxTexts) {
			switch e := follow(v.Index(i)); e.Kind() {
			case reflect.Slice, reflect.Array: // it may hold itself
				set.add(ShapeSeveral)
			default:
				f.reflected(e, setAside, set)
			}
		}
	}
}

func (f *field) number(x float64, setAside bool, set *shapeSet) {
	switch {
	case !setAside:
	case f.kind == qualify.Time:
		set.add(ShapeEpoch)
	case f.kind == qualify.Text, f.kind == qualify.Code, f.kind == qualify.Texts:
		set.add(ShapeNumber)
	}
}

func (f *field) truth(b, setAside bool, set *shapeSet) {
	if !b && setAside && f.kind != qualify.Bool {
		set.add(ShapeFalse)
	}
}

// What numbers and times look like that were typed, or written by another system. A group of
// digits before the first separator that is "0" is a decimal.
var (
	thousands    = regexp.MustCompile(`^[+-]?[1-9]\d{0,2}((\.\d{3})+(,\d+)?|([,'’ \x{A0}\x{2009}\x{202F}]\d{3})+(\.\d+)?)$`)
	decimalComma = regexp.MustCompile(`^[+-]?\d+,\d+$`)
	numberRange  = regexp.MustCompile(`^\d[\d.,]*\s*(-|–|—|\.\.|to)\s*\d[\d.,]*$`)
	noOffset     = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?$`)
	dayAndMonth  = regexp.MustCompile(`^\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d\d)\b`)
	startsAsDate = regexp.MustCompile(`^\d{4}[-/.]?\d\d[-/.]?\d\d([T ,]|$)`)
	digits       = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)
)

// longestShape is how many bytes of text are looked at for a number, a time or a placeholder.
const longestShape = 64

func (f *field) text(s string, setAside bool, set *shapeSet) {
	trimmed := strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if trimmed == "" || f.isValue(s) {
		return
	}
	short := len(trimmed) <= longestShape
	if short && isPlaceholder(trimmed) {
		set.add(ShapePlaceholder)
		return
	}
	switch f.kind {
	case qualify.Number:
		if short {
			numberShape(trimmed, setAside, set)
		}
	case qualify.Time:
		if short {
			timeShape(trimmed, setAside, set)
		}
	case qualify.Bool:
		if setAside && !digits.MatchString(trimmed) {
			set.add(ShapeBool)
		}
	default:
		f.words(s, setAside, set)
	}
	if setAside && f.kind != qualify.Bool && strings.EqualFold(trimmed, "false") {
		set.add(ShapeFalse)
	}
}

func numberShape(s string, setAside bool, set *shapeSet) {
	switch {
	case thousands.MatchString(s):
		set.add(ShapeThousands)
	case !setAside:
	case decimalComma.MatchString(s):
		set.add(ShapeDecimalComma)
	case numberRange.MatchString(s):
		set.add(ShapeNumberRange)
	case !digits.MatchString(s) && strings.ContainsAny(s, "0123456789"):
		set.add(ShapeNumberInText)
	}
}

func timeShape(s string, setAside bool, set *shapeSet) {
	switch {
	case noOffset.MatchString(s):
		set.add(ShapeNoOffset)
	case !setAside:
	case dayAndMonth.MatchString(s):
		set.add(ShapeDayAndMonth)
	case startsAsDate.MatchString(s):
		set.add(ShapeTime)
	case digits.MatchString(s):
		set.add(ShapeEpoch)
	}
}

// separators are what may separate the elements of a list that is written as one text.
const separators = ",;|\t\n\r"

// words looks at a text, a code, or an element of a list of text.
func (f *field) words(s string, setAside bool, set *shapeSet) {
	trimmed := strings.TrimSpace(s)
	if looksOdd(s) {
		set.add(ShapeHidden)
	}
	if setAside && f.plain[string(appendPlain(nil, trimmed))] {
		set.add(ShapeSpelling)
		return
	}
	if f.kind == qualify.Texts {
		// A semicolon is what separates elements where nothing else is declared. What a separator
		// has split, or JSON, was read as the list that it is.
		if read := !setAside && (f.splits || trimmed[:min(1, len(trimmed))] == "["); read {
			return
		}
		if strings.ContainsAny(trimmed, strings.Replace(separators, ";", "", 1)) || strings.ContainsAny(trimmed[:min(1, len(trimmed))], "[{") {
			set.add(ShapeList)
		}
	} else if setAside && len(f.values) > 0 && slices.ContainsFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }), f.isValue) {
		set.add(ShapeList)
	}
}

// looksOdd reports whether a text holds characters that do not show, or blanks other than single spaces. Joiners are
// part of how words and emoji are spelt, and line breaks of longer texts.
func looksOdd(s string) bool {
	space := false
	for _, r := range s {
		switch {
		case r == ' ':
			if space {
				return true
			}
		case r < 0x80 || r == 0x200C || r == 0x200D:
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r):
			return true
		}
		space = r == ' '
	}
	return false
}

// placeholders are texts that stand for nothing in most exports.
var placeholders = map[string]bool{
	"-": true, "--": true, "—": true, "?": true, ".": true, "n/a": true, "na": true, "n.a.": true, "#n/a": true, "nan": true, "null": true,
	"nil": true, "none": true, "(none)": true, "(null)": true, "(blank)": true, "undefined": true, "unknown": true, "(unknown)": true,
	"not set": true, "(not set)": true, "not specified": true, "not provided": true, "not available": true, "tbd": true, "select": true,
	"please select": true, "select an option": true, "-- select --": true, "keine angabe": true, "k.a.": true, "no value": true, "empty": true,
}

func isPlaceholder(s string) bool { return placeholders[strings.ToLower(s)] }
