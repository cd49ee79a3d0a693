package review

import (
	"slices"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
)

func (v *vetter) vetStages() {
	const most = 100 // stages: each is held against each
	for i, s := range v.policy.Stages {
		p, k := place{"stages", i, s.ID}, &v.stages[i]
		if s.Keep != "" {
			v.condition(p, "keep", s.Keep, k.keep)
		}
		if constant(k.enter) {
			continue
		}
		if !v.can(is(k.enter, yes)) {
			v.unreachable(p, s.Enter, k.enter)
			continue
		}
		v.condition(p, "enter", s.Enter, k.enter)
		if len(v.stages) <= most {
			v.passedOver(i, p)
		}
		v.strictKeep(i, p)
		v.notHeld(i, p)
	}
}

// unreachable reports a stage that cannot be entered, where the first part of its
// condition that cannot be yes stands.
func (v *vetter) unreachable(p place, source string, enter *expression.Node) {
	never := "this can never be yes"
	if enter.Op == expression.OpNot {
		never = "this can never be no"
	}
	const nobody = "no lead enters this stage"
	before := len(v.found)
	v.condition(p, "enter", source, enter)
	for i := before; i < len(v.found); i++ {
		f := &v.found[i]
		if reason, ok := strings.CutPrefix(f.Message, never); ok {
			f.Check, f.Message = "unreachable_stage", nobody+reason
			return
		}
	}
	_, reason := v.reason(enter, yes)
	var ranges []string
	for _, s := range enter.Sources {
		if scored(s) {
			ranges = append(ranges, v.lies(s))
		}
	}
	if len(ranges) > 0 {
		reason += "; " + strings.Join(ranges, ", ")
	}
	v.reportAt("unreachable_stage", p, "enter", source, enter, "%s%s", nobody, strings.TrimPrefix(reason, never))
}

// passedOver looks for a stage that goes before another whenever that one is entered:
// an exit, of the exits the one that is listed first, of the others the last.
func (v *vetter) passedOver(i int, p place) {
	s := &v.policy.Stages[i]
	for j, t := range v.policy.Stages {
		first := !s.Exit && (t.Exit || j > i) || s.Exit && t.Exit && j < i
		if !first || v.can(is(v.stages[i].enter, yes), is(v.stages[j].enter, no|unknown)) {
			continue
		}
		what := "the later stage"
		if t.Exit {
			what = "the exit"
		}
		v.report("passed_over", p, "enter", s.Enter, "whenever this is yes, so is enter of %s %q: a lead goes there instead", what, t.ID)
		return
	}
}

// strictKeep looks for a keep that never answers more than enter does. One that only
// turns its unknown into no is left alone: that may be what it is for.
func (v *vetter) strictKeep(i int, p place) {
	s, k := &v.policy.Stages[i], &v.stages[i]
	if s.Keep == "" || constant(k.keep) || !v.can(is(k.enter, no)) ||
		v.can(is(k.keep, yes|unknown), is(k.enter, no)) || v.can(is(k.keep, yes), is(k.enter, unknown)) {
		return
	}
	if v.solver.Same(k.keep) == v.solver.Same(k.enter) {
		v.report("strict_keep", p, "keep", s.Keep, "this is the same as enter, which holds a lead without it")
	} else if v.can(is(k.enter, yes), is(k.keep, no)) {
		v.report("strict_keep", p, "keep", s.Keep, "this is no wherever enter is: it holds nobody whom enter alone would not hold")
	}
}

// notHeld looks for a stage that is lost as soon as it is stored, since its
// conditions ask for the stage itself.
func (v *vetter) notHeld(i int, p place) {
	s, k := &v.policy.Stages[i], &v.stages[i]
	if s.MinStay != 0 {
		return
	}
	stored := v.solver.Stored(i, v.order)
	if v.can(append(slices.Clip(stored), is(k.keep, yes|unknown))...) || v.can(append(slices.Clip(stored), is(k.enter, yes))...) {
		return
	}
	field, value, hint := "keep", s.Keep, ""
	if s.Keep == "" {
		field, value, hint = "enter", s.Enter, `; give it a keep of its own, such as "true"`
	}
	v.report("not_held", p, field, value, "once a lead has been in this stage for no time, %s is no: the next assessment moves it again%s", field, hint)
}
