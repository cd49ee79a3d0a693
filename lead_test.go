package qualify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

var nan = math.NaN()

func TestActivitiesAfterTheInstantAreNotThere(t *testing.T) {
	t.Parallel()
	m := compile(t, withRules(qualify.Rule{On: "visit", Points: 1}, qualify.Rule{When: `happened("form")`, Points: 10}))
	for _, test := range []struct {
		name string
		at   time.Time
		want float64
	}{
		{"at the instant", noon, 1}, {"a nanosecond before", ago(-1), 0}, {"a nanosecond after", ago(1), 1},
		{"long after", ago(-10000 * day), 0}, {"beyond what nanoseconds hold", time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC), 0},
	} {
		if got := assess(t, m, history(act("visit", test.at)), noon).Score.Points; got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	// The history as of any past instant.
	lead := history(act("visit", ago(3*day)), act("form", ago(2*day)), act("visit", ago(day)))
	for i, want := range []float64{12, 12, 11, 1, 0} {
		at := ago(time.Duration(i) * day)
		if i == 4 {
			at = ago(4 * day)
		}
		if got := assess(t, m, lead, at).Score.Points; got != want {
			t.Errorf("%d days ago: %v, want %v", i, got, want)
		}
	}
	// A duplicate in the future does not make the one that is there differ.
	a := assess(t, m, history(idAct("1", "visit", noon, "n", 1), idAct("1", "visit", ago(-1), "n", 2)), noon)
	if len(a.Issues) != 0 || a.Score.Points != 1 {
		t.Errorf("a duplicate in the future: %v, %v", a.Score.Points, a.Issues)
	}
}

// The zone in which an instant is given plays no part, and results are in UTC.
func TestZonesPlayNoPart(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{When: `happened("visit", "1d")`, Points: 1})
	p.Stages = []qualify.Stage{{ID: "s", Enter: `happened("visit")`, MaxStay: qualify.Day}}
	m := compile(t, p)
	zone := time.FixedZone("X", 5*3600+1800)
	plain := history(act("visit", ago(day-1)))
	zoned := history(act("visit", ago(day-1).In(zone)))
	plain.Stage, plain.StageSince = "s", ago(time.Hour)
	zoned.Stage, zoned.StageSince = "s", ago(time.Hour).In(zone)
	a, b := assess(t, m, plain, noon), assess(t, m, zoned, noon.In(zone))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("another zone (-plain +zoned):\n%s", diff)
	}
	if x, y := must(json.Marshal(a)), must(json.Marshal(b)); string(x) != string(y) {
		t.Errorf("another zone makes other bytes:\n%s\n%s", x, y)
	}
}

// The order of history: (At, Type, ID, then the properties by value).
func TestOrderOfHistory(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		acts []qualify.Activity
		want float64 // latest("either", "n")
	}{
		{"by instant", []qualify.Activity{act("visit", ago(1), "n", 1), act("visit", noon, "n", 2)}, 2},
		{"by type", []qualify.Activity{act("form", noon, "n", 1), act("visit", noon, "n", 2)}, 2},
		{"by ID", []qualify.Activity{idAct("a", "visit", noon, "n", 9), idAct("b", "visit", noon, "n", 2)}, 2},
		{"type before ID", []qualify.Activity{idAct("z", "form", noon, "n", 9), idAct("a", "visit", noon, "n", 2)}, 2},
		{"IDs as text", []qualify.Activity{idAct("10", "visit", noon, "n", 9), idAct("9", "visit", noon, "n", 2)}, 2},
		{"by value", []qualify.Activity{act("visit", noon, "n", 1), act("visit", noon, "n", 2)}, 2},
		{"values as numbers", []qualify.Activity{act("visit", noon, "n", "9"), act("visit", noon, "n", "10")}, 10},
		{"the first declared property first", []qualify.Activity{act("visit", noon, "n", 1, "m", 5), act("visit", noon, "n", 2, "m", 1)}, 2},
		{"what is not known first", []qualify.Activity{act("visit", noon, "m", 9), act("visit", noon, "n", 2)}, 2},
	}
	for _, test := range tests {
		for range 2 {
			if got := answerTo(t, fmt.Sprintf(`latest("either", "n") == %v`, test.want), history(test.acts...)); got != qualify.Yes {
				t.Errorf("%s: latest is not %v", test.name, test.want)
			}
			slices.Reverse(test.acts)
		}
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	m := compile(t, withRules(qualify.Rule{On: "any", Points: 1}, qualify.Rule{On: "visit", Points: 10, Multiply: `activity.n ?? 0`}))
	repeated := func(id string, n int) []qualify.Issue {
		return []qualify.Issue{{Problem: "repeated_differently", Field: "activity", Activity: id, Count: n}}
	}
	none := []qualify.Issue{}
	tests := []struct {
		name   string
		acts   []qualify.Activity
		want   float64
		issues []qualify.Issue
	}{
		{"delivered twice", []qualify.Activity{idAct("1", "visit", noon), idAct("1", "visit", noon)}, 1, none},
		{"the same in another zone, with a number as text", []qualify.Activity{idAct("1", "visit", noon, "n", 2), idAct("1", "visit", noon.Local(), "n", "2.0")}, 21, none},
		{"another type", []qualify.Activity{idAct("1", "visit", noon), idAct("1", "form", noon)}, 2, none},
		{"no ID", []qualify.Activity{act("visit", noon), act("visit", noon)}, 2, none},
		{"a blank ID", []qualify.Activity{idAct(" ", "visit", noon), idAct(" ", "visit", noon)}, 2, none},
		{"another instant: the first counts", []qualify.Activity{idAct("1", "visit", ago(day), "n", 1), idAct("1", "visit", noon, "n", 2)}, 11, repeated("1", 1)},
		{"another value: the least counts", []qualify.Activity{idAct("1", "visit", noon, "n", 7), idAct("1", "visit", noon, "n", 2)}, 21, repeated("1", 1)},
		{"an undeclared property plays no part", []qualify.Activity{idAct("1", "visit", noon, "z", 7), idAct("1", "visit", noon)}, 1, none},
		{"three times, twice differently", []qualify.Activity{idAct("1", "visit", ago(2)), idAct("1", "visit", ago(1)), idAct("1", "visit", noon)}, 1, repeated("1", 1)},
		{"two that differ", []qualify.Activity{idAct("2", "visit", ago(4)), idAct("2", "visit", ago(3)), idAct("1", "visit", ago(1)), idAct("1", "visit", noon)}, 2, repeated("2", 2)},
	}
	for _, test := range tests {
		for range 2 {
			a := assess(t, m, history(test.acts...), noon)
			if a.Score.Points != test.want {
				t.Errorf("%s: %v points, want %v", test.name, a.Score.Points, test.want)
			}
			if diff := cmp.Diff(test.issues, a.Issues); diff != "" {
				t.Errorf("%s: issues (-want +got):\n%s", test.name, diff)
			}
			slices.Reverse(test.acts)
		}
	}
}

type age int

type named struct{ Name string }

func TestFacts(t *testing.T) {
	t.Parallel()
	n := 5
	nn := &n
	var nilInt *int
	wrong := func(problem qualify.Problem) []qualify.Issue {
		return []qualify.Issue{{Problem: problem, Count: 1}}
	}
	none := []qualify.Issue{}
	self := any(nil)
	self = &self
	tests := []struct {
		name, field string
		value       any
		condition   string // yes if the value was taken; unknown if blank
		issues      []qualify.Issue
	}{
		{"int", "n", 5, `lead.n == 5`, none}, {"int8", "n", int8(5), `lead.n == 5`, none}, {"int64", "n", int64(5), `lead.n == 5`, none},
		{"uint", "n", uint(5), `lead.n == 5`, none}, {"uint64", "n", uint64(5), `lead.n in [5]`, none}, {"float32", "n", float32(2.5), `lead.n == 2.5`, none},
		{"float64", "n", 2.5, `lead.n == 2.5`, none}, {"json.Number", "n", json.Number("1e2"), `lead.n == 100`, none}, {"text", "n", " -2.50 ", `lead.n == -2.5`, none},
		{"a named int", "n", age(5), `lead.n == 5`, none}, {"a pointer", "n", &nn, `lead.n == 5`, none}, {"at the end", "n", 1e15, `lead.n == 1e15`, none},
		{"negative zero", "n", math.Copysign(0, -1), `lead.n == 0`, none},
		{"nil", "n", nil, "", none}, {"a nil pointer", "n", nilInt, "", none}, {"NaN", "n", nan, "", none}, {"infinite", "n", math.Inf(-1), "", none},
		{"blank", "n", " \t", "", none}, {"a word", "n", "five", "", wrong("wrong_kind")}, {"hexadecimal", "n", "0x10", "", wrong("wrong_kind")},
		{"a comma", "n", "1,000", "", wrong("wrong_kind")}, {"a bool for a number", "n", true, "", wrong("wrong_kind")}, {"a list for a number", "n", []any{1}, "", wrong("wrong_kind")},
		{"a map", "n", map[string]any{"a": 1}, "", wrong("wrong_kind")}, {"a func", "n", func() {}, "", wrong("wrong_kind")}, {"a chan", "n", make(chan int), "", wrong("wrong_kind")},
		{"a struct", "n", named{"x"}, "", wrong("wrong_kind")}, {"what points to itself", "n", self, "", wrong("wrong_kind")}, {"complex", "n", 1i, "", wrong("wrong_kind")},
		{"too large", "n", 1.1e15, "", wrong("out_of_range")}, {"much too large", "n", json.Number("1e999"), "", wrong("out_of_range")},

		{"text", "t", " Berlin ", `lead.t == "berlin"`, none}, {"blank text", "t", "\u00a0", "", none}, {"a number for text", "t", 4711, `lead.t == "4711"`, none}, {"a fraction for text", "t", 4711.5, "", wrong("wrong_kind")}, {"json.Number for text", "t", json.Number("4711"), `lead.t == "4711"`, none},
		{"blanks within", "t", "New\u00a0 York\ufeff", `lead.t == "new york"`, none}, {"a text of blanks within", "t", "new york", "lead.t == 'New  Yo\u200brk'", none}, {"bytes", "t", []byte("Berlin"), `lead.t == "berlin"`, none},
		{"raw JSON", "t", json.RawMessage(`"Berlin"`), `lead.t == "berlin"`, none},
		{"text that is not UTF-8", "t", "\xff", `known(lead.t)`, none},
		{"a code", "c", "AB", `lead.c == "AB"`, none}, {"a code with blanks", "c", "AB ", `lead.c != "AB"`, none}, {"a number for code", "c", 4711, `lead.c == "4711"`, none}, {"a code with a mark", "c", "A\u200bB", `lead.c != "AB"`, none}, {"a blank code", "c", " ", "", none},
		{"true", "b", true, `lead.b`, none}, {"yes", "b", " YES ", `lead.b`, none}, {"1", "b", "1", `lead.b`, none}, {"number 1", "b", 1.0, `lead.b`, none},
		{"true in text", "b", "True", `lead.b`, none}, {"no", "b", "no", `!lead.b`, none}, {"false", "b", "FALSE", `!lead.b`, none}, {"0", "b", "0", `!lead.b`, none}, {"number 0", "b", 0, `!lead.b`, none},
		{"on", "b", "on", `lead.b`, none}, {"N", "b", "N", `!lead.b`, none}, {"T", "b", "T", `lead.b`, none}, {"maybe", "b", "maybe", "", wrong("wrong_kind")}, {"2", "b", 2, "", wrong("wrong_kind")}, {"blank bool", "b", "", "", none},
		{"time", "w", noon, `lead.w == now`, none}, {"RFC 3339", "w", "2026-11-22T13:00:00+01:00", `lead.w == now`, none}, {"a blank for the T", "w", "2026-11-22 12:00:00", `lead.w == now`, none}, {"no seconds", "w", "2026-11-22 12:00", `lead.w == now`, none}, {"no offset", "w", "2026-11-22T12:00:00", `lead.w == now`, none},
		{"an offset without a colon", "w", "2026-11-22T13:00:00.000+0100", `lead.w == now`, none}, {"an offset of hours", "w", "2026-11-22 12:00:00+00", `lead.w == now`, none}, {"a date", "w", "2026-11-22", `lead.w == time("2026-11-22")`, none},
		{"a fraction of a second", "w", "2026-11-22T12:00:00.000000001Z", `lead.w > now`, none}, {"the zero time", "w", time.Time{}, "", none},
		{"a day that is none", "w", "2026-02-30", "", wrong("wrong_kind")}, {"another date", "w", "22.11.2026", "", wrong("wrong_kind")}, {"a number for a time", "w", 1700000000, "", wrong("wrong_kind")},
		{"too early", "w", "1600-01-01", "", wrong("out_of_range")}, {"too late", "w", time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), "", wrong("out_of_range")},
		{"texts", "l", []string{" a ", "", "B"}, `"A" in lead.l and "b" in lead.l`, none}, {"a list of any", "l", []any{"a", nil}, `"a" in lead.l`, none},
		{"texts split", "l", "a; B ;", `"b" in lead.l`, none}, {"no texts", "l", []string{}, `"a" not in lead.l and known(lead.l)`, none}, {"a list with commas", "l", "a, b", "", wrong("unsplit_list")}, {"JSON as text", "l", `["a"]`, `"a" in lead.l and "b" not in lead.l`, none}, {"blank texts", "l", []string{" "}, "", none},
		{"a number in texts", "l", []any{"a", 5}, `"5" in lead.l`, none}, {"a number for texts", "l", 5, `"5" in lead.l`, none},
		{"a fraction in texts", "l", []any{"a", 5.5}, `"a" in lead.l and not known("b" in lead.l)`, wrong("wrong_kind")}, {"a bool for texts", "l", true, "", wrong("wrong_kind")},
	}
	for _, test := range tests {
		t.Run(test.field+" "+test.name, func(t *testing.T) {
			t.Parallel()
			condition, want := test.condition, qualify.Yes
			if condition == "" {
				condition, want = "not known(lead."+test.field+")", qualify.Yes
			}
			m := compile(t, withRules(qualify.Rule{When: condition, Points: 1}))
			a := assess(t, m, qualify.Lead{Profile: profile{test.field: test.value}}, noon)
			if got := a.Score.Contributions[0].Answer; got != want {
				t.Errorf("%s is %v, want %v", condition, got, want)
			}
			issues := slices.Clone(test.issues)
			for i := range issues {
				issues[i].Field = "lead." + test.field
			}
			if diff := cmp.Diff(issues, a.Issues); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeclaredValues(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	p.Profile = []qualify.Field{
		{Name: "size", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(10.0), Placeholders: []string{"-1", "n/a"}},
		{Name: "city", Kind: qualify.Text, Values: []string{"Berlin", "Paris"}, Placeholders: []string{"Select"}},
		{Name: "code", Kind: qualify.Code, Values: []string{"A", "b"}, Placeholders: []string{"NONE"}},
		{Name: "tags", Kind: qualify.Texts, Values: []string{"red", "blue"}, Placeholders: []string{"other"}},
		{Name: "größe_٢", Kind: qualify.Number}, // a digit that is not ASCII
		{Name: "Lead Source", Kind: qualify.Text},
	}
	for _, f := range p.Profile[:5] {
		p.Rules = append(p.Rules, qualify.Rule{ID: f.Name, When: "known(lead." + f.Name + ")", Points: 1})
	}
	p.Rules = append(p.Rules, qualify.Rule{ID: "source", When: `lead["Lead Source"] == "web"`, Points: 1})
	m := compile(t, p)
	for _, test := range []struct {
		field string
		value any
		known bool
		issue string
	}{
		{"size", 0, true, ""}, {"size", 10, true, ""}, {"size", 10.000001, false, "out_of_range"}, {"size", "-0.5", false, "out_of_range"},
		{"size", "N/A", false, ""}, {"size", -1, false, ""}, {"size", "x", false, "wrong_kind"},
		{"city", " BERLIN ", true, ""}, {"city", "Rome", false, "not_in_values"}, {"city", "sELECT", false, ""},
		{"code", "A", true, ""}, {"code", "a", false, "not_in_values"}, {"code", "NONE", false, ""}, {"code", "none", false, "not_in_values"},
		{"tags", "Red;BLUE", true, ""}, {"tags", []string{"red", "Other"}, true, ""}, {"tags", []string{"red", "green"}, true, "not_in_values"}, {"tags", []string{"green"}, false, "not_in_values"}, {"tags", "other", false, ""}, {"tags", "red, blue", false, "unsplit_list"},
		{"größe_٢", 5, true, ""}, {"größe_٢", "x", false, "wrong_kind"},
		{"Lead Source", "Web", true, ""}, {"Lead Source", 5.5, false, "wrong_kind"},
	} {
		a := assess(t, m, qualify.Lead{Profile: profile{test.field: test.value}}, noon)
		if got := a.Score.Points == 1; got != test.known {
			t.Errorf("%s %v: known is %v", test.field, test.value, got)
		}
		field := "lead." + test.field
		if test.field == "Lead Source" {
			field = `lead["Lead Source"]`
		}
		want := []qualify.Issue{}
		if test.issue != "" {
			want = append(want, qualify.Issue{Problem: qualify.Problem(test.issue), Field: field, Count: 1})
		}
		if diff := cmp.Diff(want, a.Issues); diff != "" {
			t.Errorf("%s %v: issues (-want +got):\n%s", test.field, test.value, diff)
		}
	}
}

// One issue for each problem and field, with a count and the first activity's
// ID in the order of history; the lead's own first.
func TestIssues(t *testing.T) {
	t.Parallel()
	p := withRules(qualify.Rule{When: `total("any", "n") > 0 and distinct("visit", "c") > 0`, Points: 1})
	p.Properties[0].Maximum = new(100.0)
	p.Stages = []qualify.Stage{{ID: "s", Enter: `false`}}
	lead := qualify.Lead{
		Profile: profile{"n": "x", "w": "y", "t": 5.5, "undeclared": func() {}},
		Stage:   "zombie",
		Activities: []qualify.Activity{
			idAct("late", "visit", noon, "n", "secret"), idAct("early", "visit", ago(day), "n", []int{1}), idAct("big", "form", ago(time.Hour), "n", 101),
			idAct("dup", "visit", ago(2*day)), idAct("dup", "visit", ago(3*day)), idAct("code", "visit", ago(5*day), "c", 7.5),
			idAct("unread", "visit", ago(5*day), "t", 7.5),
			idAct("zero", "visit", time.Time{}), idAct("ancient", "form", time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)),
			idAct("future", "visit", ago(-1), "n", "bad"), idAct("elsewhere", "whatever", ago(1), "n", "bad"),
		},
	}
	a := assess(t, compile(t, p), lead, noon)
	want := []qualify.Issue{
		{Problem: "unknown_stage", Field: "stage", Count: 1},
		{Problem: "wrong_kind", Field: "lead.n", Count: 1},
		{Problem: "wrong_kind", Field: "lead.t", Count: 1},
		{Problem: "wrong_kind", Field: "lead.w", Count: 1},
		{Problem: "time_out_of_range", Field: "activity.at", Activity: "ancient", Count: 2},
		{Problem: "repeated_differently", Field: "activity", Activity: "dup", Count: 1},
		{Problem: "wrong_kind", Field: "activity.n", Activity: "early", Count: 3},
		{Problem: "out_of_range", Field: "activity.n", Activity: "big", Count: 1},
		{Problem: "wrong_kind", Field: "activity.c", Activity: "code", Count: 1},
	}
	if diff := cmp.Diff(want, a.Issues); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
	for _, i := range a.Issues {
		if i.String() == "" {
			t.Errorf("no text for %v", i)
		}
	}
	if got, want := a.Issues[6].String(), "activity.n: not of the declared kind, first in early, 3 in all"; got != want {
		t.Errorf("String gives %q, want %q", got, want)
	}
}

// The condition of a signal reads the activities that something asks about: those
// within the widest window, and back to the newest one where only that is asked for.
func TestIssuesOfConditions(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{Activities: []qualify.Activity{
		idAct("new", "visit", ago(day), "n", "x"), idAct("good", "visit", ago(2*day), "n", 5),
		idAct("edge", "visit", ago(30*day), "n", "x"), idAct("old", "visit", ago(90*day), "n", "x"),
	}}
	for _, test := range []struct {
		asks string
		read int
	}{
		{`count("large", "1d") > 0`, 0}, {`count("large", "2d") > 0`, 1}, {`count("large", "30d") > 0`, 1}, {`count("large", "31d") > 0`, 2},
		{`count("large", "2d") > 0 and total("large", "n", "31d") > 0`, 2}, {`count("large") > 0`, 3},
		{`happened("large")`, 1}, {`days_since("large") < 5`, 1}, {`count("visit", "7d since large") > 0`, 1}, {`true`, 0},
	} {
		p := withRules(qualify.Rule{When: test.asks, Points: 1})
		p.Signals = append(p.Signals, qualify.Signal{ID: "large", Types: []string{"visit"}, Where: "activity.n > 3"})
		read := 0
		for _, i := range assess(t, compile(t, p), lead, noon).Issues {
			read += i.Count
		}
		if read != test.read {
			t.Errorf("%s reads %d that are wrong, want %d", test.asks, read, test.read)
		}
	}
}

func TestErrorsOfAssess(t *testing.T) {
	t.Parallel()
	p := everything()
	m := compile(t, p, qualify.WithBounds(qualify.Bounds{Activities: 3}))
	three := history(visits(3, time.Hour)...)
	four := history(visits(4, time.Hour)...)
	future := history(act("visit", ago(-1)), act("visit", ago(-2)), act("visit", ago(-3)), act("unheard of", ago(-4)))
	for _, test := range []struct {
		name string
		lead *qualify.Lead
		at   time.Time
		want error
	}{
		{"fine", &three, noon, nil},
		{"nil lead", nil, noon, qualify.ErrNilLead},
		{"zero instant", &three, time.Time{}, qualify.ErrInstant},
		{"zero Unix time is an instant", &three, time.Unix(0, 0), nil},
		{"the first instant", &three, time.Unix(0, math.MinInt64), nil},
		{"before the first", &three, time.Unix(0, math.MinInt64).Add(-1), qualify.ErrInstant},
		{"the last instant", &three, time.Unix(0, math.MaxInt64), nil},
		{"after the last", &three, time.Unix(0, math.MaxInt64).Add(1), qualify.ErrInstant},
		{"too many", &four, noon, qualify.ErrTooManyActivities},
		{"too many, but in the future", &future, noon, nil},
		{"the zero lead", &qualify.Lead{}, noon, nil},
	} {
		a, err := m.Assess(test.lead, test.at)
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if err != nil && !cmp.Equal(a, qualify.Assessment{}) {
			t.Errorf("%s: beside the error stands an assessment", test.name)
		}
		var dst qualify.Assessment
		if err := m.AssessInto(&dst, &three, noon); err != nil {
			t.Fatal(err)
		}
		if err := m.AssessInto(&dst, test.lead, test.at); err != nil && !cmp.Equal(dst, qualify.Assessment{}) {
			t.Errorf("%s: AssessInto leaves something after an error", test.name)
		}
	}
}

// A lead read by encoding/json, and one from an export where all is text, make
// the same assessment as one made of Go values.
func TestLeadsFromElsewhere(t *testing.T) {
	t.Parallel()
	m := compile(t, everything())
	native := qualify.Lead{
		ID: "L1", Stage: "mql", StageSince: ago(2 * day),
		Profile: profile{"n": 250, "m": 1.5, "t": "Berlin", "c": "X1", "b": true, "w": date("2026-12-24T00:00:00Z"), "l": []string{"a", "b"}},
		Activities: []qualify.Activity{
			idAct("1", "visit", ago(3*day), "n", 12, "c", "p1", "t", "home", "b", false), idAct("2", "form", ago(day), "n", 20.5, "w", date("2026-11-01T00:00:00Z")),
		},
	}
	want := assess(t, m, native, noon)
	texts := native
	texts.Profile = profile{"n": "250", "m": "1.5", "t": " BERLIN", "c": "X1", "b": "Yes", "w": "2026-12-24", "l": "a;b"}
	texts.Activities = []qualify.Activity{
		idAct("1", "visit", ago(3*day), "n", "12", "c", "p1", "t", "Home ", "b", "no"), idAct("2", "form", ago(day), "n", "20.50", "w", "2026-11-01T00:00:00Z"),
	}
	var decoded qualify.Lead
	if err := json.Unmarshal(must(json.Marshal(native)), &decoded); err != nil {
		t.Fatal(err)
	}
	got := assess(t, m, decoded, noon)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	got = assess(t, m, texts, noon)
	if diff := cmp.Diff(want.Score, got.Score); diff != "" {
		t.Errorf("all text (-want +got):\n%s", diff)
	}
	if want.Verdict.Stage != got.Verdict.Stage || len(got.Issues) != 0 {
		t.Errorf("all text: stage %q, issues %v", got.Verdict.Stage, got.Issues)
	}
}

func TestManyActivities(t *testing.T) {
	t.Parallel()
	m := compile(t, everything())
	lead := qualify.Lead{}
	for i := range 100_000 {
		lead.Activities = append(lead.Activities, idAct(fmt.Sprint(i%50_000), []string{"visit", "form", "other"}[i%3], ago(time.Duration(i%7919)*time.Hour), "n", i%100, "c", fmt.Sprint(i%999)))
	}
	start := time.Now()
	a := assess(t, m, lead, noon)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("100,000 activities took %v", took)
	}
	slices.Reverse(lead.Activities)
	if diff := cmp.Diff(a, assess(t, m, lead, noon)); diff != "" {
		t.Errorf("in reverse (-want +got):\n%s", diff)
	}
}

// Text that is not UTF-8 reads back from JSON as it stands in the assessment.
func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	p.Criteria = []qualify.Criterion{{ID: "c", Met: `latest("visit", "t") == "x" or lead.t == "x" or "x" in lead.l`}}
	p.Stages = []qualify.Stage{{ID: "s", Enter: `lead.c == "x"`}}
	lead := qualify.Lead{ID: "id\xff", Profile: profile{"t": "t\xff", "c": "c\xff", "l": []string{"l\xff"}}, Activities: []qualify.Activity{idAct("a\xff", "visit", noon, "t", "p\xff", "n", "bad")}}
	a := assess(t, compile(t, p), lead, noon)
	var back qualify.Assessment
	if err := json.Unmarshal([]byte(bytesOf(t, a)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// The text of a number is read alike in the profile and in properties.
func TestTextOfNumbers(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Profile:    []qualify.Field{{Name: "n", Kind: qualify.Number}},
		Properties: []qualify.Field{{Name: "n", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "visit"}},
		Rules: []qualify.Rule{
			{ID: "profile", When: `true`, Points: 1, Multiply: `lead.n`},
			{ID: "property", On: "visit", Points: 1, Multiply: `activity.n`},
		},
	}
	m := compile(t, p)
	for _, test := range []struct {
		text  string
		want  float64
		known bool
	}{
		{"7", 7, true}, {" 5 ", 5, true}, {"+5", 5, true}, {"-5", -5, true}, {"0.25", 0.25, true}, {".5", 0.5, true}, {"-.5", -0.5, true}, {"5.", 5, true},
		{"010", 10, true}, {"00", 0, true}, {"1e3", 1000, true}, {"1E+3", 1000, true}, {"5.e1", 50, true}, {".5e1", 5, true},
		{"0x10", 0, false}, {"0b1", 0, false}, {"1_000", 0, false}, {"1,000", 0, false}, {"1.000,5", 0, false}, {"1 000", 0, false}, {"５", 0, false}, {"5e", 0, false}, {".", 0, false},
		{"Inf", 0, false}, {"five", 0, false},
	} {
		a := assess(t, m, qualify.Lead{Profile: profile{"n": test.text}, Activities: []qualify.Activity{act("visit", noon, "n", test.text)}}, noon)
		issues := []qualify.Issue{}
		if !test.known {
			issues = []qualify.Issue{{Problem: "wrong_kind", Field: "lead.n", Count: 1}, {Problem: "wrong_kind", Field: "activity.n", Count: 1}}
		}
		if diff := cmp.Diff(issues, a.Issues); diff != "" {
			t.Errorf("%q: %s", test.text, diff)
		}
		for _, c := range a.Score.Contributions {
			if c.Points != test.want {
				t.Errorf("%q: %s pays %v, want %v", test.text, c.Rule, c.Points, test.want)
			}
		}
	}
}

// Times have one first and one last instant, wherever they stand.
func TestFirstAndLastTime(t *testing.T) {
	t.Parallel()
	west := time.FixedZone("west", -5*3600)
	first, last := time.Unix(0, math.MinInt64).UTC(), time.Unix(0, math.MaxInt64).UTC()
	for _, test := range []struct {
		name string
		time any
		loc  *time.Location
		want time.Time // zero: out of range
	}{
		{"the first", first, time.UTC, first},
		{"before the first", first.Add(-1), time.UTC, time.Time{}},
		{"the first as text", "1677-09-21T00:12:43.145224192Z", time.UTC, first},
		{"before the first as text", "1677-09-21T00:12:43.145224191Z", time.UTC, time.Time{}},
		{"the first with an offset", "1677-09-20T19:12:43.145224192-05:00", time.UTC, first},
		{"before the first with an offset", "1677-09-21T05:12:43.145224191+05:00", time.UTC, time.Time{}},
		{"the day of the first", "1677-09-21", time.UTC, time.Time{}},
		{"the day of the first where it begins later", "1677-09-21", west, time.Date(1677, 9, 21, 5, 0, 0, 0, time.UTC)},
		{"the first whole day", "1677-09-22", time.UTC, time.Date(1677, 9, 22, 0, 0, 0, 0, time.UTC)},
		{"the first whole year", "1678-01-01", time.UTC, time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"the last", last, time.UTC, last},
		{"after the last", last.Add(1), time.UTC, time.Time{}},
		{"the last as text", "2262-04-11T23:47:16.854775807Z", time.UTC, last},
		{"after the last as text", "2262-04-11T23:47:16.854775808Z", time.UTC, time.Time{}},
		{"the last with an offset", "2262-04-12T04:47:16.854775807+05:00", time.UTC, last},
		{"after the last with an offset", "2262-04-11T18:47:16.854775808-05:00", time.UTC, time.Time{}},
		{"the day of the last", "2262-04-11", time.UTC, time.Date(2262, 4, 11, 0, 0, 0, 0, time.UTC)},
		{"the day after the last", "2262-04-12", time.UTC, time.Time{}},
		{"the day after the last where it begins later", "2262-04-12", west, time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := qualify.Policy{
				Profile:    []qualify.Field{{Name: "w", Kind: qualify.Time}},
				Properties: []qualify.Field{{Name: "w", Kind: qualify.Time}},
				Signals:    []qualify.Signal{{ID: "visit"}},
				Criteria:   []qualify.Criterion{{ID: "lead", Met: `known(lead.w)`}, {ID: "visit", Met: `known(latest("visit", "w"))`}},
			}
			lead := qualify.Lead{Profile: profile{"w": test.time}, Activities: []qualify.Activity{act("visit", noon, "w", test.time)}}
			m := compile(t, p, qualify.WithLocation(test.loc))
			a := assess(t, m, lead, noon)
			want, issues := qualify.Yes, []qualify.Issue{}
			if test.want.IsZero() {
				want = qualify.No
				issues = []qualify.Issue{{Problem: "out_of_range", Field: "lead.w", Count: 1}, {Problem: "out_of_range", Field: "activity.w", Count: 1}}
			}
			if a.Checklist[0].Answer != want || a.Checklist[1].Answer != want {
				t.Errorf("known: %v and %v, want %v", a.Checklist[0].Answer, a.Checklist[1].Answer, want)
			}
			if diff := cmp.Diff(issues, a.Issues); diff != "" {
				t.Error(diff)
			}
			if text, ok := test.time.(string); ok { // as a literal, it is what the fact is
				p.Criteria = []qualify.Criterion{{ID: "same", Met: `lead.w == time("` + text + `")`}}
				m, err := qualify.Compile(p, qualify.WithLocation(test.loc))
				switch {
				case test.want.IsZero() && (err == nil || !strings.Contains(err.Error(), "is out of range: times lie between 1677-09-21T00:12:43.145224192Z and 2262-04-11T23:47:16.854775807Z")):
					t.Errorf("as a literal: %v", err)
				case !test.want.IsZero() && err != nil:
					t.Error(err)
				case !test.want.IsZero() && assess(t, m, lead, noon).Checklist[0].Answer != qualify.Yes:
					t.Error("as a literal it is another time")
				}
				return
			}
			at := test.time.(time.Time)
			// An activity is dated so, one that is dated later than all else is not there yet,
			// and a stage is entered so.
			m = compile(t, qualify.Policy{Signals: p.Signals, Rules: []qualify.Rule{{ID: "visit", On: "visit", Points: 1}}, Stages: []qualify.Stage{{ID: "in", Enter: "true"}}})
			lead = qualify.Lead{Activities: []qualify.Activity{act("visit", at)}, Stage: "in", StageSince: at}
			a = assess(t, m, lead, last)
			points, since := 1.0, at
			issues = []qualify.Issue{}
			switch {
			case at.Before(first):
				points, since = 0, time.Time{}
				issues = []qualify.Issue{{Problem: "time_out_of_range", Field: "stage_since", Count: 1}, {Problem: "time_out_of_range", Field: "activity.at", Count: 1}}
			case at.After(last):
				points, since = 0, time.Time{}
				issues = []qualify.Issue{{Problem: "future_stage_since", Field: "stage_since", Count: 1}}
			}
			if a.Score.Points != points || !a.Verdict.Since.Equal(since) {
				t.Errorf("%v points, since %v; want %v, %v", a.Score.Points, a.Verdict.Since, points, since)
			}
			if diff := cmp.Diff(issues, a.Issues); diff != "" {
				t.Error(diff)
			}
			if _, err := m.Assess(&lead, at); (err != nil) != test.want.IsZero() {
				t.Errorf("assessed at it: %v", err)
			}
		})
	}
}

// Lists as CRMs and exports write them: never a definite no without a word.
func TestLists(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		field qualify.Field
		tags  any
		want  string // of 'vip' in lead.tags, and of lead.tags in ["vip", "gold"]
		issue string
	}{
		{"commas, declared", qualify.Field{Separator: ","}, "vip,x", "yes yes", ""},
		{"commas", qualify.Field{}, "vip,x", "unknown unknown", "unsplit_list"},
		{"commas and blanks", qualify.Field{}, "Reporting, Routing", "unknown unknown", "unsplit_list"},
		{"bars", qualify.Field{}, "x||y", "unknown unknown", "unsplit_list"},
		{"JSON", qualify.Field{}, `["x", "vip"]`, "yes yes", ""},
		{"JSON of others", qualify.Field{}, `["x", "y"]`, "no no", ""},
		{"a value with a comma", qualify.Field{Values: []string{"x, y", "vip", "gold"}}, "X,  y", "no no", ""},
		{"empty", qualify.Field{}, []any{}, "no no", ""},
		{"nil", qualify.Field{}, nil, "unknown unknown", ""},
		{"blank", qualify.Field{}, "", "unknown unknown", ""},
		{"a list of nothing", qualify.Field{}, []any{nil, ""}, "unknown unknown", ""},
		{"a foreign element beside", qualify.Field{Values: []string{"vip", "gold"}}, "VIP;Telemetry", "yes yes", "not_in_values"},
		{"a foreign element beside another", qualify.Field{Values: []string{"vip", "gold"}}, "gold;Telemetry", "unknown yes", "not_in_values"},
		{"only a foreign element", qualify.Field{Values: []string{"vip", "gold"}}, "Telemetry", "unknown unknown", "not_in_values"},
		{"an element of another kind", qualify.Field{}, []any{"x", map[string]any{}}, "unknown unknown", "wrong_kind"},
		{"a list with it", qualify.Field{}, []any{"vip", 1.5}, "yes yes", "wrong_kind"},
		{"an element too long", qualify.Field{}, []any{"x", strings.Repeat("y", 1<<16+1)}, "unknown unknown", "out_of_range"},
		{"too many", qualify.Field{}, append(slices.Repeat([]string{"x"}, 1000), "vip"), "unknown unknown", "out_of_range"},
		{"by default", qualify.Field{Default: "[]"}, nil, "no no", ""},
		{"by default, set aside", qualify.Field{Default: "[]"}, "a,b", "unknown unknown", "unsplit_list"},
	} {
		test.field.Name, test.field.Kind = "tags", qualify.Texts
		m := compile(t, qualify.Policy{
			Profile: []qualify.Field{test.field},
			Rules: []qualify.Rule{
				{ID: "one", When: `"vip" in lead.tags`, Points: 10, Else: -10}, {ID: "any", When: `lead.tags in ["vip", "gold"]`, Points: 10, Else: -10},
				{ID: "not", When: `"vip" not in lead.tags`, Points: 1}, {ID: "none", When: `lead.tags not in ["vip", "gold"]`, Points: 1},
			},
			Stages: []qualify.Stage{{ID: "s", Enter: `lead.tags not in ["vip"]`}},
		})
		a := assess(t, m, qualify.Lead{Profile: profile{"tags": test.tags}}, noon)
		c := a.Score.Contributions
		if got := c[0].Answer.String() + " " + c[1].Answer.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		opposite := map[qualify.Answer]qualify.Answer{qualify.Yes: qualify.No, qualify.No: qualify.Yes, qualify.Unknown: qualify.Unknown}
		if c[2].Answer != opposite[c[0].Answer] || c[3].Answer != opposite[c[1].Answer] {
			t.Errorf("%s: not in is %v, %v", test.name, c[2].Answer, c[3].Answer)
		}
		if entered := a.Verdict.Stage == "s"; entered != (c[0].Answer == qualify.No) {
			t.Errorf("%s: the stage is %q", test.name, a.Verdict.Stage)
		}
		issue := ""
		if len(a.Issues) > 0 {
			issue = string(a.Issues[0].Problem)
		}
		if issue != test.issue || len(a.Issues) > 1 {
			t.Errorf("%s: issues %v, want %q", test.name, a.Issues, test.issue)
		}
		// What is not known of a list is a missing fact, which the range counts with.
		open := c[0].Answer == qualify.Unknown || c[1].Answer == qualify.Unknown
		if open && (len(a.Score.Unknown) != 1 || a.Score.Range.High == a.Score.Points) {
			t.Errorf("%s: missing %v, range %v", test.name, a.Score.Unknown, a.Score.Range)
		}
		if c[1].Answer == qualify.Yes && c[1].Range != (qualify.Range{Low: 10, High: 10}) {
			t.Errorf("%s: what was found can get lost: %v", test.name, c[1].Range)
		}
	}
}

// The blockers of a list quote its elements, and say what was set aside.
func TestListsArePrinted(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{Profile: []qualify.Field{{Name: "tags", Kind: qualify.Texts}}, Stages: []qualify.Stage{{ID: "s", Enter: `lead.tags in ["vip", "gold"] and "x" not in lead.tags`}}})
	for _, test := range []struct {
		tags any
		want string
	}{
		{[]string{"a, x", "x"}, "Blockers for s\n  lead.tags must include any of \"vip\", \"gold\", and is \"a, x\", \"x\"\n  lead.tags must not include \"x\", and is \"a, x\", \"x\"\n"},
		{[]any{"vip", true}, "Blockers for s\n  lead.tags must not include \"x\", and is \"vip\", and what was set aside\n"},
		{[]any{}, "Blockers for s\n  lead.tags must include any of \"vip\", \"gold\", and is an empty list\n"},
	} {
		if got := assess(t, m, qualify.Lead{Profile: profile{"tags": test.tags}}, noon).Verdict.String(); !strings.HasSuffix(got, test.want) {
			t.Errorf("%v prints\n%s, want\n%s", test.tags, got, test.want)
		}
	}
}

// A default holds for what is absent, in every reading, and for nothing that is set aside.
func TestDefaults(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile:    []qualify.Field{{Name: "do_not_call", Kind: qualify.Bool, Default: "false", Placeholders: []string{"n/a"}}},
		Properties: []qualify.Field{{Name: "seats", Kind: qualify.Number, Default: "1"}},
		Signals:    []qualify.Signal{{ID: "bought"}, {ID: "many", Types: []string{"bought"}, Where: "activity.seats > 1"}},
		Rules: []qualify.Rule{
			{ID: "call", When: "not lead.do_not_call", Points: 10}, {ID: "known", When: "known(lead.do_not_call)", Points: 1},
			{ID: "seats", When: "true", Points: 100, Multiply: `total("bought", "seats")`}, {ID: "latest", When: `latest("bought", "seats") == 1`, Points: 1000},
			{ID: "each", On: "bought", Points: 10000, Multiply: "activity.seats"}, {ID: "many", On: "many", Points: 100000},
		},
		Stages: []qualify.Stage{{ID: "s", Enter: "not lead.do_not_call", Keep: "not lead.do_not_call"}},
	})
	for _, test := range []struct {
		value  any
		points float64
		issues int
	}{
		{nil, 11, 0}, {" ", 11, 0}, {"n/a", 11, 0}, {false, 11, 0}, {true, 1, 0}, {"maybe", 0, 1},
	} {
		lead := qualify.Lead{Profile: profile{"do_not_call": test.value}}
		a := assess(t, m, lead, noon)
		missing := 1 - min(1, len(a.Issues)) // latest of nothing stays unknown
		if a.Score.Points != test.points || len(a.Issues) != test.issues || len(a.Score.Unknown) != 2-missing || (a.Verdict.Stage == "s") != (test.points == 11) {
			t.Errorf("%v: %v points, %v, missing %v, stage %q", test.value, a.Score.Points, a.Issues, a.Score.Unknown, a.Verdict.Stage)
		}
		lead.Activities = []qualify.Activity{act("bought", ago(3*day), "seats", 4), act("bought", ago(2*day), "seats", "x"), act("bought", ago(day))}
		b := assess(t, m, lead, noon)
		if want := test.points + 500 + 1000 + 50000 + 100000; b.Score.Points != want || len(b.Issues) != test.issues+1 {
			t.Errorf("%v: %v points, want %v; %v", test.value, b.Score.Points, want, b.Issues)
		}
		tracker := m.Track(&qualify.Lead{Activities: lead.Activities})
		tracker.Set("do_not_call", test.value)
		if got := must(tracker.Assess(noon)); bytesOf(t, got) != bytesOf(t, b) {
			t.Errorf("%v: a tracker differs:\n%s", test.value, cmp.Diff(b, got))
		}
	}
	if a := assess(t, m, qualify.Lead{}, noon); a.Score.Points != 11 {
		t.Errorf("a lead without a profile has %v points", a.Score.Points)
	}
}

// The value of a field may stand under another key, or further down in the record.
func TestFrom(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Profile: []qualify.Field{
			{Name: "employees", Kind: qualify.Number, From: "company.employees"}, {Name: "email", Kind: qualify.Text, From: "emails.0.value"},
			{Name: "source", Kind: qualify.Text, From: "\ufeffLead Source"}, {Name: "a.b", Kind: qualify.Number},
		},
		Properties: []qualify.Field{{Name: "amount", Kind: qualify.Number, From: "deal.amount"}},
		Signals:    []qualify.Signal{{ID: "won"}},
		Rules: []qualify.Rule{
			{ID: "employees", When: "lead.employees >= 5", Points: 1}, {ID: "email", When: `lead.email endsWith "@acme.com"`, Points: 10},
			{ID: "source", When: `lead.source == "web"`, Points: 100}, {ID: "dot", When: `lead["a.b"] == 1`, Points: 1000}, {ID: "won", When: `total("won", "amount") == 7`, Points: 10000},
		},
		Stages: []qualify.Stage{{ID: "s", Enter: "lead.employees >= 5"}},
	}
	m := compile(t, p)
	record := func(document string) map[string]any {
		var out map[string]any
		if err := json.Unmarshal([]byte(document), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, test := range []struct {
		profile, props string
		points         float64
		issue          string
	}{
		{`{"company": {"employees": 5}, "emails": [{"value": "ann@acme.com"}], "\ufeffLead Source": "Web", "a.b": 1, "employees": 0}`, `{"deal": {"amount": 7}}`, 11111, ""},
		{`{"company.employees": "7", "company": {"employees": 1}}`, `{"deal.amount": 7}`, 10001, ""},
		{`{"employees": 7, "email": "ann@acme.com", "source": "web", "a": {"b": 1}}`, `{"amount": 7}`, 0, ""},
		{`{"company": null, "emails": []}`, `{}`, 0, ""},
		{`{"company": "Acme"}`, `{}`, 0, "lead.employees"},
		{`{"company": {"employees": "many"}}`, `{}`, 0, "lead.employees"},
		{`{}`, `{"deal": 7}`, 0, "activity.amount"},
	} {
		lead := qualify.Lead{Profile: record(test.profile), Activities: []qualify.Activity{{Type: "won", At: noon, Props: record(test.props)}}}
		a := assess(t, m, lead, noon)
		issue := ""
		if len(a.Issues) == 1 && a.Issues[0].Problem == qualify.ProblemWrongKind {
			issue = a.Issues[0].Field
		}
		if a.Score.Points != test.points || issue != test.issue || issue == "" && len(a.Issues) > 0 {
			t.Errorf("%s: %v points, want %v; %v", test.profile, a.Score.Points, test.points, a.Issues)
		}
		if levers := must(m.Levers(&lead, noon)); a.Verdict.Stage == "" && (len(levers) != 1 || levers[0].String() != "lead.employees is 5: s with 1 points" && test.points == 0) {
			t.Errorf("%s: levers %v", test.profile, levers)
		}
	}
}

// An API that writes false for every field that is empty, and says so in the policy.
func TestFalseForEmpty(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	for i := range p.Profile {
		p.Profile[i].Placeholders = []string{"false"}
	}
	lead := qualify.Lead{Profile: profile{}}
	for _, f := range p.Profile {
		lead.Profile[f.Name] = false
		p.Rules = append(p.Rules, qualify.Rule{ID: f.Name, When: "known(lead." + f.Name + ")", Points: 1})
	}
	if a := assess(t, compile(t, p), lead, noon); a.Score.Points != 0 || len(a.Issues) != 0 {
		t.Errorf("%v points, %v", a.Score.Points, a.Issues)
	}
}

// An ID of digits tells occurrences apart: a row of B in reports_test.go.
func TestOncePerDigits(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Properties: []qualify.Field{{Name: "campaign", Kind: qualify.Code}}, Signals: []qualify.Signal{{ID: "click"}},
		Rules: []qualify.Rule{{ID: "r", On: "click", Points: 5, Limit: qualify.Limit{OncePer: "campaign"}}, {ID: "d", When: `distinct("click", "campaign") == 2`, Points: 1}},
	})
	lead := history(act("click", ago(3*day), "campaign", 4711), act("click", ago(2*day), "campaign", json.Number("4711")), act("click", ago(day), "campaign", "4711"), act("click", noon, "campaign", 4712.0))
	if a := assess(t, m, lead, noon); a.Score.Points != 11 || len(a.Issues) > 0 {
		t.Errorf("%v points, %v", a.Score.Points, a.Issues)
	}
}

// Times without an offset are those of the model's location.
func TestTimesOfTheLocation(t *testing.T) {
	t.Parallel()
	york := must(time.LoadLocation("America/New_York"))
	p := vocabulary()
	p.Profile[5].Epoch = "ms"
	p.Rules = []qualify.Rule{{ID: "r", When: `lead.w == time("2026-07-01 10:00")`, Points: 1}, {ID: "p", When: `latest("visit", "w") == time("2026-07-01T14:00:00Z")`, Points: 1}}
	m := compile(t, p, qualify.WithLocation(york))
	for _, w := range []any{"2026-07-01 10:00:00", "2026-07-01T10:00", "2026-07-01 10:00-04", "2026-07-01T14:00:00.000+0000", "2026-07-01t14:00z", int64(1782914400000), 1782914400000.0, "1782914400000", json.Number("1782914400000")} {
		a := assess(t, m, qualify.Lead{Profile: profile{"w": w}, Activities: []qualify.Activity{act("visit", noon, "w", w)}}, noon)
		want := 2.0
		if s, ok := w.(string); !ok || s[:4] == "1782" {
			want = 1 // the property declares no unit
		}
		if a.Score.Points != want || len(a.Issues) != int(2-want) {
			t.Errorf("%v: %v points, %v", w, a.Score.Points, a.Issues)
		}
	}
}

// Nothing that a field of a lead's JSON holds makes it fail: what cannot be read is an Issue.
func TestParseLead(t *testing.T) {
	t.Parallel()
	york := must(time.LoadLocation("America/New_York"))
	p := vocabulary()
	p.Rules = []qualify.Rule{
		{ID: "visits", On: "visit", Points: 1}, {ID: "n", When: "lead.n >= 5", Points: 10}, {ID: "t", When: `known(latest("visit", "t"))`, Points: 100},
		{ID: "c", When: `lead.c == "12345678901234567890"`, Points: 1000},
	}
	p.Stages = []qualify.Stage{{ID: "7", Enter: "lead.n >= 5", MaxStay: qualify.Day}}
	m := compile(t, p, qualify.WithLocation(york))
	type issues = []string
	none := issues{}
	for _, test := range []struct {
		name, document string
		points         float64
		issues         issues // problem, field and count
	}{
		{"a plain lead", `{"id": "a", "profile": {"n": 5}, "activities": [{"id": "v", "type": "visit", "at": "2026-11-01T00:00:00Z", "props": {"t": "x"}}]}`, 111, none},
		{"an empty object", `{}`, 0, none},
		{"nothing but null", `{"id": null, "profile": null, "activities": null, "stage": null, "stage_since": null}`, 0, none},
		{"a blank time", `{"activities": [{"type": "visit", "at": ""}, {"type": "visit", "at": "2026-11-01"}]}`, 1, issues{"time_out_of_range activity.at 1"}},
		{"no time", `{"activities": [{"type": "visit"}]}`, 0, issues{"time_out_of_range activity.at 1"}},
		{"a date", `{"activities": [{"type": "visit", "at": "2026-10-01"}]}`, 1, none},
		{"a time of the location, after now", `{"activities": [{"type": "visit", "at": "2026-11-22 07:30:00"}]}`, 0, none},
		{"a time of the location, before now", `{"activities": [{"type": "visit", "at": "2026-11-22 06:30"}]}`, 1, none},
		{"a time with an offset", `{"activities": [{"type": "visit", "at": "2026-11-22t11:30:00+0000"}]}`, 1, none},
		{"milliseconds", `{"activities": [{"type": "visit", "at": 1767225600000}]}`, 0, issues{"time_out_of_range activity.at 1"}},
		{"three odd times", `{"activities": [{"id": "b", "type": "visit", "at": {}}, {"id": "a", "type": "visit", "at": true}, {"id": "c", "type": "visit", "at": "soon"}]}`, 0, issues{"time_out_of_range activity.at 3"}},
		{"an ID of digits", `{"activities": [{"id": 101, "type": "visit", "at": "2026-11-01"}, {"id": "101", "type": "visit", "at": "2026-11-01"}, {"id": 101.0, "type": "visit", "at": "2026-11-01"}]}`, 1, none},
		{"an ID that is an object", `{"activities": [{"id": {"$oid": "1", "a": 2}, "type": "visit", "at": "2026-11-01"}, {"id": {"a": 2, "$oid": "1"}, "type": "visit", "at": "2026-11-01"}, {"id": {"$oid": "2"}, "type": "visit", "at": "2026-11-01"}]}`, 2, none},
		{"IDs that are false", `{"activities": [{"id": false, "type": "visit", "at": "2026-11-01"}, {"id": false, "type": "visit", "at": "2026-11-01"}, {"id": [], "type": "visit", "at": "2026-11-01"}]}`, 3, none},
		{"large IDs", `{"activities": [{"id": 12345678901234567890, "type": "visit", "at": "2026-11-01"}, {"id": 12345678901234567891, "type": "visit", "at": "2026-11-01"}]}`, 2, none},
		{"activities that are none", `{"activities": [null, "x", 5, [], {"type": "visit", "at": "2026-11-01"}]}`, 1, issues{"time_out_of_range activity.at 4"}},
		{"one activity", `{"activities": {"type": "visit", "at": "2026-11-01"}}`, 1, none},
		{"an empty object for activities", `{"activities": {}}`, 0, none},
		{"a text for activities", `{"activities": "many"}`, 0, issues{"time_out_of_range activity.at 1"}},
		{"false for activities", `{"activities": false}`, 0, none},
		{"a text for the profile", `{"profile": "garbage"}`, 0, issues{"wrong_kind lead.n 1", "wrong_kind lead.m 1", "wrong_kind lead.t 1", "wrong_kind lead.c 1", "wrong_kind lead.b 1", "wrong_kind lead.w 1", "wrong_kind lead.l 1"}},
		{"an empty list for the profile", `{"profile": []}`, 0, none},
		{"false for the profile", `{"profile": false}`, 0, none},
		{"a list for props", `{"activities": [{"type": "visit", "at": "2026-11-01", "props": ["x"]}, {"type": "visit", "at": "2026-11-02", "props": []}]}`, 2, issues{"wrong_kind activity.t 1"}},
		{"a large code", `{"profile": {"c": 12345678901234567890}}`, 1000, none},
		{"a number that is none", `{"profile": {"n": 1e400, "m": 1}}`, 0, issues{"out_of_range lead.n 1"}},
		{"a stage of digits", `{"profile": {"n": 5}, "stage": 7, "stage_since": "2026-11-01"}`, 10, none},
		{"a blank stage_since", `{"stage": "7", "stage_since": ""}`, 0, none},
		{"an odd stage_since", `{"stage": "7", "stage_since": "long ago"}`, 0, issues{"time_out_of_range stage_since 1"}},
		{"a number for stage_since", `{"stage": "7", "stage_since": 1767225600}`, 0, issues{"time_out_of_range stage_since 1"}},
		{"an odd stage", `{"stage": {"name": "7"}}`, 0, issues{"unknown_stage stage 1"}},
		{"another case", `{"ID": "a", "Profile": {"n": 5}, "ACTIVITIES": [{"Type": "visit", "At": "2026-11-01"}]}`, 11, none},
		{"unknown fields", `{"name": "x", "profile": {"n": 5, "x": {}}, "score": 3}`, 10, none},
		{"a mark of the byte order", "\ufeff{\"profile\": {\"n\": 5}}\n", 10, none},
		{"bytes that are not UTF-8", "{\"id\": \"\xff\", \"profile\": {\"n\": 5, \"t\": \"\xff\"}}", 10, none},
	} {
		lead, err := m.ParseLead([]byte(test.document))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		a := assess(t, m, lead, noon)
		got := issues{}
		for _, i := range a.Issues {
			got = append(got, fmt.Sprint(i.Problem, " ", i.Field, " ", i.Count))
		}
		if diff := cmp.Diff(test.issues, got); diff != "" || a.Score.Points != test.points {
			t.Errorf("%s: %v points, want %v; issues (-want +got):\n%s", test.name, a.Score.Points, test.points, diff)
		}
		// What was read is read back, and encoding/json reads the same, in UTC.
		var again, plain qualify.Lead
		if err := json.Unmarshal(must(json.Marshal(lead)), &again); err != nil || bytesOf(t, assess(t, m, again, noon)) != bytesOf(t, a) {
			t.Errorf("%s: read back it differs: %v", test.name, err)
		}
		err = json.Unmarshal(bytes.TrimPrefix([]byte(test.document), []byte("\ufeff")), &plain)
		if diff := cmp.Diff(must(compile(t, p).ParseLead([]byte(test.document))), plain); err != nil || diff != "" {
			t.Errorf("%s: encoding/json gives %v (-ParseLead +json)\n%s", test.name, err, diff)
		}
	}
	lead := must(m.ParseLead([]byte(`{"id": 4711, "stage": true, "profile": {"n": 9007199254740993, "m": 0.1, "l": [1, 9007199254740993]}, "activities": [{"id": 1.5, "type": 7, "at": "2026-03-08 02:30"}]}`)))
	want := qualify.Lead{
		ID: "4711", Stage: "true", Profile: profile{"n": json.Number("9007199254740993"), "m": 0.1, "l": []any{1.0, json.Number("9007199254740993")}},
		Activities: []qualify.Activity{{ID: "1.5", Type: "7", At: date("2026-03-08T07:00:00Z")}},
	}
	if diff := cmp.Diff(want, lead); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for document, want := range map[string]string{
		``: "qualify: 1:1: this is not JSON: unexpected EOF", `{"id": "a"`: "qualify: 1:11: this is not JSON: unexpected EOF", "{\n  \"é\": x}": "qualify: 2:8: this is not JSON: invalid character 'x' looking for beginning of value",
		`[]`: "qualify: a lead is a JSON object, and this is none", `"x"`: "qualify: a lead is a JSON object, and this is none", `null`: "qualify: a lead is a JSON object, and this is none",
		`{} {}`: "qualify: 1:4: this is not JSON: something follows it", "{}\n\t\"é\"": "qualify: 2:2: this is not JSON: something follows it", `{"é": 1}]`: "qualify: 1:9: this is not JSON: something follows it", `{"a": 01}`: "qualify: 1:8: this is not JSON: invalid character '1' after object key:value pair",
	} {
		if _, err := m.ParseLead([]byte(document)); fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}

// Many leads come as a list, or one after the other.
func TestReadLeads(t *testing.T) {
	t.Parallel()
	m := compile(t, vocabulary())
	read := func(text string) string {
		var all []string
		for lead, err := range m.ReadLeads(iotest.OneByteReader(strings.NewReader(text))) {
			if err != nil {
				all = append(all, err.Error())
			} else {
				all = append(all, lead.ID)
			}
		}
		return strings.Join(all, "; ")
	}
	for _, test := range []struct{ text, want string }{
		{``, ""}, {" \n", ""}, {`[]`, ""}, {"\ufeff", ""}, {`{"id": 1}`, "1"}, {`[{"id": 1}]`, "1"},
		{"{\"id\": 1}\n{\"id\": 2}\n\n{\"id\": 3}", "1; 2; 3"},
		{"\ufeff{\"id\": 1}{\n\"id\": 2\n}", "1; 2"},
		{"\ufeff \r\n\t[{\"id\": 1}, {\"id\": 2, \"stage_since\": \"\", \"activities\": \"x\"},\n{\"id\": 3}]", "1; 2; 3"},
		{`[{"id": 1}, 5, null, {"id": 2}]`, "1; qualify: 1:13: lead 2 is no object; qualify: 1:16: lead 3 is no object; 2"},
		{"{\"id\": 1}\n\"x\"\n[1]\n{\"id\": 2}", "1; qualify: 2:1: lead 2 is no object; qualify: 3:1: lead 3 is no object; 2"},
		{`[{"id": 1}, {"id"`, "1; qualify: 1:18: lead 2: unexpected EOF"},
		{`[{"id": 1}`, "1; qualify: 1:11: the list of leads, after lead 1: unexpected EOF"},
		{`[`, "qualify: 1:2: the list of leads, after lead 0: unexpected EOF"},
		{"[{\"id\": 1}]\n[{\"id\": 2}]", "1; qualify: 2:1: the list of leads, after lead 1: something follows the list"},
		{`[] {"id": 1}`, "qualify: 1:4: the list of leads, after lead 0: something follows the list"},
		{`[{"id": 1}] "x`, "1; qualify: 1:13: the list of leads, after lead 1: something follows the list"},
		{`[{"id": 1}] ]`, "1; qualify: 1:13: the list of leads, after lead 1: something follows the list"},
		{"[{\"id\": 1}] \n", "1"},
		{"{\"id\": 1}\n{\"id\": x}\n{\"id\": 3}", "1; qualify: 2:8: lead 2: invalid character 'x' looking for beginning of value"},
		{"{\"id\": 1}\n{\"id\"", "1; qualify: 2:6: lead 2: unexpected EOF"},
		{"\ufeff\n [{\"é\": \"日本\"}, {\"é\": x}]", "; qualify: 2:22: lead 2: invalid character 'x' looking for beginning of value"},
		{`[{"id": 1} {"id": 2}]`, "1; qualify: 1:12: lead 2: expected comma after array element"},
		{"[{\"id\": 1},\n]", "1; qualify: 2:1: lead 2: invalid character ']' looking for beginning of value"},
		{`[,{"id": 1}]`, "qualify: 1:2: lead 1: invalid character ',' looking for beginning of value"},
		{"[{\"id\": 1}\n}", "1; qualify: 2:1: the list of leads, after lead 1: invalid character '}' after array element"},
		{"5 \n{\"id\": 1} 6", "qualify: 1:1: lead 1 is no object; 1; qualify: 2:11: lead 3 is no object"},
		{"{\"id\": 1}, {\"id\": 2}", "1; qualify: 1:10: lead 2: invalid character ',' looking for beginning of value"},
	} {
		if got := read(test.text); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
	failing := io.MultiReader(strings.NewReader("[{}]"), iotest.ErrReader(errors.New("it broke")))
	var last error
	for _, last = range m.ReadLeads(failing) {
	}
	if want := "qualify: the list of leads, after lead 1: it broke"; fmt.Sprint(last) != want {
		t.Errorf("%v, want %s", last, want)
	}
	for _, text := range []string{"{} {} {}", "[{}, {}]", "[5, 5]", "5 5", "[x", "["} {
		n := 0
		for range m.ReadLeads(strings.NewReader(text)) {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%q: %d", text, n)
		}
	}
}

// plainTime is a time as RFC 3339 has it. Package time takes more than that (go.dev/issue/54580).
type plainTime struct{ time.Time }

var rfc3339 = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"$`)

func (t *plainTime) UnmarshalJSON(data []byte) error {
	if string(data) != "null" && !rfc3339.Match(data) {
		return fmt.Errorf("%s is not as RFC 3339 has it", data)
	}
	return t.Time.UnmarshalJSON(data)
}

// The place of an error is right in files of any length, however they are read.
func TestReadLeadsPlaces(t *testing.T) {
	t.Parallel()
	m := compile(t, vocabulary())
	rng := rand.New(rand.NewPCG(3, 7))
	for range testcase.Count(300) {
		var file strings.Builder
		list := rng.IntN(2) == 0
		if list {
			file.WriteString("\n [")
		}
		leads := rng.IntN(60)
		for range leads {
			fmt.Fprintf(&file, `{"id": "%s"%s}`, strings.Repeat("é日x", rng.IntN(300)), strings.Repeat("\n", rng.IntN(2)))
			if list {
				file.WriteString(" ,")
			}
			file.WriteString(strings.Repeat("\n", rng.IntN(3)))
		}
		file.WriteString(` {"é":`)
		before := file.String()
		line := before[strings.LastIndexByte(before, '\n')+1:]
		want := fmt.Sprintf("qualify: %d:%d: lead %d: invalid character '?' looking for beginning of value", strings.Count(before, "\n")+1, utf8.RuneCountInString(line)+1, leads+1)
		file.WriteString("? }")
		for _, reader := range []io.Reader{strings.NewReader(file.String()), iotest.OneByteReader(strings.NewReader(file.String())), iotest.HalfReader(strings.NewReader(file.String()))} {
			n := 0
			for _, err := range m.ReadLeads(reader) {
				if n++; n <= leads && err != nil || n > leads && fmt.Sprint(err) != want {
					t.Fatalf("lead %d of %d: %v, want %s, in %q", n, leads, err, want, file.String())
				}
			}
			if n != leads+1 {
				t.Fatalf("%d of %d leads", n, leads)
			}
		}
	}
}

// plainLead is a lead without methods, as encoding/json reads it.
type plainLead struct {
	ID         string          `json:"id"`
	Profile    map[string]any  `json:"profile"`
	Activities []plainActivity `json:"activities"`
	Stage      string          `json:"stage"`
	StageSince plainTime       `json:"stage_since"`
}

type plainActivity struct {
	ID    string         `json:"id"`
	Type  string         `json:"type"`
	At    plainTime      `json:"at"`
	Props map[string]any `json:"props"`
}

// Whatever is JSON is read, and what encoding/json reads without help is read as it reads it.
func FuzzParseLead(f *testing.F) {
	for _, s := range []string{
		`{"id":"x","profile":{"n":"5","l":["a",null]},"activities":[{"id":"1","type":"visit","at":"2026-11-01T00:00:00.5+01:00","props":{"n":1e300}}],"stage":"s","stage_since":"2026-11-01T00:00:00Z"}`,
		`{"id":5,"profile":[],"activities":{"at":1},"stage":{},"stage_since":"x"}`, `{"profile":5,"activities":[5,{"props":"x","at":"2026-10-25 02:30"}]}`, `{"ID":"a","iD":"b","profile":{"":null}}`, "\ufeff{}", `{"profile":{"n":12345678901234567890}}`, `null`, `[`,
	} {
		f.Add([]byte(s))
	}
	p := world()
	p.Rules = []qualify.Rule{{ID: "r", On: "visit", Points: 1, Multiply: "activity.n"}, {ID: "s", When: `lead.n > 1 and "red" in lead.l or lead.c == "5" and latest("any", "t") == "x"`, Points: 1}}
	p.Stages = []qualify.Stage{{ID: "s", Enter: "lead.b"}}
	m := qualify.MustCompile(p)
	f.Fuzz(func(t *testing.T, data []byte) {
		lead, err := m.ParseLead(data)
		plainData := bytes.TrimPrefix(data, []byte("\ufeff"))
		trimmed := bytes.TrimLeft(plainData, " \t\r\n")
		if isObject := json.Valid(plainData) && trimmed[0] == '{'; isObject != (err == nil) {
			t.Fatalf("%q: %v", data, err)
		}
		if err != nil {
			return
		}
		a := assess(t, m, lead, noon)
		var again qualify.Lead
		if err := json.Unmarshal(must(json.Marshal(lead)), &again); err != nil || bytesOf(t, assess(t, m, again, noon)) != bytesOf(t, a) {
			t.Errorf("%q, read back, differs: %v", data, err)
		}
		var plain plainLead
		if repeated := bytes.Contains(bytes.ToLower(data), []byte(`\u`)) || hasRepeated(plainData); repeated || hasLargeNumber(lead) || json.Unmarshal(plainData, &plain) != nil {
			return
		}
		blank := func(s string) string { // an ID of white space is none
			if fact.Clean(s) == "" {
				return ""
			}
			return s
		}
		want := qualify.Lead{ID: blank(plain.ID), Profile: plain.Profile, Stage: blank(plain.Stage), StageSince: plain.StageSince.Time}
		for _, x := range plain.Activities {
			want.Activities = append(want.Activities, qualify.Activity{ID: blank(x.ID), Type: blank(x.Type), At: x.At.Time, Props: x.Props})
		}
		if !json.Valid(must(json.Marshal(want))) {
			return
		}
		for i := range lead.Activities {
			if lead.Activities[i].At.Before(date("0001-01-02T00:00:00Z")) {
				lead.Activities[i].At = want.Activities[i].At
			}
		}
		if bytesOf(t, assess(t, m, want, noon)) != bytesOf(t, assess(t, m, lead, noon)) {
			t.Errorf("%q: %+v, encoding/json gives %+v", data, lead, want)
		}
	})
}

// hasLargeNumber reports whether a lead holds a number that float64 would change.
func hasLargeNumber(lead qualify.Lead) bool {
	found := false
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case json.Number:
			found = true
		case []any:
			for _, v := range v {
				look(v)
			}
		case map[string]any:
			for _, v := range v {
				look(v)
			}
		}
	}
	look(lead.Profile)
	for _, x := range lead.Activities {
		look(x.Props)
	}
	return found
}

// hasRepeated reports whether an object holds a field twice, in any case: these are read in another order.
func hasRepeated(data []byte) bool {
	type level struct {
		seen map[string]bool // nil in a list
		key  bool            // the next token is one
	}
	levels := []level{{}}
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := &levels[len(levels)-1]
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			levels = levels[:len(levels)-1]
			continue
		}
		if name, ok := token.(string); ok && top.key {
			if name = strings.ToLower(name); top.seen[name] {
				return true
			}
			top.seen[name], top.key = true, false
			continue
		}
		top.key = top.seen != nil
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{map[string]bool{}, true})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}
