package expression

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// functions are the functions of the language.
var functions = []string{
	"count", "happened", "total", "mean", "highest", "lowest", "distinct", "active_days", "latest", "first",
	"days_since", "days_since_first", "days_until", "days_between", "calendar_days_since", "followed", "idle_steps", "known", "time", "met", "unmet", "met_count",
	"all_met", "score", "band", "reached", "days_in_stage",
}

// Functions lists the functions of the language.
func Functions() []string { return slices.Clone(functions) }

// signature says how a function over the history is called.
type signature struct {
	f        history.Func
	kind     fact.Kind // of the result; None: the property's
	property bool
	number   bool // the property must be a number
	window   bool
}

var signatures = map[string]signature{
	"count":       {f: history.Count, kind: fact.Number, window: true},
	"happened":    {f: history.Happened, kind: fact.Bool, window: true},
	"total":       {f: history.Total, kind: fact.Number, property: true, number: true, window: true},
	"mean":        {f: history.Mean, kind: fact.Number, property: true, number: true, window: true},
	"highest":     {f: history.Highest, kind: fact.Number, property: true, number: true, window: true},
	"lowest":      {f: history.Lowest, kind: fact.Number, property: true, number: true, window: true},
	"distinct":    {f: history.Distinct, kind: fact.Number, property: true, window: true},
	"active_days": {f: history.ActiveDays, kind: fact.Number, window: true},
	"latest":      {f: history.Latest, property: true, window: true},
	"first":       {f: history.First, property: true, window: true},
}

// usage shows how each other function is called.
var usage = map[string]string{
	"days_since": `days_since("signal") or days_since(time)`, "days_since_first": `days_since_first("signal")`,
	"days_between": "days_between(time, time)", "calendar_days_since": `calendar_days_since("signal") or calendar_days_since(time)`,
	"days_until": "days_until(time)", "followed": `followed("a", "b", "7d") or followed("a", "b", "7d", "30d")`,
	"idle_steps": `idle_steps("signal", "14d") or idle_steps("signal", "14d", "1d")`,
	"known":      "known(fact)", "time": `time("2026-01-01")`, "met": `met("criterion")`, "unmet": `unmet("criterion")`,
	"met_count": `met_count() or met_count("set")`, "all_met": `all_met() or all_met("set")`,
	"score": `score() or score("group")`, "band": `band("group")`, "reached": `reached("stage")`, "days_in_stage": "days_in_stage()",
}

// needsOf is what the functions need whatever their arguments.
var needsOf = map[string]uses{
	"met": usesCriteria, "unmet": usesCriteria, "met_count": usesCriteria, "all_met": usesCriteria,
	"score": usesStage | usesScores, "band": usesStage | usesScores, "reached": usesStage, "days_in_stage": usesStage | usesTime,
}

func (e *expr) call(name string, args []ast.Node, at, depth int) *Node {
	if !slices.Contains(functions, name) {
		return e.unknownFunction(name, args, at)
	}
	if need := needsOf[name]; need&^offers[e.place] != 0 {
		return e.refuse(name, need, at)
	}
	if s, ok := signatures[name]; ok {
		return e.historyCall(name, s, args, at)
	}
	fewest, most := 1, 1
	switch name {
	case "days_in_stage":
		fewest, most = 0, 0
	case "met_count", "all_met", "score":
		fewest = 0
	case "followed":
		fewest, most = 3, 4
	case "idle_steps":
		fewest, most = 2, 3
	case "days_between":
		fewest, most = 2, 2
	}
	if len(args) < fewest || len(args) > most {
		return e.fail(at, "%s is called as %s", name, e.usage(name))
	}
	n := &Node{offset: at, Kind: fact.Bool, varies: strings.Contains(name, "days_")}
	if n.varies {
		n.Kind = fact.Number
	}
	switch name {
	case "days_between":
		return e.between(n, name, args, depth)
	case "calendar_days_since":
		n.Op, n.day = OpCalendarDays, history.DayOf(e.location())
		if _, ok := args[0].(*ast.StringNode); ok {
			return e.since(n, history.Newest, args[0])
		}
		return e.age(n, name, args[0], depth)
	case "days_since":
		if _, ok := args[0].(*ast.StringNode); ok {
			return e.since(n, history.Newest, args[0])
		}
		n.Op = OpDaysSince
		return e.age(n, name, args[0], depth)
	case "days_since_first":
		return e.since(n, history.Oldest, args[0])
	case "days_until":
		n.Op = OpDaysUntil
		return e.age(n, name, args[0], depth)
	case "days_in_stage":
		n.Op = OpDaysInStage
		return e.use(n, usesStage|usesTime, "days_in_stage")
	case "followed":
		return e.followed(args, at)
	case "idle_steps":
		return e.idleSteps(args, at)
	case "known":
		return e.known(n, args[0], depth)
	case "time":
		return e.timeLiteral(args[0])
	case "met", "unmet":
		return e.met(n, name, args[0])
	case "met_count", "all_met":
		return e.metSet(n, name, args)
	case "score", "band":
		return e.group(n, name, args)
	}
	return e.reached(n, args[0])
}

// name reads an argument that must be a literal text.
func (e *expr) name(arg ast.Node, what string) (string, int, bool) {
	at := start(arg)
	s, ok := arg.(*ast.StringNode)
	if !ok {
		if isNumber(arg) && strings.Contains(what, "window") || isNumber(arg) && strings.Contains(what, "span") {
			e.fail(at, "%s is a text with a unit: write \"%sd\" for days", what, arg)
			return "", at, false
		}
		e.fail(at, "%s must be a text in quotes, so that it can be checked here", what)
		return "", at, false
	}
	return s.Value, at, true
}

// index looks a name up in a list, and says so when it is not there.
func (e *expr) index(arg ast.Node, what, plural string, names []string) (int, bool) {
	if bare, ok := named(arg); ok && !isText(arg) {
		if i := slices.Index(names, bare); i >= 0 {
			e.fail(start(arg), "a %s is a text in quotes: write %s", what, quoted(bare))
			return 0, false
		}
	}
	name, at, ok := e.name(arg, "a "+what)
	if !ok {
		return 0, false
	}
	i := slices.Index(names, name)
	if i < 0 {
		otherwise := listing(plural, names)
		switch what {
		case "property":
			otherwise += Declare(name, plural)
		case "group":
			otherwise += DeclareID(name, plural)
		}
		e.fail(at, "there is no %s %q%s", what, name, e.meantName(name, names, otherwise))
	}
	return i, i >= 0
}

// meantName is didYouMean for names that stand in quotes.
func (e *expr) meantName(name string, names []string, otherwise string) string {
	if c, ok := e.c.Closest(name, names); ok {
		return fmt.Sprintf(": did you mean %s?", quoted(c))
	}
	return otherwise
}

func (e *expr) signal(arg ast.Node) (int, bool) {
	names := e.c.Names.Signals
	if name, ok := named(arg); ok && !slices.Contains(names, name) {
		at, i := start(arg), slices.Index(names, name)
		_, isName := arg.(*ast.IdentifierNode)
		taken, ok := e.takes(name)
		close, near := "", false
		if !ok {
			close, near = e.c.Closest(name, names)
		}
		switch {
		case i >= 0 || !isText(arg) && !isName:
		case !ok && !near && e.isTime(name):
			e.fail(at, "%q is an attribute of the profile, and no signal: write lead.%s", name, name)
			return 0, false
		case ok:
			e.fail(at, "%q is a type of activity, and no signal: the signal %[2]q takes it: write %[2]q", name, taken)
			return 0, false
		case name == "*":
			e.fail(at, `every activity is a signal, too: declare {"id": "any", "types": ["*"]} in signals, and write "any"`)
			return 0, false
		case near && isName:
			e.fail(at, "a signal is a text in quotes: write %s", quoted(close))
			return 0, false
		case !near:
			e.fail(at, "there is no signal %q%s; if it is a type of activity, declare {\"id\": %[1]q} in signals, and write %[1]q", name, listing("signals", names))
			return 0, false
		}
	}
	return e.index(arg, "signal", "signals", names)
}

// start gives where an argument begins: of x.y, where x does.
func start(n ast.Node) int {
	switch t := n.(type) {
	case *ast.MemberNode:
		return start(t.Node)
	case *ast.CallNode:
		return start(t.Callee)
	}
	return n.Location().From
}

func (e *expr) window(arg ast.Node) (history.Window, bool) {
	text, at, ok := e.name(arg, "a window")
	if !ok {
		return history.All, false
	}
	w, err := history.ParseWindow(text, func(name string) (int, error) {
		signals := e.c.Names.Signals
		if i := slices.Index(signals, name); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("there is no signal %q%s", name, e.meantName(name, signals, listing("signals", signals)))
	})
	if err != nil {
		e.fail(at, "%s", err)
		return w, false
	}
	return w, true
}

// span reads an argument that must be a span.
func (e *expr) span(arg ast.Node, what string) (int64, bool) {
	text, at, ok := e.name(arg, what)
	if !ok {
		return 0, false
	}
	ns, err := history.ParseSpan(text)
	if err != nil {
		e.fail(at, "%s", err)
	}
	return ns, err == nil
}

// slot hands out the place of a call's result.
func (e *expr) slot(c history.Query) int {
	if i, ok := e.c.callSlots[c]; ok {
		return i
	}
	i := len(e.c.Queries)
	e.c.callSlots[c] = i
	e.c.Queries = append(e.c.Queries, c)
	return i
}

// result refers to a call. Its text is the call's, which says windows in one way.
func (e *expr) result(c history.Query, kind fact.Kind, at int) *Node {
	c.ResetScope = e.resetScope
	i := e.slot(c)
	if i >= maxCalls {
		return e.tooMuch(at, "the expressions ask more than %d different questions of the history", maxCalls)
	}
	n := &Node{Op: OpCall, Kind: kind, Slot: i, Text: e.c.QueryName(i), offset: at}
	switch c.Func {
	case history.Count, history.ActiveDays:
		n.counts = -1
	case history.IdleSteps:
		n.counts = 1
	}
	n.unset = n.leaves(e.c.Queries)
	n.reads = n.reads.with(len(e.c.Names.Lead) + i)
	needs := usesLead
	if c.Slides() {
		needs |= usesSpan
	}
	return e.use(n, needs, n.Text)
}

func (e *expr) historyCall(name string, s signature, args []ast.Node, at int) *Node {
	fewest := 1
	if s.property {
		fewest = 2
	}
	if len(args) < fewest || len(args) > fewest+1 {
		call := e.called(name, args[:min(len(args), fewest)])
		return e.fail(at, "%s is called as %s, or with a window as %s, \"30d\")", name, call, strings.TrimSuffix(call, ")"))
	}
	c := history.Query{Func: s.f, Other: history.None, Prop: history.None, Window: history.All}
	var ok bool
	good := true
	c.Signal, ok = e.signal(args[0])
	good = good && ok
	kind := s.kind
	if s.property {
		c.Prop, ok = e.index(args[1], "property", "properties", fieldNames(e.c.Names.Props))
		good = good && ok
		if ok {
			p := e.c.Names.Props[c.Prop]
			switch {
			case s.number && p.Kind != fact.Number:
				return e.fail(args[1].Location().From, "%s wants a number property, and %s is a %s", name, p.Name, p.Kind)
			case s.f == history.Distinct && p.Kind == fact.Texts:
				return e.fail(args[1].Location().From, "distinct counts single values, and %s is a list of text", p.Name)
			case p.Kind == fact.None:
				e.broken = true // its declaration says why
				return nil
			case kind == fact.None:
				kind = p.Kind
			}
		}
	}
	if len(args) > fewest {
		c.Window, ok = e.window(args[fewest])
		good = good && ok
	}
	if !good {
		return nil
	}
	return e.result(c, kind, at)
}

// since gives the age of a signal's newest or oldest occurrence.
func (e *expr) since(n *Node, f history.Func, arg ast.Node) *Node {
	i, ok := e.signal(arg)
	if !ok {
		return nil
	}
	c := e.result(history.Query{Func: f, Signal: i, Other: history.None, Prop: history.None, Window: history.All}, fact.Time, n.offset)
	if c == nil {
		return nil
	}
	link(c)
	n.Kids, n.Text = []*Node{c}, c.Text
	if n.Op == OpCalendarDays {
		n.Text = "" // it is no age of the signal, which its call names
		return e.use(n, usesTime, "calendar_days_since")
	}
	n.Op = OpDaysSince
	return e.use(n, usesTime, f.String())
}

// between gives the days from one time to another, neither of which may pass.
func (e *expr) between(n *Node, name string, args []ast.Node, depth int) *Node {
	for _, arg := range args {
		k := e.node(arg, depth)
		switch {
		case k == nil:
			return nil
		case k.varies:
			return e.fail(k.offset, "%s is between two times that stand still, and %s does not: write days_since(time)", name, k.Text)
		case k.Kind != fact.Time:
			return e.fail(k.offset, "%s wants a time, and %s is a %s%s", name, k.Text, k.kind(), e.asTime(k))
		}
		n.Kids = append(n.Kids, k)
	}
	n.Op, n.varies = OpDaysBetween, false
	return n
}

func (e *expr) age(n *Node, name string, arg ast.Node, depth int) *Node {
	k := e.node(arg, depth)
	switch {
	case k == nil:
		return nil
	case k.varies:
		return e.fail(k.offset, "%s counts from a time that stands still, and %s does not", name, k.Text)
	case k.Kind != fact.Time:
		return e.fail(k.offset, "%s wants a time, and %s is a %s%s", name, k.Text, k.kind(), e.asTime(k))
	}
	n.Kids = []*Node{k}
	return e.use(n, usesTime, name)
}

// isTime reports whether a name is that of an attribute of kind time.
func (e *expr) isTime(name string) bool {
	i := fieldIndex(e.c.Names.Lead, name)
	return i >= 0 && e.c.Names.Lead[i].Kind == fact.Time
}

// asTime says how a literal that is not declared as a time is written as one.
func (e *expr) asTime(k *Node) string {
	switch {
	case !k.literal || k.Op != OpConstant:
		return ""
	case fieldIndex(e.c.Names.Lead, k.Const.Text) >= 0:
		return ": write lead." + k.Const.Text
	case e.readTime(k.Const.Text).Known:
		return fmt.Sprintf(": write time(%s)", k.Text)
	}
	return ""
}

// readTime reads the text of a time.
func (e *expr) readTime(text string) (v fact.Value) {
	fact.NewReader(fact.Spec{Kind: fact.Time, Location: e.location()}).Read(text, &v, nil)
	return v
}

func (e *expr) followed(args []ast.Node, at int) *Node {
	c := history.Query{Func: history.Followed, Prop: history.None, Window: history.All}
	a, okA := e.signal(args[0])
	b, okB := e.signal(args[1])
	within, ok := e.span(args[2], "the span within which it follows")
	c.Signal, c.Other, c.Within = a, b, within
	if len(args) == 4 {
		w, okW := e.window(args[3])
		c.Window = w
		ok = ok && okW
	}
	if !okA || !okB || !ok {
		return nil
	}
	return e.result(c, fact.Bool, at)
}

func (e *expr) idleSteps(args []ast.Node, at int) *Node {
	signal, okSignal := e.signal(args[0])
	after, ok := e.span(args[1], "the span after which a step is full")
	every, okEvery := after, true
	if len(args) == 3 {
		every, okEvery = e.span(args[2], "the span of each further step")
	}
	if !okSignal || !ok || !okEvery {
		return nil
	}
	c := history.Query{Func: history.IdleSteps, Signal: signal, Other: history.None, Prop: history.None, After: after, Every: every, Window: history.All}
	return e.result(c, fact.Number, at)
}

func (e *expr) known(n *Node, arg ast.Node, depth int) *Node {
	k := e.node(arg, depth)
	switch {
	case k == nil:
		return nil
	case k.varies && k.Op == OpDaysSince && len(k.Kids) == 1 && k.Kids[0].Op == OpCall:
		return e.fail(k.offset, "known is not needed here: ask happened(...)")
	case k.varies:
		return e.changes(k)
	case k.Op == OpConstant && k.literal && fieldIndex(e.c.Names.Lead, k.Const.Text) >= 0:
		return e.fail(k.offset, "%s is a text: write lead.%s", k.Text, k.Const.Text)
	case k.Op == OpConstant:
		return e.fail(k.offset, "%s is always known: ask about a fact, as in known(lead.employees)", k.Text)
	}
	n.Op, n.Kids = OpKnown, []*Node{k}
	return n
}

func (e *expr) timeLiteral(arg ast.Node) *Node {
	text, at, ok := e.name(arg, "the time")
	if !ok {
		return nil
	}
	var v fact.Value
	switch p := fact.NewReader(fact.Spec{Kind: fact.Time, Location: e.location()}).Read(text, &v, nil); {
	case p == fact.OutOfRange:
		return e.fail(at, "%q is out of range: times lie between %s and %s", text, fact.FirstTime, fact.LastTime)
	case !v.Known:
		return e.fail(at, `%q is not a time: write "2026-01-31" or "2026-01-31T09:00:00Z"`, text)
	}
	return constant(fact.Time, v)
}

func (e *expr) location() *time.Location {
	if e.c.Names.Location == nil {
		return time.UTC
	}
	return e.c.Names.Location
}

func (e *expr) met(n *Node, name string, arg ast.Node) *Node {
	ids := make([]string, len(e.c.Names.Criteria))
	for i, c := range e.c.Names.Criteria {
		ids[i] = c.ID
	}
	i, ok := e.index(arg, "criterion", "criteria", ids)
	if !ok {
		return nil
	}
	n.Op, n.Slot, n.Many = OpMet, i, []int{i}
	if name == "unmet" {
		n.Op = OpUnmet
	}
	return e.use(n, usesCriteria, name)
}

func (e *expr) metSet(n *Node, name string, args []ast.Node) *Node {
	set := ""
	if len(args) == 1 {
		i, ok := e.index(args[0], "set of criteria", "sets of criteria", e.c.setNames)
		if !ok {
			return nil
		}
		set = e.c.setNames[i]
	}
	if len(e.c.Names.Criteria) == 0 {
		return e.fail(n.offset, "%s counts criteria, and the policy has none", name)
	}
	n.Many = e.c.sets[set]
	if e.c.parts += len(n.Many); e.c.parts > maxParts {
		return e.tooManyParts(n.offset)
	}
	n.Op = OpAllMet
	if name == "met_count" {
		n.Op, n.Kind = OpMetCount, fact.Number
	}
	return e.use(n, usesCriteria, name)
}

func (e *expr) group(n *Node, name string, args []ast.Node) *Node {
	ids := make([]string, len(e.c.Names.Groups))
	for i, g := range e.c.Names.Groups {
		ids[i] = g.ID
	}
	if len(args) == 1 {
		i, ok := e.index(args[0], "group", "groups", ids)
		if !ok {
			return nil
		}
		n.Slot = i
	}
	if name == "score" {
		n.Op, n.Kind = OpScore, fact.Number
		return e.use(n, usesStage|usesScores, name)
	}
	if len(e.c.Names.Groups[n.Slot].Labels) == 0 {
		return e.fail(n.offset, "the group %s has no bands", ids[n.Slot])
	}
	n.Op, n.Kind = OpBand, fact.Code
	return e.use(n, usesStage|usesScores, name)
}

func (e *expr) reached(n *Node, arg ast.Node) *Node {
	i, ok := e.index(arg, "stage", "stages", e.c.Names.Stages)
	if !ok {
		return nil
	}
	n.Op, n.Slot = OpReached, i
	return e.use(n, usesStage, "reached")
}
