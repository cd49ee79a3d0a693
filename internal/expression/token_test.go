package expression_test

import (
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	source := "lead.größe >= 1.5 and not (\"a >= 'b'\" in lead.tags)\n|| `\\b` == 'ü\\'x'"
	var got []string
	for _, token := range expression.Tokens(source) {
		text := string([]rune(source)[token.From:token.To])
		got = append(got, text)
		if token.Kind != expression.TextToken && token.Value != text {
			t.Errorf("%q stands where %q does", token.Value, text)
		}
	}
	want := `lead|.|größe|>=|1.5|and|not|(|"a >= 'b'"|in|lead|.|tags|)|||` + "|`\\b`|==|'ü\\'x'"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	for _, source := range []string{"'", "\x00", "`\xc9`", "lead.x == \"\\q\""} {
		if tokens := expression.Tokens(source); tokens != nil {
			t.Errorf("%q: %v", source, tokens)
		}
	}
}
