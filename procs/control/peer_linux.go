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
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	}); err != nil {
		return 0
	}
	return pid
}
