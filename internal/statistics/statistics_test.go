package statistics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/statistics"
	"github.com/qualify-go/qualify/internal/testcase"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	for x := -700.0; x < 700; x += 0.37 {
		if got, want := statistics.Exp(x), math.Exp(x); math.Abs(got/want-1) > 1e-15*4 {
			t.Errorf("Exp(%v) = %v, want %v", x, got, want)
		}
		y := math.Exp(x)
		if got, want := statistics.Log(y), math.Log(y); math.Abs(got-want) > 4e-16*max(1, math.Abs(want)) {
			t.Errorf("Log(%v) = %v, want %v", y, got, want)
		}
		if got, want := statistics.Expit(x), 1/(1+math.Exp(-x)); math.Abs(got-want) > 1e-15 {
			t.Errorf("Expit(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, math.Inf(1), math.Inf(-1), 710, -746} {
		if got, want := statistics.Exp(x), math.Exp(x); got != want {
			t.Errorf("Exp(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, 1, math.Inf(1)} {
		if got, want := statistics.Log(x), math.Log(x); got != want {
			t.Errorf("Log(%v) = %v, want %v", x, got, want)
		}
	}
	if !math.IsNaN(statistics.Log(-1)) {
		t.Error("Log(-1) is a number")
	}
}

// generate makes leads with samples; points have ties.
func generate(r *rand.Rand, leads, most int, separation, correlation float64) (points []float64, s *statistics.Samples) {
	s = &statistics.Samples{}
	for lead := range leads {
		won := r.Float64() < 0.4
		own := r.NormFloat64()
		for range 1 + r.IntN(most) {
			x := correlation*own + math.Sqrt(1-correlation*correlation)*r.NormFloat64()
			if won {
				x += separation
			}
			points = append(points, x)
			s.Won = append(s.Won, won)
			s.Cluster = append(s.Cluster, int32(lead))
		}
	}
	if wins := s.Wins(); wins == 0 || wins == len(points) {
		return generate(r, leads, most, separation, correlation)
	}
	return points, s
}

// The AUC is the count over pairs.
func TestAUC(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range testcase.Count(1000) {
		points, s := generate(r, 2+r.IntN(60), 3, r.Float64()*3-1, 0.5)
		for i := range points {
			points[i] = math.Round(points[i]*float64(r.IntN(3)+1)) * 10
		}
		sum, pairs := 0.0, 0.0
		for i, a := range points {
			for j, b := range points {
				if s.Won[i] && !s.Won[j] {
					pairs++
					switch {
					case a > b:
						sum++
					case a == b:
						sum += 0.5
					}
				}
			}
		}
		got := statistics.Rank(points, s)
		if math.Abs(got.AUC-sum/pairs) > 1e-12 {
			t.Fatalf("AUC %v, the pairs give %v", got.AUC, sum/pairs)
		}
		if low, high := got.Interval(); !(low >= 0 && low <= got.AUC && got.AUC <= high && high <= 1) {
			t.Fatalf("AUC %v has the interval %v to %v", got.AUC, low, high)
		}
	}
}

// Intervals of 95 % hold the true value in 93 to 97 of 100 simulations.
func TestCoverage(t *testing.T) {
	t.Parallel()
	phi := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	for _, test := range []struct {
		name                    string
		leads, most             int
		separation, correlation float64
	}{
		{"few", 60, 1, 1, 0}, {"good", 150, 1, 2, 0}, {"chance", 300, 1, 0, 0}, {"dependent", 120, 5, 1, 0.8}, {"many", 500, 1, 1.3, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, 11))
			truth := phi(test.separation / math.Sqrt2)
			n := max(400, testcase.Count(2000)) // fewer say nothing of 95 in 100
			auc, better, share := 0, 0, 0
			for range n {
				points, s := generate(r, test.leads, test.most, test.separation, test.correlation)
				a := statistics.Rank(points, s)
				if low, high := a.Interval(); low <= truth && truth <= high {
					auc++
				}
				// Another ranking, of points that have twice the noise.
				worse := make([]float64, len(points))
				for i, p := range points {
					worse[i] = p + r.NormFloat64()
				}
				b := statistics.Rank(worse, s)
				want := phi(test.separation/math.Sqrt(4)) - truth
				if _, low, high := a.Difference(&b); low <= want && want <= high {
					better++
				}
				rate := statistics.ShareOf(s, func(int) bool { return true })
				if rate.Low <= 0.4 && 0.4 <= rate.High {
					share++
				}
			}
			slack := 2.5 * math.Sqrt(0.95*0.05/float64(n)) // of the simulation itself
			for name, got := range map[string]int{"ranking": auc, "difference": better, "share": share} {
				rate := float64(got) / float64(n)
				t.Logf("%s: %.3f", name, rate)
				if n >= 2000 && (rate < 0.93 || rate > 0.97) || rate < 0.95-0.02-slack || rate > 0.95+0.02+slack {
					t.Errorf("the interval of the %s holds the truth in %d of %d", name, got, n)
				}
			}
		})
	}
}

// The same where leads have few and many samples, where few leads win, where most have the same points,
// and where the ranking is nearly perfect. Other points are those that a ranking is compared with; the
// truth is that of very many leads.
func TestCoverageInGeneral(t *testing.T) {
	t.Parallel()
	type sample struct {
		points, other float64
		won           bool
	}
	noisy := func(r *rand.Rand, share, separation, noise float64) []sample {
		won, x := r.Float64() < share, r.NormFloat64()
		if won {
			x += separation
		}
		return []sample{{math.Round(8 * x), math.Round(8 * (x + noise*r.NormFloat64())), won}}
	}
	for name, test := range map[string]struct {
		leads int
		lead  func(r *rand.Rand) []sample
	}{
		"rare":     {800, func(r *rand.Rand) []sample { return noisy(r, 0.02, 1, 1) }},
		"nearly 1": {200, func(r *rand.Rand) []sample { return noisy(r, 0.2, 2.9, 0.7) }},
		"nearly 0": {120, func(r *rand.Rand) []sample { return noisy(r, 0.3, -2.8, 0.7) }},
		"mostly nobody": {400, func(r *rand.Rand) []sample {
			one := sample{}
			if r.IntN(12) == 0 {
				one.points = 10
			}
			if one.other = one.points; r.IntN(10) == 0 {
				one.other += 5
			}
			one.won = r.Float64() < 0.08+0.03*one.points
			return []sample{one}
		}},
		"few and many samples": {200, func(r *rand.Rand) (list []sample) {
			own := r.NormFloat64()
			for range 1 + int(3*r.ExpFloat64()*math.Exp(own/2)) {
				x := 0.8*own + 0.6*r.NormFloat64()
				list = append(list, sample{math.Round(3 * x), math.Round(2 * (x + r.NormFloat64())), r.Float64() < statistics.Expit(-1+0.8*own+0.4*x)})
			}
			return list
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(21, 12))
			type estimate struct{ value, low, high float64 }
			of := func(leads int) (list [3]estimate) {
				s := &statistics.Samples{}
				var points, other []float64
				for lead := range leads {
					for _, one := range test.lead(r) {
						points, other = append(points, one.points), append(other, one.other)
						s.Won, s.Cluster = append(s.Won, one.won), append(s.Cluster, int32(lead))
					}
				}
				a, b := statistics.Rank(points, s), statistics.Rank(other, s)
				low, high := a.Interval()
				difference, least, most := a.Difference(&b)
				share := statistics.ShareOf(s, func(i int) bool { return points[i] > 2 })
				return [3]estimate{{a.AUC, low, high}, {difference, least, most}, {share.Rate, share.Low, share.High}}
			}
			truth, held, n := of(60_000), [3]int{}, max(400, testcase.Count(2000))
			for range n {
				for k, e := range of(test.leads) {
					if e.low <= truth[k].value && truth[k].value <= e.high {
						held[k]++
					}
					if !(e.low <= e.value && e.value <= e.high) {
						t.Fatalf("%v does not lie between %v and %v", e.value, e.low, e.high)
					}
				}
			}
			slack := 2.5 * math.Sqrt(0.95*0.05/float64(n)) // of the simulation itself
			for k, name := range []string{"ranking", "difference", "share"} {
				rate := float64(held[k]) / float64(n)
				t.Logf("%s: %.3f", name, rate)
				if rate < 0.93-slack || rate > 0.97+slack {
					t.Errorf("the interval of the %s holds the truth in %d of %d", name, held[k], n)
				}
			}
		})
	}
}

// Each lead three times tells no more than once.
func TestRepeatedLeads(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	points, s := generate(r, 80, 1, 1, 0)
	var thrice []float64
	three := &statistics.Samples{}
	for i, p := range points {
		for range 3 {
			thrice = append(thrice, p)
			three.Won = append(three.Won, s.Won[i])
			three.Cluster = append(three.Cluster, s.Cluster[i])
		}
	}
	a, b := statistics.Rank(points, s), statistics.Rank(thrice, three)
	interval := func(r *statistics.Ranking) [2]float64 { l, h := r.Interval(); return [2]float64{l, h} }
	same := func(what string, a, b [2]float64) {
		if math.Abs(a[0]-b[0]) > 1e-12 || math.Abs(a[1]-b[1]) > 1e-12 {
			t.Errorf("%s: %v once, %v thrice", what, a, b)
		}
	}
	same("ranking", interval(&a), interval(&b))
	x, y := statistics.ShareOf(s, func(i int) bool { return points[i] > 0.5 }), statistics.ShareOf(three, func(i int) bool { return thrice[i] > 0.5 })
	same("share", [2]float64{x.Low, x.High}, [2]float64{y.Low, y.High})
	u, v := statistics.ShareOf(s, func(i int) bool { return points[i] <= 0.5 }), statistics.ShareOf(three, func(i int) bool { return thrice[i] <= 0.5 })
	_, l1, h1 := statistics.Lift(&x, &u)
	_, l3, h3 := statistics.Lift(&y, &v)
	same("lift", [2]float64{l1, h1}, [2]float64{l3, h3})
}

func TestMonotone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wins, samples, from []int
	}{
		{nil, nil, []int{}},
		{[]int{1, 2, 3}, []int{10, 10, 10}, []int{0, 1, 2}},
		{[]int{3, 2, 1}, []int{10, 10, 10}, []int{0}},
		{[]int{1, 3, 2, 5}, []int{10, 10, 10, 10}, []int{0, 1, 3}},
		{[]int{2, 2, 2}, []int{10, 10, 10}, []int{0}},
		{[]int{1, 5, 1, 2}, []int{10, 10, 10, 10}, []int{0, 1}},
	} {
		got := statistics.Monotone(test.wins, test.samples)
		if len(got) != len(test.from) {
			t.Errorf("%v of %v: %v, want %v", test.wins, test.samples, got, test.from)
			continue
		}
		for i := range got {
			if got[i] != test.from[i] {
				t.Errorf("%v of %v: %v, want %v", test.wins, test.samples, got, test.from)
			}
		}
	}
}

// The regression finds the point at which the slope of its objective is none, and finds what was planted.
func TestLogistic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	planted := []float64{1.5, -1, 0, 0.5}
	for _, author := range [][]float64{{0, 0, 0, 0}, {10, -5, 0, 5}, {-10, 5, 0, -5}} {
		p := &statistics.Problem{Features: &statistics.Features{Width: 4}, Author: author, Scale: []float64{1, 1, 1, 1}}
		for i := range 4000 {
			var columns []int32
			var values []float64
			odds := -1.0
			for j, w := range planted {
				if r.IntN(3) == 0 {
					columns, values = append(columns, int32(j)), append(values, 1)
					odds += w
				}
			}
			p.Features.Add(columns, values)
			p.Won = append(p.Won, r.Float64() < statistics.Expit(odds))
			p.Use = append(p.Use, int32(i))
			p.Cluster = append(p.Cluster, int32(i))
		}
		fit := p.Solve(2, nil)
		p.Err(fit, 2)
		if author[0] < 0 && fit.Pull != 0 {
			t.Errorf("drawn towards the wrong points by %v", fit.Pull)
		}
		if author[0] > 0 && (fit.Pull < 0.05 || fit.Pull > 0.25) {
			t.Errorf("the pull is %v", fit.Pull)
		}
		for j, w := range planted {
			if math.Abs(fit.Weights[j]-w) > 0.25 || fit.Errors[j] < 0.02 || fit.Errors[j] > 0.2 {
				t.Errorf("column %d: %v ± %v, planted %v", j, fit.Weights[j], fit.Errors[j], w)
			}
			slope := 2 * fit.Own[j]
			for i := range p.Won {
				columns, _ := p.Features.Row(i)
				for _, c := range columns {
					if int(c) == j {
						slope += statistics.Expit(fit.LogOdds(p.Features, i))
						if p.Won[i] {
							slope--
						}
					}
				}
			}
			if math.Abs(slope) > 1e-4 {
				t.Errorf("column %d: the slope is %v", j, slope)
			}
		}
	}
}

// Chance alone seldom makes a pull: an author who is right is trusted, and one who knows nothing only
// as often as chance comes more than an error above nothing, about 16 times in 100.
func TestPull(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	n, found := 200, [2]int{}
	for which, worth := range []float64{0, 2} {
		for range n {
			p := &statistics.Problem{Features: &statistics.Features{Width: 6}, Author: []float64{10, 5, -5, 10, 0, -10}, Scale: []float64{1, 1, 1, 1, 1, 1}}
			for i := range 100 {
				var columns []int32
				var values []float64
				for j := range p.Author {
					if r.IntN(3) == 0 {
						columns, values = append(columns, int32(j)), append(values, 1)
					}
				}
				p.Features.Add(columns, values)
				p.Won = append(p.Won, r.Float64() < statistics.Expit(float64(worth*p.Features.Dot(i, p.Author)/10)-1))
				p.Use, p.Cluster = append(p.Use, int32(i)), append(p.Cluster, int32(i))
			}
			if p.Solve(64, nil).Pull > 0 {
				found[which]++
			}
		}
	}
	if found[0] < 16 || found[0] > 48 || found[1] < 198 {
		t.Errorf("of %d each, %d authors who know nothing are trusted, and %d who are right", n, found[0], found[1])
	}
}

// The interval of a lift holds the true one, also where few leads are in one of the two.
func TestLiftCoverage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		with, without int
		rates         [2]float64
	}{{8, 200, [2]float64{0.9, 0.3}}, {15, 400, [2]float64{0.05, 0.1}}, {200, 200, [2]float64{0.4, 0.2}}, {5, 60, [2]float64{0.8, 0.4}}} {
		r := rand.New(rand.NewPCG(1, uint64(test.with)))
		n, held := testcase.Count(2000), 0
		for range n {
			s := &statistics.Samples{}
			for i := range test.with + test.without {
				rate := test.rates[0]
				if i >= test.with {
					rate = test.rates[1]
				}
				s.Won, s.Cluster = append(s.Won, r.Float64() < rate), append(s.Cluster, int32(i))
			}
			with := statistics.ShareOf(s, func(i int) bool { return i < test.with })
			without := statistics.ShareOf(s, func(i int) bool { return i >= test.with })
			if lift, low, high := statistics.Lift(&with, &without); low <= test.rates[0]/test.rates[1] && test.rates[0]/test.rates[1] <= high {
				held++
			} else if !(low <= lift && lift <= high) {
				t.Fatalf("%v is not between %v and %v", lift, low, high)
			}
		}
		if rate := float64(held) / float64(n); rate < 0.92-2.5*math.Sqrt(0.05/float64(n)) {
			t.Errorf("%d and %d leads: the interval holds the lift in %d of %d", test.with, test.without, held, n)
		}
	}
	// Three of three say little.
	s := &statistics.Samples{}
	for i := range 103 {
		s.Won, s.Cluster = append(s.Won, i < 33), append(s.Cluster, int32(i))
	}
	with, without := statistics.ShareOf(s, func(i int) bool { return i < 1 }), statistics.ShareOf(s, func(i int) bool { return i >= 1 })
	if _, low, high := statistics.Lift(&with, &without); low > 1.2 || high < 3 {
		t.Errorf("one lead that was won gives %v to %v", low, high)
	}
}
