package expression_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

const (
	yes     = expression.Yes
	no      = expression.No
	unknown = expression.Unknown
)

// limits are the defaults of a policy.
var limits = expression.Limits{Length: 4096, Nesting: 50, Nodes: 500, Pattern: 500}

func numberField(name string, lo, hi float64) expression.Field {
	return expression.Field{Name: name, Kind: fact.Number, Lo: lo, Hi: hi}
}

// names declares what the expressions of the tests speak of.
func names(terms ...expression.Term) expression.Names {
	return expression.Names{
		Lead: []expression.Field{
			numberField("employees", 0, 1e6), numberField("revenue", -fact.MaxNumber, fact.MaxNumber),
			{Name: "name", Kind: fact.Text}, {Name: "title", Kind: fact.Text},
			{Name: "plan", Kind: fact.Code}, {Name: "region", Kind: fact.Code},
			{Name: "country", Kind: fact.Code, Values: []string{"DK", "SE", "DE"}},
			{Name: "size", Kind: fact.Text, Values: []string{"small", "Large"}},
			{Name: "verified", Kind: fact.Bool}, {Name: "consent", Kind: fact.Bool},
			{Name: "since", Kind: fact.Time}, {Name: "due", Kind: fact.Time},
			{Name: "tags", Kind: fact.Texts, Values: []string{"vip", "Old"}}, {Name: "topics", Kind: fact.Texts},
		},
		Props: []expression.Field{
			{Name: "path", Kind: fact.Code}, numberField("budget", -100, 100), {Name: "role", Kind: fact.Text},
			{Name: "start", Kind: fact.Time}, {Name: "paid", Kind: fact.Bool}, {Name: "labels", Kind: fact.Texts},
		},
		Signals: []string{"visit", "call", "demo"},
		Terms:   terms,
		Lists:   []expression.List{{ID: "free", Texts: []string{"gmail.com", "Web.de"}}},
		Criteria: []expression.Criterion{
			{ID: "budget", Set: "bant"}, {ID: "authority", Set: "bant"}, {ID: "diligence", Set: "audit"}, {ID: "loose"},
		},
		Groups: []expression.Group{{ID: "total"}, {ID: "fit", Labels: []string{"C", "B", "A"}}},
		Stages: []string{"mql", "sql", "won"},
	}
}

// order ranks the stages: the last is an exit.
var order = []int{0, 1, expression.None}

func compiler(terms ...expression.Term) *expression.Compiler {
	return expression.NewCompiler(names(terms...), limits)
}

func compile(t testing.TB, c *expression.Compiler, place expression.Place, source string) *expression.Node {
	t.Helper()
	n, mistakes := c.Compile(source, place, fact.None, 0)
	if n == nil {
		t.Fatalf("Compile(%s): %v", source, mistakes)
	}
	return n
}

// instant is a time in nanoseconds, as a fact of a test.
type instant int64

func at(s string) instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return instant(t.UnixNano())
}

// facts are what a test knows: "lead.x", "activity.x", a call as a policy
// writes it, "now", "activity.at", "met.x" (a Check), "score.x", "band.x",
// "stage" and "stage_since".
type facts map[string]any

// partly is a list of text of which a part was set aside.
type partly []string

func valueOf(v any) fact.Value {
	switch v := v.(type) {
	case int:
		return fact.Value{Known: true, Number: float64(v)}
	case float64:
		return fact.Value{Known: true, Number: v}
	case string:
		return fact.Value{Known: true, Text: v}
	case bool:
		return fact.Value{Known: true, Bool: v}
	case instant:
		return fact.Value{Known: true, Time: int64(v)}
	case []string:
		return fact.Value{Known: true, Texts: v}
	case partly:
		return fact.Value{Known: true, Texts: v, Partial: true}
	}
	panic(fmt.Sprintf("no fact: %T", v))
}

// env holds the facts, for what the compiler has compiled so far.
func env(t testing.TB, c *expression.Compiler, known facts) *expression.Env {
	t.Helper()
	n := c.Names
	f := &expression.Env{
		Lead: make([]fact.Value, len(n.Lead)), Props: make([]fact.Value, len(n.Props)), Queries: make([]fact.Value, len(c.Queries)),
		Terms: make([]expression.Memo, c.Terms()), Check: make([]expression.Check, len(n.Criteria)),
		Points: make([]float64, len(n.Groups)), Bands: make([]string, len(n.Groups)), Stage: expression.None, Ranks: order,
	}
	for name, v := range known {
		if !set(f, c, name, v) {
			t.Fatalf("there is no fact %s; calls:%v", name, callNames(c))
		}
	}
	return f
}

func callNames(c *expression.Compiler) (all []string) {
	for i := range c.Queries {
		all = append(all, c.QueryName(i))
	}
	return all
}

func set(f *expression.Env, c *expression.Compiler, name string, v any) bool {
	clear(f.Terms) // of the assessment before
	n := c.Names
	of, part, _ := strings.Cut(name, ".")
	field := func(f expression.Field) bool { return f.Name == part }
	switch {
	case name == "now":
		f.Now = int64(v.(instant))
	case name == "activity.at":
		f.ActivityAt = int64(v.(instant))
	case name == "stage":
		f.Stage = slices.Index(n.Stages, v.(string))
	case name == "stage_since":
		f.StageSince = valueOf(v)
	case of == "met":
		f.Check[slices.IndexFunc(n.Criteria, func(c expression.Criterion) bool { return c.ID == part })] = v.(expression.Check)
	case of == "score":
		f.Points[slices.IndexFunc(n.Groups, func(g expression.Group) bool { return g.ID == part })] = valueOf(v).Number
	case of == "band":
		f.Bands[slices.IndexFunc(n.Groups, func(g expression.Group) bool { return g.ID == part })] = v.(string)
	case of == "lead":
		f.Lead[slices.IndexFunc(n.Lead, field)] = valueOf(v)
	case of == "activity":
		f.Props[slices.IndexFunc(n.Props, field)] = valueOf(v)
	default:
		i := slices.Index(callNames(c), name)
		if i < 0 {
			return false
		}
		f.Queries[i] = valueOf(v)
	}
	return true
}

const day = instant(history.Day)
