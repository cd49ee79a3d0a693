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
	// Each is the same for the property of ForEach. Then no two values of that have a
	// Key in common.
	Each int32
}

// Limit says which occurrences of a rule pay, on amounts before decay. The zero
// value lets all of them pay in full.
//
// With a period (one of Per, Period, Gap and Ever), occurrences are let through in
// the order of history. Without one, they are let through from the newest back.
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
	// Gap ends a period: what comes that long, or longer, after the occurrence before
	// it begins a new one. 0 is none.
	Gap int64
	// Ever makes all of history one period.
	Ever bool
	// ForEach applies the limit to the occurrences of each value of a property by
	// themselves, as if there were no others.
	ForEach bool
	// OncePer lets one occurrence through for each key: with a period the first
	// in it, without one the newest.
	OncePer bool
}

// scratch is what applying a limit needs to remember. It must be reset.
type scratch struct {
	last  []int   // by key: 1 + the last occurrence let through, or 0
	whole part    // of all occurrences; not used with ForEach
	parts []part  // of ForEach, by value
	next  []int32 // of ForEach, by occurrence: the next one with its value

	// Of a limit with a period, in which an occurrence does not depend on later ones:
	done int    // the limit was applied to so many
	let  []bool // by occurrence: let through
}

// part is what a limit remembers of occurrences that it is applied to by themselves.
type part struct {
	count int // of what is let through; with a period, in that of the newest of them
	// total is what all of them pay together. It may overflow, and the difference
	// of two totals is right even so: of one period, it is within ±Max.
	total points.Amount

	// Of a limit with a period:
	newest int // the last of them, or -1
	first  int // the first that count holds
	start  int // the first in the period
	period int64
	// least and most have the totals at which a period may begin, as far as one that
	// begins later has no lower, or no higher, one.
	least, most totals
}

func (s *scratch) reset() {
	*s = scratch{let: s.let[:0], last: s.last[:0], next: s.next[:0], parts: s.parts[:0], whole: s.whole.empty()}
}

func (p *part) empty() part {
	return part{newest: -1, least: p.least.empty(), most: p.most.empty()}
}

// of gives the part to which an occurrence belongs; nil if it has no value.
func (s *scratch) of(l *Limit, o *Occurrence) *part {
	if !l.ForEach {
		return &s.whole
	}
	if o.Each < 0 {
		return nil
	}
	for int(o.Each) >= len(s.parts) {
		s.parts = slices.Grow(s.parts, 1)[:len(s.parts)+1]
		p := &s.parts[len(s.parts)-1]
		*p = p.empty()
	}
	return &s.parts[o.Each]
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

// Periodic reports whether l has a period.
func (l *Limit) Periodic() bool { return l.Per != 0 || l.Period != nil || l.Gap != 0 || l.Ever }

// Whole reports whether l bounds all occurrences together, and not those of a period or
// of a value.
func (l *Limit) Whole() bool {
	return l.Per == 0 && l.Period == nil && l.Gap == 0 && !l.ForEach
}

// Newest gives the number of occurrences, from the newest back, beyond which none
// is let through, whatever they are worth.
func (l *Limit) Newest() int {
	if l.Times == 0 || l.Points != 0 || l.OncePer || l.ForEach || l.Periodic() {
		return math.MaxInt
	}
	return l.Times
}

// onlyTimes reports whether l lets so many of the newest through, and limits nothing else.
func (l *Limit) onlyTimes() bool { return l.Newest() != math.MaxInt }

// newest sets the Amount of each occurrence to what it pays, 0 if it does not, by a
// limit without a period.
func (l *Limit) newest(occ []Occurrence, s *scratch) {
	s.reset()
	l.number(occ, s)
	for i, o := range slices.Backward(occ) {
		occ[i].Amount = 0
		p := s.of(l, &o)
		if p == nil {
			continue
		}
		if l.OncePer {
			if o.Key < 0 || s.last[o.Key] != 0 {
				continue
			}
			s.last[o.Key] = i + 1 // also if it then pays nothing: the older ones do not count
		}
		if l.Times != 0 && p.count == l.Times {
			continue
		}
		if pay := l.clip(o.Amount, p.total, p.total); pay != 0 || o.Amount == 0 {
			occ[i].Amount = pay
			p.total += pay
			p.count++
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
		occ[i].Amount = 0
		s.let = append(s.let, false)
		if l.ForEach {
			s.next = append(s.next, 0)
		}
		p := s.of(l, &o)
		if p == nil {
			continue
		}
		begins := l.begin(occ, s, p, i)
		for ; p.first < p.start; p.first = s.after(l, p.first) {
			if s.let[p.first] {
				p.count--
			}
		}
		if l.Points != 0 {
			p.least.from(p.start)
			p.most.from(p.start)
			if begins {
				p.least.push(total{i, p.total}, -1)
				p.most.push(total{i, p.total}, 1)
			}
		}

		if l.OncePer && (o.Key < 0 || s.last[o.Key] > p.start) || l.Times != 0 && p.count == l.Times {
			continue
		}
		pay := o.Amount
		if l.Points != 0 {
			pay = l.clip(pay, p.total-p.most.furthest(), p.total-p.least.furthest())
		}
		if pay != 0 || o.Amount == 0 {
			occ[i].Amount = pay
			p.total += pay
			p.count++
			s.let[i] = true
			if l.OncePer {
				s.last[o.Key] = i + 1
			}
		}
	}
	s.done = len(occ)
}

// begin adds the next occurrence of a part, lets its period begin where that does now,
// and reports whether one may begin with the occurrence.
func (l *Limit) begin(occ []Occurrence, s *scratch, p *part, i int) bool {
	before, at := p.newest, occ[i].At
	p.newest = i
	if before < 0 {
		p.first, p.start = i, i
		if l.Period != nil {
			p.period = l.Period(at)
		}
		return true
	}
	if l.ForEach {
		s.next[before] = int32(i)
	}
	switch {
	case l.Per != 0:
		for age(occ[p.start].At, at) >= uint64(l.Per) {
			p.start = s.after(l, p.start)
		}
		return at != occ[before].At
	case l.Gap != 0:
		if age(occ[before].At, at) < uint64(l.Gap) {
			return false
		}
	case l.Period != nil:
		number := l.Period(at)
		if number == p.period {
			return false
		}
		p.period = number
	default: // ever
		return false
	}
	p.start = i
	return true
}

// after gives the occurrence after another one of its part.
func (s *scratch) after(l *Limit, i int) int {
	if l.ForEach {
		return int(s.next[i])
	}
	return i + 1
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
