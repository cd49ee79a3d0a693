package history

import (
	"math"

	"github.com/qualify-go/qualify/internal/fact"
)

// numbers gives the values of one property numbers, equal values the same one, so
// that each is read and looked up once, however many queries ask for it.
type numbers struct {
	at     []int32 // by position: 2 + the number; 0 is not read yet, 1 is unknown
	values []fact.Value
	hashes []uint64 // of the values
	table  []int32  // 1 + the number, at its hash or in the next place that was free
}

func (m *numbers) release() {
	clear(m.values)
	clear(m.table)
	m.at, m.values, m.hashes = m.at[:0], m.values[:0], m.hashes[:0]
}

// KeepNumbers lets all equal values have one number from now on, until the lead is
// forgotten, also when more activities come in.
func (x *Index) KeepNumbers() { x.keeps = true }

// releaseNumbers drops all numbers.
func (x *Index) releaseNumbers() {
	x.keeps = false
	if !x.tallied { // most leads have nothing to be numbered, and all properties would be looked through
		return
	}
	x.tallied = false
	for i := range x.numbers {
		if len(x.numbers[i].at) > 0 || len(x.numbers[i].values) > 0 {
			x.numbers[i].release()
		}
	}
}

// place makes room for the number of one more activity; late, for those of all, which no
// longer stand where they did.
func (x *Index) place(late bool) {
	for i := range x.numbers {
		m := &x.numbers[i]
		if late {
			m.at = m.at[:0]
		} else if len(m.at) > 0 && len(m.at) == len(x.entries)-1 {
			m.at = append(m.at, 0)
		}
	}
}

// Number gives the number, from 0 on, of the value of a property of the activity at a
// position, which is that of all equal values; None if it is unknown. Unless numbers
// are kept, it holds until the number of another property is asked for.
func (x *Index) Number(pos, prop int) int {
	if len(x.numbers) != len(x.schema.Props) {
		x.numbers = make([]numbers, len(x.schema.Props))
	}
	m := &x.numbers[prop]
	if len(m.at) != len(x.entries) {
		if last := &x.numbers[x.numbered]; last != m && !x.keeps {
			// It takes memory, and the queries of one property come one after the other.
			*m, *last = *last, numbers{}
			m.release()
		}
		m.at, x.numbered, x.tallied = zeros(m.at, len(x.entries)), prop, true
	}
	n := &m.at[pos]
	if *n == 0 {
		var v fact.Value
		if x.Prop(pos, prop, &v); !v.Known {
			*n = 1
		} else {
			*n = m.number(x.schema.Props[prop].Kind, &v, x.secret()) + 2
		}
	}
	return int(*n) - 2
}

// number finds or gives the number of a value.
func (m *numbers) number(kind fact.Kind, v *fact.Value, key uint64) int32 {
	if 2*len(m.values) >= len(m.table) { // so that it is at most half full
		m.table = zeros(m.table, max(64, 2*len(m.table)))
		for n, h := range m.hashes {
			place := m.place(h)
			for m.table[place] != 0 {
				place = m.next(place)
			}
			m.table[place] = int32(n + 1)
		}
	}
	h := hashValue(kind, v, key)
	place := m.place(h)
	for ; m.table[place] != 0; place = m.next(place) {
		if n := m.table[place] - 1; m.hashes[n] == h && fact.Equal(kind, &m.values[n], v) {
			return n
		}
	}
	m.values, m.hashes = append(m.values, *v), append(m.hashes, h)
	m.table[place] = int32(len(m.values))
	return int32(len(m.values) - 1)
}

func (m *numbers) place(h uint64) int { return int(h) & (len(m.table) - 1) }
func (m *numbers) next(place int) int { return (place + 1) & (len(m.table) - 1) }

// hashValue hashes a value so that equal ones have one hash. Those who do not know
// the key cannot foresee which others have the same.
func hashValue(kind fact.Kind, v *fact.Value, key uint64) uint64 {
	switch kind {
	case fact.Number:
		return mix(math.Float64bits(v.Number)^key, odd)
	case fact.Time:
		return mix(uint64(v.Time)^key, odd)
	case fact.Bool:
		if v.Bool {
			return mix(key, odd)
		}
		return 0
	case fact.Code:
		return hash(v.Text, key)
	}
	h, three, n := key*odd, uint64(0), 0
	for _, r := range v.Text {
		three = three<<21 | uint64(fact.Fold(r))
		if n++; n%3 == 0 {
			h, three = mix(three^key, h^odd), 0
		}
	}
	return mix(mix(three^key, h)^uint64(n), odd)
}
