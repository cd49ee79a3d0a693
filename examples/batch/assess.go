package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/qualify-go/qualify"
)

func init() {
	register.DoFn4x1[context.Context, *sdf.LockRTracker, fileio.FileMetadata, func(string), error](&assessFn{})
	register.Emitter1[string]()
}

// namespace is that of the counters.
const namespace = "qualify"

// kind is what is wrong with a line. Each is a counter, too.
type kind string

const (
	notALead    kind = "not_a_lead"    // it is no JSON, or no object
	lineTooLong kind = "line_too_long" // it has more bytes than MaxLine
	notAssessed kind = "not_assessed"  // the library refuses the lead
)

// A problem says where a line is that has no verdict, and why. It has nothing of the line.
type problem struct {
	File    string `json:"file"`
	Byte    int64  `json:"byte"` // where the line begins, from 0
	Problem kind   `json:"problem"`
	Reason  string `json:"reason,omitempty"` // the library's, for notAssessed
}

// assessFn assesses the leads of a file, writes their verdicts, and emits the problems.
//
// A file is cut into blocks, which a runner can distribute. The verdicts of a block make one
// file, with a name that the block alone decides. So a block that is done twice, as when a
// worker is lost, replaces its own verdicts by the same ones. Nothing of a lead goes through
// the runner.
type assessFn struct {
	Policy  []byte // the document; a model is no data
	At      time.Time
	Output  string
	Block   int64
	MaxLine int

	model      *qualify.Model
	assessment qualify.Assessment
	leads      beam.Counter
	verdicts   beam.Counter
	problems   map[kind]beam.Counter
	stages     map[string]beam.Counter
}

// Setup compiles the policy, once for each worker.
func (fn *assessFn) Setup() error {
	model, err := compile(fn.Policy)
	if err != nil {
		return err
	}
	fn.model = model
	fn.leads, fn.verdicts = beam.NewCounter(namespace, "leads"), beam.NewCounter(namespace, "verdicts")
	fn.problems = map[kind]beam.Counter{}
	for _, k := range []kind{notALead, lineTooLong, notAssessed} {
		fn.problems[k] = beam.NewCounter(namespace, string(k))
	}
	fn.stages = map[string]beam.Counter{"": beam.NewCounter(namespace, "in no stage")}
	for _, s := range model.Policy().Stages {
		fn.stages[s.ID] = beam.NewCounter(namespace, "in stage "+s.ID)
	}
	return nil
}

// CreateInitialRestriction gives the blocks of a file, by their numbers.
func (fn *assessFn) CreateInitialRestriction(file fileio.FileMetadata) offsetrange.Restriction {
	return offsetrange.Restriction{End: (file.Size + fn.Block - 1) / fn.Block}
}

// SplitRestriction lets each block be done by itself.
func (fn *assessFn) SplitRestriction(_ fileio.FileMetadata, blocks offsetrange.Restriction) []offsetrange.Restriction {
	return blocks.SizedSplits(1)
}

func (fn *assessFn) RestrictionSize(_ fileio.FileMetadata, blocks offsetrange.Restriction) float64 {
	return blocks.Size()
}

func (fn *assessFn) CreateTracker(blocks offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(blocks))
}

func (fn *assessFn) ProcessElement(ctx context.Context, tracker *sdf.LockRTracker, file fileio.FileMetadata, emit func(string)) error {
	for b := tracker.GetRestriction().(offsetrange.Restriction).Start; tracker.TryClaim(b); b++ {
		if err := fn.assessBlock(ctx, file.Path, b, emit); err != nil {
			return fmt.Errorf("%s, block %d: %w", file.Path, b, err)
		}
	}
	return nil
}

// assessBlock assesses the leads of one block, and writes the file of their verdicts.
func (fn *assessFn) assessBlock(ctx context.Context, file string, b int64, emit func(string)) (err error) {
	fs, err := filesystem.New(ctx, file)
	if err != nil {
		return err
	}
	defer fs.Close()
	in, err := fs.OpenRead(ctx, file)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := create(ctx, join(fn.Output, outputName(file, b)))
	if err != nil {
		return err
	}
	defer func() {
		if e := out.finish(ctx, err == nil); err == nil {
			err = e
		}
	}()
	for line, err := range lines(in, b*fn.Block, (b+1)*fn.Block, fn.MaxLine) {
		if err != nil {
			return err
		}
		verdict, found := fn.assess(ctx, line)
		if found.Problem != "" {
			fn.problems[found.Problem].Inc(ctx, 1)
			found.File, found.Byte = file, line.at
			text, err := json.Marshal(found)
			if err != nil {
				return err
			}
			emit(string(text))
			continue
		}
		if _, err := out.Write(append(verdict, '\n')); err != nil {
			return err
		}
		done.add(ctx, 1)
	}
	return nil
}

// assess gives the verdict of the lead in a line, or the problem with it.
func (fn *assessFn) assess(ctx context.Context, line line) ([]byte, problem) {
	if line.tooLong {
		return nil, problem{Problem: lineTooLong}
	}
	lead, err := fn.model.ParseLead(line.text)
	if err != nil {
		return nil, problem{Problem: notALead}
	}
	fn.leads.Inc(ctx, 1)
	replayed, err := fn.model.Replay(&lead, fn.At)
	if err != nil {
		return nil, problem{Problem: notAssessed, Reason: err.Error()}
	}
	lead.Stage, lead.StageSince = replayed.Stage, replayed.Since
	if err := fn.model.AssessInto(&fn.assessment, &lead, fn.At); err != nil {
		return nil, problem{Problem: notAssessed, Reason: err.Error()}
	}
	verdict, err := json.Marshal(fn.assessment)
	if err != nil {
		return nil, problem{Problem: notAssessed, Reason: err.Error()}
	}
	fn.verdicts.Inc(ctx, 1)
	fn.stages[fn.assessment.Verdict.Stage].Inc(ctx, 1)
	return verdict, problem{}
}

// outputName gives the name of a block's file of verdicts. Files of the same name in different
// folders have different ones.
func outputName(file string, b int64) string {
	h := fnv.New32a()
	h.Write([]byte(file))
	return fmt.Sprintf("%s-%08x-%06d.jsonl", path.Base(file), h.Sum32(), b)
}
