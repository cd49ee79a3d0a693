// Command quickstart assesses a file of leads by a policy, and prints them
// ranked: who is worth a call, why, and what to ask the others. It lists all of
// them and prints three in full; with -all, all of them.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -all
//	go run ./examples/quickstart -policy mine.json -leads crm.json -at 2026-12-01T00:00:00Z
//
// This file has all that it takes to use the library; print.go is layout.
package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

var (
	//go:embed policy.json
	policyFile []byte
	//go:embed leads.json
	leadsFile []byte
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads, assesses, ranks and prints. It reads no clock: the instant is an
// argument, so that the same files always give the same print-out.
func run(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is in the error
	policyPath := flags.String("policy", "", "`file` with the policy; without it, a built-in one")
	leadsPath := flags.String("leads", "", "`file` with a list of leads; without it, built-in ones")
	at := flags.String("at", "2026-11-01T09:00:00Z", "the `instant` as of which the leads are assessed")
	all := flags.Bool("all", false, "print all leads in full, not just three")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(w)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return err
	}

	document, err := read(*policyPath, policyFile)
	if err != nil {
		return err
	}
	policy, err := qualify.ParsePolicy(document) // finds what is wrong with the document,
	if err != nil {
		return err
	}
	model, err := qualify.Compile(policy) // and what is wrong with the conditions in it
	if err != nil {
		return err
	}

	data, err := read(*leadsPath, leadsFile)
	if err != nil {
		return err
	}
	var leads []qualify.Lead
	if err := json.Unmarshal(data, &leads); err != nil {
		return fmt.Errorf("the file of leads: %w", err)
	}
	instant, err := time.Parse(time.RFC3339, *at)
	if err != nil {
		return fmt.Errorf("-at: %w", err)
	}

	ranking, err := rank(model, leads, instant)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, sheet(policy, ranking, instant, *all))
	return err
}

// read gives the file's content, or what is built in.
func read(path string, builtIn []byte) ([]byte, error) {
	if path == "" {
		return builtIn, nil
	}
	return os.ReadFile(path)
}

// ranked is a lead with what the model says of it.
type ranked struct {
	lead *qualify.Lead
	qualify.Assessment
}

// rank assesses the leads as of an instant. The furthest stage comes first, and
// within a stage the most points; those that are out come last.
func rank(model *qualify.Model, leads []qualify.Lead, at time.Time) ([]ranked, error) {
	order := map[string]int{"": 0}
	for i, s := range model.Policy().Stages {
		order[s.ID] = i + 1
		if s.Exit {
			order[s.ID] = -1
		}
	}
	ranking := make([]ranked, len(leads))
	for i := range leads {
		assessment, err := model.Assess(&leads[i], at)
		if err != nil {
			return nil, fmt.Errorf("lead %s: %w", leads[i].ID, err)
		}
		ranking[i] = ranked{&leads[i], assessment}
	}
	slices.SortFunc(ranking, func(a, b ranked) int {
		return cmp.Or(
			cmp.Compare(order[b.Verdict.Stage], order[a.Verdict.Stage]),
			cmp.Compare(b.Score.Points, a.Score.Points),
			cmp.Compare(a.Lead, b.Lead),
		)
	})
	return ranking, nil
}

// most is how many leads are printed in full without -all.
const most = 3

// inFull picks the leads to be printed in full, by their places in the ranking: the
// first one of each stage, and then the first ones of the others.
func inFull(ranking []ranked) []int {
	var picked, others []int
	seen := map[string]bool{}
	for i := range ranking {
		if stage := ranking[i].Verdict.Stage; !seen[stage] {
			seen[stage] = true
			picked = append(picked, i)
		} else {
			others = append(others, i)
		}
	}
	picked = append(picked, others...)
	picked = picked[:min(most, len(picked))]
	slices.Sort(picked)
	return picked
}
