package qualify_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/qualifytest"
)

// Every guarantee names tests, and they exist.
func TestGuaranteesAreHeld(t *testing.T) {
	var files []string
	for _, dir := range []string{".", "backtest", "internal/statistics"} {
		found, err := filepath.Glob(dir + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	tests := map[string]bool{}
	for _, file := range files {
		for _, found := range regexp.MustCompile(`(?m)^func ((Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, file), -1) {
			tests[found[1]] = true
		}
	}
	held := 0
	for _, r := range rows(t, "docs/guarantees.md") {
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(r.cells[slices.Index(r.header, "held by")], -1)
		if len(names) == 0 {
			t.Errorf("line %d: no test holds %s", r.line, r.cells[0])
		}
		for _, name := range names {
			if held++; !tests[name[1]] {
				t.Errorf("line %d: there is no test %s", r.line, name[1])
			}
		}
	}
	if held < 20 {
		t.Errorf("only %d tests are named", held)
	}
}

// cells splits a row of a table.
func cells(row string) []string {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(row), "|"), "|")
	parts := strings.Split(strings.ReplaceAll(row, `\|`, "\x00"), "|")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(p, "\x00", "|"))
	}
	return parts
}

// A row of a table on a page, by the words in its header.
type row struct {
	line   int
	header []string
	cells  []string
}

func (r row) has(column string) bool { return slices.Contains(r.header, column) }

// cell gives the cell below a word in the header, without the marks of code.
func (r row) cell(column string) string {
	return strings.Trim(r.cells[slices.Index(r.header, column)], "`")
}

// number gives the last number in a cell: of 0.5 × 30 + 30 = 45 it is 45.
func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	all := regexp.MustCompile(`-?\d+(\.\d+)?`).FindAllString(r.cell(column), -1)
	if len(all) == 0 {
		t.Fatalf("line %d: no number in %q", r.line, r.cell(column))
	}
	n, err := strconv.ParseFloat(all[len(all)-1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows gives the rows of all tables of a page.
func rows(t *testing.T, page string) []row {
	t.Helper()
	var found []row
	var header []string
	line := 0
	for text := range strings.Lines(read(t, page)) {
		line++
		text = strings.TrimSpace(text)
		switch {
		case !strings.HasPrefix(text, "|"):
			header = nil
		case header == nil:
			header = cells(text)
		case !strings.HasPrefix(text, "| ---"):
			r := row{line, header, cells(text)}
			if len(r.cells) != len(header) {
				t.Fatalf("%s:%d: %d cells below %d", page, line, len(r.cells), len(header))
			}
			found = append(found, r)
		}
	}
	return found
}

// Every example of the page on the language has the answer that stands beside it, what
// is not to be written does not compile, what to write instead does, and each function
// has an example.
func TestLanguagePage(t *testing.T) {
	t.Parallel()
	const page = "docs/language.md"
	var policy qualify.Policy
	var lead qualify.Lead
	for _, b := range pages(t)[page] {
		var err error
		switch b.name {
		case "language.json":
			policy, err = qualify.ParsePolicy([]byte(b.text))
		case "lead.json":
			err = json.Unmarshal([]byte(b.text), &lead)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

	var examples strings.Builder
	checked := map[string]int{}
	for _, r := range rows(t, page) {
		if r.has("example") {
			example, want := r.cell("example"), r.cell("answer")
			if got, err := answer(policy, lead, at, example); err != nil || got != want {
				t.Errorf("%s:%d: %s is %s, and not %s; %v", page, r.line, example, got, want, err)
			}
			examples.WriteString(example + "\n")
			checked["example"]++
		}
		if r.has("not") {
			if got, err := answer(policy, lead, at, r.cell("not")); err == nil {
				t.Errorf("%s:%d: %s compiles, and is %s", page, r.line, r.cell("not"), got)
			}
			if _, err := answer(policy, lead, at, r.cell("but")); err != nil {
				t.Errorf("%s:%d: %v", page, r.line, err)
			}
			checked["not"]++
		}
	}
	visit := func(hour int, path string) qualify.Activity {
		return qualify.Activity{Type: "page_view", At: at.Add(time.Duration(hour) * time.Hour), Props: map[string]any{"path": path}}
	}
	visits := []qualify.Activity{visit(-30, "a"), visit(-29, "b"), visit(-3, "a"), visit(-2, "a"), visit(-1, "a")}
	old := []qualify.Activity{{Type: "webinar", At: at.AddDate(0, 0, -60)}}
	for _, r := range rows(t, page) {
		rule := qualify.Rule{ID: "probe", On: "visit", Points: 10}
		activities, column, into := visits, "together", any(&rule.Limit)
		switch {
		case r.has("limit"):
			checked["limit"]++
		case r.has("decay"):
			checked["decay"]++
			rule.On, rule.Points = "webinar", 100
			activities, column, into = old, "of 100 points, after 60 days", &rule.Decay
		default:
			continue
		}
		if err := json.Unmarshal([]byte(r.cell(r.header[0])), into); err != nil {
			t.Fatalf("%s:%d: %v", page, r.line, err)
		}
		changed := policy
		changed.Rules = append(slices.Clip(policy.Rules), rule)
		lead := qualify.Lead{Activities: activities}
		got := must(must(qualify.Compile(changed)).Assess(&lead, at)).Score.Contributions[len(policy.Rules)].Points
		if want := r.number(t, column); got != want {
			t.Errorf("%s:%d: %v, and not %v", page, r.line, got, want)
		}
	}
	// The visits are those of the page.
	var sitting []qualify.Activity
	for _, v := range []struct{ clock, path string }{{"10:00", "a"}, {"10:10", "b"}, {"10:20", "a"}, {"11:00", "a"}, {"11:05", "b"}} {
		clock := must(time.Parse("15:04", v.clock))
		sitting = append(sitting, qualify.Activity{ID: v.path + " " + v.clock, Type: "page_view", Props: map[string]any{"path": v.path},
			At: time.Date(2026, 10, 31, clock.Hour(), clock.Minute(), 0, 0, time.UTC)})
	}
	for _, r := range rows(t, page) {
		if !r.has("occurs at") {
			continue
		}
		checked["signal"]++
		probe := qualify.Signal{ID: "probe"}
		if err := json.Unmarshal([]byte(r.cell("signal")), &probe); err != nil {
			t.Fatalf("%s:%d: %v", page, r.line, err)
		}
		changed := policy
		changed.Signals = append(slices.Clip(policy.Signals), probe)
		changed.Rules = append(slices.Clip(policy.Rules), qualify.Rule{ID: "probe", On: "probe", Points: 1})
		e := must(must(qualify.Compile(changed)).Explain(&qualify.Lead{Activities: sitting}, at))
		var occurs []string
		for _, o := range slices.Backward(e.Rules[len(e.Rules)-1].Parts[0].Occurrences) {
			if o.LeftOut == "" {
				occurs = append(occurs, o.Activity)
			}
		}
		if got := strings.Join(occurs, ", "); got != r.cell("occurs at") {
			t.Errorf("%s:%d: it occurs at %s", page, r.line, got)
		}
	}
	if checked["limit"] < 5 || checked["signal"] < 7 || checked["decay"] < 6 || checked["example"] < 50 || checked["not"] < 10 {
		t.Errorf("only %v were found", checked)
	}
	for _, function := range expression.Functions() {
		if !strings.Contains(examples.String(), function+"(") {
			t.Errorf("%s has no example of %s", page, function)
		}
	}
}

// answer evaluates an expression where it may stand: as a criterion, a rule's condition,
// a stage's, a number, or a condition of activities. The error is that of the rule.
func answer(policy qualify.Policy, lead qualify.Lead, at time.Time, expression string) (string, error) {
	assess := func(change func(*qualify.Policy)) (qualify.Explanation, error) {
		changed := policy
		changed.Criteria, changed.Rules = slices.Clip(policy.Criteria), slices.Clip(policy.Rules)
		changed.Stages, changed.Signals = slices.Clip(policy.Stages), slices.Clip(policy.Signals)
		change(&changed)
		model, err := qualify.Compile(changed)
		if err != nil {
			return qualify.Explanation{}, err
		}
		return model.Explain(&lead, at)
	}
	last := func(e qualify.Explanation) qualify.Contribution {
		return e.Assessment.Score.Contributions[len(e.Assessment.Score.Contributions)-1]
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: "probe", Met: expression})
	}); err == nil {
		return e.Assessment.Checklist.Answer("probe").String(), nil
	}
	e, wrong := assess(func(p *qualify.Policy) {
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", When: expression, Points: 1})
	})
	if wrong == nil {
		return last(e).Answer.String(), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Stages = append(p.Stages, qualify.Stage{ID: "probe", Enter: expression})
	}); err == nil {
		stage := e.Stages[len(e.Stages)-1]
		return stage.Parts[slices.IndexFunc(stage.Parts, func(p qualify.Part) bool { return p.Field == "enter" })].Answer.String(), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", Multiply: expression, Points: 1})
	}); err == nil {
		rule := e.Rules[len(e.Rules)-1]
		if rule.Parts[slices.IndexFunc(rule.Parts, func(p qualify.Part) bool { return p.Field == "multiply" })].Answer == qualify.Unknown {
			return qualify.Unknown.String(), nil
		}
		return strconv.FormatFloat(last(e).Points, 'f', -1, 64), nil
	}
	if e, err := assess(func(p *qualify.Policy) {
		p.Signals = append(p.Signals, qualify.Signal{ID: "probe", Types: []string{"*"}, Where: expression})
		p.Rules = append(p.Rules, qualify.Rule{ID: "probe", On: "probe", Points: 1})
	}); err == nil {
		return fmt.Sprintf("%d of %d", last(e).Count, len(lead.Activities)), nil
	}
	return "nothing", wrong
}

// The tables of the page on the order of operations are what the model computes of the
// leads of its scenarios, occurrence by occurrence.
func TestOrderPage(t *testing.T) {
	t.Parallel()
	const page = "docs/order-of-operations.md"
	var model *qualify.Model
	var scenarios []string
	for _, b := range pages(t)[page] {
		if b.lang == "json" {
			policy, err := qualify.ParsePolicy([]byte(b.text))
			if err != nil {
				t.Fatal(err)
			}
			model = qualify.MustCompile(policy)
		} else if b.lang == "scenario" {
			scenarios = strings.Split(b.text, "\nscenario ")[1:]
		}
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	explain := func(scenario string, at time.Time) qualify.Explanation {
		_, facts, _ := strings.Cut(scenario, "\n")
		facts, _, _ = strings.Cut(facts, "  at ")
		lead := qualifytest.Lead(t, model, now, strings.Split(strings.TrimSpace(facts), "\n")...)
		e, err := model.Explain(&lead, at)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	today, later := explain(scenarios[0], now), explain(scenarios[1], now.AddDate(0, 0, 30))

	// points gives those of a rule, of a group or of all, and the sum that they came from.
	points := func(e qualify.Explanation, id string) (points, raw float64) {
		s := e.Assessment.Score
		for _, c := range s.Contributions {
			if c.Rule == id {
				return c.Points, c.Raw
			}
		}
		for _, g := range s.Groups {
			if g.Group == id {
				return g.Points, g.Raw
			}
		}
		if id != "total" {
			t.Errorf("no %q", id)
		}
		return s.Points, s.Raw
	}
	left := map[string][]qualify.Occurrence{} // the oldest first
	for _, rule := range today.Rules {
		for _, part := range rule.Parts {
			if part.Field == "on" {
				left[rule.ID] = slices.Clone(part.Occurrences)
				slices.Reverse(left[rule.ID])
			}
		}
	}
	rule, checked := "", 0
	for _, r := range rows(t, page) {
		var got float64
		column := "pays"
		switch {
		case r.has("occurrence"):
			if name, _, _ := strings.Cut(r.cells[0], ","); name != "" {
				rule = strings.Trim(name, "`")
			}
			n, worth := 1, 0.0
			if _, err := fmt.Sscanf(r.cell("occurrence"), "%d visits", &n); err != nil {
				n = 1
			}
			for _, o := range left[rule][:n] {
				got += o.Points
				worth = o.Worth
			}
			left[rule] = left[rule][n:]
			if before, _ := strconv.ParseFloat(strings.Fields(r.cell("before decay"))[0], 64); before != worth {
				t.Errorf("%s:%d: worth %v", page, r.line, worth)
			}
		case r.has("Anna"):
			got, _ = points(today, r.cell("rule"))
		case r.has("in 30 days"):
			got, _ = points(later, r.cell("in 30 days"))
		case r.has("group"):
			var raw float64
			column = "result"
			if got, raw = points(today, r.cell("group")); raw != r.number(t, "sum") {
				t.Errorf("%s:%d: the sum is %v", page, r.line, raw)
			}
		default:
			continue
		}
		checked++
		if want := r.number(t, column); got != want {
			t.Errorf("%s:%d: %v, and not %v", page, r.line, got, want)
		}
	}
	for rule, rest := range left {
		if len(rest) > 0 {
			t.Errorf("the page leaves out %d occurrences of %s", len(rest), rule)
		}
	}
	if checked < 20 {
		t.Errorf("only %d rows were found", checked)
	}
}
