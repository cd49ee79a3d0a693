// Package program holds the compiled form of a policy: plain data, in the order of
// the policy's lists, that package engine takes a lead through. It knows neither
// documents nor labels: whoever fills a Program keeps those beside it.
package program

import (
	"math"
	"slices"
	"time"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
)

// None stands for an absent index.
const None = -1

// Program is a compiled policy. The fields up to Ranks are filled in; Link makes the
// others from them. A linked Program is immutable.
type Program struct {
	Profile []expression.Field
	Readers []*fact.Reader // by attribute of the profile
	// Properties declares the properties of activities, which a history reads by Props.
	Properties []expression.Field
	Props      []history.Prop
	Signals    []Signal
	// Histories are the signals as a history finds them, and Resets, by reset scope,
	// the signals that hide what came before their last occurrence. Scope 0 hides
	// nothing.
	Histories []history.Signal
	Resets    [][]int
	Location  *time.Location
	Queries   []history.Query
	// TermBodies are the expressions that terms name, as conditions outside groups with a
	// reset see them. Terms is how many slots the memory of terms has.
	TermBodies []*expression.Node
	Terms      int
	Criteria   []expression.CompiledCriterion
	Rules      []Rule
	Groups     []Group // the root first
	Stages     []Stage
	// Ranks are, by stage, its place among the normal stages, or None for an exit.
	Ranks []int

	Schema     *history.Schema
	GroupOrder []int // the groups, each before its parent
	// QueryOrder has the queries, those that read one property side by side. QueryLo
	// and QueryHi bound the numbers that a query can give.
	QueryOrder       []int
	QueryLo, QueryHi []float64
	// Facts are the facts that conditions ask for: attributes by index, queries behind
	// them. ReadBy lists, by fact, the rules that read it.
	Facts      []int
	ReadBy     [][]int32
	EventRules int
	// LoadedProps are the properties that conditions of signals and multipliers read.
	LoadedProps []int
	// The same, as sets: Places is, by fact, its place in Facts; RuleFacts are, by rule, the
	// facts that it reads.
	Places    []int32
	AllFacts  Set
	RuleFacts []Set
	// While nothing is known, and nothing has occurred, that a rule looks at, it may be known
	// beforehand what it pays and can pay, of any lead: it sleeps. Awake are the rules that
	// never do. WokenBy are, by fact, the rules that read it: an attribute wakes them when it
	// is known, a query when it finds something. By signal, QueriesOf are the queries that
	// find nothing unless it occurs, in the order of QueryOrder, and EventsOf the rules that
	// pay for it.
	Awake, TimeDependentSet Set
	WokenBy, EventsOf       []Set
	QueriesOf               [][]int32
	// SteppedRules is how many rules have a decay in steps, and TimeDependent lists
	// the rules whose points can change as time passes.
	SteppedRules  int
	TimeDependent []int

	// BoundText sets these. TextSteps is how many steps an evaluation may take over the
	// texts of activities, LeadTextSteps how many it takes for each byte of other texts,
	// and LongestText how many bytes a text may have.
	TextSteps, LeadTextSteps int64
	LongestText              int

	// Estimate sets these. LookSteps is about how many steps of a nanosecond it takes to
	// look at a lead's state again, without what its history takes; ActivitySteps how
	// many an evaluation takes for each activity; UnknownSteps, by place in Facts, how
	// many to find what the total could be if an unknown fact were known.
	LookSteps, ActivitySteps int64
	UnknownSteps             []int64
	// UntilSteps is how many steps an evaluation may take to foresee points for its Until,
	// TrialSteps how many at each instant that a search for the next change tries, and
	// SearchSteps how many such a search may take before it becomes coarse. They, and all
	// that is held against them, depend on the program and the lead alone.
	UntilSteps, TrialSteps, SearchSteps int64
}

// Signal is the condition of a signal.
type Signal struct {
	Where *expression.Node // nil: every activity of its types
	Props []int            // that Where reads
	Work  int              // of Where; Link sets it

	// BoundText sets these: what the tests of Where take, and all that looks at the texts
	// of its activities.
	Tests, Looks []TextCost
}

// Rule is a compiled rule.
type Rule struct {
	Group      int
	ResetScope int
	When       *expression.Node // nil: always yes
	Points     points.Points
	Else       points.Points
	Multiply   *expression.Node // nil: 1
	Props      []int            // that Multiply reads
	Tiers      []Tier
	Signal     int // None for a state rule
	Limit      accrual.Limit
	OncePer    int // a property, or None
	ForEach    int // the same
	Within     int64
	Decay      Decay
	Min, Max   points.Points

	// Link sets these. Event is its number among the event rules; TimeDependent is
	// that its points can change as time passes; WorthReadsFacts is that what an
	// occurrence is worth depends on more than the occurrence.
	// Plain is that its one condition decides on fixed points. Pays are these, by the
	// answer; of an event rule, what it pays if nothing occurs.
	Event           int
	Place           int // of its group in GroupOrder
	Work            int // of Multiply
	TimeDependent   bool
	WorthReadsFacts bool
	Plain           bool
	Pays            [3]Payment
	// Lasts is, by the answer of its one condition, that it lasts, and that the multiplier
	// does, as time passes; Undivided that the condition has no parts.
	Lasts     [3]bool
	Undivided bool
	// Ever holds what it can pay, of any lead, after its Min and Max.
	Ever points.Span

	Tests []TextCost // of Multiply; BoundText sets them
}

// Payment is what a rule pays, before its Min and Max and after.
type Payment struct{ Raw, Points points.Points }

// Tier is a condition with the points that it pays.
type Tier struct {
	When   *expression.Node
	Points points.Points
}

// Decay is a decay, with the signal that an idle one waits for, or None.
type Decay struct {
	accrual.Decay
	Signal int
}

// Decays reports whether the decay takes anything.
func (d *Decay) Decays() bool { return d.Decay != (accrual.Decay{}) }

// Group is a compiled group.
type Group struct {
	Parent     int // None for the root
	Weight     float64
	Percent    bool
	SumSpan    points.Span // of its sum, for Percent
	Round      points.Points
	Min, Max   points.Points
	Bands      []Band
	Decay      Decay
	ResetScope int
	Place      int // in GroupOrder; Link sets it
}

// Band is a label for points from a bound on.
type Band struct {
	From  points.Points
	Label string
}

// Stage is a compiled stage. Keep is Enter where a policy does not give one.
type Stage struct {
	Enter, Keep      *expression.Node
	Opening          *expression.Opening // of Enter; nil for an exit
	MinStay, MaxStay int64
}

// Link makes what an evaluation needs beyond the parts of the policy. The order of the
// groups is needed earlier, and may be there.
func (p *Program) Link() {
	p.Schema = history.NewSchema(p.Props, p.Histories, p.Resets, p.Location)
	p.linkQueries()
	for place, i := range p.GroupOrder {
		p.Groups[i].Place = place
	}
	for i := range p.Signals {
		if s := &p.Signals[i]; s.Where != nil {
			s.Work = s.Where.Work()
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		r.Place = p.Groups[r.Group].Place
		if r.Signal != None {
			r.Event = p.EventRules
			p.EventRules++
		}
		if r.Multiply != nil {
			r.Work = r.Multiply.Work()
		}
		r.WorthReadsFacts = r.Signal != None && r.Multiply != nil && !r.Multiply.Alone()
		if r.Decay.Every > 0 {
			p.SteppedRules++
		}
		r.Plain = r.Signal == None && r.Multiply == nil && len(r.Tiers) == 0 && r.When != nil
		_, r.Ever = r.PointSpan()
		r.Undivided = r.When == nil || len(r.When.Parts()) == 0
		for answer, raw := range [...]points.Points{expression.No: r.Else, expression.Unknown: 0, expression.Yes: r.Points} {
			if r.Signal != None {
				raw = 0
			}
			r.Pays[answer] = Payment{raw, raw.Clamp(r.Min, r.Max)}
			r.Lasts[answer] = len(r.Tiers) == 0 && (r.Multiply == nil || !r.Multiply.TimeDependent()) &&
				(r.When == nil || r.When.Lasts(expression.Answer(answer), p.Queries))
		}
		if r.TimeDependent = r.timeDependent(); r.TimeDependent {
			p.TimeDependent = append(p.TimeDependent, i)
		}
	}
	p.ReadBy = make([][]int32, len(p.Profile)+len(p.Queries))
	for f := range p.ReadBy {
		for i := range p.Rules {
			if p.Rules[i].Reads(f) {
				p.ReadBy[f] = append(p.ReadBy[f], int32(i))
			}
		}
		if p.ReadBy[f] != nil || p.askedBeside(f) {
			p.Facts = append(p.Facts, f)
		}
	}
	for _, s := range p.Signals {
		p.LoadedProps = append(p.LoadedProps, s.Props...)
	}
	for _, r := range p.Rules {
		p.LoadedProps = append(p.LoadedProps, r.Props...)
	}
	slices.Sort(p.LoadedProps)
	p.LoadedProps = slices.Compact(p.LoadedProps)
	p.linkSets()
}

// linkSets makes what Link says as sets, and which rules sleep.
func (p *Program) linkSets() {
	p.Places, p.AllFacts = make([]int32, len(p.ReadBy)), NewSet(len(p.ReadBy))
	for i, f := range p.Facts {
		p.Places[f] = int32(i)
		p.AllFacts.Put(f)
	}
	p.Awake, p.TimeDependentSet = NewSet(len(p.Rules)), NewSet(len(p.Rules))
	for range p.Signals {
		p.EventsOf = append(p.EventsOf, NewSet(len(p.Rules)))
	}
	sleeper := expression.Sleeper{Criteria: p.Criteria}
	for i := range p.Rules {
		r := &p.Rules[i]
		sleeps := r.Signal == None || r.When == nil && !r.WorthReadsFacts
		if r.Signal == None {
			r.Expressions(func(n *expression.Node) { sleeps = sleeps && sleeper.Sleeps(n) })
		} else if sleeps {
			p.EventsOf[r.Signal].Put(i)
		}
		if !sleeps {
			p.Awake.Put(i)
		}
		if r.TimeDependent {
			p.TimeDependentSet.Put(i)
		}
		p.RuleFacts = append(p.RuleFacts, NewSet(len(p.ReadBy)))
	}
	for f, rules := range p.ReadBy {
		woken := NewSet(len(p.Rules))
		for _, i := range rules {
			p.RuleFacts[i].Put(f)
			woken.Put(int(i))
		}
		p.WokenBy = append(p.WokenBy, woken)
		if f < len(p.Profile) {
			if value, _ := p.Readers[f].Default(); value.Known { // a lead without it is not like one of whom it is unknown
				p.Awake.Add(woken)
			}
		}
	}
	p.QueriesOf = make([][]int32, len(p.Signals))
	for _, q := range p.QueryOrder {
		s := p.Queries[q].Subject()
		p.QueriesOf[s] = append(p.QueriesOf[s], int32(q))
	}
}

func (p *Program) linkQueries() {
	var whole []int // signals of which more is needed than what queries ask
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Signal != None {
			whole = append(whole, r.Signal)
		}
		if r.Decay.Idle {
			whole = append(whole, r.Decay.Signal)
		}
	}
	p.Schema.LimitRetention(p.Queries, whole)
	for i, q := range p.Queries {
		p.QueryOrder = append(p.QueryOrder, i)
		lo, hi := -fact.MaxNumber, fact.MaxNumber
		if q.Prop != history.None {
			lo, hi = p.Props[q.Prop].Reader.Bounds()
		}
		p.QueryLo, p.QueryHi = append(p.QueryLo, lo), append(p.QueryHi, hi)
	}
	slices.SortStableFunc(p.QueryOrder, func(a, b int) int { return p.Queries[a].Prop - p.Queries[b].Prop })
}

// askedBeside reports whether a criterion or a stage reads a fact.
func (p *Program) askedBeside(fact int) bool {
	return slices.ContainsFunc(p.Criteria, func(c expression.CompiledCriterion) bool {
		return c.Met.Reads(fact) || c.Unmet != nil && c.Unmet.Reads(fact)
	}) || slices.ContainsFunc(p.Stages, func(s Stage) bool { return s.Enter.Reads(fact) || s.Keep.Reads(fact) })
}

// Estimate says what evaluations cost, of a program whose expressions have so many parts.
func (p *Program) Estimate(parts int) {
	p.UntilSteps, p.TrialSteps, p.SearchSteps = 1_000_000_000, 100_000_000, 3_000_000_000
	const perPart, perUnknown, perRule, perEventRule = 20, 50, 100, 1000
	p.LookSteps = perPart*int64(parts) + perRule*int64(len(p.Rules)+len(p.Stages)) + perEventRule*int64(p.EventRules)
	p.ActivitySteps = passSteps * int64(p.HistoryPasses())
	work := make([]int, len(p.Rules)) // once a rule, however many facts it reads
	for i := range p.Rules {
		p.Rules[i].Expressions(func(n *expression.Node) { work[i] += n.Work() })
	}
	for _, fact := range p.Facts {
		steps := 0
		for _, i := range p.ReadBy[fact] {
			steps += work[i]
		}
		p.UnknownSteps = append(p.UnknownSteps, perUnknown*int64(steps))
	}
}

// UnknownFactWork is about how many steps it takes to find what each unknown fact could
// change in the rules.
func (p *Program) UnknownFactWork() (steps int) {
	costs := make([]int, len(p.Rules))
	for i := range p.Rules {
		costs[i] = p.Rules[i].cost()
	}
	for _, rules := range p.ReadBy {
		for _, i := range rules {
			steps += costs[i]
		}
	}
	return steps
}

// OrderGroups puts the groups in an order in which each comes before its parent.
func (p *Program) OrderGroups() {
	p.GroupOrder = make([]int, 0, len(p.Groups))
	var visit func(i int)
	visit = func(i int) {
		for j, g := range p.Groups {
			if g.Parent == i {
				visit(j)
			}
		}
		p.GroupOrder = append(p.GroupOrder, i)
	}
	visit(0)
}

// passSteps is about how many steps it takes to look at an activity.
const passSteps = 50

// HistoryPasses gives about how often an assessment goes through all activities, or
// what costs as much in time (some 50 ns an activity) or memory (some 16 bytes).
func (p *Program) HistoryPasses() int {
	n := 2
	type scoped struct{ signal, resetScope int }
	seen := map[scoped]bool{}
	var ask func(signal, resetScope int)
	ask = func(signal, resetScope int) {
		g := &p.Schema.Signals[signal]
		if !p.Schema.Repeats(signal) {
			resetScope = 0 // what it is related to does not depend on the reset scope
		}
		if key := (scoped{signal, resetScope}); seen[key] {
			return
		} else {
			seen[key] = true
		}
		if p.Schema.Repeats(signal) { // it is found anew for each reset scope
			n++
			ask(g.Of, resetScope)
		}
		if g.Relation != history.Unrelated {
			n += 3
			ask(g.Other, 0)
		}
		if g.ForEach {
			n += 5 // values are numbered, and those of one value put into a row
		}
	}
	for i, s := range p.Signals {
		ask(i, 0)
		if s.Where != nil {
			n += 1 + s.Work/8 + p.stepsPerActivity(s.Where)/passSteps
		}
	}
	for _, q := range p.Queries {
		if n++; q.Func == history.Followed {
			n++ // it goes through two signals
		}
		ask(q.Subject(), q.ResetScope)
		ask(q.Signal, q.ResetScope)
	}
	thresholds := 0 // what compares points
	for _, s := range p.Stages {
		if thresholds += s.Enter.Scores(); s.Keep != s.Enter {
			thresholds += s.Keep.Scores()
		}
	}
	for _, g := range p.Groups {
		thresholds += min(1, len(g.Bands))
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Signal == None {
			continue
		}
		n += 3
		ask(r.Signal, r.ResetScope)
		if r.Multiply != nil {
			n += 2 + r.Work/4 + 2*p.stepsPerActivity(r.Multiply)/passSteps
		}
		if !r.Limit.Zero() {
			n += 3
		}
		if r.Limit.ForEach { // each value has a memory of its own
			n += 10
			if r.Limit.OncePer { // pairs of values are numbered, too
				n += 5
			}
		}
		if r.Decay.Every > 0 { // it is gone through again to find Until
			n += 5 + 4*thresholds
		}
	}
	return n
}

// Expressions visits the conditions and the amount of a rule.
func (r *Rule) Expressions(visit func(*expression.Node)) {
	if r.When != nil {
		visit(r.When)
	}
	for _, t := range r.Tiers {
		visit(t.When)
	}
	if r.Multiply != nil {
		visit(r.Multiply)
	}
}

// cost is about how many steps a rule's conditions and amounts take.
func (r *Rule) cost() (steps int) {
	r.Expressions(func(n *expression.Node) { steps += n.Cost() })
	return steps
}

// Reads reports whether a rule's conditions or its amount read a fact.
func (r *Rule) Reads(fact int) (reads bool) {
	r.Expressions(func(n *expression.Node) { reads = reads || n.Reads(fact) })
	return reads
}

// timeDependent reports whether what a rule pays can change as time passes.
func (r *Rule) timeDependent() bool {
	passes := r.Within != 0 || r.Decay.Decays()
	r.Expressions(func(n *expression.Node) { passes = passes || n.TimeDependent() })
	return passes
}

// PointSpan gives what a rule can pay, of any lead: before its Min and Max, and after.
func (r *Rule) PointSpan() (sum, kept points.Span) {
	sum = points.Exactly(0).Union(points.Exactly(r.Points)).Union(points.Exactly(r.Else))
	for _, t := range r.Tiers {
		sum = sum.Union(points.Exactly(t.Points))
	}
	if r.Multiply != nil {
		sum = points.Span{Lo: points.Below, Hi: points.Above}
	}
	if r.Signal != None {
		sum = r.sumSpan(sum)
	}
	return sum, sum.Clamp(r.Min, r.Max)
}

// sumSpan gives what an event rule can pay when one occurrence pays s.
func (r *Rule) sumSpan(s points.Span) points.Span {
	l := &r.Limit
	most := points.Above // of the sum, either way
	if l.Whole() {
		if l.Points > 0 {
			most = l.Points
		}
		if each := max(s.Hi, -s.Lo, 1); r.Multiply == nil && l.Times > 0 {
			enough := int64(points.Max/each) + 1 // for more than a rule pays
			most = min(most, each*points.Points(min(int64(l.Times), enough)))
		}
	}
	switch {
	case s.Lo < 0 && most == points.Above:
		s.Lo = points.Below
	case s.Lo < 0:
		s.Lo = -most
	}
	if s.Hi > 0 {
		s.Hi = most
	}
	return s
}

// Keep is what a group makes of its sum.
func (g *Group) Keep(sum points.Points) points.Points {
	if g.Percent {
		sum = points.Percent(sum, g.SumSpan.Lo, g.SumSpan.Hi)
	}
	if g.Round > 0 {
		sum = sum.RoundTo(g.Round)
	}
	return sum.Clamp(g.Min, g.Max)
}

// KeepSpan holds what Keep makes of each of s.
func (g *Group) KeepSpan(s points.Span) points.Span {
	if g.Percent || g.Round > 0 {
		s = g.ShapeSpan(s)
	}
	return s.Clamp(g.Min, g.Max)
}

// ShapeSpan holds what percent and rounding make of each of s, before the bounds.
func (g *Group) ShapeSpan(s points.Span) points.Span {
	if g.Percent {
		s = s.Percent(g.SumSpan.Lo, g.SumSpan.Hi)
	}
	if g.Round > 0 {
		s = s.RoundTo(g.Round)
	}
	return s
}

// Band gives the index and the label of the band of some points; None and "" if there
// is none.
func (g *Group) Band(p points.Points) (int, string) {
	for i, b := range slices.Backward(g.Bands) {
		if b.From <= p {
			return i, b.Label
		}
	}
	return None, ""
}

// Unbounded is the From of a band for everything below the next.
const Unbounded = points.Points(math.MinInt64)

// IsExit reports whether a stage is an exit.
func (p *Program) IsExit(stage int) bool { return stage != None && p.Ranks[stage] == None }
