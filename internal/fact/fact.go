// Package fact knows what a fact is: the kinds of facts, their values, how values compare,
// how text is folded, and how a caller's any is read into a value of a declared kind.
//
// Nothing here errs or panics on what a lead may hold. A value that cannot be read is unknown,
// and the reason, where there is one to report, is a [Problem].
package fact

import (
	"cmp"
	"slices"
	"strings"
)

// MaxNumber is the largest magnitude that a number may have. Beyond it a float64 no longer tells
// tenths apart.
const MaxNumber = 1e15

// MaxText is how many bytes a text may have, and the texts of a list together, unless a reader is
// limited to fewer; MaxTexts is how many texts a list may have: what conditions cost grows with them,
// and no profile needs more.
const (
	MaxText  = 1 << 16
	MaxTexts = 1000
)

// FirstTime and LastTime are the first and the last instant that a fact can be, which are those that
// nanoseconds in 64 bits represent.
const (
	FirstTime = "1677-09-21T00:12:43.145224192Z"
	LastTime  = "2262-04-11T23:47:16.854775807Z"
)

// Kind is the declared kind of a fact. The zero Kind is None, the kind of no fact.
type Kind uint8

// The kinds of facts.
const (
	// None is no kind. A reader of it takes nothing.
	None Kind = iota
	// Number is a finite number of at most MaxNumber.
	Number
	// Text is what people typed: cleaned when read (see [Clean]), and folded when compared for equality.
	Text
	// Code is text that is kept, and compared, exactly as it was given.
	Code
	// Bool is true or false.
	Bool
	// Time is an instant, from FirstTime to LastTime, both included.
	Time
	// Texts is a list of text, in the order given, duplicates kept. It may be empty, and known in part.
	Texts
)

var kindNames = [...]string{None: "none", Number: "number", Text: "text", Code: "code", Bool: "bool", Time: "time", Texts: "texts"}

// String returns the name by which a policy declares the kind, such as "number". None, and what is
// not a kind, is "none".
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[None]
	}
	return kindNames[k]
}

// ParseKind returns the kind whose name is s, exactly as [Kind.String] spells it, and reports whether
// there is one. None cannot be declared, so "none" gives false.
func ParseKind(s string) (Kind, bool) {
	k := Kind(max(0, slices.Index(kindNames[:], s)))
	return k, k != None
}

// Value is one fact. The zero Value is unknown. Only the field of the value's kind is meaningful; the
// others are zero.
type Value struct {
	// Known reports whether the fact is known. When it is not, every other field is zero.
	Known bool
	// Bool is the value of a bool.
	Bool bool
	// Partial is that of the elements of texts some were set aside. There is at least one that was not.
	Partial bool
	// Number is the value of a number: finite, at most MaxNumber in magnitude, never negative zero.
	Number float64
	// Time is the value of a time, in nanoseconds since 1970 UTC.
	Time int64
	// Text is the value of a text, clean but otherwise as typed, or of a code, exactly as given.
	// It is never blank when known.
	Text string
	// Texts is the value of texts: each clean but otherwise as typed, none blank.
	Texts []string
}

// Problem is the reason why a value that was given, or an element of a list, is unknown all the same. What counts as not given
// (nil, blank text, a placeholder) is unknown without a Problem.
type Problem uint8

// The problems of a value.
const (
	// NoProblem means that the value was read, or that none was given.
	NoProblem Problem = iota
	// WrongKind means that the value is not of the declared kind and cannot be read as it.
	WrongKind
	// OutOfRange means a number outside its declared bounds or beyond MaxNumber, a time outside what 64
	// bits of nanoseconds represent, a text, or the texts of a list together, of more bytes than MaxText or
	// the reader's limit, or more texts than MaxTexts.
	OutOfRange
	// NotInValues means text that is not among the declared values.
	NotInValues
	// UnsplitList means text that looks like a list of texts in one, whose separator is not declared.
	UnsplitList
)

var problemNames = [...]string{
	NoProblem: "", WrongKind: "wrong_kind", OutOfRange: "out_of_range", NotInValues: "not_in_values", UnsplitList: "unsplit_list",
}

// String returns the name of the problem, such as "wrong_kind". NoProblem, and what is not a problem,
// is "".
func (p Problem) String() string {
	if int(p) >= len(problemNames) {
		return ""
	}
	return problemNames[p]
}

// Compare returns -1, 0 or +1 as a stands before, with or after b, two values of kind k, in a total
// order: unknown first; numbers, times and bools (false before true) by value; text by its folded form
// and then exactly, so that only identical text gives 0; code exactly; texts element by element, each
// as text, and then those that are known in full first. Values of None differ only in whether they are known.
func Compare(k Kind, a, b *Value) int {
	if !a.Known || !b.Known {
		return compareBool(a.Known, b.Known)
	}
	switch k {
	case Number:
		return cmp.Compare(a.Number, b.Number)
	case Text:
		return compareText(a.Text, b.Text)
	case Code:
		return strings.Compare(a.Text, b.Text)
	case Bool:
		return compareBool(a.Bool, b.Bool)
	case Time:
		return cmp.Compare(a.Time, b.Time)
	case Texts:
		return cmp.Or(slices.CompareFunc(a.Texts, b.Texts, compareText), compareBool(a.Partial, b.Partial))
	}
	return 0
}

// Equal reports whether a and b, two values of kind k, are equal as the language means it: text, and
// each of texts, folded; everything else exactly. An unknown equals nothing, and so does a list that is
// known in part, and a value of None.
func Equal(k Kind, a, b *Value) bool {
	if !a.Known || !b.Known {
		return false
	}
	switch k {
	case Number:
		return a.Number == b.Number
	case Text:
		return EqualFold(a.Text, b.Text)
	case Code:
		return a.Text == b.Text
	case Bool:
		return a.Bool == b.Bool
	case Time:
		return a.Time == b.Time
	case Texts:
		return !a.Partial && !b.Partial && slices.EqualFunc(a.Texts, b.Texts, EqualFold)
	}
	return false
}

func compareText(a, b string) int {
	if a == b {
		return 0
	}
	return cmp.Or(CompareFold(a, b), strings.Compare(a, b))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
