package socket

import "net"

// Peer is the process at the other end of a unix socket, as the kernel knows it: for the
// side that connected, the one that listened.
type Peer struct{ PID, UID int }

// PeerOf returns the process at the other end of c; false when the kernel does not know.
func PeerOf(c net.Conn) (Peer, bool) {
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return Peer{}, false
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return Peer{}, false
	}
	var p Peer
	var failed error
	err = raw.Control(func(fd uintptr) { p, failed = peerOf(int(fd)) })
	return p, err == nil && failed == nil
}
