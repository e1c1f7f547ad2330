package view

import (
	"context"
	"fmt"

	"livestream-tui/procs/platform"
)

// Command implements platform.Platform. A command on a process of another machine is done
// there, and once it returns the view is not older than the command; where that machine is not
// heard, it is refused at once.
func (v *View) Command(ctx context.Context, c platform.Command) error {
	machine, process := platform.SplitMachine(c.Process)
	switch {
	case c.Action == platform.Drain, c.Action == platform.Undrain:
		return v.o.Own.Command(ctx, c) // what a machine is to do is agreed by all
	case machine == "" && c.Action == platform.Upgrade:
		machine, c.Machine = c.Machine, ""
	}
	if machine == "" || machine == v.o.Machine {
		c.Process = process
		return v.o.Own.Command(ctx, c)
	}
	own, _ := v.o.Own.Snapshot(ctx) // on an error it is the latest
	m, err := machineOf(own, machine)
	if err != nil {
		return err
	}
	if m.Own {
		return v.o.Own.Command(ctx, c)
	}
	if why := unheard(m, v.clock()); why != "" {
		return fmt.Errorf("%s. Nothing was done: its own dashboard and ctl work on that machine", why)
	}
	if c.Incarnation == 0 {
		c.Incarnation = v.incarnation(machine, process)
	}
	c.Process = process
	within, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	err = v.remote(machine).Command(within, c)
	v.refresh(within, machine)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("machine %s has not answered: whether it has done it is not known", machine)
	}
	return err
}

// remote returns the platform of another machine.
func (v *View) remote(machine string) platform.Platform {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.otherOf(machine).remote
}

// incarnation returns the incarnation of another machine's process that a client may have
// seen; 0 while none is known.
func (v *View) incarnation(machine, process string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, _ := v.otherOf(machine).snapshot.Process(process)
	return p.Incarnation
}

// exact is a platform that does commands for other machines: only on the incarnation that
// the caller has seen.
type exact struct{ platform.Platform }

// Command implements platform.Platform.
func (e exact) Command(ctx context.Context, c platform.Command) error {
	if c.Incarnation != 0 {
		s, err := e.Snapshot(ctx)
		if err != nil {
			return err
		}
		if p, known := s.Process(c.Process); known && p.Incarnation != c.Incarnation {
			return fmt.Errorf("%s has been started anew in the meantime (incarnation %d, not %d): nothing was done", c.Process, p.Incarnation, c.Incarnation)
		}
	}
	c.Incarnation = 0
	return e.Platform.Command(ctx, c)
}
