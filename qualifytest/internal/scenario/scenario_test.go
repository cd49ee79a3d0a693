package scenario_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

func model(t testing.TB) *qualify.Model {
	t.Helper()
	data, err := os.ReadFile("../../testdata/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(data)
	if err != nil {
		t.Fatal(err)
	}
	return qualify.MustCompile(policy)
}

// text makes a file system of one file of scenarios.
func text(lines ...string) fs.FS {
	return fstest.MapFS{"a.scenario": {Data: []byte(strings.Join(lines, "\n"))}}
}

// What is wrong in a file is an error with its line and column, and with what was meant.
func TestMistakes(t *testing.T) {
	t.Parallel()
	story := func(lines ...string) []string { return append([]string{"scenario s"}, lines...) }
	for _, test := range []struct {
		lines []string
		want  string // of the error, or of one of its lines
	}{
		{[]string{"scenaro s"}, `a.scenario:1:1: "scenaro" (did you mean "scenario"?) stands before the first scenario`},
		{[]string{"scenario=s"}, `a.scenario:1:1: "scenario" stands where there is nothing to be equal`},
		{[]string{`"fails"`}, `a.scenario:1:1: "fails" stands in quotation marks`},
		{story("at 0d", `  "ask"`), `a.scenario:3:3: "ask" stands in quotation marks`},
		{story(`"-3d" call`), `a.scenario:2:1: "-3d" stands in quotation marks`},
		{[]string{"scenario  # a comment"}, "a.scenario:1:1: the scenario has no name"},
		{[]string{"scenario s", "scenario s"}, "a.scenario:2:10: there is a scenario of this name in line 1"},
		{[]string{"now tomorrow"}, "a.scenario:1:5: now is a date or a time"},
		{[]string{"policy"}, "a.scenario:1:1: policy takes the name of one document"},
		{[]string{"policy other.json"}, "a.scenario:1:8: open other.json"},
		{story(`lead title="VP`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title='VP Sales`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title="a\\\"b`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title="C:\users"`), `a.scenario:2:15: the text in "double" quotation marks has an escape that Go does not have: write \\ for a backslash`},
		{story(`lead title="é\q\"" stage=x`), "a.scenario:2:14: the text"},
		{story(`lead title="\q`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title="\q\"`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title="\`), "a.scenario:2:12: the quotation mark is not closed"},
		{story(`lead title="VP"Sales`), `a.scenario:2:16: there is no space behind the quotation mark: title="VP"Sales`},
		{story(`lead title='it's'`), "a.scenario:2:16: there is no space behind the quotation mark"},
		{story(`lead title="VP"# why`), "a.scenario:2:16: there is no space behind the quotation mark"},
		{story("lead title=VP\u00a0employees=5"), "a.scenario:2:14: U+00A0 stands where it is not seen"},
		{story("lead title=\u200fVP"), "a.scenario:2:12: U+200F stands where it is not seen"},
		{story("lead title=\xe4"), "a.scenario:2:12: the line is not UTF-8"},
		{story("lead employees==5"), "a.scenario:2:16: employees==5 has two signs of equality"},
		{story("lead =5"), `a.scenario:2:6: "=5" is no attribute`},
		{story(`lead ""=5`), `a.scenario:2:6: the policy declares no attribute ""`},
		{story("-3d call x2 x3"), "a.scenario:2:13: how many is given twice"},
		{story("-3d call id=2 id=3"), "a.scenario:2:15: id is given twice"},
		{story("at 0d", `  ask What is 15" or more? # why`), "a.scenario:3:17: a quotation mark is not closed: put the whole text in quotation marks"},
		{story("at 0d", `  blocked lead.title == "a\" # b`), "a.scenario:3:25: a quotation mark is not closed"},
		{story("at 0d", "  score nan"), `a.scenario:3:9: the policy has no group "nan"`},
		{story("at 0d", "  score 0x10"), `a.scenario:3:9: the policy has no group "0x10"`},
		{story("at 0d", "  score > inf"), "a.scenario:3:9: score takes points"},
		{[]string{"now +3d"}, "a.scenario:1:5: now is a date or a time"},
		{[]string{"now 1500-01-01"}, "a.scenario:1:5: now is a date or a time"},
		{[]string{"now 2026-01-01", "now 2026-01-02"}, "a.scenario:2:1: now stands in line 1 already"},
		{story("at 1500-01-01"), `a.scenario:2:4: "1500-01-01" is no instant`},
		{story("in mql since 1500-01-01"), `a.scenario:2:14: "1500-01-01" is no instant`},
		{story("1500-01-01 call"), `a.scenario:2:1: "1500-01-01" is no word of the language`},
		{story("lead since=tomorrow"), "a.scenario:2:12: since=tomorrow is no time: write an offset such as +30d, a date or a time between 1678 and 2262"},
		{story("lead since=2026-02-30"), "a.scenario:2:12: since=2026-02-30 is no time"},
		{story("lead since=2026-02-20 25:00"), `a.scenario:2:23: "25:00" is no attribute`},
		{story("-3d call start=+30dd"), "a.scenario:2:16: start=+30dd is no time"},
		{story("-3d call start=1500-01-01"), "a.scenario:2:16: start=1500-01-01 is no time"},
		{story("-3d call start=1500-01-01T12:00"), "a.scenario:2:16: start=1500-01-01T12:00 is no time"},
		{story("lead titel=VP"), `a.scenario:2:6: the policy declares no attribute "titel" (did you mean "title"?)`},
		{story("lead title"), `a.scenario:2:6: "title" is no attribute: write name=value`},
		{story("lead title=a title=b"), "a.scenario:2:14: title is given twice"},
		{story("-3d email_opne"), `a.scenario:2:5: no signal takes activities of the type "email_opne" (did you mean "email_open"?)`},
		{story("-3d"), "a.scenario:2:1: an activity has a type"},
		{[]string{"# nothing"}, "a.scenario:1:1: there is no scenario in the file"},
		{story("-3d call"), "a.scenario:1:1: nothing is expected of the scenario"},
		{story("at 0d"), "a.scenario:1:1: nothing is expected of the scenario"},
		{story("at 0d\r  score 5"), "a.scenario:2:6: there is a carriage return inside the line"},
		{story("lead title=VP, employees=4"), "a.scenario:2:14: title=VP, ends with a comma"},
		{story("at 0d", "  rule demo=99"), "a.scenario:3:8: demo=99 stands where there is nothing to be equal: write rule demo 99"},
		{story("at 0d", "  stage mql=sql"), "a.scenario:3:9: mql=sql stands where there is nothing to be equal"},
		{story("at 0d", "  overdue=no"), `a.scenario:3:3: "overdue"`},
		{story("at 0d", "  score 4 5"), `a.scenario:3:9: score takes points, or bounds of them: 42, 40..50, >= 40; not "4 5"`},
		{story("at 0d", "  score >= 4 5"), `not ">=4 5"`},
		{story("-3d call x0"), `a.scenario:2:10: "x0" is no number of times`},
		{story("-3d call id=7 x2"), "a.scenario:2:10: with one ID they are one activity"},
		{story("-3d call budjet=5"), `a.scenario:2:10: the policy declares no property "budjet" (did you mean "budget"?)`},
		{story("-3m call"), `a.scenario:2:1: "-3m"`},
		{story("in mpl"), `a.scenario:2:4: the policy has no stage "mpl" (did you mean "mql"?)`},
		{story("in mql from -3d"), "a.scenario:2:4: write in and a stage"},
		{story("in mql since long ago"), `a.scenario:2:14: "long ago" is no instant`},
		{story("at"), "a.scenario:2:1: at takes an instant"},
		{story("at noon"), `a.scenario:2:4: "noon" is no instant`},
		{story("at 0d", "at -1d"), "a.scenario:3:4: it lies before the instant of line 2"},
		{story("stage mql"), "a.scenario:2:1: stage is expected of no instant"},
		{story("  at 0d", "stage mql"), "a.scenario:3:1: stage is expected of no instant"},
		{story("at 0d", "  stgae mql"), `a.scenario:3:3: "stgae" (did you mean "stage"?) is no word of the language`},
		{story("at 0d", "  stage mqll"), `a.scenario:3:9: the policy has no stage "mqll" (did you mean "mql"?)`},
		{story("at 0d", "  stage mql (entre)"), `a.scenario:3:13: there is no move "entre" (did you mean "enter"?)`},
		{story("at 0d", "  score"), "a.scenario:3:3: score takes points"},
		{story("at 0d", "  score 5..3"), "a.scenario:3:9: score takes points"},
		{story("at 0d", "  score fitt 3"), `a.scenario:3:9: the policy has no group "fitt" (did you mean "fit"?)`},
		{story("at 0d", "  rule dmo 3"), `a.scenario:3:8: the policy has no rule "dmo" (did you mean "demo"?)`},
		{story("at 0d", "  rule demo many"), "a.scenario:3:13: rule takes points"},
		{story("at 0d", "  band fit A B"), "a.scenario:3:8: band takes a label"},
		{story("at 0d", "  rating"), "a.scenario:3:3: rating takes one label"},
		{story("at 0d", "  checklist"), "a.scenario:3:3: checklist takes criteria"},
		{story("at 0d", "  checklist budget"), `a.scenario:3:13: "budget" is no answer`},
		{story("at 0d", "  checklist bugdet=yes"), `a.scenario:3:13: the policy has no criterion "bugdet" (did you mean "budget"?)`},
		{story("at 0d", "  checklist budget=maybe"), `a.scenario:3:20: there is no answer "maybe"`},
		{story("at 0d", "  blocked"), "a.scenario:3:10: blocked takes what is in the way"},
		{story("at 0d", "  ask"), "a.scenario:3:6: ask takes a question"},
		{story("at 0d", "  unknown"), "a.scenario:3:10: unknown takes an unknown fact"},
		{story("at 0d", "  issue"), "a.scenario:3:8: issue takes a problem"},
		{story("at 0d", "  until later"), "a.scenario:3:9: until takes an instant"},
		{story("at 0d", "  next time"), "a.scenario:3:8: next takes an instant"},
		{story("at 0d", "  overdue 3"), "a.scenario:3:11: overdue stands alone"},
		{story("at 0d", "  not blocked"), "a.scenario:3:7: not goes with overdue only"},
	} {
		_, err := scenario.Load(model(t), text(test.lines...))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v; want %s", test.lines, err, test.want)
		}
	}
	if _, err := scenario.Load(model(t), fstest.MapFS{}); err == nil || err.Error() != "qualifytest: there are no files *.scenario" {
		t.Errorf("no files: %v", err)
	}
	if _, err := scenario.Load(nil, text("scenario s")); err == nil || !strings.Contains(err.Error(), "there is no policy") {
		t.Errorf("no model: %v", err)
	}
	// The line, and a caret below what is wrong, by the columns of a terminal.
	const want = "a.scenario:2:17: the policy declares no attribute \"titel\" (did you mean \"title\"?)\n" +
		"    lead title=株式会社 titel=VP\n" +
		"                        ^"
	if _, err := scenario.Load(model(t), text("scenario s", "lead title=株式会社 titel=VP", "at 0d", "  score 0")); err == nil || err.Error() != want {
		t.Errorf("behind wide characters: %v", err)
	}
	two := text("scenario s", "lead titel=VP", "at 0d", "  stgae mql")
	if _, err := scenario.Load(model(t), two); err == nil || strings.Count(err.Error(), "a.scenario:") != 2 {
		t.Errorf("two mistakes: %v", err)
	}
}

// What a line says of a list is what a verdict prints, to the byte: white space around it
// does not count, and white space in it does.
func TestToTheByte(t *testing.T) {
	t.Parallel()
	m := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "a  b", Kind: qualify.Number, Question: "How  many?"}, {Name: "a b", Kind: qualify.Number}, {Name: "t", Kind: qualify.Text, Question: " What?"}},
		Signals: []qualify.Signal{{ID: "v"}},
		Rules:   []qualify.Rule{{ID: "r", When: `lead["a  b"] > 0`, Points: 1}, {ID: "r  r", On: "v", Points: 1}},
		Stages:  []qualify.Stage{{ID: "s", Enter: `lead.t == "x  y" and lead["a  b"] > 5`}, {ID: "s  s", Enter: `lead.t == "z"`}},
	})
	for line, holds := range map[string]bool{
		`blocked lead.t == "x  y"`: true, `blocked lead.t == "x y"`: false, `blocked  lead.t  == "x  y"`: false, "blocked   lead.t == \"x  y\" \t # why": true,
		`blocked "lead.t == \"x  y\""`: true, `blocked "lead.t == \"x  y\" "`: false, "blocked lead.t == \"x\ty\"": false, `blocked LEAD.t == "x  y"`: false,
		"ask How  many?": true, "ask How many?": false, "ask   How  many?  ": true, `ask "How  many?"`: true, "ask What?": false, `ask " What?"`: true, `ask " What? "`: false,
		`unknown lead["a  b"]`: true, `unknown lead["a b"]`: false, `unknown  lead["a  b"]  # why`: true,
		`issue wrong_kind lead["a  b"]`: true, `issue wrong_kind lead["a b"]`: false, `issue wrong_kind  lead["a  b"]`: false,
		`stage none`: true, `rule "r  r" 1`: true, "rule 'r  r'   1": true,
	} {
		files, err := scenario.Load(m, text("scenario s", `  lead "a  b"=x`, "  0d v", "  at 0d", "    "+line))
		if err != nil {
			t.Error(err)
			continue
		}
		if failures, err := files[0].Scenarios[0].Failures(); err != nil || (failures == nil) != holds {
			t.Errorf("%s: %v, %q", line, err, failures)
		}
	}
	for _, line := range []string{`rule "r r" 1`, `stage "s s"`} {
		if _, err := scenario.Load(m, text("scenario s", "  at 0d", "    "+line)); err == nil {
			t.Errorf("%s is read", line)
		}
	}
}

// Whatever is an instant is also the value of an attribute or a property that is a time, and
// reaches the library as one: in the location of the model, as the dates that it reads.
func TestTimesOfFacts(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, in := range []*time.Location{time.UTC, berlin} {
		field := qualify.Field{Name: "w", Kind: qualify.Time, Placeholders: []string{"2020-01-01", "+7d", "2020-01-01 12:00"}}
		m := qualify.MustCompile(qualify.Policy{
			Profile: []qualify.Field{field, {Name: "n", Kind: qualify.Number}}, Properties: []qualify.Field{field}, Signals: []qualify.Signal{{ID: "v"}},
			Criteria: []qualify.Criterion{{ID: "lead", Met: `lead.w > time("1700-01-01")`}, {ID: "activity", Met: `latest("v", "w") > time("1700-01-01")`}},
		}, qualify.WithLocation(in))
		local := func(y int, mo time.Month, d, h, mi, s int) time.Time {
			return time.Date(y, mo, d, h, mi, s, 0, in).UTC()
		}
		for value, want := range map[string]time.Time{
			"2026-07-01": local(2026, 7, 1, 0, 0, 0), "2026-07-01T12:00": local(2026, 7, 1, 12, 0, 0), "2026-07-01T12:00:30": local(2026, 7, 1, 12, 0, 30),
			`"2026-07-01 12:00"`: local(2026, 7, 1, 12, 0, 0), "2026-07-01 12:00": local(2026, 7, 1, 12, 0, 0), "2026-07-01   12:00:30": local(2026, 7, 1, 12, 0, 30),
			"2026-07-01 9:00": local(2026, 7, 1, 9, 0, 0), "'2026-07-01 12:00:30'": local(2026, 7, 1, 12, 0, 30),
			"2026-07-01T12:00:00Z": time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), "2026-07-01T12:00:00.5-02:00": time.Date(2026, 7, 1, 14, 0, 0, 5e8, time.UTC),
			"+30d": now.AddDate(0, 0, 30), "-1d12h": now.Add(-36 * time.Hour), `"+30d"`: now.AddDate(0, 0, 30), "0d": now, "+8d-1ns": now.AddDate(0, 0, 8).Add(-1),
			// Placeholders, and text that the policy cannot read, stay what they are.
			"2020-01-01": {}, "+7d": {}, `"2020-01-01 12:00"`: {}, "2020-01-01 12:00": {}, "": {}, `""`: {}, `"soon"`: {}, `"1500-01-01"`: {}, `"2026-02-30"`: {},
		} {
			for _, line := range []string{"lead w=" + value, "lead w=" + value + " n=1", "0d v w=" + value, "0d v w=" + value + " id=7"} {
				lead, err := scenario.Lead(m, now, line)
				if err != nil {
					t.Fatal(err)
				}
				a, err := m.Assess(&lead, now)
				if err != nil {
					t.Fatal(err)
				}
				got := a.Checklist[0]
				if strings.HasPrefix(line, "0d") {
					got = a.Checklist[1]
				}
				if want.IsZero() != (got.Answer == qualify.Unknown) || !want.IsZero() && !got.Facts[0].Time.Equal(want) {
					t.Errorf("in %s, %s: %+v; want %s", in, line, got, want)
				}
			}
			// What the library reads by itself, it reads alike.
			plain := qualify.Lead{Profile: map[string]any{"w": strings.Trim(value, `"'`)}}
			if a, err := m.Assess(&plain, now); err != nil || a.Checklist[0].Answer == qualify.Yes && !a.Checklist[0].Facts[0].Time.Equal(want) {
				t.Errorf("in %s, %s: the library reads %+v", in, value, a.Checklist[0])
			}
		}
	}
}

// A message shows what stands in the file without its control characters and marks of
// direction.
func TestMessagesThatPrint(t *testing.T) {
	t.Parallel()
	m := model(t)
	files, err := scenario.Load(m, text("scenario s", "  at 0d", "    score 5 # \u202e\x1b[31m\u200f", "    ask \u2066What?"))
	if err != nil {
		t.Fatal(err)
	}
	failures, err := files[0].Scenarios[0].Failures()
	if err != nil || len(failures) != 2 || failures[0] != "a.scenario:3: score 5 #   [31m\n  got: score 0" || strings.ContainsAny(failures[1], "\u202e\x1b\u200f\u2066") {
		t.Errorf("%q, %v", failures, err)
	}
}

// No text makes the parser panic, and what it accepts runs.
func FuzzLoad(f *testing.F) {
	story, err := os.ReadFile("../../testdata/story.scenario")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.Replace(string(story), "policy policy.json\n", "", 1))
	for _, line := range []string{"now 2026-11-01", "scenario s\nat 0d\n score 3", "scenario \"", "scenario s\n-1d call id=\"x y\" budget=5 # c", "scenario s\nlead \"Lead Source\"=\"\\\"\"", "scenario s\nat +100000w",
		"scenario s\nlead since=2026-11-01 12:00\nat 0d\n ask \"\\\"\" # c", "\uFEFFscenario s\r\n-1d call start='+3d'\r\nat 0d\r\n blocked nothing\r\n rule \"demo\" >= 2#"} {
		f.Add(line)
	}
	m := model(f)
	f.Fuzz(func(t *testing.T, source string) {
		files, err := scenario.Load(m, text(source))
		if err != nil {
			return
		}
		for _, sc := range files[0].Scenarios {
			if _, err := sc.Failures(); err != nil && !strings.Contains(err.Error(), "a.scenario:") {
				t.Error(err)
			}
		}
	})
}

// TestWrittenHolds writes each lead of the scenarios as a scenario that expects all that can be
// expected: it reads back, and holds.
func TestWrittenHolds(t *testing.T) {
	t.Parallel()
	count := 0
	for _, dir := range []string{"../../testdata", "../../../examples/policies", "../../../examples/quickstart"} {
		files, err := scenario.Load(nil, os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			for _, wrong := range f.Failures() {
				t.Error(wrong)
			}
			for _, sc := range f.Scenarios {
				if failures, err := sc.Failures(); err != nil || failures != nil || sc.Fails(f.Model, new(qualify.Assessment)) {
					t.Errorf("%s: %v, %q", sc.Name, err, failures)
				}
				policy := f.Model.Policy()
				err := sc.Play(f.Model, func(lead *qualify.Lead, at time.Time) error {
					a, err := f.Model.Assess(lead, at)
					if err != nil {
						return err
					}
					lines := scenario.Expected(&a, f.Now, "groups", "total")
					if !strings.HasPrefix(lines[0], "band ") || !strings.HasPrefix(lines[1], "score ") {
						t.Errorf("what is about the total does not come first: %q", lines)
					}
					sorted := *lead
					sorted.Activities = slices.SortedStableFunc(slices.Values(lead.Activities), func(a, b qualify.Activity) int { return a.At.Compare(b.At) })
					written := "now " + f.Now.Format(time.RFC3339Nano) + "\n" + scenario.Write(sc.Name, &policy, &sorted, at, f.Now, strings.Join(lines, "\n    "))
					again, err := scenario.Load(f.Model, text(written))
					if err != nil {
						return err
					}
					if failures, err := again[0].Scenarios[0].Failures(); err != nil || failures != nil {
						t.Errorf("%s: %v, %q\n%s", sc.Name, err, failures, written)
					}
					count++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("%d leads only", count)
	}
}

// A rule that brings other points is explained below what is.
func TestFailuresExplain(t *testing.T) {
	t.Parallel()
	files, err := scenario.Load(model(t), text("scenario s", "  lead employees=300", "  at 0d", "    rule size 0", "    score fit -3"))
	if err != nil {
		t.Fatal(err)
	}
	sc := files[0].Scenarios[0]
	failures, err := sc.Failures()
	if err != nil || len(failures) != 2 || !strings.HasPrefix(failures[0], "a.scenario:4: rule size 0\n  got: rule size 5\n  ") || !strings.Contains(failures[0], "lead.employees >= 200") ||
		strings.Count(failures[1], "\n") != 1 || !sc.Fails(files[0].Model, new(qualify.Assessment)) {
		t.Errorf("%v, %q", err, failures)
	}
}

// The document that a file names compiles, or fails with the text that is expected.
func TestDocuments(t *testing.T) {
	t.Parallel()
	broken := `{"format": 1, "name": "broken", "rules": [{"id": "r", "when": "lead.n > 1", "points": 1}]}`
	fine := `{"format": 1, "name": "fine"}`
	for _, test := range []struct {
		document, lines string
		failure, err    string // part of the one failure, or of the error
	}{
		{fine, "scenario s\n  at 0d\n    score 0", "", ""},
		{broken, "fails lead.n", "", ""},
		{broken, "fails lead.m", "a.scenario:2: fails lead.m\n  got: fails ", ""},
		{fine, "fails lead.n", "got: the policy compiles", ""},
		{broken, "scenario s\n  at 0d", "", "a.scenario:2:1: the policy does not compile: there are no scenarios to run"},
		{"{", "scenario s\n  at 0d", "", "the document ends inside an object"},
		{broken, "", "", "a.scenario: "},
	} {
		files, err := scenario.Load(nil, fstest.MapFS{"p.json": {Data: []byte(test.document)}, "a.scenario": {Data: []byte("policy p.json\n" + test.lines)}})
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s, %s: %v; want %s", test.document, test.lines, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if got := strings.Join(files[0].Failures(), "\n"); !strings.Contains(got, test.failure) || (got == "") != (test.failure == "") {
			t.Errorf("%s, %s: %q; want %q", test.document, test.lines, got, test.failure)
		}
	}
	if _, err := scenario.Lead(nil, time.Time{}); err == nil {
		t.Error("a lead of no model")
	}
	if _, err := scenario.Lead(model(t), time.Time{}, "lead titel=VP", "at 0d"); err == nil || !strings.Contains(err.Error(), `"titel"`) || !strings.Contains(err.Error(), "there is no at") {
		t.Errorf("a lead with mistakes: %v", err)
	}
}
