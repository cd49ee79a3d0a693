// Package accrual decides which occurrences of an event rule pay, and how much is
// left of them at an instant: first the [Limit], then what lies within the rule's
// window, then the [Decay].
//
// Instants are Unix nanoseconds and spans are nanoseconds. A span d before t is
// the window (t-d, t]: what is exactly d old is out.
package accrual

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/points"
)

// Occurrence is one occurrence of a rule's signal. Occurrences stand in the order
// of history, so At never falls from one to the next.
type Occurrence struct {
	// At is when it happened, in Unix nanoseconds.
	At int64
	// Amount is what it is worth before the limit, and what it pays after it.
	Amount points.Amount
	// Key stands for the value of the property of OncePer: equal values have
	// equal keys, counted from 0. Without the property it is negative, and the
	// occurrence does not pay. It is read with OncePer only.
	Key int32
}

// Limit says which occurrences of a rule pay, on amounts before decay. The zero
// value lets all of them pay in full.
//
// With a period (Per or Period, never both), occurrences are let through in the
// order of history. Without one, they are let through from the newest back.
type Limit struct {
	// Times is how many are let through, in a period if there is one; 0 is any
	// number. One that the bound on points leaves nothing to is not counted, one
	// that is worth nothing itself is.
	Times int
	// Points keeps the sum of what is paid, in a period if there is one, within
	// ±Points; 0 is no bound. The last one pays in part. None pays more than it
	// is worth or with the other sign, also where a rolling period has lost so
	// much of one sign that the sum of what remains is beyond the bound.
	Points points.Points
	// Per is the length of a rolling period; 0 is none.
	Per int64
	// Period gives the number of the calendar period in which an instant lies. It
	// never falls as the instant rises. nil is none.
	Period func(at int64) int64
	// OncePer lets one occurrence through for each key: with a period the first
	// in it, without one the newest.
	OncePer bool
}

// scratch is what applying a limit needs to remember. The zero value is ready.
type scratch struct {
	let  []bool // by occurrence: let through
	last []int  // by key: 1 + the last occurrence let through, or 0

	// Of a limit with a period, in which an occurrence does not depend on later ones:
	done   int        // the limit was applied to so many
	sum    points.Sum // of what is paid in the period of the last of them
	count  int        // of what is let through in it
	first  int        // the first that sum and count hold
	start  int        // the first in the period
	period int64
}

func (s *scratch) reset() { *s = scratch{let: s.let[:0], last: s.last[:0]} }

// Zero reports whether l limits nothing.
func (l *Limit) Zero() bool {
	return l.Times == 0 && l.Points == 0 && !l.OncePer
}

// Newest gives the number of occurrences, from the newest back, beyond which none
// is let through, whatever they are worth.
func (l *Limit) Newest() int {
	if l.Times == 0 || l.Points != 0 || l.OncePer || l.Per != 0 || l.Period != nil {
		return math.MaxInt
	}
	return l.Times
}

// newest sets the Amount of each occurrence to what it pays, 0 if it does not, by a
// limit without a period.
func (l *Limit) newest(occ []Occurrence, s *scratch) {
	s.reset()
	l.number(occ, s)
	var sum points.Sum
	count := 0
	for i, o := range slices.Backward(occ) {
		occ[i].Amount = 0
		if l.OncePer {
			if o.Key < 0 || s.last[o.Key] != 0 {
				continue
			}
			s.last[o.Key] = i + 1 // also if it then pays nothing: the older ones do not count
		}
		if l.Times != 0 && count == l.Times {
			continue
		}
		if pay, ok := l.pay(o.Amount, &sum); ok {
			occ[i].Amount = pay
			sum.Add(pay)
			count++
		}
	}
}

// number makes room for the keys of some occurrences.
func (l *Limit) number(occ []Occurrence, s *scratch) {
	if !l.OncePer {
		return
	}
	for i := range occ {
		for int(occ[i].Key) >= len(s.last) {
			s.last = append(s.last, 0)
		}
	}
}

// inPeriods sets the Amount of each occurrence that is new since the last time to
// what it pays, by a limit with a period.
func (l *Limit) inPeriods(occ []Occurrence, s *scratch) {
	l.number(occ[s.done:], s)
	for i := s.done; i < len(occ); i++ {
		o := occ[i]
		if l.Period == nil {
			for age(occ[s.start].At, o.At) >= uint64(l.Per) {
				s.start++
			}
		} else if p := l.Period(o.At); p != s.period {
			s.start, s.period = i, p
		}
		for ; s.first < s.start; s.first++ {
			if s.let[s.first] {
				s.sum.Add(-occ[s.first].Amount)
				s.count--
			}
		}

		occ[i].Amount = 0
		s.let = append(s.let, false)
		if l.OncePer && (o.Key < 0 || s.last[o.Key] > s.start) || l.Times != 0 && s.count == l.Times {
			continue
		}
		if pay, ok := l.pay(o.Amount, &s.sum); ok {
			occ[i].Amount = pay
			s.sum.Add(pay)
			s.count++
			s.let[i] = true
			if l.OncePer {
				s.last[o.Key] = i + 1
			}
		}
	}
	s.done = len(occ)
}

// pay gives what an amount pays on top of a sum, and reports whether it is let
// through.
func (l *Limit) pay(a points.Amount, sum *points.Sum) (points.Amount, bool) {
	if l.Points == 0 || a == 0 {
		return a, true
	}
	// A sum beyond MaxAmount is given as that, which makes no difference: no bound
	// and no amount is larger.
	bound, paid := l.Points.Amount(), sum.Amount()
	if a > 0 {
		a = max(0, min(a, bound-paid))
	} else {
		a = min(0, max(a, -bound-paid))
	}
	return a, a != 0
}

// age gives how much later at is than t. It is unsigned, because two int64 can be
// further apart than an int64 holds.
func age(t, at int64) uint64 {
	return uint64(at) - uint64(t)
}
