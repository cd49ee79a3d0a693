package expression

import "testing"

// A pattern is tried only where one of some texts is, if to look for these takes less than the automaton does.
func TestRequiredTextsAreQuickToFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern       string
		folded, exact bool // whether texts are looked for
	}{
		{`\b(cto|vp|head)\b`, true, true}, {`\b(chef|geschäftsführer)\b`, true, true}, {`\b(директор|начальник|основатель|владелец)$`, true, true},
		{`[a-z]$`, true, true}, {`.`, false, false}, {`a*`, false, false},
		{`\b(директор|начальник|основатель|владелец|президент)$`, false, true}, // one by one, and folded
		{`[à-þ]$`, false, true}, {`[\x{4e00}-\x{4e3f}].`, false, true},
	} {
		for fold, want := range map[bool]bool{true: test.folded, false: test.exact} {
			p, err := newPattern(test.pattern, fold)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.needles != nil; p.literals != nil || got != want {
				t.Errorf("%s, folded %v: texts are looked for: %v, want %v", test.pattern, fold, got, want)
			}
		}
	}
}
