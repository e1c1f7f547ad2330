package cluster

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/test/harness"
)

// fault is one thing that goes wrong between machines.
type fault struct {
	name string
	// short is how long it lasts in make test; zero where that does without it.
	short time.Duration
	// engine is set where there must be an engine.
	engine bool
	// hold is how long it lasts.
	hold time.Duration
	// everywhere is set when the players at every machine are judged, and not only those
	// at machines that are not hit.
	everywhere bool
	// inject lets it begin. It returns the machines that are hit, and what undoes it.
	inject func(r *rig) (hit []*machine, undo func() error, err error)
	// watch looks again and again while it lasts, at the machines that are not hit; nil for
	// nothing.
	watch func(r *rig, sound []*machine) error
	// check looks at the end of the fault; nil for nothing.
	check func(r *rig) error
	// wholeStory is set where times in journals are off: what they tell since the start is
	// compared then.
	wholeStory bool
	// after must hold once the fault is over; nil for nothing more than that all is well.
	after func(r *rig) error
}

// faults are all of them.
func faults() []fault {
	return []fault{
		{name: "packager's machine cut off", hold: 8 * time.Second, inject: onOwner((*machine).cutOff)},
		{name: "packager's machine killed", short: 6 * time.Second, hold: 6 * time.Second, inject: onOwner((*machine).killed)},
		{name: "packager's machine stopped", hold: 8 * time.Second, inject: onOwner((*machine).stopped)},
		{name: "packager's machine slow", hold: 20 * time.Second, inject: onOwner((*machine).slowed)},
		{name: "leader's engine killed", engine: true, hold: 8 * time.Second, everywhere: true, inject: withPackager((*machine).engineKilled)},
		{name: "leader's engine stopped", short: 6 * time.Second, engine: true, hold: 8 * time.Second, everywhere: true, inject: withPackager((*machine).engineStopped)},
		{name: "leader's machine cut off", engine: true, hold: 10 * time.Second, inject: withPackager((*machine).cutOff)},
		{name: "two engines down for a minute", engine: true, hold: time.Minute, everywhere: true, inject: twoEngines},
		{name: "all engines wiped", engine: true, hold: 5 * time.Second, everywhere: true, inject: allEngines},
		{name: "all engines wiped under a hold", engine: true, hold: 5 * time.Second, everywhere: true, inject: holdThenWipe, after: heldThenReleased},
		{name: "first machine cut from the others", short: 8 * time.Second, hold: 30 * time.Second, everywhere: true, inject: split},
		{name: "clock 5 s ahead", engine: true, hold: 30 * time.Second, wholeStory: true, watch: noneEarly, inject: clockOff(5 * time.Second), check: offsetOf(5 * time.Second)},
		{name: "clock 5 s behind", engine: true, hold: 30 * time.Second, wholeStory: true, watch: noneEarly, inject: clockOff(-5 * time.Second), check: offsetOf(-5 * time.Second)},
		{name: "clock a minute ahead", engine: true, hold: 30 * time.Second, wholeStory: true, watch: noneEarly, inject: clockOff(time.Minute), check: offsetOf(time.Minute)},
		{name: "clock a minute behind", engine: true, hold: 30 * time.Second, wholeStory: true, watch: noneEarly, inject: clockOff(-time.Minute), check: offsetOf(-time.Minute)},
		{name: "hints stop", engine: true, hold: 10 * time.Second, everywhere: true, inject: noHints},
		{name: "hints three times", engine: true, hold: 8 * time.Second, everywhere: true, inject: wrongHints("doubled")},
		{name: "hints ten old", engine: true, hold: 8 * time.Second, everywhere: true, inject: wrongHints("ten old")},
		{name: "hints ten new", engine: true, hold: 8 * time.Second, everywhere: true, inject: wrongHints("ten new")},
	}
}

// onOwner hits the machine of the active packager.
func onOwner(hit func(m *machine) (undo func() error, err error)) func(*rig) ([]*machine, func() error, error) {
	return func(r *rig) ([]*machine, func() error, error) {
		m, _, err := r.owner()
		if err != nil {
			return nil, nil, err
		}
		undo, err := hit(m)
		return []*machine{m}, undo, err
	}
}

// withPackager hits the machine of the engine that leads, and kills the active packager.
func withPackager(hit func(m *machine) (undo func() error, err error)) func(*rig) ([]*machine, func() error, error) {
	return func(r *rig) ([]*machine, func() error, error) {
		owner, packager, err := r.owner()
		if err != nil {
			return nil, nil, err
		}
		m, err := r.leader()
		if err != nil {
			return nil, nil, err
		}
		if err := owner.killProcess(packager); err != nil {
			return nil, nil, err
		}
		undo, err := hit(m)
		return []*machine{m}, undo, err
	}
}

func (m *machine) cutOff() (func() error, error) {
	m.cut()
	return func() error {
		m.join()
		return nil
	}, nil
}

func (m *machine) killed() (func() error, error) {
	m.kill()
	return func() error {
		m.start()
		return nil
	}, nil
}

func (m *machine) stopped() (func() error, error) {
	m.signal(syscall.SIGSTOP)
	return func() error {
		m.signal(syscall.SIGCONT)
		return nil
	}, nil
}

// What a bad link does in each direction.
const (
	linkDelay = 100 * time.Millisecond
	linkLoss  = 0.05
)

func (m *machine) slowed() (func() error, error) {
	repair := m.between.Slow(linkDelay, linkLoss)
	return func() error {
		repair()
		return nil
	}, nil
}

// engineProcess is the process of the layout that is the engine.
const engineProcess = "engine"

// engineKilled kills the engine; the supervisor starts it again.
func (m *machine) engineKilled() (func() error, error) {
	return func() error { return nil }, m.killProcess(engineProcess)
}

// engineStopped stops the engine, which then accepts and does not answer.
func (m *machine) engineStopped() (func() error, error) {
	return func() error { return m.command(engineProcess, platform.Resume) }, m.command(engineProcess, platform.Pause)
}

// down stops the engines of machines, and returns what starts them again.
func down(machines []*machine) (func() error, error) {
	undo := func() error {
		for _, m := range machines {
			if err := m.command(engineProcess, platform.Start); err != nil {
				return err
			}
		}
		return nil
	}
	for _, m := range machines {
		if err := m.killProcess(engineProcess); err != nil {
			return undo, err
		}
		if err := m.command(engineProcess, platform.Stop); err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// twoEngines leaves one engine of three, and kills the active packager then.
func twoEngines(r *rig) ([]*machine, func() error, error) {
	undo, err := down(r.machines[:2])
	if err != nil {
		return nil, undo, err
	}
	return nil, undo, r.killActive()
}

// allEngines leaves no engine, nor what they have stored, and kills the active packager then.
func allEngines(r *rig) ([]*machine, func() error, error) {
	undo, err := down(r.machines)
	if err != nil {
		return nil, undo, err
	}
	if err := wiped(r.machines); err != nil {
		return nil, undo, err
	}
	return nil, undo, r.killActive()
}

// wiped removes what engines that are down have stored.
func wiped(machines []*machine) error {
	for _, m := range machines {
		if err := m.engineGone(); err != nil {
			return err
		}
		if err := m.wipe(); err != nil {
			return err
		}
	}
	return nil
}

// holdThenWipe holds the last packager, and takes all that the engines know from them.
func holdThenWipe(r *rig) ([]*machine, func() error, error) {
	m := r.machines[len(r.machines)-1]
	if err := m.ask(func(ctx context.Context, p *api.Remote) error {
		return p.Command(ctx, platform.Command{Process: "server2", Action: platform.Hold, Signal: film, By: platform.Actor{Via: platform.ViaDrill}})
	}); err != nil {
		return nil, nil, err
	}
	if err := r.within(r.held(m.packagers()[1])); err != nil {
		return nil, nil, err
	}
	undo, err := down(r.machines)
	if err == nil {
		err = wiped(r.machines)
	}
	return nil, undo, err
}

// heldThenReleased is nil when every machine still has the hold, and none once it is released.
func heldThenReleased(r *rig) error {
	m := r.machines[len(r.machines)-1]
	if err := r.within(r.held(m.packagers()[1])); err != nil {
		return err
	}
	if err := r.machines[0].ask(func(ctx context.Context, p *api.Remote) error {
		return p.Command(ctx, platform.Command{Action: platform.Release, Signal: film, By: platform.Actor{Via: platform.ViaDrill}})
	}); err != nil {
		return err
	}
	return r.within(r.held(""))
}

// held says whether every machine's origin has a hold on a packager; on none where that is
// empty.
func (r *rig) held(packager string) func() error {
	return func() error {
		for _, m := range r.machines {
			s, err := m.snapshot()
			if err != nil {
				return err
			}
			for _, p := range s.Preferences {
				if p.Held != (packager != "") || p.Held && p.Active != packager {
					return fmt.Errorf("%s plays %s, held %t; want held %q", m.name, p.Active, p.Held, packager)
				}
			}
		}
		return nil
	}
}

// within waits a minute for something.
func (r *rig) within(holds func() error) (err error) {
	harness.Within(time.Minute, func() bool { err = holds(); return err == nil })
	return err
}

// engineGone waits until the engine has ended.
func (m *machine) engineGone() error {
	for deadline := time.Now().Add(30 * time.Second); ; {
		s, err := m.snapshot()
		if err != nil {
			return err
		}
		p, found := s.Process(engineProcess)
		switch {
		case !found:
			return fmt.Errorf("%s runs no engine", m.name)
		case p.PID == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("the engine of %s is %s", m.name, p.State)
		}
	}
}

// killActive kills the active packager.
func (r *rig) killActive() error {
	m, packager, err := r.owner()
	if err != nil {
		return err
	}
	return m.killProcess(packager)
}

// split cuts the first machine from the others. Players reach all of them.
func split(r *rig) ([]*machine, func() error, error) {
	m := r.machines[0]
	m.between.Cut()
	return nil, func() error {
		m.between.Join()
		return nil
	}, nil
}

// sound are the machines that a fault has not hit.
func (r *rig) sound(hit []*machine) []*machine {
	return slices.DeleteFunc(slices.Clone(r.machines), func(m *machine) bool { return slices.Contains(hit, m) })
}
