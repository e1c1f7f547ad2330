package procs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/procs/machine"
	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/handover"
)

const (
	emptyPoll = 10 * time.Millisecond // between looks at a group whose leader has gone, then doubling
	emptyMost = 100 * time.Millisecond
	// acceptPause is between tries to take a connection after one that failed.
	acceptPause = 100 * time.Millisecond
)

// socketMost is the longest path that a unix socket may have everywhere: 104
// bytes with the final zero on macOS, 108 on Linux.
const socketMost = 103

// socketName is of the incarnation's own socket: two of one process may live at the
// same time.
func socketName(name string, epoch int) string { return fmt.Sprintf("%s.%d.sock", name, epoch) }

// fits refuses a run folder whose path leaves no room for the sockets in it.
func fits(folder string, specs []Spec) error {
	longest := "control.sock"
	for _, spec := range specs {
		if name := socketName(spec.Name, 999999); len(name) > len(longest) {
			longest = name
		}
	}
	if path := filepath.Join(folder, longest); len(path) > socketMost {
		return fmt.Errorf("RUN_PATH=%q: too long: %s in it would have %d bytes, and a socket's path may have %d; set one of at most %d",
			folder, longest, len(path), socketMost, socketMost-len(longest)-1)
	}
	return nil
}

// incarnation is one run of a process.
type incarnation struct {
	child   *child.Child
	epoch   int
	started time.Time
	asked   atomic.Bool // to end, by a TERM
	// connections are how it is reached, and socket is where others may reach it.
	connections *socket.Connections
	socket      *socket.Listener
	logged      func() // to be called once nothing of it writes to the log any more
}

// connect returns a connection to it. An incarnation of an earlier version, which takes no
// descriptors, listens at the path itself; any other socket there is another platform's.
func (i *incarnation) connect(ctx context.Context) (net.Conn, error) {
	if !i.socket.Replaced() {
		return i.connections.Connect()
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", i.socket.Path())
	if err != nil {
		return i.connections.Connect()
	}
	if peer, ok := socket.PeerOf(c); !ok || peer.PID != i.child.PID() {
		_ = c.Close() // nothing was sent
		return i.connections.Connect()
	}
	return c, nil
}

// serveSocket passes on the connections to the incarnation's path, until that is closed.
func (i *incarnation) serveSocket() {
	for {
		c, err := i.socket.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(acceptPause) // too many open files, perhaps; nothing waits for us
			continue
		}
		if u, ok := c.(*net.UnixConn); ok {
			if f, err := u.File(); err == nil {
				_ = i.connections.Pass(f) // a client that is not passed on sees the end
				_ = f.Close()             // the incarnation has its own
			}
		}
		_ = c.Close() // as above
	}
}

// readyWait keeps a child that starts beside the current incarnation from answering
// on the sockets that they share before it is ready: it may never be.
const readyWait = handover.ReadyVariable + "=1h"

// spawn starts an incarnation and the goroutines that watch it. That its socket or
// its log cannot be made is no reason to do without it.
func (s *Supervisor) spawn(p *process, epoch int) error {
	name := p.spec.Name
	pass, theirs, err := socket.NewConnections()
	if err != nil {
		return err
	}
	defer func() { _ = theirs.Close() }() // the child has its own
	i := &incarnation{epoch: epoch, started: time.Now(), connections: pass}
	if i.socket, err = s.folder.Listen(socketName(name, epoch)); err != nil {
		s.notes.say(hclog.Warn, "cannot make a socket, trying again", "process", name, "error", err)
	}
	log, logged := p.tail.Open()
	i.logged = logged
	env := append(p.environment(), handover.SocketVariable+"="+i.socket.Path())
	if epoch == p.machine.Next {
		env = append(env, readyWait)
	}
	c, err := s.spawner.Start(child.Options{
		Argv: p.spec.Argv, Dir: p.spec.Dir, Stdout: log, Stderr: log, Extra: append(slices.Clone(p.held), theirs), Env: env,
	})
	if err != nil {
		s.folder.Forget(i.socket)
		pass.Close()
		logged()
		return err
	}
	i.child = c
	p.living[epoch] = i
	s.mu.Lock()
	s.leaders[c.PID()] = true
	s.mu.Unlock()
	if err := s.folder.Records.Add(name, c.PID(), i.socket.Path()); err != nil {
		s.notes.say(hclog.Warn, "cannot write the records of running groups", "process", name, "error", err)
	}
	watching, cancel := context.WithCancel(context.Background())
	s.work.Go(func() {
		defer cancel()
		s.await(p, i)
	})
	s.work.Go(func() { s.probe(watching, name, i) })
	s.work.Go(i.serveSocket)
	return nil
}

// await waits for the leader's end and then for its group's: unless the group
// was asked to stop, what the leader leaves is killed, so that the next
// incarnation finds the place empty. A TERM that was sent reaches the rest as well,
// and GraceTimer kills it.
func (s *Supervisor) await(p *process, i *incarnation) {
	defer s.folder.Forget(i.socket)
	defer i.connections.Close()
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
	if err := s.folder.Records.Drop(i.child.PID()); err != nil {
		s.notes.say(hclog.Warn, "cannot write the records of running groups", "error", err)
	}
	s.folder.Forget(i.socket) // before the news of its end
	p.tail.Drain()
	i.logged()
	s.send(p.spec.Name, machine.Event{Kind: machine.Ended, Epoch: i.epoch, Exit: i.child.Exit()})
}

// handOver tells an incarnation that another one serves the sockets they share,
// so that it finishes what it has begun and closes no connection that a player is using;
// then it is asked to end as any other. A child that does not know the request is no
// worse off than at a stop.
func (s *Supervisor) handOver(name string, i *incarnation) {
	_ = i.child.Signal(syscall.SIGCONT) // a paused one could not listen
	client := newClient(i.connect)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://service"+handover.Path, nil)
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
