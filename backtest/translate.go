package backtest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// Moved is a bound, the beginning of a band or a number in a condition that was moved, so
// that it lets as many leads through as before.
type Moved struct {
	// Place is where it stands in the document, such as groups[0].bands[1].from. Old and New are
	// the numbers.
	Place string  `json:"place"`
	Old   float64 `json:"old"`
	New   float64 `json:"new"`
}

// A scale tells where points of a group lie with the old and with the new amounts.
type scale struct {
	old, new []points.Points // ascending
	factor   float64         // of new points to old ones, where no lead tells
}

func newScale(old, new []points.Points, factor float64) scale {
	s := scale{slices.Clone(old), slices.Clone(new), factor}
	slices.Sort(s.old)
	slices.Sort(s.new)
	return s
}

// from moves a number from which on leads are let through. Of the whole numbers that let as many
// through it is the nearest to the old one; if none does, it is the one that comes nearest.
func (s *scale) from(old points.Points) points.Points {
	index, _ := slices.BinarySearch(s.old, old)
	return s.place(len(s.old)-index, old, false).Clamp(-points.Max, points.Max)
}

// above moves a number above which leads are.
func (s *scale) above(old points.Points) points.Points {
	index, _ := slices.BinarySearch(s.old, old+1)
	return s.place(len(s.old)-index, old, true).Clamp(-points.Max, points.Max)
}

// place finds the number that so many reach, or with strict are above.
func (s *scale) place(through int, old points.Points, strict bool) points.Points {
	n := len(s.new)
	// Those let through are the last k: k can only be such that no tie is torn.
	possible := func(k int) bool { return k == 0 || k == n || s.new[n-k] > s.new[n-k-1] }
	k := through
	for step := 0; ; step++ {
		if through-step >= 0 && possible(through-step) {
			k = through - step
			break
		}
		if through+step <= n && possible(through+step) {
			k = through + step
			break
		}
	}
	low, high := points.Points(-points.Max), points.Points(points.Max)
	if k < n {
		low = s.new[n-k-1] + 1
	}
	if k > 0 {
		high = s.new[n-k]
	}
	if strict {
		if k < n {
			low = s.new[n-k-1]
		}
		if k > 0 {
			high = s.new[n-k] - 1
		}
	}
	want := millionths(float64(old.Float()*s.factor)).Clamp(low, high)
	if up := ceil(want); up <= high {
		if down := up - points.Unit; down >= low && want-down < up-want {
			return down
		}
		return up
	}
	if down := ceil(want) - points.Unit; down >= low {
		return down
	}
	return want
}

// ceil is the least whole number of points that is not below p.
func ceil(p points.Points) points.Points {
	rest := p % points.Unit
	if rest > 0 {
		rest -= points.Unit
	}
	return p - rest
}

// mirrored is the scale of the negative points.
func (s *scale) mirrored() scale {
	m := scale{slices.Clone(s.old), slices.Clone(s.new), s.factor}
	for _, list := range [][]points.Points{m.old, m.new} {
		slices.Reverse(list)
		for i := range list {
			list[i] = -list[i]
		}
	}
	return m
}

// A translator moves what a policy compares points with.
type translator struct {
	policy  *qualify.Policy
	program *program.Program
	ids     []string // of the groups in the program's order
	scales  []scale  // of the groups' points
	moved   []Moved
	left    []string // conditions on points that could not be moved
	factor  float64
}

// translate moves the bounds and bands of a policy, and the numbers in its conditions that
// points are compared with. Old and new hold, sample by sample, what the rules pay.
func translate(model *qualify.Model, policy *qualify.Policy, old, new [][]points.Points, factor float64) *translator {
	p := program.Of(model)
	t := &translator{policy: policy, program: p, ids: groupIDs(*policy), factor: factor, scales: make([]scale, len(p.Groups))}
	policy.Groups = slices.Clone(policy.Groups)
	n := len(old)
	sums := [2][][]points.Points{}
	for k, rows := range [][][]points.Points{old, new} {
		sums[k] = make([][]points.Points, len(p.Groups))
		for g := range sums[k] {
			sums[k][g] = make([]points.Points, n)
		}
		for i, row := range rows {
			for r, paid := range row {
				sums[k][p.Rules[r].Group][i] += paid
			}
		}
	}
	for _, g := range p.GroupOrder {
		kept := [2]program.Group{p.Groups[g], p.Groups[g]}
		if at := slices.IndexFunc(policy.Groups, func(of qualify.Group) bool { return of.ID == t.ids[g] }); at >= 0 {
			t.bounds(at, sums[0][g], sums[1][g], &kept[1])
		}
		for k := range sums {
			for i, sum := range sums[k][g] {
				kept := kept[k].Keep(sum)
				sums[k][g][i] = kept
				if parent := p.Groups[g].Parent; parent != program.None {
					sums[k][parent][i] += share(kept, p.Groups[g].Weight)
				}
			}
		}
		t.scales[g] = newScale(sums[0][g], sums[1][g], factor)
		sums[0][g], sums[1][g] = nil, nil
	}
	for i := range policy.Groups {
		t.bands(i)
	}
	policy.Terms, policy.Stages = slices.Clone(policy.Terms), slices.Clone(policy.Stages)
	for i := range policy.Terms {
		t.condition(fmt.Sprintf("terms[%d].is", i), &policy.Terms[i].Is)
	}
	for i := range policy.Stages {
		t.condition(fmt.Sprintf("stages[%d].enter", i), &policy.Stages[i].Enter)
		t.condition(fmt.Sprintf("stages[%d].keep", i), &policy.Stages[i].Keep)
	}
	return t
}

func (t *translator) move(place string, old, new points.Points) float64 {
	if old != new {
		t.moved = append(t.moved, Moved{place, old.Float(), new.Float()})
	}
	return new.Float()
}

// bounds moves the bounds of a group.
func (t *translator) bounds(i int, old, new []points.Points, kept *program.Group) {
	g := &t.policy.Groups[i]
	s := newScale(old, new, t.factor)
	place := fmt.Sprintf("groups[%d].", i)
	if g.Max != nil {
		bound := s.above(kept.Max)
		g.Max = newNumber(t.move(place+"max", kept.Max, bound))
		kept.Max = bound
	}
	if g.Min != nil {
		m := s.mirrored()
		bound := -m.above(-kept.Min)
		if g.Max != nil {
			bound = min(bound, kept.Max)
		}
		g.Min = newNumber(t.move(place+"min", kept.Min, bound))
		kept.Min = bound
	}
}

// bands moves the bands of a group.
func (t *translator) bands(i int) {
	g := &t.policy.Groups[i]
	s := &t.scales[slices.Index(t.ids, g.ID)]
	g.Bands = slices.Clone(g.Bands)
	last := points.Points(math.MinInt64)
	for b := range g.Bands {
		if g.Bands[b].From == nil {
			continue
		}
		old := millionths(*g.Bands[b].From)
		room := points.Max - points.Points(len(g.Bands)-1-b) // for those that follow
		from := s.from(old)
		if from <= last {
			from = last + points.Unit
		}
		from = max(min(from, room), last+1)
		last = from
		g.Bands[b].From = newNumber(t.move(fmt.Sprintf("groups[%d].bands[%d].from", i, b), old, from))
	}
}

// condition moves the numbers that score(…) is compared with in an expression.
func (t *translator) condition(place string, source *string) {
	tokens := expression.Tokens(*source)
	runes := []rune(*source)
	type edit struct {
		from, to int
		text     string
	}
	var edits []edit
	for i := 0; i < len(tokens); i++ {
		if tokens[i].Kind != expression.NameToken || tokens[i].Value != "score" || i > 0 && tokens[i-1].Value == "." {
			continue
		}
		end, group := i+2, "total" // behind the closing bracket
		if end < len(tokens) && tokens[end].Kind == expression.TextToken {
			group = tokens[end].Value
			end++
		}
		end++
		number, op, ok := t.compared(tokens, i, end)
		of := slices.Index(t.ids, group)
		if !ok || of < 0 {
			t.left = append(t.left, place)
			continue
		}
		value, err := strconv.ParseFloat(strings.ReplaceAll(string(runes[number.from:number.to]), " ", ""), 64)
		if err != nil {
			t.left = append(t.left, place)
			continue
		}
		old := millionths(value)
		moved := old
		switch s := &t.scales[of]; op {
		case ">=", "<":
			moved = s.from(old)
		case ">", "<=":
			moved = s.above(old)
		default:
			t.left = append(t.left, place)
			continue
		}
		edits = append(edits, edit{number.from, number.to, strconv.FormatFloat(t.move(place, old, moved), 'f', -1, 64)})
	}
	slices.SortFunc(edits, func(a, b edit) int { return b.from - a.from })
	for _, e := range edits {
		runes = slices.Replace(runes, e.from, e.to, []rune(e.text)...)
	}
	*source = string(runes)
}

// A part is a part of an expression, in runes.
type part struct{ from, to int }

// compared finds the number that the call between two tokens is compared with, and the
// comparison as it reads with the call on its left.
func (t *translator) compared(tokens []expression.Token, from, to int) (part, string, bool) {
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return tokens[i].Value
	}
	// ends reports whether a comparison can end beside a sign: nothing there binds closer.
	ends := func(sign string) bool {
		switch sign {
		case "", "and", "or", "&&", "||", "(", ")", "?", ":", ",", "not", "!", "??":
			return true
		}
		return false
	}
	isNumber := func(i int) bool { return i >= 0 && i < len(tokens) && tokens[i].Kind == expression.NumberToken }
	comparisons := map[string]string{">=": "<=", "<=": ">=", ">": "<", "<": ">"}
	if _, ok := comparisons[at(to)]; ok && ends(at(from-1)) {
		first, last := to+1, to+1
		if at(first) == "-" {
			last++
		}
		if isNumber(last) && ends(at(last+1)) {
			return part{tokens[first].From, tokens[last].To}, at(to), true
		}
		return part{}, "", false
	}
	if op, ok := comparisons[at(from-1)]; ok && ends(at(to)) && isNumber(from-2) {
		first := from - 2
		if at(first-1) == "-" && ends(at(first-2)) {
			first--
		}
		if ends(at(first - 1)) {
			return part{tokens[first].From, tokens[from-2].To}, op, true
		}
	}
	return part{}, "", false
}

func newNumber(f float64) *float64 { return &f }
