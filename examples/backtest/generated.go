package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

var (
	//go:embed policy.json
	generatedPolicy []byte
	//go:embed cases.jsonl
	generatedCases []byte
)

var firstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// generated reads the set that is committed: 600 leads of half a year.
func generated() (*set, error) {
	policy, err := qualify.ParsePolicy(generatedPolicy)
	if err != nil {
		return nil, err
	}
	s := &set{plan: backtest.Plan{
		Judge: backtest.After(7 * qualify.Day), Within: 60 * qualify.Day, End: firstDay.AddDate(0, 0, 300),
		Known: []string{"employees", "source"}, Split: backtest.SplitAt(firstDay.AddDate(0, 0, 170)), Cost: 50, Value: 400,
	}}
	if s.model, err = qualify.Compile(policy); err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(generatedCases)); d.More(); {
		var c backtest.Case
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		s.cases = append(s.cases, c)
	}
	return s, nil
}

// generate makes leads: larger ones, those from references, and those that asked for a
// demo are won more often than others; who only reads the newsletter is not.
func generate(seed uint64, leads int) []backtest.Case {
	g := chance(seed)
	var cases []backtest.Case
	for i := range leads {
		began := firstDay.Add(time.Duration(g.below(200*24*60)) * time.Minute)
		source := []string{"search", "search", "newsletter", "fair", "reference"}[g.below(5)]
		employees := []int{3, 12, 40, 120, 500, 2000}[g.below(6)]
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprintf("L-%04d", i+1), Profile: map[string]any{"source": source}}, Began: began, Outcome: backtest.Open}
		if g.below(10) > 0 {
			c.Lead.Profile["employees"] = employees
		}
		chance := 0.06
		switch {
		case employees >= 500:
			chance += 0.10
		case employees >= 40:
			chance += 0.15
		}
		if source == "reference" {
			chance += 0.20
		}
		for range g.below(7) {
			at := began.Add(time.Duration(g.below(10*24*60)) * time.Minute)
			kind := []string{"page", "page", "page", "newsletter", "newsletter", "webinar", "demo"}[g.below(7)]
			switch kind {
			case "demo":
				chance += 0.20
			case "webinar":
				chance += 0.05
			}
			c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{Type: kind, At: at})
		}
		switch p := g.share(); {
		case p < chance:
			c.Outcome, c.Until = backtest.Won, began.Add(time.Duration(10*24*60+g.below(45*24*60))*time.Minute)
			c.Lead.Profile["contract"] = fmt.Sprintf("C-%d", i) // what a snapshot has, and no lead had when it came in
		case p > 0.6:
			c.Outcome, c.Until = backtest.Lost, began.Add(time.Duration(10*24*60+g.below(60*24*60))*time.Minute)
		}
		cases = append(cases, c)
	}
	return cases
}

func writeGenerated(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, c := range generate(1, 600) {
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

// speed times a policy of 40 rules over generated leads with 20 activities each, which are made
// one by one and never held.
func speed(w io.Writer, leads int) error {
	p := qualify.Policy{Name: "speed", Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "kind", Kind: qualify.Code}}}
	for i := range 10 {
		id := fmt.Sprint("s", i)
		p.Signals = append(p.Signals, qualify.Signal{ID: id})
		p.Rules = append(p.Rules,
			qualify.Rule{ID: "event" + id, On: id, Points: float64(i), Limit: qualify.Limit{Times: 3}},
			qualify.Rule{ID: "decay" + id, On: id, Points: 5, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}},
			qualify.Rule{ID: "count" + id, When: fmt.Sprintf("count(%q, \"30d\") >= %d", id, 2+i%3), Points: 3},
			qualify.Rule{ID: "state" + id, When: fmt.Sprintf("lead.n >= %d and lead.kind != \"k%d\"", 10*i, i), Points: 2})
	}
	p.Stages = []qualify.Stage{{ID: "mql", Enter: "score() >= 40"}}
	model, err := qualify.Compile(p)
	if err != nil {
		return err
	}
	cases := func(yield func(*backtest.Case, error) bool) {
		g := chance(1)
		c := backtest.Case{Lead: qualify.Lead{Profile: map[string]any{}, Activities: make([]qualify.Activity, 20)}}
		for i := range leads {
			c.Lead.ID = fmt.Sprint("L", i)
			c.Began = firstDay.Add(time.Duration(g.below(300*24*60)) * time.Minute)
			n := g.below(100)
			c.Lead.Profile["n"], c.Lead.Profile["kind"] = n, fmt.Sprint("k", g.below(12))
			odds := float64(n) / 400
			for k := range c.Lead.Activities {
				s := g.below(10)
				odds += float64(s) / 2000
				c.Lead.Activities[k] = qualify.Activity{Type: fmt.Sprint("s", s), At: c.Began.Add(time.Duration(g.below(30*24*60)) * time.Minute)}
			}
			c.Outcome, c.Until = backtest.Open, time.Time{}
			if g.share() < odds {
				c.Outcome, c.Until = backtest.Won, c.Began.Add(time.Duration(31+g.below(60))*24*time.Hour)
			}
			if !yield(&c, nil) {
				return
			}
		}
	}
	plan := backtest.Plan{Judge: backtest.After(30 * qualify.Day), Within: 60 * qualify.Day, End: firstDay.AddDate(2, 0, 0), Known: []string{"n", "kind"}, Split: backtest.SplitLeads(0.3, 1)}
	rankPlan := plan
	rankPlan.Split = backtest.Split{}
	start := time.Now()
	report, err := backtest.Rank(model, rankPlan, cases)
	if err != nil {
		return err
	}
	ranked := time.Since(start)
	start = time.Now()
	lesson, err := backtest.Learn(model, plan, cases)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d leads ranked in %.1f s, learned in %.1f s\n%.3f, learned %.3f\n", report.All.Leads, ranked.Seconds(), time.Since(start).Seconds(), report.Ranking.AUC, lesson.New.AUC)
	return err
}
