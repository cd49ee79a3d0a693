package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/crm/crmtest"
	"github.com/qualify-go/qualify/examples/backend/policy"
	"github.com/qualify-go/qualify/examples/backend/store"
	"github.com/qualify-go/qualify/examples/backend/store/storetest"
	"github.com/qualify-go/qualify/examples/backend/web"
)

// today is when the tests begin.
var today = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

// site is the pages on a database of their own, with a clock that the test sets.
type site struct {
	*httptest.Server
	crm   *crm.Service
	db    *store.DB
	clock *crmtest.Clock
}

// open makes a site without leads, on SQLite.
func open(t testing.TB) *site {
	t.Helper()
	return on(t, storetest.SQLite(t))
}

// on makes a site on a database.
func on(t testing.TB, source string) *site {
	t.Helper()
	s := &site{clock: crmtest.NewClock(today)}
	db, err := store.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s.db = db
	s.crm = crm.New(db, crm.Options{Clock: s.clock.Now})
	if d, err := s.crm.Release(t.Context(), crm.Draft{Document: policy.Document}); err != nil || !d.MayGoLive {
		t.Fatalf("%v\n%v", err, d)
	}
	s.Server = httptest.NewServer(web.Pages(s.crm))
	t.Cleanup(s.Close)
	return s
}

// has stores a lead with a profile and what it did so many days ago.
func (s *site) has(t testing.TB, id string, profile map[string]any, did ...fact) {
	t.Helper()
	s.imports(t, s.known(id, profile, did...))
}

// known is a lead with a profile and what it did so many days ago.
func (s *site) known(id string, profile map[string]any, did ...fact) qualify.Lead {
	lead := qualify.Lead{ID: id, Profile: profile}
	for i, f := range did {
		lead.Activities = append(lead.Activities, qualify.Activity{ID: fmt.Sprint(id, "-", i), Type: f.what, At: s.clock.Now().Add(-time.Duration(f.days) * 24 * time.Hour), Props: f.props})
	}
	return lead
}

func (s *site) imports(t testing.TB, leads ...qualify.Lead) {
	t.Helper()
	if _, err := s.crm.Import(context.Background(), leads...); err != nil {
		t.Fatal(err)
	}
}

type fact struct {
	what  string
	days  int
	props map[string]any
}

// script would put a script on the page, if a page let it.
const script = `<script>alert(1)</script><img src=x onerror=alert(2)>`

// team stores the leads of most tests: anna is one answer from sales-qualified.
func (s *site) team(t testing.TB) {
	t.Helper()
	leads := []qualify.Lead{
		s.known("anna", map[string]any{"name": "Anna Sørensen", "company": "Nordhavn Logistics", "employees": 450, "industry": "Logistics", "title": "Head of transport", "email_verified": true},
			fact{"webinar", 40, nil}, fact{"form", 20, map[string]any{"asset": "guide"}}, fact{"demo", 6, nil},
			fact{"call", 3, map[string]any{"authority": "decides", "need": "Plan the routes of 80 vans"}}),
		s.known("bo", map[string]any{"name": "Bo", "employees": 20}, fact{"page_view", 2, map[string]any{"path": "/pricing"}}),
		s.known("eve", map[string]any{"name": script, "company": "javascript:alert(3)", "title": script}, fact{"form", 4, map[string]any{"asset": script}}, fact{script, 3, map[string]any{script: script}}),
		s.known("long", map[string]any{"name": "Maximiliane Constantia von Hohenzollern-Sigmaringen-Wolkenstein", "company": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "employees": 12000, "email_verified": false},
			fact{"webinar", 100, nil}, fact{"demo", 90, nil}, fact{"page_view", 80, nil}),
	}
	for i := range 60 {
		leads = append(leads, s.known(fmt.Sprintf("l%02d", i), map[string]any{"name": fmt.Sprintf("Lead %d", i), "employees": 10 * i, "industry": "retail", "email_verified": i%3 == 0},
			fact{"webinar", i, nil}, fact{"form", i / 2, map[string]any{"asset": "guide"}}, fact{"answer", i, map[string]any{"budget": float64(i * 1000)}}))
	}
	s.imports(t, leads...)
}
