//go:build linux

package bench

import (
	"os"
	"slices"
	"testing"
)

// What the platform itself costs: `make bench`. The tests report figures and assert
// nothing. CPU is in percent of one core.

// benching skips a benchmark unless it was asked for.
func benching(t *testing.T) {
	t.Helper()
	if os.Getenv("BENCH") == "" {
		t.Skip("a benchmark: make bench runs it")
	}
}

// quantile of a list that is not empty, such as 0.99.
func quantile(list []float64, q float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[min(int(q*float64(len(list))), len(list)-1)]
}
