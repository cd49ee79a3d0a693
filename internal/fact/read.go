package fact

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Spec declares a field to a Reader.
type Spec struct {
	Kind Kind
	// Key is where in a record the field stands. With Path, a record without that key may hold it
	// further down: see [Reader.Load].
	Key  string
	Path bool
	// Minimum and Maximum bound a number, both included; nil leaves that side at MaxNumber.
	Minimum, Maximum *float64
	// Values are the only ones that a text, a code or an element of texts may have; none allows all.
	Values []string
	// Placeholders are texts that stand for a fact that is not there, whatever the kind; those that are
	// decimal text also stand for that number, and true and false for that bool. Values and
	// placeholders are compared exactly for a code, folded for every other kind.
	Placeholders []string
	// Separator separates the elements of texts that are written as one. With "" it is a semicolon, and
	// what may be separated by something else is not taken.
	Separator string
	// Epoch is the unit of numbers that count the time since 1970, one of [Epochs]; with "" a number is
	// no time.
	Epoch string
	// Default is the value of a fact that is not there, as text; "" is none.
	Default string
	// Location is that of times without an offset; nil is UTC.
	Location *time.Location
}

// Reader reads values of one declared field. It is immutable and safe for concurrent use.
type Reader struct {
	kind            Kind
	key             string
	path            bool
	lo, hi          float64
	values          []string // sorted by compare
	placeholders    []string // sorted by compare
	numbers         []float64
	noTrue, noFalse bool // placeholders name that bool
	compare         func(a, b string) int
	separator       string // "": a semicolon
	decimals        int    // of the unit of an epoch, or -1
	loc             *time.Location
	absent          Value // the default
	defaultProblem  Problem
	most            int // bytes of a text, or of the texts of a list together
}

// NewReader returns a reader of a field. Nothing of the declaration is kept.
func NewReader(s Spec) *Reader {
	r := &Reader{
		kind: s.Kind, key: s.Key, path: s.Path, lo: -MaxNumber, hi: MaxNumber, compare: CompareFold, separator: s.Separator,
		decimals: -1, loc: s.Location, most: MaxText,
	}
	if !r.takesText() {
		r.most = maxWord
	}
	if s.Minimum != nil && *s.Minimum > r.lo {
		r.lo = plainZero(*s.Minimum)
	}
	if s.Maximum != nil && *s.Maximum < r.hi {
		r.hi = plainZero(*s.Maximum)
	}
	if s.Kind == Code {
		r.compare = strings.Compare
	}
	for _, v := range s.Values {
		if s.Kind != Code {
			v = Clean(v)
		}
		r.values = append(r.values, v)
	}
	for _, p := range s.Placeholders {
		p = r.outside(p)
		r.placeholders = append(r.placeholders, p)
		if f, ok := parseDecimal(p); ok {
			r.numbers = append(r.numbers, f)
		}
		r.noTrue = r.noTrue || EqualFold(p, "true")
		r.noFalse = r.noFalse || EqualFold(p, "false")
	}
	slices.SortFunc(r.values, r.compare)
	slices.SortFunc(r.placeholders, r.compare)
	for _, e := range epochs {
		if e.name == s.Epoch {
			r.decimals = e.decimals
		}
	}
	if r.loc == nil {
		r.loc = time.UTC
	}
	if s.Default != "" {
		arena := []string{}
		r.defaultProblem = r.Read(s.Default, &r.absent, &arena)
	}
	return r
}

// Bounds returns the least and the greatest number that the reader takes: those declared, or
// -MaxNumber and MaxNumber where nothing narrower is.
func (r *Reader) Bounds() (lo, hi float64) {
	return r.lo, r.hi
}

// maxWord is how many bytes the text of a number, a bool or a time may have, with the blanks around it.
const maxWord = 256

// maxRaw is how many bytes JSON may have: each byte of a text may be written as six.
const maxRaw = 6*MaxText + 16*MaxTexts

// Limit lowers how many bytes a text may have, or the texts of a list together, from MaxText. It must
// come before the first Read.
func (r *Reader) Limit(most int) { r.most = min(r.most, most) }

// Default returns the value of a fact that is not there, which is unknown without a declared one, and
// the reason if that cannot be read.
func (r *Reader) Default() (Value, Problem) {
	return r.absent, r.defaultProblem
}

// Load reads the field from a record, as Read reads its value.
//
// With a path, the key as a whole goes first. Otherwise what stands before its first dot must be the
// key of an inner record, or the number of an element of a list, from 0 on, in which the rest of the key
// is looked for in the same way. In a list, * is each element: what stands there makes texts. Something else in
// the place of a record or a list is of the wrong kind. So is everything in a record whose only key is blank: it
// stands for one that is none.
func (r *Reader) Load(record map[string]any, dst *Value, arena *[]string) Problem {
	v, ok := record[r.key]
	switch {
	case ok:
		problem := r.read(v, dst, arena)
		if problem == NoProblem && !dst.Known && r.absent.Known {
			*dst = r.absent
		}
		return problem
	case len(record) == 1 && isNoRecord(record):
		*dst = Value{}
		return WrongKind
	case r.path:
		return r.descend(record, r.key, dst, arena)
	case r.absent.Known:
		*dst = r.absent
	default:
		*dst = Value{}
	}
	return NoProblem
}

// LoadPlain is Load of a single text that stands in a record as a string, as most do, and also gives its Weight.
// Of anything else it reads nothing, and gives false.
func (r *Reader) LoadPlain(record map[string]any, dst *Value) (problem Problem, weight int, ok bool) {
	v, ok := record[r.key].(string)
	if !ok || r.kind != Text && r.kind != Code {
		return NoProblem, 0, false
	}
	*dst = Value{}
	if problem = r.text(v, dst, nil); problem == NoProblem && !dst.Known && r.absent.Known {
		*dst = r.absent
	}
	return problem, upTo(r.most, len(v)), true
}

// LoadGiven is Load without the default.
func (r *Reader) LoadGiven(record map[string]any, dst *Value, arena *[]string) Problem {
	given := *r
	given.absent = Value{}
	return given.Load(record, dst, arena)
}

// isNoRecord reports whether a record holds a single value without a name.
func isNoRecord(record map[string]any) bool {
	v, ok := record[""]
	return ok && v != nil
}

// Find gives what stands in a record at a path, as Load finds it, of each element of a list all; nil if
// there is nothing.
func Find(record map[string]any, path string) any {
	v, _ := find(record, path)
	return v
}

// find is Find in anything, and reports whether nothing else stood in the place of a record or a list.
func find(v any, path string) (value any, ok bool) {
	for {
		inner, found := step(v, path)
		if found == foundValue || found == foundNothing {
			return inner, true
		}
		_, path, _ = strings.Cut(path, ".")
		switch found {
		case foundOther:
			return nil, false
		case foundEach:
			list := reflect.ValueOf(inner)
			all := make([]any, list.Len())
			for i := range all {
				all[i], _ = find(list.Index(i).Interface(), path)
			}
			return all, true
		}
		v = inner
	}
}

// descend reads what stands at a path in a record, or in a list.
func (r *Reader) descend(v any, path string, dst *Value, arena *[]string) Problem {
	for {
		inner, found := step(v, path)
		switch found {
		case foundValue:
			return r.Read(inner, dst, arena)
		case foundNothing:
			*dst = r.absent
			return NoProblem
		case foundEach:
			_, path, _ = strings.Cut(path, ".")
			list := reflect.ValueOf(inner)
			return r.list(list.Len(), func(i int) Problem { return r.at(path, follow(list.Index(i)), arena) }, dst, arena)
		case foundOther:
			// What stands for nothing is no record either.
			problem := r.read(v, dst, arena)
			if nothing := problem == NoProblem && !dst.Known; nothing {
				*dst = r.absent
				return NoProblem
			}
			if dst.Texts != nil {
				*arena = (*arena)[:len(*arena)-len(dst.Texts)]
			}
			*dst = Value{}
			return WrongKind
		}
		v = inner
		_, path, _ = strings.Cut(path, ".")
	}
}

// What step finds.
const (
	foundNothing = iota
	foundValue   // what stands at the path
	foundInner   // what stands at the first part of it
	foundEach    // a list, of which each element is asked for
	foundOther   // something in which nothing has a name
)

// step looks for a path in a record or a list.
func step(v any, path string) (inner any, found int) {
	head, _, more := strings.Cut(path, ".")
	if path == "" {
		return v, foundValue
	}
	if record, ok := v.(map[string]any); ok { // as it usually is
		if whole, ok := record[path]; ok {
			return whole, foundValue
		}
		if inner, ok := record[head]; ok && more {
			return inner, foundInner
		}
		return nil, foundNothing
	}
	of := follow(reflect.ValueOf(v))
	var at reflect.Value
	switch {
	case !of.IsValid():
		return nil, foundNothing
	case of.Kind() == reflect.Map && of.Type().Key().Kind() == reflect.String:
		key := func(s string) reflect.Value { return reflect.ValueOf(s).Convert(of.Type().Key()) }
		if whole := of.MapIndex(key(path)); whole.IsValid() {
			return whole.Interface(), foundValue
		}
		if more {
			at = of.MapIndex(key(head))
		}
	case isList(of) && head == "*":
		return of.Interface(), foundEach
	case isList(of):
		i, ok := number(head)
		if of.Len() > 0 && !ok {
			return nil, foundOther
		}
		if ok && len(head) < 10 && i < of.Len() {
			at = of.Index(i)
		}
	default:
		return nil, foundOther
	}
	switch {
	case !at.IsValid():
		return nil, foundNothing
	case more:
		return at.Interface(), foundInner
	}
	return at.Interface(), foundValue
}

// Read reads v into dst, which it overwrites: with the default, or else with the zero Value, when the
// fact is not there, and with the zero Value when it is unknown for another reason, which it returns.
// It returns the reason also for a list of which an element cannot be taken, and which is then known
// in part. It never panics, whatever v is, and allocates nothing for the plain forms of a value.
//
// The elements of texts are appended to arena, which must not be nil for that kind, and dst.Texts is
// that part of it, its capacity limited: v's own slice is neither kept nor shared. Whoever truncates
// arena to use it again gives up the values that were read into it.
func (r *Reader) Read(v any, dst *Value, arena *[]string) Problem {
	problem := r.read(v, dst, arena)
	if problem == NoProblem && !dst.Known {
		*dst = r.absent
	}
	return problem
}

// read is Read without a default.
func (r *Reader) read(v any, dst *Value, arena *[]string) Problem {
	*dst = Value{}
	// What follows could be left to reflection, which costs more; these are the types that leads are full of.
	switch v := v.(type) {
	case nil:
		return NoProblem
	case string:
		return r.text(v, dst, arena)
	case float64:
		return r.number(v, dst, arena)
	case int:
		return r.integer(int64(v), dst, arena)
	case bool:
		return r.flag(v, dst)
	case time.Time:
		return r.instant(v, dst)
	case json.Number:
		return r.jsonNumber(string(v), dst, arena)
	case []string:
		if r.kind == Texts && v != nil {
			return r.list(len(v), func(i int) Problem { return r.add(v[i], arena) }, dst, arena)
		}
	case []any:
		if r.kind == Texts && v != nil {
			return r.list(len(v), func(i int) Problem {
				if s, ok := v[i].(string); ok {
					return r.add(s, arena)
				}
				return r.element(follow(reflect.ValueOf(v[i])), arena)
			}, dst, arena)
		}
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
		return r.flag(v.Bool(), dst)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.integer(v.Int(), dst, arena)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if u := v.Uint(); u > math.MaxInt64 && r.takesText() {
			return r.whole(strconv.FormatUint(u, 10), float64(u), dst, arena)
		} else if u > math.MaxInt64 {
			return r.number(float64(u), dst, arena)
		}
		return r.integer(int64(v.Uint()), dst, arena)
	case reflect.Float32:
		return r.number(widen(v.Float()), dst, arena)
	case reflect.Float64:
		return r.number(v.Float(), dst, arena)
	case reflect.String:
		if isJSONNumber(v) {
			return r.jsonNumber(v.String(), dst, arena)
		}
		return r.text(v.String(), dst, arena)
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			return r.instant(t, dst)
		}
	case reflect.Array:
		if r.kind == Texts {
			return r.list(v.Len(), func(i int) Problem { return r.element(follow(v.Index(i)), arena) }, dst, arena)
		}
	case reflect.Slice:
		switch {
		case v.IsNil():
			return NoProblem
		case isRaw(v):
			return r.raw(v.Bytes(), dst, arena)
		case isBytes(v) && v.Len() > r.most:
			return OutOfRange
		case isBytes(v):
			return r.text(string(v.Bytes()), dst, arena)
		case r.kind == Texts:
			return r.list(v.Len(), func(i int) Problem { return r.element(follow(v.Index(i)), arena) }, dst, arena)
		}
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

func isBytes(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8
}

func isRaw(v reflect.Value) bool {
	return v.Type() == reflect.TypeFor[json.RawMessage]()
}

func isList(v reflect.Value) bool {
	return v.Kind() == reflect.Array || v.Kind() == reflect.Slice && !isBytes(v)
}

// raw reads JSON.
func (r *Reader) raw(data []byte, dst *Value, arena *[]string) Problem {
	switch {
	case len(data) == 0:
		return NoProblem
	case len(data) > maxRaw:
		return OutOfRange
	}
	v, ok := decode(data)
	if !ok {
		return WrongKind
	}
	return r.read(v, dst, arena)
}

// decode reads JSON, with its numbers as they were written.
func decode(data []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if !json.Valid(data) || d.Decode(&v) != nil {
		return nil, false
	}
	return v, true
}

// takesText reports whether the reader takes text for what it is.
func (r *Reader) takesText() bool { return r.kind == Text || r.kind == Code || r.kind == Texts }

// MaxWhole is up to where each whole number has a float64 of its own.
const MaxWhole = 1 << 53

func (r *Reader) integer(n int64, dst *Value, arena *[]string) Problem {
	switch {
	case r.takesText():
		return r.whole(strconv.FormatInt(n, 10), float64(n), dst, arena)
	case r.decimals >= 0 && (n > MaxWhole || n < -MaxWhole): // exact, where a float64 is not
		return r.jsonNumber(strconv.FormatInt(n, 10), dst, arena)
	}
	return r.number(float64(n), dst, arena)
}

// whole reads a whole number as the text of its digits.
func (r *Reader) whole(digits string, f float64, dst *Value, arena *[]string) Problem {
	exact := math.Abs(f) <= MaxWhole // others share a float64
	if exact && slices.Contains(r.numbers, f) || r.isAbsent(digits) {
		return NoProblem
	}
	if r.kind == Texts {
		start := len(*arena)
		return finish(start, r.add(digits, arena), dst, arena)
	}
	return r.allowed(digits, dst)
}

func (r *Reader) number(f float64, dst *Value, arena *[]string) Problem {
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
	case r.takesText() && f == math.Trunc(f) && math.Abs(f) <= MaxWhole:
		return r.whole(strconv.FormatInt(int64(f), 10), f, dst, arena)
	case r.kind == Time && r.decimals >= 0:
		var digits [400]byte // the longest float64
		nanos, over, _ := sinceEpoch(strconv.AppendFloat(digits[:0], f, 'f', -1, 64), r.decimals)
		return r.nanos(nanos, over, dst)
	}
	return WrongKind
}

func (r *Reader) nanos(nanos int64, over bool, dst *Value) Problem {
	if over {
		return OutOfRange
	}
	dst.Known, dst.Time = true, nanos
	return NoProblem
}

func (r *Reader) jsonNumber(s string, dst *Value, arena *[]string) Problem {
	if len(s) > r.most {
		return OutOfRange
	}
	s = strings.TrimSpace(s)
	if r.isAbsent(s) {
		return NoProblem
	}
	return r.decimal(s, dst, arena)
}

// decimal reads a number that was written out.
func (r *Reader) decimal(s string, dst *Value, arena *[]string) Problem {
	f, ok := parseDecimal(s)
	switch {
	case ok && r.takesText() && isWhole(s):
		return r.whole(s, f, dst, arena)
	case ok && r.kind == Time && r.decimals >= 0 && !slices.Contains(r.numbers, f):
		if nanos, over, plain := sinceEpoch(s, r.decimals); plain {
			return r.nanos(nanos, over, dst)
		}
		fallthrough
	case ok:
		return r.number(f, dst, arena)
	case f != 0 && (r.kind == Number || r.kind == Time && r.decimals >= 0):
		return OutOfRange
	}
	return WrongKind
}

// isWhole reports whether decimal text is that of a whole number, written in the usual way.
func isWhole(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	rest, some := cutDigits(digits)
	return some && rest == "" && (digits[0] != '0' || s == "0")
}

// flag reads a bool.
func (r *Reader) flag(b bool, dst *Value) Problem {
	if b && r.noTrue || !b && r.noFalse {
		return NoProblem
	}
	return r.truth(b, dst)
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

// outside returns text without what is outside it: of code only what is around it, of all else also
// what is too much within it. Blank text is "".
func (r *Reader) outside(s string) string {
	if r.kind != Code {
		return Clean(s)
	}
	if s = strings.TrimSpace(s); s != "" && s[0] >= utf8.RuneSelf && Clean(s) == "" {
		return ""
	}
	return s
}

// truths are the words for yes and no.
var truths = [...]struct {
	word string
	is   bool
}{
	{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"1", true}, {"0", false},
	{"y", true}, {"n", false}, {"t", true}, {"f", false}, {"on", true}, {"off", false},
}

func (r *Reader) text(s string, dst *Value, arena *[]string) Problem {
	if len(s) > r.most {
		return OutOfRange
	}
	clean := r.outside(s)
	if r.isAbsent(clean) {
		return NoProblem
	}
	switch r.kind {
	case Number:
		return r.decimal(clean, dst, arena)
	case Text:
		return r.allowed(clean, dst)
	case Code:
		return r.allowed(s, dst)
	case Bool:
		for _, t := range truths {
			if EqualFold(clean, t.word) {
				return r.truth(t.is, dst)
			}
		}
	case Time:
		if r.decimals >= 0 {
			if problem := r.decimal(clean, dst, arena); problem != WrongKind {
				return problem
			}
		}
		if t, ok := ParseTime(clean, r.loc); ok {
			return r.instant(t, dst)
		}
	case Texts:
		return r.split(s, clean, dst, arena)
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
func (r *Reader) split(s, clean string, dst *Value, arena *[]string) Problem {
	start := len(*arena)
	switch {
	case len(r.values) > 0 && r.inValues(clean):
		*arena = append(*arena, clean)
		return finish(start, NoProblem, dst, arena)
	case clean[0] == '[' && clean[len(clean)-1] == ']':
		if v, ok := decode([]byte(clean)); ok {
			return r.read(v, dst, arena)
		}
		return UnsplitList
	case clean[0] == '{' && clean[len(clean)-1] == '}':
		return UnsplitList
	}
	separator, declared := r.separator, r.separator != ""
	if !declared {
		separator = ";"
	}
	problem, taken := NoProblem, 0
	for more := true; more; {
		var element string
		element, s, more = strings.Cut(s, separator)
		if clean = Clean(element); r.isAbsent(clean) {
			continue
		}
		if taken++; taken > MaxTexts {
			problem = max(problem, OutOfRange)
			break
		}
		suspect := !declared && strings.ContainsAny(strings.TrimSpace(element), separators) && (len(r.values) == 0 || !r.inValues(clean))
		if suspect {
			problem = max(problem, UnsplitList)
		} else {
			problem = max(problem, r.add(clean, arena))
		}
	}
	return finish(start, problem, dst, arena)
}

// separators are the characters that may separate the elements of a list which nobody has split.
const separators = ",|\t\r\n，、；،"

// list reads a list of n, of which element reads one into arena.
func (r *Reader) list(n int, element func(i int) Problem, dst *Value, arena *[]string) Problem {
	start, problem, taken, bytes := len(*arena), NoProblem, 0, 0
	if n == 0 {
		dst.Known, dst.Texts = true, []string{}
		return NoProblem
	}
	for i := range n {
		before := len(*arena)
		p := element(i)
		if p == NoProblem && len(*arena) == before {
			continue
		}
		if len(*arena) > before {
			bytes += len((*arena)[before])
		}
		if taken++; taken > MaxTexts || bytes > r.most {
			*arena = (*arena)[:before]
			problem = max(problem, OutOfRange)
			break
		}
		problem = max(problem, p)
	}
	return finish(start, problem, dst, arena)
}

// at appends what stands at a path in an element of a list to arena, if there is anything.
func (r *Reader) at(path string, v reflect.Value, arena *[]string) Problem {
	if path == "" || !v.IsValid() {
		return r.element(v, arena)
	}
	if inner, ok := find(v.Interface(), path); ok {
		return r.element(follow(reflect.ValueOf(inner)), arena)
	}
	before := len(*arena)
	problem := r.element(v, arena)
	if nothing := problem == NoProblem && len(*arena) == before; nothing {
		return NoProblem
	}
	*arena = (*arena)[:before]
	return WrongKind
}

// element appends an element of a list to arena, if there is anything in it.
func (r *Reader) element(v reflect.Value, arena *[]string) Problem {
	if v.Kind() == reflect.String && !isJSONNumber(v) {
		return r.add(v.String(), arena)
	}
	if isBytes(v) {
		switch {
		case v.Len() > maxRaw:
			return OutOfRange
		case !isRaw(v):
			return r.add(string(v.Bytes()), arena)
		}
		if inner, ok := decode(v.Bytes()); ok {
			v = reflect.ValueOf(inner)
		}
	}
	if v.IsValid() && isList(v) {
		return WrongKind // a list in a list
	}
	var one Value
	return r.reflected(v, &one, arena)
}

// add appends one element of texts to arena, if there is anything in it.
func (r *Reader) add(s string, arena *[]string) Problem {
	if len(s) > r.most {
		return OutOfRange
	}
	s = Clean(s)
	if r.isAbsent(s) {
		return NoProblem
	}
	if !r.inValues(s) {
		return NotInValues
	}
	*arena = append(*arena, s)
	return NoProblem
}

// finish makes what was added to arena since start the value, if that is anything. With a problem
// it is a part of it.
func finish(start int, problem Problem, dst *Value, arena *[]string) Problem {
	if end := len(*arena); end > start {
		dst.Known, dst.Texts, dst.Partial = true, (*arena)[start:end:end], problem != NoProblem
	}
	return problem
}

// isAbsent reports whether clean text stands for a fact that is not there.
func (r *Reader) isAbsent(s string) bool {
	return s == "" || len(r.placeholders) > 0 && r.among(r.placeholders, s)
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

// Weight is about how many bytes a reader looks at to load the field from a record: none of a text
// that is too long, and some more for each text of a list.
func (r *Reader) Weight(record map[string]any) int {
	v, ok := record[r.key]
	if !ok && r.path {
		v = Find(record, r.key)
	}
	switch v := v.(type) {
	case nil, float64, int, bool, time.Time:
		return 0
	case string:
		if r.kind != Texts {
			return upTo(r.most, len(v))
		}
	}
	const each = 16 // bytes take as long as to go on to the next text
	of := follow(reflect.ValueOf(v))
	switch {
	case r.kind == Texts && of.Kind() == reflect.String:
		return each * upTo(r.most, of.Len()) // it may be nothing but semicolons
	case r.kind == Texts && of.IsValid() && isList(of):
		all := each * of.Len()
		for i := range of.Len() {
			all += r.weight(follow(of.Index(i)))
		}
		return all
	}
	return r.weight(of)
}

// weight is Weight of a single text.
func (r *Reader) weight(v reflect.Value) int {
	const each = 16 // bytes take as long as a byte of JSON
	switch {
	case v.Kind() == reflect.String:
		return upTo(r.most, v.Len())
	case v.Kind() == reflect.Slice && isRaw(v):
		return each * upTo(maxRaw, v.Len())
	case isBytes(v):
		return upTo(maxRaw, v.Len())
	}
	return 0
}

// upTo is n, or 0 if that is more than most.
func upTo(most, n int) int {
	if n > most {
		return 0
	}
	return n
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
