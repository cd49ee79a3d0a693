package store

import (
	"context"
	"database/sql"
)

// Event is a move of a lead.
type Event struct {
	Number int64   `json:"-"` // 0: it has none yet
	Lead   string  `json:"lead"`
	At     Instant `json:"at"`
	Move   string  `json:"move"`
	From   string  `json:"from_stage"`
	Stage  string  `json:"stage"`
	Points float64 `json:"points"`
	Policy int64   `json:"policy"`
}

func scanEvent(rows *sql.Rows, e *Event) error {
	var number sql.NullInt64
	err := rows.Scan(&number, &e.Lead, &e.At, &e.Move, &e.From, &e.Stage, &e.Points, &e.Policy)
	e.Number = number.Int64
	return err
}

const eventColumns = "number, lead, at, move, from_stage, stage, points, policy"

// Emit puts events into the outbox, in their order.
func (t *Tx) Emit(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	_, err := t.exec(`INSERT INTO events (lead, at, move, from_stage, stage, points, policy)
		SELECT r.lead, r.at, r.move, r.from_stage, r.stage, r.points, r.policy FROM %s`,
		"lead text, at bigint, move text, from_stage text, stage text, points double precision, policy bigint", toJSON(events))
	return err
}

// Number gives numbers to up to limit events that have none, in the order in which they were
// put into the outbox, and returns how many. One transaction at a time does so, and it sees
// only events that are committed: so whoever has read up to a number finds no smaller one
// later.
func (t *Tx) Number(limit int) (int64, error) {
	last, err := single[int64](t.ctx, t, "SELECT last FROM outbox WHERE id = 1 FOR UPDATE")
	if err != nil {
		return 0, err
	}
	n, err := t.exec(`UPDATE events SET number = $1 + waiting.n
		FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM
			(SELECT seq FROM events WHERE number IS NULL ORDER BY seq LIMIT $2) AS oldest) AS waiting
		WHERE events.seq = waiting.seq`, "", last, limit)
	if err == nil && n > 0 {
		_, err = t.exec("UPDATE outbox SET last = $1 WHERE id = 1", "", last+n)
	}
	return n, err
}

// EventsAfter gives up to limit events in the order of their numbers, from behind one on.
func (d *DB) EventsAfter(ctx context.Context, number int64, limit int) ([]Event, error) {
	return all(ctx, d, scanEvent, "SELECT "+eventColumns+" FROM events WHERE number > $1 ORDER BY number LIMIT $2", "", number, limit)
}

// EventsOf gives the events of a lead, the newest first.
func (d *DB) EventsOf(ctx context.Context, lead string) ([]Event, error) {
	return all(ctx, d, scanEvent, "SELECT "+eventColumns+" FROM events WHERE lead = $1 ORDER BY seq DESC", "", lead)
}
