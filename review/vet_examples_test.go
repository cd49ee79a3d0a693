package review_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// kept are the findings in the examples that stay, with the reason; a blank ID is all
// of that check.
var kept = []struct {
	file       string
	check      review.Check
	id, reason string
}{
	{"account-engagement.json", "unbounded", "", "its scores are not bounded"},
	{"account-engagement.json", "pays_nothing", "opportunity_won", "its list of default points has a 0 there"},
	{"activecampaign.json", "unbounded", "reply", "its scores are not bounded"},
	{"due-diligence.da.json", "band_gap", "leadscore", "a lead of whom nothing is known has no grade"},
	{"hubspot.json", "cap_unreached", "fit", "its scores go to 100, and these few rules do not"},
	{"kenbun.json", "unbounded", "", "its scores are not bounded"},
	{"kenbun.json", "unused", "page", "the page is sent along with each view and scored for none"},
	{"marketo.json", "unbounded", "", "its scores are not bounded"},
	{"salesiq.json", "unbounded", "", "its scores are not bounded"},
	{"salgskvalificeret-lead.da.json", "unbounded", "", "the page adds up each download, letter and webinar"},
	{"sugar-market.json", "unbounded", "", "its scores are not bounded"},
}

func TestExamplesVetClean(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	used, policies := make([]bool, len(kept)), 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := qualify.ParsePolicy(data)
		if err != nil {
			continue // a document of leads
		}
		policies++
	findings:
		for _, f := range review.Vet(qualify.MustCompile(p)) {
			for i, k := range kept {
				if k.file == filepath.Base(file) && k.check == f.Check && (k.id == "" || k.id == f.ID) {
					used[i] = true
					continue findings
				}
			}
			t.Errorf("%s: %s", file, f)
		}
	}
	for i, k := range kept {
		if !used[i] {
			t.Errorf("%s has no finding %s %s any more", k.file, k.check, k.id)
		}
	}
	if policies < 20 {
		t.Errorf("only %d policies were found", policies)
	}
}
