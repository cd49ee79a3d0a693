// Package account rolls up the people of an account, or of a buying group, into
// one score.
//
// It does not compute anything of its own. An account is a lead whose activities
// are its members, each with the points, the stage and the answers of their own
// assessment (Lead), and what adds them up is a policy (Policy, and the rules of
// Sum, Mean, Maximum, Champion, RoleWeighted and RolesFilled, of which a policy
// may have several). So an account's score has contributions, bands, stages and
// blockers like any other, Explain tells what each member brings, and whatever
// else the language can say of members may be added: "two of them are
// sales-qualified", "somebody has the budget".
//
//	policy, err := account.Policy(roles...)
//	policy.Rules, err = account.RoleWeighted(roles...)
//	model, err := qualify.Compile(policy)
//	…
//	acme := account.Lead("Acme", account.Member{Role: "decision maker", Assessment: anna}, …)
//	assessment, err := model.Assess(&acme, at)
package account

import (
	"cmp"
	"fmt"
	"math"
	"strconv"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/internal/fact"
)

// Member is a person of an account.
type Member struct {
	// Role is the part that the person plays, one of the policy's roles, in any
	// case; blank is not known.
	Role string
	// Assessment is what the leads' own model says of the person.
	Assessment qualify.Assessment
}

// Role is a part that members of a buying group play, such as "decision maker".
type Role struct {
	// ID is what Member.Role says, in any case. It is also the signal of the members
	// in that role, count("decision maker"), and the criterion that it is filled,
	// met("decision maker"). It is not blank, and not "member".
	ID    string
	Label string
	// Question is what a seller asks to find such a person.
	Question string
	// Weight is the role's part in RoleWeighted, 0 or more: what counts is its
	// share of the sum of all weights. Percentages will do, and so will Adobe's
	// 20, 40, 60, 80 and 100 for trivial to vital.
	Weight float64
	// Members is how many fill the role, at most a million; 0 is 1.
	Members int
}

// Lead gives the account as a lead. Each member is an activity of type "member",
// at the instant of the member's assessment and with the lead's ID: list it once,
// with its latest assessment, since of two with one ID the older counts, and an
// Issue says so. Members that were assessed after the instant at which the account
// is assessed are left out. What a member's points could be is not passed on, and
// neither is their Until: when a member is assessed anew, roll up anew. The
// account's profile and stage are the caller's to fill in.
func Lead(id string, members ...Member) qualify.Lead {
	lead := qualify.Lead{ID: id}
	for _, m := range members {
		a := m.Assessment
		answers := []string{}
		for _, c := range a.Checklist {
			answers = append(answers, c.Criterion+" "+c.Answer.String())
		}
		lead.Activities = append(lead.Activities, qualify.Activity{ID: a.Lead, Type: member, At: a.At, Props: map[string]any{
			"role": m.Role, "points": a.Score.Points, "stage": cmp.Or(a.Verdict.Stage, "none"), "rating": a.Score.Rating, "answers": answers,
		}})
	}
	return lead
}

// member is the type of the activities, and the signal of all of them.
const member = "member"

// Policy gives a policy for accounts, still without rules: the properties of
// members (role; points; stage, which is "none" for a plain lead; rating; and
// answers, such as "budget yes"), the signal "member", and for each role a signal
// and, in the set "roles", a criterion that it is filled. While a role is not, the
// criterion is unknown rather than no, since somebody may play it who is not
// known, and its question is asked. It is a policy like any other, to be added to:
//
//	policy.Signals = append(policy.Signals, qualify.Signal{ID: "has_budget", Types: []string{"member"}, Where: `"budget yes" in activity.answers`})
//	policy.Stages = []qualify.Stage{{ID: "mqa", Enter: `score() >= 50 && met_count("roles") >= 2 && happened("has_budget")`}}
//
// An error names the first role that is not as Role says, or has the ID of another.
func Policy(roles ...Role) (qualify.Policy, error) {
	if err := check(roles); err != nil {
		return qualify.Policy{}, err
	}
	policy := qualify.Policy{
		Properties: []qualify.Field{
			{Name: "role", Kind: qualify.Text, Label: "Role"},
			{Name: "points", Kind: qualify.Number, Label: "Points"},
			{Name: "stage", Kind: qualify.Code, Label: "Stage"},
			{Name: "rating", Kind: qualify.Code, Label: "Rating"},
			{Name: "answers", Kind: qualify.Texts, Label: "Answers"},
		},
		Signals: []qualify.Signal{{ID: member, Label: "Member"}},
	}
	for _, r := range roles {
		policy.Properties[0].Values = append(policy.Properties[0].Values, r.ID)
		policy.Signals = append(policy.Signals, qualify.Signal{
			ID: r.ID, Label: r.Label, Types: []string{member}, Where: "activity.role == " + strconv.Quote(r.ID),
		})
		policy.Criteria = append(policy.Criteria, qualify.Criterion{
			ID: r.ID, Label: r.Label, Set: "roles", Question: r.Question,
			Met: fmt.Sprintf("count(%q) >= %d", r.ID, r.needed()), Unmet: "false",
		})
	}
	return policy, nil
}

func (r Role) needed() int { return max(r.Members, 1) }

// same reports whether two roles are one to activity.role, which is text.
func same(a, b string) bool { return fact.EqualFold(fact.Clean(a), fact.Clean(b)) }

// check finds what is wrong with roles.
func check(roles []Role) error {
	for i, r := range roles {
		switch {
		case fact.Clean(r.ID) == "":
			return fmt.Errorf("account: role %d has no ID", i)
		case same(r.ID, member):
			return fmt.Errorf("account: role %d is called %q, which is the name of all members: give it another ID", i, r.ID)
		case !(r.Weight >= 0 && r.Weight <= math.MaxFloat64):
			return fmt.Errorf("account: role %q has the weight %v: it must be a number, and 0 or more", r.ID, r.Weight)
		case r.Members < 0:
			return fmt.Errorf("account: role %q is filled by %d members: write how many it needs, or 0 for one", r.ID, r.Members)
		case r.Members > 1_000_000:
			return fmt.Errorf("account: role %q is filled by %d members: it may need a million at most", r.ID, r.Members)
		}
		for _, other := range roles[:i] {
			if same(r.ID, other.ID) {
				return fmt.Errorf("account: there are two roles %q: case and the number of blanks play no part in their IDs", r.ID)
			}
		}
	}
	return nil
}

// rule is a rule that pays what its expression says.
func rule(id, label, points string) qualify.Rule {
	return qualify.Rule{ID: id, Label: label, When: "true", Points: 1, Multiply: points}
}

// Sum adds up the points of all members: the more people, the more points. Like
// any rule it gives at most a million.
func Sum() []qualify.Rule {
	return []qualify.Rule{{ID: "sum", Label: "Members", On: member, Points: 1, Multiply: `activity.points`}}
}

// Mean gives the mean of the members' points, and 0 without members.
func Mean() []qualify.Rule {
	return []qualify.Rule{rule("mean", "Mean of the members", `mean("member", "points") ?? 0`)}
}

// Maximum gives the points of the member who has most, and 0 without members.
func Maximum() []qualify.Rule {
	return []qualify.Rule{rule("maximum", "Best member", `highest("member", "points") ?? 0`)}
}

// Champion gives the member who has most points, the champion, a weight of 0 to
// 1, and the mean of all others the rest. A single member has no others, and
// these add nothing: so an account that hangs on one person has only the
// champion's part, and one more member without points takes nothing away. Any
// other weight is an error.
func Champion(weight float64) ([]qualify.Rule, error) {
	if !(weight >= 0 && weight <= 1) {
		return nil, fmt.Errorf("account: the champion's weight is %v: it must lie between 0 and 1", weight)
	}
	return []qualify.Rule{
		rule("champion", "Champion", `(highest("member", "points") ?? 0) * `+number(weight)),
		{
			ID: "others", Label: "Mean of the others", When: `count("member") > 1`, Points: 1,
			Multiply: `(total("member", "points") - highest("member", "points")) / (count("member") - 1) * (1 - ` + number(weight) + `)`,
		},
	}, nil
}

// RoleWeighted adds up the points of the members of each role, and gives each sum
// its role's share of all weights: give it the roles that the group uses. Members
// in no role, or in one without weight, add nothing. The errors are those of Policy,
// and roles without any weight.
func RoleWeighted(roles ...Role) ([]qualify.Rule, error) {
	if err := check(roles); err != nil {
		return nil, err
	}
	most := 0.0
	for _, r := range roles {
		most = max(most, r.Weight)
	}
	if most == 0 {
		return nil, fmt.Errorf("account: none of %d roles has a weight", len(roles))
	}
	// Halved or doubled so often that the largest is near 1, weights have the same
	// shares, and a sum that does not overflow.
	_, exponent := math.Frexp(most)
	weight := func(r Role) float64 { return math.Ldexp(r.Weight, -exponent) }
	sum := 0.0
	for _, r := range roles {
		sum += weight(r)
	}
	var rules []qualify.Rule
	for _, r := range roles {
		if share := weight(r) / sum; share != 0 {
			rules = append(rules, qualify.Rule{
				ID: "role " + r.ID, Label: cmp.Or(r.Label, r.ID), On: r.ID, Points: 1,
				Multiply: "activity.points * " + number(share),
			})
		}
	}
	return rules, nil
}

// RolesFilled gives how far the roles are filled, from 0 to 100: the mean, over the
// roles, of the share of the members that each needs. Which ones are not filled is in
// the checklist. The roles must be the policy's, and not more than thirty, which
// an expression holds; without any it gives no rule.
func RolesFilled(roles ...Role) []qualify.Rule {
	if len(roles) == 0 {
		return nil
	}
	return []qualify.Rule{rule("roles_filled", "Roles filled", "("+filled(roles)+") * 100 / "+strconv.Itoa(len(roles)))}
}

// filled adds up the shares in which roles are filled, without nesting deeper than it
// must.
func filled(roles []Role) string {
	if n := len(roles); n > 1 {
		return "(" + filled(roles[:n/2]) + " + " + filled(roles[n/2:]) + ")"
	}
	r := roles[0]
	return fmt.Sprintf("(count(%q) >= %d ? 1 : count(%q) / %d)", r.ID, r.needed(), r.ID, r.needed())
}

// number writes a number as expressions do.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
