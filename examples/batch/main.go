// The command batch assesses files of leads, as a job of Apache Beam: on this machine, or on
// a cluster that runs Beam jobs. README.md says how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/qualify-go/qualify"
)

// The flags of the job. Those of Beam, such as -runner and -endpoint, stand beside them.
var (
	input   = flag.String("input", "../sample/leads.jsonl", "the `files` of leads, one lead a line, as JSON; * stands for any text")
	policy  = flag.String("policy", "../sample/policy.json", "the `file` of the policy")
	output  = flag.String("output", "verdicts", "the `folder` for the verdicts, which must be empty")
	at      = flag.String("at", "", "the `instant` as of which all leads are assessed, such as 2026-11-01T09:00:00Z (default: now)")
	block   = flag.Int64("block", 8<<20, "the `bytes` of input that make one file of output")
	maxLine = flag.Int("max_line", 16<<20, "the `bytes` that a line may have; longer ones are set aside")
)

func main() {
	flag.Parse()
	beam.Init() // a worker of a cluster goes no further

	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the job that the flags ask for, and prints its counters.
func run(ctx context.Context, out io.Writer) error {
	instant := time.Now()
	if *at != "" {
		var err error
		if instant, err = time.Parse(time.RFC3339, *at); err != nil {
			return fmt.Errorf("-at %s: write it as in 2026-11-01T09:00:00Z", *at)
		}
	}
	if *block < 1 || *maxLine < 1 {
		return errors.New("-block and -max_line: give a number of bytes, 1 or more")
	}
	fs, err := filesystem.New(ctx, *output)
	if err != nil {
		return err
	}
	defer fs.Close()
	// Files of another run, with blocks of another size, would hold the same leads once more.
	if old, err := fs.List(ctx, join(*output, "*")); err != nil {
		return err
	} else if len(old) > 0 {
		return fmt.Errorf("-output %s: the folder is not empty, it has %s", *output, old[0])
	}
	document, err := os.ReadFile(*policy)
	if err != nil {
		return err
	}
	model, err := compile(document) // mistakes are told here, not by each worker
	if err != nil {
		return err
	}
	if _, err := model.Assess(&qualify.Lead{}, instant); err != nil {
		return fmt.Errorf("-at %s: %w", *at, err)
	}

	p, s := beam.NewPipelineWithRoot()
	files := fileio.MatchFiles(s, *input, fileio.MatchEmptyDisallow())
	problems := beam.ParDo(s, &assessFn{Policy: document, At: instant, Output: *output, Block: *block, MaxLine: *maxLine}, files)
	textio.Write(s, join(*output, "problems.jsonl"), problems)

	start := time.Now()
	result, err := beamx.RunWithMetrics(ctx, p)
	if err != nil {
		return err
	}
	if result == nil { // with -async
		return nil
	}
	counters := map[string]int64{"leads": 0, "verdicts": 0, string(notALead): 0, string(lineTooLong): 0, string(notAssessed): 0}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Key.Namespace == namespace {
			counters[c.Key.Name] = c.Result()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counters)) {
		fmt.Fprintf(out, "%12d  %s\n", counters[name], name)
	}
	took := time.Since(start)
	fmt.Fprintf(out, "%12s  %.0f leads a second\n", took.Round(time.Millisecond), float64(counters["leads"])/took.Seconds())
	return nil
}

// compile makes a model of a policy's document.
func compile(document []byte) (*qualify.Model, error) {
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		return nil, err
	}
	return qualify.Compile(policy)
}

// join gives the path of a file in a folder, which may be one of an object store.
func join(folder, file string) string { return strings.TrimSuffix(folder, "/") + "/" + file }
