package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A new policy reaches all leads: by the wake-ups that settle asks for, also in a worker that did not
// notice. It can be taken back.
func TestRelease(t *testing.T) {
	t.Parallel()
	url := start(t)
	first, second := policy(25, 50), policy(31, 50)
	b := client(t, url, first)
	old := newWorker(client(t, url, first))
	stop := work(t, old)
	base := time.Now().UTC().Add(-time.Hour)
	var all []told
	for i := range 30 {
		all = append(all, told{fmt.Sprint("lead ", i), activity("1", "webinar", base)})
	}
	tell(t, b, all)
	finish(t, b)

	for n, document := range [][]byte{second, first} {
		next := newWorker(client(t, url, document)) // it releases the policy
		stopNext := work(t, next)
		model, err := compile(document)
		if err != nil {
			t.Fatal(err)
		}
		settled := func() bool {
			entry, err := b.policies.Get(t.Context(), settledKey)
			return err == nil && string(entry.Value()) == model.Fingerprint()
		}
		for !settled() {
			if err := pause(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		finish(t, b)
		stopNext()
		want := []string{"", "mql"}[n]
		for _, f := range all {
			if s := stateOf(t, b, f.lead); s.Fingerprint != model.Fingerprint() || s.Change.Stage != want {
				t.Errorf("%s is in %q, want %q by the new policy", f.lead, s.Change.Stage, want)
			}
		}
		if got, err := old.policies.current(t.Context()); err != nil || got.Fingerprint() != model.Fingerprint() {
			t.Errorf("the old worker has another policy: %v", err)
		}
	}
	stop()
	changes := changesOf(t, b)
	chained(t, changes)
	if len(changes) != 3*len(all) {
		t.Errorf("%d leads changed %d times, want thrice each", len(all), len(changes))
	}
}

// A lead that a worker with the old policy stores after settle looked has the new one.
func TestReleaseMeanwhile(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	w := newWorker(b)
	if _, err := w.policies.current(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := policy(31, 50)
	if err := b.release(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	model, err := compile(second)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.settle(t.Context(), model.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	base := time.Now().UTC().Add(-time.Hour)
	f := activity("1", "webinar", base)
	if err := w.apply(t.Context(), "Anna", &f, base.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s := stateOf(t, b, "Anna"); s.Fingerprint != model.Fingerprint() || s.Change.Stage != "" {
		t.Errorf("it is in %q by the policy %s", s.Change.Stage, s.Fingerprint)
	}
	var stages []string
	for _, c := range changesOf(t, b) {
		stages = append(stages, c.Stage)
	}
	if diff := cmp.Diff([]string{"mql", ""}, stages); diff != "" {
		t.Errorf("other changes (-want +got):\n%s", diff)
	}
}

// A worker that did not notice a release does not overwrite a verdict of the new policy.
func TestOldWorker(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	old, next := newWorker(b), newWorker(b)
	if _, err := old.policies.current(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := policy(31, 50)
	if err := b.release(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	model, err := next.policies.current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := time.Now().UTC().Add(-time.Hour)
	for n, w := range []*worker{next, old} {
		f := activity(fmt.Sprint(n), "page", base)
		if err := w.apply(t.Context(), "Anna", &f, base.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if s := stateOf(t, b, "Anna"); s.Fingerprint != model.Fingerprint() || len(s.Facts.Activities) != n+1 {
			t.Errorf("after fact %d it has %d activities, by the policy %s", n, len(s.Facts.Activities), s.Fingerprint)
		}
	}
}

// A worker is killed after it stored a change by the old policy. The change is sent before one by the
// new policy replaces it.
func TestOldWorkerKilled(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	old := newWorker(b)
	if _, err := old.policies.current(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := &mortal{dies: 3} // it has looked the lead up and stored it
	old.broker = mortals(b, m)
	base := time.Now().UTC().Add(-time.Hour)
	f := activity("1", "webinar", base)
	if err := old.apply(t.Context(), "Anna", &f, base.Add(time.Minute)); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	if s, all := stateOf(t, b, "Anna"), changesOf(t, b); s.Change.Number != 1 || len(all) > 0 {
		t.Fatalf("it was killed too early or too late: %+v, %v", s.Change, all)
	}
	if err := b.release(t.Context(), policy(31, 50)); err != nil {
		t.Fatal(err)
	}
	next := newWorker(b)
	if _, err := next.policies.current(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.apply(t.Context(), "Anna", &f, base.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	all := changesOf(t, b)
	chained(t, all)
	if len(all) != 2 || all[0].Stage != "mql" || all[1].Stage != "" {
		t.Errorf("the changes are %v, want to mql and back", all)
	}
}

// The errors of a policy are those of the library; what another version of the library compiled
// differently stops a worker.
func TestPolicyErrors(t *testing.T) {
	t.Parallel()
	b, disconnect, err := connect(t.Context(), start(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(disconnect)
	w := newWorker(b)
	if err := w.run(t.Context()); err == nil || !strings.Contains(err.Error(), "-policy") {
		t.Errorf("without a policy: %v", err)
	}
	if err := b.release(t.Context(), []byte(`{"format": 1, "stages": [{"id": "mql", "enter": "scor() > 1"}]}`)); err == nil || !strings.Contains(err.Error(), "^") {
		t.Errorf("a misspelt policy: %v", err)
	}
	if _, err := b.policies.Put(t.Context(), releasedKey, []byte(`{"fingerprint": "0", "document": `+string(policy(25, 50))+`}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.run(t.Context()); err == nil || !strings.Contains(err.Error(), "same version") {
		t.Errorf("another fingerprint: %v", err)
	}
}
