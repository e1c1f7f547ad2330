package procs

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync/atomic"
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

// incarnation is one that has been started.
type incarnation struct {
	child   *child.Child
	epoch   int
	socket  string
	started time.Time
	asked   atomic.Bool // to end, by a TERM
}

// readyWait tells a child that starts beside the current incarnation not to answer
// on the sockets that they share before it is ready: it may never be.
const readyWait = "READY_WAIT=1h"

// spawn starts an incarnation and the goroutines that watch it.
func (s *Supervisor) spawn(p *process, epoch int) error {
	name := p.spec.Name
	socket := socketPath(s.o.RunPath, name, epoch)
	if err := remove(socket); err != nil {
		return fmt.Errorf("socket that an earlier run left: %w", err)
	}
	log, err := p.tail.open()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the child has its own
	env := append(p.environment(), socketVariable+"="+socket)
	if epoch == p.machine.Next {
		env = append(env, readyWait)
	}
	c, err := s.spawner.Start(child.Options{Argv: p.spec.Argv, Dir: p.spec.Dir, Stdout: log, Stderr: log, Extra: p.held, Env: env})
	if err != nil {
		return err
	}
	i := &incarnation{child: c, epoch: epoch, socket: socket, started: time.Now()}
	p.living[epoch] = i
	s.mu.Lock()
	s.leaders[c.PID()] = true
	s.mu.Unlock()
	if err := s.records.add(name, c.PID(), socket); err != nil {
		s.notes.say(hclog.Warn, "cannot record a process group: the guardian will not know it", "process", name, "error", err)
	}
	watching, cancel := context.WithCancel(context.Background())
	s.work.Go(func() {
		defer cancel()
		s.await(p, i)
	})
	s.work.Go(func() { s.probe(watching, name, epoch, socket) })
	return nil
}

// await waits for the leader's end and then for its group's: unless the group
// was asked to stop, what the leader leaves is killed, so that the next
// incarnation finds the place empty. A TERM that was sent reaches the rest as well,
// and GraceTimer kills it.
func (s *Supervisor) await(p *process, i *incarnation) {
	select {
	case <-i.child.Done():
	case <-s.ended:
		return
	}
	asked := i.asked.Load()
	for wait := emptyPoll; !child.GroupEmpty(i.child.PID()); wait = min(2*wait, emptyMost) {
		if !asked {
			_ = i.child.Signal(syscall.SIGKILL) // it may have gone meanwhile
		}
		select {
		case <-time.After(wait):
		case <-s.ended:
			return
		}
	}
	s.mu.Lock()
	delete(s.leaders, i.child.PID())
	s.mu.Unlock()
	if err := s.records.drop(i.child.PID()); err != nil {
		s.notes.say(hclog.Warn, "cannot update the records of running groups", "error", err)
	}
	_ = remove(i.socket) // a service that ended well has removed it
	p.tail.drain()
	s.send(p.spec.Name, Event{Kind: Ended, Epoch: i.epoch, Exit: i.child.Exit()})
}

// handOver tells an incarnation that another one serves the sockets they share,
// so that it goes on with what it has begun and closes no connection under a
// player's hands; then it is asked to end as any other. Who does not know the
// request is not any worse off than at a stop.
func (s *Supervisor) handOver(name string, i *incarnation) {
	_ = i.child.Signal(syscall.SIGCONT) // a paused one could not listen
	client := newClient(i.socket)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://service/handover", nil)
	var resp *http.Response
	if err == nil {
		resp, err = client.Do(req)
	}
	if err == nil {
		_ = resp.Body.Close() // empty
	}
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		s.notes.say(hclog.Debug, "takes no hand-over", "process", name, "incarnation", i.epoch, "error", err)
	}
	s.terminate(name, i)
}
