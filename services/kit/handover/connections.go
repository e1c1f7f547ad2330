package handover

import (
	"errors"
	"net"
	"os"
	"syscall"
)

const (
	// Connections names the descriptor that carries the connections which the
	// supervisor accepts on the service's unix socket. Each comes as a descriptor
	// (SCM_RIGHTS, unix(7)) beside one byte.
	Connections = "connections"
	// Path is where the supervisor POSTs, over such a connection, once another
	// incarnation serves the same address.
	Path = "/handover"
)

// Send passes a connection to the service at the other end of pair. The caller closes
// its own descriptor.
func Send(pair *net.UnixConn, conn *os.File) error {
	_, _, err := pair.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(conn.Fd())), nil)
	return err
}

// Receive returns the next connection that the supervisor sends, and skips messages
// without one. It fails once the supervisor has gone or pair is closed.
func Receive(pair *net.UnixConn) (net.Conn, error) {
	var one [1]byte
	oob := make([]byte, syscall.CmsgSpace(4))
	for {
		n, oobn, _, _, err := pair.ReadMsgUnix(one[:], oob)
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, net.ErrClosed
		}
		if c, err := connectionIn(oob[:oobn]); err == nil {
			return c, nil
		}
	}
}

// connectionIn returns the connection that a control message carries.
func connectionIn(oob []byte) (net.Conn, error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		fds, err := syscall.ParseUnixRights(&m)
		if err != nil || len(fds) == 0 {
			continue
		}
		f := os.NewFile(uintptr(fds[0]), Connections)
		defer func() { _ = f.Close() }() // the connection has its own
		return net.FileConn(f)
	}
	return nil, errors.New("no descriptor")
}
