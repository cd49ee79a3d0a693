package expression_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/layout"
	"github.com/qualify-go/qualify/internal/testcase"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// internals are words that belong to expr or to Go, and never to a message.
var internals = regexp.MustCompile(`(?i)\binterface\b|\bint(64)?\b|\bfloat|\bast\.|Operator\(|Identifier\(|Bracket\(|\bEOF\b|strconv|unescape|\(\?i\)|\bnil\b.*pointer|%!|unexpected`)

// report writes mistakes under their source, each with a caret.
func report(t *testing.T, b *strings.Builder, source string, mistakes []expression.Mistake) {
	for _, m := range mistakes {
		if m.Offset < 0 || m.Offset > utf8.RuneCountInString(source) {
			t.Errorf("%s: offset %d is outside", source, m.Offset)
		}
		if word := internals.FindString(m.Message); word != "" && !strings.Contains(source, word) || m.Message == "" || strings.HasSuffix(m.Message, ": ") || strings.Contains(m.Message, "  ") {
			t.Errorf("%s: bad message %q", source, m.Message)
		}
		fmt.Fprintf(b, "    %s^ %s\n", strings.Repeat(" ", layout.Width(string([]rune(source)[:m.Offset]))), m.Message)
	}
	if len(mistakes) == 0 {
		b.WriteString("    no mistake\n")
	}
	b.WriteByte('\n')
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, diff)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, section := range []struct {
		title   string
		place   expression.Place
		want    fact.Kind
		sources string
	}{
		{"names", expression.InRule, fact.Bool, `
			employees >= 200
			lead.employes >= 200
			lead.zzz == 1
			leed.employees >= 200
			zzz
			xlead.a.b
			lead
			activity == 1
			term == 1
			count > 3
			known
			lead.employees.size == 1
			lead[0] == 1
			lead["employes"] == 1
			cuont("visit") > 1
			zzz(1)
			len(lead.name) > 1
			count("visits") > 1
			count("zzz") > 1
			total("call", "budgte") > 1
			total("call", "zzz") > 1
			met("budgett")
			met_count("bent") > 1
			term.zzz
			lead.employes > 1 and lead.nmae == "x" or nope`},
		{"names of stages", expression.InStage, fact.Bool, `
			score("fitt") > 1
			band("fit") == "D"
			band("fit") in ["A", "D", "E"]
			band("total") == "A"
			band() == "A"
			reached("mqll")
			reached()
			days_in_stage(1) > 1
			days_in_stage`},
		{"names in where", expression.InWhere, fact.Bool, `
			path == "x"
			activity.pth == "x"
			activity.zzz == "x"
			lead.employees > 1
			count("visit") > 1
			idle_steps("visit", "7d") > 1
			now > activity.at
			days_since(activity.at) > 1
			term.fine
			met("budget")`},
		{"places: a rule", expression.InRule, fact.Bool, `
			activity.path == "x"
			activity.at > time("2026-01-01")
			score() > 1
			band("fit") == "A"
			reached("mql")
			days_in_stage() > 1
			term.late`},
		{"places: a criterion", expression.InCriterion, fact.Bool, `
			met("budget")
			unmet("budget") and met_count() > 1
			all_met("bant")
			score() > 1
			days_in_stage() > 1
			activity.budget > 1
			term.judged`},
		{"places: multiply", expression.InMultiply, fact.Number, `
			now > lead.since ? 1 : 2
			days_since("visit") > 3 ? 1 : 2
			days_since(lead.since) > 3 ? 1 : 2
			days_in_stage() > 3 ? 1 : 2
			activity.budget
			score()
			term.aging ? 1 : 2
			lead.verified
			lead.name`},
		{"places: multiply of an event rule", expression.InEventMultiply, fact.Number, `
			budget
			days_since(activity.at) > 3 ? 1 : 2
			count("visit", "30d")
			idle_steps("visit", "7d")
			term.quiet ? 1 : 2
			met("budget") ? 1 : 2
			lead.name contains "" ? 1 : 2
			score()`},
		{"words of other languages", expression.InRule, fact.Bool, `
			lead.verified AND lead.verified
			lead.name is "x"
			lead.name LIKE "x"
			lead.name startswith "x"
			lead.employees BETWEEN 1 and 5
			lead.employees => 3`},
		{"kinds", expression.InRule, fact.Bool, `
			lead.employees
			lead.name
			"text"
			1
			lead.tags
			lead.since
			lead.employees == "200"
			lead.employees == lead.name
			lead.name > "a"
			lead.verified < true
			lead.verified == 1
			lead.since >= "2026-01-01"
			"2026-01-01" <= lead.since
			lead.since > (lead.verified ? "a" : "b")
			lead.tags == "vip"
			"vip" == lead.tags
			lead.tags == lead.topics
			lead.name == lead.plan
			lead.name contains lead.plan
			lead.tags contains "vip"
			lead.employees contains "1"
			lead.name startsWith 3
			lead.country == "DKK"
			"Dk" == lead.country
			lead.country == "ZZZ"
			lead.size in ["small", "larg"]
			"vipp" in lead.tags
			lead.plan in lead.tags
			lead.tags in ["vip", "vipp"]
			lead.tags in [5]
			lead.tags in [lead.name]
			lead.tags in []
			lead.tags in lead.topics
			lead.tags contains ["vip"]
			["vip"] in lead.tags
			"\u200b" in lead.tags
			lead.topics in ["x", "\ufeff"]
			lead.name == "\u200b"
			lead.name startsWith "\u2060"
			lead.employees in ["a"]
			lead.name in [1, "x"]
			lead.name in "abc"
			lead.name in lead.title
			1 in lead.tags
			lead.employees in []
			lead.employees in [lead.revenue, 1]
			lead.employees in [nope, 1]
			lead.employees in [1 + 2]
			now in [time("2026-01-01")]
			lead.employees + "1" > 2
			-lead.name == 1
			not lead.employees
			not lead.employees == 3
			!lead.name contains "x"
			lead.employees and lead.verified
			lead.verified or 3
			lead.employees ? true : false
			known(3)
			known("x")
			known(days_since("visit"))
			known(days_since(lead.since))
			known(now)
			days_since(lead.employees) > 1
			days_until("2026-01-01") > 1
			calendar_days_since(lead.due) + 1 > 2
			calendar_days_since(lead.due) == days_since(lead.due)
			calendar_days_since(lead.due) in [0, 1]
			calendar_days_since(now) > 1
			calendar_days_since(lead.employees) > 1
			calendar_days_since("nope") > 1
			calendar_days_since() > 1
			known(calendar_days_since(lead.due))
			days_between(lead.due) > 1
			days_between(lead.due, now) > 1
			days_between(lead.due, "2026-01-01") > 1
			days_between(lead.employees, lead.due) > 1
			days_since(now) > 1
			days_since("vist") > 1
			days_since_first(lead.since) > 1
			days_since() > 1
			total("call", "role") > 1
			distinct("call", "labels") > 1
			lead.employees matches "x"
			lead.name matches lead.title
			lead.name matches "(" + "x"
			lead.name matches "a("
			lead.plan matches "[z-a]"
			lead.name matches "a{1001}"
			lead.name matches "(?<a"
			lead.name matches "x" matches "y"`},
		{"lists", expression.InRule, fact.Bool, `
			lead.name in list.free
			lead.name endsWith list.free
			lead.plan contains list.fre
			lead.name in list
			lead.name in list["free"]
			lead.name in list[0]
			lead.name == list.free
			list.free in lead.tags
			"x" in list.free
			lead.employees in list.free
			lead.tags contains list.free
			lead.name contains []
			lead.name contains ["a", 1]
			lead.name contains ["a", "\b"]
			lead.name startsWith [lead.title]
			not lead.name contains ["a"]
			lead.name matches list.free
			lead.name contains ["a"] == true
			known(list.free)`},
		{"sides that disagree", expression.InRule, fact.Bool, `
			(lead.verified ? 1 : "a") == 1
			(lead.verified ? lead.name : lead.plan) == "a"
			(lead.verified ? lead.since : lead.employees) == 1
			(lead.name ?? 3) == "x"
			(lead.employees ?? "none") == 1
			(lead.verified ? true : 1)
			(lead.tags ?? "a") == "x"`},
		{"what changes as time passes", expression.InRule, fact.Bool, `
			now
			days_since("visit")
			days_since("visit") + 1 > 3
			-days_since("visit") > 3
			+days_since("visit") > 3
			(days_since("visit") ?? 3) > 3
			(lead.verified ? now : now) > lead.since
			now == now
			days_since(lead.since) > days_since(lead.due)
			lead.employees in [days_since("visit")]
			days_since("visit") in [1, 2]`},
		{"calls", expression.InRule, fact.Bool, `
			count() > 1
			count("visit", "30d", "x") > 1
			count(visit) > 1
			count("visit", 30) > 1
			count("visit", "30") > 1
			count("visit", "3m") > 1
			count("visit", "3 d") > 1
			count("visit", "1y") > 1
			count("visit", "0d") > 1
			count("visit", "40000d") > 1
			count("visit", "since vist") > 1
			count("visit", "since zzz") > 1
			count("visit", "30d after call") > 1
			count("visit", "") > 1
			total("call") > 1
			total("call", 3) > 1
			followed("visit", "call")
			followed("visit", "call", "7x")
			followed("visit", "call", 7)
			followed("visit", "call", "7d", "x")
			followed("vist", "cal", "7", "x")
			idle_steps("visit") > 1
			idle_steps("visit", "7d", "1d", "30d") > 1
			idle_steps("visit", 7) > 1
			idle_steps("visit", "7x") > 1
			idle_steps("visit", "0d") > 1
			idle_steps("visit", "36526d") > 1
			idle_steps("visit", "7d", "0s") > 1
			idle_steps("visit", "7d", "since call") > 1
			idle_steps("vist", "7", "1m") > 1
			idle_steps("zzz", "7d") > 1
			idle_step("visit", "7d") > 1
			idle_steps > 1
			idle_steps("visit", "7d")
			time() > lead.since
			time("yesterday") > lead.since
			time("1677-09-21") > lead.since
			time("1677-09-21T00:12:43.145224191Z") > lead.since
			time("2262-04-12") > lead.since
			time("2262-04-11T23:47:16.854775808Z") > lead.since
			time("") > lead.since
			time("1500-01-01") > lead.since
			time(2026) > lead.since
			known()
			known(nope)
			met()
			met("budget", "authority")
			met_count("bant", "x") > 1
			score(1, 2) > 1`},
		{"what is not part of the language", expression.InRule, fact.Bool, `
			lead.name == ""
			lead.name == "  "
			lead.name in ["", "a"]
			lead.name == nil
			nil
			[1, 2]
			[1, 2] == lead.employees
			count("visit", {.type == "x"}) > 1
			count("visit", {type: "x"}) > 1
			any(lead.tags, {# == "x"})
			any(lead.tags, .x == "x")
			any(lead.tags, .x; .y)
			map(lead.tags, {.x})
			filter(lead.tags, true)
			all(lead.tags, lead.verified)
			"visit" | count() > 1
			"visit" | count("30d")
			lead.name | upper() == "X"
			$env
			$env.lead.name == "x"
			lead.name.upper() == "X"
			lead.name.upper == "X"
			upper(lead.name) == "X"
			let x = 1; x > 2
			1 + let x = 2; x
			lead.verified; lead.consent
			lead.name == "a; b" ; lead.verified; lead.consent
			lead?.verified
			lead?.name.upper
			lead.tags[0] == "x"
			lead.name[0:1] == "x"
			lead.name[:1] == "x"
			lead.name[1:] == "x"
			lead.employees in 1..5
			1..5
			{a: 1}
			{"a": 1} == 1
			2 ** 3 > 1
			2 ^ 3 > 1
			7 // 2 > 1
			true // note
			true /* note */
			true # note
			b"bytes" == "x"
			::count("visit") > 1
			lead.verified ? ::happened("visit") : false
			if lead.verified { true } else { false }
			if lead.verified
			1 if 2
			1 < lead.employees < 5
			1 <= lead.employees <= nope < 5
			lead.verified and 1 < lead.employees < 5
			lead.employees == 1 == true
			true == lead.employees == 1
			lead.employees == 1 != lead.verified
			lead.employees < 5 == lead.verified
			lead.verified == lead.employees < 5
			1 < lead.employees < 5 == true
			(1 < lead.employees < 5) == true
			lead.name contains ")" == lead.verified
			lead.name contains ")\")" == lead.verified
			lead.name == lead.country contains "x"
			lead.name in ["a", "b)"] == true
			lead.name not in ["a"] == true
			not lead.verified == true == true
			lead.verified == (true) == (lead.verified)
			(lead.verified == lead.verified) == true != false
			"a" in lead.tags in lead.tags
			count("visit", "30d") >= 3 == true
			lead.verified ?: true
			((lead.verified ?: nope) ?: nope)
			lead.employees ?? 0 >= 200
			"a"("b")
			(lead.name)("b")
			count("visit")("b")
			lead.employees = 3
			lead.verified &  lead.consent
			lead.verified | lead.consent
			lead.verified <> lead.consent
			lead.verified === lead.consent
			lead.verified <=> lead.consent
			not
			lead.verified and
			and lead.verified
			lead.employees >=
			(lead.verified
			lead.verified)
			lead.verified]
			count("visit"
			count("visit",, "3d")
			lead. > 3
			lead.3 > 3
			lead.name ""
			lead.name "literal not terminated"
			lead.name ")"
			lead.name 3
			lead.name "x"
			lead.name == "x
			lead.name == 'x
			lead.name == "x\q"
			lead.name == "x\` + "\t" + `
			lead.name == "\u{110000}"
			lead.name == "\777"
			lead.employees > 1a
			lead.employees > 0xZZ
			lead.employees > 0x
			lead.employees > 0b
			lead.employees > 0o
			lead.employees > 1e
			lead.employees > 99999999999999999999
			lead.employees > 1000000000000001.0
			lead.employees > 1e16
			lead.employees > 1e999
			lead.employees > 0xFFFFFFFFFFFFFFFFFF
			lead.employees > 1__0
			lead.employees > 5 §
			lead.employees > “5”
			lead.employees > @
			lead.employees > 5 \`},
	} {
		fmt.Fprintf(&b, "== %s\n\n", section.title)
		for source := range strings.SplitSeq(strings.TrimSpace(section.sources), "\n") {
			source = strings.TrimLeft(source, "\t")
			c := compiler(
				expression.Term{ID: "fine", Source: "lead.verified"}, expression.Term{ID: "late", Source: "score() > 1"},
				expression.Term{ID: "judged", Source: "met_count() > 1"}, expression.Term{ID: "aging", Source: "now > lead.since"},
				expression.Term{ID: "quiet", Source: `idle_steps("visit", "7d") > 1`},
			)
			n, mistakes := c.Compile(source, section.place, section.want, 0)
			if (n == nil) != (len(mistakes) > 0) {
				t.Errorf("%s: node %v, mistakes %v", source, n, mistakes)
			}
			fmt.Fprintf(&b, "    %s\n", source)
			report(t, &b, source, mistakes)
		}
	}
	golden(t, "testdata/mistakes.txt", b.String())
}

func TestMistakesWithoutNames(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, source := range []string{
		"lead", "activity", "lead.x", "activity.x", "term.x", `count("x")`, `total("x", "y")`, `met("x")`, "met_count() > 1", `met_count("x") > 1`, `reached("x")`,
	} {
		_, mistakes := expression.NewCompiler(expression.Names{Groups: []expression.Group{{ID: "total"}}}, limits).Compile(source, expression.InStage, fact.Bool, 0)
		fmt.Fprintf(&b, "    %s\n", source)
		report(t, &b, source, mistakes)
	}
	golden(t, "testdata/mistakes_without_names.txt", b.String())
}

// A mistake in a term is reported at the term, and nowhere else.
func TestMistakesInTerms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		terms []expression.Term
	}{
		{"unknown", []expression.Term{{ID: "a", Source: "term.b"}}},
		{"misspelt", []expression.Term{{ID: "big", Source: "true"}, {ID: "b", Source: "term.bigg"}}},
		{"itself", []expression.Term{{ID: "a", Source: "term.a and true"}, {ID: "user", Source: "term.a"}}},
		{"in a ring", []expression.Term{{ID: "a", Source: "term.b"}, {ID: "b", Source: "true or term.c"}, {ID: "c", Source: "term.a"}, {ID: "user", Source: "term.b"}}},
		{"mistake inside", []expression.Term{{ID: "user", Source: "term.a and term.a"}, {ID: "a", Source: "lead.nope > 1 and lead.zzz < 2"}, {ID: "b", Source: "lead.zzz and term.a"}}},
		{"varying", []expression.Term{{ID: "a", Source: "days_since(lead.since)"}, {ID: "b", Source: "term.a > 3"}}},
		{"activity", []expression.Term{{ID: "a", Source: "activity.budget > 3"}}},
		{"blank", []expression.Term{{ID: "a", Source: " \n"}}},
		{"in a call", []expression.Term{{ID: "a", Source: "term.b()"}, {ID: "b", Source: "lead.verified"}}},
	}
	var b strings.Builder
	for _, tt := range tests {
		fmt.Fprintf(&b, "== %s\n\n", tt.name)
		c := compiler(tt.terms...)
		if n, mistakes := c.Compile("term."+tt.terms[0].ID, expression.InRule, fact.None, 1); tt.name != "misspelt" && (n != nil || len(mistakes) > 0) {
			t.Errorf("%s: a user gives %v and %v", tt.name, n, mistakes)
		}
		for i, term := range tt.terms {
			fmt.Fprintf(&b, "  %s\n    %s\n", term.ID, strings.TrimSpace(term.Source))
			_, mistakes := c.Term(i)
			report(t, &b, term.Source, mistakes)
		}
	}
	golden(t, "testdata/mistakes_in_terms.txt", b.String())
}

// Chains of terms are refused at one depth, in whatever order they stand.
func TestDepthOfTerms(t *testing.T) {
	t.Parallel()
	for _, backward := range []bool{false, true} {
		for _, count := range []int{51, 52} {
			terms := make([]expression.Term, count)
			for i := range terms {
				source := "lead.verified"
				if i > 0 {
					source = fmt.Sprintf("term.t%d", i-1)
				}
				at := i
				if backward {
					at = count - 1 - i
				}
				terms[at] = expression.Term{ID: fmt.Sprintf("t%d", i), Source: source}
			}
			c := compiler(terms...)
			var all []string
			for i := range terms {
				_, mistakes := c.Term(i)
				for _, m := range mistakes {
					all = append(all, m.Message)
				}
			}
			if count == 51 && len(all) > 0 || count > 51 && (len(all) != 1 || all[0] != "terms are nested deeper than 50 levels") {
				t.Errorf("%d terms, backward %v: %v", count, backward, all)
			}
		}
	}
}

// Nothing that a text can be makes the compiler run on or run out of stack.
func TestHostileText(t *testing.T) {
	t.Parallel()
	long := expression.Limits{Length: 1 << 30, Nesting: 50, Nodes: 500, Pattern: 500}
	most := expression.Limits{Length: 16384, Nesting: 200, Nodes: 5000, Pattern: 5000}
	const deep, large, many = "the expression is nested deeper than", "the expression has ", "the expression has more than"
	wrap := func(levels int, before, core, after string) string {
		return strings.Repeat(before, levels) + core + strings.Repeat(after, levels)
	}
	fill := func(unit, end string, limits expression.Limits) string {
		return strings.Repeat(unit, (limits.Length-len(end))/len(unit)) + end
	}
	tests := []struct {
		name, source string
		limits       expression.Limits
		want         string // how the only message begins; "" for none
	}{
		{"brackets", strings.Repeat("(", testcase.Count(600_000)), long, deep},
		{"lists", strings.Repeat("[", testcase.Count(400_000)), long, deep},
		{"maps", strings.Repeat("{", testcase.Count(400_000)), long, deep},
		{"signs", strings.Repeat("!", testcase.Count(800_000)), long, deep},
		{"signs apart", strings.Repeat("- ", testcase.Count(400_000)), long, deep},
		{"signs apart by any space", strings.Repeat("-\u00a0-\t-\u3000-\v-\u0085", testcase.Count(100_000)), long, deep},
		{"signs and brackets", strings.Repeat("-(", testcase.Count(400_000)), long, deep},
		{"brackets too long", strings.Repeat("(", testcase.Count(600_000)), limits, large},
		{"not", fill("not ", "true", limits), limits, many},
		{"not, within the parts", strings.Repeat("not ", 100) + "true", limits, deep},
		{"not with all bounds raised", fill("not ", "true", most), most, deep},
		{"and", fill("true and ", "true", limits), limits, many},
		{"and within the parts", strings.Repeat("true and ", 60) + "true", limits, deep},
		{"and with all bounds raised", fill("true and ", "true", most), most, deep},
		{"or within bounds", strings.Repeat("lead.verified or ", 48) + "true", limits, ""},
		{"ternary", fill("true?1:", "1", limits), limits, many},
		{"ternary within the parts", strings.Repeat("true?1:", 150) + "1", limits, deep},
		{"ternary with all bounds raised", fill("true?1:", "1", most), most, many},
		{"defaults", strings.Repeat("1 ?? ", 2000) + "1", most, deep},
		{"sums", strings.Repeat("1 + ", 2000) + "1", most, deep},
		{"list of many", "lead.employees in [" + strings.Repeat("1,", 600) + "1]", limits, many},
		{"arguments", fill("count(", "1", limits), limits, deep},
		{"let", fill("let a=1;", "a", most), most, "let is not part"},
		{"if", fill("if a{1}else ", "{1}", most), most, "if is not part"},
		{"else if nested", wrap(49, "if a{", "1", "}else{2}"), limits, "if is not part"},
		{"pipes", fill("1|a()", "", most), most, "| is not part"},
		{"members", "lead" + strings.Repeat(".a", 2000), most, "only lead.<attribute>"},
		// The parser lets these share a part between two places.
		{"?: in ?:", wrap(49, "(", "lead.verified", "?:true)"), limits, "?: is not part of the language"},
		{"chains in chains", wrap(48, "(0<", "lead.employees", "<9?1:2)") + " == 1", limits, "comparisons do not chain"},
		{"chains in chains in a call", wrap(48, "known(0<", "lead.employees", "<9)"), limits, "comparisons do not chain"},
		{"chains in words of other languages", wrap(30, "equals(0<", "lead.employees", "<9, true)"), limits, "comparisons do not chain"},
		{"?: in words of other languages", wrap(30, "equals(", "lead.verified", "?:true, true)"), limits, "?: is not part of the language"},
		{"pattern", `lead.name matches "` + strings.Repeat("a", 501) + `"`, limits, "the pattern is longer than 500 bytes"},
		{"pattern of brackets", `lead.name matches "` + strings.Repeat("(", 2000) + strings.Repeat(")", 2000) + `"`, most, "the pattern cannot be read"},
		{"repeats", `lead.name matches "((a{100}){100}){100}"`, limits, "the pattern cannot be read"},
		{"not UTF-8", "\ufffd\"\xff\"", limits, "the text is not valid UTF-8"},
		{"null", "lead.verified\x00", limits, "this character is not part of the language"},
		{"blank", " \t\n", limits, "the expression is blank"},
		{"empty", "", limits, "the expression is blank"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, mistakes := expression.NewCompiler(names(), tt.limits).Compile(tt.source, expression.InRule, fact.None, 0)
			for _, m := range mistakes {
				if m.Offset < 0 || m.Offset > utf8.RuneCountInString(tt.source) || internals.MatchString(m.Message) {
					t.Errorf("offset %d: %s", m.Offset, m.Message)
				}
			}
			switch {
			case tt.want == "":
				if n == nil {
					t.Errorf("mistakes %v", mistakes)
				}
			case len(mistakes) != 1 || !strings.HasPrefix(mistakes[0].Message, tt.want):
				t.Errorf("mistakes %.200v", mistakes)
			}
		})
	}
}

func TestOffsetOfBadUTF8(t *testing.T) {
	t.Parallel()
	_, mistakes := compiler().Compile("\"é\ufffd\" == \xff", expression.InRule, fact.Bool, 0)
	if diff := cmp.Diff([]expression.Mistake{{Offset: 8, Message: "the text is not valid UTF-8"}}, mistakes); diff != "" {
		t.Error(diff)
	}
}
