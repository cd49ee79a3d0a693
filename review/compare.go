package review

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// Comparison is what two models, the old and the new, say of one lead at an
// instant. Its slices are never nil, and hold only what differs: what the new
// policy has comes first, in its order, then what only the old one has. What a
// policy does not have brings no points, is in no band, and is unknown; rules,
// groups and criteria are matched by their IDs, so that a renamed one is two.
type Comparison struct {
	// Lead is the lead's ID.
	Lead string `json:"lead"`
	// At is the instant of both assessments, in UTC.
	At time.Time `json:"at"`
	// Stage is the stage of each verdict; blank is a plain lead.
	Stage Change[string] `json:"stage"`
	// Newcomer is the stage that the lead would get if it had none before.
	Newcomer Change[string] `json:"newcomer"`
	// Held is whether the lead stays in the stage that it has although Newcomer is
	// another: keep holds it, or min_stay.
	Held Change[bool] `json:"held"`
	// Overdue is whether the lead has been in that stage for too long.
	Overdue Change[bool] `json:"overdue"`
	// Rating is that of each score.
	Rating Change[string] `json:"rating"`
	// Points are the total points of each.
	Points Change[float64] `json:"points"`
	// Bands are the bands by group; the root's is that of "total".
	Bands []Change[string] `json:"bands"`
	// Answers are the answers by criterion.
	Answers []Change[qualify.Answer] `json:"answers"`
	// Rules are the points by rule, those that differ the most first.
	Rules []Change[float64] `json:"rules"`
	// Groups are the points by group, and Shares what these are to its parent:
	// where a share differs and the points do not, a weight does.
	Groups []Change[float64] `json:"groups"`
	Shares []Change[float64] `json:"shares"`
	// Issues are what only one of the two sets aside. ID is the field and Label the
	// problem, as in qualify.Issue; Old and New are the counts.
	Issues []Change[int] `json:"issues"`
	// Verdict holds both verdicts whole if the stage differs, and is nil if not: what
	// holds the lead in each stage, and what separates it from the next.
	Verdict *Change[qualify.Verdict] `json:"verdict,omitempty"`
}

// Change is a value by the old model and by the new one.
type Change[T any] struct {
	// ID is the ID of what has the value, a rule for one, and Label its label in the
	// new policy, if it is there. Only is "old" or "new" if only one of them has it.
	ID    string `json:"id,omitempty"`
	Label string `json:"label,omitempty"`
	Only  string `json:"only,omitempty"`
	// Old and New are the values.
	Old T `json:"old"`
	New T `json:"new"`
}

// Compare assesses leads as of an instant by an old and by a new model, from the
// stage that each lead has, and gives one Comparison for each lead, in their order,
// also where nothing differs: Comparison.Differs tells, and a Summary adds up. It
// holds one lead at a time, so any number of them takes the same memory, and a
// lead may be overwritten by the next. Each Comparison is the caller's own. The
// sequence can be gone through as often as that of the leads. A lead that has a stage is
// assessed by each model once more without it, for Comparison.Newcomer.
//
// An error that comes with a lead is passed on; ErrNilLead and
// ErrTooManyActivities, for errors.Is, are a lead's as well, and are in place of
// its comparison, which then has but its ID. The next lead follows if the caller
// goes on. A model that is nil, or an instant for which there is no assessment
// (qualify.ErrInstant), is the one error of a sequence that ends there, before the
// first lead.
//
// A lead whose stage only the old policy has is a plain lead to the new one, so
// that Enter decides where Keep did; Issues tell (unknown_stage). So compare first,
// with a new label at most, and change a stage's ID in a release of its own.
func Compare(old, new *qualify.Model, leads iter.Seq2[*qualify.Lead, error], at time.Time) iter.Seq2[Comparison, error] {
	return func(yield func(Comparison, error) bool) {
		c := comparer{at: at}
		if err := c.begin(old, new); err != nil {
			yield(Comparison{}, err)
			return
		}
		for lead, err := range leads {
			var got Comparison
			if err == nil {
				err = c.assess(lead)
			}
			if err == nil {
				got = c.compare()
			} else if lead != nil {
				got.Lead = lead.ID
			}
			if !yield(got, err) {
				return
			}
		}
	}
}

// Leads gives leads in memory as Compare takes them.
func Leads(leads []qualify.Lead) iter.Seq2[*qualify.Lead, error] {
	return func(yield func(*qualify.Lead, error) bool) {
		for i := range leads {
			if !yield(&leads[i], nil) {
				return
			}
		}
	}
}

// Newcomers gives the leads as if none had a stage, so that Compare shows what each
// policy says of those who come new: a keep holds nobody. The leads stay as they are;
// each that is given is a copy, which shares the profile and activities.
func Newcomers(leads iter.Seq2[*qualify.Lead, error]) iter.Seq2[*qualify.Lead, error] {
	return func(yield func(*qualify.Lead, error) bool) {
		for lead, err := range leads {
			if lead != nil {
				newcomer := asNewcomer(lead)
				lead = &newcomer
			}
			if !yield(lead, err) {
				return
			}
		}
	}
}

// asNewcomer gives a lead as if it had no stage.
func asNewcomer(lead *qualify.Lead) qualify.Lead {
	newcomer := *lead
	newcomer.Stage, newcomer.StageSince = "", time.Time{}
	return newcomer
}

// Differs reports whether the stage, whether it is overdue, the rating, a band or an
// answer differs. For
// those whose points alone differ, look at Points, or at Rules.
func (c Comparison) Differs() bool {
	return c.Stage.Old != c.Stage.New || c.Overdue.Old != c.Overdue.New || c.Rating.Old != c.Rating.New || len(c.Bands)+len(c.Answers) > 0
}

// comparer is the memory of one pass.
type comparer struct {
	at                      time.Time
	models                  [2]*qualify.Model // the old one, the new one
	say                     [2]qualify.Assessment
	hasStage                bool
	newcomer                qualify.Lead // the lead without it
	anew                    [2]qualify.Assessment
	rules, groups, criteria []pair
}

// sides names them, in errors and in Change.Only.
var sides = [2]string{"old", "new"}

// begin assesses a lead of which nothing is known, to see whether it can be done,
// and which rules, groups and criteria there are.
func (c *comparer) begin(old, new *qualify.Model) error {
	c.models = [2]*qualify.Model{old, new}
	for i, m := range c.models {
		if m == nil {
			return errors.New("review: the " + sides[i] + " model is nil")
		}
	}
	if err := c.assess(&qualify.Lead{}); err != nil {
		return err
	}
	a, b := &c.say[0], &c.say[1]
	c.rules = match(a.Score.Contributions, b.Score.Contributions, ruleName)
	c.groups = match(a.Score.Groups, b.Score.Groups, groupName)
	c.criteria = match(a.Checklist, b.Checklist, criterionName)
	return nil
}

func (c *comparer) assess(lead *qualify.Lead) error {
	for i, m := range c.models {
		if err := m.AssessInto(&c.say[i], lead, c.at); err != nil {
			return fmt.Errorf("review: the %s model: %w", sides[i], err)
		}
	}
	if c.hasStage = lead.Stage != ""; !c.hasStage {
		return nil
	}
	c.newcomer = asNewcomer(lead)
	for i, m := range c.models {
		if err := m.AssessInto(&c.anew[i], &c.newcomer, c.at); err != nil {
			return fmt.Errorf("review: the %s model: %w", sides[i], err)
		}
	}
	return nil
}

// compare compares what the two models say.
func (c *comparer) compare() Comparison {
	old, new := &c.say[0], &c.say[1]
	got := Comparison{
		Lead: new.Lead, At: new.At,
		Stage:   Change[string]{Old: old.Verdict.Stage, New: new.Verdict.Stage},
		Overdue: Change[bool]{Old: old.Verdict.Overdue, New: new.Verdict.Overdue},
		Rating:  Change[string]{Old: old.Score.Rating, New: new.Score.Rating},
		Points:  Change[float64]{Old: old.Score.Points, New: new.Score.Points},
		Bands:   []Change[string]{}, Issues: []Change[int]{},
		Answers: changes(c.criteria, old.Checklist, new.Checklist, criterionName, func(c *qualify.CriterionResult) qualify.Answer { return c.Answer }),
		Rules:   changes(c.rules, old.Score.Contributions, new.Score.Contributions, ruleName, func(r *qualify.Contribution) float64 { return r.Points }),
		Groups:  changes(c.groups, old.Score.Groups, new.Score.Groups, groupName, func(g *qualify.GroupScore) float64 { return g.Points }),
		Shares:  changes(c.groups, old.Score.Groups, new.Score.Groups, groupName, func(g *qualify.GroupScore) float64 { return g.Share }),
	}
	if old.Score.Band != new.Score.Band {
		got.Bands = append(got.Bands, Change[string]{ID: "total", Old: old.Score.Band, New: new.Score.Band})
	}
	got.Bands = append(got.Bands, changes(c.groups, old.Score.Groups, new.Score.Groups, groupName, func(g *qualify.GroupScore) string { return g.Band })...)
	slices.SortStableFunc(got.Rules, func(a, b Change[float64]) int {
		return cmp.Compare(math.Abs(difference(b)), math.Abs(difference(a)))
	})
	for i := range new.Issues {
		if k := &new.Issues[i]; !names(old.Issues, k) {
			got.Issues = append(got.Issues, Change[int]{ID: k.Field, Label: string(k.Problem), Only: sides[1], New: k.Count})
		}
	}
	for i := range old.Issues {
		if k := &old.Issues[i]; !names(new.Issues, k) {
			got.Issues = append(got.Issues, Change[int]{ID: k.Field, Label: string(k.Problem), Only: sides[0], Old: k.Count})
		}
	}
	if got.Newcomer = got.Stage; c.hasStage {
		got.Newcomer = Change[string]{Old: c.anew[0].Verdict.Stage, New: c.anew[1].Verdict.Stage}
		stays := func(v *qualify.Verdict) bool { return v.Stage != "" && v.Move == qualify.MoveNone }
		got.Held.Old = stays(&old.Verdict) && got.Newcomer.Old != got.Stage.Old
		got.Held.New = stays(&new.Verdict) && got.Newcomer.New != got.Stage.New
	}
	if got.Stage.Old != got.Stage.New {
		// They are given away, and the next assessment makes new ones.
		got.Verdict = &Change[qualify.Verdict]{Old: old.Verdict, New: new.Verdict}
		old.Verdict, new.Verdict = qualify.Verdict{}, qualify.Verdict{}
	}
	return got
}

// names reports whether issues name a field and its problem.
func names(issues []qualify.Issue, k *qualify.Issue) bool {
	return slices.ContainsFunc(issues, func(o qualify.Issue) bool { return o.Problem == k.Problem && o.Field == k.Field })
}

func ruleName(r *qualify.Contribution) (id, label string)         { return r.Rule, r.Label }
func groupName(g *qualify.GroupScore) (id, label string)          { return g.Group, g.Label }
func criterionName(c *qualify.CriterionResult) (id, label string) { return c.Criterion, c.Label }

// pair is the places of one thing in two lists; -1 is none.
type pair struct{ old, new int }

// match finds the pairs: those of the new list, then those only in the old one.
func match[E any](old, new []E, name func(*E) (id, label string)) []pair {
	where := map[string]int{}
	for i := range old {
		id, _ := name(&old[i])
		where[id] = i
	}
	var pairs []pair
	for i := range new {
		id, _ := name(&new[i])
		p := pair{-1, i}
		if j, ok := where[id]; ok {
			p.old = j
			delete(where, id)
		}
		pairs = append(pairs, p)
	}
	for i := range old {
		id, _ := name(&old[i])
		if _, left := where[id]; left {
			pairs = append(pairs, pair{i, -1})
		}
	}
	return pairs
}

// changes lists what has another value. It allocates only if there is any.
func changes[E any, T comparable](pairs []pair, old, new []E, name func(*E) (id, label string), value func(*E) T) []Change[T] {
	list := []Change[T]{}
	for _, p := range pairs {
		var k Change[T]
		if p.old >= 0 {
			k.Old = value(&old[p.old])
		}
		if p.new >= 0 {
			k.New = value(&new[p.new])
		}
		if k.Old == k.New {
			continue
		}
		switch {
		case p.new < 0:
			k.Only = sides[0]
			k.ID, k.Label = name(&old[p.old])
		case p.old < 0:
			k.Only = sides[1]
			fallthrough
		default:
			k.ID, k.Label = name(&new[p.new])
		}
		list = append(list, k)
	}
	return list
}

// difference is exact to a millionth, so that a tie by hand is one.
func difference(k Change[float64]) float64 {
	const millionths = 1e6
	return (math.Round(k.New*millionths) - math.Round(k.Old*millionths)) / millionths
}

// String prints what differs for a person. It holds data of the lead.
func (c Comparison) String() string {
	var rows [][]string
	row := func(what, change string) { rows = append(rows, []string{what, change}) }
	if c.Stage.Old != c.Stage.New {
		old, new := c.Stage.Old, c.Stage.New
		if v := c.Verdict; v != nil {
			old, new = cmp.Or(v.Old.Label, old), cmp.Or(v.New.Label, new)
		}
		row("Stage", arrow(old, new))
	}
	if c.Overdue.Old != c.Overdue.New {
		words := map[bool]string{true: "overdue", false: "not overdue"}
		row("Stay", arrow(words[c.Overdue.Old], words[c.Overdue.New]))
	}
	if c.Rating.Old != c.Rating.New {
		row("Rating", arrow(c.Rating.Old, c.Rating.New))
	}
	for _, k := range c.Bands {
		row("Band of "+k.name(), arrow(k.Old, k.New))
	}
	for _, k := range c.Answers {
		row(k.name(), arrow(k.Old.String(), k.New.String()))
	}
	if c.Points.Old != c.Points.New {
		row("Points", amounts(c.Points))
	}
	for _, k := range c.Groups {
		row("  in "+k.name(), amounts(k))
	}
	for _, k := range c.Shares {
		if !slices.Contains(c.Groups, k) {
			row("  in "+k.name()+", counted as", amounts(k))
		}
	}
	for _, k := range c.Rules {
		row("  "+k.name(), amounts(k))
	}
	for _, k := range c.Issues {
		row("Set aside, only "+k.Only, qualify.Issue{Problem: qualify.Problem(k.Label), Field: k.ID, Count: k.Old + k.New}.String())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  at %s UTC\n", cmp.Or(layout.Clean(c.Lead), "(a lead without ID)"), layout.Date(c.At))
	if len(rows) == 0 {
		b.WriteString("Nothing differs\n")
	}
	layout.Table(&b, "ll", rows)
	if c.Verdict != nil {
		b.WriteString("Old\n" + layout.Indent(c.Verdict.Old.String()) + "New\n" + layout.Indent(c.Verdict.New.String()))
	}
	return b.String()
}

func amounts(k Change[float64]) string {
	return arrow(layout.Exact(k.Old), layout.Exact(k.New)) + ", " + layout.Signed(difference(k))
}
