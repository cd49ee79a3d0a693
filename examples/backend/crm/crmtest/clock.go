package crmtest

import (
	"sync"
	"time"
)

// Clock is a clock that a test sets. It stands until the test moves it.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes one that stands at an instant.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now gives its instant.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set sets it, also back.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Pass moves it on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
