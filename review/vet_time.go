package review

import (
	"math"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/points"
	"github.com/qualify-go/qualify/internal/program"
)

// decayed gives the age from which on a decay leaves nothing; 0 is never.
func decayed(d *program.Decay) qualify.Duration {
	switch {
	case d.Linear != 0:
		return qualify.Duration(d.Linear)
	case d.Every == 0 || d.Idle:
		return 0
	case d.Lose == 1:
		return qualify.Duration(d.Every)
	case d.Compound != nil:
		return 0
	}
	steps := math.Ceil(1 / d.Lose)
	if steps > 1e6 || float64(d.Every)*(steps+1) > math.MaxInt64 {
		return 0
	}
	for points.Steps(int64(steps), d.Lose) != 0 {
		steps++ // the quotient was rounded
	}
	return qualify.Duration(d.Every) * qualify.Duration(steps)
}

// gone gives the age from which on an occurrence pays nothing; 0 is never.
func (v *vetter) gone(i int) qualify.Duration {
	within, left := v.policy.Rules[i].Within, decayed(&v.program.Rules[i].Decay)
	if within == 0 || left != 0 && left < within {
		return left
	}
	return within
}

// vetTime looks for spans of which one makes another of no effect.
func (v *vetter) vetTime() {
	inherited := make([]bool, len(v.groups)) // the group's decay is some rule's
	for i, r := range v.policy.Rules {
		if r.On == "" {
			continue
		}
		if r.Decay == (qualify.Decay{}) {
			g := v.program.Rules[i].Group
			for g > 0 && v.groups[g].Decay == (qualify.Decay{}) {
				g = v.program.Groups[g].Parent
			}
			inherited[g] = true
		}
		p, left := place{"rules", i, r.ID}, decayed(&v.program.Rules[i].Decay)
		switch {
		case r.Within == 0:
		case r.Decay.Every >= r.Within:
			v.report(DecayUnseen, p, "decay.every", r.Decay.Every, "what is %s old or older is left out by within before the first step takes anything", r.Within)
		case left != 0 && left <= r.Within:
			v.report(WithinMoot, p, "within", r.Within, "this leaves out nothing: the decay leaves nothing of what is %s old", left)
		}
		if period, gone := period(&r.Limit), v.gone(i); period != 0 && r.Limit.Gap == 0 && gone != 0 && gone < period {
			v.report(LimitOutlives, p, "limit", r.Limit, "an occurrence uses up this limit for its whole period, and pays nothing any more after %s: newer ones do not pay in its place", gone)
		}
	}
	for i, g := range v.groups {
		if p := v.groupPlace(i); p.Item >= 0 && g.Decay != (qualify.Decay{}) && !g.Decay.None && !inherited[i] {
			v.report(DecayUnseen, p, "decay", g.Decay, "no rule for activities in this group, or below it, is without a decay of its own")
		}
	}
}
