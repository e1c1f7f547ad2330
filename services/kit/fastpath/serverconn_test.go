package fastpath

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener of connections without buffers: a write returns when it is read.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p *pipes) Close() error   { close(p.over); return nil }

// piped serves h on pipes, in a bubble of do's own time.
func piped(t *testing.T, h http.HandlerFunc, do func(t *testing.T, dial func() net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		inner := &pipes{make(chan net.Conn), make(chan struct{})}
		l := Listen(inner, nil, func(error) {})
		srv := &http.Server{Handler: h, ConnState: l.ConnState, ReadHeaderTimeout: 10 * time.Second}
		done := make(chan struct{})
		go func() { defer close(done); _ = srv.Serve(l) }() // it is closed
		do(t, func() net.Conn {
			near, far := net.Pipe()
			inner.conns <- far
			return near
		})
		_ = l.Close()
		_ = srv.Close()
		<-done
		l.Break()
	})
}

func TestAClientThatReadsNothingIsCutOff(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(make([]byte, 100<<10))
		case "/file":
			_, _ = io.Copy(w, strings.NewReader(strings.Repeat("x", 100<<10)))
		case "/flushed":
			for http.NewResponseController(w).Flush() == nil {
				_, _ = io.WriteString(w, "x")
			}
		case "/error":
			http.Error(w, "no", http.StatusNotFound)
		}
	}
	for _, request := range []string{
		plainGET("/large"), plainGET("/file"), plainGET("/flushed"), plainGET("/error"), plainGET("/nothing"),
		"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "nonsense\r\n\r\n",
	} {
		t.Run(strings.Fields(request)[0]+" "+strings.Fields(request)[1%len(strings.Fields(request))], func(t *testing.T) {
			piped(t, handler, func(t *testing.T, dial func() net.Conn) {
				wire := dial()
				if _, err := io.WriteString(wire, request); err != nil {
					t.Fatal(err)
				}
				time.Sleep(readerStall - time.Second)
				synctest.Wait()
				if _, err := wire.Read(make([]byte, 1)); err != nil {
					t.Errorf("before its time: got %v", err)
				}
				time.Sleep(WriteLimit(100<<10) + time.Second)
				if _, err := io.Copy(io.Discard, wire); err != nil {
					t.Errorf("got %v, want the end", err)
				}
			})
		})
	}
}

func TestASlowReaderGoesOn(t *testing.T) {
	piped(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			_, _ = io.WriteString(w, "an event\n")
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(time.Minute) // nothing to tell
		}
	}, func(t *testing.T, dial func() net.Conn) {
		wire := dial()
		if _, err := io.WriteString(wire, plainGET("/events")); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(wire), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if n := strings.Count(string(b), "an event\n"); err != nil || n != 10 {
			t.Errorf("got %d events and %v, want 10", n, err)
		}
		_ = wire.Close()
	})
}

// deadlines is a connection that notes how long a write may take from now on.
type deadlines struct {
	net.Conn
	write []time.Duration
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	left := time.Duration(0)
	if !t.IsZero() {
		left = time.Until(t).Round(time.Second)
	}
	d.write = append(d.write, left)
	return nil
}
func (d *deadlines) SetDeadline(t time.Time) error { return d.SetWriteDeadline(t) }
func (d *deadlines) Write(b []byte) (int, error)   { return len(b), nil }

func TestAHandlersOwnDeadlineHoldsUntilItsAnswerIsOver(t *testing.T) {
	wire := &deadlines{}
	h := &serverConn{Conn: wire, c: &conn{l: Listen(nil, nil, nil)}}
	want := func(name string, list ...time.Duration) {
		t.Helper()
		if len(wire.write) != len(list) {
			t.Fatalf("%s: got %v, want %v", name, wire.write, list)
		}
		for i := range list {
			if wire.write[i] != list[i] {
				t.Errorf("%s: got %v, want %v", name, wire.write, list)
			}
		}
		wire.write = nil
	}
	_, _ = h.Write(make([]byte, 2*readerLeast))
	want("a write", readerStall+2*time.Second)
	_ = h.SetWriteDeadline(time.Now().Add(time.Hour))
	_, _ = h.Write(make([]byte, 10))
	want("the handler's", time.Hour)
	_ = h.SetWriteDeadline(time.Time{})
	_, _ = h.Write(make([]byte, 10))
	want("the next answer", 0, readerStall)
}

func TestAFileIsSentInPiecesWithALimitEach(t *testing.T) {
	const size = 3*pieceMost + 5
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, randomBody(size), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		most int64
		sent int64
	}{{"all of it", -1, size}, {"a part", pieceMost + 3, pieceMost + 3}, {"whole pieces", 2 * pieceMost, 2 * pieceMost}} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var from io.Reader = f
		if c.most >= 0 {
			from = io.LimitReader(f, c.most)
		}
		wire := &deadlines{}
		n, err := (&serverConn{Conn: wire, c: &conn{l: Listen(nil, nil, nil)}}).ReadFrom(from)
		if n != c.sent || err != nil {
			t.Errorf("%s: got %d, %v, want %d", c.name, n, err, c.sent)
		}
		if l, ok := from.(*io.LimitedReader); ok && l.N != 0 {
			t.Errorf("%s: %d are left", c.name, l.N)
		}
		if want := int(c.sent/pieceMost) + 1; len(wire.write) != want {
			t.Errorf("%s: got %d limits, want %d", c.name, len(wire.write), want)
		}
	}
}

func TestAConnectionThatTheServerClosesIsGoneOnce(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	l := Listen(&pipes{}, nil, func(error) {})
	h := &serverConn{Conn: near, c: newConn(l, near, 1)}
	_ = h.Close()
	if _, err := h.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	_ = h.Close()
	if len(l.fewer) != 1 {
		t.Error("nobody is told")
	}
}

// The kernel would buffer megabytes for each client that requests and never reads.
func TestAClientThatNeverReadsIsNotAnsweredWithoutEnd(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	if err := p.Conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	for range unsentInAll / unsentLeast { // a crowd: each has little of the kernel's memory
		s.dial()
	}
	await(t, "that is known", func() bool { return s.l.unsent.Load() == unsentLeast })
	const asked = 400
	body := strings.Repeat("b", 16<<10)
	go func() {
		for range asked {
			if _, err := io.WriteString(p, "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body); err != nil {
				return // the test is over
			}
		}
	}()
	last, since := int64(-1), time.Now()
	await(t, "no more is answered", func() bool {
		if n := s.byServer.Load(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
	if most := int64(asked / 4); last > most {
		t.Errorf("answered %d of %d, want %d at most", last, asked, most)
	}
}
