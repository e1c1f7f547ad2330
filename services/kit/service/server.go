package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"livestream-tui/services/kit/fastpath"
)

// server is an http.Server that another process can succeed: it stops accepting at
// once and ends a connection with the response to a request. Between two requests it
// closes no connection, because the next one may be on its way.
type server struct {
	http     *http.Server
	listener *fastpath.Listener
	// inherited: the listening socket was handed down, and our parent has it too.
	inherited bool
	closing   atomic.Bool // every response is its connection's last
	succeeded atomic.Bool // another process serves the same socket from now on
}

// newServer returns a server that leaves to h the requests that answer has no response
// for. answer may be nil.
func newServer(l net.Listener, answer fastpath.Answer, h http.Handler, log hclog.Logger) *server {
	quiet := NewQuiet(log, QuietPeriod)
	s := &server{listener: fastpath.Listen(l, answer, func(reason error) {
		if errors.As(reason, new(takenError)) {
			log.Info("another incarnation still has the address, waiting for it", "address", l.Addr().String())
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

// tlsKey is the key of the state of TLS in a connection's context.
type tlsKey struct{}

// add gives the server of an address what else its service answers.
func (s *server) add(of Service) {
	if h, ok := of.(Hearer); ok {
		s.listener.Hear(h.Hear)
	}
	if a, ok := of.(CookieAnswerer); ok {
		s.listener.AnswerCookies(a.AnswerCookie)
	}
	if a, ok := of.(Securer); ok {
		if config := a.TLS(); config != nil {
			s.secure(config, a.Plain)
		}
	}
}

// secure serves TLS on the same address. Handlers find the state of TLS in their requests:
// the http.Server has no TLS of HTTP/1.1 itself.
func (s *server) secure(config *tls.Config, plain func(net.Conn) bool) {
	s.listener.Secure(config, plain)
	s.http.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if state := fastpath.StateOf(c); state != nil {
			ctx = context.WithValue(ctx, tlsKey{}, state)
		}
		return ctx
	}
	next := s.http.Handler
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state, ok := r.Context().Value(tlsKey{}).(*tls.ConnectionState); ok && r.TLS == nil {
			r.TLS = state
		}
		next.ServeHTTP(w, r)
	})
}

// troubleOf returns the message for an error that a listener reports.
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

// refuse takes no more connections. Open ones go on to their next response.
func (s *server) refuse() {
	s.closing.Store(true)
	s.listener.Refuse()
}

// finish waits until every connection has ended, limit at most. Call refuse before.
func (s *server) finish(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = s.listener.Wait(ctx) // the remaining ones are shut down
}

// shutdown ends every connection: idle ones at once, those with an open response
// after it, limit at most.
func (s *server) shutdown(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = s.listener.Close() // it has no error
	if s.http.Shutdown(ctx) != nil || s.listener.Wait(ctx) != nil {
		_ = s.http.Close() // the time is over: open responses are broken off
	}
	s.listener.Break()
}

// descriptorsForConnections is how many descriptors may be open before connections have
// to make room for each other; zero, when the limit is unknown, means no bound. A quarter
// of the limit is kept for the signals, connections to other services and files. The
// runtime has already raised the limit as far as it may.
func descriptorsForConnections() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	const unlimited = 1 << 20
	n := int(min(uint64(limit.Cur), unlimited))
	return n - n/4
}

// servers are all that serve a service. A list may be empty.
type servers struct {
	public []*server // its address, and the other loopback's
	admin  []*server // the address for operators, likewise
	socket *server   // its unix socket; nil when there is no supervisor
}

func (all *servers) list() []*server {
	list := slices.Concat(all.public, all.admin)
	if all.socket != nil {
		list = append(list, all.socket)
	}
	return list
}

// inherited reports whether the process that started us shares the public sockets.
func (all *servers) inherited() bool { return len(all.public) > 0 && all.public[0].inherited }

// handOver notes that another process serves the public sockets from now on. Safe for
// concurrent use.
func (all *servers) handOver() {
	for _, srv := range all.public {
		srv.succeeded.Store(true)
	}
}

// handedOver reports whether another process serves the public sockets.
func (all *servers) handedOver() bool { return len(all.public) > 0 && all.public[0].succeeded.Load() }

// refuse takes no more connections but those of the unix socket.
func (all *servers) refuse() {
	for _, srv := range all.admin { // first: a successor waits for this address
		srv.refuse()
	}
	for _, srv := range all.public {
		srv.refuse()
	}
}

// finish waits until every public connection has ended, limit at most.
func (all *servers) finish(limit time.Duration) {
	var ending sync.WaitGroup
	for _, srv := range all.public {
		ending.Go(func() { srv.finish(limit) })
	}
	ending.Wait()
}

// shutdown ends every connection, those with an open response after it, limit at most.
func (all *servers) shutdown(limit time.Duration) {
	var ending sync.WaitGroup
	for _, srv := range all.list() {
		ending.Go(func() { srv.shutdown(limit) })
	}
	ending.Wait()
}

// close closes what was never served.
func (all *servers) close() {
	for _, srv := range all.list() {
		_ = srv.listener.Close()
	}
}
