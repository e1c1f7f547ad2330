//go:build race

package proxy

import "time"

// The race detector makes all work ten times slower, and finds no more races among many
// segments and looks than among some.
const (
	fieldWindow = 600
	fieldEvery  = 600 * time.Millisecond
	// fieldStep leaves most cases to the run without the detector, which make test has too.
	fieldStep = 10
)
