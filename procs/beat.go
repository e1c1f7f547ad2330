package procs

import "time"

// offBeat is how far from a whole second the periodic work of supervision is done:
// workers publish segments on whole seconds, and those must not wait for it.
const offBeat = 125 * time.Millisecond

// UntilNext is how long it is from now to the next beat of a period. All periodic work
// falls on the same beats, since it is waking up that costs, not what is done then.
func UntilNext(now time.Time, every time.Duration) time.Duration {
	return now.Add(-offBeat).Truncate(every).Add(every + offBeat).Sub(now)
}
