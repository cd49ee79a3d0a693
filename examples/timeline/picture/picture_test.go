package picture

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

func builtIn(t *testing.T) (*qualify.Model, qualify.Lead) {
	t.Helper()
	policyFile, err := os.ReadFile("../policy.json")
	if err != nil {
		t.Fatal(err)
	}
	leadFile, err := os.ReadFile("../lead.json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	var lead qualify.Lead
	if err := json.Unmarshal(leadFile, &lead); err != nil {
		t.Fatal(err)
	}
	return model, lead
}

func on(t *testing.T, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no instant", text)
	panic("unreachable")
}

func usual(t *testing.T) window {
	return window{on(t, "2026-01-01"), on(t, "2026-10-12T09:00:00Z"), on(t, "2027-01-01")}
}

func followed(t *testing.T, model *qualify.Model, lead qualify.Lead, w window) *year {
	t.Helper()
	y, err := follow(model, lead, w)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// The story that the built-in files tell.
func TestStory(t *testing.T) {
	model, lead := builtIn(t)
	y := followed(t, model, lead, usual(t))
	var got []string
	for _, c := range y.changes {
		if c.moved() {
			got = append(got, c.at.Format(time.DateTime)+" "+c.move+" "+c.stage)
		}
	}
	want := []string{
		"2026-03-05 14:00:00 enter mql",   // the webinar
		"2026-04-22 13:00:00 promote sql", // the call that answers what is asked
		"2026-06-26 13:30:00 demote mql",  // 45 days of silence
		"2026-08-10 13:30:00 demote ",     // 90 days of silence
		"2026-09-08 08:30:00 enter mql",   // back on the site
		"2026-09-17 14:00:00 promote sql", // another webinar
		"2026-10-27 22:29:43 demote mql",  // forecast: half is forgotten every 30 days
		"2026-12-21 03:47:27 demote ",     // forecast
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	// What was told of a budget on 22 April counts for 180 days, and comes first.
	if y.first == nil || !y.first.at.Equal(on(t, "2026-10-19T13:00:00Z")) {
		t.Errorf("the first change is %+v", y.first)
	}
	if next := y.state(on(t, "2026-10-28")); y.next == nil || !y.next.at.Equal(next.at) || y.next.stage != "mql" {
		t.Errorf("the next move is %+v; the timeline says %+v", y.next, next)
	}
	// The range closes in two steps, when the webinar's form and the call tell facts,
	// and opens again when one of them is too old.
	for _, test := range []struct {
		at   string
		open float64
	}{{"2026-02-01", 62}, {"2026-03-20", 35}, {"2026-04-22T13:00:00Z", 0}, {"2026-10-12", 0}, {"2026-10-20", 20}} {
		r := y.at(on(t, test.at)).sums[0].Range
		if got := hundredths(r.High - r.Low); got != test.open {
			t.Errorf("on %s the range is %v wide; want %v", test.at, got, test.open)
		}
	}
}

// What is drawn is what the model says, at every sample, and nothing that could be
// seen lies between two of them.
func TestSamples(t *testing.T) {
	model, lead := builtIn(t)
	w := usual(t)
	y := followed(t, model, lead, w)
	bounds := make([]qualify.Range, len(y.samples[0].sums))
	for i := range bounds {
		bounds[i].Low, bounds[i].High = extent(y.samples, i)
	}
	if first, last := y.samples[0].at, y.samples[len(y.samples)-1].at; !first.Equal(w.from) || !last.Equal(w.to) {
		t.Errorf("from %v to %v", first, last)
	}
	for i, s := range y.samples {
		want, err := model.Assess(&y.lead, s.at)
		if err != nil {
			t.Fatal(err)
		}
		if s.sums[0] != (sum{want.Score.Points, want.Score.Range}) {
			t.Errorf("at %v the points are %v; the model gives %v, %v", s.at, s.sums[0], want.Score.Points, want.Score.Range)
		}
		for n, g := range want.Score.Groups {
			if s.sums[n+1] != (sum{g.Points, g.Range}) {
				t.Errorf("at %v %s is %v; the model gives %v, %v", s.at, g.Group, s.sums[n+1], g.Points, g.Range)
			}
		}
		if i == 0 {
			continue
		}
		before := y.samples[i-1]
		if !s.at.After(before.at) {
			t.Errorf("%v is not after %v", s.at, before.at)
		}
		if s.at.Sub(before.at) > time.Minute && before.differs(s, bounds) {
			t.Errorf("from %v to %v the line leaves a jump open", before.at, s.at)
		}
	}
	// At every change the verdict is the one that an assessment with the verdict
	// stored gives.
	tracker := model.Track(&y.lead)
	for _, c := range y.changes[1:] {
		var a qualify.Assessment
		if err := y.assess(tracker, &a, c.at); err != nil {
			t.Fatal(err)
		}
		if a.Verdict.Stage != c.stage || !a.Verdict.Since.Equal(c.since) {
			t.Errorf("at %v it is %q since %v; the timeline says %q since %v",
				c.at, a.Verdict.Stage, a.Verdict.Since, c.stage, c.since)
		}
	}
}

// A forecast that was made in March does not know of April; the order of the file
// and the stage that is stored in it play no part.
func TestOnlyWhatIsKnown(t *testing.T) {
	model, lead := builtIn(t)
	w := window{on(t, "2026-01-01"), on(t, "2026-03-20"), on(t, "2027-01-01")}
	want := draw(followed(t, model, lead, w))
	if got, err := Draw(model, lead, w.from, w.now, w.to); err != nil || got != want {
		t.Errorf("Draw draws something else: %v", err)
	}
	early := lead
	early.Activities = nil
	for _, a := range lead.Activities {
		if !a.At.After(w.now) {
			early.Activities = append(early.Activities, a)
		}
	}
	early.Stage, early.StageSince = "sql", on(t, "2026-10-01")
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(early.Activities), func(i, j int) {
		early.Activities[i], early.Activities[j] = early.Activities[j], early.Activities[i]
	})
	if got := draw(followed(t, model, early, w)); got != want {
		t.Error("the later activities, the order or the stored stage change the drawing")
	}
	if !strings.Contains(want, "Worth asking: What budget is set aside for this?") {
		t.Error("what is unknown in March is not asked for")
	}
}

// A lead whose history begins before the drawing has the stage that it led to.
func TestBeforeTheDrawing(t *testing.T) {
	model, lead := builtIn(t)
	lead.Activities = append(lead.Activities, qualify.Activity{Type: "page_view"}) // without a date
	y := followed(t, model, lead, window{on(t, "2026-05-01"), on(t, "2026-06-01"), on(t, "2026-07-01")})
	if c := y.state(y.from); c.stage != "sql" || !c.since.Equal(on(t, "2026-04-22T13:00:00Z")) {
		t.Errorf("it begins in %q since %v", c.stage, c.since)
	}
	got := y.stretches(stageOf)
	want := []string{"sql 2026-05-01 2026-06-01", "sql 2026-06-01 2026-06-26", "mql 2026-06-26 2026-07-01"}
	for i, s := range got {
		if text := s.word + " " + s.from.Format(time.DateOnly) + " " + s.to.Format(time.DateOnly); i >= len(want) || text != want[i] {
			t.Errorf("stretch %d is %s", i, text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d stretches; want %d", len(got), len(want))
	}
}

// What a label may hold, and what a lead may: Compile refuses labels with lines of
// their own.
const markup = "<b>&\"'</text>]]>\ufffe --> <script>"
const hostile = "<b>&\"'</text>]]>\x00\x01\x1b\u2028\u202e\u200f\ufffe\t\n --> <script>"

// hostileYear has what an attacker, or a bad import, would put wherever text is
// taken from a policy or a lead.
func hostileYear(t *testing.T) *year {
	t.Helper()
	from := func(f float64) *float64 { return &f }
	label := func(text string) string { return text + markup }
	given := func(text string) string { return text + hostile }
	model, err := qualify.Compile(qualify.Policy{
		Name: label("policy"), Version: label("version"),
		Profile:    []qualify.Field{{Name: "x", Kind: qualify.Number, Label: label("x"), Question: label("question")}},
		Properties: []qualify.Field{{Name: "p", Kind: qualify.Text}},
		Signals:    []qualify.Signal{{ID: "call", Label: label("signal")}},
		Rules: []qualify.Rule{
			{ID: "call", Label: label("rule"), Group: "g", On: "call", Points: 10},
			{ID: "x", When: "lead.x > 0", Points: 10, Else: -10},
		},
		Groups: []qualify.Group{
			{ID: "total", Label: label("total"), Bands: []qualify.Band{{Label: label("low")}, {From: from(5), Label: label("high")}}},
			{ID: "g", Label: label("group"), Decay: qualify.Decay{Linear: 30 * qualify.Day}},
		},
		Criteria: []qualify.Criterion{{ID: "c", Label: label("criterion"), Met: `latest("call", "p") == "y"`, Question: label("question")}},
		Stages:   []qualify.Stage{{ID: "in", Label: label("stage"), Enter: "score() >= 5", MaxStay: 5 * qualify.Day}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return followed(t, model, qualify.Lead{
		ID: given("lead"), Profile: map[string]any{"name": given("name"), "company": "a\xffb\xed\xa0\x80"},
		Activities: []qualify.Activity{
			{ID: given("activity"), Type: "call", At: on(t, "2026-02-01"), Props: map[string]any{"p": hostile, hostile: hostile}},
			{ID: given("activity"), Type: given("unheard of"), At: on(t, "2026-02-02"), Props: map[string]any{"p": func() {}}},
		},
	}, window{on(t, "2026-01-01"), on(t, "2026-02-03"), on(t, "2026-04-01")})
}

// An element of a drawing, as a parser sees it.
type element struct {
	name string
	attr map[string]string
	text string // its own
}

// parsed reads a drawing as strictly as encoding/xml does.
func parsed(t *testing.T, drawing string) []element {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(drawing))
	var all []element
	var open []int
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			open = append(open, len(all))
			all = append(all, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				all[open[len(open)-1]].text += string(token)
			}
		default:
			t.Errorf("there is a %T", token)
		}
	}
}

var cache map[string]string

// drawings are built-in and odd ones.
func drawings(t *testing.T) map[string]string {
	t.Helper()
	if cache != nil {
		return cache
	}
	model, lead := builtIn(t)
	w := usual(t)
	empty, err := qualify.Compile(qualify.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"the usual one":       draw(followed(t, model, lead, w)),
		"hostile text":        draw(hostileYear(t)),
		"nothing at all":      draw(followed(t, empty, qualify.Lead{}, w)),
		"an unknown lead":     draw(followed(t, model, qualify.Lead{ID: "L-0"}, w)),
		"activities only":     draw(followed(t, empty, lead, w)),
		"all of it forecast":  draw(followed(t, model, lead, window{w.from, w.from, w.to})),
		"none of it forecast": draw(followed(t, model, lead, window{w.from, w.to, w.to})),
		"eight years":         draw(followed(t, model, lead, window{on(t, "2020-03-01"), w.now, on(t, "2028-05-20")})),
		"a century":           draw(followed(t, model, lead, window{on(t, "1950-03-01"), w.now, on(t, "2050-01-01")})),
		"one day":             draw(followed(t, model, lead, window{on(t, "2026-04-22"), on(t, "2026-04-22T15:00:00Z"), on(t, "2026-04-23")})),
	}
	for at := w.from; at.Before(w.to); at = at.AddDate(0, 0, 26) {
		all["as of "+at.Format(time.DateOnly)] = draw(followed(t, model, lead, window{w.from, at, w.to}))
	}
	cache = all
	return all
}

func TestWellFormed(t *testing.T) {
	allowed := strings.Fields("svg title desc style defs pattern rect line circle path text")
	for name, drawing := range drawings(t) {
		t.Run(name, func(t *testing.T) {
			all := parsed(t, drawing)
			for _, e := range all {
				if !slices.Contains(allowed, e.name) {
					t.Errorf("there is a <%s>", e.name)
				}
				for attribute, value := range e.attr {
					if strings.HasPrefix(attribute, "on") || strings.Contains(value, "NaN") || strings.Contains(value, "Inf") {
						t.Errorf("<%s> has %s=%q", e.name, attribute, value)
					}
				}
			}
			root := all[0]
			if root.attr["role"] != "img" || root.attr["aria-labelledby"] != "title desc" || all[1].attr["id"] != "title" || all[2].attr["id"] != "desc" {
				t.Errorf("who cannot see it is told nothing: %v", all[:3])
			}
			if len(strings.TrimSpace(all[1].text)) == 0 || len(strings.TrimSpace(all[2].text)) == 0 {
				t.Error("the title or the description is empty")
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	seen := ""
	for _, e := range parsed(t, draw(hostileYear(t))) {
		seen += e.text + "\n"
		for attribute, value := range e.attr {
			if strings.ContainsAny(value, "<>&\"'") {
				t.Errorf("<%s> has %s=%q", e.name, attribute, value)
			}
		}
	}
	// What a lead holds makes no lines and no directions of its own; XML has no way to write the last.
	harmless := strings.NewReplacer("\x00", " ", "\x01", " ", "\x1b", " ", "\u2028", " ", "\u202e", " ", "\u200f", " ", "\t", " ", "\n", " ", "\ufffe", "\ufffd")
	told := func(words, with string) {
		for what := range strings.FieldsSeq(words) {
			if !strings.Contains(seen, what+harmless.Replace(with)) {
				t.Errorf("%s is not told in full", what)
			}
		}
	}
	told("policy version question signal total group criterion stage", markup)
	told("lead name activity of", hostile)
	if strings.ContainsAny(seen, "\u2028\u202e\u200f") {
		t.Error("a text turns the direction of what follows")
	}
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"Inês & Söhne":        "Inês &amp; Söhne",
		`<b>&"'`:              "&lt;b&gt;&amp;&#34;&#39;",
		"]]>":                 "]]&gt;",
		"a\x00b\x1fc\x7f":     "a\ufffdb\ufffdc\x7f",
		"\xff\xed\xa0\x80":    "\ufffd\ufffd\ufffd\ufffd",
		"tab\tline\nreturn\r": "tab&#x9;line&#xA;return&#xD;",
		"\ufffe\uffff😀":       "\ufffd\ufffd😀",
	} {
		if got := escape(text); got != want {
			t.Errorf("%q is escaped as %q; want %q", text, got, want)
		}
	}
}

// box is where a text stands, as far as that can be told without its font.
type box struct {
	text                     string
	left, right, top, bottom float64
}

// boxes estimates where the texts of a drawing stand, and that on the safe side.
func boxes(t *testing.T, drawing string) []box {
	t.Helper()
	sizes := map[string]float64{"title": 25, "small": 11, "word": 11, "tiny": 10, "big": 26, "head": 13, "now": 13}
	var all []box
	for _, e := range parsed(t, drawing) {
		if e.name != "text" {
			continue
		}
		size := 12.0
		for class, s := range sizes {
			if slices.Contains(strings.Fields(e.attr["class"]), class) {
				size = s
			}
		}
		x, err1 := strconv.ParseFloat(e.attr["x"], 64)
		y, err2 := strconv.ParseFloat(e.attr["y"], 64)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		wide := width(e.text, size)
		switch {
		case strings.Contains(e.attr["class"], "middle"):
			x -= wide / 2
		case strings.Contains(e.attr["class"], "end"):
			x -= wide
		}
		// Letters without ascenders and descenders are shorter still.
		all = append(all, box{e.text, x, x + wide, y - 0.75*size, y + 0.15*size})
	}
	return all
}

// No text runs into another one, or out of the paper.
func TestNothingOverlaps(t *testing.T) {
	for name, drawing := range drawings(t) {
		t.Run(name, func(t *testing.T) {
			all := boxes(t, drawing)
			for i, a := range all {
				if a.left < 0 || a.right > paper+0.01 {
					t.Errorf("%q is from %.1f to %.1f", a.text, a.left, a.right)
				}
				for _, b := range all[:i] {
					if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
						t.Errorf("%q at %.0f, %.0f overlaps %q at %.0f, %.0f", a.text, a.left, a.bottom, b.text, b.left, b.bottom)
					}
				}
			}
		})
	}
}

func TestScales(t *testing.T) {
	s := timeScale{on(t, "2026-01-01"), on(t, "2027-01-01"), 100, 465}
	for at, want := range map[string]float64{"2026-01-01": 100, "2026-01-02": 101, "2026-07-02T12:00:00Z": 282.5, "2027-01-01": 465, "2025-01-01": 100, "2030-01-01": 465} {
		if got := s.x(on(t, at)); hundredths(got) != want {
			t.Errorf("%s is at %v; want %v", at, got, want)
		}
	}
	l := linear{-10, 30, 200, 100}
	for points, want := range map[float64]float64{-10: 200, 0: 175, 30: 100, 31: 100, -1e9: 200} {
		if got := l.y(points); got != want {
			t.Errorf("%v points are at %v; want %v", points, got, want)
		}
	}
}

func TestCells(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"2026-01-01", "2027-01-01", "Jan 2026|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"},
		{"2025-11-15", "2026-02-02", "Nov 2025|Dec|Jan 2026|Feb"},
		{"2026-03-05", "2026-03-06", "Mar 2026"},
		{"2024-02-01", "2026-08-01", "Jan 2024|Apr|Jul|Oct|Jan 2025|Apr|Jul|Oct|Jan 2026|Apr|Jul"},
		{"2020-03-01", "2028-01-02", "2020|2021|2022|2023|2024|2025|2026|2027|2028"},
		{"1990-01-01", "2030-01-01", "1990|1995|2000|2005|2010|2015|2020|2025"},
	} {
		s := timeScale{on(t, test.from), on(t, test.to), 0, 1000}
		var got []string
		last := s.from
		for _, c := range s.cells() {
			got = append(got, c.label)
			if !c.from.Equal(last) || !c.to.After(c.from) {
				t.Errorf("after %v comes %v to %v", last, c.from, c.to)
			}
			last = c.to
		}
		if text := strings.Join(got, "|"); text != test.want {
			t.Errorf("from %s to %s: %s; want %s", test.from, test.to, text, test.want)
		}
		if !last.Equal(s.to) {
			t.Errorf("the axis ends at %v, not %v", last, s.to)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		about     int
		want      string
	}{
		{0, 100, 5, "[0 20 40 60 80 100]"},
		{-37, 90, 7, "[-40 -20 0 20 40 60 80 100]"},
		{-25, 50, 3, "[-25 0 25 50]"},
		{0, 0, 3, "[-1 0 1]"},
		{7, 7, 3, "[6 7 8]"},
		{0.001, 0.004, 3, "[0.001 0.002 0.003 0.004]"},
		{-1e6, 1e6, 4, "[-1e+06 -500000 0 500000 1e+06]"},
	} {
		if got := fmt.Sprint(ticks(test.low, test.high, test.about)); got != test.want {
			t.Errorf("%v to %v: %s; want %s", test.low, test.high, got, test.want)
		}
	}
}

func TestPlace(t *testing.T) {
	labels := []label{
		{text: "a", x: 10, width: 30},
		{text: "b", x: 20, width: 30},                  // no room beside a: to the other row
		{text: "c", x: 30, width: 30},                  // nor there: left out
		{text: "d", x: 42, width: 30},                  // clear of a
		{text: "e", x: 50, width: 30, important: true}, // goes first, and takes the row of d
		{text: "f", x: 95, width: 30},                  // moved to the edge
		{text: "g", x: -5, width: 4, row: 1},           // as well, in the row that it would like
	}
	place(labels, 2, 0, 120, 2)
	got := ""
	for _, l := range labels {
		got += fmt.Sprint(l.text, " ", l.x, " ", l.row, "; ")
	}
	if want := "a 10 0; b 20 1; c 30 -1; d 42 -1; e 50 0; f 90 0; g 0 1; "; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestSimplify(t *testing.T) {
	line := []point{{0, 0}, {1, 0.04}, {2, 0}, {3, 0}, {3, 10}, {4, 10.01}, {5, 10}}
	want := []point{{0, 0}, {3, 0}, {3, 10}, {5, 10}}
	if got := simplify(line); !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	spike := []point{{1, 1}, {1, 9}, {1, 1}}
	if got := simplify(spike); !slices.Equal(got, spike) {
		t.Errorf("a spike becomes %v", got)
	}
	for n := range 3 {
		if got := simplify(line[:n]); len(got) != n {
			t.Errorf("%d points become %d", n, len(got))
		}
	}
}

func TestNumbers(t *testing.T) {
	for f, want := range map[float64]string{0: "0", -0.001: "0", 1.005: "1", 1.006: "1.01", 1e6: "1000000", -12.5: "-12.5", 1.0 / 3: "0.33"} {
		if got := number(f); got != want {
			t.Errorf("%v is written %s; want %s", f, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0", -0.0000001: "0", -7: "−7", 61.06: "61.06", 49.999999: "49.999999", 49.9999996: "50", 1e6: "1000000"} {
		if got := figure(f); got != want {
			t.Errorf("%v points are written %s; want %s", f, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	if got := fit("Found to be a competitor", 12, 500); got != "Found to be a competitor" {
		t.Errorf("what fits becomes %q", got)
	}
	for _, text := range []string{"Found to be a competitor", strings.Repeat("W", 1000), strings.Repeat("ñ", 1000), "株式会社の長い名前", hostile} {
		got := fit(text, 12, 60)
		if width(got, 12) > 60 || !strings.HasSuffix(got, "…") || !strings.HasPrefix(text, strings.TrimSuffix(got, "…")) {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
