package qualify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/merge"
	"github.com/qualify-go/qualify/internal/program"
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
	// StageSince is when it entered that stage; zero is unknown. Where it lies less
	// than one second after the instant of the assessment, as databases round, it
	// counts as that instant.
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

// What a JSON document has in the place of an instant, and is none, becomes this one,
// which is so early that every assessment sets it aside, with an Issue.
var unreadable = time.Time{}.Add(1)

// ParseLead reads a lead's JSON object. Nothing that a field may hold makes it fail:
//
//   - id, type and stage may be numbers, which are their digits, and anything else,
//     which is its JSON; null, false and what is empty are blank.
//   - at and stage_since are read as a Time is, in the model's location where they
//     have no offset. What is no time there, numbers too, is set aside by assessments,
//     with an Issue; blank text and null are none.
//   - A profile, or props, that is no object is set aside with an Issue for each
//     attribute, or property, that is read; null, false, blank text and an empty list
//     are an empty one.
//   - activities may be one object in place of a list. What is no object there is an
//     activity without a time, which is set aside with an Issue.
//
// Numbers are float64, as encoding/json makes them, and json.Number where that would
// change a whole number. Unknown fields are ignored, and a byte order mark before the
// object. The error is for what is no JSON, or no object, with line and column.
//
// json.Unmarshal into a Lead, or an Activity, reads the same, but times without an
// offset in UTC.
func (m *Model) ParseLead(data []byte) (Lead, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	v, err := decodeLead(data)
	if err != nil {
		return Lead{}, err
	}
	var lead Lead
	lead.read(v, m.location)
	return lead, nil
}

// ReadLeads reads leads one by one, each as ParseLead does, from a JSON list of them, or
// from objects one after the other, as in a file with one a line. What is no object is
// an error in its place, and the rest goes on; what is no JSON, what follows a list, and
// what the reader fails with, is the last. Errors have the number of the lead, from 1 on,
// and but for those of the reader the line and column where what is wrong begins; the lead
// beside an error is the zero Lead.
func (m *Model) ReadLeads(r io.Reader) iter.Seq2[Lead, error] {
	return func(yield func(Lead, error) bool) {
		for object, err := range document.Objects(r, "lead") {
			var lead Lead
			if err != nil {
				err = fmt.Errorf("qualify: %w", err)
			} else {
				lead.read(object, m.location)
			}
			if !yield(lead, err) {
				return
			}
		}
	}
}

// UnmarshalJSON reads a lead's JSON object as ParseLead does, with times without an
// offset in UTC. Fields that it does not have stay as they are.
func (l *Lead) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	fields, err := decodeLead(data)
	if err == nil {
		l.read(fields, time.UTC)
	}
	return err
}

// UnmarshalJSON reads an activity as ParseLead does, with a time without an offset in
// UTC. Fields that it does not have stay as they are.
func (a *Activity) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	v, err := document.Decode(data)
	if err != nil {
		return fmt.Errorf("qualify: %w", err)
	}
	a.read(v, time.UTC)
	return nil
}

func decodeLead(data []byte) (map[string]any, error) {
	v, err := document.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("qualify: %w", err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("qualify: a lead is a JSON object, and this is none")
	}
	return object, nil
}

func (l *Lead) read(object map[string]any, loc *time.Location) {
	if v, ok := document.Member(object, "id"); ok {
		l.ID = document.Text(v)
	}
	if v, ok := document.Member(object, "profile"); ok {
		l.Profile = document.Record(v)
	}
	if v, ok := document.Member(object, "activities"); ok {
		l.Activities = readActivities(v, loc)
	}
	if v, ok := document.Member(object, "stage"); ok {
		l.Stage = document.Text(v)
	}
	if v, ok := document.Member(object, "stage_since"); ok {
		l.StageSince = readInstant(v, loc)
	}
}

func readActivities(v any, loc *time.Location) []Activity {
	list, ok := v.([]any)
	if !ok {
		if document.IsNothing(v) {
			return nil
		}
		list = []any{v}
	}
	all := make([]Activity, len(list))
	for i := range list {
		all[i].read(list[i], loc)
	}
	return all
}

func (a *Activity) read(v any, loc *time.Location) {
	object, ok := v.(map[string]any)
	if !ok {
		*a = Activity{At: unreadable}
		return
	}
	if v, ok := document.Member(object, "id"); ok {
		a.ID = document.Text(v)
	}
	if v, ok := document.Member(object, "type"); ok {
		a.Type = document.Text(v)
	}
	if v, ok := document.Member(object, "at"); ok {
		a.At = readInstant(v, loc)
	}
	if v, ok := document.Member(object, "props"); ok {
		a.Props = document.Record(v)
	}
}

// readInstant gives an instant, the zero time for blank text and null.
func readInstant(v any, loc *time.Location) time.Time {
	text, ok := v.(string)
	text = fact.Clean(text)
	if v == nil || ok && text == "" {
		return time.Time{}
	}
	if t, ok := fact.ParseTime(text, loc); ok {
		return t.UTC()
	}
	return unreadable
}

// Tracker follows one lead as facts arrive and time passes. Whatever was done with
// it, it gives what its Model gives for the same facts. It must not be used by
// several goroutines at once; Model.Track makes one.
//
// An activity that is not older than any before it costs what the signals cost that
// take it, and an assessment not before the last one what has changed since: neither
// grows with the history. Some rules cost what the occurrences of their signal cost:
// those with a decay by Idle; those with a Multiply that asks for facts, when these
// change; when their signal occurs or a step is full, those with OncePer or ForEach and
// no period, or with both, with a Limit of points without a period or with a decay in
// steps; and so do repeated signals in a group with ResetOn, and signals with FollowedBy
// and ForEach, or that look at a signal with FollowedBy, when that occurs. An activity
// that comes late costs besides what is newer, and makes the rules on its signals, and
// the functions of these, begin anew. The whole history is gone through by the first assessment, by one before the last one, by the
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

// Set gives an attribute of the profile a value, under the key at which the policy
// looks for it: its name, or Field.From. One that the policy does not declare plays no
// part.
func (t *Tracker) Set(attribute string, value any) { t.tracker.Set(attribute, value) }

// Unset takes an attribute out of the profile, by the key that Set has for it.
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
	if errors.Is(err, engine.ErrTooMuchText) {
		return m.tooMuchText()
	}
	return err
}

// Wake is Assessment.Wake of an assessment that the tracker gave, for the activities that
// the tracker has now: the instant at which the lead must be assessed again although no
// new fact arrives. After the last assessment it costs what the activities cost that are
// dated later, and else what all of them cost.
func (t *Tracker) Wake(a *Assessment) time.Time {
	wake := a.Until
	if next := t.tracker.Arrival(a.At); next != history.Never && (wake.IsZero() || next < wake.UnixNano()) {
		wake = utc(next)
	}
	return wake
}

// Next gives the first instant after at at which the stage, a band, an answer or
// whether a stay is overdue is another than at at, for the lead with the verdict of
// at stored, and with the activities that are dated later; zero is never. It is
// exact, where Assessment.Until may be early: only where points of both signs, or of
// two groups, nearly cancel, right at what they are compared with, may it pass over a
// change of stage or band that is undone within a millisecond, or within a 250th of
// the time since at. It looks at instants closely for some seconds, by an estimate of
// what that takes that depends on the facts and the policy alone. After these, it may pass
// over a change that is undone within a minute or before twice the time since at has passed,
// or later for a lead that takes long to assess; and for one that takes more than 25 ms, the
// instant may then be later than the change. The errors are those of Assess.
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

// ErrLongReplay means that a replay takes more than some seconds, counted in steps that
// depend on the facts and the policy alone.
var ErrLongReplay = engine.ErrLongReplay

// replaySteps are how many steps of about a nanosecond a replay may take.
const replaySteps = 10_000_000_000

// Replay is the way of a lead through the stages, lived through from its first fact on.
type Replay struct {
	// Lead is the lead's ID, and At the instant up to which it was replayed, in UTC.
	Lead string    `json:"lead"`
	At   time.Time `json:"at"`
	// Stage and Since are to be stored as the lead's Stage and StageSince. The assessment of
	// the lead with these gives the same stage at At, with the exceptions that Verdict names.
	// Stage is blank for a plain lead, and Since is zero if it never moved.
	Stage string    `json:"stage"`
	Label string    `json:"label,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Steps are the moves, the oldest first.
	Steps []Step `json:"steps"`
}

// Step is one move of a Replay.
type Step struct {
	// At is its exact instant, in UTC.
	At time.Time `json:"at"`
	// Move is how the lead came from the stage From, labelled FromLabel, to Stage,
	// labelled StageLabel; blank is none.
	Move       Move   `json:"move"`
	From       string `json:"from,omitempty"`
	FromLabel  string `json:"from_label,omitempty"`
	Stage      string `json:"stage"`
	StageLabel string `json:"stage_label,omitempty"`
	// Points are the lead's total then.
	Points float64 `json:"points"`
}

// Replay gives the stage that a lead has at an instant when its history is lived through
// from the start, and the exact instant of each move. The lead begins in no stage at its
// first activity, or at the instant if there is none before. It is assessed at each further
// activity, and whenever its stage can change in between, with the verdict of each stored
// for the next.
//
// The profile has no dates, so it is taken as it is, from the start. The lead's own Stage and
// StageSince play no part: a stage that was set by hand is not in the history, unless an
// activity says so. For the reasons of the moves, clear the stage and use Tracker.Timeline.
//
// The instants are exact as those of Tracker.Next are, without its coarse steps: what takes
// too long is ErrLongReplay. A lead that moves on at every assessment is an error, too. The
// other errors are those of Assess.
func (m *Model) Replay(lead *Lead, at time.Time) (Replay, error) {
	if lead == nil {
		return Replay{}, ErrNilLead
	}
	if err := checkInstant(at); err != nil {
		return Replay{}, err
	}
	if err := m.checkActivities(lead.Activities, nil, at); err != nil {
		return Replay{}, err
	}
	past := Lead{ID: lead.ID, Profile: lead.Profile}
	from := at
	for _, a := range lead.Activities {
		if a.At.Before(engine.Earliest) || a.At.After(at) {
			continue
		}
		past.Activities = append(past.Activities, a)
		if a.At.Before(from) {
			from = a.At
		}
	}
	r := Replay{Lead: toValidUTF8(lead.ID), At: at.UTC(), Steps: []Step{}}
	for e, err := range m.Track(&past).tracker.Replay(from.UnixNano(), at.UnixNano(), replaySteps) {
		if err != nil {
			return Replay{}, m.trackerError(err)
		}
		out := e.Result()
		if out.Stage.Move == engine.MoveNone {
			continue // the first assessment, of a plain lead
		}
		step := Step{At: utc(out.At), Move: moves[out.Stage.Move], From: r.Stage, FromLabel: r.Label, Points: out.Groups[0].Points.Float()}
		if out.Stage.Now != program.None {
			s := &m.policy.Stages[out.Stage.Now]
			step.Stage, step.StageLabel = s.ID, s.Label
		}
		r.Stage, r.Label, r.Since = step.Stage, step.StageLabel, step.At
		r.Steps = append(r.Steps, step)
	}
	return r, nil
}

// String gives the stage, and each move on a line of its own.
func (r Replay) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(layout.Clean(r.Lead), "The lead") + " at " + layout.Date(r.At) + ": " + cmp.Or(r.Label, r.Stage, "a plain lead"))
	if !r.Since.IsZero() {
		b.WriteString(", since " + layout.Date(r.Since))
	}
	b.WriteString("\n")
	for _, s := range r.Steps {
		b.WriteString("  " + s.String() + "\n")
	}
	return b.String()
}

// String gives the instant, the move and the points, as in
// "2026-11-08 14:00  promote from MQL to SQL with 55.397469 points".
func (s Step) String() string {
	return fmt.Sprintf("%s  %s from %s to %s with %s points", layout.Date(s.At), s.Move,
		cmp.Or(s.FromLabel, s.From, "none"), cmp.Or(s.StageLabel, s.Stage, "a plain lead"), layout.Exact(s.Points))
}

// Conflict is a fact of a profile that several merged leads know, and not as the same.
type Conflict struct {
	// Fact is the attribute as expressions write it, such as lead.employees, and Label its
	// label. Both are blank for what the policy does not declare.
	Fact  string `json:"fact,omitempty"`
	Label string `json:"label,omitempty"`
	// Key is where in the profile it stands: the key, or the path in nested records.
	Key string `json:"key"`
	// Leads are the IDs of the leads that know it, and Values what each of them has, in the
	// same order. The values are data of the leads; String and LogValue leave them out.
	Leads  []string `json:"leads"`
	Values []any    `json:"values"`
}

// String gives the fact and the leads, without the values.
func (c Conflict) String() string {
	var ids []string
	for _, id := range c.Leads {
		ids = append(ids, layout.Clean(id))
	}
	return cmp.Or(c.Label, c.Fact, layout.Clean(c.Key)) + ": known differently by " + strings.Join(ids, ", ")
}

// LogValue gives what String gives.
func (c Conflict) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Merge makes one lead of several that turned out to be the same person: the union of what
// is known of them, the same in any order. The leads are not changed; the result shares
// values with them.
//
//   - What one lead knows of the profile and another does not, it knows: placeholders,
//     defaults and what must be set aside are not known. Where several know the same, in
//     the sense of the attribute's kind, one of their values stands.
//   - What several know differently it does not know: the key is nil or left out, and the
//     Conflicts, in the order of the policy and then of their keys, name it. The caller
//     decides, by setting Profile[conflict.Key] to one of the values. Until then it is
//     unknown, or has the default of its attribute.
//   - Keys that the policy does not declare are merged in the same way; nested records
//     (map[string]any) key by key. A key in which a dot leads to a nested record is set as a
//     whole, which goes before the record.
//   - All activities are kept, in order of their instants. One with an ID that two leads have,
//     with the same contents, is kept once; with other contents, twice, and assessments take
//     the first and have an Issue. So the IDs of a type must be unique among all leads. Those
//     without an ID are different ones.
//   - It has the ID given, and no stage. Replay gives its stage.
//
// Leads are better merged all at once than two by two: a value that was left out as a
// conflict is not compared with those of further leads. Without conflicts the list is nil.
// The error is ErrNilLead.
func (m *Model) Merge(id string, leads ...*Lead) (Lead, []Conflict, error) {
	if slices.Contains(leads, nil) {
		return Lead{}, nil, ErrNilLead
	}
	merged := Lead{ID: id}
	profiles := make([]merge.Claim, len(leads))
	for i, l := range leads {
		profiles[i] = merge.Claim{Lead: l.ID, Raw: l.Profile}
		merged.Activities = append(merged.Activities, l.Activities...)
	}
	attributes := make([]merge.Attribute, len(m.policy.Profile))
	for i := range attributes {
		f := m.attribute(i)
		attributes[i] = merge.Attribute{Key: f.key(), IsPath: f.From != "", Kind: f.kind, Reader: f.reader}
	}
	profile, found := merge.Profiles(profiles, attributes)
	merged.Profile, merged.Activities = profile, distinct(merged.Activities)
	var conflicts []Conflict
	for _, x := range found {
		c := Conflict{Key: x.Key}
		if x.Attribute != merge.Undeclared {
			f := m.attribute(x.Attribute)
			c.Fact, c.Label = f.text, f.Label
		}
		for _, claim := range x.Claims {
			c.Leads, c.Values = append(c.Leads, claim.Lead), append(c.Values, claim.Raw)
		}
		conflicts = append(conflicts, c)
	}
	return merged, conflicts, nil
}

// distinct puts activities in order, and keeps one of those with an ID that are the same.
func distinct(all []Activity) []Activity {
	content := func(a *Activity) string { return fmt.Sprintf("%#v", a.Props) }
	slices.SortStableFunc(all, func(a, b Activity) int {
		if c := cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)); c != 0 {
			return c
		}
		return cmp.Compare(content(&a), content(&b))
	})
	return slices.CompactFunc(all, func(a, b Activity) bool {
		return strings.TrimSpace(a.ID) != "" && a.ID == b.ID && a.Type == b.Type && a.At.Equal(b.At) && reflect.DeepEqual(a.Props, b.Props)
	})
}
