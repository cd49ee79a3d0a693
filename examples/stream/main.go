// The command stream keeps the stages of leads in NATS JetStream: facts in, changes of stage
// out, the state of each lead in a key-value bucket, wake-ups by the server's clock.
//
//	go -C examples/stream run . -policy ../sample/policy.json -facts ../sample/leads.jsonl
//
// It starts a server of its own, or works for the one that -nats names. Without -facts it works
// until it is interrupted. README.md says what is promised.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, args []string) (err error) {
	flags := flag.NewFlagSet("stream", flag.ContinueOnError)
	url := flags.String("nats", "", "the `URL` of a server with JetStream (2.12 or later); without it one is started")
	data := flags.String("data", "", "the `folder` in which the started server keeps its streams; without it they are gone at the end")
	policy := flags.String("policy", "", "the `file` of a policy to put in force; without it the present one stays")
	facts := flags.String("facts", "", "a `file` of leads, a JSON object each, whose facts to publish; it ends when they are assessed")
	at := flags.String("at", "", "assess as of this `instant`, such as 2026-11-01T09:00:00Z, instead of now, and wake no lead up")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var instant time.Time
	if *at != "" {
		if instant, err = time.Parse(time.RFC3339, *at); err != nil {
			return fmt.Errorf("-at: %w", err)
		}
	}

	if *url == "" {
		folder := *data
		if folder == "" {
			if folder, err = os.MkdirTemp("", "stream"); err != nil {
				return err
			}
			defer os.RemoveAll(folder)
		}
		s, err := embedded(folder, -1)
		if err != nil {
			return err
		}
		defer s.WaitForShutdown()
		defer s.Shutdown()
		*url = s.ClientURL()
		fmt.Fprintf(w, "for further workers: go run . -nats %s\n", *url)
	}
	b, disconnect, err := connect(ctx, *url)
	if err != nil {
		return err
	}
	defer disconnect()
	if *policy != "" {
		document, err := os.ReadFile(*policy)
		if err != nil {
			return err
		}
		if err := b.release(ctx, document); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	worker := newWorker(b)
	worker.at = instant
	done := make(chan error, 1)
	go func() {
		err := worker.run(ctx)
		cancel(err)
		done <- err
	}()
	defer func() {
		cancel(nil)
		err = errors.Join(err, <-done)
	}()

	p, err := b.follow(ctx, func(c change) { fmt.Fprintln(w, c) })
	if err != nil {
		return err
	}
	if *facts == "" {
		<-ctx.Done()
		return nil
	}
	file, err := os.Open(*facts)
	if err != nil {
		return err
	}
	defer file.Close()
	start := time.Now()
	n, err := b.publish(ctx, file, start.UTC())
	if err != nil {
		return fmt.Errorf("%s: %w", *facts, err)
	}
	if err := b.finish(ctx); err != nil {
		return err
	}
	took := time.Since(start)
	if err := p.finish(ctx); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d facts in %.1f s, %.0f a second\n", n, took.Seconds(), float64(n)/took.Seconds())
	return nil
}

// connect connects to a server, and makes what it does not have yet.
func connect(ctx context.Context, url string) (*broker, func(), error) {
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		slog.Warn("the connection has an error", "error", err)
	}))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", url, err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	b, err := open(ctx, js)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return b, nc.Close, nil
}
