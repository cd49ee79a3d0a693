// Package crmtest is for tests of the service: it compares what was stored with what the library says of the same facts, and
// has a clock to be set.
package crmtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/store"
)

// Audit goes through all leads of a database and gives an error if
//
//   - one of the facts is missing, is there twice, or has another content; or if there is
//     one that is not among them;
//   - an assessment in the journal is not the one that the library gives for the facts that
//     were stored by then, by the policy of that time, in the stage of the assessment before;
//   - one that the policy refused is one that the library takes, or has another verdict than the one before;
//   - the last one is not what the lead has, or the lead is due at another instant;
//   - an event is missing or too much.
//
// The events are those that a sink has; their numbers must begin with 1 and have no gap. The
// facts must have IDs. Profiles are those that the leads got before their first fact. Leads
// that were merged, or of which facts were taken back, are not for it.
func Audit(ctx context.Context, db *store.DB, facts []crm.Fact, profiles map[string]map[string]any, delivered []crm.Event) error {
	var wrong []error
	fail := func(format string, args ...any) {
		if len(wrong) < 20 {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}

	models := map[int64]*qualify.Model{}
	policies, err := db.Policies(ctx)
	if err != nil {
		return err
	}
	for _, row := range policies {
		document, err := qualify.ParsePolicy([]byte(row.Document))
		if err != nil {
			return err
		}
		if models[row.ID], err = qualify.Compile(document); err != nil {
			return err
		}
	}

	sent := map[string]map[string]crm.Fact{} // by lead, and by type and ID
	for _, f := range facts {
		if sent[f.Lead] == nil {
			sent[f.Lead] = map[string]crm.Fact{}
		}
		sent[f.Lead][f.Activity.Type+" "+f.Activity.ID] = f
	}
	events := map[string][]crm.Event{}
	for i, e := range delivered {
		if e.Number != int64(i+1) {
			fail("event %d has the number %d", i+1, e.Number)
		}
		events[e.Lead] = append(events[e.Lead], e)
	}

	leads := 0
	for after := ""; ; {
		rows, err := db.After(ctx, after, 500)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			leads++
			history, err := db.History(ctx, row.ID)
			if err != nil {
				return err
			}
			seen := map[string]bool{}
			for _, a := range history {
				key := a.Type + " " + a.ID
				want, ok := sent[row.ID][key]
				got, err := a.Given()
				switch {
				case err != nil:
					return err
				case !ok || seen[key]:
					fail("lead %s: the activity %s is too much", row.ID, key)
				case !got.At.Equal(want.Activity.At) || len(got.Props)+len(want.Activity.Props) > 0 && !reflect.DeepEqual(got.Props, want.Activity.Props):
					fail("lead %s: the activity is %v, and was sent as %v", row.ID, got, want.Activity)
				}
				seen[key] = true
			}
			if len(seen) < len(sent[row.ID]) {
				fail("lead %s has %d of %d activities", row.ID, len(seen), len(sent[row.ID]))
			}
			moves, err := followed(ctx, db, models, row, history, profiles[row.ID])
			if err != nil {
				fail("lead %s: %w", row.ID, err)
				continue
			}
			got := events[row.ID]
			for i := range got {
				got[i].Number = 0
			}
			if !slices.EqualFunc(got, moves, func(a, b crm.Event) bool {
				at := a.At.Equal(b.At)
				a.At, b.At = time.Time{}, time.Time{}
				return at && a == b
			}) {
				fail("lead %s: the events are\n%v\nand should be\n%v", row.ID, got, moves)
			}
			delete(events, row.ID)
			delete(sent, row.ID)
		}
		after = rows[len(rows)-1].ID
	}
	for id := range sent {
		fail("lead %s is missing", id)
	}
	for id := range events {
		fail("events of %s, which is no lead", id)
	}
	return errors.Join(wrong...)
}

// followed assesses a lead again as its journal says it was, and gives the moves.
func followed(ctx context.Context, db *store.DB, models map[int64]*qualify.Model, row store.Lead, history []store.Activity, profile map[string]any) ([]crm.Event, error) {
	journal, err := db.Verdicts(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	slices.Reverse(journal)
	moves := []crm.Event{}
	lead := qualify.Lead{ID: row.ID, Profile: profile}
	var last store.Verdict
	for i, v := range journal {
		if v.Version != int64(i+1) {
			return nil, fmt.Errorf("assessment %d is of version %d", i+1, v.Version)
		}
		lead.Activities = nil
		for _, a := range history {
			if a.Version <= v.Version {
				given, err := a.Given()
				if err != nil {
					return nil, err
				}
				lead.Activities = append(lead.Activities, given)
			}
		}
		at := time.Time(v.At)
		if at.Before(time.Time(last.At)) {
			return nil, fmt.Errorf("version %d was assessed at %s, before the version before it", v.Version, at)
		}
		model := models[v.Policy]
		if v.Cause == "refused" {
			want := last
			want.Version, want.Cause, want.Replay, want.Policy, want.Due = v.Version, v.Cause, 0, v.Policy, store.Instant{}
			if _, err := model.Assess(&lead, at.AddDate(100, 0, 0)); !errors.Is(err, qualify.ErrTooManyActivities) || !same(v, want) {
				return nil, fmt.Errorf("version %d is refused, with %v, as\n%+v\nand should be\n%+v", v.Version, err, v, want)
			}
			last = v
			continue
		}
		move := "replay"
		if v.Replay == 1 {
			r, err := model.Replay(&lead, at)
			if err != nil {
				return nil, err
			}
			lead.Stage, lead.StageSince = r.Stage, r.Since
			if n := len(r.Steps); n > 0 && r.Steps[n-1].From == last.Stage && r.Steps[n-1].Stage == r.Stage {
				move = string(r.Steps[n-1].Move)
			}
		}
		a, err := model.Assess(&lead, at)
		if err != nil {
			return nil, err
		}
		want := v
		want.Stage, want.Since, want.Points, want.Rating = a.Verdict.Stage, store.Instant(a.Verdict.Since), a.Score.Points, a.Score.Rating
		if !same(v, want) {
			return nil, fmt.Errorf("version %d is\n%+v\nand should be\n%+v", v.Version, v, want)
		}
		if wake, due := a.Wake(&lead), time.Time(v.Due); due.IsZero() != wake.IsZero() || due.Before(wake) || due.Sub(wake) > time.Minute && !due.Equal(at.Add(time.Minute)) {
			return nil, fmt.Errorf("version %d is due at %s, and should be at %s", v.Version, due, wake)
		}
		if v.Stage != last.Stage {
			e := crm.Event{Lead: row.ID, At: a.Verdict.Since, Move: string(a.Verdict.Move), From: last.Stage, Stage: v.Stage, Points: v.Points, Policy: v.Policy}
			if v.Replay == 1 {
				e.Move = move
			}
			if e.At.IsZero() {
				e.At = at
			}
			moves = append(moves, e)
		}
		lead.Stage, lead.StageSince = a.Verdict.Stage, a.Verdict.Since
		last = v
	}
	now := last
	now.Version, now.Policy, now.At, now.Stage, now.Since, now.Due, now.Points, now.Rating =
		row.Version, row.Policy, row.Assessed, row.Stage, row.Since, row.Due, row.Points, row.Rating
	if !same(last, now) {
		return nil, fmt.Errorf("it is\n%+v\nand was assessed as\n%+v", row, last)
	}
	return moves, nil
}

// ReadEvents reads the file of a crm.FileSink.
func ReadEvents(name string) ([]crm.Event, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var events []crm.Event
	for line := range bytes.Lines(data) {
		var e crm.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		events = append(events, e)
	}
	return events, nil
}

func same(a, b store.Verdict) bool {
	equal := time.Time(a.At).Equal(time.Time(b.At)) && time.Time(a.Since).Equal(time.Time(b.Since)) && time.Time(a.Due).Equal(time.Time(b.Due))
	a.At, a.Since, a.Due = store.Instant{}, store.Instant{}, store.Instant{}
	b.At, b.Since, b.Due = store.Instant{}, store.Instant{}, store.Instant{}
	return equal && a == b
}
