package qualify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	modulePath = "github.com/qualify-go/qualify"
	exprPath   = "github.com/expr-lang/expr"
	exprUser   = "internal/expression" // the one package that knows expr
)

// impure are the packages, with those below them, that reach out of a program or into chance.
var impure = []string{"C", "crypto/rand", "expvar", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "plugin", "syscall", "testing", "unsafe"}

// pureNames are what impure packages have of plain values.
var pureNames = map[string][]string{
	"log/slog": {"Any", "Attr", "Float64", "GroupValue", "String", "StringValue", "Time", "Value"},
}

// testPackages are for tests, and may do what they do. The library does not import them.
var testPackages = []string{"qualifytest", "internal/testcase"}

// forTests reports whether the package in a folder, from the root, is for tests.
func forTests(dir string) bool {
	return slices.ContainsFunc(testPackages, func(p string) bool { return below(p, dir) })
}

// impureNames are what otherwise pure packages offer of a clock, of the machine's zones, of its files, and of standard output.
var impureNames = map[string][]string{
	"time":          {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local", "LoadLocation"},
	"fmt":           {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"path/filepath": {"Abs", "EvalSymlinks", "Glob", "Walk", "WalkDir"},
}

// A sourceFile is a Go file of the library that is no test.
type sourceFile struct {
	dir string // from the root, with slashes
	*ast.File
}

// sourceFiles parses the library: this module without its examples and test data, and without the modules nested in it.
func sourceFiles(t *testing.T, files *token.FileSet) []sourceFile {
	t.Helper()
	var found []sourceFile
	err := filepath.WalkDir(".", func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if at == "." {
				return nil
			}
			_, err := os.Stat(filepath.Join(at, "go.mod"))
			if err == nil || name == "testdata" || name == "vendor" || at == "examples" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, at, nil, parser.ParseComments)
		found = append(found, sourceFile{filepath.ToSlash(filepath.Dir(at)), file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// impurities lists what in a file is not allowed, with its place.
func impurities(files *token.FileSet, file sourceFile) []string {
	var found []string
	report := func(n ast.Node, what string) { found = append(found, files.Position(n.Pos()).String()+": "+what) }
	imported := map[string]string{} // path by name
	for _, spec := range file.Imports {
		of, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(of)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = of
		host, _, _ := strings.Cut(of, "/")
		switch isStandard := !strings.Contains(host, "."); {
		case pureNames[of] != nil && name != "." && name != "_":
		case slices.ContainsFunc(impure, func(p string) bool { return below(p, of) }):
			report(spec, "imports "+of)
		case name == "." || impureNames[of] != nil && name == "_":
			report(spec, "hides the names of "+of)
		case forTests(strings.TrimPrefix(of, modulePath+"/")):
			report(spec, "imports "+of+", which is for tests")
		case below(exprPath, of) && file.dir != exprUser:
			report(spec, "imports "+of+"; only "+exprUser+" knows it")
		case !isStandard && !below(exprPath, of) && !below(modulePath, of) && !below("golang.org/x/exp", of):
			report(spec, "imports "+of)
		}
	}
	ast.Inspect(file.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			pure := pureNames[imported[of.Name]]
			if slices.Contains(impureNames[imported[of.Name]], n.Sel.Name) || pure != nil && !slices.Contains(pure, n.Sel.Name) {
				report(n, "uses "+imported[of.Name]+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
				report(n, "uses "+f.Name)
			}
		}
		return true
	})
	return found
}

// below reports whether a package is the root or lies below it.
func below(root, of string) bool { return of == root || strings.HasPrefix(of, root+"/") }

// TestPurity holds the library to what it says of itself: no clock, no file, no network, no log, no chance.
func TestPurity(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	sources := sourceFiles(t, files)
	dirs := map[string]int{}
	for _, file := range sources {
		dirs[file.dir]++
		if forTests(file.dir) {
			continue
		}
		for _, impurity := range impurities(files, file) {
			t.Error(impurity)
		}
	}
	t.Logf("%d files in %d folders", len(sources), len(dirs))
	if dirs["."] == 0 || dirs[exprUser] == 0 {
		t.Errorf("the files read are not those of the library: %v", dirs)
	}
}

// TestPurityIsChecked gives the check what it must find, and what it must not.
func TestPurityIsChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		impure       bool
	}{
		{"clock", `import "time"; var _ = time.Now()`, true},
		{"clock as a value", `import "time"; var _ = time.Since`, true},
		{"clock under another name", `import t "time"; var _ = t.Now()`, true},
		{"clock without a name", `import . "time"; var _ = Now()`, true},
		{"zone of the machine", `import "time"; var _ = time.Local`, true},
		{"file", `import "os"; var _ = os.Args`, true},
		{"network", `import "net/http"; var _ http.Client`, true},
		{"chance", `import "math/rand/v2"; var _ = rand.Int()`, true},
		{"log", `import "log/slog"; var _ slog.Logger`, true},
		{"values of a log", `import "log/slog"; var _ = slog.StringValue("")`, false},
		{"the default log", `import "log/slog"; func f() { slog.Info("") }`, true},
		{"log without a name", `import . "log/slog"; var _ = Info`, true},
		{"another log", `import "log"; var _ log.Logger`, true},
		{"output", `import "fmt"; func f() { fmt.Println() }`, true},
		{"output without an import", `func f() { println() }`, true},
		{"expr", `import "github.com/expr-lang/expr/ast"; var _ ast.Node`, true},
		{"another module", `import "github.com/google/go-cmp/cmp"; var _ cmp.Option`, true},
		{"what is for tests", `import "github.com/qualify-go/qualify/internal/testcase"; var _ = testcase.Count`, true},
		{"pure use of time and fmt", `import ("fmt"; "time"); var _ = fmt.Sprint(time.UTC, time.Unix(0, 0))`, false},
		{"this module, and names that only begin alike", `import ("github.com/qualify-go/qualify/internal/points"; "math/bits"); var _ = bits.Len; var _ points.Points`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, "x.go", "package x; "+test.source, 0)
			if err != nil {
				t.Fatal(err)
			}
			if found := impurities(files, sourceFile{dir: ".", File: file}); (found != nil) != test.impure {
				t.Errorf("found %q", found)
			}
		})
	}
}

// TestPurityOfRequirements keeps the module graph of every importer small.
func TestPurityOfRequirements(t *testing.T) {
	t.Parallel()
	allowed := []string{exprPath, "github.com/google/go-cmp", "golang.org/x/exp"}
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	block := ""
	for line := range strings.Lines(string(data)) {
		line, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		switch words[0] {
		case "module", "go":
		case "require":
			if strings.TrimSpace(comment) != "indirect" && !slices.Contains(allowed, words[1]) {
				t.Errorf("go.mod requires %s; only %s are allowed", words[1], strings.Join(allowed, ", "))
			}
		default:
			t.Errorf("go.mod has %s", strings.Join(words, " "))
		}
	}
}
