// Package points is the arithmetic of points: integers of a millionth, so that
// every sum is exact, whatever its order, and the same on every platform.
//
// An occurrence pays an [Amount], a millionth of a millionth of a point; time
// leaves a [Factor] of it; a [Sum] adds the shares up and is rounded once, to
// [Points].
package points

import (
	"math"
	"math/bits"
)

// Points is a number of points, in millionths of a point.
type Points int64

const (
	// Unit is one point.
	Unit Points = 1_000_000
	// Max bounds what one rule or group has of its own: its points lie within ±Max.
	Max Points = 1_000_000 * Unit
)

// FromFloat gives p points, rounded to a millionth, half away from zero. It
// reports false, and no points, for NaN and for p outside ±1e6, infinities
// included.
func FromFloat(p float64) (Points, bool) {
	if !(math.Abs(p) <= 1e6) { // so written, NaN is refused too
		return 0, false
	}
	return Points(math.Round(float64(p * 1e6))), true
}

// Float gives p in points. FromFloat takes it back to p, for p within ±Max.
func (p Points) Float() float64 {
	return float64(p) / 1e6
}

// Clamp gives p kept within lo and hi; lo must not be above hi.
func (p Points) Clamp(lo, hi Points) Points {
	return max(lo, min(p, hi))
}

// RoundTo gives the multiple of step nearest to p, half away from zero. The step
// must be positive, and p plus a step must be within the range of Points.
func (p Points) RoundTo(step Points) Points {
	rest := p % step
	p -= rest
	switch {
	case rest > 0 && rest >= step-rest:
		p += step
	case rest < 0 && -rest >= step+rest:
		p -= step
	}
	return p
}

// Weighted gives p, which must be within ±Max, times w, within ±10, rounded half
// away from zero: exactly for a w of six decimals, and for any other to within
// 2^-58, so that 30 points times a third are 10.
func (p Points) Weighted(w float64) Points {
	if w == 1 {
		return p // as most are
	}
	num, den := ratio(math.Abs(w))
	quo, rest := mulDiv(magnitude(int64(p)), num, den)
	if rest >= den-rest {
		quo++
	}
	if (p < 0) != (w < 0) {
		return -Points(quo)
	}
	return Points(quo)
}

// ratio gives a number from 0 to 10 as a quotient of whole numbers: exactly if it
// has six decimals.
func ratio(f float64) (num, den uint64) {
	if m := math.Round(f * 1e6); m/1e6 == f {
		return uint64(m), 1e6
	}
	return uint64(math.Round(f * (1 << 58))), 1 << 58
}

// Percent gives where p lies between lo and hi, as 0 to 100 points, rounded half
// away from zero to a millionth: 0 at lo and below, 100 at hi and above. lo must
// be below hi.
func Percent(p, lo, hi Points) Points {
	if p <= lo {
		return 0
	}
	if p >= hi {
		return 100 * Unit
	}
	// The differences are right as unsigned numbers even where they are too
	// large for signed ones.
	span := uint64(hi) - uint64(lo)
	quo, rest := mulDiv(uint64(p)-uint64(lo), uint64(100*Unit), span)
	if rest >= span-rest {
		quo++
	}
	return Points(quo)
}

// magnitude gives |x|, which for the lowest x is no int64.
func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// mulDiv gives a*b/d and the remainder. a must not be above d, so that the quotient
// is not above b.
func mulDiv(a, b, d uint64) (quo, rest uint64) {
	hi, lo := bits.Mul64(a, b)
	return bits.Div64(hi, lo, d)
}
