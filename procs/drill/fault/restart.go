package fault

import (
	"context"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

var (
	restartActive = Fault{Name: "restart-active", hits: theActive, prepare: paced, inject: restart, Proves: refusedCase,
		About: "the active packager is restarted in good order (SIGTERM)"}
	restartProxy = Fault{Name: "restart-proxy", hits: theFirst(layouts.Proxy), NoSource: ComeBack, prepare: allPaced, inject: renew, Proves: renewedCase,
		About: "the proxy is restarted in good order: the next one takes over while the one before finishes"}

	randomRestart      = Random{Name: "restart", About: "is restarted in good order", Roles: anyButProxy, inject: restart}
	randomRestartProxy = Random{Name: "restart", About: "is restarted in good order", Roles: []layouts.Role{layouts.Proxy}, inject: renew}
)

func restart(ctx context.Context, a *attempt, process string) error {
	return a.target.command(ctx, process, platform.Restart)
}

// renew restarts a process and waits until the next incarnation is ready.
func renew(ctx context.Context, a *attempt, process string) error {
	return a.target.commandAndAwait(ctx, process, platform.Restart)
}
