package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"
)

// A source draws what one lead is made of.
type source struct{ *rand.PCG }

// below gives a whole number from 0 up to n, n excluded.
func (s source) below(n int) int { return int(s.Uint64() % uint64(n)) }

// chance is yes in so many of a hundred cases.
func (s source) chance(percent int) bool { return s.below(100) < percent }

func pick[T any](s source, from []T) T { return from[s.below(len(from))] }

// draw gives one of the leads, by its number from 0 on. It depends on no other.
func draw(seed uint64, number int) qualify.Lead {
	s := source{rand.NewPCG(seed, uint64(number))}
	id := fmt.Sprintf("L%07d", number+1)
	warm := s.below(100) // how far the lead is likely to come
	lead := qualify.Lead{ID: id, Profile: profile(s, warm), Activities: []qualify.Activity{}}
	add := func(at time.Time, kind string, props map[string]any) {
		lead.Activities = append(lead.Activities, qualify.Activity{
			ID: id + "-" + strconv.Itoa(len(lead.Activities)+1), Type: kind, At: at, Props: props,
		})
	}

	age := time.Duration(1+s.below(1+s.below(400))) * 24 * time.Hour // of the oldest activity, at most
	instant := func() time.Time { return at.Add(-time.Duration(s.below(int(age/time.Second))) * time.Second) }
	for range activities(s) {
		kind, props := activity(s, warm)
		add(instant(), kind, props)
	}
	if s.chance(6) { // what is agreed on for a day to come
		add(at.Add(time.Duration(1+s.below(14*24))*time.Hour), "call", nil)
	}
	if s.chance(5) { // what a seller set, which is over in half of the cases
		set := instant()
		add(set, "override", map[string]any{
			"stage": pick(s, []string{"mql", "sql", "sql", "out"}), "reason": pick(s, []string{"met at a fair", "asked by phone", "knows the CEO", "no project this year"}),
			"until": set.Add(2 * at.Sub(set) * time.Duration(s.below(100)) / 100).Format(time.RFC3339),
		})
	}
	if len(lead.Activities) > 0 && s.chance(4) { // delivered twice
		lead.Activities = append(lead.Activities, pick(s, lead.Activities))
	}
	return lead
}

// activities gives how many a lead has: half of the leads have four or fewer, and one in
// five hundred has hundreds.
func activities(s source) int {
	switch p := s.below(1000); {
	case p < 60:
		return 0
	case p < 900:
		return 1 + s.below(7)
	case p < 985:
		return 9 + s.below(20)
	case p < 998:
		return 29 + s.below(70)
	default:
		return 100 + s.below(300)
	}
}

// profile gives what a lead said of itself: much of it is unknown, some is not as it should be.
func profile(s source, warm int) map[string]any {
	p := map[string]any{
		"name":    pick(s, names),
		"company": pick(s, companies),
	}
	if s.chance(75) {
		p["employees"] = pick(s, []any{3, 12, 40, 50, 90, 180, 200, 450, 999, 1000, 5200, "320", "1,200", 0, "many"})
	}
	if s.chance(80) {
		p["industry"] = pick(s, []string{"Logistics", "retail", "Manufacturing", "utilities", "food", "Construction", "banking", "education", "-", "Select…"})
	}
	if s.chance(80) {
		p["title"] = pick(s, []string{"VP Sales", "Managing director", "Head of Operations", "fleet manager", "Assistant to the CEO", "Owner", "student", "COO", "Disponentin", "CTO ", "n/a", "Team Lead"})
	}
	if s.chance(85) {
		p["email_verified"] = pick(s, []any{true, true, true, true, false, "yes"})
	}
	if s.chance(warm / 4) {
		p["budget"] = budget(s)
	}
	if s.chance(warm / 4) {
		p["authority"] = authority(s)
	}
	if s.chance(warm / 4) {
		p["need"] = need(s)
	}
	if s.chance(warm / 4) {
		p["start"] = start(s)
	}
	return p
}

// activity gives one of a lead's activities: its type and its properties. Of two who do as much,
// the warmer one asks for more.
func activity(s source, warm int) (kind string, props map[string]any) {
	switch p := s.below(100); {
	case p < 6+warm/12:
		return "demo", nil
	case p < 12+warm/6:
		return "form", map[string]any{"asset": pick(s, []string{"guide", "checklist", "tco", "roi"})}
	case p < 20+warm/5:
		return "webinar", nil
	case p < 22+warm/4:
		return "call", answers(s, warm)
	case p < 24+warm/3:
		return "answer", answers(s, 99)
	case p < 60:
		return "page_view", map[string]any{"path": pick(s, []string{"/pricing", "/pricing/fleet", "/"})}
	case p < 97:
		return "page_view", map[string]any{"path": pick(s, []string{"/", "/blog", "/customers", "/jobs", "/docs/api"})}
	case p < 98:
		return "newsletter_open", nil // the policy does not take it
	default:
		return "opt_out", nil
	}
}

// answers gives what a lead tells of itself.
func answers(s source, warm int) map[string]any {
	told := map[string]any{}
	percent := 10 + warm/2
	if s.chance(percent) {
		told["budget"] = budget(s)
	}
	if s.chance(percent) {
		told["authority"] = authority(s)
	}
	if s.chance(percent) {
		told["need"] = need(s)
	}
	if s.chance(percent) {
		told["start"] = start(s)
	}
	if s.chance(15) {
		told["employees"] = pick(s, []any{25, 60, 240, 1500})
	}
	if s.chance(10) {
		told["industry"] = pick(s, []string{"logistics", "food", "software"})
	}
	if s.chance(10) {
		told["title"] = pick(s, []string{"Director of Fleet", "Assistant", "Head of IT"})
	}
	if len(told) == 0 {
		return nil
	}
	return told
}

func budget(s source) any {
	return pick(s, []any{2000, 9999, 10000, 15000, 24000, 60000, 250000, "12000", "a lot"})
}

func authority(s source) any {
	return pick(s, []string{"decides", "Decides", "has a say", "uses it", "?"})
}

func need(s source) any {
	return pick(s, []string{"fewer empty runs", "no more spreadsheets", "færre tomme ture", "none", "?", "CO₂ report"})
}

func start(s source) any {
	return at.AddDate(0, 0, s.below(240)-40).Format(pick(s, []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04"}))
}

// names and companies have what breaks a page, a query or a key that is not careful.
var (
	names = slices.Concat(plain, plain, []string{
		"<script>alert(1)</script>", "Robert'); DROP TABLE leads;--", `Ann "Annie" O'Neill`, "=1+1", "null", "Zoë\u0308 Ünal", "a\tb", "two\nlines",
		"\u202eevil", "李小龙", "محمد بن علي", "🦊 Fox", "Wolfeschlegelsteinhausenbergerdorff", "%s %d {{.}} ${x}", `back\slash`, "", "x\u200by",
	})
	plain = []string{
		"Anna Berg", "Mats Lind", "Katarzyna Nowak", "Jan de Vries", "Sørine Østergård", "Łukasz Żak", "Inês Conceição", "Niamh Byrne", "Jiří Dvořák",
		"Giulia Conti", "Tom Becker", "Amélie Roux", "Peter Smith", "Mary Jones", "Ola Nordmann", "Çağla Yıldız", "Nguyễn Thị Minh", "José Núñez",
	}
	companies = []string{
		"Nordfracht GmbH", "Vandel & Søn A/S", "Spółka Żuraw", "De Gier B.V.", "Byrne Foods Ltd.", "Pražské Sklady", "Conti & Figli", "AT&T-like <Inc.>",
		"Ромашка", "株式会社みなと", "O'Hara, Reid \"and\" Co.", "Unknown",
	}
)
