package layout_test

import (
	"slices"
	"testing"

	"github.com/qualify-go/qualify/internal/layout"
)

func TestMust(t *testing.T) {
	t.Parallel()
	names := map[string]string{"lead.n": "Employees", "lead.interests": "Interests"}
	for _, tt := range []struct{ want, must, stay, time string }{
		{"== 30", "be 30", "stay 30", ""},
		{"!= 30", "be other than 30", "stay other than 30", ""},
		{">= 30", "be 30 or more", "stay 30 or more", ""},
		{"> 30", "be more than 30", "stay more than 30", ""},
		{"<= -30", "be -30 or less", "stay -30 or less", ""},
		{"< 0.5", "be less than 0.5", "stay less than 0.5", ""},
		{"in [1, -2]", "be one of 1, -2", "stay one of 1, -2", ""},
		{"not in [1, -2]", "be none of 1, -2", "stay none of 1, -2", ""},
		{"true", "be yes", "stay yes", ""},
		{"false", "be no", "stay no", ""},
		{"== true", "be yes", "stay yes", ""},
		{"!= false", "be other than no", "stay other than no", ""},
		{`== "A"`, "be A", "stay A", ""},
		{`!= "A, \"B\" [C]"`, `be other than A, "B" [C]`, `stay other than A, "B" [C]`, ""},
		{`== ""`, "be none", "stay none", ""},
		{`== "a\nb` + "\u202e" + `"`, "be a b ", "stay a b ", ""},
		{`in ["A", "B, C", "D] or (E)"]`, "be one of A, B, C, D] or (E)", "stay one of A, B, C, D] or (E)", ""},
		{`not in ["A"]`, "be none of A", "stay none of A", ""},
		{"in lead.interests", "be one of Interests", "stay one of Interests", ""},
		{`with "fleet"`, `include "fleet"`, `still include "fleet"`, ""},
		{`without "fleet"`, `not include "fleet"`, `still not include "fleet"`, ""},
		{`with any of ["vip", "a ] b"]`, `include any of "vip", "a ] b"`, `still include any of "vip", "a ] b"`, ""},
		{`without any of ["vip"]`, `not include any of "vip"`, `still not include any of "vip"`, ""},
		{`with any of lead.interests`, `include any of Interests`, `still include any of Interests`, ""},
		{`contains "x y"`, "contain x y", "still contain x y", ""},
		{`not contains "x"`, "not contain x", "still not contain x", ""},
		{`startsWith "x"`, "start with x", "still start with x", ""},
		{`not startsWith "x"`, "not start with x", "still not start with x", ""},
		{`endsWith "x"`, "end with x", "still end with x", ""},
		{`not endsWith "x"`, "not end with x", "still not end with x", ""},
		{`matches "\\bx|y$"`, `match \bx|y$`, `still match \bx|y$`, ""},
		{`not matches "x"`, "not match x", "still not match x", ""},
		{">= lead.n", "be Employees or more", "stay Employees or more", ""},
		{">= lead.m", "be lead.m or more", "stay lead.m or more", ""},
		{`< lead["a b"]`, `be less than lead["a b"]`, `stay less than lead["a b"]`, ""},
		{`> score("fit") * 2`, `be more than score("fit") * 2`, `stay more than score("fit") * 2`, ""},
		{`== (lead.a == "x")`, `be (lead.a == "x")`, `stay (lead.a == "x")`, ""},
		{`>= time("2026-01-31")`, "", "", "be on or after 2026-01-31"},
		{`> time("2026-01-31")`, "", "", "be after 2026-01-31"},
		{`<= time("2026-01-31")`, "", "", "be on or before 2026-01-31"},
		{`< time("2026-01-31T09:00:00Z")`, "", "", "be before 2026-01-31T09:00:00Z"},
		{`== time("2026-01-31")`, "", "", "be 2026-01-31"},
		{`!= time("2026-01-31")`, "", "", "be other than 2026-01-31"},
		{`in [time("2026-01-31"), time("2026-02-28")]`, "", "", "be one of 2026-01-31, 2026-02-28"},
		{"> now", "", "", "be after now"},
	} {
		name := func(fact string) string { return names[fact] }
		if tt.time != "" {
			if got := layout.Must(tt.want, false, true, name); got != tt.time {
				t.Errorf("a time that must be %s must %q, want %q", tt.want, got, tt.time)
			}
			continue
		}
		if got := layout.Must(tt.want, false, false, name); got != tt.must {
			t.Errorf("what must be %s must %q, want %q", tt.want, got, tt.must)
		}
		if got := layout.Must(tt.want, true, false, name); got != tt.stay {
			t.Errorf("what must stay %s must %q, want %q", tt.want, got, tt.stay)
		}
	}
}

// A number is never printed as if it were on the other side of what it is compared with.
func TestBeside(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		number float64
		want   string
		others []float64
		text   string
	}{
		{30, ">= 30", nil, "30"},
		{31.25, ">= 30.1", nil, "31.25"},
		{30.10000001, "<= 30.1", nil, "30.10000001"},
		{30.10000001, "in [1, 30.1]", nil, "30.10000001"},
		{30.10000001, "<= 30", nil, "30.1"},
		{29.9999999, ">= 30", nil, "29.9999999"},
		{33.33333333333333, "<= 33.333333", nil, "33.33333333333333"},
		{33.33333333333333, "<= 33", nil, "33.333333"},
		{1.50000001, ">= lead.n", []float64{1.5}, "1.50000001"},
		{1.5, ">= lead.n", []float64{2}, "1.5"},
	} {
		if got := layout.Beside(tt.number, tt.want, slices.Values(tt.others)); got != tt.text {
			t.Errorf("%v, %s, %v: %s, want %s", tt.number, tt.want, tt.others, got, tt.text)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for ns, want := range map[int64]string{30 * 86400e9: "30 days", 86400e9: "1 day", 36 * 3600e9: "36 hours", 3600e9: "1 hour", 90 * 60e9: "90 minutes", 61e9: "61 seconds", 1e9: "1 second"} {
		if got := layout.Span(ns); got != want {
			t.Errorf("%d ns: %s, want %s", ns, got, want)
		}
	}
}
