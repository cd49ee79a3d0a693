package expression

// Arithmetic applies an operator, and reports whether there is a result.
func Arithmetic(op Op, x, y float64) (float64, bool) { return finite(arithmetic(op, x, y)) }
