// The command loop assesses a file of leads on one machine, with a worker for each processor:
// one lead a line in, as JSON, and one verdict a line out, in no order.
//
//	go run ./examples/loop -at 2026-11-01T09:00:00Z < leads.jsonl > verdicts.jsonl
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/qualify-go/qualify"
)

func main() {
	policy := flag.String("policy", "examples/sample/policy.json", "the `file` of the policy")
	at := flag.String("at", "", "the `instant` as of which all leads are assessed, such as 2026-11-01T09:00:00Z (default: now)")
	flag.Parse()

	start := time.Now()
	n, err := run(os.Stdout, os.Stdin, *policy, *at)
	fmt.Fprintf(os.Stderr, "%d verdicts, %.0f a second\n", n, float64(n)/time.Since(start).Seconds())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run assesses the leads that it reads, and gives how many verdicts it wrote. An error does not
// stop it before the last lead.
func run(w io.Writer, r io.Reader, policyFile, instant string) (verdicts int, err error) {
	at := time.Now()
	if instant != "" {
		if at, err = time.Parse(time.RFC3339, instant); err != nil {
			return 0, fmt.Errorf("-at %s: write it as in 2026-11-01T09:00:00Z", instant)
		}
	}
	document, err := os.ReadFile(policyFile)
	if err != nil {
		return 0, err
	}
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		return 0, err
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		return 0, err
	}

	type line struct {
		number int
		text   []byte
	}
	lines := make(chan line, 100)
	out := bufio.NewWriterSize(w, 1<<20)
	var mu sync.Mutex // of what follows it
	var errs []error
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for l := range lines {
				verdict, err := assess(model, l.text, at)
				mu.Lock()
				if err == nil {
					_, err = out.Write(append(verdict, '\n'))
				}
				if err == nil {
					verdicts++
				} else if len(errs) < 10 {
					errs = append(errs, fmt.Errorf("line %d: %w", l.number, err))
				}
				mu.Unlock()
			}
		})
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	for n := 1; in.Scan(); n++ {
		lines <- line{n, bytes.Clone(in.Bytes())}
	}
	close(lines)
	workers.Wait()
	return verdicts, errors.Join(append(errs, in.Err(), out.Flush())...)
}

// assess gives the verdict of the lead in a line.
func assess(model *qualify.Model, line []byte, at time.Time) ([]byte, error) {
	lead, err := model.ParseLead(line)
	if err != nil {
		return nil, err
	}
	replayed, err := model.Replay(&lead, at)
	if err != nil {
		return nil, err
	}
	lead.Stage, lead.StageSince = replayed.Stage, replayed.Since
	assessment, err := model.Assess(&lead, at)
	if err != nil {
		return nil, err
	}
	return json.Marshal(assessment)
}
