package dial

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"
)

// Context is the type of http.Transport's DialContext.
type Context func(ctx context.Context, network, address string) (net.Conn, error)

// Within returns a Context that connects within timeout.
func Within(timeout time.Duration) Context {
	return From((&net.Dialer{Timeout: timeout}).DialContext)
}

// From returns a Context that connects by next. localhost is tried at each of the two
// loopback addresses; any other host is left to next.
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

// Localhost is the name of this machine (RFC 6761, 6.3).
const Localhost = "localhost"

// Reachable returns the host by which this machine reaches what listens on address:
// localhost for every address of it, and for the addresses that localhost stands for. Another
// loopback address, such as 127.0.0.2, is not one of them.
func Reachable(address string) string {
	if ip := net.ParseIP(address); ip == nil || ip.IsUnspecified() || slices.Contains(loopbacks("tcp"), ip.String()) {
		return Localhost
	}
	return address
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
