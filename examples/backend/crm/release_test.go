package crm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

// edited gives the policy with texts replaced, in pairs.
func edited(pairs ...string) []byte {
	return []byte(strings.NewReplacer(pairs...).Replace(string(policy.Document)))
}

// Between two assessments that only time asks for lies the floor.
func TestFloor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.Override(c.ctx, crm.Override{ID: "o1", Lead: "Anna", Stage: "sql", Reason: "r", Until: now.Add(10 * time.Second)}))
		if l := c.lead("Anna"); !l.Due.Equal(now.Add(time.Minute)) {
			t.Errorf("due at %s", l.Due)
		}
	})
}

// A policy that is released counts at once in each process. What may not go live does not, and
// nobody releases over a policy that he has not seen.
func TestRelease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		other := open(t, source, c.clock)
		must[*crm.Policy](t)(other.Policy(c.ctx))
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", fit))
		c.record(fact("Anna", "d1", "demo", now, nil))

		for name, d := range map[string]crm.Draft{
			"no policy": {Document: []byte(`{"format": 1, "stages": [{"id": "x", "enter": "score("}]}`)},
			"scenarios": {Document: edited("\"points\": 30", "\"points\": 3"), Scenarios: policy.Scenarios},
			"the limit": {Document: edited("\"points\": 30", "\"points\": 3"), Limits: review.Limits{Newcomers: new(0.5)}},
			"a finding": {Document: edited("score() >= 70", "score() >= 700")},
		} {
			decision, err := c.Release(c.ctx, d)
			if err != nil || decision.MayGoLive || len(decision.Objections) == 0 {
				t.Error(name, decision, err)
			}
		}
		if p := must[*crm.Policy](t)(other.Policy(c.ctx)); p.ID != 1 {
			t.Error(p.ID)
		}

		next := crm.Draft{Document: edited("2026-11", "2026-12", "score('engagement') >= 25", "score('engagement') >= 99"), InUse: 1, Note: "stricter"}
		c.clock.Set(now.Add(time.Hour))
		c.release(next)
		if _, err := other.Release(c.ctx, next); !errors.Is(err, crm.ErrReleased) {
			t.Error(err)
		}
		must[crm.Recorded](t)(other.SetAttributes(c.ctx, "Bo", fit))
		other.record(fact("Bo", "d1", "demo", now, nil))
		if l := c.lead("Bo"); l.Policy != 2 || l.Stage != "" {
			t.Errorf("%+v", l)
		}
		if l := c.lead("Anna"); l.Policy != 1 || l.Stage != "mql" {
			t.Errorf("%+v", l)
		}
		all := must[[]crm.Policy](t)(c.Policies(c.ctx))
		if len(all) != 2 || all[0].Version != "2026-12" || !all[0].Until.IsZero() || !all[1].Until.Equal(now.Add(time.Hour)) || all[0].Fingerprint != must[*crm.Policy](t)(c.Policy(c.ctx)).Model.Fingerprint() || all[0].Note != "stricter" {
			t.Error(all)
		}
		differ := 0
		model, err := qualify.Compile(must[qualify.Policy](t)(qualify.ParsePolicy(policy.Document)))
		if err != nil {
			t.Fatal(err)
		}
		for comparison, err := range c.Compare(c.ctx, model) {
			if err != nil {
				t.Fatal(err)
			}
			if comparison.Differs() {
				differ++
			}
		}
		if differ != 1 { // Bo would be marketing-qualified by the old one
			t.Error(differ)
		}
	})
}

// A backfill that is broken off goes on where it was: each lead is assessed once. By replay, the
// new policy holds from the start; without it, leads keep their stages.
func TestBackfill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		const n = 350
		c := start(t, source)
		var leads []qualify.Lead
		for i := range n {
			leads = append(leads, qualify.Lead{ID: fmt.Sprintf("L%03d", i), Profile: fit, Activities: []qualify.Activity{{ID: "1", Type: "webinar", At: now.Add(-time.Hour)}}})
		}
		must[crm.Recorded](t)(c.Import(c.ctx, leads...))

		// A webinar is enough now.
		loose := edited("2026-11", "2026-12", "score('engagement') >= 25", "score('engagement') >= 10", "score('engagement') >= 15", "score('engagement') >= 5")
		c.release(crm.Draft{Document: loose})
		if p := must[crm.Progress](t)(c.Progress(c.ctx)); p.Done != 0 || p.Total != n || !strings.Contains(p.String(), "policy 2: 0 of 350 leads") {
			t.Error(p)
		}
		for broken := 0; broken < 2; broken++ {
			ctx, cancel := context.WithCancel(c.ctx)
			before := must[crm.Progress](t)(c.Progress(c.ctx)).Done
			go func() {
				for {
					if p, err := c.Progress(c.ctx); err != nil || p.Done > before {
						cancel()
						return
					}
				}
			}()
			err := c.Backfill(ctx, nil)
			<-ctx.Done()
			t.Log(must[crm.Progress](t)(c.Progress(c.ctx)), err)
		}
		other := open(t, source, c.clock)
		var last crm.Progress
		if err := other.Backfill(c.ctx, func(p crm.Progress) { last = p }); err != nil || last.Done != n || last.Total != n {
			t.Error(last, err)
		}
		for _, l := range leads {
			if l := c.lead(l.ID); l.Version != 2 || l.Stage != "mql" || !l.StageSince.Equal(now) || l.Policy != 2 {
				t.Fatalf("%+v", l)
			}
		}
		c.clock.Set(now.Add(time.Hour))
		c.release(crm.Draft{Document: bytes.ReplaceAll(loose, []byte("2026-12"), []byte("2027-01")), Replay: true})
		if err := other.Backfill(c.ctx, nil); err != nil {
			t.Fatal(err)
		}
		for _, l := range leads {
			if l := c.lead(l.ID); l.Version != 3 || l.Stage != "mql" || !l.StageSince.Equal(now.Add(-time.Hour)) {
				t.Fatalf("%+v", l)
			}
		}
	})
}

// A lead that another transaction has locked is passed over, and not forgotten.
func TestBackfillWaits(t *testing.T) {
	source := storetest.Postgres(t) // on SQLite nothing is locked
	c := start(t, source)
	c.record(fact("Anna", "1", "demo", now, nil), fact("Bo", "1", "demo", now, nil))
	c.release(crm.Draft{Document: edited("2026-11", "2026-12")})
	done := make(chan error, 1)
	if err := c.db.Write(c.ctx, func(tx *store.Tx) error {
		if _, err := tx.Lock([]string{"Anna"}, false); err != nil {
			return err
		}
		go func() { done <- c.Backfill(c.ctx, nil) }()
		for c.lead("Bo").Policy != 2 {
			time.Sleep(time.Millisecond)
		}
		select {
		case err := <-done:
			t.Errorf("it ended without Anna: %v", err)
			done <- err
		case <-time.After(100 * time.Millisecond):
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || c.lead("Anna").Policy != 2 {
		t.Error(err, c.lead("Anna"))
	}
}

// heavy makes the policy match a pattern against all that a seller wrote down of a call: very long texts are too much
// for it.
func heavy() []byte {
	return edited("2026-11", "2026-12", `"signals": [`, `"signals": [
    {"id": "long", "types": ["call"], "where": "activity.need matches '[xy]{900}[xz]{900}'"},`, `"rules": [`, `"rules": [
    {"id": "long", "on": "long", "points": 1},`)
}

// A lead that a new policy does not assess keeps its verdict, is named, and holds nobody up. Facts of it are
// stored, and it is assessed again when one is taken back, or when another policy takes it.
func TestLeadThatIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		for _, id := range []string{"Anna", "Bo", "Chloé"} {
			must[crm.Recorded](t)(c.SetAttributes(c.ctx, id, fit))
		}
		c.clock.Set(now.Add(time.Hour))
		long := map[string]any{"need": strings.Repeat("x", 65_000)}
		var facts []crm.Fact
		record := func(more ...crm.Fact) {
			t.Helper()
			c.record(more...)
			facts = append(facts, more...)
		}
		record(fact("Anna", "1", "demo", now, nil), fact("Bo", "1", "demo", now, nil), fact("Bo", "2", "call", now, long), fact("Chloé", "1", "demo", now, nil))
		before := c.lead("Bo")

		draft := crm.Draft{Document: heavy()}
		if d := must[review.Decision](t)(c.Check(c.ctx, draft)); d.MayGoLive || !strings.Contains(d.String(), "1 lead could not be compared") {
			t.Error(d)
		}
		draft.Limits.Failed = 1
		c.release(draft)
		// Who sends a fact before the backfill comes to the lead is not to blame.
		record(fact("Bo", "3", "webinar", now.Add(time.Minute), nil))
		var last crm.Progress
		if err := c.Backfill(c.ctx, func(p crm.Progress) { last = p }); err != nil || last.Done != 3 || last.Refused != 1 || !strings.HasSuffix(last.String(), "1 refused") {
			t.Fatal(last, err)
		}
		if refused := must[[]string](t)(c.Refused(c.ctx, 10)); !slices.Equal(refused, []string{"Bo"}) {
			t.Error(refused)
		}
		bo := c.lead("Bo")
		if bo.Stage != "mql" || !bo.StageSince.Equal(before.StageSince) || !bo.At.Equal(before.At) || bo.Points != before.Points || !bo.Due.IsZero() || bo.Policy != 2 || len(bo.Activities) != 3 ||
			!strings.Contains(bo.Refused, "too many activities") {
			t.Errorf("%+v", bo)
		}
		if l := c.lead("Chloé"); l.Policy != 2 || l.Refused != "" {
			t.Errorf("%+v", l)
		}
		page := must[crm.Page](t)(c.List(c.ctx, crm.Query{}))
		if len(page.Leads) != 3 {
			t.Fatal(page)
		}
		for _, row := range page.Leads {
			if (row.Lead.Refused != "") != (row.Lead.ID == "Bo") || row.Assessment.Verdict.Stage != "mql" {
				t.Errorf("%+v", row)
			}
		}

		// What comes later is stored, and wakes nobody.
		record(fact("Bo", "4", "webinar", now.Add(2*time.Minute), nil), fact("Anna", "2", "webinar", now.Add(2*time.Minute), nil))
		c.clock.Set(now.Add(400 * 24 * time.Hour))
		for c.wake() > 0 {
		}
		if l := c.lead("Bo"); l.Stage != "mql" || len(l.Activities) != 4 {
			t.Errorf("%+v", l)
		}
		if l := c.lead("Anna"); l.Stage != "" {
			t.Errorf("%+v", l)
		}
		// A fact that is too much for a lead that the policy takes is refused, and nothing of it is stored.
		if _, err := c.Record(c.ctx, fact("Anna", "3", "call", now, long)); !errors.Is(err, qualify.ErrTooManyActivities) || len(c.lead("Anna").Activities) != 2 {
			t.Error(err)
		}
		// But one that was booked, and whose time comes, cannot be.
		day := 24 * time.Hour
		record(fact("Chloé", "2", "call", c.Now().Add(day), long))
		c.clock.Set(c.Now().Add(day))
		c.wake()
		if l := c.lead("Chloé"); l.Refused == "" || !l.Due.IsZero() {
			t.Errorf("%+v", l)
		}

		events := filepath.Join(t.TempDir(), "events.jsonl")
		sink := must[*crm.FileSink](t)(crm.OpenFileSink(events))
		defer sink.Close()
		must[int](t)(c.Deliver(c.ctx, sink))
		profile := map[string]map[string]any{"Anna": fit, "Bo": fit, "Chloé": fit}
		if err := crmtest.Audit(c.ctx, c.db, facts, profile, must[[]crm.Event](t)(crmtest.ReadEvents(events))); err != nil {
			t.Error(err)
		}

		for _, e := range bo.History {
			if e.ID == "2" {
				must[crm.Recorded](t)(c.Undo(c.ctx, "Bo", e.Seq))
			}
		}
		if l := c.lead("Bo"); l.Refused != "" || l.Stage != "" || !l.At.Equal(c.Now()) {
			t.Errorf("%+v", l)
		}
		c.release(crm.Draft{Document: edited("2026-11", "2027-01"), Limits: review.Limits{Failed: 1}})
		if err := c.Backfill(c.ctx, nil); err != nil {
			t.Fatal(err)
		}
		if l := c.lead("Chloé"); l.Refused != "" || !l.At.Equal(c.Now()) {
			t.Errorf("%+v", l)
		}
	})
}

// A preview for which the database fails is an error, and no objection to the draft; a policy of the past that does not
// compile any more stands in nobody's way; and one that means something else now than when it was released is told in the log.
func TestPolicyOfThePast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		c.record(fact("Anna", "1", "demo", now, nil))
		if err := c.db.Write(c.ctx, func(tx *store.Tx) error {
			return tx.Release(store.Policy{ID: 0, Document: "{}", Version: "old", Released: store.Instant(now.Add(-time.Hour))})
		}); err != nil {
			t.Fatal(err)
		}
		if all := must[[]crm.Policy](t)(c.Policies(c.ctx)); len(all) != 2 || all[1].Version != "old" || !all[1].Until.Equal(now) {
			t.Error(all)
		}
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)
		must[*crm.Policy](t)(open(t, source, c.clock).Policy(c.ctx))
		if log.Len() > 0 {
			t.Error(log.String())
		}
		if err := c.db.Write(c.ctx, func(tx *store.Tx) error { // as another version of the library would have it
			return tx.Release(store.Policy{ID: 2, Document: string(policy.Document), Fingerprint: "another", Released: store.Instant(now)})
		}); err != nil {
			t.Fatal(err)
		}
		if must[*crm.Policy](t)(c.Policy(c.ctx)); !strings.Contains(log.String(), "release it again") {
			t.Error(log.String())
		}
		ctx, cancel := context.WithCancel(c.ctx)
		cancel()
		if d, err := c.Check(ctx, crm.Draft{Document: policy.Document}); err == nil {
			t.Error(d)
		}
	})
}
