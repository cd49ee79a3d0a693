package main

import (
	"encoding/json"
	"time"

	"github.com/qualify-go/qualify"
)

const (
	maxState   = 900 << 10   // bytes of a lead's state; the server takes messages of 1 MiB
	resolution = time.Second // of the instants at which the server can send something
)

// state is what the bucket has of a lead.
type state struct {
	Facts history `json:"facts"`
	// Change is the lead's last change, with the stage that it is in. It is stored before it is
	// sent, so that a worker that finds it here can send it if the one before could not.
	Change change `json:"change,omitzero"`
	// Assessment is the last one, as of At under the policy with this fingerprint.
	Assessment  json.RawMessage `json:"assessment,omitempty"`
	At          time.Time       `json:"at,omitzero"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	// Due is when the lead must be assessed again; zero is never.
	Due time.Time `json:"due,omitzero"`
}

// A change says that a lead is in another stage, or that it has been in its stage since
// another instant, which a fact that came late can show.
type change struct {
	Lead string `json:"lead"`
	// Number counts the changes of the lead: 1, 2, 3, without a gap.
	Number uint64 `json:"number"`
	// At is the instant of the assessment.
	At time.Time `json:"at"`
	// Stage is blank for a plain lead. Since is zero for one that never moved.
	Stage     string    `json:"stage"`
	Since     time.Time `json:"since,omitzero"`
	From      string    `json:"from"`
	FromSince time.Time `json:"from_since,omitzero"`
	Points    float64   `json:"points"`
	// Policy, Version and Fingerprint name the policy.
	Policy      string `json:"policy"`
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`
}

// assess replays all that is known of the lead up to an instant, and reports whether its stage
// changed. The stage is a function of the facts, the instant and the policy alone: the order in
// which the facts came, and the stage that was stored, play no part.
func (s *state) assess(model *qualify.Model, id string, at time.Time) (changed bool, err error) {
	lead, err := s.Facts.lead(id, model)
	if err != nil {
		return false, err
	}
	replayed, err := model.Replay(&lead, at)
	if err != nil {
		return false, err
	}
	lead.Stage, lead.StageSince = replayed.Stage, replayed.Since
	a, err := model.Assess(&lead, at)
	if err != nil {
		return false, err
	}
	if s.Assessment, err = json.Marshal(a); err != nil {
		return false, err
	}
	s.At, s.Fingerprint, s.Due = at, a.Fingerprint, dueAt(a.Wake(&lead))
	if replayed.Stage == s.Change.Stage && replayed.Since.Equal(s.Change.Since) {
		return false, nil
	}
	s.Change = change{
		Lead: id, Number: s.Change.Number + 1, At: at,
		Stage: replayed.Stage, Since: replayed.Since, From: s.Change.Stage, FromSince: s.Change.Since,
		Points: a.Score.Points, Policy: a.Policy, Version: a.Version, Fingerprint: a.Fingerprint,
	}
	return true, nil
}

// dueAt rounds the instant at which a lead must be assessed again up to what the server can
// schedule, so that the lead is never assessed just before the change, and at most once in
// that span; zero is never.
func dueAt(wake time.Time) time.Time {
	if wake.IsZero() {
		return wake
	}
	return wake.Add(resolution - 1).Truncate(resolution)
}
