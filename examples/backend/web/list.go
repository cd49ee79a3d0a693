package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

// option is an entry of a select.
type option struct{ Value, Label string }

type listPage struct {
	frame
	Policy          *qualify.Policy
	Query           crm.Query
	Stages, Ratings []option
	Rows            []row
	Total           int
	From, To        int    // the places in the ranking
	Before, After   string // the addresses of the pages beside this one; blank is none
}

type row struct {
	Place      int
	Lead       *qualify.Lead
	Refused    bool // the policy does not assess it
	Assessment qualify.Assessment
	Question   string
	Wake       time.Time
}

// list shows the leads. The database ranks them by the points of their last assessments,
// which says who is on which page. Points fade in between, so those shown are those of
// now, and the leads of a page are in their order.
func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	policy, err := p.crm.Policy(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	rules, form := policy.Model.Policy(), r.URL.Query()
	number, _ := strconv.Atoi(form.Get("page")) // what is no number is the first page
	query := crm.Query{Stage: storable(form.Get("stage")), Rating: storable(form.Get("rating")), Search: storable(form.Get("search")), Page: max(number, 1), Size: 25}
	found, err := p.crm.List(r.Context(), query)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := listPage{frame: p.frame("Leads", "leads"), Policy: &rules, Query: query, Stages: stages(&rules), Ratings: ratings(&rules), Total: found.Total}
	slices.SortStableFunc(found.Leads, func(a, b crm.Row) int {
		return cmp.Compare(b.Assessment.Score.Points, a.Assessment.Score.Points)
	})
	data.Done = done[form.Get("done")]
	before := (found.Page - 1) * query.Size
	for i, l := range found.Leads {
		lead := &l.Lead.Lead
		data.Rows = append(data.Rows, row{before + i + 1, lead, l.Lead.Refused != "", l.Assessment, question(&rules, lead, l.Assessment), l.Assessment.Wake(lead)})
	}
	if len(data.Rows) > 0 {
		data.From, data.To = before+1, before+len(data.Rows)
	}
	if found.Page > 1 {
		data.Before = address(form, found.Page-1)
	}
	if found.Page < found.Pages {
		data.After = address(form, found.Page+1)
	}
	p.render(w, r, http.StatusOK, "list", data)
}

// address is that of another page of the list.
func address(form url.Values, page int) string {
	next := url.Values{}
	for _, key := range []string{"stage", "rating", "search"} {
		if form.Get(key) != "" {
			next.Set(key, form.Get(key))
		}
	}
	if page > 1 {
		next.Set("page", strconv.Itoa(page))
	}
	if len(next) == 0 {
		return "/leads"
	}
	return "/leads?" + next.Encode()
}

// question is what to ask first: what the next stage wants to know, or else what changes
// the points the most; blank is nothing.
func question(policy *qualify.Policy, lead *qualify.Lead, a qualify.Assessment) string {
	for _, b := range a.Verdict.Blockers {
		if len(b.Questions) > 0 {
			return b.Questions[0]
		}
	}
	if open, _ := fields(policy, lead, a); len(open) > 0 {
		return open[0].Question
	}
	return ""
}

func stages(policy *qualify.Policy) []option {
	all := []option{{"", "All"}, {"none", "Plain lead"}}
	for _, s := range policy.Stages {
		all = append(all, option{s.ID, cmp.Or(s.Label, s.ID)})
	}
	return all
}

// ratings are all that the policy can give.
func ratings(policy *qualify.Policy) []option {
	all := []string{""}
	for _, id := range policy.Rating {
		var longer []string
		for _, g := range policy.Groups {
			if g.ID == id {
				for _, b := range slices.Backward(g.Bands) { // the best first
					for _, prefix := range all {
						longer = append(longer, prefix+b.Label)
					}
				}
			}
		}
		all = longer
	}
	slices.Sort(all)
	options := []option{{"", "All"}}
	for _, rating := range slices.Compact(all) {
		if rating != "" {
			options = append(options, option{rating, rating})
		}
	}
	return options
}
