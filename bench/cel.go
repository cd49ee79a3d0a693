package bench

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/qualify-go/qualify"
)

// celScorer runs one program for each expression.
type celScorer struct {
	points, answers, opens []cel.Program
	index                  index
	facts                  map[string]any
}

func newCEL() Scorer {
	s := &celScorer{facts: map[string]any{"settled_by": settledBy}}
	options := celFunctions(&s.index)
	options = append(options, cel.Variable("lead", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("settled_by", cel.TimestampType))
	for _, name := range []string{"total", "fit", "engagement", "intent", "against", "met"} {
		options = append(options, cel.Variable(name, cel.DoubleType))
	}
	env, err := cel.NewEnv(options...)
	must(err)
	programs := func(sources []string) (out []cel.Program) {
		for _, source := range sources {
			ast, issues := env.Compile(source)
			must(issues.Err())
			p, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
			must(err)
			out = append(out, p)
		}
		return out
	}
	f := newFormulas(celIndexed{}, double)
	s.points, s.answers, s.opens = programs(f.points), programs(f.answers), programs(f.opens)
	return s
}

func celFunctions(x *index) []cel.EnvOption {
	text, number := func(v ref.Val) string { return string(v.(types.String)) }, func(v ref.Val) int { return int(v.(types.Int)) }
	function := func(name string, arguments []*cel.Type, result *cel.Type, f func(a ...ref.Val) ref.Val) cel.EnvOption {
		var bind cel.OverloadOpt
		switch len(arguments) {
		case 1:
			bind = cel.UnaryBinding(func(a ref.Val) ref.Val { return f(a) })
		case 2:
			bind = cel.BinaryBinding(func(a, b ref.Val) ref.Val { return f(a, b) })
		default:
			bind = cel.FunctionBinding(f)
		}
		return cel.Function(name, cel.Overload(name, arguments, result, bind))
	}
	property := func(name string, f func(signal, prop string, window int) float64) cel.EnvOption {
		return function(name, []*cel.Type{cel.StringType, cel.StringType, cel.IntType}, cel.DoubleType, func(a ...ref.Val) ref.Val {
			return types.Double(f(text(a[0]), text(a[1]), number(a[2])))
		})
	}
	windowed := []*cel.Type{cel.StringType, cel.IntType}
	three := []*cel.Type{cel.StringType, cel.StringType, cel.IntType}
	return []cel.EnvOption{
		property("total_of", x.totalOf), property("mean_of", x.mean), property("highest_of", x.highest),
		property("distinct_of", x.distinct), property("latest_number", x.latestNumber), property("days_until", x.daysUntil),
		function("count_of", windowed, cel.DoubleType, func(a ...ref.Val) ref.Val { return types.Double(x.count(text(a[0]), number(a[1]))) }),
		function("active_days", windowed, cel.DoubleType, func(a ...ref.Val) ref.Val { return types.Double(x.activeDays(text(a[0]), number(a[1]))) }),
		function("happened", windowed, cel.BoolType, func(a ...ref.Val) ref.Val { return types.Bool(x.happened(text(a[0]), number(a[1]))) }),
		function("days_since", []*cel.Type{cel.StringType}, cel.DoubleType, func(a ...ref.Val) ref.Val { return types.Double(x.daysSince(text(a[0]))) }),
		function("followed", three, cel.BoolType, func(a ...ref.Val) ref.Val {
			return types.Bool(x.followed(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("known", three, cel.BoolType, func(a ...ref.Val) ref.Val {
			return types.Bool(x.known(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("latest_text", three, cel.StringType, func(a ...ref.Val) ref.Val {
			return types.String(x.latestText(text(a[0]), text(a[1]), number(a[2])))
		}),
		function("paid", []*cel.Type{cel.StringType, cel.DoubleType, cel.IntType, cel.IntType, cel.IntType, cel.IntType}, cel.DoubleType, func(a ...ref.Val) ref.Val {
			return types.Double(x.paid(text(a[0]), float64(a[1].(types.Double)), number(a[2]), number(a[3]), number(a[4]), number(a[5])))
		}),
	}
}

func (s *celScorer) Prepare(lead *qualify.Lead, at time.Time) {
	s.facts["lead"] = lead.Profile
	s.index.build(lead, at)
}

func (s *celScorer) keep() func() {
	x := s.index
	s.index = index{}
	return func() { s.index, s.facts["lead"] = x, x.lead.Profile }
}

func (s *celScorer) Score() Outcome {
	facts, err := cel.NewActivation(s.facts)
	must(err)
	run := func(p cel.Program) ref.Val {
		v, _, err := p.Eval(facts)
		must(err)
		return v
	}
	var t tally
	for i, p := range s.points {
		t.points[i] = float64(run(p).(types.Double))
	}
	for i, p := range s.answers {
		t.answers[i] = qualify.Answer(run(p).(types.Int))
	}
	points, by := t.scores()
	s.facts["total"], s.facts["met"] = points, t.met()
	for i, g := range groups {
		s.facts[g.id] = by[i]
	}
	for i, p := range s.opens {
		t.opens[i] = bool(run(p).(types.Bool))
	}
	return t.outcome(s.index.lead, points)
}
