package metrics

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// began is when the tests begin.
var began = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }

func begins(viewer string, since float64) platform.Event {
	return platform.Event{Time: at(since + .1), Process: viewer, What: event.OutageOf("live01", at(since), at(since+.1))}
}

func ends(viewer string, since, until float64) platform.Event {
	return platform.Event{Time: at(until + .1), Process: viewer, What: event.EndedOutageOf("live01", at(since), at(until))}
}

func TestTimeOffAirIsCountedOnce(t *testing.T) {
	again := begins("a", 1)
	o := again.What.(event.Outage)
	o.Again = true
	again.What = o
	for name, c := range map[string]struct {
		events  []platform.Event
		now     float64
		outages int
		off     time.Duration
	}{
		"none":                          {nil, 9, 0, 0},
		"one that lasts":                {[]platform.Event{begins("a", 1), again}, 5, 1, 4 * time.Second},
		"one that has ended":            {[]platform.Event{begins("a", 1), ends("a", 1, 3)}, 9, 1, 2 * time.Second},
		"one whose begin was missed":    {[]platform.Event{ends("a", 1, 3)}, 9, 1, 2 * time.Second},
		"two":                           {[]platform.Event{begins("a", 1), ends("a", 1, 3), begins("a", 5), ends("a", 5, 6)}, 9, 2, 3 * time.Second},
		"one of two viewers, both ways": {[]platform.Event{begins("a", 1), begins("b", 2), ends("a", 1, 3), ends("b", 2, 4)}, 9, 1, 3 * time.Second},
		"of two viewers, one still":     {[]platform.Event{begins("a", 1), begins("b", 2), ends("a", 1, 3)}, 9, 1, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var counts counts
			for _, e := range c.events {
				counts.take(e)
			}
			s := counts.of("live01")
			if got := s.offAir(at(c.now)); got != c.off || s.outages != c.outages {
				t.Errorf("got %s in %d outages, want %s in %d", got, s.outages, c.off, c.outages)
			}
		})
	}
}

func TestACounterNeverGoesDown(t *testing.T) {
	var c counts
	c.take(begins("a", 1))
	before := c.of("live01").offAir(at(3.1))
	c.take(ends("a", 1, 3)) // which was before it was asked
	if after := c.of("live01").offAir(at(3.2)); after < before {
		t.Errorf("got %s after %s", after, before)
	}
}

func TestAFailoverCountsOnce(t *testing.T) {
	f := event.Failover{Signal: "live01", From: "http://a", To: "http://b", MSNBefore: 7, Pending: true}
	settled := f
	settled.Pending = false
	var c counts
	for _, what := range []event.Failover{f, settled, {Signal: "live01", From: "http://b", To: "http://a"}, {Signal: "live02"}} {
		c.take(platform.Event{Time: began, Process: "proxy", What: what})
	}
	if one, two := c.of("live01").failovers, c.of("live02").failovers; one != 2 || two != 1 {
		t.Errorf("got %d and %d, want 2 and 1", one, two)
	}
	c.take(platform.Event{Process: "server1", What: platform.Exit{Times: 1}})
	c.take(platform.Event{Process: "server1", What: platform.Exit{Times: 2}})
	if got := c.exits["server1"]; got != 2 {
		t.Errorf("exits: got %d, want 2", got)
	}
}
