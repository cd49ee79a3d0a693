package document

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// A field is a field of a struct as encoding/json sees it.
type field struct {
	name  string
	shape reflect.Type
}

// learn notes the fields of all structs in shape, so that a shape that is not supported shows whatever the document holds.
func (c *checker) learn(shape reflect.Type) {
	if implements[json.Unmarshaler](shape) || implements[encoding.TextUnmarshaler](shape) {
		return
	}
	switch shape.Kind() {
	case reflect.Slice, reflect.Pointer:
		c.learn(shape.Elem())
	case reflect.Struct:
		if _, known := c.fields[shape]; !known {
			c.learnFields(shape)
		}
	default:
		if wants(shape) == "" {
			panic("document: unsupported type " + shape.String())
		}
	}
}

func (c *checker) learnFields(shape reflect.Type) {
	fields := []field{}
	for f := range shape.Fields() {
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if f.Anonymous && name == "" {
			panic("document: unsupported embedded field in " + shape.String())
		}
		if f.IsExported() && tag != "-" {
			fields = append(fields, field{cmp.Or(name, f.Name), f.Type})
		}
	}
	c.fields[shape] = fields // before the types of the fields, which may lead back here
	for _, f := range fields {
		c.learn(f.shape)
	}
}

func implements[I any](shape reflect.Type) bool {
	return reflect.PointerTo(shape).Implements(reflect.TypeFor[I]())
}

// What a value is, in the words of the messages.
const (
	object = "an object"
	list   = "a list"
	text   = "a text"
	number = "a number"
	truth  = "true or false"
	null   = "null"
)

// wants names what the kind of shape is read from; it is "" for kinds that are not supported.
func wants(shape reflect.Type) string {
	switch shape.Kind() {
	case reflect.Struct:
		return object
	case reflect.Slice:
		return list
	case reflect.String:
		return text
	case reflect.Bool:
		return truth
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float64:
		return number
	}
	return ""
}
