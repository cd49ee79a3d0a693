// Command timeline draws one lead's year as an SVG: stages, score with its range,
// groups, activities, checklist, and what comes next if nothing more happens.
//
//	go run ./examples/timeline > timeline.svg
//	go run ./examples/timeline -at 2026-05-01T00:00:00Z -o may.svg
//	go run ./examples/timeline -policy mine.json -lead L-7.json -from 2025-07-01 -at 2026-03-15 -to 2026-07-01
//
// Package picture, below this one, draws; a server can use it as well.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/examples/timeline/picture"
)

var (
	//go:embed policy.json
	policyFile []byte
	//go:embed lead.json
	leadFile []byte
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads, follows the lead through its year, and draws. It reads no clock: the
// instants are arguments, so that the same files always give the same drawing.
func run(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("timeline", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is in the error
	policyPath := flags.String("policy", "", "`file` with the policy; without it, a built-in one")
	leadPath := flags.String("lead", "", "`file` with a lead; without it, a built-in one")
	from := flags.String("from", "2026-01-01", "the `instant` or date at which the drawing begins")
	at := flags.String("at", "2026-10-12T09:00:00Z", "the `instant` or date that is now: what comes after it is a forecast, and activities after it are not known")
	to := flags.String("to", "2027-01-01", "the `instant` or date at which the drawing ends")
	out := flags.String("o", "", "`file` to write; without it, standard output")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(w)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return err
	}

	var start, now, end time.Time
	for _, f := range []struct {
		name, text string
		into       *time.Time
	}{{"from", *from, &start}, {"at", *at, &now}, {"to", *to, &end}} {
		var err error
		if *f.into, err = instant(f.text); err != nil {
			return fmt.Errorf("-%s: %w", f.name, err)
		}
	}

	document, err := read(*policyPath, policyFile)
	if err != nil {
		return err
	}
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		return err
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		return err
	}
	data, err := read(*leadPath, leadFile)
	if err != nil {
		return err
	}
	lead, err := model.ParseLead(data)
	if err == nil && len(lead.Activities) == 0 {
		err = errors.New("it has no activities")
	}
	if err != nil {
		return fmt.Errorf("the file with the lead: %w", err)
	}

	drawing, err := picture.Draw(model, lead, start, now, end)
	if err != nil {
		return fmt.Errorf("lead %s: %w", lead.ID, err)
	}
	if *out != "" {
		return os.WriteFile(*out, []byte(drawing), 0o644)
	}
	_, err = io.WriteString(w, drawing)
	return err
}

// read gives the file's content, or what is built in.
func read(path string, builtIn []byte) ([]byte, error) {
	if path == "" {
		return builtIn, nil
	}
	return os.ReadFile(path)
}

// instant reads an instant, or a date, which is its first instant in UTC.
func instant(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}
