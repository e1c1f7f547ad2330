package service

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/fastpath"
)

const (
	childMode  = "RUNNER_TEST_CHILD"
	childReady = "RUNNER_TEST_READY" // a file: the child is ready once it is there
)

// TestMain lets this binary be the child of its own tests: a service that is handed
// a socket.
func TestMain(m *testing.M) {
	if os.Getenv(childMode) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	e := OSEnvironment()
	c, err := CommonFromEnv(e)
	if err == nil {
		err = Run(ctx, handedChild{fake{
			address: os.Getenv(childMode),
			ready: func() (bool, string) {
				_, err := os.Stat(os.Getenv(childReady))
				return err == nil, "no file"
			},
			routes: func(r *mux.Router) {
				r.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
				r.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ready") })
				r.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/plain")
					out := http.NewResponseController(w)
					if out.EnableFullDuplex() == nil && out.Flush() == nil {
						_, _ = io.Copy(w, r.Body) // as long as the test likes
					}
				})
			},
		}}, NewKit("fake", c, e, os.Stderr), c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}

// handedChild works on after a hand-over and says when it ends. It has some answers
// ready.
type handedChild struct{ fake }

var _ Direct = handedChild{}

var readyChild, largeChild = fastpath.NewResponse(http.Header{}, []byte("ready")), fastpath.NewResponse(http.Header{}, make([]byte, largeBody))

const largeBody = 8 << 20 // more than a connection holds

func (handedChild) Answer(target []byte) *fastpath.Response {
	switch string(target) {
	case "/ready":
		return readyChild
	case "/large":
		return largeChild
	}
	return nil
}

func (handedChild) HandedOver() { fmt.Println("handed over") }

func (handedChild) Run(ctx context.Context) error {
	<-ctx.Done()
	fmt.Println("work ended")
	return nil
}

// handed is a child with its socket.
type handed struct {
	*testing.T
	cmd    *exec.Cmd
	socket string // its unix socket
	out    *bufio.Scanner
	stderr *os.File
}

// hand starts a child that is handed l, or nothing when that is nil.
func hand(t *testing.T, l net.Listener, env ...string) *handed {
	t.Helper()
	if l == nil {
		return handFiles(t, nil, env...)
	}
	return handAll(t, []net.Listener{l}, env...)
}

// handFiles starts a child that is handed the files.
func handFiles(t *testing.T, files []*os.File, env ...string) *handed {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "run") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &handed{T: t, cmd: exec.Command(self), socket: filepath.Join(dir, "s")}
	if h.stderr, err = os.Create(filepath.Join(dir, "stderr")); err != nil {
		t.Fatal(err)
	}
	h.cmd.Stderr = h.stderr
	h.cmd.Env = append([]string{childMode + "=127.0.0.1:0", childReady + "=" + dir, "SERVICE_SOCKET=" + h.socket, "GORACE=atexit_sleep_ms=0"}, env...)
	h.cmd.ExtraFiles = files
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.out = bufio.NewScanner(out)
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill() // it may have ended
		_ = h.cmd.Wait()         // how does not matter here
	})
	return h
}

func (h *handed) errors() string {
	b, err := os.ReadFile(h.stderr.Name())
	if err != nil {
		h.Fatal(err)
	}
	return string(b)
}

// alive waits until the child answers on its unix socket.
func (h *handed) alive() *http.Client {
	h.Helper()
	c := over(h.T, h.socket)
	for end := time.Now().Add(patience); ; {
		res, err := c.Get("http://service/healthz")
		if err == nil {
			res.Body.Close()
			return c
		}
		if time.Now().After(end) {
			h.Fatalf("does not answer: %v\n%s", err, h.errors())
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

func (h *handed) next() string {
	h.out.Scan()
	return h.out.Text()
}

func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestASocketThatIsHandedDownIsServed(t *testing.T) {
	l := listening(t)
	for name, env := range map[string][]string{
		"as the supervisor does":         {"LISTEN_FDS=1", "LISTEN_FDNAMES=other"},
		"as an older systemd does":       {"LISTEN_FDS=1"},
		"by one that checks the process": {"LISTEN_FDS=1", "LISTEN_FDNAMES=fake.socket", "LISTEN_PID="},
	} {
		t.Run(name, func(t *testing.T) {
			h := hand(t, l, env...)
			if status, body := get(t, fresh(t), "http://"+l.Addr().String()+"/pid"); status != 200 || body != fmt.Sprint(h.cmd.Process.Pid) {
				t.Errorf("got %d %s, want 200 and %d", status, body, h.cmd.Process.Pid)
			}
			if err := h.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = h.cmd.Wait() // it was killed
		})
	}
}

// fresh is a client that makes a connection for each request.
func fresh(t *testing.T) *http.Client {
	t.Helper()
	return &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
}

func TestWhatIsHandedToAnotherOrIsNoneIsSaid(t *testing.T) {
	h := hand(t, nil, "LISTEN_FDS=1", "LISTEN_PID=1")
	h.alive() // it listens itself
	if got := h.errors(); !strings.Contains(got, "listening: address=127.0.0.1:") {
		t.Errorf("got %s, want it to listen by itself", got)
	}
	h = hand(t, nil, "LISTEN_FDS=1")
	_ = h.cmd.Wait() // it fails, and says so
	if got := h.errors(); !strings.Contains(got, "failed: LISTEN_FDS=1: descriptor 3 is no socket to listen on: ") {
		t.Errorf("got %s", got)
	}
}

func TestInheritedNames(t *testing.T) {
	for _, c := range []struct {
		name string
		env  Environment
		want []string
		err  string
	}{
		{"nothing", Environment{}, nil, ""},
		{"names without a count", Environment{"LISTEN_FDNAMES": "a"}, nil, ""},
		{"one", Environment{"LISTEN_FDS": "1", "LISTEN_FDNAMES": "proxy"}, []string{"proxy"}, ""},
		{"two", Environment{"LISTEN_FDS": "2", "LISTEN_FDNAMES": "proxy:tls"}, []string{"proxy", "tls"}, ""},
		{"more than are named", Environment{"LISTEN_FDS": "3", "LISTEN_FDNAMES": "proxy"}, []string{"proxy", "", ""}, ""},
		{"fewer than are named", Environment{"LISTEN_FDS": "1", "LISTEN_FDNAMES": "proxy:tls"}, []string{"proxy"}, ""},
		{"ours", Environment{"LISTEN_FDS": "1", "LISTEN_PID": "42"}, []string{""}, ""},
		{"another's", Environment{"LISTEN_FDS": "1", "LISTEN_PID": "43"}, nil, ""},
		{"another's, and bad", Environment{"LISTEN_FDS": "x", "LISTEN_PID": "43"}, nil, ""},
		{"no number", Environment{"LISTEN_FDS": "one"}, nil, `LISTEN_FDS="one": allowed is`},
		{"less than none", Environment{"LISTEN_FDS": "-1"}, nil, `LISTEN_FDS="-1": allowed is`},
	} {
		got, err := inherited(c.env, 42)
		if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", c.name, got, err, c.want, c.err)
		}
	}
	for _, c := range []struct {
		names []string
		want  int
		err   string
	}{
		{[]string{"proxy"}, 0, ""}, {[]string{"anything"}, 0, ""}, {[]string{""}, 0, ""},
		{[]string{"tls", "proxy"}, 1, ""}, {[]string{"anything", "connections"}, 0, ""}, {[]string{"connections"}, -1, ""}, {nil, -1, ""}, {[]string{"tls", "http"}, 0, `LISTEN_FDNAMES="tls:http": of several sockets that are handed down, one must be named proxy`},
	} {
		if got, err := pick(c.names, "proxy"); got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%v: got %d, %v, want %d, %q", c.names, got, err, c.want, c.err)
		}
	}
}

func TestAHandedSocketIsNotAnsweredOnBeforeTheServiceIsReady(t *testing.T) {
	for _, c := range []struct {
		name, wait string
		becomes    bool // ready
	}{{"until it is ready", "1h", true}, {"but not for ever", "200ms", false}} {
		t.Run(c.name, func(t *testing.T) {
			l := listening(t)
			ready := filepath.Join(t.TempDir(), "ready")
			h := hand(t, l, "LISTEN_FDS=1", "READY_WAIT="+c.wait, childReady+"="+ready)
			began := time.Now()
			h.alive() // the socket is answered on at once
			answered := make(chan error, 1)
			go func() {
				res, err := fresh(t).Get("http://" + l.Addr().String() + "/pid")
				if err == nil {
					res.Body.Close()
				}
				answered <- err
			}()
			if c.becomes {
				select {
				case err := <-answered:
					t.Errorf("answered (%v) before it was ready", err)
				case <-time.After(200 * time.Millisecond): // what must not happen has had its chance
				}
				if err := os.WriteFile(ready, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-answered; err != nil {
				t.Error(err)
			}
			if took := time.Since(began); !c.becomes && took < 200*time.Millisecond {
				t.Errorf("answered after %s", took)
			}
		})
	}
	t.Run("one of its own is answered on at once", func(t *testing.T) {
		r := start(t, fake{address: "127.0.0.1:0", ready: func() (bool, string) { return false, "never" }}, Common{ReadyWait: time.Hour})
		if status, _ := get(t, fresh(t), r.base()+"/readyz"); status != 503 {
			t.Errorf("got %d, want 503", status)
		}
	})
	t.Run("it can be asked to end meanwhile", func(t *testing.T) {
		h := hand(t, listening(t), "LISTEN_FDS=1", "READY_WAIT=1h", childReady+"=/not/there")
		h.alive()
		if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := h.cmd.Wait(); err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
	})
}

// handOver says so to the child, then asks it to end.
func (h *handed) handOver() {
	h.Helper()
	res, err := h.alive().Post("http://service/handover", "", nil)
	if err != nil {
		h.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		h.Fatalf("got %d", res.StatusCode)
	}
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		h.Fatal(err)
	}
}

func TestAfterAHandOverEveryConnectionEndsWithAResponse(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h")
	base := "http://" + l.Addr().String()
	one := func() *http.Client {
		c := &http.Client{Timeout: patience, Transport: &http.Transport{}}
		t.Cleanup(c.CloseIdleConnections)
		return c
	}
	idle := one()
	get(t, idle, base+"/pid") // a connection that is kept
	body, feed := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/long", body)
	if err != nil {
		t.Fatal(err)
	}
	busy := one()
	long, err := busy.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer long.Body.Close()

	h.handOver()
	if got := h.next(); got != "handed over" {
		t.Fatalf("got %q", got)
	}
	next := hand(t, l, "LISTEN_FDS=1")
	if _, body := get(t, fresh(t), base+"/pid"); body != fmt.Sprint(next.cmd.Process.Pid) {
		t.Errorf("a new connection was taken by %s, want %d", body, next.cmd.Process.Pid)
	}
	res, err := idle.Get(base + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || string(b) != fmt.Sprint(h.cmd.Process.Pid) || !res.Close {
		t.Errorf("the connection that was kept: got %s, %v, close %t, want %d's last answer", b, err, res.Close, h.cmd.Process.Pid)
	}
	if _, err := io.WriteString(feed, "the end"); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if b, err := io.ReadAll(long.Body); err != nil || string(b) != "the end" {
		t.Errorf("the response that was open: got %q, %v", b, err)
	}
	if _, body := get(t, busy, base+"/pid"); body == fmt.Sprint(h.cmd.Process.Pid) { // its connection was kept: one more, and no more
		if _, body := get(t, busy, base+"/pid"); body != fmt.Sprint(next.cmd.Process.Pid) {
			t.Errorf("got %s, want the next one to answer", body)
		}
	}
	if got := h.next(); got != "work ended" { // only now
		t.Errorf("got %q", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

// Who is answered without the routes notices no more of it.
func TestAfterAHandOverDirectConnectionsEndWithAResponse(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h")
	type player struct {
		net.Conn
		in *bufio.Reader
	}
	dial := func() player {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return player{c, bufio.NewReader(c)}
	}
	ask := func(p player, path string) *http.Response {
		t.Helper()
		if _, err := io.WriteString(p, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(p.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	read := func(res *http.Response) string {
		t.Helper()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	silent, idle, slow := dial(), dial(), dial()
	if res := ask(idle, "/ready"); read(res) != "ready" || res.Close {
		t.Fatalf("got %v", res)
	}
	large := ask(slow, "/large")

	h.handOver()
	if got := h.next(); got != "handed over" {
		t.Fatalf("got %q", got)
	}
	if got := read(large); len(got) != largeBody {
		t.Errorf("the answer that was open: got %d bytes, want %d", len(got), largeBody)
	}
	for name, p := range map[string]player{"silent": silent, "idle": idle, "slow": slow} {
		if res := ask(p, "/ready"); read(res) != "ready" || !res.Close {
			t.Errorf("%s: got %v, want its last answer", name, res)
		}
		if _, err := p.in.ReadByte(); err != io.EOF {
			t.Errorf("%s: got %v, want the end", name, err)
		}
	}
	if got := h.next(); got != "work ended" {
		t.Errorf("got %q", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

func TestAHandOverHasALimit(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=100ms")
	idle := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	defer idle.CloseIdleConnections()
	get(t, idle, "http://"+l.Addr().String()+"/pid")
	h.handOver()
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	// The next one answers those who wait meanwhile.
	done := make(chan string, 1)
	go func() {
		res, err := idle.Get("http://" + l.Addr().String() + "/pid")
		if err != nil {
			done <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		done <- string(b)
	}()
	next := hand(t, l, "LISTEN_FDS=1")
	if got := <-done; got != fmt.Sprint(next.cmd.Process.Pid) {
		t.Errorf("got %s, want %d", got, next.cmd.Process.Pid)
	}
}

func TestWithoutAHandOverAnEndIsAtOnce(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h", "DRAIN_TIMEOUT=1h")
	idle := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	defer idle.CloseIdleConnections()
	get(t, idle, "http://"+l.Addr().String()+"/pid")
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := h.next(); got != "work ended" {
		t.Errorf("got %q, want no word of a hand-over", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
