package accrual

import (
	"math"
	"slices"

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

// Factor gives what is left of an occurrence of an age, in nanoseconds. With Idle,
// the age plays no part and spans is the number of full steps without the idle
// signal; otherwise spans plays none.
func (d *Decay) Factor(age, spans int64) points.Factor {
	switch {
	case d.HalfLife > 0:
		return points.HalfLife(age, d.HalfLife)
	case d.Linear > 0:
		return points.Linear(age, d.Linear)
	case d.Every <= 0:
		return points.One
	}
	if !d.Idle {
		spans = age / d.Every
	}
	if d.Compound != nil {
		return d.Compound.Factor(spans)
	}
	return points.Steps(spans, d.Lose)
}

// Sum adds up what is left at an instant of what the occurrences pay, and counts
// those of which anything is left. A within other than 0 leaves out what is that
// old. No occurrence may lie after at, and an age above 292 years counts as that.
//
// The idle instants, ascending and not after at, are read if the decay is Idle:
// the full steps then are those between an occurrence and the first idle instant
// strictly after it, between idle instants, and between the last one and at.
func Sum(occ []Occurrence, d *Decay, idle []int64, within, at int64) (sum points.Sum, paid int) {
	// From the newest back: one walk over the idle instants does, and where
	// nothing is left, or within ends, nothing older pays either.
	var spans uint64 // full steps from the instant next on
	next := at
	for _, o := range slices.Backward(occ) {
		old := age(o.At, at)
		if within != 0 && old >= uint64(within) {
			break
		}
		var n uint64
		if d.Idle {
			for len(idle) > 0 && idle[len(idle)-1] > o.At {
				last := idle[len(idle)-1]
				idle = idle[:len(idle)-1]
				spans += age(last, next) / uint64(d.Every)
				next = last
			}
			n = spans + age(o.At, next)/uint64(d.Every)
		}
		f := d.Factor(int64(min(old, math.MaxInt64)), int64(min(n, math.MaxInt64)))
		if f == 0 {
			break
		}
		if o.Amount != 0 {
			sum.AddShare(o.Amount, f)
			paid++
		}
	}
	return sum, paid
}
