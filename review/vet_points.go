package review

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
	"github.com/qualify-go/qualify/internal/solver"
)

// measure finds what rules and groups can have, whatever the lead.
func (v *vetter) measure() {
	for i := range v.program.Rules {
		r := &v.program.Rules[i]
		sum := v.ruleSum(i)
		v.rules[i] = spans{sum, sum.Clamp(r.Min, r.Max)}
		v.totals[r.Group].sum = v.totals[r.Group].sum.Add(v.rules[i].kept)
	}
	for _, i := range v.program.GroupOrder {
		g, t := &v.program.Groups[i], &v.totals[i]
		t.sum = g.ShapeSpan(t.sum)
		t.kept = t.sum.Clamp(g.Min, g.Max)
		if g.Parent != program.None {
			up := &v.totals[g.Parent]
			up.sum = up.sum.Add(t.kept.Weighted(g.Weight))
		}
		lo, hi := ends(t.kept)
		v.solver.Score(i, lo, hi)
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

// ruleSum gives what a rule can pay before its min and max.
func (v *vetter) ruleSum(i int) points.Span {
	r := &v.program.Rules[i]
	pays := v.times(r, r.Points)
	if r.Signal != program.None {
		if r.When != nil && !v.can(is(r.When, yes)) || !v.occurs(r.Signal) {
			return points.Exactly(0)
		}
		return v.repeated(i, pays.Union(points.Exactly(0)))
	}
	var all []points.Span
	switch {
	case len(r.Tiers) > 0:
		var before []solver.Goal
		for _, t := range r.Tiers {
			const most = 10 // tiers to ask about together
			goals := before[:min(len(before), most):min(len(before), most)]
			if v.can(append(goals, is(t.When, yes))...) {
				all = append(all, v.times(r, t.Points))
			}
			if v.can(append(goals, is(t.When, unknown))...) {
				all = append(all, points.Exactly(0))
			}
			before = append(before, is(t.When, no))
		}
		if v.can(before[:min(len(before), 100)]...) {
			all = append(all, points.Exactly(r.Else))
		}
	case r.When != nil:
		if v.can(is(r.When, yes)) {
			all = append(all, pays)
		}
		if v.can(is(r.When, no)) {
			all = append(all, points.Exactly(r.Else))
		}
		if v.can(is(r.When, unknown)) {
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
func (v *vetter) times(r *program.Rule, p points.Points) points.Span {
	if r.Multiply == nil {
		return points.Exactly(p)
	}
	m := v.solver.Number(r.Multiply)
	out := points.Exactly(0)
	if m.Lo <= m.Hi {
		a, b := p.Times(m.Lo), p.Times(m.Hi)
		out = points.Span{Lo: whole(min(a, b), false), Hi: whole(max(a, b), true)}
		if p.Unbounded(m.Lo, m.Hi) {
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
		l := &v.program.Rules[i].Limit
		n, periods := int64(v.often(i)), v.periods(i)
		if n > 0 && periods > 0 && each != points.Above {
			all = times(each, float64(n)*float64(periods))
		}
		oneSign := s.Lo == 0 || s.Hi == 0
		if l.Points > 0 && periods > 0 && (oneSign || period(&v.policy.Rules[i].Limit) == 0) {
			all = min(all, times(l.Points, float64(periods)))
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
	n := v.program.Rules[i].Limit.Times
	if values := v.values(i); values > 0 && (n == 0 || values < n) {
		n = values
	}
	return n
}

// values gives how many values the property can have of which a rule's limit lets one pay
// each; 0 is any number, and so it is without one.
func (v *vetter) values(i int) int { return v.valueCount(v.program.Rules[i].OncePer) }

// valueCount gives how many values a property can have; 0 is any number, and so is None.
func (v *vetter) valueCount(property int) int {
	if property == program.None {
		return 0
	}
	if f := &v.program.Properties[property]; f.Kind != fact.Bool {
		return len(f.Values)
	}
	return 2
}

// periods gives how many periods of a rule's limit can overlap what still pays, in all for
// all values of ForEach; 1 without periods, and 0 is any number.
func (v *vetter) periods(i int) int64 {
	each := int64(1)
	if property := v.program.Rules[i].ForEach; property != program.None {
		each = int64(v.valueCount(property))
	}
	return each * v.overlaps(i)
}

// overlaps is periods, for one value.
func (v *vetter) overlaps(i int) int64 {
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
	// Days are longer and shorter where the clock is changed; a visit can have begun before.
	return int64(v.gone(i)/(period*3/4)) + 2
}

// period gives the least length of a limit's period, of a month the shortest, of a visit
// the gap before the next; 0 is none, or one that does not end.
func period(l *qualify.Limit) qualify.Duration {
	switch l.Calendar {
	case "day":
		return qualify.Day
	case "week":
		return 7 * qualify.Day
	case "month":
		return 28 * qualify.Day
	}
	return l.Per + l.Gap // one of them
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
		r := &v.policy.Rules[i]
		p := place{"rules", i, r.ID}
		if v.duplicate(i, p, seen) || v.constantRule(i, p) {
			continue
		}
		v.caps(p, "the rule's points", v.rules[i].sum, r.Min, r.Max)
		v.limits(i, p)
		v.unbounded(i, p)
	}
	for i := range v.groups {
		g := &v.groups[i]
		p := v.groupPlace(i)
		if p.Item < 0 {
			continue
		}
		if s, t := v.totals[i].sum, v.totals[i].kept; s.Lo < s.Hi && t.Lo == t.Hi {
			v.report(PaysConstant, p, "", nil, "the group's points are always %s: before its bounds they are %s", lie(t), lie(s))
			continue
		}
		v.caps(p, "the group's points", v.totals[i].sum, g.Min, g.Max)
		v.bands(i, p)
	}
}

// duplicate looks for an earlier rule that pays the same for the same.
func (v *vetter) duplicate(i int, p place, seen map[string]int) bool {
	r, compiled := v.policy.Rules[i], &v.program.Rules[i]
	same := func(n *expression.Node) int {
		if n == nil {
			return -1
		}
		return v.solver.Same(n)
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%d %q %d %v %v %d %#v %d %#v %v %v", compiled.Group, r.On, same(compiled.When), r.Points, r.Else, same(compiled.Multiply), r.Limit, r.Within, r.Decay, set(r.Min, math.Inf(-1)), set(r.Max, math.Inf(1)))
	for _, t := range compiled.Tiers {
		fmt.Fprintf(&key, " %d %v", same(t.When), t.Points)
	}
	j, ok := seen[key.String()]
	if !ok {
		seen[key.String()] = i
		return false
	}
	v.report(DuplicateRule, p, "id", r.ID, "this rule pays the same for the same as the rule %q before it: both are counted", v.policy.Rules[j].ID)
	return true
}

// constantRule looks for a rule that pays the same whatever holds, or whether yes or
// no. It tells whether there is no more to say of its points.
func (v *vetter) constantRule(i int, p place) bool {
	r, compiled, k := &v.policy.Rules[i], &v.program.Rules[i], &v.rules[i]
	always := k.sum.Lo == k.sum.Hi
	alike := len(r.Tiers) > 0 && r.Multiply == "" && !slices.ContainsFunc(r.Tiers, func(t qualify.Tier) bool { return t.Points != r.Tiers[0].Points })
	nothing := r.Points == 0 && !slices.ContainsFunc(r.Tiers, func(t qualify.Tier) bool { return t.Points != 0 })
	switch least, most := set(r.Min, -1e6), set(r.Max, 1e6); {
	case least == most:
		v.report(PaysConstant, p, "min", r.Min, "min is max: the rule pays %s whatever holds", number(least))
	case nothing && r.Else == 0:
		v.report(PaysNothing, p, "", nil, "the rule has no points: it pays %s whatever holds", lie(k.kept))
	case !always && k.kept.Lo == k.kept.Hi:
		v.report(PaysConstant, p, "", nil, "the rule pays %s whatever holds: before min and max its points are %s", lie(k.kept), lie(k.sum))
	case r.When != "" && r.On == "" && r.Multiply == "" && r.Else == r.Points:
		v.report(PaysConstant, p, "else", r.Else, "else is what points are: %s", v.yesOrNo(i))
	case alike && r.Else == r.Tiers[0].Points:
		v.report(PaysConstant, p, "tiers", nil, "all tiers pay %s, and so does else: %s", number(r.Else), v.yesOrNo(i))
	case alike && len(r.Tiers) > 1 && r.Tiers[0].Points != 0 && k.sum == points.Exactly(amount(r.Tiers[0].Points)):
		v.report(PaysConstant, p, "tiers", nil, "all tiers pay %s, and one of them always does", number(r.Tiers[0].Points))
	case r.Multiply != "" && v.times(compiled, points.Unit) == points.Exactly(0) && k.sum == points.Exactly(0) && (compiled.When == nil || v.can(is(compiled.When, yes))):
		v.report(PaysNothing, p, "multiply", r.Multiply, "this is always 0 or unknown: the rule pays nothing")
	}
	return k.kept.Lo == k.kept.Hi
}

// yesOrNo says what a rule pays for which yes and no are the same.
func (v *vetter) yesOrNo(i int) string {
	k := &v.rules[i]
	if k.kept.Lo == k.kept.Hi {
		return "the rule pays " + lie(k.kept) + " whatever holds"
	}
	nothing := points.Exactly(0).Clamp(v.program.Rules[i].Min, v.program.Rules[i].Max)
	return "yes and no pay the same, and only unknown pays " + lie(nothing) + "; if that is meant, ask with known()"
}

// caps looks for a min and a max that points never reach.
func (v *vetter) caps(p place, what string, s points.Span, least, most *float64) {
	if s.Lo == s.Hi {
		return
	}
	if most != nil && s.Hi < amount(*most) {
		v.report(CapUnreached, p, "max", *most, "%s are %s: %s is never reached", what, lie(s), number(*most))
	}
	if least != nil && s.Lo > amount(*least) {
		v.report(CapUnreached, p, "min", *least, "%s are %s: %s is never reached", what, lie(s), number(*least))
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
	if l.ForEach != "" {
		within += " for each " + l.ForEach
	}
	if values := v.values(i); values > 0 && l.Times > values {
		v.report(CapUnreached, p, "limit.times", l.Times, "%s has %d values, of which each pays once%s: %d times are never reached", l.OncePer, values, within, l.Times)
	}
	each := math.Abs(r.Points)
	if r.Multiply != "" || l.Points == 0 || each == 0 {
		return
	}
	n := v.often(i)
	if n > 0 && float64(amount(l.Points)) > float64(amount(each))*float64(n) {
		v.report(CapUnreached, p, "limit.points", l.Points, "%d times %s points%s are %s: %s is never reached", n, number(each), within, number(float64(n)*each), number(l.Points))
	}
	if full := math.Ceil(float64(amount(l.Points)) / float64(amount(each))); l.Per == 0 && float64(l.Times) > full {
		v.report(CapUnreached, p, "limit.times", l.Times, "after %s times %s points%s the bound of %s points is used up: %d times are never reached", number(full), number(each), within, number(l.Points), l.Times)
	}
}

// unbounded looks for a rule for activities that nothing bounds, up to the root.
func (v *vetter) unbounded(i int, p place) {
	r := &v.policy.Rules[i]
	if r.On == "" || v.summed(i) || v.resets(i) {
		return
	}
	s := v.rules[i].kept
	for at := v.program.Rules[i].Group; at != program.None; {
		g := &v.program.Groups[at]
		s = g.KeepSpan(s)
		if at = g.Parent; at != program.None {
			s = s.Weighted(g.Weight)
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
	v.report(Unbounded, p, "on", r.On, "no limit, max or min bounds this rule %s, up to the total: one busy lead can outweigh all else", word)
}

// summed reports whether a rule's limit bounds what it pays, all periods together, in
// each of which the decay leaves less.
func (v *vetter) summed(i int) bool {
	r := &v.program.Rules[i]
	each, d := v.times(r, r.Points), &r.Decay
	few := v.often(i) > 0 && each.Lo != points.Below && each.Hi != points.Above
	if r.Limit.ForEach && v.valueCount(r.ForEach) == 0 {
		return false
	}
	return (few || r.Limit.Points != 0) && (period(&v.policy.Rules[i].Limit) == 0 || v.gone(i) != 0 || d.HalfLife != 0 || d.Compound != nil && !d.Idle)
}

// resets reports whether each occurrence of a rule's signal hides those before it.
func (v *vetter) resets(i int) bool {
	r := &v.program.Rules[i]
	return slices.ContainsFunc(v.program.Resets[r.ResetScope], func(s int) bool { return v.solver.Is(r.Signal, s) })
}

// occurs reports whether a signal can, as far as its own where and those of the signals
// that it repeats, follows or is followed by tell.
func (v *vetter) occurs(signal int) bool {
	for i := signal; i != history.None; i = v.program.Histories[i].Of {
		if where := v.program.Signals[i].Where; where != nil && !v.can(is(where, yes)) {
			return false
		}
		if g := &v.program.Histories[i]; (g.Relation == history.Following || g.Relation == history.FollowedBy) && !v.occurs(g.Other) {
			return false
		}
	}
	return true
}

// bands looks for bands that no score gets, and for scores that get none.
func (v *vetter) bands(i int, p place) {
	g, s := &v.groups[i], v.totals[i].kept
	for j, b := range g.Bands {
		field := fmt.Sprintf("bands[%d]", j)
		if b.From != nil && amount(*b.From) > s.Hi {
			v.report(BandUnreached, p, field+".from", *b.From, "no score gets the band %q: the group's points are %s", b.Label, lie(s))
		} else if j+1 < len(g.Bands) && amount(*g.Bands[j+1].From) <= s.Lo {
			v.report(BandUnreached, p, field+".label", b.Label, "no score gets the band %q: the next one begins at %s, and the group's points are %s", b.Label, number(*g.Bands[j+1].From), lie(s))
		}
	}
	if len(g.Bands) > 0 && g.Bands[0].From != nil && s.Lo < amount(*g.Bands[0].From) {
		v.report(BandGap, p, "bands[0].from", *g.Bands[0].From, "points below it have no band: the group's points are %s", lie(s))
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
	return "can be " + strings.Join(all, ", ") + ": the group's points are " + lie(v.totals[i].kept)
}
