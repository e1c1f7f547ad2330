//go:build race

package proxy

// fieldWindow is how many segments a long window has. The race detector makes work on
// each of them ten times slower, and finds no more races among many than among some.
const fieldWindow = 600
