package service

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/event"
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
			r.err <- err // ended returns it; the log may hold the address
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

func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// fresh is a client that makes a connection for each request.
func fresh(t *testing.T) *http.Client {
	t.Helper()
	return &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
}
