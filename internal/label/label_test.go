package label_test

import (
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/label"
)

// What is not labelled has the name "bare".
func compiler() *expression.Compiler {
	return expression.NewCompiler(expression.Names{
		Lead:     []expression.Field{{Name: "size", Kind: fact.Number}, {Name: "renewal", Kind: fact.Time}, {Name: "bare", Kind: fact.Number}},
		Props:    []expression.Field{{Name: "price", Kind: fact.Number}, {Name: "start", Kind: fact.Time}, {Name: "bare", Kind: fact.Number}},
		Signals:  []string{"visit", "call", "bare"},
		Types:    [][]string{{"visit"}, {"call"}, {"bare"}},
		Terms:    []expression.Term{{ID: "due", Source: "lead.renewal"}, {ID: "soon", Source: "term.due"}},
		Criteria: []expression.Criterion{{ID: "need", Set: "bant"}, {ID: "bare", Set: "bant"}, {ID: "fit", Set: "size"}},
		Groups:   []expression.Group{{ID: "total"}, {ID: "fit"}},
		Stages:   []string{"sql", "bare"},
	}, expression.Limits{Length: 1000, Nesting: 20, Nodes: 100, Pattern: 100})
}

var words = label.Words{
	Attributes: []string{"Size", "Renewal", ""},
	Properties: []string{"Price", "Start", ""},
	Signals:    []string{"Visit", "Call", ""},
	Groups:     []string{"Score", "Fit"},
	Criteria:   []string{"Need", "", "Fits"},
	Sets:       []string{"bant", "bant", "size"},
	Stages:     []string{"Sales-qualified", ""},
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, want string }{
		{`lead.size > 1`, "Size"},
		{`lead.bare > 1`, ""},
		{`days_since(lead.renewal) > 1`, "Days since Renewal"},
		{`days_until(lead.renewal) > 1`, "Days until Renewal"},
		{`calendar_days_since(lead.renewal) > 1`, "Calendar days since Renewal"},
		{`calendar_days_since("bare") > 1`, ""},
		{`days_until(term.soon) > 1`, "Days until Renewal"},
		{`days_until(latest("call", "start")) > 1`, "Days until Start (latest Call)"},
		{`count("visit") > 1`, "Count of Visit"},
		{`count("visit", "30d") > 1`, "Count of Visit in 30 days"},
		{`count("visit", "since call") > 1`, "Count of Visit since Call"},
		{`count("visit", "since bare") > 1`, ""},
		{`count("bare") > 1`, ""},
		{`active_days("visit", "1d") > 1`, "Days with Visit in 1 day"},
		{`days_since("visit") > 1`, "Days since Visit"},
		{`days_since_first("visit") > 1`, "Days since the first Visit"},
		{`total("call", "price", "7d") > 1`, "Price (total of Call in 7 days)"},
		{`mean("call", "price") > 1`, "Price (mean of Call)"},
		{`highest("call", "price") > 1`, "Price (highest of Call)"},
		{`lowest("call", "price") > 1`, "Price (lowest of Call)"},
		{`distinct("call", "price") > 1`, "Price (different ones of Call)"},
		{`latest("call", "price") > 1`, "Price (latest Call)"},
		{`first("call", "price") > 1`, "Price (first Call)"},
		{`first("call", "bare") > 1`, ""},
		{`idle_steps("visit", "7d") > 1`, "Steps of 7 days without Visit"},
		{`idle_steps("visit", "7d", "14d") > 1`, "Steps of 14 days without Visit, the first of 7 days"},
		{`followed("visit", "call", "2d")`, "Call within 2 days after Visit"},
		{`followed("visit", "bare", "2d")`, ""},
		{`score() > 1`, "Score"},
		{`score("fit") > 1`, "Fit"},
		{`met("need")`, "Need"},
		{`met("bare")`, ""},
		{`met_count() > 1`, "Criteria met"},
		{`met_count("bant") > 1`, "Criteria of bant met"},
		{`met_count("size") > 0`, "Criteria of size met"},
		{`all_met("bant")`, "All criteria of bant met"},
		{`all_met()`, "All criteria met"},
		{`reached("sql")`, "Reached Sales-qualified"},
		{`reached("bare")`, ""},
		{`days_in_stage() > 1`, "Days in the stage"},
	} {
		c := compiler()

		n, mistakes := c.Compile(test.source, expression.InStage, fact.Bool, 0)
		if n == nil {
			t.Errorf("%s: %v", test.source, mistakes)
			continue
		}
		labels := label.New(words, c.Queries)
		got := labels.Of(n)
		if got == "" && len(n.Kids) > 0 { // a comparison
			got = labels.Of(n.Kids[0])
		}
		if got != test.want {
			t.Errorf("%s is called %q, want %q", test.source, got, test.want)
		}
	}
}

func TestOfProperty(t *testing.T) {
	t.Parallel()
	c := compiler()
	n, mistakes := c.Compile(`activity.price > 1`, expression.InWhere, fact.Bool, 0)
	if n == nil {
		t.Fatal(mistakes)
	}
	if got := label.New(words, c.Queries).Of(n.Kids[0]); got != "Price" {
		t.Error(got)
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	query := history.Query{Signal: 0, Other: history.None, Prop: history.None, Window: history.Window{Since: history.None}}
	for f, want := range map[history.Func]string{history.Newest: "Days since Visit", history.Oldest: "Days since the first Visit", history.Count: "Count of Visit"} {
		query.Func = f
		if got := label.New(words, []history.Query{query}).Asked(0, f); got != want {
			t.Errorf("%v: %q, want %q", f, got, want)
		}
	}
}
