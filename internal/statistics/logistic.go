package statistics

import (
	"math"
	"slices"
)

// Features holds a sparse row for each sample: columns in ascending order, and their values.
type Features struct {
	From   []int32 // where the row of a sample begins; one more than samples
	Column []int32
	Value  []float64
	Width  int
}

// Row gives the columns and values of a sample.
func (f *Features) Row(i int) ([]int32, []float64) {
	from, to := f.From[i], f.From[i+1]
	return f.Column[from:to], f.Value[from:to]
}

// Add adds a row.
func (f *Features) Add(columns []int32, values []float64) {
	if len(f.From) == 0 {
		f.From = append(f.From, 0)
	}
	f.Column = append(f.Column, columns...)
	f.Value = append(f.Value, values...)
	f.From = append(f.From, int32(len(f.Column)))
}

// Dot gives the sum of a row's values times weights.
func (f *Features) Dot(i int, weights []float64) float64 {
	columns, values := f.Row(i)
	sum := 0.0
	for j, c := range columns {
		sum += float64(values[j] * weights[c])
	}
	return sum
}

// A Problem is a logistic regression that is drawn towards an author's weights: the log-odds
// of a win are Base + Σ (Pull·Author + own) · value, where the own part is kept small. Pull is
// smaller than what fits best, by what chance alone may have made of it.
type Problem struct {
	Features *Features
	Won      []bool
	// Use names the samples that are used, in ascending order, and Cluster has the cluster of each
	// sample.
	Use     []int32
	Cluster []int32
	// Author are the author's weights, all 0 if there are none.
	Author []float64
	// Scale is the typical size of a value of each column; the own part of column j costs
	// Strength/2 · (Scale·own)². A column whose Scale is 0 has no own part.
	Scale []float64
}

// A Fit is the solution of a Problem.
type Fit struct {
	Base, Pull float64
	Own        []float64
	// Weights are Pull·Author + Own.
	Weights []float64
	// Errors are the standard errors of Weights; nil until Err is called.
	Errors []float64
}

// LogOdds gives the log-odds of a win of a sample.
func (f *Fit) LogOdds(of *Features, i int) float64 { return f.Base + of.Dot(i, f.Weights) }

// Loss gives the mean logarithmic loss over samples.
func (f *Fit) Loss(of *Features, won []bool, use []int32) float64 {
	sum := 0.0
	for _, i := range use {
		sum += LogLoss(f.LogOdds(of, int(i)), won[i])
	}
	return sum / float64(len(use))
}

// LogLoss is the logarithmic loss of log-odds, once it is known who won.
func LogLoss(odds float64, won bool) float64 {
	if won {
		odds = -odds
	}
	if odds > 0 {
		return odds + Log(1+Exp(-odds))
	}
	return Log(1 + Exp(odds))
}

// weakly is the strength that keeps Base and Pull finite where outcomes are separated.
const weakly = 0.02

// Solve finds the fit for a strength, from a start that may be nil. The square of a Pull that fits
// best is that of the true one and, by chance, that of its error. So Pull becomes smaller by the
// share of the error's square in its own, and then the rest is fitted again. Where all may be
// chance, and where it is below 0, it is 0: such an author is none.
func (p *Problem) Solve(strength float64, start *Fit) *Fit {
	pulled := slices.ContainsFunc(p.Author, func(a float64) bool { return a != 0 })
	fit := p.solve(strength, start, pulled)
	if pulled {
		pull := 0.0
		if fit.Pull > 0 {
			direction := make([]float64, p.Features.Width+2)
			direction[1] = 1
			pull = max(0, fit.Pull-p.spread(fit, strength).of(direction)/fit.Pull)
		}
		fit.Pull = pull
		fit = p.solve(strength, fit, false)
	}
	return fit
}

// system is what one step of Newton's method needs. Variables are: 0 the base, 1 the pull, and
// from 2 on the own parts.
type system struct {
	gradient []float64
	hessian  []float64 // lower triangle, row by row
	size     int
}

// solve finds the fit that is best with any pull or, if it is not free, with that of the start.
func (p *Problem) solve(strength float64, start *Fit, free bool) *Fit {
	size := p.Features.Width + 2
	x := make([]float64, size)
	if start != nil {
		x[0], x[1] = start.Base, start.Pull
		copy(x[2:], start.Own)
	} else {
		wins := 0.5
		for _, i := range p.Use {
			wins += unit(p.Won[i])
		}
		x[0] = Logit(wins / float64(len(p.Use)+1))
	}
	author := p.authorSums()
	penalty := p.penalties(strength, author)
	s := &system{gradient: make([]float64, size), hessian: make([]float64, size*(size+1)/2), size: size}
	next := make([]float64, size)
	value := p.value(x, author, penalty)
	for range 100 {
		p.newton(s, x, author, penalty, free)
		step := s.solve()
		most, scale := 0.0, 1.0
		for range 30 {
			most = 0
			for k := range x {
				next[k] = x[k] - float64(scale*step[k])
				move := math.Abs(next[k] - x[k])
				if k >= 2 {
					move *= max(p.Scale[k-2], 0)
				}
				if k == 1 {
					move *= math.Sqrt(penalty[1] / weakly)
				}
				most = max(most, move)
			}
			v := p.value(next, author, penalty)
			if v <= value+float64(1e-12*math.Abs(value)) {
				value = v
				break
			}
			scale /= 2
		}
		copy(x, next)
		if most < 1e-7 {
			break
		}
	}
	fit := &Fit{Base: x[0], Pull: x[1], Own: x[2:], Weights: make([]float64, p.Features.Width)}
	for j := range fit.Weights {
		fit.Weights[j] = float64(fit.Pull*p.Author[j]) + fit.Own[j]
	}
	return fit
}

// authorSums gives what the author's weights make of each used sample.
func (p *Problem) authorSums() []float64 {
	sums := make([]float64, len(p.Use))
	for k, i := range p.Use {
		sums[k] = p.Features.Dot(int(i), p.Author)
	}
	return sums
}

func (p *Problem) penalties(strength float64, author []float64) []float64 {
	penalty := make([]float64, p.Features.Width+2)
	penalty[0] = 1e-6
	mean := 0.0
	for _, a := range author {
		mean += a
	}
	mean /= float64(max(len(author), 1))
	square := 0.0
	for _, a := range author {
		square += float64((a - mean) * (a - mean))
	}
	penalty[1] = weakly * square / float64(max(len(author), 1))
	if penalty[1] == 0 {
		penalty[1] = weakly
	}
	for j, s := range p.Scale {
		penalty[j+2] = float64(strength*s) * s
	}
	return penalty
}

func (p *Problem) odds(k int, x, author []float64) float64 {
	return x[0] + float64(x[1]*author[k]) + p.Features.Dot(int(p.Use[k]), x[2:])
}

func (p *Problem) value(x, author, penalty []float64) float64 {
	sum := 0.0
	for k, i := range p.Use {
		sum += LogLoss(p.odds(k, x, author), p.Won[i])
	}
	for k, v := range x {
		sum += float64(float64(float64(penalty[k]*v)*v) / 2)
	}
	return sum
}

// newton sets up the step at x.
func (p *Problem) newton(s *system, x, author, penalty []float64, free bool) {
	clear(s.gradient)
	clear(s.hessian)
	h := s.hessian
	for k, i := range p.Use {
		chance := Expit(p.odds(k, x, author))
		error := chance - unit(p.Won[i])
		weight := float64(chance * (1 - chance))
		columns, values := p.Features.Row(int(i))
		s.gradient[0] += error
		h[0] += weight
		a := 0.0
		if free {
			a = author[k]
			s.gradient[1] += float64(error * a)
			h[1] += float64(weight * a)
			h[2] += float64(float64(weight*a) * a)
		}
		for m, c := range columns {
			if p.Scale[c] == 0 {
				continue
			}
			at, v := int(c)+2, values[m]
			s.gradient[at] += float64(error * v)
			w := float64(weight * v)
			row := h[at*(at+1)/2:]
			row[0] += w
			row[1] += float64(w * a)
			for l, other := range columns[:m+1] {
				row[other+2] += float64(w * values[l])
			}
		}
	}
	for k := range s.size {
		s.gradient[k] += float64(penalty[k] * x[k])
		h[k*(k+1)/2+k] += penalty[k]
		if k == 1 && !free || k >= 2 && p.Scale[k-2] == 0 { // it stays what it is
			s.gradient[k] = 0
			clear(h[k*(k+1)/2 : k*(k+1)/2+k])
			for below := k + 1; below < s.size; below++ {
				h[below*(below+1)/2+k] = 0
			}
			h[k*(k+1)/2+k] = 1
		}
	}
}

// factor replaces the Hessian by its Cholesky factor.
func (s *system) factor() {
	h := s.hessian
	for i := range s.size {
		row := h[i*(i+1)/2:]
		for j := 0; j <= i; j++ {
			other := h[j*(j+1)/2:]
			sum := row[j]
			for k := range j {
				sum -= float64(row[k] * other[k])
			}
			if i == j {
				row[j] = math.Sqrt(max(sum, 1e-12))
			} else {
				row[j] = sum / other[j]
			}
		}
	}
}

// solve gives the inverse of the Hessian times the gradient; the Hessian becomes its factor.
func (s *system) solve() []float64 {
	s.factor()
	x := append([]float64(nil), s.gradient...)
	s.apply(x)
	return x
}

// apply solves for a right side in place, once the Hessian is factored.
func (s *system) apply(x []float64) {
	h := s.hessian
	for i := range s.size {
		row := h[i*(i+1)/2:]
		sum := x[i]
		for k := range i {
			sum -= float64(row[k] * x[k])
		}
		x[i] = sum / row[i]
	}
	for i := s.size - 1; i >= 0; i-- {
		sum := x[i]
		for k := i + 1; k < s.size; k++ {
			sum -= float64(h[k*(k+1)/2+i] * x[k])
		}
		x[i] = sum / h[i*(i+1)/2+i]
	}
}

// Err fills in the errors of a fit's weights.
func (p *Problem) Err(f *Fit, strength float64) {
	e := p.spread(f, strength)
	f.Errors = make([]float64, p.Features.Width)
	direction := make([]float64, p.Features.Width+2)
	for j := range f.Errors {
		clear(direction)
		if f.Pull != 0 {
			direction[1] = p.Author[j]
		}
		if p.Scale[j] != 0 {
			direction[j+2] = 1
		}
		f.Errors[j] = math.Sqrt(e.of(direction))
	}
}

// spread is what the errors of a fit are found from: the factored Hessian, and by how much the
// fit misses each outcome.
type spread struct {
	*Problem
	system         *system
	author, misses []float64
}

func (p *Problem) spread(f *Fit, strength float64) *spread {
	x := append([]float64{f.Base, f.Pull}, f.Own...)
	e := &spread{p, &system{gradient: make([]float64, len(x)), hessian: make([]float64, len(x)*(len(x)+1)/2), size: len(x)}, p.authorSums(), make([]float64, len(p.Use))}
	p.newton(e.system, x, e.author, p.penalties(strength, e.author), f.Pull != 0)
	e.system.factor()
	for k, i := range p.Use {
		e.misses[k] = Expit(p.odds(k, x, e.author)) - unit(p.Won[i])
	}
	return e
}

// of gives the variance of a sum of the variables: clustered, and no smaller than the strength and
// all samples allow. Few samples that happen to agree would have hardly any.
func (e *spread) of(factors []float64) float64 {
	// What a cluster's gradient does to the sum is the product with one vector.
	direction := slices.Clone(factors)
	e.system.apply(direction)
	variance := 0.0
	for k, v := range factors {
		variance += float64(v * direction[k])
	}
	sum, part := 0.0, 0.0
	for k, i := range e.Use {
		if k > 0 && e.Cluster[i] != e.Cluster[e.Use[k-1]] {
			sum += float64(part * part)
			part = 0
		}
		columns, values := e.Features.Row(int(i))
		d := direction[0] + float64(direction[1]*e.author[k])
		for m, c := range columns {
			d += float64(values[m] * direction[c+2])
		}
		part += float64(e.misses[k] * d)
	}
	return max(sum+float64(part*part), variance)
}
