package backtest

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"slices"
	"time"

	"golang.org/x/exp/stats"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/statistics"
)

// Ranking says how well points rank leads: in which share of the pairs of a lead that was
// won and one that was not the won lead has more points, a tie counting half. 0.5 is what
// chance gives, 1 is perfect.
type Ranking struct {
	// AUC is that share, and Low and High its interval of 95 %.
	AUC  float64 `json:"auc"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Gain is how much more one ranking is than another of the same leads.
type Gain struct {
	// AUC is the difference of the two shares, and Low and High its interval of 95 %.
	AUC  float64 `json:"auc"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Chance is how many of some judgements are followed by a win.
type Chance struct {
	// Leads is how many leads there are, Judged how many judgements of them, and Won how
	// many of these are followed by a win within the span.
	Leads  int `json:"leads"`
	Judged int `json:"judged"`
	Won    int `json:"won"`
	// Rate is Won / Judged, and Low and High its interval of 95 %.
	Rate float64 `json:"rate"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Quartiles are spans in days, to a tenth of a day.
type Quartiles struct {
	// Leads is of how many leads they are: a quarter of them is below Low, a half below Median,
	// and a quarter above High. All are 0 without leads.
	Leads  int     `json:"leads"`
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
}

// Step is the chance of a win from some points up to others. Steps rise: neighbours whose
// chances do not are one.
type Step struct {
	// From and To are the least and the most points in it.
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Chance
}

// StageChance is the chance of a win from a stage.
type StageChance struct {
	// Stage is the stage of the verdict, Label its label; blank is none.
	Stage string `json:"stage"`
	Label string `json:"label,omitempty"`
	Chance
	// Ahead are the days from the first judgement in the stage to the win, of leads that were won
	// by the end of the plan, also if that was later than within the span.
	Ahead Quartiles `json:"ahead"`
	// Stays are the days that leads stayed in it, and Staying how many still were in it when they
	// were won or lost or the watching ended. Both are only there for a plan by OnEntering.
	Stays   Quartiles `json:"stays"`
	Staying int       `json:"staying"`
}

// BandChance is the chance of a win from a band.
type BandChance struct {
	// Group is the group, "total" for the root, and Band the label of its band.
	Group string `json:"group"`
	Band  string `json:"band"`
	Chance
}

// Threshold says what comes of working on the leads that have so many points or more.
type Threshold struct {
	Points float64 `json:"points"`
	// Chance is that of the judgements at or above it: its Rate is the precision.
	Chance
	// Recall is which share of all judgements that a win follows is at or above it.
	Recall float64 `json:"recall"`
	// Worth is the value of the leads that are won after they were at or above it, less
	// the cost of all that were.
	Worth float64 `json:"worth"`
	// Ahead are the days from the first judgement at or above it to the win, of leads that were
	// won by the end of the plan, also if that was later than within the span.
	Ahead Quartiles `json:"ahead"`
}

// RuleEvidence is what the data say of one rule.
type RuleEvidence struct {
	// Rule is the rule's ID, and Label its label.
	Rule  string `json:"rule"`
	Label string `json:"label,omitempty"`
	// With is the chance of a win where the rule pays its points, or those of a tier, and Without
	// that where it pays nothing or its else. A rule without On whose points are 0 pays these where
	// its condition is yes. One with On pays for nobody then: its occurrences are not looked at.
	With    Chance `json:"with"`
	Without Chance `json:"without"`
	// Lift is With.Rate / Without.Rate, and LiftLow and LiftHigh its interval of 95 %. Where one
	// of the two has no win, or one nothing but wins, half a win and half a loss are added to
	// both. All are 0 if the rule pays for all or for nobody.
	Lift     float64 `json:"lift"`
	LiftLow  float64 `json:"lift_low"`
	LiftHigh float64 `json:"lift_high"`
	// Change is by how much the ranking changes without it: below 0 it is worth having.
	Change Gain `json:"change"`
}

// RulePair are two rules that pay for the same leads, by and large.
type RulePair struct {
	// First and Second are the IDs of the rules.
	First  string `json:"first"`
	Second string `json:"second"`
	// Both is for how many judgements both pay, and Either for how many one or both do.
	Both   int `json:"both"`
	Either int `json:"either"`
}

// GainPoint is a point of the curve of gains.
type GainPoint struct {
	// Judged is a share of the judgements, those with the most points first, and Won which
	// share of the wins is among them.
	Judged float64 `json:"judged"`
	Won    float64 `json:"won"`
}

// Report says how well the points of a policy find the leads that are won. It holds no data
// of any lead, and may be logged. Its slices are never nil.
type Report struct {
	// Policy, Version and Fingerprint are the model's, and Plan is the plan in words.
	Policy      string `json:"policy"`
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`
	Plan        string `json:"plan"`
	// All are all judgements.
	All Chance `json:"all"`
	// LeftOut counts the cases and the instants that are left out.
	LeftOut []LeftOutCount `json:"left_out"`
	// Ranking is that by the points, Uncapped that by the points without the bounds and the
	// rounding of rules and groups, and Caps how much more Uncapped is: what the bounds cost.
	Ranking  Ranking `json:"ranking"`
	Uncapped Ranking `json:"uncapped"`
	Caps     Gain    `json:"caps"`
	// Steps are the chances by points, from the fewest points up.
	Steps []Step `json:"steps"`
	// Stages are the stages in which leads are, in the policy's order after the plain lead.
	// Unless the plan is by OnEntering, leads come to each instant without a stage, so that Enter
	// alone decides.
	Stages []StageChance `json:"stages"`
	// Bands are the bands of each group that has some, the root first.
	Bands []BandChance `json:"bands"`
	// Thresholds are some thresholds, from the lowest up.
	Thresholds []Threshold `json:"thresholds"`
	// Rules has each rule, in the policy's order.
	Rules []RuleEvidence `json:"rules"`
	// Pairs are those rules of which one hardly pays without the other, the closest first,
	// at most 100.
	Pairs []RulePair `json:"pairs"`
	// Gains is the curve of gains, from 0 to 1 in twenty steps.
	Gains []GainPoint `json:"gains"`
	// Suspects are facts that look as if they were known because of the outcome: of the first
	// 1,000 names that are seen.
	Suspects []Suspect `json:"suspects"`

	costs bool // whether the plan has any
}

// Rank judges a model by cases. It goes through them once. The errors are ErrPlan, ErrNoCases,
// ErrUnwatched, ErrNotEntered, ErrNoWins and ErrNoLosses. A case may be overwritten by the
// next.
func Rank(model *qualify.Model, plan Plan, cases iter.Seq2[*Case, error]) (*Report, error) {
	var stages []string
	if model != nil {
		stages = stageIDs(model)
	}
	if err := plan.check(model, stages); err != nil {
		return nil, err
	}
	r := newRanker(model, &plan)
	if err := r.read(cases); err != nil {
		return nil, err
	}
	return r.report()
}

// A ranker holds the judgements of one pass, one element of each list for each.
type ranker struct {
	plan   *Plan
	model  *qualify.Model
	policy qualify.Policy
	adder  *adder
	judge  judge
	suspicion

	id      []string
	at      []int64
	won     []bool
	ahead   []int64 // nanoseconds to the win, -1 if there is none
	points  []points.Points
	stage   []int32 // its place in the policy, -1 for none
	bands   []int16 // row by row: the root's, then the groups'; -1 for none
	rules   []points.Points
	raw     []points.Points // before the bounds of the rule
	paid    []bool          // whether it pays, by rule, if only 0; not its else
	samples statistics.Samples
	used    map[string]bool // leads of which an instant is kept for learning
}

func newRanker(model *qualify.Model, plan *Plan) *ranker {
	r := &ranker{plan: plan, model: model, policy: model.Policy(), adder: newAdder(model), used: map[string]bool{}}
	r.judge = *newJudge(plan, model)
	if plan.Judge.stage != "" {
		r.judge.stays, r.judge.staying = map[string][]float64{}, map[string]int{}
	}
	return r
}

// seconds are whole: their quartiles are exact, on every platform.
func seconds(d time.Duration) float64 { return float64(d / time.Second) }

func (r *ranker) stageIndex(id string) int {
	return slices.IndexFunc(r.policy.Stages, func(s qualify.Stage) bool { return s.ID == id })
}

// A row is what is kept of a judgement until it is put beside the others.
type row struct {
	side   side
	id     string
	at     int64
	won    bool
	ahead  int64
	points points.Points
	stage  int32
	bands  []int16
	paid   []bool
	rules  []points.Points // and then raw
	facts  []knownFact     // of the first judgement of a case
}

// keeper gives what makes rows of judgements, for one goroutine.
func (r *ranker) keeper(j *judge) func(judgement) (row, bool) {
	var a qualify.Assessment
	last, bands := 0, r.bandGroups() // the case
	return func(one judgement) (row, bool) {
		out := row{side: one.side, id: one.of.Lead.ID, at: one.at.UnixNano(), won: one.won, ahead: -1}
		if one.side != testing {
			return out, true
		}
		if !j.assess(r.model, &a, &one) {
			return out, false
		}
		if last != one.number {
			out.facts = factsOf(one.lead)
			last = one.number
		}
		if one.of.Outcome == Won && !one.of.Until.After(r.plan.End) {
			out.ahead = int64(one.of.Until.Sub(one.at))
		}
		out.points, out.stage = millionths(a.Score.Points), int32(r.stageIndex(a.Verdict.Stage))
		for i := range bands {
			out.bands = append(out.bands, bands[i].of(&a))
		}
		n := len(a.Score.Contributions)
		out.rules, out.paid = make([]points.Points, 2*n), make([]bool, n)
		for i := range a.Score.Contributions {
			k := &a.Score.Contributions[i]
			out.rules[i], out.rules[n+i] = millionths(k.Points), millionths(k.Raw)
			out.paid[i] = k.Raw != 0 && k.Answer != qualify.No || k.Answer == qualify.Yes && r.policy.Rules[i].On == ""
		}
		return out, true
	}
}

// take puts a row beside the others.
func (r *ranker) take(one row) {
	switch one.side {
	case learning:
		r.used[one.id] = true
		r.judge.leftOut[LeftOutLearning]++
		return
	case across:
		r.judge.leftOut[LeftOutAcross]++
		return
	}
	if one.facts != nil {
		r.add(one.id, one.won, one.facts)
	}
	r.id, r.at, r.won, r.ahead = append(r.id, one.id), append(r.at, one.at), append(r.won, one.won), append(r.ahead, one.ahead)
	r.points, r.stage = append(r.points, one.points), append(r.stage, one.stage)
	r.bands, r.paid = append(r.bands, one.bands...), append(r.paid, one.paid...)
	n := len(one.paid)
	r.rules, r.raw = append(r.rules, one.rules[:n]...), append(r.raw, one.rules[n:]...)
}

// read judges the cases, and puts the judgements into an order that does not depend on
// theirs.
func (r *ranker) read(cases iter.Seq2[*Case, error]) error {
	if err := judgeAll(&r.judge, cases, r.keeper, r.take); err != nil {
		return err
	}
	if len(r.id) == 0 {
		return r.judge.none()
	}
	r.sort()
	switch wins := r.samples.Wins(); {
	case len(r.id) == 0:
		return fmt.Errorf("%w that was not used for learning", ErrNoCases)
	case wins == 0:
		return ErrNoWins
	case wins == len(r.won):
		return ErrNoLosses
	}
	return nil
}

// A bandGroup is a group with bands: -1 is the root.
type bandGroup struct {
	group  int
	id     string
	labels []string
}

func (g *bandGroup) of(a *qualify.Assessment) int16 {
	label := a.Score.Band
	if g.group >= 0 {
		label = a.Score.Groups[g.group].Band
	}
	return int16(slices.Index(g.labels, label))
}

// bandGroups are the groups that have bands, the root first.
func (r *ranker) bandGroups() []bandGroup {
	var list []bandGroup
	at := 0
	for _, g := range r.policy.Groups {
		one := bandGroup{group: -1, id: g.ID}
		if g.ID != "total" {
			one.group = at
			at++
		}
		for _, b := range g.Bands {
			one.labels = append(one.labels, b.Label)
		}
		if len(g.Bands) == 0 {
			continue
		}
		if one.group < 0 {
			list = slices.Insert(list, 0, one)
		} else {
			list = append(list, one)
		}
	}
	return list
}

// sort orders the judgements by lead and instant, and then by all that is computed from them.
func (r *ranker) sort() {
	rules, bands := len(r.policy.Rules), len(r.bandGroups())
	order := make([]int32, 0, len(r.id))
	for i, id := range r.id {
		if r.used[id] {
			r.judge.leftOut[LeftOutUsed]++
			continue
		}
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		if k := cmp.Or(cmp.Compare(r.id[a], r.id[b]), cmp.Compare(r.at[a], r.at[b]), cmp.Compare(r.ahead[a], r.ahead[b])); k != 0 {
			return k
		}
		for _, of := range [][]points.Points{r.rules, r.raw} {
			if k := slices.Compare(r.row(of, int(a)), r.row(of, int(b))); k != 0 {
				return k
			}
		}
		return cmp.Or(compareBools(r.won[a], r.won[b]), cmp.Compare(r.stage[a], r.stage[b]))
	})
	r.id, r.at, r.won, r.ahead = arranged(r.id, order, 1), arranged(r.at, order, 1), arranged(r.won, order, 1), arranged(r.ahead, order, 1)
	r.points, r.stage = arranged(r.points, order, 1), arranged(r.stage, order, 1)
	r.bands, r.paid = arranged(r.bands, order, bands), arranged(r.paid, order, rules)
	r.rules, r.raw = arranged(r.rules, order, rules), arranged(r.raw, order, rules)
	r.samples = statistics.Samples{Won: r.won, Cluster: clusters(r.id)}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// arranged puts rows into an order.
func arranged[T any](rows []T, order []int32, width int) []T {
	out := make([]T, 0, len(rows))
	for _, i := range order {
		out = append(out, rows[int(i)*width:(int(i)+1)*width]...)
	}
	return out
}

// clusters numbers leads.
func clusters(ids []string) []int32 {
	list := make([]int32, len(ids))
	for i := 1; i < len(ids); i++ {
		list[i] = list[i-1]
		if ids[i] != ids[i-1] {
			list[i]++
		}
	}
	return list
}

// report makes the report.
func (r *ranker) report() (*Report, error) {
	out := &Report{
		Policy: r.policy.Name, Version: r.policy.Version, Fingerprint: r.model.Fingerprint(), Plan: r.plan.String(),
		LeftOut: counts(r.judge.leftOut), costs: r.plan.Cost > 0 || r.plan.Value > 0,
	}
	all := statistics.ShareOf(&r.samples, func(int) bool { return true })
	out.All = chance(&all)
	total, free := make([]float64, len(r.id)), make([]float64, len(r.id))
	for i := range r.id {
		total[i] = r.points[i].Float()
		free[i] = float64(r.adder.total(r.adder.free, r.row(r.raw, i)))
	}
	ranking, uncapped := statistics.Rank(total, &r.samples), statistics.Rank(free, &r.samples)
	out.Ranking, out.Uncapped, out.Caps = rankingOf(&ranking), rankingOf(&uncapped), gainOf(&ranking, &uncapped)
	cuts := r.cuts()
	out.Steps = r.steps(cuts)
	out.Thresholds = r.thresholds(cuts)
	out.Stages = r.stageChances()
	out.Bands = r.bandChances()
	out.Rules = r.ruleEvidence(&ranking)
	out.Pairs = r.pairs()
	out.Gains = r.gains()
	out.Suspects = r.suspects(nil)
	return out, nil
}

func (r *ranker) row(of []points.Points, i int) []points.Points {
	n := len(r.policy.Rules)
	return of[i*n : (i+1)*n]
}

func chance(h *statistics.Share) Chance {
	return Chance{Leads: h.Leads, Judged: h.Samples, Won: h.Wins, Rate: h.Rate, Low: h.Low, High: h.High}
}

func rankingOf(of *statistics.Ranking) Ranking {
	low, high := of.Interval()
	return Ranking{AUC: of.AUC, Low: low, High: high}
}

func gainOf(old, new *statistics.Ranking) Gain {
	gain, low, high := old.Difference(new)
	return Gain{AUC: gain, Low: low, High: high}
}

// mostSteps is how many steps of points there are before those that do not rise are pooled.
const mostSteps = 10

// cuts are the points from which each step begins: they hold about as many judgements each.
func (r *ranker) cuts() []points.Points {
	sorted := slices.Clone(r.points)
	slices.Sort(sorted)
	cuts := []points.Points{sorted[0]}
	for k := 1; k < mostSteps; k++ {
		if at := sorted[k*len(sorted)/mostSteps]; at > cuts[len(cuts)-1] {
			cuts = append(cuts, at)
		}
	}
	return cuts
}

func (r *ranker) steps(cuts []points.Points) []Step {
	step := make([]int, len(r.id))
	wins, judged := make([]int, len(cuts)), make([]int, len(cuts))
	for i, p := range r.points {
		at, exact := slices.BinarySearch(cuts, p)
		if !exact {
			at--
		}
		step[i] = at
		judged[at]++
		if r.won[i] {
			wins[at]++
		}
	}
	from := statistics.Monotone(wins, judged)
	list := []Step{}
	for k, first := range from {
		end := len(cuts)
		if k+1 < len(from) {
			end = from[k+1]
		}
		h := statistics.ShareOf(&r.samples, func(i int) bool { return step[i] >= first && step[i] < end })
		low, high := points.Points(math.MaxInt64), points.Points(math.MinInt64)
		for i, p := range r.points {
			if step[i] >= first && step[i] < end {
				low, high = min(low, p), max(high, p)
			}
		}
		list = append(list, Step{From: low.Float(), To: high.Float(), Chance: chance(&h)})
	}
	return list
}

// firsts gives the days to the win, of each won lead from its first judgement of a kind.
func (r *ranker) firsts(of func(i int) bool) Quartiles {
	var list []float64
	last := int32(-1)
	for i, ahead := range r.ahead {
		if c := r.samples.Cluster[i]; ahead >= 0 && c != last && of(i) {
			list = append(list, seconds(time.Duration(ahead)))
			last = c
		}
	}
	return quartiles(list)
}

// quartiles are those of whole seconds, in days.
func quartiles(list []float64) Quartiles {
	if len(list) == 0 {
		return Quartiles{}
	}
	slices.Sort(list)
	q := stats.Quantiles(list, 0.25, 0.5, 0.75)
	tenth := func(f float64) float64 { return math.Round(f/8640) / 10 }
	return Quartiles{Leads: len(list), Low: tenth(q[0]), Median: tenth(q[1]), High: tenth(q[2])}
}

func (r *ranker) thresholds(cuts []points.Points) []Threshold {
	list := []Threshold{}
	wins := r.samples.Wins()
	for _, at := range cuts {
		above := func(i int) bool { return r.points[i] >= at }
		h := statistics.ShareOf(&r.samples, above)
		t := Threshold{Points: at.Float(), Chance: chance(&h), Recall: float64(h.Wins) / float64(wins), Ahead: r.firsts(above)}
		won, last := 0, int32(-1)
		for i, c := range r.samples.Cluster {
			if r.won[i] && c != last && above(i) {
				won++
				last = c
			}
		}
		t.Worth = float64(r.plan.Value*float64(won)) - float64(r.plan.Cost*float64(h.Leads))
		list = append(list, t)
	}
	return list
}

func (r *ranker) stageChances() []StageChance {
	list := []StageChance{}
	for s := -1; s < len(r.policy.Stages); s++ {
		in := func(i int) bool { return int(r.stage[i]) == s }
		h := statistics.ShareOf(&r.samples, in)
		one := StageChance{Chance: chance(&h), Ahead: r.firsts(in)}
		if s >= 0 {
			one.Stage, one.Label = r.policy.Stages[s].ID, r.policy.Stages[s].Label
			one.Stays, one.Staying = quartiles(r.judge.stays[one.Stage]), r.judge.staying[one.Stage]
		}
		if h.Samples > 0 || one.Stays.Leads+one.Staying > 0 {
			list = append(list, one)
		}
	}
	return list
}

func (r *ranker) bandChances() []BandChance {
	list := []BandChance{}
	groups := r.bandGroups()
	for g, group := range groups {
		for b, label := range group.labels {
			h := statistics.ShareOf(&r.samples, func(i int) bool { return int(r.bands[i*len(groups)+g]) == b })
			if h.Samples > 0 {
				list = append(list, BandChance{Group: group.id, Band: label, Chance: chance(&h)})
			}
		}
	}
	return list
}

func (r *ranker) ruleEvidence(ranking *statistics.Ranking) []RuleEvidence {
	n := len(r.policy.Rules)
	without, used := make([][]float64, n), make([]bool, n)
	for k := range without {
		without[k] = make([]float64, len(r.id))
	}
	for i := range r.id {
		row := r.row(r.rules, i)
		r.adder.total(r.adder.capped, row)
		for k, paid := range row {
			if without[k][i] = r.points[i].Float(); paid != 0 {
				used[k] = true
				without[k][i] = r.adder.without(k, paid).Float()
			}
		}
	}
	list := make([]RuleEvidence, n)
	parallel(n, func(k int) {
		rule := &r.policy.Rules[k]
		pays := func(i int) bool { return r.paid[i*n+k] }
		with, not := statistics.ShareOf(&r.samples, pays), statistics.ShareOf(&r.samples, func(i int) bool { return !pays(i) })
		one := RuleEvidence{Rule: rule.ID, Label: rule.Label, With: chance(&with), Without: chance(&not)}
		one.Lift, one.LiftLow, one.LiftHigh = statistics.Lift(&with, &not)
		if used[k] {
			other := statistics.Rank(without[k], &r.samples)
			one.Change = gainOf(ranking, &other)
		}
		without[k] = nil
		list[k] = one
	})
	return list
}

const (
	mostPairs = 100
	closeness = 0.8 // of both to either
)

func (r *ranker) pairs() []RulePair {
	list := []RulePair{}
	n := len(r.policy.Rules)
	words := (len(r.id) + 63) / 64
	set, size := make([]uint64, n*words), make([]int, n)
	for at, paid := range r.paid {
		if i, k := at/n, at%n; paid {
			set[k*words+i/64] |= 1 << (i % 64)
			size[k]++
		}
	}
	for a := range n {
		for b := a + 1; b < n; b++ {
			if least := min(size[a], size[b]); least == 0 || float64(least) < float64(closeness*float64(max(size[a], size[b]))) {
				continue
			}
			both := overlap(set[a*words:(a+1)*words], set[b*words:(b+1)*words])
			if either := size[a] + size[b] - both; float64(both) >= float64(closeness*float64(either)) && either < len(r.id) {
				list = append(list, RulePair{r.policy.Rules[a].ID, r.policy.Rules[b].ID, both, either})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b RulePair) int {
		return cmp.Compare(int64(b.Both)*int64(a.Either), int64(a.Both)*int64(b.Either))
	})
	return list[:min(len(list), mostPairs)]
}

// gains gives the curve of gains. Among those with as many points, wins are spread evenly.
func (r *ranker) gains() []GainPoint {
	const parts = 20
	order := make([]int32, len(r.id))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(r.points[b], r.points[a]) })
	wins := float64(r.samples.Wins())
	list := []GainPoint{{}}
	won := 0.0
	for from := 0; from < len(order); {
		to, here := from, 0.0
		for ; to < len(order) && r.points[order[to]] == r.points[order[from]]; to++ {
			if r.won[order[to]] {
				here++
			}
		}
		for k := len(list); k <= parts && k*len(order) <= to*parts; k++ {
			share := float64(k) / parts
			inside := (float64(share*float64(len(order))) - float64(from)) / float64(to-from)
			list = append(list, GainPoint{share, (won + float64(here*inside)) / wins})
		}
		won += here
		from = to
	}
	return list
}

// overlap counts the members of two sets that are in both.
func overlap(a, b []uint64) int {
	n := 0
	for i := range a {
		n += bits.OnesCount64(a[i] & b[i])
	}
	return n
}
