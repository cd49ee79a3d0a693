package history_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"
	"weak"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/testcase"
)

const none = history.None

type props = map[string]any

// typesOf is a schema with a signal for each type.
func typesOf(types ...string) *history.Schema {
	var signals []history.Signal
	for _, s := range types {
		signals = append(signals, history.Signal{Types: []string{s}, Of: none, Sum: none})
	}
	return history.NewSchema(newProps(), signals, [][]int{nil}, nil)
}

// describe writes the history that an index holds.
func describe(x *history.Index) []string {
	lines := []string{}
	for pos := range x.Len() {
		line := fmt.Sprintf("%d %q", x.At(pos), x.ID(pos))
		for p := range newProps() {
			var v fact.Value
			x.Prop(pos, p, &v)
			line += fmt.Sprint(" ", v)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestOrder(t *testing.T) {
	ordered := []activity{
		{at: math.MinInt64, kind: "b", id: "earliest"},
		{at: -1, kind: "b"},
		{at: 0, kind: "a"},
		{at: 0, kind: "a", props: props{"undeclared": 1}},
		{at: 0, kind: "a", props: props{"list": 5}}, // what cannot be read stands after what is not there
		{at: 0, kind: "a", props: props{"list": "a"}},
		{at: 0, kind: "a", props: props{"list": "a;b"}},
		{at: 0, kind: "a", props: props{"moment": "2026-11-22T01:00:00+01:00"}},
		{at: 0, kind: "a", props: props{"moment": "2026-11-22T00:00:00.000000001Z"}},
		{at: 0, kind: "a", props: props{"flag": "no"}},
		{at: 0, kind: "a", props: props{"flag": 1}},
		{at: 0, kind: "a", props: props{"code": "a"}},
		{at: 0, kind: "a", props: props{"typed": "B"}},
		{at: 0, kind: "a", props: props{"typed": "b"}},
		{at: 0, kind: "a", props: props{"typed": " c"}},
		{at: 0, kind: "a", props: props{"number": "many", "typed": "c"}},
		{at: 0, kind: "a", props: props{"number": -1, "typed": "z"}},
		{at: 0, kind: "a", props: props{"number": "1", "typed": "a"}},
		{at: 0, kind: "a", props: props{"number": 1, "typed": "b"}},
		{at: 0, kind: "a", id: " "},
		{at: 0, kind: "a", id: "10"},
		{at: 0, kind: "a", id: "9"},
		{at: 0, kind: "b", id: "10"},
		{at: 1, kind: "a", id: "1"},
		{at: math.MaxInt64, kind: "a", id: "0"},
	}
	schema := typesOf("b", "a")
	want := []string{}
	for _, a := range ordered {
		want = append(want, describe(newIndex(schema, math.MaxInt64, []activity{a}))...)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var x history.Index
	for range 300 {
		shuffle(r, ordered)
		fill(&x, schema, math.MaxInt64, ordered)
		if diff := gocmp.Diff(want, describe(&x)); diff != "" {
			t.Fatalf("shuffled (-want +got):\n%s", diff)
		}
	}
	var many []activity // also among equal ones
	want = nil
	for _, a := range ordered {
		if strings.TrimSpace(a.id) == "" {
			many = append(many, a, a, a)
		}
	}
	slices.SortStableFunc(many, newTwin(schema, 0, nil).order)
	for _, a := range many {
		want = append(want, describe(newIndex(schema, math.MaxInt64, []activity{a}))...)
	}
	for range 30 {
		shuffle(r, many)
		fill(&x, schema, math.MaxInt64, many)
		if diff := gocmp.Diff(want, describe(&x)); diff != "" {
			t.Fatalf("many, shuffled (-want +got):\n%s", diff)
		}
	}
}

func shuffle(r *rand.Rand, activities []activity) {
	r.Shuffle(len(activities), func(i, j int) { activities[i], activities[j] = activities[j], activities[i] })
}

// TestOrderOfArrivalPlaysNoPart shuffles generated histories, and delivers some
// of their activities again.
func TestOrderOfArrivalPlaysNoPart(t *testing.T) {
	type outcome struct {
		History []string
		Answers []result
		Flaws   []history.Flaw
	}
	for seed := range uint64(testcase.Count(150)) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t, r.IntN)
		assess := func() outcome {
			x := newIndex(w.schema, w.now, w.activities)
			var o outcome
			for _, c := range w.calls {
				var v fact.Value
				pos := x.Answer(&c, &v)
				o.Answers = append(o.Answers, result{v, pos})
			}
			o.Flaws = sortFlaws(x.Flaws())
			o.History = describe(x)
			return o
		}
		want := assess()
		for range 20 {
			shuffle(r, w.activities)
			if i := r.IntN(len(w.activities) + 1); i < len(w.activities) && strings.TrimSpace(w.activities[i].id) != "" {
				w.activities = append(w.activities, w.activities[i])
			}
			if diff := gocmp.Diff(want, assess()); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
			}
		}
	}
}

func TestRepeatedActivities(t *testing.T) {
	differs := func(positions ...int) []history.Flaw {
		flaws := []history.Flaw{}
		for _, pos := range positions {
			flaws = append(flaws, history.Flaw{Pos: pos, Prop: none})
		}
		return flaws
	}
	tests := []struct {
		name       string
		activities []activity
		first      []any // the numbers of those that count, nil where unknown
		flaws      []history.Flaw
	}{
		{"alike", []activity{{1, "a", "1", props{"number": 5}}, {1, "a", "1", props{"number": 5}}}, []any{5}, differs()},
		{"alike in value", []activity{{1, "a", "1", props{"number": 5}}, {1, "a", "1", props{"number": "5.0"}}}, []any{5}, differs()},
		{"alike but for what is not declared", []activity{{1, "a", "1", props{"number": 5, "other": 1}}, {1, "a", "1", props{"number": 5}}}, []any{5}, differs()},
		{"nothing known of either", []activity{{1, "a", "1", nil}, {1, "a", "1", props{"number": "n/a"}}}, []any{nil}, differs()},
		{"another value", []activity{{1, "a", "1", props{"number": 7}}, {1, "a", "1", props{"number": 5}}}, []any{5}, differs(0)},
		{"another case", []activity{{1, "a", "1", props{"typed": "x"}}, {1, "a", "1", props{"typed": "X"}}}, []any{nil}, differs(0)},
		{"a value and none", []activity{{1, "a", "1", props{"number": 5}}, {1, "a", "1", nil}}, []any{nil}, differs(0)},
		{"a wrong value and none", []activity{{1, "a", "1", props{"number": "x"}}, {1, "a", "1", nil}}, []any{nil}, differs(0)},
		{"two wrong values", []activity{{1, "a", "1", props{"number": "x"}}, {1, "a", "1", props{"number": "y"}}}, []any{nil}, differs()},
		{"another instant", []activity{{2, "a", "1", props{"number": 5}}, {1, "a", "1", props{"number": 5}}}, []any{5}, differs(0)},
		{"the earlier counts", []activity{{2, "a", "1", props{"number": 5}}, {1, "a", "1", props{"number": 7}}}, []any{7}, differs(0)},
		{"not side by side", []activity{{1, "a", "1", props{"number": 5}}, {2, "a", "2", props{"number": 6}}, {3, "b", "1", props{"number": 7}}, {4, "a", "1", props{"number": 8}}}, []any{5, 6, 7}, differs(0)},
		{"three times, one flaw", []activity{{1, "a", "1", props{"number": 5}}, {2, "a", "1", props{"number": 6}}, {3, "a", "1", props{"number": 7}}}, []any{5}, differs(0)},
		{"the second one again", []activity{{1, "a", "1", props{"number": 5}}, {2, "a", "1", props{"number": 6}}, {2, "a", "1", props{"number": 6}}}, []any{5}, differs(0)},
		{"two of them", []activity{{1, "a", "1", props{"number": 5}}, {1, "b", "1", props{"number": 6}}, {2, "a", "1", nil}, {2, "b", "1", nil}}, []any{5, 6}, differs(0, 1)},
		{"no ID", []activity{{1, "a", "", props{"number": 5}}, {1, "a", "", props{"number": 5}}, {1, "a", "", props{"number": 6}}}, []any{5, 5, 6}, differs()},
		{"blank IDs", []activity{{1, "a", " ", props{"number": 5}}, {1, "a", " ", props{"number": 5}}, {1, "a", "\t\u00a0", props{"number": 4}}}, []any{4, 5, 5}, differs()},
		{"other types", []activity{{1, "a", "1", props{"number": 5}}, {1, "b", "1", props{"number": 6}}}, []any{5, 6}, differs()},
		{"IDs are exact", []activity{{1, "a", " x", props{"number": 5}}, {1, "a", "X", props{"number": 6}}, {1, "a", "x", props{"number": 7}}}, []any{5, 6, 7}, differs()},
		{"a type and an ID do not run together", []activity{{1, "a", "b1", props{"number": 5}}, {1, "ab", "1", props{"number": 6}}}, []any{5, 6}, differs()},
		{"not taken", []activity{{1, "c", "1", nil}, {2, "c", "1", nil}}, nil, differs()},
	}
	r := rand.New(rand.NewPCG(1, 2))
	schema := typesOf("a", "b", "ab")
	for _, test := range tests {
		for range 10 {
			x := newIndex(schema, 10, test.activities)
			if diff := gocmp.Diff(test.flaws, sortFlaws(x.Flaws())); diff != "" {
				t.Errorf("%s: flaws (-want +got):\n%s", test.name, diff)
			}
			var first []any
			for pos := range x.Len() {
				var v fact.Value
				if x.Prop(pos, number, &v); v.Known {
					first = append(first, int(v.Number))
				} else {
					first = append(first, nil)
				}
			}
			if diff := gocmp.Diff(test.first, first); diff != "" {
				t.Errorf("%s: the ones that count (-want +got):\n%s", test.name, diff)
			}
			shuffle(r, test.activities)
		}
	}
}

func TestSignalsTakeTypes(t *testing.T) {
	signals := []history.Signal{
		{Types: []string{"a", "a", "b"}, Of: none, Sum: none},
		{Types: []string{"*"}, Of: none, Sum: none},
		{Types: []string{"b", "*"}, Of: none, Sum: none},
		{Types: []string{"*"}, Of: 0, Every: 2, Sum: none},
	}
	activities := []activity{{0, "a", "", nil}, {1, "b", "", nil}, {2, "c", "", nil}, {3, "*", "", nil}, {4, "", "", nil}}
	occurrences := func(signals []history.Signal) [][]int32 {
		x := newIndex(history.NewSchema(newProps(), signals, [][]int{nil}, nil), 10, activities)
		all := [][]int32{}
		for s := range signals {
			pos := x.Occurrences(s, 0)
			all = append(all, slices.Clone(pos))
		}
		return all
	}
	if diff := gocmp.Diff([][]int32{{0, 1}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, {1}}, occurrences(signals)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Without a signal that takes everything, the others are not even kept.
	if diff := gocmp.Diff([][]int32{{0, 1}}, occurrences(signals[:1])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWindowBoundaries(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	tests := []struct {
		name string
		now  int64
		span int64
		at   int64
		in   bool
	}{
		{"now", 0, history.Day, 0, true},
		{"a nanosecond less than the span", 0, history.Day, 1 - history.Day, true},
		{"exactly the span", 0, history.Day, -history.Day, false},
		{"a nanosecond more", 0, history.Day, -1 - history.Day, false},
		{"no span", last, 0, first, true},
		{"the longest span", 0, history.MaxSpan, 1 - history.MaxSpan, true},
		{"all of time is longer", last, history.MaxSpan, first, false},
		{"at the earliest instant", first, history.Day, first, true},
		{"just after the earliest instant", first + 5, 10, first, true},
		{"the span reaches the earliest instant", first + 10, 10, first, false},
		{"the span ends after it", first + 11, 10, first, false},
		{"at the latest instant", last, 1, last, true},
		{"just before it", last, 1, last - 1, false},
	}
	schema := typesOf("a", "b")
	for _, test := range tests {
		x := newIndex(schema, test.now, []activity{{at: test.at, kind: "a"}})
		call := history.Query{Func: history.Happened, Other: none, Prop: none, Window: history.Window{Span: test.span, Since: none}}
		for _, since := range []int{none, 0, 1} { // neither takes anything away
			call.Window.Since = since
			var v fact.Value
			if x.Answer(&call, &v); v.Bool != test.in {
				t.Errorf("%s, since %d: %v, want %v", test.name, since, v.Bool, test.in)
			}
		}
	}
}

func TestSince(t *testing.T) {
	schema := history.NewSchema(newProps(), []history.Signal{
		{Types: []string{"a"}, Of: none, Sum: none},
		{Types: []string{"m"}, Of: none, Sum: none},
		{Types: []string{"z"}, Of: none, Sum: none},
		{Types: []string{"*"}, Of: none, Sum: none},
	}, [][]int{nil, {2}}, nil)
	activities := []activity{{0, "m", "", nil}, {1, "z", "", nil}, {2, "a", "", nil}, {5, "a", "", nil}, {5, "m", "", nil}, {5, "z", "", nil}, {6, "a", "", nil}}
	tests := []struct {
		name       string
		window     history.Window
		resetScope int
		want       float64
	}{
		{"everything", history.All, 0, 7},
		{"from the last one on, that one included", history.Window{Since: 2}, 0, 2},
		{"at one instant, the type decides what is before", history.Window{Since: 1}, 0, 3},
		{"itself", history.Window{Since: 3}, 0, 1},
		{"span and since", history.Window{Span: 2, Since: 1}, 0, 3},
		{"a span shorter than since", history.Window{Span: 1, Since: 1}, 0, 1},
		{"the first visible position", history.All, 1, 2},
		{"none since the first visible position", history.Window{Since: 1}, 1, 2},
		{"one since the first visible position", history.Window{Since: 0}, 1, 1},
	}
	x := newIndex(schema, 6, activities)
	for _, test := range tests {
		var v fact.Value
		x.Answer(&history.Query{Func: history.Count, Signal: 3, Other: none, Prop: none, Window: test.window, ResetScope: test.resetScope}, &v)
		if v.Number != test.want {
			t.Errorf("%s: %v, want %v", test.name, v.Number, test.want)
		}
	}
}

func TestFollowed(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	schema := history.NewSchema(newProps(), []history.Signal{
		{Types: []string{"a"}, Of: none, Sum: none},
		{Types: []string{"b"}, Of: none, Sum: none},
		{Types: []string{"reset"}, Of: none, Sum: none},
	}, [][]int{nil, {2}}, nil)
	type call = history.Query
	all := history.All
	activities := func(typesAndInstants ...any) []activity {
		var out []activity
		for pair := range slices.Chunk(typesAndInstants, 2) {
			at, ok := pair[1].(int64)
			if !ok {
				at = int64(pair[1].(int))
			}
			out = append(out, activity{at: at, kind: pair[0].(string)})
		}
		return out
	}
	tests := []struct {
		name       string
		activities []activity
		call       call
		want       int
	}{
		{"sooner by a nanosecond", activities("a", 0, "b", 9), call{Other: 1, Within: 10, Window: all}, 1},
		{"exactly within", activities("a", 0, "b", 10), call{Other: 1, Within: 10, Window: all}, none},
		{"a nanosecond after", activities("a", 0, "b", 1), call{Other: 1, Within: 10, Window: all}, 1},
		{"one instant", activities("a", 0, "b", 0), call{Other: 1, Within: 10, Window: all}, none},
		{"the other way", activities("b", 0, "a", 5), call{Other: 1, Within: 10, Window: all}, none},
		{"an older one of one instant", activities("a", 0, "a", 5, "b", 5), call{Other: 1, Within: 10, Window: all}, 2},
		{"an older pair", activities("a", 0, "b", 5, "a", 50, "b", 99), call{Other: 1, Within: 10, Window: all}, 1},
		{"none before", activities("b", 0, "b", 1), call{Other: 1, Within: 10, Window: all}, none},
		{"nothing", nil, call{Other: 1, Within: 10, Window: all}, none},
		{"itself, once", activities("a", 0), call{Other: 0, Within: 10, Window: all}, none},
		{"itself, at one instant", activities("a", 0, "a", 0), call{Other: 0, Within: 10, Window: all}, none},
		{"itself", activities("a", 0, "a", 9), call{Other: 0, Within: 10, Window: all}, 1},
		{"the first lies before the window", activities("a", 85, "b", 95), call{Other: 1, Within: 20, Window: history.Window{Span: 10, Since: none}}, 1},
		{"the second lies before the window", activities("a", 85, "b", 90), call{Other: 1, Within: 20, Window: history.Window{Span: 10, Since: none}}, none},
		{"the first lies before since", activities("a", 0, "reset", 1, "b", 2), call{Other: 1, Within: 20, Window: history.Window{Since: 2}}, 2},
		{"the second lies before since", activities("a", 0, "b", 1, "reset", 2), call{Other: 1, Within: 20, Window: history.Window{Since: 2}}, none},
		{"the first lies before the first visible position", activities("a", 0, "reset", 1, "b", 2), call{Other: 1, Within: 20, Window: all, ResetScope: 1}, none},
		{"both lie after the first visible position", activities("reset", 0, "a", 1, "b", 2), call{Other: 1, Within: 20, Window: all, ResetScope: 1}, 2},
		{"all of time apart", activities("a", int64(first), "b", int64(last)), call{Other: 1, Within: history.MaxSpan, Window: all}, none},
		{"more than an int64 apart", activities("a", int64(first), "b", 1), call{Other: 1, Within: last, Window: all}, none},
		{"the ends of time", activities("a", int64(first), "b", int64(first+1), "a", int64(last-1), "b", int64(last)), call{Other: 1, Within: 2, Window: all}, 3},
	}
	for _, test := range tests {
		now := int64(100)
		for _, a := range test.activities {
			now = max(now, a.at)
		}
		x := newIndex(schema, now, test.activities)
		test.call.Func, test.call.Prop = history.Followed, none
		got := result{}
		got.Pos = x.Answer(&test.call, &got.Value)
		if want := (result{fact.Value{Known: true, Bool: test.want != none}, test.want}); !gocmp.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
	}
}

func TestIdleSteps(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	const day, week = history.Day, history.Week
	schema := history.NewSchema(newProps(), []history.Signal{
		{Types: []string{"a"}, Of: none, Sum: none},
		{Types: []string{"reset"}, Of: none, Sum: none},
		{Of: 0, Every: 2, Sum: none},
	}, [][]int{nil, {1}, {0}}, nil)
	at := func(instants ...int64) (all []activity) {
		for _, ns := range instants {
			all = append(all, activity{at: ns, kind: "a"})
		}
		return all
	}
	reset := func(ns int64, others ...activity) []activity { return append(others, activity{at: ns, kind: "reset"}) }
	type call = history.Query
	weekly, daily := call{After: week, Every: week}, call{After: week, Every: day}
	tests := []struct {
		name       string
		activities []activity
		now        int64
		call       call
		want       float64
		next       int64 // from which instant on it is one more
	}{
		{"nothing", nil, 100 * day, weekly, 0, history.Never},
		{"only another", reset(0), 100 * day, weekly, 0, history.Never},
		{"now", at(5), 5, weekly, 0, 5 + week},
		{"a nanosecond before the first step is full", at(0), week - 1, daily, 0, week},
		{"exactly the first", at(0), week, daily, 1, week + day},
		{"a nanosecond after it", at(0), week + 1, daily, 1, week + day},
		{"a nanosecond before the next is full", at(0), week + day - 1, daily, 1, week + day},
		{"exactly the next", at(0), week + day, daily, 2, week + 2*day},
		{"steps that are longer than the first", at(0), week, call{After: day, Every: week}, 1, day + week},
		{"equal steps", at(0), 29 * day, weekly, 4, 35 * day},
		{"nothing before the first counts", at(50 * day), 57 * day, weekly, 1, 64 * day},
		{"a gap that was a nanosecond too short", at(0, week-1), week, daily, 0, 2*week - 1},
		{"a gap of exactly a step", at(0, week), week, daily, 1, 2 * week},
		{"steps stay counted", at(0, 9*day, 10*day), 17 * day, daily, 3 + 1, 18 * day},
		{"gap by gap", at(0, 6*day, 12*day), 18 * day, weekly, 0, 19 * day},
		{"at one instant", at(0, 0, 0, 8*day, 8*day), 8 * day, daily, 2, 15 * day},
		{"from the reset on", reset(5*day, at(0, 10*day)...), 17 * day, call{After: week, Every: week, ResetScope: 1}, 1, 24 * day},
		{"none since the reset", reset(5*day, at(0)...), 17 * day, call{After: week, Every: week, ResetScope: 1}, 0, history.Never},
		{"with the reset itself", at(0, 20*day), 27 * day, call{After: week, Every: week, ResetScope: 2}, 1, 34 * day},
		{"a repeated signal", at(0, 5*day, 9*day, 12*day), 19 * day, call{Signal: 2, After: week, Every: week}, 1 + 1, 26 * day},
		{"all of time", at(first), last, call{After: history.Second, Every: history.Second}, math.MaxUint64 / 1_000_000_000, history.Never},
		{"all of time, and steps as long as can be", at(first, last), last, call{After: history.MaxSpan, Every: history.MaxSpan}, 5, history.Never},
		{"a step that is full at the last instant but one", at(last - week - 1), last - week, weekly, 0, last - 1},
		{"a step that would be full after all time", at(last - 2), last - 1, weekly, 0, history.Never},
	}
	for _, test := range tests {
		c := test.call
		c.Func, c.Other, c.Prop, c.Window = history.IdleSteps, none, none, history.All
		x := newIndex(schema, test.now, test.activities)
		var v fact.Value
		basis := x.Answer(&c, &v)
		if pos := x.Occurrences(c.Signal, c.ResetScope); !v.Known || v.Number != test.want || len(pos) == 0 && basis != none || len(pos) > 0 && basis != int(pos[len(pos)-1]) {
			t.Errorf("%s: %v, which rests on %d, want %v", test.name, v, basis, test.want)
		}
		if next := x.NextChange(&c, basis); next != test.next {
			t.Errorf("%s: turns at %d, want %d", test.name, next, test.next)
		}
		for _, more := range []int64{1, 2, 10, 1e15} {
			want := big.NewInt(c.Every)
			want.Add(want.Mul(want, big.NewInt(more-1)), big.NewInt(test.next))
			if !want.IsInt64() {
				want.SetInt64(history.Never)
			}
			if got := x.WhenReaches(&c, basis, int64(v.Number), int64(v.Number)+more); got != want.Int64() {
				t.Errorf("%s: %d more at %d, want %d", test.name, more, got, want)
			}
		}
	}
}

// TestTurns: what a call gives stays until it turns, and what counts has not come to a
// number before it passes it.
func TestTurns(t *testing.T) {
	var x history.Index
	turned := map[history.Func]int{}
	for seed := range uint64(testcase.Count(3000)) {
		r := rand.New(rand.NewPCG(seed, 12))
		w := newWorld(t, r.IntN)
		w.activities = slices.DeleteFunc(w.activities, func(a activity) bool { return a.at > w.now })
		answer := func(c *history.Query, now int64) (fact.Value, int) {
			fill(&x, w.schema, now, w.activities)
			var v fact.Value
			pos := x.Answer(c, &v)
			v.Texts = slices.Clone(v.Texts)
			return v, pos
		}
		for _, c := range w.calls[:6] {
			v, pos := answer(&c, w.now)
			turn := x.NextChange(&c, pos)
			if turn <= w.now {
				if turn != w.now || w.now != history.Never {
					t.Fatalf("seed %d: %+v turns at %d, before %d", seed, c, turn, w.now)
				}
				continue
			}
			way := int64(-1)
			if c.Func == history.IdleSteps {
				way = 1
			}
			n, passes := int64(v.Number)+way*(1+r.Int64N(3)), int64(history.Never)
			counts := c.Func == history.Count || c.Func == history.ActiveDays || c.Func == history.IdleSteps
			if counts = counts && n >= 0; counts {
				passes = x.WhenReaches(&c, pos, int64(v.Number), n)
			}
			if after, _ := answer(&c, turn-1); !gocmp.Equal(after, v) {
				t.Fatalf("seed %d: %+v turns at %d, and is %+v instead of %+v right before", seed, c, turn, after, v)
			}
			if after, _ := answer(&c, turn); turn < history.Never && !gocmp.Equal(after, v) {
				turned[c.Func]++
			} else if turn < history.Never && c.Func == history.IdleSteps {
				t.Fatalf("seed %d: %+v does not turn at %d", seed, c, turn)
			}
			if after, _ := answer(&c, passes-1); counts && way*int64(after.Number) >= way*n {
				t.Fatalf("seed %d: %+v passes %d at %d, and is %+v right before", seed, c, n, passes, after)
			}
			if after, _ := answer(&c, passes); counts && passes < history.Never && c.Func != history.ActiveDays && way*int64(after.Number) < way*n {
				t.Fatalf("seed %d: %+v passes %d at %d, and is %+v then", seed, c, n, passes, after)
			}
		}
	}
	for _, f := range []history.Func{history.Count, history.ActiveDays, history.IdleSteps, history.Latest, history.Total, history.Followed} {
		if turned[f] < testcase.Least(10) {
			t.Errorf("only %d of %v turned", turned[f], f)
		}
	}
}

// TestRepeatedSignals gives calls, and at which of them the signal occurs.
func TestRepeatedSignals(t *testing.T) {
	const day = history.Day
	at := func(instants ...int64) []activity {
		activities := make([]activity, len(instants))
		for i, ns := range instants {
			activities[i] = activity{at: ns, kind: "call"}
		}
		return activities
	}
	tests := []struct {
		name       string
		signal     history.Signal
		activities []activity
		want       []int32
	}{
		{"every one", history.Signal{Every: 1, Sum: none}, at(0, 0, 5), []int32{0, 1, 2}},
		{"every third", history.Signal{Every: 3, Sum: none}, at(0, 0, 0, 1, 2, 3, 4, 5), []int32{2, 5}},
		{"not one", history.Signal{Every: 3, Sum: none}, at(0, 0), nil},
		{"three in a rolling period", history.Signal{Every: 3, Per: 10, Sum: none}, at(0, 5, 9), []int32{2}},
		{"the third comes exactly a period later", history.Signal{Every: 3, Per: 10, Sum: none}, at(0, 5, 10), nil},
		{"afresh", history.Signal{Every: 2, Per: 10, Sum: none}, at(0, 1, 2, 11, 12), []int32{1, 3}},
		{"over all of time", history.Signal{Every: 2, Per: history.MaxSpan, Sum: none}, at(math.MinInt64, -1, math.MaxInt64), nil},
		{"two in a day", history.Signal{Every: 2, Period: history.DayOf(nil), Sum: none}, at(-1, 0, day-1, day, 2*day-1), []int32{2, 4}},
		{"afresh within a day", history.Signal{Every: 2, Period: history.DayOf(nil), Sum: none}, at(0, 1, 2, day, day+1, day+2, day+3), []int32{1, 4, 6}},
		{"the day with the number zero", history.Signal{Every: 2, Period: history.DayOf(nil), Sum: none}, at(5, 6), []int32{1}},
		{"sum", history.Signal{Every: 0.3, Sum: number}, numbers(0.1, 0.2, 0.2, 0.1, 0.3), []int32{1, 3, 4}},
		{"sum in a rolling period", history.Signal{Every: 0.3, Per: 2, Sum: number}, numbers(0.1, 0.1, 0.1, 0.2), []int32{3}},
		{"what goes beyond is not carried over", history.Signal{Every: 10, Sum: number}, numbers(19, 1, 9), []int32{0, 2}},
		{"negative", history.Signal{Every: 10, Sum: number}, numbers(9, -5, 5, 1), []int32{3}},
		{"only what has a value brings it", history.Signal{Every: 10, Per: 2, Sum: number}, []activity{
			{0, "call", "", props{"number": -5}}, {1, "call", "", props{"number": 12}}, {2, "call", "", nil}, {2, "call", "", props{"number": "x"}},
		}, nil},
	}
	for _, test := range tests {
		x := newIndex(oneSignal(test.signal), math.MaxInt64, test.activities)
		pos := x.Occurrences(1, 0)
		if diff := gocmp.Diff(test.want, append([]int32(nil), pos...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestBefore(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	for _, test := range [][3]int64{{0, 5, -5}, {last, history.MaxSpan, last - history.MaxSpan}, {first + 5, 5, first}, {first + 5, 6, first}, {first, 0, first}} {
		if got := history.Before(test[0], test[1]); got != test[2] {
			t.Errorf("%d before %d is %d, want %d", test[1], test[0], got, test[2])
		}
	}
}

// TestDistinct counts fewer and more values than are compared with one another.
func TestDistinct(t *testing.T) {
	var x history.Index
	for _, n := range []int{0, 1, 2, 15, 16, 17, 18, 40, 200} {
		for _, again := range []int{0, 1, 5, 100} {
			var activities []activity
			for i := range n + again {
				if n > 0 {
					activities = append(activities, activity{at: int64(i), kind: "a", props: props{"number": i % n * 7919 % 1009, "typed": []string{"x", "X"}[i%2] + fmt.Sprint(i%n)}})
				}
			}
			fill(&x, typesOf("a"), 1000, activities)
			for _, prop := range []int{number, typed} {
				var v fact.Value
				x.Answer(&history.Query{Func: history.Distinct, Prop: prop, Other: none, Window: history.All}, &v)
				if v.Number != float64(n) {
					t.Errorf("%d and %d of them again: property %d has %v values", n, again, prop, v.Number)
				}
			}
		}
	}
}

func TestFlaws(t *testing.T) {
	x := newIndex(typesOf("a"), 10, []activity{
		{0, "a", "1", props{"number": "x", "typed": 5.5, "code": "fine"}},
		{1, "a", "2", props{"number": 1e16, "flag": "maybe"}},
		{2, "a", "3", props{"number": 3, "moment": nil, "undeclared": "x"}},
	})
	if len(x.Flaws()) > 0 {
		t.Errorf("nothing was read, and there are flaws: %v", x.Flaws())
	}
	want := []history.Flaw{
		{Pos: 0, Prop: number, Problem: fact.WrongKind}, {Pos: 0, Prop: typed, Problem: fact.WrongKind},
		{Pos: 1, Prop: number, Problem: fact.OutOfRange}, {Pos: 1, Prop: flag, Problem: fact.WrongKind},
	}
	for range 3 {
		for pos := range x.Len() {
			for p := range newProps() {
				var v fact.Value
				x.Prop(pos, p, &v)
			}
		}
		if diff := gocmp.Diff(want, sortFlaws(x.Flaws())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	x.Reset(typesOf("a"), 10)
	if len(x.Flaws()) > 0 || x.Len() > 0 {
		t.Errorf("after Reset there are %d activities and the flaws %v", x.Len(), x.Flaws())
	}
}

// TestForget: the index keeps nothing of a lead that the collector could have.
func TestForget(t *testing.T) {
	var strs []weak.Pointer[byte]
	var values []weak.Pointer[[4]int64]
	fresh := func(s string) string {
		s = strings.Repeat(s, 64)
		strs = append(strs, weak.Make(unsafe.StringData(s)))
		return s
	}
	var x history.Index
	schema := history.NewSchema(newProps(), []history.Signal{{Types: []string{"*"}, Of: none, Sum: none}}, [][]int{nil}, nil)
	func() {
		activities := []activity{}
		for i := range 20 {
			v := &[4]int64{int64(i)}
			values = append(values, weak.Make(v))
			a := activity{at: int64(i / 4), kind: fresh("k"), id: fresh(string(rune('A' + i))), props: props{
				fresh("n"): v, "typed": fresh("t"), "code": fresh("c"), "list": []string{fresh("a"), fresh("b")},
			}}
			activities = append(activities, a, activity{a.at, a.kind, a.id, props{"list": fresh("d;")}})
			activities = append(activities, activity{a.at, "k", "", props{"list": []any{fresh("f"), i}}})
		}
		fill(&x, schema, 1000, activities)
		for _, span := range []int64{0, 998} {
			for p := range newProps() {
				for _, f := range []history.Func{history.Latest, history.First, history.Distinct} {
					var v fact.Value
					x.Answer(&history.Query{Func: f, Other: none, Prop: p, Window: history.Window{Span: span, Since: none}}, &v)
				}
			}
		}
		describe(&x)
	}()
	x.Forget()
	runtime.GC()
	runtime.GC()
	for i, p := range strs {
		if p.Value() != nil {
			t.Errorf("text %d is kept: %c", i, *p.Value())
		}
	}
	for i, p := range values {
		if p.Value() != nil {
			t.Errorf("value %d is kept", i)
		}
	}
	if x.Len() != 0 {
		t.Errorf("%d activities are kept", x.Len())
	}
	runtime.KeepAlive(&x)
}

// dated gives activities a minute apart, oldest first.
func dated(n int, ids bool) []activity {
	kinds := []string{"call", "mail", "page_view", "whitepaper"}
	activities := make([]activity, n)
	for i := range activities {
		a := activity{at: int64(i) * history.Minute, kind: kinds[i*7%len(kinds)], props: props{
			"number": float64(i % 7), "typed": "Décision maker", "code": "/pricing", "list": "a;b",
		}}
		if ids {
			a.id = fmt.Sprintf("01J%010d", i)
		}
		activities[i] = a
	}
	return activities
}

func broad() *history.Schema {
	signals := []history.Signal{
		{Types: []string{"call"}, Of: none, Sum: none},
		{Types: []string{"mail", "page_view"}, Of: none, Sum: none},
		{Types: []string{"whitepaper", "call"}, Of: none, Sum: none, Where: true},
		{Of: 1, Every: 5, Per: history.Day, Sum: none},
		{Of: 1, Every: 5, Period: history.WeekOf(nil), Sum: number},
	}
	return history.NewSchema(newProps(), signals, [][]int{nil, {3}}, nil)
}

func everyCall() []history.Query {
	var calls []history.Query
	for f := history.Count; f <= history.IdleSteps; f++ {
		c := history.Query{Func: f, Signal: 1, Other: none, Prop: none, Window: history.Window{Span: history.Day, Since: 0}}
		if f == history.Followed {
			c.Other, c.Within = 2, history.Hour
		}
		if f == history.IdleSteps {
			c.After, c.Every, c.Window = history.Hour, history.Minute, history.All
		}
		if asksProperty(f) {
			c.Prop = number
		}
		calls = append(calls, c)
		switch f {
		case history.Distinct, history.First:
			c.Prop = typed
			calls = append(calls, c)
		case history.Latest:
			c.Prop = list
			calls = append(calls, c)
		}
	}
	return calls
}

func TestNoAllocations(t *testing.T) {
	schema, calls := broad(), everyCall()
	for _, ids := range []bool{false, true} {
		for _, sorted := range []bool{false, true} {
			activities := dated(500, ids)
			activities = append(activities, activities[100:150]...)
			if !sorted {
				shuffle(rand.New(rand.NewPCG(1, 2)), activities)
			}
			given := public(activities)
			var x history.Index
			var v fact.Value
			accept := func(_, pos int) bool {
				x.Prop(pos, number, &v)
				return accepts(&v)
			}
			if n := testing.AllocsPerRun(20, func() {
				x.Reset(schema, history.MaxSpan)
				add(&x, given)
				x.Build(accept)
				for i := range calls {
					x.Answer(&calls[i], &v)
				}
			}); n != 0 {
				t.Errorf("with IDs %v, sorted %v: %v allocations", ids, sorted, n)
			}
		}
	}
}

// TestAddAll compares which activities are added with a loop over their instants and types.
func TestAddAll(t *testing.T) {
	earliest, latest := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
	instants := []time.Time{
		{}, earliest.Add(-1), earliest, earliest.Add(time.Second), earliest.Add(2 * time.Second), time.Unix(0, -1), time.Unix(0, 0), time.Unix(0, 1),
		latest.Add(-2 * time.Second), latest.Add(-time.Second), latest, latest.Add(1), latest.Add(time.Hour), time.Now(),
	}
	kinds := []string{"a", "", "b", "bb", "none", "nine", "\xff"}
	rng := rand.New(rand.NewPCG(7, 8))
	for _, every := range []bool{false, true} {
		signals := []history.Signal{{Types: []string{"a", "bb", "\xff"}, Of: history.None}}
		if every {
			signals = append(signals, history.Signal{Types: []string{"*"}, Of: history.None})
		}
		schema := history.NewSchema(nil, signals, [][]int{nil}, nil)
		for range testcase.Count(2000) {
			now := instants[2+rng.IntN(9)].UnixNano()
			var given []*history.Activity
			var want, early []string
			for i := range rng.IntN(12) {
				a := &history.Activity{ID: fmt.Sprint(i), Type: kinds[rng.IntN(len(kinds))], At: instants[rng.IntN(len(instants))]}
				given = append(given, a)
				switch {
				case a.At.Before(earliest):
					early = append(early, a.ID)
				case a.At.After(time.Unix(0, now)):
				case every || slices.Contains(signals[0].Types, a.Type):
					want = append(want, fmt.Sprintf("%s %s %d", a.ID, a.Type, a.At.UnixNano()))
				}
			}
			var x history.Index
			x.Reset(schema, now)
			var got, found []string
			from := 0
			for from < len(given) { // in several parts, as a tracker has them
				part := given[from : from+1+rng.IntN(len(given)-from)]
				from += len(part)
				x.AddAll(len(part), func(room []history.Entry) {
					for i := range room {
						room[i].Activity = part[i]
					}
				}, func(a *history.Activity) bool {
					if a.At.Before(earliest) {
						found = append(found, a.ID)
						return false
					}
					return true
				})
			}
			x.Build(nil)
			for pos := range x.Len() {
				got = append(got, fmt.Sprintf("%s %s %d", x.ID(pos), x.Type(pos), x.At(pos)))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || !slices.Equal(found, early) {
				t.Fatalf("as of %d, of %v:\ngot  %q, early %q\nwant %q, early %q", now, given, got, found, want, early)
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	schema := broad()
	for _, n := range []int{10, 100, 1000, 10000} {
		for _, ids := range []bool{false, true} {
			for _, order := range []string{"oldest first", "newest first", "shuffled"} {
				activities := dated(n, ids)
				switch order {
				case "newest first":
					slices.Reverse(activities)
				case "shuffled":
					shuffle(rand.New(rand.NewPCG(1, 2)), activities)
				}
				b.Run(fmt.Sprintf("activities=%d/ids=%v/%s", n, ids, order), func(b *testing.B) {
					given := public(activities)
					var x history.Index
					accept := func(int, int) bool { return true }
					b.ReportAllocs()
					for b.Loop() {
						x.Reset(schema, history.MaxSpan)
						add(&x, given)
						x.Build(accept)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/activity")
				})
			}
		}
	}
}
