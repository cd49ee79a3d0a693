package history_test

import (
	"math/rand/v2"
	"testing"

	"github.com/qualify-go/qualify/internal/history"
)

func TestParseSpan(t *testing.T) {
	const (
		notSpan  = ` is not a span: write a whole number and a unit, such as "30d", "12h" or "90min"`
		tooLong  = " is too long: a span is at most 36525d, a hundred years"
		unit     = ": the units are w, d, h, min and s"
		noMonths = `: months and years differ in length and are not spans: write days, such as `
		m        = ` could mean minutes or months: write "min" for minutes, and days for months, which differ in length`
	)
	tests := []struct {
		in   string
		want int64
		err  string
	}{
		{in: "1w", want: 7 * 24 * 3600 * 1e9},
		{in: "30d", want: 30 * 24 * 3600 * 1e9},
		{in: "12h", want: 12 * 3600 * 1e9},
		{in: "90min", want: 90 * 60 * 1e9},
		{in: "45s", want: 45 * 1e9},
		{in: "0030d", want: 30 * history.Day},
		{in: "36525d", want: history.MaxSpan},
		{in: "5217w", want: 36519 * history.Day},
		{in: "3155760000s", want: history.MaxSpan},

		{in: "36526d", err: `"36526d"` + tooLong},
		{in: "5218w", err: `"5218w"` + tooLong},
		{in: "3155760001s", err: `"3155760001s"` + tooLong},
		{in: "9223372036854775807s", err: `"9223372036854775807s"` + tooLong},
		{in: "99999999999999999999d", err: `"99999999999999999999d"` + tooLong},
		{in: "0d", err: `"0d" is empty: a span is longer than nothing`},
		{in: "000min", err: `"000min" is empty: a span is longer than nothing`},

		{in: "30m", err: `"30m"` + m},
		{in: "30 m", err: `"30 m"` + m},
		{in: "3M", err: `"3M"` + noMonths + `"90d"`},
		{in: "3mo", err: `"3mo"` + noMonths + `"90d"`},
		{in: "1month", err: `"1month"` + noMonths + `"30d"`},
		{in: "3 months", err: `"3 months"` + noMonths + `"90d"`},
		{in: "1y", err: `"1y"` + noMonths + `"365d"`},
		{in: "1year", err: `"1year"` + noMonths + `"365d"`},
		{in: "2years", err: `"2years"` + noMonths + `"730d"`},

		{in: "30", err: `"30" has no unit: write "30d" for days; the units are w, d, h, min and s`},
		{in: "30 ", err: `"30 " has no unit: write "30d" for days; the units are w, d, h, min and s`},
		{in: "0", err: `"0" has no unit: write "0d" for days; the units are w, d, h, min and s`},
		{in: "30days", err: `"30days" is not how a span is written: write "30d"`},
		{in: "30 days", err: `"30 days" is not how a span is written: write "30d"`},
		{in: "1 week", err: `"1 week" is not how a span is written: write "1w"`},
		{in: "P30D", err: `"P30D" is not how a span is written: write "30d"`},
		{in: "90 Minutes", err: `"90 Minutes" is not how a span is written: write "90min"`},
		{in: "30 parsecs", err: `"30 parsecs" has the unknown unit "parsecs"` + unit},
		{in: "30D", err: `"30D" is not how a span is written: write "30d"`},
		{in: "500ms", err: `"500ms" has the unknown unit "ms"` + unit},
		{in: "3٠d", err: `"3٠d" has the unknown unit "٠d"` + unit},
		{in: "30 d", err: `"30 d" is not a span: write the number and the unit without a space, "30d"`},
		{in: "30d ", err: `"30d " is not a span: write the number and the unit without a space, "30d"`},
		{in: "30\u00a0min", err: `"30\u00a0min" is not a span: write the number and the unit without a space, "30min"`},

		{in: "", err: `""` + notSpan},
		{in: " ", err: `" "` + notSpan},
		{in: "d", err: `"d"` + notSpan},
		{in: " 30d", err: `" 30d" is not how a span is written: write "30d"`},
		{in: "-30d", err: `"-30d"` + notSpan},
		{in: "+30d", err: `"+30d"` + notSpan},
		{in: ".5d", err: `".5d"` + notSpan},
		{in: "1.5d", err: `"1.5d"` + notSpan},
		{in: "1,5d", err: `"1,5d"` + notSpan},
		{in: "1e3s", err: `"1e3s"` + notSpan},
		{in: "1h30min", err: `"1h30min" is not how a span is written: write "90min"`},
		{in: "1d 12h", err: `"1d 12h"` + notSpan},
		{in: "３０d", err: `"３０d"` + notSpan},
	}
	for _, test := range tests {
		got, err := history.ParseSpan(test.in)
		if got != test.want || text(err) != test.err {
			t.Errorf("ParseSpan(%q) = %d, %s\nwant %d, %s", test.in, got, text(err), test.want, test.err)
		}
	}
}

func TestFormatSpan(t *testing.T) {
	tests := []struct {
		in   int64
		want string
	}{
		{0, "0d"},
		{history.Week, "7d"},
		{30 * history.Day, "30d"},
		{history.MaxSpan, "36525d"},
		{history.Day + history.Hour, "25h"},
		{90 * history.Minute, "90min"},
		{61 * history.Second, "61s"},
		{-2 * history.Hour, "-2h"},
		{history.Second + 1, "1000000001ns"},
	}
	for _, test := range tests {
		if got := history.FormatSpan(test.in); got != test.want {
			t.Errorf("FormatSpan(%d) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestFormatSpanIsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, unit := range []int64{history.Second, history.Minute, history.Hour, history.Day, history.Week} {
		for range 1000 {
			ns := (1 + r.Int64N(history.MaxSpan/unit)) * unit
			got, err := history.ParseSpan(history.FormatSpan(ns))
			if got != ns || err != nil {
				t.Fatalf("ParseSpan(FormatSpan(%d)) = %d, %v", ns, got, err)
			}
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
