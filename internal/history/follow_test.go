package history_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// TestFollow: an index that activities are added to, while time passes, answers as
// one that is built of them, and has set aside no less.
func TestFollow(t *testing.T) {
	var x, built history.Index
	followed, late := 0, 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 11))
		w := newWorld(t, r.IntN)
		if r.IntN(2) == 0 {
			w.schema.Narrow(w.calls, []int{0})
		}
		tw := newTwin(w.schema, w.now, nil)
		all := slices.DeleteFunc(slices.Clone(w.activities), func(a activity) bool { return a.at > w.now })
		slices.SortStableFunc(all, tw.order)
		n := 0
		if len(all) > 0 {
			n = r.IntN(len(all))
		}
		now := w.now
		if n < len(all) {
			now = all[n].at
			for n < len(all) && all[n].at == now {
				n++
			}
		}
		fill(&x, w.schema, now, all[:n])
		memories := make([]history.Memory, len(w.calls))
		values, bases := make([]fact.Value, len(w.calls)), make([]int, len(w.calls))
		accept := func(signal, pos int) bool {
			var v fact.Value
			x.Prop(pos, 0, &v)
			return accepts(&v)
		}
		for step := 0; ; step++ {
			fill(&built, w.schema, now, all[:n])
			for i := range w.calls {
				before := values[i]
				pos, changed := x.Recall(&w.calls[i], &memories[i], &values[i])
				if !changed && (step == 0 || !gocmp.Equal(before, values[i]) || pos != bases[i]) {
					t.Fatalf("seed %d: %+v changed from %+v to %+v", seed, w.calls[i], before, values[i])
				}
				bases[i] = pos
				var want fact.Value
				wantPos := built.Answer(&w.calls[i], &want)
				if pos != wantPos || !gocmp.Equal(values[i], want) {
					t.Fatalf("seed %d, step %d, now %d: %+v: %d %+v, want %d %+v\n%+v\n%v", seed, step, now, w.calls[i], pos, values[i], wantPos, want, w.schema.Signals, all[:n])
				}
			}
			for _, f := range built.Flaws() {
				if !slices.Contains(x.Flaws(), f) {
					t.Fatalf("seed %d, now %d: %+v is not seen: %v", seed, now, f, x.Flaws())
				}
			}
			if now == w.now {
				break
			}
			// On by some activities, or until right before one, or to the end.
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
				next = now + int64(r.Uint64N(uint64(w.now)-uint64(now)+1))
			}
			for ; n < len(all) && all[n].at <= next; n++ {
				if !x.Follow(all[n].at, public(all[n : n+1])[0], accept) {
					t.Fatalf("seed %d: %v does not come last", seed, all[n])
				}
				followed++
			}
			now = next
			x.Now(now)
		}
		if n > 1 && all[0].at < all[n-1].at && !x.Follow(all[0].at, public(all[:1])[0], accept) {
			late++
		}
	}
	if followed < 1000 || late < 100 {
		t.Errorf("only %d were followed, and %d came late", followed, late)
	}
}
