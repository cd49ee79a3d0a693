package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/testcase"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// sampled is the instant of the verdicts in the folder sample.
const sampled = "2026-11-01T09:00:00Z"

// job runs the job with the flags given, and gives its counters, the sorted lines of its
// verdicts, and the problems.
func job(t *testing.T, flags map[string]string) (counters map[string]int, verdicts, problems []string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "verdicts")
	set(t, map[string]string{"output": folder, "at": sampled})
	set(t, flags)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	counters = map[string]int{}
	for line := range strings.Lines(out.String()) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if n, err := strconv.Atoi(number); err == nil && n != 0 {
			counters[name] = n
		}
	}
	files, err := filepath.Glob(folder + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch to := &verdicts; {
		case filepath.Base(file) == "problems.jsonl":
			to = &problems
			fallthrough
		case strings.HasSuffix(file, ".jsonl"):
			*to = slices.AppendSeq(*to, strings.Lines(string(text)))
		default:
			t.Errorf("%s is left over", file)
		}
	}
	slices.Sort(verdicts)
	slices.Sort(problems)
	return counters, verdicts, problems
}

// set sets flags for the time of a test.
func set(t *testing.T, flags map[string]string) {
	t.Helper()
	for name, value := range flags {
		f := flag.Lookup(name)
		old := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Value.Set(old) })
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The verdicts are those of the library, however the file is cut.
func TestHash(t *testing.T) {
	want, err := os.ReadFile("../sample/verdicts.sha256")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []string{"8388608", "60000", "997"} {
		counters, verdicts, problems := job(t, map[string]string{"block": block})
		if got := fmt.Sprintf("%x\n", sha256.Sum256([]byte(strings.Join(verdicts, "")))); got != string(want) {
			t.Errorf("in blocks of %s, the hash over %d verdicts is %s; want %s", block, len(verdicts), got, want)
		}
		stages := 0
		for name, n := range counters {
			if strings.HasPrefix(name, "in ") {
				stages += n
			}
		}
		if counters["leads"] != 500 || counters["verdicts"] != 500 || stages != 500 || counters["in stage sql"] == 0 || len(problems) > 0 {
			t.Errorf("in blocks of %s: %v, problems %q", block, counters, problems)
		}
	}
}

// A line without a verdict is counted, and its place written, and nothing of it.
func TestProblems(t *testing.T) {
	text := `{"id": "a", "profile": {"name": "Secret"}}` + "\r\n" + // 44 bytes
		"\n" + // a blank line
		`{"id": "Secret", "profile": {` + "\n" + // at 45, 30 bytes
		`["Secret"]` + "\n" + // at 75, 11 bytes
		`{"id": "Secret ` + strings.Repeat("x", 200) + `"}` + "\n" + // at 86, 218 bytes
		"Secret\x00\xff\n" + // at 304, 9 bytes
		`{"id": "b", "activities": "Secret"}` // a lead with an issue, and no line feed
	file := write(t, "leads.jsonl", text)
	counters, verdicts, problems := job(t, map[string]string{"input": file, "max_line": "200"})
	if diff := cmp.Diff(map[string]int{"leads": 2, "verdicts": 2, "in no stage": 2, "not_a_lead": 3, "line_too_long": 1}, counters); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	if len(verdicts) != 2 || !strings.Contains(verdicts[0], `"lead":"a"`) || !strings.Contains(verdicts[1], `"lead":"b"`) {
		t.Errorf("verdicts %q", verdicts)
	}
	want := []string{}
	for _, p := range []problem{{file, 304, notALead, ""}, {file, 45, notALead, ""}, {file, 75, notALead, ""}, {file, 86, lineTooLong, ""}} {
		line, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(line)+"\n")
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// Several files, one of which is empty.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a/leads.jsonl", "b/leads.jsonl", "c/leads.jsonl"} {
		text := fmt.Sprintf("{\"id\": %q}\n", name)
		if name[0] == 'b' {
			text = ""
		}
		if err := os.Mkdir(filepath.Join(folder, name[:1]), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for files, want := range map[string]int{"*/leads.jsonl": 2, "b/leads.jsonl": 0} {
		counters, verdicts, problems := job(t, map[string]string{"input": filepath.Join(folder, files)})
		if counters["leads"] != want || len(verdicts) != want || len(problems) != 0 {
			t.Errorf("%s: %v, %q, %q", files, counters, verdicts, problems)
		}
	}
}

func TestMistakes(t *testing.T) {
	leads := write(t, "leads.jsonl", "{}\n")
	for want, flags := range map[string]map[string]string{
		"-at today":        {"at": "today"},
		"-at 0001":         {"at": "0001-01-01T00:00:00Z"},
		"-block":           {"block": "0"},
		"-max_line":        {"max_line": "0"},
		"is not empty":     {"output": filepath.Dir(leads)},
		"nothing.json":     {"policy": "nothing.json"},
		"ruels":            {"policy": write(t, "policy.json", `{"format": 1, "ruels": []}`)},
		"nothing.jsonl":    {"input": "nothing.jsonl"},
		"nothing-*.jsonl":  {"input": "nothing-*.jsonl"},
		"no://such/system": {"output": "no://such/system"},
	} {
		t.Run(want, func(t *testing.T) {
			set(t, map[string]string{"input": leads, "output": filepath.Join(t.TempDir(), "out"), "at": sampled})
			set(t, flags)
			if err := run(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v; want one with %q", err, want)
			}
		})
	}
}

// A lead that the library refuses is a problem with its reason.
func TestNotAssessed(t *testing.T) {
	model, err := qualify.Compile(qualify.Policy{}, qualify.WithBounds(qualify.Bounds{Activities: 1}))
	if err != nil {
		t.Fatal(err)
	}
	fn := assessFn{Policy: []byte(`{"format": 1}`), At: time.Unix(0, 0)}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	fn.model = model
	secret := `{"type": "Secret", "at": "1969-01-01T00:00:00Z"}`
	_, got := fn.assess(t.Context(), line{text: []byte(`{"id": "Secret", "activities": [` + secret + `, ` + secret + `]}`)})
	if got.Problem != notAssessed || !strings.Contains(got.Reason, "too many activities") || strings.Contains(got.Reason, "Secret") {
		t.Errorf("%+v", got)
	}
}

// A block that is done twice has its verdicts once; one that cannot be read leaves nothing behind.
func TestBlockAgain(t *testing.T) {
	document, err := os.ReadFile("../sample/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	fn := assessFn{Policy: document, At: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), Output: t.TempDir(), Block: 50_000, MaxLine: 1 << 20}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	read := func() map[string]string {
		files := map[string]string{}
		names, err := filepath.Glob(fn.Output + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(text)
		}
		return files
	}
	emit := func(problem string) { t.Error(problem) }
	var first map[string]string
	for range 2 {
		if err := fn.assessBlock(t.Context(), "../sample/leads.jsonl", 1, emit); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = read()
		}
	}
	if diff := cmp.Diff(first, read()); diff != "" || len(first) != 1 {
		t.Errorf("%d files (-once +twice):\n%s", len(first), diff)
	}
	if err := fn.assessBlock(t.Context(), t.TempDir(), 0, emit); err == nil { // a folder
		t.Error("a folder can be read")
	}
	if len(read()) != 1 {
		t.Error("a block that cannot be read leaves a file")
	}
}

// However a file is cut into blocks, each of its lines is in one of them, at its place.
func TestLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range testcase.Count(2000) {
		var text []byte
		for range random.IntN(60) {
			text = append(text, "\n\n\na \r"[random.IntN(6)])
		}
		if random.IntN(20) == 0 { // longer than a buffer
			text = slices.Insert(text, random.IntN(len(text)+1), bytes.Repeat([]byte("b"), 1<<16+random.IntN(3)-1)...)
		}
		longest := 1 + random.IntN(6)
		block := int64(1 + random.IntN(20))
		if len(text) > 100 {
			block *= 5000
		}

		var want, got []string
		at := 0
		for part := range bytes.Lines(text) { // the naive way: all of the file at once
			switch full := bytes.TrimSuffix(part, []byte("\n")); {
			case len(full) > longest:
				want = append(want, fmt.Sprintf("%d is too long", at))
			case len(bytes.TrimSpace(full)) > 0:
				want = append(want, fmt.Sprintf("%d %q", at, part))
			}
			at += len(part)
		}
		for start := int64(0); start < int64(len(text)); start += block {
			var file io.Reader = bytes.NewReader(text)
			if random.IntN(2) == 0 {
				file = iotest.OneByteReader(file) // which cannot seek
			}
			for l, err := range lines(file, start, start+block, longest) {
				switch {
				case err != nil:
					t.Fatal(err)
				case l.tooLong:
					got = append(got, fmt.Sprintf("%d is too long", l.at))
				default:
					got = append(got, fmt.Sprintf("%d %q", l.at, l.text))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("blocks of %d, lines of at most %d, of %.200q (-want +got):\n%s", block, longest, text, diff)
		}
	}
}

// What a reader fails with is not the end of the file.
func TestLinesFail(t *testing.T) {
	for _, file := range []io.Reader{iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("a\nb\n"))), iotest.OneByteReader(strings.NewReader("a"))} {
		var got error
		for _, err := range lines(file, 3, 4, 10) {
			got = err
		}
		if got == nil {
			t.Error("no error")
		}
	}
}

// A worker tells how far it is.
func TestProgress(t *testing.T) {
	var logged recorder
	log.SetLogger(&logged)
	t.Cleanup(func() { log.SetLogger(&log.Standard{}) })
	p := progress{every: time.Hour}
	p.add(t.Context(), 1)
	p.last = p.last.Add(-2 * time.Hour)
	p.add(t.Context(), 7199)
	p.add(t.Context(), 1)
	if diff := cmp.Diff(recorder{"7200 verdicts, 1 a second"}, logged); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

type recorder []string

func (r *recorder) Log(_ context.Context, _ log.Severity, _ int, message string) {
	*r = append(*r, message)
}
