package api

import (
	"net"
	"sync"
)

// clientsMost is how many connections are served at the same time.
const clientsMost = 64

func newBoundedListener(l net.Listener) net.Listener {
	return &boundedListener{Listener: l, room: make(chan struct{}, clientsMost)}
}

// boundedListener closes connections beyond clientsMost at once: each is a file descriptor
// that the supervision may need.
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
			_ = c.Close() // the client sees the end
		}
	}
}

// boundedConn is a connection that takes up room until it is closed.
type boundedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
