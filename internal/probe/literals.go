package probe

import (
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// Literals visits, for each comparison or test in some expressions, and in the terms that
// they use, each fact (an attribute, a property, or a call of the history) with each
// literal that stands beside it; a pattern stands for texts that it matches. What a term
// holds is looked at once. A node may be nil. It takes at most so many steps, each a part
// or a literal that is looked at: past them, literals are left out.
func Literals(nodes []*expression.Node, steps int, visit func(of *expression.Node, kind fact.Kind, literal fact.Value)) {
	spend := func() bool {
		steps--
		return steps >= 0
	}
	seen := map[*expression.Node]bool{} // of terms
	var facts []*expression.Node
	var literals []literal
	between, calendar := false, false
	var gather func(n *expression.Node)
	gather = func(n *expression.Node) {
		if !spend() {
			return
		}
		switch n.Op {
		case expression.OpLead, expression.OpProp, expression.OpCall:
			facts = append(facts, n)
		case expression.OpConstant:
			if n.Kind != fact.Texts {
				literals = append(literals, literal{n.Kind, n.Const})
			}
			for _, text := range Some(n.Const.Texts) {
				literals = append(literals, literal{fact.Text, fact.Value{Known: true, Text: text}})
			}
		case expression.OpCalendarDays:
			calendar = true
		case expression.OpDaysBetween:
			between = true
		case expression.OpMatches:
			for _, text := range Samples(n.Pattern()) {
				literals = append(literals, literal{fact.Text, fact.Value{Known: true, Text: text}})
			}
		}
		for _, k := range n.Kids {
			gather(k)
		}
	}
	comparison := func(n *expression.Node) {
		facts, literals, between, calendar = facts[:0], literals[:0], false, false
		gather(n)
		for _, days := range literals {
			if calendar && days.kind == fact.Number { // the days next to it
				for d := -1.0; d <= 1; d += 2 {
					literals = append(literals, literal{fact.Number, fact.Value{Known: true, Number: days.value.Number + d}})
				}
			}
			for _, from := range literals {
				if between && days.kind == fact.Number && from.kind == fact.Time && spend() {
					literals = append(literals, later(from.value, days.value.Number), later(from.value, 0-days.value.Number))
				}
			}
		}
		for _, f := range facts {
			for _, l := range literals {
				if !spend() {
					return
				}
				visit(f, l.kind, l.value)
			}
		}
	}
	var atoms func(n *expression.Node)
	atoms = func(n *expression.Node) {
		if n.Op == expression.OpTerm {
			if seen[n.Kids[0]] {
				return
			}
			seen[n.Kids[0]] = true
		}
		parts := n.Parts()
		for _, k := range parts {
			if !spend() {
				return
			}
			atoms(k)
		}
		if len(parts) == 0 {
			comparison(n)
		}
	}
	for _, n := range nodes {
		if n != nil {
			atoms(n)
		}
	}
}

// Some gives a few of the texts of a list: the first ones and the last.
func Some(list []string) []string {
	const few = 4
	if len(list) <= few {
		return list
	}
	return append(slices.Clone(list[:few-1]), list[len(list)-1])
}

// literal is a constant of an expression, or a time so many days from one.
type literal struct {
	kind  fact.Kind
	value fact.Value
}

// later gives the time so many days after another; the same if there is none.
func later(from fact.Value, days float64) literal {
	if math.Abs(days) < mostDays {
		if t, ok := (Value{fact.Value{Known: true, Time: int64(math.Round(float64(days * float64(history.Day))))}, true}).At(from.Time); ok {
			return literal{fact.Time, t}
		}
	}
	return literal{fact.Time, from}
}

// mostSamples is how many texts stand for a pattern.
const mostSamples = 48

// Samples gives some texts that a regular expression matches, in lower case where it
// does not regard case. They are none if it cannot be read, and can be none if what it
// asks for is too rare.
func Samples(pattern string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	whole, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	var all []string
	for _, s := range samples(re) {
		if s != "" && whole.MatchString(s) && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func samples(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return []string{strings.ToLower(string(re.Rune))} // as people write it
		}
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x"}
	case syntax.OpCapture, syntax.OpPlus:
		return samples(re.Sub[0])
	case syntax.OpQuest, syntax.OpStar:
		return append(samples(re.Sub[0]), "")
	case syntax.OpRepeat:
		all := samples(re.Sub[0])
		for i := range all {
			all[i] = strings.Repeat(all[i], max(1, re.Min))
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, samples(sub)...)
		}
		return all[:min(mostSamples, len(all))]
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			var longer []string
			for _, a := range all {
				for _, b := range samples(sub) {
					longer = append(longer, a+b)
				}
			}
			all = longer[:min(mostSamples, len(longer))]
		}
		return all
	}
	return []string{""} // where something stands
}

// class gives all runes of a class if they are few. Of others it gives one: a letter, a
// digit, or else the first that can be seen, if there is one.
func class(ranges []rune) (all []string) {
	const few = 8
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && len(all) <= few; r++ {
			all = append(all, string(r))
		}
	}
	if len(all) <= few {
		return all
	}
	for _, r := range "xa0X- /" {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return []string{string(r)}
			}
		}
	}
	seen := slices.IndexFunc(ranges, unicode.IsGraphic)
	return []string{string(ranges[max(0, seen)])}
}
