package policies

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// The names of the situations begin with the rows of docs/coming-from.md, which
// lists what these systems compute.

func TestHubSpot(t *testing.T) {
	form := func(age time.Duration) []qualify.Activity {
		return acts(did("form_submission", age, facts{"form": "Webinar"}))
	}
	clicks := func(n int) qualify.Lead { return lead(nil, times(n, "email_click", nil)) }
	check(t, "hubspot",
		situation{name: "H1 after 29.9 days", lead: lead(nil, form(29*day+21*time.Hour+36*time.Minute)), want: "10 points, engagement 10, marketing 10; C3; lead"},
		situation{name: "H1 after 30 days", lead: lead(nil, form(30*day)), want: "5 points, engagement 5, marketing 5; C3; lead"},
		situation{name: "H1 after 60 days", lead: lead(nil, form(60*day)), want: "0 points; C3; lead"},
		situation{name: "H2", want: "100 points, engagement 100, sales 60 of 75, marketing 40 of 50; C1; sql",
			lead: lead(nil, times(3, "meeting_booked", nil), times(5, "form_submission", facts{"form": "Webinar"}))},
		situation{name: "H2 the limit of the total", want: "100 points, engagement 100 of 115, sales 75, marketing 40 of 50; C1; sql",
			lead:   lead(nil, times(3, "meeting_booked", nil), times(5, "form_submission", facts{"form": "Webinar"})),
			change: func(p *qualify.Policy) { p.Groups[1].Max = new(80.0) }},
		situation{name: "H3 one click", lead: clicks(1), want: "1 points, engagement 1, marketing 1; C3"},
		situation{name: "H3 two clicks", lead: clicks(2), want: "2 points, engagement 2, marketing 2; C3"},
		situation{name: "H3 five clicks", lead: clicks(5), want: "10 points, engagement 10, marketing 10; C3"},
		situation{name: "H3 nine clicks", lead: clicks(9), want: "10 points, engagement 10, marketing 10; C3"},
		situation{name: "H4", lead: lead(nil, times(2, "form_submission", facts{"form": "Contact Us"})), want: "5 points, engagement 5, sales 5; C3; lead"},
		situation{name: "H5 a score that fell", want: "0 points; C3; sql",
			lead: qualify.Lead{ID: "lead", Stage: "sql", Activities: form(90 * day)}},
		situation{name: "H5 cleared", want: "0 points; C3; lead", lead: lead(nil, form(90*day))},
		situation{name: "the matrix", want: "75 points, engagement 25, sales 25, fit 50; A3; sql",
			lead: lead(facts{"job_title": "VP Sales", "employees": 200, "industry": "software"}, times(1, "meeting_booked", nil))},
		situation{name: "a week's pages, at most three", want: "9 points, engagement 9, marketing 9; C3",
			lead: lead(nil, times(4, "page_view", facts{"page": "/pricing"}), acts(did("page_view", 7*day, facts{"page": "/pricing"})))},
		situation{name: "a form whose name is not known", want: "10 points, engagement 10, marketing 10; C3; lead", lead: lead(nil, times(1, "form_submission", nil))},
		situation{name: "won", want: "0 points; C3; customer", lead: lead(nil, acts(did("deal_won", day, nil)))},
	)
}

func TestAccountEngagement(t *testing.T) {
	one := facts{"email": "launch"}
	leads := times(24, "form_submission", facts{"form": "Ebook"})
	cumulative := func(p *qualify.Policy) {
		rule(p, "email_open").Limit = qualify.Limit{}
	}
	check(t, "account-engagement",
		situation{name: "S1", want: "62 points", lead: lead(nil,
			times(1, "form_submission", facts{"form": "Ebook"}), times(1, "form_error", nil), times(3, "custom_redirect_click", nil), times(1, "file_access", nil), times(5, "page_view", nil))},
		situation{name: "S2", want: "-50 points", lead: lead(nil, acts(did("opportunity_created", 9*day, nil), did("opportunity_lost", day, nil)))},
		situation{name: "S3 once an e-mail", want: "2 points", lead: lead(nil, times(5, "email_open", one))},
		situation{name: "S3 another e-mail", want: "4 points", lead: lead(nil, times(5, "email_open", one), times(1, "email_open", facts{"email": "offer"}))},
		situation{name: "S3 cumulative", want: "10 points", lead: lead(nil, times(5, "email_open", one)), change: cumulative},
		situation{name: "S4", want: "75 points", lead: lead(nil, times(1, "form_submission", facts{"form": "Demo"}))},
		situation{name: "S8 before the reset", want: "1200 points; mql", lead: lead(facts{"grade": "B"}, leads)},
		situation{name: "S8", want: "0 points", lead: lead(facts{"grade": "B"}, leads, times(1, "score_reset", nil))},
		situation{name: "S8 scored again by other points", want: "0 points", lead: lead(facts{"grade": "B"}, leads, times(1, "score_reset", nil)),
			change: func(p *qualify.Policy) { rule(p, "form_submission").Points = 0 }},
		situation{name: "S8 and after the reset", want: "50 points", lead: lead(facts{"grade": "B"}, acts(did("score_reset", day, nil)), leads[:1], acts(did("form_submission", 2*day, facts{"form": "Ebook"})))},
		situation{name: "every default", want: "232 points; won", lead: lead(nil, // 3+2+3-5+50-5+50-5+50+50+0+1+3+10, and the form's completion action
			times(1, "custom_redirect_click", nil), times(1, "email_open", one), times(1, "file_access", nil), times(1, "form_error", nil), times(1, "form_submission", facts{"form": "Demo"}),
			times(1, "form_handler_error", nil), times(1, "form_handler_submission", nil), times(1, "landing_page_error", nil), times(1, "landing_page_success", nil),
			times(1, "opportunity_created", nil), times(1, "opportunity_won", nil), times(1, "page_view", nil), times(1, "site_search", nil), times(1, "chat", nil))},
		situation{name: "sixty quiet days, and then a page", want: "14 points", // 3 + 50 + 1, less 20 for each 30 days
			lead: lead(nil, acts(did("custom_redirect_click", 75*day, nil), did("form_submission", 70*day, facts{"form": "Ebook"}), did("page_view", 10*day, nil)))},
		situation{name: "two opportunities, one lost", want: "0 points; sql", lead: lead(nil, times(2, "opportunity_created", nil), times(1, "opportunity_lost", nil))},
		situation{name: "both lost", want: "-100 points", lead: lead(nil, times(2, "opportunity_created", nil), times(2, "opportunity_lost", nil))},
		situation{name: "a score without the grade", want: "104 points", lead: lead(facts{"grade": "B-"}, times(1, "form_handler_submission", nil), times(1, "landing_page_success", nil), times(4, "page_view", nil))},
		situation{name: "both", want: "104 points; mql", lead: lead(facts{"grade": "B"}, times(1, "form_handler_submission", nil), times(1, "landing_page_success", nil), times(4, "page_view", nil))},
		situation{name: "a hundred are not more than a hundred", want: "100 points", lead: lead(facts{"grade": "A+"}, times(1, "form_handler_submission", nil), times(1, "landing_page_success", nil))},
	)
}

func TestPardotGrades(t *testing.T) {
	// The five criteria of the default profile are worth two thirds each, ten more
	// one, and the last one three.
	defaults := facts{"employees": 100, "industry": "finance", "country": "Austria", "job_title": "Head of Sales", "department": "Sales"}
	thirds := facts{"revenue": 1e7, "language": "German", "crm": "Salesforce", "source": "Partner", "consent": true,
		"budget_season": true, "website": true, "hiring": true, "subsidiary": true, "public": true}
	against := facts{"employees": 99, "industry": "farming", "country": "Peru", "job_title": "Clerk", "department": "Legal",
		"revenue": 9.9e6, "language": "Quechua", "crm": "none", "source": "Purchased list", "consent": false,
		"budget_season": false, "website": false, "hiring": false, "subsidiary": false, "public": false, "target_account": false}
	check(t, "pardot-grades",
		situation{name: "S5 nothing matches", want: "2 points; D", lead: lead(nil)},
		situation{name: "S5 1/3", want: "3 points; D+", lead: lead(facts{"consent": true})},
		situation{name: "S5 2/3", want: "4 points; C-", lead: lead(facts{"department": "Sales"})},
		situation{name: "S5 3/3", want: "5 points; C", lead: lead(facts{"target_account": true})},
		situation{name: "S6", want: "12 points; A+", lead: lead(thirds)},
		situation{name: "S7 a match", want: "3 points; D+", lead: lead(facts{"crm": "Salesforce"})},
		situation{name: "S7 no match", want: "1 points; D-", lead: lead(facts{"crm": "SugarCRM"})},
		situation{name: "S7 not known", want: "2 points; D", lead: lead(facts{"crm": ""})},
		situation{name: "the default profile matches", want: "12 points; A+", lead: lead(defaults)},
		situation{name: "nothing fits", want: "0 points; F", lead: lead(against)},
		situation{name: "two thirds and a third", want: "5 points; C", lead: lead(facts{"industry": "Software", "crm": "Salesforce"})},
	)
	// The ladder, rung by rung.
	ladder := []string{"D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+"}
	matched, names := facts{}, slices.Sorted(maps.Keys(thirds))
	for i, grade := range ladder {
		check(t, "pardot-grades", situation{name: fmt.Sprintf("%d thirds", i), want: fmt.Sprintf("%d points; %s", i+2, grade), lead: lead(matched)})
		if i < len(names) {
			matched[names[i]] = thirds[names[i]]
		}
	}
	// Every criterion by itself, against a lead with three thirds to lose.
	for name, value := range against {
		down := 1
		if _, ok := defaults[name]; ok {
			down = 2
		} else if name == "target_account" {
			continue // it is what there is to lose
		}
		check(t, "pardot-grades", situation{name: "no match: " + name, lead: lead(facts{"target_account": true, name: value}),
			want: fmt.Sprintf("%d points; %s", 5-down, []string{"D", "D+", "C-"}[3-down])})
	}
	check(t, "pardot-grades", situation{name: "no match: target_account", want: "1 points; D-", lead: lead(with(defaults, "target_account", false)),
		change: func(p *qualify.Policy) {
			p.Groups[0].Max = nil
			p.Rules = append(p.Rules[:1], *rule(p, "target_account"))
			p.Rules[0].Points = 4
		}})
}

func TestPipedrive(t *testing.T) {
	check(t, "pipedrive",
		situation{name: "P1", want: "100 points", lead: lead(facts{"value": 10000, "label": "hot"}, acts(did("meeting", 29*day, nil)))},
		situation{name: "P2", want: "0 points", lead: lead(facts{"value": 9999, "label": "Cold"}, acts(did("meeting", 30*day, nil)))},
		situation{name: "P3", want: "14.285714 points", lead: lead(facts{"value": 9999, "label": "Cold"}, acts(did("note", 29*day, nil)))},
	)
}

func TestSugarMarket(t *testing.T) {
	page := func(n int, path string) []qualify.Activity { return times(n, "page_view", facts{"path": path}) }
	check(t, "sugar-market",
		situation{name: "M1", want: "50 points", lead: lead(facts{"title": "Sales Director"},
			page(3, "/news"), page(1, "/pricing"), times(2, "email_open", nil), times(1, "email_click", nil))},
		situation{name: "looks for work", want: "-99 points", lead: lead(nil, page(1, "/news"), page(1, "/careers"))},
		situation{name: "asks", want: "120 points", lead: lead(nil, times(1, "form", facts{"form": "demo request"}), times(1, "landing_page", nil), times(1, "form", facts{"form": "Newsletter"}))},
	)
	for points, band := range map[int]string{0: "Cold Leads (No Interest)", 15: "Cold Leads (No Interest)", 16: "Warm Leads", 99: "Warm Leads", 100: "Hot Leads"} {
		if got := assess(t, read(t, "sugar-market"), lead(nil, page(points, "/news"))).Score.Band; got != band {
			t.Errorf("%d points: %s; want %s", points, got, band)
		}
	}
}

func TestEloqua(t *testing.T) {
	sample := facts{"job_title": "Director Sales", "industry": "Software", "revenue": "$100M", "solution": "Comp2"}
	best := facts{"job_title": "VP Marketing", "industry": "Pharma", "revenue": "$1B", "solution": "Comp1"}
	check(t, "eloqua",
		situation{name: "E1", want: "62 points, profile 62, job_title 50, industry 100, revenue 20, solution 80; B4", lead: lead(sample)},
		situation{name: "the best there is", want: "200 points, profile 100, job_title 100, industry 100, revenue 100, solution 100, engagement 100, form 100, click 100, product_page 100, open 100; A1; mql",
			lead: lead(best, times(1, "form", nil), times(3, "click", nil), times(3, "open", nil), times(3, "product_page", nil))},
		situation{name: "the first step that holds", want: "26.25 points, engagement 26.25, form 75; D3", lead: lead(nil, acts(did("form", 7*day, nil)))},
		situation{name: "the last step", want: "17.5 points, engagement 17.5, form 50; D4", lead: lead(nil, acts(did("form", 14*day, nil)))},
		situation{name: "exactly one", want: "25 points, engagement 25, click 50, open 100; D3", lead: lead(nil, times(1, "click", nil), times(1, "open", nil))},
		situation{name: "two are not exactly one", want: "0 points; D4", lead: lead(nil, times(2, "click", nil))},
	)
}

func TestDynamics365(t *testing.T) {
	city := func(city, country string) qualify.Lead {
		return lead(facts{"city": city, "country": country}, times(1, "offer_click", nil))
	}
	check(t, "dynamics-365",
		situation{name: "D1 London, England", want: "0 points, location 110, behaviour 5; D; ready", lead: city("London", "England")},
		situation{name: "D1 Manchester, England", want: "0 points, location 40, behaviour 5; D", lead: city("Manchester", "England")},
		situation{name: "D1 London, Ohio", want: "0 points, location 70, behaviour 5; D", lead: city("London", "Ohio")},
		situation{name: "D2 each", want: "0 points, behaviour 15; D", lead: lead(nil, times(3, "newsletter_click", nil))},
		situation{name: "D2 at least one", want: "0 points, behaviour 5; D", lead: lead(nil, times(3, "offer_click", nil))},
		situation{name: "D2 outside the range", want: "0 points, behaviour -10; D", lead: lead(nil, acts(did("newsletter_click", 90*day, nil), did("offer_click", 90*day, nil)))},
		situation{name: "D3", want: "0 points, behaviour -10; D", lead: lead(nil)},
		situation{name: "ready once, ready for good", want: "0 points, location 40, behaviour -10; D; ready",
			lead: qualify.Lead{ID: "lead", Stage: "ready", Profile: facts{"city": "Manchester", "country": "England"}}},
		situation{name: "ready by the second model", want: "0 points, behaviour 50; D; ready", lead: lead(nil, times(10, "newsletter_click", nil))},
	)
	scores, grades := []float64{82, 75, 74, 50, 49, 25, 24, -10}, []string{"A", "A", "B", "B", "C", "C", "D", "D"}
	for i, score := range scores {
		ready := ""
		if grades[i] == "A" {
			ready = "; ready"
		}
		check(t, "dynamics-365", situation{name: fmt.Sprint("D4 ", score), want: fmt.Sprintf("0 points, behaviour -10, predictive %v; %s%s", score, grades[i], ready),
			lead: lead(facts{"predictive_score": score})})
	}
}

func TestMarketo(t *testing.T) {
	// One contact form, two clicks, a key page, and six pages within one day.
	history := func(age time.Duration) []qualify.Activity {
		all := slices.Concat(
			times(1, "form", facts{"form": "Contact"}), times(2, "email_click", nil), times(1, "visit", facts{"page": "/pricing"}), times(6, "visit", facts{"page": "/news"}))
		for i := range all {
			all[i].At = all[i].At.Add(-age)
		}
		return all
	}
	field := []qualify.Activity{did("score_change", 3*day, facts{"by": 5}), did("score_set", 2*day, facts{"to": -5}), did("score_change", day, facts{"by": 5})}
	check(t, "marketo",
		situation{name: "A1 on the day", want: "44 points, behavior 44; sales_lead", lead: lead(nil, history(0))},
		situation{name: "A1 after 40 quiet days", want: "34 points, behavior 34", lead: lead(nil, history(40*day))},
		situation{name: "A1 and stays a sales lead", want: "34 points, behavior 34; sales_lead", lead: qualify.Lead{ID: "lead", Stage: "sales_lead", Activities: history(40 * day)}},
		situation{name: "A2 +5", want: "5 points, field 5", lead: lead(nil, field[:1])},
		situation{name: "A2 =-5", want: "-5 points, field -5", lead: lead(nil, field[:2])},
		situation{name: "A2 +5 again", want: "0 points", lead: lead(nil, field)},
		situation{name: "who they are", want: "65 points, demographic 65; sales_lead", // 15+5+10+15+20
			lead: lead(facts{"revenue": 1e8, "employees": 100, "industry": "Software", "job_title": "VP Sales", "lead_source": "Referral", "first_name": "Ann", "email": "ann@example.com"})},
		situation{name: "the middle", want: "38 points, demographic 38", lead: lead(facts{"revenue": 1e7, "industry": "Finance", "job_title": "Director", "lead_source": "Partner"})},
		situation{name: "the least", want: "24 points, demographic 24", lead: lead(facts{"revenue": 1e6, "industry": "Retail", "job_title": "Manager", "lead_source": "Event"})},
		situation{name: "and who they are not", want: "-12 points, demographic -12", lead: lead(facts{"first_name": "TEST", "last_name": "xxx", "email": "x@gmail.com"})},
	)
	for kind, points := range map[string]int{"email_click": 2, "pdf": 5, "ppc": 15, "webinar": 20, "live_event": 30, "tradeshow": 20, "booth": 5} {
		check(t, "marketo", situation{name: kind, want: fmt.Sprintf("%d points, behavior %d", points, points), lead: lead(nil, times(1, kind, nil))})
	}
	for form, points := range map[string]int{"Contact": 30, "Content": 15, "Event": 15, "Newsletter": 10} {
		check(t, "marketo", situation{name: form, want: fmt.Sprintf("%d points, behavior %d", points, points), lead: lead(nil, times(1, "form", facts{"form": form}))})
	}
	check(t, "marketo", situation{name: "undesirable", want: "-5 points, behavior -5", lead: lead(nil, times(1, "visit", facts{"page": "/careers/sales"}))})
}

func TestJourneyOptimizer(t *testing.T) {
	// 37 visits yesterday, all after noon, and 15 today before noon.
	var visits []qualify.Activity
	for i := range 37 {
		visits = append(visits, did("page_view", 13*time.Hour+time.Duration(i)*time.Minute, nil))
	}
	for i := range 15 {
		visits = append(visits, did("page_view", time.Hour+time.Duration(i)*time.Minute, nil))
	}
	counted := func(p *qualify.Policy) { // as in Adobe's example, which counts and does not weigh
		rule(p, "page_view").Points = 1
	}
	rolling := func(p *qualify.Policy) {
		counted(p)
		rule(p, "page_view").Limit = qualify.Limit{Times: 20, Per: qualify.Day}
	}
	check(t, "journey-optimizer-b2b",
		situation{name: "A3", want: "35 points", lead: lead(nil, visits), change: counted},
		situation{name: "A3 with the default weight", want: "1400 points", lead: lead(nil, visits)},
		situation{name: "A3 by a rolling day", want: "20 points", lead: lead(nil, visits), change: rolling},
		situation{name: "every weight", want: "360 points", lead: lead(nil, // 60+30+30+40+60+40+40+60
			times(1, "attend_event", nil), times(1, "email_clicked", nil), times(1, "email_opened", nil), times(1, "form_filled_out", nil),
			times(1, "interesting_moment", nil), times(1, "link_click", nil), times(1, "page_view", nil), times(1, "register_for_event", nil))},
	)
	weights := map[string]int{"attend_event": 60, "email_clicked": 30, "email_opened": 30, "form_filled_out": 40, "interesting_moment": 60, "link_click": 40, "page_view": 40, "register_for_event": 60}
	for kind, weight := range weights {
		check(t, "journey-optimizer-b2b",
			situation{name: kind + " of 30 days", want: fmt.Sprintf("%d points", weight), lead: lead(nil, acts(did(kind, 30*day-1, nil), did(kind, 30*day, nil)))},
			situation{name: kind + " at most 20 a day", want: fmt.Sprintf("%d points", 20*weight), lead: lead(nil, times(21, kind, nil))})
	}
}

func TestSalesIQ(t *testing.T) {
	chats := func(age time.Duration) []qualify.Activity {
		return acts(did("chat", age, nil), did("chat", age, nil))
	}
	check(t, "salesiq",
		situation{name: "O1 not yet a week", want: "1000 points", lead: lead(nil, chats(7*day-1))},
		situation{name: "O1", want: "750 points", lead: lead(nil, chats(7*day))},
		situation{name: "O1 two weeks", want: "562.5 points", lead: lead(nil, chats(14*day))},
		situation{name: "O1 lost for good", want: "750 points", lead: lead(nil, chats(12*day), acts(did("visit", 4*day, facts{"minutes": 15})))},
		situation{name: "a long visit", want: "25 points", lead: lead(nil, acts(did("visit", 0, facts{"minutes": 15.5})))},
		situation{name: "a hundred visits", want: "500 points", lead: lead(nil, times(199, "visit", nil))},
	)
}

func TestActiveCampaign(t *testing.T) {
	pricing := func(n int) []qualify.Activity { return times(n, "page_view", facts{"page": "/pricing"}) }
	check(t, "activecampaign",
		situation{name: "O2", want: "20 points", lead: lead(facts{"metro_area": "Chicago"}, pricing(1))},
		situation{name: "O2 viewed again", want: "20 points", lead: lead(facts{"metro_area": "Chicago"}, pricing(2))},
		situation{name: "expired", want: "0 points", lead: lead(nil, acts(did("webinar", 90*day, nil)))},
		situation{name: "a deal, touched 14 days ago", want: "0 points, deal 95", lead: lead(nil, acts(did("deal", 20*day, nil), did("call", 14*day, nil)))},
		situation{name: "a deal, silent for 17 days", want: "0 points, deal 90", lead: lead(nil, acts(did("deal", 20*day, nil), did("call", 17*day, nil)))},
		situation{name: "each", want: "100 points; sql", lead: lead(facts{"metro_area": "Chicago"}, pricing(1), times(1, "webinar", nil), times(13, "reply", nil))},
	)
}

func TestFreshsales(t *testing.T) {
	learnt := func(score float64) qualify.Lead { return lead(facts{"base_score": score}) }
	check(t, "freshsales",
		situation{name: "O3 29", want: "29 points; Cold", lead: learnt(29)},
		situation{name: "O3 30", want: "30 points; Warm", lead: learnt(30)},
		situation{name: "O3 70", want: "70 points; Warm", lead: learnt(70)},
		situation{name: "O3 71", want: "71 points; Hot", lead: learnt(71)},
		situation{name: "O3 -5", want: "-5 points; Cold", lead: lead(nil, times(1, "unsubscribed", nil))},
		situation{name: "O3 70.6", want: "71 points; Hot", lead: learnt(70.6)},
		situation{name: "rules", want: "68 points; Warm", lead: lead(facts{"base_score": 20, "job_title": "Account Manager"},
			times(2, "email_opened", facts{"subject": "Your offer"}), times(7, "signed_in", nil))},
	)
}

func TestKenbun(t *testing.T) {
	page := func(age time.Duration) []qualify.Activity { return acts(did("page_view", age, nil)) }
	check(t, "kenbun",
		situation{name: "O4", want: "10 points", lead: lead(nil, page(0))},
		situation{name: "O4 after 14 days", want: "5 points, intent 0 of -8", lead: lead(nil, page(14*day))},
		situation{name: "O4 after 28 days", want: "2.5 points, intent 0 of -22", lead: lead(nil, page(28*day))},
		situation{name: "clicks and requests", want: "17.5 points, intent 0 of -118",
			lead: lead(nil, acts(did("email_open", 28*day, nil), did("email_click", 28*day, nil), did("demo_request", 180*day, nil)))},
		situation{name: "a demo request after 90 days", want: "25 points, intent 0 of -34", lead: lead(nil, acts(did("demo_request", 90*day, nil)))},
		situation{name: "a decay rule", want: "0 points, intent 43", // 5 days beyond the week in a gap of nearly 12, and 2 in one of 8; a page does not bring them back
			lead:   lead(nil, acts(did("demo_request", 20*day, nil)), page(8*day+1), page(0)),
			change: func(p *qualify.Policy) { rule(p, "demo_request").Points = 0; rule(p, "page_view").Points = 0 }},
		situation{name: "reset", want: "5 points", lead: lead(nil, page(2*day), acts(did("reset", day, nil)), times(1, "email_open", nil))},
	)
}

func TestBANTGate(t *testing.T) {
	rated := func(budget, authority, need, timeline any) qualify.Lead {
		return lead(facts{"budget": budget, "authority": authority, "need": need, "timeline": timeline})
	}
	all := "; budget yes; authority yes; need yes; timeline yes"
	check(t, "bant-gate",
		situation{name: "O5", want: "13 points; sql" + all, lead: rated(3, 3, 3, 4)},
		situation{name: "O5 timeline 3", want: "12 points; sql" + all, lead: rated(3, 3, 3, 3)},
		situation{name: "O5 one is missing", want: "12 points; mql; budget yes; authority yes; need no; timeline yes", lead: rated(3, 3, 2, 4)},
		situation{name: "O5 no partial credit", want: "14 points; mql; budget yes; authority no; need yes; timeline yes", lead: rated(4, 2, 4, 4)},
		situation{name: "O5 not asked", want: "10 points; mql; budget yes; need yes; timeline yes", lead: rated(3, nil, 3, 4)},
		situation{name: "a rating that was lowered", want: "0 points; sql; budget no; authority no; need no; timeline no",
			lead: qualify.Lead{ID: "lead", Stage: "sql", Profile: rated(0, 0, 0, 0).Profile}},
		situation{name: "a plain lead", want: "0 points", lead: lead(nil)},
	)
}

// rule is a rule of a policy, to be changed.
func rule(p *qualify.Policy, id string) *qualify.Rule {
	return &p.Rules[slices.IndexFunc(p.Rules, func(r qualify.Rule) bool { return r.ID == id })]
}
