package qualifytest

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// Dir is a folder of scenarios, as os.DirFS, whose expectations -update can rewrite.
type Dir string

// Open opens a file of the folder.
func (d Dir) Open(name string) (fs.File, error) { return os.DirFS(string(d)).Open(name) }

// Run runs the scenarios of all files *.scenario in a file system, in its subfolders
// too: a subtest for each file, and in it one for each scenario. The model may be nil
// if every file names a policy. An expectation that fails is an error with file, line,
// what was wanted and what is, and how the rule concerned came to it. The options are
// for policies that files name, and must be those of the model that is given.
//
// If the test binary has a flag -update that is set, as in
//
//	var _ = flag.Bool("update", false, "rewrite what the scenarios expect")
//
// and fsys is a Dir, expectations that fail are rewritten where they stand instead.
func Run(t *testing.T, model *qualify.Model, fsys fs.FS, options ...qualify.Option) {
	t.Helper()
	suite, err := Load(model, fsys, options...)
	if err != nil {
		t.Error(err)
	}
	suite.Run(t)
}

// Suite is scenarios that were read.
type Suite struct {
	fsys    fs.FS
	options []qualify.Option
	files   []*scenario.File
}

// Load reads the scenarios of all files *.scenario in a file system. Its error joins
// what is wrong with them, each with file, line, column and a caret; the suite has the others.
func Load(model *qualify.Model, fsys fs.FS, options ...qualify.Option) (*Suite, error) {
	files, err := scenario.Load(model, fsys, options...)
	return &Suite{fsys: fsys, options: options, files: files}, err
}

// Run runs the scenarios, as the function of the same name.
func (s *Suite) Run(t *testing.T) {
	t.Helper()
	for _, f := range s.files {
		t.Run(strings.TrimSuffix(f.Name, ".scenario"), func(t *testing.T) {
			for _, wrong := range f.Failures() {
				t.Error(wrong)
			}
			updated := map[int][]string{}
			for _, sc := range f.Scenarios {
				t.Run(sc.Name, func(t *testing.T) {
					if updating() {
						if err := sc.Update(updated); err != nil {
							t.Fatal(err)
						}
						return
					}
					failures, err := sc.Failures()
					if err != nil {
						t.Fatal(err)
					}
					for _, failure := range failures {
						t.Error(failure)
					}
				})
			}
			if len(updated) > 0 {
				if err := s.write(f.Name, f.With(updated)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// write writes a file of the suite.
func (s *Suite) write(name, text string) error {
	dir, ok := s.fsys.(Dir)
	if !ok {
		return fmt.Errorf("%s: -update rewrites files of a qualifytest.Dir only", name)
	}
	return os.WriteFile(filepath.Join(string(dir), filepath.FromSlash(name)), []byte(text), 0o644)
}

// updating reports whether the test binary has a flag -update that is set.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// Lead gives a lead by the lines of a scenario that tell facts, for tests in Go. It
// ends the test if one of them is wrong.
//
//	lead := qualifytest.Lead(t, model, now, `lead title="VP Sales"`, `-10d demo_request`, `-3d email_open x4`)
func Lead(t testing.TB, model *qualify.Model, now time.Time, lines ...string) qualify.Lead {
	t.Helper()
	lead, err := scenario.Lead(model, now, lines...)
	if err != nil {
		t.Fatal(err)
	}
	return lead
}
