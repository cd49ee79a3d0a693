package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/qualify-go/qualify"
)

// rehearsal is the instant of the assessments where the clock stands still: that of the sample.
var rehearsal = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// redelivery is how soon a message comes again that a worker did not finish.
const redelivery = time.Second

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what must wait is told, and here that is wanted
	if url := os.Getenv("STREAM_WORKER"); url != "" {
		if err := workUntilKilled(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("STREAM_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// workUntilKilled is the process that tests kill.
func workUntilKilled(url string) error {
	ctx := context.Background()
	b, disconnect, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer disconnect()
	w := rehearsing(b)
	w.wait = redelivery
	return w.run(ctx)
}

func rehearsing(b *broker) *worker {
	w := newWorker(b)
	w.at = rehearsal
	return w
}

// start starts a server and gives its URL.
func start(t testing.TB) string {
	t.Helper()
	s, err := embedded(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s.ClientURL()
}

// client gives a connection to a server, with a policy in force.
func client(t testing.TB, url string, document []byte) *broker {
	t.Helper()
	b, disconnect, err := connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(disconnect)
	if err := b.release(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	return b
}

// work runs workers until the function is called that it gives, or the test ends.
func work(t testing.TB, workers ...*worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	for _, w := range workers {
		go func() { done <- w.run(ctx) }()
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		for range workers {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// finish waits until the workers have done all that was published.
func finish(t testing.TB, b *broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	if err := b.finish(ctx); err != nil {
		t.Fatal(err)
	}
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A told is a fact of a lead, as it is published.
type told struct {
	lead string
	fact
}

func tell(t testing.TB, b *broker, all []told) {
	t.Helper()
	n, err := b.send(t.Context(), func(yield func(*nats.Msg, error) bool) {
		for _, f := range all {
			key, err := token(f.lead)
			body, marshalErr := json.Marshal(f.fact)
			if !yield(&nats.Msg{Subject: facts + key, Data: body}, errors.Join(err, marshalErr)) {
				return
			}
		}
	})
	if err != nil || n != len(all) {
		t.Fatalf("%d of %d facts were stored: %v", n, len(all), err)
	}
}

// changesOf gives all changes in the stream.
func changesOf(t testing.TB, b *broker) []change {
	t.Helper()
	info, err := b.verdicts.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []change
	for sequence := uint64(1); sequence <= info.State.LastSeq; sequence++ {
		m, err := b.verdicts.GetMsg(t.Context(), sequence)
		if err != nil {
			t.Fatal(err)
		}
		var c change
		if err := json.Unmarshal(m.Data, &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// byLead gives the changes of each lead.
func byLead(all []change) map[string][]change {
	of := map[string][]change{}
	for _, c := range all {
		of[c.Lead] = append(of[c.Lead], c)
	}
	return of
}

// rejects gives all that was set aside.
func rejects(t *testing.T, b *broker) []reject {
	t.Helper()
	stream, err := b.js.Stream(t.Context(), rejectStream)
	if err != nil {
		t.Fatal(err)
	}
	var all []reject
	for sequence := uint64(1); sequence <= stream.CachedInfo().State.LastSeq; sequence++ {
		m, err := stream.GetMsg(t.Context(), sequence)
		if err != nil {
			t.Fatal(err)
		}
		var r reject
		if err := json.Unmarshal(m.Data, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// stateOf gives the state of a lead.
func stateOf(t testing.TB, b *broker, lead string) *state {
	t.Helper()
	s, _, err := newWorker(b).load(t.Context(), lead)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// naive says by the library alone what changes a worker must find: the lead's facts, one after the
// other as they are in the stream, and a replay of all that is known after each.
func naive(t *testing.T, model *qualify.Model, at time.Time, all []told) map[string][]change {
	t.Helper()
	type known struct {
		profile    map[string]json.RawMessage
		read       map[string]time.Time
		activities []json.RawMessage
	}
	leads := map[string]*known{}
	found := map[string][]change{}
	for _, f := range all {
		k := leads[f.lead]
		if k == nil {
			k = &known{profile: map[string]json.RawMessage{}, read: map[string]time.Time{}}
			leads[f.lead] = k
		}
		for name, value := range f.Profile {
			if !f.At.Before(k.read[name]) { // no test reads two values at one instant
				k.profile[name], k.read[name] = value, f.At
			}
		}
		k.activities = append(k.activities, f.Activities...) // twice, too: the library tells
		document, err := json.Marshal(map[string]any{"id": f.lead, "profile": k.profile, "activities": k.activities})
		if err != nil {
			t.Fatal(err)
		}
		lead, err := model.ParseLead(document)
		if err != nil {
			t.Fatal(err)
		}
		r, err := model.Replay(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		lead.Stage, lead.StageSince = r.Stage, r.Since
		a, err := model.Assess(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		var last change
		of := found[f.lead]
		if len(of) > 0 {
			last = of[len(of)-1]
		}
		if r.Stage != last.Stage || !r.Since.Equal(last.Since) {
			found[f.lead] = append(of, change{
				Lead: f.lead, Number: uint64(len(of) + 1), At: at, Stage: r.Stage, Since: r.Since,
				From: last.Stage, FromSince: last.Since, Points: a.Score.Points,
				Policy: a.Policy, Version: a.Version, Fingerprint: a.Fingerprint,
			})
		}
	}
	return found
}

// compareChanges compares the changes in the stream with those that there must be.
func compareChanges(t *testing.T, want map[string][]change, got []change) {
	t.Helper()
	if diff := cmp.Diff(want, byLead(got)); diff != "" {
		t.Errorf("the stream has other changes (-naive +stream):\n%s", diff)
	}
}

// sampleFacts gives the facts of so many leads of the sample, with at most so many
// activities each, several in one message now and then, in any order.
func sampleFacts(t *testing.T, random *rand.Rand, leads, activities int) []told {
	t.Helper()
	f, err := os.Open("../sample/leads.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []told
	n := 0
	for l, err := range readLeads(f) {
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Activities) > activities {
			continue
		}
		if n++; n > leads {
			break
		}
		parts := l.split(rehearsal.AddDate(0, 0, -1))
		for len(parts) > 0 {
			together := min(1+random.IntN(2)*random.IntN(1+len(l.Activities)/4), len(parts))
			message := told{lead: l.ID}
			for _, p := range parts[:together] {
				if p.Profile != nil {
					message.At, message.Profile = p.At, p.Profile
				}
				message.Activities = append(message.Activities, p.Activities...)
			}
			all, parts = append(all, message), parts[together:]
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// twice gives each fact twice, shuffled.
func twice(random *rand.Rand, all []told) []told {
	all = slices.Concat(all, all)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}
