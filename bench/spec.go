// Package bench compares the library with other ways to score a lead: hand-written Go, and general engines for expressions and
// policies. All of them get one workload, and the tests hold them to the same scores, stages and answers.
package bench

import "strings"

// A cond is a condition of the workload. Each language prints it in its own words.
type cond interface{ in(l language) string }

// A language prints conditions.
type language interface {
	all(of []string) string
	any(of []string) string

	number(attribute, op string, v float64) string      // a number attribute, compared
	oneOf(attribute string, values []string) string     // a text attribute, one of some
	matches(attribute string, literals []string) string // a text attribute that holds one of some literals, in any case
	ends(attribute, suffix string) string               // a text attribute
	has(attribute, value string) string                 // a list of texts
	yes(attribute string) string                        // a bool attribute
	until(attribute, day string) string                 // a time attribute, not after a day

	call(f call, op string, v float64) string  // a function that gives a number, compared
	since(signal, op string, days int) string  // how long ago the signal last occurred
	happened(signal string, window int) string // whether it occurred
	followed(a, b string, within int) string   // whether some b came after some a, so many days later at most
	latest(c latest, values []string) string   // a text property on the newest activity that has it, one of some
	latestNumber(c latest, v float64) string   // a number property, at least v
	latestWithin(c latest, days int) string    // a time property, so many days from now at most
	score(group, op string, v float64) string  // a group's points, or with "" the total
	metCount(op string, v float64) string      // how many criteria are met
}

type (
	all    []cond
	anyOf  []cond
	number struct {
		attribute, op string
		v             float64
	}
	oneOf struct {
		attribute string
		values    []string
	}
	matches struct {
		attribute string
		literals  []string
	}
	ends  struct{ attribute, suffix string }
	has   struct{ attribute, value string }
	yes   struct{ attribute string }
	until struct{ attribute, day string }
	// call is count, total, mean, highest, distinct or active_days; a window of 0 is the whole history.
	call struct {
		name, signal, property string
		window                 int
	}
	compared struct {
		call
		op string
		v  float64
	}
	since struct {
		signal, op string
		days       int
	}
	happened struct {
		signal string
		window int
	}
	followed struct {
		a, b   string
		within int
	}
	latest struct {
		signal, property string
		window           int
	}
	// said is a condition on the newest value of a property.
	said struct {
		latest
		values []string // a text, one of these
		least  float64  // a number, at least this
		within int      // a time, at most so many days from now
	}
	score struct {
		group, op string
		v         float64
	}
	met struct {
		op string
		v  float64
	}
)

func texts(l language, of []cond) []string {
	var out []string
	for _, c := range of {
		out = append(out, c.in(l))
	}
	return out
}

func (c all) in(l language) string      { return l.all(texts(l, c)) }
func (c anyOf) in(l language) string    { return l.any(texts(l, c)) }
func (c number) in(l language) string   { return l.number(c.attribute, c.op, c.v) }
func (c oneOf) in(l language) string    { return l.oneOf(c.attribute, c.values) }
func (c matches) in(l language) string  { return l.matches(c.attribute, c.literals) }
func (c ends) in(l language) string     { return l.ends(c.attribute, c.suffix) }
func (c has) in(l language) string      { return l.has(c.attribute, c.value) }
func (c yes) in(l language) string      { return l.yes(c.attribute) }
func (c until) in(l language) string    { return l.until(c.attribute, c.day) }
func (c compared) in(l language) string { return l.call(c.call, c.op, c.v) }
func (c since) in(l language) string    { return l.since(c.signal, c.op, c.days) }
func (c happened) in(l language) string { return l.happened(c.signal, c.window) }
func (c followed) in(l language) string { return l.followed(c.a, c.b, c.within) }
func (c score) in(l language) string    { return l.score(c.group, c.op, c.v) }
func (c met) in(l language) string      { return l.metCount(c.op, c.v) }

func (c said) in(l language) string {
	switch {
	case c.values != nil:
		return l.latest(c.latest, c.values)
	case c.within != 0:
		return l.latestWithin(c.latest, c.within)
	}
	return l.latestNumber(c.latest, c.least)
}

// event is what an event rule has beyond its points.
type event struct {
	signal         string
	halfLife       int // in days
	newest, perDay int // how many occurrences pay: the newest of all, the first of each day
	within         int // in days
}

// tier is one step of a rule with several.
type tier struct {
	when   cond
	points float64
}

// rule is a rule of the workload: with when, with tiers, or on an event.
type rule struct {
	id, group string
	points    float64
	otherwise float64
	when      cond
	tiers     []tier
	on        *event
}

type group struct {
	id       string
	min, max float64
}

type signal struct {
	id     string
	types  []string
	prefix string // of the property path
}

type criterion struct {
	id  string
	met said
}

type stage struct {
	id          string
	exit        bool
	enter, keep cond
}

// The profile: 12 attributes.
var attributes = []struct{ name, kind string }{
	{"employees", "number"}, {"revenue", "number"}, {"seats", "number"}, {"industry", "text"}, {"title", "text"}, {"business", "text"},
	{"country", "code"}, {"source", "code"}, {"email", "code"}, {"email_verified", "bool"}, {"founded", "time"}, {"interests", "texts"},
}

// activityTypes are the 15 types of activities, each with its share of the whole, in percent, and its 3 properties.
var activityTypes = []struct {
	name  string
	share int
	props [3]string
}{
	{"page_view", 34, [3]string{"path", "seconds", "device"}},
	{"email_open", 20, [3]string{"campaign", "device", "links"}},
	{"email_click", 8, [3]string{"campaign", "device", "path"}},
	{"form", 5, [3]string{"path", "fields", "campaign"}},
	{"webinar", 3, [3]string{"topic", "minutes", "questions"}},
	{"whitepaper", 4, [3]string{"topic", "pages", "path"}},
	{"event", 3, [3]string{"topic", "city", "minutes"}},
	{"demo", 2, [3]string{"product", "attendees", "minutes"}},
	{"call", 4, [3]string{"budget", "role", "minutes"}},
	{"meeting", 3, [3]string{"need", "attendees", "minutes"}},
	{"trial", 1, [3]string{"product", "seats", "days"}},
	{"trial_login", 6, [3]string{"product", "minutes", "device"}},
	{"quote", 2, [3]string{"amount", "product", "start"}},
	{"unsubscribe", 1, [3]string{"campaign", "reason", "device"}},
	{"complaint", 4, [3]string{"topic", "severity", "product"}},
}

// propertyKinds are those of all properties.
var propertyKinds = []struct{ name, kind string }{
	{"path", "code"}, {"device", "code"}, {"campaign", "code"}, {"product", "code"},
	{"topic", "text"}, {"city", "text"}, {"role", "text"}, {"need", "text"}, {"reason", "text"},
	{"seconds", "number"}, {"links", "number"}, {"fields", "number"}, {"minutes", "number"}, {"questions", "number"}, {"pages", "number"},
	{"attendees", "number"}, {"budget", "number"}, {"seats", "number"}, {"days", "number"}, {"amount", "number"}, {"severity", "number"},
	{"start", "time"},
}

// engaging are the types of the signal engaged.
var engaging = []string{"page_view", "email_click", "form", "webinar", "whitepaper", "event", "demo", "call", "meeting", "trial_login"}

var signals = append(own(),
	signal{"engaged", engaging, ""},
	signal{"pricing_view", []string{"page_view"}, "/pricing"},
	signal{"careers_view", []string{"page_view"}, "/careers"},
)

func own() (out []signal) {
	for _, t := range activityTypes {
		out = append(out, signal{t.name, []string{t.name}, ""})
	}
	return out
}

func count(signal string, window int) call { return call{"count", signal, "", window} }

var (
	decides  = []string{"cto", "vp", "head of", "chief"}
	leads    = []string{"manager", "director", "team lead"}
	software = []string{"software", "saas", "cloud"}
	outside  = []string{"student", "intern", "assistant", "retired"}
	roles    = []string{"decision maker", "influencer"}
	needs    = []string{"one list of leads", "fewer tools", "better forecasts"}
	sectors  = []string{"software", "finance", "health"}
	near     = []string{"DE", "AT", "CH"}
	sources  = []string{"referral", "partner"}
)

// The 40 rules: 15 on the profile, 20 on behaviour, 5 negative; 4 with a regular expression.
var rules = []rule{
	{id: "size", group: "fit", tiers: []tier{
		{number{"employees", ">=", 1000}, 20}, {number{"employees", ">=", 200}, 15}, {number{"employees", ">=", 50}, 8}}},
	{id: "revenue", group: "fit", points: 10, when: number{"revenue", ">=", 10e6}, otherwise: -2},
	{id: "industry", group: "fit", points: 10, when: oneOf{"industry", sectors}, otherwise: -3},
	{id: "country", group: "fit", points: 8, when: oneOf{"country", near}},
	{id: "decides", group: "fit", points: 15, when: matches{"title", decides}},
	{id: "leads", group: "fit", points: 8, when: matches{"title", leads}},
	{id: "business", group: "fit", points: 4, when: matches{"business", software}},
	{id: "source", group: "fit", points: 7, when: oneOf{"source", sources}},
	{id: "verified", group: "fit", points: 3, when: yes{"email_verified"}, otherwise: -4},
	{id: "interest", group: "fit", points: 6, when: has{"interests", "crm"}},
	{id: "two interests", group: "fit", points: 3, when: all{has{"interests", "email"}, has{"interests", "events"}}},
	{id: "seats", group: "fit", points: 6, when: number{"seats", ">=", 20}},
	{id: "seats per head", group: "fit", points: 2, when: all{number{"seats", "<", 5}, number{"employees", "<", 50}}},
	{id: "settled", group: "fit", points: 4, when: until{"founded", "2015-01-01"}},
	{id: "home", group: "fit", points: 5, when: all{number{"employees", ">=", 100}, oneOf{"country", []string{"DE"}}, ends{"email", ".de"}}},

	{id: "pricing", group: "intent", points: 15, when: compared{count("pricing_view", 30), ">=", 3}},
	{id: "busy week", group: "engagement", points: 8, when: compared{count("page_view", 7), ">=", 10}},
	{id: "clicks", group: "engagement", points: 6, when: compared{count("email_click", 30), ">=", 2}},
	{id: "demo", group: "intent", points: 15, when: happened{"demo", 90}},
	{id: "quoted", group: "intent", points: 10, when: happened{"quote", 0}},
	{id: "fresh call", group: "intent", points: 8, when: since{"call", "<=", 14}},
	{id: "fresh view", group: "engagement", points: 5, when: since{"page_view", "<", 3}},
	{id: "webinar hour", group: "engagement", points: 8, when: compared{call{"total", "webinar", "minutes", 180}, ">=", 60}},
	{id: "reads", group: "engagement", points: 6, when: compared{call{"total", "page_view", "seconds", 30}, ">=", 600}},
	{id: "large trial", group: "intent", points: 10, when: compared{call{"highest", "trial", "seats", 0}, ">=", 50}},
	{id: "topics", group: "engagement", points: 6, when: compared{call{"distinct", "whitepaper", "topic", 0}, ">=", 3}},
	{id: "large budget", group: "intent", points: 12, when: said{latest: latest{"call", "budget", 0}, least: 50000}},
	{id: "active days", group: "engagement", points: 8, when: compared{call{"active_days", "engaged", "", 30}, ">=", 5}},
	{id: "convinced", group: "intent", points: 10, when: followed{"webinar", "demo", 14}},
	{id: "meets in numbers", group: "intent", points: 5, when: compared{call{"mean", "meeting", "attendees", 0}, ">=", 3}},
	{id: "whitepaper", group: "engagement", points: 10, on: &event{signal: "whitepaper", halfLife: 30}},
	{id: "webinar", group: "engagement", points: 20, on: &event{signal: "webinar", newest: 2}},
	{id: "opens", group: "engagement", points: 1, on: &event{signal: "email_open", halfLife: 14, newest: 20}},
	{id: "forms", group: "engagement", points: 8, on: &event{signal: "form", halfLife: 60, perDay: 1}},
	{id: "logs in", group: "intent", points: 2, on: &event{signal: "trial_login", perDay: 3, within: 90}},

	{id: "outside", group: "against", points: -20, when: matches{"title", outside}},
	{id: "quiet", group: "against", points: -15, when: since{"engaged", ">=", 60}},
	{id: "unsubscribed", group: "against", points: -25, when: compared{count("unsubscribe", 0), ">=", 1}},
	{id: "free mail", group: "against", points: -8, when: anyOf{ends{"email", "@gmail.com"}, ends{"email", "@gmx.de"}}},
	{id: "wants a job", group: "against", points: -10, when: compared{count("careers_view", 90), ">=", 3}},
}

// The groups, in whose order engines hand over points.
var groups = []group{{"fit", -20, 60}, {"engagement", 0, 80}, {"intent", 0, 70}, {"against", -50, 0}}

var criteria = []criterion{
	{"budget", said{latest: latest{"call", "budget", 180}, least: 10000}},
	{"authority", said{latest: latest{"call", "role", 0}, values: roles}},
	{"need", said{latest: latest{"meeting", "need", 180}, values: needs}},
	{"timeline", said{latest: latest{"quote", "start", 0}, within: 90}},
}

// The stages: two, and an exit. No keep depends on what can be unknown.
var stages = []stage{
	{id: "mql", enter: score{"engagement", ">=", 30}, keep: score{"engagement", ">=", 20}},
	{id: "sql", enter: all{score{"", ">=", 60}, met{">=", 2}, yes{"email_verified"}}, keep: score{"", ">=", 45}},
	{id: "disqualified", exit: true, enter: all{happened{"complaint", 30}, score{"", "<", 0}}},
}

// quoted gives a list of texts as most languages write it.
func quoted(values []string) string { return `["` + strings.Join(values, `", "`) + `"]` }
