package points_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/points"
)

func TestSpan(t *testing.T) {
	type span = points.Span
	const below, above, most = points.Below, points.Above, points.Max
	for _, tt := range []struct {
		name      string
		got, want span
	}{
		{"one", points.Exactly(5), span{5, 5}},
		{"union", span{1, 3}.Union(span{2, 9}), span{1, 9}},
		{"union with infinite", span{1, above}.Union(span{below, 0}), span{below, above}},
		{"sum", span{1, 3}.Add(span{-2, 9}), span{-1, 12}},
		{"sum with infinite below", span{below, 3}.Add(span{1, 1}), span{below, 4}},
		{"sum with infinite above", span{1, 1}.Add(span{1, above}), span{2, above}},
		{"clamp", span{-5, 50}.Clamp(0, 10), span{0, 10}},
		{"clamp of what is all above", span{20, 50}.Clamp(0, 10), span{10, 10}},
		{"clamp of infinite", span{below, above}.Clamp(0, 10), span{0, 10}},
		{"clamp without a bound below", span{below, 50}.Clamp(-most, 10), span{below, 10}},
		{"clamp without a bound above", span{0, above}.Clamp(3, most), span{3, above}},
		{"clamp at the common bounds", span{-most, most}.Clamp(-most, most), span{-most, most}},
		{"clamp beyond the common bounds", span{-2 * most, 2 * most}.Clamp(-most, most), span{-most, most}},
		{"open at the common bounds", span{-most, most}.Open(), span{below, above}},
		{"open within the common bounds", span{1 - most, most - 1}.Open(), span{1 - most, most - 1}},
		{"open of one number at the common bound", points.Exactly(most).Open(), points.Exactly(most)},
		{"clamp of one number at the common bound", points.Exactly(2*most).Clamp(-most, most), span{most, most}},
		{"clamp just within the common bounds", span{1 - most, most - 1}.Clamp(-most, most), span{1 - most, most - 1}},
		{"round", span{-5, 14}.RoundTo(10), span{-10, 10}},
		{"round infinite", span{below, above}.RoundTo(10), span{below, above}},
		{"percent", span{0, 50}.Percent(0, 100), span{0, 50 * unit}},
		{"percent of infinite", span{below, above}.Percent(-10, 60), span{0, 100 * unit}},
		{"weight", span{1 * unit, 2 * unit}.Weighted(0.5), span{unit / 2, unit}},
		{"negative weight", span{1 * unit, 2 * unit}.Weighted(-1), span{-2 * unit, -1 * unit}},
		{"weight of infinite", span{below, above}.Weighted(1), span{below, above}},
		{"negative weight of infinite", span{5, above}.Weighted(-1), span{below, -5}},
		{"another weight of infinite", span{-2 * unit, above}.Weighted(2), span{-4 * unit, above}},
		{"weight zero of infinite", span{below, above}.Weighted(0), span{0, 0}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// What one point within a span becomes lies within what the span becomes.
func TestSpanHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	some := func() points.Points { return points.Points(rng.Int64N(2*int64(points.Max)+1)) - points.Max }
	between := func(lo, hi points.Points) points.Points { return lo + points.Points(rng.Int64N(int64(hi-lo)+1)) }
	for range 20_000 {
		a, b, lo, hi := some(), some(), some(), some()
		s, bounds := points.Span{Lo: min(a, b), Hi: max(a, b)}, points.Span{Lo: min(lo, hi), Hi: max(lo, hi)}
		if rng.IntN(2) == 0 {
			bounds = points.Span{Lo: -points.Max, Hi: points.Max}
		}
		p, w, step := between(s.Lo, s.Hi), 20*rng.Float64()-10, between(1, 100*unit)
		for name, c := range map[string]struct {
			p points.Points
			s points.Span
		}{
			"clamp":   {p.Clamp(bounds.Lo, bounds.Hi), s.Clamp(bounds.Lo, bounds.Hi)},
			"weight":  {p.Weighted(w), s.Weighted(w)},
			"round":   {p.RoundTo(step), s.RoundTo(step)},
			"percent": {points.Percent(p, bounds.Lo, bounds.Hi+1), s.Percent(bounds.Lo, bounds.Hi+1)},
		} {
			if c.p < c.s.Lo || c.p > c.s.Hi {
				t.Fatalf("%s: %d of %v is %d, outside %v (weight %v, step %d, bounds %v)", name, p, s, c.p, c.s, w, step, bounds)
			}
		}
	}
}

func TestUnbounded(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		p      points.Points
		lo, hi float64
		want   bool
	}{
		{2 * unit, -1e15, 1e15, true}, {2 * unit, 0, 1e15, true}, {-2 * unit, -1e15, 0, true}, {2 * unit, -inf, inf, true},
		{2 * unit, 0, 1e9, false}, // somebody may have said so
		{2 * unit, 0, math.Nextafter(1e9, 2e9), true},
		{1, 0, 1e12, false}, {1, 0, math.Nextafter(1e12, 2e12), true}, // a millionth: a million points
		{2 * unit, 1e15, 1e15, false}, {2 * unit, inf, inf, false}, // one number
		{0, -inf, inf, false}, {0, -1e15, 1e15, false}, {2 * unit, inf, -inf, false}, {2 * unit, math.NaN(), math.NaN(), false},
	} {
		if got := tt.p.Unbounded(tt.lo, tt.hi); got != tt.want {
			t.Errorf("%d.Unbounded(%v, %v) = %v", tt.p, tt.lo, tt.hi, got)
		}
	}
}

func TestSpanEnds(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		span   points.Span
		lo, hi float64
	}{
		{points.Span{Lo: -unit / 2, Hi: 3 * unit}, -0.5, 3},
		{points.Exactly(points.Max), 1e6, 1e6},
		{points.Span{Lo: points.Below, Hi: 0}, -inf, 0},
		{points.Span{Lo: 0, Hi: points.Above}, 0, inf},
	} {
		if lo, hi := tt.span.Ends(); lo != tt.lo || hi != tt.hi {
			t.Errorf("%v ends at %v and %v, want %v and %v", tt.span, lo, hi, tt.lo, tt.hi)
		}
	}
}
