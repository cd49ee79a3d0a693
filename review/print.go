package review

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/qualify-go/qualify/internal/layout"
)

const (
	width = 100 // of a line, at most
	gap   = 2   // between columns
	most  = 20  // rows of a kind, at most
	none  = "none"
)

// arrow puts the new behind the old.
func arrow(old, new string) string { return cmp.Or(old, none) + " → " + cmp.Or(new, none) }

// name is how a person calls what has the value.
func (c *Change[T]) name() string { return name(c.ID, c.Label, c.Only) }

func name(id, label, only string) string {
	name := layout.Clean(cmp.Or(label, id))
	if only != "" {
		name += ", only " + only
	}
	return name
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

// wrap breaks a text into lines of a width. Nothing is left out, so that two texts never
// look alike.
func wrap(s string, width int) []string {
	return strings.Split(strings.TrimSuffix(layout.Wrap(s, width), "\n"), "\n")
}

// shorten keeps so many rows of a table, besides those of its head.
func shorten(rows [][]string, head, most int) [][]string {
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
			all[i] = max(all[i], layout.Width(cell))
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

// table writes rows whose columns stand left or right, as l and r say. What makes it too
// wide is taken from its widest columns that stand left, whose cells then go on in the
// lines below.
func table(b *strings.Builder, align string, rows [][]string) {
	const least = 12 // columns of a column
	widths := widths(rows)
	for over := total(widths) - width; over > 0; over-- {
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
			cells[i] = wrap(cell, widths[i])
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
}
