package expression

// Arithmetic applies an operator, and reports whether there is a result.
func Arithmetic(op Op, x, y float64) (float64, bool) { return finite(arithmetic(op, x, y)) }

// Searched gives the same condition without the answers that were found before there was a lead, and reports
// whether there were any.
func (o *Opening) Searched() (searched *Opening, had bool) {
	var copied func(p *part) *part
	copied = func(p *part) *part {
		q := *p
		if q.cluster != nil {
			c := *q.cluster
			had = had || c.answers != nil
			c.answers, q.cluster = nil, &c
		}
		q.kids = nil
		for _, k := range p.kids {
			q.kids = append(q.kids, copied(k))
		}
		return &q
	}
	out := *o
	out.root = copied(o.root)
	return &out, had
}

// PlaceOfMemory is where it is remembered what opens a cluster of which one atom is a yes, and the others unknown.
func PlaceOfMemory(atom int) int { return outcome{yes: 1 << atom}.place(0, Yes) }
