package review

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/solver"
)

// measure finds what rules and groups can have, whatever the lead.
func (v *vetter) measure() {
	v.sums, v.spans = make([]points.Span, len(v.groups)), make([]points.Span, len(v.groups))
	for i := range v.rules {
		k := &v.rules[i]
		k.sum = v.ruleSum(i)
		k.span = clamp(k.sum, v.policy.Rules[i].Min, v.policy.Rules[i].Max)
		v.sums[k.group] = v.sums[k.group].Add(k.span)
	}
	done := make([]bool, len(v.groups))
	var visit func(i int)
	visit = func(i int) {
		done[i] = true
		for j := range v.groups {
			if v.parents[j] == i && !done[j] {
				visit(j)
				v.sums[i] = v.sums[i].Add(v.spans[j].Weighted(weight(&v.groups[j])))
			}
		}
		v.sums[i] = shaped(&v.groups[i], v.sums[i])
		v.spans[i] = clamp(v.sums[i], v.groups[i].Min, v.groups[i].Max)
	}
	visit(0)
	for i, g := range v.groups {
		lo, hi := ends(v.spans[i])
		var bands []solver.Band
		for _, b := range g.Bands {
			band := solver.Band{Lo: math.Inf(-1), Label: b.Label}
			if b.From != nil {
				band.Lo = amount(*b.From).Float()
			}
			bands = append(bands, band)
		}
		v.solver.Score(i, lo, hi, bands)
	}
}

func amount(p float64) points.Points {
	n, _ := points.FromFloat(p)
	return n
}

// ends gives a span in points.
func ends(s points.Span) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if s.Lo != points.Below {
		lo = s.Lo.Float()
	}
	if s.Hi != points.Above {
		hi = s.Hi.Float()
	}
	return lo, hi
}

func lie(s points.Span) string { return from(ends(s)) }

func weight(g *qualify.Group) float64 {
	if g.Weight == nil {
		return 1
	}
	return *g.Weight
}

func clamp(s points.Span, least, most *float64) points.Span {
	lo, hi := -points.Max, points.Max
	if least != nil {
		lo = amount(*least)
	}
	if most != nil {
		hi = amount(*most)
	}
	return s.Clamp(lo, hi)
}

// shaped is what percent and rounding make of a group's sum.
func shaped(g *qualify.Group, s points.Span) points.Span {
	if g.Percent {
		s = points.Span{Lo: 0, Hi: 100 * points.Unit}
	}
	if g.Round != 0 {
		s = s.RoundTo(amount(g.Round))
	}
	return s
}

// ruleSum gives what a rule can pay before its min and max.
func (v *vetter) ruleSum(i int) points.Span {
	r, k := &v.policy.Rules[i], &v.rules[i]
	pays := v.times(k, r.Points)
	if r.On != "" {
		if k.when != nil && !v.can(is(k.when, yes)) || !v.occurs(r.On) {
			return points.Exactly(0)
		}
		return v.repeated(i, pays.Union(points.Exactly(0)))
	}
	var all []points.Span
	switch {
	case len(k.tiers) > 0:
		var before []solver.Goal
		for j, t := range k.tiers {
			const most = 10 // tiers to ask about together
			goals := before[:min(len(before), most):min(len(before), most)]
			if v.can(append(goals, is(t, yes))...) {
				all = append(all, v.times(k, r.Tiers[j].Points))
			}
			if v.can(append(goals, is(t, unknown))...) {
				all = append(all, points.Exactly(0))
			}
			before = append(before, is(t, no))
		}
		if v.can(before[:min(len(before), 100)]...) {
			all = append(all, points.Exactly(amount(r.Else)))
		}
	case k.when != nil:
		if v.can(is(k.when, yes)) {
			all = append(all, pays)
		}
		if v.can(is(k.when, no)) {
			all = append(all, points.Exactly(amount(r.Else)))
		}
		if v.can(is(k.when, unknown)) {
			all = append(all, points.Exactly(0))
		}
	default:
		all = append(all, pays)
	}
	if len(all) == 0 {
		return points.Exactly(0)
	}
	s := all[0]
	for _, t := range all[1:] {
		s = s.Union(t)
	}
	return s
}

// times gives what some points can be after multiply.
func (v *vetter) times(k *rule, p float64) points.Span {
	n := amount(p)
	if k.multiply == nil {
		return points.Exactly(n)
	}
	m := v.solver.Number(k.multiply)
	out := points.Exactly(0)
	if m.Lo <= m.Hi {
		a, b := n.Times(m.Lo), n.Times(m.Hi)
		out = points.Span{Lo: whole(min(a, b), false), Hi: whole(max(a, b), true)}
		if n.Unbounded(m.Lo, m.Hi) {
			out = out.Open()
		}
	}
	if m.Unknown {
		out = out.Union(points.Exactly(0))
	}
	return out
}

// whole rounds an amount to points, down or up.
func whole(a points.Amount, up bool) points.Points {
	p, unit := points.Points(a/points.Amount(points.Unit)), a%points.Amount(points.Unit)
	switch {
	case unit > 0 && up:
		p++
	case unit < 0 && !up:
		p--
	}
	return p
}

// repeated gives what an event rule can pay when one occurrence is worth s.
func (v *vetter) repeated(i int, s points.Span) points.Span {
	most := func(each points.Points) points.Points { // what can be paid of one sign
		if each == 0 {
			return 0
		}
		all := points.Above
		l := &v.policy.Rules[i].Limit
		n, periods := int64(v.often(i)), v.periods(i)
		if n > 0 && periods > 0 && each != points.Above {
			all = times(each, float64(n)*float64(periods))
		}
		oneSign := s.Lo == 0 || s.Hi == 0
		if bound := amount(l.Points); bound > 0 && periods > 0 && (oneSign || l.Per == 0 && l.Calendar == "") {
			all = min(all, times(bound, float64(periods)))
		}
		return all
	}
	out := points.Span{Hi: most(s.Hi)}
	down := points.Above
	if s.Lo != points.Below {
		down = -s.Lo
	}
	if down = most(down); down != points.Above {
		out.Lo = -down
	} else {
		out.Lo = points.Below
	}
	return out
}

// times gives p so many times, or the most that a rule pays if that is less.
func times(p points.Points, n float64) points.Points {
	if float64(p)*n >= float64(points.Max) {
		return points.Max
	}
	return p * points.Points(n)
}

// often gives how many occurrences a rule's limit lets through in one period; 0 is
// any number.
func (v *vetter) often(i int) int {
	l := &v.policy.Rules[i].Limit
	n := l.Times
	if values := v.values(l.OncePer); values > 0 && (n == 0 || values < n) {
		n = values
	}
	return n
}

// values gives how many values a property can have; 0 is any number.
func (v *vetter) values(property string) int {
	for _, f := range v.policy.Properties {
		switch {
		case f.Name != property:
		case f.Kind == qualify.Bool:
			return 2
		default:
			return len(f.Values)
		}
	}
	return 0
}

// periods gives how many periods of a rule's limit can overlap what still pays; 1
// without periods, and 0 is any number.
func (v *vetter) periods(i int) int64 {
	r := &v.policy.Rules[i]
	period := period(&r.Limit)
	switch {
	case period == 0:
		return 1
	case v.gone(i) == 0:
		return 0
	case r.Limit.Per != 0:
		return int64((v.gone(i) + period - 1) / period)
	}
	// Days are longer and shorter where the clock is changed.
	return int64(v.gone(i)/(period*3/4)) + 2
}

// period gives the length of a limit's period, of a month the shortest; 0 is none.
func period(l *qualify.Limit) qualify.Duration {
	switch l.Calendar {
	case "day":
		return qualify.Day
	case "week":
		return 7 * qualify.Day
	case "month":
		return 28 * qualify.Day
	}
	return l.Per
}

func set(f *float64, otherwise float64) float64 {
	if f == nil {
		return otherwise
	}
	return *f
}

func (v *vetter) vetPoints() {
	seen := map[string]int{}
	for i := range v.rules {
		r, k := &v.policy.Rules[i], &v.rules[i]
		p := place{"rules", i, r.ID}
		if v.duplicate(i, p, seen) || v.constantRule(i, p) {
			continue
		}
		v.caps(p, "the rule's points", k.sum, r.Min, r.Max)
		v.limits(i, p)
		v.unbounded(i, p)
	}
	for i := range v.groups {
		g := &v.groups[i]
		p := v.groupPlace(i)
		if p.item < 0 {
			continue
		}
		if s, t := v.sums[i], v.spans[i]; s.Lo < s.Hi && t.Lo == t.Hi {
			v.report("pays_constant", p, "", nil, "the group's points are always %s: before its bounds they are %s", lie(t), lie(s))
			continue
		}
		v.caps(p, "the group's points", v.sums[i], g.Min, g.Max)
		v.bands(i, p)
	}
}

// duplicate looks for an earlier rule that pays the same for the same.
func (v *vetter) duplicate(i int, p place, seen map[string]int) bool {
	r, k := v.policy.Rules[i], &v.rules[i]
	same := func(n *expression.Node) int {
		if n == nil {
			return -1
		}
		return v.solver.Same(n)
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%d %q %d %v %v %d %#v %d %#v %v %v", k.group, r.On, same(k.when), r.Points, r.Else, same(k.multiply), r.Limit, r.Within, r.Decay, set(r.Min, math.Inf(-1)), set(r.Max, math.Inf(1)))
	for j, t := range k.tiers {
		fmt.Fprintf(&key, " %d %v", same(t), r.Tiers[j].Points)
	}
	j, ok := seen[key.String()]
	if !ok {
		seen[key.String()] = i
		return false
	}
	v.report("duplicate_rule", p, "id", r.ID, "this rule pays the same for the same as the rule %q before it: both are counted", v.policy.Rules[j].ID)
	return true
}

// constantRule looks for a rule that pays the same whatever holds, or whether yes or
// no. It tells whether there is no more to say of its points.
func (v *vetter) constantRule(i int, p place) bool {
	r, k := &v.policy.Rules[i], &v.rules[i]
	always := k.sum.Lo == k.sum.Hi
	alike := len(r.Tiers) > 0 && r.Multiply == "" && !slices.ContainsFunc(r.Tiers, func(t qualify.Tier) bool { return t.Points != r.Tiers[0].Points })
	nothing := r.Points == 0 && !slices.ContainsFunc(r.Tiers, func(t qualify.Tier) bool { return t.Points != 0 })
	switch least, most := set(r.Min, -1e6), set(r.Max, 1e6); {
	case least == most:
		v.report("pays_constant", p, "min", r.Min, "min is max: the rule pays %s whatever holds", number(least))
	case nothing && r.Else == 0:
		v.report("pays_nothing", p, "", nil, "the rule has no points: it pays %s whatever holds", lie(k.span))
	case !always && k.span.Lo == k.span.Hi:
		v.report("pays_constant", p, "", nil, "the rule pays %s whatever holds: before min and max its points are %s", lie(k.span), lie(k.sum))
	case r.When != "" && r.On == "" && r.Multiply == "" && r.Else == r.Points:
		v.report("pays_constant", p, "else", r.Else, "else is what points are: %s", v.yesOrNo(i))
	case alike && r.Else == r.Tiers[0].Points:
		v.report("pays_constant", p, "tiers", nil, "all tiers pay %s, and so does else: %s", number(r.Else), v.yesOrNo(i))
	case alike && len(r.Tiers) > 1 && r.Tiers[0].Points != 0 && k.sum == points.Exactly(amount(r.Tiers[0].Points)):
		v.report("pays_constant", p, "tiers", nil, "all tiers pay %s, and one of them always does", number(r.Tiers[0].Points))
	case r.Multiply != "" && v.times(k, 1) == points.Exactly(0) && k.sum == points.Exactly(0) && (k.when == nil || v.can(is(k.when, yes))):
		v.report("pays_nothing", p, "multiply", r.Multiply, "this is always 0 or unknown: the rule pays nothing")
	}
	return k.span.Lo == k.span.Hi
}

// yesOrNo says what a rule pays for which yes and no are the same.
func (v *vetter) yesOrNo(i int) string {
	k := &v.rules[i]
	if k.span.Lo == k.span.Hi {
		return "the rule pays " + lie(k.span) + " whatever holds"
	}
	nothing := clamp(points.Exactly(0), v.policy.Rules[i].Min, v.policy.Rules[i].Max)
	return "yes and no pay the same, and only unknown pays " + lie(nothing) + "; if that is meant, ask with known()"
}

// caps looks for a min and a max that points never reach.
func (v *vetter) caps(p place, what string, s points.Span, least, most *float64) {
	if s.Lo == s.Hi {
		return
	}
	if most != nil && s.Hi < amount(*most) {
		v.report("cap_unreached", p, "max", *most, "%s are %s: %s is never reached", what, lie(s), number(*most))
	}
	if least != nil && s.Lo > amount(*least) {
		v.report("cap_unreached", p, "min", *least, "%s are %s: %s is never reached", what, lie(s), number(*least))
	}
}

// limits looks for the bounds of a limit that another one of it never lets be reached.
func (v *vetter) limits(i int, p place) {
	r := &v.policy.Rules[i]
	l := &r.Limit
	within := ""
	if period(l) != 0 {
		within = " in a period"
	}
	if values := v.values(l.OncePer); values > 0 && l.Times > values {
		v.report("cap_unreached", p, "limit.times", l.Times, "%s has %d values, of which each pays once%s: %d times are never reached", l.OncePer, values, within, l.Times)
	}
	each := math.Abs(r.Points)
	if r.Multiply != "" || l.Points == 0 || each == 0 {
		return
	}
	n := v.often(i)
	if n > 0 && float64(amount(l.Points)) > float64(amount(each))*float64(n) {
		v.report("cap_unreached", p, "limit.points", l.Points, "%d times %s points%s are %s: %s is never reached", n, number(each), within, number(float64(n)*each), number(l.Points))
	}
	if full := math.Ceil(float64(amount(l.Points)) / float64(amount(each))); l.Per == 0 && float64(l.Times) > full {
		v.report("cap_unreached", p, "limit.times", l.Times, "after %s times %s points%s the bound of %s points is used up: %d times are never reached", number(full), number(each), within, number(l.Points), l.Times)
	}
}

// unbounded looks for a rule for activities that nothing bounds, up to the root.
func (v *vetter) unbounded(i int, p place) {
	r := &v.policy.Rules[i]
	if r.On == "" || v.summed(i) || v.resets(i) {
		return
	}
	s := v.rules[i].span
	for g := v.rules[i].group; g >= 0; g = v.parents[g] {
		s = clamp(shaped(&v.groups[g], s), v.groups[g].Min, v.groups[g].Max)
		if v.parents[g] >= 0 {
			s = s.Weighted(weight(&v.groups[g]))
		}
	}
	word := ""
	switch {
	case s.Hi == points.Above:
		word = "upward"
	case s.Lo == points.Below:
		word = "downward"
	default:
		return
	}
	v.report("unbounded", p, "on", r.On, "no limit, max or min bounds this rule %s, up to the total: one busy lead can outweigh all else", word)
}

// summed reports whether a rule's limit bounds what it pays, all periods together, in
// each of which the decay leaves less.
func (v *vetter) summed(i int) bool {
	r, d := &v.policy.Rules[i], v.decay(i)
	each := v.times(&v.rules[i], r.Points)
	few := v.often(i) > 0 && each.Lo != points.Below && each.Hi != points.Above
	return (few || r.Limit.Points != 0) && (period(&r.Limit) == 0 || v.gone(i) != 0 || d.HalfLife != 0 || d.Compound && d.Idle == "")
}

// resets reports whether each occurrence of a rule's signal hides those before it.
func (v *vetter) resets(i int) bool {
	scope := v.scopes[v.rules[i].group]
	return scope != 0 && v.solver.Is(v.signal(v.policy.Rules[i].On), v.signal(v.groups[scope-1].ResetOn))
}

func (v *vetter) signal(id string) int {
	return slices.IndexFunc(v.policy.Signals, func(s qualify.Signal) bool { return s.ID == id })
}

// occurs reports whether a signal can, as far as its own where and that of what it
// repeats tell.
func (v *vetter) occurs(id string) bool {
	for i := v.signal(id); i >= 0; i = v.signal(v.policy.Signals[i].Of) {
		if where := v.wheres[i]; where != nil && !v.can(is(where, yes)) {
			return false
		}
	}
	return true
}

// bands looks for bands that no score gets, and for scores that get none.
func (v *vetter) bands(i int, p place) {
	g, s := &v.groups[i], v.spans[i]
	for j, b := range g.Bands {
		field := fmt.Sprintf("bands[%d]", j)
		if b.From != nil && amount(*b.From) > s.Hi {
			v.report("band_unreached", p, field+".from", *b.From, "no score gets the band %q: the group's points are %s", b.Label, lie(s))
		} else if j+1 < len(g.Bands) && amount(*g.Bands[j+1].From) <= s.Lo {
			v.report("band_unreached", p, field+".label", b.Label, "no score gets the band %q: the next one begins at %s, and the group's points are %s", b.Label, number(*g.Bands[j+1].From), lie(s))
		}
	}
	if len(g.Bands) > 0 && g.Bands[0].From != nil && s.Lo < amount(*g.Bands[0].From) {
		v.report("band_gap", p, "bands[0].from", *g.Bands[0].From, "points below it have no band: the group's points are %s", lie(s))
	}
}

// bandsOf says which bands a group can have.
func (v *vetter) bandsOf(i int) string {
	var all []string
	for _, label := range v.solver.Labels(i) {
		if label == "" {
			all = append(all, "none")
		} else {
			all = append(all, fmt.Sprintf("%q", label))
		}
	}
	return "can be " + strings.Join(all, ", ") + ": the group's points are " + lie(v.spans[i])
}
