package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

// maxFact bounds a message of the stream of leads, in bytes. The server refuses a longer one.
const maxFact = 64 << 10

// A fact is the body of a message on facts.<lead>: what was learnt of the lead. It is a part
// of the lead's own document, so it can hold one activity, one attribute, or many.
type fact struct {
	// At is when the profile was read. Of two values of an attribute, the later one counts.
	At         time.Time                  `json:"at,omitzero"`
	Profile    map[string]json.RawMessage `json:"profile,omitzero"`
	Activities []json.RawMessage          `json:"activities,omitempty"`
}

// rejection is why a message is set aside. It says nothing of what the message holds.
type rejection string

func (r rejection) Error() string { return string(r) }

// parseFact reads the body of a message. Its error is a rejection. Only what the stream rests
// on is checked; what is odd in the facts themselves is named by assessments.
func parseFact(body []byte) (fact, error) {
	var f fact
	if json.Unmarshal(body, &f) != nil {
		return f, rejection(`it is no fact: send {"at": "…", "profile": {…}} or {"activities": [{…}]}`)
	}
	if f.Profile == nil && len(f.Activities) == 0 {
		return f, rejection("there is neither a profile nor an activity")
	}
	if f.Profile != nil && f.At.IsZero() {
		return f, rejection(`the profile has no date: say in "at" when it was read`)
	}
	for i, activity := range f.Activities {
		var a qualify.Activity
		if json.Unmarshal(activity, &a) != nil || a.ID == "" || a.Type == "" {
			return f, rejection("an activity is no object with an id and a type: it needs both, because it may arrive twice")
		}
		f.Activities[i] = canonical(activity)
	}
	for name, value := range f.Profile {
		f.Profile[name] = canonical(value)
	}
	return f, nil
}

// canonical writes JSON in one way, whatever its blanks and the order of its keys are.
func canonical(document json.RawMessage) json.RawMessage {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		panic(err) // it is part of a document that was read
	}
	written, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return written
}

// A line is a lead of a file, as it stands there.
type line struct {
	ID         string                     `json:"id"`
	Profile    map[string]json.RawMessage `json:"profile"`
	Activities []json.RawMessage          `json:"activities"`
}

// readLeads reads a file of leads, a JSON object each. It takes the ID of a lead from the
// text "id".
func readLeads(r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		decoder := json.NewDecoder(r)
		for {
			var l line
			err := decoder.Decode(&l)
			if errors.Is(err, io.EOF) || !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// split gives the single facts of a lead: one with its profile, which makes the lead known
// even if it is empty, and one for each activity, the oldest first.
func (l line) split(at time.Time) []fact {
	profile := l.Profile
	if profile == nil {
		profile = map[string]json.RawMessage{}
	}
	parts := []fact{{At: at, Profile: profile}}
	activities := slices.Clone(l.Activities)
	slices.SortStableFunc(activities, func(a, b json.RawMessage) int { return when(a).Compare(when(b)) })
	for _, activity := range activities {
		parts = append(parts, fact{Activities: []json.RawMessage{activity}})
	}
	return parts
}

// when gives the instant of an activity, zero if it has none.
func when(activity json.RawMessage) time.Time {
	var a qualify.Activity
	_ = json.Unmarshal(activity, &a) // the worker says what is wrong with it
	return a.At
}

// attribute is a value of the profile, and when it was read.
type attribute struct {
	Value json.RawMessage `json:"value"`
	At    time.Time       `json:"at"`
}

// newer reports whether a counts, not b: the later one, and of two at one instant the one
// that is written with the greater bytes, so that the order of arrival plays no part.
func (a attribute) newer(b attribute) bool {
	return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Value, b.Value)) > 0
}

// history is all that is known of a lead: a union of facts, the same in any order.
type history struct {
	Profile    map[string]attribute `json:"profile"`
	Activities []json.RawMessage    `json:"activities"` // sorted by their bytes, each once
}

// add adds a fact, and reports whether it was not known before.
func (h *history) add(f fact) bool {
	added := false
	for name, value := range f.Profile {
		a := attribute{Value: value, At: f.At.UTC()}
		if known, ok := h.Profile[name]; !ok || a.newer(known) {
			if h.Profile == nil {
				h.Profile = map[string]attribute{}
			}
			h.Profile[name], added = a, true
		}
	}
	for _, activity := range f.Activities {
		if at, known := slices.BinarySearchFunc(h.Activities, activity, func(a, b json.RawMessage) int { return bytes.Compare(a, b) }); !known {
			h.Activities, added = slices.Insert(h.Activities, at, activity), true
		}
	}
	return added
}

// lead gives the lead with these facts, in no stage.
func (h *history) lead(id string, model *qualify.Model) (qualify.Lead, error) {
	l := line{ID: id, Profile: make(map[string]json.RawMessage, len(h.Profile)), Activities: h.Activities}
	for name, a := range h.Profile {
		l.Profile[name] = a.Value
	}
	document, err := json.Marshal(l)
	if err != nil {
		return qualify.Lead{}, err
	}
	return model.ParseLead(document)
}
