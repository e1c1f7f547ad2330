package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// listensPatience is how long a process that listens at a path may take to show it.
const listensPatience = time.Second

// ErrListens says that the path is another process's.
var ErrListens = errors.New("another process listens there")

// Listener listens on a unix socket at a path, for this user alone. Renew listens
// there anew when the path is gone, which a caller of Accept does not notice. Safe for
// concurrent use.
type Listener struct {
	path string

	mu      sync.Mutex
	current *net.UnixListener // nil before the first Renew that succeeds; guarded by mu
	there   os.FileInfo       // of the path, as current made it; guarded by mu
	changed chan struct{}     // closed when current changes or Close is called; guarded by mu
	closed  bool              // guarded by mu
}

var _ net.Listener = (*Listener)(nil)

// NewListener returns a Listener that does not listen yet: Renew does.
func NewListener(path string) *Listener {
	return &Listener{path: path, changed: make(chan struct{})}
}

// Path is where it listens, or would.
func (l *Listener) Path() string { return l.path }

// Renew listens at the path unless it does already. What a killed process left there is
// replaced. A file that is no socket is left alone, and so is a socket that another
// process listens on.
func (l *Listener) Renew() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := os.Lstat(l.path)
	switch {
	case l.closed:
		return net.ErrClosed
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case l.current != nil && os.SameFile(info, l.there):
		return nil
	case info.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("%s is there and is no socket: remove it", l.path)
	case Listens(l.path):
		return fmt.Errorf("%s: %w", l.path, ErrListens)
	default:
		if err := remove(l.path); err != nil {
			return fmt.Errorf("socket that an earlier run left: %w", err)
		}
	}
	next, err := net.ListenUnix("unix", &net.UnixAddr{Name: l.path, Net: "unix"})
	if err != nil {
		err = fmt.Errorf("cannot listen on %s: %w", l.path, reasonOf(err))
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EOPNOTSUPP) {
			err = fmt.Errorf("%w: its file system holds no sockets; set RUN_PATH to a folder on another", err)
		}
		return err
	}
	next.SetUnlinkOnClose(false) // what is at the path by then may be another's
	if err := os.Chmod(l.path, 0o600); err != nil {
		return errors.Join(err, next.Close())
	}
	if info, err = os.Lstat(l.path); err != nil {
		return errors.Join(err, next.Close())
	}
	if l.current != nil {
		_ = l.current.Close() // it has no path any more
	}
	l.current, l.there = next, info
	l.change()
	return nil
}

// Listens reports whether a process listens on the socket at path.
func Listens(path string) bool {
	c, err := net.DialTimeout("unix", path, listensPatience)
	if err == nil {
		_ = c.Close() // nothing was sent
	}
	return err == nil || errors.Is(err, syscall.EAGAIN) // it listens and does not accept
}

// Replaced reports whether another socket is at the path. An incarnation of an earlier
// version makes one there.
func (l *Listener) Replaced() bool {
	info, err := os.Lstat(l.path)
	l.mu.Lock()
	defer l.mu.Unlock()
	return err == nil && info.Mode()&os.ModeSocket != 0 && !(l.there != nil && os.SameFile(info, l.there))
}

// change wakes the callers of Accept that wait for a path. Needs mu.
func (l *Listener) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Accept implements net.Listener. While there is no path it waits for one.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		current, changed, closed := l.current, l.changed, l.closed
		l.mu.Unlock()
		switch {
		case closed:
			return nil, net.ErrClosed
		case current == nil:
			<-changed
			continue
		}
		c, err := current.Accept()
		if err == nil || !errors.Is(err, net.ErrClosed) {
			return c, err
		} // it was replaced, or closed
	}
}

// Close implements net.Listener. It removes the path.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	defer l.change()
	if l.current == nil {
		return nil
	}
	err := l.current.Close()
	if info, lost := os.Lstat(l.path); lost == nil && os.SameFile(info, l.there) {
		err = errors.Join(err, remove(l.path))
	}
	return err
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// remove removes a file that may have gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
