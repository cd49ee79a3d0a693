package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
	"github.com/qualify-go/qualify/examples/backend/web"
)

// serveAPI serves the API on a database with a policy.
func serveAPI(t *testing.T, source string) (url string, s *crm.Service) {
	t.Helper()
	db, err := store.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s = crm.New(db, crm.Options{Clock: func() time.Time { return time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC) }})
	if d, err := s.Release(t.Context(), crm.Draft{Document: policy.Document}); err != nil || !d.MayGoLive {
		t.Fatal(err, d)
	}
	server := httptest.NewServer(web.API(s))
	t.Cleanup(server.Close)
	return server.URL, s
}

// call sends a request, and gives the status and the answer.
func call(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(data) {
		t.Errorf("%s is no JSON", data)
	}
	return response.StatusCode, strings.TrimSuffix(string(data), "\n")
}

func TestAPI(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		url, _ := serveAPI(t, source)
		const at = `"at":"2026-11-01T08:00:00Z"`
		for _, test := range []struct {
			method, path, body string
			status             int
			want               string // a part of the answer
		}{
			{"GET", "/healthz", "", 200, `"version":"2026-11"`},
			{"POST", "/api/leads/Anna%2FB", `{"employees": 1200, "industry": "food", "title": "COO", "email_verified": true, "note": null}`, 200, `"stored":1`},
			{"POST", "/api/activities", `{"lead":"Anna/B","id":"1","type":"demo",` + at + `}`, 200, `{"stored":1,"duplicates":0,"moves":[{"lead":"Anna/B",`},
			{"POST", "/api/activities", ` [{"lead":"Anna/B","id":"1","type":"demo",` + at + `},{"lead":"Bo","id":"1","type":"demo",` + at + `}]`, 200, `{"stored":1,"duplicates":1,"moves":[]}`},
			{"POST", "/api/activities", `[]`, 200, `"stored":0`},
			{"GET", "/api/leads/Anna%2FB", "", 200, `"stage":"mql"`},
			{"GET", "/api/leads?stage=mql", "", 200, `"total":1`},
			{"GET", "/api/leads?page=0", "", 400, "page must be a number from 1 on"},
			{"GET", "/api/leads/nobody", "", 404, "not found"},
			{"POST", "/api/activities", `{"lead":"Bo","id":"2","type":"demo",}`, 400, "line 1, column 37: "},
			{"POST", "/api/activities", "[\n{\"lead\":\"Bo\"", 400, "line 2, column 12: unexpected end"},
			{"POST", "/api/activities", ``, 400, "send an object, such as"},
			{"POST", "/api/activities", `"Bo"`, 400, "send an object, such as"},
			{"POST", "/api/activities", `[1]`, 400, "send an object, such as"},
			{"POST", "/api/leads/Bo", `[]`, 400, "array at byte 1 is of the wrong kind; send an object, such as"},
			{"POST", "/api/activities", `{"id":"2","type":"demo",` + at + `}`, 422, `activity 1 has no \"lead\": say whose`},
			{"POST", "/api/activities", `[{"lead":"Bo","id":"2","type":"demo",` + at + `},{"lead":"Bo","type":"demo",` + at + `}]`, 422, `activity 2 has no \"id\"`},
			{"POST", "/api/activities", `{"lead":"Bo","id":"2",` + at + `}`, 422, `has no \"type\"`},
			{"POST", "/api/activities", `{"lead":"Bo","id":"2","type":"demo","at":"yesterday"}`, 422, `has no \"at\" that is a time`},
			{"POST", "/api/activities", `{"lead":"Bo","id":"2","type":"demo"}`, 422, `has no \"at\" that is a time`},
			{"POST", "/api/activities", `{"lead":"Bo","id":"` + strings.Repeat("x", 500) + `","type":"demo",` + at + `}`, 422, "shorten it to 400"},
			{"POST", "/api/leads/a%00b", `{}`, 422, "U+0000"},
			{"POST", "/api/leads/%ff", `{}`, 422, "no UTF-8"},
			{"POST", "/api/leads/%2E%2E", `{}`, 422, "cannot be part of an address"},
			{"POST", "/api/leads/Bo", `{"account": 9007199254740993}`, 200, `"stored":1`},
			{"GET", "/api/leads/Bo", "", 200, `"account":9007199254740993`},
			{"POST", "/api/leads/Bo", `{"a": 1} 2`, 400, "line 1, column 10"},
			{"GET", "/api/leads?search=Bo", "", 200, `"total":1`},
			{"GET", "/api/leads?search=%00BO%ff&stage=%00", "", 200, `"total":0`},
			{"GET", "/api/leads?search=" + strings.Repeat("x", 100_000), "", 200, `"total":0`},
			{"GET", "/api/leads/%00", "", 404, "not found"},
			{"GET", "/api/nowhere", "", 404, "there is no GET of this address"},
			{"PUT", "/api/activities", "{}", 404, "there is no PUT"},
			{"POST", "/api/leads/Zoë", `{}`, 200, `"stored":1`},
			{"DELETE", "/api/leads/Zo%C3%AB", "", 200, `{"erased":["Zoë"]}`},
			{"DELETE", "/api/leads/Zo%C3%AB", "", 404, "not found"},
			{"DELETE", "/api/leads/%ff", "", 404, "not found"},
			{"GET", "/api/leads/Zo%C3%AB", "", 404, "not found"},
		} {
			status, got := call(t, test.method, url+test.path, test.body)
			if status != test.status || !strings.Contains(got, test.want) {
				t.Errorf("%s %s %.100s: %d %s\nwant %d and %s", test.method, test.path, test.body, status, got, test.status, test.want)
			}
		}
		// Of what was refused, nothing was stored.
		if _, got := call(t, "GET", url+"/api/leads/Bo", ""); strings.Contains(got, `"id":"2"`) {
			t.Error(got)
		}
		// Another site cannot send anything through a browser.
		request, _ := http.NewRequest("POST", url+"/api/leads/Anna", strings.NewReader(`{}`))
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		if response, err := http.DefaultClient.Do(request); err != nil || response.StatusCode != http.StatusForbidden || response.Header.Get("Content-Type") != "application/json" {
			t.Error(response, err)
		}
	})
}

// Bodies have a bound, and 100,000 activities fit in: of one lead, and of many.
func TestLargeBodies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, source string) {
		url, s := serveAPI(t, source)
		if status, got := call(t, "POST", url+"/api/activities", `[`+strings.Repeat(" ", 32<<20)); status != 413 || !strings.Contains(got, "send it in several requests") {
			t.Error(status, got)
		}
		if status, got := call(t, "POST", url+"/api/leads/Anna", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`); status != 413 {
			t.Error(status, got)
		}
		const n = 100_000
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, leads := range []int{1, 5000} {
			var b bytes.Buffer
			for i := range n {
				fmt.Fprintf(&b, `%c{"lead":"%d-%d","id":"%d","type":"page_view","at":"%s","props":{"path":"/pricing"}}`,
					",["[max(0, 1-i)], leads, i%leads, i, begin.Add(time.Duration(i)*time.Minute).Format(time.RFC3339))
			}
			b.WriteByte(']')
			if status, got := call(t, "POST", url+"/api/activities", b.String()); status != 200 || !strings.HasPrefix(got, fmt.Sprintf(`{"stored":%d,"duplicates":0,`, n)) {
				t.Fatalf("%d %.300s", status, got)
			}
		}
		l, err := s.Lead(t.Context(), "1-0")
		if err != nil || len(l.Activities) != n || l.At.IsZero() {
			t.Error(len(l.Activities), err)
		}
	})
}
