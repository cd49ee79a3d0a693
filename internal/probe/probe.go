// Package probe knows which values of a fact are worth trying: those on either side of
// what conditions compare it with, those that it is declared to have, and some other.
// Whoever looks for a lead that makes a difference tries these.
package probe

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// Value is a known value to try.
type Value struct {
	fact.Value
	FromNow bool // Time is so many nanoseconds after now, or before it
}

// At gives the value as of an instant. It gives false for a time that there is not.
func (v Value) At(now int64) (fact.Value, bool) {
	if !v.FromNow {
		return v.Value, true
	}
	t := now + v.Time
	if (t < now) != (v.Time < 0) {
		return fact.Value{}, false
	}
	return fact.Value{Known: true, Time: t}, true
}

// Number is a number to try.
func Number(x float64) Value { return Value{Value: fact.Value{Known: true, Number: x}} }

// Text is a text to try for a fact of kind Text, Code or Texts.
func Text(kind fact.Kind, s string) Value {
	if kind == fact.Texts {
		return Value{Value: fact.Value{Known: true, Texts: []string{s}}}
	}
	return Value{Value: fact.Value{Known: true, Text: s}}
}

func fromNow(t int64) Value { return Value{fact.Value{Known: true, Time: t}, true} }

// mostDays is above the days between any two instants.
const mostDays = 106_751

// Beside gives what a fact of kind is may be to lie at, below and above a literal of
// another kind that it meets in a condition: a number that a time meets is an age in
// days, past or future. Times are one tick, in nanoseconds, apart.
func Beside(is, kind fact.Kind, literal fact.Value, tick int64) (all []Value) {
	switch {
	case is == fact.Number && kind == fact.Number:
		near := Near(literal.Number)
		for _, x := range [...]float64{literal.Number, near[0], near[1]} {
			all = append(all, Number(x))
		}
	case is == fact.Time && kind == fact.Time:
		for _, d := range [...]int64{-tick, 0, tick} {
			if t, ok := (Value{fact.Value{Known: true, Time: d}, true}).At(literal.Time); ok {
				all = append(all, Value{Value: t})
			}
		}
	case is == fact.Time && kind == fact.Number && math.Abs(literal.Number) < mostDays:
		age := int64(math.Round(literal.Number * float64(history.Day)))
		for _, t := range [...]int64{-age, age} {
			for _, d := range [...]int64{-tick, 0, tick} {
				all = append(all, fromNow(t+d))
			}
		}
	case isText(is) && (kind == fact.Text || kind == fact.Code):
		all = append(all, Text(is, literal.Text))
	}
	return all
}

func isText(kind fact.Kind) bool { return kind == fact.Text || kind == fact.Code || kind == fact.Texts }

// Near gives the numbers next to one, by 1 or by the last of its decimals. Of one that
// is so large that there are no others, it gives itself.
func Near(x float64) [2]float64 {
	if x == math.Trunc(x) {
		return [2]float64{x - 1, x + 1}
	}
	_, decimals, _ := strings.Cut(strconv.FormatFloat(x, 'f', -1, 64), ".")
	step := math.Pow10(-len(decimals))
	round := func(x float64) float64 { // 0.1 + 0.2 is 0.3 here
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
		return x
	}
	return [2]float64{round(x - step), round(x + step)}
}

// Worth gives the values of a fact that are worth trying: those that Beside gave for
// what it meets, those that it is declared to have or some that it does not meet. Of a
// number they are also those midway between any two, and of a time now, a day ago and
// in a day.
func Worth(f expression.Field, met []Value) []Value {
	all := slices.Clone(met)
	switch {
	case f.Kind == fact.Bool:
		all = []Value{{Value: fact.Value{Known: true, Bool: true}}, {Value: fact.Value{Known: true}}}
	case f.Kind == fact.Number:
		if len(met) == 0 {
			all = []Value{Number(1), Number(0), Number(2)}
		}
		for _, bound := range [...]float64{f.Lo, f.Hi} {
			if math.Abs(bound) < fact.MaxNumber {
				all = append(all, Number(bound))
			}
		}
		sorted := slices.Clone(all)
		slices.SortFunc(sorted, func(a, b Value) int { return cmp.Compare(a.Number, b.Number) })
		for i := range len(sorted) - 1 {
			all = append(all, Number((sorted[i].Number+sorted[i+1].Number)/2))
		}
		all = slices.DeleteFunc(all, func(v Value) bool { return v.Number < f.Lo || v.Number > f.Hi })
	case f.Kind == fact.Time:
		all = append(all, fromNow(0), fromNow(-history.Day), fromNow(history.Day))
	case isText(f.Kind) && len(f.Values) > 0:
		for _, s := range f.Values {
			all = append(all, Text(f.Kind, s))
		}
	case isText(f.Kind):
		all = append(all, Text(f.Kind, "something else"))
	}
	seen := make(map[identity]bool, len(all))
	return slices.DeleteFunc(all, func(v Value) bool {
		id := v.identity(f.Kind)
		again := seen[id]
		seen[id] = true
		return again
	})
}

// identity tells values of one kind apart as fact.Equal does.
type identity struct {
	fromNow, truth bool
	number         float64
	time           int64
	text           string
}

func (v *Value) identity(kind fact.Kind) identity {
	id := identity{v.FromNow, v.Bool, v.Number, v.Time, v.Text}
	switch kind {
	case fact.Text:
		id.text = fact.FoldString(v.Text)
	case fact.Texts:
		id.text = fmt.Sprintf("%q", v.Texts)
		id.text = fact.FoldString(id.text)
	}
	return id
}

// gatherSteps bounds how much of a policy Gather looks at.
const gatherSteps = 300_000

// Gather gives the values worth trying of each attribute and of each property, by what
// some expressions compare them with. Calls are the compiler's, tick is that of Beside.
// A node may be nil.
func Gather(lead, props []expression.Field, calls []history.Query, tick int64, nodes []*expression.Node) (ofLead, ofProps [][]Value) {
	ofLead, ofProps = make([][]Value, len(lead)), make([][]Value, len(props))
	Literals(nodes, gatherSteps, func(of *expression.Node, kind fact.Kind, literal fact.Value) {
		fields, values, i := props, ofProps, of.Slot
		switch of.Op {
		case expression.OpLead:
			fields, values = lead, ofLead
		case expression.OpCall:
			i = calls[of.Slot].Prop
		}
		if i != history.None {
			values[i] = append(values[i], Beside(fields[i].Kind, kind, literal, tick)...)
		}
	})
	for i := range lead {
		ofLead[i] = Worth(lead[i], ofLead[i])
	}
	for i := range props {
		ofProps[i] = Worth(props[i], ofProps[i])
	}
	return ofLead, ofProps
}
