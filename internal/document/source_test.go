package document_test

import (
	"fmt"
	"testing"

	"github.com/qualify-go/qualify/internal/document"
)

// Mistakes find the lines and columns of the document, in texts also behind escapes.
func TestSource(t *testing.T) {
	t.Parallel()
	data := "{\n  \"name\": \"é\",\n  \"rules\": [\n    {\"id\": \"a\", \"when\": \"lead.x \\u003e 1 and\\nlead.ü == \\\"y\\\" or lead.z\"},\n    {\"id\": \"b\"}\n  ]\n}\n"
	source := document.Source{Data: []byte(data)}
	expression := "lead.x > 1 and\nlead.ü == \"y\" or lead.z"
	line := "    {\"id\": \"a\", \"when\": \"lead.x \\u003e 1 and\\nlead.ü == \\\"y\\\" or lead.z\"},"
	for _, tt := range []struct {
		name    string
		mistake document.Mistake
		want    string
	}{
		{"at the start of a text", document.Mistake{Path: "rules[0]", Field: "when"}.WithSource(expression, 0), "4:26 of 1 lead.x > 1 and"},
		{"behind an escape", document.Mistake{Path: "rules[0]", Field: "when"}.WithSource(expression, 9), "4:40 of 10 lead.x > 1 and"},
		{"in its second line", document.Mistake{Path: "rules[0]", Field: "when"}.WithSource(expression, 32), "4:66 of 18 lead.ü == \"y\" or lead.z"},
		{"at its end", document.Mistake{Path: "rules[0]", Field: "when"}.WithSource(expression, 38), "4:72 of 24 lead.ü == \"y\" or lead.z"},
		{"of the whole text", document.Mistake{Path: "rules[0]", Field: "id"}, "4:12 of 0 " + line},
		{"of a value that is missing", document.Mistake{Path: "rules[1]", Field: "points"}, "5:5 of 0     {\"id\": \"b\"}"},
		{"of an element that is missing", document.Mistake{Path: "stages[3]", Field: "id"}, "1:1 of 0 {"},
		{"of no field", document.Mistake{Message: "x"}, "0:0 of 0 "},
	} {
		list := []document.Mistake{tt.mistake}
		source.Place(list)
		m := list[0]
		if got := fmt.Sprintf("%d:%d of %d %s", m.Line, m.Column, m.SourceColumn, m.Source); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
