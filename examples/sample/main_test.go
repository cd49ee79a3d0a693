package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/qualifytest/mutants"
	"github.com/qualify-go/qualify/review"
)

var update = flag.Bool("update", false, "rewrite leads.jsonl, verdicts.sha256, and what the scenarios expect")

func TestScenarios(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir(".")) }

// Everything that the policy can do is shown by a scenario.
func TestCoverage(t *testing.T) { qualifytest.Cover(t, nil, qualifytest.Dir("."), 100) }

// What could be changed in the policy without a scenario that notices is explained in
// a file *.survivors.
func TestMutants(t *testing.T) { mutants.Run(t, nil, qualifytest.Dir(".")) }

func model(t *testing.T) *qualify.Model {
	t.Helper()
	document, err := os.ReadFile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		t.Fatal(err)
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

func TestVet(t *testing.T) {
	if found := review.Vet(model(t)); len(found) > 0 {
		t.Error(found)
	}
}

// golden compares a file with what it should hold, and rewrites it if asked to.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not what comes out; if it should be, run go test -update:\n%s", file, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
	}
}

// The leads of the file are the first ones that are drawn.
func TestLeads(t *testing.T) {
	var leads bytes.Buffer
	if err := run(&leads, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "leads.jsonl", leads.Bytes())

	var more bytes.Buffer
	if err := run(&more, []string{"-n", "600", "-seed", "1"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(more.Bytes(), leads.Bytes()) || bytes.Count(more.Bytes(), []byte("\n")) != 600 {
		t.Error("more leads are others")
	}
	var others bytes.Buffer
	if err := run(&others, []string{"-seed", "2"}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(others.Bytes(), leads.Bytes()) {
		t.Error("another seed draws the same leads")
	}
	for _, args := range [][]string{{"-n", "-1"}, {"-seed", "x"}} {
		if err := run(new(bytes.Buffer), args); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

// The hash over the verdicts is what every example must come to. Among them are all kinds
// of leads that an example can meet.
func TestVerdicts(t *testing.T) {
	m := model(t)
	file, err := os.Open("leads.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []string
	var counts []int
	kinds := map[string]int{}
	for lead, err := range m.ReadLeads(file) {
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, len(lead.Activities))
		replayed, err := m.Replay(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		lead.Stage, lead.StageSince = replayed.Stage, replayed.Since
		a, err := m.Assess(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line)+"\n")
		kinds["stage "+a.Verdict.Stage]++
		kinds["rating "+a.Score.Rating]++
		for _, i := range a.Issues {
			kinds["issue "+string(i.Problem)]++
		}
		if a.Verdict.Move != qualify.MoveNone { // what Replay gives is the stage of the same instant
			t.Errorf("%s moves once more, %s", lead.ID, a.Verdict.Move)
		}
	}
	slices.Sort(lines)
	golden(t, "verdicts.sha256", fmt.Appendf(nil, "%x\n", sha256.Sum256([]byte(strings.Join(lines, "")))))

	for _, kind := range []string{"stage ", "stage mql", "stage sql", "stage out", "rating A1", "rating C4", "issue wrong_kind", "issue not_in_values"} {
		if kinds[kind] == 0 {
			t.Errorf("no lead has %q", kind)
		}
	}
	slices.Sort(counts)
	if median, most := counts[len(counts)/2], counts[len(counts)-1]; counts[0] != 0 || median != 4 || most < 100 {
		t.Errorf("the leads have %d to %d activities, and in the middle %d", counts[0], most, median)
	}
	t.Log(kinds)
}
