// Package policies holds policies as documents, each with its scenarios: one for
// each system whose numbers docs/coming-from.md lists, and five written from
// pages that explain qualified leads, in the languages of these pages.
package policies

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/qualifytest/mutants"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect, and the print-outs in testdata")

func TestScenarios(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir(".")) }

// Everything that the policies can do is shown by a scenario.
func TestCoverage(t *testing.T) { qualifytest.Cover(t, nil, qualifytest.Dir("."), 100) }

// What could be changed in a policy without a scenario that notices is explained in a
// file *.survivors.
func TestMutants(t *testing.T) { mutants.Run(t, nil, qualifytest.Dir(".")) }

var at = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, name string) qualify.Policy {
	t.Helper()
	document, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func assess(t *testing.T, p qualify.Policy, facts ...string) qualify.Assessment {
	t.Helper()
	model, err := qualify.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	lead := qualifytest.Lead(t, model, at, facts...)
	lead.ID = "lead"
	a, err := model.Assess(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Rows that are about another setting of a policy.
func TestSettings(t *testing.T) {
	visits := []string{"-13h page_view x37", "-1h page_view x15"} // yesterday after noon, and today before noon
	once := func(rule *qualify.Rule) { rule.Points = 1 }          // as in Adobe's example, which counts and does not weigh
	for _, test := range []struct {
		row, policy, rule string
		set               func(*qualify.Rule)
		facts             []string
		want              float64
	}{
		{"S3 cumulative", "account-engagement", "email_open", func(r *qualify.Rule) { r.Limit = qualify.Limit{} }, []string{"0d email_open x5 email=launch"}, 10},
		{"S8 scored again by other points", "account-engagement", "form_submission", func(r *qualify.Rule) { r.Points = 0 },
			[]string{"-1d form_submission x24", "0d score_reset"}, 0},
		{"A3", "journey-optimizer-b2b", "page_view", once, visits, 35},
		{"A3 by a rolling day", "journey-optimizer-b2b", "page_view",
			func(r *qualify.Rule) { once(r); r.Limit = qualify.Limit{Times: 20, Per: qualify.Day} }, visits, 20},
	} {
		p := read(t, test.policy)
		test.set(&p.Rules[slices.IndexFunc(p.Rules, func(r qualify.Rule) bool { return r.ID == test.rule })])
		if a := assess(t, p, test.facts...); a.Score.Points != test.want {
			t.Errorf("%s: %v; want %v\n%s", test.row, a.Score.Points, test.want, a)
		}
	}
	hubspot := read(t, "hubspot")
	hubspot.Groups[1].Max = new(80.0)
	if a := assess(t, hubspot, "0d meeting_booked x3", "0d form_submission x5"); a.Score.Groups[0].Raw != 115 || a.Score.Points != 100 {
		t.Errorf("H2, the limit of the total: %s", a)
	}
}

// Every row of docs/coming-from.md is a scenario or a setting, and every policy has
// scenarios and is on the page.
func TestNothingIsSkipped(t *testing.T) {
	files := map[string]string{}
	var names []string
	for _, pattern := range []string{"*.json", "*.scenario", "policies_test.go", "../../docs/coming-from.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(data)
			names = append(names, name)
		}
	}
	page := files["../../docs/coming-from.md"]
	rows := regexp.MustCompile(`(?m)^\| ([A-Z]\d) \|`).FindAllStringSubmatch(page, -1)
	if len(rows) != 31 {
		t.Errorf("the page has %d rows", len(rows))
	}
	for _, row := range rows {
		is := regexp.MustCompile(`(?m)(^scenario |^\t\t{")` + row[1] + `\b`)
		if !slices.ContainsFunc(names, func(name string) bool { return is.MatchString(files[name]) }) {
			t.Errorf("%s is neither a scenario nor a setting", row[1])
		}
	}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".json")
		if ok && !strings.Contains(files[id+".scenario"], "policy "+name+"\n") {
			t.Errorf("%s has no scenarios", name)
		}
		if ok && !strings.Contains(page, name) {
			t.Errorf("docs/coming-from.md does not name %s", name)
		}
	}
}

// Labels and questions are printed as their authors wrote them.
func TestPrintOuts(t *testing.T) {
	for policy, facts := range map[string][]string{
		"kvalificeret-lead.da": {
			"lead stilling=Økonomichef ansatte=120 branche=Fiskeri", "0d webinar",
			`-3d salgssamtale budget=80000 behov="færre tomme ture" rolle=Beslutter`,
		},
		"kwalifikacja.pl": {
			"lead branża=Żywność zatrudnienie=45", "0d pobranie_oferty", "-60d start_kampanii",
			`-2d rozmowa budżet=5000 potrzeba="łączność w magazynie" zna_ofertę=yes gotowość=Gotowy`,
		},
		"marknadskvalificerat-lead.sv": {
			"lead befattning=ägare ort=Örebro", "0d önskelista x2 artikel=a", "-29d besök minuter=12", "-9d besök minuter=1", "0d besök minuter=1",
		},
	} {
		got := fmt.Sprintln(assess(t, read(t, policy), facts...))
		golden := filepath.Join("testdata", policy+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("the print-out changed; if it should, run go test -update (-want +got):\n%s", diff)
		}
	}
}
