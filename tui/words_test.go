package tui

import (
	"testing"

	"livestream-tui/procs/control"
)

func TestStatesAreThoseOfProcs(t *testing.T) {
	for state, want := range map[control.State]string{
		stateIdle: "idle", stateWaiting: "waiting", stateStarting: "starting", stateRunning: "running", stateReady: "ready",
		stateDegraded: "degraded", stateStopping: "stopping", stateExited: "exited", stateBackoff: "backoff", stateFailed: "failed",
	} {
		if got := state.String(); got != want {
			t.Errorf("state %d: got %q, want %q", state, got, want)
		}
	}
}
