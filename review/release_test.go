package review_test

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

// tiered is a policy whose one stage begins, and ends, at so many employees.
func tiered(version, enter, keep string) qualify.Policy {
	return qualify.Policy{
		Name: "b2b", Version: version, Profile: []qualify.Field{{Name: "n", Kind: qualify.Number, Minimum: new(0.0), Maximum: new(100.0)}},
		Stages: []qualify.Stage{{ID: "mql", Enter: enter, Keep: keep}},
	}
}

// staff gives leads of 0 to 39 people; those of 30 and more are in the stage.
func staff() iter.Seq2[*qualify.Lead, error] {
	var leads []qualify.Lead
	for n := range 40 {
		lead := qualify.Lead{Profile: map[string]any{"n": n}}
		if n >= 30 {
			lead.Stage = "mql"
		}
		leads = append(leads, lead)
	}
	return review.Leads(leads)
}

// A policy may go live if it compiles, nothing blocks it, its scenarios hold, and the preview is within the limits.
func TestRelease(t *testing.T) {
	t.Parallel()
	inUse := compile(t, tiered("1", "lead.n >= 30", "lead.n >= 20"))
	failing := errors.New("a.scenario:3: score 1\n  got: score 0")
	broken := func(yield func(*qualify.Lead, error) bool) {
		for lead, err := range staff() {
			if !yield(lead, err) {
				return
			}
		}
		yield(nil, errors.New("it cannot be read"))
	}
	none := func(yield func(*qualify.Lead, error) bool) {}
	for _, test := range []struct {
		name    string
		policy  qualify.Policy
		change  func(r *review.Release)
		want    []string
		skipped []review.Step
	}{
		{name: "the same", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits = review.Limits{Moved: new(0.0), Newcomers: new(0.0), Differ: new(0.0), Leads: 40}
		}},
		{name: "held by keep", policy: tiered("2", "lead.n >= 35", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits = review.Limits{Moved: new(0.0), Newcomers: new(0.124), Differ: new(0.0)}
		}, want: []string{"preview: 5 of 40 leads (12.5 %) would get another stage if they came new, and at most 12.4 % may"}},
		{name: "moved, just within", policy: tiered("2", "lead.n >= 25", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits = review.Limits{Moved: new(0.125), Newcomers: new(0.125), Differ: new(0.125)}
		}},
		{name: "moved too many", policy: tiered("2", "lead.n >= 25", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits = review.Limits{Moved: new(0.1), Differ: new(0.0)}
		}, want: []string{
			"preview: 5 of 40 leads (12.5 %) would be in another stage, and at most 10 % may",
			"preview: 5 of 40 leads (12.5 %) differ in stage, stay, rating, bands or answers, and at most 0 % may",
		}},
		{name: "no limit", policy: tiered("2", "lead.n >= 5", "lead.n >= 5")},
		{name: "no percent", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits = review.Limits{Moved: new(5.0), Newcomers: new(-0.1), Differ: new(math.NaN())}
		}, want: []string{
			"preview: the limit of leads that would be in another stage is 5: a share lies between 0 and 1",
			"preview: the limit of leads that would get another stage if they came new is -0.1: a share lies between 0 and 1",
			"preview: the limit of leads that differ in stage, stay, rating, bands or answers is NaN: a share lies between 0 and 1",
		}},
		{name: "a lead that fails", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.Leads = broken },
			want: []string{"preview: 1 lead could not be compared, and at most 0 may not"}},
		{name: "a lead that may fail", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.Leads, r.Limits.Failed = broken, 1 }},
		{name: "no leads at all", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.Leads = none },
			want: []string{"preview: 0 leads could be compared, and there must be 1 or more"}},
		{name: "few leads", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.Limits.Leads = 1000 },
			want: []string{"preview: 40 leads could be compared, and there must be 1000 or more"}},
		{name: "no instant", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.At = time.Time{} },
			want: []string{"preview: review: the old model: " + qualify.ErrInstant.Error()}},
		{name: "scenarios that fail", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) {
			r.Scenarios = func(*qualify.Model) error { return failing }
		}, want: []string{"scenarios: " + failing.Error()}},
		{name: "a finding that blocks, and more", policy: tiered("2", "lead.n > 100", "lead.n >= 20"), change: func(r *review.Release) {
			r.Limits.Newcomers = new(0.2)
			r.Scenarios = func(*qualify.Model) error { return failing }
		}, want: []string{
			"vet: stage \"mql\", enter, 1:8: no lead enters this stage: lead.n lies between 0 and 100, and is never > 100 (unreachable_stage)\n    lead.n > 100\n           ^",
			"scenarios: " + failing.Error(),
			"preview: 10 of 40 leads (25 %) would get another stage if they came new, and at most 20 % may",
		}},
		{name: "a finding that is meant", policy: tiered("2", "lead.n > 100", "lead.n >= 20"), change: func(r *review.Release) {
			r.Accept = func(f review.Finding) bool { return f.Check == review.UnreachableStage && f.ID == "mql" }
		}},
		{name: "what is worth a look", policy: func() qualify.Policy {
			p := tiered("2", "lead.n >= 30", "lead.n >= 20")
			p.Signals = []qualify.Signal{{ID: "unused"}}
			return p
		}()},
		{name: "it does not compile", policy: tiered("2", "lead.m > 1", ""), want: []string{"compile: policy \"b2b\": 1 mistake\nstage \"mql\", enter, 16:22: lead has no attribute m: the attributes of the profile are n; to add it, declare {\"name\": \"m\", \"kind\": …} in profile; the kinds are number, text, code, bool, time and texts\n    lead.m > 1\n         ^"}},
		{name: "nothing else is asked", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.Scenarios, r.Leads = nil, nil }, skipped: []review.Step{review.StepScenarios, review.StepPreview}},
		{name: "nothing is in use", policy: tiered("2", "lead.n >= 30", "lead.n >= 20"), change: func(r *review.Release) { r.InUse = nil }, skipped: []review.Step{review.StepPreview}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var held *qualify.Model
			r := review.Release{
				Document: []byte(test.policy.String()), InUse: inUse, Leads: staff(), At: noon,
				Scenarios: func(m *qualify.Model) error { held = m; return nil },
			}
			scenarios := test.change == nil
			if test.change != nil {
				test.change(&r)
			}
			d := r.Check()
			got := []string{}
			for _, o := range d.Objections {
				got = append(got, o.String())
			}
			want := append([]string{}, test.want...)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("objections (-want +got):\n%s", diff)
			}
			if d.MayGoLive != (len(test.want) == 0) {
				t.Errorf("it may go live: %t", d.MayGoLive)
			}
			if diff := gocmp.Diff(append([]review.Step{}, test.skipped...), d.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
			switch compiles := !strings.HasPrefix(strings.Join(got, ""), "compile"); {
			case compiles != (d.Model != nil), compiles && d.Fingerprint != d.Model.Fingerprint(), compiles && scenarios && held != d.Model:
				t.Error("the model is another one")
			case compiles:
				if diff := gocmp.Diff(append(review.Findings{}, review.Vet(d.Model)...), d.Findings); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			}
			text := d.String()
			for _, o := range got {
				if !strings.Contains(strings.ReplaceAll(text, "\n  ", "\n"), o) {
					t.Errorf("%q is not in\n%s", o, text)
				}
			}
			if strings.Contains(text, "may go live\n") != d.MayGoLive {
				t.Errorf("it prints\n%s", text)
			}
			if data, err := json.Marshal(d); err != nil || strings.Contains(string(data), `"objections":null`) || strings.Contains(string(data), `"findings":null`) {
				t.Errorf("%v, %s", err, data)
			}
		})
	}
}
