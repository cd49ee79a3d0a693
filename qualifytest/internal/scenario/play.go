package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// Play tells a model the facts of the scenario, and shows the lead at each instant: in the
// stage that the verdict of the instant before gave. The lead is not to be kept or changed.
// An error of visit ends it, and gets the place of the instant.
func (sc *Scenario) Play(model *qualify.Model, visit func(lead *qualify.Lead, at time.Time) error) error {
	return sc.play(model, new(qualify.Assessment), func(s *step, lead *qualify.Lead, _ *outcome) error { return visit(lead, s.at) })
}

// Failures plays the scenario with the model of its file, and gives a text for each
// expectation that is not met: its file and line, what is, and how the rule concerned came
// to it.
func (sc *Scenario) Failures() (all []string, err error) {
	model := sc.File.Model
	err = sc.play(model, new(qualify.Assessment), func(s *step, lead *qualify.Lead, o *outcome) error {
		for _, e := range s.expect {
			if got, ok := e.check(o); !ok {
				all = append(all, sc.File.wrong(e.line, got)+why(e.rule, model, lead, s.at))
			}
		}
		return nil
	})
	return all, err
}

// Fails reports whether an expectation is not met, or an assessment fails, with any model
// that has what the scenario names. The memory of an assessment is used.
func (sc *Scenario) Fails(model *qualify.Model, memory *qualify.Assessment) bool {
	return sc.play(model, memory, func(s *step, _ *qualify.Lead, o *outcome) error {
		for _, e := range s.expect {
			if _, ok := e.check(o); !ok {
				return errUnmet
			}
		}
		return nil
	}) != nil
}

var errUnmet = errors.New("an expectation is not met")

// Failures gives a text for each line that begins with fails and is wrong.
func (f *File) Failures() (all []string) {
	for _, e := range f.fails {
		if got, ok := e.check(); !ok {
			all = append(all, f.wrong(e.line, got))
		}
	}
	return all
}

// play assesses the lead at each instant, in the memory given, and stores the verdict. An
// error of visit ends it.
func (sc *Scenario) play(model *qualify.Model, memory *qualify.Assessment, visit func(*step, *qualify.Lead, *outcome) error) error {
	lead := qualify.Lead{ID: sc.Name}
	o := outcome{Assessment: memory, now: sc.File.Now}
	for i := range sc.steps {
		s := &sc.steps[i]
		if s.apply != nil {
			s.apply(&lead)
			continue
		}
		err := model.AssessInto(o.Assessment, &lead, s.at)
		if err == nil {
			o.next = func() time.Time {
				now := lead // without facts that arrive later
				now.Activities = slices.DeleteFunc(slices.Clone(lead.Activities), func(a qualify.Activity) bool { return a.At.After(s.at) })
				next, _ := model.Track(&now).Next(s.at) // its errors are those of the assessment
				return next
			}
			err = visit(s, &lead, &o)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", sc.File.Name, s.line, err)
		}
		lead.Stage, lead.StageSince = o.Verdict.Stage, o.Verdict.Since
	}
	return nil
}

// wrong tells a line of the file, and what is.
func (f *File) wrong(line int, got string) string {
	return fmt.Sprintf("%s:%d: %s\n  got: %s", f.Name, line, strings.TrimSpace(layout.CleanLines(f.lines[line-1])), layout.CleanLines(got))
}

// why tells how a rule came to its points, below what is said of it; nothing of no rule.
func why(rule string, model *qualify.Model, lead *qualify.Lead, at time.Time) (text string) {
	if rule == "" {
		return ""
	}
	e, err := model.Explain(lead, at)
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(e.Rules, func(p qualify.Part) bool { return p.ID == rule })
	for _, p := range e.Rules[i].Parts {
		text += "\n" + strings.TrimSuffix(layout.Indent(p.String()), "\n")
	}
	return text
}
