package history_test

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/testcase"
)

// activity is one of a lead's.
type activity struct {
	at    int64
	kind  string
	id    string
	props map[string]any
}

// public gives activities as an Index takes them.
func public(activities []activity) []*history.Activity {
	var out []*history.Activity
	for _, a := range activities {
		out = append(out, &history.Activity{ID: a.id, Type: a.kind, At: time.Unix(0, a.at), Props: a.props})
	}
	return out
}

// The properties of every schema in these tests.
const (
	number = iota
	typed
	code
	flag
	moment
	list
)

func newProps() []history.Prop {
	props := []history.Prop{
		number: {Name: "number", Kind: fact.Number},
		typed:  {Name: "typed", Kind: fact.Text},
		code:   {Name: "code", Kind: fact.Code},
		flag:   {Name: "flag", Kind: fact.Bool},
		moment: {Name: "moment", Kind: fact.Time},
		list:   {Name: "list", Kind: fact.Texts},
	}
	for i := range props {
		props[i].Reader = fact.NewReader(fact.Spec{Kind: props[i].Kind, Key: props[i].Name, Placeholders: []string{"n/a"}})
	}
	return props
}

// accepts is the condition of every signal that has one.
func accepts(v *fact.Value) bool { return v.Known && v.Number >= 1 }

func newIndex(s *history.Schema, now int64, activities []activity) *history.Index {
	x := new(history.Index)
	fill(x, s, now, activities)
	return x
}

// fillToFollow fills an index that more activities are to come into.
func fillToFollow(x *history.Index, s *history.Schema, now int64, activities []activity) {
	x.Reset(s, now)
	x.KeepNumbers()
	build(x, activities)
}

func fill(x *history.Index, s *history.Schema, now int64, activities []activity) {
	x.Reset(s, now)
	build(x, activities)
}

// add adds activities whose instants nanoseconds represent.
func add(x *history.Index, activities []*history.Activity) {
	x.AddAll(len(activities), func(room []history.Entry) {
		for i := range room {
			room[i].Activity = activities[i]
		}
	}, func(*history.Activity) bool { return true })
}

func build(x *history.Index, activities []activity) {
	add(x, public(activities))
	x.Build(func(_, pos int) bool {
		var v fact.Value
		x.Prop(pos, number, &v)
		return accepts(&v)
	})
}

// twin says what an Index should say, with loops over the activities.
type twin struct {
	schema  *history.Schema
	now     int64
	history []activity
	occurs  [][]int // by signal: the positions
	flaws   map[history.Flaw]bool
	arena   []string
}

func newTwin(s *history.Schema, now int64, activities []activity) *twin {
	t := &twin{schema: s, now: now, flaws: map[history.Flaw]bool{}}
	sorted := []activity{}
	for _, a := range activities {
		if slices.ContainsFunc(s.Signals, func(g history.Signal) bool { return t.takes(g, a.kind) }) {
			sorted = append(sorted, a)
		}
	}
	slices.SortFunc(sorted, t.order)
	for _, a := range sorted {
		first := slices.IndexFunc(t.history, func(b activity) bool {
			return strings.TrimSpace(a.id) != "" && a.id == b.id && a.kind == b.kind
		})
		switch {
		case first < 0:
			t.history = append(t.history, a)
		case t.order(t.history[first], a) != 0:
			t.flaws[history.Flaw{Pos: first, Prop: history.None}] = true
		}
	}
	t.occurs = make([][]int, len(s.Signals))
	for i := range s.Signals {
		t.occurs[i] = t.occurrences(i, 0)
		if g := s.Signals[i]; g.Relation != history.Unrelated && g.ForEach {
			for _, pos := range append(t.unrelated(i, 0), t.occurrences(g.Other, 0)...) {
				t.prop(pos, g.Value)
			}
		}
	}
	return t
}

func (t *twin) takes(g history.Signal, kind string) bool {
	return g.Of == history.None && (slices.Contains(g.Types, kind) || slices.Contains(g.Types, "*"))
}

// order is by instant, type, ID, and the declared properties by value, of which
// what was not given stands before what could not be read.
func (t *twin) order(a, b activity) int {
	c := cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	for i := 0; i < len(t.schema.Props) && c == 0; i++ {
		p := t.schema.Props[i]
		var v, w fact.Value
		problemV := p.Reader.Load(a.props, &v, &t.arena)
		problemW := p.Reader.Load(b.props, &w, &t.arena)
		c = cmp.Or(fact.Compare(p.Kind, &v, &w), cmp.Compare(problemV, problemW))
	}
	return c
}

func (t *twin) prop(pos, prop int) fact.Value {
	p := t.schema.Props[prop]
	var v fact.Value
	if problem := p.Reader.Load(t.history[pos].props, &v, &t.arena); problem != fact.NoProblem {
		t.flaws[history.Flaw{Pos: pos, Prop: prop, Problem: problem}] = true
	}
	return v
}

// occurrences finds those that a reset at the first visible position leaves, of which the last was
// by one of the signals in reset scope.
func (t *twin) occurrences(signal, firstVisible int, resetScope ...int) []int {
	g := t.schema.Signals[signal]
	var found []int
	for _, pos := range t.unrelated(signal, firstVisible, resetScope...) {
		if t.related(g, pos) {
			found = append(found, pos)
		}
	}
	return found
}

// related reports whether an occurrence has the relation to another signal, in all of
// the history.
func (t *twin) related(g history.Signal, pos int) bool {
	if g.Relation == history.Unrelated {
		return true
	}
	if g.ForEach && !t.known(pos, g.Value) {
		return false
	}
	any := false
	for _, other := range t.occurrences(g.Other, 0) {
		earlier, later := other, pos
		if g.Relation == history.FollowedBy {
			earlier, later = pos, other
		}
		any = any || t.history[earlier].at < t.history[later].at && younger(t.history[earlier].at, t.history[later].at, g.Within) && (!g.ForEach || t.alike(g, other, pos))
	}
	return any == (g.Relation != history.NotFollowing)
}

func (t *twin) known(pos, prop int) bool {
	v := t.prop(pos, prop)
	return v.Known
}

// alike reports whether two activities have one value of the property for each value of
// which a signal is one.
func (t *twin) alike(g history.Signal, a, b int) bool {
	v, w := t.prop(a, g.Value), t.prop(b, g.Value)
	return v.Known && w.Known && fact.Equal(t.schema.Props[g.Value].Kind, &v, &w)
}

// unrelated is occurrences of the signal without its relation.
func (t *twin) unrelated(signal, firstVisible int, resetScope ...int) []int {
	g := t.schema.Signals[signal]
	var found []int
	if g.Of == history.None {
		for pos, a := range t.history {
			if pos < firstVisible || !t.takes(g, a.kind) {
				continue
			}
			if g.Where {
				if v := t.prop(pos, number); !accepts(&v) {
					continue
				}
			}
			found = append(found, pos)
		}
		return found
	}
	all := t.occurrences(g.Of, firstVisible, resetScope...)
	made := false
	for _, reset := range resetScope {
		if firstVisible > 0 && t.schema.Signals[reset].Of != history.None && slices.Contains(t.occurrences(reset, 0), firstVisible) {
			for s := reset; s != history.None; s = t.schema.Signals[s].Of {
				made = made || s == signal
			}
		}
	}
	if made {
		found = append(found, firstVisible)
		all = slices.DeleteFunc(all, func(pos int) bool { return pos <= firstVisible })
	}
	if !g.ForEach {
		return append(found, t.complete(g, all)...)
	}
	for i, pos := range all {
		if !t.known(pos, g.Value) || slices.ContainsFunc(all[:i], func(p int) bool { return t.alike(g, p, pos) }) {
			continue
		}
		var own []int // of one value
		for _, p := range all {
			if t.alike(g, p, pos) {
				own = append(own, p)
			}
		}
		found = append(found, t.complete(g, own)...)
	}
	slices.Sort(found)
	return found
}

// complete finds which of some occurrences complete one of a repeated signal.
func (t *twin) complete(g history.Signal, of []int) (found []int) {
	last := -1 // the last position that is used up
	for i, pos := range of {
		count, sum := 0, new(big.Int)
		for j, earlier := range of[:i+1] {
			if earlier <= last || !t.together(g, of[j:i+1]) {
				continue
			}
			count++
			if g.Sum != history.None {
				sum.Add(sum, millionths(t.prop(earlier, g.Sum).Number))
			}
		}
		yes := float64(count) >= g.Every
		if g.Sum != history.None {
			yes = t.prop(pos, g.Sum).Known && numberOf(sum, 1) >= g.Every
		}
		if yes {
			found = append(found, pos)
			last = pos
		}
	}
	return found
}

// together reports whether the first and the last of some occurrences, one after the
// other, lie in one period of a signal.
func (t *twin) together(g history.Signal, of []int) bool {
	for i := 1; i < len(of) && g.Gap > 0; i++ {
		if !younger(t.history[of[i-1]].at, t.history[of[i]].at, g.Gap) {
			return false
		}
	}
	a, b := t.history[of[0]].at, t.history[of[len(of)-1]].at
	return (g.Per == 0 || younger(a, b, g.Per)) && (g.Period == nil || g.Period(a) == g.Period(b))
}

// younger reports whether at now, an instant is less than a span ago.
func younger(at, now, span int64) bool {
	age := new(big.Int).Sub(big.NewInt(now), big.NewInt(at))
	return age.Cmp(big.NewInt(span)) < 0
}

// millionths rounds a number to millionths, half away from zero.
func millionths(x float64) *big.Int {
	r := new(big.Rat).SetFloat64(math.Abs(x))
	r.Add(r.Mul(r, big.NewRat(1e6, 1)), big.NewRat(1, 2))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if x < 0 {
		n.Neg(n)
	}
	return n
}

// numberOf gives millionths divided by n as a number.
func numberOf(sum *big.Int, n int) float64 {
	x, _ := new(big.Rat).SetFrac(sum, big.NewInt(int64(n)*1e6)).Float64()
	return max(-fact.MaxNumber, min(x, fact.MaxNumber))
}

func (t *twin) firstVisible(resetScope int) int {
	firstVisible := 0
	for _, s := range t.schema.ResetScopes[resetScope] {
		for _, pos := range t.occurs[s] {
			firstVisible = max(firstVisible, pos)
		}
	}
	return firstVisible
}

// window gives the positions of a signal's occurrences in a window.
func (t *twin) window(signal, resetScope int, w history.Window) []int {
	firstVisible := t.firstVisible(resetScope)
	from := firstVisible
	if w.Since != history.None {
		for _, pos := range t.occurrences(w.Since, firstVisible, t.schema.ResetScopes[resetScope]...) {
			from = pos
		}
	}
	var in []int
	for _, pos := range t.occurrences(signal, firstVisible, t.schema.ResetScopes[resetScope]...) {
		if pos >= from && (w.Span == 0 || younger(t.history[pos].at, t.now, w.Span)) {
			in = append(in, pos)
		}
	}
	return in
}

// result is the answer to a call, and the position of what it rests on.
type result struct {
	Value fact.Value
	Pos   int
}

func (t *twin) answer(c history.Query) result {
	number := func(x float64, pos int) result { return result{fact.Value{Known: true, Number: x}, pos} }
	nothing := result{Pos: history.None}
	if c.Func == history.Followed {
		found := history.None
		for _, b := range t.window(c.Other, c.ResetScope, c.Window) {
			for _, a := range t.window(c.Signal, c.ResetScope, history.All) {
				if t.history[a].at < t.history[b].at && younger(t.history[a].at, t.history[b].at, c.Within) {
					found = b
				}
			}
		}
		return result{fact.Value{Known: true, Bool: found != history.None}, found}
	}
	in := t.window(c.Signal, c.ResetScope, c.Window)
	if c.Func == history.IdleSteps {
		return t.idleSteps(c, in)
	}
	newest := history.None
	if len(in) > 0 {
		newest = in[len(in)-1]
	}
	switch c.Func {
	case history.Count:
		return number(float64(len(in)), newest)
	case history.Happened:
		return result{fact.Value{Known: true, Bool: len(in) > 0}, newest}
	case history.ActiveDays:
		days := map[int64]bool{}
		for _, pos := range in {
			days[t.schema.Day(t.history[pos].at)] = true
		}
		return number(float64(len(days)), newest)
	case history.Newest, history.Oldest:
		if len(in) == 0 {
			return nothing
		}
		if c.Func == history.Oldest {
			newest = in[0]
		}
		return result{fact.Value{Known: true, Time: t.history[newest].at}, newest}
	case history.Latest, history.First:
		if c.Func == history.Latest {
			slices.Reverse(in)
		}
		for _, pos := range in {
			if v := t.prop(pos, c.Prop); v.Known {
				return result{v, pos}
			}
		}
		return nothing
	}

	// The rest is about the values that are there.
	var having []int
	var values []fact.Value
	for _, pos := range in {
		if v := t.prop(pos, c.Prop); v.Known {
			having, values = append(having, pos), append(values, v)
		}
	}
	if len(having) == 0 {
		if c.Func == history.Total || c.Func == history.Distinct {
			return number(0, history.None)
		}
		return nothing
	}
	newest = having[len(having)-1]
	sum, different := new(big.Int), 0
	highest, lowest := 0, 0
	for i, v := range values {
		if !slices.ContainsFunc(values[:i], func(w fact.Value) bool { return fact.Equal(t.schema.Props[c.Prop].Kind, &v, &w) }) {
			different++
		}
		if v.Number >= values[highest].Number {
			highest = i
		}
		if v.Number <= values[lowest].Number {
			lowest = i
		}
		sum.Add(sum, millionths(v.Number))
	}
	switch c.Func {
	case history.Distinct:
		return number(float64(different), newest)
	case history.Total:
		return number(numberOf(sum, 1), newest)
	case history.Mean:
		return number(numberOf(sum, len(values)), newest)
	case history.Highest:
		return number(values[highest].Number, having[highest])
	}
	return number(values[lowest].Number, having[lowest])
}

// idleSteps looks, from each occurrence on, for one step after the other that ends no
// later than the next occurrence, or now.
func (t *twin) idleSteps(c history.Query, in []int) result {
	full, newest := 0, history.None
	for i, pos := range in {
		end := big.NewInt(t.now)
		if newest = pos; i+1 < len(in) {
			end.SetInt64(t.history[in[i+1]].at)
		}
		step := big.NewInt(t.history[pos].at)
		for step.Add(step, big.NewInt(c.After)); step.Cmp(end) <= 0; step.Add(step, big.NewInt(c.Every)) {
			full++
		}
	}
	return result{fact.Value{Known: true, Number: float64(full)}, newest}
}

// chooser chooses one of n, for whatever is generated.
type chooser func(n int) int

// choose gives one of the values.
func choose[T any](next chooser, values ...T) T { return values[next(len(values))] }

// world is what is generated: a policy's part, a lead and an instant.
type world struct {
	schema     *history.Schema
	now        int64
	activities []activity
	calls      []history.Query
}

var zones = []string{"UTC", "Europe/Copenhagen", "America/St_Johns", "Pacific/Apia"}

func newWorld(t testing.TB, next chooser) world {
	var w world
	zone := next(len(zones))
	loc := location(t, zones[zone])

	// Steps are small against the calendar, or large; instants are few, so that
	// many are equal.
	step := choose(next, 1, history.Hour, 6*history.Hour, history.Day)
	span := func() int64 { return step * int64(1+next(20)) }
	var instants func() int64
	ends := false // whether they are as far apart as can be
	switch next(5) {
	case 0:
		w.now = math.MinInt64 + step*int64(next(30))
		instants = func() int64 { return before(w.now, step*int64(next(30))) }
	case 1:
		w.now = math.MaxInt64 - int64(next(3))
		ends = true
		instants = func() int64 {
			return choose(next, math.MinInt64, math.MinInt64+1, -1, 0, w.now-step*int64(next(30)), w.now)
		}
	default:
		w.now = instant(t, choose(next, "2026-11-22T03:20:00Z", "2009-11-01T02:30:30Z", "2009-11-01T03:10:00Z", "2011-12-31T10:00:00Z", "1970-01-01T00:00:00Z", "2026-03-29T23:00:00Z"))
		instants = func() int64 { return w.now - step*int64(next(30)) - int64(next(2)*next(2)) }
	}

	kinds := []string{"call", "mail", "visit", "other"}
	signals := []history.Signal{}
	for range 1 + next(4) {
		g := history.Signal{Of: history.None, Sum: history.None, Where: next(4) == 0, Types: []string{choose(next, kinds[:3]...)}}
		for next(3) == 0 {
			g.Types = append(g.Types, choose(next, "call", "mail", "visit", "*"))
		}
		signals = append(signals, g)
	}
	for range next(4) {
		g := history.Signal{Of: next(len(signals)), Every: float64(1 + next(4)), Sum: history.None, Types: []string{"call"}}
		switch next(4) {
		case 0:
			g.Per = span()
		case 1:
			g.Gap = step * int64(1+next(4))
		case 2:
			g.Period = choose(next, history.DayOf, history.WeekOf, history.MonthOf)(loc)
		}
		if next(3) == 0 {
			g.Sum, g.Every = number, choose(next, 0.3, 1, 2.5, 4)
		}
		g.ForEach, g.Value = next(3) == 0, next(list) // no list
		signals = append(signals, g)
	}
	for i := 1; i < len(signals); i++ {
		if g := &signals[i]; next(3) == 0 {
			g.Relation, g.Other, g.Within = history.Relation(1+next(3)), next(i), span()
			g.ForEach, g.Value = next(2) == 0, next(list)
		}
	}
	if next(2) == 0 { // a repeated signal may stand before what it repeats
		slices.Reverse(signals)
		for i := range signals {
			if signals[i].Of != history.None {
				signals[i].Of = len(signals) - 1 - signals[i].Of
			}
			signals[i].Other = len(signals) - 1 - signals[i].Other
		}
	}
	resetScopes := [][]int{nil}
	for range next(3) {
		resetScope := []int{next(len(signals))}
		for next(3) == 0 {
			resetScope = append(resetScope, next(len(signals)))
		}
		resetScopes = append(resetScopes, resetScope)
	}
	declared := newProps()
	if next(3) == 0 { // some have a default, and stand in a record of their own
		for i, text := range [...]string{number: "0.5", typed: "b", code: "b", flag: "no", moment: "2026-11-22", list: "b;c"} {
			spec := fact.Spec{Kind: declared[i].Kind, Key: declared[i].Name, Placeholders: []string{"n/a"}}
			if next(2) == 0 {
				spec.Default = text
			}
			if next(2) == 0 {
				spec.Key, spec.Path = "inner."+spec.Key, true
			}
			declared[i].Reader = fact.NewReader(spec)
		}
	}
	w.schema = history.NewSchema(declared, signals, resetScopes, loc)

	for range next(40) {
		a := activity{at: instants(), kind: choose(next, kinds...), id: choose(next, "", "", " ", "1", "2", "3", "4", "5", "6"), props: map[string]any{}}
		if next(2) == 0 {
			a.props["number"] = choose[any](next, 1, 2, 0.1, 0.2, "0.3", 1.0, -3, 1e15, -1e15, 1e10+0.0000133, "many", 1e16, true, "n/a", nil)
		}
		if next(3) == 0 {
			a.props["typed"] = choose[any](next, "a", "A", " a", "b", "É", "é", "", 7, "a\u200b", 7.5)
			a.props["code"] = choose[any](next, "a", "A", "b", 7, 7.5)
		}
		if next(4) == 0 {
			a.props["flag"] = choose[any](next, true, "no", 1, "maybe")
			a.props["moment"] = choose[any](next, "2026-11-22", "2026-11-22T00:00:00Z", time.Unix(0, 0), "soon")
		}
		if next(4) == 0 {
			a.props["list"] = choose[any](next, "a;b", []string{"a", "b"}, []any{"A", "b"}, []any{"a", 7}, []any{"a", 7.5}, []string{}, " a ", "a,b")
		}
		if next(4) == 0 {
			a.props["undeclared"] = next(100)
		}
		if next(3) == 0 {
			a.props["inner"] = choose[any](next, nil, "none", map[string]any{"number": 2, "flag": true, "list": []any{"b", true}}, map[string]any{"typed": "a", "code": 4711})
		}
		w.activities = append(w.activities, a)
		if next(6) == 0 { // delivered twice
			w.activities = append(w.activities, a)
		}
	}

	for range 24 {
		c := history.Query{
			Func: history.Func(next(int(history.IdleSteps) + 1)), Signal: next(len(signals)),
			Other: history.None, Prop: history.None, Window: history.All, ResetScope: next(len(resetScopes)),
		}
		if c.Func == history.Followed {
			c.Other, c.Within = next(len(signals)), span()
		}
		if asksProperty(c.Func) {
			c.Prop = number
			if c.Func == history.Latest || c.Func == history.First {
				c.Prop = next(list + 1)
			} else if c.Func == history.Distinct {
				c.Prop = next(list) // lists of text are not counted
			}
		}
		if c.Func == history.IdleSteps { // as long as a part of all time, or the steps would be too many to look for
			long := step
			if ends {
				long = history.MaxSpan / 40
			}
			c.After, c.Every = long*int64(1+next(20)), long*int64(1+next(20))
			if next(2) == 0 {
				c.Every = c.After
			}
		} else {
			if next(2) == 0 {
				c.Window.Span = choose(next, span(), span(), history.MaxSpan)
			}
			if next(2) == 0 {
				c.Window.Since = next(len(signals))
			}
		}
		w.calls = append(w.calls, c)
	}
	return w
}

// before is history.Before in arithmetic that cannot overflow.
func before(at, span int64) int64 {
	n := new(big.Int).Sub(big.NewInt(at), big.NewInt(span))
	if !n.IsInt64() {
		return math.MinInt64
	}
	return n.Int64()
}

// compare asks an index and a twin the same.
func (w *world) compare(t testing.TB, x *history.Index) {
	t.Helper()
	tw := newTwin(w.schema, w.now, w.activities)
	if x.Len() != len(tw.history) {
		t.Fatalf("%d activities, want %d", x.Len(), len(tw.history))
	}
	for pos, a := range tw.history {
		if x.At(pos) != a.at || x.ID(pos) != a.id {
			t.Fatalf("at %d: %d %q, want %d %q", pos, x.At(pos), x.ID(pos), a.at, a.id)
		}
	}
	for resetScope := range w.schema.ResetScopes {
		if got, want := x.FirstVisible(resetScope), tw.firstVisible(resetScope); got != want {
			t.Fatalf("the first visible position of reset scope %d is %d, want %d", resetScope, got, want)
		}
		for s := range w.schema.Signals {
			pos := x.Occurrences(s, resetScope)
			want := tw.window(s, resetScope, history.All)
			if !slices.EqualFunc(pos, want, func(p int32, q int) bool { return int(p) == q }) {
				t.Fatalf("signal %d in reset scope %d: %v, want %v\n%+v", s, resetScope, pos, want, w.schema.Signals)
			}
		}
	}
	for _, c := range w.calls {
		got := result{Value: fact.Value{Known: true, Number: 7, Text: "old"}}
		got.Pos = x.Answer(&c, &got.Value)
		if want := tw.answer(c); !gocmp.Equal(got, want) {
			t.Fatalf("%+v: (-want +got)\n%s", c, gocmp.Diff(want, got))
		}
	}
	if diff := gocmp.Diff(sortFlaws(slices.Collect(mapKeys(tw.flaws))), sortFlaws(x.Flaws())); diff != "" {
		t.Fatalf("flaws (-want +got):\n%s", diff)
	}
}

func mapKeys(m map[history.Flaw]bool) func(func(history.Flaw) bool) {
	return func(yield func(history.Flaw) bool) {
		for f := range m {
			if !yield(f) {
				return
			}
		}
	}
}

func sortFlaws(flaws []history.Flaw) []history.Flaw {
	flaws = append([]history.Flaw{}, flaws...)
	slices.SortFunc(flaws, func(a, b history.Flaw) int {
		return cmp.Or(a.Pos-b.Pos, a.Prop-b.Prop, int(a.Problem)-int(b.Problem))
	})
	return flaws
}

// TestIndexIsItsTwin compares over generated worlds, with one index for all.
func TestIndexIsItsTwin(t *testing.T) {
	var x history.Index
	for seed := range uint64(testcase.Count(6000)) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(t, r.IntN)
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d, now %d, activities %v", seed, w.now, w.activities)
				}
			}()
			fill(&x, w.schema, w.now, w.activities)
			w.compare(t, &x)
		}()
		if seed%3 == 0 {
			x.Forget()
		}
	}
}

// TestLimitRetention: what nobody asks for makes no difference to who asks, and neither
// does the order of arrival.
func TestLimitRetention(t *testing.T) {
	var x history.Index
	for seed := range uint64(testcase.Count(4000)) {
		r := rand.New(rand.NewPCG(seed, 6))
		w := newWorld(t, r.IntN)
		w.calls = w.calls[:r.IntN(6)]
		all := []int{}
		for s := range w.schema.Signals {
			if r.IntN(8) == 0 {
				all = append(all, s)
			}
		}
		w.schema.LimitRetention(w.calls, all)
		tw := newTwin(w.schema, w.now, w.activities)
		var flaws []history.Flaw
		for range 3 {
			fill(&x, w.schema, w.now, w.activities)
			for _, s := range all {
				pos := x.Occurrences(s, 0)
				if !slices.EqualFunc(pos, tw.window(s, 0, history.All), func(p int32, q int) bool { return int(p) == q }) {
					t.Fatalf("seed %d: all of signal %d: %v, want %v", seed, s, pos, tw.window(s, 0, history.All))
				}
			}
			for _, c := range w.calls {
				got := result{}
				got.Pos = x.Answer(&c, &got.Value)
				if want := tw.answer(c); !gocmp.Equal(got, want) {
					t.Fatalf("seed %d, %+v: (-want +got)\n%s", seed, c, gocmp.Diff(want, got))
				}
			}
			if flaws == nil {
				flaws = sortFlaws(x.Flaws())
			}
			if diff := gocmp.Diff(flaws, sortFlaws(x.Flaws())); diff != "" {
				t.Fatalf("seed %d: flaws in another order (-want +got):\n%s", seed, diff)
			}
			shuffle(r, w.activities)
		}
	}
}

// TestTypesThatLookAlike puts more types into the table than it tells apart at once.
func TestTypesThatLookAlike(t *testing.T) {
	var kinds []string
	var activities []activity
	for i := range 200 {
		kinds = append(kinds, fmt.Sprintf("page %03d view", i))
		activities = append(activities, activity{at: int64(i), kind: kinds[i]}, activity{at: int64(i), kind: kinds[i] + " "}, activity{at: int64(i)})
	}
	x := newIndex(typesOf(kinds...), 200, activities)
	for i := range kinds {
		if pos := x.Occurrences(i, 0); !slices.Equal(pos, []int32{int32(i)}) {
			t.Errorf("%q at %v", kinds[i], pos)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		b := make([]byte, 100+r.IntN(600))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// Beyond the end, all choices are the last, which ends every loop.
		next := func(n int) int {
			if len(b) == 0 {
				return n - 1
			}
			c := int(b[0]) % n
			b = b[1:]
			return c
		}
		w := newWorld(t, next)
		w.compare(t, newIndex(w.schema, w.now, w.activities))
		r := rand.New(rand.NewPCG(5, uint64(len(w.activities))))
		r.Shuffle(len(w.activities), func(i, j int) {
			w.activities[i], w.activities[j] = w.activities[j], w.activities[i]
		})
		w.compare(t, newIndex(w.schema, w.now, w.activities))
	})
}
