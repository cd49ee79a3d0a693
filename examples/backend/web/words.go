package web

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// words are what templates call.
var words = template.FuncMap{
	"points": points, "between": between, "change": change, "day": day, "moment": moment, "when": when, "name": name, "path": leadPath,
	"stage": stageLabel, "signal": signalLabel, "props": properties, "text": text, "step": step, "skipped": skipped, "with_form": withForm, "known": known, "value": value, "count": count, "lines": func(text string) bool { return strings.Contains(text, "\n") },
}

// points writes points to one decimal, and cuts what follows: 69.98 must not look like 70.
func points(f float64) string {
	return strings.Replace(strconv.FormatFloat(math.Floor(math.Round(f*1e6)/1e5)/10+0, 'f', -1, 64), "-", "\u2212", 1)
}

// between writes a range of points.
func between(r qualify.Range) string { return points(r.Low) + " to " + points(r.High) }

// change writes points with their sign.
func change(f float64) string {
	if f > 0 {
		return "+" + points(f)
	}
	return points(f)
}

func day(t time.Time) string { return t.Format("2 Jan 2006") }

func moment(t time.Time) string { return t.Format("2 Jan 2006, 15:04") }

// when says how far an instant is from now, roughly, and when it is.
func when(t, now time.Time) string {
	if t.IsZero() {
		return "not by itself"
	}
	if left := t.Sub(now); left < 48*time.Hour {
		switch {
		case left <= 0:
			return "any moment"
		case left < 2*time.Hour:
			return "in " + count(int(math.Ceil(left.Minutes())), "minute")
		}
		return "in " + count(int(left.Hours()), "hour")
	}
	return "in " + count(int(t.Sub(now).Hours()/24), "day") + ", " + strings.ReplaceAll(day(t), " ", "\u00a0") // a date is not broken
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// name is what to call a lead: its name and company as far as the profile has them, or its ID.
func name(l *qualify.Lead) string {
	var parts []string
	for _, key := range []string{"name", "company"} {
		if text, ok := l.Profile[key].(string); ok && strings.TrimSpace(text) != "" {
			parts = append(parts, cut(strings.TrimSpace(text), 200))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), l.ID)
}

// stageLabel is what to call a stage.
func stageLabel(p *qualify.Policy, id string) string {
	if id == "" {
		return "Plain lead"
	}
	for _, s := range p.Stages {
		if s.ID == id {
			return cmp.Or(s.Label, id)
		}
	}
	return id
}

// signalLabel is what to call an activity of a type: the label of the signal that is nothing but
// it, or the type.
func signalLabel(p *qualify.Policy, kind string) string {
	for _, s := range p.Signals {
		only := len(s.Types) == 0 && s.ID == kind || len(s.Types) == 1 && s.Types[0] == kind
		if only && s.Where == "" && s.Repeats == "" {
			return cmp.Or(s.Label, kind)
		}
	}
	for _, s := range p.Signals { // such as an override, which needs a reason to count
		if s.ID == kind {
			return cmp.Or(s.Label, kind)
		}
	}
	return kind
}

// property is one of an activity, as people read it.
type property struct{ Label, Value string }

// properties gives those of an activity: first those that the policy declares, in its order.
func properties(p *qualify.Policy, props map[string]any) []property {
	var all []property
	seen := map[string]bool{}
	for _, f := range p.Properties {
		if value, ok := props[f.Name]; ok {
			seen[f.Name] = true
			all = append(all, property{cmp.Or(f.Label, f.Name), text(value)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		if !seen[name] {
			all = append(all, property{name, text(props[name])})
		}
	}
	return all
}

// cut leaves the beginning of a long text: one of 65,000 letters would fill 50 screens.
func cut(text string, letters int) string {
	n := 0
	for i := range text {
		if n == letters {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// text writes a value of a lead as people read it. The API gives all of a long one.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return cut(value, 500)
	case time.Time:
		return moment(value)
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return cut(fmt.Sprint(value), 500)
}

// known gives the facts that are known.
func known(facts []qualify.Value) []qualify.Value {
	return slices.DeleteFunc(slices.Clone(facts), func(v qualify.Value) bool { return !v.Known })
}

// value writes a fact; of a number that was computed, such as an age in days, one decimal.
func value(v qualify.Value) string {
	if v.Known && v.Kind == qualify.Number && v.Label == "" {
		return points(v.Number)
	}
	return v.String()
}

// step says what a step of a release does.
func step(s review.Step) string {
	switch s {
	case review.StepCompile:
		return "It has mistakes"
	case review.StepVet:
		return "A part of it cannot be meant"
	case review.StepScenarios:
		return "A scenario does not hold"
	case review.StepPreview:
		return "It changes more than it may"
	}
	return string(s)
}

func skipped(s review.Step) string {
	switch s {
	case review.StepScenarios:
		return "No scenarios were run: there are none."
	case review.StepPreview:
		return "It was not compared with the policy in use."
	}
	return "Not checked: " + string(s) + "."
}

// asked is a field with what somebody filled in.
type asked struct {
	field
	Given string
}

func withForm(f field, form url.Values) asked { return asked{f, form.Get(f.ID())} }

// span writes how long something takes.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return count(int(math.Ceil(d.Seconds())), "second")
	case d < 2*time.Hour:
		return count(int(math.Ceil(d.Minutes())), "minute")
	}
	return fmt.Sprintf("%.1f hours", d.Hours())
}
