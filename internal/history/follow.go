package history

import (
	"math"
	"slices"
	"sort"

	"github.com/qualify-go/qualify/internal/fact"
)

// Insert adds an activity to an index that was built, and reports whether it could:
// it cannot add one that was delivered before with a later instant. It costs what is
// newer than the activity, and what the repeated signals cost that count it if it is
// not the newest. The instant is not after now. Numbers must have been kept since the
// index was reset. Accept is as for Build.
func (x *Index) Insert(at int64, a *Activity, accept func(signal, pos int) bool) bool {
	typeID := x.schema.TypeID(a.Type)
	if typeID == 0 && !x.schema.any {
		return true
	}
	e := Entry{at, a, typeID}
	pos := len(x.entries)
	for pos > 0 && (at < x.entries[pos-1].at || at == x.entries[pos-1].at && x.compareContents(&e, &x.entries[pos-1]) < 0) {
		pos--
	}
	for _, i := range [...]int{pos - 1, pos} {
		if i >= 0 && i < len(x.entries) && x.entries[i].at == at && x.entries[i].Type == a.Type && x.entries[i].ID == a.ID {
			x.tie(&e)
			x.tie(&x.entries[i]) // perhaps it was alone
			break
		}
	}
	late := pos < len(x.entries)
	if first := x.delivered(&e); first != None {
		if first < pos {
			x.seen(&e, pos)
		}
		return first < pos
	}
	if late {
		x.shifts++
		x.shift(pos)
		x.all = true
	}
	x.entries = slices.Insert(x.entries, pos, e)
	x.place(late)
	if x.repeats {
		for i := len(x.entries) - 1; i > pos; i-- {
			x.renumber(i)
		}
		x.seen(&e, pos)
	}
	x.byType[typeID].insert(pos)
	for s := range x.schema.found {
		f := &x.schema.found[s]
		takes := f.only == int(typeID) || f.takes != nil && f.takes[typeID]
		if takes && !f.all && (!x.schema.Signals[s].Where || accept(s, pos)) {
			x.gathered(s).insert(pos)
		}
		if takes {
			x.touched = append(x.touched, int32(s))
		}
		if takes && late {
			x.versions[s]++
		}
	}
	if late {
		for _, s := range x.schema.order {
			x.restart(s)
		}
	}
	x.recount()
	x.derive()
	return true
}

// Touched lists the signals that can have other occurrences than when it was asked last, some
// of them more than once. All is true if what any signal or reset scope has may be another. The
// list is valid until the next Insert.
func (x *Index) Touched() (signals []int32, all bool) {
	signals, all = x.touched, x.all
	x.touched, x.all = x.touched[:0], false
	return signals, all
}

// Version is another when something came in before what a signal had, as a reset scope sees
// it: with a first visible position, positions tell what it sees, and these may have shifted, or what came
// in may lie before it.
func (x *Index) Version(signal, resetScope int) int {
	if x.firstVisible[resetScope] > 0 {
		return x.versions[signal] + x.shifts + x.belated[signal]
	}
	return x.versions[signal]
}

// insert adds an occurrence where it belongs.
func (l *list) insert(pos int) {
	i := len(*l)
	for i > 0 && int((*l)[i-1]) > pos {
		i--
	}
	*l = slices.Insert(*l, i, int32(pos))
}

// shift makes the activities from a position on stand one further, but for the table.
func (x *Index) shift(from int) {
	shift := func(l list) {
		for i := len(l) - 1; i >= 0 && int(l[i]) >= from; i-- {
			l[i]++
		}
	}
	for _, l := range x.byType {
		shift(l)
	}
	for _, l := range x.lists {
		shift(l)
	}
	for _, l := range x.bases {
		shift(l)
	}
}

// renumber says in the table that an activity stands at a position, in place of the
// one before.
func (x *Index) renumber(pos int) {
	e := &x.entries[pos]
	if blank(e.ID) {
		return
	}
	place, tag, _ := x.start(e)
	for x.table[place] != tag|int32(pos) {
		place = (place + 1) & (len(x.table) - 1)
	}
	x.table[place] = tag | int32(pos+1)
}

// delivered gives the position of the activity with a type and an ID, or None.
func (x *Index) delivered(e *Entry) int {
	if blank(e.ID) {
		return None
	}
	if !x.repeats {
		if e.ID > x.lastID {
			x.lastID = e.ID
			return None
		}
		x.repeats = true // from now on, there is a table
		x.dropRepeated()
	}
	if 2*(len(x.entries)+1) >= len(x.table) {
		x.dropRepeated() // there are none: it makes a larger table
	}
	place, tag := x.seek(e)
	if x.table[place] == 0 {
		return None
	}
	return int(x.table[place]^tag) - 1
}

// Last is the instant of the newest activity, or the earliest there is.
func (x *Index) Last() int64 {
	if len(x.entries) == 0 {
		return math.MinInt64
	}
	return x.entries[len(x.entries)-1].at
}

// Now goes on to a later instant, at which the same activities are the history.
func (x *Index) Now(now int64) { x.now = now }

// Memory keeps what an answer to a query rests on, so that the next one costs what
// has come in and what has left the window since. The zero value is empty.
type Memory struct {
	given               bool  // there was an answer
	version             int   // of the signals
	entries             int   // activities of the history
	firstVisible, since int32 // that it was answered with
	from, end           int   // the occurrences that the window held
	basis               int   // one of them, or None
	sum                 sum
	n                   int    // of values or of days; of First, where to look on
	steps               uint64 // between the occurrences
	extreme             float64
	counts              []int32 // by number of the value: how many occurrences have it
	due                 int64   // see Due
}

// Due is the first instant at which the next answer to the query can be another although no
// signal that it looks at was touched.
func (m *Memory) Due() int64 { return m.due }

// Update is Answer, given what it left in memory the last time. Since then, all that
// was done with the index is Follow and Now. The value must be what it gave then. If
// it reports no change, the value and the activity that it rests on are what they
// were.
func (x *Index) Update(c *Query, m *Memory, v *fact.Value) (basis int, changed bool) {
	signal, firstVisible := c.Subject(), x.firstVisible[c.ResetScope]
	l := *x.list(signal)
	version := x.Version(signal, c.ResetScope) // and of all else that it asks for; none of them ever falls
	if c.Func == Followed {
		version += x.versions[c.Signal] + x.belated[c.Signal]
	}
	since := int32(0)
	if c.Window.Since != None {
		version += x.shifts + x.versions[c.Window.Since] + x.belated[signal] // or it might lie before the window
		if pos := x.Occurrences(c.Window.Since, c.ResetScope); len(pos) > 0 {
			since = pos[len(pos)-1]
		}
	}
	anew := firstVisible > 0 && (x.schema.Repeats(signal) || c.Func == Followed && x.schema.Repeats(c.Signal))
	if anew {
		l = x.Occurrences(signal, c.ResetScope) // they are counted anew, from the first visible position on
	}
	if anew && m.entries != len(x.entries) || !m.given || m.firstVisible != firstVisible || m.version != version {
		m.clear()
	}
	end, from := len(l), m.from
	if first := max(firstVisible, since); first > 0 && (!m.given || m.since != since) {
		i, _ := slices.BinarySearch(l[from:], first)
		from += i
	}
	m.version, m.firstVisible, m.since, m.entries = version, firstVisible, since, len(x.entries)
	m.due = Never
	if span := c.Window.Span; span > 0 && from < end {
		if from += x.younger(l[from:], span); from < end {
			m.due = After(x.At(int(l[from])), span)
		}
	}
	if anew || c.Func == IdleSteps {
		m.due = math.MinInt64
	}
	same := m.given && (from == m.from && end == m.end || from == end && m.from == m.end)
	if same && c.Func != IdleSteps {
		m.from, m.end = from, end
		if m.basis == None {
			return None, false
		}
		return int(l[m.basis]), false
	}
	if m.end <= from {
		m.empty(from)
	}
	m.given = true
	before := v.Number
	basis = x.slide(c, l, m, from, end, v)
	return basis, !same || v.Number != before
}

func (m *Memory) clear() {
	counts := m.counts
	clear(counts)
	*m = Memory{basis: None, counts: counts[:0]}
}

// empty forgets all that the window held, and lets it begin anew.
func (m *Memory) empty(from int) {
	version, firstVisible, since, entries, due := m.version, m.firstVisible, m.since, m.entries, m.due
	m.clear()
	m.version, m.firstVisible, m.since, m.entries, m.due, m.from, m.end = version, firstVisible, since, entries, due, from, from
}

// slide moves the window to the occurrences from from to end.
func (x *Index) slide(c *Query, l list, m *Memory, from, end int, v *fact.Value) int {
	was, had := m.from, m.end
	m.from, m.end = from, end
	x.slid += int64(end - had + min(from, had) - was)
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
			v.Time = x.At(int(l[basis]))
		}
	case Latest:
		basis = m.basis
		for i := end - 1; i >= had; i-- {
			if x.Prop(int(l[i]), c.Prop, v); v.Known {
				basis = i
				break
			}
		}
		if basis < from {
			*v = fact.Value{}
			basis = None
		} else if !v.Known {
			x.Prop(int(l[basis]), c.Prop, v) // it was read over
		}
	case First:
		basis = m.basis
		if basis < from {
			basis = None
			*v = fact.Value{}
			for i := max(from, m.n); i < end; i++ {
				if x.Prop(int(l[i]), c.Prop, v); v.Known {
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
			if x.follows(c, x.At(int(l[i]))) {
				basis = i
				break
			}
		}
		if basis < from {
			basis = None
		}
		*v = fact.Value{Known: true, Bool: basis != None}
	default:
		basis = x.add(c, l, m, was, had, v)
	}
	m.basis = basis
	if basis < from {
		m.basis = None
		return None
	}
	return int(l[basis])
}

// add works out what the occurrences of a window add up to, which held those from was to
// had, and gives the newest that plays a part, or None.
func (x *Index) add(c *Query, l list, m *Memory, was, had int, v *fact.Value) (basis int) {
	from, end := m.from, m.end
	switch c.Func {
	case ActiveDays:
		m.days(x, l, was, had)
		*v = fact.Value{Known: true, Number: float64(m.n)}
		return end - 1
	case IdleSteps:
		for i := max(had, from+1); i < end; i++ {
			full, _ := c.steps(x.At(int(l[i-1])), x.At(int(l[i])))
			m.steps += full
		}
		steps := m.steps
		if end > from {
			full, _ := c.steps(x.At(int(l[end-1])), x.now)
			steps += full
		}
		*v = fact.Value{Known: true, Number: float64(steps)}
		return end - 1
	case Distinct:
		x.keeps = x.keeps || m != &x.memory
		basis = x.tallies(c.Prop, l, m, was, had)
		*v = fact.Value{Known: true, Number: float64(m.n)}
		return basis
	}
	return x.figures(c, l, m, was, had, v)
}

// follows reports whether some a came before an instant, less than Within before.
func (x *Index) follows(c *Query, at int64) bool {
	firsts := x.Occurrences(c.Signal, c.ResetScope)
	n := sort.Search(len(firsts), func(k int) bool { return x.At(int(firsts[k])) >= at })
	return n > 0 && uint64(at-x.At(int(firsts[n-1]))) < uint64(c.Within) // unsigned: it cannot overflow
}

// steps gives how many steps of silence are full from one instant to a later one, and
// how long it is from there to the next. As in the decay by idleness, a step is full at
// exactly its length.
func (c *Query) steps(from, to int64) (full, rest uint64) {
	gap, after, every := uint64(to-from), uint64(c.After), uint64(c.Every) // unsigned: it cannot overflow
	if gap < after {
		return 0, after - gap
	}
	gap -= after
	return 1 + gap/every, every - gap%every
}

// days counts the days anew that a window has, which held the occurrences from was
// to had.
func (m *Memory) days(x *Index, l list, was, had int) {
	day := func(i int) int64 { return x.schema.Day(x.At(int(l[i]))) }
	var last int64 // the day of the occurrence before
	if had > was && had < m.end {
		last = day(had - 1)
	}
	for i := had; i < m.end; i++ {
		d := day(i)
		if i == was || d != last {
			m.n++
		}
		last = d
	}
	for i := was; i < m.from; i++ {
		if i+1 == m.end || day(i) != day(i+1) {
			m.n--
		}
	}
}

// tallies counts the different values of a window that held the occurrences from was
// to had, and gives the newest that has one.
func (x *Index) tallies(prop int, l list, m *Memory, was, had int) (basis int) {
	for i := was; i < min(m.from, had); i++ {
		if k := x.Number(int(l[i]), prop); k != None {
			if m.counts[k]--; m.counts[k] == 0 {
				m.n--
			}
		}
	}
	basis = m.basis
	for i := had; i < m.end; i++ {
		k := x.Number(int(l[i]), prop)
		if k == None {
			continue
		}
		basis = i
		if k >= len(m.counts) {
			m.counts = slices.Grow(m.counts, k+1-len(m.counts))[:k+1]
		}
		if m.counts[k]++; m.counts[k] == 1 {
			m.n++
		}
	}
	return basis
}

// figures works out total, mean, highest and lowest of a window that held the
// occurrences from was to had.
func (x *Index) figures(c *Query, l list, m *Memory, was, had int, v *fact.Value) (basis int) {
	basis = m.basis
	adds := c.Func == Total || c.Func == Mean
	if !adds && basis < m.from {
		had, m.n, basis = m.from, 0, None // the extreme has left: look at all that remain
		x.slid += int64(m.end - had)
	}
	for i := was; adds && i < min(m.from, had); i++ {
		if x.Prop(int(l[i]), c.Prop, v); v.Known {
			m.sum.sub(v.Number)
			m.n--
		}
	}
	for i := had; i < m.end; i++ {
		if x.Prop(int(l[i]), c.Prop, v); !v.Known {
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
