package expression_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

type conditionTest struct {
	source string
	known  facts
	want   expression.Answer
}

func testConditions(t *testing.T, place expression.Place, tests []conditionTest, terms ...expression.Term) {
	t.Helper()
	for _, tt := range tests {
		c := compiler(terms...)
		n := compile(t, c, place, tt.source)
		if got := n.Test(env(t, c, tt.known)); got != tt.want {
			t.Errorf("%s with %v = %v, want %v", tt.source, tt.known, got, tt.want)
		}
	}
}

func TestLogic(t *testing.T) {
	t.Parallel()
	names := map[expression.Answer]string{no: "false", unknown: "lead.verified", yes: "true"}
	all := []expression.Answer{no, unknown, yes}
	var tests []conditionTest
	for _, a := range all {
		x := names[a]
		tests = append(tests, conditionTest{"not " + x, nil, yes - a}, conditionTest{"!" + x, nil, yes - a})
		for _, b := range all {
			y := names[b]
			equal, unequal, first := unknown, unknown, a
			if a != unknown && b != unknown {
				equal, unequal = no, yes
				if a == b {
					equal, unequal = yes, no
				}
			}
			if a == unknown {
				first = b
			}
			either := unknown
			if a == b {
				either = a
			}
			tests = append(tests,
				conditionTest{x + " and " + y, nil, min(a, b)}, conditionTest{x + " && " + y, nil, min(a, b)},
				conditionTest{x + " or " + y, nil, max(a, b)}, conditionTest{x + " || " + y, nil, max(a, b)},
				conditionTest{x + " == " + y, nil, equal}, conditionTest{x + " != " + y, nil, unequal},
				conditionTest{"(" + x + " ?? " + y + ")", nil, first},
				conditionTest{"true ? " + x + " : " + y, nil, a}, conditionTest{"false ? " + x + " : " + y, nil, b},
				conditionTest{"lead.consent ? " + x + " : " + y, nil, either},
			)
		}
	}
	testConditions(t, expression.InRule, tests)
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	holds := map[string][3]expression.Answer{
		"==": {no, yes, no}, "!=": {yes, no, yes}, "<": {yes, no, no}, "<=": {yes, yes, no}, ">": {no, no, yes}, ">=": {no, yes, yes},
	}
	var tests []conditionTest
	for op, want := range holds {
		tests = append(tests,
			conditionTest{"lead.employees " + op + " 200", nil, unknown},
			conditionTest{`count("visit") ` + op + " 200", nil, unknown},
			conditionTest{"lead.employees " + op + " lead.revenue", facts{"lead.employees": 1}, unknown},
			conditionTest{"lead.employees " + op + " lead.revenue", facts{"lead.revenue": 1}, unknown},
			conditionTest{"lead.since " + op + " lead.due", facts{"lead.due": instant(0)}, unknown},
			conditionTest{"lead.since " + op + " lead.due", facts{"lead.since": instant(0)}, unknown},
			conditionTest{"days_since(lead.since) " + op + " 3", nil, unknown},
			conditionTest{"days_since(lead.since) " + op + " lead.employees", facts{"lead.since": instant(0)}, unknown},
		)
		for i, answer := range want {
			number, moment := float64(199+i), instant(i-1)
			tests = append(tests,
				conditionTest{"lead.employees " + op + " 200", facts{"lead.employees": number}, answer},
				conditionTest{"lead.employees + 0 " + op + " 200", facts{"lead.employees": number}, answer},
				conditionTest{`count("visit") ` + op + " 200", facts{`count("visit")`: number}, answer},
				conditionTest{"lead.revenue " + op + " lead.employees", facts{"lead.revenue": number, "lead.employees": 200}, answer},
				conditionTest{"lead.since " + op + ` time("1970-01-01")`, facts{"lead.since": moment}, answer},
				conditionTest{"now " + op + ` lead.since`, facts{"now": moment, "lead.since": instant(0)}, answer},
				conditionTest{"days_since(lead.since) " + op + " 2", facts{"now": 2*day + moment, "lead.since": instant(0)}, answer},
				conditionTest{"days_since(lead.since) " + op + " lead.employees", facts{"now": 2*day + moment, "lead.since": instant(0), "lead.employees": 2}, answer},
				conditionTest{"days_until(lead.due) " + op + " 2", facts{"lead.due": 2*day + moment}, answer},
				conditionTest{"2 " + op + " days_until(lead.due)", facts{"lead.due": 2*day - moment}, answer},
				conditionTest{"days_until(lead.due) " + op + " -2", facts{"now": 2 * day, "lead.due": moment}, answer},
				conditionTest{"days_since(lead.since) " + op + " 0.5", facts{"now": day/2 + moment, "lead.since": instant(0)}, answer},
			)
		}
	}
	testConditions(t, expression.InRule, tests)
}

func TestAges(t *testing.T) {
	t.Parallel()
	first, last := instant(math.MinInt64), instant(math.MaxInt64)
	var widest = facts{"now": last, "lead.since": first, "lead.due": first} // 2^64-1 nanoseconds, 213503.98… days
	var backward = facts{"now": first, "lead.since": last, "lead.due": last}
	since := func(ns instant) facts { return facts{"now": ns, `days_since("visit")`: instant(0)} }
	testConditions(t, expression.InRule, []conditionTest{
		{"days_since(lead.since) >= 213503", widest, yes},
		{"days_since(lead.since) > 213503", widest, yes},
		{"days_since(lead.since) >= 213504", widest, no},
		{"days_since(lead.since) < 213504", widest, yes},
		{"days_since(lead.since) < 1000000000000000.0", widest, yes},
		{"days_since(lead.since) < lead.revenue * 1e15 * 1e15", facts{"now": last, "lead.since": first, "lead.revenue": 2}, yes},
		{"days_since(lead.since) > lead.revenue", facts{"now": last, "lead.since": first, "lead.revenue": -1e15}, yes},
		{"days_since(lead.since) > -lead.revenue", facts{"now": first, "lead.since": last, "lead.revenue": 1e15}, yes},
		{"days_until(lead.due) <= -213503", widest, yes},
		{"days_until(lead.due) <= -213504", widest, no},
		{"days_since(lead.since) < -213503", backward, yes},
		{"days_since(lead.since) < -213504", backward, no},
		{"days_since(lead.since) == -1", facts{"now": instant(0), "lead.since": day}, yes},
		{"days_until(lead.due) >= 213503", backward, yes},
		// Beyond 106,751 days an int64 of nanoseconds is not enough.
		{"days_since(lead.since) >= 150000", facts{"now": 75000 * day, "lead.since": -75000 * day}, yes},
		{"days_since(lead.since) > 150000", facts{"now": 75000 * day, "lead.since": -75000 * day}, no},
		{"days_since(lead.since) >= 150000", facts{"now": 75000*day - 1, "lead.since": -75000 * day}, no},
		{`days_since("visit") >= 60`, since(60 * day), yes},
		{`days_since("visit") >= 60`, since(60*day - 1), no},
		{`days_since("visit") > 60`, since(60 * day), no},
		{`days_since("visit") > 60`, since(60*day + 1), yes},
		{`days_since("visit") > 60`, facts{}, unknown},
		{`days_since_first("visit") == 1`, facts{"now": day, `days_since_first("visit")`: instant(0)}, yes},
		{`days_until(latest("call", "start")) <= 90`, facts{`latest("call", "start")`: 90 * day}, yes},
		{`days_until(latest("call", "start")) <= 90`, facts{`latest("call", "start")`: 90*day + 1}, no},
		{`days_since(lead.since ?? lead.due) == 1`, facts{"now": day, "lead.due": instant(0)}, yes},
		{`days_since(lead.verified ? lead.since : lead.due) == 1`, facts{"now": day, "lead.due": instant(0), "lead.verified": false}, yes},
	})
	testConditions(t, expression.InStage, []conditionTest{
		{"days_in_stage() >= 7", facts{"now": 7 * day, "stage": "mql", "stage_since": instant(0)}, yes},
		{"days_in_stage() >= 7", facts{"now": 7*day - 1, "stage": "mql", "stage_since": instant(0)}, no},
		{"days_in_stage() >= 7", facts{"now": 7 * day, "stage": "mql"}, unknown},
		{"days_in_stage() >= 7", facts{"now": 7 * day, "stage_since": instant(0)}, unknown},
	})
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	type result struct {
		Value float64
		Known bool
	}
	for _, tt := range []struct {
		source string
		known  facts
		want   result
	}{
		{"lead.employees + 1", facts{"lead.employees": 2}, result{3, true}},
		{"lead.employees - 1", facts{"lead.employees": 2}, result{1, true}},
		{"lead.employees * 1.5", facts{"lead.employees": 2}, result{3, true}},
		{"lead.employees / 4", facts{"lead.employees": 2}, result{0.5, true}},
		{"lead.revenue % 3", facts{"lead.revenue": -7}, result{-1, true}},
		{"lead.revenue % 2.5", facts{"lead.revenue": 6}, result{1, true}},
		{"-lead.employees", facts{"lead.employees": 2}, result{-2, true}},
		{"+lead.employees", facts{"lead.employees": 2}, result{2, true}},
		{"+(lead.employees + 1)", facts{"lead.employees": 2}, result{3, true}},
		{"--5", nil, result{5, true}},
		{"-0", nil, result{0, true}},
		{"0x10 + 0b11 + 0o7 + 1_000 + .5 + 1e2", nil, result{16 + 3 + 7 + 1000 + .5 + 100, true}},
		{"1 + 2 * 3 - 4 / 2", nil, result{5, true}},
		{"lead.employees + lead.revenue", facts{"lead.employees": 2}, result{}},
		{"lead.employees + lead.revenue", facts{"lead.revenue": 2}, result{}},
		{"-lead.employees", nil, result{}},
		{"1 / lead.employees", facts{"lead.employees": 0}, result{}},
		{"0 / lead.employees", facts{"lead.employees": 0}, result{}},
		{"1 % lead.employees", facts{"lead.employees": 0}, result{}},
		{"lead.revenue * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15 * 1e15", facts{"lead.revenue": 2}, result{}},
		{"lead.employees ?? 7", nil, result{7, true}},
		{"lead.employees ?? 7", facts{"lead.employees": 2}, result{2, true}},
		{"lead.employees ?? lead.revenue", nil, result{}},
		{"(1 / lead.employees) ?? 3", facts{"lead.employees": 0}, result{3, true}},
		{"lead.verified ? 1 : 2", facts{"lead.verified": true}, result{1, true}},
		{"lead.verified ? 1 : 2", facts{"lead.verified": false}, result{2, true}},
		{"lead.verified ? 1 : 2", nil, result{}},
		{"lead.verified ? 2 : 2", nil, result{2, true}},
		{"lead.verified ? lead.employees : 2", nil, result{}},
		{`total("call", "budget", "30d")`, facts{`total("call", "budget", "30d")`: 9}, result{9, true}},
		{`mean("call", "budget", "since demo")`, facts{`mean("call", "budget", "since demo")`: 9}, result{9, true}},
		{`highest("call", "budget", "2w since demo")`, facts{`highest("call", "budget", "14d since demo")`: 9}, result{9, true}},
		{`lowest("call", "budget")`, nil, result{}},
		{`distinct("call", "role")`, facts{`distinct("call", "role")`: 2}, result{2, true}},
		{`active_days("call", "12h")`, facts{`active_days("call", "12h")`: 2}, result{2, true}},
		{`idle_steps("call", "1w", "24h")`, facts{`idle_steps("call", "7d", "1d")`: 2}, result{2, true}},
		{`idle_steps("call", "14d", "2w") - 1`, facts{`idle_steps("call", "14d")`: 2}, result{1, true}},
		{`latest("call", "budget")`, facts{`latest("call", "budget")`: 2}, result{2, true}},
		{`first("call", "budget")`, facts{`first("call", "budget")`: 2}, result{2, true}},
		{"met_count()", facts{"met.budget": expression.CheckYes, "met.loose": expression.CheckYes, "met.authority": expression.CheckDisputed}, result{2, true}},
		{`met_count("bant")`, facts{"met.budget": expression.CheckYes, "met.loose": expression.CheckYes, "met.authority": expression.CheckNo}, result{1, true}},
		{"term.twice + term.twice", facts{"lead.employees": 2}, result{8, true}},
		{"term.twice ?? 1", nil, result{1, true}},
	} {
		c := compiler(expression.Term{ID: "twice", Source: "lead.employees * 2"})
		n := compile(t, c, expression.InRule, tt.source)
		var got result
		got.Value, got.Known = n.Number(env(t, c, tt.known))
		if !got.Known {
			got.Value = 0
		}
		if got != tt.want {
			t.Errorf("%s with %v = %v, want %v", tt.source, tt.known, got, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	text := func(s string) facts { return facts{"lead.name": s, "lead.plan": s} }
	testConditions(t, expression.InRule, []conditionTest{
		{`lead.name == "Ann"`, text("ANN"), yes},
		{`lead.name == " Ann "`, text("ANN"), yes},
		{"lead.name == 'Ann \\t\u00a0\u200bLee\ufeff'", text("ann lee"), yes},
		{`lead.name in ["x", "Ann   Lee"]`, text("ann lee"), yes},
		{"lead.name contains 'n\u00a0\u00a0L'", text("ann lee"), yes},
		{`lead.name startsWith "ann  "`, text("ann lee"), yes},
		{`lead.name endsWith "  lee"`, text("ann lee"), yes},
		{`lead.name endsWith "  lee"`, text("lee"), no},
		{`lead.name contains "\u00a0"`, text("ann lee"), yes},
		{`lead.name contains " \u200b"`, text("ann lee"), yes},
		{`lead.name contains "  "`, text("annlee"), no},
		{"lead.name matches '^ann  \u200blee$'", text("ann lee"), yes},
		{"lead.name matches 'ann\u00a0(lee|x)'", text("ann lee"), yes},
		{`lead.name matches "n {2}l"`, text("ann lee"), no},
		{`lead.name matches "n +l"`, text("ann lee"), yes},
		{"lead.plan == 'a  b'", facts{"lead.plan": "a b"}, no},
		{"lead.plan == 'a\u200b'", facts{"lead.plan": "a"}, no},
		{"lead.plan matches 'a  b'", facts{"lead.plan": "a b"}, no},
		{"lead.plan == '\u200b'", facts{"lead.plan": "\u200b"}, yes},
		{`(lead.name ?? "ann  lee") == "Ann Lee"`, nil, yes},
		{`(lead.verified ? "ann  lee" : "x") == lead.name`, facts{"lead.verified": true, "lead.name": "Ann Lee"}, yes},
		{`" Ann " == lead.name`, text("ANN"), yes},
		{`lead.name != "Ann"`, text("ANN"), no},
		{`lead.name != "Bob"`, text("ANN"), yes},
		{`lead.name == "Ann"`, nil, unknown},
		{`lead.name != "Ann"`, nil, unknown},
		{`lead.name == "Kim"`, text("\u212Aim"), yes},
		{`lead.plan == "Pro"`, text("pro"), no},
		{`lead.plan == "Pro"`, text("Pro"), yes},
		{`lead.plan == "Pro "`, text("Pro"), no},
		{`lead.plan == "Pro "`, text("Pro "), yes},
		{`"a" == "A"`, nil, no},
		{`"a" != "A"`, nil, yes},
		{`lead.name == lead.title`, facts{"lead.name": "a", "lead.title": "A"}, yes},
		{`lead.plan == lead.region`, facts{"lead.plan": "a", "lead.region": "A"}, no},
		{`lead.name == lead.title`, facts{"lead.name": "a"}, unknown},
		{`lead.name == lead.title`, facts{"lead.title": "a"}, unknown},

		{`lead.name in ["ann", " bob "]`, text("BOB"), yes},
		{`lead.name in ["ann", "bob"]`, text("Eve"), no},
		{`lead.name in ["ann", "bob"]`, nil, unknown},
		{`lead.name not in ["ann", "bob"]`, nil, unknown},
		{`lead.name not in ["ann", "bob"]`, text("Eve"), yes},
		{`lead.plan in ["a", "b"]`, text("B"), no},
		{`lead.plan in ["a", "b"]`, text("b"), yes},
		{`"a" in ["a", "b"]`, nil, yes},
		{`"A" in ["a", "b"]`, nil, no},
		{`lead.employees in [1, -2, 3.5]`, facts{"lead.employees": -2}, yes},
		{`lead.employees in [1, -2, 3.5]`, facts{"lead.employees": 0}, no},
		{`lead.employees in [0, 1]`, nil, unknown},
		{`lead.verified in [true]`, facts{"lead.verified": true}, yes},
		{`lead.verified in [true]`, facts{"lead.verified": false}, no},
		{`lead.verified in [true, false]`, nil, unknown},
		{`lead.since in [time("1970-01-01"), time("1970-01-02T00:00:00Z")]`, facts{"lead.since": day}, yes},
		{`lead.since in [time("1970-01-01")]`, facts{"lead.since": day}, no},
		{`lead.since in [time("1970-01-01")]`, nil, unknown},

		{`"VIP" in lead.tags`, facts{"lead.tags": []string{"old", "vip"}}, yes},
		{`" VIP " in lead.tags`, facts{"lead.tags": []string{"old", "vip"}}, yes},
		{`"vip" in lead.tags`, facts{"lead.tags": []string{"old"}}, no},
		{`"vip" not in lead.tags`, facts{"lead.tags": []string{"old"}}, yes},
		{`"vip" in lead.tags`, nil, unknown},
		{`"vip" not in lead.tags`, nil, unknown},
		{`lead.name in lead.topics`, facts{"lead.topics": []string{"A"}, "lead.name": "a"}, yes},
		{`lead.name in lead.topics`, facts{"lead.topics": []string{"A"}}, unknown},
		{`(lead.verified ? " A" : "b") in lead.topics`, facts{"lead.topics": []string{"a"}, "lead.verified": true}, yes},
		{`"vip" in lead.tags`, facts{"lead.tags": []string{}}, no},
		{`"vip" not in lead.tags`, facts{"lead.tags": []string{}}, yes},
		{`"vip" in lead.tags`, facts{"lead.tags": partly{"old", "vip"}}, yes},
		{`"vip" in lead.tags`, facts{"lead.tags": partly{"old"}}, unknown},
		{`"vip" not in lead.tags`, facts{"lead.tags": partly{"old"}}, unknown},
		{"\"vi\u200bp\" in lead.topics", facts{"lead.topics": []string{"VIP"}}, yes},
		{`"new  york" in lead.topics`, facts{"lead.topics": []string{"New York"}}, yes},
		{`lead.tags in ["vip", "old"]`, facts{"lead.tags": []string{"OLD"}}, yes},
		{`lead.tags in [" VIP "]`, facts{"lead.tags": []string{"old", "vip"}}, yes},
		{`lead.tags in ["vip"]`, facts{"lead.tags": []string{"old"}}, no},
		{`lead.tags not in ["vip"]`, facts{"lead.tags": []string{"old"}}, yes},
		{`lead.tags not in ["vip", "old"]`, facts{"lead.tags": []string{"old"}}, no},
		{`lead.tags not in ["vip", "old"]`, facts{"lead.tags": []string{}}, yes},
		{`lead.tags in ["vip", "old"]`, nil, unknown},
		{`lead.tags in ["vip", "old"]`, facts{"lead.tags": partly{"old"}}, yes},
		{`lead.topics in ["a", "b"]`, facts{"lead.topics": partly{"c"}}, unknown},
		{`lead.topics not in ["a", "b"]`, facts{"lead.topics": partly{"c"}}, unknown},
		{`(lead.tags ?? lead.topics) in ["a", "b"]`, facts{"lead.topics": []string{"c", "b"}}, yes},
		{`"a" in (lead.tags ?? lead.topics)`, facts{"lead.tags": partly{"b"}, "lead.topics": []string{"A"}}, unknown},
		{`"a" in (lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": partly{"A"}, "lead.tags": partly{"a"}}, unknown},
		{`known(lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": partly{"A"}, "lead.tags": []string{"a"}}, no},
		{`known(lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": []string{}, "lead.tags": []string{}}, yes},
		{`"a" in (lead.tags ?? lead.topics)`, facts{"lead.topics": []string{"A"}}, yes},
		{`"a" in (lead.tags ?? lead.topics)`, facts{"lead.tags": []string{"b"}, "lead.topics": []string{"A"}}, no},
		{`"a" in (lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": []string{"A"}, "lead.verified": false}, yes},
		{`"a" in (lead.verified ? lead.tags : lead.topics)`, facts{"lead.tags": []string{"A"}, "lead.verified": true}, yes},
		{`"a" in (lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": []string{"A"}, "lead.tags": []string{"a"}}, yes},
		{`"a" in (lead.verified ? lead.tags : lead.topics)`, facts{"lead.topics": []string{"A"}, "lead.tags": []string{"a", "b"}}, unknown},
		{`"b" in latest("call", "labels")`, facts{`latest("call", "labels")`: []string{"B"}}, yes},

		{`lead.name contains "AN"`, text("Joanna"), yes},
		{`lead.name startsWith "jo"`, text("Joanna"), yes},
		{`lead.name endsWith "NA"`, text("Joanna"), yes},
		{`lead.name contains "x"`, text("Joanna"), no},
		{`lead.name contains "x"`, nil, unknown},
		{`not (lead.name contains "x")`, nil, unknown},
		{`lead.name not contains "x"`, text("Joanna"), yes},
		{`lead.name contains " of "`, text("head OF sales"), yes},
		{`lead.name contains " "`, text("a b"), yes},
		{`lead.name contains " "`, text("ab"), no},
		{`lead.name contains " of "`, text("office"), no}, // white space within a text counts
		{`lead.name startsWith "VP "`, text("vpn"), no},
		{`lead.plan contains "AN"`, text("Joanna"), no},
		{`lead.plan contains "an"`, text("Joanna"), yes},
		{`lead.plan startsWith "jo"`, text("Joanna"), no},
		{`lead.plan startsWith "Jo"`, text("Joanna"), yes},
		{`lead.plan endsWith "Na"`, text("Joanna"), no},
		{`lead.plan endsWith "na"`, text("Joanna"), yes},
		{`lead.name contains lead.title`, facts{"lead.name": "Joanna", "lead.title": "ANN"}, yes},
		{`lead.name contains lead.title`, facts{"lead.name": "Joanna"}, unknown},
		{`lead.country startsWith "D"`, facts{"lead.country": "DK"}, yes}, // part of a declared value
		{`lead.size contains "mal"`, facts{"lead.size": "Small"}, yes},
		{`lead.size == "large"`, facts{"lead.size": "LARGE"}, yes},

		{`lead.name matches "^jo.*A$"`, text("Joanna"), yes},
		{`lead.plan matches "^jo.*A$"`, text("Joanna"), no},
		{`lead.plan matches "^Jo.*a$"`, text("Joanna"), yes},
		{`lead.name matches "cto|vp"`, text("the CTO"), yes},
		{`lead.name matches "cto|vp"`, nil, unknown},
		{`lead.name not matches "cto|vp"`, nil, unknown},
		{`lead.name not matches "cto|vp"`, text("ceo"), yes},

		{`(lead.name ?? "NOBODY") == "nobody"`, nil, yes},
		{`(lead.name ?? " nobody ") == "nobody"`, nil, yes},
		{`(lead.name ?? lead.title) == "a"`, facts{"lead.title": "A"}, yes},
		{`("x" ?? lead.plan) == "x"`, nil, yes},
		{`(lead.size ?? "none") == "none"`, nil, yes},
		{`(lead.verified ? " a " : "b") == lead.name`, facts{"lead.name": "A", "lead.verified": true}, yes},
		{`(lead.verified ? "a" : "b") == "b"`, facts{"lead.verified": false}, yes},
		{`(lead.verified ? lead.name : " a") == lead.title`, facts{"lead.name": "A", "lead.title": "a"}, yes},
		{`(lead.verified ? lead.plan : "a") == "A"`, facts{"lead.plan": "A"}, unknown},
		{`term.label == lead.name`, facts{"lead.name": "HOT"}, yes},
		{`term.label == lead.plan`, facts{"lead.plan": "HOT"}, no},
		{`term.label == lead.name and term.label == lead.plan`, facts{"lead.name": "Hot", "lead.plan": " hot"}, yes},
	}, expression.Term{ID: "label", Source: `" hot"`})
}

func TestKnown(t *testing.T) {
	t.Parallel()
	testConditions(t, expression.InRule, []conditionTest{
		{"known(lead.employees)", nil, no},
		{"known(lead.employees)", facts{"lead.employees": 0}, yes},
		{"known(lead.verified)", facts{"lead.verified": false}, yes},
		{"known(lead.verified)", nil, no},
		{"known(lead.name)", facts{"lead.name": "a"}, yes},
		{"known(lead.since)", facts{"lead.since": instant(0)}, yes},
		{"known(lead.tags)", facts{"lead.tags": []string{"a"}}, yes},
		{"known(lead.tags)", nil, no},
		{"known(lead.tags)", facts{"lead.tags": []string{}}, yes},
		{"known(lead.tags)", facts{"lead.tags": partly{"a"}}, yes},
		{"known(lead.employees > 3)", nil, no},
		{"known(1 / lead.employees)", facts{"lead.employees": 0}, no},
		{`known(latest("call", "role", "180d"))`, facts{`latest("call", "role", "180d")`: "x"}, yes},
		{`known(count("call"))`, facts{`count("call")`: 0}, yes},
		{`known(met("budget"))`, nil, no},
		{`known(met("budget"))`, facts{"met.budget": expression.CheckNo}, yes},
		{"known(term.t)", nil, no},
		{"known(term.t)", facts{"lead.since": instant(0)}, yes},
	}, expression.Term{ID: "t", Source: "lead.since"})
}

func TestTerms(t *testing.T) {
	t.Parallel()
	terms := []expression.Term{
		{ID: "big", Source: "lead.employees >= 200"}, {ID: "who", Source: `lead.name ?? lead.title`}, {ID: "all", Source: `lead.tags`},
		{ID: "start", Source: `lead.since ?? lead.due`}, {ID: "both", Source: `term.big and term.big`},
	}
	testConditions(t, expression.InRule, []conditionTest{
		{"term.big", facts{"lead.employees": 200}, yes},
		{"term.big", facts{"lead.employees": 199}, no},
		{"term.both", nil, unknown},
		{"term.both and term.both", facts{"lead.employees": 200}, yes},
		{`term.who == "ANN"`, facts{"lead.title": "ann"}, yes},
		{`term.who == "ANN"`, nil, unknown},
		{`"vip" in term.all`, facts{"lead.tags": []string{"VIP"}}, yes},
		{`"old" in term.all`, facts{"lead.tags": partly{"VIP"}}, unknown},
		{`term.all in ["old", "vip"]`, facts{"lead.tags": partly{"VIP"}}, yes},
		{`"vip" in term.all`, nil, unknown},
		{`term.start > time("1970-01-01")`, facts{"lead.due": day}, yes},
		{`(lead.verified ? term.start : term.start) > time("1970-01-01")`, facts{"lead.due": day}, yes},
		{`(lead.verified ? lead.since : lead.due) > time("1969-01-01")`, facts{"lead.verified": true, "lead.since": day}, yes},
		{`days_since(term.start) >= 1`, facts{"lead.due": instant(0), "now": day}, yes},
	}, terms...)
}

func TestChecklist(t *testing.T) {
	t.Parallel()
	all := map[expression.Check][2]expression.Answer{
		expression.CheckYes: {yes, no}, expression.CheckNo: {no, yes},
		expression.CheckUnknown: {unknown, unknown}, expression.CheckDisputed: {unknown, unknown},
	}
	var tests []conditionTest
	for check, want := range all {
		tests = append(tests,
			conditionTest{`met("budget")`, facts{"met.budget": check}, want[0]},
			conditionTest{`unmet("budget")`, facts{"met.budget": check}, want[1]},
			conditionTest{`all_met("audit")`, facts{"met.diligence": check}, want[0]},
		)
		for other, wanted := range all {
			tests = append(tests, conditionTest{`all_met("bant")`, facts{"met.budget": check, "met.authority": other}, min(want[0], wanted[0])})
			count := no
			if check == expression.CheckYes || other == expression.CheckYes {
				count = yes
			}
			tests = append(tests, conditionTest{`met_count("bant") >= 1`, facts{"met.budget": check, "met.authority": other}, count})
		}
	}
	testConditions(t, expression.InStage, append(tests, conditionTest{"all_met()", facts{
		"met.budget": expression.CheckYes, "met.authority": expression.CheckYes, "met.diligence": expression.CheckYes, "met.loose": expression.CheckYes,
	}, yes}))
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const y, n, u, d = expression.CheckYes, expression.CheckNo, expression.CheckUnknown, expression.CheckDisputed
	alone := map[expression.Answer]expression.Check{yes: y, no: n, unknown: u}
	pairs := map[[2]expression.Answer]expression.Check{
		{yes, yes}: d, {yes, no}: y, {yes, unknown}: y, {no, yes}: n, {no, no}: u, {no, unknown}: u, {unknown, yes}: n, {unknown, no}: u, {unknown, unknown}: u,
	}
	for pair, want := range pairs {
		if got := expression.Judge(pair[0], pair[1], true); got != want {
			t.Errorf("Judge(%v) = %v, want %v", pair, got, want)
		}
		if got := expression.Judge(pair[0], pair[1], false); got != alone[pair[0]] {
			t.Errorf("Judge(%v) without unmet = %v, want %v", pair[0], got, alone[pair[0]])
		}
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	testConditions(t, expression.InStage, []conditionTest{
		{`reached("mql")`, nil, no},
		{`reached("mql")`, facts{"stage": "mql"}, yes},
		{`reached("mql")`, facts{"stage": "sql"}, yes},
		{`reached("sql")`, facts{"stage": "mql"}, no},
		{`reached("mql")`, facts{"stage": "won"}, no},
		{`reached("won")`, facts{"stage": "won"}, yes},
		{`reached("won")`, facts{"stage": "sql"}, no},
		{`score() >= 60`, facts{"score.total": 60}, yes},
		{`score("fit") >= 60`, facts{"score.total": 60}, no},
		{`score("fit") >= 0.1 + 0.2`, facts{"score.fit": 0.3}, yes},
		{`score("fit") >= 0.3`, facts{"score.fit": 0.3}, yes},
		{`band("fit") == "A"`, facts{"band.fit": "A"}, yes},
		{`band("fit") == "A"`, facts{"band.fit": "B"}, no},
		{`band("fit") == "A"`, nil, no},
		{`band("fit") != "A"`, nil, yes},
		{`band("fit") in ["A", "B"]`, facts{"band.fit": "B"}, yes},
		{`band("fit") in ["A", "B"]`, nil, no},
		{`known(band("fit"))`, nil, yes},
	})
}

func TestActivity(t *testing.T) {
	t.Parallel()
	testConditions(t, expression.InWhere, []conditionTest{
		{`activity.path startsWith "/pricing"`, facts{"activity.path": "/pricing/x"}, yes},
		{`activity.path startsWith "/pricing"`, facts{"activity.path": "/Pricing"}, no},
		{`activity.path startsWith "/pricing"`, nil, unknown},
		{`activity.at >= time("1970-01-02")`, facts{"activity.at": day}, yes},
		{`activity.at >= time("1970-01-02")`, facts{"activity.at": day - 1}, no},
		{`activity.paid`, facts{"activity.paid": true}, yes},
		{`activity.paid`, nil, unknown},
		{`"x" in activity.labels`, facts{"activity.labels": []string{"X"}}, yes},
		{`activity["role"] == "boss" and activity.budget > 3`, facts{"activity.role": "Boss", "activity.budget": 4}, yes},
		{`activity.start < activity.at`, facts{"activity.start": instant(1), "activity.at": instant(2)}, yes},
	})
	c := compiler()
	n := compile(t, c, expression.InEventMultiply, `activity.budget * (activity.paid ? 2 : 1) + activity.budget`)
	if diff := cmp.Diff([]int{1, 4}, n.Props()); diff != "" {
		t.Errorf("Props (-want +got):\n%s", diff)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	testConditions(t, expression.InRule, []conditionTest{
		{`happened("visit")`, facts{`happened("visit")`: true}, yes},
		{`happened("visit", "since call")`, facts{`happened("visit", "since call")`: false}, no},
		{`happened("visit")`, nil, unknown},
		{`latest("call", "paid")`, facts{`latest("call", "paid")`: true}, yes},
		{`latest("call", "paid", "7d") == first("call", "paid")`, facts{`latest("call", "paid", "7d")`: true, `first("call", "paid")`: true}, yes},
		{`latest("call", "role") in ["decision maker", "influencer"]`, facts{`latest("call", "role")`: "Influencer"}, yes},
		{`latest("call", "path") == "A"`, facts{`latest("call", "path")`: "a"}, no},
		{`followed("visit", "call", "7d")`, facts{`followed("visit", "call", "7d")`: true}, yes},
		{`followed("visit", "call", "168h", "1w since demo")`, facts{`followed("visit", "call", "7d", "7d since demo")`: true}, yes},
		{`latest("call", "start") >= time("1970-01-01")`, facts{`latest("call", "start")`: instant(0)}, yes},
	})
}

// One question to the history has one slot, whatever its windows are written
// like, and another in another scope.
func TestSlots(t *testing.T) {
	t.Parallel()
	c := compiler(expression.Term{ID: "n", Source: `count("visit")`})
	for _, source := range []string{`count("visit", "7d") >= 1`, `count("visit", "1w") >= 2`, `count("visit", "168h") + term.n >= 3`} {
		compile(t, c, expression.InRule, source)
	}
	for _, scope := range []int{1, 1, 2} {
		if n, _ := c.Compile(`count("visit", "7d") + term.n >= 3`, expression.InRule, fact.Bool, scope); n == nil {
			t.Fatal("does not compile in a scope")
		}
	}
	want := []string{`count("visit", "7d")`, `count("visit")`, `count("visit", "7d")`, `count("visit")`, `count("visit", "7d")`, `count("visit")`}
	if diff := cmp.Diff(want, callNames(c)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if c.Terms() != 3 || len(c.Queries) != 6 || c.Queries[2].ResetScope != 1 || c.Queries[5].ResetScope != 2 {
		t.Errorf("%d terms, calls %+v", c.Terms(), c.Queries)
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	n := names()
	n.Location = time.FixedZone("", 3600)
	c := expression.NewCompiler(n, limits)
	node := compile(t, c, expression.InRule, `lead.since == time("1970-01-01")`)
	if got := node.Test(env(t, c, facts{"lead.since": at("1969-12-31T23:00:00Z")})); got != yes {
		t.Errorf("midnight in the location: %v", got)
	}
}

// What a node says of itself for people: what it is about, what it must be, and
// the facts that explain it.
func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ source, subject, wanted, unwanted string }{
		{"lead.employees >= 200", "lead.employees", ">= 200", "< 200"},
		{"200 <= lead.employees", "lead.employees", ">= 200", "< 200"},
		{"200 > lead.employees", "lead.employees", "< 200", ">= 200"},
		{"200 >= lead.employees", "lead.employees", "<= 200", "> 200"},
		{"200 < lead.employees", "lead.employees", "> 200", "<= 200"},
		{"200 == lead.employees", "lead.employees", "== 200", "!= 200"},
		{"lead.employees != -2", "lead.employees", "!= -2", "== -2"},
		{"lead.employees > lead.revenue", "lead.employees", "> lead.revenue", "<= lead.revenue"},
		{`lead.country in ["DK", "SE"]`, "lead.country", `in ["DK", "SE"]`, `not in ["DK", "SE"]`},
		{`"vip" in lead.tags`, "lead.tags", `with "vip"`, `without "vip"`},
		{`lead.tags in ["vip", "old"]`, "lead.tags", `with any of ["vip", "old"]`, `without any of ["vip", "old"]`},
		{`lead.tags in ["vip"]`, "lead.tags", `with any of ["vip"]`, `without any of ["vip"]`},
		{`lead.name contains "x"`, "lead.name", `contains "x"`, `not contains "x"`},
		{`lead.name matches "x|y"`, "lead.name", `matches "x|y"`, `not matches "x|y"`},
		{`happened("visit", "1w")`, `happened("visit", "7d")`, "true", "false"},
		{`idle_steps("visit", "1w", "1d") >= 2`, `idle_steps("visit", "7d", "1d")`, ">= 2", "< 2"},
		{`met("budget")`, `met("budget")`, "true", "false"},
		{`days_since("visit") >= 60`, `days_since("visit")`, ">= 60", "< 60"},
		{`true`, `true`, "true", "false"},
		{`lead.verified`, `lead.verified`, "true", "false"},
		{`known(lead.name)`, `known(lead.name)`, "true", "false"},
		{"(lead.employees == 1) == lead.verified", "(lead.employees == 1)", "== lead.verified", "!= lead.verified"},
		{"lead.verified != (lead.employees == 1)", "lead.verified", "!= (lead.employees == 1)", "== (lead.employees == 1)"},
		{`(lead.verified ?? false)`, `lead.verified ?? false`, "true", "false"},
		{`term.big`, `term.big`, "true", "false"},
	} {
		c := compiler(expression.Term{ID: "big", Source: "lead.employees > 3"})
		n := compile(t, c, expression.InStage, tt.source)
		if n.Subject() != tt.subject || n.Wanted(true) != tt.wanted || n.Wanted(false) != tt.unwanted {
			t.Errorf("%s: subject %q, wanted %q, unwanted %q", tt.source, n.Subject(), n.Wanted(true), n.Wanted(false))
		}
	}
}

// A comparison may be compared in parentheses, and its text is read as what it was.
func TestComparedComparisons(t *testing.T) {
	t.Parallel()
	in := facts{"lead.employees": 1, "lead.verified": false, "lead.name": "a)"}
	var tests []conditionTest
	for source, want := range map[string]expression.Answer{
		`(lead.employees == 1) == true`:                           yes,
		`(lead.employees == 1) == lead.verified`:                  no,
		`((lead.employees == 1)) != lead.verified`:                yes,
		`lead.verified == (lead.employees < 1)`:                   yes,
		`(lead.employees < 1) == (lead.name == "b")`:              yes,
		`((lead.employees == 1) == true) == true`:                 yes,
		`(lead.name contains ")") == true`:                        yes,
		`(lead.name not in ["a)", "b"]) == false`:                 yes,
		`not (lead.name in ["a)", "b"]) == true`:                  no,
		`not (lead.employees == 1) == lead.verified`:              yes,
		`(lead.employees == 1 ? true : false) == true`:            yes,
		`(lead.employees == 1 and lead.name == "b)") == false`:    yes,
		`known(lead.name) == true`:                                yes,
		`(lead.name matches "[(]") == (lead.name contains '\')')`: yes,
	} {
		tests = append(tests, conditionTest{source, in, want})
		c := compiler()
		n := compile(t, c, expression.InRule, source)
		again := compile(t, c, expression.InRule, n.Text)
		if again.Text != n.Text {
			t.Errorf("%s is written %s, and that %s", source, n.Text, again.Text)
		}
		tests = append(tests, conditionTest{n.Text, in, want})
	}
	testConditions(t, expression.InRule, tests)
}

func TestSources(t *testing.T) {
	t.Parallel()
	c := compiler(expression.Term{ID: "big", Source: `lead.employees > count("visit")`})
	n := compile(t, c, expression.InStage, `term.big and lead.employees > 3 and days_since("visit") > 3 and days_until(lead.due) < 2 and met_count("bant") > 1
		and score() > 3 and band("fit") == "A" and reached("mql") and days_in_stage() > 3 and known(latest("call", "role")) and lead.since < lead.due`)
	var got []string
	f := env(t, c, facts{
		"now": 3 * day, "lead.employees": 5, `days_since("visit")`: instant(0), "lead.due": 4 * day, `count("visit")`: 2, "stage": "mql",
		"score.total": 7, "band.fit": "A", `latest("call", "role")`: "x", "met.budget": expression.CheckYes,
	})
	calls := 0
	for _, s := range n.Sources {
		v := s.Value(f)
		slot, isCall := s.Query()
		if isCall {
			calls++
			if c.QueryName(slot) != s.Text {
				t.Errorf("the slot of %s is that of %s", s.Text, c.QueryName(slot))
			}
		}
		text := s.Text + " = ?"
		if v.Known {
			text = s.Text + " = " + valueText(v)
		}
		got = append(got, text)
		if counts := s.Text == `met_count("bant")`; s.Counts() != counts || counts != slices.Equal(s.Criteria(), []int{0, 1}) {
			t.Errorf("%s: criteria %v, counts %v", s.Text, s.Criteria(), s.Counts())
		}
	}
	want := []string{
		`lead.employees = 5`, `count("visit") = 2`, `days_since("visit") = 3`, `days_until(lead.due) = 1`, `met_count("bant") = 1`, `score() = 7`,
		`band("fit") = A`, `reached("mql") = true`, `days_in_stage() = ?`, `latest("call", "role") = x`, `lead.since = ?`, `lead.due = 1970-01-05`,
	}
	if diff := cmp.Diff(want, got); diff != "" || calls != 3 {
		t.Errorf("%d calls; sources (-want +got):\n%s", calls, diff)
	}
	if !n.Reads(0) || n.Reads(1) || !n.Reads(len(c.Names.Lead)) || n.Reads(1000) {
		t.Error("what is read is not what is named")
	}
	age := compile(t, c, expression.InRule, "days_since(lead.since) > 1").Kids[0]
	wide := env(t, c, facts{"now": instant(math.MaxInt64), "lead.since": instant(math.MinInt64)})
	if got := age.Value(wide).Number; math.Abs(got-213503.98233) > 1e-4 {
		t.Errorf("the longest age is %v days", got)
	}
}

func valueText(v fact.Value) string {
	switch {
	case v.Text != "":
		return v.Text
	case v.Time != 0:
		return time.Unix(0, v.Time).UTC().Format(time.DateOnly)
	case v.Bool:
		return "true"
	}
	return fmt.Sprint(v.Number)
}
