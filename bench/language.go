package bench

import (
	"fmt"
	"strconv"
	"strings"
)

func join(of []string, by string) string {
	if len(of) == 1 {
		return of[0]
	}
	return "(" + strings.Join(of, by) + ")"
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func pattern(literals []string) string { return "(?i)(" + strings.Join(literals, "|") + ")" }

// ours is the library's language.
type ours struct{}

func (ours) all(of []string) string                 { return join(of, " && ") }
func (ours) any(of []string) string                 { return join(of, " || ") }
func (ours) number(a, op string, v float64) string  { return "lead." + a + " " + op + " " + decimal(v) }
func (ours) oneOf(a string, values []string) string { return "lead." + a + " in " + quoted(values) }
func (ours) matches(a string, literals []string) string {
	return fmt.Sprintf("lead.%s matches %q", a, pattern(literals))
}
func (ours) ends(a, suffix string) string { return fmt.Sprintf("lead.%s endsWith %q", a, suffix) }
func (ours) has(a, value string) string   { return fmt.Sprintf("%q in lead.%s", value, a) }
func (ours) yes(a string) string          { return "lead." + a }
func (ours) until(a, day string) string   { return fmt.Sprintf("lead.%s <= time(%q)", a, day) }
func (ours) since(signal, op string, days int) string {
	return fmt.Sprintf("days_since(%q) %s %d", signal, op, days)
}
func (ours) happened(signal string, window int) string {
	return "happened" + ours{}.arguments(signal, "", window)
}
func (ours) followed(a, b string, within int) string {
	return fmt.Sprintf(`followed(%q, %q, "%dd")`, a, b, within)
}
func (o ours) latestNumber(c latest, v float64) string { return o.latestOf(c) + " >= " + decimal(v) }
func (o ours) latestWithin(c latest, days int) string {
	return fmt.Sprintf("days_until(%s) <= %d", o.latestOf(c), days)
}
func (o ours) latest(c latest, values []string) string {
	return o.latestOf(c) + " in " + quoted(values)
}
func (ours) metCount(op string, v float64) string {
	return "met_count(\"bant\") " + op + " " + decimal(v)
}
func (o ours) latestOf(c latest) string {
	return "latest" + o.arguments(c.signal, c.property, c.window)
}
func (o ours) call(c call, op string, v float64) string {
	return c.name + o.arguments(c.signal, c.property, c.window) + " " + op + " " + decimal(v)
}

func (ours) score(group, op string, v float64) string {
	if group != "" {
		group = strconv.Quote(group)
	}
	return "score(" + group + ") " + op + " " + decimal(v)
}

func (ours) arguments(signal, property string, window int) string {
	out := "(" + strconv.Quote(signal)
	if property != "" {
		out += ", " + strconv.Quote(property)
	}
	if window != 0 {
		out += fmt.Sprintf(`, "%dd"`, window)
	}
	return out + ")"
}

// indexed is what the general languages have in common: functions over an index, and the facts of a lead in a map.
type indexed struct{}

func (indexed) all(of []string) string { return join(of, " && ") }
func (indexed) any(of []string) string { return join(of, " || ") }
func (indexed) number(a, op string, v float64) string {
	return "lead." + a + " " + op + " " + decimal(v)
}
func (indexed) oneOf(a string, values []string) string {
	return "lead." + a + " in " + quoted(values)
}
func (indexed) yes(a string) string { return "lead." + a }
func (indexed) since(signal, op string, days int) string {
	return fmt.Sprintf("days_since(%q) %s %d", signal, op, days)
}
func (indexed) happened(signal string, window int) string {
	return fmt.Sprintf("happened(%q, %d)", signal, window)
}
func (indexed) followed(a, b string, within int) string {
	return fmt.Sprintf("followed(%q, %q, %d)", a, b, within)
}
func (indexed) latest(c latest, values []string) string {
	return fmt.Sprintf("latest_text(%q, %q, %d) in %s", c.signal, c.property, c.window, quoted(values))
}
func (indexed) latestNumber(c latest, v float64) string {
	return fmt.Sprintf("latest_number(%q, %q, %d) >= %s", c.signal, c.property, c.window, decimal(v))
}
func (indexed) latestWithin(c latest, days int) string {
	return fmt.Sprintf("days_until(%q, %q, %d) <= %d", c.signal, c.property, c.window, days)
}
func (indexed) metCount(op string, v float64) string { return "met " + op + " " + decimal(v) }
func (indexed) score(group, op string, v float64) string {
	return scored(group) + " " + op + " " + decimal(v)
}
func (indexed) call(c call, op string, v float64) string {
	return indexedCall(c) + " " + op + " " + decimal(v)
}
func (indexed) paid(e *event, points float64) string {
	return fmt.Sprintf("paid(%q, %s, %d, %d, %d, %d)", e.signal, decimal(points), e.halfLife, e.newest, e.perDay, e.within)
}

// known asks whether a property was ever given.
func (indexed) known(c latest) string {
	return fmt.Sprintf("known(%q, %q, %d)", c.signal, c.property, c.window)
}

func scored(group string) string {
	if group == "" {
		return "total"
	}
	return group
}

func indexedCall(c call) string {
	name := c.name + "_of"
	if c.name == "active_days" {
		name = c.name
	}
	if c.property == "" {
		return fmt.Sprintf("%s(%q, %d)", name, c.signal, c.window)
	}
	return fmt.Sprintf("%s(%q, %q, %d)", name, c.signal, c.property, c.window)
}

// exprIndexed is expr with functions over an index.
type exprIndexed struct{ indexed }

func (exprIndexed) matches(a string, literals []string) string {
	return fmt.Sprintf("lead.%s matches %q", a, pattern(literals))
}
func (exprIndexed) ends(a, suffix string) string {
	return fmt.Sprintf("lead.%s endsWith %q", a, suffix)
}
func (exprIndexed) has(a, value string) string { return fmt.Sprintf("%q in lead.%s", value, a) }
func (exprIndexed) until(a, _ string) string   { return "lead." + a + " <= settled_by" }

// exprRaw is expr over the activities as they are. now, and the days before it that the windows need, are variables.
type exprRaw struct{ exprIndexed }

// of gives the predicate for a signal within a window.
func (exprRaw) of(id string, window int) string {
	var out string
	for _, s := range signals {
		switch {
		case s.id != id:
		case len(s.types) > 1:
			out = ".Type in " + quoted(s.types)
		default:
			out = fmt.Sprintf(".Type == %q", s.types[0])
		}
		if s.id == id && s.prefix != "" {
			out += fmt.Sprintf(" && .Props.path startsWith %q", s.prefix)
		}
	}
	if window != 0 {
		out += fmt.Sprintf(" && .At > ago%d", window)
	}
	return out
}

const exprDay = "int(.At.Unix() / 86400)"

func (l exprRaw) call(c call, op string, v float64) string {
	in := l.of(c.signal, c.window)
	switch c.name {
	case "count":
		return fmt.Sprintf("count(activities, %s) %s %s", in, op, decimal(v))
	case "total":
		return fmt.Sprintf("sum(filter(activities, %s), .Props.%s) %s %s", in, c.property, op, decimal(v))
	case "mean":
		return fmt.Sprintf("mean(map(filter(activities, %s), .Props.%s)) %s %s", in, c.property, op, decimal(v))
	case "highest":
		return fmt.Sprintf("any(activities, %s && .Props.%s %s %s)", in, c.property, op, decimal(v))
	case "distinct":
		return fmt.Sprintf("len(uniq(map(filter(activities, %s), .Props.%s))) %s %s", in, c.property, op, decimal(v))
	}
	return fmt.Sprintf("len(uniq(map(filter(activities, %s), %s))) %s %s", in, exprDay, op, decimal(v))
}

func (l exprRaw) since(signal, op string, days int) string {
	in := l.of(signal, 0)
	if op == ">=" {
		return fmt.Sprintf("any(activities, %s) && none(activities, %s && .At > ago%d)", in, in, days)
	}
	return fmt.Sprintf("any(activities, %s && .At %s ago%d)", in, map[string]string{"<": ">", "<=": ">="}[op], days)
}

func (l exprRaw) happened(signal string, window int) string {
	return fmt.Sprintf("any(activities, %s)", l.of(signal, window))
}

func (l exprRaw) followed(a, b string, within int) string {
	return fmt.Sprintf("any(filter(activities, %s), let then = .At; any(activities, %s && .At > then && .At < then + day * %d))", l.of(a, 0), l.of(b, 0), within)
}

func (l exprRaw) newest(c latest) string {
	return fmt.Sprintf("findLast(activities, %s && .Props.%s != nil)?.Props.%s", l.of(c.signal, c.window), c.property, c.property)
}

func (l exprRaw) known(c latest) string { return l.newest(c) + " != nil" }

func (l exprRaw) latest(c latest, values []string) string {
	return "(" + l.newest(c) + ` ?? "") in ` + quoted(values)
}

func (l exprRaw) latestNumber(c latest, v float64) string {
	return "(" + l.newest(c) + " ?? -1) >= " + decimal(v)
}

func (l exprRaw) latestWithin(c latest, days int) string {
	return fmt.Sprintf("(%s ?? never) <= in%d", l.newest(c), days)
}

func (l exprRaw) paid(e *event, points float64) string {
	of := fmt.Sprintf("filter(activities, %s)", l.of(e.signal, 0))
	amount := func(of string) string {
		if e.halfLife == 0 {
			return decimal(points)
		}
		return fmt.Sprintf("%s * 0.5 ** ((now - %s.At).Hours() / %d)", decimal(points), of, 24*e.halfLife)
	}
	switch {
	case e.newest > 0:
		return fmt.Sprintf("let list = %s; sum(list[max(0, len(list) - %d):], %s)", of, e.newest, amount("#"))
	case e.perDay == 1:
		return fmt.Sprintf("sum(values(groupBy(%s, %s)), %s)", of, exprDay, amount("#[0]"))
	case e.perDay > 0:
		return fmt.Sprintf("sum(values(groupBy(%s, %s)), %s * count(take(#, %d), .At > ago%d))", of, exprDay, decimal(points), e.perDay, e.within)
	}
	return fmt.Sprintf("sum(%s, %s)", of, amount("#"))
}

// celIndexed is CEL with the functions over an index; its numbers are doubles.
type celIndexed struct{ indexed }

func double(v float64) string {
	if s := decimal(v); strings.Contains(s, ".") {
		return s
	}
	return decimal(v) + ".0"
}

func (celIndexed) number(a, op string, v float64) string {
	return "lead." + a + " " + op + " " + double(v)
}
func (celIndexed) matches(a string, literals []string) string {
	return fmt.Sprintf("lead.%s.matches(%q)", a, pattern(literals))
}
func (celIndexed) ends(a, suffix string) string {
	return fmt.Sprintf("lead.%s.endsWith(%q)", a, suffix)
}
func (celIndexed) has(a, value string) string { return fmt.Sprintf("%q in lead.%s", value, a) }
func (celIndexed) until(a, _ string) string   { return "lead." + a + " <= settled_by" }
func (celIndexed) since(signal, op string, days int) string {
	return fmt.Sprintf("days_since(%q) %s %d.0", signal, op, days)
}
func (celIndexed) latestNumber(c latest, v float64) string {
	return fmt.Sprintf("latest_number(%q, %q, %d) >= %s", c.signal, c.property, c.window, double(v))
}
func (celIndexed) latestWithin(c latest, days int) string {
	return fmt.Sprintf("days_until(%q, %q, %d) <= %d.0", c.signal, c.property, c.window, days)
}
func (celIndexed) metCount(op string, v float64) string { return "met " + op + " " + double(v) }
func (celIndexed) score(group, op string, v float64) string {
	return scored(group) + " " + op + " " + double(v)
}
func (celIndexed) call(c call, op string, v float64) string {
	return indexedCall(c) + " " + op + " " + double(v)
}
func (celIndexed) paid(e *event, points float64) string {
	return fmt.Sprintf("paid(%q, %s, %d, %d, %d, %d)", e.signal, double(points), e.halfLife, e.newest, e.perDay, e.within)
}

// gvalIndexed is gval with the functions over an index.
type gvalIndexed struct{ indexed }

func (gvalIndexed) matches(a string, literals []string) string {
	return fmt.Sprintf("lead.%s =~ %q", a, pattern(literals))
}
func (gvalIndexed) ends(a, suffix string) string { return fmt.Sprintf("ends(lead.%s, %q)", a, suffix) }
func (gvalIndexed) has(a, value string) string   { return fmt.Sprintf("has(lead.%s, %q)", a, value) }
func (gvalIndexed) until(a, _ string) string     { return fmt.Sprintf("settled(lead.%s)", a) }

// script is JavaScript with the functions over an index.
type script struct{ indexed }

func (script) oneOf(a string, values []string) string {
	return quoted(values) + ".includes(lead." + a + ")"
}
func (script) matches(a string, literals []string) string {
	return "/" + strings.Join(literals, "|") + "/i.test(lead." + a + ")"
}
func (script) ends(a, suffix string) string { return fmt.Sprintf("lead.%s.endsWith(%q)", a, suffix) }
func (script) has(a, value string) string   { return fmt.Sprintf("lead.%s.includes(%q)", a, value) }
func (script) until(a, _ string) string     { return fmt.Sprintf("settled(lead.%s)", a) }
func (script) latest(c latest, values []string) string {
	return fmt.Sprintf("%s.includes(latest_text(%q, %q, %d))", quoted(values), c.signal, c.property, c.window)
}

// rego is Rego with the functions over an index. Its helpers are rules of their own.
type rego struct {
	indexed
	helpers *strings.Builder
}

func (rego) all(of []string) string { return strings.Join(of, "; ") }

func (l rego) any(of []string) string {
	name := fmt.Sprintf("either%d", l.helpers.Len())
	for _, c := range of {
		fmt.Fprintf(l.helpers, "%s if { %s }\n", name, c)
	}
	return name
}
func (rego) number(a, op string, v float64) string { return "input." + a + " " + op + " " + decimal(v) }
func (rego) oneOf(a string, values []string) string {
	return "input." + a + ` in {"` + strings.Join(values, `", "`) + `"}`
}
func (rego) matches(a string, literals []string) string {
	return fmt.Sprintf("regex.match(%q, input.%s)", pattern(literals), a)
}
func (rego) ends(a, suffix string) string { return fmt.Sprintf("endswith(input.%s, %q)", a, suffix) }
func (rego) has(a, value string) string   { return fmt.Sprintf("%q in input.%s", value, a) }
func (rego) yes(a string) string          { return "input." + a + " == true" }
func (rego) until(a, _ string) string     { return fmt.Sprintf("input.%s <= %d", a, settledBy.Unix()) }
func (rego) latest(c latest, values []string) string {
	return fmt.Sprintf(`latest_text(%q, %q, %d) in {"%s"}`, c.signal, c.property, c.window, strings.Join(values, `", "`))
}
