// Package history puts a lead's activities into their one order, finds the
// occurrences of the policy's signals among them, and answers the questions
// that conditions ask: how many, when last, what was said.
package history

import (
	"cmp"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/fact"
)

// Prop is a declared property of activities.
type Prop struct {
	Name   string
	Kind   fact.Kind
	Reader *fact.Reader
}

// Signal is a named kind of activity. A signal with Of repeats another.
type Signal struct {
	Types []string // "*" is every type
	Where bool     // whether a condition decides each activity

	Of     int     // index of the signal that it repeats, or None
	Every  float64 // how many occurrences of it, or which sum, make one
	Per    int64   // within so many nanoseconds; 0: no such period
	Period Calendar
	Sum    int // the property to sum, or None to count
}

// Schema is what a policy knows of histories; it is immutable once made.
type Schema struct {
	Props   []Prop
	Signals []Signal
	// Scopes lists, for each scope, the signals whose last occurrence hides
	// what came before it. Scope 0 hides nothing.
	Scopes [][]int
	Day    Calendar

	takes map[string]*takers // by type
	other *takers            // of types that no signal names
	order []int              // the repeated signals, each after the one that it repeats
}

// takers are the signals that take a type, numbered so that the numbers tell the
// named types apart.
type takers struct {
	number  uint64
	signals []int
}

// NewSchema prepares a schema. Repeated signals must not form a circle.
func NewSchema(props []Prop, signals []Signal, scopes [][]int, loc *time.Location) *Schema {
	s := &Schema{Props: props, Signals: signals, Scopes: scopes, Day: DayOf(loc), takes: map[string]*takers{}, other: &takers{}}
	for i, g := range signals {
		if g.Of == None && slices.Contains(g.Types, "*") {
			s.other.signals = append(s.other.signals, i)
		}
	}
	for i, g := range signals {
		for _, t := range g.Types {
			if t == "*" || g.Of != None {
				continue
			}
			by := s.takes[t]
			if by == nil {
				by = &takers{number: uint64(len(s.takes) + 1), signals: slices.Clone(s.other.signals)}
				s.takes[t] = by
			}
			if !slices.Contains(by.signals, i) {
				by.signals = append(by.signals, i)
			}
		}
	}
	for _, by := range s.takes {
		slices.Sort(by.signals)
	}
	done := make([]bool, len(signals))
	var visit func(i int)
	visit = func(i int) {
		if done[i] || signals[i].Of == None {
			return
		}
		done[i] = true
		visit(signals[i].Of)
		s.order = append(s.order, i)
	}
	for i := range signals {
		visit(i)
	}
	return s
}

// entry is one activity of the history.
type entry struct {
	at    int64
	kind  string
	id    string
	props map[string]any
	by    *takers
}

// list holds the occurrences of a signal: where they stand in the history, and
// when they were.
type list struct {
	pos []int32
	at  []int64
}

func (l *list) add(pos int32, at int64) {
	l.pos = append(l.pos, pos)
	l.at = append(l.at, at)
}

// Flaw is something in an activity that was set aside.
type Flaw struct {
	Pos     int          // of the activity
	Prop    int          // the property, or None: the activity came twice with different contents
	Problem fact.Problem // NoProblem when Prop is None
}

// Index is the history of one lead up to one instant. Reset makes it ready for
// another, with the memory that it has.
type Index struct {
	schema  *Schema
	now     int64
	entries []entry
	lists   []list
	floors  []int32 // by scope: the first position that it sees
	scoped  []list  // by scope and signal: of repeated signals, from the floor on
	counted []int   // which of these were found
	flaws   []Flaw

	seed   maphash.Seed
	table  []int32      // of dropRepeated
	flawed []uint64     // by position and property: whether the flaw is listed
	arena  []string     // of lists of text
	values []fact.Value // of distinct, empty but while it counts
}

// Reset empties the index for a history as of now.
func (x *Index) Reset(s *Schema, now int64) {
	x.Forget()
	if x.schema != s {
		x.scoped, x.counted = nil, nil
	}
	x.schema, x.now = s, now
	if len(x.lists) != len(s.Signals) {
		x.lists = make([]list, len(s.Signals))
	}
	for i := range x.lists {
		x.lists[i].pos, x.lists[i].at = x.lists[i].pos[:0], x.lists[i].at[:0]
	}
	x.floors = append(x.floors[:0], make([]int32, len(s.Scopes))...)
	x.flaws = x.flaws[:0]
	x.flawed = x.flawed[:0]
	for _, i := range x.counted {
		x.scoped[i] = list{x.scoped[i].pos[:0], x.scoped[i].at[:0]}
	}
	x.counted = x.counted[:0]
}

// Forget drops all that belongs to the lead and keeps the memory.
func (x *Index) Forget() {
	clear(x.entries)
	x.entries = x.entries[:0]
	x.Trim(0)
}

// Mark is where the memory of lists of text ends; Trim gives back what was read
// since a mark, which nobody may use any more.
func (x *Index) Mark() int { return len(x.arena) }

// Trim gives back the lists of text that were read since a mark.
func (x *Index) Trim(mark int) {
	clear(x.arena[mark:])
	x.arena = x.arena[:mark]
}

// Add takes an activity that is not after now. One that no signal takes is
// passed over.
func (x *Index) Add(at int64, kind, id string, props map[string]any) {
	by, ok := x.schema.takes[kind]
	if !ok {
		if by = x.schema.other; len(by.signals) == 0 {
			return
		}
	}
	x.entries = append(x.entries, entry{at, kind, id, props, by})
}

// Build orders the activities, drops those that came twice, and finds the
// occurrences of each signal. Accept decides a signal's condition for the
// activity at a position.
func (x *Index) Build(accept func(signal, pos int) bool) {
	order := func(a, b entry) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return x.compareContents(&a, &b)
	}
	if !slices.IsSortedFunc(x.entries, order) {
		slices.SortFunc(x.entries, order)
	}
	x.dropRepeated()
	for pos := range x.entries {
		e := &x.entries[pos]
		for _, s := range e.by.signals {
			if !x.schema.Signals[s].Where || accept(s, pos) {
				x.lists[s].add(int32(pos), e.at)
			}
		}
	}
	for _, s := range x.schema.order {
		of := &x.lists[x.schema.Signals[s].Of]
		x.repeat(&x.schema.Signals[s], of.pos, of.at, &x.lists[s])
	}
	for i, signals := range x.schema.Scopes {
		for _, s := range signals {
			if l := &x.lists[s]; len(l.pos) > 0 {
				x.floors[i] = max(x.floors[i], l.pos[len(l.pos)-1])
			}
		}
	}
}

// compareContents orders activities of one instant: by type, ID, and the
// declared properties by value. What is equal in it is interchangeable.
func (x *Index) compareContents(a, b *entry) int {
	if c := cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id)); c != 0 {
		return c
	}
	return x.compareProps(a, b)
}

func (x *Index) compareProps(a, b *entry) int {
	defer x.Trim(x.Mark())
	for i := range x.schema.Props {
		p := &x.schema.Props[i]
		var v, w fact.Value
		fv, fw := p.Reader.Read(a.props[p.Name], &v, &x.arena), p.Reader.Read(b.props[p.Name], &w, &x.arena)
		if c := cmp.Or(fact.Compare(p.Kind, &v, &w), cmp.Compare(fv, fw)); c != 0 {
			return c
		}
	}
	return 0
}

// Same reports whether two maps hold the same declared properties.
func (s *Schema) Same(a, b map[string]any) bool {
	x := Index{schema: s}
	return x.compareProps(&entry{props: a}, &entry{props: b}) == 0
}

// dropRepeated keeps the first of the activities with one type and one ID. The
// table holds 1 + the position of each that is kept and has an ID, at its hash or
// in the next place that was free. It is at most half full. The seed is random, so
// that nobody can make up IDs of one hash; no result depends on it.
func (x *Index) dropRepeated() {
	if x.seed == (maphash.Seed{}) {
		x.seed = maphash.MakeSeed()
	}
	size := 1 << bits.Len(uint(2*len(x.entries)))
	x.table = slices.Grow(x.table[:0], size)[:size]
	clear(x.table)
	kept := x.entries[:0]
next:
	for i := range x.entries {
		e := x.entries[i]
		if blank(e.id) {
			kept = append(kept, e)
			continue
		}
		place := x.hash(&e) & (size - 1)
		for ; x.table[place] != 0; place = (place + 1) & (size - 1) {
			pos := int(x.table[place] - 1)
			if first := &kept[pos]; first.id == e.id && first.kind == e.kind {
				if first.at != e.at || x.compareProps(first, &e) != 0 {
					x.flaw(pos, None, fact.NoProblem)
				}
				continue next
			}
		}
		kept = append(kept, e)
		x.table[place] = int32(len(kept))
	}
	clear(x.entries[len(kept):])
	x.entries = kept
}

func (x *Index) hash(e *entry) int {
	return int(maphash.String(x.seed, e.id) + e.by.number*0x9e3779b97f4a7c15)
}

// blank reports whether an ID is none. Most begin with a letter or a digit, and
// need no further look.
func blank(id string) bool {
	return id == "" || (id[0] <= ' ' || id[0] >= utf8.RuneSelf) && strings.TrimSpace(id) == ""
}

// repeat finds the occurrences of a repeated signal: each at the activity that
// completes one, after which it counts afresh.
func (x *Index) repeat(g *Signal, ofPos []int32, ofAt []int64, out *list) {
	start, total, period := 0, sum{}, int64(0)
	var v fact.Value
	for i, at := range ofAt {
		switch {
		case g.Per > 0:
			// The window is (at-Per, at]. Unsigned, the difference cannot overflow.
			for uint64(at-ofAt[start]) >= uint64(g.Per) {
				if g.Sum != None {
					x.Prop(int(ofPos[start]), g.Sum, &v)
					total.sub(v.Number)
				}
				start++
			}
		case g.Period != nil:
			if p := g.Period(at); i == 0 || p != period {
				start, total, period = i, sum{}, p
			}
		}
		reached, brings := float64(i-start+1), true
		if g.Sum != None {
			x.Prop(int(ofPos[i]), g.Sum, &v)
			total.add(v.Number) // 0 when unknown
			reached, brings = total.over(1), v.Known
		}
		if brings && reached >= g.Every {
			out.add(ofPos[i], at)
			start, total = i+1, sum{}
		}
	}
}

// Len is the number of activities in the history.
func (x *Index) Len() int { return len(x.entries) }

// At is the instant of the activity at a position.
func (x *Index) At(pos int) int64 { return x.entries[pos].at }

// ID is the ID of the activity at a position.
func (x *Index) ID(pos int) string { return x.entries[pos].id }

// Flaws lists what was set aside so far, each activity and property once, each
// activity that came with different contents once, in no particular order.
func (x *Index) Flaws() []Flaw { return x.flaws }

// Prop reads a property of the activity at a position, and remembers a value
// that had to be set aside.
func (x *Index) Prop(pos, prop int, v *fact.Value) {
	p := &x.schema.Props[prop]
	given, ok := x.entries[pos].props[p.Name]
	if !ok {
		*v = fact.Value{}
		return
	}
	if problem := p.Reader.Read(given, v, &x.arena); problem != fact.NoProblem {
		x.flaw(pos, prop, problem)
	}
}

func (x *Index) flaw(pos, prop int, problem fact.Problem) {
	bit := pos*(len(x.schema.Props)+1) + prop + 1 // None is -1
	for len(x.flawed) <= bit/64 {
		x.flawed = append(x.flawed, 0)
	}
	if x.flawed[bit/64]&(1<<(bit%64)) == 0 {
		x.flawed[bit/64] |= 1 << (bit % 64)
		x.flaws = append(x.flaws, Flaw{pos, prop, problem})
	}
}

// Floor is the first position that a scope sees.
func (x *Index) Floor(scope int) int { return int(x.floors[scope]) }

// Occurrences gives the positions and the instants of a signal's occurrences
// from a scope's floor on, oldest first. The slices belong to the index.
func (x *Index) Occurrences(signal, scope int) (pos []int32, at []int64) {
	floor := x.floors[scope]
	if floor == 0 || x.schema.Signals[signal].Of == None {
		return x.lists[signal].from(floor)
	}
	// A repeated signal counts afresh from the floor on; one that is the reset
	// itself keeps the occurrence that made the floor, and counts from there.
	n := len(x.schema.Signals)
	i := scope*n + signal
	if len(x.scoped) == 0 {
		x.scoped = make([]list, len(x.schema.Scopes)*n)
	}
	if l := &x.scoped[i]; !slices.Contains(x.counted, i) {
		x.counted = append(x.counted, i)
		g := &x.schema.Signals[signal]
		ofPos, ofAt := x.Occurrences(g.Of, scope)
		_, reset := slices.BinarySearch(x.lists[signal].pos, floor)
		if reset && slices.Contains(x.schema.Scopes[scope], signal) {
			l.add(floor, x.entries[floor].at)
			after, _ := slices.BinarySearch(ofPos, floor+1)
			ofPos, ofAt = ofPos[after:], ofAt[after:]
		}
		x.repeat(g, ofPos, ofAt, l)
	}
	return x.scoped[i].pos, x.scoped[i].at
}

func (l *list) from(floor int32) ([]int32, []int64) {
	if floor == 0 {
		return l.pos, l.at
	}
	i, _ := slices.BinarySearch(l.pos, floor)
	return l.pos[i:], l.at[i:]
}

// window gives the occurrences that a window holds.
func (x *Index) window(signal, scope int, w Window) ([]int32, []int64) {
	pos, at := x.Occurrences(signal, scope)
	if w.Since != None {
		if since, _ := x.Occurrences(w.Since, scope); len(since) > 0 {
			i, _ := slices.BinarySearch(pos, since[len(since)-1])
			pos, at = pos[i:], at[i:]
		}
	}
	if w.Span > 0 {
		// No activity is after now, so that unsigned the age cannot overflow.
		i := sort.Search(len(at), func(i int) bool { return uint64(x.now-at[i]) < uint64(w.Span) })
		pos, at = pos[i:], at[i:]
	}
	return pos, at
}

// Before gives the instant a span before another, or the earliest there is.
func Before(at, span int64) int64 {
	if at < math.MinInt64+span {
		return math.MinInt64
	}
	return at - span
}

// Answer answers a call. It gives the position of the newest activity that the
// answer rests on, or None.
func (x *Index) Answer(c *Call, v *fact.Value) int {
	*v = fact.Value{Known: true}
	pos, at := x.window(c.signal(), c.Scope, c.Window)
	newest := None
	if len(pos) > 0 {
		newest = int(pos[len(pos)-1])
	}
	switch c.Func {
	case Count:
		v.Number = float64(len(pos))
	case Happened:
		v.Bool = len(pos) > 0
	case ActiveDays:
		var day int64
		for i, t := range at {
			if d := x.schema.Day(t); i == 0 || d != day {
				v.Number++
				day = d
			}
		}
	case Distinct:
		v.Number, newest = x.distinct(pos, c.Prop)
	case Newest, Oldest:
		if len(pos) == 0 {
			*v = fact.Value{}
			return None
		}
		if c.Func == Oldest {
			newest = int(pos[0])
		}
		v.Time = x.entries[newest].at
	case Latest:
		for i := len(pos) - 1; i >= 0; i-- {
			if x.Prop(int(pos[i]), c.Prop, v); v.Known {
				return int(pos[i])
			}
		}
		*v = fact.Value{}
		return None
	case First:
		for _, p := range pos {
			if x.Prop(int(p), c.Prop, v); v.Known {
				return int(p)
			}
		}
		*v = fact.Value{}
		return None
	case Followed:
		newest = x.followed(c, pos, at)
		v.Bool = newest != None
	default:
		return x.numbers(c, pos, v)
	}
	return newest
}

// signal is the one whose occurrences the window holds.
func (c *Call) signal() int {
	if c.Func == Followed {
		return c.Other
	}
	return c.Signal
}

// numbers answers total, mean, highest and lowest. Activities without the
// property are passed over.
func (x *Index) numbers(c *Call, pos []int32, v *fact.Value) int {
	var total sum
	var extreme float64
	n, basis := 0, None
	for _, p := range pos {
		if x.Prop(int(p), c.Prop, v); !v.Known {
			continue
		}
		switch {
		case c.Func == Total || c.Func == Mean:
			total.add(v.Number)
			basis = int(p)
		case n == 0, c.Func == Highest && v.Number >= extreme, c.Func == Lowest && v.Number <= extreme:
			extreme = v.Number
			basis = int(p)
		}
		n++
	}
	*v = fact.Value{Known: n > 0 || c.Func == Total}
	switch {
	case c.Func == Total:
		v.Number = total.over(1)
	case c.Func == Mean && n > 0:
		v.Number = total.over(n)
	default:
		v.Number = extreme
	}
	return basis
}

// distinct counts different values: they are sorted, so that equal ones are
// neighbours. That holds for every kind but Texts, of which a Call must not ask.
func (x *Index) distinct(pos []int32, prop int) (n float64, newest int) {
	kind := x.schema.Props[prop].Kind
	newest = None
	for _, p := range pos {
		var v fact.Value
		if x.Prop(int(p), prop, &v); v.Known {
			x.values = append(x.values, v)
			newest = int(p)
		}
	}
	slices.SortFunc(x.values, func(a, b fact.Value) int { return fact.Compare(kind, &a, &b) })
	for i := range x.values {
		if i == 0 || !fact.Equal(kind, &x.values[i-1], &x.values[i]) {
			n++
		}
	}
	clear(x.values)
	x.values = x.values[:0]
	return n, newest
}

// followed finds the newest b that came strictly after some a, less than
// Within later. The newest a before a b is the one to ask.
func (x *Index) followed(c *Call, pos []int32, at []int64) int {
	_, firsts := x.Occurrences(c.Signal, c.Scope)
	for i := len(at) - 1; i >= 0; i-- {
		n := sort.Search(len(firsts), func(k int) bool { return firsts[k] >= at[i] })
		if n == 0 {
			return None
		}
		if uint64(at[i]-firsts[n-1]) < uint64(c.Within) { // unsigned: it cannot overflow
			return int(pos[i])
		}
	}
	return None
}
