package socket

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// Listen opens a TCP socket that listens on address, as a file with that name. The file
// is in blocking mode, so that os.File leaves the mode alone: all incarnations share it.
// The error is the system's own, without the address.
func Listen(name, address string) (*os.File, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, reasonOf(err)
	}
	defer func() { _ = l.Close() }() // never accepted from
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil, err
	}
	var f *os.File
	var failed error
	err = raw.Control(func(fd uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		own, err := syscall.Dup(int(fd))
		if err != nil {
			failed = err
			return
		}
		syscall.CloseOnExec(own)
		if failed = syscall.SetNonblock(own, false); failed != nil {
			_ = syscall.Close(own)
			return
		}
		f = os.NewFile(uintptr(own), name)
	})
	return f, errors.Join(err, failed)
}

// reasonOf strips what net.OpError repeats.
func reasonOf(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}
