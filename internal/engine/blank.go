package engine

import (
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// blank is what an evaluation starts from: what it would find while nothing has occurred. Of
// most leads little has, so that most of what a program asks of the history is there already;
// what is known of the lead, and what has occurred, wakes the rules that it plays a part in.
// Without a rule asleep, it is the start of an evaluation that finds all by itself.
type blank struct {
	queries   []fact.Value
	newest    []int32
	unknown   program.Set // the facts that are, but for attributes
	awake     program.Set // the rules of which nothing is said here
	rules     []RuleResult
	groups    []GroupResult   // with the sums of the rules asleep
	uncertain []int32         // those of the rules asleep that can pay something else
	spans     [][]points.Span // what rules asleep can pay if one fact were known: by fact, as in program.ReadBy
	quick     []quick         // by rule
}

// quick is what is needed of a rule most often, together. The rule is quick to evaluate if it
// has one condition and fixed points, as most do: then its results are in a table, by answer.
type quick struct {
	when  *expression.Node // nil if the rule is not quick
	facts program.Set      // that the rule reads
	group int
	pays  [len(program.Rule{}.Pays)]RuleResult
}

// wakeful is the blank in which no rule sleeps.
func wakeful(p *program.Program) *blank {
	b := &blank{
		queries: make([]fact.Value, len(p.Queries)), newest: make([]int32, len(p.Queries)), unknown: program.NewSet(len(p.ReadBy)),
		awake: program.NewSet(len(p.Rules)), rules: make([]RuleResult, len(p.Rules)), groups: make([]GroupResult, len(p.Groups)),
		quick: make([]quick, len(p.Rules)),
	}
	for i := range p.Queries {
		b.newest[i] = None
		p.Queries[i].OfNothing(&b.queries[i])
		if !b.queries[i].Known {
			b.unknown.Put(len(p.Profile) + i)
		}
	}
	for i := range p.Rules {
		r, q := &p.Rules[i], &b.quick[i]
		b.awake.Put(i)
		if q.facts, q.group = p.RuleFacts[i], r.Group; r.Plain {
			q.when = r.When
		}
		for answer, pays := range r.Pays {
			q.pays[answer] = RuleResult{Answer: expression.Answer(answer), Raw: pays.Raw, Points: pays.Points, Span: points.Exactly(pays.Points)}
		}
	}
	return b
}

// newBlank makes the blank of a program from the evaluation of a lead of whom nothing is
// known.
func newBlank(p *program.Program) *blank {
	b := wakeful(p)
	e := newEvaluator(p, b)
	e.Start(&Lead{Stage: None}, 0)
	for i, r := range e.Finish().Rules {
		if p.Awake.Has(i) {
			continue
		}
		b.rules[i] = r
		b.groups[p.Rules[i].Group].Raw += r.Points
		if r.Span != points.Exactly(r.Points) {
			b.uncertain = append(b.uncertain, int32(i))
		}
	}
	for f, rules := range p.ReadBy {
		b.spans = append(b.spans, make([]points.Span, len(rules)))
		for k, i := range rules {
			if !p.Awake.Has(int(i)) && e.Unknown(f) {
				b.spans[f][k] = e.spanIfKnown(k, f)
			}
		}
	}
	b.awake = p.Awake
	return b
}
