package tui

import (
	"slices"
	"time"

	"livestream-tui/procs/platform"
)

const (
	// pollPeriod is the time between two polls of the platform while something happens there.
	pollPeriod = 100 * time.Millisecond
	// restPeriod is that time while only figures change. Six dashboards that poll a platform
	// of a hundred signals ten times a second cost it more than its supervision does.
	restPeriod = 250 * time.Millisecond
	// livelyFor is how long something happens once it has begun.
	livelyFor = 3 * time.Second
)

// pace is how often the platform is polled. Its zero value is at rest.
type pace struct{ until time.Time } // something happens until then

// period is the time until the next poll, after one at a time.
func (p pace) period(at time.Time) time.Duration {
	if left := p.until.Sub(at); left > 0 && left <= livelyFor { // the clock may have been set back
		return pollPeriod
	}
	return restPeriod
}

// next returns the pace after a poll at a time has found now, and the one before it before.
func (p pace) next(before, now platform.Snapshot, at time.Time) pace {
	if hasHappened(before, now) {
		return pace{at.Add(livelyFor)}
	}
	return p
}

// hasHappened reports whether two snapshots differ in more than figures.
func hasHappened(before, now platform.Snapshot) bool {
	return before.OnAir.State != now.OnAir.State || before.Stopping != now.Stopping || len(before.Live) != len(now.Live) ||
		!slices.EqualFunc(before.Processes, now.Processes, func(a, b platform.Process) bool {
			return a.State == b.State && a.PID == b.PID && a.Paused == b.Paused && a.Progress == b.Progress
		}) ||
		!slices.Equal(lastOf(before), lastOf(now))
}

// lastOf returns the last record of each kind that is of something which has happened.
func lastOf(s platform.Snapshot) []time.Time {
	times := make([]time.Time, 4)
	if n := len(s.Failovers); n > 0 {
		times[0] = s.Failovers[n-1].Time
	}
	if n := len(s.Outages); n > 0 {
		times[1] = s.Outages[n-1].Time
	}
	if n := len(s.ServingChanges); n > 0 {
		times[2] = s.ServingChanges[n-1].Time
	}
	if n := len(s.Commands); n > 0 {
		times[3] = s.Commands[n-1].Time
	}
	return times
}

// hurry lets the poll that is being waited for begin at once.
type hurry chan struct{}

func (h hurry) up() {
	select {
	case h <- struct{}{}:
	default: // it will not be long
	}
}

// wait waits for a while, or until something hurries it up.
func (h hurry) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-h:
	}
}
