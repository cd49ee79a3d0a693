package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// Token is a word or a sign of an expression.
type Token struct {
	Kind TokenKind
	// Value is the sign, the name or the number as it stands; of a text what it says.
	Value string
	// From and To are where it stands, in runes from the start of the source; To is
	// behind it. A text's quotes belong to it.
	From, To int
}

// TokenKind tells tokens apart.
type TokenKind uint8

// The kinds of tokens.
const (
	NameToken TokenKind = iota
	NumberToken
	TextToken
	OperatorToken // also a comma
	BracketToken
)

var tokenKinds = map[lexer.Kind]TokenKind{
	lexer.Identifier: NameToken, lexer.Number: NumberToken, lexer.String: TextToken,
	lexer.Operator: OperatorToken, lexer.Bracket: BracketToken,
}

// Tokens takes an expression apart, without checking it. It gives nil for what cannot
// even be taken apart.
func Tokens(source string) []Token {
	all, err := lexer.Lex(file.NewSource(source))
	if err != nil || !utf8.ValidString(source) {
		return nil
	}
	var tokens []Token
	for _, t := range all {
		if kind, ok := tokenKinds[t.Kind]; ok { // not the end, and not bytes, which the language does not have
			tokens = append(tokens, Token{kind, t.Value, t.From, t.To})
		}
	}
	return tokens
}
