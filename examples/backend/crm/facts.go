package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// Fact is an activity of a lead. Its JSON is that of the activity with the field lead:
//
//	{"lead": "L17", "id": "a4711", "type": "webinar", "at": "2026-11-01T09:00:00Z", "props": {}}
type Fact struct {
	Lead     string
	Activity qualify.Activity
}

// UnmarshalJSON reads an activity with the field lead.
func (f *Fact) UnmarshalJSON(data []byte) error {
	var lead struct {
		Lead string `json:"lead"`
	}
	if err := json.Unmarshal(data, &lead); err != nil {
		return err
	}
	f.Lead = lead.Lead
	return json.Unmarshal(data, &f.Activity)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (f Fact) MarshalJSON() ([]byte, error) {
	type activity qualify.Activity
	return json.Marshal(struct {
		Lead string `json:"lead"`
		activity
	}{f.Lead, activity(f.Activity)})
}

// Recorded is what Record did.
type Recorded struct {
	// Stored is how many facts are new, and Duplicates how many had been stored before:
	// activities of the same lead with the same type and ID.
	Stored     int `json:"stored"`
	Duplicates int `json:"duplicates"`
	// Moves are the moves between stages that followed; never nil.
	Moves []Event `json:"moves"`
}

const (
	// mostText is how many bytes the ID of a lead or an activity, and a type, may have:
	// indexes of PostgreSQL take not much more.
	mostText = 400
	// together is how many facts are stored in one transaction, but that the facts of one lead
	// are not parted.
	together = 500
)

// Record stores activities, and assesses their leads. A lead that is not there is made.
// Facts with IDs can be sent again without harm. The facts of a lead are stored together;
// those of very many leads are not: after an error, send them all again.
func (s *Service) Record(ctx context.Context, facts ...Fact) (Recorded, error) {
	recorded := Recorded{Moves: []Event{}}
	rows := make([]store.Activity, len(facts))
	for i, f := range facts {
		var err error
		if rows[i], err = f.row(); err != nil {
			return recorded, fmt.Errorf("%w: fact %d %w", ErrFact, i+1, err)
		}
	}
	slices.SortStableFunc(rows, func(a, b store.Activity) int { return cmp.Compare(a.Origin, b.Origin) })
	for len(rows) > 0 {
		n := min(together, len(rows))
		for n < len(rows) && rows[n].Origin == rows[n-1].Origin {
			n++
		}
		stored := 0
		moves, err := s.change(ctx, func(c *change) (err error) {
			stored, err = c.record(rows[:n], nil, "fact")
			return err
		})
		if err != nil {
			return recorded, err
		}
		recorded.Stored += stored
		recorded.Duplicates += n - stored
		recorded.Moves = append(recorded.Moves, moves...)
		rows = rows[n:]
	}
	return recorded, nil
}

// row gives the fact as it is stored. The error says what is wrong with it.
func (f *Fact) row() (store.Activity, error) {
	a := store.Activity{Origin: f.Lead, Type: f.Activity.Type, ID: f.Activity.ID, At: store.Instant(f.Activity.At)}
	if strings.TrimSpace(a.ID) == "" {
		a.ID = ""
	}
	err := cmp.Or(checkLead(a.Origin), checkText("type", a.Type), checkText("id", a.ID))
	if err != nil {
		return a, err
	}
	if a.Props, err = store.Object(f.Activity.Props); err != nil {
		return a, fmt.Errorf("has properties that are no JSON: %w", err)
	}
	return a, nil
}

func checkLead(id string) error {
	if strings.TrimSpace(id) == "" {
		return errors.New("has no lead: say whose it is")
	}
	if id == "." || id == ".." { // of an address, a browser leaves them out
		return fmt.Errorf("has the lead %q, which cannot be part of an address: give it another ID", id)
	}
	return checkText("lead", id)
}

func checkText(name, value string) error {
	switch {
	case len(value) > mostText:
		return fmt.Errorf("has a field %q of %d bytes: shorten it to %d", name, len(value), mostText)
	case !utf8.ValidString(value):
		return fmt.Errorf("has a field %q with bytes that are no UTF-8: send it in UTF-8", name)
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("has a field %q with the character U+0000, which PostgreSQL does not store: leave it out", name)
	}
	return nil
}

// lock locks leads, by their IDs, and what they became: others gives that by ID.
func (c *change) lock(ids []string, create bool) (others map[string]*store.Lead, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	leads, err := c.Lock(ids, create)
	if err != nil {
		return nil, err
	}
	var became []string
	for _, l := range leads {
		if l.Merged != "" && leads[l.Merged] == nil {
			became = append(became, l.Merged)
		}
	}
	if len(became) > 0 {
		more, err := c.Lock(became, false)
		if err != nil {
			return nil, err
		}
		maps.Copy(leads, more)
	}
	others = make(map[string]*store.Lead, len(ids))
	for _, id := range ids {
		if l := leads[id]; l != nil {
			others[id] = l
			if l.Merged != "" {
				others[id] = leads[l.Merged]
			}
		}
	}
	return others, nil
}

// record stores activities, and attributes by lead, assesses the leads that have new ones, and returns how many
// activities are new.
func (c *change) record(rows []store.Activity, attributes map[string]map[string]any, cause string) (int, error) {
	ids := slices.Collect(maps.Keys(attributes))
	for i := range rows {
		ids = append(ids, rows[i].Origin)
	}
	leads, err := c.lock(ids, true)
	if err != nil {
		return 0, err
	}
	byID := map[string]*store.Lead{}
	for _, l := range leads {
		byID[l.ID] = l
	}
	// A fact that is dated after the last assessment goes on from the stage that is stored. One
	// that comes late changes the past. A lead that is new may have a past.
	late := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(attributes)) { // two of them can have become one lead
		l := leads[id]
		if err := set(l, attributes[id]); err != nil {
			return 0, err
		}
		late[l.ID] = time.Time(l.Assessed).IsZero()
	}
	for i := range rows {
		l := leads[rows[i].Origin]
		rows[i].Lead, rows[i].Version = l.ID, l.Version+1
	}
	added, err := c.Add(rows)
	if err != nil {
		return 0, err
	}
	for _, a := range added {
		last := time.Time(byID[a.Lead].Assessed)
		late[a.Lead] = late[a.Lead] || last.IsZero() || !time.Time(a.At).After(last)
	}
	if len(late) == 0 {
		return 0, nil
	}
	changed := slices.Sorted(maps.Keys(late))
	activities, err := c.Activities(changed)
	if err != nil {
		return 0, err
	}
	subjects := make([]subject, len(changed))
	for i, id := range changed {
		subjects[i] = subject{byID[id], activities[id], late[id]}
	}
	return len(added), c.assess(cause, subjects...)
}

// set sets attributes of a profile; nil removes one.
func set(l *store.Lead, attributes map[string]any) error {
	given, err := l.Given(nil)
	if err != nil {
		return err
	}
	profile := map[string]any{}
	maps.Copy(profile, given.Profile)
	for name, value := range attributes {
		if profile[name] = value; value == nil {
			delete(profile, name)
		}
	}
	if l.Profile, err = store.Object(profile); err != nil {
		return fmt.Errorf("%w: an attribute is no JSON: %w", ErrFact, err)
	}
	return nil
}

// SetAttributes sets attributes of a lead's profile, and assesses it; nil removes one. A
// lead that is not there is made.
func (s *Service) SetAttributes(ctx context.Context, lead string, attributes map[string]any) (Recorded, error) {
	if err := checkLead(lead); err != nil {
		return Recorded{}, fmt.Errorf("%w: it %w", ErrFact, err)
	}
	moves, err := s.change(ctx, func(c *change) error {
		_, err := c.record(nil, map[string]map[string]any{lead: attributes}, "attributes")
		return err
	})
	return Recorded{Stored: 1, Moves: moves}, err
}

// Import stores leads with their profiles and activities; the stages that they come with play no
// part. It can be done again after an error, if the activities have IDs.
func (s *Service) Import(ctx context.Context, leads ...qualify.Lead) (Recorded, error) {
	recorded := Recorded{Moves: []Event{}}
	for part := range slices.Chunk(leads, 100) {
		var rows []store.Activity
		attributes := map[string]map[string]any{}
		for _, l := range part {
			err := checkLead(l.ID)
			if attributes[l.ID] == nil {
				attributes[l.ID] = map[string]any{}
			}
			maps.Copy(attributes[l.ID], l.Profile) // a lead can stand there twice
			for _, a := range l.Activities {
				row, bad := (&Fact{l.ID, a}).row()
				rows, err = append(rows, row), cmp.Or(err, bad)
			}
			if err != nil {
				return recorded, fmt.Errorf("%w: lead %q %w", ErrFact, l.ID, err)
			}
		}
		stored := 0
		moves, err := s.change(ctx, func(c *change) (err error) {
			stored, err = c.record(rows, attributes, "import")
			return err
		})
		if err != nil {
			return recorded, err
		}
		recorded.Stored += stored
		recorded.Duplicates += len(rows) - stored
		recorded.Moves = append(recorded.Moves, moves...)
	}
	return recorded, nil
}

// changeOne changes a lead and assesses it. The function tells whether by replay.
func (s *Service) changeOne(ctx context.Context, id, cause string, do func(*change, *store.Lead) (replay bool, err error)) (Recorded, error) {
	moves, err := s.change(ctx, func(c *change) error {
		leads, err := c.lock([]string{id}, false)
		if err != nil {
			return err
		}
		l := leads[id]
		if l == nil {
			return fmt.Errorf("%w: lead %q", ErrNotFound, id)
		}
		replay, err := do(c, l)
		if err != nil {
			return err
		}
		activities, err := c.Activities([]string{l.ID})
		if err != nil {
			return err
		}
		return c.assess(cause, subject{l, activities[l.ID], replay})
	})
	if err == errNothing {
		return Recorded{Duplicates: 1, Moves: []Event{}}, nil
	}
	return Recorded{Stored: 1, Moves: moves}, err
}

// errNothing ends a transaction that has nothing to change.
var errNothing = errors.New("crm: nothing to change")

// Override is a stage set by a seller. It is an activity of type "override" with the
// properties stage, reason and until, which the policy's stages read.
type Override struct {
	// ID makes it count once, however often it is sent; such as a random number in a form.
	ID    string
	Lead  string
	Stage string
	// Reason and Until must be given. Until lies in the future, and before 2262, where the library's times end.
	Reason string
	Until  time.Time
}

// Override records an override, as of now.
func (s *Service) Override(ctx context.Context, o Override) (Recorded, error) {
	switch {
	case strings.TrimSpace(o.Stage) == "":
		return Recorded{}, fmt.Errorf("%w: an override needs a stage", ErrFact)
	case strings.TrimSpace(o.Reason) == "":
		return Recorded{}, fmt.Errorf("%w: an override needs a reason: say why", ErrFact)
	case !o.Until.After(s.Now()):
		return Recorded{}, fmt.Errorf("%w: an override needs an end in the future, not %s", ErrFact, o.Until.Format(time.RFC3339))
	case o.Until.Year() > 2261:
		return Recorded{}, fmt.Errorf("%w: an override needs an end before the year 2262, not %s", ErrFact, o.Until.Format(time.RFC3339))
	}
	return s.Record(ctx, Fact{Lead: o.Lead, Activity: qualify.Activity{ID: o.ID, Type: "override", At: s.Now(), Props: map[string]any{
		"stage": o.Stage, "reason": o.Reason, "until": o.Until.UTC().Format(time.RFC3339Nano),
	}}})
}

// Undo takes back an activity, by its Seq: it counts no more, and stays undone if it is
// sent again. The lead's stage follows by replay. To undo twice does nothing.
func (s *Service) Undo(ctx context.Context, lead string, seq int64) (Recorded, error) {
	return s.changeOne(ctx, lead, "undo", func(c *change, l *store.Lead) (bool, error) {
		there, changed, err := c.Undo(l.ID, seq, c.now)
		switch {
		case err != nil:
			return false, err
		case !there:
			return false, fmt.Errorf("%w: activity %d of lead %q", ErrNotFound, seq, lead)
		case !changed:
			return false, errNothing
		}
		return true, nil
	})
}

// Merge makes one lead of several: the others become the lead into, and what arrives for
// them later is a fact of it. Where their profiles differ, choose says by the conflict's
// key whose value counts: a lead ID, or "" for neither. If a conflict is not
// chosen for, Merge changes nothing and gives the conflicts. The stage follows by replay. Recorded.Stored is how many
// leads became part of it.
func (s *Service) Merge(ctx context.Context, into string, others []string, choose map[string]string) ([]qualify.Conflict, Recorded, error) {
	var open []qualify.Conflict
	merged := 0
	moves, err := s.change(ctx, func(c *change) error {
		open, merged = nil, 0
		leads, err := c.lock(append([]string{into}, others...), false)
		if err != nil {
			return err
		}
		target := leads[into]
		if target == nil {
			return fmt.Errorf("%w: lead %q", ErrNotFound, into)
		}
		gone := map[string]*store.Lead{}
		for _, id := range others {
			switch l := leads[id]; {
			case l == nil:
				return fmt.Errorf("%w: lead %q", ErrNotFound, id)
			case l.ID != target.ID:
				gone[l.ID] = l
			}
		}
		if len(gone) == 0 {
			return errNothing
		}
		activities, err := c.Activities(append(slices.Collect(maps.Keys(gone)), target.ID))
		if err != nil {
			return err
		}
		first, err := target.Given(activities[target.ID])
		if err != nil {
			return err
		}
		all := []*qualify.Lead{&first}
		for _, id := range slices.Sorted(maps.Keys(gone)) {
			l, err := gone[id].Given(activities[id])
			if err != nil {
				return err
			}
			all = append(all, &l)
		}
		lead, conflicts, err := c.policy.Model.Merge(target.ID, all...)
		if err != nil {
			return err
		}
		for _, conflict := range conflicts {
			chosen, ok := choose[conflict.Key]
			i := slices.Index(conflict.Leads, chosen)
			if !ok || chosen != "" && i < 0 {
				open = append(open, conflict)
			} else if i >= 0 {
				lead.Profile[conflict.Key] = conflict.Values[i]
			}
		}
		if len(open) > 0 {
			return errNothing
		}
		if target.Profile, err = store.Object(lead.Profile); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(gone)) {
			if err := c.Redirect(id, target.ID); err != nil {
				return err
			}
			l := gone[id]
			if l.Stage != "" {
				c.events = append(c.events, store.Event{Lead: id, At: store.Instant(instant(l, c.now)), Move: "merge", From: l.Stage, Policy: c.policy.ID})
			}
			l.Version++
			l.Merged, l.Stage, l.Since, l.Due, l.Refused = target.ID, "", store.Instant{}, store.Instant{}, ""
			c.leads = append(c.leads, *l)
			if a := time.Time(l.Assessed); a.After(time.Time(target.Assessed)) {
				target.Assessed = l.Assessed
			}
		}
		merged = len(gone)
		return c.assess("merge", subject{target, lead.Activities, true})
	})
	if err == errNothing {
		err = nil
	}
	return open, Recorded{Stored: merged, Moves: moves}, err
}

// Separate undoes a merge: a lead that became another one is itself again, with the activities that were
// sent to it, before and since, and the profile that it had. The other one keeps its profile: what it
// has from this lead, somebody must correct. Leads that became this one before stay with the other one. Both stages
// follow by replay. To separate twice does nothing.
func (s *Service) Separate(ctx context.Context, id string) (Recorded, error) {
	moves, err := s.change(ctx, func(c *change) error {
		both, err := c.lock([]string{id}, false)
		if err != nil {
			return err
		}
		leads, err := c.Lock([]string{id}, false) // itself, and not what it became
		if err != nil {
			return err
		}
		l := leads[id]
		if l == nil {
			return fmt.Errorf("%w: lead %q", ErrNotFound, id)
		}
		if l.Merged == "" {
			return errNothing
		}
		other := both[id]
		if err := c.Separate(id, other.ID); err != nil {
			return err
		}
		l.Merged = ""
		return c.assessAgain([]store.Lead{*l, *other}, "separate", true)
	})
	if err == errNothing {
		return Recorded{Duplicates: 1, Moves: []Event{}}, nil
	}
	return Recorded{Stored: 1, Moves: moves}, err
}

// Erase deletes a lead, those that became it, and all that is stored of them, as a person may ask, and
// gives their IDs. An event "erase" tells whoever gets events to do the same. A fact that is sent
// afterwards makes the lead anew.
func (s *Service) Erase(ctx context.Context, id string) ([]string, error) {
	var erased []string
	_, err := s.change(ctx, func(c *change) error {
		leads, err := c.lock([]string{id}, false)
		if err != nil {
			return err
		}
		l := leads[id]
		if l == nil {
			return fmt.Errorf("%w: lead %q", ErrNotFound, id)
		}
		if erased, err = c.Erase(l.ID); err != nil {
			return err
		}
		var events []store.Event
		for _, id := range erased {
			events = append(events, store.Event{Lead: id, At: store.Instant(c.now), Move: "erase", Policy: c.policy.ID})
		}
		return c.Emit(events)
	})
	return erased, err
}
