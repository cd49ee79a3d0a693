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
	groups    []GroupResult // with the sums of the rules asleep
	uncertain []int32       // those of the rules asleep that can pay something else
	// pays are, by rule and answer, the results of those with one condition and fixed points,
	// if no fact of it is unknown.
	pays [][len(program.Rule{}.Pays)]RuleResult
}

// wakeful is the blank in which no rule sleeps.
func wakeful(p *program.Program) *blank {
	b := &blank{
		queries: make([]fact.Value, len(p.Queries)), newest: make([]int32, len(p.Queries)), unknown: program.NewSet(len(p.ReadBy)),
		awake: program.NewSet(len(p.Rules)), rules: make([]RuleResult, len(p.Rules)), groups: make([]GroupResult, len(p.Groups)),
		pays: make([][len(program.Rule{}.Pays)]RuleResult, len(p.Rules)),
	}
	for i := range p.Queries {
		b.newest[i] = None
		p.Queries[i].OfNothing(&b.queries[i])
		if !b.queries[i].Known {
			b.unknown.Put(len(p.Profile) + i)
		}
	}
	for i := range p.Rules {
		b.awake.Put(i)
		for answer, pays := range p.Rules[i].Pays {
			b.pays[i][answer] = RuleResult{Answer: expression.Answer(answer), Raw: pays.Raw, Points: pays.Points, Span: points.Exactly(pays.Points)}
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
	b.awake = p.Awake
	return b
}
