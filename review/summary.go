package review

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// Summary adds up comparisons: the preview of a release. It takes memory by what
// there is to tell apart, not by lead. NewSummary makes one. It holds no data of
// leads, and may be logged.
type Summary struct {
	// At is the instant of the comparisons, in UTC; zero as long as there is none.
	At time.Time `json:"at,omitzero"`
	// Leads is how many were compared, and Failed how many errors came instead.
	Leads  int `json:"leads"`
	Failed int `json:"failed"`
	// Differ counts those of Comparison.Differs.
	Differ int `json:"differ"`
	// Stages and Ratings count all leads compared by their old and their new one;
	// blank is none. Stages stand in the order of the policies, ratings by name.
	Stages  []Count `json:"stages"`
	Ratings []Count `json:"ratings"`
	// Newcomers counts all leads by the stages that they would get if they had none
	// before, as Stages does; and Held those that a stage holds although they would not
	// get it then, by stage: in the order of the new policy, then of the old one. A
	// stricter enter with the same keep moves nobody who is in the stage, and shows here.
	Newcomers []Count `json:"newcomers"`
	Held      []Held  `json:"held"`
	// Bands, Answers and Issues count the leads that differ in them, in the order of
	// the new policy, then of the old one. Those of Issues are as in Comparison, but
	// without numbers.
	Bands   []Count `json:"bands"`
	Answers []Count `json:"answers"`
	Issues  []Count `json:"issues"`
	// Points tells how far the total points moved, and Rules those of each rule, in
	// the order of the new policy, then of the old one; they count those that moved.
	Points Spread   `json:"points"`
	Rules  []Spread `json:"rules"`

	names    [2]string // of the policies
	labels   [2]map[string]string
	stages   [2]map[string]int // their places
	either   map[string]int    // the places of the stages of both
	groups   map[string]int
	criteria map[string]int
	rules    map[string]int
}

// Count is how many leads have an old and a new value.
type Count struct {
	// Change has the values as words; an answer is its String.
	Change[string]
	// Leads is how many.
	Leads int `json:"leads"`
}

// Held is how many leads a stage holds by keep, or by min_stay, that would not get it if
// they came new.
type Held struct {
	// Stage is the stage's ID, and Label its label in the new policy, if it is there.
	Stage string `json:"stage"`
	Label string `json:"label,omitempty"`
	// Old and New are how many leads the old and the new policy hold so.
	Old int `json:"old"`
	New int `json:"new"`
}

// Spread is how points are spread over leads: in a Summary how far they moved, the
// new less the old, and in a Survey what they are. It is in points, exact to a
// millionth up to a sum of nine billion.
type Spread struct {
	// ID is the rule's, Label its label, and Only is as in Change; all are blank for
	// the total.
	ID    string `json:"id,omitempty"`
	Label string `json:"label,omitempty"`
	Only  string `json:"only,omitempty"`
	// Leads is how many leads moved, or have points: those that did not, or have 0,
	// are not in what follows.
	Leads int `json:"leads"`
	// Sum is that of all of them, and Min and Max the least and the greatest, by
	// their sign.
	Sum float64 `json:"sum"`
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Mean is the mean of those Leads; 0 if there are none.
func (s Spread) Mean() float64 { return s.Sum / float64(max(s.Leads, 1)) }

// NewSummary makes the Summary of the comparisons of two models, neither of them
// nil, still without leads.
func NewSummary(old, new *qualify.Model) *Summary {
	s := &Summary{Stages: []Count{}, Ratings: []Count{}, Bands: []Count{}, Answers: []Count{}, Issues: []Count{}, Rules: []Spread{}, Newcomers: []Count{}, Held: []Held{}}
	policies := [2]qualify.Policy{old.Policy(), new.Policy()}
	for i, p := range policies {
		s.names[i] = strings.TrimSpace(p.Name + " " + p.Version)
		s.labels[i], s.stages[i] = map[string]string{}, map[string]int{}
		for _, stage := range p.Stages {
			s.labels[i][stage.ID] = stage.Label
			s.stages[i][stage.ID] = len(s.stages[i]) + 1 // a plain lead comes first
		}
	}
	s.groups, s.criteria, s.rules, s.either = map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range slices.Backward(policies[:]) {
		for _, g := range p.Groups {
			add(s.groups, g.ID)
		}
		for _, c := range p.Criteria {
			add(s.criteria, c.ID)
		}
		for _, r := range p.Rules {
			add(s.rules, r.ID)
		}
		for _, stage := range p.Stages {
			add(s.either, stage.ID)
		}
	}
	return s
}

// add gives an ID the next place, if it has none.
func add(places map[string]int, id string) {
	if _, has := places[id]; !has {
		places[id] = len(places) + 1
	}
}

// Add adds what Compare yields.
func (s *Summary) Add(c Comparison, err error) {
	if err != nil {
		s.Failed++
		return
	}
	s.At = c.At
	s.Leads++
	if c.Differs() {
		s.Differ++
	}
	count(&s.Stages, c.Stage, nil, s.stages)
	count(&s.Newcomers, c.Newcomer, nil, s.stages)
	s.hold(c.Held.Old, c.Stage.Old, func(h *Held) { h.Old++ })
	s.hold(c.Held.New, c.Stage.New, func(h *Held) { h.New++ })
	count(&s.Ratings, c.Rating, nil, [2]map[string]int{})
	for _, k := range c.Bands {
		count(&s.Bands, k, s.groups, [2]map[string]int{})
	}
	for _, k := range c.Answers {
		count(&s.Answers, words(k, k.Old.String(), k.New.String()), s.criteria, [2]map[string]int{})
	}
	for _, k := range c.Issues {
		count(&s.Issues, words(k, "", ""), nil, [2]map[string]int{})
	}
	s.Points.add(c.Points)
	for _, k := range c.Rules {
		i, found := slices.BinarySearchFunc(s.Rules, k.ID, func(a Spread, id string) int { return cmp.Compare(s.rules[a.ID], s.rules[id]) })
		if !found {
			s.Rules = slices.Insert(s.Rules, i, Spread{ID: k.ID, Label: k.Label, Only: k.Only})
		}
		s.Rules[i].add(k)
	}
}

// hold counts a lead that a stage holds.
func (s *Summary) hold(held bool, stage string, add func(*Held)) {
	if !held {
		return
	}
	i, found := slices.BinarySearchFunc(s.Held, stage, func(h Held, id string) int { return cmp.Compare(s.either[h.Stage], s.either[id]) })
	if !found {
		s.Held = slices.Insert(s.Held, i, Held{Stage: stage, Label: cmp.Or(s.labels[1][stage], s.labels[0][stage])})
	}
	add(&s.Held[i])
}

// words is a change with its values as words.
func words[T any](k Change[T], old, new string) Change[string] {
	return Change[string]{ID: k.ID, Label: k.Label, Only: k.Only, Old: old, New: new}
}

// count counts a change, in a list by the places of IDs, and of old and new values.
func count(list *[]Count, k Change[string], ids map[string]int, values [2]map[string]int) {
	i, found := slices.BinarySearchFunc(*list, k, func(a Count, k Change[string]) int {
		return cmp.Or(by(ids, a.ID, k.ID), cmp.Compare(a.Label, k.Label), cmp.Compare(a.Only, k.Only), by(values[0], a.Old, k.Old), by(values[1], a.New, k.New))
	})
	if !found {
		*list = slices.Insert(*list, i, Count{Change: k})
	}
	(*list)[i].Leads++
}

// by compares by place, and what has none by name.
func by(places map[string]int, a, b string) int {
	return cmp.Or(cmp.Compare(places[a], places[b]), cmp.Compare(a, b))
}

// add adds a movement, in whole millionths, which round alike in any order of leads.
func (s *Spread) add(k Change[float64]) {
	const millionths = 1e6
	by := difference(k)
	if by == 0 {
		return
	}
	s.Sum = math.Round((s.Sum+by)*millionths) / millionths
	if s.Leads == 0 {
		s.Min, s.Max = by, by
	}
	s.Leads, s.Min, s.Max = s.Leads+1, min(s.Min, by), max(s.Max, by)
}

// String prints the preview, at most 100 columns wide; where there are many rows of
// a kind, those of the most leads.
func (s *Summary) String() string {
	var b strings.Builder
	line := func(format string, arguments ...any) {
		b.WriteString(strings.Join(layout.Lines(fmt.Sprintf(format, arguments...), layout.LineWidth), "\n") + "\n")
	}
	line("%s", arrow(s.names[0], s.names[1]))
	as := ""
	if s.Leads > 0 {
		as = " as of " + layout.Date(s.At) + " UTC"
	}
	line("%s%s: %d differ in stage, stay, rating, bands or answers, %d in points", layout.Count(s.Leads, "lead", "leads"), as, s.Differ, s.Points.Leads)
	if s.Failed > 0 {
		line("%d more could not be compared", s.Failed)
	}
	s.matrix(&b, "Stages, old × new", s.Stages)
	if !slices.Equal(s.Newcomers, s.Stages) && slices.ContainsFunc(s.Newcomers, func(k Count) bool { return k.Old != k.New }) {
		s.matrix(&b, "As newcomers, old × new", s.Newcomers)
	}
	s.held(&b)
	tally(&b, "Ratings", s.Ratings)
	tally(&b, "Bands", s.Bands)
	tally(&b, "Answers", s.Answers)
	if len(s.Rules) > 0 || s.Points.Leads > 0 {
		rows := [][]string{{"Points", "leads", "mean", "least", "most"}, s.Points.row("total")}
		sorted := slices.Clone(s.Rules)
		slices.SortStableFunc(sorted, func(a, b Spread) int { return cmp.Compare(b.Leads, a.Leads) })
		for _, r := range sorted {
			rows = append(rows, r.row(name(r.ID, r.Label, r.Only)))
		}
		layout.Table(&b, "lrrrr", layout.Shorten(rows, 2, most))
	}
	tally(&b, "Set aside", s.Issues)
	return b.String()
}

func (s Spread) row(name string) []string {
	return []string{"  " + name, strconv.Itoa(s.Leads), layout.Signed(s.Mean()), layout.Signed(s.Min), layout.Signed(s.Max)}
}

// held prints the stages that hold more leads than before, or fewer.
func (s *Summary) held(b *strings.Builder) {
	rows := [][]string{{"Held by keep or min_stay", "old", "new"}}
	for _, k := range s.Held {
		if k.Old != k.New {
			rows = append(rows, []string{"  " + name(k.Stage, k.Label, ""), strconv.Itoa(k.Old), strconv.Itoa(k.New)})
		}
	}
	if len(rows) > 1 {
		layout.Table(b, "lrr", rows)
	}
}

// matrix prints the stages that leads are in, the old ones downwards and the new
// ones across, by label; by ID, if labels are too wide; and as a list if these are,
// too.
func (s *Summary) matrix(b *strings.Builder, title string, stages []Count) {
	var olds, news []string
	for _, k := range stages {
		olds, news = append(olds, k.Old), append(news, k.New)
	}
	olds = slices.Compact(olds)
	slices.SortFunc(news, func(a, b string) int { return by(s.stages[1], a, b) })
	news = slices.Compact(news)
	for _, labels := range [][2]map[string]string{s.labels, {}} {
		rows := [][]string{{title}}
		for _, id := range news {
			rows[0] = append(rows[0], cmp.Or(layout.Clean(labels[1][id]), id, none))
		}
		for _, id := range olds {
			row := append([]string{"  " + cmp.Or(layout.Clean(labels[0][id]), id, none)}, slices.Repeat([]string{"-"}, len(news))...)
			for _, k := range stages {
				if k.Old == id {
					row[1+slices.Index(news, k.New)] = strconv.Itoa(k.Leads)
				}
			}
			rows = append(rows, row)
		}
		if len(stages) > 0 && layout.Fits(rows) {
			layout.Table(b, "l"+strings.Repeat("r", len(news)), rows)
			return
		}
	}
	tally(b, strings.TrimSuffix(title, ", old × new"), stages)
}

// tally prints those counts whose values differ, or have none, of the most leads first.
func tally(b *strings.Builder, title string, counts []Count) {
	sorted := slices.Clone(counts)
	slices.SortStableFunc(sorted, func(a, b Count) int { return cmp.Compare(b.Leads, a.Leads) })
	rows := [][]string{{title, "", "leads"}}
	for _, k := range sorted {
		switch change := arrow(k.Old, k.New); {
		case k.Old != k.New && k.ID == "":
			rows = append(rows, []string{"  " + change, "", strconv.Itoa(k.Leads)})
		case k.Old != k.New:
			rows = append(rows, []string{"  " + k.name(), change, strconv.Itoa(k.Leads)})
		case k.ID != "":
			rows = append(rows, []string{"  " + qualify.Issue{Problem: qualify.Problem(k.Label), Field: k.ID}.String() + ", only " + k.Only, "", strconv.Itoa(k.Leads)})
		}
	}
	if len(rows) > 1 {
		layout.Table(b, "llr", layout.Shorten(rows, 1, most))
	}
}
