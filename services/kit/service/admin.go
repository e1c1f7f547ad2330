package service

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// Admin says where a PlayersOnly serves what is not for players. The zero value: on
// its socket alone.
type Admin struct {
	Public bool // on the address that players use, too
	Port   Port // on this one; 0: on none
}

// UnmarshalText implements encoding.TextUnmarshaler: none, public or a port.
func (a *Admin) UnmarshalText(b []byte) error {
	*a = Admin{}
	switch string(b) {
	case "none":
		return nil
	case "public":
		a.Public = true
		return nil
	}
	if a.Port.UnmarshalText(b) != nil {
		return errors.New("not a place; allowed are none, public, and a port from 1 to 65535")
	}
	return nil
}

// Address is what AdminAddress returns for a service at the address of players, with
// the port bound to host.
func (a Admin) Address(players, host string) string {
	switch {
	case a.Public:
		return players
	case a.Port != 0:
		return net.JoinHostPort(host, strconv.Itoa(int(a.Port)))
	}
	return ""
}

// adminAddress is empty where what is not for players has no address of its own.
func adminAddress(s Service) string {
	p, ok := s.(PlayersOnly)
	if !ok || p.AdminAddress() == s.Address() {
		return ""
	}
	return p.AdminAddress()
}

// listenAdmin listens on addr, one beside that of players. Where shared, another incarnation may have the address
// until it has handed over: then it is waited for.
func listenAdmin(addr string, shared bool) (net.Listener, error) {
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

// awaited is a listener on an address that somebody else has still: Accept fails for
// now, and may be tried again.
type awaited struct {
	at *net.TCPAddr

	mu     sync.Mutex
	l      *net.TCPListener // nil before it has the address; guarded by mu
	closed bool             // guarded by mu
}

// takenError is a failure that passes.
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
