package procs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/handover"
)

// inheritedBy is the socket that a held child of these tests was given.
func inheritedBy() (net.Listener, error) {
	if os.Getenv(handover.CountVariable) != "2" || os.Getenv(handover.NamesVariable) != "proxy:connections" || os.Getenv(handover.PIDVariable) != "" {
		return nil, fmt.Errorf("LISTEN_FDS=%q LISTEN_FDNAMES=%q LISTEN_PID=%q", os.Getenv(handover.CountVariable), os.Getenv(handover.NamesVariable), os.Getenv(handover.PIDVariable))
	}
	f := os.NewFile(3, "held")
	defer f.Close()
	return net.FileListener(f)
}

// answerHeld is the held child: it answers each request on the socket that it was
// given with its pid, on connections that end with the answer, and lets the answers
// that it has begun end. Its health is the caller's.
func answerHeld() (end func(), err error) {
	l, err := inheritedBy()
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%d ", os.Getpid())
		_ = http.NewResponseController(w).Flush()
		_, _ = io.Copy(w, r.Body) // as long as the test likes
	})}
	server.SetKeepAlivesEnabled(false)
	// Not by Shutdown: that answers no request of a connection that it has accepted
	// but not read from yet.
	var open sync.WaitGroup
	server.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Done()
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // until it is closed
	}()
	return func() {
		_ = l.Close() // the supervisor holds the socket
		<-ended
		open.Wait() // KILL is the limit
	}, nil
}

// heldProxy is a process with a held socket, and where to reach that.
func heldProxy(t *testing.T, mode string) (Spec, string) {
	t.Helper()
	address := freeAddress(t)
	s := spec(t, "proxy", mode)
	s.Held = []Socket{{Name: "proxy", Address: address}}
	// What we may have been given ourselves is not the child's.
	s.Env = append(s.Env, "LISTEN_FDS=7", "LISTEN_PID=1", "LISTEN_FDNAMES=a:b")
	return s, address
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// fresh is a client that makes a connection for each request.
func fresh(t *testing.T) *http.Client {
	t.Helper()
	return &http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true}}
}

// askHeld returns the pid that answered.
func askHeld(c *http.Client, address string) (pid int, err error) {
	res, err := c.Get("http://" + address)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil {
		_, err = fmt.Sscan(string(b), &pid)
	}
	return pid, err
}

func TestConnectionsWaitWhileNobodyListens(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held")
	h := newHouse(t, nil, proxy)
	first := h.awaitReady("proxy")
	if pid, err := askHeld(fresh(t), address); err != nil || pid != first.PID {
		t.Fatalf("got %d, %v, want %d", pid, err, first.PID)
	}
	h.command("proxy", Stop)
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited })
	type answer struct {
		pid int
		err error
	}
	answers := make(chan answer)
	for range 20 {
		conn, err := net.Dial("tcp", address) // refused if the socket were not held
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c := &http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true,
				DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}}
			pid, err := askHeld(c, address)
			answers <- answer{pid, err}
		}()
	}
	h.command("proxy", Start)
	second := h.awaitBack(first)
	for range 20 {
		if a := <-answers; a.err != nil || a.pid != second.PID {
			t.Errorf("got %d, %v, want %d", a.pid, a.err, second.PID)
		}
	}
	h.stop()
	if c, err := net.DialTimeout("tcp", address, deadline); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the end: got %v, %v, want it refused", c, err)
	}
}

// crowd asks an address all the time until stop.
type crowd struct {
	stop     func()
	answered atomic.Int64
	mu       sync.Mutex
	failed   []error // guarded by mu
	pids     []int   // of the processes that answered, each once; guarded by mu
}

func newCrowd(t *testing.T, address string, n int) *crowd {
	c := &crowd{}
	end := make(chan struct{})
	var work sync.WaitGroup
	for range n {
		client := fresh(t)
		work.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				pid, err := askHeld(client, address)
				c.mu.Lock()
				if err != nil {
					c.failed = append(c.failed, err)
				} else if !slices.Contains(c.pids, pid) {
					c.pids = append(c.pids, pid)
				}
				c.mu.Unlock()
				c.answered.Add(1)
			}
		})
	}
	c.stop = sync.OnceFunc(func() { close(end); work.Wait() })
	t.Cleanup(c.stop)
	return c
}

// more waits for n more answers.
func (c *crowd) more(t *testing.T, n int64) {
	t.Helper()
	to := c.answered.Load() + n
	awaitTrue(t, fmt.Sprintf("%d more answers", n), func() bool { return c.answered.Load() >= to })
}

func (c *crowd) errors() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.failed)
}

func TestAHandOverFailsNoRequest(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held")
	h := newHouse(t, nil, proxy)
	now := h.awaitReady("proxy")
	c := newCrowd(t, address, 8)
	for range 3 {
		c.more(t, 20)
		h.command("proxy", Restart)
		before := now
		now = h.awaitBack(before)
		h.await("proxy", "alone again", func(s Status) bool { return s.Draining == 0 && s.State == Ready && s.Reason == "" })
		if now.PID == before.PID || now.LastExit == "signal: killed" {
			t.Errorf("got %+v", now)
		}
	}
	c.more(t, 20)
	c.stop()
	if failed := c.errors(); len(failed) > 0 {
		t.Errorf("%d of %d requests failed: %v", len(failed), c.answered.Load(), failed[0])
	}
	if h.index(state("proxy", Stopping)) >= 0 || h.index(state("proxy", Backoff)) >= 0 {
		t.Error("the process was away, want the next one to start beside it")
	}
	if len(c.pids) != 4 {
		t.Errorf("answered by %v, want 4 incarnations", c.pids)
	}
}

func TestTheOldOneFinishesWhatItHasBegun(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held")
	h := newHouse(t, nil, proxy)
	first := h.awaitReady("proxy")
	body, feed := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := fresh(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	h.command("proxy", Restart)
	second := h.awaitBack(first)
	if second.Draining != first.Incarnation || !strings.Contains(second.Reason, "finishes its responses") {
		t.Errorf("got %+v, want the first to be finishing", second)
	}
	if err := h.Command(t.Context(), "proxy", Restart); err != nil { // waits for the first
		t.Error(err)
	}
	if err := h.Command(t.Context(), "proxy", Restart); err == nil || !strings.Contains(err.Error(), "is being restarted already") {
		t.Errorf("got %v, want it refused", err)
	}
	awaitTrue(t, "new connections are the second's", func() bool { // once the first has been notified
		pid, err := askHeld(fresh(t), address)
		if err != nil {
			t.Fatal(err)
		}
		return pid == second.PID
	})
	if _, err := io.WriteString(feed, "the end"); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != fmt.Sprintf("%d the end", first.PID) {
		t.Errorf("got %q, %v, want the whole answer of the first", b, err)
	}
	third := h.awaitBack(second)
	if third.Incarnation != second.Incarnation+1 {
		t.Errorf("got %+v", third)
	}
}

func TestANewOneThatNeverGetsReadyTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held-once")
	proxy.StartTimeout = time.Second
	proxy.Env = append(proxy.Env, argOf+"="+folder(t))
	h := newHouse(t, nil, proxy)
	first := h.awaitReady("proxy")
	c := newCrowd(t, address, 4)
	c.more(t, 5)
	h.command("proxy", Restart)
	s := h.await("proxy", "given up", func(s Status) bool { return s.Next == 0 && strings.HasPrefix(s.Reason, "restart failed") })
	if want := "restart failed: incarnation 2 never became ready (not ready within 1s: not twice): incarnation 1 stays"; s.Reason != want {
		t.Errorf("got %q, want %q", s.Reason, want)
	}
	if s.PID != first.PID || s.State != Ready || s.Restarts != 0 {
		t.Errorf("got %+v, want the first as it was", s)
	}
	c.more(t, 5)
	c.stop()
	if failed := c.errors(); len(failed) > 0 || len(c.pids) != 1 {
		t.Errorf("got %v and %v, want all answered by the first", failed, c.pids)
	}
}

func TestAKilledHeldProcessIsBackAtOnce(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held")
	h := newHouse(t, nil, proxy)
	first := h.awaitReady("proxy")
	client := fresh(t)
	began := time.Now()
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The dying incarnation may have taken the connection with it, but no connection is refused.
	pid, err := askHeld(client, address)
	for err != nil && !errors.Is(err, syscall.ECONNREFUSED) && time.Since(began) < deadline {
		pid, err = askHeld(client, address)
	}
	if err != nil || pid == first.PID {
		t.Fatalf("got %d, %v, want the answer of another", pid, err)
	}
	t.Logf("answered %s after the kill", time.Since(began).Round(time.Millisecond))
	h.awaitBack(first)
	if i := h.index(state("proxy", Backoff)); i < 0 || h.reported()[i].Reason != "signal: killed, restarting at once" {
		t.Error("the restart was not reported, or not at once")
	}
}

func TestASocketThatCannotBeHeldIsSaid(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := freeAddress(t)
	run := folder(t)
	one, other := spec(t, "origin", "held"), spec(t, "proxy", "held")
	one.Held, other.Held = []Socket{{Name: "origin", Address: free}}, []Socket{{Name: "proxy", Address: taken.Addr().String()}}
	s, err := New(Options{Specs: []Spec{one, other}, RunPath: run, LogPath: run})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("proxy: cannot listen on %s: address already in use; free the port or set another", taken.Addr())
	if err := s.Run(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	l, err := net.Listen("tcp", free)
	if err != nil {
		t.Fatalf("the other socket is still held: %v", err)
	}
	l.Close()
}
