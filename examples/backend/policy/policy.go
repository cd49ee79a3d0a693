// Package policy holds the policy that a new database begins with, and its scenarios.
package policy

import _ "embed"

//go:embed policy.json
var Document []byte

//go:embed policy.scenario
var Scenarios []byte
