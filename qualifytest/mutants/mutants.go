// Package mutants tells what in a policy could be changed without a scenario that notices.
//
//	func TestMutants(t *testing.T) {
//		mutants.Run(t, model, qualifytest.Dir("testdata"))
//	}
//
// It changes each operator, number, window, limit, decay, bound and stay of the policies that
// scenarios are about, one at a time: each policy so changed is a mutant. Then it runs the
// scenarios, which package qualifytest describes. Some must fail. A mutant survives if all of
// them still hold.
//
// A survivor that is as good as the policy is explained in a file *.survivors beside
// the scenarios, with what the error says of it:
//
//	# What follows a hash is a comment.
//	rule size, when: >= 200 became > 200 because nobody knows it so exactly
//
// White space in it counts as one space. Such a line explains all survivors that read the
// same. One that explains none is an error.
package mutants

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

var printAll = flag.Bool("mutants.all", false, "print all mutants that survive, rather than the first 20")

// mostPrinted is how many survivors Run prints if it is not asked for all: about as many as
// someone mends before the next run.
const mostPrinted = 20

// Run tries the mutants of the policies that scenarios are about, and is an error of the test
// for each that survives, unless a file *.survivors says why: it says what was changed, and
// gives a scenario that would have failed, if one was found. At most 20 are printed; with
// the flag -mutants.all of go test, all. The model and the file system
// are those of qualifytest.Run; the options those that the model was compiled with, if any.
func Run(t testing.TB, model *qualify.Model, fsys fs.FS, options ...qualify.Option) {
	t.Helper()
	report, err := Try(model, fsys, options...)
	if err != nil {
		t.Fatal(err)
	}
	printed, more := 0, 0
	for _, s := range report.Survivors {
		switch {
		case s.Because != "":
		case printed < mostPrinted || *printAll:
			t.Error(s)
			printed++
		default:
			more++
		}
	}
	if more > 0 {
		t.Errorf("and %d more: go test -mutants.all prints all that survive", more)
	}
	for _, line := range report.Stale {
		t.Errorf("%s: there is no such survivor", line)
	}
	t.Logf("%d of %d mutants were found by a scenario", report.Tried-len(report.Survivors), report.Tried)
}

// Report is what became of the mutants.
type Report struct {
	// Tried is how many there were.
	Tried int
	// Survivors are those that no scenario found, in the order of the files and of
	// their policy.
	Survivors []Survivor
	// Stale are the lines of files *.survivors that explain none of them, each with
	// file and line.
	Stale []string
}

// Survivor is a mutant under which every scenario still holds.
type Survivor struct {
	Mutant
	// Policy is the name of the policy.
	Policy string
	// Because is why that is right, by a file *.survivors; blank if none says so.
	Because string
	// Scenario is one to be added to File: it holds for the policy and not for the
	// mutant. It is blank if none was found, as then the mutant may do the same as the
	// policy; and it is not looked for if Because tells why.
	Scenario, File string
}

// String gives the change, its place, and what to do about it.
func (s Survivor) String() string {
	text := fmt.Sprintf("%s\n  at %s of policy %q: every scenario still holds", &s.Mutant, s.place(), s.Policy)
	switch {
	case s.Because != "":
		text += ", because " + s.Because
	case s.Scenario != "":
		text += "; this one, in " + s.File + ", would not:\n" + strings.TrimSuffix(layout.Indent(s.Scenario), "\n")
	default:
		text += ", and nothing that was tried tells the two apart: perhaps they are the same"
	}
	return layout.CleanLines(text)
}

// Try runs the scenarios with each mutant of the policies that they are about, as Run does,
// and gives what became of the mutants. It fails if a scenario does not hold as it is, or if
// the options are not those that the model was compiled with.
func Try(model *qualify.Model, fsys fs.FS, options ...qualify.Option) (Report, error) {
	var report Report
	files, err := scenario.Load(model, fsys, options...)
	if err != nil {
		return report, err
	}
	lines, err := explanations(fsys)
	if err != nil {
		return report, err
	}
	subjects, err := subjectsOf(files, options)
	if err != nil {
		return report, err
	}
	for _, u := range subjects {
		tried, survivors := u.hunt()
		report.Tried += tried
		for i := range survivors {
			for j := range lines {
				if because, ok := strings.CutPrefix(lines[j].text, survivors[i].words()+" because "); ok {
					survivors[i].Because, lines[j].used = because, true
				}
			}
		}
		parallel(len(survivors), func() func(int) {
			return func(i int) {
				if survivors[i].Because == "" {
					u.suggest(&survivors[i], min(mostTrials, allTrials/len(survivors)))
				}
			}
		})
		report.Survivors = append(report.Survivors, survivors...)
	}
	for _, l := range lines {
		if !l.used {
			report.Stale = append(report.Stale, layout.CleanLines(l.place+": "+l.text))
		}
	}
	return report, nil
}

// words is what an explanation begins with, with single spaces.
func (m *Mutant) words() string { return strings.Join(strings.Fields(m.String()), " ") }

type explanation struct {
	place, text string
	used        bool
}

// explanations reads the files *.survivors.
func explanations(fsys fs.FS) (lines []explanation, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".survivors" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		for i, line := range strings.Split(strings.TrimPrefix(string(data), "\uFEFF"), "\n") {
			if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
				lines = append(lines, explanation{place: fmt.Sprintf("%s:%d", name, i+1), text: strings.Join(words, " ")})
			}
		}
		return err
	})
	return lines, err
}

// subject is a policy with all scenarios about it.
type subject struct {
	model     *qualify.Model
	policy    qualify.Policy
	options   []qualify.Option
	scenarios []*scenario.Scenario
	bases     []base // what to begin with in looking for other scenarios
}

// subjectsOf finds the policies of files, and holds the scenarios to them.
func subjectsOf(files []*scenario.File, options []qualify.Option) ([]*subject, error) {
	var all []*subject
	var errs []error
	for _, f := range files {
		if f.Model == nil || len(f.Scenarios) == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(u *subject) bool { return u.model.Fingerprint() == f.Model.Fingerprint() })
		if i < 0 {
			u := &subject{model: f.Model, policy: f.Model.Policy(), options: options}
			if !u.compiles() {
				return nil, errors.New("mutants: give the options that the model was compiled with")
			}
			i, all = len(all), append(all, u)
		}
		all[i].scenarios = append(all[i].scenarios, f.Scenarios...)
		for _, sc := range f.Scenarios {
			failures, err := sc.Failures()
			for _, failure := range failures {
				errs = append(errs, errors.New(failure))
			}
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("mutants: the scenarios must hold for the policy as it is: %w", err)
	}
	for _, u := range all {
		u.gather()
	}
	return all, nil
}

// compiles reports whether the options make the same model.
func (u *subject) compiles() bool {
	m, err := qualify.Compile(u.policy, u.options...)
	return err == nil && m.Fingerprint() == u.model.Fingerprint()
}

// mutant compiles one; it is nil if that fails.
func (u *subject) mutant(m *Mutant) *qualify.Model {
	p := u.model.Policy()
	m.apply(&p)
	model, err := qualify.Compile(p, u.options...)
	if err != nil {
		return nil
	}
	return model
}

// hunt runs the scenarios with all mutants, and gives those that survive.
func (u *subject) hunt() (tried int, survivors []Survivor) {
	all := mutate(u.policy)
	const (
		invalid = iota
		killed
		survived
	)
	fates := make([]int, len(all))
	// What killed one mutant most likely kills its neighbour. Which scenario is asked
	// first has no part in the result.
	last := map[string]*atomic.Int32{}
	for _, m := range all {
		last[m.Path] = new(atomic.Int32)
	}
	parallel(len(all), func() func(int) {
		var memory qualify.Assessment
		return func(i int) {
			model := u.mutant(all[i])
			if model == nil {
				return
			}
			hint := last[all[i].Path]
			first := int(hint.Load())
			fates[i] = survived
			for j := range u.scenarios {
				// The first, then the others from there on.
				k := (first + j) % len(u.scenarios)
				if u.scenarios[k].Fails(model, &memory) {
					fates[i] = killed
					hint.Store(int32(k))
					return
				}
			}
		}
	})
	for i, fate := range fates {
		if fate != invalid {
			tried++
		}
		if fate == survived {
			survivors = append(survivors, Survivor{Mutant: *all[i], Policy: u.policy.Name})
		}
	}
	return tried, survivors
}

// parallel does n things on all processors. Each of them begins with a worker of its own.
func parallel(n int, worker func() func(int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			do := worker()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	group.Wait()
}
