//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/qualify-go/qualify"
)

// processor gives the processor time that this process has used.
func processor() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkFacts sends the facts of the sample's leads through the stream, one a message, with
// server and worker in this process. It reports facts a second, the processor time of a fact, and
// how much of that is taken by replays and assessments alone.
func BenchmarkFacts(b *testing.B) {
	document, leads := sample(b)
	model, err := compile(document)
	if err != nil {
		b.Fatal(err)
	}
	for name, most := range map[string]int{"all": math.MaxInt, "to10": 10, "to4": 4} {
		b.Run(name, func(b *testing.B) {
			var all []told
			for _, l := range leads {
				if len(l.Activities) <= most {
					for _, f := range l.split(rehearsal.AddDate(0, 0, -1)) {
						all = append(all, told{l.ID, f})
					}
				}
			}
			rand.New(rand.NewPCG(17, 18)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			var whole, assessing, wall time.Duration
			for b.Loop() {
				before, begun := processor(), time.Now()
				through(b, document, all)
				whole, wall = whole+processor()-before, wall+time.Since(begun)

				known := map[string]*history{}
				var prefixes []qualify.Lead // each lead after each of its facts
				for _, f := range all {
					h := known[f.lead]
					if h == nil {
						h = new(history)
						known[f.lead] = h
					}
					h.add(f.fact)
					lead, err := h.lead(f.lead, model)
					if err != nil {
						b.Fatal(err)
					}
					prefixes = append(prefixes, lead)
				}
				before = processor()
				for _, lead := range prefixes {
					r, err := model.Replay(&lead, rehearsal)
					if err != nil {
						b.Fatal(err)
					}
					lead.Stage, lead.StageSince = r.Stage, r.Since
					if _, err := model.Assess(&lead, rehearsal); err != nil {
						b.Fatal(err)
					}
				}
				assessing += processor() - before
			}
			n := float64(b.N * len(all))
			b.ReportMetric(n/wall.Seconds(), "facts/s")
			b.ReportMetric(float64(whole.Microseconds())/n, "processor-µs/fact")
			b.ReportMetric(100*assessing.Seconds()/whole.Seconds(), "%assessing")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// through sends facts through a new server.
func through(b *testing.B, document []byte, all []told) {
	s, err := embedded(b.TempDir(), -1)
	if err != nil {
		b.Fatal(err)
	}
	defer s.WaitForShutdown()
	defer s.Shutdown()
	c := client(b, s.ClientURL(), document)
	defer work(b, rehearsing(c))()
	tell(b, c, all)
	finish(b, c)
}

// BenchmarkRestart starts a server that has so many leads, each with a state, a fact and a
// wake-up, and a worker, until the worker has done a new fact. It reports how long that takes,
// and the processor time.
func BenchmarkRestart(b *testing.B) {
	document, leads := sample(b)
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			folder := filepath.Join(b.TempDir(), "data")
			s, err := embedded(folder, -1)
			if err != nil {
				b.Fatal(err)
			}
			c := client(b, s.ClientURL(), document)
			stop := work(b, rehearsing(c))
			tell(b, c, []told{{"one", leads[3].split(rehearsal)[0]}})
			finish(b, c)
			stop()
			one, err := json.Marshal(stateOf(b, c, "one"))
			if err != nil {
				b.Fatal(err)
			}
			next := time.Now().AddDate(1, 0, 0).Format(time.RFC3339)
			_, err = c.send(b.Context(), func(yield func(*nats.Msg, error) bool) {
				for i := range n {
					key, err := token(fmt.Sprint("lead ", i))
					if !yield(&nats.Msg{Subject: "$KV." + stateBucket + "." + key, Data: one}, err) ||
						!yield(&nats.Msg{Subject: wakes + key, Header: nats.Header{jetstream.ScheduleHeader: {"@at " + next}, jetstream.ScheduleTargetHeader: {due + key}}}, nil) {
						return
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := range b.N {
				s.Shutdown()
				s.WaitForShutdown()
				begun, before := time.Now(), processor()
				if s, err = embedded(folder, -1); err != nil {
					b.Fatal(err)
				}
				c := client(b, s.ClientURL(), document)
				stop := work(b, rehearsing(c))
				tell(b, c, []told{{"one", activity(fmt.Sprint(i), "demo", rehearsal)}})
				finish(b, c)
				b.ReportMetric(float64((processor() - before).Milliseconds()), "processor-ms")
				b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms")
				stop()
			}
			s.Shutdown()
			s.WaitForShutdown()
			b.ReportMetric(0, "ns/op")
		})
	}
}

// sample gives the sample's policy and leads.
func sample(t testing.TB) ([]byte, []line) {
	t.Helper()
	var leads []line
	for l, err := range readLeads(bytes.NewReader(file(t, "../sample/leads.jsonl"))) {
		if err != nil {
			t.Fatal(err)
		}
		leads = append(leads, l)
	}
	return file(t, "../sample/policy.json"), leads
}
