package review

import (
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

// used tells what the expressions and the rest of a policy ask for, by number. None, which
// nothing has, may be among them.
type used struct {
	lead, props, signals map[int]bool
	lists                map[int]bool
	terms                map[string]bool // as expressions write them
}

// node adds what an expression asks for, but not what the terms in it do.
func (u *used) node(n *expression.Node) {
	switch n.Op {
	case expression.OpLead:
		u.lead[n.Slot] = true
	case expression.OpProp:
		u.props[n.Slot] = true
	case expression.OpTerm:
		u.terms[n.Text] = true
		return
	case expression.OpConstant:
		if n.Kind == fact.Texts && n.Slot > 0 {
			u.lists[n.Slot-1] = true
		}
	}
	for _, k := range n.Kids {
		u.node(k)
	}
}

// vetUse looks for declarations that nothing uses, and criteria that do not say what
// to ask. What an unused term uses counts as used: one finding is enough.
func (v *vetter) vetUse() {
	p := &v.policy
	u := &used{map[int]bool{}, map[int]bool{}, map[int]bool{}, map[int]bool{}, map[string]bool{}}
	for _, n := range v.nodes() {
		u.node(n)
	}
	for _, q := range v.program.Queries {
		u.signals[q.Signal], u.signals[q.Window.Since], u.props[q.Prop] = true, true, true
		if q.Func == history.Followed {
			u.signals[q.Other] = true
		}
	}
	for _, s := range v.program.Histories {
		u.signals[s.Of], u.props[s.Sum] = true, true
		if s.Relation != history.Unrelated {
			u.signals[s.Other] = true
		}
		if s.ForEach {
			u.props[s.Value] = true
		}
	}
	decay := func(d *program.Decay) {
		if d.Idle {
			u.signals[d.Signal] = true
		}
	}
	for i := range v.program.Rules {
		r := &v.program.Rules[i]
		u.signals[r.Signal], u.props[r.OncePer], u.props[r.ForEach] = true, true, true
		decay(&r.Decay)
	}
	for i := range v.program.Groups {
		decay(&v.program.Groups[i].Decay)
	}
	for _, scope := range v.program.Resets {
		for _, s := range scope {
			u.signals[s] = true
		}
	}
	for i, f := range p.Profile {
		v.unused(u.lead[i], place{"profile", i, f.Name}, "name", f.Name, "no expression asks for lead."+f.Name)
	}
	for i, f := range p.Properties {
		v.unused(u.props[i], place{"properties", i, f.Name}, "name", f.Name, "nothing asks for this property: at most it orders activities that are otherwise the same")
	}
	for i, t := range p.Terms {
		v.unused(u.terms["term."+t.ID], place{"terms", i, t.ID}, "id", t.ID, "no expression asks for term."+t.ID)
	}
	for i, l := range p.Lists {
		v.unused(u.lists[i], place{"lists", i, l.ID}, "id", l.ID, "no expression asks for list."+l.ID)
	}
	for i, s := range p.Signals {
		v.unused(u.signals[i], place{"signals", i, s.ID}, "id", s.ID, "no rule and no expression speaks of this signal")
	}
	for i := 1; i < len(v.groups); i++ {
		v.unused(v.paid(i), v.groupPlace(i), "id", v.groups[i].ID, "no rule pays into this group: its points are always "+lie(v.totals[i].kept))
	}
	for i, c := range p.Criteria {
		open := []solver.Goal{is(v.program.Criteria[i].Met, unknown)}
		if c.Unmet != "" {
			open = []solver.Goal{is(v.program.Criteria[i].Met, no|unknown), is(v.program.Criteria[i].Unmet, no|unknown)}
		}
		if c.Question == "" && v.can(open...) {
			v.report(NoQuestion, place{"criteria", i, c.ID}, "question", nil, "the answer can be unknown, and there is no question that a seller could ask")
		}
	}
}

func (v *vetter) unused(used bool, p place, field string, value any, reason string) {
	if !used {
		v.report(Unused, p, field, value, "%s", reason)
	}
}

// vetRelations looks for signals that have to do with one that never occurs.
func (v *vetter) vetRelations() {
	for i, s := range v.policy.Signals {
		g := &v.program.Histories[i]
		if g.Relation == history.Unrelated || v.occurs(g.Other) {
			continue
		}
		p, other := place{"signals", i, s.ID}, v.policy.Signals[g.Other].ID
		switch {
		case g.Relation == history.NotFollowing && g.ForEach:
			v.report(RelationMoot, p, g.Relation.String(), other, "the signal %q never occurs: this only leaves out what has no %s", other, s.ForEach)
		case g.Relation == history.NotFollowing:
			v.report(RelationMoot, p, g.Relation.String(), other, "the signal %q never occurs: this leaves out nothing", other)
		default:
			v.report(RelationMoot, p, g.Relation.String(), other, "the signal %q never occurs, and so neither does this one", other)
		}
	}
}

// nodes lists the expressions of the policy, those of terms once.
func (v *vetter) nodes() []*expression.Node {
	p := v.program
	all := slices.Clone(p.TermBodies)
	for i := range p.Signals {
		all = append(all, p.Signals[i].Where)
	}
	for i := range p.Rules {
		all = append(all, p.Rules[i].When, p.Rules[i].Multiply)
		for _, t := range p.Rules[i].Tiers {
			all = append(all, t.When)
		}
	}
	for _, c := range p.Criteria {
		all = append(all, c.Met, c.Unmet)
	}
	for _, s := range p.Stages {
		all = append(all, s.Enter, s.Keep)
	}
	return slices.DeleteFunc(all, func(n *expression.Node) bool { return n == nil })
}

// paid reports whether a rule pays into a group or one below it.
func (v *vetter) paid(i int) bool {
	for _, r := range v.program.Rules {
		for g := r.Group; g != program.None; g = v.program.Groups[g].Parent {
			if g == i {
				return true
			}
		}
	}
	return false
}
