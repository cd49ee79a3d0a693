package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/review"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// Policy is a policy that is or was in use.
type Policy struct {
	ID          int64
	Document    string
	Scenarios   string
	Name        string
	Version     string
	Fingerprint string
	Note        string
	// From is when it was released, and Until when the next one was; zero for the one in use.
	// Until is only given by Policies.
	From  time.Time
	Until time.Time
	// Replay is whether leads got its stages with their true dates.
	Replay bool
	// Model is the policy compiled; nil if Policies gives it.
	Model *qualify.Model
}

// Policy gives the policy in use. Its ID is read from the database each time, and a policy
// is compiled once in each process.
func (s *Service) Policy(ctx context.Context) (*Policy, error) {
	id, err := s.db.InUse(ctx)
	if err != nil {
		return nil, err
	}
	return s.policy(ctx, id)
}

func (s *Service) policy(ctx context.Context, id int64) (*Policy, error) {
	if p, ok := s.compiled.Load(id); ok {
		return p.(*Policy), nil
	}
	row, err := s.db.Policy(ctx, id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, ErrNoPolicy
	}
	p, err := s.compile(row)
	if err != nil {
		return nil, err
	}
	s.compiled.Store(id, p)
	return p, nil
}

func (s *Service) compile(row *store.Policy) (*Policy, error) {
	document, err := qualify.ParsePolicy([]byte(row.Document))
	if err != nil {
		return nil, fmt.Errorf("policy %d: %w", row.ID, err)
	}
	model, err := qualify.Compile(document, s.Compile()...)
	if err != nil {
		return nil, fmt.Errorf("policy %d: %w", row.ID, err)
	}
	if model.Fingerprint() != row.Fingerprint {
		slog.Warn("the policy means something else than when it was released, since this program has another version of the library, or another location: release it again",
			"policy", row.ID, "released", row.Fingerprint, "here", model.Fingerprint())
	}
	p := policyOf(row)
	p.Model = model
	return p, nil
}

func policyOf(row *store.Policy) *Policy {
	return &Policy{ID: row.ID, Document: row.Document, Scenarios: row.Scenarios, Name: row.Name, Version: row.Version, Fingerprint: row.Fingerprint,
		Note: row.Note, From: time.Time(row.Released), Replay: row.Replay}
}

// Compile gives the options with which the service compiles policies.
func (s *Service) Compile() []qualify.Option {
	return []qualify.Option{qualify.WithLocation(s.options.Location)}
}

// Policies gives all policies that were in use, the newest first. They are not compiled: an old one may have
// what the library does not take any more.
func (s *Service) Policies(ctx context.Context) ([]Policy, error) {
	rows, err := s.db.Policies(ctx)
	if err != nil {
		return nil, err
	}
	policies := make([]Policy, len(rows))
	for i := range rows {
		policies[i] = *policyOf(&rows[i])
		if i > 0 {
			policies[i].Until = policies[i-1].From
		}
	}
	return policies, nil
}

// Draft is a policy that may be released.
type Draft struct {
	Document []byte
	// Scenarios is a file of scenarios that must hold; blank is none. It may begin with "policy
	// policy.json", which is the document.
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
func (s *Service) Check(ctx context.Context, d Draft) (review.Decision, error) {
	_, decision, err := s.check(ctx, d)
	return decision, err
}

// check gives also the ID of the policy that the draft was compared with.
func (s *Service) check(ctx context.Context, d Draft) (inUse int64, decision review.Decision, err error) {
	r := review.Release{Document: d.Document, Options: s.Compile(), Accept: d.Accept, At: s.Now(), Limits: d.Limits}
	var unread error // why not all leads could be read
	switch p, err := s.Policy(ctx); {
	case errors.Is(err, ErrNoPolicy): // the first one
	case err != nil:
		return 0, decision, err
	case d.InUse != 0 && d.InUse != p.ID:
		return 0, decision, ErrReleased
	default:
		inUse = p.ID
		empty := true
		for range s.Leads(ctx) {
			empty = false
			break
		}
		if !empty { // there is something to compare
			r.InUse, r.Leads = p.Model, func(yield func(*qualify.Lead, error) bool) {
				for lead, failed := range s.Leads(ctx) {
					if failed != nil { // the database is gone, which is no objection to the draft
						unread = failed
						return
					}
					if !yield(lead, nil) {
						return
					}
				}
			}
		}
	}
	if len(d.Scenarios) > 0 {
		files := fstest.MapFS{"policy.scenario": {Data: d.Scenarios}, "policy.json": {Data: d.Document}}
		r.Scenarios = func(m *qualify.Model) error { return qualifytest.Check(m, files) }
	}
	decision = r.Check()
	return inUse, decision, cmp.Or(ctx.Err(), unread)
}

// Release checks a draft and, if it may go live, puts it in use in all processes. Backfill
// then assesses all leads by it. The error is ErrReleased if another policy was released
// meanwhile.
func (s *Service) Release(ctx context.Context, d Draft) (review.Decision, error) {
	inUse, decision, err := s.check(ctx, d)
	if err != nil || !decision.MayGoLive {
		return decision, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		id, err := tx.InUse()
		if err != nil {
			return err
		}
		if id != inUse {
			return ErrReleased
		}
		return tx.Release(store.Policy{ID: id + 1, Document: string(d.Document), Scenarios: string(d.Scenarios), Name: decision.Policy, Version: decision.Version,
			Fingerprint: decision.Fingerprint, Note: d.Note, Replay: d.Replay, Released: store.Instant(s.Now())})
	})
	return decision, err
}

// Compare compares all leads as of now by the policy in use and another one.
func (s *Service) Compare(ctx context.Context, next *qualify.Model) iter.Seq2[review.Comparison, error] {
	return func(yield func(review.Comparison, error) bool) {
		p, err := s.Policy(ctx)
		if err != nil {
			yield(review.Comparison{}, err)
			return
		}
		review.Compare(p.Model, next, s.Leads(ctx), s.Now())(yield)
	}
}
