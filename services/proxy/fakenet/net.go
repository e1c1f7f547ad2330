package fakenet

import (
	"context"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Net is a network without sockets, so that its time is that of the test's bubble
// (testing/synctest). Hosts have names, and listen on port 80.
type Net struct {
	mu    sync.Mutex
	hosts map[string]*host // by address; guarded by mu
	dials map[string]int   // attempts, by address; guarded by mu
}

// NewNet returns a network without hosts.
func NewNet() *Net { return &Net{hosts: map[string]*host{}, dials: map[string]int{}} }

// Serves reports whether a host is there.
func (n *Net) Serves(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[name+":80"] != nil
}

// Dials is how often a connection to an address was attempted.
func (n *Net) Dials(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[address]
}

// Lose loses every packet to a host from now on: its connections are never accepted.
func (n *Net) Lose(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[name+":80"].lost.Store(true)
}

// lostAfter is how long a connection to a lost host is attempted before it fails.
const lostAfter = 250 * time.Millisecond

type host struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	lost   atomic.Bool // its packets are lost
}

// Accept is a net.Listener's, as are Close and Addr.
func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *host) Addr() net.Addr { return &net.TCPAddr{} }

// Serve makes handler the host of that name. The result kills the host with all of its
// connections.
func (n *Net) Serve(name string, handler http.Handler) (kill func()) {
	h := &host{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name+":80"] = h
	n.mu.Unlock()
	var handlers atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Add(-1)
		handler.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(h)
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			n.mu.Lock()
			if n.hosts[name+":80"] == h {
				delete(n.hosts, name+":80")
			}
			n.mu.Unlock()
			_ = server.Close()
			<-ended
			for handlers.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
		})
	}
}

// Dial connects to a host, as net.Dialer.DialContext does.
func (n *Net) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	n.dials[address]++
	n.mu.Unlock()
	if h == nil {
		return nil, syscall.ECONNREFUSED
	}
	if h.lost.Load() {
		select {
		case <-time.After(lostAfter):
		case <-ctx.Done():
		}
		return nil, os.ErrDeadlineExceeded
	}
	here, there := net.Pipe()
	select {
	case h.conns <- there:
		return here, nil
	case <-h.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
