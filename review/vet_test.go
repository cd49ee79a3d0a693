package review_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/review"
)

const day = qualify.Day

// world declares what the cases speak of.
func world() qualify.Policy {
	return qualify.Policy{
		Name: "case",
		Profile: []qualify.Field{
			{Name: "employees", Kind: qualify.Number, Minimum: new(1.0), Maximum: new(500.0)},
			{Name: "segment", Kind: qualify.Text, Values: []string{"Private", "Business"}}, {Name: "city", Kind: qualify.Text},
			{Name: "sector", Kind: qualify.Code, Values: []string{"A1", "A2", "B1"}}, {Name: "verified", Kind: qualify.Bool}, {Name: "born", Kind: qualify.Time},
		},
		Properties: []qualify.Field{{Name: "path", Kind: qualify.Code}, {Name: "asset", Kind: qualify.Code, Values: []string{"one", "two"}}, {Name: "amount", Kind: qualify.Number, Minimum: new(0.0)}},
		Signals:    []qualify.Signal{{ID: "visit"}, {ID: "call"}, {ID: "prices", Types: []string{"visit"}, Where: `activity.path startsWith "/prices"`}, {ID: "third", Repeats: "visit", Every: 3}},
		Groups:     []qualify.Group{{ID: "fit"}},
	}
}

// state is a rule that pays while a condition holds.
func state(when string, points, otherwise float64) qualify.Rule {
	return qualify.Rule{ID: "r", Group: "fit", When: when, Points: points, Else: otherwise}
}

// event is a rule that pays for visits.
func event(points float64, limit qualify.Limit) qualify.Rule {
	return qualify.Rule{ID: "r", Group: "fit", On: "visit", Points: points, Limit: limit}
}

func rules(rules ...qualify.Rule) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		for i := range rules {
			rules[i].ID = fmt.Sprintf("r%d", i)
		}
		p.Rules = append(p.Rules, rules...)
	}
}

// when is a policy with a rule that pays while a condition holds.
func when(condition string) func(p *qualify.Policy) { return rules(state(condition, 10, 0)) }

func tiers(otherwise float64, when ...string) func(p *qualify.Policy) {
	r := qualify.Rule{Group: "fit", Else: otherwise}
	for i, w := range when {
		r.Tiers = append(r.Tiers, qualify.Tier{When: w, Points: float64(10 - i)})
	}
	return rules(r)
}

// alike is a policy with a rule all of whose tiers pay 5.
func alike(otherwise float64, when ...string) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		tiers(otherwise, when...)(p)
		for i := range when {
			p.Rules[0].Tiers[i].Points = 5
		}
	}
}

// placeholder is a policy with a rule about lead.stack, of which two texts are no value.
func placeholder(condition string) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		p.Profile = append(p.Profile, qualify.Field{Name: "stack", Kind: qualify.Text, Placeholders: []string{"Select", "n/a"}})
		when(condition)(p)
	}
}

func changed(r qualify.Rule, change func(r *qualify.Rule)) func(p *qualify.Policy) {
	change(&r)
	return rules(r)
}

// stages is a policy whose group fit has -10 to 35 points, in bands.
func stages(all ...qualify.Stage) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		rules(state("lead.employees >= 200", 20, -10), state("lead.verified", 15, 0))(p)
		p.Groups[0].Bands = []qualify.Band{{Label: "C"}, {From: new(0.0), Label: "B"}, {From: new(30.0), Label: "A"}}
		for i := range all {
			if all[i].ID == "" {
				all[i].ID = fmt.Sprintf("s%d", i)
			}
		}
		p.Stages = all
	}
}

// overrides is a policy whose sellers can say that a stage is right.
func overrides(all ...qualify.Stage) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		p.Profile = append(p.Profile, qualify.Field{Name: "opted_out", Kind: qualify.Bool, Default: "no"})
		p.Signals = append(p.Signals, qualify.Signal{ID: "override"})
		p.Terms = []qualify.Term{{ID: "says", Is: `latest("override", "asset") == "one"`}}
		p.Criteria = []qualify.Criterion{{ID: "k", Question: "Which?", Met: "term.says"}, {ID: "l", Question: "Is it?", Met: "lead.verified"}}
		stages(all...)(p)
	}
}

// dated is a policy with a criterion about a time of calls.
func dated(met string) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		p.Properties = append(p.Properties, qualify.Field{Name: "start", Kind: qualify.Time})
		p.Criteria = []qualify.Criterion{{ID: "k", Question: "When?", Met: met}}
	}
}

func stage(enter, keep string) qualify.Stage { return qualify.Stage{Enter: enter, Keep: keep} }

func exit(enter, keep string) qualify.Stage {
	return qualify.Stage{Enter: enter, Keep: keep, Exit: true}
}

// group is a policy with two rules of a group that has -5 to 30 points.
func group(change func(g *qualify.Group)) func(p *qualify.Policy) {
	return func(p *qualify.Policy) {
		rules(state("lead.employees >= 200", 20, -5), event(5, qualify.Limit{Times: 2}))(p)
		change(&p.Groups[0])
	}
}

func TestVet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		check  review.Check
		policy func(p *qualify.Policy)
		want   string // the messages; blank is none
	}{
		// Numbers.
		{"an interval that is empty", "never_yes", when("lead.employees > 100 and lead.employees < 50"), "this can never be yes: lead.employees > 100 and lead.employees < 50 leave no number"},
		{"an interval", "never_yes", when("lead.employees > 50 and lead.employees < 100"), ""},
		{"one number", "never_yes", when("lead.employees >= 50 and lead.employees <= 50"), ""},
		{"one number that is left out", "never_yes", when("lead.employees >= 50 and lead.employees <= 50 and lead.employees != 50"), "this can never be yes: lead.employees >= 50 and lead.employees <= 50 and lead.employees != 50 leave no number"},
		{"between two fractions", "never_yes", when("lead.employees > 50 and lead.employees < 51"), ""},
		{"above the maximum", "never_yes", when("lead.employees > 500"), "this can never be yes: lead.employees lies between 1 and 500, and is never > 500"},
		{"the maximum", "never_yes", when("lead.employees >= 500"), ""},
		{"a wildcard", "wildcard", when(`lead.city matches "C*O"`), `in a pattern * repeats the character before it, and % is only itself: for any text write .*, as in matches "C.*O"`},
		{"a wildcard of SQL", "wildcard", when(`lead.city matches "%chief%"`), `in a pattern * repeats the character before it, and % is only itself: for any text write .*, as in matches ".*chief.*"`},
		{"a wildcard at the end", "wildcard", when(`lead.city matches "chief*"`), `in a pattern * repeats the character before it, and % is only itself: for any text write .*, as in matches "chief.*"`},
		{"any text", "wildcard", when(`lead.city matches "C.*O"`), ""},
		{"a percentage", "wildcard", when(`lead.city matches "[0-9]+%"`), ""},
		{"an optional letter", "wildcard", when(`lead.city matches "colou?r"`), ""},
		{"digits", "wildcard", when(`lead.city matches "v\\d*"`), ""},
		{"from the minimum on", "never_no", when("lead.employees >= 1"), "this can never be no: lead.employees lies between 1 and 500, and is never < 1"},
		{"above the minimum", "never_no", when("lead.employees > 1"), ""},
		{"both sides of a number", "never_no", when("lead.employees > 50 or lead.employees <= 50"), "this can never be no: lead.employees > 50 or lead.employees <= 50 together leave out no number"},
		{"all but a number", "never_no", when("lead.employees > 50 or lead.employees < 50"), ""},
		{"a part of a condition", "never_yes", when("lead.verified or lead.employees == 0"), "this can never be yes: lead.employees lies between 1 and 500, and is never == 0"},
		{"a list out of range", "never_yes", when("lead.employees in [0, 501]"), "this can never be yes: lead.employees lies between 1 and 500, and is never one of these"},
		{"a list partly in range", "never_yes", when("lead.employees in [0, 500]"), ""},
		{"a default", "never_yes", when("(lead.employees ?? 0) == 0"), ""},
		{"a default out of reach", "never_yes", when("(lead.employees ?? 1) == 0"), "this can never be yes: lead.employees ?? 1 lies between 1 and 500, and is never == 0"},
		{"a product", "never_yes", when("lead.employees * 2 > 1000"), "this can never be yes: lead.employees * 2 lies between 2 and 1000, and is never > 1000"},
		{"a product within reach", "never_yes", when("lead.employees * 2 >= 1000"), ""},
		{"a condition and its opposite", "never_yes", when(`lead.city matches "a+" and not (lead.city matches "a+")`), `this can never be yes: lead.city matches "a+" and not (lead.city matches "a+") leave no text`},
		{"the condition of a ternary", "never_yes", when("lead.employees > 900 ? lead.verified : not lead.verified"), "this can never be yes: lead.employees lies between 1 and 500, and is never > 900"},
		{"a term", "never_yes", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "large", Is: "lead.employees > 100"}}
			when("term.large and lead.employees < 50")(p)
		}, "this can never be yes: term.large and lead.employees < 50 exclude one another"},
		// Text.
		{"a placeholder", "never_yes", placeholder(`lead.stack == " select"`), `this can never be yes: lead.stack is unknown where it is a placeholder, and is never == " select"`},
		{"a placeholder, by a term", "never_yes", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "stack", Is: "lead.stack"}}
			placeholder(`term.stack == "n/a" or lead.verified`)(p)
		}, `this can never be yes: term.stack is unknown where it is a placeholder, and is never == "n/a"`},
		{"a value that is a placeholder", "never_yes", func(p *qualify.Policy) {
			p.Profile[1].Placeholders = []string{" private"}
			when(`lead.segment == "Private"`)(p)
		}, `this can never be yes: lead.segment is one of "Business", none of which is as asked`},
		{"a value that is a placeholder with a hidden character", "never_yes", func(p *qualify.Policy) {
			p.Profile[1].Placeholders = []string{"\u200bprivate"}
			when(`lead.segment == "Private"`)(p)
		}, `this can never be yes: lead.segment is one of "Business", none of which is as asked`},
		{"no placeholder", "never_no", placeholder(`lead.stack not in ["Select", "n/a"]`), `this can never be no: lead.stack is unknown where it is a placeholder, and is never one of these`},
		{"a placeholder or a text", "never_yes", placeholder(`lead.stack in ["Select", "Go"]`), ""},
		{"part of a placeholder", "never_yes", placeholder(`lead.stack contains "Select"`), ""},
		{"the default of a placeholder", "never_yes", placeholder(`(lead.stack ?? "Select") == "Select"`), ""},
		{"two texts at once", "never_yes", when(`lead.city == "Aarhus" and lead.city == "Odense"`), `this can never be yes: lead.city == "Aarhus" and lead.city == "Odense" leave no text`},
		{"one text in two cases", "never_yes", when(`lead.city == "Aarhus" and lead.city == " AARHUS"`), ""},
		{"a text that does not contain another", "never_yes", when(`lead.city == "Aarhus" and lead.city contains "x"`), `this can never be yes: lead.city == "Aarhus" and lead.city contains "x" leave no text`},
		{"all the values", "never_no", when(`lead.segment in ["private", "business"]`), `this can never be no: lead.segment is one of "Private", "Business", all of which are as asked`},
		{"one value or the other", "never_no", when(`lead.segment == "private" or lead.segment == "business"`), `this can never be no: lead.segment == "private" or lead.segment == "business" together leave out no text`},
		{"one value", "never_no", when(`lead.segment == "private"`), ""},
		{"the beginning of no value", "never_yes", when(`lead.sector startsWith "a"`), `this can never be yes: lead.sector is one of "A1", "A2", "B1", none of which is as asked`},
		{"the beginning of a value", "never_yes", when(`lead.sector startsWith "A"`), ""},
		{"a pattern that matches no value", "never_yes", when(`lead.sector matches "^[C-Z]"`), `this can never be yes: lead.sector is one of "A1", "A2", "B1", none of which is as asked`},
		// History.
		{"more in a week than in a month", "never_yes", when(`count("visit", "7d") >= 5 and count("visit", "30d") < 3`), `this can never be yes: count("visit", "7d") >= 5 and count("visit", "30d") < 3 exclude one another`},
		{"more in a month than in a week", "never_yes", when(`count("visit", "7d") < 3 and count("visit", "30d") >= 5`), ""},
		{"less than none", "never_yes", when(`count("visit") < 0`), `this can never be yes: count("visit") is a whole number, at least 0, and is never < 0`},
		{"at least none", "never_no", when(`count("visit") >= 0`), `this can never be no: count("visit") is a whole number, at least 0, and is never < 0`},
		{"between two whole numbers", "never_yes", when(`count("visit") > 2 and count("visit") < 3`), `this can never be yes: count("visit") > 2 and count("visit") < 3 leave no whole number`},
		{"a part more often than the whole", "never_yes", when(`count("prices") > 3 and count("visit") <= 3`), `this can never be yes: count("prices") > 3 and count("visit") <= 3 exclude one another`},
		{"every third more often than each", "never_yes", when(`happened("third", "7d") and not happened("visit", "30d")`), `this can never be yes: happened("third", "7d") and not (happened("visit", "30d")) exclude one another`},
		{"every sixth without a third, from a reset on", "never_yes", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "sixth", Repeats: "third", Every: 2})
			p.Groups[0].ResetOn = "sixth" // which counts, and the third visit that it is does not
			when(`happened("sixth") and not happened("third")`)(p)
		}, ""},
		{"another signal", "never_yes", when(`happened("call") and not happened("visit")`), ""},
		{"quiet and busy", "never_yes", when(`days_since("visit") >= 30 and happened("visit", "30d")`), `this can never be yes: days_since("visit") >= 30 and happened("visit", "30d") exclude one another`},
		{"quiet for less than a window", "never_yes", when(`days_since("visit") >= 29 and happened("visit", "30d")`), ""},
		{"quiet for exactly a window", "never_yes", when(`days_since("visit") <= 30 and not happened("visit", "30d")`), ""},
		{"quiet for less than a window, and not busy", "never_yes", when(`days_since("visit") < 30 and not happened("visit", "30d")`), `this can never be yes: days_since("visit") < 30 and not (happened("visit", "30d")) exclude one another`},
		{"busy for long", "never_yes", when(`days_since_first("visit") >= 30 and happened("visit", "30d")`), ""},
		{"a value of nothing", "never_yes", when(`not happened("visit") and latest("visit", "amount") > 5`), `this can never be yes: not (happened("visit")) and latest("visit", "amount") > 5 exclude one another`},
		{"silence of what never was", "never_yes", when(`not happened("visit") and idle_steps("visit", "7d") > 0`), `this can never be yes: not (happened("visit")) and idle_steps("visit", "7d") > 0 exclude one another`},
		{"no silence of what was", "never_yes", when(`happened("visit") and idle_steps("visit", "7d") == 0`), ""},
		{"no values of some", "never_yes", when(`happened("visit") and distinct("visit", "path") == 0`), ""},
		{"more days than there are", "never_yes", when(`active_days("visit", "7d") > 10`), `this can never be yes: active_days("visit", "7d") is a whole number between 0 and 10, and is never > 10`},
		{"a text in a list of texts", "never_yes", when(`"x" in ["y", "z"]`), "this can never be yes, whatever the lead"},
		{"not one and it", "never_yes", when(`lead.city not in ["Aarhus", "Odense"] and lead.city == "odense"`), `this can never be yes: not (lead.city in ["Aarhus", "Odense"]) and lead.city == "odense" leave no text`},
		{"until and since", "never_yes", when("days_until(lead.born) > lead.employees and not (days_since(lead.born) > lead.employees)"), ""},
		{"until, and not until", "never_yes", when("days_until(lead.born) > lead.employees and not (days_until(lead.born) > lead.employees)"), "this can never be yes: days_until(lead.born) > lead.employees and not (days_until(lead.born) > lead.employees) exclude one another"},
		{"known and so", "never_yes", when(`known(lead.city == "x") and lead.city == "x" and known(lead.employees in [2, 3]) and lead.employees in [2, 4]`), ""},
		{"since itself", "never_yes", when(`count("call", "since call") > 1`), `this can never be yes: count("call", "since call") is a whole number between 0 and 1, and is never > 1`},
		{"a time before another", "never_yes", when(`lead.born > time("2020-01-02") and lead.born < time("2020-01-01")`), `this can never be yes: lead.born > time("2020-01-02") and lead.born < time("2020-01-01") leave no time`},
		{"always known", "never_no", when(`known(count("visit"))`), `this can never be no, whatever count("visit") is`},
		{"a total of what is never negative", "never_yes", when(`total("visit", "amount") < 0`), `this can never be yes: total("visit", "amount") is at least 0, and is never < 0`},
		{"all the values of a property", "never_no", when(`latest("visit", "asset") in ["one", "two"]`), `this can never be no: latest("visit", "asset") is one of "one", "two", all of which are as asked`},
		{"none and some", "never_no", when(`happened("visit") or count("visit") == 0`), `this can never be no: happened("visit") and count("visit") == 0 are never all no`},
		{"all numbers that there are", "never_no", when(`count("call", "since call") in [0, 1]`), `this can never be no: count("call", "since call") is a whole number between 0 and 1, and is always one of these`},
		{"five at once", "never_yes", when(`count("visit") < 4 and count("visit") not in [0] and count("visit") != 1 and count("visit") != 2 and lead.verified and count("visit") != 3`), `this can never be yes: count("visit") < 4 and 4 more conditions leave no whole number`},
		{"a term that is never yes", "never_yes", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "large", Is: "lead.employees > 100 and lead.employees < 50"}}
			when("term.large and lead.verified")(p)
		}, "this can never be yes: lead.employees > 100 and lead.employees < 50 leave no number\nthis can never be yes: term.large never is"},
		{"not a term", "unreachable_stage", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "all", Is: "lead.employees < 501"}}
			stages(stage("not term.all", ""))(p)
		}, "no lead enters this stage, whatever lead.employees is"},
		{"in no part of a range", "never_no", when("lead.employees not in [0, 501]"), "this can never be no: lead.employees lies between 1 and 500, and is never one of these"},
		{"in no part of a range, turned round", "never_yes", when("lead.employees not in [0, 501]"), ""},
		{"not in all the values", "never_yes", when(`lead.segment not in ["private", "business"]`), `this can never be yes: lead.segment is one of "Private", "Business", none of which is as asked`},
		{"not in all the values, turned round", "never_no", when(`lead.segment not in ["private", "business"]`), ""},
		{"not in some of the values", "never_yes", when(`lead.segment not in ["private"]`), ""},
		{"all numbers where it is known", "never_no", when(`lead.employees * 0 in [0]`), `this can never be no: lead.employees * 0 is, where it is known, 0, and is one of these where it is known`},
		{"not the beginning of a value", "never_no", when(`lead.verified and lead.sector not startsWith "C"`), `this can never be no: lead.sector is one of "A1", "A2", "B1", all of which are as asked`},
		{"not below the maximum", "never_yes", when("lead.verified or not (lead.employees <= 500)"), "this can never be yes: lead.employees lies between 1 and 500, and is never > 500"},
		{"not both", "never_yes", when("not (lead.employees < 5 and lead.employees > 5)"), "this can never be yes: lead.employees < 5 and lead.employees > 5 leave no number"},
		{"a part of a visit", "never_yes", when(`count("call", "since call") == 0.5`), `this can never be yes: count("call", "since call") is a whole number between 0 and 1, and is never == 0.5`},
		{"a large product", "never_yes", when("lead.employees * 4000 > 3000000"), "this can never be yes: lead.employees * 4000 lies between 4000 and 2000000, and is never > 3000000"},
		{"a product with a last digit", "never_yes", when("lead.employees * 0.1 * 0.1 > 6"), "this can never be yes: lead.employees * 0.1 * 0.1 lies between 0.01 and 5, and is never > 6"},
		{"a criterion that is never met", "never_yes", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: "lead.employees > 500"}}
			when(`met("k")`)(p)
		}, "this can never be yes\nthis can never be yes: lead.employees lies between 1 and 500, and is never > 500"},
		// What is just written so.
		{"deliberate", "never_no", when("true"), ""},
		{"a constant comparison", "never_yes", when("lead.verified and 1 > 2"), "this can never be yes, whatever the lead"},
		// Elsewhere.
		{"where", "never_yes", func(p *qualify.Policy) { p.Signals[2].Where = "activity.amount < 0" }, "this can never be yes: activity.amount is at least 0, and is never < 0"},
		{"met", "never_yes", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: "lead.employees < 1", Unmet: "lead.employees >= 2"}}
		}, "this can never be yes: lead.employees lies between 1 and 500, and is never < 1"},
		{"met and not met", "never_yes", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: "lead.employees > 9"}}
			when(`met("k") and lead.employees < 5`)(p)
		}, `this can never be yes: met("k") and lead.employees < 5 exclude one another`},
		{"more criteria than there are", "never_yes", func(p *qualify.Policy) {
			p.Criteria = qualify.BANT("lead.verified", "lead.verified", "lead.verified", "lead.verified")
			when(`met_count("bant") > 4`)(p)
		}, `this can never be yes: met_count("bant") is a whole number between 0 and 4, and is never > 4`},

		// Tiers.
		{"a narrower tier after a wider one", "tier_taken", tiers(0, "lead.employees >= 50", "lead.employees >= 200"), "this tier never pays: while it is yes, tiers[0] before it is not no: lead.employees >= 50"},
		{"a wider tier after a narrower one", "tier_taken", tiers(0, "lead.employees >= 200", "lead.employees >= 50"), ""},
		{"tiers that leave nothing together", "tier_taken", tiers(0, "lead.employees >= 200", "lead.employees < 200", "lead.verified"), "this tier never pays: while it is yes, the tiers before it are not all no"},
		{"a last tier that takes the rest", "else_never", tiers(-5, "lead.employees >= 200", "true"), "this is never paid: the tiers are never all no"},
		{"a last tier that takes what is left but something", "else_never", tiers(-5, "lead.employees >= 200", "lead.employees > 1"), ""},
		{"an else of what is never no", "else_never", rules(state("lead.employees >= 1", 5, -5)), "this is never paid: when is never no"},

		// Rules.
		{"the same rule twice", "duplicate_rule", rules(state("lead.verified and lead.employees > 5", 5, 0), state("lead.employees > 5 && lead.verified", 5, 0)), `this rule pays the same for the same as the rule "r0" before it: both are counted`},
		{"the same with other points", "duplicate_rule", rules(state("lead.verified", 5, 0), state("lead.verified", 6, 0)), ""},
		{"the same signal twice", "duplicate_rule", rules(event(5, qualify.Limit{Times: 1}), event(5, qualify.Limit{Times: 1})), `this rule pays the same for the same as the rule "r0" before it: both are counted`},
		{"signals whose names go on", "duplicate_rule", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "page"}, qualify.Signal{ID: "page1"})
			for _, on := range []string{"page", "page1"} {
				for i := range 20 {
					rules(qualify.Rule{Group: "fit", On: on, When: fmt.Sprintf("lead.employees > %v", 20+i), Points: 5})(p)
					p.Rules[len(p.Rules)-1].ID = fmt.Sprint(on, "-", i)
				}
			}
		}, ""},
		{"the same signal with another limit", "duplicate_rule", rules(event(5, qualify.Limit{Times: 1}), event(5, qualify.Limit{Times: 2})), ""},
		{"no points", "pays_nothing", rules(state("lead.verified", 0, 0)), "the rule has no points: it pays 0 whatever holds"},
		{"multiplied by nothing", "pays_nothing", changed(state("lead.verified", 5, 0), func(r *qualify.Rule) { r.Multiply = "lead.employees * 0" }), "this is always 0 or unknown: the rule pays nothing"},
		{"multiplied, of a signal that never is", "pays_nothing", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "none", Where: "activity.amount < 0"})
			p.Rules = append(p.Rules, qualify.Rule{ID: "r", Group: "fit", On: "none", Points: 5, Multiply: "activity.amount"})
		}, ""},
		{"multiplied by little", "pays_nothing", changed(state("lead.verified", 5, 0), func(r *qualify.Rule) { r.Multiply = "lead.employees * 0.1" }), ""},
		{"always meant", "pays_constant", rules(state("true", 5, 0)), ""},
		{"only an else", "pays_nothing", rules(state("lead.verified", 0, -5)), ""},
		{"else is points", "pays_constant", rules(state("lead.verified", 5, 5)), "else is what points are: yes and no pay the same, and only unknown pays 0; if that is meant, ask with known()"},
		{"else is points, which unknown pays at least", "pays_constant", changed(state("lead.verified", 5, 5), func(r *qualify.Rule) { r.Min = new(3.0) }), "else is what points are: yes and no pay the same, and only unknown pays 3; if that is meant, ask with known()"},
		{"else is points, which unknown pays too", "pays_constant", changed(state("lead.verified", 5, 5), func(r *qualify.Rule) { r.Min = new(5.0) }), "the rule pays 5 whatever holds: before min and max its points are between 0 and 5"},
		{"else is points of what is known", "pays_constant", rules(state(`count("call") > 3`, 5, 5)), "else is what points are: the rule pays 5 whatever holds"},
		{"tiers alike", "pays_constant", changed(qualify.Rule{Group: "fit", Tiers: []qualify.Tier{{When: "lead.verified", Points: 5}, {When: "lead.employees > 3", Points: 5}}}, func(*qualify.Rule) {}), ""},
		{"tiers alike with an else", "pays_constant", alike(-3, "lead.verified", "lead.employees > 3"), ""},
		{"tiers alike, and a max above all", "cap_unreached", func(p *qualify.Policy) {
			alike(-3, "lead.verified", "lead.employees > 3")(p)
			p.Rules[0].Max = new(6.0)
		}, "the rule's points are between -3 and 5: 6 is never reached"},
		{"tiers and else alike", "pays_constant", alike(5, "lead.verified", "lead.employees > 3"), "all tiers pay 5, and so does else: yes and no pay the same, and only unknown pays 0; if that is meant, ask with known()"},
		{"tiers and else of what is known alike", "pays_constant", alike(5, `happened("call")`, `happened("visit")`), "all tiers pay 5, and so does else: the rule pays 5 whatever holds"},
		{"tiers alike that never are", "pays_constant", alike(0, `count("call") < 0`, `count("visit") < 0`), ""},
		{"tiers alike that leave nothing", "pays_constant", alike(0, `happened("call")`, `not happened("call")`), "all tiers pay 5, and one of them always does"},
		{"min is max", "pays_constant", changed(state("lead.verified", 5, 0), func(r *qualify.Rule) { r.Min, r.Max = new(3.0), new(3.0) }), "min is max: the rule pays 3 whatever holds"},
		{"bounds that leave one number", "pays_constant", changed(state("lead.verified", 5, 0), func(r *qualify.Rule) { r.Min = new(5.0) }), "the rule pays 5 whatever holds: before min and max its points are between 0 and 5"},
		{"bounds that leave more", "pays_constant", changed(state("lead.verified", 5, 0), func(r *qualify.Rule) { r.Min = new(4.0) }), ""},

		// Bounds.
		{"a max above all", "cap_unreached", changed(state("lead.verified", 5, -5), func(r *qualify.Rule) { r.Max = new(6.0) }), "the rule's points are between -5 and 5: 6 is never reached"},
		{"a max that is reached", "cap_unreached", changed(state("lead.verified", 5, -5), func(r *qualify.Rule) { r.Max = new(5.0) }), ""},
		{"a max above times", "cap_unreached", changed(event(5, qualify.Limit{Times: 3}), func(r *qualify.Rule) { r.Max = new(16.0) }), "the rule's points are between 0 and 15: 16 is never reached"},
		{"a max of what is not bounded", "cap_unreached", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Max = new(1000.0) }), ""},
		{"a max above times within", "cap_unreached", changed(event(5, qualify.Limit{Times: 1, Per: day}), func(r *qualify.Rule) { r.Within, r.Max = 7*day, new(36.0) }), "the rule's points are between 0 and 35: 36 is never reached"},
		{"a max below what is never reached", "cap_unreached", changed(state("lead.employees > 600", 50, 5), func(r *qualify.Rule) { r.Max = new(20.0) }), "the rule's points are between 0 and 5: 20 is never reached"},
		{"a max of a group above all", "cap_unreached", group(func(g *qualify.Group) { g.Max = new(31.0) }), "the group's points are between -5 and 30: 31 is never reached"},
		{"a max of a group", "cap_unreached", group(func(g *qualify.Group) { g.Max = new(30.0) }), ""},
		{"a min of a group below all", "cap_unreached", group(func(g *qualify.Group) { g.Min = new(-6.0) }), "the group's points are between -5 and 30: -6 is never reached"},
		{"a min of a group", "cap_unreached", group(func(g *qualify.Group) { g.Min = new(0.0) }), ""},
		{"limit points above times", "cap_unreached", rules(event(5, qualify.Limit{Times: 3, Points: 20})), "3 times 5 points are 15: 20 is never reached"},
		{"limit points far below times", "cap_unreached", changed(event(1e6, qualify.Limit{Times: 1e7, Points: 1000}), func(*qualify.Rule) {}), "after 1 times 1000000 points the bound of 1000 points is used up: 10000000 times are never reached"},
		{"limit points at times", "cap_unreached", rules(event(5, qualify.Limit{Times: 3, Points: 15})), ""},
		{"limit times above points", "cap_unreached", rules(event(5, qualify.Limit{Times: 5, Points: 15})), "after 3 times 5 points the bound of 15 points is used up: 5 times are never reached"},
		{"limit times above values", "cap_unreached", rules(event(5, qualify.Limit{Times: 3, OncePer: "asset"})), "asset has 2 values, of which each pays once: 3 times are never reached"},
		{"limit times at values", "cap_unreached", rules(event(5, qualify.Limit{Times: 2, OncePer: "asset"})), ""},
		{"a group that is constant", "pays_constant", group(func(g *qualify.Group) { g.Min = new(30.0) }), "the group's points are always 30: before its bounds they are between -5 and 30"},
		{"a band above all", "band_unreached", group(func(g *qualify.Group) { g.Bands = []qualify.Band{{Label: "B"}, {From: new(31.0), Label: "A"}} }), `no score gets the band "A": the group's points are between -5 and 30`},
		{"a band at the most", "band_unreached", group(func(g *qualify.Group) { g.Bands = []qualify.Band{{Label: "B"}, {From: new(30.0), Label: "A"}} }), ""},
		{"a band below all", "band_unreached", group(func(g *qualify.Group) {
			g.Min, g.Bands = new(0.0), []qualify.Band{{Label: "B"}, {From: new(0.0), Label: "A"}}
		}), `no score gets the band "B": the next one begins at 0, and the group's points are between 0 and 30`},
		{"scores without a band", "band_gap", group(func(g *qualify.Group) { g.Bands = []qualify.Band{{From: new(0.0), Label: "A"}} }), "points below it have no band: the group's points are between -5 and 30"},
		{"no scores without a band", "band_gap", group(func(g *qualify.Group) { g.Bands = []qualify.Band{{From: new(-5.0), Label: "A"}} }), ""},
		{"a limit at the bound of all points", "unbounded", rules(event(1e6, qualify.Limit{Times: 1})), ""},
		{"a limit beyond the bound of all points", "unbounded", rules(event(-1e6, qualify.Limit{Times: 3})), ""},
		{"a limit of points at the bound of all points", "unbounded", rules(event(5, qualify.Limit{Points: 1e6})), ""},
		{"a multiplier at the bound of all points", "unbounded", changed(event(1e6, qualify.Limit{Times: 1}), func(r *qualify.Rule) { r.Multiply = "activity.amount" }), "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"unbounded", "unbounded", rules(event(5, qualify.Limit{})), "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"unbounded downward", "unbounded", rules(event(-5, qualify.Limit{Times: 3, Calendar: "day"})), "no limit, max or min bounds this rule downward, up to the total: one busy lead can outweigh all else"},
		{"bounded by times and a half-life", "unbounded", changed(event(5, qualify.Limit{Times: 1, Per: day}), func(r *qualify.Rule) { r.Decay.HalfLife = 7 * day }), ""},
		{"bounded by points and steps", "unbounded", changed(event(5, qualify.Limit{Points: 20, Calendar: "week"}), func(r *qualify.Rule) { r.Decay = qualify.Decay{Every: 7 * day, Lose: 0.5, Compound: true} }), ""},
		{"times and silence", "unbounded", changed(event(5, qualify.Limit{Times: 1, Per: day}), func(r *qualify.Rule) {
			r.Decay = qualify.Decay{Every: 7 * day, Lose: 0.5, Compound: true, Idle: "visit"}
		}), "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"a half-life without a limit", "unbounded", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Decay.HalfLife = 7 * day }), "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"bounded by a reset", "unbounded", func(p *qualify.Policy) { rules(event(5, qualify.Limit{}))(p); p.Groups[0].ResetOn = "visit" }, ""},
		{"a reset on part of it", "unbounded", func(p *qualify.Policy) { rules(event(5, qualify.Limit{}))(p); p.Groups[0].ResetOn = "prices" }, "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"a signal that never occurs", "unbounded", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "never", Types: []string{"visit"}, Where: "activity.amount < 0"}, qualify.Signal{ID: "second", Repeats: "never", Every: 2})
			rules(qualify.Rule{Group: "fit", On: "second", Points: 5})(p)
		}, ""},
		{"bounded by times", "unbounded", rules(event(5, qualify.Limit{Times: 3})), ""},
		{"bounded by a group", "unbounded", func(p *qualify.Policy) { rules(event(5, qualify.Limit{}))(p); p.Groups[0].Max = new(50.0) }, ""},
		{"bounded by the root", "unbounded", func(p *qualify.Policy) {
			rules(event(5, qualify.Limit{}))(p)
			p.Groups = append(p.Groups, qualify.Group{ID: "total", Max: new(50.0)})
		}, ""},
		{"a max of a group that is turned round", "unbounded", func(p *qualify.Policy) {
			rules(event(5, qualify.Limit{}))(p)
			p.Groups[0].Weight, p.Groups[0].Min = new(-1.0), new(0.0)
		}, "no limit, max or min bounds this rule downward, up to the total: one busy lead can outweigh all else"},
		{"bounded for each of two values", "unbounded", rules(event(5, qualify.Limit{Times: 3, ForEach: "asset"})), ""},
		{"times for each of any number of values", "unbounded", rules(event(5, qualify.Limit{Times: 3, ForEach: "path"})), "no limit, max or min bounds this rule upward, up to the total: one busy lead can outweigh all else"},
		{"bounded by the first ever", "unbounded", rules(event(5, qualify.Limit{Times: 1, Calendar: "ever"})), ""},
		{"bounded by visits and within", "unbounded", changed(event(5, qualify.Limit{Times: 1, Gap: day}), func(r *qualify.Rule) { r.Within = 7 * day }), ""},
		{"points for each of two values", "cap_unreached", changed(event(5, qualify.Limit{Points: 20, ForEach: "asset"}), func(r *qualify.Rule) { r.Max = new(41.0) }), "the rule's points are between 0 and 40: 41 is never reached"},
		{"points for each of two values, reached", "cap_unreached", changed(event(5, qualify.Limit{Points: 20, ForEach: "asset"}), func(r *qualify.Rule) { r.Max = new(40.0) }), ""},
		{"a bound that one time for each value does not reach", "cap_unreached", rules(event(5, qualify.Limit{Times: 3, Points: 20, ForEach: "path"})), "3 times 5 points for each path are 15: 20 is never reached"},
		{"values for each of which one pays, for each of others", "cap_unreached", rules(event(5, qualify.Limit{Times: 3, OncePer: "asset", ForEach: "path"})), "asset has 2 values, of which each pays once for each path: 3 times are never reached"},

		// Signals that have to do with others.
		{"not following what never occurs", "relation_moot", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "never", Types: []string{"visit"}, Where: "activity.amount < 0"}, qualify.Signal{ID: "s", Types: []string{"call"}, NotFollowing: "never", Within: day})
		}, `the signal "never" never occurs: this leaves out nothing`},
		{"not following what never occurs, for each", "relation_moot", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "never", Types: []string{"visit"}, Where: "activity.amount < 0"}, qualify.Signal{ID: "s", Types: []string{"call"}, NotFollowing: "never", Within: day, ForEach: "path"})
		}, `the signal "never" never occurs: this only leaves out what has no path`},
		{"followed by what never occurs", "relation_moot", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "never", Types: []string{"visit"}, Where: "activity.amount < 0"}, qualify.Signal{ID: "second", Repeats: "never", Every: 2},
				qualify.Signal{ID: "s", Types: []string{"call"}, FollowedBy: "second", Within: day})
		}, `the signal "second" never occurs, and so neither does this one`},
		{"following what occurs", "relation_moot", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "s", Types: []string{"call"}, Following: "visit", Within: day})
		}, ""},
		{"a signal that follows what never occurs", "unbounded", func(p *qualify.Policy) {
			p.Signals = append(p.Signals, qualify.Signal{ID: "never", Types: []string{"visit"}, Where: "activity.amount < 0"}, qualify.Signal{ID: "s", Types: []string{"call"}, Following: "never", Within: day})
			rules(qualify.Rule{Group: "fit", On: "s", Points: 5})(p)
		}, ""},

		// Time.
		{"the first ever, within", "limit_outlives", changed(event(5, qualify.Limit{Times: 1, Calendar: "ever"}), func(r *qualify.Rule) { r.Within = 7 * day }), ""},
		{"a step after within", "decay_unseen", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 30*day, qualify.Decay{Every: 30 * day, Lose: 0.5} }), "what is 30d old or older is left out by within before the first step takes anything"},
		{"a step before within", "decay_unseen", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 31*day, qualify.Decay{Every: 30 * day, Lose: 0.5} }), ""},
		{"a decay of a group without events", "decay_unseen", func(p *qualify.Policy) {
			when("lead.verified")(p)
			p.Groups[0].Decay = qualify.Decay{HalfLife: day}
		}, "no rule for activities in this group, or below it, is without a decay of its own"},
		{"a decay of a group", "decay_unseen", func(p *qualify.Policy) {
			rules(event(5, qualify.Limit{}))(p)
			p.Groups[0].Decay = qualify.Decay{HalfLife: day}
		}, ""},
		{"within after a line", "within_moot", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 30*day, qualify.Decay{Linear: 30 * day} }), "this leaves out nothing: the decay leaves nothing of what is 30d old"},
		{"within before the end of a line", "within_moot", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 29*day, qualify.Decay{Linear: 30 * day} }), ""},
		{"within after the last step", "within_moot", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 40*day, qualify.Decay{Every: 10 * day, Lose: 0.3} }), "this leaves out nothing: the decay leaves nothing of what is 40d old"},
		{"within before the last step", "within_moot", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) { r.Within, r.Decay = 39*day, qualify.Decay{Every: 10 * day, Lose: 0.3} }), ""},
		{"within after steps of what is left", "within_moot", changed(event(5, qualify.Limit{}), func(r *qualify.Rule) {
			r.Within, r.Decay = 400*day, qualify.Decay{Every: 10 * day, Lose: 0.5, Compound: true}
		}), ""},
		{"a period longer than within", "limit_outlives", changed(event(5, qualify.Limit{Times: 1, Per: 30 * day}), func(r *qualify.Rule) { r.Within = 7 * day }), "an occurrence uses up this limit for its whole period, and pays nothing any more after 7d: newer ones do not pay in its place"},
		{"a period as long as within", "limit_outlives", changed(event(5, qualify.Limit{Times: 1, Per: 7 * day}), func(r *qualify.Rule) { r.Within = 7 * day }), ""},
		{"a limit without a period", "limit_outlives", changed(event(5, qualify.Limit{Times: 1}), func(r *qualify.Rule) { r.Within = 7 * day }), ""},

		// Stages.
		{"a score that is never reached", "unreachable_stage", stages(stage(`score("fit") >= 40`, "")), `no lead enters this stage: score("fit") lies between -10 and 35, and is never >= 40`},
		{"the highest score", "unreachable_stage", stages(stage(`score("fit") >= 35`, "")), ""},
		{"a score that is always reached", "unreachable_stage", stages(stage(`not (score("fit") < 40)`, "")), `no lead enters this stage: score("fit") lies between -10 and 35, and is never >= 40`},
		{"a term that is never yes", "unreachable_stage", func(p *qualify.Policy) {
			stages(stage(`term.high`, ""))(p)
			p.Terms = []qualify.Term{{ID: "high", Is: "score() >= 40"}}
		}, "no lead enters this stage, whatever score() is; score() lies between -10 and 35"},
		{"a band below a score", "unreachable_stage", stages(stage(`band("fit") == "B" and score("fit") >= 30`, "")), `no lead enters this stage: band("fit") == "B" and score("fit") >= 30 exclude one another; band("fit") can be "C", "B", "A": the group's points are between -10 and 35, score("fit") lies between -10 and 35`},
		{"a band and its score", "unreachable_stage", stages(stage(`band("fit") == "B" and score("fit") >= 29`, "")), ""},
		{"two conditions that exclude each other", "unreachable_stage", stages(stage(`happened("call") and count("call") == 0`, "")), `no lead enters this stage: happened("call") and count("call") == 0 exclude one another`},
		{"either of two that are never reached", "unreachable_stage", stages(stage(`lead.verified and (score("fit") > 40 or lead.employees < 1)`, "")), `no lead enters this stage: (score("fit") > 40 or lead.employees < 1) can never be yes`},
		{"either of two, each with a reason", "threshold", stages(stage(`lead.verified and (score("fit") > 40 or lead.employees < 1)`, "")), `this can never be yes: score("fit") lies between -10 and 35, and is never > 40`},
		{"what is never reached beside what would be", "unreachable_stage", stages(stage(`(score("fit") > 40 or lead.verified) and lead.employees < 1`, "")), `no lead enters this stage: lead.employees lies between 1 and 500, and is never < 1`},
		{"not in all the bands", "unreachable_stage", stages(stage(`band("fit") not in ["A", "B", "C"] and lead.verified`, "")), `no lead enters this stage: band("fit") can be "C", "B", "A": the group's points are between -10 and 35, and is always one of these`},
		{"a criterion that is never met", "unreachable_stage", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: "lead.employees > 500"}}
			stages(stage(`lead.verified and met("k")`, ""))(p)
		}, `no lead enters this stage: met("k") can never be yes`},
		{"set by hand", "unreachable_stage", stages(stage("false", "true")), ""},
		{"a part that is never reached", "threshold", stages(stage(`score() >= 40 or lead.verified`, "")), `this can never be yes: score() lies between -10 and 35, and is never >= 40`},
		{"a part that is always reached", "threshold", stages(stage(`score() >= -10 and lead.verified`, "")), `this can never be no: score() lies between -10 and 35, and is never < -10`},
		{"a later stage at fewer points", "passed_over", stages(stage("score() >= 20", ""), stage("score() >= 10", "")), `whenever this is yes, so is enter of the later stage "s1": a lead goes there instead`},
		{"a later stage at more points", "passed_over", stages(stage("score() >= 10", ""), stage("score() >= 20", "")), ""},
		{"an exit for all who enter", "passed_over", stages(stage("lead.verified and score() > 0", ""), exit("lead.verified", "")), `whenever this is yes, so is enter of the exit "s1": a lead goes there instead`},
		{"an exit after a wider one", "passed_over", stages(exit("lead.employees < 50", ""), exit("lead.employees < 20", "")), `whenever this is yes, so is enter of the exit "s0": a lead goes there instead`},
		{"an exit before a wider one", "passed_over", stages(exit("lead.employees < 20", ""), exit("lead.employees < 50", "")), ""},
		{"a keep above enter", "strict_keep", stages(stage("score() >= 10", "score() >= 20")), "this is no wherever enter is: it holds nobody whom enter alone would not hold"},
		{"a keep below enter", "strict_keep", stages(stage("score() >= 20", "score() >= 10")), ""},
		{"a keep that is enter", "strict_keep", stages(stage("score() >= 20", "score() >= 20")), "this is the same as enter, which holds a lead without it"},
		{"a keep that takes the unknown for yes", "strict_keep", stages(stage("lead.verified and score() >= 10", "(lead.verified ?? true) and score() >= 20")), ""},
		{"a keep that lets the unknown go", "strict_keep", stages(stage("lead.verified", "lead.verified ?? false")), ""},
		{"a keep by a term that reads a signal", "held_unknown", overrides(stage("score() >= 20", "met_count() >= 2 or term.says")), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write term.says ?? false to take the unknown for no`},
		{"a keep by a signal", "held_unknown", overrides(stage("score() >= 20", `latest("override", "asset") == "one"`)), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write (latest("override", "asset") == "one") ?? false to take the unknown for no`},
		{"a keep by a signal of late", "held_unknown", overrides(stage("score() >= 20", `score() >= 10 or latest("override", "asset", "30d") == "one"`)), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write (latest("override", "asset", "30d") == "one") ?? false to take the unknown for no`},
		{"a keep by an age", "held_unknown", overrides(stage("score() >= 20", `days_since("override") < 60`)), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write (days_since("override") < 60) ?? false to take the unknown for no`},
		{"a keep by a mean", "held_unknown", overrides(stage("score() >= 20", `not (mean("visit", "amount") < 5)`)), `a lead without any "visit" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write (mean("visit", "amount") < 5) ?? false to take the unknown for no`},
		{"a keep by a criterion", "held_unknown", overrides(stage("score() >= 20", `score() >= 10 or met("k")`)), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write met("k") ?? false to take the unknown for no`},
		{"a keep by an attribute", "held_unknown", overrides(stage("score() >= 20", "score() >= 10 or lead.verified")), "a lead of which lead.verified is unknown is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write lead.verified ?? false to take the unknown for no"},
		{"an exit that is kept by a signal", "held_unknown", overrides(exit("score() < 0", `latest("override", "asset") == "one"`)), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write (latest("override", "asset") == "one") ?? false to take the unknown for no`},
		{"a stage that is set by hand", "held_unknown", overrides(stage("false", "term.says")), `a lead without any "override" is never lost by this: keep is yes or unknown of it, and only a definite no loses a stage; write term.says ?? false to take the unknown for no`},
		{"a keep by a signal, with its unknown as no", "held_unknown", overrides(stage("score() >= 20", "met_count() >= 2 or (term.says ?? false)")), ""},
		{"a keep by a signal and more", "held_unknown", overrides(stage("score() >= 20", "score() >= 10 and term.says")), ""},
		{"a keep by a signal that enter needs", "held_unknown", overrides(stage("term.says", "term.says or score() >= 10")), ""},
		{"a keep by what did not happen", "held_unknown", overrides(stage("score() >= 20", `not happened("override")`)), ""},
		{"a keep by a number of occurrences", "held_unknown", overrides(stage("score() >= 20", `count("override") > 0`)), ""},
		{"a keep that never is no", "held_unknown", overrides(stage("score() >= 20", "true")), ""},
		{"a keep by an attribute with a default", "held_unknown", overrides(stage("score() >= 20", "lead.opted_out")), ""},
		{"a keep by the stay", "never_leaves", stages(stage("score() >= 20", "days_in_stage() < 90")), "no lead leaves this stage as time passes: its enter is yes as long as no new fact arrives, and enter holds a lead that keep would let go; to end the stay, let an exit take the lead, or use max_stay to be told of it"},
		{"a keep by the stay and more", "never_leaves", stages(stage("lead.employees > 100", "score() >= 0 and not (days_in_stage() >= 30)")), "no lead leaves this stage as time passes: its enter is yes as long as no new fact arrives, and enter holds a lead that keep would let go; to end the stay, let an exit take the lead, or use max_stay to be told of it"},
		{"an exit kept by the stay", "never_leaves", stages(exit(`happened("call")`, "days_in_stage() < 30")), "no lead leaves this stage as time passes: its enter is yes as long as no new fact arrives, and enter holds a lead that keep would let go; to end the stay, let an exit take the lead, or use max_stay to be told of it"},
		{"a keep by the stay, whose enter passes", "never_leaves", stages(stage(`happened("call", "30d")`, "days_in_stage() < 90")), ""},
		{"a keep by the stay, whose points pass", "never_leaves", func(p *qualify.Policy) {
			stages(stage("score() >= 20", "days_in_stage() < 90"))(p)
			p.Rules = append(p.Rules, qualify.Rule{ID: "e", On: "visit", Points: 5, Within: 90 * day})
		}, ""},
		{"a keep by the stay, whose points in a rule pass", "never_leaves", func(p *qualify.Policy) {
			stages(stage("score() >= 20", "days_in_stage() < 90"))(p)
			p.Rules = append(p.Rules, qualify.Rule{ID: "e", When: `days_since("visit") < 5`, Points: 5})
		}, ""},
		{"a keep that holds for a while at least", "never_leaves", stages(stage("score() >= 20", "score() >= 10 or days_in_stage() < 90")), ""},
		{"a stay that an exit ends", "never_leaves", stages(stage("score() >= 20", "score() >= 10"), exit(`reached("s0") and days_in_stage() >= 90`, "true")), ""},
		{"put back by keep and enter", "comes_again", stages(stage(`score() >= 20 and not (reached("s0") and days_in_stage() >= 90)`, "days_in_stage() < 90")), "a lead that time puts back from this stage enters it again at the next assessment: what enter asks of the stage holds of a lead that is not in it; to end the stay, let an exit take the lead, or use max_stay to be told of it"},
		{"put back by enter alone", "comes_again", stages(stage("score() >= 0", ""), stage(`score() >= 20 and (not reached("s1") or days_in_stage() < 90)`, "")), "a lead that time puts back from this stage enters it again at the next assessment: what enter asks of the stage holds of a lead that is not in it; to end the stay, let an exit take the lead, or use max_stay to be told of it"},
		{"put back to where it may not enter from", "comes_again", stages(stage("score() >= 0", ""), stage(`score() >= 20 and not (days_in_stage() >= 90) and not reached("s0") or reached("s1") and days_in_stage() < 90`, "")), ""},
		{"put back, whose enter passes", "comes_again", stages(stage(`happened("call", "10d") and not (reached("s0") and days_in_stage() >= 90)`, "days_in_stage() < 90")), ""},
		{"put back for good by a stay before it", "comes_again", stages(stage("score() >= 0", "true"), stage(`score() >= 20 and (reached("s1") ? days_in_stage() < 90 : not reached("s0"))`, "")), ""},
		{"a time at most so many days ahead", "one_sided", when("days_until(lead.born) <= 90"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same the other way round", "one_sided", when("90 > days_until(lead.born)"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same by not", "one_sided", when("lead.verified and not (days_until(lead.born) > 90)"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same by days since", "one_sided", when("days_since(lead.born) >= -90"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same by calendar days", "one_sided", when("calendar_days_since(lead.born) > -3"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same in a term", "one_sided", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "soon", Is: "days_until(lead.born) <= 90"}}
			when("lead.verified or term.soon")(p)
		}, "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same of either of two times", "one_sided", dated("days_until(latest('call', 'start') ?? lead.born) <= 90"), `this is yes of a time long past as well: if it is to lie ahead, add days_until(latest("call", "start") ?? lead.born) >= 0`},
		{"the same of a call", "one_sided", dated("days_until(latest('call', 'start')) <= 90"), `this is yes of a time long past as well: if it is to lie ahead, add days_until(latest("call", "start")) >= 0`},
		{"the same in an enter", "one_sided", stages(stage("score() >= 20 and days_until(lead.born) <= 90", "true")), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same in a keep", "one_sided", stages(stage("score() >= 20", "days_until(lead.born) < 30")), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"the same in a tier", "one_sided", tiers(0, "lead.verified", "days_until(lead.born) <= 30"), "this is yes of a time long past as well: if it is to lie ahead, add days_until(lead.born) >= 0"},
		{"both sides", "one_sided", when("days_until(lead.born) >= 0 and days_until(lead.born) <= 90"), ""},
		{"both sides, spelled apart", "one_sided", when("days_since(lead.born) < 1 and days_until(lead.born) <= 90"), ""},
		{"both sides by the time itself", "one_sided", when("lead.born > now and days_until(lead.born) <= 90"), ""},
		{"both sides in two tiers", "one_sided", tiers(0, "days_until(lead.born) < 0", "days_until(lead.born) <= 30", "days_until(lead.born) <= 90"), ""},
		{"both sides in met and unmet", "one_sided", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Question: "When?", Met: "days_until(lead.born) <= 90", Unmet: "days_until(lead.born) < 0"}}
		}, ""},
		{"both sides in a term and beside it", "one_sided", func(p *qualify.Policy) {
			p.Terms = []qualify.Term{{ID: "soon", Is: "days_until(lead.born) <= 90"}}
			when("term.soon and days_until(lead.born) >= 0")(p)
		}, ""},
		{"a time that is past", "one_sided", when("days_until(lead.born) <= 0"), ""},
		{"a time further ahead", "one_sided", when("days_until(lead.born) >= 30"), ""},
		{"a time further ahead, by not", "one_sided", when("lead.verified and not (days_until(lead.born) <= 30)"), ""},
		{"the age of an occurrence", "one_sided", when(`days_since("call") >= -1 and lead.verified`), ""},
		{"an exit by the stage itself", "not_held", stages(stage("lead.verified", ""), exit(`reached("s0") and days_in_stage() >= 30`, "")), `once the verdict is stored, an assessment at the same instant moves the lead again: of a lead that has been in this stage for no time, enter is no; give it a keep of its own, such as "true"`},
		{"an exit with a keep that can be unknown", "not_held", stages(stage("lead.verified", ""), exit(`reached("s0")`, "lead.employees > 600")), ""},
		{"an exit with a keep", "not_held", stages(stage("lead.verified", ""), exit(`reached("s0") and days_in_stage() >= 30`, "true")), ""},
		{"a stage by the one before it", "not_held", stages(stage("lead.verified", ""), stage(`reached("s0") and score() > 20`, "")), ""},

		// Declarations.
		{"a signal", "unused", func(p *qualify.Policy) { used(p); p.Signals = append(p.Signals, qualify.Signal{ID: "more"}) }, "no rule and no expression speaks of this signal"},
		{"an attribute", "unused", func(p *qualify.Policy) {
			used(p)
			p.Profile = append(p.Profile, qualify.Field{Name: "more", Kind: qualify.Text})
		}, "no expression asks for lead.more"},
		{"a property", "unused", func(p *qualify.Policy) {
			used(p)
			p.Properties = append(p.Properties, qualify.Field{Name: "more", Kind: qualify.Text})
		}, "nothing asks for this property: at most it orders activities that are otherwise the same"},
		{"a term", "unused", func(p *qualify.Policy) { used(p); p.Terms = append(p.Terms, qualify.Term{ID: "more", Is: "1 + 1"}) }, "no expression asks for term.more"},
		{"a group", "unused", func(p *qualify.Policy) { used(p); p.Groups = append(p.Groups, qualify.Group{ID: "more"}) }, "no rule pays into this group: its points are always 0"},
		{"all that is used", "unused", used, ""},
		{"what only a relation and a limit use", "unused", func(p *qualify.Policy) {
			used(p)
			p.Properties = append(p.Properties, qualify.Field{Name: "mail", Kind: qualify.Code}, qualify.Field{Name: "day", Kind: qualify.Code})
			p.Signals = append(p.Signals, qualify.Signal{ID: "sent"}, qualify.Signal{ID: "click", NotFollowing: "sent", Within: day, ForEach: "mail"})
			p.Rules = append(p.Rules, qualify.Rule{ID: "click", On: "click", Points: 5, Limit: qualify.Limit{Times: 2, ForEach: "day"}})
		}, ""},
		{"no question", "no_question", func(p *qualify.Policy) { p.Criteria = []qualify.Criterion{{ID: "k", Met: "lead.verified"}} }, "the answer can be unknown, and there is no question that a seller could ask"},
		{"no question about what is open", "no_question", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: `count("call") > 2`, Unmet: `count("call") < 1`}}
		}, "the answer can be unknown, and there is no question that a seller could ask"},
		{"no question about what is one or the other", "no_question", func(p *qualify.Policy) {
			p.Criteria = []qualify.Criterion{{ID: "k", Met: `count("call") > 2`, Unmet: `count("call") < 3`}}
		}, ""},
		{"no question about what is known", "no_question", func(p *qualify.Policy) { p.Criteria = []qualify.Criterion{{ID: "k", Met: `happened("call")`}} }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := world()
			test.policy(&p)
			m, err := qualify.Compile(p)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range review.Vet(m) {
				if f.Check == test.check && !strings.HasPrefix(f.Path, "signals") == !strings.HasPrefix(test.name, "where") || f.Check == test.check && slices.Contains([]review.Check{review.Unused, review.RelationMoot}, f.Check) {
					got = append(got, f.Message)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// used uses all that world declares.
func used(p *qualify.Policy) {
	p.Terms = []qualify.Term{{ID: "t", Is: `lead.city == "x" or lead.born < now`}}
	rules(state(`term.t and lead.segment == "private" and lead.sector == "A1" and lead.verified and lead.employees > 3`, 5, 0), changedEvent())(p)
	p.Criteria = []qualify.Criterion{{ID: "k", Met: `happened("call") or count("prices") > 3 or happened("third")`}}
}

func changedEvent() qualify.Rule {
	r := event(5, qualify.Limit{Times: 2, OncePer: "asset"})
	r.Multiply = "activity.amount"
	return r
}

// What a person reads, in the order of the document.
func TestFindingsAreReadable(t *testing.T) {
	t.Parallel()
	p := world()
	used(&p)
	p.Signals = append(p.Signals, qualify.Signal{ID: "webinar"})
	p.Rules = append(p.Rules, qualify.Rule{ID: "size", Label: "Size", When: "lead.verified and\n  lead.employees > 100 and lead.employees < 50", Points: 10}, qualify.Rule{ID: "hot", When: `lead.verified`, Points: 8})
	p.Stages = []qualify.Stage{{ID: "mql", Enter: "score() >= 25"}, {ID: "won", Exit: true, Enter: `happened("call")`}}
	p.Groups = append(p.Groups, qualify.Group{ID: "total", Max: new(20.0), Bands: []qualify.Band{{From: new(-5.0), Label: "B"}, {From: new(22.5), Label: "A"}}})
	want := `signal "webinar", id, 1:1: no rule and no expression speaks of this signal (unused)
    "webinar"
    ^
rule "size", when, 2:43: this can never be yes: lead.employees > 100 and lead.employees < 50 leave no number (never_yes)
      lead.employees > 100 and lead.employees < 50
                                              ^
group "total", bands[1].from, 1:1: no score gets the band "A": the group's points are between 0 and 20 (band_unreached)
    22.5
    ^
stage "mql", enter, 1:9: no lead enters this stage: score() lies between 0 and 20, and is never >= 25 (unreachable_stage)
    score() >= 25
            ^
`
	if diff := cmp.Diff(want, review.Vet(qualify.MustCompile(p)).String()); diff != "" {
		t.Error(diff)
	}
}

func TestVetInALocation(t *testing.T) {
	t.Parallel()
	p := world()
	when(`lead.born >= time("2026-01-01") and lead.born < time("2025-12-31T23:30:00Z")`)(&p)
	for name, want := range map[string]int{"UTC": 1, "Europe/Copenhagen": 0} {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		found := 0
		for _, f := range review.Vet(qualify.MustCompile(p, qualify.WithLocation(location))) {
			if f.Check == "never_yes" {
				found++
			}
		}
		if found != want {
			t.Errorf("%s: %d findings, want %d", name, found, want)
		}
	}
}

// A policy that has as many parts as a policy may have is vetted like any other.
func TestVetAtTheBounds(t *testing.T) {
	t.Parallel()
	p := world()
	for i := range 1000 {
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: fmt.Sprint("c", i), Met: "true"})
	}
	for i := range 10 {
		p.Terms = append(p.Terms, qualify.Term{ID: fmt.Sprint("t", i), Is: "1"})
	}
	p.Rules = []qualify.Rule{state("lead.employees > 500", 10, 0)}
	var model *qualify.Model
	fill := func(when string) { // as many rules as there can be
		at := len(p.Rules)
		enough := sort.Search(1000, func(n int) bool {
			p.Rules = p.Rules[:at]
			for range n + 1 {
				r := state(when, 1, 0)
				r.ID = fmt.Sprint("r", len(p.Rules))
				p.Rules = append(p.Rules, r)
			}
			m, err := qualify.Compile(p)
			if err == nil {
				model = m
			}
			return err != nil
		})
		p.Rules = p.Rules[:at+enough]
	}
	fill("met_count() > 0") // each of some thousand parts
	fill("true")
	if model == nil || len(model.Policy().Rules) < 100 {
		t.Fatal("the policy does not reach the bounds")
	}
	found := review.Vet(model).String()
	for _, want := range []string{"never_yes", "no expression asks for term.t9"} {
		if !strings.Contains(found, want) {
			t.Errorf("there is no %q among the findings", want)
		}
	}
}

// Two wheres that differ in blanks only are one condition.
func TestVetWheresAsCompiled(t *testing.T) {
	t.Parallel()
	p := world()
	p.Signals = append(p.Signals, qualify.Signal{ID: "again", Types: []string{"visit"}, Where: `activity.path  startsWith  "/prices"`})
	p.Groups[0].ResetOn = "again"
	p.Rules = []qualify.Rule{{ID: "r", Group: "fit", On: "prices", Points: 5}}
	if found := review.Vet(qualify.MustCompile(p)).String(); strings.Contains(found, "unbounded") {
		t.Errorf("each occurrence resets the group, and\n%s", found)
	}
}

// Findings have flat JSON, which reads back as it was.
func TestFindingsJSON(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Profile: []qualify.Field{{Name: "n", Kind: qualify.Number, Maximum: new(9.0)}},
		Rules:   []qualify.Rule{{ID: "r", When: "lead.n > 10", Points: 5}},
	}
	found := review.Vet(qualify.MustCompile(p))
	data, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"check":"never_yes","severity":"blocks","path":"rules[0]","id":"r","field":"when","line":1,"column":8,"source":"lead.n \u003e 10",` +
		`"message":"this can never be yes: lead.n is at most 9, and is never \u003e 10"}]`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Error(diff)
	}
	var read review.Findings
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found, read); diff != "" {
		t.Error(diff)
	}
	if found[0].Check != review.NeverYes {
		t.Errorf("the check is %s", found[0].Check)
	}
}

// What no lead can be as the policy says blocks a release; the rest may be meant.
func TestSeverity(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy func(p *qualify.Policy)
		check  review.Check
		want   review.Severity
	}{
		{when("lead.employees > 500"), review.NeverYes, review.Blocks},
		{when("lead.employees >= 1"), review.NeverNo, review.WorthALook},
		{stages(stage("lead.verified or score() >= 40", "")), review.Threshold, review.Blocks},
		{stages(stage("lead.verified and score() >= -10", "")), review.Threshold, review.WorthALook},
		{stages(stage("score() >= 40", "")), review.UnreachableStage, review.Blocks},
		{stages(stage("score() >= 20", "days_in_stage() < 90")), review.NeverLeaves, review.Blocks},
		{overrides(stage("score() >= 20", "term.says")), review.HeldUnknown, review.Blocks},
		{overrides(stage("score() >= 20", "score() >= 10 or lead.verified")), review.HeldUnknown, review.WorthALook},
		{when("days_until(lead.born) <= 90"), review.OneSided, review.WorthALook},
		{rules(event(5, qualify.Limit{})), review.Unbounded, review.WorthALook},
	} {
		p := world()
		test.policy(&p)
		found := false
		for _, f := range review.Vet(qualify.MustCompile(p)) {
			if f.Check != test.check {
				continue
			}
			if found = true; f.Severity != test.want {
				t.Errorf("%s: it %s", f, f.Severity)
			}
		}
		if !found {
			t.Errorf("there is no %s", test.check)
		}
	}
}
