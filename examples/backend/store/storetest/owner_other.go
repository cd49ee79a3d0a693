//go:build !unix

package storetest

import (
	"syscall"
	"testing"
)

// owner is nobody in particular.
func owner(testing.TB, string) *syscall.SysProcAttr { return nil }
