// Package storetest gives tests empty databases.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// Each runs a test with a new database of each kind, as store.Open takes it: SQLite, and PostgreSQL
// where DATABASE_URL names a server on which databases may be created.
func Each(t *testing.T, test func(t *testing.T, source string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite gives the name of a file that is not there yet. Commits do not wait for the disk: a test kills processes, and does
// not cut the power.
func SQLite(t testing.TB) string {
	return filepath.Join(t.TempDir(), "crm.db") + "?_pragma=synchronous(NORMAL)"
}

// Postgres makes a database, which the end of the test drops. It skips the test without a server.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("DATABASE_URL")
	if server == "" {
		t.Skip("SKIPPED: DATABASE_URL is not set, so nothing is tested on PostgreSQL")
	}
	source, drop, err := Create(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return source
}

// Create makes an empty database on a server of PostgreSQL.
func Create(ctx context.Context, server string) (source string, drop func() error, err error) {
	location, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), rand.Uint32())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		db.Close()
		return "", nil, err
	}
	location.Path = "/" + name
	return location.String(), func() error {
		defer db.Close()
		_, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		return err
	}, nil
}
