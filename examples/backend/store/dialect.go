package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between the databases.
type dialect struct {
	// replace turns the words of a statement that differ into those of the database.
	replace *strings.Replacer
	// rows gives a table of the rows in $1, a list of JSON objects, with columns such as
	// "id text, at bigint". So a statement for a thousand rows has one parameter, and is
	// prepared once.
	rows func(columns string) string
	// retry reports whether an error says that the transaction met another one, was rolled
	// back, and is to be made again.
	retry func(error) bool
	// one begins the making of tables: only one process does so at a time.
	one string
	// writers is how many transactions of a process write at once.
	writers int
}

var postgres = dialect{
	replace: strings.NewReplacer(
		"KEY_TEXT", `TEXT COLLATE "C"`, // in the order of the bytes, as Go has it
		"SERIAL", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
	),
	rows: func(columns string) string { return "json_to_recordset($1::json) AS r(" + columns + ")" },
	retry: func(err error) bool {
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && (e.Code == "40001" || e.Code == "40P01") // serialization failure, deadlock
	},
	one:     "SELECT pg_advisory_xact_lock(20261101);",
	writers: 12,
}

var sqliteDialect = dialect{
	replace: strings.NewReplacer(
		"KEY_TEXT", "TEXT",
		"SERIAL", "INTEGER PRIMARY KEY AUTOINCREMENT",
		"FOR UPDATE SKIP LOCKED", "", // there is one writer
		"FOR UPDATE", "",
		"strpos(", "instr(",
	),
	rows: func(columns string) string {
		var list []string
		for column := range strings.SplitSeq(columns, ", ") {
			name, _, _ := strings.Cut(column, " ")
			list = append(list, fmt.Sprintf("value->>'%s' AS %[1]s", name))
		}
		return "(SELECT " + strings.Join(list, ", ") + " FROM json_each($1)) AS r"
	},
	retry: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY // another process writes
	},
	writers: 1,
}

// connect opens a database by its source.
func connect(ctx context.Context, source string) (*sql.DB, dialect, error) {
	driver, d := "pgx", postgres
	if !strings.HasPrefix(source, "postgres://") && !strings.HasPrefix(source, "postgresql://") {
		driver, d = "sqlite", sqliteDialect
		file, query, _ := strings.Cut(source, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			return nil, d, err
		}
		// A commit is on the disk. A transaction takes the right to write when it begins, so that
		// it cannot fail when it first writes.
		values["_pragma"] = append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}, values["_pragma"]...)
		values.Set("_txlock", "immediate")
		source = "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + values.Encode()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, d, err
	}
	db.SetMaxOpenConns(2 * postgres.writers) // a writer may need another connection, to prepare a statement
	db.SetMaxIdleConns(2 * postgres.writers)
	return db, d, db.PingContext(ctx)
}
