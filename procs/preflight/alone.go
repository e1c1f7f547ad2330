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

// livePatience is how long a connection to the socket may take.
const livePatience = time.Second

// alone is nil unless somebody listens on the socket; then it wraps
// procs.ErrAlreadyRunning and says who. The lock tells of another instance as
// well, but for one whose lock file was removed.
func CheckNotRunning(path string) error {
	conn, err := (&net.Dialer{Timeout: livePatience}).DialContext(context.Background(), "unix", path)
	if errors.Is(err, syscall.EAGAIN) { // it listens and does not accept
		return runfolder.AlreadyRunning(0, "socket "+path)
	}
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	who, ok := socket.PeerOf(conn)
	if ok && who.UID != os.Getuid() {
		return nil // the folder is refused, and says why
	}
	return runfolder.AlreadyRunning(who.PID, "socket "+path)
}
