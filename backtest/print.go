package backtest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/layout"
)

const (
	width = 100 // of a line, at most
	gap   = 2   // between columns
	most  = 40  // rows of a kind, at most
)

// percent writes a share in whole percent, or with a decimal below ten.
func percent(share float64) string {
	if share < 0.0995 && share > 0 {
		return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(share*100, 'f', 0, 64) + " %"
}

// between writes an interval of shares.
func between(low, high float64) string {
	return strings.TrimSuffix(percent(low), " %") + " to " + percent(high)
}

// hundred writes a share as so many of a hundred.
func hundred(share float64) string { return strconv.FormatFloat(share*100, 'f', 0, 64) }

// decimal writes a number with so many decimals; there is no -0.
func decimal(f float64, decimals int) string {
	scale := math.Pow10(decimals)
	return strconv.FormatFloat(math.Round(f*scale)/scale+0, 'f', decimals, 64)
}

// signed is decimal with a plus before what is above zero.
func signed(f float64, decimals int) string {
	s := decimal(f, decimals)
	if f > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// printLeftOut says what was left out.
func printLeftOut(b *strings.Builder, list []LeftOutCount) {
	rows := [][]string{{"Left out", ""}}
	for _, k := range list {
		rows = append(rows, []string{"  " + words[k.Reason], strconv.Itoa(k.Count)})
	}
	section(b, "lr", rows)
}

// section prints a table, if there is something in it below its head.
func section(b *strings.Builder, align string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	if left := len(rows) - 1 - most; left > 0 {
		rows = append(rows[:1+most], []string{fmt.Sprintf("  and %d more", left)})
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], layout.Width(cell))
		}
	}
	total := -gap
	for _, w := range widths {
		total += w + gap
	}
	if total > width {
		widths[0] = max(widths[0]-(total-width), 24)
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if i == 0 {
				cell = cut(cell, widths[0])
			} else {
				line += strings.Repeat(" ", gap)
			}
			fill := strings.Repeat(" ", max(0, widths[i]-layout.Width(cell)))
			if align[i] == 'r' {
				line += fill + cell
			} else {
				line += cell + fill
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// cut shortens a text to a width.
func cut(s string, width int) string {
	if layout.Width(s) <= width {
		return s
	}
	left := width - 1
	for i, r := range s {
		if left -= layout.Width(string(r)); left < 0 {
			return s[:i] + "…"
		}
	}
	return s
}
