package procs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// connectionsName is the name, in LISTEN_FDNAMES, of the descriptor by which an
// incarnation gets connections: each comes as a descriptor of its own (SCM_RIGHTS,
// unix(7)) beside one byte.
const connectionsName = "connections"

// passPatience is how long an incarnation that takes no connections may keep us
// from passing it one more.
const passPatience = 200 * time.Millisecond

// connections passes an incarnation its connections. There is no path between the
// two, so a folder that is removed cannot part them. Safe for concurrent use.
type connections struct{ pair *net.UnixConn }

// newConnections returns our end and the incarnation's, which the caller closes
// once the incarnation has it.
func newConnections() (*connections, *os.File, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, fmt.Errorf("connections: %w", err)
	}
	conn, err := connOf(ours)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("connections: %w", err), theirs.Close())
	}
	return &connections{conn}, theirs, nil
}

// connect returns a new connection to the incarnation. It waits for nobody to
// accept it.
func (c *connections) connect() (net.Conn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	err = c.pass(theirs)
	_ = theirs.Close() // the incarnation has its own
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	return connOf(ours)
}

// pass gives the incarnation a connection; the caller closes its own descriptor.
func (c *connections) pass(file *os.File) error {
	if err := c.pair.SetWriteDeadline(time.Now().Add(passPatience)); err != nil {
		return err
	}
	_, _, err := c.pair.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(file.Fd())), nil)
	return err
}

func (c *connections) close() { _ = c.pair.Close() } // all that was written was passed on

// socketPair returns two sockets that are connected to one another. Neither is
// given to a child by chance.
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
	return os.NewFile(uintptr(fds[0]), connectionsName), os.NewFile(uintptr(fds[1]), connectionsName), nil
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
