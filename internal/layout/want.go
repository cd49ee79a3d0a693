package layout

import (
	"strconv"
	"strings"
)

// verbs are the tests of texts and of lists: what the fact must do, rather than be.
var verbs = []struct {
	symbol, words string
	list          bool
}{
	{"contains", "contain", false}, {"startsWith", "start with", false}, {"endsWith", "end with", false}, {"matches", "match", false},
	{"with", "include", true}, {"without", "not include", true},
}

// relations are the comparisons, of numbers and of times.
var relations = map[string]struct{ number, time string }{
	"==": {"%", "%"}, "!=": {"other than %", "other than %"},
	">=": {"% or more", "on or after %"}, ">": {"more than %", "after %"},
	"<=": {"% or less", "on or before %"}, "<": {"less than %", "before %"},
}

// Must says in words what a fact must be, behind "must": "be 30 or more" for ">= 30"; if
// it is so already and must not change, "stay 30 or more". Want is as expressions write it.
// Of a time, more is after. Name gives the name of another fact that it is compared with,
// or blank if that has none.
func Must(want string, stay, time bool, name func(fact string) string) string {
	be, still := "be ", ""
	if stay {
		be, still = "stay ", "still "
	}
	symbol, rest, _ := strings.Cut(want, " ")
	not := symbol == "not"
	if not {
		symbol, rest, _ = strings.Cut(rest, " ")
	}
	if r, ok := relations[symbol]; ok {
		words := r.number
		if time {
			words = r.time
		}
		return be + strings.Replace(words, "%", operand(rest, name), 1)
	}
	switch {
	case symbol == "in" && not:
		return be + "none of " + operand(rest, name)
	case symbol == "in":
		return be + "one of " + operand(rest, name)
	case symbol == "true":
		return be + "yes"
	case symbol == "false":
		return be + "no"
	}
	for _, v := range verbs {
		if v.symbol == symbol {
			if not {
				still += "not "
			}
			if v.list {
				return still + v.words + " " + elements(rest, name)
			}
			return still + v.words + " " + operand(rest, name)
		}
	}
	return be + want
}

// elements gives what a list must include: as elements of lists are written, in quotation
// marks.
func elements(source string, name func(string) string) string {
	list, any := strings.CutPrefix(source, "any of ")
	switch inner, ok := strings.CutPrefix(list, "["); {
	case !any:
		return source
	case ok:
		return "any of " + strings.TrimSuffix(inner, "]")
	}
	return "any of " + operand(list, name)
}

// operand gives a literal without its quotes, a list of them without its brackets, and
// anything else by its name, if it has one.
func operand(source string, name func(string) string) string {
	if s := name(source); s != "" {
		return s
	}
	list := ""
	for rest, ok := strings.CutPrefix(source, "["); ok; {
		var s string
		s, rest = literal(rest)
		list += s
		if rest == "]" {
			return list
		}
		if rest, ok = strings.CutPrefix(rest, ", "); ok {
			list += ", "
		}
	}
	switch s, rest := literal(source); {
	case rest != "":
		return source
	case s == "true":
		return "yes"
	case s == "false":
		return "no"
	default:
		return s
	}
}

// literal gives the literal that a source begins with, without its quotes, and what comes
// behind it.
func literal(source string) (text, rest string) {
	if inner, ok := strings.CutPrefix(source, "time("); ok {
		if text, rest = literal(inner); strings.HasPrefix(rest, ")") {
			return text, rest[1:]
		}
	}
	quoted, err := strconv.QuotedPrefix(source)
	if err != nil {
		end := strings.IndexAny(source, ",])")
		if end < 0 || strings.ContainsAny(source[:end], "(") {
			end = len(source)
		}
		return source[:end], source[end:]
	}
	text, err = strconv.Unquote(quoted)
	if err != nil {
		return source, ""
	}
	if text = Clean(text); text == "" {
		text = "none"
	}
	return text, source[len(quoted):]
}
