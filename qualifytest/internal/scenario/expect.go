package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// expectations are the words that a line of expectations begins with.
var expectations = []string{"stage", "score", "rating", "band", "rule", "checklist", "blocked", "ask", "unknown", "until", "next", "due", "overdue", "not", "issue"}

// expectation reads a line of them.
func (p *parser) expectation(words []word) (expectation, bool) {
	e := expectation{line: p.line, end: p.source.end}
	rest := words[1:]
	switch words[0].text {
	case "stage", "score", "rating", "band", "rule", "until", "next", "due", "overdue", "not":
		for _, w := range rest {
			if w.pair && strings.Trim(w.text, "<>") != "" {
				p.failAt(w.from, "%s=%s stands where there is nothing to be equal: write %s %s %s", w.text, w.value, words[0].text, w.text, w.value)
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
		e.list = p.expectBlocker(rest)
	case "ask":
		e.list = p.expectAsk(rest)
	case "unknown":
		e.list = p.expectMissing(rest)
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
			p.fail(rest, "not goes with overdue only")
			return e, false
		}
		e.check = p.expectOverdue(nil, false)
	case "issue":
		e.list = p.expectIssue(rest)
	default:
		known := append([]string{"lead", "in", "at", "scenario"}, expectations...)
		p.fail(words, "%s is no word of the language: facts begin with lead, in or an instant; what is expected with %s",
			suggestion(words[0].text, known...), strings.Join(expectations, ", "))
	}
	if l := e.list; l != nil {
		e.check = func(o *outcome) (string, bool) { return l.check(o) }
	}
	return e, e.check != nil
}

// all writes words anew that follow each other.
func all(words []word, text string) rewrite {
	return rewrite{words[0].from, words[len(words)-1].to, text}
}

type check = func(*outcome) (got string, ok bool)

// moves are the moves of a verdict.
var moves = []string{"none", "enter", "promote", "demote", "exit", "return"}

func (p *parser) expectStage(words []word) check {
	if len(words) < 1 || len(words) > 2 {
		p.fail(words, "stage takes a stage or none, and perhaps the move: stage mql (enter)")
		return nil
	}
	move := ""
	if _, none := label(words[0]); !none && !p.known("stage", words[0], stageIDs(p.policy)) {
		return nil
	}
	if len(words) == 2 {
		move = strings.TrimSuffix(strings.TrimPrefix(words[1].text, "("), ")")
		if !slices.Contains(moves, move) {
			p.fail(words[1:], "there is no move %s: the moves are %s", suggestion(move, moves...), strings.Join(moves, ", "))
			return nil
		}
	}
	want, none := label(words[0])
	source := p.source
	return func(o *outcome) (string, bool) {
		var rewrites []rewrite
		if o.Verdict.Stage != want || want == "" && !none {
			rewrites = append(rewrites, words[0].becomes(labelled(o.Verdict.Stage)))
		}
		if move != "" && qualify.Move(move) != o.Verdict.Move {
			rewrites = append(rewrites, words[1].becomes("("+string(o.Verdict.Move)+")"))
		}
		return source.with(rewrites...), len(rewrites) == 0
	}
}

func (p *parser) expectScore(words []word) check {
	group := ""
	if len(words) > 0 && !isBounds(words[0]) {
		named := words[0]
		group, words = named.text, words[1:]
		if !p.known("group", named, append(groupIDs(p.policy), "total")) {
			return nil
		}
	}
	in, ok := p.bounds(words, "score")
	if !ok {
		return nil
	}
	source := p.source
	return func(o *outcome) (string, bool) {
		points := o.Score.Points
		for _, g := range o.Score.Groups {
			if g.Group == group {
				points = g.Points
			}
		}
		return source.with(all(words, Number(points))), in(points)
	}
}

func (p *parser) expectBand(words []word) check {
	if len(words) == 1 {
		return p.expectLabel(words, func(o *outcome) string { return o.Score.Band }, "band")
	}
	if len(words) != 2 || !p.known("group", words[0], append(groupIDs(p.policy), "total")) {
		if len(words) != 2 {
			p.fail(words, "band takes a label, or a group and a label: band fit A")
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
	}, "band")
}

// expectLabel compares a label; none is a blank one.
func (p *parser) expectLabel(words []word, of func(*outcome) string, what string) check {
	if len(words) != 1 {
		p.fail(words, "%s takes one label, or none", what)
		return nil
	}
	want, none := label(words[0])
	source := p.source
	return func(o *outcome) (string, bool) {
		got := of(o)
		return source.with(words[0].becomes(labelled(got))), got == want && (want != "" || none)
	}
}

func (p *parser) expectRule(words []word) check {
	if len(words) == 0 {
		p.fail(words, "rule takes the ID of a rule, and perhaps the points: rule demo 30")
		return nil
	}
	id := words[0].text
	var ids []string
	for _, r := range p.policy.Rules {
		ids = append(ids, r.ID)
	}
	if !p.known("rule", words[0], ids) {
		return nil
	}
	in := func(points float64) bool { return points != 0 }
	if len(words) > 1 {
		var ok bool
		if in, ok = p.bounds(words[1:], "rule"); !ok {
			return nil
		}
	}
	source := p.source
	return func(o *outcome) (string, bool) {
		i := slices.IndexFunc(o.Score.Contributions, func(c qualify.Contribution) bool { return c.Rule == id })
		points := o.Score.Contributions[i].Points
		now := rewrite{source.end, source.end, " " + Number(points)}
		if len(words) > 1 {
			now = all(words[1:], Number(points))
		}
		return source.with(now), in(points)
	}
}

func (p *parser) expectAnswers(words []word) check {
	if len(words) == 0 {
		p.fail(words, "checklist takes criteria with their answers: checklist need=yes budget=unknown")
		return nil
	}
	var ids []string
	for _, c := range p.policy.Criteria {
		ids = append(ids, c.ID)
	}
	for _, w := range words {
		var a qualify.Answer
		if !w.pair {
			p.failAt(w.from, "%q is no answer: write criterion=answer", w.text)
			return nil
		}
		if !p.known("criterion", w, ids) {
			return nil
		}
		if err := a.UnmarshalText([]byte(w.value)); err != nil {
			p.failAt(w.valueFrom, "there is no answer %s: it is yes, no, unknown or disputed", suggestion(w.value, "yes", "no", "unknown", "disputed"))
			return nil
		}
	}
	source := p.source
	return func(o *outcome) (string, bool) {
		var rewrites []rewrite
		for _, w := range words {
			if got := o.Checklist.Answer(w.text).String(); got != w.value {
				rewrites = append(rewrites, rewrite{w.valueFrom, w.to, got})
			}
		}
		return source.with(rewrites...), len(rewrites) == 0
	}
}

func (p *parser) expectBlocker(words []word) *list {
	if words[0].text == "" {
		p.fail(words, "blocked takes what is in the way, as expressions write it: blocked score() >= 40, or blocked nothing")
		return nil
	}
	return p.oneOf(words[0], "nothing", func(o *outcome) (all []string) {
		for _, b := range o.Verdict.Blockers {
			all = append(all, b.Fact+" "+b.Want)
		}
		return all
	})
}

func (p *parser) expectAsk(words []word) *list {
	if words[0].text == "" {
		p.fail(words, "ask takes a question, or nothing")
		return nil
	}
	return p.oneOf(words[0], "nothing", func(o *outcome) (all []string) {
		for _, b := range o.Verdict.Blockers {
			for _, q := range b.Questions {
				if !slices.Contains(all, q) {
					all = append(all, q)
				}
			}
		}
		return all
	})
}

func (p *parser) expectMissing(words []word) *list {
	if words[0].text == "" {
		p.fail(words, "unknown takes an unknown fact, such as lead.title, or nothing")
		return nil
	}
	return p.oneOf(words[0], "nothing", func(o *outcome) (all []string) {
		for _, m := range o.Score.Unknown {
			all = append(all, m.Fact)
		}
		return all
	})
}

func (p *parser) expectIssue(words []word) *list {
	if words[0].text == "" {
		p.fail(words, "issue takes a problem and a field, such as issue wrong_kind lead.employees, or none")
		return nil
	}
	return p.oneOf(words[0], "none", func(o *outcome) (all []string) {
		for _, i := range o.Issues {
			all = append(all, string(i.Problem)+" "+i.Field)
		}
		return all
	})
}

// list is what a line expects that names one of several texts, or says that there is none.
type list struct {
	source source
	word   word   // what the line names
	want   string // as it is written
	all    func(*outcome) []string
}

func (p *parser) oneOf(named word, none string, of func(*outcome) []string) *list {
	l := &list{source: p.source, word: named, want: written(named.text, none)}
	if named.text == none && !named.quoted {
		l.want = none
	}
	l.all = func(o *outcome) (all []string) {
		for _, text := range of(o) {
			if text = written(text, none); !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
		if all == nil {
			all = []string{none}
		}
		return all
	}
	return l
}

// check gives all that the line could name, on a line each.
func (l *list) check(o *outcome) (got string, ok bool) {
	var lines []string
	texts := l.all(o)
	for _, text := range texts {
		lines = append(lines, l.source.with(l.word.becomes(text)))
	}
	return strings.Join(lines, "\n"), slices.Contains(texts, l.want)
}

func (p *parser) expectInstant(words []word, what string, of func(*outcome) time.Time) check {
	want, never := time.Time{}, len(words) == 1 && words[0].text == "never"
	if !never {
		var ok bool
		if want, ok = instant(join(words), p.Now); !ok {
			p.fail(words, "%s takes an instant, such as +30d, or never", what)
			return nil
		}
	}
	source := p.source
	return func(o *outcome) (string, bool) {
		got := of(o)
		if got.IsZero() {
			return source.with(all(words, "never")), never
		}
		return source.with(all(words, offset(got, o.now))), !never && got.Equal(want)
	}
}

func (p *parser) expectOverdue(words []word, want bool) check {
	if len(words) > 0 {
		p.fail(words, "overdue stands alone")
		return nil
	}
	line := p.source
	return func(o *outcome) (string, bool) {
		now := "overdue"
		if !o.Verdict.Overdue {
			now = "not overdue"
		}
		return line.with(all(line.words, now)), o.Verdict.Overdue == want
	}
}

// isBounds reports whether a word begins what bounds reads.
func isBounds(w word) bool {
	if w.quoted {
		return false
	}
	behind := strings.TrimLeft(w.text, "<>=")
	_, err := decimal(behind)
	return err == nil || strings.Contains(w.text, "..") || behind == "" && w.text != ""
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
		n, err := decimal(rest)
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
		lo, err := decimal(low)
		hi, err2 := decimal(high)
		if err == nil && err2 == nil && lo <= hi {
			return func(x float64) bool { return lo <= x && x <= hi }, true
		}
	} else if n, err := decimal(text); err == nil {
		return func(x float64) bool { return x == n }, true
	}
	p.fail(words, "%s takes points, or bounds of them: 42, 40..50, >= 40; not %q", what, text)
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

// decimal reads a number as points are written: 40, -2.5, 1e6.
func decimal(s string) (float64, error) {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

// Number writes points, and any other number.
func Number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// groupID writes the ID of a group behind score, where it must not look like points.
func groupID(id string) string {
	if isBounds(word{text: id}) {
		return strconv.Quote(id)
	}
	return Quote(id)
}
