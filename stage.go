package qualify

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/engine"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/probe"
	"github.com/qualify-go/qualify/internal/program"
)

// Stage is a station of a lead's way, such as marketing-qualified, or an exit
// from it, such as disqualified or customer.
type Stage struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Exit makes it an exit stage: it stands apart from the order of the others,
	// and goes before them.
	Exit bool `json:"exit,omitempty"`
	// Enter is the condition that opens the stage; it must be yes.
	Enter string `json:"enter"`
	// Keep is the condition under which a lead that is in the stage stays, also
	// when Enter is no longer yes: the stage is lost only when Keep is a definite
	// no and Enter is not yes. Blank is Enter; "true" never demotes, and goes with
	// an Enter of "false" for a stage that is only set by hand.
	Keep string `json:"keep,omitempty"`
	// MinStay keeps a lead in the stage, whatever its conditions say, for so long
	// after it entered; at exactly MinStay it is over.
	MinStay Duration `json:"min_stay,omitempty"`
	// MaxStay is how long a lead should stay; see Verdict.Due. It moves nobody.
	MaxStay Duration `json:"max_stay,omitempty"`
}

// Move is how a lead came from the stage that it had to the one that it has.
type Move string

// The moves.
const (
	MoveNone    Move = "none"    // it is in the same stage, or in none as before
	MoveEnter   Move = "enter"   // from no stage to one
	MovePromote Move = "promote" // onward
	MoveDemote  Move = "demote"  // back, also to no stage
	MoveExit    Move = "exit"    // to an exit stage
	MoveReturn  Move = "return"  // from an exit stage to another stage, or to none
)

var moves = [...]Move{
	engine.MoveNone: MoveNone, engine.MoveEnter: MoveEnter, engine.MovePromote: MovePromote,
	engine.MoveDemote: MoveDemote, engine.MoveExit: MoveExit, engine.MoveReturn: MoveReturn,
}

// Verdict is the stage of a lead, and why.
type Verdict struct {
	// Stage and Since are to be stored as they stand, and to be given back as the
	// lead's Stage and StageSince. The next assessment then gives the same verdict
	// while nothing changes, unless a condition asks for the stage itself: reached
	// and days_in_stage see the stage that the lead came with. An exit that is
	// entered by them needs a Keep of its own. Stage is blank for a plain lead. Since is the
	// instant of the assessment when the lead has just moved; otherwise it is what
	// the lead came with, which is zero if that is not known.
	Stage string    `json:"stage"`
	Label string    `json:"label,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Move is how it came there from the stage that it came with.
	Move Move `json:"move"`
	// From is the stage that the lead came with, and FromLabel its label; blank is none.
	From      string `json:"from,omitempty"`
	FromLabel string `json:"from_label,omitempty"`
	// Skipped are the IDs of the stages between From and Stage, exits aside, in the policy's
	// order, also those that were never open. None lies before the first stage, and a
	// return begins there: a demotion to none passes over all stages before From, a
	// return to none over nothing. An exit passes over nothing.
	Skipped []string `json:"skipped"`
	// SkippedLabels are the labels of Skipped, in the same order; blank where a stage has
	// none.
	SkippedLabels []string `json:"skipped_labels"`
	// Reasons are what decided it: first what the stage that it came with was lost
	// by, if it was lost and not left for an exit; then what the new one is held
	// by. For a plain lead that did not move there are none, but Blockers.
	Reasons []Reason `json:"reasons"`
	// Due is when the stage's MaxStay runs out, zero if it has none or Since is
	// not known, and Overdue reports whether that has come.
	Due     time.Time `json:"due,omitzero"`
	Overdue bool      `json:"overdue,omitempty"`
	// Next is the stage after this one, and NextLabel its label; blank in the last one and
	// in an exit stage.
	Next      string `json:"next,omitempty"`
	NextLabel string `json:"next_label,omitempty"`
	// Blockers are what separates the lead from Next: the fewest comparisons that
	// must change, and of as many those of the first alternative. Once all of them are as
	// they must be, and what holds of the others still holds, Next is open; and the facts
	// that they name can bring that about without any other.
	//
	// Each fact is taken to change without the others. A fact is an attribute, what a call
	// gives (count and happened of the same occurrences are one), the answer to a criterion,
	// the points of a group with its band, the stage that the lead came with, since when,
	// and now.
	//
	// A stage that no facts open has one Blocker, whose Fact is false: it is only set by
	// hand. The Blockers open Next always, but may be more than the fewest where very many
	// comparisons share facts, and where these calculate with a fact or search its text. If
	// such comparisons seem to contradict one another, a Blocker can be a larger part of the
	// condition, such as an alternative as a whole, whose Want is true or false: Next is open
	// once it is so, but whether any facts bring that about is not known.
	Blockers []Blocker `json:"blockers"`
}

// ReasonField is the field of a Stage that holds a lead in it, or that the lead lost it by.
type ReasonField string

// The fields.
const (
	ReasonEnter   ReasonField = "enter"
	ReasonKeep    ReasonField = "keep"
	ReasonMinStay ReasonField = "min_stay"
)

var reasonFields = [...]ReasonField{engine.HeldByEnter: ReasonEnter, engine.HeldByKeep: ReasonKeep, engine.HeldByMinStay: ReasonMinStay}

// Reason is a condition, or the part of one, that decided a verdict.
type Reason struct {
	// Stage is the stage's ID, and Label its label.
	Stage string `json:"stage"`
	Label string `json:"label,omitempty"`
	// Field is the field of the stage that it stands in.
	Field ReasonField `json:"field"`
	// Condition is the deciding part as expressions write it, or the stay.
	Condition string `json:"condition"`
	// Fact is what the condition is about, and Want what it must be for the stage to be
	// held, as in a Blocker. Both are blank for the stay.
	Fact   string  `json:"fact,omitempty"`
	Want   string  `json:"want,omitempty"`
	Answer Answer  `json:"answer"`
	Values []Value `json:"values"`
}

// Blocker is one condition that must change before a lead reaches a stage.
type Blocker struct {
	// Stage is the stage's ID, and Label its label.
	Stage string `json:"stage"`
	Label string `json:"label,omitempty"`
	// Fact is what must change, and Want what it must be, as expressions write
	// them: score("engagement") and >= 30; for a fact that is yes or no, and for a part
	// of the condition, true or false.
	Fact string `json:"fact"`
	Want string `json:"want"`
	// Answer tells whether Fact is what Want says: No, or Unknown; or Yes where
	// it is now, but must change along with the facts of other Blockers and be so
	// again, as lead.m >= lead.n when lead.n must grow.
	Answer Answer `json:"answer"`
	// Have are the values that it sees; where it counts criteria, with met(…) of
	// each that is not met.
	Have []Value `json:"have"`
	// Questions are the questions whose answers are missing.
	Questions []string `json:"questions"`
}

// Lever is a single new fact that would move a lead on to a further stage: the
// answer to a question, or one more activity.
type Lever struct {
	// Signal is the signal of one more activity, at the instant of the assessment,
	// and Type its type; both are blank for an attribute of the profile.
	Signal string `json:"signal,omitempty"`
	Type   string `json:"type,omitempty"`
	// Label is the attribute's or the signal's, Question the attribute's.
	Label    string `json:"label,omitempty"`
	Question string `json:"question,omitempty"`
	// Values are what the attribute would have to be, or the properties that the
	// activity would need.
	Values []Value `json:"values"`
	// Points, Stage, its label in StageLabel, and Move are what an assessment would give then; a
	// blank stage is a plain lead, back from an exit.
	Points     float64 `json:"points"`
	Stage      string  `json:"stage"`
	StageLabel string  `json:"stage_label,omitempty"`
	Move       Move    `json:"move"`
}

func (c *compiler) compileStages() {
	seen := map[string]bool{}
	p, rank := c.m.program, 0
	for i, s := range c.policy.Stages {
		at := place{"stages", i, s.ID}
		c.id(at, "id", s.ID, seen)
		compiled := program.Stage{MinStay: c.span(at, "min_stay", s.MinStay), MaxStay: c.span(at, "max_stay", s.MaxStay)}
		if s.Enter == "" {
			c.fail(at, "enter", nil, "enter is missing: it says when the stage opens; write \"false\", with keep: \"true\", for one that is only set by hand")
		} else {
			compiled.Enter = c.expression(at, "enter", s.Enter, expression.InStage, fact.Bool, 0)
		}
		if compiled.Enter != nil && !s.Exit {
			compiled.Opening = c.expr.Opening(compiled.Enter)
		}
		compiled.Keep = compiled.Enter
		if s.Keep != "" {
			compiled.Keep = c.expression(at, "keep", s.Keep, expression.InStage, fact.Bool, 0)
		}
		if s.MaxStay != 0 && s.MinStay > s.MaxStay {
			c.fail(at, "min_stay", s.MinStay, "min_stay is longer than max_stay")
		}
		p.Stages = append(p.Stages, compiled)
		if s.Exit {
			p.Ranks = append(p.Ranks, program.None)
			continue
		}
		p.Ranks = append(p.Ranks, rank)
		rank++
	}
}

// stageIndex is the index of the stage of an ID; a blank one is none.
func (m *Model) stageIndex(id string) int {
	if id == "" {
		return program.None
	}
	for i := range m.policy.Stages {
		if m.policy.Stages[i].ID == id {
			return i
		}
	}
	return engine.UnknownStageIndex
}

// verdict writes the stage and why.
func (w writer) verdict(out *Verdict) {
	m, s := w.m, &w.e.Result().Stage
	*out = Verdict{Move: moves[s.Move], Skipped: reuse(out.Skipped), SkippedLabels: reuse(out.SkippedLabels), Reasons: reuse(out.Reasons), Overdue: s.Overdue, Blockers: reuse(out.Blockers)}
	if s.Was != program.None {
		from := &m.policy.Stages[s.Was]
		out.From, out.FromLabel = from.ID, from.Label
	}
	if s.Since.Known {
		out.Since = utc(s.Since.Time)
	}
	if s.Now != program.None {
		stage := &m.policy.Stages[s.Now]
		out.Stage, out.Label = stage.ID, stage.Label
		if s.HasDue {
			out.Due = out.Since.Add(time.Duration(stage.MaxStay))
		}
	}
	w.e.Skipped(func(stage int) {
		out.Skipped = append(out.Skipped, m.policy.Stages[stage].ID)
		out.SkippedLabels = append(out.SkippedLabels, m.policy.Stages[stage].Label)
	})
	for _, r := range s.Reasons {
		stage, o := &m.policy.Stages[r.Stage], appendReused(&out.Reasons)
		*o = Reason{Stage: stage.ID, Label: stage.Label, Field: reasonFields[r.Held], Answer: answerOf(r.Answer), Values: reuse(o.Values)}
		if r.Node == nil {
			o.Condition = stage.MinStay.String()
			continue
		}
		o.Condition, o.Fact, o.Want = r.Node.Text, r.Node.Subject(), r.Node.Wanted(r.Want)
		w.values(&o.Values, r.Node)
	}
	if s.Next == program.None {
		return
	}
	next := &m.policy.Stages[s.Next]
	out.Next, out.NextLabel = next.ID, next.Label
	for _, a := range s.Blockers {
		b := appendReused(&out.Blockers)
		b.Stage, b.Label, b.Fact, b.Want, b.Answer = next.ID, next.Label, a.Node.Subject(), a.Node.Wanted(a.Want), wanted(a)
		b.Have, b.Questions = reuse(b.Have), reuse(b.Questions)
		w.values(&b.Have, a.Node)
		w.unmet(&b.Have, a.Node)
		w.questions(&b.Questions, a.Node)
	}
}

// unmet adds the criteria that a condition counts and that are not met.
func (w writer) unmet(out *[]Value, n *expression.Node) {
	for _, s := range n.Sources {
		if !s.Counts() {
			continue
		}
		for _, i := range s.Criteria() {
			check := w.e.Env().Check[i]
			if check == expression.CheckYes {
				continue
			}
			v := appendReused(out)
			*v = Value{Fact: w.m.met[i], Label: w.m.policy.Criteria[i].Label, Kind: Code, Known: true, Text: answers[check].String(), Texts: reuse(v.Texts)}
		}
	}
}

// wanted tells whether an atom answers as it must.
func wanted(a expression.Atom) Answer {
	switch {
	case a.Answer == expression.Unknown:
		return Unknown
	case (a.Answer == expression.Yes) == a.Want:
		return Yes
	}
	return No
}

// questions adds the questions whose answers a condition lacks: those of the criteria
// that it asks for, or else those of the unknown facts.
func (w writer) questions(out *[]string, n *expression.Node) {
	add := func(question string) {
		if question != "" && !slices.Contains(*out, question) {
			*out = append(*out, question)
		}
	}
	direct := true
	for _, s := range n.Sources {
		for _, i := range s.Criteria() {
			direct = false
			if c := w.e.Env().Check[i]; c == expression.CheckUnknown || c == expression.CheckDisputed {
				add(w.m.policy.Criteria[i].Question)
			}
		}
	}
	if !direct {
		return
	}
	for word, facts := range w.e.UnknownFacts() {
		for ; facts != 0; facts &= facts - 1 {
			if fact := 64*word + bits.TrailingZeros64(facts); n.Reads(fact) { // as facts that no condition asks for are not
				add(w.m.facts[w.m.program.Places[fact]].question)
			}
		}
	}
}

// Levers lists the single new facts that would move a lead on, or back from an
// exit, for the lead with the verdict of at stored: those that lead to the nearest
// stage first, and of these those that change the points least. It tries: each
// attribute that is asked for and unknown, and one more activity of each type that
// signals take, with what their conditions need of properties and with at most one
// property more. As values it takes the declared ones, those that conditions compare
// with, and those right beside them; of several for one fact that lead to one stage it
// names that which changes the points least. What other values would do, or two facts
// together, it does not say. It makes at most 1,000 assessments for attributes and as
// many for activities; of a lead or a policy that takes long to assess, only as many as
// take some seconds by an estimate that depends on both alone. So of a policy that asks
// for more, not all is tried. Without any the list is empty. The errors are those of Assess.
func (m *Model) Levers(lead *Lead, at time.Time) ([]Lever, error) {
	base, err := m.Assess(lead, at)
	if err != nil {
		return nil, err
	}
	now := *lead
	now.Stage, now.StageSince = base.Verdict.Stage, base.Verdict.Since
	x := trials{model: m, lead: &now, base: &base, levers: []Lever{}, best: map[string]int{}, each: m.effort(&now, base.Score.Unknown)}
	x.values()
	x.made, x.left = 0, trialSteps
	x.attributes()
	x.made, x.left = 0, trialSteps
	x.activities()
	slices.SortStableFunc(x.levers, func(a, b Lever) int {
		return cmp.Or(cmp.Compare(m.stageIndex(a.Stage), m.stageIndex(b.Stage)), cmp.Compare(x.change(&a), x.change(&b)))
	})
	return x.levers, nil
}

// trials looks for levers.
type trials struct {
	model  *Model
	lead   *Lead // with the verdict stored
	base   *Assessment
	made   int   // trials
	each   int64 // steps of one
	left   int64 // steps that may be taken
	out    Assessment
	levers []Lever
	best   map[string]int // by fact and stage: the lever

	asked [][]fact.Value // by attribute: what it may be
	told  [][]fact.Value // by property
}

const (
	mostTrials = 1_000 // of attributes, and of activities
	mostValues = 50    // of one fact
	mostTries  = 256   // for what the condition of a signal needs

	trialSteps = 1_500_000_000 // of attributes, and of activities
)

func (x *trials) change(l *Lever) float64 { return math.Abs(l.Points - x.base.Score.Points) }

// values finds the values that each attribute and each property may have.
func (x *trials) values() {
	m, p := x.model, x.model.program
	var nodes []*expression.Node
	for i := range p.Signals {
		nodes = append(nodes, p.Signals[i].Where)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		nodes = append(nodes, r.When, r.Multiply)
		for _, t := range r.Tiers {
			nodes = append(nodes, t.When)
		}
	}
	for _, c := range p.Criteria {
		nodes = append(nodes, c.Met, c.Unmet)
	}
	for _, s := range p.Stages {
		nodes = append(nodes, s.Enter, s.Keep)
	}
	props := make([]expression.Field, len(p.Props))
	for i := range props {
		f := m.property(i)
		props[i] = expression.Field{Name: f.Name, Kind: f.kind, Values: f.Values}
		props[i].Lo, props[i].Hi = f.reader.Bounds()
	}
	asked, told := probe.Gather(p.Profile, props, p.Queries, int64(time.Second), nodes)
	x.asked, x.told = make([][]fact.Value, len(asked)), make([][]fact.Value, len(told))
	for i := range asked {
		f := m.attribute(i)
		x.asked[i] = f.choices(asked[i], x.base.At)
	}
	for i := range told {
		f := m.property(i)
		x.told[i] = f.choices(told[i], x.base.At)
	}
}

// field is a declaration with what it compiled to.
type field struct {
	*Field
	kind   fact.Kind
	reader *fact.Reader
	text   string // as expressions write it
}

func (m *Model) attribute(i int) field {
	return field{&m.policy.Profile[i], m.program.Profile[i].Kind, m.program.Readers[i], m.attributes[i]}
}

func (m *Model) property(i int) field {
	return field{&m.policy.Properties[i], m.program.Props[i].Kind, m.program.Props[i].Reader, m.properties[i]}
}

// choices leaves out the values that a fact cannot have.
func (f *field) choices(values []probe.Value, at time.Time) []fact.Value {
	var all []fact.Value
	for _, value := range values {
		if len(all) == mostValues {
			break
		}
		v, ok := value.At(at.UnixNano())
		if !ok {
			continue
		}
		var read fact.Value
		var arena []string
		f.reader.Read(given(f.kind, &v), &read, &arena)
		if read.Known && !slices.ContainsFunc(all, func(o fact.Value) bool { return fact.Equal(f.kind, &o, &read) }) {
			all = append(all, read)
		}
	}
	return all
}

// given is a value as a lead may have it.
func given(kind fact.Kind, v *fact.Value) any {
	switch kind {
	case fact.Number:
		return v.Number
	case fact.Bool:
		return v.Bool
	case fact.Time:
		return utc(v.Time)
	case fact.Texts:
		return v.Texts
	}
	return v.Text
}

// attributes tries what is asked for and unknown.
func (x *trials) attributes() {
	missing := map[string]bool{}
	for _, f := range x.base.Score.Unknown {
		missing[f.Fact] = true
	}
	lead := *x.lead
	lead.Profile = maps.Clone(lead.Profile)
	if lead.Profile == nil {
		lead.Profile = map[string]any{}
	}
	for i := range x.asked {
		f := x.model.attribute(i)
		if !missing[f.text] || x.spent() {
			continue
		}
		was, had := lead.Profile[f.key()]
		var known []string
		var is fact.Value
		f.reader.Load(x.lead.Profile, &is, &known)
		for _, v := range x.asked[i] {
			if f.kind == fact.Texts { // what is known of it stays
				v.Texts = append(slices.Clone(known[:len(known):len(known)]), v.Texts...)
			}
			lead.Profile[f.key()] = given(f.kind, &v)
			x.try(&lead, nil, f.text, Lever{Label: f.Label, Question: f.Question, Values: []Value{f.value(&v)}})
		}
		if lead.Profile[f.key()] = was; !had {
			delete(lead.Profile, f.key())
		}
	}
}

// value is what an attribute or a property would be.
func (f *field) value(v *fact.Value) Value {
	out := Value{Fact: f.text, Label: f.Label, Kind: kinds[f.kind], Known: true, Number: v.Number, Text: toValidUTF8(v.Text), Bool: v.Bool, Texts: append([]string{}, v.Texts...)}
	if f.kind == fact.Time {
		out.Time = utc(v.Time)
	}
	return out
}

// activities tries one more activity of each type.
func (x *trials) activities() {
	m := x.model
	tried := map[string]bool{}
	var order []int // the signals, those of the fewest types first: their labels say more
	for i, s := range m.policy.Signals {
		if s.Repeats == "" { // what it repeats is tried
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(m.program.Histories[a].Types), len(m.program.Histories[b].Types))
	})
	asking := int64(10 * (len(m.program.Queries) + len(m.program.Rules)))
	for _, s := range m.program.Signals {
		asking += int64(10 + len(s.Props))
	}
	for _, r := range m.program.Rules {
		asking += int64(len(r.Props))
	}
	for _, i := range order {
		if x.spent() {
			return
		}
		s := &m.policy.Signals[i]
		needs, ok := x.needs(i)
		if !ok {
			continue
		}
		for _, t := range m.program.Histories[i].Types {
			if t == "*" { // which type it would be is not known
				continue
			}
			if x.spent() {
				return
			}
			try := func(props []int, values []fact.Value) {
				a := Activity{Type: t, At: x.base.At, Props: map[string]any{}}
				lever := Lever{Signal: s.ID, Type: t, Label: s.Label, Values: []Value{}}
				key := t
				for j, p := range props {
					if !values[j].Known {
						continue // it need not be
					}
					f := m.property(p)
					a.Props[f.key()] = given(f.kind, &values[j])
					lever.Values = append(lever.Values, f.value(&values[j]))
					key += "\x00" + f.Name
				}
				if id := fmt.Sprint(t, a.Props); !tried[id] {
					tried[id] = true
					x.try(x.lead, &a, key, lever)
				}
			}
			props := m.program.Signals[i].Props
			try(props, needs)
			for p := range x.told {
				if !x.spend(asking) {
					return
				}
				if !x.model.program.Reads(t, p) {
					continue
				}
				at := slices.Index(props, p) // what the condition needs may be something else, too
				for _, v := range x.told[p] {
					if at < 0 {
						try(append(slices.Clone(props), p), append(slices.Clone(needs), v))
					} else {
						other := slices.Clone(needs)
						other[at] = v
						try(props, other)
					}
				}
			}
		}
	}
}

// needs finds values for the properties that a signal's condition reads with which it
// is yes.
func (x *trials) needs(signal int) ([]fact.Value, bool) {
	p := x.model.program
	s := &p.Signals[signal]
	if s.Where == nil {
		return nil, true
	}
	env := expression.Env{Props: make([]fact.Value, len(p.Props)), ActivityAt: x.base.At.UnixNano(), Terms: make([]expression.Memo, p.Terms)}
	values := make([]fact.Value, len(s.Props))
	tries, steps := 0, 10*s.Where.Work()
	var search func(j int) bool
	search = func(j int) bool {
		if j == len(s.Props) {
			tries++
			all := int64(steps)
			for _, c := range s.Tests {
				v := &env.Props[c.Prop]
				all += int64(c.Steps) * int64(len(v.Text)+len(strings.Join(v.Texts, " ")))
			}
			return x.spend(all) && s.Where.Test(&env) == expression.Yes
		}
		prop := s.Props[j]
		for _, v := range append([]fact.Value{{}}, x.told[prop]...) { // perhaps it need not be known
			values[j], env.Props[prop] = v, v
			if tries < mostTries && search(j+1) {
				return true
			}
		}
		return false
	}
	return values, search(0)
}

// spend takes steps, and reports whether there were so many left.
func (x *trials) spend(steps int64) bool {
	x.left -= steps
	return x.left >= 0
}

// spent reports whether no more trials can be made.
func (x *trials) spent() bool { return x.left < x.each || x.made >= mostTrials }

// effort is about how many steps it takes to assess a lead of which such facts are
// missing. It depends on these alone, and on no clock.
func (m *Model) effort(lead *Lead, missing []UnknownFact) int64 {
	p := m.program
	steps, longest := p.LookSteps+p.ActivitySteps*int64(len(lead.Activities)), 0
	for _, r := range p.Readers {
		longest = max(longest, r.Weight(lead.Profile))
	}
	for i := range lead.Activities {
		a := (*history.Activity)(&lead.Activities[i])
		steps += p.ActivityTextSteps(a)
		if p.LeadTextSteps > 0 && longest < p.LongestText {
			longest = max(longest, p.Schema.Weight(a.Props))
		}
	}
	steps += p.LeadTextSteps * int64(min(longest, p.LongestText))
	unknown := map[string]bool{}
	for i := range missing {
		unknown[missing[i].Fact] = true
	}
	for i, f := range m.facts {
		if unknown[f.name] {
			steps += p.UnknownSteps[i]
		}
	}
	return steps
}

// try assesses the lead with a new fact, and keeps what moves it on.
func (x *trials) try(lead *Lead, more *Activity, key string, lever Lever) {
	if x.spent() {
		return
	}
	x.made++
	x.left -= x.each
	// The only error is one activity too many: then nothing can come in.
	e, err := x.model.evaluate(lead, more, x.base.At, true)
	if err != nil {
		return
	}
	x.model.write(&x.out, lead.ID, e)
	x.model.pool.Put(e)
	v := &x.out.Verdict
	if v.Move != MoveEnter && v.Move != MovePromote && v.Move != MoveReturn {
		return
	}
	lever.Points, lever.Stage, lever.StageLabel, lever.Move = x.out.Score.Points, v.Stage, v.Label, v.Move
	key += "\x00" + v.Stage
	i, found := x.best[key]
	switch {
	case !found:
		x.best[key] = len(x.levers)
		x.levers = append(x.levers, lever)
	case x.change(&lever) < x.change(&x.levers[i]):
		x.levers[i] = lever
	}
}

// String gives the fact, and the stage and the points that would follow.
func (l Lever) String() string {
	what := "one more " + layout.Clean(l.Type)
	if l.Label != "" {
		what += ", " + l.Label
	}
	if l.Signal == "" {
		what = joinValues(l.Values)
	}
	for i, v := range l.Values {
		if l.Signal != "" {
			what += [...]string{", with ", " and "}[min(i, 1)] + v.name() + " " + v.String()
		}
	}
	line := fmt.Sprintf("%s: %s with %s points", what, cmp.Or(l.StageLabel, l.Stage, "a plain lead"), layout.Exact(l.Points))
	if l.Question != "" {
		line += ", ask: " + l.Question
	}
	return line
}

// String gives the stage and the move, what decided it, and what separates the
// lead from the next stage.
func (v Verdict) String() string {
	var b strings.Builder
	b.WriteString("Stage  " + cmp.Or(v.Label, v.Stage, "none, a plain lead"))
	switch {
	case v.Move != MoveNone:
		fmt.Fprintf(&b, " (%s from %s)", v.Move, cmp.Or(v.FromLabel, v.From, "none"))
	case v.Stage != "" && !v.Since.IsZero():
		b.WriteString(", since " + layout.Date(v.Since))
	}
	switch {
	case v.Overdue:
		b.WriteString(", overdue since " + layout.Date(v.Due))
	case !v.Due.IsZero():
		b.WriteString(", due " + layout.Date(v.Due))
	}
	b.WriteString("\n")
	for i, id := range v.Skipped {
		name := id
		if i < len(v.SkippedLabels) {
			name = cmp.Or(v.SkippedLabels[i], id)
		}
		b.WriteString([...]string{"  passing over ", ", "}[min(i, 1)] + name)
	}
	if len(v.Skipped) > 0 {
		b.WriteString("\n")
	}
	for _, r := range v.Reasons {
		b.WriteString("  ")
		if r.Stage != v.Stage {
			fmt.Fprintf(&b, "left %s ", cmp.Or(r.Label, r.Stage))
		}
		b.WriteString("because " + r.String() + "\n")
	}
	for i, k := range v.Blockers {
		if i == 0 {
			fmt.Fprintf(&b, "Blockers for %s\n", cmp.Or(v.NextLabel, v.Next))
		}
		b.WriteString("  " + k.String() + "\n")
		for _, q := range k.Questions {
			b.WriteString("    ask: " + q + "\n")
		}
	}
	return b.String()
}

// String gives what the fact is and what it must be for the stage to be held, as in
// "Engagement is 21, and must be 15 or more".
func (r Reason) String() string {
	switch {
	case r.Field == ReasonMinStay:
		return "the shortest stay, " + r.Condition + ", still runs"
	case (r.Fact == "true" || r.Fact == "false") && r.Fact == r.Want:
		return "a condition is always yes"
	case r.Fact == "true" || r.Fact == "false":
		return "a condition is never yes"
	}
	f := subject(r.Fact, r.Want, r.Values)
	must := f.must(false)
	switch {
	case f.value == "":
		return f.name + " must " + must + f.rest
	case must == "be "+f.value:
		return f.name + " is " + f.value + f.origin + f.rest
	}
	return f.name + " is " + f.value + f.origin + ", and must " + must + f.rest
}

// String gives what the fact must be and what it is, as in "Engagement must be 30 or
// more, and is 21".
func (b Blocker) String() string {
	if b.Fact == "false" {
		return "it is only set by hand"
	}
	f := subject(b.Fact, b.Want, b.Have)
	text := f.name + " must " + f.must(b.Answer == Yes)
	if f.value != "" {
		text += ", and is " + f.value + f.origin
	}
	return text + f.rest
}

// about is a fact and what it must be, in words.
type about struct {
	name, value, origin string // no value if the fact is none that was seen by itself
	rest                string // what else was seen
	want                string
	seen                []Value
}

// subject says a fact in words, with the values that were seen.
func subject(fact, want string, seen []Value) about {
	f := about{name: fact, want: want, seen: seen}
	if len(seen) == 0 {
		return f
	}
	switch v := seen[0]; fact {
	case v.Fact:
		f.name, f.value = v.name(), v.String()
		if v.Known && v.Kind == Number {
			f.value = layout.Beside(v.Number, want, func(yield func(float64) bool) {
				for _, o := range seen[1:] {
					if o.Known && o.Kind == Number && !yield(o.Number) {
						return
					}
				}
			})
		}
	case "un" + v.Fact: // the answer says more than whether it is no
		f.name, f.value = v.name(), v.String()
		f.want = map[string]string{"true": "false", "false": "true"}[want]
	case "known(" + v.Fact + ")":
		f.name, f.value = v.name(), "known"
		if !v.Known {
			f.value = "unknown"
		}
		f.want = map[string]string{"true": "== known", "false": "== unknown"}[want]
	}
	if f.value != "" {
		f.origin, seen = seen[0].origin(), seen[1:]
	}
	if len(seen) > 0 {
		f.rest = "; " + joinValues(seen)
	}
	return f
}

// must says what the fact must be, or must stay.
func (f *about) must(stay bool) string {
	time := false
	for _, v := range f.seen {
		time = time || v.Kind == Time
	}
	return layout.Must(f.want, stay, time, func(fact string) string {
		for _, v := range f.seen {
			if v.Fact == fact {
				return v.Label
			}
		}
		return ""
	})
}
