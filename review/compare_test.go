package review_test

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/testcase"
	"github.com/qualify-go/qualify/review"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func compile(t testing.TB, p qualify.Policy) *qualify.Model {
	t.Helper()
	m, err := qualify.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small is a policy with one of everything.
func small() qualify.Policy {
	return qualify.Policy{
		Name: "small", Version: "1",
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}, {Name: "b", Kind: qualify.Bool}, {Name: "t", Kind: qualify.Text}},
		Signals: []qualify.Signal{{ID: "visit"}},
		Rules: []qualify.Rule{
			{ID: "size", Label: "Size", Group: "fit", When: `lead.n >= 10`, Points: 20},
			{ID: "visits", Group: "interest", On: "visit", Points: 1},
			{ID: "b", When: `lead.b`, Points: 3},
		},
		Groups: []qualify.Group{
			{ID: "fit", Label: "Fit", Bands: []qualify.Band{{Label: "B"}, {From: new(20.0), Label: "A"}}},
			{ID: "interest", Weight: new(2.0), Bands: []qualify.Band{{Label: "2"}, {From: new(3.0), Label: "1"}}},
			{ID: "total", Bands: []qualify.Band{{Label: "cold"}, {From: new(25.0), Label: "warm"}}},
		},
		Rating:   []string{"fit", "interest"},
		Criteria: []qualify.Criterion{{ID: "need", Label: "Need", Met: `lead.b`}},
		Stages: []qualify.Stage{
			{ID: "mql", Enter: `score() >= 20`, Keep: `score() >= 10`},
			{ID: "sql", Enter: `score() >= 26 && met("need")`},
		},
	}
}

func visits(n int) []qualify.Activity {
	return slices.Repeat([]qualify.Activity{{Type: "visit", At: noon.Add(-time.Hour)}}, n)
}

// one compares one lead.
func one(t *testing.T, old, new qualify.Policy, lead qualify.Lead) review.Comparison {
	t.Helper()
	var all []review.Comparison
	for c, err := range review.Compare(compile(t, old), compile(t, new), review.Leads([]qualify.Lead{lead}), noon) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) != 1 {
		t.Fatalf("one lead gives %d comparisons", len(all))
	}
	return all[0]
}

// anew gives the stage that a lead would get if it had none, and whether it stays in
// another that it has.
func anew(t *testing.T, p qualify.Policy, lead qualify.Lead) (stage string, held bool) {
	t.Helper()
	assess := func() string {
		a, err := compile(t, p).Assess(&lead, noon)
		if err != nil {
			t.Fatal(err)
		}
		return a.Verdict.Stage
	}
	was, stays := lead.Stage, assess()
	lead.Stage, lead.StageSince = "", time.Time{}
	stage = assess()
	return stage, was != "" && was == stays && stage != was
}

type (
	text   = review.Change[string]
	amount = review.Change[float64]
	answer = review.Change[qualify.Answer]
	number = review.Change[int]
)

func same(s string) text { return text{Old: s, New: s} }

func TestCompare(t *testing.T) {
	t.Parallel()
	lead := qualify.Lead{ID: "Anna", Profile: map[string]any{"n": 12, "b": true, "t": "7"}, Activities: visits(2), Stage: "mql"}
	// As the policy is: 20 in fit (A), 2 in interest (2), 20 + 2*2 + 3 = 27 in all (warm); need is met; sql.
	for _, test := range []struct {
		name    string
		change  func(*qualify.Policy)
		lead    func(*qualify.Lead)
		differs bool
		want    review.Comparison // what is blank is as it was
		verdict bool
	}{
		{name: "nothing", change: func(p *qualify.Policy) { p.Version, p.Rules[0].Label = "2", "Another label" }},
		{
			name: "points alone", change: func(p *qualify.Policy) { p.Rules[2].Points = 2 },
			want: review.Comparison{Points: amount{Old: 27, New: 26}, Rules: []amount{{ID: "b", Old: 3, New: 2}}},
		},
		{
			name: "the largest first", change: func(p *qualify.Policy) {
				p.Rules[2].Points = 2
				p.Rules[0].Points, p.Rules[0].Label = 25, "Many people"
				p.Rules[1].Points = -1
			},
			want: review.Comparison{
				Points: amount{Old: 27, New: 23}, Stage: text{Old: "sql", New: "mql"}, Bands: []text{{ID: "total", Old: "warm", New: "cold"}},
				Rules: []amount{
					{ID: "size", Label: "Many people", Old: 20, New: 25}, {ID: "visits", Old: 2, New: -2}, {ID: "b", Old: 3, New: 2},
				},
				Groups: []amount{{ID: "fit", Label: "Fit", Old: 20, New: 25}, {ID: "interest", Old: 2, New: -2}},
				Shares: []amount{{ID: "fit", Label: "Fit", Old: 20, New: 25}, {ID: "interest", Old: 4, New: -4}},
			},
			differs: true, verdict: true,
		},
		{
			name: "a renamed rule is two", change: func(p *qualify.Policy) { p.Rules[2].ID = "c" },
			want: review.Comparison{Rules: []amount{{ID: "c", Only: "new", New: 3}, {ID: "b", Only: "old", Old: 3}}},
		},
		{
			name: "a weight, and the band of all", change: func(p *qualify.Policy) { p.Groups[1].Weight = new(1.0); p.Groups[2].Bands[1].From = new(26.0) },
			want: review.Comparison{
				Points: amount{Old: 27, New: 25}, Stage: text{Old: "sql", New: "mql"},
				Shares: []amount{{ID: "interest", Old: 4, New: 2}}, Bands: []text{{ID: "total", Old: "warm", New: "cold"}},
			},
			differs: true, verdict: true,
		},
		{
			name: "a rating", change: func(p *qualify.Policy) { p.Groups[1].Bands[1].From = new(2.0) },
			want:    review.Comparison{Rating: text{Old: "A2", New: "A1"}, Bands: []text{{ID: "interest", Old: "2", New: "1"}}},
			differs: true,
		},
		{
			name: "a rating of other groups", change: func(p *qualify.Policy) { p.Rating = []string{"total"} },
			want:    review.Comparison{Rating: text{Old: "A2", New: "warm"}},
			differs: true,
		},
		{
			name: "a group that is gone", change: func(p *qualify.Policy) {
				p.Groups = slices.Delete(p.Groups, 0, 1)
				p.Rules[0].Group, p.Rating = "", []string{"interest"}
			},
			want: review.Comparison{
				Rating: text{Old: "A2", New: "2"}, Bands: []text{{ID: "fit", Label: "Fit", Only: "old", Old: "A"}},
				Groups: []amount{{ID: "fit", Label: "Fit", Only: "old", Old: 20}}, Shares: []amount{{ID: "fit", Label: "Fit", Only: "old", Old: 20}},
			},
			differs: true,
		},
		{
			name: "an answer, and with it a stage", change: func(p *qualify.Policy) { p.Criteria[0].Met = `lead.n > 12` },
			want: review.Comparison{
				Stage:   text{Old: "sql", New: "mql"},
				Answers: []answer{{ID: "need", Label: "Need", Old: qualify.Yes, New: qualify.No}},
			},
			differs: true, verdict: true,
		},
		{
			name: "criteria that only one has", change: func(p *qualify.Policy) {
				p.Criteria = append([]qualify.Criterion{{ID: "new", Met: `lead.n < 3`}, {ID: "open", Met: `known(lead.t) && happened("visit", "1min")`, Unmet: `false`}}, p.Criteria...)
			},
			want:    review.Comparison{Answers: []answer{{ID: "new", Only: "new", New: qualify.No}}},
			differs: true,
		},
		{
			name: "a threshold", change: func(p *qualify.Policy) { p.Stages[1].Enter = `score() >= 28` },
			want:    review.Comparison{Stage: text{Old: "sql", New: "mql"}},
			differs: true, verdict: true,
		},
		{
			// 15 points keep a lead that has the stage, and do not let one in.
			name: "a stage that the new policy does not have", change: func(p *qualify.Policy) {
				p.Stages[0].ID = "marketing"
			},
			lead:    func(l *qualify.Lead) { l.Profile = map[string]any{"n": 1}; l.Activities = visits(7) },
			want:    review.Comparison{Points: amount{Old: 14, New: 14}, Rating: same("B1"), Stage: text{Old: "mql"}, Issues: []number{{ID: "stage", Label: "unknown_stage", Only: "new", New: 1}}},
			differs: true, verdict: true,
		},
		{
			name: "what only one sets aside", change: func(p *qualify.Policy) { p.Profile[2].Kind = qualify.Time },
			want: review.Comparison{Issues: []number{{ID: "lead.t", Label: "wrong_kind", Only: "new", New: 1}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := lead
			if test.lead != nil {
				test.lead(&l)
			}
			changed := small()
			test.change(&changed)
			want := test.want
			want.Lead, want.At = "Anna", noon
			var held [2]bool
			want.Newcomer.Old, held[0] = anew(t, small(), l)
			want.Newcomer.New, held[1] = anew(t, changed, l)
			want.Held = review.Change[bool]{Old: held[0], New: held[1]}
			want.Points = cmp.Or(want.Points, amount{Old: 27, New: 27})
			want.Rating = cmp.Or(want.Rating, same("A2"))
			want.Stage = cmp.Or(want.Stage, same("sql"))
			for _, list := range []*[]amount{&want.Rules, &want.Groups, &want.Shares} {
				*list = append([]amount{}, *list...)
			}
			want.Bands, want.Answers, want.Issues = append([]text{}, want.Bands...), append([]answer{}, want.Answers...), append([]number{}, want.Issues...)
			got := one(t, small(), changed, l)
			if got.Differs() != test.differs || (got.Verdict != nil) != test.verdict {
				t.Errorf("differs: %t, verdict: %v", got.Differs(), got.Verdict)
			}
			bare := got
			bare.Verdict = nil
			if diff := gocmp.Diff(want, bare); diff != "" {
				t.Error(diff)
			}
			if diff := gocmp.Diff(mirrored(got), sorted(one(t, changed, small(), l)), unlabelled); diff != "" {
				t.Error("the other way round:", diff)
			}
		})
	}
}

// unlabelled leaves out labels of rules, which are those of the new policy.
var unlabelled = gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".Label" }, gocmp.Ignore())

func swap[T any](k review.Change[T]) review.Change[T] {
	k.Old, k.New = k.New, k.Old
	k.Only = map[string]string{"old": "new", "new": "old"}[k.Only]
	return k
}

func swapAll[T any](list []review.Change[T]) []review.Change[T] {
	out := []review.Change[T]{}
	for _, k := range list {
		out = append(out, swap(k))
	}
	return out
}

// mirrored is the comparison of the new with the old.
func mirrored(c review.Comparison) review.Comparison {
	c.Stage, c.Rating, c.Points = swap(c.Stage), swap(c.Rating), swap(c.Points)
	c.Newcomer, c.Held = swap(c.Newcomer), swap(c.Held)
	c.Bands, c.Answers, c.Rules = swapAll(c.Bands), swapAll(c.Answers), swapAll(c.Rules)
	c.Groups, c.Shares, c.Issues = swapAll(c.Groups), swapAll(c.Shares), swapAll(c.Issues)
	if c.Verdict != nil {
		c.Verdict = new(swap(*c.Verdict))
	}
	return sorted(c)
}

// sorted puts what stands in the order of a policy in that of the IDs.
func sorted(c review.Comparison) review.Comparison {
	sortByID(c.Bands)
	sortByID(c.Answers)
	sortByID(c.Rules)
	sortByID(c.Groups)
	sortByID(c.Shares)
	sortByID(c.Issues)
	return c
}

func sortByID[T any](list []review.Change[T]) {
	slices.SortFunc(list, func(a, b review.Change[T]) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Label, b.Label)) })
}

// The verdicts say what held the lead, what holds it and what blocks it.
func TestCompareVerdicts(t *testing.T) {
	t.Parallel()
	changed := small()
	changed.Stages[1].Enter = `score() >= 28 && met("need")`
	lead := qualify.Lead{ID: "Anna", Profile: map[string]any{"n": 12, "b": true}, Activities: visits(2), Stage: "mql"}
	v := one(t, small(), changed, lead).Verdict
	for i, m := range []qualify.Policy{small(), changed} {
		a, err := compile(t, m).Assess(&lead, noon)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(a.Verdict, []qualify.Verdict{v.Old, v.New}[i]); diff != "" {
			t.Error(diff)
		}
	}
	if v.Old.Move != "promote" || v.New.Move != "none" || v.New.Blockers[0].Want != ">= 28" {
		t.Errorf("%+v", v)
	}
}

func TestComparisonString(t *testing.T) {
	t.Parallel()
	changed := small()
	changed.Groups[1].Weight, changed.Groups[1].Bands[1].From = new(0.5), new(2.0)
	changed.Rules[2].ID, changed.Rules[2].Points = "c", 2.5
	changed.Criteria[0].Met, changed.Profile[2].Kind = `not lead.b`, qualify.Time
	lead := qualify.Lead{ID: "Anna\nB", Profile: map[string]any{"n": 12, "b": true, "t": "x"}, Activities: visits(2), Stage: "mql"}
	got := one(t, small(), changed, lead)
	got.Verdict = nil // the root package prints it
	if diff := gocmp.Diff(`Anna B  at 2026-11-01 12:00 UTC
Stage                      sql → mql
Rating                     A2 → A1
Band of total              warm → cold
Band of interest           2 → 1
Need                       yes → no
Points                     27 → 23.5, -3.5
  in interest, counted as  4 → 1, -3
  b, only old              3 → 0, -3
  c, only new              0 → 2.5, +2.5
Set aside, only new        lead.t: not of the declared kind
`, got.String()); diff != "" {
		t.Error(diff)
	}
	if got := one(t, small(), small(), qualify.Lead{}).String(); got != "(a lead without ID)  at 2026-11-01 12:00 UTC\nNothing differs\n" {
		t.Error(got)
	}
}

func TestCompareFails(t *testing.T) {
	t.Parallel()
	m := compile(t, small())
	tight, err := qualify.Compile(small(), qualify.WithBounds(qualify.Bounds{Activities: 1}))
	if err != nil {
		t.Fatal(err)
	}
	none := func(func(*qualify.Lead, error) bool) { t.Error("leads are read") }
	for _, test := range []struct {
		name     string
		old, new *qualify.Model
		at       time.Time
		want     string
	}{
		{"no old model", nil, m, noon, "review: the old model is nil"},
		{"no new model", m, nil, noon, "review: the new model is nil"},
		{"no instant", m, m, time.Time{}, "review: the old model: " + qualify.ErrInstant.Error()},
	} {
		n := 0
		for c, err := range review.Compare(test.old, test.new, none, test.at) {
			if n++; err == nil || err.Error() != test.want || c.Lead != "" {
				t.Errorf("%s: %q, %v", test.name, c.Lead, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors", test.name, n)
		}
	}

	broken := errors.New("a line that is no JSON")
	leads := func(yield func(*qualify.Lead, error) bool) {
		_ = yield(&qualify.Lead{ID: "one", Activities: visits(1)}, nil) &&
			yield(nil, broken) &&
			yield(nil, nil) &&
			yield(&qualify.Lead{ID: "many", Activities: visits(2)}, nil) &&
			yield(&qualify.Lead{ID: "half read"}, broken) &&
			yield(&qualify.Lead{ID: "last"}, nil)
	}
	var got []string
	summary := review.NewSummary(m, tight)
	wants := []error{nil, broken, qualify.ErrNilLead, qualify.ErrTooManyActivities, broken, nil}
	for c, err := range review.Compare(m, tight, leads, noon) {
		if want := wants[len(got)]; !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", c.Lead, err, want)
		}
		got = append(got, c.Lead)
		summary.Add(c, err)
	}
	if diff := gocmp.Diff([]string{"one", "", "", "many", "half read", "last"}, got); diff != "" {
		t.Error(diff)
	}
	if summary.Leads != 2 || summary.Failed != 4 {
		t.Errorf("%d leads, %d failed", summary.Leads, summary.Failed)
	}
}

// Leads are read one by one, no further than the caller goes, and again if the caller does.
func TestCompareStreams(t *testing.T) {
	t.Parallel()
	m, read := compile(t, small()), 0
	leads := func(yield func(*qualify.Lead, error) bool) {
		var lead qualify.Lead // overwritten by the next
		for {
			lead.ID = fmt.Sprint(read)
			read++
			if !yield(&lead, nil) {
				return
			}
		}
	}
	all := review.Compare(m, m, leads, noon)
	for c := range review.Compare(m, m, review.Leads([]qualify.Lead{{ID: "one"}, {ID: "two"}}), noon) {
		if c.Lead != "one" {
			t.Error(c.Lead)
		}
		break
	}
	if read > 0 {
		t.Error("leads are read before anybody asks")
	}
	for range 2 {
		var ids []string
		for c := range all {
			if ids = append(ids, c.Lead); len(ids) == 3 {
				break
			}
		}
		if read != 3 || strings.Join(ids, " ") != "0 1 2" {
			t.Errorf("%d leads were read for %v", read, ids)
		}
		read = 0
	}
}

// maker makes random policies and leads.
type maker struct{ *rand.Rand }

func pick[T any](g maker, all ...T) T { return all[g.IntN(len(all))] }

// policy makes one of the rules, groups, criteria and stages that another policy made so may have, too.
func (g maker) policy() qualify.Policy {
	p := small()
	p.Name, p.Version = pick(g, "a", "b"), pick(g, "1", "2")
	p.Rules, p.Groups, p.Criteria, p.Stages, p.Rating = nil, nil, nil, nil, nil
	groups := []string{""}
	for i := range 4 {
		if q := (qualify.Group{ID: fmt.Sprint("g", i), Parent: pick(g, groups...)}); g.IntN(4) > 0 {
			q.Weight = new(pick(g, 1.0, 1, 0.5, 2))
			q.Bands = []qualify.Band{{Label: pick(g, "C", "c")}, {From: new(float64(g.IntN(10))), Label: "B"}, {From: new(float64(10 + g.IntN(10))), Label: "A"}}
			p.Groups, groups = append(p.Groups, q), append(groups, q.ID)
			if g.IntN(2) == 0 {
				p.Rating = append(p.Rating, q.ID)
			}
		}
	}
	for i := range 6 {
		r := qualify.Rule{ID: fmt.Sprint("r", i), Group: pick(g, groups...), Points: float64(g.IntN(200)-40) / 10}
		switch g.IntN(4) {
		case 0:
			continue
		case 1:
			r.On = "visit"
			r.Decay.HalfLife = pick(g, 0, qualify.Day)
		default:
			r.When = pick(g, `lead.b`, fmt.Sprintf(`lead.n >= %d`, g.IntN(10)), `lead.t == "x"`, `count("visit", "2d") >= 2`)
			r.Else = pick(g, 0, -2.5)
		}
		p.Rules = append(p.Rules, r)
	}
	for i := range 3 {
		if i == 0 || g.IntN(4) > 0 {
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: fmt.Sprint("c", i), Met: pick(g, `lead.b`, `lead.n > 4`, `happened("visit")`), Unmet: pick(g, "", `lead.t == "x"`)})
		}
	}
	for i := range 5 {
		if g.IntN(3) > 0 {
			p.Stages = append(p.Stages, qualify.Stage{ID: fmt.Sprint("s", i), Label: pick(g, "", "Et trin"), Exit: i == 4,
				Enter: pick(g, fmt.Sprintf(`score() >= %d`, 10*i), `met_count() >= 2`, `lead.b`), Keep: pick(g, "", `score() >= 0`)})
		}
	}
	g.Shuffle(len(p.Rules), func(i, j int) { p.Rules[i], p.Rules[j] = p.Rules[j], p.Rules[i] })
	return p
}

func (g maker) lead(id int) qualify.Lead {
	l := qualify.Lead{ID: fmt.Sprint(id), Profile: map[string]any{}, Stage: pick(g, "", "s0", "s1", "s2", "s3", "s4", "gone")}
	for name, values := range map[string][]any{"n": {0, 5, 9, "many"}, "b": {true, false}, "t": {"x", "y"}} {
		if i := g.IntN(len(values) + 1); i < len(values) {
			l.Profile[name] = values[i]
		}
	}
	for range g.IntN(5) {
		l.Activities = append(l.Activities, qualify.Activity{Type: "visit", At: noon.Add(-time.Duration(g.IntN(100)) * time.Hour)})
	}
	return l
}

func TestCompareGenerated(t *testing.T) {
	t.Parallel()
	moves := 0
	for seed := range uint64(testcase.Count(60)) {
		g := maker{rand.New(rand.NewPCG(seed, 5))}
		old, changed := compile(t, g.policy()), compile(t, g.policy())
		var leads []qualify.Lead
		for i := range 30 {
			leads = append(leads, g.lead(i))
		}
		for c, err := range review.Compare(old, old, review.Leads(leads), noon) {
			if err != nil || c.Differs() || c.Points.Old != c.Points.New || len(c.Rules)+len(c.Groups)+len(c.Shares)+len(c.Issues) > 0 {
				t.Fatalf("policy %d differs from itself: %v, %+v", seed, err, c)
			}
		}
		summary, back := review.NewSummary(old, changed), review.NewSummary(changed, old)
		var forth []review.Comparison
		for c, err := range review.Compare(old, changed, review.Leads(leads), noon) {
			summary.Add(c, err)
			forth = append(forth, c)
		}
		for c, err := range review.Compare(changed, old, review.Leads(leads), noon) {
			i := back.Leads
			back.Add(c, err)
			// All were kept until now: none shares memory with the next.
			if diff := gocmp.Diff(mirrored(forth[i]), sorted(c)); err != nil || diff != "" {
				t.Fatalf("policy %d, lead %d, the other way round: %v, %s", seed, i, err, diff)
			}
			if c.Stage.Old != c.Stage.New {
				moves++
			}
		}
		naive(t, summary, old, changed, leads)
		naive(t, back, changed, old, leads)
		if again := review.NewSummary(old, changed); t.Failed() || again.Leads > 0 {
			t.Fatalf("policy %d", seed)
		} else {
			for _, i := range g.Perm(len(forth)) {
				again.Add(forth[i], nil)
			}
			if summary.String() != again.String() {
				t.Fatalf("policy %d: in another order\n%s\nis\n%s", seed, summary, again)
			}
		}
	}
	if moves < testcase.Least(150) {
		t.Errorf("only %d leads moved", moves)
	}
}

// naive counts by itself, with Assess.
func naive(t *testing.T, got *review.Summary, old, changed *qualify.Model, leads []qualify.Lead) {
	t.Helper()
	counts, differ := map[string]int{}, 0
	var points []float64
	rules := map[string][]float64{}
	bands := func(s qualify.Score) map[string]string {
		all := map[string]string{"total": s.Band}
		for _, g := range s.Groups {
			all[g.Group] = g.Band
		}
		return all
	}
	for i := range leads {
		a, err := old.Assess(&leads[i], noon)
		b, err2 := changed.Assess(&leads[i], noon)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		one, held := anew(t, old.Policy(), leads[i])
		two, holds := anew(t, changed.Policy(), leads[i])
		counts["newcomer "+one+">"+two]++
		if held {
			counts["held before "+a.Verdict.Stage]++
		}
		if holds {
			counts["held now "+b.Verdict.Stage]++
		}
		differs := a.Verdict.Stage != b.Verdict.Stage || a.Score.Rating != b.Score.Rating
		counts["stage "+a.Verdict.Stage+">"+b.Verdict.Stage]++
		counts["rating "+a.Score.Rating+">"+b.Score.Rating]++
		x, y := bands(a.Score), bands(b.Score)
		for _, g := range []string{"total", "g0", "g1", "g2", "g3"} {
			if x[g] != y[g] {
				counts["band "+g+x[g]+">"+y[g]]++
				differs = true
			}
		}
		for _, c := range []string{"c0", "c1", "c2"} {
			if x, y := a.Checklist.Answer(c), b.Checklist.Answer(c); x != y {
				counts["answer "+c+x.String()+">"+y.String()]++
				differs = true
			}
		}
		if differs {
			differ++
		}
		if a.Score.Points != b.Score.Points {
			points = append(points, b.Score.Points-a.Score.Points)
		}
		paid := map[string]float64{}
		for _, c := range b.Score.Contributions {
			paid[c.Rule] += c.Points
		}
		for _, c := range a.Score.Contributions {
			paid[c.Rule] -= c.Points
		}
		for id, by := range paid {
			if by != 0 {
				rules[id] = append(rules[id], by)
			}
		}
	}
	for _, h := range got.Held {
		counts["held before "+h.Stage] -= h.Old
		counts["held now "+h.Stage] -= h.New
	}
	for kind, list := range map[string][]review.Count{"stage ": got.Stages, "newcomer ": got.Newcomers, "rating ": got.Ratings, "band ": got.Bands, "answer ": got.Answers} {
		for _, k := range list {
			counts[kind+k.ID+k.Old+">"+k.New] -= k.Leads
		}
	}
	for what, n := range counts {
		if n != 0 {
			t.Errorf("%s: %d more by hand", what, n)
		}
	}
	if got.Leads != len(leads) || got.Differ != differ || got.Failed != 0 {
		t.Errorf("%d leads differ, by hand %d", got.Differ, differ)
	}
	spread(t, got.Points, points)
	for _, r := range got.Rules {
		spread(t, r, rules[r.ID])
		delete(rules, r.ID)
	}
	if len(rules) > 0 {
		t.Errorf("rules without a spread: %v", rules)
	}
}

func spread(t *testing.T, got review.Spread, want []float64) {
	t.Helper()
	if len(want) == 0 {
		if got != (review.Spread{}) || got.Mean() != 0 {
			t.Errorf("%+v, and nothing moved", got)
		}
		return
	}
	sum := 0.0
	for _, by := range want {
		sum += by
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-7 }
	if got.Leads != len(want) || !near(got.Sum, sum) || !near(got.Mean(), sum/float64(len(want))) || !near(got.Min, slices.Min(want)) || !near(got.Max, slices.Max(want)) {
		t.Errorf("%+v, by hand %v", got, want)
	}
}

// many gives n leads, which are few again and again.
func many(n int, of []qualify.Lead) iter.Seq2[*qualify.Lead, error] {
	return func(yield func(*qualify.Lead, error) bool) {
		for i := range n {
			if !yield(&of[i%len(of)], nil) {
				return
			}
		}
	}
}

// models are two policies with some twenty rules each, and leads for them.
func models(tb testing.TB) (old, changed *qualify.Model, leads []qualify.Lead) {
	p := small()
	for i := range 20 {
		p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint("more", i), Group: pick(maker{rand.New(rand.NewPCG(1, 1))}, "fit", "interest"), When: fmt.Sprintf(`lead.n >= %d && count("visit", "%dd") >= 2`, i, i+1), Points: 1})
	}
	old = compile(tb, p)
	p = old.Policy()
	p.Version, p.Rules[0].Points, p.Stages[1].Enter = "2", 18, `score() >= 24 && met("need")`
	changed = compile(tb, p)
	g := maker{rand.New(rand.NewPCG(9, 9))}
	for i := range 1000 {
		lead := g.lead(i)
		lead.Stage = pick(g, "", "mql", "sql")
		lead.Profile["n"] = g.IntN(20)
		for range 16 {
			lead.Activities = append(lead.Activities, qualify.Activity{Type: "visit", At: noon.Add(-time.Duration(g.IntN(2000)) * time.Hour)})
		}
		leads = append(leads, lead)
	}
	return old, changed, leads
}

// A lead for which nothing differs costs no memory.
func TestCompareAllocates(t *testing.T) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector makes pools forget")
	}
	old, _, leads := models(t)
	summary := review.NewSummary(old, old)
	run := func(n int) float64 {
		return testing.AllocsPerRun(3, func() {
			for c, err := range review.Compare(old, old, many(n, leads), noon) {
				summary.Add(c, err)
			}
		})
	}
	if few, lots := run(1000), run(3000); lots > few+100 { // a collection may empty a pool
		t.Errorf("1,000 leads: %v allocations, 3,000: %v", few, lots)
	}
}

func BenchmarkCompare(b *testing.B) {
	old, changed, leads := models(b)
	for name, models := range map[string][2]*qualify.Model{"same": {old, old}, "changed": {old, changed}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			summary := review.NewSummary(models[0], models[1])
			for c, err := range review.Compare(models[0], models[1], many(b.N, leads), noon) {
				summary.Add(c, err)
			}
			b.ReportMetric(float64(summary.Differ)/float64(b.N), "differ/op")
		})
	}
}

// BenchmarkCompare100000 measures what 100,000 leads leave behind, at most, while they stream.
func BenchmarkCompare100000(b *testing.B) {
	old, changed, leads := models(b)
	live := func() float64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc)
	}
	b.ReportAllocs()
	before, peak := live(), 0.0
	for b.Loop() {
		summary := review.NewSummary(old, changed)
		for c, err := range review.Compare(old, changed, many(100_000, leads), noon) {
			if summary.Add(c, err); summary.Leads%10_000 == 0 {
				peak = max(peak, live())
			}
		}
	}
	b.ReportMetric((peak-before)/1024, "live-KiB")
}

// What the new policy has stands first in its order, then what only the old one has; and each problem of a field is one of its own.
func TestSummaryOrder(t *testing.T) {
	t.Parallel()
	policy := func(attribute qualify.Field, ids string) *qualify.Model {
		p := qualify.Policy{Name: "p", Profile: []qualify.Field{attribute}}
		for _, id := range strings.Fields(ids) {
			p.Rules = append(p.Rules, qualify.Rule{ID: id, When: `known(lead.n)`, Points: float64(len(ids))})
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: id, Met: `known(lead.n)`, Unmet: fmt.Sprint(len(ids) == 5)})
			p.Groups = append(p.Groups, qualify.Group{ID: id, Bands: []qualify.Band{{Label: fmt.Sprint(len(ids))}}})
		}
		return compile(t, p)
	}
	old := policy(qualify.Field{Name: "n", Kind: qualify.Number, Maximum: new(5.0)}, "z c b a")
	changed := policy(qualify.Field{Name: "n", Kind: qualify.Number, Minimum: new(8.0)}, "d c a")
	other := policy(qualify.Field{Name: "n", Kind: qualify.Bool}, "d c a")
	add := func(summary *review.Summary, new *qualify.Model, values ...any) {
		for _, v := range values {
			for c, err := range review.Compare(old, new, review.Leads([]qualify.Lead{{Profile: map[string]any{"n": v}}}), noon) {
				summary.Add(c, err)
			}
		}
	}
	summary := review.NewSummary(old, other)
	add(summary, other, 1, true, 7)
	ids := func(list []review.Count) (s string) {
		for _, k := range list {
			if id := k.ID + k.Only + " "; !strings.HasSuffix(s, id) {
				s += id
			}
		}
		return s
	}
	rules := ""
	for _, r := range summary.Rules {
		rules += r.ID + " "
	}
	if got := rules + "| " + ids(summary.Answers) + "| " + ids(summary.Bands); got != "d c a z b | dnew c a zold bold | dnew c a zold bold " {
		t.Error(got)
	}
	summary = review.NewSummary(old, changed)
	add(summary, changed, 1, 7, "x")
	add(summary, other, 9)
	want := []review.Count{
		{Change: text{ID: "lead.n", Label: "out_of_range", Only: "new"}, Leads: 1},
		{Change: text{ID: "lead.n", Label: "out_of_range", Only: "old"}, Leads: 1},
		{Change: text{ID: "lead.n", Label: "wrong_kind", Only: "new"}, Leads: 1},
	}
	if diff := gocmp.Diff(want, summary.Issues); diff != "" {
		t.Error(diff)
	}
}

// A stricter enter moves nobody whom keep holds: the summary says so, and what newcomers meet.
func TestSummaryHeld(t *testing.T) {
	t.Parallel()
	policy := func(enter int) *qualify.Model {
		return compile(t, qualify.Policy{
			Name: "p", Version: fmt.Sprint(enter), Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}},
			Stages: []qualify.Stage{{ID: "mql", Label: "Marketing", Enter: fmt.Sprintf("lead.n >= %d", enter), Keep: "lead.n >= 20"}, {ID: "sql", Enter: "lead.n >= 90", MinStay: qualify.Day}},
		})
	}
	summarize := func(old, changed *qualify.Model) *review.Summary {
		summary := review.NewSummary(old, changed)
		var leads []qualify.Lead
		for n := range 60 {
			leads = append(leads, qualify.Lead{Profile: map[string]any{"n": n}, Stage: "mql"})
		}
		leads = append(leads, qualify.Lead{Profile: map[string]any{"n": 95}}, qualify.Lead{Profile: map[string]any{"n": 5}, Stage: "sql", StageSince: noon})
		for c, err := range review.Compare(old, changed, review.Leads(leads), noon) {
			summary.Add(c, err)
		}
		return summary
	}
	const want = `p 30 → p 40
62 leads as of 2026-11-01 12:00 UTC: 0 differ in stage, stay, rating, bands or answers, 0 in points
Stages, old × new  none  Marketing  sql
  none               20          -    -
  Marketing           -         40    -
  sql                 -          -    2
As newcomers, old × new  none  Marketing  sql
  none                     31          -    -
  Marketing                10         20    -
  sql                       -          -    1
Held by keep or min_stay  old  new
  Marketing                10   20
`
	got := summarize(policy(30), policy(40))
	if diff := gocmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]review.Held{{Stage: "mql", Label: "Marketing", Old: 10, New: 20}, {Stage: "sql", Old: 1, New: 1}}, got.Held); diff != "" {
		t.Error(diff)
	}
	if same := summarize(policy(30), policy(30)).String(); strings.Contains(same, "newcomers") || strings.Contains(same, "Held") {
		t.Errorf("nothing differs, and it says\n%s", same)
	}
}

// What is long goes on in the next line: nothing is cut, and no two names look alike.
func TestSummaryCutsNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a rather long name of a rule about something, ", 4)
	policy := func(version string, points float64) *qualify.Model {
		p := qualify.Policy{Name: strings.Repeat("policy ", 12) + "end", Version: version, Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}}}
		for _, end := range []string{"one", "two"} {
			p.Rules = append(p.Rules, qualify.Rule{ID: strings.Repeat("x", 120) + end, When: "lead.n > 0", Points: points}, qualify.Rule{ID: end, Label: long + end, When: "lead.n > 0", Points: points})
			p.Groups = append(p.Groups, qualify.Group{ID: strings.Repeat("g", 90) + end})
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: strings.Repeat("c", 90) + end, Met: fmt.Sprintf("lead.n > %v", points)})
			p.Stages = append(p.Stages, qualify.Stage{ID: strings.Repeat("s", 90) + end, Enter: fmt.Sprintf("lead.n > %v", points)})
		}
		return compile(t, p)
	}
	old, changed := policy("2026-11", 1), policy("2026-12", 7)
	summary := review.NewSummary(old, changed)
	for c, err := range review.Compare(old, changed, review.Leads([]qualify.Lead{{Profile: map[string]any{"n": 5}}}), noon) {
		summary.Add(c, err)
	}
	text := strings.Join(strings.Fields(summary.String()), "")
	for _, want := range []string{"policy end 2026-11 →", "policy end 2026-12", "xxxone", "xxxtwo", "about something, one", "about something, two", "cccone", "ccctwo", "stwo"} {
		if !strings.Contains(text, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("no %q in\n%s", want, summary)
		}
	}
	if strings.Contains(summary.String(), "…") {
		t.Errorf("something is cut:\n%s", summary)
	}
}

// The preview is at most 100 columns wide, whatever things are called.
func TestSummaryWidth(t *testing.T) {
	t.Parallel()
	for _, long := range []int{1, 12, 60, 190} {
		p := small()
		p.Name, p.Version = strings.Repeat("ø", long), strings.Repeat("9", long)
		p.Stages, p.Rules, p.Criteria = nil, nil, nil
		for i := range 30 {
			p.Stages = append(p.Stages, qualify.Stage{ID: fmt.Sprint(i, strings.Repeat("x", long)), Label: strings.Repeat("ż", long*2), Enter: fmt.Sprintf(`lead.n >= %d`, i)})
			p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i, strings.Repeat("x", long)), Label: strings.Repeat([]string{"å", "規"}[i%2], long), When: fmt.Sprintf(`lead.n >= %d`, i), Points: 999_999.123456})
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: fmt.Sprint(i, strings.Repeat("x", long)), Label: strings.Repeat("ü", long), Met: fmt.Sprintf(`lead.n >= %d`, i)})
		}
		old := compile(t, p)
		p = old.Policy()
		for i := range p.Stages {
			p.Stages[i].Enter, p.Criteria[i].Met, p.Rules[i].When = fmt.Sprintf(`lead.n >= %d`, i+3), fmt.Sprintf(`lead.n >= %d`, i+3), fmt.Sprintf(`lead.n >= %d`, i+3)
		}
		p.Groups[0].Bands[1].Label, p.Groups[0].Bands[0].Label = strings.Repeat("中", long), strings.Repeat("国", long)
		p.Profile[2].Kind = qualify.Number
		changed := compile(t, p)
		summary := review.NewSummary(old, changed)
		var leads []qualify.Lead
		for i := range 40 {
			leads = append(leads, qualify.Lead{Profile: map[string]any{"n": i, "t": "text"}})
		}
		for c, err := range review.Compare(old, changed, review.Leads(leads), noon) {
			summary.Add(c, err)
		}
		summary.Add(review.Comparison{}, errors.New("one"))
		text := summary.String()
		for line := range strings.Lines(text) {
			if n := layout.Width(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		for _, want := range []string{"Stages", "Ratings", "Bands", "Answers", "Points", "Set aside", "1 more could not be compared", "  and 10 more"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in\n%s", want, text)
			}
		}
	}
}

// BenchmarkAssess is what one of the two assessments of a comparison costs by itself.
func BenchmarkAssess(b *testing.B) {
	m, _, leads := models(b)
	var a qualify.Assessment
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := m.AssessInto(&a, &leads[i%len(leads)], noon); err != nil {
			b.Fatal(err)
		}
	}
}

// A stay that is overdue under one of the policies is a difference.
func TestCompareOverdue(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	stays := func(days int) *qualify.Model {
		return qualify.MustCompile(qualify.Policy{Stages: []qualify.Stage{{ID: "mql", Enter: "true", MaxStay: qualify.Duration(days) * qualify.Day}}})
	}
	leads := []qualify.Lead{{ID: "x", Stage: "mql", StageSince: at.AddDate(0, 0, -20)}}
	for c, err := range review.Compare(stays(30), stays(20), review.Leads(leads), at) {
		if err != nil || !c.Differs() || c.Overdue != (review.Change[bool]{New: true}) || !strings.Contains(c.String(), "Stay  not overdue → overdue") {
			t.Errorf("%v, %t, %s", err, c.Differs(), c)
		}
	}
	for c := range review.Compare(stays(30), stays(21), review.Leads(leads), at) {
		if c.Differs() {
			t.Errorf("it is overdue under neither: %s", c)
		}
	}
}
