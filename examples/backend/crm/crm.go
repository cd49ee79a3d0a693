// Package crm is the service: what each writer does to leads. Every method that
// stores a fact also assesses the lead, in the same transaction.
//
//	Record, SetAttributes, Override, Undo, Merge   a fact arrives, or is taken back
//	Wake                                           an instant comes at which a lead changes
//	Release, Backfill                              the policy changes
//	Deliver                                        moves between stages leave
//	Lead, List, Policy, Policies, Compare          reading
//
// Its methods may be called by any number of goroutines and processes on one database.
package crm

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"

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
}

// Service is the CRM. New makes one.
type Service struct {
	db      *store.DB
	options Options
}

// New makes a service on a database that store.Open gave.
func New(db *store.DB, options Options) *Service { return &Service{db, options} }

// Now gives the clock's present, in UTC.
func (s *Service) Now() time.Time { panic("not yet") }

// Fact is an activity of a lead. Its JSON is that of the activity with the field lead:
//
//	{"lead": "L17", "id": "a4711", "type": "webinar", "at": "2026-11-01T09:00:00Z", "props": {}}
type Fact struct {
	Lead     string
	Activity qualify.Activity
}

// Recorded is what Record did.
type Recorded struct {
	// Stored is how many facts are new, and Duplicates how many had been stored before:
	// activities of the same lead with the same type and ID.
	Stored     int `json:"stored"`
	Duplicates int `json:"duplicates"`
	// Moves are the moves between stages that followed; never nil.
	Moves []Event `json:"moves"`
}

// Record stores activities, and assesses their leads. A lead that is not there is made.
// Facts with IDs can be sent again without harm. The facts of a lead are stored together;
// those of very many leads are not: after an error, send them all again.
func (s *Service) Record(ctx context.Context, facts ...Fact) (Recorded, error) { panic("not yet") }

// SetAttributes sets attributes of a lead's profile, and assesses it; nil removes one. A
// lead that is not there is made.
func (s *Service) SetAttributes(ctx context.Context, lead string, attributes map[string]any) (Recorded, error) {
	panic("not yet")
}

// Override is a stage set by a seller. It is an activity of type "override" with the
// properties stage, reason and until, which the policy's stages read.
type Override struct {
	// ID makes it count once, however often it is sent; such as a random number in a form.
	ID    string
	Lead  string
	Stage string // blank is none
	// Reason and Until must be given. Until lies in the future.
	Reason string
	Until  time.Time
}

// Override records an override, as of now.
func (s *Service) Override(ctx context.Context, o Override) (Recorded, error) { panic("not yet") }

// Undo takes back an activity, by its Seq: it counts no more, and stays undone if it is
// sent again. The lead's stage follows by replay. To undo twice does nothing.
func (s *Service) Undo(ctx context.Context, lead string, seq int64) (Recorded, error) {
	panic("not yet")
}

// Merge makes one lead of several: the others become the lead into, and what arrives for
// them later is a fact of it. Where their profiles differ, choose says by the conflict's
// key whose value counts: a lead ID, or "" for neither. If a conflict is not
// chosen for, Merge changes nothing and gives the conflicts. The stage follows by replay.
func (s *Service) Merge(ctx context.Context, into string, others []string, choose map[string]string) ([]qualify.Conflict, Recorded, error) {
	panic("not yet")
}

// Lead is what the database has of a lead.
type Lead struct {
	// Lead is for the methods of Model: its Activities are those of History that are not
	// undone; Stage and StageSince are those of the last assessment.
	qualify.Lead
	// History has all activities, also those undone, the newest first.
	History []Entry `json:"history"`
	// Version counts the changes.
	Version int64 `json:"version"`
	// At is when it was last assessed; Due when it will be if nothing happens, zero is
	// never.
	At  time.Time `json:"assessed_at"`
	Due time.Time `json:"due,omitzero"`
	// Policy is the ID of the policy by which it was assessed.
	Policy int64 `json:"policy"`
	// Points and Rating are those of the last assessment.
	Points float64 `json:"points"`
	Rating string  `json:"rating"`
	// Merged are the IDs of the leads that became this one.
	Merged []string `json:"merged,omitempty"`
}

// Entry is an activity as the database has it.
type Entry struct {
	qualify.Activity
	// Seq identifies it in the database.
	Seq int64 `json:"seq"`
	// Undone is when it was taken back; zero is not.
	Undone time.Time `json:"undone,omitzero"`
}

// Lead gives a lead. For one that was merged it gives the lead that it became, whose ID is
// another one.
func (s *Service) Lead(ctx context.Context, id string) (*Lead, error) { panic("not yet") }

// Assess assesses a lead as of now, or as of its last assessment if the clock was ahead
// then, by the policy in use. It stores nothing.
func (s *Service) Assess(ctx context.Context, lead *Lead) (qualify.Assessment, error) {
	panic("not yet")
}

// Query selects leads.
type Query struct {
	// Stage is a stage of the policy, "none" for plain leads, or blank for all.
	Stage string
	// Search is a part of an ID, or blank.
	Search string
	// Page counts from 1, 0 is 1; Size is how many leads a page has: 0 is 50, at most 500.
	Page, Size int
}

// Page is a part of the ranked list.
type Page struct {
	Leads []Row `json:"leads"`
	// Total is how many leads the query selects, and Pages how many pages they have.
	Total int `json:"total"`
	Page  int `json:"page"`
	Pages int `json:"pages"`
}

// Row is a lead of the list.
type Row struct {
	Lead Lead `json:"lead"`
	// Assessment is that of now.
	Assessment qualify.Assessment `json:"assessment"`
}

// List gives a page of the leads, ranked by the points of their last assessments, and
// assesses those that it gives as of now. It stores nothing.
func (s *Service) List(ctx context.Context, q Query) (Page, error) { panic("not yet") }

// Event is a lead's move to another stage.
type Event struct {
	// Number counts the events that left, from 1 on without a gap; 0 for one that has not
	// left yet.
	Number int64     `json:"number,omitempty"`
	Lead   string    `json:"lead"`
	At     time.Time `json:"at"` // since when the lead is in the stage Stage
	Move   string    `json:"move"`
	From   string    `json:"from"`
	Stage  string    `json:"stage"`
	Points float64   `json:"points"`
	Policy int64     `json:"policy"`
}

// Events gives the moves of a lead, the newest first.
func (s *Service) Events(ctx context.Context, lead string) ([]Event, error) { panic("not yet") }

// Policy is a policy that is or was in use.
type Policy struct {
	ID          int64  `json:"id"`
	Document    string `json:"document"`
	Scenarios   string `json:"scenarios"`
	Name        string `json:"name"`
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`
	Note        string `json:"note,omitempty"`
	// From is when it was released, and Until when the next one was; zero for the one in use.
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
	// Replay is whether leads got its stages with their true dates.
	Replay bool           `json:"replay"`
	Model  *qualify.Model `json:"-"`
}

// Policy gives the policy in use. It is read from the database each time, and compiled
// once in each process.
func (s *Service) Policy(ctx context.Context) (*Policy, error) { panic("not yet") }

// Policies gives all policies that were in use, the newest first.
func (s *Service) Policies(ctx context.Context) ([]Policy, error) { panic("not yet") }

// Draft is a policy that may be released.
type Draft struct {
	Document []byte
	// Scenarios is a file of scenarios that must hold; blank is none.
	Scenarios []byte
	// Limits bound what the release may change.
	Limits review.Limits
	// Accept reports whether a finding that blocks is meant all the same; nil accepts none.
	Accept func(review.Finding) bool
	// Replay gives leads the stages with their true dates, as if the policy had always
	// been in use. Without it, they keep their stages, and enter others at the backfill.
	Replay bool
	Note   string
	// InUse is the ID of the policy that the author saw in use; 0 is any.
	InUse int64
}

// Check says whether a draft may go live: it compiles, is vetted, its scenarios hold, and
// the preview over all leads is within the limits.
func (s *Service) Check(ctx context.Context, d Draft) (review.Decision, error) { panic("not yet") }

// Release checks a draft and, if it may go live, puts it in use in all processes. Backfill
// then assesses all leads by it. The error is ErrReleased if another policy was released
// meanwhile.
func (s *Service) Release(ctx context.Context, d Draft) (review.Decision, error) {
	panic("not yet")
}

// Compare compares all leads as of now by the policy in use and another one.
func (s *Service) Compare(ctx context.Context, next *qualify.Model) iter.Seq2[review.Comparison, error] {
	panic("not yet")
}

// Leads gives all leads, in the order of their IDs, as of when each is read.
func (s *Service) Leads(ctx context.Context) iter.Seq2[*qualify.Lead, error] { panic("not yet") }

// Progress is how far a backfill is.
type Progress struct {
	Policy int64 `json:"policy"` // the ID of the policy in use
	// Done is how many leads were assessed by it, of Total.
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
	// Rate is leads a second, and Left the time that remains; 0 is not known.
	Rate float64       `json:"rate"`
	Left time.Duration `json:"left"`
}

func (p Progress) String() string { panic("not yet") }

// Progress tells how far the backfill is, whichever process runs it.
func (s *Service) Progress(ctx context.Context) (Progress, error) { panic("not yet") }

// Backfill assesses all leads that were last assessed by another policy than the one in
// use, and reports its progress about once a second; report may be nil. After a kill it goes on
// where it was. Several processes may run it at once.
func (s *Service) Backfill(ctx context.Context, report func(Progress)) error { panic("not yet") }

// Wake assesses up to limit leads that are due, and gives how many. Any number of workers
// may call it.
func (s *Service) Wake(ctx context.Context, limit int) (int, error) { panic("not yet") }

// Sink is where events leave to.
type Sink interface {
	// Last gives the number of the last event that it has; 0 is none.
	Last(ctx context.Context) (int64, error)
	// Deliver takes events in the order of their numbers. It must store what it does with
	// them and the number of the last one together, and pass over those that it has.
	Deliver(ctx context.Context, events []Event) error
}

// Deliver gives a sink the events that it does not have yet, and returns how many.
func (s *Service) Deliver(ctx context.Context, sink Sink) (int, error) { panic("not yet") }

// Work wakes leads, delivers events and runs backfills until the context ends.
func (s *Service) Work(ctx context.Context, sink Sink) { panic("not yet") }
