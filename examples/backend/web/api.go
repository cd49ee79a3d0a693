// Package web serves the CRM over HTTP: an API in JSON (api.go), and pages.
package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

const (
	mostFacts      = 32 << 20 // bytes of a body with activities: some 200,000 of them
	mostAttributes = 1 << 20
)

// API serves:
//
//	POST /api/activities                  one fact, or a list of them; see crm.Fact
//	POST /api/leads/{id}                  an object of attributes; null removes one
//	GET  /api/leads/{id}                  a lead, with its assessment as of now
//	DELETE /api/leads/{id}                erases a lead, and tells which IDs it had
//	GET  /api/leads?stage=&search=&page=  the ranked list
//	GET  /healthz                         whether the database answers
//
// What is wrong with a request is answered with {"error": "…"}, which says what to send
// instead. Other paths are those of pages.
func API(s *crm.Service) http.Handler {
	a := api{s}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/activities", a.record)
	mux.HandleFunc("POST /api/leads/{id}", a.setAttributes)
	mux.HandleFunc("GET /api/leads/{id}", a.lead)
	mux.HandleFunc("DELETE /api/leads/{id}", a.erase)
	mux.HandleFunc("GET /api/leads", a.list)
	mux.HandleFunc("GET /healthz", a.health)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, nil, refusal{http.StatusNotFound, "there is no " + r.Method + " of this address: the README lists the requests"})
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, nil, refusal{http.StatusForbidden, "a page of another site sent this: send it from a program, or from a page of this site"})
	}))
	return protection.Handler(mux)
}

type api struct{ s *crm.Service }

// A refusal is an answer other than 200.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return r.message }

// answer writes the result of a request, or what went wrong.
func answer(w http.ResponseWriter, r *http.Request, result any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status, message := Refusal(err)
		if status >= 500 {
			slog.Error("a request failed", "method", r.Method, "path", r.Pattern, "error", err)
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		result = map[string]string{"error": message}
	}
	json.NewEncoder(w).Encode(result)
}

// Refusal gives the status for an error of the service, and what to tell the client.
func Refusal(err error) (status int, message string) {
	switch refused, ok := errors.AsType[refusal](err); {
	case ok:
		return refused.status, refused.message
	case errors.Is(err, crm.ErrNotFound):
		return http.StatusNotFound, err.Error()
	case errors.Is(err, crm.ErrFact), errors.Is(err, qualify.ErrTooManyActivities):
		return http.StatusUnprocessableEntity, err.Error()
	case errors.Is(err, crm.ErrReleased):
		return http.StatusConflict, err.Error()
	case errors.Is(err, crm.ErrNoPolicy):
		return http.StatusServiceUnavailable, err.Error()
	}
	return http.StatusServiceUnavailable, "the database does not take it now: send the same again later, with the same IDs, so that nothing counts twice"
}

// body reads a request's JSON into v.
func body(w http.ResponseWriter, r *http.Request, most int64, v any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes: send it in several requests", most)}
	}
	if err != nil {
		return refusal{http.StatusBadRequest, "the body ended too early: send it again"}
	}
	if facts, ok := v.(*[]crm.Fact); ok && !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) {
		*facts = make([]crm.Fact, 1)
		v = &(*facts)[0]
	}
	if err = json.Unmarshal(data, v); err == nil {
		return nil
	}
	message := "the body is not the JSON that is expected: "
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s at byte %d is of the wrong kind", e.Value, e.Offset)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:max(0, min(int(e.Offset)-1, len(data)))]
		message = fmt.Sprintf("the body is no JSON: line %d, column %d: ", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
	}
	return refusal{http.StatusBadRequest, message + err.Error() + `; send an object, such as {"lead": "L17", "id": "a4711", "type": "webinar", "at": "2026-11-01T09:00:00Z"} for an activity, or {"employees": 200} for attributes`}
}

func (a api) record(w http.ResponseWriter, r *http.Request) {
	var facts []crm.Fact
	err := body(w, r, mostFacts, &facts)
	for i, f := range facts {
		missing := ""
		switch {
		case f.Lead == "":
			missing = `"lead": say whose activity it is`
		case f.Activity.ID == "":
			missing = `"id": give each activity one, so that it counts once when it is sent twice`
		case f.Activity.Type == "":
			missing = `"type": say what the lead did, such as "webinar"`
		case f.Activity.At.Year() < 1900:
			missing = `"at" that is a time: say when it happened, such as "2026-11-01T09:00:00Z"`
		}
		if err == nil && missing != "" {
			err = refusal{http.StatusUnprocessableEntity, fmt.Sprintf("activity %d has no %s; nothing was stored", i+1, missing)}
		}
	}
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	recorded, err := a.s.Record(r.Context(), facts...)
	answer(w, r, recorded, err)
}

// attributes keep whole numbers that are no float64, such as long IDs.
type attributes map[string]any

// UnmarshalJSON reads an object.
func (a *attributes) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode((*map[string]any)(a))
}

func (a api) setAttributes(w http.ResponseWriter, r *http.Request) {
	var values attributes
	if err := body(w, r, mostAttributes, &values); err != nil {
		answer(w, r, nil, err)
		return
	}
	recorded, err := a.s.SetAttributes(r.Context(), r.PathValue("id"), values)
	answer(w, r, recorded, err)
}

// A lead is as the API shows it.
type lead struct {
	qualify.Lead
	Version    int64              `json:"version"`
	Due        time.Time          `json:"due,omitzero"`
	Merged     []string           `json:"merged,omitempty"`
	Refused    string             `json:"refused,omitempty"`
	Assessment qualify.Assessment `json:"assessment"`
}

func (a api) lead(w http.ResponseWriter, r *http.Request) {
	l, err := a.s.Lead(r.Context(), id(r))
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	assessment, err := a.s.Assess(r.Context(), l)
	answer(w, r, lead{l.Lead, l.Version, l.Due, l.Merged, l.Refused, assessment}, err)
}

func (a api) erase(w http.ResponseWriter, r *http.Request) {
	erased, err := a.s.Erase(r.Context(), id(r))
	answer(w, r, map[string]any{"erased": erased}, err)
}

func (a api) list(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(cmp.Or(r.FormValue("page"), "1"))
	if err != nil || number < 1 {
		answer(w, r, nil, refusal{http.StatusBadRequest, "page must be a number from 1 on"})
		return
	}
	page, err := a.s.List(r.Context(), crm.Query{Stage: storable(r.FormValue("stage")), Search: storable(r.FormValue("search")), Page: number})
	type row struct {
		Lead   string    `json:"lead"`
		Points float64   `json:"points"`
		Rating string    `json:"rating"`
		Stage  string    `json:"stage"`
		Since  time.Time `json:"since,omitzero"`
		Due    time.Time `json:"due,omitzero"`
		// Refused is why the policy does not assess the lead: what it has is of the last verdict.
		Refused string `json:"refused,omitempty"`
	}
	rows := make([]row, len(page.Leads))
	for i, l := range page.Leads {
		a := l.Assessment
		rows[i] = row{l.Lead.ID, a.Score.Points, a.Score.Rating, a.Verdict.Stage, a.Verdict.Since, l.Lead.Due, l.Lead.Refused}
	}
	answer(w, r, map[string]any{"leads": rows, "total": page.Total, "page": page.Page, "pages": page.Pages}, err)
}

func (a api) health(w http.ResponseWriter, r *http.Request) {
	policy, err := a.s.Policy(r.Context())
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	answer(w, r, map[string]any{"policy": policy.Name, "version": policy.Version, "fingerprint": policy.Fingerprint}, nil)
}
