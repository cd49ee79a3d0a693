package qualify

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

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
	model *Model
	lead  Lead // but for its activities
	parts [][]Activity
	count int // activities in all parts

	w        *workspace
	built    bool        // w has the history up to at
	profiled bool        // w has the profile
	flawed   bool        // something in the activities must be set aside
	at       int64       // of the last assessment in w
	queue    []*Activity // those that w does not have
	jumbled  bool        // they need not be in order
	issues   []Issue     // of the profile
}

// Add adds an activity, in any order. Its map of properties must not be changed
// any more.
func (t *Tracker) Add(a Activity) {
	last := len(t.parts) - 1
	if last < 0 || len(t.parts[last]) == cap(t.parts[last]) {
		// What is there must not move: the index points to it.
		t.parts = append(t.parts, make([]Activity, 0, max(8, t.count/8)))
		last++
	}
	t.parts[last] = append(t.parts[last], a)
	t.count++
	if t.built {
		t.enqueue(&t.parts[last][len(t.parts[last])-1])
	}
}

// enqueue puts an activity among those that the workspace does not have yet.
func (t *Tracker) enqueue(a *Activity) {
	if a.At.Before(earliest) {
		t.flawed = true
		return
	}
	if n := len(t.queue); n > 0 && inOrder(a, t.queue[n-1]) < 0 {
		t.jumbled = true
	}
	t.queue = append(t.queue, a)
}

// ready puts the queue in order, and gives how many in it are not after an instant.
func (t *Tracker) ready(at time.Time) int {
	if t.jumbled {
		slices.SortFunc(t.queue, inOrder)
		t.jumbled = false
	}
	n, _ := slices.BinarySearchFunc(t.queue, at, func(a *Activity, at time.Time) int {
		if a.At.After(at) {
			return 1
		}
		return -1
	})
	return n
}

// inOrder compares two activities as the history does, but for their properties.
func inOrder(a, b *Activity) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}

// Remove takes an activity back: with an ID, all that were delivered with its type
// and ID; without one, one that has none either and the same type, instant and
// declared properties. It reports whether there was one.
func (t *Tracker) Remove(a Activity) bool {
	blank := strings.TrimSpace(a.ID) == ""
	all, found := make([]Activity, 0, t.count), false
	for _, part := range t.parts {
		for _, b := range part {
			switch {
			case b.Type != a.Type, blank && found, blank != (strings.TrimSpace(b.ID) == ""):
			case !blank && b.ID == a.ID, blank && b.At.Equal(a.At) && t.model.schema.Same(a.Props, b.Props):
				found = true
				continue
			}
			all = append(all, b)
		}
	}
	if found {
		t.parts, t.count, t.built, t.flawed = [][]Activity{all}, len(all), false, false
	}
	return found
}

// Set gives an attribute of the profile a value. One that the policy does not
// declare plays no part.
func (t *Tracker) Set(attribute string, value any) {
	if t.lead.Profile == nil {
		t.lead.Profile = map[string]any{}
	}
	t.lead.Profile[attribute] = value
	t.profiled = false
}

// Unset makes an attribute of the profile unknown.
func (t *Tracker) Unset(attribute string) {
	delete(t.lead.Profile, attribute)
	t.profiled = false
}

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

// assess is Model.assess of the facts so far.
func (t *Tracker) assess(dst *Assessment, at time.Time, exactly *exact) error {
	if t.flawed || at.Before(instant(t.at)) && t.built || t.count > t.model.maxActivities || at.Before(earliest) || at.After(latest) {
		return t.model.assess(dst, &t.lead, t.parts, at, exactly)
	}
	if t.w == nil {
		t.w = newWorkspace(t.model)
		t.w.follow()
	}
	t.w.begin(dst, &t.lead, at)
	t.catchUp()
	t.w.call()
	t.w.conclude(dst)
	if len(t.w.index.Flaws()) > 0 || t.flawed {
		// Which of them the assessment is to name depends on what it would read.
		t.flawed = true
		return t.model.assess(dst, &t.lead, t.parts, at, exactly)
	}
	if exactly != nil {
		t.w.until(&dst.Verdict, true)
		*exactly = t.w.exact
	}
	t.w.out = nil
	return nil
}

// catchUp brings the workspace's profile and history up to its instant.
func (t *Tracker) catchUp() {
	w, first := t.w, len(t.w.out.Issues)
	if t.profiled {
		w.out.Issues = append(w.out.Issues, t.issues...)
	} else {
		w.profile(&t.lead)
		t.issues = append(t.issues[:0], w.out.Issues[first:]...)
		t.profiled = true
		w.spoil(0, len(w.model.profile))
	}
	t.at = w.frame.Now
	if t.built && w.index.Mark() < muchText {
		due := t.queue[:t.ready(w.out.At)]
		// Many that come late cost more one by one than all together.
		const many = 16
		t.built = len(due) <= many || !due[many].At.Before(instant(w.index.Last()))
		w.index.Now(t.at)
		for i := 0; i < len(due) && t.built; i++ {
			t.built = w.index.Follow(due[i].At.UnixNano(), (*history.Activity)(due[i]), w.accept)
		}
		if t.built {
			t.queue = slices.Delete(t.queue, 0, len(due))
			return
		}
	}
	issues := len(w.out.Issues)
	w.history(t.parts)
	t.flawed = len(w.out.Issues) > issues
	clear(w.memories)
	clear(w.entered)
	clear(w.fresh)
	t.built = true
	t.queue = t.queue[:0]
	for _, part := range t.parts {
		for i := range part {
			if part[i].At.After(w.out.At) {
				t.queue = append(t.queue, &part[i])
			}
		}
	}
	t.jumbled = true
}

// muchText is how many texts of lists may have been read, most of them in vain by
// now, before the memory is worth giving back.
const muchText = 4096

// fork gives a tracker of the same facts, which must not change while it is used.
func (t *Tracker) fork() *Tracker {
	return &Tracker{model: t.model, lead: t.lead, parts: t.parts, count: t.count, flawed: t.flawed}
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
	var a Assessment
	var until exact
	var s state
	f := t.fork()
	if err := f.assess(&a, at, &until); err != nil {
		return time.Time{}, err
	}
	f.SetStage(a.Verdict.Stage, a.Verdict.Since)
	s.of(&a)
	return f.change(&s, a.At, &a, &until, latest)
}

// change gives the first instant after a start, up to a last one, at which the state
// is not s any more, and the assessment then. The verdict of the start is stored, and
// until is when it can change; then, when that of the assessment can.
func (t *Tracker) change(s *state, start time.Time, a *Assessment, until *exact, last time.Time) (time.Time, error) {
	if last.After(latest) {
		last = latest
	}
	now := start // nothing changes up to now, nor before until
	for looks, small := 0, 0; ; looks++ {
		next, forced := until.until, false
		// Where points nearly cancel, until can come nearer and nearer.
		step, patience := max(time.Millisecond, now.Sub(start)/256), 100
		if looks*(1+t.model.stepped*t.count/100+len(t.model.passing)/20) > 10_000 {
			step, patience = max(time.Minute, now.Sub(start)), 0 // to look closely would take minutes
		}
		if until.crossed && next-now.UnixNano() < int64(step) {
			if small++; small > patience {
				next, forced = min(history.After(now.UnixNano(), int64(step)), until.steady), true
			}
		}
		if arrival := t.arrival(now); !arrival.IsZero() && arrival.Before(latest) {
			next = min(next, arrival.UnixNano())
		}
		if next == history.Never || instant(next).After(last) {
			return time.Time{}, nil
		}
		if err := t.assess(a, instant(next), until); err != nil {
			return time.Time{}, err
		}
		if s.is(a) {
			now = instant(next)
			continue
		}
		// Between now and a step that was made without a reason, it changes somewhere.
		for forced && next-now.UnixNano() > 1 {
			middle := now.Add(time.Duration(next-now.UnixNano()) / 2)
			if err := t.assess(a, middle, nil); err != nil {
				return time.Time{}, err
			}
			if s.is(a) {
				now = middle
			} else {
				next = middle.UnixNano()
			}
		}
		return instant(next), t.assess(a, instant(next), until)
	}
}

// arrival gives the instant of the first activity after another instant; zero is
// none.
func (t *Tracker) arrival(after time.Time) (first time.Time) {
	if t.built && !t.flawed && instant(t.at).Equal(after) {
		if t.ready(after); len(t.queue) > 0 {
			first = t.queue[0].At
		}
		return first
	}
	for _, part := range t.parts {
		for i := range part {
			if at := part[i].At; at.After(after) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// state is what Next and Timeline watch.
type state struct {
	stage   string
	overdue bool
	bands   []string // the root's first
	answers []Answer
}

// of takes the state from an assessment.
func (s *state) of(a *Assessment) {
	s.stage, s.overdue = a.Verdict.Stage, a.Verdict.Overdue
	s.bands, s.answers = append(s.bands[:0], a.Score.Band), s.answers[:0]
	for i := range a.Score.Groups {
		s.bands = append(s.bands, a.Score.Groups[i].Band)
	}
	for i := range a.Checklist {
		s.answers = append(s.answers, a.Checklist[i].Answer)
	}
}

// is reports whether an assessment, of the same model, has the state.
func (s *state) is(a *Assessment) bool {
	same := s.stage == a.Verdict.Stage && s.overdue == a.Verdict.Overdue && s.bands[0] == a.Score.Band
	for i := range a.Score.Groups {
		same = same && s.bands[i+1] == a.Score.Groups[i].Band
	}
	for i := range a.Checklist {
		same = same && s.answers[i] == a.Checklist[i].Answer
	}
	return same
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
		var until exact
		var a Assessment
		var s state
		t := t.fork()
		err := t.assess(&a, from, &until)
		for restless := 0; err == nil && !from.After(to); {
			at := a.At
			t.SetStage(a.Verdict.Stage, a.Verdict.Since)
			s.of(&a)
			if !yield(a, nil) {
				return
			}
			a = Assessment{} // what was given away is not touched again
			var next time.Time
			if next, err = t.change(&s, at, &a, &until, to); next.IsZero() {
				break
			}
			if restless++; next.Sub(at) > 1 {
				restless = 0
			}
			if restless == 1000 {
				err = errRestless
			}
		}
		if err != nil {
			yield(Assessment{}, err)
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
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
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

// profile reads the lead's attributes.
func (w *workspace) profile(lead *Lead) {
	clear(w.arena)
	w.arena = w.arena[:0]
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
}

// history builds the history as of now from the activities, in any number of parts.
func (w *workspace) history(parts [][]Activity) {
	w.index.Reset(w.model.schema, w.frame.Now)
	undated, first := 0, ""
	for _, part := range parts {
		for i := range part {
			a := &part[i]
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
	}
	if undated > 0 {
		w.issue(Issue{Problem: problemTime, Field: "activity.at", Activity: first, Count: undated})
	}
	w.index.Build(w.accept)
}

// call answers the calls to the history.
func (w *workspace) call() {
	for _, i := range w.model.asking {
		c, v := &w.model.calls[i], &w.frame.Calls[i]
		if w.memories == nil {
			w.basis[i] = int32(w.index.Answer(c, v))
		} else {
			basis, changed := w.index.Recall(c, &w.memories[i], v)
			if w.basis[i] = int32(basis); changed {
				fact := len(w.model.profile) + i
				w.spoil(fact, fact+1)
			}
		}
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
