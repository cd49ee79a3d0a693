package qualifytest

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// Check holds a model to the scenarios that are about it, outside go test: before a backend
// swaps a policy in, for one. The error is nil if all of them hold. It joins a *Failure for
// each expectation that is not met, and what is wrong in the files.
//
// The scenarios about the model are those of files *.scenario that name no policy, and
// those of files that name a document of a policy with the model's name: the model stands
// in its place. Those of other documents do not run. It is an error if none are left, and
// if the model is nil. Nothing is written, whatever flags are set.
func Check(model *qualify.Model, fsys fs.FS) error {
	files, err := scenario.LoadFor(model, fsys)
	failed := (&Suite{files: files}).Check()
	if err == nil {
		return failed
	}
	return errors.Join(err, failed)
}

// Failure is an expectation that is not met.
type Failure struct {
	// File is the name of the file of scenarios. Scenario is the scenario's name; blank
	// if a line that begins with fails is wrong.
	File     string `json:"file"`
	Scenario string `json:"scenario,omitempty"`
	// Message tells file and line, what was wanted and what is, and how the rule concerned
	// came to it. It has several lines.
	Message string `json:"message"`
}

// Error gives the message, and the scenario.
func (f *Failure) Error() string {
	if f.Scenario == "" {
		return f.Message
	}
	first, rest, _ := strings.Cut(f.Message, "\n")
	return fmt.Sprintf("%s\n  in scenario %s\n%s", first, f.Scenario, rest)
}

// Check runs the scenarios outside go test. Its error joins a *Failure for each expectation
// that is not met, in the order of the files, and the errors of assessments; it is nil if
// all hold. For a policy that is not in use yet, see the function of the same name.
func (s *Suite) Check() error {
	var errs []error
	for _, f := range s.files {
		for _, wrong := range f.Failures() {
			errs = append(errs, &Failure{File: f.Name, Message: wrong})
		}
		for _, sc := range f.Scenarios {
			failures, err := sc.Failures()
			for _, wrong := range failures {
				errs = append(errs, &Failure{File: f.Name, Scenario: sc.Name, Message: wrong})
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
