package backtest

import (
	"iter"
	"maps"
	"runtime"
	"sync"

	"github.com/qualify-go/qualify"
)

// inBatch is how many cases a goroutine takes at a time.
const inBatch = 16

// A batch is cases on their way through a goroutine. Its memory is used again.
type batch[T any] struct {
	cases [inBatch]Case
	first int // the number of the first case
	n     int
	rows  []T // what is kept of them, in order
	done  chan struct{}
}

// own copies a case into memory of the batch: what the iterator gave may be overwritten.
func (b *batch[T]) own(c *Case) {
	to := &b.cases[b.n]
	b.n++
	profile, activities, attributes := to.Lead.Profile, to.Lead.Activities, append(to.Attributes[:0], c.Attributes...)
	*to = *c
	if to.Attributes = attributes; profile == nil {
		profile = map[string]any{}
	}
	clear(profile)
	maps.Copy(profile, c.Lead.Profile)
	kept := activities[:cap(activities)]
	activities = activities[:0]
	for i, a := range c.Lead.Activities {
		if a.Props != nil {
			props := map[string]any{}
			if i < len(kept) && kept[i].Props != nil {
				props = kept[i].Props
				clear(props)
			}
			maps.Copy(props, a.Props)
			a.Props = props
		}
		activities = append(activities, a)
	}
	to.Lead.Profile, to.Lead.Activities = profile, activities
}

// judgeAll judges cases on as many goroutines as there are processors. For each goroutine, start
// gives the function that makes of a judgement what is kept of it. Take gets that in the order of
// the cases, and like the iterator runs on the caller's goroutine: results do not depend on how
// many processors there are.
func judgeAll[T any](j *judge, cases iter.Seq2[*Case, error], start func(j *judge) func(judgement) (T, bool), take func(T)) error {
	workers := runtime.GOMAXPROCS(0)
	work := make(chan *batch[T])
	judges := make([]*judge, workers)
	var group sync.WaitGroup
	stop := sync.OnceFunc(func() { close(work); group.Wait() })
	defer stop() // also if the iterator panics
	for i := range judges {
		one := j.another()
		judges[i] = one
		group.Go(func() {
			v, keep := newView(one.plan, one.model), start(one)
			for b := range work {
				for i := range b.cases[:b.n] {
					v.begin(&b.cases[i])
					one.of(v, b.first+i, func(is judgement) {
						if row, ok := keep(is); ok {
							b.rows = append(b.rows, row)
						}
					})
				}
				b.done <- struct{}{}
			}
		})
	}
	var queue, free []*batch[T] // those that are judged, the oldest first; those that are not
	next := func() {
		b := queue[0]
		<-b.done
		for _, row := range b.rows {
			take(row)
		}
		clear(b.rows)
		b.rows, b.n = b.rows[:0], 0
		queue, free = append(queue[:0], queue[1:]...), append(free, b)
	}
	var filling *batch[T]
	send := func() {
		if filling != nil {
			work <- filling
			queue, filling = append(queue, filling), nil
		}
	}
	for c, err := range cases {
		if reason := wrong(c, err); reason != "" {
			j.leftOut[reason]++
			continue
		}
		if filling == nil {
			if len(queue) == 2*workers {
				next()
			}
			if n := len(free); n > 0 {
				filling, free = free[n-1], free[:n-1]
			} else {
				filling = &batch[T]{done: make(chan struct{}, 1)}
			}
			filling.first = j.cases + 1
		}
		j.cases++
		if filling.own(c); filling.n == inBatch {
			send()
		}
	}
	send()
	for len(queue) > 0 {
		next()
	}
	stop()
	for _, one := range judges {
		j.merge(one)
	}
	return j.err
}

// parallel does something for each number below n, on as many goroutines as there are processors.
func parallel(n int, do func(i int)) {
	var group sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for first := range workers {
		group.Go(func() {
			for i := first; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}

// assess assesses a judgement. What the model cannot take is left out; any other error ends it all.
func (j *judge) assess(model *qualify.Model, a *qualify.Assessment, one *judgement) bool {
	err := model.AssessInto(a, one.lead, one.at)
	j.fail(err)
	return err == nil
}
