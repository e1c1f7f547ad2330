package local

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/services/kit/event"
)

// renewPatience is how long a process may take to become ready with another environment.
const renewPatience = time.Minute

// rolling is what restarts processes one after the other: one such thing at a time.
type rolling struct {
	turn chan struct{}
	// old has, by process, the newest incarnation with an earlier environment. It belongs to
	// who has the turn.
	old map[string]int
}

func newRolling() rolling { return rolling{turn: make(chan struct{}, 1), old: map[string]int{}} }

// begin waits until nothing else restarts processes.
func (r rolling) begin(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r rolling) end() { <-r.turn }

// Reconfigure gives the processes the environment of a layout, which differs from the
// platform's own in nothing else, and restarts those in affected, one after the other: each once
// the one before is ready, and those that others depend on first, since a process may refuse
// what it does not know. The others get it at their next start. why
// is shown: "machine b has joined". The error says which process did not become ready; those
// after it are not restarted then. Called again, it goes on with what is left. Use it while
// the platform runs.
func (l *Local) Reconfigure(ctx context.Context, layout layouts.Layout, affected []string, why string) error {
	resolved, err := layout.Resolve(l.options.Env)
	if err != nil {
		return err
	}
	if err := l.rolling.begin(ctx); err != nil {
		return err
	}
	defer l.rolling.end()
	for _, p := range resolved.Processes {
		env := l.options.environmentOf(p)
		newest, err := l.sup.SetEnv(ctx, p.Name, env)
		if err != nil {
			return err
		}
		l.showEnvironmentOf(p, env)
		if slices.Contains(affected, p.Name) {
			l.rolling.old[p.Name] = newest
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, events, _ := l.Subscribe(ctx)
	for _, name := range inOrder(resolved) {
		if err := l.renewOld(ctx, name, events, why); err != nil {
			return err
		}
	}
	return nil
}

// renewOld restarts a process whose incarnation has an earlier environment.
func (l *Local) renewOld(ctx context.Context, name string, events <-chan platform.Event, why string) error {
	newest, is := l.rolling.old[name]
	if !is {
		return nil
	}
	if p, _ := l.Now().Process(name); p.Incarnation > newest || !p.Wanted || newest == 0 {
		delete(l.rolling.old, name) // its next start has the new one
		return nil
	}
	l.Announce(event.LevelInfo, name, "restarted: "+why)
	ctx, cancel := context.WithTimeoutCause(ctx, renewPatience, fmt.Errorf("%s is not ready after %s", name, renewPatience))
	defer cancel()
	if err := l.renew(ctx, name, events); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	delete(l.rolling.old, name)
	l.Update(func(m *model.Model) { m.Renew(name) })
	return nil
}

// Announce logs a message of the platform itself, and keeps it in the journal. process is
// what it is about; empty for the whole platform.
func (l *Local) Announce(level event.Level, process, message string) {
	l.announce(level, process, message)
}

// SetMachines takes what is known of the machines of the cluster.
func (l *Local) SetMachines(list []platform.Machine) {
	l.Update(func(m *model.Model) { m.SetMachines(list) })
}

// placeOn notes in the model on which machine the processes run, and where others reach
// them.
func (l *Local) placeOn(machine, address string) {
	for i := range l.model.Now.Processes {
		p := &l.model.Now.Processes[i]
		if p.Machine = machine; address != "" && p.Port != 0 {
			p.Address = "http://" + net.JoinHostPort(address, strconv.Itoa(p.Port))
			if _, is := l.packagers[p.Name]; is {
				l.packagers[p.Name] = p.Address
			}
		}
	}
}

// OwnStop stops a process, or starts it again, as no operator's command: the journal has why
// as a message of the platform.
func (l *Local) OwnStop(ctx context.Context, process string, stop bool, why string) error {
	action := procs.Start
	if stop {
		action = procs.Stop
	}
	if err := l.sup.Command(ctx, process, action); err != nil {
		return err
	}
	l.Announce(event.LevelWarn, process, why)
	return nil
}
