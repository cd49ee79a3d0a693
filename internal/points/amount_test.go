package points_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/points"
)

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		p    points.Points
		m    float64
		want points.Amount
	}{
		{10 * unit, 1, 1e13},
		{1, 1e-6, 1}, {-1, 1e-6, -1}, {1, -1e-6, -1}, {-1, -1e-6, 1}, {0, -1, 0},
		{1, 0.5e-6, 1}, {-1, 0.5e-6, -1}, {1, 0.4e-6, 0}, // half away from zero
		{100 * unit, 0.1234567, 12_345_670_000_000},
		{unit * 3 / 10, 0.1, 30_000_000_000},
		{points.Max, 1, points.MaxAmount},
		{points.Max, 1.5, points.MaxAmount},
		{points.Max, -1.5, -points.MaxAmount},
		{unit, math.Inf(1), points.MaxAmount},
		{-unit, math.Inf(1), -points.MaxAmount},
		{unit, math.NaN(), 0}, {0, math.Inf(1), 0},
	} {
		if got := tt.p.Times(tt.m); got != tt.want {
			t.Errorf("%d.Times(%v) = %d, want %d", tt.p, tt.m, got, tt.want)
		}
	}
	if got := points.Max.Amount(); got != points.MaxAmount {
		t.Errorf("Max.Amount() = %d, want MaxAmount", got)
	}
	if got := (-3 * unit).Amount(); got != -3e12 {
		t.Errorf("-3 points are %d", got)
	}
}

func TestSum(t *testing.T) {
	type share struct {
		amount points.Amount
		factor points.Factor
	}
	const day = 24 * 3600 * 1e9
	tests := []struct {
		name   string
		shares []share
		amount points.Amount
		want   points.Points
	}{
		{"empty", nil, 0, 0},
		{"one", []share{{1e13, points.One}}, 1e13, 10 * unit},
		{"nothing left", []share{{1e13, 0}}, 0, 0},
		{"10 after eight half-lives is a tie", []share{{1e13, points.HalfLife(8*30*day, 30*day)}}, 39_062_500_000, 39_063},
		{"-10 after eight half-lives is a tie", []share{{-1e13, points.HalfLife(8*30*day, 30*day)}}, -39_062_500_000, -39_063},
		{"0.000005 less a tenth is a tie", []share{{5e6, points.Steps(1, 0.1)}}, 4_500_000, 5},
		{"-0.000005 less a tenth is a tie", []share{{-5e6, points.Steps(1, 0.1)}}, -4_500_000, -5},
		{"a tenth of it compounded", []share{{5e6, points.NewCompound(0.1).Factor(1)}}, 4_500_000, 5},
		{"just below a tie", []share{{499_999, points.One}}, 499_999, 0},
		{"a tie", []share{{500_000, points.One}}, 500_000, 1},
		{"minus a tie", []share{{-500_000, points.One}}, -500_000, -1},
		{"rounded once", []share{{400_000, points.One}, {400_000, points.One}}, 800_000, 1},
		{"thirds", []share{{1e12, points.One / 3}, {1e12, points.One / 3}, {1e12, points.One / 3}}, 1e12, unit},
		{"half an amount", []share{{1, points.One / 2}}, 1, 0},
		{"minus half an amount", []share{{-1, points.One / 2}}, -1, 0},
		{"less than half an amount", []share{{1, points.One/2 - 1}}, 0, 0},
		{"signs cancel", []share{{points.MaxAmount, points.One / 3}, {-points.MaxAmount, points.One / 3}}, 0, 0},
		{"highest", []share{{points.MaxAmount, points.One}}, points.MaxAmount, points.Max},
		{"above", []share{{points.MaxAmount, points.One}, {1e18, points.One}}, points.MaxAmount, points.Max},
		{"below", []share{{-points.MaxAmount, points.One}, {-1, points.One}}, -points.MaxAmount, -points.Max},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s points.Sum
			for _, x := range tt.shares {
				s.AddShare(x.amount, x.factor)
			}
			if got := s.Amount(); got != tt.amount {
				t.Errorf("Amount() = %d, want %d", got, tt.amount)
			}
			if got := s.Points(); got != tt.want {
				t.Errorf("Points() = %d, want %d", got, tt.want)
			}
		})
	}
}

// A million of the largest amounts do not overflow, and can be taken away again.
func TestSumOfMany(t *testing.T) {
	for _, sign := range []points.Amount{1, -1} {
		var s points.Sum
		for range 1 << 20 {
			s.Add(sign * points.MaxAmount)
		}
		if got, want := s.Points(), points.Points(sign)*points.Max; got != want {
			t.Errorf("Points() = %d, want %d", got, want)
		}
		for range 1<<20 - 1 {
			s.Add(-sign * points.MaxAmount)
		}
		s.Add(-sign * (points.MaxAmount - 1))
		if got := s.Amount(); got != sign {
			t.Errorf("Amount() = %d, want %d", got, sign)
		}
	}
}

// A million thirds of a point that are each truncated add up as by hand.
func TestSumOfManyShares(t *testing.T) {
	var s points.Sum
	for range 1_000_000 {
		s.AddShare(1e12, points.One/3)
	}
	if got := s.Points(); got != 333_333_333_333 {
		t.Errorf("Points() = %d", got)
	}
	s = points.Sum{}
	for range 1 << 20 {
		s.AddShare(1, points.One>>21)
	}
	if got := s.Amount(); got != 1 {
		t.Errorf("a million times 2^-21 of an Amount give %d, want a half, rounded", got)
	}
}

func TestSumIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 2_000 {
		var s, reversed points.Sum
		exact := new(big.Int)
		type share struct {
			amount points.Amount
			factor points.Factor
		}
		shares := make([]share, rng.IntN(20))
		scale := int64(1) << rng.IntN(60)
		for i := range shares {
			shares[i] = share{points.Amount(rng.Int64N(2*scale) - scale), points.Factor(rng.Uint64N(1<<62 + 1))}
			part := new(big.Int).Mul(big.NewInt(int64(shares[i].amount)), new(big.Int).SetUint64(uint64(shares[i].factor)))
			exact.Add(exact, part.Quo(part, big.NewInt(1<<32)))
			s.AddShare(shares[i].amount, shares[i].factor)
		}
		for i := range shares {
			x := shares[len(shares)-1-i]
			reversed.AddShare(x.amount, x.factor)
		}
		if s != reversed {
			t.Fatal("the order of adding plays a part")
		}
		amount := rounded(exact, big.NewInt(1<<30), 1e18)
		if got := s.Amount(); int64(got) != amount {
			t.Fatalf("Amount() = %d, want %d", got, amount)
		}
		if got, want := s.Points(), rounded(big.NewInt(amount), big.NewInt(1e6), 1e12); int64(got) != want {
			t.Fatalf("Points() = %d, want %d", got, want)
		}
		for _, x := range shares {
			s.AddShare(-x.amount, x.factor)
		}
		if s != (points.Sum{}) {
			t.Fatal("a share added and taken away leaves something")
		}
	}
}
