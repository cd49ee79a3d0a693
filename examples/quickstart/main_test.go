package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

var update = flag.Bool("update", false, "rewrite testdata")

var at = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func builtIn(t *testing.T) (*qualify.Model, []qualify.Lead) {
	t.Helper()
	policy, err := qualify.ParsePolicy(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	var leads []qualify.Lead
	if err := json.Unmarshal(leadsFile, &leads); err != nil {
		t.Fatal(err)
	}
	return model, leads
}

func find(t *testing.T, leads []qualify.Lead, id string) *qualify.Lead {
	t.Helper()
	i := slices.IndexFunc(leads, func(l qualify.Lead) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("there is no lead %s", id)
	}
	return &leads[i]
}

func assess(t *testing.T, model *qualify.Model, lead *qualify.Lead) qualify.Assessment {
	t.Helper()
	a, err := model.Assess(lead, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPrintOut(t *testing.T) {
	for name, args := range map[string][]string{"quickstart.txt": nil, "all.txt": {"-all"}} {
		var got bytes.Buffer
		if err := run(&got, args); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("the print-out changed; if it should, run go test -update (-want +got):\n%s", diff)
		}
		for line := range strings.Lines(got.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > lineWidth {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

// Three leads are printed in full: of as many stages as there are.
func TestInFull(t *testing.T) {
	for _, test := range []struct {
		stages string // a letter each
		want   []int
	}{{"aabbcd", []int{0, 2, 4}}, {"aaab", []int{0, 1, 3}}, {"aaaa", []int{0, 1, 2}}, {"ab", []int{0, 1}}, {"", nil}} {
		var ranking []ranked
		for _, stage := range test.stages {
			ranking = append(ranking, ranked{Assessment: qualify.Assessment{Verdict: qualify.Verdict{Stage: string(stage)}}})
		}
		if got := inFull(ranking); !slices.Equal(got, test.want) {
			t.Errorf("of %q: %v; want %v", test.stages, got, test.want)
		}
	}
}

// Every situation, and what becomes of it.
func TestSituations(t *testing.T) {
	const (
		yes, no, unknown, disputed = qualify.Yes, qualify.No, qualify.Unknown, qualify.Disputed
	)
	model, leads := builtIn(t)
	tests := []struct {
		lead, situation string
		stage, move     string
		bant            [4]qualify.Answer
	}{
		{"L01", "the model buyer", "sql", "promote", [4]qualify.Answer{yes, yes, yes, yes}},
		{"L02", "asks for a demo on day one", "mql", "enter", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L03", "the admirer without money", "", "none", [4]qualify.Answer{no, yes, unknown, unknown}},
		{"L04", "two years of newsletters", "", "none", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L05", "the student", "", "none", [4]qualify.Answer{no, yes, unknown, unknown}},
		{"L06", "the competitor", "disqualified", "exit", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L07", "gone quiet", "", "demote", [4]qualify.Answer{yes, yes, yes, no}},
		{"L08", "a champion without authority", "mql", "none", [4]qualify.Answer{unknown, no, yes, yes}},
		{"L09", "the same activity delivered twice", "mql", "enter", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L10", "a blank form", "", "none", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L11", "sent back by sales", "recycled", "exit", [4]qualify.Answer{yes, yes, yes, yes}},
		{"L12", "sent back, nurtured, and back again", "mql", "return", [4]qualify.Answer{unknown, unknown, no, unknown}},
		{"L13", "a customer, made one by hand", "customer", "none", [4]qualify.Answer{unknown, yes, unknown, unknown}},
		{"L14", "a customer who asks for the other product", "sql", "return", [4]qualify.Answer{yes, yes, yes, unknown}},
		{"L15", "facts that disagree", "mql", "none", [4]qualify.Answer{disputed, yes, yes, unknown}},
		{"L16", "an export in which every value is text", "sql", "enter", [4]qualify.Answer{yes, yes, yes, yes}},
		{"L17", "values and a stage that the policy does not know", "", "none", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L18", "held by the shortest stay", "mql", "none", [4]qualify.Answer{unknown, unknown, unknown, unknown}},
		{"L19", "below the points to enter, and kept, but overdue", "sql", "none", [4]qualify.Answer{yes, yes, yes, no}},
	}
	if len(tests) != len(leads) {
		t.Errorf("%d situations for %d leads", len(tests), len(leads))
	}
	for _, test := range tests {
		t.Run(test.lead+" "+test.situation, func(t *testing.T) {
			a := assess(t, model, find(t, leads, test.lead))
			if a.Verdict.Stage != test.stage || string(a.Verdict.Move) != test.move {
				t.Errorf("stage %q, move %s; want %q, %s", a.Verdict.Stage, a.Verdict.Move, test.stage, test.move)
			}
			for i, criterion := range []string{"budget", "authority", "need", "timeline"} {
				if got := a.Checklist.Answer(criterion); got != test.bant[i] {
					t.Errorf("%s is %s; want %s", criterion, got, test.bant[i])
				}
			}
		})
	}
	t.Run("what is set aside", func(t *testing.T) {
		got := map[string][]string{}
		for i := range leads {
			for _, issue := range assess(t, model, &leads[i]).Issues {
				got[leads[i].ID] = append(got[leads[i].ID], string(issue.Problem)+" "+issue.Field)
			}
		}
		want := map[string][]string{
			"L09": {"repeated_differently activity"},
			"L17": {
				"unknown_stage stage", "not_in_values lead.segment", "wrong_kind lead.employees",
				"wrong_kind activity.budget", "not_in_values activity.role", "wrong_kind activity.start",
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("overdue", func(t *testing.T) {
		// In the stage since 10 September; 45 days later it is 25 October.
		v := assess(t, model, find(t, leads, "L19")).Verdict
		if due := time.Date(2026, 10, 25, 9, 0, 0, 0, time.UTC); !v.Due.Equal(due) || !v.Overdue {
			t.Errorf("due %s, overdue %t; want %s, true", v.Due, v.Overdue, due)
		}
	})
}

// byHand is an assessment worked out on paper.
type byHand struct {
	// rules are those that pay; all others pay nothing.
	rules map[string]float64
	// Of each group: the sum of its rules, what counts of it, and in which range
	// it lies.
	fit, engagement, readiness hand
	total, low, high           float64
	rating                     string
	blockers                   []string
}

type hand struct{ sum, counts, low, high float64 }

// millionths rounds what a rule pays: once, before the group adds it up.
func millionths(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// halves is what is left of points after an age, with a half-life of 30 days.
func halves(points, days float64) float64 { return points * math.Exp2(-days/30) }

func (want byHand) check(t *testing.T, a qualify.Assessment) {
	t.Helper()
	rules := map[string]float64{}
	for _, c := range a.Score.Contributions {
		if c.Points != 0 {
			rules[c.Rule] = c.Points
		}
	}
	if diff := cmp.Diff(want.rules, rules); diff != "" {
		t.Errorf("rules (-by hand +library):\n%s", diff)
	}
	groups := map[string]hand{}
	for _, g := range a.Score.Groups {
		groups[g.Group] = hand{g.Raw, g.Points, g.Range.Low, g.Range.High}
		if g.Lost != millionths(g.Raw-g.Points) {
			t.Errorf("%s lost %v of %v, and has %v", g.Group, g.Lost, g.Raw, g.Points)
		}
	}
	// Sums of millionths in floating point are off by less than one.
	hands := map[string]hand{"fit": want.fit, "engagement": want.engagement, "readiness": want.readiness}
	for id, h := range hands {
		h.sum = millionths(h.sum)
		hands[id] = h
	}
	if diff := cmp.Diff(hands, groups, cmp.AllowUnexported(hand{})); diff != "" {
		t.Errorf("groups (-by hand +library):\n%s", diff)
	}
	s := a.Score
	if s.Points != want.total || s.Raw != want.total || s.Lost != 0 {
		t.Errorf("total %v of %v; by hand %v", s.Points, s.Raw, want.total)
	}
	if s.Range != (qualify.Range{Low: want.low, High: want.high}) {
		t.Errorf("range %s; by hand %v to %v", s.Range, want.low, want.high)
	}
	if s.Rating != want.rating {
		t.Errorf("rating %s; by hand %s", s.Rating, want.rating)
	}
	blockers := []string{}
	for _, b := range a.Verdict.Blockers {
		blockers = append(blockers, b.Stage+": "+b.Fact+" "+b.Want)
	}
	if diff := cmp.Diff(want.blockers, blockers); diff != "" {
		t.Errorf("blockers (-by hand +library):\n%s", diff)
	}
}

// L01, Katarzyna: decay of two kinds, limits, and two caps.
func TestByHandDecay(t *testing.T) {
	// Two papers: the fleet guide came twice, and only the newest counts, 15 days
	// old; the other one is 30 days old, exactly one half-life.
	papers := millionths(halves(10, 15) + 10.0/2)
	// 30 of 90 days are gone, in a straight line: two thirds are left.
	webinar := millionths(20 * 2.0 / 3)
	// Five pages on 25 October, of which three a day count, and do not decay.
	pages := 3.0
	// The fifth of them, at 09:00, makes it five in a day. That was 7 days ago.
	fivePages := millionths(halves(5, 7))
	// Three of the pages are prices.
	pricing := 10.0
	// Asked 15 days ago.
	testDrive := millionths(halves(30, 15))
	// Two calls, 10 and 3 days ago, at most 15 points in 30 days before decay: the
	// first has 10 of them, the second the other 5.
	calls := millionths(halves(10, 10) + halves(5, 3))
	engagement := papers + webinar + pages + fivePages + pricing + testDrive + calls // 76.47

	want := byHand{
		rules: map[string]float64{
			// Poland; 420 people; fleet manager; confirmed; fleet. A company's income
			// does not matter: its first tier pays nothing.
			"region": 5, "company_size": 10, "role": 10, "verified": 5, "interest": 5,
			"whitepaper": papers, "webinar": webinar, "pages": pages, "five_pages": fivePages,
			"pricing": pricing, "demo_request": testDrive, "call": calls,
			"has_budget": 5, "has_authority": 5, "has_need": 5, "has_date": 5,
		},
		fit:        hand{sum: 5 + 10 + 10 + 5 + 5, counts: 30, low: 30, high: 30}, // 35, at most 30
		engagement: hand{sum: engagement, counts: 50, low: 50, high: 50},          // rounded 76, at most 50
		readiness:  hand{sum: 20, counts: 20, low: 20, high: 20},
		// Whatever is asked for is known, but the income, which a company's points
		// do not depend on: the range is a point.
		total: 30 + 50 + 20, low: 100, high: 100,
		rating:   "A1", // 30 >= 20, and 50 >= 40
		blockers: []string{},
	}
	model, leads := builtIn(t)
	a := assess(t, model, find(t, leads, "L01"))
	want.check(t, a)

	// Budget: 180,000 >= 30,000, told in the first call; the second call, which
	// has none, does not hide it. Authority: "Decision maker", typed with a
	// capital. Need: not "none". Timeline: from 1 November 09:00 to 15 December
	// 00:00 it is 43 days and 15 hours, between 0 and 90.
	if got := a.Checklist.Met("bant"); got != 4 {
		t.Errorf("%d answers are yes; by hand 4", got)
	}
	timeline := a.Checklist[3].Facts
	if days := 43 + 15.0/24; len(timeline) != 1 || timeline[0].Number != days {
		t.Errorf("the timeline rests on %v; by hand on %v days", timeline, days)
	}
	// No exit is open: nothing was returned, bought or found. From mql, sql opens:
	// 100 >= 60, 4 >= 3, confirmed. Nothing lies between, and nothing comes next.
	// 45 days from now it is 16 December.
	v := a.Verdict
	if v.Stage != "sql" || v.Move != "promote" || v.From != "mql" || len(v.Skipped) != 0 || v.Next != "" || !v.Since.Equal(at) {
		t.Errorf("verdict %+v", v)
	}
	if due := time.Date(2026, 12, 16, 9, 0, 0, 0, time.UTC); !v.Due.Equal(due) || v.Overdue {
		t.Errorf("due %s; by hand %s", v.Due, due)
	}
}

// L02, Mats: what is unknown, and what the points could be.
func TestByHandRange(t *testing.T) {
	// Three pages today, and a test drive asked for 20 minutes ago. The call of 5
	// November has not happened.
	testDrive := millionths(halves(30, 20.0/(24*60)))
	want := byHand{
		rules: map[string]float64{
			// Sweden; 12 people are below 50, and the segment is known, so that is a
			// definite no; owner; fleet. The address is unknown: neither 5 nor -5.
			"region": 5, "company_size": -5, "role": 10, "interest": 5,
			"pages": 3, "demo_request": testDrive,
		},
		// 5 - 5 + 10 + 5, and the address is worth -5 to 5.
		fit: hand{sum: 15, counts: 15, low: 10, high: 20},
		// 32.99, rounded. All that it asks for is history, which is complete.
		engagement: hand{sum: 3 + testDrive, counts: 33, low: 33, high: 33},
		// No answer is known. The budget is worth -30 to 5, each other one 0 to 5.
		readiness: hand{sum: 0, counts: 0, low: -30, high: 20},
		total:     15 + 33 + 0, low: 10 + 33 - 30, high: 20 + 33 + 20,
		rating: "B2", // 15 lies between 10 and 20, 33 between 25 and 40
		// 48 < 60, none of three answers, and nobody knows the address.
		blockers: []string{"sql: score() >= 60", `sql: met_count("bant") >= 3`, "sql: lead.email_verified true"},
	}
	model, leads := builtIn(t)
	lead := find(t, leads, "L02")
	a := assess(t, model, lead)
	want.check(t, a)

	// mql opens: 33 >= 25, and B is enough.
	if v := a.Verdict; v.Stage != "mql" || v.Move != "enter" || v.Next != "sql" {
		t.Errorf("verdict %+v", v)
	}
	for _, c := range a.Checklist {
		if c.Answer != qualify.Unknown {
			t.Errorf("%s is %s", c.Criterion, c.Answer)
		}
	}
	// Each unknown fact alone, from the total of 48; the two widest come first. The
	// income is not known either, and moves nothing: he buys for his company.
	missing := map[string]qualify.Range{}
	for _, m := range a.Score.Unknown {
		if m.Range.Low != m.Range.High {
			missing[m.Fact] = m.Range
		}
	}
	alone := map[string]qualify.Range{
		`latest("call", "budget", "365d")`: {Low: 48 - 30, High: 48 + 5},
		"lead.email_verified":              {Low: 48 - 5, High: 48 + 5},
		`latest("call", "role", "365d")`:   {Low: 48, High: 48 + 5},
		`latest("call", "need", "365d")`:   {Low: 48, High: 48 + 5},
		`latest("call", "start", "365d")`:  {Low: 48, High: 48 + 5},
	}
	if diff := cmp.Diff(alone, missing); diff != "" {
		t.Errorf("missing (-by hand +library):\n%s", diff)
	}

	// Both ends are reached when a seller calls him now and hears the worst, or the
	// best. The call itself is a new fact, which the range does not foresee: it
	// brings 10 points of engagement, which then is 42.99, rounded 43.
	for _, end := range []struct {
		name     string
		verified bool
		told     map[string]any
		fit      float64
		answers  float64
	}{
		{"worst", false, map[string]any{"budget": 5000, "role": "user", "need": "none", "start": "2027-11-01"}, 10, -30},
		{"best", true, map[string]any{"budget": 60000, "role": "influencer", "need": "a van", "start": "2026-12-01"}, 20, 20},
	} {
		told := *lead
		told.Profile = maps.Clone(lead.Profile)
		told.Profile["email_verified"] = end.verified
		told.Activities = append(slices.Clone(lead.Activities), qualify.Activity{ID: "now", Type: "call", At: at, Props: end.told})
		if got := assess(t, model, &told).Score.Points; got != end.fit+43+end.answers {
			t.Errorf("%s: %v; by hand %v", end.name, got, end.fit+43+end.answers)
		}
	}
}

// L09, Jan: what comes twice, and what is limited.
func TestByHandRepeats(t *testing.T) {
	// The webinar of 17 October was delivered twice and is one, 15 days old: 75 of
	// 90 days are left. Of the two downloads with one ID the first counts, of 2
	// October, one half-life old. Four pages in a day, of which three count. Two
	// newsletters in the week from Monday 26 October, of which the first counts,
	// 6 days old.
	webinar := millionths(20 * 75.0 / 90)
	paper := 10.0 / 2
	pages := 3.0
	newsletter := millionths(halves(1, 6))
	want := byHand{
		rules: map[string]float64{
			// Netherlands; 80 people; "Head of International Sales" is a head, and no
			// intern; confirmed; fleet.
			"region": 5, "company_size": 5, "role": 5, "verified": 5, "interest": 5,
			"webinar": webinar, "whitepaper": paper, "pages": pages, "newsletter": newsletter,
		},
		fit:        hand{sum: 25, counts: 25, low: 25, high: 25},
		engagement: hand{sum: webinar + paper + pages + newsletter, counts: 26, low: 26, high: 26}, // 25.54
		readiness:  hand{sum: 0, counts: 0, low: -30, high: 20},
		total:      25 + 26, low: 25 + 26 - 30, high: 25 + 26 + 20,
		rating:   "A2",
		blockers: []string{"sql: score() >= 60", `sql: met_count("bant") >= 3`},
	}
	model, leads := builtIn(t)
	lead := find(t, leads, "L09")
	a := assess(t, model, lead)
	want.check(t, a)
	for _, c := range a.Score.Contributions {
		if once := map[string]int{"webinar": 1, "whitepaper": 1, "pages": 3, "newsletter": 1}[c.Rule]; c.Count != once {
			t.Errorf("%s pays %d times; by hand %d", c.Rule, c.Count, once)
		}
	}
	// mql opens: 26 >= 25, and A. Only the download was delivered differently.
	if a.Verdict.Stage != "mql" || a.Verdict.Move != "enter" {
		t.Errorf("verdict %+v", a.Verdict)
	}
	if diff := cmp.Diff([]qualify.Issue{{Problem: "repeated_differently", Field: "activity", Activity: "dl-5", Count: 1}}, a.Issues); diff != "" {
		t.Errorf("issues (-by hand +library):\n%s", diff)
	}

	// Without their IDs all deliveries would count: two webinars, and the second
	// paper, of 3 October, 29 days old. The limits would still hold.
	apart := *lead
	apart.Activities = slices.Clone(lead.Activities)
	for i := range apart.Activities {
		apart.Activities[i].ID = ""
	}
	byHand := millionths(2*20*75.0/90) + millionths(paper+halves(10, 29)) + pages + newsletter // 47.32
	if got := assess(t, model, &apart).Score.Groups[1].Raw; got != millionths(byHand) {
		t.Errorf("counted apart, the engagement is %v; by hand %v", got, byHand)
	}
}

// The order in which leads and activities arrive changes nothing.
func TestShuffled(t *testing.T) {
	model, leads := builtIn(t)
	policy := model.Policy()
	print := func() string {
		ranking, err := rank(model, leads, at)
		if err != nil {
			t.Fatal(err)
		}
		assessments, err := json.Marshal(ranking)
		if err != nil {
			t.Fatal(err)
		}
		return sheet(policy, ranking, at, true) + string(assessments)
	}
	want := print()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(leads), func(i, j int) { leads[i], leads[j] = leads[j], leads[i] })
		for _, l := range leads {
			random.Shuffle(len(l.Activities), func(i, j int) { l.Activities[i], l.Activities[j] = l.Activities[j], l.Activities[i] })
		}
		if diff := cmp.Diff(want, print()); diff != "" {
			t.Fatalf("another order, another print-out (-want +got):\n%s", diff)
		}
	}
}

// What a lead holds makes no lines and no directions of its own.
func TestHostileText(t *testing.T) {
	model, _ := builtIn(t)
	printed := func(mark string) string {
		text := "a" + mark + "b"
		ranking, err := rank(model, []qualify.Lead{{
			ID: text, Stage: text, Profile: map[string]any{"name": text, "company": text, "note": text, "title": text, "country": text, "industry": text},
			Activities: []qualify.Activity{{ID: text, Type: "discovery_call", At: at.AddDate(0, 0, -1), Props: map[string]any{"role": text, "need": text, "budget": text}}},
		}}, at)
		if err != nil {
			t.Fatal(err)
		}
		return sheet(model.Policy(), ranking, at, true)
	}
	want := printed(" ")
	for _, mark := range []string{"\n", "\x1b", "\u2028", "\u200f", "\u202e", "\u061c"} {
		if diff := cmp.Diff(want, printed(mark)); diff != "" {
			t.Errorf("%q (-a blank +got):\n%s", mark, diff)
		}
	}
}

func TestFlags(t *testing.T) {
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	small := file("policy.json", `{"format": 1, "name": "small", "version": "1", "signals": [{"id": "call"}], "rules": [{"id": "calls", "on": "call", "points": 7}]}`)
	one := file("leads.json", `[{"id": "X", "activities": [{"type": "call", "at": "2026-01-01T00:00:00Z"}]}]`)
	tests := []struct {
		name string
		args []string
		want string // in the print-out
		err  string // in the error
	}{
		{name: "own files", args: []string{"-policy", small, "-leads", one, "-at", "2026-01-01T01:00:00+01:00"}, want: "small, policy 1: 1 lead as of 2026-01-01 00:00 UTC"},
		{name: "rules in no group", args: []string{"-policy", small, "-leads", one}, want: "in no group +7 calls"},
		{name: "before the call", args: []string{"-policy", small, "-leads", one, "-at", "2025-12-31T23:59:59Z"}, want: "Points        0\n"},
		{name: "help", args: []string{"-h"}, want: "-leads"},
		{name: "no such flag", args: []string{"-nope"}, err: "-nope"},
		{name: "no such file", args: []string{"-policy", filepath.Join(t.TempDir(), "none.json")}, err: "none.json"},
		{name: "no policy", args: []string{"-policy", file("a.json", `{"format": 1, "ruels": []}`)}, err: "ruels"},
		{name: "no condition", args: []string{"-policy", file("b.json", `{"format": 1, "rules": [{"id": "a", "when": "lead.age > 3", "points": 1}]}`)}, err: "age"},
		{name: "no leads", args: []string{"-leads", file("c.json", `{}`)}, err: "the file of leads"},
		{name: "no instant", args: []string{"-at", "today"}, err: "-at"},
		{name: "the zero instant", args: []string{"-at", "0001-01-01T00:00:00Z"}, err: "lead L01"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(&out, test.args)
			switch {
			case test.err == "" && err != nil:
				t.Fatal(err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Fatalf("the error is %v; want one with %q", err, test.err)
			}
			if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(test.want), " ")) {
				t.Errorf("no %q in\n%s", test.want, out.String())
			}
		})
	}
}
