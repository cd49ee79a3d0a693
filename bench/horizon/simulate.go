package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/bench"
)

// The year that is simulated. Both ends are midnights; the last of them is still compared.
var (
	begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
)

// A report is what is counted, added up over leads: whole numbers and a greatest one, so that it does not matter in which order.
type report struct {
	Leads   int
	Seconds int // that they existed
	Facts   int // that arrived, their creation and attributes among them: each is an assessment for both
	Nightly int // assessments of the first run, on facts and at midnight
	Due     int // assessments of the second run on Until
	News    int // of these, at which something had changed
	Hasty   int // of these, less than a second after the assessment that said so

	ByFact, ByTime int           // changes of stage, as the second run finds them
	Late, Missed   int           // of those by time: found later by the first run, and not at all
	Delay, Longest time.Duration // of those found later: in all, and the longest

	Midnights, Wrong    int // compared, and found other than the second run has it
	Probes, WrongBefore int // the same, a nanosecond before it assesses
	Astray              int // midnights at which the first run has stored another stage than the second

	Flaws []flaw // the first ten
}

// A flaw is an instant at which a lead is other than the last assessment said that it is until then.
type flaw struct {
	Lead              int
	Assessed, Until   time.Time
	Instant           time.Time
	Expected, Instead string
}

func (f flaw) String() string {
	return fmt.Sprintf("lead %d, assessed at %s, until %s: at %s it is not %q but %q", f.Lead, f.Assessed.Format(time.RFC3339Nano),
		f.Until.Format(time.RFC3339Nano), f.Instant.Format(time.RFC3339Nano), f.Expected, f.Instead)
}

func (r *report) add(o *report) {
	for _, n := range []struct{ to, from *int }{
		{&r.Leads, &o.Leads}, {&r.Seconds, &o.Seconds}, {&r.Facts, &o.Facts}, {&r.Nightly, &o.Nightly}, {&r.Due, &o.Due}, {&r.News, &o.News}, {&r.Hasty, &o.Hasty},
		{&r.ByFact, &o.ByFact}, {&r.ByTime, &o.ByTime}, {&r.Late, &o.Late}, {&r.Missed, &o.Missed}, {&r.Midnights, &o.Midnights},
		{&r.Wrong, &o.Wrong}, {&r.Probes, &o.Probes}, {&r.WrongBefore, &o.WrongBefore}, {&r.Astray, &o.Astray},
	} {
		*n.to += *n.from
	}
	r.Delay += o.Delay
	r.Longest = max(r.Longest, o.Longest)
	r.Flaws = append(r.Flaws, o.Flaws...)
	slices.SortFunc(r.Flaws, func(a, b flaw) int {
		return cmp.Or(cmp.Compare(a.Lead, b.Lead), a.Instant.Compare(b.Instant))
	})
	r.Flaws = r.Flaws[:min(10, len(r.Flaws))]
}

func (r *report) days() float64 { return float64(r.Seconds) / (24 * 60 * 60) }

func (r *report) delay() string {
	if r.Late == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f h, %.1f h", r.Delay.Hours()/float64(r.Late), r.Longest.Hours())
}

// simulate goes through the year of so many leads, on so many goroutines. Each lead depends on the seed and on its number alone.
func simulate(model *qualify.Model, leads int, seed uint64, workers int) report {
	var all report
	var next atomic.Int64
	var group sync.WaitGroup
	var mutex sync.Mutex
	for range workers {
		group.Go(func() {
			s := simulation{model: model}
			for i := int(next.Add(1)) - 1; i < leads; i = int(next.Add(1)) - 1 {
				s.live(i, seed)
			}
			mutex.Lock()
			defer mutex.Unlock()
			all.add(&s.report)
		})
	}
	group.Wait()
	return all
}

// A simulation goes through the year of one lead after another.
type simulation struct {
	model *qualify.Model
	report
	number int

	lead    qualify.Lead     // with the facts so far, and no stage
	tracker *qualify.Tracker // the same, with the stage of the second run
	nightly stored           // by the first run
	onUntil stored           // by the second run

	a        qualify.Assessment // of the second run, the last
	known    []byte             // its state
	pending  time.Time          // since when the first run lags behind a change that time brought; zero is not
	scratch  qualify.Assessment
	scratchB []byte
}

// stored is what a run keeps of a lead.
type stored struct {
	stage string
	since time.Time
}

func (s *stored) store(v *qualify.Verdict) { s.stage, s.since = v.Stage, v.Since }

func (s *stored) same(o *stored) bool { return s.stage == o.stage && s.since.Equal(o.since) }

// live goes through the year of a lead. Of what happens at one instant, facts come first, then Until, then midnight. The clock
// that waits for Until ticks in seconds, as facts and midnights do: at the first full second from Until on it has come.
func (s *simulation) live(number int, seed uint64) {
	const day = 24 * time.Hour
	lead, created, facts := bench.NewMaker(seed<<32+uint64(number)).Life(begin, end)
	s.number, s.lead, s.tracker = number, lead, s.model.Track(&lead)
	s.nightly, s.onUntil, s.pending = stored{}, stored{}, time.Time{}
	s.Leads++
	s.Seconds += int(end.Sub(created) / time.Second)
	s.fact(created)
	for midnight := created.Truncate(day).Add(day); ; {
		until := s.a.Until
		if !until.IsZero() {
			until = until.Add(time.Second - 1).Truncate(time.Second)
		}
		switch {
		case midnight.After(end):
			return
		case len(facts) > 0 && !facts[0].At.After(midnight) && (until.IsZero() || !facts[0].At.After(until)):
			f := &facts[0]
			s.before(f.At)
			if f.Attribute != "" {
				s.lead.Profile[f.Attribute] = f.Value
				s.tracker.Set(f.Attribute, f.Value)
			} else {
				s.lead.Activities = append(s.lead.Activities, f.Activity)
				s.tracker.Add(f.Activity)
			}
			s.fact(f.At)
			facts = facts[1:]
		case !until.IsZero() && !until.After(midnight):
			s.before(until)
			s.due(until)
		default:
			s.midnight(midnight)
			midnight = midnight.Add(day)
		}
	}
}

// assess assesses the lead with what a run has stored, without a tracker.
func (s *simulation) assess(with *stored, at time.Time) *qualify.Assessment {
	s.lead.Stage, s.lead.StageSince = with.stage, with.since
	must(s.model.AssessInto(&s.scratch, &s.lead, at))
	return &s.scratch
}

// track assesses the lead for the second run, and reports whether its stage moved and whether anything at all is new.
func (s *simulation) track(at time.Time) (moved, news bool) {
	must(s.tracker.AssessInto(&s.a, at))
	moved = s.a.Verdict.Stage != s.onUntil.stage
	s.onUntil.store(&s.a.Verdict)
	s.tracker.SetStage(s.onUntil.stage, s.onUntil.since)
	s.scratchB = state(s.scratchB[:0], &s.a)
	news = !bytes.Equal(s.known, s.scratchB)
	s.known, s.scratchB = s.scratchB, s.known
	return moved, news
}

// fact is a fact's arrival, which both runs answer.
func (s *simulation) fact(at time.Time) {
	s.Facts++
	s.Nightly++
	moved, _ := s.track(at)
	s.nightly.store(&s.assess(&s.nightly, at).Verdict)
	if moved {
		s.ByFact++
	}
	switch {
	case s.pending.IsZero():
	case moved:
		s.pending = time.Time{} // the first run never saw what there was before
		s.Missed++
	default:
		s.catchUp(at)
	}
}

// due is an Until that has come.
func (s *simulation) due(at time.Time) {
	s.Due++
	if s.a.Until.Sub(s.a.At) < time.Second {
		s.Hasty++
	}
	moved, news := s.track(at)
	if news {
		s.News++
	}
	if !moved {
		return
	}
	s.ByTime++
	if !s.pending.IsZero() {
		s.Missed++ // what there was before
	}
	s.pending = at
	if s.nightly.stage == s.onUntil.stage {
		s.pending = time.Time{} // it is back where the first run believes it to be
		s.Missed++
	}
}

// midnight compares what the second run has stored with an assessment, and is the first run's night.
func (s *simulation) midnight(at time.Time) {
	s.Midnights++
	if !s.holds(at) {
		s.Wrong++
	}
	s.Nightly++
	if !s.nightly.same(&s.onUntil) { // or it is the very assessment that was compared
		s.assess(&s.nightly, at)
	}
	s.nightly.store(&s.scratch.Verdict)
	if !s.pending.IsZero() {
		s.catchUp(at)
	}
	if !s.pending.IsZero() { // it came to another stage, for it has stored another
		s.pending = time.Time{}
		s.Missed++
	}
	if s.nightly.stage != s.onUntil.stage {
		s.Astray++
	}
}

// catchUp sees whether the first run has found a change that time brought.
func (s *simulation) catchUp(at time.Time) {
	if s.nightly.stage == s.onUntil.stage {
		s.Late++
		s.Delay += at.Sub(s.pending)
		s.Longest = max(s.Longest, at.Sub(s.pending))
		s.pending = time.Time{}
	}
}

// before compares a nanosecond before an instant at which the second run assesses, or before Until if that is earlier.
func (s *simulation) before(at time.Time) {
	if !s.a.Until.IsZero() && s.a.Until.Before(at) {
		at = s.a.Until
	}
	if at = at.Add(-1); !at.After(s.a.At) {
		return
	}
	s.Probes++
	if !s.holds(at) {
		s.WrongBefore++
	}
}

// holds compares what the last assessment of the second run said, up to its Until, with an assessment of the same facts and the
// verdict that it stored.
func (s *simulation) holds(at time.Time) bool {
	s.scratchB = state(s.scratchB[:0], s.assess(&s.onUntil, at))
	if bytes.Equal(s.known, s.scratchB) {
		return true
	}
	s.Flaws = append(s.Flaws, flaw{s.number, s.a.At, s.a.Until, at, string(s.known), string(s.scratchB)})
	return false
}

// state is what must stay as it is up to Until.
func state(to []byte, a *qualify.Assessment) []byte {
	to = append(append(to, a.Verdict.Stage...), ' ')
	if a.Verdict.Overdue {
		to = append(to, "overdue "...)
	}
	to = append(append(to, a.Score.Band...), ' ')
	for i := range a.Score.Groups {
		to = append(append(to, a.Score.Groups[i].Band...), ' ')
	}
	for i := range a.Checklist {
		to = append(append(to, a.Checklist[i].Answer.String()...), ' ')
	}
	return to
}

// must is for what cannot happen with these leads.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
