// Package picture draws the way of one lead as an SVG: stages, score with its range,
// groups, activities, checklist, and what comes next if nothing more happens.
//
// year.go has all that it takes from the library; draw.go is layout, over the
// scales of scale.go and the elements of svg.go.
package picture

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify"
)

// Where things are, in units of the drawing: a gutter for names on the left, a
// plot, and a margin for short notes on the right.
const (
	paper      = 1200.0
	edge       = 28.0 // between the paper's edge and the first letter
	plotLeft   = 196.0
	plotRight  = 1136.0
	plotWidth  = plotRight - plotLeft
	gutter     = plotLeft - edge - 12 // room for a name
	barHeight  = 30.0
	scoreTall  = 190.0
	groupTall  = 50.0
	laneHeight = 20.0
	arrowHalf  = 5.0 // half an arrow's width
)

// style is the look, in one place. The colours are those of Okabe and Ito, which
// the colour-blind tell apart; what they say also stands there as a word, a shape
// or a pattern. The paper is white whatever is around it.
const style = `
svg { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
text { font-size: 12px; fill: #1b2733; }
.title { font-size: 22px; font-weight: 600; }
.small { font-size: 11px; fill: #55616d; }
.word { font-size: 11px; }
.tiny { font-size: 10px; fill: #55616d; }
.head { font-size: 12px; font-weight: 600; }
.now { font-size: 12px; font-weight: 600; }
.big { font-size: 24px; font-weight: 600; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.paper { fill: #ffffff; }
.ahead { fill: #f3f5f7; }
.month { stroke: #e9edf0; }
.year { stroke: #c9d0d7; }
.rule { stroke: #dde2e7; }
.zero { stroke: #b9c2cb; }
.bound { stroke: #7b8794; stroke-dasharray: 5 4; stroke-width: 0.8; }
.move { stroke: #7b8794; stroke-dasharray: 1 3; }
.present { stroke: #1b2733; stroke-width: 1.5; }
.shape { fill: #1b2733; }
.hollow { fill: #ffffff; stroke: #1b2733; stroke-linejoin: round; }
.range { fill: #8fa3b8; fill-opacity: 0.32; }
.points { fill: none; stroke: #1b2733; stroke-width: 2; stroke-linejoin: round; }
.group { fill: none; stroke: #3d4f61; stroke-width: 1.4; stroke-linejoin: round; }
.forecast { stroke-dasharray: 4 3; stroke-opacity: 0.6; }
.range.forecast { fill-opacity: 0.17; }
.dot { stroke: #1b2733; stroke-width: 1.5; }
.dot.forecast { stroke-dasharray: 2 1.5; fill-opacity: 0.5; stroke-opacity: 1; }
.mark { fill: #3d4f61; fill-opacity: 0.85; stroke: #ffffff; stroke-width: 0.8; }
.late { fill: #1b2733; }
.s0 { fill: #d6dbe1; } .s1 { fill: #8fcdf0; } .s2 { fill: #0072b2; } .s3 { fill: #009e73; } .s4 { fill: #cc79a7; }
.x1 { fill: #d55e00; } .x2 { fill: #e69f00; } .x3 { fill: #8a8f94; }
.light { fill: #ffffff; }
.yes { fill: #5cc2a3; } .no { fill: #ea9058; } .disputed { fill: #f0e442; } .unknown { fill: #e1e5e9; }
rect.forecast { fill-opacity: 0.42; stroke: none; }
.hatch { fill: url(#hatch); }
`

// Draw draws a lead's way between two instants, a hundred years apart at most, as of now,
// which lies between them: activities after now are not known, and what is drawn after it
// is a forecast. The lead's own stage plays no part; the history is lived through from its
// start. The same arguments give the same bytes.
func Draw(model *qualify.Model, lead qualify.Lead, from, now, to time.Time) (string, error) {
	y, err := follow(model, lead, window{from.UTC(), now.UTC(), to.UTC()})
	if err != nil {
		return "", err
	}
	return draw(y), nil
}

// sheet is the drawing in the making, from top to bottom.
type sheet struct {
	canvas // what stands in front
	*year
	scale  timeScale
	cursor float64 // where the next thing goes
	future float64 // where now is, and the forecast begins
	bar    float64 // where the stages are
	plots  float64 // where the stages end, and the curves begin
	moves  []*change
}

// draw lays the year out.
func draw(y *year) string {
	s := &sheet{year: y, scale: timeScale{y.from, y.to, plotLeft, plotRight}}
	s.future = s.scale.x(y.now)
	for i := range y.changes {
		if c := &y.changes[i]; c.moved() && !c.at.Before(y.from) {
			s.moves = append(s.moves, c)
		}
	}

	s.header()
	top := s.cursor
	s.months(s.cursor + 12)
	s.cursor += 24
	s.stages()
	s.score()
	s.groups()
	s.activities()
	s.checklist()
	bottom := s.cursor
	s.months(s.cursor + 16)
	s.cursor += 44
	s.legend()

	// What lies behind is drawn last: only now its height is known.
	var c canvas
	c.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+number(paper)+" "+number(s.cursor),
		"width", number(paper), "height", number(s.cursor), "role", "img", "aria-labelledby", "title desc")
	c.element("title", s.title(), "id", "title")
	c.element("desc", s.description(), "id", "desc")
	c.element("style", style)
	c.open("defs")
	c.open("pattern", "id", "hatch", "width", "6", "height", "6", "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)")
	c.leaf("rect", "", "width", "2", "height", "6", "fill", "#ffffff", "fill-opacity", "0.8")
	c.end("pattern")
	c.end("defs")
	c.rect("", "paper", 0, 0, paper, s.cursor)
	s.background(&c, top, bottom)
	return c.String() + s.String() + "</svg>\n"
}

// background draws what runs through all panels: months, the moves, the present,
// and the tint of what has not happened yet.
func (s *sheet) background(c *canvas, top, bottom float64) {
	if s.future < plotRight {
		c.rect("", "ahead", s.future, top, plotRight-s.future, bottom-top)
	}
	for _, cell := range s.scale.cells() {
		class := "month"
		if cell.year {
			class = "year"
		}
		c.line(class, s.scale.x(cell.from), top, s.scale.x(cell.from), bottom)
	}
	for _, m := range s.moves {
		c.line("move", s.scale.x(m.at), s.plots, s.scale.x(m.at), bottom)
	}
	// Not through the names of the months, and not through the dates of the moves.
	c.line("present", s.future, top-16, s.future, top)
	c.line("present", s.future, s.bar-3, s.future, s.bar+barHeight+3)
	c.line("present", s.future, s.plots, s.future, bottom)
}

// header says who this is, what holds now, and what comes.
func (s *sheet) header() {
	room := paper - 2*edge
	s.label(edge, 42, "title", s.title(), 25, room)
	s.label(edge, 64, "small", s.caption(), 11, room)
	s.label(edge, 86, "", s.present(), 12, room)
	s.label(edge, 104, "", s.prospect(), 12, room)
	s.text(s.future-6, 132, "now end", "now, "+date(s.now))
	for _, text := range []string{"forecast, if nothing more happens", "forecast"} {
		if s.now.Before(s.to) && width(text, 11) <= paper-edge-s.future-6 {
			s.text(s.future+6, 132, "small", text)
			break
		}
	}
	s.cursor = 138
}

// title is the lead's name, as far as the profile has one.
func (s *sheet) title() string {
	var parts []string
	for _, attribute := range []string{"name", "company"} {
		if text, ok := s.lead.Profile[attribute].(string); ok && strings.TrimSpace(text) != "" {
			parts = append(parts, line(text))
		}
	}
	if len(parts) == 0 {
		parts = []string{"Lead " + cmp.Or(line(s.lead.ID), "without an ID")}
	}
	return strings.Join(parts, ", ")
}

// line gives text of a lead as the library prints it: on one line, and in its order.
func line(text string) string {
	if text == "" {
		return ""
	}
	return qualify.Value{Kind: qualify.Text, Known: true, Text: text}.String()
}

func (s *sheet) caption() string {
	return fmt.Sprintf("Lead %s. Policy %s, version %s. Days begin at midnight UTC.",
		cmp.Or(line(s.lead.ID), "without an ID"), cmp.Or(s.policy.Name, "without a name"), cmp.Or(s.policy.Version, "none"))
}

// present says what holds now.
func (s *sheet) present() string {
	v, score := s.today.Verdict, s.today.Score
	text := date(s.now) + ": " + s.stage(v.Stage)
	if !v.Since.IsZero() {
		text += " since " + date(v.Since)
	}
	text += ", " + figure(score.Points) + " points"
	if score.Range.Low < score.Range.High {
		text += ", " + figure(score.Range.Low) + " to " + figure(score.Range.High) + " once what is unknown is known"
	}
	return text + "."
}

// prospect says what comes by itself, and what would be worth asking.
func (s *sheet) prospect() string {
	text := "If nothing more happens: "
	if s.first == nil {
		text += "no change."
	} else {
		text += strings.Join(s.news(s.state(s.now), s.first), ", ") + " from " + date(s.first.at)
		switch {
		case s.next == nil:
			text += "; the stage stays as it is."
		case s.next.at.After(s.first.at):
			text += "; " + s.stage(s.next.stage) + " from " + date(s.next.at) + "."
		default:
			text += "."
		}
	}
	for _, m := range s.today.Score.Unknown {
		if m.Question != "" {
			return text + " Worth asking: " + m.Question
		}
	}
	return text
}

// news says what is new in a change, compared with the one before.
func (s *sheet) news(before, now *change) []string {
	var all []string
	if now.stage != before.stage {
		all = append(all, s.stage(now.stage))
	}
	if now.overdue && !before.overdue {
		all = append(all, "too long in "+s.stage(now.stage))
	}
	for i, answer := range now.answers {
		if answer.word != before.answers[i].word {
			all = append(all, s.criterion(i)+" is "+answer.word)
		}
	}
	for i, band := range now.bands {
		if band != before.bands[i] {
			all = append(all, s.sum(i)+": "+cmp.Or(band, "without a grade"))
		}
	}
	return all
}

// sum gives a sum of a sample as people call it.
func (s *sheet) sum(i int) string {
	if i > 0 {
		g := s.today.Score.Groups[i-1]
		return cmp.Or(g.Label, g.Group)
	}
	for _, g := range s.policy.Groups {
		if g.ID == "total" && g.Label != "" {
			return g.Label
		}
	}
	return "Score"
}

// criterion gives a criterion as people call it.
func (s *sheet) criterion(i int) string {
	c := s.policy.Criteria[i]
	return cmp.Or(c.Label, c.ID)
}

// description tells the year to who does not see it.
func (s *sheet) description() string {
	text := s.caption() + " " + s.present()
	for _, m := range s.moves {
		text += " " + s.told(m) + "."
	}
	return text + " " + s.prospect()
}

// told says what a move is.
func (s *sheet) told(m *change) string {
	will := ""
	if m.at.After(s.now) {
		will = " (forecast)"
	}
	return date(m.at) + will + ": from " + s.stage(m.from) + " to " + s.stage(m.stage)
}

// why says what a move is, and what decided it.
func (s *sheet) why(m *change) string {
	lines := []string{s.told(m)}
	for _, r := range m.reasons {
		left := ""
		if r.stage != m.stage {
			left = "left " + s.stage(r.stage) + " "
		}
		lines = append(lines, left+"because "+r.text)
	}
	return strings.Join(lines, "\n")
}

// months labels the time axis.
func (s *sheet) months(baseline float64) {
	for _, c := range s.scale.cells() {
		left, right := s.scale.x(c.from), s.scale.x(c.to)
		if width(c.label, 11) <= right-left {
			s.text((left+right)/2, baseline, "small middle", c.label)
		}
	}
}

// stages draws the stage bands, with the moves onward dated above and the moves
// back below, as far as there is room.
func (s *sheet) stages() {
	bar := s.cursor + 20
	s.text(edge, bar+20, "head", "Stage")
	for _, b := range s.stretches(stageOf) {
		s.block(b, "Stage: "+s.stage(b.word), s.class(b.word), bar, barHeight)
		s.inside(b, s.stage(b.word), s.ink(b), bar+barHeight/2+4)
	}
	for _, b := range s.stretches(func(c *change) string { return strconv.FormatBool(c.overdue) }) {
		if b.word == "true" {
			class := "late"
			if !b.from.Before(s.now) {
				class += " forecast"
			}
			s.rect("In "+s.stage(b.change.stage)+" for longer than it should be\n"+s.span(b), class,
				s.scale.x(b.from), bar+barHeight-4, s.scale.x(b.to)-s.scale.x(b.from), 4)
		}
	}

	// Each with its arrow, which stands at the instant; at the edge, on its right.
	labels := make([]label, len(s.moves))
	for i, m := range s.moves {
		text, x, row := m.at.Format("2 Jan"), s.scale.x(m.at), 0
		if s.back(m) {
			row = 1
		}
		wide := arrowHalf + 3 + width(text, 12)
		left := x - arrowHalf
		if x+wide > paper-8 {
			left = x - wide
		}
		labels[i] = label{text, left, arrowHalf + wide, m.at.After(s.now), row}
	}
	place(labels, 2, 0, paper, 8)
	for i, m := range s.moves {
		l, x, y := labels[i], s.scale.x(m.at), bar-9
		if l.row < 0 {
			continue // its dot on the curve tells
		}
		if l.row == 1 {
			y = bar + barHeight + 9
		}
		s.arrow(s.why(m), x, y, s.back(m), m.at.After(s.now))
		if l.x+float64(l.width/2) > x {
			s.text(x+arrowHalf+3, y+4, "", l.text)
		} else {
			s.text(x-arrowHalf-3, y+4, "end", l.text)
		}
	}
	s.cursor = bar + barHeight + 34
	s.bar, s.plots = bar, s.cursor-8
}

// block draws a span of time, as a forecast if it is one.
func (s *sheet) block(b stretch, tip, class string, y, height float64) {
	left, right := s.scale.x(b.from), s.scale.x(b.to)
	tip += "\n" + s.span(b)
	if b.from.Before(s.now) {
		s.rect(tip, class, left, y, right-left, height)
		return
	}
	s.rect("", class+" forecast", left, y, right-left, height)
	s.rect(tip+", forecast", "hatch", left, y, right-left, height)
}

// inside writes a text into a span of time, cut if there is too little room for all
// of it. Fewer than four letters of it tell nothing.
func (s *sheet) inside(b stretch, text, class string, baseline float64) {
	left, right := s.scale.x(b.from), s.scale.x(b.to)
	if short := fit(text, 11, right-left-4); short == text || utf8.RuneCountInString(short) > 4 {
		s.text((left+right)/2, baseline, class, short)
	}
}

func (s *sheet) span(b stretch) string { return date(b.from) + " to " + date(b.to) }

// arrow points up or down: onward or back. That of a forecast is hollow.
func (s *sheet) arrow(tip string, x, y float64, back, forecast bool) {
	tall, class := 4.5, "shape"
	if back {
		tall = -tall
	}
	if forecast {
		class = "hollow"
	}
	s.leaf("path", tip, "class", class, "d", path([]point{{x - arrowHalf, y + tall}, {x + arrowHalf, y + tall}, {x, y - tall}})+"Z")
}

// back reports whether a move is one away from the goal.
func (s *sheet) back(m *change) bool {
	return m.move == "demote" || m.move == "exit" || m.stage == ""
}

// stage gives a stage as people call it.
func (s *sheet) stage(id string) string {
	if id == "" {
		return "Plain lead"
	}
	for _, stage := range s.policy.Stages {
		if stage.ID == id {
			return cmp.Or(stage.Label, id)
		}
	}
	return id
}

// class gives a stage its colour: those on the way grow stronger, and exits have
// colours of their own.
func (s *sheet) class(id string) string {
	way, exits := 0, 0
	for _, stage := range s.policy.Stages {
		class := "s" + strconv.Itoa(way%4+1)
		if stage.Exit {
			class = "x" + strconv.Itoa(exits%3+1)
			exits++
		} else {
			way++
		}
		if stage.ID == id {
			return class
		}
	}
	return "s0"
}

// ink is what can be read on a stage's colour.
func (s *sheet) ink(b stretch) string {
	if dark := []string{"s2", "s3", "x1"}; slices.Contains(dark, s.class(b.word)) && b.from.Before(s.now) {
		return "word middle light"
	}
	return "word middle"
}

// score draws the total with its range, the bands that the policy grades it by,
// and the moments at which the stage changed.
func (s *sheet) score() {
	y := s.panel(0, scoreTall, 7, s.bands("total"), "points")
	s.label(edge, s.cursor+12, "head", s.sum(0), 13, gutter-34)
	points, class := figure(s.today.Score.Points), "big"
	if width(points, 24) > gutter-20 {
		class = "head" // rather than to cut it
	}
	s.text(edge, s.cursor+42, class, points)
	note := "now"
	if s.today.Score.Band != "" {
		note += ", " + s.today.Score.Band
	}
	s.label(edge, s.cursor+60, "small", note, 11, gutter-34)
	if r := s.today.Score.Range; r.Low < r.High {
		s.label(edge, s.cursor+76, "small", figure(r.Low)+" to "+figure(r.High), 11, gutter-34)
	}
	for _, m := range s.moves {
		class := "dot " + s.class(m.stage)
		if m.at.After(s.now) {
			class += " forecast"
		}
		points := s.at(m.at).sums[0].points
		s.circle(s.why(m)+"\n"+figure(points)+" points", class, s.scale.x(m.at), y.y(points), 4.5)
	}
	s.cursor += scoreTall + 26
}

// groups draws each group's points, smaller.
func (s *sheet) groups() {
	for i, g := range s.today.Score.Groups {
		s.panel(i+1, groupTall, 3, s.bands(g.Group), "group")
		s.label(edge, s.cursor+14, "head", s.sum(i+1), 13, gutter-34)
		note := figure(g.Points)
		if g.Band != "" {
			note += ", " + g.Band
		}
		s.label(edge, s.cursor+31, "small", note, 11, gutter-34)
		s.cursor += groupTall + 16
	}
	s.cursor += 6
}

// bands gives the grades of a group.
func (s *sheet) bands(group string) []qualify.Band {
	for _, g := range s.policy.Groups {
		if g.ID == group {
			return g.Bands
		}
	}
	return nil
}

// at gives the sample at an instant.
func (y *year) at(t time.Time) sample {
	i, _ := slices.BinarySearchFunc(y.samples, t, func(s sample, t time.Time) int { return s.at.Compare(t) })
	return y.samples[min(i, len(y.samples)-1)]
}

// panel draws a sum over time, at the cursor: its scale, its grades, its range, and
// the line, which is a forecast from now on.
func (s *sheet) panel(i int, tall float64, about int, bands []qualify.Band, class string) linear {
	low, high := extent(s.samples, i)
	if low == high { // what never changes is seen against zero
		low, high = min(low, 0), max(high, 0)
	}
	marks := ticks(low, high, about)
	y := linear{marks[0], marks[len(marks)-1], s.cursor + tall, s.cursor}
	last := math.Inf(1)
	for n, mark := range marks {
		at := y.y(mark)
		line := "rule"
		if mark == 0 {
			line = "zero"
		}
		s.line(line, plotLeft, at, plotRight, at)
		// The ends always, and what keeps clear of them.
		if n == 0 || n == len(marks)-1 || last-at >= 13 && at-s.cursor >= 13 {
			s.text(plotLeft-8, at+3.5, "tiny end", tick(mark))
			last = at
		}
	}
	notes := []label{}
	for _, b := range bands {
		if b.From == nil || *b.From < y.low || *b.From > y.high {
			continue
		}
		s.line("bound", plotLeft, y.y(*b.From), plotRight, y.y(*b.From))
		// As the lines are above one another, the labels' places are measured downward.
		notes = append(notes, label{text: b.Label, x: y.y(*b.From), width: 10})
	}
	place(notes, 1, s.cursor, s.cursor+tall+10, 1)
	for _, n := range notes {
		if n.row == 0 {
			s.label(plotRight+6, n.x+3.5, "tiny", n.text, 10, paper-plotRight-10)
		}
	}

	var line, upper, lower []point
	flush := func(suffix string) {
		if len(line) > 1 {
			s.area("range"+suffix, simplify(upper), simplify(lower))
			s.polyline(class+suffix, simplify(line))
		}
	}
	for _, sample := range s.samples {
		x, sum := s.scale.x(sample.at), sample.sums[i]
		line = append(line, point{x, y.y(sum.points)})
		upper = append(upper, point{x, y.y(sum.High)})
		lower = append(lower, point{x, y.y(sum.Low)})
		if sample.at.Equal(s.now) {
			flush("")
			line, upper, lower = line[len(line)-1:], upper[len(upper)-1:], lower[len(lower)-1:]
		}
	}
	flush(" forecast")
	return y
}

// tick writes a round number.
func tick(f float64) string { return minus(number(f)) }

// lane is a line of the drawing for one kind of thing.
func (s *sheet) lane(name string) (middle float64) {
	middle = s.cursor + laneHeight/2
	s.label(edge, middle+4, "", name, 12, gutter)
	s.cursor += laneHeight
	return middle
}

// activities draws a lane for each type, with a mark for each day: the larger, the
// more happened.
func (s *sheet) activities() {
	days := s.days()
	if len(days) == 0 {
		return
	}
	for _, kind := range s.types(days) {
		middle := s.lane(s.signal(kind))
		s.line("rule", plotLeft, middle, plotRight, middle)
		for _, d := range days {
			if d.kind == kind {
				r := 3.5 + float64(1.5*math.Sqrt(float64(d.count-1)))
				tips := d.tips
				if more := d.count - len(tips); more > 0 {
					tips = append(slices.Clip(tips), fmt.Sprintf("and %d more", more))
				}
				s.circle(strings.Join(tips, "\n"), "mark", s.scale.x(d.at), middle, min(r, laneHeight/2-1))
			}
		}
	}
	s.cursor += 18
}

// visit is what happened of one type on one day.
type visit struct {
	kind  string
	at    time.Time // of the first
	count int
	tips  []string // of the first ones
}

// maxTips is how many activities of a mark are told.
const maxTips = 20

// days gathers the activities within the window, in their order.
func (s *sheet) days() []visit {
	known := slices.Clone(s.lead.Activities)
	slices.SortStableFunc(known, func(a, b qualify.Activity) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	type kindOnDay struct{ kind, day string }
	at := map[kindOnDay]int{} // where in all
	var all []visit
	for _, a := range known {
		if a.At.Before(s.from) || a.At.After(s.to) {
			continue
		}
		key := kindOnDay{a.Type, a.At.UTC().Format(time.DateOnly)}
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, visit{kind: a.Type, at: a.At.UTC()})
		}
		all[i].count++
		if len(all[i].tips) < maxTips {
			all[i].tips = append(all[i].tips, s.tip(a))
		}
	}
	return all
}

// types gives the types that occur, in the order of the policy's signals; those
// that it does not know come last.
func (s *sheet) types(days []visit) []string {
	var all []string
	for _, d := range days {
		if !slices.Contains(all, d.kind) {
			all = append(all, d.kind)
		}
	}
	order := func(kind string) int {
		i := slices.IndexFunc(s.policy.Signals, func(signal qualify.Signal) bool { return plain(signal, kind) })
		if i < 0 {
			return len(s.policy.Signals)
		}
		return i
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a, b)) })
	return all
}

// plain reports whether a signal is nothing but a type's name for people.
func plain(s qualify.Signal, kind string) bool {
	return s.Where == "" && s.Repeats == "" && s.Within == 0 && (len(s.Types) == 0 && s.ID == kind || len(s.Types) == 1 && s.Types[0] == kind)
}

// signal gives a type as people call it.
func (s *sheet) signal(kind string) string {
	for _, signal := range s.policy.Signals {
		if plain(signal, kind) {
			return cmp.Or(signal.Label, line(kind))
		}
	}
	return line(kind)
}

// tip says what an activity is.
func (s *sheet) tip(a qualify.Activity) string {
	text := a.At.UTC().Format("2 Jan 2006, 15:04") + ": " + s.signal(a.Type)
	if a.ID != "" {
		text += " " + line(a.ID)
	}
	if len(a.Props) > 0 {
		props, err := json.Marshal(a.Props) // in the order of the names
		if err != nil {
			props = []byte("(" + err.Error() + ")")
		}
		text += " " + line(string(props))
	}
	return text
}

// checklist draws what was known of each question over time.
func (s *sheet) checklist() {
	for i := range s.policy.Criteria {
		middle := s.lane(s.criterion(i))
		for _, b := range s.stretches(func(c *change) string { return c.answers[i].word }) {
			tip := append([]string{s.criterion(i) + ": " + b.word}, b.change.answers[i].facts...)
			s.block(b, strings.Join(tip, "\n"), b.word, middle-7.5, 15)
			s.inside(b, b.word, "word middle", middle+4)
		}
	}
	s.cursor += 8
}

// legend explains what is drawn, with a row for each part of the drawing.
func (s *sheet) legend() {
	x, y := 0.0, s.cursor
	row := func(name string) {
		if x > 0 {
			y += 24
		}
		x = plotLeft
		s.label(edge, y+4, "head", name, 13, gutter)
	}
	item := func(text string, room float64, swatch func(x, y float64)) {
		text = fit(text, 11, plotWidth-room-8)
		wide := room + 8 + width(text, 11)
		if x > plotLeft && x+wide > plotRight {
			x, y = plotLeft, y+24
		}
		swatch(x, y)
		s.text(x+room+8, y+4, "small", text)
		x += wide + 16
	}
	box := func(classes ...string) func(x, y float64) {
		return func(x, y float64) {
			for _, class := range classes {
				s.rect("", class, x, y-6, 22, 12)
			}
		}
	}
	line := func(class string) func(x, y float64) {
		return func(x, y float64) { s.line(class, x, y, x+22, y) }
	}

	row("Stage")
	var seen []string
	for _, b := range s.stretches(stageOf) {
		if !slices.Contains(seen, b.word) {
			seen = append(seen, b.word)
			item(s.stage(b.word), 22, box(s.class(b.word)))
		}
	}
	item("forecast", 22, box("s1 forecast", "hatch"))
	item("moved onward", 10, func(x, y float64) { s.arrow("", x+5, y, false, false) })
	item("moved back", 10, func(x, y float64) { s.arrow("", x+5, y, true, false) })
	item("will move", 10, func(x, y float64) { s.arrow("", x+5, y, true, true) })
	item("too long", 22, func(x, y float64) { s.rect("", "late", x, y-2, 22, 4) })

	row(s.sum(0))
	item("points", 22, line("points"))
	item("forecast", 22, line("points forecast"))
	item("if what is unknown were known", 22, box("range"))
	item("where a grade begins", 22, line("bound"))
	item("the stage moved", 10, func(x, y float64) { s.circle("", "dot s0", x+5, y, 4.5) })

	row("Activities")
	item("one", 7, func(x, y float64) { s.circle("", "mark", x+3.5, y, 3.5) })
	item("several of one kind on one day", 12, func(x, y float64) { s.circle("", "mark", x+6, y, 6) })

	if len(s.policy.Criteria) > 0 {
		row("Answers")
		for _, a := range []qualify.Answer{qualify.Yes, qualify.No, qualify.Unknown, qualify.Disputed} {
			item(a.String(), 22, box(a.String()))
		}
	}
	s.cursor = y + 30
}

// date writes a day.
func date(t time.Time) string { return t.Format("2 Jan 2006") }
