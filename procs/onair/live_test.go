package onair

import (
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	live "livestream-tui/services/kit/signals"
)

// staged is a platform with a live signal on air and some receivers that are ready.
func staged(onAir bool, receivers ...string) platform.Snapshot {
	s := platform.Snapshot{
		OnAir:       platform.OnAir{State: platform.AirOn, Signals: []platform.SignalAir{{Signal: "stage", State: platform.AirOn, Due: true}}},
		LiveSignals: []live.Status{{Name: "stage", OnAir: onAir}, {Name: "hall"}},
	}
	for _, name := range receivers {
		s.Processes = append(s.Processes, platform.Process{Role: layouts.Receiver, Status: platform.Status{Name: name, State: platform.Ready, Wanted: true}})
	}
	return s
}

func TestDangerSaysWhatPlayersSeeWithoutTheReceiver(t *testing.T) {
	const (
		still = "receiver takes in stage: players play what they hold, then stand still until it is back"
		slate = "receiver takes in stage: players see a slate from when it is back until an encoder has connected again"
	)
	for name, c := range map[string]struct {
		s      platform.Snapshot
		action platform.Action
		want   string
	}{
		"stopped":          {staged(true, "receiver"), platform.Stop, still},
		"paused":           {staged(true, "receiver"), platform.Pause, still},
		"killed":           {staged(true, "receiver"), platform.Kill, slate},
		"restarted":        {staged(true, "receiver"), platform.Restart, slate},
		"resumed":          {staged(true, "receiver"), platform.Resume, ""},
		"nothing is live":  {staged(false, "receiver"), platform.Stop, ""},
		"there is another": {staged(true, "receiver", "receiver2"), platform.Stop, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Danger(c.s, "receiver", c.action); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := Bridged(c.s, "receiver", c.action); got != (c.want == slate) {
				t.Errorf("bridged by a slate: got %t", got)
			}
		})
	}
}

// While no receiver works, none says any more which signals are live.
func TestALiveSignalWithoutItsReceiverIsMendedByStartingIt(t *testing.T) {
	at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	v := platform.ViewingAt{Time: at, Process: "viewer", Viewing: event.Viewing{
		Signal: "stage", State: event.ViewPlaying, MSNAt: at.Add(-4 * time.Second), TargetMS: 2000, Until: at.Add(3 * time.Second),
	}}
	for name, c := range map[string]struct {
		live  bool
		state platform.State
		cause platform.AirCause
		mends []platform.Command
	}{
		"it is stopped":          {true, platform.Exited, platform.NoReceiver, []platform.Command{{Process: "receiver", Action: platform.Start}}},
		"it works":               {true, platform.Ready, "", nil},
		"the signal is not live": {false, platform.Exited, "", nil},
		"it is back in a moment": {true, platform.Backoff, platform.NoReceiver, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := staged(true, "receiver")
			s.At, s.LiveSignals, s.Viewings = at, nil, []platform.ViewingAt{v}
			s.Processes[0].State, s.Processes[0].Wanted = c.state, c.state != platform.Exited
			if c.live {
				s.InputChanges = []platform.InputAt{{Time: at.Add(-time.Minute), Input: event.Input{Signal: "stage"}}}
			}
			light, _ := lightBy(s, v)
			if light.Cause != c.cause || len(light.Mends) != len(c.mends) {
				t.Fatalf("got %q, mended by %v, want %q by %v", light.Cause, light.Mends, c.cause, c.mends)
			}
			for i, m := range c.mends {
				if light.Mends[i] != m {
					t.Errorf("got %v, want %v", light.Mends[i], m)
				}
			}
		})
	}
}
