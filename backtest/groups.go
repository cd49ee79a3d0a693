package backtest

import (
	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// An adder adds up the points of rules as a model's groups do.
type adder struct {
	program *program.Program
	capped  []program.Group // as they are
	free    []program.Group // without bounds and rounding
	raw     []points.Points // by group, of one sum
}

func newAdder(model *qualify.Model) *adder {
	p := program.Of(model)
	a := &adder{program: p, capped: p.Groups, raw: make([]points.Points, len(p.Groups))}
	for _, g := range p.Groups {
		g.Min, g.Max, g.Round = -unbounded, unbounded, 0
		a.free = append(a.free, g)
	}
	return a
}

// unbounded is more than any sum.
const unbounded = 1000 * points.Max

// total adds up the points of rules, and keeps the sums of the groups in raw.
func (a *adder) total(groups []program.Group, rules []points.Points) points.Points {
	clear(a.raw)
	for i, p := range rules {
		a.raw[a.program.Rules[i].Group] += p
	}
	for _, i := range a.program.GroupOrder {
		g := &groups[i]
		if p := g.Keep(a.raw[i]); g.Parent != program.None {
			a.raw[g.Parent] += share(p, g.Weight)
		} else {
			return p
		}
	}
	return 0
}

// share is what of a group's points goes to its parent.
func share(p points.Points, weight float64) points.Points {
	return p.Clamp(-points.Max, points.Max).Weighted(weight)
}

// without gives the total if one rule paid nothing, once total has added up the others with
// it. Where a group is in percent, its scale stays.
func (a *adder) without(rule int, paid points.Points) points.Points {
	i, change := a.program.Rules[rule].Group, -paid
	for {
		g := &a.capped[i]
		p := g.Keep(a.raw[i] + change)
		if g.Parent == program.None {
			return p
		}
		change = share(p, g.Weight) - share(g.Keep(a.raw[i]), g.Weight)
		i = g.Parent
	}
}

// reaches gives the product of the weights on the way of a group to the root.
func (a *adder) reaches(group int) float64 {
	weight := 1.0
	for ; a.program.Groups[group].Parent != program.None; group = a.program.Groups[group].Parent {
		weight *= a.program.Groups[group].Weight
	}
	return weight
}

// millionths gives points of an assessment as they are counted.
func millionths(p float64) points.Points {
	// Any number of an assessment is a whole number of millionths.
	if q, ok := points.FromFloat(p); ok {
		return q
	}
	if p < 0 {
		return -points.Max
	}
	return points.Max
}
