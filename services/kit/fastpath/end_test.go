package fastpath

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestCloseLetsAnswersEnd(t *testing.T) {
	s := serveAll(t, listen(t))
	idle, busy, theirs := s.dial(), s.dial(), s.dial()
	idle.send(plainGET("/small"))
	idle.answer()
	theirs.send(plainGET("/other"))
	theirs.answer()
	busy.send(plainGET("/large"))
	await(t, "one is idle, one answering", func() bool { return s.stateOf(idle) == waiting && s.stateOf(busy) == answering })
	if err := s.l.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(idle.in); err != nil || len(b) > 0 {
		t.Errorf("idle: got %q, %v, want the end", b, err)
	}
	if _, body := busy.answer(); len(body) != big {
		t.Errorf("busy: got %d bytes", len(body))
	}
	if _, err := busy.in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("busy: got %v, want the end", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.l.Wait(ctx); err == nil {
		t.Error("Wait: got nil, while the server has a connection")
	}
	if err := s.http.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.l.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAfterRefuseTheServerHasTheLastRequests(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small"))
	p.answer()
	s.l.Refuse()
	if c, err := net.Dial("tcp", s.l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("a new connection is taken")
	}
	p.send(plainGET("/small"))
	if _, body := p.answer(); body != "GET /small " {
		t.Errorf("got %q, want the server's", body)
	}
}

// tardy is a listener whose Accept has a connection while Close is called.
type tardy struct {
	net.Listener
	has, goOn chan struct{}
}

func (l *tardy) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		close(l.has)
		<-l.goOn
	}
	return c, err
}

func TestAConnectionAcceptedDuringCloseIsEnded(t *testing.T) {
	inner := &tardy{listen(t), make(chan struct{}), make(chan struct{})}
	s := serveAll(t, inner)
	p := s.dial()
	<-inner.has
	_ = s.l.Close()
	close(inner.goOn)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.l.Wait(ctx); err != nil {
		t.Error(err)
	}
	if b, err := io.ReadAll(p.in); err != nil || len(b) > 0 {
		t.Errorf("got %q, %v, want the end", b, err)
	}
}

// A listener may pause for lack of descriptors when Refuse is called. Wait still ends with
// its context.
func TestAWaitEndsWithItsContextWhileAcceptingPauses(t *testing.T) {
	inner := &tardy{listen(t), make(chan struct{}), make(chan struct{})}
	s := serveAll(t, inner)
	s.dial()
	<-inner.has // accepted, and not told yet
	s.l.Refuse()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	waited := make(chan error, 1)
	go func() { waited <- s.l.Wait(ctx) }()
	select {
	case err := <-waited:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's end", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits on")
	}
	close(inner.goOn)
}
