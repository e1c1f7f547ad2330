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
	pid := 0
	if c, ok := conn.(*net.UnixConn); ok {
		pid = peer(c)
	}
	return procs.AlreadyRunning(pid, "socket "+path)
}

// listen makes the socket, for us alone. The caller holds the run folder's lock
// and has found nobody listening: a socket that is there was left by a platform
// that was killed.
func listen(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		return nil, fmt.Errorf("control socket: %s is there and is no socket: remove it", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket that an earlier run left: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	// Until here the folder, 0700, has kept others out.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	return &bounded{Listener: l, room: make(chan struct{}, clientsMost)}, nil
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
