package qualify_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
	"github.com/qualify-go/qualify/review"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// noon is the instant of the assessments in these tests.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) // a Sunday

const day = 24 * time.Hour

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// vocabulary declares an attribute and a property of each kind, under one
// letter each, and the signals that the tables speak of.
func vocabulary() qualify.Policy {
	fields := []qualify.Field{
		{Name: "n", Kind: qualify.Number}, {Name: "m", Kind: qualify.Number}, {Name: "t", Kind: qualify.Text},
		{Name: "c", Kind: qualify.Code}, {Name: "b", Kind: qualify.Bool}, {Name: "w", Kind: qualify.Time}, {Name: "l", Kind: qualify.Texts},
	}
	return qualify.Policy{
		Profile: fields, Properties: slices.Clone(fields),
		Signals: []qualify.Signal{
			{ID: "visit"}, {ID: "form"}, {ID: "reset"}, {ID: "any", Types: []string{"*"}},
			{ID: "either", Types: []string{"visit", "form"}},
		},
	}
}

func withRules(rules ...qualify.Rule) qualify.Policy {
	p := vocabulary()
	for i := range rules {
		if rules[i].ID == "" {
			rules[i].ID = fmt.Sprintf("r%d", i)
		}
	}
	p.Rules = rules
	return p
}

func compile(t testing.TB, p qualify.Policy, options ...qualify.Option) *qualify.Model {
	t.Helper()
	m, err := qualify.Compile(p, options...)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return m
}

func assess(t testing.TB, m *qualify.Model, lead qualify.Lead, at time.Time) qualify.Assessment {
	t.Helper()
	a, err := m.Assess(&lead, at)
	if err != nil {
		t.Fatalf("Assess: %v", err)
	}
	return a
}

// act makes an activity with properties given as name, value pairs.
func act(kind string, at time.Time, props ...any) qualify.Activity {
	a := qualify.Activity{Type: kind, At: at}
	for i := 0; i+1 < len(props); i += 2 {
		if a.Props == nil {
			a.Props = map[string]any{}
		}
		a.Props[props[i].(string)] = props[i+1]
	}
	return a
}

// idAct is act with an ID.
func idAct(id, kind string, at time.Time, props ...any) qualify.Activity {
	a := act(kind, at, props...)
	a.ID = id
	return a
}

type profile = map[string]any

func history(activities ...qualify.Activity) qualify.Lead {
	return qualify.Lead{Activities: activities}
}

// answerTo gives the answer to one condition.
func answerTo(t testing.TB, condition string, lead qualify.Lead, options ...qualify.Option) qualify.Answer {
	t.Helper()
	m := compile(t, withRules(qualify.Rule{When: condition, Points: 1}), options...)
	return assess(t, m, lead, noon).Score.Contributions[0].Answer
}

// pointsOf gives the total of one rule.
func pointsOf(t testing.TB, r qualify.Rule, lead qualify.Lead, options ...qualify.Option) float64 {
	t.Helper()
	return assess(t, compile(t, withRules(r), options...), lead, noon).Score.Points
}

// golden compares a whole text with testdata/name.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		signal qualify.Signal
		acts   []qualify.Activity
		want   string // the answer to count("s") == number
	}{
		{"its own ID is its type", qualify.Signal{ID: "s"}, []qualify.Activity{act("s", noon), act("S", noon), act("visit", noon)}, "1"},
		{"its own ID is no type when others are given", qualify.Signal{ID: "s", Types: []string{"x", "y"}},
			[]qualify.Activity{act("s", noon), act("x", noon), act("y", noon)}, "2"},
		{"a type named twice counts once", qualify.Signal{ID: "s", Types: []string{"x", "x"}}, []qualify.Activity{act("x", noon)}, "1"},
		{"a star is every type, also a blank one", qualify.Signal{ID: "s", Types: []string{"*"}},
			[]qualify.Activity{act("whatever", noon), act("", noon), act("visit", noon)}, "3"},
		{"a star beside a type is every type, each once", qualify.Signal{ID: "s", Types: []string{"visit", "*"}},
			[]qualify.Activity{act("visit", noon), act("zzz", noon)}, "2"},
		{"where that is no", qualify.Signal{ID: "s", Types: []string{"visit"}, Where: `activity.n >= 2`},
			[]qualify.Activity{act("visit", noon, "n", 1), act("visit", noon, "n", 2), act("visit", noon, "n", 3)}, "2"},
		{"where that is unknown is no occurrence", qualify.Signal{ID: "s", Types: []string{"visit"}, Where: `activity.n != 2`},
			[]qualify.Activity{act("visit", noon), act("visit", noon, "n", 3)}, "1"},
		{"where asks for activity.at", qualify.Signal{ID: "s", Types: []string{"visit"}, Where: `activity.at >= time("2026-11-22")`},
			[]qualify.Activity{act("visit", noon), act("visit", noon.Add(-12*time.Hour)), act("visit", noon.Add(-12*time.Hour-1))}, "2"},
		{"where with a star", qualify.Signal{ID: "s", Types: []string{"*"}, Where: `activity.b`},
			[]qualify.Activity{act("p", noon, "b", true), act("q", noon, "b", "no"), act("r", noon, "b", "yes")}, "2"},

		{"every second", qualify.Signal{ID: "s", Repeats: "visit", Every: 2}, visits(5, time.Hour), "2"},
		{"every one is the other signal", qualify.Signal{ID: "s", Repeats: "visit", Every: 1}, visits(5, time.Hour), "5"},
		{"five within a rolling day", qualify.Signal{ID: "s", Repeats: "visit", Every: 5, Per: qualify.Day}, visits(5, time.Hour), "1"},
		{"five, of which the first is exactly a day old", qualify.Signal{ID: "s", Repeats: "visit", Every: 5, Per: qualify.Day}, visits(5, 6*time.Hour), "0"},
		{"five, of which the first is a nanosecond younger", qualify.Signal{ID: "s", Repeats: "visit", Every: 5, Per: qualify.Day}, visits(5, 6*time.Hour-1), "1"},
		{"it counts afresh", qualify.Signal{ID: "s", Repeats: "visit", Every: 2, Per: qualify.Day}, visits(5, time.Hour), "2"},
		{"a calendar day", qualify.Signal{ID: "s", Repeats: "visit", Every: 2, Calendar: "day"},
			[]qualify.Activity{act("visit", date("2026-11-20T23:00:00Z")), act("visit", date("2026-11-21T00:00:00Z")), act("visit", date("2026-11-21T23:59:59Z"))}, "1"},
		{"a calendar week begins on Monday", qualify.Signal{ID: "s", Repeats: "visit", Every: 2, Calendar: "week"},
			[]qualify.Activity{act("visit", date("2026-11-08T12:00:00Z")), act("visit", date("2026-11-09T12:00:00Z")), act("visit", date("2026-11-15T12:00:00Z"))}, "1"},
		{"a calendar month", qualify.Signal{ID: "s", Repeats: "visit", Every: 2, Calendar: "month"},
			[]qualify.Activity{act("visit", date("2026-09-30T12:00:00Z")), act("visit", date("2026-10-01T12:00:00Z")), act("visit", date("2026-10-31T12:00:00Z"))}, "1"},
		{"a sum", qualify.Signal{ID: "s", Repeats: "visit", Every: 10, Sum: "n"},
			[]qualify.Activity{act("visit", ago(4), "n", 4), act("visit", ago(3), "n", 5.5), act("visit", ago(2), "n", 0.5), act("visit", ago(1), "n", 9.999999)}, "1"},
		{"a sum of decimals is exact", qualify.Signal{ID: "s", Repeats: "visit", Every: 0.3, Sum: "n"},
			[]qualify.Activity{act("visit", ago(4), "n", 0.1), act("visit", ago(3), "n", 0.1), act("visit", ago(2), "n", 0.1)}, "1"},
		{"one activity that brings twice the sum occurs once", qualify.Signal{ID: "s", Repeats: "visit", Every: 10, Sum: "n"},
			[]qualify.Activity{act("visit", noon, "n", 25)}, "1"},
		{"a sum passes over what lacks the property", qualify.Signal{ID: "s", Repeats: "visit", Every: 10, Sum: "n"},
			[]qualify.Activity{act("visit", ago(3), "n", 5), act("visit", ago(2)), act("visit", ago(1), "n", "x"), act("visit", noon, "n", 5)}, "1"},
		{"a rolling sum forgets", qualify.Signal{ID: "s", Repeats: "visit", Every: 10, Sum: "n", Per: qualify.Day},
			[]qualify.Activity{act("visit", ago(day), "n", 5), act("visit", noon, "n", 5)}, "0"},
		{"a rolling sum within the period", qualify.Signal{ID: "s", Repeats: "visit", Every: 10, Sum: "n", Per: qualify.Day},
			[]qualify.Activity{act("visit", ago(day-1), "n", 5), act("visit", noon, "n", 5)}, "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := withRules(qualify.Rule{When: `count("s") == ` + test.want, Points: 1})
			p.Signals = append(p.Signals, test.signal)
			a := assess(t, compile(t, p), history(test.acts...), noon)
			if a.Score.Points != 1 {
				t.Errorf("count(\"s\") is not %s", test.want)
			}
		})
	}
}

// visits makes n visits, the last at noon, so far apart.
func visits(n int, apart time.Duration) []qualify.Activity {
	var all []qualify.Activity
	for i := range n {
		all = append(all, act("visit", ago(time.Duration(i)*apart)))
	}
	return all
}

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// A repeated signal may repeat a repeated one, in whatever order they are listed.
func TestRepeatedSignalOfARepeatedSignal(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{On: "s4", Points: 1})
	p.Signals = append(p.Signals, qualify.Signal{ID: "s4", Repeats: "s2", Every: 2}, qualify.Signal{ID: "s2", Repeats: "visit", Every: 2})
	a := assess(t, compile(t, p), history(visits(9, time.Hour)...), noon)
	if a.Score.Points != 2 {
		t.Errorf("nine visits are %v times four, want 2", a.Score.Points)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	one := history(
		idAct("a", "visit", ago(30*day), "n", 3, "t", " Berlin ", "c", "x", "w", "2026-12-01", "l", "a;b"),
		idAct("b", "visit", ago(10*day), "n", 1, "t", "BERLIN", "c", "X"),
		idAct("c", "visit", ago(5*day)),
		idAct("d", "visit", ago(day), "n", 8, "t", "Paris", "b", true),
		idAct("e", "form", ago(2*day), "n", 100),
	)
	none := qualify.Lead{}
	const yes, no, unknown = qualify.Yes, qualify.No, qualify.Unknown
	tests := []struct {
		condition string
		lead      qualify.Lead
		want      qualify.Answer
	}{
		{`count("visit") == 4`, one, yes},
		{`count("visit", "30d") == 3`, one, yes}, // what is exactly 30 days old is out
		{`count("visit", "2592001s") == 4`, one, yes},
		{`count("visit", "1w") == 2`, one, yes},
		{`count("either") == 5`, one, yes},
		{`count("any") == 5`, one, yes},
		{`count("visit", "since form") == 1`, one, yes},
		{`count("form", "since form") == 1`, one, yes}, // that one included
		{`count("visit", "since reset") == 4`, one, yes},
		{`count("visit", "2d since form") == 1`, one, yes},
		{`count("visit", "24h since form") == 0`, one, yes},
		{`count("visit") == 0`, none, yes},
		{`happened("visit")`, one, yes},
		{`happened("visit")`, none, no},
		{`happened("visit", "1d")`, one, no},
		{`happened("visit", "25h")`, one, yes},
		{`total("visit", "n") == 12`, one, yes},
		{`total("visit", "n", "30d") == 9`, one, yes},
		{`total("visit", "n") == 0`, none, yes},
		{`mean("visit", "n") == 4`, one, yes},
		{`mean("visit", "n") == 0`, none, unknown},
		{`highest("visit", "n") == 8 and lowest("visit", "n") == 1`, one, yes},
		{`highest("visit", "n") >= 0`, none, unknown},
		{`lowest("visit", "n") >= 0`, none, unknown},
		{`distinct("visit", "t") == 2`, one, yes},
		{`distinct("visit", "c") == 2`, one, yes},
		{`distinct("visit", "n") == 3`, one, yes},
		{`distinct("visit", "t") == 0`, none, yes},
		{`active_days("any") == 5`, one, yes},
		{`active_days("any") == 0`, none, yes},
		{`active_days("any", "2d") == 1`, one, yes},
		{`latest("visit", "n") == 8`, one, yes},
		{`latest("visit", "c") == "X"`, one, yes}, // c and d lack it
		{`latest("visit", "c") == "x"`, one, no},
		{`latest("visit", "t") == "  pARIS "`, one, yes},
		{`latest("visit", "w") == time("2026-12-01")`, one, yes},
		{`"A" in latest("visit", "l")`, one, yes},
		{`latest("visit", "b")`, one, yes},
		{`latest("visit", "b", "1d")`, one, unknown},
		{`latest("visit", "n") >= 0`, none, unknown},
		{`first("visit", "n") == 3`, one, yes},
		{`first("visit", "b")`, one, yes},
		{`first("visit", "n", "30d") == 1`, one, yes},
		{`first("visit", "n") == 3`, none, unknown},
		{`days_since("visit") == 1`, one, yes},
		{`days_since("visit") > 1`, one, no},
		{`days_since("visit") >= 0`, none, unknown},
		{`days_since_first("visit") == 30`, one, yes},
		{`days_since_first("visit") >= 0`, none, unknown},
		{`days_since(latest("visit", "w")) < 0`, one, yes},
		{`days_until(latest("visit", "w")) == 8.5`, one, yes},
		{`days_until(time("2026-11-24")) == 1.5`, none, yes},
		{`days_since(time("2026-11-22")) == 0.5`, none, yes},
		{`days_until(lead.w) <= 1`, none, unknown},
		{`2 > days_since("visit")`, one, yes},
		{`now >= time("2026-11-22T12:00:00Z")`, none, yes},
		{`now > time("2026-11-22T12:00:00Z")`, none, no},
		{`time("2026-11-22T12:00:00.000000001Z") > now`, none, yes},
		{`known(lead.n)`, none, no},
		{`known(latest("visit", "n"))`, one, yes},
		{`known(lead.n >= 1)`, none, no},
		{`followed("visit", "form", "4d")`, one, yes},
		{`followed("visit", "form", "3d")`, one, no}, // exactly three days
		{`followed("visit", "form", "259201s")`, one, yes},
		{`followed("form", "visit", "2d")`, one, yes},
		{`followed("form", "visit", "1d")`, one, no},
		{`followed("visit", "visit", "10d")`, one, yes},
		{`followed("visit", "form", "4d", "2d")`, one, no}, // the window holds the b
		{`followed("visit", "form", "4d", "3d")`, one, yes},
		{`followed("form", "reset", "100d")`, one, no},
		{`followed("visit", "form", "4d")`, none, no},
		{`idle_steps("visit", "5d") == 4 + 1 + 0 + 0`, one, yes}, // 20, exactly 5, 4 and 1 days
		{`idle_steps("visit", "120h", "10d") == 2 + 1`, one, yes},
		{`idle_steps("visit", "432001s") == 3`, one, yes},
		{`idle_steps("visit", "1d") == 30`, one, yes},
		{`idle_steps("visit", "1d") == 0`, none, yes},
		{`known(idle_steps("visit", "1d"))`, none, yes},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			t.Parallel()
			if got := answerTo(t, test.condition, test.lead); got != test.want {
				t.Errorf("%s is %v, want %v", test.condition, got, test.want)
			}
		})
	}
}

// What silence costs stays lost when the signal occurs again, and a reset forgets it.
func TestSilenceThatStaysLost(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "engaged"}, {ID: "reset"}},
		Groups:  []qualify.Group{{ID: "g", ResetOn: "reset"}},
		Rules: []qualify.Rule{
			{ID: "monthly", Points: -10, Multiply: `idle_steps("engaged", "30d")`},
			{ID: "daily", Group: "g", When: `idle_steps("engaged", "7d", "1d") >= 2`, Points: -1, Multiply: `idle_steps("engaged", "7d", "1d")`},
		},
		Stages: []qualify.Stage{{ID: "quiet", Enter: `idle_steps("engaged", "1w", "24h") >= 2`}},
	})
	lead := history(idAct("a", "engaged", ago(70*day)), idAct("b", "engaged", ago(10*day)), act("reset", ago(2*day)), idAct("c", "engaged", noon))
	for _, tt := range []struct {
		at             time.Time
		monthly, daily float64
	}{
		{ago(41 * day), 0, -23},
		{ago(40 * day), -10, -24},
		{ago(10*day + 1), -10, -53},
		{ago(10 * day), -20, -54},
		{ago(3 * day), -20, -55},
		{ago(2*day + 1), -20, -55},
		{ago(2 * day), -20, 0}, // after the reset nothing is known of any silence
		{noon, -20, 0},
		{ago(-7 * day), -20, 0}, // one step is less than two
		{ago(-8 * day), -20, -2},
		{ago(-30 * day), -30, -24},
	} {
		c := assess(t, m, lead, tt.at).Score.Contributions
		if c[0].Points != tt.monthly || c[1].Points != tt.daily {
			t.Errorf("at %v: %v and %v, want %v and %v", tt.at, c[0].Points, c[1].Points, tt.monthly, tt.daily)
		}
	}
	want := `because idle_steps("engaged", "7d", "1d") is 55 (b, 2026-11-12 12:00), and must be 2 or more`
	if text := assess(t, m, lead, ago(3*day)).Verdict.String(); !strings.Contains(text, want) {
		t.Errorf("%s\nwants %s", text, want)
	}
}

// At exactly, and one nanosecond either side.
func TestSpansAreComparedInNanoseconds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		condition     string
		under, at, up qualify.Answer // 30 days less a nanosecond, 30 days, and one more
	}{
		{`happened("visit", "30d")`, qualify.Yes, qualify.No, qualify.No},
		{`days_since("visit") >= 30`, qualify.No, qualify.Yes, qualify.Yes},
		{`days_since("visit") > 30`, qualify.No, qualify.No, qualify.Yes},
		{`days_since("visit") == 30`, qualify.No, qualify.Yes, qualify.No},
		{`days_since("visit") != 30`, qualify.Yes, qualify.No, qualify.Yes},
		{`days_since("visit") < 30`, qualify.Yes, qualify.No, qualify.No},
		{`30 >= days_since_first("visit")`, qualify.Yes, qualify.Yes, qualify.No},
		{`idle_steps("visit", "30d") >= 1`, qualify.No, qualify.Yes, qualify.Yes},
		{`idle_steps("visit", "20d", "5d") >= 3`, qualify.No, qualify.Yes, qualify.Yes},
	}
	for _, test := range tests {
		for i, want := range []qualify.Answer{test.under, test.at, test.up} {
			if got := answerTo(t, test.condition, history(act("visit", ago(30*day+time.Duration(i-1))))); got != want {
				t.Errorf("%s at %+d ns is %v, want %v", test.condition, i-1, got, want)
			}
		}
	}
}

func TestLogic(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{Profile: profile{"n": 5, "t": "Straße", "c": "Ab", "b": false, "l": []string{"Red", "Blue"}}}
	const yes, no, unknown = qualify.Yes, qualify.No, qualify.Unknown
	tests := []struct {
		condition string
		want      qualify.Answer
	}{
		{`lead.m >= 1`, unknown}, {`lead.m != 1`, unknown}, {`lead.m == lead.m`, unknown},
		{`lead.m in [1, 2]`, unknown}, {`lead.m not in [1, 2]`, unknown},
		{`lead.m >= 1 and lead.b`, no}, {`lead.b and lead.m >= 1`, no},
		{`lead.m >= 1 or lead.n == 5`, yes}, {`lead.m >= 1 or lead.b`, unknown},
		{`not (lead.m >= 1)`, unknown}, {`!lead.b`, yes},
		{`lead.m >= 1 ? true : true`, yes}, {`lead.m >= 1 ? true : false`, unknown},
		{`(lead.m >= 1 ? 4 : 4) == 4`, yes}, {`(lead.m >= 1 ? 4 : 5) == 4`, unknown},
		{`(lead.m >= 1 ? lead.n : 5) == 5`, yes}, {`(lead.m >= 1 ? lead.m : 5) == 5`, unknown},
		{`(lead.n >= 1 ? lead.m : 5) == 5`, unknown}, {`(lead.b ? lead.m : 5) == 5`, yes},
		{`(lead.m ?? 7) == 7`, yes}, {`(lead.n ?? 7) == 7`, no}, {`(lead.m ?? lead.n) == 5`, yes},
		{`known(lead.m ?? 7)`, yes}, {`known(lead.m)`, no},
		{`lead.n / 0 >= 0`, unknown}, {`lead.n % 0 == 0`, unknown}, {`lead.n / 2 == 2.5`, yes}, {`lead.n % 3 == 2`, yes},
		{`-lead.n == -5`, yes}, {`lead.n + lead.m > 0`, unknown}, {`lead.n - 1 <= 4 and lead.n * 2 == 10`, yes},
		{`lead.t == "STRASSE"`, no}, {`lead.t == "STRAßE "`, yes}, {`lead.t contains "ASSE"`, no}, {`lead.t startsWith "sTr"`, yes},
		{`lead.t endsWith "SSE"`, no}, {`lead.t endsWith "ßE"`, yes}, {`lead.t matches "^str"`, yes}, {`lead.t in ["x", "straße"]`, yes},
		{`lead.t != "straße"`, no}, {`not (lead.t contains "x")`, yes},
		{`lead.c == "ab"`, no}, {`lead.c == "Ab"`, yes}, {`lead.c startsWith "a"`, no}, {`lead.c matches "^a"`, no}, {`lead.c in ["ab", "Ab"]`, yes},
		{`"red" in lead.l`, yes}, {`"green" in lead.l`, no}, {`"green" not in lead.l`, yes},
		{`lead.w >= time("2026-01-01")`, unknown}, {`known(lead.w)`, no},
	}
	for _, test := range tests {
		if got := answerTo(t, test.condition, lead); got != test.want {
			t.Errorf("%s is %v, want %v", test.condition, got, test.want)
		}
	}
}

// Text is folded rune by rune: K and the Kelvin sign, s and the long s.
func TestFold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value, literal string
		want           qualify.Answer
	}{
		{"\u212Aelvin", "kELVIN", qualify.Yes},
		{"mi\u017Ft", "MIST", qualify.Yes},
		{"\u03C2\u03C3", "\u03A3\u03A3", qualify.Yes}, // the three sigmas
		{"\u0130", "i", qualify.No},                   // dotted capital I folds to itself alone
		{"e\u0301", "\u00E9", qualify.No},             // no normalisation
	} {
		if got := answerTo(t, fmt.Sprintf("lead.t == %q", test.literal), qualify.Lead{Profile: profile{"t": test.value}}); got != test.want {
			t.Errorf("%q == %q is %v, want %v", test.value, test.literal, got, test.want)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	p := withRules(
		qualify.Rule{When: `term.big and term.size > 1`, Points: 1},
		qualify.Rule{When: `(term.name ?? "x") == "x"`, Points: 10},
		qualify.Rule{When: `known(term.start) or "a" in (term.list)`, Points: 100},
	)
	p.Terms = []qualify.Term{
		{ID: "big", Is: `term.size >= 10`}, {ID: "size", Is: `lead.n ?? 0`}, {ID: "name", Is: `lead.t`},
		{ID: "start", Is: `lead.w`}, {ID: "list", Is: `lead.l`},
	}
	m := compile(t, p)
	for _, test := range []struct {
		profile profile
		want    float64
	}{
		{nil, 10}, {profile{"n": 10}, 11}, {profile{"n": 10, "t": "y"}, 1}, {profile{"l": "A;b"}, 110}, {profile{"w": "2026-01-01", "t": "z"}, 100},
	} {
		if got := assess(t, m, qualify.Lead{Profile: test.profile}, noon).Score.Points; got != test.want {
			t.Errorf("%v pays %v, want %v", test.profile, got, test.want)
		}
	}
}

func TestStateRules(t *testing.T) {
	t.Parallel()
	tiers := []qualify.Tier{{When: `lead.n >= 100`, Points: 30}, {When: `lead.b`, Points: 20}, {When: `lead.n >= 10`, Points: 10}}
	tests := []struct {
		name   string
		rule   qualify.Rule
		lead   profile
		points float64
		answer qualify.Answer
	}{
		{"yes", qualify.Rule{When: `lead.n >= 1`, Points: 5, Else: -3}, profile{"n": 1}, 5, qualify.Yes},
		{"a definite no", qualify.Rule{When: `lead.n >= 1`, Points: 5, Else: -3}, profile{"n": 0}, -3, qualify.No},
		{"unknown pays neither", qualify.Rule{When: `lead.n >= 1`, Points: 5, Else: -3}, nil, 0, qualify.Unknown},
		{"multiplied", qualify.Rule{When: `lead.b`, Points: 5, Multiply: `lead.n`}, profile{"b": true, "n": 2.5}, 12.5, qualify.Yes},
		{"else is not multiplied", qualify.Rule{When: `lead.b`, Points: 5, Else: -1, Multiply: `lead.n`}, profile{"b": false, "n": 2.5}, -1, qualify.No},
		{"an unknown multiplier pays nothing", qualify.Rule{When: `lead.b`, Points: 5, Multiply: `lead.n`}, profile{"b": true}, 0, qualify.Yes},
		{"a multiplier alone", qualify.Rule{Points: 2, Multiply: `lead.n`}, profile{"n": -3}, -6, qualify.Yes},
		{"a multiplier of the history", qualify.Rule{Points: 2, Multiply: `count("visit")`}, nil, 0, qualify.Yes},
		{"a million at most", qualify.Rule{Points: 2, Multiply: `lead.n`}, profile{"n": 1e14}, 1e6, qualify.Yes},
		{"a million at least", qualify.Rule{Points: -2, Multiply: `lead.n`}, profile{"n": 1e14}, -1e6, qualify.Yes},
		{"first tier", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 100}, 30, qualify.Yes},
		{"second tier", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 99, "b": true}, 20, qualify.Yes},
		{"third tier", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 99, "b": false}, 10, qualify.Yes},
		{"every tier a no", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 9, "b": false}, -1, qualify.No},
		{"an unknown before the yes", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 99}, 0, qualify.Unknown},
		{"an unknown after the yes", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 100, "b": nil}, 30, qualify.Yes},
		{"an unknown before all noes", qualify.Rule{Tiers: tiers, Else: -1}, profile{"n": 9}, 0, qualify.Unknown},
		{"tiers multiplied", qualify.Rule{Tiers: tiers, Multiply: `lead.m`}, profile{"n": 100, "m": 2}, 60, qualify.Yes},
		{"bounds", qualify.Rule{When: `lead.b`, Points: 5, Multiply: `lead.n`, Min: new(-3.0), Max: new(7.0)}, profile{"b": true, "n": 2}, 7, qualify.Yes},
		{"bounds from below", qualify.Rule{When: `lead.b`, Points: 5, Multiply: `lead.n`, Min: new(-3.0), Max: new(7.0)}, profile{"b": true, "n": -2}, -3, qualify.Yes},
		{"a least sum above nothing", qualify.Rule{When: `lead.b`, Points: 5, Min: new(2.0)}, nil, 2, qualify.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := assess(t, compile(t, withRules(test.rule)), qualify.Lead{Profile: test.lead}, noon).Score.Contributions[0]
			if c.Points != test.points || c.Answer != test.answer || c.Count != 0 {
				t.Errorf("pays %v, answer %v, count %d; want %v, %v, 0", c.Points, c.Answer, c.Count, test.points, test.answer)
			}
		})
	}
}

func TestEventRules(t *testing.T) {
	t.Parallel()
	at := func(ns ...time.Duration) []qualify.Activity {
		var all []qualify.Activity
		for _, d := range ns {
			all = append(all, act("visit", ago(d)))
		}
		return all
	}
	n := func(pairs ...float64) []qualify.Activity { // days ago, n
		var all []qualify.Activity
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, act("visit", ago(time.Duration(pairs[i]*float64(day))), "n", pairs[i+1]))
		}
		return all
	}
	rule := func(points float64, l qualify.Limit) qualify.Rule {
		return qualify.Rule{On: "visit", Points: points, Limit: l}
	}
	multiplied := func(l qualify.Limit) qualify.Rule {
		return qualify.Rule{On: "visit", Points: 1, Multiply: `activity.n`, Limit: l}
	}
	tests := []struct {
		name   string
		rule   qualify.Rule
		acts   []qualify.Activity
		points float64
		count  int
	}{
		{"every occurrence", rule(5, qualify.Limit{}), at(0, day, 2*day), 15, 3},
		{"none", rule(5, qualify.Limit{}), nil, 0, 0},
		{"when is no", qualify.Rule{On: "visit", Points: 5, When: `count("visit") > 3`}, at(0, 1, 2), 0, 0},
		{"when is yes", qualify.Rule{On: "visit", Points: 5, When: `count("visit") >= 3`}, at(0, 1, 2), 15, 3},
		{"when is unknown", qualify.Rule{On: "visit", Points: 5, When: `lead.b`}, at(0, 1, 2), 0, 0},
		{"multiplied", multiplied(qualify.Limit{}), n(0, 2, 1, 3.5), 5.5, 2},
		{"an unknown multiplier pays nothing", multiplied(qualify.Limit{}), append(n(0, 2), act("visit", noon)), 2, 1},

		// Without a period: the newest.
		{"the newest two", multiplied(qualify.Limit{Times: 2}), n(3, 1, 2, 10, 1, 100), 110, 2},
		{"an unknown multiplier uses up nothing", multiplied(qualify.Limit{Times: 1}), append(n(2, 7), act("visit", noon)), 7, 1},
		{"at most so many points, the last in part, from the newest", multiplied(qualify.Limit{Points: 12}), n(3, 1, 2, 5, 1, 10), 12, 2},
		{"at most so many points below zero", multiplied(qualify.Limit{Points: 12}), n(3, -1, 2, -5, 1, -10), -12, 2},
		{"times and points", multiplied(qualify.Limit{Times: 1, Points: 12}), n(2, 5, 1, 10), 10, 1},
		{"what points leaves nothing to uses up none of times", multiplied(qualify.Limit{Times: 2, Points: 12}), n(3, -1, 2, 5, 1, 12), 11, 2},
		{"what is worth nothing uses up one of times", multiplied(qualify.Limit{Times: 2}), n(3, 4, 2, 5, 1, 0), 5, 1},
		{"once a value: the newest", qualify.Rule{On: "visit", Points: 1, Multiply: `activity.n`, Limit: qualify.Limit{OncePer: "t"}},
			[]qualify.Activity{act("visit", ago(3), "n", 1, "t", "A"), act("visit", ago(2), "n", 10, "t", " a "), act("visit", ago(1), "n", 100, "t", "b"), act("visit", noon, "n", 1000)}, 110, 2},
		{"once a code", qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "c"}},
			[]qualify.Activity{act("visit", ago(3), "c", "A"), act("visit", ago(2), "c", "a"), act("visit", ago(1), "c", "a")}, 2, 2},
		{"once a number", qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "n"}},
			[]qualify.Activity{act("visit", ago(3), "n", 1), act("visit", ago(2), "n", "1.0"), act("visit", ago(1), "n", 1.5)}, 2, 2},
		{"once a value, and at most one", qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "c", Times: 1}},
			[]qualify.Activity{act("visit", ago(3), "c", "A"), act("visit", ago(2), "c", "a")}, 1, 1},

		// Within a rolling period, in history order.
		{"one a rolling day", rule(1, qualify.Limit{Times: 1, Per: qualify.Day}), at(2*day, day+time.Hour, day-time.Hour, 0), 2, 2},
		{"exactly a day later", rule(1, qualify.Limit{Times: 1, Per: qualify.Day}), at(day, 0), 2, 2},
		{"a nanosecond less than a day later", rule(1, qualify.Limit{Times: 1, Per: qualify.Day}), at(day-1, 0), 1, 1},
		{"the first in the period pay", multiplied(qualify.Limit{Times: 1, Per: qualify.Day}), n(0.5, 1, 0.25, 10, 0, 100), 1, 1},
		{"points a rolling day", multiplied(qualify.Limit{Points: 12, Per: qualify.Day}), n(0.9, 10, 0.5, 10, 0, 10), 12, 2},
		{"points come back as they leave the period", multiplied(qualify.Limit{Points: 12, Per: qualify.Day}), n(1, 10, 0.5, 10, 0, 10), 22, 3},
		{"every period is bounded, also one without what made room", multiplied(qualify.Limit{Points: 5, Per: 2 * qualify.Day}), n(2, -5, 1, 10, 0, 0.5), 0, 2},
		{"the same below zero", multiplied(qualify.Limit{Points: 5, Per: 2 * qualify.Day}), n(2, 5, 1, -10, 0, -0.5), 0, 2},
		{"opposite amounts of one instant make room for each other", multiplied(qualify.Limit{Points: 5, Per: qualify.Day}), n(0, -5, 0, 10), 5, 2},
		{"what the bound leaves nothing to uses up no time", multiplied(qualify.Limit{Points: 5, Times: 2, Per: qualify.Day}), n(0.9, 5, 0.5, 3, 0, -2), 3, 2},
		{"what is worth nothing uses up a time", multiplied(qualify.Limit{Times: 2, Per: qualify.Day}), n(0.9, 5, 0.5, 0, 0, 3), 5, 1},
		{"what the bound leaves nothing to leaves its value to the next", qualify.Rule{On: "visit", Points: 1, Multiply: `activity.n`, Limit: qualify.Limit{Points: 5, OncePer: "c", Per: qualify.Day}},
			[]qualify.Activity{act("visit", ago(30*time.Hour), "n", 5, "c", "A"), act("visit", ago(7*time.Hour), "n", 1, "c", "B"), act("visit", ago(6*time.Hour), "n", 2, "c", "B")}, 7, 2},
		{"once a value a rolling day: the first", qualify.Rule{On: "visit", Points: 1, Multiply: `activity.n`, Limit: qualify.Limit{OncePer: "c", Per: qualify.Day}},
			[]qualify.Activity{act("visit", ago(20*time.Hour), "n", 1, "c", "A"), act("visit", ago(10*time.Hour), "n", 10, "c", "A"),
				act("visit", ago(5*time.Hour), "n", 100, "c", "B"), act("visit", noon.Add(4*time.Hour-day+day-4*time.Hour), "n", 1000)}, 101, 2},
		{"once a value again after the period", qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{OncePer: "c", Per: qualify.Day}},
			[]qualify.Activity{act("visit", ago(day), "c", "A"), act("visit", noon, "c", "A")}, 2, 2},

		// Within a calendar period, in history order.
		{"one a calendar day", rule(1, qualify.Limit{Times: 1, Calendar: "day"}), at(0, 12*time.Hour, 12*time.Hour+1, 36*time.Hour), 2, 2},
		{"one a calendar week", rule(1, qualify.Limit{Times: 1, Calendar: "week"}), []qualify.Activity{
			act("visit", date("2026-11-15T23:59:59Z")), act("visit", date("2026-11-16T00:00:00Z")), act("visit", date("2026-11-22T11:00:00Z"))}, 2, 2},
		{"one a calendar month", rule(1, qualify.Limit{Times: 1, Calendar: "month"}), []qualify.Activity{
			act("visit", date("2026-10-31T23:59:59Z")), act("visit", date("2026-11-01T00:00:00Z")), act("visit", date("2026-11-22T11:00:00Z")), act("visit", date("2025-11-22T11:00:00Z"))}, 3, 3},
		{"points a calendar day", multiplied(qualify.Limit{Points: 12, Calendar: "day"}), n(0.4, 10, 0.3, 10, 1, 5), 17, 3},

		// Limits before Within, Within before decay.
		{"within, exactly", qualify.Rule{On: "visit", Points: 1, Within: 30 * qualify.Day}, at(30*day, 30*day-1), 1, 1},
		{"the limit chooses first", qualify.Rule{On: "visit", Points: 1, Within: 30 * qualify.Day, Limit: qualify.Limit{Times: 1, Per: 40 * qualify.Day}}, at(31*day, 0), 0, 0},
		{"limits are on amounts before decay", qualify.Rule{On: "visit", Points: 10, Limit: qualify.Limit{Points: 15}, Decay: qualify.Decay{HalfLife: qualify.Day}}, at(day, day), 7.5, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := assess(t, compile(t, withRules(test.rule)), history(test.acts...), noon).Score.Contributions[0]
			if c.Points != test.points || c.Count != test.count {
				t.Errorf("pays %v for %d, want %v for %d", c.Points, c.Count, test.points, test.count)
			}
		})
	}
}

func TestDecay(t *testing.T) {
	t.Parallel()
	d := qualify.Day
	tests := []struct {
		name  string
		decay qualify.Decay
		age   time.Duration
		want  float64 // of 100 points
	}{
		{"none", qualify.Decay{None: true}, 1000 * day, 100},
		{"half-life, new", qualify.Decay{HalfLife: 30 * d}, 0, 100},
		{"half-life, one", qualify.Decay{HalfLife: 30 * d}, 30 * day, 50},
		{"half-life, half of one", qualify.Decay{HalfLife: 30 * d}, 15 * day, 70.710678},
		{"half-life, ten", qualify.Decay{HalfLife: 30 * d}, 300 * day, 0.097656}, // 0.09765625
		{"linear, new", qualify.Decay{Linear: 40 * d}, 0, 100},
		{"linear, a quarter", qualify.Decay{Linear: 40 * d}, 10 * day, 75},
		{"linear, at the end", qualify.Decay{Linear: 40 * d}, 40 * day, 0},
		{"linear, beyond", qualify.Decay{Linear: 40 * d}, 41 * day, 0},
		{"step, before", qualify.Decay{Every: 30 * d, Lose: 0.4}, 30*day - 1, 100},
		{"step, exactly", qualify.Decay{Every: 30 * d, Lose: 0.4}, 30 * day, 60},
		{"step, second", qualify.Decay{Every: 30 * d, Lose: 0.4}, 60 * day, 20},
		{"step, no less than nothing", qualify.Decay{Every: 30 * d, Lose: 0.4}, 90 * day, 0},
		{"compound, before", qualify.Decay{Every: 30 * d, Lose: 0.4, Compound: true}, 30*day - 1, 100},
		{"compound, exactly", qualify.Decay{Every: 30 * d, Lose: 0.4, Compound: true}, 30 * day, 60},
		{"compound, second", qualify.Decay{Every: 30 * d, Lose: 0.4, Compound: true}, 60 * day, 36},
		{"compound, third", qualify.Decay{Every: 30 * d, Lose: 0.4, Compound: true}, 90 * day, 21.6},
		{"all at once", qualify.Decay{Every: 30 * d, Lose: 1}, 30 * day, 0},
		{"a third, thrice", qualify.Decay{Every: 30 * d, Lose: 1.0 / 3}, 90 * day, 0},
		{"all at once, compound", qualify.Decay{Every: 30 * d, Lose: 1, Compound: true}, 30 * day, 0},
		{"idle, not yet", qualify.Decay{Idle: "any", Every: 7 * d, Lose: 0.25}, 7*day - 1, 100},
		{"idle, one span", qualify.Decay{Idle: "any", Every: 7 * d, Lose: 0.25}, 7 * day, 75},
		{"idle, two spans", qualify.Decay{Idle: "any", Every: 7 * d, Lose: 0.25}, 20 * day, 56.25},
	}
	for _, test := range tests {
		if got := pointsOf(t, qualify.Rule{On: "visit", Points: 100, Decay: test.decay}, history(act("visit", ago(test.age)))); got != test.want {
			t.Errorf("%s: %v is left, want %v", test.name, got, test.want)
		}
		if got := pointsOf(t, qualify.Rule{On: "visit", Points: -100, Decay: test.decay}, history(act("visit", ago(test.age)))); got != -test.want {
			t.Errorf("%s: %v is left of a deduction, want %v", test.name, got, -test.want)
		}
	}
}

// Idle decay goes gap by gap, and what is lost is lost for good.
func TestIdleDecay(t *testing.T) {
	t.Parallel()
	rule := qualify.Rule{On: "visit", Points: 100, Decay: qualify.Decay{Idle: "either", Every: 7 * qualify.Day, Lose: 0.5}}
	for _, test := range []struct {
		name string
		acts []qualify.Activity
		want float64
	}{
		{"two gaps of six days lose nothing", []qualify.Activity{act("visit", ago(12*day)), act("form", ago(6*day))}, 100},
		{"gaps do not add up to spans", []qualify.Activity{act("visit", ago(26*day)), act("form", ago(13*day))}, 25},
		{"another signal does not count", []qualify.Activity{act("visit", ago(12*day)), act("reset", ago(6*day))}, 50},
		{"what was lost before the form stays lost", []qualify.Activity{act("visit", ago(8*day)), act("form", ago(day))}, 50},
		{"a gap before the occurrence is none of its", []qualify.Activity{act("form", ago(100*day)), act("visit", ago(day))}, 100},
		{"each for itself", []qualify.Activity{act("visit", ago(8*day)), act("visit", ago(day))}, 150},
		{"an activity at the same instant", []qualify.Activity{act("visit", ago(8*day)), act("form", ago(8*day))}, 50},
	} {
		if got := pointsOf(t, rule, history(test.acts...)); got != test.want {
			t.Errorf("%s: pays %v, want %v", test.name, got, test.want)
		}
	}
}

func TestDecayOfTheGroup(t *testing.T) {
	t.Parallel()
	p := withRules(
		qualify.Rule{ID: "own", Group: "g", On: "visit", Points: 100, Decay: qualify.Decay{Linear: 40 * qualify.Day}},
		qualify.Rule{ID: "none", Group: "g", On: "visit", Points: 100, Decay: qualify.Decay{None: true}},
		qualify.Rule{ID: "group", Group: "g", On: "visit", Points: 100},
		qualify.Rule{ID: "above", Group: "child", On: "visit", Points: 100},
		qualify.Rule{ID: "kept away", Group: "free", On: "visit", Points: 100},
		qualify.Rule{ID: "state", Group: "g", When: `happened("visit")`, Points: 100},
		qualify.Rule{ID: "root", On: "visit", Points: 100},
	)
	p.Groups = []qualify.Group{
		{ID: "child", Parent: "g"}, {ID: "g", Decay: qualify.Decay{HalfLife: 10 * qualify.Day}},
		{ID: "free", Parent: "g", Decay: qualify.Decay{None: true}},
		{ID: "total", Decay: qualify.Decay{Every: 10 * qualify.Day, Lose: 0.1}},
	}
	a := assess(t, compile(t, p), history(act("visit", ago(10*day))), noon)
	want := map[string]float64{"own": 75, "none": 100, "group": 50, "above": 50, "kept away": 100, "state": 100, "root": 90}
	for _, c := range a.Score.Contributions {
		if c.Points != want[c.Rule] {
			t.Errorf("%s pays %v, want %v", c.Rule, c.Points, want[c.Rule])
		}
	}
}

func TestResetOn(t *testing.T) {
	t.Parallel()
	p := withRules(
		qualify.Rule{ID: "event", Group: "g", On: "visit", Points: 1},
		qualify.Rule{ID: "state", Group: "g", When: `count("visit") >= 2`, Points: 10, Else: -10},
		qualify.Rule{ID: "reset", Group: "g", On: "reset", Points: 100},
		qualify.Rule{ID: "child", Group: "child", On: "visit", Points: 1},
		qualify.Rule{ID: "child state", Group: "child", When: `known(latest("visit", "n"))`, Points: 10},
		qualify.Rule{ID: "term", Group: "g", When: `term.many`, Points: 10},
		qualify.Rule{ID: "outside", On: "visit", Points: 1},
		qualify.Rule{ID: "outside term", When: `term.many`, Points: 10},
		qualify.Rule{ID: "limited", Group: "g", On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, Per: 10 * qualify.Day}},
	)
	p.Terms = []qualify.Term{{ID: "many", Is: `count("visit") >= 2`}}
	p.Groups = []qualify.Group{{ID: "g", ResetOn: "reset"}, {ID: "child", Parent: "g", ResetOn: "form"}}
	m := compile(t, p)
	for _, test := range []struct {
		name string
		acts []qualify.Activity
		want map[string]float64
	}{
		{"never reset", []qualify.Activity{act("visit", ago(2*day), "n", 1), act("visit", ago(day))},
			map[string]float64{"event": 2, "state": 10, "child": 2, "child state": 10, "term": 10, "outside": 2, "outside term": 10, "limited": 1}},
		{"reset between", []qualify.Activity{act("visit", ago(3*day), "n", 1), act("reset", ago(2*day)), act("visit", ago(day))},
			map[string]float64{"event": 1, "state": -10, "reset": 100, "child": 1, "outside": 2, "outside term": 10, "limited": 1}},
		{"the last reset counts, that one included", []qualify.Activity{act("reset", ago(3*day)), act("visit", ago(2*day)), act("reset", ago(day))},
			map[string]float64{"state": -10, "reset": 100, "outside": 1}},
		{"at one instant the order of history decides: visit stands after reset", []qualify.Activity{act("visit", noon), act("reset", noon), act("form", noon)},
			map[string]float64{"event": 1, "state": -10, "reset": 100, "child": 1, "outside": 1, "limited": 1}},
		{"a child sees from the later of both resets on", []qualify.Activity{act("visit", ago(5*day)), act("form", ago(4*day)), act("visit", ago(3*day)), act("reset", ago(2*day)), act("visit", ago(day))},
			map[string]float64{"event": 1, "state": -10, "reset": 100, "child": 1, "outside": 3, "outside term": 10, "limited": 1}},
		{"a child with its own later reset", []qualify.Activity{act("reset", ago(5*day)), act("visit", ago(4*day)), act("visit", ago(3*day)), act("form", ago(2*day))},
			map[string]float64{"event": 2, "state": 10, "reset": 100, "term": 10, "outside": 2, "outside term": 10, "limited": 1}},
		{"a reset after the instant is not there", []qualify.Activity{act("visit", ago(2*day), "n", 1), act("visit", ago(day)), act("reset", noon.Add(1))},
			map[string]float64{"event": 2, "state": 10, "child": 2, "child state": 10, "term": 10, "outside": 2, "outside term": 10, "limited": 1}},
	} {
		for _, c := range assess(t, m, history(test.acts...), noon).Score.Contributions {
			if c.Points != test.want[c.Rule] {
				t.Errorf("%s: %s pays %v, want %v", test.name, c.Rule, c.Points, test.want[c.Rule])
			}
		}
	}
}

// The activity that resets a group is the first that its rules see. It is an occurrence
// of the repeated signal that resets and of those that this one repeats, which count on
// after it. All other repeated signals count it as their first.
func TestResetOnARepeatedSignal(t *testing.T) {
	t.Parallel()
	signals := []string{"visit", "pair", "four", "third"}
	p := qualify.Policy{
		Signals: []qualify.Signal{{ID: "four", Repeats: "pair", Every: 2}, {ID: "visit"}, {ID: "pair", Repeats: "visit", Every: 2}, {ID: "third", Repeats: "visit", Every: 3}},
		Groups:  []qualify.Group{{ID: "g", ResetOn: "four"}, {ID: "below", Parent: "g"}},
	}
	for _, s := range signals {
		p.Rules = append(p.Rules,
			qualify.Rule{ID: s, Group: "g", On: s, Points: 1},
			qualify.Rule{ID: "below " + s, Group: "below", On: s, Points: 1},
			qualify.Rule{ID: "state " + s, Group: "g", When: "true", Points: 1, Multiply: fmt.Sprintf("count(%q)", s)},
			qualify.Rule{ID: "outside " + s, On: s, Points: 1})
	}
	m := compile(t, p)
	tracker := m.Track(&qualify.Lead{})
	lead := qualify.Lead{}
	for i, want := range [][4]float64{ // visits, pairs, fours and thirds that the group sees
		{1, 0, 0, 0}, {2, 1, 0, 0}, {3, 1, 0, 1}, {1, 1, 1, 0}, {2, 1, 1, 0}, {3, 2, 1, 1}, {4, 2, 1, 1},
		{1, 1, 1, 0}, {2, 1, 1, 0}, {3, 2, 1, 1}, {4, 2, 1, 1}, {1, 1, 1, 0},
	} {
		at := noon.Add(time.Duration(i) * time.Hour)
		a := idAct(fmt.Sprint(i+1), "visit", at)
		lead.Activities = append(lead.Activities, a)
		tracker.Add(a)
		got := assess(t, m, lead, at)
		n := float64(i + 1)
		outside := [4]float64{n, math.Floor(n / 2), math.Floor(n / 4), math.Floor(n / 3)}
		for j, s := range signals {
			for rule, want := range map[string]float64{s: want[j], "below " + s: want[j], "state " + s: want[j], "outside " + s: outside[j]} {
				k := slices.IndexFunc(got.Score.Contributions, func(c qualify.Contribution) bool { return c.Rule == rule })
				if c := got.Score.Contributions[k]; c.Points != want {
					t.Errorf("after %d visits, %s pays %v, want %v", i+1, rule, c.Points, want)
				}
			}
		}
		if followed := must(tracker.Assess(at)); bytesOf(t, followed) != bytesOf(t, got) {
			t.Errorf("after %d visits, a tracker differs", i+1)
		}
		followedAt(t, m, lead, at)
		explainedAt(t, m, lead, at)
		if i+1 != 7 {
			continue
		}
		want := map[string]string{"visit": "7 6 5 4 (3 2 1)", "pair": "6 4 (2)", "four": "4", "third": "6 (3)"}
		for _, r := range explain(t, m, lead, at).Rules {
			var seen, hidden []string
			for _, o := range r.Parts[0].Occurrences {
				if o.LeftOut == "reset" {
					hidden = append(hidden, o.Activity)
				} else {
					seen = append(seen, o.Activity)
				}
			}
			text := strings.Join(seen, " ")
			if hidden != nil {
				text += " (" + strings.Join(hidden, " ") + ")"
			}
			if want, ok := want[r.ID]; ok && text != want {
				t.Errorf("%s is explained by %s, want %s", r.ID, text, want)
			}
		}
	}
}

// Where the clock goes back over midnight, what it shows again belongs to the new
// day, for limits, repeated signals and functions alike: St John's, 2010-11-07,
// one minute after midnight.
func TestClockPutBackOverMidnight(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Fatal(err)
	}
	acts := []qualify.Activity{
		act("visit", date("2010-11-07T02:30:30Z")), // 00:00:30 on the 7th
		act("visit", date("2010-11-07T03:00:00Z")), // 23:30 on the 6th, again
		act("visit", date("2010-11-07T04:00:00Z")), // 00:30 on the 7th
	}
	for i, want := range []string{"7", "6", "7"} {
		if got := acts[i].At.In(loc).Format("2"); got != want {
			t.Fatalf("activity %d is on day %s", i, got)
		}
	}
	in := qualify.WithLocation(loc)
	if got := pointsOf(t, qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, Calendar: "day"}}, history(acts...), in); got != 1 {
		t.Errorf("one a calendar day pays %v, want 1", got)
	}
	if got := answerTo(t, `active_days("visit") == 1`, history(acts...), in); got != qualify.Yes {
		t.Errorf("active_days is not 1")
	}
	before := append(acts, act("visit", date("2010-11-07T02:29:59Z"))) // 23:59:59 on the 6th
	if got := answerTo(t, `active_days("visit") == 2`, history(before...), in); got != qualify.Yes {
		t.Errorf("active_days is not 2")
	}
}

func TestCalendarOfTheLocation(t *testing.T) {
	t.Parallel()
	tokyo := qualify.WithLocation(time.FixedZone("Tokyo", 9*3600))
	acts := []qualify.Activity{act("visit", date("2026-11-01T14:59:59Z")), act("visit", date("2026-11-01T15:00:00Z")), act("visit", date("2026-10-31T15:00:00Z"))}
	for _, test := range []struct {
		calendar   string
		utc, local float64
	}{
		{"day", 2, 2}, {"week", 1, 2}, {"month", 2, 1},
	} {
		rule := qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, Calendar: test.calendar}}
		if got := pointsOf(t, rule, history(acts...)); got != test.utc {
			t.Errorf("one a %s of UTC pays %v, want %v", test.calendar, got, test.utc)
		}
		if got := pointsOf(t, rule, history(acts...), tokyo); got != test.local {
			t.Errorf("one a %s of Tokyo pays %v, want %v", test.calendar, got, test.local)
		}
	}
	if got := answerTo(t, `days_since(lead.w) == 1.375`, qualify.Lead{Profile: profile{"w": "2026-11-21"}}, tokyo); got != qualify.No {
		t.Errorf("a date in Tokyo begins at its midnight: %v", got)
	}
	if got := answerTo(t, `days_since(lead.w) == 1.875 and lead.w == time("2026-11-21")`, qualify.Lead{Profile: profile{"w": "2026-11-21"}}, tokyo); got != qualify.Yes {
		t.Errorf("a date in Tokyo begins at its midnight: %v", got)
	}
	var none *time.Location
	if got := pointsOf(t, qualify.Rule{On: "visit", Points: 1, Limit: qualify.Limit{Times: 1, Calendar: "month"}}, history(acts...), qualify.WithLocation(none)); got != 2 {
		t.Errorf("without a location: %v", got)
	}
}

// Conditions that compile, although they look a little like mistakes.
func TestTextTestsAgainstDeclaredValues(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	p.Profile = append(p.Profile, qualify.Field{Name: "plan", Kind: qualify.Code, Values: []string{"pro-monthly", "pro-yearly", "free"}})
	for _, condition := range []string{
		`lead.plan startsWith "pro"`, `lead.plan contains "year"`, `lead.plan endsWith "ly"`, `lead.plan matches "^pro"`,
		`(lead.plan ?? "none") == "none"`, `(lead.b ? lead.plan : "none") == "none"`,
	} {
		p.Rules = []qualify.Rule{{ID: "r", When: condition, Points: 1}}
		if _, err := qualify.Compile(p); err != nil {
			t.Errorf("%s: %v", condition, err)
		}
	}
	p.Rules = []qualify.Rule{{ID: "r", When: `lead.plan == "pro"`, Points: 1}}
	if _, err := qualify.Compile(p); err == nil {
		t.Errorf("a comparison with what is no value compiles")
	}
}

// mistakes compiles a policy that must not compile.
func mistakes(t testing.TB, p qualify.Policy, options ...qualify.Option) *qualify.CompileError {
	t.Helper()
	m, err := qualify.Compile(p, options...)
	var e *qualify.CompileError
	if !errors.As(err, &e) || m != nil {
		t.Fatalf("Compile gives %v, %v; want a *CompileError", m, err)
	}
	return e
}

// What fields declare of where and how their values stand.
func TestFieldMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field qualify.Field
		want  string // blank: none
	}{
		{qualify.Field{Kind: qualify.Text, From: "a"}, ""},
		{qualify.Field{Kind: qualify.Text, From: "a.b.0.c"}, ""},
		{qualify.Field{Kind: qualify.Text, From: " Lead Source "}, ""},
		{qualify.Field{Kind: qualify.Text, From: "\ufeffname"}, ""},
		{qualify.Field{Kind: qualify.Text, From: "a..b"}, `attribute "f", from, 1:1: from is a key, or keys with dots between them, as in "company.employees": one of them is blank`},
		{qualify.Field{Kind: qualify.Text, From: ".a"}, `one of them is blank`},
		{qualify.Field{Kind: qualify.Text, From: "a."}, `one of them is blank`},
		{qualify.Field{Kind: qualify.Text, From: " "}, `one of them is blank`},
		{qualify.Field{Kind: qualify.Texts, From: "a.*.b"}, ""},
		{qualify.Field{Kind: qualify.Texts, From: "a.*"}, ""},
		{qualify.Field{Kind: qualify.Number, From: "*"}, ""},
		{qualify.Field{Kind: qualify.Number, From: "a.b*c"}, ""},
		{qualify.Field{Kind: qualify.Text, From: "a.*.b"}, `* is every element of a list, and only texts can be a list: write the number of one element, such as 0, or the kind texts`},
		{qualify.Field{Kind: qualify.Number, From: "a.*"}, `* is every element of a list, and only texts can be a list`},
		{qualify.Field{Kind: qualify.Texts, From: "a.*.b.*"}, `* is every element of a list, and may stand once: texts hold no lists`},
		{qualify.Field{Kind: qualify.Text, From: strings.Repeat("a", 200)}, ""},
		{qualify.Field{Kind: qualify.Text, From: strings.Repeat("a", 201)}, `from has 201 bytes, and may have 200`},
		{qualify.Field{Kind: qualify.Texts, Separator: ","}, ""},
		{qualify.Field{Kind: qualify.Texts, Separator: "\n"}, ""},
		{qualify.Field{Kind: qualify.Texts, Separator: strings.Repeat("-", 20)}, ""},
		{qualify.Field{Kind: qualify.Texts, Separator: strings.Repeat("-", 21)}, `separator, 1:1: a separator has at most 20 bytes`},
		{qualify.Field{Kind: qualify.Text, Separator: ","}, `only texts, a list of text, have a separator`},
		{qualify.Field{Kind: qualify.Time, Epoch: "s"}, ""},
		{qualify.Field{Kind: qualify.Time, Epoch: "\u00b5s"}, ""},
		{qualify.Field{Kind: qualify.Time, Epoch: "seconds"}, `epoch, 1:1: epoch is the unit of numbers that count the time since 1970: s, ms, us or ns`},
		{qualify.Field{Kind: qualify.Number, Epoch: "s"}, `only a time has an epoch`},
		{qualify.Field{Kind: qualify.Bool, Default: "no"}, ""},
		{qualify.Field{Kind: qualify.Number, Default: "0", Maximum: new(0.0)}, ""},
		{qualify.Field{Kind: qualify.Texts, Default: "[]"}, ""},
		{qualify.Field{Kind: qualify.Texts, Default: "a,b", Separator: ","}, ""},
		{qualify.Field{Kind: qualify.Time, Default: "2026-01-01 10:00"}, ""},
		{qualify.Field{Kind: qualify.Time, Default: "0", Epoch: "s"}, ""},
		{qualify.Field{Kind: qualify.Bool, Default: "maybe"}, `default, 1:1: the default is not what a lead could have here: it must be of the kind bool, within what the field declares, and no placeholder`},
		{qualify.Field{Kind: qualify.Number, Default: "1", Maximum: new(0.0)}, `of the kind number`},
		{qualify.Field{Kind: qualify.Text, Default: "a", Values: []string{"b"}}, `of the kind text`},
		{qualify.Field{Kind: qualify.Text, Default: "a", Placeholders: []string{"A"}}, `no placeholder`},
		{qualify.Field{Kind: qualify.Texts, Default: "a,b"}, `of the kind texts`},
		{qualify.Field{Kind: qualify.Texts, Default: "a;c", Values: []string{"a", "b"}}, `of the kind texts`},
		{qualify.Field{Kind: qualify.Text, Default: "  "}, `of the kind text`},
		{qualify.Field{Kind: qualify.Text, Values: []string{"\u200b"}}, "blank text is unknown as it is"},
		{qualify.Field{Kind: "nmuber", Default: "1"}, "kind must be one of"},
	} {
		test.field.Name = "f"
		_, err := qualify.Compile(qualify.Policy{Profile: []qualify.Field{test.field}})
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "1 mistake\n")) {
			t.Errorf("%+v: %v, want %q", test.field, err, test.want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	p.Name = "b2b"
	p.Profile = append(p.Profile, qualify.Field{Name: "n", Kind: "nmuber"}, qualify.Field{Name: "size", Kind: qualify.Number, Minimum: new(5.0), Maximum: new(1.0)},
		qualify.Field{Kind: qualify.Text}, qualify.Field{Name: "plan", Kind: qualify.Bool, Values: []string{"a", " "}})
	p.Properties = append(p.Properties, qualify.Field{Name: "at", Kind: qualify.Time})
	p.Terms = []qualify.Term{{ID: "one", Is: `term.two`}, {ID: "two", Is: `term.one and lead.b`}, {ID: "three"}}
	p.Signals = append(p.Signals,
		qualify.Signal{ID: "bad", Types: []string{""}, Where: `activity.n > 1 and lead.b`},
		qualify.Signal{ID: "visit"}, qualify.Signal{ID: "loop", Repeats: "pool", Every: 1}, qualify.Signal{ID: "pool", Repeats: "loop", Every: 1.5},
		qualify.Signal{ID: "stray", Every: 3}, qualify.Signal{ID: "sum", Repeats: "visit", Sum: "t", Per: qualify.Day, Calendar: "fortnight"})
	p.Rules = []qualify.Rule{
		{ID: "misspelt", Group: "ft", When: "lead.b\n  and lead.sizee > 3", Points: 2e6},
		{ID: "typed", When: `lead.n == "x"`, Multiply: `days_since("vist")`},
		{ID: "nothing"},
		{ID: "event", On: "vizit", Else: 1, Tiers: []qualify.Tier{{When: `true`}}, Limit: qualify.Limit{Times: -1, Per: 1, OncePer: "l"}, Decay: qualify.Decay{HalfLife: -1, Every: qualify.Day, Lose: 2}, Min: new(2.0), Max: new(1.0)},
		{ID: "state", When: `happened("visit", "3m") or count("visit", "since") > 1 or happened("visit", "1y")`, Within: qualify.Day},
		{ID: "stage", When: `score() > 1`},
		{ID: "clock", When: `now`, Multiply: `met("budget")`},
		{ID: "tier", Tiers: []qualify.Tier{{Points: 1}, {When: `lead.l == "x"`}}},
	}
	p.Groups = []qualify.Group{
		{ID: "fit", Parent: "fat", Weight: new(11.0), Bands: []qualify.Band{{From: new(5.0), Label: "A"}, {Label: "B"}, {From: new(5.0)}}},
		{ID: "a", Parent: "b"}, {ID: "b", Parent: "a", ResetOn: "vizit", Round: -1}, {ID: "total", Parent: "fit"},
	}
	p.Criteria = qualify.BANT(`lead.budget > 1`, ``, `lead.b`, `unmet("need")`)
	p.Stages = []qualify.Stage{{ID: "mql"}, {ID: "mql", Enter: `reached("sql") and band("fit") == "Z" and score("a") > 1`, Keep: `lead.b ? 1 : true`, MinStay: 2 * qualify.Day, MaxStay: qualify.Day}}
	p.Rating = []string{"fit", "engagement", "a"}
	e := mistakes(t, p)
	golden(t, "compile_error", e.Error()+"\n")
	if e.Policy != "b2b" {
		t.Errorf("the error is of policy %q", e.Policy)
	}
}

// Mistakes stand in the order of the document, also within lists of a rule or a
// group, and none hides another.
func TestCompileErrorOrder(t *testing.T) {
	t.Parallel()
	fields := func(e *qualify.CompileError) (all []string) {
		for _, m := range e.Mistakes {
			all = append(all, strings.Trim(m.Path+"."+m.Field, "."))
		}
		return all
	}
	tests := []struct {
		name   string
		change func(p *qualify.Policy)
		want   []string
	}{
		{"tiers", func(p *qualify.Policy) {
			p.Rules = []qualify.Rule{{ID: "r", Tiers: []qualify.Tier{{When: `lead.b`, Points: 2e6}, {When: `lead.x`, Points: 1}}}}
		}, []string{"rules[0].tiers[0].points", "rules[0].tiers[1].when"}},
		{"bands", func(p *qualify.Policy) {
			p.Groups = []qualify.Group{{ID: "g", Bands: []qualify.Band{{From: new(1.0)}, {From: new(0.0), Label: "x"}}}}
		}, []string{"groups[0].bands[0].label", "groups[0].bands[1].from"}},
		{"sections", func(p *qualify.Policy) {
			p.Rating = []string{"nope"}
			p.Stages = []qualify.Stage{{ID: "s"}}
			p.Criteria = []qualify.Criterion{{ID: "c"}}
			p.Groups = []qualify.Group{{ID: ""}}
			p.Rules = []qualify.Rule{{ID: "r"}, {ID: "q", On: "nope", Decay: qualify.Decay{Lose: 1}, Limit: qualify.Limit{Times: -1}, Group: "nope"}}
			p.Signals = append(p.Signals, qualify.Signal{ID: "x", Repeats: "nope", Every: 1})
			p.Terms = []qualify.Term{{ID: "t", Is: "nope"}}
			p.Properties = append(p.Properties, qualify.Field{Name: "at", Kind: "time"})
			p.Profile = append(p.Profile, qualify.Field{Name: "x"})
		}, []string{"profile[7].kind", "properties[7].name", "terms[0].is", "signals[5].repeats", "rules[0].when", "rules[1].group", "rules[1].on",
			"rules[1].limit.times", "rules[1].decay.every", "groups[0].id", "criteria[0].met", "stages[0].enter", "rating"}},
		{"every number that is not finite", func(p *qualify.Policy) {
			p.Rules = []qualify.Rule{{ID: "a", When: `lead.b`, Points: nan}, {ID: "b", When: `lead.b`, Points: nan}}
		}, []string{"rules[0].points", "rules[1].points"}},
		{"a bound in percent beside another mistake", func(p *qualify.Policy) {
			p.Rules = []qualify.Rule{{ID: "a", On: "visit", Points: 1}, {ID: "b", When: `lead.x`}}
			p.Groups = []qualify.Group{{ID: "total", Percent: true}}
		}, []string{"rules[0].max", "rules[1].when"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := vocabulary()
			test.change(&p)
			if diff := cmp.Diff(test.want, fields(mistakes(t, p))); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

// What Compile refuses, a row each: a part of its message.
func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	rule := func(r qualify.Rule) func(p *qualify.Policy) {
		r.ID = "r"
		return func(p *qualify.Policy) { p.Rules = []qualify.Rule{r} }
	}
	when := func(s string) func(p *qualify.Policy) { return rule(qualify.Rule{When: s, Points: 1}) }
	event := func(l qualify.Limit, d qualify.Decay) func(p *qualify.Policy) {
		return rule(qualify.Rule{On: "visit", Points: 1, Limit: l, Decay: d})
	}
	signal := func(g qualify.Signal) func(p *qualify.Policy) {
		g.ID = "s"
		return func(p *qualify.Policy) { p.Signals = append(p.Signals, g) }
	}
	group := func(g qualify.Group, rules ...qualify.Rule) func(p *qualify.Policy) {
		return func(p *qualify.Policy) { p.Groups, p.Rules = []qualify.Group{g}, rules }
	}
	tests := []struct {
		name    string
		change  func(p *qualify.Policy)
		message string
	}{
		{"a misspelt attribute", func(p *qualify.Policy) { p.Profile[0].Name = "employees"; when(`lead.employes > 1`)(p) }, "did you mean employees"},
		{"a misspelt signal", when(`happened("vizit")`), `did you mean "visit"`},
		{"a misspelt function", when(`hapened("visit")`), "did you mean happened"},
		{"months", when(`happened("visit", "3m")`), `write "min" for minutes`},
		{"years", when(`happened("visit", "1y")`), "months and years differ in length"},
		{"a signal that is no literal", when(`happened(lead.t)`), "must be a text in quotes"},
		{"a method", when(`lead.t.foo() == 1`), "facts have no methods"},
		{"a builtin", when(`len(lead.t) > 1`), "there is no function len"},
		{"map", when(`map(lead.l, #) == 1`), ""},
		{"now()", when(`now() > time("2026-01-01")`), ""},
		{"let", when(`let x = 1; x > 1`), "not part of the language"},
		{"nil", when(`lead.t == nil`), "nil is not a value"},
		{"blank text", when(`lead.t == ""`), "blank text"},
		{"an empty list", when(`lead.t in []`), "the list is empty"},
		{"a chain", when(`lead?.t == "x"`), ""},
		{"a pipe", when(`lead.t | upper() == "X"`), ""},
		{"a dynamic pattern", when(`lead.t matches lead.c`), "must be a text in quotes"},
		{"a bad pattern", when(`lead.t matches "("`), "cannot be read"},
		{"ages in arithmetic", when(`days_since("visit") + 1 > 2`), "may only be compared"},
		{"two ages", when(`days_since("visit") > days_since("form")`), "both sides"},
		{"an age alone", when(`days_since("visit")`), ""},
		{"a number alone", when(`lead.n`), "a condition is yes or no"},
		{"kinds in a ternary", when(`(lead.b ? 1 : "x") == 1`), "must be of one kind"},
		{"kinds in ??", when(`(lead.n ?? "x") == 1`), "must be of one kind"},
		{"?? without parentheses", when(`lead.n ?? 1 >= 2`), ""},
		{"an age in multiply", rule(qualify.Rule{When: `true`, Multiply: `days_since("visit")`}), ""},
		{"activity in when", when(`activity.n > 1`), "activity is known only in where"},
		{"score in a rule", when(`score() > 1`), "only conditions of stages"},
		{"met in a criterion", func(p *qualify.Policy) { p.Criteria = []qualify.Criterion{{ID: "c", Met: `met("c")`}} }, "the checklist"},
		{"no on and no when", rule(qualify.Rule{Points: 1}), "neither on nor when"},
		{"else of an event rule", rule(qualify.Rule{On: "visit", Else: 1}), "has no else"},
		{"tiers and when", rule(qualify.Rule{When: `true`, Tiers: []qualify.Tier{{When: `true`}}}), "tiers take the place"},
		{"limit of a state rule", rule(qualify.Rule{When: `true`, Limit: qualify.Limit{Times: 1}}), "limit, within and decay belong"},
		{"two decays", event(qualify.Limit{}, qualify.Decay{HalfLife: qualify.Day, Linear: qualify.Day}), "a decay is one of"},
		{"no decay and a decay", event(qualify.Limit{}, qualify.Decay{HalfLife: qualify.Day, None: true}), "a decay is one of"},
		{"a step that loses nothing", event(qualify.Limit{}, qualify.Decay{Every: qualify.Day}), "must be above 0"},
		{"a loss without steps", event(qualify.Limit{}, qualify.Decay{Lose: 0.5}), "which is missing"},
		{"a misspelt idle", event(qualify.Limit{}, qualify.Decay{Idle: "vizit", Every: qualify.Day, Lose: 0.5}), "did you mean"},
		{"two periods", event(qualify.Limit{Times: 1, Per: qualify.Day, Calendar: "day"}, qualify.Decay{}), "only one of per"},
		{"a period and a gap", event(qualify.Limit{Times: 1, Per: qualify.Day, Gap: qualify.Day}, qualify.Decay{}), "only one of per"},
		{"a calendar and a gap", event(qualify.Limit{Times: 1, Calendar: "ever", Gap: qualify.Day}, qualify.Decay{}), "only one of per"},
		{"a gap alone", event(qualify.Limit{Gap: qualify.Day}, qualify.Decay{}), "a period limits nothing"},
		{"ever alone", event(qualify.Limit{Calendar: "ever"}, qualify.Decay{}), "a period limits nothing"},
		{"half a second of gap", event(qualify.Limit{Times: 1, Gap: qualify.Duration(time.Second / 2)}, qualify.Decay{}), "whole number of seconds"},
		{"for each alone", event(qualify.Limit{ForEach: "t"}, qualify.Decay{}), "for_each limits nothing"},
		{"for each of a misspelt property", event(qualify.Limit{Times: 1, ForEach: "tt"}, qualify.Decay{}), "there is no property"},
		{"for each of a list", event(qualify.Limit{Times: 1, ForEach: "l"}, qualify.Decay{}), "for_each wants single values, and l is a list"},
		{"once per a list", event(qualify.Limit{OncePer: "l"}, qualify.Decay{}), "once_per wants single values, and l is a list"},
		{"for each and once per", event(qualify.Limit{OncePer: "t", ForEach: "t"}, qualify.Decay{}), "leave one of them out"},
		{"a gap without repeats", signal(qualify.Signal{Gap: qualify.Day}), "belong to a repeated signal"},
		{"ever of a repeated signal", signal(qualify.Signal{Repeats: "visit", Every: 2, Calendar: "ever"}), "leave calendar out"},
		{"another calendar of a repeated signal", signal(qualify.Signal{Repeats: "visit", Every: 2, Calendar: "year"}), "must be day, week or month\n"},
		{"for each without a use", signal(qualify.Signal{ForEach: "t"}), "give one of them"},
		{"a signal for each of a misspelt property", signal(qualify.Signal{Repeats: "visit", Every: 2, ForEach: "tt"}), "there is no property"},
		{"a signal for each of a list", signal(qualify.Signal{Repeats: "visit", Every: 2, ForEach: "l"}), "is a list of text"},
		{"within without a relation", signal(qualify.Signal{Within: qualify.Day}), "which names the other, is missing"},
		{"a relation without within", signal(qualify.Signal{Following: "visit"}), "within is missing"},
		{"a relation to a misspelt signal", signal(qualify.Signal{NotFollowing: "vizit", Within: qualify.Day}), `did you mean "visit"`},
		{"two relations", signal(qualify.Signal{Following: "visit", FollowedBy: "form", Within: qualify.Day}), "only one of following"},
		{"a signal that follows itself", signal(qualify.Signal{NotFollowing: "s", Within: qualify.Day}), "another signal of the same types"},
		{"signals in a circle", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "s", Repeats: "q", Every: 2}, qualify.Signal{ID: "q", FollowedBy: "s", Within: qualify.Day})
		}, "lead back to itself"},
		{"a period alone", event(qualify.Limit{Per: qualify.Day}, qualify.Decay{}), "limits nothing"},
		{"another calendar", event(qualify.Limit{Times: 1, Calendar: "year"}, qualify.Decay{}), "day, week, month or ever"},
		{"points that are many", when(`true`), ""},
		{"half a second", event(qualify.Limit{}, qualify.Decay{HalfLife: qualify.Duration(time.Second / 2)}), "whole number of seconds"},
		{"too long a span", event(qualify.Limit{}, qualify.Decay{HalfLife: 36526 * qualify.Day}), "at most 36525d"},
		{"a group of its own", group(qualify.Group{ID: "g", Parent: "g"}), "lead back to itself"},
		{"the root with a weight", group(qualify.Group{ID: "total", Weight: new(1.0)}), "no parent and no weight"},
		{"percent of no bound", group(qualify.Group{ID: "total", Percent: true}, qualify.Rule{ID: "r", On: "visit", Points: 1}), "in percent"},
		{"percent of one sum", group(qualify.Group{ID: "total", Percent: true}), "only one sum"},
		{"a rating without bands", func(p *qualify.Policy) { p.Rating = []string{"total"} }, "has no bands"},
		{"text that is not UTF-8", func(p *qualify.Policy) { p.Note = "\xff" }, "not valid UTF-8"},
		{"a blank ID", func(p *qualify.Policy) { p.Signals[0].ID = "" }, "id is missing"},
		{"an ID with white space", func(p *qualify.Policy) { p.Signals[0].ID = " visit" }, "white space"},
		{"an ID with a line break", func(p *qualify.Policy) { p.Signals[0].ID = "vi\nsit" }, "control character"},
		{"an ID twice", func(p *qualify.Policy) { p.Signals[0].ID = "form" }, "another signal with this id"},
		{"a long ID", func(p *qualify.Policy) { p.Signals[0].ID = strings.Repeat("x", 201) }, "201 bytes"},
		{"too many rules", func(p *qualify.Policy) { p.Rules = make([]qualify.Rule, 5001) }, "may be 5000"},
		{"too many groups", func(p *qualify.Policy) { p.Groups = make([]qualify.Group, 101) }, "may be 100"},
		{"too long an expression", when(strings.Repeat("true and ", 500) + "true"), ""},
		{"too deep an expression", when(strings.Repeat("!", 110) + "true"), ""},
		{"hostile parentheses", when(strings.Repeat("(", 600000)), ""},
		{"hostile brackets", when(strings.Repeat("[", 400000)), ""},
		{"hostile exclamation marks", when(strings.Repeat("!", 800000)), ""},
		{"too many parts", when(strings.Repeat("lead.b or ", 300) + "lead.b"), ""},
		{"terms in a circle", func(p *qualify.Policy) { p.Terms = []qualify.Term{{ID: "a", Is: "term.b"}, {ID: "b", Is: "term.a"}} }, "lead back to itself"},
		{"a huge number", when(`lead.n > 1e16`), "too large"},
	}
	for _, test := range tests {
		if test.name == "points that are many" {
			test.change = rule(qualify.Rule{When: `true`, Points: 1e6 + 1e-3})
			test.message = "between -1000000 and 1000000"
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := vocabulary()
			test.change(&p)
			e := mistakes(t, p)
			if !strings.Contains(e.Error(), test.message) {
				t.Errorf("the message lacks %q:\n%v", test.message, e)
			}
			for _, m := range e.Mistakes {
				if m.Message == "" || len(m.String()) > 2000 {
					t.Errorf("a mistake of %d bytes: %.200s", len(m.String()), m)
				}
			}
		})
	}
}

// Terms that double at each level must neither take long to compile nor to assess.
func TestTermsThatDouble(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{When: `term.t45`, Points: 1})
	p.Terms = []qualify.Term{{ID: "t0", Is: `lead.b`}}
	for i := 1; i <= 45; i++ {
		p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprintf("t%d", i), Is: fmt.Sprintf("term.t%d and (term.t%[1]d or lead.n > %d)", i-1, i)})
	}
	p.Criteria = []qualify.Criterion{{ID: "c", Met: `term.t45`}}
	p.Stages = []qualify.Stage{{ID: "s", Enter: `term.t45`}}
	m := compile(t, p)
	start := time.Now()
	for _, lead := range []qualify.Lead{{}, {Profile: profile{"b": true}}, {Profile: profile{"b": false, "n": 3}}} {
		a := assess(t, m, lead, noon)
		_ = a.String()
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("three assessments took %v", took)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{When: `lead.b and lead.t matches "abc"`, Points: 1})
	for _, test := range []struct {
		name   string
		bounds qualify.Bounds
		ok     bool
	}{
		{"none", qualify.Bounds{}, true},
		{"a short expression", qualify.Bounds{Expression: 31}, true},
		{"an expression one byte too long", qualify.Bounds{Expression: 30}, false},
		{"a pattern", qualify.Bounds{Pattern: 3}, true},
		{"a pattern one byte too long", qualify.Bounds{Pattern: 2}, false},
		{"nodes", qualify.Bounds{Nodes: 2}, false},
		{"nesting", qualify.Bounds{Nesting: 1}, false},
		{"at the most", qualify.Bounds{Activities: 100_000_000, Expression: 16384, Nesting: 200, Nodes: 5000, Pattern: 5000}, true},
		{"beyond", qualify.Bounds{Expression: 16385}, false},
		{"below nothing", qualify.Bounds{Activities: -1}, false},
	} {
		if _, err := qualify.Compile(p, qualify.WithBounds(test.bounds)); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// disruptive are characters that end a line, command a terminal, turn a direction or hold text that nobody sees.
var disruptive = []rune("\n\r\t\v\x00\a\x1b\x7f\u0085\u009b\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069" +
	"\u206A\u206F\uFFF9\uFFFB\U000E0001\U000E0041\U000E007F")

// Texts that print-outs show as they are have no lines and commands of their own.
func TestTextsThatArePrinted(t *testing.T) {
	t.Parallel()
	with := func(text, note string) qualify.Policy {
		p := vocabulary()
		p.Name, p.Version, p.Note = text, text, note
		p.Profile[0].Label, p.Profile[0].Question, p.Signals[0].Label = text, text, text
		p.Rules = []qualify.Rule{{ID: "r", Label: text, Note: note, When: "lead.b", Points: 1}}
		p.Groups = []qualify.Group{{ID: "g", Bands: []qualify.Band{{Label: text}}}}
		p.Criteria = []qualify.Criterion{{ID: "c", Label: text, Set: text, Question: text, Met: "lead.b"}}
		p.Stages = []qualify.Stage{{ID: "s", Label: text, Enter: "lead.b"}}
		return p
	}
	for _, r := range disruptive {
		text, want := "a"+string(r)+"b", 13
		if strings.ContainsRune("\t\n\r", r) {
			want = 11 // notes may have lines
		}
		_, err := qualify.Compile(with(text, text))
		var e *qualify.CompileError
		if !errors.As(err, &e) || len(e.Mistakes) != want {
			t.Fatalf("%q: %v", text, err)
		}
		for _, m := range e.Mistakes {
			if !strings.Contains(m.Message, fmt.Sprintf("the text holds %U, and print-outs", r)) {
				t.Errorf("%q: %+v", text, m)
			}
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return slices.Contains(disruptive, r) }) {
				t.Errorf("%q: the error holds it, too: %q", text, line)
			}
		}
		// An expression may be laid out, and hold escapes.
		p := withRules(qualify.Rule{When: "lead.b and lead.t == \"" + text + "\"", Points: 1})
		if _, err := qualify.Compile(p); err == nil || !errors.As(err, &e) || e.Mistakes[0].Line == 0 || strings.ContainsFunc(strings.ReplaceAll(err.Error(), "\n", ""), func(r rune) bool { return slices.Contains(disruptive, r) }) {
			if !strings.ContainsRune("\t\r", r) {
				t.Errorf("%q in an expression: %v", text, err)
			}
		}
		written := strings.Trim(strconv.QuoteRuneToASCII(r), "'")
		if r < ' ' && !strings.ContainsRune("\t\n\r", r) {
			written = fmt.Sprintf(`\u%04x`, r)
		}
		p.Rules[0].When = "lead.b and\n\tlead.t == \"a" + written + "b\""
		compile(t, p)
	}
	// IDs and names do not look like others, either.
	for _, hidden := range []string{"\u00AD", "\u200B", "\u2060", "\uFEFF", "\u2062", "\u180E"} {
		p := vocabulary()
		p.Signals[0].ID = "vis" + hidden + "it"
		p.Profile[0].Name = "n" + hidden
		if _, err := qualify.Compile(p); err == nil || strings.Count(err.Error(), fmt.Sprintf("does not show, %U", []rune(hidden)[0])) != 2 {
			t.Errorf("an ID with %q: %v", hidden, err)
		}
		compile(t, with("a"+hidden+"b", hidden)) // they are spelling
	}
	compile(t, with("می\u200Cخواهم 👩\u200D💻 ❤\uFE0F 東京", "a note\r\n\tof two lines"))
}

// What a lead holds is printed without what disrupts, and so are the texts of a policy that leads may hold: as if there were
// blanks.
func TestPrintsOfWhatDisrupts(t *testing.T) {
	t.Parallel()
	printed := func(mark string) string {
		t.Helper()
		odd := "a" + mark + "b"
		policy := func(points float64) qualify.Policy {
			return qualify.Policy{
				Profile: []qualify.Field{
					{Name: "t", Kind: qualify.Text, Question: "Which?", Values: []string{odd, "other"}}, {Name: "c", Kind: qualify.Code}, {Name: "l", Kind: qualify.Texts},
					{Name: "u", Kind: qualify.Text, Placeholders: []string{odd}}, {Name: "n", Kind: qualify.Number},
				},
				Properties: []qualify.Field{{Name: "p", Kind: qualify.Text, Values: []string{odd, "other"}}, {Name: "q", Kind: qualify.Number}},
				Signals:    []qualify.Signal{{ID: "s", Types: []string{odd}}, {ID: "s2", Types: []string{odd + odd}}},
				Rules: []qualify.Rule{
					{ID: "r", When: `lead.t != "other" and lead.c != "x" and not ("x" in lead.l)`, Points: points}, {ID: "u", When: `known(lead.u)`, Points: 1},
					{ID: "n", When: `lead.n > 1`, Points: 3}, {ID: "e", On: "s", Points: points, Limit: qualify.Limit{Times: 1}},
					{ID: "l", When: `latest("s", "p") != "other"`, Points: 1},
				},
				Criteria: []qualify.Criterion{{ID: "c", Met: `latest("s", "p") == lead.t`}},
				Stages:   []qualify.Stage{{ID: "st", Enter: `lead.t == "other" or latest("s", "p") == "other" or count("s2") >= 1 or lead.c == "z"`}},
			}
		}
		m := compile(t, policy(5))
		lead := qualify.Lead{
			ID: odd, Stage: odd, Profile: map[string]any{"t": odd, "c": odd, "l": []string{odd, odd + "c"}, "u": odd, "n": odd},
			Activities: []qualify.Activity{
				{ID: odd, Type: odd, At: ago(2 * day), Props: map[string]any{"p": odd, "q": odd}},
				{ID: "x" + odd, Type: odd, At: ago(day), Props: map[string]any{"p": odd}},
				{ID: "no time" + odd, Type: odd},
			},
		}
		e, err := m.Explain(&lead, noon)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		fmt.Fprintln(&b, e)
		for _, parts := range [][]qualify.Part{e.Rules, e.Criteria, e.Stages} {
			for _, p := range parts {
				fmt.Fprintln(&b, p)
			}
		}
		levers, err := m.Levers(&lead, noon)
		if err != nil || len(levers) < 2 {
			t.Fatalf("%d levers, %v", len(levers), err)
		}
		for _, l := range levers {
			fmt.Fprintln(&b, l)
		}
		var s review.Summary
		for c, err := range review.Compare(m, compile(t, policy(6)), func(yield func(*qualify.Lead, error) bool) { yield(&lead, nil) }, noon) {
			if err != nil {
				t.Fatal(err)
			}
			s.Add(c, err)
			fmt.Fprintln(&b, c)
		}
		fmt.Fprintln(&b, &s)
		fmt.Fprintln(&b, review.Vet(m))
		return b.String()
	}
	want := printed(" ")
	if strings.Count(want, "a b") < 20 {
		t.Fatalf("too little of it is printed:\n%s", want)
	}
	for _, r := range disruptive {
		// What stands in quotation marks is escaped.
		got, want := strings.ReplaceAll(printed(string(r)), strings.Trim(strconv.QuoteRune(r), "'"), " "), want
		if fact.Ignorable(r) { // in text it is gone, so that lines break elsewhere
			got, want = strings.Join(strings.Fields(got), ""), strings.Join(strings.Fields(want), "")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%U (-as a blank +got):\n%s", r, diff)
		}
	}
}

func TestMustCompile(t *testing.T) {
	t.Parallel()
	qualify.MustCompile(qualify.Policy{})
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "blank") && !strings.Contains(fmt.Sprint(r), "missing") {
			t.Errorf("MustCompile panics with %v", r)
		}
	}()
	qualify.MustCompile(qualify.Policy{Signals: []qualify.Signal{{}}})
}

// The policy is copied on its way in and on its way out.
func TestModelKeepsItsPolicy(t *testing.T) {
	t.Parallel()
	p := everything()
	m := compile(t, p)
	before, print := m.Policy().String(), m.Fingerprint()
	spoil(&p)
	out := m.Policy()
	spoil(&out)
	if diff := cmp.Diff(before, m.Policy().String()); diff != "" {
		t.Errorf("the policy of the model changed:\n%s", diff)
	}
	if m.Fingerprint() != print {
		t.Errorf("the fingerprint changed")
	}
}

func spoil(p *qualify.Policy) {
	p.Profile[0].Name = "spoilt"
	for i := range p.Profile {
		if v := p.Profile[i].Values; v != nil {
			v[0] = "spoilt"
		}
		if v := p.Profile[i].Placeholders; v != nil {
			v[0] = "spoilt"
		}
		if v := p.Profile[i].Minimum; v != nil {
			*v = -77
		}
	}
	for i := range p.Signals {
		if v := p.Signals[i].Types; v != nil {
			v[0] = "spoilt"
		}
	}
	for i := range p.Rules {
		if p.Rules[i].Max != nil {
			*p.Rules[i].Max = 77
		}
		if v := p.Rules[i].Tiers; v != nil {
			v[0].Points = 77
		}
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		for _, f := range []*float64{g.Weight, g.Min, g.Max} {
			if f != nil {
				*f = 0.5
			}
		}
		for j := range g.Bands {
			if g.Bands[j].From != nil {
				*g.Bands[j].From = 77
			}
			g.Bands[j].Label = "spoilt"
		}
	}
	p.Lists[0].Values[0] = "spoilt"
	p.Terms[0].ID, p.Criteria[0].ID, p.Stages[0].ID, p.Rating[0] = "spoilt", "spoilt", "spoilt", "spoilt"
}

// everything is a policy that uses every field of every type.
func everything() qualify.Policy {
	p := vocabulary()
	p.Name, p.Version, p.Note = "everything", "7", "A note <with> & signs, and an é."
	p.Profile[0].Label, p.Profile[0].Note, p.Profile[0].Question = "Number", "A note.", "How many?"
	p.Profile[0].Minimum, p.Profile[0].Maximum = new(0.0), new(1000.0)
	p.Profile[2].Values, p.Profile[2].Placeholders = []string{"Berlin", "Paris", "Select"}, []string{"n/a", "Select"}
	p.Terms = []qualify.Term{{ID: "big", Note: "Large.", Is: `lead.n >= 100`}}
	p.Lists = []qualify.List{{ID: "free", Note: "A note.", Values: []string{"a.com", "b.com"}}}
	p.Signals = append(p.Signals,
		qualify.Signal{ID: "rich", Label: "Rich", Note: "A note.", Types: []string{"visit", "form"}, Where: `activity.n >= 10 && activity.t != "x"`},
		qualify.Signal{ID: "burst", Repeats: "visit", Every: 3, Per: qualify.Day},
		qualify.Signal{ID: "month", Repeats: "visit", Every: 10.5, Sum: "n", Calendar: "month"},
		qualify.Signal{ID: "sitting", Repeats: "visit", Every: 2, Gap: qualify.Duration(30 * time.Minute), ForEach: "c"},
		qualify.Signal{ID: "answer", Types: []string{"visit"}, Following: "form", Within: qualify.Day},
		qualify.Signal{ID: "real", Types: []string{"visit"}, NotFollowing: "form", Within: qualify.Duration(10 * time.Second), ForEach: "t"},
		qualify.Signal{ID: "answered", Types: []string{"form"}, FollowedBy: "visit", Within: qualify.Duration(time.Hour)})
	p.Rules = []qualify.Rule{
		{ID: "size", Label: "Size", Note: "A note.", Group: "fit", When: `lead.n >= 200`, Points: 20, Else: -10},
		{ID: "tiers", Group: "fit", Tiers: []qualify.Tier{{When: `term.big`, Points: 10}, {When: `true`, Points: -1}}, Multiply: `lead.m ?? 1`},
		{ID: "visits", Group: "engagement", On: "visit", When: `lead.b ?? true`, Points: 10.25, Multiply: `activity.n ?? 1`,
			Limit: qualify.Limit{Times: 3, Points: 100, Per: 30 * qualify.Day, OncePer: "c"}, Within: 90 * qualify.Day,
			Decay: qualify.Decay{HalfLife: 30 * qualify.Day}, Min: new(-5.0), Max: new(50.0)},
		{ID: "forms", Group: "engagement", On: "form", Points: 5, Limit: qualify.Limit{Times: 1, Calendar: "week"}, Decay: qualify.Decay{Linear: 12 * qualify.Duration(time.Hour)}},
		{ID: "idle", Group: "apart", On: "rich", Points: 5, Decay: qualify.Decay{Every: 7 * qualify.Day, Lose: 0.25, Idle: "any"}},
		{ID: "steps", Group: "apart", On: "burst", Points: 5, Decay: qualify.Decay{Every: 7 * qualify.Day, Lose: 0.25, Compound: true}},
		{ID: "silence", Group: "engagement", Points: -0.5, Multiply: `idle_steps("any", "36h", "7d")`},
		{ID: "forever", Group: "engagement", On: "month", Points: 1, Decay: qualify.Decay{None: true}},
		{ID: "percent", Group: "percent", When: `lead.b`, Points: 3, Else: -2},
		{ID: "sitting", Group: "apart", On: "sitting", Points: 2, Limit: qualify.Limit{Points: 4, ForEach: "t"}},
		{ID: "answer", Group: "apart", On: "answer", Points: 2, Limit: qualify.Limit{Times: 2, Calendar: "ever"}},
		{ID: "real", Group: "apart", On: "real", Points: 2, Limit: qualify.Limit{Times: 2, Gap: qualify.Day, OncePer: "n", ForEach: "c"}},
		{ID: "answered", Group: "apart", On: "answered", Points: 2},
	}
	p.Groups = []qualify.Group{
		{ID: "fit", Label: "Fit", Note: "A note.", Max: new(50.0), Bands: []qualify.Band{{Label: "C"}, {From: new(15.0), Label: "B"}, {From: new(30.0), Label: "A"}}},
		{ID: "engagement", Min: new(0.0), Max: new(100.0), Round: 0.5, Decay: qualify.Decay{Every: 30 * qualify.Day, Lose: 0.5}, ResetOn: "reset",
			Bands: []qualify.Band{{From: new(10.0), Label: "1"}}},
		{ID: "apart", Parent: "engagement", Weight: new(0.0)},
		{ID: "percent", Parent: "fit", Weight: new(-0.25), Percent: true},
		{ID: "total", Max: new(140.0), Bands: []qualify.Band{{Label: "low"}, {From: new(60.0), Label: "high"}}},
	}
	p.Criteria = qualify.BANT(`lead.n >= 100`, `lead.t == "Berlin"`, `happened("form", "90d")`, `days_until(lead.w) <= 90`)
	p.Criteria[1].Unmet, p.Criteria[1].Note = `lead.t == "Paris"`, "A note."
	p.Stages = []qualify.Stage{
		{ID: "mql", Label: "MQL", Note: "A note.", Enter: `score("engagement") >= 10`, Keep: `score("engagement") >= 5`, MinStay: 7 * qualify.Day, MaxStay: 30 * qualify.Day},
		{ID: "sql", Enter: `met_count("bant") >= 3 && band("fit") == "A"`},
		{ID: "out", Exit: true, Enter: `happened("reset", "1d")`, Keep: `days_in_stage() < 2`},
	}
	p.Rating = []string{"fit", "engagement"}
	return p
}

func TestPolicyDocument(t *testing.T) {
	t.Parallel()
	p := everything()
	compile(t, p)
	golden(t, "policy", p.String())
	for _, doc := range [][]byte{[]byte(p.String()), must(p.MarshalJSON())} {
		back, err := qualify.ParsePolicy(doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, back); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
		var into qualify.Policy
		if err := into.UnmarshalJSON(doc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, into); diff != "" {
			t.Errorf("UnmarshalJSON (-want +got):\n%s", diff)
		}
	}
	if got := compile(t, qualify.Policy{}).Policy().String(); got != "{\n  \"format\": 1\n}\n" {
		t.Errorf("the empty policy is %q", got)
	}
	// Nil and empty are one.
	empty := qualify.Policy{Profile: []qualify.Field{}, Rules: []qualify.Rule{}, Rating: []string{}}
	if empty.String() != (qualify.Policy{}).String() || compile(t, empty).Fingerprint() != compile(t, qualify.Policy{}).Fingerprint() {
		t.Errorf("an empty list makes another document: %s", empty)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPolicyWithoutADocument(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{Name: "x", Rules: []qualify.Rule{{ID: "r", Points: nan}}}
	if _, err := p.MarshalJSON(); err == nil {
		t.Error("NaN has a document")
	}
	if got := p.String(); !strings.Contains(got, "has no document") {
		t.Errorf("String gives %q", got)
	}
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, doc string }{
		{"unknown field", `{"format": 1, "rules": [{"id": "r", "wen": "lead.b", "point": 3}], "rulez": []}`},
		{"duplicate key", "{\"format\": 1,\n \"name\": \"a\",\n \"name\": \"b\", \"rules\": [{\"id\": \"r\", \"on\": \"x\", \"on\": \"y\"}]}"},
		{"trailing text", "{\"format\": 1}\n{\"format\": 1}"},
		{"wrong types", `{"format": 1, "name": 3, "rules": [{"id": "r", "points": "5", "limit": {"times": 1.5, "per": 30}, "tiers": {}}], "groups": "x", "stages": [{"id": "s", "exit": "yes", "min_stay": "3m"}]}`},
		{"missing format", `{"name": "x"}`},
		{"another format", `{"format": 2}`},
		{"empty", ``},
		{"null", `null`},
		{"a list", `[]`},
		{"cut off", `{"format": 1, "rules": [{"id": "r"`},
		{"another case", `{"format": 1, "Rules": []}`},
		{"nulls", `{"format": 1, "rules": null, "groups": [{"id": "g", "max": null}]}`},
		{"spans", `{"format": 1, "rules": [{"id": "r", "within": "1 d", "decay": {"half_life": "1mo", "linear": "0d", "every": "-1d"}}, {"id": "s", "within": "99999d"}]}`},
		{"missing format and more", `{"rules": [{"id": "r", "wen": "lead.b"}]}`},
		{"another format, with fields of its own", `{"format": 2, "lotteries": []}`},
		{"a name", `{"format": 1, "name": "b2b", "nmae": "x"}`},
		{"numbers", `{"format": 1.0, "rules": [{"id": "r", "points": 1e400}]}`},
	}
	var b strings.Builder
	for _, test := range tests {
		p, err := qualify.ParsePolicy([]byte(test.doc))
		var e *qualify.CompileError
		if !errors.As(err, &e) {
			t.Errorf("%s: ParsePolicy gives %v, want a *CompileError", test.name, err)
			continue
		}
		if !cmp.Equal(p, qualify.Policy{}) {
			t.Errorf("%s: beside the error stands a policy", test.name)
		}
		fmt.Fprintf(&b, "== %s\n%v\n\n", test.name, err)
	}
	golden(t, "parse_policy", b.String())
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, want string
		span       time.Duration
	}{
		{"1w", "7d", 7 * day}, {"30d", "30d", 30 * day}, {"24h", "1d", day}, {"36h", "36h", 36 * time.Hour}, {"90min", "90min", 90 * time.Minute},
		{"60s", "1min", time.Minute}, {"3601s", "3601s", 3601 * time.Second}, {"36525d", "36525d", 36525 * day},
	} {
		var d qualify.Duration
		if err := d.UnmarshalText([]byte(test.text)); err != nil || time.Duration(d) != test.span {
			t.Errorf("%q is %v, %v; want %v", test.text, time.Duration(d), err, test.span)
		}
		if got := d.String(); got != test.want {
			t.Errorf("%q prints as %q, want %q", test.text, got, test.want)
		}
		if text := must(d.MarshalText()); string(text) != test.want {
			t.Errorf("%q marshals as %q, want %q", test.text, text, test.want)
		}
	}
	for _, text := range []string{"", "d", "1", "1m", "1M", "1month", "1y", "1.5d", "-1d", "+1d", " 1d", "1d ", "1 d", "1d1h", "0d", "36526d", "99999999999999999999d", "1D", "1ms"} {
		var d qualify.Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

// What is missing does not hide what is wrong, and a document of another format
// is told by its format.
func TestParsePolicyReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, doc, want string }{
		{"no format, and an unknown field", `{"nmae": "x"}`, `"format": 1`},
		{"another format, and a field of it", `{"format": 2, "lotteries": []}`, "documents of format 1"},
		{"another format has a place", `{"format": 2}`, "1:12"},
	} {
		_, err := qualify.ParsePolicy([]byte(test.doc))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error lacks %s:\n%v", test.name, test.want, err)
		}
	}
	_, err := qualify.ParsePolicy([]byte(`{"format": 1, "name": "b2b", "nmae": "x"}`))
	var e *qualify.CompileError
	if !errors.As(err, &e) || e.Policy != "b2b" {
		t.Errorf("the error forgets the policy's name: %v", err)
	}
}

// A number that is not 0 and counts as 0 millionths is refused, or does what it
// says: it must not turn a bound off.
func TestTinyNumbers(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{On: "visit", Points: 5, Limit: qualify.Limit{Points: 4e-7}})
	if m, err := qualify.Compile(p); err == nil {
		if got := assess(t, m, history(visits(3, day)...), noon).Score.Points; got > 4e-7 {
			t.Errorf("at most 0.0000004 points are %v", got)
		}
	}
	p = withRules(qualify.Rule{When: `true`, Points: 5.123456})
	p.Groups = []qualify.Group{{ID: "total", Round: 4e-7}}
	if _, err := qualify.Compile(p); err == nil {
		t.Errorf("a step of 0.0000004 is taken, and rounds nothing")
	}
}

// What a policy may cost to compile is bounded, each time with its own message.
func TestPolicyTooLarge(t *testing.T) {
	t.Parallel()
	many := func(n int, one func(i int) string, join string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = one(i)
		}
		return strings.Join(parts, join)
	}
	rules := func(n int, when func(i int) string) qualify.Policy {
		p := qualify.Policy{
			Profile: []qualify.Field{{Name: "x", Kind: qualify.Number}, {Name: "t", Kind: qualify.Text}},
			Signals: []qualify.Signal{{ID: "s"}},
		}
		for i := range n {
			p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i), Points: 1, When: when(i)})
		}
		return p
	}
	for _, test := range []struct {
		name   string
		policy qualify.Policy
		want   string
	}{
		{"rules", rules(5001, func(int) string { return "true" }), "rules: there are 5001, and may be 5000"},
		{"calls", rules(101, func(i int) string {
			return many(50, func(j int) string { return fmt.Sprintf(`count("s", "%ds") > 1`, 1+i*50+j) }, " or ")
		}), "the expressions ask more than 5000 different questions of the history"},
		{"a pattern", rules(1, func(int) string { return `lead.t matches "(?:a?){1000}(?:b?){1000}"` }), "the pattern takes 4002 steps, and may take 2000: repeat less in it"},
		{"all patterns", rules(max(30, testcase.Count(300)), func(i int) string { return fmt.Sprintf(`lead.t matches "(?:a?){450}%d"`, i) }), "the patterns of the policy take more than 10000 steps in all"},
		{"parts", rules(max(700, testcase.Count(5000)), func(i int) string {
			return many(60, func(j int) string { return fmt.Sprintf("lead.x+1>%d", i*60+j) }, " or ")
		}), "the policy has more than 200000 parts in all its expressions"},
	} {
		_, err := qualify.Compile(test.policy)
		var failure *qualify.CompileError
		if !errors.As(err, &failure) || len(failure.Mistakes) != 1 || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %.300v, want %s", test.name, err, test.want)
		}
	}
}

// An idle span ends with an occurrence that the group sees: a repeated signal
// counts afresh from the group's reset.
func TestIdleDecaySeesTheReset(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Signals: []qualify.Signal{{ID: "v"}, {ID: "r"}, {ID: "pay"}, {ID: "v2", Repeats: "v", Every: 2}},
		Groups:  []qualify.Group{{ID: "g", ResetOn: "r"}},
		Rules: []qualify.Rule{{ID: "a", Group: "g", On: "pay", Points: 100,
			Decay: qualify.Decay{Idle: "v2", Every: 10 * qualify.Day, Lose: 0.5}}},
	}
	var lead qualify.Lead
	for typ, days := range map[string]int{"r": 25, "pay": 14} {
		lead.Activities = append(lead.Activities, qualify.Activity{Type: typ, At: noon.AddDate(0, 0, -days)})
	}
	for _, days := range []int{30, 7} {
		lead.Activities = append(lead.Activities, qualify.Activity{Type: "v", At: noon.AddDate(0, 0, -days)})
	}
	// One v since the reset makes no v2, so one full span has passed idle.
	if got := assess(t, compile(t, p), lead, noon).Score.Points; got != 50 {
		t.Errorf("%v points, want 50", got)
	}
}

// Mistakes have JSON with the words of the documents, which reads back as it was.
func TestCompileErrorJSON(t *testing.T) {
	t.Parallel()
	given := mistakes(t, qualify.Policy{Name: "p", Rules: []qualify.Rule{{ID: "a>b", When: "lead.x > 1"}, {ID: "a>b", When: "true", Points: 2e6}}})
	data, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"policy":"p","mistakes":[` +
		`{"path":"rules[0]","id":"a\u003eb","field":"when","line":1,"column":6,"source":"lead.x \u003e 1","message":"lead has no attribute x: the policy declares no attributes of the profile` +
		`; to add it, declare {\"name\": \"x\", \"kind\": …} in profile; the kinds are number, text, code, bool, time and texts"},` +
		`{"path":"rules[1]","id":"a\u003eb","field":"id","line":1,"column":1,"source":"\"a\u003eb\"","message":"there is another rule with this id before it; this is rules[1]"},` +
		`{"path":"rules[1]","id":"a\u003eb","field":"points","line":1,"column":1,"source":"2000000","message":"points lie between -1000000 and 1000000"}]}`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Error(diff)
	}
	var read qualify.CompileError
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given, &read); diff != "" {
		t.Error(diff)
	}
	if text := given.Error(); strings.Contains(text, `\u`) || !strings.Contains(text, "\n    \"a>b\"\n    ^") {
		t.Errorf("an escape that nobody wrote is shown:\n%s", text)
	}
}
