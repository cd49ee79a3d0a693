package qualify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// lived is Replay without a forecast: it assesses at every hour, at every activity and one nanosecond beside it, and beside more
// instants, and halves the time between two of these when the stage differs.
func lived(t *testing.T, m *qualify.Model, lead qualify.Lead, at time.Time, more []time.Time) qualify.Replay {
	out := qualify.Replay{Lead: lead.ID, At: at, Steps: []qualify.Step{}}
	first, instants := at, []time.Time{at}
	add := func(x time.Time) { instants = append(instants, x.Add(-1), x, x.Add(1)) }
	for _, a := range lead.Activities {
		if !a.At.IsZero() && a.At.Before(first) {
			first = a.At
		}
		add(a.At)
	}
	for _, x := range more {
		add(x)
	}
	for x := first; x.Before(at); x = x.Add(time.Hour) {
		instants = append(instants, x)
	}
	instants = slices.DeleteFunc(instants, func(x time.Time) bool { return x.Before(first) || x.After(at) })
	slices.SortFunc(instants, time.Time.Compare)
	instants = slices.CompactFunc(instants, time.Time.Equal)
	lead.Stage, lead.StageSince = "", time.Time{}
	last := first.Add(-1)
	for _, x := range instants {
		a := assess(t, m, lead, x)
		if a.Verdict.Move != "none" {
			for low := last; ; {
				middle := low.Add(x.Sub(low) / 2)
				if !middle.After(low) || middle.Before(first) {
					break
				}
				if b := assess(t, m, lead, middle); b.Verdict.Move == "none" {
					low = middle
				} else {
					x, a = middle, b
				}
			}
			v := a.Verdict
			out.Steps = append(out.Steps, qualify.Step{At: a.At, Move: v.Move, From: v.From, FromLabel: v.FromLabel, Stage: v.Stage, StageLabel: v.Label, Points: a.Score.Points})
			out.Stage, out.Label, out.Since = v.Stage, v.Label, v.Since
			lead = stored(lead, a)
		}
		last = x
	}
	return out
}

// A replay is what somebody finds who assesses the lead all the time.
func TestReplay(t *testing.T) {
	t.Parallel()
	moves, restless, settled := 0, 0, 0
	each(t, testcase.Count(300), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		at := ago(time.Duration(g.IntN(20*24)-48) * time.Hour)
		got, err := m.Replay(&lead, at)
		if err != nil {
			if !strings.Contains(err.Error(), "moves on at every assessment") {
				t.Fatal(err)
			}
			restless++
			return
		}
		moves += len(got.Steps)
		var instants []time.Time
		for _, s := range got.Steps {
			instants = append(instants, s.At)
		}
		if diff := cmp.Diff(lived(t, m, lead, at, instants), got); diff != "" {
			t.Errorf("replayed up to %v (-lived +got):\n%s", at, diff)
		}
		lead.Stage, lead.StageSince = got.Stage, got.Since
		asksForStage := strings.Contains(m.Policy().String(), "reached(") || strings.Contains(m.Policy().String(), "days_in_stage(")
		if v := assess(t, m, lead, at).Verdict; asksForStage {
			return
		} else if settled++; v.Move != "none" || v.Stage != got.Stage || !v.Since.Equal(got.Since) {
			t.Errorf("at the end the stage is %s since %v, and %s since %v with that stored", got.Stage, got.Since, v.Stage, v.Since)
		}
	})
	if moves < testcase.Least(300) || settled < testcase.Least(100) {
		t.Errorf("only %d moves, and %d leads whose policy does not ask for the stage", moves, settled)
	}
	t.Log(moves, "moves,", restless, "restless leads,", settled, "settled")
}
