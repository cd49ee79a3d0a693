package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The command prints each change once, ends, and goes on from its folder.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	small, strict := write("policy.json", string(policy(25, 50))), write("strict.json", string(policy(31, 50)))
	leads := write("leads.jsonl", `{"id": "Anna", "profile": {}, "activities": [{"id": "1", "type": "webinar", "at": "2026-10-30T09:00:00Z"}]}
{"id": "Bo Ek", "activities": [{"id": "3", "type": "demo", "at": "2026-10-31T09:00:00Z"}, {"id": "2", "type": "webinar", "at": "2026-10-30T09:00:00Z"}]}
`)
	data := filepath.Join(dir, "data")
	changing := regexp.MustCompile(`(?m)^for further workers: .*\n|in [0-9.]+ s, [0-9]+ a second$`)
	for _, test := range []struct {
		name, args, want string
	}{
		{"first", "-policy " + small + " -facts " + leads, `Anna  from none to mql, since 2026-10-30 09:00, 28.645248 points
Bo Ek  from none to mql, since 2026-10-30 09:00, 28.645248 points
Bo Ek  from mql to sql, since 2026-10-31 09:00, 57.960047 points
5 facts 
`},
		{"again", "-facts " + leads, "5 facts \n"},
		{"stricter", "-policy " + strict + " -facts " + leads, `Anna  from mql to none, since the start, 28.645248 points
5 facts 
`},
	} {
		var out strings.Builder
		if err := run(t.Context(), &out, append(strings.Fields(test.args), "-data", data, "-at", rehearsal.Format(time.RFC3339))); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		lines := strings.SplitAfter(changing.ReplaceAllString(out.String(), ""), "\n")
		if diff := cmp.Diff(sorted(strings.SplitAfter(test.want, "\n")), sorted(lines)); diff != "" {
			t.Errorf("%s prints something else (-want +got):\n%s", test.name, diff)
		}
	}

	missing := filepath.Join(dir, "none")
	for args, want := range map[string]string{
		"-at noon":           "-at",
		"-nats nowhere:1":    "nowhere",
		"-policy " + missing: "none",
		"-policy " + leads:   "policy",
		"":                   "no policy is in force",
		"-facts":             "flag needs an argument",
		"-policy " + small + " -facts " + missing:                                                                               "none",
		"-policy " + small + " -facts " + write("1", `{"id": "Anna"} {"id": ""}`):                                               "lead 2: the ID",
		"-policy " + small + " -facts " + write("2", `{"id": "Anna"} [`):                                                        "lead 2: ",
		"-policy " + small + " -facts " + write("3", `{"id": "Anna", "profile": {"note": "`+strings.Repeat("x", maxFact)+`"}}`): "and may have 65536",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		var out strings.Builder
		err := run(ctx, &out, strings.Fields(args))
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s: %v, want an error with %q", args, err, want)
		}
	}
}

// Without -facts it works until it is interrupted.
func TestRunUntilInterrupted(t *testing.T) {
	t.Parallel()
	url := start(t)
	b := client(t, url, policy(25, 50))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- run(ctx, new(strings.Builder), []string{"-nats", url}) }()
	tell(t, b, []told{{"Anna", activity("1", "webinar", time.Now().UTC().Add(-time.Hour))}})
	finish(t, b)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if all := changesOf(t, b); len(all) != 1 {
		t.Errorf("the changes are %v", all)
	}
}

// What the pages show of the program is in it.
func TestPagesAreTheProgram(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			program.Write(file(t, name))
		}
	}
	blocks := 0
	for _, page := range []string{"README.md"} {
		for _, block := range regexp.MustCompile("(?ms)^```go\n(.*?)^```").FindAllStringSubmatch(string(file(t, page)), -1) {
			blocks++
			if !strings.Contains(program.String(), block[1]) {
				t.Errorf("%s shows what is not in the program:\n%s", page, block[1])
			}
		}
	}
	if blocks == 0 {
		t.Error("the pages show nothing of the program")
	}
}
