package history

import (
	"math"
	"math/bits"

	"github.com/qualify-go/qualify/internal/fact"
)

// sum adds numbers of at most fact.MaxNumber exactly, each rounded to a
// millionth, as a signed 128-bit count of millionths: so a total does not
// depend on what was added first, and 0.1 and 0.2 make 0.3.
type sum struct {
	hi int64
	lo uint64
}

func (s *sum) add(x float64) {
	whole := math.Trunc(x)
	millionths := math.Round(float64(x-whole) * 1e6)
	hi, lo := bits.Mul64(uint64(math.Abs(whole)), 1e6)
	lo, carry := bits.Add64(lo, uint64(math.Abs(millionths)), 0)
	hi += carry
	if x < 0 {
		var borrow uint64
		s.lo, borrow = bits.Sub64(s.lo, lo, 0)
		s.hi -= int64(hi) + int64(borrow)
		return
	}
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi += int64(hi) + int64(carry)
}

func (s *sum) sub(x float64) { s.add(0 - x) }

// over gives the float64 nearest to the sum divided by n > 0, kept within
// fact.MaxNumber.
func (s sum) over(n int) float64 {
	negative := s.hi < 0
	hi, lo := uint64(s.hi), s.lo
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi = 0 - hi - borrow
	}
	x := min(quotient(hi, lo, uint64(n)*1e6), fact.MaxNumber)
	if negative {
		return 0 - x
	}
	return x
}

// quotient gives the float64 nearest to hi<<64 + lo divided by d < 1<<53, or an
// infinity from 1<<64 on.
func quotient(hi, lo, d uint64) float64 {
	if hi == 0 && lo < d {
		return float64(lo) / float64(d) // both exact
	}
	if hi >= d {
		return math.Inf(1)
	}
	whole, rest := bits.Div64(hi, lo, d)
	part, rest := bits.Div64(rest, 0, d)
	// The conversion rounds the first 64 bits. What is cut off need only be seen.
	zeros := bits.LeadingZeros64(whole)
	first, tail := whole<<zeros|part>>(64-zeros), part<<zeros|rest
	if tail != 0 {
		first |= 1
	}
	return math.Ldexp(float64(first), -zeros)
}
