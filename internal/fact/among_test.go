package fact_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// Tests against many texts are those against each of them.
func TestAmongAgainstEach(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 2))
	alphabets := []string{"ab", "aAbB.", "aAkK\u212aſs", "éE\u00c9e\u0301😀", "a\xff\xc3b"}
	word := func(alphabet string, most int) string {
		runes := []string{}
		for _, r := range alphabet {
			runes = append(runes, string(r))
		}
		if strings.Contains(alphabet, "\xff") {
			runes = []string{"a", "b", "\xff", "\xc3"}
		}
		var b strings.Builder
		for range rng.IntN(most + 1) {
			b.WriteString(runes[rng.IntN(len(runes))])
		}
		return b.String()
	}
	found := 0
	for range testcase.Count(20_000) {
		alphabet := alphabets[rng.IntN(len(alphabets))]
		var texts []string
		for range rng.IntN(12) {
			if w := word(alphabet, 5); w != "" {
				texts = append(texts, w)
			}
		}
		s := word(alphabet, 12)
		if len(texts) > 0 && rng.IntN(3) == 0 {
			s = word(alphabet, 2) + texts[rng.IntN(len(texts))] + word(alphabet, 2)
		}
		for _, fold := range []bool{false, true} {
			as := func(s string) string { return s }
			if fold {
				as = fact.FoldString
			}
			for name, test := range map[string]struct {
				any func([]string, bool) func(string) bool
				one func(s, t string) bool
			}{
				"equal":  {fact.EqualAny, func(s, t string) bool { return s == t }},
				"prefix": {fact.PrefixAny, strings.HasPrefix},
				"suffix": {fact.SuffixAny, strings.HasSuffix},
				"part":   {fact.PartAny, strings.Contains},
			} {
				want := slices.ContainsFunc(texts, func(t string) bool { return test.one(as(s), as(t)) })
				if got := test.any(slices.Clone(texts), fold)(s); got != want {
					t.Fatalf("%s of %q in %q, fold %v: %v", name, s, texts, fold, got)
				}
				if want {
					found++
				}
			}
		}
	}
	if found < testcase.Least(20_000) {
		t.Errorf("only %d are found", found)
	}
}

// BenchmarkAmong looks for the domain of an address among 5,000, and for 5,000 words in a text.
func BenchmarkAmong(b *testing.B) {
	rng := rand.New(rand.NewPCG(13, 3))
	var domains []string
	for range 5000 {
		name := make([]byte, 4+rng.IntN(12))
		for i := range name {
			name[i] = byte('a' + rng.IntN(26))
		}
		domains = append(domains, string(name)+".com")
	}
	address := "someone.with.a.name@mail." + domains[4000]
	text := strings.Repeat("Somebody wrote a text of some length, that has none of them. ", 17)
	for name, test := range map[string]struct {
		is func(string) bool
		s  string
	}{
		"equal": {fact.EqualAny(domains, true), domains[4000]}, "suffix": {fact.SuffixAny(domains, true), address},
		"part of 1 KB": {fact.PartAny(domains, true), text},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				test.is(test.s)
			}
		})
	}
}
