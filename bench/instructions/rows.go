package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/bench"
)

// A row is what is measured: the assessments of so many leads, each with a history of h activities, in so many rounds.
type row struct {
	what          string
	h             int
	leads, rounds int
	make          func(r *row) (round func())
}

var rows = []row{
	{"assessinto", 4, 64, 10, ofLeads(bench.Leads)},
	{"assessinto", 10, 64, 10, ofLeads(bench.Leads)},
	{"assessinto", 100, 64, 4, ofLeads(bench.Leads)},
	{"arrival", 100, 32, 10, arrivals},
	{"assessinto", 1000, 16, 4, ofLeads(bench.Leads)},
	{"assessinto-held", 10, 64, 10, ofLeads(bench.Held)},
	{"assessinto-held", 100, 64, 4, ofLeads(bench.Held)},
	{"arrival", 10000, 2, 100, arrivals},
	{"handfused-dedupe", 10, 64, 10, rival("handfused-dedupe", false)},
	{"handfused-dedupe", 100, 64, 4, rival("handfused-dedupe", false)},
	{"handfused-dedupe", 1000, 16, 4, rival("handfused-dedupe", false)},
	{"cel-ready", 4, 64, 4, rival("cel", true)},
	{"cel-ready", 10, 64, 4, rival("cel", true)},
	{"cel-ready", 100, 32, 4, rival("cel", true)},
}

// rivals is how many of them, the last, are of other engines, and have no base.
const rivals = 6

// limited is how many of them, from the first on, may not grow by more than mostGrowth percent.
const limited = 4

func (r *row) name() string { return fmt.Sprintf("%s H=%d", r.what, r.h) }

// measure makes one round, so that all memory has grown, and gives how long each assessment of the others takes.
func (r *row) measure(rounds int) time.Duration {
	round := r.make(r)
	round()
	start := time.Now()
	for range rounds {
		round()
	}
	return time.Since(start) / time.Duration(max(1, rounds)*r.leads)
}

// time gives the nanoseconds of one assessment in a process of its own.
func (r *row) time(program string, i int) (int, error) {
	rounds := r.rounds
	if r.what != "arrival" { // which do not go on for ever
		rounds *= 20
	}
	cmd := exec.Command(program, "-row", strconv.Itoa(i), "-rounds", strconv.Itoa(rounds))
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// ofLeads assesses each lead, into memory that was used before.
func ofLeads(leads func(n, h int) []qualify.Lead) func(*row) func() {
	return func(r *row) func() {
		model, all := qualify.MustCompile(bench.Policy()), leads(r.leads, r.h)
		var into qualify.Assessment
		return func() {
			for i := range all {
				must(model.AssessInto(&into, &all[i], bench.At))
			}
		}
	}
}

// rival scores each lead by another engine, to which it may have been prepared before.
func rival(name string, ready bool) func(*row) func() {
	return func(r *row) func() {
		engines := bench.Engines()
		e := engines[slices.IndexFunc(engines, func(e bench.Engine) bool { return e.Name == name })]
		score := bench.Scores(e.New(), bench.Leads(r.leads, r.h), ready)
		return func() {
			for _, f := range score {
				f()
			}
		}
	}
}

// arrivals adds an activity to each of the leads, which are followed, assesses it, and stores its stage.
func arrivals(r *row) func() {
	model, leads, maker := qualify.MustCompile(bench.Policy()), bench.Leads(r.leads, r.h), bench.NewMaker(uint64(r.h))
	trackers, queues := make([]*qualify.Tracker, len(leads)), make([][]qualify.Activity, len(leads))
	var into qualify.Assessment
	assess := func(i int, at time.Time) {
		must(trackers[i].AssessInto(&into, at))
		trackers[i].SetStage(into.Verdict.Stage, into.Verdict.Since)
	}
	for i := range leads {
		trackers[i], queues[i] = model.Track(&leads[i]), maker.Arrivals(&leads[i], 1+r.rounds)
		assess(i, bench.At)
	}
	return func() {
		for i := range trackers {
			a := queues[i][0]
			queues[i] = queues[i][1:]
			trackers[i].Add(a)
			assess(i, a.At)
		}
	}
}
