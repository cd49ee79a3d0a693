package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qualify-go/qualify/internal/layout"
)

// source is a line of a file, taken apart.
type source struct {
	text  string
	words []word
	end   int // where the words end: behind it are white space and a comment
}

// word is a word of a line, or a name=value pair.
type word struct {
	text        string // the name, of a pair
	value       string
	pair        bool
	quoted      bool // in quotation marks, and so the value
	valueQuoted bool
	from, to    int // where it stands in the line
	valueFrom   int // where the value of a pair begins
}

// blanks separate words.
const blanks = " \t"

// texts are the words behind which the rest of the line is a text rather than words.
var texts = []string{"scenario", "fails", "blocked", "ask", "unknown", "issue"}

// rewrite is a part of a line that is to be written anew.
type rewrite struct {
	from, to int
	text     string
}

// misread is what keeps a line, or a part of one, from being read, and where in bytes.
type misread struct {
	at      int
	message string
}

// behind gives a mistake in a part of a line as one in the line.
func (m *misread) behind(at int) *misread { return &misread{at + m.at, m.message} }

// with gives the line from the margin to the end, with rewrites that are in its order.
func (s source) with(rewrites ...rewrite) string {
	at, out := s.words[0].from, ""
	for _, c := range rewrites {
		out += s.text[at:c.from] + c.text
		at = c.to
	}
	return out + s.text[at:s.end]
}

// becomes writes a word anew.
func (w word) becomes(text string) rewrite { return rewrite{w.from, w.to, text} }

// raw is a word as it stands in the line.
func (s source) raw(w word) string { return s.text[w.from:w.to] }

// split splits a line into words, up to a comment: a hash that begins a word. Behind a
// word of texts the rest of the line is one word.
func split(line string) (source, *misread) {
	s := source{text: line}
	rest := line
	for {
		rest = strings.TrimLeft(rest, blanks)
		if rest == "" || rest[0] == '#' {
			return s, nil
		}
		w := word{from: len(line) - len(rest)}
		var err *misread
		if w.text, w.quoted, rest, err = token(rest, blanks+"="); err != nil {
			return s, err.behind(w.from)
		}
		if strings.HasPrefix(rest, "=") && (w.text != "" || w.quoted) {
			w.pair, w.valueFrom = true, len(line)-len(rest)+1
			if w.value, w.valueQuoted, rest, err = token(rest[1:], blanks); err != nil {
				return s, err.behind(w.valueFrom)
			}
		} else if strings.HasPrefix(rest, "=") { // == and the like are words
			w.text, _, rest, _ = token(rest, blanks)
		}
		if (w.quoted && !w.pair || w.valueQuoted) && rest != "" && !strings.ContainsRune(blanks, rune(rest[0])) {
			return s, &misread{len(line) - len(rest), "there is no space behind the quotation mark: " + line[w.from:]}
		}
		w.to = len(line) - len(rest)
		s.words, s.end = append(s.words, w), w.to
		if len(s.words) == 1 && !w.quoted && !w.pair && slices.Contains(texts, w.text) {
			text, err := tail(line, w.to)
			if err != nil {
				return s, err
			}
			s.words = append(s.words, text)
			s.end = max(s.end, text.to)
			return s, nil
		}
	}
}

// tail reads what stands from a place on up to a comment as one text: as it is, or in
// quotation marks that hold the whole.
func tail(line string, from int) (word, *misread) {
	quoted, opened, end := false, 0, len(line)
	for i := from; i < end; i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted, opened = !quoted, i
		case line[i] == '#' && !quoted && strings.IndexByte(blanks, line[i-1]) >= 0:
			end = i
		}
	}
	if quoted {
		return word{}, &misread{opened, `a quotation mark is not closed: put the whole text in quotation marks, and write \" for those in it`}
	}
	w := word{to: from + len(strings.TrimRight(line[from:end], blanks))}
	w.from = w.to - len(strings.TrimLeft(line[from:w.to], blanks))
	w.text = line[w.from:w.to]
	if text, err := strconv.Unquote(w.text); err == nil && w.text[0] == '"' {
		w.text, w.quoted = text, true
	}
	return w, nil
}

// token reads up to one of some characters, or what is in quotation marks.
func token(s, ends string) (text string, quoted bool, rest string, err *misread) {
	if strings.HasPrefix(s, "'") {
		if text, rest, ok := strings.Cut(s[1:], "'"); ok {
			return text, true, rest, nil
		}
	}
	if strings.HasPrefix(s, `"`) {
		if prefix, err := strconv.QuotedPrefix(s); err == nil {
			text, _ = strconv.Unquote(prefix) // it is a literal
			return text, true, s[len(prefix):], nil
		}
		if at, ok := badEscape(s); ok {
			return "", true, "", &misread{at, `the text in "double" quotation marks has an escape that Go does not have: write \\ for a backslash, or put the text in 'single' ones`}
		}
	}
	if s != "" && strings.ContainsRune(`"'`, rune(s[0])) {
		return "", true, "", &misread{0, "the quotation mark is not closed: " + s}
	}
	end := strings.IndexAny(s, ends)
	if end < 0 {
		end = len(s)
	}
	text, rest = s[:end], s[end:]
	if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || layout.Disrupts(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return "", false, "", &misread{i, fmt.Sprintf("%U stands where it is not seen: write a space between words, and put what holds it in quotation marks: %q", r, text)}
	}
	return text, false, rest, nil
}

// badEscape finds the first escape that cannot be read in a text in double quotation
// marks that are closed.
func badEscape(s string) (at int, ok bool) {
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] != '\\' {
			continue
		}
		if _, _, _, err := strconv.UnquoteChar(s[i:], '"'); err != nil && !ok {
			at, ok = i, true
		}
		i++ // a quotation mark behind it does not close the text
	}
	return at, ok && i < len(s)
}

func join(words []word) string {
	var all []string
	for _, w := range words {
		all = append(all, w.text)
	}
	return strings.Join(all, " ")
}

// written writes a text behind a word of texts: in quotation marks if it does not read
// back as it is, or could be taken for the word that says that there is none.
func written(s, none string) string {
	if s != none && s != "" && !strings.ContainsFunc(s, layout.Disrupts) && utf8.ValidString(s) {
		line := " " + s
		if w, err := tail(line, 0); err == nil && !w.quoted && w.text == s {
			return s
		}
	}
	return strconv.Quote(s)
}

// Quote writes a word: in quotation marks if it does not read back as it is.
func Quote(s string) string {
	if text, quoted, rest, err := token(s, blanks+"="); err == nil && text == s && s != "" && !quoted && rest == "" && s[0] != '#' && s[len(s)-1] != ',' {
		return s
	}
	return strconv.Quote(s)
}

// label reads a label or an ID; none without quotation marks is a blank one.
func label(w word) (text string, none bool) {
	if w.text == "none" && !w.quoted {
		return "", true
	}
	return w.text, false
}

// labelled writes what label reads.
func labelled(s string) string {
	switch s {
	case "":
		return "none"
	case "none":
		return `"none"`
	}
	return Quote(s)
}
