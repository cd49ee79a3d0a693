package mutants_test

import (
	"fmt"
	"log"
	"testing"
	"testing/fstest"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/qualifytest/mutants"
)

var demos = qualify.MustCompile(qualify.Policy{
	Name:    "demos",
	Signals: []qualify.Signal{{ID: "demo"}},
	Rules:   []qualify.Rule{{ID: "demo", On: "demo", Points: 30, Within: 90 * qualify.Day}},
	Stages:  []qualify.Stage{{ID: "mql", Enter: `score() >= 30`}},
})

// A test tries the mutants of the policies that the scenarios of a folder are about.
func ExampleRun() {
	TestMutants := func(t *testing.T) { mutants.Run(t, demos, qualifytest.Dir("testdata")) }
	_ = TestMutants // in a file of tests, func TestMutants(t *testing.T)
}

// Try tells what of a policy could change without a scenario that fails.
func ExampleTry() {
	report, err := mutants.Try(demos, fstest.MapFS{"demos.scenario": {Data: []byte(`
now 2026-11-01 12:00

scenario somebody asks for a demo
  -1d demo
  at 0d
    stage mql
`)}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(report.Survivors), "of", report.Tried, "mutants survive, such as")
	fmt.Println(report.Survivors[0])
	// Output:
	// 5 of 8 mutants survive, such as
	// rule demo, points: 30 became 31
	//   at rules[0].points of policy "demos": every scenario still holds; this one, in demos.scenario, would not:
	//   scenario rule demo, points: 30 rather than 31
	//     0d demo
	//     at 0d
	//       rule demo 30
}
