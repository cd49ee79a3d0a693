package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

const policy, at = "../sample/policy.json", "2026-11-01T09:00:00Z"

// The verdicts are those of the library, in any order.
func TestHash(t *testing.T) {
	want, err := os.ReadFile("../sample/verdicts.sha256")
	if err != nil {
		t.Fatal(err)
	}
	leads, err := os.Open("../sample/leads.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer leads.Close()
	var out bytes.Buffer
	n, err := run(&out, leads, policy, at)
	if err != nil || n != 500 {
		t.Fatal(n, err)
	}
	lines := slices.Sorted(strings.Lines(out.String()))
	if got := fmt.Sprintf("%x\n", sha256.Sum256([]byte(strings.Join(lines, "")))); got != string(want) {
		t.Errorf("the hash is %s; want %s", got, want)
	}
}

// What is no lead is an error with its line, and the others are assessed.
func TestErrors(t *testing.T) {
	for want, test := range map[string]struct {
		leads, policy, at string
		n                 int
	}{
		"line 2: ":                     {"{}\n[]\n{}\n", policy, at, 2},
		"-at":                          {"{}", policy, "today", 0},
		"line 1: qualify: the instant": {"{}", policy, "0001-01-01T00:00:00Z", 0},
		"none.json":                    {"{}", "none.json", at, 0},
		"too long":                     {"{}\n" + strings.Repeat(" ", 17<<20), policy, at, 1},
	} {
		n, err := run(io.Discard, strings.NewReader(test.leads), test.policy, test.at)
		if n != test.n || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d verdicts, %v; want %d, and %q", n, err, test.n, want)
		}
	}
}
