package bench

import (
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

// A Follower is one way to keep up with a lead to which activities arrive.
type Follower struct {
	Name string
	// Follow takes up a lead, assesses it as of At and stores its stage. What it gives adds an activity, the newest, assesses the
	// lead in full as of then and stores its stage again. With room for so many activities more, where there is a slice to append
	// to, none is copied as it grows. The followers of several leads share the memory of the assessment.
	Follow func(lead *qualify.Lead, room int) (arrive func(*qualify.Activity) Outcome)
}

// Followers lists them all.
func Followers() []Follower {
	model := qualify.MustCompile(Policy())
	var into qualify.Assessment
	seen := map[identity]struct{}{}
	return []Follower{
		{"tracker", func(lead *qualify.Lead, _ int) func(*qualify.Activity) Outcome {
			t := model.Track(lead)
			assess := func(at time.Time) Outcome {
				must(t.AssessInto(&into, at))
				t.SetStage(into.Verdict.Stage, into.Verdict.Since)
				return outcome(&into)
			}
			assess(At)
			return func(a *qualify.Activity) Outcome {
				t.Add(*a)
				return assess(a.At)
			}
		}},
		rescan("handfused", func(lead *qualify.Lead, at time.Time) Outcome {
			out := handFused(lead, at, nil)
			lead.Stage = out.Stage
			return out
		}),
		rescan("handfused-dedupe", func(lead *qualify.Lead, at time.Time) Outcome {
			clear(seen)
			out := handFused(lead, at, seen)
			lead.Stage = out.Stage
			return out
		}),
		rescan("assessinto", func(lead *qualify.Lead, at time.Time) Outcome {
			must(model.AssessInto(&into, lead, at))
			lead.Stage, lead.StageSince = into.Verdict.Stage, into.Verdict.Since
			return outcome(&into)
		}),
	}
}

// rescan is a follower that appends to a slice and goes through all of it.
func rescan(name string, assess func(*qualify.Lead, time.Time) Outcome) Follower {
	return Follower{name, func(from *qualify.Lead, room int) func(*qualify.Activity) Outcome {
		lead := *from
		lead.Activities = slices.Grow(slices.Clone(lead.Activities), room)
		assess(&lead, At)
		return func(a *qualify.Activity) Outcome {
			lead.Activities = append(lead.Activities, *a)
			return assess(&lead, a.At)
		}
	}}
}
