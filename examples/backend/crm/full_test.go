package crm_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
)

// On a disk that is full, facts are refused as a whole, what is there can be read, and all goes on when
// there is room again.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no small file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, filepath.Join(dir, "crm.db"))
	sink, err := crm.OpenFileSink(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()

	var all, stored []crm.Fact
	profiles := map[string]map[string]any{}
	full := 0
	for i := range 40 {
		id := fmt.Sprint("L", i)
		must[crm.Recorded](t)(c.SetAttributes(c.ctx, id, fit))
		profiles[id] = map[string]any{"employees": 1200.0, "industry": "logistics", "title": "COO", "email_verified": true}
	}
	for i := range 1000 {
		id := fmt.Sprint("L", i%40)
		f := fact(id, fmt.Sprint(i), "webinar", now.Add(-time.Duration(i)*time.Hour), map[string]any{"path": strings.Repeat("x", 10_000)})
		all = append(all, f)
		switch r, err := c.Record(c.ctx, f); {
		case err == nil && r.Stored == 1:
			stored = append(stored, f)
		case err != nil:
			full++
		}
		if full > 20 {
			break
		}
		if i%10 == 0 {
			c.Deliver(c.ctx, sink) // may fail, too
		}
	}
	if full == 0 || len(stored) < 40 {
		t.Fatalf("%d refused, %d stored", full, len(stored))
	}
	if l := c.lead("L0"); l.Version < 2 {
		t.Error(l.Version)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for _, f := range all { // those that were refused, and again those that were not
		if _, err := c.Record(c.ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	must[int](t)(c.Deliver(c.ctx, sink))
	if err := crmtest.Audit(c.ctx, c.db, all, profiles, eventsIn(t, filepath.Join(dir, "events.jsonl"))); err != nil {
		t.Error(err)
	}
}

// eventsIn reads the file of a sink.
func eventsIn(t *testing.T, name string) []crm.Event {
	t.Helper()
	events, err := crmtest.ReadEvents(name)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// A sink's file is cut behind its last whole line, and goes on from there.
func TestFileSink(t *testing.T) {
	name := filepath.Join(t.TempDir(), "events")
	deliver := func(events ...crm.Event) int64 {
		sink, err := crm.OpenFileSink(name)
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		if err := sink.Deliver(context.Background(), events); err != nil {
			t.Fatal(err)
		}
		return must[int64](t)(sink.Last(context.Background()))
	}
	if last := deliver(); last != 0 {
		t.Error(last)
	}
	if last := deliver(crm.Event{Number: 1}, crm.Event{Number: 2}); last != 2 {
		t.Error(last)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(name, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		deliver(crm.Event{Number: 1}, crm.Event{Number: 2})
		deliver(crm.Event{Number: 2}, crm.Event{Number: 3})
		events := eventsIn(t, name)
		if len(events) != 3 || events[0].Number != 1 || events[1].Number != 2 || events[2].Number != 3 {
			t.Fatalf("cut by %d: %v", cut, events)
		}
	}
	if err := os.WriteFile(name, []byte("no event\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := crm.OpenFileSink(name); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
