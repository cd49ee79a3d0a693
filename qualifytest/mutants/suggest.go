package mutants

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// base is a lead at an instant of a scenario.
type base struct {
	lead qualify.Lead
	at   time.Time
	file *scenario.File
}

func (b base) clone() base {
	b.lead.Profile = maps.Clone(b.lead.Profile)
	b.lead.Activities = slices.Clone(b.lead.Activities)
	return b
}

// set gives an attribute a value; nil makes it unknown.
func (b *base) set(name string, value any) {
	if value == nil {
		delete(b.lead.Profile, name)
		return
	}
	if b.lead.Profile == nil {
		b.lead.Profile = map[string]any{}
	}
	b.lead.Profile[name] = value
}

// add adds an activity so long before the instant.
func (b *base) add(a qualify.Activity, age time.Duration) {
	a.At = b.at.Add(-age)
	b.lead.Activities = append(b.lead.Activities, a)
}

// tell changes a property of the activities that have it.
func (b *base) tell(name string, value any) {
	for i := range b.lead.Activities {
		a := &b.lead.Activities[i]
		if _, ok := a.Props[name]; !ok {
			continue
		}
		a.Props = maps.Clone(a.Props)
		if a.Props[name] = value; value == nil {
			delete(a.Props, name)
		}
	}
}

// past leaves out what has not happened yet.
func (b *base) past() {
	b.lead.Activities = slices.DeleteFunc(b.lead.Activities, func(a qualify.Activity) bool { return a.At.After(b.at) })
}

// gather makes the leads of the scenarios the beginnings of a search.
func (u *subject) gather() {
	const most = 48
	var all []base
	for _, sc := range u.scenarios {
		sc.Play(u.model, func(lead *qualify.Lead, at time.Time) error {
			b := base{lead: *lead, at: at, file: sc.File}.clone()
			b.past()
			b.lead.ID = ""
			all = append(all, b)
			return nil
		})
	}
	f := u.scenarios[0].File
	u.bases = []base{{at: f.Now, file: f}}
	for i := range min(most, len(all)) {
		u.bases = append(u.bases, all[i*len(all)/min(most, len(all))])
	}
}

// A search looks for a lead that a policy and its mutant judge differently.
type search struct {
	*subject
	m          *Mutant
	mutant     *qualify.Model
	was, is    qualify.Assessment
	ofStage    bool // the mutant is in a stage
	rng        *rand.Rand
	budget     int              // trials that may still be made
	moves      [][]move         // by what they change
	simple     [][]move         // those of the profile, and of what happens now, or not at all
	weak       *base            // a lead for which only what a verdict says of the way on differs
	extremes   []*qualify.Model // see Mutant
	near       []base           // leads that these judge differently, or that come near a threshold
	inStage    []base
	step       *base   // the lead that is nearest to a threshold
	gap        float64 // how near
	other      qualify.Assessment
	thresholds []threshold
}

// move is a small change of a lead.
type move func(*base)

// threshold is a number of points at which something changes.
type threshold struct {
	group     string  // blank is the total
	low, high float64 // anywhere between them, but not right at what is open
	open      float64
	raw       bool // before bounds
}

// How many leads are tried: for one mutant, and for all.
const (
	mostTrials = 4_000
	allTrials  = 400_000
)

// suggest looks for a scenario that the survivor would not survive.
func (u *subject) suggest(s *Survivor, trials int) {
	x := search{subject: u, m: &s.Mutant, mutant: u.mutant(&s.Mutant), budget: trials, ofStage: strings.HasPrefix(s.Path, "stages")}
	x.rng = rand.New(rand.NewPCG(1, 1)) // the same search each time
	found := x.find()
	if found == nil {
		if found = x.weak; found == nil {
			return
		}
	}
	x.shrink(found)
	if text, ok := x.write(found); ok {
		s.Scenario, s.File = text, found.file.Name
	}
}

// find gives a lead that the two judge differently, or nil.
func (x *search) find() *base {
	for _, to := range x.m.extremes {
		if m := x.subject.mutant(&Mutant{apply: to}); m != nil {
			x.extremes = append(x.extremes, m)
		}
	}
	for _, b := range x.bases {
		if b = b.clone(); x.differs(&b) {
			return &b
		}
	}
	x.prepare()
	for _, b := range x.inStage {
		if x.differs(&b) {
			return &b
		}
	}
	try := func(b base, moves ...move) *base {
		b = b.clone()
		for _, move := range moves {
			move(&b)
		}
		b.past()
		if x.differs(&b) {
			return &b
		}
		return nil
	}
	for round := 0; x.budget > 0 && len(x.moves) > 0; round++ {
		from := x.bases
		switch k := x.rng.IntN(4); {
		case len(x.near) > 0 && k > 0:
			from = x.near
		case len(x.inStage) > 0 && k > 1:
			from = x.inStage
		}
		b := from[x.rng.IntN(len(from))]
		aimless := len(x.thresholds) == 0 || len(x.simple) == 0 || len(x.extremes) > 0 && len(x.near) == 0
		if aimless || round%4 > 0 {
			var moves []move
			for range 1 + x.rng.IntN(3) {
				moves = append(moves, x.pick(x.moves))
			}
			if found := try(b, moves...); found != nil {
				return found
			}
			continue
		}
		if x.step != nil && x.rng.IntN(3) > 0 {
			b = x.step.clone()
			for range x.rng.IntN(3) { // also aside, where each step alone is in vain
				x.pick(x.simple)(&b)
			}
		}
		for _, moves := range x.reach(b, x.thresholds[round/4%len(x.thresholds)]) {
			if found := try(b, moves...); found != nil {
				return found
			}
		}
	}
	return nil
}

// pick picks a move.
func (x *search) pick(from [][]move) move {
	of := from[x.rng.IntN(len(from))]
	return of[x.rng.IntN(len(of))]
}

// reach gives changes that together may bring a lead to a number of points: those of
// which the sum of what each does alone is what is missing.
func (x *search) reach(b base, t threshold) (all [][]move) {
	const tolerance, most = 0.5e-6, 12
	points := func(b *base) float64 {
		x.budget--
		if x.model.AssessInto(&x.was, &b.lead, b.at) != nil {
			return math.NaN()
		}
		return pointsOf(&x.was, t)
	}
	had := points(&b)
	missing := (t.low+t.high)/2 - had
	there := func(sum float64) bool {
		sum += had
		return sum > t.low-tolerance && sum < t.high+tolerance && (t.low == t.high || math.Abs(sum-t.open) > tolerance)
	}
	type change struct {
		move  move
		delta float64
	}
	changes := []change{{func(*base) {}, 0}}
	for range 40 {
		c, move := b.clone(), x.pick(x.simple)
		move(&c)
		if d := points(&c) - had; d != 0 {
			changes = append(changes, change{move, d})
		}
	}
	closest := slices.MinFunc(changes, func(a, b change) int {
		return cmp.Compare(math.Abs(missing-a.delta), math.Abs(missing-b.delta))
	})
	if gap := math.Abs(missing - closest.delta); len(x.extremes) == 0 && (x.step == nil || gap < x.gap) {
		c := b.clone()
		closest.move(&c)
		x.step, x.gap = &c, gap
		x.keep(c)
	}
	for i, one := range changes {
		for j, two := range changes[:i+1] {
			for _, three := range changes[:j+1] {
				if there(one.delta + two.delta + three.delta) {
					if all = append(all, []move{one.move, two.move, three.move}); len(all) == most {
						return all
					}
				}
			}
		}
	}
	return all
}

func pointsOf(a *qualify.Assessment, t threshold) float64 {
	raw, points := a.Score.Raw, a.Score.Points
	for _, g := range a.Score.Groups {
		if g.Group == t.group {
			raw, points = g.Raw, g.Points
		}
	}
	if t.raw {
		return raw
	}
	return points
}

// differs reports whether the two judge a lead differently in something that they are
// for. It keeps the first one in which only the way on differs.
func (x *search) differs(b *base) bool {
	if !x.assess(b) {
		return false
	}
	if differ(&x.was, &x.is) {
		return true
	}
	if x.weak == nil && x.telling(b) != "" {
		c := b.clone()
		x.weak = &c
	}
	if len(x.extremes) == 2 && x.sensitive(b) {
		x.keep(b.clone())
	}
	return false
}

// keep makes a lead one to begin with.
func (x *search) keep(b base) {
	const most = 100
	if len(x.near) < most {
		x.near = append(x.near, b)
	} else {
		x.near[x.rng.IntN(most)] = b
	}
}

// sensitive reports whether the two extremes differ.
func (x *search) sensitive(b *base) bool {
	x.budget--
	if x.extremes[0].AssessInto(&x.other, &b.lead, b.at) != nil || x.extremes[1].AssessInto(&x.is, &b.lead, b.at) != nil {
		return false
	}
	return differ(&x.other, &x.is)
}

func (x *search) assess(b *base) bool {
	x.budget--
	return x.model.AssessInto(&x.was, &b.lead, b.at) == nil && x.mutant.AssessInto(&x.is, &b.lead, b.at) == nil
}

// differ reports whether stages, answers, labels, points or stays differ.
func differ(a, b *qualify.Assessment) bool {
	v, w := &a.Verdict, &b.Verdict
	return v.Stage != w.Stage || v.Move != w.Move || !v.Due.Equal(w.Due) || v.Overdue != w.Overdue ||
		a.Score.Points != b.Score.Points || a.Score.Band != b.Score.Band || a.Score.Rating != b.Score.Rating ||
		!slices.EqualFunc(a.Score.Groups, b.Score.Groups, func(g, h qualify.GroupScore) bool { return g.Points == h.Points && g.Band == h.Band }) ||
		!slices.EqualFunc(a.Score.Contributions, b.Score.Contributions, func(c, d qualify.Contribution) bool { return c.Points == d.Points }) ||
		!slices.EqualFunc(a.Checklist, b.Checklist, func(c, d qualify.CriterionResult) bool { return c.Answer == d.Answer })
}

// telling gives the first line that holds for the policy and not for the mutant.
func (x *search) telling(b *base) string {
	list, _, _ := strings.Cut(x.m.Path, "[")
	of := scenario.Expected(&x.is, b.file.Now, list, x.m.ID)
	for _, line := range scenario.Expected(&x.was, b.file.Now, list, x.m.ID) {
		if !slices.Contains(of, line) {
			return line
		}
	}
	return ""
}

// shrink leaves out of a lead what plays no part.
func (x *search) shrink(b *base) {
	x.assess(b)
	word, _, _ := strings.Cut(x.telling(b), " ")
	still := func(c base) bool {
		if !x.assess(&c) {
			return false
		}
		w, _, _ := strings.Cut(x.telling(&c), " ")
		if w == word {
			*b = c
		}
		return w == word
	}
	for n := len(b.lead.Activities); n > 0; n /= 2 {
		for i := 0; i < len(b.lead.Activities); {
			c := b.clone()
			c.lead.Activities = slices.Delete(c.lead.Activities, i, min(i+n, len(c.lead.Activities)))
			if !still(c) {
				i += n
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.lead.Profile)) {
		c := b.clone()
		c.set(name, nil)
		still(c)
	}
	for i := range b.lead.Activities {
		for _, name := range slices.Sorted(maps.Keys(b.lead.Activities[i].Props)) {
			c := b.clone()
			a := &c.lead.Activities[i]
			a.Props = maps.Clone(a.Props)
			delete(a.Props, name)
			still(c)
		}
		if b.lead.Activities[i].ID != "" {
			c := b.clone()
			c.lead.Activities[i].ID = ""
			still(c)
		}
	}
	const day = 24 * time.Hour
	for i := range b.lead.Activities {
		age := b.at.Sub(b.lead.Activities[i].At)
		for _, whole := range []time.Duration{0, day, age.Truncate(day), age.Truncate(day) + day} {
			if age == 0 || whole > 0 && age%day == 0 {
				break
			}
			c := b.clone()
			for j := range c.lead.Activities { // with those of the same instant
				if a := &c.lead.Activities[j]; a.At.Equal(b.lead.Activities[i].At) {
					a.At = c.at.Add(-whole)
				}
			}
			if still(c) {
				break
			}
		}
	}
	c := b.clone()
	c.lead.StageSince = time.Time{}
	still(c)
	c = b.clone()
	c.lead.Stage, c.lead.StageSince = "", time.Time{}
	still(c)
	// What is left happens relative to now.
	c = b.clone()
	shift := c.file.Now.Sub(c.at)
	c.at = c.file.Now
	times := func(facts map[string]any) map[string]any {
		facts = maps.Clone(facts)
		for name, v := range facts {
			if t, ok := v.(time.Time); ok {
				facts[name] = t.Add(shift)
			}
		}
		return facts
	}
	c.lead.Profile = times(c.lead.Profile)
	for i := range c.lead.Activities {
		a := &c.lead.Activities[i]
		a.At, a.Props = a.At.Add(shift), times(a.Props)
	}
	if !c.lead.StageSince.IsZero() {
		c.lead.StageSince = c.lead.StageSince.Add(shift)
	}
	still(c)
	x.assess(b)
}

// write gives the scenario, if it reads back and does what it is for.
func (x *search) write(b *base) (string, bool) {
	x.assess(b)
	name := strings.TrimSuffix(x.m.String(), "became "+x.m.Is) + "rather than " + x.m.Is
	name = strings.Join(strings.Fields(strings.NewReplacer(`"`, "'", "#", "").Replace(name)), " ")
	for i, n := 2, name; slices.ContainsFunc(b.file.Scenarios, func(s *scenario.Scenario) bool { return s.Name == name }); i++ {
		name = fmt.Sprintf("%s (%d)", n, i)
	}
	slices.SortStableFunc(b.lead.Activities, func(a, b qualify.Activity) int { return a.At.Compare(b.At) })
	expected := x.telling(b)
	text := scenario.Write(name, &x.policy, &b.lead, b.at, b.file.Now, expected)
	return text, expected != "" && x.holds(text, b.file.Now)
}

// holds reports whether a text is a scenario that holds for the policy and not for the
// mutant.
func (x *search) holds(text string, now time.Time) bool {
	files, err := scenario.Load(x.model, fstest.MapFS{"a.scenario": {Data: []byte("now " + now.Format(time.RFC3339Nano) + "\n" + text)}})
	if err != nil || len(files[0].Scenarios) != 1 {
		return false
	}
	sc := files[0].Scenarios[0]
	return !sc.Fails(x.model, &x.other) && sc.Fails(x.mutant, &x.other)
}
