package backtest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/statistics"
)

// Plan says how a policy is judged: at which instants, and what counts as a win. The same
// plan holds for all cases, so that no outcome can choose what is judged.
type Plan struct {
	// Judge are the instants at which leads are judged: After, Every or OnEntering.
	Judge Instants
	// Within is the span after an instant within which a win counts. It is required. An
	// instant counts only if the whole span was watched.
	Within qualify.Duration
	// End is until when outcomes are known: when the cases were exported. It is required.
	End time.Time
	// Known names the keys of profiles that carry no date and were known when the lead
	// came in. All others are not seen. Where an attribute is changed later, as a rating by
	// sellers, do not name it: date it as an Attribute.
	Known []string
	// Recorded names a property of activities that holds when the activity was entered
	// into the system: a time, or its text as in a lead, without an offset in the location of
	// the model. An activity is seen from then on; without the property it is not seen. Blank is that activities were recorded as they happened.
	Recorded string
	// Split keeps leads apart from which points are learned: see SplitAt and SplitLeads.
	// With it, Rank judges the others only: a lead that is judged on the learning side is not
	// tested, also not at a later instant. Learn requires it.
	Split Split
	// Window is how long before the split of SplitAt an instant may lie from which points
	// are learned; zero is any time. It keeps what has changed since out.
	Window qualify.Duration
	// Cost is what it costs to work on a lead, and Value what a win is worth, in one
	// currency; both may be zero.
	Cost, Value float64
}

// Instants say when a lead is judged. They are made by After, Every and OnEntering, and
// depend on nothing but when it came in and what was known of it at the time.
type Instants struct {
	spans []qualify.Duration
	stage string
	words string
}

// After judges each lead so long after it came in; 0 is when it came in.
func After(spans ...qualify.Duration) Instants {
	spans = slices.Clone(spans)
	slices.Sort(spans)
	spans = slices.Compact(spans)
	var names []string
	for _, s := range spans {
		names = append(names, spanWords(s))
	}
	return Instants{spans: spans, words: "Judged " + strings.Join(names, ", ") + " after they came in"}
}

// Every judges each lead again and again: from so long after it came in, in such steps, up
// to so long after it came in, at most 1,000 times.
func Every(step, from, to qualify.Duration) Instants {
	in := Instants{words: fmt.Sprintf("Judged every %s, from %s to %s after they came in", spanWords(step), spanWords(from), spanWords(to))}
	for at := from; step > 0 && at <= to && len(in.spans) <= mostInstants; at += step {
		in.spans = append(in.spans, at)
		if to-at < step { // the next may be more than a Duration holds
			break
		}
	}
	return in
}

// OnEntering judges each lead once, when it first enters a stage of the model, or passes
// over it to a later one. For that it is lived through from when it came in, with the
// stages that it had on the way.
func OnEntering(stage string) Instants {
	return Instants{stage: stage, words: "Judged on entering the stage " + layout.Clean(stage)}
}

const mostInstants = 1000

func spanWords(d qualify.Duration) string {
	if d == 0 {
		return "0 d"
	}
	return d.String()
}

// String says them for a person.
func (in Instants) String() string { return in.words }

// Split keeps leads apart from which points are learned.
type Split struct {
	kind  splitKind
	at    time.Time
	share float64
	seed  uint64
}

type splitKind uint8

const (
	noSplit splitKind = iota
	splitAt
	splitLeads
)

// SplitAt learns from instants whose span has passed by an instant, and tests on those from
// then on, of other leads. It is the honest split: a policy is always used later than it
// was made.
func SplitAt(at time.Time) Split { return Split{kind: splitAt, at: at} }

// SplitLeads keeps a share of the leads, above 0 and below 1, for the test, and learns from
// the others. The ID of a lead and the seed decide. It is for data without dates.
func SplitLeads(share float64, seed uint64) Split {
	return Split{kind: splitLeads, share: share, seed: seed}
}

// IsZero reports whether nothing is kept apart.
func (s Split) IsZero() bool { return s.kind == noSplit }

// The errors of Rank, Learn and Audit, for errors.Is. They hold nothing of a lead.
var (
	// ErrPlan is a plan that cannot be followed, or a model that is nil.
	ErrPlan = errors.New("backtest: the plan cannot be followed")
	// ErrNoCases is that no case is left.
	ErrNoCases = errors.New("backtest: no case is left")
	// ErrUnwatched is that no case was watched for the whole span.
	ErrUnwatched = errors.New("backtest: no case was watched for so long after an instant")
	// ErrNotEntered is that no lead enters the stage.
	ErrNotEntered = errors.New("backtest: no lead enters the stage")
	// ErrNoWins and ErrNoLosses are that all leads that are judged have one outcome.
	ErrNoWins   = errors.New("backtest: no lead is won within the span")
	ErrNoLosses = errors.New("backtest: all leads are won within the span")
	// ErrPercent is a group in percent, for whose rules no points can be learned.
	ErrPercent = errors.New("backtest: points in a group in percent cannot be learned")
	// ErrTooMany is a policy with more amounts than can be learned.
	ErrTooMany = errors.New("backtest: the policy has too many amounts")
)

// check finds what is wrong in a plan.
func (p *Plan) check(model *qualify.Model, stages []string) error {
	wrong := func(format string, arguments ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrPlan}, arguments...)...)
	}
	switch {
	case model == nil:
		return wrong("the model is nil")
	case len(p.Judge.spans) == 0 && p.Judge.stage == "":
		return wrong("judge names no instants: use After, Every or OnEntering")
	case len(p.Judge.spans) > mostInstants:
		return wrong("judge names more than %d instants for a lead", mostInstants)
	case p.Judge.stage != "" && !slices.Contains(stages, p.Judge.stage):
		return wrong("the model has no stage %q to enter", p.Judge.stage)
	case len(p.Judge.spans) > 0 && p.Judge.spans[0] < 0:
		return wrong("judge names an instant before the lead came in")
	case p.Within <= 0:
		return wrong("within, the span within which a win counts, is missing")
	case !valid(p.End):
		return wrong("end, until when outcomes are known, is missing")
	case p.Window < 0 || p.Window > 0 && p.Split.kind != splitAt:
		return wrong("window is a span before the instant of SplitAt")
	case p.Split.kind == splitAt && !(valid(p.Split.at) && p.Split.at.Before(p.End)):
		return wrong("the split must lie before the end")
	case p.Split.kind == splitLeads && !(p.Split.share > 0 && p.Split.share < 1):
		return wrong("the share of the leads that are kept must lie between 0 and 1")
	case !(p.Cost >= 0 && p.Value >= 0) || math.IsInf(p.Cost+p.Value, 0):
		return wrong("cost and value must be numbers from 0 on")
	}
	return nil
}

// valid reports whether there is such an instant.
func valid(t time.Time) bool {
	return !t.IsZero() && t.After(time.Unix(0, math.MinInt64)) && t.Before(time.Unix(0, math.MaxInt64))
}

// side is where a judgement lies.
type side uint8

const (
	testing side = iota
	learning
	across
)

// sideOf tells on which side of the split a judgement lies. Without a split all are tested.
func (p *Plan) sideOf(id string, at time.Time) side {
	switch {
	case p.Split.IsZero():
		return testing
	case p.Split.kind == splitLeads:
		if statistics.Place(statistics.Hash(id, p.Split.seed)) < p.Split.share {
			return testing
		}
		return learning
	case !at.Before(p.Split.at):
		return testing
	case at.Add(time.Duration(p.Within)).After(p.Split.at), p.Window > 0 && at.Before(p.Split.at.Add(-time.Duration(p.Window))):
		return across
	}
	return learning
}

// String says the plan for a person, in one or two lines.
func (p Plan) String() string {
	s := fmt.Sprintf("%s; a win counts within %s. Outcomes are known until %s UTC.", p.Judge, p.Within, layout.Date(p.End.UTC()))
	switch {
	case p.Split.IsZero():
	case p.Split.kind == splitLeads:
		s += fmt.Sprintf("\nPoints are learned from %d %% of the leads.", int(math.Round(float64(100*(1-p.Split.share)))))
	default:
		s += fmt.Sprintf("\nPoints are learned from what had passed by %s UTC", layout.Date(p.Split.at.UTC()))
		if p.Window > 0 {
			s += fmt.Sprintf(", %s back", p.Window)
		}
		s += "."
	}
	return s
}
