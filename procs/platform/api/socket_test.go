package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/preflight"
)

func TestTheSocketIsOursAlone(t *testing.T) {
	s := serve(t, platformOf(t, platformtest.Supervisor{}), defaultTimeouts())
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode(), os.ModeSocket|0o600; got != want {
		t.Errorf("mode: got %s, want %s", got, want)
	}
	s.hangUp()
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end: got %v, want no socket", err)
	}
}

func TestAStaleSocketIsReplacedAndALiveOneIsNot(t *testing.T) {
	path := socketPath(t)
	if err := preflight.CheckNotRunning(path); err != nil {
		t.Errorf("without a socket: got %v, want no error", err)
	}
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrNoPlatform) || !strings.Contains(err.Error(), "RUN_PATH=") || !strings.Contains(err.Error(), "--headless") {
		t.Errorf("dial without a socket: got %v, want %v with the way out", err, ErrNoPlatform)
	}
	killed, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	killed.(*net.UnixListener).SetUnlinkOnClose(false) // as SIGKILL leaves it
	if err := preflight.CheckNotRunning(path); !errors.Is(err, procs.ErrAlreadyRunning) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d,", os.Getpid())) {
		t.Errorf("a live socket: got %v, want %v with our pid", err, procs.ErrAlreadyRunning)
	}
	for _, way := range []string{"attach", "ctl", "RUN_PATH"} {
		if err := preflight.CheckNotRunning(path); !strings.Contains(err.Error(), way) {
			t.Errorf("a live socket: got %v, want %s in it", err, way)
		}
	}
	_ = killed.Close() // a test's socket
	if err := preflight.CheckNotRunning(path); err != nil {
		t.Errorf("a stale socket: got %v, want no error", err)
	}
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrNoPlatform) {
		t.Errorf("dial of a stale socket: got %v, want %v", err, ErrNoPlatform)
	}
	l, err := listen(path)
	if err != nil {
		t.Fatalf("a stale socket: got %v, want it replaced", err)
	}
	_ = l.Close() // as above
}

func TestAFileThatIsNotASocketIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), platform.SocketName)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names it", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file: got %q, %v, want it as it was", b, err)
	}
}

// TestAClientThatDoesNotReadDelaysNothing fills a client's socket: supervision and
// the other clients go on, and the client is disconnected.
func TestAClientThatDoesNotReadDelaysNothing(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	timeouts := defaultTimeouts()
	timeouts.write = 2 * time.Second // long enough for a busy machine to serve a client that reads
	s := serve(t, l, timeouts)
	slow := unixConn(t, s.path)
	fmt.Fprint(slow, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(io.LimitReader(slow, 1)).ReadByte(); err != nil { // it is subscribed
		t.Fatal(err)
	}
	const lines, long = 3000, 1000 // more than sockets buffer
	other := dialed(t, s.path)
	_, events, _ := other.Subscribe(t.Context())
	got := make(chan int)
	go func() {
		n := 0
		for e := range events {
			if n += 1 + e.Dropped; e.Status() != nil {
				break
			}
		}
		got <- n
	}()
	began := time.Now()
	for i := range lines {
		l.OnLine("worker", fmt.Appendf(nil, `{"@level":"warn","@message":"%d %s"}`, i, strings.Repeat("x", long)))
	}
	l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7})
	if took := time.Since(began); took > platformtest.Deadline/2 {
		t.Errorf("the flood took %s: the slow client held it up", took)
	}
	if n := <-got; n != lines+1 {
		t.Errorf("another client: got %d events and drops, want %d", n, lines+1)
	}
	if p, _ := seen(t, other).Process("proxy"); p.PID != 7 {
		t.Errorf("another client's snapshot: got pid %d, want 7", p.PID)
	}
	platformtest.Await(t, "the slow client is disconnected", func() bool {
		return l.Subscribers() == 1
	})
}

func TestIdleClientsDoNotKeepThePlatformFromEnding(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	timeouts := defaultTimeouts()
	timeouts.end = 100 * time.Millisecond
	s := serve(t, l, timeouts)
	slow := unixConn(t, s.path)
	fmt.Fprint(slow, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
	half := unixConn(t, s.path)
	fmt.Fprint(half, "POST /command HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	platformtest.Await(t, "subscribed", func() bool {
		return l.Subscribers() == 1
	})
	ended := make(chan struct{})
	go func() { s.hangUp(); close(ended) }() // without the platform's end: the stream goes on
	select {
	case <-ended:
	case <-time.After(platformtest.Deadline):
		t.Fatal("the server waits for its clients")
	}
	for name, c := range map[string]net.Conn{"of events": slow, "of a command": half} {
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the connection %s is still open", name)
		}
	}
}

func TestTheSocketRefusesMalformedRequests(t *testing.T) {
	var done atomic.Int64
	l := platformOf(t, platformtest.Supervisor{OnCommand: func(string, procs.Action) error { done.Add(1); return nil }})
	timeouts := defaultTimeouts()
	timeouts.request, timeouts.idle = 200*time.Millisecond, 200*time.Millisecond
	path := serve(t, l, timeouts).path
	post := func(header, body string) string {
		return fmt.Sprintf("POST /command HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
	}
	const kind = "Content-Type: application/json\r\n"
	for _, c := range []struct {
		name, sent string
		status     string // empty: hung up on
		says       string
	}{
		{"no HTTP", "\x00\x01\x02\r\n\r\n", "400", ""},
		{"nothing at all", "", "", ""},
		{"half a header", "GET /snapshot HTTP/1.1\r\nHost:", "", ""},
		{"an endless header", "GET /snapshot HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 2*headerMost) + "\r\n\r\n", "431", ""},
		{"half a body", "POST /command HTTP/1.1\r\nHost: x\r\n" + kind + "Content-Length: 10\r\n\r\n{", "400", "command: "},
		{"an endless body", post(kind, `{"process":"`+strings.Repeat("a", 2*bodyMost)+`","action":"kill"}`), "400", "too large"},
		{"no JSON", post(kind, "kill proxy"), "400", "command: "},
		{"two commands", post(kind, `{"action":"kill","process":"proxy"}{}`), "400", "after it"},
		{"an unknown action", post(kind, `{"action":"explode","process":"proxy"}`), "400", "allowed are [kill"},
		{"an unknown field", post(kind, `{"action":"kill","process":"proxy","signal":9}`), "400", "signal"},
		{"a form", post("Content-Type: text/plain\r\n", `{"action":"kill","process":"proxy"}`), "415", "application/json"},
		{"a web page", post(kind+"Origin: http://evil.example\r\n", `{"action":"kill","process":"proxy"}`), "415", "web page"},
		{"a number that is not one", "GET /logs?since=-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400", `since=\"-1\"`},
		{"an unknown path", "GET /../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "30", ""},
		{"an unknown method", "DELETE /snapshot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := unixConn(t, path)
			_, _ = io.WriteString(conn, c.sent) // it may hang up before it has read everything
			b, err := io.ReadAll(conn)          // until it hangs up
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Fatalf("the server waits for it")
			}
			if c.status == "" && len(b) > 0 || !strings.HasPrefix(string(b), strings.TrimSuffix("HTTP/1.1 "+c.status, "HTTP/1.1 ")) || !strings.Contains(string(b), c.says) {
				t.Errorf("got %q, want status %q and %q", b, c.status, c.says)
			}
		})
	}
	if n := done.Load(); n != 0 {
		t.Errorf("%d commands were done, want none", n)
	}
	if err := dialed(t, path).Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill}); err != nil || done.Load() != 1 {
		t.Errorf("a good command afterwards: got %v, %d done", err, done.Load())
	}
}

func TestConnectionsBeyondTheLimitAreClosed(t *testing.T) {
	path := serve(t, platformOf(t, platformtest.Supervisor{}), defaultTimeouts()).path
	var kept []net.Conn
	for range clientsMost {
		c := unixConn(t, path)
		fmt.Fprint(c, "GET /snapshot HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("client %d: got %v, %v", len(kept)+1, resp, err)
		}
		kept = append(kept, c)
	}
	more := unixConn(t, path)
	_, _ = fmt.Fprint(more, "GET /snapshot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") // it may hang up before
	if b, _ := io.ReadAll(more); len(b) > 0 {                                                 // the end, or a reset
		t.Errorf("one more: got %q, want the end", b)
	}
	_ = kept[0].Close() // makes room
	platformtest.Await(t, "room again", func() bool {
		r, err := Dial(t.Context(), path)
		if err == nil {
			r.Close()
		}
		return err == nil
	})
}

func TestEndedReportsACleanEnd(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	r := dialed(t, serve(t, l, defaultTimeouts()).path)
	ended := make(chan error, 1)
	go func() { ended <- r.Ended(t.Context()) }()
	platformtest.Await(t, "it is subscribed", func() bool {
		return l.Subscribers() == 1
	})
	l.EndSubscriptions()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
	case <-time.After(platformtest.Deadline):
		t.Fatal("Ended did not return")
	}
}

func TestEndedReportsALostPlatform(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	timeouts := defaultTimeouts()
	timeouts.end = 0
	s := serve(t, l, timeouts)
	r := dialed(t, s.path)
	last := seen(t, r)
	ended := make(chan error, 1)
	go func() { ended <- r.Ended(t.Context()) }()
	platformtest.Await(t, "it is subscribed", func() bool {
		return l.Subscribers() == 1
	})
	s.hangUp() // as SIGKILL would: the stream breaks, and the socket is closed
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "has disappeared") || !strings.Contains(err.Error(), s.path) {
			t.Errorf("got %v, want that it has disappeared, and its path", err)
		}
	case <-time.After(platformtest.Deadline):
		t.Fatal("Ended did not return")
	}
	if got, err := r.Snapshot(t.Context()); err == nil || got.At != last.At || len(got.Processes) != len(last.Processes) {
		t.Errorf("its snapshot: got one of %s, want the last, of %s", got.At, last.At)
	}
	if err := r.Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill}); !errors.Is(err, ErrNoPlatform) {
		t.Errorf("a command: got %v, want %v", err, ErrNoPlatform)
	}
}

// TestABrokenConnectionIsReopened cuts the stream of a platform that goes on.
func TestABrokenConnectionIsReopened(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	first := make(chan struct{})
	var streams atomic.Int64
	routes := (&server{platform: l, layout: platformtest.DefaultLayout(t), timeouts: defaultTimeouts()}).routes()
	path := serveHandler(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" && streams.Add(1) == 1 {
			s := l.Now()
			_ = json.NewEncoder(w).Encode(streamLine{Snapshot: &s})
			_ = http.NewResponseController(w).Flush()
			close(first)
			panic(http.ErrAbortHandler)
		}
		routes.ServeHTTP(w, r)
	})
	r := dialed(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Ended(ctx) }()
	<-first
	platformtest.Await(t, "another stream", func() bool { return streams.Load() > 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// shortTimeout is for answers that never come.
const shortTimeout = 200 * time.Millisecond

func TestAPlatformThatDoesNotAnswerTimesOut(t *testing.T) {
	path := socketPath(t)
	l, err := net.Listen("unix", path) // and never accepts, like a process that is stopped
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := dial(t.Context(), path, shortTimeout); err == nil || !strings.Contains(err.Error(), "does not answer") || errors.Is(err, ErrNoPlatform) {
		t.Errorf("got %v, want that it does not answer", err)
	}
}

func TestAnAnswerThatStopsInTheMiddleTimesOut(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	routes := (&server{platform: l, layout: platformtest.DefaultLayout(t), timeouts: defaultTimeouts()}).routes()
	path := serveHandler(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/snapshot" {
			routes.ServeHTTP(w, r)
			return
		}
		_ = http.NewResponseController(w).Flush() // a header, and nothing after it
		<-r.Context().Done()
	})
	r := dialed(t, path)
	r.timeout = shortTimeout
	done := make(chan string, 1)
	go func() {
		_, events, _ := r.Subscribe(t.Context())
		for range events { // until it is closed
		}
		lines, _ := r.Logs(t.Context(), 0, 1)
		_, err := r.open(t.Context())
		done <- fmt.Sprint(lines, err)
	}()
	select {
	case got := <-done:
		if !strings.HasPrefix(got, "[]") || !strings.Contains(got, "does not answer") {
			t.Errorf("got %s, want no lines and that it does not answer", got)
		}
	case <-time.After(platformtest.Deadline):
		t.Fatal("a client waits for it")
	}
}
