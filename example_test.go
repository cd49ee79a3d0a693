package qualify_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
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
	// Blockers for Marketing-qualified
	//   Score must be 30 or more, and is 15
	// Points 15 (15 to 35 once what is unknown is known)
	//   +15  Webinar
	// Unknown
	//   lead.employees: the points could be 15 to 35, ask: How many people work there?
}

// A policy is mostly a document, which those who own it can write.
func ExampleParsePolicy() {
	policy, err := qualify.ParsePolicy([]byte(`{
		"format": 1,
		"name": "b2b",
		"signals": [{"id": "webinar"}],
		"rules": [{"id": "webinar", "on": "webinar", "points": 30, "decay": {"half_life": "30d"}}],
		"stages": [{"id": "mql", "enter": "score() >= 20"}]
	}`))
	if err != nil {
		log.Fatal(err) // every mistake of the document, with its line and a caret
	}
	fmt.Println(policy.Name, policy.Rules[0].Points, policy.Rules[0].Decay.HalfLife, policy.Stages[0].Enter)
	// Output:
	// b2b 30 30d score() >= 20
}

// The location decides where calendar days begin.
func ExampleCompile() {
	zone := time.FixedZone("UTC+9", 9*60*60)
	policy := qualify.Policy{
		Signals: []qualify.Signal{{ID: "visit"}},
		Rules:   []qualify.Rule{{ID: "visits", On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, Calendar: "day"}}},
	}
	evening := time.Date(2026, 11, 1, 14, 0, 0, 0, time.UTC) // 23:00 in the zone
	lead := qualify.Lead{Activities: []qualify.Activity{
		{Type: "visit", At: evening},
		{Type: "visit", At: evening.Add(2 * time.Hour)},
	}}
	for _, location := range []*time.Location{time.UTC, zone} {
		model, err := qualify.Compile(policy, qualify.WithLocation(location))
		if err != nil {
			log.Fatal(err)
		}
		assessment, err := model.Assess(&lead, evening.AddDate(0, 0, 1))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(model.Location(), assessment.Score.Points)
	}
	// Output:
	// UTC 1
	// UTC+9 2
}

// Compile reports all mistakes at once, as data and as text.
func ExampleCompileError() {
	_, err := qualify.Compile(qualify.Policy{
		Name:    "b2b",
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number}},
		Rules: []qualify.Rule{
			{ID: "size", When: `lead.employes >= 200`, Points: 20},
			{ID: "webinar", On: "webinar", Points: 30},
		},
	})
	var wrong *qualify.CompileError
	if errors.As(err, &wrong) {
		for _, m := range wrong.Mistakes {
			fmt.Println(m.Path, m.ID, m.Field)
		}
	}
	fmt.Println(err)
	// Output:
	// rules[0] size when
	// rules[1] webinar on
	// policy "b2b": 2 mistakes
	// rule "size", when, 1:6: lead has no attribute employes: did you mean employees?
	//     lead.employes >= 200
	//          ^
	// rule "webinar", on, 1:1: there is no signal "webinar"; to add it, declare {"id": "webinar"} in signals
	//     "webinar"
	//     ^
}

// BANT gives four criteria, to be changed like any other.
func ExampleBANT() {
	criteria := qualify.BANT(
		`latest("call", "budget", "180d") >= 10000`,
		`latest("call", "role") in ["decides", "has a say"]`,
		`known(latest("call", "need"))`,
		`days_until(latest("call", "start")) >= 0 and days_until(latest("call", "start")) <= 90`)
	criteria[1].Question = "Who signs?"
	model := qualify.MustCompile(qualify.Policy{
		Properties: []qualify.Field{{Name: "budget", Kind: qualify.Number}, {Name: "role", Kind: qualify.Text},
			{Name: "need", Kind: qualify.Text}, {Name: "start", Kind: qualify.Time}},
		Signals:  []qualify.Signal{{ID: "call"}},
		Criteria: criteria,
		Stages:   []qualify.Stage{{ID: "sql", Enter: `met_count("bant") >= 3`}},
	})
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Activities: []qualify.Activity{{ID: "call 17", Type: "call", At: now.AddDate(0, 0, -5),
		Props: map[string]any{"budget": 20000, "need": "one list of leads"}}}}
	assessment, err := model.Assess(&lead, now)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(assessment.Checklist.Met("bant"), "are met")
	fmt.Print(assessment.Checklist)
	for _, b := range assessment.Verdict.Blockers {
		fmt.Println(b.Fact, b.Want, b.Questions)
	}
	// Output:
	// 2 are met
	// Budget     yes       latest("call", "budget", "180d") is 20000 (call 17, 2026-10-27)
	// Authority  unknown   ask: Who signs?
	// Need       yes       latest("call", "need") is one list of leads (call 17, 2026-10-27)
	// Timeline   unknown   ask: When should it be in use?
	// met_count("bant") >= 3 [Who signs? When should it be in use?]
}

// Numbers and answers in a lead may be text, as in an export.
func ExampleLead() {
	var lead qualify.Lead
	err := json.Unmarshal([]byte(`{
		"id": "Anna",
		"profile": {"employees": "450", "verified": "yes"},
		"activities": [{"id": "w1", "type": "webinar", "at": "2026-10-02T09:00:00Z", "props": {"minutes": 45}}],
		"stage": "mql",
		"stage_since": "2026-10-02T09:00:00Z"
	}`), &lead)
	if err != nil {
		log.Fatal(err)
	}
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number}, {Name: "verified", Kind: qualify.Bool}},
		Stages:  []qualify.Stage{{ID: "mql", Enter: `lead.employees >= 200 and lead.verified`}},
	})
	assessment, err := model.Assess(&lead, time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(assessment.Verdict)
	// Output:
	// Stage  mql, since 2026-10-02 09:00
	//   because lead.employees is 450, and must be 200 or more
	//   because lead.verified is yes
}

// sales is the model of the examples below.
func sales() *qualify.Model {
	return qualify.MustCompile(qualify.Policy{
		Profile:    []qualify.Field{{Name: "employees", Kind: qualify.Number, Label: "Company size"}},
		Properties: []qualify.Field{{Name: "budget", Kind: qualify.Number, Minimum: new(0.0)}},
		Signals:    []qualify.Signal{{ID: "webinar"}, {ID: "call"}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "Company size", When: `lead.employees >= 200`, Points: 20},
			{ID: "webinar", Label: "Webinar", On: "webinar", Points: 30, Limit: qualify.Limit{Times: 1}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}},
			{ID: "budget", Label: "Budget", When: `latest("call", "budget", "90d") >= 10000`, Points: 25},
		},
		Stages: []qualify.Stage{
			{ID: "mql", Enter: `score() >= 30`, Keep: `score() >= 10`},
			{ID: "sql", Enter: `score() >= 60`, Keep: `score() >= 30`},
		},
	})
}

// AssessInto uses the memory of an assessment again, and allocates nothing.
func ExampleModel_AssessInto() {
	model := sales()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	leads := []qualify.Lead{
		{ID: "Anna", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{{Type: "webinar", At: now}}},
		{ID: "Karl"},
	}
	var assessment qualify.Assessment
	for i := range leads {
		if err := model.AssessInto(&assessment, &leads[i], now); err != nil {
			log.Fatal(err)
		}
		fmt.Println(assessment.Lead, assessment.Score.Points, assessment.Verdict.Stage)
	}
	// Output:
	// Anna 50 mql
	// Karl 0
}

// Until is when to look again if no new fact arrives. Store stage and since each time.
func ExampleAssessment_until() {
	model := sales()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Activities: []qualify.Activity{{Type: "webinar", At: now}}}
	for {
		assessment, err := model.Assess(&lead, now)
		if err != nil {
			log.Fatal(err)
		}
		lead.Stage, lead.StageSince = assessment.Verdict.Stage, assessment.Verdict.Since
		if move := assessment.Verdict.Move; move != "none" { // none, where Until was early
			fmt.Printf("%s  %-6s  %q\n", now.Format(time.DateTime), move, lead.Stage)
		}
		if assessment.Until.IsZero() {
			break // it never changes by itself
		}
		now = assessment.Until
	}
	// Output:
	// 2026-11-01 09:00:00  enter   "mql"
	// 2026-12-18 22:10:22  demote  ""
}

// Explain says what each part of a condition saw, and what became of each activity.
func ExampleModel_Explain() {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{
		{ID: "w1", Type: "webinar", At: now.AddDate(0, 0, -60)},
		{ID: "w2", Type: "webinar", At: now.AddDate(0, 0, -30)},
	}}
	explanation, err := sales().Explain(&lead, now)
	if err != nil {
		log.Fatal(err)
	}
	for _, rule := range explanation.Rules[:2] {
		fmt.Print(rule)
	}
	// Output:
	// size, Company size
	//   when lead.employees >= 200 is yes; lead.employees is 450
	// webinar, Webinar
	//   on webinar
	//     +15  webinar w2, 2026-10-02 09:00, worth 30
	//     0  webinar w1, 2026-09-02 09:00, worth 30, left out: limit
}

// Levers are the single new facts that would move a lead on.
func ExampleModel_Levers() {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Activities: []qualify.Activity{{Type: "webinar", At: now.AddDate(0, 0, -30)}}}
	levers, err := sales().Levers(&lead, now)
	if err != nil {
		log.Fatal(err)
	}
	for _, lever := range levers {
		fmt.Println(lever)
	}
	// Output:
	// one more webinar: mql with 30 points
	// Company size is 200: mql with 35 points
	// one more call, with activity.budget 10000: mql with 40 points
}

// A tracker follows one lead as facts arrive. Store its verdicts with SetStage.
func ExampleTracker() {
	tracker := sales().Track(&qualify.Lead{ID: "Anna"})
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	var assessment qualify.Assessment
	assess := func() {
		if err := tracker.AssessInto(&assessment, now); err != nil {
			log.Fatal(err)
		}
		tracker.SetStage(assessment.Verdict.Stage, assessment.Verdict.Since)
		next, err := tracker.Next(now)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(assessment.Verdict.Stage, assessment.Score.Points, "until", next.Format(time.DateTime))
	}
	tracker.Add(qualify.Activity{ID: "w1", Type: "webinar", At: now})
	assess()
	now = now.AddDate(0, 0, 5)
	tracker.Set("employees", 450)
	tracker.Add(qualify.Activity{ID: "c1", Type: "call", At: now, Props: map[string]any{"budget": 20000}})
	assess()
	// Output:
	// mql 30 until 2026-12-18 22:10:22
	// sql 71.726962 until 2027-02-04 09:00:00
}

// Timeline goes from change to change: a year, replayed or foretold.
func ExampleTracker_Timeline() {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tracker := sales().Track(&qualify.Lead{ID: "Anna", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{
		{Type: "webinar", At: start.AddDate(0, 1, 0)},
		{Type: "call", At: start.AddDate(0, 1, 10), Props: map[string]any{"budget": 20000}},
		{Type: "webinar", At: start.AddDate(0, 3, 0)},
	}})
	for assessment, err := range tracker.Timeline(start, start.AddDate(1, 0, 0)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s  %-7s  %q\n", assessment.At.Format(time.DateOnly), assessment.Verdict.Move, assessment.Verdict.Stage)
	}
	// Output:
	// 2026-01-01  none     ""
	// 2026-02-01  enter    "mql"
	// 2026-02-11  promote  "sql"
	// 2026-05-18  demote   "mql"
}

// A record as a CRM's API gives it: times in its own spelling, lists in one text, values further down.
// What was imported without its stages gets them, with true dates.
func ExampleModel_Replay() {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lead := qualify.Lead{ID: "Anna", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{
		{Type: "webinar", At: start.AddDate(0, 1, 0)},
		{Type: "call", At: start.AddDate(0, 1, 10), Props: map[string]any{"budget": 20000}},
		{Type: "webinar", At: start.AddDate(0, 3, 0)},
	}}
	replay, err := sales().Replay(&lead, start.AddDate(0, 6, 0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(replay)
	lead.Stage, lead.StageSince = replay.Stage, replay.Since // to be stored
	// Output:
	// Anna at 2026-07-01: mql, since 2026-05-18 13:10:22
	//   2026-02-01  enter from none to mql with 50 points
	//   2026-02-11  promote from mql to sql with 68.811016 points
	//   2026-05-18 13:10:22  demote from sql to mql with 29.999999 points
}

// What two leads know differently is for the caller to decide.
func ExampleModel_Merge() {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	model := sales()
	form := qualify.Lead{ID: "form-17", Profile: map[string]any{"employees": "40"}, Activities: []qualify.Activity{{ID: "w1", Type: "webinar", At: start}}}
	card := qualify.Lead{ID: "card-3", Profile: map[string]any{"employees": 450}, Activities: []qualify.Activity{{ID: "w1", Type: "webinar", At: start}}}
	merged, conflicts, err := model.Merge("Anna", &form, &card)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range conflicts {
		fmt.Println(c)
		merged.Profile[c.Key] = c.Values[0]
	}
	fmt.Println(len(merged.Activities), merged.Profile["employees"])
	// Output:
	// Company size: known differently by card-3, form-17
	// 1 450
}

// ReadLeads reads a file of leads, here one a line. To rank them, sort their assessments by points.
func ExampleModel_ReadLeads() {
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number}},
		Signals: []qualify.Signal{{ID: "demo"}},
		Rules: []qualify.Rule{
			{ID: "size", When: `lead.employees >= 200`, Points: 20},
			{ID: "demo", On: "demo", Points: 30}}})
	file := strings.NewReader(`
		{"id": "Anna", "profile": {"employees": 450}}
		{"id": "Bo", "activities": [{"type": "demo", "at": "2026-10-20T10:00:00Z"}]}
		{"id": "Chloé", "profile": {"employees": 20}}`)
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

	var ranked []qualify.Assessment
	for lead, err := range model.ReadLeads(file) {
		if err != nil {
			fmt.Println(err) // and go on with the next one
			continue
		}
		assessment, err := model.Assess(&lead, now)
		if err != nil {
			fmt.Println(err)
			continue
		}
		ranked = append(ranked, assessment)
	}
	slices.SortStableFunc(ranked, func(a, b qualify.Assessment) int {
		return cmp.Compare(b.Score.Points, a.Score.Points)
	})
	for i, a := range ranked {
		fmt.Println(i+1, a.Lead, a.Score.Points, a.Score.Range)
	}
	// Output:
	// 1 Bo 30 30 to 50
	// 2 Anna 20 20
	// 3 Chloé 0 0
}

func ExampleModel_ParseLead() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{
			{Name: "employees", Kind: qualify.Number, From: "company.employees"},
			{Name: "interests", Kind: qualify.Texts, Separator: ","},
			{Name: "demo", Kind: qualify.Time, Epoch: "ms"},
			{Name: "unsubscribed", Kind: qualify.Bool, Default: "false"},
		},
		Signals: []qualify.Signal{{ID: "call"}},
		Rules: []qualify.Rule{
			{ID: "size", When: `lead.employees >= 200`, Points: 20},
			{ID: "interest", When: `lead.interests in ["fleet", "leasing"]`, Points: 10},
			{ID: "demo", When: `lead.demo <= now`, Points: 5},
			{ID: "call", On: "call", Points: 1},
		},
		Stages: []qualify.Stage{{ID: "mql", Enter: `score() >= 30 and not lead.unsubscribed`}},
	}, qualify.WithLocation(berlin))
	lead, err := model.ParseLead([]byte(`{
		"id": 4711,
		"profile": {"company": {"employees": "450"}, "interests": "Fleet, Parking", "demo": 1790000000000},
		"activities": [
			{"id": 1, "type": "call", "at": "2026-10-30 14:00"},
			{"id": 2, "type": "call", "at": "last week"}
		]}`))
	if err != nil {
		log.Fatal(err) // it is no JSON object
	}
	assessment, err := model.Assess(&lead, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(assessment)
	// Output:
	// 4711  at 2026-11-01 UTC
	// Stage  mql (enter from none)
	//   because Score is 36, and must be 30 or more
	//   because lead.unsubscribed is no
	// Points 36
	//   +20  size
	//   +10  interest
	//    +5  demo
	//    +1  call
	// Set aside
	//   activity.at: without a time that can be read, or before 1677-09-21T00:12:43.145224192Z, first in 2
}
