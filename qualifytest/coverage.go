package qualifytest

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// Cover is an error of the test for each policy of which scenarios show less than so
// many percent, with its gaps. The model, the file system and the options are those of
// Run.
func Cover(t testing.TB, model *qualify.Model, fsys fs.FS, least float64, options ...qualify.Option) {
	t.Helper()
	suite, err := Load(model, fsys, options...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := suite.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Percent() < least {
			t.Error(c)
		}
	}
}

// Coverage is what scenarios showed of a policy: how often what can come about did,
// at the instants that they assess.
type Coverage struct {
	// Policy is the policy's name.
	Policy string
	// Seen is how many of the things that can come about did, Of how many there are:
	// that a rule pays, and that it does not; the answers of each condition, down to
	// the single comparison (unknown only where its facts can be); the answers of
	// criteria; that a stage is entered, left and blocked; the bands; and of signals
	// that an activity is one, and, with a condition, that one is not.
	Seen, Of int
	// Gaps are what never came about, in the policy's order.
	Gaps []Gap

	policy qualify.Policy
}

// Gap is something that never came about in the scenarios.
type Gap struct {
	// Place is where in the policy, such as "rule demo, when" or "stage mql".
	Place string
	// Condition is the condition or the part of one, as expressions write it; blank
	// for what is no condition.
	Condition string
	// Never are the answers or events that never came about, such as no, unknown,
	// paid, entered.
	Never []string

	kind, id, field string // of the place
}

// Coverage runs the scenarios, whatever they expect, and gives what they show of each
// policy that they are about, in the order of the files.
func (s *Suite) Coverage() ([]Coverage, error) {
	var order []string
	all := map[string]*tally{}
	for _, f := range s.files {
		if f.Model == nil {
			continue
		}
		id := f.Model.Fingerprint()
		if all[id] == nil {
			var err error
			if all[id], err = newTally(f.Model, s.options); err != nil {
				return nil, fmt.Errorf("%s: the signals alone: %w", f.Name, err)
			}
			order = append(order, id)
		}
		for _, sc := range f.Scenarios {
			if err := sc.Play(f.Model, all[id].see); err != nil {
				return nil, err
			}
		}
	}
	var out []Coverage
	for _, id := range order {
		out = append(out, all[id].coverage())
	}
	return out, nil
}

// Percent is Seen of Of in percent; 100 if there is nothing to see.
func (c Coverage) Percent() float64 {
	if c.Of == 0 {
		return 100
	}
	return 100 * float64(c.Seen) / float64(c.Of)
}

// String tells the share, and the gaps, one a line.
func (c Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d, %.1f %%\n", c.Policy, c.Seen, c.Of, c.Percent())
	for _, g := range c.Gaps {
		b.WriteString("  " + g.String() + "\n")
	}
	return b.String()
}

// String tells the gap on a line.
func (g Gap) String() string {
	line := g.Place + ": "
	if g.Condition != "" {
		line += g.Condition + " is "
	}
	return line + "never " + strings.Join(g.Never, ", never ")
}

// Marked gives the policy's document with a mark before each line that has a gap, and
// the gaps below it.
func (c Coverage) Marked() string {
	lines := strings.Split(strings.TrimSuffix(c.policy.String(), "\n"), "\n")
	below := make([][]string, len(lines))
	for _, g := range c.Gaps {
		said := g.String()
		line := seek(lines, g.kind, g.id, g.field)
		below[line] = append(below[line], strings.TrimPrefix(said, g.Place+": "))
	}
	var b strings.Builder
	for i, text := range lines {
		mark := "  "
		if below[i] != nil {
			mark = "! "
		}
		b.WriteString(mark + text + "\n")
		for _, said := range below[i] {
			b.WriteString("  " + text[:len(text)-len(strings.TrimLeft(text, " "))] + "^ " + said + "\n")
		}
	}
	return b.String()
}

// lists are the fields of the document that hold what a place begins with.
var lists = map[string]string{"signal": "signals", "rule": "rules", "group": "groups", "criterion": "criteria", "stage": "stages"}

// seek finds the line of a field of what has an ID in the document, or of the ID.
func seek(lines []string, kind, id, field string) int {
	at := slices.Index(lines, "  \""+lists[kind]+"\": [")
	for at < 0 || at < len(lines)-1 && strings.TrimSuffix(lines[at], ",") != fmt.Sprintf("      \"id\": %s", quoted(id)) {
		at++
	}
	if name, tier, ok := strings.Cut(field, "["); ok {
		n := 0
		fmt.Sscanf(tier, "%d]", &n)
		for i := at; i < len(lines) && lines[i] != "    }" && lines[i] != "    },"; i++ {
			if strings.HasPrefix(lines[i], "          \"when\": ") {
				if n--; n < 0 {
					return i
				}
			}
		}
		field = name
	}
	for i := at; i < len(lines) && lines[i] != "    }" && lines[i] != "    },"; i++ {
		if field != "" && strings.HasPrefix(lines[i], "      \""+field+"\": ") {
			return i
		}
	}
	return at
}

// quoted writes text as the document does.
func quoted(s string) string {
	text := qualify.Policy{Name: s}.String()
	_, text, _ = strings.Cut(text, `"name": `)
	return strings.TrimSuffix(text, "\n}\n")
}

// tally counts what scenarios show of one policy.
type tally struct {
	policy qualify.Policy
	model  *qualify.Model
	signal *qualify.Model // pays one point an occurrence
	seen   map[string]bool
	parts  map[string][]shown // by place: the conditions there
}

// shown is a condition, or a part of one, that an explanation has.
type shown struct {
	path, condition string
	answers         []string // that it can give
}

func newTally(m *qualify.Model, options []qualify.Option) (*tally, error) {
	t := &tally{policy: m.Policy(), model: m, seen: map[string]bool{}, parts: map[string][]shown{}}
	p := qualify.Policy{Properties: t.policy.Properties, Signals: t.policy.Signals}
	for i, s := range t.policy.Signals {
		p.Rules = append(p.Rules, qualify.Rule{ID: fmt.Sprint(i), On: s.ID, Points: 1})
	}
	var err error
	t.signal, err = qualify.Compile(p, append(slices.Clone(options), qualify.WithLocation(m.Location()))...)
	return t, err
}

// see looks at the lead at an instant, in the stage that it comes with.
func (t *tally) see(lead *qualify.Lead, at time.Time) error {
	e, err := t.model.Explain(lead, at)
	if err != nil {
		return err
	}
	signals, err := t.signal.Assess(lead, at)
	if err != nil {
		return err
	}
	for i, s := range t.policy.Signals {
		place := "signal " + s.ID
		n := signals.Score.Contributions[i].Count
		if n > 0 {
			t.seen[place+" occurred"] = true
		}
		types := s.Types
		if len(types) == 0 {
			types = []string{s.ID}
		}
		once := map[[2]string]bool{}
		for _, a := range lead.Activities {
			if a.ID != "" && once[[2]string{a.Type, a.ID}] {
				continue
			}
			once[[2]string{a.Type, a.ID}] = true
			if !a.At.After(at) && (slices.Contains(types, a.Type) || slices.Contains(types, "*")) {
				n--
			}
		}
		if n < 0 {
			t.seen[place+" left out"] = true
		}
	}
	for i, r := range e.Rules {
		place := "rule " + r.ID
		if e.Assessment.Score.Contributions[i].Points != 0 {
			t.seen[place+" paid"] = true
		} else {
			t.seen[place+" not paid"] = true
		}
		t.conditions(place, r.Parts)
		for _, p := range r.Parts {
			if strings.HasPrefix(p.Field, "tiers[") && p.Answer != qualify.No {
				t.seen[place+", "+p.Field+" the tier that pays"] = p.Answer == qualify.Yes || t.seen[place+", "+p.Field+" the tier that pays"]
				break
			}
		}
	}
	for _, c := range e.Criteria {
		t.seen["criterion "+c.ID+" "+c.Answer.String()] = true
		t.conditions("criterion "+c.ID, c.Parts)
	}
	v := &e.Assessment.Verdict
	for _, s := range e.Stages {
		t.conditions("stage "+s.ID, s.Parts)
	}
	if v.Stage != v.From {
		t.seen["stage "+v.Stage+" entered"] = true
		t.seen["stage "+v.From+" left"] = true
	}
	if len(v.Blockers) > 0 {
		t.seen["stage "+v.Next+" blocked"] = true
	}
	t.seen["group total "+e.Assessment.Score.Band] = true
	for _, g := range e.Assessment.Score.Groups {
		t.seen["group "+g.Group+" "+g.Band] = true
	}
	return nil
}

// conditions notes the answers of conditions, and of the comparisons in them.
func (t *tally) conditions(place string, parts []qualify.Part) {
	for _, p := range parts {
		if p.Field != "on" && p.Field != "multiply" {
			t.condition(place+", "+p.Field, "", p)
		}
	}
}

func (t *tally) condition(place, path string, p qualify.Part) {
	key := place + "\x00" + path
	t.seen[key+"\x00"+p.Answer.String()] = true
	joined := slices.ContainsFunc(p.Parts, func(q qualify.Part) bool { return q.Field == "" && !asked(q) })
	if !slices.ContainsFunc(t.parts[place], func(s shown) bool { return s.path == path }) {
		t.parts[place] = append(t.parts[place], shown{path, p.Condition, answers(p, joined)})
	}
	if joined {
		for i, q := range p.Parts {
			t.condition(place, fmt.Sprintf("%s/%d", path, i), q)
		}
	}
}

// asked reports whether a part is a function of the history that a comparison asks.
func asked(p qualify.Part) bool { return len(p.Values) == 0 && len(p.Parts) == 0 }

// answers gives those that a condition can give: unknown only if a fact that it rests
// on can be, which for questions to the checklist is known in the end.
func answers(p qualify.Part, joined bool) []string {
	switch {
	case p.Condition == "true" || p.Condition == "false":
		return nil
	case joined || strings.HasPrefix(p.Condition, "known(") || strings.Contains(p.Condition, "??"):
		return []string{"yes", "no"}
	}
	can := []string{"yes", "no"}
	// How many criteria are met is known always; which of them are not comes with it.
	counts := slices.ContainsFunc(p.Values, func(v qualify.Value) bool { return strings.HasPrefix(v.Fact, "met_count(") })
	for _, v := range p.Values {
		for _, f := range []string{"lead", "latest(", "first(", "highest(", "lowest(", "mean(", "days_since", "calendar_days_since(", "days_between(", "days_until(", "days_in_stage("} {
			if strings.HasPrefix(v.Fact, f) {
				return append(can, "unknown")
			}
		}
		if strings.HasPrefix(v.Fact, "met(") && !counts || strings.HasPrefix(v.Fact, "all_met(") {
			can = append(can, perhaps+v.Fact)
		}
	}
	return can
}

// perhaps stands before a question to the checklist: what asks it can be unknown if a
// criterion can.
const perhaps = "?"

// known turns what answers gives into the answers that can come about.
func (t *tally) known(can []string) (all []string) {
	for _, a := range can {
		fact, ok := strings.CutPrefix(a, perhaps)
		if ok && slices.ContainsFunc(t.policy.Criteria, func(c qualify.Criterion) bool {
			return t.uncertain(c) && (fact == fmt.Sprintf("met(%q)", c.ID) || strings.HasPrefix(fact, "all_met(") && (fact == "all_met()" || fact == fmt.Sprintf("all_met(%q)", c.Set)))
		}) {
			a, ok = "unknown", false
		}
		if !ok && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// uncertain reports whether a criterion can be unknown.
func (t *tally) uncertain(c qualify.Criterion) bool {
	return c.Unmet != "" || slices.ContainsFunc(t.parts["criterion "+c.ID+", met"], func(s shown) bool { return slices.Contains(s.answers, "unknown") })
}

// coverage sums up.
func (t *tally) coverage() Coverage {
	c := Coverage{Policy: t.policy.Name, policy: t.policy}
	note := func(g Gap, can []string, saw func(string) bool) {
		for _, what := range can {
			c.Of++
			if saw(what) {
				c.Seen++
			} else {
				g.Never = append(g.Never, what)
			}
		}
		if g.Never != nil {
			c.Gaps = append(c.Gaps, g)
		}
	}
	gap := func(kind, id, field, condition string) Gap {
		g := Gap{Place: kind + " " + id, Condition: condition, kind: kind, id: id, field: field}
		if field != "" {
			g.Place += ", " + field
		}
		return g
	}
	plain := func(kind, id, field string, can ...string) {
		g := gap(kind, id, field, "")
		note(g, can, func(what string) bool { return t.seen[g.Place+" "+what] })
	}
	conditions := func(kind, id string, fields ...string) {
		for _, field := range fields {
			at := gap(kind, id, field, "").Place
			for _, s := range t.parts[at] {
				note(gap(kind, id, field, s.condition), t.known(s.answers), func(what string) bool { return t.seen[at+"\x00"+s.path+"\x00"+what] })
			}
		}
	}
	for _, s := range t.policy.Signals {
		can := []string{"occurred"}
		if s.Where != "" || s.Within != 0 && s.Repeats == "" {
			can = append(can, "left out")
		}
		plain("signal", s.ID, "", can...)
	}
	for _, r := range t.policy.Rules {
		sure := slices.ContainsFunc(r.Tiers, func(t qualify.Tier) bool { return t.When == "true" }) || r.When == "true" && r.On == ""
		switch {
		case r.Points == 0 && r.Else == 0 && len(r.Tiers) == 0:
		case r.Else != 0 || sure && r.Multiply == "": // perhaps it always pays something
			plain("rule", r.ID, "", "paid")
		default:
			plain("rule", r.ID, "", "paid", "not paid")
		}
		fields := []string{"when"}
		for i := range r.Tiers {
			field := fmt.Sprintf("tiers[%d].when", i)
			fields = append(fields, field)
			plain("rule", r.ID, field, "the tier that pays")
		}
		conditions("rule", r.ID, fields...)
	}
	for _, g := range t.policy.Groups {
		var can []string
		for _, b := range g.Bands {
			can = append(can, b.Label)
		}
		note(gap("group", g.ID, "", ""), can, func(label string) bool { return t.seen["group "+g.ID+" "+label] })
	}
	for _, c := range t.policy.Criteria {
		can := []string{"yes", "no", "unknown"}
		if !t.uncertain(c) {
			can = can[:2]
		}
		if c.Unmet == "false" {
			can = []string{"yes", "unknown"}
		}
		plain("criterion", c.ID, "", can...)
		conditions("criterion", c.ID, "met", "unmet")
	}
	for _, s := range t.policy.Stages {
		can := []string{"entered", "left", "blocked"}
		if s.Exit || s.Enter == "true" {
			can = can[:2]
		}
		if s.Keep == "true" {
			can = slices.DeleteFunc(can, func(what string) bool { return what == "left" })
		}
		plain("stage", s.ID, "", can...)
		conditions("stage", s.ID, "enter", "keep")
	}
	return c
}
