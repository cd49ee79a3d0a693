package bench

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// The two scorers of this file are what a programmer writes for this one policy. They compute the score, the stage and the
// answers, and nothing else. They hold that attributes and properties may be missing or nil (unknown), and that text differs in
// case and in white space at its ends. They rely on what the library does not: that activities are in order, that no two have
// one instant, that numbers are float64, times time.Time and lists []string, and that each activity came once (handfused-dedupe
// looks).

// Outcome is what all engines compute.
type Outcome struct {
	Points  float64
	Stage   string
	Answers [4]qualify.Answer
}

// micro is a number of points in millionths.
type micro int64

const point micro = 1e6

func rounded(points float64) micro { return micro(math.Round(points * 1e6)) }

func (m micro) float() float64 { return float64(m) / 1e6 }

func clamp(m, lo, hi micro) micro { return max(lo*point, min(m, hi*point)) }

// total adds up the groups and caps them.
func total(fit, engagement, intent, against micro) (all, engaged micro) {
	engaged = clamp(engagement, 0, 80)
	return clamp(fit, -20, 60) + engaged + clamp(intent, 0, 70) + clamp(against, -50, 0), engaged
}

// settle gives the stage. No condition but sql's can be unknown, and that one only opens.
func settle(present string, mql, keepMQL, sql, keepSQL, disqualified bool) string {
	switch {
	case disqualified:
		return "disqualified"
	case present == "sql" && keepSQL || present != "sql" && sql:
		return "sql"
	case present == "sql" && (keepMQL || mql), present == "mql" && keepMQL, present != "sql" && present != "mql" && mql:
		return "mql"
	}
	return ""
}

func text(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(s)
}

func among(s string, values ...string) bool {
	for _, v := range values {
		if s == v {
			return true
		}
	}
	for _, v := range values {
		if strings.EqualFold(s, v) {
			return true
		}
	}
	return false
}

func answer(yes bool) qualify.Answer {
	if yes {
		return qualify.Yes
	}
	return qualify.No
}

var (
	decidesPattern  = regexp.MustCompile(`(?i)(cto|vp|head of|chief)`)
	leadsPattern    = regexp.MustCompile(`(?i)(manager|director|team lead)`)
	softwarePattern = regexp.MustCompile(`(?i)(software|saas|cloud)`)
	outsidePattern  = regexp.MustCompile(`(?i)(student|intern|assistant|retired)`)
	settledBy       = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
)

// profile gives the points for the profile, and those of the rules against it.
func profile(p map[string]any, matches func(text string, of int) bool) (fit, against micro, verified bool) {
	employees, sized := p["employees"].(float64)
	if sized {
		switch {
		case employees >= 1000:
			fit += 20 * point
		case employees >= 200:
			fit += 15 * point
		case employees >= 50:
			fit += 8 * point
		}
	}
	if revenue, ok := p["revenue"].(float64); ok {
		if revenue >= 10e6 {
			fit += 10 * point
		} else {
			fit -= 2 * point
		}
	}
	if industry := text(p["industry"]); industry != "" {
		if among(industry, sectors...) {
			fit += 10 * point
		} else {
			fit -= 3 * point
		}
	}
	country, _ := p["country"].(string)
	switch country {
	case "DE", "AT", "CH":
		fit += 8 * point
	}
	if title := text(p["title"]); title != "" {
		if matches(title, 0) {
			fit += 15 * point
		}
		if matches(title, 1) {
			fit += 8 * point
		}
		if matches(title, 3) {
			against -= 20 * point
		}
	}
	if matches(text(p["business"]), 2) {
		fit += 4 * point
	}
	if source, _ := p["source"].(string); source == "referral" || source == "partner" {
		fit += 7 * point
	}
	verified, known := p["email_verified"].(bool)
	switch {
	case verified:
		fit += 3 * point
	case known:
		fit -= 4 * point
	}
	interests, _ := p["interests"].([]string)
	var crm, email, events bool
	for _, s := range interests {
		switch s = strings.TrimSpace(s); {
		case strings.EqualFold(s, "crm"):
			crm = true
		case strings.EqualFold(s, "email"):
			email = true
		case strings.EqualFold(s, "events"):
			events = true
		}
	}
	if crm {
		fit += 6 * point
	}
	if email && events {
		fit += 3 * point
	}
	if seats, ok := p["seats"].(float64); ok {
		if seats >= 20 {
			fit += 6 * point
		}
		if seats < 5 && sized && employees < 50 {
			fit += 2 * point
		}
	}
	if founded, ok := p["founded"].(time.Time); ok && !founded.After(settledBy) {
		fit += 4 * point
	}
	address, _ := p["email"].(string)
	if sized && employees >= 100 && country == "DE" && strings.HasSuffix(address, ".de") {
		fit += 5 * point
	}
	if strings.HasSuffix(address, "@gmail.com") || strings.HasSuffix(address, "@gmx.de") {
		against -= 8 * point
	}
	return fit, against, verified
}

// A loop is a lead whose history is walked through for each rule.
type loop struct {
	activities []qualify.Activity
	at         time.Time
}

func (l *loop) from(days int) time.Time { return l.at.Add(-time.Duration(days) * day) }

// each calls f for the activities of a type within so many days, newest first, until it is false. 0 days are all.
func (l *loop) each(kind string, days int, f func(a *qualify.Activity) bool) {
	from := l.from(days)
	for i := len(l.activities) - 1; i >= 0; i-- {
		a := &l.activities[i]
		if a.Type == kind && !a.At.After(l.at) && (days == 0 || a.At.After(from)) && !f(a) {
			return
		}
	}
}

func (l *loop) count(kind string, days int) (n int) {
	l.each(kind, days, func(*qualify.Activity) bool { n++; return true })
	return n
}

func (l *loop) countPath(prefix string, days int) (n int) {
	l.each("page_view", days, func(a *qualify.Activity) bool {
		if path, _ := a.Props["path"].(string); strings.HasPrefix(path, prefix) {
			n++
		}
		return true
	})
	return n
}

func (l *loop) happened(kind string, days int) (yes bool) {
	l.each(kind, days, func(*qualify.Activity) bool { yes = true; return false })
	return yes
}

// last gives the age of the newest, or a negative one.
func (l *loop) last(kind string) time.Duration {
	age := time.Duration(-1)
	l.each(kind, 0, func(a *qualify.Activity) bool { age = l.at.Sub(a.At); return false })
	return age
}

func (l *loop) numbers(kind, prop string, days int) (sum, highest float64, n int) {
	l.each(kind, days, func(a *qualify.Activity) bool {
		if v, ok := a.Props[prop].(float64); ok {
			if n == 0 || v > highest {
				highest = v
			}
			sum += v
			n++
		}
		return true
	})
	return sum, highest, n
}

func (l *loop) latest(kind, prop string, days int) (found any) {
	l.each(kind, days, func(a *qualify.Activity) bool {
		v := a.Props[prop]
		if s, ok := v.(string); ok && strings.TrimSpace(s) == "" {
			v = nil
		}
		found = v
		return v == nil
	})
	return found
}

func decayed(age, halfLife time.Duration) float64 {
	return math.Exp2(-float64(age) / float64(halfLife))
}

// handLoop is the scorer with a loop over the activities for each rule.
func handLoop(lead *qualify.Lead, at time.Time) Outcome {
	l := &loop{lead.Activities, at}
	fit, against, verified := profile(lead.Profile, func(text string, of int) bool {
		return [...]*regexp.Regexp{decidesPattern, leadsPattern, softwarePattern, outsidePattern}[of].MatchString(text)
	})
	var engagement, intent micro
	if l.countPath("/pricing", 30) >= 3 {
		intent += 15 * point
	}
	if l.count("page_view", 7) >= 10 {
		engagement += 8 * point
	}
	if l.count("email_click", 30) >= 2 {
		engagement += 6 * point
	}
	if l.happened("demo", 90) {
		intent += 15 * point
	}
	if l.happened("quote", 0) {
		intent += 10 * point
	}
	if age := l.last("call"); age >= 0 && age <= 14*day {
		intent += 8 * point
	}
	if age := l.last("page_view"); age >= 0 && age < 3*day {
		engagement += 5 * point
	}
	if sum, _, _ := l.numbers("webinar", "minutes", 180); sum >= 60 {
		engagement += 8 * point
	}
	if sum, _, _ := l.numbers("page_view", "seconds", 30); sum >= 600 {
		engagement += 6 * point
	}
	if _, highest, n := l.numbers("trial", "seats", 0); n > 0 && highest >= 50 {
		intent += 10 * point
	}
	var topics []string
	l.each("whitepaper", 0, func(a *qualify.Activity) bool {
		if topic := text(a.Props["topic"]); topic != "" && !among(topic, topics...) {
			topics = append(topics, topic)
		}
		return true
	})
	if len(topics) >= 3 {
		engagement += 6 * point
	}
	if budget, ok := l.latest("call", "budget", 0).(float64); ok && budget >= 50000 {
		intent += 12 * point
	}
	var days, lastDay int64
	var engaged bool
	var engagedAge time.Duration
	from := l.from(30)
	for i := len(l.activities) - 1; i >= 0; i-- {
		a := &l.activities[i]
		if a.At.After(at) || !slices.Contains(engaging, a.Type) {
			continue
		}
		if !engaged {
			engaged, engagedAge = true, at.Sub(a.At)
		}
		if d := a.At.Unix() / 86400; a.At.After(from) && d != lastDay {
			days++
			lastDay = d
		}
	}
	if days >= 5 {
		engagement += 8 * point
	}
	if engaged && engagedAge >= 60*day {
		against -= 15 * point
	}
	convinced := false
	l.each("webinar", 0, func(a *qualify.Activity) bool {
		l.each("demo", 0, func(b *qualify.Activity) bool {
			convinced = convinced || b.At.After(a.At) && b.At.Sub(a.At) < 14*day
			return !convinced && b.At.After(a.At)
		})
		return !convinced
	})
	if convinced {
		intent += 10 * point
	}
	if sum, _, n := l.numbers("meeting", "attendees", 0); n > 0 && sum/float64(n) >= 3 {
		intent += 5 * point
	}
	var sum float64
	l.each("whitepaper", 0, func(a *qualify.Activity) bool {
		sum += 10 * decayed(at.Sub(a.At), 30*day)
		return true
	})
	engagement += rounded(sum)
	engagement += 20 * point * micro(min(2, l.count("webinar", 0)))
	sum, left := 0, 20
	l.each("email_open", 0, func(a *qualify.Activity) bool {
		sum += decayed(at.Sub(a.At), 14*day)
		left--
		return left > 0
	})
	engagement += rounded(sum)
	sum, lastDay = 0, 0
	var earliest float64
	l.each("form", 0, func(a *qualify.Activity) bool {
		if d := a.At.Unix() / 86400; d != lastDay {
			sum += earliest
			lastDay = d
		}
		earliest = 8 * decayed(at.Sub(a.At), 60*day)
		return true
	})
	engagement += rounded(sum + earliest)
	var paid, today, late int // late: how many of the day's first are too old to pay
	lastDay = 0
	from = l.from(90)
	l.each("trial_login", 91, func(a *qualify.Activity) bool {
		if d := a.At.Unix() / 86400; d != lastDay {
			paid += max(0, min(3, today)-late)
			lastDay, today, late = d, 0, 0
		}
		today++
		if !a.At.After(from) {
			late++
		}
		return true
	})
	intent += 2 * point * micro(paid+max(0, min(3, today)-late))
	if l.count("unsubscribe", 0) >= 1 {
		against -= 25 * point
	}
	if l.countPath("/careers", 90) >= 3 {
		against -= 10 * point
	}

	out := Outcome{}
	if budget, ok := l.latest("call", "budget", 180).(float64); ok {
		out.Answers[0] = answer(budget >= 10000)
	}
	if role := text(l.latest("call", "role", 0)); role != "" {
		out.Answers[1] = answer(among(role, roles...))
	}
	if need := text(l.latest("meeting", "need", 180)); need != "" {
		out.Answers[2] = answer(among(need, needs...))
	}
	if start, ok := l.latest("quote", "start", 0).(time.Time); ok {
		out.Answers[3] = answer(start.Sub(at) <= 90*day)
	}
	finish(&out, lead, fit, engagement, intent, against, verified, l.happened("complaint", 30))
	return out
}

func finish(out *Outcome, lead *qualify.Lead, fit, engagement, intent, against micro, verified, complained bool) {
	score, engaged := total(fit, engagement, intent, against)
	met := 0
	for _, a := range out.Answers {
		if a == qualify.Yes {
			met++
		}
	}
	out.Points = score.float()
	out.Stage = settle(lead.Stage, engaged >= 30*point, engaged >= 20*point,
		score >= 60*point && met >= 2 && verified, score >= 45*point, complained && score < 0)
}

// literals are those of the patterns, in lower case.
var literals = [4][]string{decides, leads, software, outside}

// holds reports whether a text holds one of the literals, whatever the case of its letters. All are ASCII.
func holds(s string, of int) bool {
	for _, literal := range literals[of] {
		first := literal[0]
		for i := 0; i+len(literal) <= len(s); i++ {
			if s[i]|0x20 == first && strings.EqualFold(s[i:i+len(literal)], literal) {
				return true
			}
		}
	}
	return false
}

// identity tells activities apart.
type identity struct{ kind, id string }

// handFused is the scorer with one pass over the activities, from the newest back. With seen, an activity that came before with
// the same type and ID is passed over.
func handFused(lead *qualify.Lead, at time.Time, seen map[identity]struct{}) Outcome {
	const (
		d       = int64(day)
		nothing = math.MaxInt64
	)
	var (
		now                                                             = at.UnixNano()
		view, call, engaged, demo                                 int64 = nothing, nothing, nothing, nothing // the newest one's age, or instant
		pricing, views7, clicks, careers, active, webinars, opens int
		demo90, quoted, convinced, unsubscribed, complained       bool
		webinarMinutes, seconds, attendees                        float64
		meetings                                                  int
		largeTrial                                                bool
		topics                                                    [3]string
		nTopics                                                   int
		whitepapers, opened, forms, form                          float64
		activeDay, formDay, loginDay                              int64
		paid, today, late                                         int
		budget                                                    float64
		budgetAge                                                 int64 = nothing
		role, need                                                string
		start                                                     time.Time
	)
	for i := len(lead.Activities) - 1; i >= 0; i-- {
		a := &lead.Activities[i]
		t := a.At.UnixNano()
		age := now - t
		if age < 0 {
			continue
		}
		if seen != nil && a.ID != "" {
			key := identity{a.Type, a.ID}
			if _, ok := seen[key]; ok {
				continue
			}
			seen[key] = struct{}{}
		}
		engaging := true
		switch a.Type {
		case "page_view":
			if view == nothing {
				view = age
			}
			if age < 90*d {
				path, _ := a.Props["path"].(string)
				if strings.HasPrefix(path, "/careers") {
					careers++
				}
				if age < 30*d {
					if strings.HasPrefix(path, "/pricing") {
						pricing++
					}
					if v, ok := a.Props["seconds"].(float64); ok {
						seconds += v
					}
					if age < 7*d {
						views7++
					}
				}
			}
		case "email_open":
			if opens < 20 {
				opens++
				opened += decayed(time.Duration(age), 14*day)
			}
			engaging = false
		case "email_click":
			if age < 30*d {
				clicks++
			}
		case "form":
			if n := t / d; n != formDay {
				forms += form
				formDay = n
			}
			form = 8 * decayed(time.Duration(age), 60*day)
		case "webinar":
			webinars++
			if age < 180*d {
				if v, ok := a.Props["minutes"].(float64); ok {
					webinarMinutes += v
				}
			}
			if demo != nothing && demo-t < 14*d {
				convinced = true
			}
		case "whitepaper":
			whitepapers += decayed(time.Duration(age), 30*day)
			if nTopics < len(topics) {
				if topic := text(a.Props["topic"]); topic != "" && !among(topic, topics[:nTopics]...) {
					topics[nTopics] = topic
					nTopics++
				}
			}
		case "event":
		case "demo":
			demo = t
			demo90 = demo90 || age < 90*d
		case "call":
			if call == nothing {
				call = age
			}
			if budgetAge == nothing {
				if v, ok := a.Props["budget"].(float64); ok {
					budget, budgetAge = v, age
				}
			}
			if role == "" {
				role = text(a.Props["role"])
			}
		case "meeting":
			if v, ok := a.Props["attendees"].(float64); ok {
				attendees += v
				meetings++
			}
			if need == "" && age < 180*d {
				need = text(a.Props["need"])
			}
		case "trial":
			if !largeTrial {
				v, _ := a.Props["seats"].(float64)
				largeTrial = v >= 50
			}
			engaging = false
		case "trial_login":
			if age < 91*d {
				if n := t / d; n != loginDay {
					paid += max(0, min(3, today)-late)
					loginDay, today, late = n, 0, 0
				}
				today++
				if age >= 90*d {
					late++
				}
			}
		case "quote":
			quoted = true
			if start.IsZero() {
				start, _ = a.Props["start"].(time.Time)
			}
			engaging = false
		case "unsubscribe":
			unsubscribed = true
			engaging = false
		case "complaint":
			complained = complained || age < 30*d
			engaging = false
		default:
			engaging = false
		}
		if engaging && age < 30*d {
			if n := t / d; n != activeDay {
				active++
				activeDay = n
			}
		}
		if engaging && engaged == nothing {
			engaged = age
		}
	}
	forms += form
	paid += max(0, min(3, today)-late)

	fit, against, verified := profile(lead.Profile, holds)
	var engagement, intent micro
	if pricing >= 3 {
		intent += 15 * point
	}
	if views7 >= 10 {
		engagement += 8 * point
	}
	if clicks >= 2 {
		engagement += 6 * point
	}
	if demo90 {
		intent += 15 * point
	}
	if quoted {
		intent += 10 * point
	}
	if call <= 14*d {
		intent += 8 * point
	}
	if view < 3*d {
		engagement += 5 * point
	}
	if webinarMinutes >= 60 {
		engagement += 8 * point
	}
	if seconds >= 600 {
		engagement += 6 * point
	}
	if largeTrial {
		intent += 10 * point
	}
	if nTopics >= 3 {
		engagement += 6 * point
	}
	if budgetAge != nothing && budget >= 50000 {
		intent += 12 * point
	}
	if active >= 5 {
		engagement += 8 * point
	}
	if convinced {
		intent += 10 * point
	}
	if meetings > 0 && attendees/float64(meetings) >= 3 {
		intent += 5 * point
	}
	engagement += rounded(10*whitepapers) + 20*point*micro(min(2, webinars)) + rounded(opened) + rounded(forms)
	intent += 2 * point * micro(paid)
	if engaged != nothing && engaged >= 60*d {
		against -= 15 * point
	}
	if unsubscribed {
		against -= 25 * point
	}
	if careers >= 3 {
		against -= 10 * point
	}

	out := Outcome{}
	if budgetAge < 180*d {
		out.Answers[0] = answer(budget >= 10000)
	}
	if role != "" {
		out.Answers[1] = answer(among(role, roles...))
	}
	if need != "" {
		out.Answers[2] = answer(among(need, needs...))
	}
	if !start.IsZero() {
		out.Answers[3] = answer(start.Sub(at) <= 90*day)
	}
	finish(&out, lead, fit, engagement, intent, against, verified, complained)
	return out
}
