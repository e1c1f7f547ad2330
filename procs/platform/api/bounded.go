package api

import (
	"net"
	"sync"
)

const (
	// clientsMost is how many connections are served at the same time.
	clientsMost = 64
)

func newBounded(l net.Listener) net.Listener {
	return &bounded{Listener: l, room: make(chan struct{}, clientsMost)}
}

// bounded hangs up on whoever comes when there is no room: each connection is a
// file descriptor that supervision may need.
type bounded struct {
	net.Listener
	room chan struct{}
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case b.room <- struct{}{}:
			return &guest{Conn: c, leave: sync.OnceFunc(func() { <-b.room })}, nil
		default:
			_ = c.Close() // it sees that
		}
	}
}

// guest is a connection that has its place until it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
