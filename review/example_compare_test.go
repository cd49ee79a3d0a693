package review_test

import (
	"fmt"
	"log"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// Marketing wants webinars to count for less, a look at the prices for something, and sales-qualified leads to have a date.
func ExampleCompare() {
	policy := qualify.Policy{
		Name: "b2b", Version: "2026-11",
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number, Question: "How many people work there?"}},
		Properties: []qualify.Field{{Name: "path", Kind: qualify.Code}, {Name: "budget", Kind: qualify.Number},
			{Name: "role", Kind: qualify.Text}, {Name: "need", Kind: qualify.Text}, {Name: "start", Kind: qualify.Time}},
		Signals: []qualify.Signal{{ID: "webinar"}, {ID: "call"}, {ID: "prices", Types: []string{"page_view"}, Where: `activity.path startsWith "/prices"`}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "200 people or more", Group: "fit", When: `lead.employees >= 200`, Points: 20, Else: -10},
			{ID: "webinar", Label: "Webinar", Group: "interest", On: "webinar", Points: 20, Limit: qualify.Limit{Times: 2}},
			{ID: "call", Label: "Call", Group: "interest", On: "call", Points: 10, Limit: qualify.Limit{Times: 1}},
		},
		Groups: []qualify.Group{
			{ID: "fit", Label: "Fit", Bands: []qualify.Band{{Label: "C"}, {From: new(0.0), Label: "B"}, {From: new(20.0), Label: "A"}}},
			{ID: "interest", Label: "Interest", Bands: []qualify.Band{{Label: "3"}, {From: new(20.0), Label: "2"}, {From: new(40.0), Label: "1"}}},
		},
		Rating: []string{"fit", "interest"},
		Criteria: qualify.BANT(`latest("call", "budget", "180d") >= 10000`, `latest("call", "role") in ["decides", "has a say"]`,
			`latest("call", "need", "180d") != "none"`, `days_until(latest("call", "start")) <= 180`),
		Stages: []qualify.Stage{
			{ID: "mql", Label: "Marketing qualified", Enter: `score() >= 30`, Keep: `score() >= 20`},
			{ID: "sql", Label: "Sales qualified", Enter: `score() >= 40 && met_count("bant") >= 3`},
		},
	}
	old, err := qualify.Compile(policy)
	if err != nil {
		log.Fatal(err)
	}
	policy = old.Policy() // a copy, to be changed
	policy.Version = "2026-12"
	policy.Rules[1].Points = 15
	policy.Rules = append(policy.Rules, qualify.Rule{ID: "prices", Label: "Studies prices", Group: "interest", When: `count("prices", "30d") >= 3`, Points: 15})
	policy.Criteria[3].Met = `days_until(latest("call", "start")) <= 90`
	policy.Stages[1].Enter = `score() >= 40 && met_count("bant") >= 3 && met("timeline")`
	changed, err := qualify.Compile(policy)
	if err != nil {
		log.Fatal(err)
	}

	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	lead := func(id string, employees int, stage string, activities ...qualify.Activity) qualify.Lead {
		return qualify.Lead{ID: id, Profile: map[string]any{"employees": employees}, Stage: stage, Activities: activities}
	}
	did := func(what string, daysAgo int, props map[string]any) qualify.Activity {
		return qualify.Activity{Type: what, At: at.AddDate(0, 0, -daysAgo), Props: props}
	}
	prices := map[string]any{"path": "/prices"}
	told := map[string]any{"budget": 20000, "role": "decides", "need": "one list of leads", "start": "2027-03-01"}
	soon := map[string]any{"budget": 20000, "role": "decides", "need": "one list of leads", "start": "2026-12-01"}
	leads := []qualify.Lead{
		lead("Anna", 450, "sql", did("webinar", 40, nil), did("call", 5, told)),
		lead("Bo", 300, "sql", did("webinar", 30, nil), did("call", 9, soon)),
		lead("Chloé", 80, "", did("webinar", 20, nil), did("webinar", 10, nil), did("call", 2, nil)),
		lead("Dev", 250, "", did("page_view", 8, prices), did("page_view", 7, prices), did("page_view", 1, prices)),
		lead("Ewa", 20, "mql", did("webinar", 90, nil), did("call", 50, nil)),
		lead("Finn", 900, ""),
		lead("Gül", 90, "", did("call", 3, soon), did("page_view", 3, prices), did("page_view", 2, prices), did("page_view", 2, prices)),
		lead("Håkon", 200, "mql", did("webinar", 12, nil), did("webinar", 5, nil)),
	}

	summary := review.NewSummary(old, changed)
	for c, err := range review.Compare(old, changed, review.Leads(leads), at) {
		summary.Add(c, err)
		if err == nil && c.Lead == "Anna" {
			fmt.Println(c)
		}
	}
	fmt.Print(summary)
	// Output:
	// Anna  at 2026-11-01 UTC
	// Stage          Sales qualified → Marketing qualified
	// Timeline       yes → no
	// Points         50 → 45, -5
	//   in Interest  30 → 25, -5
	//   Webinar      20 → 15, -5
	// Old
	//   Stage  Sales qualified
	//     because Score is 50, and must be 40 or more
	//     because Criteria met is 4, and must be 3 or more
	// New
	//   Stage  Marketing qualified (demote from Sales qualified)
	//     left Sales qualified because Timeline is no, and must be yes
	//     because Score is 45, and must be 20 or more
	//   Blockers for Sales qualified
	//     Timeline must be yes, and is no
	//
	// b2b 2026-11 → b2b 2026-12
	// 8 leads as of 2026-11-01 UTC: 5 differ in stage, stay, rating, bands or answers, 7 in points
	// Stages, old × new      none  Marketing qualified  Sales qualified
	//   none                    2                    1                -
	//   Marketing qualified     1                    2                -
	//   Sales qualified         -                    1                1
	// As newcomers, old × new  none  Marketing qualified  Sales qualified
	//   none                      3                    1                -
	//   Marketing qualified       -                    2                -
	//   Sales qualified           -                    1                1
	// Held by keep or min_stay  old  new
	//   Marketing qualified       1    0
	// Ratings      leads
	//   A1 → A2        1
	//   C3 → C2        1
	// Bands              leads
	//   Interest  1 → 2      1
	//   Interest  3 → 2      1
	// Answers               leads
	//   Timeline  yes → no      1
	// Points                      leads   mean  least  most
	//   total                         7  -0.71    -10   +15
	//   Webinar                       5     -7    -10    -5
	//   Studies prices, only new      2    +15    +15   +15
}
