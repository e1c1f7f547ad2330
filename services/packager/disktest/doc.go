// Package disktest makes what a worker makes, for tests: initialization sections,
// segments on any grid, and the folder of a signal.
package disktest
