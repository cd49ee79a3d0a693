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
			if v.Stage != test.want || v.Move != test.move || !cmp.Equal(v.Skipped, test.passed) {
				t.Errorf("%q by %q, passing %q; want %q by %q, passing %q", v.Stage, v.Move, v.Skipped, test.want, test.move, test.passed)
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
		{ago(-1), "a"}, {ago(1 - time.Second), "a"}, // so a database rounded now
		{time.Time{}, ""}, {ago(-time.Second), ""}, // not known: no stay runs
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
		{"a nanosecond later", "a", ago(-1), []qualify.Issue{}},
		{"nearly a second later", "a", ago(1 - time.Second), []qualify.Issue{}},
		{"a second later", "a", ago(-time.Second), []qualify.Issue{{Problem: "future_stage_since", Field: "stage_since", Count: 1}}},
		{"in the far future", "a", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), []qualify.Issue{{Problem: "future_stage_since", Field: "stage_since", Count: 1}}},
		{"in the far past", "a", time.Date(1400, 1, 1, 0, 0, 0, 0, time.UTC), []qualify.Issue{{Problem: "time_out_of_range", Field: "stage_since", Count: 1}}},
		{"an unknown stage", "A", ago(day), []qualify.Issue{{Problem: "unknown_stage", Field: "stage", Count: 1}}},
	} {
		a := assess(t, m, qualify.Lead{Stage: test.stage, StageSince: test.since}, noon)
		if diff := cmp.Diff(test.want, a.Issues); diff != "" {
			t.Errorf("%s: issues (-want +got):\n%s", test.name, diff)
		}
		since := test.since
		if len(test.want) > 0 {
			since = time.Time{}
		} else if since.After(noon) {
			since = noon // so a database rounded it
		}
		if !a.Verdict.Since.Equal(since) {
			t.Errorf("%s: since %v, not %v", test.name, a.Verdict.Since, since)
		}
		lead := qualify.Lead{Stage: test.stage, StageSince: test.since}
		if tracked, err := m.Track(&lead).Assess(noon); err != nil || cmp.Diff(a, tracked) != "" {
			t.Errorf("%s: a tracker (-want +got): %v\n%s", test.name, err, cmp.Diff(a, tracked))
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
		{`days_in_stage() >= 0`, qualify.Lead{Stage: "b"}, unknown}, {`days_in_stage() >= 0`, qualify.Lead{Stage: "b", StageSince: ago(-time.Second)}, unknown}, {`days_in_stage() == 0`, qualify.Lead{Stage: "b", StageSince: ago(-1)}, yes},
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
	number := func(fact, label string, n float64) qualify.Value {
		return qualify.Value{Fact: fact, Label: label, Kind: qualify.Number, Known: true, Number: n, Texts: []string{}}
	}

	v := assess(t, m, qualify.Lead{Profile: profile{"n": 40}, Activities: []qualify.Activity{form}}, noon).Verdict
	want := qualify.Verdict{
		Stage: "mql", Label: "Marketing", Since: noon, Move: "enter", Skipped: []string{}, SkippedLabels: []string{}, Next: "sql",
		Reasons: []qualify.Reason{{Stage: "mql", Label: "Marketing", Field: "enter", Condition: `score("engagement") >= 30`, Fact: `score("engagement")`, Want: ">= 30", Answer: qualify.Yes, Values: []qualify.Value{number(`score("engagement")`, "", 40)}}},
		Blockers: []qualify.Blocker{
			{Stage: "sql", Fact: "score()", Want: ">= 60", Answer: qualify.No, Have: []qualify.Value{number("score()", "Score", 40)}, Questions: []string{}},
			{Stage: "sql", Fact: `met_count("bant")`, Want: ">= 3", Answer: qualify.No, Have: []qualify.Value{number(`met_count("bant")`, "Criteria met", 1),
				{Fact: `met("authority")`, Label: "Authority", Kind: qualify.Code, Known: true, Text: "no", Texts: []string{}},
				{Fact: `met("need")`, Label: "Need", Kind: qualify.Code, Known: true, Text: "unknown", Texts: []string{}},
				{Fact: `met("timeline")`, Label: "Timeline", Kind: qualify.Code, Known: true, Text: "unknown", Texts: []string{}}},
				Questions: []string{"Which problem is this to solve?", "When should it be in use?"}},
			{Stage: "sql", Fact: "lead.verified", Want: "true", Answer: qualify.Unknown, Have: []qualify.Value{{Fact: "lead.verified", Kind: qualify.Bool, Texts: []string{}}},
				Questions: []string{"Is the address right?"}},
		},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("enter (-want +got):\n%s", diff)
	}

	v = assess(t, m, qualify.Lead{Profile: profile{"n": 10, "verified": false}, Stage: "sql", StageSince: ago(day)}, noon).Verdict
	want = qualify.Verdict{
		Stage: "", Since: noon, Move: "demote", From: "sql", Skipped: []string{"mql"}, SkippedLabels: []string{"Marketing"}, Next: "mql", NextLabel: "Marketing",
		Reasons: []qualify.Reason{
			{Stage: "sql", Field: "enter", Condition: "score() >= 60", Fact: "score()", Want: ">= 60", Answer: qualify.No, Values: []qualify.Value{number("score()", "Score", 10)}},
			{Stage: "sql", Field: "enter", Condition: `met_count("bant") >= 3`, Fact: `met_count("bant")`, Want: ">= 3", Answer: qualify.No, Values: []qualify.Value{number(`met_count("bant")`, "Criteria met", 0)}},
			{Stage: "sql", Field: "enter", Condition: "lead.verified", Fact: "lead.verified", Want: "true", Answer: qualify.No, Values: []qualify.Value{{Fact: "lead.verified", Kind: qualify.Bool, Known: true, Texts: []string{}}}},
		},
		Blockers: []qualify.Blocker{{Stage: "mql", Label: "Marketing", Fact: `score("engagement")`, Want: ">= 30", Answer: qualify.No, Have: []qualify.Value{number(`score("engagement")`, "", 10)}, Questions: []string{}}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("demote (-want +got):\n%s", diff)
	}

	v = assess(t, m, qualify.Lead{Profile: profile{"n": 70}, Stage: "mql", StageSince: ago(day), Activities: []qualify.Activity{idAct("r", "reset", ago(time.Hour))}}, noon).Verdict
	want = qualify.Verdict{
		Stage: "won", Since: noon, Move: "exit", From: "mql", FromLabel: "Marketing", Skipped: []string{}, SkippedLabels: []string{}, Blockers: []qualify.Blocker{},
		Reasons: []qualify.Reason{{Stage: "won", Field: "enter", Condition: `happened("reset")`, Fact: `happened("reset")`, Want: "true", Answer: qualify.Yes, Values: []qualify.Value{
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

// What the declared bounds of a number rule out is no blocker.
func TestBlockersWithinBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ enter, want string }{
		{`lead.seats > 10 or lead.vip`, "lead.vip true"},
		{`lead.seats == 11 or lead.vip`, "lead.vip true"},
		{`11 <= lead.seats or lead.vip`, "lead.vip true"},
		{`not (lead.seats >= 0) or lead.vip`, "lead.vip true"},
		{`lead.seats >= 10 or lead.vip`, "lead.seats >= 10"},
		{`lead.seats <= 0 or lead.vip`, "lead.seats <= 0"},
		{`lead.seats >= 0 or lead.vip`, "lead.seats >= 0"},
		{`lead.seats > 10 and lead.vip`, "false true"},
		{`lead.vip ? lead.seats > 10 : lead.seats > 9`, "lead.vip false, lead.seats > 9"},
		{`count("visit") < 0 or lead.vip`, "lead.vip true"},
		{`distinct("visit", "rating") == -1 or lead.vip`, "lead.vip true"},
		{`highest("visit", "rating") > 5 or lead.vip`, "lead.vip true"},
		{`highest("visit", "rating") > 4 or lead.vip`, `highest("visit", "rating") > 4`},
		{`total("visit", "rating") > 5 or lead.vip`, `total("visit", "rating") > 5`},
		{`total("visit", "rating") < 0 or lead.vip`, "lead.vip true"},
	} {
		m := compile(t, qualify.Policy{
			Profile:    []qualify.Field{{Name: "seats", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(10.0)}, {Name: "vip", Kind: qualify.Bool}},
			Properties: []qualify.Field{{Name: "rating", Kind: qualify.Number, Minimum: new(1.0), Maximum: new(5.0)}},
			Signals:    []qualify.Signal{{ID: "visit"}},
			Stages:     []qualify.Stage{{ID: "s", Enter: test.enter}},
		})
		var got []string
		for _, b := range assess(t, m, qualify.Lead{}, noon).Verdict.Blockers {
			got = append(got, b.Fact+" "+b.Want)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s: blockers %s, want %s", test.enter, got, test.want)
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
  lead.verified must be yes, and is no
  lead.n must be 10 or more, and is 3
`},
		{`(lead.n == 0 or lead.m != 2) and lead.n >= 1`, profile{"m": 2}, `
  lead.m must be other than 2, and is 2
  lead.n must be 1 or more, and is unknown
    ask: What budget is set aside for this?
`},
		{`(lead.b or lead.n > 3) ? lead.verified : lead.m > 1`, profile{"verified": false, "m": 2}, `
  lead.verified must be yes, and is no
`},
		{`lead.n >= 10 and lead.m >= lead.n`, profile{"n": 3, "m": 5}, `
  lead.n must be 10 or more, and is 3
  lead.m must stay lead.n or more, and is 5; lead.n is 3
`},
		{`lead.n > 5 and lead.n < 3 and lead.verified`, nil, `
  it is only set by hand
`},
		{`count("visit") >= 3 and (not happened("visit") or lead.b)`, nil, `
  count("visit") must be 3 or more, and is 0
  lead.b must be yes, and is unknown
    ask: Which problem is this to solve?
`},
		{`score() >= 60 and (score() < 20 or lead.b)`, nil, `
  Score must be 60 or more, and is 0
  lead.b must be yes, and is unknown
    ask: Which problem is this to solve?
`},
		{`score("fit") >= 60 and band("fit") == "C"`, nil, `
  it is only set by hand
`},
		{`met_count("bant") >= 3 and met("need")`, nil, `
  Criteria met must be 3 or more, and is 0; Budget is unknown; Authority is unknown; Need is unknown; Timeline is unknown
    ask: What budget is set aside for this?
    ask: Who decides, and who else has a say?
    ask: Which problem is this to solve?
    ask: When should it be in use?
  Need must be yes, and is unknown
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
		_, got, _ := strings.Cut(v.String(), "Blockers for next")
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

// Print-outs say conditions in words, with labels where the policy has them.
func TestWordsOfReasonsAndBlockers(t *testing.T) {
	t.Parallel()
	labelled := qualify.Policy{
		Profile: []qualify.Field{
			{Name: "n", Label: "Employees", Kind: qualify.Number}, {Name: "m", Label: "Sites", Kind: qualify.Number},
			{Name: "t", Label: "Title", Kind: qualify.Text}, {Name: "w", Label: "Renewal", Kind: qualify.Time},
			{Name: "b", Label: "Verified", Kind: qualify.Bool}, {Name: "l", Label: "Interests", Kind: qualify.Texts},
			{Name: "plain", Kind: qualify.Number}},
		Properties: []qualify.Field{{Name: "budget", Label: "Budget told", Kind: qualify.Number}, {Name: "start", Label: "Start", Kind: qualify.Time}, {Name: "plain", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "call", Label: "Call"}, {ID: "visit", Label: "Visit"}, {ID: "plain"}},
		Groups:     []qualify.Group{{ID: "fit", Label: "Fit", Bands: []qualify.Band{{Label: "C"}, {From: new(10.0), Label: "B"}}}, {ID: "plain"}},
		Rules:      []qualify.Rule{{ID: "n", Group: "fit", When: `lead.n >= 1`, Points: 12.5}},
		Criteria:   []qualify.Criterion{{ID: "need", Label: "Need", Set: "bant", Met: `lead.b`}, {ID: "fit", Label: "Right size", Set: "size", Met: `lead.n > 10`}, {ID: "size", Set: "size", Met: `lead.n > 1000`}},
		Terms:      []qualify.Term{{ID: "start", Is: `latest("call", "start", "365d")`}},
	}
	lead := qualify.Lead{
		Profile:    profile{"n": 21, "t": "Fleet Manager", "w": noon, "b": true, "l": []string{"golf"}},
		Activities: []qualify.Activity{idAct("c1", "call", noon.AddDate(0, 0, -10), "budget", 5000, "start", noon.AddDate(0, 0, 5)), act("visit", noon.AddDate(0, 0, -2))},
	}
	for _, tt := range []struct{ condition, reason, blocker string }{
		{`lead.n >= 15`, "Employees is 21, and must be 15 or more", "Employees must be less than 15, and is 21"},
		{`not (lead.n < 15)`, "Employees is 21, and must be 15 or more", "Employees must be less than 15, and is 21"},
		{`15 < lead.n`, "Employees is 21, and must be more than 15", "Employees must be 15 or less, and is 21"},
		{`lead.n == 21`, "Employees is 21", "Employees must be other than 21, and is 21"},
		{`lead.n != 20`, "Employees is 21, and must be other than 20", "Employees must be 20, and is 21"},
		{`lead.n in [20, 21]`, "Employees is 21, and must be one of 20, 21", "Employees must be none of 20, 21, and is 21"},
		{`lead.t contains "fleet"`, "Title is Fleet Manager, and must contain fleet", "Title must not contain fleet, and is Fleet Manager"},
		{`lead.t startsWith "fleet"`, "Title is Fleet Manager, and must start with fleet", "Title must not start with fleet, and is Fleet Manager"},
		{`lead.t endsWith "manager"`, "Title is Fleet Manager, and must end with manager", "Title must not end with manager, and is Fleet Manager"},
		{`lead.t matches "fleet|car"`, "Title is Fleet Manager, and must match fleet|car", "Title must not match fleet|car, and is Fleet Manager"},
		{`"golf" in lead.l`, `Interests is "golf", and must include "golf"`, `Interests must not include "golf", and is "golf"`},
		{`not ("polo" in lead.l)`, `Interests is "golf", and must not include "polo"`, `Interests must include "polo", and is "golf"`},
		{`lead.w >= time("2026-01-31")`, "Renewal is 2026-11-22 12:00, and must be on or after 2026-01-31", "Renewal must be before 2026-01-31, and is 2026-11-22 12:00"},
		{`lead.w > time("2026-01-31")`, "Renewal is 2026-11-22 12:00, and must be after 2026-01-31", "Renewal must be on or before 2026-01-31, and is 2026-11-22 12:00"},
		{`lead.b`, "Verified is yes", "Verified must be no, and is yes"},
		{`known(lead.n)`, "Employees is known", "Employees must be unknown, and is known"},
		{`not known(lead.m)`, "Sites is unknown", "Sites must be known, and is unknown"},
		{`met("need")`, "Need is yes", "Need must be no, and is yes"},
		{`not unmet("need")`, "Need is yes", "Need must be no, and is yes"},
		{`met_count() >= 2`, "Criteria met is 2, and must be 2 or more", `Criteria met must be less than 2, and is 2; met("size") is no`},
		{`met_count("size") >= 1`, "Criteria of size met is 1, and must be 1 or more", `Criteria of size met must be less than 1, and is 1; met("size") is no`},
		{`all_met("bant")`, "All criteria of bant met is yes", "All criteria of bant met must be no, and is yes"},
		{`score("fit") > 12`, "Fit is 12.5, and must be more than 12", "Fit must be 12 or less, and is 12.5"},
		{`score() > 12`, "Score is 12.5, and must be more than 12", "Score must be 12 or less, and is 12.5"},
		{`score("plain") < 5`, `score("plain") is 0, and must be less than 5`, `score("plain") must be 5 or more, and is 0`},
		{`band("fit") == "B"`, "Fit is B", "Fit must be other than B, and is B"},
		{`happened("visit", "30d")`, "Visit in 30 days is yes (2026-11-20 12:00)", "Visit in 30 days must be no, and is yes (2026-11-20 12:00)"},
		{`count("visit", "30d since call") == 1`, "Count of Visit in 30 days since Call is 1 (2026-11-20 12:00)", "Count of Visit in 30 days since Call must be other than 1, and is 1 (2026-11-20 12:00)"},
		{`active_days("visit") < 2`, "Days with Visit is 1 (2026-11-20 12:00), and must be less than 2", "Days with Visit must be 2 or more, and is 1 (2026-11-20 12:00)"},
		{`total("call", "budget", "90d") >= 500`, "Budget told (total of Call in 90 days) is 5000 (c1, 2026-11-12 12:00), and must be 500 or more", "Budget told (total of Call in 90 days) must be less than 500, and is 5000 (c1, 2026-11-12 12:00)"},
		{`latest("call", "budget") >= 500`, "Budget told (latest Call) is 5000 (c1, 2026-11-12 12:00), and must be 500 or more", "Budget told (latest Call) must be less than 500, and is 5000 (c1, 2026-11-12 12:00)"},
		{`days_since("visit") < 7`, "Days since Visit is 2 (2026-11-20 12:00), and must be less than 7", "Days since Visit must be 7 or more, and is 2 (2026-11-20 12:00)"},
		{`days_since_first("call") < 70`, "Days since the first Call is 10 (c1, 2026-11-12 12:00), and must be less than 70", "Days since the first Call must be 70 or more, and is 10 (c1, 2026-11-12 12:00)"},
		{`days_until(lead.w) <= 1`, "Days until Renewal is 0, and must be 1 or less", "Days until Renewal must be more than 1, and is 0"},
		{`days_until(term.start) <= 9`, "Days until Start (latest Call in 365 days) is 5 (c1, 2026-11-12 12:00), and must be 9 or less", "Days until Start (latest Call in 365 days) must be more than 9, and is 5 (c1, 2026-11-12 12:00)"},
		{`followed("call", "visit", "14d")`, "Visit within 14 days after Call is yes (2026-11-20 12:00)", "Visit within 14 days after Call must be no, and is yes (2026-11-20 12:00)"},
		{`idle_steps("visit", "1d") <= 2`, "Steps of 1 day without Visit is 2 (2026-11-20 12:00), and must be 2 or less", "Steps of 1 day without Visit must be more than 2, and is 2 (2026-11-20 12:00)"},
		{`count("plain") < 1`, `count("plain") is 0, and must be less than 1`, `count("plain") must be 1 or more, and is 0`},
		{`not reached("base")`, "Reached Base is no", "Reached Base must be yes, and is no"},
		{`lead.n > score("fit")`, "Employees is 21, and must be more than Fit; Fit is 12.5", "Employees must be Fit or less, and is 21; Fit is 12.5"},
		{`lead.n + score("fit") > 3`, `lead.n + score("fit") is 33.5, and must be more than 3; Employees is 21; Fit is 12.5`, `lead.n + score("fit") must be 3 or less, and is 33.5; Employees is 21; Fit is 12.5`},
		{`60 < lead.n * 2 + 20`, `lead.n * 2 + 20 is 62, and must be more than 60; Employees is 21`, `lead.n * 2 + 20 must be 60 or less, and is 62; Employees is 21`},
		{`lead.n < score("fit") * 2`, `Employees is 21, and must be less than score("fit") * 2; Fit is 12.5; score("fit") * 2 is 25`, `Employees must be score("fit") * 2 or more, and is 21; Fit is 12.5; score("fit") * 2 is 25`},
		{`true`, "a condition is always yes", "it is only set by hand"},
	} {
		p := labelled
		// The exit shows the condition as a reason, the stage its opposite as a blocker.
		p.Stages = []qualify.Stage{{ID: "base", Label: "Base", Enter: "not (" + tt.condition + ")"}, {ID: "exit", Label: "Out", Exit: true, Enter: tt.condition}}
		v := assess(t, compile(t, p), lead, noon).Verdict
		if len(v.Reasons) != 1 || v.Reasons[0].String() != tt.reason {
			t.Errorf("%s: because %v, want %s", tt.condition, v.Reasons, tt.reason)
		}
		p.Stages = p.Stages[:1]
		v = assess(t, compile(t, p), lead, noon).Verdict
		if len(v.Blockers) != 1 || v.Blockers[0].String() != tt.blocker {
			t.Errorf("%s: %v, want %s", tt.condition, v.Blockers, tt.blocker)
		}
	}
}

// A print-out calls stages by their labels, and by IDs only where there are none.
func TestStagesByLabel(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{Profile: []qualify.Field{{Name: "n", Label: "Employees", Kind: qualify.Number, Question: "How many?"}}, Stages: []qualify.Stage{
		{ID: "s1", Label: "First", Enter: `lead.n >= 1`}, {ID: "s2", Label: "Second", Enter: `lead.n >= 2`}, {ID: "s3", Enter: `lead.n >= 3`},
		{ID: "s4", Label: "Fourth", Enter: `lead.n >= 4`}, {ID: "s5", Label: "Fifth", Enter: `lead.n >= 5`}}}
	m := compile(t, p)
	want := `Stage  Fourth (promote from First)
  passing over Second, s3
  because Employees is 4, and must be 4 or more
Blockers for Fifth
  Employees must be 5 or more, and is 4
`
	if diff := cmp.Diff(want, assess(t, m, qualify.Lead{Profile: profile{"n": 4}, Stage: "s1"}, noon).Verdict.String()); diff != "" {
		t.Errorf("onward (-want +got):\n%s", diff)
	}
	want = `Stage  First (demote from Fifth)
  passing over Second, s3, Fourth
  left Fifth because Employees is 1, and must be 5 or more
  because Employees is 1, and must be 1 or more
Blockers for Second
  Employees must be 2 or more, and is 1
`
	if diff := cmp.Diff(want, assess(t, m, qualify.Lead{Profile: profile{"n": 1}, Stage: "s5"}, noon).Verdict.String()); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
	levers, err := m.Levers(&qualify.Lead{}, noon)
	if err != nil || len(levers) == 0 {
		t.Fatal(levers, err)
	}
	if got := levers[0].String(); got != "Employees is 1: First with 0 points, ask: How many?" {
		t.Errorf("%s", got)
	}
}
