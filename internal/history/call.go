package history

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/qualify-go/qualify/internal/fact"
)

// Func is a function over the history.
type Func uint8

// The functions over the history. Newest and Oldest give the instant of an
// occurrence: the ages of days_since and days_since_first are counted from it.
const (
	Count Func = iota
	Happened
	Total
	Mean
	Highest
	Lowest
	Distinct
	ActiveDays
	Latest
	First
	Newest
	Oldest
	Followed
	IdleSteps
)

var funcNames = [...]string{"count", "happened", "total", "mean", "highest", "lowest", "distinct",
	"active_days", "latest", "first", "days_since", "days_since_first", "followed", "idle_steps"}

// knownOfNothing tells which functions are known of no occurrences at all: the others ask
// for one.
var knownOfNothing = [...]bool{Count: true, Happened: true, Total: true, Distinct: true, ActiveDays: true, Followed: true, IdleSteps: true}

// String gives the name that a policy uses.
func (f Func) String() string { return funcNames[f] }

// None stands for an absent index in a Window or a Call.
const None = -1

// Window is the part of the history that a query looks at. The zero Span is
// everything up to now.
type Window struct {
	Span  int64 // nanoseconds; 0: no bound
	Since int   // index of a signal, from whose last occurrence on the window reaches; or None
}

// All is the window that holds the whole history.
var All = Window{Since: None}

var recent = regexp.MustCompile(`^(?i:in )?(?i:the )?(?i:last|past|within) `)

// ParseWindow reads "30d", "since X" or "30d since X". The signal is looked
// up by name; lookup says why one is not known.
func ParseWindow(s string, lookup func(name string) (int, error)) (Window, error) {
	w := All
	span, name, since := s, "", false
	if rest, ok := strings.CutPrefix(s, "since "); ok {
		span, name, since = "", rest, true
	} else if before, after, ok := strings.Cut(s, " since "); ok && before != "" {
		span, name, since = before, after, true
	}
	if span != "" || !since {
		ns, err := ParseSpan(span)
		if err != nil {
			if meant := MeantSpan(recent.ReplaceAllString(s, "")); !since && meant != "" && strings.Contains(s, " ") {
				return w, fmt.Errorf("%q is not a window: write %q", s, meant)
			}
			if !since && strings.Contains(s, " ") {
				return w, fmt.Errorf(`%q is not a window: write "30d", "since X" or "30d since X", where X is a signal`, s)
			}
			return w, err
		}
		w.Span = ns
	}
	if since {
		i, err := lookup(name)
		if err != nil {
			return w, err
		}
		w.Since = i
	}
	return w, nil
}

// Query is one distinct question to the history: comparable, so that it is
// answered once however many conditions ask it.
type Query struct {
	Func       Func
	Signal     int
	Other      int   // of Followed: the signal that must come after; else None
	Within     int64 // of Followed: by how many nanoseconds it must come sooner
	After      int64 // of IdleSteps: how long the first step of silence is
	Every      int64 // of IdleSteps: how long each further step is
	Prop       int   // index of the property, or None
	Window     Window
	ResetScope int // index of the resets that hide what came before them; 0: none
}

// OfNothing gives the answer while nothing has occurred that the query looks at.
func (c *Query) OfNothing(v *fact.Value) { *v = fact.Value{Known: knownOfNothing[c.Func]} }

// Slides reports whether the result can change as time passes.
func (c *Query) Slides() bool { return c.Window.Span > 0 || c.Func == IdleSteps }

// Format writes the query as a policy does.
func (c Query) Format(signals, props []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s(%q", c.Func, signals[c.Signal])
	if c.Other != None {
		fmt.Fprintf(&b, ", %q, %q", signals[c.Other], FormatSpan(c.Within))
	}
	if c.Func == IdleSteps {
		fmt.Fprintf(&b, ", %q", FormatSpan(c.After))
		if c.Every != c.After {
			fmt.Fprintf(&b, ", %q", FormatSpan(c.Every))
		}
	}
	if c.Prop != None {
		fmt.Fprintf(&b, ", %q", props[c.Prop])
	}
	if c.Window != All {
		b.WriteString(", \"")
		if c.Window.Span > 0 {
			b.WriteString(FormatSpan(c.Window.Span))
		}
		if c.Window.Since != None {
			if c.Window.Span > 0 {
				b.WriteByte(' ')
			}
			b.WriteString("since " + signals[c.Window.Since])
		}
		b.WriteByte('"')
	}
	b.WriteByte(')')
	return b.String()
}
