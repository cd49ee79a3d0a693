// Horizon simulates a year of many leads twice over: with a nightly run over all of them, and with assessments only when a fact
// arrives or when the last assessment's Until has come. It counts the assessments of both, holds the second to what an
// assessment says at every midnight, and prints a table as Markdown.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/bench"
)

func main() {
	log.SetFlags(0)
	leads := flag.Int("leads", 100_000, "how many `leads`")
	seed := flag.Uint64("seed", 1, "what they are made from")
	flag.Parse()
	if *leads < 1 {
		log.Fatal("there must be a lead")
	}
	scenarios, failed := scenarios(), false
	var reports []report
	for _, c := range scenarios {
		start := time.Now()
		r := simulate(qualify.MustCompile(c.policy), *leads, *seed, runtime.GOMAXPROCS(0))
		log.Printf("%s: %s", c.name, time.Since(start).Round(time.Second))
		for _, f := range r.Flaws {
			log.Print(f)
			failed = true
		}
		reports = append(reports, r)
	}
	write(os.Stdout, scenarios, reports)
	if failed {
		os.Exit(1)
	}
}

// A scenario is a policy that the leads are assessed by.
type scenario struct {
	name   string
	policy qualify.Policy
}

// scenarios are the workload's policy, and one in which time plays a larger part.
func scenarios() []scenario {
	return []scenario{{"workload", bench.Policy()}, {"weekly", weekly()}}
}

var span = regexp.MustCompile(`, "\d+d"\)`)

// weekly is the workload's policy with every window a week long, with a half-life of a week on all that an event pays, with
// stages that hang on what decays, one of them with a shortest and a longest stay, and with bands.
func weekly() qualify.Policy {
	p := bench.Policy()
	week := func(expression string) string { return span.ReplaceAllString(expression, `, "7d")`) }
	for i := range p.Rules {
		r := &p.Rules[i]
		r.When = week(r.When)
		if r.On != "" {
			r.Within, r.Decay = 0, qualify.Decay{HalfLife: 7 * qualify.Day}
		}
	}
	for i := range p.Criteria {
		p.Criteria[i].Met = week(p.Criteria[i].Met)
	}
	warm, hot := 20.0, 45.0
	p.Groups = append(p.Groups, qualify.Group{ID: "total", Bands: []qualify.Band{{Label: "cold"}, {From: &warm, Label: "warm"}, {From: &hot, Label: "hot"}}})
	p.Stages = []qualify.Stage{
		{ID: "mql", Enter: `score("engagement") >= 15`, Keep: `score("engagement") >= 8`, MinStay: 2 * qualify.Day, MaxStay: 14 * qualify.Day},
		{ID: "sql", Enter: `score() >= 45 && lead.email_verified`, Keep: `score() >= 35`},
		{ID: "disqualified", Exit: true, Enter: `happened("complaint", "7d") && score() < 0`},
	}
	return p
}

// write prints the reports side by side.
func write(to io.Writer, scenarios []scenario, reports []report) {
	head := [2]string{"| |", "| --- |"}
	for _, c := range scenarios {
		head[0] += " " + c.name + " |"
		head[1] += " ---: |"
	}
	fmt.Fprintln(to, head[0]+"\n"+head[1])
	row := func(name string, cell func(r *report) string) {
		fmt.Fprintf(to, "| %s |", name)
		for i := range reports {
			fmt.Fprintf(to, " %s |", cell(&reports[i]))
		}
		fmt.Fprintln(to)
	}
	row("leads", func(r *report) string { return count(r.Leads) })
	row("days that they exist, in all", func(r *report) string { return count(int(r.days())) })
	row("facts that arrive, for each lead", func(r *report) string { return per(r.Facts, float64(r.Leads)) })
	row("**assessments, on facts and nightly**", func(r *report) string { return count(r.Nightly) })
	row("… for each lead and day", func(r *report) string { return per(r.Nightly, r.days()) })
	row("**assessments, on facts and on Until**", func(r *report) string { return count(r.Facts + r.Due) })
	row("… for each lead and day", func(r *report) string { return per(r.Facts+r.Due, r.days()) })
	row("**saved**", func(r *report) string { return percent(r.Nightly-r.Facts-r.Due, r.Nightly) })
	row("assessments on Until alone", func(r *report) string { return count(r.Due) })
	row("… that find something new", func(r *report) string { return percent(r.News, r.Due) })
	row("… less than a second after the one before", func(r *report) string { return percent(r.Hasty, r.Due) })
	row("moves to another stage when a fact arrives", func(r *report) string { return count(r.ByFact) })
	row("moves to another stage as time passes", func(r *report) string { return count(r.ByTime) })
	row("… found later by the nightly run", func(r *report) string { return percent(r.Late, r.ByTime) })
	row("… by so much, on average and at most", func(r *report) string { return r.delay() })
	row("… never found by the nightly run", func(r *report) string { return percent(r.Missed, r.ByTime) })
	row("midnights at which the nightly run has stored another stage", func(r *report) string { return count(r.Astray) })
	row("midnights at which the run on Until is compared", func(r *report) string { return count(r.Midnights) })
	row("… and is wrong", func(r *report) string { return count(r.Wrong) })
	row("instants right before a fact or an Until at which it is compared", func(r *report) string { return count(r.Probes) })
	row("… and is wrong", func(r *report) string { return count(r.WrongBefore) })
}

// count writes a number with commas.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func per(n int, of float64) string { return fmt.Sprintf("%.3g", float64(n)/of) }

func percent(n, of int) string {
	if of == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
