package program

import (
	"fmt"
	"strings"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
)

// String prints a program, with one line for each part. Parts are named by their
// indexes: signal 0 is s0, rule 0 is r0, group 0 is g0. Points are in points.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "location %s\n", p.Location)
	for i, f := range p.Profile {
		fmt.Fprintf(&b, "attribute f%d %s %s", i, f.Name, f.Kind)
		if f.Kind == fact.Number {
			fmt.Fprintf(&b, " %g to %g", f.Lo, f.Hi)
		}
		if len(f.Values) > 0 {
			fmt.Fprintf(&b, " of %q", f.Values)
		}
		b.WriteByte('\n')
	}
	props := make([]string, len(p.Props))
	for i, f := range p.Props {
		props[i] = f.Name
		fmt.Fprintf(&b, "property p%d %s %s\n", i, f.Name, f.Kind)
	}
	signals := make([]string, len(p.Signals))
	for i := range p.Signals {
		signals[i] = fmt.Sprint("s", i)
		fmt.Fprintf(&b, "signal s%d%s\n", i, p.signal(i))
	}
	for i, resetScope := range p.Resets {
		if i > 0 {
			fmt.Fprintf(&b, "scope %d reset by signals %d\n", i, resetScope)
		}
	}
	for _, i := range p.QueryOrder {
		q := p.Queries[i]
		fmt.Fprintf(&b, "query f%d %s%s between %g and %g\n", len(p.Profile)+i, q.Format(signals, props), inScope(q.ResetScope), p.QueryLo[i], p.QueryHi[i])
	}
	for i, c := range p.Criteria {
		fmt.Fprintf(&b, "criterion %d%s%s\n", i, text(" met", c.Met), text(" unmet", c.Unmet))
	}
	for i := range p.Rules {
		fmt.Fprintf(&b, "rule r%d%s\n", i, p.Rules[i].line())
	}
	for _, i := range p.GroupOrder {
		fmt.Fprintf(&b, "group g%d%s\n", i, p.Groups[i].line())
	}
	for i := range p.Stages {
		fmt.Fprintf(&b, "stage %d%s\n", i, p.stage(i))
	}
	fmt.Fprintf(&b, "terms %d\ntime-dependent rules %d, in steps: %d, event rules: %d\n", p.Terms, p.TimeDependent, p.SteppedRules, p.EventRules)
	for _, f := range p.Facts {
		fmt.Fprintf(&b, "fact f%d read by rules %d\n", f, p.ReadBy[f])
	}
	return b.String()
}

func (p *Program) signal(i int) string {
	var b strings.Builder
	h := &p.Histories[i]
	if h.Of == history.None {
		fmt.Fprintf(&b, " of %q%s", h.Types, text(" where", p.Signals[i].Where))
	} else {
		fmt.Fprintf(&b, " at every %g of s%d", h.Every, h.Of)
		if h.Sum != history.None {
			fmt.Fprintf(&b, " sum p%d", h.Sum)
		}
		b.WriteString(period(h.Per, h.Period != nil) + span(" gap", h.Gap))
	}
	if h.Relation != history.Unrelated {
		fmt.Fprintf(&b, " %s s%d%s", h.Relation, h.Other, span(" within", h.Within))
	}
	if h.ForEach {
		fmt.Fprintf(&b, " for each p%d", h.Value)
	}
	return b.String()
}

func (r *Rule) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, " in g%d%s", r.Group, inScope(r.ResetScope))
	if r.Signal != None {
		fmt.Fprintf(&b, " on s%d", r.Signal)
	}
	fmt.Fprintf(&b, "%s points %g", text(" when", r.When), r.Points.Float())
	if r.Else != 0 {
		fmt.Fprintf(&b, " else %g", r.Else.Float())
	}
	for _, t := range r.Tiers {
		fmt.Fprintf(&b, "%s points %g", text(" tier", t.When), t.Points.Float())
	}
	b.WriteString(text(" multiply", r.Multiply))
	if l := &r.Limit; !l.Zero() {
		b.WriteString(" limit")
		if l.Times > 0 {
			fmt.Fprintf(&b, " times %d", l.Times)
		}
		if l.Points > 0 {
			fmt.Fprintf(&b, " points %g", l.Points.Float())
		}
		if l.OncePer {
			fmt.Fprintf(&b, " once per p%d", r.OncePer)
		}
		if l.ForEach {
			fmt.Fprintf(&b, " for each p%d", r.ForEach)
		}
		b.WriteString(period(l.Per, l.Period != nil) + span(" gap", l.Gap))
		if l.Ever {
			b.WriteString(" ever")
		}
	}
	b.WriteString(span(" within", r.Within) + r.Decay.text() + bounds(r.Min, r.Max))
	if r.WorthReadsFacts {
		b.WriteString(" worth reads facts")
	}
	return b.String()
}

func (d *Decay) text() string {
	if d.Decay == (accrual.Decay{}) {
		return ""
	}
	s := " decay" + span(" half-life", d.HalfLife) + span(" linear", d.Linear) + span(" every", d.Every)
	if d.Every > 0 {
		s += fmt.Sprintf(" lose %g", d.Lose)
		if d.Compound != nil {
			s += " compound"
		}
	}
	if d.Idle {
		s += fmt.Sprintf(" idle s%d", d.Signal)
	}
	return s
}

func (g *Group) line() string {
	var b strings.Builder
	if g.Parent != None {
		fmt.Fprintf(&b, " in g%d weight %g", g.Parent, g.Weight)
	}
	if g.Percent {
		fmt.Fprintf(&b, " percent of%s", bounds(g.SumSpan.Lo, g.SumSpan.Hi))
	}
	if g.Round > 0 {
		fmt.Fprintf(&b, " round %g", g.Round.Float())
	}
	b.WriteString(bounds(g.Min, g.Max))
	for _, band := range g.Bands {
		if band.From == Unbounded {
			fmt.Fprintf(&b, " band %q", band.Label)
			continue
		}
		fmt.Fprintf(&b, " band %q from %g", band.Label, band.From.Float())
	}
	b.WriteString(g.Decay.text() + inScope(g.ResetScope))
	return b.String()
}

func (p *Program) stage(i int) string {
	s := &p.Stages[i]
	rank := fmt.Sprint(" rank ", p.Ranks[i])
	if p.IsExit(i) {
		rank = " exit"
	}
	return rank + text(" enter", s.Enter) + text(" keep", s.Keep) + span(" min-stay", s.MinStay) + span(" max-stay", s.MaxStay)
}

// text prints an expression behind a word; nothing for none.
func text(word string, n *expression.Node) string {
	if n == nil {
		return ""
	}
	return fmt.Sprintf("%s {%s}", word, n.Text)
}

func span(word string, ns int64) string {
	if ns == 0 {
		return ""
	}
	return word + " " + history.FormatSpan(ns)
}

func period(per int64, calendar bool) string {
	if calendar {
		return " per calendar period"
	}
	return span(" per", per)
}

func inScope(resetScope int) string {
	if resetScope == 0 {
		return ""
	}
	return fmt.Sprint(" scope ", resetScope)
}

// bounds prints what points lie within; nothing for the bounds that all points have.
func bounds(lo, hi points.Points) string {
	if lo == -points.Max && hi == points.Max {
		return ""
	}
	return fmt.Sprintf(" %g to %g", lo.Float(), hi.Float())
}
