// Package store is the database: its schema and its statements, the same for SQLite and
// PostgreSQL. dialect.go holds all that differs. It knows nothing of policies; package crm
// decides what is stored.
package store

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/qualify-go/qualify"
)

//go:embed schema.sql
var schema string

// ErrConflict means that somebody else changed a lead after it was read.
var ErrConflict = errors.New("store: the lead was changed by another writer")

// DB is a database.
type DB struct {
	db      *sql.DB
	dialect dialect
	writing chan struct{} // as many as write at once
	stmts   sync.Map      // prepared statements by their text
}

// Open opens a database and makes its tables if they are not there. The source is a file of
// SQLite, or the URL of a PostgreSQL database (postgres://…).
func Open(ctx context.Context, source string) (*DB, error) {
	db, dialect, err := connect(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("store: open the database: %w", err)
	}
	d := &DB{db: db, dialect: dialect, writing: make(chan struct{}, dialect.writers)}
	if _, err := db.ExecContext(ctx, dialect.one+dialect.replace.Replace(schema)); err != nil {
		db.Close()
		return nil, fmt.Errorf("store: make the tables: %w", err)
	}
	return d, nil
}

// Close closes it.
func (d *DB) Close() error { return d.db.Close() }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	_, err := d.InUse(ctx)
	return err
}

// Tx is a transaction that writes.
type Tx struct {
	d   *DB
	tx  *sql.Tx
	ctx context.Context
}

// attempts is how often a transaction is made that meets others.
const attempts = 20

// Write runs a transaction, again if it meets another one.
func (d *DB) Write(ctx context.Context, do func(*Tx) error) error {
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			select {
			case <-time.After(rand.N(time.Millisecond << min(attempt, 7))):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err = d.write(ctx, do); err == nil || !errors.Is(err, ErrConflict) && !d.dialect.retry(err) {
			return err
		}
	}
	return err
}

func (d *DB) write(ctx context.Context, do func(*Tx) error) error {
	// Who waits here holds nothing that others need; and SQLite itself does not queue its writers.
	select {
	case d.writing <- struct{}{}:
		defer func() { <-d.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(&Tx{d, tx, ctx}); err != nil {
		return err
	}
	return tx.Commit()
}

// prepared gives a prepared statement; in it, "ROWS(columns)" is the table of the rows in $1.
func (d *DB) prepared(ctx context.Context, statement, columns string) (*sql.Stmt, error) {
	if s, ok := d.stmts.Load(statement); ok {
		return s.(*sql.Stmt), nil
	}
	text := d.dialect.replace.Replace(statement)
	if columns != "" {
		text = fmt.Sprintf(text, d.dialect.rows(columns))
	}
	s, err := d.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if first, loaded := d.stmts.LoadOrStore(statement, s); loaded {
		s.Close()
		return first.(*sql.Stmt), nil
	}
	return s, nil
}

// A querier runs statements: the database, or a transaction. A statement with %s takes rows
// there, with the columns given.
type querier interface {
	query(ctx context.Context, statement, columns string, args ...any) (*sql.Rows, error)
}

func (d *DB) query(ctx context.Context, statement, columns string, args ...any) (*sql.Rows, error) {
	s, err := d.prepared(ctx, statement, columns)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (t *Tx) query(ctx context.Context, statement, columns string, args ...any) (*sql.Rows, error) {
	s, err := t.d.prepared(ctx, statement, columns)
	if err != nil {
		return nil, err
	}
	return t.tx.StmtContext(ctx, s).QueryContext(ctx, args...)
}

// exec runs a statement, and gives how many rows it changed.
func (t *Tx) exec(statement, columns string, args ...any) (int64, error) {
	s, err := t.d.prepared(t.ctx, statement, columns)
	if err != nil {
		return 0, err
	}
	result, err := t.tx.StmtContext(t.ctx, s).ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// all reads the rows of a query.
func all[T any](ctx context.Context, q querier, scan func(*sql.Rows, *T) error, statement, columns string, args ...any) ([]T, error) {
	rows, err := q.query(ctx, statement, columns, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

func one[T any](rows *sql.Rows, v *T) error { return rows.Scan(v) }

// toJSON gives rows as the parameter of a statement.
func toJSON(rows any) string {
	data, err := json.Marshal(rows)
	if err != nil {
		panic(err) // rows are structs of numbers and texts
	}
	return string(data)
}

// Instant is an instant as the database has it. The zero time is NULL. One that nanoseconds in
// 64 bits do not represent is the first or the last that they do: assessments set the first
// aside as the library does, and never come to the last.
type Instant time.Time

var first, last = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

func (i Instant) nanoseconds() *int64 {
	t := time.Time(i)
	switch {
	case t.IsZero():
		return nil
	case t.Before(first):
		t = first
	case t.After(last):
		t = last
	}
	return new(t.UnixNano())
}

// MarshalJSON gives the nanoseconds, or null.
func (i Instant) MarshalJSON() ([]byte, error) { return json.Marshal(i.nanoseconds()) }

// Scan reads what the database has.
func (i *Instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i = Instant{}
	case int64:
		*i = Instant(time.Unix(0, v).UTC())
		if v == math.MinInt64 {
			*i = Instant{}
		}
	default:
		return fmt.Errorf("store: %T is no instant", v)
	}
	return nil
}

// object reads the JSON of a profile, or of properties. The library does so: it keeps whole
// numbers that are no float64.
func object(text string) (map[string]any, error) {
	if text == "{}" {
		return nil, nil
	}
	var a qualify.Activity
	if err := a.UnmarshalJSON([]byte(`{"props":` + text + `}`)); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return a.Props, nil
}

// Object writes the JSON of a profile, or of properties; nil and empty are {}.
func Object(values map[string]any) (string, error) {
	if len(values) == 0 {
		return "{}", nil
	}
	data, err := json.Marshal(values)
	return string(data), err
}
