package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/examples/timeline/picture"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

type leadPage struct {
	frame
	Policy     *qualify.Policy
	Lead       *crm.Lead
	Assessment qualify.Assessment
	Refused    string // why the policy does not assess it; blank: it does
	Wake       time.Time
	Levers     []qualify.Lever // the first ones
	MoreLevers []qualify.Lever
	Open       []field // questions that are open
	Answered   []field // those that can be answered anew
	Groups     []group
	Moves      []crm.Event
	History    []crm.Entry // the newest ones
	Older      int         // how many more there are
	Drawn      bool        // whether there is a picture
	Overrides  []option    // the stages that a seller may set
	Override   *override
	Location   *time.Location
	Today      string // as a date of a form
}

// group is a group of rules with the rules that count.
type group struct {
	Label, Band string
	Points      float64
	Rules       []qualify.Contribution
}

// override is one that counts now.
type override struct {
	Seq    int64
	Stage  string
	Reason string
	Until  time.Time
}

const (
	// fewEntries is how many activities a page shows, unless all are asked for.
	fewEntries = 200
	// mostDrawn is how many activities a lead may have for a picture and for levers: both take
	// seconds beyond it.
	mostDrawn = 10_000
)

// lead shows a lead.
func (p *pages) lead(w http.ResponseWriter, r *http.Request) {
	data, err := p.leadPage(r.Context(), id(r))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if data.Lead.ID != id(r) { // it was merged into this one
		http.Redirect(w, r, leadPath(data.Lead.ID)+"?done=merged", http.StatusSeeOther)
		return
	}
	if r.URL.Query().Has("all") {
		data.History, data.Older = data.Lead.History, 0
	}
	data.Done = done[r.URL.Query().Get("done")]
	p.render(w, r, http.StatusOK, "lead", data)
}

func (p *pages) leadPage(ctx context.Context, id string) (*leadPage, error) {
	policy, err := p.crm.Policy(ctx)
	if err != nil {
		return nil, err
	}
	lead, err := p.crm.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	assessment, err := p.crm.Assess(ctx, lead)
	if err != nil {
		return nil, err
	}
	var levers []qualify.Lever
	drawn := len(lead.Activities) <= mostDrawn && lead.Refused == ""
	if drawn {
		if levers, err = policy.Model.Levers(&lead.Lead, assessment.At); err != nil {
			return nil, err
		}
	}
	moves, err := p.crm.Events(ctx, lead.ID)
	if err != nil {
		return nil, err
	}
	rules := policy.Model.Policy()
	// What a seller may set by hand has a form of its own.
	levers = slices.DeleteFunc(levers, func(l qualify.Lever) bool { return l.Type == Override })
	few := min(len(levers), 4)
	data := &leadPage{
		frame: p.frame(name(&lead.Lead), "leads"), Policy: &rules, Location: policy.Model.Location(), Lead: lead, Assessment: assessment,
		Wake: assessment.Wake(&lead.Lead), Levers: levers[:few], MoreLevers: levers[few:], Groups: groups(&rules, assessment.Score), Moves: moves, Drawn: drawn,
		History: lead.History[:min(len(lead.History), fewEntries)], Older: max(0, len(lead.History)-fewEntries),
		Overrides: overrides(&rules),
	}
	if lead.Refused != "" {
		data.Refused = sentence(errors.New(strings.TrimPrefix(lead.Refused, "qualify: ")))
	}
	data.Open, data.Answered = fields(&rules, &lead.Lead, assessment)
	data.Override = inForce(lead.History, data.Now)
	data.Today = data.Now.In(data.Location).Format(time.DateOnly)
	return data, nil
}

// groups sorts what counts by the groups of the policy, the root's own rules last.
func groups(policy *qualify.Policy, s qualify.Score) []group {
	var all []group
	add := func(id, label, band string, points float64) {
		g := group{Label: cmp.Or(label, id), Band: band, Points: points}
		for _, c := range s.Contributions {
			if c.Group == id && c.Points != 0 {
				g.Rules = append(g.Rules, c)
			}
		}
		all = append(all, g)
	}
	for _, g := range s.Groups {
		add(g.Group, g.Label, g.Band, g.Share)
	}
	root := func(r qualify.Rule) bool { return r.Group == "" || r.Group == "total" }
	if slices.ContainsFunc(policy.Rules, root) {
		add("total", "Other", s.Band, 0)
		for _, c := range all[len(all)-1].Rules {
			all[len(all)-1].Points += c.Points
		}
	}
	return all
}

// overrides are the stages that the policy lets a seller set: the values of the property
// stage, or else all.
func overrides(policy *qualify.Policy) []option {
	var all []option
	for _, f := range policy.Properties {
		if f.Name == "stage" {
			for _, id := range f.Values {
				all = append(all, option{id, stageLabel(policy, id)})
			}
		}
	}
	if all == nil {
		all = stages(policy)[2:]
	}
	return all
}

// inForce finds the newest override, if it has not ended.
func inForce(history []crm.Entry, now time.Time) *override {
	var newest *crm.Entry
	for i, e := range history {
		if e.Type == Override && e.Undone.IsZero() && !e.At.After(now) && (newest == nil || e.At.After(newest.At)) {
			newest = &history[i]
		}
	}
	if newest == nil {
		return nil
	}
	stage, _ := newest.Props["stage"].(string)
	reason, _ := newest.Props["reason"].(string)
	until, ok := newest.Props["until"].(time.Time)
	if text, isText := newest.Props["until"].(string); isText {
		var err error
		until, err = time.Parse(time.RFC3339, text)
		ok = err == nil
	}
	if !ok || !until.After(now) {
		return nil
	}
	return &override{newest.Seq, stage, reason, until}
}

// timeline draws the lead's last nine months, and what comes of it in the next three.
func (p *pages) timeline(w http.ResponseWriter, r *http.Request) {
	policy, err := p.crm.Policy(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	lead, err := p.crm.Lead(r.Context(), id(r))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if _, err := p.crm.Assess(r.Context(), lead); err != nil {
		p.fail(w, r, err)
		return
	}
	if len(lead.Activities) > mostDrawn || lead.Refused != "" {
		p.problem(w, r, http.StatusUnprocessableEntity, "There is no picture", "The lead has too many activities to be drawn.")
		return
	}
	now := p.crm.Now()
	from := now.AddDate(0, 0, -60)
	for _, a := range lead.Activities {
		if a.At.Before(from) {
			from = a.At
		}
	}
	if earliest := now.AddDate(0, -9, 0); from.Before(earliest) {
		from = earliest
	}
	drawing, err := picture.Draw(policy.Model, lead.Lead, from, now, now.AddDate(0, 3, 0))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	// The drawing brings its own style.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write([]byte(drawing)) // whoever asked is gone
}
