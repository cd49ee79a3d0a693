package expression

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/fact"
)

// maxLiterals bounds how many texts a pattern may stand for to be searched as
// texts; beyond that the automaton is faster.
const maxLiterals = 64

// fewNeedles bounds how many texts that are folded and not ASCII, and so are looked for one by
// one, a pattern is tried on only where one of them is: to look for more takes longer than the
// automaton, up to fifty times as long where there are as many as maxLiterals.
const fewNeedles = 4

// pattern is a compiled regular expression. One that stands for a few plain
// texts is searched as these, which costs a fraction; one that matches only what holds
// such texts, as a list of whole words does, is tried on no other.
type pattern struct {
	re       *regexp.Regexp
	literals []string      // nil: use re
	needles  *fact.Needles // the literals, or without them what a match holds one of; nil if there is no telling
	fold     bool
	steps    int // of the automaton: what a text costs at each of its runes
}

func newPattern(source string, fold bool) (*pattern, error) {
	flags := syntax.Perl
	if fold {
		flags |= syntax.FoldCase
	}
	parsed, err := syntax.Parse(source, flags)
	if err != nil {
		return nil, err
	}
	if fold {
		if squeeze(parsed) {
			source = parsed.String()
		}
		source = "(?i)" + source
	}
	p := &pattern{fold: fold}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if p.steps = len(prog.Inst); p.steps > maxSteps {
		return p, nil // which the caller refuses
	}
	if p.re, err = regexp.Compile(source); err != nil {
		return nil, err
	}
	if texts, ok := expand(parsed, fold); ok {
		p.literals, p.needles = texts, fact.NewNeedles(texts, fold)
	} else if texts := required(parsed, fold); texts != nil {
		if n := fact.NewNeedles(texts, fold); n.AtOnce() || !fold || len(texts) <= fewNeedles {
			p.needles = n
		}
	}
	return p, nil
}

// squeeze does to what stands literally in a pattern what was done to the texts that it meets, and
// reports whether that changed something.
func squeeze(re *syntax.Regexp) (changed bool) {
	if re.Op == syntax.OpLiteral {
		literal := string(re.Rune)
		is := fact.Squeeze(literal)
		if re.Rune = []rune(is); is == "" {
			re.Op = syntax.OpEmptyMatch
		}
		return is != literal
	}
	for _, sub := range re.Sub {
		changed = squeeze(sub) || changed
	}
	return changed
}

func (p *pattern) matches(s string) bool {
	if p.literals == nil {
		return (p.needles == nil || p.needles.In(s)) && p.re.MatchString(s)
	}
	return p.needles.In(s)
}

// required lists texts of which whatever the expression matches holds one; nil if there is no telling.
func required(re *syntax.Regexp, fold bool) (texts []string) {
	if texts, ok := expand(re, fold); ok && len(texts) > 0 && !slices.Contains(texts, "") {
		return texts
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0], fold)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if texts := required(sub, fold); texts != nil {
				return texts
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			some := required(sub, fold)
			if some == nil || len(texts)+len(some) > maxLiterals {
				return nil
			}
			texts = append(texts, some...)
		}
		return texts
	}
	return nil
}

// expand lists the texts that a pattern stands for, if they are few and all
// of them are to be found anywhere with the same folding.
func expand(re *syntax.Regexp, fold bool) ([]string, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			folds := unicode.SimpleFold(r) != r
			if folds && (re.Flags&syntax.FoldCase != 0) != fold || !plain(r) {
				return nil, false
			}
		}
		return []string{string(re.Rune)}, true
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpCapture:
		return expand(re.Sub[0], fold)
	case syntax.OpCharClass:
		return expandClass(re.Rune, fold)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts, ok := expand(sub, fold)
			if !ok || len(all)+len(texts) > maxLiterals {
				return nil, false
			}
			all = append(all, texts...)
		}
		return all, true
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			texts, ok := expand(sub, fold)
			if !ok || len(all)*len(texts) > maxLiterals {
				return nil, false
			}
			joined := make([]string, 0, len(all)*len(texts))
			for _, a := range all {
				for _, t := range texts {
					joined = append(joined, a+t)
				}
			}
			all = joined
		}
		return all, true
	case syntax.OpQuest:
		texts, ok := expand(re.Sub[0], fold)
		return append(texts, ""), ok
	}
	return nil, false
}

// plain reports whether a rune in a text is always the rune in a pattern:
// patterns take bytes that are not UTF-8 for U+FFFD, and surrogates are never
// in a text.
func plain(r rune) bool { return r != utf8.RuneError && utf8.ValidRune(r) }

// expandClass lists the runes of a class. With folding, a class must hold all
// the cases of each of its runes, as the parser makes it: one of them stands
// for the rest.
func expandClass(ranges []rune, fold bool) ([]string, bool) {
	var all []rune
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if all = append(all, r); len(all) > maxLiterals || !plain(r) {
				return nil, false
			}
		}
	}
	var texts []string
	for _, r := range all {
		if fold {
			for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
				if !slices.Contains(all, o) {
					return nil, false
				}
			}
			if fact.Fold(r) != r {
				continue
			}
		}
		texts = append(texts, string(r))
	}
	return texts, true
}
