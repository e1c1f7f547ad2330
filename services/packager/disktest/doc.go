// Package disktest imitates a worker, for tests: it makes initialization sections, segments
// on any grid, and the folder of a signal.
package disktest
