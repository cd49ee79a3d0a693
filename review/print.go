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
		name = cut(name, 50) + ", only " + only
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

// table writes rows whose columns stand left or right, as l and r say. What is too
// wide is taken from the first one.
func table(b *strings.Builder, align string, rows [][]string) {
	widths := widths(rows)
	if over := total(widths) - width; over > 0 {
		widths[0] = max(widths[0]-over, 30)
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if i == 0 {
				cell = cut(cell, widths[0])
			} else {
				line += strings.Repeat(" ", gap)
			}
			fill := strings.Repeat(" ", widths[i]-layout.Width(cell))
			if align[i] == 'r' {
				line += fill + cell
			} else {
				line += cell + fill
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
