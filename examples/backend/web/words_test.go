package web

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify"
)

func TestPoints(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 70: "70", 69.98: "69.9", 69.999999: "69.9", 69.9999999: "70", 12.34: "12.3", -0.05: "−0.1", -7: "−7", 0.1 + 0.2: "0.3", 1e6: "1000000", -1e-9: "0",
	} {
		if got := points(f); got != want {
			t.Errorf("%v points are written %s; want %s", f, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0", 3: "+3", -3: "−3", 0.04: "+0"} {
		if got := change(f); got != want {
			t.Errorf("a change by %v is written %s; want %s", f, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	for in, want := range map[time.Duration]string{
		-time.Hour: "any moment", 0: "any moment", time.Nanosecond: "in 1 minute", time.Minute: "in 1 minute", time.Minute + 1: "in 2 minutes", 119 * time.Minute: "in 119 minutes",
		2 * time.Hour: "in 2 hours", 48*time.Hour - 1: "in 47 hours", 48 * time.Hour: "in 2 days, 29\u00a0Nov\u00a02026", 36*24*time.Hour - 1: "in 35 days, 2\u00a0Jan\u00a02027",
	} {
		if got := when(now.Add(in), now); got != want {
			t.Errorf("in %v is said as %q; want %q", in, got, want)
		}
	}
	if got := when(time.Time{}, now); got != "not by itself" {
		t.Errorf("never is said as %q", got)
	}
	for d, want := range map[time.Duration]string{time.Second: "1 second", 1500 * time.Millisecond: "2 seconds", 5 * time.Minute: "5 minutes", 150 * time.Minute: "2.5 hours"} {
		if got := span(d); got != want {
			t.Errorf("%v is said as %q; want %q", d, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for want, profile := range map[string]map[string]any{
		"L1": nil, "Bo": {"name": " Bo "}, "Acme": {"company": "Acme", "name": "  "}, "Bo, Acme": {"company": "Acme", "name": "Bo", "title": "CEO"},
	} {
		if got := name(&qualify.Lead{ID: "L1", Profile: profile}); got != want {
			t.Errorf("%v is called %q; want %q", profile, got, want)
		}
	}
	if got := name(&qualify.Lead{ID: "L1", Profile: map[string]any{"name": 7}}); got != "L1" {
		t.Errorf("a lead whose name is a number is called %q", got)
	}
}

func TestRatings(t *testing.T) {
	group := func(id string, labels ...string) qualify.Group {
		g := qualify.Group{ID: id}
		for i, label := range labels {
			g.Bands = append(g.Bands, qualify.Band{From: new(float64(i)), Label: label})
		}
		return g
	}
	policy := &qualify.Policy{Groups: []qualify.Group{group("fit", "B", "A"), group("other", "x"), group("interest", "2", "1")}, Rating: []string{"fit", "interest"}}
	var got string
	for _, o := range ratings(policy) {
		got += o.Label + " "
	}
	if got != "All A1 A2 B1 B2 " {
		t.Errorf("the ratings are %s", got)
	}
	if got := ratings(&qualify.Policy{}); len(got) != 1 {
		t.Errorf("without a rating there are %v", got)
	}
}

// A question is open while neither the profile nor an activity answers it.
func TestFields(t *testing.T) {
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{
			{Name: "size", Kind: qualify.Number, Label: "Size", Question: "How many?"},
			{Name: "checked", Kind: qualify.Bool, Label: "Checked"},
			{Name: "hidden", Kind: qualify.Number, From: "a.b", Question: "Not by a form?"},
		},
		Properties: []qualify.Field{{Name: "size", Kind: qualify.Number, Label: "Size told"}},
		Signals:    []qualify.Signal{{ID: "answer"}},
		Rules: []qualify.Rule{
			{ID: "size", When: `(latest("answer", "size", "30d") ?? lead.size) >= 10`, Points: 10},
			{ID: "checked", When: "lead.checked", Points: 5},
			{ID: "hidden", When: "lead.hidden > 1", Points: 1},
		},
	})
	policy, now := model.Policy(), time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	told := func(days int) []qualify.Activity {
		return []qualify.Activity{{Type: "answer", At: now.AddDate(0, 0, -days), Props: map[string]any{"size": 20}}}
	}
	for what, test := range map[string]struct {
		lead qualify.Lead
		want string
	}{
		"nothing is known":       {qualify.Lead{}, "size:How many? profile.checked:Checked "},
		"the profile knows":      {qualify.Lead{Profile: map[string]any{"size": 5, "checked": false}}, ""},
		"an activity knows":      {qualify.Lead{Activities: told(3)}, "profile.checked:Checked "},
		"it knew long ago":       {qualify.Lead{Activities: told(31)}, "size:How many? profile.checked:Checked "},
		"it will know":           {qualify.Lead{Activities: told(-3)}, "size:How many? profile.checked:Checked "},
		"what it knows is wrong": {qualify.Lead{Profile: map[string]any{"size": "many", "checked": "perhaps"}}, "size:How many? profile.checked:Checked "},
	} {
		a, err := model.Assess(&test.lead, now)
		if err != nil {
			t.Fatal(err)
		}
		open, _ := fields(&policy, &test.lead, a)
		got := ""
		for _, f := range open {
			got += f.ID() + ":" + f.Question + " "
		}
		if got != test.want {
			t.Errorf("if %s, it asks %q; want %q", what, got, test.want)
		}
	}
}

// Long texts are cut between letters, wherever a page shows what a lead said.
func TestCut(t *testing.T) {
	long := strings.Repeat("ø", 65_000)
	for got, want := range map[string]int{text(long): 501, text([]any{long}): 501, text("short"): 5, text(strings.Repeat("x", 500)): 500, name(&qualify.Lead{Profile: map[string]any{"name": long, "company": long}}): 404} {
		if n := utf8.RuneCountInString(got); n != want || !utf8.ValidString(got) {
			t.Errorf("%d letters; want %d: %.40s", n, want, got)
		}
	}
}
