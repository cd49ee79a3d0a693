package review

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/suggest"
)

// Names are the keys, or the activity types, of leads that a policy does not
// declare. The first 1,000 different names of at most 200 bytes are kept, in the
// order of the leads and of their activities, and of the names of one profile or
// activity in their own order.
type Names struct {
	// Names are those kept, by name.
	Names []Name `json:"names"`
	// Dropped is how often names occurred that were not kept, counted as Name.Leads
	// in profiles and as Name.Activities in activities.
	Dropped int `json:"dropped"`
}

// Name is a key, or an activity type, that a policy does not declare.
type Name struct {
	// Name is the key or the type. A dot leads into a map that stands where the
	// policy declares nothing: "properties.employees" is told if employees is
	// declared, besides "properties".
	Name string `json:"name"`
	// Leads is how many leads have it, and Activities in how many of their activities
	// it is; 0 for a key of profiles.
	Leads      int `json:"leads"`
	Activities int `json:"activities,omitempty"`
	// Nearest is the declared name, or the type that a signal takes, that was probably
	// meant: it differs in case, white space, underscores and the like, or by a few
	// letters. Blank is none. What differs by letters and always stands beside the
	// declared key is a key of its own.
	Nearest string `json:"nearest,omitempty"`
	// Misplaced is that the policy has this very name elsewhere: a property of
	// activities that stands in the profile, an attribute that stands in an activity,
	// the ID of a signal for an activity type.
	Misplaced bool `json:"misplaced,omitempty"`
}

const (
	mostNames = 1000   // in each table
	longest   = 200    // bytes of a name, as many as one that is declared may have
	inside    = 2      // levels of maps inside a profile that are looked into
	mostKeys  = 10_000 // of these maps that are looked at, in one profile
)

// The tables of names.
const (
	inProfile = iota
	inProperties
	inTypes
)

// nameTable collects what is not declared in one place.
type nameTable struct {
	Names
	places     map[string]int // in Names, by the name as it is
	lastLead   []int          // by place: the number of the last lead that has it
	guesses    []string       // by place: what may have been meant, unless it always stands beside
	activities bool           // these are counted, too
	onlyNear   bool           // what resembles nothing is fine
	fine       map[string]bool

	declared  map[string]bool
	heads     map[string]bool // the first parts of declared paths
	elsewhere map[string]bool
	wanted    []string       // what may have been meant
	plain     []string       // the same as plainName
	byPlain   map[string]int // the first of each

	pending []string // new names of the record at hand
	scratch []byte
}

// newNameTables makes the tables for what a policy declares.
func newNameTables(p qualify.Policy) (tables [3]nameTable) {
	var profile, properties, types, signals []string
	for _, f := range p.Profile {
		profile = append(profile, cmp.Or(f.From, f.Name))
	}
	for _, f := range p.Properties {
		properties = append(properties, cmp.Or(f.From, f.Name))
	}
	anyType := false
	for _, g := range p.Signals {
		signals = append(signals, g.ID)
		if g.Repeats == "" && len(g.Types) == 0 {
			types = append(types, g.ID)
		}
		for _, t := range g.Types {
			if t == "*" {
				anyType = true
			} else {
				types = append(types, t)
			}
		}
	}
	tables[inProfile] = newNameTable(profile, properties)
	tables[inProperties] = newNameTable(properties, profile)
	tables[inProfile].sources(p.Profile)
	tables[inProperties].sources(p.Properties)
	tables[inTypes] = newNameTable(types, signals)
	tables[inProperties].activities, tables[inTypes].activities = true, true
	tables[inTypes].onlyNear = anyType
	return tables
}

func newNameTable(declared, elsewhere []string) nameTable {
	t := nameTable{
		Names: Names{Names: []Name{}}, places: map[string]int{}, fine: map[string]bool{},
		declared: map[string]bool{}, heads: map[string]bool{}, elsewhere: map[string]bool{}, wanted: declared, byPlain: map[string]int{},
	}
	for i, name := range declared {
		t.declared[name] = true
		plain := string(appendPlain(nil, name))
		t.plain = append(t.plain, plain)
		if _, has := t.byPlain[plain]; !has && plain != "" {
			t.byPlain[plain] = i
		}
	}
	for _, name := range elsewhere {
		t.elsewhere[name] = true
	}
	return t
}

// sources notes the maps into which declared paths lead. What is asked for within them can be
// meant by the last part of a path, too.
func (t *nameTable) sources(fields []qualify.Field) {
	for i, f := range fields {
		head, _, isPath := strings.Cut(f.From, ".")
		if !isPath {
			continue
		}
		t.heads[head] = true
		plain := string(appendPlain(nil, f.From[strings.LastIndexByte(f.From, '.')+1:]))
		if _, has := t.byPlain[plain]; !has && plain != "" {
			t.byPlain[plain] = i
		}
	}
}

// add counts the keys of a record that are not declared.
func (t *nameTable) add(record map[string]any, lead int) {
	nested := false
	for key, v := range record {
		if t.declared[key] {
			continue
		}
		if !t.heads[key] {
			t.meet(key, lead, record)
		}
		_, ok := v.(map[string]any)
		nested = nested || ok
	}
	if nested {
		t.descend(record, lead)
	}
	t.flush(lead, record)
}

// addName counts one name, if it is not declared.
func (t *nameTable) addName(name string, lead int) {
	if !t.declared[name] {
		t.meet(name, lead, nil)
		t.flush(lead, nil)
	}
}

// meet counts a name, or notes that it is new.
func (t *nameTable) meet(name string, lead int, record map[string]any) {
	if i, ok := t.places[name]; ok {
		t.bump(i, lead, record)
	} else if !t.fine[name] {
		t.pending = append(t.pending, name)
	}
}

func (t *nameTable) bump(i, lead int, record map[string]any) {
	n := &t.Names.Names[i]
	if guess := t.guesses[i]; guess != "" {
		if _, beside := record[guess]; !beside {
			n.Nearest, t.guesses[i] = guess, ""
		}
	}
	if t.activities {
		n.Activities++
	}
	if t.lastLead[i] != lead {
		t.lastLead[i] = lead
		n.Leads++
	}
}

// flush takes in the new names of a record, in their own order, since a map has none.
func (t *nameTable) flush(lead int, record map[string]any) {
	if len(t.pending) == 0 {
		return
	}
	slices.Sort(t.pending)
	for _, name := range t.pending {
		if i, ok := t.places[name]; ok { // it stands twice in the record: "a.b", and b in a
			t.bump(i, lead, record)
			continue
		}
		if len(t.Names.Names)+len(t.fine) >= mostNames || len(name) > longest {
			t.Dropped++
			continue
		}
		name = strings.Clone(name) // a record may be one large text
		n := Name{Name: strings.ToValidUTF8(name, "\uFFFD")}
		guess := ""
		if n.Nearest = t.same(name); n.Nearest == "" {
			if n.Misplaced = t.elsewhere[name]; !n.Misplaced {
				guess = t.similar(name)
			}
		}
		if t.onlyNear && n.Nearest+guess == "" && !n.Misplaced {
			t.fine[name] = true
			continue
		}
		t.insert(name, n, guess)
		t.bump(t.places[name], lead, record)
	}
	clear(t.pending)
	t.pending = t.pending[:0]
}

// insert puts a name where it belongs. Places are numbered anew; that happens a thousand times at most.
func (t *nameTable) insert(name string, n Name, guess string) {
	at, _ := slices.BinarySearchFunc(t.Names.Names, n.Name, func(a Name, name string) int { return strings.Compare(a.Name, name) })
	for other, i := range t.places {
		if i >= at {
			t.places[other] = i + 1
		}
	}
	t.places[name] = at
	t.Names.Names = slices.Insert(t.Names.Names, at, n)
	t.lastLead, t.guesses = slices.Insert(t.lastLead, at, 0), slices.Insert(t.guesses, at, guess)
}

// same finds the wanted name that a name, or the end of a path, is but for how it is written.
func (t *nameTable) same(name string) string {
	for _, part := range []string{name, name[strings.LastIndexByte(name, '.')+1:]} {
		if i, ok := t.byPlain[string(appendPlain(nil, part))]; ok {
			return t.wanted[i]
		}
	}
	return ""
}

// similar finds the wanted name that a name misspells.
func (t *nameTable) similar(name string) string {
	const short = 4 // a slip in fewer letters makes any name of another
	if plain := string(appendPlain(nil, name)); len(plain) >= short {
		if closest, ok := suggest.Closest(plain, t.plain); ok && closest != "" {
			return t.wanted[t.byPlain[closest]]
		}
	}
	return ""
}

// descend looks into maps that are not declared for what the policy wants. It looks at a bounded number of keys.
func (t *nameTable) descend(record map[string]any, lead int) {
	budget := mostKeys
	var into func(path string, m map[string]any, level int)
	into = func(path string, m map[string]any, level int) {
		if budget -= len(m); budget < 0 {
			return
		}
		for key := range m {
			t.scratch = appendPlain(t.scratch[:0], key)
			if _, ok := t.byPlain[string(t.scratch)]; ok && !t.declared[path+key] {
				t.meet(path+key, lead, record)
			}
		}
		if level < inside {
			for _, key := range mapsIn(m) {
				into(path+key+".", m[key].(map[string]any), level+1)
			}
		}
	}
	for _, key := range mapsIn(record) {
		if !t.declared[key] {
			into(key+".", record[key].(map[string]any), 1)
		}
	}
}

// mapsIn gives the keys that hold maps, in order, so that a budget runs out at the same place each time.
func mapsIn(m map[string]any) (keys []string) {
	for key, v := range m {
		if _, ok := v.(map[string]any); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// appendPlain appends the letters and digits of a name, in lower case: what is left of employee_count,
// employeeCount and "Employee count" is the same.
func appendPlain(to []byte, name string) []byte {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			to = append(to, string(unicode.ToLower(r))...)
		}
	}
	return to
}
