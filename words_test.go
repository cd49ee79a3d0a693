package qualify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/qualify-go/qualify"
)

// A word boundary of a pattern that a document escapes once too little is refused, and what the
// message says to write finds what is meant.
func TestBackspacesInPatterns(t *testing.T) {
	t.Parallel()
	document := func(condition string) []byte {
		return fmt.Appendf(nil, `{"format": 1, "profile": [{"name": "title", "kind": "text"}], "rules": [{"id": "r", "points": 1, "when": "%s"}]}`, condition)
	}
	for _, condition := range []string{`lead.title matches '\\bintern\\b'`, `lead.title matches '\bintern\b'`, "lead.title matches `\\bintern\\b`"} {
		policy, err := qualify.ParsePolicy(document(condition))
		if err != nil {
			t.Fatal(err)
		}
		_, err = qualify.Compile(policy)
		if err == nil || !strings.Contains(err.Error(), "`") || !strings.Contains(err.Error(), "U+0008") {
			t.Errorf("%s: %v", condition, err)
		}
	}
	for _, condition := range []string{"lead.title matches `\\\\bintern\\\\b`", `lead.title matches '\\\\bintern\\\\b'`} {
		model := compile(t, must(qualify.ParsePolicy(document(condition))))
		for title, want := range map[string]qualify.Answer{"Intern, sales": qualify.Yes, "International": qualify.No} {
			if got := assess(t, model, qualify.Lead{Profile: profile{"title": title}}, noon).Score.Contributions[0].Answer; got != want {
				t.Errorf("%s of %s: %v", condition, title, got)
			}
		}
	}
}
