// Package label puts the labels of a policy's parts together to what people call its facts: the
// days since a visit, the highest price of quotes in 30 days, how many criteria are met.
package label

import (
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/layout"
)

// Words are the labels that a policy gives, by index of its lists; a part may have none.
type Words struct {
	Attributes, Properties, Signals []string
	Groups, Criteria, Stages        []string
	Sets                            []string // by criterion: the set it belongs to
}

// Labels are the facts of a policy as people call them.
type Labels struct {
	words                           Words
	attributes, properties, queries []dated
	sets                            []setLabels // by the first criterion of each, and then of all criteria
	reached                         []string    // by stage
}

// setLabels are how many criteria of a set are met, and whether all are.
type setLabels struct{ count, all string }

// dated is a fact, and the days since and until it if it is a time.
type dated struct{ fact, since, until string }

// datedLabel makes the labels of a fact from its own, which comes behind other words as
// inner.
func datedLabel(label, inner string) dated {
	if label == "" {
		return dated{}
	}
	return dated{label, "Days since " + inner, "Days until " + inner}
}

// Of gives the label of what a node reads, such as "Days since Visit"; blank if the policy has none.
func (l *Labels) Of(n *expression.Node) string {
	switch n.Op {
	case expression.OpDaysSince:
		return l.dated(n.Kids[0]).since
	case expression.OpCalendarDays:
		if since := l.dated(n.Kids[0]).since; since != "" {
			return "Calendar d" + since[1:] // days since
		}
		return ""
	case expression.OpDaysUntil:
		return l.dated(n.Kids[0]).until
	case expression.OpDaysInStage:
		return "Days in the stage"
	case expression.OpScore, expression.OpBand:
		return l.words.Groups[n.Slot]
	case expression.OpMet, expression.OpUnmet:
		return l.words.Criteria[n.Slot]
	case expression.OpMetCount, expression.OpAllMet:
		set := len(l.sets) - 1
		if len(n.Many) < set {
			set = n.Many[0]
		}
		if n.Op == expression.OpAllMet {
			return l.sets[set].all
		}
		return l.sets[set].count
	case expression.OpReached:
		return l.reached[n.Slot]
	}
	return l.dated(n).fact
}

func (l *Labels) dated(n *expression.Node) dated {
	for n.Op == expression.OpTerm {
		n = n.Kids[0]
	}
	switch n.Op {
	case expression.OpLead:
		return l.attributes[n.Slot]
	case expression.OpProp:
		return l.properties[n.Slot]
	case expression.OpCall:
		return l.queries[n.Slot]
	}
	return dated{}
}

// Asked gives the label of what a query asks with its function: of an occurrence, its age.
func (l *Labels) Asked(query int, f history.Func) string {
	if f == history.Newest || f == history.Oldest {
		return l.queries[query].since
	}
	return l.queries[query].fact
}

// New makes the labels of all facts.
func New(w Words, queries []history.Query) *Labels {
	l := &Labels{words: w}
	for _, label := range w.Attributes {
		l.attributes = append(l.attributes, datedLabel(label, label))
	}
	for _, label := range w.Properties {
		l.properties = append(l.properties, datedLabel(label, label))
	}
	for i := range queries {
		l.queries = append(l.queries, w.query(&queries[i]))
	}
	for _, set := range w.Sets {
		l.sets = append(l.sets, setLabels{"Criteria of " + set + " met", "All criteria of " + set + " met"})
	}
	l.sets = append(l.sets, setLabels{"Criteria met", "All criteria met"})
	for _, stage := range w.Stages {
		if stage != "" {
			stage = "Reached " + stage
		}
		l.reached = append(l.reached, stage)
	}
	return l
}

// query makes the label of a question to the history, of those of its signals and
// its property; blank if one of these has none.
func (w *Words) query(q *history.Query) dated {
	named := true
	label := func(i int, labels []string) string {
		if i == history.None {
			return ""
		}
		named = named && labels[i] != ""
		return labels[i]
	}
	s, other, since := label(q.Signal, w.Signals), label(q.Other, w.Signals), label(q.Window.Since, w.Signals)
	property := label(q.Prop, w.Properties)
	if !named {
		return dated{}
	}
	window := ""
	if q.Window.Span > 0 {
		window = " in " + layout.Span(q.Window.Span)
	}
	if since != "" {
		window += " since " + since
	}
	if q.Prop != history.None {
		p := property + " (" + propertyWords[q.Func] + s + window + ")"
		return datedLabel(p, p)
	}
	switch q.Func {
	case history.Count:
		s = "Count of " + s
	case history.ActiveDays:
		s = "Days with " + s
	case history.Newest:
		return datedLabel(s, s)
	case history.Oldest:
		return datedLabel("First "+s, "the first "+s)
	case history.Followed:
		s = other + " within " + layout.Span(q.Within) + " after " + s
	case history.IdleSteps:
		s = "Steps of " + layout.Span(q.Every) + " without " + s
		if q.Every != q.After {
			s += ", the first of " + layout.Span(q.After)
		}
	}
	return dated{fact: s + window}
}

// propertyWords say which value of a property of a signal's occurrences is meant.
var propertyWords = [...]string{
	history.Total: "total of ", history.Mean: "mean of ", history.Highest: "highest of ", history.Lowest: "lowest of ",
	history.Distinct: "different ones of ", history.Latest: "latest ", history.First: "first ",
}
