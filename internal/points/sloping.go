package points

// Sloping is a sum of amounts that all fall to nothing in the same span, along a
// line. Time is cut into periods of that span, counted from the epoch, so that
// only what is of this period and of the one before can have anything left. The
// zero value is empty.
type Sloping struct {
	period    int64
	now, then slope // of this period, and of the one before
}

// slope holds amounts and how far into their period they were: the sum of the
// amounts, and of the amounts times the fraction of the period.
type slope struct{ whole, late Sum }

// Advance goes on to an instant, which must not lie before those that were given
// so far. What has nothing left by then must have been taken away.
func (s *Sloping) Advance(at, zero int64) {
	period, _ := periodOf(at, zero)
	switch uint64(period) - uint64(s.period) { // unsigned: it cannot overflow
	case 0:
	case 1:
		s.now, s.then = slope{}, s.now
	default:
		s.now, s.then = slope{}, slope{}
	}
	s.period = period
}

// Add adds an amount of an instant in the period that the sum has advanced to, or
// in the one before. Adding -a takes away what adding a brought, to the last bit.
func (s *Sloping) Add(a Amount, at, zero int64) {
	period, into := periodOf(at, zero)
	k := &s.now
	if period != s.period {
		k = &s.then
	}
	k.whole.Add(a)
	k.late.AddShare(a, share(uint64(into), uint64(zero)))
}

// Sum gives what is left at an instant of the period that the sum has advanced to.
func (s *Sloping) Sum(at, zero int64) Sum {
	_, into := periodOf(at, zero)
	lost := s.now.whole.Plus(s.then.whole).Share(share(uint64(into), uint64(zero)))
	return s.now.whole.Plus(s.now.late).Plus(s.then.late).Minus(lost)
}
