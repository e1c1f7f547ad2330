package service

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/dial"
)

// A service on loopback is called http://localhost:PORT. Machines resolve that to either
// loopback address, so the service listens on both.

// withoutName returns a listening address with 127.0.0.1 in place of localhost.
func withoutName(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && dial.IsLocalhost(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// mirrorOf returns the same port of the other loopback address; empty when a is on
// neither.
func mirrorOf(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return ""
	}
	port := strconv.Itoa(tcp.Port)
	switch tcp.IP.String() {
	case "127.0.0.1":
		return net.JoinHostPort("::1", port)
	case "::1":
		return net.JoinHostPort("127.0.0.1", port)
	}
	return ""
}

// withMirror returns l and, when it listens on one loopback address, a listener on the
// other one if the machine has it. When shared, another incarnation may still have it.
func withMirror(l net.Listener, shared bool, log hclog.Logger) []net.Listener {
	address := mirrorOf(l.Addr())
	if address == "" {
		return []net.Listener{l}
	}
	other, err := listenTCP(address, shared)
	switch {
	case err == nil:
		return []net.Listener{l, other}
	case errors.Is(err, syscall.EADDRINUSE):
		log.Warn("another program has the port on the other loopback address: localhost may lead there", "address", address)
	default:
		log.Debug("not listening on the other loopback address", "address", address, "reason", reason(err).Error())
	}
	return []net.Listener{l}
}
