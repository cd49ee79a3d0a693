package backtest

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/layout"
)

// String prints the report for whoever leads the sales, at most 100 columns wide.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", layout.Clean(cmp.Or(strings.TrimSpace(r.Policy+" "+r.Version), "A policy without a name")), r.Plan)
	fmt.Fprintf(&b, "%s, judged %s, %d of these followed by a win: %s (%s)\n",
		layout.Count(r.All.Leads, "lead", "leads"), layout.Count(r.All.Judged, "time", "times"), r.All.Won, percent(r.All.Rate), between(r.All.Low, r.All.High))
	fmt.Fprintf(&b, "\nA won lead has more points than another in %s of 100 pairs (%s to %s)%s.\n",
		hundred(r.Ranking.AUC), hundred(r.Ranking.Low), hundred(r.Ranking.High), r.Ranking.verdict())
	if r.Caps.Low > 0.0005 {
		fmt.Fprintf(&b, "Without the bounds of rules and groups it would be %s: they cost %s (%s to %s).\n",
			hundred(r.Uncapped.AUC), decimal(r.Caps.AUC*100, 1), decimal(r.Caps.Low*100, 1), decimal(r.Caps.High*100, 1))
	}
	b.WriteString("\n")
	rows := [][]string{append([]string{"Points"}, chanceHead...)}
	for i := range r.Steps {
		s := &r.Steps[i]
		name := layout.Exact(s.From)
		if s.To > s.From {
			name += " to " + layout.Exact(s.To)
		}
		rows = append(rows, append([]string{"  " + name}, s.cells()...))
	}
	section(&b, "lrrrl", rows)
	r.printThresholds(&b)
	r.printStages(&b)
	rows = [][]string{append([]string{"Band"}, chanceHead...)}
	for i := range r.Bands {
		k := &r.Bands[i]
		rows = append(rows, append([]string{"  " + layout.Clean(k.Group+" "+k.Band)}, k.cells()...))
	}
	section(&b, "lrrrl", rows)
	r.printRules(&b)
	rows = [][]string{{"Rules that pay for the same leads", "both", "either"}}
	for _, k := range r.Pairs {
		rows = append(rows, []string{"  " + k.First + ", " + k.Second, strconv.Itoa(k.Both), strconv.Itoa(k.Either)})
	}
	section(&b, "lrr", rows)
	printSuspects(&b, r.Suspects)
	printLeftOut(&b, r.LeftOut)
	return b.String()
}

// verdict says whether the ranking is better than chance.
func (r *Ranking) verdict() string {
	switch {
	case r.Low > 0.5:
		return ""
	case r.High < 0.5:
		return ": worse than chance"
	}
	return ": not shown to be better than chance"
}

var chanceHead = []string{"judged", "won", "rate", ""}

// cells are those of a chance.
func (c *Chance) cells() []string {
	return []string{strconv.Itoa(c.Judged), strconv.Itoa(c.Won), percent(c.Rate), between(c.Low, c.High)}
}

// cells are the days.
func (q *Quartiles) cells() []string {
	if q.Leads == 0 {
		return []string{"", ""}
	}
	return []string{decimal(q.Median, 1), decimal(q.Low, 1) + " to " + decimal(q.High, 1)}
}

func (r *Report) printThresholds(b *strings.Builder) {
	head, align := []string{"From so many points on", "leads", "precision", "", "recall", "days ahead", ""}, "lrrlrrl"
	if r.costs {
		head, align = append(head, "worth"), align+"r"
	}
	rows := [][]string{head}
	best := 0
	for i := range r.Thresholds {
		if r.Thresholds[i].Worth > r.Thresholds[best].Worth {
			best = i
		}
	}
	for i := range r.Thresholds {
		t := &r.Thresholds[i]
		row := append([]string{"  " + layout.Exact(t.Points), strconv.Itoa(t.Leads), percent(t.Rate), between(t.Low, t.High), percent(t.Recall)}, t.Ahead.cells()...)
		if r.costs {
			worth := layout.Number(t.Worth)
			if i == best {
				worth = "best " + worth
			}
			row = append(row, worth)
		}
		rows = append(rows, row)
	}
	section(b, align, rows)
}

func (r *Report) printStages(b *strings.Builder) {
	head, align := append(append([]string{"Stage"}, chanceHead...), "days ahead", ""), "lrrrlrl"
	stays := false
	for i := range r.Stages {
		stays = stays || r.Stages[i].Stays.Leads+r.Stages[i].Staying > 0
	}
	if len(r.Stages) == 1 && r.Stages[0].Stage == "" {
		return
	}
	rows := [][]string{head}
	for i := range r.Stages {
		s := &r.Stages[i]
		if s.Judged > 0 {
			rows = append(rows, append(append([]string{"  " + s.name()}, s.Chance.cells()...), s.Ahead.cells()...))
		}
	}
	section(b, align, rows)
	if !stays {
		return
	}
	rows = [][]string{{"Days in the stage", "left it", "median", "", "still in it"}}
	for i := range r.Stages {
		if s := &r.Stages[i]; s.Stays.Leads+s.Staying > 0 {
			rows = append(rows, append(append([]string{"  " + s.name(), strconv.Itoa(s.Stays.Leads)}, s.Stays.cells()...), strconv.Itoa(s.Staying)))
		}
	}
	section(b, "lrrlr", rows)
}

func (s *StageChance) name() string { return layout.Clean(cmp.Or(s.Label, s.Stage, "none")) }

func (r *Report) printRules(b *strings.Builder) {
	rows := [][]string{{"Rule", "pays for", "with", "without", "times as often", "", "pairs in 100", ""}}
	for i := range r.Rules {
		rule := &r.Rules[i]
		row := []string{"  " + layout.Clean(cmp.Or(rule.Label, rule.Rule)), strconv.Itoa(rule.With.Judged), "", "", "", "", "", ""}
		switch {
		case rule.With.Judged == 0:
			row[2] = "nobody"
		case rule.Without.Judged == 0:
			row[2], row[3] = percent(rule.With.Rate), "all"
		default:
			row[2], row[3] = percent(rule.With.Rate), percent(rule.Without.Rate)
			row[4], row[5] = decimal(rule.Lift, 2), decimal(rule.LiftLow, 2)+" to "+decimal(rule.LiftHigh, 2)
			row[6], row[7] = signed(-rule.Change.AUC*100, 1), signed(-rule.Change.High*100, 1)+" to "+signed(-rule.Change.Low*100, 1)
		}
		rows = append(rows, row)
	}
	section(b, "lrrrrlrl", rows)
}
