package solver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

const (
	yes     = expression.Set(1 << expression.Yes)
	no      = expression.Set(1 << expression.No)
	unknown = expression.Set(1 << expression.Unknown)
	known   = yes | no
	all     = known | unknown
)

// words writes a set of answers, from no to yes.
func words(s expression.Set) string {
	var w []string
	for a, word := range [...]string{expression.No: "no", expression.Unknown: "unknown", expression.Yes: "yes"} {
		if s.Can(expression.Answer(a)) {
			w = append(w, word)
		}
	}
	return strings.Join(w, " ")
}

func number(name string, lo, hi float64) expression.Field {
	return expression.Field{Name: name, Kind: fact.Number, Lo: lo, Hi: hi}
}

// names are what the conditions of the tables speak of.
func names() expression.Names {
	return expression.Names{
		Lead: []expression.Field{
			number("n", 0, 10), number("m", -fact.MaxNumber, fact.MaxNumber),
			{Name: "t", Kind: fact.Text}, {Name: "u", Kind: fact.Text, Values: []string{"One", " two", "Three", "n/a"}, Placeholders: []string{" N/A "}},
			{Name: "c", Kind: fact.Code}, {Name: "d", Kind: fact.Code, Values: []string{"a", "ab", "b"}},
			{Name: "x", Kind: fact.Bool}, {Name: "y", Kind: fact.Bool},
			{Name: "w", Kind: fact.Time}, {Name: "v", Kind: fact.Time},
			{Name: "l", Kind: fact.Texts},
		},
		Props: []expression.Field{
			number("n", 0, 5), number("loss", -5, 0), number("any", -fact.MaxNumber, fact.MaxNumber),
			{Name: "t", Kind: fact.Text, Values: []string{"red", "green"}}, {Name: "k", Kind: fact.Code}, {Name: "w", Kind: fact.Time}, {Name: "b", Kind: fact.Bool},
		},
		Signals: []string{"visit", "form", "either", "any", "priced", "third", "late", "again"},
		Terms: []expression.Term{
			{ID: "size", Source: "lead.n"}, {ID: "yes", Source: "lead.x"}, {ID: "visits", Source: `count("visit")`},
		},
		Criteria: []expression.Criterion{{ID: "one", Set: "s"}, {ID: "two"}, {ID: "three", Set: "s"}},
		Groups:   []expression.Group{{ID: "total"}, {ID: "fit", Labels: []string{"C", "B", "A", "never"}}, {ID: "gap", Labels: []string{"ok"}}},
		Stages:   []string{"mql", "sql", "won"},
	}
}

// A signal is as a policy declares it.
type signal struct {
	Types []string // none of a repeated signal
	Where string
	Of    int
}

// programOf is what a solver reads of a policy, of which a compiler compiles the conditions.
func programOf(t testing.TB, c *expression.Compiler, signals []signal) *program.Program {
	t.Helper()
	p := &program.Program{
		Profile: c.Names.Lead, Properties: c.Names.Props, Queries: c.Queries, Criteria: c.Criteria, Groups: make([]program.Group, len(c.Names.Groups)),
	}
	for _, s := range signals {
		var where *expression.Node
		if s.Where != "" {
			var mistakes []expression.Mistake
			if where, mistakes = c.Compile(s.Where, expression.InWhere, fact.Bool, 0); where == nil {
				t.Fatalf("%s: %v", s.Where, mistakes)
			}
		}
		p.Signals = append(p.Signals, program.Signal{Where: where})
		p.Histories = append(p.Histories, history.Signal{Types: s.Types, Of: s.Of, Where: s.Where != ""})
	}
	return p
}

// signals are those of names, in their order.
var signals = []signal{
	{Types: []string{"visit"}, Of: expression.None},
	{Types: []string{"form"}, Of: expression.None},
	{Types: []string{"visit", "form"}, Of: expression.None},
	{Types: []string{"*"}, Of: expression.None},
	{Types: []string{"visit"}, Where: `activity.k == "p"`, Of: expression.None},
	{Of: 0}, // every third visit, say
	{Types: []string{"visit"}, Where: `activity.k == "q"`, Of: expression.None},
	{Of: 5},
}

// ranks are those of the stages: the last is an exit.
var ranks = []int{0, 1, expression.None}

// world is a solver, and the compiler of what it is asked.
type world struct {
	testing.TB
	*solver.Solver
	c       *expression.Compiler
	program *program.Program
}

var limits = expression.Limits{Length: 1 << 14, Nesting: 100, Nodes: 5000, Pattern: 500}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, c: expression.NewCompiler(names(), limits)}
	for _, k := range [...][2]string{{"lead.x", ""}, {"lead.n >= 6", "lead.n < 3"}, {"lead.y", ""}} {
		judged := expression.CompiledCriterion{Met: w.compile(expression.InCriterion, k[0], 0)}
		if k[1] != "" {
			judged.Unmet = w.compile(expression.InCriterion, k[1], 0)
		}
		w.c.Criteria = append(w.c.Criteria, judged)
	}
	w.program = programOf(t, w.c, signals)
	w.program.Ranks = ranks
	w.program.Groups[1].Bands = []program.Band{{From: program.Unbounded, Label: "C"}, {From: 10 * points.Unit, Label: "B"}, {From: 20 * points.Unit, Label: "A"}, {From: 61 * points.Unit / 2, Label: "never"}}
	w.program.Groups[2].Bands = []program.Band{{From: 0, Label: "ok"}}
	w.Solver = solver.New(w.program)
	w.Score(1, 0, 30)
	w.Score(2, -5, 5)
	return w
}

func (w *world) compile(place expression.Place, source string, scope int) *expression.Node {
	w.Helper()
	n, mistakes := w.c.Compile(source, place, fact.None, scope)
	if n == nil {
		w.Fatalf("%s: %v", source, mistakes)
	}
	if w.program != nil {
		w.program.Queries = w.c.Queries
	}
	return n
}

// goal reads a condition with the answers that it is to have: "no: lead.x", "no unknown: lead.x".
// Without any, it is yes. A condition in "scope 1: …" sees history from a reset on, and one of
// "where: …" is that of a signal.
func (w *world) goal(source string) solver.Goal {
	w.Helper()
	g, place, scope := solver.Goal{}, expression.InStage, 0
	if head, rest, ok := strings.Cut(source, ": "); ok && !strings.ContainsAny(head, "?(") {
		source = rest
		for _, word := range strings.Fields(head) {
			switch word {
			case "yes":
				g.Want |= yes
			case "no":
				g.Want |= no
			case "unknown":
				g.Want |= unknown
			case "where":
				place = expression.InWhere
			case "reset":
				scope = 1
			case "impossible":
			default:
				w.Fatalf("%q is no answer", word)
			}
		}
	}
	if g.Want == 0 {
		g.Want = yes
	}
	g.Node = w.compile(place, source, scope)
	return g
}

func (w *world) goals(sources ...string) (goals []solver.Goal) {
	for _, s := range sources {
		goals = append(goals, w.goal(s))
	}
	return goals
}

const day = history.Day

// sorted gives the keys of a table in their order.
func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
