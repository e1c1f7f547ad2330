package api

import (
	"net"
	"sync"
)

const (
	// clientsMost is how many connections are served at the same time.
	clientsMost = 64
)

func newBoundedListener(l net.Listener) net.Listener {
	return &boundedListener{Listener: l, room: make(chan struct{}, clientsMost)}
}

// bounded hangs up on whoever comes when there is no room: each connection is a
// file descriptor that supervision may need.
type boundedListener struct {
	net.Listener
	room chan struct{}
}

// Accept implements net.Listener.
func (b *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case b.room <- struct{}{}:
			return &boundedConn{Conn: c, leave: sync.OnceFunc(func() { <-b.room })}, nil
		default:
			_ = c.Close() // it sees that
		}
	}
}

// boundedConn is a connection that has its place until it is closed.
type boundedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *boundedConn) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
