package review

import (
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
)

func (v *vetter) vetStages() {
	const most = 100 // stages: each is held against each
	for i, s := range v.policy.Stages {
		p, k := place{"stages", i, s.ID}, &v.program.Stages[i]
		if s.Keep != "" {
			v.condition(p, "keep", s.Keep, k.Keep)
		}
		if constant(k.Enter) {
			continue
		}
		if !v.can(is(k.Enter, yes)) {
			v.unreachable(p, s.Enter, k.Enter)
			continue
		}
		v.condition(p, "enter", s.Enter, k.Enter)
		if len(v.policy.Stages) <= most {
			v.passedOver(i, p)
		}
		v.strictKeep(i, p)
		v.notHeld(i, p)
	}
}

// unreachable reports a stage that cannot be entered, where the least part of its
// condition that alone keeps it from yes stands.
func (v *vetter) unreachable(p place, source string, enter *expression.Node) {
	n, want := enter, yes
	for next := n; next != nil; {
		n, next = next, nil
		switch {
		case n.Op == expression.OpNot && turned(n) == n:
			next, want = n.Kids[0], (yes|no)&^want
		case n.Op == expression.OpAnd && want == yes, n.Op == expression.OpOr && want == no:
			if i := slices.IndexFunc(n.Kids, func(k *expression.Node) bool { return !v.can(is(k, want)) }); i >= 0 {
				next = n.Kids[i]
			}
		}
	}
	at, reason := v.reason(n, want)
	if n.Op == expression.OpAnd && want == no || n.Op == expression.OpOr && want == yes {
		reason = "" // each of its parts has its own
	}
	if reason == "" {
		reason = ": " + text(n) + " can never be " + word(want)
	}
	if subject(n) == nil && n.Op > expression.OpOr {
		separator := "; "
		for _, s := range turned(n).Sources {
			if scored(s) {
				reason += separator + v.lies(s)
				separator = ", "
			}
		}
	}
	v.reportAt(UnreachableStage, p, "enter", source, at, "no lead enters this stage%s", reason)
	v.said = n
	v.condition(p, "enter", source, enter)
}

// passedOver looks for a stage that goes before another whenever that one is entered:
// an exit, of the exits the one that is listed first, of the others the last.
func (v *vetter) passedOver(i int, p place) {
	s := &v.policy.Stages[i]
	for j, t := range v.policy.Stages {
		first := !s.Exit && (t.Exit || j > i) || s.Exit && t.Exit && j < i
		if !first || v.can(is(v.program.Stages[i].Enter, yes), is(v.program.Stages[j].Enter, no|unknown)) {
			continue
		}
		what := "the later stage"
		if t.Exit {
			what = "the exit"
		}
		v.reportAt(PassedOver, p, "enter", s.Enter, v.program.Stages[i].Enter, "whenever this is yes, so is enter of %s %q: a lead goes there instead", what, t.ID)
		return
	}
}

// strictKeep looks for a keep that never answers more than enter does. One that only
// turns its unknown into no is left alone: that may be what it is for.
func (v *vetter) strictKeep(i int, p place) {
	s, k := &v.policy.Stages[i], &v.program.Stages[i]
	if s.Keep == "" || constant(k.Keep) || !v.can(is(k.Enter, no)) ||
		v.can(is(k.Keep, yes|unknown), is(k.Enter, no)) || v.can(is(k.Keep, yes), is(k.Enter, unknown)) {
		return
	}
	if v.solver.Same(k.Keep) == v.solver.Same(k.Enter) {
		v.reportAt(StrictKeep, p, "keep", s.Keep, k.Keep, "this is the same as enter, which holds a lead without it")
	} else if v.can(is(k.Enter, yes), is(k.Keep, no)) {
		v.reportAt(StrictKeep, p, "keep", s.Keep, k.Keep, "this is no wherever enter is: it holds nobody whom enter alone would not hold")
	}
}

// notHeld looks for a stage that is lost as soon as it is stored, since its
// conditions ask for the stage itself.
func (v *vetter) notHeld(i int, p place) {
	s, k := &v.policy.Stages[i], &v.program.Stages[i]
	if s.MinStay != 0 {
		return
	}
	stored := v.solver.Stored(i)
	if v.can(append(slices.Clip(stored), is(k.Keep, yes|unknown))...) || v.can(append(slices.Clip(stored), is(k.Enter, yes))...) {
		return
	}
	field, source, hint := "keep", s.Keep, ""
	if s.Keep == "" {
		field, source, hint = "enter", s.Enter, `; give it a keep of its own, such as "true"`
	}
	v.reportAt(NotHeld, p, field, source, k.Keep, "once the verdict is stored, an assessment at the same instant moves the lead again: of a lead that has been in this stage for no time, %s is no%s", field, hint)
}
