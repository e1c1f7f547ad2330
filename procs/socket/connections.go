package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"livestream-tui/services/kit/handover"
)

// passPatience is how long an incarnation that takes no connections may keep us
// from passing it one more.
const passPatience = 200 * time.Millisecond

// Connections passes an incarnation its connections. No path leads from one to the
// other, so a folder that is removed cannot part them. Safe for concurrent use.
type Connections struct{ pair *net.UnixConn }

// NewConnections returns our end and the incarnation's, which the caller closes
// once the incarnation has it.
func NewConnections() (*Connections, *os.File, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, fmt.Errorf("connections: %w", err)
	}
	conn, err := connOf(ours)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("connections: %w", err), theirs.Close())
	}
	return &Connections{conn}, theirs, nil
}

// Connect returns a new connection to the incarnation. It does not wait until that
// accepts it.
func (c *Connections) Connect() (net.Conn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	err = c.Pass(theirs)
	_ = theirs.Close() // the incarnation has its own
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	return connOf(ours)
}

// Pass gives the incarnation a connection; the caller closes its own descriptor.
func (c *Connections) Pass(file *os.File) error {
	if err := c.pair.SetWriteDeadline(time.Now().Add(passPatience)); err != nil {
		return err
	}
	return handover.Send(c.pair, file)
}

// Close ends the passing; what was passed stays the incarnation's.
func (c *Connections) Close() { _ = c.pair.Close() } // all that was written was passed on

// socketPair returns two connected sockets. No child inherits either by chance.
func socketPair() (one, other *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(fds[0]), handover.Connections), os.NewFile(uintptr(fds[1]), handover.Connections), nil
}

// connOf turns a socket into a connection and closes the file.
func connOf(file *os.File) (*net.UnixConn, error) {
	defer func() { _ = file.Close() }() // the connection has its own
	c, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("not a unix socket"), c.Close())
	}
	return unix, nil
}
