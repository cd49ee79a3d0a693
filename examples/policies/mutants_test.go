package policies

import (
	"testing"

	"github.com/qualify-go/qualify/qualifytest"
)

// What could be changed in a policy without a scenario that notices is explained in a
// file *.survivors.
func TestMutants(t *testing.T) { qualifytest.Mutants(t, nil, qualifytest.Dir(".")) }
