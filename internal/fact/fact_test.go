package fact_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/fact"
)

var kinds = []fact.Kind{fact.None, fact.Number, fact.Text, fact.Code, fact.Bool, fact.Time, fact.Texts}

func TestKindNames(t *testing.T) {
	var got []string
	for _, k := range kinds {
		got = append(got, k.String())
		parsed, ok := fact.ParseKind(k.String())
		if parsed != k || ok != (k != fact.None) {
			t.Errorf("ParseKind(%q) = %v, %v", k, parsed, ok)
		}
	}
	want := []string{"none", "number", "text", "code", "bool", "time", "texts"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := fact.Kind(200).String(); got != "none" {
		t.Errorf("Kind(200) = %q", got)
	}
	for _, s := range []string{"", "Number", "strings", " text"} {
		if k, ok := fact.ParseKind(s); ok || k != fact.None {
			t.Errorf("ParseKind(%q) = %v, %v", s, k, ok)
		}
	}
}

func TestProblemNames(t *testing.T) {
	for p, want := range map[fact.Problem]string{
		fact.NoProblem:    "",
		fact.WrongKind:    "wrong_kind",
		fact.OutOfRange:   "out_of_range",
		fact.NotInValues:  "not_in_values",
		fact.UnsplitList:  "unsplit_list",
		fact.Problem(200): "",
	} {
		if got := p.String(); got != want {
			t.Errorf("Problem(%d) = %q, want %q", p, got, want)
		}
	}
}

// ordered holds, for each kind, values in their order, no two of them the same.
var ordered = map[fact.Kind][]fact.Value{
	fact.None: {{}, {Known: true}},
	fact.Number: {
		{}, number(-1e15), number(-1), number(0), number(0.1), number(1), number(1e15),
	},
	fact.Bool: {{}, {Known: true}, {Known: true, Bool: true}},
	fact.Time: {
		{}, {Known: true, Time: math.MinInt64}, {Known: true, Time: -1}, {Known: true},
		{Known: true, Time: 1}, {Known: true, Time: math.MaxInt64},
	},
	fact.Text: {
		{}, text("A"), text("a"), text("A A"), text("AB"), text("Ab"), text("aB"), text("ab"), text("b"), text("BA"),
		text("K"), text("k"), text("\u212a"), text("S"), text("s"), text("ſ"), text("_"), text("É"), text("é"), text("\ufffd"), text("\xff"),
	},
	fact.Code: {
		{}, text("A"), text("A A"), text("AB"), text("BA"), text("K"), text("_"), text("a"), text("é"), text("\ufffd"), text("\xff"),
	},
	fact.Texts: {
		{}, texts(), texts("A"), partial("A"), texts("A", "a"), texts("a"), texts("a", "A"), texts("a", "b"), texts("ab"), texts("B", "x"), texts("b"),
	},
}

func number(f float64) fact.Value    { return fact.Value{Known: true, Number: f} }
func text(s string) fact.Value       { return fact.Value{Known: true, Text: s} }
func texts(s ...string) fact.Value   { return fact.Value{Known: true, Texts: s} }
func partial(s ...string) fact.Value { return fact.Value{Known: true, Partial: true, Texts: s} }
func boolean(b bool) fact.Value      { return fact.Value{Known: true, Bool: b} }
func instant(nanos int64) fact.Value { return fact.Value{Known: true, Time: nanos} }

func TestCompareIsTheOrder(t *testing.T) {
	for _, k := range kinds {
		values := ordered[k]
		for i := range values {
			for j := range values {
				want := 0
				if i < j {
					want = -1
				} else if i > j {
					want = 1
				}
				if got := fact.Compare(k, &values[i], &values[j]); got != want {
					t.Errorf("%v: Compare(%+v, %+v) = %d, want %d", k, values[i], values[j], got, want)
				}
			}
		}
	}
}

func TestEqual(t *testing.T) {
	for _, row := range []struct {
		name string
		kind fact.Kind
		a, b fact.Value
		want bool
	}{
		{"numbers", fact.Number, number(1), number(1), true},
		{"numbers differ", fact.Number, number(1), number(1.5), false},
		{"text folded", fact.Text, text("Kiosk ſ"), text("\u212aIOSK S"), true},
		{"text differs", fact.Text, text("a"), text("ab"), false},
		{"code", fact.Code, text("a"), text("a"), true},
		{"code is exact", fact.Code, text("a"), text("A"), false},
		{"bools", fact.Bool, boolean(false), boolean(false), true},
		{"bools differ", fact.Bool, boolean(false), boolean(true), false},
		{"times", fact.Time, instant(5), instant(5), true},
		{"times differ", fact.Time, instant(5), instant(6), false},
		{"texts folded", fact.Texts, texts("a", "B"), texts("A", "b"), true},
		{"texts in another order", fact.Texts, texts("a", "b"), texts("b", "a"), false},
		{"texts of another length", fact.Texts, texts("a"), texts("a", "a"), false},
		{"empty texts", fact.Texts, texts(), texts(), true},
		{"texts known in part", fact.Texts, partial("a"), partial("a"), false},
		{"texts of which one is known in part", fact.Texts, texts("a"), partial("a"), false},
		{"none", fact.None, fact.Value{Known: true}, fact.Value{Known: true}, false},
		{"unknown left", fact.Number, fact.Value{}, number(0), false},
		{"unknown right", fact.Number, number(0), fact.Value{}, false},
		{"unknown both", fact.Text, fact.Value{}, fact.Value{}, false},
	} {
		if got := fact.Equal(row.kind, &row.a, &row.b); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

// FuzzCompare holds that Compare is a total order in which 0 means the same value, and that it agrees
// with Equal.
func FuzzCompare(f *testing.F) {
	for _, s := range []string{"", "a;b", "A;B;\xff", "ſ;\u212a", "1;-1;2", "true;no"} {
		f.Add(s, "b;a", "ab")
	}
	f.Fuzz(func(t *testing.T, x, y, z string) {
		for _, k := range kinds {
			r := newReader(k, nil, nil, nil, nil, nil)
			var arena []string
			var v [3]fact.Value
			for i, s := range []string{x, y, z} {
				r.Read(s, &v[i], &arena)
			}
			checkOrder(t, k, v[:])
		}
	})
}

func TestCompareIsATotalOrder(t *testing.T) {
	for _, k := range kinds {
		checkOrder(t, k, ordered[k])
	}
}

func checkOrder(t *testing.T, k fact.Kind, values []fact.Value) {
	t.Helper()
	compare := func(i, j int) int { return fact.Compare(k, &values[i], &values[j]) }
	for i := range values {
		for j := range values {
			if same := cmp.Equal(values[i], values[j]); (compare(i, j) == 0) != same {
				t.Errorf("%v: Compare(%+v, %+v) = %d", k, values[i], values[j], compare(i, j))
			}
			if compare(i, j) != -compare(j, i) {
				t.Errorf("%v: not antisymmetric: %+v, %+v", k, values[i], values[j])
			}
			if k != fact.None && values[i].Known && !values[i].Partial && compare(i, j) == 0 && !fact.Equal(k, &values[i], &values[j]) {
				t.Errorf("%v: %+v and %+v compare as 0 and are not equal", k, values[i], values[j])
			}
			for l := range values {
				if compare(i, j) <= 0 && compare(j, l) <= 0 && compare(i, l) > 0 {
					t.Errorf("%v: not transitive: %+v, %+v, %+v", k, values[i], values[j], values[l])
				}
			}
		}
	}
}
