package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

// Lead is a lead with its last verdict, without activities.
type Lead struct {
	ID       string  `json:"id"`
	Version  int64   `json:"version"`
	Profile  string  `json:"profile"`
	Merged   string  `json:"merged"` // the lead that it became; blank: it is itself
	Policy   int64   `json:"policy"` // to which it was last held
	Assessed Instant `json:"assessed"`
	Stage    string  `json:"stage"`
	Since    Instant `json:"since"`
	Due      Instant `json:"due"`
	Points   float64 `json:"points"`
	Rating   string  `json:"rating"`
	Refused  string  `json:"refused"` // why the policy does not assess it; blank: it does
	Search   string  `json:"search"`  // what a search looks in
}

const (
	leadColumns = "l.id, l.version, l.profile, l.merged, l.policy, l.assessed, l.stage, l.since, l.due, l.points, l.rating, l.refused, l.search"
	leadRow     = "id text, version bigint, profile text, merged text, policy bigint, assessed bigint, stage text, since bigint, due bigint, points double precision, rating text, refused text, search text"
)

func scanLead(rows *sql.Rows, l *Lead) error {
	return rows.Scan(&l.ID, &l.Version, &l.Profile, &l.Merged, &l.Policy, &l.Assessed, &l.Stage, &l.Since, &l.Due, &l.Points, &l.Rating, &l.Refused, &l.Search)
}

// Given gives the lead as the library takes it, with its activities.
func (l *Lead) Given(activities []qualify.Activity) (qualify.Lead, error) {
	profile, err := object(l.Profile)
	return qualify.Lead{ID: l.ID, Profile: profile, Activities: activities, Stage: l.Stage, StageSince: time.Time(l.Since)}, err
}

type key struct {
	ID string `json:"id"`
}

func keys(ids []string) string {
	list := make([]key, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return toJSON(list)
}

// Lock gives leads, by their IDs, which nobody else changes until the transaction ends. With
// create, those that are not there are made.
func (t *Tx) Lock(ids []string, create bool) (map[string]*Lead, error) {
	leads := make(map[string]*Lead, len(ids))
	// All lock in one order, so that no two wait for each other.
	const lock = "SELECT " + leadColumns + " FROM leads l WHERE l.id IN (SELECT r.id FROM %s) ORDER BY l.id FOR UPDATE"
	for range 2 {
		found, err := all(t.ctx, t, scanLead, lock, "id text", keys(ids))
		if err != nil {
			return nil, err
		}
		for i := range found {
			leads[found[i].ID] = &found[i]
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return leads[id] != nil })
		if !create || len(ids) == 0 {
			break
		}
		slices.Sort(ids)
		if _, err := t.exec(`INSERT INTO leads (id, version, profile, merged, policy, stage, points, rating, refused, search)
			SELECT r.id, 0, '{}', '', 0, '', 0, '', '', '' FROM %s WHERE true ORDER BY r.id ON CONFLICT (id) DO NOTHING`, "id text", keys(ids)); err != nil {
			return nil, err
		}
	}
	return leads, nil
}

// Due gives up to limit leads that are due, the longest due first, and locks them. It passes
// over those that another transaction has locked: that one assesses them.
func (t *Tx) Due(now time.Time, limit int) ([]Lead, error) {
	return all(t.ctx, t, scanLead, "SELECT "+leadColumns+` FROM leads l
		WHERE l.due <= $1 ORDER BY l.due LIMIT $2 FOR UPDATE SKIP LOCKED`, "", Instant(now).nanoseconds(), limit)
}

// Refused gives the IDs of up to limit leads that the policy does not assess.
func (d *DB) Refused(ctx context.Context, limit int) ([]string, error) {
	return all(ctx, d, one[string], "SELECT id FROM leads WHERE refused <> '' ORDER BY id LIMIT $1", "", limit)
}

// CountRefused counts them.
func (d *DB) CountRefused(ctx context.Context) (int64, error) {
	return single[int64](ctx, d, "SELECT count(*) FROM leads WHERE refused <> ''")
}

// Behind gives up to limit leads after an ID that were not assessed by a policy yet, and
// locks them. It passes over those that another transaction has locked.
func (t *Tx) Behind(policy int64, after string, limit int) ([]Lead, error) {
	return all(t.ctx, t, scanLead, "SELECT "+leadColumns+` FROM leads l
		WHERE l.id > $2 AND l.policy < $1 AND l.merged = '' ORDER BY l.id LIMIT $3 FOR UPDATE SKIP LOCKED`, "", policy, after, limit)
}

// Save stores leads whose Version is one more than the one that they were read with. It is
// ErrConflict if one of them has another version by now.
func (t *Tx) Save(leads []Lead) error {
	n, err := t.exec(`UPDATE leads SET version = r.version, profile = r.profile, merged = r.merged, policy = r.policy,
		assessed = r.assessed, stage = r.stage, since = r.since, due = r.due, points = r.points, rating = r.rating,
		refused = r.refused, search = r.search
		FROM %s WHERE leads.id = r.id AND leads.version = r.version - 1`, leadRow, toJSON(leads))
	if err == nil && n != int64(len(leads)) {
		err = ErrConflict
	}
	return err
}

// Redirect lets what became one lead become another, with its activities.
func (t *Tx) Redirect(from, to string) error {
	if _, err := t.exec("UPDATE leads SET merged = $2 WHERE merged = $1", "", from, to); err != nil {
		return err
	}
	_, err := t.exec("UPDATE activities SET lead = $2 WHERE lead = $1", "", from, to)
	return err
}

// Separate gives a lead back the activities that were sent to it, from the lead that it became.
func (t *Tx) Separate(id, from string) error {
	_, err := t.exec("UPDATE activities SET lead = $1 WHERE origin = $1 AND lead = $2", "", id, from)
	return err
}

// Erase deletes a lead, those that became it, and all that is stored of them, and gives their IDs.
// Their events keep their numbers, without the lead.
func (t *Tx) Erase(id string) ([]string, error) {
	ids, err := all(t.ctx, t, one[string], "SELECT id FROM leads WHERE id = $1 OR merged = $1 ORDER BY id", "", id)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"UPDATE events SET lead = '' WHERE lead IN (SELECT id FROM leads WHERE id = $1 OR merged = $1)",
		"DELETE FROM verdicts WHERE lead IN (SELECT id FROM leads WHERE id = $1 OR merged = $1)",
		"DELETE FROM activities WHERE lead = $1",
		"DELETE FROM leads WHERE id = $1 OR merged = $1",
	} {
		if _, err := t.exec(statement, "", id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// Lead gives a lead, or nil.
func (d *DB) Lead(ctx context.Context, id string) (*Lead, error) {
	list, err := d.Get(ctx, []string{id})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Get gives leads, in the order of their IDs.
func (d *DB) Get(ctx context.Context, ids []string) ([]Lead, error) {
	return all(ctx, d, scanLead, "SELECT "+leadColumns+" FROM leads l WHERE l.id IN (SELECT r.id FROM %s) ORDER BY l.id", "id text", keys(ids))
}

// Merged gives the IDs of the leads that became a lead.
func (d *DB) Merged(ctx context.Context, id string) ([]string, error) {
	return all(ctx, d, one[string], "SELECT id FROM leads WHERE merged = $1 ORDER BY id", "", id)
}

// After gives up to limit leads after an ID, in the order of their IDs, without merged ones.
func (d *DB) After(ctx context.Context, id string, limit int) ([]Lead, error) {
	return all(ctx, d, scanLead, "SELECT "+leadColumns+" FROM leads l WHERE l.id > $1 AND l.merged = '' ORDER BY l.id LIMIT $2", "", id, limit)
}

// Filter selects leads that are not merged.
type Filter struct {
	Stage  *string // nil is all
	Rating string  // blank is all
	Search string  // a part of what a search looks in; blank is all
}

func (f Filter) where() (where string, args []any) {
	where = "l.merged = ''"
	if f.Stage != nil {
		args = append(args, *f.Stage)
		where += " AND l.stage = $1"
	}
	if f.Rating != "" {
		args = append(args, f.Rating)
		where += " AND l.rating = $" + string(rune('0'+len(args)))
	}
	if f.Search != "" {
		args = append(args, f.Search)
		where += " AND strpos(l.search, $" + string(rune('0'+len(args))) + ") > 0"
	}
	return where, args
}

// Ranked gives a part of the leads, those with the most points first.
func (d *DB) Ranked(ctx context.Context, f Filter, offset, limit int) ([]Lead, error) {
	where, args := f.where()
	n := len(args)
	return all(ctx, d, scanLead, "SELECT "+leadColumns+" FROM leads l WHERE "+where+
		" ORDER BY l.points DESC, l.id LIMIT $"+string(rune('1'+n))+" OFFSET $"+string(rune('2'+n)), "", append(args, limit, offset)...)
}

// Count counts leads.
func (d *DB) Count(ctx context.Context, f Filter) (int, error) {
	where, args := f.where()
	return single[int](ctx, d, "SELECT count(*) FROM leads l WHERE "+where, args...)
}

// CountBehind counts the leads that were not assessed by a policy yet.
func (d *DB) CountBehind(ctx context.Context, policy int64) (int64, error) {
	return single[int64](ctx, d, "SELECT count(*) FROM leads l WHERE l.merged = '' AND l.policy < $1", policy)
}
