package qualify_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// The README's program and its print-out are those of Example, which runs.
func TestReadmeIsTheExample(t *testing.T) {
	readme, example := read(t, "README.md"), read(t, "example_test.go")
	program := between(t, readme, "```go\n", "```\n")
	if n := strings.Count(program, "\n"); n > 60 {
		t.Errorf("the program has %d lines, and may have 60", n)
	}
	if imports := between(t, program, "import (\n", "\n)\n"); imports != between(t, example, "import (\n", "\n)\n") {
		t.Errorf("the README imports\n%s\nand the example does not", imports)
	}
	if body := between(t, program, "func main() {\n", "\n}\n"); body+"\n" != between(t, example, "func Example() {\n", "\t// Output:\n") {
		t.Errorf("the README's main is not the example's:\n%s", body)
	}
	var output strings.Builder
	for line := range strings.Lines(between(t, example, "\t// Output:\n", "}\n")) {
		output.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "\t//"), " "))
	}
	if printed := between(t, readme, "```text\n", "```\n"); printed != output.String() {
		t.Errorf("the README prints\n%s\nand the example\n%s", printed, output.String())
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, s, ok := strings.Cut(s, from)
	s, _, end := strings.Cut(s, to)
	if !ok || !end {
		t.Fatalf("nothing between %q and %q", from, to)
	}
	return s
}

// What the README shows of an explanation is one's.
func TestReadmeShowsAnExplanation(t *testing.T) {
	_, why, _ := strings.Cut(read(t, "README.md"), "## Why\n")
	if shown := between(t, why, "```text\n", "```\n"); !strings.Contains(read(t, "testdata/explanation.golden"), shown) {
		t.Errorf("no explanation prints\n%s", shown)
	}
}

// What the README shows of levers is what the quickstart's lead L08 has.
func TestReadmeShowsALever(t *testing.T) {
	policy, err := qualify.ParsePolicy([]byte(read(t, "examples/quickstart/policy.json")))
	if err != nil {
		t.Fatal(err)
	}
	var leads []qualify.Lead
	if err := json.Unmarshal([]byte(read(t, "examples/quickstart/leads.json")), &leads); err != nil {
		t.Fatal(err)
	}
	levers, err := compile(t, policy).Levers(&leads[7], time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	if err != nil || len(levers) == 0 {
		t.Fatal(err, levers)
	}
	_, would, _ := strings.Cut(read(t, "README.md"), "`Model.Levers` says")
	if shown := between(t, would, "```text\n", "```\n"); shown != levers[0].String()+"\n" {
		t.Errorf("the README shows\n%sand it is\n%s", shown, levers[0])
	}
}
