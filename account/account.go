// Package account rolls up the people of an account, or of a buying group, into
// one score.
//
// It does not compute anything of its own. An account is a lead whose activities
// are its members, each with the points, the stage and the answers of their own
// assessment (Lead), and what adds them up is a policy (Policy, and the rules of
// Sum, Mean, Maximum, Champion, RoleWeighted and RolesFilled, of which a policy
// may have several). So an account's score has contributions, bands, stages,
// blockers and questions like any other, and whatever else the language can say
// of members may be added: "two of them are sales-qualified", "somebody has the
// budget".
//
//	policy := account.Policy(roles...)
//	policy.Rules = account.RoleWeighted(roles...)
//	model, err := qualify.Compile(policy)
//	…
//	acme := account.Lead("Acme", account.Member{Role: "decision maker", Assessment: anna}, …)
//	assessment, err := model.Assess(&acme, at)
package account

import (
	"fmt"
	"strconv"

	"github.com/qualify-go/qualify"
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
	// ID is what Member.Role says. It is also the signal of the members in that
	// role, count("decision maker"), and the criterion that it is filled,
	// met("decision maker").
	ID    string
	Label string
	// Question is what a seller asks to find such a person.
	Question string
	// Weight is the role's part in RoleWeighted, 0 or more: what counts is its
	// share of the sum of all weights. Percentages will do, and so will Adobe's
	// 20, 40, 60, 80 and 100 for trivial to vital.
	Weight float64
	// Members is how many fill the role; 0 is 1.
	Members int
}

// Lead gives the account as a lead. Each member is an activity of type "member",
// at the instant of the member's assessment and with the lead's ID: list it once,
// with its latest assessment. Members that were assessed after the instant at
// which the account is assessed are left out. What a member's points could be
// is not passed on, and neither is their Until: when a member is assessed anew,
// roll up anew. The account's profile and stage are the caller's to fill in.
func Lead(id string, members ...Member) qualify.Lead {
	lead := qualify.Lead{ID: id}
	for _, m := range members {
		a := m.Assessment
		met := []string{}
		for _, c := range a.Checklist {
			if c.Answer == qualify.Yes {
				met = append(met, c.Criterion)
			}
		}
		lead.Activities = append(lead.Activities, qualify.Activity{ID: a.Lead, Type: member, At: a.At, Props: map[string]any{
			"role": m.Role, "points": a.Score.Points, "stage": a.Verdict.Stage, "rating": a.Score.Rating, "met": met,
		}})
	}
	return lead
}

// member is the type of the activities, and the signal of all of them.
const member = "member"

// Policy gives a policy for accounts, still without rules: the properties of
// members (role, points, stage, rating, and the IDs of the criteria that are
// met), the signal "member", and for each role a signal and, in the set "roles",
// a criterion that it is filled. It is a policy like any other, to be added to:
//
//	policy.Signals = append(policy.Signals, qualify.Signal{ID: "has_budget", Types: []string{"member"}, Where: `"budget" in activity.met`})
//	policy.Stages = []qualify.Stage{{ID: "mqa", Enter: `score() >= 50 && met_count("roles") >= 2 && happened("has_budget")`}}
func Policy(roles ...Role) qualify.Policy {
	policy := qualify.Policy{
		Properties: []qualify.Field{
			{Name: "role", Kind: qualify.Text, Label: "Role"},
			{Name: "points", Kind: qualify.Number, Label: "Points"},
			{Name: "stage", Kind: qualify.Code, Label: "Stage"},
			{Name: "rating", Kind: qualify.Code, Label: "Rating"},
			{Name: "met", Kind: qualify.Texts, Label: "Criteria that are met"},
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
			Met: fmt.Sprintf("count(%q) >= %d", r.ID, max(r.Members, 1)),
		})
	}
	return policy
}

// rule is a rule that pays what its expression says.
func rule(id, label, points string) qualify.Rule {
	return qualify.Rule{ID: id, Label: label, Points: 1, Multiply: points}
}

// Sum adds up the points of all members: the more people, the more points.
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
// champion's part, and one more member without points takes nothing away.
func Champion(weight float64) []qualify.Rule {
	return []qualify.Rule{
		rule("champion", "Champion", `(highest("member", "points") ?? 0) * `+number(weight)),
		{
			ID: "others", Label: "Mean of the others", When: `count("member") > 1`, Points: 1,
			Multiply: `(total("member", "points") - highest("member", "points")) / (count("member") - 1) * (1 - ` + number(weight) + `)`,
		},
	}
}

// RoleWeighted adds up the points of the members of each role, and gives each
// sum its role's share of all weights. Members in no role, or in one without
// weight, add nothing.
func RoleWeighted(roles ...Role) []qualify.Rule {
	sum := 0.0
	for _, r := range roles {
		sum += r.Weight
	}
	var rules []qualify.Rule
	for _, r := range roles {
		if r.Weight != 0 {
			rules = append(rules, qualify.Rule{
				ID: r.ID, Label: r.Label, On: r.ID, Points: 1,
				Multiply: "activity.points * " + number(r.Weight) + " / " + number(sum),
			})
		}
	}
	return rules
}

// RolesFilled gives the share of the roles that are filled, from 0 to 100. Which
// ones are not is in the checklist.
func RolesFilled(roles ...Role) []qualify.Rule {
	if len(roles) == 0 {
		return nil
	}
	return []qualify.Rule{rule("roles_filled", "Share of roles filled", fmt.Sprintf(`met_count("roles") * 100 / %d`, len(roles)))}
}

// number writes a number as expressions do.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
