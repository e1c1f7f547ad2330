// Package dial connects to services of this machine by the name localhost, whatever
// that name resolves to. RFC 6761, 6.3, lets programs know it without asking: some
// machines resolve it to ::1 alone, some to 127.0.0.1 alone, some not at all.
package dial

import (
	"context"
	"net"
	"strings"
	"time"
)

// Context is what http.Transport takes as DialContext.
type Context func(ctx context.Context, network, address string) (net.Conn, error)

// Within returns a Context that connects within timeout.
func Within(timeout time.Duration) Context {
	return From((&net.Dialer{Timeout: timeout}).DialContext)
}

// From returns a Context that connects by next. localhost is tried at each of the two
// loopback addresses; any other host is next's to find.
func From(next Context) Context {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || !IsLocalhost(host) {
			return next(ctx, network, address)
		}
		var first error
		for _, ip := range loopbacks(network) {
			conn, err := next(ctx, network, net.JoinHostPort(ip, port))
			if err == nil {
				return conn, nil
			}
			if first == nil {
				first = err // of the address that services listen on by default
			}
			if ctx.Err() != nil {
				break
			}
		}
		return nil, first
	}
}

// IsLocalhost reports whether a host is the name localhost.
func IsLocalhost(host string) bool {
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

func loopbacks(network string) []string {
	switch {
	case strings.HasSuffix(network, "4"):
		return []string{"127.0.0.1"}
	case strings.HasSuffix(network, "6"):
		return []string{"::1"}
	}
	return []string{"127.0.0.1", "::1"}
}
