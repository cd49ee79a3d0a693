package qualifytest

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/suggest"
)

// file is a file of scenarios.
type file struct {
	name      string
	lines     []string
	model     *qualify.Model
	now       time.Time
	fails     []expectation // of the policy document
	scenarios []*scenario
}

// scenario is one story.
type scenario struct {
	file  *file
	name  string
	line  int // from 1
	steps []step
}

// step is a line of a scenario: facts, or an instant with what is expected of it.
type step struct {
	line   int
	apply  func(*qualify.Lead) // of facts
	at     time.Time           // of an instant
	expect []expectation
}

// expectation is a line below an instant.
type expectation struct {
	line int
	// check reports whether it is so, and gives the line as it would have to be.
	check func(*outcome) (got string, ok bool)
	rule  string // the rule concerned, if one is
}

// outcome is what there is at an instant.
type outcome struct {
	qualify.Assessment
	now  time.Time
	next func() time.Time // when it changes by itself, exactly
}

// parser reads a file.
type parser struct {
	*file
	policy qualify.Policy
	line   int
	indent int
	errs   []error
}

// parse reads a file. The model is that of the call; the file may name another.
func parse(fsys fs.FS, name string, model *qualify.Model) (*file, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	p := parser{file: &file{name: name, lines: strings.Split(string(data), "\n"), model: model, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if model != nil {
		p.policy = model.Policy()
	}
	var named error // what is wrong with the document that the file names
	broken := false
	for i, text := range p.lines {
		p.line = i + 1
		words, err := split(text)
		if err != nil {
			p.fail("%v", err)
			continue
		}
		if len(words) == 0 {
			continue
		}
		switch first := words[0]; {
		case first.text == "scenario":
			if broken {
				p.fail("the policy does not compile: there are no scenarios to run")
			}
			p.scenario(text)
		case len(p.scenarios) > 0:
			p.below(words, text)
		case first.text == "now":
			p.begin(words)
		case first.text == "policy":
			named = p.document(fsys, words)
			broken = p.file.model == nil
		case first.text == "fails":
			want := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(uncomment(text)), "fails"))
			p.failure(want, named)
			named = nil
		default:
			p.fail("%s stands before the first scenario: begin with scenario and a name", suggestion(first.text, "scenario", "now", "policy", "fails"))
		}
	}
	if named != nil {
		p.errs = append(p.errs, fmt.Errorf("%s: %w", name, named))
	}
	if p.file.model == nil && named == nil && len(p.fails) == 0 {
		p.line = 1
		p.fail("there is no policy: give Run a model, or begin the file with policy and the name of a document")
	}
	return p.file, errors.Join(p.errs...)
}

func (p *parser) fail(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.name, p.line, fmt.Sprintf(format, args...)))
}

// scenario begins one. Its name is the rest of the line.
func (p *parser) scenario(text string) {
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(uncomment(text)), "scenario"))
	if name == "" {
		p.fail("the scenario has no name")
	}
	for _, s := range p.scenarios {
		if s.name == name {
			p.fail("there is a scenario of this name in line %d", s.line)
		}
	}
	p.scenarios = append(p.scenarios, &scenario{file: p.file, name: name, line: p.line})
}

// begin reads what 0d is.
func (p *parser) begin(words []word) {
	var all []string
	for _, w := range words[1:] {
		all = append(all, w.text)
	}
	now, ok := instant(strings.Join(all, " "), p.now)
	if !ok || len(all) == 0 {
		p.fail("now is a date or a time, such as 2026-11-01 12:00")
		return
	}
	p.now = now
}

// document reads and compiles the document that the file names, and says what is wrong
// with it.
func (p *parser) document(fsys fs.FS, words []word) error {
	if len(words) != 2 {
		p.fail(`policy takes the name of one document, such as policy "my policy.json"`)
		return nil
	}
	data, err := fs.ReadFile(fsys, words[1].text)
	if err != nil {
		p.fail("%v", err)
		return nil
	}
	p.file.model = nil
	policy, err := qualify.ParsePolicy(data)
	if err != nil {
		return err
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		return err
	}
	p.file.model, p.policy = model, policy
	return nil
}

// failure expects that the document does not compile.
func (p *parser) failure(want string, why error) {
	p.fails = append(p.fails, expectation{line: p.line, check: func(*outcome) (string, bool) {
		if why == nil {
			return "the policy compiles", false
		}
		return "fails " + strings.ReplaceAll(why.Error(), "\n", "\n    "), strings.Contains(why.Error(), want)
	}})
}

// below reads a line of a scenario.
func (p *parser) below(words []word, text string) {
	if p.file.model == nil {
		return // it is said already
	}
	s := p.scenarios[len(p.scenarios)-1]
	last := len(s.steps) - 1
	first := words[0].text
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	add := func(apply func(*qualify.Lead)) {
		if apply != nil {
			s.steps = append(s.steps, step{line: p.line, apply: apply})
		}
	}
	switch at, isInstant := instant(first, p.now); {
	case first == "lead":
		add(p.attributes(words[1:]))
	case first == "in":
		add(p.stage(words[1:]))
	case first == "at":
		if len(words) < 2 {
			p.fail("at takes an instant, such as 0d or +30d")
			return
		}
		at, ok := instant(join(words[1:]), p.now)
		if !ok {
			p.fail("%q is no instant: write an offset such as +30d or -1d12h, or a date", join(words[1:]))
			return
		}
		if n := slices.IndexFunc(s.steps, func(o step) bool { return o.apply == nil && o.at.After(at) }); n >= 0 {
			p.fail("it lies before the instant of line %d: the stage is carried from one to the next", s.steps[n].line)
			return
		}
		p.indent = indent
		s.steps = append(s.steps, step{line: p.line, at: at})
	case isInstant && !words[0].quoted:
		add(p.activity(at, words[1:]))
	case last >= 0 && s.steps[last].apply == nil && indent > p.indent:
		if e, ok := p.expectation(words, text); ok {
			s.steps[last].expect = append(s.steps[last].expect, e)
		}
	default:
		if _, ok := p.expectation(words, text); ok {
			p.fail("%s is expected of no instant: write it below at and an instant, and further to the right", first)
		}
	}
}

// attributes reads attributes of the profile.
func (p *parser) attributes(words []word) func(*qualify.Lead) {
	facts, ok := p.facts(words, p.policy.Profile, "attribute", "lead")
	if !ok {
		return nil
	}
	return func(lead *qualify.Lead) {
		if lead.Profile == nil {
			lead.Profile = map[string]any{}
		}
		for name, value := range facts {
			if value == "" {
				delete(lead.Profile, name)
			} else {
				lead.Profile[name] = value
			}
		}
	}
}

// facts reads name=value pairs.
func (p *parser) facts(words []word, fields []qualify.Field, what, where string) (map[string]any, bool) {
	facts, fine := map[string]any{}, true
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	for _, w := range words {
		if !w.pair {
			p.fail("%q is no %s: write name=value", w.text, what)
			fine = false
			continue
		}
		i := slices.Index(names, w.text)
		if i < 0 {
			p.fail("the policy declares no %s %s", what, suggestion(w.text, names...))
			fine = false
			continue
		}
		if _, twice := facts[w.text]; twice {
			p.fail("%s is given twice", w.text)
			fine = false
		}
		facts[w.text] = w.value
		if fields[i].Kind == qualify.Time && !w.valueQuoted && w.value != "" {
			at, ok := instant(w.value, p.now)
			if ok {
				facts[w.text] = at
			}
		}
	}
	return facts, fine
}

// stage reads the stage that the lead comes with: mql, or mql since -40d.
func (p *parser) stage(words []word) func(*qualify.Lead) {
	if len(words) != 1 && (len(words) < 3 || words[1].text != "since") {
		p.fail("write in and a stage, and perhaps since and an instant: in mql since -40d")
		return nil
	}
	id, since := words[0].text, time.Time{}
	if len(words) > 1 {
		var ok bool
		if since, ok = instant(join(words[2:]), p.now); !ok {
			p.fail("%q is no instant: write an offset such as -40d, or a date", join(words[2:]))
			return nil
		}
	}
	if id == "none" {
		id = ""
	} else if !p.known("stage", id, stageIDs(p.policy)) {
		return nil
	}
	return func(lead *qualify.Lead) { lead.Stage, lead.StageSince = id, since }
}

// activity reads a type, how many, an ID and properties.
func (p *parser) activity(at time.Time, words []word) func(*qualify.Lead) {
	if len(words) == 0 || words[0].pair {
		p.fail("an activity has a type: write it behind the instant")
		return nil
	}
	kind, rest, n := words[0].text, words[1:], 1
	if !p.takes(kind) {
		return nil
	}
	id := ""
	for len(rest) > 0 {
		w := rest[0]
		if times, ok := strings.CutPrefix(w.text, "x"); ok && !w.pair && !w.quoted {
			k, err := strconv.Atoi(times)
			if err != nil || k < 1 || k > 100_000 {
				p.fail("%q is no number of times: write x4 for four", w.text)
				return nil
			}
			n = k
		} else if w.pair && w.text == "id" {
			id = w.value
		} else {
			break
		}
		rest = rest[1:]
	}
	if id != "" && n > 1 {
		p.fail("with one ID they are one activity, delivered %d times: leave out x%d or id", n, n)
		return nil
	}
	props, ok := p.facts(rest, p.policy.Properties, "property", "activity")
	if !ok {
		return nil
	}
	return func(lead *qualify.Lead) {
		for range n {
			lead.Activities = append(lead.Activities, qualify.Activity{ID: id, Type: kind, At: at, Props: props})
		}
	}
}

// takes reports whether some signal takes activities of a type, and says so if not.
func (p *parser) takes(kind string) bool {
	var types []string
	for _, s := range p.policy.Signals {
		if s.Of == "" && len(s.Types) == 0 {
			types = append(types, s.ID)
		}
		types = append(types, s.Types...)
	}
	if slices.Contains(types, kind) || slices.Contains(types, "*") {
		return true
	}
	p.fail("no signal takes activities of the type %s", suggestion(kind, types...))
	return false
}

// known reports whether there is such an ID, and says so if not.
func (p *parser) known(what, id string, all []string) bool {
	if slices.Contains(all, id) {
		return true
	}
	p.fail("the policy has no %s %s", what, suggestion(id, all...))
	return false
}

func stageIDs(p qualify.Policy) (ids []string) {
	for _, s := range p.Stages {
		ids = append(ids, s.ID)
	}
	return ids
}

// suggestion quotes a word, and what may have been meant.
func suggestion(word string, known ...string) string {
	if meant, ok := suggest.Closest(word, known); ok {
		return fmt.Sprintf("%q (did you mean %q?)", word, meant)
	}
	return strconv.Quote(word)
}

// word is a word of a line, or a name=value pair.
type word struct {
	text        string // the name, of a pair
	value       string
	pair        bool
	quoted      bool // in quotation marks, and so the value
	valueQuoted bool
	from        int // where it begins in the line
}

func join(words []word) string {
	var all []string
	for _, w := range words {
		all = append(all, w.text)
	}
	return strings.Join(all, " ")
}

// split splits a line into words, up to a comment.
func split(line string) ([]word, error) {
	var words []word
	rest := line
	for {
		rest = strings.TrimLeft(rest, " \t\r")
		if rest == "" || rest[0] == '#' {
			return words, nil
		}
		w := word{from: len(line) - len(rest)}
		var err error
		if w.text, w.quoted, rest, err = token(rest, " \t\r="); err != nil {
			return nil, err
		}
		if strings.HasPrefix(rest, "=") && w.text != "" {
			w.pair = true
			if w.value, w.valueQuoted, rest, err = token(rest[1:], " \t\r"); err != nil {
				return nil, err
			}
		} else if strings.HasPrefix(rest, "=") { // ==, <=, >= and the like are words
			end := strings.IndexAny(rest, " \t\r")
			if end < 0 {
				end = len(rest)
			}
			w.text, rest = rest[:end], rest[end:]
		}
		words = append(words, w)
	}
}

// token reads up to one of some characters, or what is in quotation marks.
func token(s, ends string) (text string, quoted bool, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		prefix, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", true, "", fmt.Errorf("the quotation mark is not closed: %s", s)
		}
		text, err = strconv.Unquote(prefix)
		return text, true, s[len(prefix):], err
	}
	if end := strings.IndexAny(s, ends); end >= 0 {
		return s[:end], false, s[end:], nil
	}
	return s, false, "", nil
}

// uncomment takes the comment off a line whose words need no quotation marks.
func uncomment(line string) string {
	quoted := false
	for i, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '#' && !quoted && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return line[:i]
		}
	}
	return line
}

var units = []struct {
	name string
	size time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}, {"ns", 1}}

// instant reads an offset from now, a date or a time.
func instant(s string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	rest, sign := s, time.Duration(1)
	for terms := 0; ; terms++ {
		switch {
		case rest == "":
			return now, terms > 0
		case rest[0] == '+':
			sign, rest = 1, rest[1:]
		case rest[0] == '-':
			sign, rest = -1, rest[1:]
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || n > 1e11 {
			return now, false
		}
		rest = rest[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))
		i := slices.IndexFunc(units, func(u struct {
			name string
			size time.Duration
		}) bool {
			return u.name == rest[:letters]
		})
		if i < 0 || n > int64(1<<62)/int64(units[i].size) {
			return now, false
		}
		now, rest = now.Add(sign*time.Duration(n)*units[i].size), rest[letters:]
	}
}

// offset writes an instant as instant reads it.
func offset(t, now time.Time) string {
	d := t.Sub(now)
	if d == 0 {
		return "0d"
	}
	s := "+"
	if d < 0 {
		s, d = "-", -d
	}
	for _, u := range units[1:] {
		if n := d / u.size; n > 0 {
			s += strconv.FormatInt(int64(n), 10) + u.name
			d -= n * u.size
		}
	}
	return s
}
