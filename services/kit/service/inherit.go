package service

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"

	"livestream-tui/services/kit/handover"
)

// inherit returns the listening sockets that were handed down to the service called
// name; empty when there is none.
func inherit(e Environment, name string) ([]net.Listener, error) {
	names, err := handover.Names(e)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for i := range names {
		syscall.CloseOnExec(handover.First + i) // our children must not have them
	}
	chosen, err := handover.Listeners(names, name)
	if err != nil {
		return nil, err
	}
	var list []net.Listener
	for _, i := range chosen {
		l, err := inheritAt(e, handover.First+i, names[i])
		if err != nil {
			for _, l := range list {
				_ = l.Close() // never accepted from
			}
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// inheritAt returns the listening socket at a descriptor.
func inheritAt(e Environment, fd int, name string) (net.Listener, error) {
	f := os.NewFile(uintptr(fd), name)
	defer func() { _ = f.Close() }() // the listener has its own
	count := handover.CountVariable + "=" + e[handover.CountVariable]
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("%s: descriptor %d is no socket to listen on: %w", count, fd, reason(err))
	}
	if _, ok := l.(*net.TCPListener); !ok {
		_ = l.Close() // never accepted from
		return nil, fmt.Errorf("%s: descriptor %d is no TCP socket", count, fd)
	}
	return l, nil
}

// Connections returns a listener whose connections a supervisor passes on, or nil
// when no supervisor does. It stands in for the unix socket, on which the supervisor
// listens: so a folder that is removed does not part the two.
func Connections(e Environment) (net.Listener, error) {
	names, err := handover.Names(e)
	if err != nil {
		return nil, err
	}
	i := slices.Index(names, handover.Connections)
	if i < 0 {
		return nil, nil //nolint:nilnil // no supervisor, which is no error
	}
	return connectionsAt(handover.First + i)
}

func connectionsAt(fd int) (net.Listener, error) {
	syscall.CloseOnExec(fd) // our children must not have it
	f := os.NewFile(uintptr(fd), handover.Connections)
	defer func() { _ = f.Close() }() // the connection has its own
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("%s: descriptor %d (%s) is no socket: %w", handover.NamesVariable, fd, handover.Connections, reason(err))
	}
	pair, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: descriptor %d (%s) is no unix socket", handover.NamesVariable, fd, handover.Connections), c.Close())
	}
	return &passedListener{pair: pair, closed: make(chan struct{})}, nil
}

// passedListener is a listener whose connections a supervisor passes on.
type passedListener struct {
	pair   *net.UnixConn
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener. Once the supervisor has gone it blocks until Close:
// the service works on without it.
func (l *passedListener) Accept() (net.Conn, error) {
	c, err := handover.Receive(l.pair)
	if err != nil {
		<-l.closed
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close implements net.Listener.
func (l *passedListener) Close() error {
	defer l.once.Do(func() { close(l.closed) })
	return l.pair.Close()
}

// Addr implements net.Listener.
func (l *passedListener) Addr() net.Addr {
	return &net.UnixAddr{Name: handover.Connections, Net: "unix"}
}
