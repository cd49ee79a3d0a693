package points

import "math/bits"

// Halving is a sum of amounts that all lose their half in the same span, and all
// the time. Time is cut into periods of one half-life, counted from the epoch: an
// amount is held as what it is worth at the end of its own period, and from one
// period to the next the sum is halved, to the last bit. So adding, taking away
// and going on cost the same however many amounts there are, and no result
// depends on when the sum was asked before. The zero value is empty.
type Halving struct {
	// A two's complement number of 192 bits, in 2^-94 of an Amount: what a Sum
	// holds, and 64 bits for as many halvings.
	hi, mid, lo uint64
	period      int64
	start       int64 // of the period
	started     bool  // start is known; that of the first period of all is no int64
}

// MostHalvings is the number of half-lives after which nothing is left.
const MostHalvings = 62

// periodOf gives the period of an instant, and how far the instant is into it.
func periodOf(at, span int64) (period, into int64) {
	period, into = at/span, at%span
	if into < 0 {
		period, into = period-1, into+span
	}
	return period, into
}

// locate is periodOf, but divides nothing if the instant lies in the period that the
// sum has advanced to, as most do.
func (h *Halving) locate(at, halfLife int64) (period, into int64) {
	if h.started && at >= h.start && uint64(at)-uint64(h.start) < uint64(halfLife) {
		return h.period, at - h.start
	}
	return periodOf(at, halfLife)
}

// Advance goes on to an instant, which must not lie before those that were given
// so far. What is older than MostHalvings half-lives by then must have been taken
// away.
func (h *Halving) Advance(at, halfLife int64) {
	period, into := h.locate(at, halfLife)
	if h.hi|h.mid|h.lo != 0 {
		h.hi, h.mid, h.lo = halved(h.hi, h.mid, h.lo, uint64(period)-uint64(h.period))
	}
	h.period, h.start, h.started = period, at-into, at-into <= at
}

// halved shifts right by n < 64, keeping the sign.
func halved(hi, mid, lo, n uint64) (uint64, uint64, uint64) {
	return uint64(int64(hi) >> n), mid>>n | hi<<(64-n), lo>>n | mid<<(64-n)
}

// Add adds an amount of an instant that the sum has advanced to or past, by less
// than 64 periods. Adding -a takes away what adding a brought, to the last bit.
func (h *Halving) Add(a Amount, at, halfLife int64) {
	period, into := h.locate(at, halfLife)
	var s Sum
	s.AddShare(a, HalfLife(halfLife-into, halfLife))
	hi, mid, lo := halved(s.hi, s.lo, 0, uint64(h.period)-uint64(period))
	var carry uint64
	h.lo, carry = bits.Add64(h.lo, lo, 0)
	h.mid, carry = bits.Add64(h.mid, mid, carry)
	h.hi, _ = bits.Add64(h.hi, hi, carry)
}

// Sum gives what is left at an instant of the period that the sum has advanced to.
func (h *Halving) Sum(at, halfLife int64) Sum {
	if h.hi|h.mid|h.lo == 0 {
		return Sum{}
	}
	_, into := h.locate(at, halfLife)
	hi, mid, lo := h.hi, h.mid, h.lo
	negative := hi>>63 != 0
	if negative { // so that what is cut off below lies toward zero, as everywhere
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		mid, borrow = bits.Sub64(0, mid, borrow)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	// Twice what there is at the end of the period is what there is at its start.
	s := Sum{hi<<1 | mid>>63, mid<<1 | lo>>63}
	if negative {
		s.hi, s.lo = negate(s.hi, s.lo)
	}
	return s.Share(HalfLife(into, halfLife))
}
