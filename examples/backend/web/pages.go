package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

//go:embed templates static
var files embed.FS

// pages serves what people see. The list is in list.go, a lead in lead.go, what a form does
// in forms.go, the policy in policy.go, and how things are said in words.go.
type pages struct {
	crm       *crm.Service
	templates map[string]*template.Template
}

// Pages serves the pages:
//
//	GET  /leads                     the ranked list
//	GET  /leads/{id}                a lead; its picture is below it, timeline.svg
//	POST /leads/{id}/answers        and override, undo, merge, separate, erase: what a form sends
//	GET  /leads/{id}/merge?with=    what the merge of two leads has to decide
//	GET  /leads/{id}/erase          what is deleted, before it is
//	GET  /policy                    the policy in use in an editor, and what was in use when
//	POST /policy/preview, /release  a draft, checked and perhaps put in use
//	POST /policy/check              the mistakes of a draft, for the editor
//	GET  /policies/{id}             the document of a policy that was in use
//
// A form that changes something is answered with 303 See Other, or with 422 and the form if
// something in it is wrong. Requests of other sites are refused. Whoever reaches the pages may do
// everything: put them behind your login.
func Pages(s *crm.Service) http.Handler {
	p := &pages{crm: s, templates: parse()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/leads", http.StatusSeeOther) })
	mux.HandleFunc("GET /leads", p.list)
	mux.HandleFunc("GET /leads/{id}", p.lead)
	mux.HandleFunc("GET /leads/{id}/timeline.svg", p.timeline)
	mux.HandleFunc("GET /leads/{id}/merge", p.mergePage)
	mux.HandleFunc("POST /leads/{id}/answers", p.answer)
	mux.HandleFunc("POST /leads/{id}/override", p.override)
	mux.HandleFunc("POST /leads/{id}/undo", p.undo)
	mux.HandleFunc("POST /leads/{id}/merge", p.merge)
	mux.HandleFunc("POST /leads/{id}/separate", p.separate)
	mux.HandleFunc("GET /leads/{id}/erase", p.erasePage)
	mux.HandleFunc("POST /leads/{id}/erase", p.erase)
	mux.HandleFunc("GET /policy", p.policy)
	mux.HandleFunc("POST /policy/check", p.check)
	mux.HandleFunc("POST /policy/preview", p.preview)
	mux.HandleFunc("POST /policy/release", p.release)
	mux.HandleFunc("GET /policies/{id}", p.document)
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is in the program
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, crm.ErrNotFound) })

	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, r, http.StatusForbidden, "This came from another site", "Open the page here, and send the form again.")
	}))
	return headers(protection.Handler(mux))
}

// contentPolicy lets a page load what this program serves, and run no script that stands in it.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm is how many bytes a form may have: a policy with its scenarios, and room.
const maxForm = 4 << 20

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // pages hold data of people, and change with every fact
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// storable is a text without what PostgreSQL does not store: bytes that are no UTF-8, and U+0000.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "")
}

// id gives the ID of the lead, or the policy, in the address.
func id(r *http.Request) string {
	text := r.PathValue("id")
	if clean := storable(text); clean != text {
		return clean + "\ufffd" // no other lead
	}
	return text
}

// parse reads the templates: each page with the frame around it.
func parse() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"list", "lead", "merge", "erase", "policy", "document", "problem"} {
		all[name] = template.Must(template.New("layout.html").Funcs(words).ParseFS(files, "templates/layout.html", "templates/"+name+".html"))
	}
	return all
}

// frame is what every page has.
type frame struct {
	Title string
	Here  string // the entry of the menu
	Now   time.Time
	// Done says what a form has just done; blank is nothing.
	Done string
	// Wrong says what must be mended in the form that was sent, and Form is what it held.
	Wrong string
	Form  url.Values
	// Key makes a form count once, however often it is sent.
	Key string
}

func (p *pages) frame(title, here string) frame {
	return frame{Title: title, Here: here, Now: p.crm.Now(), Key: rand.Text()}
}

// render writes a page, or nothing of it.
func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := p.templates[name].Execute(&b, data); err != nil {
		slog.ErrorContext(r.Context(), "page", "name", name, "error", err)
		http.Error(w, "The page cannot be shown. What went wrong is in the server's log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // whoever asked is gone
}

// problem is a page that says what is wrong, and what to do.
func (p *pages) problem(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	p.render(w, r, status, "problem", struct {
		frame
		Text string
	}{p.frame(title, ""), text})
}

// fail answers with the page of an error.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	tooLarge := new(http.MaxBytesError)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		p.problem(w, r, http.StatusNotFound, "There is no such page", "The lead or the page is not there. Look for it in the list of leads.")
	case errors.Is(err, crm.ErrNoPolicy):
		p.problem(w, r, http.StatusServiceUnavailable, "There is no policy yet", "Leads can be ranked once a policy was released.")
	case errors.As(err, &tooLarge):
		p.problem(w, r, http.StatusRequestEntityTooLarge, "The form is too large", "A form may hold 4 million bytes.")
	case errors.Is(err, crm.ErrFact), errors.Is(err, qualify.ErrTooManyActivities), errors.Is(err, errForm):
		p.problem(w, r, http.StatusUnprocessableEntity, "That cannot be done", err.Error())
	default:
		slog.ErrorContext(r.Context(), "page", "path", r.Pattern, "error", err)
		p.problem(w, r, http.StatusInternalServerError, "Something went wrong", "Nothing was changed, or all of it was: open the page again and look. What went wrong is in the server's log.")
	}
}
