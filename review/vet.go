package review

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

// Check is one of the checks of Vet.
type Check string

// The checks of conditions, and of parts of them that are not just written as true or
// false.
const (
	NeverYes  Check = "never_yes"  // it cannot be yes, of whatever lead
	NeverNo   Check = "never_no"   // it cannot be no
	Threshold Check = "threshold"  // one of these, because of what a score or a band can be
	TierTaken Check = "tier_taken" // a tier never pays, for those before it leave nothing to it
	ElseNever Check = "else_never" // an else is never paid
	Wildcard  Check = "wildcard"   // a pattern is written as if * or % stood for any text
)

// The checks of points.
const (
	DuplicateRule Check = "duplicate_rule" // two rules of a group pay the same for the same
	PaysNothing   Check = "pays_nothing"   // whatever holds, nothing is paid
	PaysConstant  Check = "pays_constant"  // whatever holds, the same comes out; or yes and no pay the same
	CapUnreached  Check = "cap_unreached"  // nothing reaches a min, a max or a bound of a limit
	BandUnreached Check = "band_unreached" // no score gets a band
	BandGap       Check = "band_gap"       // a score gets no band
	Unbounded     Check = "unbounded"      // no limit, max or min bounds a rule for activities, up to the root
	DecayUnseen   Check = "decay_unseen"   // nothing is ever seen of a decay
	WithinMoot    Check = "within_moot"    // a within leaves out only what pays nothing any more
	// An occurrence uses up a limit longer than it pays. Only a limit with a period can
	// do so: one without starts from the newest.
	LimitOutlives Check = "limit_outlives"
)

// The checks of stages.
const (
	UnreachableStage Check = "unreachable_stage" // enter cannot be yes
	PassedOver       Check = "passed_over"       // whenever enter is yes, so is that of a stage that goes before it
	StrictKeep       Check = "strict_keep"       // keep holds nobody whom enter alone would not hold
	// A lead that enters is moved again by an assessment at the same instant, once the
	// verdict is stored, since the conditions ask for the stage.
	NotHeld Check = "not_held"
	// A lead without some fact never loses the stage: keep is unknown of it at most.
	HeldUnknown Check = "held_unknown"
	NeverLeaves Check = "never_leaves" // keep ends a stay after some time, and enter goes on holding the lead
	ComesAgain  Check = "comes_again"  // a lead that time puts back enters again at the next assessment
)

// The check of bounds.
const (
	// A time less than so many days ahead is asked for, and one long past is as good.
	OneSided Check = "one_sided"
)

// The checks of declarations.
const (
	// The signal that following, not_following or followed_by names never occurs.
	RelationMoot Check = "relation_moot"
	Unused       Check = "unused"      // nothing asks for it
	NoQuestion   Check = "no_question" // a criterion can be unknown and does not say what to ask
)

// Severity is what a finding means for a release.
type Severity string

// The severities.
const (
	// Blocks is of what cannot be meant: a condition or a tier that never holds, a stage
	// that no lead enters, is held in or can lose as the policy says.
	Blocks Severity = "blocks"
	// WorthALook is of what has no effect, or may be meant.
	WorthALook Severity = "worth_a_look"
)

// severity gives that of what a check finds.
func (c Check) severity() Severity {
	switch c {
	case NeverYes, Threshold, TierTaken, UnreachableStage, PassedOver, NotHeld, HeldUnknown, NeverLeaves, ComesAgain:
		return Blocks
	}
	return WorthALook
}

// Finding is one thing in a policy that compiles and is hardly meant. In JSON, Check and
// Severity stand beside the fields of the Mistake.
type Finding struct {
	// Check is the check that found it.
	Check Check `json:"check"`
	// Severity is that of the check. Only worth a look are a Threshold that can never be
	// no, rather than never yes, and a HeldUnknown for want of an attribute, which somebody
	// may still tell.
	Severity Severity `json:"severity"`
	// Mistake has the place, the line, and as the Message a reason that can be
	// checked by hand. Ranges in it hold for all leads, and can be too wide: the
	// points of rules count as independent of one another.
	qualify.Mistake
}

// String gives the place, the reason, the check, the line and a caret.
func (f Finding) String() string {
	head, rest, more := strings.Cut(f.Mistake.String(), "\n")
	head += " (" + string(f.Check) + ")"
	if more {
		head += "\n" + rest
	}
	return head
}

// Findings is what Vet finds, in the order of the policy's document.
type Findings []Finding

// String lists the findings, each with its line and a caret.
func (f Findings) String() string {
	var b strings.Builder
	for _, one := range f {
		b.WriteString(one.String() + "\n")
	}
	return b.String()
}

// Vet says what in a model's policy can be no lead's, or makes no difference to
// any. What it says can never be has been proven for all leads and all instants;
// where it does not know, it is silent, so that nothing found is no promise. What is
// wrong in a policy that does not compile, Compile says.
//
// Its work is bounded: each question takes at most 2,000 steps and all of them
// 5,000,000, some seconds. What has not been proven by then is taken for possible. Of
// each check, 500 findings are reported.
func Vet(model *qualify.Model) Findings {
	v := newVetter(model)
	v.measure()
	v.vetConditions()
	v.vetTiers()
	v.vetStages()
	v.vetPoints()
	v.vetTime()
	v.vetUse()
	v.vetRelations()
	document.Sort(v.found, reflect.TypeFor[qualify.Policy](), func(f Finding) document.Mistake { return document.Mistake(f.Mistake) })
	return v.found
}

// vetter has what the checks need of one policy. Places, texts and what a finding shows are
// those of the policy; all else is asked of the program that the model itself runs.
type vetter struct {
	policy  qualify.Policy
	program *program.Program
	solver  *solver.Solver
	found   Findings
	counts  map[Check]int    // of what each check found
	said    *expression.Node // why a stage cannot be entered

	groups []qualify.Group // the root first, as the program has them

	rules  []spans // of what a rule pays, before and after min and max
	totals []spans // by group: of what lies below it, and of its points
}

// spans are points before and after their bounds.
type spans struct{ sum, kept points.Span }

// place is what a finding is about.
type place document.Place

// mostFindings is how many findings of one check are reported.
const mostFindings = 500

// enough reports whether a check has found enough, and counts what it finds.
func (v *vetter) enough(check Check) bool {
	v.counts[check]++
	return v.counts[check] > mostFindings
}

// report notes a finding about a field with a value; nil shows none.
func (v *vetter) report(check Check, p place, field string, value any, format string, args ...any) {
	if v.enough(check) {
		return
	}
	m := document.Place(p).Mistake(field, fmt.Sprintf(format, args...))
	if value != nil {
		m = m.WithValue(value)
	}
	v.found = append(v.found, Finding{check, check.severity(), qualify.Mistake(m)})
}

// soften makes what was found from a number on only worth a look.
func (v *vetter) soften(from int) {
	for i := range v.found[from:] {
		v.found[from+i].Severity = WorthALook
	}
}

// reportAt notes a finding about a part of an expression.
func (v *vetter) reportAt(check Check, p place, field, source string, at *expression.Node, format string, args ...any) {
	if v.enough(check) {
		return
	}
	m := document.Place(p).Mistake(field, fmt.Sprintf(format, args...)).WithSource(source, at.Offset())
	v.found = append(v.found, Finding{check, check.severity(), qualify.Mistake(m)})
}

// root is the ID of the group in which all others end.
const root = "total"

func newVetter(model *qualify.Model) *vetter {
	p := program.Of(model)
	v := &vetter{
		policy: model.Policy(), program: p, solver: solver.New(p), counts: map[Check]int{},
		groups: []qualify.Group{{ID: root}}, rules: make([]spans, len(p.Rules)), totals: make([]spans, len(p.Groups)),
	}
	for _, g := range v.policy.Groups {
		if g.ID == root {
			v.groups[0] = g
		} else {
			v.groups = append(v.groups, g)
		}
	}
	return v
}

// groupPlace is where a group is listed; the root need not be.
func (v *vetter) groupPlace(i int) place {
	id := v.groups[i].ID
	return place{"groups", slices.IndexFunc(v.policy.Groups, func(g qualify.Group) bool { return g.ID == id }), id}
}

// from says from where to where points, or other numbers, lie.
func from(lo, hi float64) string {
	switch {
	case lo == hi:
		return number(lo)
	case !bounded(lo) && !bounded(hi):
		return "without bounds"
	case !bounded(lo):
		return "at most " + number(hi)
	case !bounded(hi):
		return "at least " + number(lo)
	}
	return "between " + number(lo) + " and " + number(hi)
}

// bounded tells a bound that somebody set from one that is common to all.
func bounded(x float64) bool { return math.Abs(x) < 1e9 }

// number writes a number in full, without the last digits, which come of arithmetic.
func number(x float64) string {
	const digits = 15 // that a float64 has for certain
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	return strconv.FormatFloat(x, 'f', -1, 64)
}
