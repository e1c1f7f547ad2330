package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/fastpath"
)

// server is an http.Server that can be succeeded by another process's: it stops
// accepting at once, and ends a connection with the response to a request, never
// between two of them, where the next request may be on its way already.
type server struct {
	http     *http.Server
	listener *fastpath.Listener
	held     bool        // whoever started us holds what is listened on too
	closing  atomic.Bool // every response is its connection's last
	over     atomic.Bool // another process serves the same socket from now on
}

// newServer serves what answer has no response for by h; answer may be nil.
func newServer(l net.Listener, answer fastpath.Answer, h http.Handler, log hclog.Logger) *server {
	quiet := NewQuiet(log, QuietPeriod)
	s := &server{listener: fastpath.Listen(l, answer, func(reason error) {
		if errors.As(reason, new(takenError)) {
			log.Info("another incarnation has the address still, waiting for it", "address", l.Addr().String())
			return
		}
		quiet.Warn(troubleOf(reason), "address", l.Addr().String(), "reason", reason.Error())
	})}
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.closing.Load() {
				w.Header().Set("Connection", "close")
			}
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnState:         s.listener.ConnState,
		ErrorLog:          log.Named("http").StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	return s
}

// troubleOf says what has come of the reason that a listener tells.
func troubleOf(reason error) string {
	switch {
	case errors.Is(reason, fastpath.ErrEvicted):
		return "a connection was closed for another"
	case errors.Is(reason, fastpath.ErrRefused):
		return "a connection was refused"
	}
	return "no connection can be taken, trying again"
}

// serve serves until shutdown; an error says why it could not go on.
func (s *server) serve() error {
	err := s.http.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serving %s: %w", s.listener.Addr(), err)
}

func (s *server) handed() bool { return s.over.Load() }

// refuse takes no more connections; what is open goes on, each to its next response.
func (s *server) refuse() {
	s.closing.Store(true)
	s.listener.Refuse()
}

// finish waits until every connection has ended, limit at most. Call refuse before.
func (s *server) finish(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = s.listener.Wait(ctx) // who is left is shut down
}

// shutdown ends every connection: idle ones at once, those with an open response
// after it, drain at most.
func (s *server) shutdown(drain time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	_ = s.listener.Close() // it has no error
	if s.http.Shutdown(ctx) != nil || s.listener.Wait(ctx) != nil {
		_ = s.http.Close() // the drain is over: what is still open is broken off
	}
	s.listener.Break()
}
