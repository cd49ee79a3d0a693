package review

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/solver"
)

const (
	yes     = expression.Set(1 << expression.Yes)
	no      = expression.Set(1 << expression.No)
	unknown = expression.Set(1 << expression.Unknown)
)

// can reports whether conditions can give some answers at once: node, answers, ….
func (v *vetter) can(goals ...solver.Goal) bool { return v.solver.Possible(goals...) }

func is(n *expression.Node, want expression.Set) solver.Goal {
	return solver.Goal{Node: n, Want: want}
}

func constant(n *expression.Node) bool { return n.Op == expression.OpConstant }

func (v *vetter) vetConditions() {
	p := &v.policy
	for i, t := range p.Terms {
		v.condition(place{"terms", i, t.ID}, "is", t.Is, v.program.TermBodies[i])
	}
	for i, s := range p.Signals {
		v.condition(place{"signals", i, s.ID}, "where", s.Where, v.program.Signals[i].Where)
	}
	for i, r := range p.Rules {
		at, compiled := place{"rules", i, r.ID}, &v.program.Rules[i]
		v.condition(at, "when", r.When, compiled.When)
		v.oneSided(at, "when", r.When, is(compiled.When, yes))
		v.condition(at, "multiply", r.Multiply, compiled.Multiply)
		for j, t := range r.Tiers {
			v.condition(at, fmt.Sprintf("tiers[%d].when", j), t.When, compiled.Tiers[j].When)
		}
	}
	for i, c := range p.Criteria {
		at, judged := place{"criteria", i, c.ID}, &v.program.Criteria[i]
		v.condition(at, "met", c.Met, judged.Met)
		v.condition(at, "unmet", c.Unmet, judged.Unmet)
		if judged.Unmet == nil {
			v.oneSided(at, "met", c.Met, is(judged.Met, yes))
		} else {
			v.oneSided(at, "met", c.Met, is(judged.Met, yes), is(judged.Unmet, no|unknown))
		}
	}
}

// condition looks for parts of an expression that cannot be yes, or cannot be no.
func (v *vetter) condition(p place, field, source string, n *expression.Node) {
	if n != nil && !constant(n) {
		v.part(p, field, source, n, false)
		v.wildcards(p, field, source, n)
	}
}

// wild is a pattern in which only stars and percent signs are no letters, digits, blanks and the like, and one of them stands
// where it hardly repeats what is before it.
var wild = regexp.MustCompile(`^%[^%]*%?$|^[^%]*%$|[\pL\pN _-]\*`)

// wildcards looks for patterns that take * or % for any text, as file names and LIKE do.
func (v *vetter) wildcards(p place, field, source string, n *expression.Node) {
	if n.Op == expression.OpTerm {
		return // it is looked at where it stands
	}
	for _, k := range n.Kids {
		v.wildcards(p, field, source, k)
	}
	if n.Op != expression.OpMatches {
		return
	}
	pattern := strings.TrimPrefix(n.Pattern(), "(?i)")
	if strings.ContainsAny(pattern, `\.+()[]{}|^$`) || !wild.MatchString(pattern) {
		return
	}
	v.reportAt(Wildcard, p, field, source, n, "in a pattern * repeats the character before it, and %% is only itself: for any text write .*, as in matches %q",
		strings.NewReplacer("*", ".*", "%", ".*").Replace(pattern))
}

// part reports the least parts only: what they are a part of follows from them. It
// tells whether there are any. What is inner is joined to more by the same word, and
// is asked about with it, and so is what a not turns round: "not in" is one word.
func (v *vetter) part(p place, field, source string, n *expression.Node, inner bool) (found bool) {
	if n.Op == expression.OpTerm {
		return false // it is looked at where it stands
	}
	for _, k := range n.Kids {
		if !constant(k) && v.part(p, field, source, k, k.Op == n.Op && n.Op != expression.OpNot || turned(n) != n) {
			found = true
		}
	}
	if found || inner || n.Kind != fact.Bool || n.Op == expression.OpNot && turned(n) == n || constant(n) {
		return found
	}
	if n == v.said {
		return true
	}
	for _, want := range [...]expression.Set{yes, no} {
		// An and is no, and an or is yes, where one of its parts is.
		if n.Op == expression.OpAnd && want == no || n.Op == expression.OpOr && want == yes || v.can(is(n, want)) {
			continue
		}
		check := NeverYes
		if want == no {
			check = NeverNo
		}
		if slices.ContainsFunc(turned(n).Sources, scored) {
			check = Threshold
		}
		at, reason := v.reason(n, want)
		before := len(v.found)
		v.reportAt(check, p, field, source, at, "this can never be %s%s", word(want), reason)
		if want == no {
			v.soften(before)
		}
		return true
	}
	return false
}

// turned gives the comparison, test or call that a not turns round; all else is itself.
func turned(n *expression.Node) *expression.Node {
	if n.Op == expression.OpNot && n.Kids[0].Op > expression.OpConstant {
		return n.Kids[0]
	}
	return n
}

func word(want expression.Set) string {
	if want == no {
		return "no"
	}
	return "yes"
}

func scored(n *expression.Node) bool {
	return n.Op == expression.OpScore || n.Op == expression.OpBand
}

// reason says why a condition cannot be yes, or cannot be no, and where that shows. It
// goes after that word; it is blank where there is no more to say.
func (v *vetter) reason(at *expression.Node, want expression.Set) (_ *expression.Node, reason string) {
	n, asked := turned(at), want
	if n != at {
		want = (yes | no) &^ want
	}
	if n.Op == expression.OpAnd && want == yes || n.Op == expression.OpOr && want == no {
		return v.conflict(n, want)
	}
	if s := subject(n); s != nil {
		if all := v.valuesOf(s); len(all) > 0 {
			which := "none of which is as asked"
			if asked == no {
				which = "all of which are as asked"
			}
			return at, fmt.Sprintf(": %s is one of %s, %s", s.Text, strings.Join(all, ", "), which)
		}
		never := "never " + n.Wanted(want == yes)
		if n.Op == expression.OpIn && want == yes {
			never = "never one of these"
		}
		if n.Op == expression.OpIn && want == no {
			never = "always one of these"
			if v.can(is(n, unknown)) {
				never = "one of these where it is known"
			}
		}
		return at, fmt.Sprintf(": %s, and is %s", v.lies(s), never)
	}
	if len(n.Sources) == 1 && n.Sources[0].Text == n.Text {
		return at, "" // it would be "whatever it is"
	}
	return at, ", whatever " + facts(n)
}

// conflict finds the least of the joined conditions that exclude one another.
func (v *vetter) conflict(n *expression.Node, want expression.Set) (*expression.Node, string) {
	parts := joined(n, n.Op, nil)
	const few = 50 // to leave out one after the other takes their square
	for i := 0; len(parts) <= few && i < len(parts); {
		var goals []solver.Goal
		for j, k := range parts {
			if j != i {
				goals = append(goals, is(k, want))
			}
		}
		if v.can(goals...) {
			i++
		} else {
			parts = slices.Delete(parts, i, i+1)
		}
	}
	var texts, ranges []string
	var one *expression.Node
	same := true
	for i, k := range parts {
		texts = append(texts, text(k))
		s := subject(k)
		if same = same && s != nil && (i == 0 || v.solver.Same(s) == v.solver.Same(one)); same {
			one = s
		}
		for _, source := range k.Sources {
			if scored(source) && !slices.Contains(ranges, v.lies(source)) {
				ranges = append(ranges, v.lies(source))
			}
		}
	}
	at := parts[len(parts)-1]
	if len(parts) > 4 {
		texts = []string{fmt.Sprintf("%s and %d more conditions", texts[0], len(parts)-1)}
	}
	all := ": " + strings.Join(texts, " and ")
	switch {
	case same && len(parts) > 1 && want == yes:
		all += " leave no " + v.kind(one)
	case same && len(parts) > 1:
		all = ": " + strings.Join(texts, " or ") + " together leave out no " + v.kind(one)
	case len(parts) == 1:
		all += " never is"
	case want == yes:
		all += " exclude one another"
	default:
		all += " are never all no"
	}
	if len(ranges) > 0 {
		all += "; " + strings.Join(ranges, ", ")
	}
	return at, all
}

// joined lists what is joined by and, or by or.
func joined(n *expression.Node, op expression.Op, list []*expression.Node) []*expression.Node {
	if n.Op != op {
		return append(list, n)
	}
	for _, k := range n.Kids {
		list = joined(k, op, list)
	}
	return list
}

// text gives the source of a condition, which those that are joined to others do not have.
func text(n *expression.Node) string {
	if n.Text != "" {
		return n.Text
	}
	switch n.Op {
	case expression.OpAnd:
		return "(" + text(n.Kids[0]) + " and " + text(n.Kids[1]) + ")"
	case expression.OpOr:
		return "(" + text(n.Kids[0]) + " or " + text(n.Kids[1]) + ")"
	case expression.OpNot:
		return "not (" + text(n.Kids[0]) + ")"
	}
	return "this"
}

// subject gives what a comparison with literals is about; nil if it is none.
func subject(n *expression.Node) *expression.Node {
	switch n.Op {
	case expression.OpNot:
		return subject(n.Kids[0])
	case expression.OpEqual, expression.OpNotEqual, expression.OpLess, expression.OpLessEqual, expression.OpGreater, expression.OpGreaterEqual:
		switch l, r := n.Kids[0], n.Kids[1]; {
		case constant(l) && constant(r):
		case constant(l):
			return r
		case constant(r):
			return l
		}
	case expression.OpIn:
		if n.Literals() != nil && !constant(n.Kids[0]) {
			return n.Kids[0]
		}
	case expression.OpContains, expression.OpStartsWith, expression.OpEndsWith, expression.OpMatches:
		return n.Kids[0]
	}
	return nil
}

func (v *vetter) kind(n *expression.Node) string {
	switch n.Kind {
	case fact.Number:
		if v.solver.Whole(n) {
			return "whole number"
		}
		return "number"
	case fact.Time:
		return "time"
	case fact.Bool:
		return "answer"
	}
	return "text"
}

// lies says of a value between what it lies.
func (v *vetter) lies(n *expression.Node) string {
	switch {
	case n.Op == expression.OpBand:
		return n.Text + " " + v.bandsOf(n.Slot)
	case n.Kind == fact.Number && !n.Age():
		x := v.solver.Number(n)
		word := " is "
		switch {
		case x.Lo == x.Hi && x.Unknown:
			word = " is, where it is known, "
		case x.Lo == x.Hi:
			word = " is always "
		case v.solver.Whole(n):
			word = " is a whole number "
			if bounded(x.Lo) != bounded(x.Hi) {
				word = " is a whole number, "
			}
		case bounded(x.Lo) && bounded(x.Hi):
			word = " lies "
		}
		return n.Text + word + from(x.Lo, x.Hi)
	case n.Kind == fact.Number:
		return n.Text + " counts from the past"
	}
	if f := v.field(n); f != nil && len(f.Values) == 0 && len(f.Placeholders) > 0 {
		return n.Text + " is unknown where it is a placeholder"
	}
	return n.Text + " is one of its values"
}

// field gives the declaration of a text that is a fact; nil if it is none.
func (v *vetter) field(n *expression.Node) *expression.Field {
	for n.Op == expression.OpTerm {
		n = n.Kids[0]
	}
	switch slot, call := n.Query(); {
	case n.Kind != fact.Text && n.Kind != fact.Code:
	case n.Op == expression.OpLead:
		return &v.program.Profile[slot]
	case n.Op == expression.OpProp:
		return &v.program.Properties[slot]
	case call:
		return &v.program.Properties[v.program.Queries[slot].Prop]
	}
	return nil
}

// valuesOf lists the declared values of a text; nil if there are none.
func (v *vetter) valuesOf(n *expression.Node) (all []string) {
	f := v.field(n)
	if f == nil {
		return nil
	}
	placeholders := fact.NewReader(fact.Spec{Kind: f.Kind, Placeholders: f.Placeholders})
	for _, value := range f.Values {
		var v fact.Value
		if placeholders.Read(value, &v, nil); v.Known {
			all = append(all, strconv.Quote(value))
		}
	}
	const most = 12
	if more := len(all) - most; more > 0 {
		all = append(all[:most], fmt.Sprintf("or %d more", more))
	}
	return all
}

// facts lists what a condition rests on.
func facts(n *expression.Node) string {
	var all []string
	for _, s := range n.Sources {
		all = append(all, s.Text)
	}
	switch len(all) {
	case 0:
		return "the lead"
	case 1:
		return all[0] + " is"
	}
	return strings.Join(all, " and ") + " are"
}

// vetTiers looks for tiers that never pay, and for an else that is never paid.
func (v *vetter) vetTiers() {
	const most = 100 // tiers of a rule: each is asked about together with those before it
	for i, r := range v.policy.Rules {
		p, compiled := place{"rules", i, r.ID}, &v.program.Rules[i]
		if len(compiled.Tiers) > most {
			continue
		}
		var before []solver.Goal
		for j := range compiled.Tiers {
			t := compiled.Tiers[j].When
			field := fmt.Sprintf("tiers[%d].when", j)
			v.oneSided(p, field, r.Tiers[j].When, is(t, yes), before...)
			if v.can(is(t, yes)) && !v.can(append(before, is(t, yes))...) {
				reason := "this tier never pays: while it is yes, the tiers before it are not all no"
				for b, goal := range before {
					if !v.can(goal, is(t, yes)) {
						reason = fmt.Sprintf("this tier never pays: while it is yes, tiers[%d] before it is not no: %s", b, text(goal.Node))
						break
					}
				}
				v.reportAt(TierTaken, p, field, r.Tiers[j].When, t, "%s", reason)
			}
			before = append(before, is(t, no))
		}
		what := "the tiers are never all no"
		if compiled.When != nil {
			before, what = []solver.Goal{is(compiled.When, no)}, "when is never no"
		}
		if r.Else != 0 && before != nil && !v.can(before...) {
			v.report(ElseNever, p, "else", r.Else, "this is never paid: %s", what)
		}
	}
}
