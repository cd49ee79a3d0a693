package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	leadStream    = "LEADS"
	verdictStream = "VERDICTS"
	rejectStream  = "REJECTED"
	stateBucket   = "leads"
	policyBucket  = "policy"

	// partitions is how many messages are worked on at once, by all workers together.
	partitions = 32
)

// A broker is the server's streams and buckets.
type broker struct {
	js       jetstream.JetStream
	verdicts jetstream.Stream
	states   jetstream.KeyValue // by the token of the lead
	policies jetstream.KeyValue
}

// open makes what the server does not have yet.
//
// The stream of leads puts each lead into one of the partitions, and sends due.<lead> when
// wakes.<lead> asks for it. Facts have no limit of age: those in it are the record.
func open(ctx context.Context, js jetstream.JetStream) (*broker, error) {
	b := &broker{js: js}
	_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:     leadStream,
		Subjects: []string{facts + "*", due + "*", wakes + "*"},
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "*.*", Destination: fmt.Sprintf("{{wildcard(1)}}.{{partition(%d,2)}}.{{wildcard(2)}}", partitions),
		},
		MaxMsgSize:        maxFact,
		AllowMsgSchedules: true,
		AllowRollup:       true, // a schedule replaces the one before
		AllowDirect:       true,
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", leadStream, err)
	}
	b.verdicts, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: verdictStream, Subjects: []string{verdicts + "*"}, AllowDirect: true})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", verdictStream, err)
	}
	if _, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: rejectStream, Subjects: []string{rejected}}); err != nil {
		return nil, fmt.Errorf("stream %s: %w", rejectStream, err)
	}
	if b.states, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: stateBucket, Compression: true}); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", stateBucket, err)
	}
	if b.policies, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: policyBucket, History: jetstream.KeyValueMaxHistory}); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", policyBucket, err)
	}
	return b, nil
}

// partition gives the consumer of a partition, which all workers share. It hands out one
// message at a time: the next one when that is acknowledged, or the same one again if it
// is not within wait.
func (b *broker) partition(ctx context.Context, n int, wait time.Duration) (jetstream.Consumer, error) {
	name := fmt.Sprintf("partition-%d", n)
	consumer, err := b.js.CreateOrUpdateConsumer(ctx, leadStream, jetstream.ConsumerConfig{
		Durable:        name,
		FilterSubjects: []string{fmt.Sprintf("%s%d.*", facts, n), fmt.Sprintf("%s%d.*", due, n)},
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        wait,
		MaxAckPending:  1,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", name, err)
	}
	return consumer, nil
}

// behind tells how many messages no worker has finished yet.
func (b *broker) behind(ctx context.Context) (uint64, error) {
	var n uint64
	for i := range partitions {
		consumer, err := b.js.Consumer(ctx, leadStream, fmt.Sprintf("partition-%d", i))
		if err != nil {
			return 0, err
		}
		info := consumer.CachedInfo()
		n += info.NumPending + uint64(info.NumAckPending)
	}
	return n, nil
}
