package qualifytest_test

import (
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
	"github.com/qualify-go/qualify/qualifytest"
)

var _ = flag.Bool("update", false, "rewrite what the scenarios expect")

func TestStories(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir("testdata")) }

func model(t testing.TB) *qualify.Model {
	t.Helper()
	data, err := os.ReadFile("testdata/policy.json")
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

// child runs a test of this file in a process of its own, since it must fail, and
// gives what it prints.
func child(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestChild$", "-test.v"}, args...)...)
	cmd.Env = append(os.Environ(), "QUALIFYTEST_DIR="+dir)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

func TestChild(t *testing.T) {
	dir := os.Getenv("QUALIFYTEST_DIR")
	if dir == "" {
		t.Skip("it is run by others")
	}
	var fsys fs.FS = qualifytest.Dir(dir)
	if os.Getenv("QUALIFYTEST_PLAIN") != "" {
		fsys = os.DirFS(dir)
	}
	qualifytest.Run(t, model(t), fsys)
	if os.Getenv("QUALIFYTEST_COVER") != "" {
		qualifytest.Cover(t, model(t), qualifytest.Dir(dir), 100)
	}
}

// A threshold that is not reached fails the test, with the gaps.
func TestCover(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.scenario"), []byte("scenario s\n  at 0d\n    score 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	qualifytest.Cover(t, model(t), qualifytest.Dir(dir), 10)
	t.Setenv("QUALIFYTEST_COVER", "yes")
	if out := child(t, dir); !strings.Contains(out, "--- FAIL: TestChild ") || !strings.Contains(out, "stage sql: never entered") {
		t.Errorf("it does not fail:\n%s", out)
	}
}

// Every expectation fails when it is wrong, says what is, and -update makes it right.
func TestWrongExpectations(t *testing.T) {
	t.Parallel()
	facts := []string{`  lead title=Clerk employees=x`, "  in mql since -50d", "  -10d demo_request x2", "  at 0d"}
	for i, test := range []struct{ wrong, right string }{
		{"stage sql", "stage mql"}, {"stage none", "stage mql"}, {"stage mql (enter)", "stage mql (none)"},
		{"score 44", "score 45"}, {"score < 45", "score 45"}, {"score > 45", "score 45"}, {"score >= 45.5", "score 45"}, {"score <= 44", "score 45"}, {"score 46..50", "score 45"},
		{"score fit 5", "score fit -5"}, {"score engagement 60", "score engagement 50"},
		{"rating A", "rating B"}, {"rating none", "rating B"}, {"band A", "band none"}, {"band fit A", "band fit B"},
		{"rule demo 30", "rule demo 60"}, {"rule opens", "rule opens 0"}, {"rule size 5", "rule size 0"},
		{"checklist budget=yes timeline=unknown", "checklist budget=unknown timeline=unknown"},
		{"blocked nothing", `blocked met("budget") true`}, {"blocked score() >= 40", `blocked met("budget") true`},
		{"ask nothing", "ask What is set aside?"}, {"unknown lead.title", "unknown lead.employees\n    unknown latest(\"call\", \"budget\")\n    unknown latest(\"call\", \"start\")"},
		{"until +3d", "until never"}, {"next +3d", "next never"}, {"due never", "due -5d"}, {"due -4d", "due -5d"}, {"not overdue", "overdue"},
		{"issue none", "issue wrong_kind lead.employees"},
	} {
		if i%10 >= testcase.Count(10) { // in CI all of them
			continue
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "a.scenario")
		lines := append(append([]string{"scenario s # one"}, facts...), "    "+test.wrong+"  # why", "")
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		out := child(t, dir)
		if first, _, _ := strings.Cut(test.right, "\n"); !strings.Contains(out, "a.scenario:6: "+test.wrong) || !strings.Contains(out, "got: "+first) || !strings.Contains(out, "--- FAIL: TestChild/a/s") {
			t.Errorf("%s:\n%s", test.wrong, out)
		}
		if strings.HasPrefix(test.wrong, "rule demo") && !strings.Contains(out, "on demo_request") {
			t.Errorf("the rule is not explained:\n%s", out)
		}
		child(t, dir, "-update")
		first, more, _ := strings.Cut(test.right, "\n") // the comment stays on its line
		lines[5] = strings.TrimSuffix("    "+first+"  # why\n"+more, "\n")
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Join(lines, "\n"), string(got)); diff != "" {
			t.Errorf("%s, updated (-want +got):\n%s", test.wrong, diff)
		}
		if out := child(t, dir); strings.Contains(out, "FAIL") {
			t.Errorf("%s, updated, fails:\n%s", test.wrong, out)
		}
	}
}

// Files of no Dir are not written.
func TestUpdateOfNoDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.scenario")
	t.Setenv("QUALIFYTEST_PLAIN", "yes")
	for text, fails := range map[string]bool{"scenario s\n  at 0d\n    score 0\n": false, "scenario s\n  at 0d\n    score 1\n": true} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out := child(t, dir, "-update"); strings.Contains(out, "a.scenario: -update rewrites files of a qualifytest.Dir only") != fails {
			t.Errorf("%q:\n%s", text, out)
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != text {
			t.Errorf("%q became %q: %v", text, now, err)
		}
	}
}

// A line that -update writes is not said twice, questions with a hash stand in
// quotation marks, and lines end as they did.
func TestUpdateOfLists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	policy := `{"format": 1, "profile": [{"name": "a", "kind": "bool", "question": "How many # of them?"}, {"name": "b", "kind": "bool"}],
		"stages": [{"id": "none", "enter": "lead.a && lead.b && score() > 5"}]}`
	for name, text := range map[string]string{
		"sub/policy.json": policy,
		"sub/a.scenario": "policy policy.json\r\nscenario s\r\n  at 0d\r\n    blocked lead.a true\r\n    blocked x\r\n    blocked y # two\r\n    ask z\r\n" +
			"  at 400y\r\n",
	} {
		text = strings.Replace(text, "  at 400y\r\n", "    until +1d\r\n", 1)
		if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	child(t, dir, "-update")
	got, err := os.ReadFile(filepath.Join(dir, "sub/a.scenario"))
	if err != nil {
		t.Fatal(err)
	}
	want := "policy policy.json\r\nscenario s\r\n  at 0d\r\n    blocked lead.a true\r\n    blocked lead.b true\r\n    blocked score() > 5 # two\r\n" +
		"    ask \"How many # of them?\"\r\n    until never\r\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out := child(t, dir); strings.Contains(out, "FAIL") {
		t.Errorf("updated, it fails:\n%s", out)
	}
}

// A document that must not compile.
func TestFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("broken.json", `{"format": 1, "name": "broken", "rules": [{"id": "r", "when": "lead.n > 1", "points": 1}]}`)
	write("fine.json", `{"format": 1, "name": "fine"}`)
	write("a.scenario", "policy broken.json\nfails lead.n\n")
	if out := child(t, dir); !strings.Contains(out, "--- PASS: TestChild/a ") {
		t.Errorf("it fails as it should:\n%s", out)
	}
	write("a.scenario", "policy broken.json\nfails lead.m\n")
	if out := child(t, dir); !strings.Contains(out, "a.scenario:2: fails lead.m") || !strings.Contains(out, "lead.n > 1") {
		t.Errorf("it fails with another text:\n%s", out)
	}
	write("a.scenario", "policy fine.json\nfails lead.n\n")
	if out := child(t, dir); !strings.Contains(out, "got: the policy compiles") {
		t.Errorf("it does not fail:\n%s", out)
	}
	write("a.scenario", "policy broken.json\nscenario s\n  at 0d\n")
	if out := child(t, dir); !strings.Contains(out, "the policy does not compile") || !strings.Contains(out, "broken") {
		t.Errorf("scenarios of a policy that does not compile:\n%s", out)
	}
}

// A test in Go, of ten lines.
func TestLead(t *testing.T) {
	t.Parallel()
	m, now := model(t), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	lead := qualifytest.Lead(t, m, now, `lead title="VP Sales" employees=250`, `-10d demo_request`, `-3d email_open x4`)
	a, err := m.Assess(&lead, now)
	if err != nil {
		t.Fatal(err)
	}
	if a.Score.Points != 57 || a.Verdict.Stage != "mql" {
		t.Errorf("got %s", a)
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"+45d", "+44d24h", "+1w+38d", "+45d-1ns+1ns", "2026-12-16", "2026-12-16 00:00", "2026-12-16T00:00:00Z"} {
		suite, err := qualifytest.Load(model(t), text("now 2026-11-01", "scenario "+at, "  0d demo_request x2", "  at 0d", "    until "+at, "    due "+at))
		if err != nil {
			t.Fatal(err)
		}
		suite.Run(t)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	cover := func(lines ...string) qualifytest.Coverage {
		t.Helper()
		suite, err := qualifytest.Load(model(t), text(lines...))
		if err != nil {
			t.Fatal(err)
		}
		all, err := suite.Coverage()
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	some := cover("scenario s", "lead title=VP employees=200", "-1d demo_request", "at 0d", "  score 45", "in mql", "at 0d")
	var got []string
	for _, g := range some.Gaps {
		got = append(got, g.String())
	}
	want := []string{
		"signal email_open: never occurred", "signal call: never occurred", "signal lost: never occurred",
		`rule title, when: lead.title contains 'VP' is never no, never unknown`,
		"rule size: never not paid", "rule size, when: lead.employees >= 200 is never no, never unknown",
		"rule demo: never not paid", "rule opens: never paid",
		"group fit: never B",
		"criterion budget: never yes, never no", `criterion budget, met: latest("call", "budget") >= 10000 is never yes, never no`,
		"criterion timeline: never yes, never no", `criterion timeline, met: days_until(latest("call", "start")) <= 90 is never yes, never no`,
		"stage mql: never entered", `stage mql, enter: score('engagement') >= 40 is never yes`,
		"stage sql: never entered, never left, never blocked", `stage sql, enter: score() >= 40 && met('budget') is never yes, never no`,
		"stage sql, enter: score() >= 40 is never no", `stage sql, enter: met("budget") is never yes, never no`,
		`stage sql, keep: met("budget") is never yes, never no`,
		"stage out: never entered, never left", `stage out, enter: happened("lost", "30d") is never yes`,
	}
	if diff := cmp.Diff(strings.ReplaceAll(strings.Join(want, "\n"), "'", `"`), strings.ReplaceAll(strings.Join(got, "\n"), "'", `"`)); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	for _, line := range []string{"! ", `!       "when": "lead.employees >= 200",`, "        ^ lead.employees >= 200 is never no, never unknown", `!       "id": "opens",`} {
		if !strings.Contains(some.Marked(), line) {
			t.Errorf("no %q in\n%s", line, some.Marked())
		}
	}
}
