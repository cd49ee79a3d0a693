package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"
)

// At is the instant as of which every lead is assessed.
var At = time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// Policy is the workload's policy: a profile of 12 attributes, 15 types of activity with 3 properties each, 40 rules, 4 groups
// with caps, 4 criteria and 3 stages.
func Policy() qualify.Policy {
	p := qualify.Policy{Name: "bench", Version: "1"}
	for _, a := range attributes {
		p.Profile = append(p.Profile, qualify.Field{Name: a.name, Kind: qualify.Kind(a.kind)})
	}
	for _, a := range propertyKinds {
		p.Properties = append(p.Properties, qualify.Field{Name: a.name, Kind: qualify.Kind(a.kind)})
	}
	for _, s := range signals {
		g := qualify.Signal{ID: s.id}
		if len(s.types) != 1 || s.types[0] != s.id {
			g.Types = s.types
		}
		if s.prefix != "" {
			g.Where = fmt.Sprintf("activity.path startsWith %q", s.prefix)
		}
		p.Signals = append(p.Signals, g)
	}
	l := ours{}
	for _, r := range rules {
		out := qualify.Rule{ID: r.id, Group: r.group, Points: r.points, Else: r.otherwise}
		if r.when != nil {
			out.When = r.when.in(l)
		}
		for _, t := range r.tiers {
			out.Tiers = append(out.Tiers, qualify.Tier{When: t.when.in(l), Points: t.points})
		}
		if e := r.on; e != nil {
			out.On = e.signal
			out.Within = qualify.Duration(e.within) * qualify.Day
			out.Decay.HalfLife = qualify.Duration(e.halfLife) * qualify.Day
			out.Limit.Times = e.newest
			if e.perDay > 0 {
				out.Limit = qualify.Limit{Times: e.perDay, Calendar: "day"}
			}
		}
		p.Rules = append(p.Rules, out)
	}
	for _, g := range groups {
		p.Groups = append(p.Groups, qualify.Group{ID: g.id, Min: &g.min, Max: &g.max})
	}
	var met []string
	for _, c := range criteria {
		met = append(met, c.met.in(l))
	}
	p.Criteria = qualify.BANT(met[0], met[1], met[2], met[3])
	for _, s := range stages {
		out := qualify.Stage{ID: s.id, Exit: s.exit, Enter: s.enter.in(l)}
		if s.keep != nil {
			out.Keep = s.keep.in(l)
		}
		p.Stages = append(p.Stages, out)
	}
	return p
}

var (
	titles     = []string{"CTO", "VP of Sales", "Head of Marketing", "Marketing Manager", "Sales Director", "Student", "Research Assistant", "Engineer", "Owner", "Team Lead Sales"}
	businesses = []string{"Cloud software for clinics", "steel trade", "SaaS for tax advisers", "machine tools", "logistics", "consulting"}
	industries = []string{"software", "finance", "health", "retail", "steel", "energy", "transport"}
	countries  = []string{"DE", "AT", "CH", "FR", "NL", "US", "PL"}
	origins    = []string{"referral", "partner", "search", "ads", "fair", "list"}
	addresses  = []string{"ana@example.de", "bo@example.com", "cy@gmail.com", "di@gmx.de", "ed@works.example.de", "fi@example.fr"}
	tags       = []string{"crm", "email", "events", "analytics", "forecast", "calls"}
	paths      = []string{"/", "/pricing", "/pricing/teams", "/careers", "/careers/sales", "/docs", "/docs/api", "/blog/a", "/blog/b", "/features"}
	topics     = []string{"scoring", "forecasts", "data quality", "onboarding", "security", "pricing"}
	people     = []string{"decision maker", "influencer", "user", "gatekeeper"}
	reasons    = []string{"one list of leads", "fewer tools", "better forecasts", "none", "curious"}
	words      = []string{"a", "b", "c", "d", "e", "f", "g", "h"}
)

// A Maker makes leads, the same for the same seed.
type Maker struct {
	// Unclean leads lack attributes and properties, or have nil for them, and have text in any case.
	Unclean bool
	// Quiet is how many days the newest activity is old at least, at most 364.
	Quiet int

	rand *rand.Rand
}

// NewMaker gives a maker.
func NewMaker(seed uint64) *Maker { return &Maker{rand: rand.New(rand.NewPCG(seed, 7))} }

func (m *Maker) pick(from []string) string {
	return from[m.rand.IntN(len(from))]
}

// typed is text that a person typed.
func (m *Maker) typed(from []string) string {
	s := m.pick(from)
	if m.Unclean && m.rand.IntN(3) == 0 {
		b := []byte(s)
		for i := range b {
			if m.rand.IntN(2) == 0 && 'a' <= b[i] && b[i] <= 'z' {
				b[i] -= 'a' - 'A'
			}
		}
		return " " + string(b) + "\t"
	}
	return s
}

// whole is a whole number below n, most often a small one.
func (m *Maker) whole(n int) float64 {
	return float64(m.rand.IntN(1 + m.rand.IntN(n)))
}

// Lead makes a lead with a history of h activities over the year before At, in order, each at an instant and with an ID of its
// own. A complete lead has each attribute and each property.
func (m *Maker) Lead(h int) qualify.Lead {
	lead := m.stranger()
	switch m.rand.IntN(4) {
	case 0:
		lead.Stage = "mql"
	case 1:
		lead.Stage = "sql"
	case 2:
		if m.rand.IntN(3) == 0 {
			lead.Stage = "disqualified"
		}
	}
	if lead.Stage != "" {
		lead.StageSince = At.Add(-30 * day)
	}
	// Spread over the year. The offsets are drawn and sorted; nothing is multiplied by h, so that no span overflows.
	span := int64(year - time.Duration(m.Quiet)*day)
	ages := make([]int64, h)
	for i := range ages {
		ages[i] = int64(m.Quiet)*int64(day) + m.rand.Int64N(span)
	}
	slices.Sort(ages)
	for i := 1; i < h; i++ {
		ages[i] = max(ages[i], ages[i-1]+1) // one instant each
	}
	slices.Reverse(ages)
	lead.Activities = make([]qualify.Activity, h)
	for i, age := range ages {
		lead.Activities[i] = m.activity(i, At.Add(-time.Duration(age)))
	}
	return lead
}

// stranger makes a lead of which only the profile is known.
func (m *Maker) stranger() qualify.Lead {
	lead := qualify.Lead{ID: "lead " + strconv.Itoa(m.rand.IntN(1e6)), Profile: map[string]any{
		"employees": m.whole(5000), "revenue": m.whole(100e6), "seats": m.whole(60),
		"industry": m.typed(industries), "title": m.typed(titles), "business": m.typed(businesses),
		"country": m.pick(countries), "source": m.pick(origins), "email": m.pick(addresses), "email_verified": m.rand.IntN(3) > 0,
		"founded":   time.Date(1990+m.rand.IntN(35), 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.rand.IntN(365)),
		"interests": []string{m.typed(tags), m.typed(tags), m.typed(tags)},
	}}
	if m.Unclean {
		for _, a := range attributes {
			m.spoil(lead.Profile, a.name)
		}
	}
	return lead
}

func (m *Maker) activity(i int, at time.Time) qualify.Activity {
	n, t := m.rand.IntN(100), 0
	for n >= activityTypes[t].share {
		n -= activityTypes[t].share
		t++
	}
	a := qualify.Activity{ID: "act-" + strconv.Itoa(100000+i), Type: activityTypes[t].name, At: at, Props: make(map[string]any, 3)}
	for _, p := range activityTypes[t].props {
		a.Props[p] = m.property(p, at)
		if m.Unclean {
			m.spoil(a.Props, p)
		}
	}
	return a
}

// A Fact is what becomes known of a lead at an instant: an activity or, where Attribute is not blank, the value of an attribute.
type Fact struct {
	At        time.Time
	Activity  qualify.Activity
	Attribute string
	Value     any
}

// Life makes a lead that comes into being at some instant of a span, as it is known then, and the facts that arrive from then to
// the end of the span, in order, all of them on full seconds. It is what a CRM sees of most leads: some ten activities, half of
// them with four or fewer and one in a thousand with hundreds, in bursts of about three, by day; in between, it is silent for
// hours or for months, and after the last for good. Each of six attributes is unknown at first for half of the leads, and learnt
// right after one of the activities, if there are any.
func (m *Maker) Life(from, to time.Time) (lead qualify.Lead, created time.Time, facts []Fact) {
	// byDay gives an instant between 7 and 19 o'clock of the same day.
	byDay := func(at time.Time) time.Time {
		return at.Truncate(day).Add(7*time.Hour + time.Duration(m.rand.IntN(12*60*60))*time.Second)
	}
	lead = m.stranger()
	created = byDay(from.Add(time.Duration(m.rand.Int64N(int64(to.Sub(from))))))
	n := min(600, int(math.Round(4*math.Exp(1.35*m.rand.NormFloat64()))))
	at := created
	for i := range n {
		a := m.activity(i, at)
		facts = append(facts, Fact{At: at, Activity: a})
		if m.rand.IntN(3) > 0 {
			at = at.Add(time.Duration(20+m.rand.IntN(600)) * time.Second)
			continue
		}
		usual := []float64{1, 1, 3, 3, 10, 40}[m.rand.IntN(6)] // days of silence
		next := byDay(at.Add(time.Duration(usual * m.rand.ExpFloat64() * float64(day))))
		for !next.After(at) {
			next = next.Add(day)
		}
		at = next
	}
	for _, name := range []string{"employees", "revenue", "seats", "business", "founded", "interests"} {
		if m.rand.IntN(2) == 0 {
			continue
		}
		if n > 0 {
			after := facts[m.rand.IntN(n)].At
			facts = append(facts, Fact{At: after.Add(10 * time.Second), Attribute: name, Value: lead.Profile[name]})
		}
		delete(lead.Profile, name)
	}
	slices.SortStableFunc(facts, func(a, b Fact) int { return a.At.Compare(b.At) })
	end, _ := slices.BinarySearchFunc(facts, to, func(f Fact, to time.Time) int { return f.At.Compare(to) })
	return lead, created, facts[:end]
}

// Arrivals makes n activities that come after At and after all of a lead's, in order, some minutes apart.
func (m *Maker) Arrivals(lead *qualify.Lead, n int) []qualify.Activity {
	out, at := make([]qualify.Activity, n), At
	for i := range out {
		at = at.Add(time.Duration(1+m.rand.Int64N(600)) * time.Second)
		out[i] = m.activity(len(lead.Activities)+i, at)
	}
	return out
}

// spoil takes an entry away, now and then.
func (m *Maker) spoil(from map[string]any, name string) {
	switch m.rand.IntN(12) {
	case 0:
		delete(from, name)
	case 1:
		from[name] = nil
	}
}

func (m *Maker) property(name string, at time.Time) any {
	switch name {
	case "path":
		return m.pick(paths)
	case "topic":
		return m.typed(topics)
	case "role":
		return m.typed(people)
	case "need":
		return m.typed(reasons)
	case "device", "campaign", "product", "city", "reason":
		return m.pick(words)
	case "seconds":
		return m.whole(240)
	case "minutes":
		return m.whole(90)
	case "budget":
		return 1000 * m.whole(120)
	case "amount":
		return 100 * m.whole(2000)
	case "seats":
		return m.whole(90)
	case "attendees":
		return 1 + m.whole(8)
	case "start":
		return at.Add(time.Duration(m.rand.IntN(400)) * day)
	}
	return m.whole(20)
}

// Leads makes n leads with histories of h activities, the same each time. No attribute is missing. At h of 10, some have nothing
// that a function of the history asks for.
func Leads(n, h int) []qualify.Lead {
	m := NewMaker(uint64(h))
	out := make([]qualify.Lead, n)
	for i := range out {
		out[i] = m.Lead(h)
	}
	return out
}

// Held makes leads as Leads does, of those that their points hold in a stage: when they lose it, or come into the next one, must
// be searched for.
func Held(n, h int) []qualify.Lead {
	m, model := NewMaker(uint64(h)), qualify.MustCompile(Policy())
	var out []qualify.Lead
	for len(out) < n {
		lead := m.Lead(h)
		a, err := model.Assess(&lead, At)
		must(err)
		if s := a.Verdict.Stage; s == "mql" || s == "sql" {
			lead.Stage, lead.StageSince = s, At.Add(-30*day)
			out = append(out, lead)
		}
	}
	return out
}

// Forget takes three attributes from each lead, in turn.
func Forget(leads []qualify.Lead) []qualify.Lead {
	for i := range leads {
		for k := range 3 {
			delete(leads[i].Profile, attributes[(i+5*k)%len(attributes)].name)
		}
	}
	return leads
}

// Identify gives each activity a random ID of 36 letters, as event pipelines do, in place of one of a sequence, as databases do.
func Identify(leads []qualify.Lead) []qualify.Lead {
	r := rand.New(rand.NewPCG(9, 9))
	for i := range leads {
		for k := range leads[i].Activities {
			a, b := r.Uint64(), r.Uint64()
			leads[i].Activities[k].ID = fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
		}
	}
	return leads
}
