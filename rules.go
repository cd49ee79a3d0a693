package qualify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify/internal/accrual"
	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// Policy is what a team believes about a good lead, as data: which facts there
// are, which activities are signals, what each fact and signal is worth, which
// criteria a buyer must meet, and when a lead reaches a stage. Conditions and
// amounts are expressions; docs/language.md describes the language.
//
// A policy is a Go value or a JSON document (ParsePolicy), with the same words
// in both. Compile turns it into a Model. The zero Policy compiles: it scores
// every lead 0.
type Policy struct {
	// Name and Version are repeated in every assessment. Both may be blank.
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	Note    string `json:"note,omitempty"`
	// Profile declares the attributes of a lead, which expressions read as
	// lead.<name>. What a lead has beyond them is ignored.
	Profile []Field `json:"profile,omitempty"`
	// Properties declares the properties of activities, of whatever type.
	Properties []Field `json:"properties,omitempty"`
	// Terms name expressions that several conditions share: term.<id>.
	Terms []Term `json:"terms,omitempty"`
	// Lists are lists of text that conditions share: list.<id>. All together have at
	// most 20,000 texts and 500,000 bytes.
	Lists []List `json:"lists,omitempty"`
	// Signals name the kinds of activity that rules and functions speak of.
	Signals []Signal `json:"signals,omitempty"`
	// Rules pay points, at most 5,000 of them.
	Rules []Rule `json:"rules,omitempty"`
	// Groups add up rules, cap the sum and grade it, at most 100 of them. The
	// root group, in which all others end, is called "total" and need not be listed.
	Groups []Group `json:"groups,omitempty"`
	// Criteria make up the checklist; see BANT.
	Criteria []Criterion `json:"criteria,omitempty"`
	// Stages are listed from the first to the last. Exit stages stand apart,
	// and the first one listed goes before the others.
	Stages []Stage `json:"stages,omitempty"`
	// Rating names the groups whose band labels, joined, are the rating: with
	// the groups "fit" and "engagement" it may be "A1".
	Rating []string `json:"rating,omitempty"`

	source *document.Source // what ParsePolicy read; only mistakes need it
}

// Kind says what a fact is.
type Kind string

// The kinds of facts.
const (
	// Number takes every Go integer and float, json.Number and decimal text,
	// between -1e15 and 1e15. Decimal text is an optional sign, digits with at most
	// one point before, among or after them, and optionally e with a whole number,
	// and perhaps white space around: "010" is 10, and ".5" is a half. "0x10",
	// "1_000" and "1,000" are of the wrong kind, and so are digits other than 0 to 9.
	Number Kind = "number"
	// Text is what people typed. White space around it and the case of its letters
	// play no part (each rune counts as the least of its simple-fold orbit; there is
	// no other normalisation), white space within it counts as one blank, and
	// characters that do not show (zero-width spaces, soft hyphens, a byte order
	// mark, marks of direction, but not joiners) do not count. It takes string,
	// []byte, json.RawMessage, and whole numbers as their digits: every Go integer,
	// json.Number, and floats up to 2^53. It has at most 65,536 bytes, or fewer for a
	// policy that looks very much into texts: see Bounds.Text.
	Text Kind = "text"
	// Code is text that is compared exactly. It takes what Text takes.
	Code Kind = "code"
	// Bool takes bool, 1 and 0, and the texts true, false, yes, no, y, n, t, f, on,
	// off, 1 and 0 in any case.
	Bool Kind = "bool"
	// Time takes time.Time and text: a date such as "2006-01-02", which is its
	// midnight, alone or with a clock behind T or a blank, as in "2006-01-02 15:04",
	// "2006-01-02T15:04:05.999Z", and with an offset such as Z, +01, +0100 or
	// +01:00. Without an offset it is a time in the location given to Compile: the
	// first one if the clocks show it twice, and when they were put forward if they
	// skip it. Numbers are times only where a field declares their unit: see
	// Field.Epoch.
	// All instants, also those of activities and assessments, lie between
	// 1677-09-21T00:12:43.145224192Z and 2262-04-11T23:47:16.854775807Z, both included.
	Time Kind = "time"
	// Texts is a list of text, of at most 1,000 elements, which together have no more
	// bytes than a text may: a slice or an array of
	// what Text takes, one such element alone, or one text that holds a list; see
	// Field.Separator. Elements are compared as Text is. An element that is nil,
	// blank or a placeholder is none. An empty list is known, and empty; a list of
	// nothing but such elements is unknown. An element that cannot be taken is set
	// aside alone, as an Issue tells: what is found beside it is found, and what is
	// not found there is unknown.
	Texts Kind = "texts"
)

// Field declares an attribute of the profile or a property of activities. A
// value that is absent, nil, not finite, blank, the zero time.Time or a placeholder
// is unknown, or the default; one of the wrong kind or outside what is declared is
// unknown, and an Issue says so.
type Field struct {
	// Name is what a lead's Profile or an activity's Props call it, and what
	// expressions write behind the dot; a name with a space is written
	// lead["Lead Source"].
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Label and Note are for people.
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Question is what a seller asks to learn an attribute.
	Question string `json:"question,omitempty"`
	// From is under which key a lead's Profile or an activity's Props has the value,
	// if not under Name, which is then not looked at. A key with dots is also a path
	// into inner maps and lists, if there is no such key: "company.employees",
	// "emails.0.value". At each step the rest of the path as one key goes first, and
	// then what stands before its first dot. For texts, one of the keys behind a dot may
	// be *, every element of a list: "tags.*.name". Where something else stands than a
	// map or a list, the value is of the wrong kind.
	From string `json:"from,omitempty"`
	// Minimum and Maximum bound a number, both included; nil is -1e15 and 1e15.
	// They make ranges narrower.
	Minimum *float64 `json:"minimum,omitempty"`
	Maximum *float64 `json:"maximum,omitempty"`
	// Values are all that a text, a code or an element of texts may be; none
	// allows everything.
	Values []string `json:"values,omitempty"`
	// Placeholders stand for no value, such as "Select" or "n/a". One that is a
	// number, such as "0", also stands for that number, and "true" and "false" for
	// that bool, whatever the kind of the field.
	Placeholders []string `json:"placeholders,omitempty"`
	// Separator separates the elements of texts that are written as one text, such
	// as ",". Blank is the semicolon; then an element is set aside as unsplit_list
	// if it holds a comma, a bar, a tab or a line break, and is not one of Values.
	// With or without it, a text that is one of Values is one element, a text that is
	// a JSON list is that list, and any other in square brackets or braces is set
	// aside as unsplit_list.
	Separator string `json:"separator,omitempty"`
	// Epoch is the unit in which numbers, and texts of digits, count a time since
	// 1970 in UTC: "s", "ms", "us" (or "µs") or "ns". What a time can be besides
	// is read as always. Blank takes no numbers.
	Epoch string `json:"epoch,omitempty"`
	// Default is the value of the fact, written as text ("false", "0", "[]" for an
	// empty list), for a lead or an activity that has none: that is, where without it
	// the fact would be unknown and no Issue would say why. It makes the fact known.
	Default string `json:"default,omitempty"`
}

// Term names an expression, so that conditions can share it as term.<id>.
type Term struct {
	ID   string `json:"id"`
	Note string `json:"note,omitempty"`
	// Is is the expression, of any kind. It may use other terms, in no circle.
	Is string `json:"is"`
}

// List is a list of text that conditions share as list.<id>, such as the domains of
// free e-mail addresses. It may stand to the right of in, contains, startsWith and
// endsWith, which then ask for any of its texts: lead.email endsWith list.free_mail.
// How long that takes hardly depends on how many there are.
type List struct {
	ID   string `json:"id"`
	Note string `json:"note,omitempty"`
	// Values are the texts, at least one. They are compared as the fact is that they
	// meet: without regard to case with a text, exactly with a code.
	Values []string `json:"values,omitempty"`
}

// Signal is a named kind of activity. Rules and functions speak of signals
// only, so that a misspelt one is found by Compile.
type Signal struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Types are the activity types that it takes, compared exactly; "*" is every
	// type. None is the ID itself.
	Types []string `json:"types,omitempty"`
	// Where is a condition over activity.<property> and activity.at. An activity
	// for which it is not yes is no occurrence.
	Where string `json:"where,omitempty"`

	// Repeats makes it a repeated signal: it occurs at the activity that brings the
	// count of the signal Repeats, within one period, to Every, and then counts
	// afresh. With Sum it is not the count but the sum of that number property.
	Repeats string  `json:"repeats,omitempty"`
	Every   float64 `json:"every,omitempty"`
	Sum     string  `json:"sum,omitempty"`
	// Per is a rolling period, Calendar one of "day", "week" (from Monday) and
	// "month". Gap makes the period a visit: it lasts until the signal Repeats does not
	// occur for so long; what comes exactly so long after the last one begins the next
	// visit. At most one of them is given; with none, the period is the whole history.
	Per      Duration `json:"per,omitempty"`
	Calendar string   `json:"calendar,omitempty"`
	Gap      Duration `json:"gap,omitempty"`

	// Following, NotFollowing and FollowedBy name another signal, at most one of them.
	// Of the occurrences that the signal would have without them, Following takes those
	// that come after some occurrence of the other signal, NotFollowing those that come
	// after none, and FollowedBy those after which the other signal occurs: always
	// later, by less than Within, which must be given. FollowedBy takes an occurrence
	// at its own instant, as soon as the other one has come. Occurrences before a reset
	// of a group still count as the other one.
	Following    string   `json:"following,omitempty"`
	NotFollowing string   `json:"not_following,omitempty"`
	FollowedBy   string   `json:"followed_by,omitempty"`
	Within       Duration `json:"within,omitempty"`

	// ForEach names a property, and makes of each value of it a signal of its own: what
	// Repeats counts, and what Following, NotFollowing and FollowedBy compare, are
	// occurrences with one value. Without the property an activity is passed over. The
	// signal then occurs whenever one of these does.
	ForEach string `json:"for_each,omitempty"`
}

// Rule pays points. Without On it is a state rule: it pays while a condition
// holds. With On it is an event rule: it pays for each occurrence of a signal.
// A rule's sum is rounded half away from zero to a millionth of a point (through
// the nearest 1e-12, so that what is a tie by hand is one), and kept within Min
// and Max, and within a million points either way.
type Rule struct {
	ID string `json:"id"`
	// Label is printed for Else too: name the topic ("Country"), not the good case.
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Group is the group to which the points go; blank is the root.
	Group string `json:"group,omitempty"`
	// On is the signal whose occurrences an event rule pays.
	On string `json:"on,omitempty"`
	// When is the condition. A state rule pays Points while it is yes, Else while
	// it is no, and nothing while it is unknown. An event rule pays only while it
	// is yes; blank is always.
	When string `json:"when,omitempty"`
	// Points lie between -1e6 and 1e6, and count in millionths of a point.
	Points float64 `json:"points,omitempty"`
	// Else is paid, by a state rule, while When, or every tier, is a definite no.
	Else float64 `json:"else,omitempty"`
	// Multiply is a number by which Points are multiplied: of the activity, the
	// profile or the history. While it is unknown, nothing is paid. Else is not
	// multiplied. What an event rule pays must not change as time passes but by
	// its decay: there, Multiply has no windows with a span, no idle_steps and no
	// checklist.
	Multiply string `json:"multiply,omitempty"`
	// Tiers take the place of When and Points: the first that is yes pays; if one
	// before it is unknown, the rule is unknown and pays nothing.
	Tiers []Tier `json:"tiers,omitempty"`
	// Limit decides which occurrences pay, on amounts before decay.
	Limit Limit `json:"limit,omitzero"`
	// Within leaves out occurrences that are that old or older.
	Within Duration `json:"within,omitempty"`
	// Decay lets what an occurrence pays shrink with its age. The zero Decay is
	// the group's.
	Decay Decay `json:"decay,omitzero"`
	// Min and Max bound the rule's points, also while it pays nothing: a Min
	// above 0 is paid to everybody. Nil is no bound.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Tier is one step of a rule with several.
type Tier struct {
	When   string  `json:"when"`
	Points float64 `json:"points,omitempty"`
}

// Limit decides which occurrences of an event rule's signal pay. With a period
// it goes through the history in its order; without one it starts from the
// newest. It never depends on the instant of the assessment. An occurrence whose
// multiplier is unknown pays nothing and uses nothing up, as if it had not been.
// The zero Limit lets all of them pay.
type Limit struct {
	// Times is how many pay, in each period if there is one; 0 is any number. One
	// that is worth 0 counts. One for which Points leaves nothing does not.
	Times int `json:"times,omitempty"`
	// Points bounds the sum of what they pay, in each period if there is one,
	// either way from zero; 0 is no bound. An occurrence pays as much of what it is
	// worth as the bound leaves, and never with the other sign. Opposite amounts
	// make room for each other. In a rolling period they do so only if every period
	// has both: with 5 points in 2 days, -5 on Monday and +10 on Tuesday pay -5 and
	// +5, because Tuesday and Wednesday are two days, too.
	Points float64 `json:"points,omitempty"`
	// Per is a rolling period, Calendar one of "day", "week" (from Monday), "month" and
	// "ever", the one period that does not end: with it the first occurrences pay, and
	// without a period the newest. Gap makes the period a visit: it lasts until the
	// signal of the rule does not occur for so long. At most one of them is given.
	Per      Duration `json:"per,omitempty"`
	Calendar string   `json:"calendar,omitempty"`
	Gap      Duration `json:"gap,omitempty"`
	// ForEach names a property: the limit then holds for the occurrences with each
	// value of it by themselves, as if there were no others: with 20 points and two
	// values, 40 can be paid. An occurrence without the property does not pay.
	ForEach string `json:"for_each,omitempty"`
	// OncePer names a property: of the occurrences with one value of it only one
	// pays: the first of each period for which Times and Points leave something, or
	// without a period the newest. Times and Points bound those of all values
	// together. An occurrence without the property does not pay.
	OncePer string `json:"once_per,omitempty"`
}

// Decay says what is left of an occurrence's points as it ages. Exactly one of
// HalfLife, Linear, Every and None is given; the zero Decay takes that of the
// group, or of the group above it, and otherwise nothing decays.
type Decay struct {
	// HalfLife halves what is left in each such span, smoothly.
	HalfLife Duration `json:"half_life,omitempty"`
	// Linear falls in a straight line to zero at that age.
	Linear Duration `json:"linear,omitempty"`
	// Every takes the fraction Lose (above 0, at most 1) for each full step of
	// that length: of the original, or with Compound (then at least 0.001) of what
	// is left. A step is full at exactly its length.
	Every    Duration `json:"every,omitempty"`
	Lose     float64  `json:"lose,omitempty"`
	Compound bool     `json:"compound,omitempty"`
	// Idle names a signal: then Lose is taken of what is left for each full span
	// of Every without that signal since the occurrence, gap by gap, for good.
	Idle string `json:"idle,omitempty"`
	// None keeps the group's decay away.
	None bool `json:"none,omitempty"`
}

// Group adds up the points of its rules and of the groups below it.
type Group struct {
	// ID names the group. The root is "total"; listed, it may have bounds, bands,
	// a decay and a reset like any other, but no Parent and no Weight.
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Parent is the group to which the points go; blank is the root.
	Parent string `json:"parent,omitempty"`
	// Weight multiplies the points on their way to the parent, between -10 and
	// 10. Nil is 1; 0 keeps the group apart, for its band only.
	Weight *float64 `json:"weight,omitempty"`
	// Percent gives the sum as 0 to 100: where it lies between the least and the
	// most that its rules, and the groups below it, can pay.
	Percent bool `json:"percent,omitempty"`
	// Round rounds to a multiple of it, half away from zero: 1 for whole points.
	// 0 does not round.
	Round float64 `json:"round,omitempty"`
	// Min and Max bound the group's points; nil is a million points either way.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Bands grade the group's own points, in ascending order of From.
	Bands []Band `json:"bands,omitempty"`
	// Decay is that of the group's event rules, and of the groups below it, that
	// have none of their own.
	Decay Decay `json:"decay,omitzero"`
	// ResetOn names a signal: the group's rules, and those below it, see history
	// only from its last occurrence on, that one included; repeated signals count
	// afresh from there. If it is a repeated signal, the activity at which it occurs
	// stays an occurrence of it and of the signals that it repeats, and is used up
	// for these; any other repeated signal counts that activity as its first. The
	// reset itself is looked for in all of the history, and so is what the checklist,
	// which rules may ask, rests on.
	ResetOn string `json:"reset_on,omitempty"`
}

// Band is a grade: it holds from From on, up to the next band.
type Band struct {
	// From is included. Nil, allowed in the first band only, is everything below
	// the second.
	From  *float64 `json:"from,omitempty"`
	Label string   `json:"label"`
}

// Duration is a span of time in nanoseconds, a whole number of seconds, at most
// a hundred years. In documents it is written "30d"; the units are w, d (24
// hours), h, min and s. The zero Duration is none.
type Duration time.Duration

// Day is the span of 24 hours.
const Day = 24 * Duration(time.Hour)

// String gives the span as documents write it, such as "30d", in the largest of
// the units d, h, min and s that leaves a whole number.
func (d Duration) String() string { return history.FormatSpan(int64(d)) }

// MarshalText gives the span as documents write it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a span such as "30d". It refuses "m", months and years,
// whose lengths are not fixed, and says so.
func (d *Duration) UnmarshalText(text []byte) error {
	ns, err := history.ParseSpan(string(text))
	if err == nil {
		*d = Duration(ns)
		return nil
	}
	word := strings.TrimSuffix(strings.ToLower(strings.TrimLeft(string(text), "1 ")), "s")
	if word == "day" || word == "week" || word == "month" {
		return fmt.Errorf(`%w; for that of the calendar, write "calendar": %q in the place of per`, err, word)
	}
	return err
}

// format is the number of the document format that this package reads and writes.
const format formatNumber = 1

type formatNumber int

// UnmarshalJSON refuses all other formats, so that document.Check reports them
// where they stand.
func (f *formatNumber) UnmarshalJSON(data []byte) error {
	if string(data) != strconv.Itoa(int(format)) {
		return fmt.Errorf("this version of the library reads documents of format %d: write %[1]d", format)
	}
	*f = format
	return nil
}

// plainPolicy is a Policy without methods, as encoding/json takes it.
type plainPolicy Policy

// policyDocument is a policy as it stands in a document.
type policyDocument struct {
	Schema string       `json:"$schema,omitempty"` // for editors; not part of the policy
	Format formatNumber `json:"format"`
	plainPolicy
}

// shape is policyDocument with its fields side by side.
var shape = func() reflect.Type {
	outer, inner := reflect.TypeFor[policyDocument](), reflect.TypeFor[Policy]()
	fields := []reflect.StructField{outer.Field(0), outer.Field(1)}
	for i := range inner.NumField() {
		if f := inner.Field(i); f.IsExported() {
			fields = append(fields, f)
		}
	}
	for i := range fields {
		fields[i].Offset, fields[i].Index = 0, nil
	}
	return reflect.StructOf(fields)
}()

// MarshalJSON gives the policy's document, on one line, with its format number.
// It fails for a policy that holds a number that is not finite.
func (p Policy) MarshalJSON() ([]byte, error) {
	return json.Marshal(policyDocument{Format: format, plainPolicy: plainPolicy(p)})
}

// UnmarshalJSON reads a policy's document as strictly as ParsePolicy.
func (p *Policy) UnmarshalJSON(data []byte) error {
	read, err := ParsePolicy(data)
	if err == nil {
		*p = read
		p.source = nil // data can be a part of a document, whose lines are others
	}
	return err
}

// Equal reports whether two policies say the same, so that they have the same
// canonical document. Where they were read from plays no part. Package
// github.com/google/go-cmp/cmp uses it.
func (p Policy) Equal(q Policy) bool { return p.String() == q.String() }

// String gives the policy's canonical document: indented, readable, defaults
// left out. Two policies with the same one are the same. Control characters, marks
// of direction and tags, which values and types may hold, are escapes.
func (p Policy) String() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(policyDocument{Format: format, plainPolicy: plainPolicy(p)}); err != nil {
		return fmt.Sprintf("policy %q has no document: %v", p.Name, err)
	}
	return document.Escaped(b.String())
}

// ParsePolicy reads a policy's JSON document. It is strict: unknown fields,
// fields that stand twice, values of the wrong type and text after the document
// are mistakes. All of them are reported at once, as a *CompileError whose
// lines and columns are those of the document. The expressions are not looked
// at; Compile does that. A field "$schema" is for editors, and is dropped.
//
// The policy remembers the document, so that Compile can say where in it a mistake
// is. A policy that was changed in between, and does not say the same as the
// document any more, is taken for one that was written in Go.
func ParsePolicy(data []byte) (Policy, error) {
	var failure CompileError
	for _, m := range document.Check(data, shape) {
		failure.Mistakes = append(failure.Mistakes, Mistake(m))
	}
	var given struct {
		Name   any             `json:"name"`
		Format json.RawMessage `json:"format"`
	}
	if err := json.Unmarshal(data, &given); err == nil && bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		failure.Policy, _ = given.Name.(string)
		if given.Format == nil {
			failure.Mistakes = append(failure.Mistakes, Mistake{
				Field: "format", Message: fmt.Sprintf(`format is missing: begin the document with "format": %d`, format),
			})
		}
	}
	if failure.Mistakes != nil {
		return Policy{}, &failure
	}
	var read policyDocument
	if err := json.Unmarshal(data, &read); err != nil {
		return Policy{}, &CompileError{Mistakes: []Mistake{{Message: err.Error()}}}
	}
	policy := Policy(read.plainPolicy)
	policy.source = &document.Source{Data: bytes.Clone(data)}
	return policy, nil
}

// CompileError holds the mistakes of a policy, in the order of its document: all
// of those that ParsePolicy, or Compile, looks for in one pass. If there are very many
// (100 for ParsePolicy, 1,000 for Compile), the last one says how many more.
type CompileError struct {
	// Policy is the policy's name, if it is known.
	Policy   string    `json:"policy,omitempty"`
	Mistakes []Mistake `json:"mistakes"`
}

// Mistake is one thing that is wrong in a policy.
type Mistake struct {
	// Path is the place in the document, such as "rules[2]"; it counts from 0.
	// It is blank for what belongs to the policy as a whole.
	Path string `json:"path,omitempty"`
	// ID is the ID, or the name, of what stands there.
	ID string `json:"id,omitempty"`
	// Field is the field, such as "when" or "decay.lose".
	Field string `json:"field,omitempty"`
	// Line and Column are 1-based, the column in runes: in the document for
	// ParsePolicy, and for Compile of the policy that it read; of a policy that was
	// written in Go, in the expression or value itself. What is missing in a document
	// stands where the entry that lacks it begins; in Go it has no place, and both are 0.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Source is the line; of a mistake of Compile in an expression, that of the
	// expression.
	Source string `json:"source,omitempty"`
	// SourceColumn is the place of the caret in Source, 1-based and in runes, where
	// that is not Column: for an expression that stands in a document. Otherwise it is 0.
	SourceColumn int `json:"source_column,omitempty"`
	// Message says what is wrong and how to mend it.
	Message string `json:"message"`
}

// Error lists the mistakes, each with its place, its line and a caret.
func (e *CompileError) Error() string {
	var b strings.Builder
	b.WriteString("policy")
	if e.Policy != "" {
		fmt.Fprintf(&b, " %q", e.Policy)
	}
	if len(e.Mistakes) == 1 {
		b.WriteString(": 1 mistake")
	} else {
		fmt.Fprintf(&b, ": %d mistakes", len(e.Mistakes))
	}
	for _, m := range e.Mistakes {
		b.WriteString("\n")
		b.WriteString(m.String())
	}
	return b.String()
}

// String gives the place, the message, the line and a caret below the column.
func (m Mistake) String() string { return document.Mistake(m).String() }

// Option changes how Compile works.
type Option func(*settings)

type settings struct {
	location *time.Location
	bounds   Bounds
}

// WithLocation sets the location whose days, weeks and months are meant, and in
// which a date without a clock begins. Without it, or with nil, it is UTC. Load it
// by name (time.LoadLocation): what time.Local is differs between machines.
func WithLocation(loc *time.Location) Option {
	return func(s *settings) {
		if loc != nil {
			s.location = loc
		}
	}
}

// Bounds limits what a policy and a lead may cost. A field that is zero keeps
// its default; one that is negative, or above its most, is a mistake of Compile.
type Bounds struct {
	// Activities is how many a lead may have up to the instant of an assessment, at
	// most 100,000,000. By default it is 1,000,000, or less for a policy that asks very
	// much of the history: 100,000,000 divided by about how often it goes through it.
	Activities int
	// Expression is how many bytes an expression may have: by default 4,096, at
	// most 16,384.
	Expression int
	// Nesting is how deep an expression, and terms within terms, may be nested:
	// by default 100 levels, at most 200. Each and, or and arithmetic sign in a
	// row counts as one.
	Nesting int
	// Nodes is how many parts an expression may have: by default 500, at most 5,000.
	Nodes int
	// Pattern is how many bytes a regular expression may have: by default 500, at
	// most 5,000.
	Pattern int
	// Text is how many steps an assessment may take over texts, by default
	// 2,000,000,000, at about a nanosecond each. For each byte of a text, to read it
	// takes 5 steps, to compare it with another text 4, to look for a text in it 6, and
	// to match a pattern 25 for each instruction of its automaton. Tests of the lead's
	// own texts, and of those that functions of the history give, are each made once:
	// where they would take more, texts may have fewer bytes than 65,536, namely Text
	// divided by the steps of all these tests. Tests in where and multiply are made for
	// each activity: where they would take more, ErrTooManyActivities says so.
	Text int
}

// WithBounds sets the bounds.
func WithBounds(b Bounds) Option {
	return func(s *settings) { s.bounds = b }
}

// How much of everything a policy may have, so that sums of points stay exact:
// 5,000 rules and 100 groups of at most a million points and a weight of at
// most 10 stay below 2^53 millionths.
const (
	maxRules  = 5000
	maxGroups = 100
	maxList   = 1000 // of anything else
	maxID     = 200  // bytes

	maxListed      = 20_000  // texts of all lists
	maxListedBytes = 500_000 // of these
)

// Compile checks a policy and makes it a Model. If anything is wrong it returns
// a *CompileError that lists every mistake; when texts or numbers are not what a
// document can hold, or lists are too long, only these. The policy is copied;
// what the caller does to it afterwards has no effect on the Model.
func Compile(policy Policy, options ...Option) (*Model, error) {
	s := settings{location: time.UTC}
	for _, o := range options {
		if o != nil {
			o(&s)
		}
	}
	c := &compiler{policy: clone(policy), settings: s}
	m := c.model()
	if len(c.mistakes) > 0 {
		return nil, c.failure()
	}
	m.policy.source = nil // which may be large, and is not needed any more
	return m, nil
}

// MustCompile is Compile for policies that are part of the program: it panics
// if anything is wrong.
func MustCompile(policy Policy, options ...Option) *Model {
	m, err := Compile(policy, options...)
	if err != nil {
		panic("qualify: MustCompile: " + err.Error())
	}
	return m
}

func init() {
	program.Of = func(model any) *program.Program { return model.(*Model).program }
}

// compiler turns one policy into a model, and notes what is wrong on the way.
// The parts are compiled in the order in which they need one another, and the
// mistakes are sorted into the order of the document at the end.
type compiler struct {
	policy   Policy
	settings settings
	mistakes []document.Mistake
	more     int // mistakes that were not kept
	expr     *expression.Compiler
	m        *Model

	props   []expression.Field
	signals []string
	groups  []Group // the root first
}

// place is where in the policy the compiler is.
type place document.Place

// fail notes a mistake in a field; value is the field's value, nil if it is missing.
func (c *compiler) fail(p place, field string, value any, format string, args ...any) {
	m := document.Place(p).Mistake(field, fmt.Sprintf(format, args...))
	if value != nil {
		m = m.WithValue(value)
	}
	c.note(m)
}

// maxMistakes is how many are kept: nobody mends more at once.
const maxMistakes = 1000

func (c *compiler) note(m document.Mistake) {
	if len(c.mistakes) == maxMistakes {
		c.more++
		return
	}
	c.mistakes = append(c.mistakes, m)
}

func (c *compiler) failure() *CompileError {
	document.Sort(c.mistakes, reflect.TypeFor[Policy](), func(m document.Mistake) document.Mistake { return m })
	if source := c.policy.source; source != nil {
		if read, err := ParsePolicy(source.Data); err == nil && read.Equal(c.policy) {
			source.Place(c.mistakes)
		}
	}
	e := &CompileError{Policy: c.policy.Name}
	for _, m := range c.mistakes {
		e.Mistakes = append(e.Mistakes, Mistake(m))
	}
	if c.more > 0 {
		e.Mistakes = append(e.Mistakes, Mistake{Message: fmt.Sprintf("%d more mistakes were found: these %d are enough for now", c.more, maxMistakes)})
	}
	return e
}

// expression compiles an expression, and notes its mistakes where they stand.
func (c *compiler) expression(p place, field, source string, where expression.Place, want fact.Kind, resetScope int) *expression.Node {
	n, mistakes := c.expr.Compile(source, where, want, resetScope)
	c.expressionMistakes(p, field, source, mistakes)
	return n
}

func (c *compiler) expressionMistakes(p place, field, source string, mistakes []expression.Mistake) {
	for i, m := range mistakes {
		if len(c.mistakes) == maxMistakes {
			c.more += len(mistakes) - i // to find their places would cost more than it is worth
			return
		}
		c.note(document.Place(p).Mistake(field, m.Message).WithSource(source, m.Offset))
	}
}

// model compiles the policy. It goes on after a mistake, to find the others.
func (c *compiler) model() *Model {
	if !c.wellFormed() {
		return nil // without valid text and numbers the rest cannot be trusted
	}
	p := &program.Program{Location: c.settings.location}
	c.m = &Model{policy: c.policy, location: c.settings.location, maxActivities: c.settings.bounds.Activities, program: p}
	var readers []*fact.Reader
	p.Profile, p.Readers, c.m.attributes = c.declare("profile", "lead", c.policy.Profile)
	c.props, readers, c.m.properties = c.declare("properties", "activity", c.policy.Properties)
	p.Properties = c.props
	for i, f := range c.props {
		p.Props = append(p.Props, history.Prop{Name: f.Name, Kind: f.Kind, Reader: readers[i]})
	}
	c.compileLists()
	c.names()
	c.compileSignals()
	c.compileCriteria()
	c.compileTerms()
	c.compileGroups()
	c.compileRules()
	c.compilePercent()
	c.compileStages()
	c.compileRating()
	if len(c.mistakes) > 0 {
		return nil
	}
	c.finish()
	return c.m
}

// wellFormed checks what the documents could not hold: text that is not UTF-8,
// numbers that are not finite, lists and bounds beyond their limits.
func (c *compiler) wellFormed() bool {
	document.CheckLeaves(c.policy, c.note)
	whole := place{"", -1, ""}
	p := &c.policy
	for _, l := range []struct {
		name        string
		length, max int
	}{
		{"profile", len(p.Profile), maxList}, {"properties", len(p.Properties), maxList}, {"terms", len(p.Terms), maxList}, {"lists", len(p.Lists), maxList},
		{"signals", len(p.Signals), maxList}, {"rules", len(p.Rules), maxRules}, {"groups", len(p.Groups), maxGroups},
		{"criteria", len(p.Criteria), maxList}, {"stages", len(p.Stages), maxList}, {"rating", len(p.Rating), maxGroups},
	} {
		if l.length > l.max {
			c.fail(whole, l.name, nil, "there are %d, and may be %d", l.length, l.max)
		}
	}
	texts, size := 0, 0
	for i, l := range p.Lists {
		texts += len(l.Values)
		for _, v := range l.Values {
			size += len(v)
		}
		if texts > maxListed || size > maxListedBytes {
			c.fail(place{"lists", i, l.ID}, "values", nil, "the lists have more than %d texts, or %d bytes, together: compute beforehand what needs more, and put it into the profile", maxListed, maxListedBytes)
			break
		}
	}
	b := &c.settings.bounds
	for _, l := range []struct {
		name         string
		value        *int
		normal, most int
	}{
		{"Activities", &b.Activities, 0, 100_000_000}, {"Expression", &b.Expression, 4096, 16384},
		{"Nesting", &b.Nesting, 100, 200}, {"Nodes", &b.Nodes, 500, 5000}, {"Pattern", &b.Pattern, 500, 5000},
		{"Text", &b.Text, 2_000_000_000, math.MaxInt},
	} {
		if *l.value == 0 {
			*l.value = l.normal
		}
		if *l.value < 0 || *l.value > l.most {
			c.fail(whole, "", nil, "Bounds.%s is %d, and must lie between 1 and %d, or be 0 for the default", l.name, *l.value, l.most)
		}
	}
	return len(c.mistakes) == 0
}

// id checks an ID, or a name, and that it is the first of its kind.
func (c *compiler) id(p place, field, id string, seen map[string]bool) {
	switch {
	case id == "":
		c.fail(p, field, nil, "%s is missing", field)
	case len(id) > maxID:
		c.fail(p, field, id, "%s has %d bytes, and may have %d", field, len(id), maxID)
	case strings.TrimSpace(id) != id:
		c.fail(p, field, id, "%s begins or ends with white space", field)
	case strings.ContainsFunc(id, document.Hidden):
		c.fail(p, field, id, "%s holds a character that does not show, %U: it would look like another one", field, []rune(id)[strings.IndexFunc(id, document.Hidden)])
	case seen[id]:
		c.fail(p, field, id, "there is another %s with this %s before it; this is %s", document.Noun(p.List), field, document.Place(p).Path())
	}
	seen[id] = true
}

// declare checks declarations, and gives with each its reader and how expressions write it.
func (c *compiler) declare(section, of string, list []Field) (fields []expression.Field, readers []*fact.Reader, texts []string) {
	seen := map[string]bool{}
	for i, f := range list {
		p := place{section, i, f.Name}
		c.id(p, "name", f.Name, seen)
		kind, ok := fact.ParseKind(string(f.Kind))
		if !ok {
			c.fail(p, "kind", string(f.Kind), "kind must be one of number, text, code, bool, time and texts%s", document.KindFor(string(f.Kind)))
		}
		if section == "properties" && f.Name == "at" {
			c.fail(p, "name", f.Name, "activity.at is the instant of the activity: give the property another name")
		}
		if kind != fact.Number && (f.Minimum != nil || f.Maximum != nil) {
			c.fail(p, "minimum", nil, "only a number has a minimum and a maximum")
		}
		for _, b := range []struct {
			name  string
			value *float64
		}{{"minimum", f.Minimum}, {"maximum", f.Maximum}} {
			if b.value != nil && math.Abs(*b.value) > fact.MaxNumber {
				c.fail(p, b.name, *b.value, "numbers lie between -1e15 and 1e15")
			}
		}
		if f.Minimum != nil && f.Maximum != nil && *f.Minimum > *f.Maximum {
			c.fail(p, "minimum", *f.Minimum, "the minimum is above the maximum, %v", *f.Maximum)
		}
		if len(f.Values) > 0 && kind != fact.Text && kind != fact.Code && kind != fact.Texts {
			c.fail(p, "values", f.Values, "only a text, a code or texts have values")
		}
		for _, l := range []struct {
			name   string
			values []string
		}{{"values", f.Values}, {"placeholders", f.Placeholders}} {
			for _, v := range l.values {
				if fact.Clean(v) == "" {
					c.fail(p, l.name, v, "blank text is unknown as it is, and need not be listed")
				}
			}
		}
		c.checkSource(p, f)
		if f.Separator != "" && kind != fact.Texts {
			c.fail(p, "separator", f.Separator, "only texts, a list of text, have a separator")
		}
		if len(f.Separator) > maxSeparator {
			c.fail(p, "separator", f.Separator, "a separator has at most %d bytes", maxSeparator)
		}
		switch {
		case f.Epoch != "" && kind != fact.Time:
			c.fail(p, "epoch", f.Epoch, "only a time has an epoch, the unit in which numbers count it since 1970")
		case f.Epoch != "" && !slices.Contains(fact.Epochs(), f.Epoch):
			c.fail(p, "epoch", f.Epoch, "epoch is the unit of numbers that count the time since 1970: s, ms, us or ns")
		}
		r := fact.NewReader(f.spec(kind, c.settings.location))
		if v, _ := r.Default(); ok && f.Default != "" && (!v.Known || v.Partial) {
			c.fail(p, "default", f.Default, "the default is not what a lead could have here: it must be of the kind %s, within what the field declares, and no placeholder", kind)
		}
		e := expression.Field{Name: f.Name, Kind: kind, Values: f.Values, Placeholders: f.Placeholders}
		e.Lo, e.Hi = r.Bounds()
		fields, readers, texts = append(fields, e), append(readers, r), append(texts, layout.Path(of, f.Name))
	}
	return fields, readers, texts
}

const maxSeparator = 20 // bytes

// checkSource checks where a field stands in a lead.
func (c *compiler) checkSource(p place, f Field) {
	keys, each := strings.Split(f.From, "."), 0
	for _, key := range keys[1:] {
		if key == "*" {
			each++
		}
	}
	switch {
	case f.From == "":
	case len(f.From) > maxID:
		c.fail(p, "from", f.From, "from has %d bytes, and may have %d", len(f.From), maxID)
	case slices.ContainsFunc(keys, func(key string) bool { return strings.TrimSpace(key) == "" }):
		c.fail(p, "from", f.From, `from is a key, or keys with dots between them, as in "company.employees": one of them is blank`)
	case each > 0 && f.Kind != Texts:
		c.fail(p, "from", f.From, "* is every element of a list, and only texts can be a list: write the number of one element, such as 0, or the kind texts")
	case each > 1:
		c.fail(p, "from", f.From, "* is every element of a list, and may stand once: texts hold no lists")
	}
}

// spec declares the field to its reader.
func (f *Field) spec(kind fact.Kind, loc *time.Location) fact.Spec {
	return fact.Spec{
		Kind: kind, Key: f.key(), Path: f.From != "", Minimum: f.Minimum, Maximum: f.Maximum, Values: f.Values, Placeholders: f.Placeholders,
		Separator: f.Separator, Epoch: f.Epoch, Default: f.Default, Location: loc,
	}
}

// key is where a lead, or an activity, may have the field, whether as the name or the whole of a path.
func (f *Field) key() string { return cmp.Or(f.From, f.Name) }

// names collects what expressions may refer to.
func (c *compiler) names() {
	p := &c.policy
	names := expression.Names{Lead: c.m.program.Profile, Props: c.props, Location: c.settings.location}
	for _, s := range p.Signals {
		c.signals = append(c.signals, s.ID)
		names.Types = append(names.Types, s.taken())
	}
	names.Signals = c.signals
	for _, t := range p.Terms {
		names.Terms = append(names.Terms, expression.Term{ID: t.ID, Source: t.Is})
	}
	for _, l := range p.Lists {
		names.Lists = append(names.Lists, expression.List{ID: l.ID, Texts: l.Values})
	}
	for _, c := range p.Criteria {
		names.Criteria = append(names.Criteria, expression.Criterion{ID: c.ID, Set: c.Set})
	}
	c.groups = []Group{{ID: rootGroup}}
	for _, g := range p.Groups {
		if g.ID == rootGroup {
			c.groups[0] = g
		} else {
			c.groups = append(c.groups, g)
		}
	}
	for _, g := range c.groups {
		group := expression.Group{ID: g.ID}
		for _, b := range g.Bands {
			from := math.Inf(-1)
			if b.From != nil {
				from = *b.From
			}
			group.Labels, group.From = append(group.Labels, b.Label), append(group.From, from)
		}
		names.Groups = append(names.Groups, group)
	}
	for _, s := range p.Stages {
		names.Stages = append(names.Stages, s.ID)
	}
	b := c.settings.bounds
	c.expr = expression.NewCompiler(names, expression.Limits{Length: b.Expression, Nesting: b.Nesting, Nodes: b.Nodes, Pattern: b.Pattern})
	c.m.program.Resets = [][]int{nil}
}

// rootGroup is the ID of the group in which all others end.
const rootGroup = "total"

// lookup finds a name, or says what is wrong with it.
func (c *compiler) lookup(p place, field, name, what string, names []string) int {
	i := slices.Index(names, name)
	if i < 0 {
		hint := ""
		known := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
		if s, ok := c.expr.Closest(name, known); ok {
			hint = fmt.Sprintf(": did you mean %q?", s)
		} else {
			if len(known) > 0 && len(known) <= 12 {
				hint = ": there are " + strings.Join(known, ", ")
			}
			if what == "property" {
				hint += expression.Declare(name, "properties")
			} else {
				hint += expression.DeclareID(name, what+"s")
			}
		}
		if what == "signal" {
			hint = cmp.Or(c.signalFor(name), hint)
		}
		c.fail(p, field, name, "there is no %s %q%s", what, name, hint)
	}
	return i
}

// signalFor says which signal takes a type of activity that stands in the place of a signal.
func (c *compiler) signalFor(kind string) string {
	for _, s := range c.policy.Signals {
		if s.Repeats == "" && slices.Contains(s.Types, kind) {
			return fmt.Sprintf(": it is a type that the signal %q takes: write %q", s.ID, s.ID)
		}
	}
	if kind == everyType {
		return `: declare {"id": "any", "types": ["*"]} in signals, and write "any"`
	}
	return ""
}

// everyType stands for all types of activities.
const everyType = "*"

// taken lists the types of activities that a signal takes by name.
func (s *Signal) taken() []string {
	switch {
	case s.Repeats != "":
		return nil
	case len(s.Types) == 0:
		return []string{s.ID}
	}
	return s.Types
}

// span checks a span that may be given.
func (c *compiler) span(p place, field string, d Duration) int64 {
	switch {
	case d < 0:
		c.fail(p, field, d, "a span must not be negative")
	case int64(d)%history.Second != 0:
		c.fail(p, field, d, "a span is a whole number of seconds")
	case int64(d) > history.MaxSpan:
		c.fail(p, field, d, "a span is at most 36525d, a hundred years")
	}
	return int64(d)
}

// period is how long occurrences belong together: at most one of its fields is set.
type period struct {
	per, gap int64
	calendar history.Calendar
	ever     bool
}

// period checks a period, which need not be given.
func (c *compiler) period(p place, prefix string, per Duration, calendar string, gap Duration) period {
	out := period{per: c.span(p, prefix+"per", per), gap: c.span(p, prefix+"gap", gap)}
	const one = "give only one of per, a rolling period, calendar, and gap, which ends a visit"
	if per != 0 && gap != 0 {
		c.fail(p, prefix+"gap", gap, one)
	}
	if calendar == "" {
		return out
	}
	if per != 0 || gap != 0 {
		c.fail(p, prefix+"calendar", calendar, one)
	}
	switch calendar {
	case "day":
		return period{calendar: history.DayOf(c.settings.location)}
	case "week":
		return period{calendar: history.WeekOf(c.settings.location)}
	case "month":
		return period{calendar: history.MonthOf(c.settings.location)}
	case "ever":
		return period{ever: true}
	}
	hint := ""
	switch is := strings.ToLower(calendar); is {
	case "day", "daily", "days":
		hint = `: write "day"`
	case "week", "weekly", "weeks", "isoweek":
		hint = `: write "week"`
	case "month", "monthly", "months":
		hint = `: write "month"`
	}
	if prefix == "" { // of a signal
		c.fail(p, "calendar", calendar, "calendar must be day, week or month%s", hint)
	} else {
		c.fail(p, prefix+"calendar", calendar, "calendar must be day, week, month or ever%s", hint)
	}
	return period{}
}

// forEach finds the property for each value of which something is meant; None if none is given.
func (c *compiler) forEach(p place, field, name string) int {
	if name == "" {
		return history.None
	}
	i := c.lookup(p, field, name, "property", fieldNames(c.policy.Properties))
	if i >= 0 && c.props[i].Kind == fact.Texts {
		c.fail(p, field, name, "%s wants single values, and %s is a list of text", field[strings.LastIndex(field, ".")+1:], name)
	}
	return i
}

// amount checks points and turns them into millionths.
func (c *compiler) amount(p place, field string, value float64) points.Points {
	n, ok := points.FromFloat(value)
	switch {
	case !ok:
		c.fail(p, field, value, "points lie between -1000000 and 1000000")
	case n == 0 && value != 0:
		c.fail(p, field, value, "less than half a millionth of a point counts as nothing")
	}
	return n
}

// bounds checks a minimum and a maximum of points.
func (c *compiler) bounds(p place, least, most *float64) (lo, hi points.Points) {
	lo, hi = -points.Max, points.Max
	if least != nil {
		lo = c.amount(p, "min", *least)
	}
	if most != nil {
		hi = c.amount(p, "max", *most)
	}
	if lo > hi {
		c.fail(p, "min", *least, "min is above max")
	}
	return lo, hi
}

func (c *compiler) compileTerms() {
	seen := map[string]bool{}
	for i, t := range c.policy.Terms {
		p := place{"terms", i, t.ID}
		c.id(p, "id", t.ID, seen)
		body, mistakes := c.expr.Term(i)
		c.expressionMistakes(p, "is", t.Is, mistakes)
		c.m.program.TermBodies = append(c.m.program.TermBodies, body)
	}
}

// compileLists checks the lists.
func (c *compiler) compileLists() {
	seen := map[string]bool{}
	for i, l := range c.policy.Lists {
		p := place{"lists", i, l.ID}
		c.id(p, "id", l.ID, seen)
		if len(l.Values) == 0 {
			c.fail(p, "values", nil, "values are missing: they are the texts of the list, such as [\"gmail.com\"]")
		}
		for j, v := range l.Values {
			if fact.Clean(v) == "" {
				c.fail(p, fmt.Sprintf("values[%d]", j), v, "blank text is never a value: take it out")
			}
		}
	}
}

func (c *compiler) compileSignals() {
	seen := map[string]bool{}
	out := c.m.program
	for i, s := range c.policy.Signals {
		p := place{"signals", i, s.ID}
		c.id(p, "id", s.ID, seen)
		g := history.Signal{Types: s.Types, Of: history.None, Sum: history.None, Where: s.Where != ""}
		if len(s.Types) == 0 {
			g.Types = []string{s.ID}
		}
		for _, t := range s.Types {
			if t == "" {
				c.fail(p, "types", s.Types, "a type of activity is blank")
			}
		}
		var where *expression.Node
		if s.Where != "" {
			where = c.expression(p, "where", s.Where, expression.InWhere, fact.Bool, 0)
		}
		if s.Repeats != "" {
			c.repeated(p, s, &g)
		} else if s.Every != 0 || s.Sum != "" || s.Per != 0 || s.Calendar != "" || s.Gap != 0 {
			c.fail(p, "repeats", nil, "every, sum, per, calendar and gap belong to a repeated signal: repeats, which names the signal that it repeats, is missing")
		}
		c.related(p, s, &g)
		if g.Value = c.forEach(p, "for_each", s.ForEach); g.Value != history.None {
			g.ForEach = true
			if s.Repeats == "" && g.Relation == history.Unrelated {
				c.fail(p, "for_each", s.ForEach, "for_each says of what repeats counts, or following, not_following and followed_by compare, the occurrences: give one of them")
			}
		}
		out.Histories = append(out.Histories, g)
		out.Signals = append(out.Signals, program.Signal{Where: where, Props: propsOf(where)})
	}
	c.checkCircles()
}

// checkCircles finds the signals that lead back to themselves. Each step of a way leads to
// a signal that a signal repeats or names in its relation.
func (c *compiler) checkCircles() {
	signals := c.m.program.Histories
	const (
		open = iota
		here // on the way to where we are
		done
	)
	state := make([]int, len(signals))
	var visit func(i int)
	visit = func(i int) {
		state[i] = here
		s, g := &c.policy.Signals[i], &signals[i]
		p := place{"signals", i, c.signals[i]}
		if g.Of != history.None {
			if state[g.Of] == open {
				visit(g.Of)
			}
			if state[g.Of] == here {
				c.fail(p, "repeats", s.Repeats, "a repeated signal must not lead back to itself")
				g.Of = history.None
			}
		}
		if g.Relation != history.Unrelated {
			if state[g.Other] == open {
				visit(g.Other)
			}
			if state[g.Other] == here {
				c.fail(p, g.Relation.String(), c.signals[g.Other], "a signal must not lead back to itself: declare another signal of the same types, and name that one")
				g.Relation = history.Unrelated
			}
		}
		state[i] = done
	}
	for i := range signals {
		if state[i] == open {
			visit(i)
		}
	}
}

// related compiles what a signal has to do with another.
func (c *compiler) related(p place, s Signal, g *history.Signal) {
	within := c.span(p, "within", s.Within)
	given := ""
	for _, r := range []struct {
		relation history.Relation
		other    string
	}{{history.Following, s.Following}, {history.NotFollowing, s.NotFollowing}, {history.FollowedBy, s.FollowedBy}} {
		if r.other == "" {
			continue
		}
		field := r.relation.String()
		if given != "" {
			c.fail(p, field, r.other, "give only one of following, not_following and followed_by: a signal that repeats this one, with every 1, can have another")
			continue
		}
		given = field
		if other := c.lookup(p, field, r.other, "signal", c.signals); other >= 0 {
			g.Relation, g.Other, g.Within = r.relation, other, within
		}
	}
	switch {
	case given == "" && s.Within != 0:
		c.fail(p, "within", s.Within, "within says how soon one signal follows another: one of following, not_following and followed_by, which names the other, is missing")
	case given != "" && s.Within == 0:
		c.fail(p, "within", nil, "within is missing: it says how long before, or after, %s is looked for; what is that far away does not count", given)
	}
}

func (c *compiler) repeated(p place, s Signal, g *history.Signal) {
	g.Of = c.lookup(p, "repeats", s.Repeats, "signal", c.signals)
	if g.Of < 0 {
		g.Of = history.None
	}
	g.Every = s.Every
	if len(s.Types) > 0 {
		c.fail(p, "types", s.Types, "a repeated signal has no types of its own: the signal %q says which activities count", s.Repeats)
	}
	if s.Where != "" {
		c.fail(p, "where", s.Where, "a repeated signal has no condition of its own: put it at the signal %q", s.Repeats)
	}
	if s.Sum != "" {
		g.Sum = c.lookup(p, "sum", s.Sum, "property", fieldNames(c.policy.Properties))
		if g.Sum >= 0 && c.props[g.Sum].Kind != fact.Number {
			c.fail(p, "sum", s.Sum, "sum wants a number property, and %s is a %s", s.Sum, c.props[g.Sum].Kind)
		}
		if g.Sum < 0 {
			g.Sum = history.None
		}
		if s.Every <= 0 || s.Every > fact.MaxNumber {
			c.fail(p, "every", s.Every, "every is the sum that makes an occurrence, and must be above 0 and at most 1e15")
		}
	} else if s.Every < 1 || s.Every != math.Trunc(s.Every) || s.Every > 1e9 {
		c.fail(p, "every", s.Every, "every is how many occurrences of %q make one, and must be a whole number above 0", s.Repeats)
	}
	q := c.period(p, "", s.Per, s.Calendar, s.Gap)
	g.Per, g.Period, g.Gap = q.per, q.calendar, q.gap
	if q.ever {
		c.fail(p, "calendar", s.Calendar, "without a period a repeated signal counts over the whole history: leave calendar out")
	}
}

func fieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func propsOf(n *expression.Node) []int {
	if n == nil {
		return nil
	}
	return n.Props()
}

// compileGroups checks the groups and finds the reset scope and the decay of each.
func (c *compiler) compileGroups() {
	compiled := c.m.program
	seen := map[string]bool{}
	ids := []string{rootGroup}
	index := map[string]int{}
	for _, g := range c.groups[1:] {
		ids = append(ids, g.ID)
	}
	for i, g := range c.policy.Groups {
		c.id(place{"groups", i, g.ID}, "id", g.ID, seen)
		index[g.ID] = i
	}
	for i, g := range c.groups {
		p := place{"groups", index[g.ID], g.ID}
		out := program.Group{Parent: program.None, Weight: 1, Percent: g.Percent}
		if i > 0 {
			out.Parent = 0
			if g.Parent != "" {
				others := slices.Clone(ids)
				if others[i] != g.Parent {
					others[i] = "" // not to be suggested to itself
				}
				out.Parent = max(0, c.lookup(p, "parent", g.Parent, "group", others))
			}
		} else if g.Parent != "" || g.Weight != nil {
			field := "parent"
			if g.Parent == "" {
				field = "weight"
			}
			c.fail(p, field, nil, "total is the root: it has no parent and no weight")
		}
		if g.Weight != nil {
			if math.Abs(*g.Weight) > 10 {
				c.fail(p, "weight", *g.Weight, "a weight lies between -10 and 10")
			}
			out.Weight = *g.Weight
		}
		out.Min, out.Max = c.bounds(p, g.Min, g.Max)
		out.Round = c.amount(p, "round", g.Round)
		if out.Round < 0 {
			c.fail(p, "round", g.Round, "round is the step to which points are rounded, and must not be negative")
		}
		c.compileBands(p, g, &out)
		out.Decay = c.compileDecay(p, g.Decay)
		compiled.Groups = append(compiled.Groups, out)
	}
	for i := range compiled.Groups {
		at := i
		for range len(compiled.Groups) + 1 {
			if at = compiled.Groups[at].Parent; at < 0 {
				break
			}
		}
		if at >= 0 {
			g := c.groups[i]
			c.fail(place{"groups", index[g.ID], g.ID}, "parent", g.Parent, "a group must not lead back to itself")
			compiled.Groups[i].Parent = 0
		}
	}
	compiled.OrderGroups()
	for _, i := range slices.Backward(compiled.GroupOrder) { // parents first
		g, out := &c.groups[i], &compiled.Groups[i]
		var above []int
		if out.Parent != program.None {
			up := compiled.Groups[out.Parent]
			above = compiled.Resets[up.ResetScope]
			if g.Decay == (Decay{}) {
				out.Decay = up.Decay
			}
			out.ResetScope = up.ResetScope
		}
		if g.ResetOn == "" {
			continue
		}
		if s := c.lookup(place{"groups", index[g.ID], g.ID}, "reset_on", g.ResetOn, "signal", c.signals); s >= 0 {
			out.ResetScope = len(compiled.Resets)
			compiled.Resets = append(compiled.Resets, append(slices.Clone(above), s))
		}
	}
}

func (c *compiler) compileBands(p place, g Group, out *program.Group) {
	for i, b := range g.Bands {
		field := fmt.Sprintf("bands[%d]", i)
		from := program.Unbounded
		switch {
		case b.From != nil:
			from = c.amount(p, field+".from", *b.From)
		case i > 0:
			c.fail(p, field+".from", nil, "only the first band may leave from out")
		}
		if b.Label == "" {
			c.fail(p, field+".label", nil, "label is missing")
		}
		if i > 0 && b.From != nil && from <= out.Bands[i-1].From {
			c.fail(p, field+".from", *b.From, "bands stand in ascending order of from")
		}
		out.Bands = append(out.Bands, program.Band{From: from, Label: b.Label})
	}
}

func (c *compiler) compileDecay(p place, d Decay) program.Decay {
	out := program.Decay{Decay: accrual.Decay{
		HalfLife: c.span(p, "decay.half_life", d.HalfLife),
		Linear:   c.span(p, "decay.linear", d.Linear),
		Every:    c.span(p, "decay.every", d.Every),
	}, Signal: program.None}
	forms := 0
	for _, given := range []bool{d.HalfLife != 0, d.Linear != 0, d.Every != 0, d.None} {
		if given {
			forms++
		}
	}
	if forms > 1 {
		c.fail(p, "decay", d, "a decay is one of half_life, linear, every and none")
	}
	if d.Every == 0 {
		if d.Lose != 0 || d.Compound || d.Idle != "" {
			c.fail(p, "decay.every", nil, "lose, compound and idle go with every, the length of a step, which is missing")
		}
		return out
	}
	if d.Lose <= 0 || d.Lose > 1 {
		c.fail(p, "decay.lose", d.Lose, "lose is the fraction that a step takes, and must be above 0 and at most 1")
		return out
	}
	out.Lose = d.Lose
	if d.Idle != "" {
		out.Idle = true
		out.Signal = c.lookup(p, "decay.idle", d.Idle, "signal", c.signals)
	}
	if d.Compound || out.Idle {
		if d.Lose < points.LeastLoss {
			c.fail(p, "decay.lose", d.Lose, "a step must take at least %v of what is left", points.LeastLoss)
			return out
		}
		out.Compound = points.NewCompound(d.Lose)
	}
	return out
}

func (c *compiler) compileRules() {
	seen := map[string]bool{}
	groups := make([]string, len(c.groups))
	for i, g := range c.groups {
		groups[i] = g.ID
	}
	for i, r := range c.policy.Rules {
		p := place{"rules", i, r.ID}
		c.id(p, "id", r.ID, seen)
		out := program.Rule{Signal: program.None, OncePer: program.None, ForEach: program.None}
		if r.Group != "" {
			out.Group = max(0, c.lookup(p, "group", r.Group, "group", groups))
		}
		out.ResetScope = c.m.program.Groups[out.Group].ResetScope
		out.Points = c.amount(p, "points", r.Points)
		out.Else = c.amount(p, "else", r.Else)
		out.Min, out.Max = c.bounds(p, r.Min, r.Max)
		if r.When != "" {
			out.When = c.expression(p, "when", r.When, expression.InRule, fact.Bool, out.ResetScope)
		}
		if r.Multiply != "" {
			where := expression.InMultiply
			if r.On != "" {
				where = expression.InEventMultiply
			}
			out.Multiply = c.expression(p, "multiply", r.Multiply, where, fact.Number, out.ResetScope)
			out.Props = propsOf(out.Multiply)
		}
		for j, t := range r.Tiers {
			field := fmt.Sprintf("tiers[%d]", j)
			if t.When == "" {
				c.fail(p, field+".when", nil, "when is missing: write \"true\" for a last tier that takes the rest")
				continue
			}
			out.Tiers = append(out.Tiers, program.Tier{
				When:   c.expression(p, field+".when", t.When, expression.InRule, fact.Bool, out.ResetScope),
				Points: c.amount(p, field+".points", t.Points),
			})
		}
		if r.On != "" {
			c.compileEventRule(p, r, &out)
		} else {
			c.checkStateRule(p, r)
		}
		c.m.program.Rules = append(c.m.program.Rules, out)
	}
}

func (c *compiler) checkStateRule(p place, r Rule) {
	if r.When == "" && r.Multiply == "" && len(r.Tiers) == 0 {
		c.fail(p, "when", nil, `the rule has neither on nor when, and would pay every lead: write when: "true" if that is meant`)
	}
	if len(r.Tiers) > 0 && (r.When != "" || r.Points != 0) {
		c.fail(p, "tiers", nil, "tiers take the place of when and points")
	}
	if r.Limit != (Limit{}) || r.Within != 0 || r.Decay != (Decay{}) {
		field := "limit"
		switch {
		case r.Limit != (Limit{}):
		case r.Within != 0:
			field = "within"
		default:
			field = "decay"
		}
		c.fail(p, field, nil, "limit, within and decay belong to rules that pay for activities: on, which names the signal, is missing")
	}
}

func (c *compiler) compileEventRule(p place, r Rule, out *program.Rule) {
	out.Signal = c.lookup(p, "on", r.On, "signal", c.signals)
	out.Within = c.span(p, "within", r.Within)
	if r.Else != 0 {
		c.fail(p, "else", r.Else, "a rule that pays for activities has no else")
	}
	if len(r.Tiers) > 0 {
		c.fail(p, "tiers", nil, "a rule that pays for activities has no tiers: write a rule for each, with signals that differ in where")
	}
	l := r.Limit
	out.Limit.Times = l.Times
	if l.Times < 0 || l.Times > math.MaxInt32 {
		c.fail(p, "limit.times", l.Times, "times is how many occurrences pay, and must not be negative")
	}
	out.Limit.Points = c.amount(p, "limit.points", l.Points)
	if l.Points < 0 {
		c.fail(p, "limit.points", l.Points, "the bound on points holds either way from zero, and must not be negative")
	}
	q := c.period(p, "limit.", l.Per, l.Calendar, l.Gap)
	out.Limit.Per, out.Limit.Period, out.Limit.Gap, out.Limit.Ever = q.per, q.calendar, q.gap, q.ever
	if out.Limit.Zero() && l.OncePer == "" && l != (Limit{}) {
		what := "a period"
		if l.ForEach != "" {
			what = "for_each"
		}
		c.fail(p, "limit", l, "%s limits nothing without times, points or once_per", what)
	}
	out.OncePer = c.forEach(p, "limit.once_per", l.OncePer)
	out.ForEach = c.forEach(p, "limit.for_each", l.ForEach)
	out.Limit.OncePer, out.Limit.ForEach = l.OncePer != "", l.ForEach != ""
	if l.ForEach != "" && l.ForEach == l.OncePer {
		c.fail(p, "limit.for_each", l.ForEach, "once_per lets one occurrence of each value pay already: leave one of them out")
	}
	out.Decay = c.m.program.Groups[out.Group].Decay
	if r.Decay != (Decay{}) {
		out.Decay = c.compileDecay(p, r.Decay)
	}
}

// compilePercent finds what each group's sum can be, for those in percent.
func (c *compiler) compilePercent() {
	p := c.m.program
	wrong := len(c.mistakes) > 0               // then sums may be only what is left of them
	sums := make([]points.Span, len(c.groups)) // of the groups
	reported := make([]bool, len(c.groups))
	for i := range p.Rules {
		_, s := p.Rules[i].PointSpan()
		g := p.Rules[i].Group
		if c.groups[g].Percent && infinite(s) {
			c.fail(place{"rules", i, c.policy.Rules[i].ID}, "max", nil, "the group %s is given in percent, and so the rule needs bounds: min and max, or a limit of all its occurrences together", c.groups[g].ID)
			reported[g] = true
		}
		sums[g] = sums[g].Add(s)
	}
	for _, i := range p.GroupOrder {
		g, id := &p.Groups[i], c.groups[i].ID
		g.SumSpan = sums[i]
		if g.Percent && !reported[i] {
			at := place{"groups", slices.IndexFunc(c.policy.Groups, func(g Group) bool { return g.ID == id }), id}
			if infinite(g.SumSpan) {
				c.fail(at, "percent", true, "a group below it has no bounds: give it min and max")
			} else if g.SumSpan.Lo == g.SumSpan.Hi && !wrong {
				c.fail(at, "percent", true, "its rules can pay only one sum, which is no scale")
			}
		}
		if g.Parent != program.None {
			sums[g.Parent] = sums[g.Parent].Add(g.KeepSpan(g.SumSpan).Weighted(g.Weight))
		}
	}
}

func infinite(s points.Span) bool { return s.Lo == points.Below || s.Hi == points.Above }

func (c *compiler) compileRating() {
	ids := make([]string, len(c.groups))
	for i, g := range c.groups {
		ids[i] = g.ID
	}
	whole := place{"", -1, ""}
	for _, id := range c.policy.Rating {
		i := c.lookup(whole, "rating", id, "group", ids)
		if i >= 0 && len(c.groups[i].Bands) == 0 {
			c.fail(whole, "rating", id, "the group %s has no bands, and so no label to put into the rating", id)
		}
		c.m.rating = append(c.m.rating, i)
	}
}

// clone copies a policy, so that nobody else holds a part of it.
func clone(p Policy) Policy {
	float := func(f **float64) {
		if *f != nil {
			*f = new(**f)
		}
	}
	fields := func(list []Field) []Field {
		list = slices.Clone(list)
		for i := range list {
			f := &list[i]
			f.Values, f.Placeholders = slices.Clone(f.Values), slices.Clone(f.Placeholders)
			float(&f.Minimum)
			float(&f.Maximum)
		}
		return list
	}
	p.Profile, p.Properties = fields(p.Profile), fields(p.Properties)
	p.Terms, p.Criteria, p.Stages, p.Rating = slices.Clone(p.Terms), slices.Clone(p.Criteria), slices.Clone(p.Stages), slices.Clone(p.Rating)
	p.Lists = slices.Clone(p.Lists)
	for i := range p.Lists {
		p.Lists[i].Values = slices.Clone(p.Lists[i].Values)
	}
	p.Signals, p.Rules, p.Groups = slices.Clone(p.Signals), slices.Clone(p.Rules), slices.Clone(p.Groups)
	for i := range p.Signals {
		p.Signals[i].Types = slices.Clone(p.Signals[i].Types)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		r.Tiers = slices.Clone(r.Tiers)
		float(&r.Min)
		float(&r.Max)
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		g.Bands = slices.Clone(g.Bands)
		for j := range g.Bands {
			float(&g.Bands[j].From)
		}
		float(&g.Weight)
		float(&g.Min)
		float(&g.Max)
	}
	return p
}
