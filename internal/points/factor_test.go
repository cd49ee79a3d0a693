package points_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/points"
)

const one = points.One

func TestHalfLifeWhole(t *testing.T) {
	for _, half := range []int64{1, 2, 3, 1_000_003, 14 * 86400e9, math.MaxInt64 / 64} {
		for k := range int64(64) {
			if got, want := points.HalfLife(k*half, half), one>>k; got != want {
				t.Errorf("HalfLife(%d*%d) = %d, want %d", k, half, got, want)
			}
		}
	}
	for _, tt := range []struct {
		age, half int64
		want      points.Factor
	}{
		{-1, 10, one}, {math.MinInt64, 10, one}, {0, math.MaxInt64, one},
		{math.MaxInt64, math.MaxInt64, one / 2},
		{62, 1, 1}, {63, 1, 0}, {621, 10, 0}, {math.MaxInt64, 1, 0},
	} {
		if got := points.HalfLife(tt.age, tt.half); got != tt.want {
			t.Errorf("HalfLife(%d, %d) = %d, want %d", tt.age, tt.half, got, tt.want)
		}
	}
}

// bigHalfLife gives 2^-(age/half)*One to some 190 bits: the fraction of a
// half-life is a product of square roots of square roots of a half.
func bigHalfLife(age, half int64, roots []*big.Float) *big.Float {
	x := big.NewFloat(1).SetPrec(200)
	rest := big.NewInt(age % half)
	for _, root := range roots {
		rest.Lsh(rest, 1)
		if rest.Cmp(big.NewInt(half)) >= 0 {
			rest.Sub(rest, big.NewInt(half))
			x.Mul(x, root)
		}
	}
	return x.SetMantExp(x, 62-int(age/half))
}

func TestHalfLifeIsPrecise(t *testing.T) {
	root := big.NewFloat(0.5).SetPrec(200)
	roots := make([]*big.Float, 100)
	for i := range roots {
		root = new(big.Float).Sqrt(root)
		roots[i] = root
	}
	rng := rand.New(rand.NewPCG(5, 5))
	worst := 0.0
	check := func(age, half int64) {
		t.Helper()
		want := bigHalfLife(age, half, roots)
		got := new(big.Float).SetUint64(uint64(points.HalfLife(age, half)))
		off, _ := new(big.Float).Sub(got, want).Float64()
		worst = max(worst, math.Abs(off))
		if math.Abs(off) >= 1<<5 { // 2^-57 of One
			t.Fatalf("HalfLife(%d, %d) is off by %v*2^-62", age, half, off)
		}
	}
	for range 3_000 {
		half := 1 + rng.Int64N(1<<(1+rng.IntN(62)))
		check(rng.Int64N(half), half)
		if half < 1<<56 {
			check(rng.Int64N(62*half), half)
		}
	}
	const half = 1 << 62
	for i := range int64(256) { // either side of where the tables change over
		check(i<<54, half)
		check((i+1)<<54-1, half)
	}
	t.Logf("worst error: %.2f*2^-62", worst)
}

// No factor rises: for neighbours of every kind of distance, and where the tables
// change over.
func TestHalfLifeIsMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	check := func(age, later, half int64) {
		t.Helper()
		if a, b := points.HalfLife(age, half), points.HalfLife(later, half); b > a {
			t.Fatalf("HalfLife(%d, %d) = %d, but %d at %d", age, half, a, b, later)
		}
	}
	for range 100_000 {
		half := 1 + rng.Int64N(1<<(1+rng.IntN(62)))
		age := rng.Int64N(half)
		if half < 1<<56 {
			age += half * rng.Int64N(64)
		}
		later := min(age, math.MaxInt64-1<<50) + 1 + rng.Int64N(1<<rng.IntN(50))
		check(age, later, half)
	}
	for _, half := range []int64{1 << 62, math.MaxInt64} {
		for range 3_000 {
			edge := rng.Int64N(256) * (half >> 8)
			for k := max(0, edge-128); k < edge+128; k++ {
				check(k, k+1, half)
			}
		}
	}
}

func TestLinear(t *testing.T) {
	for _, tt := range []struct {
		age, zero int64
		want      points.Factor
	}{
		{-1, 10, one}, {math.MinInt64, 10, one}, {0, 10, one}, {5, 10, one / 2}, {9, 10, one / 10}, {10, 10, 0}, {11, 10, 0},
		{1, 3, 3074457345618258602}, // One*2/3, truncated
		{math.MaxInt64 - 1, math.MaxInt64, 0},
		{math.MaxInt64, math.MaxInt64, 0},
	} {
		if got := points.Linear(tt.age, tt.zero); got != tt.want {
			t.Errorf("Linear(%d, %d) = %d, want %d", tt.age, tt.zero, got, tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for range 50_000 {
		zero := 1 + rng.Int64N(1<<(1+rng.IntN(62)))
		age := rng.Int64N(zero)
		want := new(big.Int).Mul(big.NewInt(zero-age), big.NewInt(1<<62))
		want.Quo(want, big.NewInt(zero))
		if got := points.Linear(age, zero); uint64(got) != want.Uint64() {
			t.Fatalf("Linear(%d, %d) = %d, want %d", age, zero, got, want)
		}
		if points.Linear(age+1, zero) > points.Linear(age, zero) {
			t.Fatalf("Linear(%d+1, %d) is more than a nanosecond before", age, zero)
		}
	}
}

func TestSteps(t *testing.T) {
	for _, tt := range []struct {
		n    int64
		lose float64
		want points.Factor
	}{
		{0, 1, one}, {1, 1, 0}, {0, 0, one}, {math.MaxInt64, 0, one}, {math.MaxInt64, 1, 0}, {math.MaxInt64, 1e-6, 0},
		{1, 0.5, one / 2}, {2, 0.5, 0}, {3, 0.5, 0},
		{1, 0.25, one / 4 * 3}, {3, 0.25, one / 4}, {4, 0.25, 0},
		{3, 0.333333, one / 1_000_000}, {4, 0.333333, 0},
		{3, 1.0 / 3, 256},             // 2^-54 of it, which is nothing of any amount
		{1, 0.1, 4150517416584649113}, // One*9/10, truncated
	} {
		if got := points.Steps(tt.n, tt.lose); got != tt.want {
			t.Errorf("Steps(%d, %v) = %d, want %d", tt.n, tt.lose, got, tt.want)
		}
	}
}

func TestCompound(t *testing.T) {
	for _, tt := range []struct {
		lose float64
		n    int64
		want points.Factor
	}{
		{1, 0, one}, {1, 1, 0}, {1, math.MaxInt64, 0},
		{2, 0, one}, {2, 1, 0},
		{0.5, 0, one}, {0.5, 1, one / 2}, {0.5, 62, 1}, {0.5, 63, 0},
		{0.25, 1, one / 4 * 3}, {0.25, 2, one / 16 * 9},
		{0, 1, 4607074332408960516}, // kept at a thousandth: One*0.999, truncated
	} {
		if got := points.NewCompound(tt.lose).Factor(tt.n); got != tt.want {
			t.Errorf("%d steps of %v: %d, want %d", tt.n, tt.lose, got, tt.want)
		}
	}
}

func TestCompoundIsPrecise(t *testing.T) {
	for _, lose := range []float64{0.001, 0.001001, 0.012345, 0.1, 0.25, 0.500001, 0.999999} {
		c := points.NewCompound(lose)
		exact := big.NewFloat(1 << 62).SetPrec(400)
		keep := new(big.Float).Quo(big.NewFloat(math.Round((1-lose)*1e6)).SetPrec(400), big.NewFloat(1e6))
		for n := int64(0); ; n++ {
			want, _ := exact.Uint64() // truncated
			got := c.Factor(n)
			if uint64(got) != want {
				t.Fatalf("%d steps of %v: %d, want %d", n, lose, got, want)
			}
			if got == 0 {
				t.Logf("%d steps of %v leave nothing", n, lose)
				break
			}
			exact.Mul(exact, keep)
		}
	}
}

func BenchmarkHalfLife(b *testing.B) {
	var sum points.Sum
	for i := int64(0); b.Loop(); i++ {
		sum.AddShare(1e13, points.HalfLife(i%100*86_399e9, 30*86_400e9))
	}
}
