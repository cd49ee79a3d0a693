package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/layout"
)

// Survey adds up what a model makes of real leads, and what in them it does not
// take: the first thing to look at when data from a CRM or an export meets a policy.
// It finds what an assessment is silent about: keys and activity types that the
// policy does not declare, with the name that was probably meant, declared fields
// that no lead has, rules that are unknown for everybody, and values that can be
// misread. NewSurvey makes one.
//
// It takes memory by what there is to tell apart, not by lead. Its slices are never
// nil. The order of the leads matters only for which undeclared names are kept; see
// Names.
//
// It holds no value of any lead, and no ID of one: only counts, the policy's own
// texts, and the keys and activity types of leads. It may be logged where keys and
// types may be.
type Survey struct {
	// Policy and Version are the policy's.
	Policy  string `json:"policy"`
	Version string `json:"version"`
	// At is the instant of the assessments, in UTC.
	At time.Time `json:"at"`
	// Leads is how many leads were assessed. Failed is how many were not: those that
	// came with an error, were nil, or have too many activities. What follows counts
	// only those that were assessed.
	Leads  int `json:"leads"`
	Failed int `json:"failed"`
	// NoProfile is how many leads have no key in their profile, and NoActivities how
	// many have no activity. Both are 0 for most sources: many of them tell that
	// records were not read as they should be.
	NoProfile    int `json:"no_profile"`
	NoActivities int `json:"no_activities"`
	// Activities is how many activities all leads have, and Later how many of these
	// are after At. The assessments leave the later ones out, and count those that
	// came twice once; Properties, Types and the other counts of activities take all.
	Activities int `json:"activities"`
	Later      int `json:"later"`

	// UndeclaredProfile are the keys of profiles that the policy does not declare,
	// UndeclaredProperties those of activities' properties, and UndeclaredTypes the
	// types of activities that no signal takes. If a signal takes "*", every type is
	// taken, and UndeclaredTypes has those that look like a misspelt one.
	UndeclaredProfile    Names `json:"undeclared_profile"`
	UndeclaredProperties Names `json:"undeclared_properties"`
	UndeclaredTypes      Names `json:"undeclared_types"`
	// Profile and Properties count, for each declared field in the policy's order,
	// the leads and the activities that have it.
	Profile    []FieldCount `json:"profile"`
	Properties []FieldCount `json:"properties"`
	// Signals, Rules and Criteria are in the policy's order, and so is Stages, which
	// begins with the plain lead.
	Signals  []SignalCount    `json:"signals"`
	Rules    []RuleCount      `json:"rules"`
	Criteria []CriterionCount `json:"criteria"`
	Stages   []StageCount     `json:"stages"`
	// Points are the total points of the leads, those of 0 left out.
	Points Spread `json:"points"`
	// Issues count what was set aside besides fields, by field and then by problem:
	// activities without a time, stages that the policy does not have.
	Issues []IssueCount `json:"issues"`

	model      *qualify.Model
	says       qualify.Assessment
	profile    fieldReader // and signals
	properties fieldReader
	names      [3]nameTable
}

// FieldCount is how many leads, or activities, have a declared field.
type FieldCount struct {
	// Field is the field as expressions write it, such as lead.employees, and Label
	// and Kind are those of its declaration.
	Field string       `json:"field"`
	Label string       `json:"label,omitempty"`
	Kind  qualify.Kind `json:"kind"`
	// Known and Unknown are how many leads, for a property how many activities, have
	// a value that can be taken, and how many have not: no value, a placeholder, or
	// one that was set aside.
	Known   int `json:"known"`
	Unknown int `json:"unknown"`
	// Leads is how many leads know the field: for a property, in one activity or more.
	Leads int `json:"leads"`
	// Problems count the values that were set aside, by problem. A list of which an
	// element was set aside may still be known.
	Problems []ProblemCount `json:"problems"`
	// Shapes count the values that look like something that is easily misread, in the
	// order of the constants.
	Shapes []ShapeCount `json:"shapes"`
}

// ProblemCount is how many values were set aside for a reason.
type ProblemCount struct {
	// Problem is the reason, as in qualify.Issue, and Count how many values there are.
	Problem qualify.Problem `json:"problem"`
	Count   int             `json:"count"`
}

// ShapeCount is how many values have a shape.
type ShapeCount struct {
	// Shape is the shape, and Count how many values have it.
	Shape Shape `json:"shape"`
	Count int   `json:"count"`
}

// SignalCount is how many leads have an occurrence of a signal, and how many
// occurrences there are.
type SignalCount struct {
	// Signal is the signal's ID, and Label its label.
	Signal string `json:"signal"`
	Label  string `json:"label,omitempty"`
	// Leads is how many leads have an occurrence, and Occurrences how many all of them
	// have.
	Leads       int `json:"leads"`
	Occurrences int `json:"occurrences"`
}

// RuleCount is for how many leads a rule's condition is yes, no and unknown (see
// qualify.Contribution), and what the rule pays. A rule without a condition is yes
// for all.
type RuleCount struct {
	// Spread has the rule's ID and label, and the points that it pays. Its Leads are
	// those to whom it pays something: what is not 0.
	Spread
	// Yes, No and Unknown are for how many leads the condition is so.
	Yes     int `json:"yes"`
	No      int `json:"no"`
	Unknown int `json:"unknown"`
}

// CriterionCount is how many leads have each answer to a criterion.
type CriterionCount struct {
	// Criterion is the criterion's ID, and Label its label.
	Criterion string `json:"criterion"`
	Label     string `json:"label,omitempty"`
	// Yes, No, Unknown and Disputed are how many leads have that answer.
	Yes      int `json:"yes"`
	No       int `json:"no"`
	Unknown  int `json:"unknown"`
	Disputed int `json:"disputed"`
}

// StageCount is how many leads the verdict puts into a stage; a blank one is none,
// the plain lead.
type StageCount struct {
	// Stage is the stage's ID, Label its label, and Leads how many leads are in it.
	Stage string `json:"stage"`
	Label string `json:"label,omitempty"`
	Leads int    `json:"leads"`
}

// IssueCount is how many leads have an issue.
type IssueCount struct {
	// Field and Problem are as in qualify.Issue.
	Field   string          `json:"field"`
	Problem qualify.Problem `json:"problem"`
	// Leads is how many leads have it, and Count the sum of Issue.Count.
	Leads int `json:"leads"`
	Count int `json:"count"`
}

// NewSurvey makes a Survey of a model and an instant, still without leads. It fails
// if the model is nil, or if there is no assessment for the instant
// (qualify.ErrInstant).
func NewSurvey(model *qualify.Model, at time.Time) (*Survey, error) {
	if model == nil {
		return nil, errors.New("review: the model is nil")
	}
	p := model.Policy()
	s := &Survey{
		Policy: p.Name, Version: p.Version, At: at.UTC(), model: model,
		Profile: []FieldCount{}, Properties: []FieldCount{}, Signals: []SignalCount{}, Rules: []RuleCount{},
		Criteria: []CriterionCount{}, Stages: []StageCount{{}}, Issues: []IssueCount{},
	}
	if err := model.AssessInto(&s.says, &qualify.Lead{}, at); err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	var err error
	if s.profile, s.Profile, err = newFieldReader("lead", p.Profile, p, model.Location(), at); err != nil {
		return nil, err
	}
	alone := qualify.Policy{Profile: p.Properties}
	if s.properties, s.Properties, err = newFieldReader("activity", p.Properties, alone, model.Location(), at); err != nil {
		return nil, err
	}
	for _, g := range p.Signals {
		s.Signals = append(s.Signals, SignalCount{Signal: g.ID, Label: g.Label})
	}
	for _, r := range p.Rules {
		s.Rules = append(s.Rules, RuleCount{Spread: Spread{ID: r.ID, Label: r.Label}})
	}
	for _, c := range p.Criteria {
		s.Criteria = append(s.Criteria, CriterionCount{Criterion: c.ID, Label: c.Label})
	}
	for _, g := range p.Stages {
		s.Stages = append(s.Stages, StageCount{Stage: g.ID, Label: g.Label})
	}
	s.names = newNameTables(p)
	s.show()
	return s, nil
}

// show puts what the tables of names have where the caller sees it.
func (s *Survey) show() {
	s.UndeclaredProfile, s.UndeclaredProperties, s.UndeclaredTypes = s.names[inProfile].Names, s.names[inProperties].Names, s.names[inTypes].Names
}

// Add adds a lead, which is neither changed nor kept and may be overwritten by the
// next. It takes what Leads and other sequences for Compare yield: with an error
// that is not nil, the lead counts as failed.
func (s *Survey) Add(lead *qualify.Lead, err error) {
	if err == nil {
		err = s.assess(lead)
	}
	if err != nil {
		s.Failed++
		return
	}
	s.Leads++
	s.count()
	s.profile.count(s.Profile, lead.Profile, s.Leads)
	s.names[inProfile].add(lead.Profile, s.Leads)
	if len(lead.Profile) == 0 {
		s.NoProfile++
	}
	if len(lead.Activities) == 0 {
		s.NoActivities++
	}
	for i := range lead.Activities {
		s.activity(&lead.Activities[i])
	}
	s.show()
}

// assess assesses a lead by the model and by the model that reads its profile.
func (s *Survey) assess(lead *qualify.Lead) error {
	if err := s.model.AssessInto(&s.says, lead, s.At); err != nil {
		return err
	}
	return s.profile.model.AssessInto(&s.profile.says, lead, s.At)
}

// count counts what the model says of the lead at hand.
func (s *Survey) count() {
	for i := range s.Rules {
		c := &s.says.Score.Contributions[i]
		switch c.Answer {
		case qualify.Yes:
			s.Rules[i].Yes++
		case qualify.No:
			s.Rules[i].No++
		default:
			s.Rules[i].Unknown++
		}
		s.Rules[i].add(Change[float64]{New: c.Points})
	}
	s.Points.add(Change[float64]{New: s.says.Score.Points})
	for i := range s.Criteria {
		c := &s.Criteria[i]
		switch s.says.Checklist[i].Answer {
		case qualify.Yes:
			c.Yes++
		case qualify.No:
			c.No++
		case qualify.Disputed:
			c.Disputed++
		default:
			c.Unknown++
		}
	}
	for i := range s.Stages {
		if s.Stages[i].Stage == s.says.Verdict.Stage {
			s.Stages[i].Leads++
		}
	}
	signals := s.profile.says.Score.Contributions[len(s.Profile):]
	for i := range s.Signals {
		if n := signals[i].Count; n > 0 {
			s.Signals[i].Leads++
			s.Signals[i].Occurrences += n
		}
	}
	for i := range s.says.Issues {
		s.issue(&s.says.Issues[i])
	}
}

// issue counts an issue that is not about a field.
func (s *Survey) issue(of *qualify.Issue) {
	if _, ok := s.profile.places[of.Field]; ok {
		return
	}
	if _, ok := s.properties.places[of.Field]; ok {
		return
	}
	i, found := slices.BinarySearchFunc(s.Issues, of, func(c IssueCount, of *qualify.Issue) int {
		return cmp.Or(cmp.Compare(c.Field, of.Field), cmp.Compare(c.Problem, of.Problem))
	})
	if !found {
		s.Issues = slices.Insert(s.Issues, i, IssueCount{Field: of.Field, Problem: of.Problem})
	}
	s.Issues[i].Leads++
	s.Issues[i].Count += of.Count
}

func (s *Survey) activity(a *qualify.Activity) {
	s.Activities++
	if a.At.After(s.At) {
		s.Later++
	}
	s.names[inTypes].addName(a.Type, s.Leads)
	s.names[inProperties].add(a.Props, s.Leads)
	r := &s.properties
	if len(a.Props) > 0 {
		r.lead.Profile = a.Props
		if err := r.model.AssessInto(&r.says, &r.lead, s.At); err != nil {
			panic("review: " + err.Error()) // the instant is good, and there are no activities
		}
		r.count(s.Properties, a.Props, s.Leads)
		r.lead.Profile = nil
		return
	}
	for i := range s.Properties {
		s.Properties[i].Unknown++
	}
}

// fieldReader finds which of some declared fields are known in a record, and what of
// it is set aside, by asking a model of its own, which reads them as every model does.
type fieldReader struct {
	model    *qualify.Model
	says     qualify.Assessment
	lead     qualify.Lead
	places   map[string]int // of the fields, by what Issue.Field calls them for the survey
	own      map[string]int // by what it calls them for this model
	fields   []field
	setAside []bool // by field, in the record at hand
	lastLead []int  // by field: the number of the last lead that knew it
}

// newFieldReader makes a reader of declared fields, which are the profile of a policy
// of which besides only the signals count.
func newFieldReader(of string, declared []qualify.Field, p qualify.Policy, loc *time.Location, at time.Time) (fieldReader, []FieldCount, error) {
	r := fieldReader{places: map[string]int{}, own: map[string]int{}, setAside: make([]bool, len(declared)), lastLead: make([]int, len(declared))}
	counts := []FieldCount{}
	// What does not bear on facts and signals could only make the model dearer.
	p.Terms, p.Rules, p.Groups, p.Criteria, p.Stages, p.Rating = nil, nil, nil, nil, nil, nil
	for i, f := range declared {
		path, own := layout.Path(of, f.Name), layout.Path("lead", f.Name)
		r.places[path], r.own[own] = i, i
		r.fields = append(r.fields, newField(f))
		counts = append(counts, FieldCount{Field: path, Label: f.Label, Kind: f.Kind, Problems: []ProblemCount{}, Shapes: []ShapeCount{}})
		p.Rules = append(p.Rules, qualify.Rule{ID: strconv.Itoa(i), When: "known(" + own + ")", Points: 1})
	}
	for i, g := range p.Signals {
		p.Rules = append(p.Rules, qualify.Rule{ID: "on " + strconv.Itoa(i), On: g.ID, Points: 1})
	}
	// The policy has been held to its bounds; these are the widest that there are.
	widest := qualify.Bounds{Expression: 16384, Nesting: 200, Nodes: 5000, Pattern: 5000}
	var err error
	if r.model, err = qualify.Compile(p, qualify.WithLocation(loc), qualify.WithBounds(widest)); err != nil {
		return r, nil, fmt.Errorf("review: the policy is too large to be surveyed: %w", err)
	}
	return r, counts, nil
}

// count counts the fields of a record that the model has assessed.
func (r *fieldReader) count(counts []FieldCount, record map[string]any, lead int) {
	clear(r.setAside)
	for k := range r.says.Issues {
		issue := &r.says.Issues[k]
		i, ok := r.own[issue.Field]
		if !ok {
			continue
		}
		r.setAside[i] = true
		problems := &counts[i].Problems
		at, found := slices.BinarySearchFunc(*problems, issue.Problem, func(c ProblemCount, p qualify.Problem) int { return cmp.Compare(c.Problem, p) })
		if !found {
			*problems = slices.Insert(*problems, at, ProblemCount{Problem: issue.Problem})
		}
		(*problems)[at].Count++
	}
	for i := range counts {
		c := &counts[i]
		known := r.says.Score.Contributions[i].Answer == qualify.Yes
		if known {
			c.Known++
			if r.lastLead[i] != lead {
				r.lastLead[i] = lead
				c.Leads++
			}
		} else {
			c.Unknown++
		}
		if known || r.setAside[i] {
			f := &r.fields[i]
			f.shapes(f.value(record), r.setAside[i]).each(c.addShape)
		}
	}
}

func (c *FieldCount) addShape(shape Shape) {
	i, found := slices.BinarySearchFunc(c.Shapes, shape, func(a ShapeCount, b Shape) int { return cmp.Compare(shapePlaces[a.Shape], shapePlaces[b]) })
	if !found {
		c.Shapes = slices.Insert(c.Shapes, i, ShapeCount{Shape: shape})
	}
	c.Shapes[i].Count++
}
