//go:build !race

package program

const defaultRuns = 2000
