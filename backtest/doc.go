// Package backtest judges a policy by leads whose outcome is known, and learns points
// from them.
//
// A Case is a lead with its history and what became of it. A Plan says at which instants
// leads are judged and within which span a win counts. Rank says how well the points of a
// model find the wins. Learn finds whole points for the rules of a policy, and says on
// leads that it did not use whether they are better. Audit says which facts the plan
// leaves out, and which look as if they were known because of the outcome.
//
//	report, err := backtest.Rank(model, plan, backtest.Cases(cases))
//	lesson, err := backtest.Learn(model, plan, backtest.Cases(cases))
//
// # What cannot leak
//
// A judgement at an instant sees what was known then and nothing else:
//
//   - Activities after the instant are not seen, nor those recorded after it.
//   - Dated attributes count from their instant on. Undated ones are not seen, unless the
//     plan names them as known from the start.
//   - The stage that is stored in a lead is not seen.
//   - The instants follow from when a lead came in and what was known of it. No outcome
//     can choose them.
//   - A judgement counts only once the span of the plan has passed, also if the lead was
//     won before.
//
// So facts that are added after the outcome do not change a byte of a Report or a Lesson.
//
// # Numbers
//
// Intervals are of 95 %. Several judgements of one lead are not several leads: all
// intervals are clustered by the ID of the lead. Results do not depend on the order of the
// cases, nor on the platform. Assessments alone decide in points; what this package computes
// from them (chances, quartiles, regressions) is floating-point, and stays outside of any
// assessment. For the quartiles it uses golang.org/x/exp/stats. That package adds rounded and
// unrounded products, depending on the platform. It is given whole seconds, of which quartiles
// are exact, and the result is rounded to a tenth of a day.
//
// Cases are judged on as many goroutines as there are processors. The iterator runs on the
// caller's, and what it gives may be overwritten by the next case: a copy is judged. Results do not
// depend on how many processors there are.
//
// Neither Rank nor Learn holds the cases. Rank holds for each judgement 17 bytes for each rule and
// some 150 besides, Learn 12 for each rule that pays and some 150 besides; while they put these in
// order, twice as much.
package backtest
