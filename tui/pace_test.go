package tui

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

func TestThePlatformIsPolledSlowerWhileOnlyFiguresChange(t *testing.T) {
	of := func(change func(*platform.Snapshot)) platform.Snapshot {
		s := platform.Snapshot{
			Processes: []platform.Process{{Status: platform.Status{Name: "proxy", State: platform.Ready, PID: 7}}},
			Failovers: []platform.FailoverAt{{Time: noon}},
		}
		change(&s)
		return s
	}
	rest := of(func(*platform.Snapshot) {})
	for what, c := range map[string]struct {
		change func(*platform.Snapshot)
		want   time.Duration
	}{
		"figures": {func(s *platform.Snapshot) {
			s.Version, s.At, s.LogSeq, s.Processes[0].CPU, s.Viewings = 9, noon, 77, 12.5, []platform.ViewingAt{{Time: noon}}
		}, restPeriod},
		"a process died":          {func(s *platform.Snapshot) { s.Processes[0].State = platform.Backoff }, pollPeriod},
		"a process is another":    {func(s *platform.Snapshot) { s.Processes[0].PID = 8 }, pollPeriod},
		"a process was paused":    {func(s *platform.Snapshot) { s.Processes[0].Paused = true }, pollPeriod},
		"the light":               {func(s *platform.Snapshot) { s.OnAir.State = platform.AirOff }, pollPeriod},
		"it stops":                {func(s *platform.Snapshot) { s.Stopping = true }, pollPeriod},
		"a failover":              {func(s *platform.Snapshot) { s.Failovers = []platform.FailoverAt{{Time: noon.Add(1)}} }, pollPeriod},
		"an outage":               {func(s *platform.Snapshot) { s.Outages = []platform.OutageAt{{Time: noon}} }, pollPeriod},
		"somebody else's command": {func(s *platform.Snapshot) { s.Commands = []platform.CommandedAt{{Time: noon}} }, pollPeriod},
	} {
		p := pace{}.next(rest, of(c.change), noon)
		if got := p.period(noon); got != c.want {
			t.Errorf("%s: got %s until the next poll, want %s", what, got, c.want)
		}
		if got := p.period(noon.Add(livelyFor)); got != restPeriod {
			t.Errorf("%s, %s later: got %s, want %s", what, livelyFor, got, restPeriod)
		}
		if got := p.period(noon.Add(-time.Hour)); got != restPeriod {
			t.Errorf("%s, with a clock that was set back: got %s, want %s", what, got, restPeriod)
		}
	}
}

func TestACommandDoesNotWaitForTheNextPoll(t *testing.T) {
	h := make(hurry, 1)
	h.up()
	h.up()            // never blocks
	h.wait(time.Hour) // or the test times out
	if len(h) != 0 {
		t.Error("got the poll after it hurried up, too")
	}
}
