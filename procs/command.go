package procs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"livestream-tui/procs/machine"
)

// errNotRunning is the answer to commands after the platform has ended.
var errNotRunning = errors.New("the platform has ended")

// Command asks a of one process and returns once it is under way. The error says
// what is wrong: no such process, nothing to do.
func (s *Supervisor) Command(ctx context.Context, name string, a Action) error {
	answer := make(chan error, 1)
	select {
	case s.inbox <- message{process: name, event: machine.Event{Kind: machine.Asked, Action: a}, answer: answer}:
	case <-s.ended:
		return errNotRunning
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-s.ended:
		return errNotRunning
	case <-ctx.Done():
		return ctx.Err()
	}
}

// check refuses a command that would do nothing.
func (s *Supervisor) check(name string, a Action) error {
	p, ok := s.procs[name]
	if !ok {
		return fmt.Errorf("no process %q; there are %s", name, strings.Join(s.names(), ", "))
	}
	m := p.machine
	switch {
	case s.closing:
		return fmt.Errorf("the platform is stopping: too late to %s %s", a, name)
	case a < Kill || a > Resume:
		return fmt.Errorf("%s: no such action", a)
	case (a == Kill || a == Pause || a == Resume) && !m.Running:
		return fmt.Errorf("%s is not running (%s): nothing to %s", name, m.State, a)
	case a == Resume && !m.Paused:
		return fmt.Errorf("%s is not paused", name)
	case a == Pause && m.Paused:
		return fmt.Errorf("%s is paused already", name)
	case a == Pause && m.State == Stopping:
		return fmt.Errorf("%s is stopping: too late to pause it", name)
	case a == Restart && m.Restarting():
		return fmt.Errorf("%s is being restarted already (%s)", name, m.Reason)
	case a == Stop && !m.Alive() && !m.Wanted:
		return fmt.Errorf("%s is stopped already", name)
	case a == Start && m.Running && m.Wanted && m.State != Stopping:
		return fmt.Errorf("%s runs already (%s)", name, m.State)
	}
	return nil
}

// Progress notes that a process which is starting has got further: its start timeout
// begins anew. It never blocks and may be called from OnLine.
func (s *Supervisor) Progress(name string) {
	p, ok := s.procs[name]
	if !ok || !p.progressed.CompareAndSwap(false, true) {
		return // the one that is on its way is enough
	}
	select {
	case s.inbox <- message{process: name, event: machine.Event{Kind: machine.Progressed}}:
	default:
		p.progressed.Store(false) // supervision is behind: the next one will do
	}
}

// KillAll sends KILL to every group at once, for an operator who does not want
// to wait; Run then returns soon. Safe for concurrent use.
func (s *Supervisor) KillAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid := range s.leaders {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have gone
	}
}
