package points

import "math"

// Span is what points can be: all from Lo to Hi. The ends Below and Above are
// infinite.
type Span struct{ Lo, Hi Points }

// The infinite ends of a Span.
const (
	Below = Points(math.MinInt64)
	Above = Points(math.MaxInt64)
)

// Exactly is the span of p alone.
func Exactly(p Points) Span { return Span{p, p} }

// Ends gives the ends in points.
func (s Span) Ends() (lo, hi float64) {
	lo = s.Lo.Float()
	if hi = lo; s.Lo == s.Hi { // most are; no infinite end is
		return lo, hi
	}
	if hi = s.Hi.Float(); s.Hi == Above {
		hi = math.Inf(1)
	}
	if s.Lo == Below {
		lo = math.Inf(-1)
	}
	return lo, hi
}

// Union is the least span that holds both.
func (s Span) Union(t Span) Span { return Span{min(s.Lo, t.Lo), max(s.Hi, t.Hi)} }

// Add holds every sum of one of s and one of t. The sums of finite ends must not
// overflow.
func (s Span) Add(t Span) Span {
	out := Span{s.Lo + t.Lo, s.Hi + t.Hi}
	if s.Lo == Below || t.Lo == Below {
		out.Lo = Below
	}
	if s.Hi == Above || t.Hi == Above {
		out.Hi = Above
	}
	return out
}

// Clamp holds what Points.Clamp makes of each. A bound that is ±Max is the one
// common to all points, not one that somebody set: an infinite end stays infinite.
func (s Span) Clamp(lo, hi Points) Span {
	out := Span{s.Lo.Clamp(lo, hi), s.Hi.Clamp(lo, hi)}
	if lo == -Max && s.Lo == Below {
		out.Lo = Below
	}
	if hi == Max && s.Hi == Above {
		out.Hi = Above
	}
	return out
}

// Open makes the ends at ±Max infinite, unless the span is a single number: it is for
// what only that bound holds.
func (s Span) Open() Span {
	if s.Lo == s.Hi {
		return s
	}
	if s.Lo == -Max {
		s.Lo = Below
	}
	if s.Hi == Max {
		s.Hi = Above
	}
	return s
}

// Unbounded reports whether nobody bounded the numbers from lo to hi, so that only Max
// holds what p times each of them is: facts without bounds of their own reach to 1e15.
func (p Points) Unbounded(lo, hi float64) bool {
	const most = 1e9
	far := func(m float64) bool { return math.Abs(m) > most && math.Abs(float64(p)*m) > float64(Max) }
	return lo < hi && (far(lo) || far(hi))
}

// RoundTo holds what Points.RoundTo makes of each.
func (s Span) RoundTo(step Points) Span {
	if s.Lo != Below {
		s.Lo = s.Lo.RoundTo(step)
	}
	if s.Hi != Above {
		s.Hi = s.Hi.RoundTo(step)
	}
	return s
}

// Percent holds what Percent makes of each.
func (s Span) Percent(lo, hi Points) Span {
	return Span{Percent(s.Lo, lo, hi), Percent(s.Hi, lo, hi)}
}

// Weighted holds what Points.Weighted makes of each.
func (s Span) Weighted(w float64) Span {
	if w == 1 {
		return s
	}
	a, b := weightedEnd(s.Lo, w), weightedEnd(s.Hi, w)
	return Span{min(a, b), max(a, b)}
}

func weightedEnd(p Points, w float64) Points {
	switch infinite := p == Below || p == Above; {
	case w == 0:
		return 0
	case infinite && (p == Above) == (w > 0):
		return Above
	case infinite:
		return Below
	}
	return p.Weighted(w)
}
