package engine

import (
	"slices"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/fact"
	"github.com/qualify-go/qualify/internal/history"
)

// evalChecklist answers the criteria.
func (e *Evaluator) evalChecklist() {
	for i := range e.program.Criteria {
		if e.tracked != nil && !e.criterionStale(i) {
			continue
		}
		c, out := &e.program.Criteria[i], &e.out.Checklist[i]
		met, unmet := c.Met.Test(&e.env), expression.No
		if c.Unmet != nil {
			unmet = c.Unmet.Test(&e.env)
		}
		out.Answer, out.Nodes = expression.Judge(met, unmet, c.Unmet != nil), reuse(out.Nodes)
		e.env.Check[i] = out.Answer
		if e.stateOnly {
			continue
		}
		// An answer rests on the condition that gave it; an unknown on both.
		if out.Answer != expression.CheckNo || c.Unmet == nil {
			e.addDecisive(out, c.Met)
		}
		if c.Unmet != nil && out.Answer != expression.CheckYes {
			e.addDecisive(out, c.Unmet)
		}
	}
}

func (e *Evaluator) addDecisive(out *CheckResult, n *expression.Node) {
	for _, a := range e.reasons.Decisive(n, &e.env) {
		out.Nodes = append(out.Nodes, a.Node)
	}
}

// evalStage finds the stage and why.
func (e *Evaluator) evalStage() {
	p, env, out := e.program, &e.env, &e.out.Stage
	*out = StageResult{Was: env.Stage, Reasons: reuse(out.Reasons), Blockers: reuse(out.Blockers)}
	now, held := e.resolveStage()
	out.Now, out.Move = now, e.move(out.Was, now)
	// An exit is entered even if something holds the stage before it.
	if !e.stateOnly && out.Was != None && out.Move != MoveNone && out.Move != MoveExit && e.heldBy(out.Was) == HeldByNothing {
		e.addReasons(out.Was, HeldByKeep)
	}
	if !e.stateOnly && now != None {
		e.addReasons(now, held)
	}
	if out.Since = env.StageSince; out.Move != MoveNone {
		out.Since = fact.Value{Known: true, Time: env.Now}
	}
	if now != None && p.Stages[now].MaxStay > 0 && out.Since.Known {
		out.HasDue, out.Overdue = true, history.Before(env.Now, p.Stages[now].MaxStay) >= out.Since.Time
	}
	if !e.stateOnly {
		e.findBlockers(now)
	}
}

// resolveStage finds the stage that the lead is in now, and what holds it there.
func (e *Evaluator) resolveStage() (stage int, held HeldBy) {
	p, was := e.program, e.env.Stage
	for i := range p.Stages {
		if !p.IsExit(i) {
			continue
		}
		if e.enters(i) {
			return i, HeldByEnter
		}
		if i == was {
			if held := e.heldBy(i); held != HeldByNothing {
				return i, held
			}
		}
	}
	for i := len(p.Stages) - 1; i >= 0; i-- {
		switch {
		case p.IsExit(i):
		case i == was:
			if held := e.heldBy(i); held != HeldByNothing {
				return i, held
			}
		case was != None && !p.IsExit(was) && p.Ranks[i] < p.Ranks[was] && p.Stages[i].Keep.Test(&e.env) == expression.Yes:
			return i, HeldByKeep
		case e.enters(i):
			return i, HeldByEnter
		}
	}
	return None, HeldByNothing
}

func (e *Evaluator) enters(i int) bool {
	return e.program.Stages[i].Enter.Test(&e.env) == expression.Yes
}

func (e *Evaluator) keeps(i int) bool {
	return e.program.Stages[i].Keep.Test(&e.env) != expression.No
}

// heldBy gives what holds the lead in its present stage, if anything does.
func (e *Evaluator) heldBy(i int) HeldBy {
	switch {
	case e.keeps(i):
		return HeldByKeep
	case e.enters(i):
		return HeldByEnter // or the lead would come back at the next assessment
	case e.staying(i):
		return HeldByMinStay
	}
	return HeldByNothing
}

// staying reports whether the shortest stay in the present stage still runs.
func (e *Evaluator) staying(i int) bool {
	since := e.env.StageSince
	return since.Known && history.Before(e.env.Now, e.program.Stages[i].MinStay) < since.Time
}

func (e *Evaluator) move(was, now int) Move {
	p := e.program
	switch {
	case was == now:
		return MoveNone
	case p.IsExit(now):
		return MoveExit
	case p.IsExit(was):
		return MoveReturn
	case was == None:
		return MoveEnter
	case now == None || p.Ranks[now] < p.Ranks[was]:
		return MoveDemote
	}
	return MovePromote
}

// addReasons adds what decided that the stage is held, or lost.
func (e *Evaluator) addReasons(i int, held HeldBy) {
	out, s := &e.out.Stage, &e.program.Stages[i]
	if held == HeldByMinStay {
		out.Reasons = append(out.Reasons, Reason{Stage: i, Held: held, Answer: expression.Yes})
		return
	}
	n := s.Enter
	if held == HeldByKeep {
		n = s.Keep
	}
	if s.Keep == s.Enter {
		held = HeldByEnter
	}
	for _, a := range e.reasons.Decisive(n, &e.env) {
		out.Reasons = append(out.Reasons, Reason{i, held, a.Node, a.Answer, a.Want})
	}
}

// findBlockers lists what separates the lead from the next stage.
func (e *Evaluator) findBlockers(now int) {
	p, out := e.program, &e.out.Stage
	out.Next = None
	if p.IsExit(now) {
		return
	}
	next := 0
	if now != None {
		next = p.Ranks[now] + 1
	}
	if out.Next = slices.Index(p.Ranks, next); out.Next == None {
		return
	}
	if !e.brief {
		out.Blockers = append(out.Blockers, e.reasons.Blockers(p.Stages[out.Next].Opening, &e.env, true)...)
	}
}

// Skipped lists the normal stages between the one that the lead had and the one that it
// has.
func (e *Evaluator) Skipped(visit func(stage int)) {
	out, p := &e.out.Stage, e.program
	if out.Move == MoveNone || out.Move == MoveExit {
		return
	}
	from, to := -1, -1
	if out.Was != None && !p.IsExit(out.Was) {
		from = p.Ranks[out.Was]
	}
	if out.Now != None {
		to = p.Ranks[out.Now]
	}
	for i, r := range p.Ranks {
		if r != None && r > min(from, to) && r < max(from, to) {
			visit(i)
		}
	}
}
