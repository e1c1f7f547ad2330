package preflight

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"livestream-tui/procs/runfolder"
	"livestream-tui/procs/socket"
)

// dialTimeout is how long connecting to the control socket may take.
const dialTimeout = time.Second

// CheckNotRunning returns nil unless a platform of this user listens on the control
// socket at path. The error wraps procs.ErrAlreadyRunning and names the process. The lock
// of the run folder says the same, except when its file was removed.
func CheckNotRunning(path string) error {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(context.Background(), "unix", path)
	if errors.Is(err, syscall.EAGAIN) { // it listens but does not accept
		return runfolder.AlreadyRunning(0, "socket "+path)
	}
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	peer, ok := socket.PeerOf(conn)
	if ok && peer.UID != os.Getuid() {
		return nil // claiming the run folder fails later and says why
	}
	return runfolder.AlreadyRunning(peer.PID, "socket "+path)
}
