package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// TestAPlatformOfAnEarlierVersionIsShownAndCommanded has a snapshot as the version had it
// that told no roles, no packagers and no light.
func TestAPlatformOfAnEarlierVersionIsShownAndCommanded(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	const one = "http://localhost:8080"
	s := platform.Snapshot{
		At: at, PlayURL: "http://localhost:8002",
		Processes: []platform.Process{
			{Service: "server1", Port: 8080, Status: platform.Status{Name: "server1", State: platform.Ready, PID: 1}},
			{Service: "viewer", Status: platform.Status{Name: "viewer", State: platform.Ready, PID: 2}},
		},
		Details:     []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{{URL: one, State: report.Up}}}},
		Preferences: []report.Preference{{Signal: "live01", Active: one, Held: true}},
		Viewings:    []platform.ViewingAt{{Time: at, Process: "viewer", Viewing: event.Viewing{Signal: "live01", State: event.ViewPlaying, Since: at}}},
	}
	if !isEarlier(s) {
		t.Fatal("the snapshot is not seen to be of an earlier version")
	}
	got := completed(s)
	active, _ := got.Active("live01")
	if got.OnAir.State != platform.AirOn || active.Name != "server1" || got.Processes[0].Role != layouts.Packager {
		t.Errorf("got %s, from %q, role %s", got.OnAir.State, active.Name, got.Processes[0].Role)
	}
	if isEarlier(got) {
		t.Error("the completed snapshot still counts as one of an earlier version")
	}
	want := platform.Command{Process: "server1", Action: platform.Hold}
	if diff := cmp.Diff(want, toEarlier(platform.Command{Action: platform.Release}, got)); diff != "" {
		t.Errorf("a release (-want +got):\n%s", diff)
	}
	kill := platform.Command{Process: "server1", Action: platform.Kill}
	if diff := cmp.Diff(kill, toEarlier(kill, got)); diff != "" {
		t.Errorf("another command (-want +got):\n%s", diff)
	}
}
