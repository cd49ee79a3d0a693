// Package engine takes one lead through a program (package program) and fills a
// Result: facts, checklist, points with their ranges, the stage, and the instant until
// which it holds. A Tracker does the same for a lead whose facts arrive one by one. It
// knows neither documents nor labels; all it says are indexes into the program's lists.
package engine

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// None stands for an absent index.
const None = program.None

// UnknownStageIndex is the Stage of a lead whose stage the program does not have.
const UnknownStageIndex = -2

// Pool holds the evaluators of one program while they are not at work.
type Pool struct {
	program *program.Program
	blank   *blank
	free    sync.Pool
	shared  func() *shared // by all trackers
}

// NewPool makes a pool for a program.
func NewPool(p *program.Program) *Pool {
	return &Pool{program: p, blank: newBlank(p), shared: sync.OnceValue(func() *shared { return newShared(p) })}
}

// Get gives an evaluator, to be put back.
func (p *Pool) Get() *Evaluator {
	if e, ok := p.free.Get().(*Evaluator); ok {
		return e
	}
	return newEvaluator(p.program, p.blank)
}

// Put takes an evaluator back, and drops what belongs to the lead.
func (p *Pool) Put(e *Evaluator) {
	e.release()
	p.free.Put(e)
}

// Evaluator is the memory of one evaluation. The steps come in the order of the design:
// Start, Add for each activity, Finish. Before it begins another one, it must have been put
// back. What it then says of nodes and occurrences
// belongs to that lead.
type Evaluator struct {
	program   *program.Program
	blank     *blank
	awake     program.Set // the rules that are not as they are in blank
	env       expression.Env
	index     history.Index
	intervals expression.IntervalEval
	reasons   expression.ReasonFinder
	brief     bool
	forecast  forecast
	out       Result

	newest    []int32  // by query: the newest activity behind its result, or None
	arena     []string // of the profile's lists of text
	undated   Issue    // of the activities
	missing   []missing
	ranges    []points.Span     // of the total, by place of missing before they were ranked
	unknown   program.Set       // the facts that are unknown, or known only in part
	uncertain []int32           // the rules awake that read any, in no particular order; none if stateOnly
	sums      []groupSum        // of the groups, by place in GroupOrder
	round     int               // of questions what they can be
	firstSum  int               // the first of them that moves, or may
	ledgers   []accrual.Ledger  // by event rule: what its occurrences pay
	balances  []accrual.Balance // by event rule
	lowest    *accrual.Ledger   // of eventSpan, nil before it is asked
	highest   *accrual.Ledger   // of eventSpan
	noLimit   accrual.Limit     // the zero Limit
	idle      []int64           // of idleInstants
	keys      []int32           // by occurrence: the number of its value of the property of OncePer
	eaches    []int32           // and of that of ForEach
	pairs     map[[2]int32]int32
	// eventSpans is, by rule, what an event rule pays if its condition is yes, with all
	// unknown facts free. It serves for a single one, too: to go through the
	// occurrences once for each fact would cost too much.
	eventSpans []points.Span

	tracked   *tracked // what a tracker remembers; nil without one
	pushed    int64    // steps that it took to fill ledgers, and to walk them
	tested    int64    // parts of conditions and of multipliers that were evaluated for activities
	rebuilt   bool     // the history was built of all activities
	stateOnly bool     // only what a state holds is found, and not how it came about
	horizon   int64    // a change from there on is of no interest to the search that this serves
	movesOnly bool     // nor is one of a band
}

// missing is an unknown fact, by its place in the program's Facts. It is small, since it
// is moved when the facts are ranked.
type missing struct {
	fact, place int32
	width       float64 // of ranges[place]
}

func newEvaluator(p *program.Program, b *blank) *Evaluator {
	e := &Evaluator{program: p, blank: b, awake: slices.Clone(b.awake)}
	e.env = expression.Env{
		Lead: make([]fact.Value, len(p.Profile)), Queries: make([]fact.Value, len(p.Queries)),
		Props: make([]fact.Value, len(p.Props)), Terms: make([]expression.Memo, p.Terms),
		Check: make([]expression.Check, len(p.Criteria)), Points: make([]float64, len(p.Groups)),
		Bands: make([]string, len(p.Groups)), Ranks: p.Ranks,
	}
	e.intervals = expression.IntervalEval{Env: &e.env, Lead: p.Profile, QueryLo: p.QueryLo, QueryHi: p.QueryHi, Criteria: p.Criteria}
	e.forecast.init(e)
	e.newest = make([]int32, len(p.Queries))
	copy(e.env.Queries, b.queries)
	e.unknown, e.eventSpans = program.NewSet(len(p.ReadBy)), make([]points.Span, len(p.Rules))
	e.sums = make([]groupSum, len(p.Groups))
	e.ledgers, e.balances = make([]accrual.Ledger, p.EventRules), make([]accrual.Balance, p.EventRules)
	e.out.Rules, e.out.Groups = make([]RuleResult, len(p.Rules)), make([]GroupResult, len(p.Groups))
	e.out.Checklist = make([]CheckResult, len(p.Criteria))
	return e
}

// release drops what belongs to the lead.
func (e *Evaluator) release() {
	e.stateOnly = false
	e.index.Forget()
	e.env.Forget()
	clear(e.env.Lead)
	copy(e.env.Queries, e.blank.queries)
	for _, p := range e.program.LoadedProps {
		e.env.Props[p] = fact.Value{}
	}
	clear(e.arena)
	e.arena = reuse(e.arena)
	clear(e.out.Issues)
	e.undated = Issue{}
}

// Lead is what a lead has beside its activities.
type Lead struct {
	Profile map[string]any
	Stage   int // an index, None or UnknownStageIndex
	Since   time.Time
	Brief   bool // nobody asks for blockers, nor until when the state holds
}

// Start begins the evaluation of a lead at an instant.
func (e *Evaluator) Start(lead *Lead, at int64) {
	e.start(lead, at)
	copy(e.unknown, e.blank.unknown)
	copy(e.awake, e.blank.awake)
	e.readProfile(lead.Profile)
	e.resetHistory()
}

func (e *Evaluator) start(lead *Lead, at int64) {
	e.out.At, e.env.Now, e.brief = at, at, lead.Brief
	e.pushed, e.tested, e.rebuilt = 0, 0, false
	e.horizon, e.movesOnly = history.Never, false
	e.out.Issues = reuse(e.out.Issues)
	clear(e.env.Terms)
	e.reasons.Reset()
	e.readStage(lead)
}

// readStage reads the stage that the lead came with.
func (e *Evaluator) readStage(lead *Lead) {
	env := &e.env
	env.Stage, env.StageSince = lead.Stage, fact.Value{}
	if lead.Stage == UnknownStageIndex {
		env.Stage = None
		e.issue(Issue{Problem: UnknownStage, Of: OfStage, Count: 1})
		return // since when it was there says nothing
	}
	switch since := lead.Since; {
	case since.IsZero():
	case since.Before(Earliest):
		e.issue(Issue{Problem: TimeOutOfRange, Of: OfStageSince, Count: 1})
	case since.After(Latest) || since.UnixNano() > env.Now && gap(env.Now, since.UnixNano()) >= uint64(time.Second):
		e.issue(Issue{Problem: FutureStageSince, Of: OfStageSince, Count: 1})
	default:
		// A fraction of a second later is an instant that a database rounded.
		env.StageSince = fact.Value{Known: true, Time: min(since.UnixNano(), env.Now)}
	}
}

// Earliest and Latest are the ends of what nanoseconds in an int64 represent.
var (
	Earliest = time.Unix(0, math.MinInt64)
	Latest   = time.Unix(0, math.MaxInt64)
)

func (e *Evaluator) issue(i Issue) { e.out.Issues = append(e.out.Issues, i) }

// readProfile reads the attributes.
func (e *Evaluator) readProfile(profile map[string]any) {
	clear(e.arena)
	e.arena = reuse(e.arena)
	e.env.Lists++
	for i, r := range e.program.Readers {
		v := &e.env.Lead[i]
		if problem := r.Load(profile, v, &e.arena); problem != fact.NoProblem {
			clear(e.arena[len(e.arena):cap(e.arena)]) // a list that was refused halfway
			e.issue(Issue{Problem: valueProblems[problem], Of: OfAttribute, Index: i, Count: 1})
		}
		if v.Known {
			e.awake.Add(e.program.WokenBy[i])
		}
		if !v.Known || v.Partial {
			e.unknown.Put(i)
		}
	}
}

func (e *Evaluator) resetHistory() {
	e.index.Reset(e.program.Schema, e.env.Now)
	e.index.Allow(e.program.TextSteps)
	if e.tracked != nil {
		e.index.KeepNumbers()
	}
	e.env.Lists++
	e.undated = Issue{Problem: TimeOutOfRange, Of: OfActivityAt}
}

// AddAll adds n activities, in any order, which fill puts into the room that it is given. Those
// after the instant are left out. They must not change or move before the evaluation is over.
func (e *Evaluator) AddAll(n int, fill func(room []history.Entry)) { e.index.AddAll(n, fill, e.dated) }

// dated reports whether the instant of an activity is not before those that nanoseconds
// represent, and notes one that is.
func (e *Evaluator) dated(a *history.Activity) bool {
	early := a.At.Before(Earliest)
	if early {
		if e.undated.Count == 0 || a.ID < e.undated.Activity {
			e.undated.Activity = a.ID
		}
		e.undated.Count++
	}
	return !early
}

// buildHistory puts what was added in order.
func (e *Evaluator) buildHistory() {
	e.rebuilt = true
	if e.undated.Count > 0 {
		e.issue(e.undated)
	}
	e.index.Build(e.matches)
}

// matches decides a signal's condition for the activity at a position.
func (e *Evaluator) matches(signal, pos int) bool {
	s, mark := &e.program.Signals[signal], e.index.Mark()
	e.loadActivity(s.Props, pos)
	e.tested += int64(s.Work)
	yes := e.spend(s.Tests) && s.Where.Test(&e.env) == expression.Yes
	e.index.Trim(mark)
	return yes
}

// spend takes the steps of some tests of the current activity's texts, and reports
// whether there were so many left.
func (e *Evaluator) spend(tests []program.TextCost) bool {
	for _, c := range tests {
		v := &e.env.Props[c.Prop]
		bytes := len(v.Text)
		for _, t := range v.Texts {
			bytes += len(t) + 1
		}
		if !e.index.Spend(int64(c.Steps) * int64(bytes)) {
			return false
		}
	}
	return true
}

// Steps is about how many steps the evaluation took, as they were counted. Package program
// says before it how many it may take.
func (e *Evaluator) Steps() int64 {
	const perPart, perActivity = 6, 50
	steps := e.program.LookSteps + e.forecast.steps + e.pushed + e.index.Steps() + perPart*e.tested
	if e.rebuilt {
		steps += perActivity * int64(e.index.Len())
	}
	return steps
}

// TooMuchText reports whether the texts of the activities took more steps than they may:
// then nothing that was found is of use.
func (e *Evaluator) TooMuchText() bool { return e.index.Spent() }

// ReadAgain lets the texts of activities be read once more, in any number of steps.
func (e *Evaluator) ReadAgain() { e.index.Allow(0) }

// loadActivity makes the activity at a position the current one.
func (e *Evaluator) loadActivity(props []int, pos int) {
	for _, p := range props {
		e.index.Prop(pos, p, &e.env.Props[p])
	}
	e.env.ActivityAt = e.index.At(pos)
}

// answerQueries answers the queries to the history.
func (e *Evaluator) answerQueries() {
	p := e.program
	if e.tracked != nil {
		e.answerAgain()
		return
	}
	// The others find nothing, which is what the environment has of them.
	copy(e.newest, e.blank.newest)
	for s, queries := range p.QueriesOf {
		if !e.index.CanOccur(s) {
			continue
		}
		e.awake.Add(p.EventsOf[s])
		for _, i := range queries {
			q, v := &p.Queries[i], &e.env.Queries[i]
			newest := e.index.Answer(q, v)
			// It rests on nothing either; but its window may hold occurrences without the
			// property, whose leaving is foreseen as if they counted.
			if newest == None && (q.Prop == history.None || e.index.NextChange(q, None) == history.Never) {
				continue
			}
			e.newest[i] = int32(newest)
			e.awake.Add(p.WokenBy[len(p.Profile)+int(i)])
			if fact := len(p.Profile) + int(i); v.Known && !v.Partial {
				e.unknown.Take(fact)
			} else {
				e.unknown.Put(fact)
			}
		}
	}
}

// Finish evaluates the lead whose activities were added.
func (e *Evaluator) Finish() *Result {
	e.buildHistory()
	e.answerQueries()
	e.evaluate()
	return &e.out
}

// evaluate draws the conclusions from the facts.
func (e *Evaluator) evaluate() {
	e.evalChecklist()
	e.evalPoints()
	e.evalStage()
	if e.out.Until = history.Never; !e.brief {
		e.out.Until = e.evalUntil(e.stateOnly)
	}
	if e.tracked != nil {
		e.markUpToDate()
	}
	if !e.stateOnly {
		e.addFlaws()
	}
}

// Result is what the last evaluation found.
func (e *Evaluator) Result() *Result { return &e.out }

// Env is what nodes are evaluated in.
func (e *Evaluator) Env() *expression.Env { return &e.env }

// Newest gives the newest activity behind the result of a query; nil if there is none.
func (e *Evaluator) Newest(query int) *history.Activity {
	if e.newest[query] == None {
		return nil
	}
	return e.index.Activity(int(e.newest[query]))
}

// Unknown reports whether a fact (attributes first, then queries) is unknown, or known only in part.
func (e *Evaluator) Unknown(fact int) bool { return e.unknown.Has(fact) }

// UnknownFacts are the facts that are unknown, or known only in part.
func (e *Evaluator) UnknownFacts() program.Set { return e.unknown }

// addFlaws turns what the history set aside into issues, one for each problem and
// property, in order of property and problem.
func (e *Evaluator) addFlaws() {
	flaws := e.index.Flaws()
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
			e.out.Issues[len(e.out.Issues)-1].Count++
			continue
		}
		issue := Issue{Problem: RepeatedDifferently, Of: OfActivity, Activity: e.index.ID(f.Pos), Count: 1}
		if f.Prop != history.None {
			issue.Problem, issue.Of, issue.Index = valueProblems[f.Problem], OfProperty, f.Prop
		}
		e.issue(issue)
	}
}
