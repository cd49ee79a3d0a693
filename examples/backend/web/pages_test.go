package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
)

// page is an answer of the site.
type page struct {
	status   int
	location string
	header   http.Header
	body     string
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (s *site) send(t testing.TB, r *http.Request) page {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{response.StatusCode, response.Header.Get("Location"), response.Header, string(body)}
}

func (s *site) get(t testing.TB, path string) page {
	t.Helper()
	r, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, r)
}

// post sends a form as a browser does.
func (s *site) post(t testing.TB, path string, form url.Values) page {
	t.Helper()
	r, err := http.NewRequest("POST", s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(t, r)
}

func (s *site) lead(t testing.TB, id string) *crm.Lead {
	t.Helper()
	lead, err := s.crm.Lead(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return lead
}

// key is one as a page has it.
const key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

var links = regexp.MustCompile(`<th role="rowheader" scope="row"><a href="/leads/([^"]*)"`)

// ranked gives the leads of a page of the list.
func ranked(p page) []string {
	var all []string
	for _, found := range links.FindAllStringSubmatch(p.body, -1) {
		all = append(all, found[1])
	}
	return all
}

func TestList(t *testing.T) {
	storetest.Each(t, testList)
}

func testList(t *testing.T, source string) {
	s := on(t, source)
	s.team(t)
	first, second := s.get(t, "/leads"), s.get(t, "/leads?page=2")
	if got := ranked(first); len(got) != 25 || got[0] != "anna" {
		t.Errorf("the first page has %v", got)
	}
	if !strings.Contains(first.body, "1 to 25 of 64") || !strings.Contains(first.body, `href="/leads?page=2" rel="next"`) || strings.Contains(first.body, `rel="prev"`) {
		t.Error("the first page does not tell where it is")
	}
	if got := ranked(second); len(got) != 25 || slices.Contains(got, "anna") || !strings.Contains(second.body, `href="/leads" rel="prev"`) {
		t.Errorf("the second page has %v", got)
	}
	for query, want := range map[string]string{
		"search=anna":                           "anna",
		"stage=mql&search=anna":                 "anna",
		"stage=sql&search=anna":                 "",
		"stage=none&search=bo":                  "bo",
		"rating=A1":                             "anna",
		"rating=A1&stage=none":                  "",
		"search=" + url.QueryEscape(script):     "eve",
		"search=NORDHAVN":                       "anna",
		"search=anna+S%C3%98RENSEN":             "anna",
		"search=100%25":                         "",
		"stage=" + url.QueryEscape(script):      "",
		"search=anna&page=none&nonsense=%ff%00": "anna",
		"search=%ff":                            "",
		"search=an%00na&rating=%00":             "anna",
		"stage=%ff&rating=%ff":                  "",
	} {
		if got := s.get(t, "/leads?"+query); got.status != http.StatusOK || strings.Join(ranked(got), " ") != want {
			t.Errorf("%s: status %d, leads %v; want %q", query, got.status, ranked(got), want)
		}
	}
	if beyond := s.get(t, "/leads?page=99"); len(ranked(beyond)) != 14 || !strings.Contains(beyond.body, "51 to 64 of 64") || !strings.Contains(beyond.body, `href="/leads?page=2" rel="prev"`) {
		t.Errorf("beyond the last page there is %v", ranked(beyond))
	}
	for _, want := range []string{"Marketing-qualified", "103", "rating </span>A1", "Budget<span class=\"hidden\">: unknown", "What is set aside for this a year?", "in 12 hours"} {
		if one := s.get(t, "/leads?search=anna"); !strings.Contains(one.body, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
}

// The list shows the points of now, whenever the leads were assessed.
func TestPointsFade(t *testing.T) {
	s := open(t)
	s.has(t, "quick", map[string]any{"employees": 60}, fact{"demo", 0, nil})
	s.has(t, "slow", map[string]any{"employees": 450, "industry": "retail"}, fact{"page_view", 0, nil})
	if got := ranked(s.get(t, "/leads")); strings.Join(got, " ") != "quick slow" { // 38 and 26
		t.Errorf("at first %v", got)
	}
	s.clock.Pass(31 * 24 * time.Hour) // half of the demo is forgotten
	if got := ranked(s.get(t, "/leads")); strings.Join(got, " ") != "slow quick" {
		t.Errorf("a month later %v", got)
	}
}

// ask gives the part of a lead's page that has the open questions.
func ask(p page) string {
	_, rest, _ := strings.Cut(p.body, `<h2 id="ask">`)
	open, _, _ := strings.Cut(rest, "</form>")
	return open
}

func TestAnswer(t *testing.T) {
	s := open(t)
	s.team(t)
	for _, want := range []string{"What is set aside for this a year?", "Criteria met must be 3 or more, and is 2", "one more call", "Plan the routes of 80 vans"} {
		if got := s.get(t, "/leads/anna"); !strings.Contains(got.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, known := range []string{"What do you do there?", "Who decides, and who else has a say?"} { // by the profile, by a call
		if got := s.get(t, "/leads/anna"); strings.Contains(ask(got), known) {
			t.Errorf("the page asks %q, which is known", known)
		}
	}
	form := url.Values{"key": {key}, "budget": {"20000"}, "need": {""}}
	if got := s.post(t, "/leads/anna/answers", form); got.status != http.StatusSeeOther || got.location != "/leads/anna?done=answered" {
		t.Fatalf("the answer is met with %d, %s\n%s", got.status, got.location, got.body)
	}
	lead := s.lead(t, "anna")
	if lead.Stage != "sql" || lead.History[0].Type != "answer" || fmt.Sprint(lead.History[0].Props["budget"]) != "20000" || len(lead.History[0].Props) != 1 {
		t.Errorf("the lead is in %q with %v", lead.Stage, lead.History[0])
	}
	if got := s.get(t, "/leads/anna?done=answered"); !strings.Contains(got.body, "The answers are recorded.") || !strings.Contains(got.body, "Sales-qualified <small>since") {
		t.Error("the page does not tell what happened")
	}

	// Sent twice, it counts once, also later; changed, it is another answer.
	s.clock.Pass(time.Hour)
	if got := s.post(t, "/leads/anna/answers", form); got.location != "/leads/anna?done=again" {
		t.Errorf("the second time it goes to %s", got.location)
	}
	if got := len(s.lead(t, "anna").History); got != len(lead.History) {
		t.Errorf("%d activities; want %d", got, len(lead.History))
	}
	form.Set("budget", "500")
	s.post(t, "/leads/anna/answers", form)
	if got := s.lead(t, "anna"); len(got.History) != len(lead.History)+1 || fmt.Sprint(got.History[0].Props["budget"]) != "500" {
		t.Errorf("a changed answer under the old key is not recorded: %v", got.History[0])
	}

	// What the policy reads of the profile only goes there.
	if got := s.post(t, "/leads/bo/answers", url.Values{"key": {key}, "profile.email_verified": {"yes"}, "authority": {"decides"}, "start": {"2026-12-24"}}); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := s.lead(t, "bo"); got.Profile["email_verified"] != true || got.History[0].Props["authority"] != "decides" || got.History[0].Props["start"] != "2026-12-24" {
		t.Errorf("%v, %v", got.Profile, got.History[0])
	}
}

// What is wrong in a form is said, what was filled in stays, and nothing is changed.
func TestWrongForms(t *testing.T) {
	s := open(t)
	s.team(t)
	before, err := json.Marshal(s.lead(t, "anna"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path   string
		form   url.Values
		status int
		want   []string
	}{
		{"answers", url.Values{"key": {key}, "budget": {"a lot"}}, 422, []string{"must be a number, such as 12000; it is &#34;a lot&#34;", `value="a lot"`}},
		{"answers", url.Values{"key": {key}, "start": {"soon"}, "budget": {"7"}}, 422, []string{"must be a date", `value="7"`}},
		{"answers", url.Values{"key": {key}, "budget": {" "}}, 422, []string{"Answer one question at least."}},
		{"answers", url.Values{"budget": {"7"}}, 422, []string{"open the page again"}},
		{"override", url.Values{"key": {key}, "stage": {"sql"}, "until": {"2026-12-01"}}, 422, []string{"Say why"}},
		{"override", url.Values{"key": {key}, "stage": {"king"}, "until": {"2026-12-01"}, "reason": {"r"}}, 422, []string{"Choose a stage"}},
		{"override", url.Values{"key": {key}, "stage": {"sql"}, "until": {"2026-11-26"}, "reason": {script}}, 422, []string{"must not be past", "value=\"&lt;script&gt;"}},
		{"override", url.Values{"key": {key}, "stage": {"sql"}, "until": {"never"}, "reason": {"r"}}, 422, []string{"such as 2026-01-31"}},
		{"override", url.Values{"key": {key}, "stage": {"sql"}, "until": {"2300-01-01"}, "reason": {"r"}}, 422, []string{"An override needs an end before the year 2262"}},
		{"answers", url.Values{"key": {key}, "budget": {"NaN"}}, 422, []string{"must be a number, such as 12000; it is &#34;NaN&#34;"}},
		{"answers", url.Values{"key": {key}, "budget": {"-inf"}}, 422, []string{"must be a number"}},
		{"undo", url.Values{"key": {key}, "seq": {"x"}}, 422, []string{"which activity"}},
		{"merge", url.Values{"key": {key}, "with": {"bo"}}, 422, []string{"Choose which value counts", "Nothing was merged yet"}},
		{"merge", url.Values{"key": {key}, "with": {"nobody"}}, 404, nil},
	} {
		got := s.post(t, "/leads/anna/"+test.path, test.form)
		if got.status != test.status {
			t.Errorf("%s %v: %d; want %d", test.path, test.form, got.status, test.status)
		}
		for _, want := range test.want {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s %v does not say %q", test.path, test.form, want)
			}
		}
	}
	for path, want := range map[string]int{
		"/leads/anna/merge?with=nobody": 422, "/leads/anna/merge?with=anna": 422, "/leads/anna/merge": 422, "/leads/nobody": 404, "/leads/nobody/timeline.svg": 404,
		"/leads/nobody/merge?with=anna": 404, "/policies/9999": 404, "/policies/x": 404, "/nowhere": 404, "/static/nothing": 404, "/leads/anna/answers": 404,
	} {
		if got := s.get(t, path); got.status != want {
			t.Errorf("%s: %d; want %d", path, got.status, want)
		}
	}
	if got := s.post(t, "/policy/preview", url.Values{"document": {strings.Repeat("x", 5<<20)}}); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("five million bytes: %d", got.status)
	}
	after, err := json.Marshal(s.lead(t, "anna"))
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("the lead is another one:\n%s\n%s", before, after)
	}
}

// What no database stores is no reason to fail.
func TestOddText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		s := on(t, source)
		s.team(t)
		for path, want := range map[string]int{"/leads/%ff": 404, "/leads/an%00na": 404, "/leads/%00/timeline.svg": 404, "/leads/anna/merge?with=%ff": 422, "/leads/anna/merge?with=%00": 422, "/leads/.": 307, "/policies/%ff": 404} {
			if got := s.get(t, path); got.status != want {
				t.Errorf("%s: %d; want %d", path, got.status, want)
			}
		}
		odd := "a\x00b\xffc\u202e\U0001f600"
		if got := s.post(t, "/leads/anna/answers", url.Values{"key": {key}, "need": {odd}}); got.location != "/leads/anna?done=answered" {
			t.Errorf("an answer: %d\n%s", got.status, got.body)
		}
		if got := s.post(t, "/leads/anna/override", url.Values{"key": {key}, "stage": {"sql"}, "reason": {odd}, "until": {"2026-12-24"}}); got.location != "/leads/anna?done=overridden" {
			t.Errorf("an override: %d\n%s", got.status, got.body)
		}
		if got := s.get(t, "/leads/anna"); got.status != http.StatusOK || strings.Contains(got.body, "\x00") {
			t.Errorf("the page: %d", got.status)
		}
		form := s.edited(t, stricter, "met_count('bant') >= 2")
		form.Set("note", odd)
		form.Set("scenarios", odd)
		if got := s.post(t, "/policy/release", form); got.status != 422 {
			t.Errorf("scenarios that are none: %d", got.status)
		}
		form.Set("scenarios", "\x00 ")
		if got := s.post(t, "/policy/release", form); got.location != "/policy?done=released" {
			t.Errorf("a note: %d\n%s", got.status, got.body)
		}
	})
}

// While the database is gone, a page says so, and nothing of the error is on it. The log has the error, and no lead.
func TestDatabaseGone(t *testing.T) {
	s := open(t)
	s.team(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	s.db.Close()
	for _, path := range []string{"/leads", "/leads/anna", "/leads/anna/timeline.svg", "/leads/anna/merge?with=bo", "/policy", "/policies/1"} {
		if got := s.get(t, path); got.status != http.StatusInternalServerError || !strings.Contains(got.body, "Something went wrong") || strings.Contains(got.body, "sql:") {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := s.post(t, "/leads/anna/answers", url.Values{"key": {key}, "budget": {"1"}}); got.status != http.StatusInternalServerError {
		t.Errorf("a form: %d", got.status)
	}
	if got := log.String(); !strings.Contains(got, "sql: database is closed") || strings.Contains(got, "anna") {
		t.Errorf("the log has\n%s", got)
	}
}

func TestOverride(t *testing.T) {
	s := open(t)
	s.team(t)
	form := url.Values{"key": {key}, "stage": {"sql"}, "reason": {"Met at the fair <b>"}, "until": {"2026-11-28"}}
	for n, want := range []string{"overridden", "again"} {
		if got := s.post(t, "/leads/bo/override", form); got.location != "/leads/bo?done="+want {
			t.Fatalf("time %d: %d to %q\n%s", n+1, got.status, got.location, got.body)
		}
	}
	got := s.get(t, "/leads/bo")
	for _, want := range []string{"Sales-qualified <small>since 27 Nov 2026", "A seller set the stage Sales-qualified until 29 Nov 2026, 00:00: Met at the fair &lt;b&gt;"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := len(s.lead(t, "bo").History); n != 2 {
		t.Errorf("%d activities; want the view of the prices and the override", n)
	}
	s.clock.Pass(39*time.Hour - time.Second) // to a second before the end
	if got := s.get(t, "/leads/bo"); !strings.Contains(got.body, "Sales-qualified <small>") {
		t.Error("it ends before its last day does")
	}
	s.clock.Pass(time.Second)
	if got := s.get(t, "/leads/bo"); !strings.Contains(got.body, "<dd>Plain lead") || strings.Contains(got.body, "A seller set") {
		t.Error("it does not end with its last day")
	}

	// A policy that does not read overrides is not said to follow one.
	deaf := s.edited(t, `happened('override') and`, `happened('webinar') and happened('override') and`)
	if got := s.post(t, "/policy/release", deaf); got.location != "/policy?done=released" {
		t.Fatal(got.body)
	}
	if got := s.post(t, "/leads/eve/override", url.Values{"key": {key}, "stage": {"sql"}, "reason": {"r"}, "until": {"2026-12-01"}}); got.location != "/leads/eve?done=ignored" {
		t.Errorf("%d to %q", got.status, got.location)
	}
	if got := s.get(t, "/leads/eve?done=ignored"); !strings.Contains(got.body, "it does not set the stage") {
		t.Error("the page does not say so")
	}
	if got := s.post(t, "/policy/release", s.edited(t, `happened('webinar') and happened('override')`, `happened('override')`)); got.location != "/policy?done=released" {
		t.Fatal(got.body)
	}

	// Taken back, it ends at once.
	form.Set("until", "2026-12-24")
	s.post(t, "/leads/bo/override", form)
	if got := s.lead(t, "bo").Stage; got != "sql" {
		t.Fatalf("the stage is %q", got)
	}
	undo := url.Values{"key": {key}, "seq": {fmt.Sprint(s.lead(t, "bo").History[0].Seq)}}
	for range 2 {
		if got := s.post(t, "/leads/bo/undo", undo); got.location != "/leads/bo?done=undone" {
			t.Fatalf("%d to %q\n%s", got.status, got.location, got.body)
		}
	}
	if got := s.lead(t, "bo"); got.Stage != "" || got.History[0].Undone.IsZero() {
		t.Errorf("the stage is %q, and %+v", got.Stage, got.History[0])
	}
	if got := s.get(t, "/leads/bo"); !strings.Contains(got.body, "taken back 29 Nov 2026") {
		t.Error("the page does not tell that it was taken back")
	}
}

// A lead with very many activities has a page that can be shown.
func TestLongHistory(t *testing.T) {
	s := open(t)
	var did []fact
	for range 10_001 {
		did = append(did, fact{"page_view", 1, nil})
	}
	s.has(t, "busy", nil, did[:201]...)
	if got := s.get(t, "/leads/busy"); strings.Count(got.body, `name="seq"`) != 200 || !strings.Contains(got.body, `<a href="/leads/busy?all#activities">Show 1 older ones</a>`) || !strings.Contains(got.body, "<img") {
		t.Errorf("the page shows %d activities", strings.Count(got.body, `name="seq"`))
	}
	if got := s.get(t, "/leads/busy?all"); strings.Count(got.body, `name="seq"`) != 201 {
		t.Errorf("of all it shows %d", strings.Count(got.body, `name="seq"`))
	}
	s.has(t, "busy", nil, did...)
	if got := s.get(t, "/leads/busy"); got.status != http.StatusOK || strings.Contains(got.body, "<img") || !strings.Contains(got.body, "too many activities to be drawn") {
		t.Errorf("the page of a lead that cannot be drawn: %d", got.status)
	}
	if got := s.get(t, "/leads/busy/timeline.svg"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("its picture: %d", got.status)
	}
}

func TestMerge(t *testing.T) {
	s := open(t)
	s.team(t)
	got := s.get(t, "/leads/anna/merge?with=bo")
	for _, want := range []string{"<legend>Employees</legend>", "450 <small>anna", "20 <small>bo", "<legend>name</legend>", "Neither: ask again"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	form := url.Values{"key": {key}, "with": {"bo"}}
	for n, conflict := range []string{"employees", "name"} { // in the page's order
		if !strings.Contains(got.body, fmt.Sprintf(`name="conflict.%d" value="%s"`, n, conflict)) {
			t.Fatalf("conflict %d is not %s", n, conflict)
		}
		form.Set(fmt.Sprint("conflict.", n), conflict)
	}
	form.Set("choice.0", "bo")
	if got := s.post(t, "/leads/anna/merge", form); got.status != 422 || !strings.Contains(got.body, `value="bo" required checked`) {
		t.Errorf("with one of two choices: %d", got.status)
	}
	form.Set("choice.1", "")
	for n, want := range []string{"merged", "again"} {
		if got := s.post(t, "/leads/anna/merge", form); got.location != "/leads/anna?done="+want {
			t.Fatalf("time %d: %d to %q\n%s", n+1, got.status, got.location, got.body)
		}
	}
	lead := s.lead(t, "anna")
	if fmt.Sprint(lead.Profile["employees"]) != "20" || lead.Profile["name"] != nil || len(lead.Activities) != 5 {
		t.Errorf("%v with %d activities", lead.Profile, len(lead.Activities))
	}
	if got := s.get(t, "/leads/bo"); got.location != "/leads/anna?done=merged" {
		t.Errorf("the lead that was merged leads to %q", got.location)
	}

	// It was a mistake.
	if got := s.get(t, "/leads/anna"); !strings.Contains(got.body, "Take bo out again") {
		t.Error("the page has no way back")
	}
	for n, want := range []string{"separated", "again"} {
		if got := s.post(t, "/leads/anna/separate", url.Values{"key": {key}, "other": {"bo"}}); got.location != "/leads/anna?done="+want {
			t.Fatalf("time %d: %d to %q\n%s", n+1, got.status, got.location, got.body)
		}
	}
	if got := s.post(t, "/leads/anna/separate", url.Values{"key": {key}, "other": {"nobody"}}); got.status != http.StatusNotFound {
		t.Errorf("a lead that is not there: %d", got.status)
	}
	if anna, bo := s.lead(t, "anna"), s.lead(t, "bo"); len(anna.Activities) != 4 || bo.ID != "bo" || len(bo.Activities) != 1 || fmt.Sprint(bo.Profile["employees"]) != "20" {
		t.Errorf("%+v\n%+v", anna, bo)
	}
	if got := s.get(t, "/leads/anna"); strings.Contains(got.body, "out again") {
		t.Error("there is nothing more to take out")
	}
}

// Nothing that a lead holds becomes part of a page.
func TestEscaping(t *testing.T) {
	s := open(t)
	s.team(t)
	odd := `a/b?c#d%"'<b>é`
	s.has(t, odd, map[string]any{"name": odd}, fact{"webinar", 1, nil})
	odder := url.PathEscape(odd)
	tags := regexp.MustCompile(`<[a-zA-Z][^>]*>`)
	for _, path := range []string{"/leads", "/leads/eve", "/leads/eve/timeline.svg", "/leads/eve/merge?with=anna", "/leads/" + odder, "/leads/anna/merge?with=" + url.QueryEscape(odd), "/leads?search=" + url.QueryEscape(script)} {
		got := s.get(t, path)
		if got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
		for _, tag := range tags.FindAllString(got.body, -1) {
			if strings.HasPrefix(tag, "<script") || strings.HasPrefix(tag, "<b>") || strings.HasPrefix(tag, "<img src=x") || strings.Contains(tag, `"javascript:`) && strings.Contains(tag, "href") {
				t.Errorf("%s has %s", path, tag)
			}
		}
	}
	if got := s.get(t, "/leads/"+odder); !strings.Contains(got.body, `action="/leads/a%2Fb%3Fc%23d%25%22%27%3Cb%3E%C3%A9/answers"`) {
		t.Error("the address of an odd ID is not that of the lead")
	}
	if got := s.post(t, "/leads/"+odder+"/answers", url.Values{"key": {key}, "budget": {"1"}}); got.location != "/leads/"+odder+"?done=answered" {
		t.Errorf("an answer of an odd ID goes to %q", got.location)
	}
	if got := s.get(t, "/leads/anna?done="+url.QueryEscape(script)); strings.Contains(got.body, "alert(1)") {
		t.Error("an address puts words on the page")
	}
}

// Pages may run the one script and load the one style that this program serves.
func TestHeaders(t *testing.T) {
	s := open(t)
	s.team(t)
	inline := regexp.MustCompile(`(?i)<script(>| [^>]*>[^<])|<style| style=|<[a-z]+ [^>]*\son[a-z]+=`)
	for _, path := range []string{"/leads", "/leads/anna", "/leads/anna/merge?with=bo", "/policy", "/policies/1", "/nowhere", "/static/style.css"} {
		got := s.get(t, path)
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got.header)
		}
		if found := inline.FindString(got.body); found != "" {
			t.Errorf("%s has %q", path, found)
		}
	}
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
		r, err := http.NewRequest("POST", s.URL+"/leads/anna/answers", strings.NewReader(url.Values{"key": {key}, "budget": {"20000"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(name, value)
		if got := s.send(t, r); got.status != http.StatusForbidden {
			t.Errorf("a form with %s: %s is met with %d", name, value, got.status)
		}
	}
	if got := s.lead(t, "anna").Stage; got != "mql" {
		t.Errorf("another site moved the lead to %q", got)
	}
}

// edited gives the form of the editor, with a change in the document that is in use.
func (s *site) edited(t testing.TB, old, new string) url.Values {
	t.Helper()
	inUse, err := s.crm.Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(inUse.Document, old) {
		t.Fatalf("the policy does not have %q", old)
	}
	document := strings.ReplaceAll(strings.Replace(inUse.Document, old, new, 1), "\n", "\r\n")
	return url.Values{"in_use": {fmt.Sprint(inUse.ID)}, "document": {document}, "moved": {"100"}, "note": {"Try <it>"}}
}

const stricter = `met_count('bant') >= 3`

func TestPolicy(t *testing.T) {
	s := open(t)
	s.team(t)

	// A mistake has its place and a caret.
	wrong := s.edited(t, stricter, "met_cuont('bant') >= 3")
	for _, path := range []string{"/policy/preview", "/policy/release"} {
		got := s.post(t, path, wrong)
		if !strings.Contains(got.body, "may not go live") || !strings.Contains(got.body, "met_cuont") || !strings.Contains(got.body, "^") {
			t.Errorf("%s: %d, without the mistake", path, got.status)
		}
	}
	r, err := http.NewRequest("POST", s.URL+"/policy/check", strings.NewReader(strings.ReplaceAll(wrong.Get("document"), "\r\n", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Text                             string
		Mistakes, Findings, Line, Column int
	}
	if err := json.Unmarshal([]byte(s.send(t, r).body), &said); err != nil || said.Mistakes != 1 || !strings.Contains(said.Text, "^") || said.Line < 100 {
		t.Errorf("%+v, %v", said, err)
	}

	// A looser policy moves leads, and says whom and why.
	looser := s.edited(t, stricter, "met_count('bant') >= 2")
	got := s.post(t, "/policy/preview", looser)
	for _, want := range []string{"The draft may go live", `<a href="/leads/anna">anna</a></th><td role="cell" data-label="From">Marketing-qualified</td><td role="cell" data-label="To">Sales-qualified`, "Criteria met is 2, and must be 2 or more", "No scenarios were run", `formaction="/policy/release#decision"`, `value="Try &lt;it&gt;"`} {
		if got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("the preview, %d, does not say %q", got.status, want)
		}
	}
	if all, _ := s.crm.Policies(t.Context()); len(all) != 1 {
		t.Fatal("a preview releases")
	}

	// It is held to its limits, its scenarios and its findings.
	looser.Set("moved", "0")
	if got := s.post(t, "/policy/release", looser); got.status != 422 || !strings.Contains(got.body, "It changes more than it may") {
		t.Errorf("beyond its limit: %d", got.status)
	}
	looser.Set("moved", "many")
	if got := s.post(t, "/policy/preview", looser); got.status != 422 || !strings.Contains(got.body, "from 0 to 100") {
		t.Errorf("a limit that is no number: %d", got.status)
	}
	looser.Set("moved", "")
	looser.Set("scenarios", "now 2026-11-01 12:00\n\nscenario nobody\n  at 0d\n    score 99\n")
	if got := s.post(t, "/policy/release", looser); got.status != 422 || !strings.Contains(got.body, "A scenario does not hold") || !strings.Contains(got.body, "score 99") {
		t.Errorf("with a scenario that fails: %d", got.status)
	}
	looser.Set("scenarios", "now 2026-11-01 12:00\n\nscenario nobody\n  at 0d\n    score 0\n")

	// Sent twice, it is released once.
	for n, want := range []string{"released", "again"} {
		if got := s.post(t, "/policy/release", looser); got.location != "/policy?done="+want {
			t.Fatalf("time %d: %d to %q\n%s", n+1, got.status, got.location, got.body)
		}
	}
	all, err := s.crm.Policies(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d policies, %v", len(all), err)
	}
	got = s.get(t, "/policy?done=released")
	for _, want := range []string{"The policy is in use.", "Try &lt;it&gt;", "score 0"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := s.get(t, fmt.Sprint("/policies/", all[1].ID)); !strings.Contains(got.body, "&gt;= 3") {
		t.Error("the document that was in use before is not shown")
	}

	// Whoever edited the policy before must look again.
	late := s.edited(t, "Tidewater Fleet Software", "Tidewater")
	late.Set("in_use", fmt.Sprint(all[1].ID))
	if got := s.post(t, "/policy/release", late); got.status != http.StatusConflict || !strings.Contains(got.body, "Somebody released another policy") || !strings.Contains(got.body, fmt.Sprintf(`name="in_use" value="%d"`, all[0].ID)) {
		t.Errorf("a draft of an old policy: %d", got.status)
	}
}

// Two clicks that arrive at once release once.
func TestReleasedTwiceAtOnce(t *testing.T) {
	s := open(t)
	s.team(t)
	form := s.edited(t, stricter, "met_count('bant') >= 2")
	locations := make(chan string)
	for range 2 {
		go func() { locations <- s.post(t, "/policy/release", form).location }()
	}
	if got := []string{<-locations, <-locations}; !slices.Contains(got, "/policy?done=released") || !slices.Contains(got, "/policy?done=again") {
		t.Errorf("they lead to %v", got)
	}
	if all, err := s.crm.Policies(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d policies, %v", len(all), err)
	}
}

// A finding that blocks can be accepted, one by one.
func TestAcceptedFindings(t *testing.T) {
	s := open(t)
	s.team(t)
	form := s.edited(t, `score() >= 70 and`, `score() >= 7000 and`)
	got := s.post(t, "/policy/release", form)
	marks := regexp.MustCompile(`name="accept" value="([^"]+)"`).FindAllStringSubmatch(got.body, -1)
	if got.status != 422 || len(marks) == 0 || !strings.Contains(got.body, "A part of it cannot be meant") {
		t.Fatalf("%d with %d findings that block", got.status, len(marks))
	}
	for _, m := range marks {
		form.Add("accept", m[1])
	}
	if got := s.post(t, "/policy/preview", form); !strings.Contains(got.body, "The draft may go live") || !strings.Contains(got.body, `value="`+marks[0][1]+`" checked`) {
		t.Error("what is meant blocks all the same")
	}
}

// A lead that wants to be forgotten is erased by whoever confirms it, once, and only what was seen.
func TestErase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		s := on(t, source)
		s.team(t)
		if got := s.get(t, "/leads/anna"); !strings.Contains(got.body, `<a href="/leads/anna/erase">Erase the lead</a>`) {
			t.Error("the page of the lead does not lead there")
		}
		got := s.get(t, "/leads/anna/erase")
		for _, want := range []string{"the lead anna<", "6 attributes", "4 activities", "1 move between", `name="all" value="lead=anna"`, `name="sure" required`} {
			if got.status != http.StatusOK || !strings.Contains(got.body, want) {
				t.Errorf("the question, %d, does not say %q:\n%s", got.status, want, got.body)
			}
		}
		form := url.Values{"all": {"lead=anna"}}
		if got := s.post(t, "/leads/anna/erase", form); got.status != 422 || !strings.Contains(got.body, "Say that you are sure") {
			t.Errorf("without being sure: %d", got.status)
		}
		form.Set("sure", "on")
		if _, _, err := s.crm.Merge(t.Context(), "anna", []string{"l01"}, map[string]string{"name": "", "employees": "", "industry": "", "email_verified": ""}); err != nil {
			t.Fatal(err)
		}
		got = s.post(t, "/leads/anna/erase", form)
		if got.status != 422 || !strings.Contains(got.body, "Leads were merged in the meantime") || !strings.Contains(got.body, "the lead anna, and l01, which became it") {
			t.Errorf("what was not seen: %d", got.status)
		}
		if s.lead(t, "anna").ID != "anna" {
			t.Fatal("it is gone")
		}
		form.Set("all", "lead=anna&lead=l01")
		for range 2 { // two clicks
			if got := s.post(t, "/leads/l01/erase", form); got.location != "/leads?done=erased" {
				t.Fatalf("%d to %q\n%s", got.status, got.location, got.body)
			}
		}
		if got := s.get(t, "/leads?done=erased&search=anna"); !strings.Contains(got.body, "Nothing is left of it here.") || strings.Contains(got.body, "Sørensen") {
			t.Error("the list does not say so, or has the lead")
		}
		for _, path := range []string{"/leads/anna", "/leads/anna/erase", "/leads/l01", "/leads/anna/timeline.svg"} {
			if got := s.get(t, path); got.status != http.StatusNotFound {
				t.Errorf("%s: %d", path, got.status)
			}
		}
		if got := s.get(t, "/leads"); !strings.Contains(got.body, "of 62,") {
			t.Error("others are gone, too")
		}
	})
}

// A lead that the policy does not assess has a page and a place in the list, and the page of the policy names it.
func TestLeadThatIsRefused(t *testing.T) {
	s := open(t)
	s.team(t)
	s.has(t, "talker", map[string]any{"name": "Talker"}, fact{"demo", 2, nil}, fact{"call", 1, map[string]any{"need": strings.Repeat("x", 65_000)}})
	form := s.edited(t, `"signals": [`, `"signals": [{"id": "long", "types": ["call"], "where": "activity.need matches '[xy]{900}[xz]{900}'"},`)
	form.Set("document", strings.Replace(form.Get("document"), `"rules": [`, `"rules": [{"id": "long", "on": "long", "points": 1},`, 1))
	for failed, want := range map[string]string{"": "1 lead could not be compared", "-1": "must be a whole number", "1": "The draft may go live"} {
		form.Set("failed", failed)
		got := s.post(t, "/policy/preview", form)
		if !strings.Contains(got.body, want) || failed != "-1" && !strings.Contains(got.body, `were not compared: <a href="/leads/talker">talker</a></p>`) {
			t.Errorf("with %q, the preview, %d, does not say %q", failed, got.status, want)
		}
	}
	form.Set("failed", "1")
	if got := s.post(t, "/policy/release", form); got.location != "/policy?done=released" {
		t.Fatal(got.body)
	}
	for range 2 { // before the backfill comes to it, and after
		if got := s.get(t, "/leads?search=talker"); got.status != http.StatusOK || !strings.Contains(got.body, "not assessed") || strings.Join(ranked(got), "") != "talker" {
			t.Errorf("the list: %d", got.status)
		}
		got := s.get(t, "/leads/talker")
		for _, want := range []string{"The policy does not assess this lead", "The lead has too many activities: their texts", "<button class=\"small\">Undo", "Talker"} {
			if got.status != http.StatusOK || !strings.Contains(got.body, want) {
				t.Errorf("the page of the lead, %d, does not say %q", got.status, want)
			}
		}
		if strings.Contains(got.body, "Nothing is left to ask") || strings.Contains(got.body, "<img") {
			t.Error("the page says what nobody knows")
		}
		if got := s.get(t, "/leads/talker/timeline.svg"); got.status != http.StatusUnprocessableEntity {
			t.Errorf("its picture: %d", got.status)
		}
		if err := s.crm.Backfill(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	got := s.get(t, "/policy")
	for _, want := range []string{"It was tried on all 65 leads.", `It does not assess 1 of them, which keep their stages, ratings and points: <a href="/leads/talker">talker</a>.`, `name="failed" type="number" min="0" step="1" value="1"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page of the policy does not say %q", want)
		}
	}
	for _, e := range s.lead(t, "talker").History {
		if e.Type == "call" {
			s.post(t, "/leads/talker/undo", url.Values{"key": {key}, "seq": {fmt.Sprint(e.Seq)}})
		}
	}
	if got := s.get(t, "/leads/talker"); strings.Contains(got.body, "does not assess") {
		t.Error("without the call it is refused, too")
	}
}
