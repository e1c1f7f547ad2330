package api

import (
	"fmt"
	"net"
	"os"

	"livestream-tui/procs/socket"
)

// checkPeer returns an error when another user's process serves the socket: it could show
// and request anything.
func checkPeer(c net.Conn) error {
	peer, ok := socket.PeerOf(c)
	switch {
	case !ok:
		return errForeign
	case peer.UID != os.Getuid():
		return fmt.Errorf("%w: user %d, pid %d", errForeign, peer.UID, peer.PID)
	}
	return nil
}
