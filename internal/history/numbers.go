package history

import (
	"math"

	"github.com/qualify-go/qualify/internal/fact"
)

// numbers gives the values of one property numbers, equal values the same one, so
// that each is read and looked up once, however many calls ask for it. The zero value
// has none.
type numbers struct {
	prop   int     // 1 + the property, or 0
	at     []int32 // by position: 2 + the number; 0 is not read yet, 1 is unknown
	values []fact.Value
	hashes []uint64 // of the values
	table  []int32  // 1 + the number, at its hash or in the next place that was free
	met    []int32  // by number: the last round that met it
	round  int32
}

func (m *numbers) forget() {
	if m.prop != 0 {
		clear(m.values)
		clear(m.table)
		m.prop, m.values, m.hashes, m.met, m.round = 0, m.values[:0], m.hashes[:0], m.met[:0], 0
	}
}

// Number gives the number, from 0 on, of the value of a property of the activity at a
// position, which is that of all equal values; None if it is unknown. It holds until
// the number of another property is asked for.
func (x *Index) Number(pos, prop int) int {
	m := x.numbersOf(prop)
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

// numbersOf makes the numbers those of a property.
func (x *Index) numbersOf(prop int) *numbers {
	m := &x.numbers
	if m.prop != prop+1 {
		m.forget()
		m.prop, m.at = prop+1, zeros(m.at, len(x.entries))
	}
	return m
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
	m.values, m.hashes, m.met = append(m.values, *v), append(m.hashes, h), append(m.met, 0)
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

// distinct counts the different values of a property of some of a signal's
// occurrences, and gives the newest that has one.
func (x *Index) distinct(prop int, l list, from, end int) (n, basis int) {
	basis = None
	m := x.numbersOf(prop)
	m.round++
	for i := from; i < end; i++ {
		k := x.Number(int(l[i]), prop)
		if k == None {
			continue
		}
		basis = i
		if m.met[k] != m.round {
			m.met[k] = m.round
			n++
		}
	}
	return n, basis
}
