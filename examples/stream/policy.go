package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/qualify-go/qualify"
)

// The keys of the bucket of policies.
const (
	releasedKey = "released" // the policy in force; the bucket keeps those before
	settledKey  = "settled"  // the fingerprint of the last one for which all leads are due
)

// A release is a policy in force.
type release struct {
	Fingerprint string          `json:"fingerprint"`
	Document    json.RawMessage `json:"document"`
}

// compile makes a model of a policy's document.
func compile(document []byte) (*qualify.Model, error) {
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		return nil, err
	}
	return qualify.Compile(policy)
}

// release puts a policy in force, unless it is. Workers take it before the next message that
// it can matter to.
func (b *broker) release(ctx context.Context, document []byte) error {
	model, err := compile(document)
	if err != nil {
		return err
	}
	entry, err := b.policies.Get(ctx, releasedKey)
	if err == nil {
		var present release
		if err := json.Unmarshal(entry.Value(), &present); err != nil {
			return err
		}
		if present.Fingerprint == model.Fingerprint() {
			return nil
		}
	} else if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	value, err := json.Marshal(release{model.Fingerprint(), json.RawMessage(document)})
	if err != nil {
		return err
	}
	_, err = b.policies.Put(ctx, releasedKey, value)
	return err
}

// settle makes all leads due, once for each policy in force. If it is stopped on the way,
// the next worker that starts does it again from the beginning, which does no harm.
func (b *broker) settle(ctx context.Context, fingerprint string) error {
	entry, err := b.policies.Get(ctx, settledKey)
	if err == nil && string(entry.Value()) == fingerprint {
		return nil
	} else if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	leads, err := b.states.ListKeys(ctx)
	if err != nil {
		return err
	}
	defer leads.Stop()
	_, err = b.send(ctx, func(yield func(*nats.Msg, error) bool) {
		for lead := range leads.Keys() {
			if !yield(nats.NewMsg(due+lead), nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	_, err = b.policies.Put(ctx, settledKey, []byte(fingerprint))
	return err
}

// A policies keeps the model of the policy in force.
type policies struct {
	bucket jetstream.KeyValue

	mu       sync.Mutex
	revision uint64
	model    *qualify.Model
}

// last gives the model of the policy that was in force when it was last looked up.
func (p *policies) last() *qualify.Model {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.model
}

// current looks up the policy in force and gives its model.
func (p *policies) current(ctx context.Context) (*qualify.Model, error) {
	entry, err := p.bucket.Get(ctx, releasedKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, errors.New("no policy is in force: start once with -policy FILE")
	} else if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if entry.Revision() <= p.revision {
		return p.model, nil
	}
	var r release
	if err := json.Unmarshal(entry.Value(), &r); err != nil {
		return nil, err
	}
	model, err := compile(r.Document)
	if err != nil {
		return nil, err
	}
	if model.Fingerprint() != r.Fingerprint {
		return nil, fmt.Errorf("the policy in force has the fingerprint %s, and %s here: run the same version of the program everywhere", r.Fingerprint, model.Fingerprint())
	}
	p.revision, p.model = entry.Revision(), model
	return model, nil
}
