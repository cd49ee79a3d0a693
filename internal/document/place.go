package document

import (
	"reflect"
	"strconv"
	"strings"
)

// Order gives the place of a path in the document of a type: of each part the
// number of its field and, in a list, the number of the element.
func Order(t reflect.Type, path string) []int {
	var order []int
	for part := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
			if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); tag == name {
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

// Locate turns an offset in runes into a line, a column and the line's text.
func Locate(source string, offset int) (line, column int, text string) {
	runes := []rune(strings.ToValidUTF8(source, "\uFFFD"))
	offset = min(offset, len(runes))
	line, start := 1, 0
	for i, r := range runes[:offset] {
		if r == '\n' {
			line, start = line+1, i+1
		}
	}
	end := start
	for end < len(runes) && runes[end] != '\n' {
		end++
	}
	return line, offset - start + 1, string(runes[start:end])
}
