package qualify

import (
	"errors"
	"iter"
	"math"
	"time"

	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/history"
)

// Lead is what is known of one lead. The zero Lead is one of which nothing is
// known. An assessment neither changes nor keeps it.
type Lead struct {
	// ID is repeated in the assessment; it plays no other part.
	ID string `json:"id,omitempty"`
	// Profile holds the attributes by name, as they are now: it carries no dates.
	// What a policy does not declare is ignored. See Kind for what is accepted; a
	// nil map is an empty one.
	Profile map[string]any `json:"profile,omitempty"`
	// Activities are the lead's history, in any order. Those after the instant of
	// an assessment are left out of it.
	Activities []Activity `json:"activities,omitempty"`
	// Stage is the stage that the lead is in, as the last Verdict gave it, or as
	// somebody set it by hand; blank is none.
	Stage string `json:"stage,omitempty"`
	// StageSince is when it entered that stage; zero is unknown.
	StageSince time.Time `json:"stage_since,omitzero"`
}

// Activity is one dated thing that a lead did, or that was learnt of it.
type Activity struct {
	// ID tells activities of one type apart. Two with the same Type and the same
	// ID are one, delivered twice. A blank ID is no ID.
	ID string `json:"id,omitempty"`
	// Type is compared exactly with the types of the policy's signals.
	Type string `json:"type"`
	// At is when it happened.
	At time.Time `json:"at"`
	// Props holds the properties by name. A nil map is an empty one.
	Props map[string]any `json:"props,omitempty"`
}

// Tracker follows one lead as facts arrive and time passes. Whatever was done with
// it, it gives what its Model gives for the same facts. It must not be used by
// several goroutines at once; Model.Track makes one.
//
// An activity that is not older than any before it costs what the signals cost that
// take it, and an assessment not before the last one what has changed since: neither
// grows with the history. Some rules cost what the occurrences of their signal cost:
// those with OncePer, with a decay by Idle, or with a Multiply that asks for more than
// the activity, and, when their signal occurs or a step is full, those with a Limit of
// points without a period or with a decay in steps; and so do repeated signals in a
// group with ResetOn. An activity that comes late costs besides what is newer, and
// makes the rules on its signals, and the functions of these, begin anew. The whole
// history is gone through by the first assessment, by one before the last one, by the
// first after Remove, and by all while activities hold something that must be set
// aside, as Issues tell.
type Tracker struct {
	model   *Model
	id      string
	isNil   bool // it was made of a nil lead
	tracker *engine.Tracker
}

// check reports what keeps the lead from being assessed at an instant.
func (t *Tracker) check(at time.Time) error {
	if t.isNil {
		return ErrNilLead
	}
	return checkInstant(at)
}

// Add adds an activity, in any order. Its map of properties must not be changed
// any more.
func (t *Tracker) Add(a Activity) { t.tracker.Add(history.Activity(a)) }

// Remove takes an activity back: with an ID, all that were delivered with its type
// and ID; without one, one that has none either and the same type, instant and
// declared properties. It reports whether there was one.
func (t *Tracker) Remove(a Activity) bool { return t.tracker.Remove(history.Activity(a)) }

// Set gives an attribute of the profile a value. One that the policy does not
// declare plays no part.
func (t *Tracker) Set(attribute string, value any) { t.tracker.Set(attribute, value) }

// Unset makes an attribute of the profile unknown.
func (t *Tracker) Unset(attribute string) { t.tracker.Unset(attribute) }

// SetStage stores a stage, as a Verdict gave it or as somebody set it by hand; see
// Lead.
func (t *Tracker) SetStage(stage string, since time.Time) {
	t.tracker.SetStage(t.model.stageIndex(stage), since)
}

// Assess is Model.Assess of the facts so far, with the same errors. It does not
// store the verdict: SetStage does.
func (t *Tracker) Assess(at time.Time) (Assessment, error) {
	var a Assessment
	err := t.AssessInto(&a, at)
	return a, err
}

// AssessInto is Assess into an assessment that was used before, as
// Model.AssessInto.
func (t *Tracker) AssessInto(dst *Assessment, at time.Time) error {
	err := t.check(at)
	if err == nil {
		var e *engine.Evaluator
		if e, err = t.tracker.Eval(at.UnixNano()); err == nil {
			t.model.write(dst, t.id, e)
			return nil
		}
	}
	*dst = Assessment{}
	return t.model.trackerError(err)
}

// trackerError turns an error of a tracker into one of Assess.
func (m *Model) trackerError(err error) error {
	if many, ok := errors.AsType[*engine.TooManyActivities](err); ok {
		return m.tooMany(many.Has)
	}
	return err
}

// Next gives the first instant after at at which the stage, a band, an answer or
// whether a stay is overdue is another than at at, for the lead with the verdict of
// at stored, and with the activities that are dated later; zero is never. It is
// exact, where Assessment.Until may be early: only where points of both signs, or of
// two groups, nearly cancel, right at what they are compared with, may it pass over a
// change of stage or band that is undone within a millisecond, or within a 250th of
// the time since at (or, with very many rules, or with a decay in steps and a long
// history, within a minute or before twice that time has passed); and it can take seconds. The errors are
// those of Assess.
func (t *Tracker) Next(at time.Time) (time.Time, error) {
	if err := t.check(at); err != nil {
		return time.Time{}, err
	}
	next, err := t.tracker.Next(at.UnixNano())
	if err != nil || next == history.Never {
		return time.Time{}, t.model.trackerError(err)
	}
	return utc(next), nil
}

// Timeline gives the assessment at from, and then one at each instant up to to at
// which the stage, a band, an answer or whether a stay is overdue becomes another:
// as Next finds them, with the activities as they are dated and the verdict of each
// stored for the next. The profile is taken as it is now. The stage that the
// tracker has is the one before from, and is left as it is; to replay a lead, clear
// it, and begin before the first activity. Each assessment is the caller's own. An
// error, one of those of Assess or that the stage moves on at every assessment, is
// the last. The tracker must not be changed meanwhile.
func (t *Tracker) Timeline(from, to time.Time) iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		if err := t.check(from); err != nil {
			yield(Assessment{}, err)
			return
		}
		last := int64(history.Never)
		switch {
		case to.Before(engine.Earliest):
			last = math.MinInt64
		case to.Before(engine.Latest):
			last = to.UnixNano()
		}
		for e, err := range t.tracker.Timeline(from.UnixNano(), last) {
			if err != nil {
				yield(Assessment{}, t.model.trackerError(err))
				return
			}
			var a Assessment // what was given away is not touched again
			t.model.write(&a, t.id, e)
			if !yield(a, nil) {
				return
			}
		}
	}
}
