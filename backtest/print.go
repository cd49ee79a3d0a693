package backtest

import (
	"math"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify/internal/layout"
)

const most = 40 // rows of a kind, at most

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
	layout.Table(b, align, layout.Shorten(rows, 1, most))
}
