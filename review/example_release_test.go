package review_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/review"
)

// Somebody wants leads to end their stay after 90 days, and asks for more points.
func ExampleRelease_Check() {
	policy := qualify.Policy{
		Name: "b2b", Version: "2026-11",
		Signals: []qualify.Signal{{ID: "demo"}},
		Rules:   []qualify.Rule{{ID: "demo", On: "demo", Points: 30, Limit: qualify.Limit{Times: 2}}},
		Stages:  []qualify.Stage{{ID: "sql", Label: "Sales-qualified", Enter: `score() >= 30`, Keep: `score() >= 20`}},
	}
	inUse := qualify.MustCompile(policy)
	policy.Version = "2026-12"
	policy.Stages = []qualify.Stage{{ID: "sql", Label: "Sales-qualified", Enter: `score() >= 60`, Keep: `days_in_stage() < 90`}}

	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	release := review.Release{
		Document: []byte(policy.String()),
		Scenarios: func(m *qualify.Model) error {
			return qualifytest.Check(m, fstest.MapFS{"b2b.scenario": {Data: []byte("scenario a demo\n  0d demo\n  at 0d\n    stage sql\n")}})
		},
		InUse: inUse,
		Leads: review.Leads([]qualify.Lead{{ID: "Anna", Activities: []qualify.Activity{{Type: "demo", At: at.AddDate(0, 0, -9)}}, Stage: "sql", StageSince: at.AddDate(0, 0, -9)}}),
		At:    at,
		Limits: review.Limits{
			Moved:     new(0.05), // of the leads, in their present stages
			Newcomers: new(0.20),
		},
	}
	fmt.Print(release.Check())
	// Output:
	// b2b 2026-12 may not go live
	//   vet: stage "sql", keep, 1:17: no lead leaves this stage as time passes: its enter is yes as long as no new fact arrives, and enter holds a lead that keep would let go; to end the stay, let an exit take the lead, or use max_stay to be told of it (never_leaves)
	//       days_in_stage() < 90
	//                       ^
	//   scenarios: b2b.scenario:4: stage sql
	//     in scenario a demo
	//     got: stage none
	//   preview: 1 of 1 lead (100 %) would get another stage if they came new, and at most 20 % may
	// b2b 2026-11 → b2b 2026-12
	// 1 lead as of 2026-11-01 12:00 UTC: 0 differ in stage, stay, rating, bands or answers, 0 in points
	// Stages, old × new  Sales-qualified
	//   Sales-qualified                1
	// As newcomers, old × new  none
	//   Sales-qualified           1
	// Held by keep or min_stay  old  new
	//   Sales-qualified           0    1
}
