package review

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// String prints the survey, at most 100 columns wide. Of undeclared names it shows
// twenty of a kind, those with a name that was probably meant first and then those of
// the most leads; of each kind of the policy's own parts a hundred rows.
func (s *Survey) String() string {
	var b strings.Builder
	line := func(format string, arguments ...any) {
		b.WriteString(layout.Cut(fmt.Sprintf(format, arguments...), layout.LineWidth) + "\n")
	}
	line("%s", layout.Clean(cmp.Or(strings.TrimSpace(s.Policy+" "+s.Version), "A policy without a name")))
	line("%s as of %s UTC, with %s", layout.Count(s.Leads, "lead", "leads"), layout.Date(s.At), layout.Count(s.Activities, "activity", "activities"))
	for _, k := range []struct {
		count int
		words string
	}{
		{s.Failed, "more could not be assessed"}, {s.NoProfile, "have nothing in their profile"}, {s.NoActivities, "have no activities"},
		{s.Later, "activities are later, and were left out of the assessments"},
	} {
		if k.count > 0 {
			line("%d %s", k.count, k.words)
		}
	}
	s.UndeclaredProfile.print(&b, "Not declared in the profile", "declared as a property of activities", false)
	s.UndeclaredProperties.print(&b, "Not declared in properties", "declared as an attribute of the profile", true)
	s.UndeclaredTypes.print(&b, "Types that no signal takes", "a signal's ID, and not one of its types", true)
	printFields(&b, "Profile", "leads", s.Profile)
	printFields(&b, "Properties", "activities", s.Properties)
	s.printSignals(&b)
	s.printRules(&b)
	s.printCriteria(&b)
	s.printStages(&b)
	rows := [][]string{{"Set aside besides", "leads"}}
	for _, k := range s.Issues {
		rows = append(rows, []string{"  " + qualify.Issue{Problem: k.Problem, Field: k.Field}.String(), strconv.Itoa(k.Leads)})
	}
	section(&b, "lr", rows, 1, parts)
	return b.String()
}

// parts is how many of the policy's parts of a kind are printed.
const parts = 100

// section prints a table, if there is something in it below its head.
func section(b *strings.Builder, align string, rows [][]string, head, most int) {
	if len(rows) > head {
		layout.Table(b, align, layout.Shorten(rows, head, most))
	}
}

func (n Names) print(b *strings.Builder, title, misplaced string, activities bool) {
	head, align := []string{title, "leads"}, "lrl"
	if activities {
		head, align = append(head, "activities"), "lrrl"
	}
	rows := [][]string{append(head, "")}
	sorted := slices.Clone(n.Names)
	guess := func(k *Name) string {
		switch {
		case k.Nearest != "":
			return "did you mean " + layout.Cut(layout.Clean(k.Nearest), 32) + "?"
		case k.Misplaced:
			return misplaced
		}
		return ""
	}
	slices.SortStableFunc(sorted, func(a, b Name) int {
		if x, y := guess(&a) != "", guess(&b) != ""; x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Leads, a.Leads)
	})
	for i := range sorted {
		k := &sorted[i]
		row := []string{"  " + shown(k.Name), strconv.Itoa(k.Leads)}
		if activities {
			row = append(row, strconv.Itoa(k.Activities))
		}
		rows = append(rows, append(row, guess(k)))
	}
	section(b, align, rows, 1, most)
	if n.Dropped > 0 {
		fmt.Fprintf(b, "  %d times a name that was not kept, after the first %d\n", n.Dropped, mostNames)
	}
}

// shown writes a name so that blanks around it show.
func shown(name string) string {
	if name == "" || strings.TrimSpace(name) != name {
		return strconv.Quote(layout.Clean(name))
	}
	return layout.Clean(name)
}

// printFields prints what is known of the declared fields, what was set aside of them, and what it looks like.
func printFields(b *strings.Builder, title, of string, fields []FieldCount) {
	rows := [][]string{{title + ", by " + of, "known", "unknown", ""}}
	for i := range fields {
		f := &fields[i]
		var notes []string
		for _, k := range f.Problems {
			notes = append(notes, fmt.Sprintf("%d %s", k.Count, problemWords(k.Problem)))
		}
		for _, k := range f.Shapes {
			notes = append(notes, fmt.Sprintf("%d %s", k.Count, k.Shape.words()))
		}
		if f.Known == 0 && len(notes) == 0 {
			notes = append(notes, "never there")
		}
		if len(notes) == 0 {
			notes = append(notes, "")
		}
		rows = append(rows, []string{"  " + layout.Clean(f.Field), strconv.Itoa(f.Known), strconv.Itoa(f.Unknown), layout.Cut(notes[0], noteWidth)})
		for _, note := range notes[1:] {
			rows = append(rows, []string{"", "", "", layout.Cut(note, noteWidth)})
		}
	}
	section(b, "lrrl", rows, 1, parts)
}

const noteWidth = 45

// words are the shape in words, behind how many values have it.
func (s Shape) words() string {
	if i, ok := shapePlaces[s]; ok {
		return shapeWords[i].words
	}
	return string(s)
}

// problemWords are a problem in words.
func problemWords(p qualify.Problem) string {
	return strings.TrimPrefix(qualify.Issue{Problem: p}.String(), ": ")
}

func (s *Survey) printSignals(b *strings.Builder) {
	rows := [][]string{{"Signals", "leads", "occurrences"}}
	for _, signal := range s.Signals {
		rows = append(rows, []string{"  " + name(signal.Signal, signal.Label, ""), strconv.Itoa(signal.Leads), strconv.Itoa(signal.Occurrences)})
	}
	section(b, "lrr", rows, 1, parts)
}

func (s *Survey) printRules(b *strings.Builder) {
	rows := [][]string{{"Rules", "yes", "no", "unknown", "paid", "mean", "least", "most", "sum"}}
	pays := func(p Spread) []string {
		if p.Leads == 0 {
			return []string{"0", "", "", "", ""}
		}
		return []string{strconv.Itoa(p.Leads), layout.Signed(p.Mean()), layout.Signed(p.Min), layout.Signed(p.Max), layout.Signed(p.Sum)}
	}
	for _, r := range s.Rules {
		row := []string{"  " + name(r.ID, r.Label, ""), strconv.Itoa(r.Yes), strconv.Itoa(r.No), strconv.Itoa(r.Unknown)}
		rows = append(rows, append(row, pays(r.Spread)...))
	}
	if len(s.Rules) > 0 {
		rows = slices.Insert(rows, 1, append([]string{"  total", "", "", ""}, pays(s.Points)...))
	}
	section(b, "lrrrrrrrr", rows, 1, parts+1)
}

func (s *Survey) printCriteria(b *strings.Builder) {
	rows := [][]string{{"Criteria", "yes", "no", "unknown", "disputed"}}
	for _, c := range s.Criteria {
		rows = append(rows, []string{"  " + name(c.Criterion, c.Label, ""), strconv.Itoa(c.Yes), strconv.Itoa(c.No), strconv.Itoa(c.Unknown), strconv.Itoa(c.Disputed)})
	}
	section(b, "lrrrr", rows, 1, parts)
}

func (s *Survey) printStages(b *strings.Builder) {
	rows := [][]string{{"Stages", "leads"}}
	for _, stage := range s.Stages {
		rows = append(rows, []string{"  " + cmp.Or(name(stage.Stage, stage.Label, ""), none), strconv.Itoa(stage.Leads)})
	}
	if len(rows) > 2 { // without stages, everybody has none
		section(b, "lr", rows, 1, parts)
	}
}
