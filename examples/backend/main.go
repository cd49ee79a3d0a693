// Command backend is a CRM that ranks leads by a policy, and says why: an API in JSON, pages for a
// sales team, and workers.
//
//	go run .                                    # SQLite, in the file crm.db
//	DATABASE_URL=postgres://… go run .          # PostgreSQL
//
// Without a policy in the database it releases the one of package policy, and without a lead
// it makes 2,000.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("backend", flag.ExitOnError)
	address := flags.String("addr", "127.0.0.1:8080", "`address` to serve at")
	source := flags.String("db", cmp.Or(os.Getenv("DATABASE_URL"), "crm.db"), "`file` of SQLite, or URL of a PostgreSQL database; DATABASE_URL is the same")
	events := flags.String("events", "events.jsonl", "`file` to which moves between stages are appended; each process needs its own")
	leads := flags.Int("leads", 2000, "how many leads a new database gets")
	workers := flags.Int("workers", 2, "how many workers wake leads")
	flags.Parse(args)

	db, err := store.Open(ctx, *source)
	if err != nil {
		return err
	}
	defer db.Close()
	service := crm.New(db, crm.Options{})
	if err := begin(ctx, service, *leads); err != nil {
		return err
	}
	sink, err := crm.OpenFileSink(*events)
	if err != nil {
		return err
	}
	defer sink.Close()

	mux := http.NewServeMux()
	mux.Handle("/", web.Pages(service))
	mux.Handle("/api/", web.API(service))
	mux.Handle("/healthz", web.API(service))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	fmt.Printf("serving on http://%s\n", listener.Addr())

	var working sync.WaitGroup
	defer working.Wait() // before the database is closed
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range *workers {
		working.Go(func() { service.Work(ctx, sink, time.Second) })
	}
	working.Go(func() {
		<-ctx.Done()
		// Requests that were begun have some seconds to end.
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		server.Shutdown(ending)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// begin fills a new database.
func begin(ctx context.Context, s *crm.Service, leads int) error {
	if _, err := s.Policy(ctx); errors.Is(err, crm.ErrNoPolicy) {
		decision, err := s.Release(ctx, crm.Draft{Document: policy.Document, Scenarios: policy.Scenarios, Replay: true, Note: "the first one"})
		if err != nil && !errors.Is(err, crm.ErrReleased) { // another process was faster
			return err
		}
		if err == nil && !decision.MayGoLive {
			return fmt.Errorf("%s", decision)
		}
	} else if err != nil {
		return err
	}
	page, err := s.List(ctx, crm.Query{Size: 1})
	if err != nil || page.Total > 0 {
		return err
	}
	slog.Info("the database is empty", "makes leads", leads)
	_, err = s.Import(ctx, policy.Draw(leads, s.Now())...)
	return err
}
