package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

// olist reads the leads of Olist from a folder with its two files. A lead is judged when it
// first got in touch, by where it came from and by the page on which it landed. No deal was won
// before December 2017, so leads of 2018 are taken. Which pages the policy asks for depends on how
// many leads landed there before the split, never on outcomes.
func olist(folder string, within qualify.Duration, split time.Time) (*set, error) {
	leads, _, err := table(folder, "olist_marketing_qualified_leads_dataset.csv")
	if err != nil {
		return nil, err
	}
	deals, _, err := table(folder, "olist_closed_deals_dataset.csv")
	if err != nil {
		return nil, err
	}
	won := map[any]time.Time{}
	var end time.Time
	for _, d := range deals {
		at, err := time.Parse(time.DateTime, fmt.Sprint(d["won_date"]))
		if err != nil {
			return nil, err
		}
		won[d["mql_id"]] = at
		if at.After(end) {
			end = at
		}
	}
	s := &set{plan: backtest.Plan{
		Judge: backtest.After(0), Within: within, End: end, Split: backtest.SplitAt(split), Known: []string{"origin", "landing_page_id"},
	}}
	pages := map[string]int{}
	for _, row := range leads {
		began, err := time.Parse(time.DateOnly, fmt.Sprint(row["first_contact_date"]))
		if err != nil {
			return nil, err
		}
		if began.Year() < 2018 {
			continue
		}
		if began.Before(split) {
			pages[fmt.Sprint(row["landing_page_id"])]++
		}
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprint(row["mql_id"]), Profile: row}, Began: began, Outcome: backtest.Open}
		if at, ok := won[row["mql_id"]]; ok {
			c.Outcome, c.Until = backtest.Won, at
		}
		s.cases = append(s.cases, c)
	}
	s.model, err = qualify.Compile(olistPolicy(pages))
	return s, err
}

// olistPolicy is what somebody may believe of origins, and a rule for each page on which thirty
// leads or more have landed, which pays nothing yet.
func olistPolicy(pages map[string]int) qualify.Policy {
	p := qualify.Policy{
		Name: "Olist", Version: "candidates",
		Profile: []qualify.Field{{Name: "origin", Kind: qualify.Text, Placeholders: []string{"unknown"}}, {Name: "page", From: "landing_page_id", Kind: qualify.Code}},
		Stages:  []qualify.Stage{{ID: "mql", Label: "Call", Enter: "score() >= 10"}},
	}
	for _, origin := range []struct {
		name   string
		points float64
	}{
		{"organic search", 10}, {"paid search", 10}, {"direct traffic", 10}, {"referral", 10}, {"social", 5}, {"email", 5}, {"display", 0}, {"other", 0}, {"other publicities", 0},
	} {
		id := strings.ReplaceAll(origin.name, " ", "_")
		p.Rules = append(p.Rules, qualify.Rule{ID: id, Label: "From " + origin.name, When: fmt.Sprintf("lead.origin == %q", origin.name), Points: origin.points})
	}
	p.Rules = append(p.Rules, qualify.Rule{ID: "unknown", Label: "Origin unknown", When: "not known(lead.origin)"})
	var names []string
	for name, leads := range pages {
		if leads >= 30 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		p.Rules = append(p.Rules, qualify.Rule{ID: "page_" + name[:8], Label: "Page " + name[:8], When: fmt.Sprintf("lead.page == %q", name)})
	}
	return p
}
