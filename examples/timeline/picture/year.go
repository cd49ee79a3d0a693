package picture

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/qualify-go/qualify"
)

const day = 24 * time.Hour

// earliest is the first instant that the library knows; what is dated earlier, such
// as an activity without a date, it sets aside.
var earliest = time.Unix(0, math.MinInt64)

// window is what the drawing shows, and where in it the present is.
type window struct{ from, now, to time.Time }

// year is what the library says of a lead from one end of the window to the
// other, as of now: nothing in it knows of activities that come later.
type year struct {
	window
	lead    qualify.Lead // with the activities up to now
	policy  qualify.Policy
	today   qualify.Assessment
	changes []change
	samples []sample
	// first is the first change after now, and next the first move to another
	// stage, wherever they lie; nil if there is none.
	first, next *change
}

// change is an instant at which the stage, a band, an answer or whether a stay is
// overdue becomes another, and what holds from then on. The first is where the
// lead's history begins.
type change struct {
	at      time.Time
	stage   string
	from    string // the stage before
	move    string
	since   time.Time
	overdue bool
	reasons []reason // for the stage
	answers []answer // in the policy's order
	bands   []string // of the total, and then of the groups in the policy's order
}

// reason is what a stage was lost by, or is held by.
type reason struct{ stage, text string }

// answer is what is known of a criterion, and what that rests on.
type answer struct {
	word  string
	facts []string
}

// keep takes out of an assessment what is drawn of it, as words: the assessment's
// own slices are overwritten by the next one.
func keep(a qualify.Assessment) change {
	v := a.Verdict
	c := change{at: a.At, stage: v.Stage, from: v.From, move: string(v.Move), since: v.Since, overdue: v.Overdue, bands: []string{a.Score.Band}}
	for _, r := range v.Reasons {
		c.reasons = append(c.reasons, reason{r.Stage, r.String()})
	}
	for _, check := range a.Checklist {
		known := answer{word: check.Answer.String()}
		for _, f := range check.Facts {
			known.facts = append(known.facts, cmp.Or(f.Label, f.Fact)+" is "+f.String())
		}
		c.answers = append(c.answers, known)
	}
	for _, g := range a.Score.Groups {
		c.bands = append(c.bands, g.Band)
	}
	return c
}

// moved reports whether the stage is another from this change on.
func (c *change) moved() bool { return c.move != "none" }

// sample is what the score is at an instant. The total comes first, then the
// groups in the policy's order.
type sample struct {
	at   time.Time
	sums []sum
}

type sum struct {
	points float64
	qualify.Range
}

// follow walks with the lead through the window.
func follow(model *qualify.Model, lead qualify.Lead, w window) (*year, error) {
	if !w.from.Before(w.to) || w.now.Before(w.from) || w.now.After(w.to) || w.to.Sub(w.from) > 100*366*day {
		return nil, errors.New("the drawing must begin before it ends, a hundred years at most, and now must lie within it")
	}
	y := &year{window: w, lead: lead, policy: model.Policy()}
	// A forecast made now knows nothing of what comes later.
	y.lead.Activities = slices.DeleteFunc(slices.Clone(lead.Activities), func(a qualify.Activity) bool { return a.At.After(w.now) })
	// The stage in the file is today's. The year begins before there was one: where
	// the history does, so that the stages that it leads to are dated rightly.
	y.lead.Stage, y.lead.StageSince = "", time.Time{}
	start := w.from
	for _, a := range y.lead.Activities {
		if a.At.Before(start) && a.At.After(earliest) {
			start = a.At
		}
	}

	tracker := model.Track(&y.lead)
	for a, err := range tracker.Timeline(start, w.to) {
		if err != nil {
			return nil, err
		}
		y.changes = append(y.changes, keep(a))
	}
	if err := y.sample(tracker); err != nil {
		return nil, err
	}
	return y, y.foresee(tracker)
}

// state gives the change that holds at an instant.
func (y *year) state(at time.Time) *change {
	i, _ := slices.BinarySearchFunc(y.changes, at, func(c change, at time.Time) int {
		if c.at.After(at) {
			return 1
		}
		return -1 // so that the one at the instant counts as before it
	})
	return &y.changes[max(0, i-1)]
}

// assess assesses as of an instant, with the verdict stored that holds then.
func (y *year) assess(tracker *qualify.Tracker, a *qualify.Assessment, at time.Time) error {
	c := y.state(at)
	tracker.SetStage(c.stage, c.since)
	return tracker.AssessInto(a, at)
}

// sample takes the score daily, right before and at each change and activity, and
// as often as it takes where it jumps in between: the library says exactly when a
// stage, a band or an answer changes, but points may do so before.
func (y *year) sample(tracker *qualify.Tracker) error {
	instants := []time.Time{y.from, y.now, y.to}
	for t := y.from; t.Before(y.to); t = t.Add(max(day, y.to.Sub(y.from)/1000)) {
		instants = append(instants, t)
	}
	jump := func(t time.Time) {
		if t.After(y.from) && !t.After(y.to) {
			instants = append(instants, t.Add(-1), t)
		}
	}
	for _, c := range y.changes {
		jump(c.at)
	}
	for _, a := range y.lead.Activities {
		jump(a.At.UTC())
	}
	slices.SortFunc(instants, time.Time.Compare)
	instants = slices.CompactFunc(instants, time.Time.Equal)

	var a qualify.Assessment
	take := func(at time.Time) (sample, error) {
		if err := y.assess(tracker, &a, at); err != nil {
			return sample{}, err
		}
		s := sample{at, []sum{{a.Score.Points, a.Score.Range}}}
		for _, g := range a.Score.Groups {
			s.sums = append(s.sums, sum{g.Points, g.Range})
		}
		return s, nil
	}
	coarse := make([]sample, len(instants))
	for i, at := range instants {
		var err error
		if coarse[i], err = take(at); err != nil {
			return err
		}
	}

	bounds := make([]qualify.Range, len(coarse[0].sums)) // of what is to be seen
	for i := range bounds {
		bounds[i].Low, bounds[i].High = extent(coarse, i)
	}
	var between func(a, b sample) error // appends what lies between, and then b
	between = func(a, b sample) error {
		if b.at.Sub(a.at) > time.Minute && a.differs(b, bounds) {
			middle, err := take(a.at.Add(b.at.Sub(a.at) / 2))
			if err != nil {
				return err
			}
			if err := between(a, middle); err != nil {
				return err
			}
			return between(middle, b)
		}
		y.samples = append(y.samples, b)
		return nil
	}
	y.samples = append(y.samples, coarse[0])
	for i := range coarse[1:] {
		if err := between(coarse[i], coarse[i+1]); err != nil {
			return err
		}
	}
	return y.assess(tracker, &y.today, y.now)
}

// differs reports whether two samples are visibly apart.
func (s sample) differs(other sample, bounds []qualify.Range) bool {
	for i, a := range s.sums {
		b, r := other.sums[i], bounds[i]
		for _, pair := range [][2]float64{{a.points, b.points}, {a.Low, b.Low}, {a.High, b.High}} {
			from, to := min(max(pair[0], r.Low), r.High), min(max(pair[1], r.Low), r.High)
			if math.Abs(to-from) > (r.High-r.Low)/128 {
				return true
			}
		}
	}
	return false
}

// foresee asks for change after change until the stage is another. The timeline
// has the same, but only as far as the drawing goes.
func (y *year) foresee(tracker *qualify.Tracker) error {
	var a qualify.Assessment
	at, v := y.now, y.today.Verdict
	for range 1000 { // a policy without rest would move a lead for ever
		tracker.SetStage(v.Stage, v.Since)
		next, err := tracker.Next(at)
		if err != nil || next.IsZero() {
			return err
		}
		if err := tracker.AssessInto(&a, next); err != nil {
			return err
		}
		c := keep(a)
		if y.first == nil {
			y.first = &c
		}
		if a.Verdict.Stage != v.Stage {
			y.next = &c
			return nil
		}
		at, v = next, a.Verdict
	}
	return nil
}

// extent gives the least and the greatest that a sum is, with its range where that
// is finite and not much wider than the points themselves: an open range is to be
// seen, but not to flatten the curve.
func extent(samples []sample, i int) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range samples {
		low, high = min(low, s.sums[i].points), max(high, s.sums[i].points)
	}
	least, most := low, high
	reach := max(2*(high-low), 20)
	for _, s := range samples {
		least, most = min(least, max(s.sums[i].Low, low-reach)), max(most, min(s.sums[i].High, high+reach))
	}
	return least, most
}

// stageOf is the word that stage bands are made of.
func stageOf(c *change) string { return c.stage }

// stretch is a span of time over which one word holds.
type stretch struct {
	from, to time.Time
	change   *change
	word     string
}

// stretches cuts the year into spans over which a word is the same: within the
// window, and at now, so that no span is partly a forecast.
func (y *year) stretches(word func(*change) string) []stretch {
	var all []stretch
	add := func(s stretch) {
		s.from, s.to = later(s.from, y.from), earlier(s.to, y.to)
		if s.from.Before(s.to) {
			all = append(all, s)
		}
	}
	for i := 0; i < len(y.changes); {
		s := stretch{from: y.changes[i].at, to: y.to, change: &y.changes[i], word: word(&y.changes[i])}
		for i++; i < len(y.changes); i++ {
			if word(&y.changes[i]) != s.word {
				s.to = y.changes[i].at
				break
			}
		}
		if s.from.Before(y.now) && s.to.After(y.now) {
			past, future := s, s
			past.to, future.from = y.now, y.now
			add(past)
			add(future)
			continue
		}
		add(s)
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
