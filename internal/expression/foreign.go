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

// This file answers characters, numbers, words and signs of other languages that the parser would not take, or take for
// something else: before an expression is parsed. What stands behind "write" in a message compiles there.

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
	if endsPlainly(text) {
		return ""
	}
	return numberByPattern(text, inList)
}

func numberByPattern(text string, inList bool) string {
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
		if zeros := map[string]string{"k": "000", "K": "000", "m": "000000", "M": "000000", "mio": "000000", "Mio": "000000", "bn": "000000000", "B": "000000000", "million": "000000", "thousand": "000"}[m[2]]; zeros != "" && !strings.Contains(m[1], ".") && (m[0] == m[1]+m[2] || len(m[2]) > 2) {
			return fmt.Sprintf("a number is written in full: write %s%s", m[1], zeros)
		}
		if span := history.MeantSpan(m[0]); span != "" {
			return fmt.Sprintf("a span stands in quotes, as %q in a window, and days beside a function of days are a number: write %s", span, m[1])
		}
	}
	return ""
}

// endsPlainly reports whether digits at the beginning of a text are followed by what no pattern
// answers, as most are: to match them takes longer than all else of reading a list of numbers.
func endsPlainly(text string) bool {
	rest := strings.TrimLeft(text, "0123456789")
	if rest == "" {
		return true
	}
	next := byte(')')
	if len(rest) > 1 {
		next = rest[1]
	}
	switch {
	case strings.IndexByte(")]}=<>!+*/&|?:", rest[0]) >= 0:
		return true
	case rest[0] == ',':
		return next < '0' || next > '9'
	case strings.HasPrefix(rest, " and ") || strings.HasPrefix(rest, " or "):
		return true
	case rest[0] == ' ':
		return strings.IndexByte(")]}=<>!+*/&|?:-", next) >= 0
	}
	return false
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

// withWindow puts a window into a call of the history that has none; "" if the operand is no such call.
func (f *foreigner) withWindow(call string, i int) string {
	window := f.token(i)
	name, args, ok := strings.Cut(strings.TrimSuffix(call, ")"), "(")
	s, known := signatures[name]
	wanted := 0 // commas between the arguments
	if s.property {
		wanted = 1
	}
	span := history.MeantSpan(window.Value)
	if _, err := history.ParseSpan(window.Value); err == nil {
		span = window.Value
	}
	if !ok || !known || window.Kind != TextToken || span == "" || strings.Count(args, ",") != wanted {
		return ""
	}
	quote := f.show(i, i)[:1] // as the policy has it: in a document, quotes of the other kind need a backslash
	return name + "(" + args + ", " + quote + span + quote + ")"
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
	if f.word(i) == "case" && f.word(i+1) == "when" {
		return f.fail(i, "%s is not part of the language: write c ? a : b", f.show(i, i+1))
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
	case word == "within" || word == "during":
		if call := f.withWindow(left, i+1); call != "" {
			return f.fail(first, "%q is not part of the language: a window is the last argument of a function: write %s", was(i), call)
		}
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
		if code := f.token(i).Value; len(code) == 3 && strings.ToUpper(code) == code {
			return f.fail(i, "an amount stands without its currency: write %s", f.show(first-1, first-1))
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
		parts := strings.FieldsFunc(inner, func(r rune) bool { return r == '%' || r == '*' })
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		is := strings.Join(parts, ".*")
		if begins {
			is = "^" + is
		}
		if ends {
			is += "$"
		}
		return "matches " + quoted(is)
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
