package qualify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// A schema is a JSON Schema, decoded, with what it needs to hold documents to it. It knows the keywords that the published
// schema uses and panics on others.
type schema struct {
	root     map[string]any
	patterns map[string]*regexp.Regexp
}

func readSchema(t testing.TB) *schema { return readSchemaOf(t, "policy") }

func readSchemaOf(t testing.TB, what string) *schema {
	t.Helper()
	data, err := os.ReadFile("docs/" + what + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	root, ok := decode(t, data).(map[string]any)
	if !ok {
		t.Fatal("the schema is no object")
	}
	return &schema{root, map[string]*regexp.Regexp{}}
}

// decode reads a JSON document and keeps its numbers as they are written.
func decode(t testing.TB, data []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// refuses says why a document does not fit; it is "" for one that does.
func (s *schema) refuses(v any) string { return s.check(s.root, v, "document") }

func (s *schema) check(rules map[string]any, v any, at string) string {
	for _, keyword := range slices.Sorted(maps.Keys(rules)) {
		if why := s.keyword(rules, keyword, v, at); why != "" {
			return why
		}
	}
	return ""
}

func (s *schema) keyword(rules map[string]any, keyword string, v any, at string) string {
	object, isObject := v.(map[string]any)
	switch want := rules[keyword]; keyword {
	case "$schema", "$id", "$comment", "$defs", "title", "description":
	case "$ref":
		return s.check(s.definition(want.(string)), v, at)
	case "type":
		if has := typeOf(v); has != want && (want != "number" || has != "integer") {
			return fmt.Sprintf("%s: %s is no %s", at, has, want)
		}
	case "const":
		if !same(v, want) {
			return fmt.Sprintf("%s: not %v", at, want)
		}
	case "enum":
		if !slices.ContainsFunc(want.([]any), func(w any) bool { return same(v, w) }) {
			return fmt.Sprintf("%s: none of %v", at, want)
		}
	case "pattern":
		if text, ok := v.(string); ok && !s.pattern(want.(string)).MatchString(text) {
			return fmt.Sprintf("%s: %q does not match %s", at, text, want)
		}
	case "not":
		if s.check(want.(map[string]any), v, at) == "" {
			return fmt.Sprintf("%s: %v is excluded", at, v)
		}
	case "anyOf":
		if !slices.ContainsFunc(want.([]any), func(w any) bool { return s.check(w.(map[string]any), v, at) == "" }) {
			return fmt.Sprintf("%s: %v fits none", at, v)
		}
	case "items":
		list, _ := v.([]any)
		for i, item := range list {
			if why := s.check(want.(map[string]any), item, fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
	case "properties":
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if rule, ok := want.(map[string]any)[name].(map[string]any); ok {
				if why := s.check(rule, object[name], at+"."+name); why != "" {
					return why
				}
			}
		}
	case "additionalProperties":
		if want != false {
			panic("additionalProperties is not false")
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if _, ok := rules["properties"].(map[string]any)[name]; !ok {
				return fmt.Sprintf("%s: unknown %q", at, name)
			}
		}
	case "required":
		for _, name := range want.([]any) {
			if _, ok := object[name.(string)]; isObject && !ok {
				return fmt.Sprintf("%s: %s is missing", at, name)
			}
		}
	default:
		panic("unknown keyword " + keyword)
	}
	return ""
}

func (s *schema) definition(ref string) map[string]any {
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	found, known := s.root["$defs"].(map[string]any)[name].(map[string]any)
	if !ok || !known {
		panic("dangling " + ref)
	}
	return found
}

func (s *schema) pattern(source string) *regexp.Regexp {
	if s.patterns[source] == nil {
		s.patterns[source] = regexp.MustCompile(source)
	}
	return s.patterns[source]
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && r.IsInt() {
			return "integer"
		}
		return "number"
	}
	panic(fmt.Sprintf("%T is no JSON", v))
}

// same reports whether two values that are no list and no object are equal.
func same(a, b any) bool {
	if typeOf(a) != "integer" || typeOf(b) != "integer" {
		return typeOf(a) != "array" && typeOf(a) != "object" && a == b
	}
	x, _ := new(big.Rat).SetString(a.(json.Number).String())
	y, _ := new(big.Rat).SetString(b.(json.Number).String())
	return x.Cmp(y) == 0
}

// TestSchemaHasTheFieldsOfTheTypes holds the schema, whole but for its words, to what follows from the Go types.
func TestSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	t.Parallel()
	definitions := map[string]any{}
	var typeRules func(t reflect.Type) map[string]any
	objectRules := func(t reflect.Type) map[string]any {
		properties := map[string]any{}
		for f := range t.Fields() {
			if !f.IsExported() {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			properties[name] = typeRules(f.Type)
			if name == "calendar" || name == "epoch" {
				properties[name] = map[string]any{"$ref": "#/$defs/" + name}
			}
		}
		return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	}
	typeRules = func(t reflect.Type) map[string]any {
		switch name := strings.ToLower(t.Name()); {
		case t == reflect.TypeFor[qualify.Duration]():
			return map[string]any{"$ref": "#/$defs/span"}
		case t == reflect.TypeFor[qualify.Kind]():
			return map[string]any{"$ref": "#/$defs/kind"}
		case t.Kind() == reflect.Pointer:
			return typeRules(t.Elem())
		case t.Kind() == reflect.Slice:
			return map[string]any{"type": "array", "items": typeRules(t.Elem())}
		case t.Kind() == reflect.Struct:
			if definitions[name] == nil {
				definitions[name] = objectRules(t)
			}
			return map[string]any{"$ref": "#/$defs/" + name}
		default:
			json, ok := map[reflect.Kind]string{
				reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "number",
			}[t.Kind()]
			if !ok {
				panic("no JSON type for " + t.String())
			}
			return map[string]any{"type": json}
		}
	}
	want := objectRules(reflect.TypeFor[qualify.Policy]())
	want["properties"].(map[string]any)["format"] = map[string]any{"const": json.Number("1")}
	want["properties"].(map[string]any)["$schema"] = map[string]any{"type": "string"}
	want["required"] = []any{"format"}
	want["$defs"] = definitions
	texts := func(all ...any) []any {
		return []any{map[string]any{"enum": all}, map[string]any{"type": "string"}}
	}
	definitions["kind"] = map[string]any{"anyOf": texts("number", "text", "code", "bool", "time", "texts")}
	definitions["epoch"] = map[string]any{"anyOf": texts("s", "ms", "us", "µs", "ns")}
	definitions["calendar"] = map[string]any{"anyOf": texts("day", "week", "month", "ever")}

	s := readSchema(t)
	got := withoutWords(s.root).(map[string]any)
	span := got["$defs"].(map[string]any)["span"].(map[string]any)
	delete(got["$defs"].(map[string]any), "span") // TestSchemaSpans holds its patterns to what is read
	if span["type"] != "string" || span["pattern"] == nil {
		t.Errorf("span is %v", span)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/policy.schema.json differs from the Go types (-types +schema):\n%s", diff)
	}

	for name, definition := range s.root["$defs"].(map[string]any) {
		described(t, name, definition.(map[string]any))
	}
	described(t, "document", s.root)
}

// TestAssessmentSchemaHasTheFieldsOfTheTypes holds the schema of an assessment to the Go types, but for a value and a range, which
// write their own JSON and which TestAssessmentsFitTheirSchema looks at.
func TestAssessmentSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	t.Parallel()
	s := readSchemaOf(t, "assessment")
	got := withoutWords(s.root).(map[string]any)
	definitions := map[string]any{}
	var typeRules func(t reflect.Type) map[string]any
	objectRules := func(t reflect.Type) map[string]any {
		properties, required := map[string]any{}, []any{}
		for f := range t.Fields() {
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			if properties[name] = typeRules(f.Type); option == "" {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "additionalProperties": false, "required": required}
	}
	typeRules = func(t reflect.Type) map[string]any {
		name := strings.ToLower(t.Name())
		ref := map[string]any{"$ref": "#/$defs/" + name}
		switch {
		case t.Kind() == reflect.Slice:
			return map[string]any{"type": "array", "items": typeRules(t.Elem())}
		case t == reflect.TypeFor[time.Time]():
			definitions[name] = map[string]any{"type": "string"}
			return ref
		case t == reflect.TypeFor[qualify.Range](), t == reflect.TypeFor[qualify.Value](), t.PkgPath() != "" && t.Kind() != reflect.Struct:
			definitions[name] = got["$defs"].(map[string]any)[name] // values fit it, and others do not: see below
			return ref
		case t.Kind() == reflect.Struct:
			if definitions[name] == nil {
				definitions[name] = objectRules(t)
			}
			return ref
		}
		return map[string]any{"type": map[reflect.Kind]string{
			reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "number",
		}[t.Kind()]}
	}
	want := objectRules(reflect.TypeFor[qualify.Assessment]())
	definitions["kind"] = map[string]any{"enum": []any{"number", "text", "code", "bool", "time", "texts"}}
	want["$defs"] = definitions
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/assessment.schema.json differs from the Go types (-types +schema):\n%s", diff)
	}
	for name, definition := range s.root["$defs"].(map[string]any) {
		described(t, name, definition.(map[string]any))
	}
	described(t, "assessment", s.root)
}

// TestAssessmentsFitTheirSchema gives the schema what assessments write, and what they do not.
func TestAssessmentsFitTheirSchema(t *testing.T) {
	t.Parallel()
	s := readSchemaOf(t, "assessment")
	each(t, testcase.Count(300), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		a := assess(t, m, lead, ago(time.Duration(g.IntN(240))*time.Hour))
		if why := s.refuses(decode(t, []byte(bytesOf(t, a)))); why != "" {
			t.Errorf("%s\n%s", why, bytesOf(t, a))
		}
	})
	fits := func(definition string, v any) bool {
		return s.check(s.definition("#/$defs/"+definition), decode(t, must(json.Marshal(v))), definition) == ""
	}
	words := map[string][]any{
		"answer": {qualify.Yes, qualify.No, qualify.Unknown, qualify.Disputed},
		"move":   {qualify.MoveNone, qualify.MoveEnter, qualify.MovePromote, qualify.MoveDemote, qualify.MoveExit, qualify.MoveReturn},
		"problem": {qualify.ProblemWrongKind, qualify.ProblemOutOfRange, qualify.ProblemNotInValues, qualify.ProblemUnsplitList, qualify.ProblemTimeOutOfRange,
			qualify.ProblemRepeatedDifferently, qualify.ProblemUnknownStage, qualify.ProblemFutureStageSince},
		"reasonfield": {qualify.ReasonEnter, qualify.ReasonKeep, qualify.ReasonMinStay},
	}
	for definition, all := range words {
		for _, word := range all {
			if !fits(definition, word) {
				t.Errorf("%s does not know %v", definition, word)
			}
		}
		if n := len(s.definition("#/$defs/" + definition)["enum"].([]any)); n != len(all) || fits(definition, "other") {
			t.Errorf("%s has %d words, not %d", definition, n, len(all))
		}
	}
	for _, v := range []qualify.Value{
		{Kind: qualify.Number}, {Kind: qualify.Number, Known: true, Number: 1.5}, {Kind: qualify.Bool, Known: true}, {Kind: qualify.Text, Known: true, Text: "x"},
		{Kind: qualify.Code, Known: true, Label: "L"}, {Kind: qualify.Time, Known: true, Time: noon}, {Kind: qualify.Texts, Known: true, Texts: []string{"x"}, Partial: true, Activity: "a", At: noon},
	} {
		if !fits("value", v) {
			t.Errorf("%s does not fit", must(json.Marshal(v)))
		}
	}
	for _, r := range []qualify.Range{{Low: 1, High: 2}, {Low: math.Inf(-1), High: math.Inf(1)}} {
		if !fits("range", r) {
			t.Errorf("%v does not fit", r)
		}
	}
	if fits("value", map[string]any{"fact": "x", "kind": "number"}) || fits("value", map[string]any{"fact": "x", "kind": "number", "value": map[string]any{}}) || fits("range", map[string]any{"low": 1}) {
		t.Error("what no assessment writes fits")
	}
}

// withoutWords leaves out what is said to people.
func withoutWords(v any) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, withoutWords(e))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			_, isText := e.(string)
			if isText && slices.Contains([]string{"$schema", "$id", "$comment", "title", "description"}, k) {
				continue
			}
			out[k] = withoutWords(e)
		}
		return out
	}
	return v
}

func described(t *testing.T, at string, rules map[string]any) {
	t.Helper()
	if text, _ := rules["description"].(string); !strings.HasSuffix(text, ".") {
		t.Errorf("%s: the description is %q, not a sentence", at, text)
	}
	properties, _ := rules["properties"].(map[string]any)
	for name, property := range properties {
		described(t, at+"."+name, property.(map[string]any))
	}
}

// TestSchemaKnowsTheWordsOfCompile holds the lists of kinds and of calendar periods to Compile.
func TestSchemaKnowsTheWordsOfCompile(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	words := func(name string) []any {
		return s.definition("#/$defs/" + name)["anyOf"].([]any)[0].(map[string]any)["enum"].([]any)
	}
	for _, kind := range words("kind") {
		p := qualify.Policy{Profile: []qualify.Field{{Name: "x", Kind: qualify.Kind(kind.(string))}}}
		if _, err := qualify.Compile(p); err != nil {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	for _, calendar := range words("calendar") {
		p := qualify.Policy{Signals: []qualify.Signal{{ID: "a"}}, Rules: []qualify.Rule{{ID: "r", On: "a", Limit: qualify.Limit{Times: 1, Calendar: calendar.(string)}}}}
		if _, err := qualify.Compile(p); err != nil {
			t.Errorf("calendar %q: %v", calendar, err)
		}
	}
}

// TestSchemaSpans compares the schema's patterns with what is read, with every unit on either side of what is the longest.
func TestSchemaSpans(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	texts := []string{
		"", "0d", "00s", "7", "d", "-1d", "+1d", "1.5d", "1 d", " 1d", "1d ", "1d\n", "1D", "1m", "1mo", "1M", "1y", "1ms", "1us", "1ns",
		"1h30min", "٣d", "1e3d", "0x1d", "1_000s", "007d", "0000000000000000000000000000000000000001w", "99999999999999999999999999s",
	}
	for unit, most := range map[string]int64{"w": 5217, "d": 36525, "h": 876600, "min": 52596000, "s": 3155760000} {
		for power := int64(1); power <= most*100; power *= 10 {
			for _, n := range []int64{power - 1, power, power + 1, most - most%power - 1, most - most%power, most + power} {
				texts = append(texts, fmt.Sprint(n, unit), fmt.Sprint("00", n, unit))
			}
		}
		for n := max(0, most-1500); n <= most+1500; n++ {
			texts = append(texts, fmt.Sprint(n, unit))
		}
	}
	span := s.definition("#/$defs/span")
	for _, text := range texts {
		err := new(qualify.Duration).UnmarshalText([]byte(text))
		if why := s.check(span, text, "span"); (why == "") != (err == nil) {
			t.Errorf("%q: the schema says %q, the reader %v", text, why, err)
		}
	}
}

// TestSchemaCannotSayEverything holds the schema's $comment to account: these documents fit, and are not read.
func TestSchemaCannotSayEverything(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for name, doc := range map[string]string{
		"a field that stands twice":       `{"format": 1, "name": "a", "name": "b"}`,
		"a whole number with a point":     `{"format": 1.0}`,
		"a whole number with an exponent": `{"format": 1, "rules": [{"limit": {"times": 1e1}}]}`,
		"a whole number above an int":     `{"format": 1, "rules": [{"limit": {"times": 9223372036854775808}}]}`,
		"a number above a float64":        `{"format": 1, "rules": [{"points": 1e309}]}`,
		"a byte that is not UTF-8":        "{\"format\": 1, \"name\": \"\xff\"}",
		"half a character":                `{"format": 1, "name": "\ud83d"}`,
		"more than 8 MiB":                 `{"format": 1}` + strings.Repeat(" ", 8<<20),
	} {
		if why := s.refuses(decode(t, []byte(doc))); why != "" {
			t.Errorf("%s: the schema refuses it: %s", name, why)
		}
		if _, err := qualify.ParsePolicy([]byte(doc)); err == nil {
			t.Errorf("%s: ParsePolicy reads it", name)
		}
	}
}

// TestSchemaAgreesWithParsePolicy compares the two over generated documents, most of them with something wrong in them.
func TestSchemaAgreesWithParsePolicy(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	rng := rand.New(rand.NewPCG(9, 1))
	rounds := testcase.Count(4000)
	read := 0
	for range rounds {
		data, err := json.Marshal(generatedPolicy(rng))
		if err != nil {
			t.Fatal(err)
		}
		doc := decode(t, data)
		for range rng.IntN(4) {
			doc = mutated(rng, doc)
		}
		if data, err = json.Marshal(doc); err != nil {
			t.Fatal(err)
		}
		why := s.refuses(doc)
		_, err = qualify.ParsePolicy(data)
		if (why == "") != (err == nil) {
			t.Fatalf("%s\n\nthe schema says %q, ParsePolicy: %v", data, why, err)
		}
		if err == nil {
			read++
		}
	}
	t.Logf("%d of %d documents are policies", read, rounds)
	if read < rounds/5 || read > rounds*4/5 {
		t.Errorf("%d of %d documents are policies: too few of one sort to tell", read, rounds)
	}
}

// TestPolicyDocumentIsThePolicy goes from policies to documents and back.
func TestPolicyDocumentIsThePolicy(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 2))
	for range testcase.Count(800) {
		sameDocument(t, generatedPolicy(rng))
	}
}

// FuzzPolicyDocument reads any bytes: what ParsePolicy takes fits the schema and comes back as it was.
func FuzzPolicyDocument(f *testing.F) {
	s := readSchema(f)
	rng := rand.New(rand.NewPCG(9, 3))
	for range 8 {
		f.Add([]byte(generatedPolicy(rng).String()))
	}
	f.Add([]byte(`{"format": 1, "name": "<&>\u2028\ud83d\ude00", "rules": [{"id": "a", "within": "0090min", "points": -0.0, "min": 1e-7}]}`))
	f.Add([]byte(`{"format": 1, "profile": [{}], "groups": [{"bands": [{}, {"from": 0}], "decay": {}}], "rating": []}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		policy, err := qualify.ParsePolicy(data)
		if err != nil {
			return
		}
		if why := s.refuses(decode(t, data)); why != "" {
			t.Errorf("ParsePolicy reads what the schema refuses: %s", why)
		}
		sameDocument(t, policy)
	})
}

// sameDocument checks that a policy's documents read back as the policy, and that the canonical one is what it leads back to.
func sameDocument(t *testing.T, p qualify.Policy) {
	t.Helper()
	line, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	canonical := p.String()
	for _, doc := range []string{string(line), canonical} {
		back, err := qualify.ParsePolicy([]byte(doc))
		if err != nil {
			t.Fatalf("%s\n%v", doc, err)
		}
		if diff := cmp.Diff(p, back, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\nreads back as another policy (-want +got):\n%s", doc, diff)
		}
		if again := back.String(); again != canonical {
			t.Fatalf("the canonical document is not stable:\n%s", cmp.Diff(canonical, again))
		}
	}
	var decoded qualify.Policy
	if err := json.Unmarshal(line, &decoded); err != nil || decoded.String() != canonical {
		t.Fatalf("json.Unmarshal gives %s, %v", decoded, err)
	}
	if !utf8.ValidString(canonical) || !strings.HasSuffix(canonical, "}\n") {
		t.Errorf("the canonical document is not text that ends in a line: %q", canonical)
	}
}

// generatedPolicy makes a policy that has a document, whether it compiles or not.
func generatedPolicy(rng *rand.Rand) qualify.Policy {
	var p qualify.Policy
	generate(rng, reflect.ValueOf(&p).Elem())
	return p
}

func generate(rng *rand.Rand, v reflect.Value) {
	if v.Kind() != reflect.Struct && rng.IntN(3) == 0 {
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[qualify.Duration]():
		unit := []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}[rng.IntN(5)]
		v.SetInt(int64(min(time.Duration(1+rng.IntN(6000))*unit, 36525*24*time.Hour)))
	case v.Kind() == reflect.String:
		v.SetString([]string{
			"total", "a", "day", "month", "text", "number", "lead.size >= 10 && activity.path != \"/<a>\"", " ", "tab\tand\nline", "é\u0301",
			"\u2028\u2029", "\x00\x7f\u0085\u200f\U000E0041", "😀", `\`, "\ufffd", "9007199254740993", "null", "true",
		}[rng.IntN(18)])
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Int:
		v.SetInt(int64(int32(rng.Uint32()) >> rng.IntN(32)))
	case v.Kind() == reflect.Float64:
		v.SetFloat([]float64{
			0, math.Copysign(0, -1), 1, -1, 0.1, -2.5, 1e6, 1e-6, 1e21, 1e-7, 1.0 / 3, 1 << 53, math.MaxFloat64, -math.MaxFloat64,
			math.SmallestNonzeroFloat64, rng.NormFloat64(), float64(rng.IntN(100)),
		}[rng.IntN(17)])
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		generate(rng, v.Elem())
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(3), 3))
		for i := range v.Len() {
			generate(rng, v.Index(i))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				generate(rng, v.Field(i))
			}
		}
	}
}

// mutated changes a document in one place: at its root, or somewhere below it.
func mutated(rng *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 || rng.IntN(6) == 0 {
			return mutatedObject(rng, v, names)
		}
		name := names[rng.IntN(len(names))]
		v[name] = mutated(rng, v[name])
		return v
	case []any:
		if len(v) > 0 && rng.IntN(6) > 0 {
			i := rng.IntN(len(v))
			v[i] = mutated(rng, v[i])
			return v
		}
		if len(v) > 0 && rng.IntN(2) == 0 {
			return append(v, v[rng.IntN(len(v))])
		}
		return append(v, anyValue(rng))
	}
	return anyValue(rng)
}

// mutatedObject drops, adds, renames or moves a field.
func mutatedObject(rng *rand.Rand, object map[string]any, names []string) any {
	known := []string{"format", "id", "name", "kind", "note", "rules", "points", "limit", "decay", "per", "calendar", "times", "from", "exit", "values"}
	if len(names) == 0 || rng.IntN(3) == 0 {
		strange := append(known, "", "ID", "Rules", "$schemas", "half-life", "halfLife", "é", "__proto__")
		object[strange[rng.IntN(len(strange))]] = anyValue(rng)
		return object
	}
	name := names[rng.IntN(len(names))]
	value := object[name]
	switch rng.IntN(3) {
	case 0:
		delete(object, name)
	case 1:
		delete(object, name)
		object[strings.ToUpper(name)] = value
	case 2:
		object[known[rng.IntN(len(known))]] = value
	}
	return object
}

func anyValue(rng *rand.Rand) any {
	values := []any{
		nil, true, false, "", "x", "30d", "2w", "0d", "1m", "1 d", "36526d", "0007min", "week", "true", "1",
		json.Number("0"), json.Number("1"), json.Number("2"), json.Number("-1"), json.Number("-0"), json.Number("0.5"), json.Number("1e300"),
		[]any{}, []any{nil}, []any{"x"}, []any{json.Number("1")}, []any{map[string]any{}}, []any{[]any{}},
		map[string]any{}, map[string]any{"id": "x"}, map[string]any{"every": "1d"}, map[string]any{"times": json.Number("3")}, map[string]any{"id": nil},
	}
	return values[rng.IntN(len(values))]
}
