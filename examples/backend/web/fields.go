package web

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// The types of the activities that forms make: the answers to questions, and a stage set by hand.
const (
	Answer   = "answer"
	Override = "override"
)

// field is a question as a form asks it.
type field struct {
	qualify.Field
	// Profile is whether the answer is an attribute of the profile: the policy has no property
	// of activities for it.
	Profile bool
	// Question is what to ask, and Effect what hangs on it, if that is points.
	Question, Effect string
	// Known is the answer that counts now; blank if the question is open.
	Known string
}

// ID names the field in a form.
func (f field) ID() string {
	if f.Profile {
		return "profile." + f.Name
	}
	return f.Name
}

// latest finds the property that an expression reads of an answer.
var latest = regexp.MustCompile(`^latest\("` + Answer + `", "([^"]+)"`)

// factName gives the property of an answer, or the attribute, that a fact is.
func factName(fact string) string {
	if found := latest.FindStringSubmatch(fact); found != nil {
		return found[1]
	}
	if attribute, ok := strings.CutPrefix(fact, "lead."); ok {
		return attribute
	}
	return ""
}

// fields gives the questions that are open, what changes most first, and those that were
// answered. The answer to an open question is a property of an activity, so that it has a
// date; where the policy reads only an attribute, it is that.
func fields(policy *qualify.Policy, lead *qualify.Lead, a qualify.Assessment) (open, answered []field) {
	find := func(name string) (field, bool) {
		if i := slices.IndexFunc(policy.Properties, func(f qualify.Field) bool { return f.Name == name }); i >= 0 {
			return field{Field: policy.Properties[i]}, true
		}
		if i := slices.IndexFunc(policy.Profile, func(f qualify.Field) bool { return f.Name == name && f.From == "" }); i >= 0 {
			return field{Field: policy.Profile[i], Profile: true}, true
		}
		return field{}, false
	}
	questions := map[string]string{} // those of the attributes go before those of criteria
	for _, f := range policy.Profile {
		questions[f.Name] = f.Question
	}
	seen := map[string]bool{}
	add := func(to *[]field, fact, question, effect, answer string) {
		name := factName(fact)
		f, ok := find(name)
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		f.Question, f.Effect, f.Known = cmp.Or(questions[name], f.Field.Question, question, f.Label, name), effect, answer
		*to = append(*to, f)
	}
	// A policy may take what an activity says, or else what the profile says. What one of them knows
	// is not open, though the other one does not.
	inProfile, inActivities := map[string]bool{}, map[string]bool{}
	for _, f := range policy.Profile {
		inProfile[f.Name] = lead.Profile[f.Name] != nil
	}
	for _, activity := range lead.Activities {
		for name, value := range activity.Props {
			inActivities[name] = inActivities[name] || value != nil && !activity.At.After(a.At)
		}
	}
	for _, u := range a.Score.Unknown {
		if name, ok := strings.CutPrefix(u.Fact, "lead."); ok {
			inProfile[name] = false
		} else {
			inActivities[factName(u.Fact)] = false
		}
	}
	known := func(fact string) bool { return inProfile[factName(fact)] || inActivities[factName(fact)] }
	for _, u := range a.Score.Unknown {
		if known(u.Fact) {
			continue
		}
		effect := ""
		if u.Range.Low < u.Range.High {
			effect = "The points could then be " + between(u.Range) + "."
		}
		add(&open, u.Fact, u.Question, effect, "")
	}
	for _, c := range a.Checklist {
		for _, v := range c.Facts {
			if !v.Known && !known(v.Fact) {
				add(&open, v.Fact, c.Question, "", "")
			}
		}
	}
	for _, c := range a.Checklist {
		for _, v := range c.Facts {
			if v.Known {
				add(&answered, v.Fact, c.Question, "", v.String())
			}
		}
	}
	return open, answered
}

// read takes the answers out of a form: those that become properties of an activity, and
// those that become attributes. What was left blank is no answer.
func read(form url.Values, all []field) (props, profile map[string]any, err error) {
	props, profile = map[string]any{}, map[string]any{}
	for _, f := range all {
		text := strings.TrimSpace(storable(form.Get(f.ID())))
		if text == "" {
			continue
		}
		var value any = text
		switch f.Kind {
		case qualify.Number:
			if value, err = strconv.ParseFloat(strings.ReplaceAll(text, " ", ""), 64); err != nil || math.IsNaN(value.(float64)) || math.IsInf(value.(float64), 0) {
				return nil, nil, fmt.Errorf("%w: %q must be a number, such as 12000; it is %q", errForm, f.Question, text)
			}
		case qualify.Time:
			if _, err = time.Parse(time.DateOnly, text); err != nil {
				return nil, nil, fmt.Errorf("%w: %q must be a date, such as 2026-01-31; it is %q", errForm, f.Question, text)
			}
		case qualify.Bool:
			value = text == "yes"
		}
		if f.Profile {
			profile[f.Name] = value
		} else {
			props[f.Name] = value
		}
	}
	return props, profile, nil
}
