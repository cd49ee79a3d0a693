// The command sample draws leads for the examples: as many as are asked for, a line of
// JSON each, and the same ones for the same seed.
//
//	go run ./examples/sample -n 1000000 > leads.jsonl
//
// In this folder, policy.json is the policy that they are assessed by, leads.jsonl has the
// first 500 of them, and verdicts.sha256 has the hash over their verdicts, which every way
// of assessing them must give. The verdict of a lead is a line: its assessment as JSON, as
// of 2026-11-01 09:00 UTC, in the stage that its history leads to.
//
//	replayed, err := model.Replay(&lead, at)
//	lead.Stage, lead.StageSince = replayed.Stage, replayed.Since
//	assessment, err := model.Assess(&lead, at)
//	line, err := json.Marshal(assessment)
//
// The hash is the SHA-256 of the sorted lines, with a line feed after each.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// at is the instant as of which the leads are assessed. Some of their activities are later.
var at = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("sample", flag.ContinueOnError)
	n := flags.Int("n", 500, "how many leads")
	seed := flags.Uint64("seed", 1, "the `number` that the leads are drawn by")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *n < 0 {
		return fmt.Errorf("-n %d: give the number of leads, 0 or more", *n)
	}
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for i := range *n {
		if err := lines.Encode(draw(*seed, i)); err != nil {
			return err
		}
	}
	return out.Flush()
}
