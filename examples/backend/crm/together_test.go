package crm_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

// A recorder is a sink that keeps events.
type recorder struct {
	mu     sync.Mutex
	events []crm.Event
}

func (r *recorder) Last(context.Context) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.events)), nil
}

func (r *recorder) Deliver(_ context.Context, events []crm.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if e.Number > int64(len(r.events)) {
			r.events = append(r.events, e)
		}
	}
	return nil
}

// draw gives facts for leads, within some months before now.
func draw(random *rand.Rand, n, leads int) ([]crm.Fact, map[string]map[string]any) {
	profiles := map[string]map[string]any{}
	for i := range leads {
		profiles[fmt.Sprintf("L%04d", i)] = map[string]any{"employees": float64(random.IntN(2000)), "industry": "retail", "title": "director", "email_verified": i%5 > 0}
	}
	facts := make([]crm.Fact, n)
	for i := range facts {
		kind := []string{"page_view", "webinar", "form", "demo", "call", "answer", "opt_out"}[random.IntN(7)]
		props := map[string]any{"path": "/pricing", "asset": fmt.Sprint(i % 3), "budget": float64(random.IntN(20000)), "authority": "decides"}
		// Some are dated after now.
		at := now.Add(time.Duration(random.Int64N(int64(100*24*time.Hour))) - 99*24*time.Hour)
		facts[i] = fact(fmt.Sprintf("L%04d", random.IntN(leads)), fmt.Sprint("a", i), kind, at, props)
	}
	return facts, profiles
}

// Eight writers in two processes, with each fact sent by two of them, while two workers wake
// leads, deliver events, and two policies are swapped: nothing is lost, nothing is twice, and every
// verdict is the library's.
func TestManyWriters(t *testing.T) {
	for name, test := range map[string]struct {
		leads, facts int
		swap         bool
	}{"one lead": {1, 120, false}, "a thousand leads": {1000, 2500, false}, "two policies": {200, 1500, true}} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, source string) {
				first := start(t, source)
				processes := []*crmTest{first, open(t, source, first.clock)}
				seed := rand.Uint64()
				t.Log("seed", seed)
				random := rand.New(rand.NewPCG(seed, 0))
				facts, profiles := draw(random, test.facts, test.leads)
				for id, profile := range profiles {
					must[crm.Recorded](t)(first.SetAttributes(first.ctx, id, profile))
				}

				var writers, workers sync.WaitGroup
				var done, stored, duplicates atomic.Int64
				stop := make(chan struct{})
				const writing = 8
				for w := range writing {
					c := processes[w%2]
					order := random.Perm(len(facts))
					sizes := rand.New(rand.NewPCG(seed, uint64(w)))
					writers.Go(func() {
						var batch []crm.Fact
						for _, i := range order {
							if i%(writing/2) == w/2 { // two writers of each
								batch = append(batch, facts[i])
							}
						}
						for len(batch) > 0 {
							n := min(len(batch), 1+sizes.IntN(10))
							r, err := c.Record(c.ctx, batch[:n]...)
							if err != nil {
								t.Error(err)
								return
							}
							stored.Add(int64(r.Stored))
							duplicates.Add(int64(r.Duplicates))
							done.Add(int64(n))
							batch = batch[n:]
						}
					})
				}
				sink := &recorder{}
				for _, c := range processes {
					workers.Go(func() {
						for {
							if _, err := c.Wake(c.ctx, 10); err != nil {
								t.Error(err)
							}
							if _, err := c.Deliver(c.ctx, sink); err != nil {
								t.Error(err)
							}
							select {
							case <-stop:
								return
							case <-time.After(time.Millisecond):
								first.clock.Set(now.Add(time.Duration(done.Load()) * time.Minute)) // time passes, and now and then steps back
							}
						}
					})
				}
				if test.swap {
					workers.Go(func() {
						for i := 0; ; i++ {
							d := crm.Draft{Document: bytes.Replace(policy.Document, []byte(`"version": "2026-11"`), fmt.Appendf(nil, `"version": "%d"`, i), 1), Replay: i%2 == 1}
							if i%2 == 1 {
								d.Document = bytes.ReplaceAll(d.Document, []byte("score('engagement') >= 25"), []byte("score('engagement') >= 40"))
							}
							if decision, err := first.Release(first.ctx, d); err != nil || !decision.MayGoLive {
								t.Error(decision, err)
							}
							if err := processes[1].Backfill(first.ctx, nil); err != nil {
								t.Error(err)
							}
							select {
							case <-stop:
								return
							case <-time.After(20 * time.Millisecond):
							}
						}
					})
				}
				writers.Wait()
				close(stop)
				workers.Wait()
				if err := first.Backfill(first.ctx, nil); err != nil {
					t.Error(err)
				}
				must[int](t)(first.Deliver(first.ctx, sink))
				if stored.Load() != int64(len(facts)) || duplicates.Load() != int64(len(facts)) {
					t.Errorf("%d stored, %d duplicates, of %d facts", stored.Load(), duplicates.Load(), len(facts))
				}
				if err := crmtest.Audit(first.ctx, first.db, facts, profiles, sink.events); err != nil {
					t.Error(err)
				}
				if p := must[crm.Progress](t)(first.Progress(first.ctx)); p.Done != p.Total || p.Total != int64(test.leads) {
					t.Error(p)
				}
				if len(sink.events) == 0 {
					t.Error("nothing moved")
				}
			})
		})
	}
}

// The facts of examples/sample, in any order, give the verdicts that the library, the stream and
// the batch give.
func TestSameVerdicts(t *testing.T) {
	want, err := os.ReadFile("../../sample/verdicts.sha256")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../sample/leads.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, source string) {
		c := start(t, source)
		model := must[*crm.Policy](t)(c.Policy(c.ctx)).Model
		seed := rand.Uint64()
		t.Log("seed", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		var facts []crm.Fact
		var leads []qualify.Lead
		for lead, err := range model.ReadLeads(bytes.NewReader(data)) {
			if err != nil {
				t.Fatal(err)
			}
			leads = append(leads, lead)
			for _, a := range lead.Activities {
				facts = append(facts, crm.Fact{Lead: lead.ID, Activity: a})
			}
		}
		random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		half := len(facts) / 2
		c.record(facts[:half]...)
		for _, lead := range leads {
			must[crm.Recorded](t)(c.SetAttributes(c.ctx, lead.ID, lead.Profile))
		}
		for rest := facts[half:]; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(40))
			c.record(rest[:n]...)
			rest = rest[n:]
		}
		c.release(crm.Draft{Document: policy.Document, Replay: true})
		if err := c.Backfill(c.ctx, nil); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, lead := range leads {
			a, err := c.Assess(c.ctx, c.lead(lead.ID))
			if err != nil {
				t.Fatal(err)
			}
			line, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line)+"\n")
		}
		slices.Sort(lines)
		if got := fmt.Sprintf("%x\n", sha256.Sum256([]byte(strings.Join(lines, "")))); got != string(want) {
			t.Errorf("the hash is %s, want %s", got, want)
		}
	})
}
