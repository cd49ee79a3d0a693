package history

import "math"

// Never is the instant that does not come.
const Never = math.MaxInt64

// NextChange gives the first instant after now at which the result of a query can be
// another, if nothing new comes in: Never, or when something leaves the query's
// window, or a step is full. The basis is what Answer gave.
func (x *Index) NextChange(c *Query, basis int) int64 {
	if c.Func == IdleSteps {
		return x.full(c, basis, 1)
	}
	if c.Window.Span == 0 {
		return Never
	}
	switch c.Func {
	case Happened, Latest, First, Newest, Oldest, Highest, Lowest, Followed:
		// The result is the basis's; what else leaves the window plays no part.
		if basis == None {
			return Never
		}
		return After(x.At(basis), c.Window.Span)
	}
	if pos := x.window(c.Subject(), c.ResetScope, c.Window); len(pos) > 0 {
		return After(x.At(int(pos[0])), c.Window.Span)
	}
	return Never
}

// full gives the instant at which so many more steps of silence are full.
func (x *Index) full(c *Query, basis int, more int64) int64 {
	if basis == None {
		return Never
	}
	_, rest := c.steps(x.At(basis), x.now)
	if more-1 > (math.MaxInt64-int64(rest))/c.Every {
		return Never
	}
	return After(x.now, int64(rest)+(more-1)*c.Every)
}

// WhenReaches gives the first instant after now at which the result of a Count or of an
// ActiveDays, which only fall, or of IdleSteps, which only rise, is n or has passed it,
// if nothing new comes in. The result and the basis are what Answer gave; n lies ahead
// of the result. For ActiveDays it can be earlier.
func (x *Index) WhenReaches(c *Query, basis int, result, n int64) int64 {
	if c.Func == IdleSteps {
		return x.full(c, basis, n-result)
	}
	if c.Window.Span == 0 {
		return Never
	}
	pos := x.window(c.Signal, c.ResetScope, c.Window)
	if c.Func == Count {
		return After(x.At(int(pos[result-1-n])), c.Window.Span)
	}
	// It is when the last of so many days and one more has left. To look for that
	// must not cost what a long history costs.
	const most = 64
	var day int64
	for i := 1; i <= min(len(pos), most); i++ {
		t := x.At(int(pos[len(pos)-i]))
		if d := x.schema.Day(t); i == 1 || d != day {
			if n--; n < 0 {
				return After(t, c.Window.Span)
			}
			day = d
		}
	}
	return After(x.At(int(pos[0])), c.Window.Span)
}

// CountAt gives the result at an instant after now of a query as for NextChange, or what lies
// further ahead, if nothing new comes in.
func (x *Index) CountAt(c *Query, basis int, result, at int64) int64 {
	if c.Func != IdleSteps || basis == None {
		return 0
	}
	before, _ := c.steps(x.At(basis), x.now)
	then, _ := c.steps(x.At(basis), at)
	return result + int64(then-before)
}

// After gives the instant a span after another, or Never.
func After(at, span int64) int64 {
	if at > math.MaxInt64-span {
		return Never
	}
	return at + span
}
