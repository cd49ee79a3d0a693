package expression

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// This file answers functions and names of other languages, once an expression is parsed. What stands behind "write" in a
// message compiles there.

// folds are functions that make texts alike, and kept those that make numbers or texts of each other.
var (
	folds = []string{"lower", "upper", "trim", "lowercase", "uppercase", "tolower", "toupper", "tolowercase", "touppercase", "lcase", "ucase", "strip", "lstrip", "rstrip",
		"ltrim", "rtrim", "trimspace", "casefold", "normalize", "capitalize", "title", "proper", "clean", "squeeze", "trimstart", "trimend"}
	kept = []string{"int", "integer", "float", "double", "number", "num", "tonumber", "tonum", "toint", "tofloat", "parseint", "parsefloat", "decimal", "val", "value", "string", "str", "text", "tostring",
		"totext", "tojson", "fromjson", "cast", "bool", "tobool", "boolean"}
)

// renamed are functions of the history by other names.
var renamed = map[string]string{
	"sum": "total", "sumof": "total", "add": "total", "avg": "mean", "average": "mean", "median": "mean", "max": "highest", "maximum": "highest", "greatest": "highest", "most": "highest", "largest": "highest",
	"min": "lowest", "minimum": "lowest", "least": "lowest", "smallest": "lowest", "last": "latest", "newest": "latest", "recent": "latest", "mostrecent": "latest", "lastvalue": "latest", "current": "latest",
	"oldest": "first", "earliest": "first", "firstvalue": "first", "uniq": "distinct", "unique": "distinct", "countdistinct": "distinct", "distinctcount": "distinct", "nunique": "distinct", "countunique": "distinct", "uniquecount": "distinct",
	"frequency": "count", "cnt": "count", "countif": "count", "numberof": "count", "occurrences": "count", "times": "count", "did": "happened", "occurred": "happened", "performed": "happened", "hasevent": "happened", "event": "happened",
	"dayssincelast": "days_since", "lastseen": "days_since", "recency": "days_since", "activedays": "active_days", "daysactive": "active_days",
}

// unknownFunction answers a call of a function that there is not.
func (e *expr) unknownFunction(name string, args []ast.Node, at int) *Node {
	plain := strings.ReplaceAll(strings.ToLower(name), "_", "")
	if len(args) == 1 {
		if list, ok := args[0].(*ast.ArrayNode); ok && len(list.Nodes) > 0 {
			args = list.Nodes
		}
	}
	if message := e.instead(name, plain, args); message != "" {
		return e.fail(at, "there is no function %s: %s", name, message)
	}
	if c, ok := e.c.Closest(name, functions); ok {
		return e.fail(at, "there is no function %s: did you mean %s?", name, c)
	}
	return e.fail(at, "there is no function %s: the functions are in docs/language.md; what they do not give is computed before, and stands in the profile", name)
}

// instead says what to write for a function of another language; "" if that is not known.
func (e *expr) instead(name, plain string, args []ast.Node) string {
	arg := func(i int) string {
		if i >= len(args) {
			return example(e.c.Names.Lead, "employees")
		}
		return e.plain(args[i])
	}
	has := func(names ...string) bool { return slices.Contains(names, plain) }
	signal, isSignal := "", false
	if len(args) > 0 {
		signal, isSignal = e.signalMeant(args[0])
	}
	if has("any", "some", "all", "every", "none", "map", "filter", "find", "one", "flatten", "values", "keys", "sort", "reverse", "groupby", "reduce", "first") && len(args) > 0 {
		if f, ok := e.fieldOf(args[0]); ok && f.Kind == fact.Texts {
			return fmt.Sprintf("write %s in %s", quoted(some(f.Values, "vip")), arg(0))
		}
	}
	switch {
	case slices.Contains(functions, strings.ToLower(name)) && strings.ToLower(name) != name:
		return fmt.Sprintf("write %s(%s)", strings.ToLower(name), e.list(args, ", "))
	case slices.Contains(folds, plain) && len(args) > 0:
		if f, ok := e.fieldOf(args[0]); ok && f.Kind == fact.Code {
			return fmt.Sprintf("%s is code, which is compared exactly: declare it as text, which ignores case and blanks, and write %s", f.Name, arg(0))
		}
		return "text ignores case, and blanks around it: write " + arg(0)
	case slices.Contains(kept, plain) && len(args) > 0:
		return "a fact has the kind that it is declared with, and is read from text as from numbers: write " + arg(0)
	case has("exists", "has", "isknown", "isset", "isdefined", "defined", "notnull", "isnotnull", "ispresent", "present", "notempty", "isnotempty", "exist", "hasvalue", "isnotblank", "notblank", "did"):
		if isSignal {
			return fmt.Sprintf("write happened(%q)", signal)
		}
		return "write known(" + e.fact(args) + ")"
	case has("isnull", "isempty", "empty", "isblank", "isnil", "isna", "isundefined", "isunknown", "missing", "ismissing", "blank", "unknown", "isnan"):
		if isSignal {
			return fmt.Sprintf("write not happened(%q)", signal)
		}
		return "write not known(" + e.fact(args) + ")"
	case has("coalesce", "ifnull", "nvl", "default", "orelse", "getordefault", "get", "ifempty", "ifblank", "firstnonnull") && len(args) > 1:
		return "write (" + e.list(args, " ?? ") + ")"
	case has("if", "iif", "iff", "ifelse", "cond", "choose", "when") && len(args) == 3:
		return fmt.Sprintf("write (%s ? %s : %s)", arg(0), arg(1), arg(2))
	case has("and", "all", "every") && len(args) > 1:
		return "write (" + e.list(args, " and ") + ")"
	case has("or", "any", "some", "either") && len(args) > 1:
		return "write (" + e.list(args, " or ") + ")"
	case has("not", "none") && len(args) == 1:
		return "write not (" + arg(0) + ")"
	case has("len", "length", "size", "strlen", "charlength", "cardinality", "arraylength", "countof"):
		if isSignal {
			return fmt.Sprintf("write count(%q)", signal)
		}
		if len(args) == 0 {
			return "write known(" + e.fact(args) + ")"
		}
		f, _ := e.fieldOf(args[0])
		if f.Kind == fact.Number {
			return "write " + arg(0)
		}
		if f.Kind == fact.Texts {
			return fmt.Sprintf("elements are not counted: write %s in %s for one of them, or known(%[2]s) for whether there is a list", quoted(some(f.Values, "vip")), arg(0))
		}
		return fmt.Sprintf("write known(%s) for whether there is a text, or %[1]s matches \"^.{10,}$\" for one of at least 10 characters", arg(0))
	case has("today", "now", "currentdate", "currenttimestamp", "currenttime", "getdate", "sysdate", "utcnow", "curdate") && len(args) == 0:
		return "write now for the instant, or " + e.today()
	case has("date", "datetime", "timestamp", "todate", "todatetime", "parsedate", "strtodate", "dateof", "isodate", "totimestamp", "fromiso", "parsetime") && len(args) > 0:
		if s, ok := args[0].(*ast.StringNode); ok {
			return "write time(" + quoted(s.Value) + ")"
		}
		return "write " + arg(0)
	case has("duration", "interval", "days", "hours", "weeks", "todays") && len(args) == 1:
		if s, ok := args[0].(*ast.StringNode); ok {
			return "a span beside an age is a number of days: write " + e.daysOf(s.Value)
		}
		if isNumber(args[0]) {
			return "a span beside an age is a number of days: write " + arg(0)
		}
		return "write days_since(" + arg(0) + ")"
	case has("daysago", "age", "since", "timesince", "elapsed", "dayssincetime", "ageindays"):
		return "write days_since(" + e.timeOr(args) + ")"
	case has("datediff", "datedifference", "daysdiff", "diffdays", "timestampdiff") && len(args) >= 2:
		n := len(args)
		if a, b := arg(n-2), arg(n-1); a == "now" || b == "now" {
			return fmt.Sprintf("write days_since(%s)", strings.TrimPrefix(strings.Replace(a+b, "now", "", 1), " "))
		}
		return fmt.Sprintf("write days_between(%s, %s)", arg(n-2), arg(n-1))
	case has("dateadd", "adddays", "datesub", "addmonths", "datetrunc", "trunc") && len(args) > 1:
		return fmt.Sprintf("times are not added to: write days_since(%s) >= 30", e.time())
	case has("year", "month", "day", "weekday", "dayofweek", "hour", "quarter", "week", "format", "strftime", "dateformat"):
		return fmt.Sprintf("parts of a time are not part of the language: write %s >= time(\"2026-01-31\")", e.time())
	case has("abs", "absolute") && len(args) == 1:
		return fmt.Sprintf("write (%s < 0 ? -%s : %[1]s)", arg(0), operandOf(args[0], arg(0)))
	case has("floor", "trunc", "truncate") && len(args) == 1:
		return fmt.Sprintf("write (%s - %[1]s %% 1) for a number that is not negative", operandOf(args[0], arg(0)))
	case has("ceil", "ceiling", "roundup") && len(args) == 1:
		return fmt.Sprintf("write (%s + (1 - %[1]s %% 1) %% 1) for a number that is not negative", operandOf(args[0], arg(0)))
	case has("round", "rint") && len(args) == 2 && len(arg(1)) == 1 && arg(1) >= "1" && arg(1) <= "6":
		scale := "1" + strings.Repeat("0", int(arg(1)[0]-'0'))
		return fmt.Sprintf("write ((%s * %s + 0.5 - (%[1]s * %[2]s + 0.5) %% 1) / %[2]s) for a number that is not negative, or leave it out: 0.1 + 0.2 is 0.3", operandOf(args[0], arg(0)), scale)
	case has("round", "rint") && len(args) > 0:
		return fmt.Sprintf("write (%s + 0.5 - (%[1]s + 0.5) %% 1) for a number that is not negative; round of a group rounds points", operandOf(args[0], arg(0)))
	case has("mod", "modulo", "rem") && len(args) == 2:
		return fmt.Sprintf("write (%s %% %s)", operandOf(args[0], arg(0)), operandOf(args[1], arg(1)))
	case has("pow", "power", "square") && len(args) > 0:
		return fmt.Sprintf("write (%s * %[1]s)", operandOf(args[0], arg(0)))
	case has("contains", "icontains", "includes", "strcontains", "instr", "search", "indexof", "lastindexof", "charindex", "containsany", "hassubstring") && len(args) > 1:
		return e.part("contains", args)
	case has("startswith", "hasprefix", "beginswith", "left", "startwith") && len(args) > 1:
		return e.part("startsWith", args)
	case has("endswith", "hassuffix", "right", "endwith") && len(args) > 1:
		return e.part("endsWith", args)
	case has("matches", "match", "regex", "regexp", "regexpmatch", "regexmatch", "regexpcontains", "regexplike", "rlike", "test") && len(args) > 1:
		return e.part("matches", args)
	case has("like", "ilike") && len(args) == 2:
		if s, ok := args[1].(*ast.StringNode); ok {
			return fmt.Sprintf("write %s %s", arg(0), like(s.Value))
		}
	case has("in", "isin", "oneof", "anyof", "inlist") && len(args) > 1:
		if list, ok := args[1].(*ast.ArrayNode); ok {
			return fmt.Sprintf("write %s in %s", arg(0), list.String())
		}
		return fmt.Sprintf("write %s in [%s]", arg(0), e.list(args[1:], ", "))
	case has("eq", "equals", "equalsignorecase", "equal", "ieq") && len(args) == 2:
		return fmt.Sprintf("write %s == %s", arg(0), arg(1))
	case has("ne", "neq", "gt", "gte", "ge", "lt", "lte", "le") && len(args) == 2:
		return fmt.Sprintf("write %s %s %s", arg(0), between[plain], arg(1))
	case has("between", "inrange") && len(args) == 3:
		return fmt.Sprintf("write (%s >= %s and %[1]s <= %[3]s)", arg(0), arg(1), arg(2))
	case has("concat", "join", "replace", "split", "substr", "substring", "substringof", "mid", "repeat", "regexreplace", "regexpreplace") && len(args) > 0:
		return "texts are not taken apart or put together: write " + arg(0) + " contains, startsWith, endsWith or matches with what it holds"
	case has("points", "sumpoints", "totalpoints", "totalscore", "leadscore"):
		return e.points("score()")
	case has("grade", "tier", "rank", "level", "rating"):
		for _, g := range e.c.Names.Groups {
			if len(g.Labels) > 0 {
				return e.points(fmt.Sprintf("band(%q)", g.ID))
			}
		}
	case has("stage", "instage", "isstage", "lifecyclestage") && len(e.c.Names.Stages) > 0:
		return e.points(fmt.Sprintf("reached(%q)", some(e.c.Names.Stages, "mql")))
	}
	f, ok := renamed[plain]
	if !ok {
		return ""
	}
	if named := slices.ContainsFunc(args, e.isHistory); len(args) > 0 && !named && !isText(args[0]) {
		if slices.ContainsFunc(args, func(a ast.Node) bool { f, ok := e.fieldOf(a); return ok && f.Kind == fact.Texts }) {
			return "lists hold text: write " + quoted("vip") + " in " + arg(0)
		}
		one := func(a, b string) string { return a }
		switch f {
		case "total":
			one = func(a, b string) string { return "(" + a + " + " + b + ")" }
		case "mean":
			one = func(a, b string) string { return "((" + a + " + " + b + ") / 2)" }
		case "highest":
			one = func(a, b string) string { return "(" + a + " > " + b + " ? " + a + " : " + b + ")" }
		case "lowest":
			one = func(a, b string) string { return "(" + a + " < " + b + " ? " + a + " : " + b + ")" }
		}
		if len(args) == 2 {
			return "write " + one(arg(0), arg(1))
		}
		if len(args) > 2 && f == "total" {
			return "write (" + e.list(args, " + ") + ")"
		}
	}
	return "write " + e.called(f, args)
}

// method says what to write for a method of a fact; "" if that is not known.
func (e *expr) method(m *ast.MemberNode, args []ast.Node) string {
	name, ok := m.Property.(*ast.StringNode)
	if !ok {
		return ""
	}
	return e.instead(name.Value, strings.ReplaceAll(strings.ToLower(name.Value), "_", ""), append([]ast.Node{m.Node}, args...))
}

// part writes a test of a text that stands as a function.
func (e *expr) part(op string, args []ast.Node) string {
	if f, ok := e.fieldOf(args[0]); ok && f.Kind == fact.Texts {
		return fmt.Sprintf("write %s in %s", e.plain(args[1]), e.plain(args[0]))
	}
	return fmt.Sprintf("write %s %s %s", operandOf(args[0], e.plain(args[0])), op, e.plain(args[1]))
}

// operandOf puts what an operator joins into parentheses.
func operandOf(n ast.Node, text string) string {
	switch n.(type) {
	case *ast.BinaryNode, *ast.ConditionalNode, *ast.UnaryNode:
		return "(" + text + ")"
	}
	return text
}

// asNow gives now for what other languages call so.
func asNow(n ast.Node) ast.Node {
	name := ""
	switch t := n.(type) {
	case *ast.IdentifierNode:
		name = t.Value
	case *ast.BuiltinNode:
		if len(t.Arguments) == 0 {
			name = t.Name
		}
	case *ast.CallNode:
		if c, ok := t.Callee.(*ast.IdentifierNode); ok && len(t.Arguments) == 0 {
			name = c.Value
		}
	}
	switch strings.ReplaceAll(strings.ToLower(name), "_", "") {
	case "now", "today", "currentdate", "currenttimestamp", "getdate", "sysdate", "utcnow", "curdate":
		is := &ast.IdentifierNode{Value: "now"}
		is.SetLocation(n.Location())
		return is
	}
	return n
}

// plain writes an argument without the functions that are not needed around it.
func (e *expr) plain(n ast.Node) string {
	name, args := "", []ast.Node(nil)
	switch t := asNow(n).(type) {
	case *ast.CallNode:
		if m, ok := t.Callee.(*ast.MemberNode); ok {
			if s, ok := m.Property.(*ast.StringNode); ok {
				name, args = s.Value, []ast.Node{m.Node}
			}
		}
		if c, ok := t.Callee.(*ast.IdentifierNode); ok {
			name, args = c.Value, t.Arguments
		}
	case *ast.BuiltinNode:
		name, args = t.Name, t.Arguments
	case *ast.IdentifierNode:
		if t.Value == "now" {
			return "now"
		}
		if fieldIndex(e.c.Names.Lead, t.Value) >= 0 && offers[e.place]&usesLead != 0 {
			return "lead." + t.Value
		}
	}
	if plain := strings.ReplaceAll(strings.ToLower(name), "_", ""); len(args) > 0 && (slices.Contains(folds, plain) || slices.Contains(kept, plain)) {
		return e.plain(args[0])
	}
	return n.String()
}

func (e *expr) list(args []ast.Node, sep string) string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = e.plain(a)
	}
	return strings.Join(all, sep)
}

// fieldOf gives the declaration of the fact that an argument is.
func (e *expr) fieldOf(n ast.Node) (Field, bool) {
	switch t := n.(type) {
	case *ast.MemberNode:
		base, ok := t.Node.(*ast.IdentifierNode)
		name, isText := t.Property.(*ast.StringNode)
		if !ok || !isText {
			return Field{}, false
		}
		fields := e.c.Names.Lead
		if base.Value == "activity" {
			fields = e.c.Names.Props
		}
		if i := fieldIndex(fields, name.Value); i >= 0 {
			return fields[i], true
		}
	case *ast.IdentifierNode:
		if i := fieldIndex(e.c.Names.Lead, t.Value); i >= 0 {
			return e.c.Names.Lead[i], true
		}
	}
	return Field{}, false
}

// fact writes the first of some arguments, or a fact for example.
func (e *expr) fact(args []ast.Node) string {
	if len(args) == 0 {
		return "lead." + example(e.c.Names.Lead, "employees")
	}
	if s, ok := args[0].(*ast.StringNode); ok && fieldIndex(e.c.Names.Lead, s.Value) >= 0 {
		return "lead." + s.Value
	}
	return e.plain(args[0])
}

// time writes a time of the profile for example.
func (e *expr) time() string {
	for _, f := range e.c.Names.Lead {
		if f.Kind == fact.Time {
			return "lead." + f.Name
		}
	}
	if offers[e.place]&usesLead == 0 {
		return "activity.at"
	}
	for _, p := range e.c.Names.Props {
		if p.Kind == fact.Time && len(e.c.Names.Signals) > 0 {
			return fmt.Sprintf("latest(%q, %q)", e.c.Names.Signals[0], p.Name)
		}
	}
	return quoted(some(e.c.Names.Signals, "signal"))
}

func (e *expr) timeOr(args []ast.Node) string {
	if len(args) == 0 {
		return e.time()
	}
	return e.plain(args[0])
}

func (e *expr) today() string {
	return fmt.Sprintf("calendar_days_since(%s) == 0 for the same day", e.time())
}

// daysOf gives the days of a span that is written in some way.
func (e *expr) daysOf(span string) string {
	if ns, err := history.ParseSpan(history.MeantSpan(span)); err == nil {
		return strconv.FormatFloat(float64(ns)/float64(history.Day), 'f', -1, 64)
	}
	return "30"
}

func some(list []string, otherwise string) string {
	if len(list) > 0 {
		return list[0]
	}
	return otherwise
}

func isNumber(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}

func isText(n ast.Node) bool { _, ok := n.(*ast.StringNode); return ok }

// named gives the name that an argument says, in quotes or not.
func named(n ast.Node) (name string, ok bool) {
	switch t := n.(type) {
	case *ast.StringNode:
		return t.Value, true
	case *ast.IdentifierNode:
		return t.Value, true
	case *ast.MemberNode:
		if s, ok := t.Property.(*ast.StringNode); ok {
			return s.Value, true
		}
	}
	return "", false
}

// signalMeant gives the signal that an argument names, itself or by a type that it takes.
func (e *expr) signalMeant(n ast.Node) (signal string, ok bool) {
	name, ok := named(n)
	if _, member := n.(*ast.MemberNode); !ok || member {
		return "", false
	}
	if slices.Contains(e.c.Names.Signals, name) {
		return name, true
	}
	return e.takes(name)
}

// takes gives the first signal that takes a type of activity.
func (e *expr) takes(kind string) (signal string, ok bool) {
	for i, types := range e.c.Names.Types {
		if slices.Contains(types, kind) {
			return e.c.Names.Signals[i], true
		}
	}
	return "", false
}

// isHistory reports whether an argument names a signal or a property.
func (e *expr) isHistory(n ast.Node) bool {
	if _, ok := e.signalMeant(n); ok {
		return true
	}
	if m, ok := n.(*ast.MemberNode); ok {
		base, ok := m.Node.(*ast.IdentifierNode)
		return ok && base.Value == "activity" && offers[e.place]&usesActivity == 0
	}
	name, ok := named(n)
	return ok && fieldIndex(e.c.Names.Props, name) >= 0 && (isText(n) || offers[e.place]&usesActivity == 0)
}

// called writes a call of a function of the history, with what the arguments name, and
// something for example in the place of what they do not.
func (e *expr) called(f string, args []ast.Node) string {
	if usage[f] != "" {
		first, _, _ := strings.Cut(e.usage(f), " or ")
		return first
	}
	s := signatures[f]
	signal, prop, window := some(e.c.Names.Signals, "signal"), "", ""
	found := false
	for _, a := range args {
		name, ok := named(a)
		if !ok {
			continue
		}
		if id, ok := e.signalMeant(a); ok && !found {
			signal, found = id, true
		} else if i := fieldIndex(e.c.Names.Props, name); i >= 0 && (!s.number || e.c.Names.Props[i].Kind == fact.Number) {
			prop = name
		} else if span := history.MeantSpan(name); isText(a) && span != "" {
			window = span
		} else if c, ok := e.c.Closest(name, e.c.Names.Signals); ok && isText(a) && !found {
			signal, found = c, true
		}
	}
	for _, p := range e.c.Names.Props {
		if prop == "" && (!s.number || p.Kind == fact.Number) && (s.f != history.Distinct || p.Kind != fact.Texts) {
			prop = p.Name
		}
	}
	text := fmt.Sprintf("%s(%s", f, quoted(signal))
	if s.property {
		if prop == "" {
			prop = "property"
		}
		text += ", " + quoted(prop)
	}
	if window != "" && s.window {
		text += ", " + quoted(window)
	}
	return text + ")"
}

// usage shows how a function that is none of the history is called, with names of the policy.
func (e *expr) usage(f string) string {
	n := &e.c.Names
	signal := some(n.Signals, "signal")
	group, criterion := "group", "criterion"
	for _, g := range n.Groups {
		if len(g.Labels) > 0 || f == "score" && g.ID != "total" {
			group = g.ID
		}
	}
	if len(n.Criteria) > 0 {
		criterion = n.Criteria[0].ID
	}
	other := signal
	if len(n.Signals) > 1 {
		other = n.Signals[1]
	}
	return strings.NewReplacer(`"signal"`, quoted(signal), `"a"`, quoted(signal), `"b"`, quoted(other), `(time, time)`, fmt.Sprintf(`(%s, time("2026-01-31"))`, e.time()), `(time)`, "("+e.time()+")",
		`(fact)`, "(lead."+example(n.Lead, "employees")+")", `"criterion"`, quoted(criterion), `"set"`, quoted(some(e.c.setNames, "set")), `"group"`, quoted(group), `"stage"`, quoted(some(n.Stages, "stage"))).Replace(usage[f])
}

// points says how points, bands and stages are read, and where.
func (e *expr) points(call string) string {
	if offers[e.place]&usesStage == 0 {
		return "points, bands and stages are decided after all rules: write " + call + " in enter or keep of a stage"
	}
	return "write " + call
}

// spelled are names that are written otherwise.
var spelled = map[string]string{
	"True": "true", "TRUE": "true", "yes": "true", "Yes": "true", "YES": "true", "on": "true", "False": "false", "FALSE": "false", "no": "false", "No": "false", "NO": "false", "off": "false",
	"NOW": "now", "Now": "now", "current_timestamp": "now", "CURRENT_TIMESTAMP": "now", "sysdate": "now",
}

// bases are what other languages call the profile.
var bases = []string{
	"profile", "contact", "company", "account", "person", "user", "customer", "prospect", "deal", "opportunity", "record", "self", "this", "fields", "attributes", "attribute", "traits", "lead.profile", "Lead", "LEAD", "$lead", "data", "facts", "payload",
}

// acts are what other languages call an activity.
var acts = []string{"event", "events", "activities", "props", "properties", "property", "action", "act", "Activity", "ACTIVITY", "$activity", "e", "it"}

// meant answers a name that stands alone and is none; "" if nothing is known of it.
func (e *expr) meant(name string) string {
	plain := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "$")), "_", "")
	lead, reads := offers[e.place]&usesLead != 0, offers[e.place]&usesActivity != 0
	has := func(names ...string) bool { return slices.Contains(names, plain) }
	if is, ok := spelled[name]; ok && (is != "now" || offers[e.place]&usesTime != 0) {
		return "write " + is
	}
	if amount := strings.TrimPrefix(name, "$"); amount != name && amount != "" && strings.Trim(amount, "0123456789") == "" {
		return "an amount stands without its currency: write " + amount
	}
	names := &e.c.Names
	switch i := fieldIndex(names.Lead, strings.TrimPrefix(name, "$")); {
	case i >= 0 && lead:
		return "write lead." + names.Lead[i].Name
	case fieldIndex(names.Props, name) >= 0 && reads:
		return "write activity." + name
	case i >= 0:
		return fmt.Sprintf("%s is an attribute of the profile, and %s", name, placeHint(e.place, usesLead))
	case fieldIndex(names.Props, name) >= 0 && len(names.Signals) > 0:
		return fmt.Sprintf("%s is a property of activities: write latest(%s, %s)", name, quoted(names.Signals[0]), quoted(name))
	case slices.Contains(names.Signals, name) && lead:
		return fmt.Sprintf("%s is a signal: write happened(%s) or count(%[2]s)", name, quoted(name))
	case slices.ContainsFunc(names.Terms, func(t Term) bool { return t.ID == name }) && offers[e.place]&usesTerms != 0:
		return "write term." + name
	case slices.ContainsFunc(names.Lists, func(l List) bool { return l.ID == name }):
		return "write list." + name
	case slices.ContainsFunc(names.Criteria, func(c Criterion) bool { return c.ID == name }) && offers[e.place]&usesCriteria != 0:
		return fmt.Sprintf("write met(%s)", quoted(name))
	case slices.ContainsFunc(names.Groups, func(g Group) bool { return g.ID == name && g.ID != "total" }) && offers[e.place]&usesStage != 0:
		return fmt.Sprintf("write score(%s)", quoted(name))
	case slices.Contains(names.Stages, name) && offers[e.place]&usesStage != 0:
		return fmt.Sprintf("write reached(%s)", quoted(name))
	case slices.Contains(absent, plain):
		return "a fact that is not there is unknown: write known(lead." + example(names.Lead, "employees") + ") or not known(lead." + example(names.Lead, "employees") + ")"
	case has("today", "tomorrow", "yesterday", "currentdate", "date", "curdate", "midnight"):
		if !lead {
			return `write time("2026-01-31") for a date`
		}
		days := map[string]string{"tomorrow": "-1", "yesterday": "1"}[plain]
		if days == "" {
			return "write now for the instant, or " + e.today()
		}
		return fmt.Sprintf("write calendar_days_since(%s) == %s", e.time(), days)
	case has("points", "score", "total", "totalscore", "leadscore", "totalpoints", "rating", "grade"):
		return e.points("score()")
	case has("stage", "lifecyclestage", "status"):
		return e.points(fmt.Sprintf("reached(%s)", quoted(some(names.Stages, "mql"))))
	case slices.Contains(bases, name):
		return "the profile is lead: write lead." + example(names.Lead, "employees")
	}
	for _, fields := range [][]Field{names.Lead, names.Props} {
		for _, f := range fields {
			if slices.Contains(f.Values, name) {
				return "text stands in quotes: write " + quoted(name)
			}
		}
	}
	return ""
}

// placeHint says why a name cannot be used at a place.
func placeHint(place Place, missing uses) string {
	switch {
	case missing&usesActivity != 0:
		return "activity is known only in where of a signal, and in multiply of a rule with on: put the condition into where of a signal, and name the signal in on"
	case place == InWhere:
		return "a where sees only the activity itself: activity.<property> and activity.at; put other conditions into when of a rule"
	case place == InEventMultiply && missing&usesSpan != 0:
		return "what an occurrence pays must not change as time passes but by its decay; a window that only begins with a signal, as in \"since nurtured\", does not"
	case missing&usesTime != 0, place == InEventMultiply && missing&usesCriteria != 0:
		return "what pays must not change as time passes but by a decay"
	case missing&usesStage != 0:
		return "scores, bands and stages are decided after all points, and only conditions of stages see them: write it in enter or keep of a stage"
	case missing&usesCriteria != 0:
		return "the checklist is decided before rules and stages: only these see it"
	}
	return ""
}

// foreignMember answers x.y where x is not lead, activity or term, and lead.x.y; "" if nothing is known of it.
func (e *expr) foreignMember(t *ast.MemberNode) string {
	const deep = 8 // names
	path := dotted(t)
	if len(path) < 2 || len(path) > deep {
		return ""
	}
	base, name := path[0], path[len(path)-1]
	names := &e.c.Names
	lead, reads := offers[e.place]&usesLead != 0, offers[e.place]&usesActivity != 0
	method := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	if slices.Contains(folds, method) || slices.Contains([]string{"length", "size", "count", "len"}, method) {
		if inner := t.Node; len(path) > 2 || base != "lead" && base != "activity" {
			return e.instead(name, method, []ast.Node{inner})
		}
	}
	isLead := base == "lead" || slices.Contains(bases, base) || strings.EqualFold(base, "lead")
	isAct := base == "activity" || slices.Contains(acts, base)
	switch {
	case (isLead || isAct && !reads || !isAct) && lead && fieldIndex(names.Lead, name) >= 0:
		return "write lead." + name
	case isLead && lead && fieldIndex(names.Lead, strings.Join(path[1:], ".")) >= 0:
		return fmt.Sprintf("write lead[%q]", strings.Join(path[1:], "."))
	case isLead && lead && fieldIndex(names.Lead, strings.Join(path[1:], "_")) >= 0:
		return "write lead." + strings.Join(path[1:], "_")
	case reads && fieldIndex(names.Props, name) >= 0:
		return "write activity." + name
	case lead && slices.Contains(names.Signals, base) && fieldIndex(names.Props, name) >= 0:
		return fmt.Sprintf("write latest(%q, %q)", base, name)
	case isAct && lead && fieldIndex(names.Props, name) >= 0 && len(names.Signals) > 0:
		return fmt.Sprintf("write latest(%q, %q)", names.Signals[0], name)
	case isLead && lead && len(path) > 2:
		return fmt.Sprintf("a field says where its value stands: declare {\"name\": %q, \"kind\": \"number\", \"from\": %q} in profile, with its kind, and write lead.%s", name, strings.Join(path[1:], "."), name)
	case isAct && reads && len(path) == 2:
		return "write activity." + name + Declare(name, "properties")
	case lead && base != "lead":
		if c, ok := e.c.Closest(name, fieldNames(names.Lead)); ok {
			return "write lead." + c
		}
	}
	return ""
}

// dotted gives the names of a.b.c; nil if it is no such thing.
func dotted(n ast.Node) []string {
	switch t := n.(type) {
	case *ast.IdentifierNode:
		return []string{t.Value}
	case *ast.MemberNode:
		if s, ok := t.Property.(*ast.StringNode); ok {
			if path := dotted(t.Node); path != nil {
				return append(path, s.Value)
			}
		}
	}
	return nil
}
