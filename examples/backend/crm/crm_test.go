package crm_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

// now is where the clock of most tests stands.
var now = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// A crmTest is a service with the policy in use.
type crmTest struct {
	*crm.Service
	t      *testing.T
	ctx    context.Context
	db     *store.DB
	source string
	clock  *crmtest.Clock
}

func start(t *testing.T, source string) *crmTest {
	t.Helper()
	c := open(t, source, crmtest.NewClock(now))
	if _, err := c.Policy(c.ctx); errors.Is(err, crm.ErrNoPolicy) {
		c.release(crm.Draft{Document: policy.Document, Scenarios: policy.Scenarios})
	}
	return c
}

// open is another process on the same database.
func open(t *testing.T, source string, clock *crmtest.Clock) *crmTest {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	db, err := store.Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &crmTest{crm.New(db, crm.Options{Clock: clock.Now}), t, ctx, db, source, clock}
}

// must ends the test with an error.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (c *crmTest) release(d crm.Draft) {
	c.t.Helper()
	decision, err := c.Release(c.ctx, d)
	if err != nil || !decision.MayGoLive {
		c.t.Fatal(decision, err)
	}
}

func (c *crmTest) record(facts ...crm.Fact) crm.Recorded {
	c.t.Helper()
	return must[crm.Recorded](c.t)(c.Record(c.ctx, facts...))
}

func (c *crmTest) lead(id string) *crm.Lead {
	c.t.Helper()
	return must[*crm.Lead](c.t)(c.Lead(c.ctx, id))
}

func (c *crmTest) wake() (n int) {
	c.t.Helper()
	return must[int](c.t)(c.Wake(c.ctx, 1000))
}

func fact(lead, id, kind string, at time.Time, props map[string]any) crm.Fact {
	return crm.Fact{Lead: lead, Activity: qualify.Activity{ID: id, Type: kind, At: at, Props: props}}
}

// fit is what lets a lead become marketing-qualified by what it does.
var fit = map[string]any{"employees": 1200, "industry": "logistics", "title": "COO", "email_verified": true}

func sinkOf(t *testing.T) *crm.FileSink {
	t.Helper()
	sink, err := crm.OpenFileSink(filepath.Join(t.TempDir(), "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	return sink
}

// A fact moves the lead, counts once, and leaves once as an event.
func TestRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", fit))
		demo := fact("Anna", "d1", "demo", now, nil)
		c.clock.Set(now.Add(time.Hour))
		r := c.record(demo, demo, fact("Bo", "p1", "page_view", now, map[string]any{"path": "/pricing"}))
		if r.Stored != 2 || r.Duplicates != 1 || len(r.Moves) != 1 {
			t.Fatal(r)
		}
		if r := c.record(demo); r.Stored != 0 || r.Duplicates != 1 || len(r.Moves) != 0 {
			t.Fatal(r)
		}
		anna := c.lead("Anna")
		if anna.Stage != "mql" || anna.Version != 2 || len(anna.Activities) != 1 || anna.Due.IsZero() {
			t.Errorf("%+v", anna)
		}
		// The demo came at the instant of the last assessment, so a replay dates the move.
		if !anna.StageSince.Equal(now) {
			t.Error(anna.StageSince)
		}
		sink := sinkOf(t)
		if n := must[int](t)(c.Deliver(c.ctx, sink)); n != 1 {
			t.Error(n)
		}
		if n := must[int](t)(c.Deliver(c.ctx, sink)); n != 0 {
			t.Error(n)
		}
		events := must[[]crm.Event](t)(c.Events(c.ctx, "Anna"))
		if len(events) != 1 || events[0].Number != 1 || events[0].Stage != "mql" || events[0].From != "" {
			t.Error(events)
		}
	})
}

// A lead moves because time passes: it is due at that instant, and not before.
func TestWake(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", fit))
		c.clock.Set(now.Add(time.Hour))
		c.record(fact("Anna", "d1", "demo", now.Add(time.Minute), nil))
		moves := 0
		for range 1000 {
			l := c.lead("Anna")
			if l.Due.IsZero() {
				break
			}
			c.clock.Set(l.Due.Add(-1))
			if n := c.wake(); n != 0 {
				t.Fatal("woken too early")
			}
			c.clock.Set(l.Due)
			if n := c.wake(); n != 1 {
				t.Fatal("not woken")
			}
			if c.lead("Anna").Stage != l.Stage {
				moves++
			}
		}
		if l := c.lead("Anna"); moves == 0 || l.Stage != "" || !l.Due.IsZero() {
			t.Errorf("%d moves, %+v", moves, l)
		}
	})
}

// A seller sets a stage, and it ends when it was said to.
func TestOverride(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		o := crm.Override{ID: "o1", Lead: "Anna", Stage: "sql", Reason: "called me", Until: now.Add(7 * 24 * time.Hour)}
		for range 2 {
			must[crm.Recorded](t)(c.Override(c.ctx, o))
		}
		l := c.lead("Anna")
		if l.Stage != "sql" || len(l.Activities) != 1 || l.Due.After(o.Until) {
			t.Fatalf("%+v", l)
		}
		c.clock.Set(o.Until.Add(-1))
		c.wake()
		if l := c.lead("Anna"); l.Stage != "sql" {
			t.Errorf("%+v", l)
		}
		c.clock.Set(o.Until.Add(time.Minute)) // the floor, at most
		c.wake()
		if l := c.lead("Anna"); l.Stage != "" {
			t.Errorf("%+v", l)
		}
		for _, bad := range []crm.Override{
			{ID: "o2", Lead: "Anna", Stage: "sql", Until: now.Add(1e6 * time.Second)},
			{ID: "o2", Lead: "Anna", Stage: "sql", Reason: "x", Until: c.Now()},
			{ID: "o2", Lead: "Anna", Reason: "x", Until: now.Add(1e6 * time.Second)},
		} {
			if _, err := c.Override(c.ctx, bad); !errors.Is(err, crm.ErrFact) {
				t.Error(bad, err)
			}
		}
	})
}

// What is undone counts no more, also when it is sent again.
func TestUndo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", fit))
		demo := fact("Anna", "d1", "demo", now, nil)
		c.record(demo)
		l := c.lead("Anna")
		if l.Stage != "mql" {
			t.Fatalf("%+v", l)
		}
		for range 2 {
			must[crm.Recorded](t)(c.Undo(c.ctx, "Anna", l.History[0].Seq))
			c.record(demo)
		}
		l = c.lead("Anna")
		if l.Stage != "" || len(l.Activities) != 0 || len(l.History) != 1 || l.History[0].Undone.IsZero() || l.Version != 3 {
			t.Errorf("%+v", l)
		}
		if _, err := c.Undo(c.ctx, "Anna", 999); !errors.Is(err, crm.ErrNotFound) {
			t.Error(err)
		}
		if _, err := c.Undo(c.ctx, "nobody", 1); !errors.Is(err, crm.ErrNotFound) {
			t.Error(err)
		}
	})
}

// Two leads become one; what arrives for the one that is gone counts to the other.
func TestMerge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", map[string]any{"employees": 1200, "industry": "logistics", "title": "COO"}))
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "A. Smith", map[string]any{"employees": 20, "email_verified": true}))
		demo, override := fact("A. Smith", "d1", "demo", now, nil), fact("A. Smith", "o1", "override", now.Add(-time.Hour), map[string]any{"stage": "sql", "reason": "r", "until": "2026-12-01"})
		c.record(demo, override, fact("Anna", "d1", "demo", now.Add(-48*time.Hour), nil))

		conflicts, r, err := c.Merge(c.ctx, "Anna", []string{"A. Smith"}, nil)
		if err != nil || len(conflicts) != 1 || conflicts[0].Key != "employees" || len(r.Moves) != 0 {
			t.Fatal(conflicts, r, err)
		}
		if l := c.lead("A. Smith"); l.ID != "A. Smith" || l.Stage != "sql" {
			t.Fatalf("%+v", l)
		}
		conflicts, r, err = c.Merge(c.ctx, "Anna", []string{"A. Smith"}, map[string]string{"employees": "Anna"})
		if err != nil || len(conflicts) != 0 || r.Stored != 1 || len(r.Moves) != 2 {
			t.Fatal(conflicts, r, err)
		}
		l := c.lead("A. Smith")
		if l.ID != "Anna" || l.Stage != "sql" || fmt.Sprint(l.Profile["employees"]) != "1200" || l.Profile["email_verified"] != true ||
			len(l.Activities) != 3 || !slices.Equal(l.Merged, []string{"A. Smith"}) {
			t.Errorf("%+v", l)
		}
		if r := c.record(demo); r.Duplicates != 1 {
			t.Error(r)
		}
		if r := c.record(fact("A. Smith", "w1", "webinar", now, nil)); r.Stored != 1 {
			t.Error(r)
		}
		if l := c.lead("Anna"); len(l.Activities) != 4 {
			t.Errorf("%+v", l)
		}
		// Once more changes nothing; and a chain of merges ends at its last lead.
		if _, r, err := c.Merge(c.ctx, "Anna", []string{"A. Smith"}, nil); err != nil || r.Stored != 0 {
			t.Error(r, err)
		}
		c.record(fact("Chloé", "w2", "webinar", now, nil))
		if conflicts, _, err := c.Merge(c.ctx, "Chloé", []string{"Anna"}, nil); err != nil || len(conflicts) != 0 {
			t.Error(conflicts, err)
		}
		if l := c.lead("A. Smith"); l.ID != "Chloé" || len(l.Activities) != 5 || l.Stage != "sql" {
			t.Errorf("%+v", l)
		}
		if page := must[crm.Page](t)(c.List(c.ctx, crm.Query{})); page.Total != 1 {
			t.Error(page)
		}
	})
}

// A merge that was wrong is undone: each lead has its own activities and stage again.
func TestSeparate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", map[string]any{"title": "COO"}))
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Bo", fit))
		c.clock.Set(now.Add(time.Hour))
		c.record(fact("Anna", "1", "page_view", now, nil), fact("Bo", "2", "demo", now, nil))
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Chloé", nil))
		if conflicts, _, err := c.Merge(c.ctx, "Bo", []string{"Chloé"}, nil); err != nil || len(conflicts) > 0 {
			t.Fatal(conflicts, err)
		}
		if conflicts, _, err := c.Merge(c.ctx, "Anna", []string{"Bo"}, nil); err != nil || len(conflicts) > 0 {
			t.Fatal(conflicts, err)
		}
		c.record(fact("Bo", "3", "webinar", now, nil))
		if l := c.lead("Anna"); l.Stage != "mql" || len(l.Activities) != 3 || !slices.Equal(l.Merged, []string{"Bo", "Chloé"}) {
			t.Fatalf("%+v", l)
		}
		for n, want := range []int{1, 0} {
			if r := must[crm.Recorded](t)(c.Separate(c.ctx, "Bo")); r.Stored != want || len(r.Moves) != 2*want {
				t.Errorf("time %d: %+v", n+1, r)
			}
		}
		if l := c.lead("Anna"); l.Stage != "" || len(l.Activities) != 1 || !slices.Equal(l.Merged, []string{"Chloé"}) || l.Profile["email_verified"] != true {
			t.Errorf("%+v", l)
		}
		if l := c.lead("Bo"); l.ID != "Bo" || l.Stage != "mql" || !l.StageSince.Equal(now) || len(l.Activities) != 2 || len(l.Merged) != 0 || l.Due.IsZero() {
			t.Errorf("%+v", l)
		}
		if r := c.record(fact("Bo", "2", "demo", now, nil)); r.Duplicates != 1 {
			t.Error(r)
		}
		if _, err := c.Separate(c.ctx, "nobody"); !errors.Is(err, crm.ErrNotFound) {
			t.Error(err)
		}
		if page := must[crm.Page](t)(c.List(c.ctx, crm.Query{Search: "bo"})); page.Total != 1 {
			t.Error(page)
		}
	})
}

// A fact that comes late is dated as it happened; a clock that steps back changes nothing
// that was decided.
func TestClockStepsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Anna", fit))
		c.clock.Set(now.Add(2 * time.Hour))
		c.record(fact("Anna", "d1", "demo", now.Add(time.Hour), nil))
		before := c.lead("Anna")
		c.clock.Set(now.Add(-24 * time.Hour))
		if n := c.wake(); n != 0 {
			t.Error(n)
		}
		c.record(fact("Anna", "p1", "page_view", now.Add(-24*time.Hour), nil))
		after := c.lead("Anna")
		if !after.At.Equal(before.At) || after.Stage != "mql" || after.Version != before.Version+1 || after.Due.Before(before.At) {
			t.Errorf("%+v\n%+v", before, after)
		}
		a := must[qualify.Assessment](t)(c.Assess(c.ctx, after))
		if !a.At.Equal(before.At) || a.Verdict.Stage != "mql" {
			t.Error(a)
		}
	})
}

// What cannot be stored is refused before anything is.
func TestRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		long := string(make([]byte, 401))
		for name, f := range map[string]crm.Fact{
			"no lead": fact(" ", "1", "demo", now, nil), "long": fact("Anna", long, "demo", now, nil), "zero": fact("Anna", "a\x00", "demo", now, nil),
			"no address": fact("..", "1", "demo", now, nil), "no UTF-8": fact("Anna\xff", "1", "demo", now, nil),
			"no JSON": fact("Anna", "1", "demo", now, map[string]any{"f": func() {}}),
		} {
			if r, err := c.Record(c.ctx, fact("Bo", "1", "demo", now, nil), f); !errors.Is(err, crm.ErrFact) || r.Stored != 0 {
				t.Error(name, r, err)
			}
		}
		if _, err := c.Lead(c.ctx, "Bo"); !errors.Is(err, crm.ErrNotFound) {
			t.Error(err)
		}
		// And what looks odd, but can be stored, comes back as it was.
		odd := fact("Löwe '); DROP TABLE leads --", "%_\\", "a\nb", time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), map[string]any{"path": "\x00", "n": 9007199254740993})
		c.record(odd, fact(odd.Lead, "2", "x", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), nil), fact(odd.Lead, "3", "x", now.Add(1), nil))
		l := c.lead(odd.Lead)
		if len(l.History) != 3 || fmt.Sprint(l.History[2].Props["n"]) != "9007199254740993" || l.History[2].Props["path"] != "\x00" || l.History[2].ID != odd.Activity.ID {
			t.Errorf("%+v", l.History)
		}
		if !l.History[1].At.Equal(now.Add(1)) || l.History[0].At.Year() != 2262 {
			t.Errorf("%+v", l.History)
		}
	})
}

// The list is ranked, filtered and paged.
func TestList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		for i := range 7 {
			id := fmt.Sprintf("L%d_", i)
			must[crm.Recorded](t)(c.SetAttributes(c.ctx, id, fit))
			if i%2 == 0 {
				c.record(fact(id, id, "demo", now.Add(-time.Duration(i)*24*time.Hour), nil))
			}
		}
		ids := func(q crm.Query) (list []string) {
			t.Helper()
			for _, row := range must[crm.Page](t)(c.List(c.ctx, q)).Leads {
				list = append(list, row.Lead.ID)
			}
			return list
		}
		for _, test := range []struct {
			q    crm.Query
			want []string
		}{
			{crm.Query{Size: 3}, []string{"L0_", "L2_", "L4_"}},
			{crm.Query{Size: 3, Page: 2}, []string{"L6_", "L1_", "L3_"}},
			{crm.Query{Size: 3, Page: 99}, []string{"L5_"}},
			{crm.Query{Stage: "mql"}, []string{"L0_", "L2_", "L4_", "L6_"}},
			{crm.Query{Stage: "none"}, []string{"L1_", "L3_", "L5_"}},
			{crm.Query{Stage: "sql"}, nil},
			{crm.Query{Search: "l3_"}, []string{"L3_"}},
			{crm.Query{Search: "%"}, nil},
			{crm.Query{Search: "_", Stage: "none", Size: 2, Page: 2}, []string{"L5_"}},
		} {
			if got := ids(test.q); !slices.Equal(got, test.want) {
				t.Errorf("%+v: %q, want %q", test.q, got, test.want)
			}
		}
	})
}

// Nothing is left of a lead that was erased, nor of one that had become it.
func TestErase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		override := map[string]any{"stage": "sql", "reason": "r", "until": "2026-12-01"}
		c.record(fact("Anna", "o1", "override", now.Add(-2), override), fact("A. Smith", "o1", "override", now.Add(-1), override), fact("Bo", "o1", "override", now, override))
		if _, _, err := c.Merge(c.ctx, "Anna", []string{"A. Smith"}, nil); err != nil {
			t.Fatal(err)
		}
		if erased := must[[]string](t)(c.Erase(c.ctx, "A. Smith")); !slices.Equal(erased, []string{"A. Smith", "Anna"}) {
			t.Error(erased)
		}
		for _, id := range []string{"Anna", "A. Smith"} {
			if _, err := c.Lead(c.ctx, id); !errors.Is(err, crm.ErrNotFound) {
				t.Error(err)
			}
			history, err := c.db.History(c.ctx, id)
			verdicts := must[[]crm.Verdict](t)(c.Verdicts(c.ctx, id))
			if err != nil || len(history)+len(verdicts) > 0 {
				t.Error(err, history, verdicts)
			}
			// The one event that is left tells others to erase it.
			if events := must[[]crm.Event](t)(c.Events(c.ctx, id)); len(events) != 1 || events[0] != (crm.Event{Lead: id, At: now, Move: "erase", Policy: 1}) {
				t.Error(events)
			}
		}
		if _, err := c.Erase(c.ctx, "Anna"); !errors.Is(err, crm.ErrNotFound) {
			t.Error(err)
		}
		if l := c.lead("Bo"); l.Stage != "sql" || len(l.Activities) != 1 {
			t.Errorf("%+v", l)
		}
		if n := must[int](t)(c.Deliver(c.ctx, sinkOf(t))); n != 6 { // three entries, a merge, and two that tell of it
			t.Error(n)
		}
		// A fact that comes later makes the lead anew.
		c.record(fact("Anna", "o1", "override", now, override))
		if l := c.lead("Anna"); l.Version != 1 || l.Stage != "sql" || len(l.Activities) != 1 || len(l.Merged) != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// A search finds letters of any language whatever their case, in both databases.
func TestSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Ü1", map[string]any{"name": "Søren Ærø", "company": "Żuraw 100 %"}))
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Bo", map[string]any{"name": 7, "company": "x_y"}))
		for search, want := range map[string]int{
			"SØREN": 1, "søren": 1, "ærø": 1, "żURAW": 1, "ü1": 1, "Ü1": 1, "00 %": 1, "%": 1, "_": 1, "BO": 1, "": 2, "soren": 0, "7": 0, "!": 0, "Søren Żuraw": 0,
		} {
			if page := must[crm.Page](t)(c.List(c.ctx, crm.Query{Search: search})); page.Total != want || len(page.Leads) != want {
				t.Errorf("%q finds %d leads; want %d", search, page.Total, want)
			}
		}
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, "Ü1", map[string]any{"name": "Sören"}))
		if page := must[crm.Page](t)(c.List(c.ctx, crm.Query{Search: "SØREN"})); page.Total != 0 {
			t.Error("it finds what the lead was called before")
		}
	})
}

// An import that has a lead twice, or two leads that have become one, does the same each time: the later one counts.
func TestImportTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.Import(c.ctx, qualify.Lead{ID: "B", Profile: map[string]any{"title": "COO", "need": "x"}}, qualify.Lead{ID: "B", Profile: map[string]any{"title": "CTO"}}, qualify.Lead{ID: "A"}))
		if p := c.lead("B").Profile; p["title"] != "CTO" || p["need"] != "x" {
			t.Error(p)
		}
		if _, _, err := c.Merge(c.ctx, "A", []string{"B"}, nil); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			must[crm.Recorded](t)(c.Import(c.ctx, qualify.Lead{ID: "B", Profile: map[string]any{"title": "of B"}}, qualify.Lead{ID: "A", Profile: map[string]any{"title": "of A"}}))
			if p := c.lead("A").Profile; p["title"] != "of B" {
				t.Fatal(p)
			}
		}
	})
}

// A worker that cannot wake a lead, since somebody wrote nonsense into the database, delivers events all the same.
func TestWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		must[crm.Recorded](t)(c.Override(c.ctx, crm.Override{ID: "o1", Lead: "Anna", Stage: "sql", Reason: "r", Until: now.Add(time.Hour)}))
		if err := c.db.Write(c.ctx, func(tx *store.Tx) error {
			leads, err := tx.Lock([]string{"Bo"}, true)
			if err != nil {
				return err
			}
			bo := *leads["Bo"]
			bo.Version, bo.Policy, bo.Profile, bo.Due = 1, 1, "{", store.Instant(now)
			return tx.Save([]store.Lead{bo})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Wake(c.ctx, 10); err == nil {
			t.Fatal("the lead can be read")
		}
		ctx, stop := context.WithTimeout(c.ctx, time.Minute)
		defer stop()
		sink := sinkOf(t)
		done := make(chan struct{})
		go func() {
			c.Work(ctx, sink, time.Millisecond)
			close(done)
		}()
		for must[int64](t)(sink.Last(ctx)) == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		if ctx.Err() != nil {
			t.Error("no event left")
		}
		stop()
		<-done
	})
}
