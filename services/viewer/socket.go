package viewer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"livestream-tui/services/kit/dial"
)

// NewClient returns a client as a player has one, with connections of its own: it
// follows no redirect and asks for no compression. Its transport must be closed
// with CloseIdleConnections once it is not used any more.
//
// With small, its sockets hold little. On the loopback interface the kernel takes
// megabytes from a server before the player reads one of them, and a fault then
// finds no transfer in flight.
func NewClient(small bool) *http.Client {
	dialer := &net.Dialer{Timeout: firstByteTimeout}
	if small {
		dialer.Control = shrink
	}
	return newClient(dial.From(dialer.DialContext))
}

func newClient(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         dial,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true, // bytes are compared, and counted against Content-Length
			ReadBufferSize:      4 << 10,
		},
	}
}

// Bounds of a small socket: what it receives ahead, and the segment size it
// announces, by which the server's kernel sizes its own buffer.
const (
	smallReceive = 2 << 10
	smallSegment = 536
)

func shrink(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, smallReceive)
		// Where a kernel refuses this one, more is in flight unseen: no fault.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, smallSegment)
	})
	return errors.Join(err, failed)
}
