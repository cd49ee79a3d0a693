package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommitted(t *testing.T) {
	c, err := readCounts("../" + committed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parseCounts(c.String())
	if diff := cmp.Diff(c, again, cmp.AllowUnexported(counts{})); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, text := range []string{"", "go1.26.8\n", "go1.26.8\nassessinto H=4: 5\nassessinto H=10: 5\n", "go1.26.8\nassessinto H=4: 5\nassessinto H=4: 5\nassessinto H=100: 5\narrival H=100: 5\n",
		"go1.26.8\nassessinto H=4: 5\nassessinto H=10: 5\nassessinto H=100: x\narrival H=100: 5\n"} {
		if _, err := parseCounts(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestCompare(t *testing.T) {
	c := counts{"go", []int{1000, 1000, 1000, 1000, 1000}}
	for _, test := range []struct {
		now  []int
		want string
	}{
		{[]int{1000, 1000, 1000, 1000, 1000}, ""},
		{[]int{1030, 1, 1000, 1030, 2000}, ""},
		{[]int{1000, 1031, 1000, 1000, 1000}, "assessinto H=10 by 3.1 %"},
		{[]int{1500, 1000, 1031, 1040, 1000}, "assessinto H=4 by 50.0 %, assessinto H=100 by 3.1 %, arrival H=100 by 4.0 %"},
	} {
		err := c.compare(io.Discard, counts{"go", test.now})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.now, err, test.want)
		}
	}
}

// Every row makes as many assessments as it says, and takes time for them.
func TestRows(t *testing.T) {
	for i := range rows {
		r := rows[i]
		if d := r.measure(1); d <= 0 {
			t.Errorf("%s takes %d", r.name(), d)
		}
	}
}

func TestCompareRivals(t *testing.T) {
	var c counts
	for range len(rows) - rivals {
		c.of = append(c.of, 1000)
	}
	var b strings.Builder
	if err := c.compareRivals(&b, func(row int) (int, error) { return 10 * row, nil }); err != nil {
		t.Fatal(err)
	}
	if first, n := len(rows)-rivals, strings.Count(b.String(), "\n"); n != 3+rivals || !strings.Contains(b.String(), fmt.Sprintf("| handfused-dedupe H=10 | %d | 1000 | %.2f |\n", 10*first, 1000/float64(10*first))) {
		t.Errorf("%d lines:\n%s", n, &b)
	}
}

func TestSpread(t *testing.T) {
	if got := (spread{5, 1, 9, 2, 3}).String(); got != "3 (1 to 9)" {
		t.Error(got)
	}
}
