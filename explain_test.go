package qualify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/testcase"
)

func explain(t testing.TB, m *qualify.Model, lead qualify.Lead, at time.Time) qualify.Explanation {
	t.Helper()
	e, err := m.Explain(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The numbers and answers of an explanation are those of Assess, and its trees give
// them again.
func TestExplainIsAssess(t *testing.T) {
	t.Parallel()
	parts, occurrences := 0, 0
	each(t, testcase.Count(400), 3, func(t *testing.T, _ maker, m *qualify.Model, lead qualify.Lead) {
		p, o := explainedAt(t, m, lead, noon)
		parts, occurrences = parts+p, occurrences+o
	})
	if parts < testcase.Least(5000) || occurrences < testcase.Least(5000) {
		t.Errorf("only %d parts and %d occurrences were held against their twins", parts, occurrences)
	}
}

// What a relation leaves out is told, with the word that does it.
func TestExplainOfRelations(t *testing.T) {
	t.Parallel()
	second := qualify.Duration(time.Second)
	m := compile(t, qualify.Policy{
		Properties: []qualify.Field{{Name: "mail", Kind: qualify.Code}},
		Signals: []qualify.Signal{{ID: "sent"}, {ID: "answer"}, {ID: "reset"},
			{ID: "real", Types: []string{"click"}, NotFollowing: "sent", Within: 10 * second, ForEach: "mail"},
			{ID: "scan", Types: []string{"click"}, Following: "sent", Within: 10 * second, ForEach: "mail"},
			{ID: "heard", Types: []string{"click"}, FollowedBy: "answer", Within: 60 * second},
			{ID: "pair", Repeats: "real", Every: 1, FollowedBy: "answer", Within: 60 * second}},
		Rules: []qualify.Rule{
			{ID: "real", On: "real", Points: 5, Group: "g"}, {ID: "scan", On: "scan", Points: 1, Limit: qualify.Limit{Points: 1, ForEach: "mail"}},
			{ID: "heard", On: "heard", Points: 1, Group: "g"}, {ID: "count", When: `count("pair") > 5`, Points: 1}},
		Groups: []qualify.Group{{ID: "g", ResetOn: "reset"}},
	})
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	lead := qualify.Lead{Activities: []qualify.Activity{
		{ID: "0", Type: "click", At: at(-100), Props: profile{"mail": "m"}}, {Type: "reset", At: at(-90)}, {Type: "sent", At: at(0), Props: profile{"mail": "m"}},
		{ID: "1", Type: "click", At: at(4), Props: profile{"mail": "m"}}, {ID: "2", Type: "click", At: at(5), Props: profile{"mail": "m"}},
		{ID: "3", Type: "click", At: at(6)}, {ID: "4", Type: "click", At: at(7), Props: profile{"mail": "n"}},
		{Type: "answer", At: at(20)}, {ID: "5", Type: "click", At: at(5400), Props: profile{"mail": "m"}},
	}}
	e := explain(t, m, lead, at(5400))
	for i, want := range []string{
		"5; 4; 3 not_following; 2 not_following; 1 not_following; 0 reset",
		"5 following; 4 following; 3 following; 2; 1 limit; 0 following",
		"5 followed_by; 4; 3; 2; 1",
		"5 followed_by; 4; 0 followed_by",
	} {
		part := e.Rules[i].Parts[0]
		for len(part.Occurrences) == 0 {
			part = part.Parts[0]
		}
		var got []string
		for _, o := range part.Occurrences {
			got = append(got, strings.TrimSpace(o.Activity+" "+string(o.LeftOut)))
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s: %s, want %s", e.Rules[i].ID, got, want)
		}
	}
	if e.Assessment.Score.Points != 5+5+1+4 {
		t.Errorf("%v points", e.Assessment.Score.Points)
	}
}

// explainedAt holds an explanation against the assessment and against itself, and
// counts the parts and the occurrences in it.
func explainedAt(t *testing.T, m *qualify.Model, lead qualify.Lead, at time.Time) (parts, occurrences int) {
	t.Helper()
	a := assess(t, m, lead, at)
	e := explain(t, m, lead, at)
	if !reflect.DeepEqual(a, e.Assessment) {
		t.Fatalf("(-Assess +Explain):\n%s", cmp.Diff(a, e.Assessment))
	}
	p := m.Policy()
	for i, r := range e.Rules {
		c := a.Score.Contributions[i]
		if r.ID != c.Rule || r.Label != c.Label || r.Answer != c.Answer || r.Points != c.Points {
			t.Errorf("rule %+v; its contribution %+v", r, c)
		}
		for _, part := range r.Parts {
			if part.Field == "on" {
				occurrences += len(part.Occurrences)
				explainedOccurrences(t, part, c, p.Rules[i].Points != 0)
			} else {
				parts += explainedLogic(t, part)
			}
		}
		if got := explainedAnswer(r); got != c.Answer {
			t.Errorf("the conditions of %s give %s; it is %s", r.ID, got, c.Answer)
		}
	}
	for i, k := range e.Criteria {
		met, unmet := k.Parts[0].Answer, qualify.No
		if len(k.Parts) > 1 {
			unmet = k.Parts[1].Answer
		}
		want := qualify.Unknown
		switch {
		case met == qualify.Yes && unmet == qualify.Yes:
			want = qualify.Disputed
		case met == qualify.Yes:
			want = qualify.Yes
		case unmet == qualify.Yes, len(k.Parts) == 1 && met == qualify.No:
			want = qualify.No
		}
		if k.Answer != want || a.Checklist[i].Answer != want {
			t.Errorf("the conditions of %s give %s; it is %s and %s", k.ID, want, k.Answer, a.Checklist[i].Answer)
		}
		for _, part := range k.Parts {
			parts += explainedLogic(t, part)
		}
	}
	for _, s := range e.Stages {
		if (s.Answer == qualify.Yes) != (s.ID == a.Verdict.Stage) {
			t.Errorf("stage %s: %s, and the lead is in %q", s.ID, s.Answer, a.Verdict.Stage)
		}
		for _, part := range s.Parts {
			parts += explainedLogic(t, part)
		}
		if s.ID == a.Verdict.Stage && a.Verdict.Move != "none" && s.Parts[0].Answer != qualify.Yes && (len(s.Parts) == 1 || s.Parts[1].Answer != qualify.Yes) {
			t.Errorf("the lead moved to %s, and neither enter nor keep is yes", s.ID)
		}
	}
	for line := range strings.Lines(e.String()) {
		if n := layout.Width(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	var back qualify.Explanation
	if err := json.Unmarshal(must(json.Marshal(e)), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(e, back) { // in far less time than cmp
		t.Errorf("read back (-want +got):\n%s", cmp.Diff(e, back))
	}
	return parts, occurrences
}

// explainedAnswer gives a rule's answer by those of its conditions.
func explainedAnswer(rule qualify.Part) qualify.Answer {
	answer := qualify.Yes
	for _, part := range rule.Parts {
		if strings.HasSuffix(part.Field, "when") {
			if answer = part.Answer; part.Field == "when" || answer != qualify.No {
				return answer
			}
		}
	}
	return answer
}

// explainedLogic holds joined conditions to three-valued logic, and counts them.
func explainedLogic(t *testing.T, p qualify.Part) int {
	t.Helper()
	n := 1
	rank := func(a qualify.Answer) int {
		return map[qualify.Answer]int{qualify.No: 0, qualify.Unknown: 1, qualify.Yes: 2}[a]
	}
	var ranks []int
	for _, q := range p.Parts {
		n += explainedLogic(t, q)
		ranks = append(ranks, rank(q.Answer))
	}
	want := rank(p.Answer)
	switch p.Condition { // of inner ones only how they join
	case "and":
		want = slices.Min(ranks)
	case "or":
		want = slices.Max(ranks)
	case "not":
		want = 2 - ranks[0]
	}
	if want != rank(p.Answer) {
		t.Errorf("%s of %v is %s", p.Condition, ranks, p.Answer)
	}
	return n
}

// explainedOccurrences holds what occurrences bring to what the rule pays.
func explainedOccurrences(t *testing.T, on qualify.Part, c qualify.Contribution, pays bool) {
	t.Helper()
	if on.Points != c.Raw {
		t.Errorf("the occurrences of %s bring %v; the rule's sum is %v", c.Rule, on.Points, c.Raw)
	}
	sum, count := 0.0, 0
	for i, o := range on.Occurrences {
		sum += o.Points
		if o.LeftOut == "" && pays && o.Allowed != 0 {
			count++
		}
		if o.LeftOut != "" && o.Points != 0 || math.Abs(o.Allowed) > math.Abs(o.Worth) || math.Abs(o.Points) > math.Abs(o.Allowed) {
			t.Errorf("%s: %+v", c.Rule, o)
		}
		if i > 0 && o.At.After(on.Occurrences[i-1].At) {
			t.Errorf("%s: %v comes after %v", c.Rule, o.At, on.Occurrences[i-1].At)
		}
	}
	sum = max(-1e6, min(sum, 1e6)) // as a rule's
	if math.Abs(sum-c.Raw) > 1e-6*float64(len(on.Occurrences)+1) {
		t.Errorf("the occurrences of %s bring %v; the rule pays %v:\n%s", c.Rule, sum, c.Raw, on)
	}
	if count != c.Count {
		t.Errorf("%d occurrences of %s pay; its count is %d:\n%s", count, c.Rule, c.Count, on)
	}
}

// Why an occurrence does not count, for each reason, at its boundary.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	visits := func(ages ...time.Duration) (all []qualify.Activity) {
		for i, age := range ages {
			all = append(all, idAct(fmt.Sprint(i), "visit", ago(age), "n", i, "c", "x"))
		}
		return all
	}
	total := qualify.Group{ID: "total", ResetOn: "reset"}
	tests := []struct {
		name  string
		rule  qualify.Rule
		group qualify.Group
		acts  []qualify.Activity
		want  string // the newest first
	}{
		{"nothing is", qualify.Rule{On: "visit", Points: 5}, qualify.Group{}, visits(2*day, day), "1: 5 5 5, 0: 5 5 5"},
		{"window", qualify.Rule{On: "visit", Points: 5, Within: 2 * qualify.Day}, qualify.Group{}, visits(2*day, 2*day-1), "1: 5 5 5, 0: 5 5 0 window"},
		{"limit", qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{Times: 1}}, qualify.Group{}, visits(2*day, day), "1: 5 5 5, 0: 5 0 0 limit"},
		{"limit in part", qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{Points: 7, Per: 9 * qualify.Day}}, qualify.Group{}, visits(3*day, 2*day, day), "2: 5 0 0 limit, 1: 5 2 2, 0: 5 5 5"},
		{"once", qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{OncePer: "c"}}, qualify.Group{}, visits(2*day, day), "1: 5 5 5, 0: 5 0 0 limit"},
		{"decay", qualify.Rule{On: "visit", Points: 8, Decay: qualify.Decay{Linear: 4 * qualify.Day}}, qualify.Group{}, visits(4*day, 3*day), "1: 8 8 2, 0: 8 8 0 decay"},
		{"limit, then decay", qualify.Rule{On: "visit", Points: 8, Limit: qualify.Limit{Points: 12}, Decay: qualify.Decay{HalfLife: qualify.Day}}, qualify.Group{}, visits(2*day, day), "1: 8 8 4, 0: 8 4 1"},
		{"multiplier", qualify.Rule{On: "visit", Points: 2, Multiply: "activity.n"}, qualify.Group{}, append(visits(2*day, day), idAct("u", "visit", noon)), "u: 0 0 0 unknown, 1: 2 2 2, 0: 0 0 0"},
		{"when", qualify.Rule{On: "visit", Points: 5, When: "lead.b"}, qualify.Group{}, visits(day), "0: 5 5 0 when"},
		{"reset", qualify.Rule{On: "visit", Points: 5}, total, append(visits(3*day, day), act("reset", ago(2*day))), "1: 5 5 5, 0: 0 0 0 reset"},
		{"the reset itself counts", qualify.Rule{On: "any", Points: 5}, total, append(visits(3*day), idAct("r", "reset", ago(2*day))), "r: 5 5 5, 0: 0 0 0 reset"},
	}
	told := func(on qualify.Part) string {
		var all []string
		for _, o := range on.Occurrences {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s: %v %v %v %s", o.Activity, o.Worth, o.Allowed, o.Points, o.LeftOut)))
		}
		return strings.Join(all, ", ")
	}
	for _, test := range tests {
		p := withRules(test.rule)
		if test.group.ID != "" {
			p.Groups = []qualify.Group{test.group}
		}
		if got := told(explain(t, compile(t, p), history(test.acts...), noon).Rules[0].Parts[0]); got != test.want {
			t.Errorf("%s: %s; want %s", test.name, got, test.want)
		}
	}

	calls := []struct{ condition, want string }{
		{`count("visit") == 3`, "2, 1, 0"},
		{`count("visit", "2d") == 1`, "2, 1 window, 0 window"},
		{`total("visit", "m") == 0`, "2 unknown, 1 unknown, 0 unknown"},
		{`total("visit", "n") == 3`, "2, 1, 0"},
		{`latest("visit", "n", "3d since form") == 2`, "2, 1, 0 window"},
		{`count("visit", "since form") == 2`, "2, 1, 0 window"},
		{`days_since("visit") == 1`, "2, 1, 0"},
		{`followed("form", "visit", "9d")`, "2, 1, 0"},
	}
	lead := history(append(visits(4*day, 2*day, day), act("form", ago(3*day)))...)
	for _, test := range calls {
		p := withRules(qualify.Rule{When: test.condition, Points: 1})
		e := explain(t, compile(t, p), lead, noon)
		part := e.Rules[0].Parts[0]
		if len(part.Parts) > 0 {
			part = part.Parts[0]
		}
		var all []string
		for _, o := range part.Occurrences {
			all = append(all, strings.TrimSpace(o.Activity+" "+string(o.LeftOut)))
		}
		if got := strings.Join(all, ", "); got != test.want || e.Rules[0].Points != 1 {
			t.Errorf("%s: %s, and %v points; want %s", test.condition, got, e.Rules[0].Points, test.want)
		}
	}
}

// What is too much to list is counted, and the numbers stay.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	var rules []qualify.Rule
	for range 150 {
		rules = append(rules, qualify.Rule{On: "visit", Points: 1})
	}
	m := compile(t, withRules(rules...))
	var lead qualify.Lead
	for i := range 1234 {
		lead.Activities = append(lead.Activities, act("visit", ago(time.Duration(i)*time.Second)))
	}
	e := explain(t, m, lead, noon)
	listed := 0
	for i, r := range e.Rules {
		on := r.Parts[0]
		listed += len(on.Occurrences)
		if len(on.Occurrences)+on.Older != 1234 || r.Points != 1234 {
			t.Errorf("%d and %d older, %v points", len(on.Occurrences), on.Older, r.Points)
		}
		if want := 1000; len(on.Occurrences) != want && i < 100 {
			t.Errorf("rule %d lists %d", i, len(on.Occurrences))
		}
	}
	if listed != 100_000 {
		t.Errorf("%d are listed", listed)
	}

	// Terms within terms: 2 to the power of 30 parts, if all were shown.
	p := withRules(qualify.Rule{When: "term.t30", Points: 1})
	p.Terms = []qualify.Term{{ID: "t0", Is: "lead.b"}}
	for i := range 30 {
		p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprintf("t%d", i+1), Is: fmt.Sprintf("term.t%d or term.t%d", i, i)})
	}
	e = explain(t, compile(t, p), qualify.Lead{Profile: profile{"b": true}}, noon)
	if n := len(e.String()); e.Rules[0].Points != 1 || n > 50<<20 {
		t.Errorf("%v points, %d bytes", e.Rules[0].Points, n)
	}
}

func TestExplainErrors(t *testing.T) {
	t.Parallel()
	m := compile(t, withRules())
	if _, err := m.Explain(nil, noon); !errors.Is(err, qualify.ErrNilLead) {
		t.Errorf("a nil lead: %v", err)
	}
	if e, err := m.Explain(&qualify.Lead{}, time.Time{}); !errors.Is(err, qualify.ErrInstant) || e.Rules != nil {
		t.Errorf("no instant: %v", err)
	}
}

func TestExplanationIsPrinted(t *testing.T) {
	t.Parallel()
	policy, err := qualify.ParsePolicy([]byte(read(t, "examples/quickstart/policy.json")))
	if err != nil {
		t.Fatal(err)
	}
	m := compile(t, policy)
	data, err := os.ReadFile("examples/quickstart/leads.json")
	if err != nil {
		t.Fatal(err)
	}
	var leads []qualify.Lead
	if err := json.Unmarshal(data, &leads); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	golden(t, "explanation", explain(t, m, leads[0], at).String()+"\n"+explain(t, m, leads[1], at).String())
}
