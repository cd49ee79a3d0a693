package review

import (
	"cmp"
	"encoding/json"
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

// Finding is one thing in a policy that compiles and is hardly meant.
type Finding struct {
	// Check is the check that found it.
	//
	// About conditions, and parts of them that are not just written as true or
	// false:
	//   - never_yes, never_no: it cannot be yes, or cannot be no, of whatever lead
	//   - threshold: the same, because of what a score or a band can be
	//   - tier_taken: a tier that never pays, for those before it leave nothing to it
	//   - else_never: an else that is never paid
	//
	// About points:
	//   - duplicate_rule: two rules of a group pay the same for the same
	//   - pays_nothing, pays_constant: whatever holds, the same comes out; or yes and no
	//     pay the same, and only what is unknown pays nothing
	//   - cap_unreached: a min, a max or a bound of a limit that nothing reaches
	//   - band_unreached, band_gap: a band that no score gets, a score that gets none
	//   - unbounded: a rule for activities that no limit, max or min bounds, up to the root
	//   - decay_unseen: a decay of which nothing is ever seen
	//   - within_moot: a within that leaves out only what pays nothing any more
	//   - limit_outlives: an occurrence uses up a limit longer than it pays. Only a limit
	//     with a period can do so: one without starts from the newest.
	//
	// About stages:
	//   - unreachable_stage: enter cannot be yes
	//   - passed_over: whenever enter is yes, so is that of a stage that goes before it
	//   - strict_keep: keep holds nobody whom enter alone would not hold
	//   - not_held: a lead that enters is moved again by an assessment at the same
	//     instant, once the verdict is stored, since the conditions ask for the stage
	//
	// About declarations:
	//   - unused: nothing asks for it
	//   - no_question: a criterion that can be unknown and does not say what to ask
	Check string
	// Mistake has the place, the line, and as the Message a reason that can be
	// checked by hand. Ranges in it hold for all leads, and can be too wide: the
	// points of rules count as independent of one another.
	qualify.Mistake
}

// String gives the place, the reason, the check, the line and a caret.
func (f Finding) String() string {
	head, rest, more := strings.Cut(f.Mistake.String(), "\n")
	head += " (" + f.Check + ")"
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
	slices.SortStableFunc(v.found, func(a, b placed) int {
		return cmp.Or(slices.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var findings Findings
	for _, f := range v.found {
		findings = append(findings, f.Finding)
	}
	return findings
}

type placed struct {
	Finding
	order []int
}

// vetter has what the checks need of one policy. Places, texts and what a finding shows are
// those of the policy; all else is asked of the program that the model itself runs.
type vetter struct {
	policy  qualify.Policy
	program *program.Program
	solver  *solver.Solver
	found   []placed
	counts  map[string]int   // of what each check found
	said    *expression.Node // why a stage cannot be entered

	groups []qualify.Group // the root first, as the program has them

	rules  []spans // of what a rule pays, before and after min and max
	totals []spans // by group: of what lies below it, and of its points
}

// spans are points before and after their bounds.
type spans struct{ sum, kept points.Span }

// place is what a finding is about.
type place struct {
	list string
	item int
	id   string
}

// mostFindings is how many findings of one check are reported.
const mostFindings = 500

// enough reports whether a check has found enough, and counts what it finds.
func (v *vetter) enough(check string) bool {
	v.counts[check]++
	return v.counts[check] > mostFindings
}

func (v *vetter) add(check string, m qualify.Mistake) {
	path := m.Path + "." + m.Field
	v.found = append(v.found, placed{Finding{check, m}, document.Order(reflect.TypeFor[qualify.Policy](), path)})
}

// report notes a finding about a field with a value; nil shows none.
func (v *vetter) report(check string, p place, field string, value any, format string, args ...any) {
	if v.enough(check) {
		return
	}
	m := qualify.Mistake{Path: fmt.Sprintf("%s[%d]", p.list, p.item), ID: p.id, Field: field, Message: fmt.Sprintf(format, args...)}
	if value != nil {
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err == nil {
			m.Line, m.Column, m.Source = 1, 1, strings.TrimSuffix(text.String(), "\n")
		}
	}
	v.add(check, m)
}

// reportAt notes a finding about a part of an expression.
func (v *vetter) reportAt(check string, p place, field, source string, at *expression.Node, format string, args ...any) {
	if v.enough(check) {
		return
	}
	m := qualify.Mistake{Path: fmt.Sprintf("%s[%d]", p.list, p.item), ID: p.id, Field: field, Message: fmt.Sprintf(format, args...)}
	m.Line, m.Column, m.Source = document.Locate(source, at.Offset())
	v.add(check, m)
}

// root is the ID of the group in which all others end.
const root = "total"

func newVetter(model *qualify.Model) *vetter {
	p := program.Of(model)
	v := &vetter{
		policy: model.Policy(), program: p, solver: solver.New(p), counts: map[string]int{},
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
