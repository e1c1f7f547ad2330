package servicetest

import (
	"testing"
	"time"
)

// Patience bounds every wait of a test. It only matters in a test that fails, so it is
// long enough for a busy machine.
const Patience = 2 * time.Minute

// pace is how often a condition is checked.
const pace = 2 * time.Millisecond

// Await waits until is returns true. what names the condition in the failure.
func Await(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for deadline := time.Now().Add(Patience); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}
