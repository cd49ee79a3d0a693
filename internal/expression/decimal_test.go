package expression_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/expression"
	"github.com/qualify-go/qualify/internal/testcase"
)

// shortest gives the shortest decimal that reads as x.
func shortest(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

// inDecimal is the naive twin of arithmetic: exact fractions, cut off after 19 digits. It
// gives false where there is no result.
func inDecimal(op string, x, y float64) (float64, bool) {
	a, b, z := shortest(x), shortest(y), new(big.Rat)
	far := x != 0 && y != 0 && (op == "+" || op == "-")
	switch {
	case far && magnitude(x)-magnitude(y) > 20:
		return x, true
	case far && magnitude(y)-magnitude(x) > 20:
		if op == "+" {
			return y, true
		}
		return -y, true
	}
	switch op {
	case "+":
		z.Add(a, b)
	case "-":
		z.Sub(a, b)
	case "*":
		z.Mul(a, b)
	default:
		if y == 0 {
			return 0, false
		}
		if z.Quo(a, b); op == "%" {
			whole := new(big.Int).Quo(z.Num(), z.Denom()) // toward zero
			z.Sub(a, new(big.Rat).Mul(b, new(big.Rat).SetInt(whole)))
		}
	}
	f, _ := cutOff(z).Float64()
	return f, !math.IsInf(f, 0)
}

// magnitude is the power of ten of the first digit.
func magnitude(x float64) int {
	_, e, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, 64), "e")
	n, _ := strconv.Atoi(e)
	return n
}

// cutOff gives the first 19 digits of a fraction.
func cutOff(z *big.Rat) *big.Rat {
	if z.Sign() == 0 {
		return z
	}
	ten, unit := big.NewRat(10, 1), big.NewRat(1, 1)
	low, high := new(big.Rat).SetInt64(1e18), new(big.Rat).Mul(ten, new(big.Rat).SetInt64(1e18))
	scaled := new(big.Rat).Set(z)
	for new(big.Rat).Abs(scaled).Cmp(low) < 0 {
		scaled.Mul(scaled, ten)
		unit.Quo(unit, ten)
	}
	for new(big.Rat).Abs(scaled).Cmp(high) >= 0 {
		scaled.Quo(scaled, ten)
		unit.Mul(unit, ten)
	}
	whole := new(big.Rat).SetInt(new(big.Int).Quo(scaled.Num(), scaled.Denom()))
	return whole.Mul(whole, unit)
}

var operators = map[string]expression.Op{
	"+": expression.OpAdd, "-": expression.OpSubtract, "*": expression.OpMultiply, "/": expression.OpDivide, "%": expression.OpModulo,
}

// anyNumber is a decimal that someone writes, or any number at all.
func anyNumber(rng *rand.Rand) float64 {
	switch rng.IntN(8) {
	case 0:
		return rng.NormFloat64() * math.Pow(10, float64(rng.IntN(40)-20))
	case 1:
		if rng.IntN(16) > 0 {
			break
		}
		return math.Float64frombits(rng.Uint64()&^(0x7ff<<52) | uint64(1+rng.IntN(2046))<<52)
	case 2:
		return float64(rng.Int64N(1<<54) - 1<<53)
	case 3:
		return [...]float64{0, 1, -1, 0.1, 0.3, 1e15, -1e15, 1 << 53, 5e-324, math.MaxFloat64, 1e-7, 1e22, 1.0 / 3}[rng.IntN(13)]
	}
	return written(rng)
}

// written is a decimal of up to six places, within ±1e9.
func written(rng *rand.Rand) float64 {
	most := []int64{1e1, 1e3, 1e6, 1e9, 1e12, 1e15}[rng.IntN(6)]
	text := fmt.Sprintf("%de-%d", rng.Int64N(2*most+1)-most, rng.IntN(7))
	x, _ := strconv.ParseFloat(text, 64)
	if math.Abs(x) > 1e9 {
		return math.Mod(x, 1e9)
	}
	return x
}

// Arithmetic is that of the decimals that were written: in any order of magnitude it is
// its naive twin, and exact where the exact result has at most 15 digits.
func TestDecimals(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 5))
	exact := map[string]int{}
	for range testcase.Count(20_000) {
		x, y := anyNumber(rng), anyNumber(rng)
		if rng.IntN(2) == 0 {
			x, y = written(rng), written(rng)
		}
		for op, is := range operators {
			got, ok := expression.Arithmetic(is, x, y)
			want, also := inDecimal(op, x, y)
			if ok != also || ok && got != want {
				t.Fatalf("%v %s %v = %v, %v, want %v, %v", x, op, y, got, ok, want, also)
			}
			if !ok || op == "/" || op == "%" {
				continue
			}
			z := map[string]*big.Rat{
				"+": new(big.Rat).Add(shortest(x), shortest(y)), "-": new(big.Rat).Sub(shortest(x), shortest(y)), "*": new(big.Rat).Mul(shortest(x), shortest(y)),
			}[op]
			if shortest(got).Cmp(z) == 0 {
				exact[op]++
			} else if text := strconv.FormatFloat(got, 'e', 14, 64); math.Abs(got) > 1e-300 {
				if r, _ := new(big.Rat).SetString(text); r.Cmp(z) == 0 {
					t.Fatalf("%v %s %v = %v, and exactly %s", x, op, y, got, text)
				}
			}
		}
	}
	for op := range map[string]bool{"+": true, "-": true, "*": true} {
		if exact[op] < testcase.Least(5000) {
			t.Errorf("only %d results of %s are exact", exact[op], op)
		}
	}
}

// The operators are monotone, by which the ends of intervals stay ends: also between
// neighbours, and where a shortcut begins or ends.
func TestDecimalsMonotone(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 6))
	value := func(op string, x, y float64) float64 {
		z, _ := expression.Arithmetic(operators[op], x, y)
		return z
	}
	for range testcase.Count(200_000) {
		x, y := anyNumber(rng), anyNumber(rng)
		up := min(math.Nextafter(x, math.Inf(1)), math.MaxFloat64)
		if rng.IntN(4) == 0 {
			up = max(x, anyNumber(rng))
		}
		sign := 1.0
		if y < 0 {
			sign = -1
		}
		for _, tt := range []struct {
			op       string
			less, by float64
		}{
			{"+", value("+", x, y), value("+", up, y)}, {"-", value("-", x, y), value("-", up, y)}, {"-", value("-", y, up), value("-", y, x)},
			{"*", sign * value("*", x, y), sign * value("*", up, y)}, {"/", sign * value("/", x, y), sign * value("/", up, y)},
		} {
			if (tt.op != "/" || y != 0) && !(tt.less <= tt.by) {
				t.Fatalf("%v and %v %s %v: %v, then %v", x, up, tt.op, y, tt.less, tt.by)
			}
		}
	}
}

// What is equal in decimal is equal.
func TestDecimalsAsWritten(t *testing.T) {
	t.Parallel()
	testConditions(t, expression.InRule, []conditionTest{
		{`0.1 * count("visit") + 0.2 * count("visit") == 0.3`, facts{`count("visit")`: 1}, yes},
		{`lead.employees + 22.309 == 58.849`, facts{"lead.employees": 36.54}, yes},
		{`lead.employees * 100 >= 29`, facts{"lead.employees": 0.29}, yes},
		{`lead.employees * 100 in [29]`, facts{"lead.employees": 0.29}, yes},
		{`lead.employees - 1000000 == 0.1`, facts{"lead.employees": 1000000.1}, yes},
		{`lead.employees % 0.1 == 0`, facts{"lead.employees": 0.3}, yes},
		{`lead.employees / 100 == 0.07`, facts{"lead.employees": 7}, yes},
		{`1.1 * lead.employees == 3.3`, facts{"lead.employees": 3}, yes},
		{`-lead.employees - 0.2 == -0.3`, facts{"lead.employees": 0.1}, yes},
		{`0.1 + 0.2 < lead.employees`, facts{"lead.employees": 0.3}, no},
		{`lead.employees + 1 == 999999999999999.0`, facts{"lead.employees": 999999999999998.0}, yes},
	})
}

// Arithmetic keeps no memory.
func TestDecimalsWithoutMemory(t *testing.T) {
	var sink float64
	if allocs := testing.AllocsPerRun(100, func() {
		for _, op := range operators {
			for _, x := range [...]float64{0.1, 1.0 / 3, -12345.678901234567, 1e-9} {
				z, _ := expression.Arithmetic(op, x, 0.7)
				sink += z
			}
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkDecimals(b *testing.B) {
	for _, bb := range []struct {
		name string
		x, y float64
	}{{"whole", 7, 3}, {"short", 36.54, 22.309}, {"long", 1.0 / 3, 22.309}} {
		b.Run(bb.name, func(b *testing.B) {
			for range b.N {
				expression.Arithmetic(expression.OpAdd, bb.x, bb.y)
			}
		})
	}
}
