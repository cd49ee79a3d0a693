package backtest

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
)

// A view is what was known of a case at an instant. Its memory is used again.
type view struct {
	plan       *Plan
	location   *time.Location // of times of recording without an offset
	lead       qualify.Lead
	profile    map[string]any
	activities []qualify.Activity
	attributes []Attribute // of the case, in order
	of         *Case
}

func newView(plan *Plan, model *qualify.Model) *view {
	v := &view{plan: plan, location: time.UTC, profile: map[string]any{}}
	if model != nil {
		v.location = model.Location()
	}
	return v
}

// begin takes a case.
func (v *view) begin(c *Case) {
	v.of = c
	v.attributes = append(v.attributes[:0], c.Attributes...)
	slices.SortStableFunc(v.attributes, func(a, b Attribute) int {
		if order := cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)); order != 0 {
			return order
		}
		return cmp.Compare(fmt.Sprintf("%T %v", a.Value, a.Value), fmt.Sprintf("%T %v", b.Value, b.Value)) // so that the order of the list plays no part
	})
}

// at gives what was known then: the only way from a case to an assessment.
func (v *view) at(t time.Time) *qualify.Lead {
	clear(v.profile)
	for _, name := range v.plan.Known {
		if value, ok := v.of.Lead.Profile[name]; ok {
			v.profile[name] = value
		}
	}
	for _, a := range v.attributes {
		if a.At.After(t) {
			break
		}
		v.profile[a.Name] = a.Value
	}
	v.activities = v.activities[:0]
	for i := range v.of.Lead.Activities {
		if a := &v.of.Lead.Activities[i]; v.hides(a, t) == "" {
			v.activities = append(v.activities, *a)
		}
	}
	v.lead = qualify.Lead{ID: v.of.Lead.ID, Profile: v.profile, Activities: v.activities}
	return &v.lead
}

// hides says why an activity is not seen at an instant; blank is that it is.
func (v *view) hides(a *qualify.Activity, t time.Time) LeftOut {
	if a.At.After(t) {
		return LeftOutLater
	}
	if v.plan.Recorded == "" {
		return ""
	}
	switch recorded, ok := v.recorded(a); {
	case !ok:
		return LeftOutNoRecorded
	case recorded.After(t):
		return LeftOutRecorded
	}
	return ""
}

// recorded gives when an activity was recorded.
func (v *view) recorded(a *qualify.Activity) (time.Time, bool) {
	switch value := a.Props[v.plan.Recorded].(type) {
	case time.Time:
		return value, !value.IsZero()
	case string:
		return fact.ParseTime(value, v.location)
	}
	return time.Time{}, false
}

// changes are the instants in a span at which what is known changes by something else than
// activities that are seen as they happen.
func (v *view) changes(from, to time.Time) []time.Time {
	var all []time.Time
	add := func(t time.Time) {
		if t.After(from) && !t.After(to) {
			all = append(all, t)
		}
	}
	for _, a := range v.attributes {
		add(a.At)
	}
	if v.plan.Recorded != "" {
		for i := range v.of.Lead.Activities {
			a := &v.of.Lead.Activities[i]
			if recorded, ok := v.recorded(a); ok && recorded.After(a.At) {
				add(recorded)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// A station is a stage in which a lead was, from an instant on.
type station struct {
	before  string // the stage that it came from
	since   time.Time
	verdict qualify.Verdict
	at      time.Time
}

// replay lives a case through from when it came in to an instant, and gives the stations at
// which its stage changed; the first is when it came in.
func (v *view) replay(model *qualify.Model, to time.Time) iter.Seq2[station, error] {
	return func(yield func(station, error) bool) {
		from, stage, since := v.of.Began, "", time.Time{}
		for _, next := range append(v.changes(from, to), to.Add(1)) {
			lead := *v.at(next.Add(-1))
			lead.Stage, lead.StageSince = stage, since
			for a, err := range model.Track(&lead).Timeline(from, next.Add(-1)) {
				if err != nil {
					yield(station{}, err)
					return
				}
				s := station{stage, since, a.Verdict, a.At}
				stage, since = a.Verdict.Stage, a.Verdict.Since
				if (a.Verdict.Move != qualify.MoveNone || s.at.Equal(v.of.Began)) && !yield(s, nil) {
					return
				}
			}
			from = next
		}
	}
}

// A judgement is a case at an instant at which it is judged.
type judgement struct {
	of     *Case
	at     time.Time
	lead   *qualify.Lead // as it was known; it is overwritten by the next
	won    bool          // within the span
	side   side
	number int // of the case
}

// A judge judges cases, and counts what is left out.
type judge struct {
	plan    *Plan
	model   *qualify.Model // whose stages are entered
	leftOut map[LeftOut]int
	entered bool
	watched bool
	cases   int
	err     error
	// stays are the seconds that leads stayed in each stage, and staying how many had not left it
	// when the replay ended, by the stage's ID; nil unless they are wanted.
	stays   map[string][]float64
	staying map[string]int
}

func newJudge(plan *Plan, model *qualify.Model) *judge {
	return &judge{plan: plan, model: model, leftOut: map[LeftOut]int{}}
}

// another is a judge with counts of its own, to be merged.
func (j *judge) another() *judge {
	one := newJudge(j.plan, j.model)
	if j.stays != nil {
		one.stays, one.staying = map[string][]float64{}, map[string]int{}
	}
	return one
}

func (j *judge) merge(one *judge) {
	for reason, n := range one.leftOut {
		j.leftOut[reason] += n
	}
	j.entered, j.watched = j.entered || one.entered, j.watched || one.watched
	j.err = cmp.Or(j.err, one.err)
	for stage, list := range one.stays {
		j.stays[stage] = append(j.stays[stage], list...)
	}
	for stage, n := range one.staying {
		j.staying[stage] += n
	}
}

// fail counts a lead with too many activities, and keeps any other error.
func (j *judge) fail(err error) {
	switch {
	case err == nil:
	case errors.Is(err, qualify.ErrTooManyActivities):
		j.leftOut[LeftOutBound]++
	default:
		j.err = err
	}
}

// wrong says why a case is left out; blank is that it is not.
func wrong(c *Case, err error) LeftOut {
	switch {
	case err != nil || c == nil:
		return LeftOutFailed
	case c.Lead.ID == "":
		return LeftOutNoID
	case !valid(c.Began):
		return LeftOutNoBegan
	case c.Outcome == Won || c.Outcome == Lost:
		if !valid(c.Until) {
			return LeftOutNoUntil
		}
	case c.Outcome != Open && c.Outcome != "":
		return LeftOutOutcome
	}
	return ""
}

// of gives the judgements of one case, and its number with them.
func (j *judge) of(v *view, number int, yield func(judgement)) {
	c, p := v.of, j.plan
	watched := p.End // until when a win would have been seen
	if c.Outcome != Won && c.Outcome != Lost && valid(c.Until) && c.Until.Before(watched) {
		watched = c.Until
	}
	ended := c.Outcome == Won || c.Outcome == Lost
	judge := func(at time.Time, stage string, since time.Time) {
		switch {
		case ended && !c.Until.After(at):
			j.leftOut[LeftOutEnded]++
			return
		case at.Add(time.Duration(p.Within)).After(watched):
			j.leftOut[LeftOutUnwatched]++
			return
		}
		j.watched = true
		one := judgement{of: c, at: at, lead: v.at(at), side: p.sideOf(c.Lead.ID, at), number: number}
		one.lead.Stage, one.lead.StageSince = stage, since
		one.won = c.Outcome == Won && !c.Until.After(at.Add(time.Duration(p.Within)))
		yield(one)
	}
	if p.Judge.stage == "" {
		for _, span := range p.Judge.spans {
			judge(c.Began.Add(time.Duration(span)), "", time.Time{})
		}
		return
	}
	to := watched
	if ended && c.Until.Before(to) {
		to = c.Until.Add(-1) // what happens with the outcome is not seen
	}
	if to.Before(c.Began) {
		j.leftOut[LeftOutUnwatched]++
		return
	}
	entered := false
	last := station{}
	for s, err := range v.replay(j.model, to) {
		if err != nil {
			if errors.Is(err, qualify.ErrTooManyActivities) {
				j.leftOut[LeftOutBound]++
				return
			}
			break // the stage moves on at every assessment: what was seen until then holds
		}
		if j.stays != nil && last.verdict.Stage != "" && s.verdict.Stage != last.verdict.Stage {
			j.stays[last.verdict.Stage] = append(j.stays[last.verdict.Stage], seconds(s.at.Sub(last.at)))
		}
		last = s
		if !entered && (s.verdict.Stage == p.Judge.stage || slices.Contains(s.verdict.Skipped, p.Judge.stage) && s.verdict.Move != qualify.MoveDemote) {
			entered, j.entered = true, true
			judge(s.at, s.before, s.since)
		}
		if entered && j.stays == nil {
			return
		}
	}
	if j.stays != nil && last.verdict.Stage != "" {
		j.staying[last.verdict.Stage]++
	}
	if !entered {
		j.leftOut[LeftOutNotEntered]++
	}
}

// none says why nothing was judged.
func (j *judge) none() error {
	switch {
	case j.cases == 0:
		return ErrNoCases
	case j.plan.Judge.stage != "" && !j.entered:
		return fmt.Errorf("%w %q", ErrNotEntered, j.plan.Judge.stage)
	case !j.watched:
		return fmt.Errorf("%w as %s", ErrUnwatched, j.plan.Within)
	}
	return ErrNoCases
}
