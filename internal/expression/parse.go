package expression

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// parse holds a source to the limits and gives its syntax tree.
func (e *expr) parse() (ast.Node, []Mistake) {
	c, source := e.c, e.source
	m := scan(source, c.Limits)
	if m == nil || strings.HasPrefix(m.Message, "# ") {
		if tokens := Tokens(source); m == nil {
			m = cmp.Or(e.predicate(tokens), e.foreign(tokens))
		} else {
			m = cmp.Or(e.predicate(tokens), m)
		}
	}
	if m != nil {
		return nil, []Mistake{*m}
	}
	if c.config == nil {
		c.config = config(c.Limits)
	}
	tree, err := parser.ParseWithConfig(source, c.config)
	if err == nil {
		if shared := inflated(tree.Node, c.Limits.Nodes); shared != nil {
			return shared, nil
		}
		return tree.Node, nil
	}
	failure := &file.Error{Message: err.Error()}
	errors.As(err, &failure)
	return nil, []Mistake{{failure.From, explain(failure.Message, c.Limits)}}
}

// inflated gives the innermost part of a tree that holds another part twice, if such parts make the tree larger than the parser may make one; else nil.
// The parser holds b twice for a < b < c, and a for a ?: b: in one another, they double the work and the messages each time. Neither is part of the
// language, so a mistake in the innermost is one of the whole.
func inflated(tree ast.Node, most int) (innermost ast.Node) {
	visited := 0
	var visit func(t ast.Node)
	visit = func(t ast.Node) {
		if visited++; visited > most {
			return
		}
		eachPart(t, visit)
		if innermost == nil && holdsTwice(t) {
			innermost = t
		}
	}
	visit(tree)
	if visited <= most {
		return nil
	}
	return innermost
}

func holdsTwice(t ast.Node) bool {
	switch t := t.(type) {
	case *ast.BinaryNode:
		return chained(t)
	case *ast.ConditionalNode:
		return t.Cond == t.Exp1
	}
	return false
}

// eachPart calls visit for each part directly in t. Literals and names have none.
func eachPart(t ast.Node, visit func(ast.Node)) {
	all := func(parts ...ast.Node) {
		for _, p := range parts {
			if p != nil {
				visit(p)
			}
		}
	}
	switch t := t.(type) {
	case *ast.UnaryNode:
		visit(t.Node)
	case *ast.BinaryNode:
		all(t.Left, t.Right)
	case *ast.ChainNode:
		visit(t.Node)
	case *ast.MemberNode:
		all(t.Node, t.Property)
	case *ast.SliceNode:
		all(t.Node, t.From, t.To)
	case *ast.CallNode:
		visit(t.Callee)
		all(t.Arguments...)
	case *ast.BuiltinNode:
		all(t.Arguments...)
	case *ast.PredicateNode:
		visit(t.Node)
	case *ast.ConditionalNode:
		all(t.Cond, t.Exp1, t.Exp2)
	case *ast.VariableDeclaratorNode:
		all(t.Value, t.Expr)
	case *ast.SequenceNode:
		all(t.Nodes...)
	case *ast.ArrayNode:
		all(t.Nodes...)
	case *ast.MapNode:
		all(t.Pairs...)
	case *ast.PairNode:
		all(t.Key, t.Value)
	}
}

// config makes the parser take every function's name for a plain call: some
// of ours are builtins of expr with another grammar.
func config(limits Limits) *conf.Config {
	c := conf.CreateNew()
	c.MaxNodes = uint(limits.Nodes)
	for _, name := range slices.Concat(functions, predicates, []string{"sum"}) {
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
	n := 0
	for rest := source; rest != ""; n++ {
		r, size := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && size == 1 {
			return &Mistake{n, "the text is not valid UTF-8"}
		}
		rest = rest[size:]
	}
	if strings.TrimSpace(source) == "" {
		return &Mistake{0, "the expression is blank"}
	}
	nesting, signs, quote := 0, 0, rune(0)
	escaped := false
	previous := rune(0)
	runes := []rune(source)
	var listed []bool // by open bracket: commas stand between values in it
	began := 0        // the text
	for offset, r := range runes {
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
			quote, began = r, offset
		case r == '(' || r == '[' || r == '{':
			nesting++
			before := strings.TrimSpace(string(runes[max(0, offset-4):offset]))
			listed = append(listed, r == '[' || r == '(' && (isWord(previous) || before == "in" || strings.HasSuffix(before, " in")))
		case r == ')' || r == ']' || r == '}':
			nesting--
			listed = listed[:max(0, len(listed)-1)]
		case r == '/' && previous == '/', r == '*' && previous == '/':
			return &Mistake{offset - 1, "comments are not part of the language: use note; a division is a single /"}
		case r == '#':
			return &Mistake{offset, "# is not part of the language: a note says what a comment would"}
		case r == ':' && previous == ':':
			return &Mistake{offset - 1, ":: is not part of the language: write the function's name alone"}
		case r == '|' && previous != '|' && (offset+1 == len(runes) || runes[offset+1] != '|'):
			if m := piped.FindStringSubmatch(string(runes[offset:min(len(runes), offset+longNumber)])); m != nil {
				return &Mistake{offset, fmt.Sprintf("| is not part of the language: text ignores case, and a function has its arguments in brackets: write the fact without | %s", m[1])}
			}
			return &Mistake{offset, "| is not part of the language: conditions are joined by or: write or"}
		case r >= '0' && r <= '9' && !isWord(previous) && (previous != '.' || offset > 1 && !isWord(runes[offset-2]) && runes[offset-2] != ')' && runes[offset-2] != ']'):
			if message := writtenNumber(string(runes[offset:min(len(runes), offset+longNumber)]), len(listed) > 0 && listed[len(listed)-1]); message != "" {
				return &Mistake{offset, message}
			}
		default:
			if message := strange(runes, offset); message != "" {
				return &Mistake{offset, message}
			}
		}
		switch {
		case r == '!', r == '-', r == '+':
			signs++
		case !unicode.IsSpace(r):
			signs = 0
		}
		if nesting+signs > limits.Nesting {
			return &Mistake{offset, fmt.Sprintf("the expression is nested deeper than %d levels: name parts of it as terms", limits.Nesting)}
		}
		previous = r
	}
	if quote != 0 {
		if i := slices.IndexFunc(runes[began:], func(r rune) bool { return strings.ContainsRune(quotes, r) }); i >= 0 {
			return &Mistake{began + i, "text stands in straight quotation marks: write " + quoted(string(runes[began+1:began+i]))}
		}
	}
	return nil
}

const longNumber = 60 // runes

var piped = regexp.MustCompile(`^\|\s*(\w+\([^()]*\))`)

// isWord reports whether a rune may be part of a name or a number.
func isWord(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// explain says a syntax error in the words of a policy.
func explain(message string, limits Limits) string {
	if token, ok := strings.CutPrefix(message, "unexpected token "); ok {
		return unexpected(token)
	}
	has := func(part string) bool { return strings.Contains(message, part) }
	switch {
	case has("maximum allowed nodes"):
		return fmt.Sprintf("the expression has more than %d parts: name some of them as terms", limits.Nodes)
	case has("coalesce expressions"):
		return `?? must stand in parentheses beside another operator, as in (lead.employees ?? 0) >= 200`
	case has("a map key must be"):
		return "{ } is not part of the language"
	case has("expected at least"), has("too many arguments"):
		return "the function is called with too few arguments, or too many"
	case has("literal not terminated"):
		return "the text in quotes does not end"
	case has("unrecognized character"):
		return strings.Replace(message, "unrecognized character", "this character is not part of the language", 1)
	case has("invalid char escape"), has("unable to unescape"):
		return `after \ stands no escape in a text: write \\ for a backslash`
	case has("integer literal is too large"):
		// A machine of 32 bits: the parser reads whole numbers into an int.
		return "the number is too large for a whole number on this machine: write it with a point, as in 3000000000.0"
	case has("literal is too large"), has("value out of range"):
		return "the number is too large: numbers lie between -1e15 and 1e15"
	case has("bad number syntax"), has(" literal: strconv"):
		return "this is not a number: write it as 1500, 0.25 or 1e6"
	case has("expected name"):
		return "after a dot stands a name, as in lead.employees"
	}
	return "this cannot be read as an expression"
}

// unexpected explains a token, such as Operator("=") or EOF, that stands where
// it must not.
func unexpected(token string) string {
	kind, text, _ := strings.Cut(strings.TrimSuffix(token, ")"), "(")
	switch {
	case kind == "EOF":
		return "the expression ends too early: something is missing at its end"
	case text == "":
		text = `""`
	case text == `"="`:
		return "= is not a comparison: write ==, >= or <="
	case text == `"if"`:
		return "if is not part of the language: write c ? a : b"
	case text == `"let"`:
		return "let is not part of the language: name the expression as a term"
	}
	return "did not expect " + text + " here"
}
