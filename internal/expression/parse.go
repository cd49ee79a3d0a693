package expression

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// parse holds a source to the limits and gives its syntax tree.
func parse(source string, limits Limits) (ast.Node, []Mistake) {
	if m := scan(source, limits); m != nil {
		return nil, []Mistake{*m}
	}
	tree, err := parser.ParseWithConfig(source, config(limits))
	if err == nil {
		return tree.Node, nil
	}
	var failure *file.Error
	if !errors.As(err, &failure) {
		return nil, []Mistake{{0, err.Error()}}
	}
	return nil, []Mistake{{failure.From, explain(failure.Message, source, failure.From, limits)}}
}

// config makes the parser take every function's name for a plain call: some
// of ours are builtins of expr with another grammar.
func config(limits Limits) *conf.Config {
	c := conf.CreateNew()
	c.MaxNodes = uint(limits.Nodes)
	c.DisableIfOperator = true
	for _, name := range functions {
		c.Functions[name] = &builtin.Function{Name: name}
	}
	return c
}

// scan finds what must be refused before the parser sees it: the parser calls
// itself for every bracket and every sign, and nothing recovers a process from
// a full stack; and // would quietly swallow the rest of 7 // 2.
func scan(source string, limits Limits) *Mistake {
	if len(source) > limits.Length {
		return &Mistake{0, fmt.Sprintf("the expression has %d bytes, and may have %d: name parts of it as terms", len(source), limits.Length)}
	}
	if !utf8.ValidString(source) {
		n := 0
		for _, r := range source {
			if r == utf8.RuneError {
				break
			}
			n++
		}
		return &Mistake{n, "the text is not valid UTF-8"}
	}
	if strings.TrimSpace(source) == "" {
		return &Mistake{0, "the expression is blank"}
	}
	nesting, signs, quote := 0, 0, rune(0)
	escaped := false
	previous := rune(0)
	offset := 0
	for _, r := range source {
		switch {
		case quote != 0:
			switch {
			case escaped:
				escaped = false
			case r == '\\' && quote != '`':
				escaped = true
			case r == quote:
				quote = 0
			}
			r = 0
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '(' || r == '[' || r == '{':
			nesting++
		case r == ')' || r == ']' || r == '}':
			nesting--
		case r == '/' && previous == '/', r == '*' && previous == '/', r == '#':
			return &Mistake{max(0, offset-1), "comments are not part of the language: use note; a division is a single /"}
		}
		switch r {
		case '!', '-', '+':
			signs++
		case ' ', '\t', '\n', '\r':
		default:
			signs = 0
		}
		if nesting+signs > limits.Nesting {
			return &Mistake{offset, fmt.Sprintf("the expression is nested deeper than %d levels: name parts of it as terms", limits.Nesting)}
		}
		previous = r
		offset++
	}
	return nil
}

// explain says a syntax error in the words of a policy.
func explain(message, source string, at int, limits Limits) string {
	if strings.Contains(message, "maximum allowed nodes") {
		return fmt.Sprintf("the expression has more than %d parts: name some of them as terms", limits.Nodes)
	}
	if strings.Contains(message, "coalesce expressions") {
		return `?? must stand in parentheses beside another operator, as in (lead.employees ?? 0) >= 200`
	}
	if rest, ok := strings.CutPrefix(message, "unexpected token "); ok {
		kind, quoted, _ := strings.Cut(rest, "(")
		text := strings.TrimSuffix(quoted, ")")
		switch {
		case kind == "EOF":
			return "the expression ends too early: something is missing at its end"
		case text == `"="`:
			return "= is not a comparison: write =="
		case text == `"if"` || text == `"let"`:
			return text + " is not part of the language: write c ? a : b"
		}
		return "did not expect " + text + " here"
	}
	switch {
	case strings.Contains(message, "literal not terminated"):
		return "the text in quotes does not end"
	case strings.Contains(message, "unrecognized character"):
		return strings.Replace(message, "unrecognized character", "this character is not part of the language", 1)
	case strings.Contains(message, "invalid char escape"):
		return `after \ stands no escape in a text: write \\ for a backslash`
	case strings.Contains(message, "invalid integer literal"), strings.Contains(message, "literal is too large"), strings.Contains(message, "invalid float literal"):
		return "the number is too large: numbers lie between -1e15 and 1e15"
	}
	return message
}
