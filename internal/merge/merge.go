// Package merge makes one profile of the profiles of several leads that are the same
// person. It knows how the attributes of a policy are read, and nothing else of it.
package merge

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/qualify-go/qualify/internal/document"
	"github.com/qualify-go/qualify/internal/fact"
)

// Claim is what a lead has in some place.
type Claim struct {
	Lead  string
	Raw   any
	value fact.Value // read, of a declared attribute
}

// Attribute says where in a profile an attribute stands, and how it is read.
type Attribute struct {
	Key    string
	IsPath bool // Key may lead into nested records
	Kind   fact.Kind
	Reader *fact.Reader
}

// Undeclared is the Attribute of a Conflict of what is no attribute.
const Undeclared = -1

// Conflict is what several leads know, and not as the same. Its claims are in order of the
// leads.
type Conflict struct {
	Attribute int // the index of the attribute, or Undeclared
	Key       string
	Claims    []Claim
}

// Profiles gives the union of profiles (map[string]any), the same in any order, and what is in
// conflict: attributes first, and then what is none by key. What is in conflict is nil or left
// out in the union.
func Profiles(profiles []Claim, attributes []Attribute) (map[string]any, []Conflict) {
	x := merger{into: map[string]any{}, declared: map[string]bool{}}
	for _, f := range attributes {
		x.declared[f.Key] = true
	}
	x.union(x.into, profiles, "")
	undeclared := x.conflicts
	x.conflicts = nil
	for i := range attributes {
		x.attribute(i, &attributes[i], profiles)
	}
	x.conflicts = append(x.conflicts, undeclared...)
	for _, c := range x.conflicts { // also where two attributes stand under one key
		if _, ok := x.into[c.Key]; ok {
			x.into[c.Key] = nil
		}
	}
	return x.into, x.conflicts
}

type merger struct {
	into      map[string]any
	declared  map[string]bool // keys of attributes
	conflicts []Conflict
}

// text is the same for the same values.
func (c *Claim) text() string { return fmt.Sprintf("%#v", c.Raw) }

func byText(a, b Claim) int { return cmp.Compare(a.text(), b.text()) }

func byLead(a, b Claim) int { return cmp.Or(cmp.Compare(a.Lead, b.Lead), byText(a, b)) }

// union merges records key by key. Keys that hold an attribute are left to attribute.
func (x *merger) union(into map[string]any, records []Claim, path string) {
	keys := map[string][]Claim{}
	for _, r := range records {
		for key, v := range r.Raw.(map[string]any) {
			if path != "" || !x.declared[key] {
				keys[key] = append(keys[key], Claim{Lead: r.Lead, Raw: v})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all := keys[key]
		at := strings.TrimPrefix(path+"."+key, ".")
		known := slices.DeleteFunc(slices.Clone(all), func(c Claim) bool { return c.Raw != false && document.IsNothing(c.Raw) })
		if len(known) == 0 {
			into[key] = slices.MinFunc(all, byText).Raw
			continue
		}
		slices.SortFunc(known, byLead)
		switch {
		case !slices.ContainsFunc(known, func(c Claim) bool { return !reflect.DeepEqual(c.Raw, known[0].Raw) }):
			into[key] = known[0].Raw
		case !slices.ContainsFunc(known, func(c Claim) bool { _, ok := c.Raw.(map[string]any); return !ok }):
			inner := map[string]any{}
			x.union(inner, known, at)
			into[key] = inner
		case !x.declared[at]: // or attribute says so
			x.conflicts = append(x.conflicts, Conflict{Undeclared, at, known})
		}
	}
}

// attribute merges what the profiles have of an attribute.
func (x *merger) attribute(i int, f *Attribute, profiles []Claim) {
	var known, unknown []Claim
	for _, p := range profiles {
		profile := p.Raw.(map[string]any)
		raw, whole := profile[f.Key]
		if !whole && f.IsPath {
			raw = fact.Find(profile, f.Key)
		}
		switch c := (Claim{p.Lead, raw, f.read(profile)}); {
		case c.value.Known:
			known = append(known, c)
		case whole:
			unknown = append(unknown, c)
		}
	}
	// Of what is the same to the policy, any order of the leads takes the same.
	slices.SortFunc(known, func(a, b Claim) int { return cmp.Or(fact.Compare(f.Kind, &a.value, &b.value), byText(a, b)) })
	slices.SortFunc(unknown, byText)
	same := func(v fact.Value) bool {
		return fact.Equal(f.Kind, &v, &known[0].value) || fact.Compare(f.Kind, &v, &known[0].value) == 0
	}
	read := f.read(x.into)
	switch _, taken := x.into[f.Key]; {
	case len(known) == 0:
		if i := slices.IndexFunc(unknown, func(c Claim) bool { return c.Raw != nil }); i >= 0 && !taken {
			x.into[f.Key] = unknown[i].Raw // assessments name what is wrong with it
		}
	case !slices.ContainsFunc(known, func(c Claim) bool { return !same(c.value) }):
		if !read.Known || !same(read) {
			x.into[f.Key] = known[0].Raw
		}
	default:
		slices.SortFunc(known, byLead)
		x.conflicts = append(x.conflicts, Conflict{i, f.Key, known})
		x.into[f.Key] = nil
	}
}

// read gives what a profile has of the attribute, without its default.
func (f *Attribute) read(profile map[string]any) (v fact.Value) {
	var arena []string
	f.Reader.LoadGiven(profile, &v, &arena)
	return v
}
