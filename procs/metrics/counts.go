package metrics

import (
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// counts counts what a snapshot holds only for a while. Pure; the zero value has counted
// nothing.
type counts struct {
	signals map[string]*signalCounts
	// exits is how often each process has ended without being asked to.
	exits map[string]int
	// lives are the counts of the live signals, by name.
	lives map[string]*liveCounts
}

// signalCounts are the counts of one signal.
type signalCounts struct {
	failovers, outages int
	// pending is the latest failover, whose longest wait is not known yet; nil when there is
	// none.
	pending *platform.FailoverAt
	// viewers are those by whose reports it is off air now, since began; ended is how long
	// the outages before it were. told is the most that was told so far.
	viewers     map[string]bool
	began       time.Time
	ended, told time.Duration
}

// take takes the next event of the platform.
func (c *counts) take(e platform.Event) {
	switch what := e.What.(type) {
	case platform.Exit:
		if c.exits == nil {
			c.exits = map[string]int{}
		}
		c.exits[e.Process]++
	case event.Failover:
		s := c.of(what.Signal)
		f := platform.FailoverAt{Time: e.Time, Process: e.Process, Failover: what}
		if s.pending == nil || !f.Completes(*s.pending) {
			s.failovers++
		}
		if s.pending = nil; what.Pending {
			s.pending = &f
		}
	case event.Input:
		c.live(what.Signal).take(e.Time, what)
	case event.Outage:
		c.of(what.Signal).outage(e.Process, what)
	}
}

// of returns the counts of a signal.
func (c *counts) of(signal string) *signalCounts {
	s := c.signals[signal]
	if s == nil {
		if c.signals == nil {
			c.signals = map[string]*signalCounts{}
		}
		s = &signalCounts{viewers: map[string]bool{}}
		c.signals[signal] = s
	}
	return s
}

// outage takes a viewer's report. The times in which several viewers lack media count once.
func (s *signalCounts) outage(viewer string, o event.Outage) {
	if len(s.viewers) == 0 {
		s.outages++
		s.began = o.Since
	}
	if o.Lasts() {
		s.viewers[viewer] = true
		return
	}
	delete(s.viewers, viewer)
	if len(s.viewers) == 0 {
		s.ended += max(0, o.Since.Add(o.Length(o.Since)).Sub(s.began))
	}
}

// offAir returns how long the signal has been off air in all. It never goes down: a counter
// that does has begun anew, for Prometheus.
func (s *signalCounts) offAir(now time.Time) time.Duration {
	sum := s.ended
	if len(s.viewers) > 0 {
		sum += max(0, now.Sub(s.began))
	}
	s.told = max(s.told, sum)
	return s.told
}
