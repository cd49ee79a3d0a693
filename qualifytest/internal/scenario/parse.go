// Package scenario reads scenarios, plays them with a model, and writes them: it knows the
// language that the documentation of package qualifytest describes.
package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/suggest"
)

// File is a file of scenarios.
type File struct {
	// Name is its path in the file system.
	Name string
	// Model is that of the policy that the file is about; nil if the policy does not compile.
	Model *qualify.Model
	// Now is the instant 0d.
	Now time.Time
	// Scenarios are in the order of the file.
	Scenarios []*Scenario

	text  string    // as it stands in the file
	lines []string  // without a byte order mark and the ends of lines
	fails []failing // of the policy document
}

// Scenario is one story.
type Scenario struct {
	// Name is unique in the file.
	Name string
	// File is the one that it stands in.
	File *File

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
	end  int // where what is expected ends in the line, and white space or a comment begins
	// check reports whether it is so, and gives the line as it would have to be, from the
	// margin to the end; of a list, all that it could be.
	check func(*outcome) (got string, ok bool)
	rule  string // the rule concerned, if one is
	list  *list  // of a line that names one of several
}

// failing is a text that the error of the document must hold.
type failing struct {
	line  int
	check func() (got string, ok bool)
}

// outcome is what there is at an instant.
type outcome struct {
	*qualify.Assessment
	now  time.Time
	next func() time.Time // when it changes by itself, exactly
}

// parser reads a file.
type parser struct {
	*File
	policy  qualify.Policy
	options []qualify.Option
	standIn *qualify.Model // in place of documents of its name; nil if there is none
	line    int            // from 1
	source  source
	indent  int
	errs    []error
}

// Load reads the files *.scenario of a file system. Its error joins what is wrong with
// them, each with file, line, column and a caret; the others are read. The model is for files that name no
// policy, and may be nil if all do; the options are for the policies that files name.
func Load(model *qualify.Model, fsys fs.FS, options ...qualify.Option) ([]*File, error) {
	return load(model, fsys, false, options)
}

// LoadFor reads the files that are about a model, as Load: those that name no policy, and
// those that name a document of a policy with the model's name, in place of which the model
// stands. It is an error if there are none.
func LoadFor(model *qualify.Model, fsys fs.FS) ([]*File, error) {
	if model == nil {
		return nil, errors.New("qualifytest: the model is nil")
	}
	files, err := load(model, fsys, true, nil)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("qualifytest: no scenario is about policy %q: the files name documents of other policies", model.Policy().Name)
	}
	return files, err
}

func load(model *qualify.Model, fsys fs.FS, standsIn bool, options []qualify.Option) ([]*File, error) {
	var files []*File
	found := false
	var errs []error
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".scenario" {
			return err
		}
		found = true
		f, err := parse(fsys, name, model, standsIn, options)
		switch {
		case err != nil:
			errs = append(errs, err)
		case f != nil:
			files = append(files, f)
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New("qualifytest: there are no files *.scenario")
	}
	return files, errors.Join(append(errs, err)...)
}

// Lead gives a lead by lines that tell facts. Its error joins what is wrong with them.
func Lead(model *qualify.Model, now time.Time, lines ...string) (qualify.Lead, error) {
	if model == nil {
		return qualify.Lead{}, errors.New("Lead: the model is nil")
	}
	f := &File{Name: "Lead", lines: lines, Model: model, Now: now}
	f.Scenarios = []*Scenario{{File: f}}
	p := parser{File: f, policy: model.Policy()}
	for i, line := range lines {
		switch {
		case !p.read(i+1, line):
		case p.source.words[0].text == "at":
			p.fail(p.source.words, "a lead is facts: there is no at")
		default:
			p.below(p.source.words)
		}
	}
	var lead qualify.Lead
	if err := errors.Join(p.errs...); err != nil {
		return lead, err
	}
	for _, s := range f.Scenarios[0].steps {
		s.apply(&lead)
	}
	return lead, nil
}

// parse reads a file. The model is that of the call; the file may name another. If the
// model stands in for documents of its name, there is no file where it names none of these.
func parse(fsys fs.FS, name string, model *qualify.Model, standsIn bool, options []qualify.Option) (*File, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	p := parser{File: &File{Name: name, text: string(data), lines: lines, Model: model, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, options: options}
	if model != nil {
		p.policy = model.Policy()
	}
	if standsIn {
		p.standIn = model
	}
	var named error // what is wrong with the document that the file names
	broken, expected := false, false
	given := map[string]int{} // the lines before the first scenario
	for i, text := range p.lines {
		if !p.read(i+1, text) {
			continue
		}
		words := p.source.words
		if first := words[0].text; len(p.Scenarios) == 0 && (first == "now" || first == "policy") {
			if given[first] > 0 {
				p.fail(words, "%s stands in line %d already", first, given[first])
			}
			given[first] = p.line
		}
		switch first := words[0]; {
		case first.text == "scenario":
			if broken {
				p.fail(words, "the policy does not compile: there are no scenarios to run")
			}
			p.scenario(words)
		case len(p.Scenarios) > 0:
			p.below(words)
		case first.text == "now":
			p.begin(words)
		case first.text == "policy":
			named = p.document(fsys, words)
			broken = p.Model == nil
			if standsIn && named == nil && len(p.errs) == 0 && p.Model != model {
				return nil, nil
			}
		case first.text == "fails":
			p.failure(p.source.raw(words[1]), named)
			expected = true
		default:
			p.fail(words, "%s stands before the first scenario: begin with scenario and a name", suggestion(first.text, "scenario", "now", "policy", "fails"))
		}
	}
	if standsIn && expected {
		return nil, nil // it is about a document that does not compile
	}
	if named != nil && !expected {
		p.errs = append(p.errs, fmt.Errorf("%s: %w", name, named))
	}
	switch {
	case len(p.errs) > 0:
	case len(p.Scenarios)+len(p.fails) == 0:
		p.failFile("there is no scenario in the file")
	case p.Model == nil && !expected:
		p.failFile("there is no policy: give Run a model, or begin the file with policy and the name of a document")
	}
	for _, s := range p.Scenarios {
		if !slices.ContainsFunc(s.steps, func(o step) bool { return len(o.expect) > 0 }) && p.Model != nil && len(p.errs) == 0 {
			p.line = s.line
			text := p.lines[s.line-1]
			p.failAt(len(text)-len(strings.TrimLeft(text, blanks)), "nothing is expected of the scenario: write at and an instant, and below it what is expected")
		}
	}
	return p.File, errors.Join(p.errs...)
}

// fail notes a mistake at the first of some words, or of the line if there are none.
func (p *parser) fail(words []word, format string, args ...any) {
	if len(words) == 0 {
		words = p.source.words
	}
	p.failAt(words[0].from, format, args...)
}

// failAt notes a mistake at a place in the line, in bytes.
func (p *parser) failAt(at int, format string, args ...any) {
	text := p.lines[p.line-1]
	m := document.Mistake{Message: fmt.Sprintf(format, args...)}.WithSource(text, utf8.RuneCountInString(text[:at]))
	m.Line = p.line
	p.errs = append(p.errs, errors.New(m.InFile(p.Name)))
}

// failFile notes what is wrong with the file as a whole.
func (p *parser) failFile(message string) {
	p.errs = append(p.errs, errors.New(document.Mistake{Line: 1, Column: 1, Message: message}.InFile(p.Name)))
}

// read splits a line into words, and reports whether there are some, of which the first
// may begin a line.
func (p *parser) read(line int, text string) bool {
	p.line = line
	var err *misread
	switch p.source, err = split(text); {
	case strings.Contains(text, "\r"):
		err = &misread{strings.Index(text, "\r"), "there is a carriage return inside the line: end lines with a line feed"}
	case !utf8.ValidString(text):
		valid := 0
		for r, size := utf8.DecodeRuneInString(text); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRuneInString(text[valid:]) {
			valid += size
		}
		err = &misread{valid, "the line is not UTF-8: save the file as UTF-8"}
	}
	words := p.source.words
	switch {
	case err != nil:
		p.failAt(err.at, "%s", err.message)
		return false
	case len(words) == 0:
		return false
	case words[0].quoted:
		p.fail(words, "%q stands in quotation marks: what a line begins with has none", words[0].text)
		return false
	case words[0].pair:
		p.fail(words, "%q stands where there is nothing to be equal: write a space behind it", words[0].text)
		return false
	}
	return true
}

// scenario begins one. Its name is the rest of the line.
func (p *parser) scenario(words []word) {
	name := p.source.raw(words[1])
	if name == "" {
		p.fail(words, "the scenario has no name")
	}
	for _, s := range p.Scenarios {
		if s.Name == name {
			p.fail(words[1:], "there is a scenario of this name in line %d", s.line)
		}
	}
	p.Scenarios = append(p.Scenarios, &Scenario{Name: name, File: p.File, line: p.line})
}

// begin reads what 0d is.
func (p *parser) begin(words []word) {
	now, ok := moment(join(words[1:]), time.UTC)
	if !ok || !representable(now) {
		p.fail(words[1:], "now is a date or a time, such as 2026-11-01 12:00")
		return
	}
	p.Now = now
}

// document reads and compiles the document that the file names, and says what is wrong
// with it.
func (p *parser) document(fsys fs.FS, words []word) error {
	if len(words) != 2 {
		p.fail(words, `policy takes the name of one document, such as policy "my policy.json"`)
		return nil
	}
	data, err := fs.ReadFile(fsys, path.Join(path.Dir(p.Name), words[1].text))
	if err != nil {
		p.fail(words[1:], "%v", err)
		return nil
	}
	p.Model = nil
	policy, err := qualify.ParsePolicy(data)
	if err != nil {
		return err
	}
	if p.standIn != nil && policy.Name == p.standIn.Policy().Name {
		p.Model, p.policy = p.standIn, p.standIn.Policy()
		return nil
	}
	model, err := qualify.Compile(policy, p.options...)
	if err != nil {
		return err
	}
	p.Model, p.policy = model, policy
	return nil
}

// failure expects that the document does not compile.
func (p *parser) failure(want string, why error) {
	p.fails = append(p.fails, failing{line: p.line, check: func() (string, bool) {
		if why == nil {
			return "the policy compiles", false
		}
		return "fails " + strings.ReplaceAll(why.Error(), "\n", "\n    "), strings.Contains(why.Error(), want)
	}})
}

// below reads a line of a scenario.
func (p *parser) below(words []word) {
	if p.Model == nil {
		return // it is said already
	}
	s := p.Scenarios[len(p.Scenarios)-1]
	last := len(s.steps) - 1
	if len(words) > 1 && clock(words[1]) { // a date and a time of day
		words[0].text += " " + words[1].text
		words = slices.Delete(words, 1, 2)
	}
	first := words[0].text
	indent := words[0].from
	add := func(apply func(*qualify.Lead)) {
		if apply != nil {
			s.steps = append(s.steps, step{line: p.line, apply: apply})
		}
	}
	switch at, isInstant := instant(first, p.Now); {
	case first == "lead":
		add(p.attributes(words[1:]))
	case first == "in":
		add(p.stage(words[1:]))
	case first == "at":
		if len(words) < 2 {
			p.fail(words, "at takes an instant, such as 0d or +30d")
			return
		}
		at, ok := instant(join(words[1:]), p.Now)
		if !ok {
			p.fail(words[1:], "%q is no instant: write an offset such as +30d or -1d12h, or a date", join(words[1:]))
			return
		}
		if n := slices.IndexFunc(s.steps, func(o step) bool { return o.apply == nil && o.at.After(at) }); n >= 0 {
			p.fail(words[1:], "it lies before the instant of line %d: the stage is carried from one to the next", s.steps[n].line)
			return
		}
		p.indent = indent
		s.steps = append(s.steps, step{line: p.line, at: at})
	case isInstant:
		add(p.activity(at, words[1:]))
	case last >= 0 && s.steps[last].apply == nil && indent > p.indent:
		if e, ok := p.expectation(words); ok {
			s.steps[last].expect = append(s.steps[last].expect, e)
		}
	default:
		if _, ok := p.expectation(words); ok {
			p.fail(words, "%s is expected of no instant: write it below at and an instant, and further to the right", first)
		}
	}
}

// attributes reads attributes of the profile.
func (p *parser) attributes(words []word) func(*qualify.Lead) {
	facts, ok := p.facts(words, p.policy.Profile, "attribute")
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
func (p *parser) facts(words []word, fields []qualify.Field, what string) (map[string]any, bool) {
	facts, fine := map[string]any{}, true
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	wrong := func(at int, format string, args ...any) {
		p.failAt(at, format, args...)
		fine = false
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !w.pair {
			wrong(w.from, "%q is no %s: write name=value", w.text, what)
			continue
		}
		k := slices.Index(names, w.text)
		if k < 0 {
			wrong(w.from, "the policy declares no %s %s", what, suggestion(w.text, names...))
			continue
		}
		key := SourceKey(fields[k])
		if _, twice := facts[key]; twice {
			wrong(w.from, "%s is given twice", w.text)
		}
		isTime := fields[k].Kind == qualify.Time
		if isTime && !w.valueQuoted && i+1 < len(words) && clock(words[i+1]) { // a date and a time of day
			i++
			w.value += " " + words[i].text
		}
		facts[key] = w.value
		switch {
		case w.valueQuoted:
		case strings.HasSuffix(w.value, ","):
			wrong(w.to-1, "%s=%s ends with a comma: write spaces between facts, and put a value that has a comma in quotation marks", w.text, w.value)
		case strings.HasPrefix(w.value, "="):
			wrong(w.valueFrom, "%s=%s has two signs of equality: write one, and put a value that begins with one in quotation marks", w.text, w.value)
		}
		if isTime {
			value, ok := timeValue(w.value, fields[k], p.Model.Location(), p.Now)
			if facts[key] = value; !ok && !w.valueQuoted {
				wrong(w.valueFrom, "%s=%s is no time: write an offset such as +30d, a date or a time between 1678 and 2262; put text that the policy cannot read in quotation marks", w.text, w.value)
			}
		}
	}
	return facts, fine
}

// SourceKey is under what a lead has an attribute, or an activity a property: the whole path goes first.
func SourceKey(f qualify.Field) string { return cmp.Or(f.From, f.Name) }

// stage reads the stage that the lead comes with: mql, or mql since -40d.
func (p *parser) stage(words []word) func(*qualify.Lead) {
	if len(words) != 1 && (len(words) < 3 || words[1].text != "since") {
		p.fail(words, "write in and a stage, and perhaps since and an instant: in mql since -40d")
		return nil
	}
	id, since := words[0].text, time.Time{}
	if len(words) > 1 {
		var ok bool
		if since, ok = instant(join(words[2:]), p.Now); !ok {
			p.fail(words[2:], "%q is no instant: write an offset such as -40d, or a date", join(words[2:]))
			return nil
		}
	}
	if id == "none" {
		id = ""
	} else if !p.known("stage", words[0], stageIDs(p.policy)) {
		return nil
	}
	return func(lead *qualify.Lead) { lead.Stage, lead.StageSince = id, since }
}

// activity reads a type, how many, an ID and properties.
func (p *parser) activity(at time.Time, words []word) func(*qualify.Lead) {
	if len(words) == 0 || words[0].pair {
		p.fail(words, "an activity has a type: write it behind the instant")
		return nil
	}
	kind, rest, n := words[0].text, words[1:], 1
	if !p.takes(words[:1]) {
		return nil
	}
	id := ""
	var pairs []word
	seen := map[string]bool{}
	once := func(w []word, what string) {
		if seen[what] {
			p.fail(w, "%s is given twice", what)
		}
		seen[what] = true
	}
	for i, w := range rest {
		times, ok := strings.CutPrefix(w.text, "x")
		switch {
		case ok && !w.pair && !w.quoted:
			k, err := strconv.Atoi(times)
			if err != nil || k < 1 || k > 100_000 {
				p.fail(rest[i:], "%q is no number of times: write x4 for four", w.text)
				return nil
			}
			once(rest[i:], "how many")
			n = k
		case w.pair && w.text == "id" && !w.quoted: // a property of this name stands in quotation marks
			once(rest[i:], "id")
			id = w.value
		default:
			pairs = append(pairs, w)
		}
	}
	if id != "" && n > 1 {
		p.fail(rest, "with one ID they are one activity, delivered %d times: leave out x%d or id", n, n)
		return nil
	}
	props, ok := p.facts(pairs, p.policy.Properties, "property")
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
func (p *parser) takes(words []word) bool {
	kind := words[0].text
	var types []string
	for _, s := range p.policy.Signals {
		if s.Repeats == "" && len(s.Types) == 0 {
			types = append(types, s.ID)
		}
		types = append(types, s.Types...)
	}
	if slices.Contains(types, kind) || slices.Contains(types, "*") {
		return true
	}
	p.fail(words, "no signal takes activities of the type %s", suggestion(kind, types...))
	return false
}

// known reports whether there is such an ID, and says so if not.
func (p *parser) known(what string, w word, all []string) bool {
	if slices.Contains(all, w.text) {
		return true
	}
	p.failAt(w.from, "the policy has no %s %s", what, suggestion(w.text, all...))
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
