package review

import (
	"fmt"
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

func (v *vetter) vetStages() {
	const most = 100 // stages: each is held against each
	for i, s := range v.policy.Stages {
		p, compiled := place{"stages", i, s.ID}, &v.program.Stages[i]
		if s.Keep != "" {
			v.condition(p, "keep", s.Keep, compiled.Keep)
			v.heldUnknown(i, p)
			v.oneSided(p, "keep", s.Keep, is(compiled.Keep, yes))
		}
		v.oneSided(p, "enter", s.Enter, is(compiled.Enter, yes))
		if constant(compiled.Enter) {
			continue
		}
		if !v.can(is(compiled.Enter, yes)) {
			v.unreachable(p, s.Enter, compiled.Enter)
			continue
		}
		v.condition(p, "enter", s.Enter, compiled.Enter)
		if len(v.policy.Stages) <= most {
			v.passedOver(i, p)
		}
		v.strictKeep(i, p)
		v.notHeld(i, p)
		if len(v.policy.Stages) <= most {
			v.timedOut(i, p)
		}
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
	s, compiled := &v.policy.Stages[i], &v.program.Stages[i]
	if s.Keep == "" || constant(compiled.Keep) || !v.can(is(compiled.Enter, no)) ||
		v.can(is(compiled.Keep, yes|unknown), is(compiled.Enter, no)) || v.can(is(compiled.Keep, yes), is(compiled.Enter, unknown)) {
		return
	}
	if v.solver.Same(compiled.Keep) == v.solver.Same(compiled.Enter) {
		v.reportAt(StrictKeep, p, "keep", s.Keep, compiled.Keep, "this is the same as enter, which holds a lead without it")
	} else if v.can(is(compiled.Enter, yes), is(compiled.Keep, no)) {
		v.reportAt(StrictKeep, p, "keep", s.Keep, compiled.Keep, "this is no wherever enter is: it holds nobody whom enter alone would not hold")
	}
}

// notHeld looks for a stage that is lost as soon as it is stored, since its
// conditions ask for the stage itself.
func (v *vetter) notHeld(i int, p place) {
	s, compiled := &v.policy.Stages[i], &v.program.Stages[i]
	if s.MinStay != 0 {
		return
	}
	stored := v.solver.Stored(i, 0)
	if v.can(append(slices.Clip(stored), is(compiled.Keep, yes|unknown))...) || v.can(append(slices.Clip(stored), is(compiled.Enter, yes))...) {
		return
	}
	field, source, hint := "keep", s.Keep, ""
	if s.Keep == "" {
		field, source, hint = "enter", s.Enter, `; give it a keep of its own, such as "true"`
	}
	v.reportAt(NotHeld, p, field, source, compiled.Keep, "once the verdict is stored, an assessment at the same instant moves the lead again: of a lead that has been in this stage for no time, %s is no%s", field, hint)
}

// heldUnknown looks for a fact without which keep cannot be no, since it is unknown: a lead
// that never has the fact is never lost. It leaves a fact alone without which no lead
// enters.
func (v *vetter) heldUnknown(i int, p place) {
	s, compiled := &v.policy.Stages[i], &v.program.Stages[i]
	if !v.can(is(compiled.Keep, no)) {
		return
	}
	type fact struct{ signal, attribute int }
	seen := map[fact]bool{}
	v.atoms(compiled.Keep, func(atom, n *expression.Node) {
		f, without, who := fact{program.None, program.None}, solver.Goal{}, ""
		switch slot, ok := n.Query(); {
		case n.Op == expression.OpLead && v.policy.Profile[n.Slot].Default == "":
			f.attribute, without, who = n.Slot, solver.Unknown(n), "of which "+n.Text+" is unknown"
		case n.Op == expression.OpCall && ok && solver.UnknownOfNone(v.program.Queries[slot].Func):
			f.signal = v.program.Queries[slot].Signal
			without, who = solver.Without(f.signal), fmt.Sprintf("without any %q", v.policy.Signals[f.signal].ID)
		default:
			return
		}
		if seen[f] || !v.can(without, is(atom, unknown)) {
			return
		}
		seen[f] = true
		if v.can(without, is(compiled.Keep, no)) || !v.can(without, is(compiled.Keep, unknown)) || !constant(compiled.Enter) && !v.can(without, is(compiled.Enter, yes)) {
			return
		}
		known := text(atom)
		if len(atom.Kids) > 1 {
			known = "(" + known + ")"
		}
		before := len(v.found)
		v.reportAt(HeldUnknown, p, "keep", s.Keep, atom, "a lead %s is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write %s ?? false to take the unknown for no", who, known)
		if f.attribute != program.None {
			v.soften(before)
		}
	})
}

// atoms visits the facts of a condition, through terms and criteria, each with the part
// of the condition that asks for it and is not joined of others.
func (v *vetter) atoms(n *expression.Node, visit func(atom, fact *expression.Node)) {
	switch n.Op {
	case expression.OpAnd, expression.OpOr, expression.OpNot, expression.OpCondition:
		for _, k := range n.Kids {
			v.atoms(k, visit)
		}
	default:
		v.facts(n, func(fact *expression.Node) { visit(n, fact) })
	}
}

// facts visits the parts of an expression, through terms and criteria.
func (v *vetter) facts(n *expression.Node, visit func(*expression.Node)) {
	seen := map[*expression.Node]bool{}
	var each func(n *expression.Node)
	each = func(n *expression.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		visit(n)
		for _, k := range n.Kids {
			each(k)
		}
		for _, i := range n.Many {
			each(v.program.Criteria[i].Met)
			each(v.program.Criteria[i].Unmet)
		}
	}
	each(n)
}

// timedOut looks for a stay that is meant to end after some time and does not. It asks only
// about an enter that is the same as long as no new fact arrives, but for what it asks of
// the stage.
func (v *vetter) timedOut(i int, p place) {
	s, compiled := &v.policy.Stages[i], &v.program.Stages[i]
	field, source, stay := "keep", s.Keep, v.daysInStage(compiled.Keep)
	if s.Keep == "" {
		field, source = "enter", s.Enter
	}
	if stay == nil && s.Keep != "" {
		field, source, stay = "enter", s.Enter, v.daysInStage(compiled.Enter)
	}
	if stay == nil || !v.static(compiled.Enter) {
		return
	}
	// The lead entered in world 1, and is in the stage in world 0.
	const entering, back = 1, 2
	ofStage := func(n *expression.Node) bool {
		return n.Op == expression.OpReached || n.Op == expression.OpDaysInStage
	}
	entered := is(v.solver.Elsewhere(compiled.Enter, entering, ofStage), yes)
	lost := append(v.solver.In(i, 0), entered, is(compiled.Keep, no))
	if !v.can(lost...) {
		return
	}
	if lost = append(lost, is(compiled.Enter, no|unknown)); !v.can(lost...) {
		v.reportAt(NeverLeaves, p, field, source, stay, "no lead leaves this stage as time passes: its enter is yes as long as no new fact arrives, and enter holds a lead that keep would let go; to end the stay, let an exit take the lead, or use max_stay to be told of it")
		return
	}
	again := v.solver.Elsewhere(compiled.Enter, back, ofStage)
	for to := program.None; to < len(v.program.Stages); to++ {
		below := to == program.None || v.program.Ranks[to] != program.None && (s.Exit || v.program.Ranks[to] < v.program.Ranks[i])
		if below && v.can(append(append(v.solver.Stored(to, back), lost...), is(again, no|unknown))...) {
			return
		}
	}
	v.reportAt(ComesAgain, p, field, source, stay, "a lead that time puts back from this stage enters it again at the next assessment: what enter asks of the stage holds of a lead that is not in it; to end the stay, let an exit take the lead, or use max_stay to be told of it")
}

// daysInStage gives the part of a condition that asks for the time in the stage; nil if
// none does.
func (v *vetter) daysInStage(n *expression.Node) (stay *expression.Node) {
	v.atoms(n, func(atom, fact *expression.Node) {
		if fact.Op == expression.OpDaysInStage && stay == nil {
			stay = atom
		}
	})
	return stay
}

// static reports whether an expression gives the same as long as no new fact arrives, but
// for what it asks of the stage.
func (v *vetter) static(n *expression.Node) bool {
	is := true
	v.facts(n, func(n *expression.Node) {
		switch n.Op {
		case expression.OpReached, expression.OpDaysInStage:
		case expression.OpScore, expression.OpBand:
			is = is && v.staticPoints(n.Slot)
		case expression.OpCall, expression.OpNow, expression.OpDaysSince, expression.OpDaysUntil, expression.OpCalendarDays:
			is = is && !n.TimeDependent()
		}
	})
	return is
}

// staticPoints reports whether a group has the same points as long as no new fact arrives.
func (v *vetter) staticPoints(group int) bool {
	p := v.program
	for i := range p.Rules {
		r, g := &p.Rules[i], p.Rules[i].Group
		for g != group && g != program.None {
			g = p.Groups[g].Parent
		}
		if g == program.None {
			continue
		}
		static := r.Within == 0 && !r.Decay.Decays()
		r.Expressions(func(n *expression.Node) { static = static && v.static(n) })
		if !static {
			return false
		}
	}
	return true
}
