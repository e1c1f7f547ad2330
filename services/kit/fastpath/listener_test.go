package fastpath

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// errLate stands for why no connection could be taken.
var errLate = errors.New("late")

// served is a Listener with an http.Server behind it.
type served struct {
	t        *testing.T
	l        *Listener
	http     *http.Server
	byServer atomic.Int64 // requests that the http.Server answered
	begun    atomic.Int64 // requests that it has begun to answer

	mu     sync.Mutex
	reason map[error]int // what was told, how often; guarded by mu
}

// told is what the listener has told, how often.
func (s *served) told() map[error]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.reason)
}

const (
	segment = 300 << 10
	big     = 16 << 20 // more than the kernel takes
)

// serveAll serves what inner accepts; with changes the Listener before.
func serveAll(t *testing.T, inner net.Listener, with ...func(*Listener)) *served {
	t.Helper()
	small := NewResponse(http.Header{"Etag": {`"s"`}, "Content-Type": {"text/plain"}}, []byte("small"))
	middle := NewResponse(http.Header{}, make([]byte, segment))
	large := NewResponse(http.Header{}, bytes.Repeat([]byte("x"), big))
	s := &served{t: t, reason: map[error]int{}}
	s.l = Listen(inner, func(target []byte) *Response {
		switch string(target) {
		case "/small":
			return small
		case "/nothing":
			return NewResponse(http.Header{}, nil)
		case "/segment":
			return middle
		case "/large":
			return large
		}
		return nil
	}, func(reason error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !errors.Is(reason, ErrEvicted) && !errors.Is(reason, ErrRefused) {
			reason = errLate
		}
		s.reason[reason]++
	})
	for _, change := range with {
		change(s.l)
	}
	s.http = &http.Server{MaxHeaderBytes: 1 << 10, ConnState: s.l.ConnState, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.begun.Add(1)
		b, _ := io.ReadAll(r.Body)
		s.byServer.Add(1)
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, b)
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.http.Serve(s.l) }()
	t.Cleanup(func() {
		_ = s.http.Close()
		s.l.Break()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve: got %v", err)
		}
	})
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// peer is a connection to what is served.
type peer struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func (s *served) dial() *peer {
	s.t.Helper()
	c, err := net.Dial("tcp", s.l.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return &peer{c, s.t, bufio.NewReader(c)}
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) answer() (*http.Response, string) {
	p.t.Helper()
	res, err := http.ReadResponse(p.in, &http.Request{Method: http.MethodGet})
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(b)
}

func plainGET(target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(lines, ""), "\r\n") + "\r\n"
}

func TestPlainRequestsAreAnsweredAndOthersAreTheServers(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small") + plainGET("/large"))
	res, body := p.answer()
	if date, err := http.ParseTime(res.Header.Get("Date")); body != "small" || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/plain" || err != nil || time.Since(date) > time.Minute {
		t.Errorf("got %v and %q", res, body)
	}
	if res, body = p.answer(); len(body) != big || res.ContentLength != big {
		t.Errorf("got %d bytes of %d, want %d", len(body), res.ContentLength, big)
	}
	p.send(plainGET("/small", `If-None-Match: "s"`))
	if res, body = p.answer(); res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Etag") != `"s"` || res.Header.Get("Content-Type") != "" {
		t.Errorf("who has it: got %v and %q", res, body)
	}
	p.send(plainGET("/small", `If-None-Match: "other"`))
	if res, body = p.answer(); res.StatusCode != 200 || body != "small" {
		t.Errorf("who has another: got %v and %q", res, body)
	}
	if n := s.byServer.Load(); n != 0 {
		t.Errorf("the server answered %d, want none", n)
	}
	p.send(plainGET("/small", "Range: bytes=0-"))
	if res, body = p.answer(); res.StatusCode != http.StatusPartialContent || body != "small" || res.Header.Get("Content-Range") != "bytes 0-4/5" || res.ContentLength != 5 || res.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("the range of all: got %v and %q", res, body)
	}
	p.send(plainGET("/small", "Range: bytes=0-", `If-None-Match: "s"`))
	if res, body = p.answer(); res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Content-Range") != "" {
		t.Errorf("the range of all of what it has: got %v and %q", res, body)
	}
	p.send(plainGET("/nothing", "Range: bytes=0-"))
	if res, body = p.answer(); res.StatusCode != 200 || body != "" {
		t.Errorf("the range of nothing: got %v and %q", res, body)
	}
	if n := s.byServer.Load(); n != 0 {
		t.Errorf("the server answered %d, want none", n)
	}
	// One that is plain, one that is not, in one piece with the next one's beginning.
	p.send(plainGET("/small") + "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" + "GET /sm")
	if _, body = p.answer(); body != "small" {
		t.Errorf("got %q", body)
	}
	if _, body = p.answer(); body != "POST /post body" {
		t.Errorf("got %q", body)
	}
	p.send("all HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, body = p.answer(); body != "GET /small " {
		t.Errorf("got %q: where one was the server's, all are", body)
	}
}

func TestARequestInPiecesIsTheServers(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send("GET /small HTTP/1.1\r\nHo")
	await(t, "the connection is the server's", func() bool {
		for _, c := range s.l.list() {
			return c.state.Load() == resting
		}
		return false
	})
	p.send("st: x\r\n\r\n")
	if _, body := p.answer(); body != "GET /small " {
		t.Errorf("got %q", body)
	}
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestWhoGoesLeavesNothing(t *testing.T) {
	s := serveAll(t, listen(t))
	for _, text := range []string{"", plainGET("/small"), plainGET("/large"), plainGET("/other"), "GET"} {
		p := s.dial()
		p.send(text)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	half := s.dial() // says that nothing comes any more, and reads on
	half.send(plainGET("/small"))
	if err := half.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(half.in); err != nil || !strings.HasSuffix(string(b), "small") {
		t.Errorf("got %q, %v", b, err)
	}
	await(t, "no connection is left", func() bool { return len(s.l.list()) == 0 })
}

// stateOf is the state of that one's connection, ended when there is none. An answer
// is read before its connection waits again.
func (s *served) stateOf(p *peer) connState {
	for _, c := range s.l.list() {
		if c.wire.RemoteAddr().String() == p.LocalAddr().String() {
			return c.state.Load()
		}
	}
	return ended
}

func TestWhoIsLateIsLetGo(t *testing.T) {
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

func TestAtTheEndWhoIsAnsweredIsAnsweredWhole(t *testing.T) {
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

// A crowd comes faster than each can be served: nobody is let go for that.
func TestWhoIsNotServedYetIsNotLate(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	c := newConn(Listen(listen(t), func([]byte) *Response { return nil }, func(error) {}), near, 1)
	c.endLate(time.Now().Add(firstRequest - time.Second))
	if c.state.Load() != waiting {
		t.Error("it was let go at once")
	}
}

// tardy is a listener whose Accept has a connection when Close comes.
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

func TestWhoIsAcceptedAsItClosesIsNotLeft(t *testing.T) {
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

// A step of the wall clock, by an operator or NTP, is no time that has gone by.
func TestAStepOfTheClockLetsNobodyGo(t *testing.T) {
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
func TestTheTimeBeforeTheFirstAcceptCountsForNobody(t *testing.T) {
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

// The http.Server ends what it sends before the connection, so that who is refused
// can read why.
func TestWhoIsRefusedByTheServerReadsWhy(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small", "A: "+strings.Repeat("x", 6<<10)))
	b, err := io.ReadAll(p.in)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 431 ") {
		t.Errorf("got %q, %v, want 431 and the end", b, err)
	}
}

func TestWhatTheServerHasReadIsNotKept(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/other"))
	p.answer()
	for _, c := range s.l.list() {
		if c.unread != nil {
			t.Errorf("%d bytes are kept as long as the connection", len(c.unread))
		}
	}
}

// What the kernel holds comes to its reader although the process is killed.
func TestASegmentIsTheKernelsAtOnceForASlowReader(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small"))
	p.answer()
	p.send(plainGET("/segment"))
	if _, err := p.in.Peek(1); err != nil {
		t.Fatal(err)
	}
	await(t, "nothing is left to send, though little is read", func() bool {
		list := s.l.list()
		return len(list) == 1 && list[0].state.Load() == waiting
	})
	if _, body := p.answer(); len(body) != segment {
		t.Errorf("got %d bytes, want %d", len(body), segment)
	}
}

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

// A listener may pause for want of descriptors when it is told to take no more: who
// waits for its end waits no longer than they said.
func TestAWaitEndsWithItsContextWhileNothingCanBeTaken(t *testing.T) {
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

func TestWhatCannotBeAcceptedFromIsTold(t *testing.T) {
	inner := listen(t)
	l := Listen(inner, nil, func(error) {})
	_ = inner.Close()
	if err := http.Serve(l, nil); !errors.Is(err, net.ErrClosed) { //nolint:gosec // it serves nobody
		t.Errorf("got %v", err)
	}
	_ = l.Close()
	l.Break()
}

func BenchmarkAnswer(b *testing.B) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	res := NewResponse(http.Header{"Etag": {`"s"`}}, make([]byte, 500))
	l := Listen(inner, func([]byte) *Response { return res }, func(error) {})
	go l.Accept() //nolint:errcheck // nothing is left to it
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	in, ask := make([]byte, 4096), []byte(plainGET("/small"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(ask); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(in); err != nil {
			b.Fatal(err)
		}
	}
	_ = c.Close()
	_ = l.Close()
	l.Break()
}
