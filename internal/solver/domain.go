package solver

import (
	"math"
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

// domain is what a value can be. Of a bool, state holds its answers; of all
// else, Yes and No together stand for known.
type domain struct {
	state          expression.Set
	lo, hi         float64 // of numbers; of times in seconds, of ages in nanoseconds
	loOpen, hiOpen bool
	not            []float64
	whole          bool // whole numbers only

	fold     bool
	among    bool // of texts: only those in texts
	texts    []string
	notTexts []string
	tests    []textAtom
}

type textAtom struct {
	id   int
	want bool
	test func(string) bool
}

const (
	// Of a list of text, one of the two says that it is known in full, the other that it is
	// known in part.
	complete  = expression.Set(1 << expression.Yes)
	partial   = expression.Set(1 << expression.No)
	isKnown   = expression.Set(1<<expression.Yes | 1<<expression.No)
	anyAnswer = isKnown | 1<<expression.Unknown
)

func unbounded() domain { return domain{state: anyAnswer, lo: math.Inf(-1), hi: math.Inf(1)} }

// region holds the values that answer a comparison with x as wanted.
func region(op expression.Op, x float64, want expression.Set) domain {
	d := unbounded()
	d.state = want & expression.Only(expression.Unknown)
	if want&isKnown == 0 {
		return d
	}
	d.state |= isKnown
	less, equal, greater := op.Holds()
	below, at, above := want.Can(answer(less)), want.Can(answer(equal)), want.Can(answer(greater))
	if !below {
		d.lo, d.loOpen = x, !at
	}
	if !above {
		d.hi, d.hiOpen = x, !at
	}
	if !at && below && above {
		d.not = []float64{x}
	}
	return d
}

func answer(b bool) expression.Answer {
	if b {
		return expression.Yes
	}
	return expression.No
}

// oneOf holds the texts that answer as wanted whether they are one of some others.
func oneOf(n *expression.Node, others []string, want expression.Set, yes bool) domain {
	d := unbounded()
	d.state, d.fold = want&expression.Only(expression.Unknown), n.Folds()
	if want&isKnown == 0 {
		return d
	}
	d.state |= isKnown
	var texts []string
	for _, t := range others {
		texts = append(texts, folded(t, n.Folds()))
	}
	switch in, out := want.Can(answer(yes)), want.Can(answer(!yes)); {
	case in && !out:
		d.among, d.texts = true, texts
	case out && !in:
		d.notTexts = texts
	}
	return d
}

func folded(s string, fold bool) string {
	if fold {
		return fact.FoldString(fact.Clean(s))
	}
	return s
}

func (d domain) negated() domain {
	d.lo, d.hi, d.loOpen, d.hiOpen = 0-d.hi, 0-d.lo, d.hiOpen, d.loOpen
	not := slices.Clone(d.not)
	for i := range not {
		not[i] = 0 - not[i]
	}
	d.not = not
	return d
}

// meet gives what is in both; the state tells whether there is anything.
func (d domain) meet(e domain) domain {
	d.state &= e.state
	if e.lo > d.lo || e.lo == d.lo && e.loOpen {
		d.lo, d.loOpen = e.lo, e.loOpen
	}
	if e.hi < d.hi || e.hi == d.hi && e.hiOpen {
		d.hi, d.hiOpen = e.hi, e.hiOpen
	}
	if len(e.not) > 0 {
		d.not = append(slices.Clip(d.not), e.not...)
	}
	for again := true; again; {
		if d.whole {
			d.lo, d.loOpen = next(d.lo, d.loOpen), false
			d.hi, d.hiOpen = 0-next(0-d.hi, d.hiOpen), false
		}
		again = false
		for _, x := range d.not {
			if x == d.lo && !d.loOpen {
				d.loOpen, again = true, d.whole
			}
			if x == d.hi && !d.hiOpen {
				d.hiOpen, again = true, d.whole
			}
		}
	}
	if d.lo > d.hi || d.lo == d.hi && (d.loOpen || d.hiOpen) {
		d.state &= expression.Only(expression.Unknown)
	}
	d.meetTexts(&e)
	return d
}

// next gives the least whole number from x on, or after x.
func next(x float64, after bool) float64 {
	if c := math.Ceil(x); c > x || !after || math.IsInf(x, 0) {
		return c
	}
	return x + 1
}

func (d *domain) meetTexts(e *domain) {
	if len(e.notTexts) > 0 {
		d.notTexts = append(slices.Clip(d.notTexts), e.notTexts...)
	}
	for _, t := range e.tests {
		if slices.ContainsFunc(d.tests, func(u textAtom) bool { return u.id == t.id && u.want != t.want }) {
			d.state &= expression.Only(expression.Unknown)
		}
		d.tests = append(slices.Clip(d.tests), t)
	}
	switch {
	case e.among && d.among:
		d.texts = slices.DeleteFunc(slices.Clone(d.texts), func(t string) bool { return !slices.Contains(e.texts, t) })
	case e.among:
		d.among, d.texts = true, e.texts
	}
	if !d.among {
		return
	}
	d.texts = slices.DeleteFunc(slices.Clone(d.texts), func(t string) bool {
		return slices.Contains(d.notTexts, t) || slices.ContainsFunc(d.tests, func(a textAtom) bool { return a.test(t) != a.want })
	})
	if len(d.texts) == 0 {
		d.state &= expression.Only(expression.Unknown)
	}
}

// same reports whether meeting has changed nothing that others can see.
func (d *domain) same(e *domain) bool {
	return d.state == e.state && d.lo == e.lo && d.hi == e.hi && d.loOpen == e.loOpen && d.hiOpen == e.hiOpen &&
		len(d.not) == len(e.not) && d.among == e.among && len(d.texts) == len(e.texts) &&
		len(d.notTexts) == len(e.notTexts) && len(d.tests) == len(e.tests)
}
