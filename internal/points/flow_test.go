package points_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/points"
)

// Sums that go on with time hold what adding up share by share gives, and what
// was taken away is gone to the last bit.
func TestFlow(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	type item struct {
		at     int64
		amount points.Amount
	}
	for range 3000 {
		span := int64(1) << rng.IntN(56)
		span += rng.Int64N(span)
		// Wide enough that items are many periods apart, and before the epoch too.
		at := rng.Int64N(20*span) - 10*span
		var halving, again, opposite points.Halving
		var sloping, slopingAgain, slopingOpposite points.Sloping
		var half, line []item
		for range rng.IntN(30) {
			at += rng.Int64N(1 + span*int64(rng.IntN(4))/2)
			for len(half) > 0 && at-half[0].at > 0 && (at-half[0].at)/span >= points.MostHalvings {
				halving.Add(-half[0].amount, half[0].at, span)
				half = half[1:]
			}
			for len(line) > 0 && at-line[0].at >= span {
				sloping.Add(-line[0].amount, line[0].at, span)
				line = line[1:]
			}
			halving.Advance(at, span)
			sloping.Advance(at, span)
			i := item{at, points.Amount(rng.Int64N(2e13) - 1e13)}
			halving.Add(i.amount, at, span)
			sloping.Add(i.amount, at, span)
			half, line = append(half, i), append(line, i)
			halving.Sum(at, span) // asking changes nothing
		}
		var wantHalf, wantLine points.Sum
		for _, i := range half {
			wantHalf.AddShare(i.amount, points.HalfLife(at-i.at, span))
			again.Advance(i.at, span)
			again.Add(i.amount, i.at, span)
			opposite.Advance(i.at, span)
			opposite.Add(-i.amount, i.at, span)
		}
		for _, i := range line {
			wantLine.AddShare(i.amount, points.Linear(at-i.at, span))
			slopingAgain.Advance(i.at, span)
			slopingAgain.Add(i.amount, i.at, span)
			slopingOpposite.Advance(i.at, span)
			slopingOpposite.Add(-i.amount, i.at, span)
		}
		again.Advance(at, span)
		slopingAgain.Advance(at, span)
		opposite.Advance(at, span)
		slopingOpposite.Advance(at, span)
		if s := halving.Sum(at, span).Plus(opposite.Sum(at, span)); s != (points.Sum{}) {
			t.Fatalf("half-life %d at %d: what is opposite does not cancel: %v of %v", span, at, s, half)
		}
		if s := sloping.Sum(at, span).Plus(slopingOpposite.Sum(at, span)); s != (points.Sum{}) {
			t.Fatalf("line %d at %d: what is opposite does not cancel: %v of %v", span, at, s, line)
		}
		if got := halving.Sum(at, span); got != again.Sum(at, span) || far(got, wantHalf) {
			t.Fatalf("half-life %d at %d: %d, %d, want %d of %v", span, at, got.Amount(), amountOf(again.Sum(at, span)), wantHalf.Amount(), half)
		}
		if got := sloping.Sum(at, span); got != slopingAgain.Sum(at, span) || far(got, wantLine) {
			t.Fatalf("line %d at %d: %d, want %d of %v", span, at, got.Amount(), wantLine.Amount(), line)
		}
	}
}

func amountOf(s points.Sum) points.Amount { return s.Amount() }

func far(a, b points.Sum) bool { return math.Abs(float64(a.Amount()-b.Amount())) > 2 }

func TestSumArithmetic(t *testing.T) {
	var a, b points.Sum
	a.Add(10e12)
	b.Add(-4e12)
	if got := a.Plus(b); got.Amount() != 6e12 {
		t.Errorf("10 - 4 = %d", got.Amount())
	}
	if got := b.Minus(a); got.Amount() != -14e12 {
		t.Errorf("-4 - 10 = %d", got.Amount())
	}
	half := points.One / 2
	if got := b.Share(half); got.Amount() != -2e12 {
		t.Errorf("half of -4 = %d", got.Amount())
	}
	var large points.Sum
	for range 1_000_000 {
		large.Add(points.MaxAmount)
	}
	for range 20 {
		large = large.Share(half)
	}
	if got := large.Amount(); math.Abs(float64(got)/(1e24/(1<<20))-1) > 1e-15 {
		t.Errorf("a million of the largest, halved 20 times: %d", got)
	}
	if got := large.Share(points.One); got != large {
		t.Errorf("the whole of %v is %v", large, got)
	}
}
