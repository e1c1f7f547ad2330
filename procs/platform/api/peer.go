package api

import (
	"fmt"
	"net"
	"os"

	"livestream-tui/procs/socket"
)

// trust refuses a platform that is another user's: it could show and ask for what it
// likes.
func checkPeer(c net.Conn) error {
	who, ok := socket.PeerOf(c)
	switch {
	case !ok:
		return errForeign
	case who.UID != os.Getuid():
		return fmt.Errorf("%w: user %d's, pid %d", errForeign, who.UID, who.PID)
	}
	return nil
}
