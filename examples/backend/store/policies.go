package store

import (
	"context"
	"database/sql"
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
	Replay      bool
	Released    Instant
}

const policyColumns = "id, document, scenarios, name, version, fingerprint, note, replay, released"

func scanPolicy(rows *sql.Rows, p *Policy) error {
	var replay int64
	err := rows.Scan(&p.ID, &p.Document, &p.Scenarios, &p.Name, &p.Version, &p.Fingerprint, &p.Note, &replay, &p.Released)
	p.Replay = replay == 1
	return err
}

const inUse = "SELECT max(id) FROM policies"

// InUse gives the ID of the policy in use; 0 is none. Each transaction asks for it, so that
// no process goes on with an old one.
func (t *Tx) InUse() (int64, error) { return single[int64](t.ctx, t, inUse) }

// InUse gives the ID of the policy in use; 0 is none.
func (d *DB) InUse(ctx context.Context) (int64, error) { return single[int64](ctx, d, inUse) }

// Policy gives a policy, or nil.
func (d *DB) Policy(ctx context.Context, id int64) (*Policy, error) {
	list, err := all(ctx, d, scanPolicy, "SELECT "+policyColumns+" FROM policies WHERE id = $1", "", id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Policies gives all policies, the newest first.
func (d *DB) Policies(ctx context.Context) ([]Policy, error) {
	return all(ctx, d, scanPolicy, "SELECT "+policyColumns+" FROM policies ORDER BY id DESC", "")
}

// Release stores a policy, which is in use from then on. It is ErrConflict if there is one with
// its ID.
func (t *Tx) Release(p Policy) error {
	replay := 0
	if p.Replay {
		replay = 1
	}
	n, err := t.exec(`INSERT INTO policies (id, document, scenarios, name, version, fingerprint, note, replay, released)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`, "",
		p.ID, p.Document, p.Scenarios, p.Name, p.Version, p.Fingerprint, p.Note, replay, p.Released.nanoseconds())
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return err
}
