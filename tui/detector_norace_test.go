//go:build !race

package tui

import "testing"

// withoutDetector lets the test run, since the race detector is off, beside the others that
// draw thousands of frames.
func withoutDetector(t *testing.T) {
	t.Helper()
	t.Parallel()
}
