package picture

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// canvas is a drawing in the making. Every text and every attribute goes through
// escape, so that no ID and no label can break out of its place.
type canvas struct{ strings.Builder }

// escape makes text safe between tags and in quotes. What XML does not allow, such
// as most control characters, becomes a replacement character.
func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder never fails
	return b.String()
}

// open begins an element with attributes, each a name and a value; a blank value is
// none.
func (c *canvas) open(name string, attributes ...string) {
	c.start(name, attributes)
	c.WriteString(">\n")
}

// end ends an element.
func (c *canvas) end(name string) { c.WriteString("</" + name + ">\n") }

// leaf draws an element of its own. A tip is what a person sees who points at it.
func (c *canvas) leaf(name, tip string, attributes ...string) {
	c.start(name, attributes)
	if tip == "" {
		c.WriteString("/>\n")
		return
	}
	c.WriteString("><title>" + escape(tip) + "</title></" + name + ">\n")
}

func (c *canvas) start(name string, attributes []string) {
	c.WriteString("<" + name)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			c.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
		}
	}
}

// element writes an element that holds text only.
func (c *canvas) element(name, text string, attributes ...string) {
	c.start(name, attributes)
	c.WriteString(">" + escape(text) + "</" + name + ">\n")
}

// text writes a line of text at a baseline.
func (c *canvas) text(x, y float64, class, text string) {
	c.element("text", text, "class", class, "x", number(x), "y", number(y))
}

// label writes a line of text that is cut to a width, and tells the whole of it
// to who points at it.
func (c *canvas) label(x, y float64, class, text string, size, width float64) {
	short := fit(text, size, width)
	if short == text {
		c.text(x, y, class, text)
		return
	}
	c.start("text", []string{"class", class, "x", number(x), "y", number(y)})
	c.WriteString("><title>" + escape(text) + "</title>" + escape(short) + "</text>\n")
}

func (c *canvas) rect(tip, class string, x, y, width, height float64, more ...string) {
	c.leaf("rect", tip, append([]string{"class", class, "x", number(x), "y", number(y), "width", number(width), "height", number(height)}, more...)...)
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.leaf("line", "", "class", class, "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2))
}

func (c *canvas) circle(tip, class string, x, y, r float64, more ...string) {
	c.leaf("circle", tip, append([]string{"class", class, "cx", number(x), "cy", number(y), "r", number(r)}, more...)...)
}

// polyline draws a line through points.
func (c *canvas) polyline(class string, line []point) {
	c.leaf("path", "", "class", class, "d", path(line))
}

// area draws the area between two lines.
func (c *canvas) area(class string, upper, lower []point) {
	var back []point
	for i := len(lower) - 1; i >= 0; i-- {
		back = append(back, lower[i])
	}
	c.leaf("path", "", "class", class, "d", path(append(upper[:len(upper):len(upper)], back...))+"Z")
}

func path(line []point) string {
	var b strings.Builder
	for i, p := range line {
		switch {
		case i == 0:
			b.WriteString("M")
		default:
			b.WriteString("L")
		}
		b.WriteString(number(p.x) + " " + number(p.y))
	}
	return b.String()
}

// width estimates how wide a text is, on the safe side: an SVG says which font it
// would like, not which one it gets.
func width(text string, size float64) float64 {
	ems := 0.0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r > 0x2e80 || !unicode.IsPrint(r): // letters of the Far East, emoji, and what stands for no letter
			ems += 1.1
		case strings.ContainsRune(" .,:;'!|ijlIJ", r):
			ems += 0.34
		case strings.ContainsRune("frt()[]/-", r):
			ems += 0.42
		case strings.ContainsRune("cksvxyz", r):
			ems += 0.58
		case strings.ContainsRune("mwMW@%", r):
			ems += 0.98
		case unicode.IsUpper(r):
			ems += 0.76
		default:
			ems += 0.64
		}
	}
	return float64(ems * size)
}

// fit cuts a text that is too wide, and says so with an ellipsis.
func fit(text string, size, room float64) string {
	if width(text, size) <= room {
		return text
	}
	kept := ""
	for _, r := range text {
		if width(kept+string(r)+"…", size) > room {
			break
		}
		kept += string(r)
	}
	return strings.TrimRight(kept, " ") + "…"
}
