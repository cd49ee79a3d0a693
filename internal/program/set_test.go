package program_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/program"
)

// Sets say what maps say that hold the same.
func TestSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		n := 1 + r.IntN(200)
		sets, maps := [2]program.Set{program.NewSet(n), program.NewSet(n)}, [2]map[int]bool{{}, {}}
		for range r.IntN(8) {
			which, i := r.IntN(2), r.IntN(n)
			if r.IntN(4) == 0 {
				sets[which].Take(i)
				delete(maps[which], i)
				continue
			}
			sets[which].Put(i)
			maps[which][i] = true
		}
		shared, listed := 0, 0
		for i := range n {
			if maps[0][i] && maps[1][i] {
				shared++
			}
			if sets[0].Has(i) != maps[0][i] {
				t.Fatalf("%d is in the set: %t", i, sets[0].Has(i))
			}
		}
		if got := sets[0].Shared(sets[1]); got != min(shared, 2) {
			t.Fatalf("%v and %v share %d, and not %d", maps[0], maps[1], got, shared)
		}
		if got := sets[0].Meets(sets[1]); got != (shared > 0) {
			t.Fatalf("%v and %v meet: %t", maps[0], maps[1], got)
		}
		for w, word := range sets[0] {
			for before := -1; word != 0; listed++ {
				var i int
				if i, word = program.First(word); i <= before || !maps[0][64*w+i] {
					t.Fatalf("%d comes after %d of %v", i, before, maps[0])
				}
				before = i
			}
		}
		if listed != len(maps[0]) {
			t.Fatalf("%d of %v are listed", listed, maps[0])
		}
		sets[0].Add(sets[1])
		for i := range n {
			if sets[0].Has(i) != (maps[0][i] || maps[1][i]) {
				t.Fatalf("%v and %v have %d together: %t", maps[0], maps[1], i, sets[0].Has(i))
			}
		}
	}
}

// A rule sleeps if nothing but attributes and the history can change what it pays, and what it pays without any is
// known beforehand, at each instant.
func TestSleepingRules(t *testing.T) {
	rules := []struct {
		rule   qualify.Rule
		sleeps bool
	}{
		{qualify.Rule{When: `count("visit", "30d") >= 3`}, true},
		{qualify.Rule{When: `happened("visit") or mean("visit", "n") > 2`, Multiply: `count("visit")`}, true},
		{qualify.Rule{When: `days_since("visit") < 3 and not known(highest("visit", "n"))`}, true},
		{qualify.Rule{Tiers: []qualify.Tier{{When: `(latest("visit", "n") ?? 3) > 2`, Points: 2}, {When: "true", Points: 1}}}, true},
		{qualify.Rule{When: "true"}, true},
		{qualify.Rule{On: "visit"}, true},
		{qualify.Rule{On: "visit", Multiply: "activity.n"}, true},
		{qualify.Rule{On: "visit", Multiply: "lead.size * activity.n"}, false},
		{qualify.Rule{On: "visit", When: `happened("demo")`}, false},
		{qualify.Rule{When: "lead.size > 3"}, true},
		{qualify.Rule{When: `happened("visit") and lead.size > 3`}, true},
		{qualify.Rule{When: `happened("visit")`, Multiply: "lead.size"}, true},
		{qualify.Rule{When: `now > time("2026-01-01")`}, false},
		{qualify.Rule{When: `days_since(lead.since) > 3`}, true},
		{qualify.Rule{When: `calendar_days_since("visit") > 3`}, false},
		{qualify.Rule{When: `met("need")`}, true},
		{qualify.Rule{When: "term.big"}, true},
		{qualify.Rule{When: `days_until(latest("visit", "due") ?? lead.since) > 3`}, true},
		{qualify.Rule{When: `days_since(lead.since ?? time("2026-01-01")) > 3`}, false},
		{qualify.Rule{When: "lead.seats > 3"}, false}, // has a default
		{qualify.Rule{When: "term.early"}, false},
		{qualify.Rule{When: `met("soon")`}, false},
		{qualify.Rule{When: `met_count() > 1`}, false},
		{qualify.Rule{When: `met_count("bant") > 0`}, true},
	}
	p := full
	p.Profile = append(slices.Clone(full.Profile), qualify.Field{Name: "since", Kind: qualify.Time}, qualify.Field{Name: "seats", Kind: qualify.Number, Default: "5"})
	p.Properties = append(slices.Clone(full.Properties), qualify.Field{Name: "due", Kind: qualify.Time})
	p.Terms = append(slices.Clone(full.Terms), qualify.Term{ID: "early", Is: `now < time("2026-01-01")`})
	p.Criteria = append(slices.Clone(full.Criteria), qualify.Criterion{ID: "soon", Met: `days_since(time("2026-01-01")) < 3`})
	p.Rules, p.Stages, p.Groups = nil, nil, nil
	for i, r := range rules {
		r.rule.ID = fmt.Sprint("r", i)
		if r.rule.Tiers == nil {
			r.rule.Points = 1
		}
		p.Rules = append(p.Rules, r.rule)
	}
	compiled := compile(t, p)
	for i, r := range rules {
		if got := !compiled.Awake.Has(i); got != r.sleeps {
			t.Errorf("%+v sleeps: %t", r.rule, got)
		}
	}
}

// Terms within terms cost no more than others, however many ways lead through them.
func TestSleepingTerms(t *testing.T) {
	p := full
	p.Profile = append(slices.Clone(full.Profile), qualify.Field{Name: "since", Kind: qualify.Time})
	p.Terms = append(slices.Clone(full.Terms), qualify.Term{ID: "t0", Is: "lead.since"})
	for i := range 40 {
		p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprint("t", i+1), Is: fmt.Sprintf("term.t%d ?? term.t%d", i, i)})
	}
	p.Terms = append(p.Terms, qualify.Term{ID: "known", Is: "known(term.t40) and term.t40 > term.t40"})
	p.Rules = []qualify.Rule{{ID: "age", When: "days_since(term.t40) > 3 and term.known", Points: 1}}
	p.Stages, p.Groups = nil, nil
	if compile(t, p).Awake.Has(0) {
		t.Error("it does not sleep")
	}
}
