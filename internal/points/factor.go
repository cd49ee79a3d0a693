package points

import "math/bits"

// Factor is the share of an amount that is left, as a fraction of One: 0 to One.
// Every factor is truncated, or within 2^-57 of the exact share for a half-life,
// and never rises with the age or the number of steps.
type Factor uint64

const factorBits = 62

// One is the whole of an amount.
const One Factor = 1 << factorBits

// HalfLife gives what is left at an age, both in nanoseconds: 2^-(age/halfLife),
// within 2^-57. It is exact at whole half-lives, 0 beyond 62 of them, and One for
// an age of 0 or less. The half-life must be positive.
func HalfLife(age, halfLife int64) Factor {
	if age <= 0 {
		return One
	}
	whole, rest := uint64(0), uint64(age)
	if age >= halfLife { // or there is no need to divide
		whole, rest = rest/uint64(halfLife), rest%uint64(halfLife)
	}
	// The fraction of a half-life, of 58 bits: one step of it changes the result
	// by more than 2^-60, and the rest of the way errs by less than half of that.
	// So the result is monotone; of a finer fraction that would not be certain.
	x, _ := bits.Div64(rest, 0, uint64(halfLife))
	x &^= 1<<6 - 1
	left := sixteenths[x>>60] // of 2^63
	left -= mulHigh(left, lostIn256ths[x>>56&15])
	// 1 - e^-z by its series; z is below 2^-8, so six terms do.
	z := mulHigh(x&(1<<56-1), ln2)
	lost := term(z, term(z, term(z, term(z, term(z, term(z, 0, 6), 5), 4), 3), 2), 1)
	left -= mulHigh(left, lost)
	return Factor(left >> 1 >> whole)
}

// term gives z/k*(1-next), in 2^-64.
func term(z, next, k uint64) uint64 {
	return (z - mulHigh(z, next)) / k
}

func mulHigh(a, b uint64) uint64 {
	hi, _ := bits.Mul64(a, b)
	return hi
}

// ln2 is the natural logarithm of 2, in 2^-64.
const ln2 = 0xb17217f7d1cf79ac

// sixteenths holds 2^-(i/16), in 2^-63.
var sixteenths = [16]uint64{
	0x8000000000000000, 0x7a92be8a92436616, 0x75606373ee921c97, 0x70666f76154a7089,
	0x6ba27e656b4eb57a, 0x6712460a8fc24072, 0x62b39508aa836d6f, 0x5e8451cfac061b5f,
	0x5a827999fcef3242, 0x56ac1f752150a563, 0x52ff6b54d8a89c75, 0x4f7a993048d088d7,
	0x4c1bf828c6dc54b8, 0x48e1e9b9d588e19b, 0x45cae0f1f545eb73, 0x42d561b3e6243d8a,
}

// lostIn256ths holds 1 - 2^-(i/256), in 2^-64.
var lostIn256ths = [16]uint64{
	0x0000000000000000, 0x00b134a6aee1375b, 0x0161eea3847077b4, 0x02122e4b695760cb,
	0x02c1f3f30b793e8b, 0x03713feede1bb845, 0x042012931a0f63b7, 0x04ce6c33bdd83c0c,
	0x057c4d248dd5fcc6, 0x0629b5b9146c60cb, 0x06d6a644a22b458c, 0x07831f1a4df6b264,
	0x082f208cf52ec447, 0x08daaaef3bd77dc7, 0x0985be938cc07b92, 0x0a305bcc19ac8d70,
}

// Linear gives what is left at an age if nothing is left from the age zero on,
// both in nanoseconds: (zero-age)/zero, truncated. It is One for an age of 0 or
// less. zero must be positive.
func Linear(age, zero int64) Factor {
	if age >= zero {
		return 0
	}
	return share(uint64(zero-max(age, 0)), uint64(zero))
}

// Steps gives what is left after n steps of which each takes the fraction lose, from
// 0 to 1, of the original: max(0, 1 - n*lose), truncated. n must not be negative.
func Steps(n int64, lose float64) Factor {
	num, den := ratio(lose)
	hi, lost := bits.Mul64(uint64(n), num)
	if hi != 0 || lost >= den {
		return 0
	}
	return share(den-lost, den)
}

// share gives part/whole as a factor, truncated; part must not be above whole.
func share(part, whole uint64) Factor {
	f, _ := mulDiv(part, uint64(One), whole)
	return Factor(f)
}

// Compound gives what is left after steps of which each takes the same fraction of
// what the step before it has left. It is a table, up to some 400 KB of it, and
// safe for concurrent use.
type Compound struct {
	left []Factor // after 0, 1, 2 ... steps, up to the last that is not 0
}

// LeastLoss is the least fraction that a step of a Compound takes: it keeps the
// table small.
const LeastLoss = 0.001

// NewCompound makes the table for steps that take the fraction lose of what is
// left. lose is kept within LeastLoss and 1.
func NewCompound(lose float64) *Compound {
	num, den := ratio(min(max(lose, LeastLoss), 1))
	keep := den - num
	c := &Compound{}
	// 64 bits more than a factor has, so that truncation does not add up.
	for hi, lo := uint64(One), uint64(0); hi != 0; {
		c.left = append(c.left, Factor(hi))
		high, mid := bits.Mul64(hi, keep)
		carry, low := bits.Mul64(lo, keep)
		mid, carry = bits.Add64(mid, carry, 0)
		hi, mid = bits.Div64(high+carry, mid, den)
		lo, _ = bits.Div64(mid, low, den)
	}
	return c
}

// Factor gives what is left after n steps, truncated. n must not be negative.
func (c *Compound) Factor(n int64) Factor {
	if n >= int64(len(c.left)) {
		return 0
	}
	return c.left[n]
}
