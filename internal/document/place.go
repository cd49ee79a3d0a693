package document

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Place is an entry of a list of a document, or, with a negative Item, the document as a whole.
type Place struct {
	List string
	Item int
	ID   string // of the entry
}

// Path is the path of the entry, such as "rules[2]".
func (p Place) Path() string {
	if p.Item < 0 {
		return ""
	}
	return fmt.Sprintf("%s[%d]", p.List, p.Item)
}

// Mistake is a mistake in a field of the entry, without a line.
func (p Place) Mistake(field, message string) Mistake {
	return Mistake{Path: p.Path(), ID: p.ID, Field: field, Message: message}
}

// SplitPath tells a field from the entry that holds it: "rules[2].decay.lose" is "rules[2]" and "decay.lose".
func SplitPath(path string) (entry, field string) {
	i := strings.IndexByte(path, ']')
	if i < 0 {
		return "", path
	}
	return path[:i+1], strings.TrimPrefix(path[i+1:], ".")
}

// Sort puts mistakes, or what has one each, into the order of a document of a type: by field, and in a field by line and column.
// What shares a place keeps its order.
func Sort[T any](list []T, shape reflect.Type, mistake func(T) Mistake) {
	type placed struct {
		T       T
		mistake Mistake
		order   []int
	}
	all := make([]placed, len(list))
	for i, one := range list {
		m := mistake(one)
		all[i] = placed{one, m, order(shape, strings.TrimPrefix(m.Path+"."+m.Field, "."))}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(slices.Compare(a.order, b.order), cmp.Compare(a.mistake.Line, b.mistake.Line), cmp.Compare(a.mistake.Column, b.mistake.Column))
	})
	for i := range all {
		list[i] = all[i].T
	}
}

// order gives the place of a path in the document of a type: of each part the number of its field and, in a list, the number of
// the element.
func order(t reflect.Type, path string) []int {
	var order []int
	for part := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
			if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); t.Field(i).IsExported() && tag == name {
				order = append(order, i)
				t = t.Field(i).Type
				break
			}
		}
		if element, err := strconv.Atoi(strings.TrimSuffix(rest, "]")); err == nil {
			order = append(order, element)
		}
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
	}
	return order
}
