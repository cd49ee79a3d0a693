package bench

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPolicy holds the workload: what it consists of, and its document.
func TestPolicy(t *testing.T) {
	p := Policy()
	var profile, behaviour, negative, patterns int
	for _, r := range rules {
		switch {
		case r.points < 0:
			negative++
		case r.group == "fit":
			profile++
		default:
			behaviour++
		}
		if _, ok := r.when.(matches); ok {
			patterns++
		}
	}
	got := []int{len(p.Profile), len(activityTypes), len(p.Rules), profile, behaviour, negative, patterns, len(p.Groups), len(p.Criteria), len(p.Stages)}
	want := []int{12, 15, 40, 15, 20, 5, 4, 4, 4, 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes, types, rules, on the profile, on behaviour, negative, with a pattern, groups, criteria, stages (-want +got):\n%s", diff)
	}
	shares := 0
	for _, a := range activityTypes {
		shares += a.share
	}
	if shares != 100 {
		t.Errorf("the shares of the types are %d %%", shares)
	}
	if _, err := qualify.Compile(p); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/policy.json"
	if *update {
		if err := os.WriteFile(golden, []byte(p.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), p.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
	back, err := qualify.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.String(), back.String()); diff != "" {
		t.Errorf("not read back (-want +got):\n%s", diff)
	}
}

// reference is what the library says of a lead as it is made: in order, each activity once.
func reference(model *qualify.Model, lead *qualify.Lead) Outcome {
	l := library{model: model}
	l.Prepare(lead, At)
	return l.Score()
}

// same reports whether two outcomes are equal, but for half a millionth more, for the last bit of a float64.
func same(got, want Outcome) bool {
	return math.Abs(got.Points-want.Points) <= 1.5e-6 && got.Stage == want.Stage && got.Answers == want.Answers
}

func agree(t *testing.T, e *Engine, s Scorer, lead *qualify.Lead, want Outcome) bool {
	t.Helper()
	s.Prepare(lead, At)
	got := s.Score()
	if !same(got, want) {
		t.Errorf("%s, %d activities: got %+v, want %+v", e.Name, len(lead.Activities), got, want)
		return false
	}
	return true
}

// TestAgree holds every engine to what the library says, over many leads.
func TestAgree(t *testing.T) {
	model := qualify.MustCompile(Policy())
	histories := []int{0, 1, 2, 3, 5, 10, 10, 20, 30, 50, 100, 200, 1000}
	for _, e := range Engines() {
		t.Run(e.Name, func(t *testing.T) {
			s, m, chance := e.New(), NewMaker(1), rand.New(rand.NewPCG(2, 2))
			for i := range 1500 {
				m.Unclean = e.Unknowns && i%3 > 0
				m.Quiet = i % 7 % 2 * (i % 100)
				lead := m.Lead(histories[i%len(histories)])
				want := reference(model, &lead)
				if e.Repeated {
					for range len(lead.Activities) / 3 {
						k := chance.IntN(len(lead.Activities))
						lead.Activities = append(lead.Activities[:k+1], lead.Activities[k:]...)
					}
				}
				if e.Unordered {
					chance.Shuffle(len(lead.Activities), func(i, k int) {
						lead.Activities[i], lead.Activities[k] = lead.Activities[k], lead.Activities[i]
					})
				}
				if !agree(t, &e, s, &lead, want) {
					return
				}
			}
		})
	}
}

// TestBenchmarked holds every engine to what the library says of the very leads of the benchmarks.
func TestBenchmarked(t *testing.T) {
	model := qualify.MustCompile(Policy())
	for _, h := range []int{4, 10, 100, 1000} {
		n := max(2, 400/h)
		leads := append(Leads(n, h), Held(n, h)...)
		for _, e := range Engines() {
			s := e.New()
			for i := range leads {
				agree(t, &e, s, &leads[i], reference(model, &leads[i]))
			}
		}
	}
}

// TestArrive holds the followers to each other, as one activity after another arrives.
func TestArrive(t *testing.T) {
	followers := Followers()
	const room = 60
	m, moves := NewMaker(4), 0
	for i := range 120 {
		m.Unclean, m.Quiet = i%3 > 0, i%2*(i%100)
		lead := m.Lead([]int{0, 3, 10, 30, 100, 300}[i%6])
		var arrive []func(*qualify.Activity) Outcome
		for _, f := range followers {
			arrive = append(arrive, f.Follow(&lead, room))
		}
		stage := lead.Stage
		for k, a := range m.Arrivals(&lead, room) {
			want := arrive[0](&a)
			for j := 1; j < len(arrive); j++ {
				if got := arrive[j](&a); !same(got, want) {
					t.Fatalf("lead %d, arrival %d: %s gets %+v, and %s %+v", i, k, followers[j].Name, got, followers[0].Name, want)
				}
			}
			if want.Stage != stage {
				stage = want.Stage
				moves++
			}
		}
	}
	if moves < 50 {
		t.Errorf("only %d moves", moves)
	}
}

// TestVariety makes sure that the leads differ in what is compared: each rule pays some of them and not all, and each answer and
// each stage occurs.
func TestVariety(t *testing.T) {
	model := qualify.MustCompile(Policy())
	paid, answers, reached := map[string]int{}, map[string]int{}, map[string]int{}
	m, n := NewMaker(3), 0
	for i := range 2000 {
		m.Unclean, m.Quiet = i%2 > 0, i%5/4*70
		lead := m.Lead([]int{3, 10, 30, 1000}[i%4])
		a, err := model.Assess(&lead, At)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Score.Contributions {
			if c.Points != 0 {
				paid[c.Rule]++
			}
		}
		for _, c := range a.Checklist {
			answers[c.Criterion+" "+c.Answer.String()]++
		}
		reached[a.Verdict.Stage]++
		n++
	}
	for _, r := range rules {
		if c := paid[r.id]; c == 0 || c == n && r.otherwise == 0 {
			t.Errorf("the rule %s pays %d of %d leads", r.id, c, n)
		}
	}
	if len(answers) != 12 || len(reached) != 4 {
		t.Errorf("the answers are %v, the stages %v", answers, reached)
	}
}

// TestAllocations holds the reused assessment to none.
func TestAllocations(t *testing.T) {
	for _, h := range []int{4, 10, 100, 1000} {
		leads := Leads(2, h)
		s := library{model: qualify.MustCompile(Policy()), reuse: true}
		run := func() {
			for i := range leads {
				s.Prepare(&leads[i], At)
				s.Score()
			}
		}
		for range 3 {
			run()
		}
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("H=%d: %v allocations", h, n)
		}
	}
}
