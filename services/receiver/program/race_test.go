//go:build race

package program

// defaultRuns is less than without the race detector, which is slow.
const defaultRuns = 150
