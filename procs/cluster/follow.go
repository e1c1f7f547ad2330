package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// settle is how long the table must have stayed the same before processes are restarted,
	// so that what comes together is done together.
	settle = time.Second
	// retry is how long after a restart that failed the rest is tried again.
	retry = 10 * time.Second
	// turnMost is how long a machine waits for those before it, turnLook how often it looks.
	turnMost, turnLook = time.Minute, 100 * time.Millisecond
)

// follow gives the processes the settings that follow from the table, until ctx is cancelled.
func (a *Agent) follow(ctx context.Context) {
	before, failed := a.known(), false
	a.connect(before)
	a.settled(before)
	for a.awaitChange(ctx, failed) {
		table := a.known()
		a.connect(table)
		layout, settings := a.layoutOf(table)
		affected := differing(layout, a.applied, settings)
		if len(affected) == 0 && !failed {
			a.settled(table)
			before = table
			continue
		}
		err := a.apply(ctx, layout, affected, changes(before, table), table)
		if ctx.Err() != nil {
			return
		}
		before, a.applied = table, settings
		if failed = err != nil; failed {
			a.platform.Announce(event.LevelWarn, "", fmt.Sprintf("not all processes have the settings of the cluster yet, trying again in %s: %v", retry, err))
		} else {
			a.settled(table)
		}
	}
}

// awaitChange waits until the table has changed and stays the same, or until it is time for
// another try. It returns false once ctx is cancelled.
func (a *Agent) awaitChange(ctx context.Context, failed bool) bool {
	var again <-chan time.Time
	if failed {
		again = time.After(retry)
	}
	select {
	case <-ctx.Done():
		return false
	case <-again:
		return true
	case <-a.changed:
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-a.changed:
		case <-time.After(settle):
			return true
		}
	}
}

// differing returns the processes whose settings differ.
func differing(l layouts.Layout, before, after map[string]map[string]string) []string {
	var names []string
	for _, p := range l.Processes {
		if !sameSettings(before[p.Name], after[p.Name]) {
			names = append(names, p.Name)
		}
	}
	return names
}

// apply restarts what is affected. The engines of all machines change at once, since they need
// each other. The rest waits until the machines that joined earlier are done: so players of
// any machine find packagers that have not been restarted a moment ago.
func (a *Agent) apply(ctx context.Context, l layouts.Layout, affected []string, why string, t registry.Table) error {
	isEngine := func(name string) bool {
		return slices.ContainsFunc(l.Processes, func(p layouts.Process) bool { return p.Name == name && p.Role() == layouts.Engine })
	}
	rest := slices.DeleteFunc(slices.Clone(affected), isEngine)
	var err error
	if engines := slices.DeleteFunc(slices.Clone(affected), func(name string) bool { return !isEngine(name) }); len(engines) > 0 {
		err = a.platform.Reconfigure(ctx, l, engines, why) // nobody waits for it
	}
	a.awaitTurn(ctx, t)
	return errors.Join(err, a.platform.Reconfigure(ctx, l, rest, why))
}

// awaitTurn waits until each machine that joined earlier has given a table to its processes.
// It does not wait for ever, and for one that is not heard only as long as that may take.
func (a *Agent) awaitTurn(ctx context.Context, t registry.Table) {
	began, sum := time.Now(), t.Sum()
	for now := began; now.Sub(began) < turnMost && a.isBefore(sum, t, now.Sub(began) < platform.MachineSilence); now = time.Now() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(turnLook):
		}
	}
}

// isBefore reports whether a machine that joined earlier is not done with a table. early is
// set while one that is not heard may still be.
func (a *Agent) isBefore(sum string, t registry.Table, early bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range t.Members() {
		if m.Name == a.id.Machine {
			return false
		}
		switch h := a.heard[m.Name]; {
		case !h.isHeard(time.Now()):
			if early {
				return true
			}
		case h.beat.Table != sum:
			return true
		}
	}
	return false
}

// settled notes that all processes have what follows from a table.
func (a *Agent) settled(t registry.Table) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.duty.table = t.Sum()
}
