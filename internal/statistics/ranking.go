package statistics

import (
	"cmp"
	"math"
	"slices"
)

// Samples are what is ranked: for each whether it won, and its cluster. Samples of one
// cluster (a lead) depend on each other and stand beside each other; clusters count from
// 0, in order.
type Samples struct {
	Won     []bool
	Cluster []int32
}

// Clusters is how many clusters there are.
func (s *Samples) Clusters() int {
	if len(s.Cluster) == 0 {
		return 0
	}
	return int(s.Cluster[len(s.Cluster)-1]) + 1
}

// Wins is how many won.
func (s *Samples) Wins() int {
	n := 0
	for _, won := range s.Won {
		if won {
			n++
		}
	}
	return n
}

// A Ranking is the area under the ROC curve: in which share of the pairs of one that won
// and one that did not the winner has more points, a tie counting half.
type Ranking struct {
	AUC float64
	// Influence is what each cluster contributes to the error of AUC: the variance is the
	// sum of its squares. (Obuchowski, Biometrics 53, 1997; with one sample a cluster it is
	// that of DeLong, DeLong and Clarke-Pearson, 1988.)
	Influence []float64
	// wins and losses are in how many clusters there is one.
	wins, losses int
}

// Rank ranks samples by their points. There must be wins and losses.
func Rank(points []float64, s *Samples) Ranking {
	type place struct {
		points float64
		sample int32
	}
	order := make([]place, len(points))
	for i, p := range points {
		order[i] = place{p, int32(i)}
	}
	slices.SortFunc(order, func(a, b place) int { return cmp.Compare(a.points, b.points) })
	wins := int64(s.Wins())
	losses := int64(len(points)) - wins
	r := Ranking{Influence: make([]float64, s.Clusters())}
	// beaten is, twice over, how many of the other outcome lie on the right side of a sample.
	beaten := make([]int64, len(points))
	var wonBelow, lostBelow, pairs int64
	for from := 0; from < len(order); {
		to, won := from, int64(0)
		for to < len(order) && order[to].points == order[from].points {
			if s.Won[order[to].sample] {
				won++
			}
			to++
		}
		lost := int64(to-from) - won
		for _, of := range order[from:to] {
			if i := of.sample; s.Won[i] {
				beaten[i] = 2*lostBelow + lost
				pairs += beaten[i]
			} else {
				beaten[i] = 2*(wins-wonBelow-won) + won
			}
		}
		wonBelow, lostBelow = wonBelow+won, lostBelow+lost
		from = to
	}
	r.AUC = float64(pairs) / float64(2*wins*losses)
	for i, b := range beaten {
		of, with := float64(wins), float64(losses)
		if !s.Won[i] {
			of, with = with, of
		}
		r.Influence[s.Cluster[i]] += (float64(b)/(2*with) - r.AUC) / of
	}
	correct := correction(len(r.Influence))
	for i := range r.Influence {
		r.Influence[i] *= correct
	}
	var seen [2]int32
	for i, won := range s.Won {
		if c := s.Cluster[i] + 1; won && seen[0] != c {
			seen[0] = c
			r.wins++
		} else if !won && seen[1] != c {
			seen[1] = c
			r.losses++
		}
	}
	return r
}

// correction is that of a variance estimated from so many clusters, for their influences.
func correction(clusters int) float64 {
	if clusters < 2 {
		return 1
	}
	return math.Sqrt(float64(clusters) / float64(clusters-1))
}

// sumSquares adds up squares.
func sumSquares(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += float64(v * v)
	}
	return sum
}

// Error is the standard error of the AUC.
func (r *Ranking) Error() float64 { return math.Sqrt(sumSquares(r.Influence)) }

// Interval gives the interval of 95 % of the AUC. It is symmetric in the log-odds, so that
// it stays between 0 and 1. Where the data show no error at all (a perfect ranking), it is
// that of a share among as many leads as the rarer outcome has.
func (r *Ranking) Interval() (low, high float64) {
	error := r.Error()
	rarer := float64(min(r.wins, r.losses))
	spread := float64(r.AUC * (1 - r.AUC))
	if error < 1e-12 || spread < 1e-12 {
		if r.AUC > 0.001 && r.AUC < 0.999 { // all are tied
			return r.AUC, r.AUC
		}
		return Wilson(r.AUC, rarer)
	}
	// Few leads of an outcome show only roughly whether some of them have most of the error: halfway.
	tell := math.Sqrt(rarer * min(rarer, degrees(r.Influence, 1/float64(len(r.Influence)))))
	step := quantile(tell) * error / spread
	at := Logit(r.AUC)
	return Expit(at - step), Expit(at + step)
}

// degrees is how many leads that err as much as one another would tell as much of the error: where a
// few leads have most of it, these few. Even is what the fourth powers come to, divided by the
// square of the squares, where none has more than its part.
func degrees(influence []float64, even float64) float64 {
	squares, fourths := 0.0, 0.0
	for _, v := range influence {
		square := float64(v * v)
		squares += square
		fourths += float64(square * square)
	}
	if rest := fourths/float64(squares*squares) - even; rest > 1e-12 {
		return 1 + 2/rest
	}
	return math.Inf(1)
}

// quantile widens Z for few degrees of freedom, as Student's distribution does (the first
// terms of its expansion).
func quantile(n float64) float64 {
	d := max(n-1, 1)
	z3 := float64(Z * Z * Z)
	return Z + (z3+Z)/(4*d) + (float64(5*float64(z3*Z*Z))+float64(16*z3)+float64(3*Z))/float64(96*d*d)
}

// Difference gives the AUC of another ranking of the same samples less that of r, with the
// interval of 95 % of the difference. Both rank the same leads, so it is narrower than the
// intervals of the two.
func (r *Ranking) Difference(other *Ranking) (difference, low, high float64) {
	difference = other.AUC - r.AUC
	sum := 0.0
	for i, v := range r.Influence {
		d := other.Influence[i] - v
		sum += float64(d * d)
	}
	error, z := math.Sqrt(sum), quantile(float64(min(r.wins, r.losses)))
	if error < 1e-12 {
		return difference, difference, difference
	}
	cubes := 0.0
	for i, v := range r.Influence {
		d := (other.Influence[i] - v) / error
		cubes += float64(float64(d*d) * d)
	}
	below, above := reach(cubes, z)
	return difference, difference - float64(error*below), difference + float64(error*above)
}

// reach gives how many standard errors an interval reaches to each side of an estimate with so much
// skewness: z to both, and further to the side on which the truth is missed more often, by Hall's
// transformation (Annals of Statistics 20, 1992). Few leads show less skewness than there is, so
// what that would take away from the other side stays.
func reach(skewness, z float64) (below, above float64) {
	if math.Abs(skewness) < 1e-6 {
		return z, z
	}
	hall := func(z float64) float64 {
		return float64(3 / skewness * (cubeRoot(1+float64(skewness*(z-skewness/6))) - 1))
	}
	return max(z, hall(z)), max(z, -hall(-z))
}

func cubeRoot(x float64) float64 {
	switch {
	case x < 0:
		return -cubeRoot(-x)
	case x == 0:
		return 0
	}
	return Exp(Log(x) / 3)
}

// Wilson gives the interval of 95 % of a share p of n.
func Wilson(p, n float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	z2 := float64(Z * Z)
	middle := (p + z2/(2*n)) / (1 + z2/n)
	step := float64(Z*math.Sqrt(float64(p*(1-p))/n+z2/float64(4*float64(n*n)))) / (1 + z2/n)
	return max(0, min(p, middle-step)), min(1, max(p, middle+step))
}

// A Share is how many of some samples won.
type Share struct {
	Samples, Wins, Leads int
	// Rate is Wins / Samples; 0 if there are none. Low and High are its interval of 95 %.
	Rate, Low, High float64
	// influence is that on Rate, by cluster.
	influence []float64
}

// ShareOf gives the share of wins among those samples that are of the kind.
func ShareOf(s *Samples, of func(i int) bool) Share {
	var h Share
	last := int32(-1)
	for i, won := range s.Won {
		if !of(i) {
			continue
		}
		h.Samples++
		if won {
			h.Wins++
		}
		if s.Cluster[i] != last {
			h.Leads++
			last = s.Cluster[i]
		}
	}
	if h.Samples == 0 {
		h.High = 1
		h.influence = make([]float64, s.Clusters())
		return h
	}
	h.Rate = float64(h.Wins) / float64(h.Samples)
	h.influence = make([]float64, s.Clusters())
	for i, won := range s.Won {
		if of(i) {
			h.influence[s.Cluster[i]] += (unit(won) - h.Rate) / float64(h.Samples)
		}
	}
	correct := correction(h.Leads)
	for i := range h.influence {
		h.influence[i] *= correct
	}
	// The number of leads with one sample each that would tell as much as these samples.
	n := float64(h.Leads)
	if variance := sumSquares(h.influence); variance > 1e-18 {
		spread := float64(h.Rate * (1 - h.Rate))
		fewer := degrees(h.influence, (1-float64(3*spread))/float64(spread*n)) // than n where some leads have more samples than others
		narrower := quantile(n) / quantile(min(n, fewer))
		n = min(float64(h.Samples), spread/variance) * float64(narrower*narrower)
	}
	h.Low, h.High = Wilson(h.Rate, n)
	return h
}

func unit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Lift gives how many times as often those of one share win as those of another, with its
// interval of 95 %. Where one of them has no win, or nothing but wins, half a win and half a loss
// are added to both, so that it is finite and has an error. It is 0 if one of them has no samples.
func Lift(with, without *Share) (lift, low, high float64) {
	if with.Samples == 0 || without.Samples == 0 {
		return 0, 0, 0
	}
	half := 0.0
	if with.certain() || without.certain() {
		half = 0.5
	}
	rate := func(h *Share) float64 { return (float64(h.Wins) + half) / (float64(h.Samples) + 2*half) }
	a, b := rate(with), rate(without)
	sum := 0.0
	for i := range with.influence {
		d := with.influence[i]/a - without.influence[i]/b
		sum += float64(d * d)
	}
	for _, h := range []*Share{with, without} {
		if h.certain() { // its influence is 0, and its error is not
			sum += 1/(float64(min(h.Wins, h.Leads))+half) - 1/(float64(h.Leads)+2*half)
		}
	}
	step := float64(Z * math.Sqrt(sum))
	return a / b, float64(a / b * Exp(-step)), float64(a / b * Exp(step))
}

// certain reports whether all samples have one outcome.
func (h *Share) certain() bool { return h.Wins == 0 || h.Wins == h.Samples }

// Monotone pools neighbours until rates rise from the first to the last (pool adjacent
// violators). It gives for each pool the index of its first member.
func Monotone(wins, samples []int) []int {
	type pool struct{ from, wins, samples int }
	var pools []pool
	for i := range wins {
		pools = append(pools, pool{i, wins[i], samples[i]})
		for n := len(pools); n > 1; n = len(pools) {
			a, b := pools[n-2], pools[n-1]
			if int64(a.wins)*int64(b.samples) < int64(b.wins)*int64(a.samples) {
				break
			}
			pools = append(pools[:n-2], pool{a.from, a.wins + b.wins, a.samples + b.samples})
		}
	}
	from := make([]int, len(pools))
	for i, p := range pools {
		from[i] = p.from
	}
	return from
}
