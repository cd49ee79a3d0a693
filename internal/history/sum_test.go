package history_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// oneSignal is a schema of the signal "call" and those that repeat it.
func oneSignal(repeated ...history.Signal) *history.Schema {
	signals := append([]history.Signal{{Types: []string{"call"}, Of: history.None, Sum: history.None}}, repeated...)
	return history.NewSchema(newProps(), signals, [][]int{nil}, nil)
}

// numbers gives calls, one a nanosecond, with these numbers.
func numbers(values ...float64) []activity {
	activities := make([]activity, len(values))
	for i, v := range values {
		activities[i] = activity{at: int64(i), kind: "call", props: map[string]any{"number": v}}
	}
	return activities
}

func ask(x *history.Index, f history.Func, prop int) fact.Value {
	var v fact.Value
	x.Answer(&history.Query{Func: f, Other: history.None, Prop: prop, Window: history.All}, &v)
	return v
}

func TestTotalAndMean(t *testing.T) {
	const most = fact.MaxNumber
	repeat := func(n int, x float64) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = x
		}
		return values
	}
	tests := []struct {
		name        string
		values      []float64
		total, mean float64
	}{
		{"zero", []float64{0}, 0, 0},
		{"tenths", []float64{0.1, 0.2}, 0.3, 0.15},
		{"three tenths", []float64{0.1, 0.2, 0.3}, 0.6, 0.2},
		{"many tenths", repeat(10, 0.1), 1, 0.1},
		{"negative", []float64{-0.1, -0.2}, -0.3, -0.15},
		{"nothing is left", []float64{0.1, 1e15, 0.2, -1e15, -0.3}, 0, 0},
		{"a little is left", []float64{1e15, 0.000001, -1e15}, 0.000001, 0.000001 / 3},
		{"a little less is left", []float64{-1e15, -0.000001, 1e15}, -0.000001, -0.000001 / 3},
		{"rounded half away from zero", []float64{1 << 20, 1. / 128 / 1024}, 1<<20 + 0.000008, 524288.000004},
		{"below half a millionth", []float64{0.0000004, 0.0000004}, 0, 0},
		{"a fraction that rounds to one", []float64{1.9999999}, 2, 2},
		{"of odd millionths", []float64{1e10 + 0.0000133}, 1e10 + 0.0000133, 1e10 + 0.0000133},
		{"saturated", []float64{1e15, 1e15}, most, most},
		{"saturated by a millionth", []float64{1e15, 0.000001}, most, 5e14},
		{"saturated below", []float64{-1e15, -1e15, -1}, -most, -(2e15 + 1) / 3},
		{"above 64 bits", repeat(20000, 1e15), most, most},
		{"below 64 bits", repeat(20000, -1e15), -most, -most},
	}
	for _, test := range tests {
		x := newIndex(oneSignal(), 1e6, numbers(test.values...))
		if got, want := ask(x, history.Total, number), (fact.Value{Known: true, Number: test.total}); got.Number != want.Number || !got.Known {
			t.Errorf("%s: the total is %v, want %v", test.name, got, want)
		}
		if got, want := ask(x, history.Mean, number), (fact.Value{Known: true, Number: test.mean}); got.Number != want.Number || !got.Known {
			t.Errorf("%s: the mean is %v, want %v", test.name, got, want)
		}
	}
}

// TestTotalIsExact compares with rational numbers.
func TestTotalIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		values := make([]float64, 1+r.IntN(20))
		sum := new(big.Int)
		for i := range values {
			v := math.Ldexp(r.Float64(), r.IntN(75)-25)
			if r.IntN(2) == 0 {
				v = math.Round(v*1e6) / 1e6
			}
			if r.IntN(2) == 0 {
				v = -v
			}
			values[i] = max(-fact.MaxNumber, min(v, fact.MaxNumber))
			sum.Add(sum, millionths(values[i]))
		}
		x := newIndex(oneSignal(), 100, numbers(values...))
		if got, want := ask(x, history.Total, number).Number, numberOf(sum, 1); got != want {
			t.Fatalf("the total of %v is %v, want %v", values, got, want)
		}
		if got, want := ask(x, history.Mean, number).Number, numberOf(sum, len(values)); got != want {
			t.Fatalf("the mean of %v is %v, want %v", values, got, want)
		}
	}
}

// TestSumOfARollingPeriod: what leaves the period is taken off as exactly as it
// was added.
func TestSumOfARollingPeriod(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	values := []float64{}
	for range 2000 {
		values = append(values, max(-fact.MaxNumber, -math.Ldexp(r.Float64(), r.IntN(60)-10)))
	}
	// Only the last two are in the period when the second of them comes.
	values = append(values, 0.1, 0.2)
	last := int32(len(values) - 1)
	schema := oneSignal(
		history.Signal{Of: 0, Every: 0.3, Per: 2, Sum: number},
		history.Signal{Of: 0, Every: 0.300001, Per: 2, Sum: number},
	)
	x := newIndex(schema, 1e6, numbers(values...))
	if pos := x.Occurrences(1, 0); !slices.Equal(pos, []int32{last}) {
		t.Errorf("0.3 is reached at %v, want %d", pos, last)
	}
	if pos := x.Occurrences(2, 0); len(pos) > 0 {
		t.Errorf("0.300001 is reached at %v", pos)
	}
}
