package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/qualify-go/qualify"
)

// single reads one value; the zero one if it is NULL or there is no row.
func single[T any](ctx context.Context, q querier, statement string, args ...any) (T, error) {
	list, err := all(ctx, q, one[sql.Null[T]], statement, "", args...)
	if err != nil || len(list) == 0 {
		var zero T
		return zero, err
	}
	return list[0].V, nil
}

// Activity is an activity.
type Activity struct {
	Seq     int64   `json:"-"`
	Lead    string  `json:"lead"`   // to which it counts
	Origin  string  `json:"origin"` // to which it was sent
	Type    string  `json:"type"`
	ID      string  `json:"id"`
	At      Instant `json:"at"`
	Props   string  `json:"props"`
	Version int64   `json:"version"` // of the lead, when it was stored
	Undone  Instant `json:"-"`
}

// Given gives the activity as the library takes it.
func (a *Activity) Given() (qualify.Activity, error) {
	props, err := object(a.Props)
	return qualify.Activity{ID: a.ID, Type: a.Type, At: time.Time(a.At), Props: props}, err
}

// Added is a new activity.
type Added struct {
	Lead string
	At   Instant
}

// Add stores activities, but those with an ID that are there, and gives the new ones.
func (t *Tx) Add(activities []Activity) ([]Added, error) {
	if len(activities) == 0 {
		return nil, nil
	}
	return all(t.ctx, t, func(rows *sql.Rows, a *Added) error { return rows.Scan(&a.Lead, &a.At) },
		`INSERT INTO activities (lead, origin, type, id, at, props, version)
		SELECT r.lead, r.origin, r.type, r.id, r.at, r.props, r.version FROM %s WHERE true
		ON CONFLICT (origin, type, id) WHERE id <> '' DO NOTHING RETURNING lead, at`,
		"lead text, origin text, type text, id text, at bigint, props text, version bigint", toJSON(activities))
}

// Undo marks an activity of a lead as taken back, and reports whether it is there, and was
// not marked before.
func (t *Tx) Undo(lead string, seq int64, now time.Time) (there, changed bool, err error) {
	n, err := t.exec("UPDATE activities SET undone = $3 WHERE lead = $1 AND seq = $2 AND undone IS NULL", "", lead, seq, Instant(now).nanoseconds())
	if err != nil || n > 0 {
		return true, true, err
	}
	n, err = single[int64](t.ctx, t, "SELECT count(*) FROM activities WHERE lead = $1 AND seq = $2", lead, seq)
	return n > 0, false, err
}

// Activities gives the activities that count to leads, without those that were taken back.
func (t *Tx) Activities(ids []string) (map[string][]qualify.Activity, error) {
	return activities(t.ctx, t, ids)
}

// Activities gives the activities that count to leads, without those that were taken back.
func (d *DB) Activities(ctx context.Context, ids []string) (map[string][]qualify.Activity, error) {
	return activities(ctx, d, ids)
}

func activities(ctx context.Context, q querier, ids []string) (map[string][]qualify.Activity, error) {
	lists := make(map[string][]qualify.Activity, len(ids))
	_, err := all(ctx, q, func(rows *sql.Rows, _ *struct{}) error {
		var a Activity
		if err := rows.Scan(&a.Lead, &a.Type, &a.ID, &a.At, &a.Props); err != nil {
			return err
		}
		given, err := a.Given()
		lists[a.Lead] = append(lists[a.Lead], given)
		return err
	}, "SELECT lead, type, id, at, props FROM activities WHERE lead IN (SELECT r.id FROM %s) AND undone IS NULL", "id text", keys(ids))
	return lists, err
}

// History gives all activities of a lead, the newest first.
func (d *DB) History(ctx context.Context, lead string) ([]Activity, error) {
	return all(ctx, d, func(rows *sql.Rows, a *Activity) error {
		return rows.Scan(&a.Seq, &a.Lead, &a.Origin, &a.Type, &a.ID, &a.At, &a.Props, &a.Version, &a.Undone)
	}, "SELECT seq, lead, origin, type, id, at, props, version, undone FROM activities WHERE lead = $1 ORDER BY at DESC NULLS LAST, seq DESC", "", lead)
}

// Verdict is an assessment in the journal.
type Verdict struct {
	Lead    string  `json:"lead"`
	Version int64   `json:"version"`
	Cause   string  `json:"cause"`
	Replay  int64   `json:"replay"`
	Policy  int64   `json:"policy"`
	At      Instant `json:"at"`
	Stage   string  `json:"stage"`
	Since   Instant `json:"since"`
	Due     Instant `json:"due"`
	Points  float64 `json:"points"`
	Rating  string  `json:"rating"`
}

// Journal stores verdicts.
func (t *Tx) Journal(verdicts []Verdict) error {
	_, err := t.exec(`INSERT INTO verdicts (lead, version, cause, replay, policy, at, stage, since, due, points, rating)
		SELECT r.lead, r.version, r.cause, r.replay, r.policy, r.at, r.stage, r.since, r.due, r.points, r.rating FROM %s`,
		"lead text, version bigint, cause text, replay bigint, policy bigint, at bigint, stage text, since bigint, due bigint, points double precision, rating text",
		toJSON(verdicts))
	return err
}

// Verdicts gives the journal of a lead, the newest first.
func (d *DB) Verdicts(ctx context.Context, lead string) ([]Verdict, error) {
	return all(ctx, d, func(rows *sql.Rows, v *Verdict) error {
		return rows.Scan(&v.Lead, &v.Version, &v.Cause, &v.Replay, &v.Policy, &v.At, &v.Stage, &v.Since, &v.Due, &v.Points, &v.Rating)
	}, "SELECT lead, version, cause, replay, policy, at, stage, since, due, points, rating FROM verdicts WHERE lead = $1 ORDER BY version DESC", "", lead)
}
