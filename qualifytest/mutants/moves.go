package mutants

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/probe"
	"github.com/qualify-go/qualify/qualifytest/internal/scenario"
)

// prepare finds what may be changed of leads.
func (x *search) prepare() {
	s := scope{policy: &x.policy, attrs: map[string][]probe.Value{}, props: map[string][]probe.Value{}, seen: map[string]bool{}}
	s.item(x.m.Path)
	item := s.main // the expressions of the item itself, the changed one too
	changed := x.model.Policy()
	x.m.apply(&changed)
	if x.m.Line > 0 {
		other := scope{policy: &changed, attrs: s.attrs, props: s.props, seen: map[string]bool{}}
		other.item(x.m.Path)
		item = append(item, other.main...)
	}
	var spans []time.Duration
	near := slices.Clone(x.m.spans)
	for _, source := range item {
		near = append(near, spansIn(source)...)
	}
	for _, d := range append(near, s.spans...) {
		if d > 0 && len(spans) < 12 && !slices.Contains(spans, d) {
			spans = append(spans, d)
		}
	}
	for _, f := range x.policy.Profile {
		values, concerned := s.attrs[f.Name]
		if !concerned {
			continue
		}
		var moves []move
		for _, v := range worth(f, values) {
			moves = append(moves, func(b *base) { b.set(scenario.SourceKey(f), atInstant(v, b.at)) })
		}
		for range 1 + len(moves)/4 { // that it is not known, now and then
			moves = append(moves, func(b *base) { b.set(scenario.SourceKey(f), nil) })
		}
		x.moves = append(x.moves, moves)
	}
	for _, f := range x.policy.Properties {
		values, concerned := s.props[f.Name]
		if !concerned {
			continue
		}
		var moves []move
		for _, v := range worth(f, values) {
			moves = append(moves, func(b *base) { b.tell(scenario.SourceKey(f), atInstant(v, b.at)) })
		}
		for range 1 + len(moves)/4 {
			moves = append(moves, func(b *base) { b.tell(scenario.SourceKey(f), nil) })
		}
		x.moves = append(x.moves, moves)
	}
	x.activities(&s, spans)
	x.stages(spans)
	x.limits(s.groups)
}

// atInstant makes an age a time.
func atInstant(v any, at time.Time) any {
	if d, ok := v.(time.Duration); ok {
		return at.Add(d)
	}
	return v
}

func kindOf(f qualify.Field) fact.Kind {
	kind, _ := fact.ParseKind(string(f.Kind))
	return kind
}

// worth gives the values of a field that are worth trying, as leads have them; those of
// times that count from an instant are durations.
func worth(f qualify.Field, met []probe.Value) (all []any) {
	e := expression.Field{Name: f.Name, Kind: kindOf(f), Values: f.Values, Lo: -fact.MaxNumber, Hi: fact.MaxNumber}
	if f.Minimum != nil {
		e.Lo = *f.Minimum
	}
	if f.Maximum != nil {
		e.Hi = *f.Maximum
	}
	for _, v := range probe.Worth(e, met) {
		switch {
		case e.Kind == fact.Number:
			all = append(all, scenario.Number(v.Number))
		case e.Kind == fact.Bool:
			all = append(all, map[bool]string{true: "yes", false: "no"}[v.Bool])
		case v.FromNow:
			all = append(all, time.Duration(v.Time))
		case e.Kind == fact.Time:
			all = append(all, time.Unix(0, v.Time).UTC())
		case e.Kind == fact.Texts:
			all = append(all, oneElement(v.Texts[0]))
		default:
			all = append(all, v.Text)
		}
	}
	return all
}

// oneElement writes a list of one text as a scenario has it: one that could be taken for
// several as a JSON list.
func oneElement(text string) string {
	if strings.ContainsAny(text, ";,|[]{}\t\n") {
		if list, err := json.Marshal([]string{text}); err == nil {
			return string(list)
		}
	}
	return text
}

// activities adds moves that add, take away and shift activities.
func (x *search) activities(s *scope, spans []time.Duration) {
	var templates []qualify.Activity
	add := func(a qualify.Activity) {
		a.ID, a.At = "", time.Time{}
		if !slices.ContainsFunc(templates, func(t qualify.Activity) bool { return a.Type == t.Type && maps.Equal(a.Props, t.Props) }) {
			templates = append(templates, a)
		}
	}
	for _, kind := range s.types {
		add(qualify.Activity{Type: kind})
		var known []qualify.Activity
		for _, b := range x.bases {
			for _, a := range b.lead.Activities {
				if a.Type == kind && len(known) < 3 && len(a.Props) > 0 && !slices.ContainsFunc(known, func(k qualify.Activity) bool { return maps.Equal(k.Props, a.Props) }) {
					known = append(known, a)
				}
			}
		}
		for _, a := range known {
			add(a)
		}
		for _, f := range x.policy.Properties {
			values, concerned := s.props[f.Name]
			if !concerned {
				continue
			}
			for _, v := range worth(f, values) {
				add(qualify.Activity{Type: kind, Props: map[string]any{scenario.SourceKey(f): v}})
				if len(known) > 0 {
					a := known[0]
					a.Props = maps.Clone(a.Props)
					a.Props[scenario.SourceKey(f)] = v
					add(a)
				}
				a := qualify.Activity{Type: kind, Props: map[string]any{}} // with some value of each other one
				for _, g := range x.policy.Properties {
					if others := worth(g, s.props[g.Name]); s.props[g.Name] != nil && len(others) > 0 {
						a.Props[scenario.SourceKey(g)] = others[x.rng.IntN(len(others))]
					}
				}
				a.Props[scenario.SourceKey(f)] = v
				add(a)
			}
		}
	}
	counts := []int{1, 2}
	for _, n := range s.counts {
		if n <= 100 && !slices.Contains(counts, n) {
			counts = append(counts, n)
		}
	}
	for _, n := range x.m.numbers {
		for _, k := range []float64{n - 1, n, n + 1} {
			if k >= 1 && k <= 100 && k == math.Trunc(k) && !slices.Contains(counts, int(k)) {
				counts = append(counts, int(k))
			}
		}
	}
	ages := []time.Duration{0, 24 * time.Hour}
	for _, d := range spans {
		ages = append(ages, d-1, d)
	}
	gaps := append([]time.Duration{3 * 24 * time.Hour, 8 * 24 * time.Hour}, ages[1:]...)
	x.simple = slices.Clone(x.moves)
	byType, now := map[string][]move{}, map[string][]move{}
	for _, t := range templates {
		at := func(b *base) qualify.Activity {
			a := t
			a.Props = maps.Clone(a.Props)
			for name, v := range a.Props {
				a.Props[name] = atInstant(v, b.at)
			}
			return a
		}
		add := func(n, apart int, gap time.Duration) {
			move := func(b *base) {
				for range n {
					b.add(at(b), 0)
				}
				for range apart {
					b.add(at(b), gap)
				}
			}
			byType[t.Type] = append(byType[t.Type], move)
			if gap == 0 && n+apart <= 10 {
				now[t.Type] = append(now[t.Type], move)
			}
		}
		for _, age := range ages {
			add(0, 1, age)
		}
		for _, n := range append(counts[1:], 10) {
			add(n, 0, 0)
		}
		for i, gap := range gaps { // so many, and one or as many apart from them
			n := counts[i%len(counts)]
			add(n, 1, gap)
			add(n, n, gap)
			add(0, n, gap)
			n = counts[x.rng.IntN(len(counts))]
			add(n, 1, gap)
			add(n, n, gap)
		}
	}
	var fewer, later []move
	for _, kind := range s.types {
		x.moves, x.simple = append(x.moves, byType[kind]), append(x.simple, now[kind])
		fewer = append(fewer, func(b *base) {
			if i := slices.IndexFunc(b.lead.Activities, func(a qualify.Activity) bool { return a.Type == kind }); i >= 0 {
				b.lead.Activities = slices.Delete(b.lead.Activities, i, i+1)
			}
		}, func(b *base) {
			b.lead.Activities = slices.DeleteFunc(b.lead.Activities, func(a qualify.Activity) bool { return a.Type == kind })
		})
	}
	if fewer != nil {
		x.moves, x.simple = append(x.moves, fewer), append(x.simple, fewer)
	}
	// Later, also so that an activity is just so old.
	for _, d := range []time.Duration{24 * time.Hour, 3 * 24 * time.Hour, 10 * 24 * time.Hour, 45 * 24 * time.Hour} {
		later = append(later, func(b *base) { b.at = b.at.Add(d) })
	}
	for _, d := range spans {
		for _, off := range []time.Duration{-1, 0, 1} {
			later = append(later, func(b *base) {
				if n := len(b.lead.Activities); n > 0 {
					b.at = b.lead.Activities[x.rng.IntN(n)].At.Add(d + off)
				}
			})
		}
	}
	x.moves = append(x.moves, later)
}

// stages adds moves to the stages, so long ago.
func (x *search) stages(spans []time.Duration) {
	if !x.ofStage && !strings.HasPrefix(x.m.Path, "terms") {
		return
	}
	var all []move
	in := func(id string, moves []move) []move {
		ages := []time.Duration{time.Hour}
		for _, d := range spans {
			ages = append(ages, d-1, d)
		}
		for _, age := range ages {
			moves = append(moves, func(b *base) { b.lead.Stage, b.lead.StageSince = id, b.at.Add(-age) })
		}
		return append(moves, func(b *base) { b.lead.Stage, b.lead.StageSince = id, time.Time{} })
	}
	for _, s := range append([]qualify.Stage{{}}, x.policy.Stages...) {
		all = in(s.ID, all)
	}
	x.moves = append(x.moves, all)
	if x.ofStage {
		// Most leads that tell something of a stage are in it.
		for _, move := range in(x.m.ID, nil) {
			for _, b := range x.bases[:min(len(x.bases), 6)] {
				b = b.clone()
				move(&b)
				x.inStage = append(x.inStage, b)
			}
		}
	}
}

// limits finds the numbers of points at which something changes.
func (x *search) limits(groups []string) {
	list, _, _ := strings.Cut(x.m.Path, "[")
	if list == "groups" {
		groups = []string{x.m.ID}
	} else if list != "stages" && list != "terms" {
		return
	}
	if len(x.m.numbers) == 0 {
		return
	}
	low, high := slices.Min(x.m.numbers), slices.Max(x.m.numbers)
	const beyond = 20
	raw := true
	switch x.m.Field {
	case "min": // beyond
		low, high = low-beyond, low
	case "max":
		low, high = high, high+beyond
	default:
		raw = false
	}
	for _, group := range groups {
		for _, open := range []float64{low, high} {
			x.thresholds = append(x.thresholds, threshold{group, low, high, open, raw})
		}
	}
}

// scope is what a part of a policy has to do with.
type scope struct {
	policy *qualify.Policy
	main   []string                 // the expressions of the part, and of the terms in them
	attrs  map[string][]probe.Value // with the values beside what conditions compare them with
	props  map[string][]probe.Value
	types  []string // of activities
	groups []string // whose points are asked for
	spans  []time.Duration
	counts []int // of activities
	seen   map[string]bool
}

// once reports whether something is new.
func (s *scope) once(what string) bool {
	old := s.seen[what]
	s.seen[what] = true
	return !old
}

// item looks at a part such as rules[2].
func (s *scope) item(path string) {
	list, index, _ := strings.Cut(strings.TrimSuffix(path, "]"), "[")
	i, err := strconv.Atoi(index)
	if err != nil {
		return
	}
	p := s.policy
	switch list {
	case "profile":
		s.readers("lead", p.Profile[i].Name)
	case "properties":
		s.readers("", p.Properties[i].Name) // behind activity, and as an argument
	case "terms":
		s.main = append(s.main, p.Terms[i].Is)
		s.source(p.Terms[i].Is)
		s.users("term", p.Terms[i].ID)
	case "signals":
		s.main = append(s.main, p.Signals[i].Where)
		s.signal(p.Signals[i].ID)
		s.users("", p.Signals[i].ID)
		s.spansOf(&p.Signals[i])
	case "rules":
		r := &p.Rules[i]
		s.main = append(s.main, r.When, r.Multiply)
		for _, t := range r.Tiers {
			s.main = append(s.main, t.When)
		}
		s.rule(r)
	case "groups":
		s.group(p.Groups[i].ID)
	case "criteria":
		s.main = append(s.main, p.Criteria[i].Met, p.Criteria[i].Unmet)
		s.criterion(&p.Criteria[i])
	case "stages":
		stage := &p.Stages[i]
		s.main = append(s.main, stage.Enter, stage.Keep)
		s.source(stage.Enter)
		s.source(stage.Keep)
		s.span(stage.MinStay)
		s.span(stage.MaxStay)
	}
}

// spansOf looks at the spans of a signal.
func (s *scope) spansOf(signal *qualify.Signal) {
	s.span(signal.Per)
	s.span(signal.Gap)
	s.span(signal.Within)
}

// related gives the signal with which another has to do; "" is none.
func related(s *qualify.Signal) string {
	return cmp.Or(s.Following, s.NotFollowing, s.FollowedBy)
}

func (s *scope) span(d qualify.Duration) {
	if d != 0 && !slices.Contains(s.spans, time.Duration(d)) {
		s.spans = append(s.spans, time.Duration(d))
	}
}

// readers looks at all that reads a field.
func (s *scope) readers(before, name string) {
	s.users(before, name)
	for i := range s.policy.Terms {
		if t := &s.policy.Terms[i]; mentions(before, name, t.Is) {
			s.users("term", t.ID)
		}
	}
	for i := range s.policy.Signals {
		if signal := &s.policy.Signals[i]; mentions(before, name, signal.Where) || before == "" && (signal.Sum == name || signal.ForEach == name) {
			s.signal(signal.ID)
			s.users("", signal.ID)
		}
	}
}

// mentions reports whether a name stands in one of some expressions: of lead, behind lead.
func mentions(before, name string, sources ...string) bool {
	for _, source := range sources {
		tokens := expression.Tokens(source)
		for i, t := range tokens {
			if t.Value == name && (before == "" || i > 1 && tokens[i-2].Value == before) {
				return true
			}
		}
	}
	return false
}

// users looks at the rules, criteria and stages that use a term, a signal or a field.
func (s *scope) users(before, name string) {
	uses := func(sources ...string) bool { return mentions(before, name, sources...) }
	for i := range s.policy.Signals {
		if signal := &s.policy.Signals[i]; before == "" && (signal.Repeats == name || related(signal) == name) {
			s.signal(signal.ID)
			s.spansOf(signal)
		}
	}
	for i := range s.policy.Rules {
		r := &s.policy.Rules[i]
		sources := []string{r.When, r.Multiply}
		for _, t := range r.Tiers {
			sources = append(sources, t.When)
		}
		if r.On == name && before == "" || uses(sources...) {
			s.rule(r)
		}
	}
	for i := range s.policy.Criteria {
		if c := &s.policy.Criteria[i]; uses(c.Met, c.Unmet) {
			s.criterion(c)
		}
	}
	for i := range s.policy.Stages {
		if stage := &s.policy.Stages[i]; uses(stage.Enter, stage.Keep) {
			s.source(stage.Enter)
			s.source(stage.Keep)
		}
	}
}

func (s *scope) signal(id string) {
	if !s.once("signal " + id) {
		return
	}
	for _, signal := range s.policy.Signals {
		if signal.ID != id {
			continue
		}
		types := signal.Types
		if signal.Repeats != "" {
			if n := int(signal.Every); n > 1 {
				s.counts = append(s.counts, n-1, n)
			}
			s.signal(signal.Repeats)
		} else if len(types) == 0 {
			types = []string{signal.ID}
		}
		for _, kind := range types {
			if kind == "*" {
				kind = "activity"
			}
			if !slices.Contains(s.types, kind) {
				s.types = append(s.types, kind)
			}
		}
		if signal.Sum != "" {
			s.props[signal.Sum] = append(s.props[signal.Sum], probe.Number(signal.Every), probe.Number(signal.Every/2))
		}
		s.source(signal.Where)
		if other := related(&signal); other != "" {
			s.signal(other)
			s.span(signal.Within)
		}
		s.differ(signal.ForEach)
	}
}

// differ looks at a property of which values are told apart, if one is named.
func (s *scope) differ(property string) {
	for _, f := range s.policy.Properties {
		if f.Name != property {
			continue
		}
		for i, text := range [...]string{"1", "2"} { // two that differ
			switch kind := kindOf(f); kind {
			case fact.Number:
				s.props[f.Name] = append(s.props[f.Name], probe.Number(float64(i+1)))
			case fact.Text, fact.Code, fact.Texts:
				s.props[f.Name] = append(s.props[f.Name], probe.Text(kind, text))
			default:
				s.props[f.Name] = append([]probe.Value{}, s.props[f.Name]...) // it is concerned
			}
		}
	}
}

func (s *scope) rule(r *qualify.Rule) {
	if !s.once("rule " + r.ID) {
		return
	}
	if r.On != "" {
		s.signal(r.On)
	}
	s.source(r.When)
	s.source(r.Multiply)
	for _, t := range r.Tiers {
		s.source(t.When)
	}
	s.differ(r.Limit.OncePer)
	s.differ(r.Limit.ForEach)
	s.span(r.Within)
	s.span(r.Limit.Per)
	s.span(r.Limit.Gap)
	for _, d := range []qualify.Decay{r.Decay} {
		s.span(d.HalfLife)
		s.span(d.Linear)
		s.span(d.Every)
		if d.Idle != "" {
			s.signal(d.Idle)
		}
	}
	for _, g := range s.policy.Groups {
		if g.ID == r.Group && g.ResetOn != "" {
			s.signal(g.ResetOn)
		}
	}
}

func (s *scope) group(id string) {
	if !s.once("group " + id) {
		return
	}
	total := id == "" || id == "total"
	for i := range s.policy.Rules {
		if r := &s.policy.Rules[i]; total || r.Group == id {
			s.rule(r)
		}
	}
	for _, g := range s.policy.Groups {
		if g.ID == id {
			s.span(g.Decay.HalfLife)
			s.span(g.Decay.Linear)
			s.span(g.Decay.Every)
			for _, signal := range []string{g.ResetOn, g.Decay.Idle} {
				if signal != "" {
					s.signal(signal)
				}
			}
		}
		if g.Parent == id && id != "" {
			s.group(g.ID)
		}
	}
}

func (s *scope) criterion(c *qualify.Criterion) {
	if s.once("criterion " + c.ID) {
		s.source(c.Met)
		s.source(c.Unmet)
	}
}

// source looks at an expression, with the terms in it.
func (s *scope) source(source string) {
	if source == "" || !s.once("source "+source) {
		return
	}
	tokens := s.inline(source, 0)
	var attrs, props []string
	type literal struct {
		kind  fact.Kind
		value fact.Value
	}
	var literals []literal
	for i, t := range tokens {
		prefix := ""
		if i > 1 {
			prefix = tokens[i-2].Value
		}
		text := t.Kind == expression.TextToken
		switch {
		case t.Kind == expression.NumberToken:
			if n, ok := parseNumber(t.Value); ok {
				if i > 0 && tokens[i-1].Value == "-" {
					n = -n
				}
				literals = append(literals, literal{fact.Number, fact.Value{Known: true, Number: n}})
			}
		case prefix == "lead" && (tokens[i-1].Value == "." || tokens[i-1].Value == "["):
			attrs = append(attrs, t.Value)
		case prefix == "activity" && (tokens[i-1].Value == "." || tokens[i-1].Value == "["):
			props = append(props, t.Value)
		case t.Value == "score" || t.Value == "band":
			group := ""
			if i+2 < len(tokens) && tokens[i+2].Kind == expression.TextToken {
				group = tokens[i+2].Value
			}
			if !slices.Contains(s.groups, group) {
				s.groups = append(s.groups, group)
			}
			s.group(group)
		case t.Value == "met_count" || t.Value == "all_met":
			for j := range s.policy.Criteria {
				s.criterion(&s.policy.Criteria[j])
			}
		case text:
			texts := []string{t.Value}
			if i > 0 && tokens[i-1].Value == "matches" {
				texts = probe.Samples(t.Value)
			}
			for _, text := range texts {
				literals = append(literals, literal{fact.Text, fact.Value{Known: true, Text: text}})
			}
			if at, _, ok := parseTime(t.Value); ok {
				literals = append(literals, literal{fact.Time, fact.Value{Known: true, Time: at.UnixNano()}})
			}
			for j := range s.policy.Signals {
				if signal := &s.policy.Signals[j]; signal.ID == t.Value || strings.HasSuffix(t.Value, "since "+signal.ID) {
					s.signal(signal.ID)
				}
			}
			for j := range s.policy.Criteria {
				if c := &s.policy.Criteria[j]; c.ID == t.Value && (prefix == "met" || prefix == "unmet") {
					s.criterion(c)
				}
			}
			for _, f := range s.policy.Properties {
				if f.Name == t.Value {
					props = append(props, f.Name)
				}
			}
		}
	}
	merge := func(into map[string][]probe.Value, fields []qualify.Field, name string) {
		const most = 40
		for _, f := range fields {
			if f.Name != name {
				continue
			}
			all := slices.Clip(into[name])
			if all == nil {
				all = []probe.Value{} // it is concerned
			}
			for _, l := range literals {
				if len(all) < most {
					all = append(all, probe.Beside(kindOf(f), l.kind, l.value, 1)...)
				}
			}
			into[name] = all
		}
	}
	for _, name := range attrs {
		merge(s.attrs, s.policy.Profile, name)
	}
	for _, name := range props {
		merge(s.props, s.policy.Properties, name)
	}
}

// inline gives the tokens of an expression, with those of the terms in it behind.
func (s *scope) inline(source string, depth int) []expression.Token {
	tokens := expression.Tokens(source)
	for i, t := range tokens {
		if i > 1 && tokens[i-2].Value == "list" {
			for _, l := range s.policy.Lists {
				for _, text := range probe.Some(l.Values) {
					if l.ID == t.Value {
						tokens = append(tokens, expression.Token{Kind: expression.TextToken, Value: text})
					}
				}
			}
		}
		if i < 2 || tokens[i-2].Value != "term" || depth > 8 {
			continue
		}
		for _, term := range s.policy.Terms {
			if term.ID == t.Value {
				tokens = append(tokens, s.inline(term.Is, depth+1)...)
			}
		}
	}
	return tokens
}

// spansIn gives the spans of an expression, and the ages that it compares with.
func spansIn(source string) (all []time.Duration) {
	tokens := expression.Tokens(source)
	for _, t := range tokens {
		if n, ok := parseNumber(t.Value); ok && t.Kind == expression.NumberToken && strings.Contains(source, "days_") && math.Abs(n) < 36525 {
			all = append(all, time.Duration(n*float64(24*time.Hour)))
		}
		span, _, _ := strings.Cut(t.Value, " ")
		if size := unit(span); size > 0 && t.Kind == expression.TextToken {
			if n, err := strconv.Atoi(strings.TrimRight(span, "abcdefghijklmnopqrstuvwxyz")); err == nil && n < 36525 {
				all = append(all, time.Duration(n)*size)
			}
		}
	}
	return all
}
