package qualify

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/points"
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
	// Move is what happened: none; enter, from no stage to one; promote and
	// demote, onward and back, also to no stage; exit, to an exit stage; return,
	// from an exit stage to another stage or to none.
	Move string `json:"move"`
	// From is the stage that the lead came with; blank is none.
	From string `json:"from,omitempty"`
	// Passed are the stages passed over on the way, in the policy's order.
	Passed []string `json:"passed"`
	// Reasons are what decided it: first what the stage that it came with was lost
	// by, if it was lost and not left for an exit; then what the new one is held
	// by. For a plain lead that did not move there are none, but Blockers.
	Reasons []Reason `json:"reasons"`
	// Due is when the stage's MaxStay runs out, zero if it has none or Since is
	// not known, and Overdue reports whether that has come.
	Due     time.Time `json:"due,omitzero"`
	Overdue bool      `json:"overdue,omitempty"`
	// Next is the stage after this one; blank in the last one and in an exit stage.
	Next string `json:"next,omitempty"`
	// Blockers are what separates the lead from Next: the least that must change,
	// where there are alternatives.
	Blockers []Blocker `json:"blockers"`
}

// Reason is a condition, or the part of one, that decided a verdict.
type Reason struct {
	Stage string `json:"stage"`
	// Field is enter, keep or min_stay.
	Field string `json:"field"`
	// Condition is the deciding part as expressions write it, or the stay.
	Condition string  `json:"condition"`
	Answer    Answer  `json:"answer"`
	Values    []Value `json:"values"`
}

// Blocker is one condition that must change before a lead reaches a stage.
type Blocker struct {
	Stage string `json:"stage"`
	// Fact is what must change, and Want what it must be, as expressions write
	// them: score("engagement") and >= 30; for a fact that is yes or no, true.
	Fact string `json:"fact"`
	Want string `json:"want"`
	// Answer tells whether Fact is what Want says: No, or Unknown.
	Answer Answer `json:"answer"`
	// Have are the values that it sees; where it counts criteria, with met(…) of
	// each that is not met.
	Have []Value `json:"have"`
	// Ask are the questions whose answers are missing.
	Ask []string `json:"ask"`
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
	// Points, Stage and Move are what an assessment would give then; a blank stage is a
	// plain lead, back from an exit.
	Points float64 `json:"points"`
	Stage  string  `json:"stage"`
	Move   string  `json:"move"`
}

// The moves of a verdict.
const (
	moveNone    = "none"
	moveEnter   = "enter"
	movePromote = "promote"
	moveDemote  = "demote"
	moveExit    = "exit"
	moveReturn  = "return"
)

// stage is a compiled stage.
type stage struct {
	enter, keep      *expression.Node
	minStay, maxStay int64
}

func (c *compiler) compileStages() {
	seen := map[string]bool{}
	rank := 0
	for i, s := range c.policy.Stages {
		p := place{"stages", i, s.ID}
		c.id(p, "id", s.ID, seen)
		k := stage{minStay: c.span(p, "min_stay", s.MinStay), maxStay: c.span(p, "max_stay", s.MaxStay)}
		if s.Enter == "" {
			c.fail(p, "enter", nil, "enter is missing: it says when the stage opens; write \"false\", with keep: \"true\", for one that is only set by hand")
		} else {
			k.enter = c.expression(p, "enter", s.Enter, expression.InStage, fact.Bool, 0)
		}
		k.keep = k.enter
		if s.Keep != "" {
			k.keep = c.expression(p, "keep", s.Keep, expression.InStage, fact.Bool, 0)
		}
		if s.MaxStay != 0 && s.MinStay > s.MaxStay {
			c.fail(p, "min_stay", s.MinStay, "min_stay is longer than max_stay")
		}
		c.m.stages = append(c.m.stages, k)
		c.m.stays = append(c.m.stays, s.MinStay.String())
		if s.Exit {
			c.m.rank = append(c.m.rank, expression.None)
			continue
		}
		c.m.rank = append(c.m.rank, rank)
		rank++
	}
}

// place finds the stage that the lead came with.
func (w *workspace) place(lead *Lead) {
	f := &w.frame
	f.Stage, f.StageSince = expression.None, fact.Value{}
	if lead.Stage != "" {
		f.Stage = w.model.stageOf(lead.Stage)
		if f.Stage < 0 {
			w.issue(Issue{Problem: problemStage, Field: "stage", Count: 1})
			return // since when it was there says nothing
		}
	}
	switch since := lead.StageSince; {
	case since.IsZero():
	case since.Before(earliest):
		w.issue(Issue{Problem: problemTime, Field: "stage_since", Count: 1})
	case since.After(latest) || since.UnixNano() > f.Now:
		w.issue(Issue{Problem: problemStageSince, Field: "stage_since", Count: 1})
	default:
		f.StageSince = fact.Value{Known: true, Time: since.UnixNano()}
	}
}

// decide gives the verdict.
func (w *workspace) decide(out *Verdict) {
	m, f := w.model, &w.frame
	*out = Verdict{Passed: empty(out.Passed), Reasons: empty(out.Reasons), Blockers: empty(out.Blockers)}
	was := f.Stage
	now, field := w.open()
	w.now = now
	out.Move = move(m.rank, was, now)
	if was != expression.None {
		out.From = m.policy.Stages[was].ID
		// An exit is entered whatever holds the stage before it.
		if out.Move != moveNone && out.Move != moveExit && w.held(was) == "" {
			w.reasons(out, was, "keep")
		}
	}
	if now != expression.None {
		s := &m.policy.Stages[now]
		out.Stage, out.Label = s.ID, s.Label
		w.reasons(out, now, field)
	}
	switch {
	case out.Move != moveNone:
		out.Since = instant(f.Now)
	case f.StageSince.Known:
		out.Since = instant(f.StageSince.Time)
	}
	if now != expression.None && m.stages[now].maxStay > 0 && !out.Since.IsZero() {
		out.Due = out.Since.Add(time.Duration(m.stages[now].maxStay))
		out.Overdue = !out.Due.After(instant(f.Now))
	}
	w.passed(out, was, now)
	w.blockers(out, now)
}

// open finds the stage that the lead is in now, and the field that holds it
// there.
func (w *workspace) open() (stage int, field string) {
	m, was := w.model, w.frame.Stage
	for i := range m.stages {
		if m.rank[i] != expression.None {
			continue
		}
		if w.enters(i) {
			return i, "enter"
		}
		if i == was {
			if field := w.held(i); field != "" {
				return i, field
			}
		}
	}
	fromExit := was != expression.None && m.rank[was] == expression.None
	for i := len(m.stages) - 1; i >= 0; i-- {
		switch {
		case m.rank[i] == expression.None:
		case i == was:
			if field := w.held(i); field != "" {
				return i, field
			}
		case was != expression.None && !fromExit && m.rank[i] < m.rank[was] && m.stages[i].keep.Test(&w.frame) == expression.Yes:
			return i, "keep"
		case w.enters(i):
			return i, "enter"
		}
	}
	return expression.None, ""
}

func (w *workspace) enters(i int) bool {
	return w.model.stages[i].enter.Test(&w.frame) == expression.Yes
}

func (w *workspace) keeps(i int) bool {
	return w.model.stages[i].keep.Test(&w.frame) != expression.No
}

// held gives what holds the lead in its present stage, if anything does.
func (w *workspace) held(i int) string {
	switch {
	case w.keeps(i):
		return "keep"
	case w.enters(i):
		return "enter" // or the lead would come back at the next assessment
	case w.stays(i):
		return "min_stay"
	}
	return ""
}

// stays reports whether the shortest stay in the present stage still runs.
func (w *workspace) stays(i int) bool {
	since := w.frame.StageSince
	return since.Known && history.Before(w.frame.Now, w.model.stages[i].minStay) < since.Time
}

func move(rank []int, was, now int) string {
	isExit := func(i int) bool { return i != expression.None && rank[i] == expression.None }
	switch {
	case was == now:
		return moveNone
	case isExit(now):
		return moveExit
	case isExit(was):
		return moveReturn
	case was == expression.None:
		return moveEnter
	case now == expression.None || rank[now] < rank[was]:
		return moveDemote
	}
	return movePromote
}

// passed lists the normal stages between the old and the new one.
func (w *workspace) passed(out *Verdict, was, now int) {
	if out.Move == moveNone || out.Move == moveExit {
		return
	}
	rank := w.model.rank
	from, to := -1, -1
	if was != expression.None && rank[was] != expression.None {
		from = rank[was]
	}
	if now != expression.None {
		to = rank[now]
	}
	for i, r := range rank {
		if r != expression.None && r > min(from, to) && r < max(from, to) {
			out.Passed = append(out.Passed, w.model.policy.Stages[i].ID)
		}
	}
}

// reasons adds what decided that the stage is held, or lost, by a field.
func (w *workspace) reasons(out *Verdict, i int, field string) {
	s, k := &w.model.policy.Stages[i], &w.model.stages[i]
	if field == "min_stay" {
		r := extend(&out.Reasons)
		*r = Reason{Stage: s.ID, Field: field, Condition: w.model.stays[i], Answer: Yes, Values: empty(r.Values)}
		return
	}
	n := k.enter
	if field == "keep" {
		n = k.keep
	}
	if field == "keep" && s.Keep == "" {
		field = "enter"
	}
	for _, a := range w.walker.Decisive(n, &w.frame) {
		r := extend(&out.Reasons)
		*r = Reason{Stage: s.ID, Field: field, Condition: a.Node.Text, Answer: answerOf(a.Answer), Values: empty(r.Values)}
		w.values(&r.Values, a.Node)
	}
}

func (w *workspace) values(out *[]Value, n *expression.Node) {
	for _, s := range n.Sources {
		w.value(extend(out), s)
	}
}

// unmet adds the criteria that a condition counts and that are not met.
func (w *workspace) unmet(out *[]Value, n *expression.Node) {
	for _, s := range n.Sources {
		if !s.Counts() {
			continue
		}
		for _, i := range s.Criteria() {
			check := w.frame.Check[i]
			if check == expression.CheckYes {
				continue
			}
			v := extend(out)
			*v = Value{Fact: w.model.met[i], Kind: Code, Known: true, Text: answers[check].String(), Texts: empty(v.Texts)}
		}
	}
}

// blockers lists what separates the lead from the next stage.
func (w *workspace) blockers(out *Verdict, now int) {
	m := w.model
	want := 0
	if now != expression.None {
		if m.rank[now] == expression.None {
			return
		}
		want = m.rank[now] + 1
	}
	next := slices.Index(m.rank, want)
	if next < 0 {
		return
	}
	out.Next = m.policy.Stages[next].ID
	for _, a := range w.walker.Blockers(m.stages[next].enter, &w.frame, true) {
		b := extend(&out.Blockers)
		*b = Blocker{
			Stage: out.Next, Fact: a.Node.Subject(), Want: a.Node.Wanted(a.Want), Answer: not(a.Answer),
			Have: empty(b.Have), Ask: empty(b.Ask),
		}
		w.values(&b.Have, a.Node)
		w.unmet(&b.Have, a.Node)
		w.ask(&b.Ask, a.Node)
	}
}

// not is the answer of a condition that is not as wanted: no, or unknown.
func not(a expression.Answer) Answer {
	if a == expression.Unknown {
		return Unknown
	}
	return No
}

// ask adds the questions whose answers a condition lacks: those of the criteria
// that it asks for, or else those of the unknown facts.
func (w *workspace) ask(out *[]string, n *expression.Node) {
	add := func(question string) {
		if question != "" && !slices.Contains(*out, question) {
			*out = append(*out, question)
		}
	}
	direct := true
	for _, s := range n.Sources {
		for _, i := range s.Criteria() {
			direct = false
			if c := w.frame.Check[i]; c == expression.CheckUnknown || c == expression.CheckDisputed {
				add(w.model.policy.Criteria[i].Question)
			}
		}
	}
	if !direct {
		return
	}
	for _, f := range w.missed {
		if n.Reads(f.index) {
			add(f.question)
		}
	}
}

// until gives the first instant at which the stage, a band, an answer or an overdue
// stay can change although nothing new comes in, for the lead with the verdict
// stored; zero is never. It is never later than the change; a fine one is not
// earlier only to cost less.
func (w *workspace) until(v *Verdict, fine bool) time.Time {
	m, f, o := w.model, &w.frame, &w.future.outlook
	w.exact = exact{until: history.Never, steady: history.Never}
	if f.Now == history.Never {
		return time.Time{}
	}
	w.future.reset()
	o.Fine = fine
	for i, judged := range m.criteria {
		next := o.Next(judged.Met)
		if judged.Unmet != nil {
			next = min(next, o.Next(judged.Unmet))
		}
		o.Checks[i], o.Horizon = next, min(o.Horizon, next)
		if w.fresh != nil {
			o.Stirs[i] = o.Any(judged.Met)
			if judged.Unmet != nil {
				o.Stirs[i] = min(o.Stirs[i], o.Any(judged.Unmet))
			}
		}
	}
	if !v.Due.IsZero() && !v.Overdue {
		o.Horizon = min(o.Horizon, history.After(v.Since.UnixNano(), m.stages[w.now].maxStay))
	}
	w.exact.steady = o.Horizon
	if w.fresh != nil {
		w.future.turn() // it is needed to tell what is still fresh
	}
	if v.Move != moveNone {
		f.Stage, f.StageSince = w.now, fact.Value{Known: true, Time: f.Now}
		clear(f.Terms) // they may ask for the stage
		if now, _ := w.open(); now != w.now {
			w.exact.until = f.Now + 1
			return instant(f.Now + 1)
		}
	}
	o.Horizon = min(o.Horizon, w.moves())
	for i := range m.groups {
		if len(m.groups[i].bands) > 0 {
			o.Horizon = min(o.Horizon, o.Crosses(func(until int64, roughly bool) bool { return w.future.Points(until, roughly)[i].Band }))
		}
	}
	w.exact.until, w.exact.crossed = o.Horizon, o.Horizon == o.Crossed && o.Horizon != history.Never
	if o.Horizon == history.Never {
		return time.Time{}
	}
	return instant(o.Horizon)
}

// exact is what Next wants to know of an until that is fine.
type exact struct {
	until   int64
	steady  int64 // answers and an overdue stay cannot change before
	crossed bool  // it is where points can cross what they are compared with
}

// moves gives the first instant at which the lead can move from the stage that it
// is in now.
func (w *workspace) moves() int64 {
	m, o, now := w.model, &w.future.outlook, w.now
	next := int64(history.Never)
	for i, r := range m.rank {
		if r != expression.None {
			continue
		}
		if i == now {
			return min(next, w.released(i))
		}
		next = min(next, o.Next(m.stages[i].enter))
	}
	for i := len(m.stages) - 1; i >= 0; i-- {
		if m.rank[i] == expression.None {
			continue
		}
		if i == now {
			return min(next, w.released(i))
		}
		next = min(next, o.Next(m.stages[i].enter))
	}
	return next
}

// released gives the first instant at which nothing that holds the lead in its
// present stage need hold it any more.
func (w *workspace) released(i int) int64 {
	k, o := &w.model.stages[i], &w.future.outlook
	next := int64(math.MinInt64)
	if w.stays(i) {
		next = history.After(w.frame.StageSince.Time, k.minStay)
	}
	if next < o.Horizon && w.keeps(i) {
		next = max(next, o.Next(k.keep))
	}
	if next < o.Horizon && k.enter != k.keep && w.enters(i) {
		next = max(next, o.Next(k.enter))
	}
	return next
}

// future tells when what an assessment rests on changes as time passes.
type future struct {
	w       *workspace
	outlook expression.Outlook
	answers []int64 // by rule: when the answers of its conditions can change
	turns   []int64 // by rule: when they or its multiplier can
	stirs   []int64 // by rule: when any part of them can; of a tracker
	movers  []int   // the rules that need not pay the same before the horizon
	turned  bool    // turns and movers are known
	until   int64   // of reach; the instant of the assessment is none
	roughly bool    // so is reach
	reach   []expression.Reach
}

func (f *future) open(w *workspace) {
	m := w.model
	f.w = w
	f.outlook = expression.Outlook{Frame: &w.frame, Future: f, Checks: make([]int64, len(m.criteria)), Stirs: make([]int64, len(m.criteria))}
	f.answers, f.turns, f.stirs = make([]int64, len(m.rules)), make([]int64, len(m.rules)), make([]int64, len(m.rules))
	f.reach = make([]expression.Reach, len(m.groups))
}

func (f *future) reset() {
	f.outlook.Reset()
	f.turned, f.until = false, f.w.frame.Now
}

// Turn gives the first instant at which a call can give another result.
func (f *future) Turn(call int) int64 {
	return f.w.index.Turn(&f.w.model.calls[call], int(f.w.basis[call]))
}

// Passes gives the first instant at which a call that counts can give n or have passed it.
func (f *future) Passes(call int, n int64) int64 {
	w := f.w
	return w.index.Passes(&w.model.calls[call], int(w.basis[call]), int64(w.frame.Calls[call].Number), n)
}

// Then gives the result of a call that counts at an instant, or what lies further ahead.
func (f *future) Then(call int, at int64) float64 {
	w := f.w
	return float64(w.index.Then(&w.model.calls[call], int(w.basis[call]), int64(w.frame.Calls[call].Number), at))
}

// Points gives what the groups can have from now up to an instant; roughly, as if all
// that decays could be gone by then.
func (f *future) Points(until int64, roughly bool) []expression.Reach {
	w, m := f.w, f.w.model
	if f.until == until && (roughly || !f.roughly) {
		return f.reach
	}
	if !f.turned {
		f.turn()
	}
	f.until, f.roughly = until, roughly
	w.exactly()
	for _, i := range f.movers {
		k := &m.rules[i]
		if k.signal < 0 && !by(f.turns[i], until) {
			continue
		}
		w.instead(k.group, w.kept[i], f.rule(i, until, roughly))
	}
	w.carry()
	for i := range f.reach {
		k, p := &m.groups[i], w.frame.Points[i]
		f.reach[i] = expression.Reach{Lo: p, Hi: p, Band: true}
		if w.totals[i] != points.Exactly(w.sums[i]) {
			s := k.span(w.totals[i])
			r := public(s)
			lo, _ := k.band(s.Lo)
			hi, _ := k.band(s.Hi)
			f.reach[i] = expression.Reach{Lo: r.Low, Hi: r.High, Band: lo == hi}
		}
	}
	return f.reach
}

// turn finds when the conditions and the multipliers of the rules can change, and
// which rules need not pay the same before the horizon.
func (f *future) turn() {
	o := &f.outlook
	f.movers = f.movers[:0]
	for _, i := range f.w.model.passing {
		k := &f.w.model.rules[i]
		if f.w.fresh == nil || !f.w.fresh[i] {
			next, any := int64(history.Never), int64(history.Never)
			add := func(n *expression.Node) {
				if next = min(next, o.Next(n)); f.w.fresh != nil {
					any = min(any, o.Any(n))
				}
			}
			if k.when != nil {
				add(k.when)
			}
			for _, t := range k.tiers {
				add(t.when)
			}
			f.answers[i] = next
			if k.multiply != nil {
				add(k.multiply)
			}
			f.turns[i], f.stirs[i] = next, any
		}
		if f.turns[i] < o.Horizon || k.signal >= 0 && f.w.out.Score.Contributions[i].Count > 0 {
			f.movers = append(f.movers, i)
		}
	}
	f.turned = true
}

// by reports whether what can change at an instant can have changed by another.
func by(next, until int64) bool { return next <= until && next != history.Never }

// rule gives what a rule can pay from now up to an instant: a state rule, when it can
// have turned by then.
func (f *future) rule(i int, until int64, roughly bool) points.Span {
	w := f.w
	k := &w.model.rules[i]
	if k.signal < 0 {
		return f.state(i, until).Clamp(k.min, k.max)
	}
	same := !by(f.turns[i], until)
	if same && w.out.Score.Contributions[i].Answer != Yes {
		return points.Exactly(points.Points(0).Clamp(k.min, k.max))
	}
	// What is positive only falls, and what is negative only rises.
	now := &w.balances[k.event]
	if !same || roughly {
		return points.Span{Lo: min(0, now.Down.Points()), Hi: max(0, now.Up.Points())}.Clamp(k.min, k.max)
	}
	then := w.ledgers[k.event].Later(until, w.idle(k))
	least, most := then.Up.Plus(now.Down), now.Up.Plus(then.Down)
	return points.Span{Lo: least.Points(), Hi: most.Points()}.Clamp(k.min, k.max)
}

// state gives what a state rule can pay before its bounds.
func (f *future) state(i int, until int64) points.Span {
	k := &f.w.model.rules[i]
	if !by(f.answers[i], until) { // only its multiplier can have changed
		p, answer := f.w.decided(k)
		if answer == expression.Yes {
			return f.times(k, p, until)
		}
		return points.Exactly(p)
	}
	s := points.Exactly(0).Union(points.Exactly(k.otherwise))
	for _, t := range k.tiers {
		s = s.Union(f.times(k, t.points, until))
	}
	return s.Union(f.times(k, k.points, until))
}

// times gives what a state rule can pay of some points, from now up to an instant.
func (f *future) times(k *rule, p points.Points, until int64) points.Span {
	if k.multiply == nil {
		return points.Exactly(p)
	}
	return product(p, f.outlook.Ahead(k.multiply, until))
}

// Levers lists the single new facts that would move a lead on, or back from an
// exit, for the lead with the verdict of at stored: those that lead to the nearest
// stage first, and of these those that change the points least. It tries: each
// attribute that is asked for and unknown, and one more activity of each type that
// signals take, with what their conditions need of properties and with at most one
// property more. As values it takes the declared ones, those that conditions compare
// with, and those right beside them; of several for one fact that lead to one stage it
// names that which changes the points least. What other values would do, or two facts
// together, it does not say. It costs as much as the trials that it makes, at most
// 1,000 assessments for attributes and as many for activities: of a policy that asks
// for more, not all is tried. The errors are those of Assess.
func (m *Model) Levers(lead *Lead, at time.Time) ([]Lever, error) {
	base, err := m.Assess(lead, at)
	if err != nil {
		return nil, err
	}
	now := *lead
	now.Stage, now.StageSince = base.Verdict.Stage, base.Verdict.Since
	x := trials{model: m, lead: &now, base: &base, levers: []Lever{}, best: map[string]int{}}
	x.literals()
	x.attributes()
	x.made = 0
	x.activities()
	slices.SortStableFunc(x.levers, func(a, b Lever) int {
		return cmp.Or(cmp.Compare(m.stageOf(a.Stage), m.stageOf(b.Stage)), cmp.Compare(x.change(&a), x.change(&b)))
	})
	return x.levers, nil
}

// stageOf is the index of the stage of an ID, or -1.
func (m *Model) stageOf(id string) int {
	return slices.IndexFunc(m.policy.Stages, func(s Stage) bool { return s.ID == id })
}

// trials looks for levers.
type trials struct {
	model  *Model
	lead   *Lead // with the verdict stored
	base   *Assessment
	made   int // trials
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
)

func (x *trials) change(l *Lever) float64 { return math.Abs(l.Points - x.base.Score.Points) }

// literals finds the values that each attribute and each property may have.
func (x *trials) literals() {
	m := x.model
	x.asked, x.told = make([][]fact.Value, len(m.profile)), make([][]fact.Value, len(m.props))
	at := x.base.At
	visit := func(of *expression.Node, kind fact.Kind, literal fact.Value) {
		var f *field
		var values *[]fact.Value
		switch of.Op {
		case expression.OpLead:
			f, values = &m.profile[of.Slot], &x.asked[of.Slot]
		case expression.OpProp:
			f, values = &m.props[of.Slot], &x.told[of.Slot]
		default:
			prop := m.calls[of.Slot].Prop
			if prop == history.None {
				return
			}
			f, values = &m.props[prop], &x.told[prop]
		}
		*values = append(*values, beside(f.kind, kind, literal, at)...)
	}
	see := func(n *expression.Node) {
		if n != nil {
			n.Literals(visit)
		}
	}
	for i := range m.signals {
		see(m.signals[i].where)
	}
	for i := range m.rules {
		k := &m.rules[i]
		see(k.when)
		see(k.multiply)
		for _, t := range k.tiers {
			see(t.when)
		}
	}
	for _, judged := range m.criteria {
		see(judged.Met)
		see(judged.Unmet)
	}
	for _, s := range m.stages {
		see(s.enter)
		see(s.keep)
	}
	for i := range x.asked {
		x.asked[i] = m.profile[i].choices(x.asked[i], at)
	}
	for i := range x.told {
		x.told[i] = m.props[i].choices(x.told[i], at)
	}
}

// beside gives what a fact may be to be on either side of a literal that it meets: a
// number that meets a time is an age in days.
func beside(is, kind fact.Kind, literal fact.Value, at time.Time) (all []fact.Value) {
	instants := func(t time.Time) {
		for _, d := range [...]time.Duration{-time.Second, 0, time.Second} {
			if u := t.Add(d); !u.Before(earliest) && !u.After(latest) {
				all = append(all, fact.Value{Known: true, Time: u.UnixNano()})
			}
		}
	}
	switch {
	case is == fact.Number && kind == fact.Number:
		for _, d := range [...]float64{0, -1, 1} {
			all = append(all, fact.Value{Known: true, Number: literal.Number + d})
		}
	case is == fact.Time && kind == fact.Time:
		instants(instant(literal.Time))
	case is == fact.Time && kind == fact.Number && math.Abs(literal.Number) < 36525:
		age := time.Duration(literal.Number * float64(24*time.Hour))
		instants(at.Add(-age))
		instants(at.Add(age))
	case (is == fact.Text || is == fact.Code) && (kind == fact.Text || kind == fact.Code):
		all = append(all, fact.Value{Known: true, Text: literal.Text})
	case is == fact.Texts && (kind == fact.Text || kind == fact.Code):
		all = append(all, fact.Value{Known: true, Texts: []string{literal.Text}})
	}
	return all
}

// choices adds to the values that a fact meets those that it is declared to have, or
// one that it does not meet, and leaves out those that it cannot have.
func (f *field) choices(meets []fact.Value, at time.Time) []fact.Value {
	switch {
	case f.kind == fact.Bool:
		return []fact.Value{{Known: true, Bool: true}, {Known: true}}
	case f.kind == fact.Number:
		if len(meets) == 0 {
			meets = []fact.Value{{Known: true, Number: 1}, {Known: true}}
		}
		for _, bound := range [...]*float64{f.Minimum, f.Maximum} {
			if bound != nil {
				meets = append(meets, fact.Value{Known: true, Number: *bound})
			}
		}
		sorted := slices.Clone(meets)
		slices.SortFunc(sorted, func(a, b fact.Value) int { return cmp.Compare(a.Number, b.Number) })
		for i := range len(sorted) - 1 {
			meets = append(meets, fact.Value{Known: true, Number: (sorted[i].Number + sorted[i+1].Number) / 2})
		}
	case f.kind == fact.Time && len(meets) == 0:
		meets = []fact.Value{{Known: true, Time: at.UnixNano()}}
	}
	texts := f.Values
	if len(texts) == 0 && (f.kind == fact.Text || f.kind == fact.Code || f.kind == fact.Texts) {
		texts = []string{"something else"}
	}
	for _, text := range texts {
		v := fact.Value{Known: true, Text: text}
		if f.kind == fact.Texts {
			v = fact.Value{Known: true, Texts: []string{text}}
		}
		meets = append(meets, v)
	}
	var all []fact.Value
	for _, v := range meets {
		var read fact.Value
		var arena []string
		f.reader.Read(given(f.kind, &v), &read, &arena)
		if read.Known && len(all) < mostValues && !slices.ContainsFunc(all, func(o fact.Value) bool { return fact.Equal(f.kind, &o, &read) }) {
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
		return instant(v.Time)
	case fact.Texts:
		return v.Texts
	}
	return v.Text
}

// attributes tries what is asked for and unknown.
func (x *trials) attributes() {
	missing := map[string]bool{}
	for _, f := range x.base.Score.Missing {
		missing[f.Fact] = true
	}
	for i := range x.model.profile {
		f := &x.model.profile[i]
		if !missing[f.text] {
			continue
		}
		lead := *x.lead
		lead.Profile = maps.Clone(lead.Profile)
		if lead.Profile == nil {
			lead.Profile = map[string]any{}
		}
		for _, v := range x.asked[i] {
			lead.Profile[f.Name] = given(f.kind, &v)
			x.try(&lead, nil, f.text, Lever{Label: f.Label, Question: f.Question, Values: []Value{f.value(&v)}})
		}
	}
}

// value is what an attribute or a property would be.
func (f *field) value(v *fact.Value) Value {
	out := Value{Fact: f.text, Kind: kinds[f.kind], Known: true, Number: v.Number, Text: valid(v.Text), Bool: v.Bool, Texts: append([]string{}, v.Texts...)}
	if f.kind == fact.Time {
		out.Time = instant(v.Time)
	}
	return out
}

// activities tries one more activity of each type.
func (x *trials) activities() {
	m := x.model
	tried := map[string]bool{}
	var order []int // the signals, those of the fewest types first: their labels say more
	for i, s := range m.policy.Signals {
		if s.Of == "" { // what it repeats is tried
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(m.schema.Signals[a].Types), len(m.schema.Signals[b].Types))
	})
	for _, i := range order {
		s := &m.policy.Signals[i]
		needs, ok := x.needs(i)
		if !ok {
			continue
		}
		for _, t := range m.schema.Signals[i].Types {
			if t == "*" {
				continue // which type it would be is not known
			}
			try := func(props []int, values []fact.Value) {
				a := Activity{Type: t, At: x.base.At, Props: map[string]any{}}
				lever := Lever{Signal: s.ID, Type: t, Label: s.Label, Values: []Value{}}
				key := t
				for j, p := range props {
					if !values[j].Known {
						continue // it need not be
					}
					f := &m.props[p]
					a.Props[f.Name] = given(f.kind, &values[j])
					lever.Values = append(lever.Values, f.value(&values[j]))
					key += "\x00" + f.Name
				}
				if id := fmt.Sprint(t, a.Props); !tried[id] {
					tried[id] = true
					x.try(x.lead, []Activity{a}, key, lever)
				}
			}
			props := m.signals[i].props
			try(props, needs)
			for p := range m.props {
				if !x.reads(t, p) {
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
	m := x.model
	s := &m.signals[signal]
	if s.where == nil {
		return nil, true
	}
	frame := expression.Frame{Props: make([]fact.Value, len(m.props)), ActivityAt: x.base.At.UnixNano(), Terms: make([]expression.Memo, m.terms)}
	values := make([]fact.Value, len(s.props))
	tries := 0
	var search func(j int) bool
	search = func(j int) bool {
		if j == len(s.props) {
			tries++
			return s.where.Test(&frame) == expression.Yes
		}
		p := s.props[j]
		for _, v := range append([]fact.Value{{}}, x.told[p]...) { // perhaps it need not be known
			values[j], frame.Props[p] = v, v
			if tries < mostTries && search(j+1) {
				return true
			}
		}
		return false
	}
	return values, search(0)
}

// reads reports whether something is asked of a property of activities of a type.
func (x *trials) reads(kind string, prop int) bool {
	m := x.model
	takes := func(signal int) bool {
		types := m.schema.Signals[signal].Types
		return slices.Contains(types, kind) || slices.Contains(types, "*")
	}
	for i, s := range m.signals {
		if slices.Contains(s.props, prop) && takes(i) {
			return true
		}
	}
	for _, c := range m.calls {
		if c.Prop == prop && takes(c.Signal) {
			return true
		}
	}
	for i := range m.rules {
		k := &m.rules[i]
		if k.signal >= 0 && (slices.Contains(k.props, prop) || k.limit.OncePer && k.oncePer == prop) && takes(k.signal) {
			return true
		}
	}
	return false
}

// try assesses the lead with a new fact, and keeps what moves it on.
func (x *trials) try(lead *Lead, more []Activity, key string, lever Lever) {
	if x.made++; x.made > mostTrials {
		return
	}
	// No error is possible but one activity too many: then nothing can come in.
	if x.model.assess(&x.out, lead, [][]Activity{lead.Activities, more}, x.base.At, nil) != nil {
		return
	}
	v := &x.out.Verdict
	if v.Move != moveEnter && v.Move != movePromote && v.Move != moveReturn {
		return
	}
	lever.Points, lever.Stage, lever.Move = x.out.Score.Points, v.Stage, v.Move
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
			what += [...]string{", with ", " and "}[min(i, 1)] + v.Fact + " " + v.String()
		}
	}
	line := fmt.Sprintf("%s: %s with %s points", what, cmp.Or(l.Stage, "a plain lead"), layout.Number(l.Points))
	if l.Question != "" {
		line += ", ask: " + l.Question
	}
	return line
}

// String gives the stage and the move, what decided it, and what separates the
// lead from the next stage.
func (v Verdict) String() string {
	var b strings.Builder
	b.WriteString("Stage  " + cmp.Or(v.Stage, "none, a plain lead"))
	if v.Label != "" {
		b.WriteString(", " + v.Label)
	}
	switch {
	case v.Move != moveNone:
		fmt.Fprintf(&b, " (%s from %s)", v.Move, cmp.Or(v.From, "none"))
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
	if len(v.Passed) > 0 {
		fmt.Fprintf(&b, "  passing over %s\n", strings.Join(v.Passed, ", "))
	}
	for _, r := range v.Reasons {
		b.WriteString("  ")
		if r.Stage != v.Stage {
			fmt.Fprintf(&b, "left %s ", r.Stage)
		}
		b.WriteString("because " + r.text() + "\n")
	}
	for i, k := range v.Blockers {
		if i == 0 {
			fmt.Fprintf(&b, "Missing for %s\n", v.Next)
		}
		if k.Fact == "false" {
			b.WriteString("  it is only set by hand\n")
			continue
		}
		fmt.Fprintf(&b, "  %s must be %s", k.Fact, k.Want)
		rest := k.Have
		if len(rest) > 0 && rest[0].Fact == k.Fact {
			fmt.Fprintf(&b, ", and is %s%s", rest[0], rest[0].origin())
			rest = rest[1:]
		}
		if len(rest) > 0 {
			b.WriteString("; " + joinValues(rest))
		}
		for _, q := range k.Ask {
			b.WriteString("\n    ask: " + q)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// text gives the condition and its answer, and the values that say more than
// these.
func (r *Reason) text() string {
	if r.Field == "min_stay" {
		return "the shortest stay, " + r.Condition + ", still runs"
	}
	text := r.Condition + " is " + r.Answer.String()
	var more []Value
	for _, v := range r.Values {
		if v.Fact == r.Condition {
			text += v.origin()
		} else {
			more = append(more, v)
		}
	}
	if len(more) > 0 {
		text += "; " + joinValues(more)
	}
	return text
}
