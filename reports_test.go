package qualify_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// What people who do this job reported, as tests with the wanted value. The letter of a row is that of its
// kind: A lists, B shapes in which facts come, C names that do not match, D calendar days, E decimals, G stages. Each
// row stands for its kind, so there are several values of each.

// A reportedFact is a fact lead.x as it comes, and what a condition makes of it.
type reportedFact struct {
	row       string
	field     string // the declaration of x, without its name, as JSON
	values    []any  // each of which has the answers
	condition string // of lead.x
	want      string // the answer, and the problems of the issues
}

func TestReportedFacts(t *testing.T) {
	t.Parallel()
	const (
		texts  = `"kind": "texts"`
		anyOf  = `"kind": "texts", "values": ["Routing", "Fleet"]`
		number = `"kind": "number"`
		moment = `"kind": "time"`
	)
	york := must(time.LoadLocation("America/New_York"))
	for _, test := range []reportedFact{
		{"A a list in one text, with its separator", texts + `, "separator": ","`, []any{"vip,x", " x , VIP ", "vip", "vip,"}, `'vip' in lead.x`, "yes"},
		{"A a list in one text, with its separator", texts + `, "separator": ","`, []any{"x,y", "vip;x", "vip x"}, `'vip' in lead.x`, "no"},
		{"A a list in one text, with its separator", texts + `, "separator": "||"`, []any{"x||vip", "vip||"}, `'vip' in lead.x`, "yes"},
		{"A a list in one text, with its separator", texts + `, "separator": "|"`, []any{"x|vip"}, `'vip' in lead.x`, "yes"},
		{"A a list in one text, without a separator", texts, []any{"vip;x", "x; vip"}, `'vip' in lead.x`, "yes"},
		{"A a list in one text, without a separator", texts, []any{"vip,x", "Reporting, Routing", "x||y", "a|b", "a\tb", "vip\nx", "[vip]", "{vip,x}", "a，b"}, `'vip' in lead.x`, "unknown unsplit_list"},
		{"A a list in one text, without a separator", texts, []any{"vip,x", "x||y", "[vip]"}, `'vip' not in lead.x`, "unknown unsplit_list"},
		{"A a list in one text, without a separator", texts, []any{"vip,x", "x||y", "[vip]"}, `lead.x in ['vip', 'x']`, "unknown unsplit_list"},
		{"A a list in one text, which is a value", texts + `, "values": ["Planning, routing", "vip"]`, []any{"Planning, routing", []any{"planning, Routing"}}, `'planning, routing' in lead.x`, "yes"},
		{"A a JSON list as text", texts, []any{`["vip", "x"]`, ` ["x","VIP"] `}, `'vip' in lead.x`, "yes"},
		{"A a JSON list as text", texts, []any{`["a", "b"]`, `[]`}, `'vip' in lead.x`, "no"},
		{"A an empty list", texts, []any{[]any{}, []string{}, "[]"}, `'unsubscribed' not in lead.x`, "yes"},
		{"A an empty list", texts, []any{nil, "", " ", []any{nil}, []any{""}, []string(nil)}, `'unsubscribed' not in lead.x`, "unknown"},
		{"A an element that is no value", anyOf, []any{"Routing;Telemetry", []any{"Routing", "Telemetry"}, []any{"routing", 5, true}}, `'Routing' in lead.x`, "yes not_in_values"},
		{"A an element that is no value", anyOf, []any{"Routing;Telemetry", []any{"Routing", 7}}, `'Fleet' in lead.x`, "unknown not_in_values"},
		{"A an element that is no value", anyOf, []any{"Routing;Telemetry"}, `'Fleet' not in lead.x`, "unknown not_in_values"},
		{"A an element that is no value", anyOf, []any{"Telemetry", []any{"Telemetry", "Other"}}, `'Fleet' in lead.x`, "unknown not_in_values"},
		{"A any of several options", texts, []any{"a;c", []any{"B"}}, `lead.x in ['a', 'b']`, "yes"},
		{"A any of several options", texts, []any{"c;d", []any{}}, `lead.x in ['a', 'b']`, "no"},
		{"A any of several options", texts, []any{nil}, `lead.x in ['a', 'b']`, "unknown"},

		{"B times without an offset", moment, []any{"2026-01-31 10:00:00", "2026-01-31 10:00", "2026-01-31T10:00:00", "2026-01-31T10:00", " 2026-01-31t10:00:00.000 "}, `lead.x == time("2026-01-31T15:00:00Z")`, "yes"},
		{"B times with an offset", moment, []any{"2026-01-31T10:00:00.000+0000", "2026-01-31 10:00:00+00", "2026-01-31T10:00:00Z", "2026-01-31 10:00 UTC", "2026-01-31T15:30:00+0530", "2026-01-31 05:00:00-05", []byte("2026-01-31 10:00+00:00")}, `lead.x == time("2026-01-31T10:00:00Z")`, "yes"},
		{"B dates", moment, []any{"2026-01-31"}, `lead.x == time("2026-01-31T05:00:00Z")`, "yes"},
		{"B what is no time", moment, []any{"31.01.2026", "2026-02-30", "10:00", "2026-01-31 25:00", 1767225600, "1767225600000", "soon", true}, `known(lead.x)`, "no wrong_kind"},
		{"B an epoch in milliseconds", moment + `, "epoch": "ms"`, []any{int64(1767225600000), "1767225600000", 1767225600000.0, json.Number("1767225600000"), "2026-01-01T00:00:00Z"}, `lead.x == time("2026-01-01T00:00:00Z")`, "yes"},
		{"B an epoch in seconds", moment + `, "epoch": "s"`, []any{1767225600, "1767225600", json.Number("1767225600.0"), 1767225600.0}, `lead.x == time("2026-01-01T00:00:00Z")`, "yes"},
		{"B an epoch in microseconds", moment + `, "epoch": "us"`, []any{int64(1767225600000000), "1767225600000000"}, `lead.x == time("2026-01-01T00:00:00Z")`, "yes"},
		{"B a number where text is declared", `"kind": "code"`, []any{4711, int64(4711), uint16(4711), 4711.0, json.Number("4711"), "4711"}, `lead.x == '4711'`, "yes"},
		{"B a number where text is declared", `"kind": "text"`, []any{4711, 4711.0, json.Number("4711")}, `lead.x in ['4711', '4712']`, "yes"},
		{"B a number where text is declared", texts, []any{4711, []any{4711.0, "x"}}, `'4711' in lead.x`, "yes"},
		{"B a number where text is declared", `"kind": "code"`, []any{4711.5, true}, `known(lead.x)`, "no wrong_kind"},
		{"B bytes from a database", `"kind": "text"`, []any{[]byte("VP Sales"), json.RawMessage(`"vp  sales"`)}, `lead.x == 'vp sales'`, "yes"},
		{"B bytes from a database", number, []any{[]byte("450"), json.RawMessage(`450`)}, `lead.x == 450`, "yes"},
		{"B bytes from a database", `"kind": "bool"`, []any{[]byte("t"), []byte("1")}, `lead.x`, "yes"},
		{"B bools", `"kind": "bool"`, []any{"Y", "y", "on", "ON", "t", "T", "yes", "true", "1", 1, 1.0, true}, `lead.x`, "yes"},
		{"B bools", `"kind": "bool"`, []any{"N", "n", "off", "Off", "f", "F", "no", "false", "0", 0, false}, `lead.x`, "no"},
		{"B bools", `"kind": "bool"`, []any{"ja", "2", 2, "y/n"}, `known(lead.x)`, "no wrong_kind"},
		{"B false for every empty field", number + `, "placeholders": ["false"]`, []any{false, "false", "FALSE"}, `known(lead.x)`, "no"},
		{"B false for every empty field", moment + `, "placeholders": ["false"]`, []any{false}, `known(lead.x)`, "no"},
		{"B false for every empty field", texts + `, "placeholders": ["false"]`, []any{false, []any{false}}, `known(lead.x)`, "no"},
		{"B false for every empty field", `"kind": "text", "placeholders": ["false", "0"]`, []any{false, 0, 0.0, "0", json.Number("0")}, `known(lead.x)`, "no"},
		{"B false for every empty field", `"kind": "bool", "placeholders": ["false"]`, []any{false}, `known(lead.x)`, "no"},
		{"B thousands", number, []any{"5.000"}, `lead.x == 5`, "yes"}, // docs/from-an-export.md warns, and a survey finds it
		{"B thousands", number, []any{"1.234"}, `lead.x == 1.234`, "yes"},
		{"B thousands", number, []any{"1,234", "1.234.567", "1 234", "1'234"}, `known(lead.x)`, "no wrong_kind"},
		{"B odd blanks", `"kind": "text"`, []any{"VP Sales", "VP  Sales", "VP\u00a0Sales", "V\u200bP Sales", "\ufeffVP Sales", "VP\tSales\n", "VP \u2009 Sales"}, `lead.x == 'vp sales'`, "yes"},
		{"B odd blanks", `"kind": "text"`, []any{"VP  Sales", "VP\u00a0Sales EMEA"}, `lead.x startsWith 'VP Sales'`, "yes"},
		{"B odd blanks", texts, []any{"x;VP\u00a0Sales", []any{"VP  Sales\u200b"}}, `'vp sales' in lead.x`, "yes"},
	} {
		t.Run(test.row, func(t *testing.T) {
			var field qualify.Field
			if err := json.Unmarshal([]byte(`{"name": "x", `+test.field+`}`), &field); err != nil {
				t.Fatal(err)
			}
			m := compile(t, qualify.Policy{
				Profile: []qualify.Field{field}, Properties: []qualify.Field{field}, Signals: []qualify.Signal{{ID: "e"}},
				Criteria: []qualify.Criterion{{ID: "attribute", Met: test.condition}, {ID: "property", Met: strings.ReplaceAll(test.condition, "lead.x", `latest("e", "x")`)}},
			}, qualify.WithLocation(york))
			for _, v := range test.values {
				for _, where := range []string{"attribute", "property"} {
					lead := qualify.Lead{Profile: profile{"x": v}}
					if where == "property" {
						lead = history(act("e", ago(day), "x", v))
					}
					for _, form := range []string{"as it is", "as JSON"} {
						if _, isBytes := v.([]byte); form == "as JSON" && isBytes {
							continue
						} else if form == "as JSON" {
							lead = must(m.ParseLead(must(json.Marshal(lead))))
						}
						a := assess(t, m, lead, noon)
						got := a.Checklist.Answer(where).String()
						for _, issue := range a.Issues {
							got += " " + string(issue.Problem)
						}
						if got != test.want {
							t.Errorf("%s of %#v, %s, as %s: %s, want %s", test.condition, v, form, where, got, test.want)
						}
					}
				}
			}
		})
	}
}

// A print-out tells a list of one element from a list of two.
func TestReportedLists(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile:  []qualify.Field{{Name: "x", Kind: qualify.Texts, Label: "Interests", Values: []string{"a, b", "a", "b", `"a", "b"`}}},
		Criteria: []qualify.Criterion{{ID: "c", Met: "'a' in lead.x"}},
	})
	seen := map[string]any{}
	for _, v := range []any{[]any{"a, b"}, []any{"a", "b"}, []any{`"a", "b"`}, []any{}} {
		e := explain(t, m, qualify.Lead{Profile: profile{"x": v}}, noon)
		for _, text := range []string{fmt.Sprint(e.Assessment.Checklist[0].Facts), e.Criteria[0].String()} {
			if other, ok := seen[text]; ok {
				t.Errorf("A print-out of a list: %q and %q are both %s", v, other, text)
			}
			seen[text] = v
		}
	}
}

// Records of other systems are read by declaration: docs/from-an-export.md has more.
func TestReportedRecords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ row, from, record, want string }{
		{"B a nested value", "company.employees", `{"company": {"employees": 5}}`, "yes"},
		{"B a nested value", "company.employees", `{"company": {"employees": "5"}, "employees": 7}`, "yes"},
		{"B a nested value", "company.employees", `{"company.employees": 5, "company": {"employees": 7}}`, "yes"},
		{"B a nested value", "properties.employees.value", `{"properties": {"employees": {"value": "5"}}}`, "yes"}, // HubSpot's older API
		{"B a nested value", "custom_fields.d4de1c", `{"custom_fields": {"d4de1c": 5}}`, "yes"},                    // Pipedrive's newer API
		{"B a nested value", "traits.company.employees", `{"traits": {"company": {"employees": 5}}}`, "yes"},
		{"B a nested value", "sizes.1", `{"sizes": [57, 5]}`, "yes"},
		{"B a nested value", "sizes.0.value", `{"sizes": [{"value": 5}, {"value": 7}]}`, "yes"},
		{"B a nested value", "sizes.2.value.0", `{"sizes": [1, 2, {"value": [5]}]}`, "yes"},
		{"B a nested value that is not there", "company.employees", `{"company": {}}`, "unknown"},
		{"B a nested value that is not there", "company.employees", `{"company": null}`, "unknown"},
		{"B a nested value that is not there", "sizes.1", `{"sizes": []}`, "unknown"},
		{"B a nested value that is not there", "sizes.1", `{"sizes": [5]}`, "unknown"},
		{"B a nested value that is not there", "company.employees", `{"company": false}`, "unknown"}, // with the placeholder
		{"B something else than a map", "company.employees", `{"company": "5"}`, "unknown wrong_kind"},
		{"B another key", "NumberOfEmployees", `{"NumberOfEmployees": 5}`, "yes"},
		{"B another key", "Company Size", `{"Company Size": "5", "employees": 7}`, "yes"},
		{"B another key", "Company Size", `{"employees": 5}`, "unknown"},
	} {
		m := compile(t, qualify.Policy{
			Profile:  []qualify.Field{{Name: "employees", Kind: qualify.Number, From: test.from, Placeholders: []string{"false"}}},
			Criteria: []qualify.Criterion{{ID: "c", Met: "lead.employees == 5"}},
		})
		a := assess(t, m, must(m.ParseLead([]byte(`{"profile": `+test.record+`}`))), noon)
		got := a.Checklist.Answer("c").String()
		for _, issue := range a.Issues {
			got += " " + string(issue.Problem)
		}
		if got != test.want {
			t.Errorf("%s: %s from %s: %s, want %s", test.row, test.from, test.record, got, test.want)
		}
	}
}

// No field of an activity, and no stage_since, fails a file: what cannot be read is one Issue.
func TestReportedFiles(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "visit"}}, Rules: []qualify.Rule{{ID: "visit", On: "visit", Points: 1}},
		Stages: []qualify.Stage{{ID: "mql", Enter: "score() >= 1", Keep: "true", MaxStay: qualify.Day}},
	})
	const good = `{"type": "visit", "at": "2026-10-01T00:00:00Z"}`
	for _, test := range []struct {
		row, activity, rest, want string // points and issues
	}{
		{"B a blank time", `{"type": "visit", "at": ""}`, ``, "1 time_out_of_range"},
		{"B a date", `{"type": "visit", "at": "2026-10-01"}`, ``, "2"},
		{"B an epoch", `{"type": "visit", "at": 1767225600000}`, ``, "1 time_out_of_range"},
		{"B no time", `{"type": "visit", "at": null}`, ``, "1 time_out_of_range"},
		{"B an object for a time", `{"type": "visit", "at": {"$date": "2026-10-01"}}`, ``, "1 time_out_of_range"},
		{"B a number for an ID", `{"type": "visit", "id": 101, "at": "2026-10-01"}`, ``, "2"},
		{"B a blank stage_since", good, `, "stage": "mql", "stage_since": ""`, "2"},
		{"B an epoch for stage_since", good, `, "stage": "mql", "stage_since": 1767225600`, "2 time_out_of_range"},
	} {
		file := fmt.Sprintf(`[{"id": "x", "activities": [%s, %s]%s}, {"id": "y"}]`, good, test.activity, test.rest)
		var leads []qualify.Lead
		if err := json.Unmarshal([]byte(file), &leads); err != nil {
			t.Errorf("%s: %v", test.row, err)
			continue
		}
		var read []qualify.Lead
		for lead, err := range m.ReadLeads(strings.NewReader(file)) {
			read = append(read, must(lead, err))
		}
		if diff := cmp.Diff(leads, read); diff != "" || len(read) != 2 {
			t.Errorf("%s: encoding/json and ReadLeads differ:\n%s", test.row, diff)
			continue
		}
		a := assess(t, m, leads[0], noon)
		got := fmt.Sprint(a.Score.Points)
		for _, issue := range a.Issues {
			got += " " + string(issue.Problem)
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.row, got, test.want)
		}
	}
}

// What an assessment is silent about, a survey tells with the name that was meant.
func TestReportedNames(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Profile:    []qualify.Field{{Name: "employees", Kind: qualify.Number}, {Name: "job_title", Kind: qualify.Text}},
		Properties: []qualify.Field{{Name: "budget", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "page_view"}, {ID: "demo_request"}},
		Rules:      []qualify.Rule{{ID: "size", When: "lead.employees >= 200", Points: 1}, {ID: "demo", On: "demo_request", Points: 1}},
	})
	names := func(s *review.Survey, of func(*review.Survey) review.Names) (all []string) {
		for _, n := range of(s).Names {
			if n.Nearest != "" {
				all = append(all, n.Name+" = "+n.Nearest)
			}
		}
		return all
	}
	inProfile := func(s *review.Survey) review.Names { return s.UndeclaredProfile }
	inProperties := func(s *review.Survey) review.Names { return s.UndeclaredProperties }
	types := func(s *review.Survey) review.Names { return s.UndeclaredTypes }
	for _, test := range []struct {
		row  string
		lead qualify.Lead
		of   func(*review.Survey) review.Names
		want string
	}{
		{"C a key in another case", qualify.Lead{Profile: profile{"Employees": 450}}, inProfile, "Employees = employees"},
		{"C a key in another case", qualify.Lead{Profile: profile{"EMPLOYEES": 450}}, inProfile, "EMPLOYEES = employees"},
		{"C a key in another spelling", qualify.Lead{Profile: profile{"jobTitle": "x"}}, inProfile, "jobTitle = job_title"},
		{"C a key in another spelling", qualify.Lead{Profile: profile{"Job Title": "x"}}, inProfile, "Job Title = job_title"},
		{"C a key in another spelling", qualify.Lead{Profile: profile{"employes": 450}}, inProfile, "employes = employees"},
		{"C a type in another case", history(act("Page_View", noon)), types, "Page_View = page_view"},
		{"C a type with a blank", history(act("page_view ", noon)), types, "page_view  = page_view"},
		{"C a type in another spelling", history(act("demo_requested", noon)), types, "demo_requested = demo_request"},
		{"C a type in another spelling", history(act("Demo Request", noon)), types, "Demo Request = demo_request"},
		{"C a property in another case", history(act("page_view", noon, "Budget", 5)), inProperties, "Budget = budget"},
		{"C properties for profile", qualify.Lead{Profile: profile{"properties": map[string]any{"employees": 450}}}, inProfile, "properties.employees = employees"},
	} {
		survey := must(review.NewSurvey(m, noon))
		survey.Add(&test.lead, nil)
		if got := strings.Join(names(survey, test.of), ", "); got != test.want {
			t.Errorf("%s: %q, want %q", test.row, got, test.want)
		}
		if meant := test.want[strings.Index(test.want, " = ")+3:]; !strings.Contains(survey.String(), "did you mean "+meant+"?") {
			t.Errorf("%s: the print-out does not ask for %s:\n%s", test.row, meant, survey)
		}
	}

	// A document with another key for the profile has leads without one, and a survey says so.
	survey := must(review.NewSurvey(m, noon))
	for lead, err := range m.ReadLeads(strings.NewReader(`{"id": "1", "properties": {"employees": 450}} {"id": "2", "traits": {"employees": 450}}`)) {
		survey.Add(&lead, err)
	}
	if survey.NoProfile != 2 || !strings.Contains(survey.String(), "2 have nothing in their profile") {
		t.Errorf("C properties for profile, in a document: %d\n%s", survey.NoProfile, survey)
	}

	// A number that looks like thousands.
	survey = must(review.NewSurvey(m, noon))
	for _, v := range []any{"5.000", "1.234", "1,234", "12'000", 5000, "5000", "0.125"} {
		survey.Add(&qualify.Lead{Profile: profile{"employees": v}}, nil)
	}
	if want := []review.ShapeCount{{Shape: review.ShapeThousands, Count: 4}}; !slices.Equal(survey.Profile[0].Shapes, want) {
		t.Errorf("B thousands: %v, want %v", survey.Profile[0].Shapes, want)
	}
}

// Whole calendar days, and the time between two known times.
func TestReportedDays(t *testing.T) {
	t.Parallel()
	york := must(time.LoadLocation("America/New_York"))
	const due, overdue, tomorrow, yesterday = "calendar_days_since(lead.due) == 0", "calendar_days_since(lead.due) > 0", "calendar_days_since(lead.due) == -1", "calendar_days_since(lead.due) == 1"
	const between = "days_between(lead.created, lead.due) > 1"
	for _, test := range []struct{ row, condition, now, due, created, want string }{
		{"D due today", due, "2026-11-02 09:00", "2026-11-02", "", "yes"},
		{"D due today", overdue, "2026-11-02 09:00", "2026-11-02", "", "no"},
		{"D due today", due, "2026-11-02 00:00", "2026-11-02", "", "yes"},
		{"D due today", due, "2026-11-02 23:59:59", "2026-11-02", "", "yes"},
		{"D due today", due, "2026-11-03 00:00", "2026-11-02", "", "no"},
		{"D due today", due, "2026-11-02 09:00", "2026-11-02 17:30", "", "yes"},
		{"D due today", due, "2026-11-02 09:00", "2026-11-03T03:00:00Z", "", "yes"}, // still the second in New York
		{"D overdue", overdue, "2026-11-03 00:00", "2026-11-02", "", "yes"},
		{"D overdue", yesterday, "2026-11-03 09:00", "2026-11-02 23:59", "", "yes"},
		{"D overdue", overdue, "2026-11-01 23:59", "2026-11-02", "", "no"},
		{"D tomorrow", tomorrow, "2026-11-01 00:00", "2026-11-02 23:59", "", "yes"},
		{"D tomorrow", tomorrow, "2026-11-01 23:59", "2026-11-02 00:00", "", "yes"},
		{"D on the day of 25 hours", overdue, "2026-11-01 23:30", "2026-11-01", "", "no"},
		{"D on the day of 25 hours", due, "2026-11-01 23:30", "2026-11-01", "", "yes"},
		{"D on the day of 23 hours", yesterday, "2026-03-09 00:00", "2026-03-08", "", "yes"},
		{"D on the day of 23 hours", due, "2026-03-08 23:59", "2026-03-08", "", "yes"},
		{"D the time between two times", between, "2026-11-10 09:00", "2026-11-03 12:00:01", "2026-11-02 12:00", "yes"},
		{"D the time between two times", between, "2030-01-01 09:00", "2026-11-03 12:00", "2026-11-02 12:00", "no"}, // it does not pass
		{"D the time between two times", "days_between(lead.created, lead.due) == 1", "2026-11-10 09:00", "2026-11-03 12:00", "2026-11-02 12:00", "yes"},
		{"D the time between two times", "days_between(lead.created, lead.due) < 0", "2026-11-10 09:00", "2026-11-01 12:00", "2026-11-02 12:00", "yes"},
		{"D the time between two times", between, "2026-11-10 09:00", "", "2026-11-02 12:00", "unknown"},
	} {
		field := func(name string) qualify.Field { return qualify.Field{Name: name, Kind: qualify.Time} }
		m := compile(t, qualify.Policy{
			Profile: []qualify.Field{field("due"), field("created")}, Properties: []qualify.Field{field("due"), field("created")}, Signals: []qualify.Signal{{ID: "e"}},
			Criteria: []qualify.Criterion{
				{ID: "attribute", Met: test.condition},
				{ID: "property", Met: strings.NewReplacer("lead.due", `latest("e", "due")`, "lead.created", `latest("e", "created")`).Replace(test.condition)},
			},
		}, qualify.WithLocation(york))
		layout := "2006-01-02 15:04:05"[:len(test.now)]
		facts := profile{"due": test.due, "created": test.created}
		lead := qualify.Lead{Profile: facts, Activities: []qualify.Activity{{Type: "e", At: date("2025-01-01T00:00:00Z"), Props: facts}}}
		a := assess(t, m, lead, must(time.ParseInLocation(layout, test.now, york)))
		for _, c := range a.Checklist {
			if c.Answer.String() != test.want {
				t.Errorf("%s: %s, at %s of %s and %s, of the %s: %v, want %s", test.row, test.condition, test.now, test.due, test.created, c.Criterion, c.Answer, test.want)
			}
		}
	}
}

// What is equal in decimal is equal, and the reason shows the value that was compared.
func TestReportedDecimals(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c"}
	for _, test := range []struct {
		row, condition string
		numbers        []any // a, b and c
		want           qualify.Answer
		reason         string
	}{
		{"E 0.1 + 0.2", `0.1 * count("e") + 0.2 * count("e") == 0.3`, nil, qualify.Yes, `0.2 * count("e") is 0.3;`},
		{"E 0.1 + 0.2", `0.1 * count("e") + 0.2 * count("e") > 0.3`, nil, qualify.No, `0.2 * count("e") is 0.3;`},
		{"E 0.1 + 0.2", `lead.a + lead.b == 0.3`, []any{0.1, 0.2}, qualify.Yes, "lead.a + lead.b is 0.3;"},
		{"E 0.1 + 0.2", `lead.a + lead.b in [0.3]`, []any{"0.1", "0.2"}, qualify.Yes, "lead.a + lead.b is 0.3;"},
		{"E 0.1 + 0.2", `lead.a + lead.b == 0.3`, []any{0.1}, qualify.Unknown, "== 0.3 is unknown; lead.a is 0.1; lead.b is unknown"},
		{"E a sum", `lead.a + lead.b == lead.c`, []any{36.54, 22.309, 58.849}, qualify.Yes, "lead.a + lead.b is 58.849;"},
		{"E a sum", `lead.a + lead.b == lead.c`, []any{json.Number("36.54"), "22.309", 58.849}, qualify.Yes, "lead.a + lead.b is 58.849;"},
		{"E a sum", `lead.a + lead.b != lead.c`, []any{1.1, 2.2, 3.3}, qualify.No, "lead.a + lead.b is 3.3;"},
		{"E a sum", `lead.a + lead.b == lead.c`, []any{1.1, 2.2, 3.30001}, qualify.No, "lead.a + lead.b is 3.3;"},
		{"E a total", `total("e", "a") == 58.849`, []any{58.849}, qualify.Yes, `total("e", "a") is 58.849 `},
		{"E a product", `lead.a * 100 >= 29`, []any{0.29}, qualify.Yes, "lead.a * 100 is 29;"},
		{"E a product", `lead.a * 100 == 435`, []any{4.35}, qualify.Yes, "lead.a * 100 is 435;"},
		{"E a product", `lead.a * 100 >= 29`, []any{0.28999}, qualify.No, "lead.a * 100 is 28.999;"},
		{"E a difference", `lead.a - lead.b == 0.1`, []any{1.0, 0.9}, qualify.Yes, "lead.a - lead.b is 0.1;"},
		{"E a quotient", `lead.a / lead.b == 0.1`, []any{0.3, 3}, qualify.Yes, "lead.a / lead.b is 0.1;"},
		{"E a remainder", `lead.a % 0.1 == 0`, []any{0.3}, qualify.Yes, "lead.a % 0.1 is 0;"},
	} {
		p := qualify.Policy{Signals: []qualify.Signal{{ID: "e"}}, Criteria: []qualify.Criterion{{ID: "c", Met: test.condition}}}
		lead := history(act("e", ago(day)))
		lead.Profile, lead.Activities[0].Props = profile{}, profile{}
		for i, n := range names {
			p.Profile = append(p.Profile, qualify.Field{Name: n, Kind: qualify.Number})
			if i < len(test.numbers) {
				lead.Profile[n], lead.Activities[0].Props[n] = test.numbers[i], test.numbers[i]
			}
		}
		p.Properties = p.Profile
		e := explain(t, compile(t, p), lead, noon)
		c := e.Assessment.Checklist[0]
		if c.Answer != test.want {
			t.Errorf("%s: %s of %v: %v, want %v", test.row, test.condition, test.numbers, c.Answer, test.want)
		}
		if text := e.Criteria[0].String(); !strings.Contains(text, test.reason) {
			t.Errorf("%s: %s of %v: the explanation does not show %s: %s", test.row, test.condition, test.numbers, test.reason, text)
		}
	}
}

// A backend wakes for what is dated later, is not due twice at one instant although its database truncates, and a
// preview shows whom a stricter condition would keep out.
func TestReportedStages(t *testing.T) {
	t.Parallel()
	m := compile(t, qualify.Policy{
		Signals: []qualify.Signal{{ID: "demo"}}, Rules: []qualify.Rule{{ID: "demo", On: "demo", Points: 100, Decay: qualify.Decay{HalfLife: 7 * qualify.Day}}},
		Stages: []qualify.Stage{{ID: "sql", Enter: "score() >= 60"}},
	})

	// G a demonstration in five days
	for _, in := range []time.Duration{1, time.Second, 5 * day, 400 * day} {
		lead := history(act("demo", noon.Add(in)))
		a := assess(t, m, lead, noon)
		if wake := a.Wake(&lead); !a.Until.IsZero() || !wake.Equal(noon.Add(in)) {
			t.Errorf("G a demonstration in %v: Until %v, Wake %v", in, a.Until, wake)
		}
	}

	// G Until in microseconds
	for _, resolution := range []time.Duration{time.Microsecond, time.Millisecond, time.Second, time.Minute} {
		lead := history(act("demo", noon.Add(123456789)))
		assessments, last := 0, ""
		for due := noon.Add(time.Hour + 987654321); !due.IsZero(); assessments++ {
			if assessments > 100 {
				t.Fatalf("G Until in %v: due again and again at %v", resolution, due)
			}
			now := due.Truncate(resolution)
			a := assess(t, m, lead, now)
			last = a.Verdict.Stage
			// A database may also round the date of the stage up, by less than a second.
			lead.Stage, lead.StageSince = a.Verdict.Stage, a.Verdict.Since
			if due = a.Wake(&lead); !due.IsZero() {
				due = due.Add(resolution - 1).Truncate(resolution)
			}
		}
		if last != "" || assessments < 2 {
			t.Errorf("G Until in %v: %d assessments, and then %q", resolution, assessments, last)
		}
	}
	for _, after := range []time.Duration{1, time.Millisecond, time.Second - 1, time.Second} {
		lead := history(act("demo", noon.Add(-time.Hour)))
		lead.Stage, lead.StageSince = "sql", noon.Add(after)
		a := assess(t, m, lead, noon)
		if kept := after < time.Second; kept != a.Verdict.Since.Equal(noon) || kept != (len(a.Issues) == 0) {
			t.Errorf("G a stage's date %v after now: since %v, %v", after, a.Verdict.Since, a.Issues)
		}
	}

	// G a stricter enter
	model := func(enter string) *qualify.Model {
		return compile(t, qualify.Policy{Profile: []qualify.Field{{Name: "n", Kind: qualify.Number}}, Stages: []qualify.Stage{{ID: "mql", Enter: enter, Keep: "lead.n >= 20"}}})
	}
	for _, strict := range []int{31, 40, 100} {
		old, stricter := model("lead.n >= 30"), model(fmt.Sprintf("lead.n >= %d", strict))
		var leads []qualify.Lead
		for n := 20; n < 50; n++ {
			leads = append(leads, qualify.Lead{Profile: profile{"n": n}, Stage: "mql", StageSince: noon})
		}
		moves := func(from iter.Seq2[*qualify.Lead, error]) (n int) {
			for c, err := range review.Compare(old, stricter, from, noon) {
				if c = must(c, err); c.Stage.Old != c.Stage.New {
					n++
				}
			}
			return n
		}
		held, kept := moves(review.Leads(leads)), moves(review.Newcomers(review.Leads(leads)))
		if want := min(strict, 50) - 30; held != 0 || kept != want {
			t.Errorf("G a stricter enter, %d: %d of those who are in move, and %d newcomers, want 0 and %d", strict, held, kept, want)
		}
	}
}
