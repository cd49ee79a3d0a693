package qualifytest

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
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
	files   []*file
}

// Load reads the scenarios of all files *.scenario in a file system. Its error joins
// what is wrong with them, each with file, line, column and a caret; the suite has the others.
func Load(model *qualify.Model, fsys fs.FS, options ...qualify.Option) (*Suite, error) {
	s := &Suite{fsys: fsys, options: options}
	var errs []error
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".scenario" {
			return err
		}
		f, err := parse(fsys, name, model, options)
		if err != nil {
			errs = append(errs, err)
		} else {
			s.files = append(s.files, f)
		}
		return nil
	})
	if err == nil && len(errs)+len(s.files) == 0 {
		err = errors.New("qualifytest: there are no files *.scenario")
	}
	return s, errors.Join(append(errs, err)...)
}

// Run runs the scenarios, as the function of the same name.
func (s *Suite) Run(t *testing.T) {
	t.Helper()
	for _, f := range s.files {
		t.Run(strings.TrimSuffix(f.name, ".scenario"), func(t *testing.T) {
			for _, e := range f.fails {
				if got, ok := e.check(); !ok {
					t.Error(f.wrong(e.line, got))
				}
			}
			updated := map[int][]string{}
			for _, sc := range f.scenarios {
				t.Run(sc.name, func(t *testing.T) {
					if updating() {
						if err := sc.update(updated); err != nil {
							t.Fatal(err)
						}
						return
					}
					wrong, err := sc.failures(f.model)
					if err != nil {
						t.Fatal(err)
					}
					for _, w := range wrong {
						t.Error(w.report(sc))
					}
				})
			}
			if err := s.write(f, updated); err != nil {
				t.Error(err)
			}
		})
	}
}

// failure is an expectation that is not met, and the line that would be.
type failure struct {
	expectation
	got string
}

// failures runs a scenario with a model.
func (sc *scenario) failures(model *qualify.Model) ([]failure, error) {
	var all []failure
	err := sc.play(model, func(s *step, lead *qualify.Lead, o *outcome) bool {
		for _, e := range s.expect {
			if got, ok := e.check(o); !ok {
				all = append(all, failure{e, got})
			}
		}
		return true
	})
	return all, err
}

// play assesses the lead at each instant, and stores the verdict.
func (sc *scenario) play(model *qualify.Model, visit func(*step, *qualify.Lead, *outcome) bool) error {
	return sc.playInto(new(outcome), model, visit)
}

// playInto reuses the memory of an outcome.
func (sc *scenario) playInto(o *outcome, model *qualify.Model, visit func(*step, *qualify.Lead, *outcome) bool) error {
	lead := qualify.Lead{ID: sc.name}
	o.now = sc.file.now
	for i := range sc.steps {
		s := &sc.steps[i]
		if s.apply != nil {
			s.apply(&lead)
			continue
		}
		if err := model.AssessInto(&o.Assessment, &lead, s.at); err != nil {
			return fmt.Errorf("%s:%d: %w", sc.file.name, s.line, err)
		}
		o.next = func() time.Time {
			now := lead // without facts that arrive later
			now.Activities = slices.DeleteFunc(slices.Clone(lead.Activities), func(a qualify.Activity) bool { return a.At.After(s.at) })
			next, _ := model.Track(&now).Next(s.at) // its errors are those of the assessment
			return next
		}
		if !visit(s, &lead, o) {
			return nil
		}
		lead.Stage, lead.StageSince = o.Verdict.Stage, o.Verdict.Since
	}
	return nil
}

// wrong tells a line of the file, and what is.
func (f *file) wrong(line int, got string) string {
	return fmt.Sprintf("%s:%d: %s\n  got: %s", f.name, line, strings.TrimSpace(printable(f.lines[line-1])), printable(got))
}

// report tells an expectation, what is, and how the rule concerned came to it.
func (w failure) report(sc *scenario) string {
	text := sc.file.wrong(w.line, w.got)
	if w.rule == "" {
		return text
	}
	sc.play(sc.file.model, func(s *step, lead *qualify.Lead, _ *outcome) bool {
		if !slices.ContainsFunc(s.expect, func(e expectation) bool { return e.line == w.line }) {
			return true
		}
		if e, err := sc.file.model.Explain(lead, s.at); err == nil {
			i := slices.IndexFunc(e.Rules, func(p qualify.Part) bool { return p.ID == w.rule })
			for _, p := range e.Rules[i].Parts {
				text += "\n" + indent(p.String())
			}
		}
		return false
	})
	return text
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
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
	if model == nil {
		t.Fatal("Lead: the model is nil")
	}
	f := &file{name: "Lead", lines: lines, model: model, now: now}
	f.scenarios = []*scenario{{file: f}}
	p := parser{file: f, policy: model.Policy()}
	for i, line := range lines {
		switch {
		case !p.read(i+1, line):
		case p.source.words[0].text == "at":
			p.fail(p.source.words, "a lead is facts: there is no at")
		default:
			p.below(p.source.words)
		}
	}
	if err := errors.Join(p.errs...); err != nil {
		t.Fatal(err)
	}
	var lead qualify.Lead
	for _, s := range f.scenarios[0].steps {
		s.apply(&lead)
	}
	return lead
}
