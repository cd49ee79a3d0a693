package solver_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/solver"
)

// The answers that a condition can have, of any lead.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ source, want string }{
		// Numbers: lead.n lies between 0 and 10, both included.
		{`lead.n < 0`, "no unknown"}, {`lead.n <= 0`, "no unknown yes"}, {`lead.n > 0`, "no unknown yes"}, {`lead.n >= 0`, "unknown yes"},
		{`lead.n < 10`, "no unknown yes"}, {`lead.n <= 10`, "unknown yes"}, {`lead.n > 10`, "no unknown"}, {`lead.n >= 10`, "no unknown yes"},
		{`lead.n == 10`, "no unknown yes"}, {`lead.n == 10.5`, "no unknown"}, {`lead.n != 10.5`, "unknown yes"}, {`lead.n != 0`, "no unknown yes"},
		{`0 > lead.n`, "no unknown"}, {`0 >= lead.n`, "no unknown yes"}, {`10 < lead.n`, "no unknown"}, {`10 == lead.n`, "no unknown yes"}, {`11 <= lead.n`, "no unknown"},
		{`lead.n in [10, 11]`, "no unknown yes"}, {`lead.n in [10.5, 11]`, "no unknown"}, {`lead.n not in [-1, 11]`, "unknown yes"}, {`lead.n not in [-1, 0]`, "no unknown yes"},
		{`-lead.n <= 0`, "unknown yes"}, {`-lead.n < -10`, "no unknown"}, {`-lead.n <= -10`, "no unknown yes"}, {`-lead.n in [1]`, "no unknown"},
		{`lead.n + 1 >= 1`, "unknown yes"}, {`lead.n + 1 > 1`, "no unknown yes"}, {`lead.n - 10 > 0`, "no unknown"}, {`lead.n - 10 >= 0`, "no unknown yes"},
		{`lead.n * 2 > 20`, "no unknown"}, {`lead.n * -2 >= -20`, "unknown yes"}, {`lead.n / 2 > 5`, "no unknown"}, {`lead.n / 2 >= 5`, "no unknown yes"},
		{`lead.n % 3 > 3`, "no unknown"}, {`lead.n % 30 > 10`, "no unknown"}, {`lead.n % 30 >= 10`, "no unknown yes"}, {`lead.n / lead.n > 5`, "no unknown yes"},
		{`lead.n + lead.m > lead.m`, "no unknown yes"}, {`lead.n > lead.m`, "no unknown yes"}, {`lead.n + 11 > lead.n`, "unknown yes"}, {`lead.n == lead.n + 10.5`, "no unknown"},
		{`(lead.n ?? 3) > 2`, "no yes"}, {`(lead.n ?? 11) > 10`, "no yes"}, {`(lead.n ?? 10) > 10`, "no"}, {`(lead.n ?? lead.m) > 10`, "no unknown yes"},
		{`(lead.x ? 1 : 2) > 2`, "no unknown"}, {`(lead.x ? 1 : lead.n) > 10`, "no unknown"}, {`(lead.x ? 1 : lead.n) >= 10`, "no unknown yes"},
		{`1 < 2`, "yes"}, {`2 < 1`, "no"}, {`term.size > 10`, "no unknown"}, {`term.size >= 10`, "no unknown yes"},
		{`(-term.size) > 0`, "no unknown"}, {`1 in [1, 2]`, "yes"}, {`3 in [1, 2]`, "no"}, {`lead.m > 1e15`, "no unknown"}, {`lead.m >= 1e15`, "no unknown yes"},
		{`lead.n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]`, "no unknown yes"},

		// Text, without regard to case and outer white space; code, exactly.
		{`lead.t == "a"`, "no unknown yes"}, {`lead.t != "a"`, "no unknown yes"}, {`lead.t contains "a"`, "no unknown yes"}, {`"a" == lead.t`, "no unknown yes"},
		{`lead.u == "ONE"`, "no unknown yes"}, {`lead.u in ["one", "two", "three"]`, "unknown yes"}, {`lead.u in ["one", "TWO "]`, "no unknown yes"},
		{`lead.u not in ["one", "two", "three"]`, "no unknown"}, {`lead.u == "n/a"`, "no unknown"}, {`lead.u != "N/A"`, "unknown yes"},
		{`lead.u contains "E"`, "no unknown yes"}, {`lead.u contains "x"`, "no unknown"}, {`lead.u not contains "x"`, "unknown yes"},
		{`lead.u startsWith "T"`, "no unknown yes"}, {`lead.u startsWith "e"`, "no unknown"}, {`lead.u endsWith "O"`, "no unknown yes"}, {`lead.u endsWith "t"`, "no unknown"},
		{`lead.d contains "b"`, "no unknown yes"}, {`lead.d contains "B"`, "no unknown"}, {`lead.d startsWith "ab"`, "no unknown yes"}, {`lead.d matches "^(a|b|ab)$"`, "unknown yes"},
		{`lead.d matches "c"`, "no unknown"}, {`lead.d matches "^.$"`, "no unknown yes"}, {`lead.d in ["a", "b", "ab"]`, "unknown yes"}, {`lead.d not in ["a", "b"]`, "no unknown yes"},
		{`lead.c == "A"`, "no unknown yes"}, {`lead.c matches "a"`, "no unknown yes"}, {`lead.t == lead.u`, "no unknown yes"}, {`lead.c contains lead.d`, "no unknown yes"},
		{`(lead.d ?? "a") == "a"`, "no yes"}, {`(lead.d ?? "a") in ["a", "b", "ab"]`, "yes"}, {`(lead.x ? "a" : "b") == "c"`, "no unknown"}, {`(lead.x ? "a" : lead.d) == "ab"`, "no unknown yes"},
		{`"a" == "a"`, "yes"}, {`"a" in ["b"]`, "no"}, {`"a" contains "b"`, "no"},

		// Bools.
		{`true`, "yes"}, {`false`, "no"}, {`lead.x`, "no unknown yes"}, {`not lead.x`, "no unknown yes"}, {`lead.x == true`, "no unknown yes"}, {`lead.x != lead.x`, "no unknown"},
		{`lead.x == lead.x`, "unknown yes"}, {`lead.x == not lead.x`, "no unknown"}, {`lead.x or not lead.x`, "unknown yes"}, {`lead.x and not lead.x`, "no unknown"},
		{`lead.x in [true]`, "no unknown yes"}, {`lead.x in [true, false]`, "unknown yes"}, {`lead.x ?? true`, "no yes"}, {`(lead.x ?? true) or (lead.x ?? false)`, "no yes"},
		{`known(lead.x)`, "no yes"}, {`known(lead.x) or lead.x`, "unknown yes"}, {`known(lead.x ?? true)`, "yes"}, {`not known(lead.x) and lead.x`, "no unknown"},
		{`lead.x ? lead.y : lead.y`, "no unknown yes"}, {`lead.x ? true : true`, "yes"}, {`lead.x ? lead.x : not lead.x`, "unknown yes"}, {`lead.x ? lead.n > 10 : false`, "no unknown"},
		{`term.yes and not lead.x`, "no unknown"}, {`known(lead.n > 10)`, "no yes"}, {`known(lead.n ?? 1)`, "yes"}, {`known(lead.x and false)`, "yes"}, {`known((lead.n ?? 1) > 2)`, "yes"},

		// Times and lists.
		{`lead.w < time("2026-01-01")`, "no unknown yes"}, {`lead.w == lead.w`, "unknown yes"}, {`lead.w < lead.w`, "no unknown"}, {`lead.w != lead.w`, "no unknown"}, {`lead.w != lead.v`, "no unknown yes"}, {`known(lead.w)`, "no yes"}, {`known(lead.l)`, "no yes"},
		{`"a" in lead.l`, "no unknown yes"}, {`lead.t in lead.l`, "no unknown yes"}, {`lead.w in [time("2026-01-01")]`, "no unknown yes"},
		{`now >= time("2026-01-01")`, "no yes"}, {`time("2026-01-01") < time("2026-01-02")`, "yes"}, {`(lead.w ?? time("2026-01-01")) == time("2026-01-02")`, "no yes"},
		{`days_since(lead.w) > 3`, "no unknown yes"}, {`days_until(lead.w) > 3`, "no unknown yes"}, {`calendar_days_since(lead.w) == 1`, "no unknown yes"}, {`calendar_days_since(lead.w) == 1.5`, "no unknown"}, {`days_between(lead.w, time("2026-01-01")) == 1.5`, "no unknown yes"}, {`days_since(time("2026-01-01")) > 3`, "no yes"},

		// Calls: what they can give of any history.
		{`count("visit") < 0`, "no"}, {`count("visit") > 0`, "no yes"}, {`count("visit") >= 0`, "yes"}, {`count("visit") == 1.5`, "no"}, {`count("visit") in [0.5, 1.5]`, "no"},
		{`count("visit", "since visit") > 1`, "no"}, {`count("visit", "since visit") > 0`, "no yes"}, {`count("form", "since visit") > 1`, "no yes"},
		{`happened("visit")`, "no yes"}, {`followed("visit", "form", "1d")`, "no yes"}, {`distinct("visit", "k") >= 0`, "yes"}, {`distinct("visit", "k") > 1`, "no yes"},
		{`active_days("visit") < 0.5`, "no yes"}, {`active_days("visit", "2d") > 4`, "no"}, {`active_days("visit", "2d") >= 4`, "no yes"},
		{`idle_steps("visit", "7d") >= 0`, "yes"}, {`idle_steps("visit", "7d") > 0.5`, "no yes"}, {`idle_steps("visit", "7d") < 0`, "no"},
		{`total("visit", "n") < 0`, "no"}, {`total("visit", "n") > 5`, "no yes"}, {`total("visit", "loss") > 0`, "no"}, {`total("visit", "loss") < -5`, "no yes"}, {`total("visit", "any") < 0`, "no yes"},
		{`mean("visit", "n") > 5.00001`, "no unknown"}, {`mean("visit", "n") >= 5`, "no unknown yes"}, {`highest("visit", "n") > 5`, "no unknown"}, {`lowest("visit", "loss") < -5`, "no unknown"},
		{`latest("visit", "n") > 5`, "no unknown"}, {`latest("visit", "n") >= 5`, "no unknown yes"}, {`first("visit", "t") in ["red", "green"]`, "unknown yes"}, {`latest("visit", "t") == "RED"`, "no unknown yes"},
		{`known(latest("visit", "w"))`, "no yes"}, {`latest("visit", "b")`, "no unknown yes"}, {`days_since("visit") >= 0`, "unknown yes"}, {`days_since("visit") < 0`, "no unknown"},
		{`days_since_first("visit") > 0`, "no unknown yes"}, {`days_since(latest("visit", "w")) < 0`, "no unknown yes"}, {`count("visit") + 1 < 1`, "no"}, {`term.visits < 0`, "no"},

		// A signal's own activity.
		{`where: activity.n > 5`, "no unknown"}, {`where: activity.at > time("2026-01-01")`, "no yes"}, {`where: activity.t == "red" and activity.t == "green"`, "no unknown"},

		// The checklist, scores, bands and stages.
		{`met("one")`, "no unknown yes"}, {`unmet("one")`, "no unknown yes"}, {`met("two")`, "no unknown yes"}, {`met("two") and unmet("two")`, "no unknown"},
		{`met("two") and lead.n < 6`, "no unknown"}, {`met_count() > 3`, "no"}, {`met_count() >= 3`, "no yes"}, {`met_count() == 1.5`, "no"}, {`met_count("s") > 2`, "no"}, {`met_count() < 0`, "no"},
		{`all_met()`, "no unknown yes"}, {`all_met("s") and not lead.x`, "no unknown"}, {`all_met("s") or not all_met("s")`, "unknown yes"},
		{`score("fit") > 30`, "no"}, {`score("fit") >= 30`, "no yes"}, {`score("fit") < 0`, "no"}, {`score() > 1e9`, "no yes"}, {`score("fit") + 1 > 31`, "no"},
		{`band("fit") == "never"`, "no"}, {`band("fit") == "A"`, "no yes"}, {`band("fit") in ["A", "B", "C"]`, "yes"}, {`band("fit") matches "^[AB]$"`, "no yes"}, {`band("gap") == "ok"`, "no yes"},
		{`reached("mql")`, "no yes"}, {`days_in_stage() < 0`, "no unknown"}, {`days_in_stage() >= 0`, "unknown yes"}, {`days_in_stage() > 0`, "no unknown yes"},
	} {
		w := newWorld(t)
		if got := words(w.Answers(w.goal(tt.source).Node)); got != tt.want {
			t.Errorf("%s can be %s, want %s", tt.source, got, tt.want)
		}
	}
}

// together lists conditions, with the answers that they are to have, and whether they can have
// them at once. The blocks go in pairs: what is just impossible, and what is just possible.
var together = map[string][]string{
	"numbers": {
		`lead.n > 3 | lead.n < 3.5`, `impossible: lead.n > 3 | lead.n < 3`, `impossible: lead.n > 3 | lead.n <= 3`, `lead.n >= 3 | lead.n <= 3`,
		`impossible: lead.n >= 3 | lead.n <= 3 | lead.n != 3`, `impossible: lead.n >= 3 | no: lead.n > 2`, `lead.n >= 3 | no: lead.n > 3`,
		`impossible: lead.n in [1, 2] | lead.n in [3, 4]`, `lead.n in [1, 2] | lead.n in [2, 3]`, `impossible: lead.n in [1, 2] | lead.n not in [1, 2]`, `impossible: lead.n in [1, 2] | lead.n != 1 | lead.n != 2`,
		`impossible: lead.n == 0 | -lead.n > -1 | lead.n != 0`, `impossible: lead.n > 3 | -lead.n > -3`, `lead.n > 3 | -lead.n > -4`, `impossible: lead.n >= 3 | -lead.n != -3 | lead.n <= 3`,
		`impossible: known(lead.n) | unknown: lead.n > 3`, `unknown: lead.n > 3 | unknown: lead.n < 3`, `impossible: unknown: lead.n > 3 | no: lead.n < 3`, `impossible: unknown: lead.n > 3 | lead.n < 3 or lead.n >= 3`,
		`impossible: (lead.n ?? 3) > 5 | lead.n < 5`, `(lead.n ?? 3) > 5 | lead.n > 5`, `impossible: (lead.n ?? 3) > 5 | not known(lead.n)`, `(lead.n ?? 3) > 2 | not known(lead.n)`,
		`impossible: (lead.x ? 1 : lead.n) > 5 | lead.x`, `(lead.x ? 1 : lead.n) > 5 | no: lead.x | lead.n > 5`, `impossible: (lead.x ? 1 : lead.n) > 5 | lead.n < 5`, `impossible: (lead.x ? 1 : 2) > 1 | unknown: lead.x`,
		`(lead.x ? 1 : lead.n) > 0 | unknown: lead.x`, `impossible: term.size > 3 | lead.n < 3`, `lead.n + lead.m > 3 | lead.m > 0`, `impossible: lead.n + lead.m > 3 | not known(lead.m)`,
		`impossible: lead.n > lead.m | no: lead.n > lead.m`, `impossible: lead.n > lead.m | lead.m > lead.n`, `lead.n >= lead.m | lead.m >= lead.n`, `impossible: lead.n >= lead.m | lead.m >= lead.n | lead.m != lead.n`, `impossible: lead.n == lead.m | lead.m < lead.n`,
		`impossible: lead.n + 1 <= lead.m | not (lead.m >= lead.n + 1)`, `unknown no: lead.n < lead.m | lead.n == lead.m`, `impossible: unknown no: lead.n < lead.m | lead.m > lead.n`, `lead.n > lead.m | lead.m > lead.n + 1000`, `impossible: lead.n == lead.m | lead.m != lead.n | lead.n == lead.m and not (lead.n == lead.m)`,
		`impossible: unknown: lead.n > lead.m | known(lead.n) | known(lead.m)`, `unknown: lead.n > lead.m | known(lead.n)`, `unknown no: lead.n < 3 | lead.n >= 3`, `impossible: unknown no: lead.n < 3 | lead.n < 2`,
		`unknown: lead.n in [1, 2] | not known(lead.n)`, `impossible: unknown: lead.n in [1, 2] | lead.n > 1`, `unknown yes: lead.n in [1, 2] | not known(lead.n)`, `impossible: unknown yes: lead.n in [1, 2] | lead.n > 2`,
		`unknown no: lead.n in [1, 2] | not known(lead.n)`, `impossible: unknown no: lead.n in [1, 2] | lead.n == 1`, `impossible: no: lead.n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17] | lead.n == 17`,
	},
	"text": {
		`impossible: lead.t == "a" | lead.t == "b"`, `lead.t == "a" | lead.t == "A "`, `impossible: lead.t == "a" | lead.t != " A"`, `impossible: lead.c == "a" | lead.c == "A"`, `lead.c == "a" | lead.c != "A"`,
		`impossible: lead.t == "abc" | lead.t contains "d"`, `lead.t == "abc" | lead.t contains "C"`, `impossible: lead.c == "abc" | lead.c contains "C"`, `impossible: lead.c == "abc" | no: lead.c startsWith "ab"`,
		`impossible: lead.t contains "a" | no: lead.t contains "a"`, `lead.t contains "a" | no: lead.t contains "b"`, `impossible: lead.c matches "a" | lead.c not matches "a"`, `lead.c matches "a" | lead.c not matches "b"`,
		`impossible: lead.t matches "a" | lead.t not matches "a"`, `impossible: unknown: lead.t matches "a" | known(lead.t)`, `unknown: lead.t matches "a" | not known(lead.t)`,
		`impossible: lead.u contains "o" | lead.u != "one" | lead.u != "two"`, `lead.u contains "o" | lead.u != "one"`, `impossible: lead.d != "a" | lead.d != "b" | lead.d != "ab"`,
		`lead.t in ["a", "b"] | lead.t in ["b", "c"]`, `impossible: lead.t in ["a", "b"] | lead.t in ["c", "d"]`, `impossible: lead.t in ["a", "b"] | lead.t not in ["A", "B", "c"]`, `lead.t not in ["a"] | lead.t not in ["b"]`,
		`impossible: lead.t != "a" | not known(lead.t)`, `impossible: (lead.t ?? "a") == "b" | lead.t == "a"`, `(lead.t ?? "a") == "b" | lead.t == "B"`, `impossible: (lead.t ?? "a") != "a" | not known(lead.t)`,
		`impossible: lead.t == lead.u | lead.t != lead.u`, `impossible: lead.t == lead.u | lead.u != lead.t`, `impossible: lead.t contains lead.u | not known(lead.u)`, `impossible: "x" in lead.l | "x" not in lead.l`, `"x" in lead.l | "y" not in lead.l`,
		`impossible: "x" in lead.l | not known(lead.l)`, `unknown: "x" in lead.l | not known(lead.l)`, `unknown yes: lead.t contains "a" | not known(lead.t)`, `impossible: unknown yes: lead.t == "a" | lead.t == "b"`,
		`impossible: unknown no: lead.t == "a" | lead.t == "a"`, `impossible: unknown: lead.t == "a" | known(lead.t)`,
	},
	"bools": {
		`impossible: lead.x | no: lead.x`, `lead.x | no: lead.y`, `impossible: lead.x or lead.y | no: lead.x | no: lead.y`, `lead.x or lead.y | unknown: lead.x | lead.y`, `impossible: lead.x or lead.y | unknown no: lead.x | unknown: lead.y`,
		`impossible: lead.x and lead.y | unknown: lead.x`, `no: lead.x and lead.y | unknown: lead.x | no: lead.y`, `impossible: no: lead.x and lead.y | unknown: lead.x | lead.y`, `unknown: lead.x and lead.y | unknown: lead.x | lead.y`,
		`impossible: unknown: lead.x and lead.y | no: lead.x`, `impossible: lead.x == lead.y | lead.x | no: lead.y`, `lead.x != lead.y | lead.x | no: lead.y`, `unknown: lead.x == lead.y | unknown: lead.x`,
		`impossible: unknown: lead.x == lead.y | known(lead.x) | known(lead.y)`, `impossible: lead.x ?? lead.y | no: lead.x`, `lead.x ?? lead.y | unknown: lead.x | lead.y`, `impossible: unknown: lead.x ?? lead.y | known(lead.y)`,
		`lead.x ? lead.y : lead.y | unknown: lead.x | lead.y`, `impossible: unknown: lead.x ? lead.y : lead.y | known(lead.x) | lead.y`, `unknown: lead.x ? lead.y : lead.y | unknown: lead.x`, `impossible: lead.x ? lead.y : false | no: lead.x`,
		`impossible: lead.x in [true] | no: lead.x`, `impossible: lead.x not in [true] | lead.x`, `lead.x not in [true] | no: lead.x`, `unknown: lead.x in [true] | not known(lead.x)`, `impossible: unknown: lead.x in [true] | known(lead.x)`,
		`impossible: known(lead.x and lead.y) | unknown: lead.x | lead.y`, `known(lead.x and lead.y) | unknown: lead.x | no: lead.y`, `impossible: term.yes | no: lead.x`, `impossible: not (lead.x or lead.y) | lead.x`,
	},
	"times": {
		`impossible: lead.w > time("2026-01-01") | lead.w < time("2026-01-01")`, `lead.w >= time("2026-01-01") | lead.w <= time("2026-01-01")`, `impossible: lead.w > time("2026-01-01T00:00:01Z") | lead.w <= time("2026-01-01T00:00:01Z")`,
		`lead.w > time("2026-01-01") | lead.w < time("2026-01-01T00:00:01Z")`, `impossible: lead.w == time("2026-01-01") | lead.w != time("2026-01-01")`, `impossible: lead.w < lead.v | no: lead.w < lead.v`, `impossible: lead.w == lead.v | lead.v != lead.w`,
		`impossible: now > time("2026-01-01") | now < time("2026-01-01")`, `now > time("2026-01-01") | now < time("2026-01-02")`, `impossible: lead.w > time("2026-01-01T00:00:00.5Z") | no: lead.w > time("2026-01-01T00:00:00.5Z")`,
		`impossible: days_since(lead.w) > 3 | days_since(lead.w) < 3`, `days_since(lead.w) > 3 | days_since(lead.w) < 4`, `impossible: days_since(lead.w) > 3 | days_until(lead.w) > -3`, `days_since(lead.w) > 3 | days_until(lead.w) > -4`,
		`impossible: days_since(lead.w) > 3 | not known(lead.w)`, `impossible: unknown: days_until(lead.w) > 3 | known(lead.w)`, `unknown: days_until(lead.w) > 3 | not known(lead.w)`, `impossible: days_since(lead.w) == 3 | days_until(lead.w) != -3`,
		`impossible: (lead.w ?? time("2026-01-01")) > time("2026-01-02") | not known(lead.w)`, `impossible: days_in_stage() > 3 | days_in_stage() < 3`, `days_in_stage() > 3 | days_in_stage() < 3.1`,
		`impossible: lead.w in [time("2026-01-01")] | lead.w not in [time("2026-01-01")]`, `impossible: lead.w in [time("2026-01-01")] | not known(lead.w)`, `impossible: days_since(lead.w) > lead.n | no: days_since(lead.w) > lead.n`, `impossible: days_until(lead.w) > lead.n | lead.n >= days_until(lead.w)`, `days_until(lead.w) > lead.n | lead.n >= days_since(lead.w)`,
		`(lead.w ?? time("2026-01-01")) >= time("2026-01-01") | not known(lead.w)`, `impossible: (lead.w ?? time("2026-01-01T00:00:00.5Z")) != time("2026-01-01") | lead.w == time("2026-01-01")`,
	},
	"counts": {
		`impossible: count("visit") > 2 | count("visit") < 3`, `count("visit") > 2 | count("visit") < 4`, `impossible: count("visit") > 2 | count("visit") < 4 | count("visit") != 3`, `impossible: count("visit") < 1 | count("visit") != 0`,
		`impossible: count("visit", "7d") > 2 | count("visit") < 3`, `count("visit", "7d") > 2 | count("visit") == 3`, `impossible: count("visit", "7d") > 2 | count("visit", "30d") < 3`, `count("visit", "30d") > 2 | count("visit", "7d") < 3`,
		`impossible: count("visit", "30d") < 3 | count("visit", "7d") > 2`, `impossible: count("visit", "7d since form") > 2 | count("visit", "7d") < 3`, `impossible: count("visit", "7d since form") > 2 | count("visit", "since form") < 3`,
		`count("visit", "7d since form") > 2 | count("form", "7d") < 1`, `impossible: count("visit", "7d since form") > 2 | count("visit", "30d since form") <= 2`, `count("visit", "since form") > 2 | count("visit", "since visit") <= 1`,
		`impossible: count("visit") > 2 | count("either") < 3`, `impossible: count("visit") > 2 | count("any") < 3`, `count("either") > 2 | count("visit") < 3`, `impossible: count("priced") > 2 | count("visit") < 3`, `count("visit") > 2 | count("priced") < 3`,
		`impossible: count("priced") > 2 | count("any", "30d") > 0 | count("any") < 3`, `count("priced") > 2 | count("late") < 3`, `impossible: count("third") > 2 | count("visit") < 3`, `impossible: count("again") > 2 | count("visit") < 3`,
		`impossible: reset: count("third") > 2 | reset: count("visit") < 3`, `reset: count("again") > 2 | reset: count("visit") < 3`, `reset: count("visit") > 2 | count("visit") < 3`, `impossible: reset: count("visit") > 2 | reset: count("either") < 3`,
		`impossible: term.visits > 2 | count("visit") < 3`,
	},
	"happened": {
		`impossible: happened("visit") | count("visit") < 1`, `happened("visit") | count("visit") == 1`, `impossible: no: happened("visit") | count("visit") > 0`, `no: happened("visit") | count("visit") < 1`, `impossible: happened("visit") | no: happened("visit")`,
		`impossible: happened("visit", "7d") | no: happened("visit")`, `happened("visit") | no: happened("visit", "7d")`, `impossible: happened("visit") | no: happened("either")`, `impossible: happened("visit", "7d") | no: happened("any", "30d")`,
		`impossible: followed("visit", "form", "1d") | no: happened("form")`, `impossible: followed("visit", "form", "1d") | no: happened("visit")`, `impossible: count("visit") < 1 | followed("visit", "form", "1d")`, `followed("visit", "form", "1d") | count("form") == 1`,
		`impossible: followed("visit", "form", "1d", "7d") | no: happened("form", "7d")`, `followed("visit", "form", "1d", "7d") | no: happened("visit", "7d")`, `no: followed("visit", "form", "1d") | happened("form") | happened("visit")`,
	},
	"figures": {
		`impossible: active_days("visit") > 2 | count("visit") < 3`, `active_days("visit") > 2 | count("visit") == 3`, `impossible: active_days("visit") < 1 | count("visit") > 0`, `impossible: count("visit") > 0 | active_days("visit") == 0`, `count("visit") > 9 | active_days("visit") == 1`,
		`impossible: distinct("visit", "k") > 2 | count("visit") < 3`, `impossible: count("visit") < 3 | distinct("visit", "k") > 2`, `distinct("visit", "k") == 0 | count("visit") > 2`,
		`impossible: total("visit", "n") > 0 | count("visit") < 1`, `impossible: total("visit", "any") != 0 | no: happened("visit")`, `impossible: no: happened("visit") | total("visit", "any") < 0`, `total("visit", "any") == 0 | no: happened("visit")`, `total("visit", "n") == 0 | happened("visit")`,
		`impossible: idle_steps("visit", "7d") > 0 | no: happened("visit")`, `impossible: no: happened("visit") | idle_steps("visit", "7d") >= 1`, `idle_steps("visit", "7d") == 0 | happened("visit")`,
		`impossible: mean("visit", "n") > 1 | no: happened("visit")`, `impossible: no: happened("visit") | highest("visit", "n") > 1`, `unknown: lowest("visit", "n") > 1 | happened("visit")`, `unknown: lowest("visit", "n") > 1 | no: happened("visit")`,
		`impossible: latest("visit", "n") > 1 | count("visit") < 1`, `impossible: known(first("visit", "t")) | count("visit") < 1`, `latest("visit", "n") > 1 | first("visit", "n") < 1`, `impossible: latest("visit", "n", "7d") > 1 | no: happened("visit")`,
		`latest("visit", "n", "7d") > 1 | latest("visit", "n") < 1`, `impossible: latest("visit", "b") | no: happened("visit")`, `impossible: latest("visit", "n") > 1 | latest("visit", "n") < 1`,
	},
	"ages": {
		`impossible: days_since("visit") < 3 | no: happened("visit")`, `impossible: days_since("visit") < 3 | no: happened("visit", "3d")`, `days_since("visit") <= 3 | no: happened("visit", "3d")`, `impossible: days_since("visit") >= 3 | happened("visit", "3d")`,
		`days_since("visit") >= 2.99999999999999 | happened("visit", "3d")`, `impossible: days_since("visit") > 7 | count("visit", "7d") > 0`, `impossible: count("visit", "7d") > 0 | days_since("visit") >= 7`, `impossible: unknown: days_since("visit") > 7 | happened("visit")`,
		`unknown: days_since("visit") > 7 | no: happened("visit")`, `impossible: unknown: days_since("visit") > 7 | count("visit", "7d") > 0`, `impossible: count("visit", "7d") < 1 | days_since("visit") < 7`, `count("visit", "7d") < 1 | days_since("visit") >= 7`,
		`count("visit", "7d") > 0 | days_since_first("visit") > 7`, `impossible: days_since_first("visit") < 7 | count("visit", "7d") < 1`, `days_since_first("visit") <= 7 | count("visit", "7d") < 1`, `impossible: days_since_first("visit") < 7 | no: happened("visit")`,
		`impossible: days_since("visit") < 7 | count("visit") < 1`, `days_since("visit") < 7 | count("visit", "7d since form") < 1`, `count("visit", "since form") < 1 | days_since("visit") > 1`, `impossible: count("visit", "7d since form") > 0 | days_since("visit") > 7`,
		`days_since("visit") < 3 | days_since("form") > 3`, `count("form") < 1 | days_since("visit") < 3`, `reset: days_since("visit") < 3 | no: happened("visit")`, `impossible: reset: days_since("visit") < 3 | reset no: happened("visit")`,
		`impossible: days_since("visit") > 3 | days_since("visit") < 3`, `days_since(latest("visit", "w")) < 0 | happened("visit")`, `impossible: days_since(latest("visit", "w")) < 0 | no: happened("visit")`,
	},
	"checklist": {
		`impossible: met("one") | no: lead.x`, `met("one") | lead.x`, `impossible: unmet("one") | lead.x`, `unmet("one") | no: lead.x`, `impossible: unknown: met("one") | lead.x`, `impossible: met("two") | lead.n < 6`, `met("two") | lead.n == 6`,
		`impossible: unmet("two") | lead.n >= 3`, `unknown: met("two") | lead.n == 3`, `impossible: unknown: unmet("two") | lead.n < 3`, `impossible: no: met("two") | lead.n == 5`, `impossible: all_met("s") | unknown: lead.y`, `all_met("s") | lead.y`,
		`no: all_met("s") | no: lead.x`, `impossible: no: all_met("s") | lead.x | lead.y`, `unknown yes: all_met("s") | unknown: lead.x`, `impossible: unknown yes: all_met("s") | no: lead.x`, `impossible: unknown: all_met("s") | lead.x | lead.y`,
		`no yes: all_met("s") | lead.x | lead.y`, `impossible: all_met("s") | no: all_met("s")`, `no unknown: all_met("s") | unknown: lead.x`, `impossible: met_count() == 3 | met_count() == 2`,
	},
	"scores": {
		`impossible: score("fit") < 10 | band("fit") == "B"`, `score("fit") == 10 | band("fit") == "B"`, `impossible: score("fit") >= 20 | band("fit") == "B"`, `impossible: band("fit") == "A" | score("fit") < 20`, `band("fit") == "A" | score("fit") >= 20`,
		`impossible: band("fit") in ["C", "A"] | score("fit") == 10 | score("fit") > 9`, `impossible: band("fit") == "C" | score("fit") >= 10`, `impossible: band("fit") != "A" | score("fit") > 20`, `band("fit") != "A" | score("fit") < 20`,
		`impossible: band("gap") == "ok" | score("gap") < 0`, `band("gap") != "ok" | score("gap") < 0`, `impossible: band("gap") != "ok" | score("gap") >= 0`, `score("fit") < 10 | band("gap") == "ok"`, `impossible: band("fit") == "A" | band("fit") == "B"`,
		`score() < 0 | score("fit") > 0`, `impossible: score("fit") > 3 | score("fit") < 3`,
	},
}

func TestTogether(t *testing.T) {
	t.Parallel()
	for _, about := range sorted(together) {
		for _, row := range together[about] {
			w := newWorld(t)
			rest, impossible := strings.CutPrefix(row, "impossible: ")
			goals := w.goals(strings.Split(rest, " | ")...)
			for range 2 { // in both orders, with one solver
				if got := w.Possible(goals...); got == impossible {
					t.Errorf("%s: %s: possible is %t", about, row, got)
				}
				slices.Reverse(goals)
			}
		}
	}
}

// What a solver takes for possible, and is not: it does not look into these.
func TestNotKnown(t *testing.T) {
	t.Parallel()
	for _, row := range []string{
		// A fact beside another, and sums, are only themselves.
		`lead.n > lead.m | lead.m > 10`, `lead.n + 1 > 5 | lead.n < 3`, `lead.n == lead.m | lead.n == 1 | lead.m == 2`, `lead.c == (lead.d ?? "x") | lead.d == "a" | lead.c == "b"`,
		// Tests of a text that has no declared values are independent of one another, and so are lists.
		`lead.t startsWith "ab" | no: lead.t contains "a"`, `lead.c matches "^a$" | lead.c != "a"`, `lead.t matches "^a$" | lead.t == "b"`,
		// Times are told apart by seconds, and from ages not at all.
		`lead.w > time("2026-01-01T00:00:00.5Z") | lead.w < time("2026-01-01")`, `(lead.w ?? time("2026-01-01T00:00:00.5Z")) < time("2026-01-01") | not known(lead.w)`, `lead.w in [time("2026-01-01")] | lead.w == time("2026-01-02")`, `days_since(lead.w) > 3 | now < time("2026-01-01") | lead.w > time("2026-01-01")`,
		// The two sides of a ternary whose condition is unknown are equal.
		`(lead.x ? 1 : 2) > 0 | unknown: lead.x`, `(lead.x ? lead.n : lead.m) > 3 | unknown: lead.x | lead.n == 4 | lead.m == 5`, `unknown: (lead.x ? 1 : 1) == 1`,
		// Calls of several values, and several signals.
		`latest("visit", "n") > 3 | highest("visit", "n") < 3`, `total("visit", "n") > 10 | count("visit") == 1`, `count("either") == 1 | count("visit") == 1 | count("form") == 1`, `days_since("visit") < 3 | days_since("any") > 3`,
		`days_since("visit") > 3 | days_since_first("visit") < 3`, `count("visit", "7d") > 3 | idle_steps("visit", "7d") > 0 | days_since_first("visit") < 7`,
		// How many criteria are met.
		`met_count() == 3 | no: lead.x`, `unknown: all_met("s") | unknown: lead.x | no: lead.y`,
	} {
		w := newWorld(t)
		if goals := w.goals(strings.Split(row, " | ")...); !w.Possible(goals...) {
			t.Errorf("%s is known to be impossible: move it to the table of TestTogether", row)
		}
	}
}

// A search that takes too long ends as possible, and so do all questions after too many steps.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	n := expression.Names{Location: nil}
	for i := range 40 {
		n.Lead = append(n.Lead, expression.Field{Name: fmt.Sprint("b", i), Kind: fact.Bool})
	}
	c := expression.NewCompiler(n, limits)
	s := solver.New(programOf(t, c, nil))
	either := func(from, to int) (goals []solver.Goal) {
		for i := from; i < to; i += 2 {
			node, _ := c.Compile(fmt.Sprintf("lead.b%d or lead.b%d", i, i+1), expression.InRule, fact.Bool, 0)
			goals = append(goals, solver.Goal{Node: node, Want: yes})
		}
		return goals
	}
	var clash []solver.Goal // of the first two, whichever way
	for _, source := range []string{"lead.b0 or lead.b1", "lead.b0 or not lead.b1", "not lead.b0 or lead.b1", "not lead.b0 or not lead.b1"} {
		node, _ := c.Compile(source, expression.InRule, fact.Bool, 0)
		clash = append(clash, solver.Goal{Node: node, Want: yes})
	}
	if s.Possible(append(clash, either(2, 6)...)...) {
		t.Error("the clash is not found among few other choices")
	}
	if !s.Possible(append(clash, either(2, 40)...)...) {
		t.Error("the clash is found among many other choices: a harder question is wanted here")
	}
	if s.Possible(clash...) {
		t.Error("the clash is not found after a search that gave up")
	}
	s.Leave(1)
	if !s.Possible(clash...) {
		t.Error("the clash is found in one step")
	}
	s.Leave(100)
	for range 100 {
		s.Possible(either(2, 4)...)
	}
	if !s.Possible(clash...) {
		t.Error("the steps of all questions do not run out")
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`lead.n > 3`, `lead.n > 3`, true}, {`lead.n > 3`, `lead.n > 4`, false}, {`lead.n > 3`, `lead.n >= 3`, false}, {`lead.n > 3`, `lead.m > 3`, false},
		{`lead.x and lead.y`, `lead.y and lead.x`, true}, {`lead.x or lead.y`, `lead.y or lead.x`, true}, {`lead.x and lead.y`, `lead.x or lead.y`, false}, {`lead.n == lead.m`, `lead.m == lead.n`, true}, {`lead.n > lead.m`, `lead.m > lead.n`, false},
		{`lead.n != 3`, `3 != lead.n`, true}, {`lead.n - lead.m > 0`, `lead.m - lead.n > 0`, false}, {`term.size > 3`, `lead.n > 3`, true}, {`lead.c == "a"`, `lead.c == "A"`, false}, {`lead.t == "a"`, `lead.t == "b"`, false},
		{`lead.c matches "a"`, `lead.c matches "a"`, true}, {`lead.c matches "a"`, `lead.c matches "b"`, false}, {`lead.c matches "a"`, `lead.d matches "a"`, false}, {`lead.w > time("2026-01-01")`, `lead.w > time("2026-01-02")`, false},
		{`count("visit") > 3`, `count("visit") > 3`, true}, {`count("visit") > 3`, `count("visit", "7d") > 3`, false}, {`count("visit") > 3`, `reset: count("visit") > 3`, false}, {`days_since(lead.w) > 3`, `days_until(lead.w) > 3`, false},
		{`days_since(lead.w) > 3`, `days_since(lead.v) > 3`, false}, {`met("one")`, `met("three")`, false}, {`met("one")`, `unmet("one")`, false}, {`met_count("s") > 1`, `met_count() > 1`, false}, {`lead.x`, `true`, false}, {`true`, `false`, false},
		{`followed("visit", "form", "1d")`, `followed("visit", "form", "2d")`, false}, {`latest("visit", "t") == "red"`, `first("visit", "t") == "red"`, false}, {`lead.t in ["a", "b"]`, `lead.t in ["b", "a"]`, false}, // it need not be told
	} {
		w := newWorld(t)
		if got := w.Same(w.goal(tt.a).Node) == w.Same(w.goal(tt.b).Node); got != tt.want {
			t.Errorf("%s and %s are the same: %t", tt.a, tt.b, got)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, tt := range []struct {
		source string
		lo, hi float64
		open   bool // can be unknown
		whole  bool
	}{
		{`lead.n`, 0, 10, true, false}, {`3`, 3, 3, false, false}, {`-lead.n`, -10, 0, true, false}, {`lead.n ?? 20`, 0, 20, false, false}, {`lead.n ?? lead.m`, -1e15, 1e15, true, false},
		{`count("visit") ?? 5`, 0, 1e9, false, false}, {`term.size + 1`, 1, 11, true, false}, {`lead.x ? 1 : lead.n`, 0, 10, true, false}, {`lead.x ? 20 : lead.n`, 0, 20, true, false}, {`count("visit")`, 0, 1e9, false, true},
		{`count("visit", "since visit")`, 0, 1, false, true}, {`active_days("visit", "40h")`, 0, 4, false, true}, {`active_days("visit")`, 0, 1e9, false, true}, {`distinct("visit", "k")`, 0, 1e9, false, true}, {`idle_steps("visit", "7d")`, 0, 1e12, false, true},
		{`total("visit", "n")`, 0, 1e15, false, false}, {`total("visit", "loss")`, -1e15, 0, false, false}, {`total("visit", "any")`, -1e15, 1e15, false, false}, {`mean("visit", "n")`, -1e-6, 5 + 1e-6, true, false}, {`highest("visit", "n")`, 0, 5, true, false},
		{`met_count()`, 0, 3, false, true}, {`met_count("s")`, 0, 2, false, true}, {`score("fit")`, 0, 30, false, false}, {`score()`, -inf, inf, false, false}, {`lead.n * 2 - count("visit")`, -1e9, 20, true, false}, {`lead.n % 3`, -3, 3, true, false},
	} {
		w := newWorld(t)
		n := w.goal(tt.source).Node
		if got, want := w.Number(n), (expression.Interval{Lo: tt.lo, Hi: tt.hi, Unknown: tt.open}); got != want {
			t.Errorf("%s lies in %v, want %v", tt.source, got, want)
		}
		if got := w.Whole(n); got != tt.whole {
			t.Errorf("%s is whole: %t", tt.source, got)
		}
	}
	w := newWorld(t)
	if w.Whole(w.goal(`lead.c == "x"`).Node) || w.Whole(w.goal("lead.t").Node) {
		t.Error("what is no number is whole")
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"visit": "visit either any", "form": "form either any", "either": "either any", "any": "any", "priced": "visit either any priced", "third": "visit either any third",
		"late": "visit either any late", "again": "visit either any third again",
	}
	w := newWorld(t)
	list := w.c.Names.Signals
	for a, from := range list {
		var is []string
		for b, to := range list {
			if w.Is(a, b) {
				is = append(is, to)
			}
		}
		if got := strings.Join(is, " "); got != want[from] {
			t.Errorf("%s is always %s, want %s", from, got, want[from])
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.program.Groups[1].Bands[0].From = -points.Max
	w.Solver = solver.New(w.program)
	for _, tt := range []struct {
		lo, hi float64
		want   string
	}{
		{math.Inf(-1), math.Inf(1), " C B A never"}, {0, 30, "C B A"}, {10, 30, "B A"}, {9.999999, 10, "C B"}, {0, 9.999999, "C"}, {20, 20, "A"}, {30.5, 30.5, "never"},
	} {
		w.Score(1, tt.lo, tt.hi)
		if got := strings.Join(w.Labels(1), " "); got != tt.want {
			t.Errorf("between %v and %v the bands are %q, want %q", tt.lo, tt.hi, got, tt.want)
		}
	}
}

// Right after a stage was stored, the lead is in it for no time, and has reached it and those before it.
func TestStored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ stage, condition, want string }{
		{"mql", `reached("mql")`, "yes"}, {"mql", `reached("sql")`, "no"}, {"mql", `reached("won")`, "no"},
		{"sql", `reached("mql")`, "yes"}, {"sql", `reached("sql")`, "yes"}, {"sql", `reached("won")`, "no"},
		{"won", `reached("mql")`, "no"}, {"won", `reached("sql")`, "no"}, {"won", `reached("won")`, "yes"},
		{"mql", `days_in_stage() > 0`, "no"}, {"mql", `days_in_stage() <= 0`, "yes"}, {"mql", `lead.x`, "no unknown yes"},
	} {
		w := newWorld(t)
		n := w.goal(tt.condition).Node
		var got expression.Set
		for _, want := range []expression.Set{no, unknown, yes} {
			goals := append(w.Stored(slices.Index(w.c.Names.Stages, tt.stage), 0), solver.Goal{Node: n, Want: want})
			if w.Possible(goals...) {
				got |= want
			}
		}
		if words(got) != tt.want {
			t.Errorf("in %s, %s can be %s, want %s", tt.stage, tt.condition, words(got), tt.want)
		}
	}
}

// Facts that differ have values of their own in another world; all others are the same.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		here, there string
		possible    bool
	}{
		{"lead.n > 3", "lead.n < 3", true}, {"lead.m > 3", "lead.m < 3", false},
		{"lead.n > 3 and lead.m > 3", "not (term.size > 3) and lead.m < 3", false}, {"lead.n > 3", "term.size < 3 and lead.m < 3", true},
		{"lead.n > lead.m", "lead.n < lead.m", true}, {"lead.m > lead.n + 1", "lead.m < lead.n + 1", true}, {"lead.m > count('visit')", "lead.m < count('visit')", false},
		{"(lead.n ?? lead.m) == 1 and not known(lead.n)", "(lead.n ?? lead.m) == 2 and lead.m == 1", true}, {"lead.m == 1", "(lead.n ?? lead.m) == 2 and not known(lead.n)", false},
	} {
		w := newWorld(t)
		n := w.goal("lead.n > 0").Node.Kids[0]
		there := w.Elsewhere(w.goal(tt.there).Node, 1, func(m *expression.Node) bool { return w.Same(m) == w.Same(n) })
		again := w.Elsewhere(w.goal(tt.there).Node, 1, func(m *expression.Node) bool { return w.Same(m) == w.Same(n) })
		if got := w.Possible(w.goal(tt.here), solver.Goal{Node: there, Want: yes}, solver.Goal{Node: again, Want: yes}); got != tt.possible {
			t.Errorf("%s here and %s there: possible is %t", tt.here, tt.there, got)
		}
		if w.Possible(solver.Goal{Node: there, Want: yes}, solver.Goal{Node: again, Want: no | unknown}) {
			t.Errorf("%s has two answers in one world", tt.there)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ signal, condition, want string }{
		{"visit", `happened("visit")`, "no"}, {"visit", `latest("visit", "n", "7d") > 1`, "unknown"}, {"visit", `days_since("visit") > 1`, "unknown"},
		{"visit", `count("visit", "7d") > 0`, "no"}, {"visit", `happened("form")`, "no yes"}, {"either", `happened("visit")`, "no"}, {"visit", `happened("either")`, "no yes"},
	} {
		w := newWorld(t)
		var got expression.Set
		for _, want := range []expression.Set{no, unknown, yes} {
			if w.Possible(solver.Without(slices.Index(w.c.Names.Signals, tt.signal)), solver.Goal{Node: w.goal(tt.condition).Node, Want: want}) {
				got |= want
			}
		}
		if words(got) != tt.want {
			t.Errorf("without %s, %s can be %s, want %s", tt.signal, tt.condition, words(got), tt.want)
		}
	}
}
