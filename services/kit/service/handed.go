package service

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// connectionsName names, in LISTEN_FDNAMES, the descriptor by which a supervisor
// hands over the connections that others listen on the service's unix socket for.
const connectionsName = "connections"

// Connections returns a listener whose connections a supervisor passes on, each as a
// descriptor beside one byte (SCM_RIGHTS, unix(7)); nil where no supervisor does. It
// stands in for the unix socket: that is the supervisor's, whatever becomes of its path.
func Connections(e Environment) (net.Listener, error) {
	names, err := inherited(e, os.Getpid())
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if name == connectionsName {
			return receive(firstInherited + i)
		}
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

func receive(fd int) (net.Listener, error) {
	syscall.CloseOnExec(fd) // our children are to have none of it
	f := os.NewFile(uintptr(fd), connectionsName)
	defer func() { _ = f.Close() }() // the connection has its own
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_FDNAMES: descriptor %d (%s) is no socket: %w", fd, connectionsName, reason(err))
	}
	pair, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("LISTEN_FDNAMES: descriptor %d (%s) is no unix socket", fd, connectionsName), c.Close())
	}
	return &received{pair: pair, closed: make(chan struct{})}, nil
}

// received is a listener whose connections come as descriptors.
type received struct {
	pair   *net.UnixConn
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener. Once the supervisor has gone, none comes any more.
func (r *received) Accept() (net.Conn, error) {
	var one [1]byte
	oob := make([]byte, syscall.CmsgSpace(4))
	for {
		n, oobn, _, _, err := r.pair.ReadMsgUnix(one[:], oob)
		if n == 0 || err != nil {
			<-r.closed
			return nil, net.ErrClosed
		}
		if c, err := connectionOf(oob[:oobn]); err == nil {
			return c, nil
		} // else what came is no connection: the next may be one
	}
}

// connectionOf is the connection that a control message brings.
func connectionOf(oob []byte) (net.Conn, error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		fds, err := syscall.ParseUnixRights(&m)
		if err != nil || len(fds) == 0 {
			continue
		}
		f := os.NewFile(uintptr(fds[0]), connectionsName)
		defer func() { _ = f.Close() }() // the connection has its own
		return net.FileConn(f)
	}
	return nil, errors.New("no descriptor")
}

// Close implements net.Listener.
func (r *received) Close() error {
	defer r.once.Do(func() { close(r.closed) })
	return r.pair.Close()
}

// Addr implements net.Listener.
func (r *received) Addr() net.Addr { return &net.UnixAddr{Name: connectionsName, Net: "unix"} }
