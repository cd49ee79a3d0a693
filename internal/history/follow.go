package history

import (
	"slices"
	"sort"

	"github.com/qualify-go/qualify/internal/fact"
)

// Follow adds an activity to an index that was built, and reports whether it could:
// one that does not come last in the order of history must be built in, with all
// others. The instant is not after now. Accept is as for Build.
func (x *Index) Follow(at int64, a *Activity, accept func(signal, pos int) bool) bool {
	kind := x.schema.kind(a.Type)
	if kind == 0 && !x.schema.any {
		return true
	}
	e := entry{at, a, kind}
	pos := len(x.entries)
	if pos > 0 {
		last := &x.entries[pos-1]
		if at < last.at || at == last.at && x.compareContents(&e, last) < 0 {
			return false
		}
	}
	if x.isRepeated(&e) {
		return true
	}
	x.entries = append(x.entries, e)
	x.kinds[kind].add(int32(pos), at)
	for s := range x.schema.found {
		f := &x.schema.found[s]
		if !f.same && (f.only == int(kind) || f.takes != nil && f.takes[kind]) && (!x.schema.Signals[s].Where || accept(s, pos)) {
			x.lists[s].add(int32(pos), at)
		}
	}
	x.recount()
	x.derive()
	return true
}

// isRepeated reports whether an activity that comes last was delivered before.
func (x *Index) isRepeated(e *entry) bool {
	if !x.repeats {
		if e.ID > x.lastID || blank(e.ID) {
			x.lastID = max(x.lastID, e.ID)
			return false
		}
		x.repeats = true // from now on, there is a table
		x.dropRepeated()
	}
	if 2*(len(x.entries)+1) >= len(x.table) {
		x.dropRepeated() // there are none: it makes a larger table
	}
	return x.seen(e, len(x.entries))
}

// Now goes on to a later instant, at which the same activities are the history.
func (x *Index) Now(now int64) { x.now = now }

// Memory keeps what an answer to a call rests on, so that the next one costs what
// has come in and what has left the window since. The zero value is empty.
type Memory struct {
	floor, since int32 // that it was answered with
	from, end    int   // the occurrences that the window held
	basis        int   // one of them, or None
	sum          sum
	n            int // of values or of days; of First, where to look on
	extreme      float64
	values       []tally // in their order
}

// tally is a value, and how many occurrences have it.
type tally struct {
	value fact.Value
	n     int
}

// Recall is Answer, given what it left in memory the last time. Since then, all that
// was done with the index is Follow and Now. The value must be what it gave then. If
// it reports no change, value and basis are what they were.
func (x *Index) Recall(c *Call, m *Memory, v *fact.Value) (basis int, changed bool) {
	floor := x.floors[c.Scope]
	signal := c.signal()
	if floor > 0 && (x.schema.Signals[signal].Of != None || c.Func == Followed && x.schema.Signals[c.Signal].Of != None) {
		m.clear()
		return x.Answer(c, v), true // they are counted anew, from the floor on
	}
	l := x.list(signal)
	since := int32(0)
	if c.Window.Since != None {
		if pos, _ := x.Occurrences(c.Window.Since, c.Scope); len(pos) > 0 {
			since = pos[len(pos)-1]
		}
	}
	if m.end == 0 || m.floor != floor {
		m.clear()
	}
	end, from := len(l.pos), m.from
	if first := max(floor, since); first > 0 && (m.end == 0 || m.since != since) {
		i, _ := slices.BinarySearch(l.pos[from:], first)
		from += i
	}
	m.floor, m.since = floor, since
	if span := uint64(c.Window.Span); span > 0 && from < end && uint64(x.now-l.at[from]) >= span {
		// No activity is after now, so that unsigned the age cannot overflow.
		from += sort.Search(end-from, func(i int) bool { return uint64(x.now-l.at[from+i]) < span })
	}
	if m.end <= from {
		m.empty(from)
	}
	if from == m.from && end == m.end && end > from {
		if m.basis == None {
			return None, false
		}
		return int(l.pos[m.basis]), false
	}
	return x.slide(c, l, m, from, end, v), true
}

func (m *Memory) clear() {
	values := m.values
	clear(values)
	*m = Memory{basis: None, values: values[:0]}
}

// empty forgets all that the window held, and lets it begin anew.
func (m *Memory) empty(from int) {
	floor, since := m.floor, m.since
	m.clear()
	m.floor, m.since, m.from, m.end = floor, since, from, from
}

// slide moves the window to the occurrences from from to end.
func (x *Index) slide(c *Call, l *list, m *Memory, from, end int, v *fact.Value) int {
	was, had := m.from, m.end
	m.from, m.end = from, end
	basis := None
	switch c.Func {
	case Count, Happened, Newest, Oldest:
		if end > from {
			basis = end - 1
		}
		*v = fact.Value{Known: true}
		switch {
		case c.Func == Count:
			v.Number = float64(end - from)
		case c.Func == Happened:
			v.Bool = end > from
		case end == from:
			*v = fact.Value{}
		case c.Func == Oldest:
			basis = from
			fallthrough
		default:
			v.Time = l.at[basis]
		}
	case ActiveDays:
		m.days(l, was, had, x.schema.Day)
		*v = fact.Value{Known: true, Number: float64(m.n)}
		basis = end - 1
	case Latest:
		basis = m.basis
		for i := end - 1; i >= had; i-- {
			if x.Prop(int(l.pos[i]), c.Prop, v); v.Known {
				basis = i
				break
			}
		}
		if basis < from {
			*v = fact.Value{}
			basis = None
		} else if !v.Known {
			x.Prop(int(l.pos[basis]), c.Prop, v) // it was read over
		}
	case First:
		basis = m.basis
		if basis < from {
			basis = None
			*v = fact.Value{}
			for i := max(from, m.n); i < end; i++ {
				if x.Prop(int(l.pos[i]), c.Prop, v); v.Known {
					basis = i
					break
				}
			}
			m.n = end // none before it, but for the basis, has it
			if basis != None {
				m.n = basis + 1
			}
		}
	case Followed:
		basis = m.basis
		for i := end - 1; i >= had; i-- {
			if x.follows(c, l.at[i]) {
				basis = i
				break
			}
		}
		if basis < from {
			basis = None
		}
		*v = fact.Value{Known: true, Bool: basis != None}
	case Distinct:
		basis = x.tallies(c.Prop, l, m, was, had)
		*v = fact.Value{Known: true, Number: float64(len(m.values))}
	default:
		basis = x.figures(c, l, m, was, had, v)
	}
	m.basis = basis
	if basis < from {
		m.basis = None
		return None
	}
	return int(l.pos[basis])
}

// follows reports whether some a came before an instant, less than Within before.
func (x *Index) follows(c *Call, at int64) bool {
	_, firsts := x.Occurrences(c.Signal, c.Scope)
	n := sort.Search(len(firsts), func(k int) bool { return firsts[k] >= at })
	return n > 0 && uint64(at-firsts[n-1]) < uint64(c.Within) // unsigned: it cannot overflow
}

// days counts the days anew that a window has, which held the occurrences from was
// to had.
func (m *Memory) days(l *list, was, had int, day Calendar) {
	for i := had; i < m.end; i++ {
		if i == was || day(l.at[i]) != day(l.at[i-1]) {
			m.n++
		}
	}
	for i := was; i < m.from; i++ {
		if i+1 == m.end || day(l.at[i]) != day(l.at[i+1]) {
			m.n--
		}
	}
}

// tallies counts the different values of a window that held the occurrences from was
// to had, and gives the newest that has one.
func (x *Index) tallies(prop int, l *list, m *Memory, was, had int) (basis int) {
	kind := x.schema.Props[prop].Kind
	var v fact.Value
	for i := was; i < min(m.from, had); i++ {
		if x.Prop(int(l.pos[i]), prop, &v); !v.Known {
			continue
		}
		if j, _ := m.find(kind, &v); m.values[j].n > 1 {
			m.values[j].n--
		} else {
			m.values = slices.Delete(m.values, j, j+1)
		}
	}
	basis = m.basis
	for i := had; i < m.end; i++ {
		if x.Prop(int(l.pos[i]), prop, &v); !v.Known {
			continue
		}
		basis = i
		if j, ok := m.find(kind, &v); ok {
			m.values[j].n++
		} else {
			m.values = slices.Insert(m.values, j, tally{v, 1})
		}
	}
	return basis
}

// find gives the place of a value's tally, or where it would be.
func (m *Memory) find(kind fact.Kind, v *fact.Value) (int, bool) {
	i := sort.Search(len(m.values), func(i int) bool { return fact.Compare(kind, &m.values[i].value, v) >= 0 })
	for j := max(0, i-1); j <= i && j < len(m.values); j++ { // text that is equal may differ in case
		if fact.Equal(kind, &m.values[j].value, v) {
			return j, true
		}
	}
	return i, false
}

// figures works out total, mean, highest and lowest of a window that held the
// occurrences from was to had.
func (x *Index) figures(c *Call, l *list, m *Memory, was, had int, v *fact.Value) (basis int) {
	basis = m.basis
	adds := c.Func == Total || c.Func == Mean
	if !adds && basis < m.from {
		had, m.n, basis = m.from, 0, None // the extreme has left: look at all that remain
	}
	for i := was; adds && i < min(m.from, had); i++ {
		if x.Prop(int(l.pos[i]), c.Prop, v); v.Known {
			m.sum.sub(v.Number)
			m.n--
		}
	}
	for i := had; i < m.end; i++ {
		if x.Prop(int(l.pos[i]), c.Prop, v); !v.Known {
			continue
		}
		switch {
		case adds:
			m.sum.add(v.Number)
			basis = i
		case m.n == 0, c.Func == Highest && v.Number >= m.extreme, c.Func == Lowest && v.Number <= m.extreme:
			m.extreme = v.Number
			basis = i
		}
		m.n++
	}
	*v = fact.Value{Known: m.n > 0 || c.Func == Total}
	switch {
	case c.Func == Total:
		v.Number = m.sum.over(1)
	case c.Func == Mean && m.n > 0:
		v.Number = m.sum.over(m.n)
	case m.n > 0:
		v.Number = m.extreme
	}
	return basis
}
