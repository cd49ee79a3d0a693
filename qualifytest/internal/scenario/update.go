package scenario

import (
	"slices"
	"strings"

	"github.com/qualify-go/qualify"
)

// Update adds to lines, by the line of the file from 1, what stands in place of those whose
// expectations are not met. Only what is expected is written anew: margins, spaces and
// comments stay.
func (sc *Scenario) Update(lines map[int][]string) error {
	return sc.play(sc.File.Model, new(qualify.Assessment), func(s *step, _ *qualify.Lead, o *outcome) error {
		lists := map[string][]expectation{} // by their first words
		for _, e := range s.expect {
			if e.list != nil {
				name := e.list.source.words[0].text
				lists[name] = append(lists[name], e)
			} else if got, ok := e.check(o); !ok {
				old := sc.File.lines[e.line-1]
				margin := old[:len(old)-len(strings.TrimLeft(old, blanks))]
				lines[e.line] = []string{margin + got + old[e.end:]}
			}
		}
		for _, list := range lists { // the order does not matter: they have no line in common
			updateList(list, o, lines)
		}
		return nil
	})
}

// updateList gives each line of a list that is wrong the next text that no line says yet. The
// last one gets all that are left, on lines of their own. Where none is left, the line falls
// away, and its comment stays.
func updateList(list []expectation, o *outcome, lines map[int][]string) {
	unsaid := list[0].list.all(o)
	var wrong []expectation
	for _, e := range list {
		if _, ok := e.check(o); ok {
			unsaid = slices.DeleteFunc(unsaid, func(text string) bool { return text == e.list.want })
		} else {
			wrong = append(wrong, e)
		}
	}
	for i, e := range wrong {
		n := min(1, len(unsaid))
		if i == len(wrong)-1 {
			n = len(unsaid)
		}
		old, word := e.list.source.text, e.list.word
		now := []string{}
		for _, text := range unsaid[:n] {
			now = append(now, old[:word.from]+text)
		}
		switch comment := strings.TrimLeft(old[word.to:], blanks); {
		case n > 0:
			now[0] += old[word.to:]
		case comment != "":
			now = append(now, old[:len(old)-len(strings.TrimLeft(old, blanks))]+comment)
		}
		lines[e.line], unsaid = now, unsaid[n:]
	}
}

// With gives the text of the file with lines, by their number from 1, in place of others.
// All else stays as it is, to the byte.
func (f *File) With(lines map[int][]string) string {
	usual := "\n"
	if strings.Contains(f.text, "\r\n") {
		usual = "\r\n"
	}
	var b strings.Builder
	number := 0
	for line := range strings.Lines(f.text) {
		number++
		now, ok := lines[number]
		if !ok {
			b.WriteString(line)
			continue
		}
		end := line[len(strings.TrimRight(line, "\r\n")):]
		for i, text := range now {
			b.WriteString(text)
			if i < len(now)-1 && end == "" {
				b.WriteString(usual)
			} else {
				b.WriteString(end)
			}
		}
	}
	return b.String()
}
