package accrual_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/testcase"
)

// sum gives the balance of occurrences that no limit keeps from paying.
func sum(occ []accrual.Occurrence, d *accrual.Decay, idle []int64, within, at int64) accrual.Balance {
	var l accrual.Ledger
	l.Open(&accrual.Limit{}, d, within)
	l.Grow(1)
	for _, o := range occ {
		l.Push(o)
	}
	return l.At(at, idle)
}

func inPoints(b accrual.Balance) points.Points {
	s := b.Sum()
	return s.Points()
}

func TestSum(t *testing.T) {
	const hour = day / 24
	half := accrual.Decay{HalfLife: 14 * day}
	linear := accrual.Decay{Linear: 10 * day}
	steps := accrual.Decay{Every: 30 * day, Lose: 0.5}
	compound := accrual.Decay{Every: 30 * day, Compound: points.NewCompound(0.5)}
	idle := accrual.Decay{Every: 7 * day, Compound: points.NewCompound(0.25), Idle: true}
	ten := [][3]int64{{0, 10, 0}}
	thousand := [][3]int64{{0, 1000, 0}}
	tests := []struct {
		name   string
		decay  accrual.Decay
		occ    [][3]int64 // instant, points, key
		idle   []int64
		within int64
		at     int64
		want   float64
		paid   int
	}{
		{"nothing", half, nil, nil, 0, 0, 0, 0},
		{"no decay", accrual.Decay{}, ten, nil, 0, 10000 * day, 10, 1},
		{"no decay, worth nothing", accrual.Decay{}, [][3]int64{{0, 0, 0}, {1, 5, 0}}, nil, 0, 1, 5, 1},
		{"no decay over all of time", accrual.Decay{}, [][3]int64{{math.MinInt64, 10, 0}}, nil, 0, math.MaxInt64, 10, 1},

		{"within, one below", accrual.Decay{}, ten, nil, day, day - 1, 10, 1},
		{"within, exactly", accrual.Decay{}, ten, nil, day, day, 0, 0},
		{"within, one above", accrual.Decay{}, ten, nil, day, day + 1, 0, 0},
		{"within from the beginning of time", accrual.Decay{}, [][3]int64{{math.MinInt64, 10, 0}}, nil, day, math.MinInt64 + 1, 10, 1},
		{"within over all of time", accrual.Decay{}, [][3]int64{{math.MinInt64, 10, 0}, {0, 5, 0}, {1, 2, 0}}, nil, math.MaxInt64, math.MaxInt64, 2, 1},

		{"half-life, at once", half, ten, nil, 0, 0, 10, 1},
		{"half-life, once", half, ten, nil, 0, 14 * day, 5, 1},
		{"half-life, twice", half, ten, nil, 0, 28 * day, 2.5, 1},
		{"half-life, one and a half", half, ten, nil, 0, 21 * day, 3.535534, 1},
		{"half-life, eight", half, ten, nil, 0, 8 * 14 * day, 0.039063, 1},
		{"half-life, gone", half, ten, nil, 0, 62*14*day + 1, 0, 0},
		{"half-life, several", half, [][3]int64{{0, 10, 0}, {14 * day, 10, 0}, {28 * day, -10, 0}}, nil, 0, 28 * day, -2.5, 3},
		{"half-life, within", half, [][3]int64{{0, 10, 0}, {14 * day, 10, 0}}, nil, 28 * day, 28 * day, 5, 1},
		{"half-life over all of time", accrual.Decay{HalfLife: math.MaxInt64}, [][3]int64{{math.MinInt64, 10, 0}}, nil, 0, math.MaxInt64, 2.5, 1},

		{"linear, half way", linear, ten, nil, 0, 5 * day, 5, 1},
		{"linear, one before", linear, thousand, nil, 0, 10*day - 1, 0, 1},
		{"linear, exactly", linear, ten, nil, 0, 10 * day, 0, 0},
		{"linear, some gone", linear, [][3]int64{{0, 10, 0}, {day, 10, 0}, {9 * day, 10, 0}}, nil, 0, 10 * day, 10, 2},

		{"HubSpot: 29.9 days", steps, ten, nil, 0, 29*day + 21*hour + 36*hour/60, 10, 1},
		{"HubSpot: one nanosecond before", steps, ten, nil, 0, 30*day - 1, 10, 1},
		{"HubSpot: 30 days", steps, ten, nil, 0, 30 * day, 5, 1},
		{"HubSpot: one nanosecond after", steps, ten, nil, 0, 30*day + 1, 5, 1},
		{"HubSpot: one nanosecond before 60 days", steps, ten, nil, 0, 60*day - 1, 5, 1},
		{"HubSpot: 60 days", steps, ten, nil, 0, 60 * day, 0, 0},
		{"steps over all of time", accrual.Decay{Every: math.MaxInt64 / 2, Compound: points.NewCompound(0.5)}, [][3]int64{{math.MinInt64, 64, 0}}, nil, 0, math.MaxInt64, 4, 1},
		{"steps at the end of time", steps, [][3]int64{{math.MaxInt64 - 31*day, 10, 0}}, nil, 0, math.MaxInt64 - 1, 5, 1},
		{"compound, 60 days", compound, ten, nil, 0, 60 * day, 2.5, 1},
		{"compound, one nanosecond before 60 days", compound, ten, nil, 0, 60*day - 1, 5, 1},

		{"idle: less than a week", idle, thousand, nil, 0, 7*day - 1, 1000, 1},
		{"idle: one week", idle, thousand, nil, 0, 7 * day, 750, 1},
		{"idle: two weeks", idle, thousand, nil, 0, 14 * day, 562.5, 1},
		{"idle: seen within the week", idle, thousand, []int64{7*day - 1}, 0, 14*day - 2, 1000, 1},
		{"idle: seen after exactly a week", idle, thousand, []int64{7 * day}, 0, 14*day - 1, 750, 1},
		{"idle: lost for good", idle, thousand, []int64{8 * day}, 0, 15 * day, 562.5, 1},
		{"idle: seen at the same instant", idle, thousand, []int64{0}, 0, 7 * day, 750, 1},
		{"idle: seen before", idle, [][3]int64{{6 * day, 1000, 0}}, []int64{0}, 0, 12 * day, 1000, 1},
		{"idle: seen now", idle, thousand, []int64{6 * day, 12 * day}, 0, 12 * day, 1000, 1},
		{"idle: gap by gap", idle, thousand, []int64{13 * day, 13 * day, 20 * day}, 0, 33 * day, 421.875, 1}, // 1 week and 6 days, nothing, 1 week, 1 week and 6 days
		{"idle: several", idle, [][3]int64{{0, 1000, 0}, {5 * day, 1000, 0}, {10 * day, 1000, 0}}, []int64{10 * day}, 0, 17 * day, 562.5 + 750 + 750, 3},
		{"idle: as often as can be", accrual.Decay{Every: 1, Compound: idle.Compound, Idle: true}, [][3]int64{{math.MinInt64, 10, 0}}, []int64{-1, 0}, 0, math.MaxInt64, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := sum(occurrences(tt.occ...), &tt.decay, tt.idle, tt.within, tt.at)
			if got := inPoints(b).Float(); got != tt.want || b.Count != tt.paid {
				t.Errorf("got %v points of %d, want %v of %d", got, b.Count, tt.want, tt.paid)
			}
		})
	}
}

// A limit on a calendar day, and then the sum: 37 points yesterday and 15 today,
// of which at most 20 a day count.
func TestApplyThenSum(t *testing.T) {
	var l accrual.Ledger
	l.Open(&accrual.Limit{Points: 20 * unit, Period: calendarDay}, &accrual.Decay{}, 0)
	for _, o := range occurrences([3]int64{1, 20, 0}, [3]int64{2, 17, 0}, [3]int64{day, 15, 0}) {
		l.Push(o)
	}
	if b := l.At(2*day-1, nil); inPoints(b) != 35*unit || b.Count != 2 {
		t.Errorf("got %v points of %d, want 35 of 2", inPoints(b).Float(), b.Count)
	}
}

// naiveSum is a balance as its definition reads, of what occurrences pay.
func naiveSum(occ []accrual.Occurrence, amounts []points.Amount, d *accrual.Decay, idle []int64, within, at int64) (up, down float64, paid int) {
	for i, o := range occ {
		if within != 0 && o.At <= at-within {
			continue
		}
		var n int64
		if d.Every > 0 {
			n = (at - o.At) / d.Every
		}
		if d.Idle {
			n = 0
			from := o.At
			for _, i := range idle {
				if i > o.At {
					n += (i - from) / d.Every
					from = i
				}
			}
			n += (at - from) / d.Every
		}
		var share points.Sum
		f := d.Factor(at-o.At, n)
		share.AddShare(amounts[i], f)
		if amounts[i] != 0 && f != 0 {
			paid++
		}
		up += max(0, float64(share.Amount()))
		down += min(0, float64(share.Amount()))
	}
	return up, down, paid
}

// near reports whether a sum is what was added up share by share: up to the last
// digits of factors, and one for each share that was rounded.
func near(s points.Sum, want float64, n int) bool {
	return math.Abs(float64(s.Amount())-want) <= 1+float64(n)
}

func TestSumIsAsDefined(t *testing.T) {
	stood := 0
	rng := rand.New(rand.NewPCG(5, 6))
	compounds := []*points.Compound{points.NewCompound(0.25), points.NewCompound(1), points.NewCompound(0.999999)}
	for range testcase.Count(10_000) {
		l, occ := generate(rng)
		amounts := apply(l, occ)
		at := int64(-50)
		for _, o := range occ {
			at = max(at, o.At)
		}
		at += rng.Int64N(20)
		var idle []int64
		for i := at - rng.Int64N(60); i <= at; i += rng.Int64N(12) {
			if idle = append(idle, i); len(idle) == 30 {
				break
			}
		}
		var d accrual.Decay
		switch span := 1 + rng.Int64N(20); rng.IntN(6) {
		case 1:
			d = accrual.Decay{HalfLife: span}
		case 2:
			d = accrual.Decay{Linear: span}
		case 3:
			d = accrual.Decay{Every: span, Lose: float64(1+rng.Int64N(1_000_000)) / 1e6}
		case 4:
			d = accrual.Decay{Every: span, Compound: compounds[rng.IntN(3)]}
		case 5:
			d = accrual.Decay{Every: span, Compound: compounds[rng.IntN(3)], Idle: true}
		}
		within := max(0, rng.Int64N(60)-20)
		check := func(what string, b accrual.Balance, until int, idle []int64, at int64) {
			t.Helper()
			some := amounts
			if until < len(occ) { // what pays by a limit without a period depends on what comes later
				some = apply(l, occ[:until])
			}
			up, down, paid := naiveSum(occ[:until], some, &d, idle, within, at)
			if !near(b.Up, up, until) || !near(b.Down, down, until) || paid != b.Count {
				t.Fatalf("%s: the balance of %+v, %+v, %+v, %v, %d, %d is %d %d of %d, want %v %v of %d",
					what, *l, occ[:until], d, idle, within, at, b.Up.Amount(), b.Down.Amount(), b.Count, up, down, paid)
			}
		}
		// All at once, and one after the other with a question now and then.
		var once, slowly accrual.Ledger
		once.Open(l, &d, within)
		slowly.Open(l, &d, within)
		ask := int64(math.MinInt64)
		for i, o := range occ {
			once.Push(o)
			slowly.Push(o) // perhaps late, after what was asked
			if rng.IntN(3) == 0 {
				ask = min(at, max(ask, o.At)+rng.Int64N(12)*rng.Int64N(2))
				var some []int64
				for _, i := range idle {
					if i <= ask {
						some = append(some, i)
					}
				}
				check("in between", slowly.At(ask, some), i+1, some, ask)
				var anew accrual.Ledger
				anew.Open(l, &d, within)
				for _, o := range occ[:i+1] {
					anew.Push(o)
				}
				later := ask + rng.Int64N(30)
				foretold, b := slowly.Later(later, some), anew.At(later, some)
				if b.Up != foretold.Up || b.Down != foretold.Down {
					t.Fatalf("%+v, %+v, %+v: %+v at %d was foretold as %+v at %d", *l, d, occ[:i+1], b, later, foretold, ask)
				}
			}
		}
		before := once.At(at, idle)
		check("at once", before, len(occ), idle, at)
		if b := slowly.At(at, idle); b != before {
			t.Fatalf("%+v, %+v, %+v: it depends on when it was asked: %+v, %+v", *l, d, occ, before, b)
		}

		// Nothing is further from 0 later, and Later tells it beforehand, with a walk over
		// what has nothing left by then, or, with steps, what has something.
		now, zero := before.Count, 0
		for _, o := range occ {
			if o.Amount == 0 {
				zero++
			}
		}
		for later := at + 1; later < at+40; later += 1 + rng.Int64N(8) {
			foretold := once.Later(later, idle)
			stands := slowly.Unchanged(later)
			b := slowly.At(later, idle)
			if stands && b != before {
				t.Fatalf("%+v, %+v, %+v: at %d it stands, and was %+v, and is %+v", *l, d, occ, later, before, b)
			}
			if stands {
				stood++
			}
			check("later", b, len(occ), idle, later)
			if b.Up != foretold.Up || b.Down != foretold.Down {
				t.Fatalf("%+v, %+v, %+v: %+v at %d was foretold as %+v", *l, d, occ, b, later, foretold)
			}
			least := now - b.Count
			if d.Every > 0 {
				least = b.Count
			}
			if walk := once.Walk(at, later); walk < least || walk > len(occ) || l.Zero() && d.Every == 0 && walk > least+zero {
				t.Fatalf("%+v, %+v, %+v: to foretell %d it walks over %d, want %d", *l, d, occ, later, walk, least)
			}
			if b.Up.Amount() > before.Up.Amount() || b.Down.Amount() < before.Down.Amount() {
				t.Fatalf("%+v, %+v, %v, within %d: %+v at %d, more than before", occ, d, idle, within, b, later)
			}
			before = b
		}
	}
	if stood < testcase.Least(1000) {
		t.Errorf("only %d balances stood", stood)
	}
	if new(accrual.Ledger).Unchanged(0) {
		t.Error("a ledger stands that was never opened")
	}
}

func BenchmarkBalance(b *testing.B) {
	var l accrual.Ledger
	limit, decay := &accrual.Limit{}, &accrual.Decay{HalfLife: 30 * day}
	b.Run("push", func(b *testing.B) {
		for b.Loop() {
			l.Open(limit, decay, 0)
			for i := range int64(1000) {
				l.Push(accrual.Occurrence{At: i * day / 4, Amount: 1e13})
			}
			l.At(250*day, nil)
		}
	})
	b.Run("at", func(b *testing.B) {
		for at := 250 * day; b.Loop(); at++ {
			l.At(at, nil)
		}
	})
}
