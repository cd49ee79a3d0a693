package expression_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

// tree is a generated expression, which the naive evaluator below reads.
type tree struct {
	op   string // of an inner node
	kind fact.Kind
	text string     // of a leaf: its source, and the name of its fact
	v    fact.Value // of a literal
	kids []*tree
	any  []string // of a test of a text, or of a list, with any of some texts
	list string   // how they are written
}

func (t *tree) literal() bool { return t.op == "" && t.v.Known }

// onlyLiterals reports whether the tree is text that no fact has given a kind:
// such text is compared exactly.
func (t *tree) onlyLiterals() bool {
	switch t.op {
	case "":
		return t.literal()
	case "?", "??":
		n := len(t.kids)
		return t.kids[n-2].onlyLiterals() && t.kids[n-1].onlyLiterals()
	}
	return false
}

// meet gives the kind in which texts are compared.
func meet(kind fact.Kind, sides ...*tree) fact.Kind {
	if kind == fact.Text && !slices.ContainsFunc(sides, func(t *tree) bool { return !t.onlyLiterals() }) {
		return fact.Code
	}
	return kind
}

func (t *tree) source() string {
	k := func(i int) string { return t.kids[i].source() }
	if t.op == "not" || t.op == "-" && len(t.kids) == 1 {
		return "(" + t.op + " " + k(0) + ")"
	}
	switch t.op {
	case "":
		return t.text
	case "?":
		return "(" + k(0) + " ? " + k(1) + " : " + k(2) + ")"
	case "known", "days_since", "days_until", "calendar_days_since":
		return t.op + "(" + k(0) + ")"
	case "days_between":
		return t.op + "(" + k(0) + ", " + k(1) + ")"
	case "list", "not list":
		var all []string
		for i := range t.kids[1:] {
			all = append(all, k(i+1))
		}
		return "(" + k(0) + strings.TrimSuffix(" "+t.op, "list") + "in [" + strings.Join(all, ", ") + "])"
	}
	if t.any != nil {
		return "(" + k(0) + " " + t.op + " " + t.list + ")"
	}
	return "(" + k(0) + " " + t.op + " " + k(1) + ")"
}

// generator makes well-typed expressions.
type generator struct {
	rng *rand.Rand
	// machine leaves out what expr's machine cannot do: unknowns, times, ages, remainders, terms, the checklist; its text is
	// folded.
	machine bool
	// rule lets it ask for the checklist and for terms that do.
	rule  bool
	terms []*tree
}

func pick[T any](g *generator, of ...T) T { return of[g.rng.IntN(len(of))] }

func leaf(kind fact.Kind, text string) *tree { return &tree{kind: kind, text: text} }

func (g *generator) tree(kind fact.Kind, depth int) *tree {
	if depth <= 0 || g.rng.IntN(5) == 0 {
		return g.leaf(kind)
	}
	if kind != fact.Texts || !g.machine {
		switch g.rng.IntN(8) {
		case 0:
			return &tree{op: "?", kind: kind, kids: []*tree{g.tree(fact.Bool, depth-1), g.tree(kind, depth-1), g.tree(kind, depth-1)}}
		case 1:
			return &tree{op: "??", kind: kind, kids: []*tree{g.tree(kind, depth-1), g.tree(kind, depth-1)}}
		}
	}
	switch kind {
	case fact.Bool:
		return g.condition(depth - 1)
	case fact.Number:
		if !g.machine && g.rng.IntN(8) == 0 {
			return &tree{op: "days_between", kind: kind, kids: []*tree{g.tree(fact.Time, depth-1), g.tree(fact.Time, depth-1)}}
		}
		op := pick(g, "+", "-", "*", "/", "%")
		l, r := g.tree(kind, depth-1), g.tree(kind, depth-1)
		switch {
		case g.rng.IntN(6) == 0:
			return &tree{op: "-", kind: kind, kids: []*tree{l}}
		case g.machine && op == "%":
			op = "+"
		case g.machine && op == "/":
			r = &tree{kind: kind, text: "4.0", v: valueOf(4)}
		}
		return &tree{op: op, kind: kind, kids: []*tree{l, r}}
	}
	return g.leaf(kind)
}

// constantLists are the declared lists.
var constantLists = []expression.List{{ID: "few", Texts: []string{"A", "b", "É"}}, {ID: "long", Texts: []string{
	"AAB", "bb", "BAB", "a  b", "\u200bAAA", "BBBB", "é", "ab", "ABA", "aaaa", "bab", "aabb", "AB\u2060A", "abb", "BBA", "bbb", "AbA", "bAAb",
}}}

// ofList is a test with any text of a list: of a text, or of a list.
func (g *generator) ofList(text fact.Kind, depth int) *tree {
	t := &tree{kind: fact.Bool, op: pick(g, "in", "not in", "contains", "startsWith", "endsWith", "not contains", "not endsWith")}
	if strings.HasSuffix(t.op, "in") && g.rng.IntN(2) == 0 {
		text = fact.Texts
	}
	for len(t.kids) == 0 || t.kids[0].literal() {
		t.kids = []*tree{g.tree(text, depth)}
	}
	if l := pick(g, constantLists...); strings.HasSuffix(t.op, "in") || g.rng.IntN(2) == 0 {
		t.any, t.list = l.Texts, "list."+l.ID
		return t
	}
	var written []string
	for range 1 + g.rng.IntN(4) {
		c := g.constant(fact.Code)
		t.any, written = append(t.any, c.v.Text), append(written, c.text)
	}
	t.list = "[" + strings.Join(written, ", ") + "]"
	return t
}

func (g *generator) condition(depth int) *tree {
	two := func(op string, kind fact.Kind) *tree {
		return &tree{op: op, kind: fact.Bool, kids: []*tree{g.tree(kind, depth), g.tree(kind, depth)}}
	}
	orders := []string{"==", "!=", "<", "<=", ">", ">="}
	text := pick(g, fact.Text, fact.Code)
	switch g.rng.IntN(13) {
	case 0, 1:
		return two(pick(g, "and", "&&"), fact.Bool)
	case 2, 3:
		return two(pick(g, "or", "||"), fact.Bool)
	case 4:
		return &tree{op: "not", kind: fact.Bool, kids: []*tree{g.tree(fact.Bool, depth)}}
	case 5, 6:
		return two(pick(g, orders...), fact.Number)
	case 7:
		return two(pick(g, "==", "!="), fact.Bool)
	case 8:
		if !g.machine && g.rng.IntN(2) == 0 {
			return g.ofList(text, depth)
		}
		return two(pick(g, "==", "!=", "contains", "startsWith", "endsWith", "not contains"), text)
	case 9:
		kind := pick(g, fact.Number, text, fact.Texts)
		if kind == fact.Texts && g.machine {
			kind = text // the machine looks for the list as a whole
		}
		t := &tree{op: pick(g, "list", "not list"), kind: fact.Bool, kids: []*tree{g.tree(kind, depth)}}
		for range 1 + g.rng.IntN(3) {
			t.kids = append(t.kids, g.constant(kind))
		}
		return t
	case 10:
		pattern := g.constant(fact.Code)
		if g.rng.IntN(3) == 0 {
			pattern.v.Text = pick(g, "^", "") + pick(g, "A", "A|BB", "(A|B)*", ".B", "[AB]A?") + pick(g, "$", "")
			pattern.text = strconv.Quote(pattern.v.Text)
		}
		return &tree{op: pick(g, "matches", "not matches"), kind: fact.Bool, kids: []*tree{g.tree(text, depth), pattern}}
	case 11:
		if g.machine {
			return two("==", fact.Number)
		}
		switch g.rng.IntN(3) {
		case 0:
			return two(pick(g, orders...), fact.Time)
		case 1:
			k := g.tree(pick(g, fact.Bool, fact.Number, fact.Text, fact.Time, fact.Texts), depth)
			if !k.literal() {
				return &tree{op: "known", kind: fact.Bool, kids: []*tree{k}}
			}
		}
		age := &tree{op: pick(g, "days_since", "days_until", "calendar_days_since"), kind: fact.Number, kids: []*tree{g.tree(fact.Time, depth)}}
		kids := []*tree{age, g.tree(fact.Number, depth)}
		if g.rng.IntN(2) == 0 {
			slices.Reverse(kids)
		}
		return &tree{op: pick(g, orders...), kind: fact.Bool, kids: kids}
	}
	element := g.tree(fact.Text, depth)
	return &tree{op: pick(g, "in", "not in"), kind: fact.Bool, kids: []*tree{element, g.tree(fact.Texts, depth)}}
}

func (g *generator) constant(kind fact.Kind) *tree {
	switch kind {
	case fact.Number:
		x := pick(g, 0, 1, 2, 2.5, 100, -1)
		s := strconv.FormatFloat(x, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return &tree{kind: kind, text: s, v: valueOf(x)}
	case fact.Bool:
		b := g.rng.IntN(2) == 0
		return &tree{kind: kind, text: strconv.FormatBool(b), v: valueOf(b)}
	case fact.Time:
		d := g.rng.IntN(4)
		return &tree{kind: kind, text: fmt.Sprintf(`time("1970-01-0%d")`, d+1), v: valueOf(instant(d) * day)}
	}
	s := g.word()
	if !g.machine && g.rng.IntN(3) == 0 { // as people type it
		s = pick(g, "\u200b", "\ufeff", "\u2060") + strings.ReplaceAll(s, " ", pick(g, "  ", "\u00a0", "\u200b \t"))
	}
	return &tree{kind: kind, text: strconv.Quote(s), v: valueOf(s)}
}

// word is a short text, so that texts often meet.
func (g *generator) word() string {
	s := pick(g, "A", "B", "AB", "BA", "AAB", "É", "A B")
	if !g.machine && g.rng.IntN(2) == 0 {
		s = strings.ToLower(s)
	}
	return s
}

// words is a list of them, which may be known in part, and otherwise may be empty.
func (g *generator) words() any {
	all := []string{}
	for range g.rng.IntN(4) {
		all = append(all, g.word())
	}
	if len(all) > 0 && !g.machine && g.rng.IntN(3) == 0 {
		return partly(all)
	}
	return all
}

func (g *generator) leaf(kind fact.Kind) *tree {
	if g.rng.IntN(4) == 0 && kind != fact.Texts {
		return g.constant(kind)
	}
	if len(g.terms) > 0 && g.rng.IntN(4) == 0 {
		for _, i := range g.rng.Perm(len(g.terms)) {
			if g.terms[i].kind == kind {
				return leaf(kind, fmt.Sprintf("term.t%d", i))
			}
		}
	}
	if g.rule && g.rng.IntN(4) == 0 {
		switch kind {
		case fact.Bool:
			return leaf(kind, pick(g, `met("budget")`, `unmet("authority")`, `met("diligence")`, `all_met("bant")`, "all_met()", `unmet("loose")`))
		case fact.Number:
			return leaf(kind, pick(g, `met_count()`, `met_count("bant")`))
		}
	}
	switch kind {
	case fact.Bool:
		return leaf(kind, pick(g, "lead.verified", "lead.consent", `happened("visit")`))
	case fact.Number:
		return leaf(kind, pick(g, "lead.employees", "lead.revenue", `count("visit")`, `latest("call", "budget")`, `idle_steps("visit", "7d", "1d")`))
	case fact.Text:
		return leaf(kind, pick(g, "lead.name", "lead.title", `latest("call", "role")`))
	case fact.Code:
		return leaf(kind, pick(g, "lead.plan", "lead.region"))
	case fact.Time:
		return leaf(kind, pick(g, "lead.since", "lead.due"))
	}
	return leaf(kind, pick(g, "lead.tags", "lead.topics"))
}

// kinds are the facts that the generator speaks of.
var kinds = map[string]fact.Kind{
	"lead.verified": fact.Bool, "lead.consent": fact.Bool, `happened("visit")`: fact.Bool,
	"lead.employees": fact.Number, "lead.revenue": fact.Number, `count("visit")`: fact.Number, `idle_steps("visit", "7d", "1d")`: fact.Number, `latest("call", "budget")`: fact.Number,
	"lead.name": fact.Text, "lead.title": fact.Text, `latest("call", "role")`: fact.Text, "lead.plan": fact.Code, "lead.region": fact.Code,
	"lead.since": fact.Time, "lead.due": fact.Time, "lead.tags": fact.Texts, "lead.topics": fact.Texts,
}

// bounds are what the facts allow.
func bounds(name string) (lo, hi float64) {
	switch name {
	case "lead.employees":
		return 0, 1e6
	case "lead.revenue":
		return -fact.MaxNumber, fact.MaxNumber
	case `count("visit")`, `idle_steps("visit", "7d", "1d")`:
		return 0, 1000
	}
	return -100, 100
}

func (g *generator) value(name string) any {
	switch kinds[name] {
	case fact.Bool:
		return g.rng.IntN(2) == 0
	case fact.Number:
		lo, hi := bounds(name)
		x := pick(g, lo, hi, 0, 1, 2, 2.5, 100, g.rng.Float64()*3, lo+(hi-lo)*g.rng.Float64())
		if g.machine {
			x = pick(g, 0, 1, 2, 2.5, 100)
		}
		return x
	case fact.Time:
		return instant(g.rng.IntN(4))*day + instant(g.rng.IntN(3)-1)
	case fact.Texts:
		return g.words()
	}
	return g.word()
}

// learn gives what a fact may become when more is learnt of it.
func (g *generator) learn(name string, was any) any {
	v := g.value(name)
	if some, ok := was.(partly); ok {
		switch v := v.(type) {
		case partly:
			return append(slices.Clone(some), v...)
		case []string:
			return append(slices.Clone([]string(some)), v...)
		}
	}
	return v
}

// facts knows each fact with the given chance in percent.
func (g *generator) facts(percent int) facts {
	known := facts{"now": 2 * day}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range kinds {
			if !yield(name) {
				return
			}
		}
	}) {
		if g.rng.IntN(100) < percent {
			known[name] = g.value(name)
		}
	}
	return known
}

func match(pattern, s string, fold bool) bool {
	if fold {
		pattern = "(?i)" + pattern
	}
	return regexp.MustCompile(pattern).MatchString(s)
}

// equal compares values; text as it is meant.
func equal(kind fact.Kind, a, b fact.Value) bool {
	if kind == fact.Text {
		a.Text, b.Text = clean(a.Text), clean(b.Text)
	}
	return fact.Equal(kind, &a, &b)
}

// clean is text as it is compared, without what white space is too much.
func clean(s string) string {
	s = strings.NewReplacer("\u200b", "", "\ufeff", "", "\u2060", "").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

// contained answers whether a list holds a text.
func contained(list fact.Value, s string) fact.Value {
	found := slices.ContainsFunc(list.Texts, func(t string) bool { return fact.FoldString(t) == fact.FoldString(clean(s)) })
	if !list.Known || !found && list.Partial {
		return fact.Value{}
	}
	return valueOf(found)
}

// naive evaluates trees as the design says, without any cleverness.
type naive struct {
	known facts
	terms []*tree
	met   []*tree // of each criterion
	unmet []*tree // of each criterion; nil: none
}

func (e *naive) met3(i int) (v, disputed fact.Value) {
	met, unmet := e.result(e.met[i]), fact.Value{}
	if e.unmet[i] != nil {
		unmet = e.result(e.unmet[i])
	}
	isUnmet := unmet.Known && unmet.Bool
	if e.unmet[i] == nil {
		isUnmet = met.Known && !met.Bool
	}
	isMet := met.Known && met.Bool
	switch {
	case isMet && isUnmet:
		return fact.Value{}, valueOf(true)
	case isMet:
		return valueOf(true), fact.Value{}
	case isUnmet:
		return valueOf(false), fact.Value{}
	}
	return fact.Value{}, fact.Value{}
}

func and(a, b fact.Value) fact.Value {
	switch {
	case a.Known && !a.Bool, b.Known && !b.Bool:
		return valueOf(false)
	case a.Known && b.Known:
		return valueOf(true)
	}
	return fact.Value{}
}

func not(a fact.Value) fact.Value {
	if a.Known {
		return valueOf(!a.Bool)
	}
	return a
}

func (e *naive) eval(t *tree) fact.Value {
	if op, ok := strings.CutPrefix(t.op, "not "); ok {
		positive := *t
		positive.op = op
		return not(e.eval(&positive))
	}
	switch t.op {
	case "":
		return e.leaf(t)
	case "and", "&&":
		return and(e.eval(t.kids[0]), e.eval(t.kids[1]))
	case "or", "||":
		return not(and(not(e.eval(t.kids[0])), not(e.eval(t.kids[1]))))
	case "not":
		return not(e.eval(t.kids[0]))
	case "known":
		return valueOf(e.eval(t.kids[0]).Known)
	case "??":
		if v := e.eval(t.kids[0]); v.Known {
			return v
		}
		return e.eval(t.kids[1])
	case "?":
		c, a, b := e.eval(t.kids[0]), e.eval(t.kids[1]), e.eval(t.kids[2])
		switch {
		case c.Known && c.Bool:
			return a
		case c.Known:
			return b
		case equal(meet(t.kind, t.kids[1:]...), a, b):
			return a
		}
		return fact.Value{}
	}
	a := e.eval(t.kids[0])
	if t.any != nil {
		any := valueOf(false)
		for _, s := range t.any {
			one := &tree{op: t.op, kind: fact.Bool, kids: []*tree{t.kids[0], {kind: fact.Code, text: strconv.Quote(s), v: valueOf(s)}}}
			switch {
			case t.op == "in" && t.kids[0].kind == fact.Texts:
				one.kids[0], one.kids[1] = one.kids[1], one.kids[0]
			case t.op == "in":
				one.op = "=="
			}
			any = not(and(not(any), not(e.eval(one))))
		}
		return any
	}
	if t.op == "list" {
		any := valueOf(false)
		for _, k := range t.kids[1:] {
			is := fact.Value{}
			switch {
			case t.kids[0].kind == fact.Texts:
				is = contained(a, k.v.Text)
			case a.Known:
				is = valueOf(equal(meet(t.kids[0].kind, t.kids[0]), a, k.v))
			}
			any = not(and(not(any), not(is)))
		}
		return any
	}
	if t.op == "-" && len(t.kids) == 1 {
		if a.Known {
			return valueOf(-a.Number)
		}
		return a
	}
	b := e.eval(t.kids[1])
	if !a.Known || !b.Known {
		return fact.Value{}
	}
	kind := meet(t.kids[0].kind, t.kids...)
	x, y := a.Text, b.Text
	if kind == fact.Text {
		x, y = fact.FoldString(clean(x)), fact.FoldString(clean(y))
	}
	switch t.op {
	case "contains":
		return valueOf(strings.Contains(x, y))
	case "startsWith":
		return valueOf(strings.HasPrefix(x, y))
	case "endsWith":
		return valueOf(strings.HasSuffix(x, y))
	case "matches":
		if meet(t.kids[0].kind, t.kids[0]) == fact.Text {
			return valueOf(match(clean(b.Text), clean(a.Text), true))
		}
		return valueOf(match(b.Text, a.Text, false))
	case "in":
		return contained(b, a.Text)
	case "==":
		return valueOf(equal(kind, a, b))
	case "!=":
		return valueOf(!equal(kind, a, b))
	case "<":
		return valueOf(fact.Compare(kind, &a, &b) < 0)
	case "<=":
		return valueOf(fact.Compare(kind, &a, &b) <= 0)
	case ">":
		return valueOf(fact.Compare(kind, &a, &b) > 0)
	case ">=":
		return valueOf(fact.Compare(kind, &a, &b) >= 0)
	}
	z, ok := inDecimal(t.op, a.Number, b.Number)
	if !ok {
		return fact.Value{}
	}
	return valueOf(z)
}

func (e *naive) leaf(t *tree) fact.Value {
	if t.v.Known {
		return t.v
	}
	var i int
	if n, _ := fmt.Sscanf(t.text, "term.t%d", &i); n == 1 {
		return e.result(e.terms[i])
	}
	sets := map[string][]int{`"budget"`: {0}, `"authority"`: {1}, `"diligence"`: {2}, `"loose"`: {3}, `"bant"`: {0, 1}, "": {0, 1, 2, 3}}
	name, arg, _ := strings.Cut(strings.TrimSuffix(t.text, ")"), "(")
	switch name {
	case "met", "all_met":
		all := valueOf(true)
		for _, i := range sets[arg] {
			v, _ := e.met3(i)
			all = and(all, v)
		}
		return all
	case "unmet":
		v, _ := e.met3(sets[arg][0])
		return not(v)
	case "met_count":
		n := 0
		for _, i := range sets[arg] {
			if v, _ := e.met3(i); v.Known && v.Bool {
				n++
			}
		}
		return valueOf(n)
	}
	if v, ok := e.known[t.text]; ok {
		return valueOf(v)
	}
	return fact.Value{}
}

// age puts the days of the facts' ages into trees, where the naive evaluator
// wants plain numbers: ages are compared in nanoseconds, which float64 holds
// exactly at this size.
func (e *naive) ages(t *tree) *tree {
	if t.op == "days_between" {
		a, b := e.eval(e.ages(t.kids[0])), e.eval(e.ages(t.kids[1]))
		return &tree{kind: fact.Number, text: "unknown", v: fact.Value{Known: a.Known && b.Known, Number: float64(b.Time-a.Time) / float64(day)}}
	}
	if t.op == "calendar_days_since" {
		v := e.eval(e.ages(t.kids[0]))
		days := 2 - math.Floor(float64(v.Time)/float64(day))
		return &tree{kind: fact.Number, text: "unknown", v: fact.Value{Known: v.Known, Number: days}}
	}
	if t.op == "days_since" || t.op == "days_until" {
		v := e.eval(e.ages(t.kids[0]))
		if !v.Known {
			return leaf(fact.Number, "unknown")
		}
		ns := int64(2*day) - v.Time
		if t.op == "days_until" {
			ns = -ns
		}
		return &tree{kind: fact.Number, text: "age", v: fact.Value{Known: true, Time: ns}}
	}
	out := *t
	out.kids = nil
	for _, k := range t.kids {
		out.kids = append(out.kids, e.ages(k))
	}
	for i, k := range out.kids {
		if k.text == "age" {
			// Both sides in nanoseconds.
			other := e.eval(out.kids[1-i])
			ns := int64(math.MaxInt64)
			switch d := math.Round(other.Number * float64(day)); {
			case d <= math.MinInt64:
				ns = math.MinInt64
			case d < math.MaxInt64:
				ns = int64(d)
			}
			k.kind = fact.Time
			out.kids[1-i] = &tree{kind: fact.Time, text: "limit", v: fact.Value{Known: other.Known, Time: ns}}
			break
		}
	}
	return &out
}

func (e *naive) result(t *tree) fact.Value { return e.eval(e.ages(t)) }

func answerOf(v fact.Value) expression.Answer {
	switch {
	case !v.Known:
		return unknown
	case v.Bool:
		return yes
	}
	return no
}
