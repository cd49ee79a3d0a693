package qualify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
	"github.com/qualify-go/qualify/review"
)

// withLists is the vocabulary with lists.
func withLists(condition string, lists ...qualify.List) qualify.Policy {
	p := withRules(qualify.Rule{When: condition, Points: 1})
	p.Lists = lists
	return p
}

func TestDeclaredLists(t *testing.T) {
	t.Parallel()
	free := qualify.List{ID: "free", Values: []string{"gmail.com", "@Yahoo.de", "web.de", "mail", "Zwei  Wörter"}}
	tests := []struct {
		condition string
		field     string
		value     any
		want      qualify.Answer
	}{
		{"lead.t in list.free", "t", "GMAIL.com", qualify.Yes},
		{"lead.t in list.free", "t", " zwei wörter ", qualify.Yes},
		{"lead.t in list.free", "t", "mail.com", qualify.No},
		{"lead.t in list.free", "t", nil, qualify.Unknown},
		{"lead.t not in list.free", "t", "gmail.com", qualify.No},
		{"lead.t not in list.free", "t", "", qualify.Unknown},
		{"lead.t endsWith list.free", "t", "anna@web.de", qualify.Yes},
		{"lead.t endsWith list.free", "t", "anna@yahoo.de", qualify.Yes},
		{"lead.t endsWith list.free", "t", "anna@web.de.com", qualify.No},
		{"lead.t not endsWith list.free", "t", "anna@web.de", qualify.No},
		{"lead.t startsWith list.free", "t", "Mailbox", qualify.Yes},
		{"lead.t contains list.free", "t", "my gmail.com box", qualify.Yes},
		{"lead.t contains list.free", "t", "my box", qualify.No},
		{"lead.t contains list.free", "t", nil, qualify.Unknown},
		{`lead.t contains ["box", "case"]`, "t", "my Case", qualify.Yes},
		{`lead.t endsWith ["box", "case"]`, "t", "cases", qualify.No},
		{"lead.c in list.free", "c", "gmail.com", qualify.Yes},
		{"lead.c in list.free", "c", "GMAIL.com", qualify.No},
		{"lead.c endsWith list.free", "c", "a@Yahoo.de", qualify.Yes},
		{"lead.c endsWith list.free", "c", "a@yahoo.de", qualify.No},
		{"lead.c contains list.free", "c", "a mail b", qualify.Yes},
		{"lead.l in list.free", "l", []string{"x", "WEB.de"}, qualify.Yes},
		{"lead.l in list.free", "l", []string{"x"}, qualify.No},
		{"lead.l in list.free", "l", []string{}, qualify.No},
		{"lead.l in list.free", "l", nil, qualify.Unknown},
		{"lead.l in list.free", "l", []any{"x", map[string]any{}}, qualify.Unknown},
		{"lead.l not in list.free", "l", []string{"mail"}, qualify.No},
		{`(lead.t ?? "mail") in list.free`, "t", nil, qualify.Yes},
	}
	for _, test := range tests {
		m := compile(t, withLists(test.condition, free))
		lead := qualify.Lead{Profile: profile{test.field: test.value}}
		if got := assess(t, m, lead, noon).Score.Contributions[0].Answer; got != test.want {
			t.Errorf("%s of %v: %v, want %v", test.condition, test.value, got, test.want)
		}
		sound(t, m, &lead)
	}
	p := withLists("", free)
	p.Signals = append(p.Signals, qualify.Signal{ID: "from", Types: []string{"visit"}, Where: "activity.t endsWith list.free"})
	p.Rules = []qualify.Rule{{ID: "r", When: `count("from") == 2`, Points: 1}}
	lead := history(act("visit", ago(day), "t", "a@web.de"), act("visit", ago(2*day), "t", "a@b.de"), act("visit", ago(3*day), "t", "b@GMAIL.COM"))
	if got := assess(t, compile(t, p), lead, noon).Score.Points; got != 1 {
		t.Errorf("in where: %v", got)
	}
}

func TestDeclaredListMistakes(t *testing.T) {
	t.Parallel()
	free := qualify.List{ID: "free", Values: []string{"gmail.com"}}
	many := qualify.List{ID: "many"}
	for i := range 20_001 {
		many.Values = append(many.Values, fmt.Sprint(i))
	}
	tests := []struct {
		condition string
		lists     []qualify.List
		want      string
	}{
		{"lead.t in list.fre", []qualify.List{free}, "there is no list fre: did you mean free?"},
		{"lead.t in list.x", nil, "there is no list x: the policy declares no lists"},
		{"lead.t in list", []qualify.List{free}, "list stands for the declared lists: name one, as in list.free"},
		{"lead.t in free", []qualify.List{free}, "unknown name free: write list.free"},
		{"lead.n in list.free", []qualify.List{free}, "in with a list of text wants text, and lead.n is a number"},
		{"lead.b contains list.free", []qualify.List{free}, "contains with a list of text wants text, and lead.b is a bool"},
		{"lead.l contains list.free", []qualify.List{free}, "lead.l is a list of text: write lead.l in list.free"},
		{"lead.t == list.free", []qualify.List{free}, "== compares single values: write lead.t in list.free"},
		{"list.free", []qualify.List{free}, "a list may stand only to the right of in"},
		{"known(list.free)", []qualify.List{free}, "a list may stand only to the right of in"},
		{"'x' in list.free", []qualify.List{free}, "are both constants"},
		{"lead.t matches list.free", []qualify.List{free}, "write lead.t contains list.free"},
		{`lead.t contains ["a", 3]`, nil, "a list of texts holds texts in quotes, and 3 is none"},
		{`lead.t contains ["a", " "]`, nil, "blank text is never a value"},
		{`lead.t contains []`, nil, "the list is empty"},
		{"lead.t in list.free", []qualify.List{free, free}, "there is another list with this id before it"},
		{"lead.b", []qualify.List{{ID: "none"}}, "values are missing"},
		{"lead.b", []qualify.List{{ID: "x", Values: []string{"a", " \u200b"}}}, "values[1], 1:1: blank text is never a value"},
		{"lead.b", []qualify.List{{Values: []string{"a"}}}, "id is missing"},
		{"lead.t in list.many", []qualify.List{many}, "the lists have more than 20000 texts, or 500000 bytes, together"},
		{"lead.t in list.x", []qualify.List{{ID: "x", Values: []string{strings.Repeat("x", 500_001)}}}, "the lists have more than 20000 texts"},
	}
	for _, test := range tests {
		_, err := qualify.Compile(withLists(test.condition, test.lists...))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "1 mistake\n") {
			t.Errorf("%s: %v, want %q", test.condition, err, test.want)
		}
	}
}

// A list in the place of literals, or of a text, changes nothing but how conditions are written.
func TestDeclaredListsAgainstLiterals(t *testing.T) {
	t.Parallel()
	lists := []qualify.List{{ID: "rb", Values: []string{"Red", "blue"}}, {ID: "rg", Values: []string{"green", "red"}}, {ID: "r", Values: []string{"RED"}}, {ID: "x", Values: []string{"x"}}, {ID: "a", Values: []string{"a", "ax"}}}
	rewritten := strings.NewReplacer(
		`in ["red", "blue"]`, "in list.rb", `in ["red", "green"]`, "in list.rg", `in ["red"]`, "in list.r", `lead.t == "red"`, "lead.t in list.r",
		`lead.c contains "x"`, "lead.c contains list.x", `lead.c startsWith "a"`, "lead.c startsWith list.a", `lead.c == "ax"`, `lead.c in list.a and lead.c contains ["x"]`)
	var changed int
	numbers := func(a qualify.Assessment) any {
		var all []any
		for _, c := range a.Score.Contributions {
			all = append(all, c.Answer, c.Points)
		}
		for _, g := range a.Score.Groups {
			all = append(all, g.Points, g.Band)
		}
		for _, c := range a.Checklist {
			all = append(all, c.Answer)
		}
		return append(all, a.Score.Points, a.Score.Range, a.Verdict.Stage, a.Until)
	}
	each(t, testcase.Count(300), 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		p := m.Policy()
		p.Lists = lists
		before := p.String()
		write := func(s *string) { *s = rewritten.Replace(*s) }
		for i := range p.Terms {
			write(&p.Terms[i].Is)
		}
		for i := range p.Rules {
			write(&p.Rules[i].When)
			write(&p.Rules[i].Multiply)
			for j := range p.Rules[i].Tiers {
				write(&p.Rules[i].Tiers[j].When)
			}
		}
		for i := range p.Criteria {
			write(&p.Criteria[i].Met)
			write(&p.Criteria[i].Unmet)
		}
		for i := range p.Stages {
			write(&p.Stages[i].Enter)
			write(&p.Stages[i].Keep)
		}
		if p.String() == before {
			return
		}
		changed++
		with := compile(t, p)
		if diff := cmp.Diff(numbers(assess(t, m, lead, noon)), numbers(assess(t, with, lead, noon))); diff != "" {
			t.Errorf("with lists (-without +with):\n%s", diff)
		}
		sound(t, with, &lead)
		trackerIsAssess(t, g, with, lead)
	})
	if changed < testcase.Least(300) {
		t.Errorf("only %d policies have lists", changed)
	}
}

// What is looked for in a list takes no step for each of its texts, and what is found is shown by the list's name.
func TestDeclaredLongList(t *testing.T) { // not parallel: it counts allocations
	var free qualify.List
	free.ID = "free"
	for i := range 5000 {
		free.Values = append(free.Values, fmt.Sprintf("mail%d.example", i))
	}
	short, long := withLists("lead.t endsWith list.free", qualify.List{ID: "free", Values: free.Values[:20]}), withLists("lead.t endsWith list.free", free)
	short.Stages = []qualify.Stage{{ID: "s", Enter: "lead.t not endsWith list.free and not (lead.c contains list.free)"}}
	long.Stages = short.Stages
	lead := qualify.Lead{Profile: profile{"t": "anna@mail4999.example", "c": "x"}}
	m := compile(t, long)
	a := assess(t, m, lead, noon)
	if a.Score.Points != 1 || !strings.Contains(fmt.Sprint(a), "list.free") || strings.Contains(fmt.Sprint(a), "mail17.") {
		t.Errorf("%v", a)
	}
	sound(t, m, &lead)
	for name, p := range map[string]qualify.Policy{"short": short, "long": long} {
		m := compile(t, p)
		var into qualify.Assessment
		if allocs := testing.AllocsPerRun(20, func() { must(0, m.AssessInto(&into, &lead, noon)) }); allocs != 0 && !raced() {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
	if n := len(m.Policy().String()); n < 5000*10 {
		t.Errorf("the document has %d bytes", n)
	}
	if m.Fingerprint() == compile(t, short).Fingerprint() {
		t.Error("the list is no part of the fingerprint")
	}
	long.Lists = append(long.Lists, qualify.List{ID: "other", Values: []string{"x"}})
	var unused []string
	for _, f := range review.Vet(compile(t, long)) {
		if f.Check == review.Unused && strings.HasPrefix(f.Path, "lists") {
			unused = append(unused, f.ID)
		}
	}
	if diff := cmp.Diff([]string{"other"}, unused); diff != "" {
		t.Errorf("unused lists (-want +got):\n%s", diff)
	}
}
