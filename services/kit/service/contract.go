package service

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/fastpath"
)

// Service is one service of the platform. Its package offers ConfigFromEnv and
// New; what New returns is run by Run.
type Service interface {
	// Address is where to listen, host:port; empty for a service without a port.
	Address() string
	// Routes adds the service's own routes. Called once, before Run.
	Routes(r *mux.Router)
	// Ready reports whether the service does its work, and if not, why, in
	// words for an operator. Safe for concurrent use, never blocks.
	Ready() (ok bool, reason string)
	// Run does the work beside the routes until ctx is cancelled, and returns
	// when everything that it started has ended. A nil return before ctx is
	// cancelled ends the service too.
	Run(ctx context.Context) error
}

// Answerer is a Service that has complete responses ready.
type Answerer interface {
	Service
	// Answer is a fastpath.Answer: it returns the response to a GET or a HEAD of
	// target, which is the path and query as sent, or nil to leave the request to
	// the routes. Called for each such request, from many goroutines at once. It must
	// not block, and must not keep target.
	Answer(target []byte) *fastpath.Response
}

// Hearer is an Answerer that hears what players report in their requests' headers.
type Hearer interface {
	Answerer
	// Hear is a fastpath.Hear: it is told of the header fields of CMCD in a request that
	// Answer has answered. It must not block, and must not keep what it is given.
	Hear(target []byte, values [][]byte)
}

// CookieAnswerer is an Answerer that knows a cookie.
type CookieAnswerer interface {
	Answerer
	// AnswerCookie is Answer for a request with one Cookie field of that value; nil leaves
	// it to the routes. It must not block, and must not keep what it is given.
	AnswerCookie(target, cookie []byte) *fastpath.Response
}

// Securer is an Answerer whose address answers TLS as well.
type Securer interface {
	Answerer
	// TLS is what TLS is served with; nil for none. Called before Run, once for each socket.
	TLS() *tls.Config
	// Plain reports whether Answer answers a connection without TLS; false leaves its
	// requests to the routes. Called for each connection, and only where there is TLS. Safe
	// for concurrent use.
	Plain(net.Conn) bool
}

// Drainer is a Service whose open responses need its work until they end, after
// another incarnation has taken over.
type Drainer interface {
	Service
	// HandedOver ends the responses that would never end by themselves. Called at most
	// once, when another incarnation serves the address and this one is told to end.
	// Run's context is cancelled once every connection has ended or HANDOVER_TIMEOUT is
	// over.
	HandedOver()
}

// MemoryLimiter is a Service that stays within a memory limit of its own choice.
type MemoryLimiter interface {
	Service
	// MemoryLimit is the limit of the process in bytes, as of now; above it the garbage
	// collector works harder. Called before Run and once a second from then on, unless
	// GOMEMLIMIT is set, which wins. Safe for concurrent use.
	MemoryLimit() int64
}

// ControlRouter is a Service that takes commands. They are served on its unix socket
// and never on its address: only the user who started the platform reaches the socket.
type ControlRouter interface {
	Service
	// ControlRoutes adds routes to those of the socket. Called once, before Run.
	ControlRoutes(r *mux.Router)
}

// AdminRouter is a Service whose address is for strangers. The address serves its own
// routes and bare health: whether it lives and is ready, not why. Metrics and the
// routes for operators are on its socket and on an address of their own.
type AdminRouter interface {
	Service
	// AdminAddress is the address for operators, host:port; empty for the socket alone.
	// When it equals Address, strangers reach the routes too.
	AdminAddress() string
	// AdminRoutes adds the routes for operators. Called before Run, once for each place
	// that serves them.
	AdminRoutes(r *mux.Router)
}
