package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer is the pid of who made the socket that c is connected to, 0 when that
// cannot be told.
func peer(c *net.UnixConn) int {
	pid := 0
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	if err := raw.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID); err == nil {
			pid = n
		}
	}); err != nil {
		return 0
	}
	return pid
}
