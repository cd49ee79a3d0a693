package review_test

import (
	"fmt"
	"log"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// The first leads of an export score 0, and nothing says why. The survey does.
func ExampleSurvey() {
	model := qualify.MustCompile(qualify.Policy{
		Name: "b2b", Version: "2026-11",
		Profile: []qualify.Field{
			{Name: "employees", Kind: qualify.Number}, {Name: "revenue", Kind: qualify.Number},
			{Name: "country", Kind: qualify.Code, Values: []string{"DE", "AT", "CH"}},
		},
		Properties: []qualify.Field{{Name: "budget", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "demo_request"}, {ID: "call"}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "200 people or more", When: `lead.employees >= 200`, Points: 20, Else: -10},
			{ID: "revenue", Label: "Revenue", When: `lead.revenue >= 1000000`, Points: 10},
			{ID: "home", Label: "Sold here", When: `lead.country in ["DE", "AT"]`, Points: 5},
			{ID: "demo", Label: "Asked for a demonstration", On: "demo_request", Points: 30},
		},
		Criteria: []qualify.Criterion{{ID: "budget", Label: "Budget", Met: `latest("call", "budget") >= 10000`}},
		Stages:   []qualify.Stage{{ID: "mql", Enter: `score() >= 20`}},
	})
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	did := func(what string, props map[string]any) []qualify.Activity {
		return []qualify.Activity{{ID: "1", Type: what, At: at.AddDate(0, 0, -3), Props: props}}
	}
	leads := []qualify.Lead{
		{ID: "1", Profile: map[string]any{"Employees": "450", "revenue": "2.000.000", "country": "de"}, Activities: did("demo_requested", nil)},
		{ID: "2", Profile: map[string]any{"Employees": "1,200", "revenue": "5.000", "country": "AT", "owner": "Kim"}, Activities: did("call", map[string]any{"Budget": 20000})},
		{ID: "3", Profile: map[string]any{"properties": map[string]any{"employees": 80}}, Activities: did("call", map[string]any{"budget": "20k"})},
		{ID: "4", Profile: map[string]any{"revenue": 3000000, "country": "n/a"}, Stage: "MQL"},
	}

	survey, err := review.NewSurvey(model, at)
	if err != nil {
		log.Fatal(err)
	}
	for lead, err := range review.Leads(leads) {
		survey.Add(lead, err)
	}
	fmt.Print(survey)
	// Output:
	// b2b 2026-11
	// 4 leads as of 2026-11-01 UTC, with 3 activities
	// 1 have no activities
	// Not declared in the profile  leads
	//   Employees                      2  did you mean employees?
	//   properties.employees           1  did you mean employees?
	//   owner                          1
	//   properties                     1
	// Not declared in properties  leads  activities
	//   Budget                        1           1  did you mean budget?
	// Types that no signal takes  leads  activities
	//   demo_requested                1           1  did you mean demo_request?
	// Profile, by leads  known  unknown
	//   lead.employees       0        4  never there
	//   lead.revenue         2        2  1 not of the declared kind
	//                                    2 like thousands ("5.000" is read as 5)
	//   lead.country         1        3  2 not one of the declared values
	//                                    1 like placeholders ("n/a", "Select")
	//                                    1 declared values, spelt otherwise
	// Properties, by activities  known  unknown
	//   activity.budget              0        3  1 not of the declared kind
	//                                            1 numbers in text ("20%", "5k")
	// Signals         leads  occurrences
	//   demo_request      0            0
	//   call              2            2
	// Rules                        yes  no  unknown  paid  mean  least  most  sum
	//   total                                           2  +7.5     +5   +10  +15
	//   200 people or more           0   0        4     0
	//   Revenue                      1   1        2     1   +10    +10   +10  +10
	//   Sold here                    1   0        3     1    +5     +5    +5   +5
	//   Asked for a demonstration    4   0        0     0
	// Criteria  yes  no  unknown  disputed
	//   Budget    0   0        4         0
	// Stages  leads
	//   none      4
	//   mql       0
	// Set aside besides                   leads
	//   stage: not a stage of the policy      1
}
