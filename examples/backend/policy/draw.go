package policy

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/qualify-go/qualify"
)

var (
	given     = []string{"Anna", "Bo", "Chloé", "Dev", "Elif", "Femi", "Grażyna", "Hiro", "Ines", "Jonas", "Kemal", "Lucía", "Minh", "Noor", "Oluwaseun", "Petra", "Quentin", "Rosa", "Søren", "Tariq"}
	family    = []string{"Adeyemi", "Byrne", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jones", "Kowalski", "Lindqvist", "Moreau", "Nguyễn", "Okafor", "Petrov", "Rossi", "Sato", "Tanaka", "Yılmaz"}
	companies = []string{"Nordfracht", "Byrne Foods", "Spółka Żuraw", "Costa Retail", "Aqua Utilities", "Lindqvist Bygg", "Sato Seiki", "Moreau Transports", "Haddad Trading", "Rossi Costruzioni"}
	industry  = []string{"logistics", "retail", "manufacturing", "utilities", "food", "construction", "software", "banking", "-"}
	titles    = []string{"COO", "Director of operations", "VP Sales", "Fleet manager", "Head of logistics", "Assistant to the director", "Student", "Driver", ""}
	pages     = []string{"/", "/pricing", "/pricing/enterprise", "/blog", "/careers", "/routing"}
	assets    = []string{"tco", "guide", "checklist"}
	parts     = []string{"decides", "has a say", "uses it"}
)

// Draw gives leads for a new database, the same ones each time, with what they did in the half year before now. Most
// did little; some have an appointment.
func Draw(n int, now time.Time) []qualify.Lead {
	random := rand.New(rand.NewPCG(1, 0))
	one := func(list []string) string { return list[random.IntN(len(list))] }
	leads := make([]qualify.Lead, n)
	for i := range leads {
		l := &leads[i]
		l.ID = fmt.Sprintf("L%05d", i+1)
		l.Profile = map[string]any{"name": one(given) + " " + one(family), "company": one(companies), "industry": one(industry), "title": one(titles),
			"employees": []int{4, 30, 80, 250, 600, 1500, 9000}[random.IntN(7)]}
		if random.IntN(5) > 0 {
			l.Profile["email_verified"] = random.IntN(4) > 0
		}
		if random.IntN(3) == 0 {
			l.Profile["budget"] = []int{2000, 9999, 10000, 40000}[random.IntN(4)]
			l.Profile["authority"] = one(parts)
		}
		for j := range random.IntN(3) * random.IntN(8) {
			age := time.Duration(random.ExpFloat64() * float64(30*24*time.Hour)).Truncate(time.Second)
			a := qualify.Activity{ID: fmt.Sprintf("%s-%d", l.ID, j), Type: "page_view", At: now.Add(-age).Truncate(time.Second)}
			switch random.IntN(12) {
			case 0, 1:
				a.Type = "webinar"
			case 2, 3:
				a.Type, a.Props = "form", map[string]any{"asset": one(assets)}
			case 4:
				a.Type = "demo"
				if random.IntN(3) == 0 { // booked
					a.At = now.Add(age).Truncate(time.Second)
				}
			case 5, 6:
				a.Type, a.Props = "call", map[string]any{"authority": one(parts), "need": "fewer empty runs", "start": now.AddDate(0, random.IntN(6), 0).Format(time.DateOnly)}
			case 7:
				if random.IntN(6) == 0 {
					a.Type = "opt_out"
				}
			default:
				a.Props = map[string]any{"path": one(pages)}
			}
			l.Activities = append(l.Activities, a)
		}
	}
	return leads
}
