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
	// ±Points; 0 is no bound. An occurrence pays as much of what it is worth as
	// keeps the sum within the bound in each period that ends with it. Any span of
	// the length Per is such a period, so what pays is bounded against the sum from
	// each instant within Per before it, not only against the sum of all of Per:
	// the other sign that made room may leave the period sooner.
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
	done   int // the limit was applied to so many
	count  int // of what is let through in the period of the last of them
	first  int // the first that count holds
	start  int // the first in the period
	period int64
	// total is what all of them pay together. It may overflow, and the difference
	// of two totals is right even so: of one period, it is within ±Max.
	total points.Amount
	// least and most have the totals at which a period may begin, as far as one that
	// begins later has no lower, or no higher, one.
	least, most totals
}

func (s *scratch) reset() {
	*s = scratch{let: s.let[:0], last: s.last[:0], least: s.least.empty(), most: s.most.empty()}
}

// total is what all occurrences before one pay together.
type total struct {
	before int
	amount points.Amount
}

// totals are totals in the order of history, of which those from first on count.
type totals struct {
	all   []total
	first int
}

func (t totals) empty() totals { return totals{all: t.all[:0]} }

// from leaves out the totals before an occurrence.
func (t *totals) from(start int) {
	for t.first < len(t.all) && t.all[t.first].before < start {
		t.first++
	}
	if t.first == len(t.all) {
		*t = t.empty()
	}
}

// push adds a total, and leaves out those before it that are not further in a
// direction, which is 1 for up and -1 for down.
func (t *totals) push(new total, direction points.Amount) {
	for len(t.all) > t.first && (new.amount-t.all[len(t.all)-1].amount)*direction >= 0 {
		t.all = t.all[:len(t.all)-1]
	}
	t.all = append(t.all, new)
}

// furthest is the total furthest in the direction. There must be one.
func (t *totals) furthest() points.Amount { return t.all[t.first].amount }

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
	var sum points.Amount
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
		if pay := l.clip(o.Amount, sum, sum); pay != 0 || o.Amount == 0 {
			occ[i].Amount = pay
			sum += pay
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
		begins := i == 0 // a period may begin with it
		if l.Period == nil {
			for age(occ[s.start].At, o.At) >= uint64(l.Per) {
				s.start++
			}
			begins = begins || o.At != occ[i-1].At
		} else if p := l.Period(o.At); p != s.period || begins {
			s.start, s.period, begins = i, p, true
		}
		for ; s.first < s.start; s.first++ {
			if s.let[s.first] {
				s.count--
			}
		}
		if l.Points != 0 {
			s.least.from(s.start)
			s.most.from(s.start)
			if begins {
				s.least.push(total{i, s.total}, -1)
				s.most.push(total{i, s.total}, 1)
			}
		}

		occ[i].Amount = 0
		s.let = append(s.let, false)
		if l.OncePer && (o.Key < 0 || s.last[o.Key] > s.start) || l.Times != 0 && s.count == l.Times {
			continue
		}
		pay := o.Amount
		if l.Points != 0 {
			pay = l.clip(pay, s.total-s.most.furthest(), s.total-s.least.furthest())
		}
		if pay != 0 || o.Amount == 0 {
			occ[i].Amount = pay
			s.total += pay
			s.count++
			s.let[i] = true
			if l.OncePer {
				s.last[o.Key] = i + 1
			}
		}
	}
	s.done = len(occ)
}

// clip gives what an amount pays where the sums that it adds to lie between two that
// are within the bound on points.
func (l *Limit) clip(a, lowest, highest points.Amount) points.Amount {
	bound := l.Points.Amount()
	switch {
	case bound == 0:
		return a
	case a > 0:
		return min(a, bound-highest)
	}
	return max(a, -bound-lowest)
}

// age gives how much later at is than t. It is unsigned, because two int64 can be
// further apart than an int64 holds.
func age(t, at int64) uint64 {
	return uint64(at) - uint64(t)
}
