package procs

import (
	"testing"
	"time"

	"livestream-tui/procs/child"
)

func TestUsageIsMeasured(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	h.awaitReady("proxy")
	h.await("proxy", "measured", func(s Status) bool { return s.RSS > 1<<20 })
	h.command("proxy", Stop)
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited && s.RSS == 0 && s.CPU == 0 })
}

func TestCPUIsOfTheGroupOverTime(t *testing.T) {
	s := &Supervisor{statuses: map[string]Status{"worker": {PID: 10}, "proxy": {PID: 20}, "down": {}}}
	cpu := func() float64 { return s.statuses["worker"].CPU }
	const ms = time.Millisecond
	used := s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5 * time.Second, RSS: 1}, {PID: 11, Group: 10, RSS: 2}}, nil, time.Second)
	if cpu() != 0 || s.statuses["worker"].RSS != 3 {
		t.Errorf("the first look: got %+v, want 3 bytes and no CPU yet", s.statuses["worker"])
	}
	used = s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5200 * ms}, {PID: 11, Group: 10, CPU: 300 * ms}}, used, 2*time.Second)
	if cpu() != 25 {
		t.Errorf("got %v, want 25: half a second of two", cpu())
	}
	used = s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5300 * ms}}, used, time.Second) // one has gone with its time
	if cpu() != 25 {
		t.Errorf("got %v, want the last figure", cpu())
	}
	s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5400 * ms}}, used, time.Second)
	if got := cpu(); got < 9.99 || got > 10.01 {
		t.Errorf("got %v, want 10", got)
	}
	if s.statuses["proxy"].CPU != 0 || s.statuses["down"].RSS != 0 {
		t.Errorf("got %+v", s.statuses)
	}
}
