package control

import "net"

// peer is the pid of who made the socket that c is connected to, 0 when that
// cannot be told.
func peer(c *net.UnixConn) int {
	pid := 0
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	if err := raw.Control(func(fd uintptr) {
		if p, err := peerPID(int(fd)); err == nil {
			pid = p
		}
	}); err != nil {
		return 0
	}
	return pid
}
