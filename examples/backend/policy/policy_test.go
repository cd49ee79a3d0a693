package policy_test

import (
	"os"
	"testing"

	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/qualifytest"
)

func TestScenarios(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir(".")) }

// The policy is that of the other examples, so that the verdicts are the same everywhere.
func TestSamePolicy(t *testing.T) {
	for name, got := range map[string][]byte{"policy.json": policy.Document, "sample.scenario": policy.Scenarios} {
		want, err := os.ReadFile("../../sample/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("examples/sample/%s is another one: copy it", name)
		}
	}
}
