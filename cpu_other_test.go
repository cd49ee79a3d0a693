//go:build !unix

package qualify_test

import "time"

var began = time.Now()

// cpu is the time since the process began, where its processor time is not to be had.
func cpu() time.Duration { return time.Since(began) }
