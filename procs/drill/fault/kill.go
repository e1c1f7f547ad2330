package fault

import (
	"context"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/poll"
)

const (
	refusedCase = "A connection is refused or reset"
	controlCase = "Discovery, reporter or origin are gone"
)

var (
	killActive = Fault{Name: "kill-active", hits: theActive, prepare: paced, inject: kill, Proves: refusedCase,
		About: "the packager that players are served from is killed (SIGKILL) and comes back at once"}
	killStandby = Fault{Name: "kill-standby", hits: aStandby, inject: kill, Proves: refusedCase,
		About: "a packager that nobody is served from is killed"}
	killInMidBody = Fault{Name: "kill-active-in-mid-body", hits: theActive, prepare: inMidBody, inject: kill, Proves: "It dies in the middle of a body",
		About: "the active packager is killed while it sends a segment that has just come"}
	flapping = Fault{Name: "flap", hits: theActive, prepare: paced, inject: flap, Proves: "It goes up and down",
		About: "the active packager is killed each time it is back"}
	killDiscovery = Fault{Name: "kill-discovery", hits: theFirst(layouts.Discovery), Hold: 2 * time.Second, inject: kill, Proves: controlCase,
		About: "discovery is killed"}
	killReporter = Fault{Name: "kill-reporter", hits: theFirst(layouts.Reporter), Hold: 2 * time.Second, inject: kill, Proves: controlCase,
		About: "the reporter is killed"}
	killOrigin = Fault{Name: "kill-origin", hits: theFirst(layouts.Origin), Hold: 2 * time.Second, inject: kill, Proves: controlCase,
		About: "the origin is killed"}
	killEach = Fault{Name: "kill-each-in-turn", hits: allButPlayers, NoSource: ComeBack, prepare: allPaced, inject: killAndAwait, Proves: controlCase,
		About: "every process but the proxy is killed, one after the other"}
	killWorker = Fault{Name: "kill-worker", hits: theFirst(layouts.Worker), NoSource: ComeBack, inject: kill, Proves: "A worker dies",
		About: "the encoder is killed"}

	randomKill      = Random{Name: "kill", About: "is killed (SIGKILL)", Roles: anyButProxy, inject: kill}
	randomKillTwice = Random{Name: "kill-twice", About: "is killed, and again as soon as it is back", Roles: anyButProxy, inject: killTwice}
)

func kill(ctx context.Context, a *attempt, process string) error { return a.kill(ctx, process) }

// killAndAwait kills a process and waits until the next incarnation is ready.
func killAndAwait(ctx context.Context, a *attempt, process string) error {
	old, err := a.target.process(ctx, process)
	if err != nil {
		return err
	}
	if err := a.kill(ctx, process); err != nil {
		return err
	}
	return a.target.awaitNext(ctx, process, old.Incarnation)
}

// killTwice kills a process, and again as soon as it is back.
func killTwice(ctx context.Context, a *attempt, process string) error {
	for range 2 {
		if err := killAndAwait(ctx, a, process); err != nil {
			return err
		}
	}
	return nil
}

const (
	flapFor   = 4 * time.Second
	flapPause = 200 * time.Millisecond
)

// flap kills a process each time it is ready again.
func flap(ctx context.Context, a *attempt, process string) error {
	for end := time.Now().Add(flapFor); time.Now().Before(end); {
		if err := killAndAwait(ctx, a, process); err != nil {
			return err
		}
		if err := poll.Sleep(ctx, flapPause); err != nil {
			return err
		}
	}
	return nil
}
