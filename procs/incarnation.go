package procs

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

const (
	probeStarting = 50 * time.Millisecond  // between probes until the first ready
	probeReady    = 500 * time.Millisecond // and after it
	probeTimeout  = time.Second
	reasonMost    = 512 // bytes of /readyz that are read
	emptyPoll     = 10 * time.Millisecond
)

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
	log, err := p.tail.open()
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own
	c, err := s.spawner.Start(child.Options{
		Argv: p.spec.Argv, Dir: p.spec.Dir, Stdout: log, Stderr: log,
		Env: append(append([]string(nil), p.spec.Env...), "SERVICE_SOCKET="+socket),
	})
	if err != nil {
		return err
	}
	p.child, p.socket, p.started = c, socket, time.Now()
	if err := s.records.add(name, c.PID()); err != nil {
		s.o.Log.Warn("cannot record a process group: the guardian will not know it", "process", name, "error", err)
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
	s.mu.Lock()
	stopping := s.statuses[p.spec.Name].State == Stopping
	s.mu.Unlock()
	for !child.GroupEmpty(c.PID()) {
		if !stopping {
			_ = c.Signal(syscall.SIGKILL) // it may have gone meanwhile
		}
		select {
		case <-time.After(emptyPoll):
		case <-s.ended:
			return
		}
	}
	if err := s.records.drop(c.PID()); err != nil {
		s.o.Log.Warn("cannot update the records of running groups", "error", err)
	}
	_ = os.Remove(socket) // a service that ended well has removed it
	p.tail.drain()
	s.send(p.spec.Name, Event{Kind: Ended, Epoch: epoch, Exit: c.Exit()})
}

// probe asks the incarnation's socket for its health until ctx is cancelled.
func (s *Supervisor) probe(ctx context.Context, name string, epoch int, socket string) {
	client := &http.Client{
		Timeout: probeTimeout,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}},
	}
	defer client.CloseIdleConnections()
	every := probeStarting
	var last Event
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-time.After(every):
		}
		e := ask(ctx, client)
		e.Epoch = epoch
		if e.Ready {
			every = probeReady
		}
		if e.Kind == Probed && last.Kind == Probed && e.Ready == last.Ready && e.Reason == last.Reason {
			continue // nothing new: the machine need not wake
		}
		last = e
		if ctx.Err() == nil {
			s.send(name, e)
		}
	}
}

// ask is one probe: alive by /healthz, ready by /readyz.
func ask(ctx context.Context, client *http.Client) Event {
	if _, _, err := fetch(ctx, client, "/healthz"); err != nil {
		return Event{Kind: Missed}
	}
	status, body, err := fetch(ctx, client, "/readyz")
	if err != nil {
		return Event{Kind: Missed}
	}
	return Event{Kind: Probed, Ready: status == http.StatusOK, Reason: strings.TrimSpace(body)}
}

func fetch(ctx context.Context, client *http.Client, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://service"+path, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, reasonMost))
	return resp.StatusCode, string(b), err
}

// measure reads CPU and memory of every group once a second.
func (s *Supervisor) measure(ctx context.Context) {
	used := map[string]time.Duration{} // CPU by process, as of the last look
	last := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		table, err := child.Table()
		if err != nil {
			s.o.Log.Debug("cannot read the process table", "error", err)
			continue
		}
		cpu, rss := map[int]time.Duration{}, map[int]int64{}
		for _, p := range table {
			cpu[p.Group] += p.CPU
			rss[p.Group] += p.RSS
		}
		now := time.Now()
		s.mu.Lock()
		for name, st := range s.statuses {
			if st.PID == 0 {
				delete(used, name)
				continue
			}
			before, known := used[name]
			used[name] = cpu[st.PID]
			if delta := cpu[st.PID] - before; known && delta >= 0 {
				st.CPU = 100 * delta.Seconds() / now.Sub(last).Seconds()
			}
			st.RSS = rss[st.PID]
			s.statuses[name] = st
		}
		s.mu.Unlock()
		last = now
	}
}
