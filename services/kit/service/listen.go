package service

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/dial"
)

// listen returns the listeners of a service at addr: the sockets that were handed
// down, or one of its own. A single one on loopback gets its mirror.
func listen(addr string, k Kit) (list []net.Listener, inherited bool, err error) {
	list, err = inherit(k.Env, k.Name)
	if err != nil {
		return nil, false, err
	}
	inherited = len(list) > 0
	if !inherited {
		l, err := net.Listen("tcp", withoutName(addr))
		if err != nil {
			return nil, false, fmt.Errorf("cannot listen on %s: %w; free the port or set another", addr, reason(err))
		}
		list = []net.Listener{l}
	}
	if len(list) == 1 {
		list = withMirror(list[0], inherited, k.Log)
	}
	return list, inherited, nil
}

// listenOnSocket listens for the supervisor: by the descriptor that it hands down, else
// on the socket at path; nil when there is neither.
func listenOnSocket(e Environment, path string) (net.Listener, error) {
	l, err := Connections(e)
	if l != nil || err != nil || path == "" {
		return l, err
	}
	if l, err = listenUnix(path); err != nil {
		return nil, fmt.Errorf("SERVICE_SOCKET=%q: cannot listen: %w", path, reason(err))
	}
	return l, nil
}

// listenUnix replaces a socket that a dead incarnation left behind, and nothing
// but a socket.
func listenUnix(path string) (net.Listener, error) {
	old, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case old.Mode()&os.ModeSocket == 0:
		return nil, errors.New("something other than a socket is there; set another path")
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return net.Listen("unix", path)
}

// listenTCP listens on an address beside the public one. When shared, another
// incarnation may have the address until it has handed over, and is waited for.
func listenTCP(addr string, shared bool) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if !shared || !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &awaited{at: at}, nil
}

// awaited is a listener on an address that another process still has: Accept fails
// with a temporary error until the address is free.
type awaited struct {
	at *net.TCPAddr

	mu     sync.Mutex
	l      *net.TCPListener // nil until the address is free; guarded by mu
	closed bool             // guarded by mu
}

// takenError is a temporary failure: the address is still taken.
type takenError struct{ error }

func (takenError) Timeout() bool   { return false }
func (takenError) Temporary() bool { return true }
func (e takenError) Unwrap() error { return e.error }

func (a *awaited) Accept() (net.Conn, error) {
	l, err := a.listen()
	if err != nil {
		return nil, err
	}
	return l.Accept()
}

func (a *awaited) listen() (*net.TCPListener, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, net.ErrClosed
	}
	if a.l == nil {
		l, err := net.ListenTCP("tcp", a.at)
		if err != nil {
			return nil, takenError{err}
		}
		a.l = l
	}
	return a.l, nil
}

func (a *awaited) Addr() net.Addr { return a.at }

func (a *awaited) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.l != nil {
		return a.l.Close()
	}
	return nil
}

// reason strips what net.OpError repeats: the caller names operation and address.
func reason(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}

func warnBeyondLoopback(log hclog.Logger, a net.Addr) {
	tcp, ok := a.(*net.TCPAddr)
	if ok && !tcp.IP.IsLoopback() {
		log.Warn("listening beyond loopback: anyone who reaches this address is served", "address", a.String())
	}
}

// withoutName returns a listening address with 127.0.0.1 in place of localhost. A service
// on loopback is called http://localhost:PORT, which machines resolve to either loopback
// address: so the service listens on 127.0.0.1 and on its mirror.
func withoutName(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && dial.IsLocalhost(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// mirrorOf returns the same port of the other loopback address; empty when a is on
// neither.
func mirrorOf(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return ""
	}
	port := strconv.Itoa(tcp.Port)
	switch tcp.IP.String() {
	case "127.0.0.1":
		return net.JoinHostPort("::1", port)
	case "::1":
		return net.JoinHostPort("127.0.0.1", port)
	}
	return ""
}

// withMirror returns l and, when it listens on one loopback address, a listener on the
// other one if the machine has it. When shared, another incarnation may still have it.
func withMirror(l net.Listener, shared bool, log hclog.Logger) []net.Listener {
	address := mirrorOf(l.Addr())
	if address == "" {
		return []net.Listener{l}
	}
	other, err := listenTCP(address, shared)
	switch {
	case err == nil:
		return []net.Listener{l, other}
	case errors.Is(err, syscall.EADDRINUSE):
		log.Warn("another program has the port on the other loopback address: localhost may lead there", "address", address)
	default:
		log.Debug("not listening on the other loopback address", "address", address, "reason", reason(err).Error())
	}
	return []net.Listener{l}
}
