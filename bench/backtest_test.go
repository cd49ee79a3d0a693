package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
	"github.com/qualify-go/qualify/internal/statistics"
)

// The AUC is that of gonum, on what a policy makes of leads.
func TestBacktestAUC(t *testing.T) {
	policy := qualify.Policy{
		Profile: []qualify.Field{{Name: "a", Kind: qualify.Number}, {Name: "b", Kind: qualify.Number}},
		Rules:   []qualify.Rule{{ID: "a", When: "lead.a >= 5", Points: 10}, {ID: "b", When: "true", Multiply: "lead.b", Points: 3}},
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for round := range 20 {
		var cases []backtest.Case
		var points []float64
		var won []bool
		for i := range 200 + round {
			c := backtest.Case{Began: start, Outcome: backtest.Open}
			a, b := r.IntN(10), r.IntN(8)
			c.Lead.ID, c.Lead.Profile = fmt.Sprint(i), map[string]any{"a": a, "b": b}
			p := float64(3 * b)
			if a >= 5 {
				p += 10
			}
			if r.Float64() < 0.1+p/60 {
				c.Outcome, c.Until = backtest.Won, start.Add(time.Hour)
			}
			cases, points, won = append(cases, c), append(points, p), append(won, c.Outcome == backtest.Won)
		}
		report, err := backtest.Rank(model, backtest.Plan{
			Judge: backtest.After(0), Within: qualify.Day, End: start.AddDate(1, 0, 0), Known: []string{"a", "b"},
		}, backtest.Cases(cases))
		if err != nil {
			t.Fatal(err)
		}
		stat.SortWeightedLabeled(points, won, nil)
		tpr, fpr, _ := stat.ROC(nil, points, won, nil)
		if want := integrate.Trapezoidal(fpr, tpr); math.Abs(report.Ranking.AUC-want) > 1e-12 {
			t.Errorf("the AUC is %v, and gonum's %v", report.Ranking.AUC, want)
		}
	}
}

// With its pull, which is smaller than that of gonum's minimum, the regression finds the minimum that gonum finds.
func TestBacktestRegression(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, strength := range []float64{0.25, 4, 64} {
		const width = 5
		author := []float64{10, 5, 0, -5, 2}
		p := &statistics.Problem{Features: &statistics.Features{Width: width}, Author: author, Scale: []float64{1, 1, 2, 1, 1}}
		for i := range 500 {
			var columns []int32
			var values []float64
			odds := -0.5
			for j := range width {
				if r.IntN(2) == 0 {
					columns, values = append(columns, int32(j)), append(values, float64(1+r.IntN(3)))
					odds += 0.4 * float64(2-j) * values[len(values)-1] / 2
				}
			}
			p.Features.Add(columns, values)
			p.Won, p.Use, p.Cluster = append(p.Won, r.Float64() < 1/(1+math.Exp(-odds))), append(p.Use, int32(i)), append(p.Cluster, int32(i))
		}
		fit := p.Solve(strength, nil)
		mean, square := 0.0, 0.0
		for i := range p.Won {
			mean += p.Features.Dot(i, author) / float64(len(p.Won))
		}
		for i := range p.Won {
			square += math.Pow(p.Features.Dot(i, author)-mean, 2) / float64(len(p.Won))
		}
		weights := func(x []float64) []float64 {
			w := make([]float64, width)
			for j := range w {
				w[j] = x[1]*author[j] + x[2+j]
			}
			return w
		}
		objective := func(x []float64) float64 {
			sum, w := 1e-6*x[0]*x[0]/2+0.02*square*x[1]*x[1]/2, weights(x)
			for j, s := range p.Scale {
				sum += strength * s * s * x[2+j] * x[2+j] / 2
			}
			for i, won := range p.Won {
				odds := x[0] + p.Features.Dot(i, w)
				if won {
					odds = -odds
				}
				sum += math.Log1p(math.Exp(odds))
			}
			return sum
		}
		held := false
		gradient := func(g, x []float64) {
			clear(g)
			w := weights(x)
			g[0], g[1] = 1e-6*x[0], 0.02*square*x[1]
			for j, s := range p.Scale {
				g[2+j] = strength * s * s * x[2+j]
			}
			for i, won := range p.Won {
				e := 1 / (1 + math.Exp(-x[0]-p.Features.Dot(i, w)))
				if won {
					e--
				}
				g[0] += e
				g[1] += e * p.Features.Dot(i, author)
				columns, values := p.Features.Row(i)
				for k, c := range columns {
					g[2+c] += e * values[k]
				}
			}
			if held {
				g[1] = 0
			}
		}
		minimum := func(pull float64) []float64 {
			from := make([]float64, width+2)
			from[1] = pull
			found, err := optimize.Minimize(optimize.Problem{Func: objective, Grad: gradient}, from, &optimize.Settings{GradientThreshold: 1e-8}, &optimize.BFGS{})
			if found == nil {
				t.Fatal(err)
			}
			return found.X
		}
		if best := minimum(0)[1]; fit.Pull < 0 || fit.Pull >= best {
			t.Errorf("strength %v: the pull is %v, and gonum's best %v", strength, fit.Pull, best)
		}
		held = true
		for j, want := range weights(minimum(fit.Pull)) {
			if math.Abs(fit.Weights[j]-want) > 1e-5 {
				t.Errorf("strength %v: weight %d is %v, and gonum's %v", strength, j, fit.Weights[j], want)
			}
		}
	}
}
