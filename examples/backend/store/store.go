// Package store is the database: its schema and its statements, the same for SQLite and
// PostgreSQL. dialect.go holds all that differs.
package store

import (
	"context"
	"database/sql"
	"errors"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// DB is a database.
type DB struct{ db *sql.DB }

// Open opens a database and makes its tables if they are not there. The source is a file of
// SQLite, or the URL of a PostgreSQL database (postgres://…).
func Open(ctx context.Context, source string) (*DB, error) { return nil, errors.ErrUnsupported }

// Close closes it.
func (d *DB) Close() error { return d.db.Close() }
