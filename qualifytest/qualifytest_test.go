package qualifytest_test

import (
	"testing"

	"github.com/qualify-go/qualify/qualifytest"
)

func TestStories(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir("testdata")) }
