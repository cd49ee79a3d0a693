// Command backtest judges a policy by leads whose outcome is known, and learns points
// from them.
//
//	go run ./examples/backtest                                       # a small generated set
//	go run ./examples/backtest -data DIR -set xeducation             # DIR/xeducation/Leads.csv
//	go run ./examples/backtest -data DIR -set olist -within 90d      # DIR/olist/*.csv
//	go run ./examples/backtest -svg backtest.svg                     # the same as a picture
//	go run ./examples/backtest -data DIR -measure                    # what docs/backtest.md says of both
//	go run ./examples/backtest -speed 100000                         # so many generated leads
//
// X Education and Olist are data sets that others have published; they are not part of this
// repository. generated.go makes the small set, and -generate writes it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("backtest", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is in the error
	data := flags.String("data", "", "`folder` with the folders xeducation and olist")
	name := flags.String("set", "generated", "generated, xeducation or olist")
	seed := flags.Uint64("seed", 0, "order of the leads of X Education; 0 is that of their numbers")
	within := flags.String("within", "90d", "`span` within which a deal of Olist counts")
	all := flags.Bool("all", false, "audit all columns of X Education as if all were known from the start")
	picture := flags.String("svg", "", "`file` for a picture; without it, words")
	measured := flags.Bool("measure", false, "measure both sets")
	leads := flags.Int("speed", 0, "time so many generated leads with 20 activities and a policy of 40 rules")
	write := flags.Bool("generate", false, "write the cases of the generated set")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(w)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return err
	case *write:
		return writeGenerated(w)
	case *measured:
		return measure(w, *data)
	case *leads > 0:
		return speed(w, *leads)
	}
	s, err := load(*name, *data, *seed, *within)
	if err != nil {
		return err
	}
	if *all && s.columns != nil {
		s.plan.Known = s.columns
	}
	return show(w, s, *picture)
}

func load(name, data string, seed uint64, within string) (*set, error) {
	switch name {
	case "generated":
		return generated()
	case "xeducation":
		return xEducation(filepath.Join(data, name), seed)
	case "olist":
		var span qualify.Duration
		if err := span.UnmarshalText([]byte(within)); err != nil {
			return nil, err
		}
		return olist(filepath.Join(data, name), span, time.Date(2018, 5, 1, 0, 0, 0, 0, time.UTC))
	}
	return nil, fmt.Errorf("there is no set %q: there are generated, xeducation and olist", name)
}

// show audits, learns, and judges the old and the new policy by the leads that were not used.
func show(w io.Writer, s *set, picture string) error {
	audit, err := backtest.Audit(s.model, s.plan, backtest.Cases(s.cases))
	if err != nil {
		return err
	}
	report, err := backtest.Rank(s.model, s.plan, backtest.Cases(s.cases))
	if err != nil {
		return err
	}
	lesson, err := backtest.Learn(s.model, s.plan, backtest.Cases(s.cases))
	if err != nil {
		return err
	}
	if picture != "" {
		learned, err := qualify.Compile(lesson.Policy)
		if err != nil {
			return err
		}
		after, err := backtest.Rank(learned, s.plan, backtest.Cases(s.cases))
		if err != nil {
			return err
		}
		return os.WriteFile(picture, draw(report, after, lesson), 0o644)
	}
	_, err = fmt.Fprintf(w, "== What is left out, and what looks like a leak\n%s\n== The policy as it is\n%s\n== What the leads teach\n%s", audit, report, lesson)
	return err
}
