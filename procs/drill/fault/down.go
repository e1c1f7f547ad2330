package fault

import (
	"context"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

const (
	downFor      = 3 * time.Second
	noWorkerCase = "Every worker is away"
)

var (
	backLater = Fault{Name: "back-after-3s", hits: theActive, Hold: downFor, prepare: paced, inject: down, Proves: "It goes up and down",
		About: "the active packager is killed and comes back after three seconds"}
	everyPackagerDown = Fault{Name: "kill-both-for-3s", hits: every(layouts.Packager), Hold: downFor, NoSource: downFor + ComeBack, inject: down, Proves: "Every packager is gone",
		About: "every packager is killed and comes back after three seconds"}
	everyWorkerDown = Fault{Name: "kill-all-workers-3s", More: true, hits: every(layouts.Worker), Hold: downFor, NoSource: downFor + ComeBack, prepare: afterSegment, inject: down, Proves: noWorkerCase,
		About: "every encoder is killed and comes back after three seconds"}

	randomDown = Random{Name: "down", About: "is killed and stays down", Roles: anyButProxy, Least: time.Second, Most: 8 * time.Second, inject: down}
)

// down kills a process and keeps it down until the fault is undone.
func down(ctx context.Context, a *attempt, process string) error {
	if err := a.kill(ctx, process); err != nil {
		return err
	}
	a.undo(func(ctx context.Context) error { return a.target.command(ctx, process, platform.Start) })
	return a.target.command(ctx, process, platform.Stop)
}
