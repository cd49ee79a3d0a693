package qualifytest_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
)

// worth is a policy in which a demo brings so many points.
func worth(name string, points float64) qualify.Policy {
	return qualify.Policy{Name: name, Signals: []qualify.Signal{{ID: "demo"}}, Rules: []qualify.Rule{{ID: "demo", On: "demo", Points: points}}}
}

// A model is held to the scenarios about it: those without a policy, and those of a document of its name.
func TestCheck(t *testing.T) {
	t.Parallel()
	const story = "now 2026-11-01 12:00\nscenario a demo\n  -1d demo\n  at 0d\n    score 30\n    rule demo 30\nscenario nothing\n  at 0d\n    score 0\n"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const wrong = `a.scenario:5: score 30
  in scenario a demo
  got: score 25
a.scenario:6: rule demo 30
  in scenario a demo
  got: rule demo 25
  on demo
    +25  demo, 2026-10-31 12:00`
	b2b, b2c := file(worth("b2b", 30).String()), file(worth("b2c", 30).String())
	for _, test := range []struct {
		name   string
		points float64
		files  fstest.MapFS
		want   string
	}{
		{"all hold", 30, fstest.MapFS{"a.scenario": file(story)}, ""},
		{"two expectations fail", 25, fstest.MapFS{"a.scenario": file(story)}, wrong},
		{"a document of its name", 25, fstest.MapFS{"a.scenario": file("policy b2b.json\n" + story[len("now 2026-11-01 12:00\n"):]), "b2b.json": b2b}, "a.scenario:5: score 30\n  in scenario a demo\n  got: score 25\na.scenario:6: rule demo 30\n  in scenario a demo\n  got: rule demo 25\n  on demo\n    +25  demo, 2025-12-31"},
		{"a document of another name beside it", 30, fstest.MapFS{"a.scenario": file(story), "b.scenario": file("policy b2c.json\nscenario s\n  at 0d\n    score 99\n"), "b2c.json": b2c}, ""},
		{"documents of other names alone", 30, fstest.MapFS{"b.scenario": file("policy b2c.json\nscenario s\n  at 0d\n    score 0\n"), "b2c.json": b2c}, `qualifytest: no scenario is about policy "b2b": the files name documents of other policies`},
		{"a document that does not compile, as it should", 30, fstest.MapFS{"a.scenario": file(story), "b.scenario": file("policy x.json\nfails lead.n\n"), "x.json": file(`{"format": 1, "rules": [{"id": "r", "when": "lead.n > 1", "points": 1}]}`)}, ""},
		{"no scenarios", 30, fstest.MapFS{}, "qualifytest: there are no files *.scenario"},
		{"an attribute that it does not have", 30, fstest.MapFS{"a.scenario": file("scenario s\n  lead n=1\n  at 0d\n    score 0\n")}, "a.scenario:2:8: the policy declares no attribute \"n\"\n      lead n=1\n           ^"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := qualifytest.Check(qualify.MustCompile(worth("b2b", test.points)), test.files); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if err := qualifytest.Check(nil, fstest.MapFS{"a.scenario": file(story)}); err == nil {
		t.Error("there is no error without a model")
	}
}

// Each failure is there as data, too.
func TestSuiteCheck(t *testing.T) {
	t.Parallel()
	suite, err := qualifytest.Load(model(t), text("scenario s", "  at 0d", "    score 1", "    stage mql"))
	if err != nil {
		t.Fatal(err)
	}
	failed := suite.Check()
	var joined interface{ Unwrap() []error }
	if !errors.As(failed, &joined) {
		t.Fatalf("the error is %v", failed)
	}
	var got []qualifytest.Failure
	for _, err := range joined.Unwrap() {
		if failure, ok := errors.AsType[*qualifytest.Failure](err); ok {
			got = append(got, *failure)
		}
	}
	want := []qualifytest.Failure{
		{File: "a.scenario", Scenario: "s", Message: "a.scenario:3: score 1\n  got: score 0"},
		{File: "a.scenario", Scenario: "s", Message: "a.scenario:4: stage mql\n  got: stage none"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if suite, err = qualifytest.Load(model(t), qualifytest.Dir("testdata")); err != nil {
		t.Fatal(err)
	}
	if err := suite.Check(); err != nil {
		t.Error(err)
	}
}
