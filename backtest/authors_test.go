package backtest_test

import (
	"math"
	"testing"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
	"github.com/qualify-go/qualify/internal/testcase"
)

// plainOf is a policy whose points say nothing: learning it is a plain ridge regression.
func plainOf(p qualify.Policy) qualify.Policy {
	rules := p.Rules
	p.Rules = nil
	for _, r := range rules {
		r.Points = 0
		p.Rules = append(p.Rules, r)
	}
	return p
}

// With few leads, points are learned about as well as without the author's or better, whoever the
// author is; and they are better than those of a wrong author.
func TestAuthors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		who             author
		learning, rules int
		share           float64
		correlated      bool
		least           float64 // that the mean gains on plain ridge
	}{
		{right, 100, 12, 0.3, false, 0.005}, {halfRight, 100, 12, 0.3, false, -0.005}, {wrong, 100, 12, 0.3, false, -0.005},
		{clueless, 100, 12, 0.3, false, -0.005}, {right, 300, 40, 0.1, true, 0.005}, {halfRight, 100, 40, 0.3, true, -0.005}, {right, 100, 12, 0.06, false, 0.005},
	} {
		t.Run(string(test.who), func(t *testing.T) {
			t.Parallel()
			n := testcase.Count(16)
			gain, square, author := 0.0, 0.0, 0.0
			for seed := range n {
				policy, plan, cases := simulated(test.who, uint64(seed+1), test.learning, test.rules, test.share, test.correlated)
				learn := func(p qualify.Policy) *backtest.Lesson {
					lesson, err := backtest.Learn(qualify.MustCompile(p), plan, backtest.Cases(cases))
					if err != nil {
						t.Fatal(err)
					}
					return lesson
				}
				drawn, plain := learn(policy), learn(plainOf(policy))
				d := drawn.New.AUC - plain.New.AUC
				gain, square, author = gain+d, square+d*d, author+drawn.New.AUC-drawn.Old.AUC
			}
			mean := gain / float64(n)
			error := math.Sqrt(max(0, square/float64(n)-mean*mean) / float64(n))
			t.Logf("%+.4f ± %.4f to plain ridge, %+.4f to the author, in %d draws", mean, error, author/float64(n), n)
			if mean < test.least-2*error-0.01*math.Sqrt(4/float64(n)) {
				t.Errorf("drawn towards the author's points the ranking is %+.4f ± %.4f better than by plain ridge", mean, error)
			}
			if test.who == wrong && author/float64(n) < 0.1 {
				t.Errorf("only %+.4f better than a wrong author", author/float64(n))
			}
		})
	}
}

// What Learn chooses suits few and many leads, rare and frequent wins, and few and many rules.
func TestLearnInGeneral(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		learning, rules int
		share           float64
		correlated      bool
	}{
		"rare wins": {6000, 12, 0.01, false}, "half wins": {400, 12, 0.5, false}, "two rules": {400, 2, 0.2, false},
		"sixty rules": {2000, 60, 0.1, true}, "many leads": {6000, 20, 0.2, true},
	} {
		if test.learning > 1000 && testcase.Count(100) < 10 { // large, and under the race detector no other than the small ones
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := testcase.Count(10)
			loss, rounded, worse := 0.0, 0.0, 0
			for seed := range n {
				policy, plan, cases := simulated(halfRight, uint64(seed+50), test.learning, test.rules, test.share, test.correlated)
				lesson, err := backtest.Learn(qualify.MustCompile(policy), plan, backtest.Cases(cases))
				if err != nil {
					t.Fatal(err)
				}
				loss += max(0, lesson.Old.AUC-lesson.New.AUC)
				rounded += lesson.Regression.AUC - lesson.New.AUC
				if lesson.Verdict == backtest.Worse {
					worse++
				}
			}
			t.Logf("whole points cost %.4f, and %.4f to the author where he was better, in %d draws; %d are worse", rounded/float64(n), loss/float64(n), n, worse)
			// Two rules tell little of 400 leads: what is learned can be worse by chance, and then the lesson says so.
			if worse > 1+n/10 || loss/float64(n) > 0.01+0.03/math.Sqrt(float64(n)) {
				t.Errorf("%d of %d lessons are worse than the author's points, all by %.4f in the mean", worse, n, loss/float64(n))
			}
			if rounded/float64(n) > 0.005+0.01/math.Sqrt(float64(n)) {
				t.Errorf("whole points rank by %.4f worse than the regression", rounded/float64(n))
			}
		})
	}
}
