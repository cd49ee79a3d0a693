// Package review is what one does before a policy is released.
//
// [Vet] says what is wrong with a policy that compiles: conditions that can never
// hold, stages that no score reaches, caps that nothing can reach, declarations
// that nothing uses. [Compare] shows what a new policy changes: which leads move, and
// by which rules. [Release.Check] says whether a new policy may go live, with its reasons.
package review
