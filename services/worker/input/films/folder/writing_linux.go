package folder

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// IsWritten reports whether a program has the file open for writing: then the kernel
// grants no read lease (fcntl(2), F_SETLEASE). Where leases are not allowed the answer is
// not known, and false.
func IsWritten(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) // closing gives it back as well
	}
	return errors.Is(err, unix.EAGAIN)
}
