package qualifytest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/qualifytest"
)

// The page on testing policies shows a policy and scenarios that run, and what
// coverage prints of them.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../docs/testing-policies.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	block := func(kind string, n int) string {
		found := regexp.MustCompile("(?s)```"+kind+"[^\n]*\n(.*?)```").FindAllStringSubmatch(string(page), -1)
		return found[n][1]
	}
	others := t.TempDir()
	for name, text := range map[string]string{"visits.json": block("json", 1), "visits.scenario": block("scenario", 1)} {
		if err := os.WriteFile(filepath.Join(others, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	qualifytest.Run(t, nil, qualifytest.Dir(others))
	for name, text := range map[string]string{"policy.json": block("json", 0), "b2b.scenario": block("scenario", 0)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	qualifytest.Run(t, nil, qualifytest.Dir(dir))

	suite, err := qualifytest.Load(nil, qualifytest.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	all, err := suite.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if got := all[0].String(); got != block("text", 1) {
		t.Errorf("the page prints\n%s\nand it is\n%s", block("text", 1), got)
	}

	policy := strings.Replace(block("json", 0), `"points": 30`, `"points": 25`, 1)
	if err := os.WriteFile(filepath.Join(dir, "policy.json"), []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	out := strings.Join(strings.Fields(child(t, dir)), " ") // package testing moves lines in
	for _, failure := range strings.Split(block("text", 0), "\nb2b") {
		if !strings.Contains(out, strings.Join(strings.Fields(strings.TrimPrefix(failure, "b2b")), " ")) {
			t.Errorf("no failure is\n%s\nin\n%s", failure, out)
		}
	}
}
