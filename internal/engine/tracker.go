package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// Tracker follows one lead. Whatever was done with it, it finds what an evaluator finds
// for the same facts.
type Tracker struct {
	pool          *Pool
	maxActivities int
	lead          Lead
	parts         [][]history.Activity
	count         int   // activities in all parts
	text          int64 // no fewer steps than their texts take, without those that put them in order

	e        *Evaluator
	built    bool                // e has the history up to at
	profiled bool                // e has the profile
	flawed   bool                // something in the activities must be set aside
	at       int64               // of the last evaluation in e
	queue    []*history.Activity // those that e does not have
	jumbled  bool                // they need not be in order
	issues   []Issue             // of the profile

	whole *Evaluator // goes through all of the history, where e cannot be used
	steps *int64     // of all evaluations, those of clones too

	// Of a search for changes:
	last      int64 // the last instant of interest
	budget    int64 // steps that a replay has left; 0 without one
	movesOnly bool  // only moves between stages are of interest
}

// TooManyActivities is the error of a tracker whose lead has more activities than it may
// have.
type TooManyActivities struct{ Has, May int }

func (err *TooManyActivities) Error() string {
	return fmt.Sprintf("the lead has %d activities, and may have %d", err.Has, err.May)
}

// ErrTooMuchText is the error of a tracker whose lead has activities with more text than
// the program allows.
var ErrTooMuchText = errors.New("the texts of the activities take too many steps")

// NewTracker follows a lead without activities. Its profile is copied.
func NewTracker(pool *Pool, lead Lead, maxActivities int) *Tracker {
	lead.Profile = maps.Clone(lead.Profile)
	return &Tracker{pool: pool, maxActivities: maxActivities, lead: lead, steps: new(int64)}
}

// Steps is about how many steps all evaluations took, as they were counted.
func (t *Tracker) Steps() int64 { return *t.steps }

// Grow makes room for n more activities.
func (t *Tracker) Grow(n int) { t.parts = append(t.parts, make([]history.Activity, 0, n)) }

// Add adds an activity, in any order.
func (t *Tracker) Add(a history.Activity) {
	last := len(t.parts) - 1
	if last < 0 || len(t.parts[last]) == cap(t.parts[last]) {
		// What is there must not move: the index points to it.
		t.parts = append(t.parts, make([]history.Activity, 0, max(8, t.count/8)))
		last++
	}
	t.parts[last] = append(t.parts[last], a)
	t.count++
	t.text += t.pool.program.ActivityTextSteps(&a)
	if t.built {
		t.enqueue(&t.parts[last][len(t.parts[last])-1])
	}
}

// enqueue puts an activity among those that the evaluator does not have yet.
func (t *Tracker) enqueue(a *history.Activity) {
	if a.At.Before(Earliest) {
		t.flawed = true
		return
	}
	if n := len(t.queue); n > 0 && inOrder(a, t.queue[n-1]) < 0 {
		t.jumbled = true
	}
	t.queue = append(t.queue, a)
}

// sortQueue puts the queue in order, and gives how many in it are not after an instant.
func (t *Tracker) sortQueue(at time.Time) int {
	if t.jumbled {
		slices.SortFunc(t.queue, inOrder)
		t.jumbled = false
	}
	n, _ := slices.BinarySearchFunc(t.queue, at, func(a *history.Activity, at time.Time) int {
		if a.At.After(at) {
			return 1
		}
		return -1
	})
	return n
}

// dequeue takes the first n out of the queue. The rest moves to the front, so that its room is used again, but not where that is much
// more: each look would take time for all that is still to come.
func (t *Tracker) dequeue(n int) {
	const few = 64
	if rest := len(t.queue) - n; rest <= max(n, few) {
		t.queue = slices.Delete(t.queue, 0, n)
		return
	}
	clear(t.queue[:n])
	t.queue = t.queue[n:]
}

// inOrder compares two activities as the history does, without their properties.
func inOrder(a, b *history.Activity) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}

// Remove takes an activity back: with an ID, all that were delivered with its type and
// ID; without one, one that has none either and the same type, instant and declared
// properties. It reports whether there was one.
func (t *Tracker) Remove(a history.Activity) bool {
	blank := strings.TrimSpace(a.ID) == ""
	all, found := make([]history.Activity, 0, t.count), false
	for _, part := range t.parts {
		for _, b := range part {
			switch {
			case b.Type != a.Type, blank && found, blank != (strings.TrimSpace(b.ID) == ""):
			case !blank && b.ID == a.ID, blank && b.At.Equal(a.At) && t.pool.program.Schema.Same(a.Props, b.Props):
				found = true
				continue
			}
			all = append(all, b)
		}
	}
	if found {
		t.text = 0
		for i := range all {
			t.text += t.pool.program.ActivityTextSteps(&all[i])
		}
		t.parts, t.count, t.built, t.flawed = [][]history.Activity{all}, len(all), false, false
	}
	return found
}

// Set gives an attribute of the profile a value.
func (t *Tracker) Set(attribute string, value any) {
	if t.lead.Profile == nil {
		t.lead.Profile = map[string]any{}
	}
	t.lead.Profile[attribute] = value
	t.profiled = false
}

// Unset makes an attribute of the profile unknown.
func (t *Tracker) Unset(attribute string) {
	delete(t.lead.Profile, attribute)
	t.profiled = false
}

// SetStage stores a stage.
func (t *Tracker) SetStage(stage int, since time.Time) { t.lead.Stage, t.lead.Since = stage, since }

// Eval evaluates the lead at an instant. What it gives is valid until the tracker is used
// again. The error is a *TooManyActivities or ErrTooMuchText.
func (t *Tracker) Eval(at int64) (*Evaluator, error) { return t.eval(at, false) }

// eval is Eval; with stateOnly it finds only what a state holds, and when that can change
// exactly.
func (t *Tracker) eval(at int64, stateOnly bool) (*Evaluator, error) {
	if t.whole != nil {
		t.pool.Put(t.whole)
		t.whole = nil
	}
	if t.built && at < t.at || t.count > t.maxActivities || !stateOnly && (t.flawed || t.muchText()) {
		return t.evalWhole(at, stateOnly)
	}
	if t.e == nil {
		t.e = newEvaluator(t.pool.program, t.pool.shared().wakeful)
		t.e.tracked = newTracked(t.pool)
	}
	e := t.e
	e.stateOnly = stateOnly
	e.start(&t.lead, at)
	// To look again takes few steps. The first look takes those of any evaluation.
	e.index.Refill()
	t.catchUp()
	if !stateOnly {
		if t.muchText() {
			t.built = false
			return t.evalWhole(at, stateOnly)
		}
		e.ReadAgain()
	}
	e.answerQueries()
	if stateOnly {
		t.bound(e, at)
	}
	e.evaluate()
	if stateOnly && e.TooMuchText() {
		t.built = false
		return t.evalWhole(at, stateOnly)
	}
	if !stateOnly && (len(e.index.Flaws()) > 0 || t.flawed) {
		// Which of them the result is to name depends on what it would read.
		t.flawed = true
		return t.evalWhole(at, false)
	}
	*t.steps += e.Steps()
	return e, nil
}

// muchText reports whether the texts of the activities can take more steps than they may,
// so that only an evaluation of all of them tells.
func (t *Tracker) muchText() bool {
	steps := t.text
	if t.e != nil {
		steps += t.e.index.Tied()
	}
	return steps > t.pool.program.TextSteps
}

// evalWhole goes through all of the history.
func (t *Tracker) evalWhole(at int64, stateOnly bool) (*Evaluator, error) {
	if has := t.countUpTo(at); has > t.maxActivities {
		return nil, &TooManyActivities{has, t.maxActivities}
	}
	t.whole = t.pool.Get()
	t.whole.stateOnly = stateOnly
	t.whole.Start(&t.lead, at)
	t.addTo(t.whole)
	if stateOnly {
		t.bound(t.whole, at)
	}
	t.whole.Finish()
	if t.whole.TooMuchText() {
		return nil, ErrTooMuchText
	}
	*t.steps += t.whole.Steps()
	return t.whole, nil
}

// countUpTo counts the activities that are not after an instant; or all, if they are not
// too many.
func (t *Tracker) countUpTo(at int64) (n int) {
	if t.count <= t.maxActivities {
		return t.count
	}
	for _, part := range t.parts {
		for i := range part {
			if !part[i].At.After(time.Unix(0, at)) {
				n++
			}
		}
	}
	return n
}

func (t *Tracker) addTo(e *Evaluator) {
	for _, part := range t.parts {
		e.AddAll(len(part), func(room []history.Entry) {
			for i := range room {
				room[i].Activity = &part[i]
			}
		})
	}
}

// catchUp brings the evaluator's profile and history up to its instant.
func (t *Tracker) catchUp() {
	e, first := t.e, len(t.e.out.Issues)
	if t.profiled {
		e.out.Issues = append(e.out.Issues, t.issues...)
	} else {
		for i := range e.program.Profile {
			e.unknown.Take(i)
		}
		e.readProfile(t.lead.Profile)
		t.issues = append(reuse(t.issues), e.out.Issues[first:]...)
		t.profiled = true
		e.invalidate(0, len(e.program.Profile))
	}
	t.at = e.env.Now
	if t.built && e.index.Mark() < manyTexts {
		due := t.queue[:t.sortQueue(time.Unix(0, t.at))]
		// Many that come late cost more one by one than all together.
		const many = 16
		t.built = len(due) <= many || due[many].At.UnixNano() >= e.index.Last()
		for i := many; i < len(due) && t.built; i++ {
			t.built = inOrder(due[i-many], due[i]) != 0 // or each would be compared with all
		}
		e.index.Now(t.at)
		for i := 0; i < len(due) && t.built; i++ {
			t.built = e.index.Insert(due[i].At.UnixNano(), due[i], e.matches)
		}
		if t.built {
			t.dequeue(len(due))
			return
		}
	}
	issues := len(e.out.Issues)
	e.resetHistory()
	t.addTo(e)
	e.buildHistory()
	t.flawed = len(e.out.Issues) > issues
	e.tracked.reset()
	t.built = true
	t.queue = reuse(t.queue)
	for _, part := range t.parts {
		for i := range part {
			if part[i].At.After(time.Unix(0, t.at)) {
				t.queue = append(t.queue, &part[i])
			}
		}
	}
	t.jumbled = true
}

// manyTexts is how many texts of lists may have been read, most of them in vain by now,
// before the memory is worth giving back.
const manyTexts = 4096

// tracked is what an evaluator remembers of the lead that it follows. An evaluation goes from
// the signals that something touched to the queries that look at them, from these, if they find
// something else, to the rules that ask them, and from these to their groups. What passes by
// itself is looked at where it can have passed.
type tracked struct {
	*shared
	memories []history.Memory // by query
	ask      program.Set      // the queries that may find something else
	ledgers  []ledgerState    // by event rule
	stale    program.Set      // the rules that are to be evaluated
	reread   program.Set      // those of which the conditions are to be asked when they change
	check    program.Set      // the event rules whose occurrences may pay something else
	sums     []points.Points  // by group: what its rules pay
	criteria program.Set      // those that are to be answered
}

// shared is what all that follow leads by one program have in common.
type shared struct {
	wakeful *blank
	asking  []program.Set // by signal: the queries that look at it
	paying  []program.Set // by signal: the rules that it pays for
	watched program.Set   // the event rules that can pay something else without new occurrences
	queries program.Set   // all of them
	rules   program.Set   // all of them
	events  program.Set   // all event rules

	judging  []program.Set // by fact: the criteria that read it
	criteria program.Set   // all of them
}

func newShared(p *program.Program) *shared {
	s := &shared{wakeful: wakeful(p), watched: program.NewSet(len(p.Rules)), queries: program.NewSet(len(p.Queries)),
		rules: program.NewSet(len(p.Rules)), events: program.NewSet(len(p.Rules)), criteria: program.NewSet(len(p.Criteria))}
	for f := range p.ReadBy {
		s.judging = append(s.judging, program.NewSet(len(p.Criteria)))
		for i, c := range p.Criteria {
			if c.Met.Reads(f) || c.Unmet != nil && c.Unmet.Reads(f) {
				s.judging[f].Put(i)
			}
		}
	}
	for i := range p.Criteria {
		s.criteria.Put(i)
	}
	for range p.Signals {
		s.asking, s.paying = append(s.asking, program.NewSet(len(p.Queries))), append(s.paying, program.NewSet(len(p.Rules)))
	}
	for i := range p.Queries {
		q := &p.Queries[i]
		s.queries.Put(i)
		for _, signal := range [...]int{q.Signal, q.Other, q.Window.Since} {
			if signal != history.None {
				s.asking[signal].Put(i)
			}
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if s.rules.Put(i); r.Signal == None {
			continue
		}
		s.events.Put(i)
		s.paying[r.Signal].Put(i)
		if r.TimeDependent || r.WorthReadsFacts || r.ResetScope != 0 {
			s.watched.Put(i)
		}
	}
	return s
}

// ledgerState is how many occurrences a rule's ledger has, from which first visible
// position on, of which version of the signal, in a history of how many activities.
type ledgerState struct{ n, firstVisible, version, activities int }

func newTracked(pool *Pool) *tracked {
	p := pool.program
	return &tracked{
		shared: pool.shared(), memories: make([]history.Memory, len(p.Queries)), ask: program.NewSet(len(p.Queries)), ledgers: make([]ledgerState, p.EventRules),
		stale: program.NewSet(len(p.Rules)), reread: program.NewSet(len(p.Rules)), check: program.NewSet(len(p.Rules)), sums: make([]points.Points, len(p.Groups)), criteria: program.NewSet(len(p.Criteria)),
	}
}

func (t *tracked) reset() {
	clear(t.memories)
	clear(t.ledgers)
	t.invalidateAll()
}

// invalidateAll lets all rules be evaluated.
func (t *tracked) invalidateAll() {
	copy(t.stale, t.rules)
	copy(t.reread, t.rules)
	copy(t.criteria, t.shared.criteria)
}

// answerAgain answers the queries that may find something else than the last time: those that
// look at a signal that was touched, and those whose window something has left.
func (e *Evaluator) answerAgain() {
	t := e.tracked
	signals, all := e.index.Touched()
	if all {
		copy(t.ask, t.queries)
		copy(t.check, t.events)
	} else {
		for _, s := range signals {
			t.ask.Add(t.asking[s])
			t.check.Add(t.paying[s])
		}
		for i := range t.memories {
			if t.memories[i].Due() <= e.env.Now {
				t.ask.Put(i)
			}
		}
		t.check.Add(t.watched)
	}
	for w, word := range t.ask {
		for i := 0; word != 0; {
			i, word = program.First(word)
			e.updateQuery(64*w + i)
		}
	}
	clear(t.ask)
}

// updateQuery answers a query.
func (e *Evaluator) updateQuery(i int) {
	v := &e.env.Queries[i]
	newest, changed := e.index.Update(&e.program.Queries[i], &e.tracked.memories[i], v)
	if e.newest[i] = int32(newest); !changed {
		return
	}
	fact := len(e.program.Profile) + i
	if v.Known && !v.Partial {
		e.unknown.Take(fact)
	} else {
		e.unknown.Put(fact)
	}
	e.invalidate(fact, fact+1)
}

// evalAgain evaluates the rules whose results may not be what they were the last time. What
// they paid then is taken out of the sums of their groups.
func (e *Evaluator) evalAgain() {
	t := e.tracked
	e.findStale()
	for w, word := range t.stale {
		for i := 0; word != 0; {
			i, word = program.First(word)
			i += 64 * w
			q, result := &e.blank.quick[i], &e.out.Rules[i]
			sum := &t.sums[q.group]
			*sum -= result.Points
			if q.when != nil { // as it is of most
				*result = q.pays[q.when.Test(&e.env)]
			} else {
				e.evalRule(i, result)
			}
			if len(e.missing) > 0 && !e.stateOnly && e.readsUnknown(i) {
				result.Span = e.ruleRange(i)
			}
			*sum += result.Points
		}
	}
	for i, sum := range t.sums {
		e.out.Groups[i].Raw += sum
	}
	if e.stateOnly || len(e.missing) == 0 {
		return
	}
	for i := range e.out.Rules {
		if e.readsUnknown(i) {
			e.uncertain = append(e.uncertain, int32(i))
		}
	}
}

// markUpToDate says that the rules were evaluated, until something invalidates them.
// With stateOnly, the ranges of those that read unknown facts were not.
func (e *Evaluator) markUpToDate() {
	t := e.tracked
	clear(t.stale)
	clear(t.reread)
	clear(t.check)
	clear(t.criteria)
	if e.env.Now == history.Never {
		t.invalidateAll()
		return
	}
	if e.stateOnly { // nor was it asked what decides the criteria
		copy(t.criteria, t.shared.criteria)
	}
	if !e.stateOnly || len(e.missing) == 0 {
		return
	}
	for i := range e.out.Rules {
		if e.readsUnknown(i) {
			t.stale.Put(i)
		}
	}
}

// criterionStale reports whether a criterion is to be answered: a fact that it reads, or time,
// may have changed a part of its conditions.
func (e *Evaluator) criterionStale(i int) bool {
	if e.forecast.conditions.NextAnyOf[i] <= e.env.Now {
		e.tracked.criteria.Put(i)
	}
	return e.tracked.criteria.Has(i)
}

// invalidate says that facts from one on, before another, have changed.
func (e *Evaluator) invalidate(from, to int) {
	for _, criteria := range e.tracked.judging[from:to] {
		e.tracked.criteria.Add(criteria)
	}
	for _, rules := range e.program.ReadBy[from:to] {
		for _, i := range rules {
			e.tracked.stale.Put(int(i))
			e.tracked.reread.Put(int(i))
			if r := &e.program.Rules[i]; r.WorthReadsFacts {
				e.tracked.ledgers[r.Event].version = None
			}
		}
	}
}

// findStale finds the rules that need not pay what they paid the last time, although no fact
// that they read has changed: time can have changed a part of their conditions, or what occurred
// pays something else.
func (e *Evaluator) findStale() {
	t, now := e.tracked, e.env.Now
	for _, i := range e.program.TimeDependent {
		if e.forecast.anyChanges[i] <= now && !t.reread.Has(i) {
			t.stale.Put(i)
			t.reread.Put(i)
		}
	}
	for w, word := range t.check {
		for i := 0; word != 0; {
			i, word = program.First(word)
			i += 64 * w
			r := &e.program.Rules[i]
			if !t.stale.Has(i) && (r.WorthReadsFacts && e.readsUnknown(i) || !e.unchanged(r)) {
				t.stale.Put(i)
			}
		}
	}
}

// unchanged reports whether an event rule has the same occurrences as the last time, and
// they pay the same.
func (e *Evaluator) unchanged(r *program.Rule) bool {
	n := len(e.index.Occurrences(r.Signal, r.ResetScope))
	return e.canExtend(r) && e.tracked.ledgers[r.Event].n == n && e.ledgers[r.Event].Unchanged(e.env.Now)
}

// canExtend reports whether what a rule's ledger has is a part of what it must have.
func (e *Evaluator) canExtend(r *program.Rule) bool {
	s, firstVisible := &e.tracked.ledgers[r.Event], e.index.FirstVisible(r.ResetScope)
	return s.firstVisible == firstVisible && s.version == e.index.Version(r.Signal, r.ResetScope) &&
		(firstVisible == 0 || !e.program.Schema.Repeats(r.Signal) || s.activities == e.index.Len()) // or it is counted afresh
}

// resumeLedger gives the number of occurrences that a rule's ledger can keep, now that
// there are n.
func (e *Evaluator) resumeLedger(r *program.Rule, n int) (from int) {
	s := &e.tracked.ledgers[r.Event]
	// Pairs of values are numbered anew.
	if e.canExtend(r) && (!r.Limit.OncePer || !r.Limit.ForEach || s.n == n) {
		from = s.n
	}
	*s = ledgerState{n, e.index.FirstVisible(r.ResetScope), e.index.Version(r.Signal, r.ResetScope), e.index.Len()}
	return from
}
