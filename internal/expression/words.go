package expression

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// This file answers words, signs and numbers of other languages with what to write
// instead: one table for each place where such a word may stand. What stands behind
// "write" in a message compiles there.

// --- Characters, before an expression is taken apart.

// quotes are the quotation marks of word processors, with those that are meant.
const quotes = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b\u2039\u203a\u00b4"

// signs are written otherwise.
var signs = map[rune]string{
	'\u2265': ">=", '\u2264': "<=", '\u2260': "!=", '\u2248': "==", '\u00d7': "*", '\u00f7': "/", '\u2212': "-", '\u2013': "-", '\u2014': "-",
	'\u2227': "and", '\u2228': "or", '\u00ac': "not", '\u2208': "in", '\u2209': "not in", '\u2026': "a text in full",
}

// strange answers a character outside of quotes that the language does not have; "" if it
// is none of those that are known.
func strange(runes []rune, at int) string {
	r := runes[at]
	switch {
	case strings.ContainsRune(quotes, r):
		inner := ""
		if end := slices.IndexFunc(runes[at+1:], func(r rune) bool { return strings.ContainsRune(quotes+`"'`, r) }); end >= 0 {
			inner = string(runes[at+1 : at+1+end])
		}
		return fmt.Sprintf("text stands in straight quotation marks: write %s", quoted(inner))
	case unicode.Is(unicode.Sc, r) && r != '$':
		return "an amount stands without its currency: write the number alone"
	case r >= '\uff01' && r <= '\uff5e':
		return fmt.Sprintf("%c is a wide character: write %c", r, r-0xfee0)
	case r == '~':
		return "~ is not part of the language: write matches for a pattern, or contains for a part of a text"
	case r == '@':
		return "@ is not part of the language: write names as they are, such as lead.employees; text stands in quotes"
	}
	if sign, ok := signs[r]; ok {
		return fmt.Sprintf("%c is not part of the language: write %s", r, sign)
	}
	return ""
}

// quoted writes a text as an expression does.
func quoted(s string) string {
	if !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	return strconv.Quote(s)
}

var (
	dated     = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?`)
	dayFirst  = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})`)
	thousands = regexp.MustCompile(`^(\d{1,3}(?:,\d{3})+)(\.\d+)?|^(\d{1,3}(?:\.\d{3})+)(,\d+)|^(\d{1,3}(?:\.\d{3}){2,})|^(\d{1,3}(?:['\x{2019} \x{a0}\x{202f}]\d{3})+)(?:([.,]\d+))?`)
	comma     = regexp.MustCompile(`^(\d+),(\d+)`)
	percent   = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*%\s*(?:$|[)\],?:=!<>&|]|(?:and|or|not|in|AND|OR)\b)`)
	unit      = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?([A-Za-z\x{b5}]+)`)
	whole     = regexp.MustCompile(`^0[xX][0-9a-fA-F_]+|^0[bB][01_]+|^0[oO][0-7_]+|^\d[\d_]*(?:\.\d[\d_]*)?[eE][+-]?\d+`)
)

// writtenNumber answers a number, or a date, at the beginning of a text that is written as
// elsewhere. A comma between the elements of a list is none of a number, unless zeros show that it is.
func writtenNumber(text string, inList bool) string {
	if m := dated.FindString(text); m != "" {
		return fmt.Sprintf("a time is a text: write time(%q)", strings.Replace(m, " ", "T", 1)[:10])
	}
	if m := dayFirst.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("a time is a text, with the year first: write time(\"%s-%02s-%02s\")", m[3], pad(m[2]), pad(m[1]))
	}
	if m := thousands.FindStringSubmatch(text); m != nil {
		all := m[1] + m[3] + m[5] + m[6]
		part := strings.TrimLeft(m[2]+m[4]+m[7], ".,")
		split := strings.FieldsFunc(all, func(r rune) bool { return !unicode.IsDigit(r) })
		zeros := slices.ContainsFunc(split[1:], func(s string) bool { return s[0] == '0' })
		if number := strings.Join(split, ""); (!inList || m[1] == "" || zeros) && (split[0] != "0" || m[1] == "") {
			if part != "" {
				number += "." + part
			}
			return fmt.Sprintf("a number has no separators of thousands: write %s", number)
		}
	}
	if m := comma.FindStringSubmatch(text); m != nil && !inList {
		return fmt.Sprintf("a number has a point, not a comma: write %s.%s", m[1], m[2])
	}
	if m := percent.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%% is the remainder of a division: write %s, or %s for a fact that is a fraction", m[1], hundredth(m[1]))
	}
	if whole.MatchString(text) {
		return ""
	}
	if m := unit.FindStringSubmatch(text); m != nil {
		if zeros := map[string]string{"k": "000", "K": "000", "m": "000000", "M": "000000", "mio": "000000", "Mio": "000000", "bn": "000000000", "B": "000000000"}[m[2]]; zeros != "" && !strings.Contains(m[1], ".") && m[0] == m[1]+m[2] {
			return fmt.Sprintf("a number is written in full: write %s%s", m[1], zeros)
		}
		if span := history.MeantSpan(m[0]); span != "" {
			return fmt.Sprintf("a span stands in quotes, as %q in a window, and days beside a function of days are a number: write %s", span, m[1])
		}
	}
	return ""
}

func pad(s string) string { return strings.Repeat("0", max(0, 2-len(s))) + s }

// hundredth moves the point of a decimal two digits to the left.
func hundredth(s string) string {
	n, part, _ := strings.Cut(s, ".")
	for len(n) < 3 {
		n = "0" + n
	}
	return strings.TrimRight(strings.TrimRight(n[:len(n)-2]+"."+n[len(n)-2:]+part, "0"), ".")
}

// --- Words and signs between operands, before an expression is parsed.

// between are the words of other languages that stand behind an operand.
var between = map[string]string{
	"and": "and", "or": "or", "in": "in", "contains": "contains", "matches": "matches", "startswith": "startsWith", "endswith": "endsWith", "not": "not",
	"starts_with": "startsWith", "ends_with": "endsWith", "beginswith": "startsWith", "begins_with": "startsWith", "hasprefix": "startsWith", "hassuffix": "endsWith",
	"contain": "contains", "containing": "contains", "includes": "contains", "include": "contains", "has": "contains", "icontains": "contains",
	"regexp": "matches", "regex": "matches", "rlike": "matches", "match": "matches", "similar": "matches",
	"eq": "==", "equals": "==", "equal": "==", "equalto": "==", "equal_to": "==", "ne": "!=", "neq": "!=", "noteq": "!=", "gt": ">", "gte": ">=", "ge": ">=", "lt": "<", "lte": "<=", "le": "<=",
	"greater": ">", "more": ">", "above": ">", "over": ">", "exceeds": ">", "less": "<", "fewer": "<", "below": "<", "under": "<", "before": "<", "after": ">",
	"xor": "!=", "mod": "%", "div": "/", "times": "*", "plus": "+", "minus": "-", "then": "? and :, as in c ? a : b", "else": ": as in c ? a : b",
}

// absent are words for what is not there, and present for what is.
var (
	absent  = []string{"null", "nil", "none", "undefined", "empty", "blank", "unknown", "missing", "unset", "na", "nan", "void"}
	present = []string{"known", "set", "present", "defined", "given", "notnull", "available"}
)

func isAbsent(t Token) bool {
	return t.Kind == NameToken && slices.Contains(absent, strings.ToLower(t.Value)) || t.Kind == TextToken && strings.TrimSpace(t.Value) == ""
}

// foreign answers the first word or sign of another language among tokens; nil if there is none.
func (e *expr) foreign(tokens []Token) *Mistake {
	f := foreigner{e, []rune(e.source), tokens}
	for i := range tokens {
		if m := f.at(i); m != nil {
			return m
		}
	}
	return nil
}

type foreigner struct {
	e      *expr
	source []rune
	tokens []Token
}

func (f *foreigner) token(i int) Token {
	if i < 0 || i >= len(f.tokens) {
		return Token{Kind: OperatorToken, From: len(f.source), To: len(f.source)}
	}
	return f.tokens[i]
}

// is reports whether a token is one of some operators or brackets.
func (f *foreigner) is(i int, signs ...string) bool {
	t := f.token(i)
	return (t.Kind == OperatorToken || t.Kind == BracketToken) && slices.Contains(signs, t.Value)
}

// word gives a name in small letters; "" for all else.
func (f *foreigner) word(i int) string {
	if t := f.token(i); t.Kind == NameToken || t.Kind == OperatorToken && t.Value != "" && unicode.IsLetter([]rune(t.Value)[0]) {
		return strings.ToLower(t.Value)
	}
	return ""
}

// adjacent reports whether no space stands before a token.
func (f *foreigner) adjacent(i int) bool { return i > 0 && f.token(i-1).To == f.token(i).From }

// ends reports whether an operand ends with a token.
func (f *foreigner) ends(i int) bool {
	t := f.token(i)
	return i >= 0 && (t.Kind <= TextToken || f.is(i, ")", "]"))
}

// operand gives the source of the operand that ends with a token: names with dots, and what stands in brackets.
func (f *foreigner) operand(i int) string {
	depth, end := 0, f.token(i).To
	for ; i > 0; i-- {
		switch {
		case f.is(i, ")", "]", "}"):
			depth++
		case f.is(i, "(", "[", "{"):
			depth--
		}
		goesOn := f.is(i, "(", "[") && f.token(i-1).Kind == NameToken || f.is(i, ".") || f.is(i-1, ".")
		if depth <= 0 && !goesOn {
			break
		}
	}
	return string(f.source[f.token(max(i, 0)).From:end])
}

// isList reports whether an operand is an attribute that is a list.
func (f *foreigner) isList(operand string) bool {
	name, ok := strings.CutPrefix(operand, "lead.")
	i := fieldIndex(f.e.c.Names.Lead, name)
	return ok && i >= 0 && f.e.c.Names.Lead[i].Kind == fact.Texts
}

// arguments gives the sources of what stands between a bracket and the closing one.
func (f *foreigner) arguments(open int) (all []string) {
	depth, from := 0, open+1
	for i := open; i < len(f.tokens); i++ {
		switch {
		case f.is(i, "(", "[", "{"):
			depth++
		case f.is(i, ")", "]", "}"):
			if depth--; depth == 0 {
				if i > from {
					all = append(all, f.show(from, i-1))
				}
				return all
			}
		case f.is(i, ",") && depth == 1 && i > from:
			all, from = append(all, f.show(from, i-1)), i+1
		}
	}
	return nil
}

func (f *foreigner) fail(i int, format string, args ...any) *Mistake {
	return &Mistake{f.token(i).From, fmt.Sprintf(format, args...)}
}

// show gives what stands from one token to another.
func (f *foreigner) show(from, to int) string {
	return string(f.source[f.token(from).From:f.token(to).To])
}

const notPart = `"%s" is not part of the language: write %s`

func (f *foreigner) at(i int) *Mistake {
	if f.ends(i - 1) {
		if m := f.comparison(i); m != nil {
			return m
		}
		switch {
		case f.token(i).Kind == NameToken:
			return f.behind(i)
		case f.is(i, "not") && f.token(i+1).Kind == NameToken:
			return f.behind(i)
		case f.is(i, "!") && f.is(i+1, "in", "contains", "matches", "startsWith", "endsWith"):
			return f.fail(i, notPart, f.show(i, i+1), "not "+f.token(i+1).Value)
		case f.is(i, "in") && (f.is(i+1, "(") && f.token(i+2).Kind > NameToken && f.token(i+2).Kind <= TextToken || f.is(i+1, "{")):
			close := i + 2
			for close < len(f.tokens) && !f.is(close, ")", "}") {
				close++
			}
			inner := strings.TrimSpace(string(f.source[f.token(i+1).To:f.token(close).From]))
			return f.fail(i+1, "a list stands in square brackets: write [%s]", inner)
		}
		return nil
	}
	if f.word(i) == "not" && f.token(i).Kind == NameToken && !f.is(i+1, "(") {
		return f.fail(i, notPart, f.token(i).Value, "not")
	}
	if word := f.token(i).Value; f.token(i).Kind == OperatorToken && f.is(i+1, "(") && unicode.IsLetter([]rune(word)[0]) && word != "not" {
		args := f.arguments(i + 1)
		switch {
		case word == "if" && len(args) == 3:
			return f.fail(i, notPart, word, args[0]+" ? "+args[1]+" : "+args[2])
		case (word == "and" || word == "or") && len(args) > 1:
			return f.fail(i, "%s stands between conditions: write (%s)", word, strings.Join(args, " "+word+" "))
		case len(args) == 2 && word != "if" && word != "let":
			if word == "contains" && f.isList(args[0]) {
				return f.fail(i, "%s stands between texts, and %s is a list: write %s in %[2]s", word, args[0], args[1])
			}
			return f.fail(i, "%s stands between its sides: write %s %[1]s %[3]s", word, args[0], args[1])
		}
	}
	if t := f.token(i + 1); f.token(i).Kind == NameToken && t.Kind == TextToken {
		switch f.word(i) {
		case "date", "datetime", "timestamp", "time":
			return f.fail(i, notPart, f.show(i, i+1), "time("+quoted(t.Value)+")")
		case "interval":
			return f.fail(i, "%s is not part of the language: days are a number beside a function of days: write days_since(%s) >= %s", f.token(i).Value, f.e.time(), f.e.daysOf(t.Value))
		}
	}
	return nil
}

// comparison answers comparisons that are written otherwise, and those with what is not there.
func (f *foreigner) comparison(i int) *Mistake {
	equal, last := "", i
	switch {
	case f.is(i, "=") && f.is(i+1, "=", "==") && f.adjacent(i+1):
		equal, last = "==", i+1
	case f.is(i, "==") && f.is(i+1, "=") && f.adjacent(i+1):
		equal, last = "==", i+1
	case f.is(i, "!=") && f.is(i+1, "=") && f.adjacent(i+1):
		equal, last = "!=", i+1
	case f.is(i, "<=") && f.is(i+1, ">") && f.adjacent(i+1):
		equal, last = "==", i+1
	case f.is(i, "<") && f.is(i+1, ">") && f.adjacent(i+1), f.is(i, "=") && f.is(i+1, "!") && f.adjacent(i+1):
		equal, last = "!=", i+1
	case f.is(i, "=") && f.is(i+1, ">", "<") && f.adjacent(i+1):
		equal, last = f.token(i+1).Value+"=", i+1
	case f.is(i, "=") && f.word(i-2) == "let":
		return nil
	case f.is(i, "="):
		equal = "=="
	case f.is(i, "==", "!="):
		equal = f.token(i).Value
	case f.is(i, "&"):
		return f.fail(i, "& is not part of the language: conditions are joined by and: write and")
	default:
		return nil
	}
	if t := f.token(last + 1); isAbsent(t) && (equal == "==" || equal == "!=") {
		what, not := t.Value+" is not a value: a fact that is not there is unknown", ""
		if t.Kind == TextToken {
			what = "blank text is never a value: a fact that is blank is unknown"
		}
		if equal == "==" {
			not = "not "
		}
		return f.fail(last+1, "%s: write %sknown(%s)", what, not, f.operand(i-1))
	}
	if equal == f.token(i).Value && last == i {
		return nil
	}
	if equal == "==" && last == i {
		return f.fail(i, "= is not a comparison: write ==")
	}
	return f.fail(i, notPart, f.show(i, last), equal)
}

// behind answers a word behind an operand, where an operator is wanted.
func (f *foreigner) behind(i int) *Mistake {
	first, not, no := i, "", false
	skip := func(words ...string) bool {
		if slices.Contains(words, f.word(i)) {
			i++
			return true
		}
		return false
	}
	copula := skip("is", "are", "does", "do", "was", "doesn")
	if skip("not", "isn") {
		not, no = "not ", true
	}
	was := func(last int) string { return f.show(first, min(last, len(f.tokens)-1)) }
	left := f.operand(first - 1)
	word := f.word(i)
	switch {
	case copula && isAbsent(f.token(i)):
		if no {
			not = ""
		} else {
			not = "not "
		}
		return f.fail(first, notPart, was(i), not+"known("+left+")")
	case (copula || no) && slices.Contains(present, word), word == "exists":
		return f.fail(first, notPart, was(i), not+"known("+left+")")
	case word == "like" || word == "ilike" || word == "glob":
		if text := f.token(i + 1); text.Kind == TextToken {
			return f.fail(first, notPart, was(i), not+like(text.Value))
		}
		return f.fail(first, notPart, was(i), not+"contains, startsWith or endsWith")
	case word == "between":
		if j, k := i+1, i+3; f.token(j).Kind == NumberToken && f.word(j+1) == "and" && f.token(k).Kind == NumberToken {
			return f.fail(first, notPart, was(k), fmt.Sprintf("%s%s >= %s and %[2]s <= %[4]s%[5]s", map[bool]string{true: "not ("}[no], left, f.show(j, j), f.show(k, k), map[bool]string{true: ")"}[no]))
		}
		return f.fail(first, notPart, was(i), "two comparisons joined by and, as in "+left+" >= 1 and "+left+" <= 5")
	case slices.Contains([]string{"starts", "begins", "start", "begin"}, word):
		return f.fail(first, notPart, was(i+1), not+"startsWith")
	case slices.Contains([]string{"ends", "end"}, word):
		return f.fail(first, notPart, was(i+1), not+"endsWith")
	case (word == "one" || word == "any" || word == "among") && (copula || no || f.word(i+1) == "of"):
		return f.fail(first, notPart, was(i), not+"in")
	case word == "at" && (f.word(i+1) == "least" || f.word(i+1) == "most"):
		return f.fail(first, notPart, was(i+1), map[string]string{"least": ">=", "most": "<="}[f.word(i+1)])
	case word == "contains" && (f.word(i+1) == "any" || f.word(i+1) == "one"):
		return f.fail(first, notPart, was(i+1), not+"contains, with a list behind it")
	}
	is, known := between[word]
	switch {
	case !known && copula, known && copula && is == "not":
		is = "=="
		if no {
			is = "!="
		}
		i--
	case !known && f.token(first-1).Kind == NumberToken:
		if span := history.MeantSpan(f.show(first-1, i)); span != "" {
			return f.fail(first-1, "a span stands in quotes, as %q in a window, and days beside a function of days are a number: write %s", span, f.show(first-1, first-1))
		}
		return nil
	case !known:
		return nil
	case is == "contains" && f.isList(left) && f.token(i+1).Kind == TextToken:
		return f.fail(first, "%q is not part of the language: write %s %sin %s", was(i), f.show(i+1, i+1), not, left)
	case no && is == "==":
		is = "!="
	case no:
		is = not + is
	}
	if is == ">" || is == "<" {
		if f.word(i+1) == "than" {
			i++
		}
		if f.word(i+1) == "or" && strings.HasPrefix(f.word(i+2), "equal") {
			i, is = i+2, is+"="
		}
	}
	if strings.HasPrefix(f.word(i+1), "to") && (is == "==" || strings.HasSuffix(is, "=")) {
		i++
	}
	return f.fail(first, notPart, was(i), is)
}

// like gives the test of a text that a pattern with % or * stands for.
func like(pattern string) string {
	inner := strings.Trim(pattern, "%*")
	begins, ends := strings.HasPrefix(pattern, inner), strings.HasSuffix(pattern, inner)
	switch {
	case strings.ContainsAny(inner, "%*"):
		return "matches " + quoted(strings.NewReplacer("%", ".*", "*", ".*").Replace(inner))
	case begins && ends:
		return "== " + quoted(inner)
	case begins:
		return "startsWith " + quoted(inner)
	case ends:
		return "endsWith " + quoted(inner)
	}
	return "contains " + quoted(inner)
}

// predicates are functions that other languages give a condition.
var predicates = []string{"any", "all", "none", "one", "some", "every", "map", "filter", "find", "findIndex", "findLast", "findLastIndex", "reduce", "exists", "where", "groupBy", "sortBy", "partition", "countBy"}

// predicate answers a function that is given a condition in { } or with #, which the
// parser may not even take.
func (e *expr) predicate(tokens []Token) *Mistake {
	f := foreigner{e, []rune(e.source), tokens}
	for i := range tokens {
		name := tokens[i].Value
		if tokens[i].Kind != NameToken || !f.is(i+1, "(") || !slices.Contains(predicates, name) && !slices.Contains(functions, name) {
			continue
		}
		depth, marked, commas, over := 0, false, 0, ""
		var text string
		for j := i + 1; j < len(tokens); j++ {
			switch {
			case f.is(j, "(", "[", "{"):
				depth++
				marked = marked || f.is(j, "{")
			case f.is(j, ")", "]", "}"):
				depth--
			case f.is(j, "#"), f.is(j, ".") && !f.ends(j-1), f.is(j, "-") && f.is(j+1, ">") && f.adjacent(j+1), f.is(j, "=") && f.is(j+1, ">") && f.adjacent(j+1):
				marked = true
			case f.is(j, ",") && depth == 1:
				if commas++; commas == 1 {
					over = f.show(i+2, j-1)
				}
			case tokens[j].Kind == TextToken && commas > 0 && text == "":
				text = quoted(tokens[j].Value)
			}
			if depth == 0 {
				break
			}
		}
		if !marked {
			continue
		}
		if text == "" {
			text = `"x"`
		}
		not := ""
		if name == "none" {
			not = "not "
		}
		switch {
		case slices.Contains(functions, name):
			return f.fail(i, "%s has no condition: put it into where of a signal, and with that signal write %s", name, e.called(name, []ast.Node{&ast.StringNode{Value: strings.Trim(text, `"`)}}))
		case strings.HasPrefix(over, "lead.") && !slices.Contains([]string{"all", "every", "map", "filter", "reduce"}, name):
			return f.fail(i, "%s is not part of the language: write %s %sin %s", name, text, not, over)
		case strings.HasPrefix(over, "lead."):
			return f.fail(i, "%s is not part of the language: ask for single elements: write %s in %s", name, text, over)
		}
		if text == `"x"` {
			text = quoted(some(e.c.Names.Signals, "signal"))
		}
		return f.fail(i, "%s is not part of the language: put its condition into where of a signal, and with that signal write happened(%s) or count(%[2]s)", name, text)
	}
	return nil
}

// --- Functions of other languages.

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

// plain writes an argument without the functions that are not needed around it.
func (e *expr) plain(n ast.Node) string {
	name, args := "", []ast.Node(nil)
	switch t := n.(type) {
	case *ast.CallNode:
		if c, ok := t.Callee.(*ast.IdentifierNode); ok {
			name, args = c.Value, t.Arguments
		}
	case *ast.BuiltinNode:
		name, args = t.Name, t.Arguments
	case *ast.IdentifierNode:
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

// --- Names of other languages.

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
