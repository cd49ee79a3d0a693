package expression

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/suggest"
)

// Field is a declared attribute or property.
type Field struct {
	Name   string
	Kind   fact.Kind
	Lo, Hi float64 // of a number
	Values []string

	Placeholders []string // what a text never is; only package solver looks at them
}

// Term is a named expression.
type Term struct{ ID, Source string }

// List is a named list of text.
type List struct {
	ID    string
	Texts []string
}

// Criterion is what conditions may say about a criterion.
type Criterion struct{ ID, Set string }

// Group is what conditions may say about a group.
type Group struct {
	ID     string
	Labels []string  // of its bands
	From   []float64 // where these begin; only an Opening looks at them
}

// Names is everything that an expression may refer to, in the order of its slots.
type Names struct {
	Lead     []Field
	Props    []Field
	Signals  []string
	Types    [][]string // that the signals take; only messages need them
	Terms    []Term
	Lists    []List
	Criteria []Criterion
	Groups   []Group // the root comes first
	Stages   []string
	Location *time.Location
}

// Limits bounds the text of an expression.
type Limits struct {
	Length  int // bytes
	Nesting int // levels
	Nodes   int
	Pattern int // bytes of a regular expression
}

// Mistake is something wrong in an expression.
type Mistake struct {
	Offset  int // where, in runes from the start of the source
	Message string
}

// Compiler turns the expressions of one policy into nodes. It hands out the
// slots of the history calls and of the terms.
type Compiler struct {
	Names  Names
	Limits Limits

	// Criteria are the compiled criteria, which the caller adds as it has them,
	// before it compiles what asks for them.
	Criteria []CompiledCriterion

	Queries []history.Query // by slot

	lists     map[listKey]func(string) bool // tests of texts against declared lists
	callSlots map[history.Query]int
	terms     map[termKey]*Node
	mistakes  map[string][]Mistake // by term
	open      []string             // the terms being compiled, outermost first
	termSlots int
	setNames  []string
	sets      map[string][]int // the criteria of each set; "" is all of them
	looked    int              // candidates for misspelt names
	parts     int              // nodes of all expressions, those of a term once for each reset scope
	steps     int              // of all patterns
	opened    int              // nodes looked at to find what atoms share
	trials    int              // values found for facts that they share
	answered  int              // steps of finding how the atoms of these facts can be answered
	tests     int              // of texts
	textSteps int              // of these, for each byte
	full      bool
	config    *conf.Config // of the parser: to make one takes longer than to parse
}

type listKey struct {
	op   Op
	fold bool
	list int // as of Node.Slot
}

type termKey struct {
	id         string
	resetScope int
}

// NewCompiler makes a compiler for expressions over the given names.
func NewCompiler(names Names, limits Limits) *Compiler {
	c := &Compiler{Names: names, Limits: limits, lists: map[listKey]func(string) bool{}, callSlots: map[history.Query]int{}, terms: map[termKey]*Node{}, mistakes: map[string][]Mistake{}, sets: map[string][]int{}}
	for i, criterion := range names.Criteria {
		if c.sets[""] = append(c.sets[""], i); criterion.Set == "" {
			continue
		}
		if c.sets[criterion.Set] == nil {
			c.setNames = append(c.setNames, criterion.Set)
		}
		c.sets[criterion.Set] = append(c.sets[criterion.Set], i)
	}
	return c
}

// Closest is suggest.Closest, until the policy has so many misspelt names, among
// so many candidates, that to look on would take too long.
func (c *Compiler) Closest(name string, candidates []string) (string, bool) {
	const most = 50_000
	if c.looked += len(candidates); c.looked > most {
		return "", false
	}
	return suggest.Closest(name, candidates)
}

// Terms is the number of term slots handed out.
func (c *Compiler) Terms() int { return c.termSlots }

// Parts is how many parts all expressions have, those of a term once for each reset scope.
func (c *Compiler) Parts() int { return c.parts }

// TextSteps is what all tests of the lead's texts cost for each byte of these.
func (c *Compiler) TextSteps() int { return c.textSteps }

// Work is about how many steps it takes to find what each unknown fact could change in
// the terms and the criteria.
func (c *Compiler) Work() (steps int) {
	add := func(n *Node) {
		if n != nil {
			steps += n.Facts() * n.Cost()
		}
	}
	for _, n := range c.terms {
		if n != nil {
			add(n.Kids[0])
		}
	}
	for _, criterion := range c.Criteria {
		add(criterion.Met)
		add(criterion.Unmet)
	}
	return steps
}

// QueryName is a call as a policy writes it.
func (c *Compiler) QueryName(slot int) string {
	return c.Queries[slot].Format(c.Names.Signals, fieldNames(c.Names.Props))
}

// Compile compiles one expression that stands at the given place and must give
// a value of the wanted kind (fact.None: any). Scope tells which resets hide
// the history before them. The node is nil when there are mistakes, here or in
// a term that it uses.
func (c *Compiler) Compile(source string, place Place, want fact.Kind, resetScope int) (*Node, []Mistake) {
	e := &expr{c: c, source: source, resetScope: resetScope, place: place}
	tree, mistakes := e.parse()
	if mistakes != nil {
		return nil, mistakes
	}
	n := e.node(tree, 1)
	if n != nil {
		e.finish(n, want)
	}
	if len(e.mistakes) > 0 || e.broken {
		slices.SortStableFunc(e.mistakes, func(a, b Mistake) int { return a.Offset - b.Offset })
		return nil, e.mistakes
	}
	return n, nil
}

// expr is one expression being compiled.
type expr struct {
	c          *Compiler
	source     string
	runes      []rune // of the source, once they are needed
	inner      bool   // the next node is joined to others by and, or, or not
	resetScope int
	place      Place
	mistakes   []Mistake
	broken     bool // it uses a term that has mistakes
	deep       bool // it is nested too deep
}

func (e *expr) fail(at int, format string, args ...any) *Node {
	e.mistakes = append(e.mistakes, Mistake{at, fmt.Sprintf(format, args...)})
	return nil
}

// finish checks the expression as a whole.
func (e *expr) finish(n *Node, want fact.Kind) {
	if n.varies {
		e.changes(n)
		return
	}
	if want != fact.None && n.Kind != want {
		switch {
		case want == fact.Bool && n.Kind == fact.Number && n.Op != OpConstant:
			e.fail(n.offset, "a condition is yes or no, and this is a number: compare it: write %s >= 1", n.joined())
		case want == fact.Bool && n.Op != OpConstant:
			e.fail(n.offset, "a condition is yes or no, and this is a %s: compare it with something, or write known(%s)", n.kind(), n.Text)
		case want == fact.Bool:
			e.fail(n.offset, "a condition is yes or no, and this is a %s: compare it with something", n.kind())
		case want == fact.Number && n.Kind == fact.Bool:
			e.fail(n.offset, "a number is wanted here, and this is a bool: write (%s ? 1 : 0)", n.joined())
		default:
			e.fail(n.offset, "a %s is wanted here, and this is a %s", want, n.kind())
		}
	}
}

// changes says that the node may not stand where it does, because it varies.
func (e *expr) changes(n *Node) *Node {
	other := "30"
	if n.Kind == fact.Time {
		other = `time("2026-01-31")`
	}
	return e.fail(n.offset, "%s changes as time passes: it may only be compared, as in %s >= %s", n.Text, n.Text, other)
}

// use records that the node needs something of the place where it stands, and
// says so when the place does not offer it.
func (e *expr) use(n *Node, u uses, what string) *Node {
	n.needs |= u
	if n.needs&^offers[e.place] == 0 {
		return n
	}
	return e.refuse(what, n.needs, n.offset)
}

// refuse says that the place does not offer all that something needs.
func (e *expr) refuse(what string, needs uses, at int) *Node {
	return e.fail(at, "%s cannot be used in %s: %s", what, placeNames[e.place], placeHint(e.place, needs&^offers[e.place]))
}

// node compiles one node of the syntax tree. It gives nil after a mistake.
func (e *expr) node(t ast.Node, depth int) *Node {
	if b, ok := t.(bracketed); ok {
		t = b.Node
	}
	inner := e.inner
	e.inner = false
	at := t.Location().From
	if c, ok := t.(*ast.ConditionalNode); ok {
		at = c.Cond.Location().From // its own location is where it ends
	}
	if depth > e.c.Limits.Nesting {
		if e.deep {
			return nil // it is said once
		}
		e.deep = true
		return e.fail(at, "the expression is nested deeper than %d levels: name parts of it as terms", e.c.Limits.Nesting)
	}
	if e.c.parts++; e.c.parts > maxParts {
		return e.tooManyParts(at)
	}
	n := e.shape(t, at, depth+1)
	if n != nil {
		n.offset = at
		n.unset = n.isUnset()
		joins := n.Op <= OpNot
		if n.Text == "" && !(joins && inner) {
			n.Text = written(t)
		}
		e.join(n)
		if !(joins && inner) {
			n.explain(n)
		}
		if n.Kind == fact.Bool && n.Op >= OpTerm {
			right := ""
			if b, ok := t.(*ast.BinaryNode); ok {
				right = written(b.Right)
			}
			n.subject, n.wanted = n.about(), [2]string{n.want(false, right), n.want(true, right)}
		}
		if each, besides := n.textSteps(); each+besides > 0 && n.needs&usesActivity == 0 {
			n.seen = e.c.tests
			e.c.tests++
			e.c.textSteps += each
		}
		link(n)
	}
	return n
}

// isUnset reports whether a node is unknown while no attribute is known and no query finds anything.
func (n *Node) isUnset() bool {
	switch n.Op {
	case OpLead:
		return true
	case OpDefault:
		return n.Kids[0].unset && n.Kids[1].unset
	case OpTerm:
		return n.Kids[0].unset
	}
	return n.unset
}

// written gives the source of a part in canonical form: control characters by their numbers, not by escapes that are refused.
func written(t ast.Node) string {
	s := t.String()
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] != '\\' || i+1 == len(s) {
			continue
		}
		i++
		if at := strings.IndexByte("abvf", s[i]); at >= 0 {
			fmt.Fprintf(&b, "u%04x", "\a\b\v\f"[at])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// What the expressions of a policy may have in all.
const (
	maxParts = 200_000 // nodes
	maxCalls = 5_000   // different calls of functions over the history
	maxSteps = 2_000   // instructions of a pattern
	allSteps = 10_000  // instructions of all patterns
)

func (e *expr) tooManyParts(at int) *Node {
	return e.tooMuch(at, "the policy has more than %d parts in all its expressions, those of a term once for each group with a reset, and each criterion wherever it is counted", maxParts)
}

// tooMuch says once that a policy is too large as a whole.
func (e *expr) tooMuch(at int, format string, args ...any) *Node {
	if e.broken = true; e.c.full {
		return nil
	}
	e.c.full = true
	return e.fail(at, format, args...)
}

// join gathers what the kids read.
func (e *expr) join(n *Node) {
	for _, k := range n.Kids {
		n.needs |= k.needs
		n.reads = n.reads.union(k.reads)
		if n.Op != OpTerm {
			n.terms = max(n.terms, k.terms)
		}
	}
	for _, i := range n.Many {
		if i < len(e.c.Criteria) {
			n.reads = n.reads.union(e.c.Criteria[i].Met.reading()).union(e.c.Criteria[i].Unmet.reading())
		}
	}
}

// explain adds the sources of m, a node at or below n, to those of n. Conditions
// that are joined to others have none of their own, and are looked into.
func (n *Node) explain(m *Node) {
	switch m.Op {
	case OpLead, OpCall, OpDaysSince, OpDaysUntil, OpDaysInStage, OpCalendarDays, OpScore, OpBand, OpReached,
		OpMet, OpUnmet, OpMetCount, OpAllMet:
		if m == n {
			n.Sources = []*Node{n}
			return
		}
	}
	if m != n && m.Sources != nil {
		for _, s := range m.Sources {
			if !slices.ContainsFunc(n.Sources, func(o *Node) bool { return o.Text == s.Text }) {
				n.Sources = append(n.Sources, s)
			}
		}
		return
	}
	for _, k := range m.Kids {
		n.explain(k)
	}
}

// reading gives the facts that an expression reads, if there is one.
func (n *Node) reading() bits {
	if n == nil {
		return nil
	}
	return n.reads
}

func (e *expr) shape(t ast.Node, at, depth int) *Node {
	switch t := t.(type) {
	case *ast.BoolNode:
		return constant(fact.Bool, fact.Value{Known: true, Bool: t.Value})
	case *ast.IntegerNode:
		return e.number(float64(t.Value), at)
	case *ast.FloatNode:
		return e.number(t.Value, at)
	case *ast.StringNode:
		if strings.TrimSpace(t.Value) == "" {
			return e.fail(at, "blank text is never a value: a fact that is blank is unknown; ask known(...) or not known(...)")
		}
		if !e.readable(t, "text") {
			return nil
		}
		n := constant(fact.Code, fact.Value{Known: true, Text: t.Value})
		n.literal = true
		return n
	case *ast.IdentifierNode:
		return e.identifier(t.Value, at)
	case *ast.MemberNode:
		return e.member(t, at)
	case *ast.UnaryNode:
		return e.unary(t, at, depth)
	case *ast.BinaryNode:
		return e.binary(t, at, depth)
	case *ast.ConditionalNode:
		return e.conditional(t, at, depth)
	case *ast.CallNode:
		name, ok := t.Callee.(*ast.IdentifierNode)
		if !ok {
			if m, ok := t.Callee.(*ast.MemberNode); ok {
				if message := e.method(m, t.Arguments); message != "" {
					return e.fail(start(m), "facts have no methods: %s", message)
				}
			}
			return e.fail(at, "facts have no methods: a call is a function's name and its arguments")
		}
		return e.call(name.Value, t.Arguments, at, depth)
	case *ast.BuiltinNode:
		return e.unknownFunction(t.Name, t.Arguments, at)
	case *ast.BytesNode:
		return e.fail(at, "bytes are not part of the language: write the text without the b before it")
	case *ast.NilNode:
		return e.fail(at, "nil is not a value: a fact that is not there is unknown: write known(lead.%s)", example(e.c.Names.Lead, "employees"))
	case *ast.ArrayNode:
		return e.fail(at, `a list may stand only to the right of in, contains, startsWith and endsWith, as in lead.country in ["DK", "SE"]`)
	case *ast.ChainNode:
		return e.fail(at, "?. is not needed: a fact that is not there is unknown; write a plain dot")
	case *ast.VariableDeclaratorNode:
		return e.fail(at, "let is not part of the language: name the expression as a term")
	case *ast.SequenceNode:
		for _, token := range Tokens(e.source) {
			if token.Value == ";" && token.Kind == OperatorToken && token.From > at {
				at = token.From // its own location is that of its first expression
				break
			}
		}
		return e.fail(at, "one expression is wanted: ; is not part of the language")
	case *ast.MapNode:
		return e.fail(at, "{ } is not part of the language")
	case *ast.SliceNode:
		return e.fail(at, "[ : ] is not part of the language")
	}
	return e.fail(at, "this is not part of the language")
}

func constant(k fact.Kind, v fact.Value) *Node { return &Node{Op: OpConstant, Kind: k, Const: v} }

func (e *expr) number(v float64, at int) *Node {
	if math.Abs(v) > fact.MaxNumber {
		return e.fail(at, "the number is too large: numbers lie between -1e15 and 1e15")
	}
	return constant(fact.Number, fact.Value{Known: true, Number: v})
}

func (e *expr) identifier(name string, at int) *Node {
	switch name {
	case "now":
		return e.use(&Node{Op: OpNow, Kind: fact.Time, varies: true, offset: at}, usesTime, "now")
	case "lead":
		return e.fail(at, "lead is the profile: name an attribute of it, as in lead.%s", example(e.c.Names.Lead, "employees"))
	case "activity":
		return e.fail(at, "activity is a whole activity: name a property of it, as in activity.%s", example(e.c.Names.Props, "path"))
	case "list":
		return e.fail(at, "list stands for the declared lists: name one, as in list.%s", some(e.c.listIDs(), "free_mail"))
	case "term":
		return e.fail(at, "term stands for the named expressions: name one, as in term.decision_maker")
	}
	if slices.Contains(functions, name) {
		if need := needsOf[name]; need&^offers[e.place] != 0 {
			return e.refuse(name, need, at)
		}
		return e.fail(at, "%s is a function: write %s", name, e.called(name, nil))
	}
	if message := e.meant(name); message != "" {
		return e.fail(at, "unknown name %s: %s", name, message)
	}
	return e.fail(at, "unknown name %s%s", name, e.didYouMean(name, []string{"lead", "activity", "term", "list", "now", "true", "false"},
		": names are lead.<attribute>, activity.<property>, term.<id> and now; text stands in quotes: write "+quoted(name)))
}

// didYouMean names the candidate that was most likely meant, or says otherwise.
func (e *expr) didYouMean(name string, candidates []string, otherwise string) string {
	if c, ok := e.c.Closest(name, candidates); ok {
		return fmt.Sprintf(": did you mean %s?", c)
	}
	return otherwise
}

// listing names what there is, when that is short.
func listing(what string, names []string) string {
	switch {
	case len(names) == 0:
		return ": the policy declares no " + what
	case len(names) <= 12:
		return ": the " + what + " are " + strings.Join(names, ", ")
	}
	return ""
}

// Declare says how a fact that is missing is declared, as the end of a message.
func Declare(name, where string) string {
	return fmt.Sprintf("; to add it, declare {\"name\": %q, \"kind\": …} in %s; the kinds are number, text, code, bool, time and texts", name, where)
}

// DeclareID says how a part of the policy that has an ID is declared, as Declare does.
func DeclareID(id, where string) string {
	return fmt.Sprintf("; to add it, declare {\"id\": %q} in %s", id, where)
}

func example(fields []Field, otherwise string) string {
	if len(fields) > 0 {
		return fields[0].Name
	}
	return otherwise
}

func fieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func fieldIndex(fields []Field, name string) int {
	return slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
}

func (e *expr) member(t *ast.MemberNode, at int) *Node {
	base, ok := t.Node.(*ast.IdentifierNode)
	name, isText := t.Property.(*ast.StringNode)
	if !t.Optional && (!ok || base.Value != "lead" && base.Value != "activity" && base.Value != "term" && base.Value != "list") {
		if message := e.foreignMember(t); message != "" {
			return e.fail(start(t), "unknown name %s: %s", t.String(), strings.TrimPrefix(message, ": "))
		}
	}
	if !ok || !isText || t.Optional {
		return e.fail(at, "only lead.<attribute>, activity.<property>, term.<id> and list.<id> have parts")
	}
	names := &e.c.Names
	switch base.Value {
	case "lead":
		i := fieldIndex(names.Lead, name.Value)
		if i < 0 {
			all := fieldNames(names.Lead)
			otherwise := listing("attributes of the profile", all)
			if offers[e.place]&usesLead != 0 {
				otherwise += Declare(name.Value, "profile")
			}
			if slices.Contains([]string{"score", "points", "total", "rating", "stage"}, strings.ToLower(name.Value)) {
				otherwise = ": " + e.meant(strings.ToLower(name.Value))
			}
			return e.fail(at, "lead has no attribute %s%s", name.Value, e.didYouMean(name.Value, all, otherwise))
		}
		if names.Lead[i].Kind == fact.None {
			e.broken = true // its declaration says why
			return nil
		}
		n := &Node{Op: OpLead, Kind: names.Lead[i].Kind, Slot: i, offset: at, reads: bits(nil).with(i)}
		return e.use(n, usesLead, "lead."+name.Value)
	case "activity":
		if i := fieldIndex(names.Props, name.Value); i >= 0 {
			if names.Props[i].Kind == fact.None {
				e.broken = true
				return nil
			}
			return e.use(&Node{Op: OpProp, Kind: names.Props[i].Kind, Slot: i, offset: at}, usesActivity, "activity."+name.Value)
		}
		if name.Value == "at" {
			return e.use(&Node{Op: OpActivityAt, Kind: fact.Time, offset: at}, usesActivity, "activity.at")
		}
		if name.Value == "type" || name.Value == "event" {
			return e.fail(at, `the type of an activity is no property: declare {"id": "visit", "types": ["page_view"]} in signals, with the type that is meant, and write "visit"`)
		}
		all := fieldNames(names.Props)
		return e.fail(at, "activities have no property %s%s", name.Value, e.didYouMean(name.Value, append(all, "at"), listing("properties", all)+Declare(name.Value, "properties")))
	case "term":
		return e.term(name.Value, at)
	case "list":
		return e.fail(base.Location().From, "a list may stand only to the right of in, contains, startsWith and endsWith, as in lead.%s in list.%s", e.someText(), name.Value)
	}
	return e.fail(base.Location().From, "unknown name %s: only lead, activity, term and list have parts%s", base.Value,
		e.didYouMean(base.Value, []string{"lead", "activity", "term", "list"}, ""))
}

// term compiles a named expression, once for each reset scope, and refers to it.
func (e *expr) term(id string, at int) *Node {
	c := e.c
	i := slices.IndexFunc(c.Names.Terms, func(t Term) bool { return t.ID == id })
	if i < 0 {
		ids := make([]string, len(c.Names.Terms))
		for i, t := range c.Names.Terms {
			ids[i] = t.ID
		}
		return e.fail(at, "there is no term %s%s", id, e.didYouMean(id, ids, listing("terms", ids)))
	}
	if k := slices.Index(c.open, id); k >= 0 {
		return e.fail(at, "a term must not lead back to itself: %s", strings.Join(append(slices.Clone(c.open[k:]), id), " uses "))
	}
	deep := len(c.open) > c.Limits.Nesting
	var n *Node
	if !deep {
		if n = c.term(i, e.resetScope); n == nil {
			e.broken = true // what is wrong is reported at the term itself
			return nil
		}
		deep = n.terms > c.Limits.Nesting
	}
	if deep {
		return e.fail(at, "terms are nested deeper than %d levels", c.Limits.Nesting)
	}
	ref := *n
	ref.Text = "term." + id
	ref.offset = at
	ref.needs = n.Kids[0].needs
	return e.use(&ref, usesTerms, "term."+id)
}

// term compiles term i for a reset scope, or gives what it compiled before; nil
// after a mistake.
func (c *Compiler) term(i, resetScope int) *Node {
	t := c.Names.Terms[i]
	key := termKey{t.ID, resetScope}
	if n, ok := c.terms[key]; ok {
		return n
	}
	c.open = append(c.open, t.ID)
	body, mistakes := c.Compile(t.Source, InTerm, fact.None, resetScope)
	c.open = c.open[:len(c.open)-1]
	var n *Node
	if body != nil {
		n = &Node{Op: OpTerm, Kind: body.Kind, Kids: []*Node{body}, Slot: c.termSlots, literal: body.literal, terms: body.terms + 1}
		c.termSlots++
	}
	c.terms[key] = n
	if resetScope == 0 {
		c.mistakes[t.ID] = mistakes
	}
	return n
}

// Term compiles the expression of term i for reset scope 0, used or not. It is nil after a
// mistake.
func (c *Compiler) Term(i int) (*Node, []Mistake) {
	var body *Node
	if n := c.term(i, 0); n != nil {
		body = n.Kids[0]
	}
	return body, c.mistakes[c.Names.Terms[i].ID]
}

func (e *expr) unary(t *ast.UnaryNode, at, depth int) *Node {
	e.inner = t.Operator == "not" || t.Operator == "!"
	k := e.node(t.Node, depth)
	if k == nil {
		return nil
	}
	switch t.Operator {
	case "not", "!":
		if k.Kind != fact.Bool {
			return e.fail(at, "%s wants yes or no, and %s is a %s: not binds tighter than == and in; use parentheses", t.Operator, k.Text, k.kind())
		}
		return &Node{Op: OpNot, Kind: fact.Bool, Kids: []*Node{k}}
	}
	if !e.numeric(k, t.Operator) {
		return nil
	}
	switch {
	case t.Operator == "+":
		return k
	case k.Op == OpConstant:
		return constant(fact.Number, fact.Value{Known: true, Number: 0 - k.Const.Number})
	}
	return &Node{Op: OpNegate, Kind: fact.Number, Kids: []*Node{k}}
}

// numeric says so when the operand of an operator is not a steady number.
func (e *expr) numeric(n *Node, operator string) bool {
	switch {
	case n.varies:
		e.changes(n)
	case n.Kind != fact.Number:
		e.fail(n.offset, "%s wants numbers, and %s is a %s", operator, n.Text, n.kind())
	default:
		return true
	}
	return false
}

func (e *expr) binary(t *ast.BinaryNode, at, depth int) *Node {
	if left := comparison(t.Left); left != nil && comparison(t) != nil {
		if !e.closes(left.Location().From, at) {
			return e.fail(at, "comparisons do not chain: join them with and, or put the first in parentheses, as in (lead.a == 1) == lead.b")
		}
		t.Left = bracketed{t.Left}
	}
	switch t.Operator {
	case "in":
		return e.in(t, at, depth)
	case "matches":
		return e.matches(t, at, depth)
	case "**", "^":
		return e.fail(at, "%s is not part of the language: powers differ between machines; multiply", t.Operator)
	case "..":
		return e.fail(at, ".. is not part of the language: write x >= 1 and x <= 5")
	}
	if chained(t) {
		return e.fail(at, "comparisons do not chain: write %s", strings.ReplaceAll(t.String(), " && ", " and "))
	}
	if t.Operator == "+" || t.Operator == "-" {
		t.Left, t.Right = asNow(t.Left), asNow(t.Right)
	}
	if a, ok := t.Right.(*ast.ArrayNode); ok && len(a.Nodes) == 0 && (t.Operator == "==" || t.Operator == "!=") {
		return e.fail(a.Location().From, "the list is empty, and nothing is equal to it: for a fact that is not there, write not known(%s)", e.plain(t.Left))
	}
	if (t.Operator == "==" || t.Operator == "!=") && isList(t.Right) {
		word := map[string]string{"==": "in", "!=": "not in"}[t.Operator]
		return e.fail(at, "%s compares single values: write %s %s %s", t.Operator, operandOf(t.Left, e.plain(t.Left)), word, t.Right)
	}
	if op, ok := parts[t.Operator]; ok && isList(t.Right) {
		return e.testOfList(op, t, at, depth)
	}
	joins := t.Operator == "and" || t.Operator == "&&" || t.Operator == "or" || t.Operator == "||"
	e.inner = joins
	l := e.node(t.Left, depth)
	e.inner = joins
	r := e.blank(t)
	if r == nil {
		r = e.node(t.Right, depth)
	}
	if l == nil || r == nil {
		return nil
	}
	kids := []*Node{l, r}
	switch op := t.Operator; op {
	case "and", "&&", "or", "||":
		for _, k := range kids {
			if k.Kind != fact.Bool {
				if c := comparison(t.Left); k == r && c != nil && k.Op == OpConstant {
					return e.fail(k.offset, "%s joins conditions, and %s is a %s: write %s %s %[2]s", op, k.Text, k.kind(), c.Left, c.Operator)
				}
				return e.fail(k.offset, "%s joins conditions, and %s is a %s", op, k.Text, k.kind())
			}
		}
		if op == "and" || op == "&&" {
			return &Node{Op: OpAnd, Kind: fact.Bool, Kids: kids}
		}
		return &Node{Op: OpOr, Kind: fact.Bool, Kids: kids}
	case "==", "!=", "<", "<=", ">", ">=":
		return e.compare(op, l, r, at)
	case "contains", "startsWith", "endsWith":
		if l.Kind == fact.Texts {
			return e.fail(at, "%s is a list of text: write %s in %s", l.Text, r.Text, l.Text)
		}
		for _, k := range kids {
			if k.Kind != fact.Text && k.Kind != fact.Code {
				return e.fail(k.offset, "%s wants text, and %s is a %s", op, k.Text, k.kind())
			}
		}
		n := &Node{Op: parts[op], Kind: fact.Bool, Kids: kids}
		return e.sameText(n, l, r)
	case "+", "-", "*", "/", "%":
		if l.Kind == fact.Time || r.Kind == fact.Time {
			return e.fail(at, "times are not added to or subtracted: %s", e.daysInstead(op, l, r))
		}
		ok := e.numeric(l, op)
		if !e.numeric(r, op) || !ok {
			return nil
		}
		ops := map[string]Op{"+": OpAdd, "-": OpSubtract, "*": OpMultiply, "/": OpDivide, "%": OpModulo}
		return &Node{Op: ops[op], Kind: fact.Number, Kids: kids}
	case "??":
		return e.agree(&Node{Op: OpDefault, Kids: kids}, l, r, "the two sides of ??", at)
	}
	return e.fail(at, "%s is not part of the language", t.Operator)
}

// chained reports whether the parser made a && of a < b < c. The two sides then
// share b, and each such chain within another would double the work.
func chained(t *ast.BinaryNode) bool {
	left, ok := t.Left.(*ast.BinaryNode)
	right, also := t.Right.(*ast.BinaryNode)
	if ok && left.Operator == "&&" {
		left, ok = left.Right.(*ast.BinaryNode)
	}
	return ok && also && t.Operator == "&&" && left.Right == right.Left
}

// bracketed is a node in parentheses that expr would not print.
type bracketed struct{ ast.Node }

func (b bracketed) String() string { return "(" + b.Node.String() + ")" }

// comparison gives the comparison that a node is, or turns round by not; nil if it is
// none.
func comparison(t ast.Node) *ast.BinaryNode {
	if u, ok := t.(*ast.UnaryNode); ok {
		t = u.Node
	}
	b, ok := t.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	switch b.Operator {
	case "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches":
		return b
	}
	return nil
}

// closes reports whether a bracket that stands open at one place of the source closes
// before another. The syntax tree does not tell.
func (e *expr) closes(from, to int) bool {
	if e.runes == nil {
		e.runes = []rune(e.source)
	}
	open, quote := 0, rune(0)
	for i := from; i < to; i++ {
		switch r := e.runes[i]; {
		case quote != 0:
			if r == '\\' && quote != '`' {
				i++
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '(' || r == '[':
			open++
		case r == ')' || r == ']':
			if open--; open < 0 {
				return true
			}
		}
	}
	return false
}

// blank gives the right side of a test for white space within a text, which is
// the only place where a blank literal makes sense.
func (e *expr) blank(t *ast.BinaryNode) *Node {
	s, ok := t.Right.(*ast.StringNode)
	if !ok || t.Operator != "contains" || s.Value == "" || strings.TrimSpace(s.Value) != "" {
		return nil
	}
	n := constant(fact.Code, fact.Value{Known: true, Text: s.Value})
	n.literal, n.offset, n.Text = true, s.Location().From, written(s)
	link(n)
	return n
}

// sameText decides how two texts meet: folded as text, or exactly as code.
func (e *expr) sameText(n, l, r *Node) *Node {
	switch {
	case l.literal && r.literal: // exactly
	case l.literal:
		n.fold = r.Kind == fact.Text
	case r.literal:
		n.fold = l.Kind == fact.Text
	case l.Kind != r.Kind:
		return e.fail(r.offset, "%s is %s and %s is %s: text is compared without regard to case and code exactly; declare both as one", l.Text, l.Kind, r.Text, r.Kind)
	default:
		n.fold = l.Kind == fact.Text
	}
	if n.fold && !(e.shows(n, l) && e.shows(n, r)) {
		return nil
	}
	return n
}

// shows says so when a literal that meets a text holds nothing that counts there.
func (e *expr) shows(n, literal *Node) bool {
	if s := literal.Const.Text; literal.Op != OpConstant || fact.Clean(s) != "" || n.Op == OpContains && fact.Squeeze(s) != "" {
		return true
	}
	e.fail(literal.offset, "the text holds only characters that do not show, and these do not count in text")
	return false
}

// equalText is sameText for texts that are compared as wholes.
func (e *expr) equalText(n, l, r *Node) *Node {
	if e.sameText(n, l, r) == nil || !e.inValues(l, r) || !e.inValues(r, l) {
		return nil
	}
	return n
}

// inValues says so when a literal is not among the declared values of the
// field that it is compared with: the comparison could never be yes.
func (e *expr) inValues(field, literal *Node) bool {
	if literal.Op != OpConstant {
		return true
	}
	f, ok := e.declared(field)
	if !ok || len(f.Values) == 0 {
		return true
	}
	v := literal.Const.Text
	for _, w := range f.Values {
		if w == v || f.Kind != fact.Code && fact.EqualFold(fact.Clean(w), fact.Clean(v)) {
			return true
		}
	}
	e.fail(literal.offset, "%q is not among the values of %s%s", v, f.Name, e.didYouMean(v, f.Values, listing("values", f.Values)))
	return false
}

// declared gives the declaration behind a fact.
func (e *expr) declared(n *Node) (Field, bool) {
	switch n.Op {
	case OpLead:
		return e.c.Names.Lead[n.Slot], true
	case OpProp:
		return e.c.Names.Props[n.Slot], true
	case OpCall:
		if c := e.c.Queries[n.Slot]; c.Func == history.Latest || c.Func == history.First {
			return e.c.Names.Props[c.Prop], true
		}
	case OpBand:
		g := e.c.Names.Groups[n.Slot]
		return Field{Name: "the bands of " + g.ID, Kind: fact.Code, Values: g.Labels}, true
	}
	return Field{}, false
}

func (e *expr) compare(op string, l, r *Node, at int) *Node {
	ops := map[string]Op{"==": OpEqual, "!=": OpNotEqual, "<": OpLess, "<=": OpLessEqual, ">": OpGreater, ">=": OpGreaterEqual}
	n := &Node{Op: ops[op], Kind: fact.Bool, Kids: []*Node{l, r}, offset: at}
	if l.varies && r.varies {
		return e.fail(at, "both sides of %s change as time passes: compare with something that stands still", op)
	}
	lk, rk := l.Kind, r.Kind
	if lk == fact.Code {
		lk = fact.Text
	}
	if rk == fact.Code {
		rk = fact.Text
	}
	if lk != rk {
		hint := e.asOther(l, r)
		if hint == "" {
			hint = e.asOther(r, l)
		}
		switch {
		case lk == fact.Texts && rk == fact.Text:
			hint = fmt.Sprintf(": write %s in %s", r.Text, l.Text)
		case rk == fact.Texts && lk == fact.Text:
			hint = fmt.Sprintf(": write %s in %s", l.Text, r.Text)
		}
		return e.fail(at, "%s compares %s, a %s, with %s, a %s%s", op, l.Text, l.kind(), r.Text, r.kind(), hint)
	}
	if lk == fact.Texts {
		return e.fail(at, "lists of text cannot be compared: ask whether one holds a text, as in \"x\" in %s", l.Text)
	}
	if op != "==" && op != "!=" && lk != fact.Number && lk != fact.Time {
		if better := e.betterBands(op, l, r); better != "" {
			return e.fail(at, "bands are not compared by %s: write %s in [%s]", op, l.Text, better)
		}
		return e.fail(at, "%s compares numbers and times, and %s is a %s", op, l.Text, l.kind())
	}
	if lk == fact.Text {
		return e.equalText(n, l, r)
	}
	return n
}

// agree gives the common kind of two sides between which a value is chosen.
func (e *expr) agree(n *Node, l, r *Node, what string, at int) *Node {
	for _, k := range []*Node{l, r} {
		if k.varies {
			return e.changes(k)
		}
	}
	switch {
	case l.literal && (r.Kind == fact.Text || r.Kind == fact.Code):
		n.Kind, n.literal = r.Kind, r.literal
	case r.literal && (l.Kind == fact.Text || l.Kind == fact.Code), l.Kind == r.Kind:
		n.Kind = l.Kind
	default:
		return e.fail(at, "%s must be of one kind: %s is a %s and %s is a %s", what, l.Text, l.kind(), r.Text, r.kind())
	}
	if n.Kind == fact.Text || n.Kind == fact.Code {
		return e.sameText(n, l, r)
	}
	return n
}

// asOther says how a literal is written that meets a fact of another kind.
func (e *expr) asOther(n, literal *Node) string {
	text := literal.Const.Text
	switch {
	case literal.Op != OpConstant || n.Op == OpConstant:
		return ""
	case literal.literal && fieldIndex(e.c.Names.Lead, text) >= 0 && n.Kind != fact.Text && n.Kind != fact.Code:
		return ": write lead." + text
	case n.Kind == fact.Number && literal.literal:
		var v fact.Value
		if fact.NewReader(fact.Spec{Kind: fact.Number}).Read(text, &v, nil); v.Known {
			return ": write " + strings.TrimSpace(text)
		}
		if days := history.MeantSpan(text); days != "" && n.varies {
			return ": write " + e.daysOf(days)
		}
	case n.Kind == fact.Bool:
		var v fact.Value
		if text == "" {
			text = literal.Text
		}
		if fact.NewReader(fact.Spec{Kind: fact.Bool}).Read(text, &v, nil); v.Known {
			return fmt.Sprintf(": write %v", v.Bool)
		}
	case (n.Kind == fact.Text || n.Kind == fact.Code) && literal.Kind == fact.Number:
		return fmt.Sprintf(": write %q", literal.Text)
	case n.Kind == fact.Time && literal.literal && e.readTime(text).Known:
		return fmt.Sprintf(": write time(%q)", text)
	case n.Kind == fact.Time && n.Op != OpNow && literal.literal && history.MeantSpan(text) != "":
		return fmt.Sprintf(": for its age, write days_since(%s) <= %s", n.Text, e.daysOf(text))
	case n.Kind == fact.Time && (literal.Kind == fact.Number || literal.literal):
		return `: write time("2026-01-31") for a date`
	}
	return ""
}

// betterBands lists the bands that a comparison with one asks for.
func (e *expr) betterBands(op string, l, r *Node) string {
	if l.Op != OpBand || r.Op != OpConstant {
		return ""
	}
	var all []string
	labels := e.c.Names.Groups[l.Slot].Labels
	at := slices.Index(labels, r.Const.Text)
	less, equal, greater := map[string]Op{"<": OpLess, "<=": OpLessEqual, ">": OpGreater, ">=": OpGreaterEqual}[op].Holds()
	for i, label := range labels {
		if at >= 0 && (i < at && less || i == at && equal || i > at && greater) {
			all = append(all, quoted(label))
		}
	}
	return strings.Join(all, ", ")
}

// daysInstead says how the difference of times, or what lies so many days from one, is asked for.
func (e *expr) daysInstead(op string, l, r *Node) string {
	switch {
	case op != "+" && op != "-":
	case l.Kind == r.Kind && l.varies && !r.varies:
		return fmt.Sprintf("write days_since(%s)", r.Text)
	case l.Kind == r.Kind && r.varies && !l.varies:
		return fmt.Sprintf("write days_until(%s)", l.Text)
	case l.Kind == r.Kind && !l.varies:
		return fmt.Sprintf("write days_between(%s, %s)", r.Text, l.Text)
	case l.Kind == fact.Time && !l.varies && r.Kind == fact.Number:
		return fmt.Sprintf("for its age, write days_since(%s) <= %s", l.Text, r.Text)
	}
	return fmt.Sprintf("for an age in days, write days_since(%s) <= 30", e.time())
}

func (e *expr) conditional(t *ast.ConditionalNode, at, depth int) *Node {
	if !t.Ternary {
		return e.fail(at, "if is not part of the language: write c ? a : b")
	}
	if t.Exp1 == t.Cond {
		return e.fail(at, "?: is not part of the language: write c ? a : b, or x ?? y for a default")
	}
	c, l, r := e.node(t.Cond, depth), e.node(t.Exp1, depth), e.node(t.Exp2, depth)
	if c == nil || l == nil || r == nil {
		return nil
	}
	if c.Kind != fact.Bool {
		return e.fail(c.offset, "before ? stands a condition, and %s is a %s", c.Text, c.kind())
	}
	return e.agree(&Node{Op: OpCondition, Kids: []*Node{c, l, r}}, l, r, "the two sides of :", r.offset)
}

var parts = map[string]Op{"contains": OpContains, "startsWith": OpStartsWith, "endsWith": OpEndsWith}

// isList reports whether something is a list of literals, or a declared one.
func isList(t ast.Node) bool {
	if _, ok := t.(*ast.ArrayNode); ok {
		return true
	}
	m, ok := t.(*ast.MemberNode)
	if !ok || m.Optional {
		return false
	}
	base, ok := m.Node.(*ast.IdentifierNode)
	return ok && base.Value == "list"
}

// someText names an attribute that is a text, for example.
func (e *expr) someText() string {
	for _, f := range e.c.Names.Lead {
		if f.Kind == fact.Text || f.Kind == fact.Code {
			return f.Name
		}
	}
	return "domain"
}

func (c *Compiler) listIDs() (ids []string) {
	for _, l := range c.Names.Lists {
		ids = append(ids, l.ID)
	}
	return ids
}

// constantList compiles a constant list of text.
func (e *expr) constantList(t ast.Node) *Node {
	at := start(t)
	n := &Node{Op: OpConstant, Kind: fact.Texts, offset: at, Text: written(t), Const: fact.Value{Known: true}}
	array, ok := t.(*ast.ArrayNode)
	if !ok {
		id, ok := t.(*ast.MemberNode).Property.(*ast.StringNode)
		if !ok {
			return e.fail(at, "a list is named by its id, as in list.%s", some(e.c.listIDs(), "free_mail"))
		}
		i := slices.IndexFunc(e.c.Names.Lists, func(l List) bool { return l.ID == id.Value })
		if i < 0 {
			return e.fail(t.Location().From, "there is no list %s%s", id.Value, e.didYouMean(id.Value, e.c.listIDs(), listing("lists", e.c.listIDs())))
		}
		n.Slot, n.Const.Texts = i+1, e.c.Names.Lists[i].Texts
	} else {
		if len(array.Nodes) == 0 {
			return e.fail(at, `the list is empty, and nothing is in it: write what may be there, as in ["a", "b"]`)
		}
		for _, item := range array.Nodes {
			s, ok := item.(*ast.StringNode)
			switch {
			case !ok:
				return e.fail(start(item), "a list of texts holds texts in quotes, and %s is none", item)
			case fact.Clean(s.Value) == "":
				return e.fail(start(item), "blank text is never a value: take it out of the list")
			case !e.readable(s, "text"):
				return nil
			}
			n.Const.Texts = append(n.Const.Texts, s.Value)
		}
		if e.c.parts += len(array.Nodes); e.c.parts > maxParts {
			return e.tooManyParts(at)
		}
	}
	link(n)
	return n
}

// testOfList compiles whether a text meets any text of a constant list, or a list of text has any of them.
func (e *expr) testOfList(op Op, t *ast.BinaryNode, at, depth int) *Node {
	l, r := e.node(t.Left, depth), e.constantList(t.Right)
	if l == nil || r == nil {
		return nil
	}
	n := &Node{Op: op, Kind: fact.Bool, Kids: []*Node{l, r}}
	switch {
	case l.Op == OpConstant:
		return e.fail(l.offset, "%s and the list are both constants: ask about a fact, as in lead.%s", l.Text, e.someText())
	case op == OpIn && l.Kind == fact.Texts:
		n.fold = true
	case l.Kind == fact.Texts:
		return e.fail(at, "%s is a list of text: write %s in %s", l.Text, l.Text, r.Text)
	case l.Kind != fact.Text && l.Kind != fact.Code:
		return e.fail(l.offset, "%s with a list of text wants text, and %s is a %s", t.Operator, l.Text, l.kind())
	default:
		n.fold = l.Kind == fact.Text && !l.literal
	}
	const few = 16 // that package solver looks at one by one
	texts := n.literals()
	if l.Kind == fact.Texts && len(texts) <= few {
		for i, text := range texts {
			one := constant(fact.Code, fact.Value{Known: true, Text: text})
			one.literal, one.offset, one.Text = true, r.offset, quoted(r.Const.Texts[i])
			link(one)
			holds := &Node{Op: OpIn, Kind: fact.Bool, Kids: []*Node{one, l}, fold: true, Text: one.Text + " in " + l.Text}
			e.join(holds)
			link(holds)
			n.each = append(n.each, holds)
		}
	}
	key := listKey{op, n.fold, r.Slot}
	if n.among = e.c.lists[key]; n.among == nil || r.Slot == 0 {
		n.among = map[Op]func([]string, bool) func(string) bool{
			OpIn: fact.EqualAny, OpContains: fact.PartAny, OpStartsWith: fact.PrefixAny, OpEndsWith: fact.SuffixAny,
		}[op](texts, n.fold)
		e.c.lists[key] = n.among
	}
	return n
}

func (e *expr) in(t *ast.BinaryNode, at, depth int) *Node {
	if isList(t.Left) && !isList(t.Right) {
		return e.fail(start(t.Left), "a constant list stands to the right: write %s in %s", operandOf(t.Right, e.plain(t.Right)), t.Left)
	}
	if _, ok := t.Right.(*ast.ArrayNode); !ok && isList(t.Right) {
		return e.testOfList(OpIn, t, at, depth)
	}
	l := e.node(t.Left, depth)
	if l != nil && l.varies {
		e.fail(l.offset, "%s changes as time passes: compare it with <, <=, > or >=", l.Text)
		l = nil
	}
	if b, ok := t.Right.(*ast.BinaryNode); ok && b.Operator == ".." {
		return e.fail(b.Location().From, ".. is not part of the language: write %s >= %s and %[1]s <= %[3]s", t.Left, b.Left, b.Right)
	}
	list, ok := t.Right.(*ast.ArrayNode)
	if !ok {
		r := e.node(t.Right, depth)
		if l == nil || r == nil {
			return nil
		}
		if l.Kind == fact.Text || l.Kind == fact.Code {
			switch {
			case r.Kind != fact.Text && r.Kind != fact.Code:
			case r.Op == OpConstant:
				return e.fail(r.offset, "in wants a list: write [%s]", r.Text)
			case l.Op == OpConstant:
				return e.fail(at, "%s is a text, and no list: write %[1]s contains %s", r.Text, l.Text)
			}
		}
		if r.Kind == fact.Texts && l.Op == OpConstant && l.Kind == fact.Number {
			return e.fail(l.offset, "a list holds text: write %q", l.Text)
		}
		if r.Kind != fact.Texts || l.Kind != fact.Text && l.Kind != fact.Code {
			return e.fail(at, `in wants a list: ["a", "b"] or a fact of kind texts with a text before it; %s is a %s`, r.Text, r.kind())
		}
		if !l.literal && l.Kind != fact.Text {
			return e.fail(l.offset, "%s is code and the texts of %s are compared without regard to case; declare it as text", l.Text, r.Text)
		}
		return e.holds(l, r)
	}
	if len(list.Nodes) == 0 {
		return e.fail(list.Location().From, `the list is empty, and nothing is in it: write what may be there, as in ["a", "b"]; for a fact that is not there, write not known(%s)`, e.plain(t.Left))
	}
	kids := []*Node{l}
	for _, item := range list.Nodes {
		k := e.node(item, depth)
		if k == nil {
			continue
		}
		if k.Op != OpConstant {
			e.fail(k.offset, "a list holds literals, and %s is none: join conditions with or", k.Text)
			continue
		}
		kids = append(kids, k)
	}
	if l == nil || len(kids) <= len(list.Nodes) {
		return nil
	}
	n := &Node{Op: OpIn, Kind: fact.Bool, Kids: kids}
	for _, k := range kids[1:] {
		switch {
		case l.Kind == fact.Texts && k.literal:
			holds := e.holds(k, l)
			if holds == nil {
				return nil
			}
			holds.Text = k.Text + " in " + l.Text
			e.join(holds)
			n.fold, n.each = true, append(n.each, holds)
		case k.literal && (l.Kind == fact.Text || l.Kind == fact.Code):
			if e.equalText(n, l, k) == nil {
				return nil
			}
		case k.literal || k.Kind != l.Kind:
			return e.fail(k.offset, "%s is a %s and %s in the list is a %s", l.Text, l.kind(), k.Text, k.kind())
		}
	}
	return n
}

// holds asks whether a list of text holds a text.
func (e *expr) holds(text, list *Node) *Node {
	n := &Node{Op: OpIn, Kind: fact.Bool, Kids: []*Node{text, list}, fold: true}
	if !e.shows(n, text) || !e.inValues(list, text) {
		return nil
	}
	return n
}

// readable says so when a text in quotes, or a pattern, holds a control character that was hardly meant:
// one of an escape such as \b, which patterns write with two backslashes, or any in a pattern. It may be
// written by its number where it is meant.
func (e *expr) readable(t *ast.StringNode, what string) bool {
	if e.runes == nil {
		e.runes = []rune(e.source)
	}
	at, to := t.Location().From, min(t.Location().To, len(e.runes))
	if at >= to || e.runes[at] == '`' {
		return e.shown(t, what)
	}
	for i := at + 1; i+1 < to; i++ {
		if e.runes[i] != '\\' {
			continue
		}
		i++
		r, ok := map[rune]rune{'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}[e.runes[i]]
		if !ok {
			continue
		}
		inner := string(e.runes[at+1 : to-1])
		instead := fmt.Sprintf(`\\%c, or \u%04x for that character`, e.runes[i], r)
		if what == "pattern" && !strings.Contains(inner, "`") && !strings.Contains(inner, `\u`) {
			instead = fmt.Sprintf("`%s` in backquotes, or \\\\%c", strings.ReplaceAll(inner, `\\`, `\`), e.runes[i])
		}
		e.fail(i-1, "\\%c in quotes is the control character %U, which no text of a lead holds: write %s; a JSON document has each backslash twice", e.runes[i], r, instead)
		return false
	}
	return e.shown(t, what)
}

// shown says so when a pattern holds a control character.
func (e *expr) shown(t *ast.StringNode, what string) bool {
	for _, r := range t.Value {
		if what == "pattern" && unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) {
			e.fail(t.Location().From, "the pattern holds the control character %U: write it as \\\\x%02x; a JSON document has each backslash twice", r, r)
			return false
		}
	}
	return true
}

func (e *expr) matches(t *ast.BinaryNode, at, depth int) *Node {
	l := e.node(t.Left, depth)
	if l == nil {
		return nil
	}
	if l.Kind != fact.Text && l.Kind != fact.Code {
		return e.fail(l.offset, "matches wants text, and %s is a %s", l.Text, l.kind())
	}
	source, ok := t.Right.(*ast.StringNode)
	if !ok {
		if isList(t.Right) {
			return e.fail(start(t.Right), "a pattern is one text: to look for any text of a list, write %s contains %s", operandOf(t.Left, e.plain(t.Left)), t.Right)
		}
		return e.fail(t.Right.Location().From, "the pattern of matches must be a text in quotes")
	}
	where := source.Location().From
	if !e.readable(source, "pattern") {
		return nil
	}
	if len(source.Value) > e.c.Limits.Pattern {
		return e.fail(where, "the pattern is longer than %d bytes", e.c.Limits.Pattern)
	}
	n := &Node{Op: OpMatches, Kind: fact.Bool, Kids: []*Node{l}, fold: l.Kind == fact.Text}
	p, err := newPattern(source.Value, n.fold)
	if err != nil {
		hint := ""
		if strings.HasPrefix(source.Value, "*") {
			hint = fmt.Sprintf("; * repeats what stands before it, and .* is any text: write %q", "."+source.Value)
		}
		return e.fail(where, "the pattern cannot be read: %s%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "), hint)
	}
	if p.steps > maxSteps {
		return e.fail(where, "the pattern takes %d steps, and may take %d: repeat less in it", p.steps, maxSteps)
	}
	if e.c.steps += p.steps; e.c.steps > allSteps {
		return e.tooMuch(where, "the patterns of the policy take more than %d steps in all", allSteps)
	}
	n.pattern = p
	return n
}
