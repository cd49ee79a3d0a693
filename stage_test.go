package qualify_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// funnel has the stages a, b and c and the exits x and y, each of which enters
// and keeps by attributes of its own: ea and ka for a, and so on.
func funnel(change ...func(p *qualify.Policy)) qualify.Policy {
	p := qualify.Policy{}
	for _, id := range []string{"a", "b", "c", "x", "y"} {
		p.Profile = append(p.Profile, qualify.Field{Name: "e" + id, Kind: qualify.Bool, Question: "Enter " + id + "?"}, qualify.Field{Name: "k" + id, Kind: qualify.Bool})
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Exit: id >= "x", Enter: "lead.e" + id, Keep: "lead.k" + id})
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

// flags makes a profile: a name alone is yes, one with a dash before it is no.
func flags(names ...string) profile {
	all := profile{}
	for _, n := range names {
		if n[0] == '-' {
			all[n[1:]] = false
		} else {
			all[n] = true
		}
	}
	return all
}

func TestStage(t *testing.T) {
	t.Parallel()
	since := ago(10 * day)
	noKeep := func(p *qualify.Policy) {
		for i := range p.Stages {
			p.Stages[i].Keep = ""
		}
	}
	always := func(p *qualify.Policy) {
		for i := range p.Stages {
			p.Stages[i].Keep = "true"
		}
	}
	minStay := func(d qualify.Duration) func(p *qualify.Policy) {
		return func(p *qualify.Policy) {
			for i := range p.Stages {
				p.Stages[i].MinStay = d
			}
		}
	}
	exitsFirst := func(p *qualify.Policy) { p.Stages = append(p.Stages[3:5:5], p.Stages[:3]...) }
	between := func(p *qualify.Policy) { // a, x, b, y, c
		s := p.Stages
		p.Stages = []qualify.Stage{s[0], s[3], s[1], s[4], s[2]}
	}
	tests := []struct {
		name   string
		change func(p *qualify.Policy)
		stage  string
		flags  []string
		want   string
		move   qualify.Move
		passed []string
	}{
		// From none.
		{"nothing known", nil, "", nil, "", "none", nil},
		{"enter is no", nil, "", []string{"-ea"}, "", "none", nil},
		{"enter", nil, "", []string{"ea"}, "a", "enter", nil},
		{"keep alone does not open from none", nil, "", []string{"ka", "kb", "kc"}, "", "none", nil},
		{"the furthest that is open", nil, "", []string{"ea", "eb"}, "b", "enter", []string{"a"}},
		{"stages are passed over although they are not open", nil, "", []string{"ec", "-ea"}, "c", "enter", []string{"a", "b"}},

		// From a stage.
		{"kept", nil, "b", []string{"kb"}, "b", "none", nil},
		{"kept while keep is unknown", nil, "b", nil, "b", "none", nil},
		{"kept while keep is unknown and enter is no", nil, "b", []string{"-eb"}, "b", "none", nil},
		{"kept by enter, or it would come back at the next assessment", nil, "b", []string{"eb", "-kb"}, "b", "none", nil},
		{"lost, to none", nil, "b", []string{"-kb"}, "", "demote", []string{"a"}},
		{"lost, from the first to none", nil, "a", []string{"-ka"}, "", "demote", nil},
		{"lost, from the last to none", nil, "c", []string{"-kc", "-ka", "-kb"}, "", "demote", []string{"a", "b"}},
		{"lost, to none, exits aside", between, "c", []string{"-kc"}, "", "demote", []string{"a", "b"}},
		{"return to the first", nil, "y", []string{"-ky", "ea"}, "a", "return", nil},
		{"return to the last, exits aside", between, "y", []string{"-ky", "ec"}, "c", "return", []string{"a", "b"}},
		{"return to none, exits aside", between, "y", []string{"-ky"}, "", "return", nil},
		{"lost, to one before it that keeps", nil, "b", []string{"-kb", "ka"}, "a", "demote", nil},
		{"lost, to one before it that opens", nil, "b", []string{"-kb", "ea", "-ka"}, "a", "demote", nil},
		{"lost: what is unknown does not open", nil, "c", []string{"-kc", "-eb"}, "", "demote", []string{"a", "b"}},
		{"lost, two steps back", nil, "c", []string{"-kc", "ka"}, "a", "demote", []string{"b"}},
		{"lost, the furthest before it", nil, "c", []string{"-kc", "ka", "kb"}, "b", "demote", nil},
		{"promoted", nil, "a", []string{"eb"}, "b", "promote", nil},
		{"promoted two steps", nil, "a", []string{"ec", "-eb"}, "c", "promote", []string{"b"}},
		{"keep of one beyond does not open", nil, "a", []string{"kb", "kc", "ka"}, "a", "none", nil},
		{"promoted although the present one is lost", nil, "a", []string{"-ka", "eb"}, "b", "promote", nil},
		{"keep is enter by default", noKeep, "b", []string{"-eb"}, "", "demote", []string{"a"}},
		{"keep is enter by default, unknown", noKeep, "b", nil, "b", "none", nil},
		{"keep true never demotes", always, "b", []string{"-ea", "-eb", "-ec"}, "b", "none", nil},
		{"keep true opens nothing beyond", always, "b", []string{"-ec"}, "b", "none", nil},
		{"the shortest stay runs", minStay(10*qualify.Day + qualify.Duration(time.Second)), "b", []string{"-kb"}, "b", "none", nil},
		{"the shortest stay is over at exactly its length", minStay(10 * qualify.Day), "b", []string{"-kb"}, "", "demote", []string{"a"}},
		{"the shortest stay holds nobody back", minStay(99 * qualify.Day), "b", []string{"-kb", "ec"}, "c", "promote", nil},

		// Exits.
		{"exit", nil, "b", []string{"ex", "eb", "kb", "ec"}, "x", "exit", nil},
		{"exit from none", nil, "", []string{"ex"}, "x", "exit", nil},
		{"the first exit wins", nil, "b", []string{"ex", "ey"}, "x", "exit", nil},
		{"the second exit", nil, "b", []string{"-ex", "ey"}, "y", "exit", nil},
		{"an exit listed first", exitsFirst, "a", []string{"ec", "ey"}, "y", "exit", nil},
		{"the shortest stay does not hold from an exit", minStay(99 * qualify.Day), "b", []string{"ex"}, "x", "exit", nil},
		{"what is kept is no exit for another lead", nil, "b", []string{"kx"}, "b", "none", nil},
		{"in the exit while keep is unknown", nil, "x", []string{"-ex", "ec"}, "x", "none", nil},
		{"in the exit while keep is yes", nil, "x", []string{"kx", "ec"}, "x", "none", nil},
		{"the exit's enter alone holds it", nil, "x", []string{"ex", "-kx"}, "x", "none", nil},
		{"from the second exit to the first", nil, "y", []string{"ex", "ky"}, "x", "exit", nil},
		{"the first exit, present and kept, before the second", nil, "x", []string{"kx", "ey"}, "x", "none", nil},
		{"from the first exit, lost, to the second", nil, "x", []string{"-kx", "ey"}, "y", "exit", nil},
		{"exit by hand", noKeep, "x", nil, "x", "none", nil},
		{"exit by hand, lost", noKeep, "x", []string{"-ex"}, "", "return", nil},
		{"the shortest stay in an exit", minStay(11 * qualify.Day), "x", []string{"-kx", "ec"}, "x", "none", nil},
		{"return to none: keep is not enough", nil, "x", []string{"-kx", "ka", "kb", "kc"}, "", "return", nil},
		{"return to the furthest that enters", nil, "x", []string{"-kx", "ea", "eb"}, "b", "return", []string{"a"}},
		{"exits between the stages are not passed over", between, "", []string{"ec"}, "c", "enter", []string{"a", "b"}},
		{"exits between the stages are no station", between, "c", []string{"-kc", "ka"}, "a", "demote", []string{"b"}},

		// Not known.
		{"an unknown stage is none", nil, "zombie", []string{"ka"}, "", "none", nil},
		{"an unknown stage is none, and enters", nil, "zombie", []string{"eb"}, "b", "enter", []string{"a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := funnel()
			if test.change != nil {
				test.change(&p)
			}
			lead := qualify.Lead{Profile: flags(test.flags...), Stage: test.stage, StageSince: since}
			if test.stage == "" {
				lead.StageSince = time.Time{}
			}
			m := compile(t, p)
			v := assess(t, m, lead, noon).Verdict
			if test.passed == nil {
				test.passed = []string{}
			}
			if v.Stage != test.want || v.Move != test.move || !cmp.Equal(v.Passed, test.passed) {
				t.Errorf("%q by %q, passing %q; want %q by %q, passing %q", v.Stage, v.Move, v.Passed, test.want, test.move, test.passed)
			}
			from := test.stage
			if from == "zombie" {
				from = ""
			}
			if v.From != from {
				t.Errorf("from %q, want %q", v.From, from)
			}
			want := noon
			if v.Move == "none" {
				want = lead.StageSince
			}
			if test.stage != "zombie" && !v.Since.Equal(want) {
				t.Errorf("since %v, want %v", v.Since, want)
			}
			if moved := v.Move != "none"; moved != (v.Stage != from) {
				t.Errorf("move %q from %q to %q", v.Move, from, v.Stage)
			}
			// Stored as it stands, the verdict holds at the same instant, unless the
			// stage entered is lost by its own keep.
			lead.Stage, lead.StageSince = v.Stage, v.Since
			again := assess(t, m, lead, noon).Verdict
			if len(test.flags) < 3 && test.name[:4] != "lost" && (again.Stage != v.Stage || again.Move != "none" || !again.Since.Equal(v.Since)) {
				t.Errorf("stored, it moves on: %q by %q since %v", again.Stage, again.Move, again.Since)
			}
		})
	}
}

func TestMinStayIsComparedInNanoseconds(t *testing.T) {
	t.Parallel()
	m := compile(t, funnel(func(p *qualify.Policy) { p.Stages[0].MinStay = 7 * qualify.Day }))
	for _, test := range []struct {
		since time.Time
		want  string
	}{
		{ago(7*day - 1), "a"}, {ago(7 * day), ""}, {ago(7*day + 1), ""}, {noon, "a"},
		{time.Time{}, ""}, {ago(-1), ""}, // not known: no stay runs
	} {
		v := assess(t, m, qualify.Lead{Stage: "a", StageSince: test.since, Profile: flags("-ka")}, noon).Verdict
		if v.Stage != test.want {
			t.Errorf("since %v: %q, want %q", test.since, v.Stage, test.want)
		}
		if test.want == "a" {
			want := []qualify.Reason{{Stage: "a", Field: "min_stay", Condition: "7d", Answer: qualify.Yes, Values: []qualify.Value{}}}
			if diff := cmp.Diff(want, v.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		}
	}
}

func TestStageIssues(t *testing.T) {
	t.Parallel()
	m := compile(t, funnel())
	for _, test := range []struct {
		name  string
		stage string
		since time.Time
		want  []qualify.Issue
	}{
		{"fine", "a", ago(day), []qualify.Issue{}},
		{"at the instant", "a", noon, []qualify.Issue{}},
		{"in the future", "a", ago(-1), []qualify.Issue{{Problem: "future_stage_since", Field: "stage_since", Count: 1}}},
		{"in the far future", "a", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), []qualify.Issue{{Problem: "future_stage_since", Field: "stage_since", Count: 1}}},
		{"in the far past", "a", time.Date(1400, 1, 1, 0, 0, 0, 0, time.UTC), []qualify.Issue{{Problem: "time_out_of_range", Field: "stage_since", Count: 1}}},
		{"an unknown stage", "A", ago(day), []qualify.Issue{{Problem: "unknown_stage", Field: "stage", Count: 1}}},
	} {
		a := assess(t, m, qualify.Lead{Stage: test.stage, StageSince: test.since}, noon)
		if diff := cmp.Diff(test.want, a.Issues); diff != "" {
			t.Errorf("%s: issues (-want +got):\n%s", test.name, diff)
		}
		if len(test.want) > 0 && !a.Verdict.Since.IsZero() {
			t.Errorf("%s: since %v", test.name, a.Verdict.Since)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	m := compile(t, funnel(func(p *qualify.Policy) { p.Stages[0].MaxStay = 7 * qualify.Day; p.Stages[3].MaxStay = qualify.Day }))
	for _, test := range []struct {
		name    string
		lead    qualify.Lead
		due     time.Time
		overdue bool
	}{
		{"not yet", qualify.Lead{Stage: "a", StageSince: ago(7*day - 1)}, noon.Add(1), false},
		{"at exactly its length", qualify.Lead{Stage: "a", StageSince: ago(7 * day)}, noon, true},
		{"later", qualify.Lead{Stage: "a", StageSince: ago(8 * day)}, ago(day), true},
		{"just entered", qualify.Lead{Profile: flags("ea")}, ago(-7 * day), false},
		{"since is not known", qualify.Lead{Stage: "a"}, time.Time{}, false},
		{"without an end", qualify.Lead{Stage: "b", StageSince: ago(900 * day)}, time.Time{}, false},
		{"an exit", qualify.Lead{Stage: "x", StageSince: ago(2 * day)}, ago(day), true},
		{"moved on", qualify.Lead{Stage: "a", StageSince: ago(8 * day), Profile: flags("eb")}, time.Time{}, false},
	} {
		v := assess(t, m, test.lead, noon).Verdict
		if !v.Due.Equal(test.due) || v.Overdue != test.overdue {
			t.Errorf("%s: due %v, overdue %v; want %v, %v", test.name, v.Due, v.Overdue, test.due, test.overdue)
		}
	}
}

// Hysteresis: one threshold to enter, a lower one to stay.
func TestHysteresis(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{Group: "engagement", Points: 1, Multiply: `lead.n`})
	p.Groups = []qualify.Group{{ID: "engagement"}}
	p.Stages = []qualify.Stage{{ID: "mql", Enter: `score("engagement") >= 30`, Keep: `score("engagement") >= 20`}}
	m := compile(t, p)
	lead := qualify.Lead{}
	for i, step := range []struct {
		points float64
		want   string
		move   qualify.Move
	}{
		{29.999999, "", "none"}, {30, "mql", "enter"}, {20, "mql", "none"}, {19.999999, "", "demote"}, {25, "", "none"}, {31, "mql", "enter"},
	} {
		lead.Profile = profile{"n": step.points}
		v := assess(t, m, lead, noon).Verdict
		if v.Stage != step.want || v.Move != step.move {
			t.Errorf("step %d, %v points: %q by %q, want %q by %q", i, step.points, v.Stage, v.Move, step.want, step.move)
		}
		lead.Stage, lead.StageSince = v.Stage, v.Since
	}
}

func TestConditionsOfStages(t *testing.T) {
	t.Parallel()
	p := withRules(
		qualify.Rule{ID: "g", Group: "g", Points: 1, Multiply: `lead.n`},
		qualify.Rule{ID: "root", Points: 0.1, When: `true`})
	p.Groups = []qualify.Group{{ID: "g", Weight: new(0.5), Bands: []qualify.Band{{From: new(5.0), Label: "B"}, {From: new(10.0), Label: "A"}}}}
	p.Criteria = []qualify.Criterion{
		{ID: "yes", Set: "s", Met: `true`}, {ID: "no", Set: "s", Met: `false`}, {ID: "unknown", Met: `lead.b`},
		{ID: "disputed", Set: "d", Met: `true`, Unmet: `true`},
	}
	stages := []qualify.Stage{{ID: "a", Enter: `false`}, {ID: "b", Enter: `false`}, {ID: "x", Exit: true, Enter: `false`}, {ID: "c", Enter: `false`}}
	lead := qualify.Lead{Profile: profile{"n": 10}, Stage: "b", StageSince: ago(3 * day)}
	exit, plain := lead, lead
	exit.Stage, plain.Stage, plain.StageSince = "x", "", time.Time{}
	const yes, no, unknown = qualify.Yes, qualify.No, qualify.Unknown
	tests := []struct {
		condition string
		lead      qualify.Lead
		want      qualify.Answer
	}{
		{`score() == 5.1`, lead, yes}, {`score("total") == 5.1`, lead, yes}, {`score("g") == 10`, lead, yes}, {`score() > 5.099999`, lead, yes}, {`score() >= 5.100001`, lead, no},
		{`band("g") == "A"`, lead, yes}, {`band("g") in ["B", "A"]`, lead, yes}, {`band("g") != "A"`, qualify.Lead{}, yes}, {`known(band("g"))`, qualify.Lead{}, yes},
		{`reached("a")`, lead, yes}, {`reached("b")`, lead, yes}, {`reached("c")`, lead, no}, {`reached("x")`, lead, no},
		{`reached("a")`, exit, no}, {`reached("x")`, exit, yes}, {`reached("a")`, plain, no}, {`reached("a")`, qualify.Lead{Stage: "zombie"}, no},
		{`days_in_stage() == 3`, lead, yes}, {`days_in_stage() > 3`, lead, no}, {`days_in_stage() >= 3`, exit, yes}, {`days_in_stage() >= 0`, plain, unknown},
		{`days_in_stage() >= 0`, qualify.Lead{Stage: "b"}, unknown}, {`days_in_stage() >= 0`, qualify.Lead{Stage: "b", StageSince: ago(-1)}, unknown},
		{`met("yes")`, lead, yes}, {`met("no")`, lead, no}, {`met("unknown")`, lead, unknown}, {`met("disputed")`, lead, unknown},
		{`unmet("yes")`, lead, no}, {`unmet("no")`, lead, yes}, {`unmet("unknown")`, lead, unknown}, {`unmet("disputed")`, lead, unknown},
		{`met_count() == 1`, lead, yes}, {`met_count("s") == 1`, lead, yes}, {`met_count("d") == 0`, lead, yes},
		{`all_met()`, lead, no}, {`all_met("s")`, lead, no}, {`all_met("d")`, lead, unknown},
		{`known(met_count())`, lead, yes},
	}
	for _, test := range tests {
		p := p
		// The probe is an exit stage, so that it is looked at whatever the lead's stage.
		for want, enter := range map[qualify.Answer]string{yes: test.condition, no: "not (" + test.condition + ")", unknown: "not known(" + test.condition + ")"} {
			p.Stages = append(stages[:4:4], qualify.Stage{ID: "probe", Exit: true, Enter: enter})
			got := assess(t, compile(t, p), test.lead, noon).Verdict.Stage == "probe"
			if got != (want == test.want) {
				t.Errorf("%s of %q is %v: %v, want %v", test.condition, test.lead.Stage, want, got, test.want)
			}
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{ID: "n", Group: "engagement", Points: 1, Multiply: `lead.n`})
	p.Profile = append(p.Profile, qualify.Field{Name: "verified", Kind: qualify.Bool, Question: "Is the address right?"})
	p.Groups = []qualify.Group{{ID: "engagement"}}
	p.Criteria = qualify.BANT(`latest("form", "n", "180d") >= 10`, `latest("form", "t") == "boss"`, `lead.b`, `days_until(latest("form", "w")) <= 90`)
	p.Stages = []qualify.Stage{
		{ID: "mql", Label: "Marketing", Enter: `score("engagement") >= 30`, Keep: `score("engagement") >= 20`},
		{ID: "sql", Enter: `score() >= 60 && met_count("bant") >= 3 && lead.verified`},
		{ID: "won", Exit: true, Enter: `happened("reset")`, Keep: `true`},
	}
	m := compile(t, p)
	form := idAct("call-1", "form", ago(30*day), "n", 12, "t", "Intern")
	number := func(fact string, n float64) qualify.Value {
		return qualify.Value{Fact: fact, Kind: qualify.Number, Known: true, Number: n, Texts: []string{}}
	}

	v := assess(t, m, qualify.Lead{Profile: profile{"n": 40}, Activities: []qualify.Activity{form}}, noon).Verdict
	want := qualify.Verdict{
		Stage: "mql", Label: "Marketing", Since: noon, Move: "enter", Passed: []string{}, Next: "sql",
		Reasons: []qualify.Reason{{Stage: "mql", Field: "enter", Condition: `score("engagement") >= 30`, Answer: qualify.Yes, Values: []qualify.Value{number(`score("engagement")`, 40)}}},
		Blockers: []qualify.Blocker{
			{Stage: "sql", Fact: "score()", Want: ">= 60", Answer: qualify.No, Have: []qualify.Value{number("score()", 40)}, Ask: []string{}},
			{Stage: "sql", Fact: `met_count("bant")`, Want: ">= 3", Answer: qualify.No, Have: []qualify.Value{number(`met_count("bant")`, 1),
				{Fact: `met("authority")`, Kind: qualify.Code, Known: true, Text: "no", Texts: []string{}},
				{Fact: `met("need")`, Kind: qualify.Code, Known: true, Text: "unknown", Texts: []string{}},
				{Fact: `met("timeline")`, Kind: qualify.Code, Known: true, Text: "unknown", Texts: []string{}}},
				Ask: []string{"Which problem is this to solve?", "When should it be in use?"}},
			{Stage: "sql", Fact: "lead.verified", Want: "true", Answer: qualify.Unknown, Have: []qualify.Value{{Fact: "lead.verified", Kind: qualify.Bool, Texts: []string{}}},
				Ask: []string{"Is the address right?"}},
		},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("enter (-want +got):\n%s", diff)
	}

	v = assess(t, m, qualify.Lead{Profile: profile{"n": 10, "verified": false}, Stage: "sql", StageSince: ago(day)}, noon).Verdict
	want = qualify.Verdict{
		Stage: "", Since: noon, Move: "demote", From: "sql", Passed: []string{"mql"}, Next: "mql",
		Reasons: []qualify.Reason{
			{Stage: "sql", Field: "enter", Condition: "score() >= 60", Answer: qualify.No, Values: []qualify.Value{number("score()", 10)}},
			{Stage: "sql", Field: "enter", Condition: `met_count("bant") >= 3`, Answer: qualify.No, Values: []qualify.Value{number(`met_count("bant")`, 0)}},
			{Stage: "sql", Field: "enter", Condition: "lead.verified", Answer: qualify.No, Values: []qualify.Value{{Fact: "lead.verified", Kind: qualify.Bool, Known: true, Texts: []string{}}}},
		},
		Blockers: []qualify.Blocker{{Stage: "mql", Fact: `score("engagement")`, Want: ">= 30", Answer: qualify.No, Have: []qualify.Value{number(`score("engagement")`, 10)}, Ask: []string{}}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("demote (-want +got):\n%s", diff)
	}

	v = assess(t, m, qualify.Lead{Profile: profile{"n": 70}, Stage: "mql", StageSince: ago(day), Activities: []qualify.Activity{idAct("r", "reset", ago(time.Hour))}}, noon).Verdict
	want = qualify.Verdict{
		Stage: "won", Since: noon, Move: "exit", From: "mql", Passed: []string{}, Blockers: []qualify.Blocker{},
		Reasons: []qualify.Reason{{Stage: "won", Field: "enter", Condition: `happened("reset")`, Answer: qualify.Yes, Values: []qualify.Value{
			{Fact: `happened("reset")`, Kind: qualify.Bool, Known: true, Bool: true, Texts: []string{}, Activity: "r", At: ago(time.Hour)}}}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("exit (-want +got):\n%s", diff)
	}
}

// The least that must change, where there are alternatives.
func TestBlockers(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{Profile: profile{"n": 5, "t": "x", "c": "y", "b": false, "l": "red"}}
	tests := []struct {
		enter string
		want  []string // fact and want
	}{
		{`lead.n >= 10`, []string{"lead.n >= 10"}},
		{`10 <= lead.n`, []string{"lead.n >= 10"}},
		{`not (lead.n < 10)`, []string{"lead.n >= 10"}},
		{`lead.n != 5`, []string{"lead.n != 5"}},
		{`not (lead.n == 5)`, []string{"lead.n != 5"}},
		{`lead.b`, []string{"lead.b true"}},
		{`lead.b and lead.n > 5`, []string{"lead.b true", "lead.n > 5"}},
		{`lead.b or lead.n > 5`, []string{"lead.b true"}},
		{`(lead.b and lead.n > 5) or lead.m > 1`, []string{"lead.m > 1"}},
		{`lead.n == 5 and lead.b`, []string{"lead.b true"}},
		{`not (lead.n == 5 and lead.t == "x")`, []string{"lead.n != 5"}},
		{`lead.n > 1 ? lead.b : lead.m > 1`, []string{"lead.b true"}},
		{`lead.t in ["a", "b"]`, []string{`lead.t in ["a", "b"]`}},
		{`lead.t startsWith "q"`, []string{`lead.t startsWith "q"`}},
		{`not (lead.t contains "x")`, []string{`lead.t not contains "x"`}},
		{`"blue" in lead.l`, []string{`lead.l with "blue"`}},
		{`"red" not in lead.l`, []string{`lead.l without "red"`}},
		{`count("visit", "30d") >= 3`, []string{`count("visit", "30d") >= 3`}},
		{`days_since("visit") < 30`, []string{`days_since("visit") < 30`}},
		{`known(lead.m)`, []string{"known(lead.m) true"}},
		{`false or lead.b`, []string{"lead.b true"}},
		{`true`, nil},
		{`term.t`, []string{"lead.n >= 10", "lead.b true"}},
	}
	for _, test := range tests {
		p := vocabulary()
		p.Terms = []qualify.Term{{ID: "t", Is: `lead.n >= 10 and lead.b`}}
		p.Stages = []qualify.Stage{{ID: "first", Enter: `false`, Keep: `true`}, {ID: "next", Enter: test.enter}}
		lead.Stage = "first"
		v := assess(t, compile(t, p), lead, noon).Verdict
		var got []string
		for _, b := range v.Blockers {
			got = append(got, b.Fact+" "+b.Want)
			if b.Answer != qualify.No && b.Answer != qualify.Unknown || b.Stage != v.Next {
				t.Errorf("%s: blocker %+v", test.enter, b)
			}
		}
		if !cmp.Equal(test.want, got) {
			t.Errorf("%s: blockers %q, want %q", test.enter, got, test.want)
		}
	}
}

// Blockers open the next stage also where facts stand twice.
func TestBlockersOfSharedFacts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		enter   string
		profile profile
		want    string
	}{
		{`(lead.n < 5 and lead.b or lead.verified) and lead.n >= 10`, profile{"n": 3, "b": false, "verified": false}, `
  lead.verified must be true, and is no
  lead.n must be >= 10, and is 3
`},
		{`(lead.n == 0 or lead.m != 2) and lead.n >= 1`, profile{"m": 2}, `
  lead.m must be != 2, and is 2
  lead.n must be >= 1, and is unknown
    ask: What budget is set aside for this?
`},
		{`(lead.b or lead.n > 3) ? lead.verified : lead.m > 1`, profile{"verified": false, "m": 2}, `
  lead.verified must be true, and is no
`},
		{`lead.n >= 10 and lead.m >= lead.n`, profile{"n": 3, "m": 5}, `
  lead.n must be >= 10, and is 3
  lead.m must stay >= lead.n, and is 5; lead.n is 3
`},
		{`lead.n > 5 and lead.n < 3 and lead.verified`, nil, `
  it is only set by hand
`},
		{`count("visit") >= 3 and (not happened("visit") or lead.b)`, nil, `
  count("visit") must be >= 3, and is 0
  lead.b must be true, and is unknown
    ask: Which problem is this to solve?
`},
		{`score() >= 60 and (score() < 20 or lead.b)`, nil, `
  score() must be >= 60, and is 0
  lead.b must be true, and is unknown
    ask: Which problem is this to solve?
`},
		{`score("fit") >= 60 and band("fit") == "C"`, nil, `
  it is only set by hand
`},
		{`met_count("bant") >= 3 and met("need")`, nil, `
  met_count("bant") must be >= 3, and is 0; met("budget") is unknown; met("authority") is unknown; met("need") is unknown; met("timeline") is unknown
    ask: What budget is set aside for this?
    ask: Who decides, and who else has a say?
    ask: Which problem is this to solve?
    ask: When should it be in use?
  met("need") must be true, and is unknown
    ask: Which problem is this to solve?
`},
	}
	for _, test := range tests {
		p := vocabulary()
		p.Profile = append(p.Profile, qualify.Field{Name: "verified", Kind: qualify.Bool, Question: "Is the address right?"})
		p.Groups = []qualify.Group{{ID: "fit", Bands: []qualify.Band{{Label: "C"}, {From: new(15.0), Label: "B"}}}}
		p.Criteria = qualify.BANT(`lead.n >= 100`, `lead.t == "boss"`, `lead.b`, `lead.m > 1`)
		p.Stages = []qualify.Stage{{ID: "next", Enter: test.enter}}
		v := assess(t, compile(t, p), qualify.Lead{Profile: test.profile}, noon).Verdict
		_, got, _ := strings.Cut(v.String(), "Missing for next")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.enter, diff)
		}
	}
}

// What a verdict says for a person.
func TestVerdictString(t *testing.T) {
	t.Parallel()
	p := everything()
	m := compile(t, p)
	text := ""
	for _, lead := range []qualify.Lead{
		{},
		{ID: "one", Profile: profile{"n": 250, "t": "Berlin", "b": true, "w": "2026-12-24"}, Activities: visits(3, 3*day)},
		{ID: "two", Stage: "mql", StageSince: ago(31 * day), Profile: profile{"n": 50, "t": "Rome"}, Activities: []qualify.Activity{
			idAct("v1", "visit", ago(3*day), "n", 2, "c", "p"), idAct("v2", "visit", ago(2*day), "n", "x", "c", "q"), idAct("f", "form", ago(2*day), "n", 12)}},
		{ID: "three", Stage: "sql", StageSince: ago(90 * time.Minute), Activities: []qualify.Activity{act("reset", ago(time.Hour))}},
	} {
		a := assess(t, m, lead, noon)
		text += a.String() + "\n"
		for _, part := range []string{a.Verdict.String(), a.Score.String()} {
			if part == "" {
				t.Errorf("a part of %s prints as nothing", lead.ID)
			}
		}
	}
	golden(t, "assessment", text)
}

// A verdict that is stored as it stands is the verdict of the next assessment.
func TestVerdictStays(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{}
	for _, id := range []string{"a", "b", "c", "x", "y"} {
		p.Profile = append(p.Profile, qualify.Field{Name: "e" + id, Kind: qualify.Bool}, qualify.Field{Name: "k" + id, Kind: qualify.Bool})
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Exit: id > "c", Enter: "lead.e" + id, Keep: "lead.k" + id, MinStay: qualify.Day})
	}
	m := compile(t, p)
	rng := rand.New(rand.NewPCG(3, 4))
	for range testcase.Count(20_000) {
		lead := &qualify.Lead{Profile: map[string]any{}, StageSince: noon.Add(-time.Duration(rng.IntN(48)) * time.Hour)}
		for _, f := range p.Profile {
			if n := rng.IntN(3); n < 2 {
				lead.Profile[f.Name] = n == 1
			}
		}
		if n := rng.IntN(6); n > 0 {
			lead.Stage = p.Stages[n-1].ID
		}
		first := assess(t, m, *lead, noon).Verdict
		lead.Stage, lead.StageSince = first.Stage, first.Since
		again := assess(t, m, *lead, noon).Verdict
		if again.Move != "none" || again.Stage != first.Stage || !again.Since.Equal(first.Since) || again.Next != "" && len(again.Blockers) == 0 {
			t.Fatalf("first\n%+v\nthen\n%+v\n%v", first, again, lead)
		}
	}
}
