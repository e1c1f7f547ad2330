package player

import (
	"errors"
	"net"
	"net/http"
	"syscall"

	"golang.org/x/sys/unix"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/httpx"
)

// NewClient returns an httpx client for one player, to be closed with
// CloseIdleConnections.
//
// With small, its sockets buffer little. Otherwise the kernel takes megabytes from a
// server over the loopback interface before the player has read any of them, and a fault
// finds no transfer in flight.
func NewClient(small bool) *http.Client {
	dialer := &net.Dialer{Timeout: firstByteTimeout}
	if small {
		dialer.Control = shrink
	}
	return httpx.New(httpx.Options{Dial: dial.From(dialer.DialContext), Idle: 4})
}

// Bounds of a small socket: what it receives ahead, and the segment size that it
// announces, from which the server's kernel sizes its own buffer.
const (
	smallReceive = 2 << 10
	smallSegment = 536
)

func shrink(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, smallReceive)
		// A kernel that refuses this one buffers more, which only makes faults milder.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, smallSegment)
	})
	return errors.Join(err, failed)
}
