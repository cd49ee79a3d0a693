package probe_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/probe"
)

const day = history.Day

func number(name string, lo, hi float64) expression.Field {
	return expression.Field{Name: name, Kind: fact.Number, Lo: lo, Hi: hi}
}

func compiler() *expression.Compiler {
	fields := []expression.Field{
		number("n", 0, 10), number("m", -fact.MaxNumber, fact.MaxNumber), {Name: "t", Kind: fact.Text}, {Name: "c", Kind: fact.Code},
		{Name: "d", Kind: fact.Code, Values: []string{"DK", "SE"}}, {Name: "b", Kind: fact.Bool}, {Name: "w", Kind: fact.Time}, {Name: "l", Kind: fact.Texts},
	}
	return expression.NewCompiler(expression.Names{
		Lead: fields, Props: fields, Signals: []string{"visit"}, Groups: []expression.Group{{ID: "total"}},
		Terms: []expression.Term{{ID: "big", Source: "lead.n > 2"}},
	}, expression.Limits{Length: 4096, Nesting: 50, Nodes: 500, Pattern: 500})
}

func compile(t testing.TB, c *expression.Compiler, place expression.Place, source string) *expression.Node {
	t.Helper()
	n, mistakes := c.Compile(source, place, fact.None, 0)
	if n == nil {
		t.Fatalf("%s: %v", source, mistakes)
	}
	return n
}

// write writes values: times in days and nanoseconds, from now with a sign.
func write(kind fact.Kind, values []probe.Value) string {
	var all []string
	for _, v := range values {
		s := v.Text
		switch kind {
		case fact.Number:
			s = fmt.Sprint(v.Number)
		case fact.Bool:
			s = fmt.Sprint(v.Bool)
		case fact.Texts:
			s = fmt.Sprint(v.Texts)
		case fact.Time:
			days := int64(math.Round(float64(v.Time) / float64(day)))
			if s = fmt.Sprintf("day %d", days); v.FromNow {
				s = fmt.Sprintf("%+dd", days)
			}
			if rest := v.Time - days*day; rest != 0 {
				s += fmt.Sprintf("%+d", rest)
			}
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestBeside(t *testing.T) {
	t.Parallel()
	n := func(x float64) fact.Value { return fact.Value{Known: true, Number: x} }
	text := fact.Value{Known: true, Text: "Red"}
	for _, tt := range []struct {
		is, kind fact.Kind
		literal  fact.Value
		tick     int64
		want     string
	}{
		{fact.Number, fact.Number, n(3), 1, "3, 2, 4"}, {fact.Number, fact.Number, n(-0.5), 1, "-0.5, -0.6, -0.4"},
		{fact.Time, fact.Time, fact.Value{Known: true, Time: 2 * day}, 1, "day 2-1, day 2, day 2+1"}, {fact.Time, fact.Time, fact.Value{Known: true, Time: 2 * day}, 1e9, "day 2-1000000000, day 2, day 2+1000000000"},
		{fact.Time, fact.Number, n(30), 1, "-30d-1, -30d, -30d+1, +30d-1, +30d, +30d+1"}, {fact.Time, fact.Number, n(0), 1, "+0d-1, +0d, +0d+1, +0d-1, +0d, +0d+1"}, {fact.Time, fact.Number, n(1e6), 1, ""},
		{fact.Time, fact.Number, n(106_750), 1, "-106750d-1, -106750d, -106750d+1, +106750d-1, +106750d, +106750d+1"}, {fact.Time, fact.Number, n(-106_751), 1, ""},
		{fact.Text, fact.Code, text, 1, "Red"}, {fact.Code, fact.Text, text, 1, "Red"}, {fact.Texts, fact.Code, text, 1, "[Red]"}, {fact.Texts, fact.Text, text, 1, "[Red]"},
		{fact.Number, fact.Text, text, 1, ""}, {fact.Text, fact.Number, n(3), 1, ""}, {fact.Bool, fact.Bool, fact.Value{Known: true, Bool: true}, 1, ""}, {fact.Number, fact.Time, fact.Value{Known: true}, 1, ""}, {fact.Time, fact.Text, text, 1, ""},
	} {
		if s := write(tt.is, probe.Beside(tt.is, tt.kind, tt.literal, tt.tick)); s != tt.want {
			t.Errorf("a %s that meets the %s %+v: %s, want %s", tt.is, tt.kind, tt.literal, s, tt.want)
		}
	}
	if got := probe.Beside(fact.Time, fact.Time, fact.Value{Known: true, Time: math.MaxInt64}, 1); len(got) != 2 || got[0].Time != math.MaxInt64-1 || got[1].Time != math.MaxInt64 {
		t.Errorf("beside the last instant: %v", got)
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64][2]float64{
		0: {-1, 1}, 30: {29, 31}, -5: {-6, -4}, 0.5: {0.4, 0.6}, 0.25: {0.24, 0.26}, 2.1: {2, 2.2}, -0.3: {-0.4, -0.2}, 0.1: {0, 0.2}, 1e-7: {0, 2e-7}, 1e17: {1e17, 1e17}, 100.125: {100.124, 100.126}, -1.25: {-1.26, -1.24}, 0.07: {0.06, 0.08}, 1e15: {999999999999999, 1000000000000001}, 1e300: {1e300, 1e300},
	} {
		if got := probe.Near(x); got != want {
			t.Errorf("Near(%v) is %v, want %v", x, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		offset, now, want int64
		ok                bool
	}{
		{0, 5, 5, true}, {-5, 5, 0, true}, {1, math.MaxInt64 - 1, math.MaxInt64, true}, {1, math.MaxInt64, 0, false}, {-1, math.MinInt64, 0, false}, {-1, math.MinInt64 + 1, math.MinInt64, true},
	} {
		v := probe.Value{Value: fact.Value{Known: true, Time: tt.offset}, FromNow: true}
		if got, ok := v.At(tt.now); got.Time != tt.want || ok != tt.ok {
			t.Errorf("%d from %d is %d, %t", tt.offset, tt.now, got.Time, ok)
		}
	}
	if got, ok := probe.Number(3).At(7); !ok || got.Number != 3 {
		t.Errorf("a number at an instant is %v, %t", got, ok)
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	texts := func(all ...string) (values []probe.Value) {
		for _, s := range all {
			values = append(values, probe.Text(fact.Text, s))
		}
		return values
	}
	for _, tt := range []struct {
		name  string
		field expression.Field
		met   []probe.Value
		want  string
	}{
		{"a bool", expression.Field{Kind: fact.Bool}, nil, "true, false"},
		{"a number that nothing meets", number("n", -fact.MaxNumber, fact.MaxNumber), nil, "1, 0, 2, 0.5, 1.5"},
		{"a number with bounds", number("n", 0, 1), nil, "1, 0, 0.5"},
		{"a number at, below and above", number("n", -fact.MaxNumber, fact.MaxNumber), []probe.Value{probe.Number(5), probe.Number(4), probe.Number(6)}, "5, 4, 6, 4.5, 5.5"},
		{"not beyond its bounds", number("n", 0, 5), []probe.Value{probe.Number(5), probe.Number(4), probe.Number(6)}, "5, 4, 0, 2, 4.5"},
		{"a time", expression.Field{Kind: fact.Time}, nil, "+0d, -1d, +1d"},
		{"a time from now, once", expression.Field{Kind: fact.Time}, probe.Beside(fact.Time, fact.Number, fact.Value{Known: true}, 1), "+0d-1, +0d, +0d+1, -1d, +1d"},
		{"another text", expression.Field{Kind: fact.Text}, texts("a", "A", "b"), "a, b, something else"},
		{"declared values", expression.Field{Kind: fact.Text, Values: []string{"x", "A"}}, texts("a"), "a, x"},
		{"declared codes", expression.Field{Kind: fact.Code, Values: []string{"x", "A"}}, texts("a"), "a, x, A"},
		{"a list", expression.Field{Kind: fact.Texts, Values: []string{"x", "y"}}, nil, "[x], [y]"},
		{"another list", expression.Field{Kind: fact.Texts}, nil, "[something else]"},
		{"what is not rightly declared", expression.Field{}, nil, ""},
	} {
		before := slices.Clone(tt.met)
		if got := write(tt.field.Kind, probe.Worth(tt.field, tt.met)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if diff := cmp.Diff(before, tt.met); diff != "" {
			t.Errorf("%s: what it meets has changed\n%s", tt.name, diff)
		}
	}
}

func TestLiterals(t *testing.T) {
	t.Parallel()
	c := compiler()
	for _, tt := range []struct{ source, want string }{
		{`lead.b`, ""}, {`lead.n > 3`, "lead.n 3"}, {`3 < lead.n and lead.m <= -2.5`, "lead.n 3; lead.m -2.5"}, {`lead.n + lead.m > 3`, "lead.n 3; lead.m 3"},
		{`lead.d in ["DK", "SE"]`, `lead.d DK; lead.d SE`}, {`"vip" in lead.l`, "lead.l vip"}, {`lead.t matches "CTO|(V)P"`, "lead.t cto; lead.t vp"}, {`lead.c matches "A|B"`, "lead.c A; lead.c B"}, {`lead.c matches "^a+"`, "lead.c a"},
		{`count("visit", "7d") >= 3`, `count("visit", "7d") 3`}, {`latest("visit", "n") == 3`, `latest("visit", "n") 3`}, {`term.big and term.big`, "lead.n 2"},
		{`not (lead.b ? lead.t == "x" : lead.w > time("1970-01-01T00:00:01Z"))`, "lead.t x; lead.w 1000000000"}, {`(lead.n ?? 7) > 3`, "lead.n 7; lead.n 3"},
		{`lead.n > lead.m`, ""}, {`days_since("visit") > 3`, `days_since("visit") 3`}, {`score() > 3`, ""}, {`true`, ""},
	} {
		var got []string
		probe.Literals([]*expression.Node{nil, compile(t, c, expression.InStage, tt.source)}, 100, func(of *expression.Node, kind fact.Kind, literal fact.Value) {
			text := literal.Text
			switch kind {
			case fact.Number:
				text = fmt.Sprint(literal.Number)
			case fact.Time:
				text = fmt.Sprint(literal.Time)
			}
			got = append(got, of.Text+" "+text)
		})
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s has the literals %s, want %s", tt.source, s, tt.want)
		}
	}
}

// Literals takes no more steps than it may: of conditions that name much, or much again by
// terms, it looks at a part.
func TestLiteralsAreBounded(t *testing.T) {
	t.Parallel()
	c := compiler()
	n := compile(t, c, expression.InStage, "lead.n + lead.n + lead.m in ["+strings.TrimSuffix(strings.Repeat("1, ", 100), ", ")+"]")
	for _, steps := range []int{0, 50, 150, 100_000} {
		visits := 0
		probe.Literals(slices.Repeat([]*expression.Node{n}, 10), steps, func(*expression.Node, fact.Kind, fact.Value) { visits++ })
		if want := min(steps, 10*3*100); visits > want || steps > 10_000 && visits != want {
			t.Errorf("%d visits in %d steps", visits, steps)
		}
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][]string{
		`abc`: {"abc"}, `(?i)Web (site|SHOP)`: {"web site", "web shop"}, `(?i)(cto|vp|head)`: {"cto", "vp", "head"}, `^/prices/[^/]+$`: {"/prices/x"}, `[A-Z][0-9]{3}`: {"X000"}, `\d{2,}`: {"00"}, `a?b`: {"ab", "b"}, `a*`: {"a"}, `A|B`: {"A", "B"}, `[^a]`: {"x"}, `[\x{1}-\x{f}é]`: {"é"}, `[\x{1}-\x{f}]`: {"\x01"}, `[a-h]`: {"a", "b", "c", "d", "e", "f", "g", "h"}, `[a-i]`: {"a"},
		`.+@x\.com`: {"x@x.com"}, `^$`: nil, `a\bb`: nil, `(`: nil, `[^\x00-\x{10FFFF}]`: nil, `[é-ü]`: {"é"}, `a{0}b`: {"ab"}, `x{0,2}y`: {"xy"}, `^a{2}$`: {"aa"},
	} {
		got := probe.Samples(pattern)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
		for _, s := range got {
			if !regexp.MustCompile(pattern).MatchString(s) {
				t.Errorf("%s does not match %q", pattern, s)
			}
		}
	}
	many := strings.Repeat("(a|b)", 12)
	if got := len(probe.Samples(many)); got != 48 {
		t.Errorf("%s has %d samples", many, got)
	}
}

func TestGather(t *testing.T) {
	t.Parallel()
	c := compiler()
	var nodes []*expression.Node
	for _, s := range []string{`lead.n > 3 and latest("visit", "n") < 5`, `latest("visit", "d") == "SE"`, `count("visit") > 7`, `days_since(lead.w) > 2`} {
		nodes = append(nodes, compile(t, c, expression.InStage, s))
	}
	nodes = append(nodes, nil, compile(t, c, expression.InWhere, `activity.c startsWith "/p"`))
	lead, props := probe.Gather(c.Names.Lead, c.Names.Props, c.Queries, int64(time.Second), nodes)
	got := map[string]string{}
	for i, f := range c.Names.Lead {
		got["lead."+f.Name], got["activity."+f.Name] = write(f.Kind, lead[i]), write(f.Kind, props[i])
	}
	want := map[string]string{
		"lead.n": "3, 2, 4, 0, 10, 1, 2.5, 3.5, 7", "activity.n": "5, 4, 6, 0, 10, 2, 4.5, 5.5, 8", "lead.m": "1, 0, 2, 0.5, 1.5", "activity.m": "1, 0, 2, 0.5, 1.5", "lead.t": "something else", "activity.t": "something else", "lead.c": "something else", "activity.c": "/p, something else",
		"lead.d": "DK, SE", "activity.d": "SE, DK", "lead.b": "true, false", "activity.b": "true, false", "lead.l": "[something else]", "activity.l": "[something else]", "activity.w": "+0d, -1d, +1d",
		"lead.w": "-2d-1000000000, -2d, -2d+1000000000, +2d-1000000000, +2d, +2d+1000000000, +0d, -1d, +1d",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A condition on one fact gives no answer, for any value of a fine grid, that it does not give for a
// value worth trying.
func TestAgainstGrid(t *testing.T) {
	t.Parallel()
	const now = 100 * day
	rng := rand.New(rand.NewPCG(5, 6))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	order := func() string { return pick("==", "!=", "<", "<=", ">", ">=") }
	atoms := map[string]func() string{
		"n": func() string {
			return pick(fmt.Sprintf("lead.n %s %d", order(), rng.IntN(11)), fmt.Sprintf("%d %s lead.n", rng.IntN(11), order()), fmt.Sprintf("lead.n in [%d, %d.5]", rng.IntN(10), rng.IntN(10)), fmt.Sprintf("(lead.n ?? 3) %s %d.5", order(), rng.IntN(10)))
		},
		"t": func() string {
			return pick(`lead.t == "red"`, `lead.t != "GREEN"`, `lead.t in ["red", "blue"]`)
		},
		"c": func() string {
			return pick(`lead.c startsWith "/p"`, `lead.c contains "x"`, `lead.c matches "^[a-z]+-[0-9]$"`, `lead.c endsWith "html"`)
		},
		"d": func() string { return pick(`lead.d == "DK"`, `lead.d in ["DK", "SE"]`, `lead.d matches "^S"`) },
		"b": func() string { return pick("lead.b", "lead.b == false", "lead.b in [true]") },
		"w": func() string {
			return pick(fmt.Sprintf(`lead.w %s time("1970-04-%d")`, order(), 10+rng.IntN(5)), fmt.Sprintf("days_since(lead.w) %s %d", order(), rng.IntN(6)-3), fmt.Sprintf("days_until(lead.w) %s %d.5", order(), rng.IntN(3)), fmt.Sprintf("calendar_days_since(lead.w) %s %d", order(), rng.IntN(5)-2), fmt.Sprintf(`days_between(lead.w, time("1970-04-12")) %s %d`, order(), rng.IntN(5)-2), "lead.w "+order()+" now")
		},
		"l": func() string { return pick(`"red" in lead.l`, `"blue" in lead.l`) },
	}
	var grids [8][]fact.Value
	for x := 0.0; x <= 10; x += 0.25 {
		grids[0] = append(grids[0], fact.Value{Known: true, Number: x})
	}
	for _, s := range []string{"red", "Green", "BLUE", "other"} {
		grids[2] = append(grids[2], fact.Value{Known: true, Text: s})
		grids[7] = append(grids[7], fact.Value{Known: true, Texts: []string{s}})
	}
	for _, s := range []string{"/prices", "ax", "a-1", "p.html", "other"} {
		grids[3] = append(grids[3], fact.Value{Known: true, Text: s})
	}
	for _, s := range []string{"DK", "SE"} {
		grids[4] = append(grids[4], fact.Value{Known: true, Text: s})
	}
	grids[5] = []fact.Value{{Known: true}, {Known: true, Bool: true}}
	for at := now - 10*day; at <= now+10*day; at += day / 2 {
		for d := int64(-1); d <= 1; d++ {
			grids[6] = append(grids[6], fact.Value{Known: true, Time: at + d})
		}
	}
	answers := map[expression.Answer]int{}
	for range 3000 {
		c := compiler()
		i := []int{0, 2, 3, 4, 5, 6, 7}[rng.IntN(7)]
		atom := atoms[c.Names.Lead[i].Name]
		source := atom()
		for range rng.IntN(3) {
			if i == 3 || i == 6 || i == 7 { // several tests of one text, list or time may need a value of their own
				break
			}
			source = fmt.Sprintf(pick("(%s) and (%s)", "(%s) or (%s)", "not (%s) and %s"), source, atom())
		}
		n := compile(t, c, expression.InRule, source)
		env := &expression.Env{Now: now, Lead: make([]fact.Value, len(c.Names.Lead)), Terms: make([]expression.Memo, c.Terms())}
		answer := func(v fact.Value) expression.Answer {
			clear(env.Terms)
			env.Lead[i] = v
			return n.Test(env)
		}
		lead, _ := probe.Gather(c.Names.Lead, c.Names.Props, c.Queries, 1, []*expression.Node{n})
		seen := map[expression.Answer]bool{}
		for _, value := range lead[i] {
			if v, ok := value.At(now); ok {
				seen[answer(v)] = true
			}
		}
		for _, v := range grids[i] {
			a := answer(v)
			answers[a]++
			if !seen[a] {
				t.Fatalf("%s is %v for %+v, and for none of %s", source, a, v, write(c.Names.Lead[i].Kind, lead[i]))
			}
		}
	}
	if answers[expression.Yes] < 1000 || answers[expression.No] < 1000 {
		t.Errorf("the answers are %v", answers)
	}
}
