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

	text bool // or a list
}

// IsText reports whether a property is a text, a code or a list of text.
func (p *Prop) IsText() bool {
	return p.Kind == fact.Text || p.Kind == fact.Code || p.Kind == fact.Texts
}

// Signal is a named kind of activity. A signal with Of repeats another.
type Signal struct {
	Types []string // "*" is every type
	Where bool     // whether a condition decides each activity

	Of     int     // index of the signal that it repeats, or None
	Every  float64 // how many occurrences of it, or which sum, make one
	Per    int64   // within so many nanoseconds; 0: no such period
	Period Calendar
	Gap    int64 // in a period that ends when nothing comes for so long; 0: no such period
	Sum    int   // the property to sum, or None to count

	// Relation is what the occurrences must have to do with those of the signal Other,
	// less than Within nanoseconds apart.
	Relation Relation
	Other    int
	Within   int64

	// ForEach makes of each value of the property Value a signal of its own, of which
	// only the occurrences of both signals that have the value are seen.
	ForEach bool
	Value   int
}

// Schema is what a policy knows of histories; it is immutable once made.
type Schema struct {
	Props   []Prop
	Signals []Signal
	// ResetScopes lists, for each reset scope, the signals whose last occurrence hides
	// what came before it. Scope 0 hides nothing.
	ResetScopes [][]int
	Day         Calendar

	typeCount int              // how many types signals name
	any       bool             // whether a signal takes every type
	types     []named          // a hash table of the types, at most a quarter full
	mask      int              // of the slots in it
	factor    uint32           // of its hash
	crowded   map[string]int32 // the numbers of those that are not in the table
	order     []int            // the derived signals, each after those that it looks at
	found     []found          // by signal, but for the repeated ones
}

// named is a place in the table of types, free without a number. The types are
// numbered from 1; 0 stands for all that no signal names.
type named struct {
	name   string
	number int32
}

// found is how to find a signal's occurrences.
type found struct {
	only      int    // the number of the one type that it takes, or None
	takes     []bool // without such a one: which types it takes, by number
	all       bool   // whether its condition and its types let all activities of the one type through
	same      bool   // whether all of these are occurrences
	retention retention
}

// NewSchema prepares a schema. Derived signals must not form a circle.
func NewSchema(props []Prop, signals []Signal, resetScopes [][]int, loc *time.Location) *Schema {
	s := &Schema{Props: props, Signals: signals, ResetScopes: resetScopes, Day: DayOf(loc)}
	var types []string
	for _, g := range signals {
		if g.Of == None {
			types = append(types, g.Types...)
		}
	}
	slices.Sort(types)
	types = slices.DeleteFunc(slices.Compact(types), func(t string) bool { return t == "*" })
	s.numberTypes(types)
	for i := range props {
		props[i].text = props[i].IsText()
	}
	s.found = make([]found, len(signals))
	for i, g := range signals {
		f := &s.found[i]
		f.only, f.retention.age = None, math.MaxUint64
		if g.Of != None {
			continue
		}
		all := slices.Contains(g.Types, "*")
		s.any = s.any || all
		if len(g.Types) == 1 && !all {
			f.only, f.all = int(s.TypeID(g.Types[0])), !g.Where
			f.same = f.all && g.Relation == Unrelated
			continue
		}
		f.takes = make([]bool, len(types)+1)
		for n := range f.takes {
			f.takes[n] = all
		}
		for _, t := range g.Types {
			if t != "*" {
				f.takes[s.TypeID(t)] = true
			}
		}
	}
	done := make([]bool, len(signals))
	var visit func(i int)
	visit = func(i int) {
		g := &signals[i]
		if done[i] || !g.derived() {
			return
		}
		done[i] = true
		if g.Of != None {
			visit(g.Of)
		}
		if g.Relation != Unrelated {
			visit(g.Other)
		}
		s.order = append(s.order, i)
	}
	for i := range signals {
		visit(i)
	}
	return s
}

// numberTypes makes the table of types, with the first factor that gives each a place of
// its own. If none does, those that find their place taken go to the map.
func (s *Schema) numberTypes(types []string) {
	s.typeCount = len(types)
	s.types = make([]named, 1<<bits.Len(uint(4*len(types))))
	s.mask = len(s.types) - 1
	for try := range uint32(64) {
		clear(s.types)
		s.factor, s.crowded = 0x9e3779b1*(2*try+1), nil
		for i, name := range types {
			p := &s.types[s.slot(name)]
			if p.number == 0 {
				*p = named{name, int32(i + 1)}
				continue
			}
			if s.crowded == nil {
				s.crowded = map[string]int32{}
			}
			s.crowded[name] = int32(i + 1)
		}
		if s.crowded == nil {
			return
		}
	}
}

// slot tells types apart by their length and three of their letters, which is
// enough for most: it is quick, and does the same for all of them.
func (s *Schema) slot(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	h := uint32(n) ^ uint32(name[0])<<8 ^ uint32(name[n>>1])<<16 ^ uint32(name[n-1])<<24
	return int(h*s.factor>>16) & s.mask
}

// TypeID gives the number of a type of activities; 0 if no signal names it.
func (s *Schema) TypeID(name string) int32 {
	if p := &s.types[s.slot(name)]; p.name == name {
		return p.number
	}
	return s.crowded[name]
}

// Takes reports whether a signal, which repeats none, takes activities of a type.
func (s *Schema) Takes(signal int, typeID int32) bool {
	f := &s.found[signal]
	return f.takes != nil && f.takes[typeID] || f.takes == nil && f.only == int(typeID)
}

// retention is what is retention for of a signal's occurrences: those of up to an age, in
// nanoseconds, and perhaps the newest one, however old it is.
type retention struct {
	age    uint64
	newest bool
}

// LimitRetention lets an Index pass over the occurrences that are not asked for: the queries
// ask, reset scopes and repeated signals do, and all occurrences of some signals are
// asked for besides. It is part of making the schema.
func (s *Schema) LimitRetention(queries []Query, all []int) {
	whole := func(i int) { s.found[i].retention.age = math.MaxUint64 }
	newest := func(i int) { s.found[i].retention.newest = true }
	for i := range s.found {
		s.found[i].retention = retention{}
	}
	for _, i := range all {
		whole(i)
	}
	for i, g := range s.Signals {
		if g.Of != None {
			whole(g.Of)
		}
		if g.Relation != Unrelated {
			whole(i)
			whole(g.Other)
		}
	}
	for _, resetScope := range s.ResetScopes {
		for _, i := range resetScope {
			newest(i)
		}
	}
	for _, c := range queries {
		i := c.Subject()
		switch {
		case c.Window.Span > 0:
			a := &s.found[i].retention
			a.age = max(a.age, uint64(c.Window.Span-1))
		case c.Func == Newest || c.Func == Happened:
			newest(i)
		default:
			whole(i)
		}
		if c.Func == Followed {
			whole(c.Signal)
		}
		if c.Window.Since != None {
			newest(c.Window.Since)
		}
	}
}

// Activity is one of a lead's. It is laid out as the activities of the package that
// uses this one, so that a pointer to one of those can be converted.
type Activity struct {
	ID    string
	Type  string
	At    time.Time
	Props map[string]any
}

// Entry is one activity of the history. Type, ID and properties stay where they are.
type Entry struct {
	at int64
	*Activity
	typeID int32 // the number of its type
}

// list holds the occurrences of a signal: where they stand in the history.
type list []int32

// emptied gives n empty lists, with the memory of those that are there.
func emptied(lists []list, n int) []list {
	if len(lists) != n {
		return make([]list, n)
	}
	for i := range lists {
		lists[i].empty()
	}
	return lists
}

func (l *list) empty() { *l = (*l)[:0] }

func (l *list) add(pos int) { *l = append(*l, int32(pos)) }

// Flaw is something in an activity that was set aside.
type Flaw struct {
	Pos     int          // of the activity
	Prop    int          // the property, or None: the activity came twice with different contents
	Problem fact.Problem // NoProblem when Prop is None
}

// Index is the history of one lead up to one instant. Reset makes it ready for
// another, with the memory that it has.
type Index struct {
	schema       *Schema
	now          int64
	entries      []Entry
	byType       []list  // by number of the type
	positions    list    // what they have, one after the other, as they were made
	ends         []int   // where they end in it, while they are made
	lists        []list  // by signal, but for those that are the same as a type
	bases        []list  // by signal, of those with a relation: what they would be without it
	runs         []run   // by signal, of the derived ones
	versions     []int   // by signal: how often something came in before what it had
	belated      []int   // by signal: how often it occurred before the newest activity
	shifts       int     // how often something came in before anything
	firstVisible []int32 // by reset scope: the first position that it sees
	scoped       []list  // by reset scope and signal: of repeated signals, from the first visible position on
	counted      []int   // which of these were found
	spare        run     // to find them
	unrelated    list    // the same
	flaws        []Flaw

	last     int64  // the instant of the entry that was added last
	lastID   string // the last ID that was added
	unsorted bool   // an entry is not later than the one added before it
	repeats  bool   // an ID is not above the one added before it, so that two may be equal

	key    uint64   // of the hashes, random
	table  []int32  // of dropRepeated
	flawed []uint64 // by position and property: whether the flaw is listed
	arena  []string // of lists of text
	memory Memory   // of Answer, empty but while it works

	touched []int32 // the signals that Touched lists
	all     bool    // it may be any of them
	alike   []alike // of sortAlike, empty but while it works

	most  int64 // steps that may be taken over the activities' texts; 0 is any number
	spent int64
	tied  int64
	slid  int64 // occurrences that came into windows, left them, or were looked at again

	numbers  []numbers // by property
	numbered int       // the last one that was begun
	tallied  bool      // one was begun since they were forgotten
	keeps    bool      // a Memory has numbers
}

// ReadSteps is about what it takes, for each byte, to read a text.
const ReadSteps = 5

// Allow says how many steps may be taken over the activities' texts, about a nanosecond
// each: some to read a byte, some for each comparison that puts activities in order by
// their properties, and what the caller spends. 0 is any number. They do not depend on
// the order in which activities were added.
func (x *Index) Allow(most int64) { x.most = most }

// Spend takes steps, and reports whether there were so many left. When there are none,
// properties with text are read as unknown, and nothing that the index says is of use.
func (x *Index) Spend(steps int64) bool {
	x.spent += steps
	return x.most == 0 || x.spent <= x.most
}

// Spent reports whether more steps were taken than are allowed.
func (x *Index) Spent() bool { return !x.Spend(0) }

// Refill lets as many steps be taken again as are allowed.
func (x *Index) Refill() { x.spent, x.slid = 0, 0 }

// Steps is how many steps of any kind were taken since the last Reset or Refill, but for
// those that it takes to build the index.
func (x *Index) Steps() int64 {
	const each = 50 // to look at an occurrence
	return x.spent + each*x.slid
}

// Tied is no fewer steps than it would take to put all activities that were added and
// followed in order where only their properties do.
func (x *Index) Tied() int64 { return x.tied }

// Reset empties the index for a history as of now.
func (x *Index) Reset(s *Schema, now int64) {
	x.Forget()
	if x.schema != s {
		x.scoped, x.counted, x.numbers, x.numbered = nil, nil, nil, 0
	}
	x.schema, x.now = s, now
	x.last, x.unsorted, x.repeats = math.MinInt64, false, false
	x.spent, x.tied, x.slid = 0, 0, 0
	x.byType, x.lists = emptied(x.byType, s.typeCount+1), emptied(x.lists, len(s.Signals))
	x.bases = emptied(x.bases, len(s.Signals))
	if len(x.runs) != len(s.Signals) {
		x.runs = make([]run, len(s.Signals))
	}
	for _, i := range s.order {
		x.runs[i].reset()
	}
	x.shifts = 0
	x.versions = zeros(x.versions, len(s.Signals))
	x.belated = zeros(x.belated, len(s.Signals))
	x.firstVisible = zeros(x.firstVisible, len(s.ResetScopes))
	x.flaws = x.flaws[:0]
	x.flawed = x.flawed[:0]
	x.recount()
}

// zeros gives n zeros, in the memory that is there if that suffices.
func zeros[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// recount lets the occurrences from the first visible positions on be found anew.
func (x *Index) recount() {
	for _, i := range x.counted {
		x.scoped[i].empty()
	}
	x.counted = x.counted[:0]
}

// Forget drops all that belongs to the lead and keeps the memory.
func (x *Index) Forget() {
	clear(x.entries)
	x.entries = x.entries[:0]
	x.lastID = ""
	x.releaseNumbers()
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

// AddAll takes n activities, which fill puts into the room that it is given. Those after now,
// and those that no signal takes, are passed over. Dated is asked of an instant at the ends of
// what nanoseconds represent whether they do, and not of one after now. The index keeps the pointers until
// it forgets the lead. There is a loop for each thing to be done, without calls of what is seldom
// needed: it keeps what it needs in registers, and an activity takes two thirds of what it takes
// in one loop.
func (x *Index) AddAll(n int, fill func(room []Entry), dated func(a *Activity) bool) {
	had := len(x.entries)
	x.entries = slices.Grow(x.entries, n)[:had+n]
	fill(x.entries[had:])
	added := keep(x.entries[had:], func(rest []Entry) (n int) {
		for {
			n += instants(rest[n:], x.now)
			if n == len(rest) || rest[n].At.After(time.Unix(0, x.now)) || !dated(rest[n].Activity) {
				return n
			}
			rest[n].at = rest[n].At.UnixNano()
			n++
		}
	})
	added = keep(added, x.schema.findTypes)
	x.entries = x.entries[:had+len(added)]
	x.note(added)
}

// keep drops those of some entries at which step stops, which goes through them from the first
// one on, and says how many it went through.
func keep(entries []Entry, step func(rest []Entry) int) []Entry {
	kept := 0
	for i := 0; i < len(entries); i++ {
		n := step(entries[i:])
		if kept < i {
			copy(entries[kept:], entries[i:i+n])
		}
		kept += n
		i += n
	}
	clear(entries[kept:])
	return entries[:kept]
}

// The seconds within which nanoseconds surely represent an instant, themselves left out.
const (
	earliestSecond = math.MinInt64/Second - 1
	latestSecond   = math.MaxInt64 / Second
)

// instants dates entries. It stops at one that is after now, or that nanoseconds may not date.
func instants(entries []Entry, now int64) int {
	for i := range entries {
		e := &entries[i]
		second := e.At.Unix()
		if second <= earliestSecond || second >= latestSecond {
			return i
		}
		at := second*Second + int64(e.At.Nanosecond())
		if at > now {
			return i
		}
		e.at = at
	}
	return len(entries)
}

// findTypes finds the types of entries. It stops at one that no signal takes.
func (s *Schema) findTypes(entries []Entry) int {
	for i := range entries {
		e := &entries[i]
		e.typeID = s.TypeID(e.Type)
		if e.typeID == 0 && !s.any {
			return i
		}
	}
	return len(entries)
}

// note finds out whether entries that are added are in order and have IDs that only rise, so
// that none can be there twice.
func (x *Index) note(added []Entry) {
	last, unsorted := x.last, false
	for i := range added {
		at := added[i].at
		if at <= last {
			unsorted = true
		}
		last = at
	}
	x.last, x.unsorted = last, x.unsorted || unsorted
	if x.repeats {
		return
	}
	lastID := x.lastID
	for i := range added {
		if id := added[i].ID; id > lastID {
			lastID = id
		} else if !blank(id) {
			x.repeats = true
			break
		}
	}
	x.lastID = lastID
}

// Build orders the activities, drops those that came twice, and finds those
// occurrences of each signal that are asked for. Accept decides a signal's
// condition for the activity at a position.
func (x *Index) Build(accept func(signal, pos int) bool) {
	if x.unsorted {
		x.sort()
	}
	if x.repeats {
		x.dropRepeated()
	}
	x.all = true
	x.sortByType()
	for s := range x.schema.Signals {
		if x.schema.Signals[s].Of == None && !x.schema.found[s].all {
			x.find(s, accept)
		}
	}
	x.derive()
}

// sortByType lists the activities of each type. They are counted first, so that no list takes
// more memory than it must, and none grows.
func (x *Index) sortByType() {
	x.ends = zeros(x.ends, len(x.byType))
	x.positions = slices.Grow(x.positions[:0], len(x.entries))[:len(x.entries)]
	entries, ends, positions := x.entries, x.ends, x.positions
	for i := range entries {
		ends[entries[i].typeID]++
	}
	end := 0
	for t, n := range ends {
		ends[t] = end
		end += n
		x.byType[t] = positions[ends[t]:end:end]
	}
	for i := range entries {
		end := &ends[entries[i].typeID]
		positions[*end] = int32(i)
		*end++
	}
}

// derive finds the occurrences of the derived signals, as far as they are new, and the
// first visible positions.
func (x *Index) derive() {
	for _, s := range x.schema.order {
		x.deriveSignal(s)
	}
	for i, signals := range x.schema.ResetScopes {
		was := x.firstVisible[i]
		x.firstVisible[i] = 0
		for _, s := range signals {
			if l := *x.list(s); len(l) > 0 {
				x.firstVisible[i] = max(x.firstVisible[i], l[len(l)-1])
			}
		}
		x.all = x.all || x.firstVisible[i] != was
	}
}

// find lists the occurrences of a signal that are asked for. Its condition looks at
// no activity that is older than that. Accept is as for Build.
func (x *Index) find(s int, accept func(signal, pos int) bool) {
	where, f, l := x.schema.Signals[s].Where, &x.schema.found[s], x.gathered(s)
	n, position := len(x.entries), func(i int) int { return i }
	if f.only != None {
		of := x.byType[f.only]
		n, position = len(of), func(i int) int { return int(of[i]) }
	}
	take := func(pos int) bool {
		e := &x.entries[pos]
		if f.takes != nil && !f.takes[e.typeID] || where && !accept(s, pos) {
			return false
		}
		l.add(pos)
		return true
	}
	from := 0
	if f.retention.age < math.MaxUint64 {
		// No activity is after now, so that unsigned the age cannot overflow.
		from = sort.Search(n, func(i int) bool { return uint64(x.now-x.entries[position(i)].at) <= f.retention.age })
	}
	if f.retention.newest {
		for i := from - 1; i >= 0 && !take(position(i)); i-- {
		}
	}
	for i := from; i < n; i++ {
		take(position(i))
	}
}

// list gives the occurrences of a signal that are asked for, or more.
func (x *Index) list(signal int) *list {
	if f := &x.schema.found[signal]; f.same {
		return &x.byType[f.only]
	}
	return &x.lists[signal]
}

// sort puts the activities in order, if they are not: those of one instant may be.
func (x *Index) sort() {
	order := func(a, b Entry) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	}
	if !slices.IsSortedFunc(x.entries, order) {
		slices.SortFunc(x.entries, order)
	}
	for from, to := 0, 0; from < len(x.entries); from = to {
		for to = from + 1; to < len(x.entries) && order(x.entries[from], x.entries[to]) == 0; to++ {
		}
		x.sortAlike(from, to)
	}
}

// sortAlike orders activities that differ in their properties only. Many are ordered
// by one property after the other, so that each of them is read once, and not in each
// comparison.
func (x *Index) sortAlike(from, to int) {
	const few = 16
	if to-from <= few {
		slices.SortFunc(x.entries[from:to], func(a, b Entry) int { return x.compareProps(&a, &b) })
	}
	if to-from == 1 || to-from <= few && x.most != 0 {
		return // it takes no more than a few times what it takes to read them
	}
	for i := range x.entries[from:to] {
		x.tie(&x.entries[from+i])
		if !x.Spend(x.ordering(&x.entries[from+i], to-from)) {
			return
		}
	}
	if to-from <= few {
		return
	}
	type run struct{ from, to int }
	runs, next := []run{{from, to}}, []run(nil)
	for i := range x.schema.Props {
		p := &x.schema.Props[i]
		order := func(a, b alike) int {
			return cmp.Or(fact.Compare(p.Kind, &a.value, &b.value), cmp.Compare(a.problem, b.problem))
		}
		for _, r := range runs {
			mark, entries := x.Mark(), x.entries[r.from:r.to]
			x.alike = slices.Grow(x.alike[:0], len(entries))[:len(entries)]
			for j, e := range entries {
				a := &x.alike[j]
				a.Entry, a.problem = e, p.Reader.Load(e.Props, &a.value, &x.arena)
			}
			slices.SortFunc(x.alike, order)
			start := 0
			for j := range x.alike {
				entries[j] = x.alike[j].Entry
				if j+1 == len(x.alike) || order(x.alike[j], x.alike[j+1]) != 0 {
					if j > start {
						next = append(next, run{r.from + start, r.from + j + 1})
					}
					start = j + 1
				}
			}
			clear(x.alike)
			x.Trim(mark)
		}
		runs, next = next, runs[:0]
	}
}

// ordering gives the steps that an activity's texts take when so many are put in order:
// some for each byte, each time that they are halved.
func (x *Index) ordering(e *Entry, many int) int64 {
	return 4 * int64(bits.Len(uint(many))) * int64(x.schema.Weight(e.Props))
}

// tie notes an activity that only its properties put in order.
func (x *Index) tie(e *Entry) { x.tied += x.ordering(e, math.MaxInt32) }

// alike is an activity with the value of a property.
type alike struct {
	Entry
	value   fact.Value
	problem fact.Problem
}

// compareContents orders activities of one instant: by type, ID, and the
// declared properties by value. What is equal in it is interchangeable.
func (x *Index) compareContents(a, b *Entry) int {
	if c := cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)); c != 0 {
		return c
	}
	return x.compareProps(a, b)
}

func (x *Index) compareProps(a, b *Entry) int {
	if same(a.Props, b.Props) {
		return 0
	}
	defer x.Trim(x.Mark())
	for i := range x.schema.Props {
		p := &x.schema.Props[i]
		var v, w fact.Value
		fv, fw := p.Reader.Load(a.Props, &v, &x.arena), p.Reader.Load(b.Props, &w, &x.arena)
		if c := cmp.Or(fact.Compare(p.Kind, &v, &w), cmp.Compare(fv, fw)); c != 0 {
			return c
		}
	}
	return 0
}

// Weight is about how many bytes it takes to read all declared texts of an activity.
func (s *Schema) Weight(props map[string]any) (bytes int) {
	for i := range s.Props {
		if p := &s.Props[i]; p.text {
			bytes += p.Reader.Weight(props)
		}
	}
	return bytes
}

// Repeats reports whether a signal repeats another.
func (s *Schema) Repeats(signal int) bool { return s.Signals[signal].Of != None }

// Same reports whether two maps hold the same declared properties.
func (s *Schema) Same(a, b map[string]any) bool {
	x := Index{schema: s}
	return x.compareProps(&Entry{Activity: &Activity{Props: a}}, &Entry{Activity: &Activity{Props: b}}) == 0
}

// same reports whether properties are equal as they were given, as they are in what
// was delivered twice; if it is not quick to say, it gives false.
func same(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		switch v.(type) {
		case nil, string, float64, int, bool, time.Time:
		default:
			return false
		}
		if w, ok := b[name]; !ok || v != w {
			return false
		}
	}
	return true
}

// dropRepeated keeps the first of the activities with one type and one ID. The
// table holds 1 + the position of each that is kept and has an ID, at its hash or
// in the next place that was free, with other bits of the hash above it, which
// tell most others apart without a look at them. It is at most half full. The key
// is random, so that nobody can make up IDs of one hash; no result depends on it.
func (x *Index) dropRepeated() {
	x.secret()
	size := 2 << bits.Len(uint(len(x.entries)+1)) // so that one more has room
	x.table = slices.Grow(x.table[:0], size)[:size]
	clear(x.table)
	kept := 0
	for i := range x.entries {
		if e := &x.entries[i]; !x.seen(e, kept) {
			if kept < i {
				x.entries[kept] = *e
			}
			kept++
		}
	}
	clear(x.entries[kept:])
	x.entries = x.entries[:kept]
}

// secret gives the key of the hashes.
func (x *Index) secret() uint64 {
	for x.key == 0 {
		x.key = maphash.String(maphash.MakeSeed(), "")
	}
	return x.key
}

// seen reports whether the table has an activity's type and ID, and otherwise puts
// it there as the one at a position.
func (x *Index) seen(e *Entry, at int) bool {
	if blank(e.ID) {
		return false
	}
	place, tag := x.seek(e)
	if x.table[place] == 0 {
		x.table[place] = tag | int32(at+1)
		return false
	}
	pos := int(x.table[place]^tag) - 1
	if first := &x.entries[pos]; first.at != e.at || x.compareProps(first, e) != 0 {
		x.flaw(pos, None, fact.NoProblem)
	}
	return true
}

// seek gives the place in the table of an activity's type and ID, or the free one
// where they belong, and the bits that stand there above the position.
func (x *Index) seek(e *Entry) (place int, tag int32) {
	place, tag, positions := x.start(e)
	for ; x.table[place] != 0; place = (place + 1) & (len(x.table) - 1) {
		if (x.table[place]^tag)>>positions != 0 {
			continue
		}
		if first := &x.entries[x.table[place]^tag-1]; first.ID == e.ID && first.Type == e.Type {
			break
		}
	}
	return place, tag
}

// start gives the place in the table at which to begin to look for an activity.
func (x *Index) start(e *Entry) (place int, tag int32, positions int) {
	positions = bits.TrailingZeros(uint(len(x.table))) - 1
	h := hash(e.ID, x.key+uint64(e.typeID)*odd)
	return int(h) & (len(x.table) - 1), int32(h>>32<<positions) & math.MaxInt32, positions
}

// blank reports whether an ID is none. Most begin with a letter or a digit, and
// need no further look.
func blank(id string) bool {
	return id == "" || (id[0] <= ' ' || id[0] >= utf8.RuneSelf) && strings.TrimSpace(id) == ""
}

// Len is the number of activities in the history.
func (x *Index) Len() int { return len(x.entries) }

// At is the instant of the activity at a position.
func (x *Index) At(pos int) int64 { return x.entries[pos].at }

// Activity is the activity at a position.
func (x *Index) Activity(pos int) *Activity { return x.entries[pos].Activity }

// Type is the type of the activity at a position.
func (x *Index) Type(pos int) string { return x.entries[pos].Type }

// ID is the ID of the activity at a position.
func (x *Index) ID(pos int) string { return x.entries[pos].ID }

// Flaws lists what was set aside so far, each activity and property once, each
// activity that came with different contents once, in no particular order.
func (x *Index) Flaws() []Flaw { return x.flaws }

// Prop reads a property of the activity at a position, and remembers a value
// that had to be set aside.
func (x *Index) Prop(pos, prop int, v *fact.Value) {
	p := &x.schema.Props[prop]
	if p.text {
		props := x.entries[pos].Props
		if problem, bytes, ok := p.Reader.LoadPlain(props, v); ok { // most are, and need not be looked up twice
			if !x.Spend(ReadSteps * int64(bytes)) {
				*v = fact.Value{}
			} else if problem != fact.NoProblem {
				x.flaw(pos, prop, problem)
			}
			return
		}
		if !x.Spend(ReadSteps * int64(p.Reader.Weight(props))) {
			*v = fact.Value{}
			return
		}
	}
	if problem := p.Reader.Load(x.entries[pos].Props, v, &x.arena); problem != fact.NoProblem {
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

// CanOccur reports whether a signal has an occurrence that is asked for, or may have one in
// a reset scope: a repeated signal counts afresh there.
func (x *Index) CanOccur(signal int) bool {
	return len(*x.list(signal)) > 0 || x.schema.Signals[signal].Of != None && len(x.schema.ResetScopes) > 1
}

// FirstVisible is the first position that a reset scope sees.
func (x *Index) FirstVisible(resetScope int) int { return int(x.firstVisible[resetScope]) }

// Occurrences gives the positions of a signal's occurrences from a reset scope's first visible position
// on, oldest first, as far as LimitRetention says that they are asked for. The slice belongs
// to the index.
func (x *Index) Occurrences(signal, resetScope int) []int32 {
	firstVisible := x.firstVisible[resetScope]
	if firstVisible == 0 { // as in most reset scopes
		return *x.list(signal)
	}
	if x.schema.Signals[signal].Of == None {
		return x.list(signal).from(firstVisible)
	}
	made := x.made(signal, resetScope)
	if made && !x.schema.forEach(signal) {
		return x.list(signal).from(firstVisible) // it has counted afresh from there
	}
	// A repeated signal counts afresh from the first visible position on.
	n := len(x.schema.Signals)
	i := resetScope*n + signal
	if len(x.scoped) == 0 {
		x.scoped = make([]list, len(x.schema.ResetScopes)*n)
	}
	if l := &x.scoped[i]; !slices.Contains(x.counted, i) {
		x.counted = append(x.counted, i)
		x.afresh(signal, resetScope, made, l)
	}
	return x.scoped[i]
}

// made reports whether a repeated signal made a reset scope's first visible position: as the reset, or as what
// that repeats. Its occurrence there is not hidden, and it counted afresh after it.
func (x *Index) made(signal, resetScope int) bool {
	for _, s := range x.schema.ResetScopes[resetScope] {
		if !x.schema.Repeats(s) {
			continue
		}
		if _, ok := slices.BinarySearch(x.lists[s], x.firstVisible[resetScope]); !ok {
			continue
		}
		for s != signal && x.schema.Repeats(s) {
			s = x.schema.Signals[s].Of
		}
		if s == signal {
			return true
		}
	}
	return false
}

func (l list) from(firstVisible int32) []int32 {
	i, _ := slices.BinarySearch(l, firstVisible)
	return l[i:]
}

// Window gives the positions of the occurrences that a query looks at, oldest first.
func (x *Index) Window(c *Query) []int32 { return x.window(c.Subject(), c.ResetScope, c.Window) }

// window gives the occurrences that a window holds.
func (x *Index) window(signal, resetScope int, w Window) []int32 {
	pos := x.Occurrences(signal, resetScope)
	if w.Since != None {
		if since := x.Occurrences(w.Since, resetScope); len(since) > 0 {
			i, _ := slices.BinarySearch(pos, since[len(since)-1])
			pos = pos[i:]
		}
	}
	if w.Span > 0 {
		pos = pos[x.younger(pos, w.Span):]
	}
	return pos
}

// younger gives the first of some positions whose activity is younger than a span.
func (x *Index) younger(pos []int32, span int64) int {
	// No activity is after now, so that unsigned the age cannot overflow.
	young := func(i int) bool { return uint64(x.now-x.At(int(pos[i]))) < uint64(span) }
	if len(pos) == 0 || young(0) {
		return 0
	}
	return sort.Search(len(pos), young)
}

// Before gives the instant a span before another, or the earliest there is.
func Before(at, span int64) int64 {
	if at < math.MinInt64+span {
		return math.MinInt64
	}
	return at - span
}

// Answer answers a query. It gives the position of the newest activity that the
// answer rests on, or None. It is what Update gives the first time, without the
// account of what to go on from, which costs more than most answers.
func (x *Index) Answer(c *Query, v *fact.Value) int {
	pos := x.window(c.Subject(), c.ResetScope, c.Window)
	last := len(pos) - 1
	x.slid += int64(len(pos))
	c.OfNothing(v)
	if last < 0 {
		return None
	}
	switch c.Func {
	case Count:
		v.Number = float64(len(pos))
	case Happened:
		v.Bool = true
	case Newest:
		*v = fact.Value{Known: true, Time: x.At(int(pos[last]))}
	case Oldest:
		*v = fact.Value{Known: true, Time: x.At(int(pos[0]))}
		return int(pos[0])
	case Latest:
		for _, p := range slices.Backward(pos) {
			if x.Prop(int(p), c.Prop, v); v.Known {
				return int(p)
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
		for _, p := range slices.Backward(pos) {
			if v.Bool = x.follows(c, x.At(int(p))); v.Bool {
				return int(p)
			}
		}
		return None
	default: // what adds up, in the memory of one answer
		x.memory.basis, x.memory.end = None, len(pos)
		basis := x.add(c, pos, &x.memory, 0, 0, v)
		x.memory.clear()
		if basis == None {
			return None
		}
		return int(pos[basis])
	}
	return int(pos[last])
}

// Subject is the signal whose occurrences the window holds.
func (c *Query) Subject() int {
	if c.Func == Followed {
		return c.Other
	}
	return c.Signal
}
