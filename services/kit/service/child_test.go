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

// TestMain lets this binary be the child of its own tests: a service that inherits a
// socket.
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

var (
	_ Answerer = handedChild{}
	_ Drainer  = handedChild{}
	_ Securer  = handedChild{}
)

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

// handed is a child with its unix socket.
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

// pairOf is a pair of connected sockets, the second as a file to be handed down.
func pairOf(t *testing.T) (*net.UnixConn, *os.File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, other := os.NewFile(uintptr(fds[0]), "one"), os.NewFile(uintptr(fds[1]), "other")
	defer one.Close()
	t.Cleanup(func() { other.Close() })
	c, err := net.FileConn(one)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn), other
}

// pass sends a message with a descriptor; f is nil for one without.
func pass(t *testing.T, over *net.UnixConn, f *os.File) {
	t.Helper()
	var rights []byte
	if f != nil {
		rights = syscall.UnixRights(int(f.Fd()))
	}
	if _, _, err := over.WriteMsgUnix([]byte{0}, rights, nil); err != nil {
		t.Fatal(err)
	}
}
