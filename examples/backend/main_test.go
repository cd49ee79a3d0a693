package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

// The test binary is also the program, so that tests can start and kill it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_BACKEND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A program is the backend in a process of its own.
type program struct {
	*exec.Cmd
	url string
}

func launch(t *testing.T, source, events string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-db", source, "-events", events, "-leads", "0")}
	p.Env = append(os.Environ(), "RUN_BACKEND=1")
	var log bytes.Buffer
	p.Stderr = &log
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.Wait()
		t.Fatalf("the program does not serve: %s", &log)
	}
	p.url = strings.TrimSpace(strings.TrimPrefix(line, "serving on "))
	return p
}

// fit is what lets a lead become marketing-qualified by what it does.
var fit = map[string]any{"employees": 1200.0, "industry": "logistics", "title": "COO", "email_verified": true}

// kills is how often the program is killed.
const kills = 50

// The program is killed at random points while facts arrive. Whoever sends them sends again what was not
// answered. In the end each fact is stored once, each verdict is the library's, and each move
// left once.
func TestKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		events := filepath.Join(t.TempDir(), "events.jsonl")
		p := launch(t, source, events)
		defer func() { p.Process.Kill() }()

		const leads = 20
		profiles := map[string]map[string]any{}
		for i := range leads {
			id := fmt.Sprint("L", i)
			profiles[id] = fit
			if err := post(p.url+"/api/leads/"+id, profiles[id]); err != nil {
				t.Fatal(err)
			}
		}

		var address atomic.Value
		address.Store(p.url)
		var stop atomic.Bool
		var answered atomic.Int64
		var mu sync.Mutex
		var sent []crm.Fact
		var writers sync.WaitGroup
		for w := range 4 {
			random := rand.New(rand.NewPCG(rand.Uint64(), 0))
			writers.Go(func() {
				for n := 0; !stop.Load(); n++ {
					batch := make([]crm.Fact, 1+random.IntN(5))
					for i := range batch {
						// Some come late, some in time, and some are of the next seconds.
						at := time.Now().Add(time.Second - time.Duration(random.ExpFloat64()*float64([]time.Duration{time.Second, 20 * 24 * time.Hour}[random.IntN(2)])))
						batch[i] = crm.Fact{Lead: fmt.Sprint("L", random.IntN(leads)), Activity: qualify.Activity{ID: fmt.Sprintf("%d-%d-%d", w, n, i),
							Type: []string{"page_view", "webinar", "form", "demo", "call", "opt_out"}[random.IntN(6)], At: at.UTC()}}
					}
					mu.Lock()
					sent = append(sent, batch...)
					mu.Unlock()
					for post(address.Load().(string)+"/api/activities", batch) != nil { // again, until it is answered
						time.Sleep(5 * time.Millisecond)
					}
					answered.Add(1)
				}
			})
		}
		for range kills {
			wait(&answered, rand.Int64N(20))
			time.Sleep(rand.N(20 * time.Millisecond))
			p.Process.Kill()
			p.Wait()
			p = launch(t, source, events)
			address.Store(p.url)
		}
		stop.Store(true)
		writers.Wait()
		p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("the program does not end as it should: %v", err)
		}

		// What is left over leaves as soon as the program runs again.
		db, err := store.Open(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		sink, err := crm.OpenFileSink(events)
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		if _, err := crm.New(db, crm.Options{}).Deliver(t.Context(), sink); err != nil {
			t.Error(err)
		}
		delivered, err := crmtest.ReadEvents(events)
		if err != nil {
			t.Fatal(err)
		}
		if err := crmtest.Audit(t.Context(), db, sent, profiles, delivered); err != nil {
			t.Error(err)
		}
		if t.Logf("%d facts, %d events", len(sent), len(delivered)); len(sent) < 5*kills || len(delivered) == 0 {
			t.Error("too little happened between the kills")
		}
	})
}

// wait waits until a counter has grown by n, some seconds at most.
func wait(counter *atomic.Int64, n int64) {
	n += counter.Load()
	for end := time.Now().Add(5 * time.Second); counter.Load() < n && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// post sends JSON; the error is nil if it was taken.
func post(url string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Post(url, "application/json", bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %v", response.Status, answer, err)
	}
	return nil
}

// A new database gets a policy and leads, and a second start leaves them as they are.
func TestBegin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		db, err := store.Open(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s := crm.New(db, crm.Options{})
		for range 2 {
			if err := begin(t.Context(), s, 300); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.List(t.Context(), crm.Query{})
		if err != nil || page.Total != 300 || page.Leads[0].Assessment.Verdict.Stage == "" {
			t.Error(page.Total, err)
		}
		if all, err := s.Policies(t.Context()); err != nil || len(all) != 1 {
			t.Error(len(all), err)
		}
	})
}

// A wire is what lies between the program and PostgreSQL, and can be cut.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	ends     []net.Conn
}

func (w *wire) run(to string) {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			near.Close()
			continue
		}
		w.mu.Lock()
		w.ends = append(w.ends, near, far)
		if w.cut {
			near.Close()
			far.Close()
		}
		w.mu.Unlock()
		for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
			go func() {
				io.Copy(pair[0], pair[1])
				pair[0].Close()
				pair[1].Close()
			}()
		}
	}
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for _, c := range w.ends {
			c.Close()
		}
		w.ends = nil
	}
}

// While the wire to the database is cut, nothing is taken. When it is back, all goes on.
func TestDatabaseGone(t *testing.T) {
	source := storetest.Postgres(t)
	location, err := url.Parse(source)
	if err != nil || location.Port() == "" {
		t.Skipf("SKIPPED: DATABASE_URL has no host and port, so no wire can be cut")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	w := &wire{listener: listener}
	go w.run(location.Host)
	location.Host = listener.Addr().String()
	gone(t, location.String(), 5, func() { w.set(true) }, func() { w.set(false) })
}

// The server of the database is killed, with all that it had in memory, and recovers when it starts again. It is one of
// the test's own.
func TestServerKilled(t *testing.T) {
	c := storetest.StartCluster(t)
	gone(t, c.URL, 3, c.Kill, c.Start)
}

// gone records facts by four writers while the database goes away and comes back so many times. What is sent again
// counts once, and what was answered is there.
func gone(t *testing.T, source string, times int, stop, start func()) {
	ctx := context.WithoutCancel(t.Context())
	db, err := store.Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := crm.New(db, crm.Options{})
	if d, err := s.Release(ctx, crm.Draft{Document: policy.Document}); err != nil || !d.MayGoLive {
		t.Fatal(err, d)
	}
	profiles := map[string]map[string]any{}
	for i := range 10 {
		id := fmt.Sprint("L", i)
		profiles[id] = fit
		if _, err := s.SetAttributes(ctx, id, fit); err != nil {
			t.Fatal(err)
		}
	}
	events := filepath.Join(t.TempDir(), "events.jsonl")
	sink, err := crm.OpenFileSink(events)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	working, end := context.WithCancel(ctx)
	defer end()
	var workers, writers sync.WaitGroup
	workers.Go(func() { s.Work(working, sink, 10*time.Millisecond) })

	var mu sync.Mutex
	var sent []crm.Fact
	var refused, stored atomic.Int64
	done := make(chan struct{})
	for n := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-time.After(2 * time.Millisecond):
				}
				f := crm.Fact{Lead: fmt.Sprint("L", i%10), Activity: qualify.Activity{ID: fmt.Sprint(n, "-", i), Type: "demo", At: time.Now().UTC().Add(-time.Duration(i) * time.Hour)}}
				mu.Lock()
				sent = append(sent, f)
				mu.Unlock()
				for {
					if _, err := s.Record(ctx, f); err == nil {
						stored.Add(1)
						break
					}
					refused.Add(1)
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	for range times {
		wait(&stored, 1+rand.Int64N(30))
		stop()
		wait(&refused, 1+rand.Int64N(30))
		start()
	}
	wait(&stored, 20)
	close(done)
	writers.Wait()
	end()
	workers.Wait()
	if _, err := s.Deliver(ctx, sink); err != nil {
		t.Error(err)
	}
	if refused.Load() == 0 || stored.Load() < 20 {
		t.Errorf("%d facts were refused, and %d taken", refused.Load(), stored.Load())
	}
	delivered, err := crmtest.ReadEvents(events)
	if err != nil {
		t.Fatal(err)
	}
	if err := crmtest.Audit(ctx, db, sent, profiles, delivered); err != nil {
		t.Error(err)
	}
	if t.Logf("%d facts, %d attempts refused, %d events", len(sent), refused.Load(), len(delivered)); len(delivered) == 0 {
		t.Error("nothing moved")
	}
}
