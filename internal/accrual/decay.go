package accrual

import (
	"math"
	"math/bits"

	"github.com/qualify-go/qualify/internal/points"
)

// Decay says how much of an occurrence's amount is left as it grows older. At
// most one of HalfLife, Linear and Every is set; the zero value is no decay.
type Decay struct {
	// HalfLife is the span in which half of the rest is lost.
	HalfLife int64
	// Linear is the age from which on nothing is left.
	Linear int64
	// Every is the length of a step. A step is full at exactly that age.
	Every int64
	// Lose is the fraction of the original that is lost with each full step, from
	// 0 to 1. It is not read if there is a Compound.
	Lose float64
	// Compound makes each full step take a fraction of what is left.
	Compound *points.Compound
	// Idle counts the full steps gap by gap between idle instants rather than
	// over the whole age. It needs Every and Compound.
	Idle bool
}

// Factor gives what is left of an occurrence of an age, in nanoseconds, and after so
// many full steps, which are read if there is an Every.
func (d *Decay) Factor(age, steps int64) points.Factor {
	switch {
	case d.HalfLife > 0:
		return points.HalfLife(age, d.HalfLife)
	case d.Linear > 0:
		return points.Linear(age, d.Linear)
	case d.Every <= 0:
		return points.One
	case d.Compound != nil:
		return d.Compound.Factor(steps)
	}
	return points.Steps(steps, d.Lose)
}

// gone is the age from which on nothing is left; the largest there is, if that is
// never, or does not depend on the age alone.
func (d *Decay) gone() uint64 {
	switch {
	case d.HalfLife > 0:
		if hi, lo := bits.Mul64(uint64(d.HalfLife), points.MostHalvings); hi == 0 {
			return lo + 1
		}
	case d.Linear > 0:
		return uint64(d.Linear)
	}
	return math.MaxUint64
}
