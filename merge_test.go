package qualify_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// seen gives what a policy without defaults reads of each attribute; folded, and blank if it is unknown.
func seen(t *testing.T, policy qualify.Policy, lead qualify.Lead) map[string]string {
	t.Helper()
	p := qualify.Policy{Profile: slices.Clone(policy.Profile)}
	for i := range p.Profile {
		p.Profile[i].Default = ""
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: p.Profile[i].Name, Met: "known(lead." + p.Profile[i].Name + ")"})
	}
	out := map[string]string{}
	for _, c := range assess(t, compile(t, p), qualify.Lead{Profile: lead.Profile}, noon).Checklist {
		if v := c.Facts[0]; v.Known {
			out[c.Criterion] = strings.ToLower(fmt.Sprint(v.Number, v.Text, v.Bool, v.Time, v.Texts, v.Partial))
		}
	}
	return out
}

// Merged leads know what one of them knows, in any order; what two know differently is a conflict and unknown.
func TestMerge(t *testing.T) {
	t.Parallel()
	known, conflicts, agreed := 0, 0, 0
	each(t, testcase.Count(200), 2, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		leads := []qualify.Lead{lead, g.lead(), g.lead()}
		for i := range leads {
			leads[i].ID = fmt.Sprint("lead", i)
		}
		if g.chance(40) { // none knows what another knows
			for key := range lead.Profile {
				delete(leads[1].Profile, key)
				delete(leads[2].Profile, key)
			}
			for key := range leads[1].Profile {
				delete(leads[2].Profile, key)
			}
		}
		// Some of it came to two of them.
		leads[1].Activities = append(leads[1].Activities, lead.Activities[:g.IntN(len(lead.Activities)+1)]...)
		before := fmt.Sprintf("%#v", leads)
		a, b, c := &leads[0], &leads[1], &leads[2]
		merged, found, err := m.Merge("all", a, b, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range [][]*qualify.Lead{{a, c, b}, {b, a, c}, {c, b, a}} {
			again, others, err := m.Merge("all", order...)
			if err != nil || fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", merged) || fmt.Sprint(others) != fmt.Sprint(found) || fmt.Sprintf("%#v", others) != fmt.Sprintf("%#v", found) {
				t.Errorf("in another order: %v\n%s", err, cmp.Diff(merged, again))
			}
		}
		if fmt.Sprintf("%#v", leads) != before {
			t.Error("the leads were changed")
		}

		want := map[string]map[string]bool{}
		for i := range leads {
			for name, v := range seen(t, m.Policy(), leads[i]) {
				if want[name] == nil {
					want[name] = map[string]bool{}
				}
				want[name][v] = true
			}
		}
		got := seen(t, m.Policy(), merged)
		isConflict := map[string]bool{}
		for _, c := range found {
			isConflict[strings.TrimPrefix(c.Fact, "lead.")] = true
		}
		for _, f := range m.Policy().Profile {
			switch values := want[f.Name]; {
			case len(values) < 2:
				if isConflict[f.Name] || len(values) == 0 && got[f.Name] != "" || len(values) == 1 && !values[got[f.Name]] {
					t.Errorf("%s is %q of %v, conflict %v", f.Name, got[f.Name], values, isConflict[f.Name])
				}
				known += len(values)
			case !isConflict[f.Name] || got[f.Name] != "":
				t.Errorf("%s is %q of %v, conflict %v", f.Name, got[f.Name], values, isConflict[f.Name])
			default:
				conflicts++
			}
		}
		for _, c := range found {
			if c.Fact == "" {
				continue
			}
			for i := range c.Values { // the caller decides for one
				decided := qualify.Lead{Profile: map[string]any{c.Key: c.Values[i]}}
				name := strings.TrimPrefix(c.Fact, "lead.")
				if got := seen(t, m.Policy(), decided)[name]; !want[name][got] {
					t.Errorf("%s decided for %v is %q of %v", c.Fact, c.Values[i], got, want[name])
				}
			}
		}

		// Repeated activities are as an assessment has them.
		together := merged
		together.Activities = slices.Concat(c.Activities, a.Activities, b.Activities)
		if got, want := bytesOf(t, assess(t, m, merged, noon)), bytesOf(t, assess(t, m, together, noon)); got != want {
			t.Errorf("with all activities:\n%s\n%s", want, got)
		}
		if merged.Stage != "" || !merged.StageSince.IsZero() || merged.ID != "all" {
			t.Errorf("merged is %q, in stage %q since %v", merged.ID, merged.Stage, merged.StageSince)
		}

		if len(found) == 0 {
			agreed++
			ab, _, _ := m.Merge("ab", a, b)
			if twice, more, err := m.Merge("all", &ab, c); err != nil || len(more) > 0 || bytesOf(t, assess(t, m, twice, noon)) != bytesOf(t, assess(t, m, merged, noon)) {
				t.Errorf("two by two: %v, %v", err, more)
			}
		}
	})
	if known < testcase.Least(300) || conflicts < testcase.Least(300) || agreed < testcase.Least(100) {
		t.Errorf("only %d known, %d conflicts, %d leads without", known, conflicts, agreed)
	}
	t.Log(known, "known,", conflicts, "conflicts,", agreed, "leads without")
}

func TestMergeByHand(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{Profile: []qualify.Field{
		{Name: "city", Label: "City", Kind: qualify.Text, Placeholders: []string{"n/a"}}, {Name: "employees", Kind: qualify.Number, Default: "1"},
		{Name: "source", Kind: qualify.Code, From: "utm.source"}, {Name: "customer", Kind: qualify.Bool},
	}, Signals: []qualify.Signal{{ID: "visit"}}})
	for _, test := range []struct {
		name      string
		a, b      profile
		want      profile
		conflicts []qualify.Conflict
	}{
		{"what one knows", profile{"city": "Bonn"}, profile{"employees": 5}, profile{"city": "Bonn", "employees": 5}, nil},
		{"a placeholder", profile{"city": "N/A"}, profile{"city": "Bonn"}, profile{"city": "Bonn"}, nil},
		{"a blank and nil", profile{"city": " ", "employees": 5}, profile{"city": "Bonn", "employees": nil}, profile{"city": "Bonn", "employees": 5}, nil},
		{"a default", profile{}, profile{"employees": 5}, profile{"employees": 5}, nil},
		{"of the wrong kind", profile{"employees": "many"}, profile{"employees": 5}, profile{"employees": 5}, nil},
		{"of the wrong kind alone", profile{"employees": "many"}, profile{}, profile{"employees": "many"}, nil},
		{"the same, written otherwise", profile{"employees": "5"}, profile{"employees": 5.0}, profile{"employees": "5"}, nil},
		{"the same text", profile{"city": "bonn"}, profile{"city": "Bonn "}, profile{"city": "Bonn "}, nil},
		{"false is known", profile{"customer": false, "mail": false}, profile{"customer": true, "mail": true}, profile{"customer": nil},
			[]qualify.Conflict{{Fact: "lead.customer", Key: "customer", Leads: []string{"A", "B"}, Values: []any{false, true}},
				{Key: "mail", Leads: []string{"A", "B"}, Values: []any{false, true}}}},
		{"different", profile{"city": "Bonn"}, profile{"city": "Ulm"}, profile{"city": nil},
			[]qualify.Conflict{{Fact: "lead.city", Label: "City", Key: "city", Leads: []string{"A", "B"}, Values: []any{"Bonn", "Ulm"}}}},
		{"nested", profile{"utm": map[string]any{"source": "ad"}}, profile{"utm": map[string]any{"medium": "mail", "source": ""}},
			profile{"utm": map[string]any{"source": "ad", "medium": "mail"}}, nil},
		{"nested and different", profile{"utm": map[string]any{"source": "ad", "medium": "x"}}, profile{"utm": map[string]any{"medium": "mail", "source": "AD"}},
			profile{"utm": map[string]any{}, "utm.source": nil}, []qualify.Conflict{
				{Fact: "lead.source", Key: "utm.source", Leads: []string{"A", "B"}, Values: []any{"ad", "AD"}},
				{Key: "utm.medium", Leads: []string{"A", "B"}, Values: []any{"x", "mail"}}}},
		{"a record and none", profile{"utm": map[string]any{"source": "ad"}}, profile{"utm": "garbage"}, profile{"utm.source": "ad"},
			[]qualify.Conflict{{Key: "utm", Leads: []string{"A", "B"}, Values: []any{map[string]any{"source": "ad"}, "garbage"}}}},
		{"not declared", profile{"x": 1, "y": nil}, profile{"x": 1, "y": "z"}, profile{"x": 1, "y": "z"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, conflicts, err := m.Merge("AB", &qualify.Lead{ID: "B", Profile: test.b}, &qualify.Lead{ID: "A", Profile: test.a})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]any(test.want), got.Profile); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.conflicts, conflicts); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("activities", func(t *testing.T) {
		one, other, plain := idAct("1", "visit", noon, "n", 1), idAct("1", "visit", noon, "n", 2), act("visit", ago(day))
		got, _, err := m.Merge("", &qualify.Lead{Activities: []qualify.Activity{one, plain}}, &qualify.Lead{Activities: []qualify.Activity{other, plain, one}})
		if diff := cmp.Diff([]qualify.Activity{plain, plain, one, other}, got.Activities); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
	if _, _, err := m.Merge("", &qualify.Lead{}, nil); !errors.Is(err, qualify.ErrNilLead) {
		t.Errorf("of a nil lead: %v", err)
	}
}

// What is logged of a lead holds nothing of it: only the policy's words are in it.
func TestNothingOfALeadIsLogged(t *testing.T) {
	t.Parallel()
	p := vocabulary()
	p.Name, p.Version = "b2b", "7"
	p.Criteria = []qualify.Criterion{{ID: "need", Met: `lead.t == "blue"`}}
	p.Stages = []qualify.Stage{{ID: "open", Enter: `latest("visit", "t") == "secretvalue"`}}
	m := compile(t, p)
	lead := qualify.Lead{ID: "secretlead", Stage: "secretstage", StageSince: noon, Profile: profile{"t": "secrettext", "n": "secretnumber"},
		Activities: []qualify.Activity{idAct("secretid", "visit", noon, "t", "secretvalue", "n", "secretnumber"), idAct("secretid", "visit", ago(day))}}
	a := assess(t, m, lead, noon)
	_, conflicts, _ := m.Merge("", &lead, &qualify.Lead{ID: "other", Profile: profile{"t": "secretother"}})
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if _, isTime := a.Value.Any().(time.Time); a.Key == slog.TimeKey && isTime {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("assessed", "verdict", a)
	want := `{"level":"INFO","msg":"assessed","verdict":{"at":"2026-11-22T12:00:00Z","policy":"b2b","version":"7","fingerprint":"` + m.Fingerprint() +
		`","points":0,"rating":"","checklist":{"need":"no"},"stage":"","move":"none","issues":["stage unknown_stage","lead.n wrong_kind","activity repeated_differently"]}}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	log.Info("merged", "conflict", conflicts[0])
	if got := out.String(); strings.Contains(got, "secrettext") || strings.Contains(got, "secretother") || !strings.Contains(got, "lead.t: known differently by other, secretlead") {
		t.Errorf("%s of %v", got, conflicts)
	}
}
