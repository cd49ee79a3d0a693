package history_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/testcase"
)

// TestFollow: an index that activities are added to, early and late, while time
// passes, answers as one that is built of them, and has something to set aside if
// that one has.
func TestFollow(t *testing.T) {
	var x, built history.Index
	followed, late, first, spared := 0, 0, 0, 0
	for seed := range uint64(testcase.Count(4000)) {
		r := rand.New(rand.NewPCG(seed, 11))
		w := newWorld(t, r.IntN)
		if r.IntN(2) == 0 {
			w.schema.LimitRetention(w.calls, []int{0})
		}
		tw := newTwin(w.schema, w.now, nil)
		all := slices.DeleteFunc(slices.Clone(w.activities), func(a activity) bool { return a.at > w.now })
		slices.SortStableFunc(all, tw.order)
		// Some arrive after what is newer.
		var here, delayed []activity
		for _, a := range all {
			if r.IntN(4) == 0 {
				delayed = append(delayed, a)
			}
		}
		n := 0 // of all, so many have happened
		happen := func() []activity {
			a := all[n]
			n++
			if slices.ContainsFunc(delayed, func(b activity) bool { return reflect.DeepEqual(a, b) }) {
				return nil
			}
			return []activity{a}
		}
		now := w.now
		if len(all) > 0 {
			now = all[r.IntN(len(all))].at
		}
		for n < len(all) && all[n].at <= now {
			here = append(here, happen()...)
		}
		memories := make([]history.Memory, len(w.calls))
		values, positions := make([]fact.Value, len(w.calls)), make([]int, len(w.calls))
		accept := func(signal, pos int) bool {
			var v fact.Value
			x.Prop(pos, number, &v)
			return accepts(&v)
		}
		fillToFollow(&x, w.schema, now, here)
		anew := true
		follow := func(a activity) {
			here = append(here, a)
			if x.Insert(a.at, public([]activity{a})[0], accept) {
				followed++
				return
			}
			if !slices.ContainsFunc(here, func(b activity) bool { return a.id == b.id && a.kind == b.kind && tw.order(a, b) < 0 }) {
				t.Fatalf("seed %d: %v cannot be followed", seed, a)
			}
			first++
			fillToFollow(&x, w.schema, now, here)
			clear(memories)
			anew = true
		}
		for step := 0; ; step++ {
			fill(&built, w.schema, now, here)
			touched, any := x.Touched()
			for i := range w.calls {
				before := values[i]
				c := &w.calls[i]
				ask := any || memories[i].Due() <= now || slices.ContainsFunc(touched, func(s int32) bool {
					return slices.Contains([]int{c.Signal, c.Other, c.Window.Since}, int(s))
				})
				pos, changed := positions[i], false
				if ask || r.IntN(3) == 0 {
					pos, changed = x.Update(c, &memories[i], &values[i])
				} else {
					spared++
				}
				positions[i] = pos
				var want, first fact.Value
				built.Window(&w.calls[i]) // what a reset scope sees is found once
				built.Occurrences(w.calls[i].Signal, w.calls[i].ResetScope)
				steps := built.Steps()
				wantPos := built.Answer(&w.calls[i], &want)
				if steps = built.Steps() - steps; w.calls[i].Func != history.Distinct { // whose numbers the next one would find
					// The first Update, which Answer is apart from, gives the same in as many steps.
					total := built.Steps() + steps
					if pos, _ := built.Update(&w.calls[i], new(history.Memory), &first); pos != wantPos || !gocmp.Equal(first, want) || built.Steps() != total {
						t.Fatalf("seed %d: %+v: the first Update gives %d %+v in %d steps, Answer %d %+v in %d", seed, w.calls[i], pos, first, built.Steps()-total+steps, wantPos, want, steps)
					}
				}
				if pos != wantPos || !gocmp.Equal(values[i], want) {
					t.Fatalf("seed %d, step %d, now %d: %+v: %d %+v, want %d %+v\n%+v\n%v", seed, step, now, w.calls[i], pos, values[i], wantPos, want, w.schema.Signals, here)
				}
				if !changed && (anew || !gocmp.Equal(before, values[i])) {
					t.Fatalf("seed %d: %+v changed from %+v to %+v", seed, w.calls[i], before, values[i])
				}
			}
			anew = false
			if len(x.Flaws()) == 0 && len(built.Flaws()) > 0 {
				t.Fatalf("seed %d: no flaw, want %v", seed, built.Flaws())
			}
			if now == w.now && len(delayed) == 0 {
				break
			}
			// On by some activities, or until right before one, or to the end.
			if now < w.now {
				next := w.now
				if n < len(all) {
					switch r.IntN(4) {
					case 0:
						next = max(now, all[n].at-1)
					case 1:
					default:
						next = all[min(len(all)-1, n+r.IntN(3))].at
					}
				} else if r.IntN(3) > 0 {
					next = now + int64(r.Uint64N(uint64(w.now)-uint64(now)))
				}
				now = next
				x.Now(now)
				for n < len(all) && all[n].at <= now {
					for _, a := range happen() {
						follow(a)
					}
				}
			}
			for range r.IntN(3) {
				i := 0
				if len(delayed) > 0 {
					i = r.IntN(len(delayed))
				}
				if i < len(delayed) && delayed[i].at <= now {
					late++
					a := delayed[i]
					delayed = slices.Delete(delayed, i, i+1)
					follow(a)
				}
			}
		}
	}
	if followed < testcase.Least(700) || late < testcase.Least(70) || first < testcase.Least(70) || spared < testcase.Least(700) {
		t.Errorf("only %d were followed, %d came late, %d were the first of what was there, and %d answers were spared", followed, late, first, spared)
	}
}
