package procs

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

const (
	emptyPoll = 10 * time.Millisecond // between looks at a group whose leader has gone, then doubling
	emptyMost = 100 * time.Millisecond
)

// socketVariable tells a child which socket to serve its health on. It also marks
// every process of the incarnation, for the sweep.
const socketVariable = "SERVICE_SOCKET"

// socketMost is the longest path that a unix socket may have everywhere: 104
// bytes with the final zero on macOS, 108 on Linux.
const socketMost = 103

// socketPath is the incarnation's own socket: two of one process may live at the
// same time.
func socketPath(folder, name string, epoch int) string {
	return filepath.Join(folder, fmt.Sprintf("%s.%d.sock", name, epoch))
}

// spawn starts the next incarnation and the goroutines that watch it.
func (s *Supervisor) spawn(p *process, epoch int) error {
	name := p.spec.Name
	socket := socketPath(s.o.RunPath, name, epoch)
	p.child = nil
	if err := remove(socket); err != nil {
		return fmt.Errorf("socket that an earlier run left: %w", err)
	}
	log, err := p.tail.open()
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own
	c, err := s.spawner.Start(child.Options{
		Argv: p.spec.Argv, Dir: p.spec.Dir, Stdout: log, Stderr: log,
		Env: append(append([]string(nil), p.spec.Env...), socketVariable+"="+socket),
	})
	if err != nil {
		return err
	}
	p.child, p.socket, p.started = c, socket, time.Now()
	if err := s.records.add(name, c.PID(), socket); err != nil {
		s.notes.say(hclog.Warn, "cannot record a process group: the guardian will not know it", "process", name, "error", err)
	}
	watching, cancel := context.WithCancel(context.Background())
	s.work.Go(func() {
		defer cancel()
		s.await(p, c, epoch, socket)
	})
	s.work.Go(func() { s.probe(watching, name, epoch, socket) })
	return nil
}

// await waits for the leader's end and then for its group's: unless the group
// was asked to stop, what the leader leaves is killed, so that the next
// incarnation finds the place empty. Which of the two it is is the machine's to
// know; a TERM that was sent reaches the rest as well, and GraceTimer kills it.
func (s *Supervisor) await(p *process, c *child.Child, epoch int, socket string) {
	select {
	case <-c.Done():
	case <-s.ended:
		return
	}
	stopping := s.stopping(p.spec.Name, epoch)
	for wait := emptyPoll; !child.GroupEmpty(c.PID()); wait = min(2*wait, emptyMost) {
		if !stopping {
			_ = c.Signal(syscall.SIGKILL) // it may have gone meanwhile
		}
		select {
		case <-time.After(wait):
		case <-s.ended:
			return
		}
	}
	if err := s.records.drop(c.PID()); err != nil {
		s.notes.say(hclog.Warn, "cannot update the records of running groups", "error", err)
	}
	_ = remove(socket) // a service that ended well has removed it
	p.tail.drain()
	s.send(p.spec.Name, Event{Kind: Ended, Epoch: epoch, Exit: c.Exit()})
}

// stopping reports whether the incarnation was asked to stop.
func (s *Supervisor) stopping(name string, epoch int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.statuses[name]
	return st.State == Stopping && st.Incarnation == epoch
}
