package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

// plain is a policy of the same conditions whose points say nothing, so that nothing draws
// what is learned: then Learn is a ridge regression like any other.
func plain(model *qualify.Model) *qualify.Model {
	p := model.Policy()
	for i := range p.Rules {
		p.Rules[i].Points = 0
		for t := range p.Rules[i].Tiers {
			p.Rules[i].Tiers[t].Points = 0
		}
	}
	p.Stages = nil
	return qualify.MustCompile(p)
}

// few gives the first learning leads of a set, as many as are wanted, and all that are tested.
func (s *set) few(n int, split time.Time) []backtest.Case {
	var cases []backtest.Case
	for _, c := range s.cases {
		if c.Began.Before(split) {
			if n == 0 || !c.Began.Add(time.Duration(s.plan.Within)).Before(split) {
				continue
			}
			n--
		}
		cases = append(cases, c)
	}
	return cases
}

// measure prints what docs/backtest.md says of the two sets.
func measure(w io.Writer, folder string) error {
	x, o := filepath.Join(folder, "xeducation"), filepath.Join(folder, "olist")
	fmt.Fprintln(w, "ranking of leads not used: author's points, whole points, regression, plain ridge (whole), plain ridge")
	line := func(name string, s *set) error {
		a, err := backtest.Learn(s.model, s.plan, backtest.Cases(s.cases))
		if err != nil {
			return err
		}
		b, err := backtest.Learn(plain(s.model), s.plan, backtest.Cases(s.cases))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-24s %d/%d leads %.4f %.4f %.4f %.4f %.4f  strength %g, %g factor %g %s\n", name, a.Learning.Leads, a.Testing.Leads,
			a.Old.AUC, a.Free.AUC, a.Regression.AUC, b.Free.AUC, b.Regression.AUC, float64(a.Strength), float64(b.Strength), a.Factor, a.Verdict)
		return nil
	}
	for seed := range uint64(21) {
		s, err := xEducation(x, seed)
		if err != nil {
			return err
		}
		if err := line(fmt.Sprint("X Education ", seed), s); err != nil {
			return err
		}
	}
	for _, k := range []struct {
		days  qualify.Duration
		split time.Time
	}{
		{30, time.Date(2018, 4, 1, 0, 0, 0, 0, time.UTC)}, {30, time.Date(2018, 5, 1, 0, 0, 0, 0, time.UTC)},
		{90, time.Date(2018, 5, 1, 0, 0, 0, 0, time.UTC)}, {90, time.Date(2018, 5, 15, 0, 0, 0, 0, time.UTC)},
	} {
		s, err := olist(o, k.days*qualify.Day, k.split)
		if err != nil {
			return err
		}
		if err := line(fmt.Sprintf("Olist %dd %s", k.days, k.split.Format(time.DateOnly)), s); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "100 learning leads, means over 20 draws: author's points, drawn (whole, regression), plain (whole, regression)")
	for _, name := range []string{"X Education", "Olist 90d", "Olist 30d"} {
		var sum [5]float64
		const draws = 20
		for seed := range uint64(draws) {
			s, err := hundredLeads(name, x, o, seed+1)
			if err != nil {
				return err
			}
			a, err := backtest.Learn(s.model, s.plan, backtest.Cases(s.cases))
			if err != nil {
				return err
			}
			b, err := backtest.Learn(plain(s.model), s.plan, backtest.Cases(s.cases))
			if err != nil {
				return err
			}
			for i, v := range []float64{a.Old.AUC, a.Free.AUC, a.Regression.AUC, b.Free.AUC, b.Regression.AUC} {
				sum[i] += v / draws
			}
		}
		fmt.Fprintf(w, "%-24s %.4f  %.4f %.4f  %.4f %.4f\n", name, sum[0], sum[1], sum[2], sum[3], sum[4])
	}
	return nil
}

// hundredLeads gives a set with 100 leads to learn from.
func hundredLeads(name, x, o string, seed uint64) (*set, error) {
	if name == "X Education" {
		s, err := xEducation(x, seed)
		if err == nil {
			split := s.cases[len(s.cases)*7/10].Began
			s.cases = s.few(100, split)
		}
		return s, err
	}
	days, split := qualify.Duration(90), time.Date(2018, 5, 1, 0, 0, 0, 0, time.UTC)
	if name == "Olist 30d" {
		days, split = 30, time.Date(2018, 4, 1, 0, 0, 0, 0, time.UTC)
	}
	s, err := olist(o, days*qualify.Day, split)
	if err != nil {
		return nil, err
	}
	r := chance(seed)
	for i := len(s.cases) - 1; i > 0; i-- {
		j := r.below(i + 1)
		s.cases[i], s.cases[j] = s.cases[j], s.cases[i]
	}
	s.cases = s.few(100, split)
	return s, nil
}
