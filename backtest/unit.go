package backtest

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
)

// An amount is one number of points that a rule has: its points, its else, or those of a
// tier.
type amount struct {
	rule, tier int    // tier is -1 for the points and the else
	part       string // as documents name it
	author     float64
	weight     float64 // from the rule's group to the total
	// lone is that the rule has no other amount, so that its bounds are those of this one.
	lone bool
	// fine is that a multiplier makes points of it, so that whole numbers are too coarse.
	fine bool
}

// mostAmounts is how many amounts can be learned.
const mostAmounts = 1000

// unitPolicy makes of a policy one in which each amount is a rule of its own that pays 1 and
// keeps what decides when and how often: on, when, limit, within, decay and multiply, and the
// bounds where they belong to one amount alone. What its rules pay are the features of a
// linear model: times the amounts they add up to what the rules of the policy pay.
func unitPolicy(model *qualify.Model) (qualify.Policy, []amount, error) {
	policy := model.Policy()
	adder := newAdder(model)
	unit := policy
	unit.Name, unit.Version, unit.Note, unit.Stages, unit.Rating = "", "", "", nil, nil
	unit.Rules, unit.Groups = nil, slices.Clone(policy.Groups)
	for i := range unit.Groups {
		g := &unit.Groups[i]
		g.Weight, g.Percent, g.Round, g.Min, g.Max = nil, false, 0, nil, nil // terms may ask for the bands
	}
	var amounts []amount
	for i, r := range policy.Rules {
		group := adder.program.Rules[i].Group
		for g := group; ; g = adder.program.Groups[g].Parent {
			if adder.program.Groups[g].Percent {
				return unit, nil, fmt.Errorf("%w: rule %q pays into the group %q; learn from a copy without percent", ErrPercent, r.ID, groupIDs(policy)[g])
			}
			if adder.program.Groups[g].Parent < 0 {
				break
			}
		}
		weight := adder.reaches(group)
		one := amount{rule: i, tier: -1, weight: weight, fine: r.Multiply != ""}
		var list []amount
		add := func(part string, author float64, tier int) {
			one.part, one.author, one.tier = part, author, tier
			list = append(list, one)
		}
		for t, tier := range r.Tiers {
			add("tiers["+strconv.Itoa(t)+"]", tier.Points, t)
		}
		if len(r.Tiers) == 0 {
			add("points", r.Points, -1)
		}
		if r.Else != 0 {
			add("else", r.Else, -1)
			list[len(list)-1].fine = false // it is not multiplied
		}
		for k := range list {
			a := &list[k]
			if a.lone = len(list) == 1; !a.lone && r.Multiply == "" {
				a.author = clipped(a.author, r.Min, r.Max)
			}
			unit.Rules = append(unit.Rules, unitRule(r, *a, "a"+strconv.Itoa(len(amounts)+k)))
		}
		amounts = append(amounts, list...)
	}
	if len(amounts) > mostAmounts {
		return unit, nil, fmt.Errorf("%w: %d, and at most %d can be learned", ErrTooMany, len(amounts), mostAmounts)
	}
	return unit, amounts, nil
}

// groupIDs are the IDs of groups in the order of a program: the root first.
func groupIDs(policy qualify.Policy) []string {
	ids := []string{"total"}
	for _, g := range policy.Groups {
		if g.ID != "total" {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

func clipped(p float64, low, high *float64) float64 {
	if low != nil {
		p = max(p, *low)
	}
	if high != nil {
		p = min(p, *high)
	}
	return p
}

// unitRule makes the rule of one amount.
func unitRule(r qualify.Rule, a amount, id string) qualify.Rule {
	r.ID, r.Label, r.Note = id, "", ""
	low, high := r.Min, r.Max
	r.Points, r.Else, r.Min, r.Max = 0, 0, nil, nil
	switch {
	case a.tier >= 0:
		r.Tiers = slices.Clone(r.Tiers)
		for t := range r.Tiers {
			r.Tiers[t].Points = 0
		}
		r.Tiers[a.tier].Points = 1
	case a.part == "else":
		r.Else = 1
		return r
	default:
		r.Points = 1
	}
	if a.lone {
		r.Min, r.Max = scaledBounds(low, high, 1/a.base())
	}
	r.Limit.Points = millionth(r.Limit.Points / math.Abs(a.base()))
	return r
}

// base is what bounds in points are relative to: the author's points. Bounds of an amount that
// pays nothing yet are taken as multiples of it.
func (a *amount) base() float64 {
	if a.author == 0 {
		return 1
	}
	return a.author
}

// scaledBounds are bounds times a factor, which may be negative.
func scaledBounds(low, high *float64, factor float64) (*float64, *float64) {
	if factor < 0 {
		low, high = high, low
	}
	scaled := func(p *float64) *float64 {
		if p == nil {
			return nil
		}
		return new(max(-1e6, min(1e6, millionth(float64(*p*factor)))))
	}
	return scaled(low), scaled(high)
}

func millionth(p float64) float64 { return math.Round(float64(p*1e6)) / 1e6 }

// withAmounts puts amounts into a policy. The rules whose amounts stay are left alone.
func withAmounts(policy qualify.Policy, amounts []amount, values []float64) qualify.Policy {
	policy.Rules = slices.Clone(policy.Rules)
	changed := map[int]bool{}
	for k, a := range amounts {
		changed[a.rule] = changed[a.rule] || values[k] != a.author
	}
	for k, a := range amounts {
		if !changed[a.rule] {
			continue
		}
		r, p := &policy.Rules[a.rule], values[k]
		switch {
		case a.tier >= 0:
			r.Tiers = slices.Clone(r.Tiers)
			r.Tiers[a.tier].Points = p
		case a.part == "else":
			r.Else = p
		default:
			r.Points = p
		}
		if a.part != "else" && p != 0 {
			r.Limit.Points = millionth(r.Limit.Points * math.Abs(p/a.base()))
		}
		if a.lone && p != 0 {
			r.Min, r.Max = scaledBounds(r.Min, r.Max, p/a.base())
		} else { // a bound of several amounts means none of those that are learned
			r.Min, r.Max = nil, nil
		}
	}
	return policy
}

// ruleSums gives what each rule pays: units are what the unit rules pay. Bounds of rules
// with several amounts are applied if bounded.
func ruleSums(policy *qualify.Policy, amounts []amount, values []float64, columns []int32, units []float64, bounded bool, out []points.Points) {
	clear(out)
	for j, c := range columns {
		out[amounts[c].rule] += millionths(float64(units[j] * values[c]))
	}
	if bounded {
		for i := range out {
			if r := &policy.Rules[i]; r.Min != nil || r.Max != nil {
				out[i] = millionths(clipped(out[i].Float(), r.Min, r.Max))
			}
		}
	}
}
