package qualify_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// What an expression must not do to the process, or pass for what it is not: each
// ends in an error that says how to mend it.
func TestHostileExpressions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ when, want string }{
		// Errors inside arguments, and what a machine would fetch from its environment.
		{`happened(nope)`, "a signal must be a text in quotes"},
		{`known(nope)`, "unknown name nope"},
		{`map(lead.l, {#}) == 1`, "# is not part of the language"},
		{`filter(lead.l, true) == 1`, "there is no function filter"},
		{`count(lead.l, {.x == 1}) > 0`, "{ } is not part of the language"},
		{`any(lead.l, true)`, "there is no function any"},
		{`lead.n in 1..3`, ".. is not part of the language"},
		{`$env.lead.n == 1`, "only lead.<attribute>, activity.<property> and term.<id> have parts"},
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
		{`lead.n == nil`, "nil is not a value here"},
		{`len(lead.t) > 1`, "there is no function len"},
		{`2 ** 3 > 1`, "powers differ between machines"},
		// What kills a process.
		{strings.Repeat("(", 600_000), "the expression has 600000 bytes, and may have 4096: name parts of it as terms"},
		{strings.Repeat("[", 4_000), "the expression is nested deeper than 100 levels: name parts of it as terms"},
		{strings.Repeat("!", 800_000), "the expression has 800000 bytes"},
		{strings.Repeat("!", 4_000), "nested deeper than 100 levels"},
		{`replace(repeat("a", 9), "a", repeat("a", 9)) == "a"`, "there is no function replace"},
		{`reduce(1..36, #acc + #acc, "a") == "a"`, "# is not part of the language"},
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
		{"lead.t == \"\u0000\x07\"", `write it as \x00 within quotation marks`},
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
		{"deep lists", strings.Repeat("[", 1<<20), "more than 32 deep"},
		{"deep objects", strings.Repeat(`{"a":`, 1<<18), "more than 32 deep"},
		{"too long", `{"format": 1}` + strings.Repeat(" ", 8<<20), "at most 8388608 (8 MiB) are read"},
		{"not UTF-8", "{\"format\": 1, \"name\": \"\xff\"}", "UTF-8"},
		{"a field twice", `{"format": 1, "name": "a", "name": "b"}`, "name"},
		{"an unknown field", `{"format": 1, "ruels": []}`, "rules"},
		{"another format", `{"format": 2}`, "this version of the library reads documents of format 1"},
		{"a huge number", `{"format": 1, "rules": [{"id": "r", "points": 1e999}]}`, "1e999"},
		{"text behind it", `{"format": 1} {}`, "after"},
		{"a hundred thousand mistakes", `{"format": 1, "rules": [` + repeated(100_000, ",", `{"x": 1}`) + `]}`, "more mistakes from here on"},
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
	for _, v := range []any{
		math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, math.MaxFloat64, float32(math.MaxFloat32), uint64(math.MaxUint64), int64(math.MinInt64), 1e15 + 1, complex(1, 1),
		"1e400", "NaN", "0x10", "\xff\xfe", "\x00", "\u202e", strings.Repeat("é", 1<<17), strings.Repeat("a;", 1<<17), strings.Repeat("9", 1<<17), "2026-02-30", "9999-12-31T23:59:60Z",
		[]string{"\xff", ""}, make([]string, 1<<17), slices.Repeat([]any{"x"}, 1<<17), []any{loop}, loop, func() {}, make(chan int), map[string]any{"a": 1}, struct{}{}, (*int)(nil), []byte("x"),
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
	{name: "one instant, 30 texts, no IDs", n: 100_000, small: 3_000,
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
	{name: "200 multipliers of the unknown", n: 80_000, small: 200,
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
	{name: "patterns at the limit", n: 65_536, small: 256,
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
	{name: "too much for the history", n: 100_000, small: 7_000, want: "it has %d, and may have 6665, because the policy goes through them some 15002 times: let it ask less of the history, or set Bounds.Activities",
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

// The worst of what the bounds allow ends in an assessment. In full, with the time and
// the memory of each, as SECURITY.md has them:
//
//	HOSTILE=full go test -run TestHostileWork -v -timeout 30m .
func TestHostileWork(t *testing.T) {
	full, table := os.Getenv("HOSTILE") == "full", testing.Verbose()
	if raced() && !full {
		t.Skip("the race detector makes it many times slower, and there is nothing to race")
	}
	if table {
		t.Logf("%-32s %18s %18s %18s %18s", "", "Compile", "Assess", "Explain, String", "Track, Next")
	}
	for _, h := range heavies {
		t.Run(h.name, func(t *testing.T) {
			n := h.small
			if full {
				n = h.n
			}
			var m *qualify.Model
			var err error
			row := measured(table, func() { m, err = qualify.Compile(h.policy(n)) })
			if err != nil {
				t.Error(err)
				return
			}
			lead := h.lead(n)
			row += measured(table, func() { _, err = m.Assess(&lead, noon) })
			if h.want != "" {
				if want := fmt.Sprintf(h.want, n); !errors.Is(err, qualify.ErrTooManyActivities) || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			row += measured(table, func() { _ = explain(t, m, lead, noon).String() })
			row += measured(table, func() { _, err = m.Track(&lead).Next(noon) })
			if err != nil {
				t.Error(err)
			}
			if table {
				t.Logf("%-32s%s", h.name, row)
			}
		})
	}
}

// measured gives the time that something takes, and how much its heap grows.
func measured(table bool, do func()) string {
	if !table {
		do()
		return ""
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
	start := time.Now()
	do()
	took := time.Since(start)
	close(stop)
	return fmt.Sprintf(" %8.2f s %4d MB", took.Seconds(), (<-peak-before)>>20)
}
