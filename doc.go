// Package qualify decides how good a sales lead is, and why.
//
// A [Policy] says, as data, what a team believes about a good lead: which facts
// and activities there are, what each is worth, which criteria a buyer must meet
// and when a lead reaches a stage. Its conditions are expressions. [Compile]
// checks all of it and makes it a [Model]; [Model.Assess] gives for a [Lead], at
// an instant, an [Assessment]: a [Score], a [Checklist] and a [Verdict], each
// with its reasons.
//
//	Policy ──Compile──▶ Model                                        (once)
//	Lead, at ──▶ history ──▶ signals ──▶ criteria ──▶ rules ──▶ groups, bands ──▶ stage ──▶ Assessment
//
// Each step reads only what stands to its left. There is no clock, no I/O, no
// global state and no log: the caller gives the instant, and the same facts give
// the same bytes.
//
// # Facts that are not there
//
// A fact that is absent, nil, blank, not finite, a placeholder or of the wrong
// kind is unknown, and logic is three-valued. Unknown is never yes and never no:
// a rule pays, a criterion is met and a stage opens only on yes; a stage is lost,
// and an Else is paid, only on a definite no. What was of the wrong kind is named
// in [Assessment.Issues]. The history is complete: an activity that is not there
// did not happen.
//
// # In a backend
//
// Compile once, when the policy is loaded, and share the Model. Assess a lead
// when a fact of it arrives and when its [Assessment.Until] passes, store the
// verdict's Stage and Since as they stand, and nobody need be assessed every night:
//
//	model, err := qualify.Compile(policy, qualify.WithLocation(berlin))
//	...
//	for lead, now := range facts.and(wakeUps) {
//		err = model.AssessInto(&assessment, lead, now)
//		lead.Stage, lead.StageSince = assessment.Verdict.Stage, assessment.Verdict.Since
//		wakeUps.set(lead, assessment.Until) // zero is never
//	}
//
// A [Tracker] follows one lead as facts arrive, at a cost that, for most rules, does
// not grow with its history, and tells its next change exactly, or a whole year from
// change to change.
//
// The README has the expression language and the order of operations on one
// screen each.
package qualify
