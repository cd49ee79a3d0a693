package bench

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/expr-lang/expr"

	"github.com/qualify-go/qualify"
)

var histories = []int{4, 10, 100, 1000, 10000}

// someLeads are as many leads as are assessed in turn: several, so that no branch is foreseen, and not so many that the short
// histories fall out of the caches.
func someLeads(h int) []qualify.Lead { return Leads(max(2, min(32, 3200/h)), h) }

// BenchmarkAssess assesses one lead. What Prepare does is part of it, but for the rows whose names end in -ready.
func BenchmarkAssess(b *testing.B) {
	run := func(name string, h int, s Scorer, leads []qualify.Lead) {
		b.Run(fmt.Sprintf("%s/H=%d", name, h), func(b *testing.B) {
			score := Scores(s, leads, false)
			for _, f := range score {
				f() // so that its memory has grown
			}
			measure(b, score)
		})
		if score := Scores(s, leads, true); score != nil {
			b.Run(fmt.Sprintf("%s-ready/H=%d", name, h), func(b *testing.B) { measure(b, score) })
		}
	}
	for _, h := range histories {
		leads := someLeads(h)
		for _, e := range Engines() {
			if e.Most != 0 && h > e.Most {
				continue
			}
			run(e.Name, h, e.New(), leads)
			if e.Name == "assessinto" {
				run(e.Name+"-held", h, e.New(), Held(max(2, min(32, 3200/h)), h))
				run(e.Name+"-unknowns", h, e.New(), Forget(someLeads(h)))
				run(e.Name+"-uuids", h, e.New(), Identify(someLeads(h)))
			}
		}
	}
}

func measure(b *testing.B, score []func()) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		score[i]()
		if i++; i == len(score) {
			i = 0
		}
	}
}

// BenchmarkArrive assesses a followed lead each time that an activity arrives. Several leads are followed in turn. As many
// activities arrive as make a tenth of a history, or ten; then the leads are followed anew, off the clock, so that the histories
// stay about as long as they are said to be, for all followers alike.
func BenchmarkArrive(b *testing.B) {
	for _, h := range histories {
		leads, more := someLeads(h), max(10, h/10)
		m := NewMaker(uint64(h))
		arrivals := make([][]qualify.Activity, len(leads))
		for i := range leads {
			arrivals[i] = m.Arrivals(&leads[i], more)
		}
		for _, f := range Followers() {
			b.Run(fmt.Sprintf("%s/H=%d", f.Name, h), func(b *testing.B) {
				b.ReportAllocs()
				arrive := make([]func(*qualify.Activity) Outcome, len(leads))
				lead, k := 0, more
				for b.Loop() {
					if k == more {
						b.StopTimer()
						for i := range leads {
							arrive[i] = f.Follow(&leads[i], more)
						}
						k = 0
						b.StartTimer()
					}
					arrive[lead](&arrivals[lead][k])
					if lead++; lead == len(leads) {
						lead = 0
						k++
					}
				}
			})
		}
	}
}

// BenchmarkReplay lives leads through from their first activity to At. moves/lead tells how often their stage changed.
func BenchmarkReplay(b *testing.B) {
	model := qualify.MustCompile(Policy())
	for _, h := range histories {
		b.Run(fmt.Sprintf("H=%d", h), func(b *testing.B) {
			b.ReportAllocs()
			leads, i, moves := someLeads(h), 0, 0
			for b.Loop() {
				replay, err := model.Replay(&leads[i%len(leads)], At)
				must(err)
				moves += len(replay.Steps)
				i++
			}
			b.ReportMetric(float64(moves)/float64(i), "moves/lead")
		})
	}
}

// BenchmarkMemory weighs what it takes to follow leads beyond keeping their facts: the heap with the trackers of leads that were
// assessed once, less the heap with the same leads as slices, strings and maps. B/lead is that of a lead without a history, and
// B/activity is what each activity adds.
func BenchmarkMemory(b *testing.B) {
	model := qualify.MustCompile(Policy())
	var into qualify.Assessment
	weigh := func(n, h int) (each float64) {
		leads := Leads(n, h)
		facts := heap()
		trackers := make([]*qualify.Tracker, n)
		for i := range leads {
			trackers[i] = model.Track(&leads[i])
			must(trackers[i].AssessInto(&into, At))
		}
		leads, into = nil, qualify.Assessment{}
		followed := heap()
		runtime.KeepAlive(trackers)
		return float64(followed-facts) / float64(n)
	}
	const none = 1000
	fixed := weigh(none, 0)
	for _, h := range []int{0, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("tracker/H=%d", h), func(b *testing.B) {
			sum, n := 0.0, 0
			for b.Loop() {
				if h == 0 {
					sum += weigh(none, 0)
				} else {
					sum += (weigh(max(2, 20_000/h), h) - fixed) / float64(h)
				}
				n++
			}
			unit := "B/activity"
			if h == 0 {
				unit = "B/lead"
			}
			b.ReportMetric(sum/float64(n), unit)
			b.ReportMetric(0, "ns/op") // or it is printed
		})
	}
}

// heap is how many bytes are in use, once nothing is left to be collected: a pool gives up its own in the second collection.
func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// batches are how many leads BenchmarkBatch assesses: a million activities in all.
var batches = map[int]int{4: 250_000, 10: 100_000, 100: 10_000, 1000: 1_000, 10000: 100}

// BenchmarkBatch assesses many leads, each once, on two goroutines.
func BenchmarkBatch(b *testing.B) {
	for _, h := range histories {
		n := batches[h]
		var leads []qualify.Lead // made when they are asked for
		for _, e := range Engines() {
			if !e.Batch {
				continue
			}
			b.Run(fmt.Sprintf("%s/H=%d/leads=%d", e.Name, h, n), func(b *testing.B) {
				if leads == nil {
					leads = Leads(n, h)
				}
				scorers := []Scorer{e.New(), e.New()}
				for b.Loop() {
					var next atomic.Int64
					var group sync.WaitGroup
					for _, s := range scorers {
						group.Go(func() {
							const chunk = 16
							for {
								to := int(next.Add(chunk))
								for i := to - chunk; i < min(to, n); i++ {
									s.Prepare(&leads[i], At)
									s.Score()
								}
								if to >= n {
									return
								}
							}
						})
					}
					group.Wait()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/lead")
			})
		}
	}
}

// BenchmarkCompile compiles the policy, and the same conditions as expr's programs: those of the rules, the criteria and the
// stages, with the functions over an index, which expr knows the types of. The event rules that have no condition are only in
// the policy.
func BenchmarkCompile(b *testing.B) {
	b.Run("qualify", func(b *testing.B) {
		p := Policy()
		b.ReportAllocs()
		for b.Loop() {
			_, err := qualify.Compile(p)
			must(err)
		}
	})
	b.Run("expr", func(b *testing.B) {
		sources := conditions(exprIndexed{})
		options := append(exprFunctions(&index{}), expr.Env(&exprFacts{}), expr.AsBool())
		b.ReportAllocs()
		for b.Loop() {
			for _, source := range sources {
				_, err := expr.Compile(source, options...)
				must(err)
			}
		}
	})
}

// conditions lists those of the policy in a language.
func conditions(l language) (out []string) {
	add := func(c cond) {
		if c != nil {
			out = append(out, c.in(l))
		}
	}
	for _, r := range rules {
		add(r.when)
		for _, t := range r.tiers {
			add(t.when)
		}
	}
	for _, c := range criteria {
		add(c.met)
	}
	for _, s := range stages {
		add(s.enter)
		add(s.keep)
	}
	return out
}
