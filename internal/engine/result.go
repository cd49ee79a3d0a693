package engine

import (
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/points"
)

// Result is what an evaluation found, by index as the program's lists are. It is the
// evaluator's, and valid until it evaluates again.
type Result struct {
	At        int64
	Rules     []RuleResult
	Groups    []GroupResult
	Missing   []MissingFact // those that could change the total the most come first
	Checklist []CheckResult
	Stage     StageResult
	Until     int64 // the first instant at which something can change; history.Never is none
	Issues    []Issue
}

// RuleResult is what a rule pays.
type RuleResult struct {
	Answer expression.Answer // of its condition
	Count  int               // how many occurrences bring something
	Raw    points.Points     // the sum, before the bounds of the rule
	Points points.Points
	Span   points.Span // of Points, if the unknown facts were known
}

// GroupResult is what a group has.
type GroupResult struct {
	Raw    points.Points // the sum of what lies below it
	Points points.Points
	Share  points.Points // what goes into the sum of its parent
	Span   points.Span
	Band   int // its index, or None
}

// MissingFact is a fact that is unknown, or known only in part, by its place in the program's Facts, and what the
// total could be if it alone were known.
type MissingFact struct {
	Fact int32
	Span points.Span
}

// CheckResult is the answer to a criterion, and the nodes that decided it.
type CheckResult struct {
	Answer expression.Check
	Nodes  []*expression.Node
}

// Move is how a lead came from the stage that it had to the one that it has.
type Move uint8

// The moves.
const (
	MoveNone Move = iota
	MoveEnter
	MovePromote
	MoveDemote
	MoveExit
	MoveReturn
)

// HeldBy is the condition that holds a lead in a stage.
type HeldBy uint8

// What can hold a lead in a stage.
const (
	HeldByNothing HeldBy = iota
	HeldByEnter
	HeldByKeep
	HeldByMinStay
)

// StageResult is the stage of a lead, and why.
type StageResult struct {
	Was, Now int // indexes of stages, or None
	Move     Move
	Since    fact.Value // a time
	HasDue   bool       // it has a MaxStay, and Since is known
	Overdue  bool       // the MaxStay has run out
	Reasons  []Reason
	Next     int // the stage after this one, or None
	Blockers []expression.Atom
}

// Reason is a part of a condition that decided the stage. For HeldByMinStay there is no
// Node.
type Reason struct {
	Stage  int
	Held   HeldBy
	Node   *expression.Node
	Answer expression.Answer
	Want   bool // what the node must be for the stage to be held
}

// Problem is why something in a lead is set aside.
type Problem uint8

// The problems.
const (
	WrongKind Problem = iota
	OutOfRange
	NotInValues
	UnsplitList
	TimeOutOfRange      // the instant of an activity, or of the stage, is missing or too early
	RepeatedDifferently // an activity came twice with different contents
	UnknownStage
	FutureStageSince
)

// valueProblems are those of a value.
var valueProblems = [...]Problem{fact.WrongKind: WrongKind, fact.OutOfRange: OutOfRange, fact.NotInValues: NotInValues, fact.UnsplitList: UnsplitList}

// Subject is what an issue is about.
type Subject uint8

// The subjects.
const (
	OfAttribute  Subject = iota // Index is the attribute's
	OfProperty                  // Index is the property's
	OfActivity                  // as a whole
	OfActivityAt                // its instant
	OfStage
	OfStageSince
)

// Issue is something in a lead that was set aside.
type Issue struct {
	Problem  Problem
	Of       Subject
	Index    int
	Activity string // the ID of the first activity concerned
	Count    int
}

// reuse empties a slice, with its memory.
func reuse[T any](s []T) []T { return s[:0] }
