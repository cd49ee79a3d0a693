package expression

import (
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// budget bounds the nodes that one walk looks at: terms within terms can make
// the ways through a small policy exponentially many. Past it a term counts as
// one atom.
const budget = 10_000

// budgets bounds the same for all walks since Reset.
const budgets = 10 * budget

// Atom is a leaf of a condition with its answer.
type Atom struct {
	Node   *Node
	Answer Answer
	// Want is what the atom must be for the condition to be as wanted: of Blockers, what
	// it must become, or must be again; of Decisive, for a yes.
	Want bool

	at int // of Blockers: its place in the source
}

// ReasonFinder finds the atoms behind an answer. Its zero value is ready; it keeps
// its memory between walks.
type ReasonFinder struct {
	atoms []Atom
	steps int // of this walk
	spent int // by the walks before it

	search search // of Blockers
}

// Reset begins a new assessment.
func (w *ReasonFinder) Reset() { w.spent, w.steps = 0, 0 }

func (w *ReasonFinder) begin() {
	w.spent += w.steps
	w.atoms, w.steps = w.atoms[:0], 0
	if w.spent > budgets {
		w.steps = budget
	}
}

// Decisive lists the atoms that made the condition's answer what it is: those
// that are no where one no was enough, those that are yes where one yes was
// enough, those that are unknown where nothing else decided, and of a ternary
// the condition and the side that it chose, or both sides where they agree
// although the condition is unknown. Each wants what is needed for a yes. The list is valid until the next walk.
func (w *ReasonFinder) Decisive(n *Node, f *Env) []Atom {
	w.begin()
	w.decisive(n, f, true)
	return w.atoms
}

func (w *ReasonFinder) decisive(n *Node, f *Env, want bool) {
	w.steps++
	a := n.test(f)
	switch n.Op {
	case OpNot:
		w.decisive(n.Kids[0], f, !want)
	case OpAnd, OpOr:
		settles := No // the answer of one side that settles the whole
		if n.Op == OpOr {
			settles = Yes
		}
		for _, k := range n.Kids {
			if a != settles && a != Unknown || k.test(f) == a {
				w.decisive(k, f, want)
			}
		}
	case OpCondition:
		c := n.Kids[0].test(f)
		if c != Unknown || a == Unknown {
			w.decisive(n.Kids[0], f, n.chooses(c, f, want))
		}
		if c == Yes || c == Unknown && a != Unknown {
			w.decisive(n.Kids[1], f, want)
		}
		if c == No || c == Unknown && a != Unknown {
			w.decisive(n.Kids[2], f, want)
		}
	case OpTerm:
		if w.steps > budget {
			w.add(n, a, want)
			return
		}
		w.decisive(n.Kids[0], f, want)
	default:
		w.add(n, a, want)
	}
}

// chooses tells what the condition of a ternary, with its answer, must be for the ternary
// to be as wanted: what takes the only side that is so, or else what it is.
func (n *Node) chooses(c Answer, f *Env, want bool) bool {
	then, other := n.Kids[1].test(f) == answer(want), n.Kids[2].test(f) == answer(want)
	if then != other {
		return then
	}
	return c != No
}

func (w *ReasonFinder) add(n *Node, a Answer, want bool) {
	for _, have := range w.atoms {
		if have.Node.Text == n.Text {
			return
		}
	}
	w.atoms = append(w.atoms, Atom{Node: n, Answer: a, Want: want})
}

// Joins names how a condition joins its parts: "and", "or" or "not"; "" if it is none
// of these.
func (n *Node) Joins() string {
	if n.Op > OpNot {
		return ""
	}
	return [...]string{OpAnd: "and", OpOr: "or", OpNot: "not"}[n.Op]
}

// Parts gives the conditions that a condition joins: those of a chain of and, or of
// or, side by side; what a not turns round; the three of a ternary; what a term holds.
// An atom, and what is no condition, has none.
func (n *Node) Parts() []*Node {
	if n.Kind != fact.Bool || n.Op > OpTerm {
		return nil
	}
	if n.Op != OpAnd && n.Op != OpOr {
		return n.Kids
	}
	return n.chain(n.Op, nil)
}

func (n *Node) chain(op Op, parts []*Node) []*Node {
	if n.Op != op {
		return append(parts, n)
	}
	for _, k := range n.Kids {
		parts = k.chain(op, parts)
	}
	return parts
}

// Subject is what an atom is about: the text of its side that is no literal,
// or all of it.
func (n *Node) Subject() string { return n.subject }

// about makes what Subject says.
func (n *Node) about() string {
	switch n.Op {
	case OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		if n.Kids[0].Op == OpConstant {
			return n.Kids[1].operand()
		}
		return n.Kids[0].operand()
	case OpIn:
		if n.Kids[0].Op == OpConstant {
			return n.Kids[1].Text
		}
		return n.Kids[0].Text
	case OpContains, OpStartsWith, OpEndsWith, OpMatches:
		return n.Kids[0].Text
	}
	return n.Text
}

var inverse = map[Op]Op{
	OpEqual: OpNotEqual, OpNotEqual: OpEqual, OpLess: OpGreaterEqual,
	OpLessEqual: OpGreater, OpGreater: OpLessEqual, OpGreaterEqual: OpLess,
}

var symbols = map[Op]string{
	OpEqual: "==", OpNotEqual: "!=", OpLess: "<", OpLessEqual: "<=", OpGreater: ">", OpGreaterEqual: ">=",
	OpIn: "in", OpContains: "contains", OpStartsWith: "startsWith", OpEndsWith: "endsWith", OpMatches: "matches",
}

// Wanted says what the subject of the atom must be, as in ">= 30", for the atom
// to become yes, or to become no.
func (n *Node) Wanted(yes bool) string {
	if yes {
		return n.wanted[1]
	}
	return n.wanted[0]
}

// want makes what Wanted says; right is the source of the atom's right side.
func (n *Node) want(yes bool, right string) string {
	op := n.Op
	if i, ok := inverse[op]; ok {
		if !yes {
			op = i
		}
		if n.Kids[0].Op == OpConstant {
			return symbols[op.Swapped()] + " " + n.Kids[0].Text
		}
		return symbols[op] + " " + n.Kids[1].operand()
	}
	symbol, ok := symbols[op]
	if !ok {
		if yes {
			return "true"
		}
		return "false"
	}
	if op == OpIn && n.Kids[0].Op == OpConstant {
		symbol = "with "
		if !yes {
			symbol = "without "
		}
		return symbol + n.Kids[0].Text
	}
	if op == OpIn && n.Kids[0].Kind == fact.Texts {
		symbol = "with any of"
		if !yes {
			symbol = "without any of"
		}
		return symbol + " " + right
	}
	if !yes {
		symbol = "not " + symbol
	}
	return symbol + " " + right
}

// operand gives the text of a side of a comparison, in parentheses if it is one itself.
func (n *Node) operand() string {
	if symbols[n.Op] != "" {
		return "(" + n.Text + ")"
	}
	return n.Text
}

// joined gives the text of a node as an operator takes it: c ? a : b and a ?? b are in parentheses.
func (n *Node) joined() string {
	if n.Op == OpCondition || n.Op == OpDefault {
		return "(" + n.Text + ")"
	}
	return n.Text
}

// Value gives the value of a source; of an age, in days.
func (n *Node) Value(f *Env) fact.Value {
	switch n.Op {
	case OpLead:
		return f.Lead[n.Slot]
	case OpCall:
		return f.Queries[n.Slot]
	case OpDaysSince, OpDaysUntil, OpDaysInStage:
		d, ok := age(n)(f)
		if !ok {
			return fact.Value{}
		}
		return fact.Value{Known: true, Number: d.float() / float64(history.Day)}
	}
	_, v := value(n, f)
	return v
}

// Query gives the slot of the history call that a source rests on.
func (n *Node) Query() (slot int, ok bool) {
	for n.Op == OpDaysSince || n.Op == OpDaysUntil || n.Op == OpCalendarDays || n.Op == OpTerm {
		n = n.Kids[0]
	}
	return n.Slot, n.Op == OpCall
}

// Criteria lists the criteria that a source asks for.
func (n *Node) Criteria() []int { return n.Many }

// Counts reports whether a source asks for several criteria at once.
func (n *Node) Counts() bool { return n.Op == OpMetCount || n.Op == OpAllMet }
