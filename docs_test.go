package qualify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
)

// The README's limits.
const (
	readmeWords   = 700
	programBegins = 25 // the line of its first Go block, at the latest
	programLines  = 25
)

// A block is a fenced block of a page: what stands between the fences, with the
// words behind the first one.
type block struct {
	page string
	line int // of its first line
	lang string
	name string // of the file that it is; blank for none
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// pages are all that readers see, by the blocks that they have.
func pages(t *testing.T) map[string][]block {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]block{}
	for _, name := range append(names, "README.md", "SECURITY.md") {
		name = filepath.ToSlash(name)
		found[name] = nil
		var open *block
		line := 0
		for text := range strings.Lines(read(t, name)) {
			line++
			info, fence := strings.CutPrefix(text, "```")
			switch {
			case fence && open == nil:
				words := append(strings.Fields(info), "", "")
				open = &block{page: name, line: line + 1, lang: words[0], name: words[1]}
			case fence:
				found[name] = append(found[name], *open)
				open = nil
			case open != nil:
				open.text += text
			}
		}
		if open != nil {
			t.Errorf("%s: the block is not closed", open)
		}
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// command runs a command, and gives what it writes to its standard output.
func command(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	c := exec.CommandContext(t.Context(), name, arguments...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &err
	if failed := c.Run(); failed != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), failed, out.String(), err.String())
	}
	return out.String()
}

func TestReadmeIsShort(t *testing.T) {
	readme := read(t, "README.md")
	if n := len(strings.Fields(readme)); n > readmeWords {
		t.Errorf("the README has %d words, and may have %d", n, readmeWords)
	}
	for _, b := range pages(t)["README.md"] {
		if b.lang != "go" {
			continue
		}
		if b.line > programBegins {
			t.Errorf("the program begins on line %d, and should on line %d at the latest", b.line, programBegins)
		}
		if n := strings.Count(b.text, "\n"); n > programLines {
			t.Errorf("the program has %d lines, and may have %d", n, programLines)
		}
		return
	}
	t.Error("there is no program")
}

// The README's program and what it prints are those of Example.
func TestReadmeIsTheExample(t *testing.T) {
	example := read(t, "example_test.go")
	between := func(s, from, to string) string {
		_, s, ok := strings.Cut(s, from)
		s, _, end := strings.Cut(s, to)
		if !ok || !end {
			t.Fatalf("nothing between %q and %q", from, to)
		}
		return s
	}
	readme := pages(t)["README.md"]
	program := readme[slices.IndexFunc(readme, func(b block) bool { return b.lang == "go" })].text
	if diff := cmp.Diff(between(program, "func main() {\n", "\n}\n"), strings.TrimSuffix(between(example, "func Example() {\n", "\t// Output:\n"), "\n")); diff != "" {
		t.Errorf("the README's main is not the example's (-README +example):\n%s", diff)
	}
	var output strings.Builder
	for line := range strings.Lines(between(example[strings.Index(example, "func Example() {\n"):], "\t// Output:\n", "}\n")) {
		output.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "\t//"), " "))
	}
	printed := readme[slices.IndexFunc(readme, func(b block) bool { return b.lang == "text" })].text
	if diff := cmp.Diff(printed, output.String()); diff != "" {
		t.Errorf("the README prints something else (-README +example):\n%s", diff)
	}
}

// Links between the pages lead to files and headings that exist.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#: ]*)(#[^) ]+)?\)`)
	for page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := page
			if found[1] != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), found[1]))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, found[0], err)
			} else if found[2] != "" && !slices.Contains(anchors(read(t, target)), found[2]) {
				t.Errorf("%s links to %s: there is no such heading", page, found[0])
			}
		}
	}
}

// anchors gives the headings of a page as links name them.
func anchors(page string) []string {
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^\pL\pN -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, "#"+strings.ReplaceAll(words, " ", "-"))
	}
	return found
}

// A program is the Go blocks of a page, one after the other, and what it prints: the
// text blocks.
type program struct {
	page   string
	source string
	prints string
}

// TestPages runs the policies and scenarios of every page, and every block of a page
// is one that some test runs:
//
//   - json is a policy, which compiles unless its error follows as text, or a lead, or
//     several; with a file name behind the word it is that file for what follows;
//   - scenario holds, for the policy before it;
//   - go is, all blocks of a page together, one program, or one file of tests;
//   - sh runs in the checkout, or, from "go mod init" on, in a new module;
//   - text is what the program prints, all of it, or the error of the policy right
//     before.
func TestPages(t *testing.T) {
	t.Parallel()
	for page, blocks := range pages(t) {
		runPolicies(t, blocks)
		p := programOf(page, blocks)
		for n, b := range blocks {
			switch b.lang {
			case "json", "scenario", "go", "sh":
			case "text":
				if p.source == "" && (n == 0 || blocks[n-1].lang != "json") {
					t.Errorf("%s: nothing prints this", b)
				}
			default:
				t.Errorf("%s: nothing runs %q", b, b.lang)
			}
		}
	}
}

// TestProgramsOfPages runs the programs and the commands of the pages, in a new module
// beside the checkout and in the checkout.
func TestProgramsOfPages(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	module := filepath.Join(home, "leads")
	if err := os.Symlink(root, filepath.Join(home, "qualify")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	// What is known of the modules that both require; so no network is needed.
	write(t, filepath.Join(module, "go.sum"), read(t, "go.sum"))

	var programs []program
	all := pages(t)
	for page, blocks := range all {
		p := programOf(page, blocks)
		if p.source == "" {
			continue
		}
		if formatted, err := format.Source([]byte(p.source)); err != nil || string(formatted) != p.source {
			t.Errorf("%s: the program is not as gofmt writes it: %v", page, err)
		}
		for _, b := range blocks {
			if b.name != "" {
				write(t, filepath.Join(folder(module, page), b.name), b.text)
			}
		}
		write(t, filepath.Join(folder(module, page), p.file()), p.source)
		programs = append(programs, p)
	}
	runShell(t, all, root, module)

	for _, p := range programs {
		t.Run(p.page, func(t *testing.T) {
			dir := folder(module, p.page)
			if p.isTest() {
				// What its other tests print, TestPage of package qualifytest compares.
				command(t, dir, "go", "test", "-run", "^TestPolicy", ".")
			} else if diff := cmp.Diff(p.prints, command(t, dir, "go", "run", ".")); diff != "" {
				t.Errorf("it prints something else (-page +program):\n%s", diff)
			}
		})
	}
}

// programOf gives the program of a page; its source is blank if there is none.
func programOf(page string, blocks []block) program {
	p := program{page: page}
	for n, b := range blocks {
		switch {
		case b.lang == "go" && p.source == "":
			p.source = b.text
		case b.lang == "go":
			p.source += "\n" + b.text
		case b.lang == "text" && (n == 0 || blocks[n-1].lang != "json"):
			p.prints += b.text
		}
	}
	return p
}

func (p program) isTest() bool { return strings.Contains(p.source, `"testing"`) }

func (p program) file() string {
	if p.isTest() {
		return "policy_test.go"
	}
	return "main.go"
}

// folder is where the files of a page are: its package in the new module.
func folder(module, page string) string {
	if page == "README.md" {
		return module
	}
	return filepath.Join(module, strings.TrimSuffix(filepath.Base(page), ".md"))
}

// runPolicies compiles the policies of a page and runs its scenarios.
func runPolicies(t *testing.T, blocks []block) {
	var model *qualify.Model
	files := fstest.MapFS{}
	for n, b := range blocks {
		switch {
		case b.lang == "json" && strings.Contains(b.text, `"format"`):
			if b.name != "" {
				files[b.name] = &fstest.MapFile{Data: []byte(b.text)}
			}
			policy, err := qualify.ParsePolicy([]byte(b.text))
			if err == nil {
				model, err = qualify.Compile(policy)
			}
			if n+1 < len(blocks) && blocks[n+1].lang == "text" {
				if diff := cmp.Diff(blocks[n+1].text, fmt.Sprintln(err)); diff != "" {
					t.Errorf("%s: the error is another one (-page +policy):\n%s", b, diff)
				}
			} else if err != nil {
				t.Errorf("%s: %v", b, err)
			}
		case b.lang == "json":
			readLeads(t, b)
		case b.lang == "scenario":
			t.Run(b.String(), func(t *testing.T) {
				fsys := fstest.MapFS{"page.scenario": {Data: []byte(b.text)}}
				maps.Copy(fsys, files)
				qualifytest.Run(t, model, fsys)
			})
		}
	}
}

// readLeads reads a lead, or several, as strictly as can be.
func readLeads(t *testing.T, b block) {
	t.Helper()
	var into any = new(qualify.Lead)
	if strings.HasPrefix(b.text, "[") {
		into = new([]qualify.Lead)
	}
	decoder := json.NewDecoder(strings.NewReader(b.text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%s: neither a policy nor leads: %v", b, err)
	}
}

// runShell runs the commands of the pages, each once.
func runShell(t *testing.T, all map[string][]block, root, module string) {
	done := map[string]bool{
		"go test ./...": true, // this is it
		"go run .":      true, // the programs are run where their prints are compared
	}
	for _, blocks := range all {
		for _, b := range blocks {
			if b.lang != "sh" {
				continue
			}
			dir := root
			if strings.HasPrefix(b.text, "go mod init ") {
				dir = module
			}
			for line := range strings.Lines(b.text) {
				line, _, _ = strings.Cut(line, "  #")
				line, file, saved := strings.Cut(strings.TrimSpace(line), " > ")
				if done[line] {
					continue
				}
				done[line] = true
				words := strings.Fields(line)
				printed := command(t, dir, words[0], words[1:]...)
				if saved && printed != read(t, filepath.Join("docs", file)) {
					t.Errorf("%s: %s does not print docs/%s; go test -update ./examples/timeline, and look at it", b, line, file)
				}
			}
		}
	}
}

// Every guarantee names tests, and they exist.
func TestGuaranteesAreHeld(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		for _, found := range regexp.MustCompile(`(?m)^func ((Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, file), -1) {
			tests[found[1]] = true
		}
	}
	held := 0
	for _, r := range rows(t, "docs/guarantees.md") {
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(r.cells[slices.Index(r.header, "held by")], -1)
		if len(names) == 0 {
			t.Errorf("line %d: no test holds %s", r.line, r.cells[0])
		}
		for _, name := range names {
			if held++; !tests[name[1]] {
				t.Errorf("line %d: there is no test %s", r.line, name[1])
			}
		}
	}
	if held < 20 {
		t.Errorf("only %d tests are named", held)
	}
}

// cells splits a row of a table.
func cells(row string) []string {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(row), "|"), "|")
	parts := strings.Split(strings.ReplaceAll(row, `\|`, "\x00"), "|")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(p, "\x00", "|"))
	}
	return parts
}

// A row of a table on a page, by the words in its header.
type row struct {
	line   int
	header []string
	cells  []string
}

func (r row) has(column string) bool { return slices.Contains(r.header, column) }

// cell gives the cell below a word in the header, without the marks of code.
func (r row) cell(column string) string {
	return strings.Trim(r.cells[slices.Index(r.header, column)], "`")
}

// number gives the last number in a cell: of 0.5 × 30 + 30 = 45 it is 45.
func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	all := regexp.MustCompile(`-?\d+(\.\d+)?`).FindAllString(r.cell(column), -1)
	if len(all) == 0 {
		t.Fatalf("line %d: no number in %q", r.line, r.cell(column))
	}
	n, err := strconv.ParseFloat(all[len(all)-1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows gives the rows of all tables of a page.
func rows(t *testing.T, page string) []row {
	t.Helper()
	var found []row
	var header []string
	line := 0
	for text := range strings.Lines(read(t, page)) {
		line++
		text = strings.TrimSpace(text)
		switch {
		case !strings.HasPrefix(text, "|"):
			header = nil
		case header == nil:
			header = cells(text)
		case !strings.HasPrefix(text, "| ---"):
			r := row{line, header, cells(text)}
			if len(r.cells) != len(header) {
				t.Fatalf("%s:%d: %d cells below %d", page, line, len(r.cells), len(header))
			}
			found = append(found, r)
		}
	}
	return found
}

// Every example of the page on the language has the answer that stands beside it, what
// is not to be written does not compile, what to write instead does, and each function
// has an example.
func TestLanguagePage(t *testing.T) {
	t.Parallel()
	const page = "docs/language.md"
	var policy qualify.Policy
	var lead qualify.Lead
	for _, b := range pages(t)[page] {
		var err error
		switch b.name {
		case "language.json":
			policy, err = qualify.ParsePolicy([]byte(b.text))
		case "lead.json":
			err = json.Unmarshal([]byte(b.text), &lead)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

	var examples strings.Builder
	checked := map[string]int{}
	for _, r := range rows(t, page) {
		if r.has("example") {
			example, want := r.cell("example"), r.cell("answer")
			if got, err := answer(policy, lead, at, example); err != nil || got != want {
				t.Errorf("%s:%d: %s is %s, and not %s; %v", page, r.line, example, got, want, err)
			}
			examples.WriteString(example + "\n")
			checked["example"]++
		}
		if r.has("not") {
			if got, err := answer(policy, lead, at, r.cell("not")); err == nil {
				t.Errorf("%s:%d: %s compiles, and is %s", page, r.line, r.cell("not"), got)
			}
			if _, err := answer(policy, lead, at, r.cell("but")); err != nil {
				t.Errorf("%s:%d: %v", page, r.line, err)
			}
			checked["not"]++
		}
	}
	visit := func(hour int, path string) qualify.Activity {
		return qualify.Activity{Type: "page_view", At: at.Add(time.Duration(hour) * time.Hour), Props: map[string]any{"path": path}}
	}
	visits := []qualify.Activity{visit(-30, "a"), visit(-29, "b"), visit(-3, "a"), visit(-2, "a"), visit(-1, "a")}
	old := []qualify.Activity{{Type: "webinar", At: at.AddDate(0, 0, -60)}}
	for _, r := range rows(t, page) {
		rule := qualify.Rule{ID: "probe", On: "visit", Points: 10}
		activities, column, into := visits, "together", any(&rule.Limit)
		switch {
		case r.has("limit"):
			checked["limit"]++
		case r.has("decay"):
			checked["decay"]++
			rule.On, rule.Points = "webinar", 100
			activities, column, into = old, "of 100 points, after 60 days", &rule.Decay
		default:
			continue
		}
		if err := json.Unmarshal([]byte(r.cell(r.header[0])), into); err != nil {
			t.Fatalf("%s:%d: %v", page, r.line, err)
		}
		changed := policy
		changed.Rules = append(slices.Clip(policy.Rules), rule)
		lead := qualify.Lead{Activities: activities}
		got := must(must(qualify.Compile(changed)).Assess(&lead, at)).Score.Contributions[len(policy.Rules)].Points
		if want := r.number(t, column); got != want {
			t.Errorf("%s:%d: %v, and not %v", page, r.line, got, want)
		}
	}
	if checked["limit"] < 5 || checked["decay"] < 6 || checked["example"] < 50 || checked["not"] < 10 {
		t.Errorf("only %v were found", checked)
	}
	// What the error for a function that does not exist lists is the whole language.
	_, err := answer(policy, lead, at, "zzz(1)")
	_, list, found := strings.Cut(fmt.Sprint(err), "the functions are ")
	if !found {
		t.Fatalf("no list of functions in: %v", err)
	}
	list, _, _ = strings.Cut(list, "\n")
	for _, function := range strings.Split(list, ", ") {
		if !strings.Contains(examples.String(), function+"(") {
			t.Errorf("%s has no example of %s", page, function)
		}
	}
}

// answer evaluates an expression where it may stand: as a criterion, a rule's condition,
// a stage's, a number, or a condition of activities. The error is that of the rule.
func answer(policy qualify.Policy, lead qualify.Lead, at time.Time, expression string) (string, error) {
	assess := func(change func(*qualify.Policy)) (qualify.Explanation, error) {
		changed := policy
		changed.Criteria, changed.Rules = slices.Clip(policy.Criteria), slices.Clip(policy.Rules)
		changed.Stages, changed.Signals = slices.Clip(policy.Stages), slices.Clip(policy.Signals)
		change(&changed)
		model, err := qualify.Compile(changed)
		if err != nil {
			return qualify.Explanation{}, err
		}
		return model.Explain(&lead, at)
	}
	last := func(e qualify.Explanation) qualify.Contribution {
		return e.Assessment.Score.Contributions[len(e.Assessment.Score.Contributions)-1]
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: "probe", Met: expression})
	}); err == nil {
		return e.Assessment.Checklist.Answer("probe").String(), nil
	}
	e, wrong := assess(func(p *qualify.Policy) {
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", When: expression, Points: 1})
	})
	if wrong == nil {
		return last(e).Answer.String(), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Stages = append(p.Stages, qualify.Stage{ID: "probe", Enter: expression})
	}); err == nil {
		stage := e.Stages[len(e.Stages)-1]
		return stage.Parts[slices.IndexFunc(stage.Parts, func(p qualify.Part) bool { return p.Field == "enter" })].Answer.String(), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", Multiply: expression, Points: 1})
	}); err == nil {
		rule := e.Rules[len(e.Rules)-1]
		if rule.Parts[slices.IndexFunc(rule.Parts, func(p qualify.Part) bool { return p.Field == "multiply" })].Answer == qualify.Unknown {
			return qualify.Unknown.String(), nil
		}
		return strconv.FormatFloat(last(e).Points, 'f', -1, 64), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Signals = append(p.Signals, qualify.Signal{ID: "probe", Types: []string{"*"}, Where: expression})
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", On: "probe", Points: 1})
	}); err == nil {
		return fmt.Sprintf("%d of %d", last(e).Count, len(lead.Activities)), nil
	}
	return "nothing", wrong
}

// The tables of the page on the order of operations are what the model computes of the
// leads of its scenarios, occurrence by occurrence.
func TestOrderPage(t *testing.T) {
	t.Parallel()
	const page = "docs/order-of-operations.md"
	var model *qualify.Model
	var scenarios []string
	for _, b := range pages(t)[page] {
		if b.lang == "json" {
			policy, err := qualify.ParsePolicy([]byte(b.text))
			if err != nil {
				t.Fatal(err)
			}
			model = qualify.MustCompile(policy)
		} else if b.lang == "scenario" {
			scenarios = strings.Split(b.text, "\nscenario ")[1:]
		}
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	explain := func(scenario string, at time.Time) qualify.Explanation {
		_, facts, _ := strings.Cut(scenario, "\n")
		facts, _, _ = strings.Cut(facts, "  at ")
		lead := qualifytest.Lead(t, model, now, strings.Split(strings.TrimSpace(facts), "\n")...)
		e, err := model.Explain(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	today, later := explain(scenarios[0], now), explain(scenarios[1], now.AddDate(0, 0, 30))

	// points gives those of a rule, of a group or of all, and the sum that they came from.
	points := func(e qualify.Explanation, id string) (points, raw float64) {
		s := e.Assessment.Score
		for _, c := range s.Contributions {
			if c.Rule == id {
				return c.Points, c.Raw
			}
		}
		for _, g := range s.Groups {
			if g.Group == id {
				return g.Points, g.Raw
			}
		}
		if id != "total" {
			t.Errorf("no %q", id)
		}
		return s.Points, s.Raw
	}
	left := map[string][]qualify.Occurrence{} // the oldest first
	for _, rule := range today.Rules {
		for _, part := range rule.Parts {
			if part.Field == "on" {
				left[rule.ID] = slices.Clone(part.Occurrences)
				slices.Reverse(left[rule.ID])
			}
		}
	}
	rule, checked := "", 0
	for _, r := range rows(t, page) {
		var got float64
		column := "pays"
		switch {
		case r.has("occurrence"):
			if name, _, _ := strings.Cut(r.cells[0], ","); name != "" {
				rule = strings.Trim(name, "`")
			}
			n, worth := 1, 0.0
			if _, err := fmt.Sscanf(r.cell("occurrence"), "%d visits", &n); err != nil {
				n = 1
			}
			for _, o := range left[rule][:n] {
				got += o.Points
				worth = o.Worth
			}
			left[rule] = left[rule][n:]
			if before, _ := strconv.ParseFloat(strings.Fields(r.cell("before decay"))[0], 64); before != worth {
				t.Errorf("%s:%d: worth %v", page, r.line, worth)
			}
		case r.has("Anna"):
			got, _ = points(today, r.cell("rule"))
		case r.has("in 30 days"):
			got, _ = points(later, r.cell("in 30 days"))
		case r.has("group"):
			var raw float64
			column = "result"
			if got, raw = points(today, r.cell("group")); raw != r.number(t, "sum") {
				t.Errorf("%s:%d: the sum is %v", page, r.line, raw)
			}
		default:
			continue
		}
		checked++
		if want := r.number(t, column); got != want {
			t.Errorf("%s:%d: %v, and not %v", page, r.line, got, want)
		}
	}
	for rule, rest := range left {
		if len(rest) > 0 {
			t.Errorf("the page leaves out %d occurrences of %s", len(rest), rule)
		}
	}
	if checked < 20 {
		t.Errorf("only %d rows were found", checked)
	}
}
