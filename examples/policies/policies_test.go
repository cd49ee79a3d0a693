// Package policies holds policies as documents, each with its cases: one for
// each system whose numbers docs/coming-from.md lists, and five written from
// pages that explain qualified leads, in the languages of these pages.
package policies

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
)

var update = flag.Bool("update", false, "rewrite the print-outs in testdata")

const day = 24 * time.Hour

// at is the instant of the assessments.
var at = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type facts = map[string]any

// did is an activity of an age.
func did(kind string, age time.Duration, props facts) qualify.Activity {
	return qualify.Activity{Type: kind, At: at.Add(-age), Props: props}
}

// times is as many activities of one type, a minute apart, the newest at the
// instant of the assessments.
func times(n int, kind string, props facts) []qualify.Activity {
	var all []qualify.Activity
	for i := range n {
		all = append(all, did(kind, time.Duration(i)*time.Minute, props))
	}
	return all
}

// lead is a lead with a profile and a history, which may be empty.
func lead(profile facts, history ...[]qualify.Activity) qualify.Lead {
	return qualify.Lead{ID: "lead", Profile: profile, Activities: slices.Concat(history...)}
}

// with gives facts of which one has another value; nil is unknown.
func with(all facts, fact string, value any) facts {
	all = maps.Clone(all)
	all[fact] = value
	return all
}

// acts is a history.
func acts(all ...qualify.Activity) []qualify.Activity { return all }

// Every row of docs/coming-from.md is a situation, and every policy has some.
func TestNothingIsSkipped(t *testing.T) {
	page, err := os.ReadFile("../../docs/coming-from.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests string
	for _, name := range []string{"systems_test.go", "pages_test.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(source)
	}
	rows := regexp.MustCompile(`(?m)^\| ([A-Z]\d) \|`).FindAllSubmatch(page, -1)
	if len(rows) != 31 {
		t.Errorf("the page has %d rows", len(rows))
	}
	for _, row := range rows {
		if !regexp.MustCompile(`name: (fmt.Sprint\()?"` + string(row[1]) + `\b`).MatchString(tests) {
			t.Errorf("%s is no situation", row[1])
		}
	}
	documents, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents {
		if name := strings.TrimSuffix(document, ".json"); !strings.Contains(tests, `check(t, "`+name+`",`) {
			t.Errorf("%s has no situations", document)
		}
		if !strings.Contains(string(page), document) {
			t.Errorf("docs/coming-from.md does not name %s", document)
		}
	}
}

func read(t *testing.T, name string) qualify.Policy {
	t.Helper()
	document, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := qualify.ParsePolicy(document)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// A situation is a lead, and what its policy says of it: everything that
// summary tells.
type situation struct {
	name string
	lead qualify.Lead
	want string
	// change is a setting of the policy that is another one here.
	change func(*qualify.Policy)
}

func check(t *testing.T, policy string, situations ...situation) {
	t.Helper()
	for _, s := range situations {
		t.Run(policy+"/"+s.name, func(t *testing.T) {
			p := read(t, policy)
			if s.change != nil {
				s.change(&p)
			}
			a := assess(t, p, s.lead)
			if diff := cmp.Diff(s.want, summary(a)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, a)
			}
		})
	}
}

func assess(t *testing.T, p qualify.Policy, lead qualify.Lead) qualify.Assessment {
	t.Helper()
	model, err := qualify.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	a, err := model.Assess(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, issue := range a.Issues {
		t.Errorf("set aside: %+v", issue)
	}
	return a
}

// summary tells the points; of the groups with points, what is left of them;
// the rating; the stage; and the answers, but for those that are unknown.
func summary(a qualify.Assessment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v points", a.Score.Points)
	for _, g := range a.Score.Groups {
		if g.Raw != 0 || g.Points != 0 {
			fmt.Fprintf(&b, ", %s %v", g.Group, g.Points)
			if g.Lost != 0 {
				fmt.Fprintf(&b, " of %v", g.Raw)
			}
		}
	}
	for _, told := range []string{a.Score.Rating, a.Verdict.Stage} {
		if told != "" {
			b.WriteString("; " + told)
		}
	}
	for _, c := range a.Checklist {
		if c.Answer != qualify.Unknown {
			fmt.Fprintf(&b, "; %s %s", c.Criterion, c.Answer)
		}
	}
	return b.String()
}

// printed holds the print-outs of assessments to a file.
func printed(t *testing.T, policy string, leads ...qualify.Lead) {
	t.Helper()
	var got strings.Builder
	for _, lead := range leads {
		fmt.Fprintln(&got, assess(t, read(t, policy), lead))
	}
	golden := filepath.Join("testdata", policy+".txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the print-out changed; if it should, run go test -update (-want +got):\n%s", diff)
	}
}
