package qualifytest_test

import (
	"testing"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
)

// The number of criteria that are met is known, also while a criterion is unknown.
func TestCoverageOfCounts(t *testing.T) {
	t.Parallel()
	m := qualify.MustCompile(qualify.Policy{
		Profile:  []qualify.Field{{Name: "budget", Kind: qualify.Number}},
		Criteria: []qualify.Criterion{{ID: "budget", Met: "lead.budget >= 10"}},
		Rules: []qualify.Rule{
			{ID: "count", When: `met_count() >= 1`, Points: 1},
			{ID: "met", When: `met("budget")`, Points: 1},
		},
	})
	suite, err := qualifytest.Load(m, text("scenario s", "at 0d", " score 0", "lead budget=9", "at 0d", "lead budget=10", "at 0d"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := suite.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	// Signals none; of each rule paid and not paid; yes and no of the one condition, and
	// unknown, too, of the other; three answers of the criterion, and of its condition.
	if c := all[0]; c.Of != 4+2+3+3+3 || c.Seen != c.Of {
		t.Error(c)
	}
}
