package httpx

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"time"

	"livestream-tui/services/kit/dial"
)

const (
	// dialTimeout is how long a host may take to accept where Options do not say.
	dialTimeout = 10 * time.Second
	// idleTimeout is how long an unused connection is kept.
	idleTimeout = 30 * time.Second
	// continueTimeout is how long a body waits for 100 Continue, where that is expected.
	continueTimeout = time.Second
)

// Options are a client's. The zero value is ready to use.
type Options struct {
	// Timeout bounds a request and its answer, the body included; zero means that only
	// the request's context does.
	Timeout time.Duration
	// Dial connects; nil means that package dial does, within DialTimeout.
	Dial dial.Context
	// DialTimeout is how long a host may take to accept; zero means Timeout, and 10 s
	// where that is zero too.
	DialTimeout time.Duration
	// Idle is how many unused connections to one host are kept; zero means 2.
	Idle int
	// MaxHeader bounds the header of an answer in bytes; zero means 10 MiB.
	MaxHeader int64
	// ReadBuffer is how many bytes of an answer are read at once; zero means 4 KiB.
	ReadBuffer int
}

// New returns a client with connections of its own, to be closed with
// CloseIdleConnections. It follows no redirect, since a service that is asked about
// itself must not answer for another, uses no proxy of the environment, and asks for
// no compression.
func New(o Options) *http.Client {
	connect := o.Dial
	if connect == nil {
		connect = dial.Within(cmp.Or(o.DialTimeout, o.Timeout, dialTimeout))
	}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            connect,
			MaxIdleConnsPerHost:    o.Idle,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: o.MaxHeader,
			ReadBufferSize:         o.ReadBuffer,
			ExpectContinueTimeout:  continueTimeout,
			DisableCompression:     true,
		},
	}
}

// Socket connects to the Unix socket at path, whatever the address.
func Socket(path string) dial.Context {
	var d net.Dialer
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.DialContext(ctx, "unix", path)
	}
}
