package testcase_test

import (
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/testcase"
)

func TestCount(t *testing.T) {
	for _, test := range []struct {
		percent         string
		n, count, least int
	}{
		{"", 3000, 300, 300},
		{"", 25, 3, 2},
		{"", 3, 1, 0},
		{"100", 3000, 3000, 3000},
		{"100", 1, 1, 1},
		{"1", 50, 1, 0},
		{"2", 1000, 20, 10},
		{"1000", 30, 300, 300},
	} {
		t.Setenv(testcase.Variable, test.percent)
		if count, least := testcase.Count(test.n), testcase.Least(test.n); count != test.count || least != test.least {
			t.Errorf("of %d cases, %q percent are %d, and at least %d; want %d, %d", test.n, test.percent, count, least, test.count, test.least)
		}
	}
}

func TestNoPercentage(t *testing.T) {
	for _, percent := range []string{"all", "0", "-5", "10%", "1e2"} {
		t.Run(percent, func(t *testing.T) {
			t.Setenv(testcase.Variable, percent)
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, percent) || !strings.Contains(got, testcase.Variable) {
					t.Errorf("got %q", got)
				}
			}()
			testcase.Count(3000)
		})
	}
}
