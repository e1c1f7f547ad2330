package fastpath

import (
	"syscall"
	"unsafe"
)

// read is read(2) of a descriptor that does not block, and not of nothing. The
// runtime is not told of it: it takes what it is told of for a call that may block,
// and looks after it, which costs a third of the CPU that an answer takes.
func read(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}

// write is write(2), in the same way.
func write(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}
