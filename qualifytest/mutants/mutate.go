package mutants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/probe"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// Mutant is a policy with one small change.
type Mutant struct {
	// Path, ID and Field say where it is, as in qualify.Mistake: "rules[2]", "size",
	// "when".
	Path, ID, Field string
	// Line and Column are 1-based, the column in runes: where in the expression the
	// change is. They are 0 in other fields.
	Line, Column int
	// Was is what stands there, with what it belongs to, and Is what takes its place:
	// ">= 200" and "> 200".
	Was, Is string

	apply   func(*qualify.Policy)
	numbers []float64       // that the change is about
	spans   []time.Duration // that it is about
	// extremes make a number that something is compared with very small and very large:
	// leads that these two judge differently are those for which the comparison counts.
	extremes []func(*qualify.Policy)
}

var listNouns = map[string]string{
	"profile": "attribute", "properties": "property",
	"terms": "term", "signals": "signal", "rules": "rule", "groups": "group", "criteria": "criterion", "stages": "stage",
}

// String gives the mutant on one line, as an explanation names it:
// "rule size, when: >= 200 became > 200".
func (m *Mutant) String() string {
	list, _, _ := strings.Cut(m.Path, "[")
	return fmt.Sprintf("%s %s, %s: %s became %s", listNouns[list], scenario.Quote(m.ID), m.Field, m.Was, m.Is)
}

// place gives the path, the field, and the line and column.
func (m *Mutant) place() string {
	s := m.Path + "." + m.Field
	if m.Line > 0 {
		s += fmt.Sprintf(", %d:%d", m.Line, m.Column)
	}
	return s
}

// mutate lists the mutants of a policy, in the order of its document. Some of them may
// not compile. Names, what is for people and the texts that facts are compared with
// stay as they are.
func mutate(p qualify.Policy) []*Mutant {
	type policy = qualify.Policy
	all := &mutants{policy: &p}
	fields := func(path string, of func(*policy) []qualify.Field) {
		for i, f := range of(&p) {
			all.in(path, i, f.Name)
			at := func(p *policy) *string { return &of(p)[i].Default }
			if no, ok := map[string]string{"false": "true", "true": "false"}[f.Default]; ok && f.Kind == qualify.Bool {
				change(all, "default", at, no, no)
			}
			drop(all, "default", at)
		}
	}
	fields("profile", func(p *policy) []qualify.Field { return p.Profile })
	fields("properties", func(p *policy) []qualify.Field { return p.Properties })
	for i := range p.Terms {
		all.in("terms", i, p.Terms[i].ID)
		all.expression("is", func(p *policy) *string { return &p.Terms[i].Is })
	}
	for i := range p.Signals {
		all.in("signals", i, p.Signals[i].ID)
		s := func(p *policy) *qualify.Signal { return &p.Signals[i] }
		all.condition("where", func(p *policy) *string { return &s(p).Where })
		all.number("every", func(p *policy) *float64 { return &s(p).Every })
		all.span("per", func(p *policy) *qualify.Duration { return &s(p).Per })
		all.calendar("calendar", func(p *policy) *string { return &s(p).Calendar })
		all.span("gap", func(p *policy) *qualify.Duration { return &s(p).Gap })
		all.relation(s)
		drop(all, "for_each", func(p *policy) *string { return &s(p).ForEach })
		drop(all, "where", func(p *policy) *string { return &s(p).Where })
	}
	for i := range p.Rules {
		all.in("rules", i, p.Rules[i].ID)
		r := func(p *policy) *qualify.Rule { return &p.Rules[i] }
		all.condition("when", func(p *policy) *string { return &r(p).When })
		if r(&p).On != "" {
			drop(all, "when", func(p *policy) *string { return &r(p).When })
		}
		all.number("points", func(p *policy) *float64 { return &r(p).Points })
		all.number("else", func(p *policy) *float64 { return &r(p).Else })
		all.expression("multiply", func(p *policy) *string { return &r(p).Multiply })
		for j := range r(&p).Tiers {
			field := fmt.Sprintf("tiers[%d]", j)
			tier := func(p *policy) *qualify.Tier { return &r(p).Tiers[j] }
			all.condition(field+".when", func(p *policy) *string { return &tier(p).When })
			all.steps(field+".points", func(p *policy) *float64 { return &tier(p).Points })
			if j > 0 {
				all.add(Mutant{Field: field, Was: fmt.Sprintf("after tiers[%d]", j-1), Is: "before it", apply: func(p *policy) {
					tiers := r(p).Tiers
					tiers[j-1], tiers[j] = tiers[j], tiers[j-1]
				}})
			}
		}
		all.limit(func(p *policy) *qualify.Limit { return &r(p).Limit })
		all.span("within", func(p *policy) *qualify.Duration { return &r(p).Within })
		all.decay(func(p *policy) *qualify.Decay { return &r(p).Decay })
		all.bound("min", func(p *policy) **float64 { return &r(p).Min })
		all.bound("max", func(p *policy) **float64 { return &r(p).Max })
	}
	for i := range p.Groups {
		all.in("groups", i, p.Groups[i].ID)
		g := func(p *policy) *qualify.Group { return &p.Groups[i] }
		all.bound("weight", func(p *policy) **float64 { return &g(p).Weight })
		drop(all, "percent", func(p *policy) *bool { return &g(p).Percent })
		all.number("round", func(p *policy) *float64 { return &g(p).Round })
		all.bound("min", func(p *policy) **float64 { return &g(p).Min })
		all.bound("max", func(p *policy) **float64 { return &g(p).Max })
		for j := range g(&p).Bands {
			all.near(fmt.Sprintf("bands[%d].from", j), func(p *policy) **float64 { return &g(p).Bands[j].From })
		}
		all.decay(func(p *policy) *qualify.Decay { return &g(p).Decay })
		drop(all, "reset_on", func(p *policy) *string { return &g(p).ResetOn })
	}
	for i := range p.Criteria {
		all.in("criteria", i, p.Criteria[i].ID)
		c := func(p *policy) *qualify.Criterion { return &p.Criteria[i] }
		all.condition("met", func(p *policy) *string { return &c(p).Met })
		all.condition("unmet", func(p *policy) *string { return &c(p).Unmet })
		drop(all, "unmet", func(p *policy) *string { return &c(p).Unmet })
	}
	for i := range p.Stages {
		all.in("stages", i, p.Stages[i].ID)
		s := func(p *policy) *qualify.Stage { return &p.Stages[i] }
		all.condition("enter", func(p *policy) *string { return &s(p).Enter })
		all.condition("keep", func(p *policy) *string { return &s(p).Keep })
		drop(all, "keep", func(p *policy) *string { return &s(p).Keep })
		all.span("min_stay", func(p *policy) *qualify.Duration { return &s(p).MinStay })
		all.span("max_stay", func(p *policy) *qualify.Duration { return &s(p).MaxStay })
	}
	return all.list
}

// mutants gathers them.
type mutants struct {
	policy   *qualify.Policy
	path, id string
	list     []*Mutant
}

func (all *mutants) in(list string, i int, id string) {
	all.path, all.id = fmt.Sprintf("%s[%d]", list, i), id
}

func (all *mutants) add(m Mutant) {
	m.Path, m.ID = all.path, all.id
	all.list = append(all.list, &m)
}

// none is a field that is left out.
const none = "none"

// change gives a field another value; at finds it in a policy.
func change[T any](all *mutants, field string, at func(*qualify.Policy) *T, to T, is string) {
	all.add(Mutant{Field: field, Was: show(*at(all.policy)), Is: is, apply: func(p *qualify.Policy) { *at(p) = to }})
	m := all.list[len(all.list)-1]
	for _, v := range []any{*at(all.policy), to} {
		switch v := v.(type) {
		case int:
			m.numbers = append(m.numbers, float64(v))
		case float64:
			m.numbers = append(m.numbers, v)
		case *float64:
			if v != nil {
				m.numbers = append(m.numbers, *v)
			}
		case qualify.Duration:
			m.spans = append(m.spans, time.Duration(v))
		}
	}
}

func show(v any) string {
	switch v := v.(type) {
	case float64:
		return scenario.Number(v)
	case *float64:
		return scenario.Number(*v)
	case string:
		return brief(v)
	}
	return fmt.Sprint(v)
}

// brief is what a message says of an expression.
func brief(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// drop leaves a field out, if it is there.
func drop[T comparable](all *mutants, field string, at func(*qualify.Policy) *T) {
	var zero T
	if *at(all.policy) != zero {
		change(all, field, at, zero, none)
	}
}

func (all *mutants) steps(field string, at func(*qualify.Policy) *float64) {
	for _, n := range probe.Near(*at(all.policy)) {
		if n != *at(all.policy) {
			change(all, field, at, n, scenario.Number(n))
		}
	}
}

// number changes one that is left out if it is 0.
func (all *mutants) number(field string, at func(*qualify.Policy) *float64) {
	if *at(all.policy) != 0 {
		all.steps(field, at)
	}
}

// near changes a number that may be left out.
func (all *mutants) near(field string, at func(*qualify.Policy) **float64) {
	if v := *at(all.policy); v != nil {
		for _, n := range probe.Near(*v) {
			change(all, field, at, &n, scenario.Number(n))
		}
	}
}

// bound leaves it out, too.
func (all *mutants) bound(field string, at func(*qualify.Policy) **float64) {
	all.near(field, at)
	drop(all, field, at)
}

func (all *mutants) span(field string, at func(*qualify.Policy) *qualify.Duration) {
	all.longer(field, at)
	drop(all, field, at)
}

// longer makes a span a unit shorter and longer, if it is there.
func (all *mutants) longer(field string, at func(*qualify.Policy) *qualify.Duration) {
	v := *at(all.policy)
	if v == 0 {
		return
	}
	step := qualify.Duration(unit(v.String()))
	for _, d := range [...]qualify.Duration{v - step, v + step} {
		if d > 0 {
			change(all, field, at, d, d.String())
		}
	}
}

// unit gives the size of the unit of a span such as 30d, and 0 if it is none.
func unit(span string) time.Duration {
	name := strings.TrimLeft(span, "0123456789")
	if name == span {
		return 0
	}
	size, _ := history.ParseSpan("1" + name)
	return time.Duration(size)
}

func (all *mutants) calendar(field string, at func(*qualify.Policy) *string) {
	for _, period := range [...]string{"day", "week", "month"} {
		if v := *at(all.policy); v != "" && v != period {
			change(all, field, at, period, period)
		}
	}
	drop(all, field, at)
}

// relation leaves out what a signal has to do with another.
func (all *mutants) relation(at func(*qualify.Policy) *qualify.Signal) {
	all.longer("within", func(p *qualify.Policy) *qualify.Duration { return &at(p).Within })
	s := at(all.policy)
	for _, r := range [...]struct{ field, other string }{{"following", s.Following}, {"not_following", s.NotFollowing}, {"followed_by", s.FollowedBy}} {
		if r.other == "" {
			continue
		}
		all.add(Mutant{Field: r.field, Was: r.other, Is: none, spans: []time.Duration{time.Duration(s.Within)}, apply: func(p *qualify.Policy) {
			s := at(p)
			s.Following, s.NotFollowing, s.FollowedBy, s.Within = "", "", "", 0
			if s.Repeats == "" {
				s.ForEach = ""
			}
		}})
	}
}

func (all *mutants) limit(at func(*qualify.Policy) *qualify.Limit) {
	if v := at(all.policy).Times; v != 0 {
		times := func(p *qualify.Policy) *int { return &at(p).Times }
		if v > 1 {
			change(all, "limit.times", times, v-1, strconv.Itoa(v-1))
		}
		change(all, "limit.times", times, v+1, strconv.Itoa(v+1))
		drop(all, "limit.times", times)
	}
	points := func(p *qualify.Policy) *float64 { return &at(p).Points }
	all.number("limit.points", points)
	drop(all, "limit.points", points)
	all.span("limit.per", func(p *qualify.Policy) *qualify.Duration { return &at(p).Per })
	all.calendar("limit.calendar", func(p *qualify.Policy) *string { return &at(p).Calendar })
	all.span("limit.gap", func(p *qualify.Policy) *qualify.Duration { return &at(p).Gap })
	drop(all, "limit.for_each", func(p *qualify.Policy) *string { return &at(p).ForEach })
	drop(all, "limit.once_per", func(p *qualify.Policy) *string { return &at(p).OncePer })
}

func (all *mutants) decay(at func(*qualify.Policy) *qualify.Decay) {
	steps := func(field string, of func(*qualify.Decay) *qualify.Duration) {
		v := *of(at(all.policy))
		step := qualify.Duration(unit(v.String()))
		for _, d := range [...]qualify.Duration{v - step, v + step} {
			if v > 0 && d > 0 {
				change(all, field, func(p *qualify.Policy) *qualify.Duration { return of(at(p)) }, d, d.String())
			}
		}
	}
	steps("decay.half_life", func(d *qualify.Decay) *qualify.Duration { return &d.HalfLife })
	steps("decay.linear", func(d *qualify.Decay) *qualify.Duration { return &d.Linear })
	steps("decay.every", func(d *qualify.Decay) *qualify.Duration { return &d.Every })
	all.number("decay.lose", func(p *qualify.Policy) *float64 { return &at(p).Lose })
	drop(all, "decay.compound", func(p *qualify.Policy) *bool { return &at(p).Compound })
	drop(all, "decay.idle", func(p *qualify.Policy) *string { return &at(p).Idle })
	if v := *at(all.policy); v != (qualify.Decay{}) {
		was := "none: true"
		switch {
		case v.HalfLife > 0:
			was = "half_life " + v.HalfLife.String()
		case v.Linear > 0:
			was = "linear " + v.Linear.String()
		case v.Every > 0:
			was = "every " + v.Every.String()
		}
		all.add(Mutant{Field: "decay", Was: was, Is: none, apply: func(p *qualify.Policy) { *at(p) = qualify.Decay{} },
			spans: []time.Duration{time.Duration(v.HalfLife), time.Duration(v.Linear), time.Duration(v.Every)}})
	}
}

// condition changes an expression that is a condition: if nothing in it can be
// changed, it is reversed.
func (all *mutants) condition(field string, at func(*qualify.Policy) *string) {
	source := *at(all.policy)
	before := len(all.list)
	all.expression(field, at)
	if len(all.list) == before && strings.TrimSpace(source) != "" {
		is := "not (" + source + ")"
		change(all, field, at, is, brief(is))
		all.list[before].Line, all.list[before].Column = 1, 1
	}
}

// expression changes the operators, numbers, windows and spans of an expression.
func (all *mutants) expression(field string, at func(*qualify.Policy) *string) {
	source := *at(all.policy)
	for _, e := range edits(source) {
		m := Mutant{Field: field, Line: e.line, Column: e.column, Was: e.was, Is: e.is, numbers: e.numbers, spans: e.spans,
			apply: func(p *qualify.Policy) { *at(p) = e.source }}
		for _, source := range e.extremes {
			m.extremes = append(m.extremes, func(p *qualify.Policy) { *at(p) = source })
		}
		all.add(m)
	}
}

// edit is an expression with one change.
type edit struct {
	source       string
	line, column int
	was, is      string
	numbers      []float64
	spans        []time.Duration
	extremes     []string // the expression with the number concerned very small, and very large
}

// operators are what takes the place of operators. A space is what takes the place of
// those that are left out.
var operators = map[string]string{
	">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "==",
	"&&": "||", "||": "&&", "and": "or", "or": "and", "!": " ", "not": " ",
	"in": "not in", "contains": "not contains", "startsWith": "not startsWith", "endsWith": "not endsWith", "matches": "not matches",
	"+": "-", "-": "+", "*": "/", "/": "*",
}

var comparisons = map[string]bool{">=": true, ">": true, "<=": true, "<": true, "==": true, "!=": true}

var negatable = []string{"in", "contains", "startsWith", "endsWith", "matches"}

// windowed are the functions whose later arguments are windows and spans, with the
// first that may be left out.
var windowed = map[string]int{
	"count": 1, "happened": 1, "active_days": 1, "total": 2, "mean": 2, "highest": 2, "lowest": 2, "distinct": 2, "latest": 2, "first": 2,
	"followed": 3, "idle_steps": 2,
}

// edits gives an expression with each of its operators, numbers, windows and spans
// changed. Texts that are no argument of a function are never touched.
func edits(source string) []edit {
	tokens := expression.Tokens(source)
	runes := []rune(source)
	var all []edit
	text := func(from, to int) string { return brief(string(runes[from:to])) }
	// add puts something in the place of some runes; the change is shown from one token to another.
	add := func(from, to int, with string, first, last int) *edit {
		begin, end := tokens[first].From, tokens[last].To
		line, column := 1, from+1
		for i, r := range runes[:from] {
			if r == '\n' {
				line, column = line+1, from-i
			}
		}
		changed := string(runes[:from]) + with + string(runes[to:])
		all = append(all, edit{source: changed, line: line, column: column,
			was: text(begin, end), is: brief(string(runes[begin:from]) + with + string(runes[to:end]))})
		return &all[len(all)-1]
	}
	extremes := func(number expression.Token) (all []string) {
		for _, n := range []string{"-1000000000", "1000000000"} {
			all = append(all, string(runes[:number.From])+n+string(runes[number.To:]))
		}
		return all
	}
	type bracket struct {
		call     int // the token of the function's name, or -1
		argument int
	}
	var open []bracket
	for i, t := range tokens {
		switch t.Kind {
		case expression.BracketToken:
			if strings.Contains("([{", t.Value) {
				b := bracket{call: -1}
				if i > 0 && t.Value == "(" && tokens[i-1].Kind == expression.NameToken {
					b.call = i - 1
				}
				open = append(open, b)
			} else if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case expression.OperatorToken:
			if t.Value == "," && len(open) > 0 {
				open[len(open)-1].argument++
			}
			to, ok := operators[t.Value]
			if !ok {
				continue
			}
			if t.Value == "not" || t.Value == "!" {
				last := i + 1
				if last < len(tokens) && slices.Contains(negatable, tokens[last].Value) {
					last++
				}
				add(t.From, t.To, to, i, operandEnd(tokens, last))
				continue
			}
			if i > 0 && tokens[i-1].Kind == expression.OperatorToken && tokens[i-1].Value == "not" && slices.Contains(negatable, t.Value) {
				continue // without not it is another mutant
			}
			first := i
			if !comparisons[t.Value] && i > 0 {
				first = operandStart(tokens, i-1)
			}
			e := add(t.From, t.To, to, first, operandEnd(tokens, i+1))
			for _, near := range []int{i - 1, i + 1} {
				if near >= 0 && near < len(tokens) && tokens[near].Kind == expression.NumberToken {
					if v, ok := parseNumber(tokens[near].Value); ok {
						e.numbers, e.extremes = append(e.numbers, v), extremes(tokens[near])
					}
				}
			}
		case expression.NumberToken:
			v, ok := parseNumber(t.Value)
			if !ok {
				continue
			}
			first := i
			if i > 0 && tokens[i-1].Kind == expression.OperatorToken && tokens[i-1].Value != "," {
				first = i - 1
			}
			for _, n := range probe.Near(v) {
				if n == v {
					continue
				}
				e := add(t.From, t.To, scenario.Number(n), first, i)
				e.numbers, e.extremes = []float64{v, n}, extremes(t)
			}
		case expression.TextToken:
			if len(open) == 0 || open[len(open)-1].call < 0 || t.To-t.From < 2 {
				continue
			}
			b := open[len(open)-1]
			name := tokens[b.call].Value
			optional, takes := windowed[name]
			if name == "time" {
				for _, to := range nearTime(t.Value) {
					add(t.From+1, t.To-1, to, b.call, min(i+1, len(tokens)-1))
				}
			}
			if !takes || b.argument == 0 || strings.ContainsRune(t.Value, '\\') {
				continue
			}
			for _, w := range windows(t.Value) {
				add(t.From+1, t.To-1, w.text, b.call, min(i+1, len(tokens)-1)).spans = w.spans
			}
			if b.argument >= optional {
				e := add(tokens[i-1].From, t.To, "", b.call, min(i+1, len(tokens)-1))
				if d, err := history.ParseSpan(t.Value); err == nil {
					e.spans = []time.Duration{time.Duration(d)}
				}
			}
		}
	}
	return all
}

// operandEnd gives the last token of the operand that begins at one: a call with its
// arguments, a name with its fields, or a single token.
func operandEnd(tokens []expression.Token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		t := tokens[i]
		next := expression.Token{}
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		switch {
		case t.Kind == expression.BracketToken && strings.Contains("([{", t.Value):
			depth++
		case t.Kind == expression.BracketToken:
			depth--
		}
		isSign := t.Kind == expression.OperatorToken && slices.Contains([]string{"-", "!", "not", "."}, t.Value)
		goesOn := t.Kind == expression.NameToken && next.Kind == expression.BracketToken && (next.Value == "(" || next.Value == "[") || next.Value == "." && next.Kind == expression.OperatorToken
		if depth <= 0 && !isSign && !goesOn {
			return i
		}
	}
	return len(tokens) - 1
}

// operandStart gives the first token of the operand that ends at one.
func operandStart(tokens []expression.Token, i int) int {
	depth := 0
	for ; i > 0; i-- {
		t, before := tokens[i], tokens[i-1]
		switch {
		case t.Kind == expression.BracketToken && strings.Contains(")]}", t.Value):
			depth++
		case t.Kind == expression.BracketToken:
			depth--
		}
		goesOn := t.Kind == expression.BracketToken && before.Kind == expression.NameToken && strings.Contains("([", t.Value) ||
			t.Kind == expression.OperatorToken && t.Value == "." || before.Kind == expression.OperatorToken && before.Value == "."
		if depth <= 0 && !goesOn {
			return i
		}
	}
	return max(i, 0)
}

func parseNumber(s string) (float64, bool) {
	s = strings.ReplaceAll(s, "_", "")
	if n, err := strconv.ParseInt(s, 0, 64); err == nil && !(len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9') {
		return float64(n), true
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// nearTime gives the days, or the seconds, beside one.
func nearTime(s string) (all []string) {
	if t, layout, ok := parseTime(s); ok {
		step := time.Second
		if layout == time.DateOnly {
			step = 24 * time.Hour
		}
		all = append(all, t.Add(-step).Format(layout), t.Add(step).Format(layout))
	}
	return all
}

// parseTime reads a time as expressions write it.
func parseTime(s string) (t time.Time, layout string, ok bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, layout, true
		}
	}
	return t, "", false
}

type window struct {
	text  string
	spans []time.Duration
}

// windows gives what is next to a window or a span: a unit less, a unit more, and one
// of two parts alone.
func windows(s string) (all []window) {
	span, since, both := strings.Cut(s, " since ")
	size := unit(span)
	n, err := strconv.Atoi(strings.TrimRight(span, "abcdefghijklmnopqrstuvwxyz"))
	if err != nil || size == 0 {
		return nil
	}
	name := strings.TrimLeft(span, "0123456789")
	for _, k := range [...]int{n - 1, n + 1} {
		if k > 0 {
			all = append(all, window{strconv.Itoa(k) + name + s[len(span):], []time.Duration{time.Duration(n) * size, time.Duration(k) * size}})
		}
	}
	if both {
		all = append(all, window{"since " + since, []time.Duration{time.Duration(n) * size}}, window{span, []time.Duration{time.Duration(n) * size}})
	}
	return all
}
