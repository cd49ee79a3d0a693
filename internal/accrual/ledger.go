package accrual

import (
	"math"
	"slices"
	"sort"

	"github.com/qualify-go/qualify/internal/points"
)

// Ledger follows what the occurrences of one event rule pay, as they come in and
// as time passes. What it says does not depend on when it was asked before. The
// zero value must be opened; it must not be used concurrently. Opened again, it
// keeps its memory.
type Ledger struct {
	limit  *Limit
	decay  *Decay
	within int64
	gone   uint64 // the age from which on nothing is left; math.MaxUint64 is never

	occ     []Occurrence // as they came; paid is nil if that is what they pay
	paid    []Occurrence // of a limit without a period: what is let through
	scratch scratch
	stale   bool // paid does not have the newest

	account account
	ahead   account // of Later: it goes on from question to question, as account does
	steps   Balance // of steps: the last balance
	valid   span    // and when it holds
}

// span is the instants from from on, and before until.
type span struct{ from, until int64 }

// Balance is what occurrences pay at an instant.
type Balance struct {
	// Up is the sum of what is positive, Down of what is negative. Without new
	// occurrences, neither is ever further from 0 later.
	Up, Down points.Sum
	// Count is the number of occurrences that pay something of which anything is left.
	Count int
}

// Sum gives both together.
func (b *Balance) Sum() points.Sum { return b.Up.Plus(b.Down) }

// Open empties the ledger and makes it one of a limit and a decay, which it keeps.
// A within other than 0 leaves out what is that old.
func (l *Ledger) Open(limit *Limit, decay *Decay, within int64) {
	l.limit, l.decay, l.within = limit, decay, within
	l.gone = decay.gone()
	if within != 0 {
		l.gone = min(l.gone, uint64(within))
	}
	l.occ, l.paid = l.occ[:0], l.paid[:0]
	if limit.Periodic() {
		l.scratch.reset()
	}
	l.stale = false
	l.reset()
	l.valid = span{}
}

// reset lets all that is paid be added up anew.
func (l *Ledger) reset() {
	a := &l.account
	a.done, a.first, a.count, a.at, a.up.used, a.down.used = 0, 0, 0, math.MinInt64, false, false
	l.ahead.at = math.MinInt64
}

// over reports whether nothing is left at an age.
func (l *Ledger) over(age uint64) bool { return age >= l.gone && l.gone != math.MaxUint64 }

// Push adds the next occurrence, in the order of history. Amounts are what they
// are worth before the limit. It may lie before an instant that At was asked for.
func (l *Ledger) Push(o Occurrence) {
	if n := l.limit.Newest(); n < len(l.occ)/2 {
		l.occ = append(l.occ[:0], l.occ[len(l.occ)-n:]...) // the others never pay again
	}
	l.occ = append(l.occ, o)
	l.stale = true
	l.valid = span{}
}

// Grow makes room for so many more occurrences.
func (l *Ledger) Grow(n int) { l.occ = slices.Grow(l.occ, n) }

// Paid gives the newest occurrences with what they pay before any decay. Older ones
// pay nothing. The slice belongs to the ledger.
func (l *Ledger) Paid() []Occurrence { return l.settle() }

// settle applies the limit to what came in since the last time.
func (l *Ledger) settle() []Occurrence {
	m := l.limit
	if m.Zero() {
		return l.occ
	}
	if m.Periodic() {
		m.inPeriods(l.occ, &l.scratch)
		return l.occ
	}
	if m.onlyTimes() { // what is let through is let through in full
		if l.stale {
			l.reset()
			l.stale = false
		}
		return l.occ[max(0, len(l.occ)-m.Times):]
	}
	if l.stale {
		l.paid = append(l.paid[:0], l.occ[max(0, len(l.occ)-m.Newest()):]...)
		m.newest(l.paid, &l.scratch)
		l.reset()
		l.stale = false
	}
	return l.paid
}

// At gives the balance at an instant, not before that of any occurrence or of any
// question before.
//
// The idle instants, ascending and not after at, are read if the decay is Idle:
// the full steps then are those between an occurrence and the first idle instant
// strictly after it, between idle instants, and between the last one and at.
func (l *Ledger) At(at int64, idle []int64) Balance {
	paid := l.settle()
	if l.decay.Every > 0 {
		return l.stepped(paid, idle, at)
	}
	l.account.advance(l, paid, at)
	return l.account.balance(l, at)
}

// Unchanged reports whether the balance at an instant, not before the one that At was
// asked for last, is what it gave then, if nothing came in since.
func (l *Ledger) Unchanged(at int64) bool {
	if l.decay == nil {
		return false // it was not opened yet
	}
	d, a, paid := l.decay, &l.account, l.settle()
	switch {
	case d.Every > 0:
		return !d.Idle && l.valid.from <= at && at < l.valid.until
	case d.HalfLife > 0 || d.Linear > 0:
		return a.count == 0
	}
	return a.first == len(paid) || !l.over(age(paid[a.first].At, at))
}

// Later gives the balance at an instant that does not lie before the one that At
// was asked for last, if nothing comes in until then. The count is not to be used.
func (l *Ledger) Later(at int64, idle []int64) Balance {
	paid := l.settle()
	if l.decay.Every > 0 {
		if !l.decay.Idle && l.valid.from <= at && at < l.valid.until {
			return l.steps
		}
		b, _ := l.walk(paid, idle, at)
		return b
	}
	if n := len(paid); n == 0 || l.over(age(paid[n-1].At, at)) {
		return Balance{}
	}
	// As now goes on, what is asked for mostly does too. If not, now is where to begin.
	if at < l.ahead.at || l.ahead.at <= l.account.at {
		l.ahead = l.account
	}
	l.ahead.advance(l, paid, at)
	return l.ahead.balance(l, at)
}

// Walk is how many occurrences Later goes through, asked now for a later instant: those of
// which nothing is left by then; or, of a decay in steps, those of which something is. It
// does not depend on what the ledger was asked before.
func (l *Ledger) Walk(now, later int64) int {
	paid := l.settle()
	if l.decay.Every == 0 && (len(paid) == 0 || !l.over(age(paid[0].At, later))) {
		return 0 // as most often
	}
	left := func(at int64) int { // the first of which something is left
		return sort.Search(len(paid), func(i int) bool { return !l.over(age(paid[i].At, at)) })
	}
	if l.decay.Every > 0 {
		return len(paid) - left(later)
	}
	return left(later) - left(now)
}

// account adds up what decays along a curve, or not at all: in a closed form, so
// that time passes at the same cost however many occurrences there are.
type account struct {
	done     int // so many occurrences were read
	first    int // the first of which anything is left
	count    int // of how many
	at       int64
	up, down curve
}

func (a *account) side(amount points.Amount) *curve {
	if amount < 0 {
		return &a.down
	}
	return &a.up
}

// advance takes away what has nothing left at an instant, goes on to it, and only then
// adds the occurrences that are new since the last time: to go on from one of them to the
// next would cost as much as to add them. The sums are the same to the last bit.
func (a *account) advance(l *Ledger, paid []Occurrence, at int64) {
	a.at = at
	for ; a.first < a.done && l.over(age(paid[a.first].At, at)); a.first++ {
		if o := paid[a.first]; o.Amount != 0 {
			a.side(o.Amount).add(l.decay, -o.Amount, o.At)
			a.count--
		}
	}
	a.up.advance(l.decay, at)
	a.down.advance(l.decay, at)
	for ; a.done < len(paid); a.done++ {
		o := paid[a.done]
		if l.over(age(o.At, at)) {
			a.first = a.done + 1 // so is all before it
			continue
		}
		if o.Amount != 0 {
			c := a.side(o.Amount)
			if !c.used {
				c.begin(l.decay)
				c.advance(l.decay, at)
			}
			c.add(l.decay, o.Amount, o.At)
			a.count++
		}
	}
}

func (a *account) balance(l *Ledger, at int64) Balance {
	return Balance{Up: a.up.sum(l.decay, at), Down: a.down.sum(l.decay, at), Count: a.count}
}

// curve is a sum of amounts of one sign, in the field of the decay's kind.
type curve struct {
	used    bool
	flat    points.Sum
	halving points.Halving
	sloping points.Sloping
}

// begin empties a curve that was not used yet. What it holds was of another ledger.
func (c *curve) begin(d *Decay) {
	c.used = true
	switch {
	case d.HalfLife > 0:
		c.halving = points.Halving{}
	case d.Linear > 0:
		c.sloping = points.Sloping{}
	default:
		c.flat = points.Sum{}
	}
}

func (c *curve) advance(d *Decay, at int64) {
	switch {
	case !c.used:
	case d.HalfLife > 0:
		c.halving.Advance(at, d.HalfLife)
	case d.Linear > 0:
		c.sloping.Advance(at, d.Linear)
	}
}

// add adds an amount of an instant that the curve has advanced to or past.
func (c *curve) add(d *Decay, amount points.Amount, at int64) {
	switch {
	case d.HalfLife > 0:
		c.halving.Add(amount, at, d.HalfLife)
	case d.Linear > 0:
		c.sloping.Add(amount, at, d.Linear)
	default:
		c.flat.Add(amount)
	}
}

func (c *curve) sum(d *Decay, at int64) points.Sum {
	switch {
	case !c.used:
		return points.Sum{}
	case d.HalfLife > 0:
		return c.halving.Sum(at, d.HalfLife)
	case d.Linear > 0:
		return c.sloping.Sum(at, d.Linear)
	}
	return c.flat
}

// stepped gives the balance of a decay in steps. It changes at instants only, and
// is kept until the next of them, if nothing else plays a part.
func (l *Ledger) stepped(paid []Occurrence, idle []int64, at int64) Balance {
	if l.decay.Idle || at < l.valid.from || at >= l.valid.until {
		var next int64
		l.steps, next = l.walk(paid, idle, at)
		l.valid = span{at, next}
	}
	return l.steps
}

// walk adds up what decays in steps, and gives the first instant at which that can
// change; for Idle, that means nothing.
func (l *Ledger) walk(paid []Occurrence, idle []int64, at int64) (b Balance, next int64) {
	// From the newest back: one walk over the idle instants does, and where
	// nothing is left, or within ends, nothing older pays either.
	d := l.decay
	var spans uint64 // full steps from the instant later on
	next = math.MaxInt64
	later := at
	for _, o := range slices.Backward(paid) {
		old := age(o.At, at)
		if l.over(old) {
			break
		}
		if l.within != 0 {
			next = min(next, after(o.At, uint64(l.within)))
		}
		n := old / uint64(d.Every)
		if d.Idle {
			for len(idle) > 0 && idle[len(idle)-1] > o.At {
				last := idle[len(idle)-1]
				idle = idle[:len(idle)-1]
				spans += age(last, later) / uint64(d.Every)
				later = last
			}
			n = spans + age(o.At, later)/uint64(d.Every)
		}
		next = min(next, after(o.At, (n+1)*uint64(d.Every)))
		f := d.Factor(int64(min(old, math.MaxInt64)), int64(min(n, math.MaxInt64)))
		if f == 0 {
			break
		}
		if o.Amount > 0 {
			b.Up.AddShare(o.Amount, f)
			b.Count++
		} else if o.Amount < 0 {
			b.Down.AddShare(o.Amount, f)
			b.Count++
		}
	}
	return b, next
}

// after gives the instant a span after another, or the latest there is.
func after(at int64, span uint64) int64 {
	if span > uint64(math.MaxInt64)-uint64(at) {
		return math.MaxInt64
	}
	return at + int64(span)
}
