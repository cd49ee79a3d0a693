package review_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/review"
)

// survey surveys leads.
func survey(t testing.TB, p qualify.Policy, leads ...qualify.Lead) *review.Survey {
	t.Helper()
	s, err := review.NewSurvey(compile(t, p), noon)
	if err != nil {
		t.Fatal(err)
	}
	for lead, err := range review.Leads(leads) {
		s.Add(lead, err)
	}
	return s
}

func shapesOf(f review.FieldCount) (shapes []review.Shape) {
	for _, s := range f.Shapes {
		shapes = append(shapes, s.Shape)
	}
	return shapes
}

// fieldTraps are values that do not arrive, or arrive as something else, as people report them. A value that is named only
// while it is set aside is fine once it is read.
var fieldTraps = []struct {
	field      qualify.Field
	value      any
	want       review.Shape
	asRead     bool // named also when it is read
	worksToday bool // read as it is, and nothing to be named
}{
	// Lists.
	{field: qualify.Field{Kind: qualify.Texts}, value: "vip,x", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: "Reporting, Routing", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: "x||y", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: "x\ny", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: []any{"a", "Reporting, Routing"}, want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts, Values: []string{"Routing", "New York, NY"}}, value: "Routing,Telemetry", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts, Values: []string{"Routing", "New York, NY"}}, value: "New York, NY", worksToday: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: []string{"vip", "x"}, worksToday: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: "vip;x", worksToday: true},
	{field: qualify.Field{Kind: qualify.Text, Values: []string{"Routing", "Reporting"}}, value: "Routing;Reporting", want: review.ShapeList, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: []any{"Routing", "Reporting"}, want: review.ShapeSeveral, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: []any{5.0}, want: review.ShapeSeveral, asRead: true},
	// Times.
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31 10:00:00", want: review.ShapeNoOffset, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31 10:00", want: review.ShapeNoOffset, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31T10:00:00", want: review.ShapeNoOffset, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31T10:00:00.000+0000", want: review.ShapeTime},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31 10:00:00+00", want: review.ShapeTime},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026/01/31", want: review.ShapeTime, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "31.01.2026", want: review.ShapeDayAndMonth, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "1/31/26 10:00", want: review.ShapeDayAndMonth, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: 1767225600000.0, want: review.ShapeEpoch, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: int64(1767225600), want: review.ShapeEpoch, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "1767225600000", want: review.ShapeEpoch, asRead: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31T10:00:00Z", worksToday: true},
	{field: qualify.Field{Kind: qualify.Time}, value: "2026-01-31", worksToday: true},
	// Texts and codes.
	{field: qualify.Field{Kind: qualify.Code}, value: 4711.0, want: review.ShapeNumber},
	{field: qualify.Field{Kind: qualify.Text}, value: 4711, want: review.ShapeNumber},
	{field: qualify.Field{Kind: qualify.Text}, value: json.Number("4711"), want: review.ShapeNumber},
	{field: qualify.Field{Kind: qualify.Text}, value: []byte("a text"), want: review.ShapeBytes},
	{field: qualify.Field{Kind: qualify.Code, Values: []string{"DE", "AT"}}, value: "de ", want: review.ShapeSpelling, asRead: true},
	{field: qualify.Field{Kind: qualify.Text, Values: []string{"decision maker"}}, value: "Decision_Maker", want: review.ShapeSpelling, asRead: true},
	{field: qualify.Field{Kind: qualify.Text, Values: []string{"decision maker"}}, value: " Decision Maker", worksToday: true},
	{field: qualify.Field{Kind: qualify.Text}, value: "chief\u00a0executive", want: review.ShapeHidden, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: "chief  executive", want: review.ShapeHidden, asRead: true},
	{field: qualify.Field{Kind: qualify.Code}, value: "DE\u200b", want: review.ShapeHidden, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: "\ufeffDE", want: review.ShapeHidden, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: "First line.\nSecond line, with a comma.", worksToday: true},
	{field: qualify.Field{Kind: qualify.Text}, value: "n/a", want: review.ShapePlaceholder, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: " Select", want: review.ShapePlaceholder, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "unknown", want: review.ShapePlaceholder, asRead: true},
	{field: qualify.Field{Kind: qualify.Text, Values: []string{"None", "Some"}}, value: "none", worksToday: true},
	// Bools.
	{field: qualify.Field{Kind: qualify.Bool}, value: "Y", want: review.ShapeBool},
	{field: qualify.Field{Kind: qualify.Bool}, value: "off", want: review.ShapeBool},
	{field: qualify.Field{Kind: qualify.Bool}, value: "oui", want: review.ShapeBool, asRead: true},
	{field: qualify.Field{Kind: qualify.Text}, value: false, want: review.ShapeFalse, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "false", want: review.ShapeFalse, asRead: true},
	{field: qualify.Field{Kind: qualify.Bool}, value: false, worksToday: true},
	// Numbers.
	{field: qualify.Field{Kind: qualify.Number}, value: "5.000", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1.234", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1.234.567,89", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1,000", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "-1 234 567", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1\u202f234", want: review.ShapeThousands, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "10,5", want: review.ShapeDecimalComma, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "11-50", want: review.ShapeNumberRange, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "20%", want: review.ShapeNumberInText, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "€ 500", want: review.ShapeNumberInText, asRead: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "0.125", worksToday: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1234", worksToday: true},
	{field: qualify.Field{Kind: qualify.Number}, value: "1234.567", worksToday: true},
	{field: qualify.Field{Kind: qualify.Number}, value: 5.0, worksToday: true},
	// Maps.
	{field: qualify.Field{Kind: qualify.Text}, value: map[string]any{"value": "x"}, want: review.ShapeMap, asRead: true},
	{field: qualify.Field{Kind: qualify.Texts}, value: []any{map[string]any{"value": "x"}}, want: review.ShapeMap, asRead: true},
}

// One run over leads that have every trap names each of them, in the profile and in properties alike.
func TestSurveyNamesEveryTrap(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Name: "traps", Profile: []qualify.Field{{Name: "employees", Kind: qualify.Number}, {Name: "employee_count", Kind: qualify.Number}, {Name: "industry", Kind: qualify.Text}},
		Properties: []qualify.Field{{Name: "budget", Kind: qualify.Number}},
		Signals:    []qualify.Signal{{ID: "prices", Types: []string{"page_view"}, Where: `activity.budget > 5`}, {ID: "demo_request"}},
		Rules:      []qualify.Rule{{ID: "size", When: `lead.employees >= 200`, Points: 20}, {ID: "demo", On: "demo_request", Points: 10}},
	}
	var leads []qualify.Lead
	for i, trap := range fieldTraps {
		f := trap.field
		f.Name = fmt.Sprint("field ", i)
		p.Profile, p.Properties = append(p.Profile, f), append(p.Properties, f)
		record := map[string]any{f.Name: trap.value}
		leads = append(leads, qualify.Lead{Profile: record, Activities: []qualify.Activity{{Type: "demo_request", At: noon, Props: record}}})
	}
	one := func(profile map[string]any) { leads = append(leads, qualify.Lead{Profile: profile}) }
	for range 450 {
		one(map[string]any{"Employees": 450})
	}
	one(map[string]any{"employeeCount": 5, "Employee count": 5, "employee-count": 5, " employees": 5, "budget": 5})
	one(map[string]any{"industries": 5, "industry": "x", "field 10": nil, "field 100": 1}) // keys of their own
	one(map[string]any{"industries": 5})                                                   // no longer
	one(map[string]any{"properties": map[string]any{"employees": 5, "Industry": "x", "other": 5}})
	one(map[string]any{"company": map[string]any{"size": map[string]any{"employees": 5}}})
	did := func(kind string, props map[string]any) {
		leads = append(leads, qualify.Lead{Activities: []qualify.Activity{{Type: kind, At: noon, Props: props}, {Type: kind, At: noon.Add(time.Hour), Props: props}}})
	}
	did("Page_View", map[string]any{"Budget": 5})
	did("page_view ", map[string]any{"properties": map[string]any{"budget": 5}})
	did("demo_requested", map[string]any{"employees": 5})
	did("prices", nil)
	did("", nil)
	leads = append(leads, qualify.Lead{Stage: "mql", Activities: []qualify.Activity{{Type: "demo_request"}}}, qualify.Lead{})

	s := survey(t, p, leads...)
	for i, trap := range fieldTraps {
		for _, f := range []review.FieldCount{s.Profile[i+3], s.Properties[i+1]} {
			shapes := shapesOf(f)
			switch what := fmt.Sprintf("%s: %s %#v gives %v", f.Field, f.Kind, trap.value, shapes); {
			case trap.worksToday && (f.Known != 1 || len(shapes) > 0 || len(f.Problems) > 0):
				t.Errorf("%s, and is fine", what)
			case !trap.worksToday && (trap.asRead || f.Known == 0) && !slices.Equal(shapes, []review.Shape{trap.want}):
				t.Errorf("%s, want %s", what, trap.want)
			case !trap.worksToday && f.Known == 0 && len(f.Problems) == 0:
				t.Errorf("%s is unknown without a problem", what)
			}
		}
	}
	wantNames := []struct {
		got  review.Names
		want []review.Name
	}{
		{s.UndeclaredProfile, []review.Name{
			{Name: " employees", Leads: 1, Nearest: "employees"},
			{Name: "Employee count", Leads: 1, Nearest: "employee_count"},
			{Name: "Employees", Leads: 450, Nearest: "employees"},
			{Name: "budget", Leads: 1, Misplaced: true},
			{Name: "company", Leads: 1},
			{Name: "company.size.employees", Leads: 1, Nearest: "employees"},
			{Name: "employee-count", Leads: 1, Nearest: "employee_count"},
			{Name: "employeeCount", Leads: 1, Nearest: "employee_count"},
			{Name: "field 100", Leads: 1},
			{Name: "industries", Leads: 2, Nearest: "industry"},
			{Name: "properties", Leads: 1},
			{Name: "properties.Industry", Leads: 1, Nearest: "industry"},
			{Name: "properties.employees", Leads: 1, Nearest: "employees"},
		}},
		{s.UndeclaredProperties, []review.Name{
			{Name: "Budget", Leads: 1, Activities: 2, Nearest: "budget"},
			{Name: "employees", Leads: 1, Activities: 2, Misplaced: true},
			{Name: "properties", Leads: 1, Activities: 2},
			{Name: "properties.budget", Leads: 1, Activities: 2, Nearest: "budget"},
		}},
		{s.UndeclaredTypes, []review.Name{
			{Name: "", Leads: 1, Activities: 2},
			{Name: "Page_View", Leads: 1, Activities: 2, Nearest: "page_view"},
			{Name: "demo_requested", Leads: 1, Activities: 2, Nearest: "demo_request"},
			{Name: "page_view ", Leads: 1, Activities: 2, Nearest: "page_view"},
			{Name: "prices", Leads: 1, Activities: 2, Misplaced: true},
		}},
	}
	for _, k := range wantNames {
		if diff := gocmp.Diff(review.Names{Names: k.want}, k.got); diff != "" {
			t.Error(diff)
		}
	}
	wantIssues := []review.IssueCount{
		{Field: "activity.at", Problem: qualify.ProblemTimeOutOfRange, Leads: 1, Count: 1},
		{Field: "stage", Problem: qualify.ProblemUnknownStage, Leads: 1, Count: 1},
	}
	if diff := gocmp.Diff(wantIssues, s.Issues); diff != "" {
		t.Error(diff)
	}
	n := len(leads)
	if s.Leads != n || s.NoProfile != 7 || s.NoActivities != 456 || s.Later != 5 || s.Rules[0].Unknown != n || s.Profile[0].Unknown != n {
		t.Errorf("%d of %d leads, %d without a profile, %d without activities, %d later, %+v", s.Leads, n, s.NoProfile, s.NoActivities, s.Later, s.Rules[0])
	}
	for _, want := range []string{
		"Employees                    450  did you mean employees?", `" employees"                   1  did you mean employees?`, "lead.employees           0      525  never there",
		"declared as a property of activities", "declared as an attribute of the profile", "a signal's ID, and not one of its types", `"page_view "`,
		`like thousands ("5.000" is read as 5)`, "stage: not a stage of the policy", "activity.at: without a time", "7 have nothing in their profile",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

func TestNewSurveyFails(t *testing.T) {
	t.Parallel()
	if _, err := review.NewSurvey(nil, noon); err == nil || err.Error() != "review: the model is nil" {
		t.Error(err)
	}
	if _, err := review.NewSurvey(compile(t, small()), time.Time{}); !errors.Is(err, qualify.ErrInstant) {
		t.Error(err)
	}
	s, err := review.NewSurvey(qualify.MustCompile(small(), qualify.WithBounds(qualify.Bounds{Activities: 2})), noon)
	if err != nil {
		t.Fatal(err)
	}
	s.Add(nil, nil)
	s.Add(&qualify.Lead{}, errors.New("x"))
	s.Add(&qualify.Lead{Activities: visits(3)}, nil)
	s.Add(&qualify.Lead{Activities: visits(2)}, nil)
	if s.Leads != 1 || s.Failed != 3 || s.Activities != 2 || s.Signals[0].Occurrences != 2 {
		t.Errorf("%+v", s)
	}
}

// Whatever a policy calls its fields, and however large it is, it can be surveyed.
func TestSurveyAnyPolicy(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{}
	for _, name := range []string{"Lead Source", `a "quoted" one`, `back\slash`, "in", "not", "true", "2nd", "größe", "数", "a.b", "e\u0301", "-", "$x", "`", "'", "a\u200db", strings.Repeat("x", 200)} {
		p.Profile = append(p.Profile, qualify.Field{Name: name, Kind: qualify.Number})
		p.Properties = append(p.Properties, qualify.Field{Name: name, Kind: qualify.Text})
	}
	record := map[string]any{}
	for _, f := range p.Profile {
		record[f.Name] = 5
	}
	bad := maps.Clone(record)
	for name := range bad {
		bad[name] = struct{}{}
	}
	s := survey(t, p, qualify.Lead{Profile: record}, qualify.Lead{Profile: bad, Activities: []qualify.Activity{{Type: "x", At: noon, Props: bad}}})
	for i := range s.Profile {
		f, g := s.Profile[i], s.Properties[i]
		if f.Known != 1 || f.Unknown != 1 || len(f.Problems) != 1 || len(g.Problems) != 1 || f.Field != layout.Path("lead", p.Profile[i].Name) {
			t.Errorf("%+v\n%+v", f, g)
		}
	}
	// As many of everything as there may be, and an expression as large as there may be.
	p = qualify.Policy{}
	for i := range 1000 {
		p.Profile = append(p.Profile, qualify.Field{Name: fmt.Sprint("a", i), Kind: qualify.Number})
		p.Properties = append(p.Properties, qualify.Field{Name: fmt.Sprint("p", i), Kind: qualify.Texts})
		p.Signals = append(p.Signals, qualify.Signal{ID: fmt.Sprint("s", i)})
	}
	p.Signals[0].Where = "'" + strings.Repeat("x", 10_000) + "' in activity.p0"
	m, err := qualify.Compile(p, qualify.WithBounds(qualify.Bounds{Expression: 16384}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := review.NewSurvey(m, noon); err != nil {
		t.Error(err)
	}
}

// surveyLeads are leads in which all sorts of things are, and are wrong.
func surveyLeads(n int, seed uint64) (leads []qualify.Lead) {
	g := maker{rand.New(rand.NewPCG(seed, 3))}
	keys := []string{"n", "N", "b", "t", "tt", "x", "n.b", "café"}
	types := []string{"visit", "Visit", "call", "calls", "", "mail"}
	values := []any{nil, 1, 12.0, "7", "x", true, "yes", "", []string{"a", "b,c"}, "5.000", "Y", map[string]any{"n": 5, "tt": map[string]any{"b": 2}}, []any{5}, noon, "n/a", false}
	record := func() map[string]any {
		m := map[string]any{}
		for range g.IntN(4) {
			m[pick(g, keys...)] = values[g.IntN(len(values))]
		}
		return m
	}
	for i := range n {
		lead := qualify.Lead{ID: fmt.Sprint("id-", i), Profile: record(), Stage: pick(g, "", "mql", "sql", "gone")}
		for range g.IntN(5) {
			lead.Activities = append(lead.Activities, qualify.Activity{ID: pick(g, "", "1", "2"), Type: pick(g, types...), At: noon.Add(time.Duration(g.IntN(9)-7) * time.Hour), Props: record()})
		}
		leads = append(leads, lead)
	}
	return leads
}

// surveyed is a policy for them.
func surveyed() qualify.Policy {
	p := small()
	p.Profile = append(p.Profile, qualify.Field{Name: "list", Kind: qualify.Texts}, qualify.Field{Name: "x y", Kind: qualify.Text})
	p.Properties = []qualify.Field{{Name: "n", Kind: qualify.Number, Maximum: new(10.0)}, {Name: "tt", Kind: qualify.Texts}}
	p.Signals = append(p.Signals, qualify.Signal{ID: "talk", Types: []string{"call", "mail"}, Where: `activity.n >= 5`}, qualify.Signal{ID: "twice", Repeats: "visit", Every: 2},
		qualify.Signal{ID: "told", Types: []string{"call", "mail"}, Following: "visit", Within: 9 * qualify.Day}, qualify.Signal{ID: "heard", Types: []string{"visit"}, FollowedBy: "talk", Within: 9 * qualify.Day},
		qualify.Signal{ID: "sitting", Repeats: "visit", Every: 2, Gap: 5 * qualify.Day, ForEach: "n"})
	p.Rules = append(p.Rules, qualify.Rule{ID: "talk", On: "talk", Points: 2.5}, qualify.Rule{ID: "list", When: `"a" in lead.list`, Points: 1, Else: -1})
	p.Criteria = append(p.Criteria, qualify.Criterion{ID: "both", Met: `lead.n > 5`, Unmet: `lead.b`})
	return p
}

// The twin counts by hand, one lead at a time, with a policy for each question.
func TestSurveyTwin(t *testing.T) {
	t.Parallel()
	p := surveyed()
	leads := surveyLeads(400, 5)
	s := survey(t, p, leads...)
	m := compile(t, p)
	models := map[string]*qualify.Model{} // by what they are asked
	ask := func(lead qualify.Lead, p qualify.Policy, what, met string) (qualify.Assessment, bool) {
		m := models[what]
		if m == nil {
			p.Rules, p.Stages, p.Criteria, p.Groups, p.Rating = nil, nil, []qualify.Criterion{{ID: "it", Met: met}}, nil, nil
			m = compile(t, p)
			models[what] = m
		}
		a, err := m.Assess(&lead, noon)
		if err != nil {
			t.Fatal(err)
		}
		return a, a.Checklist[0].Answer == qualify.Yes
	}
	got, want := map[string]float64{}, map[string]float64{}
	tell := func(f review.FieldCount) {
		got[f.Field+" known"], got[f.Field+" unknown"], got[f.Field+" leads"] = float64(f.Known), float64(f.Unknown), float64(f.Leads)
		for _, k := range f.Problems {
			got[f.Field+" "+string(k.Problem)] = float64(k.Count)
		}
	}
	for i := range s.Profile {
		tell(s.Profile[i])
	}
	for i := range s.Properties {
		tell(s.Properties[i])
	}
	names := func(where string, list review.Names) {
		for _, n := range list.Names {
			got[where+n.Name], got[where+n.Name+" act"] = float64(n.Leads), float64(n.Activities)
		}
	}
	names("profile ", s.UndeclaredProfile)
	names("property ", s.UndeclaredProperties)
	names("type ", s.UndeclaredTypes)
	for _, signal := range s.Signals {
		got["signal "+signal.Signal], got["signal "+signal.Signal+" act"] = float64(signal.Leads), float64(signal.Occurrences)
	}
	paid := map[string][]float64{}
	for _, r := range s.Rules {
		got["rule "+r.ID+" yes"], got["rule "+r.ID+" no"], got["rule "+r.ID+" unknown"] = float64(r.Yes), float64(r.No), float64(r.Unknown)
	}
	for _, c := range s.Criteria {
		got["criterion "+c.Criterion+" yes"], got["criterion "+c.Criterion+" no"] = float64(c.Yes), float64(c.No)
		got["criterion "+c.Criterion+" unknown"], got["criterion "+c.Criterion+" disputed"] = float64(c.Unknown), float64(c.Disputed)
	}
	for _, stage := range s.Stages {
		got["stage "+stage.Stage] = float64(stage.Leads)
	}
	for _, k := range s.Issues {
		got["issue "+k.Field+string(k.Problem)], got["issue "+k.Field+string(k.Problem)+" count"] = float64(k.Leads), float64(k.Count)
	}

	for _, lead := range leads {
		seen := map[string]bool{} // by this lead
		once := func(what string) {
			if !seen[what] {
				seen[what] = true
				want[what]++
			}
		}
		record := func(of, where string, fields []qualify.Field, record map[string]any) {
			for _, f := range fields {
				path := layout.Path(of, f.Name)
				a, known := ask(qualify.Lead{Profile: record}, qualify.Policy{Profile: []qualify.Field{f}}, path, "known("+layout.Path("lead", f.Name)+")")
				if known {
					want[path+" known"]++
					once(path + " leads")
				} else {
					want[path+" unknown"]++
				}
				for _, issue := range a.Issues {
					want[path+" "+string(issue.Problem)]++
				}
			}
			wanted := func(name string) bool {
				return slices.ContainsFunc(fields, func(f qualify.Field) bool { return f.Name == name })
			}
			found := map[string]bool{}
			for key, v := range record {
				if wanted(key) {
					continue
				}
				found[key] = true
				if m, ok := v.(map[string]any); ok { // there is one only: {n: 5, tt: {b: 2}}
					for _, name := range []string{"n", "tt"} {
						if wanted(name) || wanted(strings.ToUpper(name)) {
							found[key+"."+name] = true
						}
					}
					if wanted("b") {
						found[key+".tt.b"] = true
					}
					if len(m) != 2 {
						t.Fatal(m)
					}
				}
			}
			for name := range found {
				once(where + name)
				if where == "property " {
					want[where+name+" act"]++
				}
			}
		}
		record("lead", "profile ", p.Profile, lead.Profile)
		for _, a := range lead.Activities {
			record("activity", "property ", p.Properties, a.Props)
			if !slices.Contains([]string{"visit", "call", "mail"}, a.Type) {
				once("type " + a.Type)
				want["type "+a.Type+" act"]++
			}
		}
		for _, g := range p.Signals {
			for n := 1; ; n++ {
				met := fmt.Sprintf("count(%q) >= %d", g.ID, n)
				if _, yes := ask(lead, p, met, met); !yes {
					break
				}
				once("signal " + g.ID)
				want["signal "+g.ID+" act"]++
			}
		}
		a, err := m.Assess(&lead, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Score.Contributions {
			want["rule "+c.Rule+" "+c.Answer.String()]++
			if c.Points != 0 {
				paid[c.Rule] = append(paid[c.Rule], c.Points)
			}
		}
		if a.Score.Points != 0 {
			paid["total"] = append(paid["total"], a.Score.Points)
		}
		for _, c := range a.Checklist {
			want["criterion "+c.Criterion+" "+c.Answer.String()]++
		}
		want["stage "+a.Verdict.Stage]++
		for _, issue := range a.Issues {
			if !strings.HasPrefix(issue.Field, "lead") && issue.Field != "activity.n" && issue.Field != "activity.tt" {
				want["issue "+issue.Field+string(issue.Problem)]++
				want["issue "+issue.Field+string(issue.Problem)+" count"] += float64(issue.Count)
			}
		}
	}
	for _, m := range []map[string]float64{got, want} {
		maps.DeleteFunc(m, func(_ string, n float64) bool { return n == 0 })
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(want) < 60 {
		t.Errorf("only %d counts were compared", len(want))
	}
	for _, r := range s.Rules {
		r.Spread.ID, r.Spread.Label = "", ""
		spread(t, r.Spread, paid[s.Rules[slices.IndexFunc(s.Rules, func(o review.RuleCount) bool { return o.Yes == r.Yes && o.No == r.No && o.Sum == r.Sum })].ID])
	}
	spread(t, s.Points, paid["total"])
}

// The order of leads plays no part, nor do other runs, and the plain data gives the same print-out.
func TestSurveyIsTheSame(t *testing.T) {
	t.Parallel()
	leads := surveyLeads(300, 8)
	want := survey(t, surveyed(), leads...)
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(leads), func(i, j int) { leads[i], leads[j] = leads[j], leads[i] })
		got := survey(t, surveyed(), leads...)
		if again, err := json.Marshal(got); err != nil || string(again) != string(data) || got.String() != want.String() {
			t.Fatalf("%v\n%s\n%s", err, again, data)
		}
	}
	var read review.Survey
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if read.String() != want.String() {
		t.Errorf("%s\n%s", &read, want)
	}
	if strings.Contains(string(data), "null") || strings.ToLower(string(data)) == string(data) {
		// In lower case but for the names of leads.
		t.Errorf("%s", data)
	}
	empty, err := json.Marshal(survey(t, qualify.Policy{}))
	if err != nil || strings.Contains(string(empty), "null") {
		t.Errorf("%v %s", err, empty)
	}
}

// No value, and no ID of a lead or an activity, gets out.
func TestSurveyTellsNoValue(t *testing.T) {
	t.Parallel()
	const secret = "geheim"
	var leads []qualify.Lead
	for _, v := range []any{
		secret, []any{secret, secret + ", " + secret}, []byte(secret), secret + ",x", map[string]any{"other": secret}, map[string]any{"n": secret}, "1,000 " + secret, " " + secret + "\u00a0x",
		[]string{secret}, json.Number(secret), struct{ s string }{secret}, &leads,
	} {
		record := map[string]any{}
		for _, key := range []string{"n", "b", "t", "list", "tt", "N", "other"} {
			record[key] = v
		}
		leads = append(leads, qualify.Lead{ID: secret, Profile: record, Stage: secret, Activities: []qualify.Activity{{ID: secret, Type: "visit", At: noon, Props: record}, {ID: secret, Type: "visit", At: noon.Add(-1), Props: record}, {ID: secret}}})
	}
	s := survey(t, surveyed(), leads...)
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(data), s.String(), fmt.Sprintf("%+v", s.Issues)} {
		if strings.Contains(strings.ToLower(text), secret) {
			t.Errorf("%s", text)
		}
	}
	if len(s.Issues) == 0 || len(s.Profile[0].Problems) == 0 || len(s.Profile[0].Shapes) == 0 {
		t.Error("nothing is told")
	}
}

// The first thousand names are kept, the same each time, and the rest is counted.
func TestSurveyBoundsNames(t *testing.T) {
	t.Parallel()
	lead := func(from, to int) qualify.Lead {
		record := map[string]any{}
		for i := from; i < to; i++ {
			record[fmt.Sprintf("key %05d", i)] = 1
		}
		return qualify.Lead{Profile: record, Activities: []qualify.Activity{{Type: fmt.Sprint("type", from), At: noon, Props: record}}}
	}
	leads := []qualify.Lead{lead(0, 600), lead(5000, 6000), lead(300, 700), lead(5390, 5410), {Profile: map[string]any{strings.Repeat("x", 201): 1}}}
	for range 5 {
		s := survey(t, small(), leads...)
		for _, names := range []review.Names{s.UndeclaredProfile, s.UndeclaredProperties} {
			n := names.Names
			if len(n) != 1000 || n[299].Leads != 1 || n[300].Leads != 2 || n[600].Name != "key 05000" || n[999].Name != "key 05399" || n[999].Leads != 2 {
				t.Fatalf("%d, %+v, %+v", len(n), n[600], n[999])
			}
		}
		if a, b := s.UndeclaredProfile.Dropped, s.UndeclaredProperties.Dropped; a != 600+100+10+1 || b != 600+100+10 {
			t.Errorf("%d and %d dropped", a, b)
		}
		if !strings.Contains(s.String(), "711 times a name that was not kept, after the first 1000") {
			t.Error(s)
		}
	}
	// Where every type is taken, only what looks misspelt is told, and what does not takes no more memory either.
	p := small()
	p.Signals = append(p.Signals, qualify.Signal{ID: "all", Types: []string{"*"}})
	s, err := review.NewSurvey(compile(t, p), noon)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1500 {
		s.Add(&qualify.Lead{Activities: []qualify.Activity{{Type: fmt.Sprint("whatever ", i), At: noon}, {Type: "Visit ", At: noon}, {Type: "whatever 1", At: noon}}}, nil)
	}
	want := review.Names{Names: []review.Name{{Name: "Visit ", Leads: 1500, Activities: 1500, Nearest: "visit"}}, Dropped: 501}
	if diff := gocmp.Diff(want, s.UndeclaredTypes); diff != "" {
		t.Error(diff)
	}
}

// A survey changes and keeps nothing of a lead, and what holds itself, or is as large as it can be, stops nothing.
func TestSurveyHostile(t *testing.T) {
	t.Parallel()
	loop := map[string]any{"n": 5}
	for i := range 200 {
		loop[fmt.Sprint("loop", i)] = loop
	}
	list := []any{1}
	list[0] = list
	var pointer any
	pointer = &pointer
	record := map[string]any{"loop": loop, "list": list, "n": pointer, "t": loop, "b": list, "\xff\xfe": 1, "x\u202ey\nz": 1, "": 1, "tt": []any{list, pointer, nil, loop}}
	began := time.Now()
	first := survey(t, surveyed(), qualify.Lead{Profile: record, Activities: []qualify.Activity{{Type: "\xff", At: noon, Props: record}}})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	second := survey(t, surveyed(), qualify.Lead{Profile: record, Activities: []qualify.Activity{{Type: "\xff", At: noon, Props: record}}})
	if first.String() != second.String() {
		t.Error("two runs differ")
	}
	for line := range strings.Lines(first.String()) {
		if strings.ContainsAny(line, "\u202e") {
			t.Errorf("%q", line)
		}
	}
}

// The print-out is at most 100 columns wide, whatever things are called.
func TestSurveyWidth(t *testing.T) {
	t.Parallel()
	for _, long := range []int{1, 12, 60, 180} {
		p := surveyed()
		p.Name = strings.Repeat("ø", long)
		for i := range 120 {
			id := fmt.Sprint(i, strings.Repeat("x", long))
			p.Profile = append(p.Profile, qualify.Field{Name: id, Kind: qualify.Number})
			p.Rules = append(p.Rules, qualify.Rule{ID: id, Label: strings.Repeat("å", long), When: "lead.n >= 10", Points: 123456.123456, Else: -999999.5})
			p.Signals = append(p.Signals, qualify.Signal{ID: id})
			p.Criteria = append(p.Criteria, qualify.Criterion{ID: id, Label: strings.Repeat("ü", long), Met: "lead.n >= 10"})
			p.Stages = append(p.Stages, qualify.Stage{ID: id, Label: strings.Repeat("ż", long), Enter: "lead.n >= 10"})
		}
		record := map[string]any{}
		for i, f := range p.Profile {
			record[f.Name] = []any{5, "1,000", "n/a", "11-50", nil}[i%5]
			record[strings.ToUpper(f.Name)] = 1
		}
		s := survey(t, p, qualify.Lead{Profile: record, Activities: []qualify.Activity{{Type: strings.Repeat("中", long), At: noon, Props: record}}}, qualify.Lead{Profile: map[string]any{"n": 3}})
		for line := range strings.Lines(s.String()) {
			if n := layout.Width(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

// Many leads leave nothing behind.
func TestSurveyMemory(t *testing.T) {
	leads := surveyLeads(500, 4)
	s := survey(t, surveyed(), leads...)
	live := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := live()
	for lead := range many(20_000, leads) {
		s.Add(lead, nil)
	}
	if grown := live() - before; grown > 256<<10 {
		t.Errorf("20,000 leads leave %d bytes", grown)
	}
	if s.Leads != 20_500 || math.Abs(s.Points.Mean()) > 100 {
		t.Error(s.Points)
	}
	runtime.KeepAlive(s)
}

func BenchmarkSurvey(b *testing.B) {
	_, model, leads := models(b)
	s, err := review.NewSurvey(model, noon)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer() // to make a survey takes milliseconds
	for lead := range many(b.N, leads) {
		s.Add(lead, nil)
	}
}

// Fields that stand elsewhere are found where they stand, and what surrounds them is not undeclared.
func TestSurveyOfSources(t *testing.T) {
	t.Parallel()
	m := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{
			{Name: "employees", Kind: qualify.Number, From: "company.employees"}, {Name: "email", Kind: qualify.Text, From: "emails.0.value"},
			{Name: "tags", Kind: qualify.Texts, Separator: ","}, {Name: "plan", Kind: qualify.Code, From: "Plan"}, {Name: "opted_out", Kind: qualify.Bool, Default: "false"},
			{Name: "interests", Kind: qualify.Texts},
		},
	})
	s, err := review.NewSurvey(m, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []map[string]any{
		{"company": map[string]any{"employees": "5.000", "name": "Acme"}, "emails": []any{map[string]any{"value": "a\u200b@b.com"}}, "tags": "a,b", "Plan": "x", "interests": `["a, b"]`},
		{"company": map[string]any{"Employees": 7}, "plan": "x", "employees": 3, "tags": "a;b", "interests": "a,b"},
		{"company": "Acme", "interests": []any{"a, b", true}},
	} {
		s.Add(&qualify.Lead{ID: "x", Profile: p}, nil)
	}
	names := map[string]string{}
	for _, n := range s.UndeclaredProfile.Names {
		names[n.Name] = n.Nearest
	}
	if diff := gocmp.Diff(map[string]string{"company.Employees": "company.employees", "plan": "Plan", "employees": "company.employees"}, names); diff != "" {
		t.Errorf("undeclared (-want +got)\n%s", diff)
	}
	got := map[string]string{}
	for _, f := range s.Profile {
		text := fmt.Sprint(f.Known, " known")
		for _, p := range f.Problems {
			text += fmt.Sprint(" ", p.Count, " ", p.Problem)
		}
		for _, shape := range f.Shapes {
			text += fmt.Sprint(" ", shape.Count, " ", shape.Shape)
		}
		got[f.Field] = text
	}
	want := map[string]string{
		"lead.employees": "1 known 1 wrong_kind 1 thousands", "lead.email": "1 known 1 hidden", "lead.tags": "2 known", "lead.plan": "1 known", "lead.opted_out": "3 known",
		"lead.interests": "2 known 1 unsplit_list 1 wrong_kind 2 list",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got)\n%s", diff)
	}
}
