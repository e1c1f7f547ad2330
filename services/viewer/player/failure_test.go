package player

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/viewer/stationtest"
)

func TestAFailureIsOfAKind(t *testing.T) {
	dialed := func(errno syscall.Errno) error {
		return &url.Error{Op: "Get", URL: "http://x", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}}
	}
	for _, c := range []struct {
		name string
		err  error
		want FailureKind
	}{
		{"nothing listens", dialed(syscall.ECONNREFUSED), Refused},
		{"the connection is reset before any answer", dialed(syscall.ECONNRESET), BrokenOff},
		{"the other end is closed while it is asked", dialed(syscall.EPIPE), BrokenOff},
		{"the connection ends before any answer", &url.Error{Op: "Get", URL: "http://x", Err: io.EOF}, BrokenOff},
		{"the header ends in the middle", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), BrokenOff},
		{"the body ends in the middle", &cutError{5, 9, io.ErrUnexpectedEOF}, BrokenOff},
		{"the body is refused in the middle", &cutError{5, -1, errors.New("bad chunk")}, BrokenOff},
		{"another status", &refused{http.StatusServiceUnavailable}, BadStatus},
		{"not in time", &lateError{"no answer for 10s"}, Late},
		{"a name that does not resolve", dialed(syscall.EHOSTUNREACH), FailedOtherwise},
		{"a range of another length", errors.New("5 bytes where a range of 9 was asked for"), FailedOtherwise},
	} {
		if got := kindOf(c.err); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAFailureOfARealConnectionIsOfItsKind(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()
	server := func(answer http.HandlerFunc) string {
		s := httptest.NewServer(answer)
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, c := range []struct {
		name, url string
		order     order
		want      FailureKind
	}{
		{"nothing listens", nobody, order{}, Refused},
		{"no answer", server(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), order{}, BrokenOff},
		{"half an answer", server(func(w http.ResponseWriter, _ *http.Request) { stationtest.Cut(w, []byte("abcdef")) }), order{}, BrokenOff},
		{"another status", server(http.NotFound), order{}, BadStatus},
		{"a body that does not end", server(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}), order{within: 50 * time.Millisecond}, Late},
	} {
		c.order.url, c.order.limit = c.url, 100
		if c.order.within == 0 {
			c.order.within = time.Minute
		}
		client := NewClient(false)
		_, err := transfer(t.Context(), client, c.order, func(Wait) {})
		client.CloseIdleConnections()
		if got := kindOf(err); got != c.want {
			t.Errorf("%s: got %s of %v, want %s", c.name, got, err, c.want)
		}
	}
}
