package review_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// A stricter enter moves nobody whom keep holds; it shows among newcomers.
func TestNewcomers(t *testing.T) {
	t.Parallel()
	model := func(enter string) *qualify.Model {
		return qualify.MustCompile(qualify.Policy{
			Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}},
			Stages:  []qualify.Stage{{ID: "mql", Enter: enter, Keep: "lead.n >= 20"}},
		})
	}
	old, stricter := model("lead.n >= 30"), model("lead.n >= 40")
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	lead := func(n int, stage string) qualify.Lead {
		return qualify.Lead{ID: "x", Profile: map[string]any{"n": n}, Stage: stage, StageSince: at}
	}
	leads := []qualify.Lead{lead(35, "mql"), lead(25, "mql"), lead(45, "mql"), lead(10, "mql"), lead(35, ""), lead(50, "gone")}
	before := append([]qualify.Lead{}, leads...)
	broken := errors.New("broken")
	source := func(yield func(*qualify.Lead, error) bool) {
		for l, err := range review.Leads(leads) {
			if !yield(l, err) {
				return
			}
		}
		_ = yield(nil, nil) && yield(nil, broken)
	}
	stages := func(seq iter.Seq2[*qualify.Lead, error]) (got []string) {
		for c, err := range review.Compare(old, stricter, seq, at) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, c.Stage.Old+" "+c.Stage.New)
		}
		return got
	}
	if diff := cmp.Diff([]string{"mql mql", "mql mql", "mql mql", " ", "mql ", "mql mql", "review: the old model: " + qualify.ErrNilLead.Error(), "broken"}, stages(source)); diff != "" {
		t.Errorf("from the stages that they have (-want +got):\n%s", diff)
	}
	for range 2 { // it can be gone through again
		if diff := cmp.Diff([]string{"mql ", " ", "mql mql", " ", "mql ", "mql mql", "review: the old model: " + qualify.ErrNilLead.Error(), "broken"}, stages(review.Newcomers(source))); diff != "" {
			t.Errorf("newcomers (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(before, leads); diff != "" {
		t.Errorf("the leads changed:\n%s", diff)
	}
	for range review.Newcomers(source) {
		break
	}
}
