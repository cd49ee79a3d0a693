package layout

import (
	"fmt"
	"strings"
)

// LineWidth is how many columns a line of a table has at most.
const LineWidth = 100

const gap = 2 // between columns

// Cut shortens a text to a width.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	left := width - 1
	for i, r := range s {
		if left -= Width(string(r)); left < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// Shorten keeps so many rows of a table, besides those of its head.
func Shorten(rows [][]string, head, most int) [][]string {
	left := len(rows) - head - most
	if left <= 0 {
		return rows
	}
	return append(rows[:head+most], []string{fmt.Sprintf("  and %d more", left)})
}

// widths are those of the columns.
func widths(rows [][]string) []int {
	var all []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(all) {
				all = append(all, 0)
			}
			all[i] = max(all[i], Width(cell))
		}
	}
	return all
}

// total is the width of a table.
func total(widths []int) int {
	sum := -gap
	for _, w := range widths {
		sum += w + gap
	}
	return sum
}

// Lines breaks a text into lines of a width. Nothing is left out, so that two texts never
// look alike.
func Lines(s string, width int) []string {
	return strings.Split(strings.TrimSuffix(Wrap(s, width), "\n"), "\n")
}

// Fits reports whether a table needs no line to be broken.
func Fits(rows [][]string) bool { return total(widths(rows)) <= LineWidth }

// Table writes rows whose columns stand left or right, as l and r say. What makes it too
// wide is taken from its widest columns that stand left, whose cells then go on in the
// lines below.
func Table(b *strings.Builder, align string, rows [][]string) {
	const least = 24 // columns of a column: narrower ones are hard to read
	widths := widths(rows)
	for over := total(widths) - LineWidth; over > 0; over-- {
		widest := -1
		for i := range widths {
			if align[i] == 'l' && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range rows {
		cells, high := make([][]string, len(row)), 0
		for i, cell := range row {
			cells[i] = Lines(cell, widths[i])
			high = max(high, len(cells[i]))
		}
		for n := range high {
			line := ""
			for i, lines := range cells {
				cell := ""
				if n < len(lines) {
					cell = lines[n]
				}
				if i > 0 {
					line += strings.Repeat(" ", gap)
				}
				fill := strings.Repeat(" ", max(0, widths[i]-Width(cell)))
				if align[i] == 'r' {
					line += fill + cell
				} else {
					line += cell + fill
				}
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
}
