package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

// errForm is that somebody filled in a form wrongly; the text says what to mend.
var errForm = errors.New("the form")

// done is what a page says after a form was sent. The address has the key only, so that nobody
// can put words of their own on the page.
var done = map[string]string{
	"answered":   "The answers are recorded.",
	"overridden": "The stage is set.",
	"ignored":    "The activity is recorded, but by the policy in use it does not set the stage.",
	"undone":     "The activity is taken back. It counts no more.",
	"merged":     "The leads are one now.",
	"again":      "That was recorded before. Nothing was done twice.",
	"separated":  "They are two leads again. Look whether this one still has answers of the other one.",
	"erased":     "The lead is erased. Nothing is left of it here.",
	"released":   "The policy is in use.",
}

func leadPath(id string) string { return "/leads/" + url.PathEscape(id) }

// activityID makes an ID of what a form holds: the random key of the page, and the content. The
// same form sent twice is the same activity; a form that somebody went back to and
// changed is another one, though its key is the old one.
func activityID(r *http.Request) (string, error) {
	if len(r.PostForm.Get("key")) < 16 {
		return "", fmt.Errorf("%w has no key: open the page again", errForm)
	}
	sum := sha256.Sum256([]byte(r.URL.Path + "?" + r.PostForm.Encode())) // sorted by key
	return "form-" + hex.EncodeToString(sum[:16]), nil
}

// act does what a form of a lead says, and shows the lead again: by a redirect, so that
// going back and loading again send nothing, or with what is wrong.
func (p *pages) act(w http.ResponseWriter, r *http.Request, do func(key string, page *leadPage) (string, error)) {
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, err)
		return
	}
	page, err := p.leadPage(r.Context(), id(r))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	key, err := activityID(r)
	what := ""
	if err == nil {
		what, err = do(key, page)
	}
	switch {
	case errors.Is(err, errForm), errors.Is(err, crm.ErrFact):
		page.Wrong, page.Form = sentence(err), r.PostForm
		p.render(w, r, http.StatusUnprocessableEntity, "lead", page)
	case err != nil:
		p.fail(w, r, err)
	default:
		http.Redirect(w, r, leadPath(page.Lead.ID)+"?done="+what, http.StatusSeeOther)
	}
}

// sentence makes one of an error of a form.
func sentence(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), errForm.Error()+": "), crm.ErrFact.Error()+": ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// answer records the answers of a form as one activity.
func (p *pages) answer(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(key string, page *leadPage) (string, error) {
		props, profile, err := read(r.PostForm, slices.Concat(page.Open, page.Answered, page.closed()))
		if err != nil {
			return "", err
		}
		if len(props)+len(profile) == 0 {
			return "", fmt.Errorf("%w: answer one question at least", errForm)
		}
		stored := 0
		if len(profile) > 0 {
			if _, err := p.crm.SetAttributes(r.Context(), page.Lead.ID, profile); err != nil {
				return "", err
			}
			stored++
		}
		if len(props) > 0 {
			recorded, err := p.crm.Record(r.Context(), crm.Fact{Lead: page.Lead.ID, Activity: qualify.Activity{ID: key, Type: Answer, At: p.crm.Now(), Props: props}})
			if err != nil {
				return "", err
			}
			stored = recorded.Stored
		}
		if stored == 0 {
			return "again", nil
		}
		return "answered", nil
	})
}

// closed gives the fields that the form may have had when it was opened and the page has no more,
// such as those that it has just answered.
func (l *leadPage) closed() []field {
	var all []field
	has := func(f field) bool {
		return slices.ContainsFunc(slices.Concat(l.Open, l.Answered), func(other field) bool { return other.ID() == f.ID() })
	}
	for _, f := range l.Policy.Properties {
		if f := (field{Field: f, Question: cmp.Or(f.Question, f.Label, f.Name)}); !has(f) {
			all = append(all, f)
		}
	}
	for _, f := range l.Policy.Profile {
		if f := (field{Field: f, Profile: true, Question: cmp.Or(f.Question, f.Label, f.Name)}); !has(f) {
			all = append(all, f)
		}
	}
	return all
}

// override sets a stage until the end of a day.
func (p *pages) override(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(key string, page *leadPage) (string, error) {
		stage, reason := r.PostForm.Get("stage"), strings.TrimSpace(storable(r.PostForm.Get("reason")))
		if !slices.ContainsFunc(page.Overrides, func(o option) bool { return o.Value == stage }) {
			return "", fmt.Errorf("%w: choose a stage", errForm)
		}
		if reason == "" {
			return "", fmt.Errorf("%w: say why the stage is set by hand", errForm)
		}
		until, err := time.ParseInLocation(time.DateOnly, r.PostForm.Get("until"), page.Location)
		if err != nil {
			return "", fmt.Errorf("%w: the last day must be a date, such as 2026-01-31", errForm)
		}
		if until = until.AddDate(0, 0, 1); !until.After(page.Now) {
			return "", fmt.Errorf("%w: the last day must not be past", errForm)
		}
		recorded, err := p.crm.Override(r.Context(), crm.Override{ID: key, Lead: page.Lead.ID, Stage: stage, Reason: reason, Until: until})
		if err != nil || recorded.Stored == 0 {
			return "again", err
		}
		lead, err := p.crm.Lead(r.Context(), page.Lead.ID)
		if err == nil && lead.Stage != stage {
			return "ignored", nil
		}
		return "overridden", err
	})
}

// undo takes an activity back.
func (p *pages) undo(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(_ string, page *leadPage) (string, error) {
		seq, err := strconv.ParseInt(r.PostForm.Get("seq"), 10, 64)
		if err != nil {
			return "", fmt.Errorf("%w does not say which activity to take back: open the page again", errForm)
		}
		_, err = p.crm.Undo(r.Context(), page.Lead.ID, seq)
		return "undone", err
	})
}

type mergePage struct {
	frame
	Policy      *qualify.Policy
	Lead, Other *crm.Lead
	Conflicts   []qualify.Conflict
}

// mergePage shows two leads side by side, with what somebody must decide.
func (p *pages) mergePage(w http.ResponseWriter, r *http.Request) {
	page, err := p.merging(r, r.URL.Query().Get("with"))
	if err != nil {
		p.mergeFailed(w, r, err)
		return
	}
	p.render(w, r, http.StatusOK, "merge", page)
}

func (p *pages) merging(r *http.Request, with string) (*mergePage, error) {
	policy, err := p.crm.Policy(r.Context())
	if err != nil {
		return nil, err
	}
	lead, err := p.crm.Lead(r.Context(), id(r))
	if err != nil {
		return nil, err
	}
	other, err := p.crm.Lead(r.Context(), strings.TrimSpace(storable(with)))
	if errors.Is(err, crm.ErrNotFound) {
		return nil, fmt.Errorf("%w: there is no lead with the ID %q", errForm, with)
	}
	if err != nil {
		return nil, err
	}
	if other.ID == lead.ID {
		return nil, fmt.Errorf("%w: %q is this lead already", errForm, with)
	}
	_, conflicts, err := policy.Model.Merge(lead.ID, &lead.Lead, &other.Lead)
	rules := policy.Model.Policy()
	return &mergePage{p.frame("Merge two leads", "leads"), &rules, lead, other, conflicts}, err
}

// mergeFailed shows the lead again if it was the form that was wrong.
func (p *pages) mergeFailed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errForm) {
		if page, pageErr := p.leadPage(r.Context(), id(r)); pageErr == nil {
			page.Wrong, page.Form = sentence(err), r.URL.Query()
			p.render(w, r, http.StatusUnprocessableEntity, "lead", page)
			return
		}
	}
	p.fail(w, r, err)
}

// merge makes one lead of two. A form has the choice for the n-th conflict as choice.n, with its key in
// conflict.n: keys are data, and may be any text.
func (p *pages) merge(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, err)
		return
	}
	other, err := p.crm.Lead(r.Context(), storable(r.PostForm.Get("with")))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if other.ID == id(r) { // sent twice
		http.Redirect(w, r, leadPath(other.ID)+"?done=again", http.StatusSeeOther)
		return
	}
	choose := map[string]string{}
	for n := 0; r.PostForm.Has("conflict." + strconv.Itoa(n)); n++ {
		if choice := "choice." + strconv.Itoa(n); r.PostForm.Has(choice) {
			choose[r.PostForm.Get("conflict."+strconv.Itoa(n))] = r.PostForm.Get(choice)
		}
	}
	conflicts, _, err := p.crm.Merge(r.Context(), id(r), []string{other.ID}, choose)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if len(conflicts) > 0 { // somebody must choose
		page, err := p.merging(r, other.ID)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		page.Wrong, page.Form = "Choose which value counts for each question. Nothing was merged yet.", r.PostForm
		p.render(w, r, http.StatusUnprocessableEntity, "merge", page)
		return
	}
	http.Redirect(w, r, leadPath(id(r))+"?done=merged", http.StatusSeeOther)
}

// separate makes a lead that was merged one of its own again.
func (p *pages) separate(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(_ string, page *leadPage) (string, error) {
		other := storable(r.PostForm.Get("other"))
		if other == page.Lead.ID { // sent twice, by way of the lead itself
			return "again", nil
		}
		recorded, err := p.crm.Separate(r.Context(), other)
		if err == nil && recorded.Stored == 0 {
			return "again", nil
		}
		return "separated", err
	})
}

type erasePage struct {
	frame
	Lead   *crm.Lead
	Events int
	All    string // the IDs that are erased, to be confirmed
}

// erasePage shows what is deleted, before it is.
func (p *pages) erasePage(w http.ResponseWriter, r *http.Request) {
	page, err := p.erasing(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.render(w, r, http.StatusOK, "erase", page)
}

func (p *pages) erasing(r *http.Request) (*erasePage, error) {
	lead, err := p.crm.Lead(r.Context(), id(r))
	if err != nil {
		return nil, err
	}
	all := append([]string{lead.ID}, lead.Merged...)
	events := 0
	for _, id := range all {
		moves, err := p.crm.Events(r.Context(), id)
		if err != nil {
			return nil, err
		}
		events += len(moves)
	}
	return &erasePage{p.frame("Erase a lead", "leads"), lead, events, url.Values{"lead": all}.Encode()}, nil
}

// erase deletes a lead. Whoever confirmed it has seen which leads became it; if others have since, nothing
// is deleted.
func (p *pages) erase(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, err)
		return
	}
	page, err := p.erasing(r)
	if errors.Is(err, crm.ErrNotFound) { // sent twice
		http.Redirect(w, r, "/leads?done=erased", http.StatusSeeOther)
		return
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	switch {
	case r.PostForm.Get("all") != page.All:
		page.Wrong = "Leads were merged in the meantime. Look again at what is erased. Nothing was yet."
	case !r.PostForm.Has("sure"):
		page.Wrong = "Say that you are sure. Nothing was erased yet."
	default:
		if _, err := p.crm.Erase(r.Context(), page.Lead.ID); err != nil && !errors.Is(err, crm.ErrNotFound) {
			p.fail(w, r, err)
			return
		}
		http.Redirect(w, r, "/leads?done=erased", http.StatusSeeOther)
		return
	}
	p.render(w, r, http.StatusUnprocessableEntity, "erase", page)
}
