package qualifytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// expectations are the words that a line of expectations begins with.
var expectations = []string{"stage", "score", "rating", "band", "rule", "checklist", "blocked", "ask", "missing", "until", "next", "due", "overdue", "not", "issue"}

// expectation reads a line of them.
func (p *parser) expectation(words []word, text string) (expectation, bool) {
	e := expectation{line: p.line}
	rest := words[1:]
	if words[0].pair {
		p.fail("%q stands where there is nothing to be equal: write a space behind it", words[0].text)
		return e, false
	}
	whole := strings.TrimSpace(uncomment(text)) // as it stands: conditions are not words
	_, tail, _ := strings.Cut(whole, words[0].text)
	tail = plain(strings.TrimSpace(tail))
	switch words[0].text {
	case "stage", "score", "rating", "band", "rule", "until", "next", "due", "overdue", "not":
		for _, w := range rest {
			if w.pair && strings.Trim(w.text, "<>") != "" {
				p.fail("%s=%s stands where there is nothing to be equal: write %s %s %s", w.text, w.value, words[0].text, w.text, w.value)
				return e, false
			}
		}
	}
	switch words[0].text {
	case "stage":
		e.check = p.expectStage(rest)
	case "score":
		e.check = p.expectScore(rest)
	case "rating":
		e.check = p.expectLabel(rest, func(o *outcome) string { return o.Score.Rating }, "rating")
	case "band":
		e.check = p.expectBand(rest)
	case "rule":
		e.check = p.expectRule(rest)
		if len(rest) > 0 {
			e.rule = rest[0].text
		}
	case "checklist":
		e.check = p.expectAnswers(rest)
	case "blocked":
		e.check = p.expectBlocker(tail)
	case "ask":
		e.check = p.expectAsk(tail)
	case "missing":
		e.check = p.expectMissing(tail)
	case "until":
		e.check = p.expectInstant(rest, "until", func(o *outcome) time.Time { return o.Until })
	case "next":
		e.check = p.expectInstant(rest, "next", func(o *outcome) time.Time { return o.next() })
	case "due":
		e.check = p.expectInstant(rest, "due", func(o *outcome) time.Time { return o.Verdict.Due })
	case "overdue":
		e.check = p.expectOverdue(rest, true)
	case "not":
		if len(rest) != 1 || rest[0].text != "overdue" {
			p.fail("not goes with overdue only")
			return e, false
		}
		e.check = p.expectOverdue(nil, false)
	case "issue":
		e.check = p.expectIssue(tail)
	default:
		known := append([]string{"lead", "in", "at", "scenario"}, expectations...)
		p.fail("%s is no word of the language: facts begin with lead, in or an instant; what is expected with %s",
			suggestion(words[0].text, known...), strings.Join(expectations, ", "))
	}
	return e, e.check != nil
}

type check = func(*outcome) (got string, ok bool)

// moves are the moves of a verdict.
var moves = []string{"none", "enter", "promote", "demote", "exit", "return"}

func (p *parser) expectStage(words []word) check {
	if len(words) < 1 || len(words) > 2 {
		p.fail("stage takes a stage or none, and perhaps the move: stage mql (enter)")
		return nil
	}
	move := ""
	if _, none := label(words[0]); !none && !p.known("stage", words[0].text, stageIDs(p.policy)) {
		return nil
	}
	if len(words) == 2 {
		move = strings.TrimSuffix(strings.TrimPrefix(words[1].text, "("), ")")
		if !slices.Contains(moves, move) {
			p.fail("there is no move %s: the moves are %s", suggestion(move, moves...), strings.Join(moves, ", "))
			return nil
		}
	}
	want, none := label(words[0])
	return func(o *outcome) (string, bool) {
		line := "stage " + labelled(o.Verdict.Stage)
		if move != "" {
			line += " (" + string(o.Verdict.Move) + ")"
		}
		return line, o.Verdict.Stage == want && (want != "" || none) && (move == "" || qualify.Move(move) == o.Verdict.Move)
	}
}

func (p *parser) expectScore(words []word) check {
	group := ""
	if len(words) > 0 && !isBounds(words[0]) {
		group, words = words[0].text, words[1:]
		if !p.known("group", group, append(groupIDs(p.policy), "total")) {
			return nil
		}
	}
	in, ok := p.bounds(words, "score")
	if !ok {
		return nil
	}
	return func(o *outcome) (string, bool) {
		points, line := o.Score.Points, "score "
		if group != "" {
			line += groupID(group) + " "
			for _, g := range o.Score.Groups {
				if g.Group == group {
					points = g.Points
				}
			}
		}
		return line + number(points), in(points)
	}
}

func (p *parser) expectBand(words []word) check {
	if len(words) == 1 {
		return p.expectLabel(words, func(o *outcome) string { return o.Score.Band }, "band")
	}
	if len(words) != 2 || !p.known("group", words[0].text, append(groupIDs(p.policy), "total")) {
		if len(words) != 2 {
			p.fail("band takes a label, or a group and a label: band fit A")
		}
		return nil
	}
	group := words[0].text
	return p.expectLabel(words[1:], func(o *outcome) string {
		for _, g := range o.Score.Groups {
			if g.Group == group {
				return g.Band
			}
		}
		return o.Score.Band
	}, "band "+quote(group))
}

// expectLabel compares a label; none is a blank one.
func (p *parser) expectLabel(words []word, of func(*outcome) string, what string) check {
	if len(words) != 1 {
		p.fail("%s takes one label, or none", what)
		return nil
	}
	want, none := label(words[0])
	return func(o *outcome) (string, bool) {
		got := of(o)
		return what + " " + labelled(got), got == want && (want != "" || none)
	}
}

// label reads a label or an ID; none without quotation marks is a blank one.
func label(w word) (text string, none bool) {
	if w.text == "none" && !w.quoted {
		return "", true
	}
	return w.text, false
}

// labelled writes what label reads.
func labelled(s string) string {
	switch s {
	case "":
		return "none"
	case "none":
		return `"none"`
	}
	return quote(s)
}

// plain reads the rest of a line, in quotation marks if it must be.
func plain(s string) string {
	if text, err := strconv.Unquote(s); err == nil && strings.HasPrefix(s, `"`) {
		return text
	}
	return s
}

// written writes what plain reads, on a line.
func written(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.Contains(s, "#") || strings.Count(s, `"`)%2 != 0 || plain(s) != s {
		return strconv.Quote(s)
	}
	return s
}

func (p *parser) expectRule(words []word) check {
	if len(words) == 0 {
		p.fail("rule takes the ID of a rule, and perhaps the points: rule demo 30")
		return nil
	}
	id := words[0].text
	var ids []string
	for _, r := range p.policy.Rules {
		ids = append(ids, r.ID)
	}
	if !p.known("rule", id, ids) {
		return nil
	}
	in := func(points float64) bool { return points != 0 }
	if len(words) > 1 {
		var ok bool
		if in, ok = p.bounds(words[1:], "rule"); !ok {
			return nil
		}
	}
	return func(o *outcome) (string, bool) {
		i := slices.IndexFunc(o.Score.Contributions, func(c qualify.Contribution) bool { return c.Rule == id })
		points := o.Score.Contributions[i].Points
		return "rule " + quote(id) + " " + number(points), in(points)
	}
}

func (p *parser) expectAnswers(words []word) check {
	if len(words) == 0 {
		p.fail("checklist takes criteria with their answers: checklist need=yes budget=unknown")
		return nil
	}
	var ids []string
	for _, c := range p.policy.Criteria {
		ids = append(ids, c.ID)
	}
	for _, w := range words {
		var a qualify.Answer
		if !w.pair {
			p.fail("%q is no answer: write criterion=answer", w.text)
			return nil
		}
		if !p.known("criterion", w.text, ids) {
			return nil
		}
		if err := a.UnmarshalText([]byte(w.value)); err != nil {
			p.fail("there is no answer %s: it is yes, no, unknown or disputed", suggestion(w.value, "yes", "no", "unknown", "disputed"))
			return nil
		}
	}
	return func(o *outcome) (string, bool) {
		line, ok := "checklist", true
		for _, w := range words {
			got := o.Checklist.Answer(w.text).String()
			line += " " + quote(w.text) + "=" + got
			ok = ok && got == w.value
		}
		return line, ok
	}
}

func (p *parser) expectBlocker(want string) check {
	if want == "" {
		p.fail("blocked takes what is in the way, as a verdict prints it: blocked score() >= 40, or blocked nothing")
		return nil
	}
	return p.oneOf("blocked", want, "nothing", func(o *outcome) (all []string) {
		for _, b := range o.Verdict.Blockers {
			all = append(all, b.Fact+" "+b.Want)
		}
		return all
	})
}

func (p *parser) expectAsk(want string) check {
	if want == "" {
		p.fail("ask takes a question, or nothing")
		return nil
	}
	return p.oneOf("ask", want, "nothing", func(o *outcome) (all []string) {
		for _, b := range o.Verdict.Blockers {
			for _, q := range b.Ask {
				if !slices.Contains(all, q) {
					all = append(all, q)
				}
			}
		}
		return all
	})
}

func (p *parser) expectMissing(want string) check {
	if want == "" {
		p.fail("missing takes an unknown fact, such as lead.title, or nothing")
		return nil
	}
	return p.oneOf("missing", want, "nothing", func(o *outcome) (all []string) {
		for _, m := range o.Score.Missing {
			all = append(all, m.Fact)
		}
		return all
	})
}

func (p *parser) expectIssue(want string) check {
	if want == "" {
		p.fail("issue takes a problem and a field, such as issue wrong_kind lead.employees, or none")
		return nil
	}
	return p.oneOf("issue", want, "none", func(o *outcome) (all []string) {
		for _, i := range o.Issues {
			all = append(all, string(i.Problem)+" "+i.Field)
		}
		return all
	})
}

// oneOf expects one of several texts, or that there is none. Where it is not there, got
// gives all that are, on a line each.
func (p *parser) oneOf(what, want, none string, of func(*outcome) []string) check {
	return func(o *outcome) (string, bool) {
		var all []string
		for _, text := range of(o) {
			all = append(all, what+" "+written(text))
		}
		if len(all) == 0 {
			return what + " " + none, want == none
		}
		if line := what + " " + written(want); slices.Contains(all, line) {
			return line, true
		}
		return strings.Join(all, "\n"), false
	}
}

func (p *parser) expectInstant(words []word, what string, of func(*outcome) time.Time) check {
	want, never := time.Time{}, len(words) == 1 && words[0].text == "never"
	if !never {
		var ok bool
		if want, ok = instant(join(words), p.now); !ok {
			p.fail("%s takes an instant, such as +30d, or never", what)
			return nil
		}
	}
	return func(o *outcome) (string, bool) {
		got := of(o)
		if got.IsZero() {
			return what + " never", never
		}
		return what + " " + offset(got, o.now), !never && got.Equal(want)
	}
}

func (p *parser) expectOverdue(words []word, want bool) check {
	if len(words) > 0 {
		p.fail("overdue stands alone")
		return nil
	}
	return func(o *outcome) (string, bool) {
		if o.Verdict.Overdue {
			return "overdue", want
		}
		return "not overdue", !want
	}
}

// isBounds reports whether a word begins what bounds reads.
func isBounds(w word) bool {
	if w.quoted {
		return false
	}
	_, err := strconv.ParseFloat(w.text, 64)
	return err == nil || strings.Contains(w.text, "..") || slices.Contains([]string{">=", "<=", ">", "<"}, w.text)
}

// bounds reads 42, 40..50, or >= 40.
func (p *parser) bounds(words []word, what string) (func(float64) bool, bool) {
	text := ""
	for i, w := range words {
		if i > 0 && (i > 1 || strings.Trim(text, "<>=") != "") {
			text += " " // one number, or one behind a sign
		}
		text += w.text
		if w.pair {
			text += "=" + w.value
		}
	}
	for _, op := range []string{">=", "<=", ">", "<"} {
		rest, ok := strings.CutPrefix(text, op)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(rest, 64)
		if err != nil {
			break
		}
		return func(x float64) bool {
			switch op {
			case ">=":
				return x >= n
			case "<=":
				return x <= n
			case ">":
				return x > n
			}
			return x < n
		}, true
	}
	if low, high, ok := strings.Cut(text, ".."); ok {
		lo, err := strconv.ParseFloat(low, 64)
		hi, err2 := strconv.ParseFloat(high, 64)
		if err == nil && err2 == nil && lo <= hi {
			return func(x float64) bool { return lo <= x && x <= hi }, true
		}
	} else if n, err := strconv.ParseFloat(text, 64); err == nil {
		return func(x float64) bool { return x == n }, true
	}
	p.fail("%s takes points, or bounds of them: 42, 40..50, >= 40; not %q", what, text)
	return nil, false
}

func groupIDs(p qualify.Policy) (ids []string) {
	for _, g := range p.Groups {
		ids = append(ids, g.ID)
	}
	for _, r := range p.Rules {
		if r.Group != "" && !slices.Contains(ids, r.Group) {
			ids = append(ids, r.Group)
		}
	}
	return ids
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// groupID writes the ID of a group behind score, where it must not look like points.
func groupID(id string) string {
	if isBounds(word{text: id}) {
		return strconv.Quote(id)
	}
	return quote(id)
}

// quote puts a word in quotation marks if it needs them.
func quote(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\"'=#") {
		return fmt.Sprintf("%q", s)
	}
	return s
}
