package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/suggest"
)

// foreignKinds are what other systems call the kinds.
var foreignKinds = map[fact.Kind]string{
	fact.Number: "number int integer float double decimal numeric currency money percent percentage long bigint short real int32 int64 float64 float32 rating score calculated",
	fact.Text:   "text string str varchar char nvarchar picklist enum enumeration select dropdown radio option singleselect email url phone phonenumber textarea longtext richtext html combobox status name",
	fact.Code:   "code id uuid guid key reference lookup identifier slug token externalid hash",
	fact.Bool:   "bool boolean checkbox flag bit yesno truefalse booleancheckbox logical",
	fact.Time:   "time date datetime timestamp datetimetz timestamptz instant epoch day",
	fact.Texts:  "texts array list set multipicklist multiselect multiselectpicklist checkboxes tags strings stringarray textarray stringlist textlist listoftext listofstrings collection",
}

var declarable = []fact.Kind{fact.Number, fact.Text, fact.Code, fact.Bool, fact.Time, fact.Texts}

// KindFor says which kind is called something else elsewhere, as the end of a sentence; blank if
// none is known.
func KindFor(name string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	if letters == "string" && strings.HasPrefix(name, "[") {
		letters = "strings"
	}
	for _, kind := range declarable {
		if !slices.Contains(strings.Fields(foreignKinds[kind]), letters) {
			continue
		}
		if strings.Contains(letters, "pick") || strings.Contains(letters, "select") || strings.HasPrefix(letters, "enum") {
			return fmt.Sprintf(": write %q, with what can be chosen as values", kind.String())
		}
		return fmt.Sprintf(": write %q", kind.String())
	}
	var all []string
	for _, kind := range declarable {
		all = append(all, kind.String())
	}
	if kind, ok := suggest.Closest(name, all); ok {
		return fmt.Sprintf(": did you mean %q?", kind)
	}
	return ""
}
