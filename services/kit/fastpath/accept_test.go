package fastpath

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
)

// lacking is a listener of a process that has no descriptors left, for a while.
type lacking struct {
	net.Listener
	fails atomic.Int64
}

func (s *lacking) Accept() (net.Conn, error) {
	if s.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return s.Listener.Accept()
}

func TestWithoutDescriptorsItTriesAgain(t *testing.T) {
	inner := &lacking{Listener: listen(t)}
	inner.fails.Store(3)
	s := serveAll(t, inner)
	p := s.dial()
	p.send(plainGET("/small"))
	p.answer()
	if n := s.told()[errLate]; n != 1 {
		t.Errorf("it was told %d times, want once", n)
	}
}

func TestAcceptErrorsAreReturned(t *testing.T) {
	inner := listen(t)
	l := Listen(inner, nil, func(error) {})
	_ = inner.Close()
	if err := http.Serve(l, nil); !errors.Is(err, net.ErrClosed) { //nolint:gosec // it serves nobody
		t.Errorf("got %v", err)
	}
	_ = l.Close()
	l.Break()
}
