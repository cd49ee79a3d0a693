package qualify

import (
	"strconv"
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
