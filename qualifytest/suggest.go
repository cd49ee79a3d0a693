package qualifytest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/qualify-go/qualify"
)

// base is a lead at an instant of a scenario.
type base struct {
	lead qualify.Lead
	at   time.Time
	file *file
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
		sc.play(u.model, func(s *step, lead *qualify.Lead, _ *outcome) bool {
			b := base{lead: *lead, at: s.at, file: sc.file}.clone()
			b.past()
			b.lead.ID = ""
			all = append(all, b)
			return true
		})
	}
	f := u.scenarios[0].file
	u.bases = []base{{at: f.now, file: f}}
	for i := range min(most, len(all)) {
		u.bases = append(u.bases, all[i*len(all)/min(most, len(all))])
	}
}

// A search looks for a lead that a policy and its mutant judge differently.
type search struct {
	*subject
	m          *Mutant
	mutant     *qualify.Model
	was, is    outcome
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
	other      outcome
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
		s.Scenario, s.File = text, found.file.name
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
		if x.model.AssessInto(&x.was.Assessment, &b.lead, b.at) != nil {
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

func pointsOf(o *outcome, t threshold) float64 {
	raw, points := o.Score.Raw, o.Score.Points
	for _, g := range o.Score.Groups {
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
	if x.weak == nil && x.telling() != "" {
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
	if x.extremes[0].AssessInto(&x.other.Assessment, &b.lead, b.at) != nil || x.extremes[1].AssessInto(&x.is.Assessment, &b.lead, b.at) != nil {
		return false
	}
	return differ(&x.other, &x.is)
}

func (x *search) assess(b *base) bool {
	x.budget--
	x.was.now, x.is.now = b.file.now, b.file.now
	return x.model.AssessInto(&x.was.Assessment, &b.lead, b.at) == nil && x.mutant.AssessInto(&x.is.Assessment, &b.lead, b.at) == nil
}

// differ reports whether stages, answers, labels, points or stays differ.
func differ(a, b *outcome) bool {
	v, w := &a.Verdict, &b.Verdict
	return v.Stage != w.Stage || v.Move != w.Move || !v.Due.Equal(w.Due) || v.Overdue != w.Overdue ||
		a.Score.Points != b.Score.Points || a.Score.Band != b.Score.Band || a.Score.Rating != b.Score.Rating ||
		!slices.EqualFunc(a.Score.Groups, b.Score.Groups, func(g, h qualify.GroupScore) bool { return g.Points == h.Points && g.Band == h.Band }) ||
		!slices.EqualFunc(a.Score.Contributions, b.Score.Contributions, func(c, d qualify.Contribution) bool { return c.Points == d.Points }) ||
		!slices.EqualFunc(a.Checklist, b.Checklist, func(c, d qualify.Check) bool { return c.Answer == d.Answer })
}

// expected gives all lines that hold for an outcome: first those about the part of the
// policy that a mutant is in, then those that say the most.
func expected(o *outcome, m *Mutant) (lines []string) {
	list, _, _ := strings.Cut(m.Path, "[")
	own := 0
	add := func(of, id string, words ...string) {
		line := strings.Join(words, " ")
		if of == list && id == m.ID {
			lines = slices.Insert(lines, own, line)
			own++
		} else {
			lines = append(lines, line)
		}
	}
	label := labelled
	add("", "", "stage", label(o.Verdict.Stage), "("+string(o.Verdict.Move)+")")
	for _, c := range o.Checklist {
		add("criteria", c.Criterion, "checklist", quote(c.Criterion)+"="+c.Answer.String())
	}
	for _, g := range o.Score.Groups {
		add("groups", g.Group, "band", quote(g.Group), label(g.Band))
	}
	add("groups", "total", "band", label(o.Score.Band))
	add("", "", "rating", label(o.Score.Rating))
	for _, c := range o.Score.Contributions {
		add("rules", c.Rule, "rule", quote(c.Rule), number(c.Points))
	}
	for _, g := range o.Score.Groups {
		add("groups", g.Group, "score", groupID(g.Group), number(g.Points))
	}
	add("groups", "total", "score", number(o.Score.Points))
	if o.Verdict.Due.IsZero() {
		add("", "", "due never")
	} else {
		add("", "", "due", offset(o.Verdict.Due, o.now))
	}
	if o.Verdict.Overdue {
		add("", "", "overdue")
	} else {
		add("", "", "not overdue")
	}
	for _, b := range o.Verdict.Blockers {
		add("", "", "blocked", written(b.Fact+" "+b.Want, "nothing"))
	}
	if len(o.Verdict.Blockers) == 0 {
		add("", "", "blocked nothing")
	}
	for _, f := range o.Score.Missing {
		add("", "", "missing", written(f.Fact, "nothing"))
	}
	if len(o.Score.Missing) == 0 {
		add("", "", "missing nothing")
	}
	return lines
}

// telling gives the first line that holds for the policy and not for the mutant.
func (x *search) telling() string {
	of := expected(&x.is, x.m)
	for _, line := range expected(&x.was, x.m) {
		if !slices.Contains(of, line) {
			return line
		}
	}
	return ""
}

// shrink leaves out of a lead what plays no part.
func (x *search) shrink(b *base) {
	x.assess(b)
	word, _, _ := strings.Cut(x.telling(), " ")
	still := func(c base) bool {
		if !x.assess(&c) {
			return false
		}
		w, _, _ := strings.Cut(x.telling(), " ")
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
	shift := c.file.now.Sub(c.at)
	c.at = c.file.now
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
	for i, n := 2, name; slices.ContainsFunc(b.file.scenarios, func(s *scenario) bool { return s.name == name }); i++ {
		name = fmt.Sprintf("%s (%d)", n, i)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "scenario %s\n", name)
	now := b.file.now
	if len(b.lead.Profile) > 0 {
		s.WriteString("  lead")
		for _, f := range x.policy.Profile {
			if v, ok := b.lead.Profile[sourceKey(f)]; ok {
				s.WriteString(" " + pair(f, v, now))
			}
		}
		s.WriteString("\n")
	}
	if l := &b.lead; l.Stage != "" || !l.StageSince.IsZero() {
		fmt.Fprintf(&s, "  in %s", quote(cmp.Or(l.Stage, none)))
		if !l.StageSince.IsZero() {
			s.WriteString(" since " + offset(l.StageSince, now))
		}
		s.WriteString("\n")
	}
	slices.SortStableFunc(b.lead.Activities, func(a, b qualify.Activity) int { return a.At.Compare(b.At) })
	for i, n := 0, 1; i < len(b.lead.Activities); i, n = i+n, 1 {
		a := &b.lead.Activities[i]
		for a.ID == "" && i+n < len(b.lead.Activities) && same(a, &b.lead.Activities[i+n]) {
			n++
		}
		fmt.Fprintf(&s, "  %s %s", offset(a.At, now), quote(a.Type))
		if n > 1 {
			fmt.Fprintf(&s, " x%d", n)
		}
		if a.ID != "" {
			s.WriteString(" id=" + quote(a.ID))
		}
		for _, f := range x.policy.Properties {
			if v, ok := a.Props[sourceKey(f)]; ok {
				s.WriteString(" " + pair(f, v, now))
			}
		}
		s.WriteString("\n")
	}
	fmt.Fprintf(&s, "  at %s\n    %s\n", offset(b.at, now), x.telling())
	return s.String(), x.telling() != "" && x.holds(s.String(), b.file)
}

func same(a, b *qualify.Activity) bool {
	return a.Type == b.Type && a.ID == b.ID && a.At.Equal(b.At) && maps.Equal(a.Props, b.Props)
}

// pair writes an attribute or a property.
func pair(f qualify.Field, v any, now time.Time) string {
	switch v := v.(type) {
	case time.Time:
		if d := v.Sub(now); d.Abs() < 100*365*24*time.Hour {
			return quote(f.Name) + "=" + offset(v, now)
		}
		return quote(f.Name) + "=" + v.Format(time.RFC3339Nano)
	case string:
		if f.Kind == qualify.Time {
			return quote(f.Name) + "=" + strconv.Quote(v)
		}
		return quote(f.Name) + "=" + quote(v)
	}
	return quote(f.Name) + "=" + quote(fmt.Sprint(v))
}

// holds reports whether a text is a scenario that holds for the policy and not for the
// mutant.
func (x *search) holds(text string, of *file) bool {
	files := fstest.MapFS{"a.scenario": {Data: []byte("now " + of.now.Format(time.RFC3339Nano) + "\n" + text)}}
	f, err := parse(files, "a.scenario", x.model, nil)
	return err == nil && len(f.scenarios) == 1 && !f.scenarios[0].fails(x.model, &x.other) && f.scenarios[0].fails(x.mutant, &x.other)
}
