package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify"
)

const (
	lineWidth = 100
	questions = 5        // at most, for one lead
	glue      = "\u00a0" // a blank at which no line ends
)

// page is a sheet in the making, with the policy's words for people at hand.
type page struct {
	strings.Builder
	policy qualify.Policy
	stages map[string]qualify.Stage
}

// sheet lays the ranking out: how to read it, a line for each lead, and then
// some leads in full, or all of them.
func sheet(policy qualify.Policy, ranking []ranked, at time.Time, all bool) string {
	p := &page{policy: policy, stages: map[string]qualify.Stage{}}
	for _, s := range policy.Stages {
		p.stages[s.ID] = s
	}
	p.legend(len(ranking), at)
	p.table(ranking)
	if all {
		for i := range ranking {
			p.detail(i+1, &ranking[i])
		}
		return p.String()
	}
	for _, i := range inFull(ranking) {
		p.detail(i+1, &ranking[i])
	}
	if more := len(ranking) - most; more > 0 {
		fmt.Fprintf(p, "\n%d more: -all prints them in full.\n", more)
	}
	return p.String()
}

func (p *page) legend(leads int, at time.Time) {
	all := "1 lead"
	if leads != 1 {
		all = strconv.Itoa(leads) + " leads"
	}
	fmt.Fprintf(p, "%s, policy %s: %s as of %s UTC\n\n", p.policy.Name, p.policy.Version, all, at.UTC().Format("2006-01-02 15:04"))
	if p.policy.Note != "" {
		p.wrap("", p.policy.Note)
		p.WriteByte('\n')
	}
	way, out := []string{"plain lead"}, []string{}
	for _, s := range p.policy.Stages {
		if s.Exit {
			out = append(out, p.stage(s.ID))
		} else {
			way = append(way, p.stage(s.ID))
		}
	}
	stages := "the way is " + strings.Join(way, " > ") + "."
	if len(out) > 0 {
		stages += " Out of the way: " + strings.Join(out, ", ") + "."
	}
	p.wrap("Stage   ", stages)
	p.wrap("Move    ", "what changed since the stage that the lead came with.")
	p.wrap("Points  ", "what the facts known today add up to.")
	p.wrap("Range   ", "the least and the most points there could be, once what is unknown becomes known.")
	var grades []string
	for _, g := range p.policy.Groups {
		if !slices.Contains(p.policy.Rating, g.ID) {
			continue
		}
		var labels []string
		for i, b := range slices.Backward(g.Bands) {
			if from := "from " + figure(deref(b.From)); i > 0 || b.From != nil {
				labels = append(labels, b.Label+" "+from)
			} else {
				labels = append(labels, b.Label+" below")
			}
		}
		grades = append(grades, cmp.Or(g.Label, g.ID)+" ("+strings.Join(labels, ", ")+")")
	}
	if len(grades) > 0 {
		p.wrap("Rating  ", "the grades for "+strings.Join(grades, " and ")+".")
	}
	var criteria []string
	for _, c := range p.policy.Criteria {
		criteria = append(criteria, cmp.Or(c.Label, c.ID))
	}
	if len(criteria) > 0 {
		p.wrap(fmt.Sprintf("%-8s", p.initials()), strings.Join(criteria, ", ")+": y is yes, n is no, ? nobody knows, ! the facts disagree.")
	}
	p.WriteByte('\n')
}

func (p *page) table(ranking []ranked) {
	const row = "%2s  %-4s %-20s %-20s %-8s %6s  %-10s  %-6s  %s\n"
	fmt.Fprintf(p, row, "#", "Lead", "Name", "Stage", "Move", "Points", "Range", "Rating", p.initials())
	for i, r := range ranking {
		var answers strings.Builder
		for _, c := range r.Checklist {
			answers.WriteString(map[qualify.Answer]string{qualify.Yes: "y", qualify.No: "n", qualify.Unknown: "?", qualify.Disputed: "!"}[c.Answer])
		}
		move := r.Verdict.Move
		if move == "none" {
			move = "-"
		}
		fmt.Fprintf(p, row, strconv.Itoa(i+1), line(r.Lead), r.name(), p.stage(r.Verdict.Stage), move,
			figure(r.Score.Points), r.Score.Range, r.Score.Rating, answers.String())
	}
}

// initials heads the column of the checklist: BANT.
func (p *page) initials() string {
	var b strings.Builder
	for _, c := range p.policy.Criteria {
		r, _ := utf8.DecodeRuneInString(cmp.Or(c.Label, c.ID))
		b.WriteRune(r)
	}
	return b.String()
}

func (p *page) detail(number int, r *ranked) {
	title := fmt.Sprintf("%d. %s", number, r.name())
	if company, _ := r.lead.Profile["company"].(string); company != "" {
		title += ", " + line(company)
	}
	fmt.Fprintf(p, "\n%s (%s)\n", title, line(r.Lead))
	if note, _ := r.lead.Profile["note"].(string); note != "" {
		p.wrap("    ", line(note))
	}
	p.verdict(&r.Verdict)
	p.points(&r.Score)
	p.checklist(r.Checklist)
	p.next(r)
	for i, issue := range r.Issues {
		p.item("Set aside", i, issue.String())
	}
}

func (p *page) verdict(v *qualify.Verdict) {
	stage := p.stage(v.Stage)
	switch from := p.stage(v.From); v.Move {
	case "none":
		if !v.Since.IsZero() && v.Stage != "" {
			stage += ", since " + v.Since.Format(time.DateOnly)
		}
	case "enter":
		stage += ", new"
	case "promote":
		stage += ", promoted from " + from
	case "demote":
		stage += ", demoted from " + from
	case "exit":
		stage += ", out of the way now; was " + from
	case "return":
		stage += ", back from " + from
	}
	for _, s := range v.Skipped {
		stage += ", passing over " + p.stage(s)
	}
	if v.Overdue {
		stage += "; should have moved on by " + v.Due.Format(time.DateOnly)
	} else if !v.Due.IsZero() {
		stage += "; should move on by " + v.Due.Format(time.DateOnly)
	}
	p.item("Stage", 0, stage)
	for i, r := range v.Reasons {
		text := "left " + p.stage(r.Stage) + ": "
		if r.Stage == v.Stage {
			text = ""
		}
		p.item("Why", i, text+r.String())
	}
}

func (p *page) points(s *qualify.Score) {
	total := figure(s.Points)
	if s.Range.Low != s.Range.High {
		total += ", and " + s.Range.String() + " once what is unknown is known"
	}
	if s.Rating != "" {
		total += "; rating " + s.Rating
	}
	p.item("Points", 0, total)
	for _, g := range s.Groups {
		text := figure(g.Points)
		if paid := paid(s, g.Group); paid != "" {
			text += " = " + paid
		}
		if g.Lost != 0 {
			text += "; together " + figure(g.Raw) + ", counted as " + figure(g.Points)
		}
		p.item("  "+cmp.Or(g.Label, g.Group), 0, text)
	}
	if paid := paid(s, "total"); paid != "" {
		p.item("  in no group", 0, paid)
	}
}

// paid lists the rules of a group that paid or cost something.
func paid(s *qualify.Score, group string) string {
	var rules []string
	for _, c := range s.Contributions {
		if c.Group != group || c.Points == 0 {
			continue
		}
		text := signed(c.Points) + glue + cmp.Or(c.Label, c.Rule)
		if c.Count > 1 {
			text += fmt.Sprintf(" (%d%stimes)", c.Count, glue)
		}
		rules = append(rules, text)
	}
	return strings.Join(rules, ", ")
}

// checklist gives the answers in a line, and what speaks for those that stand
// in the way.
func (p *page) checklist(checks qualify.Checklist) {
	var answers []string
	for _, c := range checks {
		answers = append(answers, cmp.Or(c.Label, c.Criterion)+" "+c.Answer.String())
	}
	if len(answers) == 0 {
		return
	}
	p.item("Checklist", 0, strings.Join(answers, ", "))
	for _, c := range checks {
		if c.Answer != qualify.No && c.Answer != qualify.Disputed {
			continue
		}
		var facts []string
		for _, v := range c.Facts {
			facts = append(facts, value(v))
		}
		p.item("", 0, cmp.Or(c.Label, c.Criterion)+" is "+c.Answer.String()+": "+strings.Join(facts, ", "))
	}
}

// next gives what separates the lead from the next stage, and the questions
// that would bring it on: first those of the stage, then those of the points.
func (p *page) next(r *ranked) {
	for i, b := range r.Verdict.Blockers {
		text := b.String()
		if i == 0 {
			text = "for " + p.stage(b.Stage) + ", " + text
		}
		p.item("Missing", i, text)
	}
	if p.stages[r.Verdict.Stage].Exit {
		return
	}
	var ask []string
	add := func(question string) {
		if question != "" && !slices.Contains(ask, question) {
			ask = append(ask, question)
		}
	}
	for _, b := range r.Verdict.Blockers {
		for _, question := range b.Questions {
			add(question)
		}
	}
	opens := map[string]string{}
	for _, m := range r.Score.Unknown {
		if m.Range.High > r.Score.Points {
			add(m.Question)
		}
		if m.Range.Low != m.Range.High {
			opens[m.Question] = " (then " + m.Range.String() + " points)"
		}
	}
	for i, question := range ask {
		if i == questions {
			p.item("Ask", i, fmt.Sprintf("and %d more", len(ask)-i))
			break
		}
		p.item("Ask", i, question+opens[question])
	}
}

// item prints text with a heading in the margin, which only the first of
// several items has.
func (p *page) item(heading string, i int, text string) {
	if i > 0 {
		heading = ""
	}
	p.wrap(fmt.Sprintf("    %-13s ", heading), text)
}

// wrap prints text in lines that begin below the end of the margin.
func (p *page) wrap(margin, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(margin))
	line := margin
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line+" "+word) > lineWidth:
			p.line(line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	p.line(line)
}

func (p *page) line(text string) {
	p.WriteString(strings.ReplaceAll(text, glue, " ") + "\n")
}

func (p *page) stage(id string) string {
	if id == "" {
		return "plain lead"
	}
	return cmp.Or(p.stages[id].Label, id)
}

func (r *ranked) name() string {
	name, _ := r.lead.Profile["name"].(string)
	return cmp.Or(line(name), "(no name)")
}

// line gives text of a lead as the library prints it: on one line, and in its order.
func line(text string) string {
	if text == "" {
		return ""
	}
	return qualify.Value{Kind: qualify.Text, Known: true, Text: text}.String()
}

// value gives a fact as a person reads it: what it is, and where it comes from.
func value(v qualify.Value) string {
	text := cmp.Or(v.Label, v.Fact) + " is " + v.String()
	if from := origin(v); from != "" {
		text += " (" + from + ")"
	}
	return text
}

// origin names the activity that a fact rests on.
func origin(v qualify.Value) string {
	if v.At.IsZero() {
		return ""
	}
	return strings.TrimSpace(line(v.Activity) + " of " + v.At.Format(time.DateOnly))
}

// figure gives points to the millionth that they are exact to: what bands and stages
// compare must not be printed as if it had reached them.
func figure(f float64) string { return rounded(f, 1e6) }

// signed rounds what a rule pays to hundredths: nothing is compared with it.
func signed(f float64) string {
	if f > 0 {
		return "+" + rounded(f, 100)
	}
	return rounded(f, 100)
}

func rounded(f, scale float64) string {
	return strconv.FormatFloat(math.Round(f*scale)/scale, 'f', -1, 64)
}

func deref(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}
