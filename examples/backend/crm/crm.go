// Package crm is the service: what each writer does to leads. Every method that
// stores a fact also assesses the lead, in the same transaction.
//
//	Record, SetAttributes, Import, Override        a fact arrives (facts.go)
//	Undo, Merge, Separate, Erase                   facts are taken back, moved, deleted (facts.go)
//	Wake, Backfill, Deliver, Work                  time passes (work.go)
//	Check, Release, Policy, Policies, Compare      the policy changes (policy.go)
//	Lead, List, Assess, Refused, Events, Verdicts  reading (read.go)
//
// assess.go is where a lead is assessed. The methods may be called by any number of
// goroutines and processes on one database.
package crm

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// The errors that a caller can do something about.
var (
	// ErrNotFound means that there is no such lead, or activity.
	ErrNotFound = errors.New("crm: not found")
	// ErrFact means that a fact cannot be stored as it is; the text says why, and what to
	// send instead.
	ErrFact = errors.New("crm: the fact cannot be stored")
	// ErrNoPolicy means that no policy was released yet.
	ErrNoPolicy = errors.New("crm: no policy was released yet")
	// ErrReleased means that somebody else released a policy in the meantime: look at
	// the preview against that one.
	ErrReleased = errors.New("crm: another policy was released in the meantime")
)

// Options are what a service is made with.
type Options struct {
	// Clock gives the present; nil is time.Now. It may step back: no lead is assessed
	// before its last assessment.
	Clock func() time.Time
	// Location is where the policy's days and weeks are; nil is UTC. Every process must
	// have the same.
	Location *time.Location
	// Floor is the least time between two assessments that only time asks for; 0 is a
	// minute.
	Floor time.Duration
	// Bare stores facts without assessing leads: what the database alone takes, to be
	// measured.
	Bare bool
}

// Service is the CRM. New makes one.
type Service struct {
	db       *store.DB
	options  Options
	compiled sync.Map // *Policy by ID
	scratch  sync.Pool
	pace     pace
	meter    meter
}

// New makes a service on a database that store.Open gave.
func New(db *store.DB, options Options) *Service {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Location == nil {
		options.Location = time.UTC
	}
	options.Floor = cmp.Or(options.Floor, time.Minute)
	return &Service{db: db, options: options, scratch: sync.Pool{New: func() any { return new(qualify.Assessment) }}}
}

// Now gives the clock's present, in UTC.
func (s *Service) Now() time.Time { return s.options.Clock().UTC() }
