// Package policy holds what a new database begins with: a policy, its scenarios, and leads.
package policy

import _ "embed"

//go:embed policy.json
var Document []byte

//go:embed policy.scenario
var Scenarios []byte
