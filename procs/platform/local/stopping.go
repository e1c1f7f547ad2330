package local

import "time"

// KillAll kills every process at once; Run returns soon after.
func (l *Local) KillAll() { l.sup.KillAll() }

// timeOf returns the time in c; now when there is none.
func timeOf(c <-chan time.Time) time.Time {
	select {
	case t := <-c:
		return t
	default:
		return time.Now()
	}
}

// Stopping is closed once the platform begins to stop.
func (l *Local) Stopping() <-chan struct{} { return l.stopping }
