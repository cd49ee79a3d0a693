package document_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/document"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ data, err string }{
		{`{"a": 1.50}`, ""},
		{" [1]\n ", ""},
		{``, "1:1: this is not JSON: unexpected EOF"},
		{"{\n  \"é\": x}", "2:8: this is not JSON: invalid character 'x' looking for beginning of value"},
		{`{"a": 1`, "1:8: this is not JSON: unexpected EOF"},
		{"1\n 2", "2:2: this is not JSON: something follows it"},
	} {
		v, err := document.Decode([]byte(test.data))
		if got := fmt.Sprint(err); err != nil && got != test.err || err == nil && test.err != "" {
			t.Errorf("%q: %v, %v; want %s", test.data, v, err, test.err)
		}
	}
	if v, _ := document.Decode([]byte(`1.50`)); v != json.Number("1.50") {
		t.Errorf("%#v, want the number as it is written", v)
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"none", "", ""},
		{"blanks", " \n\t", ""},
		{"an empty list", " [ ] ", ""},
		{"one after the other", "{\"n\": 1} {\"n\": 2}\n{\"n\": 3}", "map[n:1] map[n:2] map[n:3]"},
		{"a list behind a mark", "\uFEFF[{\"n\": 1}, {\"n\": 2}]", "map[n:1] map[n:2]"},
		{"what is no object", "[{\"n\": 1},\n 7, {\"n\": 3}]", "map[n:1] 2:2: lead 2 is no object; map[n:3]"},
		{"what is no object in a line", "null\n{}", "1:1: lead 1 is no object; map[]"},
		{"no JSON", "{\"n\": 1}\n{\"n\": x}", "map[n:1] 2:7: lead 2: invalid character 'x' looking for beginning of value;"},
		{"no JSON in a list", "[{\"n\": 1},\n{\"é\": x}]", "map[n:1] 2:7: lead 2: invalid character 'x' looking for beginning of value;"},
		{"an object that does not end", "{\"n\": 1}\n{", "map[n:1] 2:2: lead 2: unexpected EOF;"},
		{"a list that does not end", "[{\"n\": 1}\n", "map[n:1] 2:1: the list of leads, after lead 1: unexpected EOF;"},
		{"something behind the list", "[{\"n\": 1}]\n {}", "map[n:1] 2:2: the list of leads, after lead 1: something follows the list;"},
	} {
		for _, r := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
			var got []string
			for object, err := range document.Objects(r, "lead") {
				if err != nil {
					got = append(got, err.Error()+";")
				} else {
					got = append(got, fmt.Sprint(object))
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
	broken := errors.New("broken")
	n := 0
	for _, err := range document.Objects(io.MultiReader(strings.NewReader("{}"), iotest.ErrReader(broken)), "lead") {
		if n++; n == 2 && (!errors.Is(err, broken) || err.Error() != "lead 2: broken") {
			t.Errorf("the error of the reader is %v", err)
		}
	}
	if n != 2 {
		t.Errorf("%d values, want an object and the error of the reader", n)
	}
	for range document.Objects(strings.NewReader("{} {} x"), "lead") {
		break // and no more is asked of it
	}
	// What was read is given back: a long stream of long lines keeps its places.
	long := strings.Repeat(`{"text": "`+strings.Repeat("é", 3000)+"\"}\n", 40) + `{"x": }`
	var last error
	for _, err := range document.Objects(strings.NewReader(long), "lead") {
		last = err
	}
	if want := "41:7: lead 41: invalid character '}' looking for beginning of value"; fmt.Sprint(last) != want {
		t.Errorf("%v, want %s", last, want)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	object := map[string]any{"ID": 1, "Id": 2, "props": 3}
	for name, want := range map[string]any{"id": 1, "Id": 2, "PROPS": 3, "at": nil} {
		if v, ok := document.Member(object, name); v != want || ok != (want != nil) {
			t.Errorf("%s: %v, %t, want %v", name, v, ok, want)
		}
	}
}

func TestTextAndRecord(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		json    string
		nothing bool
		text    string
		record  map[string]any
	}{
		{`null`, true, "", nil},
		{`false`, true, "", nil},
		{`true`, false, "true", map[string]any{"": true}},
		{`"  "`, true, "", nil},
		{`" a "`, false, " a ", map[string]any{"": " a "}},
		{`[]`, true, "", nil},
		{`{}`, true, "", map[string]any{}},
		{`1.0`, false, "1", map[string]any{"": 1.0}},
		{`1e3`, false, "1000", map[string]any{"": 1000.0}},
		{`1.5`, false, "1.5", map[string]any{"": 1.5}},
		{`12345678901234567890`, false, "12345678901234567890", map[string]any{"": json.Number("12345678901234567890")}},
		{`1e999`, false, "1e999", map[string]any{"": json.Number("1e999")}},
		{`{"a": [1, {"b": 9007199254740993}]}`, false, `{"a":[1,{"b":9007199254740993}]}`,
			map[string]any{"a": []any{1.0, map[string]any{"b": json.Number("9007199254740993")}}}},
	} {
		v, err := document.Decode([]byte(test.json))
		if err != nil {
			t.Fatal(err)
		}
		if got := document.IsNothing(v); got != test.nothing {
			t.Errorf("%s is nothing: %t", test.json, got)
		}
		if got := document.Text(v); got != test.text {
			t.Errorf("%s is the text %q, want %q", test.json, got, test.text)
		}
		if diff := cmp.Diff(test.record, document.Record(v)); diff != "" {
			t.Errorf("%s as a record (-want +got):\n%s", test.json, diff)
		}
	}
}
