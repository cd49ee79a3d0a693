package fact_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/testcase"
)

// A needle finds what package strings finds in folded texts. Few different letters make what
// begins as it goes on, which is what a search can get wrong.
func TestNeedle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	var again fact.Needle
	for _, letters := range [][]string{{"a"}, {"a", "b"}, {"a", "A", "b"}, {"k", "\u212a", "K"}, {"σ", "ς", "é"}, {"a", "\xff", "\ufffd"}, {"世", "\x96", "\xe4"}} {
		text := func(most int) string {
			var b strings.Builder
			for range rng.IntN(most + 1) {
				b.WriteString(letters[rng.IntN(len(letters))])
			}
			return b.String()
		}
		for i := range testcase.Count(4000) {
			sub, s := text(6), text(40)
			switch i % 4 {
			case 1: // what nearly lies within
				sub = text(3) + strings.Repeat(letters[0], 60+rng.IntN(12)) + text(3)
				s = text(9) + strings.Repeat(letters[0], 55+rng.IntN(30)) + text(9)
			case 2: // what comes again and again
				part := text(4)
				sub, s = strings.Repeat(part, 20)+text(2), text(3)+strings.Repeat(part, 15+rng.IntN(30))+text(5)
			case 3:
				s = text(50) + sub + text(50)
			}
			for _, fold := range []bool{false, true} {
				want := strings.Contains(s, sub)
				if fold {
					want = strings.Contains(fact.FoldString(s), fact.FoldString(sub))
				}
				again.Set(sub, fold)
				if got, other := fact.NewNeedle(sub, fold).In(s), again.In(s); got != want || other != want {
					t.Fatalf("%q in %q, folded %v: %v, and %v with a needle used before", sub, s, fold, got, other)
				}
				if !again.Is(sub, fold) || again.Is(sub+"x", fold) || again.Is(sub, !fold) {
					t.Fatalf("Is(%q)", sub)
				}
			}
		}
	}
}

// Several needles find what each of them finds.
func TestNeedles(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	atOnce := 0
	for _, letters := range [][]string{{"a", "b"}, {"a", "A", "b", "B"}, {"k", "K", "s", "S"}, {"a", "é"}, {"a", "b", "c", "d", "e", " "}} {
		text := func(most int, more ...string) string {
			var b strings.Builder
			for range rng.IntN(most + 1) {
				from := append(more, letters...)
				b.WriteString(from[rng.IntN(len(from))])
			}
			return b.String()
		}
		for range testcase.Count(4000) {
			var all []string
			for range rng.IntN(6) {
				all = append(all, text(6)+letters[0])
			}
			if rng.IntN(20) == 0 {
				all = append(all, text(1))
			}
			if rng.IntN(50) == 0 {
				all = append(all, strings.Repeat(letters[0], 5000))
			}
			for _, fold := range []bool{false, true} {
				n := fact.NewNeedles(all, fold)
				if n.AtOnce() {
					atOnce++
				}
				for range 3 {
					s, want := text(20, "\u212a", "ſ", "\xff", "σ"), false
					for _, sub := range all {
						want = want || fact.NewNeedle(sub, fold).In(s)
					}
					if got := n.In(s); got != want {
						t.Fatalf("any of %q in %q, folded %v: %v", all, s, fold, got)
					}
				}
			}
		}
	}
	if atOnce < testcase.Least(20_000) {
		t.Errorf("only %d are looked for at once", atOnce)
	}
}

// Searching what is built to be searched slowly takes minutes if the time grows with the product,
// for a needle of any length.
func TestNeedleIsLinear(t *testing.T) {
	s := strings.Repeat("a", 1<<20)
	for _, n := range []int{1, 8, 31, 32, 33, 60, 63, 64, 65, 500, 1 << 12, 1 << 16, 1 << 19} {
		for _, sub := range []string{s[:n] + "b", s[:n/2] + "b" + s[:n/2], "b" + s[:n]} {
			for _, fold := range []bool{false, true} {
				if fact.NewNeedle(sub, fold).In(s) {
					t.Errorf("found a needle of %d bytes that is not there", n)
				}
			}
		}
	}
	// Two words that the hash of Rabin and Karp takes for one, whatever its factor.
	word, other := "a", "b"
	for range 12 {
		word, other = word+other, other+word
	}
	s = strings.Repeat(word, 1<<8)
	if fact.NewNeedle(other+"c", false).In(s) || fact.NewNeedle(other+"c", true).In(s) {
		t.Error("found what is not there")
	}
}

func TestNeedleAllocatesNothing(t *testing.T) {
	s, sub := strings.Repeat("Straße ſ\u212a ", 20), strings.Repeat("STRAßE sk ", 10)+"x"
	var n fact.Needle
	if got := testing.AllocsPerRun(100, func() {
		for _, fold := range []bool{false, true} {
			n.Set(sub, fold)
			_ = n.In(s)
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkNeedle(b *testing.B) {
	for _, row := range []struct{ name, text, sub string }{
		{"a title", "Regional Vice President of Sales Operations", "head of"},
		{"ASCII that nearly matches", strings.Repeat("a", 1<<16), strings.Repeat("a", 56) + "b"},
		{"Greek", strings.Repeat("ας", 1<<14), "βα"}, {"Cyrillic", strings.Repeat("жЖ", 1<<14), "жа"}, {"Chinese", strings.Repeat("世界", 1<<13), "界界"}, {"Deseret", strings.Repeat("𐐀", 1<<14), "b"},
	} {
		for _, fold := range []bool{false, true} {
			b.Run(row.name+map[bool]string{true: ", folded"}[fold], func(b *testing.B) {
				n := fact.NewNeedle(row.sub, fold)
				b.SetBytes(int64(len(row.text)))
				for b.Loop() {
					n.In(row.text)
				}
			})
		}
	}
}
