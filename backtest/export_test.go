package backtest

import (
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
)

// UnitTotal gives the points of each rule as the amounts of the policy times what its unit
// rules pay, and how many amounts there are.
func UnitTotal(model *qualify.Model, lead *qualify.Lead, at time.Time) (rules []float64, amounts int, err error) {
	policy, list, err := unitPolicy(model)
	if err != nil {
		return nil, 0, err
	}
	unit, err := qualify.Compile(policy, qualify.WithLocation(model.Location()))
	if err != nil {
		return nil, 0, err
	}
	a, err := unit.Assess(lead, at)
	if err != nil {
		return nil, 0, err
	}
	author := make([]float64, len(list))
	var columns []int32
	var values []float64
	for k := range list {
		author[k] = list[k].author
		columns, values = append(columns, int32(k)), append(values, a.Score.Contributions[k].Points)
	}
	original := model.Policy()
	out := make([]points.Points, len(original.Rules))
	ruleSums(&original, list, author, columns, values, true, out)
	for _, p := range out {
		rules = append(rules, p.Float())
	}
	return rules, len(list), nil
}

// WithoutRule gives the total of an assessment if a rule paid nothing, and the total.
func WithoutRule(model *qualify.Model, a *qualify.Assessment, rule int) (without, total float64) {
	adder := newAdder(model)
	var paid []points.Points
	for _, c := range a.Score.Contributions {
		paid = append(paid, millionths(c.Points))
	}
	sum := adder.total(adder.capped, paid)
	return adder.without(rule, paid[rule]).Float(), sum.Float()
}

// Translate moves a number that so many reach, and one that so many are above.
func Translate(old, new []points.Points, at points.Points, factor float64, strict bool) points.Points {
	s := newScale(old, new, factor)
	if strict {
		return s.above(at)
	}
	return s.from(at)
}
