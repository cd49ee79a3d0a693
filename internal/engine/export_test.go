package engine

import (
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/program"
)

// Reach gives what the groups can have from the instant of the last evaluation up to another.
func (e *Evaluator) Reach(until int64, effort expression.Effort) []expression.PointRange {
	return slices.Clone(e.forecast.Points(until, effort))
}

// NewWakefulPool makes a pool whose evaluators find all by themselves: no rule sleeps.
func NewWakefulPool(p *program.Program) *Pool {
	return &Pool{program: p, blank: wakeful(p), shared: func() *shared { return newShared(p) }}
}

// Moves is how many activities change places in the queue where the first n are taken out of it.
func (t *Tracker) Moves(n int) int {
	queue := slices.Clone(t.queue)
	defer func() { t.queue = queue }()
	if t.queue = t.queue[:len(queue):len(queue)]; n == len(queue) {
		return 0
	}
	first := &t.queue[n]
	if t.dequeue(n); &t.queue[0] == first {
		return 0
	}
	return len(t.queue)
}
