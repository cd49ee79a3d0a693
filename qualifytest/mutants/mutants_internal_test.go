package mutants

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// quickstart is the policy of examples/quickstart.
func quickstart(t testing.TB) *qualify.Model {
	t.Helper()
	data, err := os.ReadFile("../../examples/quickstart/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(data)
	if err != nil {
		t.Fatal(err)
	}
	return qualify.MustCompile(policy)
}

// stories gives a file of so many scenarios of the quickstart policy, each of a lead that is
// assessed twice, with all that can be expected of it.
func stories(t testing.TB, model *qualify.Model, n int) fstest.MapFS {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	facts := make([]string, n)
	text := func(expected func(i, at int) string) fstest.MapFS {
		var b strings.Builder
		b.WriteString("now 2026-11-11\n")
		for i, f := range facts {
			fmt.Fprintf(&b, "scenario %d\n%s", i, f)
			for j, at := range []string{"0d", "+40d"} {
				fmt.Fprintf(&b, "  at %s\n%s", at, expected(i, j))
			}
		}
		return fstest.MapFS{"all.scenario": {Data: []byte(b.String())}}
	}
	for i := range facts {
		var b strings.Builder
		fmt.Fprintf(&b, "  lead segment=%s country=%s job_title=%s employees=%s income=%s email_verified=%s interests=%s\n",
			pick("private", "business", `""`), pick("Denmark", "Ireland", "France", `""`), pick("intern", `"fleet manager"`, "buyer", "clerk", `""`),
			pick("200", "199", "50", "49", `""`), pick("150000", "149999", "60000", "40000", "39999", `""`), pick("yes", "no", `""`), pick("fleet", `"sports car"`, "boat"))
		for range 1 + rng.IntN(12) {
			fmt.Fprintf(&b, "  -%s %s\n", pick("1d", "3d", "7d", "20d", "30d", "30d-1ns", "59d", "60d", "120d"),
				pick("page_view path=/pricing", "page_view path=/", "page_view x6", "newsletter_signup", "newsletter_open x2", "whitepaper asset=a", "whitepaper asset=b",
					"webinar", "demo_request", "call", "unsubscribe", "returned", "nurtured", "purchase", "due_diligence finding=insolvent", "due_diligence finding=sound",
					"call budget=30000 role=influencer need=cars start=+30d", "call budget=29999 start=+90d", "call role=champion need=none start=-1d"))
		}
		facts[i] = strings.ReplaceAll(b.String(), "-30d-1ns", "-30d+1ns")
	}
	lines := make([][]string, n)
	files, err := scenario.Load(model, text(func(int, int) string { return "    score >= -1000000\n" }))
	if err != nil {
		t.Fatal(err)
	}
	for i, sc := range files[0].Scenarios {
		if err := sc.Play(model, func(lead *qualify.Lead, at time.Time) error {
			a, err := model.Assess(lead, at)
			lines[i] = append(lines[i], "    "+strings.Join(scenario.Expected(&a, files[0].Now, "", ""), "\n    ")+"\n")
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return text(func(i, at int) string { return lines[i][at] })
}

// BenchmarkMutants runs 50 scenarios, of two assessments each, with more than 1,000
// mutants of the quickstart policy: its own, four times.
func BenchmarkMutants(b *testing.B) {
	model := quickstart(b)
	files, err := scenario.Load(model, stories(b, model, 50))
	if err != nil {
		b.Fatal(err)
	}
	subjects, err := subjectsOf(files, nil)
	if err != nil {
		b.Fatal(err)
	}
	tried, survived := 0, 0
	for b.Loop() {
		tried, survived = 0, 0
		for range 4 {
			n, survivors := subjects[0].hunt()
			tried, survived = tried+n, survived+len(survivors)
		}
	}
	b.ReportMetric(float64(tried), "mutants/op")
	b.ReportMetric(100-100*float64(survived)/float64(tried), "%killed")
}

// BenchmarkSurvivors runs them with the 268 mutants of the quickstart policy once, and
// looks for a scenario for each that survives.
func BenchmarkSurvivors(b *testing.B) {
	model := quickstart(b)
	files := stories(b, model, 50)
	found := 0
	var report Report
	for b.Loop() {
		var err error
		if report, err = Try(model, files); err != nil {
			b.Fatal(err)
		}
		found = 0
		for _, s := range report.Survivors {
			if s.Scenario != "" {
				found++
			}
		}
	}
	b.ReportMetric(float64(len(report.Survivors)), "survivors/op")
	b.ReportMetric(float64(found), "suggestions/op")
}
