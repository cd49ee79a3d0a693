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
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
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

// isExcerpt reports whether the block is a part of the file of the repository that it names.
func (b block) isExcerpt() bool { return strings.Contains(b.name, "/") }

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
	fenced := regexp.MustCompile("(?ms)^```.*?^```")
	for page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, page), ""), -1) {
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
//     several; with a file name behind the word it is that file for what follows, and may
//     be a record of another system;
//   - csv is such a file, too;
//   - scenario holds, for the policy before it;
//   - go is, all blocks of a page together, one program, or one file of tests;
//   - sh runs in the checkout, or, from "go mod init" on, in a new module;
//   - mermaid is a picture;
//   - with the path of a file of the repository behind the word, whatever it is stands in that
//     file, but for how far it is indented; a line "// …" is what was left out;
//   - text is what the program prints, all of it, or the error of the policy right
//     before.
func TestPages(t *testing.T) {
	t.Parallel()
	for page, blocks := range pages(t) {
		runPolicies(t, blocks)
		p := programOf(page, blocks)
		for n, b := range blocks {
			if b.isExcerpt() {
				checkExcerpt(t, b)
				continue
			}
			switch b.lang {
			case "json", "csv", "scenario", "go", "sh", "mermaid":
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

func checkExcerpt(t *testing.T, b block) {
	t.Helper()
	indents := regexp.MustCompile(`(?m)^[ \t]+`)
	rest := indents.ReplaceAllString(read(t, b.name), "")
	for part := range strings.SplitSeq(indents.ReplaceAllString(b.text, ""), "// …\n") {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Errorf("%s: %s has no such lines, or not in this order:\n%s", b, b.name, part)
			return
		}
		rest = after
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
	module := filepath.Join(t.TempDir(), "leads")
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
			if b.name != "" && !b.isExcerpt() {
				write(t, filepath.Join(folder(module, page), b.name), b.text)
			}
		}
		write(t, filepath.Join(folder(module, page), p.file()), p.source)
		programs = append(programs, p)
	}
	// In CI all of them, elsewhere those of the README.
	some := all
	if testcase.Count(10) < 10 {
		some = map[string][]block{"README.md": all["README.md"]}
	}
	runShell(t, some, root, module)

	for _, p := range programs {
		if some[p.page] == nil {
			continue
		}
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
		case b.isExcerpt():
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
				words := strings.Fields(strings.Replace(line, "=../qualify", "="+root, 1)) // the pages have the checkout beside the module
				printed := command(t, dir, words[0], words[1:]...)
				if saved && printed != read(t, filepath.Join("docs", file)) {
					t.Errorf("%s: %s does not print docs/%s; go test -update ./examples/timeline, and look at it", b, line, file)
				}
			}
		}
	}
}
