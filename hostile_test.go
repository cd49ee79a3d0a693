package qualify_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/engine"
	activities "github.com/qualify-go/qualify/internal/history"
	compiled "github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/testcase"
)

// What an expression must not do to the process, or pass for what it is not: each
// ends in an error that says how to mend it.
func TestHostileExpressions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ when, want string }{
		// Errors inside arguments, and what a machine would fetch from its environment.
		{`happened(nope)`, "there is no signal \"nope\""},
		{`known(nope)`, "unknown name nope"},
		{`map(lead.l, {#}) == 1`, "map is not part of the language"},
		{`filter(lead.l, true) == 1`, "there is no function filter"},
		{`count(lead.l, {.x == 1}) > 0`, "count has no condition"},
		{`any(lead.l, true)`, "there is no function any"},
		{`lead.n in 1..3`, ".. is not part of the language"},
		{`$env.lead.n == 1`, "unknown name $env.lead.n: write lead.n"},
		{`lead.t.foo()`, "facts have no methods"},
		{`let x = 1; x > 1`, "let is not part of the language"},
		{`type(lead.n) == "int"`, "there is no function type"},
		{`min(1, 2) == 1`, "there is no function min"},
		{`first(lead.l) == "a"`, "first is called as"},
		{`lead.employes > 1`, "lead has no attribute employes"},
		{`lead.n == "x"`, "== compares lead.n, a number, with \"x\", a text"},
		{`lead.n`, "a condition is yes or no, and this is a number"},
		// What reads otherwise than it looks.
		{`7 // 2 > 1`, "comments are not part of the language"},
		{`lead.n ?? 1 >= 2`, "?? must stand in parentheses"},
		{`1 < lead.n < 3`, "comparisons do not chain"},
		{`duration("30d") > 1`, "there is no function duration"},
		{`now() > time("2026-01-01")`, "now"},
		{`date("2026-01-01") > now`, "there is no function date"},
		{`timezone("Europe/Copenhagen") == 1`, "there is no function timezone"},
		{`keys(lead) == 1`, "there is no function keys"},
		{`lead.t in [""]`, "blank text is never a value"},
		{`lead.n == nil`, "nil is not a value: "},
		{`len(lead.t) > 1`, "there is no function len"},
		{`2 ** 3 > 1`, "powers differ between machines"},
		// What kills a process.
		{strings.Repeat("(", 600_000), "the expression has 600000 bytes, and may have 4096: name parts of it as terms"},
		{strings.Repeat("[", 4_000), "the expression is nested deeper than 100 levels: name parts of it as terms"},
		{strings.Repeat("!", 800_000), "the expression has 800000 bytes"},
		{strings.Repeat("!", 4_000), "nested deeper than 100 levels"},
		{`replace(repeat("a", 9), "a", repeat("a", 9)) == "a"`, "there is no function replace"},
		{`reduce(1..36, #acc + #acc, "a") == "a"`, "reduce is not part of the language"},
		{`uniq(1..200000) == 1`, "there is no function uniq"},
		{`lead.t matches lead.c`, "the pattern of matches must be a text in quotes"},
		{`lead.t matches "(a*)*("`, "the pattern cannot be read"},
		{`lead.t matches "((a{100}){100}){100}"`, "the pattern cannot be read"},
		{`lead.t matches "(?:a?){1000}(?:b?){1000}"`, "the pattern takes 4002 steps, and may take 2000: repeat less in it"},
		{`lead.t matches "` + strings.Repeat("a", 501) + `"`, "the pattern is longer than 500 bytes"},
		// Towers and chains.
		{strings.Repeat("not ", 600) + "true", "more than 500 parts"},
		{repeated(300, " and ", `lead.b`), "more than 500 parts"},
		{repeated(110, " or ", `lead.b`), "nested deeper than 100 levels"},
		{repeated(110, " + ", `1`) + " > 1", "nested deeper than 100 levels"},
		{strings.Repeat("true ? false : ", 150) + "true", "nested deeper than 100 levels"},
		{`lead.n in [` + repeated(501, ",", "1") + `]`, "more than 500 parts"},
		// Numbers, text and times that are none.
		{`lead.n > 1e16`, "the number is too large: numbers lie between -1e15 and 1e15"},
		{`lead.n > 1e999`, "the number is too large"},
		{`lead.n > 99999999999999999999`, "the number is too large"},
		{`lead.w > time("1600-01-01")`, "is out of range: times lie between 1677-09-21T00:12:43.145224192Z and 2262-04-11T23:47:16.854775807Z"},
		{`happened("visit", "99999999999999999999d")`, "at most"},
		{`happened("visit", "0d")`, "a span is longer than nothing"},
		{`happened("visit", "1m")`, `write "min" for minutes`},
		{`lead.t == "\x00\x07\u200f\U000e0041"`, ""},
		{"lead.t == \"\u0000\x07\"", `write it as \u0000 within quotation marks`},
		{"lead.t == \"\u200f\"", `write it as \u200f within quotation marks`},
		{"lead.t == \"\U000E0041\"", `write it as \U000e0041 within quotation marks`},
		{"lead.b\x00", "print-outs cannot show"},
	} {
		_, err := qualify.Compile(withRules(qualify.Rule{When: test.when, Points: 1}))
		var failure *qualify.CompileError
		switch {
		case test.want == "":
			if err != nil {
				t.Errorf("%.60s: %v", test.when, err)
			}
		case !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 1500:
			t.Errorf("%.60s: %.500v, want %s", test.when, err, test.want)
		case failure.Mistakes[0].Line != 1 || failure.Mistakes[0].Path != "rules[0]":
			t.Errorf("%.60s: it does not say where: %+v", test.when, failure.Mistakes[0])
		}
	}
	// Integers do not wrap, a division by zero is unknown, and so is what it would make.
	for _, test := range []struct {
		when string
		want qualify.Answer
	}{
		{`lead.n * lead.n * lead.n > 0`, qualify.Yes}, {`1 / (lead.n - lead.n) > 0`, qualify.Unknown}, {`not (1 % (lead.n - lead.n) > 0)`, qualify.Unknown},
		{`lead.m in [0, 1]`, qualify.Unknown}, {`not (lead.t contains "a")`, qualify.Unknown}, {`lead.b and true`, qualify.Unknown}, {`lead.n == 1e15`, qualify.Yes},
	} {
		if got := answerTo(t, test.when, qualify.Lead{Profile: profile{"n": uint64(1e15)}}); got != test.want {
			t.Errorf("%s: %v, want %v", test.when, got, test.want)
		}
	}
}

// repeated joins n times the same text.
func repeated(n int, join, text string) string {
	return strings.TrimSuffix(strings.Repeat(text+join, n), join)
}

// Documents that are no policy are refused with a place, and cost no more than they are long.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, doc, want string }{
		{"nothing", "", "the document is empty"},
		{"null", "null", ""},
		{"deep lists", strings.Repeat("[", testcase.Count(1<<20)), "more than 32 deep"},
		{"deep objects", strings.Repeat(`{"a":`, testcase.Count(1<<18)), "more than 32 deep"},
		{"too long", `{"format": 1}` + strings.Repeat(" ", 8<<20), "at most 8388608 (8 MiB) are read"},
		{"not UTF-8", "{\"format\": 1, \"name\": \"\xff\"}", "UTF-8"},
		{"a field twice", `{"format": 1, "name": "a", "name": "b"}`, "name"},
		{"an unknown field", `{"format": 1, "ruels": []}`, "rules"},
		{"another format", `{"format": 2}`, "this version of the library reads documents of format 1"},
		{"a huge number", `{"format": 1, "rules": [{"id": "r", "points": 1e999}]}`, "1e999"},
		{"text behind it", `{"format": 1} {}`, "after"},
		{"mistake after mistake", `{"format": 1, "rules": [` + repeated(testcase.Count(100_000), ",", `{"x": 1}`) + `]}`, "more mistakes from here on"},
	} {
		_, err := qualify.ParsePolicy([]byte(test.doc))
		if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 100_000 {
			t.Errorf("%s: %.300v, want %s", test.name, err, test.want)
		}
	}
}

// Policies that are too much as a whole.
func TestHostilePolicies(t *testing.T) {
	t.Parallel()
	rules := func(n int, when func(i int) string) (p qualify.Policy) {
		p.Profile = fields(1000, qualify.Number)
		p.Properties = fields(1, qualify.Number)
		p.Signals = []qualify.Signal{{ID: "s"}}
		for i := range n {
			p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i), When: when(i), Points: 1})
		}
		return p
	}
	counting := rules(300, func(int) string { return `met_count() > 1` })
	for i := range 1000 {
		counting.Criteria = append(counting.Criteria, qualify.Criterion{ID: fmt.Sprint(i), Set: fmt.Sprint(i), Met: fmt.Sprintf("lead.f%d > 1", i)})
	}
	for _, test := range []struct {
		name   string
		policy qualify.Policy
		want   string
	}{
		{"10,000 rules", rules(10_000, func(int) string { return "true" }), "rules: there are 10000, and may be 5000"},
		{"criteria counted again and again", counting, "the policy has more than 200000 parts in all its expressions"},
		{"many facts in many rules", rules(800, func(i int) string {
			return joined(60, " or ", func(j int) string { return fmt.Sprintf("lead.f%d > %d", (i+j)%1000, i) })
		}), "let large conditions ask fewer of them"},
		{"mistakes", rules(1500, func(int) string { return "lead.nobody" }), "500 more mistakes were found"},
		{"text that is not UTF-8", qualify.Policy{Note: "\xff"}, "the text is not valid UTF-8"},
		{"a number that is none", qualify.Policy{Rules: []qualify.Rule{{Points: math.NaN()}}}, "the number is not finite"},
		{"an infinite number", qualify.Policy{Groups: []qualify.Group{{Weight: new(math.Inf(-1))}}}, "the number is not finite"},
	} {
		_, err := qualify.Compile(test.policy)
		if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 500_000 {
			t.Errorf("%s: %.300v, want %s", test.name, err, test.want)
		}
	}
}

// joined joins n texts.
func joined(n int, join string, one func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = one(i)
	}
	return strings.Join(parts, join)
}

// fields are attributes, or properties, f0, f1 and so on.
func fields(n int, kind qualify.Kind) (all []qualify.Field) {
	for i := range n {
		all = append(all, qualify.Field{Name: fmt.Sprintf("f%d", i), Kind: kind})
	}
	return all
}

// Whatever stands in a lead is read, or set aside and named.
func TestHostileLeads(t *testing.T) {
	t.Parallel()
	m := compile(t, func() qualify.Policy {
		p := everything()
		p.Signals = append(p.Signals, qualify.Signal{ID: "seen", Types: []string{"visit"}, Where: `activity.n > 0 or activity.t == "x" or activity.w < time("2026-01-01") or "x" in activity.l`})
		p.Rules = append(p.Rules, qualify.Rule{ID: "seen", On: "seen", Points: 1})
		return p
	}())
	loop := any(nil)
	loop = &loop
	first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
	long := 1<<16 + testcase.Count(1<<16) // longer than a text and a list may be
	for _, v := range []any{
		math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, math.MaxFloat64, float32(math.MaxFloat32), uint64(math.MaxUint64), int64(math.MinInt64), 1e15 + 1, complex(1, 1),
		"1e400", "NaN", "0x10", "\xff\xfe", "\x00", "\u202e", strings.Repeat("é", long), strings.Repeat("a;", long), strings.Repeat("9", long), "2026-02-30", "9999-12-31T23:59:60Z",
		[]string{"\xff", ""}, make([]string, long), slices.Repeat([]any{"x"}, long), []any{loop}, loop, func() {}, make(chan int), map[string]any{"a": 1}, struct{}{}, (*int)(nil), []byte("x"),
		time.Time{}, first, last, first.Add(-1), last.Add(1), time.Unix(1<<62, 0), time.Unix(-1<<62, 0),
	} {
		lead := qualify.Lead{ID: "\xff", Stage: "\xff", StageSince: last.Add(1), Profile: profile{}}
		props := map[string]any{}
		for _, name := range attributes {
			lead.Profile[name], props[name] = v, v
		}
		for _, at := range []time.Time{noon, {}, first, first.Add(-1), last, last.Add(1), ago(day), ago(day)} {
			lead.Activities = append(lead.Activities, qualify.Activity{Type: "visit", At: at, Props: props}, qualify.Activity{ID: "\xff", Type: "form", At: at, Props: props})
		}
		for _, at := range []time.Time{noon, first, last} {
			soundAt(t, m, &lead, at)
			followedAt(t, m, lead, at)
			_ = explain(t, m, lead, at).String()
		}
		for _, i := range assess(t, m, lead, noon).Issues {
			if i.Problem == "" || i.Field == "" || strings.Contains(fmt.Sprint(i), "é") {
				t.Errorf("issue %+v", i)
			}
		}
	}
	for _, at := range []time.Time{{}, first.Add(-1), last.Add(1)} {
		if _, err := m.Assess(&qualify.Lead{}, at); !errors.Is(err, qualify.ErrInstant) {
			t.Errorf("at %v: %v", at, err)
		}
	}
}

// heavy is a policy and a lead that cost as much as they can.
type heavy struct {
	name   string
	policy func(n int) qualify.Policy
	lead   func(n int) qualify.Lead
	n      int // in full
	small  int // in CI
	want   string
}

func on(p qualify.Policy, n int, rule func(i int) qualify.Rule) qualify.Policy {
	if p.Signals == nil {
		p.Signals = []qualify.Signal{{ID: "s"}}
	}
	for i := range n {
		r := rule(i)
		r.ID = fmt.Sprint("r", i)
		r.Points = cmp.Or(r.Points, 1)
		p.Rules = append(p.Rules, r)
	}
	return p
}

// acts are n activities, a minute apart, or all at one instant and without IDs.
func acts(n int, same bool, props func(i int) map[string]any) (lead qualify.Lead) {
	for i := range n {
		a := qualify.Activity{ID: fmt.Sprint("a", i), Type: "s", At: ago(time.Duration(n-i) * time.Minute)}
		if same {
			a.ID, a.At = "", noon
		}
		if props != nil {
			a.Props = props(i)
		}
		lead.Activities = append(lead.Activities, a)
	}
	return lead
}

func scattered(i int) string { return fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15) }

var heavies = []heavy{
	{name: "1,000,000 activities", n: 1_000_000, small: 20_000,
		policy: func(int) qualify.Policy { return everything() },
		lead: func(n int) qualify.Lead {
			l := acts(n, false, func(i int) map[string]any { return map[string]any{"n": i % 9} })
			for i := range l.Activities {
				l.Activities[i].Type = []string{"visit", "form", "reset", "other"}[i%4]
			}
			return l
		}},
	{name: "200 distinct, of one property", n: 100_000, small: 500,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Properties: fields(1, qualify.Text)}, 200, func(i int) qualify.Rule {
				return qualify.Rule{When: fmt.Sprintf(`distinct("s", "f0", "%dd") > 3`, 1000+i)}
			})
		},
		lead: func(n int) qualify.Lead {
			return acts(n, false, func(i int) map[string]any { return map[string]any{"f0": scattered(i)} })
		}},
	{name: "200 distinct, of 30 properties", n: 100_000, small: 500,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Properties: fields(30, qualify.Text)}, 200, func(i int) qualify.Rule {
				return qualify.Rule{When: fmt.Sprintf(`distinct("s", "f%d", "%dd") > 3`, i%30, 1000+i)}
			})
		},
		lead: func(n int) qualify.Lead { return acts(n, false, thirty) }},
	{name: "1,000 texts, each for 20,000 of a list", n: 20_000, small: 200,
		policy: func(n int) qualify.Policy {
			p := qualify.Policy{Profile: fields(n/20, qualify.Text), Lists: []qualify.List{{ID: "l"}}}
			for i := range n {
				p.Lists[0].Values = append(p.Lists[0].Values, "aaaa"+scattered(i))
			}
			for i := range p.Profile {
				p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i), Points: 1, When: fmt.Sprintf("lead.f%d contains list.l or lead.f%[1]d endsWith list.l or lead.f%[1]d in list.l", i)})
			}
			return p
		},
		lead: func(n int) (lead qualify.Lead) {
			lead.Profile = map[string]any{}
			for i := range n / 20 {
				lead.Profile[fmt.Sprintf("f%d", i)] = strings.Repeat("aaaa"+scattered(i)[:15], 800)[:13_000]
			}
			return lead
		}},
	{name: "one instant, 30 texts, no IDs", n: 60_000, small: 3_000,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Properties: fields(30, qualify.Text)}, 1, func(int) qualify.Rule { return qualify.Rule{When: `count("s") > 3`} })
		},
		lead: func(n int) qualify.Lead { return acts(n, true, thirty) }},
	{name: "5,000 latest of what nobody has", n: 19_000, small: 300,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Properties: fields(1, qualify.Number)}, 5000, func(i int) qualify.Rule {
				return qualify.Rule{When: fmt.Sprintf(`latest("s", "f0", "%dd") > 3`, 1000+i)}
			})
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
	{name: "5,000 rules with a half-life", n: 6_600, small: 100,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{}, 5000, func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}
			})
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
	{name: "200 rules, one value each", n: 80_000, small: 200,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Properties: fields(1, qualify.Text)}, 200, func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Limit: qualify.Limit{OncePer: "f0"}}
			})
		},
		lead: func(n int) qualify.Lead {
			return acts(n, false, func(i int) map[string]any { return map[string]any{"f0": scattered(i)} })
		}},
	{name: "200 multipliers of the unknown", n: 30_000, small: 200,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Profile: fields(1, qualify.Number), Properties: fields(1, qualify.Number)}, 200, func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Multiply: `lead.f0 + activity.f0`}
			})
		},
		lead: func(n int) qualify.Lead {
			return acts(n, false, func(i int) map[string]any { return map[string]any{"f0": i} })
		}},
	{name: "200 signals of 20 conditions", n: 45_000, small: 200,
		policy: func(int) qualify.Policy {
			p := qualify.Policy{Properties: fields(1, qualify.Number)}
			for i := range 200 {
				p.Signals = append(p.Signals, qualify.Signal{ID: fmt.Sprint("s", i), Types: []string{"s"},
					Where: joined(20, " or ", func(j int) string { return fmt.Sprintf("activity.f0 < -%d", i*20+j+1) })})
			}
			return on(p, 200, func(i int) qualify.Rule { return qualify.Rule{When: fmt.Sprintf(`count("s%d") > 0`, i)} })
		},
		lead: func(n int) qualify.Lead {
			return acts(n, false, func(i int) map[string]any { return map[string]any{"f0": i} })
		}},
	{name: "50 idle decays at a threshold", n: 10_000, small: 20,
		policy: func(n int) qualify.Policy {
			p := on(qualify.Policy{}, min(50, n), func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Points: float64(1 - 2*(i%2)), Decay: qualify.Decay{Every: 30 * qualify.Day, Lose: 0.1, Idle: "s"}}
			})
			p.Stages = []qualify.Stage{{ID: "x", Enter: "score() >= 0"}}
			return p
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
	{name: "curves that cancel", n: 100_000, small: 10,
		policy: func(n int) qualify.Policy {
			p := on(qualify.Policy{}, min(100, n), func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Points: float64(10 - 20*(i%2)), Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}
			})
			p.Stages = []qualify.Stage{{ID: "x", Enter: "score() >= 0"}}
			return p
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
	{name: "curves and steps that cancel", n: 10_000, small: 50,
		policy: func(int) qualify.Policy {
			p := on(qualify.Policy{}, 3, func(i int) qualify.Rule {
				return []qualify.Rule{{On: "s", Points: 10, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}, {On: "s", Points: -10, Decay: qualify.Decay{Linear: 365 * qualify.Day}},
					{On: "s", Points: 0.1, Decay: qualify.Decay{Every: 30 * qualify.Day, Lose: 0.1, Idle: "s"}}}[i]
			})
			p.Stages = []qualify.Stage{{ID: "x", Enter: "score() * 1000 % 2 >= 1"}}
			return p
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
	{name: "49 thresholds in 300 stages", n: 300, small: 2,
		policy: func(n int) qualify.Policy {
			p := on(qualify.Policy{}, min(1000, 50*n), func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Points: 10, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}
			})
			for k := range n {
				p.Stages = append(p.Stages, qualify.Stage{ID: fmt.Sprint("x", k), Enter: joined(49, " and ", func(j int) string { return fmt.Sprintf("score() > %d.5", k*49+j+1) })})
			}
			return p
		},
		lead: func(int) qualify.Lead { return acts(20, false, nil) }},
	{name: "patterns at the limit", n: 8_000, small: 256,
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{Profile: fields(1, qualify.Text)}, 7, func(i int) qualify.Rule {
				return qualify.Rule{When: fmt.Sprintf(`lead.f0 matches "(?:a?){490}(?:b|c){200}%d"`, i)}
			})
		},
		lead: func(n int) qualify.Lead { return qualify.Lead{Profile: profile{"f0": strings.Repeat("a", n)}} }},
	{name: "200,000 parts", n: 1300, small: 30,
		policy: func(n int) qualify.Policy {
			return on(qualify.Policy{Profile: fields(50, qualify.Number)}, n, func(i int) qualify.Rule {
				return qualify.Rule{When: joined(38, " or ", func(j int) string { return fmt.Sprintf("lead.f%d > %d", (i+j)%50, i) })}
			})
		},
		lead: func(int) qualify.Lead { return qualify.Lead{} }},
	{name: "terms that double", n: 90, small: 40,
		policy: func(n int) qualify.Policy {
			p := on(qualify.Policy{Profile: fields(100, qualify.Bool)}, 100, func(int) qualify.Rule { return qualify.Rule{When: fmt.Sprintf("term.t%d", n)} })
			p.Terms = []qualify.Term{{ID: "t0", Is: `lead.f0`}}
			for i := range n {
				p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprint("t", i+1), Is: fmt.Sprintf("term.t%d and (term.t%[1]d or lead.f%d) or (term.t%[1]d ? lead.f%[2]d : not term.t%[1]d)", i, i+1)})
			}
			p.Stages = []qualify.Stage{{ID: "x", Enter: fmt.Sprintf("term.t%d", n)}}
			return p
		},
		lead: func(int) qualify.Lead { return qualify.Lead{} }},
	{name: "long conditions in brackets", n: 1400, small: 20,
		policy: func(n int) qualify.Policy {
			name := strings.Repeat("x", 60)
			return on(qualify.Policy{Profile: []qualify.Field{{Name: name, Kind: qualify.Number}}}, n, func(i int) qualify.Rule {
				return qualify.Rule{When: strings.Repeat("(", 46) + "lead." + name + strings.Repeat("+lead."+name+")", 46) + fmt.Sprint(" > ", i)}
			})
		},
		lead: func(int) qualify.Lead { return qualify.Lead{} }},
	{name: "activities to come", n: 1_000_000, small: 100,
		policy: func(int) qualify.Policy {
			p := on(qualify.Policy{}, 2000, func(i int) qualify.Rule {
				return qualify.Rule{When: joined(25, " or ", func(j int) string { return fmt.Sprintf(`count("s") > %d`, 2_000_000+25*i+j) })}
			})
			p.Stages = []qualify.Stage{{ID: "x", Enter: "score() >= 1"}}
			return p
		},
		lead: func(n int) qualify.Lead {
			l := acts(n, false, nil)
			for i := range l.Activities {
				l.Activities[i].At = noon.Add(time.Duration(1+i) * time.Second)
			}
			return l
		}},
	{name: "set aside, and half-lives", n: 600_000, small: 100,
		policy: func(int) qualify.Policy {
			p := on(qualify.Policy{Properties: fields(1, qualify.Number)}, 20, func(i int) qualify.Rule {
				return qualify.Rule{On: "s", Multiply: "activity.f0 ?? 1", Points: float64(1 - 2*(i%2)), Decay: qualify.Decay{HalfLife: qualify.Duration(1+i) * qualify.Day}}
			})
			p.Stages = []qualify.Stage{{ID: "x", Enter: "score() >= 1"}, {ID: "y", Enter: "score() >= 100"}}
			return p
		},
		lead: func(n int) qualify.Lead {
			return acts(n, false, func(i int) map[string]any { return map[string]any{"f0": []any{i, "x"}[i%2]} })
		}},
	{name: "too much for the history", n: 100_000, small: 7_000, want: "and may have 6665, because the policy goes through them some 15002 times: let it ask less of the history, or set Bounds.Activities",
		policy: func(int) qualify.Policy {
			return on(qualify.Policy{}, 5000, func(int) qualify.Rule { return qualify.Rule{On: "s"} })
		},
		lead: func(n int) qualify.Lead { return acts(n, false, nil) }},
}

// thirty are texts of which only the last differs.
func thirty(i int) map[string]any {
	m := map[string]any{}
	for j := range 29 {
		m[fmt.Sprintf("f%d", j)] = "the same again"
	}
	m["f29"] = scattered(i)
	return m
}

// operator is an operator, or a function, at its most costly.
type operator struct {
	name  string
	no    func(i int) string // a condition that is no, another for each i, and costs much to find so
	parts int                // of it
	most  int                // how many a policy may have, if not as many as there is room for
	steps int                // over the lead's texts, for each byte
	needs string             // what must be to be had where it stands
}

var operators = []operator{
	{name: "numbers", parts: 4, no: func(i int) string { return fmt.Sprintf("lead.n == -%d", i+1) }},
	{name: "arithmetic", parts: 12, no: func(i int) string { return fmt.Sprintf("lead.n * lead.n %% 7 + lead.n / 3 < -%d", i) }},
	{name: "in numbers", parts: 162, no: func(i int) string {
		return "lead.n in [" + joined(80, ",", func(j int) string { return fmt.Sprint(-1 - (80*i+j)%999) }) + "]"
	}},
	{name: "contains", parts: 3, steps: 6, no: func(i int) string { return fmt.Sprintf("lead.t contains '%sb%x'", strings.Repeat("a", 20), i) }},
	{name: "contains, long", parts: 3, steps: 6, no: func(i int) string { return fmt.Sprintf("lead.t contains '%sb%x'", strings.Repeat("a", 3500), i) }},
	{name: "contains a fact", parts: 3, steps: 16, no: func(i int) string { return "lead.t contains lead.u" }},
	{name: "startsWith", parts: 3, no: func(i int) string { return fmt.Sprintf("lead.t startsWith '%sb%x'", strings.Repeat("a", 3500), i) }},
	{name: "startsWith a fact", parts: 3, steps: 4, no: func(i int) string { return "lead.t startsWith lead.u" }},
	{name: "endsWith", parts: 3, no: func(i int) string { return fmt.Sprintf("lead.t endsWith 'b%x%s'", i, strings.Repeat("a", 3500)) }},
	{name: "matches", parts: 3, most: 10, steps: 25 * 985, no: func(i int) string { return fmt.Sprintf(`lead.t matches '(?:\\w?){490}-%d'`, i) }},
	{name: "matches texts", parts: 3, most: 70, steps: 6 * 30, no: func(i int) string {
		return fmt.Sprintf("lead.t matches 'aab(%s)'", joined(30, "|", func(j int) string { return fmt.Sprintf("%02x%x", j, i) }))
	}},
	{name: "== of texts", parts: 3, steps: 4, no: func(i int) string { return "lead.t == lead.u" }},
	{name: "in texts", parts: 22, no: func(i int) string {
		return "lead.t in [" + joined(20, ",", func(j int) string { return fmt.Sprintf("'%sb%x'", strings.Repeat("a", 170), 20*i+j) }) + "]"
	}},
	{name: "in a list", parts: 3, steps: 4, no: func(i int) string { return fmt.Sprintf("'%sb%x' in lead.l", strings.Repeat("a", 60), i) }},
	{name: "a fact in a list", parts: 3, steps: 4, no: func(i int) string { return "lead.u in lead.l" }},
	{name: "ternary of texts", parts: 6, steps: 4, no: func(i int) string { return fmt.Sprintf("(lead.x ? lead.t : lead.u) == 'b%d'", i) }},
	{name: "unknown", parts: 8, no: func(i int) string { return fmt.Sprintf("lead.y == 'x' and lead.n == -%d", i+1) }},
	{name: "time", parts: 3, no: func(i int) string { return fmt.Sprintf("lead.w == time('2019-01-01T00:%02d:%02dZ')", i/60%60, i%60) }},
	{name: "days_since a time", parts: 4, needs: "history", no: func(i int) string { return fmt.Sprintf("days_since(lead.w) > %d", 40_000+i) }},
	{name: "now", parts: 3, needs: "history", no: func(i int) string { return "now < lead.w" }},
	{name: "count", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`count("s", "%dd") < 0`, 1000+i) }},
	{name: "total", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`total("s", "n", "%dd") < 0`, 1000+i) }},
	{name: "mean", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`mean("s", "n", "%dd") < 0`, 1000+i) }},
	{name: "highest, lowest", parts: 5, most: 2450, needs: "history", no: func(i int) string {
		return fmt.Sprintf(`highest("s", "n", "%dd") + lowest("s", "n", "%[1]dd") < 0`, 1000+i)
	}},
	{name: "distinct", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`distinct("s", "t", "%dd") > 3`, 1000+i) }},
	{name: "active_days", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`active_days("s", "%dd") < 0`, 1000+i) }},
	{name: "latest, first", parts: 7, most: 2450, steps: 12, needs: "history", no: func(i int) string {
		return fmt.Sprintf(`(latest("s", "t", "%dd") contains 'ab' or first("s", "t", "%[1]dd") contains 'ab')`, 1000+i)
	}},
	{name: "latest of blanks", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`latest("s", "u", "%dd") == 'x'`, 1000+i) }},
	{name: "days_since a signal", parts: 3, needs: "history", no: func(i int) string { return fmt.Sprintf(`days_since("s") > %d`, 1000+i) }},
	{name: "days_since_first", parts: 3, needs: "history", no: func(i int) string { return fmt.Sprintf(`days_since_first("s") > %d`, 1000+i) }},
	{name: "followed", parts: 1, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`followed("s", "s", "1s", "%dd")`, 1000+i) }},
	{name: "idle_steps", parts: 3, most: 4900, needs: "history", no: func(i int) string { return fmt.Sprintf(`idle_steps("s", "%ds") < 0`, 61+i) }},
	{name: "met, unmet", parts: 5, needs: "checklist", no: func(i int) string { return fmt.Sprintf(`met("k%d") and unmet("k%[1]d")`, i%50) }},
	{name: "met_count, all_met", parts: 105, needs: "checklist", no: func(i int) string { return fmt.Sprintf(`(met_count() > %d or all_met())`, 50+i) }},
	{name: "score, band", parts: 7, needs: "stage", no: func(i int) string { return fmt.Sprintf(`(score() > %d or band("total") == 'C')`, 1000+i) }},
	{name: "reached, days_in_stage", parts: 5, needs: "stage", no: func(i int) string { return fmt.Sprintf(`(reached("first") or days_in_stage() > %d)`, 40_000+i) }},
}

// position is a place of a policy in which conditions stand.
type position struct {
	name   string
	most   int    // how many there may be
	offers string // what is to be had there
	put    func(p *qualify.Policy, id, condition string)
}

var positions = []position{
	{"where", 990, "", func(p *qualify.Policy, id, condition string) {
		p.Signals = append(p.Signals, qualify.Signal{ID: id, Types: []string{"s"}, Where: strings.ReplaceAll(condition, "lead.", "activity.")})
		p.Rules = append(p.Rules, qualify.Rule{ID: id, When: fmt.Sprintf(`happened("%s")`, id), Points: 1})
	}},
	{"multiply of an event rule", 4980, "", func(p *qualify.Policy, id, condition string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: id, On: "s", Multiply: strings.ReplaceAll(condition, "lead.", "activity.") + " ? 2 : 1", Points: 1})
	}},
	{"multiply of the lead's", 4980, "", func(p *qualify.Policy, id, condition string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: id, On: "s", Multiply: condition + " ? 2 : 1", Points: 1})
	}},
	{"when", 4980, "history checklist", func(p *qualify.Policy, id, condition string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: id, When: condition, Points: 1})
	}},
	{"when of an event rule", 4980, "history checklist", func(p *qualify.Policy, id, condition string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: id, On: "s", When: condition, Points: 1, Decay: qualify.Decay{Linear: 90 * qualify.Day}})
	}},
	{"multiply", 4980, "checklist", func(p *qualify.Policy, id, condition string) {
		p.Rules = append(p.Rules, qualify.Rule{ID: id, Multiply: condition + " ? 2 : 1", Points: 1})
	}},
	{"tiers", 4980, "history checklist", func(p *qualify.Policy, id, condition string) {
		last := len(p.Rules) - 1
		if last < 0 || len(p.Rules[last].Tiers) > 30 || len(p.Rules[last].Tiers) == 0 {
			p.Rules = append(p.Rules, qualify.Rule{ID: id})
			last++
		}
		p.Rules[last].Tiers = append(p.Rules[last].Tiers, qualify.Tier{When: condition, Points: 1})
	}},
	{"met and unmet", 1900, "history", func(p *qualify.Policy, id, condition string) {
		if last := len(p.Criteria) - 1; last >= 50 && p.Criteria[last].Unmet == "" {
			p.Criteria[last].Unmet = condition
			return
		}
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: id, Met: condition})
	}},
	{"enter", 900, "history checklist stage", func(p *qualify.Policy, id, condition string) {
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Enter: condition + " or score() > 0.9 and score() < 1"})
	}},
	{"enter of an exit", 900, "history checklist stage", func(p *qualify.Policy, id, condition string) {
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Exit: true, Enter: condition})
	}},
	{"keep", 900, "history checklist stage", func(p *qualify.Policy, id, condition string) {
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Enter: "false", Keep: condition})
	}},
	{"a term of a rule and a stage", 900, "history checklist", func(p *qualify.Policy, id, condition string) {
		p.Terms = append(p.Terms, qualify.Term{ID: id, Is: condition})
		p.Rules = append(p.Rules, qualify.Rule{ID: id, When: "term." + id, Points: 1})
		p.Stages = append(p.Stages, qualify.Stage{ID: id, Enter: "term." + id})
	}},
}

// stuffed is a policy with as much of an operator in one position as fits, or a share of
// that, whose points rise and fall, and how many there are.
func stuffed(o operator, at position, share float64) (p qualify.Policy, all int) {
	kinds := map[string]qualify.Kind{"n": qualify.Number, "t": qualify.Text, "u": qualify.Text, "x": qualify.Bool, "y": qualify.Text, "w": qualify.Time, "l": qualify.Texts}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		f := qualify.Field{Name: name, Kind: kinds[name]}
		p.Profile, p.Properties = append(p.Profile, f), append(p.Properties, f)
	}
	p.Signals = []qualify.Signal{{ID: "s"}, {ID: "h"}}
	p.Groups = []qualify.Group{{ID: "total", Bands: []qualify.Band{{Label: "C"}, {From: new(0.5), Label: "B"}, {From: new(20.0), Label: "A"}}}}
	p.Stages = []qualify.Stage{{ID: "first", Enter: "score() >= 10"}} // all others are looked at before it
	if o.needs == "checklist" {
		for i := range 50 {
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: fmt.Sprint("k", i), Met: fmt.Sprintf("lead.n == -%d", i+1)})
		}
	}
	each := min(480/(o.parts+1), 3900/(len(o.no(5000))+4))
	most := int(185_000*share) / (o.parts + 1)
	if o.most != 0 {
		most = min(most, o.most)
	}
	if n := most / at.most; n < each {
		each = max(1, n) // as many positions as there are
	}
	for i := 0; i < at.most && all+each <= most; i++ {
		at.put(&p, fmt.Sprint("c", i), joined((each+19)/20, " or ", func(j int) string {
			return "(" + joined(min(20, each-20*j), " or ", func(k int) string { return o.no(all + 20*j + k) }) + ")"
		}))
		all += each
	}
	for i := range 10 {
		p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint("h", i), On: "h", Points: float64(20 - 3*i), Decay: qualify.Decay{HalfLife: qualify.Duration(1+3*i) * qualify.Day}})
	}
	return p, all
}

// ledgers are what limits, decays, multipliers and signals make of event rules, half of
// which take away what the others pay, as many as there may be or only fifty.
var ledgers = []struct {
	name string
	rule qualify.Rule
}{
	{"nothing", qualify.Rule{}}, {"within", qualify.Rule{Within: 300 * qualify.Day}}, {"a half-life", qualify.Rule{Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}},
	{"linear decay", qualify.Rule{Decay: qualify.Decay{Linear: 300 * qualify.Day}}}, {"steps", qualify.Rule{Decay: qualify.Decay{Every: qualify.Day, Lose: 0.001}}},
	{"compound steps", qualify.Rule{Decay: qualify.Decay{Every: qualify.Day, Lose: 0.001, Compound: true}}}, {"steps of idleness", qualify.Rule{Decay: qualify.Decay{Every: qualify.Day, Lose: 0.001, Idle: "s"}}},
	{"times", qualify.Rule{Limit: qualify.Limit{Times: 1 << 20}}}, {"points", qualify.Rule{Limit: qualify.Limit{Points: 1e6}}}, {"times each rolling year", qualify.Rule{Limit: qualify.Limit{Times: 1 << 20, Per: 365 * qualify.Day}}},
	{"points each rolling year", qualify.Rule{Limit: qualify.Limit{Points: 1e5, Per: 365 * qualify.Day}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"points each month", qualify.Rule{Limit: qualify.Limit{Points: 1e5, Calendar: "month"}}},
	{"once per value", qualify.Rule{Limit: qualify.Limit{OncePer: "t"}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"once per value each year", qualify.Rule{Limit: qualify.Limit{OncePer: "t", Per: 365 * qualify.Day}}},
	{"a property as multiplier", qualify.Rule{Multiply: "activity.n", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"an attribute as multiplier", qualify.Rule{Multiply: "activity.n * lead.n", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}},
	{"an unknown multiplier", qualify.Rule{Multiply: "activity.n * (lead.m ?? 1)", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"a multiplier and steps", qualify.Rule{Multiply: "activity.n * lead.n", Decay: qualify.Decay{Every: qualify.Day, Lose: 0.001}}},
	{"points for each value", qualify.Rule{Limit: qualify.Limit{Points: 1e5, ForEach: "t"}, Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"points for each value each year", qualify.Rule{Limit: qualify.Limit{Points: 1e5, ForEach: "t", Per: 365 * qualify.Day}}},
	{"once for each pair of values", qualify.Rule{Limit: qualify.Limit{OncePer: "n", ForEach: "t", Gap: qualify.Day}}}, {"times each visit", qualify.Rule{Limit: qualify.Limit{Times: 3, Gap: 3600e9}}}, {"points ever", qualify.Rule{Limit: qualify.Limit{Points: 1e5, Calendar: "ever"}}},
	{"a repeated signal for each value", qualify.Rule{On: "pair"}}, {"a signal that follows another", qualify.Rule{On: "after"}}, {"a signal followed by another", qualify.Rule{On: "before"}},
	{"a repeated signal", qualify.Rule{On: "fifth", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"a repeated sum", qualify.Rule{On: "sum", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}}, {"all types", qualify.Rule{On: "all", Decay: qualify.Decay{HalfLife: 30 * qualify.Day}}},
}

// ruled is a policy of such rules, in groups of which each has a reset if that is wanted.
func ruled(r qualify.Rule, rules int, resets bool) (p qualify.Policy) {
	p.Profile = []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "m", Kind: qualify.Number}}
	p.Properties = []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "t", Kind: qualify.Text}}
	p.Signals = []qualify.Signal{{ID: "s"}, {ID: "fifth", Repeats: "s", Every: 5, Per: qualify.Day}, {ID: "sum", Repeats: "s", Every: 7, Sum: "n", Calendar: "day"}, {ID: "all", Types: []string{"*"}}, {ID: "h"},
		{ID: "pair", Repeats: "s", Every: 2, ForEach: "t", Gap: 365 * qualify.Day}, {ID: "after", Types: []string{"s"}, Following: "all", Within: 365 * qualify.Day, ForEach: "t"},
		{ID: "before", Repeats: "s", Every: 1, FollowedBy: "all", Within: 365 * qualify.Day, ForEach: "t"}}
	for i := range 99 {
		g := qualify.Group{ID: fmt.Sprint("g", i), Bands: []qualify.Band{{From: new(0.5), Label: "A"}}}
		if resets {
			g.ResetOn = "h"
		}
		p.Groups = append(p.Groups, g)
	}
	p = on(p, rules, func(i int) qualify.Rule {
		r := r
		r.On, r.Points, r.Group = cmp.Or(r.On, "s"), float64(1-2*(i%2)), fmt.Sprint("g", i/2%99)
		if i == 0 {
			r.Points = 1.5
		}
		return r
	})
	p.Stages = []qualify.Stage{{ID: "first", Enter: "score() >= 0.25"}, {ID: "second", Enter: "score() * 1000 % 2 >= 1.999"}}
	return p
}

// crowd is a lead with so many activities, and texts of so many bytes in the profile and
// in each activity.
func crowd(n, long, said int) qualify.Lead {
	facts := func(long int) map[string]any {
		return map[string]any{"n": 1, "t": strings.Repeat("a", long), "u": strings.Repeat("A", max(0, long-1)) + "b", "w": "2020-01-01", "l": slices.Repeat([]string{strings.Repeat("a", 64)}, long/65)}
	}
	shared := facts(said)
	lead := acts(n, false, func(int) map[string]any { return shared })
	for i := range 9 {
		lead.Activities = append(lead.Activities, qualify.Activity{Type: "h", At: ago(time.Duration(i) * 7 * day)})
	}
	lead.Profile = facts(long)
	return lead
}

var million = sync.OnceValue(func() []qualify.Activity { return make([]qualify.Activity, 1_000_001) })

// allowed is how many activities a model takes.
func allowed(t *testing.T, m *qualify.Model) (n int) {
	_, err := m.Assess(&qualify.Lead{Activities: million()}, noon)
	_, may, _ := strings.Cut(fmt.Sprint(err), "may have ")
	if _, err := fmt.Sscanf(may, "%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// costly are the operators that cost most in each place, and each operator somewhere: those
// that are measured in full. HOSTILE=scan tells whether others cost more.
var costly = []struct {
	place     string
	few       bool // of few activities, with texts that are as long as they may be
	operators []string
}{
	{"where", false, []string{"arithmetic", "numbers", "== of texts", "startsWith a fact", "contains a fact", "in a list"}},
	{"where", true, []string{"contains", "matches"}},
	{"multiply of an event rule", false, []string{"arithmetic", "== of texts", "contains a fact", "matches"}},
	{"multiply of the lead's", false, []string{"arithmetic", "matches texts", "startsWith a fact", "in a list", "a fact in a list"}},
	{"when", false, []string{
		"matches", "startsWith a fact", "contains, long", "days_since a time", "now", "count", "total", "mean", "highest, lowest", "distinct", "active_days",
		"latest, first", "latest of blanks", "days_since a signal", "days_since_first", "followed", "idle_steps", "met, unmet", "met_count, all_met",
	}},
	{"when of an event rule", false, []string{"matches", "endsWith", "distinct"}},
	{"multiply", false, []string{"startsWith a fact", "in texts"}},
	{"tiers", false, []string{"startsWith", "contains", "unknown"}},
	{"met and unmet", false, []string{"endsWith", "time", "latest, first"}},
	{"enter", false, []string{"startsWith a fact", "contains", "== of texts", "score, band", "idle_steps", "count"}},
	{"enter of an exit", false, []string{"matches", "a fact in a list", "score, band"}},
	{"keep", false, []string{"matches", "ternary of texts", "reached, days_in_stage"}},
	{"a term of a rule and a stage", false, []string{"startsWith a fact", "in numbers", "days_since a time"}},
}

// construction is an operator in a place.
type construction struct {
	operator
	position
	few bool
}

func (c construction) String() string {
	name := c.operator.name + " in " + c.position.name
	if c.few {
		name += ", few activities"
	}
	return name
}

// constructions are those of an operator in a place of a policy, all or the costly ones.
func constructions(all bool) (list []construction) {
	if all {
		for _, o := range operators {
			for _, at := range positions {
				if strings.Contains(at.offers, o.needs) {
					list = append(list, construction{o, at, false})
				}
			}
		}
		return list
	}
	for _, c := range costly {
		for _, name := range c.operators {
			o := slices.IndexFunc(operators, func(o operator) bool { return o.name == name })
			at := slices.IndexFunc(positions, func(p position) bool { return p.name == c.place })
			list = append(list, construction{operators[o], positions[at], c.few})
		}
	}
	return list
}

// made gives the policy and the lead of a construction, as large as may be or a part of that.
func (c construction) made(t *testing.T, part float64) (qualify.Policy, qualify.Lead) {
	p, all := stuffed(c.operator, c.position, part)
	n := int(float64(min(1_000_000, allowed(t, compile(t, p))))*part) - 9
	n = max(n, 10)
	long := min(65_536, int(2_000_000_000*part)/max(1, c.steps*all))
	if part < 0.01 {
		long = min(long, 100)
	}
	said := min(long, int(1_000_000_000*part)/max(1, n*max(8, c.steps)*all))
	if c.few {
		n, said = 1, long
	}
	m := compile(t, p)
	for {
		lead := crowd(n, long, said)
		switch _, err := m.Assess(&lead, noon); { // its texts may be too much
		case err == nil || said == 0 && n == 1:
			return p, lead
		case c.few:
			said /= 2
		default:
			n = max(1, n/2)
		}
	}
}

// ledger gives the policy and the lead of one of the ledgers.
func ledger(t *testing.T, r qualify.Rule, rules, most int) (qualify.Policy, qualify.Lead) {
	p := ruled(r, rules, rules < 100)
	lead := acts(min(most, allowed(t, compile(t, p))-9), false, func(i int) map[string]any { return map[string]any{"n": 1 + i%3, "t": scattered(i)} })
	lead.Activities = append(lead.Activities, qualify.Activity{Type: "h", At: ago(200 * day)})
	lead.Profile = profile{"n": 1}
	return p, lead
}

// worstCases are the tables of SECURITY.md, by the head of their first column.
func worstCases() (tables []worstTable) {
	tables = []worstTable{{head: "policy and lead"}, {head: "event rules with"}, {head: "operator or function, and place"}}
	for _, h := range heavies {
		tables[0].names = append(tables[0].names, h.name)
	}
	for _, l := range ledgers {
		tables[1].names = append(tables[1].names, l.name)
	}
	for _, c := range constructions(false) {
		tables[2].names = append(tables[2].names, c.String())
	}
	return tables
}

type worstTable struct {
	head  string
	names []string
}

// rows are those of a table in a text, by name, and where they begin and end.
func (w worstTable) rows(t *testing.T, text string) (rows map[string]string, from, to int) {
	from = strings.Index(text, "| "+w.head+" |")
	if from < 0 {
		t.Fatalf("SECURITY.md has no table of %s", w.head)
	}
	from += strings.Index(text[from:], "| --- |")
	from += strings.Index(text[from:], "\n") + 1
	rows, to = map[string]string{}, from
	for line := range strings.Lines(text[from:]) {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		to += len(line)
		name, row, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		rows[name] = strings.TrimSpace(row)
	}
	return rows, from, to
}

// SECURITY.md has the constructions that are measured, and no others. The full test writes
// what it measures there, with -update.
func TestWorstCasesAreDocumented(t *testing.T) {
	text := read(t, "SECURITY.md")
	for _, w := range worstCases() {
		rows, _, _ := w.rows(t, text)
		for name, row := range rows {
			if documented(t, text, name, row) != text {
				t.Errorf("to write %s again changes more", name)
			}
		}
		if got, want := slices.Sorted(maps.Keys(rows)), slices.Sorted(slices.Values(w.names)); !slices.Equal(got, want) {
			t.Errorf("the table of %s has %q, want %q", w.head, got, want)
		}
	}
	for _, list := range [][]construction{constructions(false), constructions(true)} {
		have := map[string]bool{}
		for _, c := range list {
			have[c.operator.name], have[c.position.name] = true, true
		}
		if len(have) != len(operators)+len(positions) {
			t.Errorf("%d constructions have %d operators and places, of %d", len(list), len(have), len(operators)+len(positions))
		}
	}
}

// documented is a text with a row of one of the tables.
func documented(t *testing.T, text, name, row string) string {
	for _, w := range worstCases() {
		if !slices.Contains(w.names, name) {
			continue
		}
		rows, from, to := w.rows(t, text)
		rows[name] = row
		var table strings.Builder
		for _, name := range w.names {
			if rows[name] != "" {
				fmt.Fprintf(&table, "| %s | %s\n", name, rows[name])
			}
		}
		text = text[:from] + table.String() + text[to:]
	}
	return text
}

// The worst of what the bounds allow ends in an assessment, or in an error that says what
// to lower. In full, it does so in the time that SECURITY.md promises, and with -update it
// writes there what it takes; HOSTILE=scan has all constructions at a twentieth of their size:
//
//	HOSTILE=full go test -run TestHostileWork -v -timeout 2h . -update
//	HOSTILE=scan go test -run TestHostileScan -v -timeout 2h .
func TestHostileWork(t *testing.T) {
	full := os.Getenv("HOSTILE") == "full"
	if raced() && !full {
		t.Skip("the race detector makes it many times slower, and there is nothing to race")
	}
	run := func(name, want string, made ...func(t *testing.T) (qualify.Policy, qualify.Lead)) {
		t.Run(name, func(t *testing.T) {
			var worst work
			for _, made := range made {
				policy, lead := made(t)
				worst.add(hostileWork(t, policy, lead, want))
			}
			if !full {
				return
			}
			t.Log(worst)
			for i, most := range mostSeconds {
				if worst[i].seconds > most && most > 0 {
					t.Errorf("%s takes %.1f s, and may take %.0f", hostileCalls[i], worst[i].seconds, most)
				}
			}
			if *update {
				text := documented(t, read(t, "SECURITY.md"), name, worst.String())
				if err := os.WriteFile("SECURITY.md", []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	skip := func() bool { return false }
	if !full {
		skip = tenth()
	}
	for _, h := range heavies {
		if skip() {
			continue
		}
		n := h.small
		if full {
			n = h.n
		}
		run(h.name, h.want, func(*testing.T) (qualify.Policy, qualify.Lead) { return h.policy(n), h.lead(n) })
	}
	for _, l := range ledgers {
		if !skip() {
			few, many, most := 3, testcase.Count(100), 10 // the work grows with the square of many
			if full {
				few, many, most = 50, 5000, 1_000_000
			}
			run(l.name, "", func(t *testing.T) (qualify.Policy, qualify.Lead) { return ledger(t, l.rule, few, most) },
				func(t *testing.T) (qualify.Policy, qualify.Lead) { return ledger(t, l.rule, many, most) })
		}
	}
	for _, c := range constructions(!full) {
		if !skip() {
			part := 0.002
			if full {
				part = 1
			}
			run(c.String(), "", func(t *testing.T) (qualify.Policy, qualify.Lead) { return c.made(t, part) })
		}
	}
}

// An evaluation takes no more steps, counted as it goes, than the program says before it,
// and a search for the next change no more than it may. So what is bounded by these is
// bounded: how many activities a lead may have, what Levers tries, when a search steps on.
func TestHostileSteps(t *testing.T) {
	t.Parallel()
	searched := 0
	check := func(name string, policy qualify.Policy, lead qualify.Lead) {
		p := *compiled.Of(compile(t, policy))
		pool, given := engine.NewPool(&p), engine.Lead{Profile: lead.Profile, Stage: compiled.None}
		e := pool.Get()
		e.Start(&given, noon.UnixNano())
		longest := 0
		for _, r := range p.Readers {
			longest = max(longest, r.Weight(lead.Profile))
		}
		text := int64(0)
		for i := range lead.Activities {
			a := (*activities.Activity)(&lead.Activities[i])
			e.AddAll(1, func(room []activities.Entry) { room[0].Activity = a })
			text += p.ActivityTextSteps(a)
			longest = max(longest, p.Schema.Weight(a.Props))
		}
		e.Finish()
		n := int64(len(lead.Activities))
		most := p.LookSteps + p.ActivitySteps*n + text + p.LeadTextSteps*int64(min(longest, p.LongestText)) + p.UntilSteps
		if e.Steps() > most {
			t.Errorf("%s: an evaluation of %d activities takes %d steps, and may take %d", name, n, e.Steps(), most)
		}
		if most = max(most-p.UntilSteps, e.Steps()); e.TooMuchText() { // with what orders their texts
			return
		}
		p.TrialSteps, p.SearchSteps = most, 4*most
		for _, at := range []time.Time{noon, noon.AddDate(-200, 0, 0)} { // before all activities, too: all of them come later
			tr := engine.NewTracker(pool, given, len(lead.Activities))
			for _, a := range lead.Activities {
				tr.Add(activities.Activity(a))
			}
			if _, err := tr.Next(at.UnixNano()); err != nil {
				t.Error(err)
			}
			if tr.Steps() > 2*p.SearchSteps+12*most { // TrialSteps of each look come to its own
				t.Errorf("%s: a search from %v takes %d steps, and may take %d; an evaluation %d", name, at, tr.Steps(), p.SearchSteps, most)
			}
			if tr.Steps() > p.SearchSteps {
				searched++
			}
		}
	}
	skip := tenth()
	for _, h := range heavies {
		if h.want == "" && !skip() {
			check(h.name, h.policy(h.small), h.lead(h.small))
		}
	}
	for _, l := range ledgers {
		if !skip() {
			p, lead := ledger(t, l.rule, 40, 200)
			check(l.name, p, lead)
		}
	}
	for _, c := range constructions(true) {
		if !skip() {
			p, lead := c.made(t, 0.002)
			check(c.String(), p, lead)
		}
	}
	t.Log(searched, "searches took all of their steps")
}

// No construction costs more than the costly ones of its place.
func TestHostileScan(t *testing.T) {
	if os.Getenv("HOSTILE") != "scan" {
		t.Skip("HOSTILE=scan")
	}
	const part = 1.0 / 20
	bound := map[string]work{}
	for _, list := range [][]construction{constructions(false), constructions(true)} {
		for _, c := range list {
			t.Run(c.String(), func(t *testing.T) {
				policy, lead := c.made(t, part)
				w := hostileWork(t, policy, lead, "")
				t.Log(w)
				for i, most := range mostSeconds {
					if chosen := bound[c.position.name][i].seconds; w[i].seconds > 1.5*chosen && w[i].seconds > most*part && most > 0 && len(list) > 100 {
						t.Errorf("%s takes %.2f s, and the costly ones up to %.2f", hostileCalls[i], w[i].seconds, chosen)
					}
				}
				if len(list) < 100 {
					b := bound[c.position.name]
					b.add(w)
					bound[c.position.name] = b
				}
			})
		}
	}
}

// hostileCalls are what is done with a lead, and mostSeconds how many seconds of processor
// time each may take in full; 0: any.
var (
	hostileCalls = [...]string{"Compile", "Assess", "Explain, String", "Track, Assess", "Next", "Timeline", "Levers"}
	mostSeconds  = [len(hostileCalls)]float64{0, 5, 5, 5, 10, 10, 5}
)

// work is what the calls take.
type work [len(hostileCalls)]struct {
	done    bool
	seconds float64
	bytes   uint64
}

// add takes the larger of both for each call.
func (w *work) add(v work) {
	for i := range w {
		w[i].done = w[i].done || v[i].done
		w[i].seconds, w[i].bytes = max(w[i].seconds, v[i].seconds), max(w[i].bytes, v[i].bytes)
	}
}

func (w work) String() (row string) {
	for _, c := range w {
		if !c.done {
			row += "refused | "
			continue
		}
		row += fmt.Sprintf("%.1f s, %d MB | ", c.seconds, c.bytes>>20)
	}
	return strings.TrimSpace(row)
}

// tenth says of one case after the other whether to skip it: none in CI, elsewhere nine of
// ten, and almost all where still fewer cases are asked for.
func tenth() func() bool {
	nth := 0
	return func() bool {
		nth++
		n := testcase.Count(50)
		return nth*n%50 >= n
	}
}

// hostileWork does with a lead all that can be done. The error that is wanted, or none,
// or that the texts of activities are too much, is that of all.
func hostileWork(t *testing.T, policy qualify.Policy, lead qualify.Lead, want string) (w work) {
	t.Helper()
	var m *qualify.Model
	var err error
	nth := 0
	measure := func(do func()) bool {
		c := &w[nth]
		nth++
		c.seconds, c.bytes = measured(os.Getenv("HOSTILE") != "", do)
		c.done = err == nil
		switch {
		case nth == 1 || err == nil && want == "":
		case !errors.Is(err, qualify.ErrTooManyActivities) || want != "" && !strings.Contains(err.Error(), want) || want == "" && !strings.Contains(err.Error(), "set Bounds.Text"):
			t.Errorf("%v, want %s", err, want)
		}
		return c.done
	}
	if !measure(func() { m, err = qualify.Compile(policy) }) {
		t.Fatal(err)
	}
	if os.Getenv("HOSTILE") == "" { // a search that is refused its steps ends in the same way, but sooner
		p := compiled.Of(m)
		for _, steps := range []*int64{&p.UntilSteps, &p.TrialSteps, &p.SearchSteps} {
			*steps = *steps / 1000 * int64(min(1000, testcase.Count(100)))
		}
	}
	if !measure(func() { _, err = m.Assess(&lead, noon) }) {
		return w
	}
	measure(func() {
		var e qualify.Explanation
		e, err = m.Explain(&lead, noon)
		_ = e.String()
	})
	measure(func() { _, err = m.Track(&lead).Assess(noon) })
	measure(func() { _, err = m.Track(&lead).Next(noon) })
	measure(func() {
		first := true
		for _, err = range m.Track(&lead).Timeline(noon, noon.AddDate(1, 0, 0)) {
			if !first || err != nil {
				break
			}
			first = false
		}
	})
	measure(func() { _, err = m.Levers(&lead, noon) })
	return w
}

// measured gives the seconds of processor time that something takes, and by how much its heap grows.
func measured(really bool, do func()) (seconds float64, bytes uint64) {
	if !really {
		do()
		return 0, 0
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	live := func() uint64 {
		metrics.Read(heap)
		return heap[0].Value.Uint64()
	}
	runtime.GC()
	before, stop, peak := live(), make(chan bool), make(chan uint64)
	go func() {
		most := before
		for {
			select {
			case <-stop:
				peak <- max(most, live())
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, live())
			}
		}
	}()
	start := cpu()
	do()
	took := cpu() - start
	close(stop)
	return took.Seconds(), <-peak - before
}

// How long texts may be follows from what the policy looks for in them.
func TestTextsAreAsLongAsTheyMayBe(t *testing.T) {
	t.Parallel()
	needles := func(n int) string {
		return joined(n, " or ", func(i int) string { return fmt.Sprintf(`lead.t contains "%d"`, i) })
	}
	for _, test := range []struct {
		name string
		when string
		text int // Bounds.Text
		long int // how long a text may be
	}{
		{"nothing is looked for", "lead.b", 0, 65_536}, {"a little", needles(10), 0, 65_536}, {"much, with few steps", needles(10), 60_000, 1000},
		{"a pattern", `lead.t matches "^a"`, 100_000, 1000}, {"text and list", `lead.t in lead.l`, 4_000, 1000}, {"a literal costs nothing a byte", `lead.t == "a"`, 1, 1},
		{"of a call", `latest("visit", "t") contains "a" or latest("visit", "t") contains "b"`, 12_000, 1000},
	} {
		m := compile(t, withRules(qualify.Rule{When: test.when, Points: 1}, qualify.Rule{When: `known(lead.c)`, Points: 1}, qualify.Rule{When: `known(lead.l)`, Points: 1},
			qualify.Rule{When: `known(latest("visit", "t"))`, Points: 1}), qualify.WithBounds(qualify.Bounds{Text: test.text}))
		for _, more := range []int{0, 1} {
			text, list := strings.Repeat("z", test.long+more), slices.Repeat([]string{strings.Repeat("z", test.long/2)}, 2)
			list = append(list, strings.Repeat("z", test.long%2+more))
			lead, what := qualify.Lead{Profile: profile{"c": text, "l": list}}, []string{"a text", "a list"}
			if test.text == 0 || test.text > 10*test.long { // enough to read it
				lead.Activities, what = []qualify.Activity{act("visit", noon, "t", text)}, append(what, "a property")
			}
			a := assess(t, m, lead, noon)
			for i, of := range what {
				if got := a.Score.Contributions[1+i].Answer; (got == qualify.Yes) != (more == 0) && of != "a list" { // of which a part is known
					t.Errorf("%s: %s of %d bytes and %d more: %v; %v", test.name, of, test.long, more, got, a.Issues)
				}
			}
			if len(a.Issues) != more*len(what) {
				t.Errorf("%s: %v", test.name, a.Issues)
			}
		}
	}
	if _, err := qualify.Compile(qualify.Policy{}, qualify.WithBounds(qualify.Bounds{Text: -1})); err == nil || !strings.Contains(err.Error(), "Bounds.Text is -1") {
		t.Error(err)
	}
}

// Whether the texts of activities are too much depends on these alone: in every order, of
// an assessment and of a tracker, and with the same error.
func TestTooMuchText(t *testing.T) {
	t.Parallel()
	policy := everything()
	policy.Signals = append(policy.Signals, qualify.Signal{ID: "said", Types: []string{"visit", "form"}, Where: `activity.t contains "ab" or activity.c matches "a+b+$"`}, qualify.Signal{ID: "listed", Types: []string{"*"}, Where: `"ab" in activity.l`},
		qualify.Signal{ID: "third", Repeats: "said", Every: 3})
	policy.Rules = append(policy.Rules, qualify.Rule{ID: "said", On: "said", Points: 1, Multiply: `activity.c contains "ab" or lead.c contains activity.c ? 2 : 1`, Limit: qualify.Limit{OncePer: "t"}},
		qualify.Rule{ID: "distinct", When: `distinct("listed", "t", "5d") > 2 or latest("third", "c") == "abab"`, Points: 1})
	rng := rand.New(rand.NewPCG(8, 1))
	failed, passed := 0, 0
	for range testcase.Count(150) {
		m := compile(t, policy, qualify.WithBounds(qualify.Bounds{Text: 1 << (12 + rng.IntN(12))}))
		text := func() string {
			return strings.Repeat([]string{"a", "aB", "b "}[rng.IntN(3)], rng.IntN(1+rng.IntN(300)))
		}
		var lead qualify.Lead
		lead.Profile = profile{"c": text()}
		for range rng.IntN(60) {
			a := act([]string{"visit", "form", "other"}[rng.IntN(3)], ago(time.Duration(rng.IntN(3)*rng.IntN(200))*time.Hour), "t", text(), "c", text(), "l", []string{text(), text()})
			if rng.IntN(3) == 0 {
				a.ID = fmt.Sprint("a", rng.IntN(40))
			}
			lead.Activities = append(lead.Activities, a)
		}
		at := ago(time.Duration(rng.IntN(100)) * time.Hour)
		want, wantErr := m.Assess(&lead, at)
		if wantErr != nil {
			failed++
			if !errors.Is(wantErr, qualify.ErrTooManyActivities) || !strings.Contains(wantErr.Error(), "set Bounds.Text") || want.Policy != "" {
				t.Fatalf("%v, %v", wantErr, want)
			}
		} else {
			passed++
		}
		same := func(who string, got qualify.Assessment, err error) {
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && bytesOf(t, got) != bytesOf(t, want) {
				t.Fatalf("%s: %v, want %v", who, err, wantErr)
			}
		}
		tracker := m.Track(&qualify.Lead{Profile: lead.Profile})
		for i, a := range lead.Activities {
			tracker.Add(a)
			if rng.IntN(4) == 0 {
				half := qualify.Lead{Profile: lead.Profile, Activities: lead.Activities[:i+1]}
				a, err := m.Assess(&half, at)
				b, bErr := tracker.Assess(at)
				if fmt.Sprint(err) != fmt.Sprint(bErr) || err == nil && bytesOf(t, a) != bytesOf(t, b) {
					t.Fatalf("a tracker of %d activities: %v, want %v", i+1, bErr, err)
				}
			}
		}
		got, err := tracker.Assess(at)
		same("a tracker", got, err)
		rng.Shuffle(len(lead.Activities), func(i, j int) {
			lead.Activities[i], lead.Activities[j] = lead.Activities[j], lead.Activities[i]
		})
		got, err = m.Assess(&lead, at)
		same("another order", got, err)
		got, err = m.Track(&lead).Assess(at)
		same("a tracker of all", got, err)
		e, err := m.Explain(&lead, at)
		same("an explanation", e.Assessment, err)
	}
	if failed < testcase.Least(20) || passed < testcase.Least(20) {
		t.Errorf("%d failed and %d passed", failed, passed)
	}
}
