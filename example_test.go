package qualify_test

import (
	"cmp"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

func Example() {
	model, err := qualify.Compile(qualify.Policy{
		Name: "b2b", Version: "2026-11",
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number, Question: "How many people work there?"}},
		Properties: []qualify.Field{
			{Name: "path", Kind: qualify.Code}, {Name: "budget", Kind: qualify.Number}, {Name: "role", Kind: qualify.Text},
			{Name: "need", Kind: qualify.Text}, {Name: "start", Kind: qualify.Time},
		},
		Signals: []qualify.Signal{{ID: "webinar"}, {ID: "whitepaper"}, {ID: "call"},
			{ID: "prices", Types: []string{"page_view"}, Where: `activity.path startsWith "/prices"`}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "200 people or more", When: `lead.employees >= 200`, Points: 20, Else: -10},
			{ID: "webinar", Label: "Webinar", On: "webinar", Points: 20, Limit: qualify.Limit{Times: 2}},
			{ID: "whitepaper", Label: "Whitepaper", On: "whitepaper", Points: 10, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}},
			{ID: "prices", Label: "Studies prices", When: `count("prices", "30d") >= 3`, Points: 15},
		},
		Criteria: qualify.BANT(`latest("call", "budget", "180d") >= 10000`,
			`latest("call", "role") in ["decides", "has a say"]`, `latest("call", "need", "180d") != "none"`,
			`days_until(latest("call", "start")) <= 90`),
		Stages: []qualify.Stage{
			{ID: "mql", Label: "Marketing qualified", Enter: `score() >= 30`, Keep: `score() >= 20`},
			{ID: "sql", Label: "Sales qualified", Enter: `score() >= 40 && met_count("bant") >= 3`},
		},
	})
	if err != nil {
		log.Fatal(err) // every mistake of the policy, each with its line and a caret
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return at.AddDate(0, 0, -days) }
	leads := []qualify.Lead{
		{ID: "Karl", Activities: []qualify.Activity{{Type: "whitepaper", At: ago(60)}}},
		{ID: "Anna", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{
			{Type: "webinar", At: ago(40)}, {Type: "whitepaper", At: ago(30)},
			{ID: "call 17", Type: "call", At: ago(5), Props: map[string]any{"role": "Decides", "need": "one list of leads"}}}},
	}
	ranked := make([]qualify.Assessment, len(leads))
	for i := range leads {
		if ranked[i], err = model.Assess(&leads[i], at); err != nil {
			log.Fatal(err)
		}
	}
	slices.SortFunc(ranked, func(a, b qualify.Assessment) int { return cmp.Compare(b.Score.Points, a.Score.Points) })
	for _, assessment := range ranked {
		fmt.Println(assessment)
	}
	// Output:
	// Anna  at 2026-11-01 UTC
	// Stage  mql, Marketing qualified (enter from none)
	//   because score() >= 30 is yes; score() is 45
	// Missing for sql
	//   met_count("bant") must be >= 3, and is 2; met("budget") is unknown; met("timeline") is unknown
	//     ask: What budget is set aside for this?
	//     ask: When should it be in use?
	// Until  2027-04-25, if no new fact arrives
	// Points 45
	//   +20  200 people or more
	//   +20  Webinar
	//    +5  Whitepaper
	// Checklist
	//   Budget     unknown   ask: What budget is set aside for this?
	//   Authority  yes       latest("call", "role") is Decides (call 17, 2026-10-27)
	//   Need       yes       latest("call", "need", "180d") is one list of leads (call 17, 2026-10-27)
	//   Timeline   unknown   ask: When should it be in use?
	//
	// Karl  at 2026-11-01 UTC
	// Stage  none, a plain lead
	// Missing for mql
	//   score() must be >= 30, and is 2.5
	// Points 2.5 (-7.5 to 22.5 once what is unknown is known)
	//   +2.5  Whitepaper
	// Unknown
	//   lead.employees: the points could be -7.5 to 22.5, ask: How many people work there?
	// Checklist
	//   Budget     unknown   ask: What budget is set aside for this?
	//   Authority  unknown   ask: Who decides, and who else has a say?
	//   Need       unknown   ask: Which problem is this to solve?
	//   Timeline   unknown   ask: When should it be in use?
}
