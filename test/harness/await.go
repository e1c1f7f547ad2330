package harness

import (
	"testing"
	"time"
)

// Parallel lets a test run beside others that wait more than they work, as most do that
// start the platform. In the long form of the tests each runs alone, because some of them
// load the machine.
func Parallel(t *testing.T) {
	if !Soaking() {
		t.Parallel()
	}
}

// look is how long passes between two looks at a condition.
const look = 50 * time.Millisecond

// Within looks until a condition holds, and reports whether it did in time.
func Within(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(look) { // between two looks
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// Await waits until holds returns nil, and ends the test with its last error after
// limit.
func Await(t *testing.T, limit time.Duration, what string, holds func() error) {
	t.Helper()
	var err error
	if !Within(limit, func() bool { err = holds(); return err == nil }) {
		t.Fatalf("%s: not within %s: %v", what, limit, err)
	}
}
