//go:build race

package tui

import "testing"

// withoutDetector skips a test that draws thousands of frames in one goroutine, in which the
// race detector finds nothing and takes ten times as long. It runs in the step of make test
// without the detector.
func withoutDetector(t *testing.T) {
	t.Helper()
	t.Skip("one goroutine draws all of it: runs without the race detector")
}
