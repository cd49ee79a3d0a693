package crm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/store"
)

// Lead is what the database has of a lead.
type Lead struct {
	// Lead is for the methods of Model: its Activities are those of History that are not
	// undone; Stage and StageSince are those of the last assessment.
	qualify.Lead
	// History has all activities, also those undone, the newest first.
	History []Entry
	// Version counts the changes.
	Version int64
	// At is when it was last assessed; Due when it will be if nothing happens, zero is
	// never.
	At  time.Time
	Due time.Time
	// Policy is the ID of the policy by which it was assessed.
	Policy int64
	// Points and Rating are those of the last assessment.
	Points float64
	Rating string
	// Refused is why the policy does not assess the lead, so that it keeps the verdict that it
	// had; blank: it does.
	Refused string
	// Merged are the IDs of the leads that became this one.
	Merged []string
}

// Entry is an activity as the database has it.
type Entry struct {
	qualify.Activity
	// Seq identifies it in the database.
	Seq int64
	// Undone is when it was taken back; zero is not.
	Undone time.Time
}

// Lead gives a lead. For one that was merged it gives the lead that it became, whose ID is
// another one.
func (s *Service) Lead(ctx context.Context, id string) (*Lead, error) {
	l, err := s.db.Lead(ctx, id)
	if err == nil && l != nil && l.Merged != "" {
		l, err = s.db.Lead(ctx, l.Merged)
	}
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fmt.Errorf("%w: lead %q", ErrNotFound, id)
	}
	rows, err := s.db.History(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	history := make([]Entry, len(rows))
	var activities []qualify.Activity
	for i, row := range rows {
		a, err := row.Given()
		if err != nil {
			return nil, err
		}
		history[i] = Entry{Activity: a, Seq: row.Seq, Undone: time.Time(row.Undone)}
		if history[i].Undone.IsZero() {
			activities = append(activities, a)
		}
	}
	lead, err := leadOf(l, activities)
	if err != nil {
		return nil, err
	}
	lead.History = history
	lead.Merged, err = s.db.Merged(ctx, l.ID)
	return lead, err
}

func leadOf(l *store.Lead, activities []qualify.Activity) (*Lead, error) {
	lead, err := l.Given(activities)
	return &Lead{Lead: lead, Version: l.Version, At: time.Time(l.Assessed), Due: time.Time(l.Due),
		Policy: l.Policy, Points: l.Points, Rating: l.Rating, Refused: l.Refused}, err
}

// Instant gives the instant as of which a lead is shown: now, or that of its last
// assessment if the clock was ahead then.
func (s *Service) Instant(lead *Lead) time.Time {
	if now := s.Now(); !lead.At.After(now) {
		return now
	}
	return lead.At
}

// Assess assesses a lead as of Instant, by the policy in use. It stores nothing. For a lead that the
// policy does not assess, it gives what was stored of the last verdict, and says so in lead.Refused.
func (s *Service) Assess(ctx context.Context, lead *Lead) (qualify.Assessment, error) {
	p, err := s.Policy(ctx)
	if err != nil {
		return qualify.Assessment{}, err
	}
	return s.shown(p.Model, lead)
}

func (s *Service) shown(model *qualify.Model, lead *Lead) (qualify.Assessment, error) {
	lead.Refused = ""
	a, err := model.Assess(&lead.Lead, s.Instant(lead))
	if errors.Is(err, qualify.ErrTooManyActivities) {
		lead.Refused = err.Error()
		return qualify.Assessment{Lead: lead.ID, At: lead.At,
			Score:   qualify.Score{Raw: lead.Points, Points: lead.Points, Rating: lead.Rating, Range: qualify.Range{Low: lead.Points, High: lead.Points}},
			Verdict: qualify.Verdict{Stage: lead.Stage, Since: lead.StageSince}}, nil
	}
	return a, err
}

// Refused gives the IDs of up to limit leads that the policy does not assess: somebody must take
// facts back, or release another policy. They keep the verdicts that they had.
func (s *Service) Refused(ctx context.Context, limit int) ([]string, error) {
	return s.db.Refused(ctx, limit)
}

// Query selects leads.
type Query struct {
	// Stage is a stage of the policy, "none" for plain leads, or blank for all.
	Stage string
	// Rating is a rating of the policy, such as A1, or blank for all.
	Rating string
	// Search is a part of an ID, or of the name or company in the profile; blank is all.
	Search string
	// Page counts from 1, 0 is 1; Size is how many leads a page has: 0 is 50, at most 500.
	Page, Size int
}

// Page is a part of the ranked list.
type Page struct {
	Leads []Row
	// Total is how many leads the query selects, and Pages how many pages they have, at least 1.
	Total int
	Page  int
	Pages int
}

// Row is a lead of the list.
type Row struct {
	Lead *Lead // without History and Merged
	// Assessment is that of now.
	Assessment qualify.Assessment
}

// List gives a page of the leads, ranked by the points of their last assessments, and
// assesses those that it gives as of now. It stores nothing.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	f := store.Filter{Rating: q.Rating, Search: folded(q.Search)}
	switch q.Stage {
	case "":
	case "none":
		f.Stage = new("")
	default:
		f.Stage = &q.Stage
	}
	if q.Size <= 0 {
		q.Size = 50
	}
	q.Size = min(q.Size, 500)
	policy, err := s.Policy(ctx)
	if err != nil {
		return Page{}, err
	}
	page := Page{}
	if page.Total, err = s.db.Count(ctx, f); err != nil {
		return Page{}, err
	}
	page.Pages = max(1, (page.Total+q.Size-1)/q.Size)
	page.Page = min(max(1, q.Page), page.Pages)
	rows, err := s.db.Ranked(ctx, f, (page.Page-1)*q.Size, q.Size)
	if err != nil {
		return Page{}, err
	}
	activities, err := s.db.Activities(ctx, idsOf(rows))
	if err != nil {
		return Page{}, err
	}
	for i := range rows {
		lead, err := leadOf(&rows[i], activities[rows[i].ID])
		if err != nil {
			return Page{}, err
		}
		a, err := s.shown(policy.Model, lead)
		if err != nil {
			return Page{}, fmt.Errorf("lead %q: %w", lead.ID, err)
		}
		page.Leads = append(page.Leads, Row{lead, a})
	}
	return page, nil
}

// searched gives what a search looks in: the ID of a lead, and the name and company of its profile.
func searched(lead *qualify.Lead) string {
	text := lead.ID
	for _, key := range []string{"name", "company"} {
		if value, ok := lead.Profile[key].(string); ok {
			text += "\n" + value
		}
	}
	return folded(text)
}

// folded gives a text without case, each letter by itself, as the library compares text.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, text)
}

func idsOf(leads []store.Lead) []string {
	ids := make([]string, len(leads))
	for i := range leads {
		ids[i] = leads[i].ID
	}
	return ids
}

// Leads gives all leads, in the order of their IDs, as of when each is read. A lead is
// overwritten by none that follows.
func (s *Service) Leads(ctx context.Context) iter.Seq2[*qualify.Lead, error] {
	return func(yield func(*qualify.Lead, error) bool) {
		after := ""
		for {
			rows, err := s.db.After(ctx, after, 500)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(rows) == 0 {
				return
			}
			activities, err := s.db.Activities(ctx, idsOf(rows))
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				lead, err := rows[i].Given(activities[rows[i].ID])
				if !yield(&lead, err) {
					return
				}
			}
			after = rows[len(rows)-1].ID
		}
	}
}

// Event is a lead's move to another stage.
type Event struct {
	// Number counts the events that left, from 1 on without a gap; 0 for one that has not
	// left yet.
	Number int64  `json:"number,omitempty"`
	Lead   string `json:"lead"`
	// At is since when the lead is in Stage.
	At time.Time `json:"at"`
	// Move is that of the verdict (enter, promote, …), "replay" where a replay led to Stage
	// in another way than from From, "merge" for a lead that became another one, and "erase" for one that
	// was deleted: whoever stored something of it must delete that.
	Move   string  `json:"move"`
	From   string  `json:"from"`
	Stage  string  `json:"stage"`
	Points float64 `json:"points"`
	Policy int64   `json:"policy"`
}

func eventOf(e store.Event) Event {
	return Event{e.Number, e.Lead, time.Time(e.At), e.Move, e.From, e.Stage, e.Points, e.Policy}
}

// Events gives the moves of a lead, the newest first.
func (s *Service) Events(ctx context.Context, lead string) ([]Event, error) {
	rows, err := s.db.EventsOf(ctx, lead)
	events := make([]Event, len(rows))
	for i := range rows {
		events[i] = eventOf(rows[i])
	}
	return events, err
}

// Verdict is an assessment that was stored.
type Verdict struct {
	Version int64
	// Cause is "fact", "attributes", "import", "undo", "merge", "separate", "time" or "policy"; or "refused", if the policy
	// does not assess the lead, which then keeps the verdict before. Replay is whether a replay settled the stage.
	Cause  string
	Replay bool
	Policy int64
	At     time.Time
	Stage  string
	Since  time.Time
	Due    time.Time
	Points float64
	Rating string
}

// Verdicts gives the assessments of a lead that were stored, the newest first.
func (s *Service) Verdicts(ctx context.Context, lead string) ([]Verdict, error) {
	rows, err := s.db.Verdicts(ctx, lead)
	verdicts := make([]Verdict, len(rows))
	for i, v := range rows {
		verdicts[i] = Verdict{v.Version, v.Cause, v.Replay == 1, v.Policy, time.Time(v.At), v.Stage, time.Time(v.Since), time.Time(v.Due), v.Points, v.Rating}
	}
	return verdicts, err
}
