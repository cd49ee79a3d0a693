package review

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// Release is a policy that is to go live, and what it is held to. Check gives the decision.
// A Release has at least a Document: what else is left out is not checked, and the decision
// says so.
type Release struct {
	// Document is the document of the new policy, and Options are those that it is
	// compiled with.
	Document []byte
	Options  []qualify.Option
	// Accept reports whether a finding that blocks is meant all the same; nil accepts
	// none.
	Accept func(Finding) bool
	// Scenarios holds the new policy to its scenarios, and gives an error if one of them
	// fails. In package qualifytest, Check does so. Nil is none.
	Scenarios func(*qualify.Model) error
	// InUse is the policy that is in use, and Leads those for which the two are compared,
	// as of At; see Compare. One of them that is nil is no preview.
	InUse *qualify.Model
	Leads iter.Seq2[*qualify.Lead, error]
	At    time.Time
	// Limits bound what the preview may show.
	Limits Limits
}

// Limits bound what a release may change. Shares are of the leads that were compared, from 0
// to 1, such as new(0.05); nil is no bound.
type Limits struct {
	// Moved bounds the leads whose stage differs, and Newcomers those that would get
	// another one if they had none.
	Moved     *float64
	Newcomers *float64
	// Differ bounds the leads of Comparison.Differs.
	Differ *float64
	// Failed is how many leads at most may come with an error, and Leads how many at
	// least must be compared; 0 is one.
	Failed int
	Leads  int
}

// Step is a step of the check of a release.
type Step string

// The steps, in their order.
const (
	StepCompile   Step = "compile"
	StepVet       Step = "vet"
	StepScenarios Step = "scenarios"
	StepPreview   Step = "preview"
)

// Objection is a reason for which a policy may not go live.
type Objection struct {
	Step Step `json:"step"`
	// Message tells what is wrong. It can have several lines.
	Message string `json:"message"`
}

// String gives the step and the message.
func (o Objection) String() string { return string(o.Step) + ": " + o.Message }

// Decision is whether a policy may go live, and why not. It holds no data of leads, and may
// be logged, unless the error of Scenarios has some.
type Decision struct {
	// MayGoLive is whether there are no objections.
	MayGoLive bool `json:"may_go_live"`
	// Policy, Version and Fingerprint are those of the new policy; blank if it does not
	// compile.
	Policy      string `json:"policy"`
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`
	// Objections are the reasons against it, in the order of the steps; never nil. A
	// policy that does not compile is not looked at further; all other steps are taken
	// whatever the ones before them gave.
	Objections []Objection `json:"objections"`
	// Skipped are the steps that were not taken, since the Release left them out; never
	// nil.
	Skipped []Step `json:"skipped"`
	// Findings are all that Vet finds, also what is accepted or only worth a look; never
	// nil.
	Findings Findings `json:"findings"`
	// Preview adds up what the new policy changes; nil if that step was not taken.
	Preview *Summary `json:"preview"`
	// Model is the new policy compiled, to be put in use; nil if it does not compile.
	Model *qualify.Model `json:"-"`
}

// Check says whether the policy may go live: it compiles, Vet finds nothing that blocks, its
// scenarios hold, and the preview is within the limits. It goes through the leads once.
func (r *Release) Check() Decision {
	d := Decision{Objections: []Objection{}, Skipped: []Step{}, Findings: Findings{}}
	if err := d.compile(r); err != nil {
		d.object(StepCompile, "%v", err)
		return d
	}
	d.vet(r)
	d.scenarios(r)
	d.preview(r)
	d.MayGoLive = len(d.Objections) == 0
	return d
}

func (d *Decision) object(step Step, format string, arguments ...any) {
	message := strings.TrimRight(fmt.Sprintf(format, arguments...), "\n")
	d.Objections = append(d.Objections, Objection{step, message})
}

func (d *Decision) compile(r *Release) error {
	policy, err := qualify.ParsePolicy(r.Document)
	if err != nil {
		return err
	}
	if d.Model, err = qualify.Compile(policy, r.Options...); err != nil {
		return err
	}
	d.Policy, d.Version, d.Fingerprint = policy.Name, policy.Version, d.Model.Fingerprint()
	return nil
}

func (d *Decision) vet(r *Release) {
	d.Findings = append(d.Findings, Vet(d.Model)...)
	for _, f := range d.Findings {
		if f.Severity == Blocks && (r.Accept == nil || !r.Accept(f)) {
			d.object(StepVet, "%s", f)
		}
	}
}

func (d *Decision) scenarios(r *Release) {
	if r.Scenarios == nil {
		d.Skipped = append(d.Skipped, StepScenarios)
	} else if err := r.Scenarios(d.Model); err != nil {
		d.object(StepScenarios, "%v", err)
	}
}

func (d *Decision) preview(r *Release) {
	if r.InUse == nil || r.Leads == nil {
		d.Skipped = append(d.Skipped, StepPreview)
		return
	}
	s := NewSummary(r.InUse, d.Model)
	for c, err := range Compare(r.InUse, d.Model, r.Leads, r.At) {
		if errors.Is(err, qualify.ErrInstant) {
			d.object(StepPreview, "%v", err)
			return
		}
		s.Add(c, err)
	}
	d.Preview = s
	l := &r.Limits
	if s.Failed > l.Failed {
		d.object(StepPreview, "%s could not be compared, and at most %d may not", layout.Count(s.Failed, "lead", "leads"), l.Failed)
	}
	if least := max(l.Leads, 1); s.Leads < least {
		d.object(StepPreview, "%s could be compared, and there must be %d or more", layout.Count(s.Leads, "lead", "leads"), least)
	}
	d.bound(s, l.Moved, changed(s.Stages), "would be in another stage")
	d.bound(s, l.Newcomers, changed(s.Newcomers), "would get another stage if they came new")
	d.bound(s, l.Differ, s.Differ, "differ in stage, stay, rating, bands or answers")
}

// bound objects to more leads than a share of those compared.
func (d *Decision) bound(s *Summary, most *float64, leads int, what string) {
	if most == nil {
		return
	}
	share := float64(leads) / float64(max(s.Leads, 1))
	switch percent := func(x float64) string { return number(math.Round(x*1e4) / 1e2) }; {
	case !(*most >= 0 && *most <= 1):
		d.object(StepPreview, "the limit of leads that %s is %s: a share lies between 0 and 1", what, strconv.FormatFloat(*most, 'g', -1, 64))
	case share > *most:
		d.object(StepPreview, "%d of %s (%s %%) %s, and at most %s %% may", leads, layout.Count(s.Leads, "lead", "leads"), percent(share), what, percent(*most))
	}
}

// changed counts the leads whose old and new value differ.
func changed(counts []Count) (leads int) {
	for _, k := range counts {
		if k.Old != k.New {
			leads += k.Leads
		}
	}
	return leads
}

// String prints the decision with its reasons, what is worth a look, and the preview.
func (d Decision) String() string {
	var b strings.Builder
	policy := cmp.Or(strings.TrimSpace(d.Policy+" "+d.Version), "The policy")
	if d.MayGoLive {
		b.WriteString(policy + " may go live\n")
	} else {
		b.WriteString(policy + " may not go live\n")
	}
	for _, o := range d.Objections {
		b.WriteString(layout.Indent(o.String()))
	}
	look := false
	for _, f := range d.Findings {
		if f.Severity == WorthALook {
			if !look {
				b.WriteString("Worth a look\n")
			}
			look = true
			b.WriteString(layout.Indent(f.String()))
		}
	}
	for _, step := range d.Skipped {
		b.WriteString("Not checked: " + string(step) + "\n")
	}
	if d.Preview != nil {
		b.WriteString(d.Preview.String())
	}
	return b.String()
}
