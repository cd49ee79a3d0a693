package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// restart starts a server again, where it was.
func restart(t *testing.T, folder, address string) *server.Server {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	s, err := embedded(folder, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The server is restarted again and again while a worker works.
func TestServerRestarted(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	document := file(t, "../sample/policy.json")
	model, err := compile(document)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	s, err := embedded(folder, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	b := client(t, s.ClientURL(), document)
	all := sampleFacts(t, random, 40, 12)
	tell(t, b, all)
	w := rehearsing(client(t, s.ClientURL(), document))
	w.wait = redelivery
	work(t, w)
	for n := 0; n < partitions; { // a worker that cannot start ends
		if _, err := b.js.Consumer(t.Context(), leadStream, fmt.Sprintf("partition-%d", n)); err == nil {
			n++
		} else if err := pause(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		address := s.Addr().String()
		s.Shutdown()
		s.WaitForShutdown()
		s = restart(t, folder, address)
	}
	finish(t, b)
	compareChanges(t, naive(t, model, rehearsal, all), changesOf(t, b))
}

// One, two and four workers at once find the same, and all of them work.
func TestWorkers(t *testing.T) {
	t.Parallel()
	document := file(t, "../sample/policy.json")
	model, err := compile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 4} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(11, uint64(n)))
			url := start(t)
			b := client(t, url, document)
			all := twice(random, sampleFacts(t, random, 40, 12))
			var workers []*worker
			var counts []*mortal
			for range n {
				w, m := rehearsing(client(t, url, document)), new(mortal)
				w.states = mortalBucket{w.states, m}
				workers, counts = append(workers, w), append(counts, m)
			}
			stop := work(t, workers...)
			tell(t, b, all)
			finish(t, b)
			stop()
			compareChanges(t, naive(t, model, rehearsal, all), changesOf(t, b))
			for i, m := range counts {
				if m.calls == 0 {
					t.Errorf("worker %d had nothing to do", i)
				}
			}
		})
	}
}

// A worker that is stopped in order hands its messages over: nobody waits for them to come again.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(19, 20))
	url := start(t)
	document := file(t, "../sample/policy.json")
	b := client(t, url, document)
	all := sampleFacts(t, random, 60, 8)
	tell(t, b, all)
	for range 5 {
		w := rehearsing(client(t, url, document))
		w.wait = time.Hour
		stop := work(t, w)
		time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
		stop()
	}
	w := rehearsing(b)
	w.wait = time.Hour
	work(t, w)
	finish(t, b)
}

// Many workers that have facts of one lead at the same moment lose none of them.
func TestConflicts(t *testing.T) {
	t.Parallel()
	url := start(t)
	document := policy(25, 50)
	b := client(t, url, document)
	const workers, each = 8, 5
	base := time.Now().UTC().Add(-time.Hour)
	done := make(chan error)
	for n := range workers {
		w := newWorker(client(t, url, document))
		if _, err := w.policies.current(t.Context()); err != nil {
			t.Fatal(err)
		}
		go func() {
			var err error
			for i := 0; err == nil && i < each; i++ {
				f := activity(fmt.Sprint(n, ".", i), []string{"webinar", "demo"}[i%2], base.Add(time.Duration(n*each+i)*time.Minute))
				for err = errAgain; errors.Is(err, errAgain); { // as a message comes again
					err = w.apply(t.Context(), "Anna", &f, base.Add(time.Hour))
				}
			}
			done <- err
		}()
	}
	for range workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s := stateOf(t, b, "Anna")
	if n := len(s.Facts.Activities); n != workers*each {
		t.Errorf("the lead has %d activities, want %d", n, workers*each)
	}
	all := changesOf(t, b)
	chained(t, all)
	if diff := cmp.Diff(s.Change, all[len(all)-1]); diff != "" {
		t.Errorf("the last change is not that of the state (-state +stream):\n%s", diff)
	}
	if again := *s; true {
		model, err := compile(document)
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := again.assess(model, "Anna", s.At); changed || err != nil {
			t.Errorf("the stage is not that of all facts: %v, %v", again.Change, err)
		}
	}
}

// overtaken is a stream in which something happens after a worker has looked at it.
type overtaken struct {
	jetstream.Stream
	meanwhile func()
}

func (o overtaken) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := o.Stream.GetLastMsgForSubject(ctx, subject)
	o.meanwhile()
	return m, err
}

// A change that another worker announces at the same moment is in the stream once.
func TestAnnouncedOnce(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	for n := range uint64(3) {
		c := change{Lead: "Anna", Number: n + 1}
		slow := *b
		slow.verdicts = overtaken{b.verdicts, func() {
			if err := b.announce(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}}
		if err := slow.announce(t.Context(), c); err == nil {
			t.Error("the slow worker announced it, too")
		}
		if err := slow.announce(t.Context(), c); err != nil { // as the message comes again
			t.Error(err)
		}
		if n := len(changesOf(t, b)); n != int(c.Number) {
			t.Errorf("there are %d changes, want %d", n, c.Number)
		}
	}
}

// What is no fact is set aside with a reason, and nothing of what it holds; the facts after it
// go on.
func TestPoison(t *testing.T) {
	t.Parallel()
	url := start(t)
	document := policy(25, 50)
	b := client(t, url, document)
	const secret = "anna@example.org"
	key, err := token(secret)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ subject, body, reason string }{
		{key, `{"profile": {"email": "` + secret + `"`, "it is no fact"},
		{key, "", "it is no fact"},
		{key, `["` + secret + `"]`, "it is no fact"},
		{key, "null", "neither a profile nor an activity"},
		{key, `{"activity": {"id": "1"}}`, "neither a profile nor an activity"},
		{key, `{"profile": {"email": "` + secret + `"}}`, "the profile has no date"},
		{key, `{"at": "yesterday", "profile": {}}`, "it is no fact"},
		{key, `{"activities": [{"type": "demo", "at": "2026-11-01T09:00:00Z"}]}`, "no object with an id and a type"},
		{key, `{"activities": [{"id": "1", "type": "demo"}, {"id": "` + secret + `"}]}`, "no object with an id and a type"},
		{key, `{"activities": ["` + secret + `"]}`, "no object with an id and a type"},
		{key, `{"activities": [` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `]}`, "it is no fact"},
		{"no+token", `{"at": "2026-11-01T09:00:00Z", "profile": {}}`, "the subject ends with no lead"},
		{key[:len(key)-1], `{"at": "2026-11-01T09:00:00Z", "profile": {}}`, "the subject ends with no lead"},
	}
	for _, c := range cases {
		if _, err := b.js.Publish(t.Context(), facts+c.subject, []byte(c.body)); err != nil {
			t.Fatal(err)
		}
	}
	tell(t, b, []told{{secret, activity("1", "webinar", time.Now().UTC())}})
	if _, err := b.js.Publish(t.Context(), facts+key, make([]byte, maxFact+1)); !strings.Contains(fmt.Sprint(err), "maximum") {
		t.Errorf("a fact that is too large: %v", err)
	}
	work(t, newWorker(b))
	finish(t, b)

	set := rejects(t, b)
	if len(set) != len(cases) {
		t.Fatalf("%d messages are set aside, want %d: %v", len(set), len(cases), set)
	}
	bySequence := map[uint64]reject{}
	for _, r := range set {
		bySequence[r.Sequence] = r
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), secret) || strings.Contains(string(raw), key) {
			t.Errorf("this names the lead: %s", raw)
		}
	}
	for i, c := range cases {
		if r := bySequence[uint64(i+1)]; !strings.Contains(r.Reason, c.reason) || r.Bytes != len(c.body) {
			t.Errorf("%.60s is set aside because %q with %d bytes, want %q", c.body, r.Reason, r.Bytes, c.reason)
		}
	}
	if all := changesOf(t, b); len(all) != 1 || all[0].Stage != "mql" {
		t.Errorf("after all that, the changes are %v", all)
	}
}

// A lead whose state is too large for a message takes no more facts, and keeps its stage.
func TestFullLead(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	base := time.Now().UTC().Add(-time.Hour)
	long := strings.Repeat("x", 60<<10)
	var all []told
	for i := range maxState/len(long) + 2 {
		all = append(all, told{"Anna", fact{Activities: []json.RawMessage{fmt.Appendf(nil,
			`{"id": "%d", "type": "webinar", "at": "%s", "props": {"note": "%s"}}`, i, base.Format(time.RFC3339), long)}}})
	}
	tell(t, b, all)
	work(t, newWorker(b))
	finish(t, b)
	set, s := rejects(t, b), stateOf(t, b, "Anna")
	if len(set) == 0 || len(s.Facts.Activities)+len(set) != len(all) || s.Change.Stage != "sql" {
		t.Errorf("of %d activities, %d are set aside and %d kept; the stage is %q", len(all), len(set), len(s.Facts.Activities), s.Change.Stage)
	}
	for _, r := range set {
		if !strings.Contains(r.Reason, "bytes") {
			t.Error(r.Reason)
		}
	}
}

// A message that is set aside twice, because a worker was killed in between, is told once.
func TestRejectOnce(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	w := newWorker(b)
	if _, err := b.js.Publish(t.Context(), facts+"QW5uYQ", []byte("?")); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for n := range partitions {
		consumer, err := w.partition(t.Context(), n, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := consumer.FetchNoWait(1)
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			seen++
			for range 2 {
				r := rejection("")
				if err := w.handle(t.Context(), m); !errors.As(err, &r) {
					t.Fatal(err)
				}
				if err := w.reject(t.Context(), m, r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := len(rejects(t, b)); seen != 1 || n != 1 {
		t.Errorf("%d messages, and %d were set aside", seen, n)
	}
}

// What an operator changed stays when a worker starts.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	url := start(t)
	b := client(t, url, policy(25, 50))
	if _, err := b.partition(t.Context(), 0, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := b.js.UpdateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: stateBucket, Compression: true, Description: "ours"}); err != nil {
		t.Fatal(err)
	}
	config := b.verdicts.CachedInfo().Config
	config.Description = "ours"
	if _, err := b.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	again := client(t, url, policy(25, 50))
	if got := again.verdicts.CachedInfo().Config.Description; got != "ours" {
		t.Errorf("the stream is described as %q", got)
	}
	status, err := again.states.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := status.Config().Description; got != "ours" {
		t.Errorf("the bucket is described as %q", got)
	}
	consumer, err := again.partition(t.Context(), 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := consumer.CachedInfo().Config.AckWait; got != time.Minute {
		t.Errorf("the consumer waits for %v", got)
	}
}

// A lead that is purged as README.md says is gone, and a wake-up that was on its way does not bring it back.
func TestForget(t *testing.T) {
	t.Parallel()
	b := client(t, start(t), policy(25, 50))
	stop := work(t, newWorker(b))
	tell(t, b, []told{{"Anna", activity("1", "webinar", time.Now().UTC())}, {"Bo", activity("2", "webinar", time.Now().UTC())}})
	finish(t, b)
	leads, err := b.js.Stream(t.Context(), leadStream)
	if err != nil {
		t.Fatal(err)
	}
	key, err := token("Anna")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{facts, due, wakes} {
		if err := leads.Purge(t.Context(), jetstream.WithPurgeSubject(subject+"*."+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.verdicts.Purge(t.Context(), jetstream.WithPurgeSubject(verdicts+key)); err != nil {
		t.Fatal(err)
	}
	if err := b.states.Purge(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := b.js.Publish(t.Context(), due+key, nil); err != nil {
		t.Fatal(err)
	}
	finish(t, b)
	stop()
	if s := stateOf(t, b, "Anna"); s.Fingerprint != "" || len(s.Facts.Activities) > 0 {
		t.Errorf("there still is %+v", s)
	}
	if all := changesOfLast(t, b); len(all) != 1 || all["Bo"] != "mql" {
		t.Errorf("the changes are %v", all)
	}
}

// changesOfLast gives the stage of each lead by its last change, also if changes were purged.
func changesOfLast(t *testing.T, b *broker) map[string]string {
	t.Helper()
	info, err := b.verdicts.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]string{}
	for subject := range info.State.Subjects {
		m, err := b.verdicts.GetLastMsgForSubject(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		var c change
		if err := json.Unmarshal(m.Data, &c); err != nil {
			t.Fatal(err)
		}
		stages[c.Lead] = c.Stage
	}
	return stages
}
