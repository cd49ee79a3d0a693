package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The verdicts of the sample's leads have the sample's hash, when their facts come twice, in
// any order, to two workers; and the changes are those of replays.
func TestSample(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	document := file(t, "../sample/policy.json")
	model, err := compile(document)
	if err != nil {
		t.Fatal(err)
	}
	url := start(t)
	b := client(t, url, document)
	all := twice(random, sampleFacts(t, random, math.MaxInt, math.MaxInt))
	tell(t, b, all)
	work(t, rehearsing(b), rehearsing(client(t, url, document)))
	finish(t, b)

	keys, err := b.states.ListKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for key := range keys.Keys() {
		lead, err := leadOf(key)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(stateOf(t, b, lead).Assessment)+"\n")
	}
	slices.Sort(lines)
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, ""))))
	if want := strings.TrimSpace(string(file(t, "../sample/verdicts.sha256"))); hash != want {
		t.Errorf("%d verdicts have the hash %s, and the sample's is %s", len(lines), hash, want)
	}
	compareChanges(t, naive(t, model, rehearsal, all), changesOf(t, b))
	if set := rejects(t, b); len(set) > 0 {
		t.Errorf("set aside: %v", set)
	}
}
