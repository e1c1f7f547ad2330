package fault

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
)

const engineCase = "The engine is gone, hangs or has forgotten everything"

// engineAway is how long the engine is away: longer than its clients take to notice.
const engineAway = 5 * time.Second

var (
	killEngine = Fault{Name: "kill-engine", Engine: true, hits: theFirst(layouts.Engine), Hold: 2 * time.Second, inject: kill, Proves: engineCase,
		About: "the engine is killed (SIGKILL) and comes back at once"}
	hangEngine = Fault{Name: "hang-engine", Engine: true, hits: theFirst(layouts.Engine), Hold: engineAway, inject: pause, Proves: engineCase,
		About: "the engine is stopped (SIGSTOP): it accepts and does not answer"}
	stopEngine = Fault{Name: "stop-engine", Engine: true, hits: theActiveAndEngine, Hold: engineAway, prepare: paced, inject: killWithoutEngine, Proves: engineCase,
		About: "the engine is killed and stays down while the active packager is killed"}
	wipeEngine = Fault{Name: "wipe-engine", Engine: true, Own: true, hits: theFirst(layouts.Engine), Hold: 2 * time.Second, inject: wipe, Proves: engineCase,
		About: "the engine is killed and begins anew with an empty store"}

	randomKillEngine  = Random{Name: "kill", About: "is killed (SIGKILL)", Roles: []layouts.Role{layouts.Engine}, inject: kill}
	randomHangEngine  = Random{Name: "pause", About: "is stopped (SIGSTOP)", Roles: []layouts.Role{layouts.Engine}, Least: time.Second, Most: 8 * time.Second, inject: pause}
	randomDownEngine  = Random{Name: "down", About: "is killed and stays down", Roles: []layouts.Role{layouts.Engine}, Least: time.Second, Most: 8 * time.Second, inject: down}
	randomWipedEngine = Random{Name: "wipe", About: "is killed and begins anew with an empty store", Roles: []layouts.Role{layouts.Engine}, inject: wipe}
)

// theActiveAndEngine is the packager that serves players, on a platform with an engine.
func theActiveAndEngine(s platform.Snapshot, active string) (string, []string, error) {
	engine, _, err := theFirst(layouts.Engine)(s, active)
	return active + " and " + engine, []string{active}, err
}

// killWithoutEngine keeps the engine down, and kills a process meanwhile.
func killWithoutEngine(ctx context.Context, a *attempt, process string) error {
	s, err := a.target.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	engine, _, err := theFirst(layouts.Engine)(s, "")
	if err != nil {
		return err
	}
	if err := down(ctx, a, engine); err != nil {
		return err
	}
	return a.kill(ctx, process)
}

// wipe kills the engine, and removes what it has stored before the next one starts.
func wipe(ctx context.Context, a *attempt, process string) error {
	if a.target.State == "" {
		return &UnavailableError{"the engine's store is not the drill's own"}
	}
	if err := down(ctx, a, process); err != nil {
		return err
	}
	if err := poll.Until(ctx, readyWithin, func() error {
		p, err := a.target.process(ctx, process)
		if err == nil && p.PID != 0 {
			err = fmt.Errorf("%s is %s", process, p.State)
		}
		return err
	}); err != nil {
		return err
	}
	folder := filepath.Join(a.target.State, "engine")
	if _, err := os.Stat(folder); err != nil {
		return err // it would prove nothing
	}
	return os.RemoveAll(folder)
}
