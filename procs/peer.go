package procs

import "net"

// Peer is the process at the other end of a unix socket, as the kernel tells it: the
// one that listened, to whoever has connected.
type Peer struct{ PID, UID int }

// PeerOf returns who is at the other end of c; false when that cannot be told.
func PeerOf(c net.Conn) (Peer, bool) {
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return Peer{}, false
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return Peer{}, false
	}
	var who Peer
	var failed error
	err = raw.Control(func(fd uintptr) { who, failed = peerOf(int(fd)) })
	return who, err == nil && failed == nil
}
