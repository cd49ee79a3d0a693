package mutants_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/mutants"
)

// small has few mutants, which one can count.
var small = qualify.Policy{
	Name:    "small",
	Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}},
	Signals: []qualify.Signal{{ID: "v"}},
	Rules: []qualify.Rule{
		{ID: "size", When: "lead.n >= 10", Points: 5},
		{ID: "visits", When: "count('v', '30d') >= 2", Points: 7},
	},
	Stages: []qualify.Stage{{ID: "good", Enter: "score() >= 12"}},
}

// listed asks for declared lists, and for lists that are written out.
var listed = qualify.Policy{
	Name:       "listed",
	Profile:    []qualify.Field{{Name: "email", Kind: qualify.Text}, {Name: "tags", Kind: qualify.Texts}, {Name: "plan", Kind: qualify.Code}},
	Properties: []qualify.Field{{Name: "page", Kind: qualify.Code}},
	Lists:      []qualify.List{{ID: "free", Values: []string{"@gmail.com", "@web.de", "@gmx.net", "@mail.ru", "@aol.com", "@me.com"}}, {ID: "hot", Values: []string{"vip", "a;b"}}},
	Terms:      []qualify.Term{{ID: "free", Is: "lead.email endsWith list.free"}},
	Signals:    []qualify.Signal{{ID: "v", Where: `activity.page startsWith ["/prices", "/plans"]`}},
	Rules: []qualify.Rule{
		{ID: "free", When: "term.free", Points: -5},
		{ID: "hot", When: "lead.tags in list.hot", Points: 3, Else: -1},
		{ID: "plan", When: "lead.plan in list.hot or lead.plan contains list.free", Points: 2},
		{ID: "visits", On: "v", Points: 1},
	},
}

// odd has names and facts that are not easily written.
var odd = qualify.Policy{
	Name: "odd",
	Profile: []qualify.Field{{Name: "Lead Source", Kind: qualify.Text}, {Name: "since", Kind: qualify.Time}, {Name: "tags", Kind: qualify.Texts, Values: []string{"a b", `c"d`}},
		{Name: "ok", Kind: qualify.Bool}},
	Properties: []qualify.Field{{Name: "due day", Kind: qualify.Time}, {Name: "amount", Kind: qualify.Number}, {Name: "mail", Kind: qualify.Code}},
	Terms:      []qualify.Term{{ID: "late", Is: `days_since(latest("deal lost", "due day")) >= 3`}},
	Signals: []qualify.Signal{{ID: "deal lost", Where: `activity.amount > 0.5`}, {ID: "any", Types: []string{"*"}},
		{ID: "sum", Repeats: "deal lost", Every: 10, Sum: "amount", Per: 7 * qualify.Day},
		{ID: "sent"}, {ID: "click", NotFollowing: "sent", Within: 10e9, ForEach: "mail"}, {ID: "answered", Types: []string{"sent"}, FollowedBy: "click", Within: 3600e9},
		{ID: "sitting", Repeats: "click", Every: 3, Gap: 1800e9}},
	Rules: []qualify.Rule{
		{ID: "a rule", When: `lead["Lead Source"] matches "(?i)web (site|shop)"`, Points: 3.5},
		{ID: "b#", When: `lead.since < time("2026-03-01") or not ("a b" in lead.tags)`, Points: -1, Else: 2},
		{ID: "c", On: "sum", Points: 4, When: "lead.ok", Multiply: "2 - 0.5"},
		{ID: "d", On: "any", Points: 1, Limit: qualify.Limit{OncePer: "amount", Times: 2, Calendar: "week"}, Within: 10 * qualify.Day},
		{ID: "e", On: "sitting", Points: 4}, {ID: "f", On: "click", Points: 3, Limit: qualify.Limit{Points: 7, ForEach: "mail", Gap: 7200e9}}, {ID: "g", On: "sent", Points: 2, Limit: qualify.Limit{Times: 1, Calendar: "ever"}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}},
		{ID: "h", On: "answered", Points: 1},
	},
	Groups:   []qualify.Group{{ID: "total", Min: new(-1.0), Bands: []qualify.Band{{From: new(2.0), Label: "so so"}}}},
	Criteria: []qualify.Criterion{{ID: "on time", Met: "not term.late", Unmet: "term.late"}},
	Stages:   []qualify.Stage{{ID: "a stage", Enter: `met("on time") or idle_steps("any", "3d") >= 2`, MaxStay: qualify.Day}},
}

func try(t *testing.T, model *qualify.Model, files fstest.MapFS, options ...qualify.Option) mutants.Report {
	t.Helper()
	report, err := mutants.Try(model, files, options...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func scenarios(text string) fstest.MapFS {
	return fstest.MapFS{"a.scenario": {Data: []byte("now 2026-11-01\n" + text)}}
}

// TestMutantsByHand counts who survives which scenarios.
func TestMutantsByHand(t *testing.T) {
	t.Parallel()
	model := qualify.MustCompile(small)
	size := []string{"rule size, when: >= 10 became > 10", "rule size, when: >= 10 became >= 9", "rule size, when: >= 10 became >= 11",
		"rule size, points: 5 became 4", "rule size, points: 5 became 6"}
	visits := []string{"rule visits, when: count('v', '30d') became count('v', '29d')", "rule visits, when: count('v', '30d') became count('v', '31d')",
		"rule visits, when: count('v', '30d') became count('v')", "rule visits, when: >= 2 became > 2", "rule visits, when: >= 2 became >= 1", "rule visits, when: >= 2 became >= 3",
		"rule visits, points: 7 became 6", "rule visits, points: 7 became 8"}
	stage := []string{"stage good, enter: >= 12 became > 12", "stage good, enter: >= 12 became >= 11", "stage good, enter: >= 12 became >= 13"}
	without := func(all []string, killed ...int) (left []string) {
		for i, m := range all {
			if !slices.Contains(killed, i) {
				left = append(left, m)
			}
		}
		return left
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"next to nothing is expected": {"scenario a\n  at 0d\n    issue none\n", slices.Concat(size, visits, stage)},
		"one rule pays":               {"scenario a\n  lead n=10\n  at 0d\n    rule size 5\n", slices.Concat(without(size, 0, 2, 3, 4), visits, stage)},
		"right below": {"scenario a\n  lead n=10\n  at 0d\n    rule size 5\n  lead n=9\n  at 0d\n    rule size 0\n",
			slices.Concat(visits, stage)},
		"right above only": {"scenario a\n  lead n=11\n  at 0d\n    rule size >= 1\n", slices.Concat(size, visits, stage)},
		"a window at its edge": {"scenario a\n  -30d v\n  -30d+1ns v\n  0d v\n  at -1d\n    rule visits 7\n  at 0d\n    rule visits 7\n  at +1ns\n    rule visits 0\n",
			slices.Concat(size, without(visits, 0, 1, 2, 3, 4, 5, 6, 7), stage)},
		"a stage at its edge": {"scenario a\n  lead n=10\n  -1d v x2\n  at 0d\n    stage good\n",
			slices.Concat(without(size, 0, 2, 3), without(visits, 3, 5, 6), without(stage, 0, 2))},
		"the last of three": {"scenario a\n  at 0d\n    issue none\nscenario b\n  lead n=10\n  at 0d\n    score 5\nscenario c\n  lead n=9\n  at 0d\n    score 0\n", slices.Concat(visits, stage)},
	} {
		report := try(t, model, scenarios(c.text))
		var got []string
		for _, s := range report.Survivors {
			got = append(got, s.Mutant.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" || report.Tried != 16 {
			t.Errorf("%s: of %d (-want +got)\n%s", name, report.Tried, diff)
		}
	}
}

// shaped has fields that stand elsewhere, have a default, and hold lists.
var shaped = qualify.Policy{
	Name: "shaped",
	Profile: []qualify.Field{{Name: "opted_out", Kind: qualify.Bool, Default: "false"}, {Name: "size", Kind: qualify.Number, From: "company.employees", Default: "1"},
		{Name: "tags", Kind: qualify.Texts, Separator: ","}, {Name: "since", Kind: qualify.Time, Epoch: "ms"}},
	Properties: []qualify.Field{{Name: "amount", Kind: qualify.Number, From: "deal.amount", Default: "3"}},
	Signals:    []qualify.Signal{{ID: "won"}},
	Rules: []qualify.Rule{
		{ID: "allowed", When: "not lead.opted_out", Points: 1},
		{ID: "size", When: "lead.size >= 10", Points: 2, Else: -2},
		{ID: "tags", When: `lead.tags in ["a, b", "c"]`, Points: 4},
		{ID: "since", When: `lead.since >= time("2026-03-01")`, Points: 8},
		{ID: "won", When: `total("won", "amount") >= 5`, Points: 16},
	},
}

// TestFieldMutants has mutants of what fields declare, and of conditions over what stands elsewhere.
func TestFieldMutants(t *testing.T) {
	t.Parallel()
	model := qualify.MustCompile(shaped)
	text := "scenario nothing\n  at 0d\n    issue none\n"
	report := try(t, model, scenarios(text))
	var got []string
	for _, s := range report.Survivors {
		if got = append(got, s.Mutant.String()); s.Scenario == "" {
			t.Errorf("nothing is suggested for %s", s)
		}
		text += s.Scenario
	}
	for _, want := range []string{
		"attribute opted_out, default: false became true", "attribute opted_out, default: false became none", "attribute size, default: 1 became none", "property amount, default: 3 became none",
		`rule tags, when: lead.tags in ["a, b", "c"] became lead.tags not in ["a, b", "c"]`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing among %q", want, got)
		}
	}
	if report := try(t, model, scenarios(text)); len(report.Survivors) > 0 {
		t.Errorf("these survive what was suggested: %v", report.Survivors)
	}
}

// TestSuggestions adds what is suggested to a scenario that expects nothing: then they
// find nearly all mutants.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	policies := map[string]qualify.Policy{"small": small, "odd": odd, "listed": listed}
	data, err := os.ReadFile("../testdata/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if policies["testdata"], err = qualify.ParsePolicy(data); err != nil {
		t.Fatal(err)
	}
	// No sum of the points is 9; some others are hard to find from nothing.
	most := map[string]int{"small": 0, "odd": 6, "testdata": 1, "listed": 0}
	for name, policy := range policies {
		model := qualify.MustCompile(policy)
		text := "scenario nothing\n  at 0d\n    issue none\n"
		var left []mutants.Survivor
		for round := range 2 {
			report := try(t, model, scenarios(text))
			left = report.Survivors
			t.Logf("%s, round %d: %d of %d survive", name, round, len(left), report.Tried)
			for _, s := range left {
				text += s.Scenario
			}
		}
		for _, s := range left {
			t.Log(s)
		}
		if len(left) > most[name] {
			t.Errorf("%s: %d survive what was suggested", name, len(left))
		}
	}
}

func TestSuggestion(t *testing.T) {
	t.Parallel()
	report := try(t, qualify.MustCompile(small), scenarios("scenario a\n  lead n=10\n  at 0d\n    score 5\n    stage none\n"))
	var got string
	for _, s := range report.Survivors[:3] {
		got += s.String() + "\n"
	}
	want := `rule size, when: >= 10 became >= 9
  at rules[0].when, 1:11 of policy "small": every scenario still holds; this one, in a.scenario, would not:
  scenario rule size, when: >= 10 rather than >= 9
    lead n=9
    at 0d
      rule size 0
rule visits, when: count('v', '30d') became count('v', '29d')
  at rules[1].when, 1:13 of policy "small": every scenario still holds; this one, in a.scenario, would not:
  scenario rule visits, when: count('v', '30d') rather than count('v', '29d')
    -29d v x2
    at 0d
      rule visits 7
rule visits, when: count('v', '30d') became count('v', '31d')
  at rules[1].when, 1:13 of policy "small": every scenario still holds; this one, in a.scenario, would not:
  scenario rule visits, when: count('v', '30d') rather than count('v', '31d')
    -30d v
    0d v
    at 0d
      rule visits 0
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTheSame has mutants that do what the policy does.
func TestTheSame(t *testing.T) {
	t.Parallel()
	policy := qualify.Policy{
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(100.0)}},
		Signals: []qualify.Signal{{ID: "v"}},
		Rules: []qualify.Rule{
			{ID: "all", When: "lead.n >= -5", Points: 1},
			{ID: "never", When: "count('v') < 0 && lead.n >= 50", Points: 3},
			{ID: "capped", On: "v", Points: 10, Limit: qualify.Limit{Times: 1}, Max: new(12.0)},
		},
	}
	report := try(t, qualify.MustCompile(policy), scenarios("scenario a\n  at 0d\n    issue none\n"))
	var same []string
	for _, s := range report.Survivors {
		if s.Scenario == "" {
			same = append(same, s.Mutant.String())
			if !strings.HasSuffix(s.String(), "perhaps they are the same") {
				t.Errorf("%s", s)
			}
		}
	}
	want := []string{"rule all, when: >= -5 became > -5", "rule all, when: -5 became -4", "rule all, when: -5 became -6",
		"rule never, when: >= 50 became > 50", "rule never, when: >= 50 became >= 49", "rule never, when: >= 50 became >= 51",
		"rule never, points: 3 became 2", "rule never, points: 3 became 4", "rule never, when: < 0 became < -1",
		"rule capped, max: 12 became 11", "rule capped, max: 12 became 13", "rule capped, max: 12 became none"}
	for _, m := range same {
		if !slices.Contains(want, m) {
			t.Errorf("%s: there is no scenario", m)
		}
	}
	for _, m := range want {
		if !slices.Contains(same, m) {
			t.Errorf("%s: it has a scenario, or is not there", m)
		}
	}
}

// TestSurvivors explains them.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	model := qualify.MustCompile(small)
	files := scenarios("scenario a\n  lead n=10\n  -1d v x2\n  at 0d\n    score 12\n    stage good\n  lead n=9\n  at 0d\n    score 7\n    stage none\n" +
		"scenario b\n  -30d+1ns v\n  -30d v\n  0d v\n  at -1d\n    rule visits 7\n  at 0d\n    rule visits 7\n  at +1ns\n    rule visits 0\n")
	left := try(t, model, files).Survivors
	if len(left) != 1 || left[0].Mutant.String() != "stage good, enter: >= 12 became >= 11" || left[0].Because != "" {
		t.Fatalf("survivors: %v", left)
	}
	files["sub/a.survivors"] = &fstest.MapFile{Data: []byte("\uFEFF# no sum is 11\n\n stage good,  enter: >= 12 became >= 11 because no sum of 5 and 7 is 11\nrule size, points: 5 became 7 because of this\n")}
	report := try(t, model, files)
	if diff := cmp.Diff([]string{"sub/a.survivors:4: rule size, points: 5 became 7 because of this"}, report.Stale); diff != "" {
		t.Errorf("stale (-want +got)\n%s", diff)
	}
	if s := report.Survivors[0]; s.Because != "no sum of 5 and 7 is 11" || s.Scenario != "" || !strings.HasSuffix(s.String(), "still holds, because no sum of 5 and 7 is 11") {
		t.Errorf("%s", s)
	}
	files["sub/a.survivors"] = &fstest.MapFile{Data: []byte("stage good, enter: >= 12 became >= 11 because no sum of 5 and 7 is 11")}
	mutants.Run(t, model, files)
}

// recorder is a test that keeps its errors.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

// TestRunPrints explains all survivors but some: 20 of these are printed, or all.
func TestRunPrints(t *testing.T) {
	policy := qualify.Policy{Profile: []qualify.Field{{Name: "ok", Kind: qualify.Bool}}}
	for i := range 9 { // of each rule three mutants survive
		policy.Rules = append(policy.Rules, qualify.Rule{ID: fmt.Sprint("r", i), When: "lead.ok", Points: 5})
	}
	model := qualify.MustCompile(policy)
	files := scenarios("scenario a\n  at 0d\n    issue none\n")
	var survivors []string
	for _, s := range try(t, model, files).Survivors {
		survivors = append(survivors, s.Mutant.String())
	}
	run := func(n int, all bool) []string {
		explained := "nobody, knows: this because it is stale\n"
		for _, line := range survivors[n:] {
			explained += line + " because of this\n"
		}
		files["a.survivors"] = &fstest.MapFile{Data: []byte(explained)}
		flag.Set("mutants.all", fmt.Sprint(all))
		defer flag.Set("mutants.all", "false")
		r := recorder{TB: t}
		mutants.Run(&r, model, files)
		if last := r.errors[len(r.errors)-1]; !strings.HasPrefix(last, "a.survivors:1: nobody, knows") {
			t.Errorf("the last error is %q", last)
		}
		return r.errors[:len(r.errors)-1]
	}
	for _, c := range []struct {
		left    int
		all     bool
		printed int
		more    string
	}{
		{0, false, 0, ""}, {1, false, 1, ""}, {20, false, 20, ""}, {21, false, 20, "and 1 more: go test -mutants.all prints all that survive"},
		{27, false, 20, "and 7 more: go test -mutants.all prints all that survive"}, {27, true, 27, ""},
	} {
		errors := run(c.left, c.all)
		if c.more != "" {
			if last := errors[len(errors)-1]; last != c.more {
				t.Errorf("%+v: the last error is %q", c, last)
			}
			errors = errors[:len(errors)-1]
		}
		if len(errors) != c.printed {
			t.Errorf("%+v: %d are printed", c, len(errors))
			continue
		}
		for i, text := range errors {
			if !strings.HasPrefix(text, survivors[i]+"\n") {
				t.Errorf("%+v: survivor %d is printed as %q; want %s", c, i, text, survivors[i])
			}
		}
	}
}

// TestMutantsOfSeveral has two policies, and files that are about both.
func TestMutantsOfSeveral(t *testing.T) {
	t.Parallel()
	other := small
	other.Name = "other"
	files := fstest.MapFS{
		"other.json": {Data: []byte(other.String())},
		"bad.json":   {Data: []byte("{}")},
		"a.scenario": {Data: []byte("policy other.json\nscenario a\n  lead n=10\n  at 0d\n    rule size 5\n")},
		"b.scenario": {Data: []byte("scenario b\n  -1d v x2\n  at 0d\n    rule visits 7\n")},
		"c.scenario": {Data: []byte("policy other.json\nscenario c\n  lead n=9\n  at 0d\n    rule size 0\n")},
		"d.scenario": {Data: []byte("policy bad.json\nfails format is missing\n")},
	}
	report := try(t, qualify.MustCompile(small), files)
	count := map[string]int{}
	for _, s := range report.Survivors {
		count[s.Policy]++
		if want := map[string]string{"other": "a.scenario", "small": "b.scenario"}[s.Policy]; s.File != "" && s.File != want && s.File != "c.scenario" {
			t.Errorf("%s: in %s", s, s.File)
		}
	}
	if report.Tried != 32 || count["other"] != 11 || count["small"] != 16-4 {
		t.Errorf("of %d: %v", report.Tried, count)
	}
}

func TestMutantsFail(t *testing.T) {
	t.Parallel()
	_, err := mutants.Try(qualify.MustCompile(small), scenarios("scenario a\n  at 0d\n    score 1\n"))
	if want := "mutants: the scenarios must hold for the policy as it is: a.scenario:4: score 1\n  got: score 0"; err == nil || err.Error() != want {
		t.Errorf("a scenario that fails: %v", err)
	}
	if _, err := mutants.Try(qualify.MustCompile(small), scenarios("scenario a\n  at 0d\n    scor 1\n")); err == nil || !strings.HasPrefix(err.Error(), `a.scenario:4:5: "scor"`) {
		t.Errorf("a scenario that cannot be read: %v", err)
	}
	cet := qualify.WithLocation(time.FixedZone("CET", 3600))
	story := scenarios("scenario a\n  at 0d\n    score 0\n")
	if _, err := mutants.Try(qualify.MustCompile(small, cet), story); err == nil || !strings.Contains(err.Error(), "the options that the model was compiled with") {
		t.Errorf("without the options: %v", err)
	}
	if report, err := mutants.Try(qualify.MustCompile(small, cet), story, cet); err != nil || report.Tried != 16 {
		t.Errorf("with the options: %v, %v", report, err)
	}
}

// TestMutantsAreTheSame runs them on one processor and on several.
func TestMutantsAreTheSame(t *testing.T) {
	model := qualify.MustCompile(small)
	files := scenarios("scenario a\n  lead n=3\n  -3d v x4\n  at 0d\n    rule visits >= 1\nscenario b\n  lead n=10\n  at 0d\n    score 5\n")
	var first string
	for _, n := range []int{1, 2, 7} {
		old := runtime.GOMAXPROCS(n)
		text := fmt.Sprint(try(t, model, files))
		runtime.GOMAXPROCS(old)
		if first == "" {
			first = text
		}
		if diff := cmp.Diff(first, text); diff != "" {
			t.Errorf("on %d: %s", n, diff)
		}
	}
}

// TestMutantsOfPage has what the page on testing policies shows of mutants.
func TestMutantsOfPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/testing-policies.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind, holds string) string {
		for _, found := range regexp.MustCompile("(?s)```(\\w+)[^\n]*\n(.*?)```").FindAllSubmatch(page, -1) {
			if string(found[1]) == kind && strings.Contains(string(found[2]), holds) {
				return string(found[2])
			}
		}
		t.Fatalf("the page shows no %s", holds)
		return ""
	}
	report := try(t, nil, fstest.MapFS{
		"policy.json":   {Data: []byte(block("json", "b2b"))},
		"b2b.scenario":  {Data: []byte(block("scenario", "policy.json"))},
		"b2b.survivors": {Data: []byte(block("text", "because"))},
	})
	if report.Tried != 37 || len(report.Survivors) != 9 || report.Stale != nil {
		t.Errorf("of %d, %d survive; %v", report.Tried, len(report.Survivors), report.Stale)
	}
	if want := strings.TrimSpace(block("text", "became 3")); report.Survivors[0].String() != want {
		t.Errorf("the page prints\n%s\nand it is\n%s", want, report.Survivors[0])
	}
}
