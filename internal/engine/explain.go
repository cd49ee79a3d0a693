package engine

import (
	"slices"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
)

// LeftOut is why an occurrence does not count, or brings nothing.
type LeftOut uint8

// The reasons.
const (
	Counts         LeftOut = iota
	LeftOutReset           // it lies before the last reset
	LeftOutWindow          // it lies outside the window, or not within
	LeftOutUnknown         // the multiplier, or the property that is asked for, is unknown
	LeftOutLimit           // the limit lets nothing of it through
	LeftOutDecay           // nothing is left of it
	LeftOutWhen            // the condition of the rule is not yes
	// The relation of the signal to another leaves it out; in the order of the relations.
	LeftOutFollowing
	LeftOutNotFollowing
	LeftOutFollowedBy
)

// Occurrence is an activity that is an occurrence of a signal. For an event rule: Worth is
// the points times what multiplies them, Allowed what the limit lets through of it, and
// Points what it brings now, after Within and the decay.
type Occurrence struct {
	Activity               *history.Activity
	At                     int64
	Worth, Allowed, Points points.Points
	LeftOut                LeftOut
	Told                   bool // the environment has the activity's properties, if they are asked for
}

// QueryOccurrences visits the occurrences of the signal of a query, the newest first, and
// at most so many of them; older is how many more there are.
func (e *Evaluator) QueryOccurrences(query, most int, visit func(*Occurrence)) (older int) {
	q := &e.program.Queries[query]
	outside := len(e.index.Occurrences(q.Subject(), q.ResetScope)) - len(e.index.Window(q))
	return e.occurrences(q.Subject(), q.ResetScope, most, visit, func(j, pos int, o *Occurrence) {
		switch {
		case j < outside:
			o.LeftOut = LeftOutWindow
		case q.Prop != history.None:
			var v fact.Value
			if e.index.Prop(pos, q.Prop, &v); !v.Known {
				o.LeftOut = LeftOutUnknown
			}
		}
	})
}

// EventOccurrences is QueryOccurrences for the signal of an event rule. Each is visited
// while its properties are those of the environment. sum is what all of them bring.
func (e *Evaluator) EventOccurrences(rule, most int, visit func(*Occurrence)) (sum points.Points, older int) {
	r := &e.program.Rules[rule]
	answer := expression.Yes
	if r.When != nil {
		answer = r.When.Test(&e.env)
	}
	if answer == expression.Yes && e.awake.Has(rule) {
		all := e.balances[r.Event].Sum()
		sum = all.Points()
	} else { // the evaluation need not have filled its ledger, or nothing occurred
		e.balances[r.Event] = e.eventBalance(r)
	}
	// The ledger has the newest of those that have a multiplier, after the limit.
	paid := e.ledgers[r.Event].Paid()
	left := len(paid)
	idle := slices.Clone(e.idleInstants(r))
	var single accrual.Ledger
	return sum, e.occurrences(r.Signal, r.ResetScope, most, visit, func(_, pos int, o *Occurrence) {
		worth := r.Points.Amount()
		if r.Multiply != nil {
			e.loadActivity(r.Props, pos)
			m, ok := r.Multiply.Number(&e.env)
			if worth = r.Points.Times(m); !ok {
				o.LeftOut = LeftOutUnknown
				return
			}
		}
		o.Worth = oneAmount(worth)
		left--
		if left < 0 || paid[left].Amount == 0 {
			if worth != 0 {
				o.LeftOut = LeftOutLimit
			}
			return
		}
		o.Allowed = oneAmount(paid[left].Amount)
		single.Open(&e.noLimit, &r.Decay.Decay, r.Within)
		single.Push(accrual.Occurrence{At: o.At, Amount: paid[left].Amount})
		switch brings := single.At(e.env.Now, idle); {
		case answer != expression.Yes:
			o.LeftOut = LeftOutWhen
		case brings.Count > 0:
			sum := brings.Sum()
			o.Points = sum.Points()
		case r.Within > 0 && o.At <= history.Before(e.env.Now, r.Within):
			o.LeftOut = LeftOutWindow
		default:
			o.LeftOut = LeftOutDecay
		}
	})
}

// oneAmount gives an amount, rounded to a millionth.
func oneAmount(a points.Amount) points.Points {
	var s points.Sum
	s.Add(a)
	return s.Points()
}

// occurrences visits the occurrences of a signal, the newest first, and has those that a
// reset scope sees explained, with their place among these. What only the relation of the
// signal leaves out is visited, too.
func (e *Evaluator) occurrences(signal, resetScope, most int, visit func(*Occurrence), explain func(j, pos int, o *Occurrence)) (older int) {
	visible, hidden := e.index.Occurrences(signal, resetScope), e.index.Occurrences(signal, 0)
	unrelated := e.index.Unrelated(signal, resetScope)
	before, _ := slices.BinarySearch(hidden, int32(e.index.FirstVisible(resetScope)))
	hidden = hidden[:before]
	n := min(len(unrelated)+len(hidden), most)
	older = len(unrelated) + len(hidden) - n
	j := len(visible) - 1
	for _, p := range slices.Backward(unrelated[max(0, len(unrelated)-n):]) {
		pos := int(p)
		o := Occurrence{Activity: e.index.Activity(pos), At: e.index.At(pos)}
		if j < 0 || visible[j] != p {
			o.LeftOut = LeftOutFollowing + LeftOut(e.program.Histories[signal].Relation-history.Following)
			visit(&o)
			continue
		}
		mark := e.index.Mark()
		o.Told = true
		explain(j, pos, &o)
		visit(&o)
		e.index.Trim(mark)
		j--
	}
	for _, pos := range slices.Backward(hidden[max(0, len(hidden)-max(0, n-len(unrelated))):]) {
		visit(&Occurrence{Activity: e.index.Activity(int(pos)), At: e.index.At(int(pos)), LeftOut: LeftOutReset})
	}
	return older
}
