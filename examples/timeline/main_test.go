package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/timeline.svg")

func drawn(t *testing.T, args ...string) string {
	t.Helper()
	var got bytes.Buffer
	if err := run(&got, args); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestDrawing(t *testing.T) {
	got := drawn(t)
	golden := filepath.Join("..", "..", "docs", "timeline.svg")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the drawing changed; if it should, run go test -update and look at it (-want +got):\n%s", diff)
	}
}

// A move beyond the drawing's end is told all the same.
func TestBeyondTheDrawing(t *testing.T) {
	got := drawn(t, "-at", "2026-10-28", "-to", "2026-11-01")
	if want := "Score: cold from 20 Nov 2026; Plain lead from 21 Dec 2026."; !strings.Contains(got, want) {
		t.Errorf("it does not say %q", want)
	}
	if want := "the stage stays as it is."; !strings.Contains(drawn(t, "-at", "2026-12-24"), want) {
		t.Errorf("it does not say %q", want)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-from", "yesterday"}, {"-at", "2026-13-01"}, {"-to", ""}, {"-nonsense"},
		{"-from", "2027-01-01"}, {"-at", "2025-12-31"}, {"-at", "2027-01-02"}, {"-from", "1900-01-01"}, {"-from", "1600-01-01", "-at", "1601-01-01", "-to", "1602-01-01"},
		{"-policy", "no such file"}, {"-lead", "no such file"}, {"-lead", "policy.json"}, {"-policy", "lead.json"}, {"-o", "no such/folder"},
	} {
		var got bytes.Buffer
		if err := run(&got, args); err == nil || got.Len() > 0 {
			t.Errorf("%v: error %v, and %d bytes", args, err, got.Len())
		}
	}
	if got := drawn(t, "-h"); !strings.Contains(got, "-at instant") {
		t.Errorf("-h gives %q", got)
	}
	file := filepath.Join(t.TempDir(), "timeline.svg")
	if got := drawn(t, "-o", file, "-policy", "policy.json", "-lead", "lead.json"); got != "" {
		t.Errorf("with -o it prints %q", got)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != drawn(t) {
		t.Error("-o writes something else than what is printed")
	}
}
