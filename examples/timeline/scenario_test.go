package main

import (
	"testing"

	"github.com/qualify-go/qualify/qualifytest"
)

func TestScenarios(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir(".")) }

// The scenarios show all that can come about in the policy.
func TestCoverage(t *testing.T) {
	suite, err := qualifytest.Load(nil, qualifytest.Dir("."))
	if err != nil {
		t.Fatal(err)
	}
	all, err := suite.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Seen < c.Of {
			t.Errorf("the scenarios do not show all of the policy\n%s", c)
		}
	}
}
