package expression_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
)

// Words of other languages, each with the expression that is meant. "-" is for what has none at the
// same place; what takes its place in a stage stands behind "in a stage:".
var foreignWords = []struct {
	title   string
	place   expression.Place
	want    fact.Kind
	sources string
}{
	{"texts ignore case and blanks", expression.InRule, fact.Bool, `
		lower(lead.title) == "vp" → lead.title == "vp"
		upper(lead.title) == "VP" → lead.title == "VP"
		LOWER(lead.title) == "vp" → lead.title == "vp"
		trim(lead.title) == "vp" → lead.title == "vp"
		strip(lead.title) == "vp" → lead.title == "vp"
		lower(trim(lead.title)) == "vp" → lead.title == "vp"
		to_lower(lead.title) contains "vp" → lead.title contains "vp"
		toLowerCase(lead.title) contains "vp" → lead.title contains "vp"
		lower(title) == "vp" → lead.title == "vp"
		lower(lead.plan) == "pro" → lead.plan == "pro"
		lead.title.lower() == "vp" → lead.title == "vp"
		lead.title.toLowerCase() == "vp" → lead.title == "vp"
		lead.title.trim == "vp" → lead.title == "vp"
		lead.title.toLowerCase().trim() == "vp" → lead.title == "vp"
		lower(lead.title).trim() == "vp" → lead.title == "vp"
		lead.title.contains("vp") → lead.title contains "vp"
		lead.title.includes("vp") → lead.title contains "vp"
		lead.title.startsWith("vp") → lead.title startsWith "vp"
		lead.title.endswith("vp") → lead.title endsWith "vp"
		lead.title.matches("^vp") → lead.title matches "^vp"
		lead.title | lower() == "vp" → lead.title == "vp"
		int(lead.employees) > 3 → lead.employees > 3
		string(lead.title) == "x" → lead.title == "x"
		float(lead.employees) >= 2 → lead.employees >= 2`},
	{"functions of the history", expression.InRule, fact.Bool, `
		sum("call", "budget") > 60 → total("call", "budget") > 60
		sum("call", "budget", "30d") > 60 → total("call", "budget", "30d") > 60
		SUM("call", "budget") > 60 → total("call", "budget") > 60
		Count("visit") > 3 → count("visit") > 3
		avg("call", "budget") > 60 → mean("call", "budget") > 60
		average("call", "budget") > 60 → mean("call", "budget") > 60
		min("call", "budget") > 60 → lowest("call", "budget") > 60
		minimum("call", "budget") > 60 → lowest("call", "budget") > 60
		max("call", "budget") > 60 → highest("call", "budget") > 60
		maximum("call", "budget") > 60 → highest("call", "budget") > 60
		last("call", "budget") > 60 → latest("call", "budget") > 60
		newest("call", "role") == "x" → latest("call", "role") == "x"
		oldest("call", "role") == "x" → first("call", "role") == "x"
		count_distinct("visit", "path") > 2 → distinct("visit", "path") > 2
		unique("visit", "path") > 2 → distinct("visit", "path") > 2
		sum(call, budget) > 60 → total("call", "budget") > 60
		sum("budget") > 60 → total("visit", "budget") > 60
		sum(activity.budget) > 60 → total("visit", "budget") > 60
		last("call") == "x" → latest("call", "path") == "x"
		sum(lead.employees, lead.revenue) > 3 → (lead.employees + lead.revenue) > 3
		avg(lead.employees, lead.revenue) > 3 → ((lead.employees + lead.revenue) / 2) > 3
		max(lead.employees, lead.revenue) > 3 → (lead.employees > lead.revenue ? lead.employees : lead.revenue) > 3
		min(lead.employees, 3) > 2 → (lead.employees < 3 ? lead.employees : 3) > 2
		count(visit) > 3 → count("visit") > 3
		count(page_view) > 3 → count("visit") > 3
		count("page_view") > 3 → count("visit") > 3
		count("vist") > 3 → count("visit") > 3
		count("*") > 3 → -
		count("newsletter_click") > 3 → -
		happened(demo) → happened("demo")
		total("call", activity.budget) > 3 → total("call", "budget") > 3
		count("visit", 30) > 3 → count("visit", "30d") > 3
		count("visit", "30 days") > 3 → count("visit", "30d") > 3
		count("visit", "1 month") > 3 → count("visit", "30d") > 3
		count("visit", "last 30 days") > 3 → count("visit", "30d") > 3
		count("visit", "2 weeks") > 3 → count("visit", "2w") > 3
		count("visit", "P30D") > 3 → count("visit", "30d") > 3
		count("visit", 30d) > 3 → count("visit", "30d") > 3
		len("visit") > 3 → count("visit") > 3
		days_since("since") > 30 → days_since(lead.since) > 30
		visit > 3 → count("visit") > 3
		budget > 3 → latest("visit", "budget") > 3
		call.budget > 3 → latest("call", "budget") > 3
		activities.budget > 3 → latest("visit", "budget") > 3`},
	{"lengths", expression.InRule, fact.Bool, `
		len(lead.name) > 0 → known(lead.name)
		length(lead.name) > 0 → known(lead.name)
		size(lead.tags) > 0 → known(lead.tags)
		lead.name.length > 9 → lead.name matches "^.{10,}$"
		lead.tags.size() > 0 → "vip" in lead.tags`},
	{"predicates", expression.InRule, fact.Bool, `
		any(lead.tags, {# == "vip"}) → "vip" in lead.tags
		any(lead.tags, # == "vip") → "vip" in lead.tags
		none(lead.tags, {# == "vip"}) → "vip" not in lead.tags
		one(lead.tags, # contains "vip") → "vip" in lead.tags
		exists(lead.tags, {# == "vip"}) → "vip" in lead.tags
		all(lead.tags, {# == "vip"}) → "vip" in lead.tags
		map(lead.tags, {#}) == "vip" → "vip" in lead.tags
		filter(lead.tags, # == "vip") → "vip" in lead.tags
		any(lead.tags, t -> t == "vip") → "vip" in lead.tags
		any(lead.tags) → "vip" in lead.tags
		any(activities, {.type == "demo"}) → happened("demo")
		count(activities, {.type == "demo"}) > 1 → count("demo") > 1
		count("visit", {.path == "/prices"}) > 1 → count("visit") > 1`},
	{"what is there", expression.InRule, fact.Bool, `
		exists(lead.name) → known(lead.name)
		has(lead.name) → known(lead.name)
		is_known(lead.name) → known(lead.name)
		isset(lead.name) → known(lead.name)
		isnull(lead.name) → not known(lead.name)
		is_null(lead.name) → not known(lead.name)
		isEmpty(lead.name) → not known(lead.name)
		empty(lead.name) → not known(lead.name)
		exists("demo") → happened("demo")
		has("demo") → happened("demo")
		known("name") → known(lead.name)
		coalesce(lead.employees, 0) > 3 → (lead.employees ?? 0) > 3
		ifnull(lead.employees, 0) > 3 → (lead.employees ?? 0) > 3
		nvl(lead.employees, 0) > 3 → (lead.employees ?? 0) > 3
		lead.name != null → known(lead.name)
		lead.name == null → not known(lead.name)
		lead.name = null → not known(lead.name)
		lead.name <> null → known(lead.name)
		lead.name != nil → known(lead.name)
		lead.name != None → known(lead.name)
		lead.name != undefined → known(lead.name)
		lead.name !== null → known(lead.name)
		lead.name != "" → known(lead.name)
		lead.name == '' → not known(lead.name)
		lead.name is null → not known(lead.name)
		lead.name IS NULL → not known(lead.name)
		lead.name is not null → known(lead.name)
		lead.name IS NOT NULL → known(lead.name)
		lead.name is known → known(lead.name)
		lead.name is not known → not known(lead.name)
		lead.name is unknown → not known(lead.name)
		lead.name is empty → not known(lead.name)
		lead.name is not empty → known(lead.name)
		lead.name is set → known(lead.name)
		lead.name exists → known(lead.name)
		latest("call", "role") is not null → known(latest("call", "role"))
		lead.verified and lead.name is not null → lead.verified and known(lead.name)`},
	{"times", expression.InRule, fact.Bool, `
		lead.since < today → lead.since < now
		lead.since < today() → lead.since < now
		lead.since < now() → lead.since < now
		lead.since < NOW() → lead.since < now
		lead.since == today → calendar_days_since(lead.since) == 0
		lead.since == yesterday → calendar_days_since(lead.since) == 1
		lead.since > date("2026-01-31") → lead.since > time("2026-01-31")
		lead.since > Date("2026-01-31") → lead.since > time("2026-01-31")
		lead.since > datetime("2026-01-31") → lead.since > time("2026-01-31")
		lead.since > to_date("2026-01-31") → lead.since > time("2026-01-31")
		lead.since > date '2026-01-31' → lead.since > time("2026-01-31")
		lead.since > "2026-01-31" → lead.since > time("2026-01-31")
		lead.since > 2026-01-31 → lead.since > time("2026-01-31")
		lead.since > 31.01.2026 → lead.since > time("2026-01-31")
		lead.since > 20260131 → lead.since > time("2026-01-31")
		lead.since > "30d" → days_since(lead.since) <= 30
		date(lead.since) > time("2026-01-31") → lead.since > time("2026-01-31")
		now - lead.since > duration("30d") → days_since(lead.since) > 30
		now - lead.since > 30 → days_since(lead.since) > 30
		lead.since - now > 30 → days_until(lead.since) > 30
		lead.due - lead.since > 30 → days_between(lead.since, lead.due) > 30
		lead.since + 30 > now → days_since(lead.since) <= 30
		lead.since > now - 30 → days_since(lead.since) <= 30
		lead.since > now() - 30 → days_since(lead.since) <= 30
		lead.since >= today - 7 → days_since(lead.since) <= 30
		now() - lead.since > 30 → days_since(lead.since) > 30
		today - lead.since > 30 → days_since(lead.since) > 30
		datediff(now(), lead.since) > 3 → days_since(lead.since) > 3
		days_since("visit") > "30d" → days_since("visit") > 30
		days_since("visit") > 30d → days_since("visit") > 30
		days_since("visit") > 30 days → days_since("visit") > 30
		days_since(lead.since) > duration("2 weeks") → days_since(lead.since) > 14
		interval '30 days' > 3 → days_since(lead.since) >= 30
		datediff(lead.since, lead.due) > 3 → days_between(lead.since, lead.due) > 3
		age(lead.since) > 3 → days_since(lead.since) > 3
		year(lead.since) == 2026 → lead.since >= time("2026-01-31")
		days_until("2026-01-31") < 3 → days_until(time("2026-01-31")) < 3
		days_until("due") < 3 → days_until(lead.due) < 3`},
	{"numbers", expression.InRule, fact.Bool, `
		floor(lead.employees / 100) > 2 → (lead.employees / 100) - (lead.employees / 100) % 1 > 2
		round(lead.employees) > 2 → (lead.employees + 0.5 - (lead.employees + 0.5) % 1) > 2
		ceil(lead.employees) > 2 → (lead.employees + (1 - lead.employees % 1) % 1) > 2
		abs(lead.revenue) > 2 → (lead.revenue < 0 ? -lead.revenue : lead.revenue) > 2
		mod(lead.employees, 2) == 0 → (lead.employees % 2) == 0
		lead.employees > 1,000 → lead.employees > 1000
		lead.employees > 1.000,5 → lead.employees > 1000.5
		lead.employees > 1,000.50 → lead.employees > 1000.50
		lead.employees > 1.000.000 → lead.employees > 1000000
		lead.employees > 10,5 → lead.employees > 10.5
		lead.employees > 0,25 → lead.employees > 0.25
		lead.employees > 1'000 → lead.employees > 1000
		lead.employees > 1 000 → lead.employees > 1000
		(lead.employees > 1,000) → (lead.employees > 1000)
		lead.employees in [1,000] → lead.employees in [1000]
		lead.employees > 20% → lead.employees > 20
		lead.employees > 20 % → lead.employees > 20
		(lead.employees > 20 %) or lead.verified → (lead.employees > 0.2) or lead.verified
		lead.employees > 2.5% and lead.verified → lead.employees > 0.025 and lead.verified
		lead.employees > 10k → lead.employees > 10000
		lead.employees > 2M → lead.employees > 2000000
		lead.revenue > €500 → lead.revenue > 500
		lead.revenue > $500 → lead.revenue > 500
		lead.revenue > 500 EUR → lead.revenue > 500
		lead.revenue > 5 mio → lead.revenue > 5000000
		max([lead.employees, lead.revenue]) > 3 → (lead.employees > lead.revenue ? lead.employees : lead.revenue) > 3
		lead.employees > "200" → lead.employees > 200
		"200" < lead.employees → 200 < lead.employees
		lead.employees > '1.5' → lead.employees > 1.5
		lead.verified == "true" → lead.verified == true
		lead.verified == "yes" → lead.verified == true
		lead.verified == 1 → lead.verified == true
		lead.verified == 0 → lead.verified == false
		lead.verified == TRUE → lead.verified == true
		lead.verified == True → lead.verified == true
		lead.verified == no → lead.verified == false
		lead.plan == 5 → lead.plan == "5"
		1 in lead.topics → "1" in lead.topics`},
	{"comparisons", expression.InRule, fact.Bool, `
		lead.name <> "x" → lead.name != "x"
		lead.name = "x" → lead.name == "x"
		lead.name === "x" → lead.name == "x"
		lead.name !== "x" → lead.name != "x"
		lead.employees => 3 → lead.employees >= 3
		lead.employees =< 3 → lead.employees <= 3
		lead.employees ≥ 3 → lead.employees >= 3
		lead.employees ≤ 3 → lead.employees <= 3
		lead.employees ≠ 3 → lead.employees != 3
		lead.employees eq 3 → lead.employees == 3
		lead.employees ne 3 → lead.employees != 3
		lead.employees gt 3 → lead.employees > 3
		lead.employees gte 3 → lead.employees >= 3
		lead.employees lte 3 → lead.employees <= 3
		lead.name equals "x" → lead.name == "x"
		lead.name is "x" → lead.name == "x"
		lead.name is not "x" → lead.name != "x"
		lead.name IS "x" → lead.name == "x"
		lead.employees is greater than 3 → lead.employees > 3
		lead.employees is at least 3 → lead.employees >= 3
		lead.employees is less than or equal to 3 → lead.employees <= 3
		lead.verified is true → lead.verified == true
		lead.country is in ["DK"] → lead.country in ["DK"]
		lead.country is not in ["DK"] → lead.country not in ["DK"]
		lead.country IN ["DK"] → lead.country in ["DK"]
		lead.country NOT IN ["DK"] → lead.country not in ["DK"]
		lead.country in ("DK", "SE") → lead.country in ["DK", "SE"]
		lead.country in ("DK") → lead.country in ["DK"]
		lead.country in {"DK", "SE"} → lead.country in ["DK", "SE"]
		lead.country in "DK" → lead.country in ["DK"]
		"vp" in lead.title → lead.title contains "vp"
		lead.country one of ["DK"] → lead.country in ["DK"]
		lead.name like "%vp%" → lead.name contains "vp"
		lead.name LIKE 'vp%' → lead.name startsWith "vp"
		lead.name like '%vp' → lead.name endsWith "vp"
		lead.name not like '%vp%' → lead.name not contains "vp"
		lead.name ilike '%v%p%' → lead.name matches "v.*p"
		lead.name ilike '%v%p' → lead.name matches "v.*p$"
		lead.name like 'v%p%' → lead.name matches "^v.*p"
		between(lead.employees,1,10) → (lead.employees >= 1 and lead.employees <= 10)
		lead.employees in (1,2,3) → lead.employees in [1,2,3]
		(lead.employees > 1,5) → (lead.employees > 1.5)
		max(lead.employees,2) > 3 → (lead.employees > 2 ? lead.employees : 2) > 3
		round(lead.employees,1) > 3 → ((lead.employees * 10 + 0.5 - (lead.employees * 10 + 0.5) % 1) / 10) > 3
		lead.name like 'vp' → lead.name == "vp"
		lead.name starts with "vp" → lead.name startsWith "vp"
		lead.name begins with "vp" → lead.name startsWith "vp"
		lead.name starts_with "vp" → lead.name startsWith "vp"
		lead.name ends with "vp" → lead.name endsWith "vp"
		lead.name startswith "vp" → lead.name startsWith "vp"
		lead.name ENDSWITH "vp" → lead.name endsWith "vp"
		lead.name CONTAINS "vp" → lead.name contains "vp"
		lead.name includes "vp" → lead.name contains "vp"
		lead.name has "vp" → lead.name contains "vp"
		lead.name does not contain "vp" → lead.name not contains "vp"
		lead.name !contains "vp" → lead.name not contains "vp"
		lead.country !in ["DK"] → lead.country not in ["DK"]
		lead.name =~ "vp" → lead.name matches "vp"
		lead.name ~ "vp" → lead.name matches "vp"
		lead.name REGEXP "vp" → lead.name matches "vp"
		contains(lead.name, "vp") → lead.name contains "vp"
		startsWith(lead.name, "vp") → lead.name startsWith "vp"
		starts_with(lead.name, "vp") → lead.name startsWith "vp"
		endsWith(lead.name, "vp") → lead.name endsWith "vp"
		hasPrefix(lead.name, "vp") → lead.name startsWith "vp"
		matches(lead.name, "vp") → lead.name matches "vp"
		regexp_match(lead.name, "vp") → lead.name matches "vp"
		contains(lead.tags, "vip") → "vip" in lead.tags
		lead.tags contains "vip" → "vip" in lead.tags
		lead.tags == "vip" → "vip" in lead.tags
		lead.tags has "vip" → "vip" in lead.tags
		lead.tags includes "vip" → "vip" in lead.tags
		lead.employees between 1 and 5 → lead.employees >= 1 and lead.employees <= 5
		lead.employees BETWEEN 1 AND 5 → lead.employees >= 1 and lead.employees <= 5
		lead.employees not between 1 and 5 → not (lead.employees >= 1 and lead.employees <= 5)
		between(lead.employees, 1, 5) → (lead.employees >= 1 and lead.employees <= 5)
		lead.employees in 1..5 → lead.employees >= 1 and lead.employees <= 5
		1 < lead.employees < 5 → 1 < lead.employees and lead.employees < 5
		lead.tags in [] → not known(lead.tags)
		lead.tags == [] → not known(lead.tags)
		lead.country == ["DK"] → lead.country in ["DK"]
		tags in [] → not known(lead.tags)`},
	{"joins", expression.InRule, fact.Bool, `
		lead.verified AND lead.consent → lead.verified and lead.consent
		lead.verified And lead.consent → lead.verified and lead.consent
		lead.verified OR lead.consent → lead.verified or lead.consent
		lead.verified & lead.consent → lead.verified and lead.consent
		lead.verified | lead.consent → lead.verified or lead.consent
		lead.verified ∧ lead.consent → lead.verified and lead.consent
		NOT lead.verified → not lead.verified
		Not(lead.verified) → not (lead.verified)
		lead.verified and NOT lead.consent → lead.verified and not lead.consent
		AND(lead.verified, lead.consent) → (lead.verified and lead.consent)
		or(lead.verified, lead.consent) → (lead.verified or lead.consent)
		OR(lead.verified, lead.consent) → (lead.verified or lead.consent)
		lead.verified xor lead.consent → lead.verified != lead.consent
		case when lead.verified then true else false end → lead.verified ? true : false
		IF(lead.verified, true, false) → (lead.verified ? true : false)
		if(lead.verified, true, false) → lead.verified ? true : false
		lead.title contains "vp" or "chief" → lead.title contains "vp" or lead.title contains "chief"`},
	{"quotation marks", expression.InRule, fact.Bool, `
		lead.name == “vip” → lead.name == "vip"
		lead.name == ‘vip’ → lead.name == "vip"
		lead.name == „vip“ → lead.name == "vip"
		lead.name == «vip» → lead.name == "vip"
		lead.name == "vip” → lead.name == "vip"
		lead.name == 'vip’ → lead.name == "vip"
		lead.country in [“DK”] → lead.country in ["DK"]
		lead.country == DK → lead.country == "DK"
		lead.name == Marketing → lead.name == "Marketing"`},
	{"control characters", expression.InRule, fact.Bool, `
		lead.title matches '\bintern\b' → lead.title matches ¤\bintern\b¤
		lead.title matches "\bvp\b|\bchief\b" → lead.title matches ¤\bvp\b|\bchief\b¤
		lead.title matches '\\d+\b' → lead.title matches ¤\d+\b¤
		lead.title matches "a\fb" → lead.title matches ¤a\fb¤
		lead.plan matches '\u0008x' → lead.plan matches '\\x08x'
		lead.title contains '\b' → lead.title contains '\\b'
		lead.plan == "a\vb" → lead.plan == "a\u000bb"
		lead.plan in ["a\bb"] → lead.plan in ["a\u0008b"]
		lead.title matches '\d+' → lead.title matches '\\d+'
		lead.title matches "*.com" → lead.title matches ".*.com"`},
	{"names", expression.InRule, fact.Bool, `
		employees > 3 → lead.employees > 3
		profile.employees > 3 → lead.employees > 3
		contact.employees > 3 → lead.employees > 3
		company.employees > 3 → lead.employees > 3
		Lead.employees > 3 → lead.employees > 3
		$lead.employees > 3 → lead.employees > 3
		lead.profile.employees > 3 → lead.employees > 3
		lead.company.employees > 3 → lead.employees > 3
		lead.Employees > 3 → lead.employees > 3
		profile.emploees > 3 → lead.employees > 3
		event.budget > 3 → latest("visit", "budget") > 3
		happened("visit") within "30d" → happened("visit", "30d")
		count("visit") during "30 days" > 3 → count("visit", "30d") > 3
		latest("call", "budget") within "4w" > 3 → latest("call", "budget", "4w") > 3
		lead.employees ?? 0 → (lead.employees ?? 0) >= 1
		lead.verified ? 1 : 2 → (lead.verified ? 1 : 2) >= 1
		lead.industry == "x" → -
		activity.industry == "x" → -
		activity.budget > 3 → -
		points >= 1 → -
		lead.score >= 1 → -
		activity.type == "page_view" → -
		score >= 1 → -
		band() == "A" → -
		band("fit") == "A" → -
		total_score >= 1 → -`},
	{"names of stages", expression.InStage, fact.Bool, `
		points >= 1 → score() >= 1
		score >= 1 → score() >= 1
		band == "A" → band("fit") == "A"
		band() == "A" → band("fit") == "A"
		band("fit") >= "B" → band("fit") in ["B", "A"]
		fit >= 1 → score("fit") >= 1
		grade("fit") == "A" → band("fit") == "A"
		rating() == "A" → band("fit") == "A"
		stage == "mql" → reached("mql")
		reached(mql) → reached("mql")
		met(budget) → met("budget")
		authority → met("authority")`},
	{"names in where", expression.InWhere, fact.Bool, `
		path == "x" → activity.path == "x"
		event.path == "x" → activity.path == "x"
		properties.path == "x" → activity.path == "x"
		props.path startsWith "/x" → activity.path startsWith "/x"
		lower(activity.role) == "x" → activity.role == "x"
		activity.path like "/prices%" → activity.path startsWith "/prices"
		activity.budget > 1,000 → activity.budget > 1000
		props.minutes > 3 → -
		activity.minutes > 3 → -
		employees > 3 → -
		lead.employees > 3 → -`},
	{"multiply", expression.InEventMultiply, fact.Number, `
		activity.budget * 10% → activity.budget * 0.1
		budget * 2 → activity.budget * 2
		min(activity.budget, 10) → (activity.budget < 10 ? activity.budget : 10)
		round(activity.budget) → (activity.budget + 0.5 - (activity.budget + 0.5) % 1)
		lead.verified → (lead.verified ? 1 : 0)
		lead.verified ? lead.consent : true → ((lead.verified ? lead.consent : true) ? 1 : 0)`},
}

// Each word of another language is answered once, at its place, with what compiles there: each
// name and sign of the corrected expression that was not there before stands in the message.
func TestForeignWords(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, section := range foreignWords {
		fmt.Fprintf(&b, "== %s\n\n", section.title)
		for row := range strings.SplitSeq(strings.TrimSpace(section.sources), "\n") {
			source, corrected, ok := strings.Cut(strings.ReplaceAll(strings.TrimLeft(row, "\t"), "¤", "`"), " → ")
			if !ok {
				t.Fatalf("no correction: %s", row)
			}
			n := names()
			n.Types = [][]string{{"page_view"}, {"call"}, {"demo"}}
			_, mistakes := expression.NewCompiler(n, limits).Compile(source, section.place, section.want, 0)
			fmt.Fprintf(&b, "    %s\n", source)
			report(t, &b, source, mistakes)
			if corrected == "-" {
				continue
			}
			said := ""
			for _, m := range mistakes {
				said += m.Message + "\n"
			}
			if strings.Contains(said, "did not expect") || !strings.Contains(said, "write ") && !strings.Contains(said, "did you mean") && !strings.Contains(said, "is called as") {
				t.Errorf("%s: %v", source, mistakes)
			}
			for _, token := range expression.Tokens(corrected) {
				text := string([]rune(corrected)[token.From:token.To])
				escapes := token.Kind == expression.TextToken && (strings.Contains(said, `\\`) || strings.Contains(said, `\u`))
				if !strings.Contains(source, text) && !strings.Contains(said, text) && !escapes {
					t.Errorf("%s: %q of %s is not in %v", source, text, corrected, mistakes)
				}
			}
			if node, mistakes := expression.NewCompiler(n, limits).Compile(corrected, section.place, section.want, 0); node == nil {
				t.Errorf("%s is corrected to %s: %v", source, corrected, mistakes)
			}
		}
	}
	golden(t, "testdata/words.txt", b.String())
}
