package merge_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/merge"
)

type profile = map[string]any

func attribute(s fact.Spec) merge.Attribute {
	return merge.Attribute{Key: s.Key, IsPath: s.Path, Kind: s.Kind, Reader: fact.NewReader(s)}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	attributes := []merge.Attribute{
		attribute(fact.Spec{Kind: fact.Text, Key: "city", Placeholders: []string{"n/a"}}),
		attribute(fact.Spec{Kind: fact.Number, Key: "size", Default: "1"}),
		attribute(fact.Spec{Kind: fact.Code, Key: "utm.source", Path: true}),
	}
	for _, test := range []struct {
		name      string
		a, b      profile
		want      profile
		conflicts string
	}{
		{"nothing", nil, profile{}, profile{}, ""},
		{"what one knows", profile{"city": "Bonn"}, profile{"size": 5}, profile{"city": "Bonn", "size": 5}, ""},
		{"a placeholder", profile{"city": "N/A"}, profile{"city": "Bonn"}, profile{"city": "Bonn"}, ""},
		{"a default is not known", profile{}, profile{"size": 5}, profile{"size": 5}, ""},
		{"of the wrong kind", profile{"size": "many"}, profile{"size": 5}, profile{"size": 5}, ""},
		{"of the wrong kind alone", profile{"size": "many"}, profile{"size": nil}, profile{"size": "many"}, ""},
		{"the same to the policy", profile{"size": "5"}, profile{"size": 5.0}, profile{"size": "5"}, ""},
		{"different", profile{"city": "Bonn"}, profile{"city": "Ulm"}, profile{"city": nil}, "0 city [B Bonn] [A Ulm]"},
		{"not declared", profile{"x": 1, "y": nil}, profile{"x": 1, "y": "z"}, profile{"x": 1, "y": "z"}, ""},
		{"not declared and different", profile{"x": 1}, profile{"x": "1"}, profile{}, "-1 x [B 1] [A 1]"},
		{"false is known", profile{"x": false}, profile{"x": true}, profile{}, "-1 x [B false] [A true]"},
		{"not known to anybody", profile{"x": nil}, profile{"x": ""}, profile{"x": ""}, ""},
		{"records", profile{"utm": profile{"source": "ad"}}, profile{"utm": profile{"medium": "mail", "source": ""}},
			profile{"utm": profile{"source": "ad", "medium": "mail"}}, ""},
		{"records that differ", profile{"utm": profile{"source": "ad", "medium": "x"}}, profile{"utm": profile{"source": "AD", "medium": "y"}},
			profile{"utm": profile{}, "utm.source": nil}, "2 utm.source [B ad] [A AD]; -1 utm.medium [B x] [A y]"},
		{"a record and none", profile{"utm": profile{"source": "ad"}}, profile{"utm": 7}, profile{"utm.source": "ad"}, "-1 utm [B map[source:ad]] [A 7]"},
	} {
		before := fmt.Sprintf("%#v %#v", test.a, test.b)
		for _, claims := range [][]merge.Claim{{{Lead: "B", Raw: test.a}, {Lead: "A", Raw: test.b}}, {{Lead: "A", Raw: test.b}, {Lead: "B", Raw: test.a}}} {
			got, conflicts := merge.Profiles(claims, attributes)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
			text := ""
			for i, c := range conflicts {
				text += fmt.Sprint([...]string{"", "; "}[min(i, 1)], c.Attribute, " ", c.Key)
				for j := range c.Claims { // A before B
					claim := c.Claims[len(c.Claims)-1-j]
					text += fmt.Sprintf(" [%s %v]", claim.Lead, claim.Raw)
				}
			}
			if text != test.conflicts {
				t.Errorf("%s: the conflicts are %s, want %s", test.name, text, test.conflicts)
			}
		}
		if after := fmt.Sprintf("%#v %#v", test.a, test.b); after != before {
			t.Errorf("%s: the profiles were %s, and are %s", test.name, before, after)
		}
	}
}
