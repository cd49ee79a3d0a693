// Package expression compiles the conditions and amounts of a policy: it
// parses them with expr, holds them to an allow-list and to the declared
// kinds, and turns them into closures that evaluate in three-valued logic.
// No other package of this module knows that expr exists.
//
// A condition is a tree. Its inner nodes are and, or, not and the ternary; its
// leaves are atoms: comparisons, membership and text tests, and calls. The
// closures (eval.go), the sets of possible answers (interval.go), the reasons
// (why.go) and the forecast (forecast.go) are readings of that one tree. So is
// package solver, the search for a lead.
package expression

import (
	mathbits "math/bits"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// Op is what a node does.
type Op uint8

// The operations. Those up to OpCondition join conditions; the others are
// atoms when they give a bool, and values otherwise.
const (
	OpAnd Op = iota
	OpOr
	OpNot
	OpCondition // kids: condition, then, else
	OpTerm      // kid: the term's expression
	OpConstant
	OpLead
	OpProp
	OpActivityAt
	OpCall
	OpNow
	OpDaysSince // kid: a time
	OpDaysUntil // kid: a time
	OpDaysInStage
	OpCalendarDays // kid: a time
	OpDaysBetween  // kids: two times
	OpKnown
	OpDefault
	OpEqual
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpIn // kids: element, or a list of text; constants, or one list of text, which may be a constant
	OpContains
	OpStartsWith
	OpEndsWith
	OpMatches
	OpAdd
	OpSubtract
	OpMultiply
	OpDivide
	OpModulo
	OpNegate
	OpMet
	OpUnmet
	OpMetCount
	OpAllMet
	OpScore
	OpBand
	OpReached
)

// Node is one part of a compiled expression, immutable after Compile. One of
// the closures is set, by Kind.
type Node struct {
	Op   Op
	Kind fact.Kind
	Kids []*Node
	Slot int    // of OpLead, OpProp, OpCall, OpTerm, OpMet, OpUnmet, OpScore, OpBand, OpReached: an index; of a declared list, its index and 1
	Many []int  // of OpMet, OpUnmet, OpMetCount and OpAllMet: the criteria
	Text string // the source, in canonical form

	// Sources are the nodes below (or this one) whose values an answer is
	// explained by: attributes, calls, ages, the checklist, scores, the stage.
	Sources []*Node

	Const   fact.Value       // of OpConstant
	subject string           // of an atom: what it is about
	wanted  [2]string        // of an atom: what its subject must be for a no, and for a yes
	literal bool             // a text literal, or only such: takes the kind of what it meets
	varies  bool             // changes while time passes
	counts  float64          // of OpCall: -1 for a count that only falls as time passes, 1 for one that only rises
	fold    bool             // texts meet here without regard to case
	pattern *pattern         // of OpMatches
	day     history.Calendar // of OpCalendarDays
	seen    int              // of a test of texts: where an Env remembers it
	offset  int              // where in the source its mistakes are reported, in runes
	terms   int              // how many levels of terms it goes through
	unset   bool             // it is unknown while no attribute is known and no query finds anything

	reads bits // the facts that it reads, through terms too
	needs uses // what the place where it stands must offer

	test  func(*Env) Answer
	num   func(*Env) (float64, bool)
	text  func(*Env) (string, bool)
	time  func(*Env) (int64, bool)
	texts func(*Env) (list, bool)

	among func(string) bool // of a test with a constant list: whether a text meets any of it

	each []*Node // of OpIn with a list of text to its left: whether it holds each of the constants
}

// list is a list of text.
type list struct {
	elements []string
	partial  bool // there are others, which were set aside
}

// Test gives the answer of a condition.
func (n *Node) Test(f *Env) Answer { return n.test(f) }

// Number gives the value of a number, and whether it is known.
func (n *Node) Number(f *Env) (float64, bool) { return n.num(f) }

// Offset is where the expression stands in its source, in runes.
func (n *Node) Offset() int { return n.offset }

// Age reports whether the node is a number of days that grows or falls as time passes.
func (n *Node) Age() bool { return isAge(n) }

// Folds reports whether texts meet in the node without regard to case.
func (n *Node) Folds() bool { return n.fold }

// Pattern is the regular expression of an OpMatches.
func (n *Node) Pattern() string { return n.pattern.re.String() }

// TextTest gives what a text must hold for a test with a constant or a pattern
// (OpContains, OpStartsWith, OpEndsWith, OpMatches) to be yes; nil of a test with
// anything else.
func (n *Node) TextTest() func(string) bool {
	switch {
	case n.Op == OpMatches:
		return n.pattern.matches
	case n.among != nil:
		return n.among
	case n.Op == OpIn:
		return nil
	case n.Kids[1].Op != OpConstant:
		return nil
	}
	return partTest(n.Op, n.fold, n.Kids[1].Const.Text)
}

// Each gives, of whether a list of text has any of some texts, whether it has each of them.
func (n *Node) Each() []*Node { return n.each }

// Literals lists the texts that a text is tested against, as they meet it: those of a list of literals, those of a
// constant list, or one; nil if it is tested against a fact.
func (n *Node) Literals() []string {
	switch r := n.Kids[1]; {
	case r.Op != OpConstant:
		return nil
	case n.Op == OpIn || n.hasList():
		return n.literals()
	default:
		return []string{r.Const.Text}
	}
}

// hasList reports whether the right side of a test is a constant list.
func (n *Node) hasList() bool {
	return len(n.Kids) == 2 && n.Kids[1].Op == OpConstant && n.Kids[1].Kind == fact.Texts
}

// ListFact gives the side of an OpIn that is a list of text, and no constant; nil if none is.
func (n *Node) ListFact() *Node {
	for _, k := range n.Kids {
		if n.Op == OpIn && k.Kind == fact.Texts && k.Op != OpConstant {
			return k
		}
	}
	return nil
}

// Alone reports whether the expression reads no fact but the current activity's.
func (n *Node) Alone() bool {
	for _, b := range n.reads {
		if b != 0 {
			return false
		}
	}
	return true
}

// Sleeper tells which expressions sleep: give the same of all leads and at all times, while
// no attribute that they read is known, and no query that they ask finds anything.
type Sleeper struct {
	Criteria []CompiledCriterion

	terms map[*Node]bool // by what a term holds
}

// Sleeps reports whether an expression sleeps. It is false where it would take more to tell.
func (s *Sleeper) Sleeps(n *Node) bool {
	switch n.Op {
	case OpConstant, OpLead, OpCall:
		return true
	case OpDaysSince, OpDaysUntil:
		return n.Kids[0].unset && s.Sleeps(n.Kids[0]) // counted from a time that is unknown
	case OpCalendarDays:
		return false
	case OpTerm:
		sleeps, ok := s.terms[n.Kids[0]]
		if !ok {
			if s.terms == nil {
				s.terms = map[*Node]bool{}
			}
			sleeps = s.Sleeps(n.Kids[0])
			s.terms[n.Kids[0]] = sleeps
		}
		return sleeps
	case OpMet, OpUnmet, OpMetCount, OpAllMet:
		for _, i := range n.Many {
			if c := &s.Criteria[i]; !s.Sleeps(c.Met) || c.Unmet != nil && !s.Sleeps(c.Unmet) {
				return false
			}
		}
		return true
	}
	for _, k := range n.Kids {
		if !s.Sleeps(k) {
			return false
		}
	}
	return len(n.Kids) > 0
}

// kind names the node's kind in a message, after "a".
func (n *Node) kind() string {
	switch {
	case n.literal: // until it meets code
		return "text"
	case n.Kind == fact.Texts:
		return "list of text"
	}
	return n.Kind.String()
}

// Props lists the properties of the current activity that the expression reads.
func (n *Node) Props() []int {
	var props []int
	n.walk(func(m *Node) {
		if m.Op != OpProp {
			return
		}
		for _, p := range props {
			if p == m.Slot {
				return
			}
		}
		props = append(props, m.Slot)
	})
	return props
}

// walk visits the node and all below it, but not what terms hold: the number
// of ways through nested terms can be exponential.
func (n *Node) walk(visit func(*Node)) {
	visit(n)
	if n.Op == OpTerm {
		return
	}
	for _, k := range n.Kids {
		k.walk(visit)
	}
}

// Cost is about how many steps the expression takes, but for what terms hold: one for
// each part, each criterion that it asks, and each step of a pattern.
func (n *Node) Cost() (steps int) {
	n.walk(func(m *Node) {
		steps += 1 + len(m.Many)
		if m.hasList() {
			steps += mathbits.Len(uint(len(m.Kids[1].Const.Texts)))
		}
		if m.pattern != nil {
			steps += m.pattern.steps
		}
	})
	return steps
}

// Work is Cost, where a part counts for as much as it takes: arithmetic on decimals is exact,
// and a list is gone through, which takes longer than to compare.
func (n *Node) Work() (steps int) {
	steps = n.Cost()
	n.walk(func(m *Node) {
		switch {
		case m.Op >= OpAdd && m.Op <= OpModulo:
			steps += 30
		case m.Op == OpIn && m.Kids[1].Kind == fact.Texts:
			steps += 3
		}
	})
	return steps
}

// Scores is how many scores and bands the expression asks for, and how many terms, which
// may do so too.
func (n *Node) Scores() (asked int) {
	n.walk(func(m *Node) {
		if m.Op == OpScore || m.Op == OpBand || m.Op == OpTerm && m.needs&usesScores != 0 {
			asked++
		}
	})
	return asked
}

// Facts is how many facts the expression reads.
func (n *Node) Facts() (facts int) {
	for _, b := range n.reads {
		facts += mathbits.OnesCount64(b)
	}
	return facts
}

// Env is what one assessment knows: the input of every closure. Slots are
// those that the Compiler gave out.
type Env struct {
	Now        int64
	Lead       []fact.Value
	Queries    []fact.Value
	Props      []fact.Value // of the current activity
	ActivityAt int64
	Terms      []Memo
	Check      []Check   // the checklist
	Points     []float64 // of the groups
	Bands      []string  // of the groups; "" is none
	Stage      int       // the given stage's index; None if there is none
	StageSince fact.Value
	Ranks      []int // of each stage: its place among the normal ones, or None for an exit stage

	// Lists changes when the lists of text in Lead or Calls can hold other texts in the
	// same memory.
	Lists int

	seen      []seen // by test of texts
	needle    fact.Needle
	remembers bool // something of the lead, in seen or needle
}

// None stands for an absent index.
const None = -1

// Memo keeps the value of a term for the rest of the assessment.
type Memo struct {
	Done   bool
	Answer Answer
	Value  fact.Value
}

// Check is the answer to a criterion.
type Check uint8

// The answers to a criterion.
const (
	CheckUnknown Check = iota
	CheckYes
	CheckNo
	CheckDisputed
)

// Judge gives a criterion's answer from its Met and, when there is one, its
// Unmet condition.
func Judge(met, unmet Answer, hasUnmet bool) Check {
	switch {
	case met == Yes && hasUnmet && unmet == Yes:
		return CheckDisputed
	case met == Yes:
		return CheckYes
	case hasUnmet && unmet == Yes, !hasUnmet && met == No:
		return CheckNo
	}
	return CheckUnknown
}

// Met is the answer of met(…) about the criterion.
func (c Check) Met() Answer {
	switch c {
	case CheckYes:
		return Yes
	case CheckNo:
		return No
	}
	return Unknown
}

// bits is a set of facts: those of the profile first, the calls behind them.
type bits []uint64

func (b bits) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b bits) with(i int) bits {
	for len(b) <= i/64 {
		b = append(b, 0)
	}
	b[i/64] |= 1 << (i % 64)
	return b
}

func (b bits) union(c bits) bits {
	for len(b) < len(c) {
		b = append(b, 0)
	}
	for i, w := range c {
		b[i] |= w
	}
	return b
}

func (b bits) meets(c bits) bool {
	for i := range min(len(b), len(c)) {
		if b[i]&c[i] != 0 {
			return true
		}
	}
	return false
}

// uses is a set of names that only some places offer.
type uses uint8

const (
	usesActivity uses = 1 << iota
	usesLead          // the profile and the history
	usesTime          // now and ages
	usesCriteria
	usesStage // scores, bands and the stage
	usesScores
	usesTerms
	usesSpan // windows that end so long ago and steps of silence, which slide as time passes
)

// Place is where in a policy an expression stands; it decides which names are
// to be had there.
type Place uint8

// The places.
const (
	InWhere Place = iota
	InRule
	InMultiply      // of a state rule
	InEventMultiply // of an event rule
	InCriterion
	InStage
	InTerm
)

var offers = [...]uses{
	InWhere:         usesActivity,
	InRule:          usesLead | usesSpan | usesTime | usesCriteria | usesTerms,
	InMultiply:      usesLead | usesSpan | usesCriteria | usesTerms,
	InEventMultiply: usesLead | usesTerms | usesActivity,
	InCriterion:     usesLead | usesSpan | usesTime | usesTerms,
	InStage:         usesLead | usesSpan | usesTime | usesCriteria | usesStage | usesScores | usesTerms,
	InTerm:          usesLead | usesSpan | usesTime | usesCriteria | usesStage | usesScores | usesTerms,
}

var placeNames = [...]string{
	InWhere: "the where of a signal", InRule: "the condition of a rule", InMultiply: "multiply of a rule without on",
	InEventMultiply: "multiply", InCriterion: "a criterion", InStage: "the condition of a stage", InTerm: "a term",
}
