package fault

import (
	"context"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

var (
	pauseActive = Fault{Name: "pause-active", hits: theActive, Hold: 5 * time.Second, prepare: paced, inject: pause, Proves: "It accepts and then says nothing",
		About: "the active packager is stopped (SIGSTOP): it accepts and does not answer"}
	pauseWorker = Fault{Name: "pause-worker", More: true, hits: theFirst(layouts.Worker), Hold: downFor, NoSource: downFor + ComeBack, prepare: afterSegment, inject: pause, Proves: noWorkerCase,
		About: "the encoder is stopped (SIGSTOP) for three seconds"}

	randomPause = Random{Name: "pause", About: "is stopped (SIGSTOP)", Roles: anyButProxy, Least: time.Second, Most: 8 * time.Second, inject: pause}
)

// pause stops a process until the fault is undone.
func pause(ctx context.Context, a *attempt, process string) error {
	if err := a.target.command(ctx, process, platform.Pause); err != nil {
		return err
	}
	a.undo(func(ctx context.Context) error { return a.target.command(ctx, process, platform.Resume) })
	return nil
}
