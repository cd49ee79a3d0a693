package policies

import (
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// What a qualified lead is: a newsletter, an e-book and a webinar qualify for
// marketing; budget, need and time frame, heard by a seller, for sales.
func TestQualifiedLead(t *testing.T) {
	talk := facts{"budget": 80000, "behov": "færre tomme ture", "rolle": "Beslutter", "købsdato": "2027-01-15"}
	page := func(side string, age time.Duration) qualify.Activity {
		return did("sidevisning", age, facts{"side": side})
	}
	check(t, "kvalificeret-lead.da",
		situation{name: "found the website", want: "2 points, adfærd 2",
			lead: lead(nil, acts(page("/kontakt", 2*day), page("/kontakt", day)))},
		situation{name: "a newsletter", want: "5 points, adfærd 5; mql", lead: lead(nil, times(1, "nyhedsbrev", nil))},
		situation{name: "an e-book", want: "10 points, adfærd 10; mql", lead: lead(nil, times(1, "e-bog", nil))},
		situation{name: "a webinar", want: "20 points, adfærd 20; mql", lead: lead(nil, times(1, "webinar", nil))},
		situation{name: "mails opened are interest, but do not qualify", want: "5 points, adfærd 5", lead: lead(nil, times(9, "mailåbning", nil))},
		situation{name: "letters of the language, in whatever case", want: "30 points, profil 30",
			lead: lead(facts{"stilling": "SALGSDIREKTØR", "ansatte": 50, "branche": "møbler"})},
		situation{name: "another line of business", want: "5 points, profil 5", lead: lead(facts{"ansatte": 49, "branche": "Fiskeri", "stilling": "Afdelingsleder"})},
		situation{name: "comes back to the prices", want: "15 points, adfærd 15",
			lead: lead(nil, acts(page("/priser", 29*day), page("/priser/flåde", 3*day), page("/priser", day)))},
		situation{name: "all of it, judged by a seller", want: "50 points, profil 30, adfærd 20; sql; budget yes; need yes; authority yes; timeline yes",
			lead: lead(facts{"stilling": "direktør", "ansatte": 200, "branche": "Transport"}, times(1, "webinar", nil), acts(did("salgssamtale", day, talk)))},
		situation{name: "no time frame yet", want: "10 points, adfærd 10; mql; budget yes; need yes; authority yes",
			lead: lead(nil, times(1, "e-bog", nil), acts(did("salgssamtale", day, with(talk, "købsdato", nil))))},
		situation{name: "who decides is not known: sales-qualified all the same", want: "10 points, adfærd 10; sql; budget yes; need yes; timeline yes",
			lead: lead(nil, times(1, "e-bog", nil), acts(did("salgssamtale", day, with(talk, "rolle", nil))))},
		situation{name: "does not decide", want: "10 points, adfærd 10; mql; budget yes; need yes; authority no; timeline yes",
			lead: lead(nil, times(1, "e-bog", nil), acts(did("salgssamtale", day, with(talk, "rolle", "bruger"))))},
		situation{name: "no interest shown", want: "0 points; budget yes; need yes; authority yes; timeline yes",
			lead: lead(nil, acts(did("salgssamtale", day, talk)))},
		situation{name: "heard a year ago", want: "10 points, adfærd 10; mql; timeline yes",
			lead: lead(nil, times(1, "e-bog", nil), acts(did("salgssamtale", 365*day, talk)))},
	)
	printed(t, "kvalificeret-lead.da",
		lead(facts{"stilling": "Økonomichef", "ansatte": 120, "branche": "Fiskeri"}, times(1, "webinar", nil), acts(did("salgssamtale", 3*day, with(talk, "købsdato", nil)))))
}

// Is a lead worth marketing, and is it worth selling? What a committee finds
// out counts from the day it found it, for a year.
func TestDueDiligence(t *testing.T) {
	found := func(age time.Duration, means, reputation, years float64) []qualify.Activity {
		return acts(did("due_diligence", age, facts{"økonomi": means, "omtale": reputation, "firmaets_alder": years}))
	}
	wants := facts{"ønsker_produktet": true}
	check(t, "due-diligence.da",
		situation{name: "a Ferrari without an income", want: "0 points; drømmer; ønske yes; råd no",
			lead: lead(facts{"ønsker_produktet": true, "indkomst": 240000, "får_pengene": false})},
		situation{name: "money is on its way", want: "0 points; mql; ønske yes; råd yes",
			lead: lead(facts{"ønsker_produktet": true, "indkomst": 240000, "får_pengene": true})},
		situation{name: "the dreamer has found work", want: "0 points; mql; ønske yes; råd yes",
			lead: qualify.Lead{ID: "lead", Stage: "drømmer", Profile: facts{"ønsker_produktet": true, "indkomst": 1500000}}},
		situation{name: "the dreamer has not", want: "0 points; drømmer; ønske yes; råd no",
			lead: qualify.Lead{ID: "lead", Stage: "drømmer", Profile: facts{"ønsker_produktet": true, "indkomst": 1499999, "får_pengene": false}}},
		situation{name: "nobody asked about money", want: "0 points; ønske yes", lead: lead(wants)},
		situation{name: "cold canvassing", want: "0 points", lead: lead(nil)},
		situation{name: "sound, of good name, and old", want: "86 points, leadscore 86; A; sql; ønske yes; råd yes", // 4*8 + 3*8 + 30
			lead: lead(wants, found(30*day, 8, 8, 12))},
		situation{name: "sound, but young and difficult", want: "53 points, leadscore 53; B; mql; ønske yes; råd yes", // 4*8 + 3*2 + 15
			lead: lead(wants, found(30*day, 8, 2, 3))},
		situation{name: "the later assessment counts", want: "46 points, leadscore 46; B; drømmer; ønske yes; råd no", // 4*1 + 3*4 + 30
			lead: lead(wants, found(300*day, 8, 8, 11), found(20*day, 1, 4, 12))},
		situation{name: "a year old", want: "0 points; ønske yes", lead: lead(wants, found(365*day, 8, 8, 12))},
		situation{name: "a year old, and was worth marketing", want: "0 points; ønske yes",
			lead: qualify.Lead{ID: "lead", Stage: "mql", Profile: wants, Activities: found(365*day, 8, 8, 12)}},
		situation{name: "a year old, and was a dreamer", want: "0 points; ønske yes",
			lead: qualify.Lead{ID: "lead", Stage: "drømmer", Profile: wants, Activities: found(365*day, 1, 4, 12)}},
		situation{name: "a dreamer whom the committee finds sound", want: "94 points, leadscore 94; A; ønske yes; råd disputed", // 4*9 + 3*9+1 + 30
			lead: qualify.Lead{ID: "lead", Stage: "drømmer", Profile: facts{"ønsker_produktet": true, "indkomst": 240000, "får_pengene": false}, Activities: found(day, 9, 28.0/3, 20)}},
		situation{name: "rich, old and difficult", want: "70 points, leadscore 70; A; mql; ønske yes; råd yes", lead: lead(wants, found(day, 10, 0, 20))},
		situation{name: "not made yet", want: "0 points; ønske yes", lead: lead(wants, found(-time.Hour, 8, 8, 12))},
		situation{name: "sales and marketing have met", want: "10 points", lead: lead(nil, acts(did("overdragelsesmøde", 89*day, nil)))},
		situation{name: "income and the committee disagree", want: "34 points, leadscore 34; C; ønske yes; råd disputed", // 4*1 + 3*5 + 15
			lead: lead(facts{"ønsker_produktet": true, "indkomst": 2000000}, found(day, 1, 5, 5))},
	)
}

// A threshold on points makes a marketing-qualified lead a sales-qualified one;
// and so do six marks, whatever the points.
func TestSalesQualifiedLead(t *testing.T) {
	marks := facts{"behov": "et CRM", "budget": 25000, "rolle": "Stor indflydelse", "købsdato": "2027-03-01"}
	all := "; kontakt yes; need yes; intent yes; budget yes; authority yes; timeline yes"
	check(t, "salgskvalificeret-lead.da",
		situation{name: "O6: whitepaper, newsletter, webinar", want: "35 points; sql",
			lead: lead(nil, times(1, "whitepaper", nil), times(1, "nyhedsbrev", nil), times(1, "webinar", nil))},
		situation{name: "O6: the threshold is not reached", want: "30 points; mql", lead: lead(nil, times(1, "whitepaper", nil), times(1, "webinar", nil))},
		situation{name: "O6: six marks", want: "5 points; sql" + all,
			lead: lead(facts{"kontakt_bekræftet": true}, times(1, "nyhedsbrev", nil), acts(did("samtale", day, marks), did("tilbud", 5*day, nil)))},
		situation{name: "O6: contact not verified", want: "5 points; mql; kontakt no" + all[len("; kontakt yes"):],
			lead: lead(facts{"kontakt_bekræftet": "no"}, times(1, "nyhedsbrev", nil), acts(did("samtale", day, marks), did("tilbud", 5*day, nil)))},
		situation{name: "O6: intent is half a year old", want: "5 points; mql; kontakt yes; need yes" + all[len("; kontakt yes; need yes; intent yes"):],
			lead: lead(facts{"kontakt_bekræftet": true}, times(1, "nyhedsbrev", nil), acts(did("samtale", day, marks), did("tilbud", 180*day, nil)))},
		situation{name: "the wish to buy, in a conversation", want: "5 points; sql" + all,
			lead: lead(facts{"kontakt_bekræftet": true}, times(1, "nyhedsbrev", nil), acts(did("samtale", 2*day, facts{"vil_købe": true}), did("samtale", day, marks)))},
		situation{name: "does not want to buy", want: "0 points; intent no", lead: lead(nil, acts(did("samtale", day, facts{"vil_købe": "no"})))},
		situation{name: "the date has passed", want: "0 points; intent yes; timeline no", lead: lead(nil, acts(did("samtale", 700*day, facts{"købsdato": "2026-10-31"}), did("tilbud", day, nil)))},
		situation{name: "one newsletter, however often it is ordered", want: "5 points; mql", lead: lead(nil, times(7, "nyhedsbrev", nil))},
		situation{name: "webinars of a year ago", want: "0 points", lead: lead(nil, acts(did("webinar", 365*day, nil), did("webinar", 800*day, nil)))},
		situation{name: "nothing yet", want: "0 points", lead: lead(nil)},
	)
}

// What makes an unqualified lead, and that a finished campaign brings it back.
func TestUnqualified(t *testing.T) {
	good := facts{"budżet": 20000, "potrzeba": "łączność w magazynie", "zna_ofertę": "yes", "gotowość": "Gotowy"}
	offer := times(1, "pobranie_oferty", nil)
	started, finished := acts(did("start_kampanii", 60*day, nil)), acts(did("koniec_kampanii", 20*day, nil))
	talk := func(age time.Duration, f facts) []qualify.Activity { return acts(did("rozmowa", age, f)) }
	check(t, "kwalifikacja.pl",
		situation{name: "an offer downloaded", want: "15 points, zaangażowanie 15; mql; nurtured no", lead: lead(nil, offer)},
		situation{name: "letters of the language, in whatever case", want: "35 points, idealny_nabywca 20, zaangażowanie 15; mql; nurtured no",
			lead: lead(facts{"branża": "ŹRÓDŁA ENERGII", "zatrudnienie": "20"}, offer)},
		situation{name: "in the course of the campaign, and ready", want: "25 points, zaangażowanie 25; sql; budget yes; need yes; offer yes; nurtured yes; ready yes",
			lead: lead(nil, offer, started, talk(day, good))},
		situation{name: "ready without a campaign", want: "15 points, zaangażowanie 15; mql; budget yes; need yes; offer yes; nurtured no; ready yes",
			lead: lead(nil, offer, talk(day, good))},
		situation{name: "price beyond reach", want: "25 points, zaangażowanie 25; niekwalifikowany; budget no; need yes; offer yes; nurtured yes; ready yes",
			lead: lead(nil, offer, started, talk(day, with(good, "budżet", 19999)))},
		situation{name: "does not know what is offered", want: "25 points, zaangażowanie 25; niekwalifikowany; budget yes; need yes; offer no; nurtured yes; ready yes",
			lead: lead(nil, offer, started, talk(day, with(good, "zna_ofertę", "no")))},
		situation{name: "does not know what it looks for", want: "25 points, zaangażowanie 25; niekwalifikowany; budget yes; need no; offer yes; nurtured yes; ready yes",
			lead: lead(nil, offer, started, talk(day, with(good, "potrzeba", "Nie wie")))},
		situation{name: "not nurtured enough", want: "25 points, zaangażowanie 25; niekwalifikowany; budget yes; need yes; offer yes; nurtured yes; ready no",
			lead: lead(nil, offer, started, talk(30*day, with(good, "gotowość", "jeszcze nie")))},
		situation{name: "brought back by a finished campaign", want: "35 points, zaangażowanie 35; mql; nurtured yes",
			lead: qualify.Lead{ID: "lead", Stage: "niekwalifikowany", Activities: lead(nil, offer, started, talk(30*day, with(good, "gotowość", "jeszcze nie")), finished).Activities}},
		situation{name: "brought back, and ready", want: "35 points, zaangażowanie 35; sql; budget yes; need yes; offer yes; nurtured yes; ready yes",
			lead: lead(nil, offer, started, talk(30*day, with(good, "budżet", 0)), finished, talk(day, good))},
		situation{name: "brought back by a good conversation after the campaign, without an assessment in between", want: "35 points, zaangażowanie 35; sql; budget yes; need yes; offer yes; nurtured yes; ready yes",
			lead: qualify.Lead{ID: "lead", Stage: "niekwalifikowany", Activities: lead(nil, offer, started, talk(30*day, with(good, "budżet", 0)), finished, talk(day, good)).Activities}},
		situation{name: "stays out while nothing is known to have changed", want: "25 points, zaangażowanie 25; niekwalifikowany; budget no; need yes; offer yes; nurtured yes; ready yes",
			lead: qualify.Lead{ID: "lead", Stage: "niekwalifikowany", Activities: lead(nil, offer, started, talk(300*day, with(good, "budżet", 0))).Activities}},
		situation{name: "readiness is not known", want: "25 points, zaangażowanie 25; mql; budget yes; need yes; offer yes; nurtured yes",
			lead: lead(nil, offer, started, talk(day, with(good, "gotowość", nil)))},
		situation{name: "brought back, and still too dear", want: "35 points, zaangażowanie 35; niekwalifikowany; budget no; need yes; offer yes; nurtured yes; ready yes",
			lead: lead(nil, offer, started, finished, talk(day, with(good, "budżet", 5000)))},
	)
	printed(t, "kwalifikacja.pl",
		lead(facts{"branża": "Żywność", "zatrudnienie": 45}, offer, started, talk(2*day, with(good, "budżet", 5000))))
}

// What marketing-qualified leads do, and what sales-qualified ones ask for.
func TestMarketingQualifiedLead(t *testing.T) {
	item := func(artikel string) facts { return facts{"artikel": artikel} }
	visit := func(age time.Duration, minuter float64) qualify.Activity {
		return did("besök", age, facts{"minuter": minuter})
	}
	check(t, "marknadskvalificerat-lead.sv",
		situation{name: "passes the shop window", want: "0 points", lead: lead(nil, acts(visit(40*day, 2), visit(20*day, 9.9), visit(0, 1)))},
		situation{name: "a free trial", want: "20 points, intresse 20; mql", lead: lead(nil, times(1, "provversion", nil))},
		situation{name: "an e-book", want: "10 points, intresse 10; mql", lead: lead(nil, times(1, "e-bok", nil))},
		situation{name: "a software demo", want: "15 points, intresse 15; mql", lead: lead(nil, times(1, "programvarudemo", nil))},
		situation{name: "a form", want: "5 points, intresse 5; mql", lead: lead(nil, times(1, "formulär", nil))},
		situation{name: "an address for the newsletter", want: "5 points, intresse 5; mql", lead: lead(nil, times(1, "nyhetsbrev", nil))},
		situation{name: "a wish list: one article twice, and another", want: "10 points, intresse 10; mql",
			lead: lead(nil, times(1, "önskelista", item("a")), times(1, "önskelista", item("b")), times(1, "önskelista", item("a")))},
		situation{name: "a cart", want: "15 points, intresse 15; mql", lead: lead(nil, times(1, "kundvagn", item("a")))},
		situation{name: "repeated visits", want: "10 points, intresse 10; mql", lead: lead(nil, acts(visit(29*day, 1), visit(9*day, 1), visit(0, 1)))},
		situation{name: "stays long", want: "10 points, intresse 10; mql", lead: lead(nil, acts(visit(0, 10)))},
		situation{name: "clicks an advertisement", want: "5 points, intresse 5; mql", lead: lead(nil, times(1, "annonsklick", nil))},
		situation{name: "asks for more information", want: "20 points, intresse 20; mql", lead: lead(nil, times(1, "kontakt", nil))},
		situation{name: "half of it is left after 90 days", want: "10 points, intresse 10; mql", lead: lead(nil, acts(did("kontakt", 90*day, nil)))},
		situation{name: "a year of silence", want: "1.20278 points, intresse 1.20278", lead: lead(nil, acts(did("kontakt", 365*day, nil)))}, // 20 * 2^-(365/90)
		situation{name: "asks for the price", want: "50 points, intresse 50; sql", lead: lead(nil, times(1, "prisfråga", nil))},
		situation{name: "asks for a demonstration", want: "65 points, intresse 65; sql", lead: lead(nil, times(1, "kundvagn", item("a")), times(1, "livedemonstration", nil))},
		situation{name: "is plainly not ready to buy", want: "15 points, intresse 15; mql",
			lead: lead(nil, times(1, "kundvagn", item("a")), acts(did("prisfråga", 9*day, nil), did("inte_köpredo", 2*day, nil)))},
		situation{name: "asked for the price a season ago", want: "0 points; mql", lead: lead(nil, acts(did("prisfråga", 91*day, nil)))},
		situation{name: "asked for the price, and is plainly not ready", want: "0 points; mql",
			lead: lead(nil, acts(did("prisfråga", 9*day, nil), did("inte_köpredo", 2*day, nil)))},
		situation{name: "asks again later", want: "65 points, intresse 65; sql",
			lead: lead(nil, times(1, "kundvagn", item("a")), acts(did("inte_köpredo", 2*day, nil), did("prisfråga", day, nil)))},
		situation{name: "letters of the language, in whatever case", want: "20 points, profil 20", lead: lead(facts{"befattning": "INKÖPARE", "anställda": 10, "ort": "göteborg"})},
	)
	printed(t, "marknadskvalificerat-lead.sv",
		lead(facts{"befattning": "ägare", "ort": "Örebro"}, times(2, "önskelista", item("a")), acts(visit(29*day, 12), visit(9*day, 1), visit(0, 1))))
}
