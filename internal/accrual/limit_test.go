package accrual_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/testcase"
)

const (
	unit = points.Unit
	day  = int64(24 * 3600 * 1e9)
)

func calendarDay(at int64) int64 {
	return (at - ((at%day)+day)%day) / day
}

// occurrences gives one occurrence for each triple of an instant, whole points and
// a key.
func occurrences(triples ...[3]int64) []accrual.Occurrence {
	occ := make([]accrual.Occurrence, 0, len(triples))
	for _, x := range triples {
		occ = append(occ, accrual.Occurrence{At: x[0], Amount: points.Points(x[1] * int64(unit)).Amount(), Key: int32(x[2])})
	}
	return occ
}

// apply gives what each occurrence pays by a limit.
func apply(l *accrual.Limit, occ []accrual.Occurrence) []points.Amount {
	var ledger accrual.Ledger
	ledger.Open(l, &accrual.Decay{}, 0)
	for _, o := range occ {
		ledger.Push(o)
		if len(occ)%2 == 0 {
			ledger.Paid() // asking in between changes nothing
		}
	}
	amounts := make([]points.Amount, len(occ))
	paid := ledger.Paid()
	for i, o := range paid {
		amounts[len(occ)-len(paid)+i] = o.Amount
	}
	return amounts
}

func TestLimit(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	tests := []struct {
		name  string
		limit accrual.Limit
		occ   [][3]int64 // instant, points, key
		want  []int64    // points
	}{
		{"none", accrual.Limit{}, [][3]int64{{0, 10, -1}, {0, 0, 0}, {5, -10, 0}}, []int64{10, 0, -10}},
		{"a period alone limits nothing", accrual.Limit{Per: 1}, [][3]int64{{0, 10, -1}, {0, 10, -1}}, []int64{10, 10}},
		{"no occurrence", accrual.Limit{Times: 1}, nil, nil},
		{"no occurrence in a period", accrual.Limit{Times: 1, Per: 10, OncePer: true}, nil, nil},

		{"newest times", accrual.Limit{Times: 2}, [][3]int64{{0, 10, 0}, {1, 11, 0}, {2, 12, 0}}, []int64{0, 11, 12}},
		{"newest times of one instant", accrual.Limit{Times: 2}, [][3]int64{{0, 10, 0}, {0, 11, 0}, {0, 12, 0}}, []int64{0, 11, 12}},
		{"worth nothing counts", accrual.Limit{Times: 2}, [][3]int64{{0, 10, 0}, {1, 11, 0}, {2, 0, 0}}, []int64{0, 11, 0}},
		{"newest points, the last in part", accrual.Limit{Points: 25 * unit}, [][3]int64{{0, 10, 0}, {1, 10, 0}, {2, 10, 0}, {3, 10, 0}}, []int64{0, 5, 10, 10}},
		{"newest points of both signs", accrual.Limit{Points: 10 * unit}, [][3]int64{{0, -30, 0}, {1, 5, 0}, {2, -5, 0}, {3, 20, 0}}, []int64{-20, 5, -5, 10}},
		{"used up does not count", accrual.Limit{Points: 10 * unit, Times: 2}, [][3]int64{{0, 3, 0}, {1, -4, 0}, {2, 5, 0}, {3, 20, 0}}, []int64{0, -4, 0, 10}},
		{"newest of each key", accrual.Limit{OncePer: true}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, 0}, {3, 4, -1}, {4, 5, 2}}, []int64{0, 2, 3, 0, 5}},
		{"newest of each key, newest times", accrual.Limit{OncePer: true, Times: 2}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, 0}, {3, 4, -1}, {4, 5, 2}}, []int64{0, 0, 3, 0, 5}},
		{"the newest stands for its key although used up", accrual.Limit{OncePer: true, Points: 5 * unit}, [][3]int64{{0, -3, 0}, {1, 2, 0}, {2, 5, 1}}, []int64{0, 0, 5}},
		{"keys are read with OncePer only", accrual.Limit{Times: 2}, [][3]int64{{0, 1, -1}, {1, 2, 0}, {2, 3, 0}}, []int64{0, 2, 3}},

		{"rolling, one below", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {9, 2, 0}}, []int64{1, 0}},
		{"rolling, exactly", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {10, 2, 0}}, []int64{1, 2}},
		{"rolling, one above", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {11, 2, 0}}, []int64{1, 2}},
		{"rolling, what does not pay blocks nothing", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {9, 2, 0}, {10, 3, 0}, {19, 4, 0}, {20, 5, 0}}, []int64{1, 0, 3, 0, 5}},
		{"rolling twice", accrual.Limit{Times: 2, Per: 10}, [][3]int64{{0, 1, 0}, {0, 2, 0}, {0, 3, 0}, {10, 4, 0}, {15, 5, 0}, {19, 6, 0}, {20, 7, 0}}, []int64{1, 2, 0, 4, 5, 0, 7}},
		{"rolling, worth nothing counts", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 0, 0}, {9, 2, 0}, {10, 3, 0}}, []int64{0, 0, 3}},
		{"rolling points", accrual.Limit{Points: 15 * unit, Per: 10}, [][3]int64{{0, 10, 0}, {5, 10, 0}, {9, 10, 0}, {10, 12, 0}, {15, 9, 0}}, []int64{10, 5, 0, 10, 5}},
		{"rolling, used up does not count", accrual.Limit{Points: 10 * unit, Times: 2, Per: 10}, [][3]int64{{0, 10, 0}, {1, 5, 0}, {2, -4, 0}, {3, 1, 0}}, []int64{10, 0, -4, 0}},
		{"rolling, what made room can leave sooner", accrual.Limit{Points: 5 * unit, Per: 2 * day}, [][3]int64{{0, -5, 0}, {day, 10, 0}}, []int64{-5, 5}},
		{"rolling, the positive has left", accrual.Limit{Points: 10 * unit, Per: 10}, [][3]int64{{0, 10, 0}, {5, -20, 0}, {10, -5, 0}, {11, 5, 0}, {12, 40, 0}}, []int64{10, -10, 0, 5, 5}},
		{"rolling, the negative has left", accrual.Limit{Points: 10 * unit, Per: 10}, [][3]int64{{0, -10, 0}, {5, 20, 0}, {10, 5, 0}, {11, -5, 0}, {12, -40, 0}}, []int64{-10, 10, 0, -5, -5}},
		{"rolling, a part of the period is fuller than all of it", accrual.Limit{Points: 10 * unit, Per: 10}, [][3]int64{{0, -6, 0}, {1, 8, 0}, {2, 5, 0}, {9, 5, 0}, {10, 5, 0}, {11, 5, 0}}, []int64{-6, 8, 2, 0, 0, 5}},
		{"rolling, at one instant there is one sum", accrual.Limit{Points: 5 * unit, Per: 10}, [][3]int64{{0, -5, 0}, {0, 12, 0}, {0, -12, 0}, {1, 3, 0}}, []int64{-5, 10, -10, 3}},
		{"rolling once per key", accrual.Limit{OncePer: true, Per: 10}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, -1}, {9, 4, 0}, {10, 5, 0}, {10, 6, 1}, {11, 7, 1}}, []int64{1, 2, 0, 0, 5, 0, 7}},
		{"rolling, what does not pay leaves the key", accrual.Limit{OncePer: true, Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {5, 2, 1}, {10, 3, 1}}, []int64{1, 0, 3}},
		{"rolling, used up leaves the key", accrual.Limit{OncePer: true, Points: 5 * unit, Per: 10}, [][3]int64{{0, 5, 0}, {5, 2, 1}, {10, 3, 1}}, []int64{5, 0, 3}},
		{"rolling, without a key uses up nothing", accrual.Limit{OncePer: true, Times: 1, Points: 5 * unit, Per: 10}, [][3]int64{{0, 5, -1}, {1, 5, 0}}, []int64{0, 5}},
		{"rolling over all of time", accrual.Limit{Times: 1, Per: last}, [][3]int64{{first, 1, 0}, {-2, 2, 0}, {-1, 3, 0}, {0, 4, 0}, {last, 5, 0}}, []int64{1, 0, 3, 0, 5}},

		{"a visit, one below", accrual.Limit{Times: 1, Gap: 10}, [][3]int64{{0, 1, 0}, {9, 2, 0}}, []int64{1, 0}},
		{"a visit, exactly", accrual.Limit{Times: 1, Gap: 10}, [][3]int64{{0, 1, 0}, {10, 2, 0}}, []int64{1, 2}},
		{"a visit lasts while it goes on, with what does not pay", accrual.Limit{Times: 1, Gap: 10}, [][3]int64{{0, 1, 0}, {9, 2, 0}, {18, 3, 0}, {28, 4, 0}}, []int64{1, 0, 0, 4}},
		{"points a visit", accrual.Limit{Points: 15 * unit, Gap: 10}, [][3]int64{{0, 10, 0}, {9, 10, 0}, {18, 1, 0}, {40, 20, 0}}, []int64{10, 5, 0, 15}},
		{"visits as far apart as can be", accrual.Limit{Times: 1, Gap: last}, [][3]int64{{first, 1, 0}, {-2, 2, 0}, {-1, 3, 0}, {last, 4, 0}}, []int64{1, 0, 0, 4}},

		{"ever, the first", accrual.Limit{Times: 2, Ever: true}, [][3]int64{{first, 1, 0}, {1, 2, 0}, {last, 3, 0}}, []int64{1, 2, 0}},
		{"ever, points", accrual.Limit{Points: 15 * unit, Ever: true}, [][3]int64{{0, 10, 0}, {9, 10, 0}, {18, -10, 0}, {40, 20, 0}}, []int64{10, 5, -10, 10}},
		{"ever, the first of each key", accrual.Limit{OncePer: true, Ever: true}, [][3]int64{{0, 1, 0}, {1, 2, 0}, {2, 3, 1}, {3, 4, -1}}, []int64{1, 0, 3, 0}},

		{"calendar", accrual.Limit{Times: 1, Period: calendarDay}, [][3]int64{{-1, 1, 0}, {0, 2, 0}, {day - 1, 3, 0}, {day, 4, 0}}, []int64{1, 2, 0, 4}},
		{"calendar, at most 20 a day", accrual.Limit{Points: 20 * unit, Period: calendarDay}, [][3]int64{{0, 12, 0}, {1, 25, 0}, {day, 15, 0}}, []int64{12, 8, 15}},
		{"calendar, used up does not count", accrual.Limit{Points: 10 * unit, Times: 2, Period: calendarDay}, [][3]int64{{0, 10, 0}, {1, 5, 0}, {2, -4, 0}, {3, 1, 0}}, []int64{10, 0, -4, 0}},
		{"calendar, once per key", accrual.Limit{OncePer: true, Period: calendarDay}, [][3]int64{{0, 1, 0}, {1, 2, 0}, {2, 3, 1}, {3, 4, -1}, {day, 5, 0}, {day, 6, 1}, {day, 7, 1}}, []int64{1, 0, 3, 0, 5, 6, 0}},
		{"calendar, what does not pay leaves the key", accrual.Limit{OncePer: true, Points: 5 * unit, Period: calendarDay}, [][3]int64{{0, 5, 0}, {1, 1, 1}, {2, -3, 1}, {3, 2, 1}}, []int64{5, 0, -3, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := []points.Amount{}
			for _, p := range tt.want {
				want = append(want, points.Points(p*int64(unit)).Amount())
			}
			if diff := cmp.Diff(want, apply(&tt.limit, occurrences(tt.occ...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A limit for each value of a property is that of its occurrences alone.
func TestLimitForEach(t *testing.T) {
	tests := []struct {
		name  string
		limit accrual.Limit
		occ   [][3]int64 // instant, points, value
		want  []int64    // points
	}{
		{"newest points", accrual.Limit{Points: 20 * unit}, [][3]int64{{0, 4, 0}, {1, 10, 0}, {2, 10, 1}, {3, 10, 0}, {4, 10, 0}}, []int64{0, 0, 10, 10, 10}},
		{"newest times", accrual.Limit{Times: 1}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, 0}}, []int64{0, 2, 3}},
		{"without a value", accrual.Limit{Times: 1}, [][3]int64{{0, 1, -1}, {1, 2, 1}, {2, 3, -1}}, []int64{0, 2, 0}},
		{"rolling", accrual.Limit{Times: 1, Per: 10}, [][3]int64{{0, 1, 0}, {9, 2, 1}, {9, 3, 0}, {10, 4, 0}, {18, 5, 1}, {19, 6, 1}}, []int64{1, 2, 0, 4, 0, 6}},
		{"rolling points", accrual.Limit{Points: 15 * unit, Per: 10}, [][3]int64{{0, 10, 0}, {5, 10, 1}, {9, 10, 0}, {10, 12, 0}, {11, 10, 1}}, []int64{10, 10, 5, 10, 5}},
		{"visits of each value", accrual.Limit{Times: 1, Gap: 10}, [][3]int64{{0, 1, 0}, {5, 2, 1}, {9, 3, 0}, {14, 4, 1}, {19, 5, 0}}, []int64{1, 2, 0, 0, 5}},
		{"calendar", accrual.Limit{Times: 1, Period: calendarDay}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, 1}, {day, 4, 1}, {day, 5, 0}}, []int64{1, 2, 0, 4, 5}},
		{"ever", accrual.Limit{Times: 1, Ever: true}, [][3]int64{{0, 1, 0}, {1, 2, 1}, {2, 3, 1}, {day, 4, 0}}, []int64{1, 2, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.limit.ForEach = true
			occ, want := occurrences(tt.occ...), []points.Amount{}
			for i, p := range tt.want {
				occ[i].Each = occ[i].Key
				want = append(want, points.Points(p*int64(unit)).Amount())
			}
			if diff := cmp.Diff(want, apply(&tt.limit, occ)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLimitZero(t *testing.T) {
	for _, tt := range []struct {
		limit accrual.Limit
		want  bool
	}{
		{accrual.Limit{}, true},
		{accrual.Limit{Per: 10}, true},
		{accrual.Limit{Period: calendarDay}, true},
		{accrual.Limit{Times: 1}, false},
		{accrual.Limit{Points: 1}, false},
		{accrual.Limit{OncePer: true}, false},
	} {
		if got := tt.limit.Zero(); got != tt.want {
			t.Errorf("%+v: Zero() = %v", tt.limit, got)
		}
	}
}

// What all occurrences pay together can be more than an Amount holds.
func TestLimitOfTheLargestAmounts(t *testing.T) {
	var occ []accrual.Occurrence
	amount, at := points.MaxAmount, int64(0)
	for n := 1; n < 40; n++ { // n of one sign, of which all but the last have left when the next n+1 come
		for range n {
			occ = append(occ, accrual.Occurrence{At: at, Amount: amount})
			at += 10
		}
		amount = -amount
	}
	for _, per := range []int64{30, 100, 200, 310, 500} {
		compare(t, &accrual.Limit{Points: points.Max, Per: per}, occ)
	}
}

// naive is a Limit as its definition reads. Amounts and bounds must be multiples of a
// millionth of a point.
func naive(l *accrual.Limit, occ []accrual.Occurrence) []points.Amount {
	type done struct {
		occ    accrual.Occurrence
		amount int64
	}
	var let []done
	out := make([]points.Amount, len(occ))
	const scale = int64(unit)
	// decide lets an occurrence through, if it does, in a period in which others lie
	// and which can begin before each of them, if it rolls, or not.
	decide := func(i int, in func(at int64) bool, rolls bool) {
		o := occ[i]
		times := 0
		for _, d := range let {
			if in(d.occ.At) {
				if l.OncePer && d.occ.Key == o.Key {
					return
				}
				times++
			}
		}
		if l.OncePer && o.Key < 0 || l.Times > 0 && times >= l.Times {
			return
		}
		a := int64(o.Amount) / scale
		pay, bound := a, int64(l.Points)
		for _, from := range append(let, done{occ: o}) {
			if bound == 0 || !in(from.occ.At) {
				continue
			}
			sum := int64(0)
			for _, d := range let {
				if in(d.occ.At) && (!rolls || d.occ.At >= from.occ.At) {
					sum += d.amount
				}
			}
			if pay > 0 {
				pay = max(0, min(pay, bound-sum))
			} else {
				pay = min(0, max(pay, -bound-sum))
			}
		}
		if a != 0 && pay == 0 {
			return
		}
		let = append(let, done{o, pay})
		out[i] = points.Amount(pay * scale)
	}
	if l.ForEach && !l.Zero() { // each value has a limit of its own
		each := map[int32][]int{}
		for i, o := range occ {
			if o.Each >= 0 {
				each[o.Each] = append(each[o.Each], i)
			}
		}
		alone := *l
		alone.ForEach = false
		for _, places := range each {
			var own []accrual.Occurrence
			for _, i := range places {
				own = append(own, occ[i])
			}
			for k, a := range naive(&alone, own) {
				out[places[k]] = a
			}
		}
		return out
	}
	switch period := periods(l, occ); {
	case l.Per > 0:
		for i, o := range occ {
			decide(i, func(at int64) bool { return at > o.At-l.Per }, true)
		}
	case period != nil:
		for i, o := range occ {
			decide(i, func(at int64) bool { return period(at) == period(o.At) }, false)
		}
	default:
		for i := len(occ) - 1; i >= 0; i-- {
			newer := false
			for _, o := range occ[i+1:] {
				newer = newer || l.OncePer && o.Key == occ[i].Key
			}
			if !newer {
				decide(i, func(int64) bool { return true }, false)
			}
		}
	}
	return out
}

// periods numbers the periods of a limit that do not roll; nil if it has none.
func periods(l *accrual.Limit, occ []accrual.Occurrence) func(at int64) int64 {
	switch {
	case l.Gap > 0:
		var begin []int64 // of the visits but the first
		for i := 1; i < len(occ); i++ {
			if new(big.Int).Sub(big.NewInt(occ[i].At), big.NewInt(occ[i-1].At)).Cmp(big.NewInt(l.Gap)) >= 0 {
				begin = append(begin, occ[i].At)
			}
		}
		return func(at int64) (n int64) {
			for n < int64(len(begin)) && begin[n] <= at {
				n++
			}
			return n
		}
	case l.Ever:
		return func(int64) int64 { return 0 }
	}
	return l.Period
}

// bounded reports whether the sum of what occurrences pay is within the bound on points
// in each period: in a rolling one, from any instant to any other less than Per later.
func bounded(l *accrual.Limit, occ []accrual.Occurrence, paid []points.Amount) bool {
	within := func(in func(at int64) bool) bool {
		sum := new(big.Int)
		for i, o := range occ {
			if in(o.At) {
				sum.Add(sum, big.NewInt(int64(paid[i])))
			}
		}
		return l.Points == 0 || sum.CmpAbs(big.NewInt(int64(l.Points.Amount()))) <= 0
	}
	if l.ForEach {
		return true // its parts are held to the definition
	}
	period := periods(l, occ)
	if l.Per == 0 && period == nil {
		return within(func(int64) bool { return true })
	}
	ok := true
	for _, from := range occ {
		for _, to := range occ {
			switch {
			case period != nil:
				ok = ok && within(func(at int64) bool { return period(at) == period(from.At) })
			case from.At <= to.At && to.At < from.At+l.Per:
				ok = ok && within(func(at int64) bool { return from.At <= at && at <= to.At })
			}
		}
	}
	return ok
}

func compare(t *testing.T, l *accrual.Limit, occ []accrual.Occurrence) {
	t.Helper()
	want := naive(l, occ)
	got := apply(l, occ)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%+v of %+v: (-naive +got)\n%s", *l, occ, diff)
	}
	if !bounded(l, occ, got) {
		t.Fatalf("%+v of %+v: a period pays more than the bound: %v", *l, occ, got)
	}
	for i, o := range occ {
		p := got[i]
		if o.Amount >= 0 && (p < 0 || p > o.Amount) || o.Amount <= 0 && (p > 0 || p < o.Amount) {
			t.Fatalf("%+v of %+v: an occurrence worth %d pays %d", *l, occ, o.Amount, p)
		}
	}
}

// generate makes a limit and occurrences so close to each other, and so small, that
// edges are met all the time.
func generate(rng *rand.Rand) (*accrual.Limit, []accrual.Occurrence) {
	l := &accrual.Limit{OncePer: rng.IntN(3) == 0, ForEach: rng.IntN(3) == 0}
	if rng.IntN(3) > 0 {
		l.Times = 1 + rng.IntN(4)
	}
	if rng.IntN(2) == 0 {
		l.Points = points.Points(1+rng.Int64N(12)) * unit / 2
	}
	switch rng.IntN(5) {
	case 0:
		l.Per = 1 + rng.Int64N(12)
	case 1:
		l.Gap = 1 + rng.Int64N(5)
	case 2:
		l.Ever = true
	case 3:
		width := 1 + rng.Int64N(12)
		l.Period = func(at int64) int64 { return (at + 1000*width) / width }
	}
	lowest := int64(0)
	if rng.IntN(2) == 0 {
		lowest = -6
	}
	occ := make([]accrual.Occurrence, rng.IntN(24))
	at := rng.Int64N(100) - 50
	for i := range occ {
		at += rng.Int64N(5)
		worth := lowest + rng.Int64N(7-lowest)
		occ[i] = accrual.Occurrence{At: at, Amount: points.Points(worth * int64(unit) / 2).Amount(), Key: rng.Int32N(5) - 1, Each: rng.Int32N(4) - 1}
		if o := &occ[i]; l.ForEach && o.Key >= 0 {
			o.Key += 5 * (o.Each + 1) // of another value, it is another
		}
	}
	return l, occ
}

func TestLimitIsAsDefined(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range testcase.Count(20_000) {
		l, occ := generate(rng)
		compare(t, l, occ)
	}
}

func FuzzLimit(f *testing.F) {
	f.Add(uint8(2), uint8(0), uint8(0), uint8(0), []byte{0, 20, 1, 1, 22, 1, 2, 24, 1})
	f.Add(uint8(0), uint8(30), uint8(10), uint8(0), []byte{0, 20, 1, 5, 0x80, 1, 10, 0xf6, 0, 1, 10, 2})
	f.Add(uint8(1), uint8(10), uint8(7), uint8(1), []byte{0, 20, 1, 7, 22, 1, 6, 24, 2, 1, 1, 3})
	f.Add(uint8(0), uint8(40), uint8(9), uint8(3), []byte{0, 20, 0, 3, 22, 1, 6, 24, 1, 1, 30, 1})
	f.Add(uint8(2), uint8(30), uint8(10), uint8(4|16), []byte{0, 20, 9, 3, 22, 17, 6, 24, 10, 1, 30, 18, 4, 30, 9})
	f.Add(uint8(2), uint8(30), uint8(0), uint8(8|16|1), []byte{0, 20, 9, 3, 22, 17, 6, 24, 10, 1, 30, 18, 4, 30, 9})
	f.Fuzz(func(t *testing.T, times, bound, period, flags uint8, data []byte) {
		l := &accrual.Limit{Times: int(times), Points: points.Points(bound) * 1000, OncePer: flags&1 != 0}
		l.ForEach = flags&16 != 0
		if period == 0 {
			l.Ever = flags&8 != 0
		} else if flags&4 != 0 {
			l.Gap = int64(period)
		} else if flags&2 == 0 {
			l.Per = int64(period)
		} else {
			l.Period = func(at int64) int64 { return at / int64(period) }
		}
		var occ []accrual.Occurrence
		at := int64(0)
		for ; len(data) >= 3 && len(occ) < 100; data = data[3:] {
			at += int64(data[0])
			occ = append(occ, accrual.Occurrence{At: at, Amount: points.Points(int64(int8(data[1])) * 1000).Amount(), Key: int32(data[2]%8) - 1, Each: int32(data[2]/8%4) - 1})
			if o := &occ[len(occ)-1]; l.ForEach && o.Key >= 0 {
				o.Key += 8 * (o.Each + 1) // of another value, it is another
			}
		}
		compare(t, l, occ)
	})
}

func TestNoAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	occ := make([]accrual.Occurrence, 1000)
	var idle []int64
	for i := range occ {
		occ[i] = accrual.Occurrence{At: int64(i) * day / 4, Amount: 1e13, Key: rng.Int32N(100) - 1, Each: rng.Int32N(20) - 1}
		if i%30 == 0 {
			idle = append(idle, occ[i].At)
		}
	}
	at := occ[len(occ)-1].At
	decay := &accrual.Decay{Every: 7 * day, Compound: points.NewCompound(0.25), Idle: true}
	var ledger accrual.Ledger
	for _, l := range []*accrual.Limit{
		{Times: 5, Points: 35 * unit, OncePer: true},
		{Times: 5, Points: 35 * unit, Per: 30 * day, OncePer: true},
		{Times: 5, Points: 35 * unit, Period: calendarDay, OncePer: true},
		{Times: 5, Points: 35 * unit, ForEach: true},
		{Times: 5, Points: 35 * unit, Per: 30 * day, ForEach: true},
		{Times: 5, Points: 35 * unit, Gap: day, OncePer: true},
	} {
		run := func() {
			ledger.Open(l, decay, 365*day)
			for _, o := range occ {
				ledger.Push(o)
			}
			ledger.At(at, idle)
		}
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%+v: %v allocations", *l, n)
		}
	}
}

func BenchmarkLimit(b *testing.B) {
	occ := make([]accrual.Occurrence, 1000)
	for i := range occ {
		occ[i] = accrual.Occurrence{At: int64(i) * day / 4, Amount: 1e13, Key: int32(i % 100)}
	}
	var ledger accrual.Ledger
	for _, bm := range []struct {
		name  string
		limit accrual.Limit
	}{
		{"newest", accrual.Limit{Times: 5}},
		{"rolling", accrual.Limit{Times: 5, Points: 35 * unit, Per: 30 * day, OncePer: true}},
		{"calendar", accrual.Limit{Times: 5, Points: 35 * unit, Period: calendarDay, OncePer: true}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				ledger.Open(&bm.limit, &accrual.Decay{}, 0)
				for _, o := range occ {
					ledger.Push(o)
				}
				ledger.Paid()
			}
		})
	}
}

func TestLimitWhole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		limit accrual.Limit
		want  bool
	}{
		{"none", accrual.Limit{}, true},
		{"ever", accrual.Limit{Times: 1, Ever: true}, true},
		{"once for each value", accrual.Limit{OncePer: true}, true},
		{"a span", accrual.Limit{Times: 1, Per: 1}, false},
		{"days", accrual.Limit{Times: 1, Period: calendarDay}, false},
		{"visits", accrual.Limit{Times: 1, Gap: 1}, false},
		{"each value", accrual.Limit{Times: 1, ForEach: true}, false},
	} {
		if got := tt.limit.Whole(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
