//go:build !race

package tui

import "testing"

// withoutDetector lets the test run: the race detector is off.
func withoutDetector(*testing.T) {}
