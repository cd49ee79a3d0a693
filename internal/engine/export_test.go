package engine

import (
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
)

// Reach gives what the groups can have from the instant of the last evaluation up to another.
func (e *Evaluator) Reach(until int64, effort expression.Effort) []expression.PointRange {
	return slices.Clone(e.forecast.Points(until, effort))
}
