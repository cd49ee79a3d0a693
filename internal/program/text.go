package program

import (
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// TextCost is how many steps are taken for each byte of a property.
type TextCost struct{ Prop, Steps int }

// hashSteps is what it takes, for each byte of a text, to tell it from others.
const hashSteps = 8

// BoundText says how many steps an evaluation may take over texts, at about a nanosecond
// each. The tests of the lead's own texts, and of those that queries give, take so many
// for each byte: texts are as long as that allows. It is part of making a program, after
// Link.
func (p *Program) BoundText(most, steps int) {
	p.TextSteps, p.LeadTextSteps = int64(most), int64(steps)
	p.LongestText = min(fact.MaxText, most/max(1, steps))
	for _, r := range p.Readers {
		r.Limit(p.LongestText)
	}
	for i := range p.Props {
		p.Props[i].Reader.Limit(p.LongestText)
	}
	for i := range p.Signals {
		s := &p.Signals[i]
		if s.Where != nil {
			s.Where.ActivitySteps(func(prop, steps int) {
				s.Tests = addCost(s.Tests, prop, steps)
				p.look(i, prop, steps)
			})
		}
		for _, prop := range s.Props {
			p.look(i, prop, history.ReadSteps)
		}
	}
	for _, q := range p.Queries {
		if q.Prop != history.None {
			p.look(q.Subject(), q.Prop, 2*history.ReadSteps+hashSteps)
		}
	}
	for i, g := range p.Schema.Signals {
		if g.ForEach {
			steps := len(p.Resets) * (history.ReadSteps + hashSteps) // once in each reset scope
			p.look(i, g.Value, steps)
			if g.Relation != history.Unrelated {
				p.look(g.Other, g.Value, steps)
			}
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Signal == None {
			continue
		}
		if r.Multiply != nil {
			r.Multiply.ActivitySteps(func(prop, steps int) {
				r.Tests = addCost(r.Tests, prop, steps)
				p.look(r.Signal, prop, 2*steps) // once more for its range
			})
			for _, prop := range r.Props {
				p.look(r.Signal, prop, 2*history.ReadSteps)
			}
		}
		if r.Limit.OncePer {
			p.look(r.Signal, r.OncePer, history.ReadSteps+hashSteps)
		}
		if r.Limit.ForEach {
			p.look(r.Signal, r.ForEach, history.ReadSteps+hashSteps)
		}
	}
}

// look notes that something takes steps over a property of a signal's activities.
func (p *Program) look(signal, prop, steps int) {
	if !p.Props[prop].IsText() {
		return
	}
	for p.Schema.Repeats(signal) {
		signal = p.Schema.Signals[signal].Of
	}
	p.Signals[signal].Looks = addCost(p.Signals[signal].Looks, prop, steps)
}

func addCost(costs []TextCost, prop, steps int) []TextCost {
	for i := range costs {
		if costs[i].Prop == prop {
			costs[i].Steps += steps
			return costs
		}
	}
	return append(costs, TextCost{prop, steps})
}

// ActivityTextSteps gives no fewer steps than an evaluation takes over the texts of an
// activity, without those that put it in order.
func (p *Program) ActivityTextSteps(a *history.Activity) (steps int64) {
	typeID := p.Schema.TypeID(a.Type)
	for i := range p.Signals {
		if looks := p.Signals[i].Looks; looks != nil && p.Schema.Takes(i, typeID) {
			for _, c := range looks {
				steps += int64(c.Steps) * int64(p.Props[c.Prop].Reader.Weight(a.Props))
			}
		}
	}
	return steps
}

// stepsPerActivity gives the steps that an expression's tests of texts take for an
// activity, whatever it holds.
func (p *Program) stepsPerActivity(n *expression.Node) int {
	besides, all := n.ActivitySteps(func(int, int) {})
	return besides + all*p.LongestText
}
