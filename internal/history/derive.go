package history

import (
	"slices"

	"github.com/qualify-go/qualify/internal/fact"
)

// Relation is what the occurrences of a signal must have to do with those of another,
// its Other. Unrelated is nothing.
type Relation uint8

// The relations. What follows comes strictly later, by less than Within.
const (
	Unrelated    Relation = iota
	Following             // each follows some occurrence of the other
	NotFollowing          // none follows any
	FollowedBy            // some occurrence of the other follows each
)

var relationNames = [...]string{"", "following", "not_following", "followed_by"}

// String gives the word that a policy uses.
func (r Relation) String() string { return relationNames[r] }

// derived reports whether a signal's occurrences are found among those of signals.
func (g *Signal) derived() bool { return g.Of != None || g.Relation != Unrelated }

// run is how far a derived signal has come.
type run struct {
	version int // of the signals that it looks at
	belated int // of the one that it repeats
	done    int // occurrences of the signal that it repeats

	// Of a repeated signal. With ForEach there is a part for each value, by its number;
	// next is then, by occurrence of the other signal, the next one with its value.
	whole part
	parts []part
	next  []int32

	// Of a signal with a relation: so many occurrences of its base and of the other were
	// looked at, and from decided on, those of the base wait for one that follows.
	base, other, decided int
	baseRead, otherRead  int // of so many the value was read
	// With ForEach, latest is, by number of the value, 1 + the last of the other that has
	// it; or, of FollowedBy, 1 + the last of the base that has it and waits, before is, by
	// occurrence of the base, the one that waited before it, in the same way.
	latest, before []int32
}

// reset forgets all but the memory.
func (r *run) reset() {
	*r = run{parts: r.parts[:0], next: r.next[:0], latest: r.latest[:0], before: r.before[:0]}
}

// part counts occurrences among which a repeated signal occurs.
type part struct {
	some   bool
	newest int // of them
	start  int // the first that counts, if any does
	count  int
	total  sum
	period int64
}

func (r *run) part(number int) *part {
	for number >= len(r.parts) {
		r.parts = append(r.parts, part{})
	}
	return &r.parts[number]
}

// last gives the place in latest of a value.
func (r *run) last(number int) *int32 {
	for number >= len(r.latest) {
		r.latest = append(r.latest, 0)
	}
	return &r.latest[number]
}

// gathered is where what a signal takes is listed: what it would be without a relation.
func (x *Index) gathered(signal int) *list {
	if x.schema.Signals[signal].Relation != Unrelated {
		return &x.bases[signal]
	}
	return &x.lists[signal]
}

// base gives the occurrences that a signal would have without its relation.
func (x *Index) base(signal int) *list {
	if f := &x.schema.found[signal]; f.all {
		return &x.byType[f.only]
	}
	return x.gathered(signal)
}

// Unrelated gives the occurrences that a signal would have in a reset scope without its
// relation. Those of a repeated signal that a reset makes count afresh are only those that
// it has.
func (x *Index) Unrelated(signal, resetScope int) []int32 {
	g := &x.schema.Signals[signal]
	if g.Relation == Unrelated || g.Of != None && x.firstVisible[resetScope] > 0 {
		return x.Occurrences(signal, resetScope)
	}
	return x.base(signal).from(x.firstVisible[resetScope])
}

// deriveSignal finds the occurrences of a derived signal that are new. It begins anew if
// what it looks at has changed otherwise than by newer occurrences.
func (x *Index) deriveSignal(s int) {
	g, r, l := &x.schema.Signals[s], &x.runs[s], &x.lists[s]
	version, belated := 0, 0
	if g.Of != None {
		version, belated = x.versions[g.Of], x.belated[g.Of]
	}
	if g.Relation != Unrelated {
		version += x.versions[g.Other] + x.belated[g.Other]
	}
	restarted := r.version != version
	if restarted {
		x.restart(s)
		r.version = version
	}
	had, last := len(*l), int32(0)
	if had > 0 {
		last = (*l)[had-1]
	}
	if g.Of != None {
		x.repeat(g, *x.list(g.Of), x.gathered(s), r)
	}
	if g.Relation != Unrelated {
		x.relate(g, *x.base(s), *x.list(g.Other), l, r)
	}
	if len(*l) > had && (g.Relation == FollowedBy || r.belated != belated) {
		x.belated[s]++
		if had > 0 && (*l)[had-1] != last {
			x.versions[s]++ // some came in before what it had
		}
	}
	if r.belated != belated || len(*l) != had || restarted {
		x.touched = append(x.touched, int32(s))
	}
	r.belated = belated
}

// restart forgets what was found of a derived signal.
func (x *Index) restart(s int) {
	x.lists[s].empty()
	if x.schema.Signals[s].Of != None {
		x.bases[s].empty()
	}
	x.runs[s].reset()
	x.versions[s]++
}

// afresh finds the occurrences of a repeated signal in a reset scope, among those of the other
// that this sees. If the signal made the first visible position, it occurs there, and
// counts what comes after it. What its relation looks at is the whole history.
func (x *Index) afresh(signal, resetScope int, made bool, out *list) {
	g := &x.schema.Signals[signal]
	of := x.Occurrences(g.Of, resetScope)
	x.spare.reset()
	base := out
	if g.Relation != Unrelated {
		base = &x.unrelated
		base.empty()
	}
	if made {
		base.add(int(x.firstVisible[resetScope]))
		of = list(of).from(x.firstVisible[resetScope] + 1)
	}
	x.repeat(g, of, base, &x.spare)
	if g.Relation != Unrelated {
		x.relate(g, *base, *x.list(g.Other), out, &x.spare)
	}
}

// forEach reports whether a signal, or one that it repeats, is one for each value.
func (s *Schema) forEach(signal int) bool {
	for signal != None {
		g := &s.Signals[signal]
		if g.Of != None && g.ForEach {
			return true
		}
		signal = g.Of
	}
	return false
}

// value reads a number of the activity at a position.
func (x *Index) value(pos int32, prop int) (v fact.Value) {
	x.Prop(int(pos), prop, &v)
	return v
}

// repeat finds the occurrences of a repeated signal among what is new of the other:
// each at the activity that completes one, after which it counts afresh.
func (x *Index) repeat(g *Signal, of []int32, out *list, r *run) {
	for i := r.done; i < len(of); i++ {
		p := &r.whole
		if g.ForEach {
			r.next = append(r.next, 0)
			number := x.Number(int(of[i]), g.Value)
			if number == None {
				continue
			}
			if p = r.part(number); p.some {
				r.next[p.newest] = int32(i)
			}
		}
		if x.count(g, of, r, p, i) {
			out.add(int(of[i]))
			p.count, p.total = 0, sum{}
		}
	}
	r.done = len(of)
}

// count adds an occurrence of the other signal to a part, and reports whether it
// completes one.
func (x *Index) count(g *Signal, of []int32, r *run, p *part, i int) bool {
	at := x.At(int(of[i]))
	switch {
	case g.Per > 0:
		x.leave(g, of, r, p, at)
	case g.Period != nil:
		if number := g.Period(at); !p.some || number != p.period {
			p.count, p.total, p.period = 0, sum{}, number
		}
	case g.Gap > 0:
		// Unsigned, the difference cannot overflow.
		if p.some && uint64(at-x.At(int(of[p.newest]))) >= uint64(g.Gap) {
			p.count, p.total = 0, sum{}
		}
	}
	p.some, p.newest = true, i
	if p.count == 0 {
		p.start = i
	}
	p.count++
	if g.Sum == None {
		return float64(p.count) >= g.Every
	}
	v := x.value(of[i], g.Sum)
	p.total.add(v.Number) // 0 when unknown
	return v.Known && p.total.over(1) >= g.Every
}

// leave takes away what lies no longer in the rolling period that ends at an instant.
func (x *Index) leave(g *Signal, of []int32, r *run, p *part, at int64) {
	// The window is (at-Per, at]. Unsigned, the difference cannot overflow.
	for p.count > 0 && uint64(at-x.At(int(of[p.start]))) >= uint64(g.Per) {
		if g.Sum != None {
			v := x.value(of[p.start], g.Sum)
			p.total.sub(v.Number)
		}
		if p.count--; g.ForEach {
			p.start = int(r.next[p.start])
		} else {
			p.start++
		}
	}
}

// relate finds, among what is new of a base and of the other signal, which of the base
// have the relation to it.
func (x *Index) relate(g *Signal, base, other []int32, out *list, r *run) {
	if g.ForEach { // of all, so that what is set aside does not depend on what comes later
		r.baseRead, r.otherRead = x.readAll(g.Value, base, r.baseRead), x.readAll(g.Value, other, r.otherRead)
	}
	if g.Relation == FollowedBy {
		x.precede(g, base, other, out, r)
		return
	}
	for ; r.base < len(base); r.base++ {
		at := x.At(int(base[r.base]))
		for ; r.other < len(other) && x.At(int(other[r.other])) < at; r.other++ {
			if g.ForEach {
				if number := x.Number(int(other[r.other]), g.Value); number != None {
					*r.last(number) = int32(r.other + 1)
				}
			}
		}
		last := r.other // 1 + the last before it
		if g.ForEach {
			number := x.Number(int(base[r.base]), g.Value)
			if number == None {
				continue
			}
			last = int(*r.last(number))
		}
		follows := last > 0 && x.soon(g, int(other[last-1]), at)
		if follows == (g.Relation == Following) {
			out.add(int(base[r.base]))
		}
	}
}

// readAll reads a property of some activities, from one on.
func (x *Index) readAll(prop int, pos []int32, from int) int {
	for _, p := range pos[from:] {
		x.Number(int(p), prop)
	}
	return len(pos)
}

// soon reports whether an instant comes soon enough after the activity at a position.
func (x *Index) soon(g *Signal, pos int, at int64) bool {
	return uint64(at-x.At(pos)) < uint64(g.Within) // unsigned: it cannot overflow
}

// precede is relate for FollowedBy. The first of the other that comes after an occurrence
// decides it: if that comes too late, so do all.
func (x *Index) precede(g *Signal, base, other []int32, out *list, r *run) {
	had := len(*out)
	for ; r.other < len(other); r.other++ {
		pos := int(other[r.other])
		at := x.At(pos)
		if !g.ForEach {
			for ; r.decided < len(base) && x.At(int(base[r.decided])) < at; r.decided++ {
				if x.soon(g, int(base[r.decided]), at) {
					out.add(int(base[r.decided]))
				}
			}
			continue
		}
		for ; r.base < len(base) && x.At(int(base[r.base])) < at; r.base++ {
			r.before = append(r.before, 0)
			if number := x.Number(int(base[r.base]), g.Value); number != None {
				waits := r.last(number)
				*waits, r.before[r.base] = int32(r.base+1), *waits
			}
		}
		number := x.Number(pos, g.Value)
		if number == None {
			continue
		}
		waits := r.last(number)
		for ; *waits > 0; *waits = r.before[*waits-1] {
			if first := int(base[*waits-1]); x.soon(g, first, at) {
				out.add(first)
			}
		}
	}
	if l := *out; g.ForEach && len(l) > had {
		slices.Sort(l[had:])
		from, _ := slices.BinarySearch(l[:had], l[had]) // those of one value can be older than those of another
		slices.Sort(l[from:])
	}
}
