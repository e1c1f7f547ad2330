package fault

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"livestream-tui/layouts"
)

const descriptorsCase = "It has no file descriptor left"

var (
	descriptorsOfActive = Fault{Name: "fd-exhaustion", More: true, hits: theActive, Hold: 4 * time.Second, inject: exhaustDescriptors, Proves: descriptorsCase,
		About: "the active packager may open nothing more: no file, no connection"}
	descriptorsOfProxy = Fault{Name: "fd-exhaustion-proxy", More: true, hits: theFirst(layouts.Proxy), Hold: time.Second, inject: exhaustDescriptors, Proves: descriptorsCase,
		About: "the proxy may open nothing more for a second: new connections wait, those that are open go on"}

	randomDescriptors = Random{Name: "fd-exhaustion", About: "may open nothing more", Roles: []layouts.Role{layouts.Packager}, Least: time.Second, Most: 6 * time.Second, inject: exhaustDescriptors}
)

// exhaustDescriptors lets a process open no file and no connection until the fault is
// undone.
func exhaustDescriptors(ctx context.Context, a *attempt, process string) error {
	p, err := a.target.process(ctx, process)
	if err != nil {
		return err
	}
	if p.PID == 0 {
		return fmt.Errorf("%s does not run", process)
	}
	restore, err := denyDescriptors(p.PID)
	if err != nil {
		return err
	}
	a.undo(func(ctx context.Context) error {
		// An incarnation that has ended meanwhile took its limit with it.
		if now, err := a.target.process(ctx, process); err != nil || now.Incarnation != p.Incarnation {
			return err
		}
		if err := restore(); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return nil
	})
	return nil
}
