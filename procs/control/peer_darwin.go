package control

import "golang.org/x/sys/unix"

// peerPID is the pid of who made the socket that fd is connected to.
func peerPID(fd int) (int, error) {
	return unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
}
