package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// Expected gives all lines that can be expected of an assessment. First come those about an
// item of the policy, by the name of its list and its ID, then those that say the most.
func Expected(a *qualify.Assessment, now time.Time, list, id string) (lines []string) {
	own := 0
	add := func(of, about string, words ...string) {
		line := strings.Join(words, " ")
		if of == list && about == id {
			lines = slices.Insert(lines, own, line)
			own++
		} else {
			lines = append(lines, line)
		}
	}
	label := labelled
	add("", "", "stage", label(a.Verdict.Stage), "("+string(a.Verdict.Move)+")")
	for _, c := range a.Checklist {
		add("criteria", c.Criterion, "checklist", Quote(c.Criterion)+"="+c.Answer.String())
	}
	for _, g := range a.Score.Groups {
		add("groups", g.Group, "band", Quote(g.Group), label(g.Band))
	}
	add("groups", "total", "band", label(a.Score.Band))
	add("", "", "rating", label(a.Score.Rating))
	for _, c := range a.Score.Contributions {
		add("rules", c.Rule, "rule", Quote(c.Rule), Number(c.Points))
	}
	for _, g := range a.Score.Groups {
		add("groups", g.Group, "score", groupID(g.Group), Number(g.Points))
	}
	add("groups", "total", "score", Number(a.Score.Points))
	if a.Verdict.Due.IsZero() {
		add("", "", "due never")
	} else {
		add("", "", "due", offset(a.Verdict.Due, now))
	}
	if a.Verdict.Overdue {
		add("", "", "overdue")
	} else {
		add("", "", "not overdue")
	}
	for _, b := range a.Verdict.Blockers {
		add("", "", "blocked", written(b.Fact+" "+b.Want, "nothing"))
	}
	if len(a.Verdict.Blockers) == 0 {
		add("", "", "blocked nothing")
	}
	for _, f := range a.Score.Unknown {
		add("", "", "unknown", written(f.Fact, "nothing"))
	}
	if len(a.Score.Unknown) == 0 {
		add("", "", "unknown nothing")
	}
	return lines
}

// Write writes a scenario of a lead that is assessed once. Its activities are in order. What
// the policy does not declare is left out.
func Write(name string, policy *qualify.Policy, lead *qualify.Lead, at, now time.Time, expected string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "scenario %s\n", name)
	if len(lead.Profile) > 0 {
		s.WriteString("  lead")
		for _, f := range policy.Profile {
			if v, ok := lead.Profile[SourceKey(f)]; ok {
				s.WriteString(" " + pair(f, v, now))
			}
		}
		s.WriteString("\n")
	}
	if lead.Stage != "" || !lead.StageSince.IsZero() {
		fmt.Fprintf(&s, "  in %s", Quote(cmp.Or(lead.Stage, "none")))
		if !lead.StageSince.IsZero() {
			s.WriteString(" since " + offset(lead.StageSince, now))
		}
		s.WriteString("\n")
	}
	for i, n := 0, 1; i < len(lead.Activities); i, n = i+n, 1 {
		a := &lead.Activities[i]
		for a.ID == "" && i+n < len(lead.Activities) && same(a, &lead.Activities[i+n]) {
			n++
		}
		fmt.Fprintf(&s, "  %s %s", offset(a.At, now), Quote(a.Type))
		if n > 1 {
			fmt.Fprintf(&s, " x%d", n)
		}
		if a.ID != "" {
			s.WriteString(" id=" + Quote(a.ID))
		}
		for _, f := range policy.Properties {
			if v, ok := a.Props[SourceKey(f)]; ok {
				s.WriteString(" " + pair(f, v, now))
			}
		}
		s.WriteString("\n")
	}
	fmt.Fprintf(&s, "  at %s\n    %s\n", offset(at, now), expected)
	return s.String()
}

func same(a, b *qualify.Activity) bool {
	return a.Type == b.Type && a.ID == b.ID && a.At.Equal(b.At) && maps.Equal(a.Props, b.Props)
}

// pair writes an attribute or a property.
func pair(f qualify.Field, v any, now time.Time) string {
	switch v := v.(type) {
	case time.Time:
		if d := v.Sub(now); d.Abs() < 100*365*24*time.Hour {
			return Quote(f.Name) + "=" + offset(v, now)
		}
		return Quote(f.Name) + "=" + v.Format(time.RFC3339Nano)
	case string:
		if f.Kind == qualify.Time {
			return Quote(f.Name) + "=" + strconv.Quote(v)
		}
		return Quote(f.Name) + "=" + Quote(v)
	}
	return Quote(f.Name) + "=" + Quote(fmt.Sprint(v))
}
