package procs

import "time"

// offBeat is how far from a whole second the periodic work of supervision falls:
// our workers' segments fall due on whole seconds, and their way to the players is
// not to wait for it.
const offBeat = 125 * time.Millisecond

// UntilNext is how long it is from now to the next beat of a period: all that is
// periodic falls together, since it is waking up that costs, not what is done then.
func UntilNext(now time.Time, every time.Duration) time.Duration {
	return now.Add(-offBeat).Truncate(every).Add(every + offBeat).Sub(now)
}
