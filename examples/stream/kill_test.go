package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Two worker processes are killed at random points while facts arrive. The changes are those of
// replays all the same, and a consumer that is stopped now and then has each once.
func TestKilled(t *testing.T) {
	t.Parallel()
	const kills = 32
	random := rand.New(rand.NewPCG(3, 4))
	document := file(t, "../sample/policy.json")
	model, err := compile(document)
	if err != nil {
		t.Fatal(err)
	}
	url := start(t)
	b := client(t, url, document)
	all := twice(random, sampleFacts(t, random, 60, 12))
	seen := consume(t, client(t, url, document))

	process := func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "STREAM_WORKER="+url)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	processes := []*exec.Cmd{process(), process()}
	stop := func(c *exec.Cmd) {
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // it says that it was killed
	}
	told := 0
	for kill := range kills {
		upTo := len(all) * (kill + 1) / kills
		tell(t, b, all[told:upTo])
		told = upTo
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		stop(processes[kill%2])
		processes[kill%2] = process()
	}
	finish(t, b)
	for _, c := range processes {
		stop(c)
	}

	want := naive(t, model, rehearsal, all)
	compareChanges(t, want, changesOf(t, b))
	if diff := cmp.Diff(want, seen()); diff != "" {
		t.Errorf("a consumer sees other changes (-naive +consumer):\n%s", diff)
	}
	if n := redelivered(t, b) - len(all); n < 1 {
		t.Error("no kill left a message unfinished; there must be more to do")
	} else {
		t.Logf("of %d facts, %d were delivered again after %d kills", len(all), n, kills)
	}
}

// redelivered gives how many messages were delivered, each as often as it was.
func redelivered(t *testing.T, b *broker) int {
	t.Helper()
	n := 0
	for i := range partitions {
		c, err := b.js.Consumer(t.Context(), leadStream, fmt.Sprintf("partition-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		n += int(c.CachedInfo().Delivered.Consumer)
	}
	return n
}

// consume is a consumer of the verdicts as README.md says, which stops now and then before it
// has done anything, and now and then before it could acknowledge. It gives what had an
// effect, once it is through.
func consume(t *testing.T, b *broker) func() map[string][]change {
	t.Helper()
	consumer, err := b.verdicts.CreateOrUpdateConsumer(t.Context(), jetstream.ConsumerConfig{
		Durable: "test", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1, AckWait: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	numbers, effects := map[string]uint64{}, map[string][]change{}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		if random.IntN(20) == 0 {
			return
		}
		var c change
		if err := json.Unmarshal(m.Data(), &c); err != nil {
			t.Error(err)
			return
		}
		if c.Number > numbers[c.Lead] {
			effects[c.Lead], numbers[c.Lead] = append(effects[c.Lead], c), c.Number
		}
		if random.IntN(20) > 0 {
			_ = m.Ack()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() map[string][]change {
		for {
			info, err := consumer.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if info.NumPending == 0 && info.NumAckPending == 0 {
				break
			}
			if err := pause(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		consuming.Stop()
		<-consuming.Closed()
		return maps.Clone(effects)
	}
}

// The whole program is killed, with its server, and goes on from its folder.
func TestKilledWithServer(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	dir := t.TempDir()
	lines := slices.DeleteFunc(strings.SplitAfter(string(file(t, "../sample/leads.jsonl")), "\n"), func(line string) bool {
		return strings.Count(line, `"type"`) > 12
	})[:60]
	leads := filepath.Join(dir, "leads.jsonl")
	if err := os.WriteFile(leads, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-data", filepath.Join(dir, "data"), "-policy", "../sample/policy.json", "-facts", leads, "-at", rehearsal.Format(time.RFC3339)}
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(200+random.IntN(1500))*time.Millisecond)
		c := exec.CommandContext(ctx, os.Args[0], args...)
		c.Env = append(os.Environ(), "STREAM_MAIN=1")
		_ = c.Run() // killed, or done
		cancel()
	}

	s, err := embedded(filepath.Join(dir, "data"), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.WaitForShutdown()
	defer s.Shutdown()
	document := file(t, "../sample/policy.json")
	b := client(t, s.ClientURL(), document)
	f, err := os.Open(leads)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := b.publish(t.Context(), f, rehearsal); err != nil {
		t.Fatal(err)
	}
	work(t, rehearsing(b))
	finish(t, b)
	model, err := compile(document)
	if err != nil {
		t.Fatal(err)
	}
	for lead, err := range model.ReadLeads(strings.NewReader(strings.Join(lines, ""))) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := model.Replay(&lead, rehearsal)
		if err != nil {
			t.Fatal(err)
		}
		if c := stateOf(t, b, lead.ID).Change; c.Stage != r.Stage || !c.Since.Equal(r.Since) {
			t.Errorf("%s is in %q since %v, and a replay says %q since %v", lead.ID, c.Stage, c.Since, r.Stage, r.Since)
		}
	}
	chained(t, changesOf(t, b))
}

// chained fails if the changes of a lead have gaps, come twice, or do not begin where the one
// before ended.
func chained(t *testing.T, all []change) {
	t.Helper()
	for lead, changes := range byLead(all) {
		var last change
		for _, c := range changes {
			if c.Number != last.Number+1 || c.From != last.Stage || !c.FromSince.Equal(last.Since) {
				t.Errorf("%s: after %+v comes %+v", lead, last, c)
			}
			last = c
		}
	}
}

// errDead is what a worker gets that was killed.
var errDead = errors.New("killed")

// mortal counts the calls of a worker to the server, and lets it do none from one on.
type mortal struct{ calls, dies int }

func (m *mortal) step() error {
	m.calls++
	if m.dies > 0 && m.calls >= m.dies {
		return errDead
	}
	return nil
}

// mortals puts mortal between a worker and the server.
func mortals(b *broker, m *mortal) *broker {
	return &broker{
		js: mortalJetStream{b.js, m}, verdicts: mortalStream{b.verdicts, m},
		states: mortalBucket{b.states, m}, policies: mortalBucket{b.policies, m},
	}
}

type mortalJetStream struct {
	jetstream.JetStream
	*mortal
}

func (j mortalJetStream) Publish(ctx context.Context, subject string, data []byte, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if err := j.step(); err != nil {
		return nil, err
	}
	return j.JetStream.Publish(ctx, subject, data, options...)
}

func (j mortalJetStream) PublishMsgAsync(m *nats.Msg, options ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if err := j.step(); err != nil {
		return nil, err
	}
	return j.JetStream.PublishMsgAsync(m, options...)
}

type mortalStream struct {
	jetstream.Stream
	*mortal
}

func (s mortalStream) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	if err := s.step(); err != nil {
		return nil, err
	}
	return s.Stream.GetLastMsgForSubject(ctx, subject)
}

type mortalBucket struct {
	jetstream.KeyValue
	*mortal
}

func (k mortalBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	if err := k.step(); err != nil {
		return nil, err
	}
	return k.KeyValue.Get(ctx, key)
}

func (k mortalBucket) Put(ctx context.Context, key string, value []byte) (uint64, error) {
	if err := k.step(); err != nil {
		return 0, err
	}
	return k.KeyValue.Put(ctx, key, value)
}

func (k mortalBucket) Create(ctx context.Context, key string, value []byte, options ...jetstream.KVCreateOpt) (uint64, error) {
	if err := k.step(); err != nil {
		return 0, err
	}
	return k.KeyValue.Create(ctx, key, value, options...)
}

func (k mortalBucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if err := k.step(); err != nil {
		return 0, err
	}
	return k.KeyValue.Update(ctx, key, value, revision)
}

// A worker is killed between any two of its steps. Another one goes on with the same message,
// and it ends as if nothing had been: the changes, the state, the wake-up.
func TestKilledBetweenSteps(t *testing.T) {
	t.Parallel()
	url := start(t)
	first, second := policy(25, 50), policy(25, 100)
	b := client(t, url, first)
	base := time.Now().UTC().AddDate(0, 0, -1)

	// play lives through a lead's messages, and dies at a call to the server. It gives the calls.
	play := func(lead string, dies int) int {
		t.Helper()
		if err := b.release(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		m := &mortal{dies: dies}
		alive := func() *worker {
			w := newWorker(mortals(b, m))
			model, err := newWorker(b).policies.current(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w.policies.model = model // as of its start
			return w
		}
		w := alive()
		again := func(do func() error) {
			t.Helper()
			for {
				err := do()
				if err == nil {
					return
				}
				if !errors.Is(err, errDead) {
					t.Fatalf("%s: %v", lead, err)
				}
				m.dies = 0
				w = alive()
			}
		}
		apply := func(f *fact, after time.Duration) {
			t.Helper()
			again(func() error { return w.apply(t.Context(), lead, f, base.Add(after)) })
		}
		webinar := activity("w", "webinar", base)
		apply(&webinar, time.Second) // to mql
		demo := activity("d", "demo", base.Add(time.Minute))
		apply(&demo, 2*time.Minute) // to sql
		apply(&demo, 3*time.Minute) // again
		apply(nil, 12*time.Hour)    // due
		late := activity("l", "webinar", base.Add(-time.Hour))
		apply(&late, 13*time.Hour) // in mql since earlier
		again(func() error { return b.release(t.Context(), second) })
		model, err := compile(second)
		if err != nil {
			t.Fatal(err)
		}
		again(func() error { return w.settle(t.Context(), model.Fingerprint()) })
		apply(nil, 14*time.Hour)     // due under the new policy
		apply(nil, 120*24*time.Hour) // too few points are left
		return m.calls
	}
	// ends gives how it ended, without the name of the lead.
	ends := func(lead string) (changes []change, s state, wake string) {
		t.Helper()
		for _, c := range byLead(changesOf(t, b))[lead] {
			c.Lead = ""
			changes = append(changes, c)
		}
		s = *stateOf(t, b, lead)
		s.Change.Lead = ""
		s.Assessment = json.RawMessage(strings.Replace(string(s.Assessment), lead, "", 1))
		return changes, s, scheduled(t, b, lead)
	}

	calls := play("undisturbed", 0)
	changes, s, wake := ends("undisturbed")
	if len(changes) < 5 || calls < 30 {
		t.Fatalf("only %d changes in %d calls: %v", len(changes), calls, changes)
	}
	for dies := 1; dies <= calls; dies++ {
		lead := fmt.Sprintf("killed at %d", dies)
		play(lead, dies)
		gotChanges, gotState, gotWake := ends(lead)
		if diff := cmp.Diff(changes, gotChanges); diff != "" {
			t.Errorf("%s: other changes (-undisturbed +killed):\n%s", lead, diff)
		}
		if diff := cmp.Diff(s, gotState); diff != "" {
			t.Errorf("%s: another state (-undisturbed +killed):\n%s", lead, diff)
		}
		if gotWake != wake {
			t.Errorf("%s: it is woken up %s, undisturbed %s", lead, gotWake, wake)
		}
	}
	t.Logf("killed at each of %d calls", calls)
}
