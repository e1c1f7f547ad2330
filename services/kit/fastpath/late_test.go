package fastpath

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

func TestLateConnectionsAreEnded(t *testing.T) {
	s := serveAll(t, listen(t))
	silent, idle, stuck, slow := s.dial(), s.dial(), s.dial(), s.dial()
	idle.send(plainGET("/small"))
	idle.answer()
	stuck.send(plainGET("/large"))
	slow.send(plainGET("/other"))
	slow.answer()
	await(t, "one is idle, one answering", func() bool { return s.stateOf(idle) == waiting && s.stateOf(stuck) == answering })
	limits := []time.Duration{firstRequest, nextRequest, WriteLimit(big)}
	for i, p := range []*peer{silent, idle, stuck} {
		for _, c := range s.l.list() {
			if c.wire.RemoteAddr().String() == p.LocalAddr().String() {
				c.endLate(time.Now().Add(limits[i] - 3*time.Second))
				if c.state.Load() == ended {
					t.Errorf("%d ended before its time", i)
				}
				c.endLate(time.Now().Add(limits[i] + time.Second))
			}
		}
		if _, err := io.Copy(io.Discard, p.in); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%d: got %v, want its end", i, err)
		}
	}
	for _, c := range s.l.list() {
		c.endLate(time.Now().Add(time.Hour)) // not ours
	}
	slow.send(plainGET("/again"))
	slow.answer()
}

// Connections may come faster than they are served: that does not make them late.
func TestAConnectionThatIsNotServedYetIsNotLate(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	c := newConn(Listen(listen(t), func([]byte) *Response { return nil }, func(error) {}), near, 1)
	c.endLate(time.Now().Add(firstRequest - time.Second))
	if c.state.Load() != waiting {
		t.Error("it was let go at once")
	}
}

// A step of the wall clock, by an operator or NTP, is no time that has gone by.
func TestAStepOfTheClockEndsNoConnection(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small"))
	p.answer()
	now, stepped := time.Now(), time.Now()
	*(*uint64)(unsafe.Pointer(&stepped)) += 3600 << 30 // the wall clock's seconds, see time.Time
	if stepped.Unix()-now.Unix() < 3600 || stepped.Sub(now) > time.Minute {
		t.Fatalf("got %s, want a step of the wall clock only", stepped)
	}
	for _, c := range s.l.list() {
		c.endLate(stepped)
	}
	p.send(plainGET("/small"))
	p.answer()
}

// A socket that is handed down is listened on long before it is accepted from.
func TestTheTimeBeforeTheFirstAcceptDoesNotCount(t *testing.T) {
	l := Listen(listen(t), func([]byte) *Response { return nil }, func(error) {})
	l.tick(time.Now().Add(-time.Hour)) // as if that was when it listened
	over := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		over <- err
	}()
	s := &served{t: t, l: l}
	s.dial()
	await(t, "it is taken", func() bool { return len(l.list()) == 1 })
	for _, c := range l.list() {
		c.endLate(time.Now())
		if c.state.Load() == ended {
			t.Error("it was let go at once")
		}
	}
	_ = l.Close()
	l.Break()
	if err := <-over; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: got %v", err)
	}
}
