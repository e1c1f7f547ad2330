package api

import (
	"strings"
	"testing"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
)

// TestTheSocketForWatchingTakesNoCommand sends every action, whatever a client thinks of
// itself.
func TestTheSocketForWatchingTakesNoCommand(t *testing.T) {
	sup := platformtest.Supervisor{OnCommand: func(process string, a procs.Action) error {
		t.Errorf("%s %v was carried out", process, a)
		return nil
	}}
	p := platformOf(t, sup)
	r := dialed(t, serve(t, platform.ReadOnly(p), defaultTimeouts()).path)
	for _, a := range []platform.Action{
		platform.Kill, platform.Restart, platform.Stop, platform.Start, platform.Pause, platform.Resume, platform.Failover, platform.Hold,
		platform.Upgrade, platform.SetFault, platform.Release, platform.NoteDrill,
	} {
		if err := r.Command(t.Context(), platform.Command{Process: "server1", Action: a}); err == nil || !strings.Contains(err.Error(), "takes no commands") {
			t.Errorf("%v: got %v, want it refused", a, err)
		}
	}
	if s := seen(t, r); len(s.Processes) == 0 {
		t.Error("it shows no processes")
	}
	if _, err := r.Layout(t.Context()); err != nil {
		t.Error(err)
	}
	_ = linesOf(t, r, 0, 10)
	if s, events, err := r.Subscribe(t.Context()); err != nil || events == nil || len(s.Processes) == 0 {
		t.Errorf("events: got %v", err)
	}
}
