package backtest

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/layout"
)

// String prints the lesson for whoever leads the sales, at most 100 columns wide.
func (l *Lesson) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", layout.Clean(cmp.Or(strings.TrimSpace(l.Policy.Name+" "+l.Policy.Version), "A policy without a name")), l.Plan)
	fmt.Fprintf(&b, "Learned from %s, of whom %s were won; tested on %s, %s\n\n",
		layout.Count(l.Learning.Leads, "lead", "leads"), percent(l.Learning.Rate), layout.Count(l.Testing.Leads, "other", "others"), percent(l.Testing.Rate))
	fmt.Fprintf(&b, "%s\n", l.verdict())
	fmt.Fprintf(&b, "A won lead has more points than another in %s of 100 pairs (%s to %s) by the old points,\nand in %s (%s to %s) by the new ones: %s (%s to %s).\n",
		decimal(l.Old.AUC*100, 1), hundred(l.Old.Low), hundred(l.Old.High), decimal(l.New.AUC*100, 1), hundred(l.New.Low), hundred(l.New.High),
		signed(l.Gain.AUC*100, 1), signed(l.Gain.Low*100, 1), signed(l.Gain.High*100, 1))
	if l.Free.AUC-l.New.AUC > 0.0005 {
		fmt.Fprintf(&b, "Without bounds the new points would give %s.\n", decimal(l.Free.AUC*100, 1))
	}
	if l.Factor != 1 {
		fmt.Fprintf(&b, "All points are %s times as large, so that rounding costs nothing.\n", layout.Number(l.Factor))
	}
	if l.Stretch != 1 {
		fmt.Fprintf(&b, "Learned points are %s times as large: the leads bear out little of the old ones,\nso those that stay count for less.\n", layout.Number(l.Stretch))
	}
	b.WriteString("\n")
	rows := [][]string{{"Points", "old", "new", "", "leads", "won", "else", ""}}
	for i := range l.Amounts {
		a := &l.Amounts[i]
		name := layout.Clean(cmp.Or(a.Label, a.Rule))
		if a.Part != "points" {
			name += ", " + a.Part
		}
		row := []string{"  " + name, layout.Number(a.Old), layout.Number(a.New), "", strconv.Itoa(a.With.Leads), "", "", a.basis()}
		if a.Basis == BasisData {
			row[3] = layout.Number(a.Low) + " to " + layout.Number(a.High)
		}
		if a.With.Judged > 0 {
			row[5] = percent(a.With.Rate)
		}
		if a.Without.Judged > 0 {
			row[6] = percent(a.Without.Rate)
		}
		rows = append(rows, row)
	}
	section(&b, "lrrlrrrl", rows)
	rows = [][]string{{"Moved, so that as many pass", "old", "new"}}
	for _, k := range l.Moved {
		rows = append(rows, []string{"  " + k.Place, layout.Exact(k.Old), layout.Exact(k.New)})
	}
	section(&b, "lrr", rows)
	rows = [][]string{{"Look at these: points are compared there, and nothing was moved"}}
	for _, place := range l.Unmoved {
		rows = append(rows, []string{"  " + place})
	}
	section(&b, "l", rows)
	printLeftOut(&b, l.LeftOut)
	return b.String()
}

func (l *Lesson) verdict() string {
	switch {
	case math.IsInf(float64(l.Strength), 1):
		return "The leads give no reason to change the points: they stay as they are."
	case l.Verdict == Better:
		return "The new points are better, on leads that were not used."
	case l.Verdict == Worse:
		return "The new points are worse, on leads that were not used: keep the old ones."
	}
	if l.Gain.Low > 0 && l.New.Low > 0.5 {
		return "The new points are not shown to be better: the leads they were learned from hardly show it."
	}
	return "The new points are not shown to be better, on leads that were not used."
}

// basis says what is to be said of an amount.
func (a *Amount) basis() string {
	switch {
	case a.Basis == BasisFew:
		return "too few leads: stays"
	case a.Basis == BasisApart:
		return "not in the total: stays"
	case a.Turned:
		return "the data turn it"
	case a.Basis == BasisData && a.Old != 0 && float64(a.Old*a.New) <= 0: // but the interval holds 0
		return "no effect shown"
	}
	return ""
}

// String prints a line for each split.
func (r Rounds) String() string {
	var b strings.Builder
	rows := [][]string{{"Learned by", "tested until", "leads", "won", "old", "new", "gain", ""}}
	for i := range r {
		k := &r[i]
		row := []string{"  " + layout.Date(k.From), layout.Date(k.To), "", "", "", "", "", k.Problem}
		if l := k.Lesson; l != nil {
			row = []string{row[0], row[1], strconv.Itoa(l.Testing.Leads), percent(l.Testing.Rate), decimal(l.Old.AUC*100, 1), decimal(l.New.AUC*100, 1),
				signed(l.Gain.AUC*100, 1), signed(l.Gain.Low*100, 1) + " to " + signed(l.Gain.High*100, 1)}
		}
		rows = append(rows, row)
	}
	section(&b, "llrrrrrl", rows)
	return b.String()
}
