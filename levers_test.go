package qualify_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	compiled "github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/testcase"
)

func levers(t testing.TB, m *qualify.Model, lead qualify.Lead) []qualify.Lever {
	t.Helper()
	all, err := m.Levers(&lead, noon)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLevers(t *testing.T) {
	t.Parallel()
	stages := func(enter ...string) func(*qualify.Policy) {
		return func(p *qualify.Policy) {
			for i, e := range enter {
				p.Stages = append(p.Stages, qualify.Stage{ID: fmt.Sprint("s", i), Enter: e})
			}
		}
	}
	tests := []struct {
		name  string
		rules []qualify.Rule
		with  func(*qualify.Policy)
		lead  qualify.Lead
		want  []string
	}{
		{"a bool, either way", nil, stages(`lead.b`), qualify.Lead{}, []string{"lead.b is yes: s0 with 0 points"}},
		{"no", nil, stages(`not lead.b`), qualify.Lead{}, []string{"lead.b is no: s0 with 0 points"}},
		{"what is known is no lever", nil, stages(`lead.b`), qualify.Lead{Profile: profile{"b": false}}, nil},
		{"a number at its threshold", nil, stages(`lead.n >= 200`), qualify.Lead{}, []string{"lead.n is 200: s0 with 0 points"}},
		{"a number below one", nil, stages(`lead.n < 200`), qualify.Lead{}, []string{"lead.n is 199: s0 with 0 points"}},
		{"a number between two", nil, stages(`lead.n > 7 and lead.n < 9`), qualify.Lead{}, []string{"lead.n is 8: s0 with 0 points"}},
		{"a text", nil, stages(`lead.t in ["x", "y"]`), qualify.Lead{}, []string{"lead.t is x: s0 with 0 points"}},
		{"another text", nil, stages(`lead.t != "x"`), qualify.Lead{}, []string{"lead.t is something else: s0 with 0 points"}},
		{"a pattern of texts", nil, stages(`lead.t matches "chief|head"`), qualify.Lead{}, []string{"lead.t is chief: s0 with 0 points"}},
		{"a list", nil, stages(`"red" in lead.l`), qualify.Lead{}, []string{`lead.l is "red": s0 with 0 points`}},
		{"a list known in part", nil, stages(`"red" in lead.l and "blue" in lead.l`), qualify.Lead{Profile: map[string]any{"l": []any{"Blue", true}}}, []string{`lead.l is "Blue", "red": s0 with 0 points`}},
		{"any of several", nil, stages(`lead.l in ["red", "blue"]`), qualify.Lead{}, []string{`lead.l is "red": s0 with 0 points`}},
		{"an age", nil, stages(`days_since(lead.w) > 30`), qualify.Lead{}, []string{"lead.w is 2026-10-23 11:59:59: s0 with 0 points"}},
		{"through a term", nil, func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "big", Is: "lead.n > 5"}}
			stages(`term.big`)(p)
		}, qualify.Lead{}, []string{"lead.n is 6: s0 with 0 points"}},
		{"one more activity", []qualify.Rule{{On: "visit", Points: 4}, {On: "form", Points: 10}}, stages(`score() >= 10`), qualify.Lead{},
			[]string{"one more form: s0 with 10 points"}},
		{"the least change first", []qualify.Rule{{On: "visit", Points: 4}, {On: "form", Points: 10}, {When: "lead.b", Points: 6}}, stages(`score() >= 3`), qualify.Lead{},
			[]string{"one more visit: s0 with 4 points", "lead.b is yes: s0 with 6 points", "one more form: s0 with 10 points"}},
		{"the nearest stage first", []qualify.Rule{{On: "visit", Points: 40}, {On: "form", Points: 10}}, stages(`score() >= 3`, `score() >= 20`), qualify.Lead{},
			[]string{"one more form: s0 with 10 points", "one more visit: s1 with 40 points"}},
		{"from where it is", []qualify.Rule{{On: "visit", Points: 40}, {On: "form", Points: 10}}, stages(`score() >= 3`, `score() >= 20`), history(act("form", noon)),
			[]string{"one more form: s1 with 20 points", "one more visit: s1 with 50 points"}},
		{"a property that is asked for", nil, stages(`latest("visit", "n", "9d") >= 100`), qualify.Lead{},
			[]string{"one more visit, with activity.n 100: s0 with 0 points"}},
		{"what a signal needs", []qualify.Rule{{On: "prices", Points: 5}}, func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "prices", Label: "Prices", Types: []string{"page"}, Where: `activity.c startsWith "/prices" and activity.n > 3`})
			stages(`score() >= 5`)(p)
		}, qualify.Lead{}, []string{"one more page, Prices, with activity.c /prices and activity.n 4: s0 with 5 points"}},
		{"what completes a repeated signal", []qualify.Rule{{On: "third", Points: 5}}, func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "third", Repeats: "visit", Every: 3})
			stages(`score() >= 5`)(p)
		}, history(act("visit", ago(day)), act("visit", ago(2*day))), []string{"one more visit: s0 with 5 points"}},
		{"out of an exit", nil, func(p *qualify.Policy) {
			stages(`true`)(p)
			p.Stages = append(p.Stages, qualify.Stage{ID: "out", Exit: true, Enter: `not happened("form")`})
		}, qualify.Lead{Stage: "out"}, []string{"one more form: s0 with 0 points"}},
		{"back to a plain lead", nil, func(p *qualify.Policy) {
			p.Stages = append(p.Stages, qualify.Stage{ID: "out", Exit: true, Enter: `not happened("form")`})
		}, qualify.Lead{Stage: "out"}, []string{"one more form: a plain lead with 0 points"}},
		{"a share", nil, func(p *qualify.Policy) {
			p.Profile[0].Minimum, p.Profile[0].Maximum = new(0.0), new(1.0)
			stages(`lead.n > 0.5 and lead.n < 0.8`)(p)
		}, qualify.Lead{}, []string{"lead.n is 0.6: s0 with 0 points"}},
		{"more than a signal needs", nil, func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "order", Where: `activity.n >= 100`})
			stages(`total("order", "n") >= 5000`)(p)
		}, qualify.Lead{}, []string{"one more order, with activity.n 5000: s0 with 0 points"}},
		{"the label of the signal that it is", []qualify.Rule{{On: "webinar", Points: 5}}, func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "engaged", Label: "Anything", Types: []string{"webinar", "call"}}, qualify.Signal{ID: "webinar", Label: "Webinar"})
			stages(`score() >= 5`)(p)
		}, qualify.Lead{}, []string{"one more webinar, Webinar: s0 with 5 points"}},
		{"nothing helps", nil, stages(`false`), qualify.Lead{}, nil},
		{"two facts at once do not count", nil, stages(`lead.b and lead.n > 1`), qualify.Lead{}, nil},
	}
	for _, test := range tests {
		p := withRules(test.rules...)
		test.with(&p)
		var got []string
		for _, l := range levers(t, compile(t, p), test.lead) {
			got = append(got, l.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Whatever is a lever moves the lead as it says, when the fact is there; and what is
// tried in the plainest way is found.
func TestLeversHold(t *testing.T) {
	t.Parallel()
	found := 0
	each(t, testcase.Count(300), 3, func(t *testing.T, _ maker, m *qualify.Model, lead qualify.Lead) {
		a := assess(t, m, lead, noon)
		now := stored(lead, a)
		place := func(stage string) int {
			return slices.IndexFunc(m.Policy().Stages, func(s qualify.Stage) bool { return s.ID == stage })
		}
		onward := func(to qualify.Assessment) bool {
			return slices.Contains([]qualify.Move{"enter", "promote", "return"}, to.Verdict.Move)
		}
		all := levers(t, m, lead)
		for i, l := range all {
			found++
			if i > 0 && place(all[i-1].Stage) > place(l.Stage) {
				t.Errorf("%s comes after %s", l, all[i-1])
			}
			then := now
			if l.Signal == "" {
				then.Profile = with(now.Profile, l.Values[0])
			} else {
				x := qualify.Activity{Type: l.Type, At: noon, Props: map[string]any{}}
				for _, v := range l.Values {
					x.Props = with(x.Props, v)
				}
				then.Activities = append(slices.Clone(now.Activities), x)
			}
			got := assess(t, m, then, noon)
			if got.Verdict.Stage != l.Stage || got.Verdict.Move != l.Move || got.Score.Points != l.Points || !onward(got) {
				t.Errorf("%s: it is %s (%s) with %v", l, got.Verdict.Stage, got.Verdict.Move, got.Score.Points)
			}
		}
		has := func(stage string, is func(qualify.Lever) bool) {
			if !slices.ContainsFunc(all, func(l qualify.Lever) bool { return l.Stage == stage && is(l) }) {
				t.Errorf("what leads to %s is missing in %v", stage, all)
			}
		}
		for _, kind := range []string{"visit", "form", "reset"} {
			then := now
			then.Activities = append(slices.Clone(now.Activities), act(kind, noon))
			if got := assess(t, m, then, noon); onward(got) {
				has(got.Verdict.Stage, func(l qualify.Lever) bool { return l.Type == kind })
			}
		}
		if slices.ContainsFunc(a.Score.Unknown, func(f qualify.UnknownFact) bool { return f.Fact == "lead.b" }) {
			for _, answer := range []bool{true, false} {
				then := now
				then.Profile = with(now.Profile, qualify.Value{Fact: "lead.b", Kind: qualify.Bool, Bool: answer})
				if got := assess(t, m, then, noon); onward(got) {
					has(got.Verdict.Stage, func(l qualify.Lever) bool { return l.Signal == "" && l.Values[0].Fact == "lead.b" })
				}
			}
		}
	})
	t.Logf("%d levers", found)
	if found < testcase.Least(100) {
		t.Errorf("only %d levers were held against their assessments", found)
	}
}

// with gives facts with one more.
func with(facts map[string]any, v qualify.Value) map[string]any {
	facts = maps.Clone(facts)
	if facts == nil {
		facts = map[string]any{}
	}
	_, name, _ := strings.Cut(v.Fact, ".")
	facts[source(name)] = map[qualify.Kind]any{qualify.Number: v.Number, qualify.Text: v.Text, qualify.Code: v.Text,
		qualify.Bool: v.Bool, qualify.Time: v.Time, qualify.Texts: v.Texts}[v.Kind]
	return facts
}

// Levers makes only as many assessments as its steps allow, by what the program says that
// one takes.
func TestLeversAreBounded(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{Profile: fields(20, qualify.Bool)}
	p.Stages = []qualify.Stage{{ID: "open", Enter: joined(20, " or ", func(i int) string {
		p.Signals = append(p.Signals, qualify.Signal{ID: fmt.Sprint("s", i)})
		return fmt.Sprintf(`lead.f%d or happened("s%[1]d")`, i)
	})}}
	for _, test := range []struct {
		steps int64
		want  int
	}{{0, 40}, {100_000_000, 21}, {400_000_000, 5}, {2_000_000_000, 0}} {
		m := compile(t, p)
		compiled.Of(m).LookSteps += test.steps
		// Of an attribute two values are tried.
		if got := levers(t, m, qualify.Lead{}); len(got) != test.want {
			t.Errorf("with %d steps each there are %d, want %d: %v", test.steps, len(got), test.want, got)
		}
	}
}

func TestLeversErrors(t *testing.T) {
	t.Parallel()
	m := compile(t, withRules())
	if _, err := m.Levers(nil, noon); !errors.Is(err, qualify.ErrNilLead) {
		t.Errorf("a nil lead: %v", err)
	}
	if _, err := m.Levers(&qualify.Lead{}, time.Time{}); !errors.Is(err, qualify.ErrInstant) {
		t.Errorf("no instant: %v", err)
	}
	full := compile(t, withRules(qualify.Rule{On: "visit", Points: 1}), qualify.WithBounds(qualify.Bounds{Activities: 1}))
	if all := levers(t, full, history(act("visit", noon))); len(all) != 0 {
		t.Errorf("beyond the bound: %v", all)
	}
}
