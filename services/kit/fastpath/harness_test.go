package fastpath

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// errLate stands for any other error of accepting.
var errLate = errors.New("late")

// served is a Listener with an http.Server behind it.
type served struct {
	t        *testing.T
	l        *Listener
	http     *http.Server
	byServer atomic.Int64 // requests that the http.Server answered
	begun    atomic.Int64 // requests that it has begun to answer

	mu     sync.Mutex
	reason map[error]int // the calls of late by error; guarded by mu
}

// told returns how often late was called with each error.
func (s *served) told() map[error]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.reason)
}

// serveAll serves the connections of inner. The functions with change the Listener before.
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

// peer is a client's connection.
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

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// stateOf returns the state of the peer's connection, ended when there is no connection.
// An answer arrives before the connection waits again.
func (s *served) stateOf(p *peer) connState {
	for _, c := range s.l.list() {
		if c.wire.RemoteAddr().String() == p.LocalAddr().String() {
			return c.state.Load()
		}
	}
	return ended
}
