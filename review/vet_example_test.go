package review_test

import (
	"fmt"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

func ExampleVet() {
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number, Minimum: new(1.0)}},
		Signals: []qualify.Signal{{ID: "webinar"}, {ID: "visit"}},
		Rules: []qualify.Rule{
			{ID: "size", Tiers: []qualify.Tier{{When: "lead.employees >= 50", Points: 5}, {When: "lead.employees >= 200", Points: 10}}},
			{ID: "busy", When: `count("visit", "7d") >= 5 and count("visit", "30d") < 3`, Points: 5},
			{ID: "webinar", On: "webinar", Points: 10, Limit: qualify.Limit{Times: 2}},
		},
		Stages: []qualify.Stage{{ID: "mql", Enter: "score() >= 40"}},
	})
	fmt.Print(review.Vet(model))
	// Output:
	// rule "size", tiers[1].when, 1:16: this tier never pays: while it is yes, tiers[0] before it is not no: lead.employees >= 50 (tier_taken)
	//     lead.employees >= 200
	//                    ^
	// rule "busy", when, 1:53: this can never be yes: count("visit", "7d") >= 5 and count("visit", "30d") < 3 exclude one another (never_yes)
	//     count("visit", "7d") >= 5 and count("visit", "30d") < 3
	//                                                         ^
	// stage "mql", enter, 1:9: no lead enters this stage: score() lies between 0 and 25, and is never >= 40 (unreachable_stage)
	//     score() >= 40
	//             ^
}
