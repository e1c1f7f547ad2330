package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// fake is a service of functions; nil ones do the least.
type fake struct {
	address string
	routes  func(*mux.Router)
	ready   func() (bool, string)
	run     func(context.Context) error
}

func (f fake) Address() string { return f.address }

func (f fake) Routes(r *mux.Router) {
	if f.routes != nil {
		f.routes(r)
	}
}

func (f fake) Ready() (bool, string) {
	if f.ready != nil {
		return f.ready()
	}
	return true, ""
}

func (f fake) Run(ctx context.Context) error {
	if f.run != nil {
		return f.run(ctx)
	}
	<-ctx.Done()
	return nil
}

// logged passes each line of a log to a channel.
type logged chan event.Line

func (l logged) Write(b []byte) (int, error) {
	l <- event.ParseLine(b, time.Time{})
	return len(b), nil
}

// running is a service that is being run.
type running struct {
	t      *testing.T
	cancel context.CancelCauseFunc
	log    logged
	err    chan error
}

const patience = 20 * time.Second

func start(t *testing.T, f Service, c Common) *running {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	r := &running{t, cancel, make(logged, 100), make(chan error, 1)}
	c.LogFormat, c.LogLevel = "json", "info"
	k := NewKit("fake", c, Environment{}, r.log)
	go func() { r.err <- Run(ctx, f, k, c) }()
	return r
}

// base is the URL that the service listens on.
func (r *running) base() string {
	r.t.Helper()
	for {
		select {
		case l := <-r.log:
			if a := l.Field("address"); l.Message == "listening" {
				return "http://" + a
			}
		case err := <-r.err:
			r.err <- err // it is still to be asked for, and the log to be read
			if len(r.log) == 0 {
				r.t.Fatalf("ended before it listened: %v", err)
			}
		case <-time.After(patience):
			r.t.Fatal("does not listen")
		}
	}
}

// ended is what Run returned.
func (r *running) ended() error {
	r.t.Helper()
	select {
	case err := <-r.err:
		return err
	case <-time.After(patience):
		r.t.Fatal("Run does not return")
		return nil
	}
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// over is a client of a unix socket.
func over(t *testing.T, socket string) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestHealthIsServedOnThePortAndOnTheSocket(t *testing.T) {
	var ready atomic.Bool
	socket := filepath.Join(t.TempDir(), "s")
	r := start(t, fake{
		address: "127.0.0.1:0",
		ready:   func() (bool, string) { return ready.Load(), "making the mezzanine of live01" },
		routes: func(r *mux.Router) {
			r.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, 200, "own") }).Methods(Reads()...)
		},
	}, Common{Socket: socket})
	base := r.base()
	type answer struct {
		path string
		code int
		body string
	}
	check := func(name string, c *http.Client, base string, want ...answer) {
		t.Helper()
		for _, a := range want {
			if code, body := get(t, c, base+a.path); code != a.code || !strings.Contains(body, a.body) {
				t.Errorf("%s: GET %s: got %d %q, want %d %q", name, a.path, code, body, a.code, a.body)
			}
		}
	}
	waiting := []answer{{"/healthz", 200, "ok"}, {"/readyz", 503, "making the mezzanine of live01\n"}, {"/metrics", 200, "go_goroutines"}}
	check("port", http.DefaultClient, base, append(waiting, answer{"/own", 200, `"own"`})...)
	check("socket", over(t, socket), "http://socket", append(waiting, answer{"/own", 404, ""})...)
	ready.Store(true)
	check("port", http.DefaultClient, base, answer{"/readyz", 200, "ready"})
	check("socket", over(t, socket), "http://socket", answer{"/readyz", 200, "ready"})
	r.cancel(nil)
	if err := r.ended(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket after the end: got %v, want none", err)
	}
}

// controlled is a fake that can be told something over its socket.
type controlled struct{ fake }

func (controlled) ControlRoutes(r *mux.Router) {
	r.HandleFunc("/lever", func(w http.ResponseWriter, req *http.Request) {
		var v report.FailoverRequest
		if ReadControl(w, req, &v) {
			WriteJSON(w, http.StatusOK, v.Signal)
		}
	}).Methods(http.MethodPut)
}

func TestControlIsOnTheSocketAlone(t *testing.T) {
	s := controlled{fake{address: "127.0.0.1:0"}}
	k := NewKit("fake", Common{LogFormat: "json", LogLevel: "info"}, Environment{}, io.Discard)
	ask := func(h http.Handler, method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		name               string
		handler            http.Handler
		method, path, body string
		status             int
		want               string
	}{
		{"the socket", SocketHandler(s, k), "PUT", "/lever", `{"signal":"live01"}`, 200, `"live01"`},
		{"the socket, no JSON", SocketHandler(s, k), "PUT", "/lever", `live01`, 400, "{\n  \"error\": \""},
		{"the socket, another method", SocketHandler(s, k), "GET", "/lever", ``, 405, "{\n  \"error\": \""},
		{"the socket, health", SocketHandler(s, k), "GET", "/healthz", ``, 200, "ok"},
		{"the address", Handler(s, k), "PUT", "/lever", `{"signal":"live01"}`, 404, "{\n  \"error\": \""},
		{"the socket of a service that is not controlled", SocketHandler(s.fake, k), "PUT", "/lever", `{}`, 404, ""},
	} {
		if status, body := ask(c.handler, c.method, c.path, c.body); status != c.status || !strings.HasPrefix(body, c.want) {
			t.Errorf("%s: got %d %s, want %d %s", c.name, status, body, c.status, c.want)
		}
	}
}

func TestErrorsAreJSON(t *testing.T) {
	r := start(t, fake{address: "127.0.0.1:0", routes: func(r *mux.Router) {
		ok := func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, 200, "ok") }
		r.HandleFunc("/both", ok).Methods(Reads()...)
		r.HandleFunc("/both", ok).Methods(http.MethodPost)
		r.HandleFunc("/post", ok).Methods(http.MethodPost)
	}}, Common{})
	base := r.base()
	for _, c := range []struct {
		method, path string
		code         int
		allow        string
	}{
		{"GET", "/nosuch", 404, ""},
		{"GET", "/../both", 404, ""},
		{"GET", "/both/", 404, ""},
		{"DELETE", "/both", 405, "GET, HEAD, POST"},
		{"GET", "/post", 405, "POST"},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"GET", "/both", 200, ""},
		{"HEAD", "/both", 200, ""},
		{"POST", "/both", 200, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Path = c.path
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.code || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d, Allow %q, %v, want %d, %q", c.method, c.path, res.StatusCode, res.Header.Get("Allow"), err, c.code, c.allow)
		}
		if c.code != 200 && !strings.HasPrefix(string(body), "{\n  \"error\": \"") {
			t.Errorf("%s %s: got %s, want a JSON error", c.method, c.path, body)
		}
		if c.method == "HEAD" && len(body) > 0 {
			t.Errorf("%s %s: got the body %s, want none", c.method, c.path, body)
		}
	}
}

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ran := false
	err = start(t, fake{address: taken.Addr().String(), run: func(context.Context) error { ran = true; return nil }}, Common{}).ended()
	want := fmt.Sprintf("cannot listen on %s: address already in use; free the port or set another", taken.Addr())
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if ran {
		t.Error("the service ran, want it not to have begun")
	}
}

func TestSockets(t *testing.T) {
	t.Run("one that a dead incarnation left is replaced", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		left, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		left.SetUnlinkOnClose(false)
		left.Close()
		r := start(t, fake{address: "127.0.0.1:0"}, Common{Socket: socket})
		r.base()
		// The port listens before the socket does: ask until it is there.
		client, deadline := over(t, socket), time.Now().Add(patience)
		for {
			res, err := client.Get("http://socket/healthz")
			if err == nil {
				res.Body.Close()
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	})
	t.Run("a file that is no socket is left alone", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := start(t, fake{}, Common{Socket: file}).ended()
		if err == nil || !strings.Contains(err.Error(), "SERVICE_SOCKET=") {
			t.Errorf("got %v, want an error that names SERVICE_SOCKET", err)
		}
		if b, err := os.ReadFile(file); string(b) != "precious" {
			t.Errorf("got %q, %v, want the file as it was", b, err)
		}
	})
	t.Run("one that cannot be made frees the port", func(t *testing.T) {
		r := start(t, fake{address: "127.0.0.1:0"}, Common{Socket: filepath.Join(t.TempDir(), "nosuch", "s")})
		address := strings.TrimPrefix(r.base(), "http://")
		if err := r.ended(); err == nil {
			t.Error("got a clean end, want an error")
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatalf("the port is still held: %v", err)
		}
		l.Close()
	})
}

func TestHowAServiceEnds(t *testing.T) {
	broken := errors.New("reporter did not answer")
	for _, c := range []struct {
		name string
		run  func(context.Context) error
		stop error // cancels the context when not nil
		want error
	}{
		{"asked to, cleanly", nil, context.Canceled, nil},
		{"asked to, for a reason of the asker's", nil, errors.New("hangup"), nil},
		{"asked to, saying that it was", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, context.Canceled, nil},
		{"asked to, and failing at it", func(ctx context.Context) error { <-ctx.Done(); return broken }, context.Canceled, broken},
		{"by itself, having done its work", func(context.Context) error { return nil }, nil, nil},
		{"by itself, having failed", func(context.Context) error { return broken }, nil, broken},
		{"by itself, over something that it cancelled", func(context.Context) error { return context.Canceled }, nil, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, fake{address: "127.0.0.1:0", run: c.run}, Common{})
			if c.stop != nil {
				r.base()
				r.cancel(c.stop)
			}
			if err := r.ended(); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestOpenResponsesHaveTheDrainToEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		drain time.Duration
		whole bool
	}{
		{"time enough", patience, true},
		{"no time", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun, finish := make(chan struct{}), make(chan struct{})
			r := start(t, fake{
				address: "127.0.0.1:0",
				routes: func(r *mux.Router) {
					r.HandleFunc("/slow", func(w http.ResponseWriter, req *http.Request) {
						w.Header().Set("Content-Length", "2")
						_, _ = io.WriteString(w, "a")
						http.NewResponseController(w).Flush()
						close(begun)
						select {
						case <-finish:
							_, _ = io.WriteString(w, "b")
						case <-req.Context().Done():
						}
					})
				},
				run: func(ctx context.Context) error { <-ctx.Done(); return nil },
			}, Common{Drain: c.drain})
			res, err := http.Get(r.base() + "/slow")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			<-begun
			r.cancel(nil)
			if !c.whole {
				if err := r.ended(); err != nil {
					t.Errorf("got %v, want a clean end", err)
				}
			}
			close(finish)
			b, err := io.ReadAll(res.Body)
			if got := err == nil && string(b) == "ab"; got != c.whole {
				t.Errorf("whole: got %t (%q, %v), want %t", got, b, err, c.whole)
			}
			if c.whole {
				if err := r.ended(); err != nil {
					t.Errorf("got %v, want a clean end", err)
				}
			}
		})
	}
}
