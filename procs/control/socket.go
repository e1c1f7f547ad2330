package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs"
)

const (
	socketName = "control.sock"
	// livePatience is how long a connection to the socket may take.
	livePatience = time.Second
	// clientsMost is how many connections are served at the same time.
	clientsMost = 64
)

// SocketPath is where the platform with that run folder serves its interface.
func SocketPath(runPath string) string { return filepath.Join(runPath, socketName) }

// alone is nil unless somebody listens on the socket; then it wraps
// procs.ErrAlreadyRunning and says who. The lock tells of another instance as
// well, but for one whose lock file was removed.
func alone(path string) error {
	conn, err := (&net.Dialer{Timeout: livePatience}).DialContext(context.Background(), "unix", path)
	if errors.Is(err, syscall.EAGAIN) { // it listens and does not accept
		return procs.AlreadyRunning(0, "socket "+path)
	}
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	who, ok := procs.PeerOf(conn)
	if ok && who.UID != os.Getuid() {
		return nil // the folder is refused, and says why
	}
	return procs.AlreadyRunning(who.PID, "socket "+path)
}

// listen makes the socket at a path that nobody looks after.
func listen(path string) (net.Listener, error) {
	l := procs.NewListener(path)
	if err := l.Renew(); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return newBounded(l), nil
}

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
