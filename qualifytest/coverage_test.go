package qualifytest_test

import (
	"strings"
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

// A signal that looks at another is to be seen to occur, and to leave something out.
func TestCoverageOfRelations(t *testing.T) {
	t.Parallel()
	m := qualify.MustCompile(qualify.Policy{
		Properties: []qualify.Field{{Name: "mail", Kind: qualify.Code}},
		Signals:    []qualify.Signal{{ID: "sent"}, {ID: "click", NotFollowing: "sent", Within: 10e9, ForEach: "mail"}},
		Rules:      []qualify.Rule{{ID: "click", On: "click", Points: 5, Limit: qualify.Limit{Points: 5, ForEach: "mail"}}},
	})
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"scenario s", "at 0d", " score 0", "0d click mail=a", "at 0d"}, "signal sent: never occurred\nsignal click: never left out"},
		{[]string{"scenario s", "at 0d", " score 0", "0d sent mail=a", "+1s click mail=a", "at +1min"}, "signal click: never occurred\nrule click: never paid"},
		{[]string{"scenario s", "at 0d", " score 0", "0d sent mail=a", "+1s click mail=a", "+1s click mail=b", "at +1min"}, ""},
	} {
		suite, err := qualifytest.Load(m, text(test.lines...))
		if err != nil {
			t.Fatal(err)
		}
		all, err := suite.Coverage()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range all[0].Gaps {
			got = append(got, g.String())
		}
		if got := strings.Join(got, "\n"); got != test.want {
			t.Errorf("%q: %s, want %s", test.lines, got, test.want)
		}
	}
}
