package fault

import (
	"context"
	"time"

	"livestream-tui/layouts"
)

var (
	killProxy = Fault{Name: "kill-proxy", hits: theFirst(layouts.Proxy), NoSource: ComeBack, prepare: whilePassing, inject: killTheProxy, Proves: "It dies",
		About: "the proxy is killed under its players: what breaks off comes whole when it is asked for again, no connection is refused"}

	randomKillProxy = Random{Name: "kill", About: "is killed (SIGKILL)", Roles: []layouts.Role{layouts.Proxy}, inject: killTheProxy}
)

// deathWithin is how long after the command SIGKILL may take effect.
const deathWithin = 250 * time.Millisecond

// killTheProxy kills the proxy and waits until the next incarnation is ready. Packagers
// that were slowed down are not any more: the next incarnation fetches at full speed.
func killTheProxy(ctx context.Context, a *attempt, process string) error {
	old, err := a.target.process(ctx, process)
	if err != nil {
		return err
	}
	from := time.Now()
	a.died(Span{from, from.Add(deathWithin)})
	if err := a.kill(ctx, process); err != nil {
		return err
	}
	if err := a.takeBack(ctx); err != nil {
		return err
	}
	return a.target.awaitNext(ctx, process, old.Incarnation)
}
