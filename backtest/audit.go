package backtest

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/statistics"
)

// Suspicion is why a fact looks as if it were known because of the outcome.
type Suspicion string

// The suspicions. Each is a question to whoever knows the source: when is this entered?
const (
	// KnownWithOutcome is a fact that is known for one outcome far more often than for the
	// other: the shares differ by a quarter or more (activities aside), or hardly anyone for whom it is known
	// has the other outcome.
	KnownWithOutcome Suspicion = "known_with_outcome"
	// TellsOutcome is a fact that alone ranks leads with an AUC of 0.8 or more, less its error, on
	// leads from which the order of its values was not taken.
	TellsOutcome Suspicion = "tells_outcome"
	// ValueTellsOutcome is one value of it for which the other outcome is ten times as rare
	// as it should be.
	ValueTellsOutcome Suspicion = "value_tells_outcome"
	// ComesWithOutcome is a dated fact that in half of the leads or more comes first within
	// a day of the outcome, or after it, and three times as often as by chance.
	ComesWithOutcome Suspicion = "comes_with_outcome"
)

// Suspect is a fact that looks as if it were known because of the outcome.
type Suspect struct {
	// Fact is the fact: lead.<key of the profile>, or activity <type>.
	Fact string `json:"fact"`
	// Why are the suspicions, in the order of the constants.
	Why []Suspicion `json:"why"`
	// KnownWon and KnownOther are for which share of the leads that were won within the
	// span, and of the others, it is known.
	KnownWon   float64 `json:"known_won"`
	KnownOther float64 `json:"known_other"`
	// AUC is how well it alone ranks leads; 0.5 is chance.
	AUC float64 `json:"auc"`
	// Leads is how many leads the worst of the values that tell the outcome has, and Rate
	// how many of these were won; both are 0 if there is none. The value is data of leads
	// and is not named.
	Leads int     `json:"leads"`
	Rate  float64 `json:"rate"`
	// With is in which share of the leads it comes with the outcome.
	With float64 `json:"with"`
}

// FactCount is how many facts of a name were left out for a reason.
type FactCount struct {
	// Fact is lead.<key of the profile>, activity <type>, or stage. Reason is why it was left out.
	Fact   string  `json:"fact"`
	Reason LeftOut `json:"reason"`
	// Count is how many there are in all cases: at the last instant at which each is judged.
	Count int `json:"count"`
}

// Findings of an audit: what a plan leaves out, and what looks like a leak. It holds
// no value and no ID of any lead, and may be logged where keys and activity types may be.
type Findings struct {
	// Plan is the plan in words.
	Plan string `json:"plan"`
	// Cases is how many cases there are, Judged how many judgements, and Won how many of
	// these are followed by a win within the span.
	Cases  int `json:"cases"`
	Judged int `json:"judged"`
	Won    int `json:"won"`
	// LeftOut counts the cases and the instants that are left out.
	LeftOut []LeftOutCount `json:"left_out"`
	// Facts count the facts that are left out, by name and then in the order of the reasons:
	// of the first 1,000 names.
	Facts []FactCount `json:"facts"`
	// Suspects are the facts that look as if they were known because of the outcome, by
	// name: of the first 1,000 names that are seen.
	Suspects []Suspect `json:"suspects"`
}

// Audit looks at cases before a policy is judged by them: what the plan leaves out, and
// which of the facts that are seen look like leaks. It judges no policy: the model is needed
// only for a plan by OnEntering, and may be nil otherwise. All that is seen is looked at,
// whether a policy asks for it or not.
func Audit(model *qualify.Model, plan Plan, cases iter.Seq2[*Case, error]) (*Findings, error) {
	var stages []string
	checked := model
	if model != nil {
		stages = stageIDs(model)
	} else if plan.Judge.stage == "" {
		checked = new(qualify.Model) // it is not asked
	}
	if err := plan.check(checked, stages); err != nil {
		return nil, err
	}
	plan.Split = Split{}
	v := newView(&plan, model)
	a := auditor{suspicion: &suspicion{}, view: v}
	j := newJudge(&plan, model)
	f := &Findings{Plan: plan.String()}
	for c, err := range cases {
		if reason := wrong(c, err); reason != "" {
			j.leftOut[reason]++
			continue
		}
		j.cases++
		v.begin(c)
		j.of(v, j.cases, func(one judgement) {
			f.Judged++
			if one.won {
				f.Won++
			}
			a.judged(one)
		})
		a.end() // while the case is still as it was
	}
	if f.Judged == 0 {
		return nil, j.none()
	}
	f.Cases, f.LeftOut, f.Facts = j.cases, counts(j.leftOut), a.factCounts()
	f.Suspects = a.suspects(a.near.of)
	return f, nil
}

func stageIDs(model *qualify.Model) []string {
	var ids []string
	for _, s := range model.Policy().Stages {
		ids = append(ids, s.ID)
	}
	return ids
}

// mostNames is how many names of facts are kept.
const mostNames = 1000

// names keeps something for each name: for the first mostNames of them by the alphabet, so that
// the order in which they come plays no part. What is kept for one of these was kept all along,
// since only ever later names make room.
type names[T any] struct {
	of   map[string]*T
	last string // the last by the alphabet
}

// get gives what is kept for a name; nil if nothing is.
func (n *names[T]) get(name string) *T {
	one := n.of[name]
	switch {
	case one != nil:
		return one
	case n.of == nil:
		n.of = map[string]*T{}
	case len(n.of) < mostNames:
	case name > n.last:
		return nil
	default:
		delete(n.of, n.last)
		n.last = ""
		for other := range n.of {
			n.last = max(n.last, other)
		}
	}
	one = new(T)
	n.of[name] = one
	n.last = max(n.last, name)
	return one
}

// nearness counts how often a dated fact comes with the outcome.
type nearness struct {
	leads, with int
	expected    float64
}

// An auditor goes through judgements case by case.
type auditor struct {
	*suspicion
	leftOut names[map[LeftOut]int]
	near    names[nearness]
	view    *view
	last    *Case // the case of the last judgement, and when it was
	at      time.Time
}

func (a *auditor) judged(one judgement) {
	if a.last == nil {
		a.add(one.of.Lead.ID, one.won, factsOf(one.lead))
	}
	a.last, a.at = one.of, one.at
}

// end counts what was never seen of the case.
func (a *auditor) end() {
	c := a.last
	if a.last = nil; c == nil {
		return
	}
	count := func(fact string, reason LeftOut) {
		if n := a.leftOut.get(fact); n != nil {
			if *n == nil {
				*n = map[LeftOut]int{}
			}
			(*n)[reason]++
		}
	}
	first := map[string]time.Time{}
	seen := func(name string, at time.Time) {
		if t, ok := first[name]; !ok || at.Before(t) {
			first[name] = at
		}
	}
	for name := range c.Lead.Profile {
		if !slices.Contains(a.view.plan.Known, name) {
			count("lead."+name, LeftOutUndated)
		}
	}
	for _, attribute := range c.Attributes {
		if attribute.At.After(a.at) {
			count("lead."+attribute.Name, LeftOutLater)
		}
		seen("lead."+attribute.Name, attribute.At)
	}
	for i := range c.Lead.Activities {
		activity := &c.Lead.Activities[i]
		if reason := a.view.hides(activity, a.at); reason != "" {
			count("activity "+activity.Type, reason)
		}
		seen("activity "+activity.Type, activity.At)
	}
	if c.Lead.Stage != "" {
		count("stage", LeftOutStage)
	}
	if c.Outcome != Won && c.Outcome != Lost || !c.Until.After(c.Began) {
		return
	}
	const day = 24 * time.Hour
	chance := min(1, float64(2*day)/float64(c.Until.Sub(c.Began)+day))
	for name, at := range first {
		n := a.near.get(name)
		if n == nil {
			continue
		}
		n.leads++
		n.expected += chance
		if !at.Before(c.Until.Add(-day)) {
			n.with++
		}
	}
}

func (a *auditor) factCounts() []FactCount {
	list := []FactCount{}
	for fact, counts := range a.leftOut.of {
		for reason, n := range *counts {
			list = append(list, FactCount{fact, reason, n})
		}
	}
	slices.SortFunc(list, func(x, y FactCount) int {
		return cmp.Or(cmp.Compare(x.Fact, y.Fact), cmp.Compare(slices.Index(reasons, x.Reason), slices.Index(reasons, y.Reason)))
	})
	return list
}

// buckets is into how many values a fact is told apart. What falls into one is one value:
// that can hide a suspicion, and makes none.
const buckets = 1024

// tally counts leads by the value of a fact: in each half of the leads, all and those won.
type tally [2]map[uint16][2]int

// A suspicion collects what facts say of the outcome.
type suspicion struct {
	facts  names[tally]
	totals [2][2]int
}

// A knownFact is a fact and the bucket of its value.
type knownFact struct {
	name   string
	bucket uint16
}

// factsOf gives the facts that are known of a lead; it is not nil.
func factsOf(lead *qualify.Lead) []knownFact {
	list := []knownFact{}
	for name, value := range lead.Profile {
		if b, known := bucketOf(value); known {
			list = append(list, knownFact{"lead." + name, b})
		}
	}
	types := map[string]bool{}
	for i := range lead.Activities {
		if name := lead.Activities[i].Type; !types[name] {
			types[name] = true
			list = append(list, knownFact{"activity " + name, 0})
		}
	}
	return list
}

// add takes the facts of the first judgement of a case.
func (s *suspicion) add(id string, followed bool, facts []knownFact) {
	half, won := int(statistics.Hash(id, 0x5eed)&1), 0
	if followed {
		won = 1
	}
	s.totals[half][0]++
	s.totals[half][1] += won
	for _, f := range facts {
		t := s.facts.get(f.name)
		if t == nil {
			continue
		}
		if t[half] == nil {
			t[half] = map[uint16][2]int{}
		}
		c := t[half][f.bucket]
		c[0]++
		c[1] += won
		t[half][f.bucket] = c
	}
}

// bucketOf gives a number for a value, and whether it is known.
func bucketOf(value any) (uint16, bool) {
	text := ""
	switch v := value.(type) {
	case nil:
		return 0, false
	case bool:
		text = strconv.FormatBool(v)
	case time.Time:
		return 0, !v.IsZero()
	case string:
		text = strings.TrimSpace(v)
	default:
		text = fmt.Sprint(v)
	}
	if text == "" || text == "[]" {
		return 0, false
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && len(text) > 3 { // eight numbers up to each power of two
		mantissa, exponent := math.Frexp(f)
		text = fmt.Sprint(math.Trunc(mantissa*16), exponent)
	}
	return uint16(statistics.Hash(text, 0) % buckets), true
}

const (
	fewest    = 20   // leads of each outcome, below which shares say nothing
	fewTold   = 5    // leads of each outcome, below which nothing is suspected
	tells     = 0.8  // AUC
	apart     = 0.25 // of the shares for whom a fact is known
	tenth     = 10   // times as rare as it should be
	fewOthers = 10   // of the other outcome must be expected
)

// suspects tells what looks like a leak; near may be nil.
func (s *suspicion) suspects(near map[string]*nearness) []Suspect {
	list := []Suspect{}
	leads, won := s.totals[0][0]+s.totals[1][0], s.totals[0][1]+s.totals[1][1]
	all := map[string]bool{}
	for name := range s.facts.of {
		all[name] = true
	}
	for name := range near {
		all[name] = true
	}
	for name := range all {
		one := Suspect{Fact: name, Why: []Suspicion{}, AUC: 0.5}
		if t := s.facts.of[name]; t != nil && min(won, leads-won) >= fewTold {
			s.look(t, &one, leads, won)
		}
		if n := near[name]; n != nil && n.leads >= fewest {
			one.With = float64(n.with) / float64(n.leads)
			if 2*n.with >= n.leads && float64(n.with) >= float64(3*n.expected) {
				one.Why = append(one.Why, ComesWithOutcome)
			}
		}
		if len(one.Why) > 0 {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b Suspect) int { return cmp.Compare(a.Fact, b.Fact) })
	return list
}

func (s *suspicion) look(t *tally, one *Suspect, leads, won int) {
	base := float64(won) / float64(leads)
	// rare reports whether one outcome is ten times as rare among some as among all.
	rare := func(n, k int) bool {
		wins, losses := float64(float64(n)*base), float64(float64(n)*(1-base))
		return wins >= fewOthers && float64(k*tenth) <= wins || losses >= fewOthers && float64((n-k)*tenth) <= losses
	}
	known, knownWon := 0, 0
	values := map[uint16][2]int{}
	for _, half := range t {
		for b, c := range half {
			v := values[b]
			values[b] = [2]int{v[0] + c[0], v[1] + c[1]}
			known, knownWon = known+c[0], knownWon+c[1]
		}
	}
	one.KnownWon = float64(knownWon) / float64(won)
	one.KnownOther = float64(known-knownWon) / float64(leads-won)
	// What leads did may well come more often with one outcome: that is what a policy looks for.
	happened := strings.HasPrefix(one.Fact, "activity ")
	differs := !happened && math.Abs(one.KnownWon-one.KnownOther) >= apart || rare(known, knownWon)
	if differs && min(won, leads-won) >= fewest {
		one.Why = append(one.Why, KnownWithOutcome)
	}
	one.AUC = float64((s.alone(t, 0) + s.alone(t, 1)) / 2)
	if error := math.Sqrt(float64(one.AUC*(1-one.AUC)) / float64(min(won, leads-won))); one.AUC-error >= tells {
		one.Why = append(one.Why, TellsOutcome)
	}
	if len(values) > 1 {
		for _, c := range values {
			if rare(c[0], c[1]) {
				rate := float64(c[1]) / float64(c[0])
				if c[0] > one.Leads || c[0] == one.Leads && rate > one.Rate {
					one.Leads, one.Rate = c[0], rate
				}
			}
		}
		if one.Leads > 0 {
			one.Why = append(one.Why, ValueTellsOutcome)
		}
	}
}

// alone gives the AUC in one half of the leads, of the values in the order that the rates of
// the other half give.
func (s *suspicion) alone(t *tally, half int) float64 {
	const unknown = buckets
	count := func(half int, b uint16) [2]int {
		if b != unknown {
			return t[half][b]
		}
		c := s.totals[half]
		for _, k := range t[half] {
			c[0], c[1] = c[0]-k[0], c[1]-k[1]
		}
		return c
	}
	other := s.totals[1-half]
	base := (float64(other[1]) + 1) / (float64(other[0]) + 2)
	type value struct {
		rate  float64
		count [2]int
	}
	all := []value{}
	for b := range uint16(buckets + 1) {
		if here := count(half, b); here[0] > 0 {
			there := count(1-half, b)
			all = append(all, value{(float64(there[1]) + float64(5*base)) / float64(there[0]+5), here})
		}
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.rate, b.rate) })
	pairs, below, won, lost := int64(0), int64(0), int64(0), int64(0)
	for from := 0; from < len(all); {
		to, w, l := from, int64(0), int64(0)
		for ; to < len(all) && all[to].rate == all[from].rate; to++ {
			w, l = w+int64(all[to].count[1]), l+int64(all[to].count[0]-all[to].count[1])
		}
		pairs += w * (2*below + l)
		below, won, lost = below+l, won+w, lost+l
		from = to
	}
	if won == 0 || lost == 0 {
		return 0.5
	}
	return float64(pairs) / float64(2*won*lost)
}

// String prints the findings, at most 100 columns wide.
func (f *Findings) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d cases, judged %d times, %d of these followed by a win\n", f.Plan, f.Cases, f.Judged, f.Won)
	printLeftOut(&b, f.LeftOut)
	rows := [][]string{{"Not seen", "", ""}}
	for _, k := range f.Facts {
		rows = append(rows, []string{"  " + layout.Clean(k.Fact), strconv.Itoa(k.Count), words[k.Reason]})
	}
	section(&b, "lrl", rows)
	printSuspects(&b, f.Suspects)
	if len(f.Suspects) == 0 {
		b.WriteString("No fact that is seen looks as if it were known because of the outcome.\n")
	}
	return b.String()
}

func printSuspects(b *strings.Builder, suspects []Suspect) {
	rows := [][]string{{"Known because of the outcome?", ""}}
	for i := range suspects {
		s := &suspects[i]
		for n, why := range s.Why {
			name := ""
			if n == 0 {
				name = "  " + layout.Clean(s.Fact)
			}
			rows = append(rows, []string{name, s.words(why)})
		}
	}
	section(b, "ll", rows)
}

func (s *Suspect) words(why Suspicion) string {
	switch why {
	case KnownWithOutcome:
		return fmt.Sprintf("known of %s of the won leads, %s of the others", percent(s.KnownWon), percent(s.KnownOther))
	case TellsOutcome:
		return fmt.Sprintf("alone it puts the won lead first in %s of 100 pairs", hundred(s.AUC))
	case ValueTellsOutcome:
		return fmt.Sprintf("of %s with one of its values, %s were won", layout.Count(s.Leads, "lead", "leads"), percent(s.Rate))
	}
	return fmt.Sprintf("comes with the outcome in %s of the leads", percent(s.With))
}
