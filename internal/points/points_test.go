package points_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/points"
)

const unit = points.Unit

func TestFromFloat(t *testing.T) {
	type result struct {
		Points points.Points
		OK     bool
	}
	tests := []struct {
		name string
		in   float64
		want result
	}{
		{"zero", 0, result{0, true}},
		{"whole", 60, result{60 * unit, true}},
		{"negative", -0.1, result{-100_000, true}},
		{"not a sum of halves", 0.3, result{300_000, true}},
		{"tie up", 0.0000005, result{1, true}},
		{"tie down", -0.0000005, result{-1, true}},
		{"below a tie", 0.00000049, result{0, true}},
		{"highest", 1e6, result{points.Max, true}},
		{"lowest", -1e6, result{-points.Max, true}},
		{"above", math.Nextafter(1e6, 2e6), result{}},
		{"below", math.Nextafter(-1e6, -2e6), result{}},
		{"infinite", math.Inf(1), result{}},
		{"minus infinite", math.Inf(-1), result{}},
		{"not a number", math.NaN(), result{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got result
			got.Points, got.OK = points.FromFloat(tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFloatAndBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100_000 {
		p := points.Points(rng.Int64N(int64(2*points.Max+1))) - points.Max
		if got, ok := points.FromFloat(p.Float()); got != p || !ok {
			t.Fatalf("FromFloat(%v) = %d, %v; want %d", p.Float(), got, ok, p)
		}
	}
}

func TestClamp(t *testing.T) {
	for _, tt := range []struct{ p, lo, hi, want points.Points }{
		{5, 0, 10, 5}, {0, 0, 10, 0}, {10, 0, 10, 10}, {-1, 0, 10, 0}, {11, 0, 10, 10}, {5, 3, 3, 3},
	} {
		if got := tt.p.Clamp(tt.lo, tt.hi); got != tt.want {
			t.Errorf("%d.Clamp(%d, %d) = %d, want %d", tt.p, tt.lo, tt.hi, got, tt.want)
		}
	}
}

func TestRoundTo(t *testing.T) {
	for _, tt := range []struct{ p, step, want points.Points }{
		{0, unit, 0},
		{499_999, unit, 0}, {500_000, unit, unit}, {1_499_999, unit, unit}, {1_500_000, unit, 2 * unit},
		{-499_999, unit, 0}, {-500_000, unit, -unit}, {-1_500_000, unit, -2 * unit}, {-1_499_999, unit, -unit},
		{7, 1, 7}, {-7, 1, -7},
		{1, 3, 0}, {2, 3, 3}, {-1, 3, 0}, {-2, 3, -3},
		{12_500_000, 5 * unit, 15 * unit}, {12_499_999, 5 * unit, 10 * unit},
		{points.Max, points.Max, points.Max}, {points.Max / 2, points.Max, points.Max},
		{3, math.MaxInt64, 0},
	} {
		if got := tt.p.RoundTo(tt.step); got != tt.want {
			t.Errorf("%d.RoundTo(%d) = %d, want %d", tt.p, tt.step, got, tt.want)
		}
	}
}

func TestWeighted(t *testing.T) {
	for _, tt := range []struct {
		p    points.Points
		w    float64
		want points.Points
	}{
		{10 * unit, 1, 10 * unit},
		{10 * unit, 0, 0},
		{10 * unit, -0.5, -5 * unit},
		{1, 0.5, 1}, {1, 0.499999, 0}, {-1, 0.5, -1}, {-1, 0.499999, 0},
		{1, -0.5, -1}, {-1, -0.5, 1},
		{30 * unit, 1.0 / 3, 10 * unit},
		{5, 0.7, 4}, {3, 0.1234567, 0}, {15, 0.1, 2}, {25, 0.3, 8}, // ties by hand
		{52 * unit, 0.4167, 21_668_400},
		{points.Max, 10, 10 * points.Max},
		{-points.Max, 10, -10 * points.Max},
	} {
		if got := tt.p.Weighted(tt.w); got != tt.want {
			t.Errorf("%d.Weighted(%v) = %d, want %d", tt.p, tt.w, got, tt.want)
		}
	}
	// A weight of six decimals gives what it gives by hand.
	rng := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		p := points.Points(rng.Int64N(2*int64(points.Max)+1)) - points.Max
		w := rng.Int64N(20_000_001) - 10_000_000
		product := new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(w))
		want := rounded(product, big.NewInt(1e6), math.MaxInt64)
		if got := p.Weighted(float64(w) / 1e6); int64(got) != want {
			t.Fatalf("%d.Weighted(%v) = %d, want %d", p, float64(w)/1e6, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct{ p, lo, hi, want points.Points }{
		{-11, -10, 10, 0}, {-10, -10, 10, 0}, {0, -10, 10, 50 * unit}, {10, -10, 10, 100 * unit}, {11, -10, 10, 100 * unit},
		{1, 0, 3, 33_333_333}, {2, 0, 3, 66_666_667},
		{1, 0, 200_000_000, 1}, {1, 0, 200_000_001, 0}, // a tie, and just below
		{-points.Max, -points.Max, points.Max, 0}, {points.Max - 1, -points.Max, points.Max, 100 * unit},
		{0, math.MinInt64, math.MaxInt64, 50 * unit},
		{math.MaxInt64 - 1, math.MinInt64, math.MaxInt64, 100 * unit},
		{4, 5, 5, 0}, {6, 5, 5, 100 * unit},
	} {
		if got := points.Percent(tt.p, tt.lo, tt.hi); got != tt.want {
			t.Errorf("Percent(%d, %d, %d) = %d, want %d", tt.p, tt.lo, tt.hi, got, tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for range 20_000 {
		span := 1 + rng.Int64N(1<<(1+rng.IntN(62)))
		off := rng.Int64N(span + 1)
		lo := rng.Int64() - math.MaxInt64/2 - span/2
		if lo > lo+span {
			continue
		}
		part := new(big.Int).Mul(big.NewInt(off), big.NewInt(1e8))
		want := rounded(part, big.NewInt(span), 1e8)
		if got := points.Percent(points.Points(lo+off), points.Points(lo), points.Points(lo+span)); int64(got) != want {
			t.Fatalf("Percent(%d, %d, %d) = %d, want %d", lo+off, lo, lo+span, got, want)
		}
	}
}

// rounded gives num/den, half away from zero, within ±limit; den is positive.
func rounded(num, den *big.Int, limit int64) int64 {
	quo := new(big.Int).Abs(num)
	quo.Add(quo.Lsh(quo, 1), den)
	quo.Quo(quo, new(big.Int).Lsh(den, 1))
	if quo.Cmp(big.NewInt(limit)) > 0 {
		quo.SetInt64(limit)
	}
	return quo.Int64() * int64(num.Sign())
}
