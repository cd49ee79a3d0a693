package expression

import (
	"math"
	bits64 "math/bits"
	"strconv"
)

// A number stands for the shortest decimal that reads as it, which is the decimal that
// was written if that has at most 15 digits. The operators calculate with these decimals:
// a result is exact up to 19 digits, cut off there, and then the nearest float64. So
// 0.1 + 0.2 is 0.3. What is smaller by more than 20 powers of ten adds nothing.
//
// Each of the three steps is monotone: of two numbers the greater stands for the greater
// decimal, the exact operators are monotone between the ends of intervals, and so are
// cutting off and rounding. Combine relies on that. Every shortcut gives the very result
// that the steps would give.
//
// All is integers, and single operations of float64 whose results are rounded right: it
// is the same on all machines.

// arithmetic applies an operator. The result is infinite or not a number where there is
// none.
func arithmetic(op Op, x, y float64) float64 {
	plain := binary(op, x, y)
	if isWhole(x) && isWhole(y) && isWhole(plain) && (op != OpDivide || float64(plain*y) == x) {
		return plain
	}
	if math.IsInf(x, 0) || math.IsInf(y, 0) || math.IsNaN(plain) || y == 0 && op == OpDivide {
		return plain
	}
	if op == OpSubtract {
		op, y = OpAdd, 0-y
	}
	if a, ok := shortOf(x); ok && op <= OpMultiply {
		if b, ok := shortOf(y); ok {
			if z, ok := a.binary(op, b); ok {
				return z
			}
		}
	}
	return exactly(op, x, y)
}

// binary applies an operator to the numbers as they are. The conversions keep a compiler
// from fusing two operations into one with another rounding.
func binary(op Op, x, y float64) float64 {
	switch op {
	case OpAdd:
		return float64(x + y)
	case OpSubtract:
		return float64(x - y)
	case OpMultiply:
		return float64(x * y)
	case OpDivide:
		return float64(x / y)
	}
	return math.Mod(x, y)
}

// isWhole reports whether x is a whole number of a size at which all are to be had.
func isWhole(x float64) bool { return math.Abs(x) < 1<<53 && math.Trunc(x) == x }

// short is a decimal of at most 15 digits, few of them behind the point: whole / 10^places.
type short struct {
	whole  float64
	places int
}

// places is how many digits behind the point a short decimal may have.
const places = 8

// shortOf gives the decimal that x stands for, if it is short. A decimal of at most 15
// digits is the only one of them that reads as its number.
func shortOf(x float64) (short, bool) {
	for k := range places + 1 {
		m := math.Round(float64(x * powers[k]))
		if math.Abs(m) >= 1e15 {
			break
		}
		if float64(m/powers[k]) == x {
			return short{m, k}, true
		}
	}
	return short{}, false
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// binary adds or multiplies short decimals, where whole numbers of 53 bits suffice. The
// division by a power of ten is then the only rounding.
func (a short) binary(op Op, b short) (float64, bool) {
	if op == OpMultiply {
		m := float64(a.whole * b.whole)
		return float64(m / powers[a.places+b.places]), math.Abs(m) < 1<<53
	}
	if a.places < b.places {
		a, b = b, a
	}
	m := float64(b.whole * powers[a.places-b.places])
	sum := float64(a.whole + m)
	return float64(sum / powers[a.places]), math.Abs(m) < 1<<53 && math.Abs(sum) < 1<<53
}

// decimal is digits * 10^exp, or the negative of it. Those of numbers have 17 digits, the
// first of which is 0 only of 0.
type decimal struct {
	negative bool
	digits   uint64
	exp      int
}

const digits17 = 1e16 // the least number of 17 digits

func decimalOf(x float64) decimal {
	if x == 0 {
		return decimal{}
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], math.Abs(x), 'e', -1, 64) // as in 1.25e-07
	d := decimal{negative: x < 0}
	i := 0
	for ; text[i] != 'e'; i++ {
		if text[i] != '.' {
			d.digits = 10*d.digits + uint64(text[i]-'0')
		}
	}
	for _, c := range text[i+2:] {
		d.exp = 10*d.exp + int(c-'0')
	}
	if text[i+1] == '-' {
		d.exp = -d.exp
	}
	d.exp -= 16
	for d.digits < digits17 {
		d.digits *= 10
	}
	return d
}

// number gives the nearest float64.
func (d decimal) number() float64 {
	var buf [32]byte
	text := buf[:0]
	if d.negative && d.digits != 0 {
		text = append(text, '-')
	}
	text = strconv.AppendUint(text, d.digits, 10)
	text = append(text, 'e')
	text = strconv.AppendInt(text, int64(d.exp), 10)
	x, _ := strconv.ParseFloat(string(text), 64) // infinite where it is out of range
	return x
}

// cut gives (hi, lo) * 10^exp without the digits behind the 19th.
func cut(negative bool, hi, lo uint64, exp int) decimal {
	const most = 1e19 // the least number of 20 digits
	for hi > 0 || lo >= most {
		var rest uint64
		hi, rest = hi/10, hi%10
		lo, _ = bits64.Div64(rest, lo, 10)
		exp++
	}
	return decimal{negative, lo, exp}
}

// exactly is arithmetic for all numbers. Subtraction is the addition of the negative.
func exactly(op Op, x, y float64) float64 {
	a, b := decimalOf(x), decimalOf(y)
	negative := a.negative != b.negative
	switch op {
	case OpMultiply:
		hi, lo := bits64.Mul64(a.digits, b.digits)
		return cut(negative, hi, lo, a.exp+b.exp).number()
	case OpDivide:
		scale, exp := uint64(1e18), -18
		if a.digits < b.digits {
			scale, exp = 1e19, -19
		}
		hi, lo := bits64.Mul64(a.digits, scale)
		q, _ := bits64.Div64(hi, lo, b.digits) // of 19 digits
		return decimal{negative, q, a.exp - b.exp + exp}.number()
	case OpModulo:
		return a.modulo(b).number()
	}
	return a.plus(b, x, y)
}

// modulo gives what is left of a when b is taken away as often as it goes; it has the sign
// of a.
func (a decimal) modulo(b decimal) decimal {
	for ; a.exp > b.exp; a.exp-- {
		hi, lo := bits64.Mul64(a.digits, 10)
		_, a.digits = bits64.Div64(hi%b.digits, lo, b.digits)
	}
	if b.exp > a.exp { // as both have 17 digits, b is the greater
		return a
	}
	a.digits %= b.digits
	return a
}

// plus adds the decimals of x and y.
func (a decimal) plus(b decimal, x, y float64) float64 {
	switch {
	case a.digits == 0:
		return y
	case b.digits == 0:
		return x
	}
	if a.exp < b.exp {
		a, b, x = b, a, y
	}
	// Neighbours of x stand for decimals that differ in the 17th digit at least, so that
	// what is smaller by far does not matter to their order.
	const far = 20
	gap := a.exp - b.exp
	if gap > far {
		return x
	}
	hi, lo := uint64(0), a.digits // up to 37 digits, of the 38 that 128 bits hold
	for range gap {
		var carry uint64
		carry, lo = bits64.Mul64(lo, 10)
		hi = 10*hi + carry
	}
	if a.negative == b.negative {
		var carry uint64
		lo, carry = bits64.Add64(lo, b.digits, 0)
		return cut(a.negative, hi+carry, lo, b.exp).number()
	}
	lo, borrow := bits64.Sub64(lo, b.digits, 0)
	hi, borrow = bits64.Sub64(hi, 0, borrow)
	if borrow != 0 { // b was the greater
		lo, borrow = bits64.Sub64(0, lo, 0)
		hi, _ = bits64.Sub64(0, hi, borrow)
		a.negative = b.negative
	}
	return cut(a.negative, hi, lo, b.exp).number()
}
