package main

import (
	"context"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
)

// done counts the verdicts of this worker.
var done = progress{every: 10 * time.Second}

// A progress logs how many verdicts there are, and how many came in a second since it last
// did. A runner shows the log of its workers.
type progress struct {
	every time.Duration

	mu     sync.Mutex
	count  int
	logged int
	last   time.Time
}

func (p *progress) add(ctx context.Context, verdicts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.last.IsZero() {
		p.last = now
	}
	p.count += verdicts
	if past := now.Sub(p.last); past >= p.every {
		log.Infof(ctx, "%d verdicts, %.0f a second", p.count, float64(p.count-p.logged)/past.Seconds())
		p.logged, p.last = p.count, now
	}
}
