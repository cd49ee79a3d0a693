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

// foreignFields are what other systems, or other parts of a document, call the fields.
var foreignFields = []struct{ field, words string }{
	{"id", "id name key identifier slug"},
	{"name", "name id key attribute property field"},
	{"kind", "type datatype fieldtype valuetype"},
	{"label", "label name title displayname"},
	{"values", "allowed allowedvalues enum options choices oneof picklist items entries texts"},
	{"minimum", "min minvalue least"},
	{"maximum", "max maxvalue most"},
	{"placeholders", "nullvalues navalues missingvalues"},
	{"note", "description comment comments notes doc"},
	{"question", "ask prompt"},
	{"types", "type event events eventtype eventtypes activity activities"},
	{"where", "filter condition if when"},
	{"on", "signal event trigger activity"},
	{"when", "if condition where criteria expression expr rule match"},
	{"points", "score value worth amount weight"},
	{"else", "otherwise elsepoints"},
	{"multiply", "multiplier factor"},
	{"limit", "maxtimes times frequency"},
	{"within", "window maxage expires expiresafter ttl expiry"},
	{"decay", "halflife decayrate"},
	{"max", "cap maximum limit ceiling maxpoints maxscore"},
	{"min", "floor minimum minpoints minscore"},
	{"enter", "threshold when if condition entry entrance criteria"},
	{"keep", "stay hold exitwhen leave"},
	{"exit", "terminal final closed"},
	{"met", "when if condition yes"},
	{"is", "when if condition expression expr value"},
	{"times", "max count n limit"},
	{"per", "window every period"},
	{"bands", "grades tiers thresholds levels"},
	{"from", "min at threshold minimum least"},
	{"group", "category dimension section"},
	{"profile", "attributes fields facts lead"},
	{"signals", "events activities"},
	{"stages", "lifecycle funnel thresholds pipeline"},
	{"criteria", "bant checklist qualification questions"},
	{"groups", "categories dimensions scores"},
	{"rules", "scoring scores points"},
}

// fieldFor gives the field among some that is called something else elsewhere; "" if none is known.
func fieldFor(key string, fields []string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	for _, f := range foreignFields {
		if slices.Contains(fields, f.field) && slices.Contains(strings.Fields(f.words), letters) {
			return f.field
		}
	}
	return ""
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
