package qualify_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	for _, met := range []string{"true", "false", "lead.b"} {
		for _, unmet := range []string{"", "true", "false", "lead.b"} {
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: met + "/" + unmet, Met: met, Unmet: unmet})
		}
	}
	want := map[string]qualify.Answer{ // while lead.b is unknown
		"true/": qualify.Yes, "true/true": qualify.Disputed, "true/false": qualify.Yes, "true/lead.b": qualify.Yes,
		"false/": qualify.No, "false/true": qualify.No, "false/false": qualify.Unknown, "false/lead.b": qualify.Unknown,
		"lead.b/": qualify.Unknown, "lead.b/true": qualify.No, "lead.b/false": qualify.Unknown, "lead.b/lead.b": qualify.Unknown,
	}
	list := assess(t, compile(t, p), qualify.Lead{}, noon).Checklist
	for _, c := range list {
		if c.Answer != want[c.Criterion] || list.Answer(c.Criterion) != c.Answer {
			t.Errorf("%q is %v, want %v", c.Criterion, c.Answer, want[c.Criterion])
		}
	}
	if list.Answer("nobody") != qualify.Unknown {
		t.Error("a criterion that is not there has an answer")
	}
}

func bant() qualify.Policy {
	p := vocabulary()
	p.Properties[0].Question = "not asked"
	p.Criteria = qualify.BANT(
		`latest("form", "n", "180d") >= 10000`,
		`latest("form", "t") in ["decision maker", "influencer"]`,
		`known(latest("form", "c", "180d"))`,
		`days_until(latest("form", "w")) <= 90`)
	p.Criteria = append(p.Criteria, qualify.Criterion{ID: "intent", Met: `lead.b`, Unmet: `happened("reset")`, Question: "Still interested?"})
	return p
}

func TestBANT(t *testing.T) {
	t.Parallel()
	want := []qualify.Criterion{
		{ID: "budget", Label: "Budget", Set: "bant", Met: "1", Question: "What budget is set aside for this?"},
		{ID: "authority", Label: "Authority", Set: "bant", Met: "2", Question: "Who decides, and who else has a say?"},
		{ID: "need", Label: "Need", Set: "bant", Met: "3", Question: "Which problem is this to solve?"},
		{ID: "timeline", Label: "Timeline", Set: "bant", Met: "4", Question: "When should it be in use?"},
	}
	if diff := cmp.Diff(want, qualify.BANT("1", "2", "3", "4")); diff != "" {
		t.Errorf("BANT (-want +got):\n%s", diff)
	}
}

// Each answer carries the facts that decided it: names, activity IDs and dates.
func TestFactsOfAnswers(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{Profile: profile{"b": true}, Activities: []qualify.Activity{
		idAct("call-1", "form", ago(170*day), "n", 12000, "t", " Influencer "),
		idAct("call-2", "form", ago(20*day), "w", "2027-03-01"),
		idAct("call-3", "form", ago(10*day), "z", 5),
		idAct("call-0", "form", ago(200*day), "c", "old"),
		idAct("gone", "reset", ago(day)),
	}}
	list := assess(t, compile(t, bant()), lead, noon).Checklist
	want := qualify.Checklist{
		{Criterion: "budget", Label: "Budget", Set: "bant", Question: "What budget is set aside for this?", Answer: qualify.Yes, Facts: []qualify.Value{
			{Fact: `latest("form", "n", "180d")`, Kind: qualify.Number, Known: true, Number: 12000, Texts: []string{}, Activity: "call-1", At: ago(170 * day)}}},
		{Criterion: "authority", Label: "Authority", Set: "bant", Question: "Who decides, and who else has a say?", Answer: qualify.Yes, Facts: []qualify.Value{
			{Fact: `latest("form", "t")`, Kind: qualify.Text, Known: true, Text: "Influencer", Texts: []string{}, Activity: "call-1", At: ago(170 * day)}}},
		{Criterion: "need", Label: "Need", Set: "bant", Question: "Which problem is this to solve?", Answer: qualify.No, Facts: []qualify.Value{
			{Fact: `latest("form", "c", "180d")`, Kind: qualify.Code, Texts: []string{}}}},
		{Criterion: "timeline", Label: "Timeline", Set: "bant", Question: "When should it be in use?", Answer: qualify.No, Facts: []qualify.Value{
			{Fact: `days_until(latest("form", "w"))`, Kind: qualify.Number, Known: true, Number: 98.5, Texts: []string{}, Activity: "call-2", At: ago(20 * day)}}},
		{Criterion: "intent", Question: "Still interested?", Answer: qualify.Disputed, Facts: []qualify.Value{
			{Fact: "lead.b", Kind: qualify.Bool, Known: true, Bool: true, Texts: []string{}},
			{Fact: `happened("reset")`, Kind: qualify.Bool, Known: true, Bool: true, Texts: []string{}, Activity: "gone", At: ago(day)}}},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("checklist (-want +got):\n%s", diff)
	}
	for set, want := range map[string]int{"bant": 2, "": 2, "other": 0} {
		if got := list.Met(set); got != want {
			t.Errorf("Met(%q) is %d, want %d", set, got, want)
		}
	}
	none := assess(t, compile(t, bant()), qualify.Lead{}, noon).Checklist
	golden(t, "checklist", list.String()+"\n"+none.String())
}

func TestAnswerText(t *testing.T) {
	t.Parallel()
	for answer, want := range map[qualify.Answer]string{qualify.Unknown: "unknown", qualify.Yes: "yes", qualify.No: "no", qualify.Disputed: "disputed"} {
		if answer.String() != want || string(must(json.Marshal(answer))) != `"`+want+`"` {
			t.Errorf("%d is %q", answer, answer)
		}
		var back qualify.Answer
		if err := json.Unmarshal([]byte(`"`+want+`"`), &back); err != nil || back != answer {
			t.Errorf("%q reads as %v, %v", want, back, err)
		}
	}
	var a qualify.Answer
	if err := json.Unmarshal([]byte(`"maybe"`), &a); err == nil {
		t.Error("maybe is an answer")
	}
	if _, err := json.Marshal(qualify.Answer(9)); err == nil {
		t.Error("9 is an answer")
	}
	if qualify.Answer(9).String() == "" {
		t.Error("9 has no text")
	}
}

func TestEmptyChecklist(t *testing.T) {
	t.Parallel()
	a := assess(t, compile(t, qualify.Policy{}), qualify.Lead{}, noon)
	if a.Checklist == nil || a.Checklist.String() != "" || a.Checklist.Met("") != 0 {
		t.Errorf("%#v", a.Checklist)
	}
}
