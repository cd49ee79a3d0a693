package expression_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/testcase"
)

// A pattern searched as literals finds what the regular expression finds.
func TestPatterns(t *testing.T) {
	t.Parallel()
	g := &generator{rng: rand.New(rand.NewPCG(7, 5))}
	texts := []string{"", "\ufffd", "\xff", "a\xffb", "\ud7ff", "\ue000", "K", "k", "\u212a", "s", "S", "ſ", "ß", "ẞ", "İ", "ı", "σς", "Σ", "ǅ", "é", "É", "-", "a.b", "x y"}
	for range 300 {
		s := ""
		for range 1 + g.rng.IntN(6) {
			s += pick(g, "a", "B", "K", "\u212a", "k", "ſ", "s", "S", "é", "É", "-", ".", " ", "\n", "\ufffd", "\xff", "σ", "ς", "1")
		}
		texts = append(texts, s)
	}
	patterns := []string{
		"cto|vp|head", "a", "(a|b)k", "[ak]s?", "k", "ſ", "\u212a", "[k]", "[^a]", "[a-z]", ".", "a.b", `a\.b`, "", "(|a)", "a?", "(?:a|)k", "a*", "a{2}", "^a", `\bk`,
		"(?i:k)", "(?-i:k)", "(?-i:k)s", "(?i)k", "a(?i)k", `\x{fffd}`, `[\x{fffd}]`, `[\x{d800}]`, `\x{d800}`, `[\x{d7ff}-\x{e000}]`, `[\x{fffc}-\x{fffe}]`, `[^\x00-\x{10ffff}]`, `a[^\x00-\x{10ffff}]`,
		"[0-9a-fk]", "[aA]", "[Kk\u212a]", "[sSſ]k", "[σς]", "(?-i:[sS])", `\Q.\E`, "a|", "(a|b|k|s)(a|b|k|s)(a|b|k|s)", "(a|b|k|s)(a|b|k|s)(a|b|k|s)(a|b|k|s)", "((a)|(b))", "(?P<n>a|k)", `\pL`, "(?s:.)",
		`\b(a|k|s)\b`, `^(a|b)`, "(a|b)$", "(ak)+s", "a.*b", "[^a]k|s$", `\bk|\bs`, "(?:a|^)k", "k{2,}", "(k*s)+",
	}
	var part func(depth int) string
	part = func(depth int) string {
		if depth == 0 {
			return pick(g, "a", "b", "k", "K", "s", "ſ", "\u212a", "é", "-", `\.`, "[ak]", "[a-c]", "[KS]", "σ", "1")
		}
		switch g.rng.IntN(8) {
		case 6:
			return pick(g, `\b`, "^", ".", "") + "(?:" + part(depth-1) + ")" + pick(g, `\b`, "$", "+", "*")
		case 0:
			return "(" + part(depth-1) + "|" + part(depth-1) + ")"
		case 1:
			return "(?:" + part(depth-1) + ")?"
		case 2:
			return pick(g, "(?i:", "(?-i:", "(") + part(depth-1) + ")"
		case 3:
			return part(depth-1) + "|" + part(depth-1)
		}
		return part(depth-1) + part(depth-1)
	}
	for range testcase.Count(2000) {
		patterns = append(patterns, part(g.rng.IntN(4)))
	}
	for _, pattern := range patterns {
		c := compiler()
		quoted := strconv.Quote(pattern)
		folded := compile(t, c, expression.InRule, "lead.name matches "+quoted)
		exact := compile(t, c, expression.InRule, "lead.plan matches "+quoted)
		f := env(t, c, nil)
		for i := range 60 {
			text := texts[i%len(texts)]
			if i >= 30 {
				text = texts[g.rng.IntN(len(texts))]
			}
			set(f, c, "lead.name", text)
			set(f, c, "lead.plan", text)
			if got := folded.Test(f); got != answerOf(valueOf(match(pattern, text, true))) {
				t.Errorf("%q in %q, folded: %v", pattern, text, got)
			}
			if got := exact.Test(f); got != answerOf(valueOf(match(pattern, text, false))) {
				t.Errorf("%q in %q, exactly: %v", pattern, text, got)
			}
		}
	}
}
