package qualify

import (
	"fmt"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/layout"
)

// Criterion is one question of the checklist.
type Criterion struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Note  string `json:"note,omitempty"`
	// Set is the checklist that it belongs to, such as "bant": met_count("bant")
	// counts it. Blank is no set.
	Set string `json:"set,omitempty"`
	// Met is the condition under which it is met, over the profile and the history.
	Met string `json:"met"`
	// Unmet is the condition under which it is not met. Without it, that is while
	// Met is a definite no.
	Unmet string `json:"unmet,omitempty"`
	// Question is what a seller asks to find out.
	Question string `json:"question,omitempty"`
}

// BANT gives the four criteria of IBM's qualification scheme (budget,
// authority, need, timeline; IDs and set "bant" in lower case), each with the
// condition under which it is met, a label and a question. Change what you like
// in the result: they are criteria like any other.
func BANT(budget, authority, need, timeline string) []Criterion {
	return []Criterion{
		{ID: "budget", Label: "Budget", Set: "bant", Met: budget, Question: "What budget is set aside for this?"},
		{ID: "authority", Label: "Authority", Set: "bant", Met: authority, Question: "Who decides, and who else has a say?"},
		{ID: "need", Label: "Need", Set: "bant", Met: need, Question: "Which problem is this to solve?"},
		{ID: "timeline", Label: "Timeline", Set: "bant", Met: timeline, Question: "When should it be in use?"},
	}
}

// Answer is what is known of a question. The zero Answer is Unknown.
type Answer uint8

// The answers. Disputed is for criteria only: facts say that it is met, and
// facts say that it is not.
const (
	Unknown Answer = iota
	Yes
	No
	Disputed
)

var answerNames = [...]string{"unknown", "yes", "no", "disputed"}

// String gives "unknown", "yes", "no" or "disputed".
func (a Answer) String() string {
	if int(a) < len(answerNames) {
		return answerNames[a]
	}
	return fmt.Sprintf("Answer(%d)", uint8(a))
}

// MarshalText gives the same word as String.
func (a Answer) MarshalText() ([]byte, error) {
	if int(a) >= len(answerNames) {
		return nil, fmt.Errorf("qualify: there is no answer %d", uint8(a))
	}
	return []byte(answerNames[a]), nil
}

// UnmarshalText reads what MarshalText gives.
func (a *Answer) UnmarshalText(text []byte) error {
	for i, name := range answerNames {
		if name == string(text) {
			*a = Answer(i)
			return nil
		}
	}
	return fmt.Errorf("qualify: there is no answer %q: it is unknown, yes, no or disputed", text)
}

// answerOf turns an answer of a condition into the public one.
func answerOf(a expression.Answer) Answer {
	switch a {
	case expression.Yes:
		return Yes
	case expression.No:
		return No
	}
	return Unknown
}

// answers turns the answers to criteria into public ones.
var answers = [...]Answer{
	expression.CheckUnknown: Unknown, expression.CheckYes: Yes,
	expression.CheckNo: No, expression.CheckDisputed: Disputed,
}

// Checklist holds the answers to all criteria, in the policy's order.
type Checklist []CriterionResult

// CriterionResult is the answer to one criterion.
type CriterionResult struct {
	Criterion string `json:"criterion"`
	Label     string `json:"label,omitempty"`
	Set       string `json:"set,omitempty"`
	Question  string `json:"question,omitempty"`
	Answer    Answer `json:"answer"`
	// Facts are what decided the answer, or would decide it if they were known.
	Facts []Value `json:"facts"`
}

// Answer gives the answer to a criterion; Unknown if there is none with that ID.
func (c Checklist) Answer(id string) Answer {
	for i := range c {
		if c[i].Criterion == id {
			return c[i].Answer
		}
	}
	return Unknown
}

// Met counts the criteria of a set, or with a blank set of all, that are met.
func (c Checklist) Met(set string) int {
	n := 0
	for i := range c {
		if c[i].Answer == Yes && (set == "" || c[i].Set == set) {
			n++
		}
	}
	return n
}

// String gives a line for each criterion: its answer, and what decided it.
func (c Checklist) String() string {
	var b strings.Builder
	width := 0
	for i := range c {
		width = max(width, layout.Width(c[i].name()))
	}
	for i := range c {
		result := &c[i]
		line := fmt.Sprintf("%s  %-8s", layout.Pad(result.name(), width), result.Answer)
		if result.Answer == Unknown && result.Question != "" {
			line += "  ask: " + result.Question
		} else if len(result.Facts) > 0 {
			line += "  " + joinValues(result.Facts)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func (c *CriterionResult) name() string {
	if c.Label != "" {
		return c.Label
	}
	return c.Criterion
}

func (c *compiler) compileCriteria() {
	seen := map[string]bool{}
	for i, criterion := range c.policy.Criteria {
		p := place{"criteria", i, criterion.ID}
		c.id(p, "id", criterion.ID, seen)
		var compiled expression.CompiledCriterion
		if criterion.Met == "" {
			c.fail(p, "met", nil, "met is missing: it says when the criterion is met")
		} else {
			compiled.Met = c.expression(p, "met", criterion.Met, expression.InCriterion, fact.Bool, 0)
		}
		if criterion.Unmet != "" {
			compiled.Unmet = c.expression(p, "unmet", criterion.Unmet, expression.InCriterion, fact.Bool, 0)
		}
		c.expr.Criteria = append(c.expr.Criteria, compiled)
		c.m.met = append(c.m.met, fmt.Sprintf("met(%q)", criterion.ID))
	}
}

// checklist writes the answers to the criteria.
func (w writer) checklist(out *Checklist) {
	*out = reuse(*out)
	for i, c := range w.e.Result().Checklist {
		criterion, o := &w.m.policy.Criteria[i], appendReused((*[]CriterionResult)(out))
		o.Criterion, o.Label, o.Set, o.Question = criterion.ID, criterion.Label, criterion.Set, criterion.Question
		o.Answer, o.Facts = answers[c.Answer], reuse(o.Facts)
		for _, n := range c.Nodes {
			w.facts(&o.Facts, n)
		}
	}
}
