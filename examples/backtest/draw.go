package main

import (
	"cmp"
	"fmt"
	"html"
	"strings"

	"github.com/qualify-go/qualify/backtest"
)

// draw draws a report as an SVG: the curve of gains by the old and the new points, the chance of
// a win by points with its interval, and the points old and new.
func draw(before, after *backtest.Report, lesson *backtest.Lesson) []byte {
	const side, left, top = 300.0, 60.0, 60.0
	rows := len(lesson.Amounts)
	height := top + side + 90 + 22*float64(rows) + 30
	d := &drawing{}
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 %.0f" font-family="sans-serif" font-size="12" role="img">`, height)
	d.add(`<title>%s</title><rect width="800" height="%.0f" fill="white"/>`, html.EscapeString(before.Policy+": old and new points"), height)
	d.text(20, 24, "start", 15, cmp.Or(before.Policy, "A policy")+": what the points find among leads that were not used")

	d.text(left, top-12, "start", 12, "Wins found, by how many leads are worked on")
	d.frame(left, top, side, "0", "100 % of leads", "100 % of wins")
	d.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#bbb" stroke-dasharray="4 4"/>`, left, top+side, left+side, top)
	for _, curve := range []struct {
		report      *backtest.Report
		color, name string
		down        float64
	}{{before, "#888", "old points", 30}, {after, "#06c", "new points", 12}} {
		var at []string
		for _, g := range curve.report.Gains {
			at = append(at, fmt.Sprintf("%.1f,%.1f", left+side*g.Judged, top+side-side*g.Won))
		}
		d.add(`<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`, curve.color, strings.Join(at, " "))
		d.add(`<text x="%.1f" y="%.1f" text-anchor="end" fill="%s">%s</text>`, left+side-8, top+side-curve.down, curve.color,
			html.EscapeString(fmt.Sprintf("%s: %.0f of 100 pairs", curve.name, 100*curve.report.Ranking.AUC)))
	}

	right := left + side + 90
	most := 0.0
	for _, s := range after.Steps {
		most = max(most, s.High)
	}
	d.text(right, top-12, "start", 12, "Leads won, by new points, with the interval of 95 %")
	d.frame(right, top, side, "", "", fmt.Sprintf("%.0f %%", 100*most))
	wide := side / float64(max(len(after.Steps), 1))
	for i, s := range after.Steps {
		x, y := right+wide*float64(i), func(share float64) float64 { return top + side - side*share/max(most, 0.01) }
		d.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#9cf"/>`, x+4, y(s.Rate), wide-8, top+side-y(s.Rate))
		d.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#036"/>`, x+wide/2, y(s.Low), x+wide/2, y(s.High))
		d.text(x+wide/2, top+side+16, "middle", 10, fmt.Sprintf("%g–%g", s.From, s.To))
	}

	y := top + side + 60
	d.text(20, y, "start", 12, "Points old (grey) and new (blue), with the interval of 95 % of the new ones")
	least, most := 0.0, 1.0
	for _, a := range lesson.Amounts {
		least, most = min(least, a.Old, a.New), max(most, a.Old, a.New)
	}
	x := func(p float64) float64 { return 290 + 480*(min(max(p, least), most)-least)/(most-least) }
	for _, a := range lesson.Amounts {
		y += 22
		name := cmp.Or(a.Label, a.Rule)
		if a.Part != "points" {
			name += ", " + a.Part
		}
		d.text(280, y+4, "end", 11, name)
		d.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ccc"/>`, x(0), y-10, x(0), y+10)
		if a.Basis == backtest.BasisData {
			d.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#06c" stroke-width="2"/>`, x(a.Low), y, x(a.High), y)
		}
		d.add(`<circle cx="%.1f" cy="%.1f" r="5" fill="#aaa"/><circle cx="%.1f" cy="%.1f" r="4" fill="#06c"/>`, x(a.Old), y, x(a.New), y)
	}
	d.add(`</svg>`)
	return []byte(d.String())
}

type drawing struct{ strings.Builder }

func (d *drawing) add(format string, arguments ...any) { fmt.Fprintf(d, format+"\n", arguments...) }

func (d *drawing) text(x, y float64, anchor string, size int, s string) {
	d.add(`<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">%s</text>`, x, y, anchor, size, html.EscapeString(s))
}

// frame draws the axes of a square with what stands at their ends.
func (d *drawing) frame(x, y, side float64, zero, across, up string) {
	d.add(`<path d="M%.1f %.1f V%.1f H%.1f" fill="none" stroke="black"/>`, x, y, y+side, x+side)
	d.text(x-4, y+side+14, "end", 10, zero)
	d.text(x+side, y+side+14, "end", 10, across)
	d.text(x-4, y+8, "end", 10, up)
}
