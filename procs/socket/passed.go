package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"livestream-tui/services/kit/handover"
)

// Passed returns the listening sockets that a service manager has passed to this process
// (sd_listen_fds(3)), as files with the names that it gave them; none when env names none.
// Like the files of Listen they are in blocking mode, and no child inherits one by chance.
// Call it once, before anything is started. The error names the descriptor that is no TCP
// socket to listen on.
func Passed(env map[string]string) ([]*os.File, error) {
	names, err := handover.Names(env)
	if err != nil {
		return nil, err
	}
	list := make([]*os.File, 0, len(names))
	var errs []error
	for i, name := range names {
		fd := handover.First + i
		syscall.CloseOnExec(fd)
		err := syscall.SetNonblock(fd, false)
		f := os.NewFile(uintptr(fd), name)
		list = append(list, f)
		if err == nil {
			_, err = AddressOf(f)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s=%s: descriptor %d (%q) is no TCP socket to listen on: %w",
				handover.CountVariable, env[handover.CountVariable], fd, name, err))
		}
	}
	if len(errs) == 0 {
		return list, nil
	}
	for _, f := range list {
		_ = f.Close() // never accepted from
	}
	return nil, errors.Join(errs...)
}

// errNoTCP says that a socket is of another kind.
var errNoTCP = errors.New("it is of another kind")

// AddressOf returns where a listening socket listens.
func AddressOf(f *os.File) (*net.TCPAddr, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var at syscall.Sockaddr
	listens := 0
	var failed error
	err = raw.Control(func(fd uintptr) {
		if listens, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); failed == nil {
			at, failed = syscall.Getsockname(int(fd))
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	if listens == 0 {
		return nil, errNoTCP
	}
	switch a := at.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}, nil
	case *syscall.SockaddrInet6:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}, nil
	}
	return nil, errNoTCP
}
