// Package document reads a JSON document strictly: it holds the document to the shape of a Go type and names every mistake with
// its place. encoding/json alone is lenient (keys in any case, keys twice, unknown fields, broken UTF-8) and stops at the first
// mistake without a line; what passes here it decodes without surprise.
package document

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/suggest"
)

const (
	maxBytes    = 8 << 20 // of a document
	maxDepth    = 32      // of objects and lists within each other, the outermost included
	maxMistakes = 100     // that are kept
	maxListed   = 16      // known fields that a message lists
	maxQuoted   = 64      // runes of the document that a message repeats in one piece
)

// Check returns the mistakes in data, a JSON document that is to be decoded into a value of the struct type shape, in the
// document's order; if there are none, encoding/json decodes it without surprise. A document that is not JSON is read up to
// there. At most 100 mistakes are kept; if there are more, the last one says how many.
//
// A shape is made of structs without embedded fields, slices, pointers, texts, bools, signed integers, float64, and types that
// implement [json.Unmarshaler] or [encoding.TextUnmarshaler]; of those the Unmarshal method decides, and its error is the
// message. The outermost type is always read as a struct, so that its own UnmarshalJSON may call Check. Of a json tag the name
// counts and the options do not, so "string" must not be among them. Any other shape panics.
func Check(data []byte, shape reflect.Type) []Mistake {
	if len(data) > maxBytes {
		return []Mistake{{Line: 1, Column: 1, Message: fmt.Sprintf("the document has %d bytes; at most %d (8 MiB) are read", len(data), maxBytes)}}
	}
	// Without the blanks at its end, a document that ends too early is reported where its text stops.
	c := &checker{data: bytes.TrimRight(data, blanks), fields: map[reflect.Type][]field{}, line: 1}
	c.learnFields(shape)
	c.document(shape)
	if more := c.found - len(c.mistakes); more > 0 {
		c.mistakes[maxMistakes-1].Message = fmt.Sprintf("%d more mistakes from here on", more+1)
	}
	return c.mistakes
}

// A checker reads one document. Its reading methods start at pos, leave pos behind what they have read, and return false if the
// document cannot be read any further, which they have then reported. Its checking methods report what does not fit, and go on.
type checker struct {
	data   []byte
	pos    int
	open   []byte // the brackets open at pos
	path   []step // to the value at pos
	fields map[reflect.Type][]field
	visit  func(start int) // if not nil, it sees where each value begins, while path leads there

	mistakes []Mistake // kept
	found    int       // all of them

	// The place of the latest mistake. Mistakes are found in the document's order, so the next place is counted on from it.
	offset, line, column int
	source               string
}

// A step leads to the value of a key in an object, or to an entry of a list.
type step struct {
	key    string
	index  int
	inList bool
}

func (c *checker) document(shape reflect.Type) {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(c.data, []byte(mark)) {
			c.report(0, "the document starts with a byte order mark; save it as plain UTF-8, without one")
			return
		}
	}
	if _, ok := c.value(shape); !ok {
		return
	}
	if c.peek(); c.pos < len(c.data) {
		c.expected("nothing after the end of the document")
	}
}

// value reads one value and holds it to shape; a nil shape leaves it free. If the value is an object, id is what it is called.
func (c *checker) value(shape reflect.Type) (id string, ok bool) {
	has := ""
	first := c.peek()
	start, before := c.pos, c.found
	if c.visit != nil {
		c.visit(start)
	}
	switch first {
	case '{':
		has = object
	case '[':
		has = list
	case '"':
		has = text
	default:
		if has, ok = c.literal(); !ok {
			return "", false
		}
	}

	for shape != nil && shape.Kind() == reflect.Pointer {
		shape = shape.Elem()
	}
	var leaf any // a value that reads itself
	if shape != nil {
		want := wants(shape)
		switch {
		case len(c.path) == 0:
		case implements[json.Unmarshaler](shape):
			want, leaf, shape = has, reflect.New(shape).Interface(), nil
		case implements[encoding.TextUnmarshaler](shape):
			want, leaf, shape = text, reflect.New(shape).Interface(), nil
		}
		texts := shape != nil && shape.Kind() == reflect.Slice && shape.Elem().Kind() == reflect.String
		if !c.checkKind(start, has, want, shape, leaf, texts) {
			shape, leaf = nil, nil
		}
	}

	switch ok = true; first {
	case '{':
		id, ok = c.object(shape)
	case '[':
		ok = c.list(shape)
	case '"':
		ok = c.text()
	default:
		if has == number {
			c.checkNumber(start, shape)
		}
	}
	if ok && leaf != nil && c.found == before {
		if err := unmarshal(leaf, c.data[start:c.pos]); err != nil {
			c.report(start, "%v", err)
		}
	}
	return id, ok
}

// checkKind holds what the value at start is to what is wanted.
func (c *checker) checkKind(start int, has, want string, shape reflect.Type, leaf any, texts bool) bool {
	switch {
	case has == null && len(c.path) > 0:
		what := "field"
		if c.path[len(c.path)-1].inList {
			what = "entry"
		}
		return c.fail(start, "null stands for nothing here; leave the %s out", what)
	case has == want:
		return true
	}
	instead := c.instead(start, has, want, leaf, texts)
	if instead == "" && shape != nil {
		instead = c.objectFor(start, has, shape)
	}
	if has == truth {
		has = string(c.data[start:c.pos])
	}
	return c.fail(start, "wants %s, has %s%s", want, has, instead)
}

// instead says how a value of the wrong kind is written as one of the right kind, if it can be.
func (c *checker) instead(start int, has, want string, leaf any, texts bool) string {
	raw := string(c.data[start:c.pos])
	if has == text {
		read := *c // the text has not been read yet
		if read.mistakes, read.found = nil, 0; !read.text() || read.found > 0 {
			return ""
		}
		raw = strings.TrimSpace(unquote(c.data[start:read.pos]))
	}
	switch {
	case want == text && leaf != nil && (has == number || has == truth):
		if err := unmarshal(leaf, []byte(strconv.Quote(raw))); err != nil {
			return ": " + err.Error()
		}
		return fmt.Sprintf(": write %q", raw)
	case want == text && (has == number || has == truth):
		return fmt.Sprintf(": write %q", raw)
	case want == number && has == text:
		if n := plainNumber(raw); n != "" {
			return ": write " + n
		}
		if n := len(c.path); n == 3 && c.path[0].key == "rules" && c.path[n-1].key == "points" {
			return fmt.Sprintf(": write 1, and the expression beside it: \"multiply\": %s", quote(raw))
		}
	case want == truth && has == text:
		switch strings.ToLower(raw) {
		case "true", "yes", "y", "on", "1":
			return ": write true"
		case "false", "no", "n", "off", "0":
			return ": write false"
		}
	case want == truth && has == number && (raw == "0" || raw == "1"):
		return fmt.Sprintf(": write %v", raw == "1")
	case want == list && has == text && texts:
		return fmt.Sprintf(": write [%s]", quote(raw))
	case want == text && has == list:
		var one []string
		if json.NewDecoder(bytes.NewReader(c.data[start:])).Decode(&one) == nil && len(one) == 1 {
			return ": write " + quote(one[0])
		}
	}
	return ""
}

// objectFor says how a single value is written as the object that is wanted, or an object as the list of objects that is; "" if
// that is not known.
func (c *checker) objectFor(start int, has string, shape reflect.Type) string {
	if shape.Kind() == reflect.Slice {
		fields := c.fields[shape.Elem()]
		switch i := firstOf(fields, "id", "name"); {
		case has != object || len(fields) == 0:
			return ""
		case i < 0:
			return ": write [{…}]"
		default:
			return fmt.Sprintf(": write [{%q: …}]", fields[i].name)
		}
	}
	fields := c.fields[shape]
	switch has {
	case number:
		if i := firstOf(fields, "times", "half_life"); i >= 0 {
			value := string(c.data[start:c.pos])
			if fields[i].name == "half_life" {
				value = strconv.Quote(value + "d")
			}
			return fmt.Sprintf(": write {%q: %s}", fields[i].name, value)
		}
	case text:
		read := *c // the text has not been read yet
		if read.mistakes, read.found = nil, 0; !read.text() || read.found > 0 {
			return ""
		}
		raw := c.data[start:read.pos]
		if i, n := firstOf(fields, "times"), plainNumber(unquote(raw)); i >= 0 && n != "" {
			return fmt.Sprintf(": write {%q: %s}", fields[i].name, n)
		}
		i := firstOf(fields, "id", "name", "half_life")
		if i < 0 {
			return ""
		}
		if f := fields[i].shape; implements[encoding.TextUnmarshaler](f) && unmarshal(reflect.New(f).Interface(), raw) != nil {
			return ""
		}
		return fmt.Sprintf(": write {%q: %s}", fields[i].name, quote(unquote(raw)))
	}
	return ""
}

// firstOf gives the index of the first field that has one of some names; -1 if none has.
func firstOf(fields []field, names ...string) int {
	return slices.IndexFunc(fields, func(f field) bool { return slices.Contains(names, f.name) })
}

var (
	grouped   = regexp.MustCompile(`^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^[+-]?\d{1,3}(?:[' _]\d{3})+(?:\.\d+)?$`)
	pointed   = regexp.MustCompile(`^[+-]?\d{1,3}(?:\.\d{3})+,\d+$|^[+-]?\d{1,3}(?:\.\d{3}){2,}$`)
	commaed   = regexp.MustCompile(`^[+-]?\d+,\d+$`)
	jsonForm  = regexp.MustCompile(`^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$`)
	zeroFirst = regexp.MustCompile(`^-?0+\d`)
)

// plainNumber writes a number as JSON does that is written as people do: with commas, separators of thousands, a sign too many,
// a percent sign. It is "" for what is none.
func plainNumber(s string) string {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	switch {
	case pointed.MatchString(s):
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	case grouped.MatchString(s) && !strings.HasPrefix(strings.TrimLeft(s, "+-"), "0,"):
		s = strings.NewReplacer(",", "", "'", "", " ", "", "_", "").Replace(s)
	case commaed.MatchString(s):
		s = strings.Replace(s, ",", ".", 1)
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "+"), ".")
	if sign, rest, ok := strings.Cut(s, "."); ok && (sign == "" || sign == "-") {
		s = sign + "0." + rest
	}
	for zeroFirst.MatchString(s) {
		s = strings.Replace(s, "0", "", 1)
	}
	if !jsonForm.MatchString(s) {
		return ""
	}
	return s
}

func unmarshal(leaf any, raw []byte) error {
	if leaf, ok := leaf.(json.Unmarshaler); ok {
		return leaf.UnmarshalJSON(raw)
	}
	return leaf.(encoding.TextUnmarshaler).UnmarshalText([]byte(unquote(raw)))
}

// object reads an object. What it is called is returned even if the object cannot be read to its end.
func (c *checker) object(shape reflect.Type) (id string, ok bool) {
	names := map[string]string{}
	keys := map[string]int{} // where each one stands
	ok = c.entries('}', func(i int) bool {
		if c.peek() != '"' {
			if i > 0 && c.commaInNumber() {
				return false
			}
			return c.expected("a field name in double quotes")
		}
		start, before := c.pos, c.found
		if !c.text() {
			return false
		}
		key := unquote(c.data[start:c.pos])
		c.path = append(c.path, step{key: key})
		var inner reflect.Type
		if c.found == before { // a name with broken characters is no name
			inner = c.checkKey(start, key, keys, shape)
		}
		if c.peek() != ':' {
			return c.expected("a colon after the field name")
		}
		c.pos++
		first := c.peek()
		start = c.pos
		if _, ok := c.value(inner); !ok {
			return false
		}
		if first == '"' && (key == "id" || key == "name") {
			names[key] = unquote(c.data[start:c.pos])
		}
		c.path = c.path[:len(c.path)-1]
		return true
	})
	return clip(cmp.Or(names["id"], names["name"])), ok
}

// written is a number of JSON with what follows it, where that is no JSON: 10,5 and 1'000.
var written = regexp.MustCompile(`^[+-]?[0-9][0-9.,'_ ]*[0-9]`)

// commaInNumber reports a number that a comma splits into a value and something in the place of a field name.
func (c *checker) commaInNumber() bool {
	start := bytes.LastIndexAny(c.data[:c.pos], ":\n") + 1
	start += len(c.data[start:c.pos]) - len(bytes.TrimLeft(c.data[start:c.pos], blanks))
	raw := string(written.Find(c.data[start:]))
	if n := plainNumber(raw); n != "" && start+len(raw) > c.pos && strings.Contains(raw, ",") {
		c.report(max(start, c.offset), "a number has a point, and neither commas nor separators of thousands: write %s", n)
		return true
	}
	return false
}

// checkKey holds the key of an object, which stands at start, to shape, and returns the shape of its value.
func (c *checker) checkKey(start int, key string, keys map[string]int, shape reflect.Type) reflect.Type {
	fields := c.fields[shape]
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
	if first, twice := keys[key]; twice {
		line := 0
		if len(c.mistakes) < maxMistakes { // counting lines is for messages that are kept
			line = 1 + bytes.Count(c.data[:first], []byte("\n"))
		}
		c.report(start, "%s stands twice in this object; the first is at line %d", quote(key), line)
	} else {
		keys[key] = start
		if shape != nil && i < 0 {
			c.reportUnknown(start, key, fields, keys)
		}
	}
	if i < 0 {
		return nil
	}
	return fields[i].shape
}

func (c *checker) reportUnknown(start int, key string, fields []field, keys map[string]int) {
	hint := ""
	if len(c.mistakes) < maxMistakes { // as is the search for what was meant
		var names, quoted, free []string // free are those that do not stand before it
		for _, f := range fields {
			names = append(names, f.name)
			if _, given := keys[f.name]; !given {
				free = append(free, f.name)
			}
			quoted = append(quoted, quote(f.name))
		}
		meant, ok := suggest.Closest(key, names)
		foreign := fieldFor(key, free)
		switch {
		case foreign != "" && !(ok && strings.EqualFold(meant, key)):
			hint = fmt.Sprintf(": write %s", quote(foreign))
		case ok && strings.EqualFold(meant, key):
			hint = fmt.Sprintf("; it is written %s", quote(meant))
		case ok:
			hint = fmt.Sprintf("; did you mean %s?", quote(meant))
		case 0 < len(fields) && len(fields) <= maxListed:
			hint = "; known here: " + strings.Join(quoted, ", ")
		}
	}
	c.report(start, "unknown field %s%s", quote(key), hint)
}

// list reads a list. Mistakes in an object that is an entry, and in no object further inside that is called something, get the
// name of that object, which may stand behind them.
func (c *checker) list(shape reflect.Type) bool {
	if shape != nil {
		shape = shape.Elem()
	}
	return c.entries(']', func(i int) bool {
		kept := len(c.mistakes)
		c.path = append(c.path, step{index: i, inList: true})
		id, ok := c.value(shape)
		c.path = c.path[:len(c.path)-1]
		for i := range c.mistakes[kept:] {
			m := &c.mistakes[kept+i]
			m.ID = cmp.Or(m.ID, id)
		}
		return ok
	})
}

// entries reads an object or a list from its bracket to the closing one; entry reads what stands between the commas.
func (c *checker) entries(closing byte, entry func(i int) bool) bool {
	if len(c.open) == maxDepth {
		return c.fail(c.pos, "objects and lists stand more than %d deep in each other", maxDepth)
	}
	c.open = append(c.open, c.data[c.pos])
	c.pos++
	for i := 0; i > 0 || c.peek() != closing; i++ {
		if !entry(i) {
			return false
		}
		if c.peek() == closing {
			break
		}
		comma := c.pos
		if c.peek() != ',' {
			if b := c.data[min(c.pos, len(c.data)-1)]; b == '%' || b == '\'' {
				if i := bytes.LastIndexAny(c.data[:c.pos], ":,[") + 1; plainNumber(string(written.Find(bytes.TrimLeft(c.data[i:], blanks)))) != "" || plainNumber(string(bytes.TrimSpace(c.data[i:c.pos]))) != "" {
					n := plainNumber(string(bytes.TrimSpace(c.data[i:c.pos])))
					if m := plainNumber(string(written.Find(bytes.TrimLeft(c.data[i:], blanks)))); b == '\'' {
						n = m
					}
					return c.fail(c.pos, "a number stands without %c: write %s", b, n)
				}
			}
			return c.expected(fmt.Sprintf("a comma or %c after the value", closing))
		}
		c.pos++
		if c.peek() == closing {
			return c.fail(comma, "a comma stands before the closing %c; leave it out", closing)
		}
	}
	c.pos++
	c.open = c.open[:len(c.open)-1]
	return true
}
