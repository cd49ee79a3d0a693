package main

import (
	"testing"

	"github.com/qualify-go/qualify/qualifytest"
	"github.com/qualify-go/qualify/qualifytest/mutants"
)

func TestScenarios(t *testing.T) { qualifytest.Run(t, nil, qualifytest.Dir(".")) }

// Everything that the policy can do is shown by a scenario.
func TestCoverage(t *testing.T) { qualifytest.Cover(t, nil, qualifytest.Dir("."), 100) }

// What could be changed in the policy without a scenario that notices is explained in
// a file *.survivors.
func TestMutants(t *testing.T) { mutants.Run(t, nil, qualifytest.Dir(".")) }
