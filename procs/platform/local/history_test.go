package local

import (
	"context"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/platform/series"
)

// TestAPlatformThatRunsKeepsItsFigures waits for the first point: up to a step.
func TestAPlatformThatRunsKeepsItsFigures(t *testing.T) {
	l := NewWithSupervisor(platformtest.DefaultLayout(t), platformtest.Endpoints(), platformtest.Supervisor{})
	l.OnStatus(platform.Status{Name: "worker", State: platform.Ready, PID: 7, CPU: 50})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	platformtest.Await(t, "a point of the worker's CPU", func() bool {
		h, err := l.History(t.Context(), time.Time{})
		return err == nil && len(h.Of(series.CPU, "worker")) > 0 && len(h.Spares) > 0
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
