package qualify

import (
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
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
type Tracker struct {
	model *Model
	lead  Lead
}

// Add adds an activity, in any order. Its map of properties must not be changed
// any more.
func (t *Tracker) Add(a Activity) { t.lead.Activities = append(t.lead.Activities, a) }

// Remove takes an activity back: with an ID, all that were delivered with its type
// and ID; without one, one that has none either and the same type, instant and
// declared properties. It reports whether there was one.
func (t *Tracker) Remove(a Activity) bool {
	have := t.lead.Activities
	if strings.TrimSpace(a.ID) != "" {
		t.lead.Activities = slices.DeleteFunc(have, func(b Activity) bool { return b.Type == a.Type && b.ID == a.ID })
		return len(t.lead.Activities) < len(have)
	}
	i := slices.IndexFunc(have, func(b Activity) bool {
		return b.Type == a.Type && strings.TrimSpace(b.ID) == "" && b.At.Equal(a.At) && t.model.schema.Same(a.Props, b.Props)
	})
	if i >= 0 {
		t.lead.Activities = slices.Delete(have, i, i+1)
	}
	return i >= 0
}

// Set gives an attribute of the profile a value. One that the policy does not
// declare plays no part.
func (t *Tracker) Set(attribute string, value any) {
	if t.lead.Profile == nil {
		t.lead.Profile = map[string]any{}
	}
	t.lead.Profile[attribute] = value
}

// Unset makes an attribute of the profile unknown.
func (t *Tracker) Unset(attribute string) { delete(t.lead.Profile, attribute) }

// SetStage stores a stage, as a Verdict gave it or as somebody set it by hand; see
// Lead.
func (t *Tracker) SetStage(stage string, since time.Time) {
	t.lead.Stage, t.lead.StageSince = stage, since
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
	return t.assess(dst, at, nil)
}

func (t *Tracker) assess(dst *Assessment, at time.Time, exactly *time.Time) error {
	return t.model.assess(dst, &t.lead, at, exactly)
}

// Next gives the first instant after at at which the stage, a band, an answer or
// whether a stay is overdue is another than at at, for the lead with the verdict of
// at stored, and with the activities that are dated later; zero is never. It is
// exact, where Assessment.Until may be early: only where points of both signs nearly
// cancel, right at what they are compared with, may it pass over a change that is
// undone within a millisecond, or within a four-thousandth of the time since at. The
// errors are those of Assess.
func (t *Tracker) Next(at time.Time) (time.Time, error) {
	var a, b Assessment
	var until time.Time
	stage, since := t.lead.Stage, t.lead.StageSince
	defer t.SetStage(stage, since)
	err := t.assess(&a, at, &until)
	if err != nil {
		return time.Time{}, err
	}
	t.SetStage(a.Verdict.Stage, a.Verdict.Since)
	return t.change(&a, &b, &until, latest)
}

// change gives the first instant after a's, up to a last one, at which the state is
// another, and the assessment then, in b. The verdict of a is stored, and until is
// when it can change; then, that of b.
func (t *Tracker) change(a, b *Assessment, until *time.Time, last time.Time) (time.Time, error) {
	if last.After(latest) {
		last = latest
	}
	now := a.At // nothing changes up to now, nor before until
	for small := 0; ; {
		next, forced := *until, false
		// Where points of both signs nearly cancel, until can come nearer and nearer.
		if step := max(time.Millisecond, now.Sub(a.At)/4096); !next.IsZero() && next.Sub(now) < step {
			if small++; small > 100 {
				next, forced = now.Add(step), true
			}
		}
		if arrival := t.arrival(now); next.IsZero() || !arrival.IsZero() && arrival.Before(next) {
			next = arrival
		}
		if next.IsZero() {
			return next, nil
		}
		if next.After(last) {
			return time.Time{}, nil
		}
		if err := t.assess(b, next, until); err != nil {
			return time.Time{}, err
		}
		if a.same(b) {
			now = next
			continue
		}
		// Between now and a step that was made without a reason, it changes somewhere.
		for forced && next.Sub(now) > 1 {
			middle := now.Add(next.Sub(now) / 2)
			if err := t.assess(b, middle, nil); err != nil {
				return time.Time{}, err
			}
			if a.same(b) {
				now = middle
			} else {
				next = middle
			}
		}
		return next, t.assess(b, next, until)
	}
}

// arrival gives the instant of the first activity after another instant; zero is
// none.
func (t *Tracker) arrival(after time.Time) (first time.Time) {
	for i := range t.lead.Activities {
		if at := t.lead.Activities[i].At; at.After(after) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// same reports whether stage, bands, answers and an overdue stay are the same.
func (a *Assessment) same(b *Assessment) bool {
	if a.Verdict.Stage != b.Verdict.Stage || a.Verdict.Overdue != b.Verdict.Overdue || a.Score.Band != b.Score.Band {
		return false
	}
	for i := range a.Score.Groups {
		if a.Score.Groups[i].Band != b.Score.Groups[i].Band {
			return false
		}
	}
	for i := range a.Checklist {
		if a.Checklist[i].Answer != b.Checklist[i].Answer {
			return false
		}
	}
	return true
}

// Timeline gives the assessment at from, and then one at each instant up to to at
// which the stage, a band, an answer or whether a stay is overdue becomes another:
// as Next finds them, with the activities as they are dated and the verdict of each
// stored for the next. The profile is taken as it is now. The stage that the
// tracker has is the one before from, and is left as it is. An assessment is
// overwritten by the next; an error, one of those of Assess or that a stage moves on
// at every assessment, is the last.
func (t *Tracker) Timeline(from, to time.Time) iter.Seq2[*Assessment, error] {
	return func(yield func(*Assessment, error) bool) {
		var until time.Time
		a, b := &Assessment{}, &Assessment{}
		stage, since := t.lead.Stage, t.lead.StageSince
		defer func() { t.SetStage(stage, since) }()
		err := t.assess(a, from, &until)
		for restless := 0; err == nil && !from.After(to); {
			t.SetStage(a.Verdict.Stage, a.Verdict.Since)
			if !yield(a, nil) {
				return
			}
			var next time.Time
			if next, err = t.change(a, b, &until, to); next.IsZero() {
				break
			}
			if restless++; next.Sub(a.At) > 1 {
				restless = 0
			}
			if restless == 1000 {
				err = errRestless
			}
			a, b = b, a
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// field is a compiled declaration.
type field struct {
	Field
	kind   fact.Kind
	reader *fact.Reader
	text   string // as expressions write it
}

// path writes an attribute or a property as expressions do: lead.employees,
// lead["Lead Source"].
func path(of, name string) string {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return of + "[" + strconv.Quote(name) + "]"
		}
	}
	return of + "." + name
}

// errRestless means that a policy has no stage for a lead to rest in.
var errRestless = errors.New("qualify: the stage moves on at every assessment: a condition with reached or days_in_stage opens one stage for leads in another, and the other way round")

// earliest and latest are the ends of what nanoseconds in an int64 represent.
var (
	earliest = time.Unix(0, -1<<63)
	latest   = time.Unix(0, 1<<63-1)

	earliestSecond, latestSecond = earliest.Unix(), latest.Unix()
)

// load puts the lead's facts as of now into the workspace.
func (w *workspace) load(lead *Lead) {
	m := w.model
	for i := range m.profile {
		f := &m.profile[i]
		v := &w.frame.Lead[i]
		given, ok := lead.Profile[f.Name]
		if !ok {
			*v = fact.Value{}
			continue
		}
		if problem := f.reader.Read(given, v, &w.arena); problem != fact.NoProblem {
			clear(w.arena[len(w.arena):cap(w.arena)]) // a list that was refused halfway
			w.issue(Issue{Problem: problem.String(), Field: f.text, Count: 1})
		}
	}
	w.index.Reset(m.schema, w.frame.Now)
	undated, first := 0, ""
	for i := range lead.Activities {
		a := &lead.Activities[i]
		if s := a.At.Unix(); s <= earliestSecond || s >= latestSecond { // hardly ever
			if a.At.Before(earliest) {
				if undated == 0 || a.ID < first {
					first = a.ID
				}
				undated++
				continue
			}
			if a.At.After(latest) {
				continue
			}
		}
		if at := a.At.UnixNano(); at <= w.frame.Now {
			w.index.Add(at, (*history.Activity)(a))
		}
	}
	if undated > 0 {
		w.issue(Issue{Problem: problemTime, Field: "activity.at", Activity: first, Count: undated})
	}
	w.index.Build(w.accept)
	for i := range m.calls {
		w.basis[i] = int32(w.index.Answer(&m.calls[i], &w.frame.Calls[i]))
	}
}

// accept decides a signal's condition for the activity at a position.
func (w *workspace) accept(signal, pos int) bool {
	s, mark := &w.model.signals[signal], w.index.Mark()
	w.activity(s.props, pos)
	yes := s.where.Test(&w.frame) == expression.Yes
	w.index.Trim(mark)
	return yes
}

// activity makes the activity at a position the current one.
func (w *workspace) activity(props []int, pos int) {
	for _, p := range props {
		w.index.Prop(pos, p, &w.frame.Props[p])
	}
	w.frame.ActivityAt = w.index.At(pos)
}
