package backtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// world is a policy whose rules use what rules can have, and leads that are won by some of them.
func world() qualify.Policy {
	return qualify.Policy{
		Name: "b2b", Version: "1",
		Profile:    []qualify.Field{{Name: "employees", Kind: qualify.Number}, {Name: "country", Kind: qualify.Text}, {Name: "budget", Kind: qualify.Number}},
		Properties: []qualify.Field{{Name: "minutes", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "visit"}, {ID: "form"}, {ID: "call"}, {ID: "noise"}},
		Rules: []qualify.Rule{
			{ID: "size", Group: "fit", When: "lead.employees >= 50", Points: 10, Else: -5},
			{ID: "country", Group: "fit", Tiers: []qualify.Tier{{When: `lead.country == "de"`, Points: 8}, {When: `lead.country == "at"`, Points: 4}, {When: `lead.country == "xx"`, Points: -10}}},
			{ID: "budget", When: "lead.budget >= 1000", Points: 5},
			{ID: "visits", Group: "engagement", On: "visit", Points: 2, Limit: qualify.Limit{Times: 5}},
			{ID: "form", Group: "engagement", On: "form", Points: 10, Limit: qualify.Limit{Points: 25}, Decay: qualify.Decay{Linear: 90 * qualify.Day}},
			{ID: "call", Group: "engagement", On: "call", Points: 1, Multiply: "activity.minutes", Max: new(20.0)},
			{ID: "noise", On: "noise", Points: 5},
			{ID: "apart", Group: "apart", When: "known(lead.country)", Points: 7},
		},
		Groups: []qualify.Group{
			{ID: "fit", Max: new(15.0), Bands: []qualify.Band{{Label: "C"}, {From: new(5.0), Label: "B"}, {From: new(12.0), Label: "A"}}},
			{ID: "engagement", Min: new(0.0), Max: new(40.0), Weight: new(0.5), Bands: []qualify.Band{{Label: "low"}, {From: new(20.0), Label: "high"}}},
			{ID: "apart", Weight: new(0.0)},
			{ID: "total", Bands: []qualify.Band{{Label: "cold"}, {From: new(10.0), Label: "hot"}}},
		},
		Stages: []qualify.Stage{{ID: "mql", Label: "Marketing", Enter: `score() >= 10`, Keep: `score() >= 5`}, {ID: "sql", Label: "Sales", Enter: `score() >= 15 and 20 <= score("engagement")`}},
	}
}

// leads are made so that size, the form and a budget win, and a country from nowhere loses.
func leads(seed uint64, n int) []backtest.Case {
	r := rand.New(rand.NewPCG(seed, 17))
	var cases []backtest.Case
	for i := range n {
		began := start.Add(time.Duration(r.IntN(200*24*60)) * time.Minute)
		profile := map[string]any{"employees": r.IntN(100), "country": []any{"de", "at", "xx", "fr", nil}[r.IntN(5)]}
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprintf("L%05d", i), Profile: profile}, Began: began, Outcome: backtest.Open}
		odds := -2.2
		if profile["employees"].(int) >= 50 {
			odds += 1.2
		}
		if profile["country"] == "xx" {
			odds -= 1.5
		}
		if r.IntN(3) == 0 {
			c.Attributes = append(c.Attributes, backtest.Attribute{Name: "budget", Value: 5000, At: began.Add(time.Duration(r.IntN(9*24)) * time.Hour)})
			odds += 1
		}
		for k := range r.IntN(8) {
			kind := []string{"visit", "visit", "form", "call", "noise"}[r.IntN(5)]
			if kind == "form" {
				odds += 0.9
			}
			c.Lead.Activities = append(c.Lead.Activities, qualify.Activity{
				ID: fmt.Sprint(k), Type: kind, At: began.Add(time.Duration(r.IntN(10*24*60)) * time.Minute), Props: map[string]any{"minutes": 1 + r.IntN(15)},
			})
		}
		switch p := r.Float64(); {
		case p < 1/(1+math.Exp(-odds)):
			c.Outcome, c.Until = backtest.Won, began.Add(10*day+time.Duration(r.IntN(40*24))*time.Hour)
		case p > 0.7:
			c.Outcome, c.Until = backtest.Lost, began.Add(10*day+time.Duration(r.IntN(60*24))*time.Hour)
		}
		cases = append(cases, c)
	}
	return cases
}

func plan() backtest.Plan {
	return backtest.Plan{
		Judge: backtest.After(10 * qualify.Day), Within: 60 * qualify.Day, End: start.Add(400 * day),
		Known: []string{"employees", "country"}, Split: backtest.SplitAt(start.Add(190 * day)), Cost: 10, Value: 100,
	}
}

func model(t *testing.T) *qualify.Model {
	t.Helper()
	m, err := qualify.Compile(world())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// author is what somebody thinks of rules whose log-odds are known here.
type author string

const (
	right     author = "right"      // by and large
	halfRight author = "half right" // of every other rule
	wrong     author = "wrong"      // altogether
	clueless  author = "clueless"   // points by chance
)

// simulated gives a policy of rules over flags, some of which are worth something, with points of an
// author, and a set of leads: as many to learn from as are wanted, and 1,500 others. A share of
// them wins; correlated flags go together in threes.
func simulated(who author, seed uint64, learning, rules int, share float64, correlated bool) (qualify.Policy, backtest.Plan, []backtest.Case) {
	r := rand.New(rand.NewPCG(seed, 99))
	policy := qualify.Policy{Name: string(who)}
	odds, often := make([]float64, rules), make([]float64, rules)
	for k := range rules {
		id := fmt.Sprint("r", k)
		if r.IntN(3) > 0 && share > 0 {
			odds[k] = 0.8 * r.NormFloat64()
		}
		often[k] = 0.03 * math.Pow(20, r.Float64())
		points := math.Round(10*odds[k] + 2*r.NormFloat64())
		switch {
		case who == clueless, who == halfRight && k%2 == 0:
			points = math.Round(8 * r.NormFloat64())
		case who == wrong:
			points = -points
		}
		policy.Profile = append(policy.Profile, qualify.Field{Name: id, Kind: qualify.Bool})
		policy.Rules = append(policy.Rules, qualify.Rule{ID: id, When: "lead." + id, Points: points})
	}
	plan := backtest.Plan{Judge: backtest.After(0), Within: 30 * qualify.Day, End: start.Add(300 * day), Split: backtest.SplitAt(start.Add(90 * day))}
	for _, f := range policy.Profile {
		plan.Known = append(plan.Known, f.Name)
	}
	var cases []backtest.Case
	for i := range learning + 1500 {
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprint(i), Profile: map[string]any{}}, Began: start, Outcome: backtest.Open}
		if i >= learning {
			c.Began = start.Add(120 * day)
		}
		sum, common := math.Log(share/(1-share)), r.Float64()
		for k := range rules {
			at := r.Float64()
			if correlated && k%3 > 0 && r.IntN(3) > 0 {
				at = common
			}
			yes := at < often[k]
			if c.Lead.Profile[fmt.Sprint("r", k)] = yes; yes {
				sum += odds[k]
			}
			sum -= odds[k] * often[k]
		}
		if r.Float64() < 1/(1+math.Exp(-sum)) {
			c.Outcome, c.Until = backtest.Won, c.Began.Add(5*day)
		}
		cases = append(cases, c)
	}
	return policy, plan, cases
}
