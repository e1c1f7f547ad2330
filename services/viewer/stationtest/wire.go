package stationtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"livestream-tui/services/kit/httpx"
)

// Wire is a network without sockets, for tests in a bubble of testing/synctest: hosts by
// their names.
type Wire struct {
	mu    sync.Mutex
	hosts map[string]*pipes
}

// NewWire returns a network without hosts.
func NewWire() *Wire { return &Wire{hosts: map[string]*pipes{}} }

// Serve makes h the host with that name; down takes it off the network.
func (n *Wire) Serve(name string, h http.Handler) (down func()) {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name+":80"] = l
	n.mu.Unlock()
	server := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
	return func() {
		_ = server.Close()
		<-ended
	}
}

// Client returns a client with connections of its own.
func (n *Wire) Client() *http.Client {
	return httpx.New(httpx.Options{Idle: 4, Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
		n.mu.Lock()
		l := n.hosts[address]
		n.mu.Unlock()
		if l == nil {
			return nil, fmt.Errorf("no host %s", address)
		}
		here, there := net.Pipe()
		select {
		case l.conns <- there:
			return here, nil
		case <-l.closed:
			return nil, fmt.Errorf("%s refused the connection", address)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
}

// pipes is a listener of net.Pipe.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }
