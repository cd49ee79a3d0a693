package history_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/qualify-go/qualify/internal/history"
)

func TestParseWindow(t *testing.T) {
	const (
		none     = history.None
		usage    = ` is not a window: write "30d", "since X" or "30d since X", where X is a signal`
		notSpan  = ` is not a span: write a whole number and a unit, such as "30d", "12h" or "90min"`
		noSignal = "there is no signal "
	)
	signals := []string{"demo", "big deal", "demo since then", "since"}
	lookup := func(name string) (int, error) {
		if i := slices.Index(signals, name); i >= 0 {
			return i, nil
		}
		return 7, fmt.Errorf("there is no signal %q", name)
	}
	tests := []struct {
		in   string
		want history.Window
		err  string
	}{
		{in: "30d", want: history.Window{Span: 30 * history.Day, Since: none}},
		{in: "90min", want: history.Window{Span: 90 * history.Minute, Since: none}},
		{in: "since demo", want: history.Window{Since: 0}},
		{in: "30d since demo", want: history.Window{Span: 30 * history.Day, Since: 0}},
		{in: "since big deal", want: history.Window{Since: 1}},
		{in: "2w since big deal", want: history.Window{Span: 14 * history.Day, Since: 1}},
		{in: "since demo since then", want: history.Window{Since: 2}},
		{in: "30d since demo since then", want: history.Window{Span: 30 * history.Day, Since: 2}},
		{in: "since since", want: history.Window{Since: 3}},
		{in: "30d since since", want: history.Window{Span: 30 * history.Day, Since: 3}},

		{in: "since demos", err: noSignal + `"demos"`},
		{in: "30d since demos", err: noSignal + `"demos"`},
		{in: "since ", err: noSignal + `""`},
		{in: "30d since ", err: noSignal + `""`},
		{in: "since  demo", err: noSignal + `" demo"`},
		{in: "since demo ", err: noSignal + `"demo "`},
		{in: "30d since  demo", err: noSignal + `" demo"`},

		{in: "", err: `""` + notSpan},
		{in: "since", err: `"since"` + notSpan},
		{in: "demo", err: `"demo"` + notSpan},
		{in: "30", err: `"30" has no unit: write "30d" for days; the units are w, d, h, min and s`},
		{in: "0d since demo", err: `"0d" is empty: a span is longer than nothing`},
		{in: "30m since demo", err: `"30m" could mean minutes or months: write "min" for minutes, and days for months, which differ in length`},
		{in: "30d  since demo", err: `"30d " is not a span: write the number and the unit without a space, "30d"`},
		{in: " since demo", err: `" since demo"` + usage},
		{in: " 30d", err: `" 30d" is not a window: write "30d"`},
		{in: "30 d", err: `"30 d" is not a window: write "30d"`},
		{in: "in the last 2 weeks", err: `"in the last 2 weeks" is not a window: write "2w"`},
		{in: "30d since", err: `"30d since"` + usage},
		{in: "30d Since demo", err: `"30d Since demo"` + usage},
		{in: "30dsince demo", err: `"30dsince demo"` + usage},
		{in: "last 30d", err: `"last 30d" is not a window: write "30d"`},
		{in: "30d\tsince demo", err: `"30d\tsince demo"` + usage},
	}
	for _, test := range tests {
		got, err := history.ParseWindow(test.in, lookup)
		if err == nil && got != test.want || text(err) != test.err {
			t.Errorf("ParseWindow(%q) = %+v, %s\nwant %+v, %s", test.in, got, text(err), test.want, test.err)
		}
	}
}

func TestCallFormat(t *testing.T) {
	const none = history.None
	signals, props := []string{"demo", "page view"}, []string{"n", "Lead Source"}
	tests := []struct {
		call history.Query
		want string
	}{
		{history.Query{Func: history.Count, Signal: 1}, `count("page view")`},
		{history.Query{Func: history.Happened, Window: history.Window{Span: history.Week, Since: none}}, `happened("demo", "7d")`},
		{history.Query{Func: history.Total, Prop: 1}, `total("demo", "Lead Source")`},
		{history.Query{Func: history.Mean, Prop: 1, Window: history.Window{Since: 1}}, `mean("demo", "Lead Source", "since page view")`},
		{history.Query{Func: history.Highest, Window: history.Window{Span: history.Hour, Since: 0}}, `highest("demo", "n", "1h since demo")`},
		{history.Query{Func: history.Lowest}, `lowest("demo", "n")`},
		{history.Query{Func: history.Distinct}, `distinct("demo", "n")`},
		{history.Query{Func: history.ActiveDays}, `active_days("demo")`},
		{history.Query{Func: history.Latest}, `latest("demo", "n")`},
		{history.Query{Func: history.First}, `first("demo", "n")`},
		{history.Query{Func: history.Newest}, `days_since("demo")`},
		{history.Query{Func: history.Oldest}, `days_since_first("demo")`},
		{history.Query{Func: history.Followed, Other: 1, Within: history.Hour, ResetScope: 3}, `followed("demo", "page view", "1h")`},
		{history.Query{Func: history.Followed, Other: 1, Within: history.Day, Window: history.Window{Span: history.Week, Since: 1}}, `followed("demo", "page view", "1d", "7d since page view")`},
		{history.Query{Func: history.IdleSteps, After: history.Week, Every: history.Hour}, `idle_steps("demo", "7d", "1h")`},
		{history.Query{Func: history.IdleSteps, Signal: 1, After: 2 * history.Week, Every: 2 * history.Week}, `idle_steps("page view", "14d")`},
	}
	for _, test := range tests {
		c := test.call
		if c.Func != history.Followed {
			c.Other = none
		}
		if !asksProperty(c.Func) {
			c.Prop = none
		}
		if c.Window == (history.Window{}) {
			c.Window = history.All
		}
		if got := c.Format(signals, props); got != test.want {
			t.Errorf("%+v is written %s, want %s", c, got, test.want)
		}
	}
}

func asksProperty(f history.Func) bool {
	switch f {
	case history.Total, history.Mean, history.Highest, history.Lowest, history.Distinct, history.Latest, history.First:
		return true
	}
	return false
}
