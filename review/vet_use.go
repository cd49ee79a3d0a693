package review

import (
	"slices"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/solver"
)

// used tells what the expressions and the rest of a policy ask for, by number.
type used struct {
	lead, props, signals map[int]bool
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
	}
	for _, k := range n.Kids {
		u.node(k)
	}
}

// vetUse looks for declarations that nothing uses, and criteria that do not say what
// to ask. What an unused term uses counts as used: one finding is enough.
func (v *vetter) vetUse() {
	p := &v.policy
	u := &used{map[int]bool{}, map[int]bool{}, map[int]bool{}, map[string]bool{}}
	signal := func(id string) {
		u.signals[slices.IndexFunc(p.Signals, func(s qualify.Signal) bool { return s.ID == id })] = true
	}
	property := func(name string) {
		u.props[slices.IndexFunc(p.Properties, func(f qualify.Field) bool { return f.Name == name })] = true
	}
	for _, n := range v.nodes() {
		u.node(n)
	}
	for _, c := range v.compiler.Calls {
		u.signals[c.Signal], u.signals[c.Window.Since] = true, true
		if c.Func == history.Followed {
			u.signals[c.Other] = true
		}
		if c.Prop != history.None {
			u.props[c.Prop] = true
		}
	}
	for _, s := range p.Signals {
		signal(s.Of)
		property(s.Sum)
	}
	for _, r := range p.Rules {
		signal(r.On)
		signal(r.Decay.Idle)
		property(r.Limit.OncePer)
	}
	for _, g := range v.groups {
		signal(g.ResetOn)
		signal(g.Decay.Idle)
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
	for i, s := range p.Signals {
		v.unused(u.signals[i], place{"signals", i, s.ID}, "id", s.ID, "no rule and no expression speaks of this signal")
	}
	for i := 1; i < len(v.groups); i++ {
		v.unused(v.paid(i), v.groupPlace(i), "id", v.groups[i].ID, "no rule pays into this group: its points are always "+lie(v.spans[i]))
	}
	for i, k := range p.Criteria {
		open := []solver.Goal{is(v.criteria[i].Met, unknown)}
		if k.Unmet != "" {
			open = []solver.Goal{is(v.criteria[i].Met, no|unknown), is(v.criteria[i].Unmet, no|unknown)}
		}
		if k.Question == "" && v.can(open...) {
			v.report("no_question", place{"criteria", i, k.ID}, "question", nil, "the answer can be unknown, and there is no question that a seller could ask")
		}
	}
}

func (v *vetter) unused(used bool, p place, field string, value any, reason string) {
	if !used {
		v.report("unused", p, field, value, "%s", reason)
	}
}

// nodes lists the expressions of the policy, those of terms once.
func (v *vetter) nodes() []*expression.Node {
	var all []*expression.Node
	for _, t := range v.terms {
		all = append(all, t.Kids[0])
	}
	all = append(all, v.wheres...)
	for i := range v.rules {
		all = append(append(all, v.rules[i].when, v.rules[i].multiply), v.rules[i].tiers...)
	}
	for _, k := range v.criteria {
		all = append(all, k.Met, k.Unmet)
	}
	for _, s := range v.stages {
		all = append(all, s.enter, s.keep)
	}
	return slices.DeleteFunc(all, func(n *expression.Node) bool { return n == nil })
}

// paid reports whether a rule pays into a group or one below it.
func (v *vetter) paid(i int) bool {
	for _, r := range v.rules {
		for g := r.group; g >= 0; g = v.parents[g] {
			if g == i {
				return true
			}
		}
	}
	return false
}
