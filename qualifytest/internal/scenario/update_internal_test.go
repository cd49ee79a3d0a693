package scenario

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

// read reads a file of scenarios.
func read(t *testing.T, model *qualify.Model, text string) *File {
	t.Helper()
	files, err := Load(model, fstest.MapFS{"a.scenario": {Data: []byte(text)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return files[0]
}

// updated rewrites the scenarios of a file as -update does, and gives the file and what
// fails in it then.
func updated(t *testing.T, model *qualify.Model, text string) (now string, wrong []string) {
	t.Helper()
	f := read(t, model, text)
	lines := map[int][]string{}
	for _, sc := range f.Scenarios {
		if err := sc.Update(lines); err != nil {
			t.Fatal(err)
		}
	}
	now = f.With(lines)
	for _, sc := range read(t, model, now).Scenarios {
		failures, err := sc.Failures()
		if err != nil {
			t.Fatal(err)
		}
		wrong = append(wrong, failures...)
	}
	return now, wrong
}

// nasty are IDs, labels and questions that need care on a line.
var nasty = []string{"a #b", "a  #  b", "it's", "'tis", "none", "nothing", `q"q`, `"q"`, "x=y", "=", "30", "1..2", ">=", "nan", "x4", "#", `back\slash`, `a\" # b`, `"a\" # b`,
	"comma,", "two  blanks", "שלום 東京", "a\u00a0b", "never", "overdue", "(enter)", "-3d", "ask"}

// odd has all of these, wherever an expectation may name them.
func odd() *qualify.Model {
	from := func(f float64) *float64 { return &f }
	p := qualify.Policy{Signals: []qualify.Signal{{ID: "v"}}}
	for i, text := range nasty {
		question := text
		if i%3 == 0 {
			question = " " + text + "  "
		}
		p.Profile = append(p.Profile, qualify.Field{Name: text, Kind: qualify.Number, Question: question})
		when := fmt.Sprintf("lead[%q] > 0", text)
		p.Rules = append(p.Rules, qualify.Rule{ID: text, Group: text, When: when, Points: float64(i) + 0.25})
		p.Groups = append(p.Groups, qualify.Group{ID: text, Bands: []qualify.Band{{Label: "low"}, {From: from(1), Label: text}}})
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: text, Met: when})
		if i%4 == 0 {
			p.Stages = append(p.Stages, qualify.Stage{ID: text, Enter: fmt.Sprintf(`score() >= %d and met(%q) and lead[%q] > 0 and lead.t == %q`, i, text, nasty[(i+1)%len(nasty)], text),
				MaxStay: 10 * qualify.Day})
		}
	}
	p.Profile = append(p.Profile, qualify.Field{Name: "t", Kind: qualify.Text})
	p.Rating = []string{nasty[0], nasty[4]}
	return qualify.MustCompile(p)
}

// generated is a line of a generated scenario: the head names what the expectation is
// about, and the tail is white space and a comment.
type generated struct{ margin, head, value, tail string }

func (g generated) String() string { return g.margin + g.head + g.value + g.tail }

// generator makes scenarios.
type generator struct {
	*rand.Rand
	comments int
}

func (g *generator) of(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g *generator) gap() string { return g.of(" ", " ", "  ", "\t", "      ") }

// word writes a word in one of the ways in which it may be.
func (g *generator) word(s string) string {
	switch {
	case g.IntN(3) == 0 && !strings.Contains(s, "'"):
		return "'" + s + "'"
	case g.IntN(3) == 0:
		return strconv.Quote(s)
	}
	return Quote(s)
}

func (g *generator) comment() string {
	g.comments++
	return fmt.Sprintf("# c%d%s", g.comments, g.of("", " why", ` it's "odd`, " # 'and more", " blocked x", "  "))
}

func (g *generator) expectation(margin string) generated {
	e := generated{margin: margin}
	list := func(keyword, none string, texts ...string) {
		e.head, e.value = keyword+g.gap(), written(g.of(texts...), none)
		if g.IntN(3) == 0 {
			e.value = none
		}
	}
	id := g.of(nasty...)
	number := g.of("0", "3", ">= 1", "1..2", "<5", "-2.5", "> 1e6", "12.25")
	switch min(g.IntN(20), 14) {
	case 0:
		e.head, e.value = "stage"+g.gap(), g.of("none", g.word(nasty[4*g.IntN(len(nasty)/4)]))+g.of("", g.gap()+"("+g.of(moves...)+")")
	case 1:
		e.head, e.value = "score"+g.gap(), number
	case 2:
		e.head, e.value = "score"+g.gap()+strconv.Quote(id)+g.gap(), number
	case 3:
		e.head, e.value = "rating"+g.gap(), g.of("none", "A1", `"none"`)
	case 4:
		e.head, e.value = "band"+g.gap()+g.word(id)+g.gap(), g.of("none", "low", g.word(id))
	case 5:
		e.head, e.value = "rule"+g.gap()+g.word(id), g.of("", g.gap()+number)
	case 6:
		e.head = "checklist"
		for range 1 + g.IntN(3) {
			e.value += g.gap() + g.word(g.of(nasty...)) + "=" + g.of("yes", "no", `"unknown"`, "disputed")
		}
	case 7:
		list("blocked", "nothing", "lead.t true", `lead["a #b"] > 0`, `lead.t == "two  blanks"`, "score() >= 4")
	case 8:
		list("ask", "nothing", nasty...)
	case 9:
		list("unknown", "nothing", "lead.t", `lead["a  #  b"]`, `lead["two  blanks"]`)
	case 10:
		e.head, e.value = g.of("until", "next", "due")+g.gap(), g.of("never", "+10d", "2026-01-11 00:00", "2026-01-11T00:00")
	case 11:
		e.head = g.of("overdue", "not"+g.gap()+"overdue")
	case 12:
		list("issue", "none", "not_in_values lead.t", "wrong_kind  lead.t")
	case 13:
		list("ask", "nothing", "What?", "two blanks", " two  blanks ")
	case 14: // several of one list
		list("blocked", "nothing", "lead.t true", `lead.t == "two  blanks"`, "score() >= 4")
	}
	if g.IntN(2) == 0 {
		e.tail = g.gap() + g.comment()
	} else if g.IntN(4) == 0 {
		e.tail = g.gap()
	}
	return e
}

// TestUpdateKeeps updates generated scenarios: each line that is right, and all that is no
// expectation, stays as it is; each comment stays on the line of its expectation; what is
// there then holds; and to update again changes nothing.
func TestUpdateKeeps(t *testing.T) {
	t.Parallel()
	model := odd()
	counts := map[string]int{}
	for seed := range testcase.Count(300) {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 1))}
		var lines []string
		of := map[string]generated{} // by comment
		comment := func(margin string) {
			for g.IntN(3) == 0 {
				lines = append(lines, margin+g.comment())
			}
			if g.IntN(5) == 0 {
				lines = append(lines, g.of("", "  ", "\t"))
			}
		}
		comment("")
		for s := range 1 + g.IntN(2) {
			lines = append(lines, fmt.Sprintf("scenario s%d%s", s, g.of("", " # c", ` "x # y"`)))
			at := 0
			for range 1 + g.IntN(3) {
				comment("  ")
				line := "  lead"
				for _, name := range nasty {
					if g.IntN(2) == 0 {
						line += g.gap() + g.word(name) + "=" + g.of("-1", "1", `"1"`, "")
					}
				}
				if g.IntN(2) == 0 {
					line += g.gap() + "t=" + g.word(g.of(nasty...))
				}
				// A name that stands twice is an error.
				lines = append(lines, line, fmt.Sprintf("  at +%dd  # c", at))
				at += g.IntN(20)
				for range 1 + g.IntN(8) {
					e := g.expectation(g.of("    ", "\t  ", "      "))
					comment("   ")
					lines = append(lines, e.String())
					if i := strings.Index(e.tail, "#"); i >= 0 {
						of[e.tail[i:]] = e
					}
				}
			}
		}
		end := g.of("\n", "\n", "\r\n")
		text := g.of("", "", "\uFEFF") + strings.Join(lines, end) + g.of("", end, end+end)
		got, wrong := updated(t, model, text)
		for _, w := range wrong {
			t.Errorf("seed %d: updated, it still fails: %s", seed, w)
		}
		if again, _ := updated(t, model, got); again != got {
			t.Errorf("seed %d: updated again (-once +twice):\n%s", seed, cmp.Diff(got, again))
		}
		if (end == "\r\n") != (strings.Count(got, "\r\n") > 0 && strings.Count(got, "\r\n") == strings.Count(got, "\n")) {
			t.Errorf("seed %d: lines end in several ways", seed)
		}
		var before, after []string
		now := strings.Split(strings.ReplaceAll(got, "\r\n", "\n"), "\n")
		for _, line := range now {
			if i := strings.Index(line, "# c"); i >= 0 {
				after = append(after, line[i:])
			}
		}
		was := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		for _, line := range was {
			if i := strings.Index(line, "# c"); i >= 0 {
				before = append(before, line[i:])
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("seed %d: comments (-before +after):\n%s\n%s", seed, diff, text)
		}
		for comment, e := range of {
			line := now[slices.IndexFunc(now, func(line string) bool { return strings.HasSuffix(line, comment) })]
			word, _, _ := strings.Cut(strings.TrimRight(e.head, " \t"), " ")
			switch {
			case line == e.String():
				counts["as it was"]++
			case line == e.margin+comment && slices.Contains(texts, strings.TrimSpace(e.head)):
				counts["fell away"]++
			case word == "overdue" || strings.HasPrefix(e.head, "not"):
				if line != e.margin+"overdue"+e.tail && line != e.margin+"not overdue"+e.tail {
					t.Errorf("seed %d: %q became %q", seed, e, line)
				}
			case !strings.HasPrefix(line, e.margin+e.head) || !strings.HasSuffix(line, e.tail):
				t.Errorf("seed %d: %q became %q", seed, e, line)
			default:
				counts["rewritten"]++
			}
		}
		// What is no expectation, or is right, is there still, in its order.
		i := 0
		for _, line := range now {
			if i < len(was) && line == was[i] {
				i++
				continue
			}
			for i < len(was) && strings.TrimLeft(was[i], " \t") != was[i] && !strings.HasPrefix(was[i], "  lead") && !strings.HasPrefix(was[i], "  at") &&
				!strings.HasPrefix(strings.TrimSpace(was[i]), "#") && strings.TrimSpace(was[i]) != "" {
				if i++; i < len(was) && line == was[i] {
					i++
					break
				}
			}
		}
		if i < len(was) && strings.TrimSpace(was[i]) != "" {
			t.Errorf("seed %d: %q is not there any more, or elsewhere:\n%s", seed, was[i], cmp.Diff(was, now))
		}
	}
	t.Log(counts)
	for _, what := range []string{"as it was", "fell away", "rewritten"} {
		if counts[what] < testcase.Least(30) {
			t.Errorf("%s: %d only", what, counts[what])
		}
	}
}

// TestUpdateOfOne updates a line of each kind that needs care.
func TestUpdateOfOne(t *testing.T) {
	t.Parallel()
	from := func(f float64) *float64 { return &f }
	model := qualify.MustCompile(qualify.Policy{
		Profile: []qualify.Field{{Name: "a", Kind: qualify.Bool, Question: "A?"}, {Name: "t", Kind: qualify.Text, Question: "nothing"}},
		Signals: []qualify.Signal{{ID: "v"}},
		Rules:   []qualify.Rule{{ID: "a #b", On: "v", Points: 40, Group: "g h"}},
		Groups:  []qualify.Group{{ID: "g h", Bands: []qualify.Band{{Label: "so so"}, {From: from(1), Label: "none"}}}},
		Stages:  []qualify.Stage{{ID: "s #1", Enter: `lead.a and lead.t == "x  y" and score() >= 50`}},
	})
	for _, test := range []struct{ was, want string }{
		{"    rule 'a #b' 30  # keep me", "    rule 'a #b' 40  # keep me"},
		{"    rule\t\"a #b\"   >=  41\t# keep me", "    rule\t\"a #b\"   40\t# keep me"},
		{"    rule 'a #b' # pays", "    rule 'a #b' # pays"},
		{"    score   'g h'   2#3", ""},
		{"    band 'g h'  'so so'#", ""},
		{"    band 'g h'  'so so' #", "    band 'g h'  \"none\" #"},
		{"    blocked lead.a true  # one\n    blocked y  # two\n    blocked z  # three", "    blocked lead.a true  # one\n    blocked lead.t == \"x  y\"  # two\n    blocked score() >= 50  # three"},
		{"    blocked w # one\n    blocked score() >= 50\n    # between\n    blocked z  # three\n    blocked y  #four\n    blocked x",
			"    blocked lead.a true # one\n    blocked score() >= 50\n    # between\n    blocked lead.t == \"x  y\"  # three\n    #four\n"},
		{"    blocked   nothing\t# all", "    blocked   lead.a true\t# all\n    blocked   lead.t == \"x  y\"\n    blocked   score() >= 50"},
		{"    ask nothing # q", "    ask A? # q\n    ask \"nothing\""},
		{"    ask \"nothing\" # q", "    ask \"nothing\" # q"},
		{"    ask \"A?\"", "    ask \"A?\""},
		{"    stage  's #1'   (enter) # s", "    stage  none   (none) # s"},
		{"    stage  none   (enter) # s", "    stage  none   (none) # s"},
	} {
		text := "scenario s\n  -1d v\n  at 0d\n"
		if test.want == "" {
			if _, err := Load(model, fstest.MapFS{"a.scenario": {Data: []byte(text + test.was)}}); err == nil {
				t.Errorf("%q is read", test.was)
			}
			continue
		}
		// Lines end as the others of the file do, the last one too.
		windows := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
		if got, _ := updated(t, model, windows(text+test.was)); got != windows(text+test.want) {
			t.Errorf("%q becomes %q", windows(test.was), got)
		}
		got, wrong := updated(t, model, text+test.was)
		if diff := cmp.Diff(text+test.want, got); diff != "" || wrong != nil {
			t.Errorf("%q (-want +got), %v:\n%s", test.was, wrong, diff)
		}
	}
}

// TestWritten writes texts and words that read back as they are, and as one.
func TestWritten(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	letters := []rune("ab  \t\"\"''##\\\\==,é\u200f\u00a0\n\r\ufeff\x00x>.0")
	for range testcase.Count(50_000) {
		var runes []rune
		for range rng.IntN(9) {
			runes = append(runes, letters[rng.IntN(len(letters))])
		}
		text := string(runes)
		if rng.IntN(50) == 0 {
			text = nasty[rng.IntN(len(nasty))]
		}
		for _, behind := range []string{"", "  ", " # c", "\t#\"'"} {
			line := "  ask " + written(text, "nothing") + behind
			s, err := split(line)
			if err != nil || len(s.words) != 2 || s.words[1].text != text || s.text[s.end:] != behind || strings.ContainsAny(line, "\n\r\x00\u200f") || text == "nothing" && !s.words[1].quoted {
				t.Fatalf("%q is written as %q and reads as %+v, %v", text, line, s, err)
			}
			line = "  v " + Quote(text) + " " + Quote(text) + "=" + Quote(text) + behind
			s, err = split(line)
			if err != nil || len(s.words) != 3 || s.words[1].text != text || s.words[2].text != text || s.words[2].value != text || s.text[s.end:] != behind || strings.ContainsAny(line, "\n\r\x00\u200f") {
				t.Fatalf("%q is quoted as %q and reads as %+v, %v", text, line, s, err)
			}
			if s.with() != strings.TrimLeft(line[:s.end], " ") || s.with(all(s.words[1:], "y")) != "v y" || s.with(s.words[1].becomes("y"), rewrite{s.words[2].valueFrom, s.words[2].to, "z"}) != "v y "+Quote(text)+"=z" {
				t.Fatalf("%q is not rewritten in place", line)
			}
		}
	}
}
