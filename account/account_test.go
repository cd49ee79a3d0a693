package account_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/account"
	"github.com/qualify-go/qualify/internal/testcase"
)

var at = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// member is a member with an ID, a role and points.
func member(id, role string, points float64) account.Member {
	return account.Member{Role: role, Assessment: qualify.Assessment{Lead: id, At: at, Score: qualify.Score{Points: points}}}
}

// members are members without roles.
func members(points ...float64) []account.Member {
	var all []account.Member
	for i, p := range points {
		all = append(all, member(fmt.Sprint("person ", i), "", p))
	}
	return all
}

func assess(t *testing.T, policy qualify.Policy, all ...account.Member) qualify.Assessment {
	t.Helper()
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	lead := account.Lead("Acme", all...)
	a, err := model.Assess(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func policyOf(t *testing.T, roles ...account.Role) qualify.Policy {
	t.Helper()
	policy, err := account.Policy(roles...)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func must(t *testing.T) func([]qualify.Rule, error) []qualify.Rule {
	return func(rules []qualify.Rule, err error) []qualify.Rule {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return rules
	}
}

func with(policy qualify.Policy, rules []qualify.Rule) qualify.Policy {
	policy.Rules = rules
	return policy
}

// buying is a buying group with the weights of Adobe's example: vital, important
// and normal are 41.67, 33.33 and 25 % of their sum.
var buying = []account.Role{
	{ID: "decision maker", Label: "Decision maker", Weight: 100, Question: "Who signs?", Members: 2},
	{ID: "influencer", Label: "Influencer", Weight: 80, Question: "Whom will they ask?"},
	{ID: "practitioner", Label: "Practitioner", Weight: 60, Question: "Who will work with it?", Members: 3},
}

var group = []account.Member{
	member("Adam", "Decision Maker", 37), member("Mark", "decision maker", 15),
	member("John", " INFLUENCER ", 28),
	member("Bob", "practitioner", 2), member("Paul", "practitioner", 2), member("Calvin", "practitioner", 13),
}

func TestRollUp(t *testing.T) {
	round := func(p qualify.Policy, to float64) qualify.Policy {
		p.Groups = []qualify.Group{{ID: "total", Round: to}}
		return p
	}
	percent := slices.Clone(buying)
	percent[0].Weight, percent[1].Weight, percent[2].Weight = 41.67, 33.33, 25
	plain := policyOf(t)
	tests := []struct {
		name   string
		policy qualify.Policy
		group  []account.Member
		want   float64
	}{
		{"sum", with(plain, account.Sum()), members(10, 25, 5), 40}, // Marketo
		{"sum of nobody", with(plain, account.Sum()), nil, 0},
		{"sum with points below zero", with(plain, account.Sum()), members(10, -25), -15},
		{"mean", with(plain, account.Mean()), members(10, 25, 5), 13.333333},
		{"mean of one", with(plain, account.Mean()), members(25), 25},
		{"mean of nobody", with(plain, account.Mean()), nil, 0},
		{"maximum", with(plain, account.Maximum()), members(10, 25, 5), 25},
		{"maximum below zero", with(plain, account.Maximum()), members(-10, -25), -10},
		{"maximum of nobody", with(plain, account.Maximum()), nil, 0},
		{"champion", with(plain, must(t)(account.Champion(0.6))), members(50, 20, 80, 30), 61.333333},
		{"champion, to a tenth", round(with(plain, must(t)(account.Champion(0.6))), 0.1), members(80, 50, 30, 20), 61.3},
		{"champion of equals", with(plain, must(t)(account.Champion(0.6))), members(50, 50), 50},
		{"champion alone", with(plain, must(t)(account.Champion(0.6))), members(80), 48},
		{"champion below zero", with(plain, must(t)(account.Champion(0.6))), members(-10, -20), -14},
		{"champion of nobody", with(plain, must(t)(account.Champion(0.6))), nil, 0},
		{"champion with all the weight", with(plain, must(t)(account.Champion(1))), members(80, 50), 80},
		{"champion with no weight", with(plain, must(t)(account.Champion(0))), members(80, 50, 30), 40},
		{"roles", with(policyOf(t, buying...), must(t)(account.RoleWeighted(buying...))), group, 35.25}, // Adobe Journey Optimizer B2B
		{"roles, weights in percent", round(with(policyOf(t, percent...), must(t)(account.RoleWeighted(percent...))), 0.01), group, 35.25},
		{"roles of nobody", with(policyOf(t, buying...), must(t)(account.RoleWeighted(buying...))), nil, 0},
		{"filled", with(policyOf(t, buying...), account.RolesFilled(buying...)), group, 100},
		{"filled in part", with(policyOf(t, buying...), account.RolesFilled(buying...)), group[:5], 88.888889}, // 1, 1 and 2 of 3
		{"filled by more than it needs", with(policyOf(t, buying...), account.RolesFilled(buying...)), append(slices.Clone(group), member("Eve", "influencer", 1)), 100},
		{"filled by nobody", with(policyOf(t, buying...), account.RolesFilled(buying...)), nil, 0},
		{"no roles to fill", with(plain, account.RolesFilled()), members(5), 0},
		{"several rules", with(policyOf(t, buying...), slices.Concat(must(t)(account.RoleWeighted(buying...)), account.RolesFilled(buying...), must(t)(account.Champion(0.5)))),
			group, 35.25 + 100 + 18.5 + 6}, // of 37, and of (15+28+2+2+13)/5
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if a := assess(t, test.policy, test.group...); a.Score.Points != test.want {
				t.Errorf("%v points; want %v\n%s", a.Score.Points, test.want, a)
			}
		})
	}
}

// The rules, over generated groups, against a few lines of Go.
func TestRollUpIsArithmetic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	policies := map[string]qualify.Policy{
		"sum": with(policyOf(t, buying...), account.Sum()), "mean": with(policyOf(t, buying...), account.Mean()),
		"maximum": with(policyOf(t, buying...), account.Maximum()), "champion": with(policyOf(t, buying...), must(t)(account.Champion(0.7))),
		"roles": with(policyOf(t, buying...), must(t)(account.RoleWeighted(buying...))), "filled": with(policyOf(t, buying...), account.RolesFilled(buying...)),
	}
	for range testcase.Count(500) {
		var all []account.Member
		totals, counts := make([]float64, len(buying)), make([]int, len(buying))
		sum, most := 0.0, 0.0
		for i := range random.IntN(7) {
			points, role := float64(random.IntN(2_000_000)-500_000)/10_000, random.IntN(len(buying)+1)
			id := ""
			if role < len(buying) {
				id = buying[role].ID
				totals[role] += points
				counts[role]++
			}
			all = append(all, member(fmt.Sprint(i), id, points))
			sum += points
			if i == 0 || points > most {
				most = points
			}
		}
		n := float64(len(all))
		want := map[string]float64{"sum": sum, "maximum": most, "champion": 0.7 * most}
		if n > 0 {
			want["mean"] = sum / n
		}
		if n > 1 {
			want["champion"] += 0.3 * (sum - most) / (n - 1)
		}
		for i, r := range buying {
			want["roles"] += totals[i] * r.Weight / 240
			want["filled"] += 100.0 / 3 * min(1, float64(counts[i])/float64(max(r.Members, 1)))
		}
		for name, policy := range policies {
			// Two rules, or three, are each rounded to a millionth.
			if got := assess(t, policy, all...).Score.Points; got < want[name]-2e-6 || got > want[name]+2e-6 {
				t.Errorf("%s of %+v: %v; want %v", name, all, got, want[name])
			}
		}
	}
}

func TestMembers(t *testing.T) {
	policy := with(policyOf(t, buying...), account.Sum())
	policy.Signals = append(policy.Signals,
		qualify.Signal{ID: "sql", Types: []string{"member"}, Where: `activity.stage == "sql"`},
		qualify.Signal{ID: "a1", Types: []string{"member"}, Where: `activity.rating == "A1"`},
		qualify.Signal{ID: "has_budget", Types: []string{"member"}, Where: `"budget yes" in activity.answers`},
		qualify.Signal{ID: "no_budget", Types: []string{"member"}, Where: `not ("budget yes" in activity.answers)`},
		qualify.Signal{ID: "not_sql", Types: []string{"member"}, Where: `activity.stage != "sql"`})
	policy.Rules = append(policy.Rules,
		qualify.Rule{ID: "sql", On: "sql", Points: 100}, qualify.Rule{ID: "a1", On: "a1", Points: 1000},
		qualify.Rule{ID: "budget", When: `happened("has_budget")`, Points: 10000})
	anna := account.Member{Role: "influencer", Assessment: qualify.Assessment{
		Lead: "Anna", At: at, Score: qualify.Score{Points: 5, Rating: "A1"}, Verdict: qualify.Verdict{Stage: "sql"},
		Checklist: qualify.Checklist{{Criterion: "need", Answer: qualify.No}, {Criterion: "budget", Answer: qualify.Yes}},
	}}
	if a := assess(t, policy, anna); a.Score.Points != 11105 || len(a.Issues) != 0 {
		t.Errorf("what is known of a member does not count: %s", a)
	}
	anna.Assessment.Checklist[1].Answer = qualify.Disputed
	if a := assess(t, policy, anna); a.Score.Points != 1105 {
		t.Errorf("a disputed budget counts: %s", a)
	}

	anna.Assessment.At = at.Add(1)
	if a := assess(t, policy, anna); a.Score.Points != 0 {
		t.Errorf("a member counts before it was assessed: %s", a)
	}
	anna.Assessment.At = at
	again := anna
	again.Role, again.Assessment.Score.Points = "practitioner", 4
	if a := assess(t, policy, anna, again); a.Score.Points != 1105 || len(a.Issues) != 1 || a.Issues[0].Problem != "repeated_differently" {
		t.Errorf("a member that is listed twice: %s", a)
	}

	plain := account.Member{Assessment: qualify.Assessment{Lead: "Paul", At: at, Checklist: qualify.Checklist{{Criterion: "budget"}}}}
	policy.Rules = []qualify.Rule{{ID: "no_budget", On: "no_budget", Points: 1}, {ID: "not_sql", On: "not_sql", Points: 10}}
	if a := assess(t, policy, plain); a.Score.Points != 11 {
		t.Errorf("a plain lead whose budget is unknown: %s", a)
	}

	policy.Rules = account.Sum()
	stranger := assess(t, policy, member("Eve", "Inlfuencer", 3))
	if len(stranger.Issues) != 1 || stranger.Issues[0].Problem != "not_in_values" || stranger.Issues[0].Field != "activity.role" || stranger.Score.Points != 3 {
		t.Errorf("a role that the policy does not have: %s", stranger)
	}
}

// IDs of roles stand in conditions.
func TestRolesInAnyWords(t *testing.T) {
	for _, id := range []string{"Entscheider (m/w)", `the "boss"`, `back\slash`, "`tick`", "beslutningstager på øen", "決裁者", "it's"} {
		role := account.Role{ID: id, Weight: 0.000001}
		policy := with(policyOf(t, role), slices.Concat(must(t)(account.RoleWeighted(role)), account.RolesFilled(role)))
		if a := assess(t, policy, member("x", id, 7)); a.Score.Points != 107 || len(a.Issues) != 0 {
			t.Errorf("%s: %s", id, a)
		}
	}
}

// What a member brings is explained like an occurrence of any signal, and a role that
// nobody plays is asked for.
func TestExplained(t *testing.T) {
	policy := with(policyOf(t, buying...), must(t)(account.RoleWeighted(buying...)))
	policy.Stages = []qualify.Stage{{ID: "mqa", Enter: `all_met("roles")`}}
	lead := account.Lead("Acme", group[:4]...)
	model, err := qualify.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	a, err := model.Assess(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	if b := a.Verdict.Blockers; len(b) != 1 || len(b[0].Questions) != 1 || b[0].Questions[0] != "Who will work with it?" {
		t.Errorf("blockers %+v", b)
	}
	e, err := model.Explain(&lead, at)
	if err != nil {
		t.Fatal(err)
	}
	brings := map[string]float64{}
	for _, r := range e.Rules {
		for _, o := range r.Parts[0].Occurrences {
			brings[o.Activity] = o.Points
		}
	}
	if want := map[string]float64{"Adam": 15.416667, "Mark": 6.25, "John": 9.333333, "Bob": 0.5}; !maps.Equal(brings, want) {
		t.Errorf("the members bring %v; want %v", brings, want)
	}
	if a.Checklist.Answer("practitioner") != qualify.Unknown || a.Checklist.Answer("influencer") != qualify.Yes {
		t.Errorf("checklist %s", a.Checklist)
	}
}

func TestErrors(t *testing.T) {
	role := func(id string, weight float64, members int) []account.Role {
		return []account.Role{{ID: "user", Weight: 1}, {ID: id, Weight: weight, Members: members}}
	}
	for _, test := range []struct {
		roles []account.Role
		want  string
	}{
		{role(" ", 1, 0), "account: role 1 has no ID"},
		{role("Member", 1, 0), `account: role 1 is called "Member", which is the name of all members: give it another ID`},
		{role("USER", 1, 0), `account: there are two roles "USER": case and the number of blanks play no part in their IDs`},
		{role("user\u200b", 1, 0), `account: there are two roles "user\u200b": case and the number of blanks play no part in their IDs`},
		{role("ceo", -1, 0), `account: role "ceo" has the weight -1: it must be a number, and 0 or more`},
		{role("ceo", math.NaN(), 0), `account: role "ceo" has the weight NaN: it must be a number, and 0 or more`},
		{role("ceo", math.Inf(1), 0), `account: role "ceo" has the weight +Inf: it must be a number, and 0 or more`},
		{role("ceo", math.Inf(-1), 0), `account: role "ceo" has the weight -Inf: it must be a number, and 0 or more`},
		{role("ceo", -5e-324, 0), `account: role "ceo" has the weight -5e-324: it must be a number, and 0 or more`},
		{role("ceo", 1, 1_000_001), `account: role "ceo" is filled by 1000001 members: it may need a million at most`},
		{role("ceo", 1, -2), `account: role "ceo" is filled by -2 members: write how many it needs, or 0 for one`},
	} {
		if _, err := account.Policy(test.roles...); err == nil || err.Error() != test.want {
			t.Errorf("Policy: %v; want %s", err, test.want)
		}
		if _, err := account.RoleWeighted(test.roles...); err == nil || err.Error() != test.want {
			t.Errorf("RoleWeighted: %v; want %s", err, test.want)
		}
	}
	if _, err := account.RoleWeighted(account.Role{ID: "user"}); err == nil || err.Error() != "account: none of 1 roles has a weight" {
		t.Errorf("RoleWeighted: %v", err)
	}
	for _, weight := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := account.Champion(weight); err == nil {
			t.Errorf("Champion(%v) is no error", weight)
		}
	}
}

// What counts is the share of a weight in the sum of all, however large or small they are.
func TestWeightsOfAllMagnitudes(t *testing.T) {
	const least, most = math.SmallestNonzeroFloat64, math.MaxFloat64
	for _, test := range []struct {
		weights []float64
		want    float64 // of members with 10, 100, 1000, … points
	}{
		{[]float64{1, 1}, 55},
		{[]float64{1e308, 1e308}, 55},
		{[]float64{most, most, most, most}, 2777.5},
		{[]float64{most}, 10},
		{[]float64{most, 0}, 10},
		{[]float64{0, most}, 100},
		{[]float64{most, most / 3}, 32.5},
		{[]float64{most, 1}, 10},
		{[]float64{1, most}, 100},
		{[]float64{most, least}, 10},
		{[]float64{least, most}, 100},
		{[]float64{least, least}, 55},
		{[]float64{3 * least, least}, 32.5},
		{[]float64{1e-310, 3e-310}, 77.5},
		{[]float64{least, 1}, 100},
		{[]float64{math.Copysign(0, -1), 2}, 100},
		{[]float64{1, 1e-6}, 10.00009},
	} {
		var roles []account.Role
		var all []account.Member
		points := 1.0
		for i, w := range test.weights {
			id := fmt.Sprint("role ", i)
			points *= 10
			roles = append(roles, account.Role{ID: id, Weight: w})
			all = append(all, member(id, id, points))
		}
		a := assess(t, with(policyOf(t, roles...), must(t)(account.RoleWeighted(roles...))), all...)
		if math.Abs(a.Score.Points-test.want) > 2e-6 {
			t.Errorf("weights %v: %v points, want %v", test.weights, a.Score.Points, test.want)
		}
	}
	for _, weight := range []float64{0, least, 1e-310, 0.5, math.Nextafter(1, 0), 1} {
		a := assess(t, with(policyOf(t), must(t)(account.Champion(weight))), members(100, 50)...)
		if want := 100*weight + 50*(1-weight); math.Abs(a.Score.Points-want) > 2e-6 {
			t.Errorf("a champion with the weight %v: %v points, want %v", weight, a.Score.Points, want)
		}
	}
}

// As many members as a role may need, and points as large as an assessment has.
func TestLargestRollUps(t *testing.T) {
	role := account.Role{ID: "user", Weight: 1, Members: 1_000_000}
	all := []account.Member{member("a", "user", 1e6), member("b", "user", 1e6), member("c", "user", -1e6)}
	for name, test := range map[string]struct {
		rules []qualify.Rule
		all   []account.Member
		want  float64
	}{
		"sum": {account.Sum(), all, 1e6}, "sum at the most": {account.Sum(), all[:2], 1e6},
		"mean": {account.Mean(), all, 333333.333333}, "mean at the most": {account.Mean(), all[:2], 1e6},
		"maximum": {account.Maximum(), all, 1e6}, "champion": {must(t)(account.Champion(0.5)), all, 5e5},
		"roles": {must(t)(account.RoleWeighted(role)), all, 1e6}, "filled": {account.RolesFilled(role), all, 0.0003},
	} {
		if a := assess(t, with(policyOf(t, role), test.rules), test.all...); a.Score.Points != test.want {
			t.Errorf("%s: %v points, want %v", name, a.Score.Points, test.want)
		}
	}
}

// More roles than a buying group has.
func TestManyRoles(t *testing.T) {
	var roles []account.Role
	var all []account.Member
	for i := range 25 {
		id := fmt.Sprint("role ", i)
		roles = append(roles, account.Role{ID: id, Weight: 1})
		all = append(all, member(id, id, 5))
	}
	rules := slices.Concat(account.RolesFilled(roles...), must(t)(account.RoleWeighted(roles...)))
	if a := assess(t, with(policyOf(t, roles...), rules), all...); a.Score.Points != 105 {
		t.Errorf("%v points", a.Score.Points)
	}
}
