package bench

import (
	"math"
	"sort"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
)

// index is what the general engines get in place of a history: for each signal, when and where it occurred. The functions below
// are the ones that all of them call. A number that does not exist is NaN, a text that does not exist is blank.
type index struct {
	lead  *qualify.Lead
	at    time.Time
	now   int64
	lists []occurrences // by signal
}

type occurrences struct {
	at  []int64
	pos []int32
}

// taken lists the signals of each type, and numbers those of each ID.
var taken, numbered = func() (map[string][]int, map[string]int) {
	of, ids := map[string][]int{}, map[string]int{}
	for i, s := range signals {
		ids[s.id] = i
		for _, t := range s.types {
			of[t] = append(of[t], i)
		}
	}
	return of, ids
}()

// build makes the index of a lead in the memory that it has. Activities are in order.
func (x *index) build(lead *qualify.Lead, at time.Time) {
	x.lead, x.at, x.now = lead, at, at.UnixNano()
	if x.lists == nil {
		x.lists = make([]occurrences, len(signals))
	}
	for i := range x.lists {
		x.lists[i].at, x.lists[i].pos = x.lists[i].at[:0], x.lists[i].pos[:0]
	}
	for i := range lead.Activities {
		a := &lead.Activities[i]
		t := a.At.UnixNano()
		if t > x.now {
			break
		}
		for _, s := range taken[a.Type] {
			if prefix := signals[s].prefix; prefix != "" {
				if path, _ := a.Props["path"].(string); !strings.HasPrefix(path, prefix) {
					continue
				}
			}
			l := &x.lists[s]
			l.at, l.pos = append(l.at, t), append(l.pos, int32(i))
		}
	}
}

func (x *index) of(signal string, window int) occurrences {
	l := x.lists[numbered[signal]]
	if window != 0 {
		from := x.now - int64(window)*int64(day)
		i := sort.Search(len(l.at), func(i int) bool { return l.at[i] > from })
		l.at, l.pos = l.at[i:], l.pos[i:]
	}
	return l
}

func (x *index) prop(pos int32, name string) any { return x.lead.Activities[pos].Props[name] }

func (x *index) count(signal string, window int) float64 {
	return float64(len(x.of(signal, window).at))
}

func (x *index) happened(signal string, window int) bool { return len(x.of(signal, window).at) > 0 }

func (x *index) numbers(signal, prop string, window int) (sum, highest float64, n int) {
	highest = math.NaN()
	for _, p := range x.of(signal, window).pos {
		if v, ok := x.prop(p, prop).(float64); ok {
			if n == 0 || v > highest {
				highest = v
			}
			sum += v
			n++
		}
	}
	return sum, highest, n
}

func (x *index) totalOf(signal, prop string, window int) float64 {
	sum, _, _ := x.numbers(signal, prop, window)
	return sum
}

func (x *index) mean(signal, prop string, window int) float64 {
	sum, _, n := x.numbers(signal, prop, window)
	return sum / float64(n)
}

func (x *index) highest(signal, prop string, window int) float64 {
	_, highest, _ := x.numbers(signal, prop, window)
	return highest
}

func (x *index) distinct(signal, prop string, window int) float64 {
	var room [16]string
	found := room[:0]
	for _, p := range x.of(signal, window).pos {
		if s := text(x.prop(p, prop)); s != "" && !among(s, found...) {
			found = append(found, s)
		}
	}
	return float64(len(found))
}

func (x *index) activeDays(signal string, window int) float64 {
	n, last := 0, int64(0)
	for _, t := range x.of(signal, window).at {
		if d := t / int64(day); d != last {
			n++
			last = d
		}
	}
	return float64(n)
}

func (x *index) daysSince(signal string) float64 {
	l := x.of(signal, 0)
	if len(l.at) == 0 {
		return math.NaN()
	}
	return float64(x.now-l.at[len(l.at)-1]) / float64(day)
}

func (x *index) followed(a, b string, within int) bool {
	before, after := x.of(a, 0).at, x.of(b, 0).at
	for i := len(after) - 1; i >= 0; i-- {
		n := sort.Search(len(before), func(k int) bool { return before[k] >= after[i] })
		if n == 0 {
			return false
		}
		if after[i]-before[n-1] < int64(within)*int64(day) {
			return true
		}
	}
	return false
}

func (x *index) latest(signal, prop string, window int) any {
	pos := x.of(signal, window).pos
	for i := len(pos) - 1; i >= 0; i-- {
		if v := x.prop(pos[i], prop); v != nil && v != "" {
			return v
		}
	}
	return nil
}

func (x *index) known(signal, prop string, window int) bool {
	return x.latest(signal, prop, window) != nil
}

func (x *index) latestNumber(signal, prop string, window int) float64 {
	if v, ok := x.latest(signal, prop, window).(float64); ok {
		return v
	}
	return math.NaN()
}

func (x *index) latestText(signal, prop string, window int) string {
	return text(x.latest(signal, prop, window))
}

func (x *index) daysUntil(signal, prop string, window int) float64 {
	if v, ok := x.latest(signal, prop, window).(time.Time); ok {
		return float64(v.Sub(x.at)) / float64(day)
	}
	return math.NaN()
}

// paid gives what an event rule pays.
func (x *index) paid(signal string, points float64, halfLife, newest, perDay, within int) float64 {
	l := x.of(signal, 0)
	if newest > 0 && len(l.at) > newest {
		l.at = l.at[len(l.at)-newest:]
	}
	from := int64(math.MinInt64)
	if within > 0 {
		from = x.now - int64(within)*int64(day)
	}
	sum, n, last := 0.0, 0, int64(0)
	for _, t := range l.at {
		if perDay > 0 {
			if d := t / int64(day); d != last {
				n, last = 0, d
			}
			if n++; n > perDay {
				continue
			}
		}
		switch {
		case t <= from:
		case halfLife > 0:
			sum += points * decayed(time.Duration(x.now-t), time.Duration(halfLife)*day)
		default:
			sum += points
		}
	}
	return sum
}

// A tally is what the general engines have found: the points of each rule, and then of each group.
type tally struct {
	points  [40]float64
	answers [4]qualify.Answer
	opens   [6]bool // by stage: enter, keep
}

// scores sums up the points and caps them: the total, and by group.
func (t *tally) scores() (all float64, by [4]float64) {
	var sums [4]micro
	for i := range rules {
		sums[groupOf[i]] += rounded(t.points[i])
	}
	var sum micro
	for i, g := range groups {
		kept := clamp(sums[i], micro(g.min), micro(g.max))
		by[i] = kept.float()
		sum += kept
	}
	return sum.float(), by
}

func (t *tally) met() (n float64) {
	for _, a := range t.answers {
		if a == qualify.Yes {
			n++
		}
	}
	return n
}

func (t *tally) outcome(lead *qualify.Lead, points float64) Outcome {
	return Outcome{points, settle(lead.Stage, t.opens[0], t.opens[1], t.opens[2], t.opens[3], t.opens[4]), t.answers}
}

var groupOf = func() (out [40]int) {
	for i, r := range rules {
		for k, g := range groups {
			if g.id == r.group {
				out[i] = k
			}
		}
	}
	return out
}()

// payment is one rule as a general language writes it: tiers are nested conditions.
func payment(r *rule, l language, paid func(*event, float64) string, decimal func(float64) string) string {
	if r.on != nil {
		return paid(r.on, r.points)
	}
	steps := r.tiers
	if steps == nil {
		steps = []tier{{r.when, r.points}}
	}
	out := decimal(r.otherwise)
	for i := len(steps) - 1; i >= 0; i-- {
		out = "(" + steps[i].when.in(l) + ") ? " + decimal(steps[i].points) + " : (" + out + ")"
	}
	return out
}
