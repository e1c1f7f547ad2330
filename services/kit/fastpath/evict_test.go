package fastpath

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// serveFew is serveAll of a Listener that has room for so many.
func serveFew(t *testing.T, most int) *served {
	return serveAll(t, listen(t), func(l *Listener) {
		l.short = func(net.Conn) bool { return len(l.list()) >= most }
	})
}

// isOver reports whether the connection is closed from the other end.
func (p *peer) isOver() bool {
	p.t.Helper()
	_, err := p.in.ReadByte()
	if err == nil {
		p.t.Error("there is something to read")
	}
	var n net.Error
	return !errors.As(err, &n) || !n.Timeout()
}

// idles waits until the listener finds that one idle, and for so long.
func (s *served) idles(p *peer, d time.Duration) {
	s.t.Helper()
	await(s.t, "one is idle", func() bool {
		for _, c := range s.l.list() {
			if c.wire.RemoteAddr().String() == p.LocalAddr().String() && c.isIdle() {
				c.since.Store(c.since.Load() - int64(d))
				return true
			}
		}
		return false
	})
}

func (s *served) asks(p *peer) {
	s.t.Helper()
	p.send(plainGET("/small"))
	if _, body := p.answer(); body != "small" {
		s.t.Errorf("got %q", body)
	}
}

func TestANewConnectionTakesThePlaceOfTheOneIdleTheLongest(t *testing.T) {
	for _, c := range []struct {
		name   string
		others func(s *served) (goes *peer, stay []*peer)
	}{
		{"one that never asked, however old the others are", func(s *served) (*peer, []*peer) {
			a, b, silent := s.dial(), s.dial(), s.dial()
			s.asks(a)
			s.asks(b)
			s.idles(a, time.Hour)
			s.idles(b, time.Minute)
			s.idles(silent, 0)
			return silent, []*peer{a, b}
		}},
		{"the first of those that never asked", func(s *served) (*peer, []*peer) {
			silent := []*peer{s.dial(), s.dial(), s.dial()}
			for _, p := range silent {
				s.idles(p, 0)
			}
			return silent[0], silent[1:]
		}},
		{"the one whose answer is the oldest", func(s *served) (*peer, []*peer) {
			list := []*peer{s.dial(), s.dial(), s.dial()}
			for i, p := range list {
				s.asks(p)
				s.idles(p, []time.Duration{time.Second, time.Minute, time.Millisecond}[i])
			}
			return list[1], []*peer{list[0], list[2]}
		}},
		{"one that has not sent its first request whole", func(s *served) (*peer, []*peer) {
			a, partial, b := s.dial(), s.dial(), s.dial()
			s.asks(a)
			s.asks(b)
			partial.send("GET /small HTTP/1.1\r\nHo")
			await(s.t, "it is the server's", func() bool { return s.stateOf(partial) == resting })
			s.idles(a, time.Hour)
			s.idles(b, time.Hour)
			return partial, []*peer{a, b}
		}},
		{"one of the server's that is idle", func(s *served) (*peer, []*peer) {
			a, theirs, b := s.dial(), s.dial(), s.dial()
			s.asks(a)
			s.asks(b)
			theirs.send(plainGET("/other"))
			theirs.answer()
			s.idles(theirs, time.Hour)
			s.idles(a, 0)
			s.idles(b, 0)
			return theirs, []*peer{a, b}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveFew(t, 3)
			goes, stay := c.others(s)
			s.asks(s.dial())
			if !goes.isOver() {
				t.Error("it is still there")
			}
			for _, p := range stay {
				s.asks(p)
			}
			if got := s.told(); got[ErrEvicted] != 1 || got[ErrRefused] != 0 {
				t.Errorf("told: got %v, want one evicted", got)
			}
		})
	}
}

func TestWhereAllAreBusyANewConnectionIsRefused(t *testing.T) {
	s := serveFew(t, 2)
	busy, theirs := s.dial(), s.dial()
	busy.send(plainGET("/large"))
	theirs.send("POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
	await(t, "both are busy", func() bool {
		return s.stateOf(busy) == answering && s.stateOf(theirs) == serving && s.begun.Load() == 1
	})
	if p := s.dial(); !p.isOver() {
		t.Error("it was taken")
	}
	if got := s.told(); got[ErrRefused] != 1 || got[ErrEvicted] != 0 {
		t.Errorf("told: got %v, want one refused", got)
	}
	theirs.send("dy")
	if _, body := theirs.answer(); body != "POST /post body" {
		t.Errorf("got %q", body)
	}
	if _, body := busy.answer(); len(body) != big {
		t.Errorf("got %d bytes", len(body))
	}
	s.idles(busy, 0)
	s.idles(theirs, 0)
	if p := s.dial(); !p.isOver() {
		t.Error("it took the place of a player that is on air")
	}
	s.idles(busy, betweenRequests)
	s.asks(s.dial())
}

func TestAFloodOfSilentConnectionsBlocksNoOthers(t *testing.T) {
	s := serveFew(t, 50)
	player := s.dial()
	s.asks(player)
	for range 500 {
		s.dial()
	}
	s.asks(s.dial())
	s.asks(player)
	if got := s.told(); got[ErrEvicted] < 400 || got[ErrRefused] != 0 {
		t.Errorf("told: got %v, want some 450 evicted and none refused", got)
	}
	await(t, "no more are open than there is room for", func() bool { return len(s.l.list()) <= 51 })
}

func TestTheNumberOfADescriptorSaysHowManyThereAre(t *testing.T) {
	inner := listen(t)
	probe, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	taken, err := inner.Accept()
	if err != nil {
		t.Fatal(err)
	}
	next := descriptorOf(taken)
	if next <= listenerDescriptor(t, inner) {
		t.Errorf("got descriptor %d behind that of the listener", next)
	}
	_, _ = probe.Close(), taken.Close()
	s := serveAll(t, inner, func(l *Listener) { l.KeepBelow(next + 20) })
	first := s.dial()
	for range 30 { // both ends are ours, and have a descriptor each
		s.dial()
	}
	s.asks(s.dial())
	if b, err := io.ReadAll(first); len(b) > 0 || err != nil {
		t.Errorf("the first: got %q, %v, want its end", b, err)
	}
	if near, far := net.Pipe(); descriptorOf(near) != -1 {
		t.Error("a pipe has a descriptor")
	} else {
		_, _ = near.Close(), far.Close()
	}
}

func listenerDescriptor(t *testing.T, l net.Listener) (number int) {
	t.Helper()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { number = int(fd) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return number
}
