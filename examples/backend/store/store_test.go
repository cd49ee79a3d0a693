package store_test

import (
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

func open(t *testing.T, source string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func write(t *testing.T, db *store.DB, do func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// Several processes may start at once on a database without tables.
func TestOpenTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				db, err := store.Open(t.Context(), source)
				if err != nil {
					t.Error(err)
					return
				}
				defer db.Close()
				if err := db.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// Instants come back to the nanosecond; what nanoseconds do not represent is none, or the last.
func TestInstants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		db := open(t, source)
		least, most := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)
		for _, test := range []struct{ give, want time.Time }{
			{time.Time{}, time.Time{}},
			{time.Unix(0, 1), time.Unix(0, 1)},
			{time.Unix(0, -1), time.Unix(0, -1)},
			{time.Date(2026, 11, 1, 9, 0, 0, 123456789, time.FixedZone("", 3600)), time.Date(2026, 11, 1, 8, 0, 0, 123456789, time.UTC)},
			{least.Add(1), least.Add(1)},
			{least, time.Time{}},
			{least.Add(-1), time.Time{}},
			{time.Time{}.Add(1), time.Time{}},
			{most, most},
			{most.Add(1), most},
		} {
			var got []store.Lead
			write(t, db, func(tx *store.Tx) error {
				leads, err := tx.Lock([]string{"Anna"}, true)
				if err != nil {
					return err
				}
				l := *leads["Anna"]
				l.Version++
				l.Since = store.Instant(test.give)
				return tx.Save([]store.Lead{l})
			})
			got, err := db.Get(t.Context(), []string{"Anna"})
			if err != nil || len(got) != 1 || !time.Time(got[0].Since).Equal(test.want) || time.Time(got[0].Since).Location() != time.UTC {
				t.Errorf("%v: %v %v, want %v", test.give, got, err, test.want)
			}
		}
	})
}

// Compare and set: whoever saves a lead that has changed since it was read changes nothing, and
// nothing else of the transaction is stored.
func TestConflict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		db := open(t, source)
		lead := func(id string) store.Lead {
			l, err := db.Lead(t.Context(), id)
			if err != nil || l == nil {
				t.Fatal(l, err)
			}
			return *l
		}
		write(t, db, func(tx *store.Tx) error { _, err := tx.Lock([]string{"Anna", "Bo"}, true); return err })
		anna, bo := lead("Anna"), lead("Bo") // outside of a transaction
		other := anna
		other.Version, other.Profile = 1, `{"by":"another"}`
		write(t, db, func(tx *store.Tx) error { return tx.Save([]store.Lead{other}) })

		anna.Version, bo.Version = 1, 1
		attempts := 0
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			attempts++
			return tx.Save([]store.Lead{bo, anna})
		})
		if !errors.Is(err, store.ErrConflict) || attempts < 2 {
			t.Error(err, attempts)
		}
		if got := lead("Anna"); got.Profile != other.Profile || got.Version != 1 {
			t.Errorf("%+v", got)
		}
		if got := lead("Bo"); got.Version != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// Events that become visible in another order than they were put in are all read by one who asks for
// what is behind the last number.
func TestNumbers(t *testing.T) {
	source := storetest.Postgres(t) // SQLite writes one transaction after the other
	db := open(t, source)
	emit := func(lead string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.Emit([]store.Event{{Lead: lead, At: store.Instant(time.Unix(1, 0))}})
		}
	}
	last := int64(0)
	next := func() (leads string) {
		for {
			n := int64(0)
			write(t, db, func(tx *store.Tx) (err error) { n, err = tx.Number(2); return err })
			if n == 0 {
				break
			}
		}
		events, err := db.EventsAfter(t.Context(), last, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if last++; e.Number != last {
				t.Errorf("%+v, want number %d", e, last)
			}
			leads += e.Lead
		}
		return leads
	}
	first, put, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- db.Write(t.Context(), func(tx *store.Tx) error {
			err := emit("a")(tx)
			close(put)
			<-first
			return err
		})
	}()
	<-put
	write(t, db, emit("b"))
	write(t, db, emit("c"))
	if got := next(); got != "bc" {
		t.Error(got)
	}
	close(first)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	write(t, db, emit("d"))
	if got := next(); got != "ad" {
		t.Error(got)
	}
}

// A worker passes over what another one has locked.
func TestSkipLocked(t *testing.T) {
	source := storetest.Postgres(t)
	db := open(t, source)
	write(t, db, func(tx *store.Tx) error {
		leads, err := tx.Lock([]string{"Anna", "Bo"}, true)
		if err != nil {
			return err
		}
		var due []store.Lead
		for _, l := range leads {
			l.Version, l.Due = 1, store.Instant(time.Unix(1, 0))
			due = append(due, *l)
		}
		return tx.Save(due)
	})
	count := func(tx *store.Tx) int {
		leads, err := tx.Due(time.Unix(1, 0), 1)
		if err != nil {
			t.Fatal(err)
		}
		return len(leads)
	}
	write(t, db, func(tx *store.Tx) error {
		if n := count(tx); n != 1 {
			t.Error(n)
		}
		write(t, db, func(tx *store.Tx) error {
			if n := count(tx); n != 1 {
				t.Error(n)
			}
			write(t, db, func(tx *store.Tx) error {
				if n := count(tx); n != 0 {
					t.Error(n)
				}
				return nil
			})
			return nil
		})
		return nil
	})
}
