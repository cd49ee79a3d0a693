package qualify_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// The same facts give the same bytes on every platform: also where the compiler fuses a
// product and a sum into one operation that rounds once (arm64, amd64 from v3 on), and
// where an int has 32 bits. Whoever changes what is assessed, or the generators, puts the
// new hash here; it must then be that of all platforms (.ci/run test narrow arm64).
const everywhere = "69263ecb1b97353d3debc1f56673e934"

func TestSameBytesEverywhere(t *testing.T) {
	t.Parallel()
	sum := sha256.New()
	each(t, 200, 3, func(t *testing.T, g maker, m *qualify.Model, lead qualify.Lead) {
		for _, at := range []time.Time{noon, noon.Add(time.Duration(g.Int64N(int64(90 * day)))), noon.Add(-36 * time.Hour)} {
			a := assess(t, m, lead, at)
			fmt.Fprintln(sum, bytesOf(t, a), a)
		}
	})
	// Ages against scores, decays that are not round, and numbers of all magnitudes.
	odd := rand.New(rand.NewPCG(11, 13))
	p := vocabulary()
	for i, d := range []qualify.Decay{{HalfLife: 17 * qualify.Day}, {Linear: 41 * qualify.Day}, {Every: 3 * qualify.Day, Lose: 0.07}, {Every: 5 * qualify.Day, Lose: 1.0 / 3, Compound: true}, {Every: qualify.Day, Lose: 0.013, Idle: "form"}} {
		p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint("r", i), On: "any", Points: 3.3 + float64(i)/7, Decay: d, Multiply: `activity.n * 0.3 + lead.m * activity.m - 0.1`})
	}
	p.Rules = append(p.Rules, qualify.Rule{ID: "state", When: `lead.n * 0.1 + lead.m * 0.2 != 0.3`, Points: 1, Multiply: `lead.n * lead.m + mean("any", "n") * 1.1 - total("any", "m", "30d") / 3 % 7`})
	p.Groups = []qualify.Group{{ID: "total", Bands: []qualify.Band{{From: new(0.1), Label: "B"}, {From: new(7.7), Label: "A"}}}}
	p.Stages = []qualify.Stage{{ID: "s", Enter: `days_since("visit") < score() * 0.33 + 0.1`}, {ID: "t", Enter: `days_since(lead.w) <= score() * 0.37 + 11.1`}}
	m := compile(t, p)
	for range 100 {
		number := func() any { return odd.NormFloat64() * math.Pow10(odd.IntN(9)-4) }
		lead := qualify.Lead{ID: "x", Profile: profile{"n": number(), "m": number(), "w": ago(time.Duration(odd.Int64N(int64(100 * day))))}}
		for range odd.IntN(30) {
			lead.Activities = append(lead.Activities, act([]string{"visit", "form"}[odd.IntN(2)], ago(time.Duration(odd.Int64N(int64(60*day)))), "n", number(), "m", float32(odd.NormFloat64())))
		}
		a := assess(t, m, lead, noon)
		next, err := m.Track(&lead).Next(noon)
		fmt.Fprintln(sum, bytesOf(t, a), a, next, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:16]); got != everywhere {
		t.Errorf("the hash is %s, and must be %s on every platform", got, everywhere)
	}
}
