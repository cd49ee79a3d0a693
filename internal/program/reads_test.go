package program_test

import (
	"testing"

	"github.com/qualify-go/qualify"
)

func TestReads(t *testing.T) {
	t.Parallel()
	props := []qualify.Field{{Name: "a", Kind: qualify.Number}, {Name: "b", Kind: qualify.Number}}
	signals := func(s ...qualify.Signal) qualify.Policy {
		return qualify.Policy{Properties: props, Signals: append([]qualify.Signal{{ID: "visit"}, {ID: "call"}}, s...)}
	}
	rules := func(r qualify.Rule) qualify.Policy {
		p := signals(qualify.Signal{ID: "spree", Repeats: "visit", Every: 2})
		r.ID = "r"
		p.Rules = []qualify.Rule{r}
		return p
	}
	for _, test := range []struct {
		name   string
		policy qualify.Policy
		want   [4]bool // a of visit, b of visit, a of call, a of what no signal takes
	}{
		{"nothing asks", signals(), [4]bool{}},
		{"where", signals(qualify.Signal{ID: "s", Types: []string{"visit"}, Where: "activity.a > 1"}), [4]bool{true}},
		{"where of all types", signals(qualify.Signal{ID: "s", Types: []string{"*"}, Where: "activity.a > 1"}), [4]bool{true, false, true, true}},
		{"for_each", signals(qualify.Signal{ID: "s", Repeats: "visit", Every: 2, ForEach: "a"}), [4]bool{true}},
		{"for_each with another signal", signals(qualify.Signal{ID: "s", Types: []string{"visit"}, Following: "call", Within: qualify.Day, ForEach: "a"}), [4]bool{true, false, true}},
		{"a query", rules(qualify.Rule{When: `highest("visit", "b") > 1`, Points: 1}), [4]bool{false, true}},
		{"a query of what repeats", rules(qualify.Rule{When: `highest("spree", "a") > 1`, Points: 1}), [4]bool{true}},
		{"multiply", rules(qualify.Rule{On: "call", Points: 1, Multiply: "activity.a"}), [4]bool{false, false, true}},
		{"once_per", rules(qualify.Rule{On: "spree", Points: 1, Limit: qualify.Limit{OncePer: "b"}}), [4]bool{false, true}},
		{"for_each of a limit", rules(qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, ForEach: "a"}}), [4]bool{true}},
	} {
		p := compile(t, test.policy)
		if got := [4]bool{p.Reads("visit", 0), p.Reads("visit", 1), p.Reads("call", 0), p.Reads("other", 0)}; got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
