package account_test

import (
	"fmt"
	"log"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/account"
)

// A buying group of three roles, each with its weight. What the members have is
// their own assessments', by whatever model scores the leads.
func Example() {
	roles := []account.Role{
		{ID: "decision maker", Label: "Decision maker", Weight: 100, Question: "Who signs?"},
		{ID: "influencer", Label: "Influencer", Weight: 80, Question: "Whom will they ask?"},
		{ID: "practitioner", Label: "Practitioner", Weight: 60, Question: "Who will work with it?"},
	}
	policy, err := account.Policy(roles...)
	if err != nil {
		log.Fatal(err)
	}
	if policy.Rules, err = account.RoleWeighted(roles...); err != nil {
		log.Fatal(err)
	}
	policy.Groups = []qualify.Group{{ID: "total", Bands: []qualify.Band{{Label: "cold"}, {From: new(30.0), Label: "warm"}}}}
	policy.Stages = []qualify.Stage{{ID: "mqa", Label: "Marketing-qualified account", Enter: `score() >= 20 && all_met("roles")`}}
	model, err := qualify.Compile(policy)
	if err != nil {
		log.Fatal(err)
	}

	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	scored := func(lead string, points float64) qualify.Assessment {
		return qualify.Assessment{Lead: lead, At: at, Score: qualify.Score{Points: points}}
	}
	acme := account.Lead("Acme",
		account.Member{Role: "Decision maker", Assessment: scored("Adam", 52)},
		account.Member{Role: "Influencer", Assessment: scored("John", 28)})
	assessment, err := model.Assess(&acme, at)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(assessment)
	// Output:
	// Acme  at 2026-11-01 UTC
	// Stage  none, a plain lead
	// Blockers for Marketing-qualified account
	//   All criteria met must be yes, and is unknown; Practitioner is unknown
	//     ask: Who will work with it?
	// Points 31, band warm
	//   +21.67  Decision maker
	//    +9.33  Influencer
	// Checklist
	//   Decision maker  yes       Count of Decision maker is 1 (Adam, 2026-11-01)
	//   Influencer      yes       Count of Influencer is 1 (John, 2026-11-01)
	//   Practitioner    unknown   ask: Who will work with it?
}
