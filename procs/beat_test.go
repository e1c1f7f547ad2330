package procs

import (
	"testing"
	"time"
)

func TestWhatIsPeriodicFallsTogetherAndNotOnWholeSeconds(t *testing.T) {
	const ms = time.Millisecond
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]time.Duration{0: 125 * ms, 124 * ms: 1 * ms, 125 * ms: 500 * ms, 126 * ms: 499 * ms, 625 * ms: 500 * ms, 1300 * ms: 325 * ms} {
		if got := UntilNext(base.Add(after), 500*ms); got != want {
			t.Errorf("at %s: got %s, want %s", after, got, want)
		}
	}
}
