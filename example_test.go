package qualify_test

import (
	"fmt"
	"time"

	"github.com/qualify-go/qualify"
)

func Example() {
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number, Question: "How many people work there?"}},
		Signals: []qualify.Signal{{ID: "webinar"}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "Company size", When: `lead.employees >= 200`, Points: 20},
			{ID: "webinar", Label: "Webinar", On: "webinar", Points: 30, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}},
		Stages: []qualify.Stage{{ID: "mql", Label: "Marketing-qualified", Enter: `score() >= 30`}}})
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Activities: []qualify.Activity{{Type: "webinar", At: now.AddDate(0, 0, -30)}}}
	assessment, err := model.Assess(&lead, now)
	if err != nil {
		panic(err)
	}
	fmt.Print(assessment)
	// Output:
	// Anna  at 2026-11-01 09:00 UTC
	// Stage  none, a plain lead
	// Missing for mql
	//   score() must be >= 30, and is 15
	// Points 15 (15 to 35 once what is unknown is known)
	//   +15  Webinar
	// Unknown
	//   lead.employees: the points could be 15 to 35, ask: How many people work there?
}
