package tui

import (
	"slices"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// told is a command, what the platform tells of it, and what is said.
type told struct {
	c      platform.Command
	state  string // before; empty means on air
	events []platform.Event
	now    func(s *platform.Snapshot)
	want   string
	bad    bool
	open   bool // more is to be expected
}

func outcomes() map[string]told {
	const second = time.Second
	commanded := func(c platform.Command) platform.Event {
		return platform.Event{Time: noon.Add(second), What: platform.Commanded{Action: c.Action, Process: c.Process, Signal: c.Signal}}
	}
	changed := func(after time.Duration, name string, state platform.State, pid, incarnation int) platform.Event {
		return platform.Event{Time: noon.Add(after), Process: name, What: platform.Changed{Status: platform.Status{Name: name, State: state, PID: pid, Incarnation: incarnation, Wanted: state != platform.Exited}}}
	}
	to := func(name string, gap float64, pending bool) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) {
			const one, two = "http://localhost:8080", "http://localhost:9090"
			f := event.Failover{Signal: "live01", From: one, To: two, GapMS: gap, Pending: pending}
			s.Failovers = append(slices.Clone(s.Failovers), platform.FailoverAt{Time: noon.Add(1100 * time.Millisecond), Process: "proxy", Failover: f})
			for i := range s.Packagers {
				s.Packagers[i].Active = s.Packagers[i].Name == name
			}
		}
	}
	on := func(process string, a platform.Action) platform.Command {
		return platform.Command{Process: process, Action: a}
	}
	kill, stop, pause := on("server1", platform.Kill), on("server1", platform.Stop), on("server1", platform.Pause)
	killed := []platform.Event{commanded(kill), changed(second, "server1", platform.Backoff, 0, 1), changed(1050*time.Millisecond, "server1", platform.Starting, 9, 2), changed(1100*time.Millisecond, "server1", platform.Ready, 9, 2)}
	is := func(name string, by func(p *platform.Process)) func(*platform.Snapshot) {
		return func(s *platform.Snapshot) { status(s, name, by) }
	}
	both := func(list ...func(*platform.Snapshot)) func(*platform.Snapshot) {
		return func(s *platform.Snapshot) {
			for _, by := range list {
				by(s)
			}
		}
	}
	back := is("server1", func(p *platform.Process) { p.Incarnation, p.PID = 2, 9 })
	down := func(s *platform.Snapshot) { gone(s, "server1", platform.Backoff, "signal: killed, restarting in 1.6s") }
	return map[string]told{
		"a kill that nobody notices":       {c: kill, events: killed, now: both(back, to("server2", -1, false)), want: "server1 killed, back in 0.1 s, server2 serves, nobody waited"},
		"a kill that somebody notices":     {c: kill, events: killed, now: both(back, to("server2", 41.3, false)), want: "server1 killed, back in 0.1 s, server2 serves, longest wait 41ms"},
		"a wait that goes on":              {c: kill, events: killed, now: both(back, to("server2", -1, true)), want: "server1 killed, back in 0.1 s, server2 serves, a player still waits", open: true},
		"a failover that may come yet":     {c: kill, events: killed, now: back, want: "server1 killed, back in 0.1 s, players stay on it", open: true},
		"a kill without a failover":        {c: kill, events: killed, now: both(back, func(s *platform.Snapshot) { s.At = noon.Add(5 * second) }), want: "server1 killed, back in 0.1 s, players stay on it"},
		"not back yet":                     {c: kill, events: killed[:2], now: down, want: "server1 killed, not back yet: backoff, signal: killed, restarting in 1.6s", bad: true, open: true},
		"it has failed":                    {c: kill, events: killed[:2], now: func(s *platform.Snapshot) { gone(s, "server1", platform.Failed, "exit status 78") }, want: "server1 killed, not back yet: failed, exit status 78", bad: true},
		"the standby":                      {c: on("server2", platform.Kill), events: []platform.Event{changed(second, "server2", platform.Backoff, 0, 3), changed(2*second, "server2", platform.Ready, 8, 4)}, now: is("server2", func(p *platform.Process) { p.Incarnation = 4 }), want: "server2 killed, back in 1.0 s, players stay on server1"},
		"a stop":                           {c: stop, events: []platform.Event{commanded(stop), changed(1200*time.Millisecond, "server1", platform.Exited, 0, 1)}, now: both(to("server2", -1, false), func(s *platform.Snapshot) { gone(s, "server1", platform.Exited, "") }), want: "server1 stopped, server2 serves, nobody waited"},
		"a stop that takes its time":       {c: stop, events: []platform.Event{commanded(stop)}, now: is("server1", func(p *platform.Process) { p.State = platform.Stopping }), want: "server1 not stopped yet: stopping", bad: true, open: true},
		"a pause":                          {c: pause, now: both(to("server2", 900, false), is("server1", func(p *platform.Process) { p.Paused = true })), want: "server1 paused, server2 serves, longest wait 900ms"},
		"a resume":                         {c: on("server2", platform.Resume), state: "paused", now: is("server2", func(p *platform.Process) { p.Paused = false }), want: "server2 resumed"},
		"a start":                          {c: on("server2", platform.Start), state: "no spare", events: []platform.Event{commanded(on("server2", platform.Start)), changed(1600*time.Millisecond, "server2", platform.Ready, 8, 4)}, now: is("server2", func(p *platform.Process) { p.State, p.PID = platform.Ready, 8 }), want: "server2 started, ready in 0.6 s"},
		"a start that mends":               {c: on("server2", platform.Start), state: "no spare", events: []platform.Event{commanded(on("server2", platform.Start)), changed(1010*time.Millisecond, "server2", platform.Ready, 8, 4)}, now: func(s *platform.Snapshot) { s.OnAir.State = platform.AirOffSoon }, want: "server2 started, ready at once, off air soon", bad: true, open: true},
		"a start that mends nothing":       {c: on("server2", platform.Start), state: "no spare", events: []platform.Event{commanded(on("server2", platform.Start)), changed(1010*time.Millisecond, "server2", platform.Ready, 8, 4)}, now: func(s *platform.Snapshot) { s.OnAir.State, s.At = platform.AirOff, noon.Add(5*second) }, want: "server2 started, ready at once, OFF AIR", bad: true},
		"a start that takes its time":      {c: on("server2", platform.Start), state: "no spare", now: is("server2", func(p *platform.Process) { p.State, p.Reason = platform.Running, "no signal yet" }), want: "server2 not ready yet: running, no signal yet", bad: true, open: true},
		"a restart hands over":             {c: on("proxy", platform.Restart), events: []platform.Event{commanded(on("proxy", platform.Restart)), changed(1400*time.Millisecond, "proxy", platform.Ready, 8, 2)}, now: is("proxy", func(p *platform.Process) { p.Incarnation = 2 }), want: "proxy restarted, ready in 0.4 s"},
		"the worker, and it is off air":    {c: on("worker", platform.Kill), events: []platform.Event{changed(second, "worker", platform.Backoff, 0, 1), changed(2*second, "worker", platform.Ready, 8, 2)}, now: func(s *platform.Snapshot) { s.OnAir.State = platform.AirOff }, want: "worker killed, back in 1.0 s, OFF AIR", bad: true},
		"off air soon":                     {c: on("worker", platform.Stop), events: []platform.Event{changed(second, "worker", platform.Exited, 0, 1)}, now: func(s *platform.Snapshot) { s.OnAir.State = platform.AirOffSoon }, want: "worker stopped, off air soon", bad: true},
		"an event that was missed":         {c: on("viewer", platform.Kill), now: is("viewer", func(p *platform.Process) { p.Incarnation = 2 }), want: "viewer killed, back"},
		"a failover":                       {c: platform.Command{Action: platform.Failover, Signal: "live01"}, now: to("server2", -1, false), want: "live01 moved to server2, nobody waited"},
		"every signal":                     {c: platform.Command{Action: platform.Failover}, now: to("server2", 12, false), want: "1 signal moved to server2, longest wait 12ms"},
		"a failover that does not come":    {c: platform.Command{Action: platform.Failover, Signal: "live01"}, now: func(*platform.Snapshot) {}, want: "live01 has not moved: no other packager has taken over yet", bad: true, open: true},
		"a hold that is not there yet":     {c: platform.Command{Action: platform.Hold, Process: "server2", Signal: "live01"}, now: func(*platform.Snapshot) {}, want: "server2 is not held yet for live01: the origin has not confirmed it", open: true},
		"a release":                        {c: platform.Command{Action: platform.Release, Signal: "live01"}, now: func(*platform.Snapshot) {}, want: "released for live01"},
		"another command's is not its own": {c: kill, events: []platform.Event{commanded(stop)}, now: down, want: "server1 killed, not back yet: backoff, signal: killed, restarting in 1.6s", bad: true, open: true},
	}
}

func TestTheOutcomeOfACommandIsTold(t *testing.T) {
	for name, c := range outcomes() {
		t.Run(name, func(t *testing.T) {
			before := onAir()
			if c.state != "" {
				states()[c.state](&before)
			}
			before = completed(before)
			now := before
			now.At = noon.Add(1500 * time.Millisecond)
			now.Packagers = slices.Clone(before.Packagers)
			c.now(&now)
			got := outcomeOf(c.c, before, c.events, now)
			if want := (outcome{c.want, c.bad, !c.open}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
