package runner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// server is an http.Server that can be succeeded by another process's: it stops
// accepting at once, and ends a connection with the response to a request, never
// between two of them, where the next request may be on its way already.
type server struct {
	http     *http.Server
	listener net.Listener
	held     bool          // whoever started us holds the listener too
	ended    chan struct{} // closed when serve has returned: no new connection comes
	closing  atomic.Bool   // every response is its connection's last
	over     atomic.Bool   // handOver was called

	mu      sync.Mutex
	open    map[net.Conn]bool // guarded by mu
	changed chan struct{}     // holds one: open has become smaller
}

func newServer(l net.Listener, h http.Handler, log hclog.Logger) *server {
	s := &server{listener: l, ended: make(chan struct{}), open: map[net.Conn]bool{}, changed: make(chan struct{}, 1)}
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.closing.Load() {
				w.Header().Set("Connection", "close")
			}
			h.ServeHTTP(w, r)
		}),
		ConnState:         s.state,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.Named("http").StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	return s
}

func (s *server) state(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.open[c] = true
	case http.StateClosed, http.StateHijacked:
		delete(s.open, c)
		select {
		case s.changed <- struct{}{}:
		default: // it has been told already
		}
	}
}

// serve serves until the listener is closed, which is no error when it was us.
func (s *server) serve() error {
	defer close(s.ended)
	err := s.http.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) || s.closing.Load() && errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serving %s: %w", s.listener.Addr(), err)
}

// handOver notes that another process serves the same socket from now on. Safe for
// concurrent use, also on nil.
func (s *server) handOver() {
	if s != nil {
		s.over.Store(true)
	}
}

func (s *server) handed() bool { return s.over.Load() }

// refuse takes no more connections; what is open goes on, each to its next response.
func (s *server) refuse() {
	s.closing.Store(true)
	_ = s.listener.Close() // only accepted from
}

// finish waits until every connection has ended, limit at most. Call refuse before.
func (s *server) finish(limit time.Duration) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	<-s.ended
	for {
		s.mu.Lock()
		left := len(s.open)
		s.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-s.changed:
		case <-timeout.C:
			return
		}
	}
}

// shutdown ends every connection: idle ones at once, those with an open response
// after it, drain at most.
func (s *server) shutdown(drain time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // the drain is over: what is still open is broken off
	}
}
