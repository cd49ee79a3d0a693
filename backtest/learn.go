package backtest

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/statistics"
)

// Verdict says what the leads that were not used say of learned points.
type Verdict string

// The verdicts. Better and worse are those whose interval of the gain lies on one side of 0.
// Better must also have shown on the learning leads, and be better than chance, so that chance
// alone is seldom called so.
const (
	NotShown Verdict = "not_shown" // not shown to be better, nor worse
	Better   Verdict = "better"
	Worse    Verdict = "worse"
)

// Basis is where the new points of an amount come from.
type Basis string

// The bases.
const (
	// BasisData is points that were learned.
	BasisData Basis = "data"
	// BasisFew is that too few leads tell: fewer than five are paid, or fewer than five are not.
	// The author's points stay.
	BasisFew Basis = "few"
	// BasisApart is a rule whose points do not reach the total. They stay.
	BasisApart Basis = "apart"
	// BasisNone is that all of the author's points stay, since the leads give no reason to
	// change any.
	BasisNone Basis = "none"
)

// Amount is what a rule, its else or one of its tiers paid and pays.
type Amount struct {
	// Rule is the rule's ID, Label its label, and Part the field: points, else, tiers[0] and so on.
	Rule  string `json:"rule"`
	Label string `json:"label,omitempty"`
	Part  string `json:"part"`
	// Old and New are the points. Low and High are the interval of 95 % of the new ones; both
	// are 0 where nothing was learned.
	Old  float64 `json:"old"`
	New  float64 `json:"new"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Basis is where the new points come from. Turned is that the data turn the sign: the whole interval
	// lies on the other side of 0.
	Basis  Basis `json:"basis"`
	Turned bool  `json:"turned,omitempty"`
	// With is the chance of a win where it pays, Without where it does not, and Lift is how many
	// times as often leads are won with it; LiftLow and LiftHigh are its interval. All three are
	// 0 if there is none. They are of one amount at a time: what several rules pay for the same
	// leads, each of them shows.
	With     Chance  `json:"with"`
	Without  Chance  `json:"without"`
	Lift     float64 `json:"lift"`
	LiftLow  float64 `json:"lift_low"`
	LiftHigh float64 `json:"lift_high"`
}

// Lesson is what leads teach about the points of a policy. Its slices are never nil. It
// holds no data of any lead.
type Lesson struct {
	// Policy is the policy with the new points: it compiles, and can be vetted and compared as
	// any other. It has the name and version of the old one: give it a version.
	Policy qualify.Policy `json:"policy"`
	// Plan is the plan in words.
	Plan string `json:"plan"`
	// Learning are the judgements from which points were learned, and Testing those that say
	// what they are worth. No lead is in both. LeftOut counts what is in neither.
	Learning Chance         `json:"learning"`
	Testing  Chance         `json:"testing"`
	LeftOut  []LeftOutCount `json:"left_out"`
	// Verdict says whether the new points rank the leads that were not used better than the
	// old ones. Old and New are the rankings by the total points of each policy, and Gain is
	// how much more New is; both policies rank the same leads, so its interval is narrower.
	Verdict Verdict `json:"verdict"`
	Old     Ranking `json:"old"`
	New     Ranking `json:"new"`
	Gain    Gain    `json:"gain"`
	// Free is the ranking by the new points without any bounds, and Regression that by the
	// regression before its weights became whole points.
	Free       Ranking `json:"free"`
	Regression Ranking `json:"regression"`
	// Amounts has each amount, in the policy's order.
	Amounts []Amount `json:"amounts"`
	// Moved are the bounds, bands and numbers in conditions that were moved, and Unmoved the
	// places of conditions that compare points with something else than a number: look at
	// these.
	Moved   []Moved  `json:"moved"`
	Unmoved []string `json:"unmoved"`
	// Factor is by how much all points were made larger, so that rounding to whole points
	// costs nothing: mostly 1. Stretch is by how much those that were learned were made larger
	// besides: 1, or more where the author's points of some rules stay, and the leads bear out
	// little of what the author thought. What stays then counts for less.
	Factor  float64 `json:"factor"`
	Stretch float64 `json:"stretch"`
	// Strength is how strongly weights were drawn towards the author's points. Several strengths are
	// averaged, by how well each foretells learning leads from others; this is the one that counts
	// for most. Infinite, and null in JSON, is that the author's points stay.
	// Pull is the log-odds of a win that one of the author's points stands for, without what chance
	// may have made of it; 0 is that the leads do not bear out the author's points.
	Strength Strength `json:"strength"`
	Pull     float64  `json:"pull"`
}

// Strength is how strongly weights are drawn towards others.
type Strength float64

// MarshalJSON gives null for infinity.
func (s Strength) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(s), 0) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%g", float64(s)), nil
}

// Learn finds whole points for the rules of a model, as a logistic regression that is drawn
// towards the points that the rules have, as far as the leads bear these out, and says on leads
// that were not used for it whether they are better. Conditions, limits and decays stay; bounds, bands and thresholds are moved
// so that they let as many leads through.
//
// The plan must have a Split. Learn goes through the cases twice: they must be the same both
// times. Points of rules in a group in percent cannot be learned: ErrPercent. The other errors
// are those of Rank, also where the leads on one side of the split have one outcome only.
func Learn(model *qualify.Model, plan Plan, cases iter.Seq2[*Case, error]) (*Lesson, error) {
	return learn(model, plan, cases, time.Time{})
}

func learn(model *qualify.Model, plan Plan, cases iter.Seq2[*Case, error], until time.Time) (*Lesson, error) {
	var stages []string
	if model != nil {
		stages = stageIDs(model)
	}
	if err := plan.check(model, stages); err != nil {
		return nil, err
	}
	if plan.Split.IsZero() {
		return nil, fmt.Errorf("%w: learning needs a split", ErrPlan)
	}
	l := learner{plan: &plan, model: model, policy: model.Policy(), until: until, tooMany: map[judged]bool{}}
	if err := l.read(cases); err != nil {
		return nil, err
	}
	return l.lesson(cases)
}

// A learner holds the judgements of the first pass: the features of each.
type learner struct {
	plan    *Plan
	model   *qualify.Model
	policy  qualify.Policy
	until   time.Time // where the test ends, if it is not zero
	unit    *qualify.Model
	amounts []amount
	leftOut map[LeftOut]int
	tooMany map[judged]bool // of which the unit policy cannot take the activities

	id       []string
	at       []int64
	won      []bool
	side     []side
	features statistics.Features
	samples  statistics.Samples
	learning []int32 // the samples of each side
	testing  []int32

	author []float64 // by amount, times its weight: what a unit brings to the total
	scale  []float64 // the typical size of a unit; 0 is not learned
	basis  []Basis
	with   [][2]statistics.Share
}

// judged is a lead at an instant.
type judged struct {
	id string
	at int64
}

// A sample is what is kept of a judgement in the first pass, or in the second.
type sample struct {
	judged
	won      bool
	side     side
	bound    bool // it has too many activities
	columns  []int32
	values   []float64
	old, new float64 // points
}

// read judges the unit policy.
func (l *learner) read(cases iter.Seq2[*Case, error]) error {
	unit, amounts, err := unitPolicy(l.model)
	if err != nil {
		return err
	}
	l.amounts = amounts
	if l.unit, err = l.compile(unit, 0); err != nil {
		return fmt.Errorf("backtest: the amounts of the policy cannot be taken apart: %w", err)
	}
	l.features.Width = len(amounts)
	j := newJudge(l.plan, l.model)
	err = judgeAll(j, cases, func(j *judge) func(judgement) (sample, bool) {
		var a qualify.Assessment
		return func(one judgement) (sample, bool) {
			if one.side == across || one.side == testing && l.isLate(one.at) {
				j.leftOut[LeftOutAcross]++
				return sample{}, false
			}
			out := sample{judged: judged{one.of.Lead.ID, one.at.UnixNano()}, won: one.won, side: one.side}
			if out.bound = !j.assess(l.unit, &a, &one); out.bound {
				return out, true
			}
			for k := range a.Score.Contributions {
				if p := a.Score.Contributions[k].Points; p != 0 {
					out.columns, out.values = append(out.columns, int32(k)), append(out.values, p)
				}
			}
			return out, true
		}
	}, func(one sample) {
		if one.bound {
			l.tooMany[one.judged] = true
			return
		}
		l.id, l.at = append(l.id, one.id), append(l.at, one.at)
		l.won, l.side = append(l.won, one.won), append(l.side, one.side)
		l.features.Add(one.columns, one.values)
	})
	if err != nil {
		return err
	}
	if len(l.id) == 0 {
		return j.none()
	}
	l.leftOut = j.leftOut
	l.sort()
	return l.split()
}

// compile compiles a policy that was made of the model's. The model was held to the bounds that
// its author gave; these are the widest that there are, but for activities if that is 0.
func (l *learner) compile(p qualify.Policy, activities int) (*qualify.Model, error) {
	widest := qualify.Bounds{Activities: activities, Expression: 16384, Nesting: 200, Nodes: 5000, Pattern: 5000, Text: math.MaxInt}
	return qualify.Compile(p, qualify.WithLocation(l.model.Location()), qualify.WithBounds(widest))
}

// isLate reports whether an instant lies after the test.
func (l *learner) isLate(at time.Time) bool { return !l.until.IsZero() && !at.Before(l.until) }

// sort orders the judgements by lead and instant, and then by their features.
func (l *learner) sort() {
	order := make([]int32, len(l.id))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if k := cmp.Or(cmp.Compare(l.id[a], l.id[b]), cmp.Compare(l.at[a], l.at[b]), compareBools(l.won[a], l.won[b])); k != 0 {
			return k
		}
		c1, v1 := l.features.Row(int(a))
		c2, v2 := l.features.Row(int(b))
		return cmp.Or(slices.Compare(c1, c2), slices.Compare(v1, v2))
	})
	l.id, l.at, l.won, l.side = arranged(l.id, order, 1), arranged(l.at, order, 1), arranged(l.won, order, 1), arranged(l.side, order, 1)
	features := statistics.Features{Width: l.features.Width}
	for _, i := range order {
		features.Add(l.features.Row(int(i)))
	}
	l.features = features
	l.samples = statistics.Samples{Won: l.won, Cluster: clusters(l.id)}
}

// split parts the samples: a lead that is used for learning is not tested.
func (l *learner) split() error {
	used := make([]bool, l.samples.Clusters())
	for i, s := range l.side {
		if s == learning {
			used[l.samples.Cluster[i]] = true
			l.learning = append(l.learning, int32(i))
		}
	}
	for i, s := range l.side {
		switch {
		case s != testing:
		case used[l.samples.Cluster[i]]:
			l.leftOut[LeftOutUsed]++
		default:
			l.testing = append(l.testing, int32(i))
		}
	}
	for _, part := range []struct {
		samples []int32
		words   string
	}{{l.learning, "among the leads to learn from"}, {l.testing, "among the leads to test on"}} {
		wins := 0
		for _, i := range part.samples {
			if l.won[i] {
				wins++
			}
		}
		switch {
		case len(part.samples) == 0:
			return fmt.Errorf("%w %s", ErrNoCases, part.words)
		case wins == 0:
			return fmt.Errorf("%w, %s", ErrNoWins, part.words)
		case wins == len(part.samples):
			return fmt.Errorf("%w, %s", ErrNoLosses, part.words)
		}
	}
	return nil
}

// subset gives some of the samples with clusters of their own numbering.
func (l *learner) subset(use []int32) *statistics.Samples {
	s := &statistics.Samples{}
	last, n := int32(-1), int32(-1)
	for _, i := range use {
		if c := l.samples.Cluster[i]; c != last {
			last = c
			n++
		}
		s.Won = append(s.Won, l.won[i])
		s.Cluster = append(s.Cluster, n)
	}
	return s
}

const (
	fewLeads = 5 // that are paid, or are not, below which nothing is learned of an amount
	// fewWins is how many leads must have been won, and not won, for anything to be learned. With fewer, an author who is right by and large ranks
	// better than what they teach, on generated leads.
	fewWins = 5
	folds   = 5
	// fewForFolds is how many leads are parted into folds in several ways, so that less is chance.
	fewForFolds = 2_000
	// mostInFolds is how many leads weigh the strengths: more would do so alike. Where there are more, the
	// heaviest strength has all the weight, since by then all give the same.
	mostInFolds = 8_000
	// leastWeight is the weight from which on a strength counts.
	leastWeight = 0.01
)

// strengths are those that are tried. The infinite one is that of the author's own points: nothing is
// learned but how much these tell.
var strengths = []float64{math.Inf(1), 4096, 1024, 256, 64, 16, 4, 1, 0.25}

// prepare looks at each amount on the learning side.
func (l *learner) prepare() *statistics.Samples {
	s := l.subset(l.learning)
	n := len(l.amounts)
	l.author, l.scale, l.basis, l.with = make([]float64, n), make([]float64, n), make([]Basis, n), make([][2]statistics.Share, n)
	// By amount: the sum of squares, how often it pays, and whether always the same.
	squares, paid, first, varies := make([]float64, n), make([]int, n), make([]float64, n), make([]bool, n)
	pays := make([][]bool, n)
	for k := range pays {
		pays[k] = make([]bool, len(l.learning))
	}
	for at, i := range l.learning {
		columns, values := l.features.Row(int(i))
		for j, k := range columns {
			v := values[j]
			if paid[k] == 0 {
				first[k] = v
			}
			varies[k] = varies[k] || v != first[k]
			squares[k] += float64(v * v)
			paid[k]++
			pays[k][at] = true
		}
	}
	for k, a := range l.amounts {
		l.author[k] = float64(a.author * a.weight)
		for which := range 2 {
			l.with[k][which] = statistics.ShareOf(s, func(i int) bool { return pays[k][i] == (which == 0) })
		}
		pays[k] = nil
		switch with, without := &l.with[k][0], &l.with[k][1]; {
		case a.weight == 0:
			l.basis[k] = BasisApart
		case with.Leads < fewLeads || without.Leads < fewLeads && !varies[k]:
			l.basis[k] = BasisFew
		default:
			l.basis[k] = BasisData
			l.scale[k] = float64(math.Sqrt(squares[k]/float64(paid[k])) * math.Abs(a.weight))
		}
	}
	return s
}

// problem is the regression on some of the samples. Its features are in points of the total.
func (l *learner) problem(use []int32) *statistics.Problem {
	return &statistics.Problem{Features: &l.features, Won: l.won, Use: use, Cluster: l.samples.Cluster, Author: l.author, Scale: l.scale}
}

// reluctance is by how much better a strength must foretell all leads than one of 2, at which an
// amount may well move the odds about twofold: it grows with the square of how often it is 4 times
// more or less. With few leads chance would prefer any strength. With many this is nothing. The
// author's own points count as strength 64.
func reluctance(strength float64) float64 {
	if math.IsInf(strength, 1) {
		strength = 64
	}
	steps := statistics.Log(strength/2) / (2 * math.Ln2)
	return float64(float64(0.2*steps) * steps)
}

// weigh gives weights to the strengths by how well they foretell the leads of each fold from the
// others, and says whether the heaviest does so better than the author's own points by more than
// half its error. The weights are those that the strengths would have if what they foretell were
// evidence of them: e to the power of minus the loss. With few leads chance decides which strength
// is the best, and hardly what all of them together say.
func (l *learner) weigh() (weights []float64, convincing bool) {
	leads := l.subset(l.learning).Clusters()
	share, rounds := min(1, mostInFolds/float64(leads)), 1
	if leads <= fewForFolds {
		rounds = 3
	}
	var use []int32
	for _, i := range l.learning {
		if statistics.Place(statistics.Hash(l.id[i], 0xf01d)) < share {
			use = append(use, i)
		}
	}
	losses := make([][]float64, len(strengths)) // of each sample that is used
	for n := range losses {
		losses[n] = make([]float64, len(use))
	}
	for round := range rounds {
		parts := make([]int, len(use)) // the fold of each
		for at, i := range use {
			parts[at] = int(statistics.Hash(l.id[i], 0xf01e+uint64(round)) % folds)
		}
		var of [folds][][]float64
		parallel(folds, func(fold int) { of[fold] = l.lossesOf(use, parts, fold) })
		for n := range losses {
			var next [folds]int
			for at, fold := range parts {
				if of[fold] != nil {
					losses[n][at] += of[fold][n][next[fold]]
					next[fold]++
				}
			}
		}
	}
	// Several samples of a lead tell as much as one.
	unit := float64(l.subset(use).Clusters()) / float64(len(use)*rounds)
	heaviest, least, scores := 0, math.Inf(1), make([]float64, len(strengths))
	for n := range losses {
		sum := 0.0
		for _, v := range losses[n] {
			sum += v
		}
		if scores[n] = float64(sum*unit) + reluctance(strengths[n]); scores[n] < least {
			heaviest, least = n, scores[n]
		}
	}
	all := 0.0
	for n, score := range scores {
		weights = append(weights, statistics.Exp(least-score))
		if leads > mostInFolds && n != heaviest {
			weights[n] = 0
		}
		all += weights[n]
	}
	for n := range weights {
		weights[n] /= all
	}
	// The gain and its error, clustered by lead: samples of a lead stand beside each other.
	gain, square, part := 0.0, 0.0, 0.0
	for at, i := range use {
		if at > 0 && l.samples.Cluster[i] != l.samples.Cluster[use[at-1]] {
			square += float64(part * part)
			part = 0
		}
		d := losses[0][at] - losses[heaviest][at]
		gain, part = gain+d, part+d
	}
	square += float64(part * part)
	return weights, gain > math.Sqrt(square)/2
}

// strengthOf is the strength that weighs most, the author's own points aside.
func strengthOf(weights []float64) Strength {
	best := 1
	for n, w := range weights {
		if n > 0 && w > weights[best] {
			best = n
		}
	}
	return Strength(strengths[best])
}

// average gives the mean of what the strengths find in all learning leads, by their weights. Its
// errors are those of each, and how far they lie from the mean.
func (l *learner) average(weights []float64) *statistics.Fit {
	weights = slices.Clone(weights)
	fits := make([]*statistics.Fit, len(weights))
	var start *statistics.Fit
	all := 0.0
	for n, w := range weights {
		if w < leastWeight {
			weights[n] = 0
			continue
		}
		start = l.solve(l.learning, strengths[n], start)
		fits[n] = start
		all += w
	}
	parallel(len(fits), func(n int) {
		if fits[n] != nil {
			l.problem(l.learning).Err(fits[n], strengths[n])
		}
	})
	width := len(l.amounts)
	mean := &statistics.Fit{Own: make([]float64, width), Weights: make([]float64, width), Errors: make([]float64, width)}
	for n, fit := range fits {
		if fit == nil {
			continue
		}
		weight := weights[n] / all
		mean.Base += float64(weight * fit.Base)
		mean.Pull += float64(weight * fit.Pull)
		for k := range width {
			mean.Own[k] += float64(weight * fit.Own[k])
			mean.Weights[k] += float64(weight * fit.Weights[k])
		}
	}
	for k := range width {
		square := 0.0
		for n, fit := range fits {
			if fit != nil {
				d := fit.Weights[k] - mean.Weights[k]
				square += float64(weights[n] / all * (float64(fit.Errors[k]*fit.Errors[k]) + float64(d*d)))
			}
		}
		mean.Errors[k] = math.Sqrt(square)
	}
	return mean
}

// lossesOf gives the losses of the samples of a fold by each strength, learned from the others;
// nil if there is nothing to learn from, or to foretell.
func (l *learner) lossesOf(use []int32, parts []int, fold int) [][]float64 {
	var inside, rest []int32
	for at, i := range use {
		if parts[at] == fold {
			inside = append(inside, i)
		} else {
			rest = append(rest, i)
		}
	}
	if len(rest) == 0 || len(inside) == 0 {
		return nil
	}
	losses := make([][]float64, len(strengths))
	var fit *statistics.Fit
	for n, strength := range strengths {
		fit = l.solve(rest, strength, fit)
		for _, i := range inside {
			losses[n] = append(losses[n], statistics.LogLoss(fit.LogOdds(&l.features, int(i)), l.won[i]))
		}
	}
	return losses
}

// solve finds the weights by a strength from some of the samples.
func (l *learner) solve(use []int32, strength float64, start *statistics.Fit) *statistics.Fit {
	p := l.problem(use)
	if math.IsInf(strength, 1) { // it has nothing of its own
		p.Scale = make([]float64, len(p.Scale))
		strength = 0
	}
	return p.Solve(strength, start)
}

// lesson learns, and tests what was learned.
func (l *learner) lesson(cases iter.Seq2[*Case, error]) (*Lesson, error) {
	s := l.prepare()
	out := &Lesson{Plan: l.plan.String(), Factor: 1, Stretch: 1, Moved: []Moved{}, Unmoved: []string{}, Policy: l.policy}
	all := statistics.ShareOf(s, func(int) bool { return true })
	out.Learning = chance(&all)
	convincing, weights := false, []float64{1} // the author's own points
	winners := statistics.ShareOf(s, func(i int) bool { return s.Won[i] })
	others := statistics.ShareOf(s, func(i int) bool { return !s.Won[i] })
	if min(winners.Leads, others.Leads) >= fewWins && slices.Contains(l.basis, BasisData) {
		weights, convincing = l.weigh()
	}
	values := make([]float64, len(l.amounts)) // the new points
	var fit *statistics.Fit
	points := 0.0 // for one of the log-odds
	if weights[0] > 0.5 {
		out.Strength = Strength(math.Inf(1))
		fit = l.solve(l.learning, strengths[0], nil)
		for k, a := range l.amounts {
			if values[k] = a.author; l.basis[k] == BasisData {
				l.basis[k] = BasisNone
			}
		}
	} else {
		fit = l.average(weights)
		out.Strength = strengthOf(weights)
		points = l.unitsOf(fit)
		out.Stretch = l.stretch(fit, points)
		points, out.Factor = l.round(fit, float64(points*out.Stretch), values)
		l.move(out, values)
	}
	out.Pull = fit.Pull
	l.fillAmounts(out, fit, points, values)
	learned, err := l.compile(out.Policy, 100_000_000)
	if err != nil {
		return nil, fmt.Errorf("backtest: the learned policy does not compile: %w", err)
	}
	l.rankFree(out, fit, values)
	return out, l.test(out, learned, cases, convincing)
}

// unitsOf gives how many points one of the log-odds is: so many that the new points spread as
// the author's do. Without author's points, ten points double the odds.
func (l *learner) unitsOf(fit *statistics.Fit) float64 {
	spread := func(weights []float64) float64 {
		mean, square := 0.0, 0.0
		for _, i := range l.learning {
			mean += l.features.Dot(int(i), weights)
		}
		mean /= float64(len(l.learning))
		for _, i := range l.learning {
			d := l.features.Dot(int(i), weights) - mean
			square += float64(d * d)
		}
		return math.Sqrt(square / float64(len(l.learning)))
	}
	old, new := spread(l.author), spread(fit.Weights)
	if old > 0 && new > 0 {
		return old / new
	}
	return 10 / math.Ln2
}

// stretch gives by how much learned points become larger where points of the author's stay: one of
// those is then worth what the leads bear out of the author's points.
func (l *learner) stretch(fit *statistics.Fit, units float64) float64 {
	stays := false
	for k, basis := range l.basis {
		stays = stays || basis == BasisFew && l.author[k] != 0
	}
	steps := []float64{1, 2, 5, 10}
	if !stays {
		return 1
	}
	if fit.Pull > 0 {
		for i, step := range steps[:len(steps)-1] {
			if want := 1 / float64(fit.Pull*units); float64(want*want) < float64(step*steps[i+1]) { // the nearest, as ratios go
				return step
			}
		}
	}
	return steps[len(steps)-1]
}

// round makes points of weights: whole ones, or those of three digits where a multiplier makes
// points of them. If that costs more than one pair in 2,000, and more than a twentieth of the
// error of the ranking, all points become larger.
func (l *learner) round(fit *statistics.Fit, units float64, values []float64) (points, factor float64) {
	s := l.subset(l.learning)
	exact := l.rank(l.learning, fit.Weights, s)
	weights := make([]float64, len(values))
	for _, factor = range []float64{1, 2, 5, 10} {
		points = float64(units * factor)
		for k, a := range l.amounts {
			switch {
			case l.basis[k] != BasisData:
				values[k] = millionth(float64(a.author * factor))
			case a.fine:
				values[k] = digits(float64(fit.Weights[k]*points) / a.weight)
			default:
				values[k] = math.Round(float64(fit.Weights[k]*points) / a.weight)
			}
			values[k] = max(-1e6, min(1e6, values[k]+0)) // there is no -0
			weights[k] = float64(values[k] * a.weight)
		}
		if rounded := l.rank(l.learning, weights, s); rounded.AUC >= exact.AUC-max(0.0005, exact.Error()/20) {
			break
		}
	}
	return points, factor
}

// digits rounds to three digits, and to a millionth.
func digits(p float64) float64 {
	if p == 0 {
		return 0
	}
	unit := 1e-6
	for unit*1000 <= math.Abs(p) {
		unit *= 10
	}
	return millionth(float64(math.Round(p/unit) * unit))
}

func (l *learner) rank(use []int32, weights []float64, s *statistics.Samples) statistics.Ranking {
	totals := make([]float64, len(use))
	for at, i := range use {
		totals[at] = l.features.Dot(int(i), weights)
	}
	return statistics.Rank(totals, s)
}

// move puts the points into the policy and moves what points are compared with.
func (l *learner) move(out *Lesson, values []float64) {
	out.Policy = withAmounts(l.policy, l.amounts, values)
	old := make([]float64, len(values))
	for k, a := range l.amounts {
		old[k] = a.author
	}
	rows := [2][][]points.Points{}
	n := len(l.policy.Rules)
	for k, of := range []struct {
		policy *qualify.Policy
		values []float64
	}{{&l.policy, old}, {&out.Policy, values}} {
		memory := make([]points.Points, len(l.learning)*n)
		for at, i := range l.learning {
			row := memory[at*n : (at+1)*n]
			columns, units := l.features.Row(int(i))
			ruleSums(of.policy, l.amounts, of.values, columns, units, true, row)
			rows[k] = append(rows[k], row)
		}
	}
	t := translate(l.model, &out.Policy, rows[0], rows[1], float64(out.Factor*out.Stretch))
	out.Moved, out.Unmoved = append(out.Moved, t.moved...), append(out.Unmoved, slices.Compact(t.left)...)
}

func (l *learner) fillAmounts(out *Lesson, fit *statistics.Fit, points float64, values []float64) {
	for k, a := range l.amounts {
		r := &l.policy.Rules[a.rule]
		one := Amount{Rule: r.ID, Label: r.Label, Part: a.part, Old: a.author, New: values[k], Basis: l.basis[k]}
		if one.Basis == BasisData {
			at := float64(fit.Weights[k]*points) / a.weight
			step := float64(float64(statistics.Z*fit.Errors[k]) * math.Abs(points/a.weight))
			one.Low, one.High = toTenth(at-step), toTenth(at+step)
			if a.fine {
				one.Low, one.High = digits(at-step), digits(at+step)
			}
			one.Turned = a.author > 0 && one.High < 0 || a.author < 0 && one.Low > 0
		}
		with, without := &l.with[k][0], &l.with[k][1]
		one.With, one.Without = chance(with), chance(without)
		one.Lift, one.LiftLow, one.LiftHigh = statistics.Lift(with, without)
		out.Amounts = append(out.Amounts, one)
	}
}

func toTenth(f float64) float64 { return math.Round(f*10) / 10 }

// rankFree ranks the test by the regression, and by the points without bounds.
func (l *learner) rankFree(out *Lesson, fit *statistics.Fit, values []float64) {
	s := l.subset(l.testing)
	weights := make([]float64, len(values))
	for k, a := range l.amounts {
		weights[k] = float64(values[k] * a.weight)
	}
	regression, free := l.rank(l.testing, fit.Weights, s), l.rank(l.testing, weights, s)
	out.Regression, out.Free = rankingOf(&regression), rankingOf(&free)
}

// test assesses the leads that were not used by both policies, as they are.
func (l *learner) test(out *Lesson, learned *qualify.Model, cases iter.Seq2[*Case, error], convincing bool) error {
	used := map[string]bool{}
	for _, i := range l.learning {
		used[l.id[i]] = true
	}
	var rows []sample
	bound := 0
	j := newJudge(l.plan, l.model)
	err := judgeAll(j, cases, func(j *judge) func(judgement) (sample, bool) {
		var a qualify.Assessment
		return func(one judgement) (sample, bool) {
			out := sample{judged: judged{one.of.Lead.ID, one.at.UnixNano()}, won: one.won}
			if one.side != testing || l.isLate(one.at) || used[out.id] || l.tooMany[out.judged] {
				return out, false
			}
			if out.bound = !j.assess(l.model, &a, &one); out.bound { // its author may have given narrower bounds
				return out, true
			}
			out.old = a.Score.Points
			if !j.assess(learned, &a, &one) {
				return out, false
			}
			out.new = a.Score.Points
			return out, true
		}
	}, func(one sample) {
		if one.bound {
			bound++
		} else {
			rows = append(rows, one)
		}
	})
	if err != nil {
		return err
	}
	if len(rows)+bound != len(l.testing) {
		return fmt.Errorf("%w: the cases were not the same when gone through again", ErrPlan)
	}
	if bound > 0 {
		l.leftOut[LeftOutBound] += bound
	}
	if !slices.ContainsFunc(rows, func(r sample) bool { return r.won }) || !slices.ContainsFunc(rows, func(r sample) bool { return !r.won }) {
		return fmt.Errorf("%w among the leads to test on that has no more activities than the model takes", ErrNoCases)
	}
	slices.SortFunc(rows, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.at, b.at), compareBools(a.won, b.won), cmp.Compare(a.old, b.old), cmp.Compare(a.new, b.new))
	})
	s := &statistics.Samples{}
	var ids []string
	old, new := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		ids = append(ids, r.id)
		s.Won = append(s.Won, r.won)
		old[i], new[i] = r.old, r.new
	}
	s.Cluster = clusters(ids)
	all := statistics.ShareOf(s, func(int) bool { return true })
	out.Testing, out.LeftOut = chance(&all), counts(l.leftOut)
	before, after := statistics.Rank(old, s), statistics.Rank(new, s)
	out.Old, out.New, out.Gain = rankingOf(&before), rankingOf(&after), gainOf(&before, &after)
	switch {
	case out.Gain.Low > 0 && out.New.Low > 0.5 && convincing:
		out.Verdict = Better
	case out.Gain.High < 0:
		out.Verdict = Worse
	default:
		out.Verdict = NotShown
	}
	return nil
}

// Round is a lesson of one split of several.
type Round struct {
	// From is the split: what had passed by then was learned from. To is until when leads were
	// tested.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Lesson is nil if nothing could be learned, and Problem says why.
	Lesson  *Lesson `json:"lesson"`
	Problem string  `json:"problem,omitempty"`
}

// Rounds are lessons of one split after the other.
type Rounds []Round

// Roll learns anew at each of several instants, in ascending order, and tests what it has
// learned on the leads that are judged from then on until the next one. It shows whether
// points that are learned now and then stay good where rates drift; Plan.Window lets old
// leads be forgotten. It goes through the cases twice for each.
func Roll(model *qualify.Model, plan Plan, cases iter.Seq2[*Case, error], splits ...time.Time) (Rounds, error) {
	rounds := Rounds{}
	for i, at := range splits {
		until := plan.End
		if i+1 < len(splits) {
			until = splits[i+1]
		}
		if !until.After(at) {
			return nil, fmt.Errorf("%w: the splits must ascend, and lie before the end", ErrPlan)
		}
		plan.Split = SplitAt(at)
		one := Round{From: at.UTC(), To: until.UTC()}
		lesson, err := learn(model, plan, cases, until)
		switch {
		case err == nil:
			one.Lesson = lesson
		case errors.Is(err, ErrPlan), errors.Is(err, ErrPercent), errors.Is(err, ErrTooMany):
			return nil, err
		default:
			one.Problem = strings.TrimPrefix(err.Error(), "backtest: ")
		}
		rounds = append(rounds, one)
	}
	return rounds, nil
}
