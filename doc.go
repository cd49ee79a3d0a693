// Package qualify scores sales leads by rules, and says why.
//
// A [Policy] is data: it declares which facts and activities there are, what each
// is worth, which criteria a buyer must meet, and when a lead reaches a stage. Its
// conditions are expressions. [Compile] checks a policy and makes a [Model].
// [Model.Assess] gives for a [Lead], at an instant, an [Assessment]: a [Score], a
// [Checklist] and a [Verdict], each with its reasons.
//
//	Policy ──Compile──▶ Model                                        (once)
//	Lead, at ──▶ history ──▶ signals ──▶ criteria ──▶ rules ──▶ groups, bands ──▶ stage ──▶ Assessment
//
// Each step reads only the results of the steps to its left. The package has no
// clock, no I/O, no global state and no log. The caller gives the instant, and the
// same facts give the same bytes.
//
// # Unknown facts
//
// A fact that is absent, blank, a placeholder or of the wrong kind is unknown.
// Unknown is neither yes nor no. A rule pays, a criterion is met and a stage opens
// only on yes. A stage is lost, and an Else is paid, only on no. Values of the wrong
// kind are also named in [Assessment.Issues]. The history is complete: an activity
// that is not there did not happen.
//
// # In a backend
//
// Compile once, and share the Model. Assess a lead when a fact of it arrives and at
// the instant that [Assessment.Wake] gives. Store Stage and Since of the verdict each
// time. No lead has to be assessed every night.
//
//	model, err := qualify.Compile(policy, qualify.WithLocation(berlin))
//	...
//	for lead, now := range factsAndWakeUps {
//		err = model.AssessInto(&assessment, lead, now)
//		lead.Stage, lead.StageSince = assessment.Verdict.Stage, assessment.Verdict.Since
//		wakeUp(lead, assessment.Wake(lead)) // zero is never
//	}
//
// An activity that is dated in the future is a fact that arrives then. Wake is the
// earlier of the first of them and [Assessment.Until]. docs/backend.md has the whole
// loop.
//
// A [Tracker] follows one lead as facts arrive. For most rules its cost does not grow
// with the history. It finds the exact instant of the next change, and all changes of a
// year.
//
// The folder docs has the expression language, the order of operations, and recipes.
package qualify
