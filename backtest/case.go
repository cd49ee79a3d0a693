package backtest

import (
	"iter"
	"time"

	"github.com/qualify-go/qualify"
)

// Case is a lead with what became of it.
type Case struct {
	// Lead is the lead. Its ID tells leads apart: cases with one ID are one lead that came
	// in several times, and a case without an ID is left out. Its profile carries no dates
	// and is seen only as far as Plan.Known names it. Its activities are seen from their
	// instant on. Its stage is not seen.
	Lead qualify.Lead `json:"lead"`
	// Attributes are attributes of the profile that are dated. They go before the
	// profile.
	Attributes []Attribute `json:"attributes,omitempty"`
	// Began is when the lead came in.
	Began time.Time `json:"began"`
	// Outcome is what became of it, and Until is when: when it was won or lost. Of an open
	// lead, Until is until when it was watched; zero is until the end of the plan.
	Outcome Outcome   `json:"outcome"`
	Until   time.Time `json:"until,omitzero"`
}

// Attribute is an attribute of the profile that is known from an instant on, until another
// one of its name takes its place.
type Attribute struct {
	// Name is the key in the profile, and Value the value; nil is unknown from then on.
	Name  string `json:"name"`
	Value any    `json:"value"`
	// At is when it became known.
	At time.Time `json:"at"`
}

// Outcome is what became of a lead.
type Outcome string

// The outcomes. A lead that is lost is never won later: win it back as another Case.
const (
	Open Outcome = "open"
	Won  Outcome = "won"
	Lost Outcome = "lost"
)

// Cases gives cases in memory as Rank, Learn and Audit take them.
func Cases(cases []Case) iter.Seq2[*Case, error] {
	return func(yield func(*Case, error) bool) {
		for i := range cases {
			if !yield(&cases[i], nil) {
				return
			}
		}
	}
}

// LeftOut is why a case, an instant or a fact is left out.
type LeftOut string

// Why a case is left out.
const (
	LeftOutFailed  LeftOut = "failed"   // it came with an error, or is nil
	LeftOutNoID    LeftOut = "no_id"    // its lead has no ID
	LeftOutNoBegan LeftOut = "no_began" // when it came in is not known
	LeftOutNoUntil LeftOut = "no_until" // it is won or lost, and when is not known
	LeftOutOutcome LeftOut = "outcome"  // the outcome is none of the three
)

// Why an instant of a case is left out.
const (
	LeftOutEnded      LeftOut = "ended"               // the lead had been won or lost by then
	LeftOutUnwatched  LeftOut = "unwatched"           // the span had not passed when the plan or the watching ended
	LeftOutNotEntered LeftOut = "not_entered"         // the lead never entered the stage
	LeftOutLearning   LeftOut = "learning"            // it lies on the side of the split from which points are learned
	LeftOutAcross     LeftOut = "across"              // its span ends after the split, or it lies before the window
	LeftOutUsed       LeftOut = "used"                // it lies after the split, and the lead was used before it
	LeftOutBound      LeftOut = "too_many_activities" // the lead has more activities than the model takes
)

// Why a fact is left out.
const (
	LeftOutLater      LeftOut = "later"       // it is dated after the instant
	LeftOutRecorded   LeftOut = "recorded"    // it was recorded after the instant
	LeftOutNoRecorded LeftOut = "no_recorded" // when it was recorded is not known
	LeftOutUndated    LeftOut = "undated"     // it has no date, and the plan does not name it
	LeftOutStage      LeftOut = "stage"       // it is the stored stage
)

// LeftOutCount is how often something was left out for a reason.
type LeftOutCount struct {
	// Reason is the reason, and Count how many cases, instants or facts.
	Reason LeftOut `json:"reason"`
	Count  int     `json:"count"`
}

// words say a reason for a person.
var words = map[LeftOut]string{
	LeftOutFailed: "cases could not be read", LeftOutNoID: "cases have no ID", LeftOutNoBegan: "cases do not say when they began",
	LeftOutNoUntil: "cases do not say when they were won or lost", LeftOutOutcome: "cases have an outcome that is none",
	LeftOutEnded: "instants at which the lead had been won or lost", LeftOutUnwatched: "instants whose span was not watched to its end",
	LeftOutNotEntered: "cases that never enter the stage", LeftOutLearning: "instants kept for learning",
	LeftOutAcross: "instants whose span lies across the split, or before its window", LeftOutUsed: "instants of leads that were used for learning",
	LeftOutBound: "instants of leads with too many activities",
	LeftOutLater: "facts dated after the instant", LeftOutRecorded: "facts recorded after the instant",
	LeftOutNoRecorded: "facts that do not say when they were recorded", LeftOutUndated: "attributes without a date that the plan does not name",
	LeftOutStage: "stored stages",
}

// reasons are all reasons, in the order of print-outs.
var reasons = []LeftOut{
	LeftOutFailed, LeftOutNoID, LeftOutNoBegan, LeftOutNoUntil, LeftOutOutcome,
	LeftOutEnded, LeftOutUnwatched, LeftOutNotEntered, LeftOutLearning, LeftOutAcross, LeftOutUsed, LeftOutBound,
	LeftOutLater, LeftOutRecorded, LeftOutNoRecorded, LeftOutUndated, LeftOutStage,
}

// counts gives what was left out, in the order of reasons.
func counts(of map[LeftOut]int) []LeftOutCount {
	list := []LeftOutCount{}
	for _, reason := range reasons {
		if of[reason] > 0 {
			list = append(list, LeftOutCount{reason, of[reason]})
		}
	}
	return list
}
