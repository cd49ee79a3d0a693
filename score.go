package qualify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/label"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// language is the version of the expression language and of the semantics; it
// is part of a fingerprint.
const language = "2"

// The errors of Assess. Whatever else is wrong with a lead is set aside, and
// named in the assessment's Issues.
var (
	// ErrNilLead means that there is no lead.
	ErrNilLead = errors.New("qualify: the lead is nil")
	// ErrInstant means that the instant is the zero time, or one that nanoseconds
	// in 64 bits do not represent: see the kind Time.
	ErrInstant = errors.New("qualify: the instant of the assessment is zero, or not between " + fact.FirstTime + " and " + fact.LastTime)
	// ErrTooManyActivities means that the lead has more activities than
	// Bounds.Activities allows, or more text in them than Bounds.Text allows.
	ErrTooManyActivities = errors.New("qualify: the lead has too many activities")
)

// Model is a compiled policy. It is immutable, and safe for use by several
// goroutines at once. The zero Model is of no use: Compile makes one.
type Model struct {
	policy        Policy
	fingerprint   string
	location      *time.Location
	maxActivities int
	historyPasses int // if maxActivities follows from it

	program *program.Program
	pool    *engine.Pool

	// What results say of the program's parts, by index.
	attributes    []string // as expressions write them
	properties    []string
	facts         []factText                               // by place in the program's Facts
	contributions [][len(program.Rule{}.Pays)]contribution // by rule and answer
	groups        []groupText
	met           []string // by criterion: the question whether it is met, as expressions write it
	labels        *label.Labels
	rating        []int    // the groups
	ratings       []string // by the bands of the rating groups, when there are not too many
}

// factText is what is said of an unknown fact.
type factText struct{ name, label, question string }

// contribution is what an assessment says of a rule with some answer, if it pays what is
// usual for that, and no fact that it reads is unknown. Most do, and to copy it costs half of
// what it costs to put together the same.
type contribution struct {
	raw points.Points
	Contribution
}

// groupText is what is said of a group.
type groupText struct{ id, label, parent string }

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
	// An activity that is dated later is a fact that arrives then, which Wake looks
	// at as well. Points may change before.
	Until time.Time `json:"until,omitzero"`
	// Issues name what was set aside, by problem, field and activity.
	Issues []Issue `json:"issues"`
}

// LogValue gives what may be logged of an assessment: the instant, the policy with its
// version and fingerprint, the points and the rating, the answers of the checklist, the
// stage, the move and Until, and the problem and field of each issue. It holds no ID of the
// lead or of an activity, and no value; an answer and the points are what the policy makes
// of the lead.
func (a Assessment) LogValue() slog.Value {
	var answers []slog.Attr
	for _, c := range a.Checklist {
		answers = append(answers, slog.String(c.Criterion, c.Answer.String()))
	}
	issues := []string{}
	for _, i := range a.Issues {
		issues = append(issues, i.Field+" "+string(i.Problem))
	}
	all := []slog.Attr{
		slog.Time("at", a.At), slog.String("policy", a.Policy), slog.String("version", a.Version), slog.String("fingerprint", a.Fingerprint),
		slog.Float64("points", a.Score.Points), slog.String("rating", a.Score.Rating), {Key: "checklist", Value: slog.GroupValue(answers...)},
		slog.String("stage", a.Verdict.Stage), slog.String("move", string(a.Verdict.Move)), slog.Any("issues", issues),
	}
	if !a.Until.IsZero() {
		all = append(all, slog.Time("until", a.Until))
	}
	return slog.GroupValue(all...)
}

// Wake gives when the lead must be assessed again although no new fact arrives: the
// earlier of Until and the first of its activities that is dated after At, in UTC; zero
// is never. The lead is the one that was assessed; nil is one without activities. Its
// profile and stage play no part. The assessment itself does not depend on activities that
// are dated later. Tracker.Wake is the same for a lead that is followed.
func (a *Assessment) Wake(lead *Lead) time.Time {
	wake := a.Until
	if lead == nil {
		return wake
	}
	for i := range lead.Activities {
		at := lead.Activities[i].At
		if at.After(a.At) && at.Before(engine.Latest) && (wake.IsZero() || at.Before(wake)) {
			wake = at.UTC()
		}
	}
	return wake
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
	// Unknown holds the unknown facts that the policy asks for; those that could
	// change the total the most come first, then in the policy's order.
	Unknown []UnknownFact `json:"unknown"`
}

// Range is the least and the greatest number of points that can come out if
// each unknown fact (an attribute without a value, a function of the history
// that gives unknown) takes any value, or stays unknown, independently of the
// others. It is sound: filling in facts leads nowhere outside. It is not always
// tight, and it does not foresee activities: the call in which a fact is learnt
// may pay of its own. An end is infinite, and null in JSON, where a multiplier that
// nothing bounds could take it beyond the million points that are common to all.
type Range struct {
	Low, High float64
}

// GroupScore is the points of one group.
type GroupScore struct {
	// Group is the group's ID, and Parent that of the group above it: "total" for the root.
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
	// Rule is the rule's ID, and Group that of its group: "total" for the root.
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

// UnknownFact is an unknown fact, or a list of which elements were set aside.
type UnknownFact struct {
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
	// count("webinar", "30d"), or a number that a condition has computed, such as
	// lead.price * 12.
	Fact string
	// Label is the fact as people call it, made of the labels of what it is about:
	// Employees, or Count of Webinar in 30 days. It is blank where the policy
	// has no label for it. That of score() is the root group's, or else Score.
	Label string
	Kind  Kind
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
	// Partial is that of Texts some elements were set aside, as Issues tell: there
	// are others, which are not known.
	Partial bool
	// Activity is the ID, and At the instant in UTC, of the newest activity that
	// the value rests on; At is zero if there is none.
	Activity string
	At       time.Time
}

// Problem is why something in a lead was set aside.
type Problem string

// The problems.
const (
	// ProblemWrongKind, ProblemOutOfRange and ProblemNotInValues are a value that is
	// not what its field declares: its kind, its minimum and maximum, its values.
	ProblemWrongKind   Problem = "wrong_kind"
	ProblemOutOfRange  Problem = "out_of_range"
	ProblemNotInValues Problem = "not_in_values"
	// ProblemUnsplitList is text that looks like a list in one text, whose separator
	// the field does not declare.
	ProblemUnsplitList Problem = "unsplit_list"
	// ProblemTimeOutOfRange is a time that is missing, that ParseLead could not read, or
	// that is before the first that there is (see the kind Time), of activities or of
	// StageSince.
	ProblemTimeOutOfRange Problem = "time_out_of_range"
	// ProblemRepeatedDifferently is an activity that came twice, with one type and ID,
	// but with other contents.
	ProblemRepeatedDifferently Problem = "repeated_differently"
	// ProblemUnknownStage is a stage that the policy does not have.
	ProblemUnknownStage Problem = "unknown_stage"
	// ProblemFutureStageSince is a StageSince one second or more after the instant of
	// the assessment.
	ProblemFutureStageSince Problem = "future_stage_since"
)

var problems = [...]Problem{
	engine.WrongKind: ProblemWrongKind, engine.OutOfRange: ProblemOutOfRange, engine.NotInValues: ProblemNotInValues, engine.UnsplitList: ProblemUnsplitList,
	engine.TimeOutOfRange: ProblemTimeOutOfRange, engine.RepeatedDifferently: ProblemRepeatedDifferently,
	engine.UnknownStage: ProblemUnknownStage, engine.FutureStageSince: ProblemFutureStageSince,
}

// Issue is something in a lead that was set aside, one for each problem and
// field. It never holds the value. Of a list in which several elements are set
// aside for several reasons, it has one of these.
type Issue struct {
	Problem Problem `json:"problem"`
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
// asks. What is beyond 100,000 parts and values, a long text counting as several, is left
// out of the tree.
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
	// 100,000 in an explanation; and what the signal would take without Following,
	// NotFollowing and FollowedBy. Older is how many more there are. What is older than
	// all that the policy asks of a signal with a condition is not looked at.
	Occurrences []Occurrence `json:"occurrences"`
	Older       int          `json:"older,omitempty"`
	Parts       []Part       `json:"parts"`
}

// LeftOut is why an occurrence of a signal does not count, or brings nothing.
type LeftOut string

// The reasons.
const (
	// LeftOutReset is an occurrence before the last reset of the rule's group.
	LeftOutReset LeftOut = "reset"
	// LeftOutWindow is one outside the window, or not within.
	LeftOutWindow LeftOut = "window"
	// LeftOutUnknown is one whose multiplier is unknown, or the property that a
	// function looks at.
	LeftOutUnknown LeftOut = "unknown"
	// LeftOutLimit is one that the limit lets nothing through of; also one without the
	// property of OncePer or of ForEach.
	LeftOutLimit LeftOut = "limit"
	// LeftOutDecay is one of which nothing is left.
	LeftOutDecay LeftOut = "decay"
	// LeftOutWhen is one of a rule whose condition is not yes.
	LeftOutWhen LeftOut = "when"
	// LeftOutFollowing, LeftOutNotFollowing and LeftOutFollowedBy are what the signal
	// would take without Following, NotFollowing and FollowedBy, and with it does not:
	// also for want of the property of ForEach.
	LeftOutFollowing    LeftOut = "following"
	LeftOutNotFollowing LeftOut = "not_following"
	LeftOutFollowedBy   LeftOut = "followed_by"
)

var leftOuts = [...]LeftOut{
	engine.Counts: "", engine.LeftOutReset: LeftOutReset, engine.LeftOutWindow: LeftOutWindow, engine.LeftOutUnknown: LeftOutUnknown,
	engine.LeftOutLimit: LeftOutLimit, engine.LeftOutDecay: LeftOutDecay, engine.LeftOutWhen: LeftOutWhen,
	engine.LeftOutFollowing: LeftOutFollowing, engine.LeftOutNotFollowing: LeftOutNotFollowing, engine.LeftOutFollowedBy: LeftOutFollowedBy,
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
	// LeftOut is why it does not count, or brings nothing. Blank is that it counts; for
	// followed, that it is looked at.
	LeftOut LeftOut `json:"left_out,omitempty"`
	// Values are what its multiplier saw.
	Values []Value `json:"values"`
}

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
	e, err := m.evaluate(lead, nil, at, false)
	if err != nil {
		*dst = Assessment{}
		return err
	}
	m.write(dst, lead.ID, e)
	m.pool.Put(e)
	return nil
}

// evaluate evaluates a lead, and perhaps one more activity; if brief, without blockers and Until. The
// evaluator is to be put back.
func (m *Model) evaluate(lead *Lead, more *Activity, at time.Time, brief bool) (*engine.Evaluator, error) {
	if lead == nil {
		return nil, ErrNilLead
	}
	if err := checkInstant(at); err != nil {
		return nil, err
	}
	if err := m.checkActivities(lead.Activities, more, at); err != nil {
		return nil, err
	}
	e := m.pool.Get()
	given := m.given(lead)
	given.Brief = brief
	e.Start(&given, at.UnixNano())
	addAll(e, lead.Activities, more)
	e.Finish()
	if e.TooMuchText() {
		m.pool.Put(e)
		return nil, m.tooMuchText()
	}
	return e, nil
}

// addAll adds the activities of a lead, and one more if it is not nil.
func addAll(e *engine.Evaluator, activities []Activity, more *Activity) {
	e.AddAll(len(activities), func(room []history.Entry) {
		for i := range room {
			room[i].Activity = (*history.Activity)(&activities[i])
		}
	})
	if more != nil {
		e.AddAll(1, func(room []history.Entry) { room[0].Activity = (*history.Activity)(more) })
	}
}

// given is what the engine is told of a lead beside its activities.
func (m *Model) given(lead *Lead) engine.Lead {
	return engine.Lead{Profile: lead.Profile, Stage: m.stageIndex(lead.Stage), Since: lead.StageSince}
}

func checkInstant(at time.Time) error {
	if at.IsZero() || at.Before(engine.Earliest) || at.After(engine.Latest) {
		return ErrInstant
	}
	return nil
}

// checkActivities counts the activities up to an instant, if there may be too many.
func (m *Model) checkActivities(activities []Activity, more *Activity, at time.Time) error {
	if len(activities) < m.maxActivities {
		return nil
	}
	n := 0
	for i := range activities {
		if !activities[i].At.After(at) {
			n++
		}
	}
	if more != nil && !more.At.After(at) {
		n++
	}
	return m.tooMany(n)
}

// tooMany says that a lead has more activities than it may have, if it does.
func (m *Model) tooMany(n int) error {
	switch {
	case n <= m.maxActivities:
		return nil
	case m.maxActivities < maxActivities && m.historyPasses > 0:
		return fmt.Errorf("%w: it has %d, and may have %d, because the policy goes through them some %d times: let it ask less of the history, or set Bounds.Activities",
			ErrTooManyActivities, n, m.maxActivities, m.historyPasses)
	}
	return fmt.Errorf("%w: it has %d, and may have %d", ErrTooManyActivities, n, m.maxActivities)
}

func (m *Model) tooMuchText() error {
	return fmt.Errorf("%w: their texts take more than %d steps, for what the conditions of signals and the multipliers of rules look for in them: let these look for less, shorten the texts, or set Bounds.Text",
		ErrTooManyActivities, m.program.TextSteps)
}

// Explain is Assess with all that the assessment rests on. It costs many times as
// much. The errors are the same.
func (m *Model) Explain(lead *Lead, at time.Time) (Explanation, error) {
	e, err := m.evaluate(lead, nil, at, false)
	if err != nil {
		return Explanation{}, err
	}
	var out Explanation
	m.write(&out.Assessment, lead.ID, e)
	e.ReadAgain()
	x := explainer{m: m, e: e, w: writer{m, e}}
	out.Rules, out.Criteria, out.Stages = x.rules(&out.Assessment.Score), x.criteria(out.Assessment.Checklist), x.stages()
	m.pool.Put(e)
	return out, nil
}

// Track follows one lead: it begins with the facts of the one given, of which it
// makes a copy, but for lists in the profile and the maps of properties, which must
// not be changed any more. Of a nil lead every assessment is ErrNilLead, as that of
// Assess; to follow one of which nothing is known yet, give &Lead{}.
func (m *Model) Track(lead *Lead) *Tracker {
	isNil := lead == nil
	if isNil {
		lead = &Lead{}
	}
	t := &Tracker{model: m, id: lead.ID, isNil: isNil, tracker: engine.NewTracker(m.pool, m.given(lead), m.maxActivities)}
	t.tracker.Grow(len(lead.Activities))
	for i := range lead.Activities {
		t.tracker.Add(history.Activity(lead.Activities[i]))
	}
	return t
}

// finish makes what the model needs beyond the parts of the policy.
func (c *compiler) finish() {
	m, p := c.m, c.m.program
	p.Queries, p.Terms, p.Criteria = c.expr.Queries, c.expr.Terms(), c.expr.Criteria
	p.Link()
	if work := c.expr.Work() + p.UnknownFactWork(); work > maxWork {
		c.fail(place{"", -1, ""}, "", nil, "to find what each unknown fact could change takes %d steps, and may take %d: each attribute, and each question to the history, takes a step for each part "+
			"of each rule, term and criterion that asks it: let large conditions ask fewer of them", work, maxWork)
	}
	p.BoundText(c.settings.bounds.Text, c.expr.TextSteps())
	p.Estimate(c.expr.Parts())
	if m.maxActivities == 0 {
		m.historyPasses = p.HistoryPasses()
		m.maxActivities = min(maxActivities, maxPassed/m.historyPasses)
	}
	m.labels = c.labels()
	for _, i := range p.Facts {
		f := factText{question: c.question(i)}
		if i < len(p.Profile) {
			d := &c.policy.Profile[i]
			f.name, f.label, f.question = m.attributes[i], d.Label, cmp.Or(d.Question, f.question)
		} else {
			query := i - len(p.Profile)
			in, inLabel := c.since(p.Queries[query].ResetScope)
			f.name = c.expr.QueryName(query) + in
			if f.label = m.labels.Asked(query, p.Queries[query].Func); f.label != "" {
				f.label += inLabel
			}
		}
		m.facts = append(m.facts, f)
	}
	for i, r := range c.policy.Rules {
		var all [len(program.Rule{}.Pays)]contribution
		for answer, pays := range p.Rules[i].Pays {
			o := &all[answer]
			o.raw = pays.Raw
			o.Rule, o.Label, o.Group, o.Answer = r.ID, r.Label, c.groups[p.Rules[i].Group].ID, answerOf(expression.Answer(answer))
			o.Raw, o.Lost, o.Points = clipped(pays.Raw, pays.Points)
			o.Range = Range{o.Points, o.Points}
		}
		m.contributions = append(m.contributions, all)
	}
	for i, g := range c.groups {
		text := groupText{id: g.ID, label: g.Label}
		if up := p.Groups[i].Parent; up != program.None {
			text.parent = c.groups[up].ID
		}
		m.groups = append(m.groups, text)
	}
	m.ratings = ratings(m.rating, p.Groups)
	m.pool = engine.NewPool(p)
	m.fingerprint = fingerprint(m.policy, m.location)
}

const (
	maxActivities = 1_000_000
	maxPassed     = 100_000_000 // activities times passes
	maxWork       = 10_000_000
)

// since says of a query which group's reset hides what came before, by ID and by label.
func (c *compiler) since(resetScope int) (id, label string) {
	if resetScope == 0 {
		return "", ""
	}
	p := c.m.program
	for _, i := range slices.Backward(p.GroupOrder) { // the highest such group
		if p.Groups[i].ResetScope == resetScope {
			g := c.groups[i]
			return " in " + g.ID, " in " + cmp.Or(g.Label, g.ID)
		}
	}
	return "", ""
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

// question is that of the first criterion that reads a fact and has one.
func (c *compiler) question(fact int) string {
	for i, criterion := range c.m.program.Criteria {
		if q := c.policy.Criteria[i].Question; q != "" && (criterion.Met.Reads(fact) || criterion.Unmet != nil && criterion.Unmet.Reads(fact)) {
			return q
		}
	}
	return ""
}

// ratings lists the ratings of all combinations of bands, in which the band of
// the first group changes the slowest and the first of a group's is none; nil
// when there are very many.
func ratings(groups []int, all []program.Group) []string {
	const most = 4096
	out := []string{""}
	for _, g := range groups {
		var next []string
		for _, prefix := range out {
			for _, b := range append([]program.Band{{}}, all[g].Bands...) {
				next = append(next, prefix+b.Label)
			}
			if len(next) > most {
				return nil
			}
		}
		out = next
	}
	return out
}

// writer writes out what an evaluator found.
type writer struct {
	m *Model
	e *engine.Evaluator
}

// write writes the whole of an assessment.
func (m *Model) write(out *Assessment, id string, e *engine.Evaluator) {
	w, result := writer{m, e}, e.Result()
	if out.Checklist == nil {
		w.allocate(out)
	}
	out.Lead, out.At = toValidUTF8(id), utc(result.At)
	out.Policy, out.Version, out.Fingerprint = m.policy.Name, m.policy.Version, m.fingerprint
	w.score(&out.Score)
	w.checklist(&out.Checklist)
	w.verdict(&out.Verdict)
	out.Until = time.Time{}
	if result.Until != history.Never {
		out.Until = utc(result.Until)
	}
	out.Issues = reuse(out.Issues)
	for _, i := range result.Issues {
		out.Issues = append(out.Issues, w.issue(i))
	}
}

// allocate gives an assessment that was not used before the memory that it takes, in few
// pieces: the values of all its parts come from one.
func (w writer) allocate(out *Assessment) {
	result := w.e.Result()
	stage, total := &result.Stage, 0
	seen := func(nodes ...*expression.Node) (values int) {
		for _, n := range nodes {
			if n != nil { // as that of a shortest stay is
				values += len(n.Sources)
			}
		}
		return values
	}
	have := func(b expression.Atom) int { // and the criteria that are not met
		values := seen(b.Node)
		for _, s := range b.Node.Sources {
			if s.Counts() {
				values += len(s.Criteria())
			}
		}
		return values
	}
	for _, c := range result.Checklist {
		total += seen(c.Nodes...)
	}
	for _, r := range stage.Reasons {
		total += seen(r.Node)
	}
	for _, b := range stage.Blockers {
		total += have(b)
	}
	values, questions := make([]Value, total), make([]string, len(stage.Blockers)) // most blockers have one
	take := func(n int) (some []Value) {
		some, values = values[:0:n], values[n:]
		return some
	}
	out.Score.Unknown = make([]UnknownFact, 0, len(result.Missing))
	out.Checklist = make(Checklist, len(result.Checklist))
	for i, c := range result.Checklist {
		out.Checklist[i].Facts = take(seen(c.Nodes...))
	}
	out.Verdict.Reasons = make([]Reason, len(stage.Reasons))
	for i, r := range stage.Reasons {
		out.Verdict.Reasons[i].Values = take(seen(r.Node))
	}
	out.Verdict.Blockers = make([]Blocker, len(stage.Blockers))
	for i, b := range stage.Blockers {
		out.Verdict.Blockers[i].Have = take(have(b))
		out.Verdict.Blockers[i].Questions = questions[i : i : i+1]
	}
}

func (w writer) issue(i engine.Issue) Issue {
	field := "activity"
	switch i.Of {
	case engine.OfAttribute:
		field = w.m.attributes[i.Index]
	case engine.OfProperty:
		field = w.m.properties[i.Index]
	case engine.OfActivityAt:
		field = "activity.at"
	case engine.OfStage:
		field = "stage"
	case engine.OfStageSince:
		field = "stage_since"
	}
	return Issue{Problem: problems[i.Problem], Field: field, Activity: toValidUTF8(i.Activity), Count: i.Count}
}

// clipped gives a sum, what its bounds take, and what they leave.
func clipped(raw, kept points.Points) (all, lost, left float64) {
	left = kept.Float()
	if raw == kept {
		return left, 0, left
	}
	return raw.Float(), (raw - kept).Float(), left
}

// toRange gives a span of points as a Range.
func toRange(s points.Span) Range {
	lo, hi := s.Ends()
	return Range{lo, hi}
}

func (w writer) score(out *Score) {
	m, result := w.m, w.e.Result()
	out.Contributions = resized(out.Contributions, len(result.Rules))
	all, to := m.contributions[:len(result.Rules)], out.Contributions[:len(result.Rules)]
	for i := range result.Rules {
		r, o := &result.Rules[i], &to[i]
		usual := &all[i][r.Answer]
		*o = usual.Contribution
		if o.Count = r.Count; r.Raw != usual.raw {
			o.Raw, o.Lost, o.Points = clipped(r.Raw, r.Points)
			o.Range = Range{o.Points, o.Points}
		}
		if r.Span.Lo != r.Span.Hi {
			o.Range = toRange(r.Span)
		}
	}
	bands := w.e.Env().Bands
	out.Groups = resized(out.Groups, len(result.Groups)-1)
	for i := range result.Groups {
		g, text := &result.Groups[i], &m.groups[i]
		if i == 0 {
			out.Raw, out.Lost, out.Points = clipped(g.Raw, g.Points)
			out.Range, out.Band = toRange(g.Span), bands[i]
			continue
		}
		o := &out.Groups[i-1]
		o.Group, o.Label, o.Parent = text.id, text.label, text.parent
		o.Raw, o.Lost, o.Points = clipped(g.Raw, g.Points)
		o.Share, o.Range, o.Band = g.Share.Float(), toRange(g.Span), bands[i]
	}
	out.Rating = w.rating()
	out.Unknown = reuse(out.Unknown)
	for _, f := range result.Missing {
		text, o := &m.facts[f.Fact], appendReused(&out.Unknown)
		o.Fact, o.Label, o.Question, o.Range = text.name, text.label, text.question, toRange(f.Span)
	}
}

// rating joins the labels of the rating groups.
func (w writer) rating() string {
	m, groups := w.m, w.e.Result().Groups
	at := 0
	for _, g := range m.rating {
		if groups[g].Band == program.None {
			return ""
		}
		at = at*(len(m.program.Groups[g].Bands)+1) + groups[g].Band + 1
	}
	if m.ratings != nil {
		return m.ratings[at]
	}
	var b strings.Builder
	for _, g := range m.rating {
		b.WriteString(w.e.Env().Bands[g])
	}
	return b.String()
}

// facts adds the values that a node saw, each once.
func (w writer) facts(out *[]Value, n *expression.Node) {
	for _, s := range n.Sources {
		if !slices.ContainsFunc(*out, func(v Value) bool { return v.Fact == s.Text }) {
			w.value(appendReused(out), s)
		}
	}
}

// values adds the values that a node saw. What a comparison has computed of known facts
// comes before them if it is the subject, and else after them.
func (w writer) values(out *[]Value, n *expression.Node) {
	compares := expression.OpEqual <= n.Op && n.Op <= expression.OpIn
	computed := func(at int) {
		if compares && isComputed(n.Kids[at]) && n.Kids[at].Value(w.e.Env()).Known {
			w.value(appendReused(out), n.Kids[at])
		}
	}
	subject := 0
	if compares && n.Kids[0].Op == expression.OpConstant {
		subject = 1
	}
	computed(subject)
	for _, s := range n.Sources {
		w.value(appendReused(out), s)
	}
	computed(1 - subject)
}

// isComputed reports whether a node is a number that is made of other values.
func isComputed(n *expression.Node) bool {
	for n.Op == expression.OpTerm {
		n = n.Kids[0]
	}
	return n.Kind == fact.Number && n.Op != expression.OpConstant && (len(n.Sources) != 1 || n.Sources[0] != n)
}

// value says what a node's value is and where it comes from.
func (w writer) value(out *Value, n *expression.Node) {
	texts := reuse(out.Texts)
	*out = Value{}
	out.Fact, out.Label, out.Kind, out.Texts = n.Text, w.m.labels.Of(n), kinds[n.Kind], texts
	env := w.e.Env()
	if !n.Counts() && len(n.Criteria()) == 1 {
		// The answer says more than whether it is yes.
		i := n.Criteria()[0]
		out.Fact, out.Kind, out.Known, out.Text = w.m.met[i], Code, true, answers[env.Check[i]].String()
		return
	}
	v := n.Value(env)
	if !v.Known {
		return
	}
	if query, ok := n.Query(); ok {
		if a := w.e.Newest(query); a != nil {
			out.Activity, out.At = toValidUTF8(a.ID), utc(a.At.UnixNano())
		}
	}
	w.known(out, n.Kind, &v)
}

// labels makes the labels of all facts.
func (c *compiler) labels() *label.Labels {
	var w label.Words
	for _, f := range c.policy.Profile {
		w.Attributes = append(w.Attributes, f.Label)
	}
	for _, f := range c.policy.Properties {
		w.Properties = append(w.Properties, f.Label)
	}
	for _, s := range c.policy.Signals {
		w.Signals = append(w.Signals, s.Label)
	}
	for _, g := range c.groups {
		w.Groups = append(w.Groups, g.Label)
	}
	w.Groups[0] = cmp.Or(w.Groups[0], "Score")
	for _, criterion := range c.policy.Criteria {
		w.Criteria, w.Sets = append(w.Criteria, criterion.Label), append(w.Sets, criterion.Set)
	}
	for _, s := range c.policy.Stages {
		w.Stages = append(w.Stages, s.Label)
	}
	return label.New(w, c.m.program.Queries)
}

// known writes a known value.
func (writer) known(out *Value, kind fact.Kind, v *fact.Value) {
	out.Known, out.Number, out.Text, out.Bool, out.Partial = true, v.Number, toValidUTF8(v.Text), v.Bool, v.Partial
	if kind == fact.Time {
		out.Time = utc(v.Time)
	}
	for _, t := range v.Texts {
		out.Texts = append(out.Texts, toValidUTF8(t))
	}
}

// explainer makes an explanation of what an evaluator found.
type explainer struct {
	m      *Model
	e      *engine.Evaluator
	w      writer
	parts  int // made so far
	listed int // occurrences so far
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
	for i := range x.m.program.Rules {
		r, c := &x.m.program.Rules[i], &score.Contributions[i]
		p := x.part("", "", c.Answer)
		p.ID, p.Label, p.Points = c.Rule, c.Label, c.Points
		if r.Signal != program.None {
			p.Parts = append(p.Parts, x.on(i))
		}
		if r.When != nil {
			p.Parts = append(p.Parts, x.tree("when", r.When))
		}
		for j, t := range r.Tiers {
			p.Parts = append(p.Parts, x.tree(fmt.Sprintf("tiers[%d].when", j), t.When))
		}
		if r.Multiply != nil && r.Signal == program.None { // an event rule's differs from activity to activity
			p.Parts = append(p.Parts, x.tree("multiply", r.Multiply))
		}
		all = append(all, p)
	}
	return all
}

func (x *explainer) criteria(checks Checklist) []Part {
	all := []Part{}
	for i, c := range x.m.program.Criteria {
		p := x.part("", "", checks[i].Answer)
		p.ID, p.Label = checks[i].Criterion, checks[i].Label
		p.Parts = append(p.Parts, x.tree("met", c.Met))
		if c.Unmet != nil {
			p.Parts = append(p.Parts, x.tree("unmet", c.Unmet))
		}
		all = append(all, p)
	}
	return all
}

func (x *explainer) stages() []Part {
	all := []Part{}
	for i, s := range x.m.program.Stages {
		text := &x.m.policy.Stages[i]
		p := x.part("", "", No)
		p.ID, p.Label = text.ID, text.Label
		if i == x.e.Result().Stage.Now {
			p.Answer = Yes
		}
		p.Parts = append(p.Parts, x.tree("enter", s.Enter))
		if s.Keep != s.Enter {
			p.Parts = append(p.Parts, x.tree("keep", s.Keep))
		}
		all = append(all, p)
	}
	return all
}

// tree explains a condition, or an amount.
func (x *explainer) tree(field string, n *expression.Node) Part {
	env := x.e.Env()
	answer := Unknown
	switch v := n.Value(env); {
	case n.Kind == fact.Bool:
		answer = answerOf(n.Test(env))
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
	x.values(&p.Values, n)
	for _, s := range n.Sources {
		query, ok := s.Query()
		switch {
		case !ok:
		case s == n:
			x.query(&p, query)
		case x.parts < mostParts:
			answer := Unknown
			if env.Queries[query].Known {
				answer = Yes
			}
			below := x.part("", s.Text, answer)
			x.query(&below, query)
			p.Parts = append(p.Parts, below)
		}
	}
	return p
}

// values adds what a node that is explained as a whole gives and saw, as far as there is
// room.
func (x *explainer) values(out *[]Value, n *expression.Node) {
	if x.parts >= mostParts {
		return
	}
	if n.Kind != fact.Bool && (len(n.Sources) != 1 || n.Sources[0] != n) { // an amount, or a time
		x.w.value(appendReused(out), n)
	}
	x.w.values(out, n)
	x.w.unmet(out, n)
	for i := range *out {
		const page = 1024 // bytes of a text count as one more
		v := &(*out)[i]
		x.parts += 1 + len(v.Text)/page + len(v.Texts)
	}
}

// query explains what a function of the history looks at.
func (x *explainer) query(p *Part, query int) {
	p.Older = x.e.QueryOccurrences(query, x.most(), func(o *engine.Occurrence) { x.list(p, o) })
}

// on explains what the occurrences of an event rule bring.
func (x *explainer) on(i int) Part {
	r := &x.m.program.Rules[i]
	p := x.part("on", x.m.policy.Rules[i].On, Yes)
	sum, older := x.e.EventOccurrences(i, x.most(), func(o *engine.Occurrence) {
		listed := x.list(&p, o)
		listed.Worth, listed.Allowed, listed.Points = o.Worth.Float(), o.Allowed.Float(), o.Points.Float()
		if r.Multiply != nil && o.Told && x.parts < mostParts {
			x.w.values(&listed.Values, r.Multiply)
			x.parts += len(listed.Values)
		}
	})
	p.Points, p.Older = sum.Float(), older
	return p
}

// most is how many occurrences the next part may list.
func (x *explainer) most() int { return min(mostListedOfEach, mostListed-x.listed) }

func (x *explainer) list(p *Part, o *engine.Occurrence) *Occurrence {
	x.listed++
	p.Occurrences = append(p.Occurrences, Occurrence{
		Activity: toValidUTF8(o.Activity.ID), Type: toValidUTF8(o.Activity.Type), At: utc(o.At), LeftOut: leftOuts[o.LeftOut], Values: []Value{},
	})
	return &p.Occurrences[len(p.Occurrences)-1]
}

// toValidUTF8 replaces what is not UTF-8, which JSON could not hold.
func toValidUTF8(s string) string {
	if utf8.ValidString(s) { // it is quicker to tell
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

var kinds = [...]Kind{fact.None: "", fact.Number: Number, fact.Text: Text, fact.Code: Code, fact.Bool: Bool, fact.Time: Time, fact.Texts: Texts}

func utc(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// reuse gives a slice's memory back, never nil.
func reuse[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s[:0]
}

// resized gives a slice of n with the memory of another, if that is enough; never nil.
func resized[T any](s []T, n int) []T {
	if s == nil || cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// appendReused makes room for one more and gives it as it was left, so that slices
// within it can be used again.
func appendReused[T any](s *[]T) *T {
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

// String gives "40", or "10 to 60", to the millionth; an end that is infinite is
// "any".
func (r Range) String() string {
	if r.Low == r.High {
		return layout.Exact(r.Low)
	}
	return layout.Exact(r.Low) + " to " + layout.Exact(r.High)
}

type valueJSON struct {
	Fact     string          `json:"fact"`
	Label    string          `json:"label,omitempty"`
	Kind     Kind            `json:"kind"`
	Value    json.RawMessage `json:"value"`
	Partial  bool            `json:"partial,omitempty"`
	Activity string          `json:"activity,omitempty"`
	At       time.Time       `json:"at,omitzero"`
}

// MarshalJSON gives the fact, its label, its kind, its value (null if it is unknown), and
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
	return json.Marshal(valueJSON{v.Fact, v.Label, v.Kind, raw, v.Partial, v.Activity, v.At})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (v *Value) UnmarshalJSON(data []byte) error {
	var j valueJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*v = Value{Fact: j.Fact, Label: j.Label, Kind: j.Kind, Known: len(j.Value) > 0 && string(j.Value) != "null", Texts: []string{}, Partial: j.Partial, Activity: j.Activity, At: j.At}
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
// 2026-01-31; an unknown one is "unknown". A text of more than 200 bytes is cut, and ends in
// "…"; of a list with more, the elements up to there are given, and how many follow.
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
		return v.list()
	case v.Text == "":
		return "none"
	}
	return cut(layout.Clean(v.Text[:min(len(v.Text), 2*mostText)]))
}

// mostText is how many bytes of a text are printed. A text may be read by many conditions,
// and would be printed with each of them.
const mostText = 200

// cut leaves out what a text has beyond the bytes that are printed.
func cut(s string) string {
	if len(s) <= mostText {
		return s
	}
	return strings.ToValidUTF8(s[:mostText], "") + "…"
}

// list gives the elements of a list in quotation marks, so that a comma within one shows.
func (v Value) list() string {
	if len(v.Texts) == 0 {
		return "an empty list"
	}
	var all []string
	bytes := 0
	for i, t := range v.Texts {
		if bytes += len(t); bytes > mostText && i > 0 {
			all = append(all, fmt.Sprintf("and %d more", len(v.Texts)-i))
			break
		}
		all = append(all, `"`+cut(layout.Clean(t[:min(len(t), 2*mostText)]))+`"`)
	}
	if v.Partial {
		all = append(all, "and what was set aside")
	}
	return strings.Join(all, ", ")
}

// name is the fact as people call it.
func (v Value) name() string { return cmp.Or(v.Label, v.Fact) }

// joinValues gives "Fact is value (activity, date)" for each, by the name that people call
// it.
func joinValues(values []Value) string { return join(values, Value.name) }

// joinFacts is joinValues by the name in expressions.
func joinFacts(values []Value) string { return join(values, func(v Value) string { return v.Fact }) }

func join(values []Value, name func(Value) string) string {
	var all []string
	for _, v := range values {
		all = append(all, name(v)+" is "+v.String()+v.origin())
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
	line := p.answered()
	switch {
	case p.Field == "multiply":
		line = joinFacts(p.Values) // the first is the multiplier's own
	case p.Field == "on" && len(p.Occurrences) == 0:
		line = p.Condition + ": none"
	case len(p.Values) == 0 && len(p.Occurrences) > 0:
		line = p.Condition
	}
	return strings.TrimPrefix(p.Field+" "+line, " ")
}

// answered gives a condition and its answer, and the values that say more than these.
func (p *Part) answered() string {
	text := p.Condition + " is " + p.Answer.String()
	var more []Value
	for _, v := range p.Values {
		if v.Fact == p.Condition {
			text += v.origin()
		} else {
			more = append(more, v)
		}
	}
	if len(more) > 0 {
		text += "; " + joinFacts(more)
	}
	return text
}

const mostPrinted = 5 // occurrences of a part that count

// print prints a part under a title.
func (p *Part) print(b *strings.Builder, title string, depth int) {
	margin := strings.Repeat("  ", depth)
	b.WriteString(margin + title + "\n")
	// What counts, or brings something, is seen before what does not; what was left out
	// for one reason is a single line after the first.
	more, left := p.Older, map[LeftOut]int{}
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
		line += ", left out: " + string(o.LeftOut)
	}
	if len(o.Values) > 0 {
		line += "; " + joinFacts(o.Values)
	}
	return line
}

// String gives the total with its range, then each group with the rules that
// paid into it, and the unknown facts that could change the total. Totals and
// ranges are printed exactly, since bands and stages compare them; what a rule pays
// to two decimals.
func (s Score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Points %s", layout.Exact(s.Points))
	if s.Range.Low != s.Range.High {
		fmt.Fprintf(&b, " (%s once what is unknown is known)", s.Range)
	}
	if s.Lost != 0 {
		fmt.Fprintf(&b, ", made of a sum of %s", layout.Exact(s.Raw))
	}
	if s.Rating != "" {
		b.WriteString(", rating " + s.Rating)
	}
	if s.Band != "" {
		b.WriteString(", band " + s.Band)
	}
	b.WriteString("\n")
	for _, g := range s.Groups {
		b.WriteString("  in " + g.name() + " " + layout.Exact(g.Points))
		if g.Parent != rootGroup {
			b.WriteString(", below " + s.groupName(g.Parent))
		}
		if g.Lost != 0 {
			b.WriteString(", made of a sum of " + layout.Exact(g.Raw))
		}
		if g.Share != g.Points {
			b.WriteString(", counted as " + layout.Exact(g.Share))
		}
		if g.Band != "" {
			b.WriteString(", band " + g.Band)
		}
		b.WriteString("\n")
		s.paid(&b, g.Group, "    ")
	}
	s.paid(&b, rootGroup, "  ")
	title := "Unknown\n"
	for _, m := range s.Unknown {
		if m.Range.Low == m.Range.High {
			continue
		}
		fmt.Fprintf(&b, "%s  %s: the points could be %s", title, cmp.Or(m.Label, m.Fact), m.Range)
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

// groupName is how a person calls a group.
func (s *Score) groupName(id string) string {
	for i := range s.Groups {
		if g := &s.Groups[i]; g.Group == id {
			return g.name()
		}
	}
	return id
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

// problemWords say the problems in words.
var problemWords = map[Problem]string{
	ProblemWrongKind:           "not of the declared kind",
	ProblemOutOfRange:          "out of the declared range",
	ProblemNotInValues:         "not one of the declared values",
	ProblemUnsplitList:         "a list in one text, without a declared separator",
	ProblemTimeOutOfRange:      "without a time that can be read, or before " + fact.FirstTime,
	ProblemRepeatedDifferently: "delivered twice with different contents",
	ProblemUnknownStage:        "not a stage of the policy",
	ProblemFutureStageSince:    "in the future",
}

// String gives the field, the problem in words, and the first activity's ID.
func (i Issue) String() string {
	s := i.Field + ": " + cmp.Or(problemWords[i.Problem], string(i.Problem))
	if i.Activity != "" {
		s += ", first in " + layout.Clean(i.Activity)
	}
	if i.Count > 1 {
		s += fmt.Sprintf(", %d in all", i.Count)
	}
	return s
}
