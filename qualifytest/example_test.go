package qualifytest_test

import (
	"fmt"
	"log"
	"testing"
	"testing/fstest"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
)

var demos = qualify.MustCompile(qualify.Policy{
	Name:    "demos",
	Signals: []qualify.Signal{{ID: "demo"}},
	Rules:   []qualify.Rule{{ID: "demo", On: "demo", Points: 30, Within: 90 * qualify.Day}},
	Stages:  []qualify.Stage{{ID: "mql", Enter: `score() >= 30`}},
})

// A test of a policy runs all files *.scenario of a folder.
func ExampleRun() {
	TestPolicy := func(t *testing.T) { qualifytest.Run(t, demos, qualifytest.Dir("testdata")) }
	_ = TestPolicy // in a file of tests, func TestPolicy(t *testing.T)
}

// Coverage tells what the scenarios leave out.
func ExampleSuite_Coverage() {
	suite, err := qualifytest.Load(demos, fstest.MapFS{"demos.scenario": {Data: []byte(`
now 2026-11-01 12:00

scenario somebody asks for a demo
  -1d demo
  at 0d
    stage mql (enter)
    score 30
`)}})
	if err != nil {
		log.Fatal(err)
	}
	coverage, err := suite.Coverage()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(coverage[0])
	// Output:
	// demos: 4 of 8, 50.0 %
	//   rule demo: never not paid
	//   stage mql: never left, never blocked
	//   stage mql, enter: score() >= 30 is never no
}
