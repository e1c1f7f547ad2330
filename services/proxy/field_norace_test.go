//go:build !race

package proxy

import "time"

const (
	// fieldWindow is how many segments a long window has: two hours of 2 s.
	fieldWindow = 3600
	// fieldEvery is how often a player looks at its playlist.
	fieldEvery = 400 * time.Millisecond
	// fieldStep is 1 where every case is run, else n for each nth.
	fieldStep = 1
)
