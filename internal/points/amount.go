package points

import (
	"math"
	"math/bits"
)

// Amount is what one occurrence pays, in millionths of a millionth of a point
// (1e-12), within ±MaxAmount. It is fine enough to hold the product of two Points
// exactly.
type Amount int64

// MaxAmount bounds an Amount. It is Max, in the unit of Amount.
const MaxAmount Amount = 1e18

// Amount gives p, which must be within ±Max, as an Amount.
func (p Points) Amount() Amount {
	return Amount(p) * Amount(Unit)
}

// Times gives p, which must be within ±Max, times m, rounded half away from zero
// to an Amount and kept within ±MaxAmount. The product is a float64's: below a
// thousand points it is within an Amount of the exact one. An m that is not a
// number gives 0.
func (p Points) Times(m float64) Amount {
	// The conversions keep the products from being fused, which would round
	// otherwise on some machines.
	a := math.Round(float64(float64(p)*m) * float64(Unit))
	switch {
	case math.IsNaN(a):
		return 0
	case a >= float64(MaxAmount):
		return MaxAmount
	case a <= -float64(MaxAmount):
		return -MaxAmount
	}
	return Amount(a)
}

// Sum adds up amounts and shares of amounts; the zero value is empty. It holds
// far more than a million of the largest. The order of adding plays no part, and
// adding -a takes away what adding a brought, to the last bit. Two sums are equal
// if they are ==.
type Sum struct {
	// A two's complement number of 128 bits in 2^-30 of an Amount: a share keeps
	// 30 bits of fraction, and 2^37 shares of MaxAmount fit.
	hi, lo uint64
}

// fraction is the number of bits that a Sum keeps below an Amount.
const fraction = 30

// Add adds a.
func (s *Sum) Add(a Amount) {
	s.AddShare(a, One)
}

// AddShare adds a times f/One, truncated toward zero to 2^-30 of an Amount.
func (s *Sum) AddShare(a Amount, f Factor) {
	hi, lo := bits.Mul64(magnitude(int64(a)), uint64(f))
	const shift = factorBits - fraction
	hi, lo = hi>>shift, hi<<(64-shift)|lo>>shift
	if a < 0 {
		hi, lo = negate(hi, lo)
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, _ = bits.Add64(s.hi, hi, carry)
}

// Plus gives s + t.
func (s Sum) Plus(t Sum) Sum {
	lo, carry := bits.Add64(s.lo, t.lo, 0)
	hi, _ := bits.Add64(s.hi, t.hi, carry)
	return Sum{hi, lo}
}

// Minus gives s - t.
func (s Sum) Minus(t Sum) Sum {
	lo, borrow := bits.Sub64(s.lo, t.lo, 0)
	hi, _ := bits.Sub64(s.hi, t.hi, borrow)
	return Sum{hi, lo}
}

// Share gives s times f/One, truncated toward zero to 2^-30 of an Amount.
func (s Sum) Share(f Factor) Sum {
	negative := s.hi>>63 != 0
	if negative {
		s.hi, s.lo = negate(s.hi, s.lo)
	}
	top, high := bits.Mul64(s.hi, uint64(f))
	mid, low := bits.Mul64(s.lo, uint64(f))
	mid, carry := bits.Add64(mid, high, 0)
	top += carry
	const up = 64 - factorBits
	hi, lo := top<<up|mid>>factorBits, mid<<up|low>>factorBits
	if negative {
		hi, lo = negate(hi, lo)
	}
	return Sum{hi, lo}
}

// Amount gives the sum, rounded half away from zero to an Amount and kept within
// ±MaxAmount.
func (s *Sum) Amount() Amount {
	hi, lo := s.hi, s.lo
	negative := hi>>63 != 0
	if negative {
		hi, lo = negate(hi, lo)
	}
	lo, carry := bits.Add64(lo, 1<<(fraction-1), 0)
	hi += carry
	a := MaxAmount
	if hi>>fraction == 0 {
		a = Amount(min(hi<<(64-fraction)|lo>>fraction, uint64(MaxAmount)))
	}
	if negative {
		return -a
	}
	return a
}

// Points gives the sum, rounded half away from zero to a millionth and kept within
// ±Max. It rounds [Sum.Amount]: a factor is truncated, so that a share which by
// hand is a tie lies a trifle below it, and is brought back to the tie first.
// 10 points after eight half-lives are 0.0390625 and give 0.039063; 0.000005 times
// 0.9 are 0.0000045 and give 0.000005.
func (s *Sum) Points() Points {
	return Points(s.Amount()).RoundTo(Unit) / Unit
}

func negate(hi, lo uint64) (uint64, uint64) {
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	return hi, lo
}
