// Package qualifytest tests policies by scenarios: text files that read like a
// story, which those who own a policy can read and write. Run them with
//
//	func TestPolicy(t *testing.T) {
//		qualifytest.Run(t, model, qualifytest.Dir("testdata"))
//	}
//
// A file, *.scenario, holds any number of scenarios:
//
//	# What follows a hash is a comment.
//	now 2026-11-01 12:00                      the instant 0d, in UTC
//
//	scenario an e-mail clicker goes cold
//	  lead title="VP Sales" employees=250     attributes; title= makes one unknown
//	  in mql since -40d                       the stage that it comes with
//	  -10d demo_request                       an activity, ten days before now
//	  -3d  email_open x4                      four of them
//	  -2d  call id=17 budget=10000 start=+30d with an ID and properties
//	  at 0d                                   assessed at 0d: what is expected
//	    stage mql (promote)
//	    score 42
//	    rule demo 30
//	    checklist need=yes budget=unknown
//	  lead employees=300                      facts that come later
//	  at +90d                                 assessed again, in the stage of the last time
//	    stage none (demote)
//	    blocked score("engagement") >= 40
//
// Instants are offsets from now, such as -10d, +1d12h or +30d-1ns (units w, d, h,
// min, s and ns), dates (2026-11-01) and times (2026-11-01 12:00, with a T or
// seconds too, or in RFC 3339). The value of an attribute or a property that is a time
// is read alike, and reaches the model as a time. Without an offset, instants are in UTC,
// and values in the model's location. A value that is no time is an error; in quotation
// marks it is text, which the model sets aside.
//
// Words are separated by spaces. What holds a space, a hash or a quotation mark stands in
// 'single' quotation marks, as it is, or in "double" ones, with the escapes of Go. A hash
// that begins a word begins a comment.
//
// Facts come in the order of the lines, whatever their dates. Only what is named is
// expected:
//
//	stage mql (enter)      the stage, or none; with the move, if it is given
//	score 42               the total; also >= 40, < 50, 40..50
//	score fit 20           a group's points
//	rating A1, band fit A  labels, or none
//	rule demo 30           what a rule pays; without a number, that it pays something
//	checklist need=yes     answers
//	blocked score() >= 40  what must change, as expressions write it, or nothing
//	ask What is it for?    a question that the verdict has
//	unknown lead.title     an unknown fact that the policy asks for
//	next +30d              when it changes by itself, or never
//	until +30d             until when the assessment says that it holds: not later
//	due +45d               when the stay should end, or never; overdue, not overdue
//	issue wrong_kind lead.employees, or issue none
//
// What stands behind blocked, ask, unknown and issue is compared to the byte: spaces around
// it do not count, those in it do. Where such a text holds a hash behind a space, or an odd
// number of double quotation marks, or is the word nothing, it stands in double quotation
// marks as a whole.
//
// A file that begins with "policy name.json" is about that document, which lies
// beside it, rather than about the model given; with "fails text" below it, the
// document must not compile, with a message that holds the text.
//
// Check holds a model to the scenarios about it outside go test, such as a policy in an
// editor, before a backend puts it in use.
//
// Cover tells what of a policy the scenarios leave out. Package mutants, below this one,
// tells what in it could be changed without a scenario that fails.
package qualifytest
