package engine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/testcase"
)

// windows is a policy in which all changes come at whole hours, or right after them, for leads with dates of whole hours.
var windows = qualify.Policy{
	Signals:  []qualify.Signal{{ID: "visit"}, {ID: "demo"}, {ID: "quit"}},
	Criteria: []qualify.Criterion{{ID: "need", Met: `happened("demo", "5d")`, Unmet: `days_since("visit") > 8`}},
	Rules: []qualify.Rule{
		{ID: "many", Tiers: []qualify.Tier{{When: `count("visit", "3d") >= 2`, Points: 5}, {When: `count("visit", "7d") >= 1`, Points: 2}}},
		{ID: "fresh", On: "visit", Points: 1, Within: 4 * qualify.Day},
		{ID: "steps", On: "demo", Points: 8, Decay: qualify.Decay{Every: 2 * qualify.Day, Lose: 0.25}},
		{ID: "silence", When: `idle_steps("visit", "6d") > 0`, Multiply: `idle_steps("visit", "6d")`, Points: -2},
	},
	Groups: []qualify.Group{{ID: "total", Bands: []qualify.Band{{Label: "Cold"}, {From: new(4.0), Label: "Warm"}, {From: new(9.0), Label: "Hot"}}}},
	Stages: []qualify.Stage{
		{ID: "lost", Exit: true, Enter: `happened("quit", "2d")`},
		{ID: "a", Enter: "score() >= 3", MinStay: 2 * qualify.Day, MaxStay: 5 * qualify.Day},
		{ID: "b", Enter: `band("total") == "Hot"`, Keep: `met("need") or days_in_stage() < 3`},
	},
}

// state is what Next watches.
type state struct {
	Stage   int
	Overdue bool
	Bands   []string
	Checks  []expression.Check
}

func stateOf(e *engine.Evaluator) state {
	s := e.Result().Stage
	return state{s.Now, s.Overdue, slices.Clone(e.Env().Bands), slices.Clone(e.Env().Check)}
}

// stored is a lead with the verdict of an evaluation.
func stored(g given, e *engine.Evaluator) given {
	s := e.Result().Stage
	g.Stage, g.Since = s.Now, time.Time{}
	if s.Since.Known {
		g.Since = time.Unix(0, s.Since.Time)
	}
	return g
}

// nextByProbing evaluates a lead at each instant at which the policy windows could change something.
func nextByProbing(pool *engine.Pool, g given, last int64) int64 {
	e := eval(pool, g)
	was, first := stateOf(e), g.at
	g = stored(g, e)
	pool.Put(e)
	for at := first; at <= last; at += hour {
		for _, probe := range []int64{at, at + 1} {
			if g.at = probe; at == first && probe == at {
				continue
			}
			e := eval(pool, g)
			changed := !cmp.Equal(stateOf(e), was)
			if pool.Put(e); changed {
				return probe
			}
		}
	}
	return history.Never
}

func tracker(pool *engine.Pool, g given) *engine.Tracker {
	tr := engine.NewTracker(pool, g.Lead, 1000)
	for _, a := range g.activities {
		tr.Add(a)
	}
	return tr
}

func TestNextIsFoundByProbing(t *testing.T) {
	t.Parallel()
	pool := engine.NewPool(compile(t, windows))
	m := maker{seeded(6)}
	changes := 0
	for i := range testcase.Count(300) {
		g := given{Lead: engine.Lead{Stage: m.IntN(4) - 1}, at: start + m.Int64N(20*24)*hour}
		g.Since = time.Unix(0, g.at-m.Int64N(5*24)*hour)
		for range m.IntN(8) {
			kind := []string{"visit", "visit", "demo", "demo", "quit"}[m.IntN(5)]
			g.activities = append(g.activities, activity(kind, "", start+m.Int64N(25*24)*hour, nil))
		}
		last := g.at + 40*day
		want := nextByProbing(pool, g, last)
		got, err := tracker(pool, g).Next(g.at)
		if err != nil {
			t.Fatal(err)
		}
		if got != want && (want != history.Never || got <= last) {
			t.Fatalf("lead %d, %+v: next after %d is %s later, want %s", i, g, g.at, time.Duration(got-g.at), time.Duration(want-g.at))
		}
		if want != history.Never {
			changes++
		}
		// What an evaluation says is never later.
		e := eval(pool, g)
		if until := e.Result().Until; want != history.Never && until > want && !slices.ContainsFunc(g.activities, func(a history.Activity) bool {
			at := a.At.UnixNano()
			return at > g.at && at <= want
		}) {
			t.Fatalf("lead %d: until %d is after the change at %d", i, until, want)
		}
		pool.Put(e)
	}
	if changes < testcase.Least(150) {
		t.Errorf("only %d leads change", changes)
	}
}

func TestTimelineIsNextAgainAndAgain(t *testing.T) {
	t.Parallel()
	for _, policy := range []qualify.Policy{policy, windows} {
		p := compile(t, policy)
		pool := engine.NewPool(p)
		m := maker{seeded(7)}
		for i := range testcase.Count(100) {
			g := m.lead()
			g.Stage = min(g.Stage, len(p.Stages)-1)
			to := g.at + 30*day
			var got, want []string
			for e, err := range tracker(pool, g).Timeline(g.at, to) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, show(e.Result()))
			}
			for at := g.at; at <= to; {
				g.at = at
				next, err := tracker(pool, g).Next(at)
				if err != nil {
					t.Fatal(err)
				}
				e := eval(pool, g)
				want = append(want, show(e.Result()))
				g = stored(g, e)
				pool.Put(e)
				at = next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("lead %d: %s", i, diff)
			}
		}
	}
}

func TestTimelineStops(t *testing.T) {
	t.Parallel()
	pool := engine.NewPool(compile(t, windows))
	g := given{Lead: engine.Lead{Stage: engine.None}, activities: []history.Activity{activity("visit", "", start, nil)}, at: start}
	for e, err := range tracker(pool, g).Timeline(start, start+30*day) {
		if err != nil || e.Result().At != start {
			t.Fatalf("at %d: %v", e.Result().At, err)
		}
		break
	}
	for range tracker(pool, g).Timeline(start, start-1) {
		t.Error("a timeline that ends before it begins has an instant")
	}
	if next, err := tracker(pool, given{Lead: g.Lead}).Next(start); next != history.Never || err != nil {
		t.Errorf("a lead without activities: next %d, %v", next, err)
	}
}

// A stage that comes and goes each second takes more steps in a day than the replay may.
func TestReplayIsBounded(t *testing.T) {
	t.Parallel()
	pool := engine.NewPool(compile(t, qualify.Policy{Stages: []qualify.Stage{
		{ID: "a", Enter: "true"}, {ID: "b", Enter: `not reached("b")`, MinStay: qualify.Duration(time.Second)},
	}}))
	g := given{Lead: engine.Lead{Stage: engine.None}}
	moves := func(steps int64) (n int, last error) {
		for _, err := range tracker(pool, g).Replay(start, start+int64(time.Hour), steps) {
			if last = err; err == nil {
				n++
			}
		}
		return n, last
	}
	some, err := moves(100_000)
	if !errors.Is(err, engine.ErrLongReplay) {
		t.Errorf("%d moves, then %v", some, err)
	}
	if all, err := moves(1 << 50); all <= some || some == 0 || err != nil {
		t.Errorf("%d moves, and %d with few steps, then %v", all, some, err)
	}
	// Moves are kept, so there may not be many more of them than anybody wants, however few steps each takes.
	n := 0
	for _, err := range tracker(pool, g).Replay(start, start+365*day, 1_000_000_000) {
		if n++; n > 25_000 {
			t.Fatalf("%d moves", n)
		}
		if err != nil && !errors.Is(err, engine.ErrLongReplay) {
			t.Error(err)
		}
	}
}

func TestRestless(t *testing.T) {
	t.Parallel()
	pool := engine.NewPool(compile(t, qualify.Policy{Stages: []qualify.Stage{{ID: "a", Enter: `reached("b")`}, {ID: "b", Enter: `not reached("b")`}}}))
	g := given{Lead: engine.Lead{Stage: engine.None}}
	if next, err := tracker(pool, g).Next(start); next != start+1 || err != nil {
		t.Errorf("next is %d later, %v", next-start, err)
	}
	n := 0
	var last error
	for e, err := range tracker(pool, g).Timeline(start, start+day) {
		if last = err; err == nil {
			if at := e.Result().At; at != start+int64(n) {
				t.Fatalf("%d is at %d", n, at-start)
			}
			n++
		}
	}
	if n != 1000 || !errors.Is(last, engine.ErrRestless) {
		t.Errorf("%d instants, then %v", n, last)
	}
}

func TestTooManyActivities(t *testing.T) {
	t.Parallel()
	pool := engine.NewPool(compile(t, windows))
	tr := engine.NewTracker(pool, engine.Lead{Stage: engine.None}, 2)
	for i := range 3 {
		tr.Add(activity("visit", "", start+int64(i)*day, nil))
	}
	if e, err := tr.Eval(start + 2*day - 1); err != nil || e.Result().Rules[1].Count != 2 {
		t.Errorf("two are due: %v", err)
	}
	if _, err := tr.Eval(start + 2*day); err == nil || err.Error() != "the lead has 3 activities, and may have 2" {
		t.Errorf("three are due: %v", err)
	}
	if _, err := tr.Next(start + 2*day); err == nil {
		t.Error("Next gives no error")
	}
	var last error
	for _, err := range tr.Timeline(start+day, start+9*day) {
		last = err
	}
	if tooMany := (*engine.TooManyActivities)(nil); !errors.As(last, &tooMany) || *tooMany != (engine.TooManyActivities{Has: 3, May: 2}) {
		t.Errorf("the timeline ends with %v", last)
	}
	if tr.Remove(activity("visit", "", start+5*day, nil)) || tr.Remove(activity("visit", "x", start, nil)) || tr.Remove(activity("demo", "", start, nil)) {
		t.Error("an activity that is not there is removed")
	}
	if !tr.Remove(activity("visit", "", start, nil)) {
		t.Error("the first is not there")
	}
	if e, err := tr.Eval(start + 2*day); err != nil || e.Result().Rules[1].Count != 2 {
		t.Errorf("two are left: %v", err)
	}
}

// With few steps to take, a search is coarse: it finds a change, which need not be the
// first. An evaluation says earlier when something can change, never later, and a tracker
// says the same.
func TestFewSteps(t *testing.T) {
	t.Parallel()
	decaying := windows
	decaying.Rules = slices.Clone(windows.Rules)
	for i := range decaying.Rules {
		if r := &decaying.Rules[i]; r.On != "" {
			r.Decay = []qualify.Decay{{HalfLife: 3 * qualify.Day}, {Linear: 9 * qualify.Day}, {Every: qualify.Day, Lose: 0.125}}[i%3]
		}
	}
	m := maker{seeded(8)}
	early, coarse := 0, 0
	for i := range testcase.Count(300) {
		p := *compile(t, decaying)
		many := engine.NewPool(&p)
		few := p
		few.UntilSteps, few.TrialSteps, few.SearchSteps = m.Int64N(4000), m.Int64N(1000), m.Int64N(100_000)
		pool := engine.NewPool(&few)
		g := given{Lead: engine.Lead{Stage: m.IntN(4) - 1}, at: start + m.Int64N(20*24)*hour}
		g.Since = time.Unix(0, g.at-m.Int64N(5*24)*hour)
		for range m.IntN(8) {
			g.activities = append(g.activities, activity([]string{"visit", "visit", "demo", "demo", "quit"}[m.IntN(5)], "", start+m.Int64N(25*24)*hour, nil))
		}
		exact, err := tracker(many, g).Next(g.at)
		if err != nil {
			t.Fatal(err)
		}
		found, err := tracker(pool, g).Next(g.at)
		if err != nil || found < exact {
			t.Fatalf("lead %d: a coarse search finds %d, %v, before %d", i, found, err, exact)
		}
		e := eval(pool, g)
		until, before := e.Result().Until, stateOf(e)
		after := stored(g, e)
		pool.Put(e)
		if found > exact {
			coarse++
		}
		if found != history.Never {
			after.at = found
			e := eval(pool, after)
			if cmp.Equal(stateOf(e), before) {
				t.Fatalf("lead %d: nothing changes at %d", i, found)
			}
			pool.Put(e)
		}
		sure := eval(many, g)
		if until > sure.Result().Until {
			t.Fatalf("lead %d: with few steps until %d, and with many %d", i, until, sure.Result().Until)
		}
		if until < sure.Result().Until {
			early++
		}
		many.Put(sure)
		followed, err := tracker(pool, g).Eval(g.at)
		if err != nil || followed.Result().Until != until {
			t.Fatalf("lead %d: a tracker says until %d, and an evaluator %d", i, followed.Result().Until, until)
		}
	}
	if early < testcase.Least(12) || coarse < testcase.Least(12) {
		t.Errorf("%d say an earlier until, %d searches are coarse", early, coarse)
	}
}

// A search passes over many activities that are dated later in few steps, too: it looks at each while it may look closely, and not
// afterwards.
func TestFewStepsForManyLateActivities(t *testing.T) {
	t.Parallel()
	p := *compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "visit"}},
		Rules:   []qualify.Rule{{ID: "r", On: "visit", Points: 1, Decay: qualify.Decay{HalfLife: qualify.Day}}},
		Stages:  []qualify.Stage{{ID: "a", Enter: "score() >= 1000000"}},
	})
	p.SearchSteps = 200_000
	tr := engine.NewTracker(engine.NewPool(&p), engine.Lead{Stage: engine.None}, 1_000_000)
	for i := range 3000 {
		tr.Add(activity("visit", "", start+int64(i+1)*hour, nil))
	}
	if next, err := tr.Next(start); next != history.Never || err != nil {
		t.Errorf("next is %d, %v", next, err)
	}
	most := 2*p.SearchSteps + 2*(p.LookSteps+3000*p.ActivitySteps)
	if steps := tr.Steps(); steps < p.SearchSteps || steps > most {
		t.Errorf("it takes %d steps, and may take %d to %d", steps, p.SearchSteps, most)
	}
}

// A look at the next activity does not move all those that are still to come: with 200,000 of them, a search or a replay would take
// minutes that no step counts.
func TestLateActivitiesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	const many = 1000
	tr := engine.NewTracker(engine.NewPool(compile(t, windows)), engine.Lead{Stage: engine.None}, many)
	for i := range many {
		tr.Add(activity("visit", "", start+int64(i+1)*hour, nil))
	}
	moved := 0
	for i := range many {
		if _, err := tr.Eval(start + int64(i)*hour); err != nil {
			t.Fatal(err)
		}
		moved += tr.Moves(1)
	}
	if moved > 10*many {
		t.Errorf("%d activities were moved to look at %d one after the other", moved, many)
	}
}
