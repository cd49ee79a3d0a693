package main

import (
	"context"
	"errors"
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

// open makes what the server does not have yet. What is there stays as it is, so an operator
// can change replicas and limits.
//
// The stream of leads puts each lead into one of the partitions, and sends due.<lead> when
// wakes.<lead> asks for it. Its messages have no limit of age: a wake-up may be years away.
func open(ctx context.Context, js jetstream.JetStream) (*broker, error) {
	b := &broker{js: js}
	_, err := b.stream(ctx, jetstream.StreamConfig{
		Name:     leadStream,
		Subjects: []string{facts + "*", due + "*", wakes + "*"},
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "*.*", Destination: fmt.Sprintf("{{wildcard(1)}}.{{partition(%d,2)}}.{{wildcard(2)}}", partitions),
		},
		MaxMsgSize:        maxFact,
		AllowMsgSchedules: true,
		AllowRollup:       true, // a schedule replaces the one before
	})
	if err != nil {
		return nil, err
	}
	if b.verdicts, err = b.stream(ctx, jetstream.StreamConfig{Name: verdictStream, Subjects: []string{verdicts + "*"}, AllowDirect: true}); err != nil {
		return nil, err
	}
	if _, err = b.stream(ctx, jetstream.StreamConfig{Name: rejectStream, Subjects: []string{rejected}}); err != nil {
		return nil, err
	}
	if b.states, err = b.bucket(ctx, jetstream.KeyValueConfig{Bucket: stateBucket, Compression: true}); err != nil {
		return nil, err
	}
	b.policies, err = b.bucket(ctx, jetstream.KeyValueConfig{Bucket: policyBucket, History: jetstream.KeyValueMaxHistory})
	return b, err
}

func (b *broker) stream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := b.js.CreateStream(ctx, config)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		stream, err = b.js.Stream(ctx, config.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", config.Name, err)
	}
	return stream, nil
}

func (b *broker) bucket(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	bucket, err := b.js.CreateKeyValue(ctx, config)
	if errors.Is(err, jetstream.ErrBucketExists) {
		bucket, err = b.js.KeyValue(ctx, config.Bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", config.Bucket, err)
	}
	return bucket, nil
}

// partition gives the consumer of a partition, which all workers share. It hands out one
// message at a time: the next one when that is acknowledged, or the same one again if it
// is not within wait.
func (b *broker) partition(ctx context.Context, n int, wait time.Duration) (jetstream.Consumer, error) {
	name := fmt.Sprintf("partition-%d", n)
	consumer, err := b.js.CreateConsumer(ctx, leadStream, jetstream.ConsumerConfig{
		Durable:        name,
		FilterSubjects: []string{fmt.Sprintf("%s%d.*", facts, n), fmt.Sprintf("%s%d.*", due, n)},
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        wait,
		MaxAckPending:  1,
	})
	if errors.Is(err, jetstream.ErrConsumerExists) {
		consumer, err = b.js.Consumer(ctx, leadStream, name)
	}
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", name, err)
	}
	return consumer, nil
}

// behind tells how many messages no worker has finished yet. A partition that no worker has begun
// with counts as one.
func (b *broker) behind(ctx context.Context) (uint64, error) {
	var n uint64
	for i := range partitions {
		consumer, err := b.js.Consumer(ctx, leadStream, fmt.Sprintf("partition-%d", i))
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			n++
			continue
		} else if err != nil {
			return 0, err
		}
		info := consumer.CachedInfo()
		n += info.NumPending + uint64(info.NumAckPending)
	}
	return n, nil
}
