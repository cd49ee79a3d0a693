package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

type policyPage struct {
	frame
	InUse      *crm.Policy
	Policies   []crm.Policy
	Progress   crm.Progress
	Percent    int
	Left       string
	Refused    []string // leads that the policy does not assess, the first ones
	Unassessed int      // how many all of them are
	Draft      draft
	Checked    *checked
}

// draft is what the editor holds.
type draft struct {
	Document, Scenarios, Note string
	// Moved is how many percent of the leads may move to another stage; blank is any number. Failed is
	// how many leads the policy may be unable to assess.
	Moved  string
	Failed string
	Replay bool
	InUse  int64
	Accept []string // the marks of findings that block and are meant
}

// checked is what is said of a draft.
type checked struct {
	review.Decision
	Blocking, Look []finding
	Movers         []mover  // the first ones
	More           int      // how many more move
	Moved          int      // how many all of them are
	Failed         []string // the first leads that cannot be compared
}

type finding struct {
	Mark, Text string
	Accepted   bool
}

// mover is a lead that another policy would move.
type mover struct {
	Lead     string
	From, To string
	Old, New float64
	Why      []string // the rules that changed its points the most
}

// maxMovers is how many leads that move a page names.
const maxMovers = 50

func (p *pages) policy(w http.ResponseWriter, r *http.Request) {
	page, err := p.policyPage(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	page.Done = done[r.URL.Query().Get("done")]
	p.render(w, r, http.StatusOK, "policy", page)
}

// policyPage is the page with the policy in use in its editor.
func (p *pages) policyPage(ctx context.Context) (*policyPage, error) {
	inUse, err := p.crm.Policy(ctx)
	if err != nil {
		return nil, err
	}
	all, err := p.crm.Policies(ctx)
	if err != nil {
		return nil, err
	}
	progress, err := p.crm.Progress(ctx)
	if err != nil {
		return nil, err
	}
	page := &policyPage{frame: p.frame("Policy", "policy"), InUse: inUse, Policies: all, Progress: progress, Percent: 100}
	if progress.Total > 0 {
		page.Percent = int(progress.Done * 100 / progress.Total)
	}
	if progress.Left > 0 {
		page.Left = span(progress.Left)
	}
	if page.Refused, err = p.crm.Refused(ctx, maxMovers); err != nil {
		return nil, err
	}
	page.Unassessed = int(progress.Refused)
	page.Draft = draft{Document: inUse.Document, Scenarios: inUse.Scenarios, Moved: "10", Failed: strconv.FormatInt(progress.Refused, 10), InUse: inUse.ID}
	return page, nil
}

// parseDraft reads the form of the editor. Browsers send lines that end in CR and LF.
func parseDraft(form url.Values) draft {
	text := func(key string) string { return strings.ReplaceAll(storable(form.Get(key)), "\r\n", "\n") }
	inUse, _ := strconv.ParseInt(form.Get("in_use"), 10, 64) // 0 is any
	d := draft{
		Document: text("document"), Scenarios: text("scenarios"), Note: strings.TrimSpace(text("note")), Moved: strings.TrimSpace(form.Get("moved")), Failed: strings.TrimSpace(form.Get("failed")),
		Replay: form.Has("replay"), InUse: inUse, Accept: form["accept"],
	}
	if strings.TrimSpace(d.Scenarios) == "" {
		d.Scenarios = ""
	}
	return d
}

// mark identifies a finding in a form.
func mark(f review.Finding) string {
	sum := sha256.Sum256([]byte(f.String()))
	return hex.EncodeToString(sum[:8])
}

// forRelease makes of a draft what the service takes.
func (d draft) forRelease() (crm.Draft, error) {
	release := crm.Draft{
		Document: []byte(d.Document), Scenarios: []byte(d.Scenarios), Replay: d.Replay, Note: d.Note, InUse: d.InUse,
		Accept: func(f review.Finding) bool { return slices.Contains(d.Accept, mark(f)) },
	}
	failed, err := strconv.ParseUint(cmp.Or(d.Failed, "0"), 10, 31)
	if err != nil {
		return release, fmt.Errorf("%w: how many leads the policy may be unable to assess must be a whole number from 0 on; it is %q", errForm, d.Failed)
	}
	release.Limits.Failed = int(failed)
	if d.Moved == "" {
		return release, nil
	}
	percent, err := strconv.ParseFloat(d.Moved, 64)
	if err != nil || percent < 0 || percent > 100 {
		return release, fmt.Errorf("%w: how many leads may move must be a number of percent from 0 to 100, or blank for any; it is %q", errForm, d.Moved)
	}
	release.Limits.Moved = new(percent / 100)
	return release, nil
}

// preview shows what is to be said of a draft, and releases nothing.
func (p *pages) preview(w http.ResponseWriter, r *http.Request) {
	p.judge(w, r, p.crm.Check, nil)
}

// release puts a draft in use, if the decision is that it may.
func (p *pages) release(w http.ResponseWriter, r *http.Request) {
	p.judge(w, r, p.crm.Release, func(page *policyPage, d review.Decision) bool {
		if d.MayGoLive {
			http.Redirect(w, r, "/policy?done=released", http.StatusSeeOther)
		}
		return d.MayGoLive
	})
}

// judge has a draft checked and shows the page with what came of it, unless finished says that
// there is nothing more to show.
func (p *pages) judge(w http.ResponseWriter, r *http.Request, check func(context.Context, crm.Draft) (review.Decision, error), finished func(*policyPage, review.Decision) bool) {
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, err)
		return
	}
	page, err := p.policyPage(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	sent := parseDraft(r.PostForm)
	page.Draft = sent
	status := http.StatusUnprocessableEntity
	release, err := sent.forRelease()
	if err == nil {
		var decision review.Decision
		decision, err = check(r.Context(), release)
		if err == nil && finished != nil && finished(page, decision) {
			return
		}
		if err == nil {
			status = http.StatusOK
			if finished != nil {
				status = http.StatusUnprocessableEntity
			}
			page.Checked, err = p.told(r.Context(), page.InUse, decision, sent)
		}
	}
	switch {
	case errors.Is(err, crm.ErrReleased):
		if page, err = p.policyPage(r.Context()); err != nil {
			p.fail(w, r, err)
			return
		}
		if finished != nil && sent.Document == page.InUse.Document { // the form was sent twice
			http.Redirect(w, r, "/policy?done=again", http.StatusSeeOther)
			return
		}
		page.Wrong = "Somebody released another policy in the meantime. Preview the draft again: it is compared with that one now."
		sent.InUse, status = page.InUse.ID, http.StatusConflict
		page.Draft = sent
	case errors.Is(err, errForm):
		page.Wrong = sentence(err)
	case err != nil:
		p.fail(w, r, err)
		return
	}
	p.render(w, r, status, "policy", page)
}

// told puts a decision into the words of the page, with the leads that would move.
func (p *pages) told(ctx context.Context, inUse *crm.Policy, d review.Decision, sent draft) (*checked, error) {
	c := &checked{Decision: d}
	for _, f := range d.Findings {
		told := finding{mark(f), f.String(), slices.Contains(sent.Accept, mark(f))}
		if f.Severity == review.Blocks {
			c.Blocking = append(c.Blocking, told)
		} else {
			c.Look = append(c.Look, told)
		}
	}
	if d.Model == nil || d.Preview == nil {
		return c, nil
	}
	before, after := inUse.Model.Policy(), d.Model.Policy()
	for comparison, err := range p.crm.Compare(ctx, d.Model) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, qualify.ErrTooManyActivities):
			if len(c.Failed) < maxMovers {
				c.Failed = append(c.Failed, comparison.Lead)
			}
		case err != nil:
			return nil, err
		case comparison.Stage.Old == comparison.Stage.New:
		case len(c.Movers) == maxMovers:
			c.More++
		default:
			c.Movers = append(c.Movers, mover{
				comparison.Lead, stageLabel(&before, comparison.Stage.Old), stageLabel(&after, comparison.Stage.New),
				comparison.Points.Old, comparison.Points.New, why(comparison),
			})
		}
	}
	c.Moved = len(c.Movers) + c.More
	return c, nil
}

// why gives the rules that changed the points of a lead the most, and what decides its stage by the
// new policy; three of each at most.
func why(c review.Comparison) []string {
	var all []string
	for _, r := range c.Rules[:min(len(c.Rules), 3)] {
		all = append(all, cmp.Or(r.Label, r.ID)+": "+points(r.Old)+" → "+points(r.New)+" points")
	}
	verdict := c.Verdict.New // it is there, since the stages differ
	for _, r := range verdict.Reasons[:min(len(verdict.Reasons), 3)] {
		all = append(all, r.String())
	}
	if len(verdict.Reasons) == 0 {
		for _, b := range verdict.Blockers[:min(len(verdict.Blockers), 3)] {
			all = append(all, b.String())
		}
	}
	return all
}

// said is what the editor shows of a draft as somebody types.
type said struct {
	// Text has the mistakes, or else the findings, each with its line and a caret; blank is
	// nothing to say.
	Text string `json:"text"`
	// Mistakes is how many there are, Findings how many findings a policy without
	// mistakes has.
	Mistakes int `json:"mistakes"`
	Findings int `json:"findings"`
	// Line and Column are the place of the first one, from 1 on; 0 is none.
	Line   int `json:"line"`
	Column int `json:"column"`
}

// check says what is wrong in a document, which is the body of the request.
func (p *pages) check(w http.ResponseWriter, r *http.Request) {
	document, err := io.ReadAll(r.Body)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	answer, err := json.Marshal(say(document, p.crm.Compile()...))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // whoever asked is gone
}

func say(document []byte, options ...qualify.Option) said {
	var model *qualify.Model
	policy, err := qualify.ParsePolicy(document)
	if err == nil {
		model, err = qualify.Compile(policy, options...)
	}
	if mistakes := new(qualify.CompileError); errors.As(err, &mistakes) {
		s := said{Text: err.Error(), Mistakes: len(mistakes.Mistakes)}
		s.Line, s.Column = mistakes.Mistakes[0].Line, mistakes.Mistakes[0].Column
		return s
	}
	if err != nil {
		return said{Text: err.Error(), Mistakes: 1}
	}
	findings := review.Vet(model)
	s := said{Text: findings.String(), Findings: len(findings)}
	if len(findings) > 0 {
		s.Line, s.Column = findings[0].Line, findings[0].Column
	}
	return s
}

// document shows a policy that was in use.
func (p *pages) document(w http.ResponseWriter, r *http.Request) {
	all, err := p.crm.Policies(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	i := slices.IndexFunc(all, func(policy crm.Policy) bool { return strconv.FormatInt(policy.ID, 10) == id(r) })
	if i < 0 {
		p.fail(w, r, crm.ErrNotFound)
		return
	}
	p.render(w, r, http.StatusOK, "document", struct {
		frame
		Policy crm.Policy
	}{p.frame(all[i].Name+" "+all[i].Version, "policy"), all[i]})
}
