package solver

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
)

// narrow keeps of a variable what is in d, and lets others follow. It gives false
// if nothing is left.
func (s *Solver) narrow(id int, d domain) bool {
	if s.steps--; s.steps < 0 {
		return true
	}
	v := s.variableAt(id)
	now := v.now.meet(d)
	if now.state == 0 {
		return false
	}
	tied := v.pop != nil || v.node != nil && (v.node.Op == expression.OpScore || v.node.Op == expression.OpBand)
	joins := tied && !slices.Contains(s.live, id)
	if now.same(v.now) && !joins {
		return true
	}
	s.trail = append(s.trail, change{id, v.now})
	v.now = &now
	if !tied {
		return true
	}
	if joins {
		s.live = append(s.live, id)
		if v.node != nil && v.pop != nil && !s.narrow(s.population(*v.pop), unbounded()) {
			return false
		}
	}
	for _, other := range slices.Clone(s.live) {
		if other != id && (!s.imply(id, other) || joins && !s.imply(other, id)) {
			return false
		}
	}
	return true
}

// imply narrows b by what a says of it. It gives false if nothing is left of b.
func (s *Solver) imply(a, b int) bool {
	x, y := &s.vars[a], &s.vars[b]
	d := unbounded()
	switch {
	case x.pop == nil && y.pop == nil:
		if x.node.Slot != y.node.Slot || x.node.Op == y.node.Op {
			return true
		}
		if x.node.Op == expression.OpScore {
			d.among, d.texts = true, s.labels(x.node.Slot, x.now)
			return s.narrow(b, d)
		}
		d.lo, d.hi, d.hiOpen = s.scored(x.node.Slot, x.now.texts)
		return s.narrow(b, d)
	case x.pop == nil || y.pop == nil || x.pop.scope != y.pop.scope:
		return true
	case x.node == nil && y.node == nil:
		if s.within(x.pop, y.pop) {
			d.lo = x.now.lo
		}
		if s.within(y.pop, x.pop) {
			d.hi = x.now.hi
		}
		return s.narrow(b, d)
	case x.node == nil && y.age():
		return x.pop.signal != y.pop.signal || s.narrow(b, s.ageOf(x, y))
	case x.age() && y.node == nil:
		return x.pop.signal != y.pop.signal || s.narrow(b, s.countOf(x, y))
	case *x.pop != *y.pop:
		return true
	case x.node == nil && y.node.Op == expression.OpCall:
		return s.narrow(b, s.answerOf(x, y))
	case y.node == nil && x.node.Op == expression.OpCall:
		c := s.program.Queries[x.node.Slot]
		d = s.countFor(x, c.Func)
		if c.Func == history.Followed && d.lo >= 1 {
			some := unbounded()
			some.lo = 1
			return s.narrow(b, d) && s.narrow(s.population(population{c.Signal, c.ResetScope, history.All}), some)
		}
		return s.narrow(b, d)
	}
	return true
}

func (v *variable) age() bool { return v.node != nil && v.node.Age() }

// within reports whether every occurrence of p is one of q.
func (s *Solver) within(p, q *population) bool {
	return (q.window.Span == 0 || p.window.Span != 0 && p.window.Span <= q.window.Span) &&
		(q.window.Since == history.None || q.window.Since == p.window.Since) && s.isA(p.signal, q.signal, p.scope)
}

// Is reports whether every occurrence of a signal is one of another.
func (s *Solver) Is(a, b int) bool { return s.isA(a, b, 0) }

// isA reports whether every occurrence of signal a is one of signal b.
func (s *Solver) isA(a, b, scope int) bool {
	for a != b {
		from, to := &s.program.Histories[a], &s.program.Histories[b]
		if from.Of == history.None {
			return to.Of == history.None && to.Relation == history.Unrelated && s.narrower(s.program.Signals[a].Where, s.program.Signals[b].Where) && (slices.Contains(to.Types, "*") ||
				!slices.ContainsFunc(from.Types, func(t string) bool { return !slices.Contains(to.Types, t) }))
		}
		if scope != 0 && s.program.Histories[from.Of].Of != history.None {
			return false // it counts afresh from the reset on, and its own source otherwise
		}
		a = from.Of
	}
	return true
}

// narrower reports whether a condition of a signal lets through only what another does;
// nil lets everything through.
func (s *Solver) narrower(a, b *expression.Node) bool {
	return b == nil || a != nil && s.id(a) == s.id(b)
}

// ageOf gives what a number of occurrences says of the age of the newest or the
// oldest of them.
func (s *Solver) ageOf(count, age *variable) domain {
	d, w := unbounded(), count.pop.window
	if count.now.lo >= 1 {
		if d.state = isKnown; w.Span > 0 && s.newest(age) {
			d.hi, d.hiOpen = float64(w.Span), true
		}
	}
	if count.now.hi < 1 && w.Since == history.None {
		switch {
		case w.Span == 0:
			d.state &= expression.Only(expression.Unknown)
		case s.newest(age):
			d.lo = float64(w.Span)
		}
	}
	return d
}

// countOf gives what the age of the newest or the oldest of some occurrences says
// of their number.
func (s *Solver) countOf(age, count *variable) domain {
	d, w, a := unbounded(), count.pop.window, age.now
	span := float64(w.Span)
	switch {
	case a.state == expression.Only(expression.Unknown), w.Span > 0 && a.lo >= span && s.newest(age):
		d.hi = 0
	case !a.state.Can(expression.Unknown) && w.Since == history.None && (w.Span == 0 || a.hi < span || a.hi == span && a.hiOpen):
		d.lo = 1
	}
	return d
}

// newest reports whether an age is that of the newest occurrence.
func (s *Solver) newest(age *variable) bool {
	slot, _ := age.node.Kids[0].Query()
	return s.program.Queries[slot].Func == history.Newest
}

// answerOf gives what a number of occurrences says of a call that looks at them.
func (s *Solver) answerOf(count, call *variable) domain {
	d, some, none := unbounded(), count.now.lo >= 1, count.now.hi < 1
	switch f := s.program.Queries[call.node.Slot].Func; {
	case f == history.Happened && some:
		d.state = expression.Only(expression.Yes)
	case (f == history.Happened || f == history.Followed) && none:
		d.state = expression.Only(expression.No)
	case f == history.ActiveDays, f == history.Distinct:
		if d.hi = count.now.hi; some && f == history.ActiveDays {
			d.lo = 1
		}
	case (f == history.Total || f == history.IdleSteps) && none:
		d.lo, d.hi = 0, 0
	case (f == history.Newest || f == history.Oldest) && some:
		d.state = isKnown
	case none && UnknownOfNone(f):
		d.state = expression.Only(expression.Unknown)
	}
	return d
}

// UnknownOfNone reports whether a function of the history gives unknown where there is no
// occurrence.
func UnknownOfNone(f history.Func) bool {
	switch f {
	case history.Mean, history.Highest, history.Lowest, history.Latest, history.First, history.Newest, history.Oldest:
		return true
	}
	return false
}

// countFor gives what a call says of the number of the occurrences that it looks at.
func (s *Solver) countFor(call *variable, f history.Func) domain {
	d, a := unbounded(), call.now
	some, none := false, false
	switch f {
	case history.Happened:
		some, none = a.state == expression.Only(expression.Yes), a.state == expression.Only(expression.No)
	case history.Followed:
		some = a.state == expression.Only(expression.Yes)
	case history.ActiveDays:
		d.lo, none = a.lo, a.hi < 1
	case history.Distinct:
		d.lo = a.lo
	case history.Total, history.IdleSteps:
		some = a.lo > 0 || a.hi < 0 || a.lo == 0 && a.loOpen || a.hi == 0 && a.hiOpen || slices.Contains(a.not, 0)
	default:
		some = UnknownOfNone(f) && !a.state.Can(expression.Unknown)
		none = (f == history.Newest || f == history.Oldest) && a.state == expression.Only(expression.Unknown)
	}
	if some {
		d.lo = max(d.lo, 1)
	}
	if none {
		d.hi = 0
	}
	return d
}

// Labels gives the labels of the bands that a group can have; a blank one is none.
func (s *Solver) Labels(group int) []string {
	score := unbounded()
	score.lo, score.hi = s.scores[group].Lo, s.scores[group].Hi
	return s.labels(group, &score)
}

// labels gives the labels that a group's band can have while its score is in d.
func (s *Solver) labels(group int, d *domain) []string {
	var out []string
	lo := math.Inf(-1)
	for i := -1; i < len(s.bands[group]); i++ {
		label, hi := "", math.Inf(1)
		if i >= 0 {
			label, lo = s.bands[group][i].label, s.bands[group][i].lo
		}
		if i+1 < len(s.bands[group]) {
			hi = s.bands[group][i+1].lo
		}
		part := unbounded()
		if part.lo, part.hi, part.hiOpen = lo, hi, true; d.meet(part).state.Can(expression.Yes) {
			out = append(out, label)
		}
	}
	return out
}

// scored holds the scores at which a group's band has one of some labels.
func (s *Solver) scored(group int, labels []string) (lo, hi float64, hiOpen bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	from := math.Inf(-1)
	for i := -1; i < len(s.bands[group]); i++ {
		label, to := "", math.Inf(1)
		if i >= 0 {
			label, from = s.bands[group][i].label, s.bands[group][i].lo
		}
		if i+1 < len(s.bands[group]) {
			to = s.bands[group][i+1].lo
		}
		if slices.Contains(labels, label) && from < to {
			lo, hi = min(lo, from), max(hi, to)
		}
	}
	return lo, hi, !math.IsInf(hi, 1)
}
