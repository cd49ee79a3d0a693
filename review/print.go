package review

import (
	"cmp"

	"github.com/qualify-go/qualify/internal/layout"
)

const (
	most = 20 // rows of a kind, at most
	none = "none"
)

// arrow puts the new behind the old.
func arrow(old, new string) string { return cmp.Or(old, none) + " → " + cmp.Or(new, none) }

// name is how a person calls what has the value.
func (c *Change[T]) name() string { return name(c.ID, c.Label, c.Only) }

func name(id, label, only string) string {
	name := layout.Clean(cmp.Or(label, id))
	if only != "" {
		name += ", only " + only
	}
	return name
}
