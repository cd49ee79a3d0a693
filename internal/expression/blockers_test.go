package expression_test

import (
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// small declares facts of which few values matter.
func small(terms ...expression.Term) *expression.Compiler {
	return expression.NewCompiler(expression.Names{
		Lead: []expression.Field{
			numberField("n", 0, 10), numberField("m", 0, 10), {Name: "a", Kind: fact.Bool}, {Name: "b", Kind: fact.Bool},
			{Name: "t", Kind: fact.Text}, {Name: "l", Kind: fact.Texts}, {Name: "c", Kind: fact.Bool}, {Name: "d", Kind: fact.Time},
			{Name: "s", Kind: fact.Code}, {Name: "e", Kind: fact.Text, Values: []string{"red", "dark red", "blue"}},
		},
		Signals:  []string{"visit"},
		Terms:    terms,
		Criteria: []expression.Criterion{{ID: "i"}, {ID: "j"}, {ID: "k"}},
		Groups:   []expression.Group{{ID: "total"}, {ID: "fit", Labels: []string{"C", "B", "A"}, From: []float64{-1e15, 5, 8}}},
		Stages:   []string{"mql", "sql", "won"},
	}, wide)
}

// dial is a fact of a cluster, with all values that can matter.
type dial struct {
	marks  []string // the parts of an atom's text that read it
	atoms  []string
	values []func(f *expression.Env, c *expression.Compiler)
	given  int // how many of them a lead has; 0: all
}

func lead(name string, values ...any) (all []func(*expression.Env, *expression.Compiler)) {
	for _, v := range append([]any{nil}, values...) {
		all = append(all, func(f *expression.Env, c *expression.Compiler) {
			i := slices.IndexFunc(c.Names.Lead, func(f expression.Field) bool { return f.Name == name })
			if f.Lead[i] = (fact.Value{}); v != nil {
				f.Lead[i] = valueOf(v)
			}
		})
	}
	return all
}

func criterion(i int) (all []func(*expression.Env, *expression.Compiler)) {
	for _, v := range []expression.Check{expression.CheckUnknown, expression.CheckYes, expression.CheckNo, expression.CheckDisputed} {
		all = append(all, func(f *expression.Env, _ *expression.Compiler) { f.Check[i] = v })
	}
	return all
}

// words are all texts of some letters, and of at most so many.
func words(letters string, most int) (all []any) {
	short := []string{""}
	for range most {
		var longer []string
		for _, s := range short {
			for _, l := range letters {
				longer = append(longer, s+string(l))
				all = append(all, s+string(l))
			}
		}
		short = longer
	}
	return all
}

var dials = map[string]dial{
	"s": {
		marks: []string{"lead.s"}, values: lead("s", words("abc", 4)...),
		atoms: []string{`lead.s contains "ab"`, `lead.s contains "b"`, `not (lead.s contains "a")`, `lead.s startsWith "a"`, `lead.s startsWith "ca"`, `lead.s endsWith "b"`, `lead.s matches "^a+b"`, `lead.s matches "c.a"`,
			`lead.s == "ab"`, `lead.s != "cab"`, "known(lead.s)", `lead.s in ["a", "bc"]`},
	},
	"e": {
		marks: []string{"lead.e"}, values: lead("e", "red", "dark red", "blue"),
		atoms: []string{`lead.e contains "red"`, `lead.e contains "z"`, `lead.e startsWith "da"`, `lead.e matches "^(b|r)"`, `lead.e == "blue"`, `not (lead.e matches "e")`, "known(lead.e)"},
	},
	"sums": {atoms: []string{"lead.n + lead.m > 6", "lead.n * 2 > 6", "lead.n - lead.m >= 3", "lead.n * 3 > 31", "lead.n / 2 == 4", "lead.n % 3 == 1", "lead.n + lead.m <= 20", "(lead.n ?? 2) * lead.m > 12", "lead.m / lead.n < 1"}},
	"n": {
		marks: []string{"lead.n"}, values: lead("n", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, .5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5), given: 12,
		atoms: []string{"lead.n >= 5", "lead.n < 5", "lead.n > 2", "lead.n <= 8", "lead.n == 5", "lead.n != 2", "lead.n in [2, 8]", "lead.n not in [2, 5]",
			"known(lead.n)", "(lead.n ?? 5) <= 5", "(lead.n ?? 8) > 2", "8 > lead.n", "(lead.n > 2) == (lead.n < 8)"},
	},
	"m": {
		marks: []string{"lead.m"}, values: lead("m", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, .5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5), given: 12,
		atoms: []string{"lead.m >= 5", "lead.m < 5", "lead.m == 2", "known(lead.m)", "lead.m != 8"},
	},
	"n m": {atoms: []string{"lead.n < lead.m", "lead.n == lead.m", "(lead.n ?? lead.m) >= 5", "lead.m >= lead.n"}},
	"a": {
		marks: []string{"lead.a"}, values: lead("a", true, false),
		atoms: []string{"lead.a", "lead.a == true", "known(lead.a)", "(lead.a ?? false)", "lead.a in [true]", "lead.a"},
	},
	"b":     {marks: []string{"lead.b"}, values: lead("b", true, false), atoms: []string{"lead.b", "lead.b != true", "lead.b"}},
	"a b":   {atoms: []string{"lead.a == lead.b", "(lead.a ?? lead.b)", "lead.a != lead.b"}},
	"n a":   {atoms: []string{"(lead.a ? lead.n : 5) < 8", "known(lead.a ? lead.n : 2)", "(lead.n > 2) == lead.a"}},
	"n m a": {atoms: []string{"(lead.a ? lead.n : lead.m) <= 5"}},
	"t": {
		marks: []string{"lead.t"}, values: lead("t", "x", "y", "z"),
		atoms: []string{`lead.t == "x"`, `lead.t != "y"`, `lead.t in ["x", "Y"]`, "known(lead.t)", `lead.t not in ["y"]`, `(lead.t ?? "x") == "x"`},
	},
	"l": {
		marks: []string{"lead.l"}, values: lead("l", []string{"x"}, []string{"y"}, []string{"x", "y"}, []string{"z"}),
		atoms: []string{`"x" in lead.l`, `"y" not in lead.l`, "known(lead.l)"},
	},
	"visit": {
		marks: []string{`count("visit")`, `happened("visit")`}, values: func() (all []func(*expression.Env, *expression.Compiler)) {
			for v := range 8 {
				all = append(all, func(f *expression.Env, c *expression.Compiler) {
					set(f, c, `count("visit")`, v)
					set(f, c, `happened("visit")`, v > 0)
				})
			}
			return all
		}(),
		atoms: []string{`count("visit") >= 2`, `count("visit") < 5`, `happened("visit")`, `count("visit") > 2.5`, `happened("visit")`, `count("visit") == 1.5`, `count("visit") in [0.5, 2.5]`},
	},
	"i":     {marks: []string{`"i"`, "met_count()", "all_met()"}, values: criterion(0), atoms: []string{`met("i")`, `unmet("i")`, `met("i")`}},
	"j":     {marks: []string{`"j"`, "met_count()", "all_met()"}, values: criterion(1), atoms: []string{`met("j")`, `unmet("j")`, `met("j")`}},
	"k":     {marks: []string{`"k"`, "met_count()", "all_met()"}, values: criterion(2), atoms: []string{`met("k")`}},
	"i j k": {atoms: []string{"met_count() >= 2", "met_count() == 1", "all_met()", "met_count() < 3"}},
	"fit": {
		marks: []string{`score("fit")`, `band("fit")`}, values: func() (all []func(*expression.Env, *expression.Compiler)) {
			for v := range 11 {
				all = append(all, func(f *expression.Env, c *expression.Compiler) {
					set(f, c, "score.fit", v)
					set(f, c, "band.fit", []string{"C", "B", "A"}[min(v/5, 1)+v/8])
				})
			}
			return all
		}(),
		atoms: []string{`score("fit") >= 5`, `score("fit") < 7`, `band("fit") == "B"`, `band("fit") in ["A", "C"]`, `score("fit") > 8`},
	},
	"stage": {
		marks: []string{"reached("}, values: func() (all []func(*expression.Env, *expression.Compiler)) {
			for v := -1; v < 3; v++ {
				all = append(all, func(f *expression.Env, _ *expression.Compiler) { f.Stage = v })
			}
			return all
		}(),
		atoms: []string{`reached("mql")`, `reached("sql")`, `reached("won")`},
	},
}

// tangled makes a condition over some atoms, each of which may stand in it often.
func tangled(rng *rand.Rand, atoms []string, depth int) string {
	sub := func() string { return tangled(rng, atoms, depth-1) }
	if depth <= 0 || rng.IntN(6) == 0 {
		return atoms[rng.IntN(len(atoms))]
	}
	switch rng.IntN(9) {
	case 0, 1, 2:
		return "(" + sub() + " and " + sub() + ")"
	case 3, 4, 5:
		return "(" + sub() + " or " + sub() + ")"
	case 6:
		return "not (" + sub() + ")"
	}
	return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
}

// leaves lists the atoms of a condition in the order of the source, each once.
func leaves(n *expression.Node) (list []*expression.Node) {
	var down func(n *expression.Node)
	down = func(n *expression.Node) {
		parts := n.Parts()
		for _, k := range parts {
			down(k)
		}
		if parts == nil && !slices.ContainsFunc(list, func(m *expression.Node) bool { return m.Text == n.Text }) {
			list = append(list, n)
		}
	}
	down(n)
	return list
}

// aims is a set of atoms, by what they must become.
type aims struct{ yes, no uint64 }

func (a aims) all() uint64 { return a.yes | a.no }

// world is all that can come out of a condition when its facts change.
type world struct {
	reads  []uint64 // by atom: the facts that it reads
	leaves int      // how many of these are leaves
	now    aims
	lives  []life
}

type life struct {
	changed uint64 // the facts that are not as they are now
	aims
	opens bool
}

// opens reports whether a set of atoms opens the condition: some facts, of those that
// the atoms read, make the atoms as wanted and the condition too; and with all others
// that make these atoms as wanted, and keep what is as now there, it is as wanted too.
func (w *world) opens(set aims) bool {
	var facts uint64
	for s := set.all(); s != 0; s &= s - 1 {
		facts |= w.reads[bits.TrailingZeros64(s)]
	}
	var lives []life
	for _, l := range w.lives {
		if l.changed&^facts == 0 && set.yes&^l.yes == 0 && set.no&^l.no == 0 {
			lives = append(lives, l)
		}
	}
	return slices.ContainsFunc(lives, func(l life) bool {
		return l.opens && !slices.ContainsFunc(lives, func(k life) bool {
			return !k.opens && l.yes&w.now.yes&^k.yes == 0 && l.no&w.now.no&^k.no == 0
		})
	})
}

// forces reports whether the condition is as wanted whenever a set of atoms is as wanted, and
// what is as now there.
func (w *world) forces(set aims) bool {
	held := aims{w.now.yes &^ set.all(), w.now.no &^ set.all()}
	return !slices.ContainsFunc(w.lives, func(l life) bool {
		return !l.opens && set.yes&^l.yes == 0 && set.no&^l.no == 0 && held.yes&^l.yes == 0 && held.no&^l.no == 0
	})
}

// fewest gives a smallest set of atoms that opens the condition, of at most so many.
func (w *world) fewest(most int) (aims, bool) {
	var found aims
	var choose func(a, more int, set aims) bool
	choose = func(a, more int, set aims) bool {
		if found = set; more == 0 {
			return w.opens(set)
		}
		for ; a < w.leaves; a++ {
			if choose(a+1, more-1, aims{set.yes | 1<<a, set.no}) || choose(a+1, more-1, aims{set.yes, set.no | 1<<a}) {
				return true
			}
		}
		return false
	}
	for size := 1; size <= most; size++ {
		if choose(0, size, aims{}) {
			return found, true
		}
	}
	return aims{}, false
}

// Blockers are the least that opens a condition, also where facts stand twice, and
// where the condition of a ternary is unknown: they are compared with what comes out
// when all sets of atoms are held against all values of the facts.
func TestBlockersAreLeast(t *testing.T) {
	t.Parallel()
	sizes := map[int]int{}
	for seed := range testcase.Count(4000) {
		rng := rand.New(rand.NewPCG(uint64(seed), 11))
		groups := [][]string{
			{"n", "m", "n m"}, {"n", "a", "n a"}, {"n", "m", "a", "n m", "n m a", "n a"}, {"n", "a", "b", "a b"}, {"t", "a", "n"}, {"l", "t", "a"},
			{"visit", "a", "n"}, {"i", "j", "k", "i j k"}, {"i", "i j k", "a"}, {"fit", "a", "visit"}, {"stage", "n"}, {"n"}, {"a", "b"},
		}
		names := groups[rng.IntN(len(groups))]
		var atoms []string
		for _, name := range names {
			atoms = append(atoms, dials[name].atoms...)
		}
		rng.Shuffle(len(atoms), func(i, j int) { atoms[i], atoms[j] = atoms[j], atoms[i] })
		atoms = atoms[:min(len(atoms), 2+rng.IntN(5))]
		term := tangled(rng, atoms, 1)
		if rng.IntN(3) == 0 {
			atoms = append(atoms, "term.t")
		}
		if rng.IntN(12) == 0 {
			atoms = append(atoms, "false")
		}
		source := tangled(rng, atoms, 2+rng.IntN(2))
		checkBlockers(t, rng, source, term, "", true, sizes)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Log("sizes:", sizes)
	for size := range 4 {
		if sizes[size] < testcase.Least(20) {
			t.Errorf("%d conditions with %d blockers", sizes[size], size)
		}
	}
}

// What the brute force does not reach: times, sums, tests of texts, what holds and must
// hold again, and conditions that nothing meets.
func TestBlockersOfSharedFacts(t *testing.T) {
	t.Parallel()
	at26 := at("2026-01-01T00:00:00Z")
	for _, tt := range []struct {
		source string
		known  facts
		want   string
	}{
		{`lead.n >= 5 and lead.n <= 8`, nil, `n >= 5=unknown +, n <= 8=unknown +`},
		{`lead.n >= 5 and lead.n <= 8`, facts{"lead.n": 3}, `n >= 5=no +`},
		{`lead.n >= 5 and lead.n >= 8 and lead.n > 2`, facts{"lead.n": 1}, `n >= 8=no +`},
		{`lead.n >= 8 and lead.m >= lead.n`, facts{"lead.n": 3, "lead.m": 5}, `n >= 8=no +, m >= lead.n=yes +`},
		{`lead.n > 8 and lead.n < 3`, facts{"lead.n": 3}, `false=no +`},
		{`lead.n > 8 and lead.n < 3 or lead.a and lead.b`, facts{"lead.n": 3}, `a=unknown +, b=unknown +`},
		{`lead.n > 8 and lead.n < 3 and lead.a`, facts{"lead.n": 3}, `false=no +`},
		{`lead.n + lead.m > 6 and lead.n <= 2`, facts{"lead.n": 3}, `n + lead.m > 6=unknown +, n <= 2=no +`},
		{`lead.n + lead.m > 6 and lead.n <= 2`, facts{"lead.n": 3, "lead.m": 1}, `n + lead.m > 6=no +, n <= 2=no +`},
		{`lead.n + lead.n > 6`, facts{"lead.n": 3, "lead.m": 1}, `n + lead.n > 6=no +`},
		{`lead.n * 2 > 6 and lead.n < 4`, facts{"lead.n": 1}, `n * 2 > 6=no +`},
		{`lead.n * 2 > 30`, facts{"lead.n": 1}, `false=no +`},
		{`lead.n * 2 > 30 and lead.a or lead.b`, nil, `b=unknown +`},
		{`lead.n * 2 > 30 and lead.n < 5 or lead.b`, nil, `b=unknown +`},
		{`lead.n % 3 == 4 or lead.n / 2 - lead.m in [6, 7]`, nil, `false=no +`},
		{`not (lead.n + lead.m < 21)`, nil, `false=no +`},
		{`count("visit") == 2.5`, nil, `false=no +`},
		{`lead.e contains "z" or lead.e startsWith "red b"`, nil, `false=no +`},
		{`lead.n * lead.n == 2 and (lead.n * lead.n != 2 or lead.n > 3)`, facts{"lead.n": 1}, `n * lead.n == 2=no +, n * lead.n != 2 or lead.n > 3=yes +`},
		{`lead.n > lead.n`, facts{"lead.n": 1}, `false=no +`},
		{`days_since(lead.d) >= 30 and days_since(lead.d) < 60`, facts{"now": at26, "lead.d": at("2025-01-01T00:00:00Z")}, `days_since(lead.d) < 60=no +`},
		{`days_since(lead.d) >= 30 and days_since(lead.d) < 20`, facts{"now": at26, "lead.d": at("2025-01-01T00:00:00Z")}, `false=no +`},
		{`days_until(lead.d) >= 0 and days_until(lead.d) <= 90`, facts{"now": at26}, `days_until(lead.d) >= 0=unknown +, days_until(lead.d) <= 90=unknown +`},
		{`now >= time("2026-02-01") and now < time("2026-03-01")`, facts{"now": at26}, `now >= time("2026-02-01")=no +`},
		{`now >= time("2026-02-01") and now < time("2026-01-15")`, facts{"now": at26}, `false=no +`},
		{`days_since("visit") < 30 and (days_since("visit") >= 7 or lead.a)`, facts{"now": at26}, `days_since("visit") < 30=unknown +, days_since("visit") >= 7=unknown +`},
		{`known(lead.d) and not (lead.d > time("2026-01-01") and lead.a)`, nil, `d > time("2026-01-01")=unknown -`},
		{`known(lead.t) and known(lead.s) and lead.t != "x" and (lead.a or not known(lead.t))`, nil, `known(lead.s)=no +, t != "x"=unknown +, a=unknown +`},
		{`reached("mql") and days_in_stage() >= 7`, facts{"now": at26}, `reached("mql")=no +, days_in_stage() >= 7=unknown +`},
		{`reached("mql") and days_in_stage() >= 7`, facts{"now": at26, "stage": "mql", "stage_since": at("2025-12-31T00:00:00Z")}, `days_in_stage() >= 7=no +`},
		{`lead.t contains "abc" and lead.t startsWith "x" and lead.t != "q"`, facts{"lead.t": "q"}, `t contains "abc"=no +, t startsWith "x"=no +, t != "q"=no +`},
		{`lead.t contains "abc" and not (lead.t contains "b") and lead.t != "q"`, facts{"lead.t": "q"}, `t contains "abc"=no +, t contains "b"=no -, t != "q"=no +`},
		{`lead.t matches "^c.o[0-9]+$" and lead.t != "q" and (lead.a or lead.t == "q")`, facts{"lead.t": "q"}, `t matches "^c.o[0-9]+$"=no +, t != "q"=no +, a=unknown +`},
		{`lead.s matches "^c.o$" or lead.s contains " " and lead.s startsWith "z"`, facts{"lead.s": "q"}, `s matches "^c.o$"=no +`},
		{`count("visit") >= 3 and (not happened("visit") or lead.a)`, nil, `count("visit") >= 3=unknown +, a=unknown +`},
		{`met_count() >= 2 and met("i")`, nil, `met_count() >= 2=no +, met("i")=unknown +`},
		{`met_count() >= 2 and met("i")`, facts{"met.i": expression.CheckYes}, `met_count() >= 2=no +`},
		{`all_met() and unmet("i")`, nil, `false=no +`},
		{`score("fit") >= 8 and band("fit") == "B"`, facts{"band.fit": "C"}, `false=no +`},
		{`score("fit") >= 6 and band("fit") == "B"`, facts{"band.fit": "C"}, `score("fit") >= 6=no +, band("fit") == "B"=no +`},
		{`known(lead.n) ? lead.a : lead.n > 3`, nil, `known(lead.n)=no +, a=unknown +`},
		{`known(lead.n) == lead.a and lead.n > 3`, facts{"lead.n": 1}, `known(lead.n) == lead.a=unknown +, n > 3=no +`},
		{`lead.t == "x" or lead.t in lead.l and lead.a`, nil, `t == "x"=unknown +`},
		{`lead.t in lead.l and lead.t != "x"`, facts{"lead.l": []string{"x", "y"}}, `t in lead.l=unknown +, t != "x"=unknown +`},
		{`lead.t in lead.l and lead.t != "x"`, facts{"lead.l": []string{"x"}, "lead.t": "x"}, `t in lead.l=yes +, t != "x"=no +`},
		{`(lead.n < 5 and lead.a or lead.b) and lead.n >= 10`, facts{"lead.n": 3, "lead.a": false, "lead.b": false}, `b=no +, n >= 10=no +`},
		{`(lead.n == 0 or lead.m != 2) and lead.n >= 1`, facts{"lead.m": 2}, `m != 2=no +, n >= 1=unknown +`},
		{`(lead.n == 0 or lead.m != 2) and lead.n >= 1`, facts{"lead.n": 0}, `m != 2=unknown +, n >= 1=no +`},
		{`(lead.c or lead.n > 3) ? lead.a : lead.b`, facts{"lead.a": false, "lead.b": true}, `a=no +`},
	} {
		c := small()
		n := compile(t, c, expression.InStage, tt.source)
		f := env(t, c, tt.known)
		var w expression.ReasonFinder
		if got := atoms(w.Blockers(c.Opening(n), f, true), true); got != tt.want {
			t.Errorf("%s with %v: %s, want %s", tt.source, tt.known, got, tt.want)
		}
	}
}

// Ternaries within the conditions of ternaries cost no more than others.
func TestBlockersOfNestedTernaries(t *testing.T) {
	t.Parallel()
	n := expression.Names{}
	source := "lead.x"
	n.Lead = append(n.Lead, expression.Field{Name: "x", Kind: fact.Bool})
	for i := range 40 {
		for _, name := range []string{"y", "z"} {
			n.Lead = append(n.Lead, expression.Field{Name: fmt.Sprint(name, i), Kind: fact.Bool})
		}
		source = fmt.Sprintf("(%s ? lead.y%d : lead.z%d)", source, i, i)
	}
	c := expression.NewCompiler(n, wide)
	var w expression.ReasonFinder
	got := atoms(w.Blockers(c.Opening(compile(t, c, expression.InStage, source)), env(t, c, nil), true), true)
	if want := "y39=unknown +, z39=unknown +"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Where to find what all atoms share would take too long, all that an and joins are blockers.
func TestBlockersOfMuch(t *testing.T) {
	t.Parallel()
	n := expression.Names{Lead: []expression.Field{numberField("n", 0, 10)}}
	sum := strings.Repeat(" + lead.n", 99)
	for i := range 150 {
		source := "lead.n" + sum
		if i > 0 {
			source = fmt.Sprintf("term.t%d%s", i-1, sum)
		}
		n.Terms = append(n.Terms, expression.Term{ID: fmt.Sprint("t", i), Source: source})
	}
	var all []string
	for i := range 700 {
		all = append(all, fmt.Sprintf("term.t149 > %d", i))
	}
	for len(all) > 1 { // so that it is not nested too deep
		k := len(all) / 2
		for i := range k {
			all[i] = "(" + all[2*i] + " and " + all[2*i+1] + ")"
		}
		all = append(all[:k], all[2*k:]...)
	}
	c := expression.NewCompiler(n, expression.Limits{Length: 1 << 20, Nesting: 200, Nodes: 5000})
	o := c.Opening(compile(t, c, expression.InStage, all[0]))
	f := env(t, c, nil)
	f.Lead[0] = fact.Value{Known: true}
	var w expression.ReasonFinder
	if got := w.Blockers(o, f, true); len(got) != 700 {
		t.Errorf("%d blockers", len(got))
	}
}

// A cluster of more atoms than the search for the least takes has blockers that open it
// all the same. What is added to it here is always so.
func TestBlockersOfManyOpen(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 65 {
		all = append(all, fmt.Sprintf("(lead.n ?? 0) < 100.%d1", i))
	}
	more := strings.Join(all, " and ")
	sizes := map[int]int{}
	for seed := range testcase.Count(300) {
		rng := rand.New(rand.NewPCG(uint64(seed), 12))
		atoms := slices.Concat(dials["n"].atoms, dials["m"].atoms, dials["n m"].atoms, dials["a"].atoms, dials["n a"].atoms)
		rng.Shuffle(len(atoms), func(i, j int) { atoms[i], atoms[j] = atoms[j], atoms[i] })
		checkBlockers(t, rng, tangled(rng, atoms[:3+rng.IntN(4)], 3), "lead.a", more, false, sizes)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Log("sizes beyond the least:", sizes)
}

// Blockers of tests of texts and of arithmetic open the condition, though not all values are
// tried, and those that lie beyond the bounds of a search do.
func TestBlockersOpen(t *testing.T) {
	t.Parallel()
	sizes := map[int]int{}
	for seed := range testcase.Count(1500) {
		rng := rand.New(rand.NewPCG(uint64(seed), 13))
		groups := [][]string{{"s"}, {"s", "a"}, {"s", "n"}, {"e"}, {"e", "a"}, {"sums", "n"}, {"sums", "n", "m", "n m"}, {"sums", "a", "n", "n a"}, {"s", "sums"}}
		var atoms []string
		for _, name := range groups[rng.IntN(len(groups))] {
			atoms = append(atoms, dials[name].atoms...)
		}
		rng.Shuffle(len(atoms), func(i, j int) { atoms[i], atoms[j] = atoms[j], atoms[i] })
		atoms = atoms[:min(len(atoms), 2+rng.IntN(5))]
		term := tangled(rng, atoms, 1)
		if rng.IntN(3) == 0 {
			atoms = append(atoms, "term.t")
		}
		checkBlockers(t, rng, tangled(rng, atoms, 2+rng.IntN(2)), term, "", false, sizes)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Log("sizes beyond the least; -1 nothing opens, and -2 the blockers say so:", sizes)
}

// Blockers that rest on answers found before there was a lead, and on what is remembered of other leads,
// are those that a search over the values of the lead finds.
func TestBlockersRemembered(t *testing.T) {
	t.Parallel()
	now := at("2026-01-01T00:00:00Z")
	days := func(name string) (all []func(*expression.Env, *expression.Compiler)) {
		for _, d := range []instant{-400, -31, -30, -29, -1, 0, 1, 5, 100_000} {
			all = append(all, func(f *expression.Env, c *expression.Compiler) { set(f, c, name, now+d*day) })
		}
		return all
	}
	dated := dial{marks: []string{"lead.d"}, values: append(lead("d"), days("lead.d")...),
		atoms: []string{"days_since(lead.d) >= 30", "days_since(lead.d) < 60", "days_until(lead.d) > 0", "days_until(lead.d) <= 5", "known(lead.d)", `days_since(lead.d) < 20000 and lead.d > time("2025-12-01")`, `days_since(lead.d) > 40000`}}
	separate := 0
	for seed := range testcase.Count(1500) {
		rng := rand.New(rand.NewPCG(uint64(seed), 14))
		var facts []dial
		var all []string
		for _, d := range []dial{dated, dials["n"], dials["m"], dials["a"], dials["b"], dials["t"], dials["l"], dials["visit"], dials["i"], dials["fit"], dials["stage"]} {
			if rng.IntN(4) == 0 {
				facts, all = append(facts, d), append(all, d.atoms...)
			}
		}
		if len(all) == 0 {
			continue
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:min(len(all), 2+rng.IntN(7))]
		c := small()
		var sources [2]string
		var openings, searched [2]*expression.Opening
		for i := range sources {
			sources[i] = tangled(rng, all, 3)
			openings[i] = c.Opening(compile(t, c, expression.InStage, sources[i]))
			had := false
			if searched[i], had = openings[i].Searched(); had {
				separate++
			}
		}
		f := env(t, c, nil)
		f.Now = int64(now)
		var remembers expression.ReasonFinder
		for range 40 {
			for _, d := range facts {
				d.values[rng.IntN(len(d.values))](f, c)
			}
			clear(f.Terms)
			for i, want := range []bool{true, false, true, false} {
				var fresh, other expression.ReasonFinder
				got, once, again := atoms(remembers.Blockers(openings[i/2], f, want), true), atoms(fresh.Blockers(openings[i/2], f, want), true), atoms(other.Blockers(searched[i/2], f, want), true)
				if got != again || once != again {
					t.Fatalf("seed %d: %s for %v, with %v: %s, without a memory %s, and searched %s", seed, sources[i/2], want, values(c, f), got, once, again)
				}
			}
		}
	}
	if separate < testcase.Least(200) {
		t.Errorf("%d conditions have answers that are found before there is a lead", separate)
	}
}

// Who looks for the blockers of one lead, as a tracker does, needs little memory for what it remembers.
func TestBlockersOfOneLeadAreSmall(t *testing.T) {
	c := small()
	o := c.Opening(compile(t, c, expression.InStage, `lead.n > 3 and (lead.a or lead.n > 8 and lead.t == "x") and (lead.t != "y" or lead.a)`))
	searched, _ := o.Searched()
	f := env(t, c, nil)
	bytes := func(o *expression.Opening) uint64 {
		const finders = 1000
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range finders {
			var w expression.ReasonFinder
			w.Blockers(o, f, true)
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / finders
	}
	if with, without := bytes(o), bytes(searched); with > without+600 {
		t.Errorf("%d bytes, and %d without what is remembered", with, without)
	}
}

// Leads that differ in an atom, whichever it is, are mostly remembered in different places.
func TestBlockersPlaces(t *testing.T) {
	t.Parallel()
	places := map[int]int{}
	for atom := range 64 {
		if places[expression.PlaceOfMemory(atom)]++; places[expression.PlaceOfMemory(atom)] > 8 {
			t.Errorf("more than eight of 64 in one place: %v", places)
		}
	}
}

// What has occurred is never later than now, also for answers found before there is a lead.
func TestBlockersOfThePast(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`days_since("visit") < 0 or days_since("visit") > 30 and days_since("visit") < 20`,
		`not (days_since("visit") >= 0 and days_since("visit") < 5 or days_since("visit") >= 5)`,
	} {
		c := small()
		o := c.Opening(compile(t, c, expression.InStage, source))
		if _, had := o.Searched(); !had {
			t.Errorf("%s: how the facts can answer was not found beforehand", source)
		}
		f := env(t, c, nil)
		f.Now = int64(at("2026-01-01T00:00:00Z"))
		var w expression.ReasonFinder
		if got := atoms(w.Blockers(o, f, true), true); got != "false=no +" {
			t.Errorf("%s is opened by %s", source, got)
		}
	}
}

// Where the steps do not suffice to find the least blockers, it is not said that nothing opens a condition
// that something does, and what is remembered of other leads plays no part.
func TestBlockersBeyondTheSteps(t *testing.T) {
	t.Parallel()
	beyond := 0
	for seed := range testcase.Count(200) {
		rng := rand.New(rand.NewPCG(uint64(seed), 15))
		var n expression.Names
		var all []string
		for i := range 12 + rng.IntN(12) {
			n.Lead = append(n.Lead, numberField(fmt.Sprint("x", i), 0, 100))
			for range 1 + rng.IntN(2) {
				all = append(all, fmt.Sprintf("lead.x%d %s %d", i, []string{"<", ">", ">=", "=="}[rng.IntN(4)], rng.IntN(100)))
			}
		}
		c := expression.NewCompiler(n, expression.Limits{Length: 1 << 20, Nesting: 200, Nodes: 5000})
		source := tangled(rng, all, 7) + " and " + tangled(rng, all, 6)
		o := c.Opening(compile(t, c, expression.InStage, source))
		searched, had := o.Searched()
		if !had {
			continue
		}
		f := env(t, c, nil)
		var remembers expression.ReasonFinder
		for range 5 {
			for i := range f.Lead {
				f.Lead[i] = fact.Value{Known: rng.IntN(5) > 0, Number: float64(rng.IntN(101))}
			}
			for _, want := range []bool{true, false} {
				var fresh, other expression.ReasonFinder
				got, again, found := atoms(remembers.Blockers(o, f, want), true), atoms(fresh.Blockers(o, f, want), true), atoms(other.Blockers(searched, f, want), true)
				const nothing = "false=no +"
				if got != again || got == nothing && found != nothing {
					t.Fatalf("seed %d: %s for %v, with %v: %s, without a memory %s, and searched %s", seed, source, want, values(c, f), got, again, found)
				}
				if got != found {
					beyond++
				}
			}
		}
	}
	if beyond < testcase.Least(20) {
		t.Errorf("the steps did not suffice %d times", beyond)
	}
}

// checkBlockers holds the blockers of a condition against what is said of them: that they
// open it, and perhaps that they are the least. More is a condition that is always yes, which
// makes a cluster with lead.n too large to find the least.
func checkBlockers(t *testing.T, rng *rand.Rand, source, term, more string, exactly bool, sizes map[int]int) {
	c := small(expression.Term{ID: "t", Source: term})
	n := compile(t, c, expression.InStage, source)
	list := leaves(n)
	if len(list) > 7 {
		return
	}
	f := env(t, c, nil)
	var facts []dial
	for _, name := range []string{"n", "m", "a", "b", "t", "l", "s", "e", "visit", "i", "j", "k", "fit", "stage"} {
		if slices.ContainsFunc(list, dials[name].marked) {
			facts = append(facts, dials[name])
		}
	}
	now := make([]int, len(facts))
	for i, d := range facts {
		now[i] = rng.IntN(cmp.Or(d.given, len(d.values)))
		if rng.IntN(4) == 0 {
			now[i] = 0
		}
		d.values[now[i]](f, c)
	}
	for _, want := range []bool{true, false} {
		wanted := no
		if want {
			wanted = yes
		}
		clear(f.Terms)
		f.Forget()
		before := fmt.Sprintf("%+v", f)
		opening := c.Opening(n)
		if more != "" {
			join := " and "
			if !want {
				more, join = "not ("+more+")", " or "
			}
			opening = c.Opening(compile(t, c, expression.InStage, "("+source+")"+join+more))
		}
		var walker expression.ReasonFinder
		got := walker.Blockers(opening, f, want)
		clear(f.Terms)
		f.Forget()
		if after := fmt.Sprintf("%+v", f); after != before {
			t.Errorf("%s: the env was\n%s, is\n%s", source, before, after)
		}
		describe := fmt.Sprintf("%s, term.t: %s, for %v, with %v: %s", source, term, want, values(c, f), atoms(got, true))
		if exactly {
			sizes[len(got)]++
		}
		if n.Test(f) == wanted {
			if len(got) != 0 {
				t.Errorf("%s: it is so", describe)
			}
			continue
		}
		// Parts of the condition that are no leaves are held like these.
		parts := list
		var set aims
		for _, a := range got {
			if len(got) == 1 && a.Node.Text == strconv.FormatBool(!want) {
				break // nothing opens it
			}
			i := slices.IndexFunc(parts, func(n *expression.Node) bool { return n.Text == a.Node.Text })
			if i < 0 {
				i, parts = len(parts), append(slices.Clip(parts), a.Node)
			}
			if a.Answer != a.Node.Test(f) {
				t.Errorf("%s: %s has another answer", describe, a.Node.Text)
			}
			if a.Want {
				set.yes |= 1 << i
			} else {
				set.no |= 1 << i
			}
		}
		if len(parts) > len(list) && exactly {
			t.Errorf("%s: a part", describe)
		}
		w := world{reads: make([]uint64, len(parts)), leaves: len(list)}
		for i, a := range parts {
			for j, d := range facts {
				if d.marked(a) || strings.Contains(a.Text, "term.t") {
					w.reads[i] |= 1 << j
				}
			}
		}
		seen := map[life]bool{}
		openable := false
		var change func(i int, changed uint64)
		change = func(i int, changed uint64) {
			if i < len(facts) {
				for v, put := range facts[i].values {
					put(f, c)
					if v == now[i] {
						change(i+1, changed)
					} else {
						change(i+1, changed|1<<i)
					}
				}
				facts[i].values[now[i]](f, c)
				return
			}
			clear(f.Terms)
			l := life{changed: changed, aims: answers(parts, f), opens: n.Test(f) == wanted}
			openable = openable || l.opens
			if !seen[l] {
				seen[l] = true
				w.lives = append(w.lives, l)
			}
		}
		change(0, 0)
		clear(f.Terms)
		w.now = answers(parts, f)
		if nothing := set.all() == 0; nothing || !openable {
			if nothing && openable || !nothing && (exactly || !w.forces(set)) {
				t.Errorf("%s, but something opens it: %v", describe, openable)
			}
			if sizes[-1]++; nothing {
				sizes[-2]++
			}
			continue
		}
		if !w.opens(set) {
			t.Errorf("%s opens nothing", describe)
		}
		if least, ok := w.fewest(len(got)); ok {
			if beyond := len(got) - bits.OnesCount64(least.all()); !exactly {
				sizes[beyond]++
			} else if beyond > 0 {
				t.Errorf("%s, but %b and %b open it", describe, least.yes, least.no)
			}
		}
	}
}

// marked reports whether an atom reads a fact.
func (d dial) marked(n *expression.Node) bool {
	return slices.ContainsFunc(d.marks, func(m string) bool { return strings.Contains(n.Text, m) })
}

func answers(list []*expression.Node, f *expression.Env) (a aims) {
	for i, n := range list {
		switch n.Test(f) {
		case yes:
			a.yes |= 1 << i
		case no:
			a.no |= 1 << i
		}
	}
	return a
}

func values(c *expression.Compiler, f *expression.Env) string {
	var all []string
	for i, v := range f.Lead {
		if v.Known {
			all = append(all, fmt.Sprint(c.Names.Lead[i].Name, "=", [...]any{fact.Number: v.Number, fact.Text: v.Text, fact.Code: v.Text, fact.Bool: v.Bool, fact.Time: v.Time, fact.Texts: v.Texts}[c.Names.Lead[i].Kind]))
		}
	}
	for i, v := range f.Queries {
		all = append(all, fmt.Sprint(c.QueryName(i), "=", v.Number, v.Bool))
	}
	return fmt.Sprint(all, f.Check, f.Points, f.Stage)
}
