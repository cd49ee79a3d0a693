package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

// TestHorizon holds the run on Until to what an assessment says, at every midnight of a year.
func TestHorizon(t *testing.T) {
	for _, c := range scenarios() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := simulate(qualify.MustCompile(c.policy), 500, 1, 2)
			if r.Wrong > 0 || r.WrongBefore > 0 {
				t.Errorf("it is wrong at %d of %d midnights and %d of %d other instants; the first are %v", r.Wrong, r.Midnights, r.WrongBefore, r.Probes, r.Flaws)
			}
			if r.Midnights != r.Nightly-r.Facts || r.Midnights < 50_000 || r.Probes < 1000 {
				t.Errorf("%d midnights and %d other instants are compared, and %d assessments are nightly", r.Midnights, r.Probes, r.Nightly-r.Facts)
			}
			if r.ByFact == 0 || r.ByTime == 0 || r.Late == 0 || r.News == 0 {
				t.Errorf("nothing happens: %+v", r)
			}
			if r.Late+r.Missed > r.ByTime || r.Longest.Hours() > 24 {
				t.Errorf("of %d moves %d are found late, by %v at most, and %d missed", r.ByTime, r.Late, r.Longest, r.Missed)
			}
			if spared := r.Nightly - r.Facts - r.Due; spared < r.Nightly/2 {
				t.Errorf("only %d of %d assessments are saved", spared, r.Nightly)
			}
		})
	}
}

// TestWorkers makes sure that the number of goroutines plays no part, and that the seed does.
func TestWorkers(t *testing.T) {
	c := scenarios()
	model := qualify.MustCompile(c[0].policy)
	printed := func(seed uint64, workers int) string {
		var b strings.Builder
		write(&b, c[:1], []report{simulate(model, 40, seed, workers)})
		return b.String()
	}
	one := printed(5, 1)
	if diff := cmp.Diff(one, printed(5, 3)); diff != "" {
		t.Errorf("one and three goroutines (-one +three):\n%s", diff)
	}
	if one == printed(6, 3) {
		t.Error("two seeds give the same")
	}
	if !strings.HasPrefix(one, "| | workload |\n| --- | ---: |\n| leads | 40 |\n") {
		t.Errorf("the table is\n%s", one)
	}
}
