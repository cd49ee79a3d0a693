package program

import (
	"slices"

	"github.com/qualify-go/qualify/internal/history"
)

// Reads reports whether something is asked of a property of activities of a type.
func (p *Program) Reads(typeName string, prop int) bool {
	typeID := p.Schema.TypeID(typeName)
	takes := func(signal int) bool {
		for p.Histories[signal].Of != history.None {
			signal = p.Histories[signal].Of
		}
		return p.Schema.Takes(signal, typeID)
	}
	for i, s := range p.Signals {
		g := &p.Histories[i]
		if slices.Contains(s.Props, prop) && takes(i) ||
			g.ForEach && g.Value == prop && (takes(i) || g.Relation != history.Unrelated && takes(g.Other)) {
			return true
		}
	}
	for _, q := range p.Queries {
		if q.Prop == prop && takes(q.Signal) {
			return true
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Signal != None && (slices.Contains(r.Props, prop) || r.Limit.OncePer && r.OncePer == prop || r.Limit.ForEach && r.ForEach == prop) && takes(r.Signal) {
			return true
		}
	}
	return false
}
