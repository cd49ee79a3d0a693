package qualify_test

import (
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the packages of the library from the lowest up: a package imports only such
// as stand in a line above its own. docs/architecture.md shows them.
var layers = [][]string{
	{"internal/fact", "internal/layout", "internal/points", "internal/statistics", "internal/suggest", "internal/testcase"},
	{"internal/accrual", "internal/document", "internal/history"},
	{"internal/expression", "internal/merge"},
	{"internal/probe", "internal/program"},
	{"internal/engine", "internal/solver"},
	{"."},
	{"account", "backtest", "qualifytest/internal/scenario", "review"},
	{"qualifytest", "qualifytest/mutants"},
}

// layer gives the line of a package, or -1.
func layer(dir string) int {
	return slices.IndexFunc(layers, func(line []string) bool { return slices.Contains(line, dir) })
}

// Imports go down only: documents and results know the engine, the engine the program, the
// program the expressions, and none of them knows who uses it.
func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, file := range sourceFiles(t, token.NewFileSet()) {
		own := layer(file.dir)
		if seen[file.dir] = true; own < 0 {
			t.Errorf("%s stands in no layer: give it a place in layers_test.go and docs/architecture.md", file.dir)
			continue
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			dir, ok := strings.CutPrefix(path, modulePath)
			if !ok {
				continue
			}
			if dir = strings.TrimPrefix(dir, "/"); dir == "" {
				dir = "."
			}
			if at := layer(dir); at < 0 || at >= own {
				t.Errorf("%s imports %s, which does not lie below it", file.dir, dir)
			}
		}
	}
	for _, line := range layers {
		for _, dir := range line {
			if !seen[dir] {
				t.Errorf("there is no package %s", dir)
			}
		}
	}
}

// The page on the architecture names each package of the library, and each file that it
// names is there.
func TestArchitecturePage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, line := range layers {
		for _, dir := range line {
			if dir != "." && !strings.Contains(page, "`"+dir+"`") {
				t.Errorf("the page does not name %s", dir)
			}
		}
	}
	files := regexp.MustCompile("`((?:[a-z]+/)*[a-z_]+\\.go)`").FindAllStringSubmatch(page, -1)
	if len(files) < 20 {
		t.Errorf("the page names only %d files", len(files))
	}
	for _, match := range files {
		if _, err := os.Stat(match[1]); err != nil {
			t.Errorf("the page names %s: %v", match[1], err)
		}
	}
}
