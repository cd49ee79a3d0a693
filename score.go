package qualify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/points"
)

// language is the version of the expression language and of the semantics; it
// is part of a fingerprint.
const language = "1"

// The errors of Assess. Whatever else is wrong with a lead is set aside, and
// named in the assessment's Issues.
var (
	// ErrNilLead means that there is no lead.
	ErrNilLead = errors.New("qualify: the lead is nil")
	// ErrInstant means that the instant is the zero time, or one that nanoseconds
	// in 64 bits do not represent: they reach from 1678 to 2262.
	ErrInstant = errors.New("qualify: the instant of the assessment is zero, or outside the years 1678 to 2262")
	// ErrTooManyActivities means that the lead has more activities than
	// Bounds.Activities allows.
	ErrTooManyActivities = errors.New("qualify: the lead has too many activities")
)

// Model is a compiled policy. It is immutable, and safe for use by several
// goroutines at once. The zero Model is of no use: Compile makes one.
type Model struct {
	policy        Policy
	fingerprint   string
	location      *time.Location
	maxActivities int
	passes        int // if maxActivities follows from it
	stepped       int // how many rules have a decay in steps

	profile  []field
	props    []field
	schema   *history.Schema
	signals  []signal
	calls    []history.Call
	asking   []int // the calls, those of one property side by side
	callLo   []float64
	callHi   []float64
	lead     []expression.Field
	terms    int
	criteria []expression.Judged
	rules    []rule
	groups   []group // the root first
	order    []int   // of the groups: each before its parent
	stages   []stage
	stays    []string // by stage: its shortest stay, as documents write it
	met      []string // by criterion: the question whether it is met, as expressions write it
	rank     []int    // of each stage among the normal ones; expression.None for an exit stage
	rating   []int
	ratings  []string // by the bands of the rating groups, when there are not too many
	facts    []factInfo
	events   int       // how many event rules there are
	passing  []int     // the rules whose points can change as time passes
	readers  [][]int32 // by fact, attributes first, then calls: the rules that read it

	pool sync.Pool // of *workspace
}

// signal is a compiled signal's condition.
type signal struct {
	where *expression.Node
	props []int // that where reads
}

// rule is a compiled rule.
type rule struct {
	id, label string
	group     int
	scope     int
	when      *expression.Node // nil: always
	points    points.Points
	otherwise points.Points
	multiply  *expression.Node // nil: 1
	props     []int            // that multiply reads
	tiers     []tier
	signal    int // or -1 for a state rule
	event     int // its number among the event rules
	limit     accrual.Limit
	oncePer   int // property, or -1
	within    int64
	decay     decay
	min, max  points.Points
	passes    bool // what it pays can change as time passes
	lasting   bool // what an occurrence is worth depends on nothing but itself
}

type tier struct {
	when   *expression.Node
	points points.Points
}

type decay struct {
	accrual.Decay
	idle int // signal, or -1
}

// group is a compiled group.
type group struct {
	id, label string
	parent    int // or -1
	weight    float64
	percent   bool
	reach     points.Span // of its sum, for percent
	round     points.Points
	min, max  points.Points
	bands     []band
	decay     decay
	scope     int
}

type band struct {
	from  points.Points
	label string
}

// factInfo is what is said of a fact that may be missing.
type factInfo struct {
	index                 int // attributes first, then calls
	name, label, question string
	rules                 []int32 // that read it
}

// Assessment is what a model says of a lead at an instant. It holds plain
// values only, with slices that are never nil, in a stated order, so that two
// are equal when their bytes are. Every Value in it (in Checklist, Reasons and
// Blockers) is data of the lead; Lead and the IDs of activities name the lead;
// all else is the policy's text and numbers, and may be logged.
type Assessment struct {
	// Lead is the lead's ID.
	Lead string `json:"lead"`
	// At is the instant of the assessment, in UTC.
	At time.Time `json:"at"`
	// Policy and Version are the policy's. Fingerprint stands for the policy's
	// document, the location and the version of the language: 32 hexadecimal
	// digits that change when one of them does.
	Policy      string `json:"policy"`
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`

	Score     Score     `json:"score"`
	Checklist Checklist `json:"checklist"`
	Verdict   Verdict   `json:"verdict"`
	// Until is the first instant after At at which the stage, a band, an answer or
	// whether a stay is overdue can change although no new fact arrives, for the
	// lead with the verdict stored; zero is never. It is never later than the
	// change, and may be earlier: then the assessment at Until says how it goes on.
	// An activity that is dated later is a fact that arrives then. Points may
	// change before.
	Until time.Time `json:"until,omitzero"`
	// Issues name what was set aside, by problem, field and activity.
	Issues []Issue `json:"issues"`
}

// Score is the points of a lead and where they come from. Points are in points,
// exact to a millionth: math.Round(p*1e6) gives the whole number of millionths.
type Score struct {
	// Raw is the exact sum of the points of the root group's own rules and of the
	// shares of the groups right below it. Points is what the root's percent,
	// rounding and bounds make of it, and Lost is Raw - Points.
	Raw    float64 `json:"raw"`
	Lost   float64 `json:"lost"`
	Points float64 `json:"points"`
	// Range holds Points, and what they would be if unknown facts were known.
	Range Range `json:"range"`
	// Band is the label of the root's band; blank is none.
	Band string `json:"band"`
	// Rating joins the band labels of the policy's rating groups; blank if one of
	// them has none.
	Rating string `json:"rating"`
	// Groups holds the groups but the root, in the policy's order.
	Groups []GroupScore `json:"groups"`
	// Contributions holds the rules, all of them, in the policy's order.
	Contributions []Contribution `json:"contributions"`
	// Missing holds the unknown facts that the policy asks for; those that could
	// change the total the most come first, then in the policy's order.
	Missing []Missing `json:"missing"`
}

// Range is the least and the greatest number of points that can come out if
// each unknown fact (an attribute without a value, a function of the history
// that gives unknown) takes any value, or stays unknown, independently of the
// others. It is sound: filling in facts leads nowhere outside. It is not always
// tight, and it does not foresee activities: the call in which a fact is learnt
// may pay of its own. An end that nothing bounds is infinite, and null in JSON.
type Range struct {
	Low, High float64
}

// GroupScore is the points of one group.
type GroupScore struct {
	Group  string `json:"group"`
	Label  string `json:"label,omitempty"`
	Parent string `json:"parent"`
	// Raw is the exact sum of the points of the group's own rules and of the
	// shares of the groups right below it; Lost is Raw - Points.
	Raw    float64 `json:"raw"`
	Lost   float64 `json:"lost"`
	Points float64 `json:"points"`
	// Share is Points times the group's weight (which counts exactly if it has six
	// decimals), rounded half away from zero to a millionth: what goes into the
	// parent's Raw.
	Share float64 `json:"share"`
	Range Range   `json:"range"`
	// Band is the label of the group's band; blank is none.
	Band string `json:"band"`
}

// Contribution is the points of one rule.
type Contribution struct {
	Rule  string `json:"rule"`
	Label string `json:"label,omitempty"`
	Group string `json:"group"`
	// Answer is the answer of the rule's condition: Yes when it has none. For a
	// rule with tiers it is Yes when one pays, No when all are no.
	Answer Answer `json:"answer"`
	// Count is how many occurrences pay something now; for a state rule it is 0.
	Count int `json:"count"`
	// Raw is the rule's sum, Points is Raw within the rule's bounds, and Lost is
	// Raw - Points.
	Raw    float64 `json:"raw"`
	Lost   float64 `json:"lost"`
	Points float64 `json:"points"`
	Range  Range   `json:"range"`
}

// Missing is an unknown fact.
type Missing struct {
	// Fact is the fact as expressions write it, such as lead.employees.
	Fact  string `json:"fact"`
	Label string `json:"label,omitempty"`
	// Question is the attribute's, or that of the first criterion that asks for
	// the fact.
	Question string `json:"question,omitempty"`
	// Range is that of the total if this fact alone took any value. It is a single
	// number for a fact that changes the total only together with others, or that
	// only the checklist or a stage asks for.
	Range Range `json:"range"`
}

// Value is a fact that a condition saw. It is data of the lead.
type Value struct {
	// Fact is the fact as expressions write it, such as lead.employees or
	// count("webinar", "30d").
	Fact string
	Kind Kind
	// Known tells an unknown fact, whose other fields are zero, from a known one.
	Known bool
	// The field of the kind holds the value; Text that of a Text and of a Code.
	// Ages are numbers of days; met(…) is a Code, the word of the Answer; no band
	// is a blank Code. Time is in UTC. Texts is never nil.
	Number float64
	Text   string
	Bool   bool
	Time   time.Time
	Texts  []string
	// Activity is the ID, and At the instant in UTC, of the newest activity that
	// the value rests on; At is zero if there is none.
	Activity string
	At       time.Time
}

// Issue is something in a lead that was set aside, one for each problem and
// field. It never holds the value.
type Issue struct {
	// Problem is wrong_kind, out_of_range or not_in_values, for a value that is
	// not what was declared; time_out_of_range, for activities whose time is
	// missing or before 1678; repeated_differently, for activities that came
	// twice, with one type and ID, but with other contents; unknown_stage, for a
	// stage that the policy does not have; future_stage_since.
	Problem string `json:"problem"`
	// Field is lead.<attribute>, activity.<property>, activity, activity.at, stage
	// or stage_since. Properties are looked at only where the policy reads them.
	Field string `json:"field"`
	// Activity is the ID of the first activity concerned, in the order of history.
	Activity string `json:"activity,omitempty"`
	// Count is how many of the activities that were read are concerned, 1 for the
	// lead itself. Latest, for one, reads back to the first value that it can take;
	// and the condition of a signal reads no activity that is older than what the
	// policy asks of the signal, such as 30 days for count("visit", "30d").
	Count int `json:"count"`
}

// Explanation is an assessment with all that it rests on: for each rule,
// criterion and stage a tree of its conditions, with what they saw. Like an
// Assessment it holds plain values, with slices that are never nil.
type Explanation struct {
	// Assessment is what Assess gives.
	Assessment Assessment `json:"assessment"`
	// Rules, Criteria and Stages hold a Part for each, in the policy's order.
	Rules    []Part `json:"rules"`
	Criteria []Part `json:"criteria"`
	Stages   []Part `json:"stages"`
}

// Part is a part of an explanation: a rule, a criterion or a stage; below it, its
// conditions and amounts; below a condition, what it joins by and, or, not and
// the ternary; below a comparison or a call, the functions of the history that it
// asks. What is beyond 100,000 parts is left out of the tree.
type Part struct {
	// ID and Label are those of a rule, a criterion or a stage.
	ID    string `json:"id,omitempty"`
	Label string `json:"label,omitempty"`
	// Field is the field of the document that a condition stands in, such as when,
	// tiers[0].when or keep; for the signal of an event rule it is on.
	Field string `json:"field,omitempty"`
	// Condition is a condition, an amount or a call as expressions write it; where
	// conditions inside a condition are joined, only how: and, or, not. For the field
	// on it is the signal.
	Condition string `json:"condition,omitempty"`
	// Answer is that of the condition, the criterion, or the rule (as in its
	// Contribution); of a stage, whether the lead is in it now. What is no condition
	// is Yes if its value is known, and Unknown if not.
	Answer Answer `json:"answer"`
	// Points is what a rule pays, as in its Contribution; below it, of the field on,
	// what the occurrences bring.
	Points float64 `json:"points"`
	// Values are what it saw.
	Values []Value `json:"values"`
	// Occurrences are, of the field on and of a function of the history, the
	// occurrences of its signal, the newest first, at most 1,000 of them, and at most
	// 100,000 in an explanation. Older is how many more there are. What is older than
	// all that the policy asks of a signal with a condition is not looked at.
	Occurrences []Occurrence `json:"occurrences"`
	Older       int          `json:"older,omitempty"`
	Parts       []Part       `json:"parts"`
}

// Occurrence is an activity that is an occurrence of a signal, and what became of
// it.
type Occurrence struct {
	// Activity is its ID, Type its type, and At its instant in UTC.
	Activity string    `json:"activity,omitempty"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	// Worth is, of an event rule, the points times what multiplies them; Allowed
	// what the limit lets through of it; and Points what it brings now, after
	// within and the decay. Each is rounded to a millionth; a rule's sum is rounded
	// once, and kept within a million.
	Worth   float64 `json:"worth"`
	Allowed float64 `json:"allowed"`
	Points  float64 `json:"points"`
	// LeftOut is why it does not count, or brings nothing: reset, for one before the
	// last reset of the rule's group; window, for one outside the window, or not
	// within; unknown, if the multiplier is, or the property that a function looks at;
	// limit, also for one without the property of OncePer; decay; when, if the rule's
	// condition is not yes. Blank is that it counts; of followed, that it is looked at.
	LeftOut string `json:"left_out,omitempty"`
	// Values are what its multiplier saw.
	Values []Value `json:"values"`
}

// The problems that are not a value's.
const (
	problemTime       = "time_out_of_range"
	problemRepeated   = "repeated_differently"
	problemStage      = "unknown_stage"
	problemStageSince = "future_stage_since"
)

// Policy gives a copy of the policy that the model was compiled from.
func (m *Model) Policy() Policy { return clone(m.policy) }

// Location gives the location whose days, weeks and months are meant.
func (m *Model) Location() *time.Location { return m.location }

// Fingerprint stands for the policy's document, the location and the version of
// the language, as in every Assessment.
func (m *Model) Fingerprint() string { return m.fingerprint }

// Assess assesses a lead as of an instant: activities after it are not looked
// at. It reads no clock; the same facts give the same bytes. The errors, for
// errors.Is, are ErrNilLead, ErrInstant and ErrTooManyActivities.
func (m *Model) Assess(lead *Lead, at time.Time) (Assessment, error) {
	var a Assessment
	err := m.AssessInto(&a, lead, at)
	return a, err
}

// AssessInto is Assess into an assessment that was used before: it overwrites
// all of it and allocates nothing once the memory of dst suffices. A copy of
// what dst held shares that memory and is overwritten with it; and the slices in
// dst must not be rearranged in between. After an error dst is the zero Assessment.
func (m *Model) AssessInto(dst *Assessment, lead *Lead, at time.Time) error {
	if lead == nil {
		*dst = Assessment{}
		return ErrNilLead
	}
	return m.assess(dst, lead, [][]Activity{lead.Activities}, at, nil)
}

// assess is AssessInto of a lead with activities in parts, which tells on demand when
// it can change exactly: without what Until may be early by to cost less.
func (m *Model) assess(dst *Assessment, lead *Lead, parts [][]Activity, at time.Time, exactly *exact) error {
	if err := m.fit(parts, at); err != nil {
		*dst = Assessment{}
		return err
	}
	w := m.borrow()
	w.begin(dst, lead, at)
	w.profile(lead)
	w.history(parts)
	w.call()
	w.conclude(dst)
	if exactly != nil {
		w.until(&dst.Verdict, true)
		*exactly = w.exact
	}
	m.giveBack(w)
	return nil
}

// borrow gives a workspace, to be given back.
func (m *Model) borrow() *workspace {
	if w, ok := m.pool.Get().(*workspace); ok {
		return w
	}
	return newWorkspace(m)
}

func (m *Model) giveBack(w *workspace) {
	w.forget()
	m.pool.Put(w)
}

// Explain is Assess with all that the assessment rests on. It costs many times as
// much. The errors are the same.
func (m *Model) Explain(lead *Lead, at time.Time) (Explanation, error) {
	var e Explanation
	if err := m.AssessInto(&e.Assessment, lead, at); err != nil {
		return Explanation{}, err
	}
	w := m.borrow()
	// Once more, since the tree is that of the stage that the lead came with, and must
	// not add to what is set aside.
	var again Assessment
	w.begin(&again, lead, at)
	w.profile(lead)
	w.history([][]Activity{lead.Activities})
	w.call()
	w.check(&again.Checklist)
	w.score(&again.Score)
	w.decide(&again.Verdict)
	x := explainer{w: w}
	e.Rules, e.Criteria, e.Stages = x.rules(&again.Score), x.criteria(again.Checklist), x.stages()
	m.giveBack(w)
	return e, nil
}

// Track follows one lead: it begins with the facts of the one given, of which it
// makes a copy, but for lists in the profile and the maps of properties, which must
// not be changed any more. A nil lead is one of which nothing is known.
func (m *Model) Track(lead *Lead) *Tracker {
	if lead == nil {
		lead = &Lead{}
	}
	t := &Tracker{model: m, lead: *lead, parts: [][]Activity{slices.Clip(slices.Clone(lead.Activities))}, count: len(lead.Activities)}
	t.lead.Profile, t.lead.Activities = maps.Clone(lead.Profile), nil
	return t
}

// fit reports what keeps a lead with such activities from being assessed.
func (m *Model) fit(parts [][]Activity, at time.Time) error {
	if at.IsZero() || at.Before(earliest) || at.After(latest) {
		return ErrInstant
	}
	all := 0
	for _, part := range parts {
		all += len(part)
	}
	if all <= m.maxActivities {
		return nil
	}
	n := 0
	for _, part := range parts {
		for i := range part {
			if !part[i].At.After(at) {
				n++
			}
		}
	}
	switch {
	case n <= m.maxActivities:
		return nil
	case m.maxActivities < maxActivities && m.passes > 0:
		return fmt.Errorf("%w: it has %d, and may have %d, because the policy goes through them some %d times: let it ask less of the history, or set Bounds.Activities",
			ErrTooManyActivities, n, m.maxActivities, m.passes)
	}
	return fmt.Errorf("%w: it has %d, and may have %d", ErrTooManyActivities, n, m.maxActivities)
}

// finish makes what the model needs beyond the parts of the policy.
func (c *compiler) finish() {
	m := c.m
	m.schema = history.NewSchema(c.schema.Props, c.schema.Signals, c.scopes, c.settings.location)
	m.calls, m.terms, m.criteria, m.lead = c.expr.Calls, c.expr.Terms(), c.expr.Criteria, c.fields
	var whole []int // signals of which more is asked than what the calls ask
	for i := range m.rules {
		k := &m.rules[i]
		if k.signal >= 0 {
			whole = append(whole, k.signal)
		}
		if k.decay.Idle {
			whole = append(whole, k.decay.idle)
		}
	}
	m.schema.Narrow(m.calls, whole)
	for i := range m.calls {
		m.asking = append(m.asking, i)
	}
	slices.SortStableFunc(m.asking, func(a, b int) int { return m.calls[a].Prop - m.calls[b].Prop })
	for _, call := range m.calls {
		lo, hi := -fact.MaxNumber, fact.MaxNumber
		if call.Prop != history.None {
			lo, hi = c.props[call.Prop].Lo, c.props[call.Prop].Hi
		}
		m.callLo, m.callHi = append(m.callLo, lo), append(m.callHi, hi)
	}
	costs, work := make([]int, len(m.rules)), c.expr.Work()
	for j := range m.rules {
		costs[j] = m.rules[j].cost()
	}
	for i := range len(m.lead) + len(m.calls) {
		f := factInfo{index: i}
		for j := range m.rules {
			if m.rules[j].reads(i) {
				f.rules = append(f.rules, int32(j))
				work += costs[j]
			}
		}
		m.readers = append(m.readers, f.rules)
		question, asked := c.asked(i)
		if !asked && f.rules == nil {
			continue
		}
		if i < len(m.lead) {
			d := &m.profile[i]
			f.name, f.label, f.question = d.text, d.Label, d.Question
		} else {
			f.name = c.expr.CallName(i-len(m.lead)) + c.since(m.calls[i-len(m.lead)].Scope)
		}
		f.question = cmp.Or(f.question, question)
		m.facts = append(m.facts, f)
	}
	for i := range m.rules {
		k := &m.rules[i]
		if k.signal >= 0 {
			k.event = m.events
			m.events++
		}
		k.lasting = !k.limit.OncePer && (k.multiply == nil || k.multiply.Alone())
		if k.decay.Every > 0 {
			m.stepped++
		}
		if k.passes = k.passing(); k.passes {
			m.passing = append(m.passing, i)
		}
	}
	if work > maxWork {
		c.fail(place{"", -1, ""}, "", nil, "to find what each unknown fact could change takes %d steps, and may take %d: each attribute, and each question to the history, takes a step for each part "+
			"of each rule, term and criterion that asks it: let large conditions ask fewer of them", work, maxWork)
	}
	if m.maxActivities == 0 {
		m.passes = m.walks()
		m.maxActivities = min(maxActivities, maxPassed/m.passes)
	}
	m.ratings = ratings(m.rating, m.groups)
	m.fingerprint = fingerprint(m.policy, m.location)
}

const (
	maxActivities = 1_000_000
	maxPassed     = 100_000_000 // activities times passes
	maxWork       = 10_000_000
)

// walks gives about how often an assessment goes through all activities, or what
// costs as much in time (some 50 ns an activity) or memory (some 16 bytes).
func (m *Model) walks() int {
	n := 2
	type scoped struct{ signal, scope int }
	seen := map[scoped]bool{}
	ask := func(signal, scope int) { // a repeated signal is found anew for each scope
		for s := (scoped{signal, scope}); m.schema.Repeats(s.signal) && !seen[s]; s.signal = m.schema.Signals[s.signal].Of {
			seen[s] = true
			n++
		}
	}
	for i, s := range m.signals {
		ask(i, 0)
		if s.where != nil {
			n += 1 + s.where.Cost()/8
		}
	}
	for _, call := range m.calls {
		n++
		ask(call.Subject(), call.Scope)
		ask(call.Signal, call.Scope)
	}
	asked := 0 // what compares points
	for _, s := range m.stages {
		if asked += s.enter.Scores(); s.keep != s.enter {
			asked += s.keep.Scores()
		}
	}
	for _, g := range m.groups {
		asked += min(1, len(g.bands))
	}
	for i := range m.rules {
		if k := &m.rules[i]; k.signal >= 0 {
			n += 3
			ask(k.signal, k.scope)
			if k.multiply != nil {
				n += 2 + k.multiply.Cost()/4
			}
			if !k.limit.Zero() {
				n += 3
			}
			if k.decay.Every > 0 { // it is gone through again to find Until
				n += 5 + 4*asked
			}
		}
	}
	return n
}

// cost is about how many steps a rule's conditions and amounts take.
func (k *rule) cost() (steps int) {
	for _, n := range []*expression.Node{k.when, k.multiply} {
		if n != nil {
			steps += n.Cost()
		}
	}
	for _, t := range k.tiers {
		steps += t.when.Cost()
	}
	return steps
}

// since says of a call which group's reset hides what came before.
func (c *compiler) since(scope int) string {
	if scope == 0 {
		return ""
	}
	for _, i := range slices.Backward(c.m.order) { // the highest such group
		if c.m.groups[i].scope == scope {
			return " in " + c.m.groups[i].id
		}
	}
	return ""
}

// fingerprint hashes the policy's document and the location: its name, and, as
// two locations can share one, its offset in each month of two centuries.
func fingerprint(p Policy, loc *time.Location) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", language, loc)
	if loc != time.UTC {
		for month := range 200 * 12 {
			_, offset := time.Date(1900, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC).In(loc).Zone()
			fmt.Fprintln(h, offset)
		}
	}
	io.WriteString(h, p.String())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// asked reports whether a criterion or a stage reads fact i, and gives the
// question of the first criterion that does and has one.
func (c *compiler) asked(i int) (question string, asked bool) {
	for j, k := range c.m.criteria {
		if k.Met.Reads(i) || k.Unmet != nil && k.Unmet.Reads(i) {
			question, asked = cmp.Or(question, c.policy.Criteria[j].Question), true
		}
	}
	for _, s := range c.m.stages {
		asked = asked || s.enter.Reads(i) || s.keep.Reads(i)
	}
	return question, asked
}

func (k *rule) reads(i int) bool {
	return k.when != nil && k.when.Reads(i) || k.multiply != nil && k.multiply.Reads(i) ||
		slices.ContainsFunc(k.tiers, func(t tier) bool { return t.when.Reads(i) })
}

// passing reports whether what a rule pays can change as time passes.
func (k *rule) passing() bool {
	return k.when != nil && k.when.Passing() || k.multiply != nil && k.multiply.Passing() || k.within != 0 ||
		k.decay.Decay != (accrual.Decay{}) || slices.ContainsFunc(k.tiers, func(t tier) bool { return t.when.Passing() })
}

// reach gives what a rule can pay, whatever the lead.
func (k *rule) reach() points.Span {
	s := points.Exactly(0).Union(points.Exactly(k.points)).Union(points.Exactly(k.otherwise))
	for _, t := range k.tiers {
		s = s.Union(points.Exactly(t.points))
	}
	if k.multiply != nil {
		s = points.Span{Lo: points.Below, Hi: points.Above}
	}
	if k.signal >= 0 {
		s = k.repeated(s)
	}
	return s.Clamp(k.min, k.max)
}

// repeated gives what an event rule can pay when one occurrence pays s.
func (k *rule) repeated(s points.Span) points.Span {
	l := &k.limit
	most := points.Above // of the sum, either way
	switch {
	case l.Per != 0 || l.Period != nil:
	default:
		if l.Points > 0 {
			most = l.Points
		}
		if each := max(s.Hi, -s.Lo, 1); k.multiply == nil && l.Times > 0 && int64(l.Times) <= int64(points.Max/each) {
			most = min(most, each*points.Points(l.Times))
		}
	}
	if s.Lo < 0 {
		s.Lo = -most // -Above is above Below by one, and clamped to it
	}
	if s.Hi > 0 {
		s.Hi = most
	}
	return s
}

// ratings lists the ratings of all combinations of bands, in which the band of
// the first group changes the slowest and the first of a group's is none; nil
// when there are very many.
func ratings(groups []int, all []group) []string {
	const most = 4096
	out := []string{""}
	for _, g := range groups {
		var next []string
		for _, prefix := range out {
			for _, b := range append([]band{{}}, all[g].bands...) {
				next = append(next, prefix+b.label)
			}
			if len(next) > most {
				return nil
			}
		}
		out = next
	}
	return out
}

// workspace is the memory of one assessment.
type workspace struct {
	model  *Model
	frame  expression.Frame
	index  history.Index
	spread expression.Spread
	walker expression.Walker
	future future
	out    *Assessment

	basis    []int32          // by call: the newest activity behind its result, or history.None
	arena    []string         // of the profile's lists of text
	bands    []int            // by group: which band, or -1
	missed   []*factInfo      // the unknown facts
	unknown  []int32          // by rule: how many of them it reads
	spans    []points.Span    // by rule: what it can pay
	memories []history.Memory // by call: of a tracker
	entered  []entered        // by event rule: of a tracker
	fresh    []bool           // by rule: of a tracker, whether last has what it pays
	last     []Contribution   // by rule: of a tracker

	now      int               // the stage of the verdict
	exact    exact             // of the last until
	balances []accrual.Balance // by event rule
	// pays is, by rule, what an event rule pays if its condition is yes, with all
	// unknown facts free. It serves for a single one, too: to go through the
	// occurrences once for each fact would cost too much.
	pays    []points.Span
	totals  []points.Span    // by group
	kept    []points.Points  // by rule: what it pays
	sums    []points.Points  // by group
	ledgers []accrual.Ledger // by event rule: what its occurrences pay
	low     accrual.Ledger   // of uncertain
	high    accrual.Ledger
	free    accrual.Limit   // none
	idles   []int64         // of idle
	keys    []int32         // by occurrence: the number of its value of the property of OncePer
	shares  []points.Points // by group: what goes into its parent's sum
	asks    []ask
}

func newWorkspace(m *Model) *workspace {
	w := &workspace{model: m}
	w.frame = expression.Frame{
		Lead: make([]fact.Value, len(m.profile)), Calls: make([]fact.Value, len(m.calls)),
		Props: make([]fact.Value, len(m.props)), Terms: make([]expression.Memo, m.terms),
		Check: make([]expression.Check, len(m.criteria)), Points: make([]float64, len(m.groups)),
		Bands: make([]string, len(m.groups)), Order: m.rank,
	}
	w.spread = expression.Spread{Frame: &w.frame, Lead: m.lead, CallLo: m.callLo, CallHi: m.callHi, Criteria: m.criteria}
	w.future.open(w)
	w.basis, w.bands = make([]int32, len(m.calls)), make([]int, len(m.groups))
	w.spans, w.pays = make([]points.Span, len(m.rules)), make([]points.Span, len(m.rules))
	w.unknown = make([]int32, len(m.rules))
	w.totals, w.sums = make([]points.Span, len(m.groups)), make([]points.Points, len(m.groups))
	w.kept, w.shares = make([]points.Points, len(m.rules)), make([]points.Points, len(m.groups))
	w.ledgers, w.balances = make([]accrual.Ledger, m.events), make([]accrual.Balance, m.events)
	return w
}

// forget drops what belongs to the lead.
func (w *workspace) forget() {
	w.index.Forget()
	clear(w.frame.Lead)
	clear(w.frame.Calls)
	clear(w.frame.Props)
	clear(w.arena)
	w.arena = w.arena[:0]
	w.out = nil
}

// An assessment goes through the steps of the design in their order: begin, profile,
// history, call, conclude.
func (w *workspace) begin(out *Assessment, lead *Lead, at time.Time) {
	m := w.model
	w.out = out
	out.Lead, out.At = valid(lead.ID), time.Unix(0, at.UnixNano()).UTC()
	out.Policy, out.Version, out.Fingerprint = m.policy.Name, m.policy.Version, m.fingerprint
	out.Issues = empty(out.Issues)
	w.frame.Now = at.UnixNano()
	clear(w.frame.Terms)
	w.walker.Reset()
	w.place(lead)
}

// conclude draws the conclusions from what the frame and the index hold.
func (w *workspace) conclude(out *Assessment) {
	w.check(&out.Checklist)
	w.score(&out.Score)
	w.decide(&out.Verdict)
	out.Until = w.until(&out.Verdict, false)
	for i := range w.fresh {
		w.fresh[i] = w.frame.Now != history.Never // until found when they are not any more
	}
	w.flaws()
}

func (w *workspace) issue(i Issue) { w.out.Issues = append(w.out.Issues, i) }

// flaws turns what the history set aside into issues, one for each problem and
// field, in order: the lead's own first, then by field and problem.
func (w *workspace) flaws() {
	flaws := w.index.Flaws()
	slices.SortFunc(flaws, func(a, b history.Flaw) int {
		if a.Prop != b.Prop {
			return a.Prop - b.Prop
		}
		if a.Problem != b.Problem {
			return int(a.Problem) - int(b.Problem)
		}
		return a.Pos - b.Pos
	})
	for i, f := range flaws {
		if i > 0 && flaws[i-1].Prop == f.Prop && flaws[i-1].Problem == f.Problem {
			w.out.Issues[len(w.out.Issues)-1].Count++
			continue
		}
		issue := Issue{Problem: f.Problem.String(), Field: "activity", Activity: valid(w.index.ID(f.Pos)), Count: 1}
		if f.Prop == history.None {
			issue.Problem = problemRepeated
		} else {
			issue.Field = w.model.props[f.Prop].text
		}
		w.issue(issue)
	}
}

// losing gives a sum, what its bounds take, and what they leave.
func losing(raw, kept points.Points) (all, lost, left float64) {
	left = kept.Float()
	if raw == kept {
		return left, 0, left
	}
	return raw.Float(), (raw - kept).Float(), left
}

// public gives a span of points as a Range.
func public(s points.Span) Range {
	if s.Lo == s.Hi { // most are; no end that is infinite is
		p := s.Lo.Float()
		return Range{p, p}
	}
	r := Range{s.Lo.Float(), s.Hi.Float()}
	if s.Lo == points.Below {
		r.Low = math.Inf(-1)
	}
	if s.Hi == points.Above {
		r.High = math.Inf(1)
	}
	return r
}

// score pays the rules, adds up the groups and finds the ranges.
func (w *workspace) score(out *Score) {
	m := w.model
	w.spread.Reset(m.terms)
	clear(w.unknown)
	w.missed = w.missed[:0]
	for i := range m.facts {
		if f := &m.facts[i]; !w.known(f.index) {
			w.spread.Release(f.index)
			w.missed = append(w.missed, f)
			for _, j := range f.rules {
				w.unknown[j]++
			}
		}
	}
	clear(w.sums)
	clear(w.totals)
	out.Contributions = empty(out.Contributions)
	for i := range m.rules {
		k := &m.rules[i]
		if w.fresh == nil {
			w.contribute(i, extend(&out.Contributions))
		} else if !w.isFresh(i) {
			w.contribute(i, &w.last[i])
		}
		w.sums[k.group] += w.kept[i]
		w.totals[k.group] = w.totals[k.group].Add(w.spans[i])
	}
	out.Contributions = append(out.Contributions, w.last...)
	out.Groups = empty(out.Groups)
	for range len(m.groups) - 1 {
		extend(&out.Groups)
	}
	w.total()
	for _, i := range m.order {
		k := &m.groups[i]
		raw := w.sums[i]
		kept := k.keep(raw)
		w.frame.Points[i] = kept.Float()
		w.bands[i], w.frame.Bands[i] = k.band(kept)
		if k.parent < 0 {
			out.Raw, out.Lost, out.Points = losing(raw, kept)
			out.Range, out.Band = public(w.totals[i]), w.frame.Bands[i]
			continue
		}
		share := kept.Weighted(k.weight)
		w.sums[k.parent] += share
		w.shares[i] = share
		o := &out.Groups[i-1]
		o.Group, o.Label, o.Parent = k.id, k.label, m.groups[k.parent].id
		o.Raw, o.Lost, o.Points = losing(raw, kept)
		o.Share, o.Range, o.Band = share.Float(), public(w.totals[i]), w.frame.Bands[i]
	}
	out.Rating = w.rating()
	out.Missing = empty(out.Missing)
	w.missing(out)
}

// contribute finds what a rule pays and can pay.
func (w *workspace) contribute(i int, o *Contribution) {
	k := &w.model.rules[i]
	// Field by field, since a literal would be made first and then copied.
	o.Rule, o.Label, o.Group, o.Count = k.id, k.label, w.model.groups[k.group].id, 0
	raw := w.pay(i, o)
	kept := raw.Clamp(k.min, k.max)
	w.kept[i] = kept
	o.Raw, o.Lost, o.Points = losing(raw, kept)
	if w.unknown[i] == 0 {
		w.spans[i] = points.Exactly(kept)
		o.Range = Range{o.Points, o.Points}
		return
	}
	w.spans[i] = w.ruleSpan(i)
	o.Range = public(w.spans[i])
}

// follow makes the workspace one of a tracker, which remembers.
func (w *workspace) follow() {
	m := w.model
	w.memories, w.entered = make([]history.Memory, len(m.calls)), make([]entered, m.events)
	w.fresh, w.last = make([]bool, len(m.rules)), make([]Contribution, len(m.rules))
}

// spoil says that facts from one on, before another, have changed.
func (w *workspace) spoil(from, to int) {
	for _, rules := range w.model.readers[from:to] {
		for _, i := range rules {
			w.fresh[i] = false
		}
	}
}

// isFresh reports whether what a rule paid and could pay the last time is what it
// pays and can pay now: no fact that it reads has changed, time has not changed any
// part of its conditions, and what occurred pays the same.
func (w *workspace) isFresh(i int) bool {
	k := &w.model.rules[i]
	if w.fresh[i] && (k.passes && w.future.stirs[i] <= w.frame.Now || k.signal >= 0 && !w.stands(k)) {
		w.fresh[i] = false
	}
	return w.fresh[i]
}

// stands reports whether an event rule has the same occurrences as the last time, and
// they pay the same.
func (w *workspace) stands(k *rule) bool {
	n := len(w.index.Occurrences(k.signal, k.scope))
	return w.goesOn(k) && w.entered[k.event].n == n && w.ledgers[k.event].Stands(w.frame.Now)
}

// goesOn reports whether what a tracker's ledger has is a part of what it must have.
func (w *workspace) goesOn(k *rule) bool {
	e, floor := &w.entered[k.event], w.index.Floor(k.scope)
	return k.lasting && e.floor == floor && e.version == w.index.Version(k.signal, k.scope) && (floor == 0 || !w.model.schema.Repeats(k.signal))
}

// known reports whether a fact (attributes first, then calls) is known.
func (w *workspace) known(i int) bool {
	if n := len(w.frame.Lead); i >= n {
		return w.frame.Calls[i-n].Known
	}
	return w.frame.Lead[i].Known
}

// keep is what a group makes of its sum.
func (k *group) keep(raw points.Points) points.Points {
	if k.percent {
		raw = points.Percent(raw, k.reach.Lo, k.reach.Hi)
	}
	if k.round > 0 {
		raw = raw.RoundTo(k.round)
	}
	return raw.Clamp(k.min, k.max)
}

// span holds what keep makes of each of s.
func (k *group) span(s points.Span) points.Span {
	if k.percent {
		s = s.Percent(k.reach.Lo, k.reach.Hi)
	}
	if k.round > 0 {
		s = s.RoundTo(k.round)
	}
	return s.Clamp(k.min, k.max)
}

func (k *group) band(p points.Points) (int, string) {
	for i, b := range slices.Backward(k.bands) {
		if b.from <= p {
			return i, b.label
		}
	}
	return -1, ""
}

// total goes on from what the groups' own rules can pay, in w.totals, to what
// the groups can have.
func (w *workspace) total() {
	for _, i := range w.model.order {
		k := &w.model.groups[i]
		s := k.span(w.totals[i])
		w.totals[i] = s
		if k.parent >= 0 {
			w.totals[k.parent] = w.totals[k.parent].Add(s.Weighted(k.weight))
		}
	}
}

// rating joins the labels of the rating groups.
func (w *workspace) rating() string {
	m := w.model
	at := 0
	for _, g := range m.rating {
		if w.bands[g] < 0 {
			return ""
		}
		at = at*(len(m.groups[g].bands)+1) + w.bands[g] + 1
	}
	if m.ratings != nil {
		return m.ratings[at]
	}
	var b strings.Builder
	for _, g := range m.rating {
		b.WriteString(m.groups[g].bands[w.bands[g]].label)
	}
	return b.String()
}

// missing lists the unknown facts, each with what the total could be if it
// alone were known.
func (w *workspace) missing(out *Score) {
	w.asks = w.asks[:0]
	for _, f := range w.missed {
		r := Range{out.Points, out.Points}
		if len(f.rules) > 0 {
			r = public(w.totalOnce(f))
		}
		w.asks = append(w.asks, ask{f, r, r.High - r.Low})
	}
	slices.SortStableFunc(w.asks, func(a, b ask) int {
		return cmp.Compare(b.width, a.width)
	})
	for _, a := range w.asks {
		o := extend(&out.Missing)
		o.Fact, o.Label, o.Question, o.Range = a.fact.name, a.fact.label, a.fact.question, a.total
	}
}

// ask is an unknown fact, with what the total could be if it were known.
type ask struct {
	fact  *factInfo
	total Range
	width float64
}

// totalOnce gives what the total could be if one unknown fact were known.
func (w *workspace) totalOnce(f *factInfo) points.Span {
	w.spread.Only()
	w.spread.Release(f.index)
	w.exactly()
	m := w.model
	for _, i := range f.rules {
		k, s := &m.rules[i], w.spans[i]
		if w.unknown[i] > 1 {
			s = w.ruleSpan(int(i))
		}
		w.instead(k.group, w.kept[i], s)
	}
	w.carry()
	return m.groups[0].span(w.totals[0])
}

// exactly begins to ask what the sums of the groups can be: in w.totals, what they
// are.
func (w *workspace) exactly() {
	for i, p := range w.sums {
		w.totals[i] = points.Exactly(p)
	}
}

// instead puts, in a group's sum, what a rule or a group can pay in place of what it
// pays.
func (w *workspace) instead(group int, pays points.Points, can points.Span) {
	w.totals[group] = w.totals[group].Add(points.Exactly(-pays)).Add(can)
}

// carry takes the sums that are not what they are up to the groups above.
func (w *workspace) carry() {
	for _, i := range w.model.order {
		k := &w.model.groups[i]
		if k.parent >= 0 && w.totals[i] != points.Exactly(w.sums[i]) {
			w.instead(k.parent, w.shares[i], k.span(w.totals[i]).Weighted(k.weight))
		}
	}
}

// pay gives what a rule pays before its bounds.
func (w *workspace) pay(i int, o *Contribution) points.Points {
	k := &w.model.rules[i]
	p, answer := w.decided(k)
	o.Answer = answerOf(answer)
	if k.signal < 0 {
		if answer == expression.Yes {
			return w.times(k, p)
		}
		return p
	}
	// What it would pay is needed for the range, and for later.
	if answer != expression.Yes && !w.spread.Touches(k.when) && !k.when.Passing() {
		return 0
	}
	w.balances[k.event] = w.occurrences(k)
	total := w.balances[k.event].Sum()
	sum := total.Points()
	w.pays[i] = points.Exactly(sum)
	if k.multiply != nil && w.spread.Touches(k.multiply) {
		w.pays[i] = w.uncertain(k)
	}
	if answer != expression.Yes {
		return 0
	}
	o.Count = w.balances[k.event].Count
	return sum
}

// decided gives the points that the conditions of a rule decide on, and their answer: if
// it is yes, the points are yet to be multiplied.
func (w *workspace) decided(k *rule) (points.Points, expression.Answer) {
	answer := expression.Yes
	if k.when != nil {
		answer = k.when.Test(&w.frame)
	}
	for _, t := range k.tiers {
		if answer = t.when.Test(&w.frame); answer == expression.Yes {
			return t.points, answer
		}
		if answer == expression.Unknown {
			break
		}
	}
	switch answer {
	case expression.Yes:
		return k.points, answer
	case expression.No:
		return k.otherwise, answer
	}
	return 0, answer
}

// times multiplies what a state rule pays. An unknown multiplier pays nothing.
func (w *workspace) times(k *rule, p points.Points) points.Points {
	if k.multiply == nil {
		return p
	}
	m, ok := k.multiply.Number(&w.frame)
	if !ok {
		return 0
	}
	return rounded(p, m)
}

func rounded(p points.Points, m float64) points.Points {
	var s points.Sum
	s.Add(p.Times(m))
	return s.Points()
}

// entered is how many occurrences a rule's ledger has, from which floor on, of which
// version of the signal.
type entered struct{ n, floor, version int }

// occurrences gives what an event rule pays while its condition is yes. A tracker's
// ledger goes on where it was, unless what it has could have changed since.
func (w *workspace) occurrences(k *rule) accrual.Balance {
	l := &w.ledgers[k.event]
	pos := w.index.Occurrences(k.signal, k.scope)
	from := 0
	if w.memories != nil {
		if w.goesOn(k) {
			from = w.entered[k.event].n
		}
		w.entered[k.event] = entered{len(pos), w.index.Floor(k.scope), w.index.Version(k.signal, k.scope)}
	}
	if from == 0 {
		l.Open(&k.limit, &k.decay.Decay, k.within)
	}
	if len(pos) == 0 {
		return accrual.Balance{}
	}
	if k.limit.OncePer {
		w.number(k, pos)
	}
	if k.multiply == nil {
		from = max(from, len(pos)-k.limit.Newest())
	}
	if w.memories == nil {
		l.Grow(len(pos) - from)
	}
	for j := from; j < len(pos); j++ {
		o := accrual.Occurrence{At: w.index.At(int(pos[j])), Amount: k.points.Amount()}
		if k.multiply != nil {
			m, ok := w.multiplier(k, int(pos[j]))
			if !ok {
				continue // it pays nothing, and uses up nothing
			}
			o.Amount = k.points.Times(m)
		}
		if k.limit.OncePer {
			o.Key = w.keys[j]
		}
		l.Push(o)
	}
	return l.At(w.frame.Now, w.idle(k))
}

// idle gives the instants that a decay waits for.
func (w *workspace) idle(k *rule) []int64 {
	if !k.decay.Idle {
		return nil
	}
	w.idles = w.idles[:0]
	for _, p := range w.index.Occurrences(k.decay.idle, k.scope) {
		w.idles = append(w.idles, w.index.At(int(p)))
	}
	return w.idles
}

// multiplier gives a rule's multiplier for the activity at a position.
func (w *workspace) multiplier(k *rule, pos int) (float64, bool) {
	mark := w.index.Mark()
	w.activity(k.props, pos)
	m, ok := k.multiply.Number(&w.frame)
	w.index.Trim(mark)
	return m, ok
}

// number numbers the values of the property of OncePer: equal ones have one
// number, from 0 on, and an occurrence without one has history.None.
func (w *workspace) number(k *rule, pos []int32) {
	w.keys = w.keys[:0]
	for _, p := range pos {
		w.keys = append(w.keys, int32(w.index.Number(int(p), k.oncePer)))
	}
}

// uncertain gives what an event rule can pay whose multiplier is uncertain. A
// limit only takes away, so each occurrence brings between nothing and all of
// what it can be worth.
func (w *workspace) uncertain(k *rule) points.Span {
	pos := w.index.Occurrences(k.signal, k.scope)
	w.low.Open(&w.free, &k.decay.Decay, k.within)
	w.high.Open(&w.free, &k.decay.Decay, k.within)
	for _, p := range pos {
		mark, at := w.index.Mark(), w.index.At(int(p))
		w.activity(k.props, int(p))
		s := scaled(k.points, w.spread.Number(k.multiply))
		w.index.Trim(mark)
		w.low.Push(accrual.Occurrence{At: at, Amount: min(0, s.lo)})
		w.high.Push(accrual.Occurrence{At: at, Amount: max(0, s.hi)})
	}
	below, above := w.low.At(w.frame.Now, w.idle(k)), w.high.At(w.frame.Now, w.idle(k))
	lo, hi := below.Down.Points(), above.Up.Points()
	if k.limit.Points > 0 && k.limit.Per == 0 && k.limit.Period == nil {
		lo, hi = max(lo, -k.limit.Points), min(hi, k.limit.Points)
	}
	return points.Span{Lo: lo, Hi: hi}
}

type amounts struct{ lo, hi points.Amount }

// scaled gives p times each number of an interval; 0 when it is never known.
func scaled(p points.Points, m expression.Interval) amounts {
	if m.Lo > m.Hi {
		return amounts{}
	}
	a, b := p.Times(m.Lo), p.Times(m.Hi)
	return amounts{min(a, b), max(a, b)}
}

// ruleSpan gives what a rule can pay when the facts that are free now, one of those
// that it reads among them, take any value.
func (w *workspace) ruleSpan(i int) points.Span {
	k := &w.model.rules[i]
	nothing := points.Exactly(0)
	out, any := points.Span{}, false
	include := func(s points.Span) {
		if any {
			s = s.Union(out)
		}
		out, any = s, true
	}
	last := expression.Only(expression.Yes)
	if k.when != nil {
		last = w.spread.Test(k.when)
	}
	for _, t := range k.tiers {
		set := w.spread.Test(t.when)
		if set.Can(expression.Yes) {
			include(w.stateSpan(k, t.points))
		}
		if set.Can(expression.Unknown) {
			include(nothing)
		}
		if last = set & expression.Only(expression.No); last == 0 {
			break
		}
	}
	if last.Can(expression.Yes) {
		if k.signal < 0 {
			include(w.stateSpan(k, k.points))
		} else {
			include(w.pays[i])
		}
	}
	if last.Can(expression.No) {
		include(points.Exactly(k.otherwise)) // 0 for an event rule
	}
	if last.Can(expression.Unknown) {
		include(nothing)
	}
	return out.Clamp(k.min, k.max)
}

func (w *workspace) stateSpan(k *rule, p points.Points) points.Span {
	if k.multiply == nil {
		return points.Exactly(p)
	}
	return product(p, w.spread.Number(k.multiply))
}

// product gives what a state rule can pay of some points with such multipliers.
func product(p points.Points, m expression.Interval) points.Span {
	var out points.Span
	if m.Lo <= m.Hi {
		a, b := rounded(p, m.Lo), rounded(p, m.Hi)
		out = points.Span{Lo: min(a, b), Hi: max(a, b)}
		if m.Unknown {
			out = out.Union(points.Exactly(0))
		}
	}
	return out
}

// facts adds the values that atoms saw, each once.
func (w *workspace) facts(out *[]Value, atoms []expression.Atom) {
	for _, a := range atoms {
		for _, n := range a.Node.Sources {
			if !slices.ContainsFunc(*out, func(v Value) bool { return v.Fact == n.Text }) {
				w.value(extend(out), n)
			}
		}
	}
}

// value says what a node's value is and where it comes from.
func (w *workspace) value(out *Value, n *expression.Node) {
	*out = Value{Fact: n.Text, Kind: kinds[n.Kind], Texts: empty(out.Texts)}
	if !n.Counts() && len(n.Criteria()) == 1 {
		// The answer says more than whether it is yes.
		i := n.Criteria()[0]
		out.Fact, out.Kind, out.Known, out.Text = w.model.met[i], Code, true, answers[w.frame.Check[i]].String()
		return
	}
	v := n.Value(&w.frame)
	if call, ok := n.Call(); ok && w.basis[call] != history.None && v.Known {
		pos := int(w.basis[call])
		out.Activity, out.At = valid(w.index.ID(pos)), instant(w.index.At(pos))
	}
	if !v.Known {
		return
	}
	out.Known, out.Number, out.Text, out.Bool = true, v.Number, valid(v.Text), v.Bool
	if n.Kind == fact.Time {
		out.Time = instant(v.Time)
	}
	for _, t := range v.Texts {
		out.Texts = append(out.Texts, valid(t))
	}
}

// explainer makes an explanation of what a workspace holds.
type explainer struct {
	w      *workspace
	parts  int // made so far
	listed int // occurrences so far
	ledger accrual.Ledger
}

const (
	mostParts        = 100_000
	mostListed       = 100_000 // occurrences
	mostListedOfEach = 1_000
)

// part begins a part of an explanation.
func (x *explainer) part(field, condition string, answer Answer) Part {
	x.parts++
	return Part{Field: field, Condition: condition, Answer: answer, Values: []Value{}, Occurrences: []Occurrence{}, Parts: []Part{}}
}

func (x *explainer) rules(score *Score) []Part {
	all := []Part{}
	for i := range x.w.model.rules {
		k, c := &x.w.model.rules[i], &score.Contributions[i]
		p := x.part("", "", c.Answer)
		p.ID, p.Label, p.Points = k.id, k.label, c.Points
		if k.signal >= 0 {
			p.Parts = append(p.Parts, x.on(i))
		}
		if k.when != nil {
			p.Parts = append(p.Parts, x.tree("when", k.when))
		}
		for j, t := range k.tiers {
			p.Parts = append(p.Parts, x.tree(fmt.Sprintf("tiers[%d].when", j), t.when))
		}
		if k.multiply != nil && k.signal < 0 { // an event rule's differs from activity to activity
			p.Parts = append(p.Parts, x.tree("multiply", k.multiply))
		}
		all = append(all, p)
	}
	return all
}

func (x *explainer) criteria(checks Checklist) []Part {
	all := []Part{}
	for i, judged := range x.w.model.criteria {
		p := x.part("", "", checks[i].Answer)
		p.ID, p.Label = checks[i].Criterion, checks[i].Label
		p.Parts = append(p.Parts, x.tree("met", judged.Met))
		if judged.Unmet != nil {
			p.Parts = append(p.Parts, x.tree("unmet", judged.Unmet))
		}
		all = append(all, p)
	}
	return all
}

func (x *explainer) stages() []Part {
	all := []Part{}
	for i, k := range x.w.model.stages {
		s := &x.w.model.policy.Stages[i]
		p := x.part("", "", No)
		p.ID, p.Label = s.ID, s.Label
		if i == x.w.now {
			p.Answer = Yes
		}
		p.Parts = append(p.Parts, x.tree("enter", k.enter))
		if s.Keep != "" {
			p.Parts = append(p.Parts, x.tree("keep", k.keep))
		}
		all = append(all, p)
	}
	return all
}

// tree explains a condition, or an amount.
func (x *explainer) tree(field string, n *expression.Node) Part {
	f := &x.w.frame
	answer := Unknown
	switch v := n.Value(f); {
	case n.Kind == fact.Bool:
		answer = answerOf(n.Test(f))
	case v.Known:
		answer = Yes
	}
	p := x.part(field, cmp.Or(n.Text, n.Joins()), answer)
	for _, k := range n.Parts() {
		if x.parts < mostParts {
			p.Parts = append(p.Parts, x.tree("", k))
		}
	}
	if len(p.Parts) > 0 {
		return p
	}
	if n.Kind != fact.Bool && (len(n.Sources) != 1 || n.Sources[0] != n) {
		x.w.value(extend(&p.Values), n)
	}
	x.w.values(&p.Values, n)
	x.w.unmet(&p.Values, n)
	for _, s := range n.Sources {
		call, ok := s.Call()
		switch {
		case !ok:
		case s == n:
			x.call(&p, call)
		case x.parts < mostParts:
			answer := Unknown
			if x.w.frame.Calls[call].Known {
				answer = Yes
			}
			below := x.part("", s.Text, answer)
			x.call(&below, call)
			p.Parts = append(p.Parts, below)
		}
	}
	return p
}

// call explains what a function of the history looks at.
func (x *explainer) call(p *Part, slot int) {
	w := x.w
	c := &w.model.calls[slot]
	within := w.index.Window(c)
	sees := w.index.Occurrences(c.Subject(), c.Scope)
	x.list(p, c.Subject(), c.Scope, func(j, pos int, o *Occurrence) {
		switch {
		case j < len(sees)-len(within):
			o.LeftOut = "window"
		case c.Prop != history.None:
			mark := w.index.Mark()
			var v fact.Value
			if w.index.Prop(pos, c.Prop, &v); !v.Known {
				o.LeftOut = "unknown"
			}
			w.index.Trim(mark)
		}
	})
}

// on explains what the occurrences of an event rule bring.
func (x *explainer) on(i int) Part {
	w := x.w
	k := &w.model.rules[i]
	answer := expression.Yes
	if k.when != nil {
		answer = k.when.Test(&w.frame)
	}
	p := x.part("on", w.model.policy.Rules[i].On, Yes)
	balance := w.occurrences(k)
	if sum := balance.Sum(); answer == expression.Yes {
		total := sum.Points()
		p.Points = total.Float()
	}
	// The ledger has the newest of those that have a multiplier, after the limit.
	paid := w.ledgers[k.event].Paid()
	left := len(paid)
	idle := slices.Clone(w.idle(k))
	x.list(&p, k.signal, k.scope, func(_, pos int, o *Occurrence) {
		worth := k.points.Amount()
		if k.multiply != nil {
			mark := w.index.Mark()
			w.activity(k.props, pos)
			m, ok := k.multiply.Number(&w.frame)
			w.values(&o.Values, k.multiply)
			w.index.Trim(mark)
			if worth = k.points.Times(m); !ok {
				o.LeftOut = "unknown"
				return
			}
		}
		o.Worth = single(worth)
		left--
		if left < 0 || paid[left].Amount == 0 {
			if o.LeftOut = "limit"; worth == 0 {
				o.LeftOut = ""
			}
			return
		}
		o.Allowed = single(paid[left].Amount)
		at := w.index.At(pos)
		x.ledger.Open(&w.free, &k.decay.Decay, k.within)
		x.ledger.Push(accrual.Occurrence{At: at, Amount: paid[left].Amount})
		switch brings := x.ledger.At(w.frame.Now, idle); {
		case answer != expression.Yes:
			o.LeftOut = "when"
		case brings.Count > 0:
			sum := brings.Sum()
			total := sum.Points()
			o.Points = total.Float()
		case k.within > 0 && at <= history.Before(w.frame.Now, k.within):
			o.LeftOut = "window"
		default:
			o.LeftOut = "decay"
		}
	})
	return p
}

// single gives an amount in points, rounded to a millionth.
func single(a points.Amount) float64 {
	var s points.Sum
	s.Add(a)
	return s.Points().Float()
}

// list lists the occurrences of a signal, the newest first, and has those that a scope
// sees explained, in this order, with their place among these.
func (x *explainer) list(p *Part, signal, scope int, explain func(j, pos int, o *Occurrence)) {
	w := x.w
	sees, floor := w.index.Occurrences(signal, scope), int32(w.index.Floor(scope))
	hidden := w.index.Occurrences(signal, 0)
	before, _ := slices.BinarySearch(hidden, floor)
	hidden = hidden[:before]
	n := min(len(sees)+len(hidden), mostListedOfEach, mostListed-x.listed)
	x.listed += n
	p.Older = len(sees) + len(hidden) - n
	add := func(pos int32) *Occurrence {
		p.Occurrences = append(p.Occurrences, Occurrence{
			Activity: valid(w.index.ID(int(pos))), Type: valid(w.index.Type(int(pos))), At: instant(w.index.At(int(pos))), Values: []Value{},
		})
		return &p.Occurrences[len(p.Occurrences)-1]
	}
	for j := len(sees) - 1; j >= 0 && len(p.Occurrences) < n; j-- {
		explain(j, int(sees[j]), add(sees[j]))
	}
	for j := len(hidden) - 1; j >= 0 && len(p.Occurrences) < n; j-- {
		add(hidden[j]).LeftOut = "reset"
	}
}

// valid replaces what is not UTF-8, which JSON could not hold.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

var kinds = [...]Kind{fact.None: "", fact.Number: Number, fact.Text: Text, fact.Code: Code, fact.Bool: Bool, fact.Time: Time, fact.Texts: Texts}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// empty gives a slice's memory back, never nil.
func empty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s[:0]
}

// extend makes room for one more and gives it as it was left, so that slices
// within it can be used again.
func extend[T any](s *[]T) *T {
	if len(*s) < cap(*s) {
		*s = (*s)[:len(*s)+1]
	} else {
		var zero T
		*s = append(*s, zero)
	}
	return &(*s)[len(*s)-1]
}

type rangeJSON struct {
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// MarshalJSON gives {"low": …, "high": …}, with null for an end that is infinite.
func (r Range) MarshalJSON() ([]byte, error) {
	var j rangeJSON
	if !math.IsInf(r.Low, 0) {
		j.Low = &r.Low
	}
	if !math.IsInf(r.High, 0) {
		j.High = &r.High
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON gives.
func (r *Range) UnmarshalJSON(data []byte) error {
	var j rangeJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*r = Range{math.Inf(-1), math.Inf(1)}
	if j.Low != nil {
		r.Low = *j.Low
	}
	if j.High != nil {
		r.High = *j.High
	}
	return nil
}

// String gives "40", or "10 to 60", rounded to two decimals; an end that is
// infinite is "any".
func (r Range) String() string {
	if r.Low == r.High {
		return layout.Number(r.Low)
	}
	return layout.Number(r.Low) + " to " + layout.Number(r.High)
}

type valueJSON struct {
	Fact     string          `json:"fact"`
	Kind     Kind            `json:"kind"`
	Value    json.RawMessage `json:"value"`
	Activity string          `json:"activity,omitempty"`
	At       time.Time       `json:"at,omitzero"`
}

// MarshalJSON gives the fact, its kind, its value (null if it is unknown), and
// where it comes from.
func (v Value) MarshalJSON() ([]byte, error) {
	var any any
	switch {
	case !v.Known:
	case v.Kind == Number:
		any = v.Number
	case v.Kind == Bool:
		any = v.Bool
	case v.Kind == Time:
		any = v.Time
	case v.Kind == Texts:
		any = v.Texts
	default:
		any = v.Text
	}
	raw, err := json.Marshal(any)
	if err != nil {
		return nil, err
	}
	return json.Marshal(valueJSON{v.Fact, v.Kind, raw, v.Activity, v.At})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (v *Value) UnmarshalJSON(data []byte) error {
	var j valueJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*v = Value{Fact: j.Fact, Kind: j.Kind, Known: len(j.Value) > 0 && string(j.Value) != "null", Texts: []string{}, Activity: j.Activity, At: j.At}
	if !v.Known {
		return nil
	}
	var into any = &v.Text
	switch j.Kind {
	case Number:
		into = &v.Number
	case Bool:
		into = &v.Bool
	case Time:
		into = &v.Time
	case Texts:
		into = &v.Texts
	}
	return json.Unmarshal(j.Value, into)
}

// String gives the value as a person reads it, such as 12000, "Berlin" or
// 2026-01-31; an unknown one is "unknown".
func (v Value) String() string {
	switch {
	case !v.Known:
		return "unknown"
	case v.Kind == Number:
		return layout.Fact(v.Number)
	case v.Kind == Bool && v.Bool:
		return "yes"
	case v.Kind == Bool:
		return "no"
	case v.Kind == Time:
		return layout.Date(v.Time)
	case v.Kind == Texts:
		return layout.Clean(strings.Join(v.Texts, ", "))
	case v.Text == "":
		return "none"
	}
	return layout.Clean(v.Text)
}

// joinValues gives "fact is value (activity, date)" for each.
func joinValues(values []Value) string {
	var all []string
	for _, v := range values {
		all = append(all, v.Fact+" is "+v.String()+v.origin())
	}
	return strings.Join(all, "; ")
}

// origin names the activity behind a value.
func (v Value) origin() string {
	switch {
	case v.At.IsZero():
		return ""
	case v.Activity == "":
		return " (" + layout.Date(v.At) + ")"
	}
	return " (" + layout.Clean(v.Activity) + ", " + layout.Date(v.At) + ")"
}

// String prints the assessment for a person: stage, until when it holds, points,
// checklist, what is missing for the next stage. It holds data of the lead.
func (a Assessment) String() string {
	var b strings.Builder
	name := layout.Clean(a.Lead)
	if name == "" {
		name = "(a lead without ID)"
	}
	fmt.Fprintf(&b, "%s  at %s UTC\n", name, layout.Date(a.At))
	b.WriteString(a.Verdict.String())
	if !a.Until.IsZero() {
		fmt.Fprintf(&b, "Until  %s, if no new fact arrives\n", layout.Date(a.Until))
	}
	b.WriteString(a.Score.String())
	if len(a.Checklist) > 0 {
		b.WriteString("Checklist\n" + layout.Indent(a.Checklist.String()))
	}
	if len(a.Issues) > 0 {
		b.WriteString("Set aside\n")
		for _, i := range a.Issues {
			b.WriteString("  " + i.String() + "\n")
		}
	}
	return b.String()
}

// String prints the assessment, and the trees behind it, for a person, in lines of at
// most 100 columns. It holds data of the lead.
func (e Explanation) String() string {
	var b strings.Builder
	a := &e.Assessment
	b.WriteString(a.String())
	for i := range e.Rules {
		p, c := &e.Rules[i], &a.Score.Contributions[i]
		title := "rule " + p.name() + ": " + layout.Signed(p.Points)
		if c.Lost != 0 {
			title += ", made of a sum of " + layout.Number(c.Raw)
		}
		p.print(&b, title, 0)
	}
	for i := range e.Criteria {
		p := &e.Criteria[i]
		p.print(&b, "criterion "+p.name()+": "+p.Answer.String(), 0)
	}
	for i := range e.Stages {
		p := &e.Stages[i]
		title := "stage " + p.name()
		if p.Answer == Yes {
			title += ": the lead is in it"
		}
		p.print(&b, title, 0)
	}
	return layout.Wrap(b.String(), 100)
}

// String prints the part and all below it, as Explanation does.
func (p Part) String() string {
	var b strings.Builder
	p.print(&b, cmp.Or(p.name(), p.line()), 0)
	return layout.Wrap(b.String(), 100)
}

func (p *Part) name() string {
	if p.Label != "" && p.Label != p.ID {
		return p.ID + ", " + p.Label
	}
	return p.ID
}

// line gives a condition with its answer and what it saw.
func (p *Part) line() string {
	r := Reason{Condition: p.Condition, Answer: p.Answer, Values: p.Values}
	line := r.text()
	switch {
	case p.Field == "multiply":
		line = joinValues(p.Values) // the first is the multiplier's own
	case p.Field == "on" && len(p.Occurrences) == 0:
		line = p.Condition + ": none"
	case len(p.Values) == 0 && len(p.Occurrences) > 0:
		line = p.Condition
	}
	return strings.TrimPrefix(p.Field+" "+line, " ")
}

const mostPrinted = 5 // occurrences of a part that count

// print prints a part under a title.
func (p *Part) print(b *strings.Builder, title string, depth int) {
	margin := strings.Repeat("  ", depth)
	b.WriteString(margin + title + "\n")
	// What counts, or brings something, is seen before what does not; what was left out
	// for one reason is a single line after the first.
	more, left := p.Older, map[string]int{}
	for i := range p.Occurrences {
		o := &p.Occurrences[i]
		if left[o.LeftOut]++; o.LeftOut == "" && left[""] > mostPrinted {
			more++
		} else if o.LeftOut == "" {
			b.WriteString(margin + "  " + o.text(p.Field == "on") + "\n")
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "%s  and %d more\n", margin, more)
	}
	for i := range p.Occurrences {
		o := &p.Occurrences[i]
		n := left[o.LeftOut]
		if o.LeftOut == "" || n == 0 {
			continue
		}
		b.WriteString(margin + "  " + o.text(p.Field == "on"))
		if n > 1 {
			fmt.Fprintf(b, ", and so %d more", n-1)
		}
		b.WriteString("\n")
		left[o.LeftOut] = 0
	}
	for i := range p.Parts {
		// A function of the history that found nothing says no more than its value.
		if q := &p.Parts[i]; q.Field != "" || len(q.Values)+len(q.Occurrences)+len(q.Parts) > 0 {
			q.print(b, q.line(), depth+1)
		}
	}
}

// text gives an occurrence, and with what it brings, on a line.
func (o *Occurrence) text(pays bool) string {
	name := o.Type
	if o.Activity != "" {
		name += " " + o.Activity
	}
	line := layout.Clean(name) + ", " + layout.Date(o.At)
	if pays {
		line = layout.Signed(o.Points) + "  " + line
		if o.Worth != o.Points {
			line += ", worth " + layout.Number(o.Worth)
		}
		if o.Allowed != o.Worth && o.Allowed != 0 {
			line += ", of which the limit allows " + layout.Number(o.Allowed)
		}
	}
	if o.LeftOut != "" {
		line += ", left out: " + o.LeftOut
	}
	if len(o.Values) > 0 {
		line += "; " + joinValues(o.Values)
	}
	return line
}

// String gives the total with its range, then each group with the rules that
// paid into it, and the unknown facts that could change the total.
func (s Score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Points %s", layout.Number(s.Points))
	if s.Range.Low != s.Range.High {
		fmt.Fprintf(&b, " (%s once what is unknown is known)", s.Range)
	}
	if s.Lost != 0 {
		fmt.Fprintf(&b, ", made of a sum of %s", layout.Number(s.Raw))
	}
	if s.Rating != "" {
		b.WriteString(", rating " + s.Rating)
	}
	if s.Band != "" {
		b.WriteString(", band " + s.Band)
	}
	b.WriteString("\n")
	for _, g := range s.Groups {
		b.WriteString("  in " + g.name() + " " + layout.Number(g.Points))
		if g.Parent != rootGroup {
			b.WriteString(", below " + g.Parent)
		}
		if g.Lost != 0 {
			b.WriteString(", made of a sum of " + layout.Number(g.Raw))
		}
		if g.Share != g.Points {
			b.WriteString(", counted as " + layout.Number(g.Share))
		}
		if g.Band != "" {
			b.WriteString(", band " + g.Band)
		}
		b.WriteString("\n")
		s.paid(&b, g.Group, "    ")
	}
	s.paid(&b, rootGroup, "  ")
	title := "Unknown\n"
	for _, m := range s.Missing {
		if m.Range.Low == m.Range.High {
			continue
		}
		name := m.Fact
		if m.Label != "" {
			name = m.Label + " (" + m.Fact + ")"
		}
		fmt.Fprintf(&b, "%s  %s: the points could be %s", title, name, m.Range)
		if m.Question != "" {
			b.WriteString(", ask: " + m.Question)
		}
		b.WriteString("\n")
		title = ""
	}
	return b.String()
}

// paid lists the rules that paid something into a group.
func (s *Score) paid(b *strings.Builder, group, margin string) {
	width := 0
	for _, last := range []bool{false, true} { // the first time round measures
		for i := range s.Contributions {
			c := &s.Contributions[i]
			if c.Group != group || c.Raw == 0 && c.Points == 0 {
				continue
			}
			amount := layout.Signed(c.Points)
			if !last {
				width = max(width, len(amount))
				continue
			}
			fmt.Fprintf(b, "%s%*s  %s", margin, width, amount, c.name())
			if c.Count > 1 {
				fmt.Fprintf(b, ", %d times", c.Count)
			}
			if c.Lost != 0 {
				fmt.Fprintf(b, ", made of a sum of %s", layout.Number(c.Raw))
			}
			b.WriteString("\n")
		}
	}
}

func (c *Contribution) name() string {
	if c.Label != "" {
		return c.Label
	}
	return c.Rule
}

func (g *GroupScore) name() string {
	if g.Label != "" {
		return g.Label
	}
	return g.Group
}

// problems say the problems in words.
var problems = map[string]string{
	fact.WrongKind.String():   "not of the declared kind",
	fact.OutOfRange.String():  "out of the declared range",
	fact.NotInValues.String(): "not one of the declared values",
	problemTime:               "without a time, or before 1678",
	problemRepeated:           "delivered twice with different contents",
	problemStage:              "not a stage of the policy",
	problemStageSince:         "in the future",
}

// String gives the field, the problem in words, and the first activity's ID.
func (i Issue) String() string {
	s := i.Field + ": " + cmp.Or(problems[i.Problem], i.Problem)
	if i.Activity != "" {
		s += ", first in " + layout.Clean(i.Activity)
	}
	if i.Count > 1 {
		s += fmt.Sprintf(", %d in all", i.Count)
	}
	return s
}
