package qualify_test

import (
	"bufio"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

var (
	hashes   = flag.String("hashes", "", "write the hashes of what is said of generated leads to a `file`: .ci/same compares them with those of another commit")
	policies = flag.Int("policies", 10_000, "the policies of -hashes, with ten leads each")
)

// TestHashes writes a line for each of ten leads of each policy. Leads have few activities or many, and most of them; an
// assessment is reused from lead to lead. Of some leads, it hashes too what explains the assessment, what comes next and
// what would move them on.
func TestHashes(t *testing.T) {
	if *hashes == "" {
		t.Skip("there is no -hashes")
	}
	file := must(os.Create(*hashes))
	to := bufio.NewWriter(file)
	for seed := range uint64(*policies) {
		g := newMaker(1_000_000 + seed)
		p := g.policy()
		if g.chance(10) { // sets of rules and of facts that take several words
			for i := range 70 {
				p.Rules = append(p.Rules, g.rule(100+i, []string{"", "total"}))
			}
		}
		m, err := qualify.Compile(p)
		if err != nil {
			t.Fatalf("policy %d does not compile: %v", seed, err)
		}
		var into qualify.Assessment
		for i := range 10 {
			lead, at := g.lead(), noon.Add(time.Duration(g.Int64N(int64(20*day)))-10*day)
			if g.chance(60) {
				lead.Activities = lead.Activities[:min(len(lead.Activities), g.IntN(5))]
			}
			if g.chance(15) {
				lead.Profile = nil
			}
			if err := m.AssessInto(&into, &lead, at); err != nil {
				t.Fatalf("policy %d: %v", seed, err)
			}
			sum := sha256.New()
			fmt.Fprintln(sum, bytesOf(t, into))
			if i == 3 {
				fmt.Fprintln(sum, must(m.Explain(&lead, at)))
			}
			if i == 5 && len(p.Rules) < 50 {
				next, err := m.Track(&lead).Next(at)
				fmt.Fprintln(sum, next, err)
			}
			if i == 7 && seed%10 == 0 {
				levers, err := m.Levers(&lead, at)
				fmt.Fprintln(sum, levers, err)
			}
			fmt.Fprintf(to, "%d %d %x\n", seed, i, sum.Sum(nil)[:8])
		}
	}
	if err := to.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
