package procs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"livestream-tui/procs/machine"
)

// errNotRunning is the answer to commands after the platform has ended.
var errNotRunning = errors.New("the platform has ended")

// first is what is asked of a process at the start of the platform.
func first(s Spec) Action {
	if s.Stopped {
		return Stop
	}
	return Start
}

type message struct {
	process string
	event   machine.Event
	answer  chan error // of a command; nil otherwise
	// env is the environment of the process's next incarnation; nil in any other message.
	env []string
	// last gets the number of the newest incarnation, which has the old environment.
	last chan int
}

func (s *Supervisor) receive(m message) {
	if m.env != nil {
		p := s.procs[m.process]
		p.spec.Env = m.env
		m.last <- p.machine.Newest() // has room
		return
	}
	if m.answer != nil {
		err := s.check(m.process, m.event.Action)
		if err == nil {
			s.apply(m.process, m.event)
		}
		m.answer <- err // has room
		return
	}
	if m.event.Kind == machine.Progressed {
		p := s.procs[m.process]
		p.progressed.Store(false)
		m.event.Epoch = cmp.Or(p.machine.Next, p.machine.Epoch)
	}
	s.apply(m.process, m.event)
}

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

// SetEnv gives a process another environment, KEY=VALUE, which its next incarnation gets. It
// returns the number of the newest incarnation, 0 before the first: those up to it have an
// earlier environment. The error says that there is no such process, that the platform has
// ended, or is ctx's.
func (s *Supervisor) SetEnv(ctx context.Context, name string, env []string) (newest int, err error) {
	if _, ok := s.procs[name]; !ok {
		return 0, fmt.Errorf("no process %q; there are %s", name, strings.Join(s.names(), ", "))
	}
	m := message{process: name, env: append([]string{}, env...), last: make(chan int, 1)}
	select {
	case s.inbox <- m:
	case <-s.ended:
		return 0, errNotRunning
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	select {
	case newest := <-m.last:
		return newest, nil
	case <-s.ended:
		return 0, errNotRunning
	case <-ctx.Done():
		return 0, ctx.Err()
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
