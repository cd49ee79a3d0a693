package qualifytest

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
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
// what is wrong with them, each with file and line; the suite has the others.
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
			var failed []failure
			for _, e := range f.fails {
				if got, ok := e.check(nil); !ok {
					failed = append(failed, failure{e, got})
					t.Errorf("%s:%d: %s\n  got: %s", f.name, e.line, strings.TrimSpace(f.lines[e.line-1]), got)
				}
			}
			for _, sc := range f.scenarios {
				t.Run(sc.name, func(t *testing.T) {
					wrong, err := sc.failures(f.model)
					if err != nil {
						t.Fatal(err)
					}
					failed = append(failed, wrong...)
					for _, w := range wrong {
						if !updating() {
							t.Errorf("%s", w.report(sc))
						}
					}
				})
			}
			if updating() && len(failed) > 0 {
				if err := s.update(f, failed); err != nil {
					t.Error(err)
				}
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

// report tells an expectation, what is, and how the rule concerned came to it.
func (w failure) report(sc *scenario) string {
	text := fmt.Sprintf("%s:%d: %s\n  got: %s", sc.file.name, w.line, strings.TrimSpace(sc.file.lines[w.line-1]), w.got)
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

// update rewrites the expectations that failed, and keeps comments and indentation.
func (s *Suite) update(f *file, failed []failure) error {
	dir, ok := s.fsys.(Dir)
	if !ok {
		return fmt.Errorf("%s: -update rewrites files of a qualifytest.Dir only", f.name)
	}
	lines := slices.Clone(f.lines)
	wrong := map[int]bool{}
	for _, w := range failed {
		wrong[w.line] = true
	}
	for _, w := range failed {
		if slices.ContainsFunc(f.fails, func(e expectation) bool { return e.line == w.line }) {
			return fmt.Errorf("%s:%d: -update does not rewrite fails", f.name, w.line)
		}
		old := f.lines[w.line-1]
		margin := old[:len(old)-len(strings.TrimLeft(old, " \t"))]
		// What another line of the instant says already is not said again.
		said := f.said(w.line, wrong)
		var now []string
		for line := range strings.SplitSeq(w.got, "\n") {
			if !slices.Contains(said, line) {
				now = append(now, margin+line)
			}
		}
		lines[w.line-1] = gone
		if len(now) > 0 {
			if comment := strings.TrimSpace(old[len(uncomment(old)):]); comment != "" {
				now[len(now)-1] += "  " + comment
			}
			lines[w.line-1] = strings.Join(now, "\n")
		}
		if strings.Contains(w.got, "\n") {
			wrong[w.line] = false // it says all that there is to say: the next one need not
			f.lines[w.line-1] = margin + w.got
		}
	}
	text := strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == gone }), "\n")
	name := filepath.Join(string(dir), filepath.FromSlash(f.name))
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if strings.Contains(string(data), "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// gone stands for a line that is taken out.
const gone = "\x00"

// said lists what the lines below the same instant say that are right.
func (f *file) said(line int, wrong map[int]bool) (all []string) {
	for _, sc := range f.scenarios {
		for _, s := range sc.steps {
			if !slices.ContainsFunc(s.expect, func(e expectation) bool { return e.line == line }) {
				continue
			}
			for _, e := range s.expect {
				if e.line != line && !wrong[e.line] {
					for text := range strings.SplitSeq(uncomment(f.lines[e.line-1]), "\n") {
						all = append(all, strings.TrimSpace(text))
					}
				}
			}
		}
	}
	return all
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
		p.line = i + 1
		words, err := split(line)
		switch {
		case err != nil:
			p.fail("%v", err)
		case len(words) == 0:
		case words[0].text == "at":
			p.fail("a lead is facts: there is no at")
		default:
			p.below(words, line)
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
