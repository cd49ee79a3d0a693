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
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/points"
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
	if v.full {
		return nil
	}
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

// vetter has what the checks need of one policy.
type vetter struct {
	policy   qualify.Policy
	compiler *expression.Compiler
	solver   *solver.Solver
	found    []placed
	counts   map[string]int   // of what each check found
	said     *expression.Node // why a stage cannot be entered

	groups   []qualify.Group // the root first
	parents  []int           // of the groups; -1 of the root
	scopes   []int           // of the groups: which resets hide history from their rules
	rules    []rule
	terms    []*expression.Node
	wheres   []*expression.Node // of the signals
	criteria []expression.Judged
	stages   []stage
	order    []int // of the stages, as a Frame has it

	sums  []points.Span // by group: of what lies below it
	spans []points.Span // by group: of its points

	full bool // the policy is so large that not all of it could be compiled once more
}

type rule struct {
	group          int
	when, multiply *expression.Node
	tiers          []*expression.Node
	sum, span      points.Span // before and after min and max
}

type stage struct{ enter, keep *expression.Node }

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

// newVetter compiles the expressions of a policy that is known to compile.
func newVetter(model *qualify.Model) *vetter {
	v := &vetter{policy: model.Policy(), counts: map[string]int{}}
	p := &v.policy
	v.groups = []qualify.Group{{ID: root}}
	for _, g := range p.Groups {
		if g.ID == root {
			v.groups[0] = g
		} else {
			v.groups = append(v.groups, g)
		}
	}
	names := expression.Names{Lead: fields(p.Profile), Props: fields(p.Properties), Location: model.Location()}
	signals := make([]solver.Signal, len(p.Signals))
	for i, s := range p.Signals {
		names.Signals = append(names.Signals, s.ID)
		of := slices.IndexFunc(p.Signals, func(t qualify.Signal) bool { return t.ID == s.Of })
		signals[i] = solver.Signal{Types: s.Types, Where: s.Where, Of: of}
		if s.Of == "" && len(s.Types) == 0 {
			signals[i].Types = []string{s.ID}
		}
	}
	for _, t := range p.Terms {
		names.Terms = append(names.Terms, expression.Term{ID: t.ID, Source: t.Is})
	}
	for _, k := range p.Criteria {
		names.Criteria = append(names.Criteria, expression.Criterion{ID: k.ID, Set: k.Set})
	}
	for _, g := range v.groups {
		group := expression.Group{ID: g.ID}
		for _, b := range g.Bands {
			group.Labels = append(group.Labels, b.Label)
		}
		names.Groups = append(names.Groups, group)
	}
	rank := 0
	for _, s := range p.Stages {
		names.Stages = append(names.Stages, s.ID)
		if v.order = append(v.order, expression.None); !s.Exit {
			v.order[len(v.order)-1] = rank
			rank++
		}
	}
	// The policy has been held to bounds; these are the widest that there are.
	v.compiler = expression.NewCompiler(names, expression.Limits{Length: 16384, Nesting: 200, Nodes: 5000, Pattern: 5000})
	v.parents, v.scopes = make([]int, len(v.groups)), make([]int, len(v.groups))
	for i, g := range v.groups {
		v.parents[i] = max(0, v.group(g.Parent))
	}
	v.parents[0] = -1
	for i := range v.groups {
		at := i
		for at >= 0 && v.groups[at].ResetOn == "" {
			at = v.parents[at]
		}
		v.scopes[i] = at + 1 // 0 without a reset
	}
	for _, s := range p.Signals {
		v.wheres = append(v.wheres, v.compile(s.Where, expression.InWhere, fact.Bool, 0))
	}
	for _, k := range p.Criteria {
		judged := expression.Judged{Met: v.compile(k.Met, expression.InCriterion, fact.Bool, 0), Unmet: v.compile(k.Unmet, expression.InCriterion, fact.Bool, 0)}
		v.compiler.Criteria = append(v.compiler.Criteria, judged)
		v.criteria = append(v.criteria, judged)
	}
	for _, t := range p.Terms {
		v.terms = append(v.terms, v.compile("term["+strconv.Quote(t.ID)+"]", expression.InTerm, fact.None, 0))
	}
	for _, r := range p.Rules {
		k := rule{group: max(0, v.group(r.Group))}
		scope, where := v.scopes[k.group], expression.InMultiply
		if r.On != "" {
			where = expression.InEventMultiply
		}
		k.when = v.compile(r.When, expression.InRule, fact.Bool, scope)
		k.multiply = v.compile(r.Multiply, where, fact.Number, scope)
		for _, t := range r.Tiers {
			k.tiers = append(k.tiers, v.compile(t.When, expression.InRule, fact.Bool, scope))
		}
		v.rules = append(v.rules, k)
	}
	for _, s := range p.Stages {
		k := stage{enter: v.compile(s.Enter, expression.InStage, fact.Bool, 0)}
		if k.keep = k.enter; s.Keep != "" {
			k.keep = v.compile(s.Keep, expression.InStage, fact.Bool, 0)
		}
		v.stages = append(v.stages, k)
	}
	v.solver = solver.New(v.compiler, signals)
	return v
}

// compile compiles an expression of the policy; a blank one is nil.
func (v *vetter) compile(source string, where expression.Place, want fact.Kind, scope int) *expression.Node {
	if source == "" {
		return nil
	}
	n, _ := v.compiler.Compile(source, where, want, scope)
	v.full = v.full || n == nil
	return n
}

// group finds a group; -1 if there is none, as for a blank ID.
func (v *vetter) group(id string) int {
	return slices.IndexFunc(v.groups, func(g qualify.Group) bool { return id != "" && g.ID == id })
}

// groupPlace is where a group is listed; the root need not be.
func (v *vetter) groupPlace(i int) place {
	id := v.groups[i].ID
	return place{"groups", slices.IndexFunc(v.policy.Groups, func(g qualify.Group) bool { return g.ID == id }), id}
}

func fields(list []qualify.Field) []expression.Field {
	var out []expression.Field
	for _, f := range list {
		kind, _ := fact.ParseKind(string(f.Kind))
		e := expression.Field{Name: f.Name, Kind: kind, Values: f.Values, Placeholders: f.Placeholders, Lo: -fact.MaxNumber, Hi: fact.MaxNumber}
		if f.Minimum != nil {
			e.Lo = *f.Minimum
		}
		if f.Maximum != nil {
			e.Hi = *f.Maximum
		}
		out = append(out, e)
	}
	return out
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
