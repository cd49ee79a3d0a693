// Package testcase says how many generated cases a test runs. A test uses it whose cases take more than a few hundredths of a second.
package testcase

import (
	"fmt"
	"os"
	"strconv"
)

// Variable names the environment variable that holds the percentage of the generated cases that tests run: a whole number from 1 on. Without it,
// tests run 10 percent. CI runs 100, and 2 under the race detector. More than 100 percent runs cases that CI does not run.
const Variable = "QUALIFY_CASES"

// Count returns how many of n cases a test runs, rounded up. It panics if Variable is not a percentage.
func Count(n int) int { return (n*percent() + 99) / 100 }

// Least returns how many cases of a sort a test must have seen that sees at least n of them in all its cases, rounded down: as large a share of n, and
// half of that if it is less than a tenth, because chance decides of which sort few cases are. It panics if Variable is not a percentage.
func Least(n int) int {
	p := percent()
	if p < 10 {
		n /= 2
	}
	return n * p / 100
}

// percent reads the variable at each call: go test does not notice what is read before the tests start, and would print an earlier result.
func percent() int {
	s := os.Getenv(Variable)
	if s == "" {
		return 10
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		panic(fmt.Sprintf("%s is %q; it must be a percentage such as 100", Variable, s))
	}
	return n
}
