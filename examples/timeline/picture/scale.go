package picture

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Products are converted explicitly throughout: otherwise a machine that
// multiplies and adds in one step rounds once instead of twice, and draws other
// bytes.

// timeScale places instants between two edges of the drawing.
type timeScale struct {
	from, to    time.Time
	left, right float64
}

// x gives the place of an instant; what is outside is at the edge.
func (s timeScale) x(t time.Time) float64 {
	part := float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
	return s.left + float64((s.right-s.left)*min(max(part, 0), 1))
}

// cell is a month, or several of them, on the axis.
type cell struct {
	from, to time.Time
	label    string
	year     bool // it is the first one of a year, or of the axis
}

// cells divides the axis by months, or by as many of them as keeps the cells
// from being too many to be read.
func (s timeScale) cells() []cell {
	months := 1
	for _, step := range []int{1, 3, 12, 60, 120, 1200} {
		if months = step; s.to.Sub(s.from).Hours()/(24*30) <= float64(step*25) {
			break
		}
	}
	y, m, _ := s.from.Date()
	first := (y*12 + int(m) - 1) / months * months // months since the year 0
	var all []cell
	for n := first; ; n += months {
		from, to := month(n), month(n+months)
		if !from.Before(s.to) {
			return all
		}
		c := cell{later(from, s.from), earlier(to, s.to), from.Format("Jan"), n%12 == 0 || n == first}
		switch {
		case months >= 12:
			c.label = from.Format("2006")
		case c.year:
			c.label = from.Format("Jan 2006")
		}
		all = append(all, c)
	}
}

// month gives the first instant of a month, counted from the year 0.
func month(n int) time.Time { return time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC) }

// linear places points between two edges of the drawing.
type linear struct{ low, high, bottom, top float64 }

// y gives the place of a number of points; what is outside, or infinite, is at the
// edge.
func (s linear) y(points float64) float64 {
	part := (min(max(points, s.low), s.high) - s.low) / (s.high - s.low)
	return s.bottom + float64((s.top-s.bottom)*part)
}

// ticks gives round numbers from at or below low to at or above high, about so
// many of them. Zero is one of them if it lies between.
func ticks(low, high float64, about int) []float64 {
	if high <= low {
		low, high = low-1, high+1
	}
	step := math.Pow10(int(math.Floor(math.Log10((high - low) / float64(about)))))
	for _, times := range []float64{1, 2, 2.5, 5, 10} {
		if float64(step*times*float64(about)) >= high-low {
			step *= times
			break
		}
	}
	var all []float64
	for n := math.Floor(low / step); ; n++ {
		all = append(all, n*step)
		if n*step >= high {
			return all
		}
	}
}

// label is a text beside a mark on the time axis.
type label struct {
	text      string
	x, width  float64
	important bool // placed before the others
	row       int  // in which it would like to be; then that in which it is, or -1
}

// place puts labels into rows so that no two overlap, and none leaves the edges:
// the important ones first, then from left to right. What has no room is left out.
func place(labels []label, rows int, left, right, gap float64) {
	order := make([]*label, len(labels))
	for i := range labels {
		order[i] = &labels[i]
	}
	slices.SortStableFunc(order, func(a, b *label) int {
		if a.important != b.important {
			if a.important {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.x, b.x)
	})
	placed := make([][]*label, rows)
	for _, l := range order {
		l.x = max(left, min(l.x, right-l.width))
		free := func(row []*label) bool {
			return !slices.ContainsFunc(row, func(other *label) bool {
				return l.x < other.x+other.width+gap && other.x < l.x+l.width+gap
			})
		}
		if !free(placed[l.row]) {
			l.row = slices.IndexFunc(placed, free)
		}
		if l.row >= 0 {
			placed[l.row] = append(placed[l.row], l)
		}
	}
}

// point is a place in the drawing.
type point struct{ x, y float64 }

// simplify leaves out the points of a line that nobody would miss: those that lie
// within a twentieth of a unit from where the line goes without them.
func simplify(line []point) []point {
	if len(line) < 3 {
		return line
	}
	a, b := line[0], line[len(line)-1]
	dx, dy := b.x-a.x, b.y-a.y
	length := float64(dx*dx) + float64(dy*dy) // squared, as all that follows
	worst, at := 0.0025, -1
	for i := 1; i < len(line)-1; i++ {
		px, py := line[i].x-a.x, line[i].y-a.y
		away := float64(px*px) + float64(py*py) // from a, if the line comes back to it
		if length > 0 {
			across := float64(dx*py) - float64(dy*px)
			away = across * across / length
		}
		if away > worst {
			worst, at = away, i
		}
	}
	if at < 0 {
		return []point{a, b}
	}
	return append(simplify(line[:at+1]), simplify(line[at:])[1:]...)
}

// hundredths rounds, so that sums of coordinates print alike.
func hundredths(f float64) float64 { return math.Round(float64(f*100)) / 100 }

// number writes a coordinate with two decimals at most.
func number(f float64) string {
	text := strconv.FormatFloat(hundredths(f), 'f', -1, 64)
	if text == "-0" {
		return "0"
	}
	return text
}

// figure writes points to the millionth that they are exact to: what bands and stages
// compare must not be written as if it had reached them.
func figure(f float64) string {
	if math.IsInf(f, 0) {
		return "any"
	}
	return minus(strconv.FormatFloat(math.Round(f*1e6)/1e6+0, 'f', -1, 64)) // + 0: there is no -0
}

// minus writes a minus as wide as a plus.
func minus(number string) string { return strings.Replace(number, "-", "\u2212", 1) }
