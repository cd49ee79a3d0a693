// Command measure tells what the backend takes, with assessing and without: the bare database
// does the same reads and writes. The share is the time that one worker waits for assessments.
//
//	go run ./measure                                      # SQLite
//	DATABASE_URL=postgres://… go run ./measure            # PostgreSQL: it makes databases of its own, and drops them
//	go run ./measure -leads 50000 -only preview
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
	"github.com/qualify-go/qualify/examples/backend/web"
)

func main() {
	leads := flag.Int("leads", 2000, "how many leads there are")
	only := flag.String("only", "", "measure only what has this in its name")
	flag.Parse()
	if err := run(context.Background(), *leads, *only); err != nil {
		log.Fatal(err)
	}
}

// A bench is a database with leads, and a clock.
type bench struct {
	ctx   context.Context
	s     *crm.Service
	leads []qualify.Lead
	clock atomic.Int64
	facts atomic.Int64
}

// A figure is how much a step did, and how long it took.
type figure struct {
	count int
	took  time.Duration
	share float64 // of assessing; 0 where several work at once
	note  string
}

// A step is something to be measured.
type step struct {
	name string
	unit string
	run  func(b *bench) (figure, error)
}

func (b *bench) now() time.Time { return time.Unix(0, b.clock.Load()).UTC() }

// fact gives the next fact: of any lead, a second after the one before.
func (b *bench) fact(random *rand.Rand) crm.Fact {
	n := b.facts.Add(1)
	lead := b.leads[random.IntN(len(b.leads))].ID
	return crm.Fact{Lead: lead, Activity: qualify.Activity{ID: fmt.Sprint("m", n), Type: "page_view",
		At: time.Unix(0, b.clock.Add(int64(time.Second))).UTC(), Props: map[string]any{"path": "/pricing"}}}
}

// timed measures what one goroutine does.
func (b *bench) timed(count int, do func() error) (figure, error) {
	_, before := b.s.Assessing()
	begin := time.Now()
	err := do()
	f := figure{count: count, took: time.Since(begin)}
	_, after := b.s.Assessing()
	f.share = float64(after-before) / float64(f.took)
	return f, err
}

// alone records facts one by one.
func alone(writers int) func(*bench) (figure, error) {
	return func(b *bench) (figure, error) {
		const each = 400
		var all sync.WaitGroup
		var failed atomic.Value
		f, err := b.timed(writers*each, func() error {
			for w := range writers {
				all.Go(func() {
					random := rand.New(rand.NewPCG(1, uint64(w)))
					for range each {
						if _, err := b.s.Record(b.ctx, b.fact(random)); err != nil {
							failed.Store(err)
						}
					}
				})
			}
			all.Wait()
			err, _ := failed.Load().(error)
			return err
		})
		if writers > 1 {
			f.share = 0
		}
		return f, err
	}
}

func batched(b *bench) (figure, error) {
	random := rand.New(rand.NewPCG(2, 0))
	const batches, size = 20, 500
	return b.timed(batches*size, func() error {
		for range batches {
			batch := make([]crm.Fact, size)
			for i := range batch {
				batch[i] = b.fact(random)
			}
			if _, err := b.s.Record(b.ctx, batch...); err != nil {
				return err
			}
		}
		return nil
	})
}

func wakeUps(b *bench) (figure, error) {
	n := 0
	f, err := b.timed(0, func() error {
		for range 30 {
			b.clock.Add(int64(2 * 24 * time.Hour))
			for {
				m, err := b.s.Wake(b.ctx, 100)
				if n += m; err != nil {
					return err
				}
				if m == 0 {
					break
				}
			}
		}
		return nil
	})
	f.count = n
	return f, err
}

func backfill(replay bool) func(*bench) (figure, error) {
	return func(b *bench) (figure, error) {
		p, err := b.s.Policy(b.ctx)
		if err != nil {
			return figure{}, err
		}
		document := bytes.Replace([]byte(p.Document), []byte(`"version": "`), []byte(`"version": "x`), 1)
		if d, err := b.s.Release(b.ctx, crm.Draft{Document: document, Replay: replay}); err != nil || !d.MayGoLive {
			return figure{}, errors.Join(err, fmt.Errorf("%s", d))
		}
		return b.timed(len(b.leads), func() error { return b.s.Backfill(b.ctx, nil) })
	}
}

// preview compares all leads with a policy that is a little stricter; bare, it only reads them.
func preview(bare bool) func(*bench) (figure, error) {
	return func(b *bench) (figure, error) {
		p, err := b.s.Policy(b.ctx)
		if err != nil {
			return figure{}, err
		}
		document, err := qualify.ParsePolicy([]byte(strings.ReplaceAll(p.Document, "score('engagement') >= 25", "score('engagement') >= 30")))
		if err != nil {
			return figure{}, err
		}
		next, err := qualify.Compile(document)
		if err != nil {
			return figure{}, err
		}
		n := 0
		f, err := b.timed(0, func() error {
			if bare {
				for _, err := range b.s.Leads(b.ctx) {
					if n++; err != nil {
						return err
					}
				}
				return nil
			}
			summary := review.NewSummary(p.Model, next)
			for c, err := range b.s.Compare(b.ctx, next) {
				if n++; err != nil {
					return err
				}
				summary.Add(c, err)
			}
			return nil
		})
		f.count = n
		return f, err
	}
}

// latency posts facts at half the rate that the backend bears, at random instants, and notes how
// long each takes.
func latency(b *bench) (figure, error) {
	server := httptest.NewServer(web.API(b.s))
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	post := func(random *rand.Rand) (time.Duration, error) {
		body, err := json.Marshal(b.fact(random))
		if err != nil {
			return 0, err
		}
		begin := time.Now()
		response, err := client.Post(server.URL+"/api/activities", "application/json", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return 0, errors.New(response.Status)
		}
		return time.Since(begin), nil
	}
	const clients, second = 8, time.Second
	var all sync.WaitGroup
	var most atomic.Int64
	end := time.Now().Add(3 * second)
	for c := range clients {
		all.Go(func() {
			for random := rand.New(rand.NewPCG(3, uint64(c))); time.Now().Before(end); {
				if _, err := post(random); err == nil {
					most.Add(1)
				}
			}
		})
	}
	all.Wait()
	rate := float64(most.Load()) / 3 / 2

	var mu sync.Mutex
	var took []time.Duration
	var failed error
	random := rand.New(rand.NewPCG(4, 0))
	begin := time.Now()
	for next := begin; next.Before(begin.Add(8 * second)); next = next.Add(time.Duration(random.ExpFloat64() / rate * float64(second))) {
		time.Sleep(time.Until(next))
		due, seed := next, random.Uint64()
		all.Go(func() { // also when those before are not answered yet
			_, err := post(rand.New(rand.NewPCG(seed, 0)))
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
			failed = cmp.Or(failed, err)
		})
	}
	all.Wait()
	slices.Sort(took)
	f := figure{count: len(took), took: time.Since(begin)}
	f.note = fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, at %.0f a second", 1e3*took[len(took)/2].Seconds(), 1e3*took[len(took)*99/100].Seconds(), rate)
	return f, failed
}

// prepare makes a database with leads.
func prepare(ctx context.Context, source string, n int, bare bool) (*bench, figure, error) {
	db, err := store.Open(ctx, source)
	if err != nil {
		return nil, figure{}, err
	}
	b := &bench{ctx: ctx}
	begin := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	b.clock.Store(begin.UnixNano())
	b.leads = policy.Draw(n, begin)
	b.s = crm.New(db, crm.Options{Clock: b.now, Bare: bare})
	if d, err := b.s.Release(ctx, crm.Draft{Document: policy.Document}); err != nil || !d.MayGoLive {
		return nil, figure{}, errors.Join(err, fmt.Errorf("%s", d))
	}
	f, err := b.timed(n, func() error {
		_, err := b.s.Import(ctx, b.leads...)
		return err
	})
	return b, f, err
}

func run(ctx context.Context, leads int, only string) error {
	dir, err := os.MkdirTemp("", "measure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	steps := []step{
		{"facts, alone, 1 writer", "facts/s", alone(1)},
		{"facts, alone, 8 writers", "facts/s", alone(8)},
		{"facts, 500 together", "facts/s", batched},
		{"backfill", "leads/s", backfill(false)},
		{"backfill by replay", "leads/s", backfill(true)},
		{"wake-ups", "leads/s", wakeUps},
		{"preview", "leads/s", nil}, // bare or not
		{"POST at 50 % load", "facts/s", latency},
	}
	measured := map[bool]map[string]figure{}
	for _, bare := range []bool{false, true} {
		source := filepath.Join(dir, fmt.Sprint("bare-", bare, ".db"))
		if server := os.Getenv("DATABASE_URL"); server != "" {
			made, drop, err := storetest.Create(ctx, server)
			if err != nil {
				return err
			}
			defer drop()
			source = made
		}
		b, imported, err := prepare(ctx, source, leads, bare)
		if err != nil {
			return err
		}
		measured[bare] = map[string]figure{"import with history": imported}
		for _, s := range steps {
			if !strings.Contains(s.name, only) {
				continue
			}
			if s.run == nil {
				s.run = preview(bare)
			}
			f, err := s.run(b)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			measured[bare][s.name] = f
		}
	}
	fmt.Printf("%-24s %12s %12s %9s\n", "", "assessing", "bare", "share")
	for _, s := range append([]step{{"import with history", "leads/s", nil}}, steps...) {
		f, ok := measured[false][s.name]
		if !ok {
			continue
		}
		g := measured[true][s.name]
		share := ""
		if f.share > 0 {
			share = fmt.Sprintf("%.1f %%", 100*f.share)
		}
		fmt.Printf("%-24s %12.0f %12.0f %9s  %s\n", s.name, float64(f.count)/f.took.Seconds(), float64(g.count)/g.took.Seconds(), share, s.unit)
		if f.note != "" {
			fmt.Printf("%24s %s; bare %s\n", "", f.note, g.note)
		}
	}
	return nil
}
