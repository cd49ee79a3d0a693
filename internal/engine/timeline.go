package engine

import (
	"errors"
	"iter"
	"math"
	"time"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
)

// ErrRestless means that a program has no stage for a lead to rest in.
var ErrRestless = errors.New("qualify: the stage moves on at every assessment: a condition with reached or days_in_stage opens one stage for leads in another, and the other way round")

// clone gives a tracker of the same facts, which must not change while it is used.
func (t *Tracker) clone() *Tracker {
	return &Tracker{pool: t.pool, maxActivities: t.maxActivities, lead: t.lead, parts: t.parts, count: t.count, text: t.text, flawed: t.flawed, steps: t.steps}
}

// close gives an evaluator back to the pool.
func (t *Tracker) close() {
	if t.whole != nil {
		t.pool.Put(t.whole)
		t.whole = nil
	}
}

// Next gives the first instant after another at which the state is another, for the lead
// with the verdict stored, and with the activities that are dated later; history.Never is
// none.
func (t *Tracker) Next(at int64) (int64, error) {
	t = t.clone()
	defer t.close()
	t.last = history.Never
	e, err := t.eval(at, true)
	if err != nil {
		return 0, err
	}
	var s state
	t.store(e)
	s.of(e)
	return t.nextChange(&s, at, e)
}

// Timeline gives the evaluation at from, and then one at each instant up to to at which
// the state becomes another, the verdict of each stored for the next. Each is valid until
// the next is asked for. An error is the last.
func (t *Tracker) Timeline(from, to int64) iter.Seq2[*Evaluator, error] {
	return func(yield func(*Evaluator, error) bool) {
		var s state
		t := t.clone()
		defer t.close()
		t.last = to
		e, err := t.evalExactly(from)
		for at, restless := from, 0; err == nil && at <= to; {
			t.store(e)
			s.of(e)
			if !yield(e, nil) {
				return
			}
			next := int64(0)
			if next, err = t.nextChange(&s, at, e); err == nil && next != history.Never {
				e, err = t.evalExactly(next)
			}
			if err == nil && next == history.Never {
				return
			}
			if restless++; next-at > 1 {
				restless = 0
			}
			if at = next; restless == 1000 {
				err = ErrRestless
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// ErrLongReplay means that a replay takes more steps than it may.
var ErrLongReplay = errors.New("qualify: the history takes too many steps to replay")

// moveSteps are what a move takes of the steps of a replay besides those of its evaluation: it is kept. A stage that comes and goes
// each second moves so often in a year that its moves would fill the memory.
const moveSteps = 50_000

// Replay gives the evaluation at from, and then one at each instant up to to at which the
// stage becomes another, the verdict of each stored for the next; of each only what a state
// holds is found. All together take at most so many steps. An error is the last.
func (t *Tracker) Replay(from, to, steps int64) iter.Seq2[*Evaluator, error] {
	return func(yield func(*Evaluator, error) bool) {
		t := t.clone()
		defer t.close()
		t.last, t.budget, t.movesOnly = to, steps, true
		e, err := t.eval(from, true)
		for at, restless := from, 0; err == nil; {
			t.store(e)
			s := state{stage: e.out.Stage.Now}
			if !yield(e, nil) {
				return
			}
			if t.budget -= moveSteps; t.budget <= 0 {
				err = ErrLongReplay
				break
			}
			next := int64(0)
			if next, err = t.nextChange(&s, at, e); err == nil && next != history.Never {
				e, err = t.eval(next, true)
			}
			if err == nil && next == history.Never {
				return
			}
			if restless++; next-at > 1 {
				restless = 0
			}
			if at = next; restless == 1000 {
				err = ErrRestless
			}
		}
		yield(nil, err)
	}
}

// evalExactly is Eval, and finds when the result can change exactly.
func (t *Tracker) evalExactly(at int64) (*Evaluator, error) {
	e, err := t.Eval(at)
	if err == nil {
		t.bound(e, at)
		e.evalUntil(true)
	}
	return e, err
}

// bound keeps an evaluation for a search from looking further than the search asks: to the instant of the next activity, from which on it
// looks again, and not beyond the last of interest.
func (t *Tracker) bound(e *Evaluator, at int64) {
	e.horizon, e.movesOnly = min(t.Arrival(time.Unix(0, at)), history.After(t.last, 1)), t.movesOnly
}

// store stores the verdict.
func (t *Tracker) store(e *Evaluator) {
	stage := &e.out.Stage
	t.SetStage(stage.Now, time.Time{})
	if stage.Since.Known {
		t.lead.Since = time.Unix(0, stage.Since.Time)
	}
}

// nextChange gives the first instant after a start, up to the last, at which the state
// is not s any more; history.Never if there is none. The verdict of the start, whose
// evaluation is e, is stored.
func (t *Tracker) nextChange(s *state, start int64, e *Evaluator) (int64, error) {
	p := t.pool.program
	again := p.LookSteps + p.ActivitySteps*int64(t.count) + t.text // to go back, or begin anew
	now := start                                                   // nothing changes up to now, nor before what e says
	var err error
	took := int64(0)
	for spent, small := int64(0), 0; ; {
		x := &e.forecast.exact
		next, forced := x.until, false
		// Where points nearly cancel, until can come nearer and nearer.
		step, patience := max(uint64(time.Millisecond), gap(start, now)/256), 100
		far := t.budget == 0 && spent > p.SearchSteps // to look closely would take minutes
		if far {
			step, patience = coarse(gap(start, now), p.SearchSteps/2, took), 0
		}
		stride := history.After(now, int64(min(step, math.MaxInt64)))
		if x.crossed && gap(now, next) < step {
			if small++; small > patience {
				next, forced = min(stride, x.steady), true
			}
		}
		if arrival := t.Arrival(time.Unix(0, now)); arrival <= next && arrival != history.Never {
			if next = arrival; far && arrival < stride {
				next, forced = stride, true
			}
		}
		if next == history.Never || next > t.last && !forced {
			return history.Never, nil
		}
		next = min(next, t.last)
		if e, err = t.eval(next, true); err != nil {
			return 0, err
		}
		if took = e.Steps(); e.rebuilt {
			took += again
		}
		if t.budget > 0 {
			if t.budget -= took; t.budget <= 0 {
				return 0, ErrLongReplay
			}
		}
		spent += took
		if s.is(e, t.movesOnly) {
			if now = next; now == t.last {
				return history.Never, nil
			}
			continue
		}
		// Between now and a step that was made without a reason, it changes somewhere.
		for left := p.SearchSteps / 2; forced && gap(now, next) > 1 && left >= again; left -= again {
			middle := now + int64(gap(now, next)/2)
			if e, err = t.eval(middle, true); err != nil {
				return 0, err
			}
			if s.is(e, t.movesOnly) {
				now = middle
			} else {
				next = middle
			}
		}
		return next, nil
	}
}

// coarse is how far a search that has come so far steps on, so that steps that grow evenly
// reach all instants, each of which takes so many steps of an evaluation, in those that are
// left.
func coarse(passed uint64, left, took int64) uint64 {
	const doublings = 28 // of a minute: more than 500 years
	looks := min(max(1, left/max(1, took)), doublings)
	step := max(uint64(time.Minute), passed)
	for range (doublings+looks-1)/looks - 1 {
		step += min(step, math.MaxUint64-step)
	}
	return step
}

// gap is how long after an instant another one is, in nanoseconds.
func gap(from, to int64) uint64 { return uint64(to) - uint64(from) }

// Arrival gives the instant of the first activity after an instant, of any range;
// history.Never is none.
func (t *Tracker) Arrival(after time.Time) int64 {
	if t.built && time.Unix(0, t.at).Equal(after) {
		// What came late and was not looked at yet is there as well.
		if n := t.sortQueue(after); n < len(t.queue) && t.queue[n].At.Before(Latest) {
			return t.queue[n].At.UnixNano()
		}
		return history.Never
	}
	first := int64(history.Never)
	for _, part := range t.parts {
		for i := range part {
			if at := part[i].At; at.After(after) && at.Before(Latest) {
				first = min(first, at.UnixNano())
			}
		}
	}
	return first
}

// state is what Next and Timeline watch; Replay watches the stage only.
type state struct {
	stage   int
	overdue bool
	bands   []string
	answers []expression.Check
}

// of takes the state from an evaluation.
func (s *state) of(e *Evaluator) {
	s.stage, s.overdue = e.out.Stage.Now, e.out.Stage.Overdue
	s.bands, s.answers = append(reuse(s.bands), e.env.Bands...), append(reuse(s.answers), e.env.Check...)
}

// is reports whether an evaluation has the state; the stage, if only moves are of interest.
func (s *state) is(e *Evaluator, movesOnly bool) bool {
	if movesOnly {
		return s.stage == e.out.Stage.Now
	}
	same := s.stage == e.out.Stage.Now && s.overdue == e.out.Stage.Overdue
	for i, band := range e.env.Bands {
		same = same && s.bands[i] == band
	}
	for i, answer := range e.env.Check {
		same = same && s.answers[i] == answer
	}
	return same
}
